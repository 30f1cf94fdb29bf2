"""The C text of a program: its functions, those declarations that they use, and comments that say what is what.

What differs in names alone is written once: a recurrent net of sixty steps needs six functions. They carry the names of
where they are called first. Lines are broken at 120 characters.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from textwrap import TextWrapper

from .loops import MARK
from .program import Line, Value
from .spelling_c import FUNCTIONS, LIBMVEC, function_text
from .toolchain import uncommented

WIDTH = 120
PLACES = 4
"""Lines of the user's file that are quoted above a loop."""
QUOTED = 200
"""Characters of such a line."""
TOKEN, WORD, MARKED = re.compile(r"\b[a-z]\d+\b"), re.compile(r"\w+"), re.compile(rf"{re.escape(MARK)}(\d+)$", re.M)
_MATHEMATICS = {*LIBMVEC, "sqrt", "fabs", "floor", "ceil", "trunc", "nearbyint", "copysign"}
UNBROKEN, TOGETHER = "\xa0", re.compile(r"(?<=[\w*]) (?=[\w*])|(?<==) | (?==)")
"""A blank at which no line is broken, and those within a declaration or a product, and around a sign of equality."""
MATHEMATICS = {*_MATHEMATICS, *(f"{name}f" for name in _MATHEMATICS), "NAN", "INFINITY"}

ABOUT = """/* The loops of {name}, in C. Python calls the functions at the end, the regions, with NumPy's arrays. */

"""
ARRAYS = """
/* NumPy's array object: the address of its elements, and whether these lie in order. Where that stands in the object
   is found out by looking, and told to the compiler. */
#define DATA(array) (*(void **)((char *)(array) + DATA_AT))
"""
IN_ORDER = """#define IN_ORDER(array) (*(int *)((char *)(array) + FLAGS_AT) & 1)
"""
MEMORY = """
/* Arrays that only a region sees lie in memory of its own, at so many bytes from its beginning. */
#define MEMORY(bytes) ((void *)(work + (bytes)))
"""
VECTOR = """
/* glibc's libmvec computes these functions for several numbers at once. */
#ifdef LIBMVEC
#define VECTOR __attribute__((simd("notinbranch"), const))
{}
#endif
"""
FORMULA = """
/* Functions of NumPy that C does not have. */
#define FORMULA static inline __attribute__((always_inline))
"""

Described = tuple[Mapping[str, str], Sequence[str], Sequence[str]]
"""The printed names, the lines of the comment above, and notes for the marked statements."""


@dataclass
class Function:
    """A function in C: its name, the text, what is said above it, and from how many places it is called."""

    name: str
    text: str
    about: Sequence[str]
    calls: int = 0

    @property
    def whole(self) -> str:
        """The text with its comment."""
        more = [f"called at {self.calls} places"] if self.calls > 1 else []
        return comment([*self.about, *more]) + self.text


@dataclass
class CModule:
    """The functions of all regions of a program.

    Attributes
    ----------
    functions : dict of str to Function
        Each loop by its body: what is equal is written once.
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
    name : str
        Of the program.
    """

    functions: dict[str, Function] = field(default_factory=dict)
    regions: list[str] = field(default_factory=list)
    wrappers: list[str] = field(default_factory=list)
    calls: dict[str, list[str]] = field(default_factory=dict)
    fast: bool = False
    threads: int = 1
    name: str = "f"

    @property
    def source(self) -> str:
        """The whole module."""
        if not self.regions:
            return ""
        text = "\n".join([*(each.whole for each in self.functions.values()), *self.regions])
        return "\n".join(broken(line) for line in (self._head(text) + text).split("\n"))

    def _head(self, text: str) -> str:
        """The declarations that the text uses."""
        words = set(WORD.findall(uncommented(text)))
        own = [f"{name}{suffix}" for name in FUNCTIONS for suffix in ("", "f") if f"{name}{suffix}" in words]
        formulas = "\n".join(map(function_text, own))
        words.update(WORD.findall(formulas))
        headers = {"math": words & MATHEMATICS, "stdint": words & {"int64_t", "uint8_t"}, "string": words & {"memset"}}
        parts = [ABOUT.format(name=self.name), *(f"#include <{name}.h>\n" for name, used in headers.items() if used)]
        parts += [ARRAYS] + [IN_ORDER] * ("IN_ORDER" in words) + [MEMORY] * ("MEMORY" in words)
        if vectors := list(_vector_functions(words)):
            parts.append(VECTOR.format("\n".join(vectors)))
        return "".join([*parts, *[FORMULA + formulas] * bool(own), "\n"])

    def function(self, stem: str, signature: str, body: str, describe: Callable[[], Described]) -> str:
        """The name of a static function with this body, where names of two letters stand for those of the user."""
        key = signature + MARKED.sub("", body)
        if key not in self.functions:
            name = f"{stem}_{len(self.functions) + 1}"
            words, about, notes = describe()
            text = f"static void {name}({signature})\n{{\n{body}}}\n"
            text = TOKEN.sub(lambda found: words.get(found[0], found[0]), text)
            self.functions[key] = Function(name, _noted(text, notes), about)
        self.functions[key].calls += 1
        return self.functions[key].name


