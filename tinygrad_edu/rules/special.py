"""The pages for scipy.special: errors and exponentials here, the rest in the files that this one loads.

A function of scipy.special that is a universal function takes Tensors as it is; its rules are loaded when it first
meets one. (Its other functions do not dispatch; see `tinygrad_edu.scipy.special`.) Rules keep their digits at the ends,
and so prefer functions that do: erfcx to exp · erfc, exprel to differences of powers.
Formulae: NIST Digital Library of Mathematical Functions (DLMF), chapters 4, 6 and 7.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from . import bessel, distributions, elliptic, gammas, orthogonal, oscillators  # noqa: F401
from .declare import elementwise, flat
from .parameters import fixed
from .several import several
from .transcendental import ln2, ln10

root_pi, root_2, degree = float(np.sqrt(np.pi)), float(np.sqrt(2)), float(np.pi / 180)

# --- exponentials and logarithms --------------------------------------------------------------------------------------

# fmt: off
elementwise(sp.exp2,       lambda g, y, x: g * y * ln2)
elementwise(sp.exp10,      lambda g, y, x: g * y * ln10)
elementwise(sp.expm1,      lambda g, y, x: g * (y + 1))
elementwise(sp.log1p,      lambda g, y, x: g / (1 + x))
elementwise(sp.cbrt,       lambda g, y, x: g / (3 * y * y))
elementwise(sp.exprel,     lambda g, y, x: g * sp.hyp1f1(2, 3, x) / 2)
elementwise(sp.expit,      lambda g, y, x: g * y * sp.expit(-x))
elementwise(sp.logit,      lambda g, y, x: g / (x * (1 - x)))
elementwise(sp.log_expit,  lambda g, y, x: g * sp.expit(-x))
elementwise(sp.powm1,      lambda g, z, x, y: g * y * x ** (y - 1),          lambda g, z, x, y: g * sp.xlogy(z + 1, x))
elementwise(sp.wrightomega, lambda g, y, x: g * y / (1 + y))
elementwise(sp._ufuncs._lambertw, lambda g, y, x, k, tol: g * np.exp(-y) / (1 + y), None, None)  # of sp.lambertw
elementwise(sp.cosm1,      lambda g, y, x: -g * np.sin(x))
elementwise(sp.cosdg,      lambda g, y, x: -g * degree * sp.sindg(x))
elementwise(sp.sindg,      lambda g, y, x: g * degree * sp.cosdg(x))
elementwise(sp.tandg,      lambda g, y, x: g * degree * (1 + y * y))
elementwise(sp.cotdg,      lambda g, y, x: -g * degree * (1 + y * y))
elementwise(sp.radian,     lambda g, y, d, m, s: g * degree,                 lambda g, y, d, m, s: g * (degree / 60),
                           lambda g, y, d, m, s: g * (degree / 3600))
flat(sp.round)


# --- entropies and losses ---------------------------------------------------------------------------------------------


def _ratio(x, y):
    """x / y, and 0 where x is 0: there x log y is 0 for all y."""
    return np.where(x == 0, 0, x / y)


def _length(z):
    """z, but 1 where it is 0."""
    return np.where(z == 0, 1, z)


def _pseudo_huber_delta(g, y, delta, r):
    """(h - δ)²/h with h = √(δ² + r²), and h - δ = r²/(h + δ)."""
    h = np.hypot(delta, r)
    w = r * (r / _length(h + delta))
    return g * w * (w / _length(h))


elementwise(sp.xlogy,      lambda g, z, x, y: g * np.log(y),                 lambda g, z, x, y: g * _ratio(x, y))
elementwise(sp.xlog1py,    lambda g, z, x, y: g * np.log1p(y),               lambda g, z, x, y: g * _ratio(x, 1 + y))
elementwise(sp.entr,       lambda g, y, x: -g * (np.log(x) + 1))
elementwise(sp.rel_entr,   lambda g, z, x, y: g * (np.log(x / y) + 1),       lambda g, z, x, y: -g * _ratio(x, y))
elementwise(sp.kl_div,     lambda g, z, x, y: g * np.log(x / y),             lambda g, z, x, y: g * (1 - _ratio(x, y)))
elementwise(sp.huber,      lambda g, y, delta, r: g * np.maximum(np.abs(r) - delta, 0),
                           lambda g, y, delta, r: g * np.minimum(np.maximum(r, -delta), delta))
elementwise(sp.pseudo_huber, _pseudo_huber_delta,
                           lambda g, y, delta, r: g * delta * (r / _length(np.hypot(delta, r))))


# --- power transformations, with u = log x: (e^(λu) - 1)/λ ------------------------------------------------------------


def _boxcox_lambda(u, lam):
    """u² exprel'(λu): the slope in λ, also at λ = 0."""
    return u * u * sp.hyp1f1(2, 3, lam * u) / 2


