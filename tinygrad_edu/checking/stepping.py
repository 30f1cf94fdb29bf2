"""The complex step through any program of arrays: a derivative with no difference in it, hence none of its rounding.

For a holomorphic function, Im f(x + ih t) / h is f′(x) t to the last digit, since h may be as small as 2⁻²⁰⁰. But a
program also takes maxima, sorts and compares, which complex numbers cannot. A `Stepped` array speaks NumPy's protocols
and carries a real value and its tangent: the value is computed by the real function, as if nobody looked; the tangent
of a holomorphic function by a complex step, of a linear one by the function itself; and what compares decides by the
values, at a tie by the tangents, as a point does that has moved a little way. So at a kink it is the derivative to one
side. How far the nearest kink is goes into `near`. No rule of the table is used: it is they who are on trial.

Where a function is neither, `NotStepped` sends the checker back to its ladders.

References
----------
W. Squire & G. Trapp, "Using complex variables to estimate derivatives of real functions", SIAM Review 40 (1998).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from inspect import isfunction
from typing import Any

import numpy as np

from ..calls import is_inexact, sorted_call
from ..errors import NoRuleError
from ..graph import LARGE, Op, rule_for
from ..surface import Surface
from ..trees import leaves, tree_map

STEP = 2.0**-200
"""So small that its square is lost, so far from underflow that a tangent of 10⁻²⁰⁰ is not."""
SHARE = 2.0**-60
"""A number is not moved by more than this part of itself, or the square of that would not be lost beside it."""
LEAST = 2.0**-900
"""What is smaller has no room for so small a part of itself."""

# fmt: off
HOLOMORPHIC = {
    np.add, np.subtract, np.multiply, np.divide, np.negative, np.positive, np.reciprocal, np.square, np.sqrt, np.power,
    np.exp, np.exp2, np.expm1, np.log, np.log2, np.log10, np.log1p, np.sin, np.cos, np.tan, np.arcsin, np.arccos,
    np.arctan, np.sinh, np.cosh, np.tanh, np.arcsinh, np.arccosh, np.arctanh,
    np.sum, np.prod, np.cumprod, np.einsum, np.linalg.inv, np.linalg.det, np.vander,
}
"""Functions of NumPy that compute the same formula on complex numbers: no absolute value, no conjugate."""
# fmt: on

ARITHMETIC = {np.add, np.subtract, np.multiply, np.divide, np.square}

PIECES: dict[Callable[..., Any], Callable[..., Any]] = {}
"""Functions made of holomorphic pieces, by formulae in such functions; `pieces.py` fills it."""


class NotStepped(Exception):
    """A function is neither holomorphic nor made of such pieces, or its values were asked for as plain numbers."""


@dataclass
class Near:
    """What all arrays of one evaluation know together of its kinks.

    Attributes
    ----------
    distance : float
        The shortest step, in either direction, that changes a decision.
    alone : bool
        True if a condition was met that holds at the point itself, and may hold nowhere beside it.
    standing : bool
        True decides such conditions as at the point itself, not as a little further on.
    """

    distance: float = float("inf")
    alone: bool = False
    standing: bool = False


class Stepped(Surface):
    """A real array that has moved by an infinitesimal step.

    Attributes
    ----------
    value, tangent : array
        Where it is, and how it moves.
    near : Near
        Shared by all arrays of one evaluation.
    """

    __slots__ = ("near", "tangent", "value")

    def __init__(self, value: Any, tangent: Any, near: Near) -> None:
        self.value, self.tangent, self.near = value, tangent, near

    @property
    def data(self) -> Any:
        """The values: shape, dtype and the rest of the surface are theirs."""
        return self.value

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        try:
            op, args, params = sorted_call(rule_for, ufunc, method, inputs, kwargs)
        except NoRuleError:
            raise NotStepped(ufunc.__name__) from None
        return self.apply(ufunc if method == "__call__" else None, op, args, params)

    def __array_function__(self, function, types, args, kwargs):
        op = function if type(function) is Op else rule_for(function)
        if op is None:
            raise NotStepped(getattr(function, "__name__", "?"))
        if op.kind == "composite":
            return op.function(*args, **kwargs)
        arrays, params = (op.sort if function is op else op.bind)(*args, **kwargs)
        return self.apply(function, op, arrays, params)

    def apply(self, function: Any, op: Op, arrays: Any, params: dict[str, Any]) -> Any:
        """The operation that belongs to a function, on sorted arguments."""
        if op.kind == "composite":
            return op.function(*arrays, **params)
        if op.flat:
            return self._decided(function, op, arrays, params)
        if function in PIECES:
            return PIECES[function](*arrays, **{k: v for k, v in params.items() if v is not None})
        if function in ARITHMETIC:
            pair = arrays if function is not np.square else [*arrays, *arrays]
            return self._by_product_rule(np.multiply if function is np.square else function, *map(parts, pair))
        if function in HOLOMORPHIC or (op.kind == "elementwise" and "D->D" in str(getattr(function, "types", ()))):
            return self._by_complex_step(op, arrays, params)
        if op.kind == "linear":
            return self._both(op.function(*map(value_of, arrays), **params), self._moved(op, arrays, params))
        if op.kind == "bilinear":
            (x, s), (y, t) = map(parts, arrays)
            moved = op.function(s, y, **params) + op.function(x, t, **params)
            return self._both(op.function(x, y, **params), moved)
        if isfunction(op.function) and op.function is not function:  # an operation of one's own: look inside
            try:
                return op.function(*arrays, **params)
            except RecursionError:  # inside there is nothing but the function itself
                raise NotStepped(op.name) from None
        raise NotStepped(op.name)

    def _by_complex_step(self, op: Op, arrays: Any, params: dict[str, Any]) -> Any:
        value, x = op.function(*map(value_of, arrays), **params), arrays[0]
        if op.kind == "elementwise" and len(arrays) == 1 and x.size > LARGE:
            moving = np.flatnonzero(x.tangent)  # where nothing moves there is nothing to compute
            if moving.size < x.size // 2:
                tangent = np.zeros_like(value)
                z = x.value.ravel()[moving] + x.tangent.ravel()[moving] * (1j * STEP)
                tangent.reshape(-1)[moving] = op.function(z, **params).imag / STEP
                return self._both(value, tangent)
        step, small = step_for([parts(x) for x in arrays if type(x) is Stepped], op.kind == "elementwise")
        if small is not None and np.any(small & (np.abs(value) < LEAST)):
            raise NotStepped("numbers of far apart sizes")
        z = [x.value + x.tangent * (1j * step) if type(x) is Stepped else x for x in arrays]
        return self._both(value, op.function(*z, **params).imag / step)

    def _by_product_rule(self, function: Any, x: Any, y: Any) -> Any:
        """What a complex step comes to for sums, products and quotients, in a quarter of its time."""
        (a, s), (b, t) = x, y
        value = function(a, b)
        if function is np.divide:
            return self._both(value, (s - value * t) / b)
        return self._both(value, a * t + b * s if function is np.multiply else function(s, t))

    def _moved(self, op: Op, arrays: Any, params: dict[str, Any]) -> Any:
        return op.function(*[parts(x)[1] for x in arrays], **params)

    def _both(self, value: Any, tangent: Any) -> Any:
        """One Stepped array, or one for each of several outputs."""
        if isinstance(value, list | tuple):
            pairs = [self._both(v, t) for v, t in zip(value, tangent, strict=True)]
            return type(value)(*pairs) if hasattr(value, "_fields") else type(value)(pairs)
        if value.dtype.kind != "f":
            raise NotStepped("complex numbers")
        return Stepped(value, tangent, self.near)

    def _decided(self, function: Any, op: Op, arrays: Any, params: dict[str, Any]) -> Any:
        """What a piecewise constant function says of the values; where two of them are equal, of their tangents."""
        values = [value_of(x) for x in arrays]
        if function not in ORDERINGS or len(arrays) != 2:
            return op.function(*tree_map(value_of, values), **tree_map(value_of, params))
        (x, s), (y, t) = map(parts, arrays)
        self.watch(x - y, s - t)
        here, tied = op.function(x, y), x == y
        self.near.alone |= bool(np.any(tied & (s != t)))
        return here if self.near.standing else np.where(tied, op.function(s, t), here)

    def watch(self, gap: Any, speed: Any) -> None:
        """Remember how far the step may go until two numbers meet whose gap closes with this speed."""
        with np.errstate(all="ignore"):
            distance = np.abs(np.asarray(gap) / np.where(np.asarray(speed) == 0, np.nan, speed))
        nearest = np.fmin.reduce(distance, axis=None, initial=np.inf)  # nanmin would warn if nothing moves
        self.near.distance = min(self.near.distance, float(nearest))

    def astype(self, dtype: Any, *args: Any, **params: Any) -> Any:
        """Both parts in another dtype; without the tangent if it is not a float."""
        if np.dtype(dtype).kind == "c":
            raise NotStepped("complex numbers")
        if np.dtype(dtype).kind != "f":
            return self.value.astype(dtype)
        return Stepped(self.value.astype(dtype), self.tangent.astype(dtype), self.near)

    def __setitem__(self, index: Any, new: Any) -> None:
        value, tangent = np.array(self.value), np.array(self.tangent)
        value[index], tangent[index] = parts(new)
        self.value, self.tangent = value, tangent

    def __bool__(self) -> bool:
        return bool(self != 0)

    def _refused(self, *args: Any, **params: Any) -> Any:
        raise NotStepped("a plain number is asked for")

    # fmt: off
    __array__ = __float__ = __complex__ = __int__ = __index__ = item = tolist = _refused
    # fmt: on


ORDERINGS = {np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal}


def value_of(x: Any) -> Any:
    """The value alone; lists by element."""
    return tree_map(value_of, x) if isinstance(x, list | tuple) else x.value if type(x) is Stepped else x


def parts(x: Any) -> tuple[Any, Any]:
    """Value and tangent; a constant does not move."""
    if isinstance(x, list | tuple):
        pairs = [parts(v) for v in x]
        return [v for v, _ in pairs], [t for _, t in pairs]
    if type(x) is Stepped:
        return x.value, x.tangent
    x = np.asarray(x)[()]
    return x, np.zeros_like(x, dtype=x.dtype if is_inexact(x) else float)[()]


def step_for(pairs: list[tuple[Any, Any]], elementwise: bool) -> tuple[Any, Any]:
    """A step that moves no number by more than a small part of itself; and where it had to be shortened for that.

    Raises NotStepped if arrays that are not taken by element would need several steps.
    """
    step, short = np.asarray(STEP), None
    for x, t in pairs:
        far = (np.abs(t) * (STEP / SHARE) > np.abs(x)) & (x != 0)
        if not np.any(far):
            continue
        if not elementwise or np.any(far & (np.abs(x) < LEAST)):
            raise NotStepped("numbers of far apart sizes")
        with np.errstate(all="ignore"):
            step = np.where(far, np.minimum(step, SHARE * np.abs(x / t)), step)
        short = far if short is None else short | far
    return step[()], short


def near_of(*arrays: Any) -> Near:
    """What the first Stepped array among the arguments knows of kinks."""
    return next(x.near for x in leaves(list(arrays)) if type(x) is Stepped)
