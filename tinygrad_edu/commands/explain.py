"""`explain`: every step of a gradient, on the screen or as a page for the browser.

The function and the point are given as for `gradient`.
"""

from __future__ import annotations

import re
import webbrowser
from pathlib import Path
from typing import Any

import click
import numpy as np

from ..explaining import Explanation, explain
from .finding import find_function, parse_point
from .screen import console, say


def show_explanation(text: str, at: tuple[str, ...], html: str | None, opened: bool) -> int:
    """Print the two tables, or write the page; 0."""
    if opened and html is None:
        raise click.UsageError("--open needs a page to open: give its name with --html, such as --html page.html")
    explanation = explanation_of(text, at)
    if html is None:
        console().print(explanation)
        return 0
    target = Path(html)
    try:
        explanation.save(target)
    except OSError as error:
        raise click.UsageError(f"--html {html}: cannot be written: {error.strerror or error}") from None
    steps = len(explanation.steps)
    say(f"{target}: {steps} step{'s' * (steps != 1)}; open it in a browser, it needs no network")
    if opened:
        webbrowser.open(target.resolve().as_uri())
    return 0


def explanation_of(text: str, at: tuple[str, ...]) -> Explanation:
    """The explanation of a formula, or of a function in a file, at a point."""
    point = parse_point(at)
    function = find_function(text, point)

    def f(**values: Any) -> Any:
        return function(**values)

    match = re.fullmatch(r".+\.py:(\w+)", text.strip())
    if match:
        f.__name__ = match[1]
    with np.errstate(all="ignore"):
        explanation = explain(f, **point)  # type: ignore[arg-type]
    if not match:
        explanation.title += f" = {text.strip()}"
    return explanation
