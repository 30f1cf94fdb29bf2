"""Rearranging and stretching: linear maps that move elements and never mix them; and the types of numbers.

The transpose of a rearrangement puts every element back. Where elements are repeated (`broadcast_to`), the walk adds
their cotangents up, as it does for all broadcasting. Joining and splitting: `assembling.py`. Next: `reductions.py`.
"""

from __future__ import annotations

import math

import numpy as np

from .declare import composite, flat, linear


def _back(g, y, x, *args, order="C", **params):
    """Into the shape it came from."""
    return g.reshape(x.shape) if order == "C" else np.reshape(g, x.shape, order=order)


def _reshape_back(g, y, x, shape, order="C"):
    return g.reshape(x.shape) if order == "C" else np.reshape(g, x.shape, order=order)


def _transpose_back(g, y, x, axes=None):
    return (
        np.transpose(g) if axes is None else np.transpose(g, [int(i) for i in np.argsort([a % x.ndim for a in axes])])
    )


def _negated(shift):
    return tuple(-s for s in shift) if isinstance(shift, tuple | list) else -shift


def _order(a, order):
    """The order "A" is that of the memory: "F" if the array lies there by columns, else "C"."""
    return ("F" if a.flags.fnc else "C") if order == "A" else order


def _bind_reshape(a, shape, order="C", *, copy=None):
    a, order = np.copy(a) if copy else a, _order(a, order)
    return (a,), {"shape": shape} if order == "C" else {"shape": shape, "order": order}


def _bind_ravel(a, order="C"):
    if order == "K":  # as the elements lie in memory: the longest stride first
        a, order = np.transpose(a, sorted(range(a.ndim), key=lambda i: -abs(a.strides[i]))), "C"
    order = _order(a, order)
    return (a,), {} if order == "C" else {"order": order}


def _reshape(x, shape, order="C"):
    return x.reshape(shape) if order == "C" else x.reshape(shape, order=order)


def _stretch(x, shape, subok=False):
    """np.broadcast_to; what is small is written out in half the time of a view, and is faster to compute with."""
    shape = (shape,) if isinstance(shape, int) else shape
    known = type(x) is np.ndarray or isinstance(x, np.generic)
    if not known or x.ndim > len(shape) or math.prod(shape) > 2048:
        return np.broadcast_to(x, shape)
    filled = np.empty(shape, x.dtype)
    filled[...] = x
    return filled


def _copy(x, **params):
    return np.copy(x, **params) if isinstance(x, np.ndarray | np.generic) else x.copy()  # not every array knows np.copy


# fmt: off
linear(np.reshape,          _reshape_back, bind=_bind_reshape, call=_reshape)
linear(np.ravel,            _back, bind=_bind_ravel)
linear(np.expand_dims,      _back)
linear(np.squeeze,          _back)
linear(np.transpose,        _transpose_back)
linear(np.matrix_transpose, lambda g, y, x: np.matrix_transpose(g))
linear(np.swapaxes,         lambda g, y, x, axis1, axis2: np.swapaxes(g, axis1, axis2))
linear(np.moveaxis,         lambda g, y, x, source, destination: np.moveaxis(g, destination, source))
stretch = linear(np.broadcast_to, lambda g, y, x, shape, subok=False: g, call=_stretch)
linear(np.copy,             lambda g, y, x, order="K", subok=False: g, call=_copy)
linear(np.flip,             lambda g, y, x, axis=None: np.flip(g, axis))
linear(np.fliplr,           lambda g, y, x: np.fliplr(g))
linear(np.flipud,           lambda g, y, x: np.flipud(g))
linear(np.roll,             lambda g, y, x, shift, axis=None: np.roll(g, _negated(shift), axis))
linear(np.rot90,            lambda g, y, x, k=1, axes=(0, 1): np.rot90(g, -k, axes))
linear(np.triu,             lambda g, y, x, k=0: np.triu(g, k))
linear(np.tril,             lambda g, y, x, k=0: np.tril(g, k))
# fmt: on


def _rollaxis(a, axis, start=0):
    axis, start = axis % a.ndim, start + a.ndim if start < 0 else start
    return np.moveaxis(a, axis, start - 1 if axis < start else start)


def _atleast(n):
    """Leading axes of size 1; `np.atleast_3d` alone adds its third axis at the end."""

    def formula(*arrays):
        grown = [_grow(x if hasattr(x, "ndim") else np.asarray(x), n) for x in arrays]
        return grown[0] if len(grown) == 1 else tuple(grown)

    return formula


def _grow(x, n):
    if x.ndim >= n:
        return x
    return np.reshape(x, {0: (1,) * n, 1: (1, *x.shape, 1)[: n if n == 3 else 2], 2: (*x.shape, 1)}[x.ndim])


def _tile(A, reps):
    reps = tuple(np.ravel(reps).tolist())
    reps = (1,) * (A.ndim - len(reps)) + reps
    shape = (1,) * (len(reps) - A.ndim) + A.shape
    pairs = np.reshape(
        A, tuple(n for size in shape for n in (1, size))
    )  # each axis after one of size 1, which is stretched
    stretched = np.broadcast_to(pairs, tuple(n for pair in zip(reps, shape, strict=True) for n in pair))
    return np.reshape(stretched, tuple(r * size for r, size in zip(reps, shape, strict=True)))


def _broadcast_arrays(*args, subok=False):
    shape = np.broadcast_shapes(*[np.shape(x) for x in args])
    return tuple(np.broadcast_to(x, shape) for x in args)


def _meshgrid(*xi, copy=True, sparse=False, indexing="xy"):
    n = len(xi)
    axes = [1, 0, *range(2, n)] if indexing == "xy" and n > 1 else list(range(n))
    grids = [np.reshape(x, tuple(-1 if a == axes[i] else 1 for a in range(n))) for i, x in enumerate(xi)]
    return tuple(grids) if sparse else _broadcast_arrays(*grids)


composite(np.rollaxis, _rollaxis)
composite(np.atleast_1d, _atleast(1))
composite(np.atleast_2d, _atleast(2))
composite(np.atleast_3d, _atleast(3))
composite(np.tile, _tile)
composite(np.broadcast_arrays, _broadcast_arrays)
composite(np.meshgrid, _meshgrid)


# --- types of numbers -------------------------------------------------------------------------------------------------


def astype(x, dtype):
    return x.astype(dtype)


converted = linear(astype, transpose=lambda g, y, x, dtype: g)


def _astype(x, dtype, /, *, copy=True, device=None):
    """Another type of numbers; whole numbers and truth values are steps, and no part of the record."""
    return converted(x, dtype=dtype) if np.dtype(dtype).kind in "fc" else x.data.astype(dtype)


composite(np.astype, _astype)

flat(np.shape, np.ndim, np.size, np.result_type, np.common_type, np.can_cast, np.min_scalar_type)
flat(np.may_share_memory, np.shares_memory)
