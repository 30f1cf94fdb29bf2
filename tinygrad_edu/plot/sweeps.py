"""The loss against one weight: the curve, where a descent starts, the slope there, and the steps that follow.

The slope is the engine's. What the gradient is of one weight is a direction along the axis of that weight, so its
arrow lies flat: to the left or to the right, and the longer the steeper the curve.
"""

from __future__ import annotations

from itertools import islice, pairwise
from typing import Any

import numpy as np

from ..errors import HyperparameterError, ShapeError
from ..optim.algorithms import gradient_descent
from ..optim.curvature import curvature
from ..optim.descent import iterates
from ..optim.stages import Algorithm
from ..transforms import grad
from .canvas import BLACK, BLUE, GREEN, GREY, PURPLE, VERMILLION, Axes, axes, legend, settle
from .windows import Array, Loss, height, interval

LONGEST = 0.3  # of the axis: the arrow of the steepest slope of the curve


def loss_sweep(
    loss: Loss,
    weights: Any,
    *,
    data: tuple[Any, ...] = (),
    start: float | None = None,
    arrow: bool | str = False,
    tangent: bool = False,
    steps: int = 0,
    algorithm: Algorithm | None = None,
    minimum: bool = True,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss for many values of one weight, and a descent on that curve.

    Parameters
    ----------
    loss : callable
        loss(weight, *data) → scalar.
    weights : (low, high), or array of shape (n,)
        From where to where, or the values themselves.
    data : tuple
        Further arguments of the loss.
    start : float, optional
        The starting point of the descent.
    arrow : bool or "gradient"
        At the start: True for the negative gradient, the way down; "gradient" for the gradient, the way up.
    tangent : bool
        The line L(w₀) + L'(w₀) (w − w₀) at the start.
    steps : int
        How many steps to draw, as long as the loss is finite. Each is an arrow along the axis, then a drop onto the
        curve.
    algorithm : Algorithm, optional
        Of the steps; by default `optim.gradient_descent("auto")`, whose rate is 1/L''(w₀).
    minimum : bool
        Whether to mark the lowest place where the slope changes from falling to rising.
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
        If there are not two or more weights, or the loss is finite nowhere.
    HyperparameterError
        If an arrow, a tangent or steps are asked for without a start.

    Examples
    --------
    >>> ax = loss_sweep(lambda w: (w - 2) ** 2 + 1, (-1, 5), start=0.2, arrow=True)
    >>> ax.get_legend_handles_labels()[1]
    ['loss', 'minimum, slope 0', 'negative gradient, +3.6', 'starting point, 0.2']
    """
    ax = axes(ax)
    if start is None and (arrow or tangent or steps):
        raise HyperparameterError(
            "loss_sweep: there is no starting point. Expected one for an arrow, such as start=0.2"
        )
    at = _swept(weights)
    with np.errstate(all="ignore"):
        curve = np.array([height(loss, w, data) for w in at])
    if not np.isfinite(curve).any():
        raise ShapeError(f"the loss is finite nowhere from {at[0]:g} to {at[-1]:g}. Choose other weights")
    ax.plot(at, curve, color=BLUE, linewidth=2, label="loss")
    if minimum and (lowest := lowest_point(loss, at, curve, data)) is not None:
        _draw_minimum(ax, lowest, height(loss, lowest, data), float(np.ptp(at)))
    if start is not None:
        _draw_start(ax, loss, float(start), data, at, curve, arrow, tangent)
        if steps:
            _draw_steps(ax, loss, float(start), data, steps, algorithm or gradient_descent())
    legend(ax)
    return settle(ax, "weight", "loss")


def lowest_point(loss: Loss, at: Array, curve: Array, data: tuple[Any, ...] = ()) -> float | None:
    """The lowest place between the weights where the slope goes from below 0 to above; None if there is none.

    The sign of the slope is followed by bisection, to the last digit.

    >>> lowest_point(lambda w: (w - 1) ** 2, w := np.linspace(-3, 4, 8), (w - 1) ** 2)
    1.0
    """
    slope = grad(loss)
    with np.errstate(all="ignore"):
        slopes = np.array([float(np.reshape(slope(w, *data), ())) for w in at])
    turns = np.flatnonzero((slopes[:-1] < 0) & (slopes[1:] >= 0))
    if turns.size == 0:
        return None
    first = turns[np.argmin(np.minimum(curve[turns], curve[turns + 1]))]
    low, high = float(at[first]), float(at[first + 1])
    while low < (middle := (low + high) / 2) < high:
        low, high = (middle, high) if slope(middle, *data) < 0 else (low, middle)
    return high


def _swept(weights: Any) -> Array:
    if isinstance(weights, tuple) and len(weights) == 2:
        return np.linspace(*interval(weights, "the weight"), 201)
    at = np.sort(np.asarray(weights, dtype=np.float64))
    if at.ndim != 1 or at.size < 2 or not np.isfinite(at).all():
        raise ShapeError(f"loss_sweep: the weights have shape {at.shape}. Expected (low, high), or two or more numbers")
    return at


def _draw_minimum(ax: Axes, w: float, level: float, span: float) -> None:
    ax.plot([w - 0.09 * span, w + 0.09 * span], [level, level], color=GREY, linewidth=1.5, linestyle=(0, (4, 2)))
    ax.plot([w], [level], "*", color=GREEN, markersize=13, label="minimum, slope 0", zorder=4)


def _draw_start(
    ax: Axes,
    loss: Loss,
    start: float,
    data: tuple[Any, ...],
    at: Array,
    curve: Array,
    arrow: bool | str,
    tangent: bool,
) -> None:
    level, slope = height(loss, start, data), float(np.reshape(grad(loss)(start, *data), ()))
    span = float(np.ptp(at))
    if tangent:
        low, high = np.nanmin(curve[np.isfinite(curve)]), np.nanmax(curve[np.isfinite(curve)])
        reach = min(0.3 * span, 0.4 * (high - low) / abs(slope) if slope else np.inf)
        ends = np.array([start - reach, start + reach])
        ax.plot(ends, level + slope * (ends - start), color=PURPLE, linestyle="-.", label=f"tangent, slope {slope:.3g}")
    if arrow:
        up = arrow == "gradient"
        steepest = np.nanmax(np.abs(np.gradient(curve, at)))
        length = LONGEST * span * min(1.0, abs(slope) / steepest if steepest else 0.0)
        tip = start + np.sign(slope if up else -slope) * length
        name = f"gradient, {slope:+.3g}" if up else f"negative gradient, {-slope:+.3g}"
        _arrow(ax, (start, level), (tip, level), PURPLE if up else BLACK, name, dashed=up)
    ax.plot([start], [level], "o", color=VERMILLION, markersize=9, label=f"starting point, {start:.3g}", zorder=5)


def _draw_steps(ax: Axes, loss: Loss, start: float, data: tuple[Any, ...], steps: int, algorithm: Algorithm) -> None:
    if algorithm.tune:
        algorithm = algorithm.tune(curvature(loss, start, *data))
    met = []
    with np.errstate(all="ignore"):
        for point in islice(iterates(loss, start, algorithm, data), steps + 1):
            if not np.isfinite(point.loss):  # it has left the curve, and there is nothing to draw
                break
            met.append(point)
    for k, (one, other) in enumerate(pairwise(met)):
        here, there = float(np.reshape(one.params, ())), float(np.reshape(other.params, ()))
        name = None if k else "gradient step" if steps == 1 else f"{steps} steps"
        _arrow(ax, (here, one.loss), (there, one.loss), VERMILLION, name)
        ax.plot([there, there], [one.loss, other.loss], color=GREY, linewidth=1, linestyle=":")
    last = np.array([float(np.reshape(point.params, ())) for point in met[1:]])
    ax.plot(
        last,
        [point.loss for point in met[1:]],
        linestyle="none",
        marker="o",
        markerfacecolor="white",
        markeredgecolor=VERMILLION,
        markersize=7,
        label="next point" if steps == 1 else "next points",
        zorder=5,
    )


def _arrow(
    ax: Axes, tail: tuple[float, float], tip: tuple[float, float], color: str, name: str | None, dashed: bool = False
) -> None:
    """An arrow, with a line of the same look for the legend."""
    look = {"color": color, "linewidth": 1.8, "linestyle": "--" if dashed else "-"}
    shape = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, **look}
    ax.annotate("", xy=tip, xytext=tail, arrowprops=shape, annotation_clip=False, zorder=4)
    ax.update_datalim([tail, tip])  # an annotation alone would not widen the axes
    ax.autoscale_view()
    if name:
        ax.plot([], [], marker=">", markevery=[-1], label=name, **look)
