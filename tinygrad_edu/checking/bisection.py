"""Which of a million elements is wrong: by weighing, and by halves.

The discrepancy <gradient, u> - ∂f/∂u is linear in u. If one element is wrong, weighing each by its place tells where it
is, to the accuracy of a measurement: two of them leave a few in a thousand. If several are wrong, that fails, and is
seen to fail; then the elements are halved: the discrepancy of one half, subtracted from that of all, is that of the
other, and twenty measurements find the worst in a million.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .stencils import Array


def worst_element(discrepancy: Callable[[Array], float], u: Array, total: float) -> tuple[int, float]:
    """The element that a discrepancy comes from, and how much of it is its own.

    Parameters
    ----------
    discrepancy : callable
        Of a direction; one measurement of f.
    u, total : array, float
        A direction along which it is not zero, and what it is there.

    >>> wrong = np.array([0.0, 0.0, 0.5, 0.0])
    >>> worst_element(lambda u: float(wrong @ u), np.ones(4), 0.5)
    (2, 0.5)
    """
    inside, weighing = np.flatnonzero(u), True
    while inside.size > 1:
        if weighing and inside.size > 64:
            around, share = _weighed(discrepancy, u, inside, total)
            weighing = abs(share - total) <= 0.02 * abs(total)
            inside, total = (around, share) if weighing else (inside, total)
            continue
        half = inside[: inside.size // 2]
        first = discrepancy(_only(u, half))
        rest = total - first
        inside, total = (half, first) if abs(first) >= abs(rest) else (inside[inside.size // 2 :], rest)
    return int(inside[0]), total


def _weighed(discrepancy: Callable[[Array], float], u: Array, inside: Array, total: float) -> tuple[Array, float]:
    """The neighbourhood of the centre of the discrepancy, and how much of it lies there."""
    weighed = _only(u, inside)
    weighed[inside] *= np.linspace(0, 1, inside.size)
    centre = np.clip(discrepancy(weighed) / total, 0, 1) * (inside.size - 1)
    reach = max(3, int(0.003 * inside.size))
    around = inside[max(0, int(centre) - reach) : int(centre) + reach + 2]
    return around, discrepancy(_only(u, around))


def _only(u: Array, inside: Array) -> Array:
    part = np.zeros_like(u)
    part[inside] = u[inside]
    return part
