"""Derivatives with respect to the parameters of special functions, for which calculus has no formula.

The function is known as a series or a continued fraction, and these converge for complex parameters too. So Cauchy's
formula gives its derivatives of every order: the mean of n! f(z) / (z - a)ⁿ over a circle round a. The mean over 24
points of the circle converges faster than any power (Trefethen & Weideman, SIAM Review 56, 2014), and nothing cancels
as in a difference. The circles are as wide as f allows: smaller where f grows fast, clear of poles. The first
derivative keeps 11 digits or more for parameters up to 10³, and 7 at 10⁶, where f itself loses them to its logarithm;
tests/test_special.py measures it.

What has no series here is refused by `fixed`: a rule None would say that the derivative is zero. Next: `gammas.py`.
"""

from __future__ import annotations

from itertools import count
from math import comb, factorial

import numpy as np
import scipy.special as sp

from ..errors import NoRuleError
from .declare import elementwise

POINTS = 24
EVEN_BERNOULLI = (1 / 6, -1 / 30, 1 / 42, -1 / 30, 5 / 66, -691 / 2730, 7 / 6, -3617 / 510, 43867 / 798, -174611 / 330)


def fixed(function, parameter):
    """The rule of a parameter whose derivative is unknown: it may be a number, but nobody may ask for its slope."""

    def rule(g, y, *args, **params):
        raise NoRuleError(
            f"{function} has no rule for its parameter {parameter}, whose derivative has no closed form. "
            f"Pass a number, or {parameter}.detach(), to hold it constant"
        )

    return rule


def cauchy(f, radius, orders, *args):
    """∂f of the given orders: on circles round the parameters, and by f itself in the last argument.

    f(at, k, *points) is the k-th derivative at complex points; `at` is the middle of the circles, all of whose points
    have to take the same branch.
    """
    points, weight = list(np.broadcast_arrays(*args)), 1.0
    r, shape = radius(*points), points[0].ndim
    circles = 0
    for i, n in enumerate(orders[:-1]):
        if n:  # the first circle needs its upper half only: the lower one is its mirror image
            halves = np.arange(POINTS if circles else POINTS // 2)
            turn = np.exp(1j * np.pi * (2 * halves + 1) / POINTS)
            step = r * turn.reshape(-1, *(1,) * (shape + circles))
            points[i], weight = points[i] + step, weight * factorial(n) / step**n
            circles += 1
    mean = np.mean(f(args, orders[-1], *points) * weight, axis=tuple(range(circles)))
    return np.real(mean).astype(np.result_type(*args, np.float32))[()]


def parametric(f, radius):
    """The operation ∂f with orders=(n, ..., k), one for each argument; its own derivatives raise an order by one."""

    def derivative(*args, orders):
        return cauchy(f, radius, orders, *args)

    def raising(i):
        return lambda g, y, *args, orders: g * op(*args, orders=(*orders[:i], orders[i] + 1, *orders[i + 1 :]))

    derivative.__name__ = f"derivative of {f.__name__}"
    op = elementwise(derivative, *map(raising, range(f.__code__.co_argcount - 2)))
    return op


# --- series and fractions, for complex numbers ------------------------------------------------------------------------


def series(ratio):
    """1 + r(0) + r(0) r(1) + ..., until nothing changes any more."""
    total = term = 1.0
    for k in range(10000):
        term = term * ratio(k)
        total = total + term
        if not np.any(np.abs(term) > 1e-17 * np.abs(total)):
            break
    return total


def fraction(b, rows):
    """b + a₁/(b₁ + a₂/(b₂ + ...)) for rows (aᵢ, bᵢ), by the method of Lentz (Applied Optics 15, 1976)."""
    total, c, d = b, b, 0.0
    for (p, q), _ in zip(rows, range(10000), strict=False):
        d, c = 1 / (q + p * d), q + p / c
        total = total * (c * d)
        if not np.any(np.abs(c * d - 1) > 2e-15):
            break
    return total


def _gammainc(at, k, a, x):
    """P(a, x), less 1 where x > a + 1 (the tail is small there); from k = 1 on, derivatives of the density."""
    if k:
        terms = [(-1) ** (k - 1 - j) * comb(k - 1, j) * _gamma_density(a - j, x) for j in range(k)]
        return sum(terms)
    low = x < at[0] + 1
    small, large = np.where(low, x, 0), np.where(low, 2 + 2 * np.abs(a), x)
    body = series(lambda i: small / (a + 1 + i)) * x / a
    tail = fraction(large + 1 - a, ((i * (a - i), large + 1 - a + 2 * i) for i in count(1)))
    return _gamma_density(a, x) * np.where(low, body, -x / tail)


def _gamma_density(a, x):
    """xᵃ⁻¹ e⁻ˣ / Γ(a)."""
    return np.exp((a - 1) * np.log(x) - x - sp.loggamma(a + 0j))


def _betainc(at, k, a, b, x):
    """I(a, b, x), less 1 beyond its middle; from k = 1 on, derivatives of the density."""
    if k:
        power = lambda j: _falling(a - 1, j) * _falling(b - 1, k - 1 - j) / x ** (j + 1) / (1 - x) ** (k - j)
        return _beta_term(a, b, x) * sum((-1) ** (k - 1 - j) * comb(k - 1, j) * power(j) for j in range(k))
    low = x * (at[0] + at[1] + 2) < at[0] + 1
    p, q, u = np.where(low, a, b), np.where(low, b, a), np.where(low, x, 1 - x)
    return np.where(low, 1, -1) * _beta_term(a, b, x) / (p * fraction(1.0, _beta_rows(p, q, u)))


def _beta_rows(a, b, x):
    """The continued fraction of the incomplete beta function, DLMF 8.17.22."""
    for m in count():
        yield -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)), 1.0
        yield (m + 1) * (b - m - 1) * x / ((a + 2 * m + 1) * (a + 2 * m + 2)), 1.0


