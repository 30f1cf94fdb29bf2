"""An explanation as text, and as tables for a terminal."""

from __future__ import annotations

import ast
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingExtraError
from .recording import described, shape_of
from .steps import Line, Step

if TYPE_CHECKING:
    from .explanation import Explanation

MANY = 4  # sources: of more the gradients do not fit beside the steps


def text_of(ex: Explanation) -> str:
    """The whole explanation in plain text."""
    at = ", ".join(f"{name} = {described(ex.values[name])}" for name in ex.sources)
    forward = [(f"{line.name} = {shown(line.code)}", f"= {described(line.value)}{_shape(line)}") for line in ex.lines]
    head = f"{ex.title} at {at}\n\nforward\n{_columns(forward)}\n\n"
    head += f"backward, from {ex.identifiers[ex.result]}_bar = {described(ex.seed)}\n"
    return head + _columns([columns_of(ex), *rows_of(ex)]) + _followed(ex)


def _followed(ex: Explanation) -> str:
    """The element that was asked for, of every gradient that has one there: its terms."""
    if ex.followed is None:
        return ""
    fitting = {name for name, g in ex.gradients.items() if _has_element(g, ex.followed)}
    targets = [name for name in dict.fromkeys(step.target for step in ex.steps) if name in fitting]
    told = [f"  {terms}" for name in targets for terms in ex.follow(name, ex.followed)]
    return "\n".join([f"\n\nelement {list(ex.followed)} of each", *told])


def _has_element(g: Any, element: tuple[int, ...]) -> bool:
    shape = shape_of(g) if not isinstance(g, list) else ()
    return len(shape) == len(element) and all(-n <= i < n for i, n in zip(element, shape, strict=True))


def columns_of(ex: Explanation) -> tuple[str, ...]:
    """The headings of the table of steps."""
    watched = [f"{ex.identifiers[name]}_bar" for name in ex.sources] if len(ex.sources) <= MANY else []
    return ("line", "step", "numbers", *watched)


def rows_of(ex: Explanation) -> list[tuple[str, ...]]:
    """A row for each step: the line, the formula, the numbers, and what is known of the sources' gradients."""
    rows = []
    known = ex.known_after(0)
    for step in ex.steps:
        if step.is_last:
            known[step.target] = step.running
        line = f"{step.line.name} = {shown(step.line.code)}"
        row = [line, formula_of(ex, step), numbers_of(ex, step)]
        if len(ex.sources) <= MANY:
            row += ["?" if known[name] is None else described(known[name]) for name in ex.sources]
        rows.append(tuple(row))
    return rows


def formula_of(ex: Explanation, step: Step) -> str:
    """What a step does, as an assignment: with `+=` where paths meet."""
    sign = "=" if step.arrival == 1 or step.kind == "partial" else "+="
    return f"{ex.identifiers[step.target]}_bar {sign} {shown(step.rule)}"


def numbers_of(ex: Explanation, step: Step) -> str:
    """The formula with its numbers put in; for arrays their shapes, and the result."""
    if step.kind == "select":
        return step.words
    what = step.contribution if step.running is None or step.arrival == 1 else step.running
    met = "" if step.arrival == 1 or step.kind == "partial" else f", together {described(step.running)}"
    if shape_of(step.contribution) == () and shape_of(step.incoming) == ():
        return f"{with_numbers(ex, step.rule)} = {described(step.contribution)}{met}"
    words = step.words or with_shapes(ex, step)
    return f"{words} -> {described(what if not met else step.contribution)}{met}"


def with_numbers(ex: Explanation, code: ast.expr) -> str:
    """A formula of numbers with their values in it."""
    return _substituted(ex, code, lambda v: _literal(v) if shape_of(v) == () else None)


def with_shapes(ex: Explanation, step: Step) -> str:
    """A formula of arrays with their shapes for names: (3, 2).T @ (3, 1)."""
    return _substituted(ex, step.rule, lambda v: None if isinstance(v, list | tuple) else f"({_described_shape(v)})")


