"""Draws docs/figures/: the figures of docs/pictures.md, each by a function of its own.

    python docs/draw_figures.py              all of them
    python docs/draw_figures.py valley       one of them

Needs the extra `[plot]`. The same figure gives the same file, byte for byte, with the same matplotlib.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "figures"
sys.path.insert(0, str(ROOT))

import matplotlib  # noqa: E402
import numpy as np  # noqa: E402

matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402

from tinygrad_edu import data, losses, optim, plot  # noqa: E402
from tinygrad_edu.plot.canvas import svg_of  # noqa: E402

WINDOW = {"x": (-2, 6), "y": (-3, 3)}


def loss(w: Any) -> Any:
    """One weight: a convex loss with its minimum 1 at w = 2."""
    return (w - 2) ** 2 + 1


def valley(p: Any) -> Any:
    """Two weights: 4 + (x − 2)² + 2y², a valley with its minimum at (2, 0, 4)."""
    return 4 + (p["x"] - 2) ** 2 + 2 * p["y"] ** 2


def gorge(p: Any) -> Any:
    """A long valley, ten times steeper across than along, with its minimum at (0, 0)."""
    return p["x"] ** 2 / 2 + 5 * p["y"] ** 2


def scores(params: Any, x: Any) -> Any:
    """A linear model with one score a class."""
    return x @ params["w"] + params["b"]


def line(params: Any, x: Any) -> Any:
    """A line."""
    return params["w"] * x + params["b"]


def squared(params: Any, x: Any, y: Any) -> Any:
    """The mean squared error of a line."""
    return np.mean((line(params, x) - y) ** 2)


def flowers() -> tuple[Any, Any]:
    """Every sixth iris: the length and the width of its petals, in centimetres."""
    iris = data.load_iris().take(slice(None, None, 6))
    return iris.column("petal_length"), iris.column("petal_width")


def trained() -> tuple[Any, Any, Any]:
    """The petals, and a descent to their line."""
    x, y = flowers()
    start = {"w": 0.0, "b": 0.0}
    run = optim.minimize(squared, start, optim.gradient_descent(0.01), data=(x, y), trajectory=True)
    return x, y, run


def new(width: float = 4.6, height: float = 3.4, count: int = 1, solid: bool = False) -> Any:
    """Axes of a size in inches: one, or several in a row."""
    figure = pyplot.figure(figsize=(width, height), layout="constrained")
    found = [figure.add_subplot(1, count, k + 1, projection="3d" if solid else None) for k in range(count)]
    return found if count > 1 else found[0]


def f01_iterative_approach() -> Any:
    closed, opened = new(7.6, 5.2, 2)
    plot.iterative_approach(ax=closed)
    return plot.iterative_approach(opened=True, ax=opened)


def f02_convex() -> Any:
    return plot.loss_sweep(loss, (-1, 5), ax=new())


def f03_starting_point() -> Any:
    return plot.loss_sweep(loss, (-1, 5), start=0.2, ax=new())


def f04_negative_gradient() -> Any:
    return plot.loss_sweep(loss, (-1, 5), start=0.2, arrow=True, tangent=True, ax=new())


def f05_gradient_step() -> Any:
    step = optim.gradient_descent(0.25)
    one, more = new(9.2, 3.4, 2)
    plot.loss_sweep(loss, (-1, 5), start=0.2, steps=1, algorithm=step, ax=one)
    return plot.loss_sweep(loss, (-1, 5), start=0.2, steps=5, algorithm=step, ax=more)


def f06_valley() -> Any:
    ax = new(6, 4.8, solid=True)
    return plot.surface(valley, WINDOW, minimum={"x": 2, "y": 0}, ax=ax)


def f07_early() -> Any:
    x, y, run = trained()
    ax = new()
    ax.set(title="early in training: after 1 step", xlabel="petal length (cm)", ylabel="petal width (cm)")
    return plot.fit(line, run.history.params[1], x, y, ax=ax)


def f08_late() -> Any:
    x, y, run = trained()
    ax = new()
    ax.set(title=f"late in training: after {run.steps} steps", xlabel="petal length (cm)", ylabel="petal width (cm)")
    return plot.fit(line, run.params, x, y, ax=ax)


def f09_one_weight() -> Any:
    up, down = new(9.2, 3.4, 2)
    plot.loss_sweep(loss, (-1, 5), start=3.6, arrow="gradient", ax=up)
    return plot.loss_sweep(loss, (-1, 5), start=3.6, steps=1, algorithm=optim.gradient_descent(0.25), ax=down)


def f10_two_weights() -> Any:
    ax = plot.contours(valley, WINDOW, ax=new(5.6, 4.4))
    return plot.gradient_field(valley, WINDOW, ax=ax)


def learning_rates() -> Any:
    rates = {"too small": 0.05, "goldilocks: 1/L''": 0.5, "bounces": 0.95, "climbs out": 1.1}
    found = new(13, 3.2, 4)
    for ax, (name, rate) in zip(found, rates.items(), strict=True):
        plot.loss_sweep(loss, (-1.6, 5.6), start=0.4, steps=1 if rate == 0.5 else 4,
                        algorithm=optim.gradient_descent(rate), minimum=False, ax=ax)  # fmt: skip
        ax.set_title(f"{name}, {rate:g}")
        ax.get_legend().remove()
    return found[0]


def optimizers() -> Any:
    rules = {
        "gradient descent": optim.gradient_descent(0.17),
        "momentum": optim.momentum(0.05, 0.8),
        "Adam": optim.adam(0.3),
        "Newton": optim.newton(),
    }
    start = {"x": -4.5, "y": 1.2}
    runs = {name: optim.minimize(gorge, start, rule, epochs=25, trajectory=True) for name, rule in rules.items()}
    return plot.contours(gorge, {"x": (-5.2, 2), "y": (-1.9, 1.9)}, paths=runs, ax=new(7.6, 4.4))


def losses_by_epoch() -> Any:
    x, y = flowers()
    start = {"w": 0.0, "b": 0.0}
    rules = {"gradient descent": optim.gradient_descent(), "momentum": optim.momentum(), "Adam": optim.adam(0.1)}
    runs = {name: optim.minimize(squared, start, rule, data=(x, y), epochs=80) for name, rule in rules.items()}
    return plot.loss_curve(runs, ax=new(5.6, 3.6))


def rate_test() -> Any:
    x, y = flowers()
    return plot.rate_curve(optim.learning_rate_test(squared, {"w": 0.0, "b": 0.0}, data=(x, y)), ax=new(5.6, 3.6))


def confusions() -> Any:
    iris = data.load_iris()
    x, labels = data.standardize(iris.features).features, iris.target.astype(int)
    measured = lambda params, x, labels: losses.cross_entropy(scores(params, x), labels)
    start = {"w": np.zeros((4, 3)), "b": np.zeros(3)}
    run = optim.minimize(measured, start, optim.lbfgs(), data=(x, labels), epochs=20)
    guessed = scores(run.params, x).argmax(axis=1)
    counts = np.zeros((3, 3), int)
    np.add.at(counts, (labels, guessed), 1)
    return plot.confusion(counts, iris.classes, ax=new(4.4, 3.8))


# fmt: off
FIGURES: dict[str, Callable[[], Any]] = {
    "f01_iterative_approach.svg": f01_iterative_approach,
    "f02_convex.svg":             f02_convex,
    "f03_starting_point.svg":     f03_starting_point,
    "f04_negative_gradient.svg":  f04_negative_gradient,
    "f05_gradient_step.svg":      f05_gradient_step,
    "f06_valley.png":             f06_valley,  # as SVG it would be 1,600 polygons
    "f07_early.svg":              f07_early,
    "f08_late.svg":               f08_late,
    "f09_one_weight.svg":         f09_one_weight,
    "f10_two_weights.svg":        f10_two_weights,
    "learning_rates.svg":         learning_rates,
    "optimizers.svg":             optimizers,
    "losses_by_epoch.svg":        losses_by_epoch,
    "rate_test.svg":              rate_test,
    "confusions.svg":             confusions,
}
# fmt: on


def save(name: str, folder: Path = FOLDER) -> Path:
    """Draw one figure into a folder."""
    ax = FIGURES[name]()
    path = folder / name
    if path.suffix == ".svg":
        lines = svg_of(ax).splitlines()
        path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
    else:
        ax.figure.savefig(path, dpi=110, metadata={"Software": None})
    pyplot.close(ax.figure)
    return path


def main(words: Iterable[str]) -> None:
    """Draw the figures whose names hold one of the words; all of them without words."""
    wanted = list(words) or [""]
    FOLDER.mkdir(exist_ok=True)
    for name in FIGURES:
        if any(word in name for word in wanted):
            path = save(name)
            print(f"{path.relative_to(ROOT)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main(sys.argv[1:])
