"""Signatures: which calls share a program.

A call's arguments are a tree. Arrays, floats and random generators are the inputs of a program, and count by shape and
dtype. Everything else (an integer, a flag, a name, None) is static: it counts by value, since it may steer what is
done.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from ..surface import Surface
from ..tensor import Tensor
from ..trees import flatten

Array = np.ndarray


def signed(x: Any, inputs: list[Any]) -> Any:
    """The signature of one argument; what it holds of inputs is appended to the list.

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
        return kind, *[signed(item, inputs) for item in x]
    if kind is dict:
        return dict, tuple(x), *[signed(item, inputs) for item in x.values()]
    if isinstance(x, np.generic):
        inputs.append(x)
        return kind
    if isinstance(x, tuple):
        return kind, *[signed(item, inputs) for item in x]
    if kind is Tensor:
        if x.node is not None:
            raise NotPlain
        inputs.append(x.data)
        return Tensor, signed(x.data, [])
    if isinstance(x, np.random.Generator):
        inputs.append(x)
        return np.random.Generator
    if isinstance(x, Array | Surface) or hasattr(x, "__array_function__"):
        raise NotPlain
    try:
        hash(x)
    except TypeError:
        return kind, ById(x)
    return kind, x


class NotPlain(Exception):
    """The arguments are not plain arrays: the function itself is called."""


class ById:
    """An object that cannot be hashed, which is equal to itself alone; kept, so that its id is not given again."""

    def __init__(self, x: Any) -> None:
        self.x = x

    def __eq__(self, other: object) -> bool:
        return isinstance(other, ById) and other.x is self.x

    def __hash__(self) -> int:
        return id(self.x)


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
            return "{" + items + "}"
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


__all__ = ["ById", "NotPlain", "builder", "flatten", "is_input", "named_leaves", "signed", "tree_text"]
