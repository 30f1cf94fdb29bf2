"""Cosine and sine transforms.

With ``orthogonalize=True`` the matrix of each transform is orthogonal up to a factor, and its transpose is again a
transform: types 1 and 4 are symmetric, types 2 and 3 transpose to each other. Without it, two elements at the edge
differ by √2; `_edge` puts them right. An inverse is a forward transform with the types and the norms exchanged.
"""

from __future__ import annotations

import numpy as np
from scipy import fft as _fft

from ..rules.declare import linear
from .dispatch import as_array, by_parts, dispatching

__all__ = ["dct", "dctn", "dst", "dstn", "idct", "idctn", "idst", "idstn"]

DUAL = {1: 1, 2: 3, 3: 2, 4: 4}
INVERSE = {None: "forward", "backward": "forward", "forward": "backward", "ortho": "ortho"}

# SciPy's own transforms of complex arrays forget `orthogonalize`
dct, dst = dispatching(by_parts(_fft.dct), __name__), dispatching(by_parts(_fft.dst), __name__)


def _edge(g, factor, first, last, axis):
    """g with its first or last element along an axis scaled."""
    i = np.arange(g.shape[axis])
    weights = np.where((first & (i == 0)) | (last & (i == i.size - 1)), factor, 1.0)
    return g * np.reshape(weights, (-1, *(1,) * (g.ndim - 1 - axis % g.ndim))).astype(g.dtype)


def _fitted(g, n, axis):
    """g cut, or filled with zeros, to n elements along an axis."""
    short = n - g.shape[axis]
    g = g[(slice(None),) * (axis % g.ndim) + (slice(min(n, g.shape[axis])),)]
    return np.pad(g, [(0, short if a == axis % g.ndim else 0) for a in range(g.ndim)]) if short > 0 else g


def _transposed(transform, first, last):
    """The transpose of a transform; `first` and `last` name the types whose edge elements `orthogonalize` scales."""

    def transpose(g, y, x, type=2, n=None, axis=-1, norm=None, orthogonalize=None, workers=None):
        orthogonal = norm == "ortho" if orthogonalize is None else orthogonalize
        edges = type in first, type in last
        if not orthogonal and type in (1, 2) and any(edges):
            g = _edge(g, 2**0.5, *edges, axis)
        g = transform(g, DUAL[type], None, axis, norm, orthogonalize=True)
        if not orthogonal and type in (1, 3) and any(edges):
            g = _edge(g, 0.5**0.5, *edges, axis)
        return _fitted(g, x.shape[axis], axis)

    return transpose


def _bind(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):
    """Nothing is overwritten: the record needs it."""
    return (x,), {"type": type, "n": n, "axis": axis, "norm": norm, "workers": workers, "orthogonalize": orthogonalize}


linear(dct, _transposed(dct, {1, 2, 3}, {1}), bind=_bind)
linear(dst, _transposed(dst, set(), {2, 3}), bind=_bind)


def _inverse(transform, name):
    def inverse(x, type=2, n=None, axis=-1, norm=None, overwrite_x=False, workers=None, orthogonalize=None):
        orthogonal = norm == "ortho" if orthogonalize is None else orthogonalize
        return transform(x, DUAL[type], n, axis, INVERSE[norm], orthogonalize=orthogonal, workers=workers)

    return _named(inverse, name)


def _over_axes(transform, name):
    def over_axes(x, type=2, s=None, axes=None, norm=None, overwrite_x=False, workers=None, *, orthogonalize=None):
        y = as_array(x)
        if axes is None:
            axes = range(y.ndim) if s is None else range(-np.size(s), 0)
        axes = [axes] if np.ndim(axes) == 0 else axes
        sizes = [None] * len(axes) if s is None else np.atleast_1d(s).tolist()
        for n, axis in zip(sizes, axes, strict=True):
            y = transform(y, type, n, axis, norm, workers=workers, orthogonalize=orthogonalize)
        return y

    return _named(over_axes, name)


def _named(function, name):
    function.__name__ = function.__qualname__ = name
    function.__doc__ = f"The same as `scipy.fft.{name}`, for Tensors too."
    return function


idct, idst = _inverse(dct, "idct"), _inverse(dst, "idst")
dctn, dstn, idctn, idstn = (
    _over_axes(transform, name) for transform, name in [(dct, "dctn"), (dst, "dstn"), (idct, "idctn"), (idst, "idstn")]
)
