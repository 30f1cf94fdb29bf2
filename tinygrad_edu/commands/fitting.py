"""From a table to a model: the kind of target, the scores, the loss; the descent; the way back to the data's units.

The descent runs on standardised features, and may begin in the middle of the target. What it finds is turned into
parameters for the data as they are.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import click
import numpy as np

from .. import data, losses, models, optim
from ..errors import DataError
from ..optim.training import ASKED
from ..trees import Tree
from .choices import KINDS, MODELS, USUAL, Kind, Loss, find_loss
from .fitted import Fitted
from .screen import number
from .tables import FloatArray, Table, listed

LARGEST = 1e150  # the squares of larger figures would soon be infinite
LARGEST_LEFT = 1e75  # features that are left as they are enter the curvature, which is squared once more
SURE = 1e-4  # a mean loss of classes that is this small has probabilities of 0.9999 for what did happen
SEPARABLE = "the loss is almost 0: the classes can be told apart, and larger coefficients would only be surer of it"
SIMPLEST: dict[Kind, str] = {"numbers": "linear", "counts": "poisson", "two": "logistic", "many": "softmax"}


@dataclass(frozen=True)
class Plan:
    """What is to be fitted: the model, the kind of its target, the loss, the widths of a perceptron's inner layers."""

    model: str
    kind: Kind
    loss: Loss
    hidden: tuple[int, ...] = ()


@dataclass(frozen=True, eq=False)
class Parts:
    """The examples that are learnt from, and those that are set aside to judge by (None if none are)."""

    training: data.Dataset
    validation: data.Dataset | None = None


def kind_asked_for(model: str | None, loss: Loss | None) -> Kind | None:
    """The kind of target that a model and a loss are for; None if they leave it to the table."""
    asked = MODELS[model] if model else None
    if asked and loss and loss.kind and loss.kind != asked:
        fitting = SIMPLEST[loss.kind]
        raise click.UsageError(
            f"--model {model} with --loss {loss.name}: the model is for {KINDS[asked]}, the loss for "
            f"{KINDS[loss.kind]}. Expected --model {fitting} with this loss, or --loss {USUAL[asked]}"
        )
    return asked or (loss.kind if loss else None)


def plan_for(table: Table, model: str | None, loss: Loss | None, hidden: Sequence[int] | None = None) -> Plan:
    """What to fit to this table: what was asked for, and for the rest what its target suggests."""
    examples = table.examples
    if hidden and model != "mlp":
        raise click.UsageError("--hidden gives the inner layers of a perceptron. Expected --model mlp with it")
    kind = kind_asked_for(model, loss)
    count = len(examples.classes)
    if kind is None:
        kind = "two" if count == 2 else "many" if count else "numbers"
    asked = f"--model {model}" if model and MODELS[model] else f"--loss {loss.name}" if loss else "the model"
    if kind == "two" and count != 2:
        raise DataError(
            f"{asked} is for two classes, and the target {examples.target_name!r} has {count}: "
            f"{listed(examples.classes)}. For more than two there is --model softmax"
        )
    lowest = float(examples.target.min())
    if kind == "counts" and (lowest < 0 or (loss is not None and loss.name == "gamma" and lowest == 0)):
        wanted = "numbers above 0" if lowest == 0 else "counts: 0, 1, 2 ..."
        raise DataError(f"{asked}: the target {examples.target_name!r} holds {number(lowest)}. Expected {wanted}")
    if kind == "counts" and not examples.target.any():
        raise DataError(f"{asked}: the target {examples.target_name!r} holds 0 only, whose logarithm has no bottom")
    layers = tuple(hidden or (32,)) if model == "mlp" else ()
    return Plan(model or SIMPLEST[kind], kind, loss or find_loss(USUAL[kind]), layers)


def parts_of(table: Table, validation: float | None, seed: int) -> Parts:
    """The examples in two parts, drawn with the seed."""
    return Parts(*data.split(table.examples, validation, seed)) if validation else Parts(table.examples)


