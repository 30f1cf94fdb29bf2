"""What a command was given: a function, as a formula or as `file.py:function`, and the point of `--at`.

Whatever does not fit is one line that says what was expected.
"""

from __future__ import annotations

import inspect
import re
import runpy
import sys
import traceback
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import click
import numpy as np

from .. import expressions
from ..errors import TinygradError
from .screen import number

Function = Callable[..., Any]


def parse_point(words: Iterable[str]) -> dict[str, float]:
    """The values of the variables, from "x=0", "y=pi/2" or "x=0,y=1".

    >>> parse_point(["x=0", "y=1,z=2e-3"])
    {'x': 0.0, 'y': 1.0, 'z': 0.002}
    """
    point = {name: _constant(value, f"{name}={value}") for name, value in assignments(words).items()}
    if not point:
        raise click.UsageError("where? Give the point with --at, such as --at x=0 y=1")
    return point


def parse_arrays(words: Iterable[str]) -> dict[str, Any]:
    """The values of the variables, which may be arrays: numbers with commas between, and rows with semicolons.

    >>> parse_arrays(["w=0.5,1.2", "b=0", "A=1,2;3,4"])
    {'w': array([0.5, 1.2]), 'b': 0.0, 'A': array([[1., 2.],
           [3., 4.]])}
    >>> parse_arrays(["w=0.5,"])
    {'w': array([0.5])}
    """
    return {name: _array(value, f"{name}={value}") for name, value in assignments(words).items()}


def assignments(words: Iterable[str]) -> dict[str, str]:
    """Names and what stands behind their equals signs.

    >>> assignments(["x=0,y=1", "z = 1,2"])
    {'x': '0', 'y': '1', 'z': '1,2'}
    """
    found: dict[str, str] = {}
    for word in words:
        for assignment in re.split(r",(?=\s*\w+\s*=)", word):
            name, equals, value = (part.strip() for part in assignment.partition("="))
            if not equals or not name.isidentifier() or not value:
                raise click.UsageError(f"--at {assignment!r}: expected a name and a number, such as x=0")
            if name in found:
                raise click.UsageError(f"--at {assignment!r}: {name} has a value already, {found[name]}")
            found[name] = value
    return found


def _array(value: str, assignment: str) -> Any:
    if "," not in value and ";" not in value:
        return _constant(value, assignment)
    rows = [[_constant(word, assignment) for word in row.rstrip(", ").split(",")] for row in value.split(";")]
    if len(set(map(len, rows))) > 1:
        lengths = ", ".join(str(len(row)) for row in rows)
        raise click.UsageError(f"--at {assignment!r}: the rows have {lengths} numbers. Expected rows of one length")
    return np.array(rows if ";" in value else rows[0])


def _constant(value: str, assignment: str) -> float:
    try:
        found = expressions.parse(value)
        if not found.variables:
            return found.checked()
    except TinygradError:
        pass
    where = ". Arrays are for `tinygrad-edu check`" if "," in value or ";" in value else ""
    raise click.UsageError(
        f"--at {assignment!r}: {value!r} is no number. Expected one such as 0, -1.5, 2e-3 or pi/2{where}"
    )


def file_and_name(text: str) -> tuple[str, str] | None:
    """The path and the name in "file.py:function"; None for a formula.

    >>> file_and_name("my/file.py:loss"), file_and_name("x**2")
    (('my/file.py', 'loss'), None)
    """
    match = re.fullmatch(r"(.+\.py)(?::(.*))?|(.+):(\w*)", text.strip())
    return (match[1] or match[3], match[2] or match[4] or "") if match else None


def find_function(text: str, point: Mapping[str, Any]) -> Function:
    """The function that a formula or `file.py:name` stands for; a formula is tried at a point of numbers."""
    if (found := file_and_name(text)) is not None:
        path, name = found
        return guarded(load_function(Path(path), name, point), path)
    expression = expressions.parse(text)
    if not any(isinstance(value, np.ndarray) for value in point.values()):
        expression.checked(**point)
    for name in point:
        if name not in expression.variables:
            why = "is a constant, and no variable" if name in expressions.CONSTANTS else "does not occur"
            raise click.UsageError(f"--at {shown({name: point[name]})}: {name} {why} in {text}")
    return expression


def load_function(path: Path, name: str, point: Mapping[str, Any]) -> Function:
    """The function of that name in a Python file, which takes the point by name."""
    function = load_named(path, name)
    try:
        inspect.signature(function).bind(**point)
    except TypeError as error:
        parameters = inspect.signature(function)
        raise click.UsageError(f"{name}{parameters} does not fit --at {shown(point)}: {error}") from None
    return function


