"""The loss over two parameters, from above: contours, the field of gradients, and the paths of descents."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .canvas import BLACK, GREY, Axes, axes, legend, settle, styles
from .windows import Array, Loss, Window, points_of, window_of


def contours(
    loss: Loss,
    window: Any,
    *,
    data: tuple[Any, ...] = (),
    paths: Mapping[str, Any] | None = None,
    levels: int | Any = 12,
    resolution: int = 81,
    ax: Axes | None = None,
) -> Axes:
    """Draw lines of equal loss over two parameters, and the ways of descents between them.

    Parameters
    ----------
    loss : callable
        loss(params, *data) → scalar.
    window : dict or list of two (low, high)
        The intervals, in the structure of the parameters: `{"w": (-1, 3), "b": (0, 2)}`, or `[(-1, 3), (0, 2)]` for an
        array of two.
    data : tuple
        Further arguments of the loss.
    paths : dict of str to path, optional
        Drawn by `descents`, one a name.
    levels : int or array
        How many lines, or at which losses.
    resolution : int
        The loss is computed at resolution² points.
    ax : matplotlib Axes, optional
        Where to draw; by default on new ones.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    TreeError, ShapeError
        If the window is no pair of intervals, or the loss is finite nowhere in it.

    Examples
    --------
    >>> bowl = lambda p: 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2
    >>> ax = contours(bowl, [(-2, 6), (-3, 3)])
    >>> ax.get_xlim(), ax.get_xlabel()
    ((np.float64(-2.0), np.float64(6.0)), 'p[0]')
    """
    ax, place = axes(ax), window_of(window)
    x, y, z = place.heights(loss, data, resolution)
    lines = spaced(z, levels) if np.ndim(levels) == 0 else np.sort(np.asarray(levels))
    top = lines[-1] + 2 * (lines[-1] - lines[0])  # only the pale half of the colours, so that paths stand out
    if len(lines) > 1:
        ax.contourf(x, y, z, lines, cmap="Blues", vmin=lines[0], vmax=top, extend="both")
    drawn = ax.contour(x, y, z, lines, colors=GREY, linewidths=0.7)
    ax.clabel(drawn, drawn.levels[1::3], fontsize=7, fmt=_shown)
    _frame(ax, place)
    if paths:
        descents(paths, ax=ax)
    return settle(ax, *place.names)


def spaced(z: Array, count: int) -> Array:
    """Levels that lie close together where most of the landscape is: low + (high − low) (k/count)^p, k = 1, 2, ...

    The power is such that a quarter of the landscape lies below the first 40 % of the lines: about 2 for a bowl, whose
    lines are then equally far apart, and more for a narrow valley between high walls.

    >>> spaced(np.linspace(0, 1, 101), 4).round(2)
    array([0.12, 0.35, 0.65, 1.  ])
    """
    low, high = float(np.min(z)), float(np.max(z))
    if not high > low:
        return np.array([low, low + max(1.0, abs(low))])
    quarter = (float(np.quantile(np.ma.compressed(z), 0.25)) - low) / (high - low)
    power = np.clip(np.log(max(quarter, 1e-9)) / np.log(0.4), 1, 3)
    return low + (high - low) * (np.arange(1, count + 1) / count) ** power


def _shown(level: float) -> str:
    return f"{level:.0f}" if 100 <= abs(level) < 1e5 else f"{level:.3g}"


def descents(paths: Mapping[str, Any], *, ax: Axes | None = None) -> Axes:
    """Draw the ways of descents, each with a colour, a line style and a marker of its own.

    Parameters
    ----------
    paths : dict of str to path
        A path is a result of `minimize(..., trajectory=True)` or its history, an array of shape (n, 2), or a list of
        parameters of two numbers.
    ax : matplotlib Axes, optional
        Where to draw; by default on new ones.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    TreeError, ShapeError
        If a run kept no points, or its points have not two numbers.
    """
    ax = axes(ax)
    for (name, path), style in zip(paths.items(), styles(), strict=False):
        points = points_of(path, name)
        ax.plot(*points.T, **style, markersize=3.5, linewidth=1.6, label=f"{name}, {steps_of(points)}", zorder=3)
        ax.plot(*points[-1], color=style["color"], marker="*", markersize=12, markeredgecolor="white", zorder=4)
    starts = {tuple(points_of(path, name)[0]) for name, path in paths.items()}
    for start in starts:
        ax.plot(*start, color=BLACK, marker="o", markersize=7, markerfacecolor="white", zorder=5)
    legend(ax)
    return ax


def steps_of(points: Array) -> str:
    """How many steps a path has, in words."""
    return "1 step" if len(points) == 2 else f"{len(points) - 1} steps"


def gradient_field(
    loss: Loss,
    window: Any,
    *,
    data: tuple[Any, ...] = (),
    downhill: bool = False,
    density: int = 11,
    ax: Axes | None = None,
) -> Axes:
    """Draw the gradient as a field of arrows over two parameters; each is the engine's, at the middle of its arrow.

    Parameters
    ----------
    loss, window, data
        As for `contours`.
    downhill : bool
        Draw the negative gradient, the way down, in place of the gradient, which points up the hill.
    density : int
        density² arrows. The longest is as long as they are apart.
    ax : matplotlib Axes, optional
        Where to draw, such as the axes of `contours`; by default on new ones.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    TreeError, ShapeError
        If the window is no pair of intervals.
    """
    ax, place = axes(ax), window_of(window)
    x, y, u, v = place.slopes(loss, data, density)
    if downhill:
        u, v = -u, -v
    # an arrow may be as long as its cell in the direction in which it fills more of it
    cell = (place.x[1] - place.x[0]) / density, (place.y[1] - place.y[0]) / density
    fills = np.maximum(np.abs(u) / cell[0], np.abs(v) / cell[1])
    longest = float(np.max(fills[np.isfinite(fills)], initial=0.0)) or 1.0
    ax.quiver(
        x, y, u, v, angles="xy", scale_units="xy", scale=longest, pivot="mid", width=0.0045, color=BLACK, zorder=3
    )
    _frame(ax, place)
    return settle(ax, *place.names)


def _frame(ax: Axes, place: Window) -> None:
    ax.set_xlim(*place.x)
    ax.set_ylim(*place.y)
    if place.is_fair:
        ax.set_aspect("equal")
