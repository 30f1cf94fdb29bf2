"""The examples of a run: which are learnt from and which are set aside, and in what order they come.

Data that fit in the cache are shuffled once an epoch, and batches are slices of the result; larger data, or data on the
disk, are taken batch by batch, so that no second copy of them is ever made. Both give the same rows.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import Any

import numpy as np

from ..data.dataset import Dataset
from ..data.sampling import batches, count_of, split
from ..errors import HyperparameterError, ShapeError

SMALL = 2**26  # bytes: data that may be copied once an epoch
Arrays = tuple[Any, ...]


class Examples:
    """Arrays with one row an example, or nothing at all.

    Parameters
    ----------
    data : tuple of arrays
        The arguments of the loss behind the parameters.
    batch_size : int or None
        None: everything at once.
    validation : float, tuple of arrays, or None
        A share that is set aside, as `data.split` does it, or other examples.
    seed : int
        For the share.

    Attributes
    ----------
    training : tuple of arrays
        What the loss over all the data is computed from.
    validation : tuple of arrays or None
    count : int
        The number of examples that are learnt from.
    """

    def __init__(self, data: Arrays, batch_size: int | None, validation: Any, seed: int) -> None:
        self.batch_size = None if batch_size is None else int(batch_size)
        self.arrays = tuple([part.view(np.ndarray) if isinstance(part, np.memmap) else part for part in data])
        self.rows: Any = None
        self.validation: Arrays | None = None
        self.count = 0
        if batch_size is not None or is_share(validation):  # then the data have rows, which are counted
            _check(validation, data)
            if not all(np.ndim(part) for part in self.arrays):
                raise ShapeError("the data hold a single number. Expected arrays with one row an example, for batches")
            self.count = count_of(self.arrays)
        elif several := tuple([part for part in self.arrays if np.ndim(part)]):
            count_of(several)  # lest one row be stretched over all the others
        if is_share(validation):
            self.rows, aside = split(self.count, float(validation), seed)
            self.validation, self.count = tuple([np.asarray(part)[aside] for part in self.arrays]), len(self.rows)
        elif validation is not None:
            _check(validation, data)
            self.validation = as_arguments(validation)
        self._training: Arrays | None = self.arrays if self.rows is None else None

    @property
    def training(self) -> Arrays:
        """All examples that are learnt from; a copy, if others are set aside."""
        if self._training is None:
            self._training = tuple([np.asarray(part)[self.rows] for part in self.arrays])
        return self._training

    @property
    def steps(self) -> int:
        """How many steps an epoch takes."""
        return 1 if self.batch_size is None else -(-self.count // self.batch_size)

    def epoch(self, random: np.random.Generator, first: int = 0) -> Iterator[Arrays]:
        """The batches of one epoch in random order, from number `first` on."""
        assert self.batch_size is not None
        arrays, size = [np.asarray(part) for part in self.arrays], self.batch_size
        order = random.permutation(self.count)
        order = order if self.rows is None else self.rows[order]
        if sum(part.nbytes for part in arrays) <= SMALL:
            shuffled = [part[order] for part in arrays]
            return (tuple([part[i : i + size] for part in shuffled]) for i in range(first * size, self.count, size))
        return (tuple([part[order[i : i + size]] for part in arrays]) for i in range(first * size, self.count, size))

    def some(self, most: int, seed: int) -> Iterator[Arrays]:
        """A few batches that represent the others, or all examples at once."""
        if self.batch_size is None:
            return iter([self.training])
        if self.rows is None:
            return islice(batches(self.arrays, self.batch_size, seed), most)
        return islice(self.epoch(np.random.default_rng(seed)), most)


def as_arguments(data: Any) -> Arrays:
    """The arguments of a loss behind the parameters: a tuple of arrays, one array, or a data set."""
    if isinstance(data, Dataset):
        return data.features, data.target
    return tuple(data) if isinstance(data, list | tuple) else (data,)


def is_share(validation: Any) -> bool:
    """Whether it is a number between 0 and 1, and not examples."""
    return isinstance(validation, float | np.floating)


def _check(validation: Any, data: Arrays) -> None:
    """Whether something can be set aside."""
    share = is_share(validation)
    if not data or isinstance(validation, bool | int) or (share and not 0 < validation < 1):
        raise HyperparameterError(
            f"validation is {validation!r}, with {len(data)} arrays of data. Expected a share between 0 and 1 of the "
            "examples in data=(x, y), or other examples such as validation=(x, y)"
        )
