"""`predict`: a fitted model applied to another table, whose columns are found by their names."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from ..data.reading import is_number
from ..errors import DataError
from .fitted import Fitted, read_model
from .quality import quality, show_quality
from .saving import place_for, write
from .screen import counted, heading, number, say
from .tables import Cells, FloatArray, class_name, read_features


def show_predictions(model_path: str, path: str, output: str | None) -> int:
    """Print the predictions as CSV, or write them to a file and print how good they are if that can be known; 0."""
    place = place_for(output, path, model_path, what="predictions", example="predictions.csv") if output else None
    model = read_model(model_path)
    features, header, cells = read_features(path, model.columns)
    with np.errstate(all="ignore"):
        rows = predictions(model, features)
    text = as_csv(rows)
    if place is None:
        click.echo(text.encode(), nl=False)  # bytes: a terminal that has no é must not change the name of a class
        return 0
    write(place, text)
    heading(f"{model.target} of {counted(len(features), 'row')}, by {Path(model_path).name}")
    unused = [name for name in header if name != model.target and name not in {c.name for c in model.columns}]
    if unused:
        say(f"Columns that the model does not use: {', '.join(unused)}")
    for line in strangers(model, features):
        say(line)
    if model.target in header:
        show_known(model, features, cells[model.target])
    say(f"Saved to {output}")
    return 0


def predictions(model: Fitted, features: FloatArray) -> list[list[str]]:
    """The header and a row for each example: the prediction, and of classes the probabilities."""
    found = model.predicted(features)
    if not np.all(np.isfinite(found)):
        row = int(np.argmin(np.isfinite(found)))
        raise DataError(f"the prediction for row {row + 1} is {found[row]}. Are its numbers in other units?")
    if not model.classes:
        return [[f"predicted_{model.target}"], *([_exact(value)] for value in found)]
    named = [model.classes[int(k)] for k in found]
    header = [f"predicted_{model.target}"]
    if not model.has_probabilities:
        return [header, *([name] for name in named)]
    shares = model.probabilities(features)
    header += [f"probability_{name}" for name in model.classes]
    return [header, *([name, *map(_exact, row)] for name, row in zip(named, shares, strict=True))]


def _exact(value: float) -> str:
    """The shortest number that reads back as the same."""
    return repr(float(value))


def as_csv(rows: Iterable[Sequence[str]]) -> str:
    """The rows as CSV, quoted where needed."""
    text = io.StringIO()
    csv.writer(text, lineterminator="\n").writerows(rows)
    return text.getvalue()


def strangers(model: Fitted, features: FloatArray) -> Iterable[str]:
    """For every column with numbers outside the range that the model has seen, a line that says so."""
    place = 0
    for column in model.columns:
        values = features[:, place]
        place += len(column.features)
        outside = int(np.sum((values < column.lowest) | (values > column.highest)))
        if not column.words and outside:
            yield (
                f"{column.name}: {outside} of {len(values)} rows are outside the {number(column.lowest)} to "
                f"{number(column.highest)} that the model was fitted to. Is the unit the same?"
            )


def show_known(model: Fitted, features: FloatArray, cells: Cells) -> None:
    """Print how good the predictions are, if every row of the table tells the truth."""
    known: list[Any] = [_known(model, cell) for cell in cells.words]
    if all(value is not None for value in known):
        found = quality(model, features, np.array(known, dtype=float))
        show_quality(model, {"this table": (found, len(known))})
    else:
        line = next(line for line, value in zip(cells.lines, known, strict=True) if value is None)
        say(f"The predictions are not compared with {model.target}: line {line} does not tell it.")


def _known(model: Fitted, cell: str) -> float | None:
    if model.classes:
        name = class_name(cell)
        return float(model.classes.index(name)) if name in model.classes else None
    return float(cell) if is_number(cell) and np.isfinite(float(cell)) else None
