"""Order: sort, partition, quantiles, and the values that are left when repetitions are dropped.

Sorting moves every element, so its derivative is a permutation; among equal elements none is the first, so they share
evenly, as in `max`. All order statistics are read from the sorted array and inherit that. Which elements are read, and
how many there are, is piecewise constant. Next: `statistics.py`.
"""

from __future__ import annotations

import numpy as np

from ..graph import Op
from .declare import NOTHING, composite, linear, primitive
from .indexing import scatter
from .reductions import equal, merged, reduced_shape, restored

# --- sorting ----------------------------------------------------------------------------------------------------------


def _leveled(g, tied):
    """g along the last axis with every run of ties replaced by its mean."""
    if not np.count_nonzero(tied):
        return g
    starts = np.flatnonzero(np.concatenate([np.ones_like(tied[..., :1]), ~tied], axis=-1))
    lengths = np.diff(starts, append=g.size)
    return np.reshape(np.repeat(np.add.reduceat(np.ravel(g), starts) / lengths.astype(g.dtype), lengths), g.shape)


leveled: Op = linear(_leveled, transpose=lambda g, y, x, tied: leveled(g, tied=tied))


def _carried(g, source, target, axis):
    """g, which lies on the elements of one array, laid on the equal elements of another that is ordered otherwise."""
    g, source, target = (np.moveaxis(x, axis, -1) for x in (g, source, target))
    down, up = (np.argsort(x, axis=-1, kind="stable") for x in (source, target))
    ordered = np.take_along_axis(source, down, -1)
    g = leveled(np.take_along_axis(g, down, -1), tied=ordered[..., 1:] == ordered[..., :-1])
    return np.moveaxis(np.take_along_axis(g, np.argsort(up, axis=-1), -1), -1, axis)


def _rearranged(function, *names):
    """Declare a function that orders elements anew, with its parameters in the order of its signature."""

    def bind(a, *args, **params):
        params = {"axis": -1, **dict(zip(names, args, strict=False)), **params}
        return (a,) if params["axis"] is not None else (np.ravel(a),), {
            **params,
            "axis": -1 if params["axis"] is None else params["axis"],
        }

    primitive(
        function,
        (lambda g, y, x, axis, **params: _carried(g, y, x, axis),),
        (lambda t, y, x, axis, **params: _carried(t, x, y, axis),),
        bind=bind,
    )


_rearranged(np.sort, "axis", "kind", "order")
_rearranged(np.partition, "kth", "axis", "kind", "order")

lexsorted = Op(lambda *keys, axis=-1: np.lexsort(keys, axis), NOTHING, NOTHING, "flat", "lexsort")
composite(np.lexsort, lambda keys, axis=-1: lexsorted(*keys, axis=axis))


# --- quantiles --------------------------------------------------------------------------------------------------------

# Hyndman & Fan, Sample quantiles in statistical packages, The American Statistician 50 (1996). Quantile q of n numbers
# lies at the place (n + 1 - α - β) q + α - 1 of the sorted array, between two elements, or on whole places.
BETWEEN = {
    "linear": (1, 1), "hazen": (1 / 2, 1 / 2), "weibull": (0, 0), "median_unbiased": (1 / 3, 1 / 3),
    "normal_unbiased": (3 / 8, 3 / 8), "interpolated_inverted_cdf": (0, 1),
}  # fmt: skip
STEPS = {
    "lower": lambda n, q: (np.floor(q * (n - 1)),),
    "higher": lambda n, q: (np.ceil(q * (n - 1)),),
    "nearest": lambda n, q: (np.rint(q * (n - 1)),),
    "midpoint": lambda n, q: (np.floor(q * (n - 1)), np.ceil(q * (n - 1))),
    "inverted_cdf": lambda n, q: (np.ceil(q * n - 1),),
    "averaged_inverted_cdf": lambda n, q: (np.ceil(q * n - 1), np.floor(q * n - 1) + 1),
    "closest_observation": lambda n, q: (np.rint(q * n) - 1,),
}

whole = Op(lambda place, n: np.clip(place, 0, np.maximum(n - 1, 0)).astype(int), NOTHING, NOTHING, "flat", "whole", 1)


def _read(ordered, place):
    """The elements at whole places of the last axis; every row may have places of its own."""
    return ordered[..., np.reshape(place, (-1,))] if place.ndim < 2 else np.take_along_axis(ordered, place, -1)


def _interpolated(ordered, n, q, alpha, beta):
    """Between two neighbours, from the nearer one on: which neighbours is constant, how far is not."""
    place = q * (n + (1 - alpha - beta)) + (alpha - 1)
    below = whole(np.floor(place), n=n - 1)
    above = whole(below + 1, n=n)
    share = np.where(place < 0, 0, np.where(place > n - 1, 1, place - below.astype(place.dtype)))
    low, high = _read(ordered, below), _read(ordered, above)
    return np.where(share < 0.5, low + (high - low) * share, high - (high - low) * (1 - share))


def element(a, value, axis, keepdims):
    """The value as an element of a, or as several equal ones that share evenly."""
    held = equal(a, restored(value, axis, keepdims))
    return np.max(a, axis=axis, keepdims=keepdims, where=held, initial=-np.inf)


