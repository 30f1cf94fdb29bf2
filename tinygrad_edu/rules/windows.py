"""Sliding windows, and what is computed in them: convolution and pooling in any number of dimensions.

A convolution is one trilinear form, Σ g · (x ∗ w), seen from three sides: hold two of the three and there is one linear
map to the third. So the three rows `correlate`, `spread` and `taps` are each other's transposes. Windows and their
overlapping sum are another such pair, and so are the dealing and the collecting of a maximum's gradient.

Sizes, strides and dilations are tuples, one number for each of the trailing, spatial axes.
`tinygrad_edu.functions` has the functions with their usual names and parameters.
"""

from __future__ import annotations

import math
from functools import reduce
from itertools import product
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from ..errors import ShapeError
from ..graph import Op
from .declare import NOTHING, bilinear, composite, linear, primitive
from .indexing import scatter


def positions(length, size, stride, dilation):
    """How many windows fit into each axis."""
    return tuple((n - d * (k - 1) - 1) // s + 1 for n, k, s, d in zip(length, size, stride, dilation, strict=True))


def _reached(offset, count, stride, dilation):
    """What one element of the window meets as it slides, as slices of the trailing axes."""
    each = zip(offset, count, stride, dilation, strict=True)
    return (..., *(slice(o * d, o * d + s * (n - 1) + 1, s) for o, n, s, d in each))


def _offsets(size):
    return product(*map(range, size))


def _added(total, part, index):
    """total with part added at an index: in place, for total is our own, unless it is no ndarray."""
    if type(total) is not np.ndarray:
        return total + scatter(part, shape=total.shape, index=index)
    total[index] += part
    return total


def _sum(total, part):
    """total + part, as above."""
    if type(total) is not np.ndarray:
        return total + part
    total += part
    return total


def framed(x, margins):
    """x with zeros around its trailing axes, so many before and after each."""
    if not any(map(any, margins)):
        return x
    lead, length = x.shape[: x.ndim - len(margins)], x.shape[x.ndim - len(margins) :]
    inside = tuple(slice(low, low + n) for n, (low, _) in zip(length, margins, strict=True))
    shape = (*lead, *(low + n + high for n, (low, high) in zip(length, margins, strict=True)))
    return scatter(x, shape=shape, index=(..., *inside))


def unframed(x, margins):
    """x without the margins of its trailing axes."""
    if not any(map(any, margins)):
        return x
    length = x.shape[x.ndim - len(margins) :]
    return x[(..., *(slice(low, n - high) for n, (low, high) in zip(length, margins, strict=True)))]


# --- windows, and their overlapping sum -------------------------------------------------------------------------------


def _windows(x, size, stride, dilation):
    """(..., *length) -> (*size, ..., *positions), as a view."""
    n = len(size)
    axes = tuple(range(x.ndim - n, x.ndim))
    view: Any = sliding_window_view(x, tuple(d * (k - 1) + 1 for k, d in zip(size, dilation, strict=True)), axes)
    steps = tuple(slice(None, None, s) for s in (*stride, *dilation))
    view = view[(..., *steps)]
    return np.moveaxis(view, range(x.ndim, x.ndim + n), range(n))


def _overlapped(g, size, stride, dilation, length):
    """(*size, ..., *positions) -> (..., *length): every window added where it came from."""
    n = len(size)
    total = np.zeros_like(g, shape=(*g.shape[n:-n], *length))
    for offset in _offsets(size):
        total = _added(total, g[offset], _reached(offset, g.shape[-n:], stride, dilation))
    return total


def _windows_transpose(g, y, x, size, stride, dilation):
    return overlapped(g, size=size, stride=stride, dilation=dilation, length=x.shape[x.ndim - len(size) :])


windows = linear(_windows, _windows_transpose)
overlapped = linear(
    _overlapped,
    lambda g, y, x, size, stride, dilation, length: windows(g, size=size, stride=stride, dilation=dilation),
)


def _sliding_window_view(x, window_shape, axis=None, *, subok=False, writeable=False):
    size = window_shape if isinstance(window_shape, tuple | list) else (window_shape,)
    axes = tuple(range(x.ndim)) if axis is None else axis if isinstance(axis, tuple | list) else (axis,)
    if len(axes) != len(size):
        raise ShapeError(f"sliding_window_view: {tuple(size)} for the axes {tuple(axes)}. Expected one length each")
    for a, k in zip(axes, size, strict=True):
        found = windows(np.moveaxis(x, a, -1), size=(k,), stride=(1,), dilation=(1,))
        x = np.moveaxis(found, (0, -1), (-1, a % x.ndim))
    return x


composite(sliding_window_view, _sliding_window_view)


# --- the trilinear form of a convolution ------------------------------------------------------------------------------

# x (batch, groups, channels, *length), w (groups, filters, channels, *size), y (batch, groups, filters, *positions).
# Only the last axis is unrolled into the rows of a matrix; the others are met by slices of it that need no copy (for
# stride 1), one product each. That moves a third of the numbers that unrolling a window of 3 x 3 moves, and a
# convolution with its two transposes takes three quarters of the time.


def _unrolled(x, size, stride, dilation, count):
    """(batch, groups, channels, *length) -> (batch, groups, channels, size, *length, positions), of the last axis."""
    return np.stack([x[_reached((j,), count[-1:], stride[-1:], dilation[-1:])] for j in range(size[-1])], axis=3)


def _slices(size, stride, dilation, count):
    """For each offset of all axes but the last: itself, and the slices of an unrolled x that it meets."""
    for offset in _offsets(size[:-1]):
        yield offset, (*_reached(offset, count[:-1], stride[:-1], dilation[:-1]), slice(None))


def _correlate(x, w, stride, dilation, padding):
    x, size = framed(x, padding), w.shape[3:]
    count = positions(x.shape[3:], size, stride, dilation)
    unrolled = _unrolled(x, size, stride, dilation, count)
    parts = (
        w[(..., *offset, slice(None))].reshape(*w.shape[:2], -1) @ _as_matrix(unrolled[index])
        for offset, index in _slices(size, stride, dilation, count)
    )
    return reduce(_sum, parts).reshape(*x.shape[:2], w.shape[1], *count)


def _as_matrix(part):
    """(batch, groups, channels, size, *positions) -> (batch, groups, channels · size, all positions)."""
    return part.reshape(*part.shape[:2], part.shape[2] * part.shape[3], math.prod(part.shape[4:]))


def _spread(g, w, stride, dilation, padding, length):
    """x̄ = wᵀ ȳ: each output's cotangent is spread over the window that it was computed from."""
    size, count, (groups, filters, channels) = w.shape[3:], g.shape[3:], w.shape[:3]
    margins = [
        (d * (k - 1) - low, d * (k - 1) - high) for k, d, (low, high) in zip(size, dilation, padding, strict=True)
    ]
    if all(s == 1 for s in stride) and filters <= 2 * channels and min(map(min, margins)) >= 0:
        # The same, read the other way: each x̄ gathers what it is due, by a correlation with the filter turned around.
        # It adds less up, and takes three quarters of the time, unless there are many more filters than channels.
        turned = np.swapaxes(w, 1, 2)[(..., *(slice(None, None, -1) for _ in size))]
        return _correlate(g, turned, stride, dilation, margins)
    flat = g.reshape(*g.shape[:3], math.prod(count))
    whole = tuple(low + n + high for n, (low, high) in zip(length, padding, strict=True))
    shape = (g.shape[0], groups, channels, size[-1], *whole[:-1], count[-1])
    dtype = np.result_type(g.dtype, w.dtype)
    unrolled = np.zeros_like(g, shape=shape, dtype=dtype)
    for offset, index in _slices(size, stride, dilation, count):
        part = np.swapaxes(w[(..., *offset, slice(None))].reshape(groups, filters, -1), 1, 2) @ flat
        unrolled = _added(unrolled, part.reshape(*shape[:4], *count), index)
    x = np.zeros_like(g, shape=(g.shape[0], groups, channels, *whole), dtype=dtype)
    for j in range(size[-1]):
        x = _added(x, unrolled[:, :, :, j], _reached((j,), count[-1:], stride[-1:], dilation[-1:]))
    return unframed(x, padding)


def _taps(g, x, stride, dilation, padding, size):
    """w̄ = ȳ xᵀ: each tap of a filter meets every output with the input that it weighed there."""
    count = g.shape[3:]
    unrolled = _unrolled(framed(x, padding), size, stride, dilation, count)
    # ȳ is the right factor, not the left one, which takes BLAS a quarter longer
    flat = np.swapaxes(g.reshape(*g.shape[:3], math.prod(count)), 2, 3)
    parts = [np.sum(_as_matrix(unrolled[i]) @ flat, axis=0) for _, i in _slices(size, stride, dilation, count)]
    shape = (*g.shape[1:3], x.shape[2], size[-1])  # (groups, filters, channels, last axis of the window)
    w = np.stack([np.swapaxes(part, 1, 2).reshape(shape) for part in parts], axis=3)
    return w.reshape(*shape[:3], *size)


# fmt: off
correlate: Op = bilinear(
    _correlate,
    left=lambda g, y, x, w, **sliding: spread(g, w, length=x.shape[3:], **sliding),
    right=lambda g, y, x, w, **sliding: taps(g, x, size=w.shape[3:], **sliding),
)
spread: Op = bilinear(
    _spread,
    left=lambda x, y, g, w, length, **sliding: correlate(x, w, **sliding),
    right=lambda x, y, g, w, length, **sliding: taps(g, x, size=w.shape[3:], **sliding),
)
taps: Op = bilinear(
    _taps,
    left=lambda w, y, g, x, size, **sliding: correlate(x, w, **sliding),
    right=lambda w, y, g, x, size, **sliding: spread(g, w, length=x.shape[3:], **sliding),
)
# fmt: on


# --- maxima -----------------------------------------------------------------------------------------------------------


def _window_slices(x, size, stride, dilation):
    count = positions(x.shape[x.ndim - len(size) :], size, stride, dilation)
    return [_reached(offset, count, stride, dilation) for offset in _offsets(size)]


def _window_max(x, size, stride, dilation):
    """One axis after the other: 3 + 3 comparisons for a window of 3 x 3, and not 9."""
    for axis, k, s, d in zip(range(-len(size), 0), size, stride, dilation, strict=True):
        after = (slice(None),) * (-1 - axis)
        count = positions((x.shape[axis],), (k,), (s,), (d,))
        x = reduce(np.maximum, [x[(*_reached((j,), count, (s,), (d,)), *after)] for j in range(k)])
    return x


def _holders(x, y, size, stride, dilation):
    """Who holds the maximum of each window, a mask for each element of the window; and how many do, if several do."""
    slices = [x[index] for index in _window_slices(x, size, stride, dilation)]
    masks = [part == y for part in slices]
    if type(y) is not np.ndarray or not reduce(np.logical_or, masks).all():  # a NaN is held, though it equals nothing
        masks = [mask | ((part != part) & (y != y)) for part, mask in zip(slices, masks, strict=True)]
    if type(y) is np.ndarray and sum(map(np.count_nonzero, masks)) == y.size:
        return masks, None
    return masks, reduce(np.add, [mask.astype(x.dtype) for mask in masks])


holders = Op(_holders, NOTHING, NOTHING, "flat", "holders", arity=2)


def _masked(g, mask, finite):
    """g where the mask is true, else 0: by a product (in a quarter of the time) where nothing is infinite."""
    return g * mask if finite else np.where(mask, g, 0)


def _dealt(g, masks, size, stride, dilation, length):
    """(..., *positions) -> (..., *length): g to each holder of a maximum."""
    shape, count = (*g.shape[: g.ndim - len(size)], *length), g.shape[g.ndim - len(size) :]
    indices = [_reached(offset, count, stride, dilation) for offset in _offsets(size)]
    finite = type(g) is np.ndarray and np.isfinite(np.vdot(g, g))
    if finite and size == stride and all(n * k == m for n, k, m in zip(count, size, length, strict=True)):
        tiled = np.empty(shape, g.dtype)  # every element is in one window: half the time
        for mask, index in zip(masks, indices, strict=True):
            np.multiply(g, mask, out=tiled[index])
        return tiled
    total = np.zeros_like(g, shape=shape)
    for mask, index in zip(masks, indices, strict=True):
        total = _added(total, _masked(g, mask, finite), index)
    return total


def _collected(t, masks, size, stride, dilation):
    """The sum of what the holders of each maximum have."""
    slices = _window_slices(t, size, stride, dilation)
    finite = type(t) is np.ndarray and np.isfinite(np.vdot(t, t))
    return reduce(np.add, [_masked(t[index], mask, finite) for mask, index in zip(masks, slices, strict=True)])


def _window_max_vjp(g, y, x, size, stride, dilation):
    masks, number = holders(x, y, size=size, stride=stride, dilation=dilation)
    length = x.shape[x.ndim - len(size) :]
    g = g if number is None else g / number
    return dealt(g, masks=masks, size=size, stride=stride, dilation=dilation, length=length)


def _window_max_jvp(t, y, x, size, stride, dilation):
    masks, number = holders(x, y, size=size, stride=stride, dilation=dilation)
    total = collected(t, masks=masks, size=size, stride=stride, dilation=dilation)
    return total if number is None else total / number


def _dealt_transpose(g, y, x, masks, size, stride, dilation, length):
    return collected(g, masks=masks, size=size, stride=stride, dilation=dilation)


def _collected_transpose(g, y, x, masks, size, stride, dilation):
    length = x.shape[x.ndim - len(size) :]
    return dealt(g, masks=masks, size=size, stride=stride, dilation=dilation, length=length)


dealt = linear(_dealt, _dealt_transpose)
collected = linear(_collected, _collected_transpose)
window_max = primitive(_window_max, (_window_max_vjp,), (_window_max_jvp,), moves=True)


# --- resampling -------------------------------------------------------------------------------------------------------


class Matrix:
    """A constant matrix of numbers, which becomes an array of the kind that it meets."""

    def __init__(self, numbers):
        self.numbers = numbers

    def like(self, x):
        if type(x) is np.ndarray:
            return self.numbers.astype(x.dtype)
        return (np.zeros_like(x, shape=self.numbers.shape) + self.numbers.tolist()).astype(x.dtype)

    @property
    def transposed(self):
        return Matrix(self.numbers.T)


def _mixed(x, matrix, axis):
    """Every line of x along an axis, times a constant matrix."""
    A = matrix.like(x)
    return A @ x if axis % x.ndim == x.ndim - 2 else np.swapaxes(np.swapaxes(x, axis, -1) @ A.T, axis, -1)


mixed: Op = linear(_mixed, transpose=lambda g, y, x, matrix, axis: mixed(g, matrix=matrix.transposed, axis=axis))
