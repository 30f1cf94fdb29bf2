"""What a gradient function promises besides its numbers; no finite difference is needed to find these broken.

The same question has the same answer, asked twice, with other questions between. Nothing that was handed in is written
to, nothing that was handed out changes later. A vjp is linear: twice the cotangent, with the sign turned, is exactly
-2 times the answer, since a power of 2 rounds nothing; zero gives zero; a sum gives the sum.
"""

from __future__ import annotations

import numpy as np

from ..errors import ShapeError, TinygradError, TreeError
from .problems import Problem
from .stencils import EPS, Array, scales
from .verdicts import FAIL, OPEN, PASS, Row

ROUNDING = 1e-9
"""Most vjps are exactly linear, but some solve or integrate on their way, by steps that depend on the cotangent."""

SCALES = (-2.0, 2.0**13)
"""What cotangents are scaled by: powers of 2, one of them large enough for a clipped gradient to be clipped."""


def promises(problem: Problem, rng: np.random.Generator) -> list[Row]:
    """One row for every promise that was broken; a single one that passed if none was."""
    broken = list(_of_function(problem))
    if any(row.verdict == FAIL for row in broken):
        return broken
    try:
        broken += _of_vjp(problem, rng, deterministic=not broken)
    except (ShapeError, TreeError) as error:
        broken.append(_row("shapes and structure", FAIL, str(error)))
    return broken or [_row("deterministic, linear, mutates nothing", PASS, "")]


def _row(promise: str, verdict: str, reason: str) -> Row:
    return Row(promise, np.nan, np.nan, np.nan, verdict, reason, "protocol")


def _of_function(problem: Problem):
    arrays = problem.inputs.arrays(problem.x)
    with np.errstate(all="ignore"):
        again = problem.outputs.vector(problem.results(arrays))
    problem.cost.evaluations += 1
    if not np.array_equal(problem.inputs.vector(arrays), problem.x, equal_nan=True):
        yield _row("f mutates nothing", FAIL, "f writes into its arguments")
    apart = np.max(np.abs(again - problem.y), initial=0, where=np.isfinite(again - problem.y))
    if not np.array_equal(again, problem.y, equal_nan=True):
        if apart > 1e-9 * np.max(np.abs(problem.y), initial=0):
            yield _row("f is deterministic", OPEN, f"f gave two values, {apart:.2g} apart: fix its random seed")


def _of_vjp(problem: Problem, rng: np.random.Generator, deterministic: bool):
    v = rng.uniform(0.5, 1.5, problem.outputs.size) * rng.choice([-1.0, 1.0], problem.outputs.size)
    asked = problem.outputs.arrays(v, conjugate=True)
    kept = problem.outputs.vector(asked)
    arrays = problem.inputs.arrays(problem.x)
    pull, _ = problem.linearise(arrays)
    problem.cost.vjps += 1
    raw = pull(asked)
    yield from _of_types(problem, raw)
    first = problem.inputs.vector(raw, conjugate=True)
    stale = problem.inputs.vector(raw)
    if not np.array_equal(problem.outputs.vector(asked), kept, equal_nan=True):
        yield _row("the vjp mutates nothing", FAIL, "the vjp writes into its cotangent")
    if not np.array_equal(problem.inputs.vector(arrays), problem.x, equal_nan=True):
        yield _row("the vjp mutates nothing", FAIL, "the vjp writes into the arguments")
    rounding = 64 * EPS * float(np.abs(v) @ np.abs(problem.y)) / scales(problem.x, problem.inputs.offsets)
    if not np.isfinite(first).all():
        return  # no arithmetic is exact there; what it should be, differences will say
    bound = _slack(problem, first) + rounding
    for factor in SCALES:
        scaled = problem.pull(problem.x, factor * v)
        if _differ(scaled / factor, first, bound):
            text = f"the vjp of {factor:g} g is not {factor:g} times the vjp of g"
            yield _row("the vjp is linear in the cotangent", FAIL, text)
            break
    if not np.array_equal(problem.inputs.vector(raw), stale, equal_nan=True):
        yield _row("nothing is aliased", FAIL, "a gradient that was handed out was written to by a later call")
    if np.any(problem.pull(problem.x, 0 * v) != 0):
        yield _row("the vjp is linear in the cotangent", FAIL, "the vjp of 0 is not 0")
    second = problem.pull(problem.x, v, fresh=True)
    if _differ(second, first, bound) and deterministic:
        yield _row("the vjp is deterministic", FAIL, "the vjp gave two answers to the same question")
    if problem.outputs.size > 1:
        yield from _additive(problem, v, first, rng, rounding)


