"""Integrals of samples, of functions, and of differential equations.

The rules of Simpson and of the trapezoids are sums. What a solver finds by steps of its own choice (`quad`,
`solve_ivp`, `odeint`) is differentiated as the object that it approximates: an integral by integrating the derivative,
a trajectory by solving its adjoint equation backwards. These call the same functions again, and so differentiate to
any order; what the integrand or the equation depends on, it is given by `args`.

References
----------
L. Pontryagin et al. (1962), The Mathematical Theory of Optimal Processes.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from scipy import integrate as _integrate

from ..custom import custom_vjp
from ..errors import NoRuleError
from ..runs import data_of
from ..transforms import vjp
from ..trees import tree_map
from .arguments import double, is_traced, refuse_closures, split_args
from .dispatch import as_array

__all__ = ["cumulative_trapezoid", "odeint", "quad", "simpson", "solve_ivp", "trapezoid"]


# --- samples ----------------------------------------------------------------------------------------------------------


def _samples(y, x, dx, axis):
    """The samples along the last axis, and the function that gives some of the distances between them."""
    y = np.moveaxis(as_array(y), axis, -1)
    if x is None:
        return y, lambda part: dx
    x = as_array(x)
    h = np.diff(x if x.ndim == 1 else np.moveaxis(x, axis, -1), axis=-1)
    return y, lambda part: h[..., part]


def trapezoid(y, x=None, dx=1.0, axis=-1):
    """The same as `scipy.integrate.trapezoid`: straight lines between the samples."""
    y, h = _samples(y, x, dx, axis)
    return np.sum(h(slice(None)) * (y[..., 1:] + y[..., :-1]), axis=-1) / 2


def cumulative_trapezoid(y, x=None, dx=1.0, axis=-1, initial=None):
    """The same as `scipy.integrate.cumulative_trapezoid`: the integrals up to each sample."""
    y, h = _samples(y, x, dx, axis)
    found = np.cumsum(h(slice(None)) * (y[..., 1:] + y[..., :-1]) / 2, axis=-1)
    if initial is not None:
        found = np.concatenate([np.zeros_like(found[..., :1]) + initial, found], -1)
    return np.moveaxis(found, -1, axis)


def simpson(y, x=None, *, dx=1.0, axis=-1):
    """The same as `scipy.integrate.simpson`: parabolas through three samples each.

    Of an even number of samples the last parabola counts over its last interval alone (Cartwright 2017).
    """
    y, h = _samples(y, x, dx, axis)
    n = y.shape[-1]
    if n <= 2:
        return np.sum(h(slice(None)) * (y[..., 1:] + y[..., :-1]), axis=-1) / 2
    odd = n if n % 2 else n - 1
    a, b = h(slice(0, odd - 1, 2)), h(slice(1, odd - 1, 2))
    left, middle, right = y[..., 0 : odd - 2 : 2], y[..., 1 : odd - 1 : 2], y[..., 2:odd:2]
    parts = (a + b) / 6 * (left * (2 - b / a) + middle * ((a + b) ** 2 / (a * b)) + right * (2 - a / b))
    total = np.sum(parts, axis=-1)
    if odd < n:
        a, b = h(-2), h(-1)
        total = total + y[..., -1] * ((2 * b * b + 3 * a * b) / (6 * (a + b)))
        total = total + y[..., -2] * ((b * b + 3 * a * b) / (6 * a)) - y[..., -3] * (b**3 / (6 * a * (a + b)))
    return total


# --- functions --------------------------------------------------------------------------------------------------------


def _in_one(arrays):
    """Arrays one after the other in one vector, and the function that takes them apart again."""
    shapes = [np.shape(x) for x in arrays]
    ends = np.cumsum([math.prod(shape) for shape in shapes]).tolist()
    apart = lambda v: [
        np.reshape(v[end - math.prod(shape) : end], shape) for end, shape in zip(ends, shapes, strict=True)
    ]
    return np.concatenate([np.ravel(x) for x in arrays]) if arrays else np.zeros(0), apart


def _integral(f, a, b, args, compute, options):
    """∫ f(x, *args) dx, of which the rules are integrals: of ∂f/∂args, and f at the ends."""

    def backward(kept, g):
        a, b, args = kept
        apart = _in_one(args)[1]
        slope = lambda x, g, *args: _in_one(vjp(lambda *args: f(x, *args), *args)[1](g))[0]
        found: Any = apart(_integral(slope, a, b, (g, *args), _vector, options)) if args else ()
        at = lambda end: np.sum(g * f(end, *args)) if np.isfinite(data_of(end)) else np.zeros_like(end)
        return -at(a), at(b), tuple(found)

    @custom_vjp
    def quad(a, b, args):
        return compute(lambda x: f(x, *args), a, b, options)

    quad.defvjp(lambda a, b, args: (quad(a, b, args), (a, b, args)), backward)
    return quad(a, b, args)


def _vector(f, a, b, options):
    return _integrate.quad_vec(f, a, b, options["epsabs"], options["epsrel"], norm="max", limit=options["limit"])[0]


def quad(
    func, a, b, args=(), full_output=0, epsabs=1.49e-8, epsrel=1.49e-8, limit=50, points=None, weight=None, **params
):
    """The same as `scipy.integrate.quad`, differentiable in both ends and in the args.

    >>> import numpy as np, tinygrad_edu as tg
    >>> from tinygrad_edu.scipy.integrate import quad
    >>> print(round(float(tg.grad(lambda k: quad(lambda x, k: np.exp(-k * x), 0, np.inf, (k,))[0])(2.0)), 8))
    -0.25
    """
    options = {"epsabs": epsabs, "epsrel": epsrel, "limit": limit}
    f, floats = split_args(func, args, 1)
    plain = tree_map(data_of, (a, b, floats))
    whole = lambda f, a, b, options: _integrate.quad(
        f, a, b, (), full_output, points=points, weight=weight, **options, **params
    )
    found = list(whole(lambda x: data_of(f(x, *plain[2])), plain[0], plain[1], options))
    found[0] = np.float64(found[0])
    middle = (plain[0] + plain[1]) / 2 if np.isfinite(plain[0]) and np.isfinite(plain[1]) else 0.5
    refuse_closures("quad", f(middle, *plain[2]))
    if not is_traced((a, b, floats)):
        return tuple(found)
    if weight is not None:
        raise NoRuleError("quad has no rule for weight=. Write the weight into the function")
    value = _integral(f, double(a), double(b), floats, lambda *call: np.float64(whole(*call)[0]), options)
    return (value, *found[1:])


# --- differential equations -------------------------------------------------------------------------------------------


def _field(f):
    """The right side of an equation, of which user functions often return a list."""

    def field(*args):
        y = f(*args)
        return np.stack([as_array(v) for v in y]) if isinstance(y, list | tuple) else np.reshape(y, (-1,))

    return field


def _trajectory(f, y0, times, args, solve, again):
    """The solution of ẏ = f(t, y, *args) at the times, the first of which is the start: (times, numbers).

    Its cotangents solve ȧ = -(∂f/∂y)ᵀ a from the last time backwards, jumping where the trajectory was read.
    """

    n = y0.shape[0]

    def adjoint(t, z, *args):
        value, pull = vjp(lambda y, *args: f(t, y, *args), z[:n], *args)
        cotangents, _ = _in_one([-c for c in pull(z[n : 2 * n])])
        return np.concatenate([value, cotangents])

    def backward(kept, g):
        ys, times, args = kept
        more, apart = _in_one([np.zeros_like(x) for x in args])
        state, moved = np.concatenate([g[-1] * 0, more.astype(g.dtype)]), []
        for i in range(times.shape[0] - 1, 0, -1):
            moved.append(np.sum(g[i] * f(times[i], ys[i], *args)))
            start = np.concatenate([ys[i], state[:n] + g[i], state[n:]])
            span = np.stack([times[i], times[i - 1]])
            state = _trajectory(adjoint, start, span, args, again, again)[-1][n:]
        first = -np.sum(state[:n] * f(times[0], ys[0], *args))
        return state[:n] + g[0], np.stack([first, *moved[::-1]]), tuple(apart(state[n:]))

    @custom_vjp
    def trajectory(y0, times, args):
        return solve(lambda t, y: f(t, y, *args), y0, times)

    def forward(y0, times, args):
        ys = trajectory(y0, times, args)
        return ys, (ys, times, args)

    trajectory.defvjp(forward, backward)
    return trajectory(y0, times, args)


def _start(y0):
    y0 = np.stack([as_array(v) for v in y0]) if isinstance(y0, list | tuple) else np.atleast_1d(as_array(y0))
    return double(y0)


OWN = ("jac", "jac_sparsity", "lband", "uband", "vectorized", "first_step")
"""Options that speak of one equation, and not of its adjoint."""


def solve_ivp(
    fun, t_span, y0, method="RK45", t_eval=None, dense_output=False, events=None, vectorized=False, args=None, **options
):
    """The same as `scipy.integrate.solve_ivp`, differentiable in y0, the args, and all times, by the adjoint equation.

    The gradient is as exact as the solution: choose `rtol` and `atol` for both.

    >>> import numpy as np, tinygrad_edu as tg
    >>> from tinygrad_edu.scipy.integrate import solve_ivp
    >>> end = lambda k: solve_ivp(lambda t, y, k: -k * y, (0, 1), [1.0], args=(k,), rtol=1e-9, atol=1e-9).y[0, -1]
    >>> print(round(float(tg.grad(end)(2.0)), 6))  # -exp(-2)
    -0.135335
    """
    f, floats = split_args(fun, () if args is None else args, 2)
    plain_f, y0 = _field(f), _start(y0)
    plain = tree_map(data_of, (tuple(t_span), y0, floats, t_eval))
    found = _integrate.solve_ivp(
        lambda t, y: data_of(plain_f(t, y, *plain[2])), plain[0], plain[1], method, plain[3], dense_output, events,
        vectorized, **options,
    )  # fmt: skip
    refuse_closures("solve_ivp", plain_f(plain[0][0], plain[1], *plain[2]))
    if not is_traced((t_span, y0, floats, t_eval)) or not found.success:
        return found
    if dense_output or events is not None:
        raise NoRuleError("solve_ivp has no rule for events and dense_output. Say the times that you need by t_eval")
    read = found.t if t_eval is None else double(as_array(t_eval))
    t0, t1 = (double(t) for t in t_span)
    before = [t0] if t_eval is None or found.t[0] != plain[0][0] else []
    after = [t1] if t_eval is None or found.t[-1] != plain[0][1] else []
    inner = read[1:-1] if t_eval is None else read
    times = np.concatenate([np.reshape(t, (-1,)) for t in (*before, inner, *after)])

    def solver(**options):
        def solve(f, y0, times):
            ends = (times[0], times[-1])
            return np.ascontiguousarray(_integrate.solve_ivp(f, ends, y0, method, times, **options).y.T)

        return solve

    adjoint = {name: value for name, value in options.items() if name not in OWN}
    ys = _trajectory(plain_f, y0, times, floats, solver(vectorized=vectorized, **options), solver(**adjoint))
    skipped = len(before) if t_eval is not None else 0
    found.y = ys[skipped : skipped + read.shape[0]].T
    found.t = times if t_eval is None else t_eval
    return found


def odeint(func, y0, t, args=(), full_output=0, tfirst=False, **options):
    """The same as `scipy.integrate.odeint`, differentiable in y0, the times and the args, by the adjoint equation."""
    if full_output:
        raise NoRuleError("odeint: full_output is not offered. Leave it away")
    f, floats = split_args(func if tfirst else lambda t, y, *args: func(y, t, *args), args, 2)
    field, y0, times = _field(f), _start(y0), double(as_array(t))
    plain = tree_map(data_of, (y0, times, floats))
    refuse_closures("odeint", field(plain[1][0], plain[0], *plain[2]))
    own = ("Dfun", "col_deriv", "ml", "mu", "h0")
    solver = lambda options: lambda f, y0, times: _integrate.odeint(f, y0, times, tfirst=True, **options)
    adjoint = {name: value for name, value in options.items() if name not in own}
    return _trajectory(field, y0, times, floats, solver(options), solver(adjoint))
