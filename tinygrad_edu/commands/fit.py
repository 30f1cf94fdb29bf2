"""`fit`: a linear model of a person's own CSV file, by gradient descent.

The prediction is x @ w + b. The descent runs on standardised features; the coefficients are reported, and saved, in
the units of the data.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from .. import data, losses, optim
from ..errors import DataError
from .saving import place_for, save
from .screen import heading, number, say, show_table

LOSSES = {"mse": losses.mean_squared_error, "logistic": losses.logistic_loss}
OPTIMIZERS = {"momentum": optim.momentum, "gd": optim.gradient_descent, "sgd": optim.sgd}

LARGEST = 1e150  # the squares of larger figures would soon be infinite
LARGEST_LEFT = 1e75  # features that are left as they are enter the curvature, which is squared once more
ROUNDING = 1e-24  # of the mean square of the target: residuals of 1e-12


@dataclass(frozen=True)
class Model:
    """A line, plane or hyperplane: target ≈ features @ weights + bias (with the logistic loss: its log-odds)."""

    weights: data.dataset.FloatArray
    bias: float
    loss: float


def linear_loss(name: str) -> optim.descent.Loss:
    """The loss of a linear model as a function of its parameters {"w": ..., "b": ...} and the examples."""
    measure = LOSSES[name]
    return lambda params, features, target: measure(features @ params["w"] + params["b"], target)


def fit_linear(
    table: data.Dataset, loss: str = "mse", *, algorithm: optim.Algorithm, standardize: bool = True, **options: Any
) -> tuple[Model, optim.Result]:
    """Descend from zeros, and return the model in the data's units with the record of the descent."""
    features, target = table.features, table.target
    scale = data.Scale(np.zeros(features.shape[1]), np.ones(features.shape[1]))
    if standardize:
        features, scale = data.standardize(features)
    shapes = {"w": features.shape[1], "b": ()}
    result = optim.minimize(linear_loss(loss), "zeros", algorithm, shapes=shapes, data=(features, target), **options)
    return Model(*scale.original(result.params["w"], float(result.params["b"])), result.loss), result


def least_squares(table: data.Dataset) -> Model:
    """The exact minimum of the mean squared error, in closed form, by a factorisation instead of a descent."""
    features, scale = data.standardize(table.features)
    design = np.column_stack([features, np.ones(len(table))])
    solution = np.linalg.lstsq(design, table.target)[0]
    loss = float(losses.mean_squared_error(design @ solution, table.target))
    return Model(*scale.original(solution[:-1], solution[-1]), loss)


def show_fit(path: str, target: str, features: list[str] | None, output: str | None, **options: Any) -> int:
    """Read, fit, print, save."""
    place = place_for(output, source=path) if output else None
    table = data.read_csv(path, target, features)
    loss, name, size = options["loss"], options["optimizer"], options["batch_size"]
    _check_target(table, loss)
    _check_sizes(table, loss, options["standardize"])
    if size is None and name == "sgd":
        size = min(32, len(table))
    epochs = options["epochs"] or (10_000 if size is None else 100)
    with np.errstate(all="ignore"):
        model, result = fit_linear(
            table,
            loss,
            algorithm=OPTIMIZERS[name](options["learning_rate"]),
            standardize=options["standardize"],
            batch_size=size,
            epochs=epochs,
            seed=options["seed"],
        )
        exact = least_squares(table) if loss == "mse" else None
    if not np.all(np.isfinite([*model.weights, model.bias])):
        raise DataError("the coefficients are too large for a float64. Give the features in a smaller unit")
    heading(f"{table.target_name} from {len(table.feature_names)} features of {len(table)} examples")
    show_descent(result, loss, size)
    show_model(table, model, exact)
    if place:
        save(place, description(table, model, result, {**options, "batch_size": size}))
        say(f"Saved to {output}")
    return 0


def show_descent(result: optim.Result, loss: str, batch_size: int | None) -> None:
    """Print how the descent went."""
    numbers = ", ".join(f"{k.replace('_', ' ')} {number(v)}" for k, v in result.algorithm.hyperparameters.items())
    batch = "full batch" if batch_size is None else f"batches of {batch_size}"
    say(f"{result.algorithm.name} ({numbers}), {batch}")
    say(f"{result.steps} steps in {result.epochs} epochs: {result.reason}")
    say(f"loss ({loss}): {number(result.history.losses[0])} at the start, {number(result.loss)} at the end")


def show_model(table: data.Dataset, model: Model, exact: Model | None) -> None:
    """Print the coefficients in the data's units, beside the closed-form ones if there are any."""
    names = ("coefficient of", "by descent") + (("least squares",) if exact else ())
    models = [model] + ([exact] if exact else [])
    rows = [(name, *(number(m.weights[i]) for m in models)) for i, name in enumerate(table.feature_names)]
    show_table(names, [*rows, ("intercept", *(number(m.bias) for m in models))])
    if exact:
        above = max(model.loss - exact.loss, 0.0)
        rounding = ROUNDING * float(np.mean(table.target**2))  # below it a fit is perfect, and a ratio means nothing
        relative = f", relative {above / exact.loss:.1e}" if exact.loss > rounding else ""
        say(f"Least squares has loss {number(exact.loss)}; the descent ended {above:.1e} above it{relative}.")


def description(table: data.Dataset, model: Model, result: optim.Result, options: dict[str, Any]) -> dict[str, Any]:
    """All that is needed to use the model, and to repeat the fit; plain enough for JSON."""
    return {
        "model": "linear",
        "target": table.target_name,
        "intercept": model.bias,
        "coefficients": dict(zip(table.feature_names, map(float, model.weights), strict=True)),
        "loss": {"name": options["loss"], "value": model.loss},
        "fit": {
            "data": Path(table.source).name,
            "examples": len(table),
            "standardized": options["standardize"],
            "optimizer": options["optimizer"],
            **result.algorithm.hyperparameters,
            "batch_size": options["batch_size"],
            "epochs": result.epochs,
            "steps": result.steps,
            "converged": result.converged,
            "seed": options["seed"],
        },
    }


def _check_target(table: data.Dataset, loss: str) -> None:
    wrong = table.target[(table.target != 0) & (table.target != 1)]
    if loss == "logistic" and wrong.size:
        raise DataError(
            f"--loss logistic: the target {table.target_name!r} holds {number(wrong[0])}. Expected 0 and 1 only"
        )


def _check_sizes(table: data.Dataset, loss: str, standardize: bool) -> None:
    """Name the column whose squares would overflow: the descent could only say that its loss is infinite."""
    most = LARGEST if standardize else LARGEST_LEFT
    names = () if standardize else table.feature_names
    for name in (*names, *([table.target_name] if loss == "mse" else [])):
        if (size := float(np.max(np.abs(table.column(name))))) > most:
            raise DataError(
                f"the column {name!r} holds numbers of the size {number(size)}, too large to be squared. Expected at "
                f"most {most:.0e}: give it in a larger unit"
            )
