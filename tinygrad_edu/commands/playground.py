"""`playground`: what a learning rate does to a descent, on the screen or as a page for the browser.

Three things can be descended: a formula or a function in a file, as for `gradient`; a line through two columns of a CSV
file; and a scene that comes with the library, by its name.
"""

from __future__ import annotations

import re
import webbrowser
from pathlib import Path
from typing import Any

import click
import numpy as np

from .. import data
from ..playing import PRESETS, Playground, playground
from ..playing.methods import METHODS, STEPS, arrival, methods_of
from ..playing.words import verdict
from .finding import find_function, parse_point
from .screen import heading, number, say, show_table

MULTIPLES = (0.1, 0.5, 1.0, 1.5, 2.0, 2.5)
"""The learning rates that are tried, in units of the ideal one."""
MOST = 1000
"""Steps after which a descent counts as one that never arrives."""


def show_playground(
    text: str,
    at: tuple[str, ...],
    target: str | None,
    feature: str | None,
    learning_rate: float | None,
    html: str | None,
    opened: bool,
) -> int:
    """Print what learning rates do, or write the page; 0."""
    if opened and html is None:
        raise click.UsageError("--open needs a page to open: give its name with --html, such as --html page.html")
    with np.errstate(all="ignore"):
        ground = ground_of(text, at, target, feature, learning_rate)
        if html is None:
            tell(ground)
            return 0
        page = ground.page()
    place = Path(html)
    try:
        place.write_text(page, encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--html {html}: cannot be written: {error.strerror or error}") from None
    say(f"{place}: {ground.scene.title}; open it in a browser, it needs no network")
    if opened:
        webbrowser.open(place.resolve().as_uri())
    return 0


def ground_of(
    text: str, at: tuple[str, ...], target: str | None, feature: str | None, learning_rate: float | None
) -> Playground:
    """The playground of a preset, a CSV file, a formula, or a function in a file."""
    if text.lower().endswith(".csv"):
        if at:
            raise click.UsageError("--at is for functions. A line through data starts at w = 0, b = 0")
        return _of_table(text, target, feature, learning_rate)
    if target or feature:
        raise click.UsageError("--target and --feature are for tables. Expected data.csv before them")
    if text in PRESETS:
        start = tuple(parse_point(at).values()) if at else None
        return playground(text, start, learning_rate=learning_rate)
    if not at and re.fullmatch(r"\w+", text):
        raise click.UsageError(f"{text!r} is no scene. Expected {', '.join(PRESETS)}; or a formula, with --at x=1")
    point = parse_point(at)
    if len(point) > 2:
        raise click.UsageError(f"--at gives {len(point)} variables. Expected one or two: a picture has no more")
    function = find_function(text, point)

    def f(**values: Any) -> Any:
        return function(**values)

    match = re.fullmatch(r".+\.py:(\w+)", text.strip())
    title = f"{match[1] if match else 'f'}({', '.join(point)})" + ("" if match else f" = {text.strip()}")
    return playground(f, point, learning_rate=learning_rate, title=title)


def _of_table(path: str, target: str | None, feature: str | None, learning_rate: float | None) -> Playground:
    if target is None:
        raise click.UsageError("which column should be predicted? Give its name with --target")
    table = data.read_csv(path, target, None if feature is None else [feature])
    if len(table.feature_names) > 1:
        names = ", ".join(table.feature_names)
        raise click.UsageError(f"{Path(path).name} has {len(table.feature_names)} features, and the picture has room "
                               f"for one. Choose it with --feature: {names}")  # fmt: skip
    features, _ = data.standardize(table.features)
    name = f"{table.feature_names[0]} (standardised)"
    scaled = data.Dataset(features, table.target, (name,), target, source=path)
    return playground(data=scaled, learning_rate=learning_rate)


def tell(ground: Playground) -> None:
    """The curvature, what follows for learning rates, and the methods side by side."""
    scene = ground.scene
    where = ", ".join(f"{name} = {number(x)}" for name, x in zip(scene.names, scene.start, strict=True))
    heading(f"{scene.title}, from {where}")
    if scene.note:
        say(scene.note)
    bottom = scene.minimum or scene.start
    point, place = (scene.start, "at the start") if scene.bends(*scene.start)[0] > 0 else (bottom, "at the bottom")
    *flattest, steepest = map(float, scene.bends(*point))
    if steepest > 0:
        along = f" in the steepest direction, by {number(flattest[0])} in the flattest" if flattest else ""
        say(f"It bends by {number(steepest)}{along}, {place}: the ideal learning rate there is 1/{number(steepest)} = "
            f"{number(1 / steepest)}.")  # fmt: skip
    else:
        say(f"It bends by {number(steepest)} at the start: downwards, so there is no ideal learning rate.")
    rates = scene.rates or tuple(float(f"{m / scene.steepest:.3g}") for m in MULTIPLES)
    tried = [(number(rate), verdict(rate, steepest, *flattest).name, _arrival(ground, "gd", rate)) for rate in rates]
    show_table(("learning rate", "gradient descent", "steps to arrive"), tried)
    rate = scene.first_rate
    ends = {method: ground.path(method.key, rate, 20)[-1] for method in methods_of(scene)}
    rows = [
        (m.name, ", ".join(map(number, end)), number(scene.value(*end)), _arrival(ground, m.key, rate))
        for m, end in ends.items()
    ]
    names = ", ".join(scene.names)
    show_table((f"learning rate {number(rate)}", f"{names} after 20", "f there", "steps to arrive"), rows)
    say(f"Arrived: the slope is {number(scene.tolerance)} of what it was. Play with it: --html page.html --open")


def _arrival(ground: Playground, key: str, rate: float) -> str:
    sampled = METHODS[key].batch(ground.scene) is not None
    found = arrival(ground.scene, key, rate, STEPS if sampled else MOST)
    if found is None:
        return "noise" if sampled else "never"
    steps, point = found
    return str(steps) if ground.scene.bends(*point)[0] > -1e-9 else f"{steps}, not at a bottom"
