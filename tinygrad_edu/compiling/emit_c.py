"""Emit C: each region of a program becomes one function, each kernel in it a loop.

The loops are plain C, vectorised by the compiler. Sums are made in blocks of a few thousand, so that they are as exact
as NumPy's. Kernels that differ only in what they are applied to are one function; a recurrent net of sixty steps needs
six. Matrix products stay with NumPy's BLAS, unless they are so small that calling it would take longer. Long loops go
by blocks, on threads (`stages.py`).
"""

from __future__ import annotations

import operator
from collections.abc import Iterator, Mapping
from dataclasses import replace
from types import MappingProxyType
from typing import Any

import numpy as np

from ..rules.indexing import scatter, setitem
from .emit_blocks import over
from .loops import INDICES, LoopWriter
from .module_c import WORD, CModule, Described, notes_of, quoted, shapes
from .names_c import Names, in_c
from .passes.transposes import product
from .pieces_c import Piece, copied, filled, is_small_product, multiplied
from .program import Kernel, Line, Program, Region, Value, values_in
from .spelling_c import C_TYPES, is_spoken, is_writable
from .stages import RegionText, Stage
from .storage import Storage, contiguous, is_slicing, is_view, reshaped, viewed

ARRAYS = (np.where, np.full, scatter, setitem)
"""What returns an array also where it has no axes; other functions return a number."""


def can_emit(line: Line) -> bool:
    """True if a line can be part of a region."""
    f = line.operation
    if isinstance(f, Kernel):
        return all(is_spoken(each) for each in f.program.lines)
    values = [*line.reads, *line.results]
    if any(str(v.dtype) not in C_TYPES or v.is_count for v in values) or line.several:
        return False
    if not all(is_writable(x) for x in line.args) or 0 in line.result.shape:
        return False
    if f in (np.matmul, product):
        return is_small_product(line)
    if f is scatter:
        number = type(line.args[0]) is Value or isinstance(line.args[0], np.generic | float | int)
        return number and is_slicing(line.params["index"]) and not list(values_in(line.params))
    if f is setitem:
        basic = is_slicing(line.params["index"]) and not list(values_in(line.params))
        same = type(line.args[0]) is Value and line.args[0].dtype == line.result.dtype
        return basic and same and type(line.args[1]) is Value
    return f is np.full and isinstance(line.args[1], np.generic | float | int)


