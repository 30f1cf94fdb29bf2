"""A formula that someone typed, as a function: arithmetic, NumPy's elementary functions, and variables.

The text is parsed by Python's own parser and then walked by the evaluator below, which knows a dozen kinds of syntax
and refuses every other. Nothing is ever compiled or run: no attribute, no index, no string, no name that is not in
the two tables. All numbers are float64, so 9**9**9**9 overflows at once instead of filling the memory.

Calling the expression on plain numbers says where the mathematics fails (log of a negative number, division by zero),
and on traced Tensors it differentiates, since NumPy's functions do.
"""

from __future__ import annotations

import ast
import difflib
import operator
import re
import warnings
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from .errors import ExpressionError, TinygradError

LONGEST = 2_000  # characters; a formula typed by hand has a hundred
DEEPEST = 100  # levels of brackets: the walks below recurse

NAMES = """
    sqrt cbrt square power exp exp2 expm1 log log2 log10 log1p logaddexp reciprocal
    sin cos tan arcsin arccos arctan arctan2 asin acos atan atan2 hypot sinc radians degrees
    sinh cosh tanh arcsinh arccosh arctanh asinh acosh atanh
    abs absolute sign maximum minimum where clip floor ceil round
"""
FUNCTIONS: dict[str, Callable[..., Any]] = {name: getattr(np, name) for name in NAMES.split()}
ARITIES = {"where": 3, "clip": 3, "round": 1, "sinc": 1}  # of those that are no ufunc
OTHER_NAMES = {"ln": "log", "max": "maximum", "min": "minimum", "pow": "power", "sgn": "sign", "fabs": "abs"}
OF_ARRAYS = ("sum", "mean", "prod", "dot", "matmul", "var", "std", "median", "cumsum", "sort", "outer", "vdot", "inner")
CONSTANTS = {"pi": np.float64(np.pi), "e": np.float64(np.e)}
OPERATORS: dict[type[ast.AST], Callable[..., Any]] = {
    ast.Add: operator.add,
    ast.Sub: operator.sub,
    ast.Mult: operator.mul,
    ast.Div: operator.truediv,
    ast.Pow: operator.pow,
    ast.Mod: operator.mod,
    ast.UAdd: operator.pos,
    ast.USub: operator.neg,
    ast.Lt: operator.lt,
    ast.LtE: operator.le,
    ast.Gt: operator.gt,
    ast.GtE: operator.ge,
    ast.Eq: operator.eq,
    ast.NotEq: operator.ne,
}


@dataclass(frozen=True)
class Expression:
    """A formula, checked and ready to be evaluated at numbers or at Tensors; `parse` makes it.

    Examples
    --------
    >>> f = parse("exp(2*y) * sin(x)")
    >>> f.variables
    ('y', 'x')
    >>> f(x=0.0, y=1.0)
    np.float64(0.0)
    """

    text: str
    tree: ast.expr
    variables: tuple[str, ...]

    def __call__(self, **values: Any) -> Any:
        """The value where the variables have these values.

        Raises
        ------
        ExpressionError
            If a variable has no value.
        """
        for name in self.variables:
            if name not in values:
                raise ExpressionError(_unknown(name, values))
        return _value(self.tree, values)

    def checked(self, **values: float) -> float:
        """The value at plain numbers, or an error that names the part of the formula that has none.

        >>> parse("log(x - 3)").checked(x=2.0)
        Traceback (most recent call last):
            ...
        tinygrad_edu.errors.ExpressionError: log(x - 3) has no value here: log is not defined for x - 3 = -1
        """
        numbers = {name: np.float64(value) for name, value in values.items()}
        with np.errstate(all="ignore"):
            found = float(self(**numbers))
        if np.isfinite(found):  # a part without a value, as in where(x > 0, sqrt(x), 0), may not count
            return found
        with np.errstate(divide="raise", over="raise", invalid="raise", under="ignore"):
            return float(self(**numbers))


