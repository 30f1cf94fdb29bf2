"""Expressions without what says nothing: factors 1, powers of 1, double minus signs."""

from __future__ import annotations

import ast


def simplified(node: ast.BinOp | ast.UnaryOp) -> ast.expr:
    """Without factors 1, powers of 1 and double minus signs."""
    if isinstance(node, ast.UnaryOp):
        inner = node.operand
        if isinstance(inner, ast.UnaryOp) and isinstance(inner.op, ast.USub):
            return inner.operand
        if _is_number(inner):
            return ast.Constant(-inner.value)  # type: ignore[attr-defined]
        return node
    left, right = node.left, node.right
    if isinstance(node.op, ast.Mult):
        if _is(left, 1):
            return right
        if _is(right, 1):
            return left
        if _is(left, -1):
            return simplified(ast.UnaryOp(ast.USub(), right))
        if isinstance(left, ast.UnaryOp) and _is(left.operand, 1):
            return simplified(ast.UnaryOp(ast.USub(), right))
    if isinstance(node.op, ast.Pow | ast.Div) and _is(right, 1):
        return left
    return node


def _is(node: ast.expr, number: int) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float) and node.value == number


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)