def _vector_functions(words: set[str]) -> Iterable[str]:
    """The declarations of libmvec's functions."""
    for name in LIBMVEC:
        for suffix, kind in (("", "double"), ("f", "float")):
            if f"{name}{suffix}" in words:
                arguments = f"{kind}, {kind}" if name in ("pow", "atan2", "hypot") else kind
                yield f"VECTOR {kind} {name}{suffix}({arguments});"


def _noted(text: str, notes: Sequence[str]) -> str:
    """The text with a note where it is another than that before."""
    before = ""
    lines = []
    for line in text.split("\n"):
        mark = MARKED.search(line)
        if mark:
            line, note = line[: mark.start()], notes[int(mark[1])]
            if note and note != before and len(line) + len(note) < WIDTH - 5:
                line, before = f"{line}  // {note}", note
        lines.append(line)
    return "\n".join(lines)


def broken(line: str) -> str:
    """A line of C in as many as it takes."""
    if len(line) <= WIDTH:
        return line
    indent = line[: len(line) - len(line.lstrip())]
    end = " \\" if line.lstrip().startswith("#") else ""
    return f"{end}\n".join(_wrapped(TOGETHER.sub(UNBROKEN, line.strip()), indent, indent + " " * 8, WIDTH - len(end)))


def _wrapped(line: str, first: str, later: str, width: int) -> list[str]:
    wrapper = TextWrapper(width, first, later, break_long_words=False, break_on_hyphens=False)
    return [part.replace(UNBROKEN, " ") for part in wrapper.wrap(line)]


def comment(lines: Sequence[str]) -> str:
    """Lines as a comment, whatever they hold."""
    if not lines:
        return ""
    safe = [line.replace("*/", "* /").replace("/*", "/ *") for line in lines]
    whole = [part for line in safe for part in _wrapped(line, "", " " * 4, WIDTH - 6)]
    return "/* " + "\n   ".join(whole) + " */\n"


def quoted(lines: Iterable[Line]) -> list[str]:
    """The lines of the user's file that some lines of a program come from."""
    places = dict.fromkeys(line.place for line in lines if line.place and line.place.text)
    texts = [f"line {p.line}: {p.text[:QUOTED]}{'...' * (len(p.text) > QUOTED)}" for p in places if p]
    return texts if len(texts) <= PLACES else [*texts[: PLACES - 1], f"and {len(texts) - PLACES + 1} lines more"]


def notes_of(lines: Sequence[Line]) -> list[str]:
    """Where each line comes from, in short; nothing, if all come from one place."""
    known = [line.place if line.place and line.place.text else None for line in lines]
    several = len({*known} - {None}) > 1
    return [f"line {place.line}" if place and several else "" for place in known]


def shapes(values: Iterable[Value], name: Mapping[Value, str]) -> str:
    """Values with shape and dtype: ``X: float64[3, 2], a: float64``."""
    return ", ".join(f"{name[v]}: {v.kind.removesuffix('[]')}".replace(" ", UNBROKEN) for v in values)
