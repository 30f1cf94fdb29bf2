"""The arguments of a function that a solver calls: which of them differentiate, and what it may not use besides.

A solver of SciPy's calls ``f(x, *args)`` on plain numbers, as often as it likes, and records nothing. Its derivative
comes from the arguments, so whatever has a gradient must be one of them.
"""

from __future__ import annotations

import numpy as np

from ..errors import ClosureError
from ..tensor import Tensor
from ..trees import flatten, leaves


def _inexact(v):
    return isinstance(v, float | complex) or getattr(getattr(v, "dtype", None), "kind", "") in ("f", "c")


def split_args(function, args, first):
    """The function of the arguments that are floats alone, and these; the others are constants of it."""
    flat, rebuild = flatten(tuple(args) if isinstance(args, tuple) else (args,))
    places = [i for i, v in enumerate(flat) if _inexact(v)]

    def of_floats(*given):
        new = dict(zip(places, given[first:], strict=True))
        return function(*given[:first], *rebuild([new.get(i, v) for i, v in enumerate(flat)]))

    return of_floats, tuple(double(flat[i]) for i in places)


def double(v):
    """SciPy's solvers look for digits that single precision has not, and would never end."""
    v = v if hasattr(v, "dtype") else np.asarray(v)[()]
    return v if v.dtype in (np.float64, np.complex128) else v.astype(np.result_type(v.dtype, np.float64))


def is_traced(tree):
    return any(type(v) is Tensor and v.node is not None for v in leaves(tree))


def refuse_closures(name, value):
    if is_traced(value):
        raise ClosureError(
            f"{name}: the function uses a traced Tensor that is none of its arguments, whose gradient would be lost. "
            "Pass it in args"
        )