def _tukey(y, lam, slope):
    """slope / Q'(y) for the quantile function Q(y) = (y^λ - (1 - y)^λ)/λ; 0 outside of the support."""
    return np.where((y > 0) & (y < 1), slope / (y ** (lam - 1) + (1 - y) ** (lam - 1)), 0)


def _tukey_lambda(y, lam):
    return _boxcox_lambda(np.log1p(-y), lam) - _boxcox_lambda(np.log(y), lam)


elementwise(sp.boxcox,     lambda g, y, x, lam: g * x ** (lam - 1),
                           lambda g, y, x, lam: g * _boxcox_lambda(np.log(x), lam))
elementwise(sp.boxcox1p,   lambda g, y, x, lam: g * (1 + x) ** (lam - 1),
                           lambda g, y, x, lam: g * _boxcox_lambda(np.log1p(x), lam))
elementwise(sp.inv_boxcox, lambda g, y, x, lam: g * y ** (1 - lam),
                           lambda g, y, x, lam: -g * y ** (1 - lam) * _boxcox_lambda(np.log(y), lam))
elementwise(sp.inv_boxcox1p, lambda g, y, x, lam: g * (1 + y) ** (1 - lam),
                           lambda g, y, x, lam: -g * (1 + y) ** (1 - lam) * _boxcox_lambda(np.log1p(y), lam))
elementwise(sp.tklmbda,    lambda g, y, x, lam: g * _tukey(y, lam, 1),
                           lambda g, y, x, lam: g * _tukey(y, lam, _tukey_lambda(y, lam)))


# --- error functions --------------------------------------------------------------------------------------------------


def _tail(v):
    """Σ (2m + 1)!! (v/2)ᵐ, which is left of 1 - 2x dawsn(x) and its like where they cancel (DLMF 7.12)."""
    return 1 + 1.5 * v * (1 + 2.5 * v * (1 + 3.5 * v * (1 + 4.5 * v)))


def _erfcx(g, y, x):
    return g * np.where(np.real(x) > 30, _tail(-1 / (x * x)) / (-root_pi * x * x), 2 * (x * y - 1 / root_pi))


def _dawsn(g, y, x):
    return g * np.where(np.abs(np.real(x)) > 30, _tail(1 / (x * x)) / (-2 * x * x), 1 - 2 * x * y)


def _wofz(g, y, x):
    far = (np.imag(x) >= 0) & (np.abs(x) > 30)
    return g * np.where(far, _tail(1 / (x * x)) / (x * x) * (-1j / root_pi), (x * y - 1j / root_pi) * -2)


def _log_ndtr(g, y, x):
    """φ(x)/Φ(x), as √(2/π) / erfcx(-x/√2)."""
    return g * (root_2 / root_pi) / sp.erfcx(x / -root_2)


