"""Where results go: files that are written whole or not at all, and never over what they were made from.

`place_for` looks before the work, so that a fit of an hour does not end at a mistyped name; `write` writes afterwards.
What a name leads to is followed (a symbolic link stays a link), and what is no ordinary file is left alone.
"""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

import click


def place_for(
    output: str, *sources: str, option: str = "--output", what: str = "model", example: str = "model.json"
) -> Path:
    """The file that `output` leads to, or an error before the work if the result cannot or must not go there."""
    if output == "-":
        raise click.UsageError(f"{option} -: the report goes to the screen, the {what} needs a file, such as {example}")
    named, path = Path(output), Path(os.path.realpath(output))
    if path.is_dir():
        raise click.UsageError(f"{option} {named} is a directory. Expected a file, such as {named / example}")
    for folder in (named.parent, path.parent):
        if not folder.is_dir():
            raise click.UsageError(f"{option} {named}: there is no directory {folder}")
    if os.path.lexists(path) and not path.is_file():
        raise click.UsageError(f"{option} {named} is a device, a pipe or the like. Expected a file, such as {example}")
    for source in sources:
        if path.exists() and os.path.exists(source) and os.path.samefile(path, source):
            held = "the data itself" if source == sources[0] else f"{source} itself"
            raise click.UsageError(f"{option} {named} is {held}, which the {what} would replace. Name another file")
    if path.exists() and not os.access(path, os.W_OK):
        raise click.UsageError(f"{option} {named}: cannot be written: it is protected against writing")
    _try_out(path, option)
    return path


def save(path: Path, content: dict[str, Any]) -> None:
    """Write a JSON file."""
    write(path, json.dumps(content, indent=2, allow_nan=False, ensure_ascii=False) + "\n")


def write(path: Path, content: str | bytes, option: str = "--output") -> None:
    """Write a file whole or not at all: into a neighbour first, which then takes its name."""
    part = _neighbour(path)
    try:
        part.write_bytes(content if isinstance(content, bytes) else content.encode())
        os.replace(part, path)
    except OSError as error:
        raise _unwritable(path, error, option) from None
    finally:
        part.unlink(missing_ok=True)


def _try_out(path: Path, option: str) -> None:
    part = _neighbour(path)
    try:
        part.touch()
        part.unlink()
    except OSError as error:
        raise _unwritable(path, error, option) from None


def _neighbour(path: Path) -> Path:
    return path.with_name(f".{path.name}.{os.getpid()}.part")


def _unwritable(path: Path, error: OSError, option: str) -> click.UsageError:
    return click.UsageError(f"{option} {path.name}: cannot be written: {error.strerror or error}")
