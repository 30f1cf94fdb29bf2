"""A numeric derivative with an error bar, from differences at falling steps.

Central differences have errors in h², h⁴, ...; two steps cancel the first, three the second (Richardson 1911), and how
well neighbours in that table agree says how far to trust it (Ridders 1982). Three tables grow from the same points:
central, to the right, to the left. Where right and left do not meet, f has a kink; a kink between x and x + h shows
in the gap D₊ - D₋, which shrinks with h where f is smooth: such levels are thrown away and the ladder goes on below.

All components of f climb the same ladder together. Steps are powers of 2, so that every point is exact.

References
----------
C. J. F. Ridders, "Accurate computation of F'(x) and F'(x)F''(x)", Advances in Engineering Software 4 (1982).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

import numpy as np

from .stencils import FINEST, Array


@dataclass
class Slopes:
    """A derivative along one direction, for every component of f.

    Attributes
    ----------
    value, error : array
        The derivative and its error bar (infinite where nothing could be measured).
    left, right, side_error : array
        The one-sided derivatives, and the sum of their error bars.
    kink : array of bool
        Where left and right differ by more than that, down to the finest step.
    diverging : array of bool
        Where the differences grow to the end: f jumps, or its slope is infinite.
    method : str
        "complex step" or "ladder".
    levels : list of array
        The central difference of every step, from the largest down.
    edge : array of bool, or False
        Where f ends, and only one side could be measured.
    here : array, or NaN
        The slope of what f computes at x alone, where a condition holds there that holds nowhere beside it.
    """

    value: Array
    error: Array
    left: Array
    right: Array
    side_error: Array
    kink: Array
    diverging: Array
    method: str
    levels: list[Array] = field(default_factory=list)
    edge: Array | bool = False
    here: Array | float = np.nan


class Table:
    """Richardson's table, row by row, with the best entry so far. Errors of the differences begin with h^power."""

    def __init__(self, power: int, like: Array) -> None:
        self.power = power
        self.rows: list[Array] = []
        self.steps: list[float] = []
        self.value, self.error = np.full_like(like, np.nan), np.full_like(like, np.inf)
        self.latest, self.past = np.full_like(like, np.nan), np.full_like(like, np.nan)
        self.drift, self.held = np.zeros_like(like), np.zeros(like.shape, int)

    def add(self, h: float, difference: Array, rounding: Array, keep: Array) -> None:
        """One more row; `keep` says where the rows before it are of use."""
        rows, trust = [difference], np.full_like(difference, np.inf)
        best = difference
        for i, above in enumerate(self.rows[:6]):
            factor = (self.steps[-1 - i] / h) ** self.power - 1
            refined = rows[i] + (rows[i] - above) / factor
            apart = np.fmax(np.abs(refined - rows[i]), np.abs(refined - above))
            rows.append(np.where(keep, refined, np.nan))
            better = keep & (apart < trust)
            best, trust = np.where(better, refined, best), np.where(better, apart, trust)
        error = np.fmax(trust, rounding)
        error = np.where(np.isnan(self.latest) | ~keep, error, np.fmax(error, np.abs(best - self.latest) / 2))
        # A finer level that is sure of another value refutes the coarse one, which may have met a period of f, or a
        # pole. If that one has held for several levels, f has one slope on a small scale and another on a large one.
        with np.errstate(invalid="ignore"):
            apart = np.abs(best - self.value)
            refuted = (error < 0.1 * np.abs(best)) & (apart > 16 * (error + self.error))
            drifting = refuted & (self.held >= 3)
            self.held = np.where(apart < 0.01 * np.abs(best), self.held + 1, 0)
        self.drift = np.where(drifting, np.fmax(self.drift, apart), self.drift)
        better = (error < self.error) | refuted
        better &= np.isfinite(difference)
        self.value, self.error = np.where(better, best, self.value), np.where(better, error, self.error)
        self.latest = best
        self.rows, self.steps = rows, [*self.steps, h]

    def stand(self, still: Array, error: Array) -> None:
        """f does not move by this step: its slope is 0 but for so much, unless larger steps have said it better."""
        better = still & (error < self.error) & ~(self.error < 0.1 * np.abs(self.value))  # as of stairs
        self.value, self.error = np.where(better, 0, self.value), np.where(better, error, self.error)
        self.drift = np.where(better, 0, self.drift)

    def bar(self) -> Array:
        """The error bar of the value; as wide as the distance to another value that was as sure, on another scale."""
        apart = np.abs(self.value - self.past)
        return np.fmax(np.fmax(self.error, self.drift), np.where(apart > 16 * self.error, apart, 0))

    def forget(self, where: Array) -> None:
        """The steps were too large: what they said does not count."""
        sure = where & (self.held >= 3)  # too sure to be a kink that the finer steps have met
        self.past = np.where(sure, self.value, self.past)
        self.error, self.drift = np.where(where, np.inf, self.error), np.where(where, 0, self.drift)
        self.latest = np.where(where, np.nan, self.latest)