def parse(text: str) -> Expression:
    """Read a formula such as "exp(2*y) * sin(x)".

    Parameters
    ----------
    text : str
        Arithmetic (+ - * / % **), comparisons, numbers, pi, e, variables, and NumPy's elementary functions by their
        names, with or without "np." before them.

    Returns
    -------
    Expression
        Its `variables` in the order in which they occur.

    Raises
    ------
    ExpressionError
        If it holds anything else. The message names the place.

    Examples
    --------
    >>> parse("np.sqrt(x**2 + 1)").checked(x=0.0)
    1.0
    >>> parse("open('secrets')")
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.ExpressionError: no function is called 'open'. There are sin, cos, exp, log, sqrt and others \
of NumPy's
    """
    if not text.strip():
        raise ExpressionError('the formula is empty. Expected one such as "exp(2*y)*sin(x)"')
    if len(text) > LONGEST:
        raise ExpressionError(f"the formula has {len(text)} characters. Expected at most {LONGEST}: use a file.py")
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # Python warns of 2or 3; the check below refuses it anyway
            tree = ast.parse(text.strip(), mode="eval").body
    except SyntaxError as error:
        raise ExpressionError(_syntax_fault(text.strip(), error)) from None
    except (RecursionError, MemoryError, ValueError) as error:
        raise ExpressionError(f"the formula cannot be read: {_words(error)}") from None
    _check(tree, DEEPEST)
    names = [node for node in ast.walk(tree) if isinstance(node, ast.Name)]
    called = {id(node.func) for node in ast.walk(tree) if isinstance(node, ast.Call)}
    modules = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Attribute)}
    free = [name for name in sorted(names, key=lambda n: (n.lineno, n.col_offset)) if id(name) not in called | modules]
    return Expression(text.strip(), tree, tuple(dict.fromkeys(n.id for n in free if n.id not in CONSTANTS)))


def _check(node: ast.AST, deeper: int) -> None:
    """Refuse whatever is not on the list, before anything is evaluated."""
    if deeper == 0:
        raise ExpressionError(f"the formula is nested more than {DEEPEST} levels deep. Put it in a file.py")
    match node:
        case ast.Constant(value=int() | float()) if not isinstance(node.value, bool):
            _number(node)
        case ast.Name() | ast.Attribute(value=ast.Name(id="np"), attr="pi" | "e"):
            pass
        case ast.UnaryOp(op=op, operand=x) if type(op) in OPERATORS:
            _check(x, deeper - 1)
        case ast.BinOp(left=x, op=op, right=y) if type(op) in OPERATORS:
            _check(x, deeper - 1)
            _check(y, deeper - 1)
        case ast.Compare(left=x, ops=[op], comparators=[y]) if type(op) in OPERATORS:
            _check(x, deeper - 1)
            _check(y, deeper - 1)
        case ast.Call(func=ast.Name() | ast.Attribute(value=ast.Name(id="np")), keywords=[]):
            _check_call(node, deeper)
        case _:
            raise ExpressionError(_refusal(node))


def _check_call(node: ast.Call, deeper: int) -> None:
    name = _called(node)
    if name in OTHER_NAMES:
        raise ExpressionError(f"no function is called {name!r}. Did you mean {OTHER_NAMES[name]!r}?")
    if name not in FUNCTIONS and name in OF_ARRAYS:
        raise ExpressionError(
            f"no function is called {name!r} in a formula, which treats each element alone. In a file there is: "
            f"def f(w): return np.{name}(w), given as file.py:f"
        )
    if name not in FUNCTIONS:
        close = difflib.get_close_matches(name, FUNCTIONS, n=1, cutoff=0.75)
        others = f"Did you mean {close[0]!r}?" if close else "There are sin, cos, exp, log, sqrt and others of NumPy's"
        raise ExpressionError(f"no function is called {name!r}. {others}")
    expected = ARITIES[name] if name in ARITIES else FUNCTIONS[name].nin  # type: ignore[attr-defined]
    if len(node.args) != expected:
        plural = "s" if expected > 1 else ""
        raise ExpressionError(f"{_text(node)}: {name} takes {expected} argument{plural}, not {len(node.args)}")
    for argument in node.args:
        _check(argument, deeper - 1)


def _value(node: ast.AST, values: Mapping[str, Any]) -> Any:
    match node:
        case ast.Constant():
            return _number(node)
        case ast.Name(id=name):
            return values[name] if name in values else CONSTANTS[name]
        case ast.Attribute(attr=name):
            return CONSTANTS[name]
        case ast.UnaryOp(op=op, operand=x):
            return _applied(node, OPERATORS[type(op)], [_value(x, values)])
        case ast.BinOp(left=x, op=op, right=y) | ast.Compare(left=x, ops=[op], comparators=[y]):
            return _applied(node, OPERATORS[type(op)], [_value(x, values), _value(y, values)])
        case _:
            assert isinstance(node, ast.Call), "_check lets nothing else through"
            return _applied(node, FUNCTIONS[_called(node)], [_value(argument, values) for argument in node.args])


