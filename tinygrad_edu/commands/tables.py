"""The table that a model is fitted to, and tables that it is applied to: columns are matched by name, never by place.

Words cannot enter a formula. A column of words is refused, with its line, unless `--one-hot` names it: then each of its
words but the first gets a column of 0 and 1. What the columns were is kept with the model (`Column`), so that another
table is encoded as the first one was, or refused.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from ..data import Dataset
from ..data.reading import is_number, number_in, position_of, read_rows
from ..errors import DataError

FloatArray = NDArray[np.float64]


class Cells(NamedTuple):
    """One column of a table as text: the numbers of its lines, which all columns share, and what stands there."""

    lines: list[int]
    words: list[str]

    def placed(self) -> Iterator[tuple[int, str]]:
        """(number of the line, cell), one after another."""
        return zip(self.lines, self.words, strict=True)


@dataclass(frozen=True)
class Column:
    """A column that a model reads.

    Parameters
    ----------
    name : str
        In the table.
    words : tuple of str
        The words of a one-hot column, sorted; empty for a column of numbers.
    lowest, highest : float
        The range of the numbers that the model was fitted to.
    """

    name: str
    words: tuple[str, ...] = ()
    lowest: float = -np.inf
    highest: float = np.inf

    @property
    def features(self) -> tuple[str, ...]:
        """The names of the features that it becomes: its own, or one for each word but the first."""
        return tuple(f"{self.name}={word}" for word in self.words[1:]) if self.words else (self.name,)

    def encoded(self, cells: Cells, place: str) -> FloatArray:
        """Its features, shape (n, number of features)."""
        if not self.words:
            return _numbers(cells, place, self.name)[:, None]
        for line, cell in cells.placed():
            if cell not in self.words:
                raise DataError(
                    f"{place}, line {line}, column {self.name!r}: {cell!r} is none of the words that the model was "
                    f"fitted to: {listed(self.words)}. Leave the line out, or fit a model that knows the word"
                )
        return np.array([[float(cell == word) for word in self.words[1:]] for cell in cells.words])


@dataclass(frozen=True, eq=False)
class Table:
    """What a model is fitted to.

    Parameters
    ----------
    examples : Dataset
        The features, encoded, and the target: numbers, or numbers of classes, whose names are in `classes`.
    columns : tuple of Column
        What the features are made of.
    """

    examples: Dataset
    columns: tuple[Column, ...]


def read_table(
    path: str,
    target: str,
    features: Sequence[str] | None = None,
    *,
    one_hot: Sequence[str] = (),
    classes: bool | None = None,
) -> Table:
    """Read the table that a model is to be fitted to.

    Parameters
    ----------
    path : str
        A CSV file with the columns' names in its first line.
    target : str
        The column to predict.
    features : sequence of str, optional
        The columns to predict from; by default all others.
    one_hot : sequence of str
        Those of them that hold words.
    classes : bool, optional
        Whether the target tells classes. By default it does if it holds words, or 0 and 1 only.

    Raises
    ------
    DataError
        If the file, a column or a cell is not what it should be; the message names the place.
    """
    name = Path(path).name
    header, rows = read_rows(path)
    chosen = [n for n in header if n != target] if features is None else list(features)
    for wanted in (*chosen, *one_hot, target):
        position_of(wanted, header, name)
    _check_chosen(chosen, one_hot, target, name)
    cells = _cells(rows, header, [*chosen, target])
    columns = tuple(_column(n, cells[n], n in one_hot, name) for n in chosen)
    table = np.column_stack([column.encoded(cells[column.name], name) for column in columns])
    names = tuple(feature for column in columns for feature in column.features)
    if len(set(names)) < len(names):
        raise DataError(f"{name}: --one-hot makes a column with a name that another column has already. Rename it")
    numbers, words = _target(cells[target], name, target, classes)
    return Table(Dataset(table, numbers, names, target, classes=words, source=path), columns)


def read_features(path: str, columns: Sequence[Column]) -> tuple[FloatArray, list[str], dict[str, Cells]]:
    """The features of another table, its header, and all its cells as text by column.

    Raises
    ------
    DataError
        If a column that the model reads is missing, or a cell is not what it should be.
    """
    name = Path(path).name
    header, rows = read_rows(path)
    missing = [column.name for column in columns if column.name not in header]
    if missing:
        raise DataError(
            f"{name} has no column {listed([repr(n) for n in missing])}, which the model needs. "
            f"Its columns are {listed(header)}; columns are matched by their names"
        )
    cells = _cells(rows, header, header)
    return np.column_stack([column.encoded(cells[column.name], name) for column in columns]), header, cells


def class_name(cell: str) -> str:
    """What a class is called: its word, or its whole number without a decimal point.

    >>> class_name("setosa"), class_name("1.0"), class_name("-2")
    ('setosa', '1', '-2')
    """
    return f"{float(cell):.0f}" if is_number(cell) and float(cell).is_integer() else cell


def listed(names: Sequence[str], most: int = 8) -> str:
    """Names with commas between, the first of them if there are many."""
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def _check_chosen(chosen: Sequence[str], one_hot: Sequence[str], target: str, name: str) -> None:
    if not chosen:
        raise DataError(f"{name} has no column to predict {target!r} from. Expected at least one besides the target")
    twice = [n for i, n in enumerate(chosen) if n in chosen[:i]]
    if twice:
        raise DataError(f"--features names {twice[0]!r} twice. Expected every column once")
    if target in chosen:
        raise DataError(f"--features names {target!r}, which is the target. A column cannot be predicted from itself")
    astray = [n for n in one_hot if n not in chosen]
    if astray:
        raise DataError(f"--one-hot names {astray[0]!r}, which is not among the features: {listed(chosen)}")


def _cells(rows: Any, header: Sequence[str], names: Sequence[str]) -> dict[str, Cells]:
    lines: list[int] = []
    found = {n: Cells(lines, []) for n in names}
    columns = [(header.index(n), cells.words) for n, cells in found.items()]
    for line, cells in rows:
        lines.append(line)
        for place, words in columns:
            words.append(cells[place])
    return found


def _column(name: str, cells: Cells, one_hot: bool, place: str) -> Column:
    if not one_hot:
        numbers = Column(name).encoded(cells, place)
        return Column(name, lowest=float(numbers.min()), highest=float(numbers.max()))
    _check_filled(cells, place, name)
    words = tuple(sorted(set(cells.words)))
    if len(words) < 2:
        raise DataError(f"{place}, column {name!r}: there is one word only, {words[0]!r}, which tells nothing")
    if 2 * len(words) > len(cells.words) and len(words) > 20:
        raise DataError(
            f"{place}, column {name!r}: {len(words)} different words in {len(cells.words)} lines are names, not "
            "categories. Leave the column out with --features"
        )
    return Column(name, words)


def _numbers(cells: Cells, place: str, name: str) -> FloatArray:
    """The numbers in a column; the places of its cells are only written where one of them is wrong."""
    try:
        values = np.array(list(map(float, cells.words)))
        if np.isfinite(values).all() and not any("_" in word for word in cells.words):
            return values
    except ValueError:
        pass
    return np.array([_number(cell, f"{place}, line {line}, column {name!r}") for line, cell in cells.placed()])


def _number(cell: str, place: str) -> float:
    if cell and not is_number(cell):
        raise DataError(
            f"{place}: {cell[:40]!r} is not a number. Expected one such as 3.5 or 2e-3. For a column of words there is "
            "--one-hot; or leave it out with --features"
        )
    return number_in(cell, place)


def _target(cells: Cells, name: str, target: str, classes: bool | None) -> tuple[FloatArray, tuple[str, ...]]:
    """The target as numbers, and the names of its classes if it has any."""
    place = f"{name}, column {target!r}"
    _check_filled(cells, name, target)
    worded = [cell for cell in cells.words if not is_number(cell)]
    if classes is None:
        binary = not worded and {class_name(cell) for cell in cells.words} == {"0", "1"}
        classes = binary or 2 * len(worded) > len(cells.words)  # a few words among many numbers are slips
    if not classes and worded:
        line = next(line for line, cell in cells.placed() if cell == worded[0])
        raise DataError(
            f"{name}, line {line}, column {target!r}: {worded[0][:40]!r} is not a number, as the target has to be. If "
            "its words are classes: --model logistic for two of them, --model softmax for more"
        )
    if not classes:
        return _numbers(cells, name, target), ()
    if not worded:
        for line, cell in cells.placed():
            here = f"{name}, line {line}, column {target!r}"
            if not number_in(cell, here).is_integer():
                raise DataError(f"{here}: {cell} names no class. Expected words, or whole numbers")
    called = [class_name(cell) for cell in cells.words]
    words = tuple(sorted(set(called), key=float if not worded else str))
    if len(words) < 2:
        raise DataError(f"{place}: there is one class only, {words[0]!r}. Expected two or more to tell apart")
    if 2 * len(words) > len(called) and len(words) > 20:
        raise DataError(
            f"{place}: {len(words)} classes in {len(called)} lines. Expected several examples of each class"
        )
    number_of = {word: float(i) for i, word in enumerate(words)}
    return np.array([number_of[word] for word in called]), words


def _check_filled(cells: Cells, name: str, column: str) -> None:
    for line, cell in cells.placed():
        if not cell:
            raise DataError(
                f"{name}, line {line}, column {column!r}: the cell is empty. Fill it in, or leave the line out"
            )
