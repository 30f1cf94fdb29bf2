"""The state of an unfinished fit, in a file beside the model: written on the way, and away when the run is at its end.

A run that is interrupted or killed leaves it behind, and `--resume` goes on from there as if nothing had happened.
"""

from __future__ import annotations

import hashlib
import re
from dataclasses import replace
from pathlib import Path
from typing import Any

import click
import numpy as np

from .. import optim
from ..errors import HyperparameterError
from .saving import place_for
from .screen import say

MARK = "fit "  # begins the names of what is fitted, among the numbers of an algorithm


class RunState:
    """Where the state of a run is kept; a context around the run.

    Attributes
    ----------
    path : Path or None
        The file: the one that was named, or one beside the model, or none.
    interrupted : bool
        To be set if the run has not come to its end: then the file stays.
    """

    def __init__(self, place: Path | None, named: str | None, resume: bool, source: str) -> None:
        if resume and not (place or named):
            raise click.UsageError("--resume: from where? Expected the --output or the --checkpoint of the first run")
        self.interrupted = False
        self.kept = named is not None
        self.path = place.with_name(f"{place.name}.checkpoint.npz") if place else None
        if named:
            self.path = place_for(named, source, option="--checkpoint", what="state", example="run.npz")
        if self.path and self.path.exists() and not resume:
            raise click.UsageError(
                f"{self.path.name} holds the state of a run that has not come to its end. Go on with it by --resume, "
                "or remove it to begin anew"
            )
        if resume and self.path and not self.path.exists():
            say(f"There is no {self.path.name}: the run begins at its beginning.")
        self.options: dict[str, Any] = {"checkpoint": self.path, "resume": resume} if self.path else {}
        self.found = bool(self.path and self.path.exists())

    def __enter__(self) -> RunState:
        return self

    def __exit__(self, kind: Any, error: BaseException | None, *_: Any) -> None:
        if isinstance(error, HyperparameterError) and str(error).startswith("resume:"):
            raise click.UsageError(
                f"--resume: {_difference(str(error))}. Type the command of that run, or remove the file to begin anew"
            )
        failed = isinstance(error, Exception)
        done = error is None and not self.interrupted and not self.kept
        if self.path and (done or (failed and not self.found)):
            self.path.unlink(missing_ok=True)


def marked(algorithm: optim.Algorithm, what: dict[str, Any]) -> optim.Algorithm:
    """The algorithm with what is fitted among its numbers, so that a checkpoint of another fit is not taken up."""
    numbers = {f"{MARK}{name}": value for name, value in what.items()}
    return replace(algorithm, hyperparameters={**algorithm.hyperparameters, **numbers})


def unmarked(algorithm: optim.Algorithm) -> optim.Algorithm:
    """The algorithm with its own numbers only."""
    numbers = {name: value for name, value in algorithm.hyperparameters.items() if not name.startswith(MARK)}
    return replace(algorithm, hyperparameters=numbers)


def mark_of(*arrays: Any) -> str:
    """A few letters that tell these numbers from others.

    >>> one, same, other = (mark_of(np.array([1.0, x])) for x in (2.0, 2.0, 2.5))
    >>> one == same, one == other
    (True, False)
    """
    found = hashlib.sha256()
    for array in arrays:
        found.update(np.ascontiguousarray(array).tobytes())
    return found.hexdigest()[:12]


def _difference(message: str) -> str:
    """Of the two lists of settings in the message, only those that differ."""
    fault = message.partition(". Expected")[0].removeprefix("resume: ")
    match = re.fullmatch(r"(.* is of another run): its algorithm is (.*), now it is (.*)", fault)
    if match is None:
        return fault
    there, here = _settings(match[2]), _settings(match[3])
    name = next((name for name in here if here[name] != there.get(name)), "algorithm")
    return f"{match[1]}: its {name} is {there.get(name, 'another')}, now it is {here.get(name, 'this')}"


def _settings(listed: str) -> dict[str, str]:
    """The settings of an algorithm by their names, from the words in which they stand in a message.

    >>> _settings("Adam, betas (0.9, 0.999), fit loss 'mse'")
    {'algorithm': 'Adam', 'betas': '(0.9, 0.999)', 'loss': "'mse'"}
    """
    found = re.split(rf", (?=(?:{MARK})?[a-z_]+ )", f"algorithm {listed}")
    return {name: value for name, _, value in (item.removeprefix(MARK).partition(" ") for item in found)}
