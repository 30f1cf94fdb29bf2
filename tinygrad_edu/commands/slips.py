"""What went wrong in a derivative worked out by hand: the usual slips, each made on purpose and compared.

A slip changes the rule of one node of the formula: the chain rule without its inner factor, one term of a product, a
quotient turned round. Here the node is replaced by something that has the same value and the slip's derivative (held
constant with `stop_gradient`, as far as the slip ignores it), the engine differentiates the whole, and the result is
compared with what was written, at a few points. Two slips at once are not found.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import numpy as np

from ..expressions import Expression
from ..transforms import grad, jvp, stop_gradient
from .screen import number

Formula = Callable[..., Any]
Point = Mapping[str, float]
POINTS, FEWEST = 24, 5


def diagnosed(f: Formula, written: Formula, name: str, point: Point) -> str:
    """What is wrong with `written` as the derivative of f by the variable `name`, in words; empty if nothing known is.

    Parameters
    ----------
    f, written : callable
        Called with the variables by name, which are numbers. The slips inside a formula are looked for if f is an
        `Expression`.
    name : str
        The variable.
    point : mapping of str to float
        Where to look; the points are around it, and elsewhere.

    >>> from ..expressions import parse
    >>> diagnosed(parse("sin(x**2)"), parse("cos(x**2)"), "x", {"x": 1.0})
    'the derivative of what is inside sin(x ** 2) is missing: that of x ** 2'
    >>> diagnosed(parse("sin(x)"), parse("3*cos(x)"), "x", {"x": 1.0})
    'too large by a factor 3'
    """
    places = points_around(point)
    found, right = sampled(written, places), derivatives(f, name, places)
    same = lambda other: _equal(found, other) and not _equal(right, other)
    whole = _of_the_whole(found, right)
    for words, slipped in slips(f, name) if isinstance(f, Expression) else ():
        if same(derivatives(slipped, name, places)):
            return f"{whole}: {words}" if whole.startswith("too") else words
    others = _other_things(f, name, places)
    return whole or next((words for words, values in others if same(values)), "")


def elsewhere(f: Formula, written: Formula, name: str, point: Point) -> tuple[Point, float, float] | None:
    """A point, among some around, at which what was written is not the derivative; with both numbers."""
    places = points_around(point)
    found, right = sampled(written, places), derivatives(f, name, places)
    apart = np.isfinite(right) & ~(np.abs(found - right) <= 1e-7 * np.fmax(np.abs(found), np.abs(right)) + 1e-12)
    return next(((p, a, b) for p, a, b, no in zip(places, found, right, apart, strict=True) if no), None)


def points_around(point: Point) -> list[Point]:
    """Some points near this one, and some of the size of 1 with both signs; always the same."""
    rng = np.random.default_rng(0)
    near: list[Point] = [
        {name: v * (1 + 0.2 * rng.uniform(-1, 1)) + 0.1 * rng.uniform() for name, v in point.items()} for _ in range(8)
    ]
    return near + [{name: float(rng.uniform(-2.5, 2.5)) for name in point} for _ in range(POINTS - 8)]


def sampled(f: Formula, places: list[Point]) -> np.ndarray:
    """The values of f at points; NaN where it has none."""
    with np.errstate(all="ignore"):
        return np.array([_number(f, place) for place in places])


def derivatives(f: Formula, name: str, places: list[Point]) -> np.ndarray:
    """The derivatives of f by one variable at points; NaN where it has none."""
    return sampled(lambda **p: grad(lambda v: f(**{**p, name: v}) + 0 * v)(p[name]), places)


def _number(f: Formula, place: Point) -> float:
    try:
        return float(f(**place))
    except Exception:  # a function in a file may fail in any way at a point that nobody had thought of
        return float("nan")


def _equal(a: np.ndarray, b: np.ndarray) -> bool:
    both = np.isfinite(a) & np.isfinite(b)
    return bool(
        both.sum() >= FEWEST and np.all(np.abs(a - b)[both] <= 1e-9 * np.fmax(np.abs(a), np.abs(b))[both] + 1e-14)
    )


def _of_the_whole(found: np.ndarray, right: np.ndarray) -> str:
    """A factor, or a constant, between the two."""
    both = np.isfinite(found) & np.isfinite(right)
    if both.sum() < FEWEST:
        return ""
    if not found[both].any():
        return "it is 0 everywhere; the function does depend on this variable"
    if not right[both].any():
        return "the function does not depend on this variable: its derivative is 0"
    if _equal(found, right):  # what is wrong is at the point alone
        return ""
    ratios = (found / np.where(right == 0, np.nan, right))[both & (right != 0)]
    factor, constant = float(np.median(ratios)), float(np.median((found - right)[both]))
    if np.all(np.abs(ratios - factor) <= 1e-9 * abs(factor)) and not np.any(found[both & (right == 0)]):
        return _factor(factor)
    if np.allclose((found - right)[both], constant, rtol=1e-9, atol=1e-12):
        return f"too {'large' if constant > 0 else 'small'} by {number(abs(constant))} everywhere"
    if np.allclose(np.abs(found[both]), np.abs(right[both]), rtol=1e-9):
        return "the sign is wrong at some points: an absolute value?"
    return ""


def _factor(factor: float) -> str:
    if abs(factor + 1) < 1e-9:
        return "the sign is wrong"
    sign = "the sign is wrong, and it is " if factor < 0 else ""
    size = abs(factor)
    return f"{sign}too {'large' if size > 1 else 'small'} by a factor {number(max(size, 1 / size))}"


def _other_things(f: Formula, name: str, places: list[Point]) -> Iterator[tuple[str, np.ndarray]]:
    """What people may have written down instead of this derivative."""
    yield "this is the function itself: it is not differentiated yet", sampled(f, places)
    for other in places[0]:
        if other != name:
            yield f"this is the derivative by {other}, not by {name}: interchanged?", derivatives(f, other, places)
    second = lambda **p: grad(lambda v: f(**{**p, name: v}) + 0 * v)(p[name])
    yield "this is the second derivative: differentiated once too often", derivatives(second, name, places)


# --- slips inside a formula -------------------------------------------------------------------------------------------


def slips(f: Expression, name: str) -> Iterator[tuple[str, Formula]]:
    """Every slip that this formula invites: in words, and a formula of the same value with the slip's derivative."""
    nodes = [node for node in ast.walk(f.tree) if isinstance(node, ast.Call | ast.BinOp) and _depends(node, name)]
    for node in nodes:
        for words, changed in _slips_at(node, name):
            yield words, _with_node(f, name, node, changed)


