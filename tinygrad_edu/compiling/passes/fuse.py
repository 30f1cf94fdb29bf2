"""Group pointwise lines, and the reductions that consume them, into kernels: one walk over memory for all of them.

A kernel has a domain, the shape that it walks over. Its pointwise lines have results of that shape, its reductions take
arguments of that shape. Every line gets a level: a line that reads a pointwise result of its own domain may stand on
the same level as that, any other line stands above what it reads. The lines of one level and one domain are a kernel;
no two kernels can wait for each other, because levels only grow.

Then lines sink: what was computed early only to be stored for a later kernel moves there, if nothing else has to be
stored in its place.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from heapq import heapify, heappop, heappush
from typing import Any

import numpy as np

from ..kinds import is_pointwise, is_pure
from ..program import Kernel, Line, Program, Value, values_in
from .sums import sum_log1p

REDUCTIONS: dict[Callable[..., Any], Callable[..., Any]] = {
    np.sum: np.sum,
    np.max: np.max,
    np.min: np.min,
    sum_log1p: np.sum,
}
"""Functions that reduce axes, and what puts parts of their results together."""

NARROW = 32
"""Elements of a last axis along which NumPy's inner loops do not pay."""

Shape = tuple[int, ...]


def is_narrow(domain: Shape) -> bool:
    """True if blocks are better laid out with the first axis last."""
    return len(domain) > 1 and domain[-1] < NARROW and domain[0] >= NARROW * domain[-1]


def is_reduction(line: Line) -> bool:
    """True for a sum or an extreme over axes, of an array with elements, without further parameters."""
    if line.operation not in REDUCTIONS or line.several or len(line.args) > 1 + (line.operation is sum_log1p):
        return False
    x = line.args[0]
    return (
        type(x) is Value
        and set(line.params) <= {"axis", "keepdims"}
        and line.result.dtype == x.dtype
        and x.size > 0
        and len(x.shape) > 0
    )


def domain_of(line: Line) -> Shape:
    """The shape that a line walks over."""
    return line.args[0].shape if line.operation in REDUCTIONS else line.result.shape


def fuse(
    program: Program,
    fits: Callable[[Line], bool] | None = None,
    smallest: int | Callable[[Shape], int] = 2,
    numbers: bool = False,
) -> Program:
    """Put lines into kernels.

    Parameters
    ----------
    fits : callable, optional
        Which lines may go into a kernel; by default all pointwise lines and reductions of arrays.
    smallest : int, or function of a shape
        Groups of fewer lines (with this domain) are left as they are.
    numbers : bool
        Put lines that compute with numbers alone into kernels too.
    """
    may = fits or (lambda line: True)
    least = smallest if callable(smallest) else lambda domain: smallest
    fusable = {
        line: is_pure(line)
        and (is_pointwise(line) or is_reduction(line))
        and (numbers or len(domain_of(line)) > 0)
        and may(line)
        for line in program.lines
    }
    levels = _sunk(program, fusable, _levels(program, fusable))
    groups: dict[tuple[int, Shape], list[Line]] = {}
    for line in program.lines:
        if fusable[line]:
            groups.setdefault((levels[line], domain_of(line)), []).append(line)
    groups = {key: group for key, group in groups.items() if len(group) >= least(key[1])}
    if not groups:
        return program
    order = _ordered(program, groups)
    outside = set(values_in(program.outputs))
    readers: dict[Value, set[int]] = {}
    for item in order:
        for line in item:
            for value in line.reads:
                readers.setdefault(value, set()).add(id(item))
    lines: list[Line] = []
    for item in order:
        if not fusable[item[0]] or len(item) < least(domain_of(item[0])):
            lines += item
        else:
            needed = [v for line in item for v in line.results if v in outside or readers.get(v, set()) - {id(item)}]
            lines.append(kernel_of(item, needed))
    return replace(program, lines=tuple(lines))


def _ordered(program: Program, groups: dict[tuple[int, Shape], list[Line]]) -> list[list[Line]]:
    """Groups and single lines, each after what it reads, and otherwise in the order of the program."""
    member = {line: group for group in groups.values() for line in group}
    of = {line: member.get(line) or [line] for line in program.lines}
    items = {id(item): item for item in of.values()}
    makers, number = program.makers, {line: i for i, line in enumerate(program.lines)}
    waits: dict[int, set[int]] = {}
    after: dict[int, list[int]] = {}
    draw: int | None = None
    for key, item in items.items():
        before = {id(of[makers[v]]) for line in item for v in line.reads if v in makers} - {key}
        if not is_pure(item[0]):  # draws of random numbers stay in their order
            before |= {draw} if draw is not None else set()
            draw = key
        waits[key] = before
        for each in before:
            after.setdefault(each, []).append(key)
    ready = [(number[item[-1]], key) for key, item in items.items() if not waits[key]]
    heapify(ready)
    order = []
    while ready:
        _, key = heappop(ready)
        order.append(items[key])
        for each in after.get(key, ()):
            waits[each].discard(key)
            if not waits[each]:
                heappush(ready, (number[items[each][-1]], each))
    return order


def kernel_of(lines: list[Line], needed: list[Value]) -> Line:
    """One line for a group; `needed` are the results that are read outside of it."""
    made = {v for line in lines for v in line.results}
    inputs = tuple(dict.fromkeys(v for line in lines for v in line.reads if v not in made))
    kernel = Kernel(Program(inputs, tuple(lines), tuple(needed)), domain_of(lines[0]))
    return Line(kernel, inputs, {}, tuple(needed), several=True, place=lines[0].place)


def _levels(program: Program, fusable: dict[Line, bool]) -> dict[Line, int]:
    makers = program.makers
    levels: dict[Line, int] = {}
    impure = 0
    for line in program.lines:
        level = 0
        for value in line.reads:
            maker = makers.get(value)
            if maker is not None:
                level = max(level, levels[maker] + (not _together(maker, line, fusable)))
        if not is_pure(line):  # draws of random numbers stay in their order
            level = impure = max(level, impure + 1)
        levels[line] = level
    return levels


def _together(maker: Line, line: Line, fusable: dict[Line, bool]) -> bool:
    """True if a line may stand in one kernel with the line that made what it reads."""
    return fusable[maker] and fusable[line] and not is_reduction(maker) and domain_of(maker) == domain_of(line)


def _sunk(program: Program, fusable: dict[Line, bool], levels: dict[Line, int]) -> dict[Line, int]:
    """The levels, with lines moved up to the first kernel that needs them, where that stores nothing more."""
    makers, outside = program.makers, set(values_in(program.outputs))
    users: dict[Value, list[Line]] = {}
    for line in program.lines:
        for value in line.reads:
            users.setdefault(value, []).append(line)

    def is_stored(value: Value) -> bool:
        maker = makers.get(value)
        if maker is None or not fusable[maker] or is_reduction(maker) or value in outside:
            return True
        return any(
            not _together(maker, user, fusable) or levels[user] != levels[maker] for user in users.get(value, ())
        )

    for line in reversed(program.lines):
        if not fusable[line] or is_reduction(line) or line.result in outside:
            continue
        readers = users.get(line.result, [])
        if not readers or not all(_together(line, user, fusable) for user in readers):
            continue
        level = min(levels[user] for user in readers)
        if level > levels[line] and all(v.shape != line.result.shape or is_stored(v) for v in line.reads):
            levels[line] = level
    return levels
