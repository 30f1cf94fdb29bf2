"""Signatures: which calls share a program.

A call's arguments are a tree. Arrays, floats and random generators are the inputs of a program, and count by shape and
dtype. Everything else is static, since it may steer what is done: integers, flags and names count by value; sets and
frozen dataclasses of such by what is in them; every other object counts as itself, whatever it says it is equal to, and
what it holds is watched as what the function closes over is (`captures.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from copy import copy
from dataclasses import fields, is_dataclass
from fractions import Fraction
from types import MethodType
from typing import Any
from weakref import ref

import numpy as np

from ..surface import Surface
from ..tensor import Tensor
from ..trees import flatten

Array = np.ndarray
_PLAIN = (int, str, bytes, bool, type(None), type(...), Fraction)


def signed(x: Any, inputs: list[Any], counting: bool = False) -> Any:
    """The signature of one argument; what it holds of inputs is appended to the list, with `counting` integers too.

    Raises
    ------
    NotPlain
        For what a program cannot be called with: a Tensor that is being differentiated, or another library's array.
    """
    kind = type(x)
    if kind is Array:
        inputs.append(x)
        return x.dtype, x.shape
    if kind is float or kind is complex:
        inputs.append(x)
        return kind
    if kind is tuple or kind is list:
        return kind, *[signed(item, inputs, counting) for item in x]
    if kind is dict:
        return dict, _keys(x), *[signed(item, inputs, counting) for item in x.values()]
    if isinstance(x, np.generic):
        inputs.append(x)
        return kind
    if isinstance(x, dict):
        return kind, _extras(x), _keys(x), *[signed(item, inputs, counting) for item in x.values()]
    if isinstance(x, tuple | list):
        return kind, _extras(x), *[signed(item, inputs, counting) for item in x]
    if kind is Tensor:
        if x.node is not None:
            raise NotPlain
        inputs.append(x.data)
        return Tensor, signed(x.data, [])
    if isinstance(x, np.random.Generator):
        inputs.append(x)
        return np.random.Generator
    if counting and is_count(x):
        inputs.append(x)
        return int
    if isinstance(x, Array | Surface) or hasattr(x, "__array_function__"):
        raise NotPlain
    return static(x)


def static(x: Any) -> Any:
    """The signature of what is no input: by value if it is plain all through, else by identity."""
    kind = type(x)
    if kind in _PLAIN or isinstance(x, np.dtype):
        return kind, x
    if kind in (float, complex) or isinstance(x, np.generic):
        return kind, repr(x)
    if kind in (tuple, set, frozenset):  # in the order in which a loop finds them
        return kind, *map(static, x)
    if kind in (slice, range):
        return kind, static(x.start), static(x.stop), static(x.step)
    if kind is MethodType:
        return kind, ById(x.__self__), ById(x.__func__)
    if is_dataclass(x) and kind.__dataclass_params__.frozen:
        names = [field.name for field in fields(x)]
        if all(hasattr(x, name) for name in names) and len(getattr(x, "__dict__", names)) == len(names):
            return kind, *[static(getattr(x, name)) for name in names]
    return kind, ById(x)


def _keys(x: dict[Any, Any]) -> tuple[Any, ...]:
    keys = tuple(x)
    return keys if set(map(type, keys)) <= {str} else tuple(map(static, keys))  # 1 is not True


def _extras(x: Any) -> Any:
    """What a subclass of dict, list or tuple holds beside its items."""
    held: list[Any] = []
    found = [(name, signed(item, held)) for name, item in getattr(x, "__dict__", {}).items()]
    if held:
        raise NotPlain
    return *found, static(x.default_factory) if isinstance(x, defaultdict) else None


class NotPlain(Exception):
    """The arguments are not plain arrays: the function itself is called."""


class ById:
    """An object that is equal to itself alone; it is not kept alive."""

    def __init__(self, x: Any) -> None:
        self.id = id(x)
        try:
            self.ref: Callable[[], Any] = ref(x)
        except TypeError:  # then it is kept, so that its id is not given again
            self.ref = lambda: x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ById) and (x := self.ref()) is not None and other.ref() is x

    def __hash__(self) -> int:
        return self.id


def mortals(key: Any) -> list[ref[Any]]:
    """References to the objects in a signature that may die before it."""
    if isinstance(key, ById):
        return [key.ref] if isinstance(key.ref, ref) else []
    return [found for part in key for found in mortals(part)] if isinstance(key, tuple) else []


def is_count(x: Any) -> bool:
    """True for one of Python's integers that an array can hold."""
    return type(x) is int and -(2**63) <= x < 2**63


