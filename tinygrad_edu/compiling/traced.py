"""Arrays that write down what is done with them, and what is refused of them.

A `Traced` speaks NumPy's two protocols, as dask's and CuPy's arrays do, so everything that runs on those runs on it:
the user's function, the table of derivatives, whole transforms and optimizers. It holds the numbers of the first call,
and passes each call on to its recorder (`trace.py`). What would take a number out of it is refused: the program would
be right for this number only.
"""

from __future__ import annotations

import operator
import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import numpy as np

from ..assigning import REFERENCES_TO_A_PART, is_stored_back
from ..calls import is_storing, place_of_out
from ..rules.indexing import setitem
from ..surface import Surface
from .assigned import (
    CURE,
    MUTATING,
    REFERENCES_TO_A_LOCAL,
    added_in_place,
    drawn,
    is_stored_in_its_name,
    mutated,
    renewed_local,
    shuffled,
    written_out,
)
from .program import Value
from .refusing import ONLY, OWN, asks_for_the_library, of_the_library

if TYPE_CHECKING:
    from .trace import Recorder


def _operator(of_python: Callable[..., Any], ufunc: np.ufunc) -> tuple[Any, Any]:
    """An operator and its reflection: the ufunc, or for two of Python's numbers Python's own."""

    def straight(self: Traced, other: Any) -> Any:
        return self.recorder.call(of_python if _is_weak(self) and _is_weak(other) else ufunc, (self, other), {})

    def reflected(self: Traced, other: Any) -> Any:
        return self.recorder.call(of_python if _is_weak(self) and _is_weak(other) else ufunc, (other, self), {})

    return straight, reflected


_straight, _reflected = _operator(operator.mul, np.multiply)


def _is_shared(x: Traced) -> bool:
    """True if x lies in the memory of another array that is still there: a part of it, or its whole."""
    owner = x.value if getattr(x.value, "base", None) is None else x.value.base
    return isinstance(owner, np.ndarray) and sys.getrefcount(owner) > _REFERENCES


def _sign(of_python: Callable[..., Any], ufunc: np.ufunc) -> Any:
    return lambda self: self.recorder.call(of_python if _is_weak(self) else ufunc, (self,), {})


def _is_weak(x: Any) -> bool:
    """True for one of Python's numbers, traced or not."""
    return x.symbol.weak if isinstance(x, Traced) else isinstance(x, int | float | complex) and not hasattr(x, "dtype")


