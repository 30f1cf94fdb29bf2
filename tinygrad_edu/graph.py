"""The record: what was computed, and from what.

`y = np.sin(x) * 2` on a Tensor computes with NumPy and writes two lines down, `sin` and `multiply`: a `Node` each,
holding the operation, its arguments and its value as plain data. Creation order is a topological order, so the
record is read by walking the nodes by their `serial`, in either direction, without recursion.

The engine knows no mathematics. It owns the empty table `RULES` and looks operations up when they are called; the
files in `rules/` fill it. How the record is read is written in `modes/`; those readings enter `READINGS` the same way.
"""

from __future__ import annotations

import inspect
import weakref
from collections.abc import Callable, Container, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from operator import attrgetter, getitem, setitem
from typing import Any, final

import numpy as np

from .errors import DtypeError, GradientError, InPlaceError, NoRuleError, ShapeError, TracedError
from .surface import Surface

RULES: dict[Callable[..., Any], Op] = {}
"""The table of operations, keyed by the NumPy function; `rules/` and `tinygrad_edu.extend` fill it."""

READINGS: dict[str, Callable[..., Any]] = {}
"""The readings that a Tensor offers as methods; `modes/` fills it."""

_recording: ContextVar[bool] = ContextVar("recording", default=True)
_is_recording = _recording.get
_serial = count().__next__
_new = object.__new__
_SEQUENCES = (list, tuple)
_NONE: dict[str, Any] = {}  # the parameters of a line that has none


class Node:
    """One line of the record: ``value = op(*args, **params)``.

    Plain data: never a closure, and never a reference to a Tensor, so that no cycle keeps it alive.

    Attributes
    ----------
    op : Op or None
        The operation; None for a leaf, which nothing computed.
    args, params : tuple, dict
        The arguments as arrays and numbers, and the parameters (axis, shape, ...).
    parents : tuple of (Node or None)
        For each argument the line that made it; None for a constant.
    value : array, or tuple of arrays
        The result.
    serial : int
        Grows with every node: parents have smaller serials than their children.
    watcher : weak reference to Tensor, or None
        The Tensor whose `.grad` wants the cotangent of this line: a leaf's, or after `retain_grad`.
    """

    __slots__ = ("args", "op", "params", "parents", "serial", "value", "watcher")

    def __init__(self, op: Op | None, args: tuple, params: dict, parents: tuple, value: Any) -> None:
        self.op = op
        self.args = args
        self.params = params
        self.parents = parents
        self.value = value
        self.serial = _serial()
        self.watcher: weakref.ref[Tensor] | None = None

    def __repr__(self) -> str:
        return f"Node({self.op.name if self.op else 'leaf'}, serial={self.serial})"


class Op:
    """A NumPy function with its rules of differentiation; called on plain arrays it *is* the function.

    Attributes
    ----------
    function : callable
        Computes the value: ``function(*arrays, **params)``.
    vjps : tuple of (callable or None), or callable
        One rule per argument, ``rule(g, y, *args, **params)``: the cotangent g of the result y, carried to that
        argument. None, or no rule at all: nothing flows. A single callable returns all arguments' cotangents.
    jvps : the same for tangents, ``rule(t, y, *args, **params)``; a single callable takes the list of all tangents.
    kind : str
        The declarer's name: elementwise, linear, bilinear, primitive, flat.
    """

    __slots__ = ("arity", "bind", "flat", "function", "jvps", "kind", "name", "simple", "single", "sort", "understood", "vjps")

    def __init__(self, function, vjps, jvps, kind="primitive", name=None, arity=None, bind=None, signature=None):
        self.function, self.vjps, self.jvps, self.kind = function, vjps, jvps, kind
        self.name = name or function.__name__
        self.arity = len(vjps) if arity is None and isinstance(vjps, tuple) else arity
        self.bind = bind or _binder(signature or function, self.arity)  # sorts a call of the NumPy function
        self.sort = _sorted_already if bind else self.bind  # sorts a call of the Op: arrays first, parameters by name
        self.flat = kind == "flat"
        # one array out of one or two, always: may be recorded by the unrolled functions below
        self.single = kind not in ("flat", "composite") and self.arity == 1 and not bind
        self.simple = kind not in ("flat", "composite") and self.arity in (1, 2) and getattr(function, "nout", 1) == 1
        self.understood: set[str] | None = None

    def __call__(self, *args: Any, **params: Any) -> Any:
        for x in args:
            if type(x) is not np.ndarray and isinstance(x, Surface):
                return x.__array_function__(self, (type(x),), args, params)
        return self.function(*args, **params)

    def refuse_unknown(self, params: dict[str, Any]) -> None:
        """Raise NoRuleError for a parameter that the rules do not speak of: its derivative would be wrong."""
        if self.understood is None:
            self.understood = _parameters(self.vjps)
        if not (self.understood.issuperset(params) or "**" in self.understood):
            names = ", ".join(params.keys() - self.understood)
            raise NoRuleError(
                f"{self.name} has no rule for its parameter {names}. Say it with other functions (np.where for where=, "
                f".astype for dtype=), or call {self.name} on x.detach() to hold its result constant"
            )

    def __repr__(self) -> str:
        return f"Op({self.name}, {self.kind})"


