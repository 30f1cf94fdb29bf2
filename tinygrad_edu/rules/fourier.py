"""The discrete Fourier transforms: linear maps, whose transposes are Fourier transforms again.

The matrix of the DFT is symmetric, so the transpose of `fft` is `fft`, with the same norm and no conjugation. The real
transforms keep the half of a symmetric spectrum that says it all; every number of it but the first and the middle one
stands for two, and so their transposes count those twice, or half. Transforms over several axes are made of these.

References
----------
G. Strang, "The discrete cosine transform", SIAM Review 41 (1999), for the symmetries; the rest is y = F x.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any

import numpy as np

from ..graph import Op
from .declare import composite, linear
from .indexing import scatter


def resized(x, n, axis):
    """x cut, or continued by zeros, to n elements along an axis: its own transpose, up to the sizes."""
    before, have = (slice(None),) * (axis % x.ndim), x.shape[axis]
    if have > n:
        return x[(*before, slice(n))]
    shape = (*x.shape[: len(before)], n, *x.shape[len(before) + 1 :])
    return x if have == n else scatter(x, shape=shape, index=(*before, slice(have)))


def _weighed_conj(x, weight, n, axis):
    """x̄ for a half spectrum of n numbers, with all but the first and (for even n) the middle one times a weight."""
    before, ends = (slice(None),) * (axis % x.ndim), (0, 1, (n + 1) // 2, None)
    y, parts = np.conj(x), [(*before, slice(a, b)) for a, b in pairwise(ends)]
    if type(y) is not np.ndarray:
        return np.concatenate([y[parts[0]], y[parts[1]] * weight, y[parts[2]]], axis=axis)
    y[parts[1]] *= weight  # y is our own: one pass over half of it, instead of three over all
    return y


weighed_conj: Op = linear(_weighed_conj, lambda g, y, x, **params: weighed_conj(g, **params))

REVERSED: dict[Any, Any] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}
"""The norm with which the opposite transform has the same factor."""


def _cast_first(transform):
    """NumPy casts real numbers on the way, in small strides unless it is along the last axis: cast before, 1,024 rows
    of 64 take two thirds of the time along the first."""

    def call(x, n=None, axis=-1, norm=None):
        return transform(x + 0j if x.dtype.kind == "f" and (axis + 1) % x.ndim else x, n, axis, norm)

    return call


def _transposed(transform):
    """Fᵀ = F: transform the cotangent, and undo the cut or the zeros."""
    return lambda g, y, x, n=None, axis=-1, norm=None: resized(transform(g, None, axis, norm), x.shape[axis], axis)


def _rfft_transpose(g, y, x, n=None, axis=-1, norm=None):
    """x̄ⱼ = Re Σₖ gₖ exp(-2πi jk/n), a sum over half a spectrum: an inverse transform of ḡ."""
    n = x.shape[axis] if n is None else n
    half = weighed_conj(g, weight=0.5, n=n, axis=axis)
    return resized(np.fft.irfft(half, n, axis, REVERSED[norm]), x.shape[axis], axis)


def _irfft_transpose(g, y, x, n=None, axis=-1, norm=None):
    """x̄ₖ = Σⱼ gⱼ exp(2πi jk/n), twice where xₖ stands for x₋ₖ too."""
    half = np.fft.rfft(g, None, axis, REVERSED[norm])
    return resized(weighed_conj(half, weight=2, n=g.shape[axis], axis=axis), x.shape[axis], axis)


def _over_axes(first=None, rest=None, last=None, axes=None):
    """A transform over several axes: one after the other, in NumPy's order."""

    def formula(a, s=None, axes=axes, norm=None):
        sizes, axes = _sizes_and_axes(a, s, axes, last is np.fft.irfft)
        steps = list(zip(sizes, axes, strict=True))
        if first is not None:
            a = first(a, *steps.pop(), norm)
        for step in reversed(steps) if last is None else steps[:-1]:
            a = rest(a, *step, norm)
        return a if last is None else last(a, *steps[-1], norm)

    return formula


def _sizes_and_axes(a, s, axes, from_half):
    axes = tuple(range(-len(s if s is not None else a.shape), 0)) if axes is None else axes
    if s is not None:
        return [a.shape[axis] if n in (-1, None) else n for n, axis in zip(s, axes, strict=True)], axes
    sizes = [a.shape[axis] for axis in axes]
    return [*sizes[:-1], 2 * (sizes[-1] - 1)] if from_half else sizes, axes


def _shifted(half):
    """Half a turn along each axis, rounded down (or up, for the inverse)."""

    def formula(x, axes=None):
        axes = tuple(range(x.ndim)) if axes is None else axes
        axes = tuple(axes) if np.ndim(axes) else (axes,)
        return np.roll(x, tuple(half(x.shape[axis]) for axis in axes), axes)

    return formula


# fmt: off
linear(np.fft.fft,           _transposed(np.fft.fft), call=_cast_first(np.fft.fft))
linear(np.fft.ifft,          _transposed(np.fft.ifft), call=_cast_first(np.fft.ifft))
linear(np.fft.rfft,          _rfft_transpose)
linear(np.fft.irfft,         _irfft_transpose)
composite(np.fft.hfft,       lambda a, n=None, axis=-1, norm=None: np.fft.irfft(np.conj(a), n, axis, REVERSED[norm]))
composite(np.fft.ihfft,      lambda a, n=None, axis=-1, norm=None: np.conj(np.fft.rfft(a, n, axis, REVERSED[norm])))

composite(np.fft.fftn,       _over_axes(rest=np.fft.fft))
composite(np.fft.ifftn,      _over_axes(rest=np.fft.ifft))
composite(np.fft.rfftn,      _over_axes(first=np.fft.rfft, rest=np.fft.fft))
composite(np.fft.irfftn,     _over_axes(rest=np.fft.ifft, last=np.fft.irfft))
composite(np.fft.fft2,       _over_axes(rest=np.fft.fft, axes=(-2, -1)))
composite(np.fft.ifft2,      _over_axes(rest=np.fft.ifft, axes=(-2, -1)))
composite(np.fft.rfft2,      _over_axes(first=np.fft.rfft, rest=np.fft.fft, axes=(-2, -1)))
composite(np.fft.irfft2,     _over_axes(rest=np.fft.ifft, last=np.fft.irfft, axes=(-2, -1)))
composite(np.fft.fftshift,   _shifted(lambda n: n // 2))
composite(np.fft.ifftshift,  _shifted(lambda n: -(n // 2)))
# fmt: on
