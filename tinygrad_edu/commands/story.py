"""The story that is told without arguments: from a function to its gradient to a model of real data.

First the function of the lesson, e^(2y) sin x, whose gradient at (0, 1) is (e², 0). Then the same engine gives the
gradient of a loss over 442 patients, and gradient descent walks down to where least squares says the bottom is.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np

from .. import data, optim
from .choices import LOSSES
from .fit import show_coefficients, show_descent, show_excess
from .fitting import Parts, Plan, fit_model, least_squares
from .gradient import measure, show_check
from .screen import heading, say
from .tables import Column, Table


def f(x: Any, y: Any) -> Any:
    """The function of the lesson: e^(2y) sin x."""
    return np.exp(2 * y) * np.sin(x)


def tell_story() -> int:
    """Print the three chapters; 0 if the check of the first agrees."""
    heading("1. A function and its gradient")
    say("f(x, y) = exp(2*y) * sin(x), written in NumPy, at (0, 1):")
    _, slopes = measure(f, {"x": 0.0, "y": 1.0})
    verdict = show_check(slopes)
    say("Move x a little, and f changes by about 7.4 times as much; move y, and it does not change.")

    heading("2. A model of real data, by following the gradient downhill")
    table = data.load_diabetes()
    columns = tuple(map(Column, table.feature_names))
    say(f"{table.description} {table.citation}.")
    say("prediction = features @ w + b, loss = mean squared error, start at zero:")
    watched = sys.stderr.isatty()
    rule = optim.gradient_descent("auto")
    plan = Plan("linear", "numbers", LOSSES["mse"])
    model, result = fit_model(plan, Table(table, columns), Parts(table), rule, progress=watched)
    exact = least_squares(table)
    show_descent(result, "mse", None)
    show_coefficients(model, exact)
    show_excess(result.loss, exact[2], table.target)

    heading("3. Where to go next")
    say('  tinygrad-edu gradient "x**2 + 3*sin(y)" --at x=1 y=2      a formula of yours')
    say('  tinygrad-edu explain "exp(2*y)*sin(x)" --at x=0 y=1        step by step')
    say("  tinygrad-edu playground google --html page.html           learning rates")
    say("  tinygrad-edu gradient file.py:loss --at w=0.5             a function in a file")
    say("  tinygrad-edu fit data.csv --target y --output model.json  a table of yours")
    say("  import tinygrad_edu as tg; tg.grad(f)(x)                  in Python: yours")
    return verdict
