"""What SciPy's functions lack: dispatch.

NumPy's functions ask their arguments first whether one of them wants to answer the call (NEP 18); SciPy's do not.
`dispatching` makes one that does, so that it can be a key of the table of rules like any function of NumPy, and a
Tensor that meets it is recorded. On plain arrays it is SciPy's function and nothing else.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

import numpy as np

from ..surface import Surface


def dispatching(function: Callable[..., Any], module: str) -> Callable[..., Any]:
    """The same function, which lets an array that is none of NumPy's answer the call."""

    @wraps(function)
    def call(*args: Any, **params: Any) -> Any:
        for x in (*args, *params.values()):
            if isinstance(x, Surface):
                return x.__array_function__(call, (type(x),), args, params)
        return function(*args, **params)

    call.__doc__ = f"The same as `scipy.{module.rpartition('.')[2]}.{function.__name__}`, for Tensors too."
    call.__module__ = module
    return call


def by_parts(function: Callable[..., Any]) -> Callable[..., Any]:
    """A linear function of real arrays, for complex ones too: of the real part, and of the imaginary part."""

    @wraps(function)
    def call(x: Any, *args: Any, **params: Any) -> Any:
        y = np.asarray(x)
        if y.dtype.kind != "c":
            return function(y, *args, **params)
        return function(y.real, *args, **params) + 1j * function(y.imag, *args, **params)

    return call


def as_array(x: Any) -> Any:
    """An array of any kind as it is; numbers and nested lists of numbers as NumPy's."""
    return x if hasattr(x, "__array_function__") else np.asarray(x)
