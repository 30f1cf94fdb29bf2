"""Products that are symmetric: half of such a matrix is enough.

``X.T @ (d * X)``, the Hessian of a loss that goes by rows, is ``A.T @ A`` with ``A = sqrt(d) * X`` if no d is negative,
and BLAS computes half of that. To see that a logistic loss has such a d, ``x * e / u - x`` with u = 1 + e is written as
``-x / u``, which is closer, too: it loses nothing to the subtraction.

The same to rounding, not to the last bit; where a d is negative after all, the results are no numbers. So only results
that are looked at (`compiled.py`) are computed like this.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Line, Program, Value, rewritten
from .identities import simplify
from .merge import drop
from .signs import Makers, Signs
from .transposes import product

SMALLEST = 4096
"""Elements of a matrix: of fewer, the whole product costs no more than the calls."""


def symmetric(program: Program) -> Program:
    """The program with symmetric products, if there are any."""
    makers = program.makers
    if all(_weighted(line, makers) is None for line in program.lines):
        return program
    program = drop(simplify(_without_complements(program)))
    makers, users = program.makers, program.users
    signs = Signs(makers)

    def step(line: Line) -> Any:
        found = _weighted(line, makers)
        if found is None or users[found[2]] != 1 or not signs.is_nonnegative(found[1]):
            return line
        x, d, _ = found
        root, scaled = Value(d.shape, d.dtype), Value(x.shape, x.dtype)
        return [
            Line(np.sqrt, (d,), {}, (root,), place=line.place),
            Line(np.multiply, (root, x), {}, (scaled,), place=line.place),
            line.like(product, scaled, scaled, **line.params),
        ]

    return drop(rewritten(program, step))


def _weighted(line: Line, makers: Makers) -> tuple[Value, Value, Value] | None:
    """X, d and d * X of a line that is ``X.T @ (d * X)`` or ``X @ (d * X).T``."""
    if line.operation is not product or len(line.params) != 1:
        return None
    left = "left" in line.params
    for x, y in (line.args, line.args[::-1]):
        made = makers.get(y) if type(y) is Value else None
        if made is None or made.operation is not np.multiply or type(x) is not Value or len(x.shape) != 2:
            continue
        d = made.args[0] if made.args[1] is x else made.args[1]
        column = (x.shape[0], 1) if left else (1, x.shape[1])
        fits = type(d) is Value and d.shape in (column, column[1:] if not left else column)
        if fits and x in made.args and x.size >= SMALLEST and x.dtype == d.dtype == y.dtype and x.dtype.kind == "f":
            return x, d, y
    return None


def _without_complements(program: Program) -> Program:
    """x e / (1 + e) - x as -x / (1 + e), where x itself has the factors e and 1 / (1 + e): it is NaN for the same e."""
    makers = program.makers
    signs = Signs(makers)

    def is_complement(p: Any, q: Any) -> Value | None:
        over = makers.get(p) if type(p) is Value else None
        if over is None or over.operation is not np.divide:
            return None
        times, plus = (makers.get(y) if type(y) is Value else None for y in over.args)
        if times is None or plus is None or times.operation is not np.multiply or plus.operation is not np.add:
            return None
        number, e = plus.args if type(plus.args[1]) is Value else plus.args[::-1]
        _, powers = signs.factors(q)
        whole = type(number) in (int, float) and number == 1 and {*times.args} == {q, e} and q.shape == p.shape
        return plus.result if whole and powers.get(e, 0) > 0 > powers.get(plus.result, 0) else None

    def step(line: Line) -> Any:
        if line.operation is np.subtract and all(type(x) is Value for x in line.args):
            p, q = line.args
            if (u := is_complement(p, q)) is not None:
                value = Value(line.result.shape, line.result.dtype)
                return [Line(np.divide, (q, u), {}, (value,), place=line.place), line.like(np.negative, value)]
            if (u := is_complement(q, p)) is not None:
                return line.like(np.divide, p, u)
        return line

    return rewritten(program, step)
