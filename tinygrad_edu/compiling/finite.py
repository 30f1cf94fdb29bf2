"""Looking at results: is anything infinite, or no number at all?

An eager pass looks at the gradients that it has found; a compiled one looks at its results. What is not finite stays so
through sums, products and roots, so a result that another one was computed from need not be looked at: of a step of
Adam the weights tell of the momentum too.
"""

from __future__ import annotations

from math import isfinite
from typing import Any

import numpy as np

from .passes.transposes import product
from .program import Program, Value

PRESERVING = {
    *(np.add, np.subtract, np.multiply, np.negative, np.positive, np.square, np.sqrt, np.sum, np.reshape),
    *(np.transpose, np.matrix_transpose, np.swapaxes, np.broadcast_to, np.expand_dims, np.squeeze),
}
"""Functions whose result is not finite if any element of an argument is not: inf - inf and 0 inf are NaN."""
ROW = 4096
"""Elements of a scalar product: so few that no BLAS hands it to threads, and waits for them."""


def watched(program: Program) -> tuple[tuple[int, ...], tuple[int, ...]]:
    """The places of the outputs that have to be looked at, and those of inputs that tell of the other outputs."""
    outputs = [
        y if type(y) is Value and y.dtype is not None and y.dtype.kind in "fc" else None for y in program.outputs
    ]
    telling = {y for y in outputs if y is not None}  # of these nothing can be infinite unseen
    implied: set[Value] = set()
    for line in reversed(program.lines):
        if line.several or line.result not in telling:
            continue
        some = line.args[:1] if line.operation is np.divide else line.args if line.operation in PRESERVING else ()
        given = {x for x in some if type(x) is Value and x.dtype == line.result.dtype and x.size}
        implied |= given
        telling |= given
    inputs = _instead(program, telling)
    number = {v: i for i, v in enumerate(program.inputs)}
    first = {y: i for i, y in reversed(list(enumerate(outputs))) if y is not None}
    places = [i for y, i in first.items() if y not in implied and y not in inputs]
    return tuple(sorted(places)), tuple(sorted({number[x] for given in inputs.values() for x in given}))


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
