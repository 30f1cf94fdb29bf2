"""Order statistics that NumPy lacks: the k greatest, the k-th smallest, the most frequent; and both extremes at once.

Values that are equal share a gradient evenly, whichever of them an index names.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..rules.sorting import commonest, element


def topk(x: Any, k: int, axis: int = -1, largest: bool = True) -> tuple[Any, Any]:
    """The k greatest elements along an axis (or the smallest), in order, and where they are.

    >>> values, places = topk(np.array([3.0, 1.0, 2.0]), 2)
    >>> values, places
    (array([3., 2.]), array([0, 2]))
    """
    values, places = np.sort(x, axis=axis), np.argsort(x, axis=axis, kind="stable")
    if largest:
        values, places = np.flip(values, axis), np.flip(places, axis)
    first = (slice(None),) * (axis % x.ndim) + (slice(k),)
    return values[first], places[first]


def kthvalue(x: Any, k: int, axis: int = -1, keepdims: bool = False) -> tuple[Any, Any]:
    """The k-th smallest element along an axis, counted from 1, and where it is.

    >>> value, place = kthvalue(np.array([3.0, 1.0, 2.0]), 2)
    >>> float(value), int(place)
    (2.0, 2)
    """
    index = (slice(None),) * (axis % x.ndim) + (slice(k - 1, k) if keepdims else k - 1,)
    return np.sort(x, axis=axis)[index], np.argsort(x, axis=axis, kind="stable")[index]


def mode(x: Any, axis: int = -1, keepdims: bool = False) -> tuple[Any, Any]:
    """The most frequent value along an axis, the smallest of several, and how often it occurs.

    >>> value, number = mode(np.array([2.0, 1.0, 2.0]))
    >>> float(value), int(number)
    (2.0, 2)
    """
    value = element(x, commonest(x, axis=axis), axis, keepdims)
    return value, np.sum(x == (value if keepdims else np.expand_dims(value, axis)), axis=axis, keepdims=keepdims)


def aminmax(x: Any, axis: int | tuple[int, ...] | None = None, keepdims: bool = False) -> tuple[Any, Any]:
    """The least and the greatest element.

    >>> low, high = aminmax(np.array([3.0, 1.0, 2.0]))
    >>> float(low), float(high)
    (1.0, 3.0)
    """
    return np.min(x, axis=axis, keepdims=keepdims), np.max(x, axis=axis, keepdims=keepdims)
