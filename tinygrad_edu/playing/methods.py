"""The methods that walk side by side, their paths by the engine, and the script that repeats a path.

Each is an algorithm of `optim`; the page has the same formulae in JavaScript, and is tested against these.
"""

from __future__ import annotations

import ast
import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import numpy as np

from .. import data, optim
from ..errors import HyperparameterError
from ..explaining import explain
from ..transforms import grad
from .scene import Array, Point, Scene, floats

STEPS = 200
"""Steps that the page shows."""
STAYS = 20
"""Steps for which a descent has to stay where it has arrived."""


@dataclass(frozen=True)
class Method:
    """A way down.

    Attributes
    ----------
    key, name : str
        For programs, and for people.
    rule : callable
        The learning rate → an algorithm of `optim`.
    call : str
        The same as a line of Python, with ⟨RATE⟩ in it.
    batch : callable
        The scene → examples to a step, or None for all of them.
    says : str
        What it does, in a sentence.
    """

    key: str
    name: str
    rule: Callable[[float], optim.Algorithm]
    call: str
    says: str
    batch: Callable[[Scene], int | None] = lambda scene: None


# fmt: off
METHODS = {m.key: m for m in (
    Method("gd", "gradient descent", optim.gradient_descent, "optim.gradient_descent(⟨RATE⟩)",
           "against the gradient, times the learning rate"),
    Method("momentum", "momentum", optim.momentum, "optim.momentum(⟨RATE⟩, decay=0.9)",
           "a ball that keeps nine tenths of its velocity: it rolls along valleys, and past the bottom"),
    Method("adam", "Adam", optim.adam, "optim.adam(⟨RATE⟩)",
           "steps of about the learning rate in every direction, however steep it is"),
    Method("newton", "Newton", lambda rate: optim.newton(), "optim.newton().bind(lambda p: f(*p, *examples), ())",
           "to the bottom of the touching parabola: 1/f″ in place of the learning rate"),
    Method("minibatch", "mini-batch", optim.gradient_descent, "optim.gradient_descent(⟨RATE⟩)",
           "gradient descent, with the gradient of a few examples",
           lambda scene: min(scene.batch_size, scene.examples)),
    Method("sgd", "SGD", optim.gradient_descent, "optim.gradient_descent(⟨RATE⟩)",
           "gradient descent, with the gradient of one example", lambda scene: 1),
)}
# fmt: on


def methods_of(scene: Scene) -> list[Method]:
    """The methods that a scene has: those with batches need several examples."""
    return [m for m in METHODS.values() if m.batch(scene) is None or scene.examples > 1]


def walk(scene: Scene, key: str, rate: float) -> Iterator[tuple[Point, Array | None]]:
    """The points of a descent as the engine computes them, each with its gradient if that is one of all examples.

    It ends where a point is not finite, or where Newton finds no parabola with a bottom or a top.
    """
    method, n = METHODS[key], len(scene.names)
    point: Any = floats(scene.start)
    rule, gradient = method.rule(rate), grad(scene.loss, tuple(range(n)))
    if rule.bind:
        rule = rule.bind(lambda p: scene.loss(*p, *scene.columns), ())
    state, whole = rule.init(point), method.batch(scene) is None
    for batch in _batches(scene, method):
        slope = gradient(*point, *batch)
        yield point, np.array(slope, float) if whole else None
        try:
            point, state = rule.update(slope, state, point)
        except HyperparameterError:  # Newton, at a Hessian that is singular
            return
        point = floats(point)
        if not all(map(math.isfinite, point)):
            return


def path(scene: Scene, key: str, rate: float, steps: int) -> Array:
    """The points of a descent, shape (steps + 1, parameters), or shorter where it ends.

    >>> bowl = Scene("bowl", lambda x, y: 4 + (x - 2) ** 2 + 2 * y**2, ("x", "y"), (-1.0, 2.0))
    >>> path(bowl, "gd", 0.25, 2).tolist()
    [[-1.0, 2.0], [0.5, 0.0], [1.25, 0.0]]
    """
    with np.errstate(all="ignore"):
        return np.array([point for point, _ in islice(walk(scene, key, rate), steps + 1)])


