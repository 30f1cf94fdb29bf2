"""Small things in C that are no kernels: a number at all places of an array, a copy, a product of small matrices.

Each is a signature and a body; a0 and a1 are read, o0 is written (see `loops.py`).
"""

from __future__ import annotations

from textwrap import indent
from typing import Any

import numpy as np

from .loops import merged, place
from .program import Line, Value
from .spelling_c import C_TYPES, literal
from .storage import Storage

SMALL = 8192
"""Multiplications in a matrix product below which a loop is faster than the call of BLAS."""

Piece = tuple[str, str]


def filled(out: Storage, dtype: np.dtype[Any], number: Any) -> Piece:
    """One number at all places of an array."""
    domain, (strides,) = merged(out.shape, [out.strides])
    body = f"{_loops(domain)}o0[{place(strides)}] = {literal(number, dtype)};\n"
    return f"{C_TYPES[str(dtype)]} *o0", body


def copied(x: Storage, given: np.dtype[Any], out: Storage, dtype: np.dtype[Any]) -> Piece:
    """The elements of an array, stretched to the shape of another, in its places."""
    domain, (read, written) = merged(out.shape, [x.over(out.shape), out.strides])
    body = f"{_loops(domain)}o0[{place(written)}] = a0[{place(read)}];\n"
    return f"const {C_TYPES[str(given)]} *restrict a0, {C_TYPES[str(dtype)]} *restrict o0", body


def _loops(domain: tuple[int, ...]) -> str:
    return "    " + "".join(f"for (long i{d} = 0; i{d} < {n}; i{d}++) " for d, n in enumerate(domain))


def is_small_product(line: Line) -> bool:
    """True for a product of matrices or vectors that is faster as loops."""
    shapes = [x.shape for x in line.args if type(x) is Value]
    if len(shapes) < 2 or line.result.dtype.kind != "f" or any(len(s) > 2 for s in shapes):  # type: ignore[union-attr]
        return False
    if any(x.dtype != line.result.dtype for x in line.args):
        return False
    inner = shapes[0][-2 if line.params.get("left") else -1]
    return 0 < inner * max(1, line.result.size) <= SMALL


def multiplied(line: Line, x: Storage, y: Storage) -> Piece:
    """A product of matrices or vectors, its innermost loop along what lies in order."""
    (m, n, k), ((xm, xk), (yk, yn)) = _product_strides(line, x, y)
    kind = C_TYPES[str(line.result.dtype)]
    x_ik, y_kj = _at("a0", i=xm * (m > 1), k=xk), _at("a1", k=yk, j=yn * (n > 1))
    o_ij = _at("o0", i=n * (m > 1), j=n > 1)
    rows, columns = (f"for (long {i} = 0; {i} < {length}; {i}++) " * (length > 1) for i, length in (("i", m), ("j", n)))
    inner = f"for (long k = 0; k < {k}; k++) "
    if yn == 1 and n > 1:
        text = (
            f"{columns}{o_ij} = 0;\n{inner}{{\n    const {kind} x = {x_ik};\n    {columns}{o_ij} += x * {y_kj};\n}}\n"
        )
        text = text if m == 1 else f"{rows}{{\n{indent(text, '    ')}}}\n"
    elif n == 1 and xm == 1 and m > 1:
        text = f"{rows}{o_ij} = 0;\n{inner}{{\n    const {kind} y = {y_kj};\n    {rows}{o_ij} += {x_ik} * y;\n}}\n"
    else:
        text = f"{kind} sum = 0;\n#pragma omp simd reduction(+:sum)\n{inner}sum += {x_ik} * {y_kj};\n{o_ij} = sum;\n"
        text = text if m == n == 1 else f"{rows}{columns}{{\n{indent(text, '    ')}}}\n"
    text = indent(text, "    ")
    return f"const {kind} *restrict a0, const {kind} *restrict a1, {kind} *restrict o0", text


def _at(name: str, **steps: int) -> str:
    """An element by its strides along the indices: ``a0[i * 4 + k]``."""
    terms = [i if step == 1 else f"{i} * {step}" for i, step in steps.items() if step]
    return f"{name}[{' + '.join(terms) or 0}]"


def _product_strides(line: Line, x: Storage, y: Storage) -> Any:
    """The sizes (m, n, k) and the strides ((x by m, x by k), (y by k, y by n)) of a product of matrices or vectors."""
    xs, xn = list(x.strides), list(x.shape)
    ys, yn = list(y.strides), list(y.shape)
    if line.params.get("left"):
        xs, xn = xs[::-1], xn[::-1]
    if line.params.get("right"):
        ys, yn = ys[::-1], yn[::-1]
    if len(xn) == 1:
        xs, xn = [0, *xs], [1, *xn]
    if len(yn) == 1:
        ys, yn = [*ys, 0], [*yn, 1]
    return (xn[0], yn[1], xn[1]), (tuple(xs), tuple(ys))
