"""Fold constants: what is computed from constants alone, and arrays filled with one number."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..kinds import FILLS
from ..program import Line, Program, Value, rewritten, values_in


def fold(program: Program) -> Program:
    """Compute the lines that read no value; `ones_like(x)` needs to know only the shape of x.

    Only numbers are folded in. The user's arrays are inputs of the program, whatever they hold today.
    """
    return rewritten(program, _folded)


def _folded(line: Line) -> Any:
    result = line.results[0]
    f = line.operation
    if f in FILLS or (f is np.full_like and not any(True for _ in values_in(line.args[1:]))):
        number = FILLS[f] if f in FILLS else line.args[1]
        return filled(line, number)
    if line.several or line.reads or result.shape:
        return line  # an array prints better as what made it
    with np.errstate(all="ignore"):
        found = f(*line.args, **line.params)
    return found[()] if isinstance(found, np.ndarray) and found.ndim == 0 else found


def filled(line: Line, number: Any) -> Any:
    """A result whose elements are all one number: that number, or a line that fills an array with it."""
    result: Value = line.result
    assert result.dtype is not None
    if np.ndim(number):
        return line
    number = result.dtype.type(number)
    return number if result.shape == () else line.like(np.full, result.shape, number)
