"""Images in other sizes and places: interpolation, sampling on a grid, and shuffles between channels and pixels.

Interpolation is linear in the image and treats one axis after the other, so it is a constant matrix along each axis:
its rows hold the weights of the pixels around a point. Sampling on a grid moves points freely, and is differentiated by
the grid too. Data is (batch, channels, *length), as everywhere here.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..rules.windows import Matrix, mixed
from .convolution import as_array

# --- kernels: the weight of a pixel at a distance x from the point ----------------------------------------------------


def _triangle(x):
    return np.maximum(0, 1 - np.abs(x))


def _cubic(a):
    """The piecewise cubic with slope a at 1; R. G. Keys, "Cubic convolution interpolation" (1981)."""

    def kernel(x):
        d = np.abs(x)
        near = ((a + 2) * d - (a + 3)) * d * d + 1
        far = a * (((d - 5) * d + 8) * d - 4)
        return np.where(np.less(d, 1), near, np.where(np.less(d, 2), far, 0))

    return kernel


def _lanczos(r):
    return lambda x: np.where(np.less(np.abs(x), r), np.sinc(x) * np.sinc(x / r), 0)


# --- one matrix along each axis ---------------------------------------------------------------------------------------


def _sizes(x: Any, size: Any, scale_factor: Any) -> tuple[list[int], list[float]]:
    """The new lengths, and the steps between sampled points in old pixels."""
    old = x.shape[2:]
    many = lambda v: [v] * len(old) if isinstance(v, int | float | np.number) else list(v)
    if (size is None) == (scale_factor is None):
        raise ShapeError("interpolate: give either size or scale_factor")
    if size is not None:
        new = [int(m) for m in many(size)]
        steps = [n / m for n, m in zip(old, new, strict=True)]
    else:
        new = [math.floor(n * s) for n, s in zip(old, many(scale_factor), strict=True)]
        steps = [1 / s for s in many(scale_factor)]
    return new, steps


def _weights(n: int, points: np.ndarray, kernel: Any, reach: int) -> np.ndarray:
    """One row for each point: the weights of the pixels around it; those beyond the border are the border's."""
    matrix = np.zeros((len(points), n))
    first = np.floor(points).astype(int)
    for tap in range(1 - reach, 1 + reach):
        np.add.at(matrix, (np.arange(len(points)), np.clip(first + tap, 0, n - 1)), kernel(points - first - tap))
    return matrix


def interpolate(
    x: Any,
    size: int | Sequence[int] | None = None,
    scale_factor: float | Sequence[float] | None = None,
    mode: str = "nearest",
    align_corners: bool = False,
) -> Any:
    """Images (lines, volumes) in another size.

    Parameters
    ----------
    x : array, (batch, channels, *length)
    size, scale_factor
        The new lengths, or their ratio to the old ones; one of the two.
    mode : str
        "nearest" or "nearest-exact"; "linear", "bilinear" or "trilinear", which are one; "bicubic".
    align_corners : bool
        The first and last pixels' centres stay where they are, and not the image's edges.

    >>> interpolate([[[0.0, 4.0]]], size=4, mode="linear")
    array([[[0., 1., 3., 4.]]])
    """
    x = as_array(x)
    new, steps = _sizes(x, size, scale_factor)
    kernels = {"linear": (_triangle, 1), "bilinear": (_triangle, 1), "trilinear": (_triangle, 1)}
    kernels["bicubic"] = (_cubic(-0.75), 2)
    for axis, (m, step) in enumerate(zip(new, steps, strict=True), 2):
        n = x.shape[axis]
        if mode in ("nearest", "nearest-exact"):
            points = (np.arange(m) + (0.5 if mode == "nearest-exact" else 0)) * step
            x = np.take(x, np.minimum(points.astype(int), n - 1), axis)
            continue
        if mode not in kernels:
            raise ShapeError(f"interpolate: mode={mode!r}. Expected nearest, nearest-exact, {', '.join(kernels)}")
        points = np.arange(m) * (n - 1) / max(m - 1, 1) if align_corners else (np.arange(m) + 0.5) * step - 0.5
        x = mixed(x, matrix=Matrix(_weights(n, points, *kernels[mode])), axis=axis)
    return x


