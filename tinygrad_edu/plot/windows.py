"""Where a loss of two parameters is looked at: an interval for each of them.

A window has the structure of the parameters. ``{"w": (-1, 3), "b": (0, 2)}`` is for a loss of ``{"w": ..., "b": ...}``,
``[(-1, 3), (0, 2)]`` for a loss of an array of two numbers. The loss is called once for every point of a grid, since it
need not know how to treat many points at once; gradients come from the engine.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import GradientError, ShapeError, TreeError
from ..optim.minimizing import Result
from ..optim.stopping import History
from ..transforms import grad
from ..trees import Tree, leaves

Array = NDArray[np.float64]
Loss = Callable[..., Any]
Interval = tuple[float, float]


@dataclass(frozen=True)
class Window:
    """A rectangle of parameters.

    Parameters
    ----------
    names : tuple of two str
        What the axes are called.
    x, y : (float, float)
        From where to where.
    keyed : bool
        Whether the parameters are a dict by these names; else an array of shape (2,).
    """

    names: tuple[str, str]
    x: Interval
    y: Interval
    keyed: bool

    def params(self, x: float, y: float) -> Tree:
        """The parameters at a point, in the structure that the loss expects."""
        return dict(zip(self.names, (x, y), strict=True)) if self.keyed else np.array([x, y])

    def grid(self, resolution: int) -> tuple[Array, Array]:
        """The x and the y of all points, each of shape (resolution, resolution); rows go up, columns to the right."""
        return tuple(np.meshgrid(np.linspace(*self.x, resolution), np.linspace(*self.y, resolution)))  # type: ignore

    def heights(self, loss: Loss, data: tuple[Any, ...], resolution: int) -> tuple[Array, Array, Array]:
        """x, y and the loss there, each of shape (resolution, resolution); masked where the loss is not finite."""
        x, y = self.grid(resolution)
        with np.errstate(all="ignore"):
            z = np.array([height(loss, self.params(a, b), data) for a, b in zip(x.flat, y.flat, strict=True)])
        z = np.ma.masked_invalid(z).reshape(x.shape)
        if z.count() == 0:
            raise ShapeError(f"the loss is finite nowhere in the window {self.x} x {self.y}. Choose another window")
        return x, y, z

    def slopes(self, loss: Loss, data: tuple[Any, ...], resolution: int) -> tuple[Array, Array, Array, Array]:
        """x, y and the two partial derivatives, by the engine, at the middles of resolution x resolution cells."""
        middles = (np.arange(resolution) + 0.5) / resolution
        across, up = (low + (high - low) * middles for low, high in (self.x, self.y))
        x, y = np.meshgrid(across, up)
        gradient = grad(loss)
        found = [leaves(gradient(self.params(a, b), *data)) for a, b in zip(x.flat, y.flat, strict=True)]
        u, v = np.array([np.ravel(np.concatenate(list(map(np.ravel, pair)))) for pair in found]).T
        return x, y, u.reshape(x.shape), v.reshape(x.shape)

    @property
    def is_fair(self) -> bool:
        """Whether a unit may be as long across as up, so that angles are true: not if one side is much longer."""
        return 0.4 <= abs((self.x[1] - self.x[0]) / (self.y[1] - self.y[0])) <= 2.5


def window_of(window: Any) -> Window:
    """The window that a person wrote.

    >>> window_of({"w": (-1, 3), "b": (0, 2)}).params(1.0, 2.0)
    {'w': 1.0, 'b': 2.0}
    >>> window_of([(-1, 3), (0, 2)]).names
    ('p[0]', 'p[1]')
    """
    keyed = isinstance(window, dict)
    sides = list(window.values()) if keyed else list(window) if isinstance(window, list | tuple) else []
    if len(sides) != 2:
        raise TreeError(
            f"the window is {window!r}. Expected two intervals in the structure of the parameters: "
            "{'w': (-1, 3), 'b': (0, 2)}, or [(-1, 3), (0, 2)] for an array of two"
        )
    names = tuple(map(str, window)) if keyed else ("p[0]", "p[1]")
    return Window(names, interval(sides[0], names[0]), interval(sides[1], names[1]), keyed)  # type: ignore[arg-type]


def interval(given: Any, name: str) -> Interval:
    """From where to where, as two finite numbers that rise."""
    try:
        low, high = (float(end) for end in given)
    except (TypeError, ValueError):
        low = high = np.nan
    if not (np.isfinite([low, high]).all() and low < high):
        raise ShapeError(f"the interval of {name} is {given!r}. Expected two numbers that rise, such as (-1, 3)")
    return low, high


def height(loss: Loss, params: Tree, data: tuple[Any, ...]) -> float:
    """The loss as a number, or an error that says that a picture needs one."""
    value = loss(params, *data)
    if np.size(value) != 1:
        raise GradientError(f"the loss returned an array of shape {np.shape(value)}. Expected one number; take a mean")
    return float(np.reshape(value, ()))


def points_of(path: Any, name: str = "the path") -> Array:
    """The points of a path, of shape (n, 2).

    Parameters
    ----------
    path : Result or History of `minimize(..., trajectory=True)`, array of shape (n, 2), or sequence of parameters
        What was met on the way.

    >>> points_of([{"w": 0.0, "b": 1.0}, {"w": 0.5, "b": 0.5}])
    array([[0. , 1. ],
           [0.5, 0.5]])
    """
    history = path.history if isinstance(path, Result) else path
    if isinstance(history, History):
        path = history.params
        if not path:
            raise TreeError(f"{name}: the run kept no points. Expected one of minimize(..., trajectory=True)")
    points = [np.concatenate([np.ravel(leaf) for leaf in leaves(_plain(point))]) for point in _listed(path)]
    if not points or any(point.shape != (2,) for point in points):
        shapes = sorted({point.size for point in points})
        raise ShapeError(f"{name}: the points have {shapes} numbers. Expected two in each, and one point or more")
    return np.array(points, dtype=np.float64)


def _listed(path: Any) -> Sequence[Any]:
    return path if isinstance(path, list | tuple) else list(np.atleast_2d(np.asarray(path, dtype=np.float64)))


def _plain(point: Any) -> Any:
    return point if isinstance(point, dict) else np.asarray(point, dtype=np.float64)
