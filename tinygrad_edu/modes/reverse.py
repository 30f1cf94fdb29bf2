"""Reverse mode: the record read from right to left, with cotangents.

Each line asks its rules what its cotangent means for each argument and adds the answers up where paths meet. That is
all of backpropagation; the rest of this file keeps three promises once for all rules: broadcasting is undone (a
stretched axis is summed), a cotangent has its primal's shape and dtype, and real primals get real cotangents.

Cotangents live in a dict of this pass alone, so passes nest and threads do not meet. If the pass is itself to be
differentiated, the rules get Tensors for arrays, and NumPy's dispatch records what they do. Next: `forward.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import DtypeError, GradientError, NoRuleError, ShapeError
from ..graph import READINGS, SELECT, Node, history, is_recording, recording, watching, witnessing
from ..tensor import Tensor, handles, source
from .careful import needs_care, poisoned, telling, unwrapped, wrapped

Start = tuple[Sequence[Node], Sequence[Any]]
"""The roots of a pass, and what flows back into them."""


@np.errstate(all="ignore")  # a rule may divide by zero where its result is not used
def pullback(
    roots: Sequence[Node],
    cotangents: Sequence[Any],
    sources: Sequence[Node] = (),
    create_graph: bool | None = None,
    read: tuple[list[Node], set[Node], bool] | None = None,
) -> dict[Node, Any]:
    """Carry cotangents of the roots to the sources: x̄ = (∂y/∂x)ᵀ ȳ.

    Parameters
    ----------
    roots, cotangents : sequences of equal length
        Lines of the record, and what flows back into each, of its shape and dtype.
    sources : sequence of Node
        Where to stop; none means at the leaves.
    create_graph : bool, optional
        Record the pass. By default just if the roots also depend on traced values that are not sources:
        then someone outside differentiates too.
    read : optional
        ``history(roots, sources)``, from whoever has read it already.

    Returns
    -------
    dict of Node to array
        The cotangents of the sources that were reached (without sources: of every leaf and watched line).
    """
    lines, wanted, strangers = read or history(roots, sources)
    if (witness := watching()) is not None:
        witness.begins(lines)
    recorded = bool(strangers if create_graph is None else create_graph) and bool(is_recording())
    start = roots, cotangents
    found = _walk(lines, wanted, _seeds(roots, cotangents, wanted), start, recorded, careful=False)
    if needs_care(telling(found, lines), roots, lines):
        found = _walk(lines, wanted, _seeds(roots, cotangents, wanted), start, recorded, careful=True)
    if witness is not None:

        def walk(into: dict[Node, Any], careful: bool) -> None:
            into.update(_seeds(roots, cotangents, wanted))
            _walk(lines, wanted, into, start, recorded, careful)

        witness.passed(lines, roots, found.values(), walk)
    return found


def _seeds(roots: Sequence[Node], cotangents: Sequence[Any], wanted: set[Node]) -> dict[Node, Any]:
    if len(roots) == 1:
        return {roots[0]: cotangents[0]} if roots[0] in wanted else {}
    seeds: dict[Node, Any] = {}
    for root, g in zip(roots, cotangents, strict=True):
        if root in wanted:
            seeds[root] = seeds[root] + g if root in seeds else g
    return seeds


def _walk(
    lines: list[Node], wanted: set[Node], cotangents: dict[Node, Any], start: Start, recorded: bool, careful: bool
) -> dict[Node, Any]:
    unusual = recorded or careful
    if careful:
        cotangents.update({node: wrapped(g, linear=True) for node, g in cotangents.items()})
    owned: set[Node] = set()
    pop = cotangents.pop
    for node in lines:
        g = pop(node, None)
        if g is None:
            continue
        if node.watcher is not None:
            cotangents[node] = g
        op = node.op
        args: Sequence[Any] = node.args
        y = node.value
        params = node.params
        rules = op.vjps  # type: ignore[union-attr]
        together = False
        if unusual or not op.plain:  # type: ignore[union-attr]
            if op is SELECT:
                _into_slot(cotangents, node, g)
                continue
            if op.asks:  # type: ignore[union-attr]
                params = {**params, "follows": _Following(node, g, lines, start, recorded, careful)}
            g, y, args, rules = _prepared(node, g, recorded, careful)
            together = type(rules) is list  # not rules, but the contributions themselves
        if len(args) == 1 and (rule := rules[0]) is not None:  # as below, without the loop: a seventh less time
            parent, x = node.parents[0], node.args[0]
            c = rule if together else rule(g, y, args[0], **params) if params else rule(g, y, args[0])
            try:
                if c.dtype is not x.dtype or c.shape != x.shape:
                    c = fitted(c, x)
            except (AttributeError, ValueError):
                raise misfit(node, "the cotangent of argument 0", c, x) from None
            if parent in cotangents:
                _add(cotangents, owned, parent, c)
            else:
                cotangents[parent] = c
            continue
        i = -1  # counting by hand, and not by zip, takes a fifth off the walk
        for parent in node.parents:
            i += 1
            if parent in wanted and (rule := rules[i]) is not None:
                x = node.args[i]
                if together:
                    c = rule
                elif params or len(args) > 2:
                    c = rule(g, y, *args, **params)
                else:  # without the star, which costs as much as half a small product
                    c = rule(g, y, args[0], args[1])
                try:
                    if c.dtype is not x.dtype or c.shape != x.shape:
                        c = fitted(c, x)
                except (AttributeError, ValueError):
                    raise misfit(node, f"the cotangent of argument {i}", c, x) from None
                if parent in cotangents:
                    _add(cotangents, owned, parent, c)
                else:
                    cotangents[parent] = c
    return {node: unwrapped(g) for node, g in cotangents.items()} if careful else cotangents


class _Following:
    """What a rule may ask about all that was computed from the outputs of its line.

    Attributes
    ----------
    reached : set of int
        The outputs to which something flows back, be it zeros.
    """

    def __init__(
        self, node: Node, g: list[Any], lines: list[Node], start: Start, recorded: bool, careful: bool
    ) -> None:
        self.node, self.lines, self.start, self.recorded, self.careful = node, lines, start, recorded, careful
        self.reached = {i for i, slot in enumerate(g) if slot is not None}

    def __call__(self, c: Any, index: int, times: int = 1) -> list[Any]:
        """How the cotangents of the outputs change if output `index` moves along c: by a pass, and by its own pass."""
        c, outputs = unwrapped(c), [n for n in self.lines if n.op is SELECT and n.parents[0] is self.node]
        c = c.data if type(c) is Tensor else c  # a constant, whatever array it was made after
        with recording(), witnessing(None):
            found = pullback(*self.start, outputs, create_graph=True)
            for left in reversed(range(times)):
                moved = [found[n].node for n in outputs if n.params["index"] == index and type(found.get(n)) is Tensor]
                roots = [g for g in moved if g is not None]
                create_graph = self.recorded or left > 0
                found = pullback(roots, [c] * len(roots), outputs, create_graph=create_graph) if roots else {}
        parts = [[g for n, g in found.items() if n.params["index"] == i] for i in range(len(self.node.value))]
        moves = [sum(g[1:], g[0]) if g else np.zeros_like(y) for g, y in zip(parts, self.node.value, strict=True)]
        return [wrapped(g) for g in moves] if self.careful else moves


def _add(cotangents: dict[Node, Any], owned: set[Node], parent: Node, c: Any) -> None:
    """Where paths meet: the first cotangent is borrowed, the second makes a sum, later ones add to it in place."""
    if parent in owned and type(c) is np.ndarray:
        cotangents[parent] += c
    else:
        cotangents[parent] = total = cotangents[parent] + c
        if type(total) is np.ndarray:
            owned.add(parent)


def _prepared(node: Node, g: Any, recorded: bool, careful: bool) -> tuple[Any, Any, Sequence[Any], Any]:
    """What the rules of a line get: arrays, Tensors if the pass is recorded, wrappings if it is careful."""
    args, y, rules = node.args, node.value, node.op.vjps  # type: ignore[union-attr]
    if type(g) is list:
        g = [np.zeros_like(v) if slot is None else slot for slot, v in zip(g, y, strict=True)]
    if recorded:
        args, y = traced_arguments(node), handles(y, node)
    if careful and stands_alone(node, rules):
        if rules is not None and (found := _tried(rules, node, g, y, args)) is not None:
            return g, y, args, found
        g = unwrapped_all(g)
    elif careful:
        args, y, g = wrapped(args), wrapped(y), poisoned(node, wrapped(g, linear=True))
    return g, y, args, _together(node, rules, g, y, args)


def _together(node: Node, rules: Any, g: Any, y: Any, args: Sequence[Any]) -> Any:
    """The rules of a line; the list of contributions instead, if one function computes them all."""
    if rules is not None and not callable(rules):
        return rules
    return list(transposed(node, args, y)(g) if rules is None else rules(g, y, *args, **node.params))


def stands_alone(node: Node, rules: Any) -> bool:
    """True if the rules of a line are a user's function or a walk of their own: they may want arrays, not wrappings."""
    return node.op is not None and (node.op.kind == "custom" or rules is None)


