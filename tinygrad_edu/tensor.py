"""The Tensor: an array, and the line of the record that made it.

NumPy calls a Tensor's two protocols for every function that meets one; `record` computes the function on the arrays
inside, and writes a line down if one of them is traced. Operators and methods come from `surface.py` by the same
doors. What is left in this file is what NumPy cannot know: gradients, detaching, assignment by rebinding, and errors
that say what to do.
"""

from __future__ import annotations

import sys
import weakref
from collections.abc import Callable, Sequence
from operator import eq, ge, getitem, gt, le, lt, ne
from typing import Any, final

import numpy as np

from . import calls, graph
from .assigning import Assignable, into_out
from .calls import SEQUENCES, constant, is_inexact, plain_parameters
from .errors import DtypeError, GradientError, NoRuleError
from .graph import ALIAS, LARGE, READINGS, RULES, SELECT, Node, Op, forget, inside_transform, is_recording, next_serial
from .trees import leaves, tree_map

_new = object.__new__
_NONE: dict[str, Any] = {}  # the parameters of a line that has none


def record(op: Op, args: Sequence[Any], params: dict[str, Any]) -> Any:
    """Compute ``op(*args, **params)``; if an argument is traced, write the line down.

    Returns
    -------
    Tensor, or tuple or list of Tensors
        With a node if an argument had one and recording is on. What a flat operation returns that is no float
        (a mask, an index, a shape) comes back as it is.
    """
    values = [x.data if type(x) is Tensor else np.asarray(x) if type(x) in SEQUENCES else x for x in args]
    parents = tuple([x.node if type(x) is Tensor else None for x in args])
    try:
        value = op.function(*values, **params) if params else op.function(*values)
    except ValueError as error:
        raise calls.explained(error, op, values) from None
    if op.flat and not is_inexact(value):
        return value
    node = Node(op, tuple(values), params, parents, value) if any(parents) and is_recording() else None
    if isinstance(value, SEQUENCES):
        if LARGE < 0 and node is not None and (witness := graph.watching()) is not None:
            witness.line(node)
        return handles(value, node)
    if node is not None and value.size > LARGE:
        forget(node)
    return _handle(value, node)


# The commonest calls once more, unrolled, which makes them a third faster: all do what `record` does.


def _record_one(op: Op, x: Tensor, params: dict[str, Any]) -> Any:
    """One argument, and parameters."""
    try:
        value = op.function(x.data, **params) if params else op.function(x.data)
    except ValueError as error:
        raise calls.explained(error, op, [x.data]) from None
    if op.flat and not is_inexact(value):
        return value
    if value is x.data and type(value) is np.ndarray:  # as np.squeeze has it: a view at least, lest two handles be one
        value = value.view()
    parent = x.node
    node = Node(op, (x.data,), params, (parent,), value) if parent is not None and is_recording() else None
    if isinstance(value, SEQUENCES):
        if LARGE < 0 and node is not None and (witness := graph.watching()) is not None:
            witness.line(node)
        return handles(value, node)
    if node is not None and x.data.size > LARGE:
        forget(node)
    return _handle(value, node)


def _record_ufunc(op: Op, x: Tensor) -> Tensor:
    """One argument, no parameters, and one result that is an array."""
    a, parent = x.data, x.node
    value = op.function(a)
    tensor = _new(Tensor)
    tensor.data = value
    tensor.grad = tensor.name = tensor.node = None
    if parent is not None and is_recording():
        tensor.node = node = _new(Node)
        node.op = op
        node.value = value
        node.serial = next_serial()
        node.watcher = None
        node.args = (a,)
        node.params = _NONE
        node.parents = (parent,)
        if value.size > LARGE:
            forget(node)
    return tensor


