"""For people who add operations: the declarers, one row an operation.

>>> import numpy as np, tinygrad_edu as tg
>>> from tinygrad_edu.extend import elementwise
>>> softplus = elementwise(lambda x: np.logaddexp(x, 0), lambda g, y, x: g / (1 + np.exp(-x)))
>>> tg.grad(lambda x: np.sum(softplus(x)))(np.array([0.0, 100.0]))
array([0.5, 1. ])

The kinds and their laws are in `tinygrad_edu.rules.declare`.
"""

from .rules.declare import Every, bilinear, composite, elementwise, flat, linear, primitive

__all__ = ["Every", "bilinear", "composite", "elementwise", "flat", "linear", "primitive"]
