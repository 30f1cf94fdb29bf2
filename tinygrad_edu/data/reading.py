"""Read a person's own CSV file, and say exactly where it is wrong.

The file is text in UTF-8 (a byte order mark is skipped), compressed if its name ends in .gz, with the columns' names in
its first line and one example a line after that. Every cell that is used must be a finite number; nothing is guessed or
filled in silently. A fault is a `DataError` that names the file, the line and the column. Arrays that are already
numbers: `arrays`.
"""

from __future__ import annotations

import csv
import difflib
import gzip
import math
import os
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import IO, Literal

from ..errors import DataError
from .dataset import Dataset

Row = tuple[int, list[str]]  # the number of the line, for messages, and its cells


def read_csv(
    path: str | os.PathLike[str],
    target: str,
    features: Sequence[str] | None = None,
    *,
    classes: Sequence[str] | Literal["auto"] = (),
    delimiter: str = ",",
) -> Dataset:
    """Read a table of numbers, and set one column apart as the target.

    Parameters
    ----------
    path : path to a CSV file
        UTF-8, or that compressed (.gz); names in the first line; fields may be quoted; empty lines are skipped.
    target : str
        The name of the column to predict.
    features : sequence of str, optional
        The names of the columns to predict from, in this order; by default all but the target.
    classes : sequence of str or "auto", optional
        If given, the target holds these words, and becomes their numbers: 0 for the first, 1 for the second ...
        With "auto" a target that is not all numbers gives its own words, sorted.
    delimiter : str
        What stands between the cells.

    Returns
    -------
    Dataset
        float64 features of shape (n, p) and target of shape (n,).

    Raises
    ------
    DataError
        If there is no such file or column, a line has too many or too few cells, a name occurs twice, or a cell is
        empty, text, NaN or infinite. The message names the file, the line and the column.

    Examples
    --------
    >>> import pathlib, tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = pathlib.Path(folder) / "points.csv"
    ...     _ = path.write_text("x,y\\n1,2\\n2,3\\n")
    ...     points = read_csv(path, target="y")
    >>> points.features, points.target
    (array([[1.],
           [2.]]), array([2., 3.]))
    """
    name = Path(path).name
    header, rows = read_rows(path, delimiter)
    chosen = [n for n in header if n != target] if features is None else list(features)
    if not chosen:
        raise DataError(f"{name} has no column to predict {target!r} from. Expected at least one besides the target")
    columns = {n: position_of(n, header, name) for n in (*chosen, target)}
    table, goal = [], []
    for line, cells in rows:
        table.append([number_in(cells[columns[n]], f"{name}, line {line}, column {n!r}") for n in chosen])
        goal.append((line, cells[columns[target]]))
    words = _words(goal, f"{name}, column {target!r}") if classes == "auto" else tuple(classes)
    number_of = {word: float(i) for i, word in enumerate(words)}
    numbers = [_target(cell, number_of, f"{name}, line {line}, column {target!r}") for line, cell in goal]
    return Dataset(table, numbers, tuple(chosen), target, classes=words, source=str(path))  # type: ignore[arg-type]


def read_rows(path: str | os.PathLike[str], delimiter: str = ",") -> tuple[list[str], Iterator[Row]]:
    """The names of a table's columns, and its lines as text, one after another: (number of the line, its cells).

    Raises
    ------
    DataError
        If there is no such file, no header or no line below it, or a line has too many or too few cells.
    """
    name = Path(path).name
    rows = _lines(Path(path), delimiter)
    try:
        header = _checked_header(next(rows), name, delimiter)
    except StopIteration:
        raise DataError(f"{name} is empty. Expected the columns' names in its first line") from None
    return header, _checked_rows(rows, len(header), name)


def _checked_rows(rows: Iterator[Row], width: int, name: str) -> Iterator[Row]:
    line = 0
    for line, cells in rows:
        if len(cells) != width:
            raise DataError(f"{name}, line {line}: {len(cells)} cells. Expected {width}, one a column")
        yield line, cells
    if not line:
        raise DataError(f"{name} has names in its first line but no data below. Expected one example a line")


