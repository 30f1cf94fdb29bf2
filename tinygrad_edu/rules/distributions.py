"""Distribution functions, their tails and their inverses.

A distribution function F(..., x) is known by its slopes; a tail 1 - F has their negatives. An inverse function has one
argument of F replaced by the value p that F shall have, and returns that argument. So its slopes follow from F's, by
the theorem of implicit functions: 1/Fᵢ for p, and -Fⱼ/Fᵢ for each other argument. Slopes with respect to the shape of a
gamma or beta distribution are those of `gammas.py`. Numbers of trials and events are whole, and so flat.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from .declare import elementwise
from .gammas import beta_a, beta_b, beta_x, gamma_a, gamma_x
from .parameters import fixed


def _family(slopes, function=None, tail=None, inverses=None, inverses_of_tail=None):
    """Rows for F and 1 - F, known by ``slopes[i](*args)``, and for inverses by the place of the argument they find.

    A slope is None where F is flat; a `fixed` rule stands for one that is unknown.
    """
    for f, sign in ((function, 1), (tail, -1)):
        if f is not None:
            elementwise(f, *[_known(slope, lambda g, d, y, args, sign=sign: g * sign * d(*args)) for slope in slopes])
    for found, sign in ((inverses or {}, 1), (inverses_of_tail or {}, -1)):
        for place, f in found.items():
            elementwise(f, *_inverse(slopes, place, sign))


def _known(slope, rule):
    if slope is None or slope.__name__ == "rule":
        return slope
    return lambda g, y, *args: rule(g, slope, y, args)


def _inverse(slopes, i, sign):
    """By implicit functions: ∂yᵢ/∂p = 1/Fᵢ and ∂yᵢ/∂xⱼ = -Fⱼ/Fᵢ, where the i-th argument of F is the result y."""
    whole = lambda y, args: (*args[:i], y, *args[i + 1 :])
    to_p = lambda g, d, y, args: g * sign / d(*whole(y, args))
    to_others = lambda g, d, y, args: -g * d(*whole(y, args)) / slopes[i](*whole(y, args))
    return [_known(slope, to_p if j == i else to_others) for j, slope in enumerate(slopes)]


# --- slopes -----------------------------------------------------------------------------------------------------------

# fmt: off
gamma = gamma_a, gamma_x
beta = beta_a, beta_b, beta_x
chi2 = (lambda v, x: gamma_a(v / 2, x / 2) / 2,
        lambda v, x: gamma_x(v / 2, x / 2) / 2)
gdtr = (lambda a, b, x: x * gamma_x(b, a * x),
        lambda a, b, x: gamma_a(b, a * x),
        lambda a, b, x: a * gamma_x(b, a * x))
# with the number of events as a real number, as the inverses have it; the functions themselves take its floor
poisson  = (lambda k, m: -gamma_a(k + 1, m),
            lambda k, m: -gamma_x(k + 1, m))
binomial = (lambda k, n, p: beta_b(n - k, k + 1, 1 - p) - beta_a(n - k, k + 1, 1 - p),
            lambda k, n, p: beta_a(n - k, k + 1, 1 - p),
            lambda k, n, p: -beta_x(n - k, k + 1, 1 - p))
negative = (lambda k, n, p: beta_b(n, k + 1, p),
            lambda k, n, p: beta_a(n, k + 1, p),
            lambda k, n, p: beta_x(n, k + 1, p))
whole = lambda slopes: (*[None] * (len(slopes) - 1), lambda k, *rest: slopes[-1](np.floor(k), *rest))
# fmt: on


def _fisher(n, d, x):
    """The beta variable w = nx/(d + nx), and its derivative in x divided by nd, (d + nx)⁻²."""
    r = 1 / (d + n * x)
    return (n / 2, d / 2, n * x * r), r * r


def _fisher_n(n, d, x):
    at, r2 = _fisher(n, d, x)
    return beta_a(*at) / 2 + beta_x(*at) * x * d * r2


def _fisher_d(n, d, x):
    at, r2 = _fisher(n, d, x)
    return beta_b(*at) / 2 - beta_x(*at) * x * n * r2


def _fisher_x(n, d, x):
    at, r2 = _fisher(n, d, x)
    return beta_x(*at) * n * d * r2


def _student_t(v, t):
    """(1 + t²/v)^(-(v + 1)/2) / (√v B(½, v/2))."""
    return np.exp(-(v + 1) / 2 * np.log1p(t * t / v) - sp.betaln(v / 2, 0.5)) / np.sqrt(v)


def _student_v(v, t):
    """By F = ½ I(v/2, ½, v/(v + t²)) to the left of 0, and its mirror image to the right."""
    return -np.sign(t) * beta_a(v / 2, 0.5, v / (v + t * t)) / 4 - t * _student_t(v, t) / (2 * v)


def _noncentral_chi2(x, v, nc):
    """½ e^(-(x + nc)/2) (x/2)^(v/2 - 1) / Γ(v/2) · ₀F₁(v/2; x nc/4)."""
    return gamma_x(v / 2, x / 2) * np.exp(-nc / 2) * sp.hyp0f1(v / 2, x * nc / 4) / 2


def _noncentral_f(n, d, nc, x):
    """The central density times e^(-nc/2) M((n + d)/2, n/2, w nc/2)."""
    w = n * x / (d + n * x)
    return _fisher_x(n, d, x) * np.exp(-nc / 2) * sp.hyp1f1((n + d) / 2, n / 2, w * nc / 2)


def _noncentral_f_nc(n, d, nc, x):
    """F is a Poisson mixture of I(n/2 + j, d/2, w), whose neighbours differ by w^a (1 - w)^b / (a B(a, b))."""
    w = n * x / (d + n * x)
    step = np.exp(sp.xlogy(n / 2, w) + sp.xlog1py(d / 2, -w) - sp.betaln(n / 2, d / 2)) / n
    return -step * np.exp(-nc / 2) * sp.hyp1f1((n + d) / 2, n / 2 + 1, w * nc / 2)


def _normal_over_chi(v, nc, t, p):
    """E[sᵖ φ(ts - nc)] for s = √(χ²/v): with u = t nc/√(2(v + t²)), both halves of the series of e^(t nc s)."""
    h, r = (v + p) / 2, v + t * t
    u2 = t * t * nc * nc / (2 * r)
    even = np.exp(sp.gammaln(h)) * sp.hyp1f1(h, 0.5, u2)
    odd = np.exp(sp.gammaln(h + 0.5)) * sp.hyp1f1(h + 0.5, 1.5, u2) * 2 * t * nc / np.sqrt(2 * r)
    scale = np.exp(v / 2 * np.log(v) - nc * nc / 2 - sp.gammaln(v / 2) - h * np.log(r) + p / 2 * np.log(2.0))
    return scale * (even + odd) / np.sqrt(2 * np.pi)


def _normal(z):
    return np.exp(-z * z / 2) / (2 * np.pi) ** 0.5


def _sd_p(g, y, mean, p, x):
    z = sp.ndtri(p)
    return -g * y / (z * _normal(z))


# fmt: off
student   = (_student_v, _student_t)
fisher    = (_fisher_n, _fisher_d, _fisher_x)
ncx2      = (_noncentral_chi2, fixed("chndtr", "df"), lambda x, v, nc: -_noncentral_chi2(x, v + 2, nc))
ncf       = (fixed("ncfdtr", "dfn"), fixed("ncfdtr", "dfd"), _noncentral_f_nc, _noncentral_f)
nct       = (fixed("nctdtr", "df"), lambda v, nc, t: -_normal_over_chi(v, nc, t, 0),
             lambda v, nc, t: _normal_over_chi(v, nc, t, 1))

_family(gamma,            sp.gammainc, sp.gammaincc,  {1: sp.gammaincinv},                   {1: sp.gammainccinv})
_family(beta,             sp.betainc,  sp.betaincc,   {0: sp.btdtria, 1: sp.btdtrib, 2: sp.betaincinv},
                                                      {2: sp.betainccinv})
_family(chi2,             sp.chdtr,    sp.chdtrc,     {0: sp.chdtriv},                       {1: sp.chdtri})
_family(gdtr,             sp.gdtr,     sp.gdtrc,      {0: sp.gdtria, 1: sp.gdtrib, 2: sp.gdtrix})
_family(whole(poisson),   sp.pdtr,     sp.pdtrc,      {1: sp.pdtri})
_family(poisson,          None,        None,          {0: sp.pdtrik})
_family(whole(binomial),  sp.bdtr,     sp.bdtrc,      {2: sp.bdtri})
_family(binomial,         None,        None,          {0: sp.bdtrik, 1: sp.bdtrin})
_family(whole(negative),  sp.nbdtr,    sp.nbdtrc,     {2: sp.nbdtri})
_family(negative,         None,        None,          {0: sp.nbdtrik, 1: sp.nbdtrin})
_family(fisher,           sp.fdtr,     sp.fdtrc,      {1: sp.fdtridfd, 2: sp.fdtri})
_family(student,          sp.stdtr,    None,          {0: sp.stdtridf, 1: sp.stdtrit})
_family(ncx2,             sp.chndtr,   None,          {0: sp.chndtrix, 2: sp.chndtrinc})
_family(ncf,              sp.ncfdtr,   None,          {2: sp.ncfdtrinc, 3: sp.ncfdtri})
_family(nct,              sp.nctdtr,   None,          {1: sp.nctdtrinc, 2: sp.nctdtrit})

elementwise(sp.nrdtrimn,  lambda g, y, p, sd, x: -g * sd / _normal((x - y) / sd),
                          lambda g, y, p, sd, x: -g * sp.ndtri(p),
                          lambda g, y, p, sd, x: g)
elementwise(sp.nrdtrisd,  lambda g, y, mean, p, x: -g / sp.ndtri(p),
                          _sd_p,
                          lambda g, y, mean, p, x: g / sp.ndtri(p))
# these solve for a parameter that F has no slope in
for function, names in [(sp.chndtridf, "x p nc"), (sp.ncfdtridfn, "p dfd nc f"), (sp.ncfdtridfd, "dfn p nc f"),
                        (sp.nctdtridf, "p nc t")]:
    elementwise(function, *[fixed(function.__name__, name) for name in names.split()])
# fmt: on


# --- the statistics of Kolmogorov and Smirnov -------------------------------------------------------------------------


def _kolmogorov_slope(x):
    """K'(x), by the alternating series to the right of 1 and by its theta transform to the left."""
    right = sum((-1) ** k * k * k * np.exp(-2.0 * k * k * x * x) for k in range(1, 8)) * x * 8
    powers = [((2 * k - 1) * np.pi) ** 2 / 8 for k in range(1, 5)]
    u = np.where(x > 0, x, 1)
    left = sum((1 - 2 * c / (u * u)) * np.exp(-c / (u * u)) for c in powers) * (2 * np.pi) ** 0.5 / (u * u)
    return np.where(x > 1, right, np.where(x > 0.04, left, 0))


