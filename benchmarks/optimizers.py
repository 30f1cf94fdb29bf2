"""One step of an optimizer on a million float32 parameters, beside in-place lines by hand and beside PyTorch.

Everybody moves parameters of their own by the same gradient. By hand there are two large arrays of scratch at most and
not a new one; ours evaluates its formulae block by block (`tinygrad_edu.optim.in_place`).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import optim

from . import peers
from .harness import HAND, OURS, Contestant, Effort, Figure, WrongGradientError, race, table

RATE = 1e-3
Step = tuple[Callable[[], None], Callable[[], np.ndarray]]  # one step, and where the parameters are
PURE = "ours, pure"


def sgd_by_hand(p: np.ndarray, g: np.ndarray) -> Step:
    scratch = np.empty_like(p)

    def step() -> None:
        np.multiply(g, RATE, out=scratch)
        np.subtract(p, scratch, out=p)

    return step, lambda: p


def adam_by_hand(p: np.ndarray, g: np.ndarray) -> Step:
    m, v, scratch, k = np.zeros_like(p), np.zeros_like(p), np.empty_like(p), 0

    def step() -> None:
        nonlocal m, v, scratch, k
        k += 1
        m *= 0.9
        np.multiply(g, 0.1, out=scratch)
        m += scratch
        v *= 0.999
        np.multiply(g, g, out=scratch)
        scratch *= 0.001
        v += scratch
        np.sqrt(v, out=scratch)
        scratch /= (1 - 0.999**k) ** 0.5
        scratch += 1e-8
        np.divide(m, scratch, out=scratch)
        scratch *= RATE / (1 - 0.9**k)
        np.subtract(p, scratch, out=p)

    return step, lambda: p


def ours(kind: Any, p: np.ndarray, g: np.ndarray) -> Step:
    w = tg.Tensor(p, requires_grad=True)
    w.grad = g
    optimizer = kind([w], learning_rate=RATE)

    def step() -> None:
        optimizer.step()

    return step, lambda: p


def pure(rule: Any, p: np.ndarray, g: np.ndarray) -> Step:
    state = rule.init(p)

    def step() -> None:
        nonlocal p, state
        p, state = rule.update(g, state, p)

    return step, lambda: p


def in_torch(name: str, p: np.ndarray, g: np.ndarray) -> Step:
    w = peers.torch.from_numpy(p).requires_grad_()  # type: ignore[union-attr]
    w.grad = peers.torch.from_numpy(g.copy())  # type: ignore[union-attr]
    optimizer = getattr(peers.torch.optim, name)([w], lr=RATE)  # type: ignore[union-attr]

    def step() -> None:
        optimizer.step()

    return step, lambda: p


def silent(step: Callable[[], None]) -> Callable[[], tuple[()]]:
    """A step for the stopwatch, which asks for gradients: there are none to compare from run to run."""
    return lambda: step() or ()  # type: ignore[func-returns-value]


def agree_after_three(name: str, steps: dict[str, Step]) -> None:
    """Three steps of everybody: the parameters are those of the lines by hand."""
    for step, _ in steps.values():
        for _ in range(3):
            step()
    for who, (_, where) in steps.items():
        if not np.allclose(where(), steps[HAND][1](), rtol=1e-5, atol=1e-6):
            raise WrongGradientError(f"{name}: after three steps the parameters of {who} are not those by hand")


# the class, the pure rule, the lines by hand, the bar of ours in theirs
ROWS = [("SGD", optim.gradient_descent(RATE), sgd_by_hand, None), ("Adam", optim.adam(RATE), adam_by_hand, 1.3)]


def report(effort: Effort, smoke: bool) -> tuple[str, list[Figure]]:
    """The table of all steps, and ours in those by hand."""
    random = np.random.default_rng(0)
    p, g = random.standard_normal((2, 1_000 if smoke else 1_000_000)).astype(np.float32)
    others = ["PyTorch"] if peers.torch is not None else []
    rows, figures = [], []
    for name, rule, by_hand, bar in ROWS:
        steps = {
            HAND: by_hand(p.copy(), g),
            OURS: ours(getattr(optim, name), p.copy(), g),
            PURE: pure(rule, p.copy(), g),
            **{who: in_torch(name, p.copy(), g) for who in others},
        }
        agree_after_three(name, steps)
        times = race(name, {who: Contestant(silent(step)) for who, (step, _) in steps.items()}, effort)
        rows.append([name, *(times[who] * 1e3 for who in steps), times[OURS] / times[HAND]])
        figures.append(Figure("optimizers", f"{name}, a step on 10^6 float32, ours / by hand", rows[-1][-1], "x", bar))
    head = ["", "by hand", "ours", "ours, pure", *others, "ours / by hand"]
    return table("A step on a million float32 parameters: milliseconds", head, rows), figures
