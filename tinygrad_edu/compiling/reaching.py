"""The walk through all that a function can reach, which builds it anew around stand-ins for its arrays.

Whatever is walked gets a twin, if there is an array in it: functions with other cells and globals, lists and dicts with
other elements, objects with other attributes, and classes with other methods. The user's own things are never touched.
Where no twin can be put (in a set, or in a class that is called by its name), the walk goes on as `fixed`: arrays there
are watched, and not exchanged. What is looked at in objects' classes and in modules is what the code has a word for.
"""

from __future__ import annotations

import functools
import os
import random
import sys
from collections import Counter, OrderedDict, defaultdict, deque
from contextlib import suppress
from dataclasses import dataclass
from enum import Enum
from importlib.util import resolve_name
from operator import is_
from types import (
    BuiltinMethodType,
    CellType,
    FunctionType,
    MappingProxyType,
    MemberDescriptorType,
    MethodType,
    MethodWrapperType,
    ModuleType,
    SimpleNamespace,
)
from typing import Any
from weakref import ref

import numpy as np

from ..errors import TraceError
from ..tensor import Tensor
from .contents import MEMO, Memory
from .following import NOTHING, cached, is_called, is_foreign, is_looked_into, is_own, is_users, member, reads_of
from .watching import (
    Absence,
    Attributes,
    Body,
    Cells,
    Filling,
    Findings,
    Length,
    Order,
    Slot,
    all_plain,
    is_filled,
    is_plain,
    state_of,
)

_SHORT = 8
"""Numbers in a list up to which each is watched by itself."""