class RegionWriter:
    """Writes one region."""

    def __init__(
        self, module: CModule, line: Line, names: Mapping[Value, str], out: Mapping[Value, Value] = MappingProxyType({})
    ) -> None:
        assert isinstance(line.operation, Region)
        self.module, self.names, self.out = module, names, out
        self.program: Program = line.operation.program
        self.name = f"region_{len(module.wrappers) + 1}"
        self.called = {v: in_c(name) for v, name in names.items()}
        self.own_names = Names()
        self.where: dict[Value, Storage] = {}
        self.declared: dict[str, tuple[str, int]] = {}
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
        for stage in self.stages:
            stage.statements = list(self._with_declarations(stage.statements))
        text = RegionText(self.name, given, own, results, self.stages, self.used)
        for name, (function, kinds) in text.functions().items():
            self.module.regions.append(function)
            self.module.calls[name] = kinds
        self.module.wrappers.append(text.wrapper(self.module.threads))
        return self.name

    def _with_declarations(self, statements: list[str]) -> Iterator[str]:
        """Statements, and before each the arrays in the region's own memory that it is the first to use."""
        known: set[str] = set()
        for statement in statements:
            kinds: dict[str, list[str]] = {}
            for name in WORD.findall(statement):
                if name in self.declared and name not in known:
                    known.add(name)
                    kind, at = self.declared[name]
                    kinds.setdefault(kind, []).append(f"*{name} = MEMORY({at})")
            yield from (f"{kind} {', '.join(some)};" for kind, some in kinds.items())
            yield statement

    # --- what goes in and out -----------------------------------------------------------------------------------------

    def _inputs(self) -> list[tuple[str, str, str]]:
        given = []
        for v in self.program.inputs:
            kind, name = str(v.dtype), self.own_names.new(self.called[v])
            given.append((name, self.names[v], kind if v.shape == () else "array"))
            if v.shape == ():
                self.where[v] = Storage(f"&{name}", 0, (), ())
            else:
                self.where[v] = Storage(f"DATA({name})", 0, v.shape, contiguous(v.shape), kind=C_TYPES[kind])
        return given

    def _outputs(self) -> tuple[list[tuple[str, str, str]], list[str]]:
        """Arrays are given by the caller; numbers go into one array for each dtype."""
        kinds: dict[str, list[Value]] = {}
        arrays = {line.result for line in _plain_lines(self.program) if line.operation in ARRAYS}
        own, results = [], []
        for v in self.program.outputs:
            kind = str(v.dtype)
            if v.shape == ():
                number = kinds.setdefault(kind, [])
                at = len(number)
                self.where[v] = Storage(f"DATA(numbers_{kind})", at, (), (), kind=C_TYPES[kind])
                array = f"numbers_{kind}[{at}, ...]" if v in arrays else f"numbers_{kind}[{at}]"
                results.append(f"numbers_{kind}.item({at})" if v.weak else array)
                number.append(v)
            else:
                name = self.own_names.new(self.called[v])
                self.where[v] = Storage(f"DATA({name})", 0, v.shape, contiguous(v.shape), kind=C_TYPES[kind])
                shape = v.shape[0] if len(v.shape) == 1 else v.shape
                fresh = f"np.empty({shape}{_dtype(kind)})"
                own.append((name, self.names[v], over(self.names[self.out[v]], fresh) if v in self.out else fresh))
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
            name = self.own_names.new(self.called[v])
            self.declared[name] = C_TYPES[str(v.dtype)], at
            self.where[v] = Storage(name, 0, v.shape, contiguous(v.shape))
        return self.where[v]

    # --- lines --------------------------------------------------------------------------------------------------------

    def _line(self, line: Line) -> None:
        f = line.operation
        if isinstance(f, Kernel):
            self._kernel(line, f)
        elif is_view(line):
            if line.result.name is None:
                self.called[line.result] = self.called[line.args[0]]
            found = viewed(line, self.where[line.args[0]])
            self.where[line.result] = found or self._copied(line)
        elif f in (np.matmul, product):
            given = [(v, self.where[v]) for v in line.args]
            piece = multiplied(line, *(x for _, x in given))
            self._call("product", piece, [*given, (line.result, self._place(line.result))], line)
        elif f is np.full:
            self._fill(self._place(line.result), line.args[1], line)
        elif f is scatter and line.result in self.by_kernels and (padded := self._padded(line)):
            self.where[line.result], self.called[line.result] = padded, self.called[line.args[0]]
        else:
            out, v = self._place(line.result), line.result
            assert v.dtype is not None
            if f is scatter:
                self.body.append(f"memset({out.pointer}, 0, {v.size * v.dtype.itemsize});")
                x = line.args[0]
            else:
                self._copy(line.args[0], out, line)
                x = line.args[1]
            target = viewed(Line(operator.getitem, (v, line.params["index"]), {}, (v,)), out)
            assert target is not None
            if type(x) is Value:
                self._copy(x, target, line)
            else:
                self._fill(target, x, line)

    def _fill(self, out: Storage, number: Any, line: Line) -> None:
        assert line.result.dtype is not None
        self._call("fill", filled(out, line.result.dtype, number), [(line.result, out)], line)

    def _copy(self, x: Value, out: Storage, line: Line) -> None:
        assert x.dtype is not None
        assert line.result.dtype is not None
        piece = copied(self.where[x], x.dtype, out, line.result.dtype)
        self._call("copy", piece, [(x, self.where[x]), (line.result, out)], line)

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
        return replace(within, offset=within.offset - start, shape=tuple(shape), bounds=bounds)

    def _copied(self, line: Line) -> Storage:
        """A view that needs a copy after all: a reshape of what does not lie in order."""
        out = self._place(line.result)
        self._copy(line.args[0], reshaped(out, line.args[0].shape), line)
        return out

    def _call(self, stem: str, piece: Piece, given: list[tuple[Value, Storage]], line: Line) -> None:
        """A call of a piece for arrays, of which the last is written."""
        pointers = ", ".join(x.pointer for _, x in given)
        names = [f"a{i}" for i in range(len(given) - 1)] + ["o0"]

        def describe() -> Described:
            new = Names([*INDICES, "x", "y", "sum"])
            words = {f"i{d}": i for d, i in enumerate(INDICES)}
            words |= {token: new.new(self.called[v]) for token, (v, _) in zip(names, given, strict=True)}
            kinds = [shapes([v], self.called) for v, _ in given]
            arrow = f"{', '.join(kinds[:-1])} -> {kinds[-1]}" if kinds[:-1] else kinds[-1]
            return words, [*quoted([line]), arrow], []

        self.body.append(f"{self.module.function(stem, *piece, describe)}({pointers});")

    def _kernel(self, line: Line, kernel: Kernel) -> None:
        inputs, outputs = kernel.program.inputs, kernel.program.outputs
        xs, ys = [self.where[v] for v in inputs], [self._place(v) for v in outputs]
        writer = LoopWriter(kernel, xs, apart=not any(self.out.get(v) in inputs for v in outputs))
        inner, body = kernel.program.lines, writer.body()

        def describe() -> Described:
            kinds = f"{shapes(inputs, self.called)} -> {shapes(outputs, self.called)}"
            return writer.printed(self.called), [*quoted(inner), kinds], notes_of(inner)

        name = self.module.function("loop", writer.signature(), body, describe)
        if not writer.step:
            self.body.append(f"{name}({', '.join(s.pointer for s in [*xs, *ys])});")
            return
        parts = {}
        for v in writer.joined:
            part = Value((writer.blocks, max(1, v.size)), v.dtype)
            self.called[part] = f"{self.called[v]}_parts"
            parts[v] = part, self._place(part)
        targets = [parts[v][1] if v in parts else y for v, y in zip(outputs, ys, strict=True)]
        call = f"{name}({', '.join(s.pointer for s in [*xs, *targets])}, first, last);"
        self.stages += [Stage([call], writer.domain[0], writer.step), Stage()]
        for v, y in zip(outputs, ys, strict=True):
            if v in parts:
                self._call("join", writer.join(v), [parts[v], (v, y)], writer.reduced[v])


def _plain_lines(program: Program) -> Iterator[Line]:
    """The lines of a region, those inside of kernels too."""
    for line in program.lines:
        yield from line.operation.program.lines if isinstance(line.operation, Kernel) else (line,)


def _dtype(kind: str) -> str:
    return "" if kind == "float64" else f", np.{kind}"
