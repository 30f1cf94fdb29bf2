"""What is said of a learning rate, from the curvature: too slow, goldilocks, overshooting, climbs out of the bowl.

Where a curve bends by k = f″, a step of gradient descent with learning rate η leaves 1 − ηk of the distance to the
bottom of the touching parabola. So ηk alone decides, and 1/f″ is the rate that goes there in one step. In several
directions the steepest one decides. The page reads its sentences from here.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class Zone:
    """A range of learning rates, in units of 1/f″.

    Attributes
    ----------
    name : str
    end : float
        Where it ends, as a multiple of 1/f″; it begins where the one before it ends.
    says : str
        What a step does there.
    """

    name: str
    end: float
    says: str


CLOSE = 1e-9
"""Rates that are as close to the end of a zone as this, as a ratio, are at its end."""
# fmt: off
ZONES = (
    Zone("too slow", 0.5, "each step goes less than half of the way to the bottom"),
    Zone("goldilocks", 1.05, "each step goes most of the way to the bottom"),
    Zone("overshooting", 2.0, "each step lands on the other side, but lower: it still settles"),
    Zone("climbs out of the bowl", np.inf, "each step lands on the other side, and higher"),
)
EXACT = "one step goes to the bottom"
BOUNCING = "bounces for ever"
BOUNCES = "each step lands on the other side, exactly as high"
BENDS_DOWN = "it bends down here, and the touching parabola has no bottom: a step goes downhill, away from its top"
SADDLE = "In another direction it bends down, as on a saddle: there a step goes downhill, and Newton's goes up."
LOST = "the numbers are too large to tell how it bends"
STEEPLY = "along the steepest direction "
CREEPS = "too slow along the flattest direction"
"""What is said before and after where one direction is steeper than the other."""
# fmt: on


@dataclass(frozen=True)
class Verdict:
    """What is said of a learning rate.

    Attributes
    ----------
    name : str
        Of the zone.
    rate : float
    ratio : float
        The rate over the ideal one; NaN where the curve does not bend upwards.
    ideal : float
        1/f″, or one over the largest eigenvalue of the Hessian.
    says : str
        In words.
    """

    name: str
    rate: float
    ratio: float
    ideal: float
    says: str

    def __str__(self) -> str:
        if not np.isfinite(self.ratio):
            return f"{self.name}: {self.says}"
        return f"{self.name}: {self.rate:g} is {self.ratio:.3g} times the ideal {self.ideal:.4g}; {self.says}"


def verdict(rate: float, steepest: float, flattest: float | None = None) -> Verdict:
    """What gradient descent does with a learning rate where the steepest direction bends by so much.

    Parameters
    ----------
    rate : float
        η > 0.
    steepest : float
        f″, or the largest eigenvalue of the Hessian.
    flattest : float, optional
        The smallest one, where there are two.

    >>> for rate in (0.1, 1.0, 1.6, 2.0, 3.2, 4.0):
    ...     print(verdict(rate, 0.625))
    too slow: 0.1 is 0.0625 times the ideal 1.6; each step goes less than half of the way to the bottom
    goldilocks: 1 is 0.625 times the ideal 1.6; each step goes most of the way to the bottom
    goldilocks: 1.6 is 1 times the ideal 1.6; one step goes to the bottom
    overshooting: 2 is 1.25 times the ideal 1.6; each step lands on the other side, but lower: it still settles
    bounces for ever: 3.2 is 2 times the ideal 1.6; each step lands on the other side, exactly as high
    climbs out of the bowl: 4 is 2.5 times the ideal 1.6; each step lands on the other side, and higher
    >>> print(verdict(0.01, 50.0, 2.0))
    goldilocks: 0.01 is 0.5 times the ideal 0.02; along the steepest direction each step goes most of the way to the \
bottom, but too slow along the flattest direction
    """
    if not steepest > 0 or not np.isfinite(steepest):
        return Verdict("no ideal rate", rate, np.nan, np.nan, BENDS_DOWN if np.isfinite(steepest) else LOST)
    ratio = rate * steepest
    zone = next(zone for zone in ZONES if ratio < zone.end * (1 - CLOSE))
    steep = STEEPLY if flattest is not None and flattest < steepest * (1 - CLOSE) else ""
    if abs(ratio - 2) < CLOSE:
        return Verdict(BOUNCING, rate, ratio, 1 / steepest, steep + BOUNCES)
    says = steep + (EXACT if abs(ratio - 1) < CLOSE else zone.says)
    creeps = flattest is not None and ZONES[0].end <= ratio < 2 and 0 <= rate * flattest < ZONES[0].end
    return Verdict(zone.name, rate, ratio, 1 / steepest, f"{says}, but {CREEPS}" if creeps else says)
