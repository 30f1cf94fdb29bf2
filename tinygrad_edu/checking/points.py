"""One point of a problem: the gradient there, and every way to measure what it should be.

Along a direction, `Point.slopes` measures by the complex step where f lets it, elsewhere by a ladder of differences.
What a measurement is worth (the size of f and of its rounding, here and around) is gathered on the way.

Next: `trials.py`, which compares.
"""

from __future__ import annotations

from itertools import pairwise
from math import isfinite, log2

import numpy as np

from .ladders import Slopes, climb
from .lines import conditioned
from .probes import FEW, Direction, components, joint
from .problems import TINY, Problem
from .stencils import EPS, Array, by_value, exact, leaps, noise, scales
from .stepping import NotStepped
from .verdicts import Measured, measured

LARGE = 1000
"""From so many inputs on each evaluation is dear."""


class Point:
    """One problem at one point.

    Attributes
    ----------
    components : array (k, m)
        The functions of the outputs that are looked at.
    gradients, largest : array (k, n)
        The gradient of each, on trial, and its absolute values (0 where it is not finite).
    scale : array
        The size of the whole gradient of each, in relative units.
    at, y : array
        f there, and its components.
    sigma, jumps : array
        The noise of each, and whether it comes from stairs.
    leaps : array of bool
        Whether each jumps at the point itself.
    reach : array
        By how much each has been seen to change around here.
    """

    def __init__(
        self, problem: Problem, x: Array, y: Array, rng: np.random.Generator, rtol: float, order: int = 1,
        point: str = "x", few: int = FEW, project=None,
    ) -> None:  # fmt: skip
        self.problem, self.x, self.rng, self.order, self.point = problem, x, rng, order, point
        self.rtol = max(rtol, 64 * problem.coarse)
        self.project = project
        self.few = few
        self.size = scales(x, problem.inputs.offsets)
        self.why_not, self.stepping, self.kinked = "", True, False
        self.directions = [self._projected(d) for d in joint(x, self.size, rng)]
        moved = self._first_look(y)
        self.components = components(y, moved, rng, few)[: None if point == "x" or y.size <= few else 2]
        self.whole = len(self.components) == y.size
        self.at, self.y = y, self.parts(y)
        self.heft = np.abs(self.components) @ np.abs(y)  # (k,)
        self.gradients = np.array([problem.pull(x, v) for v in self.components]).reshape(len(self.components), x.size)
        self.largest = np.nan_to_num(np.abs(self.gradients), posinf=0)
        self.scale = np.max(self.largest * self.size, axis=1, initial=0) * max(1.0, x.size / few) ** 0.5
        self.natural = np.abs(self.components) @ (np.abs(y) + problem.natural)
        self.overall = max(float(np.max(self.heft, initial=0)), float(np.max(self.scale, initial=0)))
        self.reach = np.zeros_like(self.y)
        self.sigma, self.jumps = noise(self._f, x, self.directions[0].u, self.y)
        u = self.directions[0].u
        self.leaps = leaps(self._f, x, u, self.y, self.largest @ np.abs(u), self.natural + 1e-3 * self.overall)
        for direction in self.directions[::2]:
            self._f(x + 2.0**-3 * direction.u)  # for `reach`
        # what is 0 and stays 0 is rounded like the arguments, for all that can be seen
        idle = (self.y == 0) & (self.reach == 0)
        self.sigma = np.where(idle, np.fmax(self.sigma, EPS * np.max(np.abs(x), initial=0)), self.sigma)
        self.conditioning: Array | None = None
        if order == 1 and self.whole:  # f is as large as its rounding says, if not as it looks
            problem.heft = np.fmax(problem.heft, self.sigma / EPS)

    def _projected(self, direction: Direction) -> Direction:
        return direction if self.project is None else Direction(
            direction.name, exact(self.x, self.project(direction.u)), direction.element, direction.group)  # fmt: skip

    def _f(self, x: Array) -> Array:
        found = self.parts(self.problem.value(x))
        self.reach = np.fmax(self.reach, np.abs(found - self.y))
        return found

    def parts(self, y: Array) -> Array:
        return y if self.problem.outputs.size == 0 or self.whole else self.components @ y

    whole = True

    def along(self, u: Array) -> Array:
        """What the gradient of each component says of a direction; where u stands still, it may be infinite."""
        still = u == 0
        return np.where(still, 0, self.gradients) @ u if still.any() else self.gradients @ u

    def _first_look(self, y: Array) -> Array:
        """Ju along the first direction, and whether the complex step can be taken at all."""
        u = self.directions[0].u
        try:
            value, tangent, _ = self.problem.step(self.x, u)
            close = np.abs(value - y) <= 1e-8 * (np.abs(y) + np.abs(tangent)) + 1e-300
            if not np.all(close | ~np.isfinite(y)) or not np.isfinite(tangent).all():
                raise NotStepped("another value")
            return tangent
        except NotStepped as reason:
            self.stepping, self.why_not = False, str(reason)
        return (self.problem.value(self.x + 2.0**-12 * u) - y) * 2.0**12 if y.size > self.few else np.zeros_like(y)

    # --- conditioning

    def measure_conditioning(self, which: list[int]) -> None:
        """How much the gradient changes if x moves by four ulps: no program can be asked for more than that.

        Zeros, ties and symmetries stay. A gradient that jumps all the same, but no further if x moves further, has a
        kink here and is not badly conditioned. What a part of f solves errs by as much as it does, constants and all.
        `which` components are asked for.
        """
        amounts = [self.amounts() for _ in range(3 if self.x.size < LARGE else 1)]
        self.moved = [self.x * (1 + 4 * EPS * a) for a in amounts]
        change = np.max([self._change(x, which) for x in self.moved], axis=0)
        jump = change > 1e-3 * np.abs(self.gradients)
        if jump.any():
            further = [self._change(self.x * (1 + 256 * EPS * a), which) for a in amounts]
            jump &= np.max(further, axis=0) < 8 * change
        worst = max(conditioned(self.problem, self.x, self.rng), EPS * self._of_jacobian())
        self.conditioning = np.where(jump, 0, change)
        for a, b in pairwise(self.problem.inputs.offsets if worst > 64 * EPS else ()):
            self.conditioning[:, a:b] += worst * np.max(self.largest[:, a:b], axis=1, initial=0, keepdims=True)
        self.wobbles: dict[int, list[Array]] = {}

    def _of_jacobian(self) -> float:
        """The condition of the Jacobian, rows and columns scaled: a f that solves may err by so many ulps, unrecorded.

        What is singular to rounding is so by its nature, as of a softmax, and does not count.
        """
        scaled = self.gradients * self.size
        if not self.whole or scaled.shape[1] > LARGE or min(scaled.shape) < 2 or not np.isfinite(scaled).all():
            return 0.0
        for axis in (1, 0):
            most = np.max(np.abs(scaled), axis=axis, keepdims=True)
            scaled = scaled / np.where(most > 0, most, 1)
        values = np.linalg.svd(scaled, compute_uv=False)
        values = values[values > 1e-12 * values[0]]
        return float(values[0] / values[-1]) if values.size else 0.0

    def amounts(self) -> Array:
        """Random relative amounts between -1 and 1; moved by them, what is equal in size stays so, and what is zero."""
        return 2 * by_value(self.x, self.rng) - 1

    def _change(self, x: Array, which: list[int]) -> Array:
        found = np.array(self.gradients)
        for j in which:
            found[j] = self.problem.pull(x, self.components[j])
        with np.errstate(invalid="ignore"):
            apart = np.abs(found - self.gradients)
        return np.where(np.isfinite(apart), apart, 0)

    # --- measuring

    def stepped(self, u: Array) -> Slopes:
        """The derivative along u by a complex step; at a kink from both sides."""
        _, tangent, found = self.problem.step(self.x, u)
        right = left = here = self.parts(tangent)
        kink, near = np.zeros(right.shape, bool), found.distance
        if near < 2.0**-40:
            left = -self.parts(self.problem.step(self.x, -u)[1])
            kink = np.abs(right - left) > 1e-10 * (np.abs(right) + np.abs(left))
            here = self.parts(self.problem.step(self.x, u, standing=True)[1]) if found.alone else right
        error = 16 * EPS * (self.largest @ np.abs(u) + np.abs(right))
        self.near = near
        self.near_kink |= near < 2.0**-20
        self.kinked |= near < 2.0**-20
        if not np.isfinite(right + left).all():
            raise NotStepped("not finite")
        alone = np.where(np.abs(here - right) > 1e-10 * np.abs(here) + 4 * error, here, np.nan)
        return Slopes(
            right, error, left, right, 2 * error, kink, np.zeros(kink.shape, bool), "complex step", here=alone
        )

    near, near_kink, refuted = np.inf, False, False

    def ladder(self, u: Array, fine: bool = True) -> Slopes:
        """The derivative along u by differences."""
        analytic = self.along(u)
        goal = (1e-11 if fine else 1e-8) * np.fmax(np.abs(analytic), 1e-3 * self.scale)
        near = self.near if self.near > 2.0**-38 else np.inf
        start = 2.0 ** min(-3, int(np.floor(log2(near))) - 1) if isfinite(near) else 2.0**-3
        return climb(self._f, self.x, u, self.y, self.sigma, goal, analytic, start)

    def slopes(self, u: Array, fine: bool = True) -> Slopes:
        """By the complex step if it can be taken here, else by a ladder."""
        if self.stepping:
            try:
                return self.stepped(u)
            except NotStepped as reason:
                self.why_not = str(reason)
        self.near = np.inf
        return self.ladder(u, fine)

    def discrepancies(self, u: Array) -> Array:
        """Gradient minus measurement along u in every component; at a kink, the distance from the one-sided slopes."""
        slopes, a = self.slopes(u), self.along(u)
        between = np.clip(a, np.fmin(slopes.left, slopes.right), np.fmax(slopes.left, slopes.right))
        return a - np.where(slopes.kink, between, slopes.value)

    def discrepancy(self, u: Array, j: int, goal: float) -> float:
        """The same in one component, and no more exact than `goal`."""
        if self.stepping:
            return float(self.discrepancies(u)[j])
        one = slice(j, j + 1)
        slopes = climb(
            lambda x: self._f(x)[one], self.x, u, self.y[one], self.sigma[one], np.array([goal]), None, 2.0**-5
        )
        return float(self.along(u)[j] - slopes.value[0])

    def known(self, analytic: Array, slopes: Slopes, u: Array, j: int, spent: Array | None = None) -> Measured:
        """All that is known of component j along u."""
        spent = self.largest @ np.abs(u) if spent is None else spent
        floor = 64 * max(EPS, self.problem.coarse) * spent + 32 * np.fmax(2 * EPS * self.natural, self.sigma)
        if self.conditioning is not None:
            floor = floor + 8 * np.abs(self.conditioning) @ np.abs(u)
        size = self.natural + 1e-3 * self.overall
        grain = np.fmax(EPS * size, self.sigma)
        found = measured(analytic, slopes, floor, self.scale, size, grain, self.reach, self.jumps, j)
        found.least = 64 * TINY * float(np.sum(np.abs(u)))
        return found
