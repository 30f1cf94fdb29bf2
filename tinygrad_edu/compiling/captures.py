"""What a function closes over: arrays become arguments of its program, and numbers are watched.

``lambda w: loss(w, X)`` reads X without being given it. A program that kept X's values would be wrong, silently, after
``X = X_new``. So the function is built anew, around stand-ins: every array that it can reach by its closure, its
globals and its defaults, through functions, bound methods, lists, dicts and plain objects, becomes an input, read again
at every call. Numbers and strings stay constants of the program, but are compared at every call; if one has changed,
the function is traced again.
"""

from __future__ import annotations

import copy
import functools
import sys
import sysconfig
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from types import CellType, CodeType, FunctionType, MethodType, ModuleType
from typing import Any

import numpy as np

from ..errors import TraceError
from ..tensor import Tensor
from .program import Program, Value, exchanged

NUMBERS = (int, float, complex, str, bytes, bool, type(None), np.generic)
_FOREIGN = (*{sysconfig.get_paths()[name] for name in ("stdlib", "purelib", "platlib")}, "<frozen")
_OWN = __file__.rpartition("compiling")[0]


class Cells(dict[str, Any]):
    """The variables of a closure, as a dict that reads the cells."""

    def __init__(self, names: tuple[str, ...], cells: tuple[CellType, ...]) -> None:
        super().__init__(zip(names, cells, strict=True))

    def __getitem__(self, name: str) -> Any:
        return super().__getitem__(name).cell_contents


@dataclass(frozen=True)
class Slot:
    """Where something is kept: ``holder[key]``, and what was there."""

    holder: Any
    key: Any
    content: Any

    @cached_property
    def kind(self) -> Any:
        """Shape and dtype of the array that was there when the program was traced."""
        x = self.content.data if type(self.content) is Tensor else self.content
        return getattr(x, "shape", None), getattr(x, "dtype", None)

    @property
    def unchanged(self) -> bool:
        """True if the same is there: the same object, or an equal number of the same type."""
        try:
            now, then = self.holder[self.key], self.content
        except (KeyError, IndexError, ValueError):
            return False
        return now is then or (type(now) is type(then) and isinstance(then, NUMBERS) and now == then)


@dataclass
class Length:
    """How many things a list or dict holds: a loop over them was as long as that."""

    holder: Any
    count: int

    key = "the length of a list or dict"

    @property
    def unchanged(self) -> bool:
        """True if it is as long as it was after the trace."""
        return len(self.holder) == self.count


