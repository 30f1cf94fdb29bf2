"""The record: what was computed, and from what.

`y = np.sin(x) * 2` on a Tensor computes with NumPy and writes two lines down, `sin` and `multiply`: a `Node` each,
holding the operation, its arguments and its value as plain data. Creation order is a topological order, so the
record is read by walking the nodes by their `serial`, in either direction, without recursion.

The engine knows no mathematics. It owns the empty table `RULES` and looks operations up when they are called; the
files in `rules/` fill it. How the record is read is written in `modes/`; those readings enter `READINGS` the same way.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from itertools import count
from operator import attrgetter
from typing import Any

import numpy as np

from .calls import binder, places_read, sorted_already, understood_by
from .errors import NoRuleError
from .surface import Surface

RULES: dict[Callable[..., Any], Op] = {}
"""The table of operations, keyed by the NumPy function; `rules/` and `tinygrad_edu.extend` fill it."""

LATER: list[Callable[[], bool]] = []
"""Loaders of pages of the table that wait for an optional package; each returns True once it has loaded."""

READINGS: dict[str, Callable[..., Any]] = {}
"""The readings that a Tensor offers as methods; `modes/` fills it."""

_IN_TRANSFORM = "in a transform"
_recording: ContextVar[bool | str] = ContextVar("recording", default=True)
is_recording = _recording.get
"""True (or a true word) unless inside `no_grad`."""
_witness: ContextVar[Any] = ContextVar("witness", default=None)
watching = _witness.get
"""Who is shown every new line and every pass of this thread, for debugging (`modes/anomaly.py`); None: nobody."""
next_serial = count().__next__
"""The next number of a line; safe between threads."""


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
        The result. Of a large array that no rule reads only a `Shadow` is kept, here and in `args`.
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
        self.serial = next_serial()
        self.watcher: weakref.ref[Any] | None = None

    def __repr__(self) -> str:
        return f"Node({self.op.name if self.op else 'leaf'}, serial={self.serial})"


class Shadow:
    """What the record keeps of a large array that no rule will read: its shape and dtype."""

    __slots__ = ("dtype", "shape")

    def __init__(self, shape: tuple[int, ...], dtype: Any) -> None:
        self.shape, self.dtype = shape, dtype

    @property
    def ndim(self) -> int:
        """The number of axes."""
        return len(self.shape)

    @property
    def size(self) -> int:
        """The number of elements."""
        return math.prod(self.shape)


LARGE = 8192
"""Arrays of more elements are forgotten by the record unless a rule reads them."""


def forget(node: Node) -> None:
    """Keep of a line's large arrays what its rules will read, and of the others the shadow.

    A function written by hand frees such arrays as it goes, and its next ones are made in the same memory; a record
    that held them would double the time of a full-batch gradient, most of it spent in fetching fresh memory.
    """
    assert node.op is not None
    if (witness := watching()) is not None:
        witness.line(node)
    needed = node.op.places_read(node.parents)
    if needed is not None:
        node.args = tuple([x if i in needed else _shadow(x) for i, x in enumerate(node.args)])
        node.value = node.value if -1 in needed else _shadow(node.value)


def _shadow(x: Any) -> Any:
    return Shadow(x.shape, x.dtype) if type(x) is np.ndarray and x.size > LARGE else x


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

    __slots__ = (
        "arity",
        "asks",
        "bind",
        "direct",
        "flat",
        "function",
        "jvps",
        "kind",
        "moves",
        "name",
        "plain",
        "reads",
        "simple",
        "single",
        "sort",
        "understood",
        "vjps",
    )

    def __init__(self, function, vjps, jvps, kind="primitive", name=None, arity=None, bind=None, signature=None):
        self.function, self.vjps, self.jvps, self.kind = function, vjps, jvps, kind
        self.name = (name or function.__name__).strip("_")
        self.arity = len(vjps) if arity is None and isinstance(vjps, tuple) else arity
        self.bind = bind or binder(signature or function, self.arity)  # sorts a call of the NumPy function
        self.sort = sorted_already if bind else self.bind  # sorts a call of the Op: arrays first, parameters by name
        self.flat = kind == "flat"
        self.moves = kind in ("linear", "structure")  # cotangents are moved and added, never multiplied with values
        self.asks = False  # how its cotangents would change if its results moved
        self.plain = isinstance(vjps, tuple)  # one rule per argument and one result: nothing for the walk to prepare
        # called with its arrays and nothing else: there is nothing to sort
        self.direct = kind not in ("flat", "composite") and not bind
        # one array out of one or two, always: may be recorded by the unrolled functions below
        self.single = self.direct and self.arity == 1
        ordinary = kind not in ("flat", "composite", "refused")
        self.simple = ordinary and self.arity in (1, 2) and getattr(function, "nout", 1) == 1
        self.understood: set[str] | None = None
        self.reads: list[set[int] | None] | None = None

    def __call__(self, *args: Any, **params: Any) -> Any:
        for x in args:
            if type(x) is not np.ndarray and isinstance(x, Surface):
                return x.__array_function__(self, (type(x),), args, params)
        return self.function(*args, **params)

    def refuse_unknown(self, params: dict[str, Any]) -> None:
        """Raise NoRuleError for a parameter that the rules do not speak of: its derivative would be wrong."""
        if self.understood is None:
            self.understood = understood_by(self.vjps)
        if not (self.understood.issuperset(params) or "**" in self.understood):
            names = ", ".join(params.keys() - self.understood)
            raise NoRuleError(
                f"{self.name} has no rule for its parameter {names}. Say it with other functions (np.where for where=, "
                f".astype for dtype=), or call {self.name} on x.detach() to hold its result constant"
            )

    def places_read(self, parents: Sequence[Node | None]) -> set[int] | None:
        """Which arrays of a line the rules will read that pull back or push forward to these parents; None: all."""
        if not self.plain or not isinstance(self.jvps, tuple):
            return None
        if self.reads is None:
            self.reads = [places_read(rule) for rule in (*self.vjps, *self.jvps)]
        n = len(self.vjps)
        wanted = [self.reads[k] for i, p in enumerate(parents) if p is not None for k in (i, i + n) if i < n]
        return None if any(places is None for places in wanted) else set().union(*wanted)  # type: ignore[arg-type]

    def __repr__(self) -> str:
        return f"Op({self.name}, {self.kind})"


# Two operations of structure, with no mathematics in them: both are the identity as far as derivatives go.
SELECT = Op(lambda values, index: values[index], None, None, "structure", "select", arity=1)
"""One output of several; the walks know it, since only they hold the cotangents of all outputs."""
ALIAS = Op(lambda x: x, (lambda g, y, x: g,), (lambda t, y, x: t,), "structure", "alias")
"""A new name for an old value: what an inner transform differentiates while an outer one looks through it."""


def rule_for(function: Callable[..., Any]) -> Op | None:
    """The operation of a NumPy function; pages of the table that wait for a package are loaded if it has come."""
    if function not in RULES and LATER:
        LATER[:] = [load for load in LATER if not load()]
    return RULES.get(function)


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
        found = [node for node in dict.fromkeys(roots) if node.op is not None]
        seen: set[Any] = {None, *roots}  # as in _ancestors, without its questions: a pass saves half a microsecond
        stack = found.copy()
        while stack:
            for parent in stack.pop().parents:
                if parent not in seen:
                    seen.add(parent)
                    if parent.op is not None:
                        stack.append(parent)
                        found.append(parent)
        seen.discard(None)
        found.sort(key=_by_serial, reverse=True)
        return found, seen, False
    targets = set(sources)
    found, known, strangers = _ancestors(roots, min(node.serial for node in targets), targets)
    lines = _newest_first(found)
    strangers = strangers or any(any(node.parents) for node in targets)
    if not strangers and len(lines) == len(found):
        return lines, known, False
    # A leaf with a watcher is the user's. One without was the source of a transform that ended while the roots were
    # computed: a constant by now, and no reason to record.
    strangers = strangers or any(node.op is None and node.watcher is not None for node in found)
    wanted = set(targets)
    for node in reversed(lines):
        if not wanted.isdisjoint(node.parents):
            wanted.add(node)
    return [node for node in lines if node in wanted], wanted, strangers


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
    return sorted([node for node in nodes if node.op is not None], key=_by_serial, reverse=True)


_by_serial = attrgetter("serial")


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
    return sorted((node for node in seen if node.serial < since), key=_by_serial)


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
def witnessing(witness: Any) -> Iterator[None]:
    """Show `witness` every line that this thread writes inside the block, and every pass."""
    token = _witness.set(witness)
    try:
        yield
    finally:
        _witness.reset(token)


class recording:
    """Record inside the block, whatever holds outside: a transform's own function is always recorded."""

    def __enter__(self) -> None:
        self.token = _recording.set(_IN_TRANSFORM)

    def __exit__(self, *error: object) -> None:
        _recording.reset(self.token)


def inside_transform() -> bool:
    """True while a transform runs the function that it differentiates."""
    return _recording.get() == _IN_TRANSFORM
