"""Pooling: one number for each window, in one, two and three dimensions.

A maximum's gradient goes to the number that is the maximum, in equal parts if there are several (PyTorch gives all to
the first). Data is (batch, channels, *length); any number of leading axes is fine. Next: `resampling.py`.
"""

from __future__ import annotations

import math
from itertools import product
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..rules.windows import Matrix, framed, mixed, positions, window_max, windows
from .convolution import Each, Padding, as_array, for_each, margins
from .distances import root


def _geometry(n: int, x: Any, kernel_size: Each, stride: Each | None, padding: Padding, dilation: Each) -> tuple:
    """The size, stride and dilation of the windows in numbers, and the margins."""
    size, gaps = for_each(kernel_size, n, "kernel_size"), for_each(dilation, n, "dilation")
    steps = size if stride is None else for_each(stride, n, "stride")
    around = margins(padding, size, steps, gaps)
    if x.ndim < n:
        raise ShapeError(f"pooling over {n} axes: the data {x.shape} has {x.ndim}")
    whole = [m + low + high for m, (low, high) in zip(x.shape[x.ndim - n :], around, strict=True)]
    if min(positions(whole, size, steps, gaps)) < 1:
        raise ShapeError(f"pooling: windows of {size} with dilation {gaps} do not fit into {tuple(whole)}")
    return {"size": size, "stride": steps, "dilation": gaps}, around


def _max_pool(n: int, x: Any, kernel_size: Each, stride: Each | None, padding: Padding, dilation: Each) -> Any:
    x = as_array(x)
    geometry, around = _geometry(n, x, kernel_size, stride, padding, dilation)
    if any(map(any, around)):
        x = np.pad(x, [(0, 0)] * (x.ndim - n) + around, constant_values=-math.inf)
    return window_max(x, **geometry)


def _sum_pool(n: int, x: Any, kernel_size: Each, stride: Each | None, padding: Padding) -> Any:
    geometry, around = _geometry(n, x, kernel_size, stride, padding, 1)
    return np.sum(windows(framed(x, around), **geometry), axis=tuple(range(n)))


def _avg_pool(n: int, x: Any, kernel_size: Each, stride: Each | None, padding: Padding, count_include_pad: bool) -> Any:
    x = as_array(x)
    total = _sum_pool(n, x, kernel_size, stride, padding)
    if count_include_pad:
        return total / math.prod(for_each(kernel_size, n, "kernel_size"))
    return total / _sum_pool(n, np.ones_like(x), kernel_size, stride, padding)


def _lp_pool(n: int, x: Any, norm_type: float, kernel_size: Each, stride: Each | None) -> Any:
    return root(_sum_pool(n, np.abs(as_array(x)) ** norm_type, kernel_size, stride, 0), norm_type)


def max_pool1d(x: Any, kernel_size: Each, stride: Each | None = None, padding: Padding = 0, dilation: Each = 1) -> Any:
    """The largest number of each window; see `max_pool2d`.

    >>> max_pool1d([1.0, 3.0, 2.0, 5.0], 2)
    array([3., 5.])
    """
    return _max_pool(1, x, kernel_size, stride, padding, dilation)


def max_pool2d(x: Any, kernel_size: Each, stride: Each | None = None, padding: Padding = 0, dilation: Each = 1) -> Any:
    """The largest number of each window of images.

    Parameters
    ----------
    x : array, (..., height, width)
    kernel_size : int or (int, int)
        The size of the windows.
    stride : int or (int, int), optional
        The step from window to window; by default their size, so that they tile the image.
    padding : int, tuple, tuple of pairs, "same" or "valid"
        Margins, which are never the largest.
    dilation : int or (int, int)
        The step inside a window.

    >>> max_pool2d(np.arange(16.0).reshape(4, 4), 2)
    array([[ 5.,  7.],
           [13., 15.]])
    """
    return _max_pool(2, x, kernel_size, stride, padding, dilation)


def max_pool3d(x: Any, kernel_size: Each, stride: Each | None = None, padding: Padding = 0, dilation: Each = 1) -> Any:
    """The largest number of each window; see `max_pool2d`."""
    return _max_pool(3, x, kernel_size, stride, padding, dilation)