@dataclass
class Captures:
    """The arrays and numbers that a function closes over.

    Attributes
    ----------
    arrays : list of Slot
        One for each array, Tensor or random generator, in the order of the program's inputs.
    guards : list of Slot
        What has to be unchanged: numbers, functions and containers on the way to the arrays.
    constant : tuple
        Names and arrays that the user declared constant.
    """

    stand_in: Callable[[Any, str], Any]
    constant: tuple[Any, ...] = ()
    arrays: list[Slot] = field(default_factory=list)
    guards: list[Slot | Length] = field(default_factory=list)
    _settled: bool = False
    _seen: dict[int, Any] = field(default_factory=dict)
    _keep: list[Any] = field(default_factory=list)

    def settle(self) -> str | None:
        """After the trace: what the function itself has changed of what it closes over, or None."""
        for guard in self.guards:
            if isinstance(guard, Length):
                guard.count = len(guard.holder)
        return next((str(guard.key) for guard in self.guards if not guard.unchanged), None)

    def current(self) -> list[Any] | None:
        """The arrays as they are now; None if the program does not fit them any more, or a number has changed."""
        for guard in self.guards:
            if not guard.unchanged:
                return None
        found = []
        for slot in self.arrays:
            try:
                x = slot.holder[slot.key]
            except (KeyError, IndexError, ValueError):
                return None
            then = slot.content
            if type(x) is Tensor and type(then) is Tensor and x.node is None:
                x, then = x.data, then.data
            if type(x) is not type(then) or (isinstance(x, np.ndarray) and (x.shape, x.dtype) != slot.kind):
                return None
            found.append(x)
        return found

    def lifted(self, x: Any, slot: Slot | None = None) -> Any:
        """x, built anew around stand-ins for the arrays in it; x itself if there are none."""
        if slot is not None and self._is_constant(slot):
            return x
        if isinstance(x, np.ndarray | Tensor | np.random.Generator):
            return self._array(x, slot) if slot is not None else x
        if isinstance(x, NUMBERS):
            if slot is not None and not self._settled:
                self.guards.append(slot)
            return x
        if id(x) in self._seen:
            return self._seen[id(x)]
        self._seen[id(x)] = x  # a function that calls itself
        before = len(self.arrays), len(self.guards)
        made = self._rebuilt(x)
        changed = (len(self.arrays), len(self.guards)) != before
        if changed and type(x) in (list, dict):
            self.guards.append(Length(x, len(x)))
        if slot is not None and not self._settled and (changed or isinstance(x, FunctionType)):
            self.guards.append(slot)
        self._seen[id(x)] = made
        self._keep.append(x)
        return made

    def with_foreign_arrays(self, program: Program) -> Program:
        """The program with inputs for arrays that came by no known way, but that somebody else holds and may change.

        What the function made itself while it was traced is held by the program alone, and stays a constant of it.
        """
        seen: dict[int, list[Any]] = {}
        for line in program.lines:
            for x in [*arrays_in(line.args), *arrays_in(dict(line.params))]:
                seen.setdefault(id(x), [x, 0])[1] += 1
        x = None
        known: dict[int, Value] = {}
        for key, pair in seen.items():
            if sys.getrefcount(pair[0]) > pair[1] + 2 and not any(pair[0] is c for c in self.constant):
                slot = Slot(pair, 0, pair[0])
                slot.kind  # noqa: B018 - as it is now
                self.arrays.append(slot)
                known[key] = Value(pair[0].shape, pair[0].dtype, "captured")
        if not known:
            return program
        read = lambda x: known.get(id(x), x)
        lines = [
            replace(x, args=exchanged(x.args, read), params=exchanged(dict(x.params), read)) for x in program.lines
        ]
        return replace(program, inputs=(*program.inputs, *known.values()), lines=tuple(lines))

    def _is_constant(self, slot: Slot) -> bool:
        return any(slot.content is c or (isinstance(c, str) and c == slot.key) for c in self.constant)

    def _array(self, x: Any, slot: Slot) -> Any:
        if id(x) not in self._seen:
            if isinstance(x, Tensor) and x.node is not None:
                raise TraceError(
                    f"compile: {slot.key} is a Tensor that requires a gradient, which a program would not pass on. "
                    "Give it to the function as an argument, and differentiate with tg.value_and_grad; or detach() it"
                )
            self._seen[id(x)] = self.stand_in(x, slot.key if isinstance(slot.key, str) else "captured")
            self._keep.append(x)
            self.arrays.append(slot)
            slot.kind  # noqa: B018 - as it is now: shapes may be changed in place
        return self._seen[id(x)]

    def _rebuilt(self, x: Any) -> Any:
        if isinstance(x, FunctionType):
            return self._function(x)
        if hasattr(x, "is_compiled"):  # within another program a compiled function is what it was made of
            return self.lifted(x.function)
        if isinstance(x, MethodType):
            owner, function = self.lifted(x.__self__), self.lifted(x.__func__)
            return x if owner is x.__self__ and function is x.__func__ else MethodType(function, owner)
        if isinstance(x, functools.partial):
            parts = [x.func, x.args, x.keywords]
            new = [self.lifted(part, Slot(parts, i, part)) for i, part in enumerate(parts)]
            return (
                x
                if all(a is b for a, b in zip(parts, new, strict=True))
                else functools.partial(new[0], *new[1], **new[2])
            )
        if type(x) in (list, tuple):
            items = [self.lifted(item, Slot(x, i, item)) for i, item in enumerate(x)]
            return x if all(a is b for a, b in zip(x, items, strict=True)) else type(x)(items)
        if type(x) is dict:
            return self._dict(x)
        if hasattr(type(x), "__dict__") and isinstance(getattr(x, "__dict__", None), dict) and not isinstance(x, type):
            return self._object(x)
        return x

    def _dict(self, x: dict[Any, Any]) -> dict[Any, Any]:
        new = {key: self.lifted(item, Slot(x, key, item)) for key, item in x.items()}
        return x if all(new[key] is x[key] for key in x) else new

    def _object(self, x: Any) -> Any:
        if type(x).__module__.split(".")[0] in ("numpy", "builtins", "types", "functools", "scipy"):
            return x
        new = self._dict(x.__dict__)
        if new is x.__dict__:
            return x
        twin = copy.copy(x)
        for key, item in new.items():
            object.__setattr__(twin, key, item)
        return twin

    def _module(self, module: ModuleType, words: list[str]) -> ModuleType:
        """A module of the user's with stand-ins for those of its arrays and functions that a function names."""
        if not getattr(module, "__file__", None) or str(module.__file__).startswith((*_FOREIGN, _OWN)):
            return module
        inside = module.__dict__
        new = {name: self.lifted(inside[name], Slot(inside, name, inside[name])) for name in words if name in inside}
        if all(item is inside[name] for name, item in new.items()):
            return module
        twin = ModuleType(module.__name__)
        twin.__dict__.update(inside | new)
        return twin

    def _function(self, f: FunctionType) -> Any:
        code, outer = f.__code__, self._settled
        # what the library's own functions close over is set once: grad(f) holds f for ever
        self._settled = code.co_filename.startswith(_OWN)
        try:
            return self._built(f, code)
        finally:
            self._settled = outer

    def _built(self, f: FunctionType, code: CodeType) -> Any:
        cells = f.__closure__ or ()
        filled = [_is_filled(cell) for cell in cells]
        closure = Cells(code.co_freevars, cells)
        inside = [
            self.lifted(cell.cell_contents, Slot(closure, name, cell.cell_contents)) if full else None
            for name, cell, full in zip(code.co_freevars, cells, filled, strict=True)
        ]
        changed = any(
            full and new is not cell.cell_contents for new, cell, full in zip(inside, cells, filled, strict=True)
        )
        variables = f.__globals__
        outside = {}
        if not code.co_filename.startswith((*_FOREIGN, _OWN)):
            words = _globals_of(code)
            for name in [name for name in words if name in variables]:
                old = variables[name]
                is_module = isinstance(old, ModuleType)
                new = self._module(old, words) if is_module else self.lifted(old, Slot(variables, name, old))
                if new is not old:
                    outside[name] = new
        defaults = tuple(self.lifted(d, Slot(f.__defaults__, i, d)) for i, d in enumerate(f.__defaults__ or ()))
        changed = changed or any(a is not b for a, b in zip(defaults, f.__defaults__ or (), strict=True))
        if not changed and not outside:
            return f
        new_cells = tuple(
            CellType(new) if full and new is not cell.cell_contents else cell
            for new, cell, full in zip(inside, cells, filled, strict=True)
        )
        made = FunctionType(
            code, {**variables, **outside} if outside else variables, f.__name__, defaults or None, new_cells
        )
        made.__kwdefaults__ = f.__kwdefaults__
        return made


def _is_filled(cell: CellType) -> bool:
    try:
        cell.cell_contents  # noqa: B018 - asks
    except ValueError:
        return False
    return True


def arrays_in(tree: Any) -> list[Any]:
    """The plain arrays in a tree of arguments."""
    found: list[Any] = []
    exchanged(tree, lambda x: found.append(x) if type(x) is np.ndarray else None)
    return found


def _globals_of(code: CodeType) -> list[str]:
    """The names that a function, and the functions in it, may look up among the globals."""
    names = list(code.co_names)
    for constant in code.co_consts:
        if isinstance(constant, CodeType):
            names += _globals_of(constant)
    return list(dict.fromkeys(names))
