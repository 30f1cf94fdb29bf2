"""Emit NumPy: a program as straight-line source that runs without this library.

Small results that are read once are written where they are read, so that a formula looks like one; large ones get a
line each, and the memory of a dead array (`out=`). A kernel becomes a function of a block, small enough for the cache,
and a loop over blocks, on several threads if the work is large: NumPy lets go of Python's lock while it computes.
"""

from __future__ import annotations

import keyword
import operator
import re
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..rules.indexing import scatter
from .emit_blocks import BLOCKS, POOL, BlockWriter
from .emit_c import RegionWriter
from .kinds import is_pointwise, is_pure
from .module_c import CModule
from .passes.buffers import SMALLEST, takes_out
from .passes.fuse import is_reduction
from .passes.lower import added_at, ones
from .passes.transposes import product
from .program import Kernel, Line, Program, Region, Value, names_of, values_in
from .spelling import ATOM, UNBROKEN, WIDTH, Speller, filled
from .stages import broken
from .toolchain import build, functions

FORGOTTEN = 4096
"""Bytes of an array from which on it is deleted where nobody reads it any more."""


@dataclass(frozen=True)
class Module:
    """A program as text.

    Attributes
    ----------
    source : str
        A module with one function, called like the user's.
    name : str
        Of that function.
    given : dict
        What the text cannot spell (a user's own operation, a large constant), to be put into its namespace.
    c : CModule
        What is written in C.
    """

    source: str
    name: str
    given: dict[str, Any]
    c: CModule

    def load(self) -> Any:
        """The function; what is written in C is compiled first."""
        space: dict[str, Any] = dict(self.given)
        if self.c.regions:
            space.update(functions(build(self.c.source, self.c.fast, self.c.calls), self.c.calls))
        exec(compile(self.source, f"<compiled {self.name}>", "exec"), space)
        return space[self.name]


def emit_numpy(program: Program, threads: int = 1, fast: bool = False) -> Module:
    """The text of a program; its regions are written in C, and are there once `c_source` has been compiled."""
    return Emitter(program, threads, fast).module()


RESERVED = re.compile(
    r"np|scipy|functools|concurrent|contextvars|in_blocks|pool|columns|scatter|put|bins|sum_log1p|arrays|memory"
    r"|(c_)?region_\d+(_\d+)?|numbers_(float|int)\d\d|numbers_bool|ones_\d+\w?|ones_\d+_float\d\d|constant_\d+"
    r"|i|j|parts?|id|float|int|slice"
)
"""Names that the text needs itself."""


