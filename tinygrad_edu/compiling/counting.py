"""Counts, shapes and positions: arguments that decide the shape of a result, and so may not be traced.

A program has fixed shapes, and its C code believes them: `np.repeat(x, n)` with another n would be read beyond its
end. So a traced integer, or truth value, is taken only where a function reads an *operand*: an array whose numbers go
into the result, and whose shape alone decides about shapes. Operands are known by their names, which NumPy and SciPy
use alike; whatever is not called like one of these (`repeats`, `shape`, `axis`, `num`, `n`, `obj`, ...) is refused.
Next: `kinds.py`, which lists the functions that no operand is safe for.
"""

from __future__ import annotations

import inspect
import operator
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from ..graph import Op
from .kinds import SHAPED_BY_VALUES, TYPED_BY_VALUES
from .refusing import ONLY
from .traced import Traced

_WORDS = """
A B X M a b a1 a2 x x1 x2 y z xi xp fp f p q u v w m ar ar1 ar2 arr array arrays ary arys args arrays_and_dtypes
a_min a_max min max append prepend to_begin to_end atol rtol base choices choicelist condition condlist cov aweights
fweights weights ddof correction decimals default dst src discont dx period element test_elements fill_value func
func1d funclist indices initial keys left right mask mean multi_index nan posinf neginf operands ord out prototype
range rcond tol sample seq_of_zeros shift sorter start stop tup val vals values varargs where input
"""
OPERANDS = frozenset(_WORDS.split())
"""Names of arguments whose numbers decide about no shape, in any function of NumPy or SciPy."""

BUT = {(np.rollaxis, "start"), (np.polyder, "m"), (np.polyint, "m"), (np.ix_, "args")}
"""Exceptions: an axis, numbers of derivatives and perhaps masks, that are called like operands."""

OF_FUNCTIONS = {np.apply_along_axis, np.apply_over_axes, np.piecewise}
"""Functions of NumPy that call a function of the user's."""

OF_DRAWS = frozenset({"size", "axis", "length", "n_children", "shuffle", "replace", "method", "dtype", "out"})
"""Arguments of a random generator's methods that are no numbers of the distribution."""

SHAPED_IF: dict[Any, tuple[Callable[[Any], bool], str]] = {
    np.polyfit: (lambda params: bool(params.get("full")), "full=False"),
    np.linalg.lstsq: (lambda params: True, "np.linalg.pinv(A) @ b, or np.linalg.solve(A.T @ A, A.T @ b)"),
}
"""Functions of which one result's shape depends on values, when that is so, and what to use instead."""


def reason_against(function: Any, op: Op | None, args: Any, params: Any) -> tuple[str, str] | None:
    """Why a call has no place in a program, and what to do: its result's shape depends on values; or None."""
    if isinstance(function, np.ufunc) and not params:
        return None  # nothing but operands
    name = getattr(function, "__name__", str(function))
    if function in SHAPED_BY_VALUES or (function is np.where and len(args) == 1):
        instead = SHAPED_BY_VALUES.get(function, "np.where(condition, x, 0)")
        return f"{name}: the shape of its result depends on values, and a program has fixed shapes", f"Use {instead}"
    if function in SHAPED_IF and SHAPED_IF[function][0](params):
        return f"{name}: the shape of its result depends on values, and a program has fixed shapes", (
            f"Use {SHAPED_IF[function][1]}"
        )
    if function is operator.getitem:
        return _against_index(args[1])
    if "index" in params and op is None and type(function) is Op:  # setitem, scatter
        if _is_count(params.get("shape")):
            return _against(name, "shape")
        return _against_index(params["index"], masks=True)
    counted = next(_counted(function, op, args, params), None)
    if counted is None:
        return None
    return _against(name, counted)


def _against(name: str, counted: str) -> tuple[str, str]:
    return (
        f"{name}: its argument {counted} is traced, and decides about a shape: {ONLY}",
        f"Pass {counted} as a Python int, or a list or tuple of them, for each of which the function is traced anew",
    )


class OtherShapes(ArithmeticError):
    """A user's operation has given another shape or dtype than when it was traced: the function itself is called."""


