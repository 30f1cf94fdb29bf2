"""The film of a descent: contours of the loss, and the paths of optimizers that grow step by step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from .animation import Animation, animate
from .canvas import BLACK, Axes, legend, styles
from .maps import contours
from .windows import Loss, height, points_of, window_of


def film(
    loss: Loss,
    window: Any,
    paths: Mapping[str, Any],
    *,
    data: tuple[Any, ...] = (),
    title: str = "Gradient descent",
    ax: Axes | None = None,
) -> Animation:
    """Make a page that shows descents step by step, and the loss of each after every step.

    Parameters
    ----------
    loss, window, data
        As for `contours`.
    paths : dict of str to path
        As for `descents`. A path that is shorter than the others waits at its end.
    title : str
        What stands above.
    ax : matplotlib Axes, optional
        Where to draw; by default on new ones.

    Returns
    -------
    Animation
        `.save("page.html")`, `.html`; a notebook shows it.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    HyperparameterError
        If there is no path.
    TreeError, ShapeError
        If the window is no pair of intervals, or a path has other than two numbers a point.

    Examples
    --------
    >>> bowl = lambda p: 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2
    >>> page = film(bowl, [(-2, 6), (-3, 3)], {"by hand": [(-1, 2), (0, 1), (2, 0)]})
    >>> page.labels
    ('step 0: by hand 21', 'step 1: by hand 10', 'step 2: by hand 4')
    """
    place = window_of(window)
    ways = {name: points_of(path, name) for name, path in paths.items()}
    losses = {name: [height(loss, place.params(*point), data) for point in way] for name, way in ways.items()}
    looks = dict(zip(ways, styles(), strict=False))
    ax = contours(loss, window, data=data, ax=ax)
    for name, way in ways.items():
        ax.plot(*way[0], **looks[name], markersize=4, label=name)
        ax.plot(*way[0], color=BLACK, marker="o", markersize=7, markerfacecolor="white", zorder=5)
    legend(ax)

    def draw(ax: Axes, k: int) -> None:
        for name, way in ways.items():
            if k < len(way):
                ax.plot(*way[max(k - 1, 0) : k + 1].T, **looks[name], markersize=4, zorder=3)

    def label(k: int) -> str:
        told = (f"{name} {met[min(k, len(met) - 1)]:.4g}" for name, met in losses.items())
        return f"step {k}: {', '.join(told)}"

    return animate(draw, max(map(len, ways.values()), default=0), title=title, label=label, ax=ax)
