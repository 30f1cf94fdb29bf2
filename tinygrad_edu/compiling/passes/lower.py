"""Say in faster words what NumPy computes slowly: the same to rounding, not to the last bit.

`np.logaddexp` goes element by element; an exponential, a logarithm and a maximum go by vectors. Adding a slice into
zeros and the zeros to an array, as transposed slices come out of a pass, is one addition into the array's slice.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np

from ...rules.indexing import is_basic, scatter
from ..program import Line, Program, Value, rewritten, values_in
from .merge import key_of

LARGE = 4096
"""Smaller arrays keep the shorter words."""
LARGEST = 1 << 17
"""Larger ones go by blocks."""
FEWEST, SPILLING, ROW = 1 << 12, 1 << 20, 512
"""Bytes of a matrix that is summed by a product: fewer are not worth it, more go by blocks; and numbers of its rows."""


def added_at(x: Any, part: Any, index: Any) -> Any:
    """x with a part added at an index that meets no element twice."""
    result = np.array(x)
    result[index] += part
    return result


def ones(n: int, dtype: Any) -> Any:
    """A row of ones, which a module makes once, and nobody writes to."""
    return np.ones(n, dtype)


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
        if line.operation is np.sum and (
            parts := _scalar_product(line, makers, users) or _product_with_ones(line, makers, users)
        ):
            return parts
        made: Any = line
        if line.operation is np.add and not line.params:
            made = _joined(line, makers, users) or _addition(line, makers, users) or line
        for each in made if isinstance(made, list) else [made]:
            makers.update(dict.fromkeys(each.results, each))
        return made

    return rewritten(program, step)


def _logaddexp(line: Line) -> list[Line]:
    """max(x, y) + log1p(exp(-|x - y|)), where the difference of equal infinities, which is NaN, counts as 0."""
    x, y = line.args
    lines: list[Line] = []

    def new(operation: Any, *args: Any, dtype: Any = line.result.dtype) -> Value:
        value = Value(line.result.shape, np.dtype(dtype))
        lines.append(Line(operation, args, {}, (value,), place=line.place))
        return value

    difference = new(np.fmax, new(np.absolute, new(np.subtract, x, y)), 0)
    small = new(np.log1p, new(np.exp, new(np.negative, difference)))
    last = line.like(np.add, new(np.maximum, x, y), small)
    return [*lines, last]


def _scalar_product(line: Line, makers: dict[Value, Line], users: dict[Value, int]) -> list[Line] | None:
    """The sum of products, or of sums of such, as scalar products: BLAS stores none of the products."""
    x = line.args[0]
    parts = None if line.params else _products(x, makers, users)
    small = type(x) is not Value or not LARGE < x.size <= LARGEST or x.dtype != np.float64
    if parts is None or small or len(line.args) > 1:
        return None
    lines: list[Line] = []
    total: Any = None
    for number, p, q in parts:
        value = Value((), line.result.dtype)
        lines.append(Line(np.vdot, (p, q), {}, (value,), place=line.place))
        if number != 1.0:
            scaled = Value((), line.result.dtype)
            lines.append(Line(np.multiply, (number, value), {}, (scaled,), place=line.place))
            value = scaled
        if total is not None:
            both = Value((), line.result.dtype)
            lines.append(Line(np.add, (total, value), {}, (both,), place=line.place))
            value = both
        total = value
    lines[-1] = replace(lines[-1], results=line.results)
    return lines


def _product_with_ones(line: Line, makers: dict[Value, Line], users: dict[Value, int]) -> list[Line] | None:
    """A sum over one axis of a matrix as its product with ones, and of a product of two as scalar products of rows.

    BLAS takes a third of the time of `np.sum`. It adds the numbers of a row in order, so only short rows are summed so.
    """
    x = line.args[0]
    maker = makers.get(x) if type(x) is Value else None
    axis = line.params.get("axis")
    if maker is None or set(line.params) != {"axis"} or type(axis) is not int or len(line.args) > 1:
        return None
    fits = len(x.shape) == 2 and x.dtype in (np.float64, np.float32) and line.result.dtype == x.dtype
    if not fits or not FEWEST <= x.size * x.dtype.itemsize <= SPILLING or (axis and x.shape[1] > ROW):
        return None
    f, args = maker.operation, maker.args
    if axis and f in (np.multiply, np.square) and users.get(x) == 1 and not maker.params:
        rows = args * (1 + (f is np.square))
        if all(type(y) is Value and y.shape == x.shape and y.dtype == x.dtype for y in rows):
            return [line.like(np.vecdot, *rows)]
    if not isinstance(f, np.ufunc) or f.nout > 1 or maker.params:
        return None  # its elements may lie in any order
    n = x.shape[axis]
    row = Value((n,), x.dtype)
    factors = (x, row) if axis else (row, x)
    return [Line(ones, (n, x.dtype), {}, (row,), place=line.place), line.like(np.matmul, *factors)]


def _products(x: Any, makers: dict[Value, Line], users: dict[Value, int]) -> list[tuple[float, Value, Value]] | None:
    """x as a sum of terms ``number * p * q`` with arrays p and q of its shape; None if it is no such sum."""
    line = makers.get(x) if type(x) is Value else None
    if line is None or users.get(x) != 1 or line.params or line.several:
        return None
    args = line.args
    if line.operation is np.square:
        return [(1.0, args[0], args[0])]
    if line.operation is np.multiply:
        if all(type(a) is Value and a.shape == x.shape and a.dtype == x.dtype for a in args):
            return [(1.0, *args)]
        for number, y in (args, args[::-1]):
            if isinstance(number, int | float) and not isinstance(number, bool):
                inner = _products(y, makers, users)
                return None if inner is None else [(number * c, p, q) for c, p, q in inner]
    if line.operation is np.add and all(type(a) is Value and a.shape == x.shape for a in args):
        p, q = (_products(a, makers, users) for a in args)
        return None if p is None or q is None else [*p, *q]
    return None


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
        index, fits = maker.params["index"], type(x) is Value and x.shape == line.result.shape != ()
        if fits and is_basic(index) and not list(values_in(index)) and x.dtype == line.result.dtype:
            return line.like(added_at, x, maker.args[0], index)
    return None
