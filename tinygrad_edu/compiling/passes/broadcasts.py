"""Sink broadcasts: compute with the small array, and stretch the result, or let NumPy's own broadcasting do it."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kinds import is_pointwise
from ..program import Line, Program, Value, rewritten


def sink(program: Program) -> Program:
    """Take `broadcast_to` and `full` out of the arguments of pointwise lines.

    ``broadcast_to(g, s) * x`` is ``g * x`` where x has the shape s; a line whose arguments were all stretched is
    computed on the small ones, and its result is stretched.
    """
    makers: dict[Value, Line] = {}

    def step(line: Line) -> Any:
        made = _sunk(line, makers)
        for each in made if isinstance(made, list) else [made]:
            makers.update(dict.fromkeys(each.results, each))
        return made

    return rewritten(program, step)


def _small(x: Any, makers: dict[Value, Line]) -> Any:
    line = makers.get(x) if type(x) is Value else None
    if line is None:
        return x
    if line.operation is np.broadcast_to:
        return line.args[0]
    return line.args[1] if line.operation is np.full else x


def _sunk(line: Line, makers: dict[Value, Line]) -> Line | list[Line]:
    if not is_pointwise(line):
        return line
    arrays = line.args if line.operation is not np.astype else line.args[:1]
    small = [_small(x, makers) for x in arrays]
    if all(a is b for a, b in zip(small, arrays, strict=True)):
        return line
    args = (*small, *line.args[len(arrays) :])
    shape = np.broadcast_shapes(*[x.shape if type(x) is Value else np.shape(x) for x in small])
    if not any(type(x) is Value for x in small):
        with np.errstate(all="ignore"):
            found = line.operation(*args)
        return line.like(np.full, line.result.shape, found) if np.ndim(found) == 0 else line
    if shape == line.result.shape:
        return line.like(line.operation, *args)
    result = Value(shape, line.result.dtype)
    return [
        Line(line.operation, args, {}, (result,), place=line.place),
        line.like(np.broadcast_to, result, line.result.shape),
    ]
