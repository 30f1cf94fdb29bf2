"""The numbers that people choose, and the words when one is outside its range."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal

import numpy as np

from ..errors import HyperparameterError

Schedule = Callable[[int], float]
"""schedule(step) → learning rate; the first step is number 0."""

Rate = float | Schedule
"""A learning rate: a number above 0, or a schedule."""

AutoRate = float | Schedule | Literal["auto"]
"""A learning rate that may be left to the curvature of the loss."""


def positive(value: Any, name: str = "learning rate", instead: str = "") -> float:
    """A number above 0, as a float of Python's (NumPy's would turn float32 into float64)."""
    if not _is_number(value) or not 0 < value < np.inf:
        raise HyperparameterError(f"the {name} is {value!r}. Expected a number above 0{instead}")
    return float(value)


def not_negative(value: Any, name: str) -> float:
    """A number from 0 on."""
    if not _is_number(value) or not 0 <= value < np.inf:
        raise HyperparameterError(f"the {name} is {value!r}. Expected 0 or more")
    return float(value)


def fraction(value: Any, name: str = "decay") -> float:
    """A number from 0 to below 1."""
    if not _is_number(value) or not 0 <= value < 1:
        raise HyperparameterError(f"the {name} is {value!r}. Expected a number from 0 to below 1, such as 0.9")
    return float(value)


def whole(value: Any, name: str, least: int = 1) -> int:
    """A whole number."""
    if isinstance(value, bool) or not isinstance(value, int | np.integer) or value < least:
        raise HyperparameterError(f"the {name} is {value!r}. Expected a whole number, {least} or more")
    return int(value)


def rate_at(rate: Rate) -> Schedule:
    """A rate as a schedule, whose numbers are checked as they come."""
    if not callable(rate):
        number = positive(rate, instead=" or a schedule")
        return lambda step: number
    return lambda step: not_negative(rate(step), f"scheduled learning rate of step {step}")


def _is_number(value: Any) -> bool:
    return isinstance(value, float | int | np.number) and not isinstance(value, bool)