def _parameters(vjps: Any) -> set[str]:
    """The names that a rule's signature accepts; "**" stands for any."""
    rules = vjps if isinstance(vjps, tuple) else [vjps if callable(vjps) else vjps.rule]
    found = [p for rule in rules if rule for p in inspect.signature(rule).parameters.values()]
    return {"**" if p.kind is p.VAR_KEYWORD else p.name for p in found} or {"**"}


def _binder(function: Callable[..., Any], arity: int) -> Callable[..., tuple[tuple, dict]]:
    """The function that sorts a call of `function` into its arrays and its parameters."""
    names: list[str] = []

    def bind(*args, **kwargs):
        if len(args) == arity:
            return args, kwargs
        if not names:
            names.extend(inspect.signature(function).parameters)
        given = {**dict(zip(names, args, strict=False)), **kwargs}
        arrays = tuple(given.pop(name, None) for name in names[:arity])
        return arrays, {name: value for name, value in given.items() if value is not np._NoValue}

    return bind


def _sorted_already(*args: Any, **params: Any) -> tuple[tuple, dict]:
    return args, params


def record(op: Op, args: Iterable[Any], params: dict[str, Any]) -> Any:
    """Compute ``op(*args, **params)``; if an argument is traced, write the line down.

    Returns
    -------
    Tensor, or tuple or list of Tensors
        With a node if an argument had one and recording is on. What a flat operation returns that is no float
        (a mask, an index, a shape) comes back as it is.
    """
    values, parents, traced = [], [], False
    for x in args:
        if type(x) is Tensor:
            node = x.node
            values.append(x.data)
            parents.append(node)
            if node is not None:
                traced = True
        else:
            values.append(np.asarray(x) if type(x) in _SEQUENCES else x)
            parents.append(None)
    try:
        value = op.function(*values, **params) if params else op.function(*values)
    except ValueError as error:
        raise _explained(error, op, values) from None
    if op.flat and not _is_inexact(value):
        return value
    node = Node(op, tuple(values), params, tuple(parents), value) if traced and _is_recording() else None
    return handles(value, node) if isinstance(value, _SEQUENCES) else _handle(value, node)


# The commonest calls once more, unrolled, which makes them a third faster: all do what `record` does.


def _record_one(op: Op, x: Tensor, params: dict[str, Any]) -> Any:
    """One argument, and parameters."""
    try:
        value = op.function(x.data, **params) if params else op.function(x.data)
    except ValueError as error:
        raise _explained(error, op, [x.data]) from None
    if op.flat and not _is_inexact(value):
        return value
    parent = x.node
    node = Node(op, (x.data,), params, (parent,), value) if parent is not None and _is_recording() else None
    return handles(value, node) if isinstance(value, _SEQUENCES) else _handle(value, node)


