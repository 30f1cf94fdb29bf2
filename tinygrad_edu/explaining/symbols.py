"""Arrays of symbols: NumPy's protocols over SymPy's expressions, so that the table of derivatives gives formulae.

Nothing is differentiated here. A `Symbolic` array answers `np.sin` with SymPy's sin of every element, and moves its
elements as NumPy does; the same rules that run on numbers then run on it, and what comes out of `tg.grad` is the
gradient as a formula. SymPy comes with the extra [symbolic]; this file is its door.

Where a rule looks whether two values are equal only to avoid 0/0, the formula says what holds in general: `x**y log x`
and not a case for x = 0. Where the two branches differ, as at the tie of a maximum, the case stays.
"""

from __future__ import annotations

import math
import operator
from collections.abc import Callable
from fractions import Fraction
from functools import cache, reduce
from typing import Any

import numpy as np

from ..errors import MissingExtraError, NoRuleError, TracedError
from ..graph import Op
from ..rules.linalg import cofactors
from ..rules.reductions import winners
from ..surface import Surface
from ..tensor import Tensor
from ..trees import leaves


@cache
def sympy() -> Any:
    """SymPy, or an error that names the extra which brings it."""
    try:
        import sympy
    except ImportError:
        raise MissingExtraError('derivatives as formulae need SymPy: pip install "tinygrad-edu[symbolic]"') from None
    return sympy


class Symbolic(Surface):
    """An array whose elements are expressions.

    Attributes
    ----------
    data : array of objects
        SymPy's expressions, or its truth values.
    """

    __slots__ = ("data",)

    def __init__(self, data: Any) -> None:
        array = np.empty(np.shape(data), object)
        array[...] = data
        self.data = array

    @property
    def dtype(self) -> np.dtype[Any]:
        """Real numbers, unless the elements are truth values."""
        return np.dtype(bool if self.size and isinstance(self.data.flat[0], _booleans()) else float)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if any(type(x) is Tensor for x in inputs):
            return NotImplemented  # it is recorded, with a Symbolic inside
        if method == "__call__" and ufunc in _functions() and not kwargs:
            function = np.frompyfunc(_functions()[ufunc], ufunc.nin, 1)
            return Symbolic(function(*[as_symbols(x).data for x in inputs]))
        if method == "__call__" and ufunc is np.matmul:
            return Symbolic(np.matmul(*[_numbers(as_symbols(x)) for x in inputs]))
        raise NoRuleError(f"derivative: there is no formula for {ufunc.__name__}. Differentiate numbers: tg.grad(f)(x)")

    def __array_function__(self, function, types, args, kwargs):
        if (traced := next((x for x in leaves((args, kwargs)) if type(x) is Tensor), None)) is not None:
            return traced.__array_function__(function, types, args, kwargs)
        if type(function) is Op:
            if function in _of_arrays():
                return _of_arrays()[function](*args, **kwargs)
            return function.function(*args, **kwargs)
        if function in _functions() and not kwargs:
            return _by_element(_functions()[function], args)
        if function in (np.zeros_like, np.ones_like):
            shape = kwargs.get("shape", args[0].shape)
            return Symbolic(np.full(shape, sympy().Integer(function is np.ones_like), dtype=object))
        if function in _of_arrays():
            return _of_arrays()[function](*args, **kwargs)
        try:
            found = function(*_unwrapped(args), **_unwrapped(kwargs))
        except (TypeError, AttributeError):
            name = getattr(function, "__name__", str(function))
            raise NoRuleError(
                f"derivative: there is no formula for {name}. Differentiate numbers: tg.grad(f)(x)"
            ) from None
        return _rewrapped(found)

    def __bool__(self) -> bool:
        if self.size == 1 and self.data.flat[0] in (sympy().true, sympy().false):
            return bool(self.data.flat[0])
        raise TracedError(
            "derivative: the truth of a symbol decides which way the program goes, and a formula has all ways in it. "
            "Use np.where(condition, a, b) for `if`, np.maximum for max()"
        )

    def __float__(self) -> float:
        raise TracedError("derivative: float() of a symbol. Use NumPy's functions (np.sin for math.sin)")

    def __repr__(self) -> str:
        return f"Symbolic({self.data.tolist()})"


