"""The run itself: epoch after epoch, step after step, from any place that a snapshot tells.

At the beginning of every epoch the point is looked at: its loss, the loss of the examples set aside, whether to stop.
Then come the steps. All that decides what follows is in the `Snapshot`, which is replaced as a whole after each step;
so a run can be left between any two of them, and taken up again.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np

from ..compiling.compiled import compile
from ..transforms import value_and_grad
from ..trees import Tree, leaves
from .checkpoints import Checkpoint, Snapshot
from .descent import Loss
from .examples import Arrays, Examples
from .progress import Report
from .stages import Algorithm
from .stopping import History, climbs, norm, stands_still

CONVERGED, CLIMBS, USED_UP = "the loss stopped changing", "the loss climbs", "the epochs are used up"
STALE, ASKED = "the validation loss stopped falling", "a callback asked to stop"
INTERRUPTED = "interrupted"


class Moment(NamedTuple):
    """What a callback is told at the beginning of every epoch.

    `epoch` epochs and `step` steps are done; `loss`, `gradient` (None with mini-batches) and `validation_loss` (NaN
    without validation) are those of `params`; `rate` is that of the next step; `history` is still growing.
    """

    epoch: int
    step: int
    params: Tree
    loss: float
    gradient: Tree
    rate: float
    validation_loss: float
    history: History


Callback = Callable[[Moment], Any]


class Settings(NamedTuple):
    """What does not change during a run."""

    epochs: int
    tolerance: float
    patience: int | None
    callbacks: Sequence[Callback]
    trajectory: bool
    measure: str
    backend: str | None


class Run:
    """A descent on its way.

    Attributes
    ----------
    at : Snapshot
        Where it is.
    recent : list of (params, batch)
        The last two places where a gradient was taken, the latest first.
    """

    def __init__(
        self, loss: Loss, start: Tree, algorithm: Algorithm, examples: Examples, at: Snapshot, settings: Settings
    ) -> None:
        self.loss, self.start, self.examples, self.at, self.settings = loss, start, examples, at, settings
        self.full = examples.batch_size is None
        self.chosen = algorithm
        self.algorithm = algorithm.bind(loss, examples.training) if algorithm.bind and self.full else algorithm
        both = value_and_grad(loss)
        self.both: Any = compile(both, settings.backend) if settings.backend else both
        self.recent: list[tuple[Tree, Arrays]] = []
        self.gradient: Tree = None
        rate = algorithm.hyperparameters.get("learning_rate")
        self.schedule: Any = rate if callable(rate) else None
        self.rate = float(rate) if isinstance(rate, float | int) else math.nan
        if self.schedule is not None and at.rate is not None:
            self.schedule.load_state_dict(at.rate)

    @property
    def steps(self) -> int:
        """How many steps have been taken."""
        return self.at.epoch * self.examples.steps + self.at.step

    def rate_now(self) -> float:
        """The learning rate of the next step."""
        return float(self.schedule(self.steps)) if self.schedule else self.rate

    def go(self, report: Report, pressed: Callable[[], bool], checkpoint: Checkpoint) -> str:
        """Take steps until something ends the run; says what."""
        while True:
            reason = self.look(report) or (INTERRUPTED if pressed() else None)
            if reason is not None:
                return reason
            for moved in self.epoch(report):
                if not moved:
                    return CLIMBS
                checkpoint.offer(self.at)
                if pressed() and self.at.step:
                    return INTERRUPTED

    # --- between epochs ---------------------------------------------------------------------------------------------

    def look(self, report: Report) -> str | None:
        """Measure the point at the beginning of an epoch, unless that has been done; whether and why to stop."""
        at, asked = self.at, False
        if at.step == 0 and (self.full or len(at.history.losses) <= at.epoch):
            value, self.gradient = self.measured()
            if len(at.history.losses) <= at.epoch:
                asked = self.note(value)
        history = at.history
        if self.full:
            report(at.epoch, history.losses[-1], lambda: norm(self.gradient), self.rate_now)
        if climbs(history, self.algorithm.overshoot):
            return CLIMBS
        if stands_still(history, at.last, at.params, self.start, self.settings.tolerance) and at.step == 0:
            return CONVERGED
        if self.settings.patience is not None and at.epoch - at.best_epoch >= self.settings.patience:
            return STALE
        if asked:
            return ASKED
        return USED_UP if at.epoch >= self.settings.epochs else None

    def measured(self) -> tuple[float, Tree]:
        """The loss of this point, and the gradient if it is that of all the data."""
        at, examples = self.at, self.examples
        if self.full:
            self.remember(at.params, examples.training)
            value, gradient = self.both(at.params, *examples.training)
            return float(value), gradient
        if self.settings.measure == "full":
            return float(self.loss(at.params, *examples.training)), None
        if at.epoch:
            return (at.seen if all(np.isfinite(leaf).all() for leaf in leaves(at.params)) else math.nan), None
        first = next(examples.epoch(generator(at.random)))
        self.remember(at.params, first)
        return float(self.loss(at.params, *first)), None

    def note(self, value: float) -> bool:
        """Write the point down, and tell those who want to know; whether one of them asked to stop."""
        at, history, settings = self.at, self.at.history, self.settings
        history.losses.append(value)
        if self.full:
            history.gradient_norms.append(norm(self.gradient))
        validation = math.nan
        if self.examples.validation is not None:
            validation = float(self.loss(at.params, *self.examples.validation))
            history.validation_losses.append(validation)
            if at.epoch == 0 or validation < history.validation_losses[at.best_epoch]:
                at.best, at.best_epoch = at.params, at.epoch
        if hasattr(self.schedule, "report"):
            self.schedule.report(value if self.examples.validation is None else validation)
            at.rate = self.schedule.state_dict()
        rate = self.rate_now()
        history.rates.append(rate)
        if settings.trajectory:
            history.params.append(at.params)
        moment = Moment(at.epoch, self.steps, at.params, value, self.gradient, rate, validation, history)
        answers = [callback(moment) for callback in settings.callbacks]  # all of them, whatever the first one says
        return any(answer is True for answer in answers)

    # --- between steps ----------------------------------------------------------------------------------------------

    def epoch(self, report: Report) -> Iterator[bool]:
        """The steps of an epoch, or what is left of them; after each, whether there was one to take."""
        return self.one_step() if self.full else self.small_steps(report)

    def one_step(self) -> Iterator[bool]:
        """With all the data: the gradient has been measured."""
        at = self.at
        params, memory = self.algorithm.update(self.gradient, at.memory, at.params)
        self.at = replace(at, params=params, memory=memory, epoch=at.epoch + 1, base=params, last=at.base)
        yield True

    def small_steps(self, report: Report) -> Iterator[bool]:
        """Batch after batch."""
        random, steps, count = generator(self.at.random), self.examples.steps, self.examples.count
        for batch in self.examples.epoch(random, self.at.step):
            at, bind = self.at, self.algorithm.bind
            self.remember(at.params, batch)
            value, gradient = self.both(at.params, *batch)
            loss = float(value)
            if not math.isfinite(loss):
                at.history.losses.append(loss)
                yield False
                return
            rule = bind(self.loss, batch) if bind else self.algorithm
            params, memory = rule.update(gradient, at.memory, at.params)
            seen = (at.seen if at.step else 0.0) + loss * len(batch[0]) / count
            at = replace(at, params=params, memory=memory, step=at.step + 1, seen=seen)
            if at.step == steps:
                at.epoch, at.step, at.random = at.epoch + 1, 0, random.bit_generator.state
                at.base, at.last = params, at.base
            self.at = at
            report(at.epoch + at.step / steps, loss, lambda: norm(gradient), self.rate_now)  # noqa: B023 - called now
            yield True

    def suspects(self) -> list[tuple[Tree, Arrays]]:
        """Where a NaN may come from: the last steps, the earlier one first, or else the loss over all the data."""
        everything = not self.full and self.settings.measure == "full"  # else it may be larger than the memory
        return [*self.recent[::-1], *([(self.at.params, self.examples.training)] if everything else [])]

    def remember(self, params: Tree, batch: Arrays) -> None:
        """A place where a gradient is taken, and the one before."""
        self.recent = [(params, batch), *self.recent[:1]]


def generator(state: Mapping[str, Any]) -> np.random.Generator:
    """A random generator in that state."""
    random = np.random.Generator(getattr(np.random, state["bit_generator"])())
    random.bit_generator.state = state
    return random
