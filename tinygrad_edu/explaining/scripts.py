"""The backward pass as straight-line Python: each line beside the forward line that it comes from."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

import numpy as np

from .listing import shown
from .steps import Step

if TYPE_CHECKING:
    from .explanation import Explanation


def source_of(ex: Explanation) -> str:
    """A function `gradient` of the sources that computes forwards, then backwards, and returns their gradients."""
    names = ex.identifiers
    arguments = ", ".join(names[name] for name in ex.sources)
    forward = [f"{names[line.name]} = {ast.unparse(line.code)}" for line in ex.lines]
    seed = ast.unparse(ex.script.code(ex.seed))
    if np.ndim(ex.seed) == 0 and any(_reads_an_index(step.rule) for step in ex.steps):
        seed = f"np.{ex.seed.dtype}({seed})"  # g[..., None] works on NumPy's numbers alone
    backward = [(f"{names[ex.result]}_bar = {seed}", "the gradient of the result by itself"), *_backward(ex)]
    reached = {ex.result, *(step.target for step in ex.steps)}
    for name in ex.sources:
        if name not in reached:
            backward.append((f"{names[name]}_bar = np.zeros_like({names[name]})", "not used"))
    width = min(max(len(code) for code, _ in backward), 70)
    told = [f"{code:<{width}}  # {' '.join(comment.split())}" for code, comment in backward]
    complex_ones = {name for name in ex.sources if np.iscomplexobj(ex.values[name])}
    bars = [f"{names[n]}_bar" for n in ex.sources]
    results = ", ".join(f"np.conj({b})" if n in complex_ones else b for n, b in zip(ex.sources, bars, strict=True))
    head = ["import numpy as np", *sorted(ex.script.imports)]
    body = ["# forward", *forward, "", "# backward", *told, f"return {results}"]
    return "\n".join([*head, "", "", f"def gradient({arguments}):", *("    " + b if b else "" for b in body), ""])


def _backward(ex: Explanation) -> list[tuple[str, str]]:
    lines: list[tuple[str, str]] = []
    partial: tuple[str, ast.expr] | None = None
    slots: dict[str, dict[int, list[str]]] = {}
    several = {s.target for s in ex.steps if s.kind == "select"}
    for step in ex.steps:
        if step.kind == "partial":
            partial = step.gradient, step.rule
            continue
        bar = step.gradient
        if step.kind == "select":
            index = step.node.params["index"]
            slots.setdefault(step.target, {}).setdefault(index, []).append(ast.unparse(step.rule))
            if step.arrival == step.arrivals:
                whole, found = ex.identifiers[step.target], slots[step.target]
                n = len(step.node.parents[0].value)
                parts = [" + ".join(found.get(i, [f"np.zeros_like({whole}[{i}])"])) for i in range(n)]
                lines.append((f"{bar} = [{', '.join(parts)}]", f"the outputs of {whole}"))
            continue
        code = step.rule if partial is None else _put_into(step.rule, *partial)
        partial = None
        sum_so_far = f"{bar} + " if step.arrival > 1 and step.target not in several else ""
        text = ast.unparse(code)
        if sum_so_far and isinstance(code, ast.BinOp) and isinstance(code.op, ast.BitAnd | ast.BitOr):
            text = f"({text})"
        lines.append((f"{bar} = {sum_so_far}{text}", _comment(step)))
    return lines


def _reads_an_index(code: ast.expr) -> bool:
    """True if a gradient is indexed."""
    parts = (node.value for node in ast.walk(code) if isinstance(node, ast.Subscript))
    return any(isinstance(node, ast.Name | ast.Subscript) and "_bar" in ast.unparse(node) for node in parts)


def _comment(step: Step) -> str:
    return f"{step.line.name} = {shown(step.line.code)}" + (f"; {step.words}" if step.words else "")


def _put_into(outer: ast.expr, name: str, inner: ast.expr) -> ast.expr:
    """The outer expression with the inner one for a name, the result of the step before."""

    class Put(ast.NodeTransformer):
        def visit_Name(self, node: ast.Name) -> ast.expr:
            return inner if node.id == name else node

    return Put().visit(ast.parse(ast.unparse(outer), mode="eval").body)
