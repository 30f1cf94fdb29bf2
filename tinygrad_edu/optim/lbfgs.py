"""L-BFGS: Newton's direction from nothing but the last few gradients.

How the gradient changed along the last steps tells how the loss bends in those directions. With m pairs of steps and
changes a product with an inverse Hessian takes 4 m n multiplications, and no matrix is ever formed.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, NamedTuple

import numpy as np

from ..errors import HyperparameterError
from ..transforms import value_and_grad
from ..trees import Tree
from .curvature import Vector, as_vector
from .dials import positive, whole
from .line_search import backtracking, strong_wolfe
from .stages import Algorithm, not_bound

FLAT = 1e-10  # a change of the gradient below this share of its length says nothing about the bend
Evaluate = Callable[[Tree], tuple[Any, Tree]]


class LbfgsState(NamedTuple):
    """What L-BFGS remembers, always of one structure: steps taken, the last step and gradient, and m earlier pairs.

    Pairs of steps and changes that are not there yet are zeros. `value` and `expected` are the loss and the gradient
    that the line search met at the new point: they spare an evaluation of the loss if the next gradient is that one.
    """

    taken: int
    step: Vector
    gradient: Vector
    steps: tuple[Vector, ...]
    changes: tuple[Vector, ...]
    value: float
    expected: Vector


def lbfgs(
    learning_rate: float = 1.0,
    memory: int = 10,
    line_search: Literal["strong_wolfe", "backtracking"] | None = "strong_wolfe",
) -> Algorithm:
    """Limited-memory BFGS: θ ← θ − t H ∇L(θ), with H the inverse Hessian that the last m steps let one guess.

    From steps s and changes y of the gradient, H is γI corrected by one rank-two update for each pair,
    H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ, with ρ = 1/sᵀy and γ = sᵀy/yᵀy of the last pair. Pairs of steps along
    which the loss does not bend upwards are left out, so that H stays positive definite.

    Parameters
    ----------
    learning_rate : float
        t without a line search, and the first t of one. The very first step is shortened to η min(1, 1/‖∇L‖₁).
    memory : int
        m, how many pairs are remembered.
    line_search : {"strong_wolfe", "backtracking", None}
        How t is chosen. The first makes sure that sᵀy > 0. With None the loss is never asked for its value.

    Returns
    -------
    Algorithm
        With a line search it is bound to a loss before it runs, as `minimize` does.

    References
    ----------
    D. C. Liu, J. Nocedal (1989). On the limited memory BFGS method for large scale optimization. Mathematical
    Programming 45, 503-528.

    Examples
    --------
    >>> from tinygrad_edu.optim import minimize
    >>> banana = lambda p: (1 - p[0]) ** 2 + 100 * (p[1] - p[0] ** 2) ** 2
    >>> minimize(banana, np.array([-1.2, 1.0]), lbfgs()).params.round(6)
    array([1., 1.])
    """
    rate, most = positive(learning_rate), whole(memory, "memory")
    numbers = {"learning_rate": rate, "memory": most, "line_search": line_search}
    if line_search not in (None, "strong_wolfe", "backtracking"):
        raise HyperparameterError(f"line_search is {line_search!r}. Expected 'strong_wolfe', 'backtracking' or None")
    if line_search is None:
        return Algorithm("L-BFGS", _start(most), _update(rate, None, None), numbers, overshoot=np.inf, remake=lbfgs)

    def bind(loss: Callable[..., Any], data: tuple[Any, ...]) -> Algorithm:
        both = value_and_grad(loss)
        return searching(lambda params: both(params, *data), rate, most, line_search)

    return Algorithm("L-BFGS", _start(most), not_bound, numbers, overshoot=np.inf, bind=bind, remake=lbfgs)


def searching(evaluate: Evaluate, rate: float, memory: int, line_search: str | None) -> Algorithm:
    """L-BFGS bound to what gives the value of the loss and its gradient."""
    numbers = {"learning_rate": rate, "memory": memory, "line_search": line_search}
    update = _update(rate, evaluate if line_search else None, line_search)
    return Algorithm("L-BFGS", _start(memory), update, numbers, overshoot=np.inf)


def _start(memory: int) -> Callable[[Tree], LbfgsState]:
    def init(params: Tree) -> LbfgsState:
        nothing = np.zeros_like(as_vector(params)[0])
        return LbfgsState(0, nothing, nothing, (nothing,) * memory, (nothing,) * memory, np.nan, nothing)

    return init


def _update(rate: float, evaluate: Evaluate | None, line_search: str | None) -> Callable[..., Any]:
    def update(gradient: Tree, state: LbfgsState, params: Tree) -> tuple[Tree, LbfgsState]:
        x, rebuild = as_vector(params)
        g = as_vector(gradient)[0]
        steps, changes = _remembered(state, g)
        d = direction(g, steps, changes)
        first = rate if state.taken else rate * min(1.0, 1 / max(float(np.sum(np.abs(g))), 1e-300))
        if evaluate is None:  # no line search
            step, value, expected = first * d, np.nan, state.expected
        else:
            known = np.isfinite(state.value) and np.array_equal(g, state.expected)
            now = state.value if known else float(evaluate(params)[0])
            t, value, expected = _search(lambda t: _flat(evaluate(rebuild(x + t * d))), now, g, d, first, line_search)
            step = t * d
            if t == 0:  # no way down along d: the pairs mislead, and the next step starts afresh along the gradient
                steps = changes = (np.zeros_like(g),) * len(steps)
        return rebuild(x + step), LbfgsState(state.taken + 1, step, g, steps, changes, value, expected)

    return update


def _remembered(state: LbfgsState, g: Vector) -> tuple[tuple[Vector, ...], tuple[Vector, ...]]:
    """The pairs with the last step's in place of the oldest, if the loss bends upwards along it."""
    change = g - state.gradient
    if not state.taken or not change @ state.step > FLAT * (change @ change):
        return state.steps, state.changes
    return (*state.steps[1:], state.step), (*state.changes[1:], change)


