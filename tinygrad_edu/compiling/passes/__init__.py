"""Passes: each takes a program and returns one with the same meaning."""

from __future__ import annotations

from ..program import Kernel, Program
from .broadcasts import sink
from .buffers import reuse
from .factors import factor
from .fold import fold
from .fuse import fuse
from .identities import simplify
from .layouts import lay
from .lower import lower
from .merge import drop, merge
from .regions import gather
from .stack import stack
from .sums import split
from .symmetric import symmetric
from .transposes import flag

__all__ = [
    "Kernel",
    "drop",
    "factor",
    "flag",
    "fold",
    "fuse",
    "gather",
    "improved",
    "lay",
    "lower",
    "merge",
    "reuse",
    "simplify",
    "sink",
    "split",
    "stack",
    "symmetric",
]


def improved(program: Program, looked_at: bool = False) -> Program:
    """The program after all passes that know nothing of machines.

    Parameters
    ----------
    looked_at : bool
        True if results that are not finite are computed again by the function itself: then factors are taken
        out, and of symmetric products a half is computed.
    """
    for each in (fold, simplify, sink, fold, simplify, sink, merge, stack):
        program = each(program)
    if looked_at:
        program = factor(program)
    for each in (lay, flag, drop):
        program = each(program)
    if looked_at:
        program = symmetric(program)
    return program
