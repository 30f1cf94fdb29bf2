"""Differences, sums of trapezoids, interpolation, convolution: calculus on samples.

A difference has the transpose of integration by parts, minus the difference of what was continued by zeros; a
convolution has convolutions. The rest are formulae. Next: `polynomials.py`, whose product is a convolution.
"""

from __future__ import annotations

import math
from functools import cache, reduce

import numpy as np
from numpy.lib.array_utils import normalize_axis_index, normalize_axis_tuple

from ..errors import ShapeError
from ..graph import Op
from .declare import NOTHING, bilinear, composite, elementwise, linear
from .indexing import scatter


def _at(axis, *part):
    """The index of a slice along one axis, counted from 0."""
    return (slice(None),) * axis + (slice(*part),)


# --- differences ------------------------------------------------------------------------------------------------------


def _diff_transpose(g, y, x, n=1, axis=-1):
    """Σ g Δt = -Σ t Δg, where g is continued by a zero on both sides; as often as the difference was taken."""
    if not g.size:
        return np.zeros_like(x)
    for _ in range(n):
        inner = g[_at(axis, None, -1)] - g[_at(axis, 1, None)]
        g = np.concatenate([-g[_at(axis, None, 1)], inner, g[_at(axis, -1, None)]], axis)
    return g


difference = linear(np.diff, _diff_transpose)
"""Of an array; NumPy's function joins ends to it."""


def _diff(a, n=1, axis=-1, prepend=np._NoValue, append=np._NoValue):
    if n == 0:
        return a  # as NumPy does, which joins nothing to it then
    axis, ends = normalize_axis_index(axis, a.ndim) if a.ndim else 0, []  # of one number NumPy complains itself
    for end in (prepend, append):
        if end is not np._NoValue and np.ndim(end) == 0:
            end = end if hasattr(end, "dtype") else np.asarray(end)[()]
            end = np.zeros_like(a, shape=(*a.shape[:axis], 1, *a.shape[axis + 1 :])) + end
        ends.append([] if end is np._NoValue else [end])
    a = np.concatenate([*ends[0], a, *ends[1]], axis) if ends != [[], []] else a
    return difference(a, n=n, axis=axis)


def _ediff1d(ary, to_end=None, to_begin=None):
    inner = [np.diff(np.ravel(ary))]
    alike = lambda x: np.ravel(x) if np.ndim(x) else np.zeros_like(inner[0], shape=(1,)) + x
    begin, end = ([] if x is None else [alike(x)] for x in (to_begin, to_end))
    return np.concatenate(begin + inner + end).astype(ary.dtype) if begin or end else inner[0]


def _gradient(f, *varargs, axis=None, edge_order=1):
    axes = range(f.ndim) if axis is None else normalize_axis_tuple(axis, f.ndim)
    spacings = varargs or (1.0,)
    if len(spacings) == 1 and np.ndim(spacings[0]) == 0:
        spacings = spacings * len(axes)
    slopes = [_slope(f, h, a, edge_order) for a, h in zip(axes, spacings, strict=True)]
    return slopes[0] if len(slopes) == 1 else tuple(slopes)