def _record_ufunc(op: Op, x: Tensor) -> Tensor:
    """One argument, no parameters, and one result that is an array."""
    a, parent = x.data, x.node
    value = op.function(a)
    tensor = _new(Tensor)
    tensor.data = value
    tensor.grad = tensor.name = tensor.node = None
    if parent is not None and _is_recording():
        tensor.node = node = _new(Node)
        node.op = op
        node.value = value
        node.serial = _serial()
        node.watcher = None
        node.args = (a,)
        node.params = _NONE
        node.parents = (parent,)
    return tensor


def _record_pair(op: Op, x: Any, y: Any) -> Tensor:
    """Two arguments, no parameters, and one result that is an array."""
    if type(x) is Tensor:
        a, p = x.data, x.node
    else:
        a, p = np.asarray(x) if type(x) in _SEQUENCES else x, None
    if type(y) is Tensor:
        b, q = y.data, y.node
    else:
        b, q = np.asarray(y) if type(y) in _SEQUENCES else y, None
    try:
        value = op.function(a, b)
    except ValueError as error:
        raise _explained(error, op, [a, b]) from None
    tensor = _new(Tensor)
    tensor.data = value
    tensor.grad = tensor.name = tensor.node = None
    if (p or q) is not None and _is_recording():
        tensor.node = node = _new(Node)
        node.op = op
        node.value = value
        node.serial = _serial()
        node.watcher = None
        node.args = (a, b)
        node.params = _NONE
        node.parents = (p, q)
    return tensor


def handles(value: Any, node: Node | None) -> Any:
    """The Tensor for a line of the record; one for each output if it has several."""
    if not isinstance(value, _SEQUENCES):
        return _handle(value, node)
    outputs = [_handle(v, node and Node(SELECT, (value,), {"index": i}, (node,), v)) for i, v in enumerate(value)]
    return type(value)(*outputs) if hasattr(value, "_fields") else type(value)(outputs)


def _handle(value: Any, node: Node | None) -> Tensor:
    tensor = _new(Tensor)
    tensor.data = value
    tensor.node = node
    tensor.grad = tensor.name = None
    return tensor

# Two operations of structure, with no mathematics in them: both are the identity as far as derivatives go.
SELECT = Op(lambda values, index: values[index], None, None, "structure", "select", arity=1)
"""One output of several; the walks know it, since only they hold the cotangents of all outputs."""
ALIAS = Op(lambda x: x, (lambda g, y, x: g,), (lambda t, y, x: t,), "structure", "alias")
"""A new name for an old value: what an inner transform differentiates while an outer one looks through it."""


def source(x: Any) -> Tensor:
    """A fresh traced Tensor to differentiate with respect to; if x is traced itself, an alias of it."""
    if type(x) is Tensor and x.node is not None:
        return _handle(x.data, Node(ALIAS, (x.data,), {}, (x.node,), x.data))
    value = x.data if type(x) is Tensor else x
    return _handle(value, Node(None, (), {}, (), value))


def history(roots: Sequence[Node], sources: Sequence[Node] = ()) -> tuple[list[Node], set[Node], bool]:
    """The lines that the roots were computed from, newest first, as far back as the oldest source.

    Parameters
    ----------
    roots : nodes
        Where the walk begins.
    sources : nodes
        What is differentiated with respect to; none means every leaf.

    Returns
    -------
    lines : list of Node
        In decreasing order of `serial`: every line stands before the lines that it was computed from.
        Sources and leaves, which no operation made, are left out.
    wanted : set of Node
        The lines, and the sources, that depend on a source.
    strangers : bool
        True if the roots also depend on traced values that are not sources: someone outside differentiates too.
    """
    if not sources:
        found, seen, _ = _ancestors(roots, -1, ())
        return _newest_first(found), seen, False
    targets = set(sources)
    found, seen, strangers = _ancestors(roots, min(node.serial for node in targets), targets)
    lines = _newest_first(found)
    strangers = strangers or len(lines) < len(found) or any(any(node.parents) for node in targets)
    if not strangers:
        return lines, seen, False
    wanted = set(targets)
    for node in reversed(lines):
        if not wanted.isdisjoint(node.parents):
            wanted.add(node)
    return [node for node in lines if node in wanted], wanted, True


