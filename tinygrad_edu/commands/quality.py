"""How good a model is: the errors of numbers, the confusions of classes."""

from __future__ import annotations

from typing import Any

import numpy as np

from .fitted import Fitted
from .screen import counted, number, say, show_table
from .tables import FloatArray

MOST_CLASSES = 8  # a wider table does not fit on the screen


def quality(model: Fitted, features: FloatArray, target: FloatArray) -> dict[str, Any]:
    """What is worth telling of a model on some examples: accuracy and confusions, or RMSE, mean error and R²."""
    predicted = model.predicted(features)
    if model.classes:
        counts = confusions(target, predicted, len(model.classes))
        return {"accuracy": float(np.trace(counts) / counts.sum()), "confusion": counts.tolist()}
    errors = predicted - target
    found = {
        "root_mean_squared_error": float(np.sqrt(np.mean(errors**2))),
        "mean_absolute_error": float(np.mean(np.abs(errors))),
    }
    scatter = float(np.sum((target - target.mean()) ** 2))
    if scatter > 1e-24 * float(np.sum(target**2)):
        found["r_squared"] = 1 - float(np.sum(errors**2)) / scatter
    return found


def confusions(actual: FloatArray, predicted: FloatArray, classes: int) -> Any:
    """How often each class (row) was taken for which (column), shape (k, k).

    >>> confusions(np.array([0.0, 1.0, 1.0]), np.array([0.0, 0.0, 1.0]), 2)
    array([[1, 0],
           [1, 1]])
    """
    counts = np.zeros((classes, classes), int)
    np.add.at(counts, (actual.astype(int), predicted.astype(int)), 1)
    return counts


def show_quality(model: Fitted, named: dict[str, tuple[dict[str, Any], int]]) -> None:
    """Print it for each part of the examples; of classes, the confusions of the last part."""
    for name, (found, count) in named.items():
        if "accuracy" in found:
            right = int(np.trace(found["confusion"]))
            say(f"{name}: accuracy {found['accuracy']:.1%}, {right} of {counted(count, 'example')}")
        else:
            squared = f", R² {found['r_squared']:.4f}" if "r_squared" in found else ""
            error = found["root_mean_squared_error"]
            say(f"{name}: typical error {number(error)} (root mean square){squared}, {counted(count, 'example')}")
    last, (found, _) = list(named.items())[-1]
    if model.classes:
        show_confusions(model.classes, found["confusion"], last)


def show_confusions(classes: tuple[str, ...], counts: Any, name: str) -> None:
    """Print which class was taken for which; of many classes, only the most frequent mistakes."""
    if len(classes) <= MOST_CLASSES:
        rows = [(actual, *map(str, row)) for actual, row in zip(classes, counts, strict=True)]
        show_table((f"{name}: actual \\ predicted", *classes), rows)
        return
    wrong = np.array(counts) * (1 - np.eye(len(classes), dtype=int))
    order = [divmod(int(place), len(classes)) for place in np.argsort(-wrong, axis=None, kind="stable")[:5]]
    mistakes = [(classes[i], classes[j], str(wrong[i, j])) for i, j in order if wrong[i, j]]
    if mistakes:
        show_table((f"{name}, most frequent mistakes: actual", "predicted", "times"), mistakes)
