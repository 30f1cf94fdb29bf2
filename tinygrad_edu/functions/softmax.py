"""Softmax and its family: shares of exponentials, that do not overflow.

The largest number is taken off before the exponential, so logits of 10⁴ are welcome, and -inf means "not allowed":
a share of 0, with gradient 0. Where all are -inf there is nothing to share, and softmax is NaN. Three are rows of
their own, because the formula would carry a gradient through the maximum, where it cancels: half the passes are saved.
Next: `attention.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from ..rules.declare import primitive
from ..rules.reductions import reduced_size, restored

Axis = int | tuple[int, ...] | None


def _peak(x, axis=None):
    """The largest numbers along an axis, 0 for those that are infinite."""
    top = np.max(x, axis=axis, keepdims=True)
    return np.where(np.isfinite(top), top, 0)


peak = primitive(_peak, (None,), (None,))
"""What is taken off before an exponential and put back after the logarithm: it changes nothing, and has no slope."""


def _softmax(x, axis=-1):
    e = np.exp(x - np.max(x, axis=axis, keepdims=True))
    return e / np.sum(e, axis=axis, keepdims=True)


def _softmax_rule(g, y, x, axis=-1):
    """y (g - Σ g y): the Jacobian diag(y) - y yᵀ is symmetric, and so serves both modes."""
    h = g * y
    return h - y * np.sum(h, axis=axis, keepdims=True)


def _log_softmax(x, axis=-1):
    z = x - np.max(x, axis=axis, keepdims=True)
    return z - np.log(np.sum(np.exp(z), axis=axis, keepdims=True))


def _logsumexp(x, axis=None, keepdims=False):
    top = _peak(x, axis)
    with np.errstate(divide="ignore"):  # log(0) where all are -inf
        y = np.log(np.sum(np.exp(x - top), axis=axis, keepdims=True)) + top
    return y if keepdims else np.squeeze(y, axis)


def _shares(y, x, axis, keepdims):
    """eˣ / Σ eˣ = eˣ⁻ʸ; where y is infinite, equal shares of those that are as large as it."""
    if axis is not None:
        y = restored(y, axis, keepdims)
    e = np.exp(np.where(x == y, 0, x - y))
    return e / np.sum(e, axis=axis, keepdims=True)


def _logsumexp_vjp(g, y, x, axis=None, keepdims=False):
    return restored(g, axis, keepdims) * _shares(y, x, axis, keepdims)


def _logsumexp_jvp(t, y, x, axis=None, keepdims=False):
    return np.sum(t * _shares(y, x, axis, keepdims), axis=axis, keepdims=keepdims)


def _log_softmax_vjp(g, y, x, axis=-1):
    return g - np.exp(y) * np.sum(g, axis=axis, keepdims=True)


def _log_softmax_jvp(t, y, x, axis=-1):
    return t - np.sum(np.exp(y) * t, axis=axis, keepdims=True)


def _floats(x: Any) -> Any:
    """x as it is if it has a dtype of floats, else as an array of floats."""
    return x if getattr(getattr(x, "dtype", None), "kind", "") in ("f", "c") else np.multiply(x, 1.0)


def softmax(x: Any, axis: Axis = -1) -> Any:
    """exp(x) / Σ exp(x) along an axis (several, or all with None).

    >>> softmax([0.0, 10000.0, 10000.0])
    array([0. , 0.5, 0.5])
    """
    return _softmax_row(_floats(x), axis=axis)


def log_softmax(x: Any, axis: Axis = -1) -> Any:
    """log(softmax(x)), without the detour: x - logsumexp(x).

    >>> log_softmax([0.0, 10000.0])
    array([-10000.,      0.])
    """
    return _log_softmax_row(_floats(x), axis=axis)


def softmin(x: Any, axis: Axis = -1) -> Any:
    """softmax(-x): the largest share for the smallest number."""
    return softmax(np.negative(x), axis)


def logsumexp(a: Any, axis: Axis = None, b: Any = None, keepdims: bool = False, return_sign: bool = False) -> Any:
    """log Σ b exp(a), as scipy.special.logsumexp, which does not dispatch.

    Parameters
    ----------
    a : array_like
        The exponents.
    axis : int, tuple of ints, or None
        Over which axes to sum; None sums over all.
    b : array_like, optional
        Weights, of a shape that broadcasts to that of a; an exponent of weight 0 does not count.
    keepdims : bool
        Keep the reduced axes, with length 1.
    return_sign : bool
        Return the sign of the sum too, and the logarithm of its absolute value.

    Returns
    -------
    array, or (array, array) with `return_sign`
        NaN where the sum is negative, without `return_sign`.

    >>> import tinygrad_edu as tg
    >>> x = np.array([1000.0, 1000.0])
    >>> print(logsumexp(x).round(3))
    1000.693
    >>> tg.grad(logsumexp)(x)
    array([0.5, 0.5])
    """
    a = _floats(a)
    if b is None and not return_sign:
        return _logsumexp_row(a, axis=axis, keepdims=keepdims)
    b = 1.0 if b is None else b
    out = np.equal(b, 0)
    top = peak(np.where(out, -math.inf, a), axis=axis)
    with np.errstate(all="ignore"):
        e = np.exp(a - top)
        total = np.sum(np.where(out & np.isinf(e), 0, b * e), axis=axis, keepdims=True)
        sign = np.sign(total)
        y = np.log(np.abs(total) if return_sign else total) + top
    y, sign = (y, sign) if keepdims else (np.squeeze(y, axis), np.squeeze(sign, axis))
    return (y, sign) if return_sign else y


def logmeanexp(x: Any, axis: Axis = None, keepdims: bool = False) -> Any:
    """log of the mean of exp(x) along an axis.

    >>> print(logmeanexp([1000.0, 1000.0]))
    1000.0
    """
    return logsumexp(x, axis, keepdims=keepdims) - math.log(reduced_size(np.shape(x), axis))


def standardize(x: Any, axis: Axis = -1, mean: Any = None, variance: Any = None, epsilon: float = 1e-5) -> Any:
    """(x - mean) / √(variance + ε) along an axis; both are computed if they are not given."""
    mean = np.mean(x, axis=axis, keepdims=True) if mean is None else mean
    variance = np.var(x, axis=axis, keepdims=True) if variance is None else variance
    return (x - mean) / np.sqrt(variance + epsilon)


_softmax_row = primitive(softmax, (_softmax_rule,), (_softmax_rule,), call=_softmax)
_log_softmax_row = primitive(log_softmax, (_log_softmax_vjp,), (_log_softmax_jvp,), call=_log_softmax)
_logsumexp_row = primitive(logsumexp, (_logsumexp_vjp,), (_logsumexp_jvp,), call=_logsumexp)
