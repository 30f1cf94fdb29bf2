"""From the loss of each example to one number: weights, mean and sum, once for all losses.

A loss is written as a formula per example. `loss` gives it the parameters `weights` and `reduction`, and looks at the
shapes first: of a column and a row NumPy would make a table, n² losses in place of n.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from math import prod
from typing import Any

import numpy as np

REDUCTIONS = ("mean", "sum", "none")


def loss(reduction: str = "mean", pair: bool = True) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
    """Decorate a formula per example with ``weights=None`` and ``reduction=``.

    Parameters
    ----------
    reduction : {"mean", "sum", "none"}
        The default.
    pair : bool
        The first two arguments belong together element by element: refuse shapes of which each would meet every other.
    """

    def decorate(per_example: Callable[..., Any]) -> Callable[..., Any]:
        name = per_example.__name__

        @wraps(per_example)
        def reduced(*args: Any, weights: Any = None, reduction: str = reduction, **settings: Any) -> Any:
            if pair and len(args) > 1:
                check_pair(name, args[0], args[1])
            return reduce(name, per_example(*map(as_array, args), **settings), weights, reduction)

        signature = inspect.signature(per_example)
        kind = inspect.Parameter.KEYWORD_ONLY
        own = [p for p in signature.parameters.values() if p.kind is not kind]
        named = [p for p in signature.parameters.values() if p.kind is kind]
        added = [
            inspect.Parameter("weights", kind, default=None),
            inspect.Parameter("reduction", kind, default=reduction),
        ]
        reduced.__signature__ = signature.replace(parameters=[*own, *named, *added])  # type: ignore[attr-defined]
        return reduced

    return decorate


def reduce(name: str, losses: Any, weights: Any = None, reduction: str = "mean") -> Any:
    """The (weighted) mean Σ wᵢ lᵢ / Σ wᵢ, the sum Σ wᵢ lᵢ, or each wᵢ lᵢ."""
    if reduction not in REDUCTIONS:
        raise ValueError(f"{name}: reduction={reduction!r}. Expected one of {', '.join(map(repr, REDUCTIONS))}")
    weighted = losses if weights is None else losses * weights
    if reduction == "none":
        return weighted
    if reduction == "sum" or weights is None:
        return np.sum(weighted) if reduction == "sum" else np.mean(weighted)
    return np.sum(weighted) / np.sum(np.broadcast_to(weights, losses.shape))


def as_array(x: Any) -> Any:
    """Lists and numbers as arrays; everything that is an array of some kind as it is."""
    return x if hasattr(x, "__array_function__") or x is None or callable(x) else np.asarray(x)


def check_pair(name: str, prediction: Any, target: Any) -> None:
    """Refuse a pair of shapes that broadcast to more than either holds."""
    one, other = _shape(prediction), _shape(target)
    if one == other:
        return
    try:
        together = np.broadcast_shapes(one, other)
    except ValueError:  # NumPy says it best, when the two meet
        return
    if prod(together) > max(prod(one), prod(other)):
        cure = f"reshape the prediction to {other}" if prod(one) == prod(other) else "give both the same shape"
        raise ValueError(
            f"{name}: the prediction is {one}, the target {other}, and each would meet every other, {together}. "
            f"Expected one target a prediction: {cure}"
        )


def _shape(x: Any) -> tuple[int, ...]:
    return tuple(x.shape) if hasattr(x, "shape") else np.shape(x)