def _weighted(quantile):
    """Which element it is depends on the weights, but only in steps."""
    found = Op(lambda a, w, q, **params: quantile(a, q, weights=w, **params), NOTHING, NOTHING, "flat", arity=2)

    def formula(a, q, axis, method, keepdims, weights):
        params = {"axis": axis, "keepdims": keepdims}
        values = [element(a, found(a, weights, q=p, method=method, **params), **params) for p in np.ravel(q)]
        return np.reshape(np.stack(values), (*np.shape(q), *values[0].shape))

    return formula


def _quantiles(quantile, without_nan):
    """np.quantile or np.nanquantile. Where q lies on an element, its slope is to the right (at 1, to the left)."""
    weighted = _weighted(quantile)

    def formula(a, q, axis=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
        q = q if hasattr(q, "dtype") else a.dtype.type(q) if isinstance(q, int | float) else np.asarray(q)
        if np.any((q < 0) | (q > 1)):
            raise ValueError("Quantiles must be in the range [0, 1]")
        if method not in BETWEEN and method not in STEPS:
            raise ValueError(f"{method!r} is not a valid method. Use one of: {', '.join([*BETWEEN, *STEPS])}")
        if weights is not None:
            return weighted(a, q, axis, method, keepdims, weights)
        ordered = np.sort(merged(a, axis))  # (*rows, n)
        n = ordered.shape[-1]
        if without_nan:
            n = np.sum(~np.isnan(ordered), axis=-1, keepdims=True).astype(a.dtype)
        wanted = np.reshape(q, (-1,)) if np.ndim(q) else q
        if method in BETWEEN:
            result = _interpolated(ordered, n, wanted, *BETWEEN[method])  # (*rows, quantiles)
        else:
            places = [whole(place, n=n) for place in STEPS[method](n, wanted)]
            result = _read(ordered, places[0])
            result = result if len(places) == 1 else 0.5 * result + 0.5 * _read(ordered, places[1])
        if not without_nan:
            result = np.where(np.isnan(ordered[..., -1:]), ordered[..., -1:], result)
        return np.reshape(np.moveaxis(result, -1, 0), (*np.shape(q), *reduced_shape(a, axis, keepdims)))

    return formula


def _percentiles(formula):
    return lambda a, q, *args, **params: formula(
        a, np.asarray(q) / 100 if isinstance(q, list | tuple) else q / 100, *args, **params
    )


def _medians(formula, mean):
    def median(a, axis=None, overwrite_input=False, keepdims=False):
        return (
            formula(a, 0.5, axis, method="midpoint", keepdims=keepdims) if a.size else mean(a, axis, keepdims=keepdims)
        )

    return median


for quantile, percentile, median, mean in [
    (np.quantile, np.percentile, np.median, np.mean), (np.nanquantile, np.nanpercentile, np.nanmedian, np.nanmean),
]:  # fmt: skip
    formula = _quantiles(quantile, without_nan=quantile is np.nanquantile)
    composite(quantile, formula)
    composite(percentile, _percentiles(formula))
    composite(median, _medians(formula, mean))


# --- distinct values --------------------------------------------------------------------------------------------------

groups = Op(lambda x, **params: np.unique(x, True, True, True, **params)[1:], NOTHING, NOTHING, "flat", "groups", 1)


def _commonest(row):
    values, counts = np.unique(row, return_counts=True)
    return values[np.argmax(counts)]


commonest = Op(lambda x, axis: np.apply_along_axis(_commonest, axis, x), NOTHING, NOTHING, "flat", "commonest", 1)
"""The most frequent value along an axis, the smallest if there are several."""


def _column(counts, x, axis):
    return np.reshape(counts, [-1 if i == axis else 1 for i in range(x.ndim)])


# One element stands for its equals; its cotangent is theirs, in equal parts.
representative = primitive(
    lambda x, index, inverse, counts, axis: np.take(x, index, axis),
    (lambda g, y, x, index, inverse, counts, axis: np.take(g / _column(counts, x, axis), inverse, axis),),
    (lambda t, y, x, index, inverse, counts, axis:
        scatter(t, shape=y.shape, index=(slice(None),) * axis + (inverse,)) / _column(counts, x, axis),),
)  # fmt: skip


def _unique(
    ar, return_index=False, return_inverse=False, return_counts=False, axis=None, *, equal_nan=True, sorted=True
):
    index, inverse, counts = groups(ar, axis=axis, equal_nan=equal_nan)
    x, a = (np.ravel(ar), 0) if axis is None else (ar, axis % ar.ndim)
    values = representative(x, index=index, inverse=np.ravel(inverse), counts=counts, axis=a)
    asked = [
        found for found, wanted in [(index, return_index), (inverse, return_inverse), (counts, return_counts)] if wanted
    ]
    return (values, *asked) if asked else values


def _as_named(function, *flags):
    """The same under the Array API's names, which has a NaN differ from every other."""
    result = type(function(np.zeros(1)))
    composite(function, lambda x: result(*_unique(x, *flags, equal_nan=False)))


composite(np.unique, _unique)
composite(np.unique_values, lambda x: _unique(x, equal_nan=False))
_as_named(np.unique_all, True, True, True)
_as_named(np.unique_counts, False, False, True)
_as_named(np.unique_inverse, False, True, False)
