"""Merge equal lines, and drop those that nobody reads."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import replace
from typing import Any

import numpy as np

from ..kinds import is_pure
from ..program import Line, Program, Value, substituted, values_in


def merge(program: Program) -> Program:
    """Of two lines that compute the same from the same, keep the first; draws of random numbers are never the same."""
    known: dict[Value, Any] = {}
    first: dict[Hashable, Line] = {}
    lines = []
    for line in program.lines:
        if not known.keys().isdisjoint(line.reads):
            line = replace(line, args=substituted(line.args, known), params=substituted(dict(line.params), known))
        if not is_pure(line):
            lines.append(line)
            continue
        key = (line.operation, key_of(line.args), key_of(line.params))
        if key in first:
            known.update(zip(line.results, first[key].results, strict=True))
        else:
            first[key] = line
            lines.append(line)
    return replace(program, lines=tuple(lines), outputs=substituted(program.outputs, known))


def drop(program: Program) -> Program:
    """Leave out the lines whose results no later line and no output reads."""
    wanted = set(values_in(program.outputs))
    lines = []
    for line in reversed(program.lines):
        if not is_pure(line) or not wanted.isdisjoint(line.results):
            wanted.update(line.reads)
            lines.append(line)
    return replace(program, lines=tuple(reversed(lines)))


def key_of(tree: Any) -> Hashable:
    """What tells trees of arguments apart: 1, 1.0 and True are different, and so are 0.0 and -0.0."""
    if isinstance(tree, tuple | list):
        return type(tree), tuple(map(key_of, tree))
    if isinstance(tree, dict):
        return tuple((name, key_of(tree[name])) for name in sorted(tree))
    if type(tree) is slice:
        return slice, key_of((tree.start, tree.stop, tree.step))
    if isinstance(tree, float | np.generic):
        return type(tree), repr(tree)
    if isinstance(tree, np.ndarray):
        return id(tree)
    try:
        hash(tree)
    except TypeError:
        return id(tree)
    return type(tree), tree