def _ancestors(roots: Sequence[Node], oldest: int, targets: Iterable[Node]) -> tuple[list[Node], set[Node], bool]:
    """The lines that lead to the roots, up to the targets; and whether any is older than the serial `oldest`.

    The list is in the order in which they were found, newest first as a rule, which sorts in linear time.
    """
    seen: set[Any] = {None, *targets}
    found, strangers = [], False
    for node in roots:
        strangers = strangers or node.serial < oldest
        if node.serial >= oldest and node not in seen:
            found.append(node)
            seen.add(node)
    stack = found.copy()
    while stack:
        for parent in stack.pop().parents:
            if parent not in seen:
                if parent.serial < oldest:
                    strangers = True
                else:
                    seen.add(parent)
                    stack.append(parent)
                    found.append(parent)
    seen.discard(None)
    return found, seen, strangers


def _newest_first(nodes: list[Node]) -> list[Node]:
    """The lines that an operation made, in decreasing order of serial."""
    return sorted([node for node in nodes if node.op is not None], key=attrgetter("serial"), reverse=True)


def boundary(roots: Iterable[Node], since: int) -> list[Node]:
    """The lines older than the serial `since` that lines newer than it were computed from, oldest first."""
    seen = set(roots)
    stack = list(seen)
    while stack:
        node = stack.pop()
        if node.serial >= since:
            fresh = {parent for parent in node.parents if parent is not None} - seen
            seen |= fresh
            stack.extend(fresh)
    return sorted((node for node in seen if node.serial < since), key=attrgetter("serial"))


@contextmanager
def no_grad() -> Iterator[None]:
    """Compute without recording: no result inside the block has a gradient.

    Holds for the current thread (or asynchronous task) only, and may be nested.

    >>> import tinygrad_edu as tg
    >>> x = tg.Tensor(3.0, requires_grad=True)
    >>> with tg.no_grad():
    ...     y = x * x
    >>> y.requires_grad
    False
    """
    token = _recording.set(False)
    try:
        yield
    finally:
        _recording.reset(token)


@contextmanager
def recording(on: bool = True) -> Iterator[None]:
    """Record inside the block, whatever holds outside: a transform's own function is always recorded."""
    token = _recording.set(on)
    try:
        yield
    finally:
        _recording.reset(token)


def is_recording() -> bool:
    """True unless inside `no_grad`."""
    return _recording.get()


def _operator(ufunc: np.ufunc) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """x ∘ y and its reflection, without the packing of `__array_ufunc__`: a fifth faster."""

    def method(self, other):
        return _record_pair(RULES[ufunc], self, other)

    def reflected(self, other):
        return _record_pair(RULES[ufunc], other, self)

    return method, reflected


def _comparison(ufunc: np.ufunc) -> Callable[..., Any]:
    """x < y and its like: an array of truth values, which leaves no line in the record."""

    def method(self, other):
        return RULES[ufunc].function(self.data, other.data if type(other) is Tensor else other)

    return method


