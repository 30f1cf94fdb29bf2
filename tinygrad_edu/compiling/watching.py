"""What a program depends on beside its arguments: whether it is still so, and what the function did to it.

A program is right as long as everything that its function read while it was traced is as it was. Each such thing is a
`Slot`: a holder, a key, and what was there. All holders are read as ``holder[key]``, and those that are no list or dict
get one of the small classes below, so that a call asks one question as often as there are slots: is it the same?

`Kept` remembers what a holder had inside before the trace, to find what the function itself has changed, and to put it
back: a function that is refused has not run.
"""

from __future__ import annotations

import operator
from collections import deque
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from fractions import Fraction
from functools import cached_property
from types import CellType, CodeType, MethodType
from typing import Any

import numpy as np

from ..errors import TraceError
from ..tensor import Tensor
from .contents import CHANGED, Contents

PLAIN = (int, float, complex, str, bytes, bool, type(None), range, Fraction, type(...))
_PLAIN_KINDS = set(PLAIN)
_LOST = (KeyError, IndexError, ValueError, AttributeError)


def is_plain(x: Any) -> bool:
    """True for numbers and words, which are constants of a program."""
    return type(x) in PLAIN or isinstance(x, np.generic | np.dtype)


def all_plain(items: Iterable[Any]) -> bool:
    """True if nothing among them has anything inside."""
    return set(map(type, items)) <= _PLAIN_KINDS


def same(now: Any, then: Any) -> bool:
    """True for one object, or two plain ones that no program can tell apart: 0.0 is not -0.0, and NaN is NaN."""
    if now is then:
        return True
    kind = type(then)
    if type(now) is not kind:
        return False
    if kind in (int, str, bytes, bool):
        return bool(now == then)
    if isinstance(then, np.generic):
        return bool(now.dtype == then.dtype and now.tobytes() == then.tobytes())
    if kind in PLAIN:
        return repr(now) == repr(then)
    if kind is slice:
        return same((now.start, now.stop, now.step), (then.start, then.stop, then.step))
    if kind is tuple:
        return len(now) == len(then) and all(map(same, now, then))
    return kind is MethodType and now.__self__ is then.__self__ and now.__func__ is then.__func__


# --- places to look at ------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Slot:
    """Where something is kept: ``holder[key]``, and what was there."""

    holder: Any
    key: Any
    content: Any

    @cached_property
    def kind(self) -> Any:
        """What was there: its type, and of an array, or that of a Tensor, the type, shape and dtype."""
        x = self.content.data if type(self.content) is Tensor else self.content
        return type(self.content), type(x), getattr(x, "shape", None), getattr(x, "dtype", None)

    @property
    def light(self) -> Slot:
        """The same place, of which only the kind of what was there is kept: it may be large."""
        found = Slot(self.holder, self.key, None)
        found.__dict__["kind"] = self.kind
        return found

    @property
    def unchanged(self) -> bool:
        """True if the same is there."""
        try:
            return same(self.holder[self.key], self.content)
        except _LOST:
            return False


def unchanged(slots: Iterable[Slot]) -> bool:
    """True if the same is in all of them."""
    try:
        for slot in slots:
            now = slot.holder[slot.key]
            if now is not slot.content and not same(now, slot.content):
                return False
    except _LOST:
        return False
    return True


class Cells(dict[str, Any]):
    """The variables of a closure, as a dict that reads the cells."""

    def __init__(self, names: tuple[str, ...], cells: tuple[CellType, ...]) -> None:
        super().__init__(zip(names, cells, strict=True))

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name).cell_contents


@dataclass(frozen=True)
class _View:
    """Something that is no list or dict, seen as one."""

    x: Any


class Attributes(_View):
    """The attributes of an object that are not in its ``__dict__``, as those of ``__slots__``."""

    def __getitem__(self, name: str) -> Any:
        return object.__getattribute__(self.x, name)


class Absence(_View):
    """Whether a name is among those of a dict, as True or False."""

    def __getitem__(self, name: str) -> bool:
        return name in self.x


class Filling(_View):
    """Whether a cell has a value."""

    def __getitem__(self, name: str) -> bool:
        return is_filled(self.x)


class Length(_View):
    """How many things a container holds: a loop over them was as long as that."""

    def __getitem__(self, key: Any) -> int:
        return len(self.x)


