"""Functions that take a function and return its derivative.

Each one runs the function once on fresh sources, which records it, and then reads the record in one direction or both.
Arguments and results may be nested lists, tuples and dicts of arrays. They nest in any order and mix of modes: an inner
transform sees from the record whether someone outside differentiates too, and then records its own pass.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import update_wrapper, wraps
from typing import Any

import numpy as np

from .errors import ClosureError, DtypeError, GradientError, ShapeError, TreeError
from .graph import Node, Op, Tensor, boundary, handles, history, is_recording, record, recording, source
from .modes.forward import pushforward
from .modes.reverse import one_like, pullback
from .trees import Tree, flatten, leaves, leaves_like, tree_map

Function = Callable[..., Any]


# --- recording a function ---------------------------------------------------------------------------------------------


class _Recorded:
    """One run of a function on fresh sources: the record between the arguments and the results."""

    def __init__(self, name: str, function: Callable[..., Tree], primals: Sequence[Tree]) -> None:
        self.name = name
        self.primals = [flatten(tree) for tree in primals]
        values = [_differentiable(x, f"{name}: argument {i}") for i, (xs, _) in enumerate(self.primals) for x in xs]
        with recording():
            inputs = [source(x) for x in values]
            result = function(*self.like_primals(inputs))
        self.inputs: list[Any] = [x.data for x in inputs]
        self.sources: list[Node] = [x.node for x in inputs]  # type: ignore[misc]
        self.outputs, self.rebuild = flatten(result)
        self.nodes = [y.node if type(y) is Tensor else None for y in self.outputs]

    def like_primals(self, flat: Sequence[Any]) -> list[Tree]:
        """Arrays in a flat list, arranged as the primals are."""
        rest = iter(flat)
        return [rebuild([next(rest) for _ in xs]) for xs, rebuild in self.primals]

    def value(self) -> Tree:
        """The results; still traced only if someone outside differentiates."""
        return self.rebuild([_released(y, self.sources) for y in self.outputs])

    def pull(self, cotangents: Sequence[Any]) -> list[Any]:
        """The flat list of cotangents of the sources; zeros for what was not reached."""
        pairs = [(n, g) for n, g in zip(self.nodes, cotangents, strict=True) if n is not None]
        found = pullback([n for n, _ in pairs], [g for _, g in pairs], self.sources) if pairs else {}
        return [found[s] if s in found else np.zeros_like(x) for s, x in zip(self.sources, self.inputs, strict=True)]

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """The flat list of tangents of the results; zeros for what does not depend on the sources."""
        roots = [n for n in self.nodes if n is not None]
        found = pushforward(roots, tangents, self.sources) if roots else {}
        return [found[n] if n in found else np.zeros_like(_data(y)) for n, y in zip(self.nodes, self.outputs, strict=True)]


def _differentiable(x: Any, place: str) -> Any:
    """An array of real or complex numbers; Python's numbers become float64 (or complex128)."""
    if isinstance(x, bool | str | bytes) or not isinstance(x, int | float | complex | np.generic | np.ndarray | Tensor):
        if hasattr(x, "__array_function__"):
            return x
        raise TreeError(
            f"{place} is {type(x).__name__}, which has no derivative. Expected numbers or arrays, alone or in lists, "
            "tuples and dicts; close over everything else: grad(lambda x: f(x, option))"
        )
    if isinstance(x, int):
        return np.float64(x)
    if isinstance(x, float | complex) and not isinstance(x, np.generic):
        return np.asarray(x)[()]
    if x.dtype.kind not in "fc":
        raise DtypeError(
            f"{place} is an array of {x.dtype}, which has no derivative. Expected float or complex numbers. "
            "Convert it first: x.astype(float)"
        )
    return x


def _released(y: Any, sources: Sequence[Node]) -> Any:
    """A plain array, unless y also depends on a traced value that is not one of the sources."""
    if type(y) is not Tensor:
        return y
    strangers = y.node is not None and history([y.node], sources)[2]
    return y if strangers else y.data


def _data(y: Any) -> Any:
    return y.data if type(y) is Tensor else y


