"""Functions of symmetric matrices: those that read one half alone, as Cholesky's does, and those that refuse others.

Their gradient is by custom that of symmetric matrices: it counts both halves. A step of a single element leaves that
custom, and measures something else: nothing at all in the half that is not read. So where a check has not passed, it is
asked whether f is such a function; and if the gradient is right along symmetric steps, the report says that, and how to
ask for it (`project=` of `check`).
"""

from __future__ import annotations

from collections.abc import Callable, Container, Sequence

import numpy as np

from .problems import Problem
from .stencils import Array

STEP = 2.0**-10
"""How far elements are moved, relative to the largest: far enough to be noticed by an `np.allclose` in f."""


def folded(problem: Problem, leaves: list[int]) -> Callable[[Array], Array]:
    """A projection of vectors: these matrices become symmetric, or Hermitian."""

    def project(x: Array) -> Array:
        arrays = problem.inputs.arrays(x)
        for k in leaves:
            arrays[k] = (arrays[k] + np.conj(np.swapaxes(arrays[k], -1, -2))) / 2
        return problem.inputs.vector(arrays)

    return project


def projection(names: Sequence[str], symmetric: Container[int]) -> str:
    """The same projection as one would write it down.

    >>> projection(["A", "b"], {0})
    'project=lambda A, b: ((A + A.T) / 2, b)'
    """
    names = [name if name.isidentifier() else f"x{k}" for k, name in enumerate(names)]
    parts = [f"({name} + {name}.T) / 2" if k in symmetric else name for k, name in enumerate(names)]
    result = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
    return f"project=lambda {', '.join(names)}: {result}"


def of_symmetric(problem: Problem) -> dict[int, str]:
    """The arguments that f means to be symmetric: their places, and how that shows."""
    return {k: words for k, x in enumerate(problem.inputs.arrays(problem.x)) if (words := _shown(problem, k, x))}


def _shown(problem: Problem, k: int, x: Array) -> str:
    """How f treats the halves of one argument, in words; empty if it is no symmetric matrix, or f reads both."""
    if x.ndim < 2 or x.shape[-1] != x.shape[-2] or x.shape[-1] < 2 or not _is_symmetric(x):
        return ""
    step = STEP * np.max(np.abs(x)) * (1 + np.arange(x.size).reshape(x.shape) / x.size)
    lower, upper = (_moved(problem, k, x, half) for half in (np.tril(step, -1), np.triu(step, 1)))
    name = problem.inputs.names[k]
    if not np.isfinite(lower).all() and not np.isfinite(upper).all():
        both = _moved(problem, k, x, np.tril(step, -1) + np.swapaxes(np.tril(step, -1), -1, -2))
        return f"f is defined for symmetric {name} alone" if np.isfinite(both).all() else ""
    for read, other, which in ((lower, upper, "lower"), (upper, lower, "upper")):
        if np.array_equal(other, problem.y) and not np.array_equal(read, problem.y, equal_nan=True):
            return f"f reads the {which} half of the symmetric {name} alone"
    return ""


def _is_symmetric(x: Array) -> bool:
    other = np.conj(np.swapaxes(x, -1, -2))
    return bool(x.any() and np.max(np.abs(x - other)) <= 1e-12 * np.max(np.abs(x)))


def _moved(problem: Problem, k: int, x: Array, step: Array) -> Array:
    """f with one argument moved."""
    arrays = problem.inputs.arrays(problem.x)
    arrays[k] = x + step
    return problem.value(problem.inputs.vector(arrays))
