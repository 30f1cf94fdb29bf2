"""Sums of squares: a loss ½‖r(θ)‖² whose bend is known from first derivatives alone.

Where the residuals r are small or nearly straight, JᵀJ is the Hessian, with J the Jacobian of r. So Newton's step needs
no second derivatives: it is the linear least-squares problem J d ≈ −r (Gauss), with a leash where that leads too far
(Levenberg, Marquardt).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..jacobians import jacobian
from ..trees import Tree
from .curvature import Vector, as_vector
from .dials import positive, whole
from .line_search import backtracking
from .minimizing import Result, minimize
from .stages import Algorithm, State, not_bound

Residuals = Callable[..., Any]


def half_squares(residuals: Residuals) -> Callable[..., Any]:
    """The loss ½ Σ rᵢ² of a function that returns residuals.

    >>> half_squares(lambda p, x, y: y - p * x)(2.0, np.array([1.0, 2.0]), np.array([3.0, 4.0]))
    np.float64(0.5)
    """

    def loss(params: Tree, *data: Any) -> Any:
        return np.sum(np.square(residuals(params, *data))) / 2

    return loss


def gauss_newton(residuals: Residuals, learning_rate: float = 1.0) -> Algorithm:
    """θ ← θ + t d, with d the shortest that makes ‖J d + r‖ least, and t from backtracking, from η on.

    Parameters
    ----------
    residuals : callable
        residuals(params, *data) → array. The loss that it minimises is `half_squares(residuals)`.
    learning_rate : float
        η, the first t.

    References
    ----------
    C. F. Gauss (1809). Theoria motus corporum coelestium in sectionibus conicis solem ambientium.
    """
    rate = positive(learning_rate)

    def update(r: Residuals, x: Vector, state: State) -> tuple[Vector, State]:
        value, matrix = _linearized(r, x)
        d = np.linalg.lstsq(matrix, -value)[0]
        slope = float((matrix @ d) @ value)
        if not slope < 0:
            return x, state
        return x + backtracking(lambda t: _half(r, x + t * d), float(value @ value) / 2, slope, rate) * d, state

    return _bound("Gauss-Newton", residuals, {"learning_rate": rate}, (), update)


def levenberg_marquardt(residuals: Residuals, damping: float = 1e-3, trials: int = 30) -> Algorithm:
    """θ ← θ + d with (JᵀJ + μ D) d = −Jᵀr, D the diagonal of JᵀJ: between Gauss-Newton (μ = 0) and a short descent.

    A step that makes the loss smaller is taken, and μ falls, to a third at best, the more the better the straight line
    foretold the loss; otherwise μ grows, by 2, 4, 8 ..., and the step is tried again. D makes it independent of the
    units of the parameters. It is found from J itself, by least squares, for JᵀJ has twice as few correct digits.

    Parameters
    ----------
    residuals : callable
        residuals(params, *data) → array. The loss that it minimises is `half_squares(residuals)`.
    damping : float
        The first μ.
    trials : int
        The most tries of one step; then the parameters stay, as they do at the minimum.

    References
    ----------
    K. Levenberg (1944). A method for the solution of certain non-linear problems in least squares. Quarterly of Applied
    Mathematics 2, 164-168.
    D. W. Marquardt (1963). An algorithm for least-squares estimation of nonlinear parameters. Journal of the Society
    for Industrial and Applied Mathematics 11, 431-441.
    H. B. Nielsen (1999). Damping parameter in Marquardt's method. Technical University of Denmark (how μ changes).
    """
    first, most = positive(damping, "damping"), whole(trials, "number of trials")

    def update(r: Residuals, x: Vector, mu: float) -> tuple[Vector, State]:
        value, matrix = _linearized(r, x)
        scale = np.sqrt(np.sum(matrix * matrix, axis=0))
        scale = np.where(scale > 0, scale, 1.0)
        loss, grows = float(value @ value) / 2, 2.0
        for _ in range(most):
            leash = np.diag(np.sqrt(mu) * scale)
            d = np.linalg.lstsq(np.vstack([matrix, leash]), np.concatenate([-value, np.zeros_like(x)]))[0]
            fall = loss - _half(r, x + d)
            promised = loss - float(np.sum((value + matrix @ d) ** 2)) / 2
            if fall > 0 and promised > 0:
                return x + d, max(mu * max(1 / 3, 1 - (2 * fall / promised - 1) ** 3), 1e-300)
            if promised <= 0 or not np.any(x + d != x):
                break
            mu, grows = mu * grows, grows * 2
        return x, first

    return _bound("Levenberg-Marquardt", residuals, {"damping": first, "trials": most}, first, update)


def least_squares(
    residuals: Residuals, start: Tree, *, data: Any = (), damping: float = 1e-3, **options: Any
) -> Result:
    """The parameters with the least sum of squared residuals, by Levenberg and Marquardt.

    Parameters
    ----------
    residuals : callable
        residuals(params, *data) → array.
    start, data, **options
        As for `minimize`.
    damping : float
        As for `levenberg_marquardt`.

    Examples
    --------
    A decay y = a exp(−b x), from four points on it:

    >>> x = np.array([0.0, 1.0, 2.0, 3.0])
    >>> residuals = lambda p, x, y: y - p["a"] * np.exp(-p["b"] * x)
    >>> found = least_squares(residuals, {"a": 1.0, "b": 0.0}, data=(x, 5 * np.exp(-0.7 * x)))
    >>> round(float(found.params["a"]), 6), round(float(found.params["b"]), 6)
    (5.0, 0.7)
    """
    algorithm = levenberg_marquardt(residuals, damping)
    return minimize(half_squares(residuals), start, algorithm, data=data, **options)


def _bound(
    name: str, residuals: Residuals, numbers: dict[str, Any], start: State, step: Callable[..., Any]
) -> Algorithm:
    """An algorithm of vectors, step(residuals, x, state) → (new x, state), that waits for the data."""

    def init(params: Tree) -> State:
        return start

    def bind(loss: Callable[..., Any], data: tuple[Any, ...]) -> Algorithm:
        def update(gradient: Tree, state: State, params: Tree) -> tuple[Tree, State]:
            x, rebuild = as_vector(params)
            moved, state = step(lambda v: np.ravel(residuals(rebuild(v), *data)), x, state)
            return rebuild(moved), state

        return Algorithm(name, init, update, numbers, overshoot=np.inf)

    return Algorithm(name, init, not_bound, numbers, overshoot=np.inf, bind=bind)


def _linearized(r: Residuals, x: Vector) -> tuple[Vector, NDArray[np.float64]]:
    return np.asarray(r(x), np.float64), np.asarray(jacobian(r)(x), np.float64)


def _half(r: Residuals, x: Vector) -> float:
    with np.errstate(over="ignore", invalid="ignore"):
        found = np.asarray(r(x))
        return float(found @ found) / 2
