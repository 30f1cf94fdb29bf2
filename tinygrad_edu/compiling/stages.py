"""The functions of a region in C, and the Python function that calls them.

A region is one function, unless some of its loops are so long that threads pay. It is then cut into stages: what runs
at once, and loops that go by blocks, on the threads of the NumPy backend, for ctypes lets go of Python's lock. All
stages take the same arrays. How a loop is cut into blocks depends on the loop alone and sums are put together in the
order of blocks, so the number of threads changes no bit of a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from .spelling_c import C_TYPES

STACK = 1 << 15
"""Bytes of a region's temporaries that lie on the stack; more are an array."""


@dataclass
class Stage:
    """Statements in C: run once, or, if they are given a length, for `first` to `last` of every block of it."""

    statements: list[str] = field(default_factory=list)
    length: int = 0
    step: int = 0


@dataclass
class RegionText:
    """What a region is made of, and how that is written.

    Attributes
    ----------
    name : str
        Of the region, and of its first function.
    given : list of (str, str)
        The names of the inputs in Python and their C types, "array" for an array.
    own : list of (str, str, str)
        The arrays that the Python function makes: their names in C and in Python, and the expressions that make them.
    results : list of str
        What it returns.
    stages : list of Stage
    used : int
        Bytes of temporaries.
    """

    name: str
    given: list[tuple[str, str]]
    own: list[tuple[str, str, str]]
    results: list[str]
    stages: list[Stage]
    used: int

    def __post_init__(self) -> None:
        self.stages = [each for k, each in enumerate(self.stages) if each.statements or k == 0]
        self.outside = self.used > STACK or (self.used > 0 and len(self.stages) > 1)
        if self.outside:
            self.own = [*self.own, ("memory", "memory", f"np.empty({self.used}, np.int8)")]

    @property
    def names(self) -> list[str]:
        """Of the functions."""
        return [self.name, *(f"{self.name}_{k}" for k in range(2, len(self.stages) + 1))]

    def functions(self) -> dict[str, tuple[str, list[str]]]:
        """For each function its text and its arguments' types."""
        kinds = [*(kind for _, kind in self.given), *("array" for _ in self.own)]
        whole = [f"void *{n}" if k == "array" else f"{C_TYPES[k]} {n}" for n, k in self._parameters()]
        memory = f"char work[{self.used}] __attribute__((aligned(64)));" if self.used else ""
        memory = "char *work = DATA(memory);" if self.outside else memory
        found = {}
        for name, stage in zip(self.names, self.stages, strict=True):
            checks = [f"if (!IN_ORDER({n})) return 1;" for n, k in self._parameters() if k == "array" and n[0] == "x"]
            body = [*(checks if name == self.name else []), *([memory] if memory else []), *stage.statements]
            block, types = (["long first", "long last"], ["int64", "int64"]) if stage.length else ([], [])
            text = f"int {name}({', '.join([*whole, *block])})\n{{\n" + "".join(f"    {each}\n" for each in body)
            found[name] = f"{text}    return 0;\n}}\n", [*kinds, *types]
        return found

    def _parameters(self) -> list[tuple[str, str]]:
        inputs = [(f"x{i}" if k == "array" else f"n{i}", k) for i, (_, k) in enumerate(self.given)]
        return [*inputs, *((name, "array") for name, _, _ in self.own)]

    def wrapper(self, threads: int) -> str:
        """The Python function."""
        names = [name for name, _ in self.given]
        handed = ", ".join([*(_handed(*each) for each in self.given), *(f"id({name})" for _, name, _ in self.own)])
        arrays = [name for name, kind in self.given if kind == "array"]
        lines = [f"{name} = {text}" for _, name, text in self.own]
        several = len(self.stages) > 1
        if several:
            lines.append(f"arrays = {handed},")
        call = f"c_{self.name}({'*arrays' if several else handed})"
        if arrays:
            copies = "; ".join(f"{n} = np.ascontiguousarray({n})" for n in arrays)
            lines += [f"if {call}:  # an array does not lie in order", f"    {copies}"]
            lines += [f"    arrays = {handed},"] * several + [f"    {call}"]
        else:
            lines.append(call)
        for name, stage in zip(self.names[1:], self.stages[1:], strict=True):
            if stage.length:
                pool = f", threads={threads}" if threads > 1 else ""
                lines.append(f"in_blocks(lambda i, j: c_{name}(*arrays, i, j), {stage.length}, {stage.step}{pool})")
            else:
                lines.append(f"c_{name}(*arrays)")
        lines.append(f"return {', '.join(self.results)}{',' * (len(self.results) == 1)}")
        return f"\ndef {self.name}({', '.join(names)}):\n" + "".join(f"    {each}\n" for each in lines)


def _handed(name: str, kind: str) -> str:
    """An argument as ctypes takes it."""
    if kind == "array":
        return f"id({name})"
    return name if kind == "float64" else f"{'float' if kind[0] == 'f' else 'int'}({name})"


def blocks_of(lengths: Sequence[int], work: float, largest: float, multiple: int = 1) -> int:
    """The step in which a walk's outermost loop is cut, so that a block is some work but no more than the largest.

    At least four blocks come out, if the loop is long enough; a loop along the only axis is cut at multiples.
    """
    n = lengths[0]
    step = max(1, min(int(n * largest / work), -(-n // 4)))
    return -(-step // multiple) * multiple if len(lengths) == 1 else step