def _scalar(run: _Recorded) -> Any:
    """The cotangent 1 for the one real number that a gradient is taken of."""
    if len(run.outputs) != 1 or not hasattr(y := _as_number(run.outputs[0]), "dtype"):
        raise GradientError(
            f"{run.name}: the function returned {len(run.outputs)} values. Expected one number; return the loss alone, or "
            "(loss, rest) with has_aux=True"
        )
    if y.shape != () or y.dtype.kind == "c":
        what = f"an array of shape {y.shape}" if y.shape != () else "a complex number"
        raise GradientError(
            f"{run.name}: a gradient belongs to one real number, but the function returned {what}. Reduce it "
            "(np.sum, np.mean, np.abs), or ask for all derivatives with jacobian"
        )
    return one_like(_data(y))


def _as_number(y: Any) -> Any:
    return np.float64(y) if isinstance(y, int | float) and not isinstance(y, bool) else y


# --- reverse mode -------------------------------------------------------------------------------------------------------


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
    run = _Recorded("vjp", f, primals)

    def pull(cotangent: Tree) -> tuple[Tree, ...]:
        return tuple(run.like_primals(run.pull(_like(run.rebuild(run.outputs), cotangent, "vjp: the cotangent"))))

    return run.value(), pull


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

    @wraps(f)
    def differentiated(*args: Tree, **kwargs: Any) -> Any:
        chosen = _argnums(argnums, len(args))
        aux: list[Tree] = []

        def loss(*some: Tree) -> Any:
            full = list(args)
            for i, x in zip(chosen, some, strict=True):
                full[i] = x
            result = f(*full, **kwargs)
            if has_aux:
                result, rest = result
                aux.append(rest)
            return result

        run = _Recorded("grad", loss, [args[i] for i in chosen])
        found = [np.conj(g) if g.dtype.kind == "c" else g for g in run.pull([_scalar(run)])]
        gradient = tuple(run.like_primals(found))
        value = run.value()
        if has_aux:
            value = value, tree_map(lambda y: _released(y, run.sources), aux[0])
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


def _argnums(argnums: int | Sequence[int], n: int) -> list[int]:
    chosen = [argnums] if isinstance(argnums, int) else list(argnums)
    for i in chosen:
        if not -n <= i < n:
            raise GradientError(f"grad: argnums={argnums} asks for argument {i}, but {n} positional arguments were given")
    return [i % n for i in chosen]


# --- forward mode -------------------------------------------------------------------------------------------------------


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
    value, push = linearize(f, *primals)
    return value, push(*tangents)


def linearize(f: Function, *primals: Tree) -> tuple[Tree, Callable[..., Tree]]:
    """The value of f, and the linear function that approximates it there: ẋ ↦ (∂f/∂x) ẋ. f runs once.

    >>> value, push = linearize(np.sin, 0.0)
    >>> print(push(1.0), push(2.0))
    1.0 2.0
    """
    run = _Recorded("jvp", f, list(primals))

    def push(*tangents: Tree) -> Tree:
        primal_tree = run.like_primals(run.inputs)
        flat = _like(primal_tree, list(tangents), "jvp: the tangent")
        return run.rebuild(run.push(flat))

    return run.value(), push


def _like(tree: Tree, given: Tree, what: str) -> list[Any]:
    """The leaves of a cotangent or tangent, each of the shape and dtype of what it belongs to."""
    pairs = zip(leaves(tree), leaves_like(tree, given), strict=True)
    return [_fitting(_data(y), g, what) for y, g in pairs]


def _fitting(y: Any, g: Any, what: str) -> Any:
    dtype = getattr(y, "dtype", np.dtype(float))
    if not hasattr(g, "__array_function__") or isinstance(g, np.generic):
        g = np.asarray(g)
    if g.dtype.kind not in "fc" and not (g.shape == () and g.dtype.kind == "i"):
        raise DtypeError(f"{what} is of {g.dtype}. Expected numbers like {dtype}; convert it: g.astype({dtype})")
    if g.shape != np.shape(y):
        raise ShapeError(f"{what} has shape {g.shape}. Expected {np.shape(y)}, the shape of what it belongs to")
    if g.dtype != dtype and dtype.kind in "fc":
        g = np.astype(np.real(g) if g.dtype.kind == "c" and dtype.kind == "f" else g, dtype)
    return g


