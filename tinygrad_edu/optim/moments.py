"""Adam and its relatives: a running mean of the gradients over a running mean of their squares.

`moments` is the direction that they share; the relatives change what divides (AMSGrad, Adamax, RAdam), look ahead
(NAdam), or add stages behind it (AdamW here, LAMB in `layers`).
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .dials import Rate, fraction, not_negative
from .links import STEPS, decay_weights, descend, fade, start_at, zeros_like
from .stages import Algorithm, Stage, chain, rule

Betas = tuple[float, float]


def moments(betas: Betas = (0.9, 0.999), eps: float = 1e-8, amsgrad: bool = False) -> Stage:
    """Adam's direction: the mean of the gradients over the root of the mean of their squares, d = m̂/(√v̂ + ε).

    Both are weighted means that forget: m̂ = Σ β₁ᵏ⁻ⁱ gᵢ / Σ β₁ᵏ⁻ⁱ, and v̂ likewise of g² with β₂. Only the sums above the
    lines are remembered, M ← β₁ M + g and V ← β₂ V + g²; the sums of the weights are (1 − βᵏ)/(1 − β). (The paper keeps
    m = (1 − β₁) M, a mean that is too small at first, and corrects it.) With `amsgrad` v̂ uses the largest V so far.
    """
    (b1, b2), small = fractions(betas), not_negative(eps, "eps")

    def formula(g: Any, p: Any, k: int, M: Any, V: Any, *most: Any) -> tuple[Any, ...]:
        k += 1
        M, V = fade(M, b1, g), fade(V, b2, g * g)
        most = tuple([np.maximum(top, V) for top in most])
        weights, root = (1 - b1**k) / (1 - b1), ((1 - b2**k) / (1 - b2)) ** 0.5
        d = root / weights * M  # M/weights / (√V/root + ε), multiplied out: a step costs what its passes over arrays do
        d /= np.sqrt(most[0] if most else V) + root * small
        return d, k, M, V, *most

    return Stage(formula, (STEPS, zeros_like, zeros_like, *([zeros_like] if amsgrad else [])))


@rule("Adam")
def adam(
    learning_rate: Rate = 1e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8, amsgrad: bool = False
) -> Algorithm:
    """Momentum over root mean square: θ ← θ − η m̂/(√v̂ + ε), with the `moments` m̂ and v̂ of the gradients.

    Parameters
    ----------
    learning_rate : float or schedule
        η: about the length of a step in every direction, whatever the size of the gradients.
    betas : pair of float
        β₁ and β₂: the shares that the means of gradients and of their squares keep from step to step.
    eps : float
        ε, against dividing by zero.
    amsgrad : bool
        Divide by the largest mean of squares so far.

    Raises
    ------
    HyperparameterError
        If a number is outside its range.

    References
    ----------
    D. P. Kingma, J. Ba (2015). Adam: a method for stochastic optimization. ICLR.

    Examples
    --------
    >>> rule = adam(0.1)
    >>> w, state = np.zeros(2), rule.init(np.zeros(2))
    >>> for _ in range(3):
    ...     w, state = rule.update(np.array([5.0, -1e-3]), state, w)
    >>> w.round(4)
    array([-0.3,  0.3])
    """
    return chain(moments(betas, eps, amsgrad), descend(learning_rate))


@rule("AMSGrad")
def amsgrad(learning_rate: Rate = 1e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8) -> Algorithm:
    """Adam that divides by the largest mean of squares so far, and therefore converges where Adam may not.

    V ← β₂ V + g², U ← max(U, V), θ ← θ − η m̂/(√û + ε), with û the mean that belongs to the sum U (`moments`).

    References
    ----------
    S. J. Reddi, S. Kale, S. Kumar (2018). On the convergence of Adam and beyond. ICLR.
    """
    return adam(learning_rate, betas, eps, amsgrad=True)


@rule("AdamW")
def adamw(
    learning_rate: Rate = 1e-3,
    betas: Betas = (0.9, 0.999),
    eps: float = 1e-8,
    weight_decay: float = 1e-2,
    amsgrad: bool = False,
) -> Algorithm:
    """Adam whose weight decay is not rescaled: θ ← θ − η (m̂/(√v̂ + ε) + λ θ).

    References
    ----------
    I. Loshchilov, F. Hutter (2019). Decoupled weight decay regularization. ICLR.
    """
    return chain(moments(betas, eps, amsgrad), decay_weights(weight_decay), descend(learning_rate))


@rule("Adamax")
def adamax(learning_rate: Rate = 2e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8) -> Algorithm:
    """Adam with the largest gradient in place of the root mean square: u ← max(β₂ u, |g| + ε), θ ← θ − η m̂/u.

    References
    ----------
    D. P. Kingma, J. Ba (2015). Adam: a method for stochastic optimization, section 7.1. ICLR.
    """
    (b1, b2), small = fractions(betas), not_negative(eps, "eps")

    def formula(g: Any, p: Any, k: int, m: Any, u: Any) -> tuple[Any, ...]:
        k += 1
        m = fade(m, b1, (1 - b1) * g)
        u = np.maximum(b2 * u, np.abs(g) + small)
        return m / (1 - b1**k) / u, k, m, u

    return chain(Stage(formula, (STEPS, zeros_like, zeros_like)), descend(learning_rate))


@rule("NAdam")
def nadam(
    learning_rate: Rate = 2e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8, momentum_decay: float = 4e-3
) -> Algorithm:
    """Adam that looks ahead as Nesterov does, with a momentum μ that warms up.

    μₖ = β₁ (1 − 0.96^(kψ)/2), and d = ((1 − μₖ) g/(1 − Πₖ) + μₖ₊₁ m/(1 − Πₖ₊₁))/(√v̂ + ε), with Πₖ = μ₁ μ₂ ... μₖ.

    References
    ----------
    T. Dozat (2016). Incorporating Nesterov momentum into Adam. ICLR workshop.
    """
    (b1, b2), small, slowness = fractions(betas), not_negative(eps, "eps"), not_negative(momentum_decay, "decay")

    def warm(k: int) -> float:
        return b1 * (1 - 0.5 * 0.96 ** (k * slowness))

    def formula(g: Any, p: Any, k: int, product: float, m: Any, v: Any) -> tuple[Any, ...]:
        k += 1
        product *= warm(k)
        ahead = product * warm(k + 1)
        m, v = fade(m, b1, (1 - b1) * g), fade(v, b2, (1 - b2) * (g * g))
        mean = ((1 - warm(k)) / (1 - product)) * g + (warm(k + 1) / (1 - ahead)) * m
        return mean / (np.sqrt(v / (1 - b2**k)) + small), k, product, m, v

    return chain(Stage(formula, (STEPS, start_at(1.0), zeros_like, zeros_like)), descend(learning_rate))


@rule("RAdam")
def radam(learning_rate: Rate = 1e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-8) -> Algorithm:
    """Adam that trusts its squares only when they are many: m̂ alone at first, then r m̂/√v̂.

    The mean of squares is worth ρₖ = ρ∞ − 2k β₂ᵏ/(1 − β₂ᵏ) examples, of ρ∞ = 2/(1 − β₂) − 1 in the end. Above 5 the
    quotient has a variance, which r² = (ρₖ − 4)(ρₖ − 2) ρ∞/((ρ∞ − 4)(ρ∞ − 2) ρₖ) evens out.

    References
    ----------
    L. Liu et al. (2020). On the variance of the adaptive learning rate and beyond. ICLR.
    """
    (b1, b2), small = fractions(betas), not_negative(eps, "eps")
    most = 2 / (1 - b2) - 1

    def formula(g: Any, p: Any, k: int, m: Any, v: Any) -> tuple[Any, ...]:
        k += 1
        m, v = fade(m, b1, (1 - b1) * g), fade(v, b2, (1 - b2) * (g * g))
        worth = most - 2 * k * b2**k / (1 - b2**k)
        if worth <= 5:
            return m / (1 - b1**k), k, m, v
        evened = ((worth - 4) * (worth - 2) * most / ((most - 4) * (most - 2) * worth)) ** 0.5
        return evened / (1 - b1**k) * (1 - b2**k) ** 0.5 * m / (np.sqrt(v) + small), k, m, v

    return chain(Stage(formula, (STEPS, zeros_like, zeros_like)), descend(learning_rate))


def fractions(betas: Betas) -> Betas:
    """β₁ and β₂, checked."""
    return fraction(betas[0], "first beta"), fraction(betas[1], "second beta")