def _of_types(problem: Problem, gradients: list):
    for name, g, dtype in zip(problem.inputs.names, gradients, problem.inputs.wide, strict=True):
        if np.iscomplexobj(g) and dtype.kind == "f" and np.any(np.imag(g)):
            yield _row("real arguments have real gradients", FAIL, f"the gradient of {name} is complex")


def _additive(problem: Problem, v: Array, first: Array, rng: np.random.Generator, rounding: Array):
    """vjp(v + w) = vjp(v) + vjp(w), to the rounding of the three."""
    w = np.where(rng.random(v.size) < 0.5, -v, v * rng.uniform(0.1, 3, v.size))
    other, both = problem.pull(problem.x, w), problem.pull(problem.x, v + w)
    again = problem.pull(problem.x, v * (1 + 4 * EPS * rng.choice([-1.0, 1.0], v.size)))
    rounding = rounding + np.max(np.abs(again - first), initial=0)
    if _differ(both, first + other, 8 * rounding + _slack(problem, np.abs(first) + np.abs(other) + np.abs(both))):
        yield _row("the vjp is linear in the cotangent", FAIL, "the vjp of a sum is not the sum of the vjps")


def _slack(problem: Problem, gradient: Array) -> Array:
    """How far two answers may be apart that are equal but for rounding: by the largest number of each argument."""
    bound = np.empty_like(gradient)
    for a, b in zip(problem.inputs.offsets[:-1], problem.inputs.offsets[1:], strict=True):
        bound[a:b] = ROUNDING * np.max(np.abs(gradient[a:b]), initial=0)
    return bound


def _differ(found: Array, expected: Array, bound: Array) -> bool:
    with np.errstate(invalid="ignore"):
        apart = np.abs(found - expected)
    return bool(np.any(apart > bound) or np.any(np.isfinite(found) != np.isfinite(expected)))


def narrow(problem: Problem, v: Array, rng: np.random.Generator) -> list[Row]:
    """The gradient in the user's own precision against that in float64, within what its own noise explains.

    How much rounding is amplified on the way, a look tells: x moves by one ulp of the narrow type, three times.
    """
    dtypes = [d for d in problem.inputs.dtypes if d.itemsize // (2 if d.kind == "c" else 1) < 8]
    if not dtypes:
        return []
    eps = max(float(np.finfo(d).eps) for d in dtypes)
    largest = min(float(np.finfo(d).max) for d in dtypes)
    wide = problem.pull(problem.x, v)
    try:
        with np.errstate(all="ignore"):
            runs = []
            for k in range(4):
                moved = problem.x * (1 + (eps * rng.choice([-1.0, 1.0], problem.x.size) if k else 0))
                arrays = problem.inputs.arrays(moved, narrow=True)
                results = [np.asarray(y) for y in problem.results(arrays)]
                cotangents = [g.astype(y.dtype) for g, y in zip(problem.outputs.arrays(v, True), results, strict=True)]
                runs.append(problem.linearise(arrays)[0](cotangents))
                problem.cost.vjps += 1
    except TinygradError as error:
        return [_row("in its own precision", OPEN, str(error))]
    wrong = [d for g, d in zip(runs[0], problem.inputs.dtypes, strict=True) if g.dtype != d]
    if wrong and problem.differentiable:
        return [_row("a gradient has the dtype of its argument", FAIL, f"an argument of {wrong[0]} has another")]
    found = np.stack([problem.inputs.vector(g, conjugate=True) for g in runs])
    spread = np.max(np.abs(found - found[0]), axis=0, initial=0)
    bound = 32 * np.max(spread, initial=0) + 256 * eps * np.max(np.abs(wide), initial=0)
    apart = np.abs(found[0] - wide)
    if not np.isfinite(found).all():
        beyond = np.abs(problem.y).max(initial=0) > 1e-3 * largest or np.isfinite(wide).all()
        return [_row("in its own precision", OPEN, "it overflows there, where float64 does not")] if beyond else []
    if np.any(apart > np.fmax(bound, 1e-2 * np.max(np.abs(wide), initial=0))):
        i = int(np.argmax(apart))
        text = f"{problem.inputs.where(i)}: {found[0][i]:.6g}, but {wide[i]:.6g} in float64"
        return [_row("in its own precision", OPEN, text)]
    return []