class Order(_View):
    """The keys of a dict or the elements of a set, in their order; ``holder[then]`` is `then` while it is so."""

    def __getitem__(self, then: tuple[Any, ...]) -> Any:
        now = tuple(self.x)
        alike = len(now) == len(then) and (all(map(operator.is_, now, then)) or all(map(same, now, then)))
        return then if alike else CHANGED


class Body(_View):
    """The code of a function and its defaults; ``holder[then]`` is `then` while they are the same objects."""

    def __getitem__(self, then: tuple[Any, ...]) -> Any:
        x = self.x
        alike = x.__code__ is then[0] and x.__defaults__ is then[1] and x.__kwdefaults__ is then[2]
        return then if alike else CHANGED


class Twins(_View):
    """Two places that held one array: whether they still do."""

    def __getitem__(self, other: Slot) -> bool:
        return self.x.holder[self.x.key] is other.holder[other.key]


# --- what was there before the trace ----------------------------------------------------------------------------------


@dataclass
class Kept:
    """What a holder has inside: it is compared with what is there later, and put back.

    Attributes
    ----------
    x : object
        A dict, list, deque, set, cell or class; or any object, of which `names` are the attributes that are kept.
    label : str
        What the user calls it.
    names : sequence of str, optional
        Only these keys of a dict, or attributes of an object.
    ignored : set
        Keys that may come and go: what `functools.cached_property` writes.
    """

    x: Any
    label: str
    names: Any = None
    ignored: Any = ()
    then: dict[Any, Any] = field(init=False)

    def __post_init__(self) -> None:
        self.then = self._now()

    def _now(self) -> dict[Any, Any]:
        x, names = self.x, self.names
        if isinstance(x, CellType):
            return {"": x.cell_contents} if is_filled(x) else {}
        if isinstance(x, type):
            return dict(x.__dict__)
        if isinstance(x, dict):
            return dict(dict.items(x)) if names is None else {name: x[name] for name in names if name in x}
        if isinstance(x, list | deque | set):
            return dict(enumerate(x))
        absent = object()
        found = {name: getattr(x, name, absent) for name in names}
        return {name: value for name, value in found.items() if value is not absent}

    def changes(self) -> list[Any]:
        """The keys under which something else is now."""
        now, then = self._now(), self.then
        if not isinstance(self.x, dict | type) or self.names is not None:  # else keys are not to be hashed twice
            keys = dict.fromkeys([*then, *now])
        else:
            keys = {**then, **now}
        return [
            key
            for key in keys
            if key not in self.ignored and not (key in now and key in then and same(now[key], then[key]))
        ]

    def restore(self) -> None:
        """Make it as it was."""
        x, then, now = self.x, self.then, self._now()
        if len(now) == len(then) and all(key in now and now[key] is value for key, value in then.items()):
            return
        if isinstance(x, list):
            list.__setitem__(x, slice(None), then.values())
        elif isinstance(x, deque | set):
            x.clear()
            (x.update if isinstance(x, set) else x.extend)(then.values())
        else:
            put, drop = _writers(x)
            for key in now.keys() - then.keys():
                drop(key)
            for key, value in then.items():
                if key not in now or now[key] is not value:
                    put(key, value)


def _writers(x: Any) -> tuple[Callable[[Any, Any], None], Callable[[Any], None]]:
    if isinstance(x, dict):
        return lambda key, value: dict.__setitem__(x, key, value), lambda key: dict.__delitem__(x, key)
    if isinstance(x, CellType):
        return lambda _, value: setattr(x, "cell_contents", value), lambda _: delattr(x, "cell_contents")
    if isinstance(x, type):
        return lambda key, value: type.__setattr__(x, key, value), lambda key: type.__delattr__(x, key)
    return lambda key, value: object.__setattr__(x, key, value), lambda key: object.__delattr__(x, key)


def state_of(x: Any) -> Any:
    """How far a source of random numbers has come."""
    if isinstance(x, np.random.Generator):
        return x.bit_generator.state
    return x.get_state() if isinstance(x, np.random.RandomState) else x.getstate()


