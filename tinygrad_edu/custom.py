"""Rules of one's own for a whole function, and recomputation instead of memory.

Each writes its function down as a single line of the record, of kind "custom". A function with one of the two rules
gets the other from the walks, which transpose it.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from functools import partial, update_wrapper, wraps
from typing import Any

import numpy as np

from .calls import is_inexact
from .errors import ClosureError, GradientError, ShapeError, TreeError
from .graph import Node, Op, boundary, is_recording, recording
from .modes import pullback, pushforward
from .runs import as_number, data_of
from .tensor import Tensor, handles, record, source
from .trees import Tree, flatten, leaves, leaves_like, tree_map

Function = Callable[..., Any]


class _Custom:
    """A function of trees as one line of the record; which rule the line has, subclasses say."""

    def __init__(self, function: Function) -> None:
        self.function = function
        self.name = _name(function)
        update_wrapper(self, function)

    def __call__(self, *args: Tree, **kwargs: Tree) -> Tree:
        if kwargs:  # the rules take their arguments by position
            bound = inspect.signature(self.function).bind(*args, **kwargs)
            bound.apply_defaults()
            args = bound.args
        flat, rebuild = flatten(args)
        if not is_recording() or not any(map(_is_traced, flat)):
            return self.function(*args)
        result, rule = self.evaluate(tree_map(data_of, args), rebuild)
        values, refill = flatten(result)
        if any(map(_is_traced, values)):
            raise ClosureError(
                f"{self.name} has a custom rule, but uses a traced Tensor that is none of its arguments, whose "
                "gradient would be lost. Pass it as an argument"
            )
        for y in values:
            if not isinstance(y, int | float | complex) and not hasattr(y, "dtype"):
                raise GradientError(f"{self.name}: its rule made a {type(y).__name__} for a value. Expected arrays")
        again = lambda *xs: flatten(self.function(*rebuild(list(xs))))[0]
        return _one_line(self.name, flat, [data_of(y) for y in values], refill, **rule, again=again)

    def __get__(self, instance: Any, owner: Any = None) -> Function:
        """Called as a method, with the instance for the first argument."""
        return self if instance is None else partial(self, instance)

    def evaluate(self, args: Tree, rebuild: Callable[[list[Any]], Tree]) -> tuple[Tree, dict[str, Any]]:
        """The result on plain arrays, and the rule, ``{"vjps": ...}`` or ``{"jvps": ...}``."""
        raise NotImplementedError


def _name(f: Any) -> str:
    return getattr(f, "__name__", type(f).__name__)


def _is_traced(x: Any) -> bool:
    return type(x) is Tensor and x.node is not None


def _one_line(
    name: str,
    args: list[Any],
    values: list[Any],
    refill: Function,
    vjps: Any = None,
    jvps: Any = None,
    again: Function | None = None,
) -> Tree:
    """Values that were computed elsewhere, written down as one line with its own rules.

    `again` computes the list of values once more, for whoever doubts the rules; without it the line is a constant.
    """
    values = [as_number(y) for y in values]
    op = Op(lambda *xs: values[0] if len(values) == 1 else values, vjps, jvps, "custom", name, 0)
    found = record(op, args, {})
    if again is not None:
        op.function = lambda *xs: again(*xs)[0] if len(values) == 1 else again(*xs)
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

    >>> import tinygrad_edu as tg
    >>> @tg.custom_vjp
    ... def clipped_gradient(x):
    ...     return x
    >>> clipped_gradient.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1, 1),))
    >>> print(tg.grad(lambda x: 100 * clipped_gradient(x))(3.0))
    1.0
    """

    def defvjp(self, forward: Function, backward: Callable[[Any, Any], tuple[Tree, ...]]) -> None:
        """Give the rule: `forward` to the value and the residuals, `backward` to the cotangents."""
        self.forward, self.backward = forward, backward

    def evaluate(self, args, rebuild):
        if not hasattr(self, "forward"):
            raise GradientError(f"{self.name}: custom_vjp without a rule. Give one with .defvjp(forward, backward)")
        value, residuals = _pair(self.forward(*args), self.name, "forward rule", "(value, residuals)")
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
        found += [None] * len(leaves(arg)) if g is None else leaves_like(arg, g, f"{name}: the cotangent")
    return [g if g is None or hasattr(g, "dtype") else np.asarray(g) for g in found]


