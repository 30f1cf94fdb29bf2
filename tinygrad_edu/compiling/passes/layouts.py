"""Compute in the layout in which things lie, and look at the result in another way: a view costs nothing.

``f(reshape(x), reshape(y))`` is ``reshape(f(x, y))``, after which f stands in one kernel with what made x and y; and
``(x.T * v) @ y`` is ``(x * v[:, None]).T @ y``, where the transpose is a flag of the product and the walk goes along
the rows of x.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ..kinds import is_pointwise
from ..program import Line, Program, Value, rewritten, values_in
from .fuse import REDUCTIONS
from .transposes import product, untransposed

Makers = dict[Value, Line]


def lay(program: Program) -> Program:
    """The program with reshapes after pointwise lines, and transposes before products."""
    makers: Makers = {}
    in_products = _only_in_products(program)

    def step(line: Line) -> Any:
        made = _reshaped(line, makers) or (line.result in in_products and _turned(line, makers)) or [line]
        for each in made:
            makers.update(dict.fromkeys(each.results, each))
        return made

    return rewritten(program, step)


def _only_in_products(program: Program) -> set[Value]:
    """The values of which only products of matrices are made."""
    others = set(values_in(program.outputs))
    for line in program.lines:
        if line.operation not in (np.matmul, product):
            others.update(line.reads)
    return {v for line in program.lines for v in line.results} - others


def _reshaped(line: Line, makers: Makers) -> list[Line] | None:
    if line.operation is np.reshape and (x := _flat(line.args[0], makers)) is not None and len(line.args) == 2:
        return [line.like(np.reshape, x, line.args[1])]
    if line.operation in REDUCTIONS and len(line.args) == 1 and not line.params:
        x = _flat(line.args[0], makers)
        return None if x is None else [line.like(line.operation, x)]
    if not is_pointwise(line) or not line.result.shape:
        return None
    flat = {v: _flat(v, makers) if v.shape == line.result.shape else v for v in line.reads}
    shapes = {x.shape for x in flat.values() if x is not None and x.shape}
    if None in flat.values() or len(shapes) != 1 or any(v is x and v.shape for v, x in flat.items()):
        return None
    (shape,) = shapes
    value = Value(shape, line.result.dtype)
    if any(isinstance(x, np.ndarray) and x.ndim for x in line.args):
        return None
    args = tuple(flat[x] if type(x) is Value else x for x in line.args)
    whole = line.result.shape
    return [replace(line, args=args, results=(value,)), line.like(np.reshape, value, whole)]


def _flat(x: Any, makers: Makers) -> Value | None:
    """What x is a reshape of."""
    line = makers.get(x) if type(x) is Value else None
    if line is None or line.operation is not np.reshape or len(line.args) != 2 or line.params:
        return None
    base = line.args[0]
    return base if type(base) is Value and base.shape else None


def _turned(line: Line, makers: Makers) -> list[Line] | None:
    """A pointwise line of transposed matrices and vectors as the transpose of one; it is read by products alone."""
    whole = line.result.shape
    if not is_pointwise(line) or len(whole) < 2 or len(line.reads) != len(line.args):
        return None
    lines: list[Line] = []

    def new(operation: Any, x: Value, shape: tuple[int, ...], *args: Any) -> Value:
        lines.append(Line(operation, (x, *args), {}, (Value(shape, x.dtype),), place=line.place))
        return lines[-1].result

    args = []
    for x in line.reads:
        if x.shape == whole and (inner := untransposed(x, makers)) is not x:
            args.append(inner)
        elif x.shape == ():
            args.append(x)
        elif len(x.shape) == 1:
            column = (*x.shape, 1)
            args.append(new(np.reshape, x, column, column))
        else:
            return None
    if all(x.shape != (*whole[:-2], whole[-1], whole[-2]) for x in args):
        return None
    value = Value((*whole[:-2], whole[-1], whole[-2]), line.result.dtype)
    return [*lines, replace(line, args=tuple(args), results=(value,)), line.like(np.matrix_transpose, value)]
