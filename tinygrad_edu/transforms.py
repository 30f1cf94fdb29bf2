"""Functions that take a function and return its derivative.

Each one runs the function once on fresh sources, which records it, and then reads the record in one direction or both.
Arguments and results may be nested lists, tuples and dicts of arrays. They nest in any order and mix of modes: an inner
transform sees from the record whether someone outside differentiates too, and then records its own pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import wraps
from typing import Any

import numpy as np

from .errors import GradientError
from .runs import (
    Run,
    chosen_arguments,
    complex_seed,
    fitting_leaves,
    refuse_bare,
    refuse_uncallable,
    refuse_unholomorphic,
    refuse_words,
    released,
    scalar_seed,
)
from .tensor import Tensor
from .trees import Tree, tree_map

Function = Callable[..., Any]


# --- reverse mode -----------------------------------------------------------------------------------------------------


def vjp(f: Function, *primals: Tree) -> tuple[Tree, Callable[[Tree], tuple[Tree, ...]]]:
    """The value of f, and its pullback: ȳ ↦ (∂f/∂x)ᵀ ȳ.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy.
    *primals : trees of arrays
        Where to differentiate.

    Returns
    -------
    value : tree
        f(*primals).
    pullback : callable
        Takes a cotangent like the value; returns a tuple with one cotangent like each primal. May be called often.

    Raises
    ------
    DtypeError, TreeError
        If a primal holds integers, or things that are no numbers.
    ShapeError
        From the pullback, if the cotangent does not fit the value.

    Notes
    -----
    For complex numbers this is the transpose, without conjugation; `grad` conjugates.

    >>> value, pull = vjp(lambda x: np.sin(x), np.array([0.0, np.pi]))
    >>> pull(np.array([1.0, 1.0]))
    (array([ 1., -1.]),)
    """
    refuse_uncallable("vjp", f, ", x)")
    run = Run("vjp", f, primals)
    refuse_words(run)

    def pull(cotangent: Tree) -> tuple[Tree, ...]:
        return tuple(
            run.like_primals(run.pull(fitting_leaves(run.rebuild(run.outputs), cotangent, "vjp: the cotangent")))
        )

    return run.own_value(), pull


def value_and_grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The function that returns (f(*args), its gradient): one run of f and one pass backward.

    Parameters
    ----------
    f : callable
        Returns one real number; with `has_aux` a pair of it and anything else.
    argnums : int or sequence of int
        With respect to which positional arguments; the gradient is then a tree like that argument, or a tuple of them.
    has_aux : bool
        f returns ``(loss, aux)``; the result is then ``((loss, aux), gradient)``.

    Returns
    -------
    callable
        Takes the arguments of f. Each gradient has its primal's shape and dtype. For complex arguments it is
        conjugated, so that it points in the direction of steepest ascent.

    Raises
    ------
    GradientError
        If f does not return one real number.
    DtypeError, TreeError
        If an argument to be differentiated holds integers, or things that are no numbers.

    >>> loss = lambda w, x, y: np.mean((x @ w - y) ** 2)
    >>> value, g = value_and_grad(loss)(np.zeros(1), np.array([[1.0], [2.0]]), np.array([2.0, 3.0]))
    >>> float(value), g
    (6.5, array([-8.]))
    """

    refuse_uncallable("grad", f)

    @wraps(f)
    def differentiated(*args: Tree, **kwargs: Any) -> Any:
        chosen = chosen_arguments("grad", argnums, len(args))
        aux: list[Tree] = []

        def loss(*some: Tree) -> Any:
            full = list(args)
            for i, x in zip(chosen, some, strict=True):
                full[i] = x
            result = f(*full, **kwargs)
            if has_aux:
                if not isinstance(result, tuple) or len(result) != 2:
                    raise GradientError(
                        f"grad: with has_aux=True the function should return (loss, rest), but returned "
                        f"{type(result).__name__}"
                    )
                result, rest = result
                aux.append(rest)
            return result

        run = Run("grad", loss, [args[i] for i in chosen])
        found = [np.conj(g) if g.dtype.kind == "c" else g for g in run.pull([scalar_seed(run)])]
        gradient = tuple(run.like_primals(found))
        value = run.value()
        if has_aux:
            value = value, tree_map(lambda y: released(y, run.sources), aux[0])
        return value, gradient[0] if np.ndim(argnums) == 0 else gradient

    return differentiated


