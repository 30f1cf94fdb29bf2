"""The stepper page: an explanation as one file of HTML that replays it, without a network and without a server.

All steps stand in two tables, which need no script. The script (`stepper.js`) walks through them and marks where it is
on the drawing; it reads nothing but this file (`sealed.py`), and every name and line of source is escaped.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from html import escape
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from .layout import HEIGHT, WIDTH, placed
from .listing import notes_of, numbers_of, rule_told, shown, words_of
from .notation import MathML
from .recording import described, shape_of
from .sealed import sealed_page
from .steps import Step

if TYPE_CHECKING:
    from .explanation import Explanation

HERE = Path(__file__).parent
FITTING = 25  # characters of a line in a box


def page_of(ex: Explanation) -> str:
    """The whole page."""
    style, script = (HERE / name for name in ("stepper.css", "stepper.js"))
    css, js = style.read_text(encoding="utf-8"), script.read_text(encoding="utf-8")
    css = css.replace("WIDTH", str(WIDTH)).replace("HEIGHT", str(HEIGHT))
    at = ", ".join(f"{name} = {described(ex.values[name])}" for name in ex.sources)
    notes = "".join(f'<p class="note">{escape(note)}</p>\n' for note in notes_of(ex))
    body = f"""<h1>The gradient of {escape(ex.title)}</h1>
