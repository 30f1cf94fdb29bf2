"""Complex numbers made from real ones, and taken apart again: formulae over the table."""

from __future__ import annotations

from typing import Any

import numpy as np


def make_complex(real: Any, imag: Any) -> Any:
    """x + i y, of two real arrays whose shapes broadcast.

    >>> print(make_complex(np.array([1.0, 2.0]), 3.0))
    [1.+3.j 2.+3.j]
    """
    return real + imag * 1j


def polar(size: Any, angle: Any) -> Any:
    """r exp(i φ), of the sizes r and the angles φ in radians.

    >>> print(np.round(polar(2.0, np.array([0.0, np.pi / 2])), 12))
    [2.+0.j 0.+2.j]
    """
    return make_complex(size * np.cos(angle), size * np.sin(angle))


def view_as_real(z: Any) -> Any:
    """Real and imaginary parts along a new last axis of length 2: ℂⁿ as ℝ²ⁿ, where every derivative is a real matrix.

    >>> view_as_real(np.array([1.0 + 2.0j]))
    array([[1., 2.]])
    """
    return np.stack([np.real(z), np.imag(z)], axis=-1)
