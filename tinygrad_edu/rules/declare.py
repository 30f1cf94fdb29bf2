"""The kinds of operation: how a row of the table is declared.

A derivative is a linear map, and a gradient is its transpose. What has to be written down depends on what is known
of the map; choose the most specific kind:

============  ==========================================  ==========================  =============================
kind          law                                         you write                   derived
============  ==========================================  ==========================  =============================
elementwise   the Jacobian is diagonal: its own transpose  one formula per argument    vjp and jvp
linear        the derivative of a linear map is the map    the transpose               jvp = f(t)
bilinear      the product rule                             two transposes              jvp = f(t, y) + f(x, t)
primitive     none                                         vjps and jvps
composite     the chain rule                               f in terms of other rows    everything
flat          piecewise constant: the derivative is zero   the name
============  ==========================================  ==========================  =============================

A rule is plain NumPy, ``rule(g, y, *args, **params)``: g is the cotangent of the result y (or the tangent of an
argument). It never undoes broadcasting: the walks do that once for all rules. Next: `arithmetic.py`, the first table.
"""

from __future__ import annotations

import sys
import warnings
from collections.abc import Callable, Iterator
from functools import partial, wraps
from inspect import signature
from itertools import count
from types import BuiltinFunctionType, FunctionType
from typing import Any

import numpy as np

from ..calls import SEQUENCES
from ..errors import ShapeError
from ..graph import RULES, Op

Rule = Callable[..., Any]


class Every:
    """The same rule for every argument, however many there are; it is told which one: ``rule(i, g, y, *args)``."""

    def __init__(self, rule: Rule | None) -> None:
        self.rule = rule

    def __getitem__(self, i: int) -> Rule | None:
        return self.rule and partial(self.rule, i)

    def __iter__(self) -> Iterator[Rule | None]:
        return (self[i] for i in count())


NOTHING = Every(None)
"""The rules of a flat operation: nothing flows to any argument."""


def elementwise(
    function: Callable[..., Any],
    *rules: Rule | None,
    call: Callable[..., Any] | None = None,
    bind: Callable[..., Any] | None = None,
) -> Op:
    """Declare an operation that treats every element alone, so that its Jacobian is diagonal.

    Parameters
    ----------
    function : callable
        The NumPy function, or any function of arrays. A NumPy function that has a rule gets this one in its place, for
        all of the process, with a warning.
    *rules : callable or None
        ∂f/∂xᵢ times g, one formula per argument: ``rule(g, y, *args)``; None where the derivative is zero.
    call : callable, optional
        What computes the value, if not the function itself.
    bind : callable, optional
        Sorts a call ``bind(*args, **kwargs)`` into a tuple of arrays and a dict of parameters.

    Returns
    -------
    Op
        Entered into the table, and to be called like the function.

    >>> import numpy as np, tinygrad_edu as tg
    >>> cube = elementwise(lambda x: x * x * x, lambda g, y, x: g * 3 * x * x)
    >>> float(tg.grad(cube)(2.0))
    12.0
    """
    return _enter(function, Op(call or function, rules, rules, "elementwise", _name(function), None, bind, function))


def linear(
    function: Callable[..., Any],
    transpose: Rule,
    *,
    joint: bool = False,
    call: Callable[..., Any] | None = None,
    bind: Callable[..., Any] | None = None,
) -> Op:
    """Declare a linear map by its transpose; forward mode is the map itself.

    Parameters
    ----------
    function, call, bind
        As for `elementwise`.
    transpose : callable
        ``transpose(g, y, x, **params)``, the Aᵀ with ⟨g, A t⟩ = ⟨Aᵀ g, t⟩.
    joint : bool
        For a function of many arrays, such as `np.concatenate`: the transpose returns a list, one cotangent for each.

    >>> import numpy as np, tinygrad_edu as tg
    >>> reverse = linear(lambda x: x[::-1], transpose=lambda g, y, x: g[::-1])
    >>> value, tangent = tg.jvp(reverse, (np.arange(3.0),), (np.array([1.0, 0.0, 0.0]),))
    >>> tangent
    array([0., 0., 1.])
    """
    op = Op(
        call or function, transpose if joint else (transpose,), None, "linear", _name(function), None, bind, function
    )
    if joint:
        op.jvps = lambda tangents, y, *xs, **params: op(*tangents, **params)
    else:
        op.jvps = (lambda t, y, x, **params: op(t, **params),)
    return _enter(function, op)


def bilinear(function: Callable[..., Any], left: Rule, right: Rule) -> Op:
    """Declare a product: linear in each of two arguments while the other is held.

    Parameters
    ----------
    left, right : callable
        ``rule(g, z, x, y, **params)``: the transposes of x ↦ f(x, y) and of y ↦ f(x, y).

    >>> import numpy as np, tinygrad_edu as tg
    >>> area = bilinear(lambda x, y: x * y, lambda g, z, x, y: g * y, lambda g, z, x, y: g * x)
    >>> [float(side) for side in tg.grad(area, argnums=(0, 1))(3.0, 4.0)]
    [4.0, 3.0]
    """
    op = Op(function, (left, right), None, "bilinear", _name(function))
    op.jvps = (lambda t, z, x, y, **params: op(t, y, **params), lambda t, z, x, y, **params: op(x, t, **params))
    return _enter(function, op)


