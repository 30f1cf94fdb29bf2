"""Matrices made of a few numbers: Toeplitz, Hankel, companion and their like, by indexing.

Each is a linear arrangement of its arguments, so reading them in the right order is the whole function, and its
derivative too. Part of `tinygrad_edu.scipy.linalg`.
"""

from __future__ import annotations

import math

import numpy as np

from ..rules.indexing import scatter
from .dispatch import as_array


def _grid(m, n):
    return np.arange(m)[:, None], np.arange(n)


def toeplitz(c, r=None):
    """The same as `scipy.linalg.toeplitz`: constant diagonals, the first column c, and the rest of the first row r."""
    c = as_array(c)
    r = np.conj(c) if r is None else as_array(r)
    i, j = _grid(c.shape[-1], r.shape[-1])
    return np.concatenate([np.flip(r[..., 1:], -1), c], -1)[..., r.shape[-1] - 1 + i - j]


def hankel(c, r=None):
    """The same as `scipy.linalg.hankel`: constant antidiagonals, the first column c, and the rest of the last row r."""
    c = as_array(c)
    r = np.zeros_like(c) if r is None else as_array(r)
    i, j = _grid(c.shape[-1], r.shape[-1])
    return np.concatenate([c, r[..., 1:]], -1)[..., i + j]


def circulant(c):
    """The same as `scipy.linalg.circulant`: every column is the one before, turned by one."""
    c = as_array(c)
    i, j = _grid(c.shape[-1], c.shape[-1])
    return c[..., (i - j) % c.shape[-1]]


def companion(a):
    """The same as `scipy.linalg.companion`: the matrix whose characteristic polynomial has the coefficients a."""
    a = as_array(a)
    n = a.shape[-1] - 1
    if a.ndim != 1 or n < 1:
        raise ValueError(f"companion: the coefficients have shape {a.shape}. Expected one axis of at least 2")
    return scatter(-a[1:] / a[0], shape=(n, n), index=0) + np.eye(n, k=-1, dtype=bool)


def leslie(f, s):
    """The same as `scipy.linalg.leslie`: fecundities f in the first row, survivals s below the diagonal."""
    f, s = as_array(f), as_array(s)
    n = f.shape[-1]
    if f.ndim != 1 or s.shape != (n - 1,):
        raise ValueError(f"leslie: f has shape {f.shape} and s has {s.shape}. Expected s one shorter than f")
    below = (np.arange(1, n), np.arange(n - 1))
    return scatter(f, shape=(n, n), index=0) + scatter(s, shape=(n, n), index=below)


def convolution_matrix(a, n, mode="full"):
    """The same as `scipy.linalg.convolution_matrix`: its product with v is np.convolve(a, v, mode)."""
    a = as_array(a)
    m = a.shape[-1]
    trim = min(m, n) - 1
    if mode not in ("full", "same", "valid"):
        raise ValueError(f"convolution_matrix: mode is {mode!r}. Expected 'full', 'same' or 'valid'")
    first, last = {"full": (0, 0), "same": (trim // 2, trim - trim // 2), "valid": (trim, trim)}[mode]
    i, j = _grid(m + n - 1, n)
    places = (i - j)[first : m + n - 1 - last]
    return np.where((places >= 0) & (places < m), a[..., np.clip(places, 0, m - 1)], 0)


def block_diag(*arrs):
    """The same as `scipy.linalg.block_diag`: the matrices along the diagonal of one."""
    blocks = [np.atleast_2d(as_array(x)) for x in arrs] or [np.zeros((1, 0))]
    total, before, rows = sum(x.shape[-1] for x in blocks), 0, []
    for x in blocks:
        after = total - before - x.shape[-1]
        rows.append(np.pad(x, [(0, 0)] * (x.ndim - 1) + [(before, after)]))
        before += x.shape[-1]
    return np.concatenate(rows, -2)


def khatri_rao(a, b):
    """The same as `scipy.linalg.khatri_rao`: the Kronecker products of the columns."""
    a, b = as_array(a), as_array(b)
    if a.shape[-1] != b.shape[-1]:
        raise ValueError(f"khatri_rao: a has {a.shape[-1]} columns and b has {b.shape[-1]}. Expected as many")
    pairs = a[..., :, None, :] * b[..., None, :, :]
    return np.reshape(pairs, (*pairs.shape[:-3], math.prod(pairs.shape[-3:-1]), pairs.shape[-1]))
