"""Gradient descent and the heavy ball: what everything else is a variation of.

An algorithm is a pair of pure functions. `init(params)` makes the state that it remembers from step to step;
`update(gradient, state, params)` gives the new parameters and the new state. Nothing is changed in place, so a step
can be repeated, kept or thrown away, and the whole of the mathematics is in one line each. All parameters move
simultaneously: every one of them by the gradient at the old point.

With `learning_rate="auto"` the algorithm waits for the curvature of the loss (`curvature`), and sets its own numbers
by theory; `minimize` measures it.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from .bowl import Curvature
from .dials import AutoRate, fraction, positive
from .links import descend, heavy_ball
from .stages import Algorithm, Stage, chain

STEEPER = 1.05  # Polyak's numbers are stable up to λ and not beyond, and a few products find λ a little too low
FLATTEST = 1e-6  # a valley that is flatter than this has Polyak's ball roll for more steps than a run has


def gradient_descent(learning_rate: AutoRate = "auto") -> Algorithm:
    """A step against the gradient: θ ← θ − η ∇L(θ).

    Whether it is full-batch, mini-batch or stochastic gradient descent depends on the examples behind the gradient
    (`minimize(..., batch_size=)`), not on this rule.

    Parameters
    ----------
    learning_rate : float, schedule or "auto"
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
    rate = _checked(learning_rate)
    step = descend(rate) if callable(rate) else Stage(lambda d, p: -rate * d)  # nothing to count, nothing to remember
    numbers = {"learning_rate": rate}
    return replace(chain(step), name="gradient descent", hyperparameters=numbers, remake=gradient_descent)


sgd = gradient_descent
"""The same rule under the name it has when `minimize` feeds it mini-batches (`batch_size=32`) or single examples."""


def momentum(learning_rate: AutoRate = "auto", decay: float | None = None) -> Algorithm:
    """A heavy ball, which keeps part of its velocity: v ← β v + ∇L(θ), then θ ← θ − η v.

    In a long valley the plain gradient points across rather than along; the velocity averages the crossings out. On a
    bowl with eigenvalues μ to λ, the best numbers are η = 4/(√λ + √μ)² and β = ((√λ − √μ)/(√λ + √μ))²; the error
    then shrinks by √β a step, where gradient descent has at best (λ − μ)/(λ + μ). The ball settles for η < 2(1 + β)/λ,
    but it may first climb: up to ((1 + β)/(1 − β))² times as high above the minimum as it started.

    Parameters
    ----------
    learning_rate : float, schedule or "auto"
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
    >>> w, state = 0.0, ball.init(0.0)
    >>> for _ in range(3):
    ...     w, state = ball.update(1.0, state, w)
    ...     print(round(w, 3))
    -0.1
    -0.25
    -0.425
    """
    if decay is not None:
        decay = fraction(decay)
    if learning_rate == "auto":
        return Algorithm("momentum", tune=lambda bend: _polyak(bend, decay))
    rate, kept = _checked(learning_rate), 0.9 if decay is None else decay
    return replace(
        chain(heavy_ball(kept), descend(rate)),
        name="momentum",
        hyperparameters={"learning_rate": rate, "decay": kept},
        overshoot=_highest(kept),
        remake=momentum,
    )


def nesterov(learning_rate: AutoRate = "auto", decay: float = 0.9) -> Algorithm:
    """A heavy ball that feels the slope where it will be: v ← β v + ∇L(θ), then θ ← θ − η (∇L(θ) + β v).

    Here θ is the point ahead, so that the gradient is taken where the parameters are. It brakes before the ball has
    overshot, and on convex losses converges as 1/k² where gradient descent does as 1/k.

    Parameters
    ----------
    learning_rate : float, schedule or "auto"
        η > 0. "auto" takes 1/λ.
    decay : float
        β, from 0 to below 1.

    References
    ----------
    Y. Nesterov (1983). A method of solving a convex programming problem with convergence rate O(1/k²). Soviet
    Mathematics Doklady 27, 372-376.
    I. Sutskever et al. (2013). On the importance of initialization and momentum in deep learning. ICML (this form).
    """
    kept = fraction(decay)
    if learning_rate == "auto":
        return Algorithm("Nesterov momentum", tune=lambda bend: nesterov(bend.safe_rate, kept))
    rate = _checked(learning_rate)
    return replace(
        chain(heavy_ball(kept, look_ahead=True), descend(rate)),
        name="Nesterov momentum",
        hyperparameters={"learning_rate": rate, "decay": kept},
        overshoot=_highest(kept),
        remake=nesterov,
    )


def _highest(kept: float) -> float:
    """How high a ball climbs.

    Along an eigenvector the error after k steps is S_k − β S_{k−1} times the first, with |S_k| ≤ 1 + β + β² + ...
    """
    return ((1 + kept) / (1 - kept)) ** 2


def _polyak(bend: Curvature, decay: float | None) -> Algorithm:
    if decay is not None or not bend.is_bowl:
        return momentum(bend.safe_rate, decay)
    steep = np.sqrt(STEEPER * bend.largest)
    flat = np.sqrt(max(bend.smallest, FLATTEST * bend.largest))
    return momentum(4 / (steep + flat) ** 2, ((steep - flat) / (steep + flat)) ** 2)


def _checked(learning_rate: AutoRate) -> float:
    return learning_rate if callable(learning_rate) else positive(learning_rate, instead=", or 'auto'")  # type: ignore
