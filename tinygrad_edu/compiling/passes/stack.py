"""Stack: lines that do the same to different things become one line that does it to the stack of them.

The columns of a Hessian are computed alike, each from a basis vector of its own; the steps of a recurrent net each
multiply a row of the same matrix. Such families begin with lines that differ in a constant array or in the row they
take, and grow as long as their members are used alike. Members never wait for each other, since what differs between
them is constant, so a family is one line with a first axis for the members. What a later line needs of one member
alone is a row of the stack.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from heapq import heapify, heappop, heappush
from itertools import pairwise
from typing import Any

import numpy as np

from ...rules.indexing import scatter
from ..kinds import is_pointwise, is_pure
from ..program import Line, Program, Value, substituted, values_in
from ..storage import is_slicing
from .costs import cost
from .merge import drop, key_of

FEWEST = 4
"""Smaller families stay as they are."""
LARGEST = 4_000_000
"""Elements of a stack: larger ones would need memory that one member after the other does not."""

REDUCTIONS = (np.sum, np.max, np.min)


@dataclass(eq=False)
class Family:
    """Lines that are alike; `members[k]` is the k-th."""

    members: dict[int, Line] = field(default_factory=dict)
    seeds: list[Any] | None = None  # the constants that differ, if the family begins with them
    parents: set[Family] = field(default_factory=set)
    stacked: Value | None = None

    @property
    def first(self) -> Line:
        return self.members[0]


def stack(program: Program) -> Program:
    """The program with families in one line each, if that is less work."""
    families, places = _found(program)
    lasting = _lasting(families)
    if not lasting:
        return program
    candidate = drop(_stacked(program, lasting, {v: p for v, p in places.items() if p[0] in lasting}))
    return candidate if cost(candidate) < cost(program) else program


Places = dict[Value, tuple[Family, int]]


def _found(program: Program) -> tuple[dict[Any, Family], Places]:
    """All families, and the place of each value that is a member's result."""
    families: dict[Any, Family] = {}
    places: Places = {}
    for line in program.lines:
        if line.several or not is_pure(line) or line.result.weak:
            continue
        given = [places[v] for v in line.reads if v in places]
        seed = None
        if given:
            if len({k for _, k in given}) > 1:
                continue
            known = {v: id(places[v][0]) for v in line.reads if v in places}
            key: Any = (line.operation, key_of(_masked(line.args, known)), key_of(_masked(dict(line.params), known)))
        else:
            seed = _seed(line)
            if seed is None:
                continue
            key = (line.operation, *seed[1:], key_of(dict(line.params)))
        family = families.setdefault(key, Family())
        family.parents.update(f for f, _ in given)
        k = given[0][1] if given else len(family.members)
        if k in family.members:
            continue
        if seed is not None:
            family.seeds = [*(family.seeds or []), seed[0]]
        family.members[k] = line
        places[line.result] = family, k
    return families, places


def _seed(line: Line) -> tuple[Any, ...] | None:
    """What may differ between this line and its like, and what may not: a constant array, or the row that is taken."""
    if line.operation is operator.getitem:
        x, index = line.args
        parts = index if isinstance(index, tuple) else (index,)
        if type(x) is Value and parts and type(parts[0]) is int and is_slicing(index) and not list(values_in(index)):
            return parts[0], x, key_of(parts[1:])
        return None
    arrays = [i for i, x in enumerate(line.args) if type(x) is np.ndarray]
    if len(arrays) != 1 or line.params:
        return None
    (i,) = arrays
    x = line.args[i]
    rest = tuple("differs" if j == i else key_of(y) for j, y in enumerate(line.args))
    return x, i, rest, x.shape, x.dtype


def _masked(tree: Any, known: dict[Value, int]) -> Any:
    return substituted(tree, {v: ("member", number) for v, number in known.items()})


def _lasting(families: dict[Any, Family]) -> set[Family]:
    """The families that are complete and can be said in one line."""
    lasting: set[Family] = set()
    for family in families.values():
        n = len(family.members)
        whole = n >= FEWEST and set(family.members) == set(range(n)) and family.parents <= lasting
        if not whole or any(len(p.members) != n for p in family.parents):
            continue
        if n * family.first.result.size > LARGEST:
            continue
        if (
            family.seeds is None
            and _together(family.first, {v for p in family.parents for v in _results(p)}, n) is None
        ):
            continue
        if family.seeds is not None and family.first.operation is not operator.getitem:
            seed = next(x for x in family.first.args if type(x) is np.ndarray)
            stand_in = Value(seed.shape, seed.dtype)
            line = replace(family.first, args=tuple(stand_in if x is seed else x for x in family.first.args))
            if _together(line, {stand_in}, n) is None:
                continue
        lasting.add(family)
    return lasting


