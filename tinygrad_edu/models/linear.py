"""Linear models: one score x @ w + b, and four ways to read it.

Regression takes the score for the prediction itself; logistic regression for the log-odds of yes; softmax regression
for the logarithms of the classes' shares; Poisson regression for the logarithm of the expected count. In each family
the loss is the negative logarithm of the likelihood, up to a constant, computed from the score, where no digit is lost:
training never forms the probability.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np

from .. import losses
from ..functions import sigmoid
from ..functions import softmax as shares
from ..trees import Tree

Model = Callable[[Tree, Any], Any]


def start_linear(inputs: int, outputs: int | None = None) -> Tree:
    """Zeros for a linear model, whose loss has one valley.

    Parameters
    ----------
    inputs : int
        The number of features p.
    outputs : int, optional
        The number of scores k, as softmax regression needs; without it a single one.

    Returns
    -------
    dict
        "w" of shape (p,) or (p, k), "b" of shape () or (k,).

    Examples
    --------
    >>> start_linear(2)
    {'w': array([0., 0.]), 'b': array(0.)}
    """
    columns = () if outputs is None else (outputs,)
    return {"w": np.zeros((inputs, *columns)), "b": np.zeros(columns)}


def linear(params: Tree, x: Any) -> Any:
    """The scores x @ w + b: (n, p) → (n,) or (n, k).

    >>> linear({"w": np.array([1.0, 2.0]), "b": 0.5}, np.array([[1.0, 1.0], [0.0, 3.0]]))
    array([3.5, 6.5])
    """
    return x @ params["w"] + params["b"]


def logistic(params: Tree, x: Any) -> Any:
    """The probability of yes, 1/(1 + e^−score).

    >>> logistic({"w": np.array([1.0]), "b": 0.0}, np.array([[0.0], [100.0]]))
    array([0.5, 1. ])
    """
    return sigmoid(linear(params, x))


def softmax(params: Tree, x: Any) -> Any:
    """The probabilities of the classes, e^score / Σ e^score: (n, p) → (n, k).

    >>> softmax({"w": np.zeros((1, 2)), "b": np.log([1.0, 3.0])}, np.array([[5.0]]))
    array([[0.25, 0.75]])
    """
    return shares(linear(params, x))


def poisson(params: Tree, x: Any) -> Any:
    """The expected count, e^score.

    >>> poisson({"w": np.array([0.0]), "b": np.log(3.0)}, np.array([[5.0]]))
    array([3.])
    """
    return np.exp(linear(params, x))


class Family(NamedTuple):
    """How scores are read: a row of `FAMILIES`.

    `measure(scores, target)` is the loss, from the scores; `response(scores)` the prediction: a value, a probability,
    the shares of the classes, an expected count.
    """

    measure: Callable[..., Any]
    response: Callable[[Any], Any]


# fmt: off
FAMILIES = {
    "linear":   Family(losses.mean_squared_error, lambda scores: scores),
    "logistic": Family(losses.logistic_loss,      sigmoid),
    "softmax":  Family(losses.cross_entropy,      shares),  # of whole-numbered labels: target.astype(int)
    "poisson":  Family(losses.poisson_nll,        np.exp),
}
# fmt: on


def loss_of(model: Model, measure: Callable[..., Any], ridge: float = 0.0) -> Callable[..., Any]:
    """The loss of a model's parameters: measure(model(params, x), y), and a penalty on large weights.

    Parameters
    ----------
    model : callable
        model(params, x) → scores.
    measure : callable
        measure(scores, y) → scalar: any loss of `losses`, or your own.
    ridge : float
        λ: adds λ Σ w² over all arrays that a dict of the parameters calls "w"; biases are not charged.

    Returns
    -------
    callable
        loss(params, x, y) → scalar, for `optim.minimize`.

    References
    ----------
    A. E. Hoerl, R. W. Kennard (1970). Ridge regression: biased estimation for nonorthogonal problems. Technometrics 12.

    Examples
    --------
    >>> loss = loss_of(linear, losses.mean_squared_error, ridge=0.5)
    >>> float(loss({"w": np.array([2.0]), "b": 0.0}, np.array([[1.0]]), np.array([5.0])))
    11.0
    """

    def loss(params: Tree, x: Any, y: Any) -> Any:
        value = measure(model(params, x), y)
        return value + ridge * sum(np.sum(w * w) for w in weights(params)) if ridge else value

    return loss


def weights(params: Tree) -> list[Any]:
    """All arrays that a dict somewhere in the tree calls "w"."""
    parts = (
        params.items() if isinstance(params, dict) else enumerate(params) if isinstance(params, list | tuple) else ()
    )
    return [w for name, part in parts for w in ([part] if name == "w" else weights(part))]
