"""What a gradient function promises besides its numbers; no finite difference is needed to find these broken.

The same question has the same answer, to the last bit, asked again with other questions between. Nothing that was
handed in is written to, nothing that was handed out changes later. A vjp is linear: c times the cotangent gives c times
the answer, for c of both signs, tiny, huge, and not a round number, so that what clips, cuts off, truncates or rounds
its cotangent is seen; zero gives zero; a sum gives the sum.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np

from ..errors import GradientError, ShapeError, TreeError
from ..runs import Run, data_of
from .problems import Problem
from .stencils import EPS, Array, exact, noise, scales
from .verdicts import FAIL, OPEN, PASS, Row

ROUNDING = 1e-9
"""Most vjps are exactly linear, but some solve or integrate on their way, by steps that depend on the cotangent."""

SCALES = (-(2**0.5) * 2.0**50, np.pi * 2.0**-70, np.e * 2.0**7)
"""What cotangents are scaled by: so large that one is clipped, so small that one is cut off; no digits are round."""
NARROW_SCALES = (-(2**0.5) * 4, np.pi / 16, np.e * 2)
"""The same for vjps that compute in narrow floats, whose range is as narrow."""
SMALL = 2.0**-20
"""Beside others in one sum, a cotangent that is so small."""
LAST = 1024 * EPS
"""Two answers that are nearer to each other may be one sum, taken in two orders: no failure, but no certainty."""


ORDER = "random, or a sum that is taken in no fixed order"


def promises(problem: Problem, rng: np.random.Generator) -> list[Row]:
    """One row for every promise that was broken; a single one that passed if none was."""
    broken = list(_of_function(problem))
    if any(row.verdict == FAIL for row in broken):
        return broken
    try:
        broken += _of_record(problem) if not broken else []
        broken += _of_vjp(problem, rng, deterministic=not broken)
    except (ShapeError, TreeError) as error:
        broken.append(_row("shapes and structure", FAIL, str(error)))
    return broken or [_row("deterministic, linear, mutates nothing", PASS, "")]


def _row(promise: str, verdict: str, reason: str) -> Row:
    return Row(promise, np.nan, np.nan, np.nan, verdict, reason, "protocol")


def _of_function(problem: Problem) -> Iterator[Row]:
    arrays = problem.inputs.arrays(problem.x)
    with np.errstate(all="ignore"):
        again = problem.outputs.vector(problem.results(arrays))
    problem.cost.evaluations += 1
    if not np.array_equal(problem.inputs.vector(arrays), problem.x, equal_nan=True):
        yield _row("f mutates nothing", FAIL, "f writes into its arguments")
    apart = np.max(np.abs(again - problem.y), initial=0, where=np.isfinite(again - problem.y))
    if apart > LAST * np.max(np.abs(problem.y), initial=0):
        yield _row("f is deterministic", OPEN, f"f gave two values, {apart:.2g} apart: fix its random seed")
    elif apart:
        yield _row("f is deterministic", OPEN, f"f gave two values, {apart:.2g} apart: {ORDER}")


def _of_record(problem: Problem) -> Iterator[Row]:
    """f recorded and f not recorded are one function; a custom rule computes the value a second time, its own way."""
    try:
        run = Run("check", problem.function, problem.inputs.arrays(problem.x))
        values = [np.asarray(data_of(y)) for y in run.outputs]
    except Exception:  # f is of another library, or refuses; if its record is needed, that will be said
        return
    problem.cost.evaluations += 1
    promise = "f has one value, recorded or not"
    if (shapes := [np.shape(y) for y in values]) != problem.outputs.shapes:
        yield _row(promise, FAIL, f"recorded, f returns shapes {shapes}, and {problem.outputs.shapes} otherwise")
        return
    apart = np.abs(problem.outputs.vector(values) - problem.y)
    size = np.max(np.abs(problem.y), initial=0)
    far = np.isfinite(apart) & (apart > ROUNDING * size)
    if far.any():
        i = int(np.argmax(np.where(far, apart, 0)))
        if apart[i] > 1024 * EPS * problem.spread(problem.x, 1.0 * (np.arange(problem.y.size) == i)):
            recorded, where = problem.outputs.vector(values)[i], problem.outputs.where(i)
            yield _row(promise, FAIL, f"{where} is {recorded:.12g} if f is recorded, and {problem.y[i]:.12g} if not")


def _of_vjp(problem: Problem, rng: np.random.Generator, deterministic: bool) -> Iterator[Row]:
    v = rng.uniform(0.5, 1.5, problem.outputs.size) * rng.choice([-1.0, 1.0], problem.outputs.size)
    asked = problem.outputs.arrays(v, conjugate=True)
    kept = problem.outputs.vector(asked)
    arrays = problem.inputs.arrays(problem.x)
    pull, _ = problem.linearise(arrays)
    problem.cost.vjps += 1
    try:
        raw = pull(asked)
    except GradientError as error:  # of a forward rule that cannot be transposed
        if not problem.differentiable:
            raise
        yield _row("the jvp is linear in the tangent", FAIL, str(error))
        return
    yield from _of_types(problem, raw)
    first = problem.inputs.vector(raw, conjugate=True)
    stale = problem.inputs.vector(raw)
    if not np.array_equal(problem.outputs.vector(asked), kept, equal_nan=True):
        yield _row("the vjp mutates nothing", FAIL, "the vjp writes into its cotangent")
    if not np.array_equal(problem.inputs.vector(arrays), problem.x, equal_nan=True):
        yield _row("the vjp mutates nothing", FAIL, "the vjp writes into the arguments")
    if not np.isfinite(first).all():
        return  # no arithmetic is exact there; what it should be, differences will say
    again = problem.pull(problem.x, v, fresh=True)
    if deterministic and _differ(problem, again, first, first, least=LAST):
        yield _row("the vjp is deterministic", FAIL, "the vjp gave two answers to the same question")
        return
    if deterministic and (apart := np.max(np.abs(again - first), initial=0)):
        yield _row("the vjp is deterministic", OPEN, f"the vjp gave two answers, {apart:.2g} apart: {ORDER}")
    excuse = _Excuse(problem, v, rng)
    factors = NARROW_SCALES if problem.coarse else SCALES
    for factor in factors[:2] if v.size > 1 else factors:
        scaled = problem.pull(problem.x, factor * v)
        least = max(abs(factor) * np.max(np.abs(first), initial=0), np.max(np.abs(scaled), initial=0))
        if not np.isfinite(scaled).all() or least < 1e-290:  # beyond what floats can hold
            continue
        if _differ(problem, scaled / factor, first, first, excuse) and not _is_lost(
            problem, v, scaled / factor, first, factor
        ):
            text = f"the vjp of {factor:.3g} g is not {factor:.3g} times the vjp of g"
            yield _row("the vjp is linear in the cotangent", FAIL, text)
            break
    if not np.array_equal(problem.inputs.vector(raw), stale, equal_nan=True):
        yield _row("nothing is aliased", FAIL, "a gradient that was handed out was written to by a later call")
    if np.any(problem.pull(problem.x, 0 * v) != 0):
        yield _row("the vjp is linear in the cotangent", FAIL, "the vjp of 0 is not 0")
    if problem.outputs.size > 1:  # vjp(v + w) = vjp(v) + vjp(w), to the rounding of the three
        kind = rng.permutation(v.size) % 3  # some sums are zero, some terms are small
        w = np.choose(kind, [SMALL * v, -v, v * rng.uniform(0.1, 3, v.size)])
        other, both = problem.pull(problem.x, w), problem.pull(problem.x, v + w)
        if _differ(problem, both, first + other, np.abs(first) + np.abs(other) + np.abs(both), excuse):
            yield _row("the vjp is linear in the cotangent", FAIL, "the vjp of a sum is not the sum of the vjps")


def _of_types(problem: Problem, gradients: list[Any]) -> Iterator[Row]:
    wanted: Any
    wanted = zip(problem.inputs.names, gradients, problem.inputs.wide, problem.inputs.dtypes, strict=True)
    for name, g, dtype, own in wanted:
        eps, least, granted = (float(np.finfo(d).eps) for d in (g.dtype, dtype, own))
        if eps > least:
            problem.coarse = max(problem.coarse, eps)
            if eps > max(granted, *(float(np.finfo(d).eps) for d in problem.outputs.dtypes)):
                yield _row("a gradient is as precise as its argument", FAIL, f"{name} is {own}, its gradient {g.dtype}")
        if np.iscomplexobj(g) and dtype.kind == "f" and np.any(np.imag(g)):
            yield _row("real arguments have real gradients", FAIL, f"the gradient of {name} is complex")


class _Excuse:
    """What rounding excuses where an answer is zero but for rounding: measured, if it is asked for.

    It is what f would change by if its rounding, as it is measured, were that of a larger number; and what the answer
    changes by if the cotangent is rounded otherwise.
    """

    def __init__(self, problem: Problem, v: Array, rng: np.random.Generator) -> None:
        self.problem, self.v, self.rng = problem, v, rng

    def bound(self) -> Array:
        """How far two answers may be apart."""
        problem, v = self.problem, self.v
        steps = scales(problem.x, problem.inputs.offsets)
        u = exact(
            problem.x, steps * self.rng.uniform(0.5, 1.5, problem.x.size) * self.rng.choice([-1.0, 1.0], problem.x.size)
        )
        sigma, _ = noise(problem.value, problem.x, u, problem.y)
        problem.heft = np.fmax(problem.heft, sigma / EPS)
        nudged = problem.pull(problem.x, v * (1 + 4 * EPS * self.rng.choice([-1.0, 1.0], v.size)))
        excuse = np.max(np.abs(nudged - problem.pull(problem.x, v)), initial=0)
        return 512 * EPS * problem.spread(problem.x, v) / steps + 64 * (excuse if np.isfinite(excuse) else 0)


def _is_lost(problem: Problem, v: Array, found: Array, expected: Array, factor: float) -> bool:
    """True if the element that differs most does so since numbers on the way are too small for a float."""
    i = int(np.argmax(np.abs(found - expected)))
    unit = np.zeros_like(problem.x)
    unit[i] = 1.0
    return bool(abs(found[i] - expected[i]) <= problem.lost(problem.x, v, unit, min(1.0, abs(factor))))


def _differ(
    problem: Problem, found: Array, expected: Array, size: Array, excuse: _Excuse | None = None, least: float = ROUNDING
) -> bool:
    """True if two answers that should be equal are not; a part of the largest number of each argument is excused."""
    if not np.isfinite(found).all():
        return True
    apart, bound = np.abs(found - expected), np.empty_like(size)
    for a, b in zip(problem.inputs.offsets[:-1], problem.inputs.offsets[1:], strict=True):
        bound[a:b] = max(least, 64 * problem.coarse) * np.max(np.abs(size[a:b]), initial=0)
    return bool(np.any(apart > bound) and (excuse is None or np.any(apart > bound + excuse.bound())))
