"""What pictures are drawn on, and in which colours: the one door to matplotlib.

Every function of this folder takes the axes to draw on, and makes new ones if it is given none. None of them shows
anything or changes settings that hold beyond its own axes.

The colours are those of M. Okabe and K. Ito, which people who cannot tell red from green can tell apart. Whatever is
told by a colour is told a second time, by the style of the line, a marker or a word.
"""

from __future__ import annotations

from collections.abc import Iterator
from io import StringIO
from itertools import cycle
from typing import Any, TypeAlias

from ..errors import MissingExtraError, ShapeError

Axes: TypeAlias = Any
"""A matplotlib Axes: named without being imported."""

BLACK, GREY = "#000000", "#767676"
BLUE, VERMILLION, GREEN, PURPLE = "#0072B2", "#D55E00", "#009E73", "#CC79A7"
ORANGE, SKY = "#E69F00", "#56B4E9"

# fmt: off
STYLES = (
    {"color": BLUE,       "linestyle": "-",                  "marker": "o"},
    {"color": VERMILLION, "linestyle": "--",                 "marker": "s"},
    {"color": GREEN,      "linestyle": "-.",                 "marker": "^"},
    {"color": PURPLE,     "linestyle": ":",                  "marker": "D"},
    {"color": ORANGE,     "linestyle": (0, (6, 2)),          "marker": "v"},
    {"color": BLACK,      "linestyle": (0, (1, 1)),          "marker": "x"},
    {"color": SKY,        "linestyle": (0, (5, 1, 1, 1, 1, 1)), "marker": "P"},
)
# fmt: on


def styles() -> Iterator[dict[str, Any]]:
    """Colour, line style and marker for one line after another, for ever."""
    return cycle(dict(style) for style in STYLES)


def axes(given: Axes | None, solid: bool = False) -> Axes:
    """The axes that were given, or new ones in a figure of their own.

    Parameters
    ----------
    given : matplotlib Axes, optional
        Where to draw.
    solid : bool
        Whether three dimensions are needed.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    ShapeError
        If three dimensions are needed and the axes have two.
    """
    matplotlib = _matplotlib()
    if given is None:
        return matplotlib.pyplot.figure(layout="constrained").add_subplot(projection="3d" if solid else None)
    if solid and getattr(given, "name", "") != "3d":
        raise ShapeError("surface: the axes are flat. Expected fig.add_subplot(projection='3d'), or no axes")
    return given


def _matplotlib() -> Any:
    try:
        import matplotlib.pyplot
    except ImportError:
        raise MissingExtraError(
            'pictures need matplotlib, which is not installed: pip install "tinygrad-edu[plot]"'
        ) from None
    return matplotlib


def svg_of(ax: Axes) -> str:
    """The whole figure of the axes as SVG; the same picture gives the same text."""
    text = StringIO()
    with _matplotlib().rc_context({"svg.hashsalt": "tinygrad-edu"}):
        ax.figure.savefig(text, format="svg", metadata={"Date": None})
    return text.getvalue()


def row_of_axes(count: int) -> list[Axes]:
    """Axes in a row, on a figure that no window will show, for a program without a screen."""
    _matplotlib()
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5.2 * count, 4.2), layout="constrained")
    return [figure.add_subplot(1, count, k + 1) for k in range(count)]


def settle(ax: Axes, x: str, y: str) -> Axes:
    """Name the axes where nobody has named them yet, and take away the frame that bounds nothing."""
    if not ax.get_xlabel():
        ax.set_xlabel(x)
    if not ax.get_ylabel():
        ax.set_ylabel(y)
    ax.spines[["top", "right"]].set_visible(False)
    return ax


def legend(ax: Axes) -> None:
    """A legend of what has a name, if anything has."""
    if ax.get_legend_handles_labels()[0]:
        ax.legend(edgecolor="none", framealpha=0.8, handlelength=2.7, fontsize="small")
