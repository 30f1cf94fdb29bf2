"""Backends: from an improved program to something that runs.

The NumPy backend puts large pointwise lines into blocks. The C backend puts all it can say into regions, and has them
compiled on a thread of its own; until that is done, the NumPy backend runs. Without a compiler it runs for good.
"""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable, Sequence
from contextvars import copy_context
from threading import Thread
from typing import Any

import numpy as np

from .emit_c import can_emit
from .emit_numpy import Module, emit_numpy
from .passes import drop, fuse, gather, lower, merge, reuse, split
from .passes.fuse import domain_of, is_narrow
from .program import Line, Program, Region
from .spelling_c import is_spoken
from .storage import is_view
from .toolchain import BuildError, compiler

BACKENDS = ("auto", "numpy", "c")
LARGE = 1 << 20
"""Bytes of an array beyond which pointwise lines go into kernels of the NumPy backend: what does not fit the cache."""

_SILENT = copy_context()
_SILENT.run(np.seterr, all="ignore")


class Build:
    """A program in its last forms, and the function that runs it.

    Attributes
    ----------
    fused : dict of str to Program
        For each language, "numpy" and perhaps "c".
    modules : dict of str to Module
        The same as text.
    run : callable
        Takes the program's inputs, returns its outputs; the fastest that is ready.
    """

    def __init__(self, program: Program, backend: str, threads: int, silent: bool, fast: bool = False) -> None:
        self.silent = silent
        lowered = split(lower(program), LARGE) if silent else lower(program)
        self.fused = {"numpy": reuse(fuse(drop(merge(lowered)), is_large, fewest))}
        self.modules: dict[str, Module] = {"numpy": emit_numpy(self.fused["numpy"], threads)}
        self.run: Callable[..., Sequence[Any]] = self._ready("numpy")
        self.thread: Thread | None = None
        self.trouble: Warning | None = None
        if backend == "c" or (backend == "auto" and compiler()):
            self._add_c(program, threads, fast)

    def _add_c(self, program: Program, threads: int, fast: bool) -> None:
        if compiler() is None:
            warn_once("no C compiler was found (the variable CC, cc, gcc), so compile uses its NumPy backend")
            return
        spoken = fuse(program, is_spoken, smallest=1, numbers=True)
        self.fused["c"] = reuse(gather(spoken, can_emit, is_view))
        self.modules["c"] = emit_numpy(self.fused["c"], threads, fast)
        if self.modules["c"].c.regions:
            self.thread = Thread(target=self._compile, daemon=True)
            self.thread.start()

    def _compile(self) -> None:
        try:
            self.run = self._ready("c")
        except Exception as error:  # whatever it is, NumPy can go on
            words = str(error) if isinstance(error, BuildError) else f"{type(error).__name__}: {error}"
            try:
                warn_once(f"the C compiler failed, so compile uses its NumPy backend: {words}")
            except Warning as wanted:  # as an error, but nobody is here to catch it
                self.trouble = wanted

    def _ready(self, language: str) -> Callable[..., Sequence[Any]]:
        """A rule may divide by zero where its result is not used: as in eager passes, NumPy says nothing then."""
        run = self.modules[language].load()
        all_in_c = all(isinstance(line.operation, Region) for line in self.fused[language].lines)
        return (lambda *xs: _SILENT.copy().run(run, *xs)) if self.silent and not all_in_c else run

    def wait(self) -> None:
        """Until the C compiler has finished; if it failed, and warnings are errors, raise that."""
        if self.thread is not None:
            self.thread.join()
        trouble, self.trouble = self.trouble, None
        if trouble is not None:
            raise trouble

    @property
    def source(self) -> str:
        """The text of what runs."""
        return self.modules["c" if "c" in self.modules and self.modules["c"].c.regions else "numpy"].source


def is_large(line: Line) -> bool:
    """True for lines that are worth a loop over blocks, and hold no constant array, which would have to be cut too."""
    if any(isinstance(x, np.ndarray) and x.ndim for x in line.args):
        return False
    widest = max(v.dtype.itemsize for v in [*line.reads, *line.results] if v.dtype is not None)
    return math.prod(domain_of(line)) * widest > LARGE


def fewest(domain: tuple[int, ...]) -> int:
    """How many lines make a kernel of the NumPy backend."""
    return 2 if is_narrow(domain) else 4


_warned: set[str] = set()


def warn_once(message: str) -> None:
    """Warn, but not again of the same."""
    if message not in _warned:
        _warned.add(message)
        warnings.warn(message, RuntimeWarning, stacklevel=2)
