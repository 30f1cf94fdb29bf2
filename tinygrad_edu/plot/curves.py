"""What happened from epoch to epoch: the loss as it falls, and the range test of the learning rate."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from ..errors import ShapeError
from ..optim.minimizing import Result
from ..optim.rate_test import RateTest
from ..optim.stopping import History
from .canvas import BLUE, GREEN, GREY, VERMILLION, Axes, axes, legend, settle, styles
from .windows import Array

WIDE = 30.0  # a loss that falls to this part of itself is seen better on a logarithmic scale
MARKED = 40  # points, that is: more of them run together into a thick line


def loss_curve(runs: Any, *, log: bool | None = None, ax: Axes | None = None) -> Axes:
    """Draw the loss after every epoch.

    Parameters
    ----------
    runs : Result, History, array of losses, or dict of str to any of these
        One run, or several by name. Where a run kept a validation loss, it is drawn beside in the same colour.
    log : bool, optional
        A logarithmic scale; by default where all losses are above 0 and the lowest is at most 1/30 of the highest.
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
        If a run has no losses.
    """
    ax = axes(ax)
    named: Mapping[str, Any] = runs if isinstance(runs, Mapping) else {"loss": runs}
    met: list[Array] = []
    for (name, run), style in zip(named.items(), styles(), strict=False):
        for losses, label in _losses(name, run):
            apart = label != name
            look = {
                **style,
                "linestyle": ":" if apart else style["linestyle"],
                "marker": "x" if apart else style["marker"],
            }
            _draw(ax, losses, look, label)
            met.append(losses)
    every = np.concatenate(met)
    if log if log is not None else every.min() > 0 and every.max() >= WIDE * every.min():
        ax.set_yscale("log")
    legend(ax)
    return settle(ax, "epoch", "loss")


def _draw(ax: Axes, losses: Array, style: dict[str, Any], label: str) -> None:
    marked = style["marker"] if len(losses) <= MARKED else ""
    ax.plot(np.arange(len(losses)), losses, **{**style, "marker": marked}, markersize=4, label=label)


def _losses(name: str, run: Any) -> list[tuple[Array, str]]:
    """The losses of a run, and those on the validation part if there are any, with what to call them."""
    history = run.history if isinstance(run, Result) else run
    if not isinstance(history, History):
        return [(_checked(history, name), name)]
    aside = getattr(history, "validation_losses", ())
    training = [(_checked(history.losses, name), name)]
    return [*training, (_checked(aside, name), f"{name} (validation)")] if len(aside) else training


def _checked(losses: Any, name: str) -> Array:
    found = np.asarray(losses, dtype=np.float64)
    if found.ndim != 1 or found.size == 0:
        raise ShapeError(f"loss_curve: {name!r} has losses of shape {found.shape}. Expected (epochs,), one or more")
    return np.where(np.isfinite(found), found, np.nan)


def rate_curve(test: RateTest, *, ax: Axes | None = None) -> Axes:
    """Draw a range test: the loss while the learning rate grows, and the rates that it suggests.

    Parameters
    ----------
    test : RateTest
        From `optim.learning_rate_test`.
    ax : matplotlib Axes, optional
        Where to draw; by default on new ones.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    """
    ax = axes(ax)
    ax.plot(test.rates, test.smooth, color=BLUE, label="loss")
    ax.axvline(test.steepest, color=VERMILLION, linestyle="--", label=f"falls fastest at {test.steepest:.2g}")
    ax.axvline(test.suggestion, color=GREEN, linestyle="-.", label=f"suggested: {test.suggestion:.2g}")
    ax.axhline(test.smooth[0], color=GREY, linestyle=":", linewidth=1)
    ax.set_xscale("log")
    low, high = float(test.smooth.min()), float(test.smooth[0])
    ax.set_ylim(low - 0.1 * (high - low), high + 0.5 * (high - low))
    legend(ax)
    return settle(ax, "learning rate", "loss")
