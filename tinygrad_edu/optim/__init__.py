"""Gradient descent and its relatives: what to do with a gradient, and for how long.

`minimize` is the iterative approach from start to end. An algorithm (`gradient_descent`, `momentum`) is a pair of
pure functions over nested parameters; `iterates` is the bare loop; `curvature` tells how long a step may be.
"""

from .algorithms import Algorithm, gradient_descent, momentum, sgd
from .curvature import Curvature, curvature
from .descent import Point, iterates
from .minimizing import Result, minimize
from .start import random, zeros
from .stopping import History

__all__ = [
    "Algorithm",
    "Curvature",
    "History",
    "Point",
    "Result",
    "curvature",
    "gradient_descent",
    "iterates",
    "minimize",
    "momentum",
    "random",
    "sgd",
    "zeros",
]
