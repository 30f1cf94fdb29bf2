"""Take sums of what is not negative apart: ``sum(x + 0.1 * y)`` is ``sum(x) + 0.1 * sum(y)``, a walk or two less.

Nothing cancels where no term is negative, so this is the same to rounding. And the sum of the logarithms of 1 + x is
the logarithm of a product: eight numbers take one logarithm, which costs as much as six multiplications, or forty.

If the product overflows, the logarithms are taken one by one. If a sum of y overflows and that of 0.1 y would not, the
result is not finite; so only results that are looked at (`compiled.py`) are computed like this.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Line, Program, Value, rewritten
from .signs import Signs


def sum_log1p(x: Any, y: Any) -> Any:
    """The sum of the logarithms of y = 1 + x, for an x that is not negative; `spelling.py` has the faster words."""
    return np.sum(np.log1p(x))


def split(program: Program, smallest: int) -> Program:
    """The program with the sums taken apart of arrays of more than some bytes."""
    makers, users = program.makers, program.users
    signs = Signs(makers)

    def terms(x: Value) -> list[tuple[float, Value]]:
        """Values, each with the positive number that it is multiplied by, whose sum is x."""
        line = makers.get(x)
        if line is None or users[x] != 1 or line.params or line.several:
            return [(1.0, x)]
        whole = [y for y in line.args if type(y) is Value and y.shape == x.shape and y.dtype == x.dtype]
        if line.operation is np.add and len(whole) == 2 and all(map(signs.is_nonnegative, whole)):
            return [*terms(whole[0]), *terms(whole[1])]
        numbers = [y for y in line.args if type(y) is float and y > 0]
        if line.operation is np.multiply and len(whole) == len(numbers) == 1 and signs.is_nonnegative(whole[0]):
            return [(numbers[0] * c, y) for c, y in terms(whole[0])]
        return [(1.0, x)]

    def logarithm(x: Value) -> Value | None:
        """What x is the logarithm of, after 1 was added."""
        line = makers.get(x)
        if line is None or users[x] != 1 or line.operation is not np.log1p or line.params:
            return None
        y = line.args[0]
        return y if y.dtype == x.dtype and signs.is_nonnegative(y) else None

    def step(line: Line) -> Any:
        x = line.args[0] if line.operation is np.sum and len(line.args) == 1 and not line.params else None
        if type(x) is not Value or x.dtype not in (np.float64, np.float32) or line.result.dtype != x.dtype:
            return line
        parts = terms(x) if x.size * x.dtype.itemsize > smallest else []
        if all(c == 1.0 and logarithm(y) is None for c, y in parts):
            return line
        lines: list[Line] = []

        def new(operation: Any, *args: Any, shape: tuple[int, ...] = ()) -> Value:
            lines.append(Line(operation, args, {}, (Value(shape, x.dtype),), place=line.place))
            return lines[-1].result

        total: Any = None
        for c, y in parts:
            inner = logarithm(y)
            # the derivative of the logarithm has 1 + x too
            with_one = None if inner is None else new(np.add, 1.0, inner, shape=y.shape)
            part = new(np.sum, y) if with_one is None else new(sum_log1p, inner, with_one)
            part = part if c == 1.0 else new(np.multiply, x.dtype.type(c), part)
            total = part if total is None else new(np.add, total, part)
        return [*lines[:-1], line.like(lines[-1].operation, *lines[-1].args)]

    return rewritten(program, step)
