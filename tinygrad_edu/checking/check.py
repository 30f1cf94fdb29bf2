"""`check`: is this the gradient? The one door to this folder.

How it decides, in the order of the files: where to evaluate (`stencils`), a derivative with an error bar (`ladders`,
`stepping` with `pieces`), which numbers (`probes`), when they pass (`verdicts`), when they fail (`trials`, `corners`),
what needs no numbers (`protocol`), what narrow floats lose (`precision`), which rule it was (`localisation`,
`bisection`, `mistakes`), and what to say (`report`).
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import cache
from typing import Any

import numpy as np

from ..errors import HyperparameterError, TinygradError
from ..runs import refuse_bare
from ..trees import Tree
from .extremes import beyond_floats
from .faint import chances_of_missing
from .localisation import first_wrong, mistake_in, worst_along, wrong_in_narrow
from .mistakes import factors_of
from .precision import narrow
from .probes import FEW
from .problems import Problem, held_constant, of_function, of_vjp
from .protocol import ORDER, promises
from .report import Report
from .stencils import Array, scales
from .stepping import NotStepped
from .symmetric import folded, mirrored, of_symmetric, projection
from .terms import missing_term
from .trials import Trial
from .verdicts import ALONE, BELOW, FAIL, LEAP, OPEN, PASS, ZERO, Row

Function = Callable[..., Any]
MISSED, UNLIKELY = 1e-4, 1e-2
"""An error that large in one of many elements is not missed but with so small a chance, or the report says so."""
CHEAP = 2_000
"""Up to so many inputs the second order is looked at without being asked for."""


def check(
    f: Function,
    *args: Tree,
    order: int | None = None,
    rtol: float = 1e-7,
    seed: int = 0,
    jitter: bool = True,
    project: Function | None = None,
) -> Report:
    """Compare the derivatives of a function, in both modes, with what can be measured.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy; it may return an array, or a tree of arrays.
    *args : trees of arrays
        Where to check. Integers, masks and words among them are held constant.
    order : 1 or 2, optional
        2 compares the derivatives of the gradient too. By default 2 where that is cheap.
    rtol : float
        The resolution that a pass has to have. It is no tolerance, which follows from the error bars.
    seed : int
        Of the random directions; the same seed makes the same check.
    jitter : bool
        Check a second point nearby too, where zeros, ties and symmetries of this one are gone.
    project : callable, optional
        For arguments that must keep a structure: takes the arguments, returns them with it. Linear, such as
        ``lambda a: (a + a.T) / 2``; points and directions go through it.

    Returns
    -------
    Report
        True if the gradient passes. Otherwise `report.verdict` is "fail" or "inconclusive", with `report.reason`;
        after a failure `report.culprit` is the first wrong operation.

    Raises
    ------
    GradientError
        If nothing among the arguments or the results is a float.
    HyperparameterError
        If there is no such order.

    >>> import numpy as np, tinygrad_edu as tg
    >>> report = tg.check(lambda x: np.sum(np.tanh(x) ** 2), np.array([0.5, -1.0]))
    >>> report.verdict, report.order
    ('pass', 2)
    """
    if order not in (None, 1, 2):
        raise HyperparameterError(f"check: order is {order!r}. Expected 1 or 2, or None for what is cheap")
    problem = of_function(f, args)
    examination = Examination(problem, rtol, seed, jitter, _of_vectors(problem, project))
    examination.note_constants(held_constant(f, args))
    return examination.report(order)


def check_vjp(
    f: Function,
    args: Sequence[Tree],
    vjp: Function,
    *,
    rtol: float = 1e-7,
    seed: int = 0,
    jitter: bool = True,
    project: Function | None = None,
) -> Report:
    """Compare a gradient function from anywhere with what can be measured of f.

    Parameters
    ----------
    f : callable
        A function of arrays.
    args : sequence of trees of arrays
        Where to check.
    vjp : callable
        ``vjp(cotangent, *args)``: the cotangent has the structure of the result of f; it returns one gradient for
        each argument (a tuple of them, if there are several). Complex numbers are paired without conjugation. Or
        ``vjp(cotangent)``, what `vjp` of many libraries returns; it is checked at this point only.
    rtol, seed, jitter, project
        As for `check`.

    >>> import numpy as np, tinygrad_edu as tg
    >>> x, y = np.array([1.0, 2.0]), np.array([3.0, 5.0])
    >>> bool(tg.check_vjp(np.multiply, (x, y), lambda g, x, y: (g * y, g * x)))
    True
    >>> tg.check_vjp(np.multiply, (x, y), lambda g, x, y: (g * x, g * x)).verdict
    'fail'
    """
    refuse_bare("check_vjp", args, "arguments")
    fixed = _takes(vjp, 1) and not _takes(vjp, 1 + len(args))
    problem = of_vjp(f, args, (lambda g, *xs: vjp(g)) if fixed else vjp)
    examination = Examination(problem, rtol, seed, jitter and not fixed, _of_vectors(problem, project))
    examination.note_constants(held_constant(f, args))
    if fixed:
        examination.found.notes.append("no second point: the vjp takes the cotangent alone, and belongs to this one")
    return examination.report(1)


def check_gradient(f: Function, args: Sequence[Tree], gradient: Function, **options: Any) -> Report:
    """The same for a function of one real number and its gradient, called as ``gradient(*args)``.

    >>> import numpy as np, tinygrad_edu as tg
    >>> tg.check_gradient(lambda x: x ** 3, (2.0,), lambda x: 2 * x ** 2).mistake
    'too small by a factor 1.5 throughout'
    """

    def vjp(g: Any, *xs: Tree) -> Any:
        found = gradient(*xs)
        several = isinstance(found, tuple | list) and len(xs) > 1
        return tuple(g * np.asarray(d) for d in found) if several else g * np.asarray(found)

    return check_vjp(f, args, vjp, **options)


def _takes(function: Function, n: int) -> bool:
    """True if a function can be called with n arguments, or does not say."""
    try:
        inspect.signature(function).bind(*range(n))
    except TypeError:
        return False
    except ValueError:
        return True
    return True


def _of_chances(chances: Array) -> str:
    """What may have been missed where not every element was looked at singly."""
    seen = chances < UNLIKELY
    start = f"not every element was looked at singly: an error of {MISSED:.0e} in one"
    if not seen.any():
        return f"{start} may be missed"
    bound = f"is missed with a chance below {max(float(np.max(chances[seen])), 1e-15):.0e}"
    if seen.all():
        return f"{start} {bound}"
    return f"{start} of {seen.sum()} {bound}; {(~seen).sum()} others are too small beside them to be sure"


def _of_vectors(problem: Problem, project: Function | None) -> Function | None:
    """A projection of arguments as one of vectors."""
    if project is None:
        return None

    def projected(x: Array) -> Array:
        found = project(*problem.inputs.arrays(x))
        return problem.inputs.vector(list(found) if isinstance(found, tuple | list) else [found])

    return projected


class Examination:
    """One check from beginning to end."""

    def __init__(self, problem: Problem, rtol: float, seed: int, jitter: bool, project: Function | None) -> None:
        self.problem, self.rtol, self.jitter, self.project = problem, rtol, jitter, project
        self.rng = np.random.default_rng(seed)
        self.found = Report(seed=seed, cost=problem.cost)

    def note_constants(self, names: list[str]) -> None:
        """Say which arguments were left alone though they are numbers, and if f is too coarse to be measured."""
        self.found.notes += [f"{name} is an integer, and is held constant; {name} as a float moves" for name in names]
        inside = [d for d in self.problem.outputs.dtypes if np.finfo(d).eps > 2**-40]
        if inside and all(d.itemsize % 8 == 0 for d in self.problem.inputs.wide):
            self.found.notes.append(f"f computes in {inside[0]}, whatever it is given: differences see little of it")

    def report(self, order: int | None) -> Report:
        """All of it; NumPy's warnings are silent, since what is not finite is reported."""
        with np.errstate(all="ignore"):
            self._examine(order)
            if self.found.verdict != PASS and self.project is None:
                self._among_symmetric(order)
        return self.found

    def _examine(self, order: int | None) -> None:
        problem, found = self.problem, self.found
        if not np.isfinite(problem.x).all():
            i = int(np.argmin(np.isfinite(problem.x)))
            reason = f"it is {problem.x[i]}, and no step can be taken from there"
            found.rows.append(Row(problem.inputs.where(i), np.nan, np.nan, np.nan, OPEN, reason, "protocol"))
            return
        if not np.isfinite(problem.y).all():
            found.rows.append(Row("f(x)", np.nan, np.nan, np.nan, OPEN, "f is not finite at this point", "protocol"))
            return
        found.rows += promises(problem, self.rng)
        if all(row.verdict == PASS or row.reason.endswith(ORDER) for row in found.rows):
            kinked = self._at_points(problem, 1)
            if found.verdict != FAIL:
                self._second_order(order, kinked)
            if found.verdict != FAIL:
                v = self.rng.uniform(0.5, 1.5, problem.outputs.size)
                found.rows += self._own_precision(narrow(problem, v, self.rng))
        elif found.verdict == FAIL and problem.differentiable:
            found.culprit, note, _ = first_wrong(problem, problem.x, self.rng, self.rtol, promised=False)
            found.notes += [note] if note else []

    def _own_precision(self, rows: list[Row]) -> list[Row]:
        """Numbers that differ in a narrow precision may be its rounding, unless a rule differs by itself."""
        if rows and rows[0].verdict == OPEN and np.isfinite(rows[0].analytic) and self.problem.differentiable:
            self.found.culprit = wrong_in_narrow(self.problem, self.rng)
            rows[0].verdict = OPEN if self.found.culprit is None else FAIL
        return rows

    def _among_symmetric(self, order: int | None) -> None:
        """What fails may be right for symmetric matrices, if f is meant for those alone."""
        means = of_symmetric(self.problem) if np.isfinite(self.problem.y).all() else {}
        if not means:
            return
        problem = mirrored(self.problem, means)
        again = Examination(problem, self.rtol, self.found.seed, self.jitter, folded(problem, means))
        if again.report(order).verdict == FAIL:
            return
        for row in self.found.rows:
            if row.verdict in (FAIL, OPEN):
                row.verdict, row.reason = OPEN, "; ".join(how.words for how in means.values())
        cure = projection(self.problem.inputs.names, means)
        self.found.notes.append(f"along symmetric steps the gradient is right: give {cure}, or let f begin with that")
        self.found.culprit, self.found.mistake = None, ""

    # --- the points

    def _at_points(self, problem: Problem, order: int) -> bool:
        """Try a problem at x, and nearby; True if x is at a kink."""
        few = FEW if order == 1 else 8
        trial = self._try(problem, problem.x, problem.y, order, "x", few, everything=True)
        if trial is None:
            return False
        if self.found.verdict != FAIL and self.jitter and trial.x.size:
            self._nearby(problem, order, few)
        return trial.kinked

    def _nearby(self, problem: Problem, order: int, few: int) -> None:
        for reach in (1.0, 2.0**-7):
            amount = self.rng.uniform(0.05, 0.15, problem.x.size) * self.rng.choice([-1.0, 1.0], problem.x.size)
            x = problem.x + reach * amount * scales(problem.x, problem.inputs.offsets)
            x = x if self.project is None else self.project(x)
            y = problem.value(x)
            if np.isfinite(y).all():
                break
        else:
            self.found.notes.append("no second point: f is not finite nearby, or raises an error")
            return
        try:
            self._try(problem, x, y, order, "nearby", few, everything=problem.inputs.size <= few)
        except Exception as error:  # a vjp of somebody's own may refuse any point but x
            if problem.differentiable:
                raise
            self.found.notes.append(f"no second point: the vjp raised {type(error).__name__} there: {error}")

    def _try(
        self, problem: Problem, x: Array, y: Array, order: int, point: str, few: int, everything: bool
    ) -> Trial | None:
        trial = Trial(problem, x, y, self.rng, self.rtol, order, point, few, self.project)
        stepping = trial.stepping
        trial.run(everything=everything and (point == "x" or trial.stepping))
        if not stepping and trial.why_not and point == "x" and order == 1:
            self.found.notes.append(
                f"measured by differences alone: the complex step does not get through f ({trial.why_not})"
            )
        if problem.not_forward and point == "x":
            self.found.notes.append(f"no forward mode: {problem.not_forward}")
        failed = [s for s in trial.suspects if s[0].verdict == FAIL]
        undecided = [s for s in trial.suspects if s[0].verdict == OPEN]
        if problem.inputs.size > FEW and (point, order) == ("x", 1) and not trial.suspects:
            self.found.notes.append(_of_chances(chances_of_missing(trial, MISSED)))
        self.found.rows += trial.rows
        if failed or undecided:
            self._localise(trial, failed)
        return trial

    def _localise(self, trial: Trial, failed: list) -> None:
        """Ask the record who it was. A part that fails decides what the whole could not."""
        found, problem = self.found, trial.problem
        spread = cache(lambda j: problem.spread(trial.x, trial.components[j]))
        opened = [
            (row, known.as_rounded(spread(j)))
            for row, _, j, known in trial.suspects
            if row.verdict == OPEN and row.reason not in (LEAP, ALONE)
        ]
        below = [(row, known) for row, known in opened if row.reason == BELOW or known.tiny]
        if problem.differentiable:
            found.culprit, note, kinked = first_wrong(problem, trial.x, self.rng, self.rtol, trial.order)
            found.notes += [note] if note else []
            if found.culprit is not None and not failed:
                row = next(s[0] for s in trial.suspects if s[0].verdict == OPEN)
                row.verdict, row.reason = FAIL, f"the rule of {found.culprit.operation} is wrong"
            if found.culprit is None:
                for row, direction, j, known in failed:
                    known = known.as_rounded(spread(j))
                    row.verdict, row.reason = known.excused(self.rtol, kinked)
                    if row.verdict == FAIL:
                        apart = abs(known.analytic - known.numeric)
                        where = trial.x, trial.components[j], direction.u
                        reason = beyond_floats(problem, *where, known.analytic, apart)
                        row.verdict, row.reason = (OPEN, reason) if reason else (FAIL, row.reason)
        else:  # what cannot change f by one rounding is zero, unless a record says more
            below = [(row, k) for row, k in below if k.tiny]
        for row, _ in below if found.culprit is None else []:
            row.verdict, row.reason = ZERO, "below the rounding of f, and each rule is right by itself"
        if failed and found.verdict == FAIL:
            self._whose_mistake(trial, failed[0])

    def _whose_mistake(self, trial: Trial, suspect: tuple) -> None:
        """The worst element, by bisection, and the likely mistake in its argument."""
        row, direction, j, known = suspect
        if known.kink or row.where.startswith("forward") or not np.isfinite(known.analytic):
            return
        found, problem = self.found, trial.problem
        inputs = problem.inputs
        element = direction.element
        if element is None:
            try:
                name, reason = worst_along(trial, direction.u, j, known.analytic - known.numeric)
            except NotStepped:
                return
            if inputs.size > trial.few and name:
                found.notes.append(f"the worst element: {reason}")
            element = (
                next((i for i in range(inputs.size) if inputs.where(i) == name), None) if inputs.size <= 64 else None
            )
        if found.culprit is not None and found.culprit.mistake:
            found.mistake = found.culprit.mistake
        elif not problem.differentiable and (term := missing_term(problem, trial.x, self.rng)):
            found.mistake = term
        elif element is not None and inputs.size <= 64:
            k = inputs.leaf(element)
            first, last = int(inputs.offsets[k]), int(inputs.offsets[k + 1])
            mistake = mistake_in(trial, first, last, factors_of(*inputs.shapes), inputs.shapes[k])
            found.mistake = f"{inputs.names[k]}: {mistake}" if mistake and len(inputs.names) > 1 else mistake

    # --- the second order

    def _second_order(self, order: int | None, kinked: bool) -> None:
        found, problem = self.found, self.problem
        if order == 1 or not problem.differentiable:
            return
        if order is None and problem.inputs.size > CHEAP:
            found.notes.append(f"first order only: {problem.inputs.size} inputs; order=2 asks for more")
            return
        v = self.rng.uniform(0.5, 1.5, problem.outputs.size) * self.rng.choice([-1.0, 1.0], problem.outputs.size)
        try:
            second = problem.second(v)
        except (TinygradError, TypeError, ValueError, AttributeError) as error:
            found.notes.append(f"first order only: {error}")
            found.rows += [Row("second order", np.nan, np.nan, np.nan, OPEN, str(error), "protocol", 2)] * (order == 2)
            return
        second.cost = problem.cost
        if kinked and not self.jitter:
            found.notes.append("first order only: x is at a kink, and jitter=False leaves out the points nearby")
            return
        found.order = 2
        if not np.isfinite(second.y).all():
            found.notes.append("no second derivative at x: the gradient is not finite")
        elif kinked:
            found.notes.append("no second derivative at x, which is at a kink: nearby only")
            self._nearby(second, 2, 8)
        else:
            self._at_points(second, 2)
