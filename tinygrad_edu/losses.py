"""Losses: how far a prediction is from the truth, as NumPy formulae.

A loss takes the prediction and the target and gives a number to make small. Nothing here knows the engine: NumPy's
own dispatch makes each formula differentiable, and yours works the same way. The mean over the examples, rather than
the sum, keeps the size of the gradient, and so the learning rate, independent of how many examples there are.
"""

from __future__ import annotations

from math import prod
from typing import Any

import numpy as np


def squared_error(prediction: Any, target: Any) -> Any:
    """The squared loss of each example: (y − y′)².

    Parameters
    ----------
    prediction, target : array_like, shapes that broadcast
        y′, what the model says, and y, what was measured; in the same units.

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
    _check("squared_error", prediction, target)
    return (target - prediction) ** 2


def mean_squared_error(prediction: Any, target: Any) -> Any:
    """The mean of the squared loss over the n examples: J = (1/n) Σ (yᵢ − y′ᵢ)².

    Parameters
    ----------
    prediction, target : array_like, shapes that broadcast
        y′ and y, in the same units.

    Returns
    -------
    scalar
        In the square of the target's units. For a model linear in its parameters it is convex in them.

    Raises
    ------
    ValueError
        If broadcasting would compare every prediction with every target, as of (n, 1) with (n,).

    Examples
    --------
    The points (1, 2) and (2, 3), predicted as zero:

    >>> float(mean_squared_error(np.array([0.0, 0.0]), np.array([2.0, 3.0])))
    6.5
    """
    _check("mean_squared_error", prediction, target)
    return np.mean((target - prediction) ** 2)


def logistic_loss(logit: Any, target: Any) -> Any:
    """The mean cross-entropy of a yes-or-no prediction, from its logit: (1/n) Σ log(1 + e^z) − y z.

    With p = 1 / (1 + e^−z) it equals −(1/n) Σ y log p + (1 − y) log(1 − p), but p is never formed: at z = 800 its
    logarithm would be that of zero, while logaddexp(0, z) = log(1 + e^z) neither overflows nor loses digits.

    Parameters
    ----------
    logit : array_like
        z, any real number: the logarithm of the odds of a yes.
    target : array_like, same shape
        y: 1 for yes, 0 for no, or a probability between.

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
    _check("logistic_loss", logit, target)
    return np.mean(np.logaddexp(0.0, logit) - target * logit)


def _check(loss: str, prediction: Any, target: Any) -> None:
    """Refuse a pair of shapes that broadcast to more than either holds: n² numbers in place of n, without a word."""
    one, other = _shape(prediction), _shape(target)
    if one == other:
        return
    try:
        together = np.broadcast_shapes(one, other)
    except ValueError:  # NumPy says it best, when the two meet
        return
    if prod(together) > max(prod(one), prod(other)):
        cure = f"reshape the prediction to {other}" if prod(one) == prod(other) else "give both the same shape"
        raise ValueError(
            f"{loss}: the prediction is {one}, the target {other}, and each would meet every other, {together}. "
            f"Expected one target a prediction: {cure}"
        )


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