def _tried(rules: Any, node: Node, g: Any, y: Any, args: Sequence[Any]) -> list[Any] | None:
    """What a user's rule makes of a careful cotangent; None if it wants plain arrays, as code beyond NumPy does."""
    try:
        return list(rules(g, y, *args, **node.params))
    except Exception:
        return None


def unwrapped_all(g: Any) -> Any:
    return [unwrapped(v) for v in g] if isinstance(g, list) else unwrapped(g)


def _into_slot(cotangents: dict[Node, Any], node: Node, g: Any) -> None:
    """Keep the cotangent of one output of several, until all have come."""
    (parent,), index = node.parents, node.params["index"]
    slots = cotangents.setdefault(parent, [None] * len(parent.value))
    slots[index] = g if slots[index] is None else slots[index] + g


def traced_arguments(node: Node) -> tuple[Any, ...]:
    """The arguments of a line as Tensors again, where they were traced."""
    return tuple(x if p is None else handles(x, p) for x, p in zip(node.args, node.parents, strict=True))


def fitted(c: Any, x: Any) -> Any:
    """A cotangent in its primal's shape and dtype: stretched axes summed; for a real primal, the real part."""
    if c.shape != x.shape:
        c = sum_to(c, x.shape)
    if c.dtype != x.dtype:
        c = (np.real(c) if c.dtype.kind == "c" and x.dtype.kind != "c" else c).astype(x.dtype)
    return c


