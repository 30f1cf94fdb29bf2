"""Order: sort, partition, quantiles, and the values that are left when repetitions are dropped.

Sorting moves every element, so its derivative is a permutation; among equal elements none is the first, so they share
evenly, as in `max`. An order statistic, such as the median, is one of the elements: who holds it is found by comparison
with its value, again as in `max`, and nothing is sorted. Which elements are read, and how many there are, is piecewise
constant. Next: `statistics.py`.
"""

from __future__ import annotations

import numpy as np

from ..graph import Op
from .declare import NOTHING, composite, linear, primitive
from .indexing import scatter
from .reductions import along_axis, axes_of, equal, extreme_jvp, merged, reduced_shape, restored, to_winners

# --- sorting ----------------------------------------------------------------------------------------------------------


def _matching(x, y):
    """The order that turns x into y, which has the same elements; an order that sorts y; and the runs of equals then.

    There are no runs, but None, without ties: then the order among equals is no question.
    """
    of_x, of_y = np.argsort(x, axis=-1), np.argsort(y, axis=-1)
    ordered = np.take_along_axis(y, of_y, -1)
    order, tied = put_back(of_x, order=of_y), ordered[..., 1:] == ordered[..., :-1]
    if not np.count_nonzero(tied):
        return order, of_y, None
    starts = np.flatnonzero(np.concatenate([np.ones_like(tied[..., :1]), ~tied], axis=-1))
    return order, of_y, (starts, np.diff(starts, append=y.size))


def _put_back(x, order):
    """The transpose of taking in an order: x[i] goes to the place order[i] of the last axis."""
    if type(x) is not np.ndarray:
        return np.take_along_axis(x, np.argsort(order, axis=-1), -1)
    y = np.empty_like(x)
    np.put_along_axis(y, order, x, -1)
    return y


def _leveled(g, order, runs):
    """g along the last axis with every run of ties replaced by its mean: a symmetric map."""
    if runs is None:
        return g
    sums = np.add.reduceat(np.ravel(np.take_along_axis(g, order, -1)), runs[0])
    means = np.repeat(sums / runs[1].astype(g.dtype), runs[1])
    return put_back(np.reshape(means, g.shape), order=order)


matching = Op(_matching, NOTHING, NOTHING, "flat", "matching", 2)
put_back = linear(_put_back, transpose=lambda g, y, x, order: np.take_along_axis(g, order, -1))
leveled: Op = linear(_leveled, transpose=lambda g, y, x, order, runs: leveled(g, order=order, runs=runs))


def _moved_back(g, y, x):
    order, of_y, runs = matching(x, y)
    return put_back(leveled(g, order=of_y, runs=runs), order=order)


def _moved_along(t, y, x):
    order, of_y, runs = matching(x, y)
    return leveled(np.take_along_axis(t, order, -1), order=of_y, runs=runs)


_brought_back, _brought_along = along_axis(_moved_back), along_axis(_moved_along)


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
        (lambda g, y, x, axis, **params: _brought_back(g, y, x, axis),),
        (lambda t, y, x, axis, **params: _brought_along(t, y, x, axis),),
        bind=bind,
        moves=True,
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


def order_statistics(x, place):
    """The elements at whole places of the sorted last axis; every row may have places of its own."""
    if place.ndim < 2:
        return np.partition(x, place, axis=-1)[..., place]
    return np.take_along_axis(np.sort(x, axis=-1), place, -1)


# Who they are is found by comparison, one place at a time: none needs the order of the others.
picked = primitive(
    order_statistics,
    (lambda g, y, x, place: sum(
        to_winners(g[..., k], x, y[..., k], -1, False, None, True) for k in range(y.shape[-1])), None),
    (lambda t, y, x, place: np.stack(
        [extreme_jvp(t, y[..., k], x, axis=-1) for k in range(y.shape[-1])], axis=-1), None),
    moves=True,
)  # fmt: skip
FEW = 8
"""So many elements are picked; more are read from the whole sorted array."""


def _read(x, *places):
    """The elements at several whole places of the sorted last axis."""
    flat = [np.reshape(place, (-1,)) if place.ndim < 2 else place for place in places]
    n, place = flat[0].shape[-1], np.concatenate(flat, axis=-1) if len(flat) > 1 else flat[0]
    if place.shape[-1] <= FEW:
        found = picked(x, place)
    else:
        found = np.sort(x)[..., place] if place.ndim < 2 else np.take_along_axis(np.sort(x), place, -1)
    return [found[..., i * n : (i + 1) * n] for i in range(len(places))] if len(places) > 1 else [found]


