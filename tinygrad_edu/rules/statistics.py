"""Averages, covariances and histograms: formulae in other rows.

Which bin a number falls into is piecewise constant, so counts have no derivative; sums of weights have, and so have the
edges of bins that the data's own range lays out, and densities through the widths of the bins. Next: `assembling.py`.
"""

from __future__ import annotations

from math import nan, prod
from typing import Any

import numpy as np

from ..graph import Op
from .declare import NOTHING, composite
from .indexing import scatter
from .reductions import axes_of, reduced_size

# --- averages ---------------------------------------------------------------------------------------------------------


def _fitted_weights(weights, a, axis):
    """Weights in a shape that broadcasts against a: those of some axes get the others with size 1."""
    if weights.shape == a.shape:
        return weights
    if axis is None:
        raise TypeError(
            f"average: weights of shape {weights.shape}, an array of shape {a.shape}. Say along which axis="
        )
    axes = axes_of(a, axis)
    if weights.shape != tuple(a.shape[i] for i in axes):
        raise ValueError(f"average: weights of shape {weights.shape} do not fit axis {axis} of shape {a.shape}")
    ordered = np.transpose(weights, [axes.index(i) for i in sorted(axes)])
    return np.reshape(ordered, [n if i in axes else 1 for i, n in enumerate(a.shape)])


# asked of NumPy's arrays only: others may be lazy
vanishes = Op(
    lambda x: isinstance(x, np.ndarray | np.generic) and bool(np.any(x == 0)), NOTHING, NOTHING, "flat", "vanishes"
)


def _average(a, axis=None, weights=None, returned=False, *, keepdims=False):
    if weights is None:
        y, total = np.mean(a, axis=axis, keepdims=keepdims), reduced_size(a.shape, axes_of(a, axis))
    else:
        w = _fitted_weights(weights if hasattr(weights, "dtype") else np.asarray(weights), a, axis)
        total = np.sum(w, axis=axis, keepdims=keepdims)
        if vanishes(total):
            raise ZeroDivisionError("Weights sum to zero, can't be normalized")
        y = np.sum(a * w, axis=axis, keepdims=keepdims) / total
    return (y, np.broadcast_to(total * np.ones_like(y, shape=()), y.shape)) if returned else y


# --- covariance -------------------------------------------------------------------------------------------------------


def _rows(m, rowvar, dtype):
    """Variables in rows, observations in columns."""
    m = m if hasattr(m, "dtype") else np.asarray(m)
    x = np.astype(np.atleast_2d(m), np.result_type(m, np.float64) if dtype is None else dtype)
    return x.T if not rowvar and m.ndim > 1 else x


def _cov(m, y=None, rowvar=True, bias=False, ddof=None, fweights=None, aweights=None, *, dtype=None):
    """(X - x̄) W (X - x̄)ᴴ / (number of observations - ddof)."""
    x = _rows(m, rowvar, dtype)
    if y is not None:
        x = np.concatenate([x, _rows(y, rowvar, dtype)], axis=0)
    ddof = (0 if bias else 1) if ddof is None else ddof
    given = [v for v in (fweights, aweights) if v is not None]
    w = prod(given[1:], start=given[0]) if given else None  # (observations,)
    if w is None:
        deviations, n = x - np.mean(x, axis=1, keepdims=True), x.shape[1] - ddof
        if x.shape[1] == 1 and n <= 0:  # 0/0, and no tangent may hide that it is
            deviations = x * nan
    else:
        total = np.sum(w)
        deviations = x - np.sum(x * w, axis=1, keepdims=True) / total
        n = total - (ddof if aweights is None else ddof * np.sum(w * aweights) / total)
    right = np.conj(deviations if w is None else deviations * w)
    return np.squeeze(np.matmul(deviations, right.T) / (max(n, 0) if w is None else np.maximum(n, 0)))


def _corrcoef(x, y=None, rowvar=True, *, dtype=None):
    """Covariances over the product of the standard deviations, none of them greater than 1."""
    c = _cov(x, y, rowvar, dtype=dtype)
    if c.ndim == 0:
        return c / c
    s = np.sqrt(np.real(np.diagonal(c)))
    r = c / s[:, None] / s[None, :]
    return np.clip(np.real(r), -1, 1) + 1j * np.clip(np.imag(r), -1, 1) if r.dtype.kind == "c" else np.clip(r, -1, 1)


# --- histograms -------------------------------------------------------------------------------------------------------


