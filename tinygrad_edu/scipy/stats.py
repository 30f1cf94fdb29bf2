"""Probability distributions, one row a family, in closed form over NumPy and `scipy.special`.

Every density differentiates in its variable and in all of its parameters. Integers have no derivative: a mass function
is constant in k. What the rows mean is in `distributions.py`; vectors have their distributions in `multivariate.py`.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import special

from .dispatch import as_array
from .distributions import Distribution
from .multivariate import dirichlet, gaussian_kde, multinomial, multivariate_normal

LN2, LN2PI, PI = math.log(2), math.log(2 * math.pi), math.pi
POSITIVE: dict[str, Any] = {"support": (0, math.inf), "inner": 1.0}
UNIT: dict[str, Any] = {"support": (0, 1), "inner": 0.5}
WHOLE: dict[str, Any] = {"support": (0, math.inf), "inner": 1, "discrete": True}
xlogy, xlog1py, gammaln, betaln = special.xlogy, special.xlog1py, special.gammaln, special.betaln


def _log_mass(a, b):
    """log(Φ(b) - Φ(a)), in the lower tail: there its parts are small, and the difference keeps its digits."""
    upper = a > 0
    low, high = special.log_ndtr(np.where(upper, -b, a)), special.log_ndtr(np.where(upper, -a, b))
    return high + np.log(-np.expm1(low - high))


def _gennorm_tail(x, beta):
    """The probability beyond x."""
    tail = special.gammaincc(1 / beta, np.abs(x) ** beta) * 0.5
    return np.where(x > 0, tail, 1 - tail)


def _not_positive(a, b):
    return np.logical_or(a <= 0, b <= 0)


def _no_probability(p):
    return np.logical_or(p < 0, p > 1)


# fmt: off
norm = Distribution("norm", "", lambda x: x * x * -0.5 - LN2PI / 2,
    cdf=special.ndtr, sf=lambda x: special.ndtr(-x), logcdf=special.log_ndtr, logsf=lambda x: special.log_ndtr(-x),
    ppf=special.ndtri, isf=lambda q: -special.ndtri(q))
t = Distribution("t", "df",
    lambda x, df: np.log(special.poch(df / 2, 0.5)) - 0.5 * np.log(df * PI) - (df + 1) / 2 * np.log1p(x * x / df),
    invalid=lambda df: df <= 0, cdf=lambda x, df: special.stdtr(df, x), sf=lambda x, df: special.stdtr(df, -x))
cauchy = Distribution("cauchy", "", lambda x: -np.log1p(x * x) - math.log(PI),
    cdf=lambda x: np.arctan2(1, -x) / PI, sf=lambda x: np.arctan2(1, x) / PI,
    ppf=lambda q: np.where(q > 0.5, 1 / np.tan(PI * (1 - q)), -1 / np.tan(PI * q)))
laplace = Distribution("laplace", "", lambda x: -np.abs(x) - LN2,
    cdf=lambda x: np.where(x > 0, 1 - 0.5 * np.exp(-np.abs(x)), 0.5 * np.exp(-np.abs(x))),
    sf=lambda x: np.where(x > 0, 0.5 * np.exp(-np.abs(x)), 1 - 0.5 * np.exp(-np.abs(x))),
    ppf=lambda q: np.where(q > 0.5, -np.log(2 * (1 - q)), np.log(2 * q)))
logistic = Distribution("logistic", "", lambda x: special.log_expit(x) + special.log_expit(-x),
    cdf=special.expit, sf=lambda x: special.expit(-x), logcdf=special.log_expit, logsf=lambda x: special.log_expit(-x),
    ppf=special.logit, isf=lambda q: -special.logit(q))
gumbel_r = Distribution("gumbel_r", "", lambda x: -x - np.exp(-x), logcdf=lambda x: -np.exp(-x),
    sf=lambda x: -np.expm1(-np.exp(-x)), ppf=lambda q: -np.log(-np.log(q)))
gumbel_l = Distribution("gumbel_l", "", lambda x: x - np.exp(x), logsf=lambda x: -np.exp(x),
    sf=lambda x: np.exp(-np.exp(x)), cdf=lambda x: -np.expm1(-np.exp(x)), ppf=lambda q: np.log(-np.log1p(-q)))
gennorm = Distribution("gennorm", "beta", lambda x, b: np.log(b / 2) - gammaln(1 / b) - np.abs(x) ** b,
    invalid=lambda b: b <= 0, cdf=lambda x, b: _gennorm_tail(-x, b), sf=lambda x, b: _gennorm_tail(x, b))
vonmises = Distribution("vonmises", "kappa",
    lambda x, kappa: kappa * special.cosm1(x) - LN2PI - np.log(special.i0e(kappa)), invalid=lambda kappa: kappa < 0)

expon = Distribution("expon", "", lambda x: -x, **POSITIVE,
    cdf=lambda x: -np.expm1(-x), sf=lambda x: np.exp(-x), logsf=lambda x: -x, ppf=lambda q: -np.log1p(-q))
gamma = Distribution("gamma", "a", lambda x, a: xlogy(a - 1, x) - x - gammaln(a), **POSITIVE,
    invalid=lambda a: a <= 0, cdf=lambda x, a: special.gammainc(a, x), sf=lambda x, a: special.gammaincc(a, x),
    ppf=lambda q, a: special.gammaincinv(a, q))
chi2 = Distribution("chi2", "df", lambda x, df: xlogy(df / 2 - 1, x) - x / 2 - gammaln(df / 2) - df * (LN2 / 2),
    **POSITIVE, invalid=lambda df: df <= 0, cdf=lambda x, df: special.gammainc(df / 2, x / 2),
    sf=lambda x, df: special.gammaincc(df / 2, x / 2), ppf=lambda q, df: special.gammaincinv(df / 2, q) * 2)
pareto = Distribution("pareto", "b", lambda x, b: np.log(b) - (b + 1) * np.log(x), support=(1, math.inf), inner=2.0,
    invalid=lambda b: b <= 0, cdf=lambda x, b: 1 - x ** -b, sf=lambda x, b: x ** -b,
    ppf=lambda q, b: (1 - q) ** (-1 / b))
beta = Distribution("beta", "a b", lambda x, a, b: xlog1py(b - 1, -x) + xlogy(a - 1, x) - betaln(a, b), **UNIT,
    invalid=_not_positive, cdf=lambda x, a, b: special.betainc(a, b, x),
    sf=lambda x, a, b: special.betainc(b, a, 1 - x), ppf=lambda q, a, b: special.betaincinv(a, b, q))
uniform = Distribution("uniform", "", lambda x: x * 0, **UNIT, cdf=lambda x: x, ppf=lambda q: q)
truncnorm = Distribution("truncnorm", "a b", lambda x, a, b: x * x * -0.5 - LN2PI / 2 - _log_mass(a, b),
    support=(lambda a, b: a, lambda a, b: b), invalid=lambda a, b: a >= b,
    logcdf=lambda x, a, b: _log_mass(a, x) - _log_mass(a, b), logsf=lambda x, a, b: _log_mass(x, b) - _log_mass(a, b))
wrapcauchy = Distribution("wrapcauchy", "c",
    lambda x, c: np.log((1 - c * c) / (2 * PI * (1 + c * c - 2 * c * np.cos(x)))), support=(0, 2 * PI),
    invalid=lambda c: np.logical_or(c <= 0, c >= 1))

bernoulli = Distribution("bernoulli", "p", lambda k, p: xlogy(k, p) + xlog1py(1 - k, -p), support=(0, 1), inner=1,
    discrete=True, invalid=_no_probability, cdf=lambda k, p: np.where(k < 1, 1 - p, 1),
    sf=lambda k, p: np.where(k < 1, p, 0))
binom = Distribution("binom", "n p",
    lambda k, n, p: -np.log1p(n) - betaln(n - k + 1, k + 1) + xlogy(k, p) + xlog1py(n - k, -p),
    support=(0, lambda n, p: n), inner=0, discrete=True,
    invalid=lambda n, p: np.logical_or(np.logical_or(n < 0, n != np.floor(n)), _no_probability(p)),
    cdf=lambda k, n, p: np.where(k < n, special.betainc(np.where(k < n, n - k, 1), k + 1, 1 - p), 1),
    sf=lambda k, n, p: np.where(k < n, special.betainc(k + 1, np.where(k < n, n - k, 1), p), 0))
geom = Distribution("geom", "p", lambda k, p: np.log(p) + xlog1py(k - 1, -p), support=(1, math.inf), inner=1,
    discrete=True, invalid=lambda p: np.logical_or(p <= 0, p > 1), cdf=lambda k, p: -np.expm1(k * np.log1p(-p)),
    sf=lambda k, p: np.exp(k * np.log1p(-p)), logsf=lambda k, p: k * np.log1p(-p))
nbinom = Distribution("nbinom", "n p",
    lambda k, n, p: gammaln(n + k) - gammaln(k + 1) - gammaln(n) + n * np.log(p) + xlog1py(k, -p), **WHOLE,
    invalid=lambda n, p: np.logical_or(n <= 0, np.logical_or(p <= 0, p > 1)),
    cdf=lambda k, n, p: special.betainc(n, k + 1, p), sf=lambda k, n, p: special.betainc(k + 1, n, 1 - p))
poisson = Distribution("poisson", "mu", lambda k, mu: xlogy(k, mu) - gammaln(k + 1) - mu, **WHOLE,
    invalid=lambda mu: mu < 0, cdf=lambda k, mu: special.gammaincc(k + 1, mu),
    sf=lambda k, mu: special.gammainc(k + 1, mu))
betabinom = Distribution("betabinom", "n a b",
    lambda k, n, a, b: -np.log1p(n) - betaln(n - k + 1, k + 1) + betaln(k + a, n - k + b) - betaln(a, b),
    support=(0, lambda n, a, b: n), inner=0, discrete=True,
    invalid=lambda n, a, b: np.logical_or(np.logical_or(n < 0, n != np.floor(n)), _not_positive(a, b)))
# fmt: on


def sem(a, axis=0, ddof=1, nan_policy="propagate", *, keepdims=False):
    """The same as `scipy.stats.sem`: the standard error of the mean, σ/√n."""
    if nan_policy != "propagate":
        raise ValueError(f"sem: nan_policy is {nan_policy!r}. Expected 'propagate'; np.nanstd leaves NaNs out")
    a = as_array(a)
    axes = range(a.ndim) if axis is None else np.atleast_1d(axis)
    n = math.prod(a.shape[i] for i in axes)
    return np.std(a, axis=axis, ddof=ddof, keepdims=keepdims) / n**0.5


__all__ = [
    "bernoulli", "beta", "betabinom", "binom", "cauchy", "chi2", "dirichlet", "expon", "gamma", "gaussian_kde",
    "gennorm", "geom", "gumbel_l", "gumbel_r", "laplace", "logistic", "multinomial", "multivariate_normal", "nbinom",
    "norm", "pareto", "poisson", "sem", "t", "truncnorm", "uniform", "vonmises", "wrapcauchy",
]  # fmt: skip
