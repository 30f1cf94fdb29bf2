"""The range test: try ever larger learning rates on the way, and watch when the loss falls and when it explodes.

A hundred steps cost less than one bad choice. Where the curvature is out of reach, or changes as a network's does, this
is how a learning rate is found.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import count, islice
from typing import Any

import numpy as np

from ..data.sampling import batches
from ..errors import DivergenceError, HyperparameterError
from ..transforms import value_and_grad
from ..trees import Tree
from .algorithms import gradient_descent
from .descent import Loss
from .dials import positive, whole
from .examples import as_arguments
from .stages import Algorithm
from .stopping import norm

HIGHER = 4.0  # times the lowest loss, and above the first: from here on the descent has exploded
SMOOTH = 0.9  # the share of the past in the running mean of noisy losses


@dataclass(frozen=True)
class RateTest:
    """What a range test met.

    Parameters
    ----------
    rates, losses : arrays
        The rate of each step, and the loss of its batch before the step.
    smooth : array
        The running mean of the losses, without the bias of its start.
    """

    rates: np.ndarray
    losses: np.ndarray
    smooth: np.ndarray

    @property
    def suggestion(self) -> float:
        """A tenth of the rate at which the loss was lowest: large, and still far from where it explodes."""
        return float(self.rates[int(np.argmin(self.smooth))]) / 10

    @property
    def steepest(self) -> float:
        """The rate at which the loss fell fastest, per factor of the rate."""
        if len(self.rates) < 3:
            return self.suggestion
        return float(self.rates[int(np.argmin(np.gradient(self.smooth, np.log(self.rates))))])


def learning_rate_test(
    loss: Loss,
    start: Tree,
    algorithm: Algorithm | None = None,
    *,
    data: Any = (),
    batch_size: int | None = None,
    smallest: float = 1e-7,
    largest: float = 10.0,
    steps: int = 100,
    seed: int = 0,
) -> RateTest:
    """Descend with a rate that grows from `smallest` to `largest`, until the loss explodes.

    Parameters
    ----------
    loss, start, data, batch_size, seed
        As for `minimize`. The start itself is not changed.
    algorithm : Algorithm, optional
        Whose learning rate is sought, with any number for it: ``adam(1.0)``. By default `gradient_descent`.
    smallest, largest : float
        The first and the last rate.
    steps : int
        How many; between them the rates grow by one factor.

    Returns
    -------
    RateTest
        It ends early where the (mean) loss is above its first value and four times its lowest, or not finite.

    Raises
    ------
    HyperparameterError
        If the algorithm has no learning rate, or the range is empty.
    DivergenceError
        If the loss has no finite value at the start.

    References
    ----------
    L. N. Smith (2017). Cyclical learning rates for training neural networks. IEEE Winter Conference on Applications of
    Computer Vision.

    Examples
    --------
    On a parabola with curvature 2 any rate above 1 explodes:

    >>> test = learning_rate_test(lambda x: x ** 2, 3.0, smallest=1e-3, largest=1e2)
    >>> print(f"{test.suggestion:.2f}, exploded at {test.rates[-1]:.2f}")
    0.11, exploded at 6.89
    """
    data = as_arguments(data)
    remake = (algorithm or gradient_descent(1.0)).remake
    if algorithm and (algorithm.bind or remake is None or "learning_rate" not in algorithm.hyperparameters):
        raise HyperparameterError(f"learning_rate_test: {algorithm.name} has no learning rate to test")
    first, last, most = positive(smallest, "smallest rate"), positive(largest, "largest rate"), whole(steps, "steps", 2)
    if not first < last:
        raise HyperparameterError(
            f"the smallest rate is {first:g}, the largest {last:g}. Expected a range between them"
        )
    numbers = dict(algorithm.hyperparameters) if algorithm else {}
    rising = [float(rate) for rate in np.geomspace(first, last, most)]
    rule = remake(**{**numbers, "learning_rate": lambda k: rising[min(k, most - 1)]})  # type: ignore[misc]
    both, params, state = value_and_grad(loss), start, rule.init(start)
    losses: list[float] = []
    smooth: list[float] = []
    kept, mean = SMOOTH if batch_size else 0.0, 0.0
    with np.errstate(all="ignore"):
        for batch in islice(_examples(data, batch_size, seed), most):
            value, gradient = both(params, *batch)
            mean = kept * mean + (1 - kept) * float(value)
            if not np.isfinite(mean) or not np.isfinite(norm(gradient)):
                break
            losses.append(float(value))
            smooth.append(mean / (1 - kept ** len(losses)))
            if smooth[-1] > max(smooth[0], HIGHER * min(smooth)):
                break
            params, state = rule.update(gradient, state, params)
    if not losses:
        raise DivergenceError("learning_rate_test: at the start the loss is not finite. Choose another start")
    return RateTest(np.array(rising[: len(losses)]), np.array(losses), np.array(smooth))


def _examples(data: tuple[Any, ...], batch_size: int | None, seed: int) -> Any:
    """All the data again and again, or batch after batch, epoch after epoch."""
    if batch_size is None:
        return (data for _ in count())
    random = np.random.default_rng(seed)
    return (batch for _ in count() for batch in batches(data, batch_size, random))
