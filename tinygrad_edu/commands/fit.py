"""`fit`: a model of a person's own CSV file, by gradient descent.

The target decides what kind of model: numbers a line, two classes a logistic regression, several a softmax regression,
unless something else is asked for. The descent runs on standardised features; the coefficients are reported, and saved,
in the units of the data.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np

from .. import data, optim
from .choices import find_loss, find_optimizer
from .drawing import picture_place, save_picture
from .finding import careful
from .fitted import Fitted
from .fitting import Parts, Plan, fit_model, kind_asked_for, least_squares, parts_of, plan_for
from .quality import quality, show_quality
from .resuming import RunState, mark_of, marked, unmarked
from .saving import place_for, save
from .screen import counted, heading, number, say, show_table
from .tables import FloatArray, Table, read_table

ROUNDING = 1e-24  # of the mean square of the target: residuals of 1e-12
MOST_ROWS = 40  # of coefficients on the screen
MOST_COLUMNS = 5
PLAIN = ("gd", "sgd", "momentum", "nesterov")
INTERRUPTED = 130  # the exit code after Ctrl-C
Qualities = dict[str, tuple[dict[str, Any], data.Dataset]]


def show_fit(path: str, target: str, features: list[str] | None, output: str | None, **options: Any) -> int:
    """Read, fit, save, print; 0, or 130 after Ctrl-C."""
    place = place_for(output, path) if output else None
    picture = picture_place(options["plot"], path, *([output] if output else [])) if options["plot"] else None
    state = RunState(place, options["checkpoint"], options["resume"], path)
    plan, table = _planned(path, target, features, options)
    parts = parts_of(table, options["validation"], options["seed"])
    name = options["optimizer"] or _usual_optimizer(plan)
    size = _batch_size(options["batch_size"], name, plan, len(parts.training))
    with np.errstate(all="ignore"), state:
        run = partial(
            fit_model,
            plan,
            table,
            parts,
            marked(find_optimizer(name, _rate(options["learning_rate"], name, plan)), _what(table, plan, options)),
            standardize=options["standardize"],
            from_middle=plan.kind == "numbers" and not _in_target_units(plan, name),
            seed=options["seed"],
            batch_size=size,
            epochs=options["epochs"] or (10_000 if size is None else 100),
            early_stopping=options["patience"] if options["early_stopping"] else None,
            **state.options,
        )
        model, result = careful([name], run)
        result = replace(result, algorithm=unmarked(result.algorithm))
        state.interrupted = result.reason.startswith("interrupted")
        qualities = _qualities(model, parts)
        if place:  # before anything is printed: whoever reads it may leave early, as `head` does
            about = description(table.examples, result, plan, parts, {**options, "batch_size": size, "optimizer": name})
            about["quality"] = {key: found for key, (found, _) in qualities.items()}
            save(place, replace(model, about=about).content())
        if picture:
            save_picture(picture, model, result, parts)
    show_report(model, result, plan, parts, size, qualities)
    if not (options["loss"] or options["model"] not in (None, "mlp")):
        hint_at_classes(table.examples)
    for name, written in (("Saved to", output), ("Drawn in", options["plot"])):
        if written:
            say(f"{name} {written}")
    if state.interrupted and state.path:
        say(f"The state of the run is in {state.path.name}: --resume goes on with it.")
    return INTERRUPTED if state.interrupted else 0


def _planned(path: str, target: str, features: list[str] | None, options: dict[str, Any]) -> tuple[Plan, Table]:
    """The table, and what is to be fitted to it."""
    if options["early_stopping"] and not options["validation"]:
        raise click.UsageError("--early-stopping watches the validation loss. Expected --validation 0.2 with it")
    loss = find_loss(options["loss"]) if options["loss"] else None
    kind = kind_asked_for(options["model"], loss)
    classes = None if kind is None else kind in ("two", "many")
    table = read_table(path, target, features, one_hot=options["one_hot"], classes=classes)
    return plan_for(table, options["model"], loss, options["hidden"]), table


def hint_at_classes(examples: data.Dataset) -> None:
    """Print that the numbers of the target may be names, if they are few and whole."""
    values = np.unique(examples.target)
    if not examples.classes and 2 < len(values) <= len(examples) / 4 and len(values) <= 20 and not np.any(values % 1):
        say(
            f"The target holds {len(values)} different whole numbers, which were taken as numbers. If they are names "
            "of classes: --model softmax, or --loss cross_entropy"
        )


def _what(table: Table, plan: Plan, options: dict[str, Any]) -> dict[str, Any]:
    """What is fitted, in a few words: a run that is resumed has to be of the same."""
    examples = table.examples
    return {
        "target": examples.target_name,
        "features": " ".join(examples.feature_names),
        "table": mark_of(examples.features, examples.target),
        "model": plan.model,
        "loss": plan.loss.name,
        "hidden": " ".join(map(str, plan.hidden)),
        "validation": options["validation"],
        "standardize": options["standardize"],
    }


def show_report(
    model: Fitted, result: optim.Result, plan: Plan, parts: Parts, batch_size: int | None, qualities: Qualities
) -> None:
    """Print what was found."""
    show_result(model, result, plan, parts, batch_size)
    exact = least_squares(parts.training) if plan.model == "linear" and plan.loss.name == "mse" else None
    show_coefficients(model, exact)
    if exact:
        show_excess(result.loss, exact[2], parts.training.target)
    show_quality(model, {name: (found, len(part)) for name, (found, part) in qualities.items()})


def show_result(model: Fitted, result: optim.Result, plan: Plan, parts: Parts, batch_size: int | None) -> None:
    """Print what was fitted, and how the descent went."""
    training, aside = parts.training, parts.validation
    rest = f", {len(aside)} more set aside" if aside else ""
    layers = f", layers of {', '.join(map(str, plan.hidden))}" if plan.hidden else ""
    features, examples = counted(training.features.shape[1], "feature"), counted(len(training), "example")
    heading(f"{model.target} from {features} of {examples}{rest}")
    say(f"{_called(model)}{layers}")
    unseen = [name for k, name in enumerate(model.classes) if k not in training.target]
    if unseen:
        say(f"Only among the examples set aside, so that nothing can be learnt of them: {', '.join(unseen)}")
    show_descent(result, plan.loss.name, batch_size)
    if result.validation_loss is not None:
        say(f"validation loss: {number(result.validation_loss)}, lowest after {result.best_epoch} epochs")


def _called(model: Fitted) -> str:
    """What kind of model it is, in words."""
    if model.kind == "numbers":
        return "linear regression" if model.model == "linear" else "perceptron for numbers"
    if model.kind == "counts":
        inner = "perceptron" if model.model == "mlp" else "features @ coefficients + intercept"
        return f"log-linear regression: exp({inner})"
    kind = {"mlp": "perceptron", "softmax": "softmax regression"}.get(model.model, "logistic regression")
    return f"{kind} for {len(model.classes)} classes: {', '.join(model.classes)}"


def show_descent(result: optim.Result, loss: str, batch_size: int | None) -> None:
    """Print how the descent went."""
    shown = {
        k: v
        for k, v in result.algorithm.hyperparameters.items()
        if isinstance(v, float | int) and not isinstance(v, bool)
    }
    numbers = ", ".join(f"{k.replace('_', ' ')} {number(v)}" for k, v in shown.items())
    batch = "full batch" if batch_size is None else f"batches of {batch_size}"
    say(f"{result.algorithm.name}{f' ({numbers})' if numbers else ''}, {batch}")
    say(f"{counted(result.steps, 'step')} in {counted(result.epochs, 'epoch')}: {result.reason}")
    first, last = result.history.losses[0], result.loss
    say(f"loss ({loss}): {number(first)} at the start, {number(last)} at the end")
    if last > first:
        say("The loss has risen: this is no fit. Try another --optimizer, or a --learning-rate that is smaller.")


def show_coefficients(model: Fitted, exact: tuple[FloatArray, float, float] | None) -> None:
    """Print the coefficients in the data's units, beside the closed-form ones if there are any."""
    if model.model == "mlp":
        count = sum(weights.size + np.size(biases) for weights, biases in model.layers)
        say(f"{count} parameters")
        return
    weights, bias = model.layers[0]
    if model.kind == "many" and len(model.classes) > MOST_COLUMNS:
        say(f"{weights.size + bias.size} coefficients and intercepts")
        return
    columns = np.vstack([weights.reshape(len(weights), -1), np.reshape(bias, (1, -1))])
    if exact:
        columns = np.column_stack([columns, [*exact[0], exact[1]]])
    names = model.classes if model.kind == "many" else ("by descent",)
    rows = [(name, *map(number, row)) for name, row in zip((*model.features, "intercept"), columns, strict=True)]
    left_out = len(rows) - 1 - MOST_ROWS
    if left_out > 0:
        rows = [*rows[:MOST_ROWS], (f"({left_out} more)", *[""] * columns.shape[1]), rows[-1]]
    show_table(("coefficient of", *names, *(("least squares",) if exact else ())), rows)
    if model.kind == "two":
        say(f"A positive sum speaks for {model.classes[1]!r}, a negative one for {model.classes[0]!r}.")