def primitive(
    function: Callable[..., Any],
    vjps: tuple[Rule | None, ...] | Every | Rule,
    jvps: tuple[Rule | None, ...] | Every | Rule | None = None,
    *,
    call: Callable[..., Any] | None = None,
    bind: Callable[..., Any] | None = None,
    moves: bool = False,
    asks: bool = False,
) -> Op:
    """Declare an operation by both of its derivatives.

    Parameters
    ----------
    vjps : tuple of callables
        ``rule(g, y, *args, **params)``, one per argument: the transposed derivative applied to the cotangent g.
        A single callable returns the list of all arguments' cotangents.
    jvps : tuple of callables, optional
        ``rule(t, y, *args, **params)``: the derivative applied to the tangent t of that argument. If left out,
        forward mode transposes the vjps, which is slower.
    moves : bool
        True if the rules select and share cotangents and never multiply them with a value that could be infinite.
    asks : bool
        True if the rules, of an operation with several outputs, take a parameter ``follows``. They are given a
        function: ``follows(c, index)`` tells how the cotangents of the outputs would change if output `index` moved
        along c, which is the Hessian of all that follows this line, times c; ``follows(c, index, 2)`` how that would.

    >>> import numpy as np, tinygrad_edu as tg
    >>> norm2 = primitive(lambda x: np.sum(x * x), (lambda g, y, x: 2 * g * x,), (lambda t, y, x: np.sum(2 * x * t),))
    >>> tg.grad(norm2)(np.array([1.0, 2.0]))
    array([2., 4.])
    """
    back, forth = [tuple(rules) if isinstance(rules, list) else rules for rules in (vjps, jvps)]
    op = Op(call or function, back, forth, "primitive", _name(function), None, bind, function)
    op.moves, op.asks = moves, asks
    return _enter(function, op)


def composite(function: Callable[..., Any], formula: Callable[..., Any]) -> Op:
    """Declare a NumPy function by a formula in other rows of the table; its lines are recorded instead of its own.

    >>> import numpy as np, tinygrad_edu as tg
    >>> twice = composite(lambda x: 2 * x, lambda x: x + x)
    >>> float(tg.grad(twice)(1.0))
    2.0
    """
    return _enter(function, Op(formula, NOTHING, NOTHING, "composite", _name(function)))


def flat(*functions: Callable[..., Any]) -> Any:
    """Declare functions that are piecewise constant: their derivative is zero wherever it exists.

    A result of floats stays in the record, so that a gradient through it is 0 and not missing; a mask, an index or a
    shape comes back as NumPy gives it.

    Returns
    -------
    Op, or tuple of Op
        One for each function, to be called like it. NumPy's own functions are found by their own names as well.

    >>> import math, numpy as np, tinygrad_edu as tg
    >>> floors = flat(lambda x: np.array([math.floor(v) for v in x]))
    >>> tg.grad(lambda x: np.sum(floors(x) * x))(np.array([1.5, 2.5]))
    array([1., 2.])
    """
    bind = lambda *args, **params: (args, params)
    ops = [_enter(f, Op(f, NOTHING, NOTHING, "flat", _name(f), bind=bind)) for f in functions]
    return ops[0] if len(ops) == 1 else tuple(ops)


def _enter(function: Callable[..., Any], op: Op) -> Op:
    if not callable(function):
        raise TypeError(f"{op.kind}: {function!r} is no function. Expected NumPy's function, or one of your own")
    house = __name__.partition(".")[0]
    if isinstance(op.function, FunctionType | BuiltinFunctionType) and not _root(op.function).startswith(
        (house, "numpy")
    ):
        op.function = _of_arrays(op.function, op)
        _refuse_misfits(op)
    if function in RULES and RULES[function].kind != "refused" and not _caller().startswith(house):
        warnings.warn(
            f"{op.name} has another rule from now on, in all of this process. If that is not meant, declare an "
            f"operation of your own: {op.kind}(lambda ...: np.{op.name}(...), ...)",
            stacklevel=3,
        )
    RULES[function] = op
    return op


def _caller() -> str:
    """The module that declares an operation."""
    frame = sys._getframe(1)
    while frame.f_back is not None and frame.f_globals.get("__name__") == __name__:
        frame = frame.f_back
    return str(frame.f_globals.get("__name__"))


def _root(function: Callable[..., Any]) -> str:
    return function.__module__ or ""


def _refuse_misfits(op: Op) -> None:
    """Raise TypeError for a user's rule that cannot be called as rules are."""
    rules = [*op.vjps, *(op.jvps if isinstance(op.jvps, tuple) else ())] if isinstance(op.vjps, tuple) else []
    for rule in rules:
        if isinstance(rule, FunctionType):
            arguments = ["g", "y", *[f"x{i}" for i in range(len(op.vjps))]] if len(op.vjps) > 1 else ["g", "y", "x"]
            try:
                signature(rule).bind_partial(*arguments)
            except TypeError:
                called = f"rule({', '.join(arguments)}, **params)"
                raise TypeError(f"{op.name}: a rule is called as {called}, but takes {signature(rule)}") from None


def _of_arrays(function: Callable[..., Any], op: Op) -> Callable[..., Any]:
    """A user's function that may compute in Python's numbers, as `math.sin` does; its results are NumPy's."""

    @wraps(function)
    def computed(*args: Any, **params: Any) -> Any:
        return _as_array(function(*args, **params), op)

    return computed


def _as_array(y: Any, op: Op) -> Any:
    if type(y) in (float, complex) or (type(y) is int and not op.flat):
        return np.asarray(y, complex if type(y) is complex else float)[()]
    if type(y) in SEQUENCES:
        return type(y)(_as_array(v, op) for v in y)
    if y is None:
        raise ShapeError(f"{op.name}: its function returned None (is a return missing?). Expected an array")
    return y


def _name(function: Any) -> str:
    return getattr(function, "__name__", type(function).__name__)
