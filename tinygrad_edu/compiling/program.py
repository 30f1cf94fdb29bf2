"""The program: what a function computes, as a list of lines that nothing can change any more.

A line is one call, ``results = operation(*args, **params)``. Its arguments name the values of earlier lines directly
(a `Value` is its own name), so there are no numbers to keep in step and a pass is a function from Program to Program.
A value knows its shape and dtype, for the record was made with numbers; it knows the user's name for it, if there was
one, and a line knows the place in the user's file where it was written.

`Program.__call__` computes line by line. It is the meaning that every pass has to keep, and what the tests of the
passes compare with. Next: `trace.py`, which writes programs, and `passes/`, which improve them.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any

import numpy as np

from ..graph import Op
from ..places import Place


@dataclass(frozen=True, eq=False)
class Value:
    """What an input or a line stands for.

    Attributes
    ----------
    shape, dtype : tuple of int, dtype or None
        As of an array; the dtype is None for what is no array (a random generator).
    name : str or None
        The user's name for it: ``W1``, or ``W1_bar`` for its cotangent.
    weak : bool
        True for a Python number, which takes the dtype of the array it meets.
    """

    shape: tuple[int, ...]
    dtype: np.dtype[Any] | None
    name: str | None = None
    weak: bool = False

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)

    @property
    def kind(self) -> str:
        """Shape and dtype in a word: ``float64[3, 4]``."""
        return f"{self.dtype or 'object'}[{', '.join(map(str, self.shape))}]"

    @property
    def is_count(self) -> bool:
        """True for one of Python's integers, which have no end."""
        return self.weak and self.dtype is not None and self.dtype.kind == "i"

    def __repr__(self) -> str:
        return f"Value({self.name or '?'}: {self.kind})"


@dataclass(frozen=True, eq=False)
class Line:
    """One call: ``results = operation(*args, **params)``.

    Attributes
    ----------
    operation : callable
        A NumPy function, an operation of the table, or any function of arrays.
    args, params : tuple, dict
        Trees whose leaves are Values and constants.
    results : tuple of Value
        One, or as many as the operation returns in a tuple or list.
    several : bool
        True if the operation returns a tuple or list.
    place : Place or None
        The user's line.
    """

    operation: Callable[..., Any]
    args: tuple[Any, ...]
    params: Mapping[str, Any]
    results: tuple[Value, ...]
    several: bool = False
    place: Place | None = None

    @property
    def result(self) -> Value:
        """The value of a line that has one."""
        return self.results[0]

    @cached_property
    def reads(self) -> list[Value]:
        """The values that the line is computed from, in order, some perhaps twice."""
        return [*values_in(self.args), *values_in(self.params)]

    def like(self, operation: Callable[..., Any], *args: Any, **params: Any) -> Line:
        """Another way to compute the same result."""
        return replace(self, operation=operation, args=args, params=params)


@dataclass(frozen=True, eq=False)
class Program:
    """Inputs, lines and outputs.

    Attributes
    ----------
    inputs : tuple of Value
    lines : tuple of Line
        Each reads only inputs and results of lines before it.
    outputs : tuple
        Values, and constants.
    name : str
        The user's function.
    """

    inputs: tuple[Value, ...]
    lines: tuple[Line, ...]
    outputs: tuple[Any, ...]
    name: str = "f"
    notes: Mapping[str, Any] = field(default_factory=dict)

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        """Compute line by line; a random generator among the arrays is advanced."""
        known: dict[Value, Any] = dict(zip(self.inputs, arrays, strict=True))
        for line in self.lines:
            given = substituted(line.args, known), substituted(line.params, known)
            found = line.operation(*given[0], **given[1])
            known.update(zip(line.results, found if line.several else [found], strict=True))
        return tuple(substituted(y, known) for y in self.outputs)

    @property
    def users(self) -> dict[Value, int]:
        """How often each value is read, by lines and as an output."""
        counts: dict[Value, int] = {}
        for value in [v for line in self.lines for v in line.reads] + list(values_in(self.outputs)):
            counts[value] = counts.get(value, 0) + 1
        return counts

    @property
    def makers(self) -> dict[Value, Line]:
        """The line that computes each value; inputs have none."""
        return {value: line for line in self.lines for value in line.results}

    def __str__(self) -> str:
        return printed(self)


@dataclass(frozen=True, eq=False)
class Kernel:
    """A group of lines that is one operation of several results; called, it computes line by line.

    Attributes
    ----------
    program : Program
        The lines; its inputs and outputs are values of the program around it.
    domain : tuple of int
        The shape that is walked over.
    """

    program: Program
    domain: tuple[int, ...]
    __name__: str = field(default="kernel")

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        return self.program(*arrays)


@dataclass(frozen=True, eq=False)
class Region:
    """Lines that are one function in another language; called, it computes line by line."""

    program: Program
    __name__: str = field(default="region")

    def __call__(self, *arrays: Any) -> tuple[Any, ...]:
        return self.program(*arrays)


# --- trees of values --------------------------------------------------------------------------------------------------


def values_in(tree: Any) -> Iterator[Value]:
    """The values in a tree of arguments, from left to right."""
    if type(tree) is Value:
        yield tree
    elif isinstance(tree, tuple | list):
        for child in tree:
            yield from values_in(child)
    elif isinstance(tree, dict):
        for child in tree.values():
            yield from values_in(child)
    elif type(tree) is slice:
        yield from values_in((tree.start, tree.stop, tree.step))