# --- all derivatives at once --------------------------------------------------------------------------------------------


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
        Returns, for an array result and an array argument, an array of shape ``f(x).shape + x.shape``. For trees: a tree
        like the result, of trees like the argument.

    >>> jacobian(lambda x: np.array([1.0, 2.0]) * x ** 2)(np.array([3.0, 5.0]))
    array([[ 6.,  0.],
           [ 0., 20.]])
    """
    if mode not in (None, "reverse", "forward"):
        raise GradientError(f"jacobian: mode={mode!r}. Expected 'reverse', 'forward' or None")

    @wraps(f)
    def differentiated(*args: Tree, **kwargs: Any) -> Tree:
        chosen = _argnums(argnums, len(args))
        part = lambda *some: f(*[some[chosen.index(i)] if i in chosen else x for i, x in enumerate(args)], **kwargs)
        run = _Recorded("jacobian", part, [args[i] for i in chosen])
        rows, columns = sum(map(np.size, run.outputs)), sum(map(np.size, run.inputs))
        by_rows = rows <= columns if mode is None else mode == "reverse"
        rows_of_trees = [run.like_primals(row) for row in (_rows(run) if by_rows else _columns(run))]
        return run.rebuild([row[0] if isinstance(argnums, int) else tuple(row) for row in rows_of_trees])

    return differentiated


def _rows(run: _Recorded) -> list[list[Any]]:
    """blocks[output][input], a pullback for each element of the results."""
    zeros = [np.zeros_like(_data(y)) for y in run.outputs]
    blocks = []
    for i, y in enumerate(zeros):
        pulled = [run.pull([*zeros[:i], e, *zeros[i + 1 :]]) for e in _basis(y)]
        columns = zip(_columns_of(pulled, run.inputs), run.inputs, strict=True)
        blocks.append([_stacked(column, x.shape, y.shape, 0) for column, x in columns])
    return blocks


def _columns(run: _Recorded) -> list[list[Any]]:
    """blocks[output][input], a pushforward for each element of the arguments."""
    zeros = [np.zeros_like(x) for x in run.inputs]
    blocks: list[list[Any]] = [[] for _ in run.outputs]
    for j, x in enumerate(zeros):
        pushed = [run.push([*zeros[:j], e, *zeros[j + 1 :]]) for e in _basis(x)]
        for block, column, y in zip(blocks, _columns_of(pushed, run.outputs), run.outputs, strict=True):
            block.append(_stacked(column, np.shape(_data(y)), x.shape, -1))
    return blocks


def _basis(x: Any) -> list[Any]:
    """The arrays like x that are 1 at one place and 0 elsewhere."""
    units = np.eye(x.size, dtype=x.dtype)
    return [unit.reshape(x.shape)[()] for unit in units]


def _columns_of(rows: list[list[Any]], like: list[Any]) -> list[list[Any]]:
    return [[row[k] for row in rows] for k in range(len(like))]


def _stacked(parts: list[Any], shape: tuple[int, ...], grid: tuple[int, ...], axis: int) -> Any:
    """Arrays of one shape, arranged in a grid that comes before (axis 0) or after (axis -1) their own axes."""
    whole = (*grid, *shape) if axis == 0 else (*shape, *grid)
    return np.reshape(np.stack(parts, axis=axis), whole) if parts else np.zeros(whole)


def hessian(f: Function, argnums: int | Sequence[int] = 0) -> Function:
    """The matrix of all second derivatives, ∂²f/∂xᵢ∂xⱼ: the columns of the gradient's Jacobian, forward over reverse.

    >>> hessian(lambda x: x[0] ** 2 * x[1])(np.array([3.0, 5.0]))
    array([[10.,  6.],
           [ 6.,  0.]])
    """
    return jacobian(grad(f, argnums), argnums, mode="forward")


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
    argnums = 0 if len(primals) == 1 else tuple(range(len(primals)))
    return jvp(grad(f, argnums), primals, tangents)[1]


# --- stopping, recomputing, and rules of one's own ----------------------------------------------------------------------


def stop_gradient(tree: Tree) -> Tree:
    """The same values, held constant: no derivative flows through, in either mode.

    >>> print(grad(lambda x: x * stop_gradient(x))(3.0))
    3.0
    """
    return tree_map(lambda x: x.detach() if type(x) is Tensor else x, tree)


class _Custom:
    """A function of trees as one line of the record; which rule the line has, subclasses say."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.name = getattr(function, "__name__", type(function).__name__)
        update_wrapper(self, function)

    def __call__(self, *args: Tree) -> Tree:
        flat, rebuild = flatten(args)
        if not is_recording() or not any(map(_is_traced, flat)):
            return self.function(*args)
        result, rule = self.evaluate(tree_map(_data, args), rebuild)
        values, refill = flatten(result)
        if any(map(_is_traced, values)):
            raise ClosureError(
                f"{self.name} has a custom rule, but uses a traced Tensor that is none of its arguments, whose gradient "
                "would be lost. Pass it as an argument"
            )
        return _one_line(self.name, flat, [_data(y) for y in values], refill, **rule)

    def evaluate(self, args: Tree, rebuild: Callable[[list[Any]], Tree]) -> tuple[Tree, dict[str, Any]]:
        """The result on plain arrays, and the rule, ``{"vjps": ...}`` or ``{"jvps": ...}``."""
        raise NotImplementedError