def _applied(node: ast.AST, function: Callable[..., Any], arguments: list[Any]) -> Any:
    try:
        return function(*arguments)
    except FloatingPointError as error:
        raise ExpressionError(_domain_fault(node, str(error), arguments)) from None
    except TinygradError:
        raise
    except ValueError as error:  # of arrays whose shapes do not go together
        raise ExpressionError(f"{_text(node)} cannot be computed: {str(error).strip()}") from None


def _domain_fault(node: ast.AST, fault: str, arguments: list[Any]) -> str:
    """ "log is not defined for x - 3 = -1", from NumPy's "invalid value encountered in log"."""
    parts = [child for child in ast.iter_child_nodes(node) if isinstance(child, ast.expr)]
    parts = parts[1:] if isinstance(node, ast.Call) else parts
    shown = [
        _text(part) if _is_literal(part) else f"{_text(part)} = {value:.6g}"
        for part, value in zip(parts, arguments, strict=True)
    ]
    what = _called(node) if isinstance(node, ast.Call) else fault.rpartition(" ")[2]
    if fault.startswith("overflow"):
        reason = "the result is too large for a float64, with"
    elif fault.startswith("divide by zero"):
        reason = f"{what} is infinite at" if isinstance(node, ast.Call) else "division by zero, with"
    else:
        reason = f"{what} is not defined for"
    return f"{_text(node)} has no value here: {reason} {' and '.join(shown)}"


def _is_literal(node: ast.AST) -> bool:
    return isinstance(node.operand if isinstance(node, ast.UnaryOp) else node, ast.Constant)


def _number(node: ast.Constant) -> np.float64:
    try:
        number = np.float64(node.value)  # type: ignore[arg-type]  # _check lets only numbers through
    except OverflowError:  # a whole number of more than 308 digits
        number = np.float64(np.inf)
    if not np.isfinite(number):
        raise ExpressionError("a number in the formula is too large. Expected at most 1.8e308")
    return number


def _called(node: ast.Call) -> str:
    """The name of the function, from sin(x) or np.sin(x)."""
    return node.func.attr if isinstance(node.func, ast.Attribute) else ast.unparse(node.func)


def _text(node: ast.AST, most: int = 60) -> str:
    text = ast.unparse(node)
    return text if len(text) <= most else text[:most] + "..."


def _unknown(name: str, values: Mapping[str, Any]) -> str:
    if name in FUNCTIONS:
        return f"{name} is a function. Expected its argument in brackets: {name}(x)"
    close = difflib.get_close_matches(name, [*values, *CONSTANTS], n=1)
    hint = f", or did you mean {close[0]!r}?" if close else ""
    return f"the name {name!r} has no value. Give it one with --at {name}=0{hint}"


def _refusal(node: ast.AST) -> str:
    match node:
        case ast.BinOp(op=ast.BitXor()):
            cure = "a power is written x**2, not x^2"
        case ast.BinOp(op=ast.FloorDiv()):
            cure = "a whole quotient is written floor(x / 2), not x // 2"
        case ast.IfExp():
            cure = "a choice is written where(x > 0, x, 0)"
        case ast.Attribute() | ast.Call(func=ast.Attribute()):
            cure = "attributes are not allowed; functions go by their name alone, such as sin(x)"
        case ast.Compare():
            cure = "compare two things at a time: where(x > 0, x, 0)"
        case ast.Call():
            cure = "a call has a name and plain arguments, such as maximum(x, 0)"
        case ast.Constant():
            cure = "only real numbers are allowed"
        case _:
            cure = "only arithmetic, numbers, variables and NumPy's functions are allowed"
    return f"{_text(node)} is no part of a formula here: {cure}"


def _syntax_fault(text: str, error: SyntaxError) -> str:
    column = min(error.offset or len(text), len(text))  # 0: at its end
    before, words = text[max(column - 16, 0) : column], error.msg.split(". Perhaps")[0]
    side_by_side = "decimal literal" in words or re.search(r"[\w)]\s+\w$", before)
    cure = ". Multiply with *, as in 2*x" if side_by_side else ""
    return f"the formula cannot be read at character {column} (after {before!r}): {words}{cure}"


def _words(error: BaseException) -> str:
    return "it is nested too deep" if isinstance(error, RecursionError | MemoryError) else str(error)