def _beta_term(a, b, x):
    """xᵃ (1 - x)ᵇ / B(a, b), through its logarithm."""
    log_beta = sp.loggamma(a + 0j) + sp.loggamma(b + 0j) - sp.loggamma(a + b + 0j)
    return np.exp(a * np.log(x) + b * np.log1p(-x) - log_beta)


def _falling(a, k):
    return np.prod([a - i for i in range(k)], axis=0) if k else 1.0


def _rising(a, k):
    return np.prod([a + i for i in range(k)], axis=0) if k else 1.0


def _hyp0f1(at, k, b, x):
    return series(lambda i: x / ((b + k + i) * (i + 1))) / _rising(b, k)


def _hyp1f1(at, k, a, b, x):
    """Kummer's transformation, eˣ M(b - a, b, -x), where the terms would alternate."""
    turned = x < 0
    top, u = np.where(turned, b - a, a + k), np.abs(x)
    total = series(lambda i: (top + i) * u / ((b + k + i) * (i + 1)))
    return np.where(turned, np.exp(np.minimum(x, 0)), 1) * total * _rising(a, k) / _rising(b, k)


def _hyp2f1(at, k, a, b, c, x):
    """Pfaff's transformation, (1 - x)⁻ᵃ F(a, c - b; c; x/(x - 1)), where the terms would alternate."""
    turned = x < 0
    second, u = np.where(turned, c - b, b + k), np.where(turned, x / (x - 1), x)
    total = series(lambda i: (a + k + i) * (second + i) * u / ((c + k + i) * (i + 1)))
    factor = np.where(turned, (1 - np.minimum(x, 0)) ** (-a - k), 1)
    return factor * total * _rising(a, k) * _rising(b, k) / _rising(c, k)


def hurwitz_zeta(s, q):
    """Σ (q + k)⁻ˢ, by Euler's and Maclaurin's formula beyond Re(q + n) = 12."""
    n = max(0, int(np.ceil(12 - np.min(np.real(q), initial=12))))
    z = q + n
    total = sum((q + k) ** -s for k in range(n)) + z ** (1 - s) / (s - 1) + z**-s / 2
    factor = s * z ** (-s - 1)
    for j, bernoulli in enumerate(EVEN_BERNOULLI, 1):
        total = total + bernoulli / factorial(2 * j) * factor
        factor = factor * (s + 2 * j - 1) * (s + 2 * j) / (z * z)
    return total


def _zeta(at, k, s, q):
    return (-1) ** k * _rising(s, k) * hurwitz_zeta(s + k, q + 0j)


def _riemann(at, k, s, one):
    return sp.zeta(s + 0j)


def _away(b):
    """How far b is from the poles 0, -1, -2, ..."""
    return np.abs(b - np.minimum(np.round(b), 0))


def _log(x):
    return np.abs(np.log(np.maximum(x, 1e-300)))


# fmt: off
gammainc_at = parametric(_gammainc, lambda a, x:       1 / (2 + np.abs(_log(x / a)) + 1 / a))
betainc_at  = parametric(_betainc,  lambda a, b, x:    1 / (2 + _log(x) + _log(1 - x) + 1 / a + 1 / b))
hyp0f1_at   = parametric(_hyp0f1,   lambda b, x:       np.minimum(1 / (2 + np.log1p(np.abs(x))), _away(b) / 4))
hyp1f1_at   = parametric(_hyp1f1,   lambda a, b, x:    np.minimum(1 / (2 + np.log1p(np.abs(x))), _away(b) / 4))
hyp2f1_at   = parametric(_hyp2f1,   lambda a, b, c, x: np.minimum(1 / (2 + _log(1 - x)), _away(c) / 4))
zeta_at     = parametric(_zeta,     lambda s, q:       np.minimum(1 / (2 + _log(q)), np.abs(s - 1) / 4))
riemann_at  = parametric(_riemann,  lambda s, one:     np.minimum(0.5, np.abs(s - 1) / 4))
# fmt: on
