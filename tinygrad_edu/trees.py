"""Nested arguments: lists, tuples, named tuples and dicts whose leaves are arrays.

A model's parameters come as `{"W": ..., "b": ...}` or `[(W1, b1), (W2, b2)]`. The readings of the record want a flat
list of arrays. This file goes from one to the other and back; it knows nothing of arrays: whatever is no container is
a leaf, and None is an empty container. Structures are never compared by value, only walked side by side.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from copy import copy
from typing import Any

from .errors import TreeError

Tree = Any
"""An array, or a dict, list or tuple of trees."""


def flatten(tree: Tree) -> tuple[list[Any], Callable[[list[Any]], Tree]]:
    """The leaves of a tree in order, and the function that puts others in their places.

    >>> leaves, rebuild = flatten({"W": 1.0, "layers": [2.0, (3.0,)]})
    >>> leaves
    [1.0, 2.0, 3.0]
    >>> rebuild([10, 20, 30])
    {'W': 10, 'layers': [20, (30,)]}
    """
    if not _is_container(tree):
        return [tree], _first
    if type(tree) in (list, tuple) and not any(map(_is_container, tree)):  # the usual tree, in a third of the time
        return list(tree), type(tree)
    return leaves(tree), lambda others: _refill(tree, iter(others))


def leaves(tree: Tree) -> list[Any]:
    """The leaves of a tree, from left to right.

    >>> leaves([1.0, {"a": 2.0, "b": None}])
    [1.0, 2.0]
    """
    if not _is_container(tree):
        return [tree]
    return [leaf for child in _children(tree) for leaf in leaves(child)]


def tree_map(function: Callable[..., Any], tree: Tree, *rest: Tree) -> Tree:
    """Apply a function to every leaf, and to the leaves at the same place in the other trees.

    Raises
    ------
    TreeError
        If another tree has not the structure of the first.

    >>> tree_map(lambda w, g: w - 0.1 * g, {"w": 1.0, "b": 2.0}, {"w": 4.0, "b": -1.0})
    {'w': 0.6, 'b': 2.1}
    """
    found, rebuild = flatten(tree)
    columns = [leaves_like(tree, other) for other in rest]
    return rebuild([function(*row) for row in zip(found, *columns, strict=True)])


def leaves_like(tree: Tree, other: Tree, name: str = "the tree") -> list[Any]:
    """The parts of `other` that stand where `tree` has its leaves.

    Raises
    ------
    TreeError
        If the containers differ in kind, in length or in their keys; the message names the place, within `name`.
    """
    return list(_walk_beside(tree, other, name))


_CONTAINERS = (dict, list, tuple)


def _is_container(tree: Tree) -> bool:
    return tree is None or isinstance(tree, _CONTAINERS)


def _children(tree: Tree) -> list[Tree]:
    return [] if tree is None else list(tree.values()) if isinstance(tree, dict) else list(tree)


def _first(others: list[Any]) -> Any:
    return others[0]


def _refill(tree: Tree, others: Iterator[Any]) -> Tree:
    if not _is_container(tree):
        return next(others)
    if tree is None:
        return None
    filled = [_refill(child, others) for child in _children(tree)]
    if isinstance(tree, dict):
        pairs = zip(tree, filled, strict=True)
        return dict(pairs) if type(tree) is dict else _updated(copy(tree), pairs)
    return type(tree)(*filled) if hasattr(tree, "_fields") else type(tree)(filled)


def _updated(tree: dict[Any, Any], pairs: Iterable[tuple[Any, Any]]) -> dict[Any, Any]:
    """A dict of a kind of its own, such as an OrderedDict, with other values."""
    for key, value in pairs:
        tree[key] = value
    return tree


def _walk_beside(tree: Tree, other: Tree, place: str) -> Iterator[Any]:
    if not _is_container(tree):
        yield other
    elif tree is None or isinstance(tree, dict) != isinstance(other, dict) or not _is_container(other):
        if other is not tree:
            raise TreeError(f"{place} should be {_describe(tree)}, but is {_describe(other)}")
    elif len(tree) != (0 if other is None else len(other)) or (isinstance(tree, dict) and tree.keys() != other.keys()):
        raise TreeError(f"{place} should be {_describe(tree)}, but is {_describe(other)}")
    else:
        for key in tree if isinstance(tree, dict) else range(len(tree)):
            yield from _walk_beside(tree[key], other[key], f"{place}[{key!r}]")


def _describe(tree: Tree) -> str:
    if isinstance(tree, dict):
        return f"a dict with keys {sorted(map(str, tree))}"
    if tree is None or not _is_container(tree):
        return "None" if tree is None else f"a leaf ({type(tree).__name__})"
    return f"a {type(tree).__name__} of {len(tree)}"
