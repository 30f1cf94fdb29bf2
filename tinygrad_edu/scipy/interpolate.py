"""Cubic splines, and linear interpolation on a grid.

Both are formulae, so they differentiate in everything: in the values, in the places where they are read, and in the
knots. Which interval a place falls into is a constant. The slopes of a spline solve a tridiagonal system.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..errors import NoRuleError
from .dispatch import as_array
from .solving import solve_banded

__all__ = ["CubicSpline", "RegularGridInterpolator"]


def _plain(x):
    return np.asarray(x.detach() if hasattr(x, "detach") else x)


def _interval(knots, places):
    """The interval that each place falls into; the first and the last one reach to infinity."""
    return np.clip(np.searchsorted(_plain(knots), _plain(places), side="right") - 1, 0, knots.shape[0] - 2)


class CubicSpline:
    """The same as `scipy.interpolate.CubicSpline`: twice continuously differentiable, cubic between the knots.

    >>> import numpy as np, tinygrad_edu as tg
    >>> from tinygrad_edu.scipy.interpolate import CubicSpline
    >>> x = np.arange(4.0)
    >>> print(round(float(tg.grad(lambda t: CubicSpline(x, x**3)(t))(1.5)), 12))
    6.75
    """

    def __init__(self, x, y, axis=0, bc_type="not-a-knot", extrapolate=None):
        self.x, self.axis = as_array(x), axis
        values = np.moveaxis(as_array(y), axis, 0)
        n = self.x.shape[0]
        if self.x.ndim != 1 or n < 2 or values.shape[0] != n or not np.all(np.diff(_plain(self.x)) > 0):
            raise ValueError(
                f"CubicSpline: {n} knots for {values.shape[0]} values. Expected as many, 2 at least, rising"
            )
        self.periodic = isinstance(bc_type, str) and bc_type == "periodic"
        self.extrapolate = ("periodic" if self.periodic else True) if extrapolate is None else extrapolate
        self._shape = values.shape[1:]
        self._y = np.reshape(values, (n, -1))
        self._dx = self.x[1:] - self.x[:-1]
        self._chord = (self._y[1:] - self._y[:-1]) / self._dx[:, None]
        self._slopes = self._solved(bc_type)

    def _solved(self, bc_type):
        """The slopes at the knots: where cubics meet, their second derivatives agree."""
        n, dx, m = self.x.shape[0], self._dx, self._chord
        if self.periodic:
            return self._turned()
        ends = (bc_type, bc_type) if isinstance(bc_type, str) else tuple(bc_type)
        names = {"natural": (2, 0.0), "clamped": (1, 0.0)}
        ends = tuple(names.get(end, end) if isinstance(end, str) else end for end in ends)
        if n == 2:
            ends = tuple((1, m[0]) if isinstance(end, str) else end for end in ends)
        if n == 3 and all(isinstance(end, str) for end in ends):
            return self._parabola()
        first = self._end(ends[0], dx, m)
        last = self._end(ends[1], dx[::-1], m[::-1], -1)
        one = np.zeros_like(dx[:1])
        inner = 3 * (dx[1:, None] * m[:-1] + dx[:-1, None] * m[1:])
        column = lambda v: np.reshape(v, (1,))
        above = np.concatenate([one, column(first[1] + one[0]), dx[: n - 2]])
        below = np.concatenate([dx[1:], column(last[1] + one[0]), one])
        middle = np.concatenate([column(first[0] + one[0]), 2 * (dx[:-1] + dx[1:]), column(last[0] + one[0])])
        right = np.concatenate([first[2][None], inner, last[2][None]])
        return solve_banded((1, 1), np.stack([above, middle, below]), right)

    def _end(self, end, dx, m, sign=1):
        """The equation p s₀ + q s₁ = r at one end, in the order that starts there."""
        if isinstance(end, str):
            if end != "not-a-knot":
                raise ValueError(f"CubicSpline: bc_type is {end!r}. Expected 'not-a-knot', 'natural', 'clamped', "
                                 "'periodic', or two pairs (order, value)")  # fmt: skip
            both = dx[0] + dx[1]
            return dx[1], both, ((dx[0] + 2 * both) * dx[1] * m[0] + dx[0] ** 2 * m[1]) / both
        order, value = end
        value = np.reshape(as_array(value), (-1,)) + m[0] * 0
        if order == 1:
            return 1.0, 0.0, value
        return 2 * dx[0], dx[0], 3 * m[0] * dx[0] - sign * 0.5 * value * dx[0] ** 2

    def _parabola(self):
        """Through three points."""
        dx, m = self._dx, self._chord
        bend = (m[1] - m[0]) / (dx[0] + dx[1])
        return np.stack([m[0] - bend * dx[0], m[0] + bend * dx[0], m[1] + bend * dx[1]])

    def _turned(self):
        """The last slope is the first one."""
        dx, m = self._dx, self._chord
        n = dx.shape[0]
        if n == 1:
            return np.concatenate([m, m])
        i = np.arange(n)
        before, after = np.roll(i, 1), np.roll(i, -1)
        at = lambda j, v: np.where(i == j[:, None], v[:, None], 0)
        matrix = at(i, 2 * (dx[before] + dx)) + at(before, dx) + at(after, dx[before])
        slopes = np.linalg.solve(matrix, 3 * (dx[:, None] * m[before] + dx[before, None] * m))
        return np.concatenate([slopes, slopes[:1]])

    def __call__(self, x, nu=0, extrapolate=None):
        """The spline at any places, or its derivative of order `nu` there."""
        places = as_array(x)
        extrapolate = self.extrapolate if extrapolate is None else extrapolate
        t = np.reshape(places, (-1,))
        low, high = self.x[0], self.x[-1]
        if extrapolate == "periodic":
            t = t - (high - low) * np.floor((t - low) / (high - low))
        i = _interval(self.x, t)
        h, dx, m = (t - self.x[i])[:, None], self._dx[i][:, None], self._chord[i]
        s, e = self._slopes[i], self._slopes[i + 1]
        coefficients = [self._y[i], s, (3 * m - 2 * s - e) / dx, (s + e - 2 * m) / dx**2]
        for _ in range(nu):
            coefficients = [k * c for k, c in enumerate(coefficients)][1:] or [coefficients[0] * 0]
        y = coefficients[-1]
        for c in coefficients[-2::-1]:
            y = c + h * y
        if extrapolate is False:
            y = np.where(((t < low) | (t > high))[:, None], np.nan, y)
        y = np.reshape(y, (*places.shape, *self._shape))
        axis = self.axis % (len(self._shape) + 1)
        order = [*range(places.ndim, places.ndim + axis), *range(places.ndim)]
        return np.transpose(y, order + list(range(places.ndim + axis, y.ndim)))


class RegularGridInterpolator:
    """The same as `scipy.interpolate.RegularGridInterpolator`, for the methods 'linear' and 'nearest'."""

    def __init__(self, points, values, method="linear", bounds_error=True, fill_value=np.nan):
        self.grid, self.values = [as_array(p) for p in points], as_array(values)
        self.method, self.bounds_error, self.fill_value = method, bounds_error, fill_value
        for axis, p in enumerate(self.grid):
            if p.shape != (self.values.shape[axis],):
                raise ValueError(
                    f"axis {axis}: {p.shape} points for {self.values.shape[axis]} values. Expected as many"
                )
            if p.shape[0] > 1 and _plain(p)[0] > _plain(p)[-1]:
                self.grid[axis], self.values = np.flip(p, 0), np.flip(self.values, axis)

    def __call__(self, xi, method=None):
        """The values at places whose coordinates stand in the last axis, or are given as a tuple of arrays."""
        method = self.method if method is None else method
        if method not in ("linear", "nearest"):
            raise NoRuleError(f"the method {method!r} has no formula here. Use 'linear' or 'nearest', or CubicSpline")
        xi = np.stack(np.broadcast_arrays(*map(as_array, xi)), -1) if isinstance(xi, tuple) else as_array(xi)
        xi = xi[:, None] if xi.ndim == 1 and len(self.grid) == 1 else xi
        outside: Any = False
        corners: Any = [(1, ())]  # of each cell: its weight, and its place
        for axis, knots in enumerate(self.grid):
            t = xi[..., axis]
            beyond = _plain((t < knots[0]) | (t > knots[-1]))
            if self.bounds_error and np.any(beyond):
                raise ValueError(f"one of the requested xi is out of bounds in dimension {axis}")
            outside = outside | beyond
            i = _interval(knots, t)
            share = (t - knots[i]) / (knots[i + 1] - knots[i])
            if method == "nearest":
                i = np.where(_plain(share) <= 0.5, i, i + 1)
                corners = [(w, (*place, i)) for w, place in corners]
            else:
                both = [(1 - share, i), (share, i + 1)]
                corners = [(w * part, (*place, j)) for w, place in corners for part, j in both]
        extra = (1,) * (self.values.ndim - len(self.grid))
        y: Any = sum(self.values[p] * (np.reshape(w, (*w.shape, *extra)) if np.ndim(w) else w) for w, p in corners)
        if self.fill_value is None or not np.any(outside):
            return y
        return np.where(np.reshape(outside, (*outside.shape, *extra)), self.fill_value, y)
