"""The gradient in the user's own precision, float32 or float16, beside that in float64.

Where the two differ, it may be a rule that treats narrow floats otherwise, or rounding. How much rounding explains is
the larger of two things. One is seen: x moves by one ulp of the narrow type, three times. The other is computed: every
number on the way to the gradient is rounded, and matters as much as the gradient depends on it, Σ |ȳ||y| over the
record of the gradient itself. So 1 - y² for a tanh that is nearly 1 may lose all its digits, since 1 is rounded; and a
rule that is off by a thousandth is seen all the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from itertools import pairwise

import numpy as np

from ..errors import TinygradError
from .problems import Problem
from .stencils import Array, scales
from .verdicts import FAIL, OPEN, PASS, Row

WHERE = "in its own precision"
ULPS = 64.0
"""So many roundings of each number are excused: a function of NumPy in float32 errs by up to 4, a long sum by more."""
NATURAL = 1024.0
"""So many of f itself, per relative step, where there is no record that could say what a gradient is made of."""


class Narrow:
    """Both gradients at one point, and what rounding explains of their difference.

    Attributes
    ----------
    found, wide : array
        The gradient in the narrow type, and in float64.
    spread : array
        How far `found` moves if x moves by an ulp.
    eps, least : float
        The rounding unit of the narrow type, and its smallest normal number: what is below may be lost.
    overflows : bool
        True if f itself is infinite there in the narrow type.
    """

    def __init__(self, problem: Problem, x: Array, v: Array, rng: np.random.Generator, looks: int = 3) -> None:
        self.problem, self.x, self.v = problem, x, v
        self.dtypes = [d for d in problem.inputs.dtypes if is_narrow(d)]
        self.eps = max(float(np.finfo(d).eps) for d in self.dtypes)
        self.least = max(float(np.finfo(d).smallest_normal) for d in self.dtypes)
        self.wide, self.overflows = problem.pull(x, v), False
        with np.errstate(all="ignore"):
            moved = [x * (1 + self.eps * rng.choice([-1.0, 1.0], x.size)) for _ in range(looks)]
            runs = [self._gradients(place) for place in (x, *moved)]
        self.types = [g.dtype for g in runs[0]]
        found = np.stack([problem.inputs.vector(g, conjugate=True) for g in runs])
        self.found, self.spread = found[0], np.max(np.abs(found - found[0]), axis=0, initial=0)

    def _gradients(self, x: Array) -> list[Array]:
        problem = self.problem
        problem.cost.vjps += 1
        arrays = problem.inputs.arrays(x, narrow=True)
        results = [np.asarray(y) for y in problem.results(arrays)]
        self.overflows |= not all(np.isfinite(y).all() for y in results)
        wide = problem.outputs.arrays(self.v, conjugate=True)
        return problem.linearise(arrays)[0]([g.astype(y.dtype) for g, y in zip(wide, results, strict=True)])

    @property
    def apart(self) -> Array:
        """How far the two are apart."""
        return np.abs(self.found - self.wide)

    def suspects(self) -> list[int]:
        """The elements that differ by more than the first look explains, and most: of each argument a few."""
        seen = 32 * self.spread + 256 * self.eps * np.abs(self.wide) + self.least
        offsets, chosen = self.problem.inputs.offsets, []
        for a, b in pairwise(offsets):
            beyond = a + np.flatnonzero(self.apart[a:b] > seen[a:b])
            for key in (self.apart[beyond], self.apart[beyond] / seen[beyond]):
                chosen += [int(i) for i in beyond[np.argsort(-key, kind="stable")][:2]]
        return list(dict.fromkeys(chosen))[:8]

    def bounds(self, chosen: list[int]) -> Iterator[tuple[int, float]]:
        """Of each of these elements, how far rounding may take it."""
        problem, second = self.problem, None
        if problem.differentiable:
            with suppress(TinygradError, TypeError, ValueError, AttributeError):  # of a rule that cannot be recorded
                second = problem.second(self.v)
        natural = NATURAL * float(np.abs(self.v) @ problem.heft) / scales(self.x, problem.inputs.offsets)
        for i in chosen:
            seen = 32 * float(self.spread[i]) + 256 * self.eps * abs(float(self.wide[i])) + self.least
            if second is None:
                yield i, seen + self.eps * float(natural[i])
            else:
                unit = np.zeros(self.x.size)
                unit[i] = 1.0
                yield i, seen + ULPS * second.spread(self.x, unit, self.eps, self.least)

    def beyond(self) -> tuple[int, float] | None:
        """The element that is further off than rounding explains, and its bound; None if none is."""
        worst = [(float(self.apart[i]) / bound, i, bound) for i, bound in self.bounds(self.suspects())]
        ratio, i, bound = max(worst, default=(0.0, 0, 0.0))
        return (i, bound) if ratio > 1 else None


def is_narrow(dtype: np.dtype) -> bool:
    """True for float32, float16 and complex64."""
    return dtype.itemsize // (2 if dtype.kind == "c" else 1) < 8


def narrow(problem: Problem, v: Array, rng: np.random.Generator) -> list[Row]:
    """What there is to say of the gradient in the user's own precision; nothing, if it is as near as it looks."""
    if not any(map(is_narrow, problem.inputs.dtypes)):
        return []
    try:
        here = Narrow(problem, problem.x, v, rng)
    except TinygradError as error:
        return [_row(OPEN, str(error))]
    wrong = [d for t, d in zip(here.types, problem.inputs.dtypes, strict=True) if t != d]
    if wrong and problem.differentiable:
        return [_row(FAIL, f"an argument of {wrong[0]} has a gradient of another type")]
    if here.overflows or not np.isfinite(here.found).all():
        largest = min(float(np.finfo(d).max) for d in here.dtypes)
        beyond = np.abs(problem.y).max(initial=0) > 1e-3 * largest or np.isfinite(here.wide).all()
        return [_row(OPEN, "it overflows there, where float64 does not")] if beyond else []
    worst = here.beyond()
    if worst is None:
        i = int(np.argmax(here.apart, axis=0)) if here.apart.size else 0
        lost = here.apart.size and here.apart[i] > 1e-2 * np.max(np.abs(here.wide))
        return [_compared(here, i, here.apart[i], PASS, "")] if lost else []
    return [_compared(here, *worst, OPEN if problem.differentiable else _nearby(here, rng), "more than rounding: ")]


def _nearby(here: Narrow, rng: np.random.Generator) -> str:
    """Whose word it is: rounding that a record would explain is large here and small there; a mistake is large."""
    for _ in range(4):
        away = 1 + rng.uniform(0.02, 0.1, here.x.size) * rng.choice([-1.0, 1.0], here.x.size)
        try:
            there = Narrow(here.problem, here.x * away, here.v, rng, looks=1)
        except Exception:  # a vjp of somebody's own may refuse any point but x
            return OPEN
        if not np.isfinite(there.found).all() or there.beyond() is None:
            return OPEN
    return FAIL


def _compared(here: Narrow, i: int, bound: float, verdict: str, words: str) -> Row:
    name = f"∂/∂{here.problem.inputs.where(i)}"
    text = f"{words}{name} is {here.found[i]:.6g} in {here.dtypes[0]}, but {here.wide[i]:.6g} in float64"
    return Row(WHERE, float(here.found[i]), float(here.wide[i]), float(bound), verdict, text, "protocol")


def _row(verdict: str, reason: str) -> Row:
    return Row(WHERE, np.nan, np.nan, np.nan, verdict, reason, "protocol")
