"""The playground page: scenes, programs and controls as one file of HTML, without a network and without a server.

The arithmetic of the page is `descent.js` and the programs that `javascript.py` has written; `picture.js` and
`figures.js` draw, `playground.js` holds the controls. What the engine computes stands in tables, which need no script;
the page compares its own numbers with them when it opens.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..explaining.sealed import sealed_page
from . import words
from .javascript import PRELUDE
from .methods import METHODS, STAYS, STEPS, Method, methods_of, orders, path, script
from .scene import Array, Scene

HERE = Path(__file__).parent
SCRIPTS = ("descent.js", "picture.js", "figures.js", "playground.js")
SHOWN = (0, 1, 2, 3, 5, 10, 20)
"""The steps in the tables that need no script."""


def page_of(scenes: Sequence[Scene]) -> str:
    """The whole page."""
    engine = [{m.key: path(scene, m.key, scene.first_rate, SHOWN[-1]) for m in methods_of(scene)} for scene in scenes]
    programs = ",\n".join(scene.javascript() for scene in scenes)
    parts = [PRELUDE, f"const programs = [{programs}];", *((HERE / n).read_text(encoding="utf-8") for n in SCRIPTS)]
    js = '"use strict";\n(() => {\n' + "\n".join(parts) + "})();"
    css, controls = ((HERE / f"playground.{kind}").read_text(encoding="utf-8") for kind in ("css", "html"))
    choices = "".join(f"<option>{escape(scene.title)}</option>" for scene in scenes)
    table, *others = (_engine(scene, paths) for scene, paths in zip(scenes, engine, strict=True))
    body = [
        f'<h1>Gradient descent on <span id="title">{escape(scenes[0].title)}</span></h1>',
        f'<p id="note">{escape(scenes[0].note)}</p>',
        controls.replace("STEPS", str(STEPS)).replace("CHOICES", choices),
        table,
        *(_folded(scene.title, other) for scene, other in zip(scenes[1:], others, strict=True)),
    ]
    return sealed_page(f"Gradient descent on {scenes[0].title}", css, js, "\n".join(body), _data(scenes, engine))


def _folded(title: str, inside: str) -> str:
    return f"<details><summary>{escape(title)}</summary>{inside}</details>"


def _data(scenes: Sequence[Scene], engine: Sequence[dict[str, Array]]) -> dict[str, Any]:
    zones = [{"name": z.name, "end": z.end if math.isfinite(z.end) else None, "says": z.says} for z in words.ZONES]
    return {
        "scenes": [_scene(scene, paths) for scene, paths in zip(scenes, engine, strict=True)],
        "methods": [{"key": m.key, "name": m.name, "says": m.says} for m in METHODS.values()],
        "zones": zones,
        "close": words.CLOSE,
        "exact": words.EXACT,
        "bouncing": words.BOUNCING,
        "bounces": words.BOUNCES,
        "steeply": words.STEEPLY,
        "creeps": words.CREEPS,
        "bendsDown": words.BENDS_DOWN,
        "saddle": words.SADDLE,
        "lost": words.LOST,
        "steps": STEPS,
        "stays": STAYS,
    }


def _scene(scene: Scene, paths: dict[str, Array]) -> dict[str, Any]:
    middle = round(math.log10(1 / scene.steepest))
    rates = [*scene.rates, scene.first_rate]
    return {
        "title": scene.title,
        "note": scene.note,
        "names": scene.names,
        "start": scene.start,
        "rate": scene.first_rate,
        "rates": scene.rates,
        "low": min(middle - 2, math.floor(math.log10(min(rates)))),
        "high": max(middle + 1, math.ceil(math.log10(max(rates)))),
        "tolerance": scene.tolerance,
        "minimum": scene.minimum,
        "columns": [column.tolist() for column in scene.columns],
        "labels": scene.labels,
        "isLine": scene.is_line,
        "batchSize": min(scene.batch_size, scene.examples),
        "orders": orders(scene) if scene.columns else [],
        "methods": [m.key for m in methods_of(scene)],
        "scripts": {m.key: script(scene, m.key) for m in methods_of(scene)},
        "engine": {key: points.tolist() for key, points in paths.items()},
    }


def _engine(scene: Scene, paths: dict[str, Array]) -> str:
    """The first steps of every method in a table, and what the curvature says of the learning rate."""
    rate = scene.first_rate
    *flattest, steepest = map(float, scene.bends(*scene.start))
    said = f"{escape(scene.title)}, learning rate {rate:g}: {escape(str(words.verdict(rate, steepest, *flattest)))}."
    head = "".join(f'<th scope="col">{cell}</th>' for cell in ("method", *(f"step {k}" for k in SHOWN)))
    rows = "".join(_row(scene, METHODS[key], points) for key, points in paths.items())
    where = ", ".join(map(escape, scene.names))
    region = f'<div class="scroll" tabindex="0" role="region" aria-label="Table: {escape(scene.title)}">'
    table = f'<table class="engine"><caption>{where} and f</caption><thead><tr>{head}</tr></thead><tbody>{rows}</tbody>'
    return f"<p>{said}</p>{region}{table}</table></div>"


def _row(scene: Scene, method: Method, points: Array) -> str:
    cells = []
    for k in SHOWN:
        if k >= len(points):
            cells.append("<td></td>")
            continue
        with np.errstate(all="ignore"):
            value = scene.value(*points[k])
        cells.append(f"<td>{', '.join(f'{x:.4g}' for x in points[k])}<br>{value:.4g}</td>")
    return f'<tr><th scope="row">{escape(method.name)}</th>{"".join(cells)}</tr>'
