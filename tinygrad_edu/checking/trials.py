"""One point on trial: the gradient there, measured along every direction, and no failure before it is earned.

The complex step measures first, if f lets it, in one evaluation and to the last digit; but it is believed only after a
ladder of differences has found the same along one direction. A disagreement is then confirmed: the conditioning of the
gradient is measured and added to the tolerance, and where only ladders speak they must repeat it on stencils of other
scales, because a ladder whose steps are powers of 4 can fall into step with an oscillation of f.
"""

from __future__ import annotations

from math import isfinite, log2

import numpy as np

from .ladders import Slopes, climb
from .probes import FEW, Direction, components, elements, groups, joint
from .problems import Problem
from .stencils import EPS, Array, by_value, exact, noise, scales
from .stepping import NotStepped
from .verdicts import BELOW, FAIL, OPEN, PASS, Measured, Row, measured

REPEATS = (0.618, 0.382)
WORST = 3


class Trial:
    """One problem at one point.

    Attributes
    ----------
    components : array (k, m)
        The functions of the outputs that are looked at.
    gradients, largest : array (k, n)
        The gradient of each, on trial, and its absolute values.
    scale : array
        The size of the whole gradient of each, in relative units.
    trusted : array of bool
        For which components a ladder has confirmed the complex step.
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
        self.rows: list[Row] = []
        self.suspects: list[tuple[Row, Direction, int, Measured]] = []
        self.why_not = ""
        self.stepping = True
        self.kinked = False
        self.directions = [self._projected(d) for d in joint(x, self.size, rng)]
        moved = self._first_look(y)
        self.components = components(y, moved, rng, few)[: None if point == "x" or y.size <= few else 2]
        self.whole = len(self.components) == y.size
        self.y = self._parts(y)
        self.heft = np.abs(self.components) @ np.abs(y)  # (k,)
        self.gradients = np.array([problem.pull(x, v) for v in self.components]).reshape(-1, x.size)
        self.largest = np.abs(self.gradients)
        self.scale = np.max(self.largest * self.size, axis=1, initial=0) * max(1.0, x.size / few) ** 0.5
        self.natural = np.abs(self.components) @ (np.abs(y) + problem.natural)
        self.overall = max(float(np.max(self.heft, initial=0)), float(np.max(self.scale, initial=0)))
        self.sigma, _ = noise(self._f, x, self.directions[0].u, self.y)
        self.conditioning: Array | None = None
        if order == 1 and self.whole:  # f is as large as its rounding says, if not as it looks
            problem.heft = np.fmax(problem.heft, self.sigma / EPS)

    def _projected(self, direction: Direction) -> Direction:
        return direction if self.project is None else Direction(
            direction.name, exact(self.x, self.project(direction.u)), direction.element)  # fmt: skip

    def _f(self, x: Array) -> Array:
        return self._parts(self.problem.value(x))

    def _parts(self, y: Array) -> Array:
        return y if self.problem.outputs.size == 0 or self.whole else self.components @ y

    whole = True

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

    # --- measuring

    def stepped(self, u: Array) -> Slopes:
        """The derivative along u by a complex step; at a kink from both sides."""
        _, tangent, near = self.problem.step(self.x, u)
        right = left = self._parts(tangent)
        kink = np.zeros(right.shape, bool)
        if near < 2.0**-40:
            left = -self._parts(self.problem.step(self.x, -u)[1])
            kink = np.abs(right - left) > 1e-10 * (np.abs(right) + np.abs(left))
        error = 16 * EPS * (self.largest @ np.abs(u) + np.abs(right))
        self.near = near
        self.near_kink |= near < 2.0**-20
        self.kinked |= near < 2.0**-20
        if not np.isfinite(right + left).all():
            raise NotStepped("not finite")
        return Slopes(right, error, left, right, 2 * error, kink, "complex step")

    near, near_kink, refuted = np.inf, False, False

    def ladder(self, u: Array, fine: bool = True) -> Slopes:
        """The derivative along u by differences."""
        goal = (1e-11 if fine else 1e-8) * np.fmax(np.abs(self.gradients @ u), 1e-3 * self.scale)
        near = self.near if self.near > 2.0**-38 else np.inf
        start = 2.0 ** min(-3, int(np.floor(log2(near))) - 1) if isfinite(near) else 2.0**-3
        return climb(self._f, self.x, u, self.y, self.sigma, goal, self.gradients @ u, start)

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
        slopes, a = self.slopes(u), self.gradients @ u
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
        return float(self.gradients[j] @ u - slopes.value[0])

    def known(self, analytic: Array, slopes: Slopes, u: Array, j: int, spent: Array | None = None) -> Measured:
        """All that is known of component j along u."""
        spent = self.largest @ np.abs(u) if spent is None else spent
        floor = 64 * max(EPS, self.problem.coarse) * spent + 32 * np.fmax(2 * EPS * self.natural, self.sigma)
        if self.conditioning is not None:
            floor = floor + 8 * np.abs(self.conditioning) @ np.abs(u)
        size = self.natural + 1e-3 * self.overall
        return measured(analytic, slopes, floor, self.scale, size, np.fmax(EPS * size, self.sigma), j)

    # --- the trial

    def run(self, everything: bool = True) -> None:
        """Cross-examine; `everything` looks at single elements too, and not at joint directions alone."""
        first = self.directions[0]
        slopes = self.slopes(first.u)
        self.trusted, self.singular = np.zeros((2, len(self.y)), bool)
        if self.stepping and slopes.method == "complex step":
            self._cross_check(first.u, slopes)
        if not self.stepping and slopes.method == "complex step":
            slopes = self.ladder(first.u)
        self.look(first, slopes)
        for direction in self.directions[1:]:
            self.look(direction, self.slopes(direction.u))
        if everything:
            for direction in map(self._projected, self._singles()):
                self.look(direction, self.slopes(direction.u, fine=False))
        self.forward(first)
        self.confirm()

    def _singles(self) -> list[Direction]:
        n = self.x.size
        most = self.few if self.stepping else 10
        chosen = np.arange(n) if n <= most else self.rng.choice(n, 4, replace=False)
        moved = np.max(np.abs(self.gradients) * self.size, axis=0) if len(self.gradients) else self.size
        rest = groups(self.x, self.size, moved, self.rng) if n > most else []
        return rest + elements(self.x, self.size, chosen)

    def _cross_check(self, u: Array, slopes: Slopes) -> None:
        """Believe the complex step where a ladder finds the same; if it finds another value, never again."""
        found = self.ladder(u, fine=False)
        smooth = ~found.kink & ~slopes.kink & np.isfinite(found.error)
        with np.errstate(invalid="ignore"):
            apart = np.abs(found.value - slopes.value)
            agree = smooth & (apart <= 4 * found.error + 64 * slopes.error)
            refuted = smooth & (apart > 104 * found.error + 1e-6 * np.abs(slopes.value) + 1e-9 * self.heft)
            sides = np.fmax(np.abs(found.left - slopes.left), np.abs(found.right - slopes.right))
            both = found.kink & slopes.kink & (sides <= 4 * found.side_error + 64 * slopes.error)
        self.trusted = agree & (found.error <= 1e-3 * np.abs(found.value)) | both
        if refuted.any() or (found.kink & ~slopes.kink).any():
            self.stepping, self.refuted, self.why_not = False, True, "differences refute it"

    def look(self, direction: Direction, slopes: Slopes, of: Array | None = None, what: str = "") -> None:
        """Judge the gradient (or what `of` says) along one direction, in every component."""
        analytic = self.gradients @ direction.u if of is None else of
        spent = self.largest @ np.abs(direction.u)
        if direction.element is None:
            self.singular |= ~np.isfinite(slopes.error) & ~slopes.kink
        for j in range(len(self.y)):
            known = self.known(analytic, slopes, direction.u, j, spent)
            verdict, reason = known.judged(self.rtol)
            self.kinked |= known.kink
            if verdict == FAIL and not isfinite(known.analytic) and self._overflows(j, known, direction.u):
                verdict, reason = OPEN, "the derivative is infinite here, or too large for a float"
            single = direction.element is not None and not self.project
            scale = float(direction.u[direction.element]) if single else 1.0
            numbers = known.analytic / scale, known.numeric / scale, known.error / abs(scale)
            name = what + self._name(direction, j)
            row = Row(name, *numbers, verdict, reason, slopes.method, self.order, self.point)
            if known.kink:
                row.numeric = (known.left + known.right) / 2 / scale
            self.rows.append(row)
            if verdict in (FAIL, OPEN):
                self.suspects.append((row, direction, j, known))

    def _overflows(self, j: int, known: Measured, u: Array) -> bool:
        """True if an infinite gradient is as right as a float can be."""
        infinite = ~np.isfinite(self.gradients[j]) & (u != 0)
        self.singular[j] |= np.max(np.abs(known.numeric) / np.abs(u[infinite]), initial=0) > 1e300
        return bool(self.singular[j])

    def _name(self, direction: Direction, j: int) -> str:
        into = direction.name if direction.element is None else self.problem.inputs.where(direction.element)
        if self.problem.outputs.size == 1:
            return into
        return f"{into} → {self.problem.outputs.where(j) if self.whole else f'random sum {j} of the outputs'}"

    def forward(self, direction: Direction) -> None:
        """Forward mode against the same measurement, and against reverse mode: ⟨g, Jt⟩ = ⟨Jᵀg, t⟩."""
        tangent = self.problem.push(self.x, direction.u)
        if tangent is None:
            return
        ahead, back = self._parts(tangent), self.gradients @ direction.u
        spent = self.largest @ np.abs(direction.u) + np.abs(self.components) @ np.abs(tangent)
        apart = np.abs(ahead - back)
        if np.all(apart <= 64 * EPS * spent):
            name = f"⟨g, Jt⟩ = ⟨Jᵀg, t⟩, {direction.name}"
            pair = float(np.max(back, initial=0)), float(np.max(ahead, initial=0))
            self.rows.append(Row(name, *pair, 0.0, PASS, "", "identity", self.order, self.point))
            return
        slopes = self.slopes(direction.u)
        self.look(direction, slopes, of=ahead, what="forward mode: ")

    # --- earning a failure

    def confirm(self) -> None:
        """Examine the suspects again, the worst first; what is left as a failure has been earned."""
        failing = [s for s in self.suspects if s[0].verdict == FAIL or s[3].sharp]
        if not failing:
            self._second_opinions()
            return
        self._measure_conditioning()
        failing.sort(key=lambda s: -abs(s[3].analytic - s[3].numeric) if isfinite(s[3].analytic) else -np.inf)
        confirmed = 0
        for row, direction, j, known in failing:
            verdict, reason = self._rejudged(row, known, direction, j)
            if verdict == FAIL and confirmed < WORST and self.patience > 0:
                self.patience -= 1
                verdict, reason = self._confirmed(row, direction, j, known)
            elif verdict == FAIL and not confirmed:
                verdict, reason = OPEN, "the worst ones did not repeat"
            confirmed += verdict == FAIL
            row.verdict, row.reason, row.error = verdict, reason, row.error * known.error / (known.error or 1)
        if not confirmed:
            self._second_opinions()

    patience = 12

    def _second_opinions(self) -> None:
        """What the complex step alone could not settle, a ladder may; of the first few."""
        undecided = [s for s in self.suspects if s[0].verdict == OPEN and isfinite(s[3].analytic)]
        for row, direction, j, known in undecided[:WORST]:
            if known.sharp and row.reason != BELOW:
                slopes = self.ladder(direction.u)
                again = self.known(np.full(len(self.y), known.analytic), slopes, direction.u, j)
                row.verdict, row.reason = again.judged(self.rtol)

    def _measure_conditioning(self) -> None:
        """How much the gradient changes if x moves by four ulps: no program can be asked for more than that.

        Zeros, ties and symmetries stay. A gradient that jumps all the same, but no further if x moves further, has a
        kink here and is not badly conditioned.
        """
        self.moved = [self._nudged(4 * EPS) for _ in range(3)]
        change = np.max([self._change(x) for x in self.moved], axis=0)
        jump = change > 1e-3 * np.abs(self.gradients)
        if jump.any():
            jump &= self._change(self._nudged(256 * EPS)) < 8 * change
        self.conditioning = np.where(jump, 0, change)
        self.wobbles: dict[int, list[Array]] = {}

    def _nudged(self, by: float) -> Array:
        """x moved by a random relative amount; what is equal in size stays so, and what is zero."""
        return self.x * (1 + by * (2 * by_value(self.x, self.rng) - 1))

    def _change(self, x: Array) -> Array:
        apart = np.array([self.problem.pull(x, v) for v in self.components]).reshape(-1, x.size) - self.gradients
        return np.where(np.isfinite(apart), np.abs(apart), 0)

    def _rejudged(self, row: Row, known: Measured, direction: Direction, j: int) -> tuple[str, str]:
        """With the conditioning of the gradient in the tolerance, and that of the complex step in its error bar."""
        known.floor += float(8 * np.abs(self.conditioning[j]) @ np.abs(direction.u))  # type: ignore[index]
        if row.method == "complex step" and not known.kink:
            if id(direction) not in self.wobbles:
                steps = [self.problem.step(x, direction.u)[1] for x in self.moved]
                self.wobbles[id(direction)] = [self._parts(np.where(np.isfinite(t), t, 0)) for t in steps]
            apart = max(abs(known.numeric - float(t[j])) for t in self.wobbles[id(direction)])
            known.error = max(known.error, 2 * apart if apart < 1e-3 * abs(known.numeric) or not self.near_kink else 0)
        return known.judged(self.rtol)

    def _confirmed(self, row: Row, direction: Direction, j: int, known: Measured) -> tuple[str, str]:
        verdict, reason = FAIL, row.reason
        if not isfinite(known.analytic):
            return verdict, reason
        analytic = np.full(len(self.y), known.analytic)
        if row.method == "complex step":
            self.near = np.inf
            if self.stepping:
                self.stepped(direction.u)
            slopes = self.ladder(direction.u, fine=False)
            again = self.known(analytic, slopes, direction.u, j)
            second, why = again.judged(self.rtol)
            if second == FAIL:
                return FAIL, why or reason
            if second != OPEN and again.error < abs(known.analytic - known.numeric):
                return OPEN if not again.kink else second, why or "the complex step and the differences disagree"
            return (FAIL, reason) if self.trusted[j] and not known.kink else (OPEN, why)
        if self.refuted:
            again = self.known(analytic, self.stepped(direction.u), direction.u, j)
            if again.judged(self.rtol)[0] != FAIL:
                return OPEN, "the complex step and the differences disagree"
        forward = row.where.startswith("forward")
        return self._repeated(direction, j, known, reason, forward)

    def _repeated(self, direction: Direction, j: int, known: Measured, reason: str, forward: bool) -> tuple[str, str]:
        """A discrepancy is linear in the direction; what an aliased ladder finds is not."""
        gaps, verdicts = [known.analytic - known.numeric], []
        for factor in REPEATS:
            u = exact(self.x, factor * direction.u)
            pushed = self.problem.push(self.x, u) if forward else None
            analytic = self.gradients @ u if pushed is None else self._parts(pushed)
            again = self.known(analytic, self.ladder(u), u, j)
            verdicts.append(again.judged(self.rtol))
            gaps.append((again.analytic - again.numeric) / factor)
        if not known.kink and np.ptp(gaps) > 0.05 * abs(gaps[0]):  # not the same each time: it is noise, of this size
            known.error = max(known.error, float(np.ptp(gaps)))
            verdicts.append(known.judged(self.rtol))
        return next((v for v in verdicts if v[0] == OPEN), next((v for v in verdicts if v[0] != FAIL), (FAIL, reason)))