def arrival(scene: Scene, key: str, rate: float, most: int) -> tuple[int, Point] | None:
    """After how many steps, and where, the slope is `scene.tolerance` of what it was, and stays so.

    A ball that rolls through the bottom has not arrived, so the slope has to be small for STAYS more steps, or up to
    the path's end. None if that does not happen within `most` steps.
    """
    small: list[tuple[int, Point]] = []
    first = 0.0
    with np.errstate(all="ignore"):
        for k, (point, slope) in enumerate(islice(walk(scene, key, rate), most + 1)):
            steepness = math.hypot(*(scene.slope(*point) if slope is None else slope))
            first = first if k else steepness
            small = [*small, (k, point)] if steepness <= scene.tolerance * first else []
            if len(small) > STAYS:
                break
            if not steepness < 1e9 * first and first > 0:
                return None
    return small[0] if small else None


def _batches(scene: Scene, method: Method) -> Iterator[tuple[Any, ...]]:
    size, random = method.batch(scene), np.random.default_rng(scene.seed)
    while True:
        if size is None:
            yield scene.columns
        else:
            yield from data.batches(scene.columns, size, random)


def orders(scene: Scene) -> list[list[int]]:
    """The orders of the examples in as many epochs as the page has steps for, as `data.batches` draws them."""
    size = min(scene.batch_size, scene.examples)
    epochs = -(-STEPS // -(-scene.examples // size))
    random = np.random.default_rng(scene.seed)
    return [random.permutation(scene.examples).tolist() for _ in range(epochs)]


def script(scene: Scene, key: str) -> str:
    """The Python script that repeats a path, with ⟨RATE⟩, ⟨STEPS⟩, ⟨START⟩, ⟨COLUMN0⟩ ... for what is decided later."""
    method, size = METHODS[key], METHODS[key].batch(scene)
    is_data = bool(scene.columns)
    columns = scene.column_names
    lines = ["import numpy as np", "import tinygrad_edu as tg"]
    lines += ["from itertools import islice", "from tinygrad_edu import data, optim"] if size else [
        "from tinygrad_edu import optim"]  # fmt: skip
    lines += ["", *_source(scene), ""]
    lines += [f"{name} = np.array(⟨COLUMN{i}⟩)" for i, name in enumerate(columns)]
    lines += [
        f"examples = ({', '.join(columns)})"
        if len(columns) > 1
        else f"examples = ({columns[0]},)"
        if is_data
        else "examples = ()",
        f"rule = {method.call}",
    ]
    lines += [
        f"gradient = tg.grad(f, {tuple(range(len(scene.names)))})",
        "params = ⟨START⟩",
        "state = rule.init(params)",
    ]
    if size:
        lines += ["", "def batches():", f"    random = np.random.default_rng({scene.seed})", "    while True:",
                  f"        yield from data.batches(examples, {size}, random)"]  # fmt: skip
    lines += ["", "path = [params]"]
    lines += ["for batch in islice(batches(), ⟨STEPS⟩):"] if size else ["for step in range(⟨STEPS⟩):"]
    given = "batch" if size else "examples"
    lines += [f"    params, state = rule.update(gradient(*params, *{given}), state, params)", "    path.append(params)"]
    shown = ", ".join(f"{name} = {{params[{i}]:.6g}}" for i, name in enumerate(scene.names))
    everything = f", {', '.join(columns)}" if is_data else ""
    lines += ["for params in path:", f'    print(f"{shown}   f = {{f(*params{everything}):.6g}}")', ""]
    return "\n".join(lines)


def _source(scene: Scene) -> list[str]:
    """The function as it was recorded, in lines of Python; with examples, the loss of one of them first."""
    parameters = (*scene.names, *scene.column_names)

    def recorded(**numbers: Any) -> Any:
        return scene.loss(*numbers.values())

    recorded.__name__ = "value"
    with np.errstate(all="ignore"):
        ex = explain(recorded, **dict(zip(parameters, scene.first_numbers, strict=True)))  # type: ignore[arg-type]
    body = [f"    {ex.identifiers[line.name]} = {ast.unparse(line.code)}" for line in ex.lines]
    arguments, given = ", ".join(parameters), ", ".join(ex.identifiers[name] for name in ex.sources)
    constants = [f"{name} = np.array({wrapped(array)})" for name, array in ex.script.constants.items()]
    function = [f"def recorded({given}):", *body, f"    return {ex.identifiers[ex.result]}"]
    call = f"np.mean(recorded({arguments}))" if scene.columns else f"recorded({arguments})"
    return [
        *sorted(ex.script.imports),
        *constants,
        "",
        *function,
        "",
        "",
        f"def f({arguments}):",
        f"    return {call}",
        "",
    ]


def wrapped(array: Any) -> str:
    """An array as text, to the last bit, in lines of some length."""
    return re.sub(r"((?:[^ ]+ ){4}[^ ]+) ", r"\1\n    ", repr(np.asarray(array).tolist()))
