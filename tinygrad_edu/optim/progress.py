"""A progress bar for long runs, by rich, if it is installed and someone is watching.

This is the one door to rich outside the command line. The bar goes to stderr, so what a program prints stays clean.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from ..errors import MissingExtraError

PATIENCE = 2.0  # seconds before a bar that nobody asked for appears
PERIOD = 0.1  # seconds between two drawings: drawing at each step would cost more than the step

Report = Callable[[float, float, Callable[[], float], Callable[[], float]], None]
"""report(epochs done, loss, and functions that give the length of the gradient and the learning rate)."""


def _silent(done: float, loss: float, slope: Callable[[], float], rate: Callable[[], float]) -> None:
    """Where nobody watches."""


@contextmanager
def progress_bar(total: int, wanted: bool | None) -> Iterator[Report]:
    """A function to call at every step, which draws from time to time.

    Parameters
    ----------
    total : int
        The most epochs.
    wanted : bool or None
        True: a bar from the beginning; False: none; None: a bar after two seconds, if stderr is a terminal and rich
        is installed.

    Raises
    ------
    MissingExtraError
        If a bar is wanted and rich is not installed.
    """
    if wanted is False or (wanted is None and not sys.stderr.isatty()):
        yield _silent
        return
    bar = _new_bar(bool(wanted))
    appears = time.monotonic() + (0.0 if wanted else PATIENCE)
    try:
        yield _reporter(bar, total, appears) if bar else _silent
    finally:
        if bar:
            bar.stop()


def _reporter(bar: Any, total: int, appears: float) -> Report:
    nothing = float("nan")
    task, due = bar.add_task("loss", total=total, loss=nothing, slope=nothing, rate=nothing), appears

    def report(done: float, loss: float, slope: Callable[[], float], rate: Callable[[], float]) -> None:
        nonlocal due
        if (now := time.monotonic()) < due:
            return
        due = now + PERIOD
        bar.update(task, completed=done, loss=loss, slope=slope(), rate=rate())
        bar.start()  # after the numbers are there; from the second time on it does nothing

    return report


def _new_bar(wanted: bool) -> Any:
    """A bar of rich's that is not yet on the screen; None without rich, which is an error if the bar is wanted."""
    try:
        from rich.console import Console
        from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
    except ImportError:
        if wanted:
            raise MissingExtraError(
                'a progress bar needs rich, which is not installed: pip install "tinygrad-edu[progress]", '
                "or leave progress out"
            ) from None
        return None
    numbers = "loss {task.fields[loss]:.6g}  gradient {task.fields[slope]:.3g}  rate {task.fields[rate]:.3g}"
    columns = (TextColumn(numbers), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
