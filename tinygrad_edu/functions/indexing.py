"""Updates that return a new array: scatter, fill and select by index or mask, and sums over segments.

Each is a formula in reading (`x[index]`), assignment to a copy (`setitem`) and adding at an index (`scatter_to`), the
transpose of reading. Nothing is written in place, so all of them work on arrays and Tensors alike.
"""

from __future__ import annotations

from itertools import combinations as subsets
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from ..rules.indexing import scatter as scatter_to
from ..rules.indexing import setitem

NEUTRAL = {"sum": 0.0, "mean": 0.0, "prod": 1.0, "amax": -np.inf, "amin": np.inf}
REDUCTIONS: dict[str, Any] = {"sum": np.sum, "mean": np.sum, "prod": np.prod, "amax": np.max, "amin": np.min}


def along(axis: int, index: Any, ndim: int) -> tuple[Any, ...]:
    """The index that applies `index` to one axis."""
    return (slice(None),) * (axis % ndim) + (index,)


def places_along(axis: int, index: np.ndarray) -> tuple[Any, ...]:
    """The index of x[i, index[i, j], ...]: `index` tells the place along one axis, its own place tells the others."""
    grid: list[Any] = list(np.indices(index.shape, sparse=True))
    grid[axis % index.ndim] = index
    return tuple(grid)


def part_of(values: Any, index: np.ndarray) -> Any:
    """As many of the values as the index has places; a number is for all of them."""
    return values[tuple(map(slice, index.shape))] if np.ndim(values) else np.broadcast_to(values, index.shape)


def at_set(x: Any, index: Any, values: Any) -> Any:
    """x with ``x[index] = values``.

    >>> at_set(np.zeros(3), 1, 5.0)
    array([0., 5., 0.])
    """
    return setitem(x, values, index=index)


def at_add(x: Any, index: Any, values: Any) -> Any:
    """x with the values added at the index; where it repeats, all of them count, as with `numpy.add.at`.

    >>> at_add(np.zeros(3), np.array([0, 0, 2]), np.ones(3))
    array([2., 0., 1.])
    """
    return x + scatter_to(np.broadcast_to(values, np.shape(x[index])), shape=x.shape, index=index)


def scatter(x: Any, axis: int, index: Any, values: Any) -> Any:
    """x with ``x[i, index[i, j]] = values[i, j]`` (along axis 1, and so on): `numpy.put_along_axis` for a copy.

    >>> scatter(np.zeros((2, 3)), 1, [[2], [0]], 1.0)
    array([[0., 0., 1.],
           [1., 0., 0.]])
    """
    index = np.asarray(index)
    return setitem(x, part_of(values, index), index=places_along(axis, index))


def scatter_reduce(x: Any, axis: int, index: Any, values: Any, reduce: str, include_self: bool = True) -> Any:
    """At each place the sum, mean, prod, amax or amin of x and of the values that `scatter` would write there.

    All that meet at a place stand in a column, above the element of x, and the columns are reduced: products with
    zeros are exact, and extremes that tie share their gradient.

    Parameters
    ----------
    reduce : {"sum", "mean", "prod", "amax", "amin"}
    include_self : bool
        False leaves the element of x out where anything is written.

    >>> scatter_reduce(np.ones(3), 0, [0, 0, 2], np.array([2.0, 3.0, 0.5]), "amax")
    array([3., 1., 1.])
    """
    if reduce not in NEUTRAL:
        raise ValueError(f"scatter_reduce: expected one of {', '.join(NEUTRAL)}, given {reduce!r}")
    index = np.asarray(index)
    reads = columns(np.reshape(np.arange(x.size), x.shape)[places_along(axis, index)], x.size)
    number = np.sum(reads >= 0, axis=0)
    own = np.where((number > 0) & (not include_self), -1, np.arange(x.size) + index.size)
    neutral = np.zeros_like(x, shape=(1,)) + NEUTRAL[reduce]
    sources = np.concatenate(
        [np.ravel(part_of(values, index)), np.ravel(x), neutral]
    )  # the place -1 is the neutral one
    y = REDUCTIONS[reduce](sources[np.concatenate([reads, own[None]])], axis=0)
    if reduce == "mean":
        y = y / np.maximum(number + include_self, 1)
    return np.reshape(y, x.shape)


