"""The bare loop: value, gradient, parameter update, for ever.

`iterates` is an endless sequence of points, which you may look at one by one, draw, or leave when you like. When to
stop is another matter (`stopping`), and so is putting the two together (`minimizing`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np

from ..data.sampling import batches
from ..transforms import grad, value_and_grad
from ..trees import Tree
from .stages import Algorithm

Loss = Callable[..., Any]


class Point(NamedTuple):
    """One stop on the way: the parameters, the loss there, and its gradient (None between mini-batch epochs)."""

    params: Tree
    loss: float
    gradient: Tree


def iterates(
    loss: Loss,
    start: Tree,
    algorithm: Algorithm,
    data: tuple[Any, ...] = (),
    batch_size: int | None = None,
    seed: int | np.random.Generator | None = None,
) -> Iterator[Point]:
    """The endless sequence of points of a descent, the start first.

    Examples
    --------
    The bowl 4 + (x − 2)² + 2 y² from (−1, 2), with its ideal learning rate for the steep direction:

    >>> from itertools import islice
    >>> from tinygrad_edu.optim import gradient_descent
    >>> bowl = lambda p: 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2
    >>> for point in islice(iterates(bowl, np.array([-1.0, 2.0]), gradient_descent(0.25)), 3):
    ...     print(point.params, point.loss)
    [-1.  2.] 21.0
    [0.5 0. ] 6.25
    [1.25 0.  ] 4.5625
    """
    if batch_size is None:
        return _full_batch(loss, start, algorithm, data)
    return _mini_batch(loss, start, algorithm, data, batch_size, np.random.default_rng(seed))


def _full_batch(loss: Loss, params: Tree, algorithm: Algorithm, data: tuple[Any, ...]) -> Iterator[Point]:
    if algorithm.bind:
        algorithm = algorithm.bind(loss, data)
    value_and_gradient, state = value_and_grad(loss), algorithm.init(params)
    while True:
        value, gradient = value_and_gradient(params, *data)
        yield Point(params, float(value), gradient)
        params, state = algorithm.update(gradient, state, params)


def _mini_batch(
    loss: Loss, params: Tree, algorithm: Algorithm, data: tuple[Any, ...], size: int, random: np.random.Generator
) -> Iterator[Point]:
    gradient, state = grad(loss), algorithm.init(params)
    while True:
        yield Point(params, float(loss(params, *data)), None)
        for batch in batches(data, size, random):
            rule = algorithm.bind(loss, batch) if algorithm.bind else algorithm
            params, state = rule.update(gradient(params, *batch), state, params)
