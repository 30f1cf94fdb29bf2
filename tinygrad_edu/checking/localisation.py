"""Which rule is wrong: the record is walked, and every line's own rule is put on trial at the values it met.

One line is a small function with a gradient of its own, so the checker that doubted the whole is asked about each part.
The first line that fails, in the order of computing, is named, with the line of the user's program that wrote it. After
a failure of second order the record holds the backward pass too, and after its lines come those of the forward pass
once more, with the second derivatives of their rules.
"""

from __future__ import annotations

import time
from copy import copy
from dataclasses import dataclass
from inspect import isfunction
from typing import Any

import numpy as np

from ..calls import is_inexact
from ..errors import TinygradError
from ..graph import RULES, Op
from ..places import Place
from ..rules.arithmetic import power_log
from ..rules.decompositions import spectrum
from ..tensor import Tensor, record
from ..trees import leaves
from .bisection import worst_element
from .lines import Line, lines_of
from .mistakes import Trace, factors_of, likely
from .precision import narrow
from .problems import Problem, of_flat
from .protocol import ROUNDING, promises
from .stencils import FINEST, Array, exact
from .stepping import Stepped
from .terms import missing_term
from .trials import Trial
from .verdicts import FAIL, OPEN, told_apart

RESULTS = {power_log: (0, np.power)}
"""Operations that are given a result they could compute from their other arguments: its place, and how. It is no
variable of its own, and has no rule."""
PATIENCE = 20.0
"""Seconds after which the walk ends, wherever it is."""


@dataclass(frozen=True)
class Culprit:
    """The first wrong operation.

    Attributes
    ----------
    operation, place : str, Place or None
        Its name, and the line of the user's program.
    argument, element : int or None, str
        Which argument's gradient is wrong, and where in it most.
    mistake, reason : str
        What the mistake may be, and which numbers show it.
    order : int
        1 if its rule is wrong, 2 if only the derivative of its rule is.
    """

    operation: str
    place: Place | None
    argument: int | None
    element: str
    mistake: str
    reason: str
    order: int = 1

    def __str__(self) -> str:
        of = f", argument {self.argument}" if self.argument is not None else ""
        kind = "the derivative of its rule" if self.order == 2 else "its rule"
        likely_ = f"\n    {self.mistake}" if self.mistake else ""
        place = f"\n    {self.place}" if self.place else ""
        return f"{self.operation}{of}: {kind} is wrong: {self.reason}{likely_}{place}"


def first_wrong(
    problem: Problem, x: Array, rng: np.random.Generator, rtol: float, order: int = 1, promised: bool = True
) -> tuple[Culprit | None, str, bool]:
    """The first line whose rule fails on its own; a note if the walk could not be finished; if any line is at a kink.

    Parameters
    ----------
    problem : Problem
        The function whose check failed; for a failure of second order, the gradient as a function.
    order : int
        2 asks the lines for their second derivatives too.
    promised : bool
        True if the whole has kept its promises, so that its parts need not be asked for them.
    """
    try:
        lines = lines_of(problem, x)
    except (TinygradError, ArithmeticError, ValueError, TypeError) as error:
        return None, f"the record could not be walked: {error}", False
    end, kinked = time.monotonic() + PATIENCE, False
    for of_order in (1, 2)[:order]:
        for number, line in enumerate(lines):
            if time.monotonic() > end:
                note = f"{PATIENCE:.0f} seconds sufficed for {number} of {len(lines)} lines of the record"
                return None, note, kinked
            culprit, kink = suspected(line, rng, rtol, of_order, promised)
            kinked |= kink
            if culprit is not None:
                return culprit, "", kinked
    return None, "", kinked


def wrong_in_narrow(problem: Problem, rng: np.random.Generator) -> Culprit | None:
    """The first line whose rule has other numbers in a narrow precision than in float64, at the same values."""
    for line in lines_of(problem, problem.x, narrow=True):
        try:
            part = alone(line)
            rows = narrow(part, rng.uniform(0.5, 1.5, part.outputs.size), rng)
        except (TinygradError, ArithmeticError, ValueError, TypeError, AttributeError, IndexError):
            continue
        if rows and rows[0].verdict in (OPEN, FAIL) and np.isfinite(rows[0].analytic):
            return Culprit(line.op.name, line.place, None, "", "", rows[0].reason)
    return None


