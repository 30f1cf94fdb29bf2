"""Emit C: each region of a program becomes one function, each kernel in it a loop.

The loops are plain C, vectorised by the compiler. Sums are made in blocks of a few thousand, so that they are as exact
as NumPy's. Kernels that differ only in what they are applied to are one function; a recurrent net of sixty steps needs
six. Matrix products stay with NumPy's BLAS, unless they are so small that calling it would take longer. Long loops go
by blocks, on threads (`stages.py`).
"""

from __future__ import annotations

import operator
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any

import numpy as np

from ..rules.indexing import scatter, setitem
from .emit_blocks import over
from .loops import LoopWriter, merged, place
from .passes.transposes import product
from .program import Kernel, Line, Program, Region, Value, values_in
from .spelling_c import C_TYPES, LIBMVEC, is_spoken, is_writable, literal
from .stages import RegionText, Stage
from .storage import Storage, contiguous, is_slicing, is_view, reshaped, viewed

SMALL = 8192
"""Multiplications in a matrix product below which a loop is faster than the call of BLAS."""

HEAD = """#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

/* NumPy's array object: where its elements lie, and whether they lie in order */
#define DATA(array) (*(void **)((char *)(array) + DATA_AT))
#define IN_ORDER(array) (*(int *)((char *)(array) + FLAGS_AT) & 1)
"""


def vector_functions() -> str:
    """The declarations that let loops call libmvec's functions for vectors."""
    rows = ['\n#ifdef LIBMVEC\n#define VECTOR __attribute__((simd("notinbranch"), const))']
    for name in LIBMVEC:
        two = name in ("pow", "atan2", "hypot")
        rows.append(f"VECTOR double {name}({'double, double' if two else 'double'});")
        rows.append(f"VECTOR float {name}f({'float, float' if two else 'float'});")
    return "\n".join([*rows, "#endif\n"])


def can_emit(line: Line) -> bool:
    """True if a line can be part of a region."""
    f = line.operation
    if isinstance(f, Kernel):
        return all(is_spoken(each) for each in f.program.lines)
    if any(str(v.dtype) not in C_TYPES for v in [*line.reads, *line.results]) or line.several:
        return False
    if not all(is_writable(x) for x in line.args) or 0 in line.result.shape:
        return False
    if f in (np.matmul, product):
        return _is_small_product(line)
    if f is scatter:
        number = type(line.args[0]) is Value or isinstance(line.args[0], np.generic | float | int)
        return number and is_slicing(line.params["index"]) and not list(values_in(line.params))
    if f is setitem:
        basic = is_slicing(line.params["index"]) and not list(values_in(line.params))
        same = type(line.args[0]) is Value and line.args[0].dtype == line.result.dtype
        return basic and same and type(line.args[1]) is Value
    return f is np.full and isinstance(line.args[1], np.generic | float | int)


def _is_small_product(line: Line) -> bool:
    shapes = [x.shape for x in line.args if type(x) is Value]
    if len(shapes) < 2 or line.result.dtype.kind != "f" or any(len(s) > 2 for s in shapes):  # type: ignore[union-attr]
        return False
    if any(x.dtype != line.result.dtype for x in line.args):
        return False
    inner = shapes[0][-2 if line.params.get("left") else -1]
    return 0 < inner * max(1, line.result.size) <= SMALL


@dataclass
class CModule:
    """The functions of all regions of a program.

    Attributes
    ----------
    functions : dict of str to str
        The text of each loop, by its body: what is equal is written once.
    regions : list of str
        The text of each region's function.
    wrappers : list of str
        Python functions that call them.
    calls : dict of str to list of str
        For each region's function the C types of its arguments, "array" for an array.
    fast : bool
        Compile without regard to NaN and infinity.
    threads : int
        On how many of them long loops run; the C text is the same for any number.
    """

    functions: dict[str, tuple[str, str]] = field(default_factory=dict)
    regions: list[str] = field(default_factory=list)
    wrappers: list[str] = field(default_factory=list)
    calls: dict[str, list[str]] = field(default_factory=dict)
    fast: bool = False
    threads: int = 1

    @property
    def source(self) -> str:
        """The whole module."""
        texts = [text for _, text in self.functions.values()]
        return "\n".join([HEAD + vector_functions(), *texts, *self.regions])

    def function(self, stem: str, signature: str, body: str) -> str:
        """The name of a static function with this body."""
        key = signature + body
        if key not in self.functions:
            name = f"{stem}_{len(self.functions) + 1}"
            self.functions[key] = name, f"static void {name}({signature})\n{{\n{body}}}\n"
        return self.functions[key][0]