def load_named(path: Path, name: str) -> Function:
    """The function of that name in a Python file, which is run."""
    if not path.is_file():
        found = f"{path} is a directory" if path.is_dir() else f"there is no file {path}"
        raise click.UsageError(f"{found}. Expected a function as file.py:NAME")
    if path.suffix != ".py":
        raise click.UsageError(f"{path} is no Python file. Expected a function as file.py:NAME")
    sys.path.insert(0, str(path.parent.resolve()))  # as `python file.py` does, so that it can import its neighbours
    try:
        names = runpy.run_path(str(path))
    except (Exception, SystemExit) as error:
        raise click.UsageError(fault(error, str(path))) from None
    finally:
        sys.path.pop(0)
    function = names.get(name)
    if not callable(function):
        defined = [n for n, thing in names.items() if inspect.isfunction(thing) and not n.startswith("_")]
        missing = f"{path} defines no function {name!r}" if name else f"which function? Expected {path}:NAME"
        raise click.UsageError(f"{missing}. It defines {', '.join(defined) or 'none'}")
    return function


def named(function: Function, names: Sequence[str]) -> Callable[..., Any]:
    """A function called by name as one called in order, which still tells its names."""

    def call(*values: Any) -> Any:
        return function(**dict(zip(names, values, strict=True)))

    kind = inspect.Parameter.POSITIONAL_OR_KEYWORD
    call.__signature__ = inspect.Signature([inspect.Parameter(name, kind) for name in names])  # type: ignore[attr-defined]
    return call


def plain(text: str, point: Mapping[str, Any]) -> Function:
    """The function itself: the checker wants to see its errors, and asks for values beyond the end of its domain."""
    if (found := file_and_name(text)) is not None:
        return load_function(Path(found[0]), found[1], point)
    return find_function(text, point)


def careful(texts: Sequence[str], ask: Callable[[], Any]) -> Any:
    """What `ask` returns; an error that comes from one of the user's files becomes one line."""
    try:
        return ask()
    except TinygradError:
        raise
    except (Exception, SystemExit) as error:
        paths = [found[0] for text in texts if (found := file_and_name(text)) is not None]
        path = next((path for path in paths if lines_in(error, path)), None)
        if path is None:
            raise
        raise click.UsageError(fault(error, path)) from None


def guarded(function: Function, path: str) -> Function:
    """The function, whose errors become one line."""

    def call(**values: Any) -> Any:
        try:
            return function(**values)
        except TinygradError:
            raise
        except (Exception, SystemExit) as error:
            raise click.UsageError(fault(error, path)) from None

    return call


def fault(error: BaseException, path: str) -> str:
    """ "loss.py, line 3: ZeroDivisionError: division by zero": the last line of that file that was running."""
    if isinstance(error, SyntaxError):
        return f"{path}, line {error.lineno}: {error.msg}"
    lines = lines_in(error, path)
    place = f"{path}, line {lines[-1]}" if lines else path
    if isinstance(error, SystemExit):
        return f"{place}: SystemExit: {error.code}. Expected the file to go on, and not to end the program"
    said = error.__cause__ if isinstance(error.__cause__, TinygradError) else error  # NumPy wraps it: array[0] = x
    return f"{place}: {type(said).__name__}: {said}"


def lines_in(error: BaseException, path: str) -> list[int]:
    """The lines of a file that were running when the error came, the innermost last."""
    return [frame.lineno or 0 for frame in traceback.extract_tb(error.__traceback__) if frame.filename == path]


def shown(point: Mapping[str, Any]) -> str:
    """The point as it is typed; of arrays that are not small, their shapes.

    >>> shown({"w": np.array([0.5, 1.2]), "b": 0.0, "X": np.ones((3, 4))})
    'w=0.5,1.2 b=0 X: (3, 4)'
    """
    return " ".join(
        f"{name}={_few(value)}" if np.ndim(value) < 2 and np.size(value) < 7 else f"{name}: {np.shape(value)}"
        for name, value in point.items()
    )


def _few(value: Any) -> str:
    found = np.asarray(value)
    words = [number(v) if found.dtype.kind in "fiu" else str(v) for v in found.ravel().tolist()]
    return ",".join(words) + ("," if found.ndim == 1 and len(words) < 2 else "")
