"""Spectra of short pieces of a signal: stft, istft, csd and welch, by their formulae.

A signal is cut into pieces that overlap, each piece is multiplied by a window, and transformed. The inverse adds the
pieces up where they overlap, which is the transpose of cutting. Part of `tinygrad_edu.scipy.signal`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import signal as _signal

from ..rules.indexing import scatter
from .dispatch import as_array


def _window(window, nperseg, length, dtype):
    """The window in the signal's precision, and the length of a piece."""
    if isinstance(window, str | tuple):
        nperseg = min(int(nperseg or 256), length)
        return _signal.get_window(window, nperseg).astype(dtype), nperseg
    window = as_array(window)
    if window.ndim != 1 or nperseg not in (None, window.shape[0]):
        raise ValueError(f"the window has shape {window.shape}. Expected one axis, of nperseg = {nperseg} elements")
    return window, window.shape[0]


def _sizes(nperseg, noverlap, nfft):
    nfft, noverlap = int(nfft or nperseg), nperseg // 2 if noverlap is None else int(noverlap)
    if noverlap >= nperseg or nfft < nperseg:
        raise ValueError(f"noverlap = {noverlap} must be below nperseg = {nperseg}, which nfft = {nfft} must reach")
    return nperseg - noverlap, nfft


def _real(dtype):
    return np.result_type(dtype, np.float32) if dtype.kind != "c" else np.finfo(dtype).dtype


def _pieces(length, nperseg, step):
    """The indices of the pieces, one row each."""
    return np.arange(0, length - nperseg + 1, step)[:, None] + np.arange(nperseg)


def _transformed(x, window, step, nfft, detrend, onesided):
    """The Fourier transforms of the pieces of the last axis: (..., pieces, frequencies)."""
    pieces = x[..., _pieces(x.shape[-1], window.shape[0], step)]
    if callable(detrend):
        pieces = detrend(pieces)
    elif detrend == "constant":
        pieces = pieces - np.mean(pieces, axis=-1, keepdims=True)
    elif detrend:
        line = np.stack([np.ones(window.shape[0]), np.linspace(-1, 1, window.shape[0])]).astype(_real(x.dtype))
        line = line / np.linalg.norm(line, axis=-1, keepdims=True)
        pieces = pieces - (pieces @ line.T) @ line
    pieces = pieces * window
    return np.fft.rfft(pieces, nfft) if onesided else np.fft.fft(pieces, nfft)


def _frequencies(nfft, fs, onesided):
    return (np.fft.rfftfreq if onesided else np.fft.fftfreq)(nfft, 1 / fs)


def _scale(window, fs, scaling, density):
    if scaling not in ("spectrum", density):
        raise ValueError(f"scaling is {scaling!r}. Expected 'spectrum' or {density!r}")
    return 1 / np.sum(window) ** 2 if scaling == "spectrum" else 1 / (fs * np.sum(window * window))


def _extended(x, n, boundary):
    """n more elements on both sides of the last axis."""
    if boundary not in (None, "zeros", "constant", "even", "odd"):
        raise ValueError(f"boundary is {boundary!r}. Expected 'even', 'odd', 'constant', 'zeros' or None")
    if boundary is None or n == 0:
        return x
    if boundary == "odd":
        left, right = x[..., n:0:-1], x[..., -2 : -n - 2 : -1]
        return np.concatenate([2 * x[..., :1] - left, x, 2 * x[..., -1:] - right], -1)
    how: Any = {"zeros": "constant", "constant": "edge", "even": "reflect"}[boundary]
    return np.pad(x, [(0, 0)] * (x.ndim - 1) + [(n, n)], mode=how)


