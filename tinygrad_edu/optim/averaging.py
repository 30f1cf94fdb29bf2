"""Averages over the path: the mean of many noisy points is better than the last of them.

ASGD remembers the mean beside the descent; schedule-free descent takes its gradients near the mean, and needs no
falling learning rate. `accumulate` averages the other way round: gradients of several batches before one step.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..trees import Tree, flatten, leaves_like, tree_map
from .dials import fraction, not_negative, positive, whole
from .links import STEPS, start_at
from .moments import moments
from .stages import Algorithm, Stage, State, chain, like, rule


@rule("ASGD", overshoot=1.0)
def asgd(
    learning_rate: float = 1e-2, decay: float = 1e-4, power: float = 0.75, start: float = 1e6, weight_decay: float = 0.0
) -> Algorithm:
    """Stochastic gradient descent with a slowly falling rate, and the mean of its points from step `start` on.

    θ ← θ − ηₖ (g + λ θ) with ηₖ = η/(1 + λ η k)^power, and θ̄ ← θ̄ + (θ − θ̄)/max(1, k − start). `averaged` reads θ̄.

    References
    ----------
    B. T. Polyak, A. B. Juditsky (1992). Acceleration of stochastic approximation by averaging. SIAM Journal on Control
    and Optimization 30, 838-855.
    """
    rate, pull, fall = positive(learning_rate), not_negative(decay, "decay"), not_negative(power, "power")
    penalty = not_negative(weight_decay, "weight decay")

    def formula(g: Any, p: Any, k: int, mean: Any) -> tuple[Any, ...]:
        eta, share = rate / (1 + pull * rate * k) ** fall, 1 / max(1.0, k - start)
        d = -eta * (g + (penalty + pull) * p)
        return d, k + 1, mean + share * ((p + d) - mean)

    return chain(Stage(formula, (STEPS, lambda p: np.array(p))))


def averaged(state: State, params: Tree) -> Tree:
    """The mean of the points that `asgd`, or a schedule-free algorithm, remembers in its state: the parameters to use.

    Examples
    --------
    From step 1 on: the mean of 2 and 1 after the points 3, 2, 1:

    >>> rule = asgd(0.5, decay=0.0, start=0)
    >>> w, state = 4.0, rule.init(4.0)
    >>> for _ in range(3):
    ...     w, state = rule.update(2.0, state, w)
    >>> float(w), float(averaged(state, w))
    (1.0, 1.5)
    """
    found, rebuild = flatten(params)
    return rebuild([like(memory[-1], p) for memory, p in zip(leaves_like(params, state), found, strict=True)])


def _schedule_free(learning_rate: float, interpolation: float, warm_up: int, weight_decay: float) -> Stage:
    """z ← z − γ (d + λ y), x ← x + c (z − x) with c = γ²/Σγ², and y = (1 − β) z + β x, where the next gradient is."""
    rate, toward, pull = positive(learning_rate), fraction(interpolation), not_negative(weight_decay, "weight decay")
    ramp = whole(warm_up, "number of warm-up steps", 0)

    def formula(d: Any, y: Any, k: int, weights: float, z: Any, x: Any) -> tuple[Any, ...]:
        k += 1
        gamma = rate * min(1.0, k / ramp) if ramp else rate
        weights += gamma**2
        z = z - gamma * (d + pull * y)
        x = x + (gamma**2 / weights) * (z - x)
        return (1 - toward) * z + toward * x - y, k, weights, z, x

    return Stage(formula, (STEPS, start_at(0.0), lambda p: np.array(p), lambda p: np.array(p)))


@rule("schedule-free descent")
def schedule_free(
    learning_rate: float = 1.0, interpolation: float = 0.9, warm_up: int = 0, weight_decay: float = 0.0
) -> Algorithm:
    """Gradient descent whose mean is as good as a tuned schedule, without knowing when to stop.

    z ← z − γ ∇L(y),  x ← x + c (z − x),  y ← (1 − β) z + β x, with γ = η (rising linearly over `warm_up` steps) and
    c = γ²/Σγ². The parameters that the algorithm returns are y, where gradients are taken; `averaged` reads x, the
    point to use.

    References
    ----------
    A. Defazio et al. (2024). The road less scheduled. NeurIPS 37.

    Examples
    --------
    >>> rule = schedule_free(0.5)
    >>> y, state = 3.0, rule.init(3.0)
    >>> for _ in range(100):
    ...     y, state = rule.update(2 * y, state, y)
    >>> abs(float(averaged(state, y))) < 1e-2
    True
    """
    return chain(_schedule_free(learning_rate, interpolation, warm_up, weight_decay))


@rule("schedule-free AdamW")
def schedule_free_adamw(
    learning_rate: float = 2.5e-3,
    betas: tuple[float, float] = (0.9, 0.999),
    eps: float = 1e-8,
    warm_up: int = 0,
    weight_decay: float = 0.0,
) -> Algorithm:
    """Schedule-free descent along g/(√v̂ + ε), Adam's direction without its momentum: the interpolation β₁ replaces it.

    References
    ----------
    A. Defazio et al. (2024). The road less scheduled, algorithm 1. NeurIPS 37.
    """
    direction = moments((0.0, betas[1]), eps)
    return chain(direction, _schedule_free(learning_rate, betas[0], warm_up, weight_decay))


def accumulate(algorithm: Algorithm, every: int) -> Algorithm:
    """One step for several gradients: their mean goes to the algorithm at every `every`-th, the others only add up.

    The state is (count, sum, the algorithm's own). For batches that do not fit in memory at once.

    Examples
    --------
    >>> from tinygrad_edu.optim import gradient_descent
    >>> rule = accumulate(gradient_descent(0.5), every=2)
    >>> w, state = 0.0, rule.init(0.0)
    >>> for gradient in (1.0, 3.0, 5.0):
    ...     w, state = rule.update(gradient, state, w)
    ...     print(w)
    0.0
    -1.0
    -1.0
    """
    times = whole(every, "number of gradients to a step")

    def init(params: Tree) -> State:
        return 0, tree_map(np.zeros_like, params), algorithm.init(params)

    def update(gradient: Tree, state: State, params: Tree) -> tuple[Tree, State]:
        count, total, own = state
        count, total = count + 1, tree_map(lambda t, g: t + g, total, gradient)
        if count < times:
            return params, (count, total, own)
        params, own = algorithm.update(tree_map(lambda t: t / times, total), own, params)
        return params, (0, tree_map(np.zeros_like, total), own)

    tune, bind = algorithm.tune, algorithm.bind
    return Algorithm(
        algorithm.name,
        init,
        update,
        algorithm.hyperparameters,
        tune=tune and (lambda bend: accumulate(tune(bend), every)),
        overshoot=algorithm.overshoot,
        bind=bind and (lambda loss, data: accumulate(bind(loss, data), every)),
    )


def grouped(algorithms: Tree) -> Algorithm:
    """An algorithm for each part of the parameters.

    Parameters
    ----------
    algorithms : tree of Algorithm
        Like the parameters, or like their upper levels: an algorithm moves all that stands in its place.

    Examples
    --------
    >>> from tinygrad_edu.optim import adamw, gradient_descent, muon
    >>> rule = grouped({"body": gradient_descent(0.1), "head": gradient_descent(1.0)})
    >>> params = {"body": {"w": 0.0, "b": 0.0}, "head": 0.0}
    >>> gradient = {"body": {"w": 1.0, "b": 2.0}, "head": 3.0}
    >>> rule.update(gradient, rule.init(params), params)[0]
    {'body': {'w': -0.1, 'b': -0.2}, 'head': -3.0}
    """
    found, rebuild = flatten(algorithms)

    def init(params: Tree) -> State:
        parts = leaves_like(algorithms, params, "the parameters")
        return [algorithm.init(part) for algorithm, part in zip(found, parts, strict=True)]

    def update(gradient: Tree, state: State, params: Tree) -> tuple[Tree, State]:
        columns = [leaves_like(algorithms, tree) for tree in (gradient, params)]
        moved = [a.update(g, s, p) for a, g, s, p in zip(found, columns[0], state, columns[1], strict=True)]
        return rebuild([params for params, _ in moved]), [state for _, state in moved]

    names = " and ".join(dict.fromkeys(algorithm.name for algorithm in found))
    return Algorithm(names, init, update, overshoot=max((a.overshoot for a in found), default=1.0))