def suspected(
    line: Line, rng: np.random.Generator, rtol: float, order: int, promised: bool
) -> tuple[Culprit | None, bool]:
    """The culprit, if this line's own rule fails; and if the line is at a kink."""
    if line.op.kind == "structure":
        return None, False
    if not promised and line.op.kind == "custom" and (reason := _other_value(line)):
        return Culprit(line.op.name, line.place, None, "", "", reason), False
    with np.errstate(all="ignore"):
        try:
            problem = alone(line)
            if order == 2:
                v = rng.uniform(0.5, 1.5, problem.outputs.size) * rng.choice([-1.0, 1.0], problem.outputs.size)
                problem = problem.second(v)
            elif not promised and (broken := [row for row in promises(problem, rng) if row.verdict == FAIL]):
                reason = broken[0].reason.removeprefix(f"{line.op.name}: ")
                return Culprit(line.op.name, line.place, None, "", "", reason), False
            trial = Trial(problem, problem.x, problem.y, rng, rtol, few=16, project=_structure(line, problem))
            trial.run(everything=problem.inputs.size <= 4096)
        except (TinygradError, ArithmeticError, ValueError, TypeError, AttributeError, IndexError):
            return None, False
        failed = [row for row, direction, _, known in trial.suspects if row.verdict == FAIL and (
            order == 1 or known.excused(rtol, kinked=False)[0] == FAIL) and not _jumps(trial, direction.u)]  # fmt: skip
        if not failed:
            return None, trial.kinked
        if failed[0].where.startswith("forward"):
            return Culprit(
                line.op.name, line.place, None, "", "", f"forward mode, {_numbers(failed[0])}", order
            ), trial.kinked
        return _described(line, trial, failed[0], order), trial.kinked


def _other_value(line: Line) -> str:
    """That a custom rule has computed another value than its function does; empty if it has not."""
    plain, recorded = (leaves(found) for found in (called(line.op, list(line.args), line.params), line.value))
    for a, b in zip(recorded, plain, strict=False):
        if np.shape(a) != np.shape(b):
            return f"its value has shape {np.shape(a)}, and that of {line.op.name} itself {np.shape(b)}"
        if np.any((apart := np.abs(a - b)) > ROUNDING * np.max(np.abs(b), initial=0)):
            i = int(np.argmax(apart))
            return f"its value is {np.ravel(a)[i]:.12g}, and that of {line.op.name} itself {np.ravel(b)[i]:.12g}"
    return ""


def _jumps(trial: Trial, u: Array) -> bool:
    """True if a line's values jump at its point, as the signs of eigenvectors may where f does not."""
    moved = [np.abs(trial.problem.value(trial.x + h * u) - trial.at) for h in (FINEST, -FINEST, 2.0**-3)]
    size = max(float(np.nanmax(np.abs(part), initial=0)) for part in (trial.at, moved.pop()))
    return bool(np.nanmax(moved, initial=0) > 1e-2 * size)


def _structure(line: Line, problem: Problem) -> Any:
    """A projection for operations that read one half of a matrix, and mean it to be symmetric (or Hermitian)."""
    if function_of(line.op) not in (np.linalg.eigh, spectrum, np.linalg.cholesky):
        return None
    fold = lambda a: (a + np.conj(np.swapaxes(a, -1, -2))) / 2
    return lambda x: problem.inputs.vector([fold(a) for a in problem.inputs.arrays(x)])


def alone(line: Line) -> Problem:
    """One line as a problem of its own: its traced arguments move."""
    op = line.op
    result, again = RESULTS.get(op, (-1, None))
    moving = [i for i in line.traced if i != result]

    def function(*arrays: Any) -> list[Any]:
        full = list(line.args)
        for i, a in zip(moving, arrays, strict=True):
            full[i] = a
        if again is not None:
            full[result] = again(*(a for i, a in enumerate(full) if i != result))
        return [y for y in leaves(called(op, full, line.params)) if is_inexact(y) or hasattr(y, "near")]

    return of_flat(function, [line.args[i] for i in moving], [f"argument {i}" for i in moving])


def inside(line: Line, problem: Problem) -> Problem:
    """The problem of a line whose operation is written in Python, with a function that records what it calls."""
    moving, inner = [int(name.split()[1]) for name in problem.inputs.names], copy(problem)

    def function(*arrays: Any) -> list[Any]:
        full = list(line.args)
        for i, a in zip(moving, arrays, strict=True):
            full[i] = a
        return leaves(line.op.function(*full, **line.params))

    inner.function = function
    return inner


def called(op: Op, args: list[Any], params: dict[str, Any]) -> Any:
    """The operation on arguments in the order of the record, whatever kind of arrays they are."""
    if any(type(a) is Tensor for a in args):
        return record(op, args, params)
    stepped = next((a for a in args if type(a) is Stepped), None)
    if stepped is None or op.kind == "custom":
        return op.function(*args, **params)
    return stepped.apply(function_of(op), op, args, params)


