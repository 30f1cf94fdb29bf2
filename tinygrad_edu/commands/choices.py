"""What `fit` can be asked for by name: models, losses, optimizers; and functions of one's own: `file.py:function`."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import click
import numpy as np

from .. import losses, optim
from ..errors import TinygradError
from .finding import fault, file_and_name, load_named

Kind = Literal["numbers", "counts", "two", "many"]
"""What a target is: numbers, counts (whose logarithm is modelled), two classes, or several."""

KINDS = {"numbers": "numbers", "counts": "counts", "two": "two classes", "many": "classes"}
MODELS: dict[str, Kind | None] = {
    "linear": "numbers",
    "logistic": "two",
    "softmax": "many",
    "poisson": "counts",
    "mlp": None,
}
"""The models, and the kind of target that each is for; a perceptron takes any but counts."""

Measure = Callable[[Any, Any], Any]
"""(scores, target) → scalar."""


@dataclass(frozen=True)
class Loss:
    """A loss as `fit` uses it: its name on the command line, measure(scores, target), and the kind of its target."""

    name: str
    measure: Measure
    kind: Kind | None = None

    @property
    def is_likelihood(self) -> bool:
        """Whether the scores are those of probabilities, so that a prediction of a class has one."""
        return self.name in ("logistic", "soft_margin", "focal", "cross_entropy", "focal_softmax", "poly_cross_entropy")


def _signs(measure: Measure) -> Measure:
    """A loss of −1 and +1 as one of 0 and 1."""
    return lambda score, target: measure(score, 2 * target - 1)


# fmt: off
LOSSES: dict[str, Loss] = {loss.name: loss for loss in (
    Loss("mse",                  losses.mean_squared_error,     "numbers"),
    Loss("mae",                  losses.mean_absolute_error,    "numbers"),
    Loss("huber",                losses.huber,                  "numbers"),
    Loss("smooth_l1",            losses.smooth_l1,              "numbers"),
    Loss("log_cosh",             losses.log_cosh,               "numbers"),
    Loss("quantile",             losses.quantile,               "numbers"),
    Loss("poisson",              losses.poisson_nll,            "counts"),
    Loss("gamma",                losses.gamma_nll,              "counts"),
    Loss("logistic",             losses.logistic_loss,          "two"),
    Loss("focal",                losses.focal,                  "two"),
    Loss("sparsemax",            losses.sparsemax,              "two"),
    Loss("hinge",                _signs(losses.hinge),          "two"),
    Loss("squared_hinge",        _signs(losses.squared_hinge),  "two"),
    Loss("soft_margin",          _signs(losses.soft_margin),    "two"),
    Loss("cross_entropy",        losses.cross_entropy,          "many"),
    Loss("focal_softmax",        losses.focal_softmax,          "many"),
    Loss("poly_cross_entropy",   losses.poly_cross_entropy,     "many"),
    Loss("multiclass_sparsemax", losses.multiclass_sparsemax,   "many"),
    Loss("multiclass_hinge",     losses.multiclass_hinge,       "many"),
    Loss("multi_margin",         losses.multi_margin,           "many"),
)}
OTHER_NAMES = {
    "mean_squared_error": "mse", "mean_absolute_error": "mae", "poisson_nll": "poisson", "gamma_nll": "gamma",
    "logistic_loss": "logistic", "binary_cross_entropy_with_logits": "logistic",
}
USUAL: dict[Kind, str] = {"numbers": "mse", "counts": "poisson", "two": "logistic", "many": "cross_entropy"}

OPTIMIZERS: dict[str, Callable[..., optim.Algorithm]] = {
    "gd": optim.gradient_descent, "sgd": optim.sgd, "momentum": optim.momentum, "nesterov": optim.nesterov,
    "adagrad": optim.adagrad, "adadelta": optim.adadelta, "rmsprop": optim.rmsprop, "adam": optim.adam,
    "adamw": optim.adamw, "amsgrad": optim.amsgrad, "adamax": optim.adamax, "nadam": optim.nadam, "radam": optim.radam,
    "rprop": optim.rprop, "lion": optim.lion, "lamb": optim.lamb, "adafactor": optim.adafactor, "muon": optim.muon,
    "asgd": optim.asgd, "schedule_free": optim.schedule_free, "schedule_free_adamw": optim.schedule_free_adamw,
    "lbfgs": optim.lbfgs, "newton": optim.newton, "damped_newton": optim.damped_newton, "newton_cg": optim.newton_cg,
}
# fmt: on


def find_loss(text: str) -> Loss:
    """The loss of that name, or of one's own: function(prediction, target), of which the mean is taken.

    >>> find_loss("mean_squared_error").name
    'mse'
    """
    if (found := file_and_name(text)) is not None:
        path, name = found
        return Loss(text, _own_loss(load_named(Path(path), name), path, name))
    text = OTHER_NAMES.get(text, text)
    if text in ("perceptron", "multiclass_perceptron"):
        raise click.UsageError(
            f"--loss {text}: it is 0, its least, for a model of zeros. Expected a margin, as in hinge"
        )
    if text in losses.__all__ and text not in LOSSES:
        raise click.UsageError(
            f"--loss {text}: it needs something else than scores and a target. For such a fit write a few lines of "
            "Python around optim.minimize, or a loss of your own as file.py:function"
        )
    return LOSSES[_known(text, "--loss", "loss", LOSSES)]


def _own_loss(function: Callable[..., Any], path: str, name: str) -> Measure:
    try:
        inspect.signature(function).bind(None, None)
    except TypeError:
        shape = inspect.signature(function)
        raise click.UsageError(
            f"--loss {path}:{name}: it is {name}{shape}. Expected {name}(prediction, target)"
        ) from None

    def measure(scores: Any, target: Any) -> Any:
        try:
            return np.mean(function(scores, target))
        except TinygradError:
            raise
        except (Exception, SystemExit) as error:
            raise click.UsageError(fault(error, path)) from None

    return measure


def find_optimizer(text: str, learning_rate: float | Literal["auto"]) -> optim.Algorithm:
    """The optimizer of that name, or of one's own: function(learning_rate), or function() with its own rate.

    >>> find_optimizer("adam", 0.01).hyperparameters["learning_rate"]
    0.01
    """
    found = file_and_name(text)
    if found is None:
        make = OPTIMIZERS[_known(text, "--optimizer", "optimizer", OPTIMIZERS)]
    else:
        make = load_named(Path(found[0]), found[1])
    takes = inspect.signature(make).parameters
    by_name = "learning_rate" in takes
    if learning_rate != "auto" and not takes:
        raise click.UsageError(f"--optimizer {text}: it takes no learning rate. Leave --learning-rate out")
    rate: dict[str, Any] = {"learning_rate": learning_rate} if by_name and learning_rate != "auto" else {}
    given = (learning_rate,) if takes and not by_name and learning_rate != "auto" else ()
    if found is None:
        return make(*given, **rate)
    try:
        algorithm = make(*given, **rate)
    except TinygradError:
        raise
    except (Exception, SystemExit) as error:
        raise click.UsageError(fault(error, found[0])) from None
    if not isinstance(algorithm, optim.Algorithm):
        raise click.UsageError(
            f"--optimizer {text}: it returned {type(algorithm).__name__}. Expected an optim.Algorithm, such as "
            "optim.chain(optim.clip_by_norm(1), optim.sgd(0.1))"
        )
    return algorithm


def _known(text: str, option: str, word: str, names: Mapping[str, Any]) -> str:
    if text in names:
        return text
    close = difflib.get_close_matches(text, names, n=1)
    cure = f"Did you mean {close[0]}?" if close else f"There are {', '.join(names)}."
    raise click.UsageError(f"{option} {text!r}: there is no such {word}. {cure} One of your own is file.py:NAME")
