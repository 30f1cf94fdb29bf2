"""`playground`: descend a function by hand, in a browser; and the same numbers in Python.

A `Playground` holds scenes: yours, and Google's exercise to compare with. What the page computes, `path` computes with
the engine; what it says of a learning rate, `verdict` says.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from dataclasses import replace
from html import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..data import Dataset
from ..errors import HyperparameterError, ShapeError
from . import methods, words
from .page import page_of
from .presets import PRESETS, line_through
from .scene import Array, Scene, checked


class Playground:
    """What `playground` returns.

    Attributes
    ----------
    scene : Scene
        What is descended.
    scenes : list of Scene
        All that the page offers.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        presets = [make() for name, make in PRESETS.items() if name in ("google", "valley")]
        self.scenes = [scene, *(other for other in presets if other.title != scene.title)]

    def path(self, method: str = "gd", learning_rate: float | None = None, steps: int = 20) -> Array:
        """The points of a descent, by the engine, the start first; shape (steps + 1, parameters).

        Parameters
        ----------
        method : {"gd", "momentum", "adam", "newton", "minibatch", "sgd"}
            The last two need examples.
        learning_rate : float, optional
            Newton needs none.
        steps : int
            It is shorter if a point is not finite.

        >>> playground("valley").path("newton", steps=1).tolist()
        [[-1.0, 2.0], [2.0, 0.0]]
        """
        return methods.path(self.scene, self._known(method), self._rate(learning_rate), steps)

    def steps(self, method: str = "gd", learning_rate: float | None = None, most: int = 2000) -> int | None:
        """How many steps until the slope is `scene.tolerance` of what it was, and stays so; None if it does not.

        >>> google = playground("google")
        >>> [google.steps(learning_rate=rate) for rate in (0.1, 1, 4, 1.6)]
        [81, 6, None, 1]
        """
        found = methods.arrival(self.scene, self._known(method), self._rate(learning_rate), most)
        return None if found is None else found[0]

    def verdict(self, learning_rate: float | None = None, at: Sequence[float] | None = None) -> words.Verdict:
        """What gradient descent does with a learning rate, from the curvature at a point (the start).

        >>> print(playground("google").verdict(4))
        climbs out of the bowl: 4 is 2.5 times the ideal 1.6; each step lands on the other side, and higher
        """
        point = self.scene.start if at is None else tuple(at)
        bends = self.scene.bends(*point)
        flattest = float(bends[0]) if len(bends) > 1 else None
        return words.verdict(self._rate(learning_rate), float(bends[-1]), flattest)

    def script(self, method: str = "gd", learning_rate: float | None = None, steps: int = 20) -> str:
        """The Python script that repeats a path; the page exports the same."""
        text = methods.script(self.scene, self._known(method))
        told = {"⟨RATE⟩": repr(self._rate(learning_rate)), "⟨STEPS⟩": str(steps), "⟨START⟩": repr(self.scene.start)}
        told |= {f"⟨COLUMN{i}⟩": methods.wrapped(column) for i, column in enumerate(self.scene.columns)}
        for word, value in told.items():
            text = text.replace(word, value)
        return text

    def page(self) -> str:
        """The page: a file of HTML that needs nothing else."""
        return page_of(self.scenes)

    def save(self, path: str | Path) -> None:
        """Write the page; open it in a browser, from the disk as it is."""
        Path(path).write_text(self.page(), encoding="utf-8")

    def _known(self, method: str) -> str:
        known = [m.key for m in methods.methods_of(self.scene)]
        if method not in known:
            raise HyperparameterError(f"playground: method={method!r}. Expected one of {', '.join(map(repr, known))}")
        return method

    def _rate(self, learning_rate: float | None) -> float:
        return self.scene.first_rate if learning_rate is None else float(learning_rate)

    def _repr_html_(self) -> str:
        frame = 'sandbox="allow-scripts" width="100%" height="900" title="The playground"'
        return f'<iframe {frame} srcdoc="{escape(self.page())}"></iframe>'

    def __repr__(self) -> str:
        start = ", ".join(f"{n} = {x:g}" for n, x in zip(self.scene.names, self.scene.start, strict=True))
        return f"<playground of {self.scene.title}, from {start}; save it as a page with .save('page.html')>"


