"""The loops of a kernel in C: as few as its arrays allow, the innermost one for the compiler to vectorise.

They are written with names of two letters first (a0, a1 for arrays that are read, o0 for one that is written, x0 for an
element, t0 for what is computed), so that loops which differ in names alone are found to be one. `LoopWriter.names`
has the names that are printed in their places: `X` for an array, `X_ij` for its element, `i` and `j` for the indices.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from .names_c import Names
from .passes.fuse import domain_of, is_reduction
from .program import Kernel, Line, Value
from .spelling_c import C_TYPES, expression, is_dear, literal
from .stages import blocks_of
from .storage import Storage, contiguous

BLOCK = 2048
"""Elements of a partial sum: as exact as NumPy's sum in pairs."""
LONG = 1 << 22
"""Work of a loop beyond which threads pay, in additions of one element: 0.4 ms, where waking a thread takes 0.04 ms."""
LARGEST = 1 << 21
"""Work of a block that a thread takes."""
DEAR = 8
"""Work of a division, or of a call of a function."""
START = {np.sum: "0", np.max: "-INFINITY", np.min: "INFINITY"}
"""What a reduction begins with."""
INDICES = [*"ijklmn", *(f"i{d}" for d in range(6, 64))]
"""Of the loops, from the outermost on."""
MARK = "  //@"
"""Before the number of the line of the kernel that a statement comes from."""


def place(strides: tuple[int, ...]) -> str:
    """The index of an element: ``i0 * 30 + i1``."""
    terms = [f"i{d}" if s == 1 else f"i{d} * {s}" for d, s in enumerate(strides) if s]
    return " + ".join(terms) or "0"


Strides = tuple[int, ...]


def grouped(domain: Sequence[int], strides: Sequence[Strides], apart: Sequence[int] = ()) -> list[list[int]]:
    """The axes of a domain in groups that all arrays walk in one go; those of length 1 left out, some kept apart."""
    groups: list[list[int]] = []
    for d in [d for d, n in enumerate(domain) if n != 1]:
        joint = groups and d not in apart and groups[-1][-1] not in apart
        if joint and all(s[groups[-1][-1]] == s[d] * domain[d] for s in strides):
            groups[-1].append(d)
        else:
            groups.append([d])
    return groups


def merged(domain: Sequence[int], strides: Sequence[Strides]) -> tuple[tuple[int, ...], list[Strides]]:
    """The same walk with as few loops as possible."""
    groups = grouped(domain, strides)
    lengths = tuple(math.prod(domain[d] for d in group) for group in groups)
    return lengths, [tuple(s[group[-1]] for group in groups) for s in strides]


