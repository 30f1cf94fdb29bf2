"""Selecting elements and putting them somewhere: `x[index]`, `x[index] = v`, and what is made of them.

Reading by index and adding at an index are transposes of each other: what was read twice receives two cotangents.
`scatter` is the one place of the library that writes into an array, and the array is its own. Next: `products.py`.
"""

from __future__ import annotations

import math
import operator
from typing import Any

import numpy as np

from ..graph import Op
from ..surface import Surface
from .declare import composite, flat, linear, primitive


def is_basic(index):
    """True if an index is made of integers, slices, newaxis and ellipsis, or is a mask: it meets no element twice."""
    if isinstance(index, tuple):
        return all(isinstance(part, _BASIC) for part in index)
    return isinstance(index, _BASIC) or getattr(index, "dtype", None) == np.bool_


_BASIC = (slice, int, type(None), type(...), np.integer)
_NUMPY = (np.ndarray, np.generic)


def _scatter(x, shape, index):
    if not isinstance(x, _NUMPY):
        return _gathered(x, shape, index)
    if type(index) is np.ndarray and len(shape) == index.ndim == 1 and x.dtype.char == "d" and index.dtype.kind == "i":
        try:
            return np.bincount(index, x, *shape)  # three times as fast as np.add.at
        except ValueError:  # a negative index, or none at all
            pass
    zeros = np.zeros(shape, x.dtype)
    if is_basic(index):
        zeros[index] = x
    elif type(index) is np.ndarray and len(shape) > 1:
        _add_rows(zeros, index, x)
    elif x.size < zeros.size / 16 or (type(index) is np.ndarray and len(shape) == 1):
        np.add.at(zeros, index, x)
    else:  # places in one row: a tenth of the time
        places = np.arange(zeros.size).reshape(shape)[index]
        np.add.at(zeros.reshape(-1), places.reshape(-1), np.broadcast_to(x, places.shape).reshape(-1))
    return zeros