def image_scale_and_translate(
    image: Any,
    shape: Sequence[int],
    spatial_dims: Sequence[int],
    scale: Any,
    translation: Any,
    method: str = "linear",
    antialias: bool = True,
) -> Any:
    """An image scaled about its origin and moved, as in jax.image; differentiable by the scale and translation too.

    Parameters
    ----------
    image : array
    shape : ints
        The shape of the result.
    spatial_dims : ints
        The axes that are resampled.
    scale, translation : arrays, one number for each of these axes
    method : str
        "linear", "cubic", "lanczos3" or "lanczos5".
    antialias : bool
        When the image shrinks, widen the kernel, so that every pixel counts.

    >>> image_scale_and_translate(np.array([1.0, 2.0, 3.0]), (3,), (0,), [1.0], [0.5])
    array([1. , 1.5, 2.5])
    """
    kernel = {"linear": _triangle, "cubic": _cubic(-0.5), "lanczos3": _lanczos(3), "lanczos5": _lanczos(5)}[method]
    image = as_array(image)
    for i, axis in enumerate(spatial_dims):
        n, m, s, t = image.shape[axis], shape[axis], as_array(scale)[i], as_array(translation)[i]
        points = (np.arange(m) + 0.5 - t) / s - 0.5  # of the result, in the image
        width = np.maximum(1 / s, 1) if antialias else 1
        weights = kernel((points[:, None] - np.arange(n)) / width)  # (m, n)
        total = np.sum(weights, axis=1, keepdims=True)
        inside = np.greater_equal(points, -0.5) & np.less_equal(points, n - 0.5)
        weights = np.where(inside[:, None], weights / np.where(np.equal(total, 0), 1, total), 0)
        if type(weights) is np.ndarray:
            image = mixed(image, matrix=Matrix(weights), axis=axis)
        else:
            weights = np.astype(weights, image.dtype)
            image = np.moveaxis(np.moveaxis(image, axis, -1) @ weights.T, -1, axis)
    return image


# --- sampling on a grid -----------------------------------------------------------------------------------------------


def affine_grid(theta: Any, size: Sequence[int], align_corners: bool = False) -> Any:
    """The points θ (x, y, 1) of an image's pixels, in coordinates from -1 to 1, for `grid_sample`.

    Parameters
    ----------
    theta : array, (batch, 2, 3); for volumes (batch, 3, 4)
        Affine maps.
    size : ints
        The shape of the sampled images, (batch, channels, height, width).

    Returns
    -------
    array, (batch, height, width, 2)

    >>> affine_grid([[[1.0, 0.0, 0.0], [0.0, 1.0, 0.0]]], (1, 1, 1, 2))
    array([[[[-0.5,  0. ],
             [ 0.5,  0. ]]]])
    """
    lines = [np.linspace(-1, 1, n) if align_corners else (2 * np.arange(n) + 1) / n - 1 for n in size[2:]]
    base = np.stack([*reversed(np.meshgrid(*lines, indexing="ij")), np.ones(tuple(size[2:]))], axis=-1)
    points = mixed(as_array(theta), matrix=Matrix(base.reshape(-1, len(lines) + 1)), axis=-1)  # (batch, 2, pixels)
    return np.swapaxes(points, -1, -2).reshape(-1, *size[2:], len(lines))


