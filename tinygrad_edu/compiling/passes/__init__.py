"""Passes: each takes a program and returns one with the same meaning."""

from __future__ import annotations

from ..program import Kernel, Program
from .broadcasts import sink
from .buffers import reuse
from .fold import fold
from .fuse import fuse
from .identities import simplify
from .lower import lower
from .merge import drop, merge
from .regions import gather
from .transposes import flag

__all__ = [
    "Kernel",
    "drop",
    "flag",
    "fold",
    "fuse",
    "gather",
    "improved",
    "lower",
    "merge",
    "reuse",
    "simplify",
    "sink",
]


def improved(program: Program) -> Program:
    """The program after all passes that know nothing of machines."""
    for each in (fold, simplify, sink, fold, simplify, sink, merge, flag, drop):
        program = each(program)
    return program
