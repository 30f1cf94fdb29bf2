"""What compiling costs: the call of a compiled function, its memory, and the time until it is there.

The memory is the peak of what one pass from loss to gradients holds beyond its arguments. memray sees every allocation
of the process, on both sides: arrays, the work space of functions in C, PyTorch's record in C++, and Python's objects.
"""

from __future__ import annotations

import gc
import os
import tempfile
from collections.abc import Callable
from statistics import median
from time import perf_counter
from typing import Any

import numpy as np

import tinygrad_edu as tg

from . import peers
from .compiled_workloads import scalar_loss, workloads
from .compiling import ours, torch_pass
from .harness import Contestant as Timed
from .harness import Effort, Figure, table, timed

STEPS = 77
"""Of the function whose gradient has a thousand operations."""


def overhead(effort: Effort) -> list[Figure]:
    """Microseconds that the call of a compiled function of two numbers takes beyond its arithmetic."""
    plain = lambda x, y: x * y + 2.0 * x
    figures = []
    for backend in ("numpy", "c"):
        compiled = tg.compile(lambda x, y: x * y + 2.0 * x, backend)
        compiled(0.5, 1.5)
        compiled.wait()
        assert compiled(0.5, 1.5) == plain(0.5, 1.5)
        pairs = [
            (timed(Timed(lambda: compiled(0.5, 1.5)), 5000), timed(Timed(lambda: plain(0.5, 1.5)), 5000))  # noqa: B023
            for _ in range(effort.rounds)
        ]
        above = 1e6 * median(a - b for a, b in pairs)
        figures.append(Figure("call with two numbers", f"{backend}, beyond the arithmetic", above, "us", 2.0))
    return figures


def peak(run: Callable[[], Any], memray: Any) -> float:
    """Bytes: the most that one run holds of what was allocated since it began, by Python, NumPy, C or C++."""
    for _ in range(3):
        kept = run()
    del kept
    gc.collect()
    gc.disable()
    try:
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "allocations")
            with memray.Tracker(path, trace_python_allocators=True):
                kept = run()  # noqa: F841 - the gradients are held
            return float(memray.FileReader(path).metadata.peak_memory)
    finally:
        gc.enable()


def memory(smoke: bool) -> list[Figure]:
    """The peak of compiled passes in units of PyTorch's."""
    figures, memray = [], peers.installed("memray")
    for work in workloads(smoke):
        if (
            peers.torch is None
            or memray is None
            or work.whole
            or work.loss is scalar_loss
            or "PyTorch" not in work.others
        ):
            continue
        theirs = peak(torch_pass(work, peers.torch, fresh=True).run, memray)
        whole, run = ours(work)
        for backend in ("numpy", "c"):
            compiled = tg.compile(whole, backend, threads=1)
            run(compiled)()
            ratio = peak(run(compiled.wait()), memray) / theirs
            figures.append(Figure(work.name, f"memory, {backend} / PyTorch", ratio, "x", None if smoke else 1.0))
    return figures


def deep(x: Any) -> Any:
    """A function whose gradient has a thousand operations."""
    for _ in range(STEPS):
        x = np.tanh(x * 1.01 + 0.1 * np.sin(x))
    return np.sum(x)


def preparation(effort: Effort) -> list[Figure]:
    """Seconds until a gradient of a thousand operations is traced and written in NumPy, and compiled in C."""
    x, seconds = np.linspace(-1.0, 1.0, 100), []
    for _ in range(max(3, effort.rounds // 4)):
        start = perf_counter()
        compiled = tg.compile(tg.value_and_grad(deep))
        lines = len(compiled.lower(x)["traced"].lines)
        seconds.append(perf_counter() - start)
    figures = [Figure(f"gradient of {lines} operations", "tracing and NumPy", median(seconds), "s", 0.3)]
    before = os.environ.get("TINYGRAD_EDU_CACHE")
    with tempfile.TemporaryDirectory() as fresh:
        os.environ["TINYGRAD_EDU_CACHE"] = fresh
        try:
            in_c = tg.compile(tg.value_and_grad(deep), "c")
            start = perf_counter()
            in_c(x)
            in_c.wait()
            figures.append(Figure(f"gradient of {lines} operations", "all, with C", perf_counter() - start, "s", 3.0))
        finally:
            os.environ.pop("TINYGRAD_EDU_CACHE")
            if before is not None:
                os.environ["TINYGRAD_EDU_CACHE"] = before
    return figures


def report(effort: Effort, smoke: bool = False) -> tuple[str, list[Figure]]:
    """A table of all of them."""
    figures = [*overhead(effort), *preparation(effort), *memory(smoke)]
    rows = [(f"{f.workload}: {f.what}", f.value, f.unit) for f in figures]
    return table("What compiling costs", ("", "measured", ""), rows), figures
