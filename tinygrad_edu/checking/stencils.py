"""Where to evaluate: steps that floating point can represent, and how much of f is noise.

A finite difference divides what f changed by what x changed; if x + hu is rounded, that is not h. So a direction is
rounded first, to few digits, and x ± hu is exact for every step of a ladder: the rounding of x leaves the error
budget. What remains is the rounding inside f, and that is measured, since no bound is as good as a look.

References
----------
R. W. Hamming, Introduction to Applied Numerical Analysis (1971), §1.4, on difference tables.
J. J. Moré & S. M. Wild, "Estimating computational noise", SIAM J. Sci. Comput. 33 (2011).
"""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise
from math import comb

import numpy as np

Array = np.ndarray
FINEST = 2.0**-41
"""The finest relative step. From here up all steps of a direction are exact."""
EPS = float(np.finfo(float).eps)


def exact(x: Array, u: Array) -> Array:
    """u rounded so that x + h u is exact, for every h from 2⁻⁴¹ to 1 that is a power of 2.

    (For |u| up to |x|, and as long as x + h u passes no power of 2, where the last digit of x is lost.)

    >>> x, u = np.array([0.1]), exact(np.array([0.1]), np.array([0.07]))
    >>> bool(((x + u * 2.0**-35) - x == u * 2.0**-35).all())
    True
    """
    unit = np.spacing(np.maximum(np.abs(x), np.abs(u) * 2.0**-2)) * (2 / FINEST)
    rounded = np.round(u / unit) * unit
    return np.where((rounded == 0) & (u != 0), np.copysign(unit, u), rounded)


def by_value(x: Array, rng: np.random.Generator) -> Array:
    """Amounts between 0 and 1 that look random, but are the same for elements of equal size: ties move together.

    The bits of each are multiplied by one odd number (Knuth, The Art of Computer Programming, vol. 3, §6.4), so that
    neighbours in the last digit have amounts that know nothing of each other.
    """
    odd = np.uint64(2 * int(rng.integers(2**62, 2**63)) + 1)
    return ((np.abs(x) + 0.0).view(np.uint64) * odd >> np.uint64(11)) * 2.0**-53


def scales(x: Array, offsets: Array) -> Array:
    """How far each coordinate may move: its own size; where it is 0, that of its array, and 1 at most."""
    size = np.abs(x)
    for a, b in pairwise(offsets):
        part = size[a:b]
        if b > a and not part.all():
            moving = part[part > 0]
            part[part == 0] = min(float(np.median(moving)), 1.0) if moving.size else 1.0
    return size


def noise(f: Callable[[Array], Array], x: Array, u: Array, y: Array) -> tuple[Array, Array]:
    """The rounding error of each component of f near x, and where that is the height of stairs.

    Seven points along u, to one side lest a kink at x be taken for noise, and so near to each other that a smooth f is
    linear over them: the fourth and fifth differences are then noise alone, with σ² = (k!)²/(2k)! ⟨(Δᵏ)²⟩. Where f does
    not move at all, the points draw apart; where it is not finite, they draw together, and try the other side.
    """
    sigma, open_, jumps = np.zeros_like(y), np.ones(y.shape, bool), np.zeros(y.shape, bool)
    for step in (2.0**-36, 2.0**-24, 2.0**-15, 2.0**-8):
        row = _seven(f, x, u, y, step)
        if step == 2.0**-36 and not np.isfinite(row).all():
            step = next((s for s in (FINEST, -FINEST) if np.isfinite(_seven(f, x, u, y, s)).all()), step)
            row = _seven(f, x, u, y, step)
        row = np.where(np.isfinite(row), row, y)
        stairs = _quantum(f, x + 2.5 * step * u, row)
        stairs = np.maximum(stairs, _jump(row) / 2) if abs(step) <= 2.0**-36 else stairs
        jumps |= open_ & (stairs > 0)
        deviation, smooth = _deviation(row)
        smooth &= open_ & (stairs == 0) & (deviation > 256 * EPS * np.abs(y))
        if smooth.any() and step == 2.0**-36:  # a singularity is so near that what is seen is no noise but its curve
            nearer = _seven(f, x, u, y, FINEST)
            deviation = np.where(
                smooth, np.fmin(deviation, _deviation(np.where(np.isfinite(nearer), nearer, y))[0]), deviation
            )
        sigma = np.where(open_, np.maximum(deviation, stairs), sigma)
        open_ &= (row == row[0]).all(axis=0)
        if not open_.any():
            break
    top = EPS / 4 * np.max(np.abs(y), initial=0)
    # what is zero by cancellation may stand still here and be the rounding of its neighbours a little further on
    doubtful = (np.abs(y) <= 256 * top) & (open_ | (sigma > 1e-3 * np.abs(y)))
    return np.maximum(np.where(doubtful, np.maximum(sigma, top), sigma), EPS / 4 * np.abs(y)), jumps


