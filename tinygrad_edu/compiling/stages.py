"""The functions of a region in C, and the Python function that calls them.

A region is one function, unless some of its loops are so long that threads pay. It is then cut into stages: what runs
at once, and loops that go by blocks, on the threads of the NumPy backend, for ctypes lets go of Python's lock. All
stages take the same arrays. How a loop is cut into blocks depends on the loop alone and sums are put together in the
order of blocks, so the number of threads changes no bit of a result.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from textwrap import TextWrapper

from .spelling_c import C_TYPES

STACK = 1 << 15
"""Bytes of a region's temporaries that lie on the stack; more are an array."""
WIDTH = 100
"""Characters of a line in Python."""
UNBROKEN = "\xa0"
"""A blank at which no line is broken."""


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
    given : list of (str, str, str)
        The names of the inputs in C and in Python, and their C types, "array" for an array.
    own : list of (str, str, str)
        The arrays that the Python function makes: their names in C and in Python, and the expressions that make them.
    results : list of str
        What it returns.
    stages : list of Stage
    used : int
        Bytes of temporaries.
    """

    name: str
    given: list[tuple[str, str, str]]
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
        kinds = [*(kind for *_, kind in self.given), *("array" for _ in self.own)]
        whole = [f"{C_TYPES[kind]} {name}" if kind != "array" else f"void *{name}" for name, _, kind in self.given]
        whole += [f"void *{name}" for name, _, _ in self.own]
        memory = f"char work[{self.used}] __attribute__((aligned(64)));" if self.used else ""
        memory = "char *work = DATA(memory);" if self.outside else memory
        tests = " || ".join(f"!IN_ORDER({name})" for name, _, kind in self.given if kind == "array")
        found = {}
        for name, stage in zip(self.names, self.stages, strict=True):
            body = [f"if ({tests}) return 1;"] if tests and name == self.name else []
            body += [memory] * any("MEMORY(" in each for each in stage.statements)
            block, types = (["long first", "long last"], ["int64", "int64"]) if stage.length else ([], [])
            text = "".join(f"    {each}\n" for each in [*body, *stage.statements])
            about = f"/* Part of {self.name}: from first to last, on any thread. */\n" if stage.length else ""
            head = f"{about}int {name}({', '.join([*whole, *block])})"
            found[name] = f"{head}\n{{\n{text}    return 0;\n}}\n", [*kinds, *types]
        return found

    @staticmethod
    def _said(line: str) -> list[str]:
        """A line of the Python function."""
        return broken(f"    {line}", "if an array does not lie in order" if line.startswith("if c_") else "")

    def wrapper(self, threads: int) -> str:
        """The Python function."""
        names = [name for _, name, _ in self.given]
        handed = ", ".join([*(_handed(*each) for each in self.given), *(f"id({name})" for _, name, _ in self.own)])
        together = f"({handed},)" if len(self.given) + len(self.own) == 1 else f"({handed})"
        arrays = [name for _, name, kind in self.given if kind == "array"]
        lines = [
            f"{name} = {text}" if len(name + text) < WIDTH - 7 else f"{name} = ({text})" for _, name, text in self.own
        ]
        several = len(self.stages) > 1
        if several:
            lines.append(f"arrays = {together}")
        call = f"c_{self.name}({'*arrays' if several else handed})"
        if arrays:
            lines.append(f"if {call}:")
            lines += [f"    {name} = np.ascontiguousarray({name})" for name in arrays]
            lines += [f"    arrays = {together}"] * several + [f"    {call}"]
        else:
            lines.append(call)
        for name, stage in zip(self.names[1:], self.stages[1:], strict=True):
            if stage.length:
                pool = f", threads={threads}" if threads > 1 else ""
                lines.append(f"in_blocks(lambda i, j: c_{name}(*arrays, i, j), {stage.length}, {stage.step}{pool})")
            else:
                lines.append(f"c_{name}(*arrays)")
        results = ", ".join(self.results)
        lines.append(f"return ({results}{',' * (len(self.results) == 1)})")
        head = f"def {self.name}({', '.join(names)}):"
        return "\n" + "".join(f"{each}\n" for each in [*broken(head), *(part for x in lines for part in self._said(x))])


def broken(line: str, note: str = "") -> list[str]:
    """A line of Python, broken within its parentheses if it is long, and what is to be said of it.

    A list of names on the left of ``=`` gets parentheses for that.
    """
    text = f"{line}  # {note}" if note else line
    if len(text) <= WIDTH:
        return [text]
    indent = line[: len(line) - len(line.lstrip())]
    names, sign, right = line.strip().partition(" = ")
    if sign and "," in names and "(" not in names:
        line = f"{indent}({names}) = {right}"
    wrapper = TextWrapper(WIDTH, indent, indent + " " * 8, break_long_words=False, break_on_hyphens=False)
    depth, letters = 0, []
    for letter in line.strip():  # only within parentheses may it be broken
        depth += (letter in "([") - (letter in ")]")
        letters.append(UNBROKEN if letter == " " and depth == 0 else letter)
    parts = wrapper.wrap("".join(letters))
    return [*[f"{indent}# {note}"] * bool(note), *(part.replace(UNBROKEN, " ") for part in parts)]


def _handed(_: str, name: str, kind: str) -> str:
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
