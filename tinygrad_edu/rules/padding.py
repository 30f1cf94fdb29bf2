"""np.pad in all its modes: edges made of zeros, of the array's own elements, or of what is computed from them.

Where edges repeat elements, NumPy pads the *places*, and the elements are read there. The other modes pad one axis
after the other, so that corners come from edges.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..errors import NoRuleError
from .assembling import assembled
from .declare import composite
from .indexing import scatter


def _along(axis, part):
    """The index that applies a slice to one axis."""
    return (slice(None),) * axis + (part,)


def _read(x, widths, mode):
    """Edges that repeat elements: edge, wrap, reflect, symmetric."""
    places = np.pad(np.reshape(np.arange(x.size), x.shape), widths, mode)
    return np.reshape(np.ravel(x)[np.ravel(places)], places.shape)


def _turned(x, axis, widths, mode):
    """Odd reflections continue the curve through the last point: e(-k) = 2 x₀ - x(k) on the left, and so on outwards.

    The curve repeats after a period, but for a rise of 2 (xₙ - x₀).
    """
    n = x.shape[axis]
    if n == 1:
        return np.repeat(x, 1 + sum(widths), axis)
    places, skip = np.arange(-widths[0], n + widths[1]), 1 if mode == "reflect" else 0
    period, place = divmod(places, 2 * max(n - skip, 1))
    mirrored, left = place >= n, places < 0
    first, last = x[_along(axis, slice(0, 1))], x[_along(axis, slice(n - 1, n))]
    column = lambda mask: np.reshape(mask, [-1 if a == axis else 1 for a in range(x.ndim)])
    inner = np.take(x, np.where(mirrored, 2 * n - 1 - skip - place, place), axis)
    curve = np.where(column(mirrored), 2 * np.where(column(left), first, last) - inner, inner)
    rises = column(period + (mirrored & left))
    return np.astype(curve + 2 * rises * np.where(rises == 0, 0, last - first), x.dtype)


def _ramp(x, axis, widths, end_values=(0, 0)):
    """Edges that fall in a line from the last element to an end value."""
    ends = [np.take(x, place, axis) for place in (0, -1)]
    ramps = [np.linspace(v, e, w, False, axis=axis) for v, e, w in zip(end_values, ends, widths, strict=True)]
    left, right = (np.astype(ramp, x.dtype) for ramp in ramps)
    return np.concatenate([left, x, np.flip(right, axis)], axis)


def _statistic(x, axis, widths, function, stat_length=None):
    """Edges of the mean, median, least or greatest of so many elements next to them."""
    n = x.shape[axis]
    left, right = (n, n) if stat_length is None else (min(int(length), n) for length in stat_length)
    chunks = x[_along(axis, slice(0, left))], x[_along(axis, slice(n - right, n))]
    edges = [function(chunk, axis=axis, keepdims=True) for chunk in chunks]
    left, right = (np.broadcast_to(edge, s) for edge, s in zip(edges, _shapes(x, axis, widths), strict=True))
    return np.concatenate([left, x, right], axis)


def _shapes(x, axis, widths):
    return [(*x.shape[:axis], w, *x.shape[axis + 1 :]) for w in widths]


def _constant(x, axis, widths, constant_values=(0, 0)):
    shapes = _shapes(x, axis, widths)
    left, right = (np.full_like(x, v, shape=s) for v, s in zip(constant_values, shapes, strict=True))
    return np.concatenate([left, x, right], axis)


def _zeros(x, widths):
    shape = tuple(n + a + b for n, (a, b) in zip(x.shape, widths, strict=True))
    return scatter(x, shape=shape, index=tuple(slice(a, a + n) for n, (a, _) in zip(x.shape, widths, strict=True)))


def _pairs(value, ndim):
    """(before, after) for each axis, out of NumPy's shorter ways to say it."""
    return [None] * ndim if value is None else np.broadcast_to(assembled(value), (ndim, 2))


def _widths(width, ndim):
    if isinstance(width, dict):
        width = [width.get(a, width.get(a - ndim, 0)) for a in range(ndim)]
        width = [w if isinstance(w, tuple) else (w, w) for w in width]
    widths = np.broadcast_to(np.asarray(width), (ndim, 2))
    if widths.dtype.kind not in "iu" or (widths < 0).any():
        raise ValueError(f"pad: expected widths that are whole numbers of at least 0, given {width}")
    return widths.tolist()


_READ = ("edge", "wrap", "reflect", "symmetric")
_MODES: dict[str, Callable] = {
    **{mode: lambda x, axis, widths, mode=mode: _turned(x, axis, widths, mode) for mode in _READ},
    **{name: lambda x, axis, widths, f=f, **p: _statistic(x, axis, widths, f, **p)
       for name, f in (("mean", np.mean), ("median", np.median), ("maximum", np.max), ("minimum", np.min))},
    "linear_ramp": _ramp,
    "constant": _constant,
}  # fmt: skip


def _pad(array, pad_width, mode="constant", **params):
    widths = _widths(pad_width, array.ndim)
    if callable(mode):
        raise NoRuleError(
            "pad: a function as the mode writes into plain arrays, where no gradient follows. Compute the edges, and "
            "join them with np.concatenate"
        )
    if mode == "empty" or (
        mode == "constant" and type(params.get("constant_values", 0)) is int and not any(params.values())
    ):
        return _zeros(array, widths)
    if mode not in _MODES:
        raise ValueError(f"pad: expected one of the modes empty, {', '.join(_MODES)}, given {mode!r}")
    if params.pop("reflect_type", "even") == "even" and mode in _READ and not params:
        return _read(array, widths, mode)
    each = {name: _pairs(value, array.ndim) for name, value in params.items()}
    for axis, width in enumerate(widths):
        if any(width):
            array = _MODES[mode](array, axis, width, **{name: v[axis] for name, v in each.items()})
    return array


composite(np.pad, _pad)
