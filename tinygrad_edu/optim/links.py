"""The stages that are common to many algorithms: learning rate, momentum, weight decay, clipping.

Where a stage stands in the chain matters: weight decay before Adam's moments is a penalty in the loss, after them it
is AdamW; clipping comes first, so that nothing behind it ever remembers an exploded gradient.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from .dials import Rate, fraction, not_negative, positive, rate_at
from .stages import Stage


def start_at(number: float) -> Callable[[Any], Any]:
    """A memory of one number, such as the count of steps."""
    return lambda p: number


def zeros_like(p: Any) -> Any:
    """A memory like the parameters, of zeros (of floats, where the parameters are Python's integers)."""
    return np.zeros_like(p, dtype=np.result_type(p, np.float32) if np.result_type(p).kind in "biu" else None)


STEPS = start_at(0)


def fade(memory: Any, kept: float, new: Any) -> Any:
    """β M + x: a sum that forgets. Arrays are overwritten, for a formula's memory is its own.

    >>> fade(np.array([1.0, 2.0]), 0.5, np.array([1.0, 1.0]))
    array([1.5, 2. ])
    """
    if type(memory) is not np.ndarray or type(new) is not np.ndarray:  # numbers, and Tensors, which have a record
        return kept * memory + new
    memory *= kept
    memory += new
    return memory


def descend(learning_rate: Rate) -> Stage:
    """The step against the direction: d ↦ −η(k) d at step k = 0, 1, 2 ...; η a number, or a schedule."""
    rate = rate_at(learning_rate)
    return Stage(lambda d, p, k: (-rate(k) * d, k + 1), (STEPS,))


def heavy_ball(decay: float = 0.9, look_ahead: bool = False) -> Stage:
    """A velocity: v ← β v + d, then d ← v, or d ← d + β v, where the ball will be, with `look_ahead` (Nesterov)."""
    kept = fraction(decay)

    def formula(d: Any, p: Any, v: Any) -> tuple[Any, Any]:
        v = fade(v, kept, d)
        return (d + kept * v if look_ahead else v), v

    return Stage(formula, (zeros_like,))


def decay_weights(weight_decay: float, where: Callable[[Any], bool] | None = None) -> Stage:
    """A pull towards zero: d ↦ d + λ θ, the gradient of the penalty λ‖θ‖²/2.

    Parameters
    ----------
    weight_decay : float
        λ, 0 or more.
    where : callable, optional
        Takes an array of parameters and says whether it decays. ``lambda p: np.ndim(p) > 1`` spares the biases.

    References
    ----------
    A. Krogh, J. A. Hertz (1992). A simple weight decay can improve generalization. NeurIPS 4.
    """
    pull = not_negative(weight_decay, "weight decay")
    return Stage(lambda d, p: d + pull * p if where is None or where(p) else d, elementwise=where is None)


def clip_by_value(limit: float) -> Stage:
    """Each number of the direction into [−c, c]."""
    most = positive(limit, "limit")
    return Stage(lambda d, p: np.clip(d, -most, most))


def clip_by_norm(limit: float) -> Stage:
    """The direction no longer than c: d ↦ d min(1, c/‖d‖), with the length ‖d‖ of all parameters as one vector.

    References
    ----------
    R. Pascanu, T. Mikolov, Y. Bengio (2013). On the difficulty of training recurrent neural networks. ICML.

    Examples
    --------
    >>> from tinygrad_edu.optim import chain, gradient_descent
    >>> rule = chain(clip_by_norm(1.0), gradient_descent(1.0))
    >>> rule.update({"w": 3.0, "b": 4.0}, (), {"w": 0.0, "b": 0.0})[0]
    {'w': -0.6000000000000001, 'b': -0.8}
    """
    most = positive(limit, "limit")

    def survey(directions: Sequence[Any]) -> Stage:
        factor = shortening(np.sqrt(sum(squared_length(d) for d in directions)), most)
        return Stage(lambda d, p: factor * d)

    return Stage(survey=survey)


def clip_each_by_norm(limit: float) -> Stage:
    """Each array's direction no longer than c by itself: d ↦ d min(1, c/‖d‖)."""
    most = positive(limit, "limit")

    def formula(d: Any, p: Any) -> Any:
        return d * shortening(np.sqrt(squared_length(d)), most)

    return Stage(formula, elementwise=False)


def trust_ratio(limit: float = np.inf) -> Stage:
    """A step in proportion to the weights: d ↦ d min(‖θ‖, c)/‖d‖ for each array; d itself where either length is 0.

    References
    ----------
    Y. You, I. Gitman, B. Ginsburg (2017). Large batch training of convolutional networks (LARS). arXiv:1708.03888.
    """

    def formula(d: Any, p: Any) -> Any:
        size, length = np.sqrt(squared_length(p)), np.sqrt(squared_length(d))
        both = (size > 0) & (length > 0)
        return d * number(np.where(both, np.minimum(size, limit) / np.where(both, length, 1.0), 1.0))

    return Stage(formula, elementwise=False)


def squared_length(d: Any) -> Any:
    """‖d‖², the sum of all squares."""
    return number(np.vdot(d, d))


def shortening(length: Any, most: float) -> Any:
    """min(1, c/‖d‖)."""
    return number(np.where(length > most, most / np.where(length > most, length, 1.0), 1.0))


def number(x: Any) -> Any:
    """One of Python's, which leaves arrays their dtype; of a value that is traced, that value."""
    return float(x) if type(x) is np.ndarray or type(x) is np.float64 or type(x) is np.float32 else x
