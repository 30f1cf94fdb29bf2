"""Random numbers that no program can draw: those of generators that are no arguments of it.

A `np.random.Generator`, given as an argument or closed over, is an input: the program draws from it. What else draws
would be traced once and repeated for ever: NumPy's global state, a `RandomState`, Python's `random`, and a generator
that the function makes anew without a seed. A generator that the function makes of a seed draws the same numbers at
every call, and so they are a constant of the program.
"""

from __future__ import annotations

import random
import secrets
import threading
from types import FrameType
from typing import Any

import numpy as np

from ..errors import TraceError
from ..places import Place
from .refusing import NUMPY, OWN

RANDOM = random.__file__
_CURE = (
    "and the program would repeat these numbers for ever.{place}\nWhat to do: Pass a generator as an argument: "
    "rng = np.random.default_rng(0); f(x, rng)"
)


class Draws:
    """What was drawn while a function was traced."""

    def __init__(self) -> None:
        self.seeded: list[Any] = []  # generators of Python's that the function made of a seed
        self.states: list[tuple[Any, Any]] = []
        self.found: str | None = None

    def begin(self) -> None:
        """The trace begins."""
        self.watch(np.random.mtrand._rand)

    def watch(self, generator: np.random.RandomState) -> None:
        """Notice if this generator has drawn when the trace ends."""
        self.states.append((generator, _state(generator)))

    def end(self) -> None:
        """The trace has ended.

        Raises
        ------
        TraceError
            If something was drawn.
        """
        if self.found is not None:
            raise TraceError(f"compile: {self.found}")
        changed = [generator for generator, state in self.states if _state(generator) != state]
        if not changed:
            return
        perhaps = " (or another thread did at the same time)" if threading.active_count() > 1 else ""
        whose = "NumPy's global random state" if changed[0] is np.random.mtrand._rand else "a RandomState"
        raise TraceError(f"compile: the function draws from {whose}{perhaps}, {_CURE.format(place='')}")

    def called(self, frame: FrameType) -> None:
        """A function of the module `random` begins."""
        self_, name = frame.f_locals.get("self"), frame.f_code.co_name
        if name == "__init__" and frame.f_locals.get("x") is not None:
            self.seeded.append(self_)
        elif name not in ("__init__", "seed", "__new__") and self_ is not None:
            self.of_python(frame, self_)

    def of_python(self, frame: FrameType, generator: Any) -> None:
        """A generator of the module `random` draws; of the system's numbers NumPy makes seeds where none was given."""
        if self.found is not None or any(generator is own for own in self.seeded):
            return
        place = _place(frame)
        unseeded = "makes a random generator without a seed"
        what = unseeded if isinstance(generator, random.SystemRandom) else "draws from Python's random module"
        self.found = f"the function {what}, {_CURE.format(place=f'{chr(10)}  {place}' if place else '')}"


def _place(frame: FrameType | None) -> Place | None:
    while frame is not None and frame.f_code.co_filename.startswith((OWN, NUMPY, RANDOM, secrets.__file__)):
        frame = frame.f_back
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def _state(generator: np.random.RandomState) -> Any:
    state: Any = generator.get_state()
    return state[1].tobytes(), *state[2:]
