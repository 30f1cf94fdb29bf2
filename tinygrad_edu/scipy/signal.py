"""Convolution, correlation and linear filters; the spectra are in `spectra.py`.

A convolution is a product: its transpose in one factor convolves with the other one reversed. Every mode is a part of
the full convolution, so a rule first puts the cotangent where that part was. A filter ``a * y = b * x`` is a product
(by b) and the solution of an equation (in y), whose derivatives are filters of the same kind run backwards in time.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal as _signal

from ..graph import Op
from ..rules.declare import bilinear, linear, primitive
from .dispatch import as_array, dispatching
from .spectra import csd, istft, stft, welch

__all__ = [
    "convolve",
    "convolve2d",
    "correlate",
    "correlate2d",
    "csd",
    "detrend",
    "fftconvolve",
    "istft",
    "lfilter",
    "stft",
    "welch",
]

convolve, fftconvolve = dispatching(_signal.convolve, __name__), dispatching(_signal.fftconvolve, __name__)


# --- convolution ------------------------------------------------------------------------------------------------------


def _begin(mode, n, m):
    """Where a part of the full convolution of n with m elements begins."""
    return {"full": 0, "same": (m - 1) // 2, "valid": min(n, m) - 1}[mode]


def _in_full(g, mode, n, m, axes):
    """The cotangent of a part of the full convolution as one of the whole."""
    if mode == "full" or g.ndim == 0:
        return g
    widths = [(0, 0)] * g.ndim
    for a in axes:
        before = _begin(mode, n[a], m[a])
        widths[a] = (before, n[a] + m[a] - 1 - before - g.shape[a])
    return np.pad(g, widths)


def _convolve_left(g, z, x, y, mode="full", method="auto"):
    return convolve(_in_full(g, mode, x.shape, y.shape, range(x.ndim)), np.flip(y), mode="valid", method=method)


def _fftconvolve_left(g, z, x, y, mode="full", axes=None):
    axes = range(x.ndim) if axes is None else np.atleast_1d(axes).tolist()
    return fftconvolve(_in_full(g, mode, x.shape, y.shape, axes), np.flip(y, tuple(axes)), mode="valid", axes=axes)


def _right(left):
    """The rule of the second factor: a convolution commutes, but for where the part 'same' of it lies."""

    def rule(g, z, x, y, mode="full", **params):
        axes = params.get("axes")
        axes = range(x.ndim) if axes is None else np.atleast_1d(axes).tolist()
        return left(_in_full(g, mode, x.shape, y.shape, axes), z, y, x, **params)

    return rule


bilinear(convolve, _convolve_left, _right(_convolve_left))
bilinear(fftconvolve, _fftconvolve_left, _right(_fftconvolve_left))


def correlate(in1, in2, mode="full", method="auto"):
    """The same as `scipy.signal.correlate`: convolution with the second array reversed and conjugated."""
    return convolve(in1, np.conj(np.flip(as_array(in2))), mode=mode, method=method)


def convolve2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    """The same as `scipy.signal.convolve2d`: the boundary is written out, and the valid part is kept."""
    x, y = as_array(in1), as_array(in2)
    return _convolve2d(x, y, mode, boundary, fillvalue, [(m - 1) // 2 for m in y.shape])


def correlate2d(in1, in2, mode="full", boundary="fill", fillvalue=0):
    """The same as `scipy.signal.correlate2d`: convolution with the second array reversed and conjugated."""
    x, y = as_array(in1), as_array(in2)
    return _convolve2d(x, np.conj(np.flip(y)), mode, boundary, fillvalue, [m // 2 for m in y.shape])


MODES: dict[str, Any] = {"fill": "constant", "pad": "constant", "wrap": "wrap", "circular": "wrap", "symm": "symmetric"}


def _convolve2d(x, y, mode, boundary, fillvalue, begin):
    if boundary not in MODES:
        raise ValueError(f"boundary is {boundary!r}. Expected 'fill', 'wrap' or 'symm'")
    if mode == "valid":
        return convolve(x, y, mode="valid")
    widths = [(m - 1, m - 1) for m in y.shape]
    filled: Any = {"constant_values": fillvalue} if MODES[boundary] == "constant" and fillvalue else {}
    full = convolve(np.pad(x, widths, mode=MODES[boundary], **filled), y, mode="valid")
    return full if mode == "full" else full[tuple(slice(i, i + n) for i, n in zip(begin, x.shape, strict=True))]


# --- filters ----------------------------------------------------------------------------------------------------------


def _lags(g, x, n):
    return np.stack([np.sum(g[..., k:] * x[..., : max(x.shape[-1] - k, 0)]) for k in range(n)])


lags: Op = bilinear(_lags, lambda c, z, g, x, n: product(c, x), lambda c, z, g, x, n: _reversed(product, c, g))
"""Σ gₘ xₘ₋ₖ for each lag k < n."""

product: Op = bilinear(
    lambda b, x: _signal.lfilter(b, np.ones_like(b[:1]), x),
    lambda g, z, b, x: lags(g, x, n=b.shape[0]),
    lambda g, z, b, x: _reversed(product, b, g),
)
"""Σ bₖ xₘ₋ₖ along the last axis, for x that is 0 before it begins."""

quotient: Op = primitive(
    lambda a, r: _signal.lfilter(np.ones_like(a[:1]), a, r),
    vjps=(
        lambda g, y, a, r: -lags(_reversed(quotient, a, g), y, n=a.shape[0]),
        lambda g, y, a, r: _reversed(quotient, a, g),
    ),
    jvps=(lambda t, y, a, r: -quotient(a, product(t, y)), lambda t, y, a, r: quotient(a, t)),
)
"""The y with Σ aₖ yₘ₋ₖ = rₘ along the last axis; by implicit differentiation ẏ solves it for ṙ - Σ ȧₖ yₘ₋ₖ."""


def _reversed(filtered, b, g):
    """The transpose of a filter runs backwards in time."""
    return np.flip(filtered(b, np.flip(g, -1)), -1)


def lfilter(b, a, x, axis=-1, zi=None):
    """The same as `scipy.signal.lfilter`, differentiable in the coefficients, the signal and the initial state."""
    b, a, x = np.atleast_1d(as_array(b)), np.atleast_1d(as_array(a)), np.moveaxis(as_array(x), axis, -1)
    if b.ndim != 1 or a.ndim != 1:
        raise ValueError(f"lfilter: the coefficients have {b.ndim} and {a.ndim} axes. Expected one each")
    if zi is None:
        return np.moveaxis(quotient(a, product(b, x)), -1, axis)
    n, memory = x.shape[-1], max(b.shape[0], a.shape[0]) - 1
    extended = lambda v, more: np.pad(v, [(0, 0)] * (v.ndim - 1) + [(0, more)])
    state = np.moveaxis(as_array(zi), axis, -1)
    if state.shape[-1] != memory:
        raise ValueError(f"lfilter: zi has {state.shape[-1]} elements along the axis. Expected {memory}")
    right = product(b, extended(x, memory)) + a[0] * extended(state, n)
    y = quotient(a, right[..., :n])
    rest = (right - product(a, extended(y, memory)))[..., n:] / a[0]
    return np.moveaxis(y, -1, axis), np.moveaxis(rest, -1, axis)


detrend = dispatching(_signal.detrend, __name__)


def _bind_detrend(data, axis=-1, type="linear", bp=0, overwrite_data=False):
    """Nothing is overwritten: the record needs it."""
    return (data,), {"axis": axis, "type": type, "bp": bp}


# what remains of a least-squares fit is an orthogonal projection, which is symmetric
linear(detrend, lambda g, y, x, **params: detrend(g, **params), bind=_bind_detrend)
