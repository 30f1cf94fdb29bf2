"""The stopwatch: contestants that compute the same gradient take turns, and medians are compared.

A machine's speed drifts by more than the differences of interest, so two programs are never timed one after the other:
each round runs every contestant for some milliseconds, in a rotating order, and a ratio compares the medians of the
same rounds. Where arrays lie in memory can move a time by a fifth, so each round begins at another place of it.
Before the first round all gradients are compared with the hand-written one; a wrong one ends the run.
The garbage collector stays on: whoever makes reference cycles pays for them.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from random import Random
from statistics import geometric_mean, median
from time import perf_counter
from typing import Any

import numpy as np

TOLERANCES = {"d": (1e-8, 1e-12), "f": (1e-3, 1e-3)}  # relative and absolute, in double and in single precision
HAND, OURS, STRICT = "hand-written", "ours", "ours, strict"


@dataclass(frozen=True)
class Contestant:
    """One way of computing the gradients: `run()` returns them in a fixed order, as anything NumPy can read."""

    run: Callable[[], Sequence[Any]]
    within: Callable[[], AbstractContextManager[Any]] = nullcontext  # entered once a round, outside of the timing


@dataclass(frozen=True)
class Effort:
    """How long to measure: the number of rounds, and the seconds that each contestant runs in each of them."""

    rounds: int = 31
    seconds: float = 0.01


SMOKE = Effort(rounds=1, seconds=0.0)


@dataclass(frozen=True)
class Figure:
    """One number of the report, with the bar that it has to stay under (None: it is only told)."""

    workload: str
    what: str
    value: float
    unit: str
    bar: float | None = None

    @property
    def verdict(self) -> str:
        return "" if self.bar is None else "met" if self.value <= self.bar else "missed"


class WrongGradientError(AssertionError):
    """A contestant's gradient differs from the hand-written one, so its speed means nothing."""


def agree(name: str, contestants: Mapping[str, Contestant]) -> None:
    """Compare every contestant's gradients with the hand-written ones."""
    expected = [np.asarray(gradient) for gradient in contestants[HAND].run()]
    for who, contestant in contestants.items():
        with contestant.within():
            given = [np.asarray(gradient) for gradient in contestant.run()]
        same = len(given) == len(expected) and all(
            g.shape == e.shape and np.allclose(g, e, *TOLERANCES[np.finfo(e.dtype).dtype.char])
            for g, e in zip(given, expected, strict=True)
        )
        if not same:
            raise WrongGradientError(f"{name}: the gradient of {who} is not the hand-written one: {given} {expected}")


def race(name: str, contestants: Mapping[str, Contestant], effort: Effort) -> dict[str, float]:
    """The median seconds of one run of each contestant, after their gradients were found to agree."""
    agree(name, contestants)
    calls = {who: max(1, round(effort.seconds / timed(contestant, 1))) for who, contestant in contestants.items()}
    times: dict[str, list[float]] = {who: [] for who in contestants}
    names = list(contestants)
    random = Random(0)
    settle_allocator()
    gc.collect()
    for _ in range(effort.rounds):
        somewhere_else = bytearray(random.randrange(1 << 21))  # noqa: F841 - moves what is allocated after it
        for who in names:
            times[who].append(timed(contestants[who], calls[who]))
        names.append(names.pop(0))
    return {who: median(rounds) for who, rounds in times.items()}


def settle_allocator() -> None:
    """Free 30 MB once, after which glibc keeps freed memory for the next run instead of returning it to the system.

    Whether it does depends on what the process freed before; in a fresh one, whoever frees more than its threshold
    between two runs pays for new pages in each of them (without this line our logistic regression takes 1.9 times the
    hand-written gradient; with it, or with PyTorch loaded, 1.2).
    """
    np.ones(30_000_000 // 8)


def timed(contestant: Contestant, calls: int) -> float:
    """The seconds of one run, as the mean over `calls` of them.

    An untimed run comes first: caches and allocator are then as this contestant leaves them, as in a training loop,
    and not as the previous one did.
    """
    run = contestant.run
    with contestant.within():
        run()
        start = perf_counter()
        for _ in range(calls):
            run()
        return (perf_counter() - start) / calls


def table(title: str, head: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    """Columns of text: the first one flush left, numbers flush right."""
    cells = [list(map(written, row)) for row in [head, *rows]]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    lines = ["  ".join([row[0].ljust(widths[0]), *map(str.rjust, row[1:], widths[1:])]).rstrip() for row in cells]
    return "\n".join([title, "", lines[0], "-" * len(lines[0]), *lines[1:], ""])


def written(cell: Any) -> str:
    return f"{cell:.2f}" if isinstance(cell, float) else str(cell)


def summary(figures: Sequence[Figure]) -> str:
    """The figures that have a bar, each with its verdict."""
    rows = [
        (f"{f.workload}: {f.what}", f"{f.value:.3g} {f.unit}".strip(), f"<= {f.bar:g}", f.verdict)
        for f in figures
        if f.bar is not None
    ]
    return table("The bars", ("", "measured", "bar", ""), rows)


def markdown(figures: Sequence[Figure]) -> str:
    """The figures as a table for README.md; those without a bar are only told."""
    rows = [
        f"| {f.workload}: {f.what} | {f.value:.3g} {f.unit} | {'' if f.bar is None else f'{f.bar:g} {f.unit}'} |"
        for f in figures
    ]
    return "\n".join(["| | measured | at most |", "|---|---|---|", *rows])


def mean_ratio(times: Sequence[Mapping[str, float]], ours: str, theirs: str) -> float:
    """The geometric mean over workloads of one contestant's time in another's."""
    return geometric_mean([one[ours] / one[theirs] for one in times])
