"""What is known of the signs of values: of exponentials and squares, and of products in which all else is even.

``y * exp(x) / (1 + exp(x)) * y`` cannot be negative, for y occurs twice. A value that is no number counts as any sign.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Line, Value

Makers = dict[Value, Line]

NONNEGATIVE = {np.exp, np.exp2, np.square, np.absolute, np.sqrt, np.cosh, np.hypot}
"""Functions that are nowhere negative."""
MONOTONE = {np.log1p, np.expm1, np.sinh, np.tanh, np.arctan, np.cbrt, np.sum, np.positive, np.reshape, np.broadcast_to}
"""Functions of one argument that are not negative where that is not."""
DEEPEST = 40
"""Lines that are looked back."""


class Signs:
    """Answers for the values of one program, given the lines that made them."""

    def __init__(self, makers: Makers) -> None:
        self.makers = makers
        self.known: dict[Value, bool] = {}

    def is_nonnegative(self, x: Any, depth: int = 0) -> bool:
        """True if no element is below 0, as far as is seen."""
        if type(x) is not Value:
            return _is_number(x) and not x < 0
        if x.dtype is None or x.dtype.kind != "f":
            return False
        if x not in self.known:
            self.known[x] = depth < DEEPEST and self._found(x, depth + 1)
        return self.known[x]

    def _found(self, x: Value, depth: int) -> bool:
        line = self.makers.get(x)
        if line is None or line.several:
            return False
        f, args = line.operation, line.args
        if f in NONNEGATIVE:
            return True
        if f in MONOTONE:
            return self.is_nonnegative(args[0], depth)
        if f in (np.add, np.minimum):
            return all(self.is_nonnegative(y, depth) for y in args)
        if f in (np.maximum, np.logaddexp):
            return any(self.is_nonnegative(y, depth) for y in args)
        if f in (np.multiply, np.divide):
            sign, powers = self.factors(x)
            odd = [y for y, power in powers.items() if power % 2]
            return sign > 0 and x not in powers and all(self.is_nonnegative(y, depth) for y in odd)
        return False

    def factors(self, x: Any) -> tuple[int, dict[Any, int]]:
        """The sign of the number in a product, and the power of each of its other factors."""
        sign, left, steps = 1, [(x, 1)], 0
        powers: dict[Any, int] = {}
        while left:
            y, power = left.pop()
            steps += 1
            line = self.makers.get(y) if type(y) is Value else None
            if type(y) is not Value and _is_number(y) and y != 0:
                sign = -sign if y < 0 else sign
            elif line is None or steps > DEEPEST or line.operation not in (np.multiply, np.divide, np.negative):
                powers[y] = powers.get(y, 0) + power
            elif line.operation is np.negative:
                sign = -sign
                left.append((line.args[0], power))
            else:
                down = -power if line.operation is np.divide else power
                left += [(line.args[0], power), (line.args[1], down)]
        return sign, powers


def _is_number(x: Any) -> bool:
    return isinstance(x, int | float | np.floating | np.integer) and not isinstance(x, bool)
