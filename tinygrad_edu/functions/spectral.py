"""Spectra that NumPy lacks: the Fourier transforms of Hermitian arrays in two and more dimensions.

An array is Hermitian if a[-j, -k] is the conjugate of a[j, k]; half of it says it all, and its spectrum is real.
NumPy has `hfft` and `ihfft` for one axis; these are the same for several, with the names and parameters of scipy.fft.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

_REVERSED: dict[Any, Any] = {None: "forward", "backward": "forward", "ortho": "ortho", "forward": "backward"}


def hfftn(x: Any, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = None) -> Any:
    """The real spectrum of a Hermitian array, of which x holds the half with non-negative last index.

    Parameters
    ----------
    x : array
        Complex; along the last of the axes, n // 2 + 1 of n numbers.
    s : sequence of int, optional
        The shape of the result along the axes; along the last one 2 (m - 1) if left out, for m numbers given.
    axes : sequence of int, optional
        Where to transform; all axes if left out.
    norm : {"backward", "ortho", "forward"}, optional
        Where the factor 1/n stands: at the inverse, a root of it at both, at this one.

    Returns
    -------
    array
        Real, and Σ x exp(-2πi jk/n) over the whole Hermitian array.

    >>> print(hfftn(np.array([[6.0, 2.0, 0.0]])))
    [[10.  6.  2.  6.]]
    """
    return np.fft.irfftn(np.conj(x), s, axes, _REVERSED[norm])


def ihfftn(x: Any, s: Sequence[int] | None = None, axes: Sequence[int] | None = None, norm: str | None = None) -> Any:
    """The inverse of `hfftn`: half of the Hermitian array whose spectrum is the real x. Parameters: as there.

    >>> print(ihfftn(np.array([[10.0, 6.0, 2.0, 6.0]])).real)
    [[6. 2. 0.]]
    """
    return np.conj(np.fft.rfftn(x, s, axes, _REVERSED[norm]))


def hfft2(x: Any, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """`hfftn` over two axes, by default the last.

    >>> hfft2(np.ones((4, 3, 3))).shape
    (4, 3, 4)
    """
    return hfftn(x, s, axes, norm)


def ihfft2(x: Any, s: Sequence[int] | None = None, axes: Sequence[int] = (-2, -1), norm: str | None = None) -> Any:
    """`ihfftn` over two axes, by default the last.

    >>> ihfft2(np.ones((4, 3, 4))).shape
    (4, 3, 3)
    """
    return ihfftn(x, s, axes, norm)
