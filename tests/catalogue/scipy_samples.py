"""SciPy's functions, offered under `tinygrad_edu.scipy`: transforms, filters, densities, matrices, solvers.

Most of their rows are for NumPy's arrays only: SciPy computes the value, and it knows no others.
"""


import numpy as np

from catalogue.rows import numbers, row
from tinygrad_edu.scipy import fft, ndimage, signal

anywhere, _, _, _ = numbers(1)
A, V, W = anywhere(3, 4), anywhere(5), anywhere(3)
K, L = anywhere(2, 3), anywhere(23)
Z = anywhere(2, 5) + 1j * anywhere(2, 5)
NORMS = [{}, {"norm": "ortho"}, {"norm": "forward"}, {"orthogonalize": True}, {"norm": "ortho", "orthogonalize": False}]



def spectrum(function):
    """The last of what a spectral function returns: the others are frequencies and times, which depend on nothing."""
    return named(function.__name__, lambda *args, **params: function(*args, **params)[-1])


def named(name, function):
    function.__name__ = name
    return function


# fmt: off
TRANSFORMS = [
    *(row(f, V, type=k, **p, numpy_only=True) for f in (fft.dct, fft.idct, fft.dst, fft.idst)
      for k in (1, 2, 3, 4) for p in NORMS),
    *(row(f, A, **p, numpy_only=True) for f in (fft.dct, fft.idst)
      for p in [{"axis": 0}, {"n": 6}, {"n": 3, "type": 3}, {"n": 2, "axis": 0}]),
    *(row(f, Z, numpy_only=True) for f in (fft.dct, fft.dst)),
    *(row(f, A, **p, numpy_only=True) for f in (fft.dctn, fft.idctn, fft.dstn, fft.idstn)
      for p in [{}, {"axes": 0}, {"s": (4, 3), "norm": "ortho"}, {"type": 1, "axes": (1,)}]),
]
SIGNAL = [
    *(row(f, x, y, mode=m, numpy_only=True) for f in (signal.convolve, signal.correlate, signal.fftconvolve)
      for m in ("full", "same", "valid") for x, y in [(V, W), (W, V), (A, K), (V, V[:4])]),
    *(row(f, A, K, mode=m, **p, numpy_only=True) for f in (signal.convolve2d, signal.correlate2d) for m in ("full", "same")
      for p in [{}, {"boundary": "wrap"}, {"boundary": "symm"}, {"fillvalue": 2.0}]),
    *(row(f, x, y, mode=m, numpy_only=True) for f in (signal.convolve2d, signal.correlate2d)
      for x, y, m in [(A, K, "valid"), (K, A, "valid"), (A, A[:2, :2], "same"), (K, A, "same")]),
    *(row(f, Z, Z[:, :2], numpy_only=True) for f in (signal.convolve, signal.correlate2d)),
    row(signal.convolve, A, K, method="direct", numpy_only=True), row(signal.convolve, np.array(2.0), np.array(3.0), numpy_only=True),
    row(signal.fftconvolve, A, A[:1, :2], axes=1, numpy_only=True), row(signal.fftconvolve, A, A[:, :2], mode="same", axes=[-1], numpy_only=True),
    *(row(signal.detrend, A, **p, numpy_only=True) for p in [{}, {"axis": 0}, {"type": "constant"}, {"bp": [2]}]),
    row(signal.lfilter, W, np.array([1.0, -0.4, 0.2]), A, numpy_only=True), row(signal.lfilter, W, np.array([2.0, 0.5]), A, axis=0, numpy_only=True),
    row(signal.lfilter, np.array([1.5]), np.array([1.0, -0.5, 0.2, 0.1]), V, zi=W * 1, numpy_only=True),
    row(lambda b, a, x, zi: signal.lfilter(b, a, x, 0, zi), W, np.array([2.0, 0.5]), A, A[:2, :], entry="scipy.signal.lfilter", numpy_only=True),
    row(signal.lfilter, W, np.array([1.0, 0.5j]), Z, numpy_only=True),
]
SPECTRA = [
    *(row(spectrum(signal.stft), L, nperseg=8, **p, entry="scipy.signal.stft", numpy_only=True)
      for p in [{}, {"boundary": "even", "noverlap": 5}, {"boundary": "odd", "nfft": 11}, {"boundary": "constant", "padded": False},
                {"boundary": None, "detrend": "linear", "scaling": "psd"}, {"return_onesided": False, "fs": 2.0}]),
    row(spectrum(signal.stft), anywhere(9, 2), nperseg=4, axis=0, entry="scipy.signal.stft", numpy_only=True),
    row(spectrum(signal.stft), Z, nperseg=4, return_onesided=False, entry="scipy.signal.stft", numpy_only=True),
    *(row(spectrum(signal.istft), anywhere(5, 4) + 1j * anywhere(5, 4), **p, entry="scipy.signal.istft", numpy_only=True)
      for p in [{}, {"noverlap": 5}, {"boundary": False, "window": "hamming"}, {"input_onesided": False, "noverlap": 3}, {"nperseg": 9, "scaling": "psd", "fs": 2.0},
                {"time_axis": 0, "freq_axis": 1, "window": "boxcar"}]),
    *(row(spectrum(signal.welch), L, nperseg=8, **p, entry="scipy.signal.welch", numpy_only=True)
      for p in [{}, {"average": "median", "noverlap": 6}, {"scaling": "spectrum", "nfft": 9, "detrend": False}, {"return_onesided": False, "detrend": "linear"}]),
    row(spectrum(signal.welch), anywhere(9, 2), nperseg=4, axis=0, entry="scipy.signal.welch", numpy_only=True),
    *(row(spectrum(signal.csd), L, L[::-1] + 0.1, nperseg=8, **p, entry="scipy.signal.csd", numpy_only=True)
      for p in [{}, {"fs": 3.0, "window": ("tukey", 0.5)}]),
    row(spectrum(signal.csd), L[:16], L[7:], nperseg=8, average="median", noverlap=0, entry="scipy.signal.csd", numpy_only=True),
    row(spectrum(signal.csd), L, L[:20], nperseg=8, entry="scipy.signal.csd", numpy_only=True),
]
PLACES = np.array([[0.3, 1.6, 2.4, -0.7, 3.4], [1.2, 0.8, 2.7, 1.4, 4.6]])
IMAGES = [
    *(row(f, A, K, mode=m, cval=0.5, numpy_only=True) for f in (ndimage.convolve, ndimage.correlate)
      for m in ("reflect", "mirror", "nearest", "wrap", "constant")),
    *(row(f, A, K, origin=o, numpy_only=True) for f in (ndimage.convolve, ndimage.correlate) for o in [(-1, 1), (0, -1)]),
    *(row(f, A, W, axis=0, origin=1, numpy_only=True) for f in (ndimage.convolve1d, ndimage.correlate1d)),
    row(ndimage.convolve, A, W[:2], axes=(0,), numpy_only=True), row(ndimage.convolve, Z, Z[:, :2], numpy_only=True), row(ndimage.correlate, Z, Z[:, :2], numpy_only=True),
    *(row(ndimage.gaussian_filter, A, s, **p, numpy_only=True) for s in (0.8, np.array(0.7), np.array([0.6, 1.1]))
      for p in [{}, {"mode": "constant", "cval": 1.0}, {"order": 1, "mode": "mirror"}, {"order": (0, 2), "truncate": 2.0}]),
    row(ndimage.gaussian_filter, A, 1.3, axes=(1,), radius=2, mode=("wrap",), numpy_only=True), row(ndimage.gaussian_filter, V, 1, order=3, numpy_only=True),
    *(row(ndimage.uniform_filter, A, s, **p, numpy_only=True) for s in (2, (3, 1)) for p in [{}, {"mode": ("wrap", "nearest")}, {"origin": (-1, 0)}]),
    *(row(ndimage.map_coordinates, A, PLACES, order=k, mode=m, cval=0.3, numpy_only=True) for k in (0, 1, 2, 3, 5)
      for m in ("constant", "mirror", "nearest", "grid-wrap")),
    *(row(ndimage.map_coordinates, A, PLACES, order=3, mode=m, numpy_only=True) for m in ("reflect", "wrap", "grid-constant")),
    row(ndimage.map_coordinates, Z, PLACES / 3, mode="nearest", numpy_only=True), row(ndimage.map_coordinates, V, PLACES[None], prefilter=False, numpy_only=True),
]
# fmt: on

SAMPLES = [*TRANSFORMS, *SIGNAL, *SPECTRA, *IMAGES]
