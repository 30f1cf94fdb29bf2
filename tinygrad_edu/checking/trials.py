"""One point on trial: the gradient there, measured along every direction, and no failure before it is earned.

The complex step measures first, if f lets it, in one evaluation and to the last digit; but it is believed only after a
ladder of differences has found the same along one direction. A disagreement is then confirmed: the conditioning of the
gradient is measured and added to the tolerance, and where only ladders speak they must repeat it on stencils of other
scales, because a ladder whose steps are powers of 4 can fall into step with an oscillation of f.
"""

from __future__ import annotations

from math import isfinite, isnan
from typing import Any

import numpy as np

from .corners import MORE, Corner, corner, is_crooked
from .faint import by_a_factor, resolved
from .ladders import Slopes
from .points import LARGE, Point
from .probes import Direction, elements, groups
from .stencils import EPS, Array, exact
from .stepping import NotStepped
from .verdicts import ALONE, BARS, BELOW, FAIL, KINK, LEAP, OPEN, PASS, ZERO, Measured, Row, told_apart

REPEATS = (0.618, 0.382)
"""Scales of other stencils, far from each other's powers of 2."""
WORST = 3
"""So many failures are earned; the others follow them. One suffices where each evaluation is dear."""
CLEAR = 4.0
"""By so many tolerances a ladder alone has to differ: that of an eigenvalue beside another was off by 1.6 of them."""
HARDLY = "the difference is hardly larger than its error bar"
INFINITE = "the derivative is infinite here, or too large for a float"
DISAGREE = "the complex step and the differences disagree: f is too rough here, or too badly rounded, to tell"
AFAR = (
    "the gradient is the slope of f on one scale, and what was measured on another: ripples, stairs, or a pole nearby"
)