def direction(g: Vector, steps: tuple[Vector, ...], changes: tuple[Vector, ...]) -> Vector:
    """−H g by the two-loop recursion: through the corrections backwards, then forwards.

    Examples
    --------
    A quadratic in two dimensions is known after two steps in two directions:

    >>> hessian = np.array([[2.0, 1.0], [1.0, 3.0]])
    >>> steps = np.array([1.0, 0.0]), np.array([-1.0, 2.0])  # conjugate: the one times the Hessian times the other is 0
    >>> direction(np.array([3.0, 4.0]), steps, tuple(hessian @ s for s in steps))
    array([-1., -1.])
    """
    q, shares = -g, []
    tiny = np.finfo(g.dtype).tiny  # a change of the gradient that rounds to nothing tells nothing
    pairs = [(s, y) for s, y in zip(steps, changes, strict=True) if s @ y > tiny and y @ y > tiny]
    for s, y in reversed(pairs):
        shares.append(s @ q / (s @ y))
        q = q - shares[-1] * y
    if pairs:
        q = (pairs[-1][0] @ pairs[-1][1]) / (pairs[-1][1] @ pairs[-1][1]) * q
    for (s, y), share in zip(pairs, reversed(shares), strict=True):
        q = q + (share - y @ q / (s @ y)) * s
    return q


def _search(
    along: Callable[[float], tuple[float, Vector]], value: float, g: Vector, d: Vector, first: float, kind: str | None
) -> tuple[float, float, Vector]:
    """The step length, and the loss and the gradient there. At the minimum, where the slope is 0, it is 0."""
    slope, met = float(g @ d), {0.0: (value, g)}

    def phi(t: float) -> tuple[float, float]:
        with np.errstate(over="ignore", invalid="ignore"):
            met[t] = along(t)
        return met[t][0], float(met[t][1] @ d)

    if slope >= 0 or not np.isfinite(value):
        return 0.0, value, g
    if kind == "backtracking":
        t = backtracking(lambda t: phi(t)[0], value, slope, first)
    else:
        t = strong_wolfe(phi, value, slope, first).t
    return t, *met[t]


def _flat(found: tuple[Any, Tree]) -> tuple[float, Vector]:
    return float(found[0]), as_vector(found[1])[0]
