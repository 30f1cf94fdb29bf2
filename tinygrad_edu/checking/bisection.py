"""Which of a million elements is wrong: by halves.

The discrepancy <gradient, u> - ∂f/∂u is linear in u, so that of one half of the elements, subtracted from that of all,
is that of the other half. The larger one is halved again: twenty measurements find one in a million.
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
    inside = np.flatnonzero(u)
    while inside.size > 1:
        half = inside[: inside.size // 2]
        part = np.zeros_like(u)
        part[half] = u[half]
        first = discrepancy(part)
        rest = total - first
        inside, total = (half, first) if abs(first) >= abs(rest) else (inside[inside.size // 2 :], rest)
    return int(inside[0]), total