def _places(a, edges):
    """The bin of every number, the last one closed on both sides; for what is in none, one bin more."""
    n = edges.shape[0] - 1
    places = np.where(a == edges[-1], n - 1, np.searchsorted(edges, a, side="right") - 1)
    return np.where(places < 0, n, places)


laid_out = Op(lambda a, **params: np.histogram_bin_edges(a, **params), NOTHING, NOTHING, "flat", "bin_edges", 1)
places = Op(_places, NOTHING, NOTHING, "flat", arity=2)
counts = Op(lambda x, minlength=0: np.bincount(x, minlength=minlength), NOTHING, NOTHING, "flat", "counts", 1)


def _edges(a, bins=10, range=None, weights=None):
    """The edges of the bins; if the data say where they begin and end, they move with the least and the greatest."""
    if np.ndim(bins) and not isinstance(bins, str):
        edges = bins if hasattr(bins, "dtype") else np.asarray(bins)
        if edges.ndim != 1 or np.any(edges[:-1] > edges[1:]):
            raise ValueError("`bins` must be 1d and increase monotonically, when an array")
        return edges
    known = laid_out(a, bins=bins, range=range)
    if range is not None or not a.size:
        return known.detach() if hasattr(known, "detach") else known
    low, high = np.min(a), np.max(a)
    middle = 0.5 if low == high else 0
    return np.linspace(low - middle, high + middle, known.shape[0], dtype=known.dtype)


def _sums(place, weights, n):
    """How many, or how much, in each of n bins; what has the place n is in none."""
    if weights is None:
        return counts(place, minlength=n + 1)[:n]
    weights = weights if hasattr(weights, "dtype") else np.asarray(weights)
    return scatter(np.ravel(weights), shape=(n + 1,), index=place)[:n]


def _histogram(a, bins=10, range=None, density=None, weights=None):
    if isinstance(bins, str) and weights is not None:
        raise TypeError("Automated estimation of the number of bins is not supported for weighted data")
    a = np.ravel(a)
    edges = _edges(a, bins, range)
    y = _sums(places(a, edges), weights, edges.shape[0] - 1)
    return (y / np.astype(np.diff(edges), float) / np.sum(y) if density else y), edges


def _histogramdd(sample, bins=10, range=None, density=None, weights=None):
    columns = np.unstack(sample, axis=1) if hasattr(sample, "dtype") else list(sample)
    d = len(columns)
    bins, range = bins if hasattr(bins, "__len__") else [bins] * d, [None] * d if range is None else range
    if len(bins) != d:
        raise ValueError(
            f"histogramdd: {len(bins)} bins for {d} dimensions. Expected one number or as many as dimensions"
        )
    edges = [_edges(x, b, r) for x, b, r in zip(columns, bins, range, strict=True)]
    sizes, place, outside = [e.shape[0] - 1 for e in edges], 0, False
    for x, e, n in zip(columns, edges, sizes, strict=True):
        one = places(x, e)
        place, outside = place * n + one, outside | (one == n)
    weights = (
        None if weights is None else np.astype(weights if hasattr(weights, "dtype") else np.asarray(weights), float)
    )
    y = np.reshape(_sums(np.where(outside, prod(sizes), place), weights, prod(sizes)) * 1.0, sizes)
    if density:
        y = y / np.sum(y)
        for i, e in enumerate(edges):
            y = y / np.reshape(np.diff(e), [-1 if k == i else 1 for k in np.arange(d)])
    return y, tuple(edges)


def _histogram2d(x, y, bins=10, range=None, density=None, weights=None):
    bins = bins if hasattr(bins, "__len__") and len(bins) in (1, 2) else [bins, bins]
    h, (x_edges, y_edges) = _histogramdd([x, y], bins, range, density, weights)
    return h, x_edges, y_edges


def _bincount(x, /, weights=None, minlength=0):
    number = counts(x, minlength=minlength)
    if weights is None:
        return number
    weights = weights if hasattr(weights, "dtype") else np.asarray(weights)
    if weights.shape != np.shape(x):
        raise ValueError(f"bincount: weights of shape {weights.shape} for numbers of shape {np.shape(x)}")
    return scatter(np.astype(weights, float), shape=number.shape, index=np.asarray(x))


table: Any = {
    np.average: _average, np.cov: _cov, np.corrcoef: _corrcoef, np.bincount: _bincount,
    np.histogram: _histogram, np.histogram2d: _histogram2d, np.histogramdd: _histogramdd,
}  # fmt: skip
for function, formula in table.items():
    composite(function, formula)
composite(np.histogram_bin_edges, lambda a, bins=10, range=None, weights=None: _edges(np.ravel(a), bins, range))
