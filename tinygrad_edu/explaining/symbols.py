"""Arrays of symbols: NumPy's protocols over SymPy's expressions, so that the table of derivatives gives formulae.

Nothing is differentiated here. A `Symbolic` array answers `np.sin` with SymPy's sin of every element, and moves its
elements as NumPy does; the same rules that run on numbers then run on it, and what comes out of `tg.grad` is the
gradient as a formula. What a function means on one element is said in `meanings.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache, reduce
from typing import Any

import numpy as np

from ..errors import NoRuleError, TracedError
from ..graph import Op
from ..rules.linalg import cofactors, p_norm
from ..rules.reductions import winners
from ..surface import Surface
from ..tensor import Tensor
from ..trees import leaves
from .meanings import booleans, exact, functions, meaning_of, number, sympy


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
        return np.dtype(bool if self.size and isinstance(self.data.flat[0], booleans()) else float)

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if any(type(x) is Tensor for x in inputs):
            return NotImplemented  # it is recorded, with a Symbolic inside
        if method == "__call__" and not kwargs and (meaning := meaning_of(ufunc)) is not None:
            function = np.frompyfunc(meaning, ufunc.nin, 1)
            return Symbolic(function(*[as_symbols(x).data for x in inputs]))
        if method == "__call__" and ufunc is np.matmul:
            return Symbolic(np.matmul(*[_numbers(as_symbols(x)) for x in inputs]))
        raise NoRuleError(f"derivative: there is no formula for {ufunc.__name__}. Differentiate numbers: tg.grad(f)(x)")

    def __array_function__(self, function, types, args, kwargs):
        if (traced := next((x for x in leaves((args, kwargs)) if type(x) is Tensor), None)) is not None:
            return traced.__array_function__(function, types, args, kwargs)
        if type(function) is Op:
            meaning = _of_arrays().get(function, function.function)
            return meaning(*args, **kwargs)
        if function in functions() and not kwargs:
            return _by_element(functions()[function], args)
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


# --- functions of whole arrays


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

    def norm(x, ord=2, axis=None, keepdims=False):
        if ord == 2:
            return np.sqrt(np.sum(x * x, axis=axis, keepdims=keepdims))
        return np.sum(np.abs(x) ** ord, axis=axis, keepdims=keepdims) ** (1 / ord)

    def norm_of_vector(x, ord=None, axis=None, keepdims=False):
        if ord is not None and x.ndim > 1 and axis is None:
            raise NoRuleError(f"derivative: there is no formula for the norm of order {ord} of a matrix")
        return norm(x, 2 if ord is None else ord, axis, keepdims)

    def clip(x, low=None, high=None):
        x = x if low is None else np.maximum(x, low)
        return x if high is None else np.minimum(x, high)

    def solve(A, b):
        found = matrix(A).LUsolve(sp.Matrix(np.reshape(as_symbols(b).data, (b.shape[0], -1)).tolist()))
        return array(found).reshape(b.shape)

    return {
        np.linalg.inv: lambda A: array(matrix(A).inv()),
        np.linalg.det: lambda A: Symbolic(matrix(A).det()),
        cofactors: lambda A: array(matrix(A).cofactor_matrix()),
        p_norm: norm,
        np.linalg.norm: norm_of_vector,
        np.clip: clip,
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
    return np.asarray(np.frompyfunc(number, 1, 1)(x.data), dtype=object)


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
