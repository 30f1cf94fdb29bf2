"""A rule, run on arrays that write down what is done with them.

A rule of the table may be a line or thirty, and may branch on shapes. Run on `Written` arrays it computes with the
numbers at hand, and what comes back says how, in names: `np.swapaxes(x, -1, -2) @ g` becomes `x.T @ y_bar`, the branch
that was taken and no other. The rule itself is untouched: these arrays speak NumPy's protocols, as dask's do.

The expressions are Python's own syntax trees; `notation.py` writes them as mathematics.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import operator
import re
import sys
from collections.abc import Callable, Iterable, Sequence
from functools import cache
from typing import Any

import numpy as np

from ..graph import Op
from ..rules.indexing import scatter, setitem
from ..rules.shapes import astype
from ..surface import Surface
from ..trees import leaves
from .tidying import simplified

WHOLE = {scatter, setitem}
"""Operations of the table's own that stay one call; others are opened: what they do is written down."""
LONGEST = 120
"""A rule that takes more calls than this is no formula that anybody reads."""
SMALL = 12
"""Constant arrays of at most so many elements are written out; larger ones get a name."""

OPERATORS: dict[Any, type[ast.operator]] = {
    np.add: ast.Add, np.subtract: ast.Sub, np.multiply: ast.Mult, np.divide: ast.Div, np.power: ast.Pow,
    operator.pow: ast.Pow, np.matmul: ast.MatMult, np.remainder: ast.Mod, np.floor_divide: ast.FloorDiv,
    np.bitwise_and: ast.BitAnd, np.bitwise_or: ast.BitOr,
}  # fmt: skip
COMPARISONS: dict[Any, type[ast.cmpop]] = {
    np.equal: ast.Eq, np.not_equal: ast.NotEq, np.less: ast.Lt, np.less_equal: ast.LtE, np.greater: ast.Gt,
    np.greater_equal: ast.GtE,
}  # fmt: skip


class TooLongError(Exception):
    """A rule cannot be told in one formula; the step then names it."""


