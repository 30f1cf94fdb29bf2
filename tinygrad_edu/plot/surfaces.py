"""The loss over two parameters as a landscape, with its contours on the ground beneath."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from .canvas import GREEN, GREY, Axes, axes, legend, styles
from .maps import spaced, steps_of
from .windows import Loss, height, points_of, window_of


def surface(
    loss: Loss,
    window: Any,
    *,
    data: tuple[Any, ...] = (),
    minimum: Any = None,
    paths: Mapping[str, Any] | None = None,
    resolution: int = 41,
    ax: Axes | None = None,
) -> Axes:
    """Draw the loss as a surface over two parameters.

    Parameters
    ----------
    loss, window, data
        As for `contours`.
    minimum : parameters, optional
        Where the loss is lowest, such as `result.params`: a star there, and its shadow on the ground.
    paths : dict of str to path, optional
        As for `descents`: ways to draw on the surface, and their shadows on the ground.
    resolution : int
        The loss is computed at resolution² points.
    ax : matplotlib Axes, optional
        With `projection="3d"`; by default new ones.

    Returns
    -------
    matplotlib Axes

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ShapeError
        If the axes are flat, or the loss is finite nowhere in the window.
    """
    ax, place = axes(ax, solid=True), window_of(window)
    x, y, z = place.heights(loss, data, resolution)
    low, high = float(z.min()), float(z.max())
    ground = low - 0.45 * (high - low or 1.0)
    steep = np.sqrt(np.ma.filled(z - low, np.nan))  # the colours of a bowl at equal distances, as its contours
    ax.plot_surface(
        x, y, np.ma.filled(z, np.nan), facecolors=_colours(steep), rcount=resolution, ccount=resolution,
        linewidth=0.15, edgecolor="#00000030", antialiased=True, alpha=0.85, shade=False,
    )  # fmt: skip
    ax.contour(x, y, z, spaced(z, 10), zdir="z", offset=ground, colors=GREY, linewidths=0.8)
    for (name, path), style in zip((paths or {}).items(), styles(), strict=False):
        points = points_of(path, name)
        levels = [height(loss, place.params(*point), data) for point in points]
        ax.plot(*points.T, levels, **style, markersize=3.5, zorder=6, label=f"{name}, {steps_of(points)}")
        ax.plot(*points.T, ground, color=style["color"], linestyle=style["linestyle"], linewidth=1)
    if minimum is not None:
        at = points_of([minimum], "the minimum")[0]
        level = height(loss, place.params(*at), data)
        label = f"minimum ({at[0] + 0:.3g}, {at[1] + 0:.3g}, {level:.3g})"
        ax.plot(*np.array([[*at, level]]).T, "*", color=GREEN, markersize=14, zorder=7, label=label)
        ax.plot(*np.array([[*at, ground], [*at, level]]).T, color=GREEN, linestyle=":", linewidth=1.2, zorder=7)
    ax.set(xlim=place.x, ylim=place.y, zlim=(ground, high))
    ax.set(xlabel=place.names[0], ylabel=place.names[1], zlabel="loss")
    legend(ax)
    return ax


def _colours(values: Any) -> Any:
    """From pale at the bottom to blue at the top: one hue, so that it reads the same to everybody."""
    finite = np.nan_to_num((values - np.nanmin(values)) / (np.nanmax(values) - np.nanmin(values) or 1.0))
    pale, deep = np.array([0.93, 0.96, 1.0]), np.array([0.0, 0.447, 0.698])
    return pale + finite[..., None] * (deep - pale)
