"""Bessel functions and their relatives: Struve, Airy and Kelvin functions, and their integrals.

The derivative in x is a sum of the neighbours of order v ± 1 (DLMF 10.6, 10.29), without a division by x, so that 0 is
a point like any other. The order is held fixed: its derivative has no closed form. Next: `oscillators.py`.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from .declare import elementwise, primitive
from .parameters import fixed
from .several import several


def _length(z):
    """z, but 1 where it is 0."""
    return np.where(z == 0, 1, z)


def _neighbours(function, below, above, rest=lambda y, v, x: 0):
    """A row for f(v, x) with f' = below f(v - 1) + above f(v + 1) + rest."""
    slope = lambda g, y, v, x: g * (below * function(v - 1, x) + above * function(v + 1, x) + rest(y, v, x))
    elementwise(function, fixed(function.__name__, "v"), slope)


def _scaled(function, below, above, turn):
    """A row for e^(-|Re(u z)|) f(v, z), not holomorphic: its slope is f' - f sign(Re(u z)) Re(u ·)."""
    slope = lambda v, z: below * function(v - 1, z) + above * function(v + 1, z)
    side = lambda z: np.sign(np.real(z * turn))
    vjp = lambda g, y, v, z: g * slope(v, z) - np.real(g * y) * side(z) * turn
    jvp = lambda t, y, v, z: t * slope(v, z) - y * np.real(t * turn) * side(z)
    held = fixed(function.__name__, "v")
    primitive(function, (held, vjp), (held, jvp))


def _struve_term(y, v, x):
    """(x/2)ᵛ / (√π Γ(v + 3/2)) / 2."""
    return (x / 2) ** v * sp.rgamma(v + 1.5) * (0.5 / np.pi**0.5)


# fmt: off
elementwise(sp.j0,    lambda g, y, x: -g * sp.j1(x))
elementwise(sp.j1,    lambda g, y, x: g * (sp.j0(x) - sp.jv(2, x)) / 2)
elementwise(sp.y0,    lambda g, y, x: -g * sp.y1(x))
elementwise(sp.y1,    lambda g, y, x: g * (sp.y0(x) - sp.yv(2, x)) / 2)
elementwise(sp.i0,    lambda g, y, x: g * sp.i1(x))
elementwise(sp.i1,    lambda g, y, x: g * (sp.i0(x) + sp.iv(2, x)) / 2)
elementwise(sp.k0,    lambda g, y, x: -g * sp.k1(x))
elementwise(sp.k1,    lambda g, y, x: -g * (sp.k0(x) + sp.kv(2, x)) / 2)
elementwise(sp.i0e,   lambda g, y, x: g * (sp.i1e(x) - np.sign(x) * y))
elementwise(sp.i1e,   lambda g, y, x: g * ((sp.i0e(x) + sp.ive(2, x)) / 2 - np.sign(x) * y))
elementwise(sp.k0e,   lambda g, y, x: g * (y - sp.k1e(x)))
elementwise(sp.k1e,   lambda g, y, x: g * (y - (sp.k0e(x) + sp.kve(2, x)) / 2))

_neighbours(sp.jv,        0.5, -0.5)        # sp.jn is the same function
_neighbours(sp.yv,        0.5, -0.5)
_neighbours(sp.yn,        0.5, -0.5)
_neighbours(sp.iv,        0.5,  0.5)
_neighbours(sp.kv,       -0.5, -0.5)
_neighbours(sp.kn,       -0.5, -0.5)
_neighbours(sp.kve,      -0.5, -0.5,        lambda y, v, x: y)
_neighbours(sp.hankel1,   0.5, -0.5)
_neighbours(sp.hankel2,   0.5, -0.5)
_neighbours(sp.hankel1e,  0.5, -0.5,        lambda y, v, x: y * -1j)
_neighbours(sp.hankel2e,  0.5, -0.5,        lambda y, v, x: y * 1j)
_neighbours(sp.struve,    0.5, -0.5,        _struve_term)
_neighbours(sp.modstruve, 0.5,  0.5,        _struve_term)
_scaled(sp.jve,           0.5, -0.5,        -1j)
_scaled(sp.yve,           0.5, -0.5,        -1j)
_scaled(sp.ive,           0.5,  0.5,        1)
elementwise(sp.besselpoly, lambda g, y, a, p, v: g * (sp.besselpoly(a, p + 1, v - 1) - sp.besselpoly(a, p + 1, v + 1)),
                           fixed("besselpoly", "lmb"), fixed("besselpoly", "nu"))


