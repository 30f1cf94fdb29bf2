"""Where the numbers on the way leave the range of floats: there right rules may make a wrong gradient.

1/(1 + exp(-x)) at -400 is 10⁻¹⁷⁴, and so is its derivative; but that of 1/d at d = 10¹⁷⁴ is 10⁻³⁴⁸, which is no float,
and a product with 0 is 0. At -720 the exponential itself is infinite, and 0 meets infinity. No rule is to blame.
"""

from __future__ import annotations

from contextlib import suppress

import numpy as np

from ..errors import TinygradError
from .lines import lines_of
from .localisation import alone
from .problems import Problem
from .stencils import Array

HUGE = 1e280
"""What is larger has a square, or a product with a slope, that is infinite."""
UNDERFLOW = "a number on the way to the gradient is too small for a float; each rule is right by itself"


def beyond_floats(problem: Problem, x: Array, v: Array, u: Array, analytic: float, apart: float) -> str:
    """Why right rules disagree with a measurement along u by so much; empty if floats are not to blame."""
    if np.isfinite(analytic) and apart <= problem.lost(x, v, u):
        return UNDERFLOW
    name = _infinite(problem, x)
    what = (
        f"the gradient is {analytic}: 0 meets infinity"
        if not np.isfinite(analytic)
        else "numbers are too large for floats"
    )
    return name and f"{what} at {name}; each rule is right by itself"


def _infinite(problem: Problem, x: Array) -> str:
    """The first operation whose value is not finite there, or its slope; empty if there is none."""
    with suppress(TinygradError, ArithmeticError, ValueError, TypeError, AttributeError, IndexError):
        for line in lines_of(problem, x):
            with suppress(TinygradError, ArithmeticError, ValueError, TypeError, AttributeError, IndexError):
                part = alone(line)
                given, pulled = (part.x, part.y), part.pull(part.x, np.ones(part.outputs.size))
                if not all(np.all(np.abs(q) < HUGE) for q in (*given, pulled)):
                    return str(line.op.name)
    return ""
