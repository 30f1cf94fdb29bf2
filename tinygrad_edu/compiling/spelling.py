"""How a line is written in NumPy: `a @ b`, `x[1:]`, `np.sum(x, axis=0)`.

What NumPy has under a name is written under that name. The few operations that are the library's own are spelled out in
NumPy (`HELPERS`). What is neither, a user's own rule or a solver, is called by a name that the text gets from outside.
"""

from __future__ import annotations

import keyword
import operator
import sys
from collections.abc import Callable
from textwrap import TextWrapper
from typing import Any

import numpy as np

from ..rules.indexing import scatter, setitem
from .passes.lower import ones
from .passes.sums import sum_log1p
from .passes.transposes import product
from .program import Line, Value
from .traced import Draw

# The precedence of Python's operators; a call or a name binds closest.
SUM, TERM, SIGN, POWER, ATOM = 12, 13, 14, 15, 20
COMPARISON = 5

# fmt: off
BINARY: dict[Any, tuple[str, int]] = {
    np.add: ("+", SUM),            np.subtract: ("-", SUM),
    np.multiply: ("*", TERM),      np.divide: ("/", TERM),        np.matmul: ("@", TERM),
    np.floor_divide: ("//", TERM), np.remainder: ("%", TERM),     operator.pow: ("**", POWER),
    operator.add: ("+", SUM),      operator.sub: ("-", SUM),      operator.mul: ("*", TERM),
    operator.truediv: ("/", TERM), operator.mod: ("%", TERM),     operator.floordiv: ("//", TERM),
    np.equal: ("==", COMPARISON),  np.not_equal: ("!=", COMPARISON),
    np.less: ("<", COMPARISON),    np.less_equal: ("<=", COMPARISON),
    np.greater: (">", COMPARISON), np.greater_equal: (">=", COMPARISON),
    np.bitwise_and: ("&", 10),     np.bitwise_xor: ("^", 9),      np.bitwise_or: ("|", 8),
}
# fmt: on
IN_PLACE: dict[Any, str] = {np.add: "+=", np.subtract: "-=", np.multiply: "*=", np.divide: "/="}

WIDTH = 100
UNBROKEN = "\xa0"
"""A blank at which no line is broken."""
SHORT, LONG = 16, 400
"""Elements of a constant array that is spelled out where it is read, and of one that is spelled out at all."""

HELPERS = {
    "scatter": '''
def scatter(x, shape, index):
    """Zeros of a shape, with x added at an index."""
    zeros = np.zeros(shape, x.dtype)
    np.add.at(zeros, index, x)
    return zeros
''',
    "sum_log1p": '''
def sum_log1p(x, y):
    """np.sum(np.log1p(x)) for x >= 0 and y = 1 + x: one logarithm for eight numbers, that of their product."""
    x, y, n = x.reshape(-1), y.reshape(-1), x.size // 8 * 4
    with np.errstate(over="ignore", invalid="ignore"):
        z = x[:n] * y[n : 2 * n]
        z += x[n : 2 * n]  # 1 + z is the product of two
        for _ in range(2):
            a, b = z[: z.size // 2], z[z.size // 2 :]
            z = a * b
            z += a
            z += b
        total = np.sum(np.log1p(z, out=z)) + np.sum(np.log1p(x[2 * n :]))
    return total if np.isfinite(total) else np.sum(np.log1p(x))
''',
    "put": '''
def put(zeros, index, x):
    """The array with x written at an index."""
    zeros[index] = x
    return zeros
''',
    "bins": '''
def bins(x, shape, index):
    """Zeros of a shape, with x added at an index; of a row of numbers, faster than np.add.at."""
    if index.size and index.min() >= 0:
        return np.bincount(index, x, *shape)
    zeros = np.zeros(shape, x.dtype)
    np.add.at(zeros, index, x)
    return zeros
''',
}
"""What operations of the library are in NumPy; a module holds those that it uses."""


PLAIN_TYPES: tuple[Any, ...] = (int, float, bool, complex)


def _is_in(module: Any, x: Any) -> bool:
    """True if a module has x under its own name."""
    name = getattr(x, "__name__", None)
    return name is not None and getattr(module, name, None) is x


