"""Say in faster words what NumPy computes slowly: the same to rounding, not to the last bit.

`np.logaddexp` goes element by element; an exponential, a logarithm and a maximum go by vectors. Adding a slice into
zeros and the zeros to an array, as transposed slices come out of a pass, is one addition into the array's slice.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ...rules.indexing import is_basic, scatter
from ..program import Line, Program, Value, rewritten, values_in
from .merge import key_of

LARGE = 4096
"""Smaller arrays keep the shorter words."""


def added_at(x: Any, part: Any, index: Any) -> Any:
    """x with a part added at an index that meets no element twice."""
    result = np.array(x)
    result[index] += part
    return result


def lower(program: Program) -> Program:
    """The program in other words."""
    makers, users = program.makers, program.users

    def step(line: Line) -> Any:
        if (
            line.operation is np.logaddexp
            and line.result.size > LARGE
            and line.result.dtype in (np.float64, np.float32)
        ):
            return _logaddexp(line)
        made: Any = line
        if line.operation is np.add and not line.params:
            made = _joined(line, makers, users) or _addition(line, makers, users) or line
        for each in made if isinstance(made, list) else [made]:
            makers.update(dict.fromkeys(each.results, each))
        return made

    return rewritten(program, step)


def _logaddexp(line: Line) -> list[Line]:
    """max(x, y) + log1p(exp(-|x - y|)), where the difference of equal infinities is 0."""
    x, y = line.args
    lines: list[Line] = []

    def new(operation: Any, *args: Any, dtype: Any = line.result.dtype) -> Value:
        value = Value(line.result.shape, np.dtype(dtype))
        lines.append(Line(operation, args, {}, (value,), place=line.place))
        return value

    difference = new(np.where, new(np.equal, y, x, dtype=bool), 0, new(np.subtract, x, y))
    small = new(np.log1p, new(np.exp, new(np.negative, new(np.absolute, difference))))
    last = line.like(np.add, new(np.maximum, x, y), small)
    return [*lines, last]


def _joined(line: Line, makers: dict[Value, Line], users: dict[Value, int]) -> list[Line] | None:
    """Two parts scattered to the same places, as the sum of them scattered once."""
    found = [makers.get(x) if type(x) is Value else None for x in line.args]
    p, q = found
    if p is None or q is None or p is q or not p.operation is q.operation is scatter:
        return None
    once = all(users.get(x) == 1 for x in line.args)
    if (
        not once
        or key_of(p.params) != key_of(q.params)
        or p.args[0].shape != q.args[0].shape
        or list(values_in(p.params))
    ):
        return None
    if not is_basic(p.params["index"]) or p.args[0].dtype != q.args[0].dtype:
        return None
    total = Value(p.args[0].shape, p.args[0].dtype)
    return [Line(np.add, (p.args[0], q.args[0]), {}, (total,), place=line.place), line.like(scatter, total, **p.params)]


def _addition(line: Line, makers: dict[Value, Line], users: dict[Value, int]) -> Line | None:
    """x + scatter(part), as an addition into a slice of x."""
    for x, y in (line.args, line.args[::-1]):
        maker = makers.get(y) if type(y) is Value else None
        if maker is None or maker.operation is not scatter or users.get(y) != 1:
            continue
        index, fits = maker.params["index"], type(x) is Value and x.shape == line.result.shape
        if fits and is_basic(index) and not list(values_in(index)) and x.dtype == line.result.dtype:
            return line.like(added_at, x, maker.args[0], index)
    return None