def grid_sample(
    x: Any, grid: Any, mode: str = "bilinear", padding_mode: str = "zeros", align_corners: bool = False
) -> Any:
    """The values of images at the points of a grid.

    Parameters
    ----------
    x : array, (batch, channels, height, width)
    grid : array, (batch, height', width', 2)
        Points (x, y): -1 and 1 are the image's edges, or with `align_corners` the centres of its outer pixels.
    mode : "bilinear" or "nearest"
    padding_mode : "zeros" or "border"
        What is beyond the edges.

    Returns
    -------
    array, (batch, channels, height', width')

    References
    ----------
    M. Jaderberg, K. Simonyan, A. Zisserman, K. Kavukcuoglu, "Spatial transformer networks", NeurIPS (2015).
    """
    x, grid = as_array(x), as_array(grid)
    if mode not in ("bilinear", "nearest") or padding_mode not in ("zeros", "border"):
        raise ShapeError(f"grid_sample: mode={mode!r}, padding_mode={padding_mode!r}. Expected bilinear or nearest, "
                         "zeros or border")  # fmt: skip
    places = []
    for i, n in enumerate(reversed(x.shape[2:])):
        p = (grid[..., i] + 1) / 2 * (n - 1) if align_corners else ((grid[..., i] + 1) * n - 1) / 2
        places.append(np.clip(p, 0, n - 1) if padding_mode == "border" else p)
    (px, py), (h, w) = places, x.shape[2:]
    if mode == "nearest":
        return _pixels(x, np.astype(np.rint(py), int), np.astype(np.rint(px), int), h, w)
    x0, y0 = np.floor(px), np.floor(py)
    right, below = np.expand_dims(px - x0, 1), np.expand_dims(py - y0, 1)  # how far from the pixel on the left, above
    ix, iy = np.astype(x0, int), np.astype(y0, int)
    upper = _pixels(x, iy, ix, h, w) * (1 - right) + _pixels(x, iy, ix + 1, h, w) * right
    lower = _pixels(x, iy + 1, ix, h, w) * (1 - right) + _pixels(x, iy + 1, ix + 1, h, w) * right
    return upper * (1 - below) + lower * below


def _pixels(x: Any, iy: Any, ix: Any, h: int, w: int) -> Any:
    """x[b, :, iy, ix] for each example b, as (batch, channels, ...); zero outside of the image."""
    inside = (iy >= 0) & (iy < h) & (ix >= 0) & (ix < w)
    batch = np.reshape(np.arange(x.shape[0]), (-1, 1, 1))
    found = np.moveaxis(x, 1, -1)[batch, np.clip(iy, 0, h - 1), np.clip(ix, 0, w - 1)]
    return np.moveaxis(np.where(inside[..., None], found, 0), -1, 1)


# --- shuffles ---------------------------------------------------------------------------------------------------------


def pixel_shuffle(x: Any, upscale_factor: int) -> Any:
    """Channels to pixels: (..., r² channels, height, width) -> (..., channels, r · height, r · width).

    References
    ----------
    W. Shi et al., "Real-time single image and video super-resolution", CVPR (2016).
    """
    x, r = as_array(x), upscale_factor
    *lead, c, h, w = x.shape
    if c % (r * r):
        raise ShapeError(f"pixel_shuffle: {c} channels do not divide into {r} x {r}")
    y = np.moveaxis(x.reshape(*lead, c // (r * r), r, r, h, w), (-4, -3), (-3, -1))  # (..., h, r, w, r)
    return y.reshape(*lead, c // (r * r), h * r, w * r)


def pixel_unshuffle(x: Any, downscale_factor: int) -> Any:
    """Pixels to channels: the inverse of `pixel_shuffle`."""
    x, r = as_array(x), downscale_factor
    *lead, c, h, w = x.shape
    if h % r or w % r:
        raise ShapeError(f"pixel_unshuffle: {h} x {w} pixels do not divide into {r} x {r}")
    y = np.moveaxis(x.reshape(*lead, c, h // r, r, w // r, r), (-3, -1), (-4, -3))
    return y.reshape(*lead, c * r * r, h // r, w // r)


def channel_shuffle(x: Any, groups: int) -> Any:
    """The channels of several groups, dealt out in turn.

    References
    ----------
    X. Zhang, X. Zhou, M. Lin, J. Sun, "ShuffleNet", CVPR (2018).
    """
    x = as_array(x)
    if x.shape[1] % groups:
        raise ShapeError(f"channel_shuffle: {x.shape[1]} channels do not divide into {groups} groups")
    y = x.reshape(x.shape[0], groups, x.shape[1] // groups, *x.shape[2:])
    return np.swapaxes(y, 1, 2).reshape(x.shape)