def set_back(x: Any, state: Any) -> None:
    """Let a source of random numbers begin again where it was."""
    if isinstance(x, np.random.Generator):
        x.bit_generator.state = state
    elif isinstance(x, np.random.RandomState):
        x.set_state(state)
    else:
        x.setstate(state)


def is_filled(cell: CellType) -> bool:
    """True if the variable has a value."""
    try:
        cell.cell_contents  # noqa: B018 - asks
    except ValueError:
        return False
    return True


# --- all that was found -----------------------------------------------------------------------------------------------


@dataclass
class Findings:
    """What a walk has found, and how each thing is treated; see `captures.py`."""

    stand_in: Callable[[Any, str], Any]
    constant: tuple[Any, ...] = ()
    arrays: list[Slot] = field(default_factory=list)
    guards: list[Slot] = field(default_factory=list)
    words: set[str] = field(default_factory=set)
    _fixed: bool = False
    _surveying: bool = False
    _seen: dict[Any, Any] = field(default_factory=dict)
    _places: dict[Any, Any] = field(default_factory=dict)
    _path: str = "self"
    _keep: list[Any] = field(default_factory=list)
    _kept: list[Kept] = field(default_factory=list)
    _contents: list[tuple[str, Contents]] = field(default_factory=list)
    _states: list[tuple[str, Any, Any]] = field(default_factory=list)
    _codes: dict[CodeType, None] = field(default_factory=dict)
    _globals: dict[int, tuple[dict[str, Any], set[str]]] = field(default_factory=dict)

    def _guard(self, slot: Slot) -> None:
        """Watch a place, once; what is in a tuple is watched with the tuple."""
        asked = not self._surveying and type(slot.holder) is not tuple
        if asked and self._places.setdefault(place(slot), slot) is slot:
            self.guards.append(slot)

    def _keeps(self, x: Any, label: str, names: Any = None, ignored: Any = ()) -> None:
        if not self._surveying:
            self._kept.append(Kept(x, label, names, ignored))

    def _array(self, x: Any, slot: Slot | None, path: str) -> Any:
        plain = type(x) in (np.ndarray, np.memmap, Tensor) or isinstance(x, np.random.Generator)
        if self._fixed or slot is None or not plain:
            return self._watched(x, slot, path)
        if isinstance(x, Tensor) and x.node is not None:
            raise TraceError(
                f"compile: {path} is a Tensor that requires a gradient, which a program would not pass on. "
                "Give it to the function as an argument, and differentiate with tg.value_and_grad, or detach() it; of "
                "tg.optim.Adam, which keeps a state, compile tg.optim.adam, whose update returns it"
            )
        key = id(x), "array"
        if key not in self._seen:
            self._seen[key] = self.stand_in(x, slot.key if isinstance(slot.key, str) else "captured"), slot
            self._keep.append(x)
            self._places["input", place(slot)] = slot
            self.arrays.append(slot)
            slot.kind  # noqa: B018 - as it is now: shapes may be changed in place
        twin, first = self._seen[key]
        if self._places.setdefault(("input", place(slot)), slot) is slot and slot is not first:
            self.guards.append(Slot(Twins(first.light), slot.light, True))
        return twin

    def _watched(self, x: Any, slot: Slot | None, path: str) -> Any:
        """x itself, whose elements are compared at every call."""
        if self._surveying:
            return x
        if slot is not None:
            self._guard(slot)
        if (id(x), "watched") in self._seen:
            return x
        self._seen[id(x), "watched"] = x
        self._keep.append(x)
        if isinstance(x, np.random.Generator):
            self._states.append((path, x, state_of(x)))
            return x
        if isinstance(x, Tensor):
            self._guard(Slot(Attributes(x), "data", x.data))
        data = x.data if isinstance(x, Tensor) else x
        if isinstance(data, np.ndarray):
            contents = Contents(data)
            self.guards.append(Slot(contents, 0, data))
            self._contents.append((path, contents))
        return x


def place(slot: Slot) -> Any:
    """What tells whether two slots are one place."""
    holder = slot.holder
    if isinstance(holder, Cells):
        return id(dict.__getitem__(holder, slot.key)), ""
    if isinstance(holder, Order | Body | Length):
        return id(holder.x), type(holder)
    return id(holder.x if isinstance(holder, _View | Contents) else holder), type(holder), slot.key
