"""An explanation as text, and as tables for a terminal."""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import MissingExtraError
from .recording import described, shape_of
from .steps import Line, Step
from .wording import in_words
from .written import name_of

if TYPE_CHECKING:
    from .explanation import Explanation

MANY = 4  # sources: of more the gradients do not fit beside the steps
READABLE = 100  # characters of a formula: a longer one is named, and told in words


def text_of(ex: Explanation) -> str:
    """The whole explanation in plain text."""
    at = ", ".join(f"{name} = {described(ex.values[name])}" for name in ex.sources)
    forward = [(f"{line.name} = {shown(line.code)}", f"= {described(line.value)}{_shape(line)}") for line in ex.lines]
    head = f"{ex.title} at {at}\n\n"
    if not ex.lines:
        return head + f"nothing is computed: the result is {ex.result} itself, and its gradient {described(ex.seed)}"
    head += f"forward\n{_columns(forward)}\n\n"
    head += f"backward, from {ex.identifiers[ex.result]}_bar = {described(ex.seed)}\n"
    return head + "\n\n".join([_columns([columns_of(ex), *rows_of(ex)]), *notes_of(ex)])


def notes_of(ex: Explanation) -> list[str]:
    """What is told besides the steps: the conjugates of complex gradients, and the element that was asked for."""
    names = [name for name in ex.sources if np.iscomplexobj(ex.values[name])]
    return [
        f"{name} is complex: tg.grad returns the conjugate of {ex.identifiers[name]}_bar, "
        f"{described(np.conj(ex.gradients[name]))}, which points in the direction of steepest ascent"
        for name in names
    ] + _followed(ex)


def _followed(ex: Explanation) -> list[str]:
    """The element that was asked for, of every gradient that has one there: its terms."""
    if ex.followed is None:
        return []
    targets = [name for name in dict.fromkeys(step.target for step in ex.steps) if name in ex.with_element(ex.followed)]
    told = [f"  {terms}" for name in targets for terms in ex.follow(name, ex.followed)]
    return ["\n".join([f"element {list(ex.followed)} of each", *told])]


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
    return f"{step.gradient} {step.sign} {shown(rule_told(ex, step))}"


def rule_told(ex: Explanation, step: Step) -> ast.expr:
    """The rule of a step; if nobody would read it, the name of what it pulls back through."""
    if len(ast.unparse(step.rule)) <= READABLE:
        return step.rule
    name = name_of(step.node.op) if step.node.op is not None else "it"
    return ast.Call(ast.Name(f"pull_{name}"), [ast.Name(f"{ex.identifiers[step.source]}_bar")], [])


def numbers_of(ex: Explanation, step: Step) -> str:
    """The formula with its numbers put in; for arrays their shapes, and the result."""
    if step.kind == "select":
        return step.words
    met = "" if step.sign == "=" else f", together {described(step.running)}"
    found = f"{described(step.contribution)}{met}"
    if isinstance(step.rule, ast.Name):
        return found
    if rule_told(ex, step) is not step.rule and step.node.op is not None:
        return f"{in_words(step.node.op, step.slot)} -> {found}"
    numbers = {} if step.kind not in ("broadcast", "real") else {partial_of(step): step.incoming}
    if shape_of(step.contribution) == () and shape_of(step.incoming) == ():
        return f"{_substituted(ex, step.rule, numbers)} = {found}"
    return f"{step.words or _substituted(ex, step.rule, numbers)} -> {found}"


def words_of(step: Step) -> str:
    """The rule of a step in plain words; of an un-broadcasting what it undoes."""
    if step.kind in ("broadcast", "real", "select") or step.node.op is None:
        return step.words
    return in_words(step.node.op, step.slot)


def partial_of(step: Step) -> str:
    """What a step of kind broadcast or real calls the gradient that the step before has computed."""
    return next(node.id for node in ast.walk(step.rule) if isinstance(node, ast.Name) and node.id.endswith("_bar"))


def _substituted(ex: Explanation, code: ast.expr, more: dict[str, Any]) -> str:
    """A formula with numbers for the names of numbers, and shapes for those of arrays: (3, 2).T @ (3, 1)."""
    values = {**environment(ex), **more}
    names = {node.id for node in ast.walk(code) if isinstance(node, ast.Name)} & values.keys()
    found = {name: _put_in(v) for name in names if not isinstance(v := values[name], list | tuple)}
    return shown(_Substituted(found).visit(_copy(code)))


def _put_in(v: Any) -> str:
    return _literal(v) if shape_of(v) == () else f"({_described_shape(v)})"


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
    return f"   {line.shape}" if line.shape and 0 < np.size(line.value) <= 12 else ""


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
    if not ex.lines:
        return escape(text_of(ex))
    places = [f"line {line.place.line}: {line.place.text}" if line.place else "" for line in ex.lines]
    headings = ["value", "computed as", "number", *["where"] * any(places)]  # a formula stands nowhere
    forward = Table(*headings, title=escape(ex.title), box=box.SIMPLE, title_justify="left")
    for name in ex.sources:
        forward.add_row(escape(name), "given", escape(described(ex.values[name])))
    for line, where in zip(ex.lines, places, strict=True):
        told = [line.name, shown(line.code), described(line.value), where]
        forward.add_row(*map(escape, told[: len(headings)]))
    backward = Table(title="backward", box=box.SIMPLE, title_justify="left")
    for heading in columns_of(ex):
        backward.add_column(escape(heading))
    for row in rows_of(ex):
        backward.add_row(*map(escape, row))
    return Group(forward, backward, *map(escape, notes_of(ex)))
