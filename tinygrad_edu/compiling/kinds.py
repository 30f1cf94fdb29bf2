"""What the compiler knows of NumPy's functions: whose shapes depend on values, which go by elements, which view.

Everything else is a call like any other. These tables are the only knowledge of functions that tracing and the passes
have; what an operation computes, they never ask.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from typing import Any

import numpy as np

from ..graph import Op
from .program import Kernel, Line, Region

# --- tracing ----------------------------------------------------------------------------------------------------------

STATIC = {
    *(np.shape, np.ndim, np.size, np.result_type, np.iscomplexobj, np.isrealobj, np.can_cast, np.common_type),
    np.min_scalar_type,
}
"""Functions that ask for shape and dtype only: the answer is a constant of the program."""

SHAPED_BY_VALUES: dict[Any, str] = {
    np.nonzero: "np.where(mask, x, 0), which keeps the shape",
    np.flatnonzero: "np.where(mask, x, 0), which keeps the shape",
    np.argwhere: "np.where(mask, x, 0), which keeps the shape",
    np.compress: "np.where(mask, x, 0), which keeps the shape",
    np.extract: "np.where(mask, x, 0), which keeps the shape",
    np.trim_zeros: "a slice of constant length",
    np.bincount: "np.sum(n[:, None] == np.arange(k), axis=0), with a constant k",
    np.unique: "np.sort, which keeps the shape",
    np.unique_all: "np.sort, which keeps the shape",
    np.unique_counts: "np.sort, which keeps the shape",
    np.unique_inverse: "np.sort, which keeps the shape",
    np.unique_values: "np.sort, which keeps the shape",
    np.intersect1d: "np.isin, which keeps the shape",
    np.setdiff1d: "np.isin, which keeps the shape",
    np.setxor1d: "np.isin, which keeps the shape",
    np.union1d: "np.concatenate",
    np.polymul: "np.convolve(a, b)",
    np.polydiv: "np.convolve with the inverse series, of constant length",
    np.roots: "np.linalg.eigvals of the companion matrix",
}
"""Functions whose result's shape depends on values, and what to use instead."""

TYPED_BY_VALUES = {"eig", "eigvals", "poly", "real_if_close", "sqrtm", "logm", "fractional_matrix_power"}
"""Functions that give real numbers or complex ones, as the values are; and all of `np.emath`."""

# --- passes -----------------------------------------------------------------------------------------------------------

FILLS = {np.zeros_like: 0, np.ones_like: 1}
"""Functions that fill an array like another with a number."""

VIEWS: set[Callable[..., Any]] = {
    *(np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis, np.rollaxis, np.expand_dims, np.squeeze),
    *(np.broadcast_to, np.real, np.imag, np.flip, np.matrix_transpose, np.diagonal, np.atleast_1d, np.atleast_2d),
    *(np.atleast_3d, np.unstack, np.split, np.array_split, np.permute_dims, operator.getitem, np.rot90, np.conj),
    *(np.lib.stride_tricks.sliding_window_view, np.broadcast_arrays, np.astype, np.fliplr, np.flipud, np.positive),
    *(np.hsplit, np.vsplit, np.dsplit, np.nan_to_num, np.real_if_close, np.einsum, np.trim_zeros, np.meshgrid),
    *(np.asarray, np.array, np.ascontiguousarray, np.asfortranarray, np.require, np.lib.stride_tricks.as_strided),
    *(np.linalg.matrix_transpose, np.linalg.diagonal, np.linalg.matrix_power, np.sort_complex, np.unwrap, np.round),
}
"""Functions whose result may lie in the memory of an argument."""

CHOICES = {np.where, np.astype, operator.pow, operator.add, operator.sub, operator.mul, operator.neg, operator.abs}
"""Functions that go by elements and are no ufuncs."""

KNOWN_MODULES = ("numpy", "scipy", "_operator", "operator")


def is_pointwise(line: Line) -> bool:
    """True if every element of the result is computed from the elements at the same place."""
    f = line.operation
    if len(line.results) != 1 or line.several:
        return False
    if isinstance(f, np.ufunc):
        return f.signature is None and f.nout == 1 and not line.params
    return f in CHOICES and (f is not np.where or len(line.args) == 3) and not line.params


def may_view(line: Line) -> bool:
    """True if a result may lie in the memory of an argument: also for every function that is not known not to."""
    f = line.operation
    if isinstance(f, np.ufunc | Kernel | Region) or f in CHOICES - {np.astype}:
        return False
    if isinstance(f, Op) or getattr(f, "__name__", "") in ("added_at", "sum_log1p"):
        return False  # scatter and setitem, too, make arrays of their own
    if getattr(f, "__module__", None) in (None, "builtins"):
        return True
    return f in VIEWS or not str(f.__module__).startswith(KNOWN_MODULES)


def is_pure(line: Line) -> bool:
    """True if the line may be left out, merged with its equal, or moved: it draws no random numbers."""
    return all(value.dtype is not None for value in line.reads)
