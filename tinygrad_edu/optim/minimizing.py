"""The iterative approach: measure the loss, take its gradient, update the parameters, until the loss stops changing.

`minimize` walks along the endless sequence of points (`descent`), keeps the history, and ends (`stopping`) because
nothing changes any more, because the epochs are used up, or because the descent climbs, which is an error that says
which learning rate would have worked.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import islice
from typing import Any

import numpy as np

from ..data.sampling import batches
from ..errors import DivergenceError, HyperparameterError
from ..tensor import Tensor
from ..trees import Tree, tree_map
from .algorithms import gradient_descent
from .curvature import Curvature, curvature
from .descent import Loss, iterates
from .progress import progress_bar
from .stages import Algorithm
from .start import Shapes, random, zeros
from .stopping import History, climbs, stands_still


@dataclass(frozen=True)
class Result:
    """Where a descent ended, and why.

    Parameters
    ----------
    params : tree
        The parameters at the end.
    loss : float
        The loss there, over all the data.
    steps, epochs : int
        The number of updates, and of passes over the data; equal for a full batch.
    converged : bool
        Whether the loss stopped changing.
    reason : str
        The same in words.
    algorithm : Algorithm
        The update rule with the numbers it was run with.
    history : History
        The losses on the way, and more.
    """

    params: Tree
    loss: float
    steps: int
    epochs: int
    converged: bool
    reason: str
    algorithm: Algorithm
    history: History = field(repr=False)


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
) -> Result:
    """Make a loss small by gradient descent.

    Parameters
    ----------
    loss : callable
        loss(params, *data) → scalar, written in NumPy. The gradient is taken with respect to `params`.
    start : tree of arrays (of Tensors the values), "zeros" or "random"
        The starting point; for the two words, `shapes` says what to make.
    algorithm : Algorithm, optional
        The update rule; by default `gradient_descent("auto")`.
    data : tuple of arrays, each with n rows, or one such array
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

    Returns
    -------
    Result
        `params`, `loss`, `steps`, `epochs`, `converged`, `reason`, `algorithm`, `history`.

    Raises
    ------
    DivergenceError
        If the loss is not finite, or rose ten times in a row to above where it started. The message names the step, the
        loss, the learning rate and the one that the curvature recommends; the error's `result` holds the run.
    HyperparameterError
        If a number is outside its range, or the curvature does not determine the learning rate.

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
    _check_algorithm(algorithm)
    data = tuple(data) if isinstance(data, list | tuple) else (data,)
    params = _starting_point(start, shapes, seed)
    _check(epochs, tolerance, data, batch_size)
    chosen = algorithm or gradient_descent()
    if chosen.tune:
        bend = steepest(loss, params, data, batch_size, seed)
        if np.isnan(bend.largest):
            _check_first_loss(loss, params, data, chosen.name)
        chosen = chosen.tune(bend)
    points = iterates(loss, params, chosen, data, batch_size, seed)
    steps = 1 if batch_size is None else -(-len(data[0]) // batch_size)
    history = History()
    # a descent that climbs overflows on its way; the error below says it better than NumPy's warnings
    with progress_bar(epochs, progress) as report, np.errstate(over="ignore", invalid="ignore"):
        last = params
        for epoch, point in enumerate(islice(points, epochs + 1)):
            history.note(*point, trajectory)
            report(epoch, point.loss)
            converged = stands_still(history, last, point.params, params, tolerance)
            rises = climbs(history, chosen.overshoot)
            last = point.params
            if converged or rises:
                break
    reason = "the loss stopped changing" if converged else "the loss climbs" if rises else "the epochs are used up"
    result = Result(last, point.loss, epoch * steps, epoch, converged, reason, chosen, history)
    if rises:
        bend = steepest(loss, params, data, batch_size, seed)
        raise DivergenceError(_diagnosis(result, bend, automatic=chosen is not algorithm), result)
    return result


def steepest(loss: Loss, params: Tree, data: tuple[Any, ...], batch_size: int | None, seed: int) -> Curvature:
    """The curvature that bounds the learning rate: that of the full batch, or the largest among 32 mini-batches."""
    if batch_size is None:
        return curvature(loss, params, *data, seed=seed)
    some = islice(batches(data, batch_size, seed), 32)
    return max((curvature(loss, params, *batch, seed=seed) for batch in some), key=lambda bend: bend.largest)


def _starting_point(start: Tree | str, shapes: Shapes, seed: int) -> Tree:
    if not isinstance(start, str):
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
        raise DivergenceError(f"{name}: at the start the loss is {first:.4g}. Choose another start")


def _check(epochs: int, tolerance: float, data: tuple[Any, ...], batch_size: int | None) -> None:
    if epochs < 0:
        raise HyperparameterError(f"epochs is {epochs}. Expected 0 or more")
    if not tolerance >= 0:
        raise HyperparameterError(f"the tolerance is {tolerance}. Expected 0 (never stop early) or more, such as 1e-9")
    if batch_size is not None and not (data and batch_size >= 1):
        raise HyperparameterError(
            f"batch_size is {batch_size}, with {len(data)} arrays of data. Expected 1 or more, and data=(x, y) to take "
            "the batches from"
        )


def _diagnosis(result: Result, bend: Curvature, automatic: bool) -> str:
    losses, name = result.history.losses, result.algorithm.name
    if result.epochs == 0:
        return f"{name}: at the start the loss is {losses[0]:.4g}, or its gradient not finite. Choose another start"
    rate = result.algorithm.hyperparameters.get("learning_rate")
    happened = f"{name} diverged: the loss went from {losses[0]:.4g} to {losses[-1]:.4g} in {result.steps} steps"
    if not isinstance(rate, float):
        return f"{happened}. Expected a loss that falls"
    happened += f" with learning rate {rate:.4g}"
    decay = result.algorithm.hyperparameters.get("decay", 0.0)
    bounded = result.algorithm.overshoot < np.inf  # by the curvature; a step of another kind knows no limit
    limit = (1 + decay) * bend.limit
    if bounded and not automatic and rate > 0.9 * limit:  # the curvature that was measured may be a little too low
        numerator = f"2(1 + {decay:.4g})" if decay else "2"
        return (
            f"{happened}. The largest curvature at the start is {bend.largest:.4g}, so the rate must stay below "
            f"{numerator}/{bend.largest:.4g} = {limit:.4g}. Try {bend.safe_rate:.4g}, or 'auto'"
        )
    if not bounded:
        return f"{happened}. Try {rate / 10:.4g}"
    return f"{happened}. The curvature at the start allows it, so the loss bends more on the way. Try {rate / 10:.4g}"
