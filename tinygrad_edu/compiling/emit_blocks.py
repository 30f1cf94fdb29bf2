"""A kernel in NumPy: a function of one block of the arrays, and a loop over blocks.

A block is so small that what one line writes is still in the cache when the next line reads it; and its few arrays take
turns, each new result going into the memory of one that is not read any more. Blocks do not depend on one another, so
they may run on several threads; sums are put together from the blocks' sums in order, whatever thread made them.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Collection, Mapping

import numpy as np

from .passes.fuse import REDUCTIONS, domain_of, is_narrow, is_reduction
from .program import Kernel, Line, Value
from .spelling import Speller

BLOCK = 1 << 19
"""Bytes of an array's block: small enough for a core's cache, large enough that calling NumPy does not count."""
MANY = 16
"""Blocks that are enough for any number of threads."""

BLOCKS = '''
def in_blocks(kernel, length, step):
    """Call kernel(i, j) for the blocks i:j of a length; the list of what it returned."""
    return [kernel(i, min(i + step, length)) for i in range(0, length, step)]
'''
POOL = '''
def in_blocks(kernel, length, step, threads=1):
    """Call kernel(i, j) for the blocks i:j of a length; the list of what it returned, in order, whoever called it."""
    blocks = [(i, min(i + step, length)) for i in range(0, length, step)]
    found, left = [None] * len(blocks), iter(range(len(blocks)))

    def work():
        for k in left:
            found[k] = kernel(*blocks[k])

    crew = range(min(threads, len(blocks)) - 1)
    others = [pool(threads).submit(contextvars.copy_context().run, work) for _ in crew]
    try:
        work()
    finally:  # after an error, too, nobody may go on with the arrays
        list(left)
        others = [each for each in others if not each.cancel()]
        concurrent.futures.wait(others)
    for each in others:
        each.result()
    return found


@functools.cache
def pool(threads):
    return concurrent.futures.ThreadPoolExecutor(threads)
'''

COLUMNS = '''
def columns(x, i, j):
    """The block i:j of an array with its first axis last, so that what is long lies in one piece."""
    block = np.moveaxis(x[i:j], 0, -1)
    return block if block.strides[-1] == block.itemsize else np.ascontiguousarray(block)
'''


def _new(name: str, taken: set[str]) -> str:
    """The name, or one like it that is not taken yet."""
    while name in taken:
        name += "_"
    taken.add(name)
    return name


def over(name: str, fresh: str) -> str:
    """The memory of an array that nobody reads any more, if its elements lie in order."""
    return f"{name} if {name}.flags.c_contiguous else {fresh}"


class BlockWriter:
    """Writes one kernel.

    The blocks go along the first axis; along the only one, if all arrays have the kernel's shape or are numbers. Where
    the last axis is short and the first is long, a block is laid out with the first axis last, so that NumPy's inner
    loops are long: 5,000 points in 6 dimensions are 6 rows of 5,000.
    """

    def __init__(
        self, line: Line, speller: Speller, out: Mapping[Value, Value], threads: int, spent: Collection[Value] = ()
    ) -> None:
        assert isinstance(line.operation, Kernel)
        self.line, self.outer, self.out, self.threads, self.spent = line, speller, out, threads, spent
        self.lines, self.domain = line.operation.program.lines, line.operation.domain
        sums = [each for each in self.lines if is_reduction(each)]
        self.reduced = {each.result: each for each in sums}
        same = all(v.shape in ((), self.domain) for v in line.reads)
        whole = all(not each.params.get("keepdims") and len(self.axes(each)) == len(self.domain) for each in sums)
        self.flat = len(self.domain) == 1 or (same and whole)
        self.turned = not self.flat and is_narrow(self.domain)
        self.length = math.prod(self.domain) if self.flat else self.domain[0]
        widest = max(v.dtype.itemsize for v in [*line.reads, *line.results] if v.dtype is not None)
        elements = BLOCK // widest
        elements = min(max(elements, self.length // MANY), 2 * elements)  # fewer calls, where that leaves enough blocks
        self.step = elements if self.flat else max(1, elements // max(1, math.prod(self.domain[1:])))
        self.stored = [v for v in line.results if v not in self.reduced]
        self.parts = [v for v in line.results if v in self.reduced]
        cut = [v for v in line.reads if v.shape == self.domain or (not self.flat and self._is_long(v))]
        self.ones: dict[str, str] = {}
        self.cut = list(dict.fromkeys(cut))
        self.whole = [v for v in dict.fromkeys(line.reads) if self.turned and v not in self.cut and v.shape]
        taken = set(speller.names.values())
        inner = {v: _new(f"{speller.names[v]}_", taken) for v in [*self.cut, *self.stored, *self.whole]}
        self.name = _new(f"block_of_{speller.names[line.results[0]]}", taken)
        self.speller = Speller({**speller.names, **inner})
        self.speller.helpers, self.speller.imports = speller.helpers, speller.imports
        self.speller.given, self.speller.arrays = speller.given, speller.arrays

    def text(self) -> list[str]:
        """The statements."""
        names, result = self.outer.names, []
        if self.turned:
            self.outer.helpers["columns"] = COLUMNS
        for v in self.stored:
            shape = (*v.shape[1:], v.shape[0]) if self.turned else v.shape
            kind = "" if v.dtype == np.float64 else f", np.{v.dtype}"
            fresh = f"np.empty({shape[0] if len(shape) == 1 else shape}{kind})"
            fresh = f"np.moveaxis({fresh}, -1, 0)" if self.turned else fresh
            result.append(f"{names[v]} = {over(names[self.out[v]], fresh) if v in self.out else fresh}")
        for v in self.whole:
            turned = f"{names[v]}[..., None]"
            turned = turned if len(v.shape) < len(self.domain) else f"np.moveaxis({names[v]}, 0, -1)"
            result.append(f"{self.speller.names[v]} = {turned}")
        name = self.name
        where = f" from line {self.line.place.line}," if self.line.place and self.line.place.text else ""
        block = self.block()
        result += [f"{ones} = {text}" for ones, text in self.ones.items()]
        result += ["", f"def {name}(i, j):  #{where} {' x '.join(map(str, self.domain))}"]
        result += [f"    {each}" for each in block]
        threads = f", threads={self.threads}" if self.threads > 1 and self.length >= 4 * self.step else ""
        call = f"in_blocks({name}, {self.length}, {self.step}{threads})"
        result += ["", f"parts = {call}" if self.parts else call]
        kinds = {(v.shape, v.dtype, REDUCTIONS[self.reduced[v].operation]) for v in self.parts}
        if len(self.parts) > 1 and kinds == {((), self.parts[0].dtype, np.sum)}:
            return [*result, f"{', '.join(names[v] for v in self.parts)} = np.sum(parts, axis=0)"]
        return [*result, *(f"{names[v]} = {self.joined(v, k)}" for k, v in enumerate(self.parts))]

    def block(self) -> list[str]:
        """The body of the function of a block."""
        names, outer = self.speller.names, self.outer.names
        text = [f"{names[v]} = {self._cut(outer[v])}" for v in self.cut]
        last = {v: k for k, each in enumerate(self.lines) for v in each.reads}
        scalar_products, users = self._scalar_products(), self.line.operation.program.users  # type: ignore[attr-defined]
        alone = {product for product in scalar_products if users[product] == 1}
        for product in alone:  # its rows are read where it is summed
            last.update({x: max(last[x], last[product]) for x in scalar_products[product]})
        free: list[tuple[str, np.dtype | None]] = []
        inside = {each.result for each in self.lines} - set(self.line.results)
        inside.update(v for v in self.cut if v in self.spent and v.shape == self.domain)
        for k, each in enumerate(self.lines):
            if each.result in alone:
                continue  # written where it is summed
            factors = scalar_products.get(each.args[0]) if each.operation is np.sum else None
            if factors and all(last[x] >= k for x in factors):
                text.append(f"{names[each.result]} = {' @ '.join(names[x] for x in factors)}")
                free += [(names[x], x.dtype) for x in dict.fromkeys(factors) if last[x] <= k and x in inside]
                continue
            dying = [v for v in dict.fromkeys(each.reads) if last[v] == k and v in inside and v not in self.reduced]
            free += [(names[v], v.dtype) for v in dying]  # may be written over: an element is read before that
            text.append(self._statement(each, free))
        text.append(f"return {', '.join(names[v] for v in self.parts)}".rstrip())
        return text if self.parts else text[:-1]

    def _scalar_products(self) -> dict[Value, tuple[Value, Value]]:
        """Products of two rows of float64 that are summed: BLAS does both at once."""
        found = {}
        for each in self.lines if self.flat else ():
            total = next((s for s in self.reduced.values() if s.args[0] is each.result and s.operation is np.sum), None)
            if each.operation in (np.multiply, np.square) and total is not None:
                args = each.args * (1 + (each.operation is np.square))
                rows = [x for x in args if type(x) is Value and x.shape == self.domain and x.dtype == np.float64]
                if len(rows) == 2:
                    found[each.result] = (rows[0], rows[1])
        return found

    def _statement(self, each: Line, free: list[tuple[str, np.dtype | None]]) -> str:
        v, names = each.result, self.speller.names
        if v in self.reduced:
            params = self._turned_axes(each) if self.turned else each.params
            given = "" if self.flat else "".join(f", {key}={self.speller.tree(x)}" for key, x in params.items())
            if (product := self._as_product(each)) is not None:
                return f"{names[v]} = {product}"
            read = ", ".join(map(self.speller.tree, each.args))
            return f"{names[v]} = {self.speller.callee(each.operation)}({read}{given})"
        f = np.power if each.operation is operator.pow else each.operation
        target = self._part(self.outer.names[v]) if v in self.stored else None
        if target is None and isinstance(f, np.ufunc):
            fitting = [name for name, dtype in free if dtype == v.dtype]
            if fitting:  # of what was just read: it is in the cache
                target = fitting[-1]
                free.remove((target, v.dtype))
                if v.name is None and any(names[x] == target and x.name is None for x in each.reads):
                    names[v] = target
        if target is None:
            return f"{names[v]} = {self.speller.expression(each)[0]}"
        if not isinstance(f, np.ufunc):
            return f"{names[v]} = {target}; {names[v]}[...] = {self.speller.expression(each)[0]}"
        return self.speller.into(each, target)

    def _as_product(self, each: Line) -> str | None:
        """A sum over the first or the last axes as a product with ones, which BLAS computes in a fifth of the time."""
        if self.flat or each.operation is not np.sum or each.result.dtype not in (np.float64, np.float32):
            return None
        axes, n, x = self.axes(each), len(self.domain), self.speller.tree(each.args[0])
        if self.turned:
            return None
        last = [a for a in range(n) if a not in axes]
        rest = math.prod(self.domain[1:])
        keep = each.params.get("keepdims", False)
        if 0 in axes:
            rows = f"{self._ones(self.step, each)}[: j - i] @ {x}.reshape(j - i, {rest})"
            if len(axes) == 1:
                return f"({rows}).reshape({(1, *self.domain[1:]) if keep else self.domain[1:]})"
            inner = tuple(a - 1 for a in axes if a > 0)
            total = f"np.sum(({rows}).reshape({self.domain[1:]}), axis={inner}, keepdims={keep})"
            return f"{total}[None]" if keep else total
        if last != list(range(len(last))):
            return None
        width = math.prod(self.domain[len(last) :])
        shape = ["j - i", *map(str, self.domain[1 : len(last)]), *["1"] * (keep * len(axes))]
        return f"({x}.reshape(-1, {width}) @ {self._ones(width, each)}).reshape({', '.join(shape)})"

    def _ones(self, n: int, each: Line) -> str:
        """The name of a row of ones, made before the loop."""
        name = f"ones_{n}"
        kind = "" if each.result.dtype == np.float64 else f", np.{each.result.dtype}"
        self.ones[name + kind[-2:].strip()] = f"np.ones({n}{kind})"
        return name + kind[-2:].strip()

    def joined(self, v: Value, k: int) -> str:
        """The parts of a reduction, put together."""
        each = self.reduced[v]
        parts = "parts" if len(self.parts) == 1 else f"[part[{k}] for part in parts]"
        if not self.flat and 0 not in self.axes(each):
            return (
                f"np.moveaxis(np.concatenate({parts}, axis=-1), -1, 0)" if self.turned else f"np.concatenate({parts})"
            )
        params = ", axis=0, keepdims=True" if self.flat else ", axis=0"
        whole = f"{self.speller.callee(REDUCTIONS[each.operation])}({parts}{params if v.shape else ''})"
        return f"np.moveaxis({whole}, -1, 0)" if self.turned and each.params.get("keepdims") else whole

    def axes(self, each: Line) -> tuple[int, ...]:
        """The reduced axes."""
        axis, n = each.params.get("axis"), len(domain_of(each))
        return tuple(range(n)) if axis is None else tuple(a % n for a in (axis if isinstance(axis, tuple) else (axis,)))

    def _turned_axes(self, each: Line) -> dict[str, object]:
        """The parameters of a reduction where the first axis is the last one."""
        n = len(self.domain)
        axes = sorted((a - 1) % n for a in self.axes(each))
        keep = {"keepdims": True} if each.params.get("keepdims") else {}
        return {"axis": axes[0] if len(axes) == 1 else tuple(axes), **keep}

    def _cut(self, name: str) -> str:
        """The block of an array that is read."""
        return f"columns({name}, i, j)" if self.turned else f"{self._whole(name)}[i:j]"

    def _part(self, name: str) -> str:
        """The block of an array that is written."""
        return f"np.moveaxis({name}[i:j], 0, -1)" if self.turned else f"{self._whole(name)}[i:j]"

    def _is_long(self, v: Value) -> bool:
        return len(v.shape) == len(self.domain) and v.shape[0] == self.length

    def _whole(self, name: str) -> str:
        return f"{name}.reshape(-1)" if self.flat and len(self.domain) > 1 else name
