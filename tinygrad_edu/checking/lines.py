"""The lines of a record, each with all its arrays, and how badly conditioned the worst of them is.

The record keeps only the shadows of large arrays; a witness is shown every line before that.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np

from ..calls import is_inexact
from ..errors import TinygradError
from ..graph import Node, Op
from ..modes.anomaly import witnessed
from ..places import Place, place_of_user
from ..runs import Run
from .problems import Problem
from .stencils import EPS, Array


@dataclass(frozen=True)
class Line:
    """A line of the record as it was when it was written, with all its arrays."""

    serial: int
    op: Op
    args: tuple[Any, ...]
    params: dict[str, Any]
    traced: tuple[int, ...]
    place: Place | None
    value: Any


class Reader:
    """A witness that keeps every line it is shown."""

    def __init__(self) -> None:
        self.lines: list[Line] = []

    def line(self, node: Node) -> None:
        """A line has been written."""
        assert node.op is not None
        traced = tuple(i for i, p in enumerate(node.parents) if p is not None and is_inexact(node.args[i]))
        self.lines.append(Line(node.serial, node.op, node.args, node.params, traced, place_of_user(), node.value))

    def begins(self, lines: Any) -> None:
        """A pass begins: nothing to do."""

    def passed(self, *args: Any) -> None:
        """A pass has been walked."""


def lines_of(problem: Problem, x: Array, narrow: bool = False) -> list[Line]:
    """The lines that one run of the function writes, in order; in the user's own precision if `narrow`."""
    reader = Reader()
    with witnessed(reader), np.errstate(all="ignore"):
        Run("check", problem.function, problem.inputs.arrays(x, narrow=narrow))
    return sorted((line for line in reader.lines if line.traced), key=lambda line: line.serial)


def conditioned(problem: Problem, x: Array, rng: np.random.Generator) -> float:
    """By how much, relative to its size, the value of a line may change if its arguments do in their last digits.

    Of lines that are more than a formula for each element or a linear map: they solve, or decompose. What they compute,
    and what their rules compute, errs by so much, though neither needs to show it: a matrix that is constant is
    factored once. 0 if f cannot be recorded.

    References: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), §7.1 and §9.3.
    """
    try:
        lines = [line for line in lines_of(problem, x) if line.op.kind == "primitive"]
    except (TinygradError, ArithmeticError, ValueError, TypeError, AttributeError):
        return 0.0
    return max((_wobble(line, rng) for line in lines), default=0.0)


def _wobble(line: Line, rng: np.random.Generator) -> float:
    found = 0.0
    for _ in range(3):
        moved = [a * (1 + 4 * EPS * rng.choice([-1.0, 1.0], np.shape(a))) if is_inexact(a) else a for a in line.args]
        try:
            with np.errstate(all="ignore"):
                before, after = (line.op.function(*args, **line.params) for args in (line.args, moved))
        except (TinygradError, ArithmeticError, ValueError, TypeError, AttributeError):
            return 0.0
        pairs = zip(before, after, strict=True) if isinstance(before, tuple | list) else [(before, after)]
        for y, z in pairs:
            size, apart = np.max(np.abs(y), initial=0), np.max(np.abs(z - y), initial=0)
            found = max(found, float(apart / size) if 0 < apart < 0.5 * size < np.inf else 0.0)
    return found
