"""The rule of an operation in plain words, and its local derivative as a formula: both read from the rule itself.

`g * np.cos(x)` is "the incoming gradient times cos of the argument", and its local derivative is cos(x). A rule that is
no single line says its law in its docstring; one without is told by the kind of its operation, which is a law too.
"""

from __future__ import annotations

import ast
import inspect
from collections.abc import Callable
from functools import partial
from typing import Any

from ..graph import Op
from .formulas import body_of, formula, written
from .written import simplified

OF_KIND = {
    "elementwise": "the incoming gradient times the slope of the function, element by element",
    "linear": "the function is linear: the incoming gradient goes back through its transpose",
    "bilinear": "the product rule: the incoming gradient, multiplied with the other factor",
    "primitive": "the incoming gradient, times the transposed matrix of all partial derivatives",
    "composite": "the chain rule, through the formula that the function stands for",
    "flat": "nothing flows back: the function is piecewise constant",
    "refused": "nothing: the function has no derivative by nature, and says so",
    "structure": "the incoming gradient as it is",
    "custom": "what the function's own rule says",
}
NAMES = {"g": "the incoming gradient", "x": "the argument", "y": "the result", "z": "the result"}
OF_TWO = {**NAMES, "x": "the first argument", "y": "the second argument"}
OPERATORS: dict[type, str] = {
    ast.Add: "plus", ast.Sub: "minus", ast.Mult: "times", ast.Div: "divided by", ast.MatMult: "matrix-times",
    ast.BitAnd: "and", ast.BitOr: "or", ast.Mod: "modulo", ast.FloorDiv: "divided, rounded down, by",
}  # fmt: skip
COMPARED: dict[type, str] = {
    ast.Eq: "equals", ast.NotEq: "is not", ast.Lt: "is less than", ast.LtE: "is at most", ast.Gt: "is greater than",
    ast.GtE: "is at least",
}  # fmt: skip
FUNCTIONS = {"sqrt": "the square root of", "conj": "the conjugate of", "abs": "the size of", "absolute": "the size of",
             "sign": "the sign of", "log": "the logarithm of", "transpose": "the transpose of",
             "matrix_transpose": "the transpose of", "zeros_like": "zeros in the shape of",
             "ones_like": "ones in the shape of"}  # fmt: skip


def rules_of(op: Op) -> list[Callable[..., Any] | None]:
    """The reverse rules of an operation: one per argument, or one for all."""
    vjps = op.vjps
    if isinstance(vjps, tuple):
        return list(vjps)
    return [getattr(vjps, "rule", vjps)] if vjps is not None else []


def local_derivative(op: Op, i: int = 0) -> str:
    """The local derivative of an operation with respect to argument i, as a formula.

    >>> import numpy as np, tinygrad_edu as tg
    >>> local_derivative(tg.RULES[np.sin]), local_derivative(tg.RULES[np.divide], 1)
    ('cos(x)', '-z / y')
    """
    if op.kind in ("flat", "refused"):
        return "0" if op.kind == "flat" else "none"
    if op.kind == "composite":
        return f"that of {formula(op.function)}"
    rule = _rule(op, i)
    if rule is None:
        return "0" if op.vjps is not None else "the derivative of its formula"
    body = _body(rule)
    if body is None:
        return _law(rule) or OF_KIND[op.kind]
    return written(_One().visit(ast.parse(ast.unparse(body), mode="eval").body))


def in_words(op: Op, i: int = 0) -> str:
    """What an operation sends back to argument i, in one line of plain words.

    >>> import numpy as np, tinygrad_edu as tg
    >>> in_words(tg.RULES[np.sin])
    'the incoming gradient times cos of the argument'
    >>> in_words(tg.RULES[np.divide], 1)
    'minus the incoming gradient times the result divided by the second argument'
    >>> in_words(tg.RULES[np.floor])
    'nothing flows back: the function is piecewise constant'
    """
    if op.kind in ("flat", "refused", "composite"):
        return OF_KIND[op.kind]
    rule = _rule(op, i)
    if rule is None:
        return "nothing flows back to this argument" if op.vjps is not None else OF_KIND["primitive"]
    body = _body(rule)
    if body is not None:
        letters = list(inspect.signature(_unbound(rule)).parameters)
        return _said(body, OF_TWO if len(letters) > 1 and letters[1] == "z" else NAMES)
    return _law(rule) or OF_KIND.get(op.kind, OF_KIND["primitive"])


