"""A table of numbers that knows its names, its units and where it comes from.

Features and target are plain float64 arrays: they go into NumPy formulae as they stand. The arrays are read-only, so
that a data set stays what its source says; `.copy()` gives one to write into. To read a file: `reading`. To take
parts: `sampling`. To change the scale: `scaling`.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ShapeError

FloatArray = NDArray[np.float64]


@dataclass(frozen=True, eq=False)
class Dataset:
    """Features and target of n examples, with names, units and source.

    Parameters
    ----------
    features : array_like, shape (n, p)
        One row an example, one column a feature; kept as read-only float64.
    target : array_like, shape (n,)
        What is to be predicted; for a classification set the number of the class, 0, 1, 2 ...
    feature_names, target_name : tuple of str, str
        The columns' names.
    units : dict of str to str
        The unit of each column by its name, where one is known.
    classes : tuple of str
        The names of the classes, in the order of their numbers; empty for a regression set.
    description, citation, source, licence : str
        What the figures are, whom to cite, where they come from, and on what terms.

    Raises
    ------
    ShapeError
        If features, target and names do not fit together.

    Examples
    --------
    >>> points = Dataset([[1.0], [2.0]], [2.0, 3.0], feature_names=("x",), target_name="y")
    >>> len(points), points.features.shape
    (2, (2, 1))
    >>> points.column("x")
    array([1., 2.])
    """

    features: FloatArray
    target: FloatArray
    feature_names: tuple[str, ...]
    target_name: str
    units: dict[str, str] = field(default_factory=dict)
    classes: tuple[str, ...] = ()
    description: str = ""
    citation: str = ""
    source: str = ""
    licence: str = ""

    def __post_init__(self) -> None:
        features, target = _read_only(self.features), _read_only(self.target)
        if features.ndim != 2 or target.shape != features.shape[:1] or features.shape[1] != len(self.feature_names):
            raise ShapeError(
                f"Dataset: features are {features.shape}, target is {target.shape}, and there are "
                f"{len(self.feature_names)} feature names. Expected (n, p), (n,) and p names"
            )
        object.__setattr__(self, "features", features)  # the way that a frozen dataclass has to convert its fields
        object.__setattr__(self, "target", target)

    def __len__(self) -> int:
        """The number of examples."""
        return len(self.target)

    def __repr__(self) -> str:
        examples, count = self.features.shape
        return f"Dataset({examples} examples, {count} features, target {self.target_name!r})"

    def column(self, name: str) -> FloatArray:
        """The column of that name: a feature or the target, shape (n,)."""
        if name == self.target_name:
            return self.target
        if name not in self.feature_names:
            raise KeyError(f"no column {name!r}; there are {', '.join((*self.feature_names, self.target_name))}")
        return self.features[:, self.feature_names.index(name)]

    def take(self, rows: Any) -> Dataset:
        """The same table with these rows only: a slice, row numbers, or a mask.

        >>> points = Dataset([[1.0], [2.0]], [2.0, 3.0], feature_names=("x",), target_name="y")
        >>> points.take(points.target > 2.5).features
        array([[2.]])
        """
        return replace(self, features=self.features[rows], target=self.target[rows])


def _read_only(values: ArrayLike) -> FloatArray:
    array = np.array(values, dtype=np.float64)
    array.setflags(write=False)
    return array
