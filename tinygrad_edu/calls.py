"""How a call of a NumPy function is sorted into arrays and parameters; and what is refused, with its cure.

A rule sees its arrays by position and everything else (axis, shape, ...) by name, however the user wrote the call.
What a rule does not speak of is refused when the call is made: a wrong gradient would come later, and silently.
"""

from __future__ import annotations

import dis
import inspect
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np

from .errors import DtypeError, InPlaceError, NoRuleError, ShapeError, TracedError
from .surface import Surface

SEQUENCES = (list, tuple)
PLAIN_TYPES = {int, bool, float, type(None), str, slice, np.ndarray, type(...)}
"""Parameters of these types hold no Tensor."""


def binder(function: Callable[..., Any], arity: int | None) -> Callable[..., tuple[tuple, dict]]:
    """The function that sorts a call of `function` into its arrays and its parameters.

    The arrays are the first `arity` arguments; if that is not known, those without a default.
    """
    known: list[inspect.Parameter] = []

    def bind(*args, **kwargs):
        if len(args) == arity:
            return args, kwargs
        if not known:
            known.extend(inspect.signature(function).parameters.values())
        if arity is None and any(p.kind is p.VAR_POSITIONAL for p in known):
            return args, kwargs
        given = {**dict(zip([p.name for p in known], args, strict=False)), **kwargs}
        first = known[:arity] if arity is not None else [p for p in known if p.default is p.empty]
        arrays = tuple(given.pop(p.name, None) for p in first)
        return arrays, {name: value for name, value in given.items() if value is not np._NoValue}

    return bind


def sorted_already(*args: Any, **params: Any) -> tuple[tuple, dict]:
    return args, params


def understood_by(vjps: Any) -> set[str]:
    """The names that a rule's signature accepts; "**" stands for any."""
    if vjps is None:
        return {"**"}
    rules = vjps if isinstance(vjps, tuple) else [vjps if callable(vjps) else vjps.rule]
    found = [p for rule in rules if rule for p in inspect.signature(rule).parameters.values()]
    return {"**" if p.kind is p.VAR_KEYWORD else p.name for p in found} or {"**"}


def places_read(rule: Callable[..., Any] | None) -> set[int] | None:
    """Which arrays a rule reads: 0, 1, ... for its arguments, -1 for the result; None if its code cannot tell.

    The signature is ``rule(g, y, *args, **params)``. Asking an array for its shape or dtype does not count as reading.

    >>> places_read(lambda g, z, x, y: g * y), places_read(lambda g, y, x: g * y), places_read(lambda g, y, x: -g)
    ({1}, {-1}, set())
    >>> places_read(lambda g, y, x: np.broadcast_to(g, x.shape))
    set()
    """
    if rule is None:
        return set()
    if not inspect.isfunction(rule) or (code := rule.__code__).co_flags & inspect.CO_VARARGS:
        return None
    place = {name: i - 2 for i, name in enumerate(code.co_varnames[: code.co_argcount]) if i}
    lines = list(dis.get_instructions(code))
    found = set()
    for line, following in zip(lines, [*lines[1:], None], strict=True):
        names = line.argval if isinstance(line.argval, tuple) else (line.argval,)
        of_shape = following is not None and following.opname == "LOAD_ATTR" and following.argval in _OUTSIDE
        if not (of_shape and len(names) == 1):
            found |= {place[name] for name in names if isinstance(name, str) and name in place}
    return found


_OUTSIDE = {"shape", "dtype", "ndim", "size"}


