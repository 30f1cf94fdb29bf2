"""Take some of the examples at random: mini-batches, and a split into training and test data.

Both draw row numbers and then take those rows of whatever you have: a count n (the row numbers themselves), a tuple of
arrays with n rows each, or a `Dataset`. Randomness comes from `np.random.default_rng(seed)` only, so a seed repeats a
run; a Generator in place of the seed continues its own sequence, as successive epochs need.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DataError, ShapeError
from .dataset import Dataset

Seed = int | np.random.Generator | None


def batches(source: Any, batch_size: int, seed: Seed = None) -> Iterator[Any]:
    """One epoch: every example once, in random order, `batch_size` at a time.

    Parameters
    ----------
    source : int, tuple of arrays, or Dataset
        The number of examples n, or arrays with n rows each.
    batch_size : int
        1: stochastic gradient descent; n: the full batch; between: mini-batches. The last batch may be smaller.
    seed : int or numpy.random.Generator, optional
        The same seed gives the same batches.

    Returns
    -------
    iterator
        Row numbers, tuples of arrays, or Datasets: parts of what was given.

    Raises
    ------
    DataError
        If there are no examples or `batch_size` is not positive.

    Examples
    --------
    >>> [batch.tolist() for batch in batches(5, 2, seed=0)]
    [[2, 4], [3, 0], [1]]
    >>> x, y = np.array([1.0, 2.0, 3.0]), np.array([10.0, 20.0, 30.0])
    >>> for batch_x, batch_y in batches((x, y), 2, seed=1):
    ...     print(batch_x, batch_y)
    [1. 2.] [10. 20.]
    [3.] [30.]
    """
    n = count_of(source)
    if batch_size < 1:
        raise DataError(f"batches: the batch size is {batch_size}. Expected 1 (one example a step) to {n} (all)")
    order = np.random.default_rng(seed).permutation(n)
    return (_rows(source, order[first : first + batch_size]) for first in range(0, n, batch_size))


def split(source: Any, test: float = 0.25, seed: Seed = 0) -> tuple[Any, Any]:
    """Set a random part aside to test on: (training part, test part).

    Parameters
    ----------
    source : int, tuple of arrays, or Dataset
        The number of examples n, or arrays with n rows each.
    test : float
        The fraction to set aside, between 0 and 1; at least one example goes to either part.
    seed : int or numpy.random.Generator, optional
        The same seed gives the same split.

    Raises
    ------
    DataError
        If the fraction is not between 0 and 1, or there are fewer than two examples.

    Examples
    --------
    >>> training, test = split(8, test=0.25, seed=0)
    >>> len(training), len(test), sorted([*training, *test]) == list(range(8))
    (6, 2, True)
    """
    n = count_of(source)
    if not 0 < test < 1 or n < 2:
        raise DataError(f"split: a fraction {test} of {n} examples. Expected a fraction between 0 and 1, and 2 or more")
    order = np.random.default_rng(seed).permutation(n)
    aside = min(max(round(test * n), 1), n - 1)
    return _rows(source, order[aside:]), _rows(source, order[:aside])


def count_of(source: Any) -> int:
    """The number of examples: of rows, the same in every array."""
    lengths = {len(part) for part in source} if isinstance(source, tuple) else {_length(source)}
    if len(lengths) != 1:
        raise ShapeError(f"the arrays have {sorted(lengths)} rows. Expected one row an example in every array")
    if (n := lengths.pop()) < 1:
        raise DataError("there are no examples to take from. Expected one row or more")
    return n


def _length(source: Any) -> int:
    return int(source) if isinstance(source, int | np.integer) else len(source)


def _rows(source: Any, rows: NDArray[np.intp]) -> Any:
    match source:
        case int() | np.integer():
            return rows
        case tuple():
            return tuple(np.asarray(part)[rows] for part in source)
        case Dataset():
            return source.take(rows)
        case _:
            return source[rows]
