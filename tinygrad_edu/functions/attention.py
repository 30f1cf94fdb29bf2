"""Layers without windows: linear and bilinear maps, tables of vectors, dropout, attention.

What is random is drawn from a generator that the caller gives, or from a seed; without one there is no dropout.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..rules.indexing import as_index
from .convolution import as_array
from .softmax import softmax


def linear(x: Any, weight: Any, bias: Any = None) -> Any:
    """x Wᵀ + b, with a weight of shape (outputs, inputs).

    >>> linear([1.0, 2.0], [[1.0, 1.0], [0.0, 3.0]], [10.0, 0.0])
    array([13.,  6.])
    """
    y = np.matmul(x, np.swapaxes(weight, -1, -2) if np.ndim(weight) > 1 else weight)
    return y if bias is None else y + bias


def bilinear(x1: Any, x2: Any, weight: Any, bias: Any = None) -> Any:
    """Σ x1ᵢ Wₒᵢⱼ x2ⱼ + b, with a weight of shape (outputs, inputs1, inputs2).

    >>> bilinear([1.0, 2.0], [3.0], [[[1.0], [1.0]]])
    array([9.])
    """
    y = np.einsum("...i,oij,...j->...o", x1, weight, x2)
    return y if bias is None else y + bias


def embedding(indices: Any, weight: Any) -> Any:
    """The rows of a table that integers ask for: (...,), (rows, d) -> (..., d).

    >>> embedding([1, 1, 0], [[0.0, 1.0], [2.0, 3.0]])
    array([[2., 3.],
           [2., 3.],
           [0., 1.]])
    """
    return as_array(weight)[as_index(indices)]


def embedding_bag(indices: Any, weight: Any, mode: str = "mean", per_sample_weights: Any = None) -> Any:
    """The sum, mean or maximum of the rows that each bag asks for: (bags, n), (rows, d) -> (bags, d).

    >>> embedding_bag([[0, 1], [1, 1]], [[0.0, 1.0], [2.0, 3.0]])
    array([[1., 2.],
           [2., 3.]])
    """
    rows = embedding(indices, weight)
    if per_sample_weights is not None:
        if mode != "sum":
            raise ShapeError(f"embedding_bag: per_sample_weights go with mode='sum', not with {mode!r}")
        rows = rows * np.expand_dims(per_sample_weights, -1)
    reduce: Any = {"sum": np.sum, "mean": np.mean, "max": np.max}[mode]
    return reduce(rows, axis=-2)


def dropout(x: Any, p: float = 0.5, rng: np.random.Generator | int | None = None) -> Any:
    """x with each number set to 0 with probability p, and the others divided by 1 - p.

    Without a generator (or a seed) x itself, as after training.

    >>> dropout(np.ones(6), 0.5, rng=0)
    array([2., 0., 0., 0., 2., 2.])

    References
    ----------
    N. Srivastava, G. Hinton, A. Krizhevsky, I. Sutskever, R. Salakhutdinov, "Dropout", JMLR 15 (2014).
    """
    if rng is None or p == 0:
        return x
    kept = np.random.default_rng(rng).random(np.shape(x)) >= p
    return np.where(kept, np.divide(x, 1 - p if p < 1 else 1), 0)


def dot_product_attention(
    query: Any, key: Any, value: Any, mask: Any = None, bias: Any = None, is_causal: bool = False,
    scale: float | None = None, dropout_p: float = 0.0, rng: np.random.Generator | int | None = None,
) -> Any:  # fmt: skip
    """softmax(Q Kᵀ / √d) V: each query takes the mean of the values whose keys it resembles.

    Parameters
    ----------
    query : array, (..., queries, d)
    key, value : array, (..., keys, d), (..., keys, e)
    mask : array of bool, (..., queries, keys), optional
        True where a query may look; one that may look nowhere gets zeros.
    bias : array, (..., queries, keys), optional
        Added to the scores.
    is_causal : bool
        Query i may look at the keys up to i.
    scale : float, optional
        Instead of 1/√d.
    dropout_p, rng
        Drop weights, as `dropout` does.

    Returns
    -------
    array, (..., queries, e)

    >>> keys = np.eye(2) * 100
    >>> dot_product_attention([[1.0, 0.0]], keys, [[1.0, 2.0], [3.0, 4.0]])
    array([[1., 2.]])

    References
    ----------
    A. Vaswani et al., "Attention is all you need", NeurIPS (2017).
    """
    scores = np.matmul(query, np.swapaxes(key, -1, -2)) * (scale or 1 / math.sqrt(np.shape(query)[-1]))
    scores = scores if bias is None else scores + bias
    if is_causal:
        rows, columns = scores.shape[-2:]
        causal = np.arange(columns) <= np.arange(rows)[:, None]
        mask = causal if mask is None else np.logical_and(mask, causal)
    if mask is None:
        weights = softmax(scores)
    else:
        somewhere = np.any(mask, axis=-1, keepdims=True)
        weights = softmax(np.where(np.logical_or(mask, ~somewhere), scores, -math.inf))
        weights = np.where(somewhere, weights, 0)
    return np.matmul(dropout(weights, dropout_p, rng), value)
