"""What a family of probability distributions is: the mechanism behind the rows of `stats.py`.

A row gives the logarithm of the density at location 0 and scale 1, and closed forms of what else there is (cdf, sf,
ppf, ...); the rest follows: pdf = exp(logpdf), sf = 1 - cdf, logsf = log(sf). One class does for all rows what SciPy
promises: location and scale, -∞ outside of the support, NaN for parameters that are none.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import NoRuleError
from .dispatch import as_array

METHODS = ("pdf", "logpdf", "pmf", "logpmf", "cdf", "logcdf", "sf", "logsf", "ppf", "isf")


class Distribution:
    """A family of densities with SciPy's methods; ``family(*shapes, loc, scale)`` holds the parameters fixed.

    Parameters
    ----------
    name, shapes : str
        SciPy's name, and the names of the parameters other than loc and scale.
    log : callable
        The logarithm of the density, ``log(x, *shapes)``; of the mass, where `discrete`.
    support : tuple
        Its two ends, numbers or functions of the shapes.
    inner : number
        Any place inside the support: formulae are not asked what lies outside.
    invalid : callable
        True where the shapes belong to no distribution.
    **formulae : callables
        cdf, sf, logcdf, logsf, ppf, isf of the same arguments, as far as there is something to say.

    >>> import numpy as np, tinygrad_edu as tg
    >>> from tinygrad_edu.scipy import stats
    >>> print(tg.grad(lambda mu: stats.norm.logpdf(2.0, mu, 0.5))(1.0))
    4.0
    """

    def __init__(
        self,
        name: str,
        shapes: str,
        log: Callable[..., Any],
        *,
        support: tuple[Any, Any] = (-math.inf, math.inf),
        inner: Any = 0.5,
        invalid: Callable[..., Any] = lambda *shapes: False,
        discrete: bool = False,
        **formulae: Callable[..., Any],
    ) -> None:
        self.name, self.shapes, self.support, self.inner = name, shapes.split(), support, inner
        self.invalid, self.discrete, self.log, self.formulae = invalid, discrete, log, formulae

    def __repr__(self) -> str:
        return f"<{self.name}({', '.join(self._names())})>"

    def __call__(self, *args: Any, **params: Any) -> Frozen:
        """The distribution with these parameters."""
        return Frozen(self, args, params)

    def _names(self) -> list[str]:
        return [*self.shapes, "loc", *([] if self.discrete else ["scale"])]

    def _sorted(self, x: Any, args: tuple, params: dict[str, Any]) -> tuple[Any, list[Any], Any, Any]:
        """The variable, the shapes, the location and the scale; numbers in the precision of the variable."""
        names = self._names()
        given = {"loc": 0, "scale": 1, **dict(zip(names, args, strict=False)), **params}
        if len(args) > len(names) or given.keys() != {*names, "loc", "scale"}:
            raise TypeError(f"{self.name}: expected the parameters {', '.join(names)}. Given: {args}, {params}")
        x = as_array(x)
        kind = x.dtype.type if x.dtype.kind == "f" else np.float64
        number = lambda v: kind(v) if isinstance(v, int | float) else as_array(v)
        return x, [number(given[name]) for name in self.shapes], number(given["loc"]), number(given["scale"])

    def _standard(self, x: Any, args: tuple, params: dict[str, Any]) -> tuple[Any, ...]:
        """x at location 0 and scale 1; where it is below and above the support; the shapes; the scale; what is NaN."""
        x, shapes, loc, scale = self._sorted(x, args, params)
        z = (x - loc) / scale
        low, high = (end(*shapes) if callable(end) else end for end in self.support)
        bad = np.logical_or(np.logical_or(self.invalid(*shapes), scale <= 0), z != z)
        return z, z < low, z > high, shapes, scale, bad

    def _log_density(self, x: Any, *args: Any, **params: Any) -> Any:
        with np.errstate(all="ignore"):
            z, below, above, shapes, scale, bad = self._standard(x, args, params)
            outside = np.logical_or(below, above)
            if self.discrete:
                outside = np.logical_or(outside, z != np.floor(z))
                z = np.floor(z)  # through which nothing flows
            y = self.log(np.where(outside, self.inner, z), *shapes) - np.log(scale)
            return np.where(bad, math.nan, np.where(outside, -math.inf, y))

    def _probability(self, method: str, under: float, over: float, x: Any, args: tuple, params: dict[str, Any]) -> Any:
        """A formula of the row, which is `under` below the support and `over` above."""
        formula = self._formula(method)
        with np.errstate(all="ignore"):
            z, below, above, shapes, _, bad = self._standard(x, args, params)
            z = np.floor(z) if self.discrete else z
            y = formula(np.where(np.logical_or(below, above), self.inner, z), *shapes)
            return np.where(bad, math.nan, np.where(below, under, np.where(above, over, y)))

    def _formula(self, method: str) -> Callable[..., Any]:
        """The row's own, or one made of another of the row's."""
        if method in self.formulae:
            return self.formulae[method]
        if method.startswith("log"):
            plain = self._formula(method[3:])
            return lambda x, *shapes: np.log(plain(x, *shapes))
        if method in ("cdf", "sf") and "log" + method in self.formulae:
            return lambda x, *shapes: np.exp(self.formulae["log" + method](x, *shapes))
        if method == "sf" and "cdf" in self.formulae:
            return lambda x, *shapes: 1 - self.formulae["cdf"](x, *shapes)
        if method == "isf" and "ppf" in self.formulae:
            return lambda q, *shapes: self.formulae["ppf"](1 - q, *shapes)
        raise NoRuleError(
            f"{self.name} has no {method} here, only {', '.join(['its density', *self.formulae])}. Call SciPy's on "
            "x.detach() to hold the result constant"
        )

    def _quantile(self, method: str, q: Any, args: tuple, params: dict[str, Any]) -> Any:
        formula = self._formula(method)
        with np.errstate(all="ignore"):
            q, shapes, loc, scale = self._sorted(q, args, params)
            bad = np.logical_or(np.logical_or(self.invalid(*shapes), scale <= 0), np.logical_or(q < 0, q > 1))
            return np.where(bad, math.nan, formula(q, *shapes) * scale + loc)

    # fmt: off
    def logpdf(self, x: Any, *args: Any, **params: Any) -> Any:
        """The logarithm of the density."""
        return self._log_density(x, *args, **params)
    def pdf(self, x: Any, *args: Any, **params: Any) -> Any:
        """The density."""
        return np.exp(self._log_density(x, *args, **params))
    def logpmf(self, k: Any, *args: Any, **params: Any) -> Any:
        """The logarithm of the mass at a whole number."""
        return self._log_density(k, *args, **params)
    def pmf(self, k: Any, *args: Any, **params: Any) -> Any:
        """The mass at a whole number."""
        return np.exp(self._log_density(k, *args, **params))
    def cdf(self, x: Any, *args: Any, **params: Any) -> Any:
        """The probability of values up to x."""
        return self._probability("cdf", 0, 1, x, args, params)
    def sf(self, x: Any, *args: Any, **params: Any) -> Any:
        """The probability of values beyond x."""
        return self._probability("sf", 1, 0, x, args, params)
    def logcdf(self, x: Any, *args: Any, **params: Any) -> Any:
        """The logarithm of the probability of values up to x."""
        return self._probability("logcdf", -math.inf, 0, x, args, params)
    def logsf(self, x: Any, *args: Any, **params: Any) -> Any:
        """The logarithm of the probability of values beyond x."""
        return self._probability("logsf", 0, -math.inf, x, args, params)
    def ppf(self, q: Any, *args: Any, **params: Any) -> Any:
        """The x with cdf(x) = q."""
        return self._quantile("ppf", q, args, params)
    def isf(self, q: Any, *args: Any, **params: Any) -> Any:
        """The x with sf(x) = q."""
        return self._quantile("isf", q, args, params)
    # fmt: on


class Frozen:
    """A distribution with its parameters: ``norm(0, 2).logpdf(x)`` is ``norm.logpdf(x, 0, 2)``."""

    def __init__(self, family: Distribution, args: tuple, params: dict[str, Any]) -> None:
        self.family, self.args, self.params = family, args, params

    def __getattr__(self, method: str) -> Callable[..., Any]:
        if method not in METHODS:
            raise AttributeError(f"a distribution of {self.family.name} has no {method}, but {', '.join(METHODS)}")
        return lambda x: getattr(self.family, method)(x, *self.args, **self.params)
