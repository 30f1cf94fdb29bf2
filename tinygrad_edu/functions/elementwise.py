"""The functions of a calculus book that NumPy has no name for: 1/√x, the fractional part, cotangent to arccosecant.

Formulae of one line. Where the first that comes to mind overflows, as 1/cosh x does beyond 710, another of the same
function is taken, so that values and gradients stay right as far as floats go.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def rsqrt(x: Any) -> Any:
    """1/√x.

    >>> float(rsqrt(np.array(4.0)))
    0.5
    """
    return 1 / np.sqrt(x)


def frac(x: Any) -> Any:
    """What is left of x without its whole part, with the sign of x; the slope is 1.

    >>> frac(np.array([2.25, -2.25]))
    array([ 0.25, -0.25])
    """
    return np.modf(x)[0]


def cot(x: Any) -> Any:
    """The cotangent, cos x / sin x."""
    return np.cos(x) / np.sin(x)


def sec(x: Any) -> Any:
    """The secant, 1 / cos x."""
    return 1 / np.cos(x)


def csc(x: Any) -> Any:
    """The cosecant, 1 / sin x."""
    return 1 / np.sin(x)


def coth(x: Any) -> Any:
    """The hyperbolic cotangent, 1 / tanh x."""
    return 1 / np.tanh(x)


def sech(x: Any) -> Any:
    """The hyperbolic secant, 1 / cosh x = 2 e⁻ˣ / (1 + e⁻²ˣ), which is even in x, and does not overflow for x > 0.

    >>> float(sech(np.array(0.0))), float(sech(np.array(-1000.0)))
    (1.0, 0.0)
    """
    e = np.exp(-_right(x))
    return 2 * e / (1 + e * e)


def csch(x: Any) -> Any:
    """The hyperbolic cosecant, 1 / sinh x = ± 2 e⁻ˣ / (1 - e⁻²ˣ)."""
    u = _right(x)
    magnitude = -2 * np.exp(-u) / np.expm1(-2 * u)
    return np.where(np.real(x) < 0, -magnitude, magnitude)


def _right(x: Any) -> Any:
    """x or -x, whichever lies to the right of zero; its slope is 1 or -1, never the 0 of |x| at 0."""
    return np.where(np.real(x) < 0, np.negative(x), x)


def arccot(x: Any) -> Any:
    """The angle between 0 and π whose cotangent is x; continuous, as arctan(1/x) is not.

    >>> [round(float(arccot(x)), 4) for x in (1.0, 0.0, -1.0)]
    [0.7854, 1.5708, 2.3562]
    """
    return np.arctan2(1, x)


def arcsec(x: Any) -> Any:
    """The angle between 0 and π whose secant is x, for |x| ≥ 1."""
    return np.arccos(1 / x)


def arccsc(x: Any) -> Any:
    """The angle between -π/2 and π/2 whose cosecant is x, for |x| ≥ 1."""
    return np.arcsin(1 / x)


def arccoth(x: Any) -> Any:
    """The inverse of coth, for |x| > 1."""
    return np.arctanh(1 / x)


def arcsech(x: Any) -> Any:
    """The inverse of sech on 0 < x ≤ 1."""
    return np.arccosh(1 / x)


def arccsch(x: Any) -> Any:
    """The inverse of csch."""
    return np.arcsinh(1 / x)
