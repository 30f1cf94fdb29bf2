"""Microseconds per operation on arrays of ten numbers: what an engine costs when the arithmetic costs nothing.

A row is one operation repeated in a chain, x <- step(x), then summed, then differentiated. The step is one line that
every library runs with its own namespace in the place of `np`; its gradient by hand is one line beside it.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinygrad_edu as tg

from . import peers
from .harness import HAND, OURS, STRICT, Contestant, Effort, Figure, mean_ratio, race, table

TIMES = 24  # steps in a chain

RANDOM = np.random.default_rng(0)
X = RANDOM.uniform(0.5, 1.3, 10)
V = RANDOM.uniform(0.5, 1.5, 10)
NEAR_1 = RANDOM.uniform(0.95, 1.05, 10)
MATRIX = np.linalg.qr(RANDOM.normal(size=(10, 10)))[0]
ORDER = RANDOM.permutation(10)


@dataclass(frozen=True)
class Row:
    """One operation: `step(np, x, w)`, and by hand the cotangents of x and of w (None: w is a constant)."""

    name: str
    step: Callable[..., Any]
    by_hand: Callable[..., Any]
    w: np.ndarray = field(default_factory=lambda: X)
    operations: int = 1  # in one step

    @property
    def leaves(self) -> int:
        return 1 if self.by_hand(X, self.step(np, X, self.w), X, self.w)[1] is None else 2


def scatter(g: np.ndarray, index: np.ndarray) -> np.ndarray:
    """The transpose of ``x[index]``."""
    out = np.zeros_like(g)
    np.add.at(out, index, g)
    return out


# fmt: off
ROWS = [
    Row("x + 1.5",          lambda np, x, w: x + 1.5,         lambda g, y, x, w: (g, None)),
    Row("x + w",            lambda np, x, w: x + w,           lambda g, y, x, w: (g, g), V),
    Row("x * 1.01",         lambda np, x, w: x * 1.01,        lambda g, y, x, w: (g * 1.01, None)),
    Row("x * w",            lambda np, x, w: x * w,           lambda g, y, x, w: (g * w, g * x), NEAR_1),
    Row("x - w",            lambda np, x, w: x - w,           lambda g, y, x, w: (g, -g), V),
    Row("x / w",            lambda np, x, w: x / w,           lambda g, y, x, w: (g / w, -g * y / w), NEAR_1),
    Row("1 / x",            lambda np, x, w: 1.0 / x,         lambda g, y, x, w: (-g * y * y, None)),
    Row("-x",               lambda np, x, w: -x,              lambda g, y, x, w: (-g, None)),
    Row("x ** 2 - 0.5",     lambda np, x, w: x ** 2 - 0.5,    lambda g, y, x, w: (g * 2.0 * x, None), operations=2),
    Row("sin",              lambda np, x, w: np.sin(x),       lambda g, y, x, w: (g * np.cos(x), None)),
    Row("tanh",             lambda np, x, w: np.tanh(x),      lambda g, y, x, w: (g * (1.0 - y * y), None)),
    Row("sqrt",             lambda np, x, w: np.sqrt(x),      lambda g, y, x, w: (g * 0.5 / y, None)),
    Row("log(exp(x))",      lambda np, x, w: np.log(np.exp(x)),
                            lambda g, y, x, w: (g / (e := np.exp(x)) * e, None), operations=2),
    Row("sum(x) * w",       lambda np, x, w: np.sum(x) * w,
                            lambda g, y, x, w: (np.broadcast_to(np.sum(g * w), x.shape), g * np.sum(x)), V / 10, 2),
    Row("mean(x) * w",      lambda np, x, w: np.mean(x) * w,
                            lambda g, y, x, w: (np.broadcast_to(np.sum(g * w) / 10, x.shape), g * np.mean(x)), V, 2),
    Row("A @ x",            lambda np, x, A: A @ x,           lambda g, y, x, A: (g @ A, np.outer(g, x)), MATRIX),
    Row("reshape, and back", lambda np, x, w: np.reshape(np.reshape(x, (2, 5)), (10,)),
                            lambda g, y, x, w: (g.reshape(2, 5).reshape(10), None), operations=2),
    Row("concatenate slices", lambda np, x, w: np.concatenate([x[:4], x[4:]]),
                            lambda g, y, x, w: (np.concatenate([g[:4], g[4:]]), None), operations=3),
    Row("x[order]",         lambda np, x, i: x[i],            lambda g, y, x, i: (scatter(g, i), None), ORDER),
    Row("maximum(1.01 * x, w)", lambda np, x, w: np.maximum(1.01 * x, w),  # without ties, which libraries split each
                            lambda g, y, x, w: (g * (m := 1.01 * x > w) * 1.01, g * ~m), V, 2),  # in their own way
    Row("where(x > w, x, w)", lambda np, x, w: np.where(x > w, x, w),
                            lambda g, y, x, w: (np.where(x > w, g, 0.0), np.where(x > w, 0.0, g)), V, 2),
]
# fmt: on


def hand_written(row: Row) -> Contestant:
    """The chain and its gradient as NumPy: what is left when there is no engine."""

    def run() -> list[Any]:
        values = [X]
        for _ in range(TIMES):
            values.append(row.step(np, values[-1], row.w))
        np.sum(values[-1])
        g, total = np.ones_like(X), None
        for i in range(TIMES, 0, -1):
            g, to_w = row.by_hand(g, values[i], values[i - 1], row.w)
            if to_w is not None:
                total = to_w if total is None else total + to_w
        return [g] if total is None else [g, total]

    return Contestant(run)


def recorded(
    row: Row, library: Any, leaf: Callable[..., Any], constant: Callable[..., Any], accumulates: bool = True, **kw: Any
) -> Contestant:
    """The chain on an engine with `.backward()` and `.grad`: ours, PyTorch, MyGrad (which forgets the last `.grad`)."""
    x = leaf(X)
    w = leaf(row.w) if row.leaves == 2 else constant(row.w)
    leaves = [x, w][: row.leaves]
    step = row.step

    def run() -> list[Any]:
        for variable in leaves if accumulates else ():
            variable.grad = None
        y = x
        for _ in range(TIMES):
            y = step(library, y, w)
        y.sum().backward()
        return [variable.grad for variable in leaves]

    return Contestant(run, **kw)


def transformed(row: Row, library: Any) -> Contestant:
    """The chain on autograd, which transforms a function."""
    step = row.step

    def chain(x: Any, w: Any) -> Any:
        for _ in range(TIMES):
            x = step(library, x, w)
        return library.sum(x)

    if row.leaves == 2:
        both = peers.autograd.elementwise_grad(chain, (0, 1))
        return Contestant(lambda: both(X, row.w))
    one = peers.autograd.grad(chain)
    return Contestant(lambda: [one(X, row.w)])


def contestants(row: Row) -> dict[str, Contestant]:
    """Everyone who takes part in a row."""
    mine = lambda a: tg.Tensor(a, requires_grad=True)
    found = {
        OURS: recorded(row, np, mine, np.asarray),
        HAND: hand_written(row),
        STRICT: recorded(row, np, mine, np.asarray, within=tg.strict_ieee),
    }
    if (torch := peers.torch) is not None:
        found["PyTorch"] = recorded(row, torch, lambda a: torch.tensor(a, requires_grad=True), torch.tensor)
    if peers.autograd is not None:
        found["autograd"] = transformed(row, peers.autograd_numpy)
    if (mygrad := peers.mygrad) is not None:
        found["MyGrad"] = recorded(row, mygrad, mygrad.tensor, np.asarray, accumulates=False)
    return found


def report(effort: Effort) -> tuple[str, list[Figure]]:
    """The table of all rows, and the geometric means of their ratios."""
    measured = [(row, race(row.name, contestants(row), effort)) for row in ROWS]
    times = [of_row for _, of_row in measured]
    others = [who for who in ("PyTorch", "autograd", "MyGrad") if who in times[0]]
    names = [OURS, HAND, *others]
    rows = []
    for row, seconds in measured:
        per_operation = [seconds[who] / (TIMES * row.operations) * 1e6 for who in names]
        rows.append([row.name, *per_operation, *(seconds[OURS] / seconds[who] for who in others)])
    means = {who: mean_ratio(times, OURS, who) for who in others}
    if others:
        rows.append(["geometric mean", *[""] * len(names), *means.values()])
    bars = {"PyTorch": 0.6, "autograd": 0.3}
    title = f"Operations on 10 float64, chains of {TIMES} steps: microseconds per operation, forward + backward"
    figures = [Figure("operations", f"ours / {who}", means[who], "x", bars.get(who)) for who in others]
    figures.append(Figure("operations", "ours / hand-written", mean_ratio(times, OURS, HAND), "x"))
    cost = (mean_ratio(times, OURS, STRICT) - 1) * 100
    figures.append(Figure("operations", "cost of zero over infinity", cost, "%", 5))
    return table(title, ["", *names, *(f"ours/{who}" for who in others)], rows), figures
