"""What an explanation costs: of a graph of 1,000 lines the seconds until it is there, and its text; the size of a page.

A run that nobody explains pays nothing: the workload "operations" measures that.
"""

from __future__ import annotations

from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

import tinygrad_edu as tg

from .harness import Effort, Figure, table


def chain(n: int) -> Callable[[Any], Any]:
    """A function of n lines, each computed from the one before."""

    def f(x: Any) -> Any:
        for _ in range(n // 2):
            x = np.sin(x) + 0.1
        return x

    return f


def meetings(n: int) -> Callable[[Any], Any]:
    """A function of n lines, in which two paths meet at every third."""

    def f(x: Any) -> Any:
        for _ in range(n // 3):
            x = np.sin(x) * 1.1 + x
        return x

    return f


def seconds_of(f: Callable[[], Any], rounds: int) -> float:
    """The median time of a call."""
    times = []
    for _ in range(rounds):
        start = perf_counter()
        f()
        times.append(perf_counter() - start)
    return median(times)


def report(effort: Effort, smoke: bool) -> tuple[str, list[Figure]]:
    """The table of the costs, with the two bars."""
    lines, nodes = (10, 12) if smoke else (1000, 200)
    rows, figures = [], []
    for f in (chain(lines), meetings(lines)):
        explained = tg.explain(f, 0.3)
        if abs(explained.gradients["x"] - tg.grad(f)(0.3)) > 1e-12:
            raise AssertionError("explain: its gradient is not that of grad")
        seconds = seconds_of(lambda f=f: tg.explain(f, 0.3), effort.rounds)  # type: ignore[misc]
        told = seconds_of(lambda e=explained: str(e), effort.rounds)  # type: ignore[misc]
        rows.append([f"{len(explained.lines)} lines, {len(explained.steps)} steps", seconds, told])
        figures.append(Figure("explain", f"{len(explained.lines)} lines", seconds, "s", 1.0))
    size = len(tg.explain(meetings(nodes), 0.3).page().encode()) / 1000
    figures.append(Figure("explain", f"page of {nodes} values", size, "kB", 200))
    text = table("Explanations: seconds", ["", "explain", "its text"], rows)
    return f"{text}\na page of {nodes} values: {size:.0f} kB\n", figures
