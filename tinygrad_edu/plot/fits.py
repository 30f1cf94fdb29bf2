"""How well a model fits: the line with its residuals, predicted beside actual values, and the table of confusions."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..trees import Tree
from .canvas import BLUE, VERMILLION, Axes, axes, legend, settle
from .windows import Array


def fit(
    model: Callable[..., Any], params: Tree, x: Any, y: Any, *, residuals: bool = True, ax: Axes | None = None
) -> Axes:
    """Draw examples with one feature, the model's line, and how far each example is from it.

    Parameters
    ----------
    model : callable
        model(params, x) → predictions of shape (n,).
    params : tree
        Those of the end, `result.params`, or of a moment on the way, `result.history.params[3]`.
    x : array of shape (n,) or (n, 1)
        The feature, as the model takes it.
    y : array of shape (n,)
        The actual values.
    residuals : bool
        Draw a bar from every example to the prediction: the difference that the loss measures.
    ax : matplotlib Axes, optional
        Where to draw; by default on new ones.

    Returns
    -------
    matplotlib Axes
        With the mean squared error in its legend.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ShapeError
        If there is more than one feature, or x, y and the predictions have not the same length.
    """
    ax = axes(ax)
    x, y = np.asarray(x, dtype=np.float64), np.asarray(y, dtype=np.float64)
    if x.size != y.size or y.ndim != 1 or y.size == 0 or x.shape not in ((y.size,), (y.size, 1)):
        raise ShapeError(
            f"fit: x is {x.shape}, y is {y.shape}. Expected one feature, (n,) or (n, 1), and a target (n,)"
        )
    predicted = _predicted(model, params, x, y.size)
    line = np.linspace(x.min(), x.max(), 200)
    ax.plot(line, _predicted(model, params, line.reshape(-1, *x.shape[1:]), 200), color=VERMILLION, label="model")
    if residuals:
        error = float(np.mean((y - predicted) ** 2))
        ax.vlines(x.ravel(), predicted, y, color=BLUE, linewidth=1.5, zorder=1, label=f"residuals, MSE {error:.3g}")
    ax.plot(x.ravel(), y, "o", color="black", markersize=4.5, markerfacecolor="white", label="examples")
    legend(ax)
    return settle(ax, "feature", "target")


def _predicted(model: Callable[..., Any], params: Tree, x: Array, count: int) -> Array:
    found = np.asarray(model(params, x), dtype=np.float64)
    if found.shape not in ((count,), (count, 1)):
        raise ShapeError(f"fit: the model predicts {found.shape} for x of {x.shape}. Expected ({count},)")
    return found.reshape(count)


def predicted_against_actual(actual: Any, predicted: Any, *, ax: Axes | None = None) -> Axes:
    """Draw what a model of several features predicts against what was measured.

    Parameters
    ----------
    actual, predicted : array of shape (n,)
        A perfect model has all its points on the diagonal.
    ax : matplotlib Axes, optional
        Where to draw; by default on new ones.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ShapeError
        If the two are not equally long.
    """
    ax = axes(ax)
    actual, predicted = np.asarray(actual, dtype=np.float64), np.asarray(predicted, dtype=np.float64)
    if actual.ndim != 1 or actual.shape != predicted.shape or actual.size == 0:
        raise ShapeError(f"actual values are {actual.shape}, predictions {predicted.shape}. Expected (n,) twice")
    ends = [min(actual.min(), predicted.min()), max(actual.max(), predicted.max())]
    ax.plot(ends, ends, color=VERMILLION, linestyle="--", label="predicted = actual")
    ax.plot(actual, predicted, "o", color=BLUE, markersize=4, alpha=0.6, markeredgewidth=0, label="examples")
    legend(ax)
    return settle(ax, "actual", "predicted")


def confusion(matrix: Any, classes: Sequence[str] = (), *, ax: Axes | None = None) -> Axes:
    """Draw how often each class was taken for which.

    Parameters
    ----------
    matrix : array of int, shape (k, k)
        Row: the actual class; column: the predicted one.
    classes : sequence of str
        Their names; by default 0, 1, 2 ...
    ax : matplotlib Axes, optional
        Where to draw; by default on new ones.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ShapeError
        If the matrix is not square, or there are not as many names as rows.
    """
    ax = axes(ax)
    counts = np.asarray(matrix)
    names = list(classes) or [str(k) for k in range(len(counts))]
    if counts.ndim != 2 or counts.shape != (len(names), len(names)):
        raise ShapeError(f"confusion: the matrix is {counts.shape}, with {len(names)} names. Expected (k, k), k names")
    shares = counts / np.maximum(counts.sum(axis=1, keepdims=True), 1)
    ax.imshow(shares, cmap="Blues", vmin=0, vmax=1)
    if len(names) <= 20:
        for row, column in np.ndindex(counts.shape):
            white = shares[row, column] > 0.55
            ax.text(
                column, row, f"{counts[row, column]:g}", ha="center", va="center", color="white" if white else "black"
            )
    ax.set_xticks(range(len(names)), names, rotation=45 if max(map(len, names)) > 4 else 0)
    ax.set_yticks(range(len(names)), names)
    ax.tick_params(length=0)
    return settle(ax, "predicted", "actual")