def symbols(name: str, shape: tuple[int, ...] = ()) -> Symbolic:
    """A real symbol, or an array of them: x, or x_0, x_1, ...; A_0_1 has row 0 and column 1."""
    found = np.empty(shape, object)
    for index in np.ndindex(*shape):
        found[index] = sympy().Symbol("_".join([name, *map(str, index)]), real=True)
    return Symbolic(found)


def as_symbols(x: Any) -> Symbolic:
    """Numbers as exact expressions: 0.5 is 1/2, and np.pi is π."""
    if type(x) is Symbolic:
        return x
    if isinstance(x, Tensor):
        return as_symbols(x.data)
    array = np.asarray(x)
    return Symbolic(np.frompyfunc(exact, 1, 1)(array) if array.dtype != object else array)


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
    if isinstance(x, complex):
        return exact(x.real) + sp.I * exact(x.imag)
    x = float(x)
    if not math.isfinite(x):
        return sp.nan if x != x else sp.oo if x > 0 else -sp.oo
    for value, name in _known():
        for ratio, root in [(x / value, name), (value / x if x else math.inf, 1 / name)]:
            fraction = Fraction(ratio).limit_denominator(1000) if math.isfinite(ratio) else Fraction(0)
            if fraction and float(fraction) == ratio:
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
    return [(float(name), name) for name in (sp.Integer(1), sp.pi, sp.E, sp.E**2, sp.pi**2, *logs)]


# --- what the functions mean


@cache
def _booleans() -> tuple[type, ...]:
    logic = sympy().logic.boolalg  # not its Boolean, which symbols are too
    return (sympy().core.relational.Relational, logic.BooleanFunction, logic.BooleanAtom, bool, np.bool_)


def _number(x: Any) -> Any:
    """A truth value among numbers is 1 or 0; an equality, in general, is 0."""
    if not isinstance(x, _booleans()):
        return x
    sp = sympy()
    if x == True or x == False:  # noqa: E712 - SymPy's own truth values are no Python's
        return sp.Integer(bool(x))
    return sp.Integer(0) if _is_exception(x) else sp.Piecewise((1, x), (0, True))


def _is_exception(condition: Any) -> bool:
    """True for a condition that holds nowhere but on a line: an equality, and whatever more is asked for."""
    sp = sympy()
    return isinstance(condition, sp.Eq) or (isinstance(condition, sp.And) and any(map(_is_exception, condition.args)))


def _cases(condition: Any, a: Any, b: Any) -> Any:
    """np.where: a piecewise expression, unless one branch fills a hole of the other."""
    sp = sympy()
    if condition == True or condition == False:  # noqa: E712
        return a if condition else b
    if isinstance(condition, sp.Eq) and b in condition.args:
        return b  # `where(z == 0, 1, z)` fills a hole
    if _is_exception(condition) and a != b:
        equality = next(c for c in sp.And.make_args(condition) if isinstance(c, sp.Eq))
        variable = next(iter(sorted(equality.free_symbols, key=str)), None)
        try:
            (solution,) = sp.solve(equality, variable)
            there = b.subs(variable, solution)
        except (ValueError, NotImplementedError, TypeError):
            there = None
        if there is not None and (there == a or there.has(sp.nan, sp.zoo, sp.oo) or sp.simplify(there - a) == 0):
            return b
    return a if a == b else sp.Piecewise((a, condition), (b, True))


def _equal(x: Any, y: Any) -> Any:
    """x = y; of a maximum and one of what it is taken of, that this one is the greatest."""
    sp = sympy()
    if x == y:
        return sp.true
    for a, b in (x, y), (y, x):
        if isinstance(a, sp.Max | sp.Min) and b in a.args:
            compare = sp.Ge if isinstance(a, sp.Max) else sp.Le
            return sp.And(*[compare(b, other) for other in a.args if other != b])
    return sp.Eq(x, y)


