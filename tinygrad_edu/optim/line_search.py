"""How far to go in a direction that goes down: far enough, and not too far.

Along a line the loss is a function of one number, φ(t) = L(θ + t d), with slope φ'(0) < 0. A step is short enough if
the loss falls by a share of what the slope promised (Armijo), and long enough if the slope has lost a share of its
steepness (Wolfe). Backtracking asks for the first, by halving; the strong Wolfe search brackets a t with both.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from .dials import fraction, positive, whole

ROUNDING = 8 * float(np.finfo(np.float64).eps)  # a loss that differs by less than this share of itself has not changed


class Trial(NamedTuple):
    """One step length that was tried: t, φ(t) and φ'(t)."""

    t: float
    value: float
    slope: float


def backtracking(
    phi: Callable[[float], float],
    value: float,
    slope: float,
    first: float = 1.0,
    shrink: float = 0.5,
    decrease: float = 1e-4,
    trials: int = 50,
) -> float:
    """The first t of 1, ½, ¼ ... at which the loss has fallen enough: φ(t) ≤ φ(0) + c t φ'(0).

    Parameters
    ----------
    phi : callable
        φ(t), the loss at step length t; what is not finite counts as too far.
    value, slope : float
        φ(0), and φ'(0) < 0.
    first, shrink, decrease : float
        The first t, the factor to the next one, and c.
    trials : int
        After so many t is 0: no step is short enough, as happens at the minimum.

    References
    ----------
    L. Armijo (1966). Minimization of functions having Lipschitz continuous first partial derivatives. Pacific Journal
    of Mathematics 16, 1-3.

    Examples
    --------
    From x = 1 on x², a step along −2 of length 1 only jumps to the other side:

    >>> backtracking(lambda t: (1 - 2 * t) ** 2, value=1.0, slope=-4.0)
    0.5
    """
    t, factor, share = positive(first, "first step"), fraction(shrink, "shrinking"), fraction(decrease, "decrease")
    for _ in range(whole(trials, "number of trials")):
        if phi(t) <= value + share * t * slope + ROUNDING * abs(value):
            return t
        t *= factor
    return 0.0


def strong_wolfe(
    phi: Callable[[float], tuple[float, float]],
    value: float,
    slope: float,
    first: float = 1.0,
    decrease: float = 1e-4,
    flatten: float = 0.9,
    trials: int = 25,
) -> Trial:
    """A step length at which the loss has fallen and flattened enough.

    φ(t) ≤ φ(0) + c₁ t φ'(0) and |φ'(t)| ≤ c₂ |φ'(0)|. Steps grow fourfold until such a t is bracketed between `low`,
    the lowest one that has fallen enough, and `high`; then a cubic through both proposes the next.

    Parameters
    ----------
    phi : callable
        t → (φ(t), φ'(t)).
    value, slope : float
        φ(0), and φ'(0) < 0.
    first, decrease, flatten : float
        The first t, c₁ and c₂ > c₁.
    trials : int
        The most evaluations; then the lowest t that has fallen enough is good enough (or 0).

    References
    ----------
    P. Wolfe (1969). Convergence conditions for ascent methods. SIAM Review 11, 226-235.
    J. Nocedal, S. J. Wright (2006). Numerical optimization, algorithms 3.5 and 3.6. Springer.

    Examples
    --------
    >>> strong_wolfe(lambda t: ((t - 3) ** 2, 2 * (t - 3)), value=9.0, slope=-6.0, flatten=0.1)
    Trial(t=3.0, value=0.0, slope=0.0)
    """
    low, high = Trial(0.0, value, slope), None
    t, rounding = positive(first, "first step"), ROUNDING * abs(value)
    for _ in range(whole(trials, "number of trials")):
        trial = Trial(t, *phi(t))
        enough = trial.value <= value + decrease * t * slope + rounding
        if not enough or trial.value > low.value + rounding:  # too far; so is what is not a number
            high = trial
        elif abs(trial.slope) <= -flatten * slope:
            return trial
        else:
            if trial.slope * ((high.t if high else np.inf) - low.t) >= 0:  # the minimum lies between the two lows
                high = low
            low = trial
        t = _between(low, high) if high else 4 * t
        if high and abs(high.t - low.t) <= ROUNDING * max(high.t, low.t):
            break
    return low


def _between(low: Trial, high: Trial) -> float:
    """The minimum of the cubic with the values and slopes of both ends; the middle if it is at, or beyond, an end."""
    a, b = (low, high) if low.t < high.t else (high, low)
    width = b.t - a.t
    with np.errstate(all="ignore"):
        bend = a.slope + b.slope - 3 * (b.value - a.value) / width
        root = np.sqrt(np.float64(bend**2 - a.slope * b.slope))
        t = float(b.t - width * (b.slope + root - bend) / (b.slope - a.slope + 2 * root))
    return t if a.t + 0.1 * width <= t <= b.t - 0.1 * width else a.t + width / 2