def stft(
    x, fs=1.0, window="hann", nperseg=256, noverlap=None, nfft=None, detrend=False, return_onesided=True,
    boundary="zeros", padded=True, axis=-1, scaling="spectrum",
):  # fmt: skip
    """The same as `scipy.signal.stft`: frequencies, times, and the transforms of the pieces."""
    x = np.moveaxis(as_array(x), axis, -1)
    window, n = _window(window, nperseg, x.shape[-1], _real(x.dtype))
    step, nfft = _sizes(n, noverlap, nfft)
    x = _extended(x, n // 2, boundary)
    if padded:
        x = np.pad(x, [(0, 0)] * (x.ndim - 1) + [(0, -(x.shape[-1] - n) % step % n)])
    onesided = return_onesided and x.dtype.kind != "c"
    found = _transformed(x, window, step, nfft, detrend, onesided) * np.sqrt(_scale(window, fs, scaling, "psd"))
    times = (np.arange(found.shape[-2]) * step + (0 if boundary else n / 2)) / fs
    found = np.moveaxis(np.swapaxes(found, -1, -2), -2, axis - 1 if axis < 0 else axis)
    return _frequencies(nfft, fs, onesided), times, found


def istft(
    Zxx, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None, input_onesided=True, boundary=True,
    time_axis=-1, freq_axis=-2, scaling="spectrum",
):  # fmt: skip
    """The same as `scipy.signal.istft`: times, and the signal: pieces added up, without their windows."""
    z = as_array(Zxx)
    time_axis, freq_axis = time_axis % z.ndim, freq_axis % z.ndim
    z = np.moveaxis(z, (time_axis, freq_axis), (-2, -1))  # (..., pieces, frequencies)
    length = 2 * (z.shape[-1] - 1) if input_onesided else z.shape[-1]
    nperseg = int(nperseg or length)
    nfft = nfft or (nperseg if input_onesided and nperseg == length + 1 else length)
    step, nfft = _sizes(nperseg, noverlap, nfft)
    window, _ = _window(window, nperseg, nperseg, _real(z.dtype))
    pieces = (np.fft.irfft(z, nfft) if input_onesided else np.fft.ifft(z, nfft))[..., :nperseg]
    pieces = pieces * (window / np.sqrt(_scale(window, fs, scaling, "psd")))
    length = nperseg + (z.shape[-2] - 1) * step
    where = (..., _pieces(length, nperseg, step))
    x = scatter(pieces, shape=(*z.shape[:-2], length), index=where)
    weights = scatter(np.broadcast_to(window * window, pieces.shape[-2:]), shape=(length,), index=where)
    if boundary:
        cut = (..., slice(nperseg // 2, -(nperseg // 2)))
        x, weights = x[cut], weights[cut]
    x = x / np.where(weights > 1e-10, weights, 1)
    return np.arange(x.shape[-1]) / fs, np.moveaxis(x, -1, time_axis - (freq_axis < time_axis))


def csd(
    x, y, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None, detrend="constant", return_onesided=True,
    scaling="density", axis=-1, average="mean",
):  # fmt: skip
    """The same as `scipy.signal.csd`: frequencies, and the cross spectrum, averaged over the pieces."""
    same = y is x
    x = np.moveaxis(as_array(x), axis, -1)
    y = x if same else np.moveaxis(as_array(y), axis, -1)
    length = max(x.shape[-1], y.shape[-1])
    window, n = _window(window, nperseg, length, _real(np.result_type(x.dtype, y.dtype)))
    step, nfft = _sizes(n, noverlap, nfft)
    onesided = return_onesided and x.dtype.kind != "c" and y.dtype.kind != "c"

    def transformed(v):
        short = length - v.shape[-1]
        v = np.pad(v, [(0, 0)] * (v.ndim - 1) + [(0, short)]) if short else v
        return _transformed(v, window, step, nfft, detrend, onesided)

    a = transformed(x)
    power = np.real(a) ** 2 + np.imag(a) ** 2 if same else np.conj(a) * transformed(y)
    twice = np.ones(power.shape[-1], _real(x.dtype))
    if onesided:
        twice[1 : -1 if nfft % 2 == 0 else None] = 2
    power = _averaged(power * (twice * _scale(window, fs, scaling, "density")), average)
    return _frequencies(nfft, fs, onesided), np.moveaxis(power, -1, axis)


def _averaged(power, average):
    """Over the pieces; a median, of each part, is divided by its bias for power spectra (Allen et al. 2012)."""
    if average not in ("mean", "median"):
        raise ValueError(f"average is {average!r}. Expected 'mean' or 'median'")
    pieces = power.shape[-2]
    if average == "mean" or pieces == 1:
        return np.mean(power, axis=-2)
    even = 2 * np.arange(1.0, (pieces - 1) // 2 + 1)
    bias = 1 + float(np.sum(1 / (even + 1) - 1 / even))
    median = np.median(np.real(power), axis=-2)
    return (median + 1j * np.median(np.imag(power), axis=-2) if power.dtype.kind == "c" else median) / bias


def welch(
    x, fs=1.0, window="hann", nperseg=None, noverlap=None, nfft=None, detrend="constant", return_onesided=True,
    scaling="density", axis=-1, average="mean",
):  # fmt: skip
    """The same as `scipy.signal.welch`: frequencies, and the power spectrum, averaged over the pieces."""
    return csd(x, x, fs, window, nperseg, noverlap, nfft, detrend, return_onesided, scaling, axis, average)
