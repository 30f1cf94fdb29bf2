"""Whose code is followed, and what it reads and writes.

The user's code is followed: what it names is watched. The standard library, installed packages and this library are
taken not to change.
"""

from __future__ import annotations

import dis
import functools
import sys
import sysconfig
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import lru_cache
from operator import is_
from types import CodeType, FunctionType, MemberDescriptorType, MethodType, ModuleType
from typing import Any

from ..places import Place

_FOREIGN = (*{sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")}, "<frozen")
_OWN = __file__.rpartition("compiling")[0]
WALKED = {"types", "collections", "argparse"}
"""Modules of the standard library whose objects hold what users put there."""
_MAKING = ("__init__", "__new__", "__post_init__")


def is_own(file: str) -> bool:
    """True for a file of this library."""
    return file.startswith(_OWN)


def is_foreign(file: str) -> bool:
    """True for a file of this library, of the standard library, or of an installed package."""
    return file.startswith((*_FOREIGN, _OWN))


def member(x: Any, lifted: Callable[[Any], Any]) -> Any:
    """A static method, class method or property around a lifted function."""
    parts = [x.fget, x.fset, x.fdel] if isinstance(x, property) else [x.func if hasattr(x, "func") else x.__func__]
    new = [lifted(part) for part in parts]
    return x if all(map(is_, parts, new)) else type(x)(*new)


def is_called(name: str, value: Any, called: bool) -> bool:
    """True for methods that are called without a word: of operators, and with the class those that make an object."""
    return type(value) is FunctionType and name.startswith("__") and (called or name not in _MAKING)


def cached(kind: type) -> set[str]:
    """The names under which `functools.cached_property` keeps what it has computed."""
    return {n for c in kind.__mro__ for n, d in c.__dict__.items() if isinstance(d, functools.cached_property)}


def is_users(kind: type) -> bool:
    """True for classes of the user's own, whose methods are followed."""
    file = getattr(sys.modules.get(kind.__module__), "__file__", None) or ""
    return root(kind) not in sys.stdlib_module_names and not is_foreign(file)


def is_looked_into(kind: type) -> bool:
    """True for classes whose objects are looked into."""
    return root(kind) in WALKED or not (root(kind) in sys.stdlib_module_names or root(kind) in ("numpy", "scipy"))


def root(kind: type) -> str:
    return kind.__module__.partition(".")[0]


def within(x: Any, seen: dict[int, Any]) -> Iterator[Any]:
    """Everything that a result holds: items, attributes, and what functions close over."""
    if id(x) in seen or isinstance(x, type | ModuleType):
        return
    seen[id(x)] = x
    yield x
    inside: list[Any] = []
    if isinstance(x, dict):
        inside += [*x.keys(), *x.values()]
    elif isinstance(x, list | tuple | set | frozenset | deque):
        inside += x
    elif isinstance(x, FunctionType):
        inside += [*filled(x), *(x.__defaults__ or ()), *(x.__kwdefaults__ or {}).values()]
    elif isinstance(x, MethodType):
        inside += [x.__self__, x.__func__]
    elif isinstance(x, functools.partial):
        inside += [x.func, *x.args, *x.keywords.values()]
    if isinstance(own := getattr(x, "__dict__", None), dict):
        inside += own.values()
    slots = [n for c in type(x).__mro__ for n, d in c.__dict__.items() if type(d) is MemberDescriptorType]
    inside += [getattr(x, n) for n in slots if hasattr(x, n)]
    for item in inside:
        yield from within(item, seen)


def filled(f: FunctionType) -> list[Any]:
    """What is in the cells of a function."""
    found = []
    for cell in f.__closure__ or ():
        with suppress(ValueError):
            found.append(cell.cell_contents)
    return found


@dataclass(frozen=True)
class Reads:
    """The names in a function's code, and in that of the functions inside it.

    Attributes
    ----------
    globals, stores : tuple of str
        Names that it may look up among the globals, and those that it assigns there.
    words : tuple of str
        Names of attributes, and short strings that might be such names.
    imports : tuple of (str, int)
        Modules that it imports while it runs, with the number of dots before their names.
    """

    globals: tuple[str, ...]
    stores: tuple[str, ...]
    words: tuple[str, ...]
    imports: tuple[tuple[str, int], ...]


NOTHING = Reads((), (), (), ())


@lru_cache(4096)
def reads_of(code: CodeType) -> Reads:
    """The names that a code object reads and writes."""
    found, stores, imports = [], [], []
    strings = [c for c in code.co_consts if isinstance(c, str) and c.isidentifier() and len(c) < 50]
    words, before = [*code.co_names, *strings], [0]
    for step in dis.get_instructions(code):
        if step.opname in ("LOAD_GLOBAL", "LOAD_NAME"):
            found.append(step.argval)
        elif step.opname in ("STORE_GLOBAL", "DELETE_GLOBAL"):
            stores.append(step.argval)
        elif step.opname == "IMPORT_NAME":
            imports.append((step.argval, next((x for x in reversed(before) if type(x) is int), 0)))
        before = [*before[-1:], step.argval]
    inner = [reads_of(constant) for constant in code.co_consts if isinstance(constant, CodeType)]
    joined = lambda own, name: tuple(dict.fromkeys([*own, *(x for each in inner for x in getattr(each, name))]))
    return Reads(joined(found, "globals"), joined(stores, "stores"), joined(words, "words"), joined(imports, "imports"))


_MUTATORS = {"append", "extend", "insert", "add", "update", "pop", "popleft", "appendleft", "clear", "setdefault"}
_MUTATORS |= {"remove", "discard", "popitem", "sort", "reverse", "rotate", "setattr", "__setattr__", "__setitem__"}


def place_of_change(codes: Iterable[CodeType], name: Any) -> Place | None:
    """The first line that assigns to this name, attribute or key; else the first that may change a container."""
    found: list[Place] = []
    for code in codes:
        last = None
        for step in dis.get_instructions(code):
            line = step.positions.lineno if step.positions else None
            place = Place(code.co_filename, line or code.co_firstlineno, code.co_name)
            if step.opname.startswith(("STORE_ATTR", "STORE_GLOBAL", "STORE_DEREF", "STORE_NAME", "DELETE_")):
                if step.argval == name:
                    return place
            elif step.opname.startswith("STORE_SUBSCR"):
                if last == name:
                    return place
                found.append(place)
            elif isinstance(step.argval, str) and step.argval in _MUTATORS:
                found.append(place)
            last = step.argval if step.opname.startswith("LOAD_CONST") else last
    return found[0] if found else None
