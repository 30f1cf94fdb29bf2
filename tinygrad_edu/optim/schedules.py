"""Learning rates that change from step to step.

A schedule is a function of the number of the step, 0, 1, 2 ..., that returns the rate; any function of one's own will
do. Wherever an algorithm takes a learning rate it takes a schedule: ``adam(cosine(1e-3, steps=1000))``. For rates that
change with the epoch, count an epoch as so many steps.

A falling rate makes stochastic descent settle: its noise is in proportion to the rate. A rising one at the start keeps
the first, wild gradients from doing harm. `Plateau` falls when the loss does not.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from itertools import accumulate

from ..errors import HyperparameterError
from .dials import Rate, Schedule, fraction, not_negative, positive, rate_at, whole


def constant(rate: float) -> Schedule:
    """η(k) = η."""
    return rate_at(positive(rate))


def step(rate: float, every: int, factor: float = 0.1) -> Schedule:
    """A staircase: η(k) = η f^⌊k/n⌋.

    >>> [step(1.0, every=2, factor=0.5)(k) for k in range(6)]
    [1.0, 1.0, 0.5, 0.5, 0.25, 0.25]
    """
    first, down, width = positive(rate), positive(factor, "factor"), whole(every, "number of steps")
    return lambda k: first * down ** (k // width)


def multi_step(rate: float, milestones: Sequence[int], factor: float = 0.1) -> Schedule:
    """Stairs at given steps: η(k) = η f^(how many milestones are ≤ k)."""
    first, down, stairs = positive(rate), positive(factor, "factor"), _rising(milestones)
    return lambda k: first * down ** sum(k >= stair for stair in stairs)


def piecewise(milestones: Sequence[int], rates: Sequence[float]) -> Schedule:
    """A rate for each piece: rates[0] up to milestones[0], rates[1] from there on ...

    >>> [piecewise([2, 3], [0.1, 0.5, 0.2])(k) for k in range(5)]
    [0.1, 0.1, 0.5, 0.2, 0.2]
    """
    stairs, levels = _rising(milestones), [positive(rate) for rate in rates]
    if len(levels) != len(stairs) + 1:
        raise HyperparameterError(
            f"piecewise: {len(stairs)} milestones need {len(stairs) + 1} rates, not {len(levels)}"
        )
    return lambda k: levels[sum(k >= stair for stair in stairs)]


def exponential(rate: float, factor: float) -> Schedule:
    """η(k) = η fᵏ."""
    first, down = positive(rate), positive(factor, "factor")
    return lambda k: first * down**k


def inverse_time(rate: float, decay: float, power: float = 1.0) -> Schedule:
    """η(k) = η/(1 + λ k)^p. For p from ½ to 1 the noise of stochastic descent dies and its way does not end.

    References
    ----------
    H. Robbins, S. Monro (1951). A stochastic approximation method. Annals of Mathematical Statistics 22, 400-407.
    """
    first, slows, steepness = positive(rate), not_negative(decay, "decay"), positive(power, "power")
    return lambda k: first / (1 + slows * k) ** steepness


def polynomial(rate: float, steps: int, power: float = 1.0, end: float = 0.0) -> Schedule:
    """η(k) = η_end + (η − η_end)(1 − k/n)^p up to k = n; then η_end. A straight line for p = 1."""
    first, last, length = positive(rate), not_negative(end, "end"), whole(steps, "number of steps")
    steepness = positive(power, "power")
    return lambda k: last + (first - last) * (1 - min(k, length) / length) ** steepness


def cosine(rate: float, steps: int, end: float = 0.0) -> Schedule:
    """Half a wave: η(k) = η_end + (η − η_end)(1 + cos(π k/n))/2 up to k = n; then η_end.

    References
    ----------
    I. Loshchilov, F. Hutter (2017). SGDR: stochastic gradient descent with warm restarts. ICLR.
    """
    first, last, length = positive(rate), not_negative(end, "end"), whole(steps, "number of steps")
    return lambda k: last + (first - last) * (1 + math.cos(math.pi * min(k, length) / length)) / 2


def warm_restarts(rate: float, steps: int, growth: float = 1.0, end: float = 0.0) -> Schedule:
    """Half a wave again and again: `cosine` over n steps, then over n f, n f² ...

    References
    ----------
    I. Loshchilov, F. Hutter (2017). SGDR: stochastic gradient descent with warm restarts. ICLR.

    Examples
    --------
    >>> [round(warm_restarts(1.0, steps=2, growth=2)(k), 2) for k in range(7)]
    [1.0, 0.5, 1.0, 0.85, 0.5, 0.15, 1.0]
    """
    first, last, length = positive(rate), not_negative(end, "end"), whole(steps, "number of steps")
    if not growth >= 1:
        raise HyperparameterError(f"the growth is {growth!r}. Expected 1 or more")

    def schedule(k: int) -> float:
        wave: float = length
        rest: float = k
        while rest >= wave:
            rest, wave = rest - wave, wave * growth
            if growth == 1:
                rest %= wave
        return last + (first - last) * (1 + math.cos(math.pi * rest / wave)) / 2

    return schedule


def one_cycle(
    rate: float, steps: int, rising: float = 0.3, start_factor: float = 25.0, end_factor: float = 1e4
) -> Schedule:
    """Up to a large rate and down to almost none: from η/25 in a half wave to η, then to η/25/10⁴ at the last step.

    `rising` is the share of the steps that go up.

    References
    ----------
    L. N. Smith, N. Topin (2018). Super-convergence: very fast training of neural networks using large learning rates.
    arXiv:1708.07120.
    """
    most, length, share = positive(rate), whole(steps, "number of steps", 2), fraction(rising, "share that rises")
    first = most / positive(start_factor, "start factor")
    last = first / positive(end_factor, "end factor")
    top = share * length - 1

    def schedule(k: int) -> float:
        k = min(k, length - 1)
        if k <= top:
            return most + (first - most) * (1 + math.cos(math.pi * k / top)) / 2 if top > 0 else most
        return last + (most - last) * (1 + math.cos(math.pi * (k - top) / (length - 1 - top))) / 2

    return schedule


def warm_up(then: Rate, steps: int, start: float = 0.0) -> Schedule:
    """A straight line from `start` × η to η over n steps, and then a schedule (or a constant), from its own step 0 on.

    References
    ----------
    P. Goyal et al. (2017). Accurate, large minibatch SGD: training ImageNet in 1 hour. arXiv:1706.02677.

    Examples
    --------
    >>> [warm_up(0.4, steps=4)(k) for k in range(6)]
    [0.0, 0.1, 0.2, 0.30000000000000004, 0.4, 0.4]
    """
    after, length, low = rate_at(then), whole(steps, "number of steps"), not_negative(start, "start")
    return lambda k: after(0) * (low + (1 - low) * k / length) if k < length else after(k - length)


def chained(*parts: tuple[Rate, int] | Rate) -> Schedule:
    """One schedule after another, each from its own step 0 on: pairs (schedule, steps), and a last one for ever.

    >>> rate = chained((exponential(1.0, 0.5), 2), (0.3, 1), polynomial(0.2, steps=2))
    >>> [rate(k) for k in range(6)]
    [1.0, 0.5, 0.3, 0.2, 0.1, 0.0]
    """
    if not parts or isinstance(parts[-1], tuple) or not all(isinstance(part, tuple) for part in parts[:-1]):
        raise HyperparameterError(
            "chained: expected pairs (schedule, steps), and then one schedule that lasts for ever"
        )
    pairs = [(rate_at(part[0]), whole(part[1], "number of steps")) for part in parts[:-1]]  # type: ignore[index]
    last = rate_at(parts[-1])
    ends = list(accumulate(length for _, length in pairs))

    def schedule(k: int) -> float:
        for (part, length), end in zip(pairs, ends, strict=True):
            if k < end:
                return part(k - end + length)
        return last(k - (ends[-1] if ends else 0))

    return schedule


def product(*parts: Callable[[int], float]) -> Schedule:
    """Several schedules multiplied: η(k) = η₁(k) η₂(k) ..."""
    return lambda k: math.prod(part(k) for part in parts)


class Plateau:
    """A rate that falls when the loss does not: a schedule that is told the losses.

    After more than `patience` reports in a row that are no better than the best so far, the rate is multiplied by
    `factor`. Better is below (1 − `threshold`) × best.

    Parameters
    ----------
    rate : float
        The first rate.
    factor : float
        From 0 to below 1.
    patience : int
        How many reports without progress are borne.
    threshold : float
        What counts as progress, relative to a positive best loss (and absolute beyond: best − threshold |best|).
    cooldown : int
        How many reports after a fall do not count.
    least : float
        The rate never falls below.

    Examples
    --------
    >>> rate = Plateau(1.0, factor=0.5, patience=1)
    >>> for loss in (3.0, 2.0, 2.0, 2.0, 2.0):
    ...     rate.report(loss)
    >>> rate(0)
    0.5
    """

    def __init__(
        self,
        rate: float,
        factor: float = 0.1,
        patience: int = 10,
        threshold: float = 1e-4,
        cooldown: int = 0,
        least: float = 0.0,
    ) -> None:
        self.rate, self.factor = positive(rate), fraction(factor, "factor")
        self.patience, self.cooldown = whole(patience, "patience", 0), whole(cooldown, "cooldown", 0)
        self.threshold, self.least = not_negative(threshold, "threshold"), not_negative(least, "least rate")
        self.best, self.bad, self.resting = math.inf, 0, 0

    def __call__(self, k: int) -> float:
        """The rate now, whatever the step."""
        return self.rate

    def report(self, loss: float) -> None:
        """Take note of a loss, of one epoch say; the rate may fall. A loss that is not a number is no progress."""
        better = loss < self.best - self.threshold * abs(self.best) if math.isfinite(self.best) else loss < self.best
        self.best, self.bad = (loss, 0) if better else (self.best, self.bad + 1)
        if self.resting:
            self.resting, self.bad = self.resting - 1, 0
        if self.bad > self.patience:
            self.rate = max(self.rate * self.factor, self.least)
            self.resting, self.bad = self.cooldown, 0

    def state_dict(self) -> dict[str, float]:
        """What a continued run needs: plain numbers."""
        return dict(vars(self))

    def load_state_dict(self, state: dict[str, float]) -> None:
        """Go on where another one was."""
        vars(self).update({name: state[name] for name in vars(self)})


def _rising(milestones: Sequence[int]) -> list[int]:
    stairs = [whole(stair, "milestone", 0) for stair in milestones]
    if stairs != sorted(set(stairs)):
        raise HyperparameterError(f"the milestones are {list(milestones)}. Expected steps in rising order")
    return stairs
