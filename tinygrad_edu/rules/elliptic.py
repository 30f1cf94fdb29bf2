"""Elliptic integrals and functions.

All are values of Carlson's symmetric integrals, whose derivatives are integrals of the same kind with other exponents,
½ ∫ tᵖ Π (t + xᵢ)^(-aᵢ) dt over t > 0. `carlson` computes any of them by double-exponential quadrature (Takahasi & Mori,
1974), and its own derivatives are again of the family. So nothing has to be divided by m, or by differences of
arguments, which would cancel at a circle. Formulae: DLMF 19.16, 19.18, 19.25, 22.16.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from .declare import elementwise
from .several import several

STEP = 1 / 16
U = np.arange(-4.5, 4.5, STEP).reshape(6, -1)
NODES, WEIGHTS = np.exp(np.pi / 2 * np.sinh(U)), STEP * np.pi / 2 * np.cosh(U)  # t, and dt / t; in six portions


def _carlson(*xs, powers, p=0):
    """½ ∫ tᵖ Π (t + xᵢ)^(-aᵢ) dt."""
    xs, total = np.broadcast_arrays(*xs), 0
    for nodes, weights in zip(NODES, WEIGHTS, strict=True):
        t, w = (v.reshape(-1, *(1,) * xs[0].ndim) for v in (nodes, weights))
        product = 1
        for x, a in zip(xs, powers, strict=True):
            product = product * (t + x) ** -a
        total = total + np.sum(0.5 * w * t ** (p + 1) * product, axis=0)
    return np.asarray(total).astype(np.result_type(*xs))[()]


def _raised(i):
    def rule(g, y, *xs, powers, p=0):
        return g * -powers[i] * carlson(*xs, powers=(*powers[:i], powers[i] + 1, *powers[i + 1 :]), p=p)

    return rule


carlson = elementwise(_carlson, *map(_raised, range(4)), bind=lambda *xs, **params: (xs, params))
half = 0.5


def _complete_first(m):
    return sp.hyp2f1(1.5, 1.5, 2, m) * (np.pi / 8)


def _complete_second(m):
    return sp.hyp2f1(0.5, 1.5, 2, m) * (np.pi / -8)


def _agm(a, b):
    """agm(a, b) = π / (2 R_F(0, a², b²)): its slope in a, divided by its square."""
    return np.abs(a) * sp.elliprd(np.zeros_like(a), b * b, a * a) * (2 / (3 * np.pi))


# fmt: off
elementwise(sp.elliprf, lambda g, w, x, y, z: g * sp.elliprd(y, z, x) / -6,
                        lambda g, w, x, y, z: g * sp.elliprd(z, x, y) / -6,
                        lambda g, w, x, y, z: g * sp.elliprd(x, y, z) / -6)
elementwise(sp.elliprd, lambda g, w, x, y, z: g * -1.5 * carlson(x, y, z, powers=(1.5, half, 1.5)),
                        lambda g, w, x, y, z: g * -1.5 * carlson(x, y, z, powers=(half, 1.5, 1.5)),
                        lambda g, w, x, y, z: g * -4.5 * carlson(x, y, z, powers=(half, half, 2.5)))
elementwise(sp.elliprg, lambda g, w, x, y, z: g * carlson(x, y, z, powers=(1.5, half, half), p=1) / 4,
                        lambda g, w, x, y, z: g * carlson(x, y, z, powers=(half, 1.5, half), p=1) / 4,
                        lambda g, w, x, y, z: g * carlson(x, y, z, powers=(half, half, 1.5), p=1) / 4)
elementwise(sp.elliprc, lambda g, w, x, y: g * carlson(x, y, powers=(1.5, 1)) * -half,
                        lambda g, w, x, y: -g * carlson(x, y, powers=(half, 2)))
elementwise(sp.elliprj, lambda g, w, x, y, z, p: g * -1.5 * carlson(x, y, z, p, powers=(1.5, half, half, 1)),
                        lambda g, w, x, y, z, p: g * -1.5 * carlson(x, y, z, p, powers=(half, 1.5, half, 1)),
                        lambda g, w, x, y, z, p: g * -1.5 * carlson(x, y, z, p, powers=(half, half, 1.5, 1)),
                        lambda g, w, x, y, z, p: g * -3 * carlson(x, y, z, p, powers=(half, half, half, 2)))
# the complete integrals' derivatives as hypergeometric functions: quick, and exact at m = 0
elementwise(sp.ellipk,   lambda g, y, m: g * _complete_first(m))
elementwise(sp.ellipe,   lambda g, y, m: g * _complete_second(m))
elementwise(sp.ellipkm1, lambda g, y, p: g * sp.elliprd(np.zeros_like(p), np.ones_like(p), p) / -6)
elementwise(sp.agm,      lambda g, y, a, b: g * y * y * _agm(a, b),  lambda g, y, a, b: g * y * y * _agm(b, a))


# --- incomplete: the amplitude is brought into [-π/2, π/2], where s = sin φ -------------------------------------------


def _incomplete_m(complete, carlson_part):
    """∂/∂m: that of the complete integral for each half turn, and ±s³ R_D / 6 of the rest."""

    def slope(phi, m):
        turns = np.round(phi / np.pi)
        rest = phi - np.pi * turns
        s, c = np.sin(rest), np.cos(rest)
        return 2 * turns * complete(m) + s * s * s * carlson_part(c * c, 1 - m * s * s) / 6

    return slope


_first_m = _incomplete_m(_complete_first, lambda c, d: sp.elliprd(c, np.ones_like(d), d))
_second_m = _incomplete_m(_complete_second, lambda c, d: -sp.elliprd(c, d, np.ones_like(d)))


def _jacobi_m(y, u, m):
    """Through the amplitude φ: F(φ, m) = u stays where it is, so ∂φ/∂m = -dn ∂F/∂m."""
    sn, cn, dn, phi = y
    turn = -dn * _first_m(phi, m)
    return [cn * turn, -sn * turn, -(sn * sn + 2 * m * sn * cn * turn) / (2 * dn), turn]


elementwise(sp.ellipkinc, lambda g, y, phi, m: g / np.sqrt(1 - m * np.sin(phi) ** 2),
                          lambda g, y, phi, m: g * _first_m(phi, m))
elementwise(sp.ellipeinc, lambda g, y, phi, m: g * np.sqrt(1 - m * np.sin(phi) ** 2),
                          lambda g, y, phi, m: g * _second_m(phi, m))
several(sp.ellipj, lambda y, u, m: [y[1] * y[2], -y[0] * y[2], -m * y[0] * y[1], y[2]], _jacobi_m)
# fmt: on
