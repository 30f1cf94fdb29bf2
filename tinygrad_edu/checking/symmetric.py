"""Functions of symmetric matrices: those that read one half alone, as Cholesky's does, and those that refuse others.

Their gradient is by custom that of symmetric matrices: it counts both halves. A step of a single element leaves that
custom, and measures something else: nothing at all in the half that is not read. So where a check has not passed, it is
asked whether f is such a function; and if the gradient is right along symmetric steps, the report says that, and how to
ask for it (`project=` of `check`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from copy import copy
from dataclasses import dataclass

import numpy as np

from .problems import Problem
from .stencils import Array

STEP = 2.0**-10
"""How far elements are moved, relative to the largest: far enough to be noticed by an `np.allclose` in f."""


@dataclass(frozen=True)
class Meant:
    """An argument that f means to be symmetric.

    Attributes
    ----------
    words : str
        How that shows.
    half : str
        "lower" or "upper", if f reads that half alone.
    turned : str
        How its transpose is written in NumPy.
    """

    words: str
    half: str
    turned: str


def folded(problem: Problem, leaves: Iterable[int]) -> Callable[[Array], Array]:
    """A projection of vectors: these matrices become symmetric, or Hermitian."""

    def project(x: Array) -> Array:
        arrays = problem.inputs.arrays(x)
        for k in leaves:
            arrays[k] = (arrays[k] + _turned(arrays[k])) / 2
        return problem.inputs.vector(arrays)

    return project


def projection(names: Sequence[str], meant: Mapping[int, Meant]) -> str:
    """The same projection as one would write it down.

    >>> projection(["A", "b"], {0: Meant("", "lower", ".T")})
    'project=lambda A, b: ((A + A.T) / 2, b)'
    """
    names = [name if name.isidentifier() else f"x{k}" for k, name in enumerate(names)]
    parts = [f"({name} + {name}{meant[k].turned}) / 2" if k in meant else name for k, name in enumerate(names)]
    result = parts[0] if len(parts) == 1 else f"({', '.join(parts)})"
    return f"project=lambda {', '.join(names)}: {result}"


def mirrored(problem: Problem, meant: Mapping[int, Meant]) -> Problem:
    """The same problem at a symmetric point: the half that f does not read is that which it reads, turned."""
    found, arrays = copy(problem), problem.inputs.arrays(problem.x)
    for k, how in meant.items():
        x = arrays[k]
        if how.half:
            read = np.tril(x, -1) if how.half == "lower" else np.triu(x, 1)
            arrays[k] = read + _turned(read) + np.eye(x.shape[-1]) * x
    found.start, found.linear_at = arrays, None
    found.x = problem.inputs.vector(arrays)
    found.y = found.value(found.x)
    return found


def of_symmetric(problem: Problem) -> dict[int, Meant]:
    """The arguments that f means to be symmetric, by their places."""
    return {k: how for k, x in enumerate(problem.inputs.arrays(problem.x)) if (how := _meant(problem, k, x))}


def _meant(problem: Problem, k: int, x: Array) -> Meant | None:
    """How f treats the halves of one argument; None if it is no square matrix, or f reads both."""
    if np.ndim(x) < 2 or x.shape[-1] != x.shape[-2] or x.shape[-1] < 2 or not x.any():
        return None
    step = STEP * np.max(np.abs(x)) * (1 + np.arange(x.size).reshape(x.shape) / x.size)
    lower, upper = (_moved(problem, k, x, half) for half in (np.tril(step, -1), np.triu(step, 1)))
    name, turned = problem.inputs.names[k], (".conj()" if np.iscomplexobj(x) else "") + (".T" if x.ndim == 2 else ".mT")
    if not np.isfinite(lower).all() and not np.isfinite(upper).all():
        both = _moved(problem, k, x, np.tril(step, -1) + _turned(np.tril(step, -1)))
        return Meant(f"f is defined for symmetric {name} alone", "", turned) if np.isfinite(both).all() else None
    is_so = np.max(np.abs(x - _turned(x))) <= 1e-12 * np.max(np.abs(x))
    as_if = f"of the symmetric {name} alone" if is_so else f"of {name} alone, as if {name} were symmetric"
    for read, other, half in ((lower, upper, "lower"), (upper, lower, "upper")):
        if np.array_equal(other, problem.y) and not np.array_equal(read, problem.y, equal_nan=True):
            return Meant(f"f reads the {half} half {as_if}", half, turned)
    return None


def _turned(x: Array) -> Array:
    return np.conj(np.swapaxes(x, -1, -2))


def _moved(problem: Problem, k: int, x: Array, step: Array) -> Array:
    """f with one argument moved."""
    arrays = problem.inputs.arrays(problem.x)
    arrays[k] = x + step
    return problem.value(problem.inputs.vector(arrays))