def leaps(f: Callable[[Array], Array], x: Array, u: Array, y: Array, slope: Array, size: Array) -> Array:
    """Where f jumps at x itself: beside it, f has changed by more than a slope explains, however near.

    Not less at 2⁻⁴¹ than at 2⁻³⁶, and not by noise, which would be seen a little further on too. (An infinite slope may
    look the same from so near.) `slope` is what the gradient changes f by at most, `size` how large f is by nature.
    """
    near = [np.abs(f(x + (side * FINEST) * u) - y) for side in (1.0, -1.0)]
    leaping = np.zeros(y.shape, bool)
    for rise, side in zip(near, (1.0, -1.0), strict=True):
        found = np.zeros(y.shape, bool)
        beyond = rise > 2.0**-36 * slope + 256 * EPS * size
        if beyond.any():
            further = np.abs(f(x + (side * 2.0**-36) * u) - y)
            found |= beyond & (rise > 0.5 * further) & (rise < 2 * further)
            for step in (1.0, 0.618, 0.755) if found.any() else ():  # rounding may keep step with one of them
                place = x + (side * step * 2.0**-15) * u
                found &= rise > 64 * _deviation(_seven(f, place, u, f(place), side * step * 2.0**-15))[0]
        leaping |= found
    return leaping


def _seven(f: Callable[[Array], Array], x: Array, u: Array, y: Array, step: float) -> Array:
    return np.stack([f(x + (i * step) * u) if i else y for i in range(7)])


def _quantum(f: Callable[[Array], Array], between: Array, row: Array) -> Array:
    """The height of the stairs, where f has stairs: it moves by whole numbers of them, also to a point between."""
    rises = np.diff(row, axis=0)
    with np.errstate(invalid="ignore", divide="ignore"):
        q = np.min(np.where(rises != 0, np.abs(rises), np.inf), axis=0)
        whole = np.all(np.abs(rises / q - np.round(rises / q)) < 1e-3, axis=0) & (q > 64 * EPS * np.abs(row[0]))
        if not np.any(whole := whole & np.isfinite(q)):
            return np.zeros_like(q)
        part = (f(between) - row[2]) / q
        return np.where(whole & (np.abs(part - np.round(part)) < 1e-3), q / 2, 0)


def _jump(row: Array) -> Array:
    """The height of a rise that is all there is."""
    second, first = np.sort(np.abs(np.diff(row, axis=0)), axis=0)[-2:]
    return np.where((first > 1e4 * second) & (first > 64 * EPS * np.abs(row[0])), first, 0)


def _deviation(row: Array) -> tuple[Array, Array]:
    """σ from the fourth and fifth differences, the larger of two estimates; and where they shrink, as of a smooth f."""
    four, five, six = (np.sqrt(np.mean(np.diff(row, k, axis=0) ** 2, axis=0) / comb(2 * k, k)) for k in (4, 5, 6))
    return np.maximum(four, five), (five < 0.5 * four) & (six < 0.5 * five)
