"""Steps that ask the gradient only for its sign: uphill or downhill, in every direction of its own.

Rprop keeps a step for every number and learns how long it may be; Lion takes steps of one length, by the sign of an
average. The size of the gradient is left out, so a loss and a thousand times that loss descend alike.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .dials import Rate, positive
from .links import decay_weights, descend, fade, zeros_like
from .moments import Betas, fractions
from .stages import Algorithm, Stage, chain, rule


@rule("Rprop")
def rprop(
    learning_rate: float = 1e-2, factors: tuple[float, float] = (0.5, 1.2), limits: tuple[float, float] = (1e-6, 50.0)
) -> Algorithm:
    """A step Δ for every number, longer while its gradient keeps its sign, shorter where it has turned.

    Δ ← Δ f₊ if g g' > 0, Δ f₋ if g g' < 0 (and g is taken for 0 then), within limits; θ ← θ − Δ sign(g).
    For full batches: the noise of small ones turns signs.

    References
    ----------
    M. Riedmiller, H. Braun (1993). A direct adaptive method for faster backpropagation learning: the RPROP algorithm.
    IEEE International Conference on Neural Networks, 586-591.
    """
    first, (shorter, longer) = positive(learning_rate), (positive(factor, "factor") for factor in factors)
    least, most = (positive(limit, "limit") for limit in limits)

    def formula(g: Any, p: Any, last: Any, size: Any) -> tuple[Any, Any, Any]:
        turn = np.sign(g * last)
        size = np.clip(
            size * np.where(turn > 0, longer, np.where(turn < 0, shorter, 1.0)).astype(size.dtype), least, most
        )
        g = np.where(turn < 0, 0 * g, g)
        return -size * np.sign(g), g, size

    return chain(Stage(formula, (zeros_like, lambda p: np.full_like(p, first))))


@rule("Lion")
def lion(learning_rate: Rate = 1e-4, betas: Betas = (0.9, 0.99), weight_decay: float = 0.0) -> Algorithm:
    """The sign of an average: θ ← θ − η (sign(β₁ m + (1 − β₁) g) + λ θ), then m ← β₂ m + (1 − β₂) g.

    References
    ----------
    X. Chen et al. (2023). Symbolic discovery of optimization algorithms. NeurIPS 36.

    Examples
    --------
    >>> rule = lion(0.1)
    >>> rule.update(np.array([100.0, -0.01]), rule.init(np.zeros(2)), np.zeros(2))[0]
    array([-0.1,  0.1])
    """
    b1, b2 = fractions(betas)

    def formula(g: Any, p: Any, m: Any) -> tuple[Any, Any]:
        return np.sign(b1 * m + (1 - b1) * g), fade(m, b2, (1 - b2) * g)

    return chain(Stage(formula, (zeros_like,)), decay_weights(weight_decay), descend(learning_rate))
