"""SciPy's probability distributions: every method in the variable and in all parameters."""

import numpy as np

from catalogue.rows import anywhere, inside, positive, row
from tinygrad_edu.scipy import stats

X, P, U = anywhere(4), positive(4), (inside(4) + 1) / 2.1 + 0.02
A, B = positive(4) + 0.4, positive(4) + 0.6
LOC, SCALE = inside(4) * 0.3, positive(4)
COUNTS = np.array([0, 1, 3, 2])
C = np.array([[2.0, 0.3, -0.4], [0.3, 1.5, 0.2], [-0.4, 0.2, 1.0]])
ALL = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf")


def rows(family, methods, *args):
    return [row(getattr(family, m), *args, entry=f"stats.{family.name}.{m}") for m in methods]


# fmt: off
CONTINUOUS = [
    *rows(stats.norm, ALL, X), *rows(stats.norm, ALL, X, LOC, SCALE), *rows(stats.norm, ("ppf", "isf"), U, LOC, SCALE),
    *rows(stats.t, ("logpdf", "cdf", "sf"), X, A, LOC, SCALE), *rows(stats.t, ("logpdf", "cdf"), X, 2.5),
    *rows(stats.cauchy, ALL, X, LOC, SCALE), *rows(stats.cauchy, ("ppf",), U, LOC, SCALE),
    *rows(stats.laplace, ALL, X * 2, LOC * 0.3, SCALE), *rows(stats.laplace, ("ppf",), U),
    *rows(stats.logistic, ALL, X, LOC, SCALE), *rows(stats.logistic, ("ppf", "isf"), U),
    *rows(stats.gumbel_l, ALL, X, LOC, SCALE), *rows(stats.gumbel_l, ("ppf",), U),
    *rows(stats.gumbel_r, ALL, X, LOC, SCALE), *rows(stats.gumbel_r, ("ppf",), U),
    *rows(stats.gennorm, ("logpdf", "pdf", "cdf"), X * 2, A, LOC * 0.3, SCALE), *rows(stats.vonmises, ("logpdf", "pdf"), X, P, LOC, SCALE),
    *rows(stats.expon, ALL, P + 0.5, LOC, SCALE), *rows(stats.expon, ("ppf",), U),
    *rows(stats.gamma, ("logpdf", "pdf", "cdf", "sf", "logcdf"), P + 0.5, A, LOC, SCALE), *rows(stats.gamma, ("ppf",), U, 1.7),
    *rows(stats.chi2, ("logpdf", "cdf", "sf"), P + 0.5, A * 2, LOC, SCALE), *rows(stats.pareto, ("logpdf", "cdf", "sf"), P * 2 + 3, A, LOC, SCALE),
    *rows(stats.beta, ("logpdf", "pdf", "cdf", "sf"), U, A, B), *rows(stats.beta, ("logpdf",), P, A, B, LOC - 0.5, SCALE * 0.1 + 3.0),
    *rows(stats.uniform, ("logpdf", "cdf", "logcdf"), U, LOC - 0.5, SCALE * 0.1 + 3.0), *rows(stats.wrapcauchy, ("logpdf",), P + 0.6, U * 0.8, LOC, SCALE * 0.5),
    *rows(stats.truncnorm, ("logpdf", "cdf", "logsf"), X * 0.5, -P - 1, P + 1.2, LOC * 0.2, SCALE * 0.2 + 1),
    *rows(stats.truncnorm, ("logpdf",), U + 3.1, np.full(4, 3.0), P + 5),
]
DISCRETE = [
    *rows(stats.bernoulli, ("logpmf", "cdf"), COUNTS % 2, U), *rows(stats.binom, ("logpmf", "pmf", "cdf", "sf"), COUNTS, 4, U),
    *rows(stats.geom, ("logpmf", "cdf", "sf"), COUNTS + 1, U), *rows(stats.nbinom, ("logpmf", "cdf"), COUNTS, A, U),
    *rows(stats.poisson, ("logpmf", "pmf", "cdf", "sf"), COUNTS, P), *rows(stats.poisson, ("logpmf",), COUNTS + 1, P, 1),
    *rows(stats.betabinom, ("logpmf",), COUNTS, 4, A, B),
]
VECTORS = [
    *rows(stats.dirichlet, ("logpdf", "pdf"), np.array([0.2, 0.3, 0.4]), A), *rows(stats.dirichlet, ("logpdf",), np.array([[0.2, 0.1], [0.3, 0.6]]), A[:3]),
    *rows(stats.multivariate_normal, ("logpdf", "pdf"), anywhere(3), anywhere(3), C), *rows(stats.multivariate_normal, ("logpdf",), anywhere(2, 4, 3), LOC[:3], C),
    *rows(stats.multivariate_normal, ("logpdf",), anywhere(4), np.array(0.2), np.array(1.3)), *rows(stats.multivariate_normal, ("logpdf",), anywhere(2, 3), LOC[:3], P[:3]),
    *rows(stats.multivariate_normal, ("logpdf",), anywhere(2, 3), None, C),
    *rows(stats.multinomial, ("logpmf", "pmf"), COUNTS, 6, U / 3), *rows(stats.multinomial, ("logpmf",), np.array([[1, 2], [3, 0]]), 3, U[:2]),
]
def kde(x, data, *weights, **params):
    return stats.gaussian_kde(data, weights=weights[0] if weights else None, **params)(x)


SMOOTH = [
    row(kde, X, anywhere(5), entry="stats.gaussian_kde"), row(kde, X, anywhere(5), positive(5), bw_method="silverman", entry="stats.gaussian_kde"),
    row(kde, anywhere(2, 3), anywhere(2, 5), bw_method=0.6, entry="stats.gaussian_kde"),
    *(row(stats.sem, anywhere(3, 4), **p, entry="stats.sem") for p in [{}, {"axis": 1, "ddof": 0}, {"axis": None}, {"axis": -1, "keepdims": True}]),
]
# fmt: on

SAMPLES = [*CONTINUOUS, *DISCRETE, *VECTORS, *SMOOTH]