class Traced(Surface):
    """An array that knows which value of a program it is.

    Attributes
    ----------
    value : array or number
        The numbers of this run.
    symbol : Value
        What the program calls it.
    given : bool
        Whether it is an argument, into which a program never writes.
    """

    __slots__ = ("given", "recorder", "symbol", "value")

    keeps_operations = True  # asks `rules/indexing.py` for the whole operation, and not for its formula

    def __init__(self, recorder: Recorder, value: Any, symbol: Value, given: bool = False) -> None:
        self.recorder, self.value, self.symbol, self.given = recorder, value, symbol, given

    # fmt: off
    shape = property(lambda self: (self._weak("shape") if self.symbol.weak else self.symbol).shape)
    dtype = property(lambda self: (self._weak("dtype") if self.symbol.weak else self.symbol).dtype)
    itemsize = property(lambda self: self.dtype.itemsize)
    nbytes = property(lambda self: self.symbol.size * self.itemsize)
    ndim  = property(lambda self: len((self._weak("ndim") if self.symbol.weak else self.symbol).shape))
    size  = property(lambda self: (self._weak("size") if self.symbol.weak else self.symbol).size)
    # fmt: on

    def _weak(self, attribute: str) -> Value:
        """The symbol of one of Python's numbers, which has no shape where the user asks."""
        if not asks_for_the_library(sys._getframe(2)):
            raise AttributeError(f"{type(self.value).__name__!r} object has no attribute {attribute!r}")
        return self.symbol

    @property  # type: ignore[misc]
    def __class__(self) -> Any:
        """What the user's `isinstance(x, np.ndarray)` is told: the class that x has in an eager run."""
        return Traced if asks_for_the_library(sys._getframe(1)) else type(self.value)

    def __copy__(self) -> Any:
        return self.copy()

    def __deepcopy__(self, memo: Any) -> Any:
        return self.copy()

    @property
    def strong(self) -> Traced:
        """This array; of one of Python's numbers NumPy's, which it becomes where it is differentiated."""
        if not self.symbol.weak:
            return self
        if self.symbol.is_count:  # which is differentiated as a float
            return self.recorder.call(np.multiply, (self, 1.0), {})
        return self.recorder.call(np.positive, (self,), {})

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        outs = kwargs.pop("out", ())
        if method == "at":
            return added_in_place(self.recorder, ufunc, *inputs)
        if outs and type(outs[0]) is np.ndarray and outs[0] is inputs[0] and outs[0].base is None:
            outs = len(outs)  # a += x
            alone = sys.getrefcount(inputs[0]) - self.recorder.holding(inputs[0]) <= REFERENCES_TO_A_LOCAL
            if alone and is_stored_in_its_name(sys._getframe(1)):
                return renewed_local(self.recorder, ufunc, inputs)
            outs = inputs[:1]
        where = kwargs.pop("where", True) if outs and method == "__call__" else True
        result = self.recorder.call(ufunc if method == "__call__" else getattr(ufunc, method), inputs, kwargs)
        if not outs or result is NotImplemented:
            return result
        return written_out(self.recorder, ufunc, result, outs, where)

    def __array_function__(self, function, types, args, kwargs):
        place = place_of_out(function) if len(args) > 2 and callable(function) else None
        if place is not None and len(args) > place:
            args, kwargs = (*args[:place], *args[place + 1 :]), {**kwargs, "out": args[place]}
        if kwargs.get("out") is not None:
            result = function(*args, **{name: value for name, value in kwargs.items() if name != "out"})
            return written_out(self.recorder, function, result, (kwargs["out"],))
        if function in MUTATING:
            return mutated(self.recorder, function, args, kwargs)
        if function is np.nan_to_num and not (args[1] if len(args) > 1 else kwargs.get("copy", True)):
            args[0][...] = function(args[0], **{**kwargs, "copy": True})
            return args[0]
        result = self.recorder.call(function, args, kwargs)
        if result is NotImplemented:
            tensor = self.recorder.first_tensor(args, kwargs)
            return tensor.__array_function__(function, types, args, kwargs)
        return result

    # Python's numbers stay Python's: 2.0 * t is no np.float64, which would make float64 of what it meets.
    # fmt: off
    __add__,      __radd__      = _operator(operator.add,      np.add)
    __sub__,      __rsub__      = _operator(operator.sub,      np.subtract)
    __truediv__,  __rtruediv__  = _operator(operator.truediv,  np.divide)
    __mod__,      __rmod__      = _operator(operator.mod,      np.remainder)
    __floordiv__, __rfloordiv__ = _operator(operator.floordiv, np.floor_divide)
    __neg__,      __abs__       = _sign(operator.neg, np.negative), _sign(operator.abs, np.absolute)
    # [x] * 2 is [x, x], also where NumPy has the 2
    def __mul__(self, other: Any) -> Any:   return _straight(self, other) if self._scales(other) else None
    def __rmul__(self, other: Any) -> Any:  return _reflected(self, other) if self._scales(other) else None
    # x ** 2 is computed as x * x, which np.power does not
    def __pow__(self, other: Any) -> Any:   return self.recorder.call(operator.pow, (self, other), {})
    def __rpow__(self, other: Any) -> Any:  return self.recorder.call(operator.pow, (other, self), {})
    # fmt: on

    def _scales(self, other: Any) -> bool:
        if isinstance(other, list | tuple | str) and isinstance(self.value, np.integer):
            raise self.recorder.refusal(f"a list as long as a traced number says: {ONLY}", "Pass it as a Python int")
        return True

    # --- assignment: the handle stands for a new value, as the array has new elements ---------------------------------

    def __setitem__(self, index: Any, value: Any) -> None:
        if self.given or _is_shared(self):
            raise self.recorder.refusal(
                "assignment into an argument, or into an array that shares its memory with another (a part of it, a "
                "reshaped one), changes more than one value",
                "Assign into a copy of its own: x = x.copy(); x[index] = value",
            )
        new = self.recorder.call(setitem, (self, value), {"index": index})
        if new is NotImplemented:
            raise self.recorder.refusal(
                "a Tensor was assigned into a plain array", "Make the target a Tensor: x = tg.Tensor(x)"
            )
        self.value, self.symbol = new.value, new.symbol

    def fill(self, value: Any) -> None:
        """Assign one number to every element."""
        self[...] = value

    def _renewed(self, sign: Callable[[Any, Any], Any], other: Any) -> Any:
        result = sign(self, other)
        if type(result) is not Traced or result.symbol.shape == self.symbol.shape == ():
            return result
        frame = sys._getframe(2)
        if sys.getrefcount(self) <= REFERENCES_TO_A_PART and is_stored_back(
            frame.f_code, frame.f_lasti
        ):  # y[i] += v, whose result is assigned to y at once
            return result
        self[...] = result
        return self

    # fmt: off
    def __iadd__(self, other: Any) -> Any:       return self._renewed(operator.add, other)  # type: ignore[misc]
    def __isub__(self, other: Any) -> Any:       return self._renewed(operator.sub, other)  # type: ignore[misc]
    def __imul__(self, other: Any) -> Any:       return self._renewed(operator.mul, other)
    def __itruediv__(self, other: Any) -> Any:   return self._renewed(operator.truediv, other)  # type: ignore[misc]
    def __ifloordiv__(self, other: Any) -> Any:  return self._renewed(operator.floordiv, other)  # type: ignore[misc]
    def __imod__(self, other: Any) -> Any:       return self._renewed(operator.mod, other)  # type: ignore[misc]
    def __ipow__(self, other: Any) -> Any:       return self._renewed(operator.pow, other)
    # fmt: on

    # --- what would take a number out of it ---------------------------------------------------------------------------

    def _refused(what: str, cure: str) -> Any:  # type: ignore[misc]
        def method(self: Traced, *args: Any, **kwargs: Any) -> Any:
            frame = sys._getframe(1)
            if is_storing(frame) or frame.f_code.co_name == "full":
                raise self.recorder.refusal("a traced value was written into a plain array", CURE)
            raise self.recorder.refusal(*(of_the_library(frame) or (f"{what} of a traced value: {ONLY}", cure)))

        return method

    def __bool__(self) -> bool:
        if sys._getframe(1).f_code.co_filename.startswith(OWN):
            return self.recorder.assumed(self, bool(self.value))  # a rule looks for ties, or for something rare
        raise self.recorder.refusal(
            f"the truth of a traced value: {ONLY}",
            "np.where(condition, a, b) chooses among values; what only steers the program (a flag, a number of steps) "
            "goes in as a Python bool or int",
        )

    # fmt: off
    __float__    = _refused("float()", "NumPy's functions take the array itself (np.sin for math.sin); to write "
                            "into an array, begin with np.zeros_like(x, shape=(3,)) for np.zeros(3)")
    __complex__  = _refused("complex()", "NumPy's functions take the array itself")
    __int__      = _refused("int()", "x.astype(int) keeps an array; a number of steps goes in as a Python int")
    __index__    = _refused("an index, a size or a number of steps made", "Pass it as a Python int, or index with "
                            "np.take; an array that the function closes over can be declared constant=")
    __array__    = _refused("np.asarray", "NumPy's functions take the array itself (for np.array, np.stack of a flat "
                            "list, and reshape); for array[x], as in np.eye(3)[x], make the array outside of the "
                            "function: E = np.eye(3), and E[x]")
    __contains__ = _refused("`in`", "np.any(x == y) is an array")
    __hash__     = _refused("the hash (a key of a dict, an element of a set)", "np.select or np.where chooses among "
                            "values; what only steers the program (a name, a number of steps) goes in as str or int")
    __floor__    = __ceil__ = __trunc__ = _refused("math.floor() and its like", "np.floor, np.ceil and np.trunc take "
                            "the array itself")
    item = tolist = _refused("item() or tolist()", "Return it from the function, and convert outside")
    __reduce_ex__ = _refused("pickling", "Return it from the function, and store it outside")
    base = ctypes = device = flags = strides = property(_refused("the memory", "Pass order='C' or leave it away"))
    # fmt: on

    def __repr__(self) -> str:
        if self.symbol.is_count:  # then it is a constant again
            raise self.recorder.refusal(f"the text of a traced integer: {ONLY}", "Make the text outside")
        return f"Traced({self.symbol!r})"

    def __format__(self, spec: str) -> str:
        return repr(self)