@final
class Tensor(Surface):
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
        self.data = _as_array(data, dtype, promote=requires_grad)
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
            if not _is_inexact(self.data):
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
    __eq__,      __ne__       = _comparison(np.equal),   _comparison(np.not_equal)   # type: ignore[assignment]
    __lt__,      __le__       = _comparison(np.less),    _comparison(np.less_equal)
    __gt__,      __ge__       = _comparison(np.greater), _comparison(np.greater_equal)
    __hash__                  = object.__hash__
    # fmt: on

    def reshape(self, *shape: Any, order: str = "C") -> Any:
        """The same as `numpy.reshape`; the shape as one tuple or as several numbers."""
        params = {"shape": shape[0] if len(shape) == 1 else shape}
        return _record_one(RULES[np.reshape], self, params if order == "C" else {**params, "order": order})

    # --- NumPy's two protocols ------------------------------------------------------------------------------------

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        op = RULES.get(ufunc)
        if op is not None and op.simple and method == "__call__" and not kwargs:
            return _record_ufunc(op, inputs[0]) if len(inputs) == 1 else _record_pair(op, *inputs)
        inputs, kwargs = _unusual_call(op, ufunc, method, inputs, kwargs)
        return op.function(*inputs, **kwargs) if op.kind == "composite" else record(op, inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        op = function if type(function) is Op else RULES.get(function)
        if op is None:
            raise NoRuleError(_no_rule(function))
        if op.single and len(args) == 1 and not kwargs:
            return _record_one(op, args[0], kwargs)
        if op.kind == "composite":
            return op.function(*args, **kwargs)
        args, params = (op.sort if function is op else op.bind)(*args, **kwargs)
        params = _plain(op, params) if params else params
        return _record_one(op, args[0], params) if len(args) == 1 and type(args[0]) is Tensor else record(op, args, params)

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        if self.node is not None:
            raise TracedError(
                "np.asarray on a Tensor that is being differentiated would lose its gradient. Use NumPy's functions on "
                "the Tensor itself, or x.detach() for its values without a gradient"
            )
        return np.array(self.data, dtype=dtype, copy=copy)

    def numpy(self) -> np.ndarray:
        """The values as an ndarray; for a Tensor without a gradient (see `detach`)."""
        return np.asarray(self)

    # --- assignment: a new value under the old name ---------------------------------------------------------------

    def __getitem__(self, index: Any) -> Any:
        op = RULES[getitem]
        return _record_one(op, self, {"index": index if type(index) in _PLAIN_TYPES else _constant(op, "index", index)})

    def __setitem__(self, index: Any, value: Any) -> None:
        self._rebind(lambda x: RULES[setitem](x, value, index=index))

    def _rebind(self, compute: Callable[[Tensor], Tensor]) -> Tensor:
        leaf = self.node is not None and self.node.op is None
        if leaf and _recording.get():
            raise InPlaceError(
                "assignment into a leaf that requires a gradient would make its gradient wrong. Assign under "
                "tg.no_grad(), or into a copy: x = x.copy(); x[index] = value"
            )
        result = compute(self)
        self.data = result.data
        if not leaf:
            self.node = result.node
        return self

    # fmt: off
    def __iadd__(self, other: Any) -> Tensor:      return self._rebind(lambda x: x + other)
    def __isub__(self, other: Any) -> Tensor:      return self._rebind(lambda x: x - other)
    def __imul__(self, other: Any) -> Tensor:      return self._rebind(lambda x: x * other)
    def __itruediv__(self, other: Any) -> Tensor:  return self._rebind(lambda x: x / other)
    def __ipow__(self, other: Any) -> Tensor:      return self._rebind(lambda x: x ** other)   # type: ignore[misc]

    # --- numbers out of it ------------------------------------------------------------------------------------------

    def __bool__(self) -> bool:               return bool(self.data)
    def __int__(self) -> int:                 return int(self.data)
    def __float__(self) -> float:             return float(self.data)
    def __complex__(self) -> complex:         return complex(self.data)
    def __index__(self) -> int:               return self.data.__index__()
    def __contains__(self, x: Any) -> bool:   return x in np.asarray(self.data)
    def item(self, *index: Any) -> Any:       return self.data.item(*index)
    def tolist(self) -> Any:                  return self.data.tolist()
    # fmt: on

    def __format__(self, spec: str) -> str:
        return format(self.data.item() if self.shape == () else self.data, spec) if spec else str(self)

    def __repr__(self) -> str:
        notes = [] if self.dtype == np.float64 else [f"dtype={self.dtype}"]
        notes += [f"name={self.name!r}"] if self.name else []
        if self.node is not None:
            notes += ["requires_grad=True"] if self.node.op is None else [f"op={self.node.op.name}"]
        values = np.array2string(np.asarray(self.data), separator=", ", prefix="Tensor(")
        return f"Tensor({', '.join([values, *notes])})"

    def __reduce__(self) -> tuple:
        if not self.is_leaf:
            raise GradientError("only leaves can be copied deeply or pickled; use .detach() to keep the values alone")
        return Tensor, (self.data, self.requires_grad, None, self.name)


# --- the rare paths, each ending in a result or in an error with its cure --------------------------------------------


def _as_array(data: Any, dtype: Any, promote: bool) -> Any:
    """An array of any type; Python's integers, alone or in lists, become floats if they are to be differentiated."""
    if type(data) is Tensor:
        data = data.data
    if dtype is not None:
        return data.astype(dtype) if hasattr(data, "__array_function__") else np.asarray(data, dtype=dtype)
    if hasattr(data, "__array_function__"):
        return data
    array = np.asarray(data)
    is_python = isinstance(data, int | list | tuple) and not isinstance(data, bool | np.generic)
    return array.astype(np.float64) if promote and is_python and array.dtype.kind in "iu" else array


def _is_inexact(value: Any) -> bool:
    return getattr(getattr(value, "dtype", None), "kind", "") in ("f", "c")


def _unusual_call(op, ufunc, method, inputs, kwargs):
    """Sort a ufunc call that is not plain: `out=`, `where=`, `np.add.reduce`, or no rule at all."""
    if any(out is not None for out in kwargs.get("out", ())):
        raise InPlaceError(
            f"{ufunc.__name__}: out= (or an operator such as a += t on a plain array) would write a Tensor's values "
            "into an array and lose its gradient. Write a = a + t, or leave out= away"
        )
    if op is None:
        raise NoRuleError(_no_rule(ufunc))
    if method != "__call__":
        raise NoRuleError(
            f"{ufunc.__name__}.{method} has no rule yet. Use the function that does the same, "
            "for example np.sum for np.add.reduce, or np.cumsum for np.add.accumulate"
        )
    params = {name: value for name, value in kwargs.items() if name != "out"}
    if params and op.kind != "composite":
        raise NoRuleError(f"{ufunc.__name__} has no rule for {', '.join(params)}=. Use np.where or .astype on the result")
    return inputs, params


def _plain(op: Op, params: dict[str, Any]) -> dict[str, Any]:
    """The parameters with constants in place of Tensors; a traced one would lose its gradient, so it is refused."""
    if "out" in params and params.pop("out") is not None:
        raise InPlaceError(f"{op.name}: out= would lose the gradient: the result is a new Tensor. Leave it away")
    op.refuse_unknown(params)
    for name, value in params.items():
        if type(value) not in _PLAIN_TYPES:
            params[name] = _constant(op, name, value)
    return params


_PLAIN_TYPES = {int, bool, float, type(None), str, slice, np.ndarray, type(...)}


def _constant(op: Op, name: str, value: Any) -> Any:
    if type(value) is Tensor:
        if value.node is not None and _is_inexact(value.data):
            raise NoRuleError(f"{op.name} has no rule for its parameter {name}. Pass {name}.detach() to hold it constant")
        return value.data
    if type(value) in _SEQUENCES:
        for v in value:
            if type(v) not in _PLAIN_TYPES:
                return type(value)([_constant(op, name, v) for v in value])
    return value


def _no_rule(function: Any) -> str:
    name = getattr(function, "__name__", str(function))
    return (
        f"{name} has no rule in the table, so its derivative is unknown. Add one in a row (see tinygrad_edu.extend), "
        f"or call it on x.detach() to hold its result constant"
    )


def _explained(error: ValueError, op: Op, values: list[Any]) -> ValueError:
    """NumPy's error about shapes in our words; other errors as they are."""
    if type(error) is not ValueError:
        return error
    shapes = [np.shape(x) for x in values]
    if op.name == "matmul" and len(shapes[0]) == 2 and len(shapes[1]) in (1, 2) and shapes[0][1] != shapes[1][0]:
        hint = "; did you mean x @ y.T?" if shapes[1][-1] == shapes[0][1] and len(shapes[1]) == 2 else ""
        return ShapeError(
            f"matmul: inner sizes differ: x is {shapes[0]}, y is {shapes[1]}. "
            f"Expected y with {shapes[0][1]} rows{hint}"
        )
    given = ", ".join(f"argument {i} is {shape}" for i, shape in enumerate(shapes))
    return ShapeError(f"{op.name}: {error}. Given: {given}")

