"""Algebraic identities that hold for floating-point numbers too: to the last bit, for NaN, infinities and -0.

``x * 1`` is x, and ``x - 0`` is; but ``x + 0`` turns -0 into 0, and ``0 * x`` is NaN for an infinite x, so those stay.
A few rows say the same in other words that NumPy computes faster: a mean is a sum and a division, x ** 2 is a square.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from ..program import Line, Program, Value, rewritten

NUMBERS = (int, float, np.number)


def simplify(program: Program) -> Program:
    """Apply the identities to every line, in order, so that each sees its arguments simplified."""
    makers: dict[Value, Line] = {}

    def step(line: Line) -> Any:
        rule = RULES.get(line.operation)
        made = None if rule is None or line.several else rule(line, makers)
        if made is None:
            made = line
        for each in made if isinstance(made, list) else [made]:
            if isinstance(each, Line):
                makers.update(dict.fromkeys(each.results, each))
        return made

    return rewritten(program, step)


Makers = dict[Value, Line]


def _same(x: Any, line: Line) -> bool:
    """True if x can stand for the result: it has its shape and dtype."""
    return (
        type(x) is Value
        and x.shape == line.result.shape
        and x.dtype == line.result.dtype
        and x.weak == line.result.weak
    )


def _is(x: Any, number: float) -> bool:
    return isinstance(x, NUMBERS) and not isinstance(x, bool) and x == number and not (number == 0 and np.signbit(x))


def _is_plain(x: Any) -> bool:
    """True for a number whose negative is one of the same kind."""
    return isinstance(x, int | float) and not isinstance(x, bool)


def _inner(x: Any, operation: Any, makers: Makers) -> Line | None:
    """The line that made x, if it is a call of this operation."""
    line = makers.get(x) if type(x) is Value else None
    return line if line is not None and line.operation is operation else None


def _multiply(line: Line, makers: Makers) -> Any:
    x, y = line.args
    for a, b in ((x, y), (y, x)):
        if _is(b, 1) and _same(a, line):
            return a
        if _is(b, -1) and _same(a, line):
            return line.like(np.negative, a)
    if x is y and _same(x, line) and x.dtype.kind == "f":
        return line.like(np.square, x)
    p, q = _inner(x, np.negative, makers), _inner(y, np.negative, makers)
    if p and q:
        return line.like(np.multiply, p.args[0], q.args[0])
    return _negated(line, makers, p, q)


def _divide(line: Line, makers: Makers) -> Any:
    x, y = line.args
    if _is(y, 1) and _same(x, line):
        return x
    return _negated(line, makers, _inner(x, np.negative, makers), None)


def _negated(line: Line, makers: Makers, p: Line | None, q: Line | None) -> Any:
    """(-x) y is -(x y), or x (-c) with a constant c: the sign goes to where it costs nothing, or meets another."""
    x, y = line.args
    if p is None and q is None:
        return None
    if line.result.dtype is None or line.result.dtype.kind != "f":
        return None
    if p and _is_plain(y):
        return line.like(line.operation, p.args[0], -y)
    if q and _is_plain(x):
        return line.like(line.operation, -x, q.args[0])
    turned: Line = p or q  # type: ignore[assignment]
    if turned.result.size < line.result.size:
        return None  # there it costs less
    inner = turned.args[0]
    value = Value(line.result.shape, line.result.dtype, weak=line.result.weak)
    args = (inner, y) if p else (x, inner)
    return [Line(line.operation, args, {}, (value,), place=line.place), line.like(np.negative, value)]


def _sum(line: Line, makers: Makers) -> Any:
    """The sum of negatives is the negative sum; its axes are spelled in one way only."""
    x = line.args[0]
    if type(x) is not Value or len(line.args) > 1 or set(line.params) - {"axis", "keepdims"}:
        return None
    params = _axes(line.params, len(x.shape))
    p = _inner(x, np.negative, makers)
    if p is None:
        return None if params == dict(line.params) else line.like(np.sum, x, **params)
    value = Value(line.result.shape, line.result.dtype)
    return [Line(np.sum, (p.args[0],), params, (value,), place=line.place), line.like(np.negative, value)]


def _axes(params: Mapping[str, Any], n: int) -> dict[str, Any]:
    """The parameters of a reduction of n axes: one axis is a number, several are a tuple, all are left out."""
    axis = params.get("axis")
    axes = range(n) if axis is None or n == 0 else sorted(a % n for a in (axis if isinstance(axis, tuple) else (axis,)))
    spelled: dict[str, Any] = {} if len(axes) == n else {"axis": axes[0] if len(axes) == 1 else tuple(axes)}
    return spelled | ({"keepdims": True} if params.get("keepdims") else {})


def _add(line: Line, makers: Makers) -> Any:
    x, y = line.args
    if q := _inner(y, np.negative, makers):
        return line.like(np.subtract, x, q.args[0])
    if p := _inner(x, np.negative, makers):
        return line.like(np.subtract, y, p.args[0])
    return None


def _subtract(line: Line, makers: Makers) -> Any:
    x, y = line.args
    if _is(y, 0) and _same(x, line):
        return x
    q = _inner(y, np.negative, makers)
    return line.like(np.add, x, q.args[0]) if q else None


def _negative(line: Line, makers: Makers) -> Any:
    p = _inner(line.args[0], np.negative, makers)
    if p:
        return p.args[0]
    q = _inner(line.args[0], np.multiply, makers)
    if q and line.result.dtype is not None and line.result.dtype.kind == "f":
        x, y = q.args  # -(c x) is (-c) x
        if _is_plain(x):
            return line.like(np.multiply, -x, y)
        if _is_plain(y):
            return line.like(np.multiply, x, -y)
    return None


def _power(line: Line, makers: Makers) -> Any:
    """As ndarray.__pow__ has it; of a number NumPy computes the power."""
    x, y = line.args
    if _is(y, 1) and _same(x, line):
        return x
    short = {2: np.square, 0.5: np.sqrt, -1: np.reciprocal}.get(float(y)) if isinstance(y, NUMBERS) else None
    floats = type(x) is Value and x.dtype is not None and x.dtype.kind == "f" and _same(x, line)
    return line.like(short, x) if short and floats and x.shape else None


def _mean(line: Line, makers: Makers) -> Any:
    """A sum, divided by how many there are, as NumPy computes it."""
    x = line.args[0]
    if type(x) is not Value or x.dtype not in (np.float64, np.float32) or len(line.args) > 1:
        return None
    if set(line.params) - {"axis", "keepdims"} or line.result.dtype != x.dtype or not x.size:
        return None
    total = Value(line.result.shape, line.result.dtype)
    n = x.size // line.result.size
    number = n if line.result.shape else x.dtype.type(n)
    return [
        Line(np.sum, (x,), line.params, (total,), place=line.place),
        line.like(np.divide, total, number),
    ]


def _reshape(line: Line, makers: Makers) -> Any:
    x, shape = line.args[0], line.result.shape
    if line.params.get("order", "C") != "C" or len(line.args) > 2:
        return None
    if _same(x, line):
        return x
    if number := _inner(x, np.full, makers):
        return line.like(np.full, shape, number.args[1])
    first = _inner(x, np.reshape, makers)
    return line.like(np.reshape, first.args[0] if first else x, shape)


def _transpose(line: Line, makers: Makers) -> Any:
    x = line.args[0]
    if type(x) is not Value:
        return None
    if len(x.shape) < 2 and line.operation is np.transpose:
        return x
    if len(x.shape) == 2 and _swaps(line):
        first = _inner(x, np.matrix_transpose, makers)
        return first.args[0] if first else line.like(np.matrix_transpose, x)
    return None


def _swaps(line: Line) -> bool:
    """True if a rearrangement of two axes exchanges them."""
    if line.operation is np.swapaxes:
        return len({a % 2 for a in line.args[1:]}) == 2
    axes = line.args[1] if len(line.args) > 1 else line.params.get("axes")
    return line.operation is np.matrix_transpose or axes is None or [a % 2 for a in axes] == [1, 0]


def _unchanged(line: Line, makers: Makers) -> Any:
    """x itself, where a call that only stretches or converts has nothing to do."""
    x = line.args[0]
    return x if _same(x, line) else None


def _real_only(line: Line, makers: Makers) -> Any:
    x = line.args[0]
    return x if _same(x, line) and x.dtype.kind != "c" else None


def _where(line: Line, makers: Makers) -> Any:
    if len(line.args) != 3:
        return None
    condition, x, y = line.args
    if x is y and _same(x, line):
        return x
    if isinstance(condition, bool | np.bool_):
        chosen = x if condition else y
        return chosen if _same(chosen, line) else None
    return None


def _getitem(line: Line, makers: Makers) -> Any:
    x, index = line.args
    parts = index if isinstance(index, tuple) else (index,)
    whole = all(part is ... or (type(part) is slice and part == slice(None)) for part in parts)
    return x if whole and _same(x, line) and x.shape else None


# fmt: off
RULES: dict[Any, Callable[[Line, Makers], Any]] = {
    np.multiply: _multiply,       np.divide: _divide,          np.add: _add,          np.subtract: _subtract,
    np.negative: _negative,       operator.pow: _power,        np.mean: _mean,        np.where: _where,
    np.sum: _sum,
    np.reshape: _reshape,         np.transpose: _transpose,    np.swapaxes: _transpose,
    np.matrix_transpose: _transpose,
    np.broadcast_to: _unchanged,  np.astype: _unchanged,       np.positive: _unchanged,
    np.real: _real_only,          np.conj: _real_only,         operator.getitem: _getitem,
}
# fmt: on
