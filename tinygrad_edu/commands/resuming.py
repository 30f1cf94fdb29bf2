"""The state of an unfinished fit, in a file beside the model: written on the way, and away when the run is at its end.

A run that is interrupted or killed leaves it behind, and `--resume` goes on from there as if nothing had happened.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from ..errors import HyperparameterError
from .saving import place_for
from .screen import say


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
            fault = str(error).partition(". Expected")[0].removeprefix("resume: ")
            raise click.UsageError(f"--resume: {fault}. Type the command of that run, or remove the file to begin anew")
        failed = isinstance(error, Exception)
        done = error is None and not self.interrupted and not self.kept
        if self.path and (done or (failed and not self.found)):
            self.path.unlink(missing_ok=True)
