"""Calculus on samples that NumPy lacks: the running integral.

A formula over the table, with the name and the parameters of scipy.integrate.
"""

from __future__ import annotations

from typing import Any

import numpy as np


def cumulative_trapezoid(y: Any, x: Any = None, dx: Any = 1.0, axis: int = -1, initial: float | None = None) -> Any:
    """The integral of sampled values up to each sample, by the trapezoidal rule: Σ (xₖ₊₁ - xₖ) (yₖ + yₖ₊₁) / 2.

    Parameters
    ----------
    y : array
        The samples.
    x : array, optional
        Where they were taken: along the axis, or of the shape of y.
    dx : number
        The distance of the samples, if x is left out.
    axis : int
        Along which they lie.
    initial : {None, 0}
        0 to begin with the integral up to the first sample, so that the result has the shape of y.

    Returns
    -------
    array
        One number fewer along the axis, unless `initial` is 0.

    >>> print(cumulative_trapezoid(np.array([0.0, 1.0, 2.0]), dx=2.0))
    [1. 4.]
    """
    if initial not in (None, 0):
        raise ValueError(f"cumulative_trapezoid: initial={initial!r}. Expected None or 0, the integral over nothing")
    y = np.moveaxis(y, axis, -1)
    if x is not None:
        dx = np.diff(np.moveaxis(x, axis, -1) if np.ndim(x) > 1 else x)
    parts = dx * (y[..., 1:] + y[..., :-1]) / 2.0
    if initial == 0:
        parts = np.concatenate([np.zeros_like(parts[..., :1]), parts], axis=-1)
    return np.moveaxis(np.cumsum(parts, axis=-1), -1, axis)
