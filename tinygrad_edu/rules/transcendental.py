"""Exponentials, logarithms, circular and hyperbolic functions, as in the appendix of a calculus book.

A rule says the derivative through the result y where that saves a call: tan' = 1 + y², exp' = y. Next: `shapes.py`.
"""

from __future__ import annotations

import numpy as np

from .declare import composite, elementwise, linear

ln2, ln10 = float(np.log(2)), float(np.log(10))


def _one_minus(x):
    """1 - x; of complex numbers on the side of the branch cut: 1 - (2 + 0i) is -1 - 0i, where NumPy says -1 + 0i."""
    return -(x - 1.0) if np.iscomplexobj(x) else 1.0 - x


def _root_of_one_plus_square(x):
    """√(1 + x²), of real numbers also where x² overflows."""
    return np.sqrt(1.0 + x * x) if np.iscomplexobj(x) else np.hypot(1.0, x)


# fmt: off
elementwise(np.exp,      lambda g, y, x: g * y)
elementwise(np.exp2,     lambda g, y, x: g * y * ln2)
elementwise(np.expm1,    lambda g, y, x: g * np.exp(x))    # not y + 1, which is 0 from x = -38 on
elementwise(np.log,      lambda g, y, x: g / x)
elementwise(np.log2,     lambda g, y, x: g / (x * ln2))
elementwise(np.log10,    lambda g, y, x: g / (x * ln10))
elementwise(np.log1p,    lambda g, y, x: g / (1.0 + x))

elementwise(np.sin,      lambda g, y, x: g * np.cos(x))
elementwise(np.cos,      lambda g, y, x: -g * np.sin(x))
elementwise(np.tan,      lambda g, y, x: g * (1.0 + y * y))
# (1 - x)(1 + x) keeps its digits near ±1; 1 - x² does not
elementwise(np.arcsin,   lambda g, y, x: g / np.sqrt(_one_minus(x) * (1.0 + x)))
elementwise(np.arccos,   lambda g, y, x: -g / np.sqrt(_one_minus(x) * (1.0 + x)))
elementwise(np.arctan,   lambda g, y, x: g / (1.0 + x * x))

elementwise(np.sinh,     lambda g, y, x: g * np.cosh(x))
elementwise(np.cosh,     lambda g, y, x: g * np.sinh(x))
elementwise(np.tanh,     lambda g, y, x: g * (1.0 - y * y))
elementwise(np.arcsinh,  lambda g, y, x: g / _root_of_one_plus_square(x))
elementwise(np.arccosh,  lambda g, y, x: g / (np.sqrt(x - 1) * np.sqrt(x + 1)))
elementwise(np.arctanh,  lambda g, y, x: g / ((1.0 - x) * (1.0 + x)))

linear(np.deg2rad,       lambda g, y, x: np.deg2rad(g))
linear(np.rad2deg,       lambda g, y, x: np.rad2deg(g))
linear(np.radians,       lambda g, y, x: np.radians(g))
linear(np.degrees,       lambda g, y, x: np.degrees(g))
# fmt: on


def _length(z):
    """z, but 1 where it is 0: a length at the origin, where the direction that is divided by it is 0 too."""
    return np.where(z == 0, 1, z)


def _logaddexp(base, scale):
    """∂/∂x of log_b(bˣ + bʸ) is the share of x in the sum, bˣ / (bˣ + bʸ): ½ at x = y, also where both are infinite."""

    def share(x, y):
        d = y - x
        if type(d) is not np.ndarray:
            return 1 / (1 + base(np.where(x == y, 0, d)))
        if np.count_nonzero(d != d):
            d = np.where(x == y, 0, d)
        base(d, out=d)  # in place: d is our own, and fresh memory costs more than the arithmetic
        d += 1
        return np.reciprocal(d, out=d)

    slope = lambda g, s, x, y: g * (scale * s * (1 - s))
    share = elementwise(share, slope, lambda g, s, x, y: -slope(g, s, x, y))
    return lambda g, z, x, y: g * share(x, y), lambda g, z, x, y: g * share(y, x)


def _sinc(g, y, x):
    """(cos πx - sinc x) / x, and its series where the difference cancels."""
    u = np.pi * np.where(x == 0, 1, x)
    v = (np.pi * x) ** 2
    series = -(np.pi**2) * x / 3 * (1 - v / 10 * (1 - v / 28 * (1 - v / 54)))
    return g * np.where(np.abs(v) < 0.01, series, np.pi * (np.cos(u) - y) / u)


def _cosine(x, y, r):
    """x/r, where r = |(x, y)|: 0 at the origin, and at infinity its limit, on the diagonal if both are infinite."""
    cosine = x / _length(r)
    if type(cosine) is np.ndarray and not np.count_nonzero(cosine != cosine):
        return cosine
    limit = np.where(np.isinf(x), np.sign(x), cosine)
    return np.where(np.isinf(x) & np.isinf(y), limit * 0.5**0.5, limit)


def _arctan2(g, z, x, y):
    r = np.hypot(x, y)
    return g * _cosine(y, x, r) / _length(r)


# fmt: off
elementwise(np.hypot,      lambda g, z, x, y: g * _cosine(x, y, z),   lambda g, z, x, y: g * _cosine(y, x, z))
elementwise(np.arctan2,    _arctan2,                                  lambda g, z, x, y: -_arctan2(g, z, y, x))
elementwise(np.logaddexp,  *_logaddexp(np.exp, 1))
elementwise(np.logaddexp2, *_logaddexp(np.exp2, ln2))
elementwise(np.sinc,       _sinc)
# fmt: on

# --- np.emath: the same functions, complex where the real ones have no value ------------------------------------------


def _complexed(x, outside):
    """x as complex numbers if any of its elements is a real one outside of the function's domain."""
    return x + 0j if np.any(np.isreal(x) & outside(x)) else x


def _at_ease(name, outside):
    function = getattr(np, name)
    composite(getattr(np.emath, name), lambda x: function(_complexed(x, outside)))


def _negative(x):
    return x < 0


for name in ("sqrt", "log", "log2", "log10"):
    _at_ease(name, _negative)
for name in ("arcsin", "arccos", "arctanh"):
    _at_ease(name, lambda x: np.abs(x) > 1)
composite(np.emath.power, lambda x, p: _complexed(x, _negative) ** (p if hasattr(p, "dtype") else np.asarray(p)))
composite(np.emath.logn, lambda n, x: np.log(_complexed(x, _negative)) / np.log(_complexed(n, _negative)))
