"""Turn the transposes of a matrix product into flags of it: BLAS reads a matrix by rows or by columns alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Line, Program, Value, rewritten


def product(x: Any, y: Any, left: bool = False, right: bool = False) -> Any:
    """x @ y, with the last two axes of x or of y exchanged."""
    return np.matmul(np.matrix_transpose(x) if left else x, np.matrix_transpose(y) if right else y)


def flag(program: Program) -> Program:
    """Products of transposed matrices as products with flags; the transposes are then read by nobody.

    The transpose of a product that nobody else reads is the product of the transposes in the other order.
    """
    makers, users = program.makers, program.users

    def step(line: Line) -> Line:
        if (inner := untransposed(line.result, {line.result: line})) is not line.result:
            made = makers.get(inner) if users.get(inner) == 1 else None
            whole = made is not None and _is_product(made) and all(_rank(x) >= 2 for x in made.args)
            return _flagged(line, made.args[::-1], makers, True) if whole and made else line
        return _flagged(line, line.args, makers, False) if _is_product(line) else line

    return rewritten(program, step)


def _is_product(line: Line) -> bool:
    return line.operation is np.matmul and not line.params and len(line.args) == 2


def _flagged(line: Line, args: tuple[Any, ...], makers: dict[Value, Line], turned: bool) -> Line:
    """The line as a product of two matrices, both of them turned if so wanted; a transpose of one turns it back."""
    opened = [untransposed(x, makers) for x in args]
    flags = {k: True for k, a, b in zip(("left", "right"), opened, args, strict=True) if (a is not b) != turned}
    return line.like(product, *opened, **flags) if flags else line.like(np.matmul, *opened)


def _rank(x: Any) -> int:
    return len(x.shape) if type(x) is Value else np.ndim(x)


def untransposed(x: Any, makers: dict[Value, Line]) -> Any:
    """What x is the transpose of; else x itself."""
    line = makers.get(x) if type(x) is Value else None
    if line is None or len(x.shape) < 2:
        return x
    if line.operation is np.matrix_transpose:
        return line.args[0]
    n = len(x.shape)
    swaps = line.operation is np.swapaxes and {a % n for a in line.args[1:]} == {n - 1, n - 2}
    return line.args[0] if swaps else x
