"""What a function closes over: arrays become arguments of its program, and all the rest is watched.

``lambda w: loss(w, X)`` reads X without being given it. A program that kept X's values would be wrong, silently, after
``X = X_new``. So everything that the function's code can reach is walked: its closure, globals and defaults, and those
of the functions, methods and properties that it may call; lists, dicts and other containers; objects, their classes and
modules, as far as the code has a word for what is in them. The function is built anew around stand-ins (twins), and
every array on the way becomes an input, read again at every call. Numbers, functions and objects are compared at every
call; if one has changed, the function is traced again. Of arrays where no twin can be put (in a set, or in a class that
is called by its name) the elements are compared.

After the trace all is compared with what it was before: what the function has changed is put back, and refused.
"""

from __future__ import annotations

import random
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..errors import TraceError
from ..tensor import Tensor
from .following import place_of_change, within
from .program import Program, Value, exchanged
from .reaching import Walk
from .watching import Cells, Kept, Slot, is_plain, set_back, state_of, unchanged


@dataclass
class Captures(Walk):
    """The arrays, and all other things, that a function closes over.

    Attributes
    ----------
    arrays : list of Slot
        One for each array, Tensor or random generator, in the order of the program's inputs.
    guards : list of Slot
        What has to be unchanged.
    constant : tuple
        Names and arrays that the user declared constant.
    words : set of str
        All names of attributes that the code has; see `survey`.
    """

    # --- the life of captures: survey, lift, run, settle, ask again ---------------------------------------------------

    def survey(self, things: list[Any]) -> None:
        """Learn the words of all code that can be reached; each walk may reach more code.

        Raises
        ------
        TraceError
            If things hold one another deeper than Python can call functions.
        """
        known = -1
        while known < len(self.words):
            known = len(self.words)
            walk = Walk(self.stand_in, self.constant, words=self.words, _fixed=True, _surveying=True)
            try:
                for x in things:
                    walk.lifted(x)
            except RecursionError:
                raise TraceError(
                    "compile: what the function closes over is nested too deeply to be watched (a linked list?). "
                    "What to do: Keep it in a list; or run eagerly, with fallback=True"
                ) from None

    def keep_arguments(self, tree: Any) -> None:
        """Remember what is in the lists and dicts that the function is given, which are not the caller's own."""
        if isinstance(tree, dict | list):
            self._keeps(tree, "an argument")
        if isinstance(tree, dict | list | tuple):
            for child in tree.values() if isinstance(tree, dict) else tree:
                self.keep_arguments(child)

    @contextmanager
    def undisturbed(self) -> Iterator[None]:
        """Within the block the function runs; what it changes is put back.

        Raises
        ------
        TraceError
            If it changed anything that it closes over: a program would not.
        """
        self._kept += [Kept(variables, "", tuple(names)) for variables, names in self._globals.values()]
        try:
            yield
        finally:
            touched = self._restored()
            self.arrays = [slot.light for slot in self.arrays]
            self._seen, self._keep, self._kept, self._contents, self._states = {}, [], [], [], []
            codes, self._codes, self._globals, self._places = list(self._codes), {}, {}, {}
        if touched:
            label, key = touched[0]
            if key is random:
                raise TraceError(
                    f"compile: the function draws random numbers from {label}, and the program would repeat these "
                    "numbers for ever.\nWhat to do: Pass a generator as an argument: rng = np.random.default_rng(0); "
                    "f(x, rng)"
                )
            place = place_of_change(codes, key)
            raise TraceError(
                f"compile: the function changes what it closes over ({label}), which a program would do only once."
                f"{f'{chr(10)}  {place}' if place else ''}\n"
                "What to do: Return the new value, and keep it outside; or run eagerly, with fallback=True"
            )

    def current(self) -> list[Any] | None:
        """The arrays as they are now; None if the program does not fit them any more, or something has changed."""
        if not unchanged(self.guards):
            return None
        found = []
        for slot in self.arrays:
            try:
                x = slot.holder[slot.key]
            except (KeyError, IndexError, ValueError, AttributeError):
                return None
            outer, inner, shape, dtype = slot.kind
            if type(x) is not outer:
                return None
            if outer is Tensor:
                if x.node is not None:
                    return None
                x = x.data
            if isinstance(x, np.ndarray) and (type(x) is not inner or x.shape != shape or x.dtype != dtype):
                return None
            found.append(x)
        return found

    def with_foreign_arrays(self, program: Program) -> Program:
        """The program with inputs for arrays that came by no known way, but that somebody else holds and may change.

        What the function made itself while it was traced is held by the program alone, and stays a constant of it.
        """
        seen: dict[int, list[Any]] = {}
        for line in program.lines:
            for x in [*arrays_in(line.args), *arrays_in(dict(line.params))]:
                seen.setdefault(id(x), [x, 0])[1] += 1
        x = None
        views: dict[int, int] = {}
        for pair in seen.values():
            if isinstance(pair[0].base, np.ndarray):
                views[id(pair[0].base)] = views.get(id(pair[0].base), 0) + 1
        known: dict[int, Value] = {}
        for key, pair in seen.items():
            held = sys.getrefcount(pair[0]) > pair[1] + 2 + views.get(key, 0) or _is_of_others(pair[0], seen, views)
            if held and not any(pair[0] is c for c in self.constant):
                slot = Slot(pair, 0, pair[0])
                self.arrays.append(slot.light)
                known[key] = Value(pair[0].shape, pair[0].dtype, "captured")
        if not known:
            return program
        read = lambda x: known.get(id(x), x)
        lines = [
            replace(x, args=exchanged(x.args, read), params=exchanged(dict(x.params), read)) for x in program.lines
        ]
        return replace(program, inputs=(*program.inputs, *known.values()), lines=tuple(lines))

    def _restored(self) -> list[tuple[str, Any]]:
        """What has been changed, by name and key; it is put back."""
        touched = [(_joined(kept, key), key or kept.label) for kept in self._kept for key in kept.changes()]
        touched += [(label, label) for label, contents in self._contents if contents[0] is not contents.x]
        touched += [(label, random) for label, x, state in self._states if repr(state_of(x)) != repr(state)]
        for kept in self._kept:
            kept.restore()
        for _, contents in self._contents:
            contents.restore()
        for _, x, state in self._states:
            set_back(x, state)
        return touched


