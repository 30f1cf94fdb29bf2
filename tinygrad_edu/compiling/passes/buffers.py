"""Reuse buffers: write a large result into the memory of an array that nobody will read again.

A value's memory may be seen through other values (a view, a reshaped array), so an array is free only when the last of
its family has been read. Inputs are never written to, and neither is anything that is returned.
"""

from __future__ import annotations

import operator
from dataclasses import replace

import numpy as np

from ...rules.indexing import scatter
from ..kinds import is_pointwise, may_view
from ..program import Kernel, Line, Program, Region, Value, values_in
from .fuse import is_narrow
from .lower import added_at
from .transposes import product

SMALLEST = 4096
"""Smaller arrays cost less to make than to look after."""


def reuse(program: Program, smallest: int = SMALLEST) -> Program:
    """The same program; ``notes["out"]`` says for a result in which dead value's memory it goes.

    ``notes["spent"]`` are the arrays that each kernel is the last to read, and whose memory it may then use.
    """
    family = _families(program)
    last: dict[Value, int] = {}
    for i, line in enumerate(program.lines):
        for value in line.reads:
            last[family[value]] = i
        for value in line.results:
            last.setdefault(family[value], i)
    kept = {family[v] for v in [*program.inputs, *values_in(program.outputs)]}
    out: dict[Value, Value] = {}
    spent: dict[Line, list[Value]] = {}
    free: dict[tuple[tuple[int, ...], np.dtype | None], list[Value]] = {}
    dying: dict[int, list[Value]] = {}
    for line in program.lines:
        for value in line.results:
            if family[value] is value and value not in kept and owns(line) and value.size >= smallest:
                dying.setdefault(last[value], []).append(value)
    for i, line in enumerate(program.lines):
        elementwise = isinstance(line.operation, np.ufunc) and line.operation.signature is None
        if elementwise:  # may write over its own argument, which it has read by then
            _release(free, [v for v in dying.get(i, []) if v in line.reads])
        if line.operation is added_at and (x := line.args[0]) in dying.get(i, []):
            out[line.result] = x  # in place
            dying[i].remove(x)
            continue
        heads = [family[v] for v in {*line.reads}]
        alone = [x for x in dying.get(i, []) if x in line.reads and heads.count(x) == 1]
        for result in line.results if isinstance(line.operation, Kernel | Region) else ():
            fitting = [x for x in alone if result.size >= smallest and may_be_over(line, result, x)]
            if fitting:
                out[result] = fitting[0]
                dying[i].remove(fitting[0])
                alone.remove(fitting[0])
        if isinstance(line.operation, Kernel):
            spent[line] = alone
        for result in line.results if takes_out(line) or isinstance(line.operation, Kernel) else ():
            if result in out:
                continue
            choices = free.get((result.shape, result.dtype), [])
            if result.size >= smallest and choices:
                out[result] = choices.pop()
        rest = [v for v in dying.get(i, []) if not (elementwise and v in line.reads)]
        _release(free, rest)
    return replace(program, notes={**program.notes, "out": out, "spent": spent})


def may_be_over(line: Line, result: Value, x: Value) -> bool:
    """True if a kernel, or a kernel in a region, may write a result over an argument: it reads each element before.

    Nobody else in the region may look at the argument. A product that is only summed is computed where it is summed.
    """
    if (result.shape, result.dtype) != (x.shape, x.dtype) or x not in line.reads:
        return False
    kernel = line
    if isinstance(line.operation, Region):
        readers = [each for each in line.operation.program.lines if x in each.reads or result in each.results]
        if len(readers) != 1 or not isinstance(readers[0].operation, Kernel):
            return False
        (kernel,) = readers
    assert isinstance(kernel.operation, Kernel)
    lines = kernel.operation.program.lines
    if x.shape != kernel.operation.domain or is_narrow(x.shape):
        return False
    summed = {v for each in lines if x in each.reads for v in each.results} - set(line.results)
    last = max(k for k, each in enumerate(lines) if x in each.reads or not summed.isdisjoint(each.reads))
    return any(result in each.results and is_pointwise(each) and k >= last for k, each in enumerate(lines))


def _release(free: dict, values: list[Value]) -> None:
    for value in values:
        free.setdefault((value.shape, value.dtype), []).append(value)


def takes_out(line: Line) -> bool:
    """True for calls that can write their result into a given array."""
    f = line.operation
    if line.several or len(line.results) != 1:
        return False
    return (isinstance(f, np.ufunc) and f.nout == 1 and not line.params) or f is product


def owns(line: Line) -> bool:
    """True if the results lie in fresh memory of their own."""
    return (
        takes_out(line)
        or isinstance(line.operation, Kernel | Region)
        or line.operation in (np.where, operator.pow, scatter, added_at)
    )


def _families(program: Program) -> dict[Value, Value]:
    """For each value the oldest one whose memory it may share. Of several arguments the families become one."""
    head: dict[Value, Value] = {}

    def find(v: Value) -> Value:
        while head.get(v, v) is not v:
            v = head[v]
        return v

    for v in program.inputs:
        head[v] = v
    for line in program.lines:
        for v in line.results:
            head[v] = v
        if may_view(line):
            heads = [find(v) for v in [*line.reads, *line.results]]
            for other in heads[1:]:
                head[other] = heads[0]
    return {v: find(v) for v in head}


__all__ = ["Line", "owns", "reuse", "takes_out"]
