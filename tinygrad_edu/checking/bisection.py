"""Which of a million elements is wrong: by weighing, and by halves.

The discrepancy <gradient, u> - ∂f/∂u is linear in u. If one element is wrong, weighing each by its place tells where it
is, to the accuracy of a measurement: three of them leave one in a million. If several are wrong, that fails, and is
seen to fail; then the elements are halved: the discrepancy of one half, subtracted from that of all, is that of the
other, and twenty measurements find the worst in a million.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from .stencils import Array

FEW = 8
"""Up to so many elements, halving is as quick."""
CLOSE = 100
"""Among so many, weighing tells the place itself."""


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
    found = _by_weight(discrepancy, u, inside, total)
    if found is not None:
        return found
    while inside.size > 1:
        half = inside[: inside.size // 2]
        first = discrepancy(_only(u, half))
        rest = total - first
        inside, total = (half, first) if abs(first) >= abs(rest) else (inside[inside.size // 2 :], rest)
    return int(inside[0]), total


def _by_weight(
    discrepancy: Callable[[Array], float], u: Array, inside: Array, total: float
) -> tuple[int, float] | None:
    """The element that the centre of the discrepancy falls on, and its share; None if it is not alone."""
    if inside.size <= FEW:
        return None
    while inside.size > 1:
        weighed = _only(u, inside)
        weighed[inside] *= np.linspace(0, 1, inside.size)
        centre = float(np.clip(discrepancy(weighed) / total, 0, 1)) * (inside.size - 1)
        reach = max(3, int(0.003 * inside.size)) if inside.size > CLOSE else 0
        first = inside.size > 1000 * CLOSE
        inside = inside[max(0, round(centre) - reach) : round(centre) + reach + 1]
        if first and not _all_in(discrepancy(_only(u, inside)), total):  # do not go on in the wrong place
            return None
    share = discrepancy(_only(u, inside))
    return (int(inside[0]), share) if _all_in(share, total) else None


def _all_in(share: float, total: float) -> bool:
    return abs(share - total) <= 0.02 * abs(total)


def _only(u: Array, inside: Array) -> Array:
    part = np.zeros_like(u)
    part[inside] = u[inside]
    return part
