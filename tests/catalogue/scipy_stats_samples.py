"""SciPy's probability distributions: every method in the variable and in all parameters."""

import numpy as np

from catalogue.rows import numbers, row
from tinygrad_edu.scipy import stats

anywhere, positive, inside, _ = numbers(2)
X, P, U = anywhere(4), positive(4), np.array([0.62, 0.27, 0.41, 0.75])
A, B = positive(4) + 0.4, positive(4) + 0.6
LOC, SCALE = inside(4) * 0.3, positive(4)
COUNTS = np.array([0, 1, 3, 2])
C = np.array([[2.0, 0.3, -0.4], [0.3, 1.5, 0.2], [-0.4, 0.2, 1.0]])
ALL = ("pdf", "logpdf", "cdf", "logcdf", "sf", "logsf")


def rows(family, methods, *args, **options):
    return [row(getattr(family, m), *args, entry=f"stats.{family.name}.{m}", **options) for m in methods]


def series(*args):
    """The derivatives in a parameter are sums that stop when they are exact, which lazy arrays cannot know."""
    return rows(*args, numpy_only=True)


def masses(*args):
    """A count is a number of NumPy's, and its logarithms are arrays of floats."""
    return rows(*args, numpy_only=True)


def normals(methods, *args):
    """Only the symmetric part of a covariance counts. Not every array type has the Cholesky factor of a small one."""
    at = lambda f: lambda x, mean, c: f(x, mean, (c + np.swapaxes(c, -1, -2)) / 2 if c.ndim > 1 else c)
    family = stats.multivariate_normal
    return [row(at(getattr(family, m)), *args, entry=f"stats.{family.name}.{m}", numpy_only=True) for m in methods]


# fmt: off
CONTINUOUS = [
    *rows(stats.norm, ALL, X), *rows(stats.norm, ALL, X, LOC, SCALE), *rows(stats.norm, ("ppf", "isf"), U, LOC, SCALE),
    *rows(stats.t, ("logpdf",), X, A, LOC, SCALE), *series(stats.t, ("cdf", "sf"), X, A, LOC, SCALE), *rows(stats.t, ("logpdf", "cdf"), X, 2.5),
    *rows(stats.cauchy, ALL, X, LOC, SCALE), *rows(stats.cauchy, ("ppf",), U, LOC, SCALE),
    *rows(stats.laplace, ALL, X * 2, LOC * 0.3, SCALE), *rows(stats.laplace, ("ppf",), U),
    *rows(stats.logistic, ALL, X, LOC, SCALE), *rows(stats.logistic, ("ppf", "isf"), U),
    *rows(stats.gumbel_l, ALL, X, LOC, SCALE), *rows(stats.gumbel_l, ("ppf",), U),
    *rows(stats.gumbel_r, ALL, X, LOC, SCALE), *rows(stats.gumbel_r, ("ppf",), U),
    *rows(stats.gennorm, ("logpdf", "pdf"), X * 2, A, LOC * 0.3, SCALE), *series(stats.gennorm, ("cdf", "sf"), X * 2, A, LOC * 0.3, SCALE), *rows(stats.vonmises, ("logpdf", "pdf"), X, P, LOC, SCALE),
    *rows(stats.expon, ALL, P + 0.5, LOC, SCALE), *rows(stats.expon, ("ppf",), U),
    *rows(stats.gamma, ("logpdf", "pdf"), P + 0.5, A, LOC, SCALE), *series(stats.gamma, ("cdf", "sf", "logcdf"), P + 0.5, A, LOC, SCALE), *rows(stats.gamma, ("ppf",), U, 1.7),
    *rows(stats.chi2, ("logpdf",), P + 0.5, A * 2, LOC, SCALE), *series(stats.chi2, ("cdf", "sf"), P + 0.5, A * 2, LOC, SCALE), *rows(stats.pareto, ("logpdf", "cdf", "sf"), P * 2 + 3, A, LOC, SCALE),
    *rows(stats.beta, ("logpdf", "pdf"), U, A, B), *series(stats.beta, ("cdf", "sf"), U, A, B), *rows(stats.beta, ("logpdf",), P, A, B, LOC - 0.5, SCALE * 0.1 + 3.0),
    *rows(stats.uniform, ("logpdf", "cdf", "logcdf"), U, LOC - 0.5, SCALE * 0.1 + 3.0), *rows(stats.wrapcauchy, ("logpdf",), P + 0.6, U * 0.8, LOC, SCALE * 0.5),
    *rows(stats.truncnorm, ("logpdf", "cdf", "logsf"), X * 0.5, -P - 1, P + 1.2, LOC * 0.2, SCALE * 0.2 + 1),
    *rows(stats.truncnorm, ("logpdf",), U + 3.1, np.full(4, 3.0), P + 5),
]
DISCRETE = [
    *masses(stats.bernoulli, ("logpmf", "cdf"), COUNTS % 2, U), *masses(stats.binom, ("logpmf", "pmf", "cdf", "sf"), COUNTS, 4, U),
    *masses(stats.geom, ("logpmf", "cdf", "sf"), COUNTS + 1, U), *masses(stats.nbinom, ("logpmf", "cdf"), COUNTS, A, U),
    *masses(stats.poisson, ("logpmf", "pmf", "cdf", "sf"), COUNTS, P), *masses(stats.poisson, ("logpmf",), COUNTS + 1, P, 1),
    *masses(stats.betabinom, ("logpmf",), COUNTS, 4, A, B),
]
VECTORS = [
    *rows(stats.dirichlet, ("logpdf", "pdf"), np.array([0.2, 0.3, 0.4]), A), *rows(stats.dirichlet, ("logpdf",), np.array([[0.3, 0.25], [0.3, 0.4]]), A[:3]),
    *normals(("logpdf", "pdf"), anywhere(3), anywhere(3), C), *normals(("logpdf",), anywhere(2, 4, 3), LOC[:3], C),
    *normals(("logpdf",), anywhere(4), np.array(0.2), np.array(1.3)), *normals(("logpdf",), anywhere(2, 3), LOC[:3], P[:3]),
    *normals(("logpdf",), anywhere(2, 3), None, C),
    *masses(stats.multinomial, ("logpmf", "pmf"), COUNTS, 6, U), *masses(stats.multinomial, ("logpmf",), np.array([[1, 2], [3, 0]]), 3, U[:2]),
]
def kde(x, data, *weights, **params):
    return stats.gaussian_kde(data, weights=weights[0] if weights else None, **params)(x)


SMOOTH = [
    row(kde, X, anywhere(5), entry="stats.gaussian_kde", numpy_only=True), row(kde, X, anywhere(5), positive(5), bw_method="silverman", entry="stats.gaussian_kde", numpy_only=True),
    row(kde, anywhere(2, 3), anywhere(2, 5), bw_method=0.6, entry="stats.gaussian_kde", numpy_only=True),
    *(row(stats.sem, anywhere(3, 4), **p, entry="stats.sem") for p in [{}, {"axis": 1, "ddof": 0}, {"axis": None}, {"axis": -1, "keepdims": True}]),
]
# fmt: on

SAMPLES = [*CONTINUOUS, *DISCRETE, *VECTORS, *SMOOTH]