def _record_pair(op: Op, x: Any, y: Any) -> Tensor:
    """Two arguments, no parameters, and one result that is an array."""
    if type(x) is Tensor:
        a, p = x.data, x.node
    else:
        a, p = np.asarray(x) if type(x) in SEQUENCES else x, None
    if type(y) is Tensor:
        b, q = y.data, y.node
    else:
        b, q = np.asarray(y) if type(y) in SEQUENCES else y, None
    try:
        value = op.function(a, b)
    except ValueError as error:
        raise calls.explained(error, op, [a, b]) from None
    except TypeError:
        if any(getattr(v, "__array_ufunc__", 0) is None for v in (a, b)):
            return NotImplemented  # the other has an operator of its own
        raise
    tensor = _new(Tensor)
    tensor.data = value
    tensor.grad = tensor.name = tensor.node = None
    if (p or q) is not None and is_recording():
        tensor.node = node = _new(Node)
        node.op = op
        node.value = value
        node.serial = next_serial()
        node.watcher = None
        node.args = (a, b)
        node.params = _NONE
        node.parents = (p, q)
        if value.size > LARGE:
            forget(node)
    return tensor


def handles(value: Any, node: Node | None) -> Any:
    """The Tensor for a line of the record; one for each output if it has several."""
    if not isinstance(value, SEQUENCES):
        return _handle(value, node)
    if node is not None and node.op is not None:
        node.op.plain = False
    outputs = [_handle(v, node and Node(SELECT, (value,), {"index": i}, (node,), v)) for i, v in enumerate(value)]
    return type(value)(*outputs) if hasattr(value, "_fields") else type(value)(outputs)


def _handle(value: Any, node: Node | None) -> Tensor:
    tensor = _new(Tensor)
    tensor.data = value
    tensor.node = node
    tensor.grad = tensor.name = None
    return tensor


def source(x: Any) -> Tensor:
    """A fresh traced Tensor to differentiate with respect to; if x is traced itself, an alias of it."""
    if type(x) is Tensor and x.node is not None:
        return _handle(x.data, Node(ALIAS, (x.data,), {}, (x.node,), x.data))
    value = x.data if type(x) is Tensor else x
    return _handle(value, Node(None, (), {}, (), value))


def _without_rule(function: Callable[..., Any], args: Any, kwargs: Any, error: NoRuleError) -> Any:
    """A call that no rule speaks of: an error, unless nothing in it is recorded; then NumPy answers alone."""
    if is_recording() and any(type(x) is Tensor and x.node is not None for x in leaves((args, kwargs))):
        raise error
    plain_args, plain_kwargs = tree_map(lambda x: x.data if type(x) is Tensor else x, (args, kwargs))
    return tree_map(lambda y: _handle(y, None) if is_inexact(y) else y, function(*plain_args, **plain_kwargs))


def _operator(ufunc: np.ufunc) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """x ∘ y and its reflection, without the packing of `__array_ufunc__`: a fifth faster."""
    return lambda x, y: _record_pair(RULES[ufunc], x, y), lambda x, y: _record_pair(RULES[ufunc], y, x)


def _unary(ufunc: np.ufunc) -> Callable[..., Any]:
    return lambda x: _record_ufunc(RULES[ufunc], x)


def _comparison(compare: Callable[[Any, Any], Any]) -> Callable[..., Any]:
    """x < y and its like: an array of truth values, which leaves no line in the record."""
    return lambda x, y: compare(x.data, y.data if type(y) is Tensor else y)