def grad(f: Function, argnums: int | Sequence[int] = 0, has_aux: bool = False) -> Function:
    """The gradient of a function of arrays that returns one real number: (∂f/∂x₁, ∂f/∂x₂, ...).

    Parameters, errors: as for `value_and_grad`. With `has_aux` the result is ``(gradient, aux)``.

    >>> f = lambda x, y: np.exp(2 * y) * np.sin(x)
    >>> df_dx, df_dy = grad(f, argnums=(0, 1))(0.0, 1.0)
    >>> print(f"{df_dx:.5f} {df_dy:.5f}")
    7.38906 0.00000
    >>> print(grad(grad(np.sin))(np.pi / 2))
    -1.0
    """
    both = value_and_grad(f, argnums, has_aux)

    @wraps(f)
    def gradient(*args: Tree, **kwargs: Any) -> Any:
        value, g = both(*args, **kwargs)
        return (g, value[1]) if has_aux else g

    return gradient


def holomorphic_grad(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The complex derivative f'(z) of a holomorphic function: ∂f/∂z for each element of the arguments.

    Parameters
    ----------
    f : callable
        Takes complex arrays, and returns one complex number.
    argnums : int or sequence of int
        With respect to which positional arguments.

    Returns
    -------
    callable
        Returns f'(z), not conjugated: for one number the limit of (f(z + h) - f(z)) / h, whatever the direction of h.

    Raises
    ------
    DtypeError
        If an argument to be differentiated is real.
    GradientError
        If f does not return one complex number, or is not holomorphic, as conj and abs are not.

    >>> print(holomorphic_grad(lambda z: z * z)(3.0 + 4.0j))
    (6+8j)
    """
    refuse_uncallable("holomorphic_grad", f)

    @wraps(f)
    def derivative(*args: Tree, **kwargs: Any) -> Any:
        chosen = chosen_arguments("holomorphic_grad", argnums, len(args))
        part = lambda *some: f(*[some[chosen.index(i)] if i in chosen else x for i, x in enumerate(args)], **kwargs)
        run = Run("holomorphic_grad", part, [args[i] for i in chosen])
        seed = complex_seed(run)
        refuse_unholomorphic(run)
        found = tuple(run.like_primals(run.pull([seed])))
        return found[0] if np.ndim(argnums) == 0 else found

    return derivative


# --- forward mode -----------------------------------------------------------------------------------------------------


def jvp(f: Function, primals: Sequence[Tree], tangents: Sequence[Tree]) -> tuple[Tree, Tree]:
    """The value of f, and its derivative in a direction: (f(x), (∂f/∂x) ẋ).

    Parameters
    ----------
    primals, tangents : sequences of trees
        The arguments of f, and a direction like each of them.

    >>> value, tangent = jvp(lambda x: x ** 3, (2.0,), (1.0,))
    >>> print(value, tangent)
    8.0 12.0
    """
    refuse_uncallable("jvp", f, ", (x,), (t,))")
    refuse_bare("jvp", primals, "primals")
    refuse_bare("jvp", tangents, "tangents")
    value, push = linearize(f, *primals)
    return value, push(*tangents)


def linearize(f: Function, *primals: Tree) -> tuple[Tree, Callable[..., Tree]]:
    """The value of f, and the linear function that approximates it there: ẋ ↦ (∂f/∂x) ẋ. f runs once.

    >>> value, push = linearize(np.sin, 0.0)
    >>> print(push(1.0), push(2.0))
    1.0 2.0
    """
    refuse_uncallable("linearize", f, ", x)")
    run = Run("jvp", f, list(primals))
    refuse_words(run)

    def push(*tangents: Tree) -> Tree:
        primal_tree = run.like_primals(run.inputs)
        flat = fitting_leaves(primal_tree, list(tangents), "jvp: the tangent")
        return run.rebuild(run.push(flat))

    return run.own_value(), push


def hvp(f: Function, primals: Sequence[Tree], tangents: Sequence[Tree]) -> Tree:
    """The Hessian times a vector, without the Hessian: the gradient's derivative in a direction.

    Parameters
    ----------
    f : callable
        Returns one real number.
    primals, tangents : sequences of trees
        The arguments of f, and a direction like each of them.

    Returns
    -------
    tree, or tuple of trees if f has several arguments
        Like the primals.

    References
    ----------
    B. Pearlmutter, "Fast exact multiplication by the Hessian", Neural Computation 6 (1994).

    >>> hvp(lambda x: np.sum(x ** 3), (np.array([1.0, 2.0]),), (np.array([1.0, 0.0]),))
    array([6., 0.])
    """
    refuse_bare("hvp", primals, "primals")
    refuse_bare("hvp", tangents, "tangents")
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


def stop_gradient(tree: Tree) -> Tree:
    """The same values, held constant: no derivative flows through, in either mode.

    >>> print(grad(lambda x: x * stop_gradient(x))(3.0))
    3.0
    """
    return tree_map(lambda x: x.detach() if type(x) is Tensor else x, tree)
