"""A rate for every number: gradients divided by a measure of their usual size.

All of this family are d ↦ d/(√s + ε), with s the sum (Adagrad) or the running mean (RMSprop, Adadelta) of the squares
met so far. `moments` holds the ones that also replace the gradient by its running mean, as Adam does.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .dials import Rate, fraction, not_negative, positive
from .links import descend, fade, heavy_ball, start_at, zeros_like
from .stages import Algorithm, Stage, chain, rule


@rule("Adagrad")
def adagrad(learning_rate: Rate = 1e-2, eps: float = 1e-10, start: float = 0.0) -> Algorithm:
    """A rate that tires where gradients have been large: s ← s + g², then θ ← θ − η g/(√s + ε).

    `start` is the first value of s.

    References
    ----------
    J. Duchi, E. Hazan, Y. Singer (2011). Adaptive subgradient methods for online learning and stochastic optimization.
    Journal of Machine Learning Research 12, 2121-2159.

    Examples
    --------
    The first step is η in every direction, whatever the size of the gradient:

    >>> cautious = adagrad(0.5)
    >>> cautious.update(np.array([100.0, -0.01]), cautious.init(np.zeros(2)), np.zeros(2))[0].round(6)
    array([-0.5,  0.5])
    """
    first, small = not_negative(start, "start"), not_negative(eps, "eps")

    def formula(g: Any, p: Any, s: Any) -> tuple[Any, Any]:
        s = s + g * g
        return g / (np.sqrt(s) + small), s

    return chain(Stage(formula, (lambda p: np.full_like(p, first),)), descend(learning_rate))


@rule("Adadelta")
def adadelta(learning_rate: Rate = 1.0, decay: float = 0.9, eps: float = 1e-6) -> Algorithm:
    """A step in the units of the parameters: the usual size of a step over the usual size of a gradient.

    s ← ρ s + (1 − ρ) g²,  d = g √(u + ε)/√(s + ε),  u ← ρ u + (1 − ρ) d²,  θ ← θ − η d.

    References
    ----------
    M. D. Zeiler (2012). ADADELTA: an adaptive learning rate method. arXiv:1212.5701.
    """
    kept, small = fraction(decay), positive(eps, "eps")

    def formula(g: Any, p: Any, s: Any, u: Any) -> tuple[Any, Any, Any]:
        s = fade(s, kept, (1 - kept) * (g * g))
        d = np.sqrt((u + small) / (s + small)) * g
        return d, s, fade(u, kept, (1 - kept) * (d * d))

    return chain(Stage(formula, (zeros_like, zeros_like)), descend(learning_rate))


@rule("RMSprop")
def rmsprop(
    learning_rate: Rate = 1e-2, decay: float = 0.99, eps: float = 1e-8, momentum: float = 0.0, centered: bool = False
) -> Algorithm:
    """Gradients divided by their root mean square: s ← α s + (1 − α) g², then θ ← θ − η g/(√s + ε).

    With `momentum` the quotient goes into a heavy ball; `centered` divides by the standard deviation, √(s − ḡ²), with
    ḡ the running mean of the gradients.

    References
    ----------
    T. Tieleman, G. Hinton (2012). Lecture 6.5: RMSprop. Neural networks for machine learning.
    A. Graves (2013). Generating sequences with recurrent neural networks. arXiv:1308.0850 (centered).
    """
    kept, small = fraction(decay), not_negative(eps, "eps")

    def formula(g: Any, p: Any, s: Any, mean: Any) -> tuple[Any, Any, Any]:
        s = fade(s, kept, (1 - kept) * (g * g))
        if not centered:
            return g / (np.sqrt(s) + small), s, mean
        mean = fade(mean, kept, (1 - kept) * g)
        return g / (np.sqrt(s - mean * mean) + small), s, mean

    quotient = Stage(formula, (zeros_like, zeros_like if centered else start_at(0.0)))
    return chain(quotient, *([heavy_ball(momentum)] if momentum else []), descend(learning_rate))
