"""Ctrl-C in the middle of a run: the step is finished, and what has been found so far is returned.

Python raises KeyboardInterrupt between any two instructions, half-way through an update. Here the first Ctrl-C only
raises a flag that is looked at between steps; the second one interrupts at once, as ever. A program that handles the
signal in its own way keeps doing so, and threads other than the main one are never asked.
"""

from __future__ import annotations

import signal
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any


@contextmanager
def interruptible() -> Iterator[Callable[[], bool]]:
    """A function that tells whether Ctrl-C has been pressed since the block was entered."""
    pressed = False

    def note(number: int, frame: Any) -> None:
        nonlocal pressed
        if pressed:
            signal.default_int_handler(number, frame)
        pressed = True

    ours = threading.current_thread() is threading.main_thread()
    ours = ours and signal.getsignal(signal.SIGINT) is signal.default_int_handler
    if ours:
        signal.signal(signal.SIGINT, note)
    try:
        yield lambda: pressed
    finally:
        if ours:
            signal.signal(signal.SIGINT, signal.default_int_handler)
