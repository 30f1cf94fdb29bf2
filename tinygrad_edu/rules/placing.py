"""Choosing and placing by index or by mask, and functions applied along axes.

What NumPy does in place, `np.put` or `np.fill_diagonal`, here assigns to the Tensor: it gets a new value, as by
``x[i] = v``. A plain array cannot hold a Tensor's gradient, so as a target it is refused. Next: `linalg.py`.
"""

from __future__ import annotations

import math
from functools import reduce

import numpy as np

from ..calls import is_inexact
from ..errors import InPlaceError
from .assembling import assembled
from .declare import composite, flat

# --- choosing ---------------------------------------------------------------------------------------------------------


def _select(condlist, choicelist, default=0):
    if len(condlist) != len(choicelist) or not len(condlist):
        raise ValueError(f"select: expected as many choices as conditions, given {len(choicelist)} and {len(condlist)}")
    pairs = zip(reversed(condlist), reversed(choicelist), strict=True)
    return reduce(lambda rest, pair: np.where(pair[0], pair[1], rest), pairs, default)


def _choose(a, choices, out=None, mode="raise"):
    n, index = len(choices), np.asarray(a)
    index = {"raise": index, "wrap": index % n, "clip": np.clip(index, 0, n - 1)}[mode]
    if index.size and not 0 <= index.min() <= index.max() < n:
        raise ValueError(f"choose: an index lies outside of 0 ... {n - 1}; mode='wrap' or 'clip' brings it back")
    return np.select([index == k for k in range(n)], list(choices))


def _compress(condition, a, axis=None, out=None):
    return np.take(a, np.flatnonzero(condition), axis)


def _piecewise(x, condlist, funclist, *args, **kw):
    """Each function on the elements where its condition holds; one function more than conditions is for the rest."""
    one = np.ndim(condlist) == 0 or (not isinstance(condlist[0], list | np.ndarray) and x.ndim != 0)
    conditions = [np.asarray(c, dtype=bool) for c in ([condlist] if one else condlist)]
    if len(funclist) == len(conditions) + 1:
        conditions.append(~np.logical_or.reduce(conditions))
    if len(funclist) != len(conditions):
        raise ValueError(f"piecewise: expected {len(conditions)} functions, or one more, given {len(funclist)}")
    y = np.zeros_like(x)
    for condition, f in zip(conditions, funclist, strict=True):
        y[condition] = f(x[condition], *args, **kw) if callable(f) else f
    return y


# fmt: off
composite(np.select,    _select)
composite(np.choose,    _choose)
composite(np.compress,  _compress)
composite(np.extract,   lambda condition, arr: np.take(arr, np.flatnonzero(condition)))
composite(np.piecewise, _piecewise)
# fmt: on


# --- placing ----------------------------------------------------------------------------------------------------------


def _target(a, name):
    if isinstance(a, np.ndarray):
        raise InPlaceError(
            f"{name}: the target is a plain array, where a Tensor's gradient would be lost. Make the target a Tensor: "
            f"a = tg.Tensor(a), or np.zeros(shape, like=x) for a new one; then {name}(a, ...) assigns to it"
        )
    return a


def _repeated(values, shape):
    """Values for so many places, from the first again when they run out; a number is for every place."""
    return np.resize(values, shape) if np.ndim(values) else values


def _put(a, ind, v, mode="raise"):
    index = np.ravel(np.asarray(ind))
    index = {"raise": index, "wrap": index % a.size, "clip": np.clip(index, 0, a.size - 1)}[mode]
    if index.size:
        _target(a, "put")[np.unravel_index(np.arange(a.size)[index], a.shape)] = _repeated(v, index.shape)


def _place(arr, mask, vals):
    _target(arr, "place")[np.asarray(mask, bool)] = _repeated(vals, np.count_nonzero(mask))


def _putmask(a, mask, values):
    _target(a, "putmask")[...] = np.where(mask, _repeated(values, a.shape), a)


def _copyto(dst, src, casting="same_kind", where=True):
    _target(dst, "copyto")[...] = src if where is True else np.where(where, src, dst)


def _put_along_axis(arr, indices, values, axis):
    if axis is None:
        return _put(arr, indices, np.broadcast_to(assembled(values), np.shape(indices)))
    axis = axis % arr.ndim
    grid = [np.reshape(np.arange(n), [-1 if b == a else 1 for b in range(arr.ndim)]) for a, n in enumerate(arr.shape)]
    grid[axis] = np.asarray(indices)
    _target(arr, "put_along_axis")[tuple(grid)] = values


def _fill_diagonal(a, val, wrap=False):
    if a.ndim < 2 or (a.ndim > 2 and len(set(a.shape)) > 1):
        raise ValueError(f"fill_diagonal: expected two axes, or more of equal lengths, given the shape {a.shape}")
    step = sum(int(np.prod(a.shape[i + 1 :])) for i in range(a.ndim))  # one further along every axis
    end = a.shape[1] ** 2 if a.ndim == 2 and not wrap else None
    places = np.arange(a.size)[:end:step]
    _target(a, "fill_diagonal")[np.unravel_index(places, a.shape)] = _repeated(val, places.shape)


# fmt: off
composite(np.put,            _put)
composite(np.place,          _place)
composite(np.putmask,        _putmask)
composite(np.copyto,         _copyto)
composite(np.put_along_axis, _put_along_axis)
composite(np.fill_diagonal,  _fill_diagonal)
# fmt: on


# --- along axes -------------------------------------------------------------------------------------------------------


def _apply_along_axis(func1d, axis, arr, *args, **kwargs):
    moved = np.moveaxis(arr, axis, -1)
    if 0 in moved.shape[:-1]:
        raise ValueError("apply_along_axis: there is no slice to apply the function to, since a length is 0")
    rows = np.reshape(moved, (math.prod(moved.shape[:-1]), moved.shape[-1]))
    results = assembled([func1d(row, *args, **kwargs) for row in np.unstack(rows)])
    inner = range(moved.ndim - 1, moved.ndim - 2 + results.ndim)  # the axes of one result stand where the axis stood
    found = np.reshape(results, (*moved.shape[:-1], *results.shape[1:]))
    return np.moveaxis(found, inner, range(axis % arr.ndim, axis % arr.ndim + len(inner)))


def _apply_over_axes(func, a, axes):
    for axis in np.atleast_1d(axes):
        found = func(a, int(axis))
        a = found if found.ndim == a.ndim else np.expand_dims(found, int(axis))
    return a


def _ix(*args):
    """Each sequence along an axis of its own; masks as the places where they are True."""
    arrays = [x if is_inexact(x) else np.ix_(np.asarray(x))[0] for x in args]
    if any(x.ndim != 1 for x in arrays):
        raise ValueError("ix_: expected sequences, of one axis each")
    return tuple(np.reshape(x, [-1 if a == i else 1 for a in range(len(args))]) for i, x in enumerate(arrays))


composite(np.ix_, _ix)
composite(np.apply_along_axis, _apply_along_axis)
composite(np.apply_over_axes, _apply_over_axes)

flat(np.unravel_index, np.ravel_multi_index, np.diag_indices_from, np.tril_indices_from, np.triu_indices_from)
