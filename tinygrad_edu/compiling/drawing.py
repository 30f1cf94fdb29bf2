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

ENTROPY, SEEDING = random.SystemRandom.getrandbits.__code__, random.Random.seed.__code__
"""What NumPy's generators that are given no seed call, and what Python's begin with."""
_CURE = (
    "and the program would repeat these numbers for ever.{place}\nWhat to do: Pass a generator as an argument: "
    "rng = np.random.default_rng(0); f(x, rng)"
)


class Draws:
    """What was drawn while a function was traced."""

    def __init__(self) -> None:
        self.states: list[tuple[Any, Any]] = []
        self.found: str | None = None

    def begin(self) -> None:
        """The trace begins."""
        self.states = [(generator, _state(generator)) for generator in _GLOBAL]

    def seeds(self, frame: FrameType) -> None:
        """A generator is being made: the system is asked for a seed, unless one is given."""
        if self.found is None and frame.f_locals.get("a") is None:
            place = _place(frame)
            self.found = (
                "the function makes a random generator without a seed (a RandomState always begins so), "
                + _CURE.format(place=f"{chr(10)}  {place}" if place else "")
            )

    def end(self) -> None:
        """The trace has ended.

        Raises
        ------
        TraceError
            If something was drawn.
        """
        if self.found is not None:
            raise TraceError(f"compile: {self.found}")
        for generator, state in self.states:
            if _state(generator) != state:
                perhaps = " (or another thread did at the same time)" if threading.active_count() > 1 else ""
                whose = "Python's module random" if isinstance(generator, random.Random) else "NumPy's global state"
                words = f"the function draws random numbers from {whose}{perhaps}, "
                raise TraceError("compile: " + words + _CURE.format(place=""))


def _place(frame: FrameType | None) -> Place | None:
    while frame is not None and frame.f_code.co_filename.startswith((OWN, NUMPY, random.__file__, secrets.__file__)):
        frame = frame.f_back
    return None if frame is None else Place(frame.f_code.co_filename, frame.f_lineno, frame.f_code.co_name)


def _state(generator: Any) -> Any:
    if isinstance(generator, random.Random):
        return generator.getstate()
    state = generator.get_state()
    return state[1].tobytes(), *state[2:]


_GLOBAL = (np.random.mtrand._rand, random._inst)