@cache
def _functions() -> dict[Any, Callable[..., Any]]:
    """What NumPy's functions are called in SymPy, for one element."""
    sp = sympy()
    two, ten, numbers = sp.Integer(2), sp.Integer(10), lambda f: lambda *xs: f(*map(_number, xs))
    sign = lambda x: sp.sign(x) if x.is_number else sp.Piecewise((-1, x < 0), (0, sp.Eq(x, 0)), (1, True))
    conditions = {
        np.equal: _equal, np.not_equal: lambda x, y: sp.Not(_equal(x, y)),
        np.less: sp.Lt, np.less_equal: sp.Le, np.greater: sp.Gt, np.greater_equal: sp.Ge,
        np.logical_and: sp.And, np.logical_or: sp.Or, np.logical_not: sp.Not, np.logical_xor: sp.Xor,
        np.bitwise_and: sp.And, np.bitwise_or: sp.Or, np.invert: sp.Not,
        np.isfinite: lambda x: sp.true, np.isnan: lambda x: sp.false, np.isinf: lambda x: sp.false,
        np.signbit: lambda x: sp.Lt(x, 0), np.where: _cases,
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


@cache
def _of_arrays() -> dict[Any, Callable[..., Any]]:
    """Functions of whole arrays that NumPy has no way to compute on objects."""
    sp = sympy()
    matrix = lambda x: sp.Matrix(as_symbols(x).data.tolist())
    array = lambda m: Symbolic(np.array(m.tolist(), dtype=object))

    def largest(kind):
        def of(x, axis=None, keepdims=False, **params):
            axes = tuple(range(x.ndim)) if axis is None else axis
            return Symbolic(np.frompyfunc(kind, 2, 1).reduce(_numbers(x), axis=axes, keepdims=keepdims))

        return of

    def greatest(x, y, *initial, axis=None, **params):
        """Which elements are the extreme of theirs; of ties, which hold nowhere in general, there are none."""
        y = y if axis is None or y.ndim == x.ndim else np.expand_dims(y, axis)
        return x == y, 1

    def variance(x, axis=None, ddof=0, keepdims=False, **params):
        centred = x - np.mean(x, axis=axis, keepdims=True)
        n = x.size / np.mean(x, axis=axis).size
        return np.sum(centred * centred, axis=axis, keepdims=keepdims) / (n - ddof)

    def solve(A, b):
        found = matrix(A).LUsolve(sp.Matrix(np.reshape(as_symbols(b).data, (b.shape[0], -1)).tolist()))
        return array(found).reshape(b.shape)

    return {
        np.linalg.inv: lambda A: array(matrix(A).inv()),
        np.linalg.det: lambda A: Symbolic(matrix(A).det()),
        cofactors: lambda A: array(matrix(A).cofactor_matrix()),
        np.linalg.solve: solve,
        winners: greatest,
        np.max: largest(sp.Max),
        np.min: largest(sp.Min),
        np.var: variance,
        np.std: lambda x, **params: np.sqrt(variance(x, **params)),
        np.iscomplexobj: lambda x: False,
        np.isrealobj: lambda x: True,
        np.astype: lambda x, dtype, **params: x,
        np.any: lambda x, **params: _joined(sp.Or, x),
        np.all: lambda x, **params: _joined(sp.And, x),
        np.count_nonzero: lambda x, **params: np.sum(x),
        np.sum: lambda x, axis=None, keepdims=False, **params: Symbolic(
            np.sum(_numbers(as_symbols(x)), axis=axis, keepdims=keepdims)
        ),
    }


def _joined(kind: Any, x: Any) -> Symbolic:
    return Symbolic(reduce(kind, as_symbols(x).data.ravel().tolist(), kind()))


def _numbers(x: Symbolic) -> np.ndarray:
    return np.asarray(np.frompyfunc(_number, 1, 1)(x.data), dtype=object)


def _by_element(function: Callable[..., Any], args: Any) -> Symbolic:
    arrays = [as_symbols(x).data for x in args]
    return Symbolic(np.frompyfunc(function, len(arrays), 1)(*arrays))


def _unwrapped(x: Any) -> Any:
    if type(x) is Symbolic:
        return x.data
    if isinstance(x, dict):
        return {name: _unwrapped(v) for name, v in x.items()}
    return type(x)(map(_unwrapped, x)) if type(x) in (list, tuple) else x


def _rewrapped(x: Any) -> Any:
    if isinstance(x, np.ndarray) and x.dtype == object:
        return Symbolic(np.frompyfunc(exact, 1, 1)(x))
    if isinstance(x, sympy().Basic):
        return Symbolic(x)
    return type(x)(map(_rewrapped, x)) if type(x) in (list, tuple) else x