def _slips_at(node: ast.Call | ast.BinOp, v: str) -> Iterator[tuple[str, Formula]]:
    """Each changed node is a function of `val`, which evaluates parts of the formula, and of the variable's value."""
    text = ast.unparse(node)
    held = stop_gradient
    same = lambda value, slope: held(value) + slope - held(slope)  # one's value, the other's derivative
    if isinstance(node, ast.Call) and len(node.args) == 1:
        (u,) = node.args
        again = lambda of: Expression("", ast.Call(node.func, [ast.Name("u_")], []), ("u_",))(u_=of)
        if not isinstance(u, ast.Name):
            inner = f"the derivative of what is inside {text} is missing: that of {ast.unparse(u)}"
            yield inner, lambda val, x: again(held(val(u)) + x - held(x))
            yield (f"{text} is differentiated at the derivative of {ast.unparse(u)}, not at {ast.unparse(u)} itself",
                   lambda val, x: same(val(node), again(held(_slope(val, u, x)) + x - held(x))))  # fmt: skip
        yield f"the sign of the derivative of {text} is wrong", lambda val, x: same(val(node), -val(node))
        yield f"{text} is not differentiated", lambda val, x: same(val(node), held(val(node)) * val(u))
    elif isinstance(node, ast.BinOp):
        yield from _slips_of_operators(node, v, text, held, same)


