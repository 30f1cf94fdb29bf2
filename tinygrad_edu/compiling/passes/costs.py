"""What a program costs, roughly: elements that are walked over, and a little for every call."""

from __future__ import annotations

import numpy as np

from ..program import Program, Value
from ..storage import is_view
from .transposes import product

CALL = 1000
"""Elements that NumPy computes in the time of a call."""


def cost(program: Program) -> int:
    """The work of a program, in elements; a view costs a tenth of a call, a product a sixteenth of its additions."""
    total = 0
    for line in program.lines:
        if is_view(line):
            total += CALL // 10
            continue
        work = sum(v.size for v in line.results)
        if line.operation in (np.matmul, product):
            x = line.args[0]
            work += work * (x.shape[-1] if type(x) is Value else np.shape(x)[-1]) // 16
        elif line.operation in (np.sum, np.max, np.min) and type(line.args[0]) is Value:
            work = line.args[0].size
        total += CALL + work
    return total


__all__ = ["cost"]
