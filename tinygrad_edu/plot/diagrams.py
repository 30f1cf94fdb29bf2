"""The iterative approach as a diagram: features, model, prediction, loss, an update of the parameters, and round again.

The boxes stand where the layout of the stepper page puts them. The box of the update can be opened: then it shows what
is inside, which is the whole of gradient descent.
"""

from __future__ import annotations

from typing import Any

from ..explaining.layout import HEIGHT, WIDTH, placed
from .canvas import BLACK, BLUE, VERMILLION, Axes, axes

FEATURES, LABEL, MODEL, GUESS, LOSS, UPDATE = (
    "features", "label", "model", "prediction", "loss", "compute\nparameter updates",
)  # fmt: skip
INPUTS = {MODEL: [FEATURES], GUESS: [MODEL], LOSS: [GUESS, LABEL], UPDATE: [LOSS]}
INSIDE = {
    "the gradient": r"$g = \nabla L(w)$",
    "the step": r"$-\eta\, g$",
    "the update": r"$w \leftarrow w - \eta\, g$",
}
ROOM = 90  # beside the boxes, for the way back


def iterative_approach(*, opened: bool = False, ax: Axes | None = None) -> Axes:
    """Draw how a model is trained, as a loop.

    Parameters
    ----------
    opened : bool
        Show the gradient step inside the box of the update.
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
    layout = placed([FEATURES, MODEL, GUESS, LABEL, LOSS, UPDATE], INPUTS)
    corners = {name: (float(x), -float(y)) for name, (x, y) in layout.corners.items()}
    tall = 3.1 * HEIGHT if opened else HEIGHT
    lowest = corners[UPDATE][1] - tall
    ax.set(xlim=(-10, layout.width + ROOM + 20), ylim=(lowest - 12, 12), aspect="equal")
    ax.set_axis_off()
    letters = Letters(ax)
    for route in layout.routes.values():
        (x0, y0), (x1, y1) = route[0], route[-1]
        _arrow(ax, (x0, -y0), (x1, -y1))
    for name, corner in corners.items():
        if name != UPDATE:
            data = name in (FEATURES, LABEL)
            _box(ax, letters, corner, HEIGHT, name, face="#F2F2F2" if data else "white", edge=BLACK)
    _box(ax, letters, corners[UPDATE], tall, "" if opened else UPDATE, face="#FBEFE6", edge=VERMILLION)
    if opened:
        _open(letters, *corners[UPDATE])
    _way_back(ax, letters, corners[UPDATE], tall, corners[MODEL], layout.width)
    return ax


class Letters:
    """Text of a size in the units of the drawing, so that it fits its box in a figure of any size."""

    def __init__(self, ax: Axes) -> None:
        self.ax = ax
        (left, right), (low, high) = ax.get_xlim(), ax.get_ylim()
        room = ax.get_window_extent()
        scale = min(room.width / (right - left), room.height / (high - low))  # pixels to a unit
        self.points = scale * 72 / ax.figure.dpi

    def write(self, x: float, y: float, text: str, size: float = 18, **look: Any) -> None:
        """One text with its middle at (x, y)."""
        self.ax.text(x, y, text, ha="center", va="center", fontsize=size * self.points, zorder=3, **look)


def _box(ax: Axes, letters: Letters, corner: tuple[float, float], tall: float, text: str, **colours: str) -> None:
    x, y = corner
    sides = [x, x + WIDTH, x + WIDTH, x], [y, y, y - tall, y - tall]
    ax.fill(*sides, facecolor=colours["face"], edgecolor=colours["edge"], linewidth=1.4, zorder=2)
    letters.write(x + WIDTH / 2, y - tall / 2, text)


def _open(letters: Letters, x: float, y: float) -> None:
    letters.write(x + WIDTH / 2, y - 24, UPDATE)
    for k, (word, formula) in enumerate(INSIDE.items()):
        letters.write(x + WIDTH / 2, y - 68 - 44 * k, word, 14, color="#4A4A4A")
        letters.write(x + WIDTH / 2, y - 87 - 44 * k, formula, 19, color=BLUE)


def _arrow(ax: Axes, tail: Any, tip: Any) -> None:
    look = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "color": BLACK, "linewidth": 1.4}
    ax.annotate("", xy=tip, xytext=tail, arrowprops=look)


def _way_back(ax: Axes, letters: Letters, update: Any, tall: float, model: Any, width: float) -> None:
    """From the right side of the update up to the right side of the model."""
    low, high, far = update[1] - tall / 2, model[1] - HEIGHT / 2, width + ROOM / 2
    ax.plot([update[0] + WIDTH, far, far], [low, low, high], color=VERMILLION, linewidth=1.6)
    look = {"arrowstyle": "-|>", "shrinkA": 0, "shrinkB": 0, "color": VERMILLION, "linewidth": 1.6}
    ax.annotate("", xy=(model[0] + WIDTH, high), xytext=(far, high), arrowprops=look)
    letters.write(far + 14, (low + high) / 2, "repeat, with new parameters", 16, rotation=270)