def _smirnov_slope(n, d, order=1):
    """The first or second derivative of P(D > d) = d Σ C(n, v) (d + v/n)ᵛ⁻¹ (1 - d - v/n)ⁿ⁻ᵛ, term by term."""
    total = 0.0 * n * d
    for v in range(int(np.max(n, initial=0))):
        u, w = d + v / n, 1 - d - v / n
        inside = (w > 0) & (v < n) & (d > 0)
        u, w, e = np.where(inside, u, 1), np.where(inside, w, 1), np.where(inside, d, 1)
        log_slope = 1 / e + (v - 1) / u - (n - v) / w
        curvature = -1 / (e * e) - (v - 1) / (u * u) - (n - v) / (w * w)
        term = np.exp(np.log(e) + (v - 1) * np.log(u) + (n - v) * np.log(w) + np.log(sp.binom(n, v)))
        total = total + np.where(inside, term * (log_slope if order == 1 else log_slope**2 + curvature), 0)
    return total


def _smirnov_slope_d(g, y, n, d, order=1):
    return g * (smirnov_slope(n, d, order=2) if order == 1 else fixed("smirnov", "d at third order")(g, y))


smirnov_slope = elementwise(_smirnov_slope, fixed("smirnov", "n"), _smirnov_slope_d)

# fmt: off
elementwise(sp.kolmogorov, lambda g, y, x: g * _kolmogorov_slope(x))
elementwise(sp.kolmogi,    lambda g, y, p: g / _kolmogorov_slope(y))
elementwise(sp.smirnov,    fixed("smirnov", "n"),  lambda g, y, n, d: g * smirnov_slope(n, d))
elementwise(sp.smirnovi,   fixed("smirnovi", "n"), lambda g, y, n, p: g / smirnov_slope(n, y))
# fmt: on