def columns(places: np.ndarray, size: int) -> np.ndarray:
    """For each of `size` places, which elements go there, and -1 for none: (as many as at the busiest place, size)."""
    places = np.ravel(places)
    order = np.argsort(places, kind="stable")
    rank = np.empty_like(order)  # of each element among those that go to the same place
    rank[order] = np.arange(order.size) - np.searchsorted(places[order], places[order])
    reads = np.full((max(rank, default=-1) + 1, size), -1)
    reads[rank, places] = np.arange(order.size)
    return reads


def segment_sum(x: Any, segments: Any, count: int | None = None) -> Any:
    """The sums over the parts of the first axis that have the same number in `segments`.

    >>> segment_sum(np.array([1.0, 2.0, 3.0]), [0, 1, 0])
    array([4., 2.])
    """
    segments = np.asarray(segments)
    count = int(segments.max(initial=-1)) + 1 if count is None else count
    return scatter_to(x, shape=(count, *x.shape[1:]), index=segments)


def index_fill(x: Any, axis: int, index: Any, value: Any) -> Any:
    """x with one value along an axis wherever the index says."""
    return setitem(x, value, index=along(axis, np.asarray(index), x.ndim))


def index_copy(x: Any, axis: int, index: Any, source: Any) -> Any:
    """x with the slices of the source in place of its own, at the index along an axis."""
    return setitem(x, source, index=along(axis, np.asarray(index), x.ndim))


def select_scatter(x: Any, source: Any, axis: int, index: int) -> Any:
    """x with one slice along an axis replaced by the source."""
    return setitem(x, source, index=along(axis, index, x.ndim))


def slice_scatter(x: Any, source: Any, axis: int, start: Any = None, stop: Any = None, step: Any = None) -> Any:
    """x with ``x[start:stop:step]`` along an axis replaced by the source."""
    return setitem(x, source, index=along(axis, slice(start, stop, step), x.ndim))


def masked_fill(x: Any, mask: Any, value: Any) -> Any:
    """x with the value where the mask is true.

    >>> masked_fill(np.array([1.0, 2.0]), np.array([True, False]), 0.0)
    array([0., 2.])
    """
    return np.where(mask, value, x)


def masked_select(x: Any, mask: Any) -> Any:
    """The elements of x where the mask is true, in a row."""
    shape = np.broadcast_shapes(np.shape(x), np.shape(mask))
    return np.broadcast_to(x, shape)[np.broadcast_to(mask, shape)]


def masked_scatter(x: Any, mask: Any, source: Any) -> Any:
    """x with the first elements of the source, in order, where the mask is true."""
    mask = np.broadcast_to(np.asarray(mask), x.shape)
    return setitem(x, np.ravel(source)[: np.count_nonzero(mask)], index=mask)


def combinations(x: Any, r: int = 2, with_replacement: bool = False) -> Any:
    """All choices of r elements of a row, one a line.

    >>> combinations(np.array([1.0, 2.0, 3.0]))
    array([[1., 2.],
           [1., 3.],
           [2., 3.]])
    """
    chosen = (combinations_with_replacement if with_replacement else subsets)(range(x.shape[0]), r)
    return x[np.array(list(chosen), dtype=int).reshape(-1, r)]


def cartesian_prod(*arrays: Any) -> Any:
    """All pairs (triples, ...) of an element of each row, one a line.

    >>> cartesian_prod(np.array([1.0, 2.0]), np.array([5.0, 6.0]))
    array([[1., 5.],
           [1., 6.],
           [2., 5.],
           [2., 6.]])
    """
    return np.stack([np.ravel(x) for x in np.meshgrid(*arrays, indexing="ij")], axis=-1)
