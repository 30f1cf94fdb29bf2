"""Bring features to one scale, and bring the answer back to the data's units.

The valley of the loss is long and thin when one feature counts in years and another in thousandths: gradient descent
then needs as many steps as the valley is longer than wide. Standardised features make it rounder. The weights that
are found belong to the standardised features; `Scale.original` returns them to the units of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import DataError, ShapeError
from .dataset import FloatArray

CONSTANT = 1e-14  # of its mean: a deviation below this is what rounding leaves of a column that does not vary

BLOCK = 2**19  # numbers that `scale_of` takes at a time


class Standardized(NamedTuple):
    """What `standardize` returns: the scaled features, and the scale that undoes it."""

    features: FloatArray
    scale: Scale


@dataclass(frozen=True, eq=False)
class Scale:
    """z = (x − mean) / deviation, column by column.

    Parameters
    ----------
    mean, deviation : ndarray, shape (p,)
        In the units of the columns. A constant column has deviation 1: it becomes zeros, not a division by zero.
    """

    mean: FloatArray
    deviation: FloatArray

    def apply(self, features: FloatArray) -> FloatArray:
        """Scale other rows of the same columns, such as a test set, by the means of these."""
        return (features - self.mean) / self.deviation

    def original(self, weights: NDArray[np.floating], bias: Any) -> tuple[FloatArray, Any]:
        """Weights and bias for the features in their own units.

        z @ w + b = x @ (w / deviation) + (b − mean @ (w / deviation))

        Parameters
        ----------
        weights : ndarray, shape (p,) or (p, k)
            Of standardised features: of a linear model, or of the first layer of any other.
        bias : float, or ndarray of shape (k,)

        Returns
        -------
        (ndarray, float or ndarray)
            Of the same shapes.

        >>> features = np.array([[1.0], [2.0], [3.0]])
        >>> scaled, scale = standardize(features)
        >>> weights, bias = scale.original(np.array([2.0]), 5.0)
        >>> bool(np.allclose(features @ weights + bias, scaled @ [2.0] + 5.0))
        True
        """
        slopes: FloatArray = (np.asarray(weights).T / self.deviation).T
        intercept = bias - self.mean @ slopes
        return slopes, intercept if np.ndim(intercept) else float(intercept)


def standardize(features: ArrayLike) -> Standardized:
    """Subtract each column's mean and divide by its standard deviation.

    Parameters
    ----------
    features : array_like, shape (n, p)
        In the data's units.

    Returns
    -------
    features : ndarray of float64, shape (n, p)
        Every column with mean 0 and variance 1 (a constant column: zeros).
    scale : Scale
        The means and deviations; `scale.original(weights, bias)` goes back to the data's units.

    Raises
    ------
    ShapeError
        If there are not two axes, or no rows.
    DataError
        If a column holds NaN or infinity.

    Examples
    --------
    >>> scaled, scale = standardize([[1.0, 5.0], [3.0, 5.0]])
    >>> scaled
    array([[-1.,  0.],
           [ 1.,  0.]])
    >>> scale.mean, scale.deviation
    (array([2., 5.]), array([1., 1.]))
    """
    features = np.asarray(features, dtype=np.float64)
    if features.ndim != 2 or len(features) == 0:
        raise ShapeError(f"standardize: features are {features.shape}. Expected (n, p) with at least one row")
    finite = np.isfinite(features).all(axis=0)
    if not finite.all():
        raise DataError(f"standardize: column {np.argmin(finite) + 1} holds NaN or infinity. Expected finite numbers")
    # squares of 1e-200 are zero, and those of 1e200 infinite: a power of two first, which rounds nothing
    _, exponent = np.frexp(np.abs(features).max(axis=0))
    near_one = np.ldexp(features, -exponent)
    mean, deviation = near_one.mean(axis=0), near_one.std(axis=0)
    constant = features.min(axis=0) == features.max(axis=0)  # rounding can leave a deviation of 1e-17 there
    with np.errstate(divide="ignore", invalid="ignore"):
        standard = np.where(constant, 0.0, (near_one - mean) / deviation)
    scale = Scale(np.ldexp(mean, exponent), np.where(constant, 1.0, np.ldexp(deviation, exponent)))
    return Standardized(standard, scale)


def scale_of(features: Any, rows_at_once: int | None = None) -> Scale:
    """The scale of an array that does not fit in the memory, in one pass over its rows.

    Each block of rows has a count n, a mean m and a sum of squares around it s; two blocks together have the mean
    m₁ + δ n₂/n and the sum s₁ + s₂ + δ² n₁ n₂/n, with δ = m₂ − m₁. So no square is ever larger than the deviations.

    Parameters
    ----------
    features : array, shape (n, p)
        In the memory or on the disk (`memory_map`).
    rows_at_once : int, optional
        How many of them are in the memory at one time; by default about four megabytes.

    Returns
    -------
    Scale
        That of `standardize`, up to rounding.

    Raises
    ------
    ShapeError
        If there are not two axes, or no rows.
    DataError
        If a column holds NaN or infinity.

    References
    ----------
    T. F. Chan, G. H. Golub, R. J. LeVeque (1983). Algorithms for computing the sample variance. The American
    Statistician 37, 242-247.

    Examples
    --------
    >>> scale = scale_of(np.array([[1.0, 5.0], [3.0, 5.0], [5.0, 5.0]]), rows_at_once=2)
    >>> scale.mean, scale.deviation.round(3)
    (array([3., 5.]), array([1.633, 1.   ]))
    """
    if np.ndim(features) != 2 or len(features) == 0:
        raise ShapeError(f"scale_of: features are {np.shape(features)}. Expected (n, p) with at least one row")
    rows_at_once = rows_at_once or max(BLOCK // max(features.shape[1], 1), 1)
    count, mean, squares = 0, np.zeros(features.shape[1]), np.zeros(features.shape[1])
    for first in range(0, len(features), rows_at_once):
        rows = np.asarray(features[first : first + rows_at_once], dtype=np.float64)
        if not (finite := np.isfinite(rows).all(axis=0)).all():
            place = f"column {np.argmin(finite) + 1} holds NaN or infinity in the rows from {first} on"
            raise DataError(f"scale_of: {place}. Expected finite numbers")
        own = rows.mean(axis=0)
        gap, count = own - mean, count + len(rows)
        mean = mean + gap * (len(rows) / count)
        squares = squares + np.sum((rows - own) ** 2, axis=0) + gap**2 * ((count - len(rows)) * len(rows) / count)
    deviation = np.sqrt(squares / count)
    return Scale(mean, np.where(deviation > CONSTANT * np.abs(mean), deviation, 1.0))
