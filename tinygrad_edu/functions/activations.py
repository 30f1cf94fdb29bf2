"""Activations: the bends that neural networks are made of, one formula each.

A formula in NumPy's functions is differentiated by NumPy's rules. Three are rows of their own: `relu`, whose rule
makes one pass over the array where that of `np.clip` makes five; `sigmoid`, which must not overflow and whose slope is
y (1 - y); and Φ, the normal distribution function, which NumPy lacks. At 0 the rectifiers have the slope of their left
side, and at a bound what is cut off has the slope 0, as in PyTorch. Every function takes arrays, lists and Tensors.
Next: `softmax.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..rules.declare import elementwise

# --- rectifiers -------------------------------------------------------------------------------------------------------


def relu(x: Any) -> Any:
    """max(x, 0); the slope at 0 is 0.

    >>> relu([-1.0, 0.0, 2.0])
    array([0., 0., 2.])
    """
    return _relu_row(x)


def relu6(x: Any) -> Any:
    """x, cut off at 0 and at 6."""
    return np.clip(x, 0, 6)


def leaky_relu(x: Any, negative_slope: Any = 0.01) -> Any:
    """x for x > 0, else negative_slope · x."""
    return np.where(np.greater(x, 0), x, np.multiply(x, negative_slope))


def prelu(x: Any, weight: Any) -> Any:
    """`leaky_relu` whose slope is a parameter: one number, or one for each channel (axis 1) of x."""
    if np.ndim(weight) and np.ndim(x) > 1:
        weight = np.reshape(weight, np.shape(weight) + (1,) * (np.ndim(x) - 2))
    return leaky_relu(x, weight)


def rrelu(x: Any, lower: float = 1 / 8, upper: float = 1 / 3, rng: np.random.Generator | None = None) -> Any:
    """`leaky_relu` with slopes drawn between two bounds while training (with rng), and their mean otherwise.

    References
    ----------
    B. Xu, N. Wang, T. Chen, M. Li, "Empirical evaluation of rectified activations in convolutional network" (2015).
    """
    if rng is None:
        return leaky_relu(x, (lower + upper) / 2)
    x = x if hasattr(x, "dtype") else np.asarray(x, float)
    return leaky_relu(x, rng.uniform(lower, upper, np.shape(x)).astype(x.dtype))


def elu(x: Any, alpha: float = 1.0) -> Any:
    """x for x > 0, else α (eˣ - 1).

    >>> elu([-1.0, 2.0]).round(3)
    array([-0.632,  2.   ])
    """
    positive = np.greater(x, 0)
    return np.where(positive, x, alpha * np.expm1(np.where(positive, 0, x)))


def selu(x: Any) -> Any:
    """`elu` with the two constants for which random deep networks keep mean 0 and variance 1.

    References
    ----------
    G. Klambauer, T. Unterthiner, A. Mayr, S. Hochreiter, "Self-normalizing neural networks", NeurIPS (2017).
    """
    return 1.0507009873554805 * elu(x, 1.6732632423543772)


def celu(x: Any, alpha: float = 1.0) -> Any:
    """x for x > 0, else α (eˣᐟᵅ - 1): an `elu` without a kink for every α."""
    positive = np.greater(x, 0)
    return np.where(positive, x, alpha * np.expm1(np.where(positive, 0, x) / alpha))


def threshold(x: Any, threshold: float, value: float) -> Any:
    """x above the threshold, else the value."""
    return np.where(np.less_equal(x, threshold), value, x)


# --- sigmoids ---------------------------------------------------------------------------------------------------------


def sigmoid(x: Any) -> Any:
    """1 / (1 + e⁻ˣ), safe for any x.

    >>> sigmoid([-1000.0, 0.0, 1000.0])
    array([0. , 0.5, 1. ])
    """
    return _logistic_row(x)


def logsigmoid(x: Any) -> Any:
    """log(1 / (1 + e⁻ˣ)), which is about x for large negative x, and does not underflow."""
    return -np.logaddexp(np.negative(x), 0)


def hardtanh(x: Any, min_val: float = -1.0, max_val: float = 1.0) -> Any:
    """x, cut off at both ends."""
    return np.clip(x, min_val, max_val)


def hardsigmoid(x: Any) -> Any:
    """(x + 3) / 6, cut off at 0 and 1."""
    return relu6(np.add(x, 3)) / 6


def softsign(x: Any) -> Any:
    """x / (1 + |x|)."""
    return x / (1 + np.abs(x))


def sparse_sigmoid(x: Any) -> Any:
    """(x + 1) / 2, cut off at 0 and 1: the slope of `sparse_plus`."""
    return np.clip(np.add(x, 1) / 2, 0, 1)


# --- soft rectifiers --------------------------------------------------------------------------------------------------


def softplus(x: Any, beta: float = 1.0) -> Any:
    """log(1 + eᵝˣ) / β, safe for any x.

    >>> softplus([-1000.0, 0.0, 1000.0])
    array([0.00000000e+00, 6.93147181e-01, 1.00000000e+03])
    """
    return np.logaddexp(np.multiply(x, beta), 0) / beta


def squareplus(x: Any, b: float = 4.0) -> Any:
    """(x + √(x² + b)) / 2."""
    return np.add(x, np.hypot(x, b**0.5)) / 2


def sparse_plus(x: Any) -> Any:
    """0 up to -1, x from 1 on, and the parabola (x + 1)² / 4 between them."""
    return np.where(np.less_equal(x, -1), 0, np.where(np.greater_equal(x, 1), x, np.add(x, 1) ** 2 / 4))


def silu(x: Any) -> Any:
    """x · sigmoid(x), also called swish.

    References
    ----------
    P. Ramachandran, B. Zoph, Q. V. Le, "Searching for activation functions" (2017).
    """
    return x * sigmoid(x)


def hardswish(x: Any) -> Any:
    """x · hardsigmoid(x), also called hard_silu."""
    return x * hardsigmoid(x)


def mish(x: Any) -> Any:
    """x · tanh(softplus(x)).

    References
    ----------
    D. Misra, "Mish: a self regularized non-monotonic activation function" (2019).
    """
    return x * np.tanh(softplus(x))


def gelu(x: Any, approximate: str = "none") -> Any:
    """x Φ(x), with the normal distribution function Φ; or with ``approximate="tanh"`` a formula close to it.

    >>> gelu([-1.0, 0.0, 1.0]).round(4)
    array([-0.1587,  0.    ,  0.8413])

    References
    ----------
    D. Hendrycks, K. Gimpel, "Gaussian error linear units" (2016).
    """
    if approximate == "tanh":
        x = np.positive(x)
        return 0.5 * x * (1 + np.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x * x * x)))
    if approximate != "none":
        raise ValueError(f"gelu: approximate={approximate!r}. Expected 'none' or 'tanh'")
    return x * normal_cdf(x)


def quick_gelu(x: Any) -> Any:
    """x · sigmoid(1.702 x), close to `gelu`."""
    return x * sigmoid(np.multiply(x, 1.702))


# --- shrinkage, and what is left --------------------------------------------------------------------------------------


def tanhshrink(x: Any) -> Any:
    """x - tanh(x)."""
    return x - np.tanh(x)


def softshrink(x: Any, lambd: float = 0.5) -> Any:
    """x moved towards 0 by λ, and 0 within λ of it: the proximal map of λ|x|."""
    return np.where(np.less_equal(np.abs(x), lambd), 0, x - lambd * np.sign(x))


def hardshrink(x: Any, lambd: float = 0.5) -> Any:
    """x, but 0 within λ of 0."""
    return np.where(np.less_equal(np.abs(x), lambd), 0, x)


def log1mexp(x: Any) -> Any:
    """log(1 - e⁻ˣ) for x > 0, without loss of digits at either end.

    References
    ----------
    M. Mächler, "Accurately computing log(1 - exp(-|a|))" (2012).
    """
    small = np.less(x, math.log(2))
    return np.where(small, np.log(-np.expm1(np.negative(x))), np.log1p(-np.exp(-np.where(small, 1, x))))


def glu(x: Any, axis: int = -1) -> Any:
    """The gated linear unit a · sigmoid(b) of the two halves a, b of x along an axis."""
    x = x if hasattr(x, "shape") else np.asarray(x)
    before, half = (slice(None),) * (axis % x.ndim), x.shape[axis] // 2
    if 2 * half != x.shape[axis]:
        raise ShapeError(f"glu: axis {axis} of {x.shape} has no two equal halves. Expected an even length")
    return x[(*before, slice(half))] * sigmoid(x[(*before, slice(half, None))])


swish, hard_silu, hard_tanh = silu, hardswish, hardtanh


# --- the three rows ---------------------------------------------------------------------------------------------------


def _sigmoid(x):
    """By the exponential of a negative number only, which cannot overflow."""
    e = np.exp(-np.abs(x))
    return np.where(np.greater_equal(x, 0), 1, e) / (1 + e)


def _normal_cdf(x):
    """erfc(-x/√2) / 2: from SciPy if it is there, else one number after the other."""
    try:
        from scipy.special import ndtr
    except ImportError:
        y = np.reshape([math.erfc(-v * math.sqrt(0.5)) / 2 for v in np.ravel(x)], np.shape(x))
        return y.astype(x.dtype) if hasattr(x, "dtype") else y
    return ndtr(x)


def normal_cdf(x: Any) -> Any:
    """Φ(x), the probability that a standard normal number is less than x."""
    return _normal_row(x)


def _normal_rule(g, y, x):
    """φ(x) = exp(-x²/2) / √(2π)."""
    return g * (np.exp(-0.5 * x * x) / math.sqrt(2 * math.pi))


# fmt: off
_relu_row =      elementwise(relu,        lambda g, y, x: np.where(y == 0, 0, g),  call=lambda x: np.maximum(x, 0))
_logistic_row =  elementwise(sigmoid,     lambda g, y, x: g * (y * (1 - y)),       call=_sigmoid)
_normal_row =    elementwise(normal_cdf,  _normal_rule,                            call=_normal_cdf)
# fmt: on
