"""Looking at results: is anything infinite, or no number at all?

An eager pass looks at the gradients that it has found; a compiled one looks at its results. What is not finite stays so
through sums, products and roots, so a result that another one was computed from need not be looked at: of a step of
Adam the weights tell of the momentum too.
"""

from __future__ import annotations

from collections.abc import Iterable, Set
from math import isfinite
from typing import Any

import numpy as np

from ..rules.indexing import scatter
from .passes.transposes import product
from .program import Program, Value, values_in

PRESERVING = {
    *(np.add, np.subtract, np.multiply, np.negative, np.positive, np.square, np.sqrt, np.sum, np.reshape),
    *(np.transpose, np.matrix_transpose, np.swapaxes, np.broadcast_to, np.expand_dims, np.squeeze),
    *(np.stack, np.concatenate, scatter),
}
"""Functions whose result is not finite if any element of an argument is not: inf - inf and 0 inf are NaN."""
PRODUCTS = {np.matmul, np.dot, np.vecdot, np.tensordot, product}
"""So are these, but they are what `watched` asks about."""
ROW = 4096
"""Elements of a scalar product: so few that no BLAS hands it to threads, and waits for them."""


def watched(program: Program) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places of the outputs that have to be looked at, and those of inputs that tell of the other outputs."""
    outputs = [y if _is_inexact(y) else None for y in program.outputs]
    implied = _implied(program, PRESERVING)
    telling = implied | {y for y in outputs if y is not None}
    inputs = _instead(program, telling)
    number = {v: i for i, v in enumerate(program.inputs)}
    first = {y: i for i, y in reversed(list(enumerate(outputs))) if y is not None}
    places = [i for y, i in first.items() if y not in implied and y not in inputs]
    return tuple(sorted(places)), tuple(sorted({number[x] for given in inputs.values() for x in given}))


def _is_inexact(y: Any) -> bool:
    return type(y) is Value and y.dtype is not None and y.dtype.kind in "fc"


def _implied(program: Program, preserving: Set[Any]) -> set[Value]:
    """The values of which no element can be infinite, or NaN, without an output being so too."""
    implied: set[Value] = set()
    outputs = set(filter(_is_inexact, program.outputs))
    for line in reversed(program.lines):
        if not line.several and (line.result in implied or line.result in outputs):
            some = line.args[:1] if line.operation is np.divide else line.reads if line.operation in preserving else ()
            implied.update(x for x in some if type(x) is Value and x.dtype == line.result.dtype and x.size)
    return implied


def untold(program: Program, found: Iterable[Value]) -> set[Value]:
    """Those of these values on which the outputs depend without telling whether they are finite."""
    read = set(values_in(program.outputs))
    for line in reversed(program.lines):
        if not read.isdisjoint(line.results):
            read.update(line.reads)
    told = _implied(program, PRESERVING | PRODUCTS).union(filter(_is_inexact, program.outputs))
    return {g for g in found if _is_inexact(g) and g in read and g not in told}


def _instead(program: Program, telling: set[Value]) -> dict[Value, list[Value]]:
    """For products of what is told of already, nothing; for large ones of that and a smaller input, that input.

    A product of finite numbers may still overflow, but so it does in an eager pass.
    """
    products = {line.result for line in program.lines if line.operation in (np.matmul, product)}
    telling = telling - products  # whether a product that is looked at is one of them, is what is asked
    found: dict[Value, list[Value]] = {}
    for line in program.lines:
        if line.result in products and line.result in program.outputs:
            unknown = [x for x in line.args if x not in telling]
            small = all(x in program.inputs and x.size < line.result.size for x in unknown)
            if len(unknown) <= 1 and small:
                found[line.result] = unknown
    return found


def is_finite(y: Any) -> bool:
    """True if all elements are: their scalar product with themselves tells. If that overflows, the answer is wrong."""
    if type(y) is not np.ndarray:
        return not isinstance(y, float | np.inexact) or bool(np.isfinite(y))
    if y.dtype.kind != "f":
        return y.dtype.kind != "c" or bool(np.isfinite(np.add.reduce(y, axis=None)))
    row = y.ravel("K")
    n = row.size
    if n <= ROW:
        return isfinite(row.dot(row))
    whole = n - n % ROW
    rows, rest = row[:whole].reshape(-1, ROW), row[whole:]
    return isfinite(np.add.reduce(np.vecdot(rows, rows)) + rest.dot(rest))
