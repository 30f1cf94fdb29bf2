"""Arrays put together from pieces, taken apart, and made anew.

The transpose of a join is a split. What inserts, deletes, repeats or pads by elements of the array itself lets NumPy do
so to their *places*, and reads there; `padding.py` does the same to the edges. A new array that is to hold Tensors is
made with NumPy's `like=` (NEP 35): ``np.array([[a, b], [c, d]], like=a)``. Next: `placing.py`.
"""

from __future__ import annotations

from itertools import accumulate, pairwise

import numpy as np

from ..graph import Op
from .declare import NOTHING, composite, flat, linear
from .indexing import scatter, setitem

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
    return np.concatenate(columns, 0 if columns[0].ndim == 1 else 1, dtype=dtype)


def _as_column(x):
    return np.reshape(x, (-1, 1)) if np.ndim(x) < 2 else x


def _append(arr, values, axis=None):
    if axis is None:
        arr, values, axis = np.ravel(arr), np.ravel(assembled(values)), 0
    return np.concatenate([arr, values], axis)


def _pieces_back(g, y, x, indices_or_sections, axis=0):
    """Join the pieces again; where the places are not in order, pieces overlap, and their cotangents add up."""
    places = [0, *indices_or_sections, x.shape[axis]] if np.ndim(indices_or_sections) else [0]
    if places == sorted(places):
        return np.concatenate(g, axis)
    before = (slice(None),) * (axis % x.ndim)
    return sum(
        scatter(c, shape=x.shape, index=(*before, slice(*ab))) for c, ab in zip(g, pairwise(places), strict=True)
    )


def _block(arrays):
    """Join the innermost lists along the last axis, the lists around them along the one before, and so on."""
    depth = _depth(arrays)
    ndim = max(depth, max(map(np.ndim, _flattened(arrays))))

    def joined(x, level):
        if level == 0:
            return np.reshape(x, (1,) * (ndim - np.ndim(x)) + np.shape(x))
        return np.concatenate([joined(part, level - 1) for part in x], -level)

    return joined(arrays, depth)


def _depth(arrays):
    if not isinstance(arrays, list):
        return 0
    depths = {_depth(x) for x in arrays}
    if len(depths) != 1:
        raise ValueError("block: lists are empty or nested to different depths. Expected the same depth everywhere")
    return 1 + depths.pop()


def _flattened(arrays):
    return [x for part in arrays for x in _flattened(part)] if isinstance(arrays, list) else [arrays]


# fmt: off
linear(np.concatenate, _concatenate_transpose, joint=True, bind=_sequence,
       call=lambda *xs, **p: np.concatenate(xs, **p))
linear(np.stack, lambda g, y, *xs, axis=0, dtype=None: np.unstack(g, axis=axis), joint=True, bind=_sequence,
       call=lambda *xs, **p: np.stack(xs, **p))
linear(np.split,           _pieces_back)
linear(np.array_split,     _pieces_back)
linear(np.unstack,         lambda g, y, x, axis=0: np.stack(g, axis))

composite(np.vstack,       lambda tup, *, dtype=None, casting="":
                               np.concatenate([np.atleast_2d(x) for x in tup], dtype=dtype))
composite(np.hstack,       _horizontal)
composite(np.dstack,       lambda tup: np.concatenate([np.atleast_3d(x) for x in tup], 2))
composite(np.column_stack, lambda tup: np.concatenate([_as_column(x) for x in tup], 1))
composite(np.block,        _block)
composite(np.append,       _append)
composite(np.hsplit,       lambda ary, indices_or_sections: np.split(ary, indices_or_sections, min(1, ary.ndim - 1)))
composite(np.vsplit,       lambda ary, indices_or_sections: np.split(ary, indices_or_sections, 0))
composite(np.dsplit,       lambda ary, indices_or_sections: np.split(ary, indices_or_sections, 2))
# fmt: on


# --- inserting, deleting, repeating: NumPy does so to the places, and the elements are read there ---------------------


def _places(obj):
    """An index as NumPy's own; a Tensor would bring the call back here."""
    return np.asarray(obj) if hasattr(obj, "dtype") else obj


def _insert(arr, obj, values, axis=None):
    arr, obj = assembled(arr), _places(obj)
    if axis is None:
        arr, axis = np.ravel(arr), 0
    axis, n = axis % arr.ndim, arr.shape[axis]
    values = assembled(values) if isinstance(values, list | tuple) else values
    single = np.ndim(obj) == 0 and not isinstance(obj, slice)
    count = len(np.insert(np.arange(n), obj, 0)) - n
    if count == 1:  # one place may receive several values
        values = np.reshape(values, (1,) * (arr.ndim - np.ndim(values)) + np.shape(values))
        values = np.moveaxis(values, 0, axis) if single else values
        count = values.shape[axis]
    values = _full_like(arr, values, shape=(*arr.shape[:axis], count, *arr.shape[axis + 1 :]))
    places = np.insert(np.arange(n), obj, np.arange(n, n + count))
    return np.take(np.concatenate([arr, values], axis), places, axis)


def _delete(arr, obj, axis=None):
    if axis is None:
        arr, axis = np.ravel(arr), 0
    return np.take(arr, np.delete(np.arange(arr.shape[axis]), _places(obj)), axis)


def _resize(a, new_shape):
    places = np.resize(np.arange(a.size), new_shape)  # of no elements NumPy makes zeros
    return np.reshape(np.ravel(a)[np.ravel(places)], places.shape) if a.size else np.zeros_like(a, shape=places.shape)


