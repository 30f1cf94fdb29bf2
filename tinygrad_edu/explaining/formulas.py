"""A rule as mathematics, read from its own source.

A rule of the table is one line of Python, `lambda g, y, x: g * np.cos(x)`, and so is already a formula; what is left
is to write it as people do: g · cos(x). A rule that needs more than a line is a named function, whose docstring states
its law. Nothing is kept beside the rule that could differ from it.
"""

from __future__ import annotations

import ast
import inspect
import linecache
from collections.abc import Callable
from functools import cache, partial
from typing import Any

_SUPERSCRIPTS = str.maketrans("0123456789-", "⁰¹²³⁴⁵⁶⁷⁸⁹⁻")
_GREEK = {"pi": "π", "inf": "∞", "nan": "NaN", "euler_gamma": "γ"}
_SYMBOLS = {
    ast.Add: " + ", ast.Sub: " - ", ast.Mult: " · ", ast.Div: " / ", ast.MatMult: " ", ast.Mod: " mod ",
    ast.Eq: " = ", ast.NotEq: " ≠ ", ast.Lt: " < ", ast.LtE: " ≤ ", ast.Gt: " > ", ast.GtE: " ≥ ",
    ast.BitAnd: " and ", ast.BitOr: " or ", ast.FloorDiv: " // ",
}  # fmt: skip
_STRENGTH = {ast.BitOr: 0, ast.BitAnd: 1, ast.Add: 3, ast.Sub: 3, ast.Mult: 4, ast.Div: 4, ast.Mod: 4, ast.MatMult: 4}
_ATOM = 9


def formula(rule: Callable[..., Any] | None) -> str:
    """A rule in mathematical notation; what its docstring says, if it is a function of several lines.

    >>> import numpy as np
    >>> formula(lambda g, y, x: g * np.cos(x))
    'g · cos(x)'
    >>> formula(lambda g, z, x, y: -g * z / y**2)
    '-g · z / y²'
    >>> formula(lambda g, y, x: np.where(x > 0, g / (2.0 * np.sqrt(x)), 0))
    '{ g / (2 · √x) where x > 0, else 0 }'
    """
    if rule is None:
        return "0"
    rule = rule.func if isinstance(rule, partial) else rule
    if not inspect.isfunction(rule):
        return getattr(rule, "__name__", str(rule))
    body = body_of(rule)
    if body is not None:
        return written(body)
    return (inspect.getdoc(rule) or rule.__name__).split("\n\n")[0].replace("\n", " ").rstrip(".")


def rule_source(rule: Callable[..., Any]) -> str:
    """The expression of a one-line rule as it stands in the file; of a longer one its name."""
    body = body_of(rule) if inspect.isfunction(rule) else None
    return ast.unparse(body) if body is not None else getattr(rule, "__name__", str(rule))


def body_of(rule: Any) -> ast.expr | None:
    """The expression that a lambda, or a function with nothing but a return, computes."""
    code = rule.__code__
    found = [
        node
        for node in _functions(code.co_filename).get(code.co_firstlineno, ())
        if [a.arg for a in [*node.args.posonlyargs, *node.args.args]] == list(code.co_varnames[: code.co_argcount])
    ]
    if len(found) > 1:  # several lambdas in a line: the positions of the instructions tell which
        columns = [c for line, _, c, _ in code.co_positions() if c is not None and line == code.co_firstlineno]
        found = [n for n in found if n.col_offset <= max(columns, default=0) <= (n.end_col_offset or 0)][:1]
    if not found:
        return None
    node = found[0]
    if isinstance(node, ast.Lambda):
        return node.body
    statements = [s for s in node.body if not (isinstance(s, ast.Expr) and isinstance(s.value, ast.Constant))]
    only = statements[0] if len(statements) == 1 else None
    return only.value if isinstance(only, ast.Return) and ast.get_docstring(node) is None else None


def _first_line(node: ast.Lambda | ast.FunctionDef) -> int:
    return node.decorator_list[0].lineno if isinstance(node, ast.FunctionDef) and node.decorator_list else node.lineno


