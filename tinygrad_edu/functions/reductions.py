"""Running extremes, spreads with their means, and sums of products that NumPy has under no name of its own.

All are formulae of NumPy's functions and of its ufuncs' methods.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def cummax(x: Any, axis: int = 0) -> Any:
    """The greatest element so far, along an axis: yᵢ = max(x₀, ..., xᵢ).

    >>> cummax(np.array([1.0, 3.0, 2.0, 4.0]))
    array([1., 3., 3., 4.])
    """
    return np.maximum.accumulate(x, axis)


def cummin(x: Any, axis: int = 0) -> Any:
    """The least element so far, along an axis: yᵢ = min(x₀, ..., xᵢ).

    >>> cummin(np.array([3.0, 1.0, 2.0, 0.0]))
    array([3., 1., 1., 0.])
    """
    return np.minimum.accumulate(x, axis)


def logcumsumexp(x: Any, axis: int = 0) -> Any:
    """yᵢ = log(eˣ⁰ + ... + eˣⁱ) along an axis, which does not overflow.

    >>> logcumsumexp(np.array([1000.0, 1000.0])).round(4)
    array([1000.    , 1000.6931])
    """
    return np.logaddexp.accumulate(x, axis)


def std_mean(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> tuple[Any, Any]:
    """The standard deviation and the mean.

    >>> std, mean = std_mean(np.array([1.0, 3.0]))
    >>> float(std), float(mean)
    (1.0, 2.0)
    """
    return np.std(x, axis=axis, ddof=ddof, keepdims=keepdims), np.mean(x, axis=axis, keepdims=keepdims)


def var_mean(x: Any, axis: Any = None, ddof: float = 0, keepdims: bool = False) -> tuple[Any, Any]:
    """The variance and the mean.

    >>> var, mean = var_mean(np.array([1.0, 5.0]))
    >>> float(var), float(mean)
    (4.0, 3.0)
    """
    return np.var(x, axis=axis, ddof=ddof, keepdims=keepdims), np.mean(x, axis=axis, keepdims=keepdims)


def lerp(start: Any, end: Any, weight: Any) -> Any:
    """start + weight (end - start): at weight 0 the start, at 1 the end.

    >>> lerp(np.array([0.0, 10.0]), np.array([10.0, 20.0]), 0.25)
    array([ 2.5, 12.5])
    """
    return start + weight * (end - start)


def addcmul(x: Any, factor: Any, other: Any, value: Any = 1) -> Any:
    """x + value · factor · other.

    >>> addcmul(np.ones(2), np.array([1.0, 2.0]), np.array([3.0, 4.0]), value=0.5)
    array([2.5, 5. ])
    """
    return x + value * (factor * other)


def addcdiv(x: Any, numerator: Any, denominator: Any, value: Any = 1) -> Any:
    """x + value · numerator / denominator.

    >>> addcdiv(np.ones(2), np.array([1.0, 2.0]), np.array([2.0, 4.0]), value=2)
    array([2., 2.])
    """
    return x + value * (numerator / denominator)
