"""Lengths and distances, with slope 0 where a length is 0: the tip of a cone, whose shortest subgradient is 0."""

from __future__ import annotations

import math
from typing import Any

import numpy as np


def root(total: Any, p: float) -> Any:
    """total^(1/p), with slope 0 at 0."""
    zero = np.equal(total, 0)
    positive = np.where(zero, 1, total)
    return np.where(zero, 0, np.sqrt(positive) if p == 2 else positive ** (1 / p))


def length(x: Any, p: float = 2.0, axis: int | tuple[int, ...] | None = -1, keepdims: bool = False) -> Any:
    """(Σ |x|ᵖ)^(1/p) along an axis; for p = ∞ the largest |x|."""
    if p == math.inf:
        return np.max(np.abs(x), axis=axis, keepdims=keepdims)
    if p == 1:
        return np.sum(np.abs(x), axis=axis, keepdims=keepdims)
    squares = np.square(x) if p == 2 and not np.iscomplexobj(x) else np.abs(x) ** p
    return root(np.sum(squares, axis=axis, keepdims=keepdims), p)


def normalize(x: Any, p: float = 2.0, axis: int = 1, eps: float = 1e-12) -> Any:
    """x divided by its length along an axis (by ε, if that is shorter).

    >>> normalize([[3.0, 4.0], [0.0, 0.0]])
    array([[0.6, 0.8],
           [0. , 0. ]])
    """
    return x / np.maximum(length(x, p, axis, keepdims=True), eps)


def renorm(x: Any, p: float, axis: int, maxnorm: float) -> Any:
    """x, in which every slice along an axis that is longer than maxnorm is scaled to that length.

    >>> renorm([[3.0, 4.0], [0.3, 0.4]], 2, 0, 1.0)
    array([[0.6, 0.8],
           [0.3, 0.4]])
    """
    n = np.ndim(x)
    size = length(x, p, tuple(a for a in range(n) if a != axis % n), keepdims=True)
    long = np.greater(size, maxnorm)
    return x * np.where(long, maxnorm / np.where(long, size, 1), 1)


def cdist(x: Any, y: Any, p: float = 2.0) -> Any:
    """The p-norm distance of every row of x to every row of y: (..., m, d), (..., n, d) -> (..., m, n).

    >>> cdist([[0.0, 0.0], [3.0, 0.0]], [[0.0, 4.0]])
    array([[4.],
           [5.]])
    """
    return length(np.expand_dims(x, -2) - np.expand_dims(y, -3), p)


def pdist(x: Any, p: float = 2.0) -> Any:
    """The distances between the rows of x, each pair once: (n, d) -> (n (n - 1) / 2,).

    >>> pdist([[0.0, 0.0], [3.0, 0.0], [0.0, 4.0]])
    array([3., 4., 5.])
    """
    i, j = np.triu_indices(np.shape(x)[0], 1)
    return length(np.take(x, i, 0) - np.take(x, j, 0), p)
