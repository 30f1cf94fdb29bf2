"""All first or all second derivatives at once: a pullback for every row, or a pushforward for every column."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from .errors import GradientError
from .runs import Run, chosen_arguments, data_of, refuse_uncallable, refuse_unholomorphic, refuse_words
from .transforms import grad
from .trees import Tree

Function = Callable[..., Any]


def jacobian(f: Function, argnums: int | Sequence[int] = 0, mode: str | None = None) -> Function:
    """The matrix of all first derivatives, ∂fᵢ/∂xⱼ.

    Parameters
    ----------
    f : callable
        Any function of arrays.
    argnums : int or sequence of int
        With respect to which arguments.
    mode : {None, "reverse", "forward"}
        Row by row with pullbacks, or column by column with pushforwards; None takes whichever is fewer.

    Returns
    -------
    callable
        Returns, for an array result and an array argument, an array of shape ``f(x).shape + x.shape``.
        For trees: a tree like the result, of trees like the argument.

    Raises
    ------
    GradientError
        If a complex result is not a holomorphic function of the complex arguments: no complex matrix says how it moves.

    Notes
    -----
    If the arguments or the results are complex, so is the matrix J, with df = J dx. For real results of complex
    arguments df = Re(J dx), so that a row of J is the conjugate of the gradient.

    >>> jacobian(lambda x: np.array([1.0, 2.0]) * x ** 2)(np.array([3.0, 5.0]))
    array([[ 6.,  0.],
           [ 0., 20.]])
    """
    if mode not in (None, "reverse", "forward"):
        raise GradientError(f"jacobian: mode={mode!r}. Expected 'reverse', 'forward' or None")

    refuse_uncallable("jacobian", f)

    @wraps(f)
    def differentiated(*args: Tree, **kwargs: Any) -> Tree:
        chosen = chosen_arguments("jacobian", argnums, len(args))
        part = lambda *some: f(*[some[chosen.index(i)] if i in chosen else x for i, x in enumerate(args)], **kwargs)
        run = Run("jacobian", part, [args[i] for i in chosen])
        refuse_words(run)
        refuse_unholomorphic(run)
        rows, columns = sum(map(np.size, run.outputs)), sum(map(np.size, run.inputs))
        by_rows = rows <= columns if mode is None else mode == "reverse"
        rows_of_trees = [run.like_primals(row) for row in (_rows(run) if by_rows else _columns(run))]
        return run.rebuild([row[0] if np.ndim(argnums) == 0 else tuple(row) for row in rows_of_trees])

    return differentiated


def _rows(run: Run) -> list[list[Any]]:
    """blocks[output][input], a pullback for each element of the results."""
    zeros = [np.zeros_like(data_of(y)) for y in run.outputs]
    blocks = []
    for i, y in enumerate(zeros):
        pulled = [run.pull([*zeros[:i], e, *zeros[i + 1 :]]) for e in _basis(y)]
        if y.dtype.kind == "c" and not all(map(np.iscomplexobj, run.inputs)):  # whose cotangents are real parts
            turned = [run.pull([*zeros[:i], e * -1j, *zeros[i + 1 :]]) for e in _basis(y)]
            pulled = [list(map(_whole, *parts)) for parts in zip(pulled, turned, strict=True)]
        columns = zip(_columns_of(pulled, run.inputs), run.inputs, strict=True)
        blocks.append([_stacked(column, x.shape, y.shape, 0, _joint_dtype(x, y)) for column, x in columns])
    return blocks


def _columns(run: Run) -> list[list[Any]]:
    """blocks[output][input], a pushforward for each element of the arguments."""
    zeros = [np.zeros_like(x) for x in run.inputs]
    outputs = [data_of(y) for y in run.outputs]
    blocks: list[list[Any]] = [[] for _ in outputs]
    for j, x in enumerate(zeros):
        pushed = [run.push([*zeros[:j], e, *zeros[j + 1 :]]) for e in _basis(x)]
        if x.dtype.kind == "c" and not all(map(np.iscomplexobj, outputs)):  # whose tangents are real parts
            turned = [run.push([*zeros[:j], e * -1j, *zeros[j + 1 :]]) for e in _basis(x)]
            pushed = [list(map(_whole, *parts)) for parts in zip(pushed, turned, strict=True)]
        for block, column, y in zip(blocks, _columns_of(pushed, outputs), outputs, strict=True):
            block.append(_stacked(column, np.shape(y), x.shape, -1, _joint_dtype(x, y)))
    return blocks


def _joint_dtype(x: Any, y: Any) -> Any:
    return np.result_type(x.dtype, 0j) if np.iscomplexobj(y) else x.dtype


def _whole(real: Any, imag: Any) -> Any:
    """A complex number from the real part of it and that of -i times it; as it is, if it is complex already."""
    return real if real.dtype.kind == "c" else real + imag * 1j


def _basis(x: Any) -> list[Any]:
    """The arrays like x that are 1 at one place and 0 elsewhere."""
    units = np.eye(x.size, dtype=x.dtype)
    return [unit.reshape(x.shape)[()] for unit in units]


def _columns_of(rows: list[list[Any]], like: list[Any]) -> list[list[Any]]:
    return [[row[k] for row in rows] for k in range(len(like))]


def _stacked(parts: list[Any], shape: tuple[int, ...], grid: tuple[int, ...], axis: int, dtype: Any) -> Any:
    """Arrays of one shape, arranged in a grid that comes before (axis 0) or after (axis -1) their own axes."""
    whole = (*grid, *shape) if axis == 0 else (*shape, *grid)
    if not parts:
        return np.zeros(whole, dtype)
    found = np.reshape(np.stack(parts, axis=axis), whole)
    found = found[()] if type(found) is np.ndarray else found  # a number, as NumPy's own functions return
    return found if found.dtype == dtype else found.astype(dtype)


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The matrix of all second derivatives, ∂²f/∂xᵢ∂xⱼ: the columns of the gradient's Jacobian, forward over reverse.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    return jacobian(grad(f, argnums), argnums, mode="forward")