@final
class Tensor(Assignable):
    """What the user holds: an array, and the line of the record that made it.

    Parameters
    ----------
    data : array_like
        Numbers, nested lists of numbers, or an array of any type that speaks NumPy's protocols (not copied).
    requires_grad : bool
        True makes a leaf: `backward` adds to its `.grad`.
    dtype : dtype, optional
        The type of the elements; by default as NumPy chooses, except that Python integers become float64 in a leaf.
    name : str, optional
        What explanations call it.

    Attributes
    ----------
    data : array
        The values.
    node : Node or None
        The line of the record; None for a constant.
    grad : array, Tensor or None
        What `backward` has added up, of the shape and dtype of `data`; a Tensor if the pass itself was recorded.

    Raises
    ------
    DtypeError
        For integers, booleans or objects with ``requires_grad=True``.

    >>> x = Tensor([1.0, 2.0, 3.0], requires_grad=True)
    >>> y = np.sum(x ** 2)
    >>> y.backward()
    >>> x.grad
    array([2., 4., 6.])
    """

    __slots__ = ("__weakref__", "data", "grad", "name", "node")

    def __init__(self, data: Any, requires_grad: bool = False, dtype: Any = None, name: str | None = None) -> None:
        self.data = calls.as_array(data, dtype, promote=requires_grad)
        self.node: Node | None = None
        self.grad: Any = None
        self.name = name
        if requires_grad:
            self.requires_grad = True

    # --- the record -----------------------------------------------------------------------------------------------

    @property
    def requires_grad(self) -> bool:
        """True if a gradient flows through this Tensor. May be set to True on a constant, which becomes a leaf."""
        return self.node is not None

    @requires_grad.setter
    def requires_grad(self, on: bool) -> None:
        if on and self.node is None:
            if not is_inexact(self.data):
                raise DtypeError(
                    f"a Tensor of {self.data.dtype} cannot require a gradient: derivatives need float or complex "
                    "numbers. Convert it first: Tensor(data.astype(float), requires_grad=True)"
                )
            self.node = Node(None, (), {}, (), self.data)
            self.retain_grad()
        elif not on:
            self.node = None

    @property
    def is_leaf(self) -> bool:
        """True if no operation made this Tensor."""
        return self.node is None or self.node.op is None

    def retain_grad(self) -> Tensor:
        """Ask `backward` to write `.grad` on this Tensor although it is no leaf; returns the Tensor."""
        if self.node is None:
            raise GradientError("retain_grad: this Tensor has no gradient: nothing traced went into it")
        self.node.watcher = weakref.ref(self)
        return self

    def backward(self, gradient: Any = None, create_graph: bool = False) -> None:
        """Add the gradient of this Tensor to the `.grad` of every leaf that it depends on.

        Parameters
        ----------
        gradient : array_like, optional
            The cotangent, of this Tensor's shape; may be left out for a single number, where it is 1.
        create_graph : bool
            Record the pass itself, so that the gradients can be differentiated again; they are then Tensors.

        Raises
        ------
        GradientError
            If this Tensor depends on no leaf, or is not a single number and no cotangent is given.
        ShapeError
            If the cotangent has another shape.
        """
        READINGS["backward"](self, gradient, create_graph)

    def detach(self) -> Tensor:
        """The same values as a constant: no gradient flows through it."""
        return _handle(self.data, None)

    # fmt: off
    __add__,     __radd__     = _operator(np.add)
    __sub__,     __rsub__     = _operator(np.subtract)
    __mul__,     __rmul__     = _operator(np.multiply)
    __truediv__, __rtruediv__ = _operator(np.divide)
    __pow__,     __rpow__     = _operator(np.power)
    __matmul__,  __rmatmul__  = _operator(np.matmul)
    __neg__,     __abs__      = _unary(np.negative), _unary(np.absolute)
    __eq__,      __ne__       = _comparison(eq), _comparison(ne)
    __lt__,      __le__       = _comparison(lt), _comparison(le)
    __gt__,      __ge__       = _comparison(gt), _comparison(ge)
    __hash__                  = object.__hash__
    # fmt: on

    def sum(self, *args: Any, **params: Any) -> Any:
        """The same as `numpy.sum`."""
        if args or params:
            return self.__array_function__(np.sum, (), (self, *args), params)
        return _record_one(RULES[np.sum], self, _NONE)

    def reshape(self, *shape: Any, order: str = "C", copy: bool | None = None) -> Any:
        """The same as `numpy.reshape`; the shape as one tuple or as several numbers."""
        params = {"shape": shape[0] if len(shape) == 1 else shape}
        return _record_one(RULES[np.reshape], self, params if order == "C" else {**params, "order": order})

    # --- NumPy's two protocols ------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        op = RULES.get(ufunc)
        if op is not None and op.simple and method == "__call__" and not kwargs:
            return _record_ufunc(op, self) if len(inputs) == 1 else _record_pair(op, inputs[0], inputs[1])
        try:
            op, args, params = calls.sorted_call(graph.rule_for, ufunc, method, inputs, kwargs)
            return op.function(*args, **params) if op.kind == "composite" else record(op, args, params)
        except NoRuleError as error:
            return _without_rule(getattr(ufunc, method), inputs, kwargs, error)

    def __array_function__(self, function, types, args, kwargs):
        if kwargs and kwargs.get("out") is not None:
            return into_out(function, args, kwargs)
        op = function if type(function) is Op else RULES.get(function)
        if op is None:
            return _without_rule(function, args, kwargs, NoRuleError(calls.no_rule(function)))
        if op.single and len(args) == 1 and not kwargs:
            return _record_one(op, args[0], kwargs)
        if op.direct and len(args) == op.arity and not kwargs:
            return record(op, args, _NONE)
        try:
            if len(args) > 2:
                calls.refuse_out(op, function, args)
            if op.kind == "composite":
                if "out" in kwargs:
                    kwargs = calls.without_out(op, kwargs)
                return op.function(*calls.arrays_first(args), **kwargs)
            arrays, params = (op.sort if function is op else op.bind)(*args, **kwargs)
            params = plain_parameters(op, params) if params else params
        except NoRuleError as error:
            return _without_rule(function, args, kwargs, error)
        if len(arrays) == 1 and type(arrays[0]) is Tensor:
            return _record_one(op, arrays[0], params)
        return record(op, arrays, params)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self.node is not None:
            calls.refuse_storing(sys._getframe(1))
            instead, or_else = "np.stack, or like=x, for np.array", "x.detach() for its values without a gradient"
            raise calls.cut_off("np.array or np.asarray", instead, or_else)
        return np.array(self.data, dtype=dtype, copy=copy)

    def numpy(self) -> np.ndarray:
        """The values as an ndarray; for a Tensor without a gradient (see `detach`)."""
        return np.asarray(self)

    def __getitem__(self, index: Any) -> Any:
        op = RULES[getitem]
        return _record_one(op, self, {"index": constant(op, "index", index)})

    # --- numbers out of it ------------------------------------------------------------------------------------------

    # fmt: off
    def __float__(self) -> float:             return float(self._number("float"))
    def __complex__(self) -> complex:         return complex(self._number("complex"))
    # fmt: on

    def _number(self, kind: str) -> Any:
        """The data, for Python to convert; not while a transform runs, where it would be lost as in `math.sin(x)`."""
        if self.node is not None and is_recording():
            calls.refuse_storing(sys._getframe(2))
            if inside_transform():
                instead = "np.sin for math.sin"
                raise calls.cut_off(f"{kind}()", instead, "x.item() for the number without a gradient")
        return self.data

    def __repr__(self) -> str:
        notes = [] if self.dtype == np.float64 else [f"dtype={self.dtype}"]
        notes += [f"name={self.name!r}"] if self.name else []
        if self.node is not None:
            notes += ["requires_grad=True"] if self.node.op is None else [f"op={self.node.op.name}"]
        values = np.array2string(np.asarray(self.data), separator=", ", prefix="Tensor(")
        return f"Tensor({', '.join([values, *notes])})"

    def __copy__(self) -> Tensor:
        """A leaf of the user's own has its own gradient, and so has its copy; of other Tensors a copy is recorded."""
        own = self.is_leaf and (self.node is None or self.node.watcher is not None)
        return Tensor(self.data, self.requires_grad, None, self.name) if own else RULES[np.copy](self)

    def __deepcopy__(self, memo: dict[int, Any]) -> Tensor:
        found = self.__copy__()
        found.data = np.array(found.data) if found.is_leaf and type(found.data) is np.ndarray else found.data
        return found

    def __reduce__(self) -> tuple:
        if self.node is not None and (self.node.op is not None or self.node.watcher is None):
            raise GradientError("only leaves can be pickled; use .detach() to keep the values alone")
        return Tensor, (self.data, self.requires_grad, None, self.name)