class Emitter:
    """Writes one module."""

    def __init__(self, program: Program, threads: int, fast: bool = False) -> None:
        self.program, self.threads = program, threads
        self.name = program.name if program.name.isidentifier() and not keyword.iskeyword(program.name) else "f"
        self.name += "_" * bool(RESERVED.fullmatch(self.name))  # a function that is called np
        self.names = names_of(program)
        taken = set(self.names.values())
        for v, name in self.names.items():
            while RESERVED.fullmatch(name) or keyword.iskeyword(name) or name == self.name:
                name += "_"
            while name != self.names[v] and name in taken:
                name += "_"
            taken.add(name)
            self.names[v] = name
        self.speller = Speller(self.names)
        self.users = program.users
        # what is returned, or read in every block of a kernel, is not written out there
        self.apart = set(values_in(program.outputs))
        self.apart.update(
            v for line in program.lines if isinstance(line.operation, Kernel | Region) for v in line.reads
        )
        self.out: dict[Value, Value] = dict(program.notes.get("out", {}))
        self.spent = program.notes.get("spent", {})
        self.name_in_place()
        self.body: list[str] = []
        self.c = CModule(fast=fast, threads=threads, name=self.name)
        self.place: Any = None

    def module(self) -> Module:
        last = self.last_reads()
        dying: dict[int, list[Value]] = {}
        for v, i in last.items():
            dying.setdefault(i, []).append(v)
        spelled: dict[Value, set[Value]] = {}  # in the text of a result that is written where it is read
        for i, line in enumerate(self.program.lines):
            self.line(line, i)
            result = line.results[0]
            if result in self.speller.nested:
                spelled[result] = set().union(*[spelled.get(v, {v}) for v in line.reads])
                for v in spelled[result]:
                    if v in last and last[v] < last[result]:
                        last[v] = last[result]
                        dying.setdefault(last[v], []).append(v)
            else:
                gone = [self.names[v] for v in dying.pop(i, ()) if last[v] == i and self.is_forgotten(v)]
                living = {self.names[v] for v in line.results if last[v] > i}  # perhaps under an argument's name
                if named := [name for name in dict.fromkeys(gone) if name not in living]:
                    self.body.append(f"del {', '.join(named)}")
        results = self.results()
        signature = ", ".join(self.names[v] for v in self.program.inputs)
        about = ", ".join(f"{self.names[v]}: {v.kind}".replace(" ", UNBROKEN) for v in self.program.inputs)
        parts = [f'"""{self.name}, compiled to NumPy."""\n']
        texts = [*self.body, *self.c.wrappers]
        pool = any(", threads=" in text for text in texts)
        blocks = pool or any("in_blocks(" in text for text in texts)
        if pool:
            parts.append("import concurrent.futures\nimport contextvars\nimport functools\n")
        parts.append("import numpy as np\n" + "".join(f"import {m}\n" for m in sorted(self.speller.imports)))
        if self.speller.given:
            parts.append(f"# from outside: {', '.join(self.speller.given)}\n")
        helpers = list(self.speller.helpers.values()) + [POOL if pool else BLOCKS] * blocks
        parts += [*helpers, *self.c.wrappers]
        parts.append("\n" + filled(f"def{UNBROKEN}{self.name}({signature}):", "", " " * 8))
        if about:
            parts.append(filled(about, "    # ", "    # "))
        parts += [f"    {text}".rstrip() for text in self.body]
        parts.append(filled(f"return {results}", "    ", " " * 8) + "\n")
        return Module("\n".join(parts), self.name, self.speller.given, self.c)

    def name_in_place(self) -> None:
        """Give what is written over one of its own arguments the argument's name: ``h = x @ w``, ``h += b``.

        The user's name for the last of such values is the name of all.
        """
        for line in reversed(self.program.lines):
            dead = self.out.get(line.result)
            if isinstance(line.operation, np.ufunc) and dead in line.reads and dead.name is None:
                self.names[dead] = self.names[line.result]

    def last_reads(self) -> dict[Value, int]:
        """The number of the last line that reads each value; what is returned, or given, outlives them all."""
        last: dict[Value, int] = {}
        kept = {*self.program.inputs, *values_in(self.program.outputs)}
        for i, line in enumerate(self.program.lines):
            last |= dict.fromkeys([*line.results, *line.reads], i)
            last |= {self.out[v]: i for v in line.results if v in self.out}
            if line.operation is added_at:  # two values under one name
                kept.update(v for v in [*line.reads, line.result])
        return last | dict.fromkeys(kept, len(self.program.lines))

    def is_forgotten(self, v: Value) -> bool:
        """True for a large array that nobody reads any more, so that its memory is there for the next."""
        return v not in self.speller.nested and v.dtype is not None and v.size * v.dtype.itemsize >= FORGOTTEN

    def results(self) -> str:
        """The returned tuple: each result an array of the caller's own."""
        makers, seen, texts = self.program.makers, set(self.program.inputs), []
        for y in self.program.outputs:
            text = self.speller.tree(y)
            if type(y) is Value:
                own = y.weak or (y in makers and _is_fresh(makers[y]) and y not in seen)
                text = (
                    text
                    if own or (y.shape == () and y.dtype is not None and not _is_view(makers.get(y)))
                    else f"np.array({text})"
                )
                seen.add(y)
            elif isinstance(y, np.ndarray):
                text = f"np.array({text})"
            texts.append(text)
        return "(" + ", ".join(texts) + ("," if len(texts) == 1 else "") + ")"

    # --- lines --------------------------------------------------------------------------------------------------------

    def line(self, line: Line, i: int) -> None:
        if isinstance(line.operation, Kernel):
            self.body += BlockWriter(line, self.speller, self.out, self.threads, self.spent.get(line, ())).text()
            return
        if isinstance(line.operation, Region):
            left = ", ".join(self.names[v] for v in line.results) + "," * (len(line.results) == 1)
            right = ", ".join(self.names[v] for v in line.reads)
            name = RegionWriter(self.c, line, self.names, self.out).write()
            self.body += broken(f"{left} = {name}({right})", note="in C")
            return
        if line.operation is added_at:
            self.addition(line)
            return
        text, binds = self.speller.expression(line)
        if line.operation is ones or self.may_nest(line, text):
            self.speller.nested[line.result] = text, binds
            return
        left = ", ".join(self.names[v] for v in line.results)
        if line.several:
            self.add(f"{left} = {text}" if len(line.results) > 1 else f"{left}, = {text}", line)
        elif line.result in self.out:
            self.add(self.speller.into(line, self.names[self.out[line.result]]), line)
        else:
            self.add(f"{left} = {text}", line)

    def add(self, text: str, line: Line) -> None:
        """One statement; with a comment where the user's line or the shape is new."""
        note = ""
        if line.place and line.place != self.place and line.place.text:
            note = f"line {line.place.line}"
            self.place = line.place
        shape = f"({', '.join(map(str, line.results[0].shape))}{',' * (len(line.results[0].shape) == 1)})"
        named = line.results[0].name is not None and line.results[0].shape
        comment = "  # " + ", ".join(filter(None, [shape if named else "", note])) if note or named else ""
        self.body.append(text + (comment if len(text) + len(comment) < WIDTH else ""))

    def addition(self, line: Line) -> None:
        """An addition into a slice: of an array that nobody else reads, or of a copy."""
        x, part, index = line.args
        own = line.result in self.out
        name = self.speller.tree(x) if own else self.names[line.result]
        if not own:
            self.add(f"{name} = {self.speller.tree(x, ATOM)}.copy()", line)
        self.body.append(f"{name}[{self.speller.index(index)}] += {self.speller.tree(part)}")
        if own:
            self.names[line.result] = name

    def may_nest(self, line: Line, text: str) -> bool:
        """True for a small result that is read once, by a line that comes soon enough to be one formula with it."""
        v = line.results[0]
        if line.several or v.name or self.users.get(v) != 1 or not is_pure(line) or v in self.apart:
            return False
        small = all(x.size < SMALLEST for x in [v, *line.reads])
        return small and len(text) < WIDTH // 2 and (is_pointwise(line) or line.operation in NESTING)


NESTING = {operator.getitem, np.matrix_transpose, np.reshape, np.sum, np.matmul, product, np.broadcast_to}


def _is_view(line: Line | None) -> bool:
    return line is None or not _is_fresh(line)


def _is_fresh(line: Line) -> bool:
    """True if the result is an array that nothing else refers to."""
    f = line.operation
    if (
        isinstance(f, Kernel | Region)
        or takes_out(line)
        or f in (np.where, operator.pow, np.full, scatter, added_at)
        or is_reduction(line)
    ):
        return True
    if f is np.einsum:  # of one array it may be a view
        return len(line.reads) > 1
    return f in (np.concatenate, np.stack, np.cumsum, np.dot, np.vdot, np.tensordot)
