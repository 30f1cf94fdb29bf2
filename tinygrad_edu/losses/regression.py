"""Losses of numbers: how far a predicted quantity y′ is from the measured y.

In the formulae r = y′ − y. All take ``weights`` (one per example) and ``reduction`` ("mean", "sum" or "none"); the
mean, rather than the sum, keeps the size of the gradient, and so the learning rate, independent of how many examples
there are. Next: `classification.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from .reduction import loss


@loss(reduction="none")
def squared_error(prediction: Any, target: Any) -> Any:
    """The squared loss of each example: (y − y′)².

    Parameters
    ----------
    prediction, target : array_like, shapes that broadcast
        y′, what the model says, and y, what was measured; in the same units.
    weights : array_like, optional
        What each example counts; the mean becomes Σ wᵢ lᵢ / Σ wᵢ.
    reduction : {"none", "mean", "sum"}
        What is made of the losses of the examples.

    Returns
    -------
    array, of the broadcast shape
        In the square of the target's units; never negative.

    Raises
    ------
    ValueError
        If broadcasting would compare every prediction with every target, as of (n, 1) with (n,).

    Examples
    --------
    >>> squared_error(np.array([1.0, 5.0]), np.array([2.0, 3.0]))
    array([1., 4.])
    """
    return (target - prediction) ** 2


@loss()
def mean_squared_error(prediction: Any, target: Any) -> Any:
    """The mean of the squared loss over the n examples: J = (1/n) Σ (yᵢ − y′ᵢ)².

    For a model linear in its parameters it is convex in them. Parameters as for `squared_error`.

    Examples
    --------
    The points (1, 2) and (2, 3), predicted as zero:

    >>> float(mean_squared_error(np.array([0.0, 0.0]), np.array([2.0, 3.0])))
    6.5
    """
    return (target - prediction) ** 2


@loss()
def l2_loss(prediction: Any, target: Any = 0.0) -> Any:
    """Half the square, r² / 2, whose gradient is r itself.

    >>> float(l2_loss(np.array([3.0]), np.array([1.0])))
    2.0
    """
    return 0.5 * (prediction - target) ** 2


@loss(reduction="none")
def absolute_error(prediction: Any, target: Any) -> Any:
    """The absolute loss of each example, |r|: its best constant prediction is the median. Slope 0 at r = 0.

    >>> absolute_error(np.array([1.0, 5.0]), np.array([2.0, 3.0]))
    array([1., 2.])
    """
    return np.abs(prediction - target)


@loss()
def mean_absolute_error(prediction: Any, target: Any) -> Any:
    """The mean of |r| over the examples.

    >>> float(mean_absolute_error(np.array([1.0, 5.0]), np.array([2.0, 3.0])))
    1.5
    """
    return np.abs(prediction - target)


@loss()
def huber(prediction: Any, target: Any, *, delta: float = 1.0) -> Any:
    """r² / 2 where |r| ≤ δ, and δ (|r| − δ/2) beyond: quadratic near, linear for outliers.

    References
    ----------
    P. J. Huber (1964). Robust estimation of a location parameter. Annals of Mathematical Statistics 35.

    >>> huber(np.array([0.5, 3.0]), np.array([0.0, 0.0]), reduction="none")
    array([0.125, 2.5  ])
    """
    r = np.abs(prediction - target)
    near = np.minimum(r, delta)
    return 0.5 * near * near + delta * (r - near)


@loss()
def smooth_l1(prediction: Any, target: Any, *, beta: float = 1.0) -> Any:
    """Huber's loss divided by its threshold: r² / (2β) where |r| < β, and |r| − β/2 beyond; |r| for β = 0.

    >>> smooth_l1(np.array([0.5, 3.0]), np.array([0.0, 0.0]), beta=2.0, reduction="none")
    array([0.0625, 2.    ])
    """
    r = np.abs(prediction - target)
    near = np.minimum(r, beta)
    return r if beta == 0 else 0.5 * near * near / beta + (r - near)


@loss()
def log_cosh(prediction: Any, target: Any) -> Any:
    """log cosh r, smooth everywhere: r²/2 near 0, |r| − log 2 far away. Never overflows.

    >>> log_cosh(np.array([0.0, 1000.0]), np.array([0.0, 0.0]), reduction="none").round(3)
    array([  0.   , 999.307])
    """
    r = prediction - target
    return np.logaddexp(r, -r) - math.log(2)


@loss()
def quantile(prediction: Any, target: Any, *, q: float = 0.5) -> Any:
    """The pinball loss max(q (y − y′), (q − 1) (y − y′)): its best constant prediction is the q-quantile.

    References
    ----------
    R. Koenker, G. Bassett (1978). Regression quantiles. Econometrica 46.

    >>> quantile(np.array([1.0, 1.0]), np.array([2.0, 0.0]), q=0.9, reduction="none").round(2)
    array([0.9, 0.1])
    """
    error = target - prediction
    return np.maximum(q * error, (q - 1) * error)


@loss()
def poisson_nll(prediction: Any, target: Any, *, log_rate: bool = True, full: bool = False) -> Any:
    """Minus the log-likelihood of counts y under a Poisson law of rate λ: λ − y log λ (+ log y!).

    Parameters
    ----------
    prediction : array_like
        log λ if `log_rate`, else λ itself, not negative.
    target : array_like
        Counts.
    full : bool
        Add log y! by Stirling's formula, for y > 1; it does not depend on the prediction.

    >>> poisson_nll(np.array([0.0, 1.0]), np.array([2.0, 0.0]), reduction="none").round(4)
    array([1.    , 2.7183])
    """
    found = np.exp(prediction) - target * prediction if log_rate else prediction - weighted_log(target, prediction)
    if full:
        y = np.where(target > 1, target, 1.0)
        found = found + np.where(target > 1, y * np.log(y) - y + 0.5 * np.log(2 * math.pi * y), 0.0)
    return found


@loss()
def gamma_nll(prediction: Any, target: Any, *, log_mean: bool = True) -> Any:
    """Minus the log-likelihood of positive y under a gamma law of mean μ, up to its shape: log μ + y / μ.

    For durations, claims and other positive numbers whose scatter grows with their mean.

    Parameters
    ----------
    prediction : array_like
        log μ if `log_mean`, else μ, positive.

    >>> gamma_nll(np.array([0.0]), np.array([2.0])).round(4)
    np.float64(2.0)
    """
    if log_mean:
        return prediction + target * np.exp(-prediction)
    return np.log(prediction) + target / prediction


@loss()
def gaussian_nll(prediction: Any, target: Any, variance: Any, *, full: bool = False) -> Any:
    """Minus the log-likelihood under a normal law with predicted variance: (log σ² + r²/σ²) / 2 (+ log(2π) / 2).

    >>> float(gaussian_nll(np.array([1.0]), np.array([3.0]), np.array([4.0])).round(4))
    1.1931
    """
    found = 0.5 * (np.log(variance) + (prediction - target) ** 2 / variance)
    return found + 0.5 * math.log(2 * math.pi) if full else found


def weighted_log(weight: Any, x: Any) -> Any:
    """w log x, which is 0 where w = 0, also at x = 0: what did not happen costs nothing, whatever its chance."""
    return np.where(weight == 0, 0.0, weight * np.log(np.where(weight == 0, 1.0, x)))