def substituted(tree: Any, known: Mapping[Value, Any]) -> Any:
    """The tree with other things in the places of values, where `known` has them."""
    kind = type(tree)
    if kind is Value:
        return known.get(tree, tree)
    if kind is tuple or kind is list:
        return kind([substituted(child, known) for child in tree])
    if kind is dict:
        return {name: substituted(child, known) for name, child in tree.items()}
    if kind is slice:
        return slice(*substituted((tree.start, tree.stop, tree.step), known))
    return tree


def exchanged(tree: Any, change: Callable[[Any], Any]) -> Any:
    """The tree with every leaf exchanged for what `change` makes of it."""
    kind = type(tree)
    if kind is tuple or kind is list:
        return kind([exchanged(child, change) for child in tree])
    if kind is dict:
        return {name: exchanged(child, change) for name, child in tree.items()}
    if kind is slice:
        return slice(*[exchanged(x, change) for x in (tree.start, tree.stop, tree.step)])
    return change(tree)


def rewritten(program: Program, step: Callable[[Line], Line | Sequence[Line] | Any]) -> Program:
    """The program with every line replaced by what `step` makes of it, in order.

    `step` gets a line whose arguments are rewritten already. It returns a line, a list of lines, or, for a line whose
    result is known without computing, that value or constant alone; later lines then read it instead.
    """
    known: dict[Value, Any] = {}
    lines: list[Line] = []
    for line in program.lines:
        if not known.keys().isdisjoint(line.reads):
            line = replace(line, args=substituted(line.args, known), params=substituted(dict(line.params), known))
        made = step(line)
        if isinstance(made, Line):
            lines.append(made)
        elif isinstance(made, list) and made and isinstance(made[0], Line):
            lines += made
        else:
            known[line.result] = made
    return replace(program, lines=tuple(lines), outputs=substituted(program.outputs, known))


# --- printing ---------------------------------------------------------------------------------------------------------


def names_of(program: Program) -> dict[Value, str]:
    """A name for every value: the user's, or t1, t2, ...; of two that are called alike, the second is numbered."""
    names: dict[Value, str] = {}
    taken: dict[str, int] = {}
    for value in dict.fromkeys([*program.inputs, *_made(program)]):
        base = value.name or "t"
        n = taken.get(base, 0 if value.name else 1)
        name = base if n == 0 else f"{base}{n}" if base == "t" else f"{base}_{n + 1}"
        taken[base] = n + 1
        while name in taken and base != name:
            name += "_"
        names[value] = name
        taken.setdefault(name, 1)
    return names


def _made(program: Program) -> Iterator[Value]:
    """The results of all lines, those inside of kernels among them."""
    for line in program.lines:
        if isinstance(line.operation, Kernel | Region):
            yield from _made(line.operation.program)
        yield from line.results


def operation_name(operation: Callable[..., Any]) -> str:
    """What an operation is called in print: `exp`, `linalg.inv`, `add.reduce`."""
    if isinstance(operation, Region):
        return f"{operation.__name__}[{len(operation.program.lines)} lines]"
    if isinstance(operation, Kernel):
        return f"{operation.__name__}[{', '.join(map(str, operation.domain))}]"
    owner = getattr(operation, "__self__", None)
    name = operation.name if isinstance(operation, Op) else getattr(operation, "__name__", type(operation).__name__)
    if isinstance(owner, np.ufunc):
        return f"{owner.__name__}.{name}"
    module = getattr(operation, "__module__", None) or ""
    return f"{module.partition('.')[2]}.{name}" if module.startswith(("numpy.linalg", "numpy.fft")) else name


def printed(program: Program) -> str:
    """The program as a table: name = operation(arguments), shape and dtype, and the user's line."""
    names = names_of(program)
    head = ", ".join(f"{names[v]}: {v.kind}" for v in program.inputs)
    rows = []
    for line in program.lines:
        given = [spelled(x, names) for x in line.args] + [f"{k}={spelled(v, names)}" for k, v in line.params.items()]
        left = ", ".join(names[v] for v in line.results)
        kinds = ", ".join(v.kind for v in line.results)
        where = f"line {line.place.line}: {line.place.text}" if line.place and line.place.text else ""
        rows.append((left, f"{operation_name(line.operation)}({', '.join(given)})", kinds, where))
    widths = [max((len(row[i]) for row in rows), default=0) for i in range(3)]
    body = [
        f"    {a:<{widths[0]}} = {b:<{widths[1]}}  {c:<{widths[2]}}{'  # ' + d if d else ''}".rstrip()
        for a, b, c, d in rows
    ]
    tail = f"    return {', '.join(spelled(y, names) for y in program.outputs)}"
    return "\n".join([f"{program.name}({head}):", *body, tail])


def spelled(tree: Any, names: Mapping[Value, str]) -> str:
    """A tree of arguments in print."""
    if type(tree) is Value:
        return names[tree]
    if isinstance(tree, tuple):
        return "(" + ", ".join(spelled(x, names) for x in tree) + (",)" if len(tree) == 1 else ")")
    if isinstance(tree, list):
        return "[" + ", ".join(spelled(x, names) for x in tree) + "]"
    if type(tree) is slice:
        parts = ["" if p is None else spelled(p, names) for p in (tree.start, tree.stop, tree.step)]
        return ":".join(parts if parts[2] else parts[:2])
    if isinstance(tree, np.ndarray):
        return f"<{tree.dtype}[{', '.join(map(str, tree.shape))}]>"
    return (
        "..."
        if tree is ...
        else tree.__name__
        if isinstance(tree, type)
        else str(tree)
        if isinstance(tree, np.generic)
        else repr(tree)
    )