def _interpolated(x, n, q, alpha, beta):
    """Between two neighbours, from the nearer one on: which neighbours is constant, how far is not."""
    place = q * (n + (1 - alpha - beta)) + (alpha - 1)
    below = whole(np.floor(place), n=n - 1)
    above = whole(below + 1, n=n)
    share = np.where(place < 0, 0, np.where(place > n - 1, 1, place - below.astype(place.dtype)))
    low, high = _read(x, below, above)
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


def _spoiled(x):
    """Whether any row has a NaN; asked of NumPy's arrays only, others may be lazy."""
    return not isinstance(x, np.ndarray) or bool(np.any(np.isnan(np.max(x, axis=-1))))


spoiled = Op(_spoiled, NOTHING, NOTHING, "flat", "spoiled", 1)


def _order_statistics(x, q, method, without_nan):
    """The quantiles q, none or one axis of them, of every row of x."""
    n = x.shape[-1]
    if without_nan and (not isinstance(missing := np.isnan(x), np.ndarray) or np.count_nonzero(missing)):
        n = np.sum(~missing, axis=-1, keepdims=True).astype(q.dtype)
    if method in BETWEEN:
        y = _interpolated(x, n, q, *BETWEEN[method])
    else:
        low, *high = _read(x, *[whole(place, n=n) for place in STEPS[method](n, q)])
        y = 0.5 * low + 0.5 * high[0] if high else low
    if without_nan or not spoiled(x):
        return y  # (*rows, quantiles)
    top = np.max(x, axis=-1, keepdims=True)
    return np.where(np.isnan(top), top, y)


def _quantiles(quantile, without_nan):
    """np.quantile or np.nanquantile. Where q lies on an element, its slope is to the right (at 1, to the left)."""
    weighted = _weighted(quantile)

    def formula(a, q, axis=None, overwrite_input=False, method="linear", keepdims=False, *, weights=None):
        if a.dtype.kind == "c":
            raise TypeError("a must be an array of real numbers")
        q = q if hasattr(q, "dtype") else _in_type_of(a, q) if isinstance(q, int | float) else np.asarray(q)
        if np.any((q < 0) | (q > 1)):
            raise ValueError("Quantiles must be in the range [0, 1]")
        if method not in BETWEEN and method not in STEPS:
            raise ValueError(f"{method!r} is not a valid method. Use one of: {', '.join([*BETWEEN, *STEPS])}")
        if without_nan and not a.size:
            return np.nanmean(a, axis, keepdims=keepdims)
        if weights is not None:
            return weighted(a, q, axis, method, keepdims, weights)
        y = _order_statistics(merged(a, axis), np.reshape(q, (-1,)) if np.ndim(q) else q, method, without_nan)
        odd = without_nan and np.ndim(q) == 2 and isinstance(axis, tuple) and 1 < len(axis) < a.ndim
        y = np.reshape(np.moveaxis(y, -1, 0), (*np.shape(q), *reduced_shape(a, axis, keepdims and not odd)))
        return _swapped(y, a, axis, keepdims) if odd else y

    return formula


def _swapped(y, a, axis, keepdims):
    """np.nanquantile of several axes puts the first of two axes of quantiles last, and so it is here."""
    y = np.moveaxis(y, 0, -1)
    if not keepdims:
        return y
    reduced, sizes = axes_of(a, axis), iter(y.shape[2:])
    return np.reshape(y, (*y.shape[:2], *[1 if i in reduced else next(sizes) for i in range(a.ndim)]))


def _in_type_of(a, q):
    """The number q in a's precision."""
    return np.result_type(a.dtype, 1.0).type(q).real


def _percentiles(formula):
    return lambda a, q, *args, **params: formula(
        a, np.asarray(q) / 100 if isinstance(q, list | tuple) else q / 100, *args, **params
    )


def _medians(mean, without_nan):
    def median(a, axis=None, overwrite_input=False, keepdims=False):
        if not a.size:
            return mean(a, axis, keepdims=keepdims)
        rows = merged(a, axis)
        method = "lower" if rows.shape[-1] % 2 and not without_nan else "midpoint"
        y = _order_statistics(rows, _in_type_of(a, 0.5), method, without_nan)
        return np.reshape(y, reduced_shape(a, axis, keepdims))

    return median


for quantile, percentile, median, mean in [
    (np.quantile, np.percentile, np.median, np.mean), (np.nanquantile, np.nanpercentile, np.nanmedian, np.nanmean),
]:  # fmt: skip
    without_nan = mean is np.nanmean
    formula = _quantiles(quantile, without_nan)
    composite(quantile, formula)
    composite(percentile, _percentiles(formula))
    composite(median, _medians(mean, without_nan))


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
