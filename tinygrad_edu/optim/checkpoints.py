"""Checkpoints: all that a run needs to go on where it was, in one file that is always whole.

A run is deterministic: parameters, the algorithm's memory, the place in the shuffled epoch, and the history decide all
that follows. They are the `Snapshot`. Beside it stands what the run was asked to do, and a run that was asked for
something else is not continued.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any

import numpy as np

from ..data.saving import clear, load, save
from ..errors import HyperparameterError
from ..trees import Tree, leaves
from .stopping import History


@dataclass
class Snapshot:
    """Where a run is.

    `epoch` epochs and `step` steps of the next one are done; `random` is the state of the generator at the beginning of
    that epoch, and `seen` the mean loss of its batches so far. `base` are the parameters at its beginning, `last` those
    of one epoch before, `best` those with the lowest validation loss. `bend` is the curvature that set an automatic
    rate, `rate` the state of a learning rate that is told the losses.
    """

    params: Tree
    memory: Any
    random: Mapping[str, Any]
    base: Tree
    last: Tree
    epoch: int = 0
    step: int = 0
    seen: float = 0.0
    best: Tree = None
    best_epoch: int = 0
    bend: tuple[float, float] | None = None
    rate: dict[str, float] | None = None
    history: History = field(default_factory=History)


class Checkpoint:
    """A file that a run writes from time to time.

    Parameters
    ----------
    path : path or None
        None: no file, and nothing is ever written.
    task : dict of str to str
        What the run was asked to do, in words.
    every : float
        Seconds from one writing to the next; 0 writes after every step.
    """

    def __init__(self, path: str | os.PathLike[str] | None, task: dict[str, str], every: float) -> None:
        self.path, self.task, self.every = None if path is None else Path(path), task, every
        self.due = time.monotonic() + every

    def load(self, wanted: bool, start: Tree, init: Callable[[Any], Any]) -> Snapshot | None:
        """Where the run was, if that is wanted and there is a file.

        `start` has the structure of the parameters, and init(bend) that of the algorithm's memory.

        Raises
        ------
        HyperparameterError
            If the file belongs to a run that was asked for something else.
        DataError
            If it is no checkpoint.
        """
        if self.path is None or not wanted:
            return None
        clear(self.path)
        if not self.path.exists():
            return None
        found = load(self.path)
        if not isinstance(found, dict) or set(found) != {"task", "snapshot"}:
            raise HyperparameterError(f"resume: {self.path.name} holds no run. Expected a checkpoint of minimize")
        for name, mine in self.task.items():
            if (theirs := found["task"].get(name)) != mine:
                raise HyperparameterError(
                    f"resume: {self.path.name} is of another run: its {name} is {theirs}, now it is {mine}. Expected "
                    "the same run, or resume=False to begin anew"
                )
        stored = found["snapshot"]
        numbers = {name: values.tolist() for name, values in stored["history"].items() if name != "params"}
        points = [dressed(start, params) for params in stored["history"]["params"]]
        trees = {name: dressed(start, stored[name]) for name in ("params", "base", "last", "best")}
        memory = dressed(init(stored["bend"]), stored["memory"])
        return Snapshot(**{**stored, **trees, "memory": memory, "history": History(**numbers, params=points)})

    def offer(self, snapshot: Snapshot) -> None:
        """Write the snapshot if it is time to."""
        if self.path is not None and time.monotonic() >= self.due:
            self.write(snapshot)

    def write(self, snapshot: Snapshot) -> None:
        """Write the snapshot now."""
        if self.path is None:
            return
        stored = {part.name: getattr(snapshot, part.name) for part in fields(snapshot)}
        numbers = {name: values for name, values in vars(snapshot.history).items() if name != "params"}
        stored["history"] = {name: np.array(values, dtype=float) for name, values in numbers.items()}
        stored["history"]["params"] = list(snapshot.history.params)
        save(self.path, {"task": self.task, "snapshot": stored})
        self.due = time.monotonic() + self.every


def task_of(name: str, numbers: dict[str, Any], params: Tree, arrays: tuple[Any, ...], **asked: Any) -> dict[str, str]:
    """What a run is asked to do, in words that can be compared; a function counts by being one."""
    shown = {key: "a schedule" if callable(value) else repr(value) for key, value in numbers.items()}
    shapes = [f"{np.shape(leaf)} {np.asarray(leaf).dtype}" for leaf in leaves(params)]
    return {
        "algorithm": ", ".join([name, *(f"{key} {value}" for key, value in shown.items())]),
        "parameters": ", ".join(shapes),
        "data": ", ".join(f"{np.shape(part)}" for part in arrays),
        **{key.replace("_", " "): repr(value) for key, value in asked.items()},
    }


def dressed(pattern: Any, found: Any) -> Any:
    """The tree with the named tuples of the pattern, which a file does not know."""
    if isinstance(pattern, dict) and isinstance(found, dict):
        return {key: dressed(pattern.get(key), part) for key, part in found.items()}
    if isinstance(pattern, list | tuple) and isinstance(found, list | tuple) and len(pattern) == len(found):
        parts = [dressed(p, f) for p, f in zip(pattern, found, strict=True)]
        return type(pattern)(*parts) if hasattr(pattern, "_fields") else type(found)(parts)
    return found
