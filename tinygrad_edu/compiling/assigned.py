"""What NumPy writes in place, while a program is traced: `out=`, `np.add.at`, `np.put`, ``a += x``, `rng.shuffle`.

Into an array that the function has computed from traced values, each is an assignment ``x[...] = new``, which gives
the handle a new value. A plain array that the function made itself (`np.zeros(3)`) has numbers and no lines: it cannot
take a traced value, and NumPy's own words about that are no help. One case is simple: in ``total += x`` the name takes
the result, if nothing but this name holds the array.
"""

from __future__ import annotations

import dis
import inspect
import sys
from functools import cache
from types import CodeType, FrameType
from typing import Any

import numpy as np

from ..graph import RULES
from ..rules.indexing import scatter

CURE = (
    "Begin with an array of the program: where x is traced, np.zeros_like(x, shape=(3,)) takes assignments, as "
    "np.zeros(3) does in NumPy (np.full_like for np.full); or write a = a + x, np.where or np.stack"
)
"""What to do instead of writing into a plain array."""


def written_out(recorder: Any, function: Any, result: Any, outs: Any, where: Any = True) -> Any:
    """The result of a call, assigned to what was given as ``out=``, where the mask says so."""
    several = isinstance(result, tuple)
    for out, y in zip(outs, result if several else [result], strict=False):
        if out is None:
            continue
        if not hasattr(out, "recorder"):
            raise recorder.refusal(
                f"{_name(function)} with out= (or an operator such as a += x on a plain array) writes a traced value "
                "into an array, which a program does only with its own",
                CURE,
            )
        if np.shape(y) != out.shape:
            raise ValueError(f"{_name(function)}: out= has shape {out.shape}, but the result has {np.shape(y)}")
        if not np.can_cast(y.dtype, out.dtype, "same_kind"):
            raise TypeError(f"{_name(function)}: out= has dtype {out.dtype}, which does not take {y.dtype}")
        out[...] = y if where is True else np.where(where, y, out)
    return (outs if len(outs) > 1 else outs[0]) if all(out is not None for out in outs) else result


def added_in_place(recorder: Any, ufunc: np.ufunc, target: Any, index: Any, *values: Any) -> None:
    """`np.add.at` and `np.subtract.at`: the target plus what was scattered."""
    if not hasattr(target, "recorder"):
        raise recorder.refusal(f"{ufunc.__name__}.at writes a traced value into a plain array", CURE)
    if ufunc not in (np.add, np.subtract):
        raise recorder.refusal(f"{ufunc.__name__}.at writes in place", "Use x[index] = value, np.add.at, or np.where")
    if any(x.dtype == bool for x in recorder.traced_in(index)):
        raise recorder.refusal(f"{ufunc.__name__}.at: how many elements a mask takes depends on values", "Use np.where")
    shape = np.empty(target.shape, bool)[recorder.opened(index)].shape
    part = np.broadcast_to(np.zeros_like(target, shape=shape) + values[0], shape)
    target[...] = ufunc(target, scatter(part, shape=target.shape, index=index))


def mutated(recorder: Any, function: Any, args: Any, params: Any) -> None:
    """`np.put`, `np.copyto`, `np.fill_diagonal` and their like, by the formulae of `rules/placing.py`."""
    target = args[0] if args else next(iter(params.values()), None)
    if not hasattr(target, "recorder") or function not in RULES:
        raise recorder.refusal(f"{_name(function)} writes a traced value into a plain array", CURE)
    RULES[function].function(*args, **params)


def drawn(recorder: Any, draw: Any, args: Any, params: dict[str, Any]) -> Any:
    """A draw; with ``out=``, an assignment of it."""
    names = list(inspect.signature(getattr(np.random.Generator, draw.__name__)).parameters)
    given = {**dict(zip(names[1:], args[1:], strict=False)), **params}
    out = given.pop("out", None)
    if out is None:
        return recorder.call(draw, args, params)
    if "size" in names and given.get("size") is None:
        given["size"] = np.shape(out)
    return written_out(recorder, draw, recorder.call(draw, args[:1], given), (out,))


def shuffled(recorder: Any, draw: Any, generator: Any, x: Any, axis: int = 0) -> None:
    """`rng.shuffle`: a permutation, of the same random numbers, assigned to x."""
    if not hasattr(x, "recorder"):
        raise recorder.refusal(
            "rng.shuffle changes a plain array, in the same way at every call of the program",
            "Write x = rng.permutation(x), which returns the shuffled array",
        )
    x[...] = recorder.call(draw, (generator, x), {"axis": axis})


# --- a += x, where a is a plain array ---------------------------------------------------------------------------------


def renewed_local(recorder: Any, ufunc: np.ufunc, inputs: Any) -> Any:
    """The new value of the name in ``a += x``; NumPy's errors where it could not have been written into a."""
    a, x = inputs
    if np.broadcast_shapes(a.shape, np.shape(x)) != a.shape:
        raise ValueError(f"{ufunc.__name__}: an array of shape {a.shape} does not take one of shape {np.shape(x)}")
    result = recorder.call(ufunc, (a.copy(), x), {})
    if not np.can_cast(result.dtype, a.dtype, "same_kind"):
        raise TypeError(f"{ufunc.__name__}: an array of {a.dtype} does not take {result.dtype}")
    return result if result.dtype == a.dtype else result.astype(a.dtype)


def is_stored_in_its_name(frame: FrameType) -> bool:
    """True at the instruction of ``a += x`` on a local variable, to which the next one assigns the result."""
    return _is_stored(frame.f_code, frame.f_lasti)


@cache
def _is_stored(code: CodeType, place: int) -> bool:
    lines = iter(dis.get_instructions(code))
    line = next((line for line in lines if line.offset == place), None)
    if line is None or line.opname != "BINARY_OP" or "=" not in line.argrepr:
        return False
    return next((line.opname for line in lines if line.opname != "CACHE"), "").startswith("STORE_FAST")


class _Counting:
    """What is added to an array by ``a += x``, and counts who holds a."""

    def __array_ufunc__(self, ufunc: Any, method: str, *inputs: Any, **kwargs: Any) -> int:
        kwargs.pop("out", ())
        return sys.getrefcount(inputs[0])


def _references_to_a_local() -> int:
    a: Any = np.zeros(2)
    a += _Counting()
    return a


REFERENCES_TO_A_LOCAL = _references_to_a_local()
"""What `getrefcount` says of a in ``a += x``, if only its name holds it."""


def _name(function: Any) -> str:
    return getattr(function, "__name__", str(function))


MUTATING = {np.put, np.place, np.putmask, np.copyto, np.fill_diagonal, np.put_along_axis}
"""Functions that write into their first argument."""
