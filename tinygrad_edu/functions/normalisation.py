"""Normalisation: subtract a mean, divide by a spread, scale and shift; they differ in the axes that are averaged over.

Data is (batch, channels, *length). A running mean is a value that the caller keeps, not a state that changes inside a
function: see `running_stats`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from .convolution import as_array
from .pooling import avg_pool1d


def _standard(x: Any, axis: tuple[int, ...], eps: float) -> Any:
    centred = x - np.mean(x, axis=axis, keepdims=True)
    return centred / np.sqrt(np.mean(np.square(centred), axis=axis, keepdims=True) + eps)


def _scaled(x: Any, weight: Any, bias: Any) -> Any:
    x = x if weight is None else x * weight
    return x if bias is None else x + bias


def _of_channels(v: Any, n: int) -> Any:
    """One number for each channel, in the shape that meets axis 1."""
    return None if v is None else np.reshape(v, np.shape(v) + (1,) * (n - 2))


def _last(x: Any, normalized_shape: int | Sequence[int] | None) -> tuple[int, ...]:
    shape = (x.shape[-1],) if normalized_shape is None else normalized_shape
    shape = (shape,) if isinstance(shape, int) else tuple(shape)
    if x.shape[x.ndim - len(shape) :] != shape:
        raise ShapeError(f"normalized_shape={normalized_shape} is not the end of the data's shape {x.shape}")
    return tuple(range(-len(shape), 0))


def batch_norm(
    x: Any, mean: Any = None, var: Any = None, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Each channel with mean 0 and variance 1 over the batch; or, with a given mean and variance, by these.

    Parameters
    ----------
    x : array, (batch, channels, *length)
    mean, var : array, (channels,), optional
        Left out in training; after it, those that `running_stats` has gathered.
    weight, bias : array, (channels,), optional
        The scale and the shift of each channel.
    eps : float
        Added to the variance.

    >>> batch_norm([[1.0], [3.0]]).round(3)
    array([[-1.],
           [ 1.]])

    References
    ----------
    S. Ioffe, C. Szegedy, "Batch normalization", ICML (2015).
    """
    x = as_array(x)
    if (mean is None) != (var is None):
        raise ShapeError("batch_norm: mean and var belong together. Give both, or neither")
    if mean is None:
        y = _standard(x, (0, *range(2, x.ndim)), eps)
    else:
        y = (x - _of_channels(mean, x.ndim)) / np.sqrt(_of_channels(var, x.ndim) + eps)
    return _scaled(y, _of_channels(weight, x.ndim), _of_channels(bias, x.ndim))


def running_stats(x: Any, mean: Any, var: Any, momentum: float = 0.1) -> tuple[Any, Any]:
    """The mean and the variance of each channel, moved towards those of a batch; for `batch_norm` after training.

    >>> running_stats([[1.0], [3.0]], [0.0], [1.0])
    (array([0.2]), array([1.1]))
    """
    x = as_array(x)
    axis = (0, *range(2, x.ndim))
    move = lambda old, new: np.multiply(old, 1 - momentum) + momentum * new
    return move(mean, np.mean(x, axis=axis)), move(var, np.var(x, axis=axis, ddof=1))


def layer_norm(
    x: Any, normalized_shape: int | Sequence[int] | None = None, weight: Any = None, bias: Any = None, eps: float = 1e-5
) -> Any:
    """Each example with mean 0 and variance 1 over its last axes, whose lengths are normalized_shape.

    References
    ----------
    J. L. Ba, J. R. Kiros, G. E. Hinton, "Layer normalization" (2016).
    """
    x = as_array(x)
    return _scaled(_standard(x, _last(x, normalized_shape), eps), weight, bias)


def rms_norm(x: Any, normalized_shape: int | Sequence[int] | None = None, weight: Any = None, eps: float = 1e-6) -> Any:
    """Each example divided by its root mean square over the last axes.

    >>> rms_norm([3.0, 4.0]).round(3)
    array([0.849, 1.131])

    References
    ----------
    B. Zhang, R. Sennrich, "Root mean square layer normalization", NeurIPS (2019).
    """
    x = as_array(x)
    square = np.mean(np.square(x), axis=_last(x, normalized_shape), keepdims=True)
    return _scaled(x / np.sqrt(square + eps), weight, None)


def group_norm(x: Any, num_groups: int, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Each group of channels of each example with mean 0 and variance 1.

    References
    ----------
    Y. Wu, K. He, "Group normalization", ECCV (2018).
    """
    x = as_array(x)
    if x.shape[1] % num_groups:
        raise ShapeError(f"group_norm: {x.shape[1]} channels do not divide into {num_groups} groups")
    grouped = x.reshape(x.shape[0], num_groups, x.shape[1] // num_groups, *x.shape[2:])
    y = _standard(grouped, tuple(range(2, grouped.ndim)), eps).reshape(x.shape)
    return _scaled(y, _of_channels(weight, x.ndim), _of_channels(bias, x.ndim))


def instance_norm(x: Any, weight: Any = None, bias: Any = None, eps: float = 1e-5) -> Any:
    """Each channel of each example with mean 0 and variance 1."""
    return group_norm(x, np.shape(x)[1], weight, bias, eps)


def local_response_norm(x: Any, size: int, alpha: float = 1e-4, beta: float = 0.75, k: float = 1.0) -> Any:
    """x / (k + α · mean of x² over `size` neighbouring channels)^β.

    References
    ----------
    A. Krizhevsky, I. Sutskever, G. E. Hinton, "ImageNet classification with deep convolutional neural networks" (2012).
    """
    squares = np.moveaxis(np.square(as_array(x)), 1, -1)
    mean = avg_pool1d(squares, size, 1, padding=((size // 2, (size - 1) // 2),))
    return x / (k + alpha * np.moveaxis(mean, -1, 1)) ** beta