def is_inexact(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") in ("f", "c")


def as_array(data: Any, dtype: Any, promote: bool) -> Any:
    """An array of any type; Python's integers, alone or in lists, become floats if they are to be differentiated."""
    if isinstance(data, Surface) and hasattr(data, "node"):  # a Tensor
        if data.node is not None and not promote:  # a new leaf is asked for by name
            raise cut_off("Tensor(x)", "x * 1 for a copy", "Tensor(x.detach()) for its values without a gradient")
        data = data.data
    if hasattr(data, "__array_function__"):
        return data if dtype is None else data.astype(dtype)
    try:
        array = np.asarray(data, dtype=dtype)
    except ValueError as error:
        raise ShapeError(f"Tensor: this {type(data).__name__} makes no array. NumPy says: {error}") from None
    if dtype is not None:
        return array
    if array.dtype.kind not in "biufc":
        raise DtypeError(
            f"Tensor: NumPy makes {array.dtype} of this {type(data).__name__}. "
            "Expected numbers, or nested lists of numbers"
        )
    is_python = isinstance(data, int | list | tuple) and not isinstance(data, bool | np.generic)
    return array.astype(np.float64) if promote and is_python and array.dtype.kind in "iu" else array


def sorted_call(rule_for, ufunc, method, inputs, kwargs):
    """The operation, arrays and parameters of a ufunc call that is not plain: `out=`, `where=`, `np.add.reduce` ...

    Methods and parameters are operations of their own, entered under the methods of `np.ufunc`.
    """
    kwargs = {  # without out=None, and without what NumPy names once more
        name: value
        for name, value in kwargs.items()
        if name not in ("array", "indices") and (name != "out" or any(out is not None for out in value))
    }
    targets = inputs[:1] if method == "at" else kwargs.get("out", ())
    if any(out is not None and not hasattr(out, "node") for out in targets):
        raise InPlaceError(
            f"{ufunc.__name__}: out= (or an operator such as a += t, or .at, on a plain array) would write a Tensor's "
            "values into an array and lose its gradient. Write a = a + t, or make a Tensor of the target: Tensor(a)"
        )
    op = rule_for(ufunc)
    if op is None:
        raise NoRuleError(no_rule(ufunc))
    if op.kind == "refused":
        op.bind(*inputs)
    if method == "__call__" and not kwargs:
        return op, inputs, kwargs
    return rule_for(getattr(np.ufunc, method)), (ufunc, *inputs), kwargs


def plain_parameters(op: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters with constants in place of Tensors; a traced one would lose its gradient, so it is refused."""
    if op.understood is not None and op.understood.issuperset(params):
        for value in params.values():
            kind = type(value)
            if kind not in PLAIN_TYPES and not (kind is tuple and PLAIN_TYPES.issuperset(map(type, value))):
                break
        else:
            return params  # the usual call, in a third of the time
    if "out" in params:
        params = without_out(op, params)
    op.refuse_unknown(params)
    return {name: constant(op, name, value) for name, value in params.items()}


def arrays_first(args: tuple[Any, ...]) -> tuple[Any, ...]:
    """The arguments of a formula, which will read the shape of the first: a list of numbers becomes an array."""
    if args and type(args[0]) in SEQUENCES and _is_of_numbers(args[0]):
        return (np.asarray(args[0]), *args[1:])
    return args


def _is_of_numbers(x: Any) -> bool:
    return all(_is_of_numbers(v) if type(v) in SEQUENCES else type(v) in (bool, int, float, complex) for v in x)


def refuse_out(op: Any, function: Callable[..., Any], args: tuple[Any, ...]) -> None:
    """Raise InPlaceError for an array given as `out` by its place among the arguments."""
    place = place_of_out(function)
    if place is not None and len(args) > place and args[place] is not None:
        raise InPlaceError(f"{op.name}: out= would lose the gradient: the result is a new Tensor. Leave it away")


@cache
def place_of_out(function: Callable[..., Any]) -> int | None:
    """The place of the parameter `out` in the signature of a NumPy function; None if it has none."""
    try:
        parameters = inspect.signature(function).parameters
        by_place = [name for name, p in parameters.items() if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
        return by_place.index("out")
    except (ValueError, TypeError):
        return None


def without_out(op: Any, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters without ``out=None``; any other ``out=`` is refused."""
    if params["out"] is not None:
        raise InPlaceError(f"{op.name}: out= would lose the gradient: the result is a new Tensor. Leave it away")
    return {name: value for name, value in params.items() if name != "out"}


def constant(op: Any, name: str, value: Any) -> Any:
    """A parameter without its Tensors; a traced one would lose its gradient, so it is refused."""
    if type(value) in PLAIN_TYPES:
        return value
    if isinstance(value, Surface) and hasattr(value, "node"):  # a Tensor
        if value.node is not None and is_inexact(value.data):
            raise NoRuleError(
                f"{op.name} has no rule for its parameter {name}. Pass {name}.detach() to hold it constant"
            )
        return value.data
    if type(value) in SEQUENCES:
        for v in value:
            if type(v) not in PLAIN_TYPES:
                return type(value)([constant(op, name, v) for v in value])
    return value


def no_rule(function: Any) -> str:
    name = getattr(function, "__name__", str(function))
    return (
        f"{name} has no rule in the table, so its derivative is unknown. Add one in a row (see tinygrad_edu.extend), "
        f"or call it on x.detach() to hold its result constant"
    )


def fitting_assignment(old: Any, new: Any) -> Any:
    """The result of an assignment in the dtype of what it replaces, as NumPy has it for ``x += y``; or an error.

    A number is no array that could keep a shape: after ``s = np.sum(x)``, ``s += y`` has the shape of y.
    """
    if new.node is not None and not is_inexact(new):
        raise DtypeError(_CUT_OFF.format(new="a traced Tensor", old=old.dtype, what="decimals", cure="float"))
    if isinstance(old, np.generic):
        return new
    if new.shape != old.shape:
        raise ShapeError(
            f"assignment to a Tensor of shape {old.shape}: the result has shape {new.shape}. Write x = x + y for a new "
            "Tensor"
        )
    if new.dtype == old.dtype:
        return new
    if not np.can_cast(new.dtype, old.dtype, "same_kind"):
        what, cure = ("imaginary parts", "complex") if new.dtype.kind == "c" else ("decimals", "float")
        raise DtypeError(_CUT_OFF.format(new=new.dtype, old=old.dtype, what=what, cure=cure))
    return new.astype(old.dtype)


_CUT_OFF = (
    "assignment of {new} to a Tensor of {old} would cut its {what} off, and their gradient. Make the target {cure}: "
    "x = x.astype({cure})"
)


def is_storing(frame: Any) -> bool:
    """True if a frame is at an assignment ``target[index] = value``: its bytecode tells it from a call."""
    return frame.f_code.co_code[frame.f_lasti] == _STORE


_STORE = dis.opmap["STORE_SUBSCR"]


def refuse_storing(frame: Any) -> None:
    """Raise InPlaceError if a frame stores a Tensor in a plain array: ``array[i] = x``.

    NumPy asks the Tensor for a number then, as `float(x)` does.
    """
    if is_storing(frame):
        raise InPlaceError(
            "array[i] = x on a plain array would store the value of a Tensor and lose its gradient. Assign into a "
            "Tensor (array = tg.Tensor(array) before), build the array with np.stack, or store x.detach()"
        )


def cut_off(what: str, instead: str, or_else: str) -> TracedError:
    """The error for a way from a traced Tensor to plain numbers, on which its gradient would stay behind."""
    return TracedError(
        f"{what} on a Tensor that is being differentiated would lose its gradient. Use NumPy's functions on the Tensor "
        f"itself ({instead}), or {or_else}"
    )


def explained(error: ValueError, op: Any, values: list[Any]) -> ValueError:
    """NumPy's error about shapes in our words; other errors as they are."""
    if type(error) is not ValueError:
        return error
    shapes = [np.shape(x) for x in values]
    if op.name == "matmul" and all(shapes) and (n := shapes[0][-1]) != shapes[1][-2:][0]:
        hint = "; did you mean x @ y.T?" if len(shapes[1]) == 2 and shapes[1][1] == n else ""
        return ShapeError(
            f"matmul: inner sizes differ: x is {shapes[0]}, y is {shapes[1]}. Expected y with {n} rows{hint}"
        )
    words = str(error).removeprefix(f"{op.name}: ").rstrip(" .")
    if words.startswith("operands could not be broadcast"):
        words = "the shapes do not broadcast. Expected, from the last axis backwards, equal lengths or a length of 1"
    given = ", ".join(f"argument {i} is {shape}" for i, shape in enumerate(shapes))
    return ShapeError(f"{op.name}: {words}. Given: {given}")
