"""What an array looks like from outside: Python's operators and the ndarray's methods, as calls of NumPy's functions.

`x + y` is `np.add(x, y)` and `x.sum(axis=0)` is `np.sum(x, axis=0)`. A class that answers NumPy's two protocols
(`__array_ufunc__`, NEP 13; `__array_function__`, NEP 18) and inherits from `Surface` needs nothing more to look like
an array. `Tensor` is one such class; the careful pass of `modes/careful.py` is another. No mathematics here, and no
record: the table at the bottom only says which name means which function.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np


def _binary(ufunc: np.ufunc) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        return self.__array_ufunc__(ufunc, "__call__", self, other)

    return _documented(method, ufunc)


def _reflected(ufunc: np.ufunc) -> Callable[..., Any]:
    def method(self: Any, other: Any) -> Any:
        return self.__array_ufunc__(ufunc, "__call__", other, self)

    return _documented(method, ufunc)


def _unary(ufunc: np.ufunc) -> Callable[..., Any]:
    def method(self: Any) -> Any:
        return self.__array_ufunc__(ufunc, "__call__", self)

    return _documented(method, ufunc)


def _method(function: Callable[..., Any]) -> Callable[..., Any]:
    def method(self: Any, *args: Any, **params: Any) -> Any:
        return self.__array_function__(function, (), (self, *args), params)

    return _documented(method, function)


def _property(function: Callable[..., Any]) -> Any:
    return property(_documented(lambda self: self.__array_function__(function, (), (self,), {}), function))


def _of_memory(name: str) -> Any:
    return property(lambda self: getattr(self.data, name), doc=f"The same as `numpy.ndarray.{name}`: of the values.")


def _documented(method: Callable[..., Any], function: Any) -> Callable[..., Any]:
    method.__doc__ = f"The same as `numpy.{function.__name__}`."
    return method


class Flat:
    """What `x.flat` is: ``x.flat[i]`` reads by the place in the row, ``x.flat[i] = v`` assigns there."""

    def __init__(self, array: Any) -> None:
        self.array = array

    def __getitem__(self, index: Any) -> Any:
        return self.array.ravel()[index]

    def __setitem__(self, index: Any, values: Any) -> None:
        self.array.put(np.arange(self.array.size)[index], values)

    def __iter__(self) -> Iterator[Any]:
        return iter(self.array.ravel())

    def __len__(self) -> int:
        return self.array.size


class Surface:
    """The operators and methods of an ndarray, for a class that answers NumPy's protocols."""

    __slots__ = ()

    data: Any

    def __array_ufunc__(self, ufunc: np.ufunc, method: str, *inputs: Any, **kwargs: Any) -> Any:
        raise NotImplementedError

    def __array_function__(self, function: Any, types: Any, args: Any, kwargs: Any) -> Any:
        raise NotImplementedError

    # fmt: off
    __add__,      __radd__      = _binary(np.add),          _reflected(np.add)
    __sub__,      __rsub__      = _binary(np.subtract),     _reflected(np.subtract)
    __mul__,      __rmul__      = _binary(np.multiply),     _reflected(np.multiply)
    __truediv__,  __rtruediv__  = _binary(np.divide),       _reflected(np.divide)
    __pow__,      __rpow__      = _binary(np.power),        _reflected(np.power)
    __matmul__,   __rmatmul__   = _binary(np.matmul),       _reflected(np.matmul)
    __floordiv__, __rfloordiv__ = _binary(np.floor_divide), _reflected(np.floor_divide)
    __mod__,      __rmod__      = _binary(np.remainder),    _reflected(np.remainder)
    __divmod__,   __rdivmod__   = _binary(np.divmod),       _reflected(np.divmod)
    __lshift__,   __rlshift__   = _binary(np.left_shift),   _reflected(np.left_shift)
    __rshift__,   __rrshift__   = _binary(np.right_shift),  _reflected(np.right_shift)
    __and__,      __rand__      = _binary(np.bitwise_and),  _reflected(np.bitwise_and)
    __or__,       __ror__       = _binary(np.bitwise_or),   _reflected(np.bitwise_or)
    __xor__,      __rxor__      = _binary(np.bitwise_xor),  _reflected(np.bitwise_xor)
    __eq__,       __ne__        = _binary(np.equal),        _binary(np.not_equal)
    __lt__,       __le__        = _binary(np.less),         _binary(np.less_equal)
    __gt__,       __ge__        = _binary(np.greater),      _binary(np.greater_equal)
    __neg__,      __pos__       = _unary(np.negative),      _unary(np.positive)
    __abs__,      __invert__    = _unary(np.absolute),      _unary(np.invert)
    __getitem__                 = _method(operator.getitem)
    __hash__                    = object.__hash__           # by identity, since == compares elements

    sum,      mean,     prod      = _method(np.sum),      _method(np.mean),     _method(np.prod)
    max,      min,      var,  std = _method(np.max),      _method(np.min),      _method(np.var),  _method(np.std)
    cumsum,   cumprod,  trace     = _method(np.cumsum),   _method(np.cumprod),  _method(np.trace)
    ravel,    squeeze,  choose    = _method(np.ravel),    _method(np.squeeze),  _method(np.choose)
    swapaxes, diagonal, repeat    = _method(np.swapaxes), _method(np.diagonal), _method(np.repeat)
    dot,      take,     clip      = _method(np.dot),      _method(np.take),     _method(np.clip)
    round,    conj,     conjugate = _method(np.round),    _method(np.conj),     _method(np.conj)
    copy,     ptp                 = _method(np.copy),     _method(np.ptp)
    argmax,   argmin,   argsort   = _method(np.argmax),   _method(np.argmin),   _method(np.argsort)
    all,      any,      nonzero   = _method(np.all),      _method(np.any),      _method(np.nonzero)
    searchsorted,    argpartition = _method(np.searchsorted), _method(np.argpartition)
    T, mT, real, imag = _property(np.transpose), _property(np.matrix_transpose), _property(np.real), _property(np.imag)

    # what these do to bytes has no derivative: the table says why, and they work on values that are not recorded
    view,     byteswap, tobytes   = _method(np.ndarray.view), _method(np.ndarray.byteswap), _method(np.ndarray.tobytes)
    tofile,   dump,     dumps     = _method(np.ndarray.tofile), _method(np.ndarray.dump),   _method(np.ndarray.dumps)
    getfield, setfield            = _method(np.ndarray.getfield), _method(np.ndarray.setfield)
    setflags, resize              = _method(np.ndarray.setflags), _method(np.ndarray.resize)
    base, ctypes, device, flags, strides = map(_of_memory, ("base", "ctypes", "device", "flags", "strides"))
    # fmt: on

    __round__ = _method(np.round)
    __array_priority__ = 1000

    @property
    def shape(self) -> tuple[int, ...]:
        """The lengths of the axes."""
        return self.data.shape

    @property
    def dtype(self) -> np.dtype[Any]:
        """The type of the elements."""
        return self.data.dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return self.data.ndim

    @property
    def size(self) -> int:
        """The number of elements."""
        return self.data.size

    @property
    def nbytes(self) -> int:
        """The memory of the elements, in bytes."""
        return self.data.nbytes

    @property
    def itemsize(self) -> int:
        """The memory of one element, in bytes."""
        return self.data.itemsize

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
        """The same as `numpy.reshape`; the shape as one tuple or as several numbers."""
        params = {} if order == "C" else {"order": order}
        shape = shape[0] if len(shape) == 1 else shape
        return self.__array_function__(np.reshape, (), (self, shape), params)

    def transpose(self, *axes: Any) -> Any:
        """The same as `numpy.transpose`; the axes as one tuple, as several numbers, or none to reverse them."""
        axes = axes[0] if len(axes) == 1 else axes or None  # type: ignore[assignment]
        return self.__array_function__(np.transpose, (), (self,), {} if axes is None else {"axes": axes})

    def astype(
        self, dtype: Any, order: str = "K", casting: Any = "unsafe", subok: bool = True, copy: bool = True
    ) -> Any:
        """The same as `numpy.ndarray.astype`; the order in memory is not kept."""
        if not np.can_cast(self.dtype, dtype, casting):
            raise TypeError(f"astype: {self.dtype} cannot be cast to {np.dtype(dtype)} with casting={casting!r}")
        if not copy and self.dtype == np.dtype(dtype):
            return self[...]
        return self.__array_function__(np.astype, (), (self, dtype), {})

    def to_device(self, device: str, /, *, stream: Any = None) -> Any:
        """The array itself, which is there already; another device than its own is refused by `ndarray.to_device`."""
        self.data.to_device(device, stream=stream)
        return self

    def compress(self, condition: Any, axis: int | None = None) -> Any:
        """The same as `numpy.compress`."""
        return self.__array_function__(np.compress, (), (condition, self), {"axis": axis})

    def put(self, indices: Any, values: Any, mode: str = "raise") -> None:
        """The same as `numpy.put`."""
        self.__array_function__(np.put, (), (self, indices, values), {"mode": mode})

    def flatten(self, order: str = "C") -> Any:
        """A copy with a single axis; `ravel` is a view of the same elements where it can be."""
        return self.copy().ravel(order)

    def sort(self, axis: int = -1, **params: Any) -> None:
        """Assign the elements in rising order; `numpy.sort` returns them instead."""
        self[...] = self.__array_function__(np.sort, (), (self, axis), params)  # type: ignore[index]

    def partition(self, kth: Any, axis: int = -1, **params: Any) -> None:
        """Assign the elements in the order of `numpy.partition`."""
        self[...] = self.__array_function__(np.partition, (), (self, kth, axis), params)  # type: ignore[index]

    @property
    def flat(self) -> Flat:
        """The elements in a row, to read, to assign and to iterate over."""
        return Flat(self)

    # fmt: off
    def __bool__(self) -> bool:              return bool(self.data)
    def __int__(self) -> int:                return int(self.data)
    def __index__(self) -> int:              return operator.index(self.data)
    def __contains__(self, x: Any) -> bool:  return x in np.asarray(self.data)
    def item(self, *index: Any) -> Any:      return self.data.item(*index)
    def tolist(self) -> Any:                 return self.data.tolist()
    # fmt: on

    def __format__(self, spec: str) -> str:
        return format(self.data.item() if self.shape == () else self.data, spec) if spec else str(self)

    def __len__(self) -> int:
        if not self.shape:
            raise TypeError("len() of a 0-d array: it is one number; use .size or .reshape(1)")
        return self.shape[0]

    def __iter__(self) -> Iterator[Any]:
        if not self.shape:
            raise TypeError("iteration over a 0-d array: it is one number; use .item() or .reshape(1)")
        return iter(self.__array_function__(np.unstack, (), (self,), {}))