def filled(text: str, first: str, later: str) -> str:
    """A long list in lines, broken where there are blanks, that begin like this."""
    wrapper = TextWrapper(
        WIDTH, initial_indent=first, subsequent_indent=later, break_long_words=False, break_on_hyphens=False
    )
    return wrapper.fill(text).replace(UNBROKEN, " ")


def recipe_of(x: np.ndarray) -> str | None:
    """An expression that makes a constant array; None of a long one without a pattern."""
    if x.dtype.kind not in "iufb" or x.dtype == np.longdouble or not x.dtype.isnative:
        return None
    kind = f"dtype=np.{'bool' if x.dtype == bool else x.dtype}"
    numbers = x.ravel()
    if not x.size:
        return f"np.zeros({x.shape}, {kind})"
    if x.size <= SHORT:
        return f"np.array({x.tolist()}, {kind})" if np.all(np.isfinite(x)) else None
    if np.all(numbers == numbers[0]) and np.all(np.isfinite(x)) and not np.any(np.signbit(numbers)):
        return f"np.full({x.shape}, {numbers[0].item()!r}, {kind})"
    if x.dtype.kind != "b" and x.ndim == 1 and np.array_equal(x, np.arange(x.size, dtype=x.dtype)):
        return f"np.arange({x.size}, {kind})"
    if x.ndim == 2 and np.array_equal(x, np.eye(*x.shape, dtype=x.dtype)) and not np.any(np.signbit(numbers)):
        return f"np.eye({x.shape[0]}, {x.shape[1]}, {kind})"
    return f"np.array({x.tolist()}, {kind})" if x.size <= LONG and np.all(np.isfinite(x)) else None


def _is_numpys(x: Any) -> bool:
    """True for an array and for one of NumPy's numbers, False for one of Python's."""
    return not x.weak if type(x) is Value else hasattr(x, "dtype")