def _voigt(part):
    """With w(z) for z = (x + iγ)/(σ√2) and w' = 2i/√π - 2zw: ∂/∂x, ∂/∂γ and ∂/∂σ are Re w', Re iw' and -Re(w + zw')."""

    def rule(g, y, x, sigma, gamma):
        z = (x + gamma * 1j) / (sigma * root_2)
        w = sp.wofz(z)
        slope = (z * w - 1j / root_pi) * -2
        return g * np.real(part(z, w, slope)) / (sigma * sigma * (2 * root_pi))

    return rule


elementwise(sp.erf,        lambda g, y, x: g * np.exp(-x * x) * (2 / root_pi))
elementwise(sp.erfc,       lambda g, y, x: g * np.exp(-x * x) * (-2 / root_pi))
elementwise(sp.erfcx,      _erfcx)
elementwise(sp.erfi,       lambda g, y, x: g * np.exp(x * x) * (2 / root_pi))
elementwise(sp.erfinv,     lambda g, y, x: g * np.exp(y * y) * (root_pi / 2))
elementwise(sp.erfcinv,    lambda g, y, x: g * np.exp(y * y) * (-root_pi / 2))
elementwise(sp.dawsn,      _dawsn)
elementwise(sp.wofz,       _wofz)
elementwise(sp.voigt_profile, _voigt(lambda z, w, slope: slope), _voigt(lambda z, w, slope: (w + z * slope) * -root_2),
                           _voigt(lambda z, w, slope: slope * 1j))
elementwise(sp.ndtr,       lambda g, y, x: g * np.exp(-x * x / 2) / (root_2 * root_pi))
elementwise(sp.log_ndtr,   _log_ndtr)
elementwise(sp.ndtri,      lambda g, y, x: g * np.exp(y * y / 2) * (root_2 * root_pi))
elementwise(sp.ndtri_exp,  lambda g, y, x: g * sp.erfcx(y / -root_2) * (root_pi / root_2))
elementwise(sp.owens_t,    lambda g, y, h, a: g * np.exp(-h * h / 2) * sp.erf(a * h / root_2) / (-2 * root_2 * root_pi),
                           lambda g, y, h, a: g * np.exp(-h * h * (1 + a * a) / 2) / (2 * np.pi * (1 + a * a)))


# --- integrals of elementary functions --------------------------------------------------------------------------------


def _expn(g, y, n, x):
    """-Eₙ₋₁(x); SciPy knows no E₋₁ = e⁻ˣ (1 + x)/x²."""
    return -g * np.where(n > 0, sp.expn(np.maximum(n - 1, 0), x), np.exp(-x) * (1 + x) / (x * x))


def _spence(g, y, x):
    """log x / (1 - x); near 1 as -log(1 + u)/u = -F(1, 1; 2; -u)."""
    near = np.abs(x - 1) < 0.5
    return g * np.where(near, -sp.hyp2f1(1, 1, 2, np.where(near, 1 - x, 0)), np.log(x) / np.where(near, 1, 1 - x))


elementwise(sp.expi,       lambda g, y, x: g * np.exp(x) / x)
elementwise(sp.exp1,       lambda g, y, x: -g * np.exp(-x) / x)
elementwise(sp.expn,       fixed("expn", "n"), _expn)
elementwise(sp.spence,     _spence)
several(sp.sici,           lambda y, x: [np.sinc(x / np.pi), np.cos(x) / x])
several(sp.shichi,         lambda y, x: [sp.hyp0f1(1.5, x * x / 4), np.cosh(x) / x])
several(sp.fresnel,        lambda y, x: [np.sin(x * x * (np.pi / 2)), np.cos(x * x * (np.pi / 2))])
several(sp.modfresnelp,    lambda y, x: [-np.exp(x * x * 1j), x * y[1] * -2j - np.exp(-1j * np.pi / 4) / root_pi])
several(sp.modfresnelm,    lambda y, x: [-np.exp(x * x * -1j), x * y[1] * 2j - np.exp(1j * np.pi / 4) / root_pi])
# fmt: on