def _pair(result: Any, name: str, what: str, expected: str) -> tuple[Any, Any]:
    if not isinstance(result, tuple) or len(result) != 2:
        raise TreeError(f"{name}: its {what} should return {expected}, but returned {type(result).__name__}")
    return result


class custom_jvp(_Custom):
    """A function whose forward rule you write yourself; reverse mode transposes it.

    Used as a decorator; then ``f.defjvp(rule)`` gives ``rule(primals, tangents) -> (value, tangent)``, written in NumPy
    and linear in the tangents.

    >>> import tinygrad_edu as tg
    >>> @tg.custom_jvp
    ... def softplus(x):
    ...     return np.logaddexp(x, 0)
    >>> softplus.defjvp(lambda primals, tangents: (softplus(*primals), tangents[0] / (1 + np.exp(-primals[0]))))
    >>> print(tg.grad(softplus)(0.0))
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
            result = self.rule(rebuild(list(flat)), rebuild(full))
            tangent = _pair(result, self.name, "rule", "(value, tangent)")[1]
            found = [as_number(t) for t in leaves_like(value, tangent, f"{self.name}: the tangent")]
            for t, v in zip(found, leaves(value), strict=True):
                if np.shape(t) != np.shape(v):
                    raise ShapeError(f"{self.name}: its tangent has shape {np.shape(t)}. Expected {np.shape(v)}")
            return found if isinstance(y, list) else found[0]

        value = self.function(*args)
        return value, {"jvps": rule}


def checkpoint(f: Function) -> Function:
    """The same function, which keeps only its arguments and is computed again when its derivative is asked for.

    Saves memory for time: the record of f's inside lives only during its own part of the pass. Traced Tensors that f
    uses without being given them are found, and get their gradients too.

    References
    ----------
    A. Griewank, "Achieving logarithmic growth of temporal and spatial complexity in reverse automatic differentiation",
    Optimization Methods and Software 1 (1992).

    >>> import tinygrad_edu as tg
    >>> block = tg.checkpoint(lambda x: np.tanh(np.sin(x) ** 2))
    >>> print(f"{tg.grad(block)(1.0):.6f}")
    0.571539
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
        values = [data_of(y) for y in outputs]
        if not closed and not any(map(_is_traced, flat)):
            return refill(values)
        given = [*flat, *(handles(n.value, n) for n in closed)]
        segment = _Segment(again, len(flat), closed)
        return _one_line(_name(f), given, values, refill, vjps=segment.vjp, jvps=segment.jvp)

    return recomputed


class _Segment:
    """The rules of a checkpointed function: run it again, and read the fresh record."""

    def __init__(self, again: Function, arity: int, closed: list[Node]) -> None:
        self.again, self.arity, self.closed = again, arity, closed

    def run(self, xs: Sequence[Any]) -> tuple[list[Any], list[Node | None]]:
        inputs = [source(x) if is_inexact(x) else x for x in xs[: self.arity]]
        with recording():
            outputs, _ = self.again(*inputs)
        return outputs, [x.node if type(x) is Tensor else None for x in inputs] + self.closed

    def vjp(self, g, y, *xs):
        outputs, targets = self.run(xs)
        gs = g if isinstance(g, list) else [g]
        pairs = [(out.node, c) for out, c in zip(outputs, gs, strict=True) if _is_traced(out)]
        nodes = [n for n in targets if n is not None]
        found = pullback([n for n, _ in pairs], [c for _, c in pairs], nodes, create_graph=any(map(_is_traced, xs)))
        return [None if n is None else found.get(n) for n in targets]

    def jvp(self, tangents, y, *xs):
        outputs, targets = self.run(xs)
        pairs = [(n, t) for n, t in zip(targets, tangents, strict=True) if n is not None]
        roots = [out.node for out in outputs if _is_traced(out)]
        found = pushforward(roots, [t for _, t in pairs], [n for n, _ in pairs], create_graph=any(map(_is_traced, xs)))
        result = [
            found[out.node] if _is_traced(out) and out.node in found else np.zeros_like(data_of(out)) for out in outputs
        ]
        return result if isinstance(y, list) else result[0]