# --- spherical Bessel functions: these are universal functions behind SciPy's functions -------------------------------


def _spherical(function, slope, below, above):
    """f' = (below n fₙ₋₁ + above (n + 1) fₙ₊₁) / (2n + 1), for f and for the derivative that SciPy computes."""
    held = fixed(function.__name__.strip("_"), "n")
    elementwise(function, held, lambda g, y, n, x: g * slope(n, x))
    elementwise(slope, held, lambda g, y, n, x: g * (below * n * slope(np.maximum(n - 1, 0), x)
                                                     + above * (n + 1) * slope(n + 1, x)) / (2 * n + 1))


_spherical(sp._ufuncs._spherical_jn, sp._ufuncs._spherical_jn_d,  1, -1)
_spherical(sp._ufuncs._spherical_yn, sp._ufuncs._spherical_yn_d,  1, -1)
_spherical(sp._ufuncs._spherical_in, sp._ufuncs._spherical_in_d,  1,  1)
_spherical(sp._ufuncs._spherical_kn, sp._ufuncs._spherical_kn_d, -1, -1)


# --- Airy and Kelvin functions ----------------------------------------------------------------------------------------

several(sp.airy,      lambda y, z: [y[1], z * y[0], y[3], z * y[2]])


def _airye_slopes(y, z):
    return [y[1] + np.sqrt(z) * y[0], z * y[0] + np.sqrt(z) * y[1], y[3], z * y[2]]


def _airye_side(z):
    """The sign of Re(⅔ z√z), by whose size e^(-|·|) scales Bi and Bi'; √z is Re(√z) on the real line, 0 to the left."""
    root = np.sqrt(z) if np.iscomplexobj(z) else np.sqrt(np.maximum(z, 0))
    return root, np.sign(np.real(z * root))


def _airye_vjp(g, y, z):
    root, side = _airye_side(z)
    total = sum(c * d for c, d in zip(g, _airye_slopes(y, z), strict=True))
    return total - root * side * np.real(g[2] * y[2] + g[3] * y[3])


def _airye_jvp(t, y, z):
    root, side = _airye_side(z)
    a, b, c, d = [t * d for d in _airye_slopes(y, z)]
    return [a, b, c - y[2] * side * np.real(root * t), d - y[3] * side * np.real(root * t)]


primitive(sp.airye, (_airye_vjp,), (_airye_jvp,))


def _kelvin(function, prime, start, sign):
    """f'' = sign · (its partner) - f'/x, where f'/x at 0 is `start`; ker and kei are infinite there."""
    elementwise(function, lambda g, y, x: g * prime(x))
    elementwise(prime, lambda g, y, x: g * (sign(x) - np.where(x == 0, start, y / _length(x))))


_kelvin(sp.ber, sp.berp, 0,      lambda x: -sp.bei(x))
_kelvin(sp.bei, sp.beip, 0.5,    lambda x: sp.ber(x))
_kelvin(sp.ker, sp.kerp, np.nan, lambda x: -sp.kei(x))
_kelvin(sp.kei, sp.keip, np.nan, lambda x: sp.ker(x))
several(sp.kelvin,        lambda y, x: [y[2], y[3], y[0] * 1j - y[2] / x, y[1] * 1j - y[3] / x])


# --- integrals of Bessel functions ------------------------------------------------------------------------------------


several(sp.itairy,        lambda y, x: [sp.airy(x)[0], sp.airy(x)[2], sp.airy(-x)[0], sp.airy(-x)[2]])
several(sp.itj0y0,        lambda y, x: [sp.j0(x), sp.y0(x)])
several(sp.iti0k0,        lambda y, x: [sp.i0(x), sp.k0(x)])
several(sp.it2j0y0,       lambda y, x: [(1 - sp.j0(x)) / x, -sp.y0(x) / x])
several(sp.it2i0k0,       lambda y, x: [(sp.i0(x) - 1) / x, -sp.k0(x) / x])
elementwise(sp.itstruve0,    lambda g, y, x: g * sp.struve(0, x))
elementwise(sp.itmodstruve0, lambda g, y, x: g * sp.modstruve(0, x))
elementwise(sp.it2struve0,   lambda g, y, x: -g * sp.struve(0, x) / x)
# fmt: on