def arrays_in(tree: Any) -> list[Any]:
    """The plain arrays in a tree of arguments."""
    found: list[Any] = []
    exchanged(tree, lambda x: found.append(x) if type(x) is np.ndarray else None)
    return found


def _is_of_others(x: np.ndarray, seen: dict[int, list[Any]], views: dict[int, int]) -> bool:
    """True if x lies in memory that is no array's, or that of an array that somebody outside the program holds."""
    owner = x.base
    if not isinstance(owner, np.ndarray):
        return owner is not None
    own = views[id(owner)] + (seen[id(owner)][1] + 1 if id(owner) in seen else 0)
    return sys.getrefcount(owner) > own + 2 or owner.base is not None


def refuse_hidden(outputs: list[Any], traced: type) -> None:
    """Raise TraceError if a result is something with traced arrays in it that a program cannot put together again."""
    for y in outputs:
        if not is_plain(y) and not isinstance(y, traced | Tensor | np.ndarray | np.random.Generator):
            hidden = any(isinstance(x, traced) for x in within(y, {}))
            if hidden or (hasattr(type(y), "__next__") and type(y).__module__ in ("builtins", "itertools")):
                raise TraceError(
                    f"compile: the function returns a {type(y).__name__}, in which a program cannot put new arrays. "
                    "Return arrays, or lists, tuples and dicts of them; or run eagerly, with fallback=True"
                )


def _joined(kept: Kept, key: Any) -> str:
    """What a user calls it: ``rate``, ``self.rate``, ``state['rate']`` or, of what is in a list, the list."""
    if kept.label.endswith(".") or not kept.label:
        return f"{kept.label}{key}"
    return f"{kept.label}[{key!r}]" if isinstance(kept.x, dict) else kept.label


__all__ = ["Captures", "Cells", "Slot", "arrays_in", "refuse_hidden"]