def _slope(f, h, axis, edge_order):
    """The slope of the parabola through three neighbours: their two chords, each weighed with the other one's length.

    At an edge it is the slope of the chord; for `edge_order=2` that of the outermost parabola, whose slopes at the two
    ends of a chord are the chord's on average.
    """
    n, f = f.shape[axis], f if f.dtype.kind in "fc" else f * 1.0
    if edge_order not in (1, 2) or n <= edge_order or np.shape(h) not in ((), (n,)):
        raise ShapeError(
            f"gradient: {n} samples along axis {axis}, edge_order={edge_order}, and a spacing of shape {np.shape(h)}. "
            "Expected edge_order 1 or 2, more samples than that, and for spacing a number or a coordinate per sample"
        )
    cut = lambda x, *part: x[_at(axis, *part)]
    if np.ndim(h):
        step = np.reshape(np.diff(h), [-1 if a == axis else 1 for a in range(f.ndim)])
        left, right, chord = cut(step, None, -1), cut(step, 1, None), difference(f, n=1, axis=axis) / step
        inner = (cut(chord, None, -1) * right + cut(chord, 1, None) * left) / (left + right)
    else:
        inner, chord = (cut(f, 2, None) - cut(f, None, -2)) / (2.0 * h), difference(f, n=1, axis=axis) / h
    first, last = cut(chord, None, 1), cut(chord, -1, None)
    if edge_order == 2:
        first, last = 2.0 * first - cut(inner, None, 1), 2.0 * last - cut(inner, -1, None)
    return np.concatenate([first, inner, last], axis).astype(f.dtype)


def _trapezoid(y, x=None, dx=1.0, axis=-1):
    axis = normalize_axis_index(axis, y.ndim)
    if x is not None:
        dx = np.diff(x, axis=axis) if np.ndim(x) > 1 else np.diff(x)
        dx = dx if np.ndim(x) > 1 else np.reshape(dx, [-1 if a == axis else 1 for a in range(y.ndim)])
    return np.sum(dx * (y[_at(axis, 1, None)] + y[_at(axis, None, -1)]) / 2.0, axis=axis)


# --- interpolation ----------------------------------------------------------------------------------------------------


@np.errstate(invalid="ignore")  # what is infinite has no slope, and NumPy does not warn of it
def _place(x, xp, slopes, left, right):
    """The interval of each x, and what the slope to the left of it counts for: nothing, except at a knot.

    There the slope of smallest norm between the two counts, (1 - s) b + s a with s = Re b̄(b - a) / |b - a|²; but at a
    jump the slope on the side of the value.
    """
    m = np.searchsorted(xp, x, side="right")
    knot, before = xp[np.maximum(m - 1, 0)], xp[np.maximum(m - 2, 0)]
    a, b = slopes[m - 1], slopes[m]
    share = np.clip(np.real(np.conj(b) * (b - a)) / (np.abs(b - a) ** 2 + (a == b)), 0, 1)
    share = np.where((m == xp.shape[0]) & right, 1.0, share)
    return m, np.where((x == knot) & ~((before == knot) & ((m > 1) | left)), share, 0.0)


place = Op(_place, NOTHING, NOTHING, "flat", arity=3)


@np.errstate(invalid="ignore")
def _interp(x, xp, fp, left=None, right=None, period=None):
    """fp + slope (x - xp), from the last knot that is not beyond x."""
    x, xp, fp = (np.multiply(a, np.float64(1)) for a in (x, xp, fp))
    if period is not None:
        if np.any(period == 0):
            raise ValueError("interp: the period is 0. Expected another number; its sign does not matter")
        left = right = None
        x, xp, period = x % abs(period), xp % abs(period), abs(period)
        order = np.argsort(xp)
        xp, fp = xp[order], fp[order]
        xp, fp = np.concatenate([xp[-1:] - period, xp, xp[:1] + period]), np.concatenate([fp[-1:], fp, fp[:1]])
    run = np.diff(xp)
    slopes = np.pad(np.diff(fp) / np.where(run == 0, 1, run), 1)
    m, share = place(x, xp, slopes, left=left is not None, right=right is not None)
    slope, base = slopes[m], np.maximum(m - 1, 0)
    if np.any(share):
        slope = np.where(share > 0, slope + (slopes[m - 1] - slope) * share, slope)
    y = fp[base] + slope * np.where(np.isinf(x), 0, x - xp[base])
    y = y if left is None else np.where(x < xp[0], left, y)
    return y if right is None else np.where(x > xp[-1], right, y)


# --- convolution ------------------------------------------------------------------------------------------------------


