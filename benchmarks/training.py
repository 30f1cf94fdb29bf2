"""A small perceptron learns to read digits: the time of an epoch beside PyTorch and beside lines by hand, and how well.

Everybody begins with the same weights and sees the same batches of 32 in the same order, in float32, with Adam. Ours is
`optim.minimize` as a user calls it, with its history, its checks for NaN, and the tracing of the compiled form;
PyTorch's is the usual loop over rows of its tensors (its DataLoader takes more than twice as long).
"""

from __future__ import annotations

from collections.abc import Callable
from time import perf_counter
from typing import Any

import numpy as np

from tinygrad_edu import data, losses, models, optim

from . import peers
from .harness import HAND, OURS, Contestant, Effort, Figure, WrongGradientError, race, table

SIZES, BATCH, RATE, EPOCHS = (64, 128, 10), 32, 3e-3, 60
COMPILED = "ours, compiled"
Weights = list[np.ndarray]
Train = Callable[[int], Weights]  # epochs → the weights at the end


def digits(count: int | None = None) -> tuple[np.ndarray, np.ndarray]:
    """Pixels from 0 to 1, and labels."""
    given = data.load_digits()
    return (given.features[:count] / 16).astype(np.float32), given.target[:count].astype(np.int64)


def start(seed: int = 0) -> Any:
    return models.start_mlp(SIZES, seed, dtype=np.float32)


def flat(params: Any) -> Weights:
    return [layer[name] for layer in params for name in ("w", "b")]


def ours(x: np.ndarray, y: np.ndarray, compile: Any) -> Train:
    loss = models.loss_of(models.mlp, losses.cross_entropy)

    def train(epochs: int) -> Weights:
        options: Any = {"measure": "batches", "compile": compile, "progress": False, "tolerance": 0.0}
        found = optim.minimize(loss, start(), optim.adam(RATE), data=(x, y), batch_size=BATCH, epochs=epochs, **options)
        return flat(found.params)

    return train


def orders(n: int, epochs: int) -> list[np.ndarray]:
    """The orders in which `minimize` shuffles n examples with the seed 0."""
    random = np.random.default_rng(0)
    return [random.permutation(n) for _ in range(epochs)]


def by_hand(x: np.ndarray, y: np.ndarray) -> Train:
    truth = np.eye(SIZES[-1], dtype=np.float32)[y]

    def gradients(params: Weights, x: np.ndarray, truth: np.ndarray) -> Weights:
        w, b, v, c = params
        hidden = np.maximum(x @ w + b, 0)
        scores = hidden @ v + c
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        slope = (shares - truth) / np.float32(len(x))
        inner = (slope @ v.T) * (hidden > 0)
        return [x.T @ inner, inner.sum(axis=0), hidden.T @ slope, slope.sum(axis=0)]

    def train(epochs: int) -> Weights:
        params = [array.copy() for array in flat(start())]
        means, squares = ([np.zeros_like(p) for p in params] for _ in range(2))
        k = 0
        for order in orders(len(x), epochs):
            for i in range(0, len(x), BATCH):
                rows = order[i : i + BATCH]
                k += 1
                for p, g, m, v in zip(params, gradients(params, x[rows], truth[rows]), means, squares, strict=True):
                    m += 0.1 * (g - m)
                    v += 0.001 * (g * g - v)
                    p -= RATE / (1 - 0.9**k) * m / (np.sqrt(v / (1 - 0.999**k)) + 1e-8)
        return params

    return train


def in_torch(x: np.ndarray, y: np.ndarray) -> Train:
    torch: Any = peers.torch
    inputs, labels = torch.from_numpy(x), torch.from_numpy(y)

    def train(epochs: int) -> Weights:
        net = torch.nn.Sequential(
            torch.nn.Linear(*SIZES[:2]), torch.nn.ReLU(), torch.nn.Linear(*SIZES[1:])
        )  # fmt: skip
        with torch.no_grad():
            for p, array in zip(net.parameters(), flat(start()), strict=True):
                p.copy_(torch.from_numpy(array.T))
        optimizer, measure = torch.optim.Adam(net.parameters(), lr=RATE), torch.nn.CrossEntropyLoss()
        for order in orders(len(x), epochs):
            order = torch.from_numpy(order)
            for i in range(0, len(x), BATCH):
                rows = order[i : i + BATCH]
                optimizer.zero_grad()
                measure(net(inputs[rows]), labels[rows]).backward()
                optimizer.step()
        return [p.detach().numpy().T for p in net.parameters()]

    return train


def learn(seed: int, epochs: int) -> tuple[float, float]:
    """The share of the digits set aside that are read wrongly, in percent, and the seconds it took to learn."""
    training, (x, y) = data.split(digits(), 0.2, seed)
    loss = models.loss_of(models.mlp, losses.cross_entropy, ridge=1e-4)
    rate = optim.schedules.cosine(RATE, epochs * -(-len(training[1]) // BATCH))
    begin = perf_counter()
    found = optim.minimize(
        loss, start(seed), optim.adam(rate), data=training, batch_size=BATCH, epochs=epochs, seed=seed,
        measure="batches", compile="numpy", progress=False,
    )  # fmt: skip
    seconds = perf_counter() - begin
    return 100 * float(np.mean(np.argmax(models.mlp(found.params, x), axis=1) != y)), seconds


def report(effort: Effort, smoke: bool) -> tuple[str, list[Figure]]:
    """The table of epochs, and the errors of five runs with other seeds."""
    x, y = digits(96 if smoke else 1437)
    trains = {HAND: by_hand(x, y), OURS: ours(x, y, None), COMPILED: ours(x, y, "numpy")}
    if peers.torch is not None:
        trains["PyTorch"] = in_torch(x, y)
    expected = trains[HAND](1)
    for who, train in trains.items():
        if not all(np.allclose(a, b, rtol=1e-2, atol=1e-3) for a, b in zip(train(1), expected, strict=True)):
            raise WrongGradientError(f"training: after an epoch the weights of {who} are not those by hand")
    epochs = 1 if smoke else 10
    silent = {who: Contestant(lambda train=train: train(epochs) and ()) for who, train in trains.items()}  # type: ignore
    times = {who: seconds / epochs for who, seconds in race("training", silent, effort).items()}
    figures = []
    if "PyTorch" in times:
        for who in (OURS, COMPILED):
            what = f"an epoch of digits, perceptron 64-128-10, {who} / PyTorch"
            figures.append(Figure("training", what, times[who] / times["PyTorch"], "x", 1.0))
    runs = [learn(seed, 1 if smoke else EPOCHS) for seed in range(1 if smoke else 5)]
    worst, slowest = max(error for error, _ in runs), max(seconds for _, seconds in runs)
    figures.append(Figure("training", f"digits read wrongly, worst of five runs of {EPOCHS} epochs", worst, "%", 3.0))
    figures.append(Figure("training", "seconds of the slowest of them", slowest, "s", 20.0))
    rows = [["an epoch", *(seconds * 1e3 for seconds in times.values())]]
    return table("Digits, 1,437 examples in batches of 32: milliseconds", ["", *times], rows), figures
