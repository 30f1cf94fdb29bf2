"""The rule of an operation in plain words, and its local derivative as a formula: both read from the rule itself.

`g * np.cos(x)` is "the incoming gradient times cos of the argument", and its local derivative is cos(x). A rule that
calls a helper of its page is opened: the helper's one line stands for it, or the law in its docstring. Where no rule
says in words what it does, because it moves elements about or solves equations, `sayings.py` does.
"""

from __future__ import annotations

import ast
import inspect
import re
from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np

from ..graph import Op
from .formulas import body_of, formula, written
from .sayings import BY_RULE, FORMULAS, READ_AS, SAYINGS
from .tidying import simplified
from .written import name_of

OF_KIND = {
    "elementwise": "the incoming gradient times the slope of the function, element by element",
    "linear": "the function is linear: the incoming gradient goes back through its transpose",
    "bilinear": "the product rule: the incoming gradient, multiplied with the other factor",
    "primitive": "the incoming gradient, times the transposed matrix of all partial derivatives",
    "composite": "recorded as the lines that it consists of; each goes back by its own rule",
    "flat": "nothing flows back: the function is piecewise constant",
    "refused": "nothing: the function has no derivative by nature, and says so",
    "structure": "the incoming gradient as it is",
    "custom": "what the function's own rule says",
}
ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
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
             "matrix_transpose": "the transpose of", "zeros_like": "zeros in the shape of", "T": "the transpose of",
             "ones_like": "ones in the shape of", "real": "the real part of", "log1p": "the logarithm of 1 plus",
             "maximum": "the greater of", "minimum": "the smaller of", "floor": "the whole part of"}  # fmt: skip
MODULES = ("np", "np.linalg", "np.fft", "sp", "special", "operator")
_CODE = re.compile(r"[\[\]_*=]|lambda| for ")
_OURS = re.compile(r"^\w+$|\b_[a-z]+\(|function\(")
DEEP = 3
"""Helpers of helpers are opened so far."""


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
        told = formula(op.function)
        return "by the chain rule, line by line" if _OURS.search(told) else f"that of {told}"
    rule = _rule(op, i)
    if rule is None:
        return "0" if op.vjps is not None else "the derivative of its formula"
    if known := _said_of(FORMULAS, op, i) or _shared(rule)[0]:
        return known
    body = _body(rule)
    if body is None or (isinstance(body, ast.Call) and _law(_helper(body, rule))):
        return _law(rule) or _law(_helper(body, rule)) or OF_KIND[op.kind]
    return written(_One().visit(body)) if op.kind == "elementwise" else f"g ↦ {written(body)}"


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
    if known := _said_of(SAYINGS, op, i) or _shared(rule)[1]:
        return known
    if rule is None:
        return "nothing flows back to this argument" if op.vjps is not None else OF_KIND["primitive"]
    body = _body(rule)
    if body is None or (isinstance(body, ast.Call) and _law(_helper(body, rule))):
        return re.sub(r"\bg\b", "the incoming gradient", _law(rule) or _law(_helper(body, rule))) or OF_KIND[op.kind]
    said = _Saying(op, rule).said(body)
    return OF_KIND[op.kind] if _CODE.search(said) else said


def _rule(op: Op, i: int) -> Any:
    rules = rules_of(op)
    return rules[i if len(rules) > i else 0] if rules else None


def _said_of(table: dict[str | tuple[str, int], str], op: Op, i: int) -> str:
    name = name_of(op)
    return table.get((name, i)) or table.get(name, "")


def _shared(rule: Any) -> tuple[str, str]:
    """What is said of a rule that many operations share."""
    return BY_RULE.get(getattr(_unbound(rule), "__qualname__", ""), ("", ""))


def _unbound(rule: Any) -> Any:
    return rule.func if isinstance(rule, partial) else rule


def _body(rule: Any) -> ast.expr | None:
    """The expression that a rule computes, with the one-line helpers of its page put in."""
    rule = _unbound(rule)
    body = body_of(rule) if inspect.isfunction(rule) else None
    return None if body is None else _Opened(rule).visit(ast.parse(ast.unparse(body), mode="eval").body)


def _helper(call: Any, rule: Any) -> Any:
    """The function of our own that a call in a rule means, if it is one."""
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Name):
        return None
    found = _scope(_unbound(rule)).get(call.func.id)
    return getattr(found, "function", found) if isinstance(found, Op) or inspect.isfunction(found) else None


def _scope(rule: Any) -> dict[str, Any]:
    free = inspect.getclosurevars(rule)
    return {**free.globals, **free.nonlocals} if inspect.isfunction(rule) else {}


class _Opened(ast.NodeTransformer):
    """Calls of one-line helpers, replaced by their lines."""

    def __init__(self, rule: Any, depth: int = DEEP) -> None:
        self.rule, self.depth = rule, depth
        self.held = inspect.getclosurevars(_unbound(rule)).nonlocals

    def visit_Call(self, node: ast.Call) -> ast.expr:
        self.generic_visit(node)
        if isinstance(node.func, ast.Name) and (meaning := READ_AS.get(node.func.id)) is not None:
            read = ast.parse(meaning, mode="eval").body
            return _put_into(read.body, [a.arg for a in read.args.args], node) if isinstance(read, ast.Lambda) else node
        function = _helper(node, self.rule)
        body = body_of(function) if self.depth and inspect.isfunction(function) else None
        if body is None or node.keywords:
            return node
        letters = list(inspect.signature(function).parameters)
        opened = _Opened(function, self.depth - 1).visit(ast.parse(ast.unparse(body), mode="eval").body)
        return _put_into(opened, letters, node)

    def visit_Name(self, node: ast.Name) -> ast.expr:
        if not (meaning := READ_AS.get(node.id, "lambda")).startswith("lambda"):
            return ast.parse(meaning, mode="eval").body
        held = self.held.get(node.id)
        if isinstance(held, int | float | complex):
            return (
                ast.Constant(held)
                if isinstance(held, complex) or held >= 0
                else ast.UnaryOp(ast.USub(), ast.Constant(-held))
            )
        name = held.name if isinstance(held, Op) else held.__name__ if isinstance(held, np.ufunc) else node.id
        return ast.Name(name) if name.isidentifier() else node