def avg_pool1d(
    x: Any, kernel_size: Each, stride: Each | None = None, padding: Padding = 0, count_include_pad: bool = True
) -> Any:
    """The mean of each window; see `avg_pool2d`.

    >>> avg_pool1d([1.0, 3.0, 2.0, 5.0], 2, stride=1)
    array([2. , 2.5, 3.5])
    """
    return _avg_pool(1, x, kernel_size, stride, padding, count_include_pad)


def avg_pool2d(
    x: Any, kernel_size: Each, stride: Each | None = None, padding: Padding = 0, count_include_pad: bool = True
) -> Any:
    """The mean of each window of images; parameters as for `max_pool2d`.

    The zeros of the padding count, unless `count_include_pad` is False.
    """
    return _avg_pool(2, x, kernel_size, stride, padding, count_include_pad)


def avg_pool3d(
    x: Any, kernel_size: Each, stride: Each | None = None, padding: Padding = 0, count_include_pad: bool = True
) -> Any:
    """The mean of each window; see `avg_pool2d`."""
    return _avg_pool(3, x, kernel_size, stride, padding, count_include_pad)


def lp_pool1d(x: Any, norm_type: float, kernel_size: Each, stride: Each | None = None) -> Any:
    """The p-norm of each window; see `lp_pool2d`.

    >>> lp_pool1d([3.0, 4.0, 0.0, 0.0], 2, 2)
    array([5., 0.])
    """
    return _lp_pool(1, x, norm_type, kernel_size, stride)


def lp_pool2d(x: Any, norm_type: float, kernel_size: Each, stride: Each | None = None) -> Any:
    """(Σ |x|ᵖ)^(1/p) over each window of images, with p = norm_type; 1 makes sums, ∞ would make maxima."""
    return _lp_pool(2, x, norm_type, kernel_size, stride)


# --- a given number of windows ----------------------------------------------------------------------------------------


def _bounds(length: int, count: int) -> list[tuple[int, int]]:
    """The windows that divide a length into a given number of parts: as equal as can be, overlapping if they must."""
    return [(i * length // count, -(-(i + 1) * length // count)) for i in range(count)]


def _adaptive_avg_pool(n: int, x: Any, output_size: Each) -> Any:
    x = as_array(x)
    for axis, count in zip(range(x.ndim - n, x.ndim), for_each(output_size, n, "output_size"), strict=True):
        matrix = np.zeros((count, x.shape[axis]))
        for i, (a, b) in enumerate(_bounds(x.shape[axis], count)):
            matrix[i, a:b] = 1 / (b - a)
        x = mixed(x, matrix=Matrix(matrix), axis=axis)
    return x


def _adaptive_max_pool(n: int, x: Any, output_size: Each) -> Any:
    x, counts = as_array(x), for_each(output_size, n, "output_size")
    length = x.shape[x.ndim - n :]
    if all(m % c == 0 for m, c in zip(length, counts, strict=True)):
        return _max_pool(n, x, [m // c for m, c in zip(length, counts, strict=True)], None, 0, 1)
    parts = product(*(_bounds(m, c) for m, c in zip(length, counts, strict=True)))
    axes = tuple(range(-n, 0))
    found = [np.max(x[(..., *(slice(a, b) for a, b in part))], axis=axes)[..., None] for part in parts]
    return np.concatenate(found, axis=-1).reshape(*x.shape[: x.ndim - n], *counts)


def adaptive_avg_pool1d(x: Any, output_size: Each) -> Any:
    """Means of a given number of windows; see `adaptive_avg_pool2d`."""
    return _adaptive_avg_pool(1, x, output_size)


def adaptive_avg_pool2d(x: Any, output_size: Each) -> Any:
    """Means of windows whose size is chosen so that there are as many as asked for.

    >>> adaptive_avg_pool2d(np.arange(16.0).reshape(4, 4), (1, 2))
    array([[6.5, 8.5]])
    """
    return _adaptive_avg_pool(2, x, output_size)


def adaptive_max_pool1d(x: Any, output_size: Each) -> Any:
    """Maxima of a given number of windows; see `adaptive_avg_pool2d`."""
    return _adaptive_max_pool(1, x, output_size)


def adaptive_max_pool2d(x: Any, output_size: Each) -> Any:
    """Maxima of a given number of windows; see `adaptive_avg_pool2d`."""
    return _adaptive_max_pool(2, x, output_size)