def playground(
    f: Callable[..., Any] | str | None = None,
    /,
    start: Any = None,
    *,
    data: Dataset | tuple[Any, ...] | None = None,
    learning_rate: float | None = None,
    batch_size: int = 10,
    seed: int = 0,
    title: str | None = None,
) -> Playground:
    """Descend a function of one or two variables, or a linear model of data, with every method side by side.

    Parameters
    ----------
    f : callable or str, optional
        A function of one or two numbers, or of a vector of one or two, written in NumPy. With `data`, a loss:
        f(*parameters, *columns) is a mean over examples; left out, it is the mean squared error of a line w x + b. A
        word is one of the presets: "google", "valley", "ravine", "chain", "hills", "banana", "diabetes".
    start : float, tuple, dict or array
        Where the descent begins: 3.0, (1.0, 2.0), {"x": 1.0, "y": 2.0}; an array for a function of a vector.
    data : Dataset with one feature, or tuple of arrays, optional
        The examples, n rows each.
    learning_rate : float, optional
        That the page opens with; by default half of 1/f″, in one digit.
    batch_size, seed : int
        For the mini-batches.
    title : str, optional
        What the page calls it.

    Returns
    -------
    Playground
        Save it with `save`; `path`, `verdict` and `script` are what the page computes, says and exports.

    Raises
    ------
    ShapeError
        If there are not one or two parameters, the result is not one number, or the columns do not fit.
    NoRuleError
        If the page cannot compute it: JavaScript has no such function.
    DivergenceError
        If the function is not finite at the start.

    Notes
    -----
    The page computes with the recorded programs of the function, its gradient and its Hessian, translated to
    JavaScript. They have IEEE arithmetic, as under `strict_ieee`: where the engine knows that zero is stronger than
    infinity, as for ``np.where(x > 0, np.sqrt(x), 0)`` left of 0, the page has NaN, ends the path and says so.

    >>> playground(lambda x, y: x**2 + 10 * y**2, start=(1.0, 1.0)).verdict(0.15).name
    'climbs out of the bowl'
    >>> playground(lambda x: np.cosh(x / 2), start=10.0).path("newton", steps=4).round(2).ravel().tolist()
    [10.0, 8.0, 6.0, 4.01, 2.08]
    """
    if isinstance(f, str):
        if f not in PRESETS:
            raise HyperparameterError(f"playground: no preset is called {f!r}. Expected one of {', '.join(PRESETS)}")
        scene = PRESETS[f]()
        names, point, _ = _placed(scene.loss, scene.start if start is None else start, scene.names)
        scene = replace(scene, start=point)
    elif f is None:
        if data is None:
            raise HyperparameterError("playground: what should be descended? Expected a function, or data=(x, y)")
        columns, labels = _columns(data)
        if len(columns) != 2:
            raise ShapeError(
                f"playground: a line needs one feature and one target, but data has {len(columns)} columns"
            )
        scene = line_through(*columns, labels)  # type: ignore[arg-type]
        if start is not None:
            scene = replace(scene, start=_placed(scene.loss, start, scene.names)[1])
    else:
        if start is None:
            raise HyperparameterError(
                "playground: where does the descent begin? Expected start=3.0, or start=(1.0, 2.0)"
            )
        columns, labels = _columns(data) if data is not None else ((), ())
        names, point, loss = _placed(f, start)
        known = _parameters(f)[-len(columns) :] if columns else []
        scene = Scene(_title(f, names), loss, names, point, columns, tuple(known) or labels, labels)
    options = {"learning_rate": learning_rate, "title": title}
    given = {name: value for name, value in options.items() if value is not None}
    return Playground(checked(replace(scene, **given, batch_size=batch_size, seed=seed)))  # type: ignore[arg-type]


def _parameters(f: Callable[..., Any]) -> list[str]:
    try:
        parameters = inspect.signature(f).parameters.values()
    except (TypeError, ValueError):
        return []
    return [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]


def _placed(
    f: Callable[..., Any], start: Any, names: tuple[str, ...] = ()
) -> tuple[tuple[str, ...], tuple[float, ...], Callable[..., Any]]:
    """The names of the parameters, the start as numbers, and the function of numbers."""
    known = tuple(_parameters(f))
    loss = f
    if isinstance(start, Mapping):
        names, point = tuple(start), tuple(start.values())
        loss = lambda *p: f(*p[len(names) :], **dict(zip(names, p[: len(names)], strict=True)))
    elif isinstance(start, np.ndarray) and start.ndim == 1:
        (vector,) = known[:1] or ("x",)
        names, point = tuple(f"{vector}{i}" for i in range(len(start))), tuple(start)
        loss = lambda *p: f(np.stack(p[: len(names)]), *p[len(names) :])
    else:
        point = tuple(start) if isinstance(start, tuple | list) else (start,)
        names = names or (known[: len(point)] if len(known) >= len(point) else ("x", "y")[: len(point)])
    if len(point) not in (1, 2) or not all(np.ndim(x) == 0 and np.isrealobj(x) for x in point):
        raise ShapeError(f"playground: start={start!r}. Expected one number, or two: a picture has no more")
    return names, tuple(float(x) for x in point), loss


def _columns(data: Dataset | tuple[Any, ...]) -> tuple[tuple[Array, ...], tuple[str, ...]]:
    if isinstance(data, Dataset):
        if data.features.shape[1] != 1:
            raise ShapeError(
                f"playground: the data has {data.features.shape[1]} features ({', '.join(data.feature_names)}), and a "
                "picture of the loss has room for one weight and the bias. Choose one feature"
            )
        return (data.features[:, 0], data.target), (data.feature_names[0], data.target_name)
    columns = tuple(np.squeeze(np.asarray(column, float)) for column in data)
    lengths = {np.shape(column) for column in columns}
    if len(lengths) != 1 or len(lengths.pop()) != 1 or not len(columns[0]):
        shapes = ", ".join(str(np.shape(column)) for column in columns)
        raise ShapeError(f"playground: the columns of data have shapes {shapes}. Expected (n,) for each")
    return columns, ("x", "y", *(f"z{i}" for i in range(len(columns) - 2)))[: len(columns)]


def _title(f: Callable[..., Any], names: tuple[str, ...]) -> str:
    name = getattr(f, "__name__", "f")
    return f"{name if name.isidentifier() else 'f'}({', '.join(names)})"