class TracedGenerator(np.random.Generator):
    """A random generator whose draws are lines of the program; the numbers of the trace come from a copy."""

    recorder: Any
    symbol: Any

    def __getattribute__(self, name: str) -> Any:
        found = super().__getattribute__(name)
        if name.startswith("_") or name in ("recorder", "symbol"):
            return found
        if name == "bit_generator":
            if asks_for_the_library(sys._getframe(1)):
                return found
            raise self.recorder.refusal(f"the bits of a traced random generator: {ONLY}", "Draw rng.integers(2**32)")
        if name == "shuffle":
            return lambda *args, **kwargs: shuffled(self.recorder, Draw("permutation"), self, *args, **kwargs)
        return lambda *args, **kwargs: drawn(self.recorder, Draw(name), (self, *args), kwargs)


class Draw:
    """The call of a method of a random generator."""

    draws = True

    def __init__(self, name: str) -> None:
        self.__name__ = name

    def __call__(self, generator: Any, *args: Any, **kwargs: Any) -> Any:
        return getattr(generator, self.__name__)(*args, **kwargs)


def _references() -> int:
    """What `getrefcount` says, where `_is_shared` asks it, of an array that one value alone holds."""
    x = Traced(None, np.zeros(2), None)  # type: ignore[arg-type]
    owner = x.value if getattr(x.value, "base", None) is None else x.value.base
    return sys.getrefcount(owner)


_REFERENCES = _references()