def _results(family: Family) -> list[Value]:
    return [line.result for line in family.members.values()]


# --- one line for a family --------------------------------------------------------------------------------------------


def _together(line: Line, members: set[Value], n: int) -> Callable[[Any], list[Line]] | None:
    """What writes the line of a family, given the line of its first member and which of its arguments differ.

    The result takes ``of``, which gives for a member's value the stack that it is in; None if there is no such line.
    """
    f, args, whole = line.operation, line.args, (n, *line.result.shape)
    differs = [type(x) is Value and x in members for x in args]
    x = args[0]

    def write(operation: Any, *given: Any, **params: Any) -> Callable[[Any], list[Line]]:
        def lines(of: Any) -> list[Line]:
            before: list[Line] = []
            opened = [arg(of, before) if callable(arg) else arg for arg in given]
            result = Value(whole, line.result.dtype)
            return [*before, Line(operation, tuple(opened), params, (result,), place=line.place)]

        return lines

    def grown(x: Value, ndim: int) -> Any:
        """The stack with axes of length 1 after the first, so that its members broadcast as they did."""

        def opened(of: Any, before: list[Line]) -> Value:
            stacked: Value = of(x)
            if len(x.shape) == ndim:
                return stacked
            shape = (n, *[1] * (ndim - len(x.shape)), *x.shape)
            before.append(Line(np.reshape, (stacked, shape), {}, (Value(shape, x.dtype),), place=line.place))
            return before[-1].result

        return opened

    if any(v in members for v in values_in(dict(line.params))):
        return None
    if is_pointwise(line):
        ndim = len(line.result.shape)
        return write(f, *[grown(a, ndim) if d else a for a, d in zip(args, differs, strict=True)], **line.params)
    if f is np.matmul and not line.params:
        return _product(line, differs, write, grown)
    if differs != [True] + [False] * (len(args) - 1) or type(x) is not Value:
        return None
    same = grown(x, len(x.shape))
    if f in REDUCTIONS and len(args) == 1 and set(line.params) <= {"axis", "keepdims"}:
        axis = line.params.get("axis")
        some = range(len(x.shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
        axes = tuple(a + 1 if a >= 0 else a for a in some)
        return write(f, same, **{**line.params, "axis": axes[0] if len(axes) == 1 else axes})
    if f is np.reshape and len(args) == 2 and not line.params:
        return write(f, same, whole)
    if f is operator.getitem and is_slicing(args[1]) and not list(values_in(args[1])):
        index = args[1] if isinstance(args[1], tuple) else (args[1],)
        return write(f, same, (slice(None), *index))
    if f is np.broadcast_to and len(args) == 2:
        return write(f, grown(x, len(line.result.shape)), whole)
    if f is np.matrix_transpose:
        return write(f, same)
    if f is scatter and is_slicing(line.params["index"]) and not list(values_in(line.params)):
        index = line.params["index"]
        index = index if isinstance(index, tuple) else (index,)
        return write(f, same, shape=whole, index=(slice(None), *index))
    return None


def _product(line: Line, differs: list[bool], write: Any, grown: Any) -> Callable[[Any], list[Line]] | None:
    """A family of products with one matrix is one product: of the stack of its rows."""
    x, y = line.args
    if type(x) is not Value or type(y) is not Value:
        return None
    shapes = len(x.shape), len(y.shape)
    if differs == [True, False]:
        return write(np.matmul, grown(x, shapes[0]), y) if shapes in ((1, 2), (1, 1), (2, 2), (2, 1)) else None
    if shapes == (2, 2):
        first = grown(x, 2) if differs[0] else x
        return write(np.matmul, first, grown(y, 2) if differs[1] else y)
    if differs == [False, True] and shapes == (2, 1):  # A b, for many b: the rows of B A^T

        def turned(of: Any, before: list[Line]) -> Value:
            turned_x = Value(x.shape[::-1], x.dtype)
            before.append(Line(np.matrix_transpose, (x,), {}, (turned_x,), place=line.place))
            return turned_x

        return write(np.matmul, grown(y, 1), turned)
    return None


# --- the program ------------------------------------------------------------------------------------------------------


def _stacked(program: Program, lasting: set[Family], places: Places) -> Program:
    """The program with one line for each family, rows for single members, and all lines in an order that computes."""
    number = {line: i for i, line in enumerate(program.lines)}
    of_family: dict[Family, list[Line]] = {}
    inner = {line for family in lasting for line in family.members.values()}
    made: list[tuple[int, Line]] = []
    for family in sorted(lasting, key=lambda family: number[family.first]):
        of_family[family] = _lines_of(family, places)
        family.stacked = of_family[family][-1].result
        made += [(number[family.first], line) for line in of_family[family]]
    rows: dict[Value, Value] = {}

    def row(v: Value, i: int) -> Value:
        if v not in rows:
            family, k = places[v]
            rows[v] = Value(v.shape, v.dtype, v.name)
            made.append((i, Line(operator.getitem, (family.stacked, k), {}, (rows[v],), place=family.members[k].place)))
        return rows[v]

    for line in program.lines:
        if line in inner:
            continue
        if whole := _whole(line, places):
            made += [(number[line], each) for each in whole]
            continue
        needed = [v for v in dict.fromkeys(line.reads) if v in places]
        known = {v: row(v, number[line]) for v in needed}
        if known:
            line = replace(line, args=substituted(line.args, known), params=substituted(dict(line.params), known))
        made.append((number.get(line, len(number)), line))
    outputs = {v: row(v, len(number)) for v in values_in(program.outputs) if v in places}
    lines = in_order([line for _, line in sorted(made, key=lambda pair: pair[0])])
    return replace(program, lines=tuple(lines), outputs=substituted(program.outputs, outputs))


def _lines_of(family: Family, places: Places) -> list[Line]:
    """The line of a family, and what it needs before."""
    line, n = family.first, len(family.members)
    whole = (n, *line.result.shape)
    if family.seeds is None:
        members = {v for v in line.reads if v in places}
        write = _together(line, members, n)
        assert write is not None
        return write(lambda v: places[v][0].stacked)
    if line.operation is operator.getitem:
        x, index = line.args
        rest = index[1:] if isinstance(index, tuple) else ()
        rows = [k % x.shape[0] for k in family.seeds]
        steps = {b - a for a, b in pairwise(rows)}
        first = slice(rows[0], rows[-1] + 1) if steps == {1} else np.array(rows)
        if isinstance(first, slice):
            index = (first, *rest) if rest else first
            return [Line(operator.getitem, (x, index), {}, (Value(whole, x.dtype),), place=line.place)]
        taken = Value((n, *x.shape[1:]), x.dtype)
        lines = [Line(np.take, (x, first), {"axis": 0}, (taken,), place=line.place)]
        if rest:
            index = (slice(None), *rest)
            lines.append(Line(operator.getitem, (taken, index), {}, (Value(whole, x.dtype),), place=line.place))
        return lines
    seed = next(x for x in line.args if type(x) is np.ndarray)
    constant = np.stack(family.seeds)
    stand_in, stacked = Value(seed.shape, seed.dtype), Value(constant.shape, constant.dtype)
    alike = replace(line, args=tuple(stand_in if x is seed else x for x in line.args))
    write = _together(alike, {stand_in}, n)
    assert write is not None
    known = {stacked: constant}
    return [replace(each, args=substituted(each.args, known)) for each in write(lambda v: stacked)]


def _whole(line: Line, places: Places) -> list[Line] | None:
    """np.stack of all members of a family, in order: the stack, or its axes exchanged."""
    if line.operation is not np.stack or len(line.args) != 1 or not isinstance(line.args[0], list | tuple):
        return None
    parts = line.args[0]
    if not all(type(v) is Value and v in places for v in parts) or len({places[v][0] for v in parts}) != 1:
        return None
    family = places[parts[0]][0]
    if [places[v][1] for v in parts] != list(range(len(family.members))) or set(line.params) - {"axis"}:
        return None
    stacked = family.stacked
    assert stacked is not None
    axis, n = line.params.get("axis", 0), len(line.result.shape)
    if axis % n == 0:
        return [line.like(np.reshape, stacked, stacked.shape)]  # itself, under the name of the line's result
    if n == 2:
        return [line.like(np.matrix_transpose, stacked)]
    return [line.like(np.moveaxis, stacked, 0, axis % n)]


def in_order(lines: list[Line]) -> list[Line]:
    """The lines, each after what it reads and otherwise as they stand; draws of random numbers stay in their order."""
    makers = {v: line for line in lines for v in line.results}
    number = {line: i for i, line in enumerate(lines)}
    after: dict[Line, list[Line]] = {}
    waits: dict[Line, set[Line]] = {}
    draw: Line | None = None
    for line in lines:
        waits[line] = {makers[v] for v in line.reads if v in makers}
        if not is_pure(line):
            waits[line] |= {draw} if draw is not None else set()
            draw = line
        for each in waits[line]:
            after.setdefault(each, []).append(line)
    ready = [(number[line], line) for line in lines if not waits[line]]
    heapify(ready)
    found = []
    while ready:
        line = heappop(ready)[1]
        found.append(line)
        for each in after.get(line, ()):
            waits[each].discard(line)
            if not waits[each]:
                heappush(ready, (number[each], each))
    return found
