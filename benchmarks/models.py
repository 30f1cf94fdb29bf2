"""Value and gradient of two whole models, beside the gradient that a competent person writes by hand.

Here the arithmetic costs more than the engine: the question is whether the recorded gradient does more of it than it
has to. Both sides use the same numerically safe formula; the hand-written one reuses what the forward pass computed.
autograd runs the same lines as we do; PyTorch runs its own fused losses, as its users would.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

import tinygrad_edu as tg

from . import peers
from .harness import HAND, OURS, STRICT, Contestant, Effort, Figure, race, table

Arrays = Sequence[np.ndarray]


@dataclass(frozen=True)
class Model:
    """A loss, its gradient by hand (which returns the value first), and the arrays to run them on."""

    name: str
    loss: Callable[..., Any]  # loss(np, parameters, data)
    by_hand: Callable[..., list[Any]]  # by_hand(parameters, data)
    in_torch: Callable[..., Any]  # in_torch(torch, parameters, data)
    parameters: Arrays
    data: Arrays


def logistic_loss(np: Any, parameters: Any, data: Any) -> Any:
    """The mean of log(1 + e^z) - y z with z = X w + b: the negative log-likelihood of labels 0 and 1."""
    (w, b), (X, y) = parameters, data
    z = X @ w + b  # (examples,)
    return np.mean(np.logaddexp(0.0, z) - y * z)


def logistic_by_hand(parameters: Arrays, data: Arrays) -> list[Any]:
    """The sigmoid is e^(z - log(1 + e^z)): one exponential, from what is there, and no overflow."""
    (w, b), (X, y) = parameters, data
    z = X @ w + b
    softplus = np.logaddexp(0.0, z)
    value = np.mean(softplus - y * z)
    residual = (np.exp(z - softplus) - y) / len(y)
    return [value, residual @ X, residual.sum()]


def logistic_in_torch(torch: Any, parameters: Any, data: Any) -> Any:
    (w, b), (X, y) = parameters, data
    return torch.nn.functional.binary_cross_entropy_with_logits(X @ w + b, y)


def logistic_regression(examples: int, features: int) -> Model:
    """All examples in one batch."""
    random = np.random.default_rng(0)
    X = random.normal(size=(examples, features))
    y = (X @ random.normal(size=features) > random.logistic(size=examples)).astype(float)
    parameters = [random.normal(size=features) / 10, np.array(0.1)]
    name = f"logistic regression, {examples:,} x {features}"
    return Model(name, logistic_loss, logistic_by_hand, logistic_in_torch, parameters, [X, y])


def perceptron_loss(np: Any, parameters: Any, data: Any) -> Any:
    """Softmax cross-entropy of a two-layer perceptron; the labels are rows with a single 1."""
    (W1, b1, W2, b2), (X, labels) = parameters, data
    z = np.maximum(X @ W1 + b1, 0.0) @ W2 + b2  # (batch, classes)
    z = z - np.max(z, axis=1, keepdims=True)
    return np.mean(np.log(np.sum(np.exp(z), axis=1)) - np.sum(labels * z, axis=1))


def perceptron_by_hand(parameters: Arrays, data: Arrays) -> list[Any]:
    """Backpropagation as in a textbook: the residual of the softmax, carried through W2 and the rectifier."""
    (W1, b1, W2, b2), (X, labels) = parameters, data
    hidden = np.maximum(X @ W1 + b1, 0.0)
    z = hidden @ W2 + b2
    z -= np.max(z, axis=1, keepdims=True)
    exponentials = np.exp(z)
    total = exponentials.sum(axis=1, keepdims=True)
    value = np.mean(np.log(total[:, 0]) - np.sum(labels * z, axis=1))
    to_z = (exponentials / total - labels) / len(X)
    to_hidden = (to_z @ W2.T) * (hidden > 0)
    return [value, X.T @ to_hidden, to_hidden.sum(axis=0), hidden.T @ to_z, to_z.sum(axis=0)]


def perceptron_in_torch(torch: Any, parameters: Any, data: Any) -> Any:
    (W1, b1, W2, b2), (X, labels) = parameters, data
    return torch.nn.functional.cross_entropy(torch.relu(X @ W1 + b1) @ W2 + b2, labels)


def perceptron(batch: int, inputs: int, hidden: int, classes: int) -> Model:
    """One mini-batch."""
    random = np.random.default_rng(0)
    weights = [random.normal(size=s) / np.sqrt(s[0]) for s in [(inputs, hidden), (hidden, classes)]]
    parameters = [weights[0], np.zeros(hidden) + 0.1, weights[1], np.zeros(classes)]
    data = [random.uniform(size=(batch, inputs)), np.eye(classes)[random.integers(classes, size=batch)]]
    name = f"perceptron {inputs}-{hidden}-{classes}, batch {batch}"
    return Model(name, perceptron_loss, perceptron_by_hand, perceptron_in_torch, parameters, data)


def contestants(model: Model) -> dict[str, Contestant]:
    """Everyone who takes part; each returns the value, then the gradient of every parameter."""
    ours = tg.value_and_grad(lambda parameters: model.loss(np, parameters, model.data))
    run = lambda: _flat(ours(model.parameters))
    found = {
        OURS: Contestant(run),
        HAND: Contestant(lambda: model.by_hand(model.parameters, model.data)),
        STRICT: Contestant(run, within=tg.strict_ieee),
    }
    if peers.torch is not None:
        found["PyTorch"] = _torch(model, peers.torch)
    if peers.autograd is not None:
        theirs = peers.autograd.value_and_grad(lambda p: model.loss(peers.autograd_numpy, p, model.data))
        found["autograd"] = Contestant(lambda: _flat(theirs(list(model.parameters))))
    return found


def _flat(pair: tuple[Any, Sequence[Any]]) -> list[Any]:
    return [pair[0], *pair[1]]


def _torch(model: Model, torch: Any) -> Contestant:
    parameters = [torch.tensor(p, requires_grad=True) for p in model.parameters]
    data = [torch.tensor(a) for a in model.data]

    def run() -> list[Any]:
        for parameter in parameters:
            parameter.grad = None
        loss = model.in_torch(torch, parameters, data)
        loss.backward()
        return [loss.detach(), *(parameter.grad for parameter in parameters)]

    return Contestant(run)


def report(effort: Effort, smoke: bool = False) -> tuple[str, list[Figure]]:
    """Milliseconds of each contestant on both models, and our ratio to the gradient by hand."""
    if smoke:
        models = [logistic_regression(50, 3), perceptron(5, 7, 4, 3)]
    else:
        models = [logistic_regression(100_000, 30), perceptron(128, 784, 256, 10)]
        effort = replace(effort, seconds=3 * effort.seconds)  # one run takes milliseconds
    rows, figures = [], []
    for model in models:
        seconds = race(model.name, contestants(model), effort)
        others = [who for who in seconds if who not in (OURS, HAND, STRICT)]
        ratio = seconds[OURS] / seconds[HAND]
        head = ["", OURS, HAND, *others, "ours/hand"]
        rows.append([model.name, *(seconds[who] * 1e3 for who in head[1:-1]), ratio])
        figures.append(Figure(model.name, "ours / hand-written", ratio, "x", 1.15))
        cost = (seconds[OURS] / seconds[STRICT] - 1) * 100
        figures.append(Figure(model.name, "cost of zero over infinity", cost, "%", 5))
    return table("Whole models: milliseconds for value and gradient", head, rows), figures
