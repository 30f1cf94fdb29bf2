"""Which term of a gradient written by hand is missing, if f itself can be recorded.

The gradient of an input is a sum of terms, one for every place of the record that reads it. Each is found by cutting
that place off and pulling back again; if what is wrong is a multiple of one term, that term was forgotten, or has
another sign. Where a term is summed over a broadcast axis, the sums along the other axes are tried.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any
from weakref import ref

import numpy as np

from ..errors import TinygradError
from ..graph import Node, history
from ..modes import pullback
from ..runs import Run
from .mistakes import factors_of, of_factor
from .problems import Problem
from .stencils import Array

MOST = 60
"""Lines of the record that are tried."""


def missing_term(problem: Problem, x: Array, rng: np.random.Generator) -> str:
    """What is wrong with the gradient of a problem, in words; empty if f cannot be recorded, or no term explains it.

    All outputs are looked at together, by random weights: of one of them, a single element may be all there is, which
    is a multiple of any term.
    """
    v = rng.uniform(0.5, 1.5, problem.outputs.size)
    try:
        with np.errstate(all="ignore"):
            wrong = problem.pull(x, v)
            run = Run("check", problem.function, problem.inputs.arrays(x))
            return next(_guesses(problem, run, problem.outputs.arrays(v, conjugate=True), wrong), "")
    except (TinygradError, TypeError, ValueError, AttributeError, ArithmeticError):
        return ""


def _guesses(problem: Problem, run: Run, cotangents: list[Any], wrong: Array) -> Iterator[str]:
    pull = lambda: problem.inputs.vector(run.pull(cotangents), conjugate=True)
    right = pull()

    def pull_without(node: Node, i: int) -> Array:
        whole = node.parents
        node.parents = (*whole[:i], None, *whole[i + 1 :])
        found = pull()
        node.parents = whole
        return found

    lines = history([n for n in run.nodes if n is not None], run.sources)[0][:MOST]
    places = [(node, i) for node in lines for i, parent in enumerate(node.parents) if parent is not None]
    slack, found = 1e-9 * float(np.max(np.abs(right))), []
    for node, i in sorted(places, key=lambda place: not _is_repeated(*place)):
        term = right - pull_without(node, i)
        share = float((wrong - right) @ term) / (float(term @ term) or np.inf)
        alone = not _is_repeated(node, i) and np.allclose(term, right, rtol=1e-6)
        several = np.count_nonzero(np.abs(term) > slack) > 1  # one number is a multiple of any other
        if share and not alone and np.allclose(wrong - right, share * term, rtol=1e-5, atol=slack):
            found.append((_is_round(share), several, node, i, share))
    for is_round, several, node, i, share in sorted(found, key=lambda each: not each[0]):
        if is_round or several:
            yield _told(node, i, share, _owner(problem, right - pull_without(node, i), right))
    yield from _broadcast(problem, run, cotangents, wrong, right, lines)


def _is_round(share: float) -> bool:
    """True for a term that is missing, or has the other sign."""
    return min(abs(share + 1), abs(share + 2)) < 1e-4


def _is_repeated(node: Node, i: int) -> bool:
    return node.parents.count(node.parents[i]) > 1


def _owner(problem: Problem, term: Array, right: Array) -> str:
    """The argument of which a term is all the gradient; empty if it is one of several, or of several arguments."""
    reached = {problem.inputs.leaf(int(i)) for i in np.flatnonzero(term)}
    if len(reached) != 1 or len(problem.inputs.names) == 1:
        return ""
    (k,) = reached
    part = slice(problem.inputs.offsets[k], problem.inputs.offsets[k + 1])
    return problem.inputs.names[k] if np.allclose(term[part], right[part], rtol=1e-9) else ""


def _told(node: Node, i: int, share: float, owner: str) -> str:
    assert node.op is not None
    also = ", which is an argument of it twice" if _is_repeated(node, i) else ""
    what = f"the gradient of {owner}" if owner else f"the term of argument {i} of {node.op.name}"
    if abs(share + 1) < 1e-4:
        return f"{what} is missing{also}"
    if abs(share + 2) < 1e-4:
        return f"{what} has the wrong sign{also}"
    sizes = factors_of(np.shape(node.value), *(np.shape(x) for x in node.args))
    return f"{what} is wrong: {of_factor(share + 1, sizes)}{also}"


def _broadcast(
    problem: Problem, run: Run, cotangents: list[Any], wrong: Array, right: Array, lines: list[Node]
) -> Iterator[str]:
    for node in lines:
        node.watcher = ref(run)  # so that the walk keeps its cotangent
    pairs = [(n, g) for n, g in zip(run.nodes, cotangents, strict=True) if n is not None]
    found = pullback([n for n, _ in pairs], [g for _, g in pairs])
    for node in lines:
        op = node.op
        assert op is not None
        rules = op.vjps
        for k, source in enumerate(run.sources):
            if source not in node.parents or not isinstance(rules, tuple) or node not in found:
                continue
            i = node.parents.index(source)
            full = rules[i](found[node], node.value, *node.args, **node.params)
            mine = wrong[problem.inputs.offsets[k] : problem.inputs.offsets[k + 1]]
            shape = problem.inputs.shapes[k]
            if np.allclose(mine, right[problem.inputs.offsets[k] : problem.inputs.offsets[k + 1]], rtol=1e-6):
                continue
            for axes in (a for n in range(1, full.ndim + 1) for a in combinations(range(full.ndim), n)):
                sums = np.sum(full, axis=axes)
                if full.shape != shape and sums.shape == shape and np.allclose(sums.ravel(), mine, rtol=1e-6):
                    name = problem.inputs.names[k]
                    yield f"{name} is broadcast by {op.name}, but summed along axis {axes[0]}, which is the wrong one"