class Trial(Point):
    """A point, and what is said about its gradient.

    Attributes
    ----------
    rows, suspects : list
        All that was compared; and what was not found right, with the direction, the component and the numbers.
    trusted : array of bool
        For which components a ladder has confirmed the complex step.
    """

    # --- the trial

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.rows: list[Row] = []
        self.suspects: list[tuple[Row, Direction, int, Measured]] = []
        self.faint: list[tuple[Row, Direction, int, Measured]] = []
        self.blurs: list[tuple[Array, Array]] = []
        self.corners: dict[int, tuple[Array, Corner | None]] = {}
        self.steepest = np.zeros_like(self.y)

    def run(self, everything: bool = True) -> None:
        """Cross-examine; `everything` looks at single elements too, and not at joint directions alone."""
        first = self.directions[0]
        slopes = self.slopes(first.u)
        self.trusted, self.singular = np.zeros((2, len(self.y)), bool)
        if self.stepping and slopes.method == "complex step" and (self.point == "x" or self.x.size < LARGE):
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
        by_a_factor(self)
        for row in self.rows:
            if row.verdict == FAIL and not row.reason and f"{row.analytic:.6g}" == f"{row.numeric:.6g}":
                row.reason = "{} is not {}".format(*told_apart(row.analytic, row.numeric))

    def _singles(self) -> list[Direction]:
        """Of many, two by ladders, since joint directions see the others better; and groups of small ones."""
        n = self.x.size
        most = self.few if self.stepping else 10
        chosen = (
            np.arange(n) if n <= most else self.rng.choice(n, 4 if self.stepping or n < LARGE else 2, replace=False)
        )
        moved = np.max(np.abs(self.gradients) * self.size, axis=0) if len(self.gradients) else self.size
        rest = groups(self.x, self.size, moved, self.rng, 8 if self.stepping else 4) if n > most else []
        return rest + elements(self.x, self.size, chosen)

    def _cross_check(self, u: Array, slopes: Slopes) -> None:
        """Believe the complex step where a ladder finds the same; if two ladders find another value, never again."""
        agree, refuted = self._compared(self.ladder(u, fine=False), slopes)
        if refuted.any() and slopes.method == "complex step":
            other = exact(self.x, REPEATS[0] * u)  # a ladder may have fallen into step with an oscillation
            try:
                again, still = self._compared(self.ladder(other, fine=False), self.stepped(other))
                agree, refuted = agree | again, refuted & still
            except NotStepped:
                pass
        self.trusted = agree
        if refuted.any():
            self.stepping, self.refuted, self.why_not = False, True, "differences refute it"

    def _compared(self, found: Slopes, slopes: Slopes) -> tuple[Array, Array]:
        """Where a ladder confirms the complex step, and where it refutes it."""
        smooth = ~found.kink & ~slopes.kink & np.isfinite(found.error)
        with np.errstate(invalid="ignore"):
            apart = np.abs(found.value - slopes.value)
            agree = smooth & (apart <= 4 * found.error + 64 * slopes.error)
            refuted = smooth & (apart > 104 * found.error + 1e-6 * np.abs(slopes.value) + 1e-9 * self.heft)
            sides = np.fmax(np.abs(found.left - slopes.left), np.abs(found.right - slopes.right))
            both = found.kink & slopes.kink & (sides <= 4 * found.side_error + 64 * slopes.error)
        sure = agree & (found.error <= 1e-3 * np.abs(found.value)) | both
        return sure, refuted | (found.kink & ~slopes.kink)

    def look(self, direction: Direction, slopes: Slopes, of: Array | None = None, what: str = "") -> None:
        """Judge the gradient (or what `of` says) along one direction, in every component."""
        analytic = self.along(direction.u) if of is None else of
        spent = self.largest @ np.abs(direction.u)
        if direction.element is None:
            steep = ~np.isfinite(slopes.error) | (
                np.abs(slopes.value) > 1e25 * self.overall
            )  # √ of 0, by complex steps
            self.singular |= steep & ~slopes.kink
            self.steepest = np.fmax(self.steepest, np.abs(slopes.value))
        tolerances = np.empty_like(self.y)
        for j in range(len(self.y)):
            known = self.known(analytic, slopes, direction.u, j, spent)
            single = direction.element is not None and not self.project
            scale = known.unit = float(direction.u[direction.element]) if single else 1.0
            verdict, reason = known.judged(self.rtol)
            self.kinked |= known.kink
            if verdict == FAIL and not isfinite(known.analytic) and self._overflows(j, known, direction.u):
                verdict, reason = OPEN, INFINITE
            if direction.element is None and self.leaps[j]:
                verdict, reason = OPEN, LEAP
            numbers = known.analytic / scale, known.numeric / scale, known.error / abs(scale)
            name = what + self._name(direction, j)
            allowed = known.tolerance / abs(scale)
            row = Row(name, *numbers, verdict, reason, slopes.method, self.order, self.point, allowed)
            if known.kink:
                row.left, row.right = known.left / scale, known.right / scale
                row.numeric = (row.left + row.right) / 2
            self.rows.append(row)
            tolerances[j] = (
                min(known.tolerance, resolved(known)) if direction.group and known.sharp else known.tolerance
            )
            if verdict in (FAIL, OPEN):
                self.suspects.append((row, direction, j, known))
            alone = direction.element is not None or self.x.size == 1
            if (alone or direction.group) and known.sharp and known.analytic and not known.kink:
                self.faint.append((row, direction, j, known))
        if direction.element is None and not what:
            self.blurs.append((direction.u, tolerances))

    def _overflows(self, j: int, known: Measured, u: Array) -> bool:
        """True if an infinite gradient is as right as a float can be; or NaN, 0 times the infinite slope of another."""
        if isnan(known.analytic) and self.singular.any():
            return True
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
        ahead, back = self.parts(tangent), self.along(direction.u)
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
        failing = [
            s
            for s in self.suspects
            if s[0].verdict == FAIL or (s[3].sharp and s[0].reason not in (LEAP, INFINITE, ALONE))
        ]
        if not failing:
            self._second_opinions()
            return
        self.measure_conditioning(sorted({s[2] for s in failing}))
        failing.sort(key=_clearness)
        confirmed, most = 0, WORST if self.x.size <= self.few else 1
        self.suspects = failing + [s for s in self.suspects if not any(s is f for f in failing)]
        for row, direction, j, known in failing:
            if confirmed >= most:
                if row.verdict == FAIL and not known.kink and _is_hardly(known):
                    row.verdict, row.reason = OPEN, HARDLY
                continue
            verdict, reason = self._rejudged(row, known, direction, j)
            if verdict == FAIL and (told := self._at_a_corner(direction, j, known)):
                verdict, reason = told
            elif verdict == FAIL and self.patience > 0:
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
            if (
                known.sharp
                and row.reason not in (BELOW, LEAP, INFINITE, ALONE)
                and not row.reason.startswith("at a kink")
            ):
                slopes = self.ladder(direction.u)
                again = self.known(np.full(len(self.y), known.analytic), slopes, direction.u, j)
                row.verdict, row.reason = again.judged(self.rtol)

    def _rejudged(self, row: Row, known: Measured, direction: Direction, j: int) -> tuple[str, str]:
        """With the conditioning of the gradient in the tolerance, and that of the complex step in its error bar."""
        known.floor += float(8 * np.abs(self.conditioning[j]) @ np.abs(direction.u))  # type: ignore[index]
        if row.method == "complex step" and not known.kink:
            if id(direction) not in self.wobbles:
                steps = [self.problem.step(x, direction.u)[1] for x in self.moved]
                self.wobbles[id(direction)] = [self.parts(np.where(np.isfinite(t), t, 0)) for t in steps]
            apart = max(abs(known.numeric - float(t[j])) for t in self.wobbles[id(direction)])
            known.error = max(known.error, 2 * apart if apart < 1e-3 * abs(known.numeric) or not self.near_kink else 0)
        return known.judged(self.rtol)

    def _confirmed(self, row: Row, direction: Direction, j: int, known: Measured) -> tuple[str, str]:
        reason = row.reason
        if not isfinite(known.analytic):
            slopes = self.ladder(direction.u)
            finite = slopes.kink[j] or slopes.error[j] <= 1e-3 * max(abs(slopes.value[j]), self.overall)
            return (FAIL, reason) if finite else (OPEN, INFINITE)
        analytic = np.full(len(self.y), known.analytic)
        if row.method == "complex step":
            self.near = np.inf
            if self.stepping:
                self.stepped(direction.u)
            slopes = self.ladder(direction.u, fine=False)
            again = self.known(analytic, slopes, direction.u, j)
            again.unit = known.unit
            second, why = again.judged(self.rtol)
            if second == ZERO:
                return OPEN, BELOW
            if second == FAIL:
                return FAIL, why or reason
            if second != OPEN and again.error < abs(known.analytic - known.numeric):
                return OPEN if not again.kink else second, why or DISAGREE
            return (FAIL, reason) if self.trusted[j] and not known.kink else (OPEN, why)
        if self.refuted:
            again = self.known(analytic, self.stepped(direction.u), direction.u, j)
            if again.judged(self.rtol)[0] != FAIL:
                return OPEN, DISAGREE
        forward = row.where.startswith("forward")
        return self._repeated(direction, j, known, reason, forward)

    def _at_a_corner(self, direction: Direction, j: int, known: Measured) -> tuple[str, str] | None:
        """Verdict and reason, if kinks meet here: the gradient is one of many, or is not seen to be."""
        if self.stepping and not self.kinked:  # a complex step knows of every kink that it meets
            return None
        around = self._f, self.x, direction.u, self.size, self.sigma, self.rng
        if id(direction) not in self.corners:
            if self.crooked is None:
                self.crooked = is_crooked(self._f, self.x, self.directions[0].u, *around[3:])
            crooked = self.crooked if self.x.size >= LARGE else self.crooked | is_crooked(*around)
            self.corners[id(direction)] = crooked, corner(*around) if crooked.any() else None
        crooked, found = self.corners[id(direction)]
        if found is None or not crooked[j] or not isfinite(known.analytic):
            return None
        if found.high[j] - found.low[j] <= 2 * found.slack[j]:  # all slopes of f are the same this way
            return None
        ends = " and ".join(f"{end:.4g}" for end in sorted((found.low[j] / known.unit, found.high[j] / known.unit)))
        if found.holds(known.analytic, j, BARS * known.side_error + known.floor):
            return KINK, f"between the slopes {ends} that f has around this point"
        if not found.sure:
            self.corners[id(direction)] = crooked, corner(*around, MORE)
            return self._at_a_corner(direction, j, known)
        beyond = max(found.low[j] - known.analytic, known.analytic - found.high[j])
        if found.settled[j] or beyond > self.steepest[j]:
            return None
        return OPEN, f"at a kink where f has many slopes, of which those between {ends} were met"

    crooked: Array | None = None

    def _repeated(self, direction: Direction, j: int, known: Measured, reason: str, forward: bool) -> tuple[str, str]:
        """A discrepancy is linear in the direction; what an aliased ladder finds is not."""
        gaps, verdicts, afar = [known.analytic - known.numeric], [], 0
        for factor in REPEATS:
            u = exact(self.x, factor * direction.u)
            pushed = self.problem.push(self.x, u) if forward else None
            analytic = self.along(u) if pushed is None else self.parts(pushed)
            slopes = self.ladder(u)
            again = self.known(analytic, slopes, u, j)
            again.unit = factor * known.unit
            afar += _from_afar(again, [float(level[j]) for level in slopes.levels])
            verdicts.append(again.judged(self.rtol))
            gaps.append((again.analytic - again.numeric) / factor)
        if afar == len(REPEATS):
            return OPEN, AFAR
        if not known.kink and _is_hardly(known):
            return OPEN, HARDLY
        if not known.kink and np.ptp(gaps) > 0.05 * abs(gaps[0]):  # not the same each time: it is noise, of this size
            known.error = max(known.error, float(np.ptp(gaps)))
            verdicts.append(known.judged(self.rtol))
        return next((v for v in verdicts if v[0] == OPEN), next((v for v in verdicts if v[0] != FAIL), (FAIL, reason)))


def _from_afar(known: Measured, levels: list[float]) -> bool:
    """True if three steps in a row have the slope that the gradient says, or the finest, and not the one measured.

    The finest, because all others may have passed over a pole.
    """
    near = [abs(d - known.analytic) < 0.1 * abs(d - known.numeric) for d in levels]
    return any(all(three) for three in zip(near, near[1:], near[2:], strict=False)) or near[-1:] == [True]


def _is_hardly(known: Measured) -> bool:
    return isfinite(known.numeric) and abs(known.analytic - known.numeric) < CLEAR * known.tolerance


def _clearness(suspect: tuple[Row, Direction, int, Measured]) -> float:
    """A key that puts first what a ladder can confirm most easily."""
    known = suspect[3]
    apart = abs(known.analytic - known.numeric) / max(abs(known.analytic), 1e-3 * known.scale, 1e-300)
    return -apart if isfinite(apart) else -np.inf
