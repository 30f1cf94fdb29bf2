"""Losses of decisions: yes or no, or one of C classes, from scores, logits or probabilities.

A logit is the logarithm of odds (of two answers), or a score whose softmax gives the probabilities. Losses of logits
never form a probability, whose logarithm would be lost at 0 and 1. Classes are on the last axis; labels are integers of
the shape without it, or shares of the shape with it. Next: `margins.py`.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..functions import log_softmax, logsumexp, sparse_plus
from .reduction import as_array, loss, reduce
from .regression import weighted_log


@loss()
def logistic_loss(logit: Any, target: Any, *, positive_weight: Any = None) -> Any:
    """The cross-entropy of a yes-or-no prediction, from its logit: log(1 + e^z) − y z.

    With p = 1 / (1 + e^−z) it equals −(y log p + (1 − y) log(1 − p)), but p is never formed: at z = 800 its
    logarithm would be that of zero, while logaddexp(0, z) = log(1 + e^z) neither overflows nor loses digits.

    Parameters
    ----------
    logit : array_like
        z, any real number: the logarithm of the odds of a yes.
    target : array_like, same shape
        y: 1 for yes, 0 for no, or a probability between.
    positive_weight : float or array_like, optional
        What a yes counts, beside a no that counts 1.
    weights, reduction
        As for `squared_error`; the mean by default.

    Returns
    -------
    scalar
        In nats. log 2 for a prediction that knows nothing (z = 0).

    Raises
    ------
    ValueError
        If broadcasting would compare every logit with every target, as of (n, 1) with (n,).

    References
    ----------
    D. R. Cox (1958). The regression analysis of binary sequences. Journal of the Royal Statistical Society B 20.

    Examples
    --------
    >>> round(float(logistic_loss(np.array([0.0, 0.0]), np.array([0.0, 1.0]))), 6)
    0.693147
    >>> float(logistic_loss(np.array([-800.0, 800.0]), np.array([0.0, 1.0])))
    0.0
    """
    if positive_weight is None:
        return np.logaddexp(0.0, logit) - target * logit
    return positive_weight * target * np.logaddexp(0.0, -logit) + (1 - target) * np.logaddexp(0.0, logit)


binary_cross_entropy_with_logits = logistic_loss


@loss()
def binary_cross_entropy(probability: Any, target: Any) -> Any:
    """−(y log p + (1 − y) log(1 − p)), from probabilities; infinite where p says that y cannot be.

    What did not happen costs nothing: for y = 0 the loss at p = 0 is 0, and its slope 1. If you have logits, take
    `logistic_loss`, which loses no digits.

    >>> binary_cross_entropy(np.array([0.0, 0.5]), np.array([0.0, 1.0]), reduction="none").round(4)
    array([0.    , 0.6931])
    """
    return 0.0 - weighted_log(target, probability) - weighted_log(1 - target, 1 - probability)  # 0.0: no minus zero


def shares_of(labels: Any, classes: int) -> Any:
    """Labels as shares: rows with a single True for integers; what is no integer, as it is.

    >>> shares_of([2, 0], 3)
    array([[False, False,  True],
           [ True, False, False]])
    """
    labels = as_array(labels)
    if labels.dtype.kind not in "iu":
        return labels
    return labels[..., None] == np.arange(classes)


def picked(shares: Any, values: Any) -> Any:
    """Σ_c y_c v_c, where a share of 0 takes nothing, even of an infinite value."""
    return np.sum(np.where(shares == 0, 0.0, shares * np.where(shares == 0, 0.0, values)), axis=-1)


def smooth_labels(shares: Any, alpha: float) -> Any:
    """(1 − α) y + α / C: a little of every share is spread over all C classes.

    References
    ----------
    C. Szegedy et al. (2016). Rethinking the Inception architecture for computer vision. CVPR.

    >>> smooth_labels(np.array([0.0, 1.0]), 0.1)
    array([0.05, 0.95])
    """
    shares = as_array(shares)
    return (1 - alpha) * shares + alpha / shares.shape[-1]


def nll(
    log_probabilities: Any,
    labels: Any,
    *,
    class_weights: Any = None,
    label_smoothing: float = 0.0,
    ignore_index: int | None = None,
    weights: Any = None,
    reduction: str = "mean",
) -> Any:
    """Minus the logarithm of the probability that the label was given: −Σ_c y_c log p_c.

    Parameters
    ----------
    log_probabilities : array_like, shape (..., C)
        For example from `functions.log_softmax`.
    labels : array_like
        Integers from 0 to C − 1, of shape (...), or shares of shape (..., C).
    class_weights : array_like, shape (C,), optional
        What each class counts. The mean divides by the weights of integer labels, and by n for shares.
    label_smoothing : float
        α of `smooth_labels`.
    ignore_index : int, optional
        Examples with this label count nothing.
    weights, reduction
        As for `squared_error`.

    Returns
    -------
    scalar, or array of shape (...)
        In nats.

    >>> float(nll(np.log([[0.25, 0.75]]), [1]).round(4))
    0.2877
    """
    log_p, labels = as_array(log_probabilities), as_array(labels)
    whole = labels.dtype.kind in "iu"
    counts: Any = 1.0 if weights is None else weights
    if ignore_index is not None:
        counts = counts * (labels != ignore_index)
        labels = np.where(labels == ignore_index, 0, labels)
    shares = shares_of(labels, log_p.shape[-1])
    sizes = shares @ as_array(class_weights) if class_weights is not None and whole else 1.0
    if label_smoothing:
        shares = smooth_labels(shares, label_smoothing)
    if class_weights is not None:
        shares = shares * class_weights
    losses = -picked(shares, log_p)
    if reduction == "mean":  # over the weights of the labels
        return np.sum(counts * losses) / np.sum(np.broadcast_to(counts * sizes, losses.shape))
    return reduce("nll", losses, counts, reduction)


def cross_entropy(logits: Any, labels: Any, **settings: Any) -> Any:
    """The cross-entropy of the softmax of the logits: log Σ e^z − Σ_c y_c z_c.

    Parameters
    ----------
    logits : array_like, shape (..., C)
    labels, **settings
        As for `nll`: class_weights, label_smoothing, ignore_index, weights, reduction.

    >>> float(cross_entropy(np.array([[1e4, 0.0]]), [0]))
    0.0
    >>> float(cross_entropy(np.array([[0.0, 0.0]]), [0]).round(4))
    0.6931
    """
    return nll(log_softmax(as_array(logits), axis=-1), labels, **settings)


def categorical_cross_entropy(probabilities: Any, labels: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """−Σ_c y_c log p_c from probabilities (..., C); infinite where p says that the label cannot be.

    >>> float(categorical_cross_entropy(np.array([[0.0, 1.0]]), [1]))
    0.0
    """
    p = as_array(probabilities)
    losses = -np.sum(weighted_log(shares_of(labels, p.shape[-1]), p), axis=-1)
    return reduce("categorical_cross_entropy", losses, weights, reduction)


def linear_cross_entropy(x: Any, weight: Any, labels: Any, bias: Any = None, **settings: Any) -> Any:
    """The cross-entropy of a linear layer's logits, x Wᵀ + b, with W of shape (C, features).

    >>> float(linear_cross_entropy(np.ones((1, 2)), np.zeros((3, 2)), [0]).round(4))
    1.0986
    """
    logits = as_array(x) @ as_array(weight).T
    return cross_entropy(logits if bias is None else logits + bias, labels, **settings)


@loss()
def focal(logit: Any, target: Any, *, gamma: float = 2.0, alpha: float | None = None) -> Any:
    """The logistic loss times (1 − p)^γ, p the probability given to the truth: what is certain counts little.

    References
    ----------
    T.-Y. Lin et al. (2017). Focal loss for dense object detection. ICCV.

    >>> focal(np.array([0.0, 10.0]), np.array([1.0, 1.0]), reduction="none").round(4)
    array([0.1733, 0.    ])
    """
    surprise = np.logaddexp(0.0, logit) - target * logit
    log_p, log_q = -np.logaddexp(0.0, -logit), -np.logaddexp(0.0, logit)
    missed = target * np.exp(gamma * log_q) + (1 - target) * np.exp(gamma * log_p)
    found = missed * surprise
    return found if alpha is None else found * (alpha * target + (1 - alpha) * (1 - target))


def focal_softmax(logits: Any, labels: Any, *, gamma: float = 2.0, weights: Any = None, reduction: str = "mean") -> Any:
    """`focal` for C classes: −Σ_c y_c (1 − p_c)^γ log p_c.

    >>> float(focal_softmax(np.array([[0.0, 0.0]]), [0]).round(4))
    0.1733
    """
    log_p = log_softmax(as_array(logits), axis=-1)
    losses = -picked(shares_of(labels, log_p.shape[-1]), (1 - np.exp(log_p)) ** gamma * log_p)
    return reduce("focal_softmax", losses, weights, reduction)


def poly_cross_entropy(
    logits: Any, labels: Any, *, epsilon: float = 2.0, weights: Any = None, reduction: str = "mean"
) -> Any:
    """The cross-entropy plus ε (1 − p), p the probability of the label: its first Taylor term weighed anew.

    References
    ----------
    Z. Leng et al. (2022). PolyLoss: a polynomial expansion perspective of classification loss functions. ICLR.

    >>> float(poly_cross_entropy(np.array([[0.0, 0.0]]), [0]).round(4))
    1.6931
    """
    log_p = log_softmax(as_array(logits), axis=-1)
    shares = shares_of(labels, log_p.shape[-1])
    losses = -picked(shares, log_p) + epsilon * (1 - picked(shares, np.exp(log_p)))
    return reduce("poly_cross_entropy", losses, weights, reduction)


@loss()
def sparsemax(logit: Any, target: Any) -> Any:
    """The binary sparsemax loss of scores z and labels 0 or 1: 0 where z is right by 1, linear where wrong by 1.

    References
    ----------
    A. F. T. Martins, R. F. Astudillo (2016). From softmax to sparsemax. ICML.

    >>> sparsemax(np.array([-2.0, 0.0, 2.0]), np.array([0, 0, 0]), reduction="none")
    array([0.  , 0.25, 2.  ])
    """
    return sparse_plus(np.where(target == 1, -logit, logit))


def multiclass_sparsemax(scores: Any, labels: Any, *, weights: Any = None, reduction: str = "mean") -> Any:
    """½ Σ_{c in S} (z_c² − τ²) + ½ − z_y, S the support of the projection of z onto the simplex, τ its threshold.

    References
    ----------
    A. F. T. Martins, R. F. Astudillo (2016). From softmax to sparsemax. ICML.

    >>> float(multiclass_sparsemax(np.array([[2.0, 0.0]]), [0]))
    0.0
    """
    z = as_array(scores)
    ordered = -np.sort(-z, axis=-1)
    ranks = np.arange(1, z.shape[-1] + 1)
    inside = 1 + ranks * ordered > np.cumsum(ordered, axis=-1)
    size = np.sum(inside, axis=-1, keepdims=True)
    threshold = (np.sum(np.where(inside, ordered, 0.0), axis=-1, keepdims=True) - 1) / size
    gained = 0.5 * np.sum(np.where(z > threshold, z * z - threshold * threshold, 0.0), axis=-1)
    truth = picked(shares_of(labels, z.shape[-1]), z)
    return reduce("multiclass_sparsemax", gained + 0.5 - truth, weights, reduction)


def fenchel_young(
    scores: Any, target: Any, *, potential: Any = None, weights: Any = None, reduction: str = "mean"
) -> Any:
    """Ω*(z) − ⟨z, y⟩ for a convex potential Ω*; with the log-sum-exp, the default, it is the cross-entropy.

    References
    ----------
    M. Blondel, A. F. T. Martins, V. Niculae (2020). Learning with Fenchel-Young losses. JMLR 21.

    >>> float(fenchel_young(np.array([[0.0, 0.0]]), np.array([[1.0, 0.0]])).round(4))
    0.6931
    """
    z = as_array(scores)
    height = logsumexp(z, axis=-1) if potential is None else potential(z)
    return reduce("fenchel_young", height - np.sum(z * target, axis=-1), weights, reduction)
