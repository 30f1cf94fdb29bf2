"""Orthogonal polynomials and spherical harmonics.

The derivative of a classical polynomial is one of the next lower degree, of a neighbouring family (DLMF 18.9); so
nothing is divided by 1 - x², and the ends of the interval are points like any other. The degree is held fixed.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from .declare import elementwise
from .parameters import fixed


def _polynomial(function, slope, *parameters):
    """A row for eval_*(n, ..., x): only the last argument may be differentiated."""
    held = [fixed(function.__name__, name) for name in ("n", *parameters)]
    elementwise(function, *held, lambda g, y, n, *args: g * slope(n, *args))


def _jacobi(n, a, b, x):
    return (n + a + b + 1) / 2 * sp.eval_jacobi(n - 1, a + 1, b + 1, x)


# fmt: off
_polynomial(sp.eval_legendre,     lambda n, x: sp.eval_gegenbauer(n - 1, 1.5, x))
_polynomial(sp.eval_sh_legendre,  lambda n, x: 2 * sp.eval_gegenbauer(n - 1, 1.5, 2 * x - 1))
_polynomial(sp.eval_chebyt,       lambda n, x: n * sp.eval_chebyu(n - 1, x))
_polynomial(sp.eval_chebyu,       lambda n, x: 2 * sp.eval_gegenbauer(n - 1, 2, x))
_polynomial(sp.eval_chebyc,       lambda n, x: n * sp.eval_chebys(n - 1, x))
_polynomial(sp.eval_chebys,       lambda n, x: sp.eval_gegenbauer(n - 1, 2, x / 2))
_polynomial(sp.eval_sh_chebyt,    lambda n, x: 2 * n * sp.eval_sh_chebyu(n - 1, x))
_polynomial(sp.eval_sh_chebyu,    lambda n, x: 4 * sp.eval_gegenbauer(n - 1, 2, 2 * x - 1))
_polynomial(sp.eval_hermite,      lambda n, x: 2 * n * sp.eval_hermite(np.maximum(n - 1, 0), x))
_polynomial(sp.eval_hermitenorm,  lambda n, x: n * sp.eval_hermitenorm(np.maximum(n - 1, 0), x))
_polynomial(sp.eval_laguerre,     lambda n, x: -sp.eval_genlaguerre(n - 1, 1, x))
_polynomial(sp.eval_genlaguerre,  lambda n, a, x: -sp.eval_genlaguerre(n - 1, a + 1, x), "alpha")
_polynomial(sp.eval_gegenbauer,   lambda n, a, x: 2 * a * sp.eval_gegenbauer(n - 1, a + 1, x), "alpha")
_polynomial(sp.eval_jacobi,       _jacobi, "alpha", "beta")
_polynomial(sp.eval_sh_jacobi,    lambda n, p, q, x: n * sp.eval_sh_jacobi(n - 1, p + 2, q + 1, x), "p", "q")
# fmt: on


def _legendre(g, y, m, v, x):
    """DLMF 14.10.5: (1 - x²) P' = (v + m) Pᵥ₋₁ - v x Pᵥ."""
    return g * ((v + m) * sp.lpmv(m, v - 1, x) - v * x * y) / ((1 - x) * (1 + x))


elementwise(sp.lpmv, fixed("lpmv", "m"), fixed("lpmv", "v"), _legendre)