<p class="at">at {escape(at)}</p>
{notes}{_CONTROLS}
<h2>The graph</h2>
<div class="scroll" tabindex="0" role="region" aria-label="The graph">{_drawing(ex)}</div>
<h2>All steps</h2>
{_forward(ex)}
{_backward(ex)}"""
    return sealed_page(f"{ex.title} at {at}", css, js, body, _data(ex))


_CONTROLS = """<div data-js hidden>
<div class="bar" role="group" aria-label="Steps">
<button id="first" type="button">First</button><button id="back" type="button">Back</button>
<button id="next" type="button">Next</button><button id="end" type="button">Last</button>
<button id="play" type="button">Play</button>
<label><input id="predict" type="checkbox"> Predict the next number</label>
<span>Step <span id="count"></span></span>
</div>
<div class="now" aria-live="polite">
<p id="what"></p><p class="wide" id="formula"></p><p id="numbers"></p><p id="sum"></p><p id="words"></p>
<p><code id="where"></code></p>
</div>
<form class="bar" id="question" hidden><label for="answer" id="ask"></label> <span class="wide" id="asked"></span>
<input id="answer" type="text" inputmode="decimal" autocomplete="off"><button type="submit">Check</button></form>
<p id="verdict" role="status"></p>
<p>Keys: arrow right and left, Home, End.</p>
</div>"""


def _boxes(ex: Explanation) -> dict[str, int]:
    return {name: i for i, name in enumerate(ex.values)}


def _data(ex: Explanation) -> dict[str, Any]:
    box = _boxes(ex)
    reached = {step.target for step in ex.steps}
    told = [words_of(step) for step in ex.steps]
    words = {text: i for i, text in enumerate(dict.fromkeys(told))}
    return {
        "values": [_short(v) for v in ex.values.values()],
        "sources": [box[name] for name in ex.sources],
        "lines": [box[line.name] for line in ex.lines],
        "result": box[ex.result],
        "seed": _short(ex.seed),
        "unused": [box[name] for name in ex.sources if name not in reached],
        "words": list(words),
        "steps": [_step(step, box, words[text]) for step, text in zip(ex.steps, told, strict=True)],
    }


def _step(step: Step, box: dict[str, int], words: int) -> list[Any]:
    """A step as the script reads it; the numbers at its end are there if they can be asked for."""
    scalars = (step.contribution, step.incoming, step.running)
    asked = all(v is not None and _is_number(v) for v in scalars) and step.kind != "select"
    total = step.contribution if step.running is None else step.running
    local = float(step.local) if step.local is not None and _is_number(step.local) else None
    numbers = [float(step.running), *map(_rounded, (step.contribution, step.incoming, local))] if asked else []
    ends = [box[step.source], box[step.target]]
    return [*ends, step.arrival, step.arrivals, int(step.is_last), _short(total), words, *numbers]


def _rounded(v: Any) -> float | None:
    """Nine digits: enough to tell what a wrong answer was."""
    return None if v is None else float(f"{float(v):.9g}")


def _is_number(v: Any) -> bool:
    return not isinstance(v, list | tuple) and shape_of(v) == () and np.isrealobj(v) and bool(np.isfinite(v))


def _short(v: Any) -> str:
    """A value for a box: a larger array by its shape and mean; "grad " has to fit before it."""
    if isinstance(v, list | tuple):
        return f"{len(v)} outputs"
    text = described(v, 3)
    if len(text) > FITTING - 5 and shape_of(v) and getattr(v, "dtype", np.dtype(object)).kind == "f":
        text = f"{v.shape} μ {np.mean(v):.3g}"
    return text if len(text) <= FITTING - 5 else text[: FITTING - 6] + "…"


def _label(ex: Explanation, name: str, code: ast.expr | None) -> str:
    """What a box is: its line if that fits, or its operation, or at least its name."""
    if code is None:
        return name if len(name) <= FITTING else name[: FITTING - 1] + "…"
    line, operation = f"{name} = {shown(code)}", f"{name} = {ast.unparse(getattr(code, 'func', ast.Name('')))}(…)"
    operation = operation.replace("np.linalg.", "").replace("np.", "")
    short = [text for text in (line, operation) if len(text) <= FITTING and not text.endswith(" = (…)")]
    return short[0] if short else _label(ex, name, None)


def _drawing(ex: Explanation) -> str:
    """The boxes and arrows as SVG."""
    box = _boxes(ex)
    inputs = {line.name: list(dict.fromkeys(line.inputs)) for line in ex.lines}
    codes = {line.name: line.code for line in ex.lines}
    layout = placed(list(ex.values), inputs)
    parts = []
    for (parent, name), route in layout.routes.items():
        parts.append(f'<path data-edge="{box[parent]}-{box[name]}" d="{_curve(route)}"/>')
    for name, (x, y) in layout.corners.items():
        kind = ' class="source"' if name in ex.sources else ""
        grad = f"grad {_short(ex.gradients[name])}" if name in ex.gradients else "grad ?"
        texts = (_label(ex, name, codes.get(name)), _short(ex.values[name]), grad)
        told = "".join(f'<text y="{18 * i}">{escape(text)}</text>' for i, text in enumerate(texts, 1))
        middle = f"translate({x + WIDTH // 2} {y})"
        parts.append(f'<g data-box="{box[name]}"{kind} transform="{middle}"><rect/>{told}</g>')
    wide, high = layout.width + 8, layout.height + 8
    label = f"{len(ex.values)} values; the tables below say the same in words"
    head = f'<svg role="img" aria-label="{label}" width="{wide}" height="{high}" viewBox="-4 -4 {wide} {high}">'
    return f"{head}{_TIP}{''.join(parts)}</svg>"


_TIP = (
    '<marker id="tip" markerUnits="userSpaceOnUse" markerWidth="7" markerHeight="6" refX="6" refY="3" orient="auto">'
    '<path d="M0 0 6 3 0 6"/></marker>'
)


def _curve(route: list[tuple[int, int]]) -> str:
    """A path through the points: bent between rows, straight beside the boxes of a row."""
    told = f"M{route[0][0]} {route[0][1]}"
    for i, ((x1, y1), (x2, y2)) in enumerate(pairwise(route)):
        bend = (y2 - y1) // 2
        told += f"V{y2}" if i % 2 or x1 == x2 else f"C{x1} {y1 + bend} {x2} {y2 - bend} {x2} {y2}"
    return told


def _forward(ex: Explanation) -> str:
    given = [(f"<code>{escape(name)}</code>", escape(described(ex.values[name])), "given") for name in ex.sources]
    lines = [
        (_math(ex.identifiers[line.name], line.code), escape(described(line.value)), _where(line.place))
        for line in ex.lines
    ]
    return _table("forward", "Forward", ("line", "value", "where"), [*given, *lines])


def _backward(ex: Explanation) -> str:
    rows = []
    for step in ex.steps:
        formula = _math(step.gradient, rule_told(ex, step), step.sign)
        line = f"<code>{escape(step.line.name)} = {escape(shown(step.line.code))}</code>"
        rows.append((line, formula, escape(numbers_of(ex, step)), str(step.place.line) if step.place else ""))
    seed = escape(f"{ex.identifiers[ex.result]}_bar = {described(ex.seed)}")
    return _table("backward", f"Backward, from {seed}", ("line", "step", "numbers", "line of source"), rows)


def _table(key: str, caption: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    top = "".join(f'<th scope="col">{cell}</th>' for cell in head)
    body = "".join(
        "<tr>" + "".join(f"<td>{cell}" for cell in row) for row in rows
    )  # without end tags: a twentieth of all
    return (
        f'<div class="scroll" tabindex="0" role="region" aria-label="Table: {key}"><table id="{key}">'
        f"<caption>{caption}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table></div>"
    )


_MATHML = MathML(styled=False)


def _math(name: str, code: ast.expr, sign: str = "=") -> str:
    tree = ast.parse(shown(code), mode="eval").body
    return f"<math>{_MATHML.equation(name, tree, sign)}</math>"


def _where(place: Any) -> str:
    if place is None:
        return ""
    text = place.text if len(place.text) <= 90 else place.text[:89] + "…"
    return f"{place.line}: {escape(text)}"