def misfit(node: Node, what: str, given: Any, like: Any) -> ShapeError:
    """The error for a rule that returned what cannot be a cotangent (or tangent) of what it should."""
    kind, expected = (f"shape {x.shape}" if hasattr(x, "shape") else type(x).__name__ for x in (given, like))
    return ShapeError(
        f"{node.op.name}: its rule returned {kind} as {what}. Expected {expected}"  # type: ignore[union-attr]
    )


def sum_to(g: Any, shape: tuple[int, ...]) -> Any:
    """Sum over the axes that broadcasting added or stretched: the transpose of `np.broadcast_to(x, g.shape)`.

    >>> sum_to(np.ones((2, 3)), (3,))
    array([2., 2., 2.])
    >>> sum_to(np.ones((2, 3)), (2, 1))
    array([[3.],
           [3.]])
    """
    if shape == ():
        return g.sum()
    extra = g.ndim - len(shape)
    stretched = [a + extra for a, n in enumerate(shape) if n == 1 and g.shape[a + extra] != 1]
    axes = (*range(extra), *stretched)
    g = np.add.reduce(g, axis=axes) if type(g) is np.ndarray else g.sum(axis=axes)
    return g if g.shape == shape else g.reshape(shape)


def transposed(node: Node, args: Sequence[Any], y: Any) -> Any:
    """The pullback of a line with jvps only: record the linear map t ↦ Σ jvpᵢ(tᵢ) at zero, and pull back."""
    op = node.op
    assert op is not None
    if op.jvps is None:
        raise NoRuleError(f"{op.name} has no rule for reverse mode, nor one for forward mode to transpose")

    def pull(g: Any) -> list[Any]:
        with recording():
            tangents = [
                source(np.zeros_like(x)) if p is not None else None for x, p in zip(args, node.parents, strict=True)
            ]
            result = op.jvps(tangents, y, *args, **node.params)
        nodes: list[Any] = [t.node for t in tangents if t is not None]
        roots = result if isinstance(result, list | tuple) else [result]
        pairs = [
            (r.node, c) for r, c in zip(roots, g if isinstance(g, list) else [g], strict=True) if type(r) is Tensor
        ]
        traced = [(root, c) for root, c in pairs if root is not None]
        _refuse_bent(op.name, roots, nodes)
        found = pullback([root for root, _ in traced], [c for _, c in traced], nodes) if traced else {}
        return [None if t is None else found.get(t.node) for t in tangents]  # type: ignore[arg-type]

    return pull


