"""Sample rows of `rules/sorting.py`: orders, quantiles of all methods, and distinct values."""

import numpy as np

from catalogue.rows import numbers, row
from tinygrad_edu.functions import order
from tinygrad_edu.rules.sorting import BETWEEN, STEPS

anywhere, _, _, apart = numbers(3)

D, E, F = apart(3, 4), apart(2, 3, 4), apart(7)
Z = anywhere(3, 4) + 1j * anywhere(3, 4)
Q, P = np.array([0.31, 0.605, 0.955]), np.array([[0.395, 0.69], [0.04, 0.96]])
weights = np.repeat([[1.0, 2.0, 0.5, 3.0]], 3, axis=0)


def weighted(quantile):
    """Weights are constant: which element is chosen depends on them in steps."""

    def weighted_quantile(x, q, **params):
        return quantile(x, q, weights=weights.astype(x.dtype), method="inverted_cdf", **params)

    return weighted_quantile


def values(function):
    """Without the places, which are integers."""

    def values_alone(x, *args, **params):
        return function(x, *args, **params)[0]

    return values_alone


# fmt: off
SAMPLES = [
    *(row(np.sort, E, entry="sort_nd", **p) for p in [{}, {"axis": 1}, {"axis": 0}, {"axis": None}]),
    row(np.sort, D, 0, "stable"), row(np.sort, D, stable=True), row(np.sort, Z), row(np.sort, apart(3, 1)),
    *(row(np.partition, x, k, **p) for x, k, p in [(D, 2, {}), (D, 1, {"axis": 0}), (D, (1, 3), {}), (D, 5, {"axis": None}), (F, -2, {}), (E, 0, {"axis": -2})]),
    *(row(np.median, x, **p) for x, p in [(F, {}), (D, {}), (D, {"axis": 0}), (D, {"axis": 1, "keepdims": True}), (E, {"axis": (0, 2)}), (E, {"axis": (-1, 1), "keepdims": True})]),
    *(row(np.quantile, D, q, **p) for q in [0.3, Q, P] for p in [{}, {"axis": 0}, {"axis": -1, "keepdims": True}]),
    *(row(np.quantile, F, Q, method=m) for m in [*BETWEEN, *STEPS]), *(row(np.quantile, E, 0.41, axis=(0, 1), method=m) for m in [*BETWEEN, *STEPS]),
    *(row(f, Z, **p) for f in [np.median, np.nanmedian] for p in [{}, {"axis": 1}]), row(np.nanquantile, E, P, axis=(0, 2)), row(np.nanquantile, E, P, axis=(0, 2), keepdims=True), row(np.quantile, D, np.linspace(0.03, 0.97, 11), axis=1),
    row(np.quantile, E, Q, axis=(2, 0), keepdims=True), row(np.quantile, D, [0.2, 0.7], 1, numpy_only=True), row(np.quantile, apart(1), 0.4),
    *(row(np.percentile, D, q, **p) for q in [30, Q * 100] for p in [{}, {"axis": 0, "method": "hazen"}]), row(np.percentile, D, [20, 70], axis=0, numpy_only=True),
    *(row(f, x, **p) for f in [np.nanmedian] for x, p in [(F, {}), (D, {"axis": 0}), (E, {"axis": (0, 2), "keepdims": True})]),
    *(row(f, D, q, **p) for f, q in [(np.nanquantile, Q), (np.nanpercentile, 30.0)] for p in [{}, {"axis": 1}, {"axis": 0, "method": "weibull", "keepdims": True}]),
    *(row(weighted(f), D, q, axis=1, entry=f.__name__, numpy_only=True) for f in [np.quantile, np.nanquantile] for q in [0.3, [0.1, 0.6]]),
    row(np.unique, D, entry="unique (values)"), row(np.unique, D, axis=0), row(np.unique, E, axis=1, equal_nan=False), row(np.unique_values, F),
    *(row(values(order.topk), D, 2, entry="topk", **p) for p in [{}, {"axis": 0, "largest": False}]),
    *(row(values(f), D, *k, entry=f.__name__, **p) for f, *k in [(order.kthvalue, 2), (order.mode,)] for p in [{}, {"axis": 0, "keepdims": True}]),
    *(row(order.aminmax, D, entry="aminmax", **p) for p in [{}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}]),
]
# fmt: on

FLAT = [
    row(np.lexsort, (F, F[::-1].copy())),
    row(np.lexsort, (D, D[::-1].copy()), 0),
    row(np.argpartition, F, 2, axis=-1),
]

# They return several arrays, of integers too: tests/test_sorting.py.
TESTED_ELSEWHERE = {np.unique_all, np.unique_counts, np.unique_inverse}