def _substituted(ex: Explanation, code: ast.expr, spelled: Callable[[Any], str | None]) -> str:
    values = environment(ex)
    names = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)} & values.keys()
    found = {name: text for name in names if (text := spelled(values[name])) is not None}
    return shown(_Substituted(found).visit(_copy(code)))


def environment(ex: Explanation) -> dict[str, Any]:
    """Values and gradients by the names that the codes use."""
    if "environment" not in ex.__dict__:
        found = {ex.identifiers[name]: value for name, value in ex.values.items()}
        found |= {f"{ex.identifiers[name]}_bar": g for name, g in ex.gradients.items()}
        arrays = {name: c for name, c in ex.script.constants.items() if hasattr(c, "shape")}
        ex.__dict__["environment"] = {**found, **arrays}
    return ex.__dict__["environment"]


def _described_shape(v: Any) -> str:
    shape = getattr(v, "shape", ())
    return ", ".join(map(str, shape)) + ("," if len(shape) == 1 else "")


def _literal(v: Any) -> str:
    text = described(v)
    return f"({text})" if text.startswith("-") or "j" in text else text


def shown(code: ast.expr) -> str:
    """Code as people read it: without `np.` before every function, and with whole numbers as such."""
    return ast.unparse(_Bare().visit(_copy(code)))


def _copy(code: ast.expr) -> ast.expr:
    """A tree that may be changed; parsing is faster than copying deeply."""
    return ast.parse(ast.unparse(code), mode="eval").body


class _Substituted(ast.NodeTransformer):
    def __init__(self, names: dict[str, str]) -> None:
        self.names = names

    def visit_Name(self, node: ast.Name) -> ast.Name:
        return ast.Name(self.names.get(node.id, node.id))


class _Bare(ast.NodeTransformer):
    def visit_Attribute(self, node: ast.Attribute) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.value, ast.Name) and node.value.id in ("np", "linalg", "fft", "special"):
            return ast.Name(node.attr)
        return node

    def visit_Constant(self, node: ast.Constant) -> ast.Constant:
        v = node.value
        if isinstance(v, float) and v.is_integer() and abs(v) < 1e15:
            return ast.Constant(int(v))
        return ast.Constant(float(f"{v:.6g}")) if isinstance(v, float) else node


def _shape(line: Line) -> str:
    return f"   {line.shape}" if line.shape and np.size(line.value) <= 12 else ""


def _columns(rows: Sequence[tuple[str, ...]]) -> str:
    widths = [min(max(len(row[i]) for row in rows), 60) for i in range(len(rows[0]))] if rows else []
    lines = ["  " + "  ".join(cell.ljust(w) for cell, w in zip(row, widths, strict=True)).rstrip() for row in rows]
    return "\n".join(lines)


def rich_of(ex: Explanation) -> Any:
    """Two tables for a terminal (extra [cli])."""
    try:
        from rich import box
        from rich.console import Group
        from rich.markup import escape
        from rich.table import Table
    except ImportError:
        raise MissingExtraError('tables for the terminal need rich: pip install "tinygrad-edu[cli]"') from None
    forward = Table(title=escape(ex.title), box=box.SIMPLE, title_justify="left")
    for heading in ("value", "computed as", "number", "where"):
        forward.add_column(heading)
    for name in ex.sources:
        forward.add_row(escape(name), "given", escape(described(ex.values[name])), "")
    for line in ex.lines:
        where = f"line {line.place.line}: {line.place.text}" if line.place else ""
        forward.add_row(*map(escape, (line.name, shown(line.code), described(line.value), where)))
    backward = Table(title="backward", box=box.SIMPLE, title_justify="left")
    for heading in columns_of(ex):
        backward.add_column(escape(heading))
    for row in rows_of(ex):
        backward.add_row(*map(escape, row))
    return Group(forward, backward)
