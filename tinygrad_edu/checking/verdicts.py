"""When a number passes, when it fails, and when nobody can tell.

The numeric derivative n has an error bar e. Its tolerance is 4e, since the bar is an estimate (the difference of two
neighbours in Richardson's table) and not a bound, and four times the bar was never exceeded in our trials; to it comes
a floor, the rounding that an exact gradient may have: 64 ulps of the products that it sums, and 32 of f itself, as some
rules lose what f loses; and 10⁻¹¹ of the derivative, because f may be a solver that is not more exact itself.

A pass must also *mean* something: n has to be resolved to `rtol` of the derivative. A gradient that agrees within a
tolerance as large as itself is inconclusive. Where a part of the gradient is as small as the errors of the whole, it
passes as negligible, and the report says so.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from math import isfinite, isnan
from typing import Any

import numpy as np

PASS, KINK, ZERO, OPEN, FAIL = "pass", "pass at a kink", "pass as zero", "inconclusive", "fail"
VERDICTS = (PASS, KINK, ZERO, OPEN, FAIL)
EPS = 2.0**-52
BELOW = "the complex step disagrees, below the rounding of f"
HIDES = "rounding hides"
BARS = 4.0
JUMP = "the differences grow as the steps shrink: f jumps here, or its slope is infinite"
LEAP = "f jumps here, or its slope is infinite: there is no derivative"
ALONE = "f takes a branch at this point that it takes nowhere beside it: the gradient is that of the branch"
COARSE = 104.0
FINEST = 1e-11


@dataclass
class Row:
    """One line of the report: one component of f (or one promise) in one direction.

    Attributes
    ----------
    where : str
        The argument's element or the direction, and the output: "w[2] → out[0]".
    analytic, numeric, error : float
        The gradient on trial, what was measured, and its error bar. NaN for promises without numbers.
    verdict, reason : str
        One of `VERDICTS`, and why, unless it is a plain pass.
    method : str
        "complex step", "ladder", "identity" or "protocol".
    order, point : int, str
        First or second derivative, at x or nearby.
    tolerance : float
        How far the two might have been apart.
    left, right : float
        At a kink, the one-sided derivatives; NaN elsewhere.
    """

    where: str
    analytic: float
    numeric: float
    error: float
    verdict: str
    reason: str = ""
    method: str = ""
    order: int = 1
    point: str = "x"
    tolerance: float = float("nan")
    left: float = float("nan")
    right: float = float("nan")

    @property
    def apart(self) -> float:
        """By how much the two differ, relative to the larger."""
        size = max(abs(self.analytic), abs(self.numeric))
        if isnan(size) or not isfinite(size):
            return float("inf") if self.verdict == FAIL else 0.0
        return abs(self.analytic - self.numeric) / size if size else 0.0

    @property
    def strain(self) -> float:
        """How much of its tolerance a row needs; 0 where there is none."""
        needed = abs(self.analytic - self.numeric) / self.tolerance if self.tolerance else 0.0
        return 0.0 if isnan(needed) else needed


@dataclass
class Measured:
    """What is known of one derivative when it is judged; see `Slopes` and this module's first words.

    `scale` is the size of the whole gradient of this component of f; `size` that of all that f computes, and `grain`
    that of its rounding; `reach` is how much it has been seen to change around the point, and `jumps` says that it
    moves by stairs; `edge`, that it could be measured to one side only. `sharp` measurements (by a complex step) see
    below the rounding of f: where they disagree there, it is no pass, though it is no failure by itself. `unit` is how
    far the direction goes along the one coordinate that it moves, by which slopes are divided before they are shown.
    `here` is the slope of a branch that f takes at the point alone; `least`, what is too small for the floats that the
    gradient is made of.
    """

    analytic: float
    numeric: float
    error: float
    left: float
    right: float
    side_error: float
    floor: float
    scale: float
    size: float
    grain: float
    reach: float
    jumps: bool
    diverging: bool
    kink: bool
    sharp: bool
    edge: bool = False
    here: float = float("nan")
    least: float = 0.0
    unit: float = 1.0

    @property
    def tiny(self) -> bool:
        """True if the derivative cannot move f by more than its rounding does; stairs are no rounding."""
        stairs = self.jumps and self.grain > 256 * EPS * self.size
        return max(abs(self.analytic), abs(self.numeric)) <= 64 * self.grain < np.inf and not stairs

    @property
    def tolerance(self) -> float:
        """How far the two may be apart; see this module's first words."""
        return BARS * self.error + self.floor + FINEST * max(abs(self.analytic), abs(self.numeric))

    def judged(self, rtol: float) -> tuple[str, str]:
        """Verdict and reason."""
        if abs(self.analytic - self.here) <= BARS * self.side_error + self.floor:
            low, high = sorted((self.left, self.right))
            if not low <= self.analytic <= high:
                return OPEN, ALONE
        if self.kink:
            return self._at_a_kink()
        n, a = self.numeric, self.analytic
        if not isfinite(n) or not isfinite(self.error):
            return OPEN, JUMP if self.diverging else "no step gives a finite, converging difference"
        if not isfinite(a):
            return FAIL, f"the gradient is {a}, the derivative is not"
        largest = max(abs(a), abs(n))
        apart, tolerance = abs(a - n), self.tolerance
        if 0 < apart <= self.least:
            return (
                (PASS, "") if apart + self.error <= rtol * largest else (OPEN, "the gradient is too small for a float")
            )
        if self.sharp and apart > max(BARS * self.error, 1e-3 * largest) and apart <= tolerance:
            return OPEN, BELOW
        if self.tiny and abs(n) <= BARS * self.error:
            return ZERO, "no more than rounding"
        if abs(n) <= 1e-3 * abs(a) and abs(a) <= 256 * EPS * self.reach < np.inf:
            return ZERO, "no more than the rounding of f nearby"
        if apart > tolerance:
            coarse = self.error > 1e-3 * largest
            if coarse and apart <= COARSE * self.error:
                if largest <= FINEST * self.size:
                    return ZERO, "no more than the inexactness of f"
                return OPEN, "the error bar is as large as the derivative"
            return FAIL, ""
        if apart + self.error <= rtol * largest:
            return PASS, ""
        if tolerance <= rtol * self.scale:
            return (PASS if largest > tolerance else ZERO), "negligible beside the rest of the gradient"
        if largest <= tolerance <= 1e-9 * self.size:
            return ZERO, "no more than the rounding of f"
        if apart == 0 == largest:
            return ZERO, ""
        if a == 0 and abs(n) <= BARS * self.error:
            return OPEN, f"the slope is 0 to ± {tolerance / abs(self.unit):.0e}, which is not small beside f here"
        hidden = f"errors below {tolerance / largest if largest else tolerance:.0e}"
        if self.jumps:
            return OPEN, f"f moves by jumps of {2 * self.grain:.0e}, which hide {hidden}"
        if self.edge:
            return OPEN, f"f ends here: differences to one side hide {hidden}"
        return OPEN, f"{HIDES} {hidden}"

    def as_rounded(self, spread: float) -> Measured:
        """The same, beside what f is computed from."""
        return replace(self, size=max(self.size, spread), grain=max(self.grain, EPS * spread))

    def excused(self, rtol: float, kinked: bool) -> tuple[str, str]:
        """Verdict and reason of a failure, after every rule of the record was found right by itself.

        Then the walk that joins them is wrong, or a kink of a part, or the rounding of what lies between the parts; the
        last is small beside f.
        """
        if self.kink or kinked:
            return OPEN, "at a kink: valid slopes of its parts that make no slope of the whole"
        apart, largest = abs(self.analytic - self.numeric), max(abs(self.analytic), abs(self.numeric))
        if not isfinite(self.analytic):
            return FAIL, f"the gradient is {self.analytic}: each rule is right by itself, but 0 meets infinity"
        if not apart <= 1e-9 * self.size:
            return FAIL, "though each rule of the record is right by itself"
        if apart + self.error <= rtol * largest:
            return PASS, ""
        if self.tiny:
            return ZERO, "no more than the rounding of its parts"
        return OPEN, "the rounding between its parts hides more; each rule is right by itself"

    def _at_a_kink(self) -> tuple[str, str]:
        low, high = sorted((self.left, self.right))
        slack = BARS * self.side_error + self.floor
        sides = " and ".join(f"{side + 0.0:.4g}" for side in sorted((self.left / self.unit, self.right / self.unit)))
        if low - slack <= self.analytic <= high + slack:
            return KINK, f"between the one-sided derivatives {sides}"
        return FAIL, f"at a kink, not between the one-sided derivatives {sides}"


def told_apart(first: float, second: float) -> tuple[str, str]:
    """Two numbers in as many digits as it takes to see that they differ.

    >>> told_apart(0.70710678, 0.70710679)
    ('0.70710678', '0.70710679')
    """
    for digits in range(6, 18):
        words = f"{first:.{digits}g}", f"{second:.{digits}g}"
        if words[0] != words[1]:
            break
    return words


def measured(
    analytic: Any, slopes: Any, floor: Any, scale: Any, size: Any, grain: Any, reach: Any, jumps: Any, j: int
) -> Measured:
    """What is known of component j."""
    numbers = analytic, slopes.value, slopes.error, slopes.left, slopes.right, slopes.side_error
    known = [float(q[j]) for q in (*numbers, floor, scale, size, grain, reach)]
    said = bool(jumps[j]), bool(slopes.diverging[j]), bool(slopes.kink[j]), slopes.method == "complex step"
    edge, here = (np.broadcast_to(q, slopes.value.shape)[j] for q in (slopes.edge, slopes.here))
    return Measured(*known, *said, bool(edge), float(here))  # type: ignore[call-arg, arg-type]
