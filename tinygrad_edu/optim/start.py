"""Where to start: zeros, or small random numbers.

In a convex valley the starting point does not matter much, so zeros will do. Where several parameters play the same
part (the hidden units of a network) equal starts stay equal for ever, and random numbers must tell them apart.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from ..errors import TreeError
from ..trees import Tree

Shapes = Any
"""A shape such as (10, 3), () or 10, or a dict or list of shapes."""


def zeros(shapes: Shapes) -> Tree:
    """Parameters that are all zero.

    >>> zeros({"w": (2,), "b": ()})
    {'w': array([0., 0.]), 'b': array(0.)}
    """
    return _filled(shapes, np.zeros)


def random(shapes: Shapes, seed: int | np.random.Generator | None = None, scale: float = 1.0) -> Tree:
    """Parameters drawn from a normal distribution of standard deviation `scale` around 0.

    >>> random({"w": (2,), "b": ()}, seed=0, scale=0.1)["w"].round(3)
    array([ 0.013, -0.013])
    """
    generator = np.random.default_rng(seed)
    return _filled(shapes, lambda shape: np.asarray(scale * generator.standard_normal(shape)))


def _filled(shapes: Shapes, make: Callable[[tuple[int, ...]], Any]) -> Tree:
    if isinstance(shapes, int):
        return make((shapes,))
    if isinstance(shapes, tuple) and all(isinstance(length, int) for length in shapes):
        return make(shapes)
    if isinstance(shapes, dict):
        return {name: _filled(shape, make) for name, shape in shapes.items()}
    if isinstance(shapes, list | tuple):
        return type(shapes)([_filled(shape, make) for shape in shapes])
    raise TreeError(f"{shapes!r} is no shape. Expected a shape such as (10, 3), () or 10, or a dict or list of them")
