"""Update rules: what to do with a gradient.

An algorithm is a pair of pure functions. `init(params)` makes the state that it remembers from step to step;
`update(gradient, state, params)` gives the new parameters and the new state. Nothing is changed in place, so a step
can be repeated, kept or thrown away, and the whole of the mathematics is in one line each. All parameters move
simultaneously: every one of them by the gradient at the old point.

With `learning_rate="auto"` the algorithm waits for the curvature of the loss (`curvature`), and sets its own numbers
by theory; `minimize` measures it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..errors import HyperparameterError
from ..trees import Tree, tree_map
from .curvature import Curvature

STEEPER = 1.05  # Polyak's numbers are stable up to λ and not beyond, and a few products find λ a little too low
FLATTEST = 1e-6  # a valley that is flatter than this has Polyak's ball roll for more steps than a run has

Rate = float | Literal["auto"]
State = Any


def _not_tuned(*_: Any) -> Any:
    raise HyperparameterError(
        "learning_rate='auto' is not a number yet. Expected a curvature first, which minimize measures by itself: "
        "algorithm = algorithm.tune(curvature(loss, params))"
    )


@dataclass(frozen=True)
class Algorithm:
    """A way to descend: a pair of pure functions, and the numbers they were made with.

    Parameters
    ----------
    name : str
        For reports.
    init : callable
        init(params) → state.
    update : callable
        update(gradient, state, params) → (new params, new state).
    hyperparameters : dict of str to float
        The numbers that a person chose, or that `tune` did.
    tune : callable, optional
        tune(curvature) → Algorithm, of an algorithm whose learning rate is "auto".
    overshoot : float
        How many times its first height above the minimum the loss may reach on a bowl before it settles. Beyond that
        the rule has diverged. 1, as for gradient descent: a loss that rises will rise for ever.
    """

    name: str
    init: Callable[[Tree], State] = field(default=_not_tuned, repr=False)
    update: Callable[[Tree, State, Tree], tuple[Tree, State]] = field(default=_not_tuned, repr=False)
    hyperparameters: dict[str, float] = field(default_factory=dict)
    tune: Callable[[Curvature], Algorithm] | None = field(default=None, repr=False)
    overshoot: float = field(default=1.0, repr=False)


def gradient_descent(learning_rate: Rate = "auto") -> Algorithm:
    """A step against the gradient: θ ← θ − η ∇L(θ).

    Whether it is full-batch, mini-batch or stochastic gradient descent depends on the examples behind the gradient
    (`minimize(..., batch_size=)`), not on this rule.

    Parameters
    ----------
    learning_rate : float or "auto"
        η > 0, the step size. "auto" takes 1/λ, with λ the largest eigenvalue of the Hessian at the start.

    Raises
    ------
    HyperparameterError
        If the rate is no positive number.

    References
    ----------
    A.-L. Cauchy (1847). Méthode générale pour la résolution des systèmes d'équations simultanées. Comptes rendus 25.

    Examples
    --------
    A gradient of (4, −1) and a rate of 0.1 move the weights by −0.4 and +0.1:

    >>> descent = gradient_descent(0.1)
    >>> weights = {"w0": 0.0, "w1": 0.0}
    >>> weights, state = descent.update({"w0": 4.0, "w1": -1.0}, descent.init(weights), weights)
    >>> weights
    {'w0': -0.4, 'w1': 0.1}
    """
    if learning_rate == "auto":
        return Algorithm("gradient descent", tune=lambda bend: gradient_descent(bend.safe_rate))
    rate = _positive(learning_rate)

    def update(gradient: Tree, state: State, params: Tree) -> tuple[Tree, State]:
        return tree_map(lambda p, g: p - rate * g, params, gradient), state

    return Algorithm("gradient descent", lambda params: (), update, {"learning_rate": rate})


sgd = gradient_descent
"""The same rule under the name it has when `minimize` feeds it mini-batches (`batch_size=32`) or single examples."""


def momentum(learning_rate: Rate = "auto", decay: float | None = None) -> Algorithm:
    """A heavy ball, which keeps part of its velocity: v ← β v − η ∇L(θ), then θ ← θ + v.

    In a long valley the plain gradient points across rather than along; the velocity averages the crossings out. On a
    bowl with eigenvalues μ to λ, the best numbers are η = 4/(√λ + √μ)² and β = ((√λ − √μ)/(√λ + √μ))²; the error
    then shrinks by √β a step, where gradient descent has at best (λ − μ)/(λ + μ). The ball settles for η < 2(1 + β)/λ,
    but it may first climb: up to ((1 + β)/(1 − β))² times as high above the minimum as it started.

    Parameters
    ----------
    learning_rate : float or "auto"
        η > 0. "auto" takes the numbers above where the curvature at the start is that of a bowl (μ > 0), else 1/λ;
        with 5 % more than λ, since they stand at the edge of what is stable, and with μ at least λ/10⁶.
    decay : float, optional
        β, from 0 (plain gradient descent) to below 1. By default 0.9, or the number above with "auto".

    Raises
    ------
    HyperparameterError
        If the rate is no positive number, or the decay not in [0, 1).

    References
    ----------
    B. T. Polyak (1964). Some methods of speeding up the convergence of iteration methods. USSR Computational
    Mathematics and Mathematical Physics 4 (5), 1-17.

    Examples
    --------
    >>> ball = momentum(0.1, decay=0.5)
    >>> w, v = 0.0, ball.init(0.0)
    >>> for _ in range(3):
    ...     w, v = ball.update(1.0, v, w)
    ...     print(round(w, 3))
    -0.1
    -0.25
    -0.425
    """
    if decay is not None and not 0 <= decay < 1:
        raise HyperparameterError(f"the decay is {decay!r}. Expected a number from 0 to below 1, such as 0.9")
    if learning_rate == "auto":
        return Algorithm("momentum", tune=lambda bend: _polyak(bend, decay))
    rate, kept = _positive(learning_rate), 0.9 if decay is None else float(decay)

    def update(gradient: Tree, velocity: State, params: Tree) -> tuple[Tree, State]:
        velocity = tree_map(lambda v, g: kept * v - rate * g, velocity, gradient)
        return tree_map(lambda p, v: p + v, params, velocity), velocity

    def init(params: Tree) -> State:
        return tree_map(lambda p: 0.0 * p, params)

    # Along an eigenvector the error after k steps is S_k − β S_{k−1} times the first, with |S_k| ≤ 1 + β + β² + ...
    overshoot = ((1 + kept) / (1 - kept)) ** 2
    return Algorithm("momentum", init, update, {"learning_rate": rate, "decay": kept}, overshoot=overshoot)


def _polyak(bend: Curvature, decay: float | None) -> Algorithm:
    if decay is not None or not bend.is_bowl:
        return momentum(bend.safe_rate, decay)
    steep = np.sqrt(STEEPER * bend.largest)
    flat = np.sqrt(max(bend.smallest, FLATTEST * bend.largest))
    return momentum(4 / (steep + flat) ** 2, ((steep - flat) / (steep + flat)) ** 2)


def _positive(learning_rate: Any) -> float:
    number = isinstance(learning_rate, float | int | np.number) and not isinstance(learning_rate, bool)
    if not number or not 0 < learning_rate < np.inf:
        raise HyperparameterError(f"the learning rate is {learning_rate!r}. Expected a number above 0, or 'auto'")
    return float(learning_rate)