def function_of(op: Op) -> Any:
    """The function of the table that an operation belongs to; for one written in Python, itself: to look inside."""
    return next((f for f, of_table in RULES.items() if of_table is op and type(f) is not Op and not isfunction(f)), op)


def _numbers(row: Any) -> str:
    return "{}, but measured {}".format(*told_apart(row.analytic, row.numeric)) + f" ± {row.error:.0e}"


def _described(line: Line, trial: Trial, failed: Any, order: int) -> Culprit:
    k = _wrong_argument(trial)
    problem, inputs = trial.problem, trial.problem.inputs
    first, last = int(inputs.offsets[k]), int(inputs.offsets[k + 1])
    element, reason = worst_in(trial, first, last)
    sizes = factors_of(inputs.shapes[k], problem.outputs.shapes[0] if problem.outputs.shapes else ())
    mistake = mistake_in(trial, first, last, sizes, inputs.shapes[k])
    vague = not mistake or (problem.inputs.size == 1 and mistake.endswith("throughout"))
    if order == 1 and vague and isfunction(line.op.function) and function_of(line.op) is line.op:
        mistake = missing_term(inside(line, problem), trial.x, trial.rng) or mistake
    return Culprit(
        line.op.name, line.place, int(inputs.names[k].split()[1]), element, mistake, reason or _numbers(failed), order
    )


def _wrong_argument(trial: Trial) -> int:
    """Which argument the discrepancy comes from: the one whose share of it is the largest."""
    inputs = trial.problem.inputs
    if len(inputs.names) == 1:
        return 0
    shares = []
    for k in range(len(inputs.names)):
        u = np.zeros_like(trial.x)
        part = slice(inputs.offsets[k], inputs.offsets[k + 1])
        u[part] = np.abs(trial.directions[1].u[part])
        shares.append(float(np.nanmax(np.abs(trial.discrepancies(u)), initial=0)))
    return int(np.argmax(shares))


def worst_in(trial: Trial, first: int, last: int) -> tuple[str, str]:
    """The name of the worst element among these coordinates, and its numbers."""
    u = np.zeros_like(trial.x)
    u[first:last] = np.abs(trial.directions[1].u[first:last])
    apart = trial.discrepancies(u)
    if not np.isfinite(apart).all() or not apart.any():
        return "", ""
    j = int(np.argmax(np.abs(apart)))
    return worst_along(trial, u, j, float(apart[j]))


def worst_along(trial: Trial, u: Array, j: int, apart: float) -> tuple[str, str]:
    """The name of the worst of the elements that u moves, and its numbers; `apart` is the discrepancy along u."""
    goal = abs(apart) / 1000
    i, share = worst_element(lambda part: trial.discrepancy(exact(trial.x, part), j, goal), u, apart)
    name = trial.problem.inputs.where(i)
    numbers = told_apart(trial.gradients[j, i], trial.gradients[j, i] - share / u[i])
    out = "" if trial.problem.outputs.size == 1 or not trial.whole else f" → {trial.problem.outputs.where(j)}"
    return (
        name,
        f"∂/∂{name}{out} is {numbers[0]}, but measured {numbers[1]}",
    )


def mistake_in(trial: Trial, first: int, last: int, sizes: tuple[int, ...], shape: tuple[int, ...]) -> str:
    """The likely mistake in the gradient for these coordinates, from single elements or from random directions."""
    chosen = np.arange(first, last)
    if chosen.size > 64:
        chosen = trial.rng.choice(chosen, 12 if chosen.size < 1e5 else 4, replace=False)
    right, error = np.empty((2, len(trial.y), chosen.size))
    for column, i in enumerate(chosen):
        u = np.zeros_like(trial.x)
        u[i] = trial.size[i]
        slopes = trial.slopes(u := exact(trial.x, u))
        if slopes.kink.any():
            return ""
        right[:, column], error[:, column] = slopes.value / u[i], slopes.error / abs(u[i])
    if not np.isfinite(right).all():
        return ""
    error = error + 1e-12 * np.abs(trial.gradients[:, chosen])
    inputs, outputs = trial.problem.inputs, trial.problem.outputs
    whole, alone = chosen.size == last - first, trial.whole and len(outputs.shapes) == 1
    trace = Trace(
        shape=shape if whole else (),
        outs=outputs.shapes[0] if alone and outputs.wide[0].kind != "c" else (),
        sizes=sizes,
        pairs=whole and inputs.wide[inputs.leaf(first)].kind == "c",
        out_pairs=alone and outputs.wide[0].kind == "c",
        whole=whole,
    )
    return likely(trial.gradients[:, chosen], right, error, trace)
