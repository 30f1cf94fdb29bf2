"""Filters of images, and interpolation at any place of one.

A filter writes the boundary out (`np.pad` has all of SciPy's modes, by other names) and slides its weights along; so
the weights have gradients too, and the width of a Gaussian has one. `map_coordinates` sums B-splines around each place:
differentiable in the image, linearly, and in the coordinates, as often as the spline is smooth.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import ndimage as _ndimage

from ..rules.declare import linear
from .dispatch import as_array, by_parts, dispatching
from .signal import convolve as _convolve
from .signal import product as _product

__all__ = [
    "convolve",
    "convolve1d",
    "correlate",
    "correlate1d",
    "gaussian_filter",
    "gaussian_filter1d",
    "map_coordinates",
    "spline_filter",
    "spline_filter1d",
    "uniform_filter",
    "uniform_filter1d",
]

# fmt: off
PADDING: dict[str, Any] = {
    "reflect": "symmetric", "grid-mirror": "symmetric", "mirror": "reflect", "nearest": "edge", "wrap": "wrap",
    "grid-wrap": "wrap", "constant": "constant", "grid-constant": "constant"}
# fmt: on


def _padded(x, widths, mode, cval):
    if mode not in PADDING:
        raise ValueError(f"mode is {mode!r}. Expected one of {', '.join(PADDING)}")
    filled: Any = {"constant_values": cval} if PADDING[mode] == "constant" and cval else {}
    return np.pad(x, widths, mode=PADDING[mode], **filled)


def _refuse_output(output):
    if output is not None:
        raise ValueError("output= is not offered: the result is a new array, of the input's dtype. Leave it away")


def _per_axis(value, n):
    """One value for each axis."""
    return list(value) if np.ndim(value) else [value] * n


def _axes(axes, ndim):
    return list(range(ndim)) if axes is None else [int(a) % ndim for a in np.atleast_1d(axes)]


def _before(n, origin):
    """How many elements the weights reach to the left."""
    before = n // 2 + origin
    if not 0 <= before < n:
        raise ValueError(f"origin is {origin}. Expected the weights, {n} long, to cover their own place")
    return before


# --- any weights ------------------------------------------------------------------------------------------------------


def correlate(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The same as `scipy.ndimage.correlate`; differentiable in the weights too."""
    _refuse_output(output)
    x, w = as_array(input), as_array(weights)
    axes = _axes(axes, x.ndim)
    before = [_before(n, o) for n, o in zip(w.shape, _per_axis(origin, w.ndim), strict=True)]
    widths = [(0, 0)] * x.ndim
    for a, b, n in zip(axes, before, w.shape, strict=True):
        widths[a] = (b, n - 1 - b)
    if len(axes) < x.ndim:
        w = np.reshape(w, [w.shape[axes.index(a)] if a in axes else 1 for a in range(x.ndim)])
    return _convolve(_padded(x, widths, mode, cval), np.conj(np.flip(w)), mode="valid")