@dataclass(frozen=True)
class Checked:
    """A user's operation, of which nobody knows what decides about its shapes: they are compared at every call."""

    function: Callable[..., Any]
    kinds: tuple[Any, ...]
    several: bool

    def __call__(self, *args: Any, **params: Any) -> Any:
        found = self.function(*args, **params)
        if tuple([(np.shape(y), np.asarray(y).dtype) for y in (found if self.several else [found])]) != self.kinds:
            raise OtherShapes(f"{self.__name__}: another shape or dtype than when it was traced")
        return found

    @property
    def __name__(self) -> str:
        return getattr(self.function, "__name__", "call")


def is_typed_by_values(function: Any) -> bool:
    """True for functions whose results are real or complex as the values are."""
    return (
        getattr(function, "__name__", "") in TYPED_BY_VALUES
        or getattr(function, "__module__", "") == "numpy.lib.scimath"
    )


def checked(function: Any, found: Sequence[Any], several: bool) -> Any:
    """The operation of a line: as it is if it is known, else with a look at its results."""
    unknown = function in OF_FUNCTIONS or not (_is_known(function) or isinstance(function, Op | np.ufunc))
    if unknown or (is_typed_by_values(function) and any(np.iscomplexobj(y) for y in found)):
        return Checked(function, tuple([(np.shape(y), np.asarray(y).dtype) for y in found]), several)
    return function


def _against_index(index: Any, masks: bool = False) -> tuple[str, str] | None:
    for part in index if isinstance(index, tuple) else (index,):
        if isinstance(part, slice) and _is_count(part):
            return (
                "x[a:b] with a traced a or b: how many elements it takes depends on values, and a program has fixed "
                "shapes",
                "Pass a and b as Python ints; or take n elements from a on: x[a + np.arange(n)]",
            )
        if not masks and any(x.dtype == bool for x in traced_in(part)):
            return (
                "x[mask]: how many elements it takes depends on values, and a program has fixed shapes",
                "Use np.where(mask, x, 0), and np.sum(mask) for their number",
            )
    return None


def _counted(function: Any, op: Op | None, args: Any, params: Any) -> Iterator[str]:
    """The names of arguments that are traced, and are read as counts."""
    draws, known = hasattr(function, "draws"), _is_known(function)
    own = op.arity or 0 if op is not None and not known else 0  # the arrays of a user's operation come first
    of_ufunc = isinstance(function, np.ufunc) or isinstance(getattr(function, "__self__", None), np.ufunc)
    for i, x in enumerate(() if of_ufunc else args):
        if i >= own and _is_count(x):
            names = _names(getattr(np.random.Generator, function.__name__) if draws else function)
            name = names[min(i, len(names) - 1)] if names else ""
            if not _is_operand(function, name, draws, x):
                yield name or f"number {i}"
    for name, x in params.items():
        if _is_count(x) and not _is_operand(function, name, draws, x):
            yield name


def _is_operand(function: Any, name: str, draws: bool, x: Any) -> bool:
    if name == "bins" or (draws and name == "x"):  # a number of them, or an array
        return getattr(x, "shape", ()) != ()
    if draws:
        return name not in OF_DRAWS
    return name in OPERANDS and (function, name) not in BUT


def _is_count(x: Any) -> bool:
    return any(each.dtype.kind in "biu" for each in traced_in(x))


def traced_in(tree: Any) -> Iterator[Traced]:
    """The traced arrays in a tree of arguments."""
    kind = type(tree)
    if kind is Traced:
        yield tree
    elif kind is tuple or kind is list:
        for child in tree:
            yield from traced_in(child)
    elif kind is dict:
        yield from traced_in(list(tree.values()))
    elif kind is slice:
        yield from traced_in((tree.start, tree.stop, tree.step))


def _is_known(function: Any) -> bool:
    """True for functions of NumPy, SciPy and this library, whose arguments are called as in their documentation."""
    function = getattr(function, "__wrapped__", function)  # what `extend` declares is wrapped
    module = getattr(function, "__module__", None) or "builtins"  # the methods of ufuncs have none
    return module.startswith(("numpy", "scipy", "_operator", "operator", "builtins", "tinygrad_edu"))


@cache
def _names(function: Any) -> tuple[str, ...]:
    """The names of the arguments that go by position; of ``*operands`` the last name stands for the rest."""
    try:
        parameters = list(inspect.signature(function).parameters.values())
    except (TypeError, ValueError):
        return ()
    return tuple(p.name for p in parameters if p.kind not in (p.KEYWORD_ONLY, p.VAR_KEYWORD))
