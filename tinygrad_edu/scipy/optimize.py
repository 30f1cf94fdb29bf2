"""Roots and minima, differentiable in what the function depends on, by the implicit function theorem.

Where f(x, θ) = 0, ∂f/∂x ẋ + ∂f/∂θ θ̇ = 0; at a minimum the same holds for the gradient. How SciPy found the place does
not matter, only how well: choose its tolerance for the gradient too.
"""

from __future__ import annotations

import numpy as np
from scipy import optimize as _optimize

from ..errors import NoRuleError
from ..graph import no_grad
from ..implicit import custom_root
from ..runs import data_of
from ..transforms import grad
from ..trees import tree_map
from .arguments import is_traced, refuse_closures, split_args

__all__ = ["minimize", "root"]

WITHOUT_GRADIENT = {"nelder-mead", "powell", "cobyla", "cobyqa"}


def _as_function(f):
    """A result that is a list of numbers, as one array."""

    def function(*args):
        y = f(*args)
        return np.stack([v if hasattr(v, "dtype") else np.asarray(v) for v in y]) if isinstance(y, list | tuple) else y

    return function


def root(fun, x0, args=(), method="hybr", jac=None, tol=None, callback=None, options=None):
    """The same as `scipy.optimize.root`, whose x is differentiable in the args.

    >>> import numpy as np, tinygrad_edu as tg
    >>> from tinygrad_edu.scipy.optimize import root
    >>> print(round(float(tg.grad(lambda a: root(lambda x, a: x * x - a, 1.0, (a,)).x[0])(4.0)), 6))
    0.25
    """
    f, floats = split_args(_as_function(fun), args, 1)
    plain = tree_map(data_of, floats)
    start = np.atleast_1d(np.asarray(data_of(x0), float))
    with no_grad():
        found = _optimize.root(
            lambda x: np.asarray(data_of(f(x, *plain))),
            start,
            (),
            method,
            _own_jacobian(jac, args),
            tol,
            callback,
            options,
        )
    refuse_closures("root", f(start, *plain))
    if is_traced(floats):
        found.x = custom_root(lambda x, *floats: np.reshape(f(x, *floats), (-1,)), found.x, lambda r, x: x, *floats)
    return found


def _own_jacobian(jac, args):
    """A user's derivative takes the args too."""
    plain = tree_map(data_of, args if isinstance(args, tuple) else (args,))
    return (lambda x: jac(x, *plain)) if callable(jac) else jac


def minimize(fun, x0, args=(), method=None, jac=None, hess=None, bounds=None, constraints=(), tol=None, **params):
    """The same as `scipy.optimize.minimize`, whose x (and fun) are differentiable in the args.

    If `jac` is not given, the gradient is the engine's own, and not a difference quotient.

    >>> import numpy as np, tinygrad_edu as tg
    >>> from tinygrad_edu.scipy.optimize import minimize
    >>> nearest = lambda a: minimize(lambda x, a: np.sum((x - a) ** 2), np.zeros(2), (a,)).x
    >>> print(tg.grad(lambda a: np.sum(nearest(a)))(np.array([1.0, 3.0])).round(6))
    [1. 1.]
    """
    f, floats = split_args(fun, args, 1)
    plain = tree_map(data_of, floats)
    start = np.atleast_1d(np.asarray(data_of(x0), float))
    traced = is_traced(floats)
    if traced and (bounds is not None or constraints):
        raise NoRuleError(
            "minimize has no rule for bounds and constraints: a minimum at a bound does not move as the theorem says. "
            "Substitute (x = np.exp(z), say), or hold the result constant with x.detach()"
        )
    both = f
    f = (lambda *call: both(*call)[0]) if jac is True else both
    refuse_closures("minimize", f(start, *plain))
    slope = grad(lambda x, *floats: np.sum(f(x, *floats)))
    if jac is None and str(method).lower() not in WITHOUT_GRADIENT:
        own = lambda x: np.asarray(slope(x, *plain))
    else:
        own = _own_jacobian(jac, args)
    found = _optimize.minimize(
        lambda x: data_of(both(x, *plain)), start, (), method, own, _own_jacobian(hess, args),
        bounds=bounds, constraints=constraints, tol=tol, **params,
    )  # fmt: skip
    found.fun = np.float64(found.fun)
    if traced:
        found.x = custom_root(slope, found.x, lambda r, x: x, *floats)
        found.fun = f(found.x, *floats)
    return found