def _add_rows(zeros, index, x):
    """Add whole rows: one for each place is just written, and only the others, as a rule few, are added to it.

    Those go by their flat places, in a fifth of the time of places in rows; some at a time, which need less memory.
    """
    width = math.prod(zeros.shape[1:])
    rows = np.broadcast_to(x, (*index.shape, *zeros.shape[1:])).reshape(index.size, width)
    index, flat, columns = index.reshape(-1).astype(np.intp), zeros.reshape(-1), np.arange(width)
    seats, order = np.empty(len(zeros), np.intp), np.arange(index.size)
    seats[index] = order
    seated = seats[index] == order
    zeros.reshape(len(zeros), width)[index[seated]] = rows[seated]
    rest, step = np.flatnonzero(~seated), max(65536 // max(width, 1), 1)
    for some in (rest[k : k + step] for k in range(0, rest.size, step)):
        np.add.at(flat, (index[some, None] * width + columns).reshape(-1), rows[some].reshape(-1))


def _gathered(x, shape, index):
    """Scatter for arrays that cannot be written into: every place reads its element, or a zero behind the last one.

    A place that is written k times reads k times, so the reading is repeated as often as the busiest place needs.
    An array that only writes down what is done with it gets the operation as it is.
    """
    if hasattr(x, "keeps_operations"):
        return scatter(x, shape=shape, index=index)
    places = np.ravel(np.reshape(np.arange(math.prod(shape)), shape)[index])
    sources = np.concatenate([np.ravel(np.broadcast_to(x, np.shape(x))), np.zeros_like(x, shape=(1,))])
    order = np.argsort(places, kind="stable")
    rank = np.empty_like(order)  # of each element among those that go to the same place
    rank[order] = np.arange(order.size) - np.searchsorted(places[order], places[order])
    total: Any = 0
    for k in range(max(rank, default=0) + 1):
        reads = np.full(math.prod(shape), order.size)
        reads[places[rank == k]] = np.flatnonzero(rank == k)
        total = total + np.reshape(sources[reads], shape)
    return total


scatter = linear(_scatter, transpose=lambda g, y, x, shape, index: g[index])
"""Zeros of the given shape with x added at the index: the transpose of reading there."""

getitem = linear(operator.getitem, lambda g, y, x, index: scatter(g, shape=x.shape, index=index),
                 call=lambda x, index: x[index], bind=lambda x, index: ((x,), {"index": index}))  # fmt: skip


# --- assignment -------------------------------------------------------------------------------------------------------


def _setitem(x, v, index):
    if not isinstance(x, _NUMPY) or isinstance(v, Surface):
        return _chosen(x, v, index)
    result = np.array(x)
    result[index] = v
    return result


def _chosen(x, v, index):
    """Assignment for arrays that cannot be written into: every place reads the old value, or the last new one."""
    if hasattr(x, "keeps_operations") or hasattr(v, "keeps_operations"):
        return setitem(x, v, index=index)
    places = np.reshape(np.arange(x.size), x.shape)
    target = places[index]
    reads = np.array(places)
    reads[index] = x.size + np.reshape(np.arange(target.size), target.shape)
    new = np.zeros_like(x, shape=()) + v
    new = np.broadcast_to(np.reshape(new, new.shape[max(new.ndim - target.ndim, 0) :]), target.shape)
    return np.reshape(np.concatenate([np.ravel(x), np.ravel(new)])[np.ravel(reads)], x.shape)


def _survivors(shape, index):
    """Which of the values written at an index are still there afterwards: where it repeats, the last one wins."""
    seats = np.zeros(shape, dtype=int)
    order = np.reshape(np.arange(seats[index].size), seats[index].shape)
    seats[index] = order
    return seats[index] == order


def _setitem_value(g, y, x, v, index):
    """What stands at the index; NumPy leaves out leading axes of size 1 that a value has too many."""
    found = g[index] if is_basic(index) else np.where(_survivors(x.shape, index), g[index], 0)
    return np.reshape(found, (1,) * (v.ndim - found.ndim) + found.shape) if v.ndim > found.ndim else found


setitem: Op = primitive(
    operator.setitem,
    vjps=(lambda g, y, x, v, index: setitem(g, 0, index=index), _setitem_value),
    jvps=(
        lambda t, y, x, v, index: setitem(t, 0, index=index),
        lambda t, y, x, v, index: setitem(np.zeros_like(y), t, index=index),
    ),
    call=_setitem,
    bind=lambda x, v, index: ((x, v), {"index": index}),
)


# --- functions made of reading ----------------------------------------------------------------------------------------


def _along(axis, index):
    """The index that applies `index` to one axis."""
    return (slice(None),) * axis + (index,) if axis else index


def as_index(indices):
    """An array of indices; one that only writes down what is done with it is left as it is."""
    return indices if hasattr(indices, "keeps_operations") else np.asarray(indices)


def _take(a, indices, axis=None, out=None, mode="raise"):
    if axis is None or not a.ndim:
        a, axis = np.ravel(a), axis or 0
    n = a.shape[axis]
    indices = as_index(indices)
    indices = indices if indices.size else indices.astype(int)  # an empty list is one of floats
    wrapped = {"raise": lambda i: i, "wrap": lambda i: i % n, "clip": lambda i: np.clip(i, 0, n - 1)}[mode](indices)
    return a[_along(axis % a.ndim, wrapped if np.ndim(wrapped) else int(wrapped))]


def _take_along_axis(arr, indices, axis=-1):
    if axis is None:
        return np.ravel(arr)[indices]
    axis = axis % arr.ndim
    grid = [np.reshape(np.arange(n), [-1 if b == a else 1 for b in range(arr.ndim)]) for a, n in enumerate(arr.shape)]
    grid[axis] = indices
    return arr[tuple(grid)]


def _repeat(a, repeats, axis=None):
    if axis is None or not a.ndim:
        a, axis = np.ravel(a), axis or 0
    if isinstance(repeats, int | np.integer):
        repeats = int(repeats)
        before, n, after = a.shape[: axis % a.ndim], a.shape[axis], a.shape[axis % a.ndim + 1 :]
        grown = np.broadcast_to(np.reshape(a, (*before, n, 1, *after)), (*before, n, repeats, *after))
        return np.reshape(grown, (*before, n * repeats, *after))
    return np.take(a, np.repeat(np.arange(a.shape[axis]), repeats), axis)


def _diagonal_index(shape, offset):
    n = max(0, min(shape[0] + min(offset, 0), shape[1] - max(offset, 0)))
    i = np.arange(n)
    return i + max(-offset, 0), i + max(offset, 0)


def _diagonal(a, offset=0, axis1=0, axis2=1):
    moved = np.moveaxis(a, (axis1, axis2), (-2, -1))
    return moved[(..., *_diagonal_index(moved.shape[-2:], offset))]


def _diag(v, k=0):
    if v.ndim == 2:
        return _diagonal(v, k)
    if v.ndim != 1:
        raise ValueError(f"diag: expected one axis or two, given {v.ndim}. Use np.diagonal for more")
    n = v.shape[0] + abs(k)
    return scatter(v, shape=(n, n), index=_diagonal_index((n, n), k))


# fmt: off
composite(np.take,            _take)
composite(np.take_along_axis, _take_along_axis)
composite(np.repeat,          _repeat)
composite(np.diagonal,        _diagonal)
composite(np.diag,            _diag)
composite(np.diagflat,        lambda v, k=0: _diag(np.ravel(v), k))
# fmt: on

flat(np.argsort, np.nonzero, np.flatnonzero, np.argwhere, np.searchsorted, np.digitize, np.argpartition)
