"""The iterative approach: measure the loss, take its gradient, update the parameters, until the loss stops changing.

`minimize` prepares the examples and the learning rate, lets the run go (`training`), and says how it ended: because
nothing changes any more, because the epochs are used up, because somebody asked, or because the descent climbs, which
is an error that says which learning rate would have worked, or which operation made the NaN (`diagnosis`).
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

import numpy as np

from ..errors import DataError, DivergenceError, DtypeError, HyperparameterError
from ..runs import refuse_uncallable
from ..tensor import Tensor
from ..trees import Tree, leaves, tree_map
from .algorithms import gradient_descent
from .checkpoints import Checkpoint, Snapshot, task_of
from .curvature import Curvature, curvature
from .descent import Loss
from .diagnosis import bouncing, divergence, no_value, provenance
from .examples import Examples, as_arguments, is_share
from .interrupting import interruptible
from .progress import progress_bar
from .stages import Algorithm
from .start import Shapes, random, zeros
from .stopping import History
from .training import CLIMBS, CONVERGED, USED_UP, Callback, Run, Settings


@dataclass(frozen=True)
class Result:
    """Where a descent ended, and why.

    Parameters
    ----------
    params : tree
        The parameters at the end; with `early_stopping` those with the lowest validation loss.
    loss : float
        The loss there, over all the data that were learnt from (of an interrupted run the last one that was measured).
    steps, epochs : int
        The number of updates, and of passes over the data; equal for a full batch.
    converged : bool
        Whether the loss stopped changing.
    reason : str
        Why the run ended, in words.
    algorithm : Algorithm
        The update rule with the numbers it was run with.
    history : History
        The losses on the way, and more.
    validation_loss : float or None
        The loss of `params` over the examples that were set aside.
    best_epoch : int or None
        The epoch with the lowest of them.
    """

    params: Tree
    loss: float
    steps: int
    epochs: int
    converged: bool
    reason: str
    algorithm: Algorithm
    history: History = field(repr=False)
    validation_loss: float | None = None
    best_epoch: int | None = None


def minimize(
    loss: Loss,
    start: Tree | str,
    algorithm: Algorithm | None = None,
    *,
    data: Any = (),
    batch_size: int | None = None,
    epochs: int = 10_000,
    tolerance: float = 1e-9,
    shapes: Shapes = None,
    seed: int = 0,
    trajectory: bool = False,
    progress: bool | None = None,
    validation: Any = None,
    early_stopping: int | None = None,
    callbacks: Sequence[Callback] = (),
    checkpoint: str | os.PathLike[str] | None = None,
    checkpoint_every: float = 1.0,
    resume: bool = False,
    measure: Literal["full", "batches"] = "full",
    compile: Literal["numpy", "c", "auto"] | None = None,
) -> Result:
    """Make a loss small by gradient descent.

    Ctrl-C ends the run after the step that it is at, and returns what it has found; a second one interrupts at once.

    Parameters
    ----------
    loss : callable
        loss(params, *data) → scalar, written in NumPy. The gradient is taken with respect to `params`.
    start : tree of arrays (of Tensors the values), "zeros" or "random"
        The starting point; for the two words, `shapes` says what to make.
    algorithm : Algorithm, optional
        The update rule; by default `gradient_descent("auto")`.
    data : tuple of arrays, each with n rows, or one such array, or a Dataset
        The examples, passed on to the loss.
    batch_size : int, optional
        How many examples go into one gradient: all by default; 1 is stochastic gradient descent.
    epochs : int
        The most passes over the data; a full batch takes one step a pass.
    tolerance : float
        The descent has converged when over ten epochs the loss varied by at most this fraction of itself, and the
        last step was at most √tolerance of the distances involved (at the edge of stability the loss can stand still
        while the point bounces from side to side).
    shapes : shape, or dict or list of shapes
        Of the parameters, when `start` is a word.
    seed : int
        For the mini-batches and the random start. The same seed repeats the run.
    trajectory : bool
        Whether `history.params` keeps every point.
    progress : bool, optional
        True: a progress bar; False: none; by default one on runs of more than two seconds in a terminal.
    validation : float, or tuple of arrays, or Dataset
        A share of the examples, between 0 and 1, that is set aside at random (by the seed, as `data.split` does); or
        other examples. Their loss is measured once an epoch.
    early_stopping : int
        Stop when the validation loss has not fallen for so many epochs, and return the parameters where it was lowest.
    callbacks : sequence of callables
        Each is called with a `Moment` once an epoch; if it returns True, the run ends there.
    checkpoint : path
        A file for the state of the run (.npz, or .safetensors by that extra), which is always whole: it is written
        about every `checkpoint_every` seconds (0: after every step) and at the end.
    resume : bool
        Go on from the checkpoint, if it is there; the run ends as if it had never stopped, bit for bit. More `epochs`
        than before prolong it.
    measure : {"full", "batches"}
        With mini-batches, the loss of an epoch: one more pass over all the data, or the mean over its batches as they
        were met, which costs nothing. The convergence rule sees the noise of the latter.
    compile : {"numpy", "c", "auto"}
        Trace the gradient once and run it as a program (`tg.compile`). The loss must not branch on values.

    Returns
    -------
    Result

    Raises
    ------
    DivergenceError
        If the loss is not finite, or rose ten times in a row to above where it started. The message names the step, the
        loss, the learning rate and the one that the curvature recommends, and for a NaN the operation and the line that
        made it; the error's `result` holds the run.
    HyperparameterError
        If a number is outside its range, the curvature does not determine the learning rate, or the checkpoint is of
        another run.
    DataError
        If the checkpoint cannot be read or written.

    References
    ----------
    L. Bottou, F. E. Curtis, J. Nocedal (2018). Optimization methods for large-scale machine learning. SIAM Review 60.

    Examples
    --------
    >>> bowl = lambda p: 4 + (p["x"] - 2) ** 2 + 2 * p["y"] ** 2
    >>> result = minimize(bowl, {"x": -1.0, "y": 2.0})
    >>> round(float(result.params["x"]), 4), round(float(result.params["y"]), 4), round(result.loss, 6)
    (2.0, 0.0, 4.0)
    >>> result.converged, result.reason
    (True, 'the loss stopped changing')
    """
    refuse_uncallable("minimize", loss, ", start, ...)")
    _check_algorithm(algorithm)
    data = as_arguments(data)
    params = _starting_point(start, shapes, seed)
    _check(epochs, tolerance, data, batch_size)
    _check_training(validation, early_stopping, callbacks, measure, checkpoint, checkpoint_every, resume)
    examples = Examples(data, batch_size, validation, seed)
    chosen = algorithm or gradient_descent()
    asked = {"seed": seed, "batch_size": batch_size, "measure": measure, "early_stopping": early_stopping,
             "validation": float(validation) if is_share(validation) else validation is not None}  # fmt: skip
    task = task_of(chosen.name, chosen.hyperparameters, params, data, **asked)
    file = Checkpoint(checkpoint, task, checkpoint_every)

    def init(bend: tuple[float, float] | None) -> Any:
        ready = _tuned(chosen, bend)
        return (ready.bind(loss, next(examples.some(1, seed))) if ready.bind else ready).init(params)

    at = file.load(resume, params, init)
    if at is None:
        bend = _bend(loss, params, examples, seed, chosen) if chosen.tune else None
        memory = init(bend)
        at = Snapshot(params, memory, np.random.default_rng(seed).bit_generator.state, params, params, bend=bend)
    settings = Settings(epochs, tolerance, early_stopping, callbacks, trajectory, measure, compile)
    run = Run(loss, params, _tuned(chosen, at.bend), examples, at, settings)
    # a descent that climbs overflows on its way; the error below says it better than NumPy's warnings
    with progress_bar(epochs, progress) as report, np.errstate(over="ignore", invalid="ignore"):
        with interruptible() as pressed:
            reason = run.go(report, pressed, file)
        if reason != CLIMBS:
            file.write(run.at)
            return _result(run, reason)
        result = _result(run, reason)
        nan = not np.isfinite(result.loss) or not np.all(np.isfinite(result.history.gradient_norms[-1:]))
        culprit = provenance(loss, run.suspects()) if nan else None
        words = no_value(result.algorithm.name, result.loss, params, data) if result.steps == 0 else divergence(
            result.history.losses, result.steps, result.algorithm, steepest(loss, params, examples, seed),
            automatic=bool(chosen.tune),
        )  # fmt: skip
    raise DivergenceError(f"{words}\n{culprit}" if culprit else words, result) from culprit


def steepest(loss: Loss, params: Tree, examples: Examples, seed: int) -> Curvature:
    """The curvature that bounds the learning rate: that of the full batch, or the largest among 32 mini-batches."""
    some = examples.some(32, seed)
    return max((curvature(loss, params, *batch, seed=seed) for batch in some), key=lambda bend: bend.largest)


def _tuned(algorithm: Algorithm, bend: tuple[float, float] | None) -> Algorithm:
    return algorithm.tune(Curvature(*bend)) if algorithm.tune and bend else algorithm


def _bend(loss: Loss, params: Tree, examples: Examples, seed: int, algorithm: Algorithm) -> tuple[float, float]:
    found = steepest(loss, params, examples, seed)
    if np.isnan(found.largest):
        _check_first_loss(loss, params, examples.training, algorithm.name)
    return found.smallest, found.largest


def _result(run: Run, reason: str) -> Result:
    at, settings, history = run.at, run.settings, run.at.history.finished()
    best = at.best_epoch if settings.patience is not None else -1
    validated = len(history.validation_losses) > 0
    if reason == USED_UP and run.full and at.epoch > 1 and run.gradient is not None:
        before = run.both(at.last, *run.examples.training)[1]
        if words := bouncing(history.losses, before, run.gradient):
            reason = f"{reason}: {words}"
    return Result(
        params=at.best if settings.patience is not None else at.params,
        loss=float(history.losses[best]),
        steps=run.steps,
        epochs=at.epoch,
        converged=reason == CONVERGED,
        reason=reason,
        algorithm=run.chosen,
        history=history,
        validation_loss=float(history.validation_losses[best]) if validated else None,
        best_epoch=at.best_epoch if validated else None,
    )


def _starting_point(start: Tree | str, shapes: Shapes, seed: int) -> Tree:
    if not isinstance(start, str):
        if not sum(map(np.size, leaves(start))):
            raise HyperparameterError("the start holds no number. Expected parameters, alone or in lists and dicts")
        if any(getattr(leaf, "dtype", np.dtype(float)).kind in "iu" for leaf in leaves(start)):
            raise DtypeError(
                "the start holds whole numbers, between which nothing can descend. Write start.astype(float)"
            )
        return tree_map(lambda leaf: leaf.data if isinstance(leaf, Tensor) else leaf, start)
    if start not in ("zeros", "random") or shapes is None:
        raise HyperparameterError(
            f"start={start!r} with shapes={shapes!r}. Expected parameters, or 'zeros' or 'random' with their shapes, "
            "such as shapes={'w': (10,), 'b': ()}"
        )
    return zeros(shapes) if start == "zeros" else random(shapes, seed)


def _check_algorithm(algorithm: Any) -> None:
    if algorithm is None or isinstance(algorithm, Algorithm):
        return
    name = "gradient_descent" if isinstance(algorithm, float | int) else getattr(algorithm, "__name__", "")
    example = f"{name}({algorithm!r})" if isinstance(algorithm, float | int) else f"{name or 'gradient_descent'}(0.1)"
    raise HyperparameterError(f"the algorithm is {algorithm!r}. Expected an update rule, such as {example}")


def _check_first_loss(loss: Loss, params: Tree, data: tuple[Any, ...], name: str) -> None:
    """A loss without a value has no curvature either; the value is the better thing to complain of."""
    with np.errstate(all="ignore"):
        first = float(loss(params, *data))
    if not np.isfinite(first):
        culprit = provenance(loss, [(params, data)])
        words = no_value(name, first, params, data)
        raise DivergenceError(f"{words}\n{culprit}" if culprit else words) from culprit


def _check(epochs: int, tolerance: float, data: tuple[Any, ...], batch_size: int | None) -> None:
    if not isinstance(epochs, int | np.integer) or epochs < 0:
        raise HyperparameterError(f"epochs is {epochs!r}. Expected 0 or more, a whole number")
    if any(np.ndim(x) and len(x) == 0 for x in data):
        raise DataError("there are no examples: an array of the data has 0 rows")
    if not tolerance >= 0:
        raise HyperparameterError(f"the tolerance is {tolerance}. Expected 0 (never stop early) or more, such as 1e-9")
    if batch_size is not None and not (data and isinstance(batch_size, int | np.integer) and batch_size >= 1):
        raise HyperparameterError(
            f"batch_size is {batch_size}, with {len(data)} arrays of data. Expected 1 or more, and data=(x, y) to take "
            "the batches from"
        )


def _check_training(
    validation: Any, patience: Any, callbacks: Any, measure: str, checkpoint: Any, every: float, resume: bool
) -> None:
    counts = isinstance(patience, int | np.integer) and not isinstance(patience, bool) and patience >= 1
    if patience is not None and (validation is None or not counts):
        raise HyperparameterError(
            f"early_stopping is {patience!r}, with validation={'none' if validation is None else 'given'}. Expected a "
            "number of epochs, 1 or more, and validation=0.2 or other examples to watch"
        )
    if callable(callbacks) or not all(map(callable, callbacks)):
        raise HyperparameterError(f"callbacks are {callbacks!r}. Expected a list of functions, such as [show]")
    if measure not in ("full", "batches"):
        raise HyperparameterError(f"measure is {measure!r}. Expected 'full' or 'batches'")
    if not every >= 0:
        raise HyperparameterError(f"checkpoint_every is {every}. Expected 0 (every step) or more seconds")
    if resume and checkpoint is None:
        raise HyperparameterError("resume=True without a checkpoint. Expected checkpoint='run.npz' to go on from")
