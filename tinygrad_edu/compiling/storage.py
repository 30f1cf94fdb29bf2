"""Where a value lies in memory, for C: a pointer, an offset and strides; views are arithmetic on these."""

from __future__ import annotations

import math
import operator
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from .program import Line, Value


@dataclass(frozen=True)
class Storage:
    """A strided array in C.

    Attributes
    ----------
    base : str
        The pointer to its first element's neighbourhood.
    offset : int
        Elements from there.
    shape, strides : tuple of int
        Strides in elements; 0 along an axis that is stretched.
    bounds : tuple of (int, int)
        Of each axis the part that is in memory; the rest is 0.
    kind : str
        The C type of an element, if the pointer does not know it.
    """

    base: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]
    bounds: tuple[tuple[int, int], ...] = ()
    kind: str = ""

    def bounded(self, domain: Sequence[int]) -> dict[int, tuple[int, int]]:
        """The axes of a domain along which only a part of the array is in memory, and that part."""
        lead = len(domain) - len(self.shape)
        pairs = zip(self.bounds, self.shape, strict=False)
        return {lead + d: pair for d, (pair, n) in enumerate(pairs) if pair != (0, n) and n != 1}

    @property
    def pointer(self) -> str:
        """The C expression of the first element's address."""
        typed = f"({self.kind} *){self.base}" if self.kind else self.base
        return f"{typed} {'+' if self.offset > 0 else '-'} {abs(self.offset)}" if self.offset else self.base

    @property
    def is_contiguous(self) -> bool:
        """True if the elements lie in order without gaps."""
        return all(n == 1 or s == c for n, s, c in zip(self.shape, self.strides, contiguous(self.shape), strict=True))

    def over(self, domain: Sequence[int]) -> tuple[int, ...]:
        """The strides of the array when it is stretched to a domain."""
        lead = len(domain) - len(self.shape)
        return (*[0] * lead, *(0 if n == 1 else s for n, s in zip(self.shape, self.strides, strict=True)))


def contiguous(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides of an array whose elements lie in order."""
    return tuple(math.prod(shape[i + 1 :]) for i in range(len(shape)))


def is_view(line: Line) -> bool:
    """True for calls that only look at the same elements in another way, whatever they are."""
    f, args = line.operation, line.args
    if line.several or not args or type(args[0]) is not Value or 0 in args[0].shape:
        return False
    if f is operator.getitem:
        return is_slicing(args[1]) and len(line.reads) == 1
    if f is np.reshape:
        return len(args) == 2 and line.params.get("order", "C") == "C"
    return f in (
        *(np.transpose, np.swapaxes, np.moveaxis, np.matrix_transpose, np.expand_dims, np.squeeze, np.broadcast_to),
        np.flip,
    )


def is_slicing(index: Any) -> bool:
    """True if an index is made of integers, slices, newaxis and ellipsis alone: of no mask, True or False."""
    parts = index if isinstance(index, tuple) else (index,)
    numbers = (p for p in parts if not (p is None or p is ... or type(p) is slice))
    return all(isinstance(p, int | np.integer) and not isinstance(p, bool) for p in numbers) and not any(
        type(p) is slice and any(type(x) is Value for x in (p.start, p.stop, p.step)) for p in parts
    )


def viewed(line: Line, x: Storage) -> Storage | None:
    """The storage of a view of x; None if it is a rearrangement that needs a copy."""
    if line.operation is np.reshape:
        return reshaped(x, line.result.shape) if x.is_contiguous else _split_or_merged(x, line.result.shape)
    if line.result.shape == x.shape == ():
        return x
    places = _Places(x)
    if line.operation is operator.getitem:  # of one element too NumPy shall make a view, and no number
        parts = line.args[1] if isinstance(line.args[1], tuple) else (line.args[1],)
        return places.storage(places.array[parts if any(part is ... for part in parts) else (*parts, ...)])
    return places.storage(line.operation(places.array, *line.args[1:], **line.params))


def reshaped(x: Storage, shape: tuple[int, ...]) -> Storage:
    """Contiguous elements in another shape."""
    return replace(x, shape=shape, strides=contiguous(shape))


def _split_or_merged(x: Storage, shape: tuple[int, ...]) -> Storage | None:
    """A reshape that only adds or drops axes of length 1."""
    if [n for n in x.shape if n != 1] != [n for n in shape if n != 1]:
        return None
    rest = iter([s for n, s in zip(x.shape, x.strides, strict=True) if n != 1])
    return replace(x, shape=shape, strides=tuple(0 if n == 1 else next(rest) for n in shape))


class _Places:
    """An array of no memory with the storage's shape and strides, of which NumPy makes the view."""

    def __init__(self, x: Storage) -> None:
        self.x = x
        low = sum(min(0, s * (n - 1)) for n, s in zip(x.shape, x.strides, strict=True))
        high = sum(max(0, s * (n - 1)) for n, s in zip(x.shape, x.strides, strict=True))
        self.start = -low
        self.memory = np.empty(high - low + 1, np.int8)  # never touched: only addresses are compared
        self.array = np.ndarray(x.shape, np.int8, self.memory, self.start, x.strides)

    def storage(self, view: Any) -> Storage:
        assert isinstance(view, np.ndarray), "a number has no place in memory"
        assert view.size == 0 or np.may_share_memory(view, self.memory), "a copy lies elsewhere"
        origin = self.memory.__array_interface__["data"][0] + self.start
        moved = view.__array_interface__["data"][0] - origin
        return Storage(self.x.base, self.x.offset + moved, view.shape, view.strides, kind=self.x.kind)