def _part(x, y, start, n):
    """n elements of the full convolution of x and y, from `start` on: of the longer one only what goes into them."""
    x, y = (x, y) if x.shape[0] >= y.shape[0] else (y, x)
    first, last = start - y.shape[0] + 1, start + n
    part = x[max(first, 0) : last]
    if part.shape[0] < last - first:  # continued by zeros
        part = scatter(part, shape=(last - first,), index=slice(max(-first, 0), max(-first, 0) + part.shape[0]))
    return convolution(part, y, mode="valid")


def _convolve_left(g, z, x, y, mode="full"):
    """x̄ is the correlation of z̄ with y, and z began at some element of the full convolution."""
    n, m = x.shape[0], y.shape[0]
    began = (n + m - 1 - z.shape[0]) // 2
    return _part(g, y[::-1], m - 1 - began, n)


convolution: Op = bilinear(
    np.convolve,
    _convolve_left,
    lambda g, z, x, y, mode="full": _convolve_left(g, z, y, x),
)
"""Of two arrays; NumPy's function takes numbers and lists, too."""


def _correlate(a, v, mode="valid"):
    """The convolution with the conjugate, read backwards."""
    a, v = np.atleast_1d(a), np.conj(np.atleast_1d(v))
    if a.shape[0] >= v.shape[0]:
        return convolution(a, v[::-1], mode=mode)
    return convolution(a[::-1], v, mode=mode)[::-1]


# --- angles -----------------------------------------------------------------------------------------------------------

turns = Op(lambda p, period, **params: np.rint((np.unwrap(p, period=period, **params) - p) / period), NOTHING, NOTHING,
           "flat", "turns", 2)  # fmt: skip
"""How many whole periods `np.unwrap` adds to every element."""

# --- functions given by series ----------------------------------------------------------------------------------------


def _iv(x, n):
    """Iₙ, by its power series up to 20 and by its asymptotic series from there.

    References
    ----------
    M. Abramowitz and I. Stegun, "Handbook of Mathematical Functions" (1964), 9.6.10 and 9.7.1.
    """
    size, (near_terms, far_terms) = np.abs(x), _series(n)
    near, far = np.minimum(size, 20), np.maximum(size, 20)
    power = (near / 2) ** n * reduce(lambda s, c: s * near * near + c, near_terms)
    decay = reduce(lambda s, c: s / far + c, far_terms)
    return np.sign(x) ** n * np.where(size < 20, power, np.exp(far) * decay / np.sqrt(2 * np.pi * far))


@cache
def _series(n):
    """The coefficients of both series of Iₙ, the highest power first."""
    near = [1 / (math.factorial(k) * math.factorial(k + n) * 4**k) for k in range(45)]
    far = [
        math.prod((2 * j - 1) ** 2 - 4 * n * n for j in range(1, k + 1)) / (math.factorial(k) * 8**k) for k in range(30)
    ]
    return near[::-1], far[::-1]


iv: Op = elementwise(_iv, lambda g, y, x, n: g * 0.5 * (iv(x, n=abs(n - 1)) + iv(x, n=n + 1)))
"""Of whole order n ≥ 0. Its derivative is (Iₙ₋₁ + Iₙ₊₁)/2: without a quotient, so that all orders are right at 0."""

# fmt: off
composite(np.diff,         _diff)
composite(np.ediff1d,      _ediff1d)
composite(np.gradient,     _gradient)
composite(np.trapezoid,    _trapezoid)
composite(np.interp,       _interp)
composite(np.convolve,     lambda a, v, mode="full": convolution(np.atleast_1d(a), np.atleast_1d(v), mode=mode))
composite(np.correlate,    _correlate)
elementwise(np.i0,         lambda g, y, x: g * iv(x, n=1))
composite(np.unwrap,       lambda p, discont=None, axis=-1, *, period=2 * np.pi:
                               p + turns(p, period, discont=discont, axis=axis) * period)
# fmt: on