def _refuse_bent(name: str, results: Sequence[Any], sources: list[Node]) -> None:
    """Raise GradientError for a map that is no linear one: a line of it reads what depends on the sources, or 0 ↦ b."""
    roots = [r.node for r in results if type(r) is Tensor and r.node is not None]
    lines, wanted, _ = history(roots, sources) if roots else ([], set(), False)
    for line in lines:
        read = line.op.places_read([p if p in wanted else None for p in line.parents]) or ()  # type: ignore[union-attr]
        if any(i < 0 or line.parents[i] in wanted for i in read if i < len(line.parents)):
            raise GradientError(
                f"{name}: its forward rule is not linear in the tangents, because of {line.op.name}. "  # type: ignore[union-attr]
                "A tangent may be added, and multiplied with what does not depend on it"
            )
    values = [r.data if type(r) is Tensor else r for r in results if r is not None]
    if any(np.any((v == v) & (v != 0)) for v in values):
        raise GradientError(f"{name}: its forward rule is not linear in the tangents: of zeros it does not make zeros")


def backward(root: Tensor, gradient: Any = None, create_graph: bool = False) -> None:
    """The method `Tensor.backward`: add the gradients to the `.grad` of the leaves."""
    if root.node is None:
        raise GradientError(
            "backward: this Tensor depends on nothing that requires a gradient. "
            "Make its inputs with Tensor(data, requires_grad=True), and compute outside no_grad()"
        )
    seed = _seed(root, gradient)
    if type(seed) is Tensor and not create_graph:
        seed = seed.data
    found = pullback([root.node], [seed], create_graph=create_graph)
    for node, g in found.items():
        if node.watcher is not None and (tensor := node.watcher()) is not None:
            if g.dtype.kind == "c":
                g = np.conj(g)
            if tensor.grad is not None:
                g = g + tensor.grad
            tensor.grad = _recorded(g) if create_graph else _own(g)


def _seed(root: Tensor, gradient: Any) -> Any:
    if gradient is None:
        if root.data.size == 1 and root.dtype.kind == "c":
            raise GradientError(
                "backward: a gradient belongs to one real number, but this Tensor is complex. Take its real part or "
                "its absolute value, or pass the cotangent: y.backward(1.0)"
            )
        if root.data.size != 1:
            raise GradientError(
                f"backward: a gradient belongs to a scalar, but this Tensor has shape {root.shape}. Reduce it first "
                f"(for example .sum()), or pass the cotangent: y.backward(gradient), of shape {root.shape}"
            )
        return one_like(root.data)
    if not hasattr(gradient, "__array_function__"):
        try:
            gradient = np.asarray(gradient, root.dtype)
        except (TypeError, ValueError) as error:
            raise DtypeError(
                f"backward: the cotangent is no array of numbers: {error}. Expected shape {root.shape}"
            ) from None
    if gradient.shape != root.shape:
        raise ShapeError(f"backward: the cotangent has shape {gradient.shape}, but the Tensor has shape {root.shape}")
    if gradient.dtype.kind not in "fc":
        raise DtypeError(f"backward: the cotangent is of {gradient.dtype}. Convert it first: gradient.astype(float)")
    if gradient.dtype.kind == "c" and root.dtype.kind != "c":
        raise DtypeError("backward: a complex cotangent for a real Tensor. Take its real part: gradient.real")
    return np.conj(gradient) if gradient.dtype.kind == "c" else gradient


def one_like(y: Any) -> Any:
    """The cotangent 1, of the kind of array that y is."""
    return y.dtype.type(1) if isinstance(y, np.generic) else np.ones_like(y)


def _own(g: Any) -> Any:
    """An array that nothing else refers to: `.grad` is the user's, to be scaled or clipped in place."""
    if type(g) is np.ndarray:
        return g.copy()
    g = g.data if type(g) is Tensor and g.node is None else g
    return np.array(g) if isinstance(g, _NUMPY) else g


def _recorded(g: Any) -> Tensor:
    """A Tensor also where the pass left an array, because the gradient is a constant."""
    return g if type(g) is Tensor else Tensor(_own(g))


_NUMPY = (np.ndarray, np.generic)

READINGS["backward"] = backward