def _is_traced(x: Any) -> bool:
    return type(x) is Tensor and x.node is not None


def _one_line(name: str, args: list[Any], values: list[Any], refill: Function, vjps: Any = None, jvps: Any = None) -> Tree:
    """Values that were computed elsewhere, written down as one line with its own rules."""
    values = [_as_number(y) for y in values]
    found = record(Op(lambda *xs: values[0] if len(values) == 1 else values, vjps, jvps, "custom", name, 0), args, {})
    return refill(found if isinstance(found, list) else [found])


class custom_vjp(_Custom):
    """A function whose reverse rule you write yourself; forward mode transposes it.

    Used as a decorator; then ``f.defvjp(forward, backward)`` gives the rule: ``forward(*args)`` returns the value and
    whatever the rule needs (the residuals), ``backward(residuals, g)`` returns a tuple of cotangents, one per argument,
    None for zero. Both are written in NumPy, so the rule can itself be differentiated.

    Raises
    ------
    ClosureError
        If the function uses a traced Tensor that is not one of its arguments.

    >>> @custom_vjp
    ... def clipped_gradient(x):
    ...     return x
    >>> clipped_gradient.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1, 1),))
    >>> print(grad(lambda x: 100 * clipped_gradient(x))(3.0))
    1.0
    """

    def defvjp(self, forward: Function, backward: Callable[[Any, Any], tuple[Tree, ...]]) -> None:
        """Give the rule: `forward` to the value and the residuals, `backward` to the cotangents."""
        self.forward, self.backward = forward, backward

    def evaluate(self, args, rebuild):
        if not hasattr(self, "forward"):
            raise GradientError(f"{self.name}: custom_vjp without a rule. Give one with .defvjp(forward, backward)")
        value, residuals = self.forward(*args)
        refill = flatten(value)[1]

        def rule(g, y, *flat):
            again = rebuild(list(flat))
            kept = self.forward(*again)[1] if any(map(_is_traced, flat)) else residuals  # so that they are traced too
            return _cotangents_like(again, self.backward(kept, refill(g if isinstance(g, list) else [g])), self.name)

        return value, {"vjps": rule}


def _cotangents_like(args: Tree, given: Tree, name: str) -> list[Any]:
    """What a user's rule returned, one for each leaf of the arguments; None stands for zero."""
    if not isinstance(given, tuple) or len(given) != len(args):
        raise TreeError(f"{name}: its rule should return a tuple of {len(args)} cotangents, one for each argument")
    found: list[Any] = []
    for arg, g in zip(args, given, strict=True):
        found += [None] * len(leaves(arg)) if g is None else leaves_like(arg, g)
    return [_as_number(g) for g in found]


