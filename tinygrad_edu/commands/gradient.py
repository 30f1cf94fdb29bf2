"""`gradient`: the value and the gradient of a function at a point, checked against finite differences.

The function is a formula on the command line, or one in a Python file (`file.py:function`), called with the values of
`--at` by the names of its parameters.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Any

import click
import numpy as np

from ..checking.ladders import climb
from ..checking.stencils import exact, noise
from ..transforms import value_and_grad
from .finding import Function, find_function, parse_point, shown
from .screen import heading, number, say, show_table

CAUSES = """Has the function a kink, a jump or an end there?
Does it compute with math.sin or float() where np.sin would be recorded?"""
TOO_LARGE = """There the numbers lie so far apart that rounding swallows the small step of a finite difference.
Take a point nearer to 0."""


@dataclass(frozen=True)
class Slope:
    """One partial derivative: by the engine, by finite differences, and how far the latter can be trusted."""

    name: str
    at: float
    derivative: float
    difference: float
    uncertainty: float
    swallowed: bool = False

    @property
    def agrees(self) -> bool:
        """Whether the two are equal as far as finite differences can tell."""
        size = max(abs(self.derivative), abs(self.difference))
        known = math.isfinite(self.uncertainty)
        return known and abs(self.derivative - self.difference) <= max(1e-6 * size, self.uncertainty)


def show_gradient(text: str, at: Iterable[str]) -> int:
    """Print the report; 0 if the check agrees, 1 if not."""
    point = parse_point(at)
    function = find_function(text, point)
    value, slopes = measure(function, point)
    heading(f"{text} at {shown(point)}")
    say(f"value        {number(value)}")
    gradient = [slope.derivative for slope in slopes]
    say(f"gradient     ({', '.join(number(d) for d in gradient)})")
    say(f"magnitude    {number(math.hypot(*gradient))}")
    say(f"direction    {_direction(gradient)}")
    return show_check(slopes)


def show_check(slopes: list[Slope]) -> int:
    """Print the partial derivatives beside their finite differences; 0 if they agree, 1 if not."""
    rows = [
        (s.name, number(s.at), number(s.derivative), number(s.difference), f"{abs(s.derivative - s.difference):.1g}")
        for s in slopes
    ]
    show_table(("variable", "at", "partial derivative", "finite difference", "apart by"), rows)
    doubtful = [slope.name for slope in slopes if not slope.agrees]
    if doubtful:
        causes = TOO_LARGE if all(slope.swallowed for slope in slopes if not slope.agrees) else CAUSES
        say(f"The check does not agree for {', '.join(doubtful)}. {causes}")
        return 1
    say("The finite differences agree with the gradient.")
    return 0


def measure(function: Function, point: dict[str, float]) -> tuple[float, list[Slope]]:
    """The value of function(**point), and its partial derivatives, computed twice."""

    def positional(*values: Any) -> Any:
        return function(**dict(zip(point, values, strict=True)))

    # warnings would only repeat, and less clearly, what is said of results that are not finite
    with np.errstate(all="ignore"):
        value, gradient = value_and_grad(positional, argnums=tuple(range(len(point))))(*point.values())
        if not np.isfinite(value):
            raise click.UsageError(f"the value is {float(value)} at {shown(point)}. Expected a point where it is not")
        slopes = [
            _compared(name, at, float(slope), _along(function, point, name))
            for (name, at), slope in zip(point.items(), gradient, strict=True)
        ]
    for slope in slopes:
        if not np.isfinite(slope.derivative):
            raise click.UsageError(f"the derivative along {slope.name} is {slope.derivative} at {shown(point)}")
    return float(value), slopes


def _compared(name: str, at: float, derivative: float, f: Callable[[float], float]) -> Slope:
    return Slope(name, at, derivative, *central_difference(f, at), swallowed=swallowed(f, at, derivative))


def _along(function: Function, point: dict[str, float], name: str) -> Callable[[float], float]:
    return lambda x: float(function(**{**point, name: x}))


def central_difference(f: Callable[[float], float], x: float) -> tuple[float, float]:
    """f′(x) from the checker's ladder of falling steps, and how far it may be wrong; at a kink the mean of both sides.

    The first step is an eighth of 1, or of x if that is larger; where that tells little, an eighth of x.

    >>> estimate, uncertainty = central_difference(np.exp, 0.0)
    >>> abs(estimate - 1) <= uncertainty < 1e-11
    True
    """
    found = [_climbed(f, x, size) for size in dict.fromkeys((max(1.0, abs(x)), abs(x) or 1.0))]
    return min(found, key=lambda pair: pair[1] if np.isfinite(pair[1]) else np.inf)


def _climbed(f: Callable[[float], float], x: float, size: float) -> tuple[float, float]:
    far = [abs(y) for y in (f(x), f(x - size / 8), f(x + size / 8)) if math.isfinite(y)]
    _, exponent = math.frexp(max(far))  # of numbers near 1 no square is too large
    values = lambda point: np.ldexp([f(float(point[0]))], -exponent)
    at, u = np.array([x]), exact(np.array([x]), np.array([size]))
    y = values(at)
    slopes = climb(values, at, u, y, noise(values, at, u, y)[0], goal=np.zeros(1), expected=None)
    both = (slopes.left + slopes.right) / 2, slopes.side_error
    value, error = both if slopes.kink[0] else (slopes.value, slopes.error)
    return float(np.ldexp(value / u, exponent)[0]), float(np.ldexp(error / abs(u), exponent)[0])


def swallowed(f: Callable[[float], float], x: float, slope: float) -> bool:
    """Whether rounding x moves f by too large a part of its range for any finite difference.

    >>> swallowed(np.sin, 1e20, 0.76), swallowed(np.sin, 1.0, 0.54)
    (True, False)
    """
    h = 7e-4 * max(1.0, abs(x))
    return bool(np.spacing(abs(x)) * abs(slope) > 1e-7 * np.ptp([f(x - h), f(x), f(x + h)]))


def _direction(gradient: list[float]) -> str:
    if not any(gradient):
        return "none: the function is flat here"
    _, exponent = math.frexp(max(map(abs, gradient)))  # the length itself may be too large for a float64, or too small
    scaled = [math.ldexp(d, -exponent) for d in gradient]
    return f"({', '.join(number(d / math.hypot(*scaled)) for d in scaled)}), the steepest way up"