def _put_into(body: ast.expr, letters: list[str], call: ast.Call) -> ast.expr:
    """The line of a helper with a call's arguments in it; the call, if they do not fit."""
    given = call.args
    if given and isinstance(given[-1], ast.Starred):  # the other letters stand for themselves
        given = [*given[:-1], *(ast.Name(letter) for letter in letters[len(given) - 1 :])]
    if len(letters) != len(given) or any(isinstance(a, ast.Starred) for a in given):
        return call
    return _PutIn(dict(zip(letters, given, strict=True))).visit(body)


class _PutIn(ast.NodeTransformer):
    def __init__(self, values: dict[str, ast.expr]) -> None:
        self.values = values

    def visit_Name(self, node: ast.Name) -> ast.expr:
        return self.values.get(node.id, node)


def _law(rule: Any) -> str:
    """The first paragraph of the rule's docstring, on one line."""
    text = (inspect.getdoc(_unbound(rule)) or "") if inspect.isfunction(_unbound(rule)) else ""
    return "" if text.startswith("The same as ") else " ".join(text.split("\n\n")[0].split()).rstrip(".")


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


class _Saying:
    """An expression in words; what its names mean is told by their places in the rule: g, the result, the arguments."""

    def __init__(self, op: Op, rule: Any) -> None:
        letters = [p.name for p in inspect.signature(_unbound(rule)).parameters.values() if p.default is p.empty]
        n = min(op.arity or len(letters) - 2, len(letters) - 2)
        self.names = dict(zip(letters[:2], ("the incoming gradient", "the result"), strict=False))
        for k, letter in enumerate(letters[2 : 2 + n]):
            self.names[letter] = "the argument" if n == 1 else f"the {ORDINALS[k]} argument"

    def said(self, node: ast.expr) -> str:
        """The expression in words."""
        said = self.said
        if isinstance(node, ast.Name):
            return self.names.get(node.id) or node.id.strip("_").replace("_", " ")
        if isinstance(node, ast.Constant):
            v = node.value
            return "i" if v == 1j else str(int(v)) if isinstance(v, float) and v.is_integer() else str(v)
        if isinstance(node, ast.UnaryOp):
            return f"{'minus' if isinstance(node.op, ast.USub) else 'not'} {said(node.operand)}"
        if isinstance(node, ast.BinOp):
            return self._binary(node)
        if isinstance(node, ast.Compare):
            pairs = zip(node.ops, node.comparators, strict=True)
            parts = [f"{COMPARED.get(type(o), 'is')} {said(c)}" for o, c in pairs]
            return f"{said(node.left)} {' and '.join(parts)}"
        if isinstance(node, ast.Call):
            return self._call(node)
        if isinstance(node, ast.Attribute):
            if ast.unparse(node.value) in MODULES:
                return node.attr
            return f"the {'transpose' if node.attr in ('T', 'mT') else node.attr} of {said(node.value)}"
        if isinstance(node, ast.IfExp):
            return f"{said(node.body)} if {said(node.test)}, else {said(node.orelse)}"
        if isinstance(node, ast.Subscript):
            return f"{said(node.value)} at {ast.unparse(node.slice)}"
        return ast.unparse(node)

    def _binary(self, node: ast.BinOp) -> str:
        if _is_square(node):
            return f"{self._grouped(node.left)} squared"
        if isinstance(node.op, ast.Pow):
            return f"{self._grouped(node.left)} to the power {self._grouped(node.right)}"
        left, word = self.said(node.left), OPERATORS.get(type(node.op), "with")
        if isinstance(node.left, ast.BinOp) and isinstance(node.left.op, ast.Add | ast.Sub) and word in _PRODUCTS:
            left = f"({left})"
        return f"{left} {word} {self._grouped(node.right)}"

    def _grouped(self, node: ast.expr) -> str:
        return f"({self.said(node)})" if isinstance(node, ast.BinOp) and not _is_square(node) else self.said(node)

    def _call(self, node: ast.Call) -> str:
        name = ast.unparse(node.func).split(".")[-1]
        args = [self._grouped(a) for a in node.args]
        if name == "where" and len(args) == 3:
            return f"{args[1]} where {args[0]}, else {args[2]}"
        owner = node.func.value if isinstance(node.func, ast.Attribute) else None
        if owner is not None and ast.unparse(owner) not in MODULES:
            args.insert(0, self._grouped(owner))
        listed = " and ".join([", ".join(args[:-1]), args[-1]] if len(args) > 1 else args)
        return f"{FUNCTIONS.get(name, name.strip('_').replace('_', ' ') + ' of')} {listed}"


def _is_square(node: ast.BinOp) -> bool:
    same = isinstance(node.op, ast.Mult) and ast.unparse(node.left) == ast.unparse(node.right)
    return same or (isinstance(node.op, ast.Pow) and ast.unparse(node.right) == "2")


_PRODUCTS = ("times", "divided by", "matrix-times")
