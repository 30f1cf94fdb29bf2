"""Losses that compare: distributions with each other, vectors with each other, one region with another.

Vectors and distributions lie on the last axis. Next: `sequences.py`.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..functions import logsumexp
from .classification import picked
from .reduction import as_array, loss, reduce
from .regression import weighted_log


@loss()
def kl_divergence(log_prediction: Any, target: Any, *, log_target: bool = False) -> Any:
    """Σ p (log p − log q), element by element: what it costs to take q for the truth p.

    Parameters
    ----------
    log_prediction : array_like
        log q.
    target : array_like, same shape
        p, or log p with `log_target`. What has no chance (p = 0) costs nothing.
    reduction : {"mean", "sum", "none"}
        Of the elements; for the divergence of each of n distributions, "sum" divided by n.

    References
    ----------
    S. Kullback, R. A. Leibler (1951). On information and sufficiency. Annals of Mathematical Statistics 22.

    >>> p, q = np.array([0.5, 0.5, 0.0]), np.array([0.25, 0.5, 0.25])
    >>> float(kl_divergence(np.log(q), p, reduction="sum").round(4))
    0.3466
    """
    if log_target:
        return np.exp(target) * (target - log_prediction)
    return weighted_log(target, target) - target * np.where(target == 0, 0.0, log_prediction)


def jensen_shannon(p: Any, q: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """½ KL(p ‖ m) + ½ KL(q ‖ m) with m = (p + q)/2: symmetric, and never more than log 2. Distributions (..., C).

    References
    ----------
    J. Lin (1991). Divergence measures based on the Shannon entropy. IEEE Transactions on Information Theory 37.

    >>> float(jensen_shannon(np.array([1.0, 0.0]), np.array([0.0, 1.0])).round(4))
    0.6931
    """
    p, q = as_array(p), as_array(q)
    middle = 0.5 * (p + q)
    terms = weighted_log(p, p) - weighted_log(p, middle) + weighted_log(q, q) - weighted_log(q, middle)
    return reduce("jensen_shannon", 0.5 * np.sum(terms, axis=-1), weights, reduction)


def length(x: Any, axis: int = -1, keepdims: bool = False) -> Any:
    """√Σ x², with slope 0 at x = 0."""
    total = np.sum(x * x, axis=axis, keepdims=keepdims)
    return np.where(total == 0, 0.0, np.sqrt(np.where(total == 0, 1.0, total)))


def cosine_similarity(x: Any, y: Any, axis: int = -1) -> Any:
    """⟨x, y⟩ / (|x| |y|), from −1 to 1; 0 for a vector of zeros, which has no direction.

    >>> float(cosine_similarity(np.array([1.0, 0.0]), np.array([1.0, 1.0])).round(4))
    0.7071
    """
    x, y = as_array(x), as_array(y)
    sizes = length(x, axis) * length(y, axis)
    return np.where(sizes == 0, 0.0, np.sum(x * y, axis=axis) / np.where(sizes == 0, 1.0, sizes))


def cosine_distance(x: Any, y: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """1 − cos of the angle between x and y.

    >>> float(cosine_distance(np.array([[1.0, 0.0]]), np.array([[0.0, 2.0]])))
    1.0
    """
    return reduce("cosine_distance", 1 - cosine_similarity(x, y), weights, reduction)


def cosine_embedding(
    x: Any, y: Any, sign: Any, *, margin: float = 0.0, weights: Any = None, reduction: str = "mean"
) -> Any:
    """1 − cos where x and y belong together (sign 1), max(0, cos − margin) where not (sign −1).

    >>> x, y = np.array([[1.0, 0.0], [1.0, 0.0]]), np.array([[1.0, 0.0], [1.0, 0.0]])
    >>> cosine_embedding(x, y, np.array([1, -1]), reduction="none")
    array([0., 1.])
    """
    cosine = cosine_similarity(x, y)
    losses = np.where(as_array(sign) == 1, 1 - cosine, np.maximum(0.0, cosine - margin))
    return reduce("cosine_embedding", losses, weights, reduction)


def pairwise_distance(x: Any, y: Any, *, p: float = 2.0) -> Any:
    """(Σ |x − y|^p)^(1/p) along the last axis; slope 0 where x = y.

    >>> float(pairwise_distance(np.array([0.0, 0.0]), np.array([3.0, 4.0])))
    5.0
    """
    difference = as_array(x) - as_array(y)
    if p == 2:
        return length(difference)
    size = np.abs(difference)
    if p == 1:
        return np.sum(size, axis=-1)
    if p == math.inf:
        return np.max(size, axis=-1)
    total = np.sum(size**p, axis=-1)
    return np.where(total == 0, 0.0, np.where(total == 0, 1.0, total) ** (1 / p))


def triplet_margin(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    margin: float = 1.0,
    p: float = 2.0,
    swap: bool = False,
    weights: Any = None,
    reduction: str = "mean",
) -> Any:
    """max(0, |a − p| − |a − n| + margin): the anchor should be nearer to its like than to the other. Vectors (..., d).

    Parameters
    ----------
    swap : bool
        Take the distance of p and n for that of a and n where it is smaller.

    References
    ----------
    F. Schroff, D. Kalenichenko, J. Philbin (2015). FaceNet: a unified embedding for face recognition. CVPR.

    >>> a, p, n = np.zeros((1, 2)), np.array([[3.0, 4.0]]), np.array([[0.0, 2.0]])
    >>> float(triplet_margin(a, p, n))
    4.0
    """
    distance = lambda x, y: pairwise_distance(x, y, p=p)
    return triplet_margin_with_distance(
        anchor, positive, negative, distance=distance, margin=margin, swap=swap, weights=weights, reduction=reduction
    )


def triplet_margin_with_distance(
    anchor: Any,
    positive: Any,
    negative: Any,
    *,
    distance: Callable[[Any, Any], Any] = pairwise_distance,
    margin: float = 1.0,
    swap: bool = False,
    weights: Any = None,
    reduction: str = "mean",
) -> Any:
    """`triplet_margin` with any distance of two vectors.

    >>> far = lambda x, y: np.sum(np.abs(x - y), axis=-1)
    >>> float(triplet_margin_with_distance(np.zeros((1, 2)), np.ones((1, 2)), np.zeros((1, 2)), distance=far))
    3.0
    """
    near, other = distance(anchor, positive), distance(anchor, negative)
    if swap:
        other = np.minimum(other, distance(positive, negative))
    return reduce("triplet_margin", np.maximum(0.0, near - other + margin), weights, reduction)


@loss()
def contrastive(distance: Any, same: Any, *, margin: float = 1.0) -> Any:
    """½ d² for pairs that belong together (1), ½ max(0, margin − d)² for those that do not (0).

    References
    ----------
    R. Hadsell, S. Chopra, Y. LeCun (2006). Dimensionality reduction by learning an invariant mapping. CVPR.

    >>> contrastive(np.array([0.5, 0.5]), np.array([1, 0]), reduction="none")
    array([0.125, 0.125])
    """
    return np.where(same == 1, 0.5 * distance**2, 0.5 * np.maximum(0.0, margin - distance) ** 2)


def ntxent(embeddings: Any, labels: Any, *, temperature: float = 0.07, reduction: str = "mean") -> Any:
    """Cross-entropy over the cosine similarities of a batch: each example should find those with its label.

    Parameters
    ----------
    embeddings : array_like, shape (n, d)
    labels : array_like of integers, shape (n,)
        Examples with the same label belong together; one without a companion does not count.
    temperature : float
        Divides the similarities; the smaller, the sharper.

    References
    ----------
    T. Chen et al. (2020). A simple framework for contrastive learning of visual representations. ICML.

    >>> x = np.array([[1.0, 0.0], [1.0, 0.0], [0.0, 1.0], [0.0, 1.0]])
    >>> float(ntxent(x, [0, 0, 1, 1], temperature=1.0).round(4))
    0.5514
    """
    x, labels = as_array(embeddings), as_array(labels)
    sizes = length(x, keepdims=True)
    unit = x / np.where(sizes == 0, 1.0, sizes)
    others = ~np.eye(len(labels), dtype=bool)
    friends = (labels[:, None] == labels) & others
    scores = np.where(others, unit @ unit.T / temperature, -np.inf)
    log_p = scores - logsumexp(scores, axis=1, keepdims=True)
    counts = np.sum(friends, axis=1)
    losses = -picked(friends, log_p) / np.maximum(counts, 1)
    return reduce("ntxent", losses, counts > 0, reduction)


def dice(
    prediction: Any, target: Any, *, smooth: float = 1.0, axis: Any = -1, weights: Any = None, reduction: str = "mean"
) -> Any:
    """1 − (2 Σ p t + s) / (Σ p + Σ t + s): one minus the overlap of two regions over an axis (or several).

    Parameters
    ----------
    prediction : array_like
        Probabilities that a pixel belongs.
    target : array_like, same shape
        1 where it does, 0 where not.
    smooth : float
        Keeps empty regions from 0/0.

    References
    ----------
    F. Milletari, N. Navab, S.-A. Ahmadi (2016). V-Net: fully convolutional neural networks for volumetric medical
    image segmentation. 3DV.

    >>> float(dice(np.array([1.0, 1.0, 0.0]), np.array([1.0, 1.0, 0.0])))
    0.0
    """
    p, t = as_array(prediction), as_array(target)
    overlap = 2 * np.sum(p * t, axis=axis) + smooth
    return reduce("dice", 1 - overlap / (np.sum(p, axis=axis) + np.sum(t, axis=axis) + smooth), weights, reduction)