def show_excess(loss: float, exact: float, target: FloatArray) -> None:
    """Print how far above the exact minimum the descent has ended."""
    above = max(loss - exact, 0.0)
    rounding = ROUNDING * float(np.mean(target**2))  # below it a fit is perfect, and a ratio means nothing
    relative = f", relative {above / exact:.1e}" if exact > rounding else ""
    say(f"Least squares has loss {number(exact)}; the descent ended {above:.1e} above it{relative}.")


def description(
    examples: data.Dataset, result: optim.Result, plan: Plan, parts: Parts, options: dict[str, Any]
) -> dict[str, Any]:
    """All that is needed to repeat the fit; plain enough for JSON."""
    shown = result.algorithm.hyperparameters.items()
    kinds = str | float | int | list | tuple
    numbers = {k: v for k, v in shown if v is None or isinstance(v, kinds)}
    return {
        "loss": {"name": plan.loss.name, "value": result.loss},
        "fit": {
            "data": Path(examples.source).name,
            "examples": len(parts.training),
            "set_aside": len(parts.validation) if parts.validation else 0,
            "standardized": options["standardize"],
            "optimizer": options["optimizer"],
            **numbers,
            "batch_size": options["batch_size"],
            "epochs": result.epochs,
            "steps": result.steps,
            "converged": result.converged,
            "reason": result.reason,
            "seed": options["seed"],
        },
    }


