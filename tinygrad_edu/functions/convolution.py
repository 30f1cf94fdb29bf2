"""Convolutions in one, two and three dimensions, and the transposed ones; images to columns and back.

The layouts and parameters are PyTorch's: data (batch, channels, *length), filters (filters, channels / groups, *size);
for a transposed convolution (channels, filters / groups, *size). As everywhere in neural networks the filter is not
turned around: a correlation, strictly speaking. The work is done by the rows of `rules/windows.py`.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..rules.windows import correlate, framed, overlapped, positions, spread, unframed, windows

Each = int | Sequence[int]
"""One number for all spatial axes, or one for each."""
Padding = int | str | Sequence[int] | Sequence[tuple[int, int]]
"""What is added on both sides of each axis; "valid" is nothing, "same" keeps the length (for stride 1)."""


def as_array(x: Any) -> Any:
    """x itself, or an array of a list."""
    return x if hasattr(x, "shape") else np.asarray(x)


def for_each(value: Each, n: int, name: str) -> tuple[int, ...]:
    """One number for each of n axes."""
    found = (value,) * n if isinstance(value, int | np.integer) else tuple(value)
    if len(found) != n:
        raise ShapeError(f"{name}={value!r} has {len(found)} numbers. Expected one, or {n}: one for each spatial axis")
    return tuple(map(int, found))


def margins(padding: Padding, size: Sequence[int], stride: Sequence[int], dilation: Sequence[int]) -> list[Any]:
    """A padding in numbers: what comes before and after each axis."""
    n = len(size)
    if padding == "valid":
        return [(0, 0)] * n
    if padding == "same":
        if any(s != 1 for s in stride):
            raise ShapeError(f"padding='same' keeps the length for stride 1, but the stride is {tuple(stride)}")
        total = [d * (k - 1) for k, d in zip(size, dilation, strict=True)]
        return [(t // 2, t - t // 2) for t in total]
    if isinstance(padding, str):
        raise ShapeError(f"padding={padding!r}. Expected 'same', 'valid', a number, or numbers")
    if not isinstance(padding, int | np.integer) and all(isinstance(p, tuple | list) for p in padding):
        return [(int(low), int(high)) for low, high in padding]  # type: ignore[misc]
    return [(p, p) for p in for_each(padding, n, "padding")]  # type: ignore[arg-type]


def _grouped(x: Any, axis: int, groups: int, what: str) -> Any:
    """An axis of channels, as one of groups and one of channels in each."""
    if x.shape[axis] % groups:
        raise ShapeError(f"{what}: its {x.shape[axis]} channels do not divide into {groups} groups")
    return x.reshape(*x.shape[:axis], groups, x.shape[axis] // groups, *x.shape[axis + 1 :])


def _biased(y: Any, bias: Any, n: int) -> Any:
    return y if bias is None else y + np.reshape(bias, np.shape(bias) + (1,) * n)


def _checked(name: str, n: int, x: Any, w: Any, groups: int, given: int, expected: int) -> None:
    if x.ndim != n + 2 or w.ndim != n + 2 or given != expected:
        raise ShapeError(
            f"{name}: data {x.shape} and filters {w.shape} with groups={groups} do not fit. Expected data (batch, "
            f"channels, {n} lengths), and filters "
            + ("(channels, filters / groups" if "transpose" in name else "(filters, channels / groups")
            + f", {n} sizes)"
        )


def _conv(n: int, x: Any, weight: Any, bias: Any, stride: Each, padding: Padding, dilation: Each, groups: int) -> Any:
    x, w = as_array(x), as_array(weight)
    if x.ndim == n + 1:
        return _conv(n, x[None], w, bias, stride, padding, dilation, groups)[0]
    _checked(f"conv{n}d", n, x, w, groups, groups * w.shape[1] if w.ndim > 1 else -1, x.shape[1] if x.ndim > 1 else 0)
    steps, gaps = for_each(stride, n, "stride"), for_each(dilation, n, "dilation")
    sliding = {"stride": steps, "dilation": gaps, "padding": margins(padding, w.shape[2:], steps, gaps)}
    whole = [low + m + high for m, (low, high) in zip(x.shape[2:], sliding["padding"], strict=True)]
    if min(positions(whole, w.shape[2:], steps, gaps)) < 1:
        raise ShapeError(f"conv{n}d: filters of {w.shape[2:]} do not fit into the padded data, {tuple(whole)}")
    y = correlate(_grouped(x, 1, groups, "data"), _grouped(w, 0, groups, "filters"), **sliding)
    return _biased(y.reshape(x.shape[0], w.shape[0], *y.shape[3:]), bias, n)


def _conv_transpose(
    n: int, x: Any, weight: Any, bias: Any, stride: Each, padding: Padding, output_padding: Each, groups: int,
    dilation: Each,
) -> Any:  # fmt: skip
    x, w = as_array(x), as_array(weight)
    if x.ndim == n + 1:
        return _conv_transpose(n, x[None], w, bias, stride, padding, output_padding, groups, dilation)[0]
    _checked(f"conv_transpose{n}d", n, x, w, groups, w.shape[0], x.shape[1] if x.ndim > 1 else 0)
    steps, gaps = for_each(stride, n, "stride"), for_each(dilation, n, "dilation")
    more = for_each(output_padding, n, "output_padding")
    if any(m >= s for m, s in zip(more, steps, strict=True)):
        raise ShapeError(f"conv_transpose{n}d: output_padding={output_padding} has to be less than stride={stride}")
    sliding = {"stride": steps, "dilation": gaps, "padding": margins(padding, w.shape[2:], steps, gaps)}
    each = zip(x.shape[2:], w.shape[2:], steps, gaps, more, sliding["padding"], strict=True)
    length = tuple(s * (m - 1) + d * (k - 1) + 1 + extra - low - high for m, k, s, d, extra, (low, high) in each)
    if min(length) < 1:
        raise ShapeError(f"conv_transpose{n}d: padding={padding} leaves nothing: the result's lengths are {length}")
    y = spread(_grouped(x, 1, groups, "data"), _grouped(w, 0, groups, "filters"), length=length, **sliding)
    return _biased(y.reshape(x.shape[0], groups * w.shape[1], *length), bias, n)


def conv1d(
    x: Any, weight: Any, bias: Any = None, stride: Each = 1, padding: Padding = 0, dilation: Each = 1, groups: int = 1
) -> Any:
    """Convolution in one dimension; see `conv2d`.

    >>> conv1d([[[1.0, 2.0, 3.0, 4.0]]], [[[1.0, -1.0]]])
    array([[[-1., -1., -1.]]])
    """
    return _conv(1, x, weight, bias, stride, padding, dilation, groups)


def conv2d(
    x: Any, weight: Any, bias: Any = None, stride: Each = 1, padding: Padding = 0, dilation: Each = 1, groups: int = 1
) -> Any:
    """Convolution of images: y[b, f, i, j] = Σ x[b, c, s i + d k, s j + d l] w[f, c, k, l].

    Parameters
    ----------
    x : array, (batch, channels, height, width)
        The images; without the batch axis, one image.
    weight : array, (filters, channels / groups, height, width)
        The filters.
    bias : array, (filters,), optional
        Added to each filter's output.
    stride, dilation : int or tuple
        The step s between windows, and the step d inside a window.
    padding : int, tuple, tuple of pairs, "same" or "valid"
        Zeros around the image.
    groups : int
        Channels and filters are divided into groups that do not meet.

    Returns
    -------
    array, (batch, filters, new height, new width)

    Raises
    ------
    ShapeError
        If the shapes do not fit.

    >>> image, filters = np.ones((1, 3, 8, 8)), np.ones((4, 3, 3, 3))
    >>> conv2d(image, filters, stride=2, padding=1).shape
    (1, 4, 4, 4)

    References
    ----------
    V. Dumoulin, F. Visin, "A guide to convolution arithmetic for deep learning" (2016).
    """
    return _conv(2, x, weight, bias, stride, padding, dilation, groups)


def conv3d(
    x: Any, weight: Any, bias: Any = None, stride: Each = 1, padding: Padding = 0, dilation: Each = 1, groups: int = 1
) -> Any:
    """Convolution in three dimensions; see `conv2d`."""
    return _conv(3, x, weight, bias, stride, padding, dilation, groups)


def conv_transpose1d(
    x: Any, weight: Any, bias: Any = None, stride: Each = 1, padding: Padding = 0, output_padding: Each = 0,
    groups: int = 1, dilation: Each = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv1d`; see `conv_transpose2d`.

    >>> conv_transpose1d([[[1.0, 2.0]]], [[[1.0, 10.0, 100.0]]], stride=2)
    array([[[  1.,  10., 102.,  20., 200.]]])
    """
    return _conv_transpose(1, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose2d(
    x: Any, weight: Any, bias: Any = None, stride: Each = 1, padding: Padding = 0, output_padding: Each = 0,
    groups: int = 1, dilation: Each = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv2d` as a linear map: every number of x spreads the filter over the result.

    Parameters
    ----------
    x : array, (batch, channels, height, width)
    weight : array, (channels, filters / groups, height, width)
    padding
        What is cut off around the result.
    output_padding : int or tuple, less than the stride
        Rows and columns more at the end: `conv2d` loses track of them.
    bias, stride, groups, dilation
        As for `conv2d`.

    >>> conv_transpose2d(np.ones((1, 4, 4, 4)), np.ones((4, 3, 3, 3)), stride=2, padding=1, output_padding=1).shape
    (1, 3, 8, 8)
    """
    return _conv_transpose(2, x, weight, bias, stride, padding, output_padding, groups, dilation)


def conv_transpose3d(
    x: Any, weight: Any, bias: Any = None, stride: Each = 1, padding: Padding = 0, output_padding: Each = 0,
    groups: int = 1, dilation: Each = 1,
) -> Any:  # fmt: skip
    """The transpose of `conv3d`; see `conv_transpose2d`."""
    return _conv_transpose(3, x, weight, bias, stride, padding, output_padding, groups, dilation)


# --- images to columns and back ---------------------------------------------------------------------------------------


def unfold(x: Any, kernel_size: Each, dilation: Each = 1, padding: Padding = 0, stride: Each = 1) -> Any:
    """All windows of images as columns: (batch, channels, height, width) -> (batch, channels · window, windows).

    >>> unfold(np.arange(9.0).reshape(1, 1, 3, 3), 2)[0]
    array([[0., 1., 3., 4.],
           [1., 2., 4., 5.],
           [3., 4., 6., 7.],
           [4., 5., 7., 8.]])
    """
    x, size = as_array(x), for_each(kernel_size, 2, "kernel_size")
    steps, gaps = for_each(stride, 2, "stride"), for_each(dilation, 2, "dilation")
    found = windows(framed(x, margins(padding, size, steps, gaps)), size=size, stride=steps, dilation=gaps)
    found = np.transpose(found, (2, 3, 0, 1, 4, 5))  # (batch, channels, *size, *positions)
    return found.reshape(x.shape[0], x.shape[1] * math.prod(size), math.prod(found.shape[4:]))


def fold(
    x: Any, output_size: Each, kernel_size: Each, dilation: Each = 1, padding: Padding = 0, stride: Each = 1
) -> Any:
    """The transpose of `unfold`: each column is added to the window of an image that it stands for.

    >>> ones = np.ones((1, 1, 3, 3))
    >>> fold(unfold(ones, 2), 3, 2)[0, 0]
    array([[1., 2., 1.],
           [2., 4., 2.],
           [1., 2., 1.]])
    """
    x, size, length = as_array(x), for_each(kernel_size, 2, "kernel_size"), for_each(output_size, 2, "output_size")
    steps, gaps = for_each(stride, 2, "stride"), for_each(dilation, 2, "dilation")
    around = margins(padding, size, steps, gaps)
    whole = tuple(low + n + high for n, (low, high) in zip(length, around, strict=True))
    count = positions(whole, size, steps, gaps)
    channels = x.shape[1] // math.prod(size)
    if x.shape[1:] != (channels * math.prod(size), math.prod(count)):
        raise ShapeError(
            f"fold: {x.shape} are not the columns of images of {length} with windows of {size}. Expected (batch, "
            f"channels · {math.prod(size)}, {math.prod(count)})"
        )
    found = np.transpose(x.reshape(x.shape[0], channels, *size, *count), (2, 3, 0, 1, 4, 5))
    return unframed(overlapped(found, size=size, stride=steps, dilation=gaps, length=whole), around)
