"""Where the model goes: a file that is written whole or not at all, and never over the data that it was learnt from.

`place_for` looks before the work, so that a fit of an hour does not end at a mistyped name; `save` writes afterwards.
What a name leads to is followed (a symbolic link stays a link), and what is no ordinary file is left alone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click


def place_for(output: str, source: str) -> Path:
    """The file that `output` leads to, or an error before the work if the model cannot or must not go there."""
    if output == "-":
        raise click.UsageError("--output -: the report goes to the screen, the model needs a file, such as model.json")
    named, path = Path(output), Path(os.path.realpath(output))
    if path.is_dir():
        raise click.UsageError(f"--output {named} is a directory. Expected a file, such as {named / 'model.json'}")
    for folder in (named.parent, path.parent):
        if not folder.is_dir():
            raise click.UsageError(f"--output {named}: there is no directory {folder}")
    if os.path.lexists(path) and not path.is_file():
        raise click.UsageError(f"--output {named} is a device, a pipe or the like. Expected a file, such as model.json")
    if path.exists() and os.path.exists(source) and os.path.samefile(path, source):
        raise click.UsageError(f"--output {named} is the data itself, which the model would replace. Name another file")
    if path.exists() and not os.access(path, os.W_OK):
        raise click.UsageError(f"--output {named}: cannot be written: it is protected against writing")
    _try_out(path)
    return path


def save(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file whole or not at all: into a neighbour first, which then takes its name."""
    part = _neighbour(path)
    try:
        part.write_text(json.dumps(content, indent=2, allow_nan=False) + "\n", encoding="utf-8")
        os.replace(part, path)
    except OSError as error:
        raise _unwritable(path, error) from None
    finally:
        part.unlink(missing_ok=True)


def _try_out(path: Path) -> None:
    part = _neighbour(path)
    try:
        part.touch()
        part.unlink()
    except OSError as error:
        raise _unwritable(path, error) from None


def _neighbour(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _unwritable(path: Path, error: OSError) -> click.UsageError:
    return click.UsageError(f"--output {path.name}: cannot be written: {error.strerror or error}")
