"""Newton's method and its relatives: steps that know how the loss bends.

Newton's step jumps to the minimum of the parabola that touches the loss. `newton` solves with the whole Hessian,
`newton_cg` with a few products Hessian × vector. Both ask the loss for more than its gradient, hence are bound to it
(`minimize` does that): an algorithm that has `bind` instead of an update.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import HyperparameterError
from ..jacobians import hessian
from ..transforms import grad, linearize
from ..trees import Tree
from .curvature import Vector, as_vector
from .dials import positive, whole
from .line_search import backtracking
from .stages import Algorithm, State, not_bound

Loss = Callable[..., Any]


def newton(learning_rate: float = 1.0) -> Algorithm:
    """The jump to the minimum of the touching parabola: θ ← θ − η H⁻¹ ∇L(θ), with H the Hessian at θ.

    Near a minimum the number of correct digits doubles at every step. Far from one it may go anywhere, even up, to the
    nearest point of zero slope (`damped_newton` does not). Forming H takes n passes, solving n³/3 multiplications.

    Raises
    ------
    HyperparameterError
        While it runs, if the Hessian is singular.

    References
    ----------
    I. Newton (1711). De analysi per aequationes numero terminorum infinitas.

    Examples
    --------
    A quadratic takes one step:

    >>> from tinygrad_edu.optim import minimize
    >>> bowl = lambda p: 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2
    >>> print(minimize(bowl, np.array([-1.0, 2.0]), newton(), epochs=1).params)
    [2. 0.]
    """
    rate = positive(learning_rate)

    def update(f: Loss, x: Vector, g: Vector) -> Vector:
        try:
            return x - rate * np.linalg.solve(hessian(f)(x), g)
        except np.linalg.LinAlgError:
            raise HyperparameterError(
                "newton: the Hessian is singular: along some direction the loss does not bend. Expected a loss "
                "with one minimum; damped_newton() or levenberg_marquardt() go on where there are many"
            ) from None

    return _bound("Newton", {"learning_rate": rate}, update)


def damped_newton(floor: float = 1e-8, learning_rate: float = 1.0) -> Algorithm:
    """Newton's step made safe: always downhill, and never further than the loss falls.

    θ ← θ − t |H|⁻¹ ∇L(θ), where |H| has the eigenvectors of H and the sizes of its eigenvalues, at least `floor` times
    the largest: a direction of descent even at a saddle. t comes from backtracking, from η on.

    References
    ----------
    J. Greenstadt (1967). On the relative efficiencies of gradient methods. Mathematics of Computation 21, 360-367.
    """
    least, rate = positive(floor, "floor"), positive(learning_rate)

    def update(f: Loss, x: Vector, g: Vector) -> Vector:
        values, vectors = np.linalg.eigh(hessian(f)(x))
        sizes = np.maximum(np.abs(values), max(least * float(np.max(np.abs(values), initial=0.0)), 1e-300))
        return _downhill(f, x, g, -(vectors @ (vectors.T @ g / sizes)), rate)

    return _bound("damped Newton", {"floor": least, "learning_rate": rate}, update)


def newton_cg(products: int = 100, learning_rate: float = 1.0) -> Algorithm:
    """Newton's step for many parameters: H d = −∇L solved by conjugate gradients, from products H × v alone.

    They end when the residual is min(½, √‖∇L‖) ‖∇L‖, which keeps the convergence faster than linear; after `products`;
    or at a direction along which the loss bends downwards, which is then not gone. The length comes from backtracking.

    References
    ----------
    R. S. Dembo, T. Steihaug (1983). Truncated-Newton algorithms for large-scale unconstrained optimization.
    Mathematical Programming 26, 190-212.
    B. A. Pearlmutter (1994). Fast exact multiplication by the Hessian. Neural Computation 6, 147-160.
    """
    most, rate = whole(products, "number of products"), positive(learning_rate)

    def update(f: Loss, x: Vector, g: Vector) -> Vector:
        _, times_hessian = linearize(grad(f), x)
        length = float(np.linalg.norm(g))
        return _downhill(f, x, g, conjugate_gradients(times_hessian, -g, min(0.5, length**0.5) * length, most), rate)

    return _bound("Newton-CG", {"products": most, "learning_rate": rate}, update)


def conjugate_gradients(product: Callable[[Vector], Vector], b: Vector, tolerance: float, most: int) -> Vector:
    """d with A d ≈ b from products with the symmetric A; what was found so far where A does not bend upwards.

    References
    ----------
    M. R. Hestenes, E. Stiefel (1952). Methods of conjugate gradients for solving linear systems. Journal of Research of
    the National Bureau of Standards 49, 409-436.

    Examples
    --------
    >>> conjugate_gradients(lambda v: np.array([[2.0, 1.0], [1.0, 3.0]]) @ v, np.array([3.0, 4.0]), 1e-12, 2).round(9)
    array([1., 1.])
    """
    d, residual, v = np.zeros_like(b), b, b
    for _ in range(most):
        if np.linalg.norm(residual) <= tolerance:
            break
        image = product(v)
        bend, squared = v @ image, residual @ residual
        if not bend > 0:
            return d if np.any(d) else b
        d = d + squared / bend * v
        residual = residual - squared / bend * image
        v = residual + (residual @ residual) / squared * v
    return d


def _bound(name: str, numbers: dict[str, Any], step: Callable[[Loss, Vector, Vector], Vector]) -> Algorithm:
    """An algorithm of vectors, step(loss, x, gradient) → new x, as one of trees that waits for its loss."""

    def bind(loss: Loss, data: tuple[Any, ...]) -> Algorithm:
        def update(gradient: Tree, state: State, params: Tree) -> tuple[Tree, State]:
            x, rebuild = as_vector(params)
            f = lambda v: loss(rebuild(v), *data)
            return rebuild(step(f, x, as_vector(gradient)[0])), state

        return Algorithm(name, _nothing, update, numbers, overshoot=np.inf)

    return Algorithm(name, _nothing, not_bound, numbers, overshoot=np.inf, bind=bind)


def _nothing(params: Tree) -> State:
    return ()


def _downhill(f: Loss, x: Vector, g: Vector, d: Vector, first: float) -> Vector:
    """The point along d where the loss has fallen enough."""
    if not (slope := float(g @ d)) < 0:
        return x
    with np.errstate(over="ignore", invalid="ignore"):
        return x + backtracking(lambda t: float(f(x + t * d)), float(f(x)), slope, first) * d
