"""Elements that are small beside f: seen by a complex step alone, and failed only if they are off by one factor.

A derivative of 10⁻²⁰ cannot move an f of size 1 by a rounding, so no difference can speak of it, and an exact gradient
may be all rounding there. But rounding is another one at every point. If a complex step says that the gradient of one
element is too large by one factor here and nearby, that is a mistake. Where many elements are looked at together, the
one that differs most is found first.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .bisection import worst_element
from .probes import Direction, elements
from .stencils import Array, exact
from .stepping import NotStepped
from .verdicts import BELOW, FAIL, HIDES, KINK, ZERO, Measured, Row

Suspect = tuple[Row, Direction, int, Measured]
LOOKS = 2
"""So many of them are looked at, those that are furthest off."""


def by_a_factor(trial: Any) -> None:
    """Fail an element too small to move f, if it is off by one factor at several points: rounding is not.

    (A direction that mixes elements may be: where one of two is lost to rounding, half of the sum is left. So of a
    group the worst element is looked at alone.)
    """
    least = max(1e-7, 64 * trial.problem.coarse)
    single = [s for s in trial.faint if s[1].element is not None or trial.x.size == 1]
    groups = [
        s
        for s in trial.faint
        if s[1].group and not trial.project and differs(s[3]) and s[0].verdict not in (FAIL, KINK)
    ]
    groups = sorted(groups, key=lambda s: -s[0].apart)[:LOOKS]
    single += [found for found in (_worst(trial, *s) for s in groups) if found is not None]
    off = [s for s in single if s[0].apart > least and (s[0].verdict == ZERO or s[0].reason.startswith((BELOW, HIDES)))]
    for row, direction, j, known in sorted(off, key=lambda s: -s[0].apart)[:LOOKS]:
        factor = _factor(trial, direction, j, known)
        if factor:
            row.verdict, row.reason = FAIL, f"off by a factor {factor:.7g}, here and nearby"
            trial.suspects = [s for s in trial.suspects if s[0] is not row]
            trial.suspects.append((row, direction, j, known))


def differs(known: Measured) -> bool:
    """True if a complex step sees a difference that rounding of its own does not explain."""
    return bool(abs(known.analytic - known.numeric) > resolved(known))


def resolved(known: Measured) -> float:
    """The smallest difference that a complex step can see."""
    return 4 * known.error + 1e-9 * max(abs(known.analytic), abs(known.numeric))


def _worst(trial: Any, row: Row, direction: Direction, j: int, known: Measured) -> Suspect | None:
    """The element of a group that differs most, looked at alone."""
    try:
        apart = known.analytic - known.numeric
        i, _ = worst_element(lambda u: float(trial.discrepancies(exact(trial.x, u))[j]), direction.u, apart)
        alone = elements(trial.x, trial.size, np.array([i]))[0]
        before = len(trial.faint)
        trial.look(alone, trial.stepped(alone.u))
    except NotStepped:
        return None
    return next((s for s in trial.faint[before:] if s[2] == j), None)


def _factor(trial: Any, direction: Direction, j: int, known: Measured) -> float:
    """By which the gradient is off at all of four points; 0 if there is none."""
    ratios = [known.analytic / known.numeric if known.numeric else np.inf]
    for x in (trial.x * (1 + 2.0**-6 * trial.amounts()) for _ in range(3)):
        try:
            right = float(trial.parts(trial.problem.step(x, direction.u)[1])[j])
        except NotStepped:
            return 0.0
        ratios.append(float(trial.problem.pull(x, trial.components[j]) @ direction.u) / (right or np.nan))
    factor = float(np.mean(ratios))
    steady = np.isfinite(factor) and np.ptp(ratios) <= 1e-3 * min(abs(factor), abs(factor - 1))
    return factor if steady else 0.0


def chances_of_missing(trial: Any, error: float) -> Array:
    """For each element, a bound for the chance that all directions miss that it is off by this share of itself.

    See `probes`: in each direction its own amount has a density of at most 1/2 to either side. The worst of all
    components of f counts.
    """
    share = error * trial.largest * trial.size
    chances = np.ones_like(share)
    with np.errstate(divide="ignore", invalid="ignore"):
        for u, tolerance in trial.blurs:
            chances *= np.where((u != 0) & (share > 0), np.fmin(1, tolerance[:, None] / share), 1)
    return np.max(np.where(share > 0, chances, 0), axis=0, initial=0)
