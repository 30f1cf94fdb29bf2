"""Every path from the result to a source: the gradient is the sum of what flows along them.

Their number doubles wherever a value is used twice, which is why nobody computes gradients so: the backward pass adds
up where paths meet, and visits every edge once.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from ..errors import GradientError
from ..graph import SELECT, Node
from ..modes import pullback
from ..modes.reverse import fitted
from ..tensor import Tensor, source
from .recording import described, shape_of
from .steps import Step

if TYPE_CHECKING:
    from .explanation import Explanation


@dataclass(frozen=True)
class Path:
    """One way from the result to a source.

    Attributes
    ----------
    names : tuple of str
        The values on it, the result first.
    locals : tuple of (array or None)
        The local derivative of each edge, where it goes by elements.
    product : array
        What the result's gradient becomes on this way alone.
    """

    names: tuple[str, ...]
    locals: tuple[Any, ...]
    product: Any

    def __str__(self) -> str:
        factors = " * ".join("?" if v is None else described(v) for v in self.locals)
        return f"{' -> '.join(self.names)}: {factors} = {described(self.product)}"


@dataclass(frozen=True)
class Paths:
    """All ways from the result to a source.

    Attributes
    ----------
    count : int
        How many there are.
    edges : int
        How many edges they are made of: so many steps does the backward pass take.
    paths : list of Path
        Empty if there are more than `limit`.
    total : array
        The sum of their products, which is the gradient.
    """

    name: str
    count: int
    edges: int
    paths: list[Path]
    total: Any

    def __str__(self) -> str:
        if not self.paths and self.count:
            return (
                f"{self.name}: {self.count:,} paths over {self.edges:,} edges, too many to list. Their number doubles "
                f"wherever a value is used twice; the backward pass takes {self.edges:,} steps, because it adds up "
                "where paths meet"
            )
        told = "\n".join(f"  {path}" for path in self.paths)
        return f"{self.name}: {self.count} paths\n{told}\n  sum = {described(self.total)}"


def find_paths(ex: Explanation, name: str, limit: int) -> Paths:
    """Every path from the result to the value called `name`."""
    if name not in ex.values:
        raise GradientError(f"paths: there is no value called {name!r}. Expected one of {', '.join(ex.values)}")
    steps = [step for step in ex.steps if step.kind not in ("broadcast", "real")]
    into: dict[str, list[Step]] = {}
    for step in steps:
        into.setdefault(step.target, []).append(step)
    count = {ex.result: 1}
    for line in reversed(ex.lines):
        count.setdefault(line.name, sum(count.get(s.source, 0) for s in into.get(line.name, ())))
    for target in ex.sources:
        count[target] = sum(count.get(s.source, 0) for s in into.get(target, ()))
    edges = _edges_before(name, into)
    n = count[name] if name != ex.result else 1
    found = list(_walked(ex, name, into)) if n <= limit else []
    return Paths(name, n, edges, found, ex.gradients.get(name))


def _edges_before(name: str, into: dict[str, list[Step]]) -> int:
    seen, stack, edges = {name}, [name], 0
    while stack:
        for step in into.get(stack.pop(), ()):
            edges += 1
            if step.source not in seen:
                seen.add(step.source)
                stack.append(step.source)
    return edges


def _walked(ex: Explanation, name: str, into: dict[str, list[Step]]) -> Iterator[Path]:
    stack: list[tuple[str, tuple[Step, ...]]] = [(name, ())]
    while stack:
        here, taken = stack.pop()
        if here == ex.result:
            yield _path(ex, taken, here)
        for step in reversed(into.get(here, ())):
            stack.append((step.source, (step, *taken)))


def _path(ex: Explanation, steps: tuple[Step, ...], start: str) -> Path:
    g: Any = ex.seed
    for step in steps:
        g = alone(step.node, step.slot, g)
    return Path((start, *(step.target for step in steps)), tuple(step.local for step in steps), g)


def alone(node: Node, slot: int, g: Any) -> Any:
    """What a line sends back to one of its arguments, whatever else it sends."""
    if node.op is SELECT:
        parent = node.parents[0]
        assert parent is not None
        return [g if i == node.params["index"] else None for i in range(len(parent.value))]
    op = node.op
    assert op is not None
    y = node.value
    if isinstance(g, list):
        g = [np.zeros_like(v) if slot is None else slot for slot, v in zip(g, y, strict=True)]
    with np.errstate(all="ignore"):
        if isinstance(op.vjps, tuple):
            c = op.vjps[slot](g, y, *node.args, **node.params)
        elif callable(op.vjps):
            c = list(op.vjps(g, y, *node.args, **node.params))[slot]
        else:
            c = op.vjps[slot](g, y, *node.args, **node.params)
    return fitted(np.asarray(c)[()] if not hasattr(c, "shape") else c, node.args[slot])


@dataclass(frozen=True)
class Terms:
    """One contribution to one element of a gradient, as a sum of products of numbers.

    Attributes
    ----------
    step : Step
        Where the contribution comes from.
    element : tuple of int
        Which element of the gradient.
    terms : list of (coefficient, incoming, index), or None
        The element is the sum of coefficient * incoming gradient, of the element of the line's value at `index`. None
        for a line with several outputs.
    value : number
        That sum.
    """

    step: Step
    element: tuple[int, ...]
    terms: list[tuple[float, float, tuple[int, ...]]] | None
    value: Any

    def __str__(self) -> str:
        bar, name = f"{self.step.source}_bar", f"{self.step.target}_bar{list(self.element)}"
        if not self.terms:
            return f"{name}: {described(self.value)}{' through ' + str(self.step.line) if self.terms is None else ''}"
        told = " + ".join(f"{c:.6g} * {bar}{list(i) if i else ''}" for c, _, i in self.terms[:8])
        put = " + ".join(f"{c:.6g} * {g:.6g}" for c, g, _ in self.terms[:8])
        more = f" + ... ({len(self.terms)} terms)" if len(self.terms) > 8 else ""
        return f"{name}: {told}{more} = {put}{more} = {described(self.value)}"


def terms_of(ex: Explanation, name: str, element: tuple[int, ...]) -> list[Terms]:
    """An element of a gradient, by the steps that contribute to it.

    What a rule does is linear in the cotangent, so the coefficients are its derivative, which the engine computes.
    """
    found = []
    for step in ex.steps:
        if step.target != name or step.kind not in ("rule", "partial"):
            continue
        if isinstance(step.incoming, list):
            found.append(Terms(step, element, None, step.contribution[element]))
        else:
            g = source(step.incoming)
            c = alone(step.node, step.slot, g)
            if not isinstance(c, Tensor) or c.node is None or g.node is None:
                continue
            seed = np.zeros_like(c.data)
            if seed.shape:
                seed[element] = 1
            else:
                seed = np.ones_like(c.data)
            pulled = pullback([c.node], [seed], [g.node]).get(g.node)
            weights = np.zeros_like(step.incoming) if pulled is None else np.asarray(pulled)
            incoming = np.asarray(step.incoming)
            terms = [(weights[tuple(i)], incoming[tuple(i)], tuple(map(int, i))) for i in np.argwhere(weights != 0)]
            found.append(Terms(step, element, terms, np.asarray(c.data)[element if shape_of(c.data) else ()]))
    return found