class LoopWriter:
    """Writes a kernel as a nest of loops; `apart` says that no result is written over an argument."""

    def __init__(self, kernel: Kernel, arrays: Sequence[Storage], apart: bool = True) -> None:
        self.pointer = "*restrict " if apart else "*"
        self.kernel, self.lines = kernel, kernel.program.lines
        self.inputs, self.outputs = kernel.program.inputs, kernel.program.outputs
        self.reduced = {line.result: line for line in self.lines if is_reduction(line)}
        strides = [*(x.over(kernel.domain) for x in arrays), *(self._strides(v) for v in self.outputs)]
        bounds = {v: x.bounded(kernel.domain) for v, x in zip(self.inputs, arrays, strict=True)}
        groups = grouped(kernel.domain, strides, [d for some in bounds.values() for d in some])
        self.domain = tuple(math.prod(kernel.domain[d] for d in group) for group in groups)
        steps = [tuple(s[group[-1]] for group in groups) for s in strides]
        self.given = dict(zip(self.inputs, steps, strict=False))
        self.taken = dict(zip(self.outputs, steps[len(self.inputs) :], strict=True))
        level = {group[0]: k for k, group in enumerate(groups)}
        self.bounds = {v: {level[d]: pair for d, pair in some.items()} for v, some in bounds.items()}
        self.names: dict[Value, str] = {}
        self.made: list[Value] = []  # t0, t1, ...
        each = sum(DEAR if is_dear(line) else 1 for line in self.lines) + len(self.inputs) + len(self.outputs)
        work = each * math.prod(self.domain)
        self.step = blocks_of(self.domain, work, LARGEST, BLOCK) if self.domain and work > LONG else 0
        self.step = self.step if self.step and self.domain[0] > self.step else 0

    @property
    def blocks(self) -> int:
        """In how many blocks the outermost loop is walked, where that is long."""
        return -(-self.domain[0] // self.step)

    @property
    def joined(self) -> list[Value]:
        """The reductions of which every block makes a part."""
        return [v for v in self.outputs if v in self.reduced and not self.taken[v][0]]

    def _strides(self, v: Value) -> tuple[int, ...]:
        if v not in self.reduced:
            return contiguous(self.kernel.domain)
        line = self.reduced[v]
        n, axis = len(domain_of(line)), line.params.get("axis")
        axes = range(n) if axis is None else [a % n for a in (axis if isinstance(axis, tuple) else (axis,))]
        kept = contiguous([1 if d in axes else length for d, length in enumerate(self.kernel.domain)])
        return tuple(0 if d in axes else s for d, s in enumerate(kept))

    def signature(self) -> str:
        """The arguments: a pointer for each input and output."""
        ins = [f"const {C_TYPES[str(v.dtype)]} {self.pointer}a{i}" for i, v in enumerate(self.inputs)]
        outs = [f"{C_TYPES[str(v.dtype)]} {self.pointer}o{i}" for i, v in enumerate(self.outputs)]
        return ", ".join([*ins, *outs, *["long first", "long last"] * bool(self.step)])

    def join(self, v: Value) -> tuple[str, str]:
        """The signature and the body of the function that puts the parts of a reduction together, in their order."""
        kind, size, line = C_TYPES[str(v.dtype)], max(1, v.size), self.reduced[v]
        each, at, part = (f"for (long i = 0; i < {size}; i++) ", "i", f"k * {size} + i") if size > 1 else ("", "0", "k")
        body = f"    {each}o0[{at}] = {START[line.operation]};\n"
        body += f"    for (long k = 0; k < {self.blocks}; k++) {each}\n        ".replace(" \n", "\n")
        body += self._add(line, f"o0[{at}]", f"a0[{part}]", None)[0]
        return f"const {kind} *restrict a0, {kind} *restrict o0", body + "\n"

    def body(self) -> str:
        """The loops."""
        depth = len(self.domain)
        text = []
        for i, v in enumerate(self.inputs):
            if not any(self.given[v]) and not self.bounds[v]:
                text.append(f"    const {C_TYPES[str(v.dtype)]} n{i} = a{i}[0];")
                self.names[v] = f"n{i}"
        for i, v in enumerate(self.outputs):
            if v in self.reduced:
                first, end = "0", str(max(1, v.size))
                if self.step and v in self.joined:
                    text.append(f"    o{i} += first / {self.step}" + (f" * {end};" if v.size > 1 else ";"))
                elif self.step:
                    first, end = (f"{edge} * {self.taken[v][0]}" for edge in ("first", "last"))
                start = START[self.reduced[v].operation]
                loop = f"for (long i = {first}; i < {end}; i++) " if (first, end) != ("0", "1") else ""
                text.append(f"    {loop}o{i}[{'i' if loop else 0}] = {start};")
        inner, sums = self._inside()
        for d in range(depth - 1):
            first, end = self._edges(d)
            text.append("    " * (d + 1) + f"for (long i{d} = {first}; i{d} < {end}; i{d}++) {{")
        pad = "    " * max(1, depth)
        if depth == 0:
            text += [f"    {each}" for each in inner]
            return "\n".join(text) + "\n"
        d = depth - 1
        first, end = self._edges(d)
        blocked = bool(sums) and self.domain[d] > 2 * BLOCK
        if blocked:
            text.append(f"{pad}for (long block = {first}; block < {end}; block += {BLOCK}) {{")
            pad += "    "
            text.append(f"{pad}const long end = block + {BLOCK} < {end} ? block + {BLOCK} : {end};")
            first, end = "block", "end"
        text += [pad + each for each in self._accumulators(sums)]
        clauses = self._clauses(sums)
        text.append(f"{pad}#pragma omp simd{clauses}")
        text.append(f"{pad}for (long i{d} = {first}; i{d} < {end}; i{d}++) {{")
        text += [f"{pad}    {each}" for each in inner]
        text.append(f"{pad}}}")
        text += [pad + each for each in self._stored(sums)]
        closing = depth - 1 + blocked
        text += ["    " * k + "}" for k in range(closing, 0, -1)]
        return "\n".join(text) + "\n"

    def printed(self, name: Mapping[Value, str]) -> dict[str, str]:
        """What the names of two letters are in print, if the values are called as given; after `body`."""
        found: dict[str, str] = {}
        names = Names(INDICES)
        for letter, values in (("a", self.inputs), ("o", self.outputs)):
            found |= {f"{letter}{i}": names.new(name[v]) for i, v in enumerate(values)}
        at = lambda steps: "".join(INDICES[d] for d, s in enumerate(steps) if s) or "0"
        for v in self.inputs:
            found[self.names[v]] = names.new(f"{name[v]}_{at(self.given[v])}")
        for i, v in enumerate(self.made):
            own = v in self.taken or v.name
            found[f"t{i}"] = names.new(f"{name[v]}_{at([1 for _ in self.domain])}" if own else name[v])
        for i, v in enumerate(self.outputs):
            if v in self.reduced:
                found[f"s{i}"] = names.new(f"{name[v]}_{self.reduced[v].operation.__name__}")
                found[f"q{i}"] = names.new(f"{name[v]}_nan")
        return found | {f"i{d}": INDICES[d] for d in range(len(self.domain))}

    def _edges(self, d: int) -> tuple[str, str]:
        return ("first", "last") if self.step and d == 0 else ("0", str(self.domain[d]))

    def _inside(self) -> tuple[list[str], list[tuple[int, Value]]]:
        """The statements for one element; and the outputs that are summed up along the innermost axis."""
        text, sums = [], []
        for i, v in enumerate(self.inputs):
            if v not in self.names:
                self.names[v] = f"x{i}"
                element = f"a{i}[{place(self.given[v])}]"
                if self.bounds[v]:
                    element = f"({self._within(v)}) ? {element} : 0"
                text.append(f"const {C_TYPES[str(v.dtype)]} x{i} = {element};")
        numbers = {v: i for i, v in enumerate(self.outputs)}
        read = {v for line in self.lines for v in line.reads}
        for k, line in enumerate(self.lines):
            v, mark = line.result, f"{MARK}{k}"
            if v in self.reduced:
                i, x = numbers[v], self.names[line.args[0]]
                within = self.domain and self.taken[v][-1] == 0
                if within:
                    sums.append((i, v))
                target = f"s{i}" if within else f"o{i}[{place(self.taken[v])}]"
                first, *rest = self._add(line, target, x, f"q{i}" if within else None)
                text += [first + mark, *rest]
                continue
            stored = f"o{numbers[v]}[{place(self.taken[v])}]" if v in numbers else ""
            if stored and v not in read:
                text.append(f"{stored} = {expression(line, self._spelled)};{mark}")
                continue
            self.names[v] = f"t{len(self.made)}"
            self.made.append(v)
            text.append(f"const {C_TYPES[str(v.dtype)]} {self.names[v]} = {expression(line, self._spelled)};{mark}")
            if stored:
                text.append(f"{stored} = {self.names[v]};")
        return text, sums

    def _within(self, v: Value) -> str:
        """The condition that an element of a padded array is one of the array."""
        tests = []
        for d, (low, high) in self.bounds[v].items():
            tests += [f"i{d} >= {low}"] * (low > 0) + [f"i{d} < {high}"] * (high < self.domain[d])
        return " && ".join(tests) or "1"

    def _spelled(self, x: Any, dtype: np.dtype[Any]) -> str:
        if type(x) is not Value:
            return literal(x, dtype)
        name = self.names[x]
        return name if x.dtype == dtype else f"(({C_TYPES[str(dtype)]}){name})"

    def _add(self, line: Line, target: str, x: str, nan: str | None) -> list[str]:
        if line.operation is np.sum:
            return [f"{target} += {x};"]
        sign = ">" if line.operation is np.max else "<"
        if nan is None:
            return [f"{target} = ({x} {sign} {target} || {x} != {x}) ? {x} : {target};"]
        return [f"{target} = {x} {sign} {target} ? {x} : {target};", f"{nan} |= {x} != {x};"]

    def _accumulators(self, sums: list[tuple[int, Value]]) -> list[str]:
        text = []
        for i, v in sums:
            kind, f = C_TYPES[str(v.dtype)], self.reduced[v].operation
            start = START[f]
            text.append(f"{kind} s{i} = {start};" + ("" if f is np.sum else f" int q{i} = 0;"))
        return text

    def _clauses(self, sums: list[tuple[int, Value]]) -> str:
        signs: dict[str, list[str]] = {}
        for i, v in sums:
            f = self.reduced[v].operation
            signs.setdefault({np.sum: "+", np.max: "max", np.min: "min"}[f], []).append(f"s{i}")
            if f is not np.sum:
                signs.setdefault("|", []).append(f"q{i}")
        return "".join(f" reduction({sign}:{', '.join(some)})" for sign, some in signs.items())

    def _stored(self, sums: list[tuple[int, Value]]) -> list[str]:
        text = []
        for i, v in sums:
            target = f"o{i}[{place((*self.taken[v][:-1], 0))}]"
            line = self.reduced[v]
            if line.operation is not np.sum:
                text.append(f"if (q{i}) s{i} = NAN;")
            text += self._add(line, target, f"s{i}", None)
        return text