class Speller:
    """Writes lines with the names of one program."""

    def __init__(self, names: dict[Value, str]) -> None:
        self.names = names
        self.helpers: dict[str, str] = {}
        self.imports: set[str] = set()
        self.given: dict[str, Any] = {}  # what the text gets from outside, by name
        self.arrays: dict[str, Any] = {}  # constants that it makes once, by name
        self.nested: dict[Value, tuple[str, int]] = {}  # expressions that are written where they are read

    # --- trees --------------------------------------------------------------------------------------------------------

    def tree(self, x: Any, level: int = 0) -> str:
        """A tree of arguments; an expression that binds less than `level` in parentheses."""
        if type(x) is Value:
            if x in self.nested:
                text, binds = self.nested[x]
                return f"({text})" if binds < level else text
            return self.names[x]
        if isinstance(x, tuple):
            return "(" + ", ".join(map(self.tree, x)) + (",)" if len(x) == 1 else ")")
        if isinstance(x, list):
            return "[" + ", ".join(map(self.tree, x)) + "]"
        if type(x) is slice:
            return f"slice({self.tree(x.start)}, {self.tree(x.stop)}, {self.tree(x.step)})"
        text = self.constant(x)
        return f"({text})" if level > SUM and text.startswith("-") else text

    def constant(self, x: Any) -> str:
        """A constant: by its value if that is short, else by a name."""
        if isinstance(x, bool | np.bool_ | int | str | bytes) or x is None:
            return repr(x.item() if isinstance(x, np.bool_) else x)
        if x is ...:
            return "..."
        if isinstance(x, np.integer) and x.dtype.kind in "iu":
            return f"np.{x.dtype}({int(x)})"
        if isinstance(x, float | np.floating) and not isinstance(x, np.longdouble):
            number: Any = float(x)
            text = (
                repr(number)
                if np.isfinite(number)
                else "np.nan"
                if number != number
                else "np.inf"
                if number > 0
                else "-np.inf"
            )
            return text if type(x) is float else f"np.{np.asarray(x).dtype}({text})"
        if isinstance(x, np.dtype) and x.isbuiltin == 1 and x.kind in "biufc":
            return f"np.dtype('{x}')"
        if isinstance(x, type) and x in PLAIN_TYPES:
            return x.__name__
        if isinstance(x, type | np.ufunc) and _is_in(np, x):
            return f"np.{x.__name__}"
        recipe = recipe_of(x) if type(x) is np.ndarray else None
        if recipe is None:
            return self.outside("constant", x)
        if x.size <= SHORT and len(recipe) <= WIDTH // 2:
            return recipe
        name = self.named("constant", x, self.arrays)
        self.helpers[name] = filled(f"{name} = {recipe}", "", "    ") + "\n"  # made once
        return name

    def outside(self, base: str, x: Any) -> str:
        """The name of something that the text cannot spell."""
        return self.named(base, x, self.given)

    def named(self, base: str, x: Any, known: dict[str, Any]) -> str:
        """The name of x in a dict of what is known by names; a new one, if it has none."""
        for name, other in known.items():
            if other is x:
                return name
        name = f"{base}_{1 + sum(n.startswith(base + '_') for n in (*self.given, *self.arrays))}"
        known[name] = x
        return name

    # --- lines --------------------------------------------------------------------------------------------------------

    def expression(self, line: Line) -> tuple[str, int]:
        """What computes a line, and how closely it binds."""
        f, args, params = line.operation, line.args, line.params
        plain = isinstance(f, np.ufunc) and not any(map(_is_numpys, args))  # an operator gave one of Python's numbers
        if f in BINARY and len(args) == 2 and not params and not plain:
            sign, binds = BINARY[f]
            left, right = self.operands(line)
            a = self.tree(left, binds + (sign == "**") + (binds == COMPARISON))
            return f"{a} {sign} {self.tree(right, binds + (sign != '**'))}", binds
        if f in (np.negative, operator.neg) and not params and not plain:
            return f"-{self.tree(args[0], SIGN)}", SIGN
        if f is np.positive and plain and not params:
            return f"np.{line.result.dtype}({self.tree(args[0])})", ATOM
        if f is product:
            sides = [
                self.transposed(x) if params.get(k) else self.tree(x, TERM + i)
                for i, (x, k) in enumerate(zip(args, ("left", "right"), strict=True))
            ]
            return " @ ".join(sides), TERM
        if f is operator.abs:
            return f"abs({self.tree(args[0])})", ATOM
        if f is np.matrix_transpose:
            return self.transposed(args[0]), ATOM
        if f is operator.getitem:
            return f"{self.tree(args[0], ATOM)}[{self.index(args[1])}]", ATOM
        if f is np.reshape and not params and len(args) == 2 and not getattr(args[0], "weak", True):
            shape = args[1] if isinstance(args[1], tuple) else (args[1],)
            return f"{self.tree(args[0], ATOM)}.reshape({', '.join(map(self.tree, shape)) or '()'})", ATOM
        if f is np.astype and len(args) == 2:
            return f"{self.tree(args[0], ATOM)}.astype({self.constant(args[1])})", ATOM
        if f is scatter:
            return self.scattering(line), ATOM
        if f is setitem:
            return (
                f"{self.helper('put')}({self.tree(args[0], ATOM)}.copy(), {self.indexing(params['index'])}, "
                f"{self.tree(args[1])})",
                ATOM,
            )
        if f is ones:
            name = f"ones_{args[0]}_{args[1]}"
            self.helpers[name] = f"{name} = np.ones({args[0]}, {self.kind(line)})\n"
            return name, ATOM
        if f is np.full:
            return self.filling(line), ATOM
        if isinstance(f, Draw):
            given = [self.tree(x) for x in args[1:]] + [f"{k}={self.tree(v)}" for k, v in params.items()]
            return f"{self.tree(args[0], ATOM)}.{f.__name__}({', '.join(given)})", ATOM
        operands = self.operands(line) if isinstance(f, np.ufunc) else args
        given = [self.tree(x) for x in operands] + [f"{k}={self.tree(v)}" for k, v in params.items()]
        return f"{self.callee(f)}({', '.join(given)})", ATOM

    def into(self, line: Line, target: str) -> str:
        """A statement that computes a line into an array: ``x += y``, or a call with ``out=``."""
        f = np.power if line.operation is operator.pow else line.operation
        args, name = [self.tree(x) for x in self.operands(line)], self.names[line.result]
        if f is product:
            turned = [line.params.get(side) for side in ("left", "right")]
            sides = [self.transposed(x) if t else self.tree(x) for x, t in zip(line.args, turned, strict=True)]
            return f"{name} = np.matmul({', '.join(sides)}, out={target})"
        if name == target and f in IN_PLACE:
            if args[0] == target:
                return f"{target} {IN_PLACE[f]} {args[1]}"
            if args[1] == target and f in (np.add, np.multiply):
                return f"{target} {IN_PLACE[f]} {args[0]}"
        call = f"{self.callee(f)}({', '.join(args)}, out={target})"
        return call if name == target else f"{name} = {call}"

    def operands(self, line: Line) -> list[Any]:
        """The arguments of an elementwise call, where NumPy's numbers may be plain: an array decides the dtype."""
        arrays = [x.dtype for x in line.reads if not x.weak]
        plain = lambda x: isinstance(x, np.floating) and x.dtype in arrays and all(d == x.dtype for d in arrays)
        return [float(x) if plain(x) else x for x in line.args]

    def transposed(self, x: Any) -> str:
        return f"{self.tree(x, ATOM)}.{'T' if type(x) is Value and len(x.shape) == 2 else 'mT'}"

    def index(self, index: Any) -> str:
        """An index as it stands in brackets: ``1:, None``."""
        if isinstance(index, tuple) and index:
            return ", ".join(map(self.index, index)) + ("," if len(index) == 1 else "")
        if type(index) is slice:
            parts = ["" if p is None else self.tree(p) for p in (index.start, index.stop, index.step)]
            return ":".join(parts if parts[2] else parts[:2])
        return self.tree(index)

    def indexing(self, index: Any) -> str:
        """An index as an argument: ``np.s_[1:]``."""
        parts = index if isinstance(index, tuple) else (index,)
        return f"np.s_[{self.index(index)}]" if any(type(p) is slice or p is ... for p in parts) else self.tree(index)

    def scattering(self, line: Line) -> str:
        (x,), shape, index = line.args, line.params["shape"], line.params["index"]
        parts = index if isinstance(index, tuple) else (index,)
        basic = all(p is None or p is ... or isinstance(p, slice | int | np.integer) for p in parts)
        if basic or (isinstance(index, Value) and index.dtype == bool):
            zeros = f"np.zeros({self.tree(shape)}, {self.kind(line)})"
            return f"{self.helper('put')}({zeros}, {self.indexing(index)}, {self.tree(x)})"
        row = (
            type(index) is Value
            and len(index.shape) == len(shape) == 1
            and index.dtype is not None
            and index.dtype.kind == "i"
        )
        name = (
            "bins"
            if row and line.result.dtype == np.float64 and type(x) is Value and x.shape == index.shape
            else "scatter"
        )
        return f"{self.helper(name)}({self.tree(x)}, {self.tree(shape)}, {self.indexing(index)})"

    def filling(self, line: Line) -> str:
        shape, number = line.args
        text = self.tree(shape[0] if len(shape) == 1 else shape)
        kind = "" if line.result.dtype == np.float64 else f", {self.kind(line)}"
        if number in (0, 1) and not np.signbit(number if not np.iscomplexobj(number) else 0.0):
            return f"np.{'ones' if number else 'zeros'}({text}{kind})"
        plain = number.item() if isinstance(number, np.generic) else number
        return f"np.full({text}, {self.constant(plain)}{kind})"

    def kind(self, line: Line) -> str:
        return "bool" if line.result.dtype == bool else f"np.{line.result.dtype}"

    def helper(self, name: str) -> str:
        self.helpers[name] = HELPERS[name]
        return name

    def callee(self, f: Callable[..., Any]) -> str:
        """The name of a function: NumPy's or SciPy's where they have it."""
        name, owner = getattr(f, "__name__", ""), getattr(f, "__self__", None)
        if f is sum_log1p:
            return self.helper(name)
        if isinstance(owner, np.ufunc) and _is_in(np, owner):
            return f"np.{owner.__name__}.{name}"
        for module, prefix in (
            (np, "np"),
            (np.linalg, "np.linalg"),
            (np.fft, "np.fft"),
            (np.lib.stride_tricks, "np.lib.stride_tricks"),
        ):
            if _is_in(module, f):
                return f"{prefix}.{name}"
        home = getattr(f, "__module__", None) or ("scipy.special" if isinstance(f, np.ufunc) else "")
        for part in (home, *(f"scipy.{m}" for m in ("special", "linalg", "fft", "signal", "ndimage"))):
            if part.startswith("scipy") and _is_in(sys.modules.get(part), f):
                self.imports.add(part)
                return f"{part}.{name}"
        return self.outside(name if name.isidentifier() and not keyword.iskeyword(name) else "call", f)