def _trim_zeros(filt, trim="fb", axis=None):
    if trim.lower() not in ("fb", "bf", "f", "b"):
        raise ValueError(f"trim_zeros: expected trim of 'f' (front) and 'b' (back), given {trim!r}")
    kept = np.argwhere(filt)
    index = [slice(None)] * filt.ndim
    for a in range(filt.ndim) if axis is None else np.atleast_1d(axis):
        first, last = (kept[:, a].min(), kept[:, a].max()) if len(kept) else (0, -1)
        whole = len(kept) > 0  # of zeros alone nothing is left, whatever is to be trimmed
        index[a] = slice(
            None if whole and "f" not in trim.lower() else first,
            None if whole and "b" not in trim.lower() else last + 1,
        )
    return filt[tuple(index)]


composite(np.insert, _insert)
composite(np.delete, _delete)
composite(np.resize, _resize)
composite(np.trim_zeros, _trim_zeros)


# --- new arrays -------------------------------------------------------------------------------------------------------


def assembled(x):
    """Nested lists of numbers, arrays and Tensors as one array; without Tensors NumPy does it alone."""
    if not isinstance(x, list | tuple):
        return x if hasattr(x, "dtype") else np.asarray(x)
    parts = [assembled(part) for part in x]
    return np.stack(parts) if any(type(part) is not np.ndarray for part in parts) else np.asarray(parts)


# a list of numbers and Tensors may be assigned as it may be made an array of
setitem.sort = lambda x, v, index: ((x, assembled(v) if isinstance(v, list | tuple) else v), {"index": index})


def _array(object, dtype=None, order=None, *, ndmin=0, **memory):
    x = assembled(object)
    x = np.reshape(x, (1,) * (ndmin - x.ndim) + x.shape) if x.ndim < ndmin else x
    return x if dtype is None or x.dtype == dtype else np.astype(x, dtype)


def _full(shape, fill_value, dtype=None, order="C", *, device=None):
    x = _array(fill_value, dtype)
    return np.broadcast_to(x, tuple(np.atleast_1d(shape).tolist()))


def _full_like(a, fill_value, dtype=None, order="K", subok=True, shape=None, *, device=None):
    ones = np.ones_like(a, dtype=dtype, shape=shape)
    return np.astype(ones * fill_value, ones.dtype)


planned = Op(lambda *ends: (len(y := np.arange(*ends)), y.dtype), NOTHING, NOTHING, "flat", "planned")


def _arange(start, stop=None, step=1, dtype=None, *, device=None):
    start, stop = (0, start) if stop is None else (start, stop)
    n, usual = planned(start, stop, step)
    return _array(start + step * np.arange(n), usual if dtype is None else dtype)


def _made(function, formula):
    """Declare a maker of arrays: its formula is recorded, and a last line that makes a Tensor also of constants."""
    linear(function, lambda g, y, x: g, call=np.copy, bind=lambda *args, **params: ((formula(*args, **params),), {}))


# fmt: off
_made(np.array,             _array)
_made(np.asarray,           _array)
_made(np.asanyarray,        _array)
_made(np.ascontiguousarray, lambda a, dtype=None: _array(a, dtype, ndmin=1))
_made(np.asfortranarray,    _array)
_made(np.require,           lambda a, dtype=None, requirements=None: _array(a, dtype))
_made(np.full,              _full)
_made(np.arange,            _arange)
_made(np.fromfunction,      lambda function, shape, *, dtype=float, **params:
                                function(*np.indices(shape, dtype), **params))

composite(np.full_like, _full_like)
flat(np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri, np.zeros_like, np.ones_like, np.empty_like)
# fmt: on


# --- numbers between two ends -----------------------------------------------------------------------------------------


def _line(start, stop, num, endpoint, like):
    """start + k (stop - start) / n for k = 0, 1, ... along a new first axis; the last is stop itself."""
    n = num - 1 if endpoint else num
    k = np.cumsum(np.ones_like(like, shape=(num,) + (1,) * np.ndim(like)), 0) - 1
    y = start + k * ((stop - start) / max(n, 1))
    return np.where(k == n, stop, y) if endpoint and n > 0 else y


def _numbers(*ends):
    return [assembled(x) if isinstance(x, list | tuple) else x for x in ends]


def _finished(y, dtype, axis):
    y = np.moveaxis(y, 0, axis) if axis != 0 else y
    return y if dtype is None else np.astype(y, dtype)


def _linspace(start, stop, num=50, endpoint=True, retstep=False, dtype=None, axis=0, *, device=None):
    start, stop = _numbers(start, stop)
    y = _line(start, stop, num, endpoint, like=start + stop)
    y = _finished(np.floor(y) if dtype is not None and np.dtype(dtype).kind in "iu" else y, dtype, axis)
    steps = num - 1 if endpoint else num
    return (y, (stop - start) / steps if steps > 0 else np.nan) if retstep else y


def _logspace(start, stop, num=50, endpoint=True, base=10.0, dtype=None, axis=0):
    start, stop, base = map(assembled, (start, stop, base)) if np.ndim(base) else _numbers(start, stop, base)
    return _finished(base ** _line(start, stop, num, endpoint, like=start + stop + base), dtype, axis)


def _geomspace(start, stop, num=50, endpoint=True, dtype=None, axis=0):
    start, stop = _numbers(start, stop)
    start = np.multiply(start, np.float64(1))  # NumPy's are never float32
    w, sign = _line(0, 1, num, endpoint, like=start + stop), np.sign(start)
    return _finished(sign * (start / sign) ** (1 - w) * (stop / sign) ** w, dtype, axis)


composite(np.linspace, _linspace)
composite(np.logspace, _logspace)
composite(np.geomspace, _geomspace)
