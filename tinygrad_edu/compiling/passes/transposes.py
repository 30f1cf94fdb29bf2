"""Turn the transposes of a matrix product into flags of it: BLAS reads a matrix by rows or by columns alike."""

from __future__ import annotations

from typing import Any

import numpy as np

from ..program import Line, Program, Value, rewritten


def product(x: Any, y: Any, left: bool = False, right: bool = False) -> Any:
    """x @ y, with the last two axes of x or of y exchanged."""
    return np.matmul(np.matrix_transpose(x) if left else x, np.matrix_transpose(y) if right else y)


def flag(program: Program) -> Program:
    """Products of transposed matrices as products with flags; the transposes are then read by nobody."""
    makers = program.makers

    def step(line: Line) -> Line:
        if line.operation is not np.matmul or line.params or len(line.args) != 2:
            return line
        opened = [_untransposed(x, makers) for x in line.args]
        flags = [a is not b for a, b in zip(opened, line.args, strict=True)]
        if not any(flags):
            return line
        return line.like(product, *opened, **{k: True for k, on in zip(("left", "right"), flags, strict=True) if on})

    return rewritten(program, step)


def _untransposed(x: Any, makers: dict[Value, Line]) -> Any:
    line = makers.get(x) if type(x) is Value else None
    if line is None or len(x.shape) < 2:
        return x
    if line.operation is np.matrix_transpose:
        return line.args[0]
    n = len(x.shape)
    swaps = line.operation is np.swapaxes and {a % n for a in line.args[1:]} == {n - 1, n - 2}
    return line.args[0] if swaps else x