def is_input(x: Any) -> bool:
    """True for the leaves that are inputs of a program."""
    return isinstance(x, Array | float | complex | np.generic | Tensor | np.random.Generator)


def builder(tree: Any) -> Callable[[Any], Any]:
    """The function that puts a flat sequence of results into the form of a tree: straight-line code, written once.

    What was one of NumPy's numbers when it was traced is one again, and no array of no axes.
    """
    leaves = flatten(tree)[0]
    text, constants = tree_text(tree, [f"y[{i}]{'[()]' * _is_number(leaf)}" for i, leaf in enumerate(leaves)])
    made: Callable[[Any], Any] = eval(f"lambda y: {text}", {"k": constants})
    return made


def _is_number(leaf: Any) -> bool:
    """True for a traced number of NumPy's."""
    leaf = leaf.data if type(leaf) is Tensor else leaf
    return isinstance(getattr(leaf, "value", None), np.generic)


def tree_text(tree: Any, leaves: Sequence[str]) -> tuple[str, list[Any]]:
    """The expression that builds a tree, with these texts for its leaves; and the constants that it calls ``k``."""
    constants: list[Any] = []
    rest = iter(leaves)

    def text(x: Any) -> str:
        if isinstance(x, dict):
            constants.extend(x)
            first = len(constants) - len(x)
            items = ", ".join(f"k[{first + i}]: {text(v)}" for i, v in enumerate(x.values()))
            if type(x) is dict:
                return "{" + items + "}"
            constants.append(_of_kind(x))
            return f"k[{len(constants) - 1}]({{{items}}})"
        if x is None:
            return "None"
        if isinstance(x, tuple | list):
            inside = "".join(text(v) + ", " for v in x)
            if type(x) in (tuple, list):
                return f"({inside})" if isinstance(x, tuple) else f"[{inside}]"
            constants.append(type(x))
            return f"k[{len(constants) - 1}]({inside if hasattr(x, '_fields') else f'({inside})'})"
        if type(x) is Tensor:
            constants.append(Tensor)
            return f"k[{len(constants) - 1}]({next(rest)})"
        return next(rest)

    return text(tree), constants


def _of_kind(x: dict[Any, Any]) -> Callable[[dict[Any, Any]], Any]:
    """A function that makes a dict of the same kind as x, such as an OrderedDict."""
    empty = copy(x)
    empty.clear()

    def made(items: dict[Any, Any]) -> Any:
        found = copy(empty)
        for key, item in items.items():
            found[key] = item
        return found

    return made


def named_leaves(name: str, tree: Any) -> list[tuple[str, Any]]:
    """The leaves of an argument with names: the key alone where it is a word, else ``name_0``."""
    if isinstance(tree, dict):
        pairs = [
            (key if isinstance(key, str) and key.isidentifier() else f"{name}_{i}", v)
            for i, (key, v) in enumerate(tree.items())
        ]
    elif isinstance(tree, tuple) and hasattr(tree, "_fields"):
        pairs = list(zip(tree._fields, tree, strict=True))
    elif isinstance(tree, tuple | list):
        pairs = [(f"{name}_{i}", v) for i, v in enumerate(tree)]
    else:
        return [] if tree is None else [(name, tree)]
    return [leaf for key, child in pairs for leaf in named_leaves(key, child)]


__all__ = [
    "ById",
    "NotPlain",
    "builder",
    "flatten",
    "is_input",
    "mortals",
    "named_leaves",
    "signed",
    "static",
    "tree_text",
]