def _slips_of_operators(node: ast.BinOp, v: str, text: str, held: Formula, same: Formula) -> Iterator[Any]:
    a, b = node.left, node.right
    first, second = ast.unparse(a), ast.unparse(b)
    both = _depends(a, v) and _depends(b, v)
    whole = lambda val: val(node)
    match node.op:
        case ast.Pow() if not _depends(b, v):
            if not isinstance(a, ast.Name):
                yield (f"the derivative of what is inside {text} is missing: that of {first}",
                       lambda val, x: (held(val(a)) + x - held(x)) ** val(b))  # fmt: skip
            yield (
                f"the exponent of {text} is not lowered by 1",
                lambda val, x: same(whole(val), held(val(a)) * whole(val)),
            )
            yield f"the exponent of {text} is missing as a factor", lambda val, x: same(whole(val), whole(val) / val(b))
            yield f"{text} is not differentiated", lambda val, x: same(whole(val), held(whole(val)) * val(a))
        case ast.Pow() if not _depends(a, v):
            yield (f"{text} has its variable in the exponent: it is differentiated as if it were a power",
                   lambda val, x: same(whole(val), held(val(b) * val(a) ** (val(b) - 1)) * val(b)))  # fmt: skip
            yield (f"the factor log({first}) of the derivative of {text} is missing",
                   lambda val, x: same(whole(val), whole(val) / np.log(val(a))))  # fmt: skip
        case ast.Mult() if both:
            yield (
                f"product rule: the term with the derivative of {second} is missing",
                lambda val, x: val(a) * held(val(b)),
            )
            yield (
                f"product rule: the term with the derivative of {first} is missing",
                lambda val, x: held(val(a)) * val(b),
            )
            yield (f"the derivative of the product {text} is not the product of the derivatives",
                   lambda val, x: same(whole(val), held(_slope(val, a, x)) * val(b)))  # fmt: skip
        case ast.Div() if _depends(b, v):
            yield (f"the terms of the quotient rule for {text} are interchanged: the sign is wrong",
                   lambda val, x: same(whole(val), -whole(val)))  # fmt: skip
            yield (f"the denominator of the derivative of {text} is not squared",
                   lambda val, x: same(whole(val), held(val(b)) * whole(val)))  # fmt: skip
            if both:
                yield f"the denominator of {text} is treated as a constant", lambda val, x: val(a) / held(val(b))
                yield f"the numerator of {text} is treated as a constant", lambda val, x: held(val(a)) / val(b)
                yield (f"the terms of the quotient rule for {text} are added, not subtracted",
                       lambda val, x: same(whole(val), val(a) / held(val(b)) - held(val(a)) / val(b)))  # fmt: skip
                yield (f"the derivative of the quotient {text} is not the quotient of the derivatives",
                       lambda val, x: same(whole(val), val(a) / held(_slope(val, b, x))))  # fmt: skip
        case ast.Add() | ast.Sub() if both:
            yield f"the derivative of the term {second} is missing", lambda val, x: same(whole(val), val(a))
            yield f"the derivative of the term {first} is missing", lambda val, x: same(whole(val), whole(val) - val(a))
            yield (f"the sign of the derivative of the term {second} is wrong",
                   lambda val, x: same(whole(val), 2 * val(a) - whole(val)))  # fmt: skip


def _slope(val: Formula, part: ast.expr, x: Any) -> Any:
    """The derivative of a part of the formula by the variable, as a number."""
    return jvp(lambda v: val(part, v) + 0 * v, (stop_gradient(x),), (1.0,))[1]


def _depends(node: ast.AST, name: str) -> bool:
    return any(isinstance(n, ast.Name) and n.id == name for n in ast.walk(node))


def _with_node(f: Expression, name: str, node: ast.AST, changed: Formula) -> Formula:
    """The formula with one node computed otherwise."""
    tree = _replaced(f.tree, node)

    def call(**values: Any) -> Any:
        def val(part: ast.expr, at: Any = None) -> Any:
            here = values if at is None else {**values, name: at}
            return Expression("", part, f.variables)(**here)

        return Expression("", tree, (*f.variables, "slip_"))(**values, slip_=changed(val, values[name]))

    return call


def _replaced(tree: Any, node: ast.AST) -> Any:
    """The tree with the name slip_ in the place of a node; the tree itself stays as it is."""
    if tree is node:
        return ast.Name("slip_")
    if isinstance(tree, list):
        return [_replaced(part, node) for part in tree]
    if not isinstance(tree, ast.expr):
        return tree
    return type(tree)(**{field: _replaced(part, node) for field, part in ast.iter_fields(tree)})