def fit_model(
    plan: Plan,
    table: Table,
    parts: Parts,
    algorithm: optim.Algorithm,
    *,
    standardize: bool = True,
    from_middle: bool = False,
    seed: int = 0,
    **options: Any,
) -> tuple[Fitted, optim.Result]:
    """Descend, and return the model in the data's units with the record of the descent.

    With `from_middle` the prediction is mean + deviation * score: the descent begins at the middle of the target, and
    its steps have the size of its scatter. The loss is measured in the target's own units all the same.
    """
    check_sizes(table.examples, plan, standardize)
    training, count = parts.training, len(table.examples.classes)
    features, scale = training.features, data.Scale(*np.array([[0.0], [1.0]]) * np.ones(training.features.shape[1]))
    if standardize:
        features, scale = data.standardize(features)
    outputs = count if plan.kind == "many" else None
    inner = plan.model == "mlp"
    middle, spread = _units(training.target) if from_middle else (0.0, 1.0)
    raw = _flat(models.mlp) if inner and not outputs else models.mlp if inner else models.linear
    score = (lambda params, x: middle + spread * raw(params, x)) if from_middle else raw
    sizes = (features.shape[1], *plan.hidden, outputs or 1)
    start = models.start_mlp(sizes, seed) if inner else models.start_linear(features.shape[1], outputs)
    goal = lambda part: part.target.astype(int) if plan.kind == "many" else part.target
    aside = parts.validation
    if aside is not None:
        options["validation"] = (scale.apply(aside.features), goal(aside))
    loss = lambda params, x, y: plan.loss.measure(score(params, x), y)
    if plan.loss.is_likelihood:
        options["callbacks"] = (lambda moment: moment.loss < SURE,)
    result = optim.minimize(loss, start, algorithm, data=(features, goal(training)), seed=seed, **options)
    if result.reason == ASKED:
        result = replace(result, converged=True, reason=SEPARABLE)
    layers = _in_units(result.params if inner else [result.params], scale, middle, spread, flat=inner and not outputs)
    if not all(np.isfinite(part).all() for layer in layers for part in layer):
        raise DataError("the coefficients are too large for a float64. Give the features in a smaller unit")
    examples = table.examples
    return (
        Fitted(
            plan.model,
            plan.kind,
            examples.target_name,
            table.columns,
            layers,
            examples.classes,
            has_probabilities=plan.loss.is_likelihood,
        ),
        result,
    )


def least_squares(examples: data.Dataset) -> tuple[FloatArray, float, float]:
    """The exact minimum of the mean squared error, by a factorisation instead of a descent: weights, bias, loss."""
    features, scale = data.standardize(examples.features)
    design = np.column_stack([features, np.ones(len(examples))])
    solution = np.linalg.lstsq(design, examples.target)[0]
    loss = float(losses.mean_squared_error(design @ solution, examples.target))
    weights, bias = scale.original(solution[:-1], solution[-1])
    return weights, float(bias), loss


def check_sizes(examples: data.Dataset, plan: Plan, standardize: bool) -> None:
    """Name the column whose squares would overflow: the descent could only say that its loss is infinite."""
    most = LARGEST if standardize else LARGEST_LEFT
    names = () if standardize else examples.feature_names
    for name in (*names, *([examples.target_name] if plan.kind == "numbers" else [])):
        if (size := float(np.max(np.abs(examples.column(name))))) > most:
            raise DataError(
                f"the column {name!r} holds numbers of the size {number(size)}, too large to be squared. Expected at "
                f"most {most:.0e}: give it in a larger unit"
            )


def _units(target: FloatArray) -> tuple[float, float]:
    """The middle of the target and its scatter."""
    spread = float(target.std())
    return float(target.mean()), spread if spread > 0 else 1.0


def _flat(scores: Callable[[Tree, Any], Any]) -> Callable[[Tree, Any], Any]:
    """One score an example, (n,), in place of (n, 1)."""
    return lambda params, x: np.reshape(scores(params, x), (-1,))


def _in_units(
    layers: Sequence[Any], scale: data.Scale, middle: float, spread: float, flat: bool
) -> list[tuple[FloatArray, FloatArray]]:
    """The layers for features and target in the units of the data."""
    found = [(np.asarray(layer["w"], dtype=float), np.asarray(layer["b"], dtype=float)) for layer in layers]
    weights, biases = found[-1]
    if flat:
        weights, biases = weights[:, 0], biases[0]
    found[-1] = (spread * weights, np.asarray(spread * biases + middle))
    weights, biases = found[0]
    with np.errstate(all="ignore"):  # what overflows is told
        slopes = (weights.T / scale.deviation).T
        found[0] = (slopes, np.asarray(biases - scale.mean @ slopes))
    return found
