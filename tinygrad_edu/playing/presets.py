"""Scenes that everybody knows: Google's exercise, the valley of the lesson, and shapes that show a method's weakness.

References
----------
"Reducing Loss: Optimizing Learning Rate" and "Reducing Loss: Gradient Descent", Machine Learning Crash Course, Google,
CC BY 4.0: the learning rates 0.1, 1, 4 and 1.6, and how many steps they take; the valley 4 + (x − 2)² + 2y².
H. H. Rosenbrock (1960). An automatic method for finding the greatest or least value of a function. Computer Journal 3.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..data import load_diabetes
from .scene import Array, Scene

GOOGLE = """An exercise of Google's Machine Learning Crash Course: how many steps does it take to reach the bottom? With
the learning rates 0.1, 1 and 4 the exercise needed 81 steps, 6, and infinitely many, and the goldilocks rate was 1.6,
with one step. This parabola does the same. Its curvature, 0.625 = 1/1.6, and what counts as arrived, 0.55 % of the
first distance, are fitted to these counts; the exercise did not say what it used."""


def google() -> Scene:
    """The learning rates 0.1, 1, 4, 1.6 take 81, 6, infinitely many and 1 steps."""
    return Scene("loss(w) = 0.3125 (w − 4)²", lambda w: 0.3125 * (w - 4) ** 2, ("w",), (0.2,), tolerance=0.0055,
                 rates=(0.1, 1.0, 4.0, 1.6), learning_rate=0.1, note=" ".join(GOOGLE.split()))  # fmt: skip


def valley() -> Scene:
    """4 + (x − 2)² + 2y², from (−1, 2)."""
    note = "The valley of the lesson, with its minimum at (2, 0). Along x it bends by 2, along y by 4."
    return Scene("f(x, y) = 4 + (x − 2)² + 2y²", lambda x, y: 4 + (x - 2) ** 2 + 2 * y**2, ("x", "y"), (-1.0, 2.0),
                 note=note)  # fmt: skip


def ravine() -> Scene:
    """x² + 25y², which is 25 times steeper one way than the other."""
    note = "What suits the steep direction creeps along the flat one. Momentum and Newton help."
    return Scene("f(x, y) = x² + 25y²", lambda x, y: x**2 + 25 * y**2, ("x", "y"), (-2.0, 0.5), note=note)


def chain() -> Scene:
    """cosh(x/2) from 10: 1/f″ grows on the way down."""
    note = (
        "A hanging chain. 1/f″ is small where it is steep, and grows on the way: no learning rate is right all the way."
    )
    return Scene("f(x) = cosh(x/2)", lambda x: np.cosh(x / 2), ("x",), (10.0,), note=note)


def hills() -> Scene:
    """A curve with two minima and a top between them."""
    note = "Two minima. Which one is found depends on the start and on the learning rate; Newton may climb to the top."
    return Scene("f(x) = x⁴/4 − x² + x/4", lambda x: x**4 / 4 - x**2 + x / 4, ("x",), (0.3,), note=note)


def banana() -> Scene:
    """Rosenbrock's valley."""
    note = "Rosenbrock's valley: easy to enter, and slow to follow."
    return Scene("f(x, y) = (1 − x)² + 10 (y − x²)²", lambda x, y: (1 - x) ** 2 + 10 * (y - x**2) ** 2, ("x", "y"),
                 (-1.2, 1.0), note=note)  # fmt: skip


def line_through(x: Array, y: Array, names: tuple[str, str] = ("x", "y"), **options: Any) -> Scene:
    """A line w x + b through points, by its mean squared error."""

    def loss(w: Any, b: Any, x: Any, y: Any) -> Any:
        return np.mean((w * x + b - y) ** 2)

    title = f"{names[1]} ≈ w · {names[0]} + b"
    return Scene(title, loss, ("w", "b"), (0.0, 0.0), (x, y), ("x", "y"), is_line=True, labels=names, **options)


def diabetes() -> Scene:
    """A line through real data: the progression of diabetes over the body mass index of 442 patients."""
    table = load_diabetes()
    bmi = table.features[:, table.feature_names.index("body_mass_index")]
    note = f"The mean squared error of a line through {len(bmi)} patients. {table.citation}."
    return line_through((bmi - bmi.mean()) / bmi.std(), table.target, ("body mass index (standardised)", "progression"),
                        note=note)  # fmt: skip


PRESETS: dict[str, Callable[[], Scene]] = {
    f.__name__: f for f in (google, valley, ravine, chain, hills, banana, diabetes)
}
"""The scenes by their names."""
