"""What NumPy's functions mean on one symbol; and numbers as exact expressions. SymPy's door (extra [symbolic]).

Where a rule looks whether two values are equal only to avoid 0/0, the formula says what holds in general: `x**y log x`
and not a case for x = 0. Where the two branches differ, as at the tie of a maximum, the case stays.
"""

from __future__ import annotations

import math
import operator
import sys
from collections.abc import Callable
from fractions import Fraction
from functools import cache
from typing import Any

import numpy as np

from ..errors import MissingExtraError, NoRuleError


@cache
def sympy() -> Any:
    """SymPy, or an error that names the extra which brings it."""
    try:
        import sympy
    except ImportError:
        raise MissingExtraError('derivatives as formulae need SymPy: pip install "tinygrad-edu[symbolic]"') from None
    return sympy


def exact(x: Any) -> Any:
    """A number as an expression that people write.

    >>> print(exact(0.1), exact(np.pi / 2), exact(2.0), exact(1 / 3), exact(np.log(2)))
    1/10 pi/2 2 1/3 log(2)
    """
    sp = sympy()
    if isinstance(x, (sp.Basic, bool, np.bool_)):
        return sp.sympify(bool(x)) if isinstance(x, bool | np.bool_) else x
    if isinstance(x, int | np.integer):
        return sp.Integer(int(x))
    if isinstance(x, complex | np.complexfloating):
        if x.imag:
            raise NoRuleError("derivative: symbols are real numbers, and this is a complex one. Use tg.grad(f)(x)")
        x = x.real
    x = float(x)
    if not math.isfinite(x):
        return sp.nan if x != x else sp.oo if x > 0 else -sp.oo
    for value, name in _known():
        for ratio, root in [(x / value, name), (value / x if x else math.inf, 1 / name)]:
            fraction = Fraction(ratio).limit_denominator(1000) if math.isfinite(ratio) else Fraction(0)
            rounding = 0 if name == 1 or fraction.denominator > 100 else 4e-16 * abs(ratio)  # products of roots round
            if fraction and abs(float(fraction) - ratio) <= rounding:
                part = sp.Rational(fraction.numerator, fraction.denominator)
                return part * name if root == name else name / part
    square = Fraction(x * x).limit_denominator(100)
    if x > 0 and math.sqrt(square) == x:
        return sp.sqrt(sp.Rational(square.numerator, square.denominator))
    return sp.Integer(0) if x == 0 else sp.Float(x)


@cache
def _known() -> list[tuple[float, Any]]:
    """Irrational numbers that may stand in a rule or in a user's function."""
    sp = sympy()
    logs = [sp.log(n) ** k for k in (1, 2) for n in (2, 3, 5, 10)]
    roots = [root for n in (1, 2) for root in (sp.sqrt(n * sp.pi), 1 / sp.sqrt(n * sp.pi))]
    return [(float(name), name) for name in (sp.Integer(1), sp.pi, sp.E, sp.E**2, sp.pi**2, *logs, *roots)]


@cache
def booleans() -> tuple[type, ...]:
    logic = sympy().logic.boolalg  # not its Boolean, which symbols are too
    return (sympy().core.relational.Relational, logic.BooleanFunction, logic.BooleanAtom, bool, np.bool_)


def number(x: Any) -> Any:
    """A truth value among numbers is 1 or 0; an equality, in general, is 0."""
    if not isinstance(x, booleans()):
        return x
    sp = sympy()
    if x == True or x == False:  # noqa: E712 - SymPy's own truth values are no Python's
        return sp.Integer(bool(x))
    return sp.Integer(0) if _is_exception(x) else piecewise((1, x), (0, True))


def _is_exception(condition: Any) -> bool:
    """True for a condition that holds nowhere but on a line: an equality, and whatever more is asked for."""
    sp = sympy()
    return isinstance(condition, sp.Eq) or (isinstance(condition, sp.And) and any(map(_is_exception, condition.args)))


def cases(condition: Any, a: Any, b: Any) -> Any:
    """np.where: a piecewise expression, unless one branch fills a hole of the other."""
    sp = sympy()
    if condition == True or condition == False:  # noqa: E712
        return a if condition else b
    if isinstance(condition, sp.Eq) and b in condition.args:
        return b  # `where(z == 0, 1, z)` fills a hole
    if isinstance(condition, sp.Eq) and a == 0 and sp.expand(b - condition.lhs + condition.rhs) == 0:
        return b  # `where(x == y, 0, x - y)`, for infinities
    if _is_exception(condition) and a != b and not condition.has(sp.Piecewise, sp.Max, sp.Min):  # those take minutes
        equality = next(c for c in sp.And.make_args(condition) if isinstance(c, sp.Eq))
        variable = next(iter(sorted(equality.free_symbols, key=str)), None)
        try:
            solutions = sp.solve(equality, variable)
            if not solutions:  # they are never equal
                return b
            (solution,) = solutions
            there = b.subs(variable, solution)
        except (ValueError, NotImplementedError, TypeError):
            there = None
        if there is not None and (there == a or there.has(sp.nan, sp.zoo, sp.oo) or sp.simplify(there - a) == 0):
            return b
    return a if a == b else piecewise((a, condition), (b, True))


def piecewise(*cases: Any) -> Any:
    """Cases, as simple as SymPy can make them; it fails on some whose conditions have cases themselves."""
    try:
        return sympy().Piecewise(*cases)
    except AttributeError:
        return sympy().Piecewise(*cases, evaluate=False)


