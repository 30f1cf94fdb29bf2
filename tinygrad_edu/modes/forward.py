"""Forward mode: the record read from left to right, with tangents.

Each line adds up what its arguments' tangents do to its value. It is `reverse.py` in a mirror: where the pullback sums
a stretched axis, the pushforward stretches the tangent.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from operator import add
from typing import Any

import numpy as np

from ..errors import NoRuleError
from ..graph import SELECT, Node, history, is_recording, recording, watching, witnessing
from ..tensor import Tensor, handles, source
from .careful import needs_care, poisoned, unwrapped, wrapped
from .reverse import misfit, pullback, stands_alone, traced_arguments


@np.errstate(all="ignore")
def pushforward(
    roots: Sequence[Node], tangents: Sequence[Any], sources: Sequence[Node], create_graph: bool | None = None
) -> dict[Node, Any]:
    """Carry tangents of the sources to the roots: ẏ = (∂y/∂x) ẋ.

    Returns
    -------
    dict of Node to array
        The tangent of each root that depends on a source. The pass is recorded as in `pullback`.
    """
    lines, wanted, strangers = history(roots, sources)
    if (witness := watching()) is not None:
        witness.begins(lines)
    seeds = {node: t for node, t in zip(sources, tangents, strict=True) if t is not None}
    recorded = bool(strangers if create_graph is None else create_graph) and bool(is_recording())
    found = _walk(lines, wanted, dict(seeds), set(roots), recorded, careful=False)
    if needs_care(found.values(), roots, lines):
        found = _walk(lines, wanted, dict(seeds), set(roots), recorded, careful=True)
        if any(node.op.asks for node in lines if node.op) and any(_has_nan(t) for t in found.values()):
            found = _by_two_passes(list(found), seeds, recorded)
    if witness is not None:

        def walk(into: dict[Node, Any], careful: bool) -> None:
            into.update(seeds)
            _walk(lines, wanted, into, set(roots), recorded, careful)

        witness.passed(lines, roots, found.values(), walk)
    return found


def _has_nan(t: Any) -> bool:
    t = t.data if type(t) is Tensor else t
    return isinstance(t, np.ndarray | np.generic) and bool(np.isnan(t).any())


def _by_two_passes(roots: list[Node], seeds: dict[Node, Any], recorded: bool) -> dict[Node, Any]:
    """The tangents by transposing the pullback, for lines whose rules ask what follows: forward mode cannot tell them.

    The pullback c ↦ x̄ is linear, so where it is recorded does not matter; but not at 0, which a rule may take for the
    cotangent of something that vanishes.
    """
    with recording(), witnessing(None):
        starts = [source(np.cos(np.arange(1.0, r.value.size + 1)).reshape(r.value.shape).astype(r.value.dtype))
                  for r in roots]  # fmt: skip
        pulled = pullback(roots, starts, list(seeds), create_graph=True)
        pairs = [(g.node, seeds[n]) for n, g in pulled.items() if type(g) is Tensor and g.node is not None]
        nodes: list[Any] = [c.node for c in starts]
        found = pullback([g for g, _ in pairs], [t for _, t in pairs], nodes, create_graph=recorded) if pairs else {}
    return {r: found.get(n, np.zeros_like(r.value)) for r, n in zip(roots, nodes, strict=True)}


def _walk(lines, wanted, tangents, roots, recorded, careful):
    if careful:
        tangents.update({node: wrapped(t, linear=True) for node, t in tangents.items()})
    for node in reversed(lines):
        if node not in wanted or not node.parents:
            continue
        if node.op is SELECT:
            several = tangents.get(node.parents[0])
            if several is not None:
                tangents[node] = several[node.params["index"]]
            continue
        args, y = node.args, node.value
        if recorded:
            args, y = traced_arguments(node), handles(y, node)
        given = [tangents.get(p) for p in node.parents]
        if not careful:
            t = _tangent(node, given, args, y)
        elif stands_alone(node, node.op.jvps):
            t = wrapped(_tangent(node, [unwrapped(t) for t in given], args, y), linear=True)
        else:
            t = _tangent(node, [None if t is None else poisoned(node, t) for t in given], wrapped(args), wrapped(y))
        if t is not None:
            tangents[node] = t
    return {node: unwrapped(tangents[node]) for node in roots if node in tangents}


def _tangent(node: Node, given: list[Any], args: Sequence[Any], y: Any) -> Any:
    """Σᵢ ∂f/∂xᵢ ẋᵢ for one line, or None if no tangent arrives."""
    rules, params = node.op.jvps, node.params  # type: ignore[union-attr]
    if all(t is None for t in given):
        return None
    if rules is None or callable(rules):
        full = [_zeros(x) if t is None else t for t, x in zip(given, args, strict=True)]
        t = _transposed(node, full, args, y) if rules is None else rules(full, y, *args, **params)
        return _checked(t, node)
    terms = [
        _checked(rule(t, y, *args, **params), node)
        for t, rule in zip(given, rules)  # noqa: B905 - `Every` goes on for ever
        if t is not None and rule is not None
    ]
    return reduce(_plus, terms) if terms else None


def _zeros(x: Any) -> Any:
    if isinstance(x, int | float | complex):
        return np.zeros_like(x)[()]
    return np.zeros_like(x) if hasattr(x, "dtype") else None


def _plus(t: Any, u: Any) -> Any:
    return [a + b for a, b in zip(t, u, strict=True)] if isinstance(t, list | tuple) else add(t, u)


def _checked(t: Any, node: Node) -> Any:
    try:
        return _fitted(t, node.value)
    except (AttributeError, TypeError, ValueError):
        raise misfit(node, "the tangent of its result", t, node.value) from None


def _fitted(t: Any, y: Any) -> Any:
    """A tangent in the shape and dtype of its value."""
    if isinstance(y, list | tuple):
        return [_fitted(a, b) for a, b in zip(t, y, strict=True)]
    if t.shape != y.shape:
        t = np.broadcast_to(t, y.shape)
    if t.dtype != y.dtype:
        t = (np.real(t) if t.dtype.kind == "c" and y.dtype.kind != "c" else t).astype(y.dtype)
    return t


def _transposed(node: Node, tangents: list[Any], args: Sequence[Any], y: Any) -> Any:
    """The tangent of a line with vjps only: record the linear map g ↦ vjp(g) at zero, and pull ẋ back through it."""
    op, several = node.op, isinstance(y, list | tuple)
    assert op is not None
    if op.vjps is None:
        raise NoRuleError(f"{op.name} has no rule for forward mode, nor one for reverse mode to transpose")
    with recording():
        seeds = [source(np.zeros_like(v)) for v in (y if several else [y])]
        g = seeds if several else seeds[0]
        if callable(op.vjps):
            cotangents = op.vjps(g, y, *args, **node.params)
        else:
            cotangents = [rule and rule(g, y, *args, **node.params) for _, rule in zip(args, op.vjps)]  # noqa: B905 - as above
    pairs = [
        (c.node, t) for c, t in zip(cotangents, tangents, strict=False) if type(c) is Tensor and c.node is not None
    ]
    nodes: list[Any] = [s.node for s in seeds]
    found = pullback([c for c, _ in pairs], [t for _, t in pairs], nodes) if pairs else {}
    result = [found.get(n, np.zeros_like(v)) for n, v in zip(nodes, y if several else [y], strict=True)]
    return result if several else result[0]