class custom_jvp(_Custom):
    """A function whose forward rule you write yourself; reverse mode transposes it.

    Used as a decorator; then ``f.defjvp(rule)`` gives ``rule(primals, tangents) -> (value, tangent)``, written in NumPy
    and linear in the tangents.

    >>> @custom_jvp
    ... def softplus(x):
    ...     return np.logaddexp(x, 0)
    >>> softplus.defjvp(lambda primals, tangents: (softplus(*primals), tangents[0] / (1 + np.exp(-primals[0]))))
    >>> print(grad(softplus)(0.0))
    0.5
    """

    def defjvp(self, rule: Callable[[tuple[Tree, ...], tuple[Tree, ...]], tuple[Tree, Tree]]) -> None:
        """Give the rule, from primals and tangents to value and tangent."""
        self.rule = rule

    def evaluate(self, args, rebuild):
        if not hasattr(self, "rule"):
            raise GradientError(f"{self.name}: custom_jvp without a rule. Give one with .defjvp(rule)")

        def rule(tangents, y, *flat):
            full = [np.zeros_like(x) if t is None else t for t, x in zip(tangents, flat, strict=True)]
            found = leaves(self.rule(rebuild(list(flat)), rebuild(full))[1])
            return found if isinstance(y, list) else found[0]

        return self.function(*args), {"jvps": rule}


def checkpoint(f: Function) -> Function:
    """The same function, which keeps only its arguments and is computed again when its derivative is asked for.

    Saves memory for time: the record of f's inside lives only during its own part of the pass. Traced Tensors that f
    uses without being given them are found, and get their gradients too.

    References
    ----------
    A. Griewank, "Achieving logarithmic growth of temporal and spatial complexity in reverse automatic differentiation",
    Optimization Methods and Software 1 (1992).

    >>> block = checkpoint(lambda x: np.tanh(np.sin(x) ** 2))
    >>> print(f"{grad(block)(1.0):.6f}")
    0.577806
    """

    @wraps(f)
    def recomputed(*args: Tree, **kwargs: Any) -> Tree:
        if not is_recording():
            return f(*args, **kwargs)
        flat, rebuild = flatten(args)
        again = lambda *xs: flatten(f(*rebuild(list(xs)), **kwargs))
        since = source(np.float64(0)).node.serial  # type: ignore[union-attr]
        outputs, refill = again(*[source(x.detach()) if type(x) is Tensor else x for x in flat])
        roots = [y.node for y in outputs if _is_traced(y)]
        closed = [n for n in boundary(roots, since) if n.serial < since]
        values = [_data(y) for y in outputs]
        if not closed and not any(map(_is_traced, flat)):
            return refill(values)
        given = [*flat, *(handles(n.value, n) for n in closed)]
        segment = _Segment(again, len(flat), closed)
        return _one_line(f.__name__, given, values, refill, vjps=segment.vjp, jvps=segment.jvp)

    return recomputed


class _Segment:
    """The rules of a checkpointed function: run it again, and read the fresh record."""

    def __init__(self, again: Function, arity: int, closed: list[Node]) -> None:
        self.again, self.arity, self.closed = again, arity, closed

    def run(self, xs: Sequence[Any]) -> tuple[list[Any], list[Node | None]]:
        inputs = [source(x) if getattr(getattr(x, "dtype", None), "kind", "") in "fc" else x for x in xs[: self.arity]]
        with recording():
            outputs, _ = self.again(*inputs)
        return outputs, [x.node if type(x) is Tensor else None for x in inputs] + self.closed

    def vjp(self, g, y, *xs):
        outputs, targets = self.run(xs)
        gs = g if isinstance(g, list) else [g]
        pairs = [(out.node, c) for out, c in zip(outputs, gs, strict=True) if _is_traced(out)]
        nodes = [n for n in targets if n is not None]
        found = pullback([n for n, _ in pairs], [c for _, c in pairs], nodes, create_graph=any(map(_is_traced, xs)))
        return [found.get(n) for n in targets]

    def jvp(self, tangents, y, *xs):
        outputs, targets = self.run(xs)
        pairs = [(n, t) for n, t in zip(targets, tangents, strict=True) if n is not None]
        roots = [out.node for out in outputs if _is_traced(out)]
        found = pushforward(roots, [t for _, t in pairs], [n for n, _ in pairs], create_graph=any(map(_is_traced, xs)))
        result = [found[out.node] if _is_traced(out) and out.node in found else np.zeros_like(_data(out)) for out in outputs]
        return result if isinstance(y, list) else result[0]
