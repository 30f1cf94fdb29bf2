"""A scene of the playground: a function, where the descent starts, and what there is to know about it.

A scene with `columns` is a loss over examples: the mean of the loss of one example, so that it can be taken over all of
them, over a few, or over one. Without columns there is one example, the function itself.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray

from .. import optim
from ..compiling.compiled import Trace
from ..errors import DivergenceError, ShapeError, TinygradError
from ..transforms import grad
from .javascript import javascript

Array = NDArray[np.float64]
Point = tuple[float, ...]

SETTLED = 1e-3
"""A descent has arrived when the slope is this part of what it was at the start."""


@dataclass(frozen=True)
class Scene:
    """What is descended.

    Attributes
    ----------
    title : str
        What the page calls it, as plain text.
    loss : callable
        loss(*parameters, *columns) → one number; written in NumPy. With columns, the mean over their rows.
    names : tuple of str
        Of the one or two parameters.
    start : tuple of float
    columns : tuple of arrays, each of shape (n,)
        The examples; none for a function.
    column_names : tuple of str
        As the loss calls them.
    labels : tuple of str
        As people call them.
    batch_size : int
        Of the mini-batches.
    seed : int
        For their order.
    is_line : bool
        Whether the loss is that of a line, w x + b, which can be drawn over the examples.
    rates : tuple of float
        Learning rates to try.
    tolerance : float
        A descent has arrived when the slope is this part of what it was at the start.
    note : str
        Words below the title.
    """

    title: str
    loss: Callable[..., Any]
    names: tuple[str, ...]
    start: Point
    columns: tuple[Array, ...] = ()
    column_names: tuple[str, ...] = ()
    labels: tuple[str, ...] = ()
    batch_size: int = 10
    seed: int = 0
    is_line: bool = False
    rates: tuple[float, ...] = ()
    tolerance: float = SETTLED
    note: str = ""
    learning_rate: float | None = None

    @property
    def examples(self) -> int:
        """How many rows there are; 1 for a function."""
        return len(self.columns[0]) if self.columns else 1

    def value(self, *point: float) -> float:
        """The value at a point, over all examples."""
        with np.errstate(all="ignore"):
            return float(self.loss(*floats(point), *self.columns))

    def slope(self, *point: float) -> Array:
        """The gradient, shape (1,) or (2,)."""
        with np.errstate(all="ignore"):
            return np.array(grad(self.loss, tuple(range(len(point))))(*floats(point), *self.columns), float)

    def hessian(self, *point: float) -> Array:
        """The second derivatives, shape (1, 1) or (2, 2)."""
        with np.errstate(all="ignore"):
            return np.array(_hessian(self.loss, (*floats(point), *self.columns), len(point)), float)

    def bends(self, *point: float) -> Array:
        """The second derivatives along the flattest and the steepest direction: the Hessian's eigenvalues, ascending.

        >>> Scene("", lambda x, y: x**2 + 10 * y**2, ("x", "y"), (1.0, 1.0)).bends(1.0, 1.0).tolist()
        [2.0, 20.0]
        """
        hessian = self.hessian(*point)
        return (
            np.asarray(np.linalg.eigvalsh(hessian), float)
            if np.all(np.isfinite(hessian))
            else np.full(len(point), np.nan)
        )

    @cached_property
    def minimum(self) -> Point | None:
        """The bottom of the bowl that the start lies in; None if none is found."""
        try:
            with np.errstate(all="ignore"):
                found = optim.minimize(
                    lambda p: self.loss(*p, *self.columns), floats(self.start), optim.damped_newton(), epochs=300
                )
                point = tuple(float(x) for x in found.params)
                slope, hessian = self.slope(*point), self.hessian(*point)
                left = np.linalg.norm(np.linalg.pinv(hessian) @ slope)  # how far Newton would still go
                flat = np.linalg.norm(slope) <= 1e-6 * (1 + np.linalg.norm(self.slope(*self.start)))
                is_bottom = flat and left <= 1e-4 * (1 + np.linalg.norm(point)) and self.bends(*point)[0] > -1e-9
                return point if is_bottom else None
        except (TinygradError, np.linalg.LinAlgError):
            return None

    @cached_property
    def steepest(self) -> float:
        """The largest second derivative, at the start or at the bottom; 1 where it bends nowhere upwards."""
        with np.errstate(all="ignore"):
            bends = [float(self.bends(*point)[-1]) for point in (self.minimum, self.start) if point is not None]
        return max([bend for bend in bends if 0 < bend < np.inf], default=1.0)

    @property
    def first_rate(self) -> float:
        """The learning rate that the page opens with: half of the one that goes to the bottom, in one digit."""
        return float(f"{0.5 / self.steepest:.0e}") if self.learning_rate is None else self.learning_rate

    def javascript(self) -> str:
        """Two functions of numbers, as an object: value, and slopes (value, gradient, the Hessian's upper triangle)."""
        n = len(self.names)

        def slopes(*numbers: Any) -> Any:
            value, gradient = self.loss(*numbers), grad(self.loss, tuple(range(n)))(*numbers)
            rows = _hessian(self.loss, numbers, n)
            return value, gradient, [rows[i][j] for i in range(n) for j in range(i, n)]

        parts = []
        for name, function in (("value", self.loss), ("slopes", slopes)):
            trace = Trace(function, self.first_numbers, {}, (), "numpy", 1, careful=False)
            if trace.truths:
                raise ShapeError(
                    f"playground: {self.title} goes different ways for different numbers, and the page has one formula "
                    "for all. Expected np.where(condition, a, b) instead of `if`"
                )
            parts.append(f"{name}: {javascript(trace.improved, name, trace.captures.current() or ())}")
        return "{" + ",\n".join(parts) + "}"

    @property
    def first_numbers(self) -> tuple[float, ...]:
        """The start, and the first example."""
        return floats((*self.start, *(column[0] for column in self.columns)))


def floats(point: Sequence[float]) -> tuple[np.float64, ...]:
    """NumPy's numbers: of them (-1)**0.5 is NaN and 1/0 is infinite, as in a browser; Python's own know better."""
    return tuple(np.float64(x) for x in point)


def _hessian(loss: Callable[..., Any], numbers: Any, n: int) -> list[Any]:
    def along(i: int) -> Callable[..., Any]:
        return grad(lambda *p: grad(loss, i)(*p), tuple(range(n)))

    return [along(i)(*numbers) for i in range(n)]


def checked(scene: Scene) -> Scene:
    """The scene, if its loss is finite at the start and, with examples, the mean of the losses of single ones.

    Raises
    ------
    DivergenceError, ShapeError
    """
    with np.errstate(all="ignore"):
        value = scene.loss(*floats(scene.start), *scene.columns)
        if np.shape(value) != ():
            raise ShapeError(
                f"playground: {scene.title} has the shape {np.shape(value)}. Expected one number: take its np.mean"
            )
        if not np.all(np.isfinite([value, *scene.slope(*scene.start)])):
            raise DivergenceError(f"playground: at the start {scene.title} is not finite. Choose another start")
        if scene.columns:
            each = [float(scene.loss(*floats(scene.start), *row)) for row in zip(*scene.columns, strict=True)]
            if not np.isclose(np.mean(each), value, rtol=1e-9):
                raise ShapeError(
                    f"playground: the loss of all examples is {float(value):g}, but the mean of those of single ones "
                    f"is {np.mean(each):g}. Mini-batches need a mean over examples: np.mean, not np.sum"
                )
    return scene
