"""An explanation as mathematics: LaTeX for papers and notebooks, HTML with MathML for browsers."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from html import escape
from typing import TYPE_CHECKING, Any

import numpy as np

from .listing import columns_of, notes_of, rows_of, rule_told, shown
from .notation import Latex, MathML
from .recording import described, shape_of
from .steps import Step

if TYPE_CHECKING:
    from .explanation import Explanation

_STYLE = "border-collapse:collapse;font-variant-numeric:tabular-nums"
_CELL = "padding:.2em .8em .2em 0;text-align:left;vertical-align:baseline"


def latex_of(ex: Explanation) -> str:
    """Two aligned environments: forward and backward."""
    tex = Latex()
    forward = [
        f"{tex.name(ex.identifiers[line.name])} &= {tex.written(_bare(line.code))}{_number(line.value)}"
        for line in ex.lines
    ]
    seed = f"{tex.name(ex.identifiers[ex.result] + '_bar')} &= {_plain_number(ex.seed) or '1'}"
    backward = [seed, *(_latex_step(ex, tex, step) for step in ex.steps)]
    blocks = [
        r"\begin{aligned}" + " \\\\\n".join(["", *rows])[3:] + "\n" + r"\end{aligned}" for rows in (forward, backward)
    ]
    return "$$\n" + "\n$$\n$$\n".join(blocks) + "\n$$"


def _latex_step(ex: Explanation, tex: Latex, step: Step) -> str:
    bar = tex.name(step.gradient)
    sign = "&=" if step.sign == "=" else r"&\mathrel{+}="
    note = rf" \quad\text{{({_plain_text(step.words)})}}" if step.words else ""
    return f"{bar} {sign} {tex.written(_bare(rule_told(ex, step)))}{_number(step.contribution)}{note}"


def _plain_text(words: str) -> str:
    return "".join(c for c in words if c.isalnum() or c in " ,.:;()+-*/=")


def _number(value: Any) -> str:
    text = _plain_number(value)
    return f" = {text}" if text else ""


def _plain_number(value: Any) -> str:
    """A number in LaTeX; nothing for an array."""
    return Latex().written(ast.Constant(float(f"{value:.6g}"))) if _is_real_number(value) else ""


def _is_real_number(value: Any) -> bool:
    return isinstance(value, float | int | np.generic | np.ndarray) and shape_of(value) == () and np.isrealobj(value)


def _bare(code: ast.expr) -> ast.expr:
    return ast.parse(shown(code), mode="eval").body


def html_of(ex: Explanation) -> str:
    """Two tables; every name, number and line of source in them is escaped."""
    forward = [
        (
            _math(MathML().equation(ex.identifiers[line.name], _bare(line.code))),
            escape(described(line.value)),
            _where(line),
        )
        for line in ex.lines
    ]
    head = (*columns_of(ex)[:3], *(_math(MathML().name(name)) for name in map(str, columns_of(ex)[3:])))
    backward = []
    for step, row in zip(ex.steps, rows_of(ex), strict=True):
        formula = _math(MathML().equation(step.gradient, _bare(rule_told(ex, step)), step.sign))
        backward.append((escape(row[0]), formula, escape(row[2]), *map(escape, row[3:])))
    at = ", ".join(f"{name} = {described(ex.values[name])}" for name in ex.sources)
    notes = "".join(f'<p style="white-space:pre-wrap">{escape(note)}</p>' for note in notes_of(ex))
    return (
        f'<div class="tinygrad-edu"><p>{escape(ex.title)} at {escape(at)}</p>'
        f"{table(('forward', 'value', 'where'), forward)}{table(head, backward, 'the backward pass')}{notes}</div>"
    )


def table(head: tuple[str, ...], rows: Sequence[tuple[str, ...]], caption: str = "the forward pass") -> str:
    """A table whose cells are HTML already."""
    top = "".join(f'<th scope="col" style="{_CELL}">{cell}</th>' for cell in head)
    body = "".join("<tr>" + "".join(f'<td style="{_CELL}">{c}</td>' for c in row) + "</tr>" for row in rows)
    inner = f"<caption>{caption}</caption><thead><tr>{top}</tr></thead><tbody>{body}</tbody>"
    return f'<table style="{_STYLE}">{inner}</table>'


def _math(content: str) -> str:
    return f'<math displaystyle="true">{content}</math>'


def _where(line: object) -> str:
    place = getattr(line, "place", None)
    return escape(f"line {place.line}: {place.text}") if place else ""