def equal(x: Any, y: Any) -> Any:
    """x = y; of a maximum and one of what it is taken of, that this one is the greatest."""
    sp = sympy()
    if x == y:
        return sp.true
    for a, b in (x, y), (y, x):
        if isinstance(a, sp.Max | sp.Min):
            parts = set(b.args) if type(a) is type(b) else {b}
            if parts < set(a.args):
                compare = sp.Ge if isinstance(a, sp.Max) else sp.Le
                return sp.And(*[compare(b, other) for other in a.args if other not in parts])
    return sp.Eq(x, y)


@cache
def functions() -> dict[Any, Callable[..., Any]]:
    """What NumPy's functions are called in SymPy, for one element."""
    sp = sympy()
    two, ten, numbers = sp.Integer(2), sp.Integer(10), lambda f: lambda *xs: f(*map(number, xs))
    sign = lambda x: sp.sign(x) if x.is_number else sp.Piecewise((-1, x < 0), (0, sp.Eq(x, 0)), (1, True))
    conditions = {
        np.equal: equal, np.not_equal: lambda x, y: sp.Not(equal(x, y)),
        np.less: sp.Lt, np.less_equal: sp.Le, np.greater: sp.Gt, np.greater_equal: sp.Ge,
        np.logical_and: sp.And, np.logical_or: sp.Or, np.logical_not: sp.Not, np.logical_xor: sp.Xor,
        np.bitwise_and: sp.And, np.bitwise_or: sp.Or, np.invert: sp.Not,
        np.isfinite: lambda x: sp.true, np.isnan: lambda x: sp.false, np.isinf: lambda x: sp.false,
        np.signbit: lambda x: sp.Lt(x, 0), np.where: cases,
    }  # fmt: skip
    found = {
        np.add: operator.add, np.subtract: operator.sub, np.multiply: operator.mul, np.divide: operator.truediv,
        np.power: operator.pow, np.remainder: sp.Mod, np.negative: operator.neg, np.positive: lambda x: x,
        np.reciprocal: lambda x: 1 / x, np.square: lambda x: x**2, np.sqrt: sp.sqrt,
        np.cbrt: lambda x: sign(x) * sp.Abs(x) ** sp.Rational(1, 3),
        np.exp: sp.exp, np.exp2: lambda x: two**x, np.expm1: lambda x: sp.exp(x) - 1,
        np.log: sp.log, np.log2: lambda x: sp.log(x) / sp.log(two), np.log10: lambda x: sp.log(x) / sp.log(ten),
        np.log1p: lambda x: sp.log(1 + x),
        np.sin: sp.sin, np.cos: sp.cos, np.tan: sp.tan, np.arcsin: sp.asin, np.arccos: sp.acos, np.arctan: sp.atan,
        np.sinh: sp.sinh, np.cosh: sp.cosh, np.tanh: sp.tanh, np.arcsinh: sp.asinh, np.arccosh: sp.acosh,
        np.arctanh: sp.atanh, np.arctan2: sp.atan2, np.hypot: lambda x, y: sp.sqrt(x**2 + y**2),
        np.maximum: sp.Max, np.minimum: sp.Min, np.fmax: sp.Max, np.fmin: sp.Min,
        np.absolute: sp.Abs, np.fabs: sp.Abs, np.sign: sign, np.floor: sp.floor, np.ceil: sp.ceiling,
        np.trunc: lambda x: sign(x) * sp.floor(sp.Abs(x)), np.conjugate: sp.conjugate,
        np.logaddexp: lambda x, y: sp.log(sp.exp(x) + sp.exp(y)), np.floor_divide: lambda x, y: sp.floor(x / y),
        np.deg2rad: lambda x: x * sp.pi / 180, np.rad2deg: lambda x: x * 180 / sp.pi,
        np.radians: lambda x: x * sp.pi / 180, np.degrees: lambda x: x * 180 / sp.pi,
        np.heaviside: lambda x, y: sp.Piecewise((0, x < 0), (y, sp.Eq(x, 0)), (1, True)),
        np.copysign: lambda x, y: sp.Abs(x) * sp.Piecewise((-1, y < 0), (1, True)),
        np.real: sp.re, np.imag: sp.im,
    }  # fmt: skip
    return {**{f: numbers(meaning) for f, meaning in found.items()}, **conditions}


def meaning_of(ufunc: Any) -> Callable[..., Any] | None:
    """What a ufunc is on symbols: NumPy's, and those of scipy.special that SymPy knows."""
    if ufunc in functions():
        return functions()[ufunc]
    special = sys.modules.get("scipy.special")
    known = _special().get(ufunc.__name__) if isinstance(ufunc, np.ufunc) else None
    return known if getattr(special, ufunc.__name__, None) is ufunc else None


@cache
def _special() -> dict[str, Callable[..., Any]]:
    sp = sympy()
    return {
        "erf": sp.erf, "erfc": sp.erfc, "ndtr": lambda x: (1 + sp.erf(x / sp.sqrt(2))) / 2,
        "gamma": sp.gamma, "gammaln": sp.loggamma, "loggamma": sp.loggamma, "psi": sp.digamma, "beta": sp.beta,
        "expit": lambda x: 1 / (1 + sp.exp(-x)), "logit": lambda x: sp.log(x / (1 - x)),
        "log_expit": lambda x: -sp.log(1 + sp.exp(-x)), "xlogy": lambda x, y: x * sp.log(y),
        "xlog1py": lambda x, y: x * sp.log(1 + y), "entr": lambda x: -x * sp.log(x), "exp10": lambda x: 10**x,
        "lambertw": sp.LambertW,
    }  # fmt: skip