def _words(cells: list[tuple[int, str]], place: str) -> tuple[str, ...]:
    """The words of a target that is not all numbers; a few among many numbers are slips, which `number_in` tells."""
    words = [cell for _, cell in cells if not is_number(cell)]
    if 2 * len(words) <= len(cells):
        return ()
    if "" in words:
        line = next(line for line, cell in cells if not cell)
        raise DataError(f"{place}, line {line}: the cell is empty. Fill it in, or leave the line out")
    return tuple(sorted({cell for _, cell in cells}))


def _lines(path: Path, delimiter: str) -> Iterator[Row]:
    try:
        with _opened(path) as file:
            reader = csv.reader(file, delimiter=delimiter, strict=True)
            for cells in reader:
                if cells:
                    yield reader.line_num, [cell.strip() for cell in cells]
    except (OSError, EOFError, zlib.error) as error:
        reason = getattr(error, "strerror", None) or error
        raise DataError(f"cannot read {path}: {reason}. Expected a CSV file") from None
    except UnicodeDecodeError as error:
        raise DataError(f"{path.name} is not text in UTF-8 (byte {error.start}). Save it as CSV in UTF-8") from None
    except csv.Error as error:
        place = f"{path.name}, line {reader.line_num}"
        raise DataError(f"{place}: {error}. Expected cells with {delimiter!r} between, quotes closed") from None


def _opened(path: Path) -> IO[str]:
    how = {"encoding": "utf-8-sig", "newline": ""}  # -sig: skip the byte order mark of a spreadsheet
    return gzip.open(path, "rt", **how) if path.suffix == ".gz" else path.open(**how)  # type: ignore[call-overload]


def _checked_header(row: Row, name: str, delimiter: str) -> list[str]:
    line, header = row
    for position, column in enumerate(header, start=1):
        if not column:
            raise DataError(f"{name}, line {line}: column {position} has no name. Expected a name for each column")
        if header.count(column) > 1:
            raise DataError(f"{name}, line {line}: two columns are called {column!r}. Expected every name once")
    if len(header) == 1 and (other := next((mark for mark in ";\t|" if mark in header[0]), None)):
        raise DataError(
            f"{name}, line {line}: one column only, {header[0]!r}. Are the cells separated by {other!r}? "
            f"Expected {delimiter!r}"
        )
    if all(is_number(column) for column in header):
        raise DataError(f"{name}, line {line}: numbers where the names should be. Expected the columns' names first")
    return header


def position_of(column: str, header: list[str], name: str) -> int:
    """Where in the header a column stands, or an error that knows the names of the others."""
    if column in header:
        return header.index(column)
    close = difflib.get_close_matches(column, header, n=1)
    cure = f"Did you mean {close[0]!r}?" if close else f"The columns are {_listed(header)}"
    raise DataError(f"{name} has no column {column!r}. {cure}")


def _listed(names: list[str], most: int = 12) -> str:
    return ", ".join(names[:most]) + (f" and {len(names) - most} more" if len(names) > most else "")


def number_in(cell: str, place: str) -> float:
    """The finite number in a cell, or an error that begins with its place."""
    if not cell:
        raise DataError(f"{place}: the cell is empty. Fill it in, or leave the line out")
    if not is_number(cell):
        raise DataError(
            f"{place}: {_shortened(cell)!r} is not a number. Expected one such as 3.5 or 2e-3; or leave the column out"
        )
    if not math.isfinite(value := float(cell)):
        raise DataError(f"{place}: {_shortened(cell)} is not a finite number. Fill it in, or leave the line out")
    return value


def _target(cell: str, number_of: dict[str, float], place: str) -> float:
    if not number_of:
        return number_in(cell, place)
    if cell not in number_of:
        raise DataError(f"{place}: {_shortened(cell)!r} is none of the classes {_listed(list(number_of))}")
    return number_of[cell]


def is_number(cell: str) -> bool:
    """Whether a cell holds a number, were it NaN or infinite.

    >>> is_number("2e-3"), is_number("nan"), is_number("1_000"), is_number("")
    (True, True, False, False)
    """
    try:
        float(cell)
    except ValueError:
        return False
    return "_" not in cell  # Python reads 1_000 as a thousand; in a table it is a slip


def _shortened(cell: str, most: int = 40) -> str:
    return cell if len(cell) <= most else cell[:most] + "..."
