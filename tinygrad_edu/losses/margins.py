"""Losses of scores that should be apart by a margin: hinges, perceptrons, rankings.

A score s says yes if it is positive, and the sign y of the truth is +1 or −1. Such a loss is 0 once the answer is right
by the margin, so what is easily right no longer moves the model. At the corner of a hinge the slope is ½.
Next: `similarity.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import log_softmax
from .classification import picked, shares_of
from .reduction import as_array, loss, reduce


@loss()
def hinge(score: Any, sign: Any, *, margin: float = 1.0) -> Any:
    """max(0, 1 − y s): the loss of a support vector machine.

    Parameters
    ----------
    score : array_like
        s, any real number.
    sign : array_like, same shape
        y, +1 or −1.
    margin : float
        How far on the right side is far enough.
    weights, reduction
        As for `squared_error`; the mean by default.

    References
    ----------
    C. Cortes, V. Vapnik (1995). Support-vector networks. Machine Learning 20.

    >>> hinge(np.array([2.0, 0.5, -1.0]), np.array([1, 1, 1]), reduction="none")
    array([0. , 0.5, 2. ])
    """
    return np.maximum(0.0, margin - sign * score)


@loss()
def squared_hinge(score: Any, sign: Any, *, margin: float = 1.0) -> Any:
    """max(0, 1 − y s)², which has no corner.

    >>> squared_hinge(np.array([2.0, -1.0]), np.array([1, 1]), reduction="none")
    array([0., 4.])
    """
    return np.maximum(0.0, margin - sign * score) ** 2


@loss()
def perceptron(score: Any, sign: Any) -> Any:
    """max(0, −y s): only wrong answers count.

    References
    ----------
    F. Rosenblatt (1958). The perceptron. Psychological Review 65.

    >>> perceptron(np.array([2.0, -1.0]), np.array([1, 1]), reduction="none")
    array([0., 1.])
    """
    return np.maximum(0.0, -sign * score)


@loss()
def soft_margin(score: Any, sign: Any) -> Any:
    """log(1 + e^(−y s)): the logistic loss for signs in place of 0 and 1.

    >>> soft_margin(np.array([0.0]), np.array([1])).round(4)
    np.float64(0.6931)
    """
    return np.logaddexp(0.0, -sign * score)


def multiclass_hinge(scores: Any, labels: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """max_c (s_c + [c ≠ y]) − s_y: the best wrong class must stay below the right one by 1. Scores (..., C).

    References
    ----------
    K. Crammer, Y. Singer (2001). On the algorithmic implementation of multiclass kernel-based vector machines. JMLR 2.

    >>> multiclass_hinge(np.array([[2.0, 1.5], [3.0, 0.0]]), [0, 0], reduction="none")
    array([0.5, 0. ])
    """
    s = as_array(scores)
    shares = shares_of(labels, s.shape[-1])
    return reduce("multiclass_hinge", np.max(s + 1.0 - shares, axis=-1) - picked(shares, s), weights, reduction)


def multiclass_perceptron(scores: Any, labels: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """max_c s_c − s_y: 0 as soon as the right class is ahead.

    >>> multiclass_perceptron(np.array([[2.0, 1.5], [0.0, 3.0]]), [0, 0], reduction="none")
    array([0., 3.])
    """
    s = as_array(scores)
    truth = picked(shares_of(labels, s.shape[-1]), s)
    return reduce("multiclass_perceptron", np.max(s, axis=-1) - truth, weights, reduction)


def multi_margin(
    scores: Any, labels: Any, *, p: int = 1, margin: float = 1.0, weights: Any = None, reduction: str = "mean"
) -> Any:
    """(1/C) Σ_{c ≠ y} max(0, margin − s_y + s_c)^p: every wrong class must stay below by the margin.

    >>> float(multi_margin(np.array([[2.0, 1.5]]), [0]))
    0.25
    """
    s = as_array(scores)
    shares = shares_of(labels, s.shape[-1])
    truth = np.sum(shares * s, axis=-1, keepdims=True)
    missing = np.where(shares == 1, 0.0, np.maximum(0.0, margin - truth + s) ** p)
    return reduce("multi_margin", np.mean(missing, axis=-1), weights, reduction)


def multilabel_margin(scores: Any, members: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """(1/C) Σ max(0, 1 − (s_a − s_b)) over all pairs of a class a that belongs and a class b that does not.

    Parameters
    ----------
    scores : array_like, shape (..., C)
    members : array_like of 0 and 1, same shape
        Which classes belong.

    >>> float(multilabel_margin(np.array([[2.0, 1.5, 0.0]]), np.array([[1, 0, 0]])).round(4))
    0.1667
    """
    s, inside = as_array(scores), as_array(members).astype(bool)
    distance = s[..., :, None] - s[..., None, :]  # (..., a, b)
    counts = inside[..., :, None] & ~inside[..., None, :]
    missing = np.where(counts, np.maximum(0.0, 1.0 - distance), 0.0)
    return reduce("multilabel_margin", np.sum(missing, axis=(-2, -1)) / s.shape[-1], weights, reduction)


def multilabel_soft_margin(logits: Any, members: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """The logistic loss of every class, averaged over the C classes. Shapes (..., C).

    >>> float(multilabel_soft_margin(np.zeros((1, 3)), np.array([[1, 0, 1]])).round(4))
    0.6931
    """
    z = as_array(logits)
    losses = np.mean(np.logaddexp(0.0, z) - as_array(members) * z, axis=-1)
    return reduce("multilabel_soft_margin", losses, weights, reduction)


@loss()
def hinge_embedding(distance: Any, sign: Any, *, margin: float = 1.0) -> Any:
    """The distance itself where two things belong together (y = 1), max(0, margin − distance) where not (y = −1).

    >>> hinge_embedding(np.array([0.25, 0.25]), np.array([1, -1]), reduction="none")
    array([0.25, 0.75])
    """
    return np.where(sign == 1, distance, np.maximum(0.0, margin - distance))


@loss()
def margin_ranking(first: Any, second: Any, sign: Any, *, margin: float = 0.0) -> Any:
    """max(0, margin − y (s₁ − s₂)): the first score should be the greater where y = 1, the second where y = −1.

    >>> margin_ranking(np.array([2.0]), np.array([3.0]), np.array([1]))
    np.float64(1.0)
    """
    return np.maximum(0.0, margin - sign * (first - second))


def ranking_softmax(scores: Any, relevance: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """−Σᵢ rᵢ log softmax(s)ᵢ over the items of a list (the last axis): the relevant ones should come first.

    References
    ----------
    Z. Cao et al. (2007). Learning to rank: from pairwise approach to listwise approach. ICML.

    >>> float(ranking_softmax(np.zeros((1, 4)), np.array([[1.0, 0.0, 0.0, 0.0]])).round(4))
    1.3863
    """
    losses = -picked(as_array(relevance), log_softmax(as_array(scores), axis=-1))
    return reduce("ranking_softmax", losses, weights, reduction)
