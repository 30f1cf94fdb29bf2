"""Values that are defined by an equation: fixed points, roots, solutions of linear systems.

How such a value was found does not matter to its derivative. If r(x, a) = 0 near a solution x, then by the implicit
function theorem ∂r/∂x ẋ + ∂r/∂a ȧ = 0: one linear system gives the derivative in either mode, whatever number of steps
the solver took, and nothing of those steps is recorded. The rules call the same functions again on what they solve,
which is why derivatives of higher order come out right. What a function needs, it is given as an argument: `*args`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from .custom import _is_traced, _one_line
from .errors import ClosureError, GradientError
from .graph import is_recording, no_grad
from .runs import data_of
from .transforms import jvp, vjp
from .trees import Tree, flatten

Function = Callable[..., Any]


def fixed_point(f: Function, x0: Any, *args: Tree, tolerance: float = 1e-12, max_steps: int = 10_000) -> Any:
    """The x with x = f(x, *args), found by iterating f from x0; differentiable by the args.

    Parameters
    ----------
    f : callable
        ``f(x, *args)``, an array like x; a contraction near the solution.
    x0 : array
        Where to begin; the solution does not depend on it, so it has no gradient.
    *args : trees of arrays
        What f depends on.
    tolerance : float
        The iteration stops when no number changes by more than this, relative to the largest.
    max_steps : int
        When to give up.

    Raises
    ------
    GradientError
        If the iteration does not converge.

    Notes
    -----
    The derivative is a fixed point too, of w ↦ g + (∂f/∂x)ᵀ w, which converges as fast as the iteration itself.

    References
    ----------
    B. Christianson, "Reverse accumulation and attractive fixed points", Optimization Methods and Software 3 (1994).

    >>> import tinygrad_edu as tg
    >>> sqrt = lambda a: tg.fixed_point(lambda x, a: (x + a / x) / 2, 1.0, a)
    >>> print(sqrt(2.0).round(6), tg.grad(sqrt)(2.0).round(6))
    1.414214 0.353553
    """
    iterate = lambda g, x: _iterated(g, x, tolerance, max_steps)
    shrink = lambda matvec, b: iterate(lambda w: b + w - matvec(w), b)  # solves (1 - A) w = b
    residual = lambda x, *args: x - f(x, *args)
    return custom_root(residual, x0, lambda r, x: iterate(lambda x: x - r(x), x), *args, linear_solve=shrink)


def _iterated(f: Function, x: Any, tolerance: float, max_steps: int) -> Any:
    for _ in range(max_steps):
        before, x = x, f(x)
        if np.max(np.abs(x - before), initial=0) <= tolerance * np.max(np.abs(x), initial=1e-300):
            return x
    raise GradientError(
        f"fixed_point: no convergence in {max_steps} steps. Expected a contraction; begin nearer to the solution, damp "
        "the function (half of x plus half of f(x)), or raise tolerance or max_steps"
    )


def custom_root(residual: Function, x0: Any, solve: Function, *args: Tree, linear_solve: Function | None = None) -> Any:
    """The x with residual(x, *args) = 0, found by a solver of yours; differentiable by the args.

    Parameters
    ----------
    residual : callable
        ``residual(x, *args)``, an array like x.
    x0 : array
        Where the solver begins; it has no gradient.
    solve : callable
        ``solve(r, x0)`` returns the root of r, a function of x alone.
    *args : trees of arrays
        What the residual depends on.
    linear_solve : callable, optional
        ``linear_solve(matvec, b)`` returns the w with matvec(w) = b; by default the matrix is built, column by column.

    >>> import tinygrad_edu as tg
    >>> def bisection(r, x, low=0.0, high=4.0):
    ...     while high - low > 1e-12:
    ...         middle = (low + high) / 2
    ...         low, high = (middle, high) if r(middle) < 0 else (low, middle)
    ...     return low
    >>> cube_root = lambda a: tg.custom_root(lambda x, a: x**3 - a, 1.0, bisection, a)
    >>> print(tg.grad(cube_root)(8.0).round(6))  # 1/12
    0.083333
    """
    solver = linear_solve or dense_solve
    flat, rebuild = flatten(args)
    r = lambda x, *flat: residual(x, *rebuild(list(flat)))
    x0 = data_of(x0)
    x = _solved("custom_root", lambda *flat: solve(lambda x: r(x, *flat), x0), r, flat)
    if not is_recording() or not any(map(_is_traced, flat)):
        return x

    def reverse(g, y, *flat):
        transposed = lambda w, y, *flat: vjp(lambda x: r(x, *flat), y)[1](w)[0]
        w = custom_linear_solve(transposed, g, solver, y, *flat)
        return _pulled(lambda *flat: r(y, *flat), flat, -w)

    def forward(tangents, y, *flat):
        matvec = lambda t, y, *flat: jvp(lambda x: r(x, *flat), (y,), (t,))[1]
        return custom_linear_solve(matvec, -_pushed(lambda *flat: r(y, *flat), flat, tangents), solver, y, *flat)

    return _one_line("custom_root", flat, [x], lambda values: values[0], vjps=reverse, jvps=forward)


def custom_linear_solve(matvec: Function, b: Any, solve: Function | None = None, *args: Tree) -> Any:
    """The x with matvec(x, *args) = b, where matvec is linear in x; differentiable by b and by the args.

    Parameters
    ----------
    matvec : callable
        ``matvec(x, *args)``, an array like b.
    b : array
        The right side.
    solve : callable, optional
        ``solve(matvec, b)`` returns the x with matvec(x) = b, for a function of x alone, and for its transpose; by
        default the matrix is built, column by column. Conjugate gradients would do for a symmetric matvec.
    *args : trees of arrays
        What matvec depends on.

    >>> import tinygrad_edu as tg
    >>> total = lambda s, b: np.sum(tg.custom_linear_solve(lambda x, s: s * x, b, None, s))
    >>> gradients = tg.grad(total, (0, 1))(2.0, np.array([1.0, 3.0]))
    >>> print(*gradients)  # of Σ b / s
    -1.0 [0.5 0.5]
    """
    solver = solve or dense_solve
    flat, rebuild = flatten(args)
    A = lambda x, *flat: matvec(x, *rebuild(list(flat)))
    everything = [b, *flat]
    solution = lambda b, *flat: solver(lambda x: A(x, *flat), b)
    x = _solved("custom_linear_solve", solution, lambda x, b, *flat: A(x, *flat), everything)
    if not is_recording() or not any(map(_is_traced, everything)):
        return x

    def reverse(g, y, b, *flat):
        transposed = lambda w, *flat: vjp(lambda x: A(x, *flat), np.zeros_like(data_of(y)))[1](w)[0]
        w = custom_linear_solve(transposed, g, solver, *flat)
        return [w, *_pulled(lambda *flat: A(y, *flat), flat, -w)]

    def forward(tangents, y, b, *flat):
        moved = _pushed(lambda *flat: A(y, *flat), flat, tangents[1:])
        right = -moved if tangents[0] is None else tangents[0] - moved
        return custom_linear_solve(A, right, solver, *flat)

    return _one_line("custom_linear_solve", everything, [x], lambda values: values[0], vjps=reverse, jvps=forward)


def dense_solve(matvec: Function, b: Any) -> Any:
    """Build the matrix of a linear map, column by column, and solve with it: for some hundreds of unknowns.

    >>> dense_solve(lambda x: 2 * x, np.array([2.0, 4.0]))
    array([1., 2.])
    """
    b = np.asarray(b)
    columns = [np.ravel(matvec(np.reshape(unit, b.shape))) for unit in np.eye(b.size, dtype=b.dtype)]
    return np.reshape(np.linalg.solve(np.stack(columns, axis=1), np.ravel(b)), b.shape) if b.size else b


def _solved(name: str, solution: Function, equation: Function, flat: list[Any]) -> Any:
    """The solver's result, of arrays alone and without a record; the equation may look at its arguments only."""
    plain = list(map(data_of, flat))
    with no_grad():
        x = np.asarray(data_of(solution(*plain)))[()]
    if is_recording() and _is_traced(equation(x, *plain)):
        raise ClosureError(f"{name}: a function uses a traced Tensor that is none of its arguments. Pass it in *args")
    return x


def _inexact(flat: Any) -> list[int]:
    return [i for i, v in enumerate(flat) if np.asarray(data_of(v)).dtype.kind in "fc"]


def _pulled(f: Function, flat: Any, g: Any) -> list[Any]:
    """The cotangents of f's arguments; None for those that are no floats."""
    places = _inexact(flat)
    if not places:
        return [None] * len(flat)
    found = iter(vjp(lambda *some: f(*_replaced(flat, places, some)), *(flat[i] for i in places))[1](g))
    return [next(found) if i in places else None for i in range(len(flat))]


def _pushed(f: Function, flat: Any, tangents: Any) -> Any:
    """The tangent of f, of the arguments that have one."""
    places = [i for i, t in enumerate(tangents) if t is not None]
    if not places:
        return np.float64(0)
    primals, given = [flat[i] for i in places], [tangents[i] for i in places]
    return jvp(lambda *some: f(*_replaced(flat, places, some)), primals, given)[1]


def _replaced(flat: Any, places: list[int], some: Any) -> list[Any]:
    new = dict(zip(places, some, strict=True))
    return [new.get(i, v) for i, v in enumerate(flat)]
