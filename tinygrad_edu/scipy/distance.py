"""Distances between points, pair by pair: `tinygrad_edu.scipy.spatial.distance`.

A metric is a formula of two arrays whose last axis it sums; one table holds them, and broadcasting makes the pairs.
Where two points meet, a distance has a kink, whose subgradient of smallest norm is 0.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoRuleError
from .dispatch import as_array

__all__ = ["cdist", "pdist"]


def _total(x, w):
    return np.sum(x if w is None else x * w, axis=-1)


def _ratio(a, b):
    """a / b, and 0 where both are 0."""
    return a / np.where(b == 0, 1, b)


def _minkowski(u, v, p=2, w=None):
    d = u - v
    return np.linalg.norm(d if w is None else d * as_array(w) ** (1 / p), ord=p, axis=-1)


def _cosine(u, v, w=None):
    return 1 - _total(u * v, w) / np.sqrt(_total(u * u, w) * _total(v * v, w))


def _correlation(u, v, w=None):
    share = None if w is None else w / np.sum(w)
    mean = lambda x: np.mean(x, axis=-1, keepdims=True) if w is None else np.sum(x * share, axis=-1, keepdims=True)
    return _cosine(u - mean(u), v - mean(v), w)


def _jensenshannon(u, v):
    p, q = u / np.sum(u, axis=-1, keepdims=True), v / np.sum(v, axis=-1, keepdims=True)
    m = (p + q) / 2
    entropy = lambda x: np.sum(np.where(x > 0, x * np.log(np.where(x > 0, x / m, 1)), 0), axis=-1)
    return np.sqrt((entropy(p) + entropy(q)) / 2)


def _mahalanobis(u, v, VI):
    d = u - v
    square = np.sum((d @ VI) * d, axis=-1)
    return np.where(square > 0, np.sqrt(np.where(square > 0, square, 1)), 0)


# fmt: off
METRICS: dict[str, Callable[..., Any]] = {
    "euclidean":     lambda u, v, w=None: _minkowski(u, v, 2, w),
    "sqeuclidean":   lambda u, v, w=None: _total((u - v) ** 2, w),
    "cityblock":     lambda u, v, w=None: _total(np.abs(u - v), w),
    "chebyshev":     lambda u, v: np.max(np.abs(u - v), axis=-1),
    "minkowski":     _minkowski,
    "seuclidean":    lambda u, v, V: np.linalg.norm((u - v) / np.sqrt(V), axis=-1),
    "mahalanobis":   _mahalanobis,
    "cosine":        _cosine,
    "correlation":   _correlation,
    "canberra":      lambda u, v, w=None: _total(_ratio(np.abs(u - v), np.abs(u) + np.abs(v)), w),
    "braycurtis":    lambda u, v, w=None: _total(np.abs(u - v), w) / _total(np.abs(u + v), w),
    "jensenshannon": _jensenshannon,
}
# fmt: on
NAMES = {"l2": "euclidean", "l1": "cityblock", "manhattan": "cityblock", "linf": "chebyshev", "lp": "minkowski"}


def _distances(u, v, metric, params, points):
    """The metric of two arrays that broadcast; what it estimates from the points, as SciPy does."""
    if metric not in METRICS and metric not in NAMES:
        raise NoRuleError(f"the metric {metric!r} has no formula here. Use one of {', '.join(METRICS)}, or a function")
    name = NAMES.get(metric, metric)
    if name == "seuclidean" and params.get("V") is None:
        params = {**params, "V": np.var(points(), axis=0, ddof=1)}
    if name == "mahalanobis" and params.get("VI") is None:
        params = {**params, "VI": np.linalg.inv(np.cov(points().T)).T}
    return METRICS[name](u, v, **params)


def cdist(XA, XB, metric="euclidean", *, out=None, **kwargs):
    """The same as `scipy.spatial.distance.cdist`: the distance of each row of one array to each of the other."""
    a, b = as_array(XA), as_array(XB)
    if a.ndim != 2 or b.ndim != 2 or a.shape[1] != b.shape[1]:
        raise ValueError(f"cdist: the points have shapes {a.shape} and {b.shape}. Expected two axes, as many columns")
    if callable(metric):
        return np.stack([np.stack([metric(u, v, **kwargs) for v in b]) for u in a])
    return _distances(a[:, None, :], b[None, :, :], metric, kwargs, lambda: np.concatenate([a, b]))


def pdist(X, metric="euclidean", *, out=None, **kwargs):
    """The same as `scipy.spatial.distance.pdist`: the distances of all pairs of rows, i < j, one after the other."""
    x = as_array(X)
    if x.ndim != 2:
        raise ValueError(f"pdist: the points have shape {x.shape}. Expected two axes")
    i, j = np.triu_indices(x.shape[0], 1)
    if callable(metric):
        return np.stack([metric(x[a], x[b], **kwargs) for a, b in zip(i, j, strict=True)])
    return _distances(x[i], x[j], metric, kwargs, lambda: x)
