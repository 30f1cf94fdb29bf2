"""Arrays of Tensors in the forms for which NumPy asks nobody: nested lists, `r_` and `c_`, functions of one element.

``np.array([a, b])`` and ``np.r_[a, b]`` turn a Tensor into numbers before it can object. The same names from here
keep its gradient: ``from tinygrad_edu.functions.assembling import array, c_, r_, vectorize``.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from math import prod
from typing import Any

import numpy as np

from ..rules.assembling import assembled
from ..rules.indexing import scatter


def array(object: Any, dtype: Any = None) -> Any:
    """Nested lists of numbers, arrays and Tensors as one array, as by `numpy.array`.

    >>> import tinygrad_edu as tg
    >>> float(tg.grad(lambda a: np.sum(array([[a, 1], [2, a]]) ** 2))(3.0))
    12.0
    """
    x = assembled(object)
    return x if dtype is None else np.astype(x, dtype)


class Concatenator:
    """`r_` and `c_`: arrays joined by an index, with the syntax of `numpy.r_`."""

    def __init__(self, of_numpy: Any) -> None:
        self.of_numpy = of_numpy

    def __getitem__(self, key: Any) -> Any:
        """Let NumPy join the *places* of the elements instead of the elements, and read there."""
        items = key if isinstance(key, tuple) else (key,)
        words, items = (items[:1], items[1:]) if isinstance(items[0], str) else ((), items)
        arrays = [assembled(np.r_[x] if isinstance(x, slice) else x) for x in items]
        places, n = [], 0
        for x in arrays:
            places.append(np.reshape(np.arange(n, n + x.size), x.shape))
            n += x.size
        joined = np.asarray(self.of_numpy[(*words, *places)])
        return np.reshape(np.concatenate([np.ravel(x) for x in arrays])[np.ravel(joined)], joined.shape)


r_ = Concatenator(np.r_)
"""Join along the first axis: ``r_[0, x, 1:4]``."""
c_ = Concatenator(np.c_)
"""Join as columns: ``c_[x, y]``."""


def diag_embed(x: Any, offset: int = 0, axis1: int = -2, axis2: int = -1) -> Any:
    """Matrices with the last axis of x on a diagonal: `numpy.diag` for many at once.

    >>> diag_embed(np.array([[1.0, 2.0], [3.0, 4.0]])).shape
    (2, 2, 2)
    """
    n = x.shape[-1] + abs(offset)
    rows = np.arange(x.shape[-1]) + max(-offset, 0)
    y = scatter(x, shape=(*x.shape[:-1], n, n), index=(..., rows, rows + offset))
    return np.moveaxis(y, (-2, -1), (axis1, axis2))


def unflatten(x: Any, axis: int, sizes: Sequence[int]) -> Any:
    """One axis split into several, of which one size may be -1.

    >>> unflatten(np.arange(12).reshape(2, 6), 1, (3, -1)).shape
    (2, 3, 2)
    """
    axis = axis % x.ndim
    rest = x.shape[axis] // max(-prod(sizes), 1)
    return np.reshape(x, (*x.shape[:axis], *[rest if n == -1 else n for n in sizes], *x.shape[axis + 1 :]))


def vectorize(function: Callable[..., Any]) -> Callable[..., Any]:
    """A function of numbers as one of arrays: called for each element, with branches and loops in plain Python.

    As slow as `numpy.vectorize`; where the function can be written for arrays (`np.where` for ``if``), that is faster.

    Returns
    -------
    callable
        Broadcasts its arguments; if the function returns a tuple, it returns one of arrays.

    >>> import tinygrad_edu as tg
    >>> ramp = vectorize(lambda x: x * x if x > 0 else 0 * x)
    >>> tg.grad(lambda x: np.sum(ramp(x)))(np.array([-1.0, 3.0]))
    array([0., 6.])
    """

    @wraps(function)
    def of_arrays(*args: Any) -> Any:
        arrays = np.broadcast_arrays(*[assembled(x) for x in args])
        found = [function(*xs) for xs in zip(*[np.unstack(np.ravel(x)) for x in arrays], strict=True)]
        shaped = lambda values: np.reshape(assembled(list(values)), arrays[0].shape)
        return tuple(map(shaped, zip(*found, strict=True))) if found and isinstance(found[0], tuple) else shaped(found)

    return of_arrays
