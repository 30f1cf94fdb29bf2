"""Rearranging, joining and splitting: linear maps that move elements and never mix them.

The transpose of a rearrangement puts every element back; the transpose of a join is a split. Where elements are
repeated (`broadcast_to`), the walk adds their cotangents up, as it does for all broadcasting. Next: `reductions.py`.
"""

from __future__ import annotations

from itertools import accumulate

import numpy as np

from ..errors import NoRuleError
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


def _refuse_order(order):
    if order not in ("C", "F"):
        raise NoRuleError(f"order={order!r} depends on how the array lies in memory, so it has no rule. Say 'C' or 'F'")


def _bind_reshape(a, shape, order="C", *, copy=None):
    _refuse_order(order)
    return (a,), {"shape": shape} if order == "C" else {"shape": shape, "order": order}


def _bind_ravel(a, order="C"):
    _refuse_order(order)
    return (a,), {} if order == "C" else {"order": order}


def _reshape(x, shape, order="C"):
    return x.reshape(shape) if order == "C" else x.reshape(shape, order=order)


def _stretch(x, shape, subok=False):
    """np.broadcast_to; for numbers and contiguous arrays without its iterators, which cost as much as ten sums."""
    if isinstance(x, np.generic) and len(shape) == 1 and shape[0] < 1024:
        filled = np.empty(shape, x.dtype)
        filled.fill(x)
        return filled
    y = np.asarray(x) if isinstance(x, np.generic) else x
    if type(y) is not np.ndarray or isinstance(shape, int):
        return np.broadcast_to(x, shape)
    steps = [0] * (len(shape) - y.ndim)
    if y.ndim:
        fits = all(n in (1, m) for n, m in zip(y.shape, shape[len(steps) :], strict=False))
        if not fits or y.ndim > len(shape) or not y.size or not y.flags.c_contiguous:
            return np.broadcast_to(x, shape)  # which also explains what is wrong
        steps += [s if n == m else 0 for s, n, m in zip(y.strides, y.shape, shape[len(steps) :], strict=True)]
    view = np.ndarray(shape, y.dtype, y, 0, steps)
    view.flags.writeable = False
    return view


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
linear(np.copy,             lambda g, y, x, order="K", subok=False: g)
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
    reps = reps if isinstance(reps, tuple | list) else (reps,)
    reps = (1,) * (A.ndim - len(reps)) + tuple(reps)
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

converted = linear(lambda x, dtype: x.astype(dtype), transpose=lambda g, y, x, dtype: g)
truncated = lambda x, dtype: np.astype(np.asarray(x.detach()), dtype)
composite(
    np.astype, lambda x, dtype, /, *, copy=True: (converted if np.dtype(dtype).kind in "fc" else truncated)(x, dtype)
)


# --- joining and splitting --------------------------------------------------------------------------------------------


def _cut(x, ends, axis):
    before, starts = (slice(None),) * (axis % x.ndim), [0, *ends[:-1]]
    return [x[(*before, slice(a, b))] for a, b in zip(starts, ends, strict=True)]


cut = linear(_cut, transpose=lambda g, y, x, ends, axis: np.concatenate(g, axis))
"""The pieces of x that end at given places along an axis: `np.split` without its detours."""


def _concatenate_transpose(g, y, *xs, axis=0, dtype=None):
    """Cut g where the arrays met."""
    ends = list(accumulate([x.size if axis is None else x.shape[axis] for x in xs]))
    pieces = cut(g, ends=ends, axis=axis or 0)
    return pieces if axis is not None else [piece.reshape(x.shape) for piece, x in zip(pieces, xs, strict=True)]


def _sequence(arrays, axis=0, out=None, *, dtype=None, casting="same_kind"):
    if out is None and dtype is None:
        return tuple(arrays), {"axis": axis}
    return tuple(arrays), {"axis": axis, "out": out, "dtype": dtype}


def _horizontal(tup, *, dtype=None, casting="same_kind"):
    columns = [np.atleast_1d(x) for x in tup]
    return np.concatenate(columns, 0 if columns[0].ndim == 1 else 1)


def _as_column(x):
    return np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else x


def _append(arr, values, axis=None):
    return np.concatenate(
        [np.ravel(arr), np.ravel(values)] if axis is None else [arr, values], 0 if axis is None else axis
    )


def _pieces_back(g, y, x, indices_or_sections, axis=0):
    return np.concatenate(g, axis)


def _bind_split(ary, indices_or_sections, axis=0):
    ends = [0, *indices_or_sections] if np.ndim(indices_or_sections) else [0]
    n = ary.shape[axis]
    ends = [min(e, n) if e >= 0 else max(e + n, 0) for e in ends]
    if ends != sorted(ends):
        raise NoRuleError(f"split at {indices_or_sections}: the places are not in order, so pieces overlap: no rule")
    return (ary,), {"indices_or_sections": indices_or_sections, "axis": axis}


linear(
    np.concatenate, _concatenate_transpose, joint=True, bind=_sequence, call=lambda *xs, **p: np.concatenate(xs, **p)
)
linear(
    np.stack,
    lambda g, y, *xs, axis=0, dtype=None: np.unstack(g, axis=axis),
    joint=True,
    bind=_sequence,
    call=lambda *xs, **p: np.stack(xs, **p),
)
linear(np.split, _pieces_back, bind=_bind_split)
linear(np.array_split, _pieces_back, bind=_bind_split)
linear(np.unstack, lambda g, y, x, axis=0: np.stack(g, axis))

# fmt: off
composite(np.vstack,       lambda tup, *, dtype=None, casting="": np.concatenate([np.atleast_2d(x) for x in tup], 0))
composite(np.hstack,       _horizontal)
composite(np.dstack,       lambda tup: np.concatenate([np.atleast_3d(x) for x in tup], 2))
composite(np.column_stack, lambda tup: np.concatenate([_as_column(x) for x in tup], 1))
composite(np.append,       _append)
composite(np.hsplit,       lambda ary, indices_or_sections: np.split(ary, indices_or_sections, min(1, ary.ndim - 1)))
composite(np.vsplit,       lambda ary, indices_or_sections: np.split(ary, indices_or_sections, 0))
composite(np.dsplit,       lambda ary, indices_or_sections: np.split(ary, indices_or_sections, 2))

flat(np.shape, np.ndim, np.size, np.zeros_like, np.ones_like, np.empty_like, np.result_type, np.can_cast)
flat(np.may_share_memory, np.shares_memory, np.min_scalar_type)
composite(np.full_like,    lambda a, fill_value, dtype=None, order="K", subok=True, shape=None:
                               np.ones_like(a, dtype=dtype, shape=shape) * fill_value)
# fmt: on