class Script:
    """What the lines of a script refer to by name besides its variables.

    Attributes
    ----------
    constants : dict of str to object
        Large arrays, and functions that cannot be imported.
    imports : set of str
        Import statements.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self._reserved: dict[str, Any] = dict.fromkeys(taken)
        self.constants: dict[str, Any] = {}
        self.imports: set[str] = set()
        self._names: dict[int, str] = {}

    def name(self, x: Any, name: str) -> None:
        """Call an object so, if it comes up."""
        if id(x) not in self._names:
            plain_name = re.sub(r"\W+", "_", name).strip("_") or "thing"
            plain_name += "_" * keyword.iskeyword(plain_name)
            self._names[id(x)] = fresh(plain_name, self._reserved)
            self._reserved[self._names[id(x)]] = x

    def constant(self, x: Any, stem: str) -> ast.expr:
        """The name of an object that the script is given, and does not spell out."""
        self.name(x, stem)
        name = self._names[id(x)]
        self.constants[name] = x
        return ast.Name(name)

    def code(self, x: Any) -> ast.expr:
        """A value as Python writes it."""
        if type(x) is Written:
            return x.code
        if isinstance(x, np.generic) and x.dtype.kind in "biufc":
            return self.code(x.item())
        if isinstance(x, bool | int | str | type(None) | type(...)):
            return ast.Constant(x)
        if isinstance(x, float | complex):
            return ast.Constant(x) if np.isfinite(x) else ast.parse(f"complex('{x}')" if np.iscomplex(x) else
                                                                    f"float('{x}')", mode="eval").body  # fmt: skip
        if isinstance(x, slice) or (isinstance(x, tuple) and any(isinstance(v, slice) for v in x)):
            return ast.Subscript(_dotted("np.s_"), self.index(x))
        if isinstance(x, tuple | list):
            return (ast.List if isinstance(x, list) else ast.Tuple)([self.code(v) for v in x])
        if isinstance(x, np.ndarray) and id(x) in self._names:
            return self.constant(x, "")
        if isinstance(x, np.ndarray) and x.size <= SMALL and x.dtype.kind in "biufc" and np.all(np.isfinite(x)):
            like = [] if x.dtype.char in "dlD?" and x.size else [ast.keyword("dtype", self.code(x.dtype))]
            return ast.Call(_dotted("np.array"), [self.code(x.tolist())], like)
        if isinstance(x, np.dtype | type) and hasattr(np, np.dtype(x).name):
            return _dotted(f"np.{np.dtype(x).name}")
        if callable(x):
            return self.function(x)
        return self.constant(x, "c" if hasattr(x, "shape") else "thing")

    def index(self, x: Any) -> ast.expr:
        """What stands between brackets."""
        if isinstance(x, slice):
            return ast.Slice(*[None if v is None else self.code(v) for v in (x.start, x.stop, x.step)])
        if isinstance(x, tuple) and x:
            return ast.Tuple([self.index(v) for v in x])
        return self.code(x)

    def function(self, function: Any) -> ast.expr:
        """A function by the name under which people call it."""
        if isinstance(function, Op):
            if (home := _home(function)) is not None:
                self.imports.add(f"from {home[0]} import {home[1]}")
                return ast.Name(home[1])
            known = _numpy_names().get(function.function) if _hashable(function.function) else None
            return _dotted(known) if known else self.constant(function, name_of(function))
        if (name := _numpy_names().get(function)) is not None:
            if name.startswith("special."):
                self.imports.add("from scipy import special")
            return _dotted(name)
        owner = getattr(function, "__self__", None)
        if isinstance(owner, np.ufunc):
            return ast.Attribute(self.function(owner), function.__name__)
        return self.constant(function, getattr(function, "__name__", "function"))

    def call(self, function: Any, args: Sequence[Any], params: dict[str, Any], tidy: bool = True) -> ast.expr:
        """The expression for a call, with Python's operators where it has them; tidy: without factors 1 and the like.

        Arguments that are what the function takes anyway are left out.
        """
        args, params = _without_defaults(function, args, params)
        codes = [self.code(x) for x in args]
        if not params and len(codes) == 2:
            if (kind := OPERATORS.get(function)) is not None:
                found = ast.BinOp(codes[0], kind(), codes[1])
                return simplified(found) if tidy else found
            if (compare := COMPARISONS.get(function)) is not None:
                return ast.Compare(codes[0], [compare()], [codes[1]])
        if function is np.negative and not params:
            return simplified(ast.UnaryOp(ast.USub(), codes[0]))
        if function in (np.invert, np.logical_not) and not params:
            return ast.UnaryOp(ast.Invert(), codes[0])
        if function is operator.getitem:
            return ast.Subscript(codes[0], self.index(args[1] if len(codes) > 1 else params["index"]))
        if function in (astype, np.astype):
            return ast.Call(ast.Attribute(codes[0], "astype"), codes[1:] or [self.code(params["dtype"])], [])
        if function in (np.transpose, np.swapaxes, np.matrix_transpose) and _is_flip(function, args, params):
            return ast.Attribute(codes[0], "T")
        keywords = [ast.keyword(name, self.code(value)) for name, value in params.items()]
        return ast.Call(self.function(function), codes, keywords)


class Written(Surface):
    """An array that knows how it was computed.

    Attributes
    ----------
    data : array or number
        The values.
    code : ast.expr
        How they came about, in the names of a script.
    """

    __slots__ = ("code", "data", "length", "script")

    keeps_operations = True  # asks `rules/indexing.py` for the whole operation, and not for its formula

    def __init__(self, data: Any, code: ast.expr, script: Script, length: int = 1) -> None:
        self.data, self.code, self.script, self.length = data, code, script, length

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return _call(self.script, ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return _call(self.script, function, args, kwargs)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        return np.array(self.data, dtype=dtype, copy=copy)

    def __float__(self) -> float:
        return float(self.data)


def _call(script: Script, function: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
    if type(function) is Op and function not in WHOLE:
        try:
            opened = function.function(*args, **params)
        except TooLongError:
            raise
        except Exception:  # it computes with what these arrays do not offer, and stays closed
            opened = None
        if type(opened) is Written:
            return opened
    value = function(*plain(args), **plain(params))
    if function is np.where and len(args) == 3 and (taken := _taken(args, value)) is not None:
        return taken
    length = 1 + sum(x.length for x in leaves((args, params)) if type(x) is Written)
    if length > LONGEST:
        raise TooLongError
    return _wrapped(value, lambda: script.call(function, args, params), script, length)


def _taken(args: Sequence[Any], value: Any) -> Any:
    """The branch that np.where takes everywhere, if it only guards against infinities, NaN and 0/0; else None."""
    condition = args[0]
    if type(condition) is not Written:
        return None
    held = bool(np.all(condition.data))
    if not held and np.any(condition.data):
        return None
    branch, other = (args[1], args[2]) if held else (args[2], args[1])
    if type(branch) is not Written or _shape_and_type(branch.data) != _shape_and_type(value):
        return None
    fills = isinstance(condition.code, ast.Compare) and _fills_a_hole(condition.code, branch.code, other)
    return branch if fills or _is_guard(condition.code) else None


def _is_guard(code: ast.expr) -> bool:
    """True for conditions about infinities and NaN alone."""
    if isinstance(code, ast.BinOp):
        return _is_guard(code.left) and _is_guard(code.right)
    if isinstance(code, ast.UnaryOp):
        return _is_guard(code.operand)
    return isinstance(code, ast.Call) and ast.unparse(code.func) in ("np.isinf", "np.isnan", "np.isfinite")


def _fills_a_hole(condition: ast.Compare, branch: ast.expr, other: Any) -> bool:
    """True for `where(z == 0, 1, z)`, which spares a division by 0."""
    return type(other) is not Written and ast.unparse(condition.left) == ast.unparse(branch)


def _shape_and_type(x: Any) -> tuple[tuple[int, ...], Any]:
    """The shape and the dtype of an array or a number."""
    return np.shape(x), getattr(x, "dtype", type(x))


def plain(x: Any) -> Any:
    """Without the codes, also inside of lists and dicts."""
    if type(x) is Written:
        return x.data
    if isinstance(x, dict):
        return {name: plain(v) for name, v in x.items()}
    return type(x)(map(plain, x)) if type(x) in (list, tuple) else x


def _wrapped(value: Any, code: Callable[[], ast.expr], script: Script, length: int) -> Any:
    if isinstance(value, np.ndarray | np.generic):
        return Written(value, code(), script, length)
    if isinstance(value, list | tuple) and any(isinstance(v, np.ndarray | np.generic) for v in value):
        whole = code()
        return [Written(v, ast.Subscript(whole, ast.Constant(i)), script, length) for i, v in enumerate(value)]
    return value


# --- arguments that say nothing


@cache
def _defaults(function: Any) -> list[tuple[str, Any]]:
    """The parameters of a function with what they are if nobody says; nothing for functions that do not tell."""
    try:
        parameters = inspect.signature(function).parameters.values()
    except (TypeError, ValueError):
        return []
    return [(p.name, p.default if p.kind is not p.VAR_POSITIONAL else inspect.Parameter.empty) for p in parameters]


def _without_defaults(function: Any, args: Sequence[Any], params: dict[str, Any]) -> tuple[list[Any], dict[str, Any]]:
    """The arguments and parameters without those that have their defaults: `svd(A)`, not `svd(A, hermitian=False)`."""
    computes = function.function if isinstance(function, Op) else function
    if isinstance(computes, np.ufunc) or not _hashable(computes):
        return list(args), params
    known = _defaults(computes)
    usual = dict(known)
    params = {name: v for name, v in params.items() if not _is_default(v, usual.get(name, inspect.Parameter.empty))}
    args = list(args)
    while args and len(args) <= len(known) and not params and _is_default(args[-1], known[len(args) - 1][1]):
        args.pop()
    return args, params


def _is_default(value: Any, default: Any) -> bool:
    if default is inspect.Parameter.empty:
        return False
    return value is default or (type(value) is type(default) and isinstance(value, str | int) and value == default)


# --- names of functions


@cache
def _numpy_names() -> dict[Any, str]:
    """The functions of NumPy (and of scipy.special, if it has been loaded) by the names that people use."""
    found: dict[Any, str] = {}
    special = sys.modules.get("scipy.special")
    for prefix, module in [("np", np), ("np.linalg", np.linalg), ("np.fft", np.fft), ("special", special)]:
        for name in dir(module):
            function = getattr(module, name)
            if (
                callable(function)
                and not name.startswith("_")
                and not isinstance(function, type)
                and _hashable(function)
            ):
                found.setdefault(function, f"{prefix}.{name}")
    found[abs] = "abs"
    return found


def _hashable(x: Any) -> bool:
    try:
        hash(x)
    except TypeError:
        return False
    return True


def name_of(op: Op) -> str:
    """What an operation is called: its own name, or that under which its page keeps it."""
    home = _home(op) if op.name == "<lambda>" else None
    return (home[1] if home else op.name).strip("_<>")


@cache
def _home(op: Op) -> tuple[str, str] | None:
    """The module and the name under which an operation of the table's own can be imported."""
    modules = [
        m
        for name, m in list(sys.modules.items())
        if name.startswith(("tinygrad_edu.rules.", "tinygrad_edu.scipy.")) and m
    ]
    return next(((m.__name__, name) for m in modules for name, v in vars(m).items() if v is op), None)


def _dotted(name: str) -> ast.expr:
    return ast.parse(name, mode="eval").body


def _is_flip(function: Any, args: Sequence[Any], params: dict[str, Any]) -> bool:
    """True if a call exchanges the two axes of a matrix."""
    if np.ndim(plain(args[0])) != 2 or params:
        return False
    axes = list(args[1:]) if function is np.swapaxes else list(args[1]) if len(args) > 1 and args[1] else [1, 0]
    return sorted(a % 2 for a in axes) == [0, 1] and (function is np.swapaxes or axes[0] % 2 == 1)


def fresh(stem: str, taken: Any) -> str:
    """The stem, with a number behind it if it is taken."""
    if stem not in taken:
        return stem
    n = 2
    while f"{stem}_{n}" in taken:
        n += 1
    return f"{stem}_{n}"