def _rule(op: Op, i: int) -> Any:
    rules = rules_of(op)
    return rules[i if len(rules) > i else 0] if rules else None


def _unbound(rule: Any) -> Any:
    return rule.func if isinstance(rule, partial) else rule


def _body(rule: Any) -> ast.expr | None:
    rule = _unbound(rule)
    return body_of(rule) if inspect.isfunction(rule) else None


def _law(rule: Any) -> str:
    """The first sentence of the rule's docstring, on one line."""
    text = (inspect.getdoc(_unbound(rule)) or "") if inspect.isfunction(_unbound(rule)) else ""
    return " ".join(text.split("\n\n")[0].split()).rstrip(".")


class _One(ast.NodeTransformer):
    """The rule with 1 for the incoming gradient."""

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return ast.Constant(1) if node.id == "g" else node

    def visit_BinOp(self, node: ast.BinOp) -> ast.expr:
        self.generic_visit(node)
        return simplified(node)

    def visit_UnaryOp(self, node: ast.UnaryOp) -> ast.expr:
        self.generic_visit(node)
        return simplified(node) if isinstance(node.op, ast.USub) else node


def _said(node: ast.expr, names: dict[str, str]) -> str:
    say = lambda part: _said(part, names)
    if isinstance(node, ast.Name):
        return names.get(node.id, node.id.strip("_").replace("_", " "))
    if isinstance(node, ast.Constant):
        v = node.value
        return "i" if v == 1j else str(int(v)) if isinstance(v, float) and v.is_integer() else str(v)
    if isinstance(node, ast.UnaryOp):
        return f"{'minus' if isinstance(node.op, ast.USub) else 'not'} {say(node.operand)}"
    if isinstance(node, ast.BinOp):
        if isinstance(node.op, ast.Pow):
            power = say(node.right)
            return f"{say(node.left)} squared" if power == "2" else f"{say(node.left)} to the power {power}"
        return f"{say(node.left)} {OPERATORS.get(type(node.op), 'with')} {_grouped(node.right, say)}"
    if isinstance(node, ast.Compare):
        parts = [f"{COMPARED.get(type(o), 'is')} {say(c)}" for o, c in zip(node.ops, node.comparators, strict=True)]
        return f"{say(node.left)} {' and '.join(parts)}"
    if isinstance(node, ast.Call):
        return _call_said(node, say)
    if isinstance(node, ast.Attribute):
        if isinstance(node.value, ast.Name) and node.value.id == "np":
            return node.attr
        return f"the {'transpose' if node.attr in ('T', 'mT') else node.attr} of {say(node.value)}"
    if isinstance(node, ast.IfExp):
        return f"{say(node.body)} if {say(node.test)}, else {say(node.orelse)}"
    if isinstance(node, ast.Subscript):
        return f"{say(node.value)} at [{ast.unparse(node.slice)}]"
    return ast.unparse(node)


def _grouped(node: ast.expr, say: Callable[[ast.expr], str]) -> str:
    return f"({say(node)})" if isinstance(node, ast.BinOp) else say(node)


def _call_said(node: ast.Call, say: Callable[[ast.expr], str]) -> str:
    name = ast.unparse(node.func).split(".")[-1]
    args = [say(a) for a in node.args]
    if name == "where" and len(args) == 3:
        return f"{args[1]} where {args[0]}, else {args[2]}"
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    if owner is not None and ast.unparse(owner) not in ("np", "np.linalg", "np.fft", "sp", "special", "operator"):
        args.insert(0, say(owner))
    return f"{FUNCTIONS.get(name, name.strip('_').replace('_', ' ') + ' of')} {', '.join(args)}"
