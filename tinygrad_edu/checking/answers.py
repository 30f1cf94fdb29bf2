"""What a vjp from anywhere returned, as one array for each argument that moves.

Gradients come as a tuple, a list, a tree like the arguments, arrays of another library, lists of numbers; with None, or
nothing at all, for what has no derivative. What cannot be told apart here is an error, whose words name the shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..calls import is_inexact
from ..errors import ShapeError, TreeError
from ..trees import Tree, leaves, leaves_like


def moves(x: Any) -> bool:
    """True for what has a derivative: floats and arrays of them."""
    return is_inexact(x) or type(x) in (float, complex)


def moving(found: Sequence[Any]) -> list[int]:
    """Which leaves have a derivative: the floats; the integers, if there are no floats."""
    return [i for i, x in enumerate(found) if moves(x)] or [i for i, x in enumerate(found) if _is_integer(x)]


def _is_integer(x: Any) -> bool:
    return type(x) is int or (isinstance(x, np.ndarray | np.integer) and x.dtype.kind in "iu")


def gradients_of(result: Any, args: Sequence[Tree], found: Sequence[Any]) -> list[Any]:
    """The gradients in what a vjp returned.

    Parameters
    ----------
    args : sequence of trees
        The arguments.
    found : sequence
        Their leaves.

    Raises
    ------
    TreeError
        If there are not as many as arguments.
    ShapeError
        If one has not the shape of its argument.
    """
    if callable(result):
        raise TreeError("check_vjp: the vjp returned a function. Expected vjp(cotangent, *args) to return gradients")
    wanted = [found[i] for i in moving(found)]
    given = _beside(result, args, found)
    if len(given) != len(wanted):
        raise TreeError(f"check_vjp: the vjp returned {len(given)} gradients. Expected {len(wanted)}, one per argument")
    return [_shaped(g, x) for g, x in zip(given, wanted, strict=True)]


def _beside(result: Any, args: Sequence[Tree], found: Sequence[Any]) -> list[Any]:
    """The gradients of what moves, or all there are if they do not lie as the arguments do."""
    if len(args) == 1 and (_is_for(result, args[0]) or not (isinstance(result, tuple | list) and len(result) == 1)):
        result = (result,)
    try:
        given = leaves_like(tuple(args), tuple(result) if isinstance(result, tuple | list) else (result,))
    except TreeError:  # not for each an entry: then for each that moves, in order
        given = [g for tree in (result if isinstance(result, tuple | list) else (result,)) for g in leaves(tree)]
        if len(given) != len(found):
            return given
    return [given[i] for i in moving(found)]


def _is_for(result: Any, arg: Tree) -> bool:
    """True if a list of one thing is the gradient of an array of one element, and no list of gradients."""
    try:
        return moves(arg) and np.shape(result) == np.shape(arg)
    except ValueError:
        return False


def _shaped(g: Any, x: Any) -> Any:
    """One gradient as an array of the shape of its argument; zeros for None."""
    try:
        g = np.zeros(np.shape(x)) if g is None else np.asarray(g)
        g = g if is_inexact(g) else g.astype(float)
    except (ValueError, TypeError):
        kind = type(g).__name__
        raise TreeError(f"check_vjp: a gradient is {kind}, which is no array of numbers. Expected one") from None
    if g.shape != np.shape(x):
        extra = g.ndim - np.ndim(x)
        stretched = [a for a, n in enumerate(g.shape) if a < extra or np.shape(x)[a - extra] != n]
        hint = f". Is the sum over the broadcast axis {stretched[0]} missing?" if extra >= 0 and stretched else ""
        wanted = f"Expected {np.shape(x)}, as its argument has{hint}"
        raise ShapeError(f"check_vjp: a gradient has shape {g.shape}. {wanted}")
    return g
