"""Refusals: what a program cannot do, in words, with the user's line and the cure.

A refusal is remembered by the recorder, too, and raised again at the end of the trace: a function that catches it
(``except Exception``) would go on as it never does with numbers, and NumPy puts errors of its own in its place.
"""

from __future__ import annotations

from types import FrameType

import numpy as np

from ..errors import TraceError
from ..places import place_of_user

OWN = __file__.rpartition("compiling")[0]
"""Where the library's files are: a rule may look at values, for its answer is checked at every call."""
NUMPY = str(np.__file__).rpartition("__init__")[0]
ONLY = "the program would be right for this value only"


class RuleTraceError(TraceError):
    """A rule of the library did with values what a program cannot, where it met ties: no fault of the user's."""


def refusal(what: str, cure: str, in_a_pass: bool) -> TraceError:
    """The error, with the user's line and the cure."""
    place = place_of_user()
    kind = RuleTraceError if in_a_pass else TraceError
    return kind(
        f"compile: {what}.{f'{chr(10)}  {place}' if place else ''}\n"
        f"What to do: {cure}; or run eagerly, with fallback=True"
    )


def is_in_a_pass(frame: FrameType | None) -> bool:
    """True if one of the walks that differentiate has led here."""
    while frame is not None:
        if frame.f_code.co_filename.startswith(OWN + "modes"):
            return True
        frame = frame.f_back
    return False


def asks_for_the_library(frame: FrameType | None) -> bool:
    """True if the library's own code asks; what `isinstance` asks of an abstract class, that class asks."""
    while frame is not None and frame.f_code.co_filename.endswith(("abc.py", "<frozen abc>")):
        frame = frame.f_back
    return frame is not None and frame.f_code.co_filename.startswith(OWN)


def of_the_library(frame: FrameType | None) -> tuple[str, str] | None:
    """What happened and what to do, where a formula of the library looks at values; None for the user's own code."""
    found = None
    while frame is not None and frame.f_code.co_filename.startswith((OWN, NUMPY)):
        file, name = frame.f_code.co_filename, frame.f_code.co_name.strip("_")
        if file.startswith(OWN + "implicit"):
            found = (
                f"tg.{name} looks at values: it iterates until they settle",
                "Iterate a fixed number of steps in the function itself, for _ in range(50); or compile the function "
                f"that is iterated, and call tg.{name} outside, on the compiled one",
            )
        elif file.startswith((OWN + "rules", OWN + "functions", OWN + "scipy")) and name.isidentifier():
            found = (
                f"the formula of {name} looks at values, or looks up in an array that was made inside: {ONLY}",
                "Give it all its arrays as arguments of the compiled function, or as arrays that it closes over; "
                f"where {name} chooses a shape by values, call it outside",
            )
        frame = frame.f_back
    return found