class RegionWriter:
    """Writes one region."""

    def __init__(
        self, module: CModule, line: Line, names: Mapping[Value, str], out: Mapping[Value, Value] = MappingProxyType({})
    ) -> None:
        assert isinstance(line.operation, Region)
        self.module, self.names, self.out = module, names, out
        self.program: Program = line.operation.program
        self.name = f"region_{len(module.wrappers) + 1}"
        self.where: dict[Value, Storage] = {}
        self.stages = [Stage()]
        self.used = 0
        self.free: dict[int, list[int]] = {}
        self.held: dict[Value, tuple[int, int]] = {}

    @property
    def body(self) -> list[str]:
        """The statements of the last stage."""
        return self.stages[-1].statements

    def write(self) -> str:
        """Add the region's functions to the module, and its Python wrapper; returns the name."""
        given = self._inputs()
        own, results = self._outputs()
        last = {v: i for i, line in enumerate(self.program.lines) for v in line.reads}
        for line in reversed(self.program.lines):  # what is looked at is needed as long as the view of it
            if is_view(line) or line.operation is scatter:
                x = line.args[0]
                last[x] = max(last.get(x, 0), last.get(line.result, 0))
        self.by_kernels = self._read_by_kernels()
        for i, line in enumerate(self.program.lines):
            self._line(line)
            for v in [v for v in self.held if last.get(v, -1) <= i]:
                at, size = self.held.pop(v)
                self.free.setdefault(size, []).append(at)
        text = RegionText(self.name, given, own, results, self.stages, self.used)
        for name, (function, kinds) in text.functions().items():
            self.module.regions.append(function)
            self.module.calls[name] = kinds
        self.module.wrappers.append(text.wrapper(self.module.threads))
        return self.name

    # --- what goes in and out -----------------------------------------------------------------------------------------

    def _inputs(self) -> list[tuple[str, str]]:
        given = []
        for i, v in enumerate(self.program.inputs):
            kind = str(v.dtype)
            given.append((self.names[v], kind if v.shape == () else "array"))
            if v.shape == ():
                self.where[v] = Storage(f"&n{i}", 0, (), ())
            else:
                self.where[v] = Storage(f"({C_TYPES[kind]} *)DATA(x{i})", 0, v.shape, contiguous(v.shape))
        return given

    def _outputs(self) -> tuple[list[tuple[str, str, str]], list[str]]:
        """Arrays are given by the caller; numbers go into one array for each dtype."""
        kinds: dict[str, list[Value]] = {}
        own, results = [], []
        for i, v in enumerate(self.program.outputs):
            kind = str(v.dtype)
            if v.shape == ():
                number = kinds.setdefault(kind, [])
                self.where[v] = Storage(f"({C_TYPES[kind]} *)DATA(numbers_{kind})", len(number), (), ())
                at = len(number)
                results.append(f"numbers_{kind}.item({at})" if v.weak else f"numbers_{kind}[{at}]")
                number.append(v)
            else:
                self.where[v] = Storage(f"({C_TYPES[kind]} *)DATA(y{i})", 0, v.shape, contiguous(v.shape))
                shape = v.shape[0] if len(v.shape) == 1 else v.shape
                fresh = f"np.empty({shape}{_dtype(kind)})"
                own.append((f"y{i}", self.names[v], over(self.names[self.out[v]], fresh) if v in self.out else fresh))
                results.append(self.names[v])
        numbers = [
            (f"numbers_{kind}", f"numbers_{kind}", f"np.empty({len(some)}{_dtype(kind)})")
            for kind, some in kinds.items()
        ]
        return [*own, *numbers], results

    # --- memory -------------------------------------------------------------------------------------------------------

    def _place(self, v: Value) -> Storage:
        """Where a result goes: to the caller, or into the region's own memory."""
        if v not in self.where:
            assert v.dtype is not None
            size = -(-max(1, v.size) * v.dtype.itemsize // 64) * 64
            if self.free.get(size):
                at = self.free[size].pop()
            else:
                at, self.used = self.used, self.used + size
            self.held[v] = at, size
            self.where[v] = Storage(f"({C_TYPES[str(v.dtype)]} *)(work + {at})", 0, v.shape, contiguous(v.shape))
        return self.where[v]

    # --- lines --------------------------------------------------------------------------------------------------------

    def _line(self, line: Line) -> None:
        f = line.operation
        if isinstance(f, Kernel):
            self._kernel(line, f)
        elif is_view(line):
            found = viewed(line, self.where[line.args[0]])
            self.where[line.result] = found or self._copied(line)
        elif f in (np.matmul, product):
            self._product(line)
        elif f is np.full:
            out = self._place(line.result)
            self._fill(out, line.result, line.args[1])
        elif f is scatter and line.result in self.by_kernels and (padded := self._padded(line)):
            self.where[line.result] = padded
        else:
            out = self._place(line.result)
            if f is scatter:
                self.body.append(f"memset({out.pointer}, 0, {line.result.size * line.result.dtype.itemsize});")  # type: ignore[union-attr]
                x = line.args[0]
            else:
                self._copy(self.where[line.args[0]], out, line.result, line.result)
                x = line.args[1]
            target = viewed(Line(operator.getitem, (line.result, line.params["index"]), {}, (line.result,)), out)
            assert target is not None
            if type(x) is Value:
                self._copy(self.where[x], target, x, line.result)
            else:
                self._fill(target, line.result, x)

    def _read_by_kernels(self) -> set[Value]:
        """The values that only kernels read."""
        others = set(self.program.outputs)
        for line in self.program.lines:
            if not isinstance(line.operation, Kernel):
                others.update(line.reads)
        return {v for line in self.program.lines for v in line.results} - others

    def _padded(self, line: Line) -> Storage | None:
        """Zeros with x at a slice, as x with bounds, which loops look at; None if the index is no plain slice."""
        (x,), shape, index = line.args, line.params["shape"], line.params["index"]
        if type(x) is not Value:
            return None
        parts = list(index) if isinstance(index, tuple) else [index]
        if ... in parts:
            at = parts.index(...)
            parts[at : at + 1] = [slice(None)] * (len(shape) - len(parts) + 1)
        parts += [slice(None)] * (len(shape) - len(parts))
        if not all(type(p) is slice and p.step in (None, 1) for p in parts) or len(x.shape) != len(shape):
            return None
        within = self.where[x]
        if within.bounds or x.dtype != line.result.dtype:
            return None
        lows = [p.indices(n)[0] for p, n in zip(parts, shape, strict=True)]
        bounds = tuple((low, low + n) for low, n in zip(lows, x.shape, strict=True))
        start = sum(low * s for low, s in zip(lows, within.strides, strict=True))
        return Storage(within.base, within.offset - start, tuple(shape), within.strides, bounds)

    def _copied(self, line: Line) -> Storage:
        """A view that needs a copy after all: a reshape of what does not lie in order."""
        x = self.where[line.args[0]]
        out = self._place(line.result)
        straight = reshaped(out, x.shape)
        self._copy(x, straight, line.result, line.result)
        return out

    def _fill(self, out: Storage, v: Value, number: Any) -> None:
        """One number at all places of an array."""
        assert v.dtype is not None
        kind = C_TYPES[str(v.dtype)]
        domain, (strides,) = merged(out.shape, [out.strides])
        body = "    " + "".join(f"for (long i{d} = 0; i{d} < {n}; i{d}++) " for d, n in enumerate(domain))
        body += f"o[{place(strides)}] = {literal(number, v.dtype)};\n"
        self.body.append(f"{self.module.function('fill', f'{kind} *o', body)}({out.pointer});")

    def _copy(self, x: Storage, out: Storage, v: Value, like: Value) -> None:
        strides = [x.over(out.shape), out.strides]
        domain, strides = merged(out.shape, strides)
        text = "    " + "".join(f"for (long i{d} = 0; i{d} < {n}; i{d}++) " for d, n in enumerate(domain))
        text += f"o[{place(strides[1])}] = a[{place(strides[0])}];\n"
        kinds = C_TYPES[str(v.dtype)], C_TYPES[str(like.dtype)]
        name = self.module.function("copy", f"const {kinds[0]} *restrict a, {kinds[1]} *restrict o", text)
        self.body.append(f"{name}({x.pointer}, {out.pointer});")

    def _product(self, line: Line) -> None:
        x, y = (self.where[v] for v in line.args)
        out = self._place(line.result)
        (m, n, k), strides = _product_strides(line, x, y)
        kind = C_TYPES[str(line.result.dtype)]
        (xm, xk), (yk, yn) = strides
        if yn == 1 and n > 1:
            text = (
                f"    for (long i = 0; i < {m}; i++) {{\n"
                f"        for (long j = 0; j < {n}; j++) o[i * {n} + j] = 0;\n"
                f"        for (long k = 0; k < {k}; k++) {{\n"
                f"            const {kind} x = a[i * {xm} + k * {xk}];\n"
                f"            for (long j = 0; j < {n}; j++) o[i * {n} + j] += x * b[k * {yk} + j];\n"
                "        }\n    }\n"
            )
        elif n == 1 and xm == 1 and m > 1:
            text = (
                f"    for (long i = 0; i < {m}; i++) o[i] = 0;\n"
                f"    for (long k = 0; k < {k}; k++) {{\n        const {kind} y = b[k * {yk}];\n"
                f"        for (long i = 0; i < {m}; i++) o[i] += a[i + k * {xk}] * y;\n    }}\n"
            )
        else:
            text = (
                f"    for (long i = 0; i < {m}; i++) for (long j = 0; j < {n}; j++) {{\n        {kind} s = 0;\n"
                f"        #pragma omp simd reduction(+:s)\n"
                f"        for (long k = 0; k < {k}; k++) s += a[i * {xm} + k * {xk}] * b[k * {yk} + j * {yn}];\n"
                f"        o[i * {n} + j] = s;\n    }}\n"
            )
        signature = f"const {kind} *restrict a, const {kind} *restrict b, {kind} *restrict o"
        self.body.append(
            f"{self.module.function('product', signature, text)}({x.pointer}, {y.pointer}, {out.pointer});"
        )

    def _kernel(self, line: Line, kernel: Kernel) -> None:
        inputs, outputs = kernel.program.inputs, kernel.program.outputs
        xs, ys = [self.where[v] for v in inputs], [self._place(v) for v in outputs]
        writer = LoopWriter(kernel, xs, apart=not any(self.out.get(v) in inputs for v in outputs))
        if not writer.step:
            name = self.module.function("loop", writer.signature(), writer.body())
            self.body.append(f"{name}({', '.join(s.pointer for s in [*xs, *ys])});")
            return
        parts = {v: self._place(Value((writer.blocks, max(1, v.size)), v.dtype)) for v in writer.joined}
        targets = [parts.get(v, y) for v, y in zip(outputs, ys, strict=True)]
        name = self.module.function("loop", writer.signature(), writer.body())
        call = f"{name}({', '.join(s.pointer for s in [*xs, *targets])}, first, last);"
        self.stages += [Stage([call], writer.domain[0], writer.step), Stage()]
        for v, y in zip(outputs, ys, strict=True):
            if v in parts:
                name = self.module.function("join", *writer.join(v))
                self.body.append(f"{name}({parts[v].pointer}, {y.pointer});")


def _dtype(kind: str) -> str:
    return "" if kind == "float64" else f", np.{kind}"


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