@cache
def _functions(file: str) -> dict[int, list[ast.Lambda | ast.FunctionDef]]:
    """The functions of a file by the lines on which they begin."""
    found: dict[int, list[ast.Lambda | ast.FunctionDef]] = {}
    try:
        tree = ast.parse("".join(linecache.getlines(file)))
    except SyntaxError:
        return found
    for node in ast.walk(tree):
        if isinstance(node, ast.Lambda | ast.FunctionDef):
            found.setdefault(_first_line(node), []).append(node)
    return found


# --- writing: each function returns the text and how strongly it binds


def written(node: ast.expr) -> str:
    """An expression in mathematical notation."""
    return written_part(node)[0]


def written_part(node: ast.expr) -> tuple[str, int]:
    write = _WRITERS.get(type(node))
    return write(node) if write else (ast.unparse(node), _ATOM)


def _in(node: ast.expr, strength: int) -> str:
    text, own = written_part(node)
    return text if own >= strength else f"({text})"


def _binary(node: ast.BinOp) -> tuple[str, int]:
    kind = type(node.op)
    if kind is ast.Pow:
        exponent = ast.unparse(node.right)
        base = _in(node.left, _ATOM)
        if exponent.lstrip("-").isdigit():
            return base + exponent.translate(_SUPERSCRIPTS), 8
        return f"{base}^{_in(node.right, _ATOM)}", 8
    strength = _STRENGTH.get(kind, 2)
    right = strength + (kind in (ast.Sub, ast.Div))
    return _in(node.left, strength) + _SYMBOLS.get(kind, " ? ") + _in(node.right, right), strength


def _unary(node: ast.UnaryOp) -> tuple[str, int]:
    sign = "-" if isinstance(node.op, ast.USub) else "not " if isinstance(node.op, ast.Not | ast.Invert) else "+"
    return sign + _in(node.operand, 4), 4


def _compare(node: ast.Compare) -> tuple[str, int]:
    parts = [_in(node.left, 3)]
    for op, right in zip(node.ops, node.comparators, strict=True):
        parts += [_SYMBOLS.get(type(op), f" {type(op).__name__.lower()} "), _in(right, 3)]
    return "".join(parts), 2


def _call(node: ast.Call) -> tuple[str, int]:
    name = ast.unparse(node.func).split(".")[-1]
    args = [_in(a, 0) for a in node.args if not isinstance(a, ast.Starred)]
    if name == "where" and len(args) == 3:
        return f"{{ {args[1]} where {args[0]}, else {args[2]} }}", _ATOM
    if name == "sqrt":
        return "√" + _in(node.args[0], _ATOM), _ATOM
    if name in ("abs", "absolute"):
        return f"|{args[0]}|", _ATOM
    if name in ("conj", "conjugate"):
        return f"conj({args[0]})", _ATOM
    if name in ("swapaxes", "matrix_transpose"):
        return _in(node.args[0], _ATOM) + "ᵀ", _ATOM
    if name == "exp":
        return f"exp({args[0]})", _ATOM
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if owner is not None and not (isinstance(owner, ast.Name) and owner.id in ("np", "special", "sc", "sp")):
        args = [_in(owner, 0), *args]
    return f"{name}({', '.join(args)})", _ATOM


def _attribute(node: ast.Attribute) -> tuple[str, int]:
    if isinstance(node.value, ast.Name) and node.value.id == "np":
        return _GREEK.get(node.attr, node.attr), _ATOM
    if node.attr in ("T", "mT"):
        return _in(node.value, _ATOM) + "ᵀ", _ATOM
    return f"{_in(node.value, _ATOM)}.{node.attr}", _ATOM


def _constant(node: ast.Constant) -> tuple[str, int]:
    value = node.value
    if isinstance(value, float) and value.is_integer() and abs(value) < 1e15:
        return str(int(value)), _ATOM
    return ("i" if value == 1j else str(value).replace("j", "i")), _ATOM


def _choice(node: ast.IfExp) -> tuple[str, int]:
    return f"{{ {_in(node.body, 0)} if {_in(node.test, 0)}, else {_in(node.orelse, 0)} }}", _ATOM


_WRITERS: dict[type, Callable[[Any], tuple[str, int]]] = {
    ast.BinOp: _binary,
    ast.UnaryOp: _unary,
    ast.Compare: _compare,
    ast.Call: _call,
    ast.Attribute: _attribute,
    ast.Constant: _constant,
    ast.IfExp: _choice,
    ast.Name: lambda node: (_GREEK.get(node.id, node.id), _ATOM),
}
