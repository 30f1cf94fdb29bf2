"""Distributions of vectors, and densities estimated from points: more of `tinygrad_edu.scipy.stats`.

Formulae over `np.linalg`. Parameters that obey a law (probabilities that sum to 1, a symmetric covariance) are not
projected onto it: the density's formula is differentiated as it stands, each entry on its own.
"""

from __future__ import annotations

import math

import numpy as np
from scipy import special

from .dispatch import as_array

LN2PI = math.log(2 * math.pi)


class _Family:
    """A family with logpdf and pdf; ``family(*parameters)`` holds the parameters fixed."""

    def __init__(self, name, log, suffix="pdf"):
        self.name, self.log, self.suffix = name, log, suffix

    def __call__(self, *args, **params):
        return _Family(self.name, lambda x: self.log(x, *args, **params), self.suffix)

    def __getattr__(self, method):
        if method == "log" + self.suffix:
            return self.log
        if method == self.suffix:
            return lambda x, *args, **params: np.exp(self.log(x, *args, **params))
        raise AttributeError(f"{self.name} has no {method} here, but {self.suffix} and log{self.suffix}")


def _dirichlet(x, alpha):
    """The points stand in the columns of x; their last coordinate may be left out. x is not asked to sum to 1."""
    x, alpha = as_array(x), as_array(alpha)
    if x.shape[0] == alpha.shape[0] - 1:
        x = np.concatenate([x, 1 - np.sum(x, axis=0, keepdims=True)])
    if x.shape[0] != alpha.shape[0]:
        raise ValueError(f"dirichlet: x has {x.shape[0]} rows. Expected {alpha.shape[0]}, one for each alpha")
    log_beta = np.sum(special.gammaln(alpha)) - special.gammaln(np.sum(alpha))
    return np.sum(special.xlogy(alpha - 1, x.T), axis=-1).T - log_beta


def _multivariate_normal(x, mean=None, cov=1, allow_singular=False):
    """-½ (dᵀ Σ⁻¹ d + log det 2πΣ) with d = x - mean, by the Cholesky factor of Σ."""
    if allow_singular:
        raise ValueError("multivariate_normal: a singular covariance has no density in all directions. Leave it away")
    x, cov = as_array(x), as_array(cov)
    dim = np.shape(mean)[-1] if np.ndim(mean) else cov.shape[-1] if cov.ndim == 2 else 1
    if cov.ndim < 2:
        cov = np.diag(np.broadcast_to(cov, (dim,)))
    if x.ndim < 2 and dim == 1:
        x = x[..., None]
    d = x if mean is None else x - mean
    factor = np.linalg.cholesky(cov)
    flat = np.reshape(d, (-1, dim))
    white = np.reshape(np.linalg.solve(factor, flat.T).T, d.shape)
    return np.sum(white * white, axis=-1) * -0.5 - np.sum(np.log(np.diagonal(factor))) - dim * LN2PI / 2


def _multinomial(x, n, p):
    """-∞ where the counts are not whole, or do not sum to n."""
    x, p = as_array(x), as_array(p)
    outside = np.logical_or(np.sum(x, axis=-1) != n, np.any(np.logical_or(x < 0, x != np.floor(x)), axis=-1))
    counts = np.floor(x)
    y = special.gammaln(n + 1) + np.sum(special.xlogy(counts, p) - special.gammaln(counts + 1), axis=-1)
    return np.where(outside, -math.inf, y)


dirichlet = _Family("dirichlet", _dirichlet)
multivariate_normal = _Family("multivariate_normal", _multivariate_normal)
multinomial = _Family("multinomial", _multinomial, "pmf")


class gaussian_kde:
    """The same as `scipy.stats.gaussian_kde`, differentiable in the points, the data and the weights.

    >>> import numpy as np, tinygrad_edu as tg
    >>> from tinygrad_edu.scipy import stats
    >>> tg.grad(lambda x: np.sum(stats.gaussian_kde(np.array([-1.0, 0.0, 1.0]))(x)))(np.array([0.0]))
    array([0.])
    """

    def __init__(self, dataset, bw_method=None, weights=None):
        self.dataset = np.atleast_2d(as_array(dataset))
        self.d, self.n = self.dataset.shape
        weights = as_array(np.ones(self.n, self.dataset.dtype) if weights is None else weights)
        self.weights = weights / np.sum(weights)
        self.neff = 1 / np.sum(self.weights * self.weights)
        self.set_bandwidth(bw_method)

    def scotts_factor(self):
        """n^(-1/(d + 4)), with the effective number of points (Scott 1992)."""
        return self.neff ** (-1 / (self.d + 4))

    def silverman_factor(self):
        """(n (d + 2) / 4)^(-1/(d + 4)) (Silverman 1986)."""
        return (self.neff * (self.d + 2) / 4) ** (-1 / (self.d + 4))

    def set_bandwidth(self, bw_method=None):
        """Choose the width: 'scott', 'silverman', a number, or a function of the estimate."""
        named = {None: self.scotts_factor, "scott": self.scotts_factor, "silverman": self.silverman_factor}
        if callable(bw_method):
            self.factor = bw_method(self)
        else:
            self.factor = named[bw_method]() if bw_method is None or isinstance(bw_method, str) else bw_method
        centered = self.dataset - np.sum(self.dataset * self.weights, axis=-1, keepdims=True)
        self._data_covariance = (centered * self.weights) @ centered.T / (1 - np.sum(self.weights * self.weights))
        self.covariance = self._data_covariance * self.factor**2

    def logpdf(self, x):
        """The logarithm of the density at points in the columns of x."""
        points = np.atleast_2d(as_array(x))
        if points.shape[0] == 1 and self.d > 1 and points.shape[1] == self.d:
            points = points.T
        factor = np.linalg.cholesky(self.covariance)
        white = lambda v: np.linalg.solve(factor, v)
        between = white(points)[:, :, None] - white(self.dataset)[:, None, :]  # (d, points, data)
        energy = np.log(self.weights) - np.sum(between * between, axis=0) * 0.5
        top = np.max(energy.detach() if hasattr(energy, "detach") else energy, axis=-1, keepdims=True)
        total = np.log(np.sum(np.exp(energy - top), axis=-1)) + np.reshape(top, (-1,))
        return total - np.sum(np.log(np.diagonal(factor))) - self.d * LN2PI / 2

    def evaluate(self, points):
        """The density at points in the columns of x."""
        return np.exp(self.logpdf(points))

    __call__ = pdf = evaluate
