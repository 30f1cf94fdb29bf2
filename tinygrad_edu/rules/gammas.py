"""Gamma, beta and zeta functions, their incomplete forms, and hypergeometric functions.

Derivatives of log Γ are ψ, and those of ψ Hurwitz' zeta function. Letters: a, b, c are parameters and z is a result,
where x is the variable. Formulae: NIST Digital Library of Mathematical Functions (DLMF), chapters 5, 8, 13, 15, 25.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from ..graph import Op
from .declare import elementwise, flat
from .parameters import (
    betainc_at,
    fixed,
    gammainc_at,
    hurwitz_zeta,
    hyp0f1_at,
    hyp1f1_at,
    hyp2f1_at,
    riemann_at,
    zeta_at,
)


def _hurwitz(s, q):
    """SciPy's zeta function, which knows real q only; for complex ones the series of `parameters.py`."""
    return hurwitz_zeta(s, q) if np.iscomplexobj(q) else sp.zeta(s, q)


hurwitz: Op = elementwise(_hurwitz, fixed("zeta", "s"), lambda g, y, s, q: -g * s * hurwitz(s + 1, q))


def _rgamma(g, y, x):
    """-ψ/Γ; on the left by reflection, 1/Γ(x) = Γ(1 - x) sin(πx)/π, where ψ has poles and 1/Γ has none."""
    u = np.pi * x
    left = sp.gamma(1 - x) * (np.cos(u) - np.sin(u) / np.pi * sp.psi(1 - x))
    return g * np.where(np.real(x) < 0.5, left, -y * sp.psi(x))


# fmt: off
elementwise(sp.gamma,    lambda g, y, x: g * y * sp.psi(x))
elementwise(sp.gammaln,  lambda g, y, x: g * sp.psi(x))
elementwise(sp.loggamma, lambda g, y, x: g * sp.psi(x))
elementwise(sp.rgamma,   _rgamma)
elementwise(sp.psi,      lambda g, y, x: g * hurwitz(2, x))          # sp.digamma is the same function
elementwise(sp.beta,     lambda g, y, a, b: g * y * (sp.psi(a) - sp.psi(a + b)),
                         lambda g, y, a, b: g * y * (sp.psi(b) - sp.psi(a + b)))
elementwise(sp.betaln,   lambda g, y, a, b: g * (sp.psi(a) - sp.psi(a + b)),
                         lambda g, y, a, b: g * (sp.psi(b) - sp.psi(a + b)))
elementwise(sp.poch,     lambda g, y, x, m: g * y * (sp.psi(x + m) - sp.psi(x)),
                         lambda g, y, x, m: g * y * sp.psi(x + m))
elementwise(sp.binom,    lambda g, y, n, k: g * y * (sp.psi(n + 1) - sp.psi(n - k + 1)),
                         lambda g, y, n, k: g * y * (sp.psi(n - k + 1) - sp.psi(k + 1)))
flat(sp.gammasgn)
# fmt: on

# --- functions with slopes in their parameters ------------------------------------------------------------------------


def gamma_x(a, x):
    """The density xᵃ⁻¹ e⁻ˣ / Γ(a), through its logarithm."""
    return np.exp(sp.xlogy(a - 1, x) - x - sp.gammaln(a))


def gamma_a(a, x):
    """∂P(a, x)/∂a."""
    return gammainc_at(a, x, orders=(1, 0))


def beta_x(a, b, x):
    """The density xᵃ⁻¹ (1 - x)ᵇ⁻¹ / B(a, b), through its logarithm."""
    return np.exp(sp.xlogy(a - 1, x) + sp.xlog1py(b - 1, -x) - sp.betaln(a, b))


def beta_a(a, b, x):
    """∂I(a, b, x)/∂a."""
    return betainc_at(a, b, x, orders=(1, 0, 0))


def beta_b(a, b, x):
    """∂I(a, b, x)/∂b."""
    return betainc_at(a, b, x, orders=(0, 1, 0))


# SciPy's zeta is a function of Python that calls one of these two
_zeta, _riemann_zeta = sp._ufuncs._zeta, sp._ufuncs._riemann_zeta

# fmt: off
elementwise(_zeta,         lambda g, y, s, q: g * zeta_at(s, q, orders=(1, 0)),
                           lambda g, y, s, q: -g * s * sp.zeta(s + 1, q))
elementwise(_riemann_zeta, lambda g, y, s: g * riemann_at(s, 1, orders=(1, 0)))
elementwise(sp.zetac,      lambda g, y, s: g * riemann_at(s, 1, orders=(1, 0)))
elementwise(sp.hyp0f1,     lambda g, y, b, x: g * hyp0f1_at(b, x, orders=(1, 0)),
                           lambda g, y, b, x: g * sp.hyp0f1(b + 1, x) / b)
elementwise(sp.hyp1f1,     lambda g, y, a, b, x: g * hyp1f1_at(a, b, x, orders=(1, 0, 0)),
                           lambda g, y, a, b, x: g * hyp1f1_at(a, b, x, orders=(0, 1, 0)),
                           lambda g, y, a, b, x: g * (sp.hyp1f1(a + 1, b + 1, x) * a / b))
elementwise(sp.hyp2f1,     lambda g, y, a, b, c, x: g * hyp2f1_at(a, b, c, x, orders=(1, 0, 0, 0)),
                           lambda g, y, a, b, c, x: g * hyp2f1_at(a, b, c, x, orders=(0, 1, 0, 0)),
                           lambda g, y, a, b, c, x: g * hyp2f1_at(a, b, c, x, orders=(0, 0, 1, 0)),
                           lambda g, y, a, b, c, x: g * (sp.hyp2f1(a + 1, b + 1, c + 1, x) * a * b / c))
elementwise(sp.hyperu,     fixed("hyperu", "a"), fixed("hyperu", "b"),
                           lambda g, y, a, b, x: -g * a * sp.hyperu(a + 1, b + 1, x))
elementwise(sp.wright_bessel, fixed("wright_bessel", "a"), fixed("wright_bessel", "b"),
                           lambda g, y, a, b, x: g * sp.wright_bessel(a, a + b, x))
elementwise(sp.log_wright_bessel, fixed("log_wright_bessel", "a"), fixed("log_wright_bessel", "b"),
                           lambda g, y, a, b, x: g * np.exp(sp.log_wright_bessel(a, a + b, x) - y))
# fmt: on