def convolve(input, weights, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The same as `scipy.ndimage.convolve`; differentiable in the weights too."""
    w = as_array(weights)
    origins = [-o - (n % 2 == 0) for o, n in zip(_per_axis(origin, w.ndim), w.shape, strict=True)]
    return correlate(input, np.conj(np.flip(w)), output, mode, cval, origins, axes=axes)


def correlate1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The same as `scipy.ndimage.correlate1d`; differentiable in the weights too."""
    _refuse_output(output)
    x, w = np.moveaxis(as_array(input), axis, -1), as_array(weights)
    n, before = w.shape[0], _before(w.shape[0], origin)
    x = _padded(x, [(0, 0)] * (x.ndim - 1) + [(before, n - 1 - before)], mode, cval)
    return np.moveaxis(_product(np.conj(np.flip(w)), x)[..., n - 1 :], -1, axis)


def convolve1d(input, weights, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The same as `scipy.ndimage.convolve1d`; differentiable in the weights too."""
    w = as_array(weights)
    return correlate1d(input, np.conj(np.flip(w)), axis, output, mode, cval, -origin - (w.shape[0] % 2 == 0))


# --- means, plain and Gaussian ----------------------------------------------------------------------------------------


def _float(dtype):
    return np.result_type(dtype, np.float32) if dtype.kind != "c" else np.finfo(dtype).dtype


def uniform_filter1d(input, size, axis=-1, output=None, mode="reflect", cval=0.0, origin=0):
    """The same as `scipy.ndimage.uniform_filter1d`."""
    x = as_array(input)
    return correlate1d(x, np.full(size, 1 / size, _float(x.dtype)), axis, output, mode, cval, origin)


def uniform_filter(input, size=3, output=None, mode="reflect", cval=0.0, origin=0, *, axes=None):
    """The same as `scipy.ndimage.uniform_filter`."""
    x = as_array(input)
    axes = _axes(axes, x.ndim)
    given = [_per_axis(v, len(axes)) for v in (size, [mode] * len(axes) if isinstance(mode, str) else mode, origin)]
    for axis, n, how, shift in zip(axes, *given, strict=True):
        x = uniform_filter1d(x, n, axis, output, how, cval, shift) if n > 1 else x
    return x


def _gaussian(sigma, order, radius, dtype):
    """The k-th derivative of a Gaussian of mass 1 at the integers: (-1/σ)ᵏ Heₖ(i/σ) φ(i/σ)."""
    u = np.arange(-radius, radius + 1).astype(dtype) / sigma
    density = np.exp(u * u * -0.5)
    before, hermite = 0, 1
    for k in range(order):
        before, hermite = hermite, u * hermite - k * before
    return density / np.sum(density) * hermite * (-1 / sigma) ** order


def gaussian_filter1d(
    input, sigma, axis=-1, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None
):
    """The same as `scipy.ndimage.gaussian_filter1d`; differentiable in sigma too, while it keeps its radius."""
    x = as_array(input)
    if radius is None:
        radius = int(truncate * getattr(sigma, "item", lambda: sigma)() + 0.5)
    return convolve1d(x, _gaussian(sigma, order, radius, _float(x.dtype)), axis, output, mode, cval)


def gaussian_filter(
    input, sigma, order=0, output=None, mode="reflect", cval=0.0, truncate=4.0, *, radius=None, axes=None
):
    """The same as `scipy.ndimage.gaussian_filter`; differentiable in sigma too, while it keeps its radius."""
    x = as_array(input)
    axes = _axes(axes, x.ndim)
    given = [
        _per_axis(v, len(axes)) for v in (sigma, order, [mode] * len(axes) if isinstance(mode, str) else mode, radius)
    ]
    for axis, width, k, how, reach in zip(axes, *given, strict=True):
        if width > 1e-15:
            x = gaussian_filter1d(x, width, axis, k, output, how, cval, truncate, radius=reach)
    return x


# --- splines ----------------------------------------------------------------------------------------------------------


@by_parts
def spline_filter1d(input, order=3, axis=-1, output=None, mode="mirror"):
    """The same as `scipy.ndimage.spline_filter1d`, in the input's precision."""
    return _ndimage.spline_filter1d(input, order, axis, _float(input.dtype), mode)


spline_filter1d = dispatching(spline_filter1d, __name__)


def _half_at_ends(g, factor, axis):
    i = np.arange(g.shape[axis])
    ends = np.where((i == 0) | (i == i.size - 1), factor, 1.0).astype(_float(g.dtype))
    return g * np.reshape(ends, (-1, *(1,) * (g.ndim - 1 - axis % g.ndim)))


def _spline_transpose(g, y, x, order=3, axis=-1, mode="mirror"):
    """The samples of a spline are B times its coefficients, and B is symmetric; mirrored, once its ends are halved.

    SciPy starts the filter of a short line that is reflected with an approximation, so there its own matrix is used.
    """
    n, filtered = x.shape[axis], lambda g: spline_filter1d(g, order=order, axis=axis, mode=mode)
    if mode == "grid-wrap":
        return filtered(g)
    if mode not in ("reflect", "grid-mirror", "nearest"):
        return _half_at_ends(filtered(_half_at_ends(g, 2, axis)), 0.5, axis)
    if n > 40:
        return filtered(g)
    matrix = spline_filter1d(np.eye(n), order, 0, mode=mode).astype(_float(g.dtype))
    return np.moveaxis(np.moveaxis(g, axis, -1) @ matrix, -1, axis)


def _bind_spline(input, order=3, axis=-1, output=None, mode="mirror"):
    return (input,), {"order": order, "axis": axis, "mode": mode}


linear(spline_filter1d, _spline_transpose, bind=_bind_spline)


def spline_filter(input, order=3, output=None, mode="mirror"):
    """The same as `scipy.ndimage.spline_filter`: the coefficients of the spline through the elements."""
    x = as_array(input)
    for axis in range(x.ndim):
        x = spline_filter1d(x, order=order, axis=axis, mode=mode) if order > 1 else x
    return x


def _folded(c, n, mode):
    """Coordinates outside of [0, n - 1], back inside."""
    if mode == "nearest":
        return np.clip(c, 0, n - 1)
    if mode in ("mirror", "reflect", "grid-mirror"):
        shift, half = (0, n - 1) if mode == "mirror" else (0.5, n)
        u = c + shift - 2 * half * np.floor((c + shift) / (2 * half)) if half else c * 0
        return np.where(u > half, 2 * half - u, u) - shift
    period = {"wrap": n - 1, "grid-wrap": n}.get(mode)
    if period is None:
        return c
    return np.where((c < 0) | (c > n - 1), c - period * np.floor(c / period) if period else c * 0, c)


def _spline_weights(s, order):
    """The B-splines that are not 0 at s in their knot interval [0, 1], from left to right (Cox 1972; de Boor 1972)."""
    weights = [s * 0 + 1]
    for d in range(1, order + 1):
        left, right = [0, *weights], [*weights, 0]
        weights = [((s + d - k) * left[k] + (1 - s + k) * right[k]) / d for k in range(d + 1)]
    return np.stack(weights)


def map_coordinates(input, coordinates, output=None, order=3, mode="constant", cval=0.0, prefilter=True):
    """The same as `scipy.ndimage.map_coordinates`: the spline through an image, at any coordinates."""
    _refuse_output(output)
    x, places = as_array(input), as_array(coordinates)
    if mode not in PADDING or not 0 <= order <= 5:
        raise ValueError(f"mode is {mode!r} and order is {order}. Expected one of {', '.join(PADDING)}; and 0 to 5")
    outside, dtype = False, np.result_type(x.dtype, np.float32)
    edge = "mirror" if mode in ("constant", "wrap") else mode
    if prefilter and order > 1:
        if mode in ("nearest", "grid-constant"):
            x, places = _padded(x, 12, mode, cval), places + 12
        x = spline_filter(x, order, mode=edge)
    index, weights, beyond = [], [], False
    for axis, n in enumerate(x.shape):
        c = _folded(places[axis], n, mode)
        outside = outside | ((c < 0) | (c > n - 1) if mode == "constant" else False)
        knot = c + 0.5 * (order % 2 == 0)
        first = np.floor(knot)
        around = np.reshape(np.arange(order + 1), (-1, *(1,) * first.ndim)) - order // 2
        i = _plain(first).astype(int) + around
        beyond = beyond | _on_axis((i < 0) | (i > n - 1), axis, x.ndim)
        index.append(_on_axis(np.clip(_plain(_folded(i, n, edge)), 0, n - 1).astype(int), axis, x.ndim))
        weights.append(_spline_weights(knot - first, order))
    y = x[tuple(index)]  # (order + 1, ..., order + 1, *places)
    if mode == "grid-constant":
        y = np.where(beyond, cval, y)
    for axis in range(x.ndim):
        y = np.sum(
            np.reshape(weights[axis], (order + 1, *(1,) * (x.ndim - 1 - axis), *weights[axis].shape[1:])) * y, axis=0
        )
    return np.where(outside, cval, y).astype(dtype) if mode == "constant" else y.astype(dtype)


def _plain(x):
    """The values of a piecewise constant, which may be a Tensor."""
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


def _on_axis(i, axis, ndim):
    """An index of shape (k, *places) set at its axis among those of the image."""
    return np.reshape(i, (*(1,) * axis, i.shape[0], *(1,) * (ndim - 1 - axis), *i.shape[1:]))