def _qualities(model: Fitted, parts: Parts) -> Qualities:
    named = {"training": parts.training, **({"validation": parts.validation} if parts.validation else {})}
    return {name: (quality(model, part.features, part.target), part) for name, part in named.items()}


def _batch_size(given: int | None, optimizer: str, plan: Plan, count: int) -> int | None:
    if given is not None or not (optimizer == "sgd" or (plan.model == "mlp" and "newton" not in optimizer)):
        return given
    return None if optimizer in ("lbfgs", "rprop") else min(32, count)


def _usual_optimizer(plan: Plan) -> str:
    if plan.model == "mlp":
        return "adam"
    return "momentum" if plan.loss.name == "mse" else "lbfgs"


def _in_target_units(plan: Plan, optimizer: str) -> bool:
    """Whether the descent begins at 0 with steps in the target's units, as in the lesson.

    Only where the curvature of the squares tells the size of the steps, or a person does who wrote the optimizer.
    """
    return plan.model == "linear" and plan.loss.name == "mse" and (optimizer in PLAIN or ".py" in optimizer)


def _rate(given: float | Literal["auto"], optimizer: str, plan: Plan) -> float | Literal["auto"]:
    """A perceptron of a few hundred numbers takes larger steps than the networks that Adam's 0.001 was found for."""
    return 0.01 if given == "auto" and plan.model == "mlp" and optimizer == "adam" else given