@dataclass
class Walk(Findings):
    """A walk, and what was found on it; see `captures.py`."""

    def lifted(self, x: Any, slot: Slot | None = None, path: str | None = None, guarded: bool = True) -> Any:
        """x, built anew around stand-ins for the arrays in it; x itself if there are none."""
        if slot is not None and any(slot.content is c or (isinstance(c, str) and c == slot.key) for c in self.constant):
            return x
        if isinstance(x, np.ndarray | Tensor | np.random.Generator):
            return self._array(x, slot, path or self._path)
        if slot is not None and guarded:
            self._guard(slot)
        if is_plain(x):
            return x
        key = id(x), self._fixed
        if key not in self._seen:
            outer, self._path = self._path, path or self._path
            self._keep.append(x)
            self._seen[key] = x
            self._seen[key] = self._rebuilt(x)
            self._path = outer
        return self._seen[key]

    def _rebuilt(self, x: Any) -> Any:
        kind = type(x)
        if kind is FunctionType:
            return self._function(x)
        if getattr(kind, "is_compiled", False):  # within another program a compiled function is what it was made of
            return self.lifted(x.function)
        if kind is MethodType:
            owner, function = self.lifted(x.__self__), self.lifted(x.__func__)
            return x if owner is x.__self__ and function is x.__func__ else MethodType(function, owner)
        if kind in (BuiltinMethodType, MethodWrapperType):
            held = [x.__self__]
            owner = self.lifted(held[0], Slot(held, 0, held[0]))
            return x if owner is held[0] else getattr(owner, x.__name__)
        if kind is functools.partial:
            parts = [x.func, x.args, x.keywords]
            new = [self.lifted(part, Slot(parts, i, part)) for i, part in enumerate(parts)]
            return x if _alike(parts, new) else functools.partial(new[0], *new[1], **new[2])
        if isinstance(x, tuple):
            items = [self.lifted(item, Slot(x, i, item), f"{self._path}[{i}]") for i, item in enumerate(x)]
            if _alike(x, items) or not (kind is tuple or hasattr(kind, "_make")):
                return x
            return kind._make(items) if hasattr(kind, "_make") else tuple(items)
        if isinstance(x, list | deque | set | frozenset | dict | MappingProxyType):
            return self._container(x)
        if isinstance(x, type):
            return self._class(x)
        if kind is ModuleType:
            return self._module(x)
        if kind is ref:
            twin = self.lifted(x())
            return x if twin is x() else lambda: twin
        if kind is MEMO:
            self._contents.append((self._path, Memory(x)))
            self.lifted(x.__wrapped__)
            return x
        if isinstance(x, np.random.RandomState | random.Random):
            self._states.append((self._path, x, state_of(x)))
            return x
        if hasattr(kind, "__next__") and kind.__module__ in ("builtins", "itertools"):
            return self._iterator(x)
        if isinstance(x, staticmethod | classmethod | property | functools.cached_property):
            return member(x, self.lifted)
        return self._object(x)

    def _iterator(self, x: Any) -> Any:
        """Refused, if the code has a word for it: nobody can tell how far it has come, or set it back."""
        if self._surveying or ("." in self._path and self._path.rpartition(".")[2] not in self.words):
            return x
        raise TraceError(
            f"compile: {self._path} is an iterator ({type(x).__name__}), which a program would not advance. "
            "Give the function what next() returns as an argument, or close over a list; or run eagerly, with "
            "fallback=True"
        )

    def _container(self, x: Any) -> Any:
        """A list, dict, deque or set; twins are made of the usual kinds."""
        kind, outer = type(x), self._fixed
        twin: Any = None
        if kind in (list, dict, OrderedDict, Counter):
            twin = kind()
        elif kind is defaultdict:
            twin = defaultdict(self.lifted(x.default_factory))
        elif kind is deque:
            twin = deque(maxlen=x.maxlen)
        self._fixed = outer or twin is None
        try:
            if not outer and twin is not None:
                self._seen[id(x), False] = twin
            if not isinstance(x, frozenset | MappingProxyType):
                self._keeps(x, self._path)
            old = list(x.values()) if isinstance(x, dict | MappingProxyType) else list(x)
            if isinstance(x, dict | MappingProxyType | set | frozenset):
                self._guard(Slot(Order(x), tuple(x), tuple(x)))
            if len(x) > _SHORT and all_plain(old):  # at once
                everything = x.values() if isinstance(x, dict | MappingProxyType) else x
                self._guard(Slot(Order(everything), tuple(old), tuple(old)))
                new = old
            elif isinstance(x, dict | MappingProxyType):
                new = [self.lifted(item, Slot(x, key, item), f"{self._path}[{key!r}]") for key, item in x.items()]
                for key in x:
                    self.lifted(key)
            elif isinstance(x, set | frozenset):
                new = [self.lifted(item) for item in x]
            else:
                self._guard(Slot(Length(x), "its length", len(x)))
                new = [self.lifted(item, Slot(x, i, item), f"{self._path}[{i}]") for i, item in enumerate(x)]
            if twin is None and isinstance(getattr(x, "__dict__", None), dict):
                self._attributes(x)
        finally:
            self._fixed = outer
        if outer or twin is None or _alike(old, new):
            return x
        if isinstance(twin, dict):
            twin.update(zip(x, new, strict=True)) if kind is not Counter else dict.update(
                twin, zip(x, new, strict=True)
            )
        else:
            twin.extend(new)
        self._keeps(twin, self._path)
        return twin

    def _attributes(self, x: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Attributes of an object, in its ``__dict__`` and in slots, as they are and as they are lifted."""
        slots, own = Attributes(x), getattr(x, "__dict__", None)
        places: list[tuple[Any, str]] = [(own, name) for name in own] if isinstance(own, dict) else []
        if places or isinstance(own, dict):
            self._guard(Slot(Length(own), "its attributes", len(places)))
            self._keeps(own, f"{self._path}.", None, cached(type(x)))
        names = [n for c in type(x).__mro__ for n, d in c.__dict__.items() if _is_slot(n, d)]
        if names:
            self._keeps(x, f"{self._path}.", names)
        for name in names:
            try:
                slots[name]
                places.append((slots, name))
            except AttributeError:
                self._guard(Slot(Absence(slots), name, False))
        old = {name: holder[name] for holder, name in places}
        new = {
            name: self.lifted(old[name], Slot(holder, name, old[name]), f"{self._path}.{name}")
            for holder, name in places
        }
        return old, new

    def _object(self, x: Any) -> Any:
        kind = type(x)
        if kind is not SimpleNamespace and (not is_looked_into(kind)):
            return x
        if isinstance(x, Enum):
            self._class(kind)
            return x
        made, outer = self._members(kind), self._fixed
        twin = None
        self._fixed |= made is kind and hasattr(kind, "__del__")
        if not self._fixed:
            try:
                twin = self._seen[id(x), False] = kind() if kind is SimpleNamespace else object.__new__(kind)
                if made is not kind:
                    twin.__class__ = made
            except TypeError:
                self._fixed = True
        try:
            old, new = self._attributes(x)
        finally:
            self._fixed = outer
        if twin is None or (made is kind and _alike(old.values(), new.values())):
            return x
        for name, item in new.items():
            object.__setattr__(twin, name, item)
        if isinstance(own := getattr(twin, "__dict__", None), dict):
            self._keeps(own, f"{self._path}.", None, cached(kind))
        if len(names := [n for n in new if own is None or n not in own]):
            self._keeps(twin, f"{self._path}.", names)
        return twin

    def _class(self, kind: type) -> type:
        """A class that is called by its name: no twin, but all that the code has a word for is watched."""
        outer, self._fixed = self._fixed, True
        try:
            self._members(kind, called=True)
        finally:
            self._fixed = outer
        return kind

    def _members(self, kind: type, called: bool = False) -> type:
        """The class of an object; or one of the same name below it, with methods that are built anew."""
        key, outer = (kind, self._fixed, called), self._fixed
        if key in self._seen:
            return self._seen[key]
        twin = self._seen[key] = kind
        changed, taken = {}, set()
        classes = [c for c in kind.__mro__ if is_users(c)]
        if classes and not outer and type(kind.__init_subclass__) is BuiltinMethodType:  # it has no hook to be called
            with suppress(TypeError):
                inside = {"__slots__": (), "__module__": kind.__module__, "__qualname__": kind.__qualname__}
                twin = self._seen[key] = type.__new__(type(kind), kind.__name__, (kind,), inside)
        for c in classes:
            inside = self._seen.setdefault((c, "inside"), c.__dict__)  # a view
            self._guard(Slot(Length(inside), c, len(inside)))
            if self._seen.setdefault((c, "kept"), key) is key:
                self._keeps(c, f"{c.__name__}.", None, ("__slotnames__",))  # which copy.copy writes
            for name, value in list(inside.items()):
                if not (name in self.words or is_called(name, value, called)) or _is_slot(name, value):
                    continue
                self._fixed = outer or twin is kind or name in taken
                taken.add(name)
                new = self.lifted(value, Slot(inside, name, value), f"{c.__name__}.{name}")
                if new is not value:
                    changed[name] = new
        self._fixed = outer
        if twin is not kind and hasattr(kind, "__del__"):  # which a twin is not to call: it would close the user's file
            changed["__del__"] = lambda _: None
        if not changed:
            self._seen[key] = kind
            return kind
        for name, new in changed.items():
            type.__setattr__(twin, name, new)
            if isinstance(new, functools.cached_property):
                new.__set_name__(twin, name)
        self._keeps(twin, f"{kind.__name__}.")
        return twin

    def _module(self, module: ModuleType) -> ModuleType:
        """A module of the user's with stand-ins for those of its arrays and functions that the code has a word for."""
        if module is os and not self.words.isdisjoint(("environ", "getenv")):
            self.lifted(os.environ._data, path="os.environ")  # type: ignore[attr-defined]
        if not getattr(module, "__file__", None) or is_foreign(str(module.__file__)):
            return module
        inside, words = module.__dict__, tuple(sorted(self.words))
        twin = ModuleType(module.__name__)
        if not self._fixed:
            self._seen[id(module), False] = twin
        self._keeps(inside, f"{module.__name__}.", words)
        old = {name: inside[name] for name in words if name in inside}
        new = {name: self.lifted(old[name], Slot(inside, name, old[name]), name) for name in old}
        if self._fixed or _alike(old.values(), new.values()):
            return module
        twin.__dict__.update(inside | new)
        self._keeps(twin.__dict__, f"{module.__name__}.", words)
        return twin

    def _function(self, f: FunctionType) -> Any:
        code, cells, variables = f.__code__, f.__closure__ or (), f.__globals__
        own = is_own(code.co_filename)  # what those close over is set once: grad(f) holds f for ever
        followed = not is_foreign(code.co_filename)
        twin = f
        twin_cells = tuple(self._seen.setdefault((id(cell), "cell"), CellType()) for cell in cells)
        if not self._fixed:
            twin = FunctionType(code, {**variables} if followed else variables, f.__name__, None, twin_cells)
            self._seen[id(f), False] = twin
        closure, changed = Cells(code.co_freevars, cells), False
        for name, cell, twin_cell in zip(code.co_freevars, cells, twin_cells, strict=True):
            if not own:
                self._keeps(cell, name)
            if not is_filled(cell):
                self._guard(Slot(Filling(cell), name, False))
                continue
            old = new = cell.cell_contents
            if name != "__class__":  # which super() asks
                new = self.lifted(old, Slot(closure, name, old), name, guarded=not own)
            changed |= new is not old
            if not self._fixed:
                twin_cell.cell_contents = new
        reads = reads_of(code) if followed else NOTHING
        self.words.update(reads.words)
        if followed:
            self._codes[code] = None
            then = f.__code__, f.__defaults__, f.__kwdefaults__
            if "<locals>" not in f.__qualname__ or then[1:] != (None, None):  # tools that reload code go by names
                self._guard(Slot(Body(f), then, then))
            self._globals.setdefault(id(variables), (variables, set()))[1].update(reads.globals, reads.stores)
        outside = {}
        names = dict.fromkeys((*reads.globals, *reads.stores))
        if not names.keys().isdisjoint(("globals", "eval", "exec")):  # any word may be a name
            names |= dict.fromkeys(name for name in reads.words if name in variables)
        for name in names:
            if name in variables:
                outside[name] = self.lifted(variables[name], Slot(variables, name, variables[name]), name)
            else:
                self._guard(Slot(Absence(variables), name, False))
        changed |= any(new is not variables[name] for name, new in outside.items())
        for name, level in reads.imports:
            self._imported(f"{'.' * level}{name}", variables)
        given, named = f.__defaults__ or (), f.__kwdefaults__ or {}
        defaults = tuple(self.lifted(d, Slot(given, i, d), guarded=not own) for i, d in enumerate(given))
        words = {name: self.lifted(d, Slot(named, name, d), name, guarded=not own) for name, d in named.items()}
        changed |= not (_alike(given, defaults) and _alike(named.values(), words.values()))
        own_dict = {n: x for n, x in f.__dict__.items() if n != "__wrapped__"} if followed else {}
        notes = {n: self.lifted(x, Slot(f.__dict__, n, x), f"{f.__name__}.{n}") for n, x in own_dict.items()}
        changed |= not _alike(own_dict.values(), notes.values())
        if followed:
            self._keeps(f.__dict__, f"{f.__name__}.")
        if self._fixed or not changed:
            return f
        twin.__globals__.update(outside)
        twin.__defaults__, twin.__kwdefaults__ = defaults or None, words or None
        twin.__dict__.update({**f.__dict__, **notes})
        if followed:
            self._keeps(twin.__dict__, f"{f.__name__}.")
            self._keeps(twin.__globals__, "", reads.stores)
        for name, cell in zip(code.co_freevars, twin_cells, strict=True):
            self._keeps(cell, name)
        return twin

    def _imported(self, name: str, variables: dict[str, Any]) -> None:
        """A module that the function imports while it runs: no twin takes its place."""
        outer, self._fixed = self._fixed, True
        try:
            module = sys.modules.get(resolve_name(name, variables.get("__package__")))
            if module is not None:
                self.lifted(module)
        except ImportError:
            pass
        finally:
            self._fixed = outer


def _alike(old: Any, new: Any) -> bool:
    return all(map(is_, old, new))


def _is_slot(name: str, x: Any) -> bool:
    return type(x) is MemberDescriptorType and name != "__dict__"
