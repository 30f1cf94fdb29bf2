"""Sample rows: the discrete Fourier transforms, of even and odd lengths, cut and continued, in every norm."""

import numpy as np

from catalogue.rows import anywhere, row
from tinygrad_edu.functions import spectral

fft = np.fft


def complex_(*shape):
    return anywhere(*shape) + 1j * anywhere(*shape)


X5, X6, A, T = anywhere(5), anywhere(6), anywhere(3, 4), anywhere(2, 3, 4)
Z1, Z4, Z5, B, C = complex_(1), complex_(4), complex_(5), complex_(3, 4), complex_(2, 3, 4)

# fmt: off
ONE_AXIS = [
    *(row(f, x) for f in [fft.fft, fft.ifft] for x in [X5, X6, Z5, Z1]),
    *(row(f, x) for f in [fft.rfft, fft.ihfft] for x in [X6, X5, anywhere(1), anywhere(2)]),
    row(fft.rfft, X5, entry="fft.rfft_oddlen"), row(fft.rfft, A, 5, entry="fft.rfft_oddlen"),
    *(row(f, x) for f in [fft.irfft, fft.hfft] for x in [Z5, Z4, X5]),
    *(row(f, Z4, n=n) for f in [fft.irfft, fft.hfft] for n in [1, 2, 3, 5, 6, 7, 9, 10]),
    *(row(f, x, n=n) for f, x in [(fft.fft, Z5), (fft.ifft, Z5), (fft.rfft, X6), (fft.ihfft, X5)] for n in [1, 2, 3, 4, 7, 8]),
    *(row(f, x, norm=norm) for f, x in [(fft.fft, Z5), (fft.ifft, Z4), (fft.rfft, X6), (fft.irfft, Z5), (fft.hfft, Z4), (fft.ihfft, X5)]
      for norm in ["backward", "ortho", "forward"]),
    *(row(f, x, n=n, axis=axis, norm=norm) for f, x in [(fft.fft, C), (fft.ifft, C), (fft.rfft, T), (fft.irfft, C), (fft.hfft, C), (fft.ihfft, T)]
      for n, axis, norm in [(None, 1, None), (5, 0, "ortho"), (2, -2, "forward")]),
]
SEVERAL_AXES = [
    *(row(f, B) for f in [fft.fft2, fft.ifft2, fft.irfft2, fft.fftn, fft.ifftn, fft.irfftn]),
    *(row(f, A) for f in [fft.fft2, fft.rfft2, fft.rfftn]),
    *(row(f, C) for f in [fft.fft2, fft.irfft2, fft.fftn, fft.ifftn, fft.irfftn]),
    *(row(f, T) for f in [fft.rfft2, fft.rfftn, fft.ifftn]),
    *(row(f, x, s=(3, 5), axes=(0, 2), norm=norm) for f, x in [
        (fft.fft2, C), (fft.ifft2, C), (fft.rfft2, T), (fft.irfft2, C), (fft.fftn, C), (fft.ifftn, C), (fft.rfftn, T), (fft.irfftn, C)]
      for norm in [None, "ortho", "forward"]),
    *(row(f, x, s=(-1, 2), axes=(-1, 0)) for f, x in [(fft.fftn, C), (fft.rfftn, T), (fft.irfftn, C)]),
    *(row(f, x, axes=(1, 1)) for f, x in [(fft.fftn, B), (fft.ifft2, B), (fft.rfftn, A), (fft.irfftn, B)]),
    *(row(f, x, axes=(1,)) for f, x in [(fft.fftn, C), (fft.rfftn, T), (fft.irfftn, C)]), row(fft.fftn, A, axes=()),
    *(row(f, x) for f in [fft.fftshift, fft.ifftshift] for x in [X5, X6, T, Z5]),
    *(row(f, T, axes=axes) for f in [fft.fftshift, fft.ifftshift] for axes in [1, -1, (0, 2)]),
]
HERMITIAN = [
    *(row(f, x, **p, entry=f"fft.{f.__name__}") for f, x in [
        (spectral.hfft2, C), (spectral.hfftn, C), (spectral.ihfft2, T), (spectral.ihfftn, T)]
      for p in [{}, {"s": (3, 5), "axes": (0, 2), "norm": "ortho"}, {"axes": (-1, 0), "norm": "forward"}]),
]
# fmt: on

SAMPLES = [*ONE_AXIS, *SEVERAL_AXES, *HERMITIAN]