def climb(
    f: Callable[[Array], Array], x: Array, u: Array, y: Array, sigma: Array, goal: Array, expected: Array | None,
    start: float = 2.0**-3,
) -> Slopes:  # fmt: skip
    """The derivative of f at x along u, down to an error of `goal`, or as far as rounding allows.

    Parameters
    ----------
    f : callable
        From a vector to the vector of components that are wanted.
    y, sigma, goal : arrays
        f(x), the noise of f, and the error bar that is good enough, per component.
    expected : array
        What the gradient says. A ladder that agrees may stop at its goal; one that does not is climbed to the end.
        None agrees with all.
    start : float
        The first step; a power of 2.
    """
    central, right, left = Table(2, y), Table(1, y), Table(1, y)
    before, steady, growing = np.full_like(y, np.nan), np.zeros(y.shape, int), np.zeros(y.shape, int)
    done, h, last = np.zeros(y.shape, bool), start, np.zeros_like(y)
    levels: list[Array] = []
    while h >= FINEST:
        up, down = f(x + h * u), f(x - h * u)
        ahead, behind = (up - y) / h, (y - down) / h
        rounding, gap = 2 * sigma / h, np.abs(ahead - behind)
        levels.append((ahead + behind) / 2)
        still = (up == y) & (down == y) & (last > 0)  # below the smallest step that moves f
        # a kink keeps the gap as it is; noise lets it grow as 1/h
        kinked = (gap > 0.5 * before) & (gap < 2.5 * before) & (gap > 8 * rounding) & np.isfinite(before) & ~done
        central.forget(kinked)
        central.add(h, levels[-1], rounding / 2, ~kinked & ~still & np.isfinite(ahead + behind))
        for table in (central, right, left):
            table.stand(still, np.fmax(rounding, np.spacing(np.abs(y)) / h))
        right.add(h, ahead, rounding, np.isfinite(ahead) & ~still)
        left.add(h, behind, rounding, np.isfinite(behind) & ~still)
        steady = np.where(kinked, steady + 1, 0)
        size = np.fmax(np.abs(ahead), np.abs(behind))
        clear = size > 16 * rounding
        growing = np.where(clear, np.where(size > 1.8 * last, growing + 1, 0), np.where(still, 0, growing))
        before, last = gap, np.where(still, last, size)
        with np.errstate(invalid="ignore"):
            agrees = expected is None or np.abs(central.value - expected) <= goal + 4 * central.error
            # differences that keep far from the value have passed over a pole, and are not yet on this side of it
            near = np.abs(levels[-1] - central.value) <= 0.5 * np.abs(levels[-1]) + 16 * (rounding + central.error)
        done |= (central.error <= goal) & agrees & ~kinked | (rounding > 4 * central.error) & near | still
        if np.all(done | ((steady > 0) & (h < 2.0**-28))):
            break
        h *= 2.0**-8 if np.all(done | (steady >= 3)) else 0.25
    return _summed_up(central, right, left, steady, growing >= 3, levels)


def _summed_up(
    central: Table, right: Table, left: Table, steady: Array, diverging: Array, levels: list[Array]
) -> Slopes:
    error = right.error + left.error
    one_sided = np.isfinite(right.error) ^ np.isfinite(left.error)
    with np.errstate(invalid="ignore"):
        kink = (steady >= 3) & (np.abs(right.value - left.value) > 4 * error)
    value, bar = np.where(kink, np.nan, central.value), np.where(kink, np.inf, central.bar())
    edge = one_sided & ~np.isfinite(bar)
    side = np.where(np.isfinite(right.error), right.value, left.value)
    value, bar = np.where(edge, side, value), np.where(edge, np.fmin(right.error, left.error), bar)
    bar = np.where(diverging, np.inf, bar)
    return Slopes(value, bar, left.value, right.value, error, kink, diverging, "ladder", levels, edge)
