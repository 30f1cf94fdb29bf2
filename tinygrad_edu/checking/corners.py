"""Which slopes f has around a point where several of its kinks meet.

At a kink of one number, the slopes to the right and to the left are all there are. Where three numbers are tied, their
median stays where it is if one of them moves, to either side: both slopes are 0. But it is one of the three, beside the
tie, so its gradients there are those of any one of them, and what lies between: a third of each, or the first alone,
are as right. So the slopes of secants are gathered all around the point, which have to lie between those of the
gradients there (Lebourg's mean value theorem). Of a smooth f the slopes draw together as the secants come nearer; at a
corner they do not.

References
----------
F. H. Clarke, Optimization and Nonsmooth Analysis (1983), §2.1 and §2.3.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from .stencils import Array, exact

FAR, NEAR = 2.0**-28, 2.0**-32
"""How far from the point the secants are."""
MANY = 10
"""Long secants, over which f may change its slope; and as many short ones, which see one slope each."""
MORE = 40
"""The same before a gradient is called wrong, or possible: a slope that one place in three has is then found."""
SHORT = 2.0**-3


@dataclass
class Corner:
    """The slopes along one direction, for every component of f: the least, the most, how wrong they may be.

    `settled` says where both ends were met several times, so that there is no more to be found; `sure`, that many
    secants were looked at.
    """

    low: Array
    high: Array
    slack: Array
    settled: Array
    sure: bool

    def holds(self, slope: float, j: int, slack: float) -> bool:
        """True if a slope of component j lies between the ends."""
        slack += float(self.slack[j])
        return bool(self.low[j] - slack <= slope <= self.high[j] + slack)


def is_crooked(f: Callable[[Array], Array], x: Array, u: Array, size: Array, sigma: Array, rng: np.random.Generator) \
        -> Array:  # fmt: skip
    """Where f has corners at x: the slopes of its secants differ as much from near as from afar.

    Parameters
    ----------
    size : array
        How far each coordinate may move, as of `scales`.
    sigma : array
        The noise of f.
    """
    ways = [_anywhere(x, size, rng) for _ in range(4)]
    far, near = (np.ptp([_secant(f, x, u, w, reach) for w in ways], axis=0) for reach in (FAR, NEAR))
    return (near > 0.25 * far) & (near > 64 * sigma / NEAR)


def corner(f: Callable[[Array], Array], x: Array, u: Array, size: Array, sigma: Array, rng: np.random.Generator,
           many: int = MANY) -> Corner:  # fmt: skip
    """The slopes of f along u, around x."""
    long, short = (
        np.array([_secant(f, x, u, _anywhere(x, size, rng), NEAR, length) for _ in range(many)])
        for length in (1.0, SHORT)
    )
    found = np.concatenate([long, short])
    low, high = np.min(found, axis=0), np.max(found, axis=0)
    slack = 8 * sigma / (NEAR * SHORT) + 1e-6 * np.max(np.abs(found), axis=0)
    near = slack + 1e-3 * (high - low)
    met = [np.sum(np.abs(short - end) <= near, axis=0) for end in (low, high)]
    return Corner(low, high, slack, (met[0] >= 3) & (met[1] >= 3), many > MANY)


def _anywhere(x: Array, size: Array, rng: np.random.Generator) -> Array:
    return exact(x, size * rng.uniform(-1, 1, x.size))


def _secant(f: Callable[[Array], Array], x: Array, u: Array, w: Array, reach: float, length: float = 1.0) -> Array:
    ends = [f(x + reach * (w + side * length * u)) for side in (1.0, -1.0)]
    return (ends[0] - ends[1]) / (2 * reach * length)
