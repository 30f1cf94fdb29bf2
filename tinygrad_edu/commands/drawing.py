"""The picture of a fit (`--plot`): the loss from epoch to epoch, and how well the model fits."""

from __future__ import annotations

from io import BytesIO
from pathlib import Path
from typing import Any

import click

from .. import data, optim, plot
from ..plot.canvas import row_of_axes
from .fitted import Fitted
from .fitting import Parts
from .quality import confusions
from .saving import place_for, write

KINDS = (".png", ".svg", ".pdf")


def picture_place(output: str, *sources: str) -> Path:
    """Where the picture goes, or an error before the work; also if matplotlib is missing."""
    if Path(output).suffix.lower() not in KINDS:
        raise click.UsageError(f"--plot {output}: a picture of what kind? Expected a name with {' or '.join(KINDS)}")
    row_of_axes(1)
    return place_for(output, *sources, option="--plot", what="picture", example="fit.png")


def save_picture(place: Path, model: Fitted, result: optim.Result, parts: Parts) -> None:
    """Draw and write it."""
    left, right = row_of_axes(2)
    plot.loss_curve(result, ax=left)
    examples, name = (parts.validation, "validation") if parts.validation else (parts.training, "training")
    _draw_quality(model, examples, name, right)
    text = BytesIO()
    right.figure.savefig(text, format=place.suffix[1:].lower(), dpi=120)
    write(place, text.getvalue(), "--plot")


def _draw_quality(model: Fitted, examples: data.Dataset, name: str, ax: Any) -> None:
    """A table of confusions; a line with its residuals; or predictions beside actual values."""
    features, target = examples.features, examples.target
    ax.set_title(f"{model.target}, {name} examples")
    if model.classes:
        plot.confusion(confusions(target, model.predicted(features), len(model.classes)), model.classes, ax=ax)
    elif features.shape[1] == 1:
        ax.set(xlabel=examples.feature_names[0], ylabel=model.target)
        plot.fit(lambda _, x: model.predicted(x), None, features, target, ax=ax)
    else:
        plot.predicted_against_actual(target, model.predicted(features), ax=ax)
