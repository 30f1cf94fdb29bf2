"""Sample rows of `rules/statistics.py`: averages, covariances, and histograms with weights."""

import numpy as np

from catalogue.rows import numbers, row

anywhere, positive, _, apart = numbers(4)

A, B, T, V, W = anywhere(3, 4), anywhere(3, 4), anywhere(2, 3, 4), anywhere(6), anywhere(6)
P, Q, R, S = positive(3, 4), positive(4), positive(6), positive(2, 4)
D, F, G = apart(3, 4), apart(6), apart(6)
Z = anywhere(3, 4) + 1j * anywhere(3, 4)
repeats = np.array([2, 1, 3, 1])
EDGES = np.array([-0.57, -0.33, 0.1, 0.55])


def weighted(function):
    """Weights by name are differentiated too."""

    def by_weights(x, weights, *args, **params):
        return function(x, *args, weights=weights, **params)

    return by_weights


def observed(function):
    def by_importance(x, aweights, **params):
        return function(x, aweights=aweights, **params)

    return by_importance


def summed(function, *data, **params):
    """A histogram's sums of weights; the numbers and the bins stand fast."""

    def sums(weights):
        return function(*data, weights=weights, **params)[0]

    return sums


def density(x, **params):
    return np.histogram(x, density=True, **params)[0]


# fmt: off
AVERAGE = [
    *(row(np.average, A, **p) for p in [{}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}, {"axis": -1, "returned": True}]),
    *(row(weighted(np.average), A, w, entry="average", **p) for w, p in [(P, {}), (P, {"axis": 0}), (P, {"axis": 1, "returned": True, "keepdims": True}), (Q, {"axis": 1}), (Q, {"axis": -1, "returned": True})]),
    row(weighted(np.average), T, S, axis=(0, 2), entry="average"), row(weighted(np.average), T, S.T.copy(), axis=(2, 0), entry="average"), row(weighted(np.average), Z, P, axis=0, entry="average"),
]
COVARIANCE = [
    *(row(f, x, entry="", **p) for f in [np.cov, np.corrcoef] for x, p in [(A, {}), (A, {"rowvar": False}), (V, {}), (Z, {})]), row(np.cov, A), row(np.corrcoef, A),
    row(np.cov, V, W), row(np.cov, A, B), row(np.cov, A, B, False), row(np.corrcoef, V, W), row(np.corrcoef, A, B, rowvar=False), row(np.cov, A, bias=True), row(np.cov, A, ddof=2),
    row(np.cov, A, fweights=repeats), row(np.cov, A, fweights=repeats, ddof=0),
    *(row(observed(np.cov), A, Q, entry="cov", **p) for p in [{}, {"ddof": 0}, {"fweights": repeats}, {"bias": True}]),
]
HISTOGRAMS = [
    *(row(summed(np.histogram, F, **p), R, entry="histogram", numpy_only=True) for p in [{}, {"bins": 3}, {"bins": 4, "range": (-0.4, 0.02)}, {"bins": EDGES}, {"bins": 3, "density": True}]),
    row(summed(np.histogram, F, bins=4), R + 1j * R, entry="histogram", numpy_only=True),
    *(row(summed(np.histogram2d, F, G, **p), R, entry="histogram2d(weights)", numpy_only=True) for p in [{"bins": 2}, {"bins": [2, 3]}, {"bins": EDGES}, {"bins": [2, EDGES], "density": True}, {"bins": 2, "range": [[-0.4, 0.1], [-1.0, 1.0]]}]),
    row(summed(np.histogramdd, np.stack([F, G, F[::-1]], axis=1), bins=(2, 1, 2)), R, entry="histogramdd", numpy_only=True), row(summed(np.histogramdd, D[:, :2], bins=2), positive(3), entry="", numpy_only=True),
    row(np.histogram_bin_edges, D, 4), row(np.histogram_bin_edges, F, 2), row(density, D, bins=3, entry="histogram"),
    *(row(weighted(np.bincount), np.array([0, 3, 1, 3, 0, 0]), R, entry="bincount_weights", **p) for p in [{}, {"minlength": 6}]),
]
# fmt: on

SAMPLES = [*AVERAGE, *COVARIANCE, *HISTOGRAMS]
FLAT = [row(np.bincount, np.array([0, 3, 1, 3])), row(np.bincount, np.array([0, 3]), minlength=7)]
# They return edges beside the sums: tests/test_statistics.py.
TESTED_ELSEWHERE = {np.histogram, np.histogram2d, np.histogramdd}
