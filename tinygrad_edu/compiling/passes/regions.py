"""Gather what another language can say into regions: runs of lines that become one function there.

Lines are taken in turns: everything that is ready and can be said there, then everything that is ready and cannot. A
view (a slice, a transposed array) costs nothing on either side, so each side that reads it makes its own.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from heapq import heappop, heappush

from ..kinds import is_pure
from ..program import Line, Program, Region, Value, values_in


def gather(program: Program, can: Callable[[Line], bool], is_view: Callable[[Line], bool]) -> Program:
    """Put the lines that `can` be said elsewhere into regions."""
    makers, number = program.makers, {line: i for i, line in enumerate(program.lines)}
    views = {line for line in program.lines if is_view(line)}
    after: dict[Line, list[Line]] = {}
    waits: dict[Line, set[Line]] = {}
    draw: Line | None = None
    for line in program.lines:
        waits[line] = {makers[v] for v in line.reads if v in makers}
        if not is_pure(line):  # draws of random numbers stay in their order
            waits[line] |= {draw} if draw is not None else set()
            draw = line
        for each in waits[line]:
            after.setdefault(each, []).append(line)
    inside = {line: can(line) and line not in views for line in program.lines}
    queues: dict[bool, list[tuple[int, Line]]] = {True: [], False: []}

    def ready(line: Line) -> None:
        """A line waits for nothing more; a view is made at once, and belongs to no side."""
        if line in views:
            finish(line)
        else:
            heappush(queues[inside[line]], (number[line], line))

    def finish(line: Line) -> None:
        for each in after.get(line, ()):
            waits[each].discard(line)
            if not waits[each]:
                ready(each)

    for line in [line for line in program.lines if not waits[line]]:
        ready(line)
    runs: list[tuple[bool, list[Line]]] = []
    turn = True
    while queues[True] or queues[False]:
        run: list[Line] = []
        while queues[turn]:
            line = heappop(queues[turn])[1]
            run.append(line)
            finish(line)
        if run:
            runs.append((turn, run))
        turn = not turn
    return replace(program, lines=tuple(_laid_out(program, runs, views)))


def _laid_out(program: Program, runs: list[tuple[bool, list[Line]]], views: set[Line]) -> list[Line]:
    makers = program.makers
    wanted = set(values_in(program.outputs))  # outside of regions
    reads_of: list[set[Value]] = []
    for there, run in runs:
        needed = _with_views(run, makers, views) if there else run
        reads_of.append({v for line in needed for v in line.reads})
        if not there:
            for line in run:
                wanted.update(line.reads)
    for line in reversed(program.lines):  # a view that is wanted outside wants what it is a view of
        if line in views and not wanted.isdisjoint(line.results):
            wanted.update(line.reads)
    lines: list[Line] = []
    made: set[Value] = set(program.inputs)

    def make_views() -> None:
        for line in program.lines:
            if line in views and line.result in wanted and line.result not in made and made.issuperset(line.reads):
                lines.append(line)
                made.update(line.results)

    for i, (there, run) in enumerate(runs):
        make_views()
        if not there:
            for line in run:
                lines.append(line)
                made.update(line.results)
                make_views()
            continue
        body = _with_views(run, makers, views)
        own = {v for line in body for v in line.results}
        later = set().union(*reads_of[i + 1 :]) | wanted
        inputs = tuple(dict.fromkeys(v for line in body for v in line.reads if v not in own))
        outputs = tuple(v for line in run for v in line.results if v in later)
        lines.append(
            Line(Region(Program(inputs, tuple(body), outputs)), inputs, {}, outputs, several=True, place=run[0].place)
        )
        made.update(outputs)
    make_views()
    return lines


def _with_views(run: list[Line], makers: dict[Value, Line], views: set[Line]) -> list[Line]:
    """The lines, each after the views that it reads."""
    lines: list[Line] = []
    done: set[Line] = set()

    def add(line: Line) -> None:
        for value in line.reads:
            maker = makers.get(value)
            if maker in views and maker not in done and maker is not None:
                add(maker)
        done.add(line)
        lines.append(line)

    for line in run:
        add(line)
    return lines
