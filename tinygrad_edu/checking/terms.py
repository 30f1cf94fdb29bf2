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
from .problems import Problem
from .stencils import Array

MOST = 60
"""Lines of the record that are tried."""


def missing_term(problem: Problem, x: Array, v: Array, wrong: Array) -> str:
    """What is wrong in words; empty if f cannot be recorded, or no single term explains it.

    Parameters
    ----------
    v, wrong : arrays
        A cotangent of the outputs, and the gradient on trial for it.
    """
    try:
        run = Run("check", problem.function, problem.inputs.arrays(x))
        cotangents = problem.outputs.arrays(v, conjugate=True)
        with np.errstate(all="ignore"):
            return next(_guesses(problem, run, cotangents, wrong), "")
    except (TinygradError, TypeError, ValueError, AttributeError, ArithmeticError):
        return ""


def _guesses(problem: Problem, run: Run, cotangents: list[Any], wrong: Array) -> Iterator[str]:
    pull = lambda: problem.inputs.vector(run.pull(cotangents), conjugate=True)
    right = pull()
    lines = history([n for n in run.nodes if n is not None], run.sources)[0][:MOST]
    places = [(node, i) for node in lines for i, parent in enumerate(node.parents) if parent is not None]
    for node, i in sorted(places, key=lambda place: not _is_repeated(*place)):
        whole = node.parents
        node.parents = (*whole[:i], None, *whole[i + 1 :])
        term = right - pull()
        node.parents = whole
        share = float((wrong - right) @ term) / (float(term @ term) or np.inf)
        alone = not _is_repeated(node, i) and np.allclose(term, right, rtol=1e-6)
        slack = 1e-9 * float(np.max(np.abs(right)))
        if share and not alone and np.allclose(wrong - right, share * term, rtol=1e-5, atol=slack):
            yield _told(node, i, share)
    yield from _broadcast(problem, run, cotangents, wrong, lines)


def _is_repeated(node: Node, i: int) -> bool:
    return node.parents.count(node.parents[i]) > 1


def _told(node: Node, i: int, share: float) -> str:
    assert node.op is not None
    what = f"the term of argument {i} of {node.op.name}"
    also = ", which is an argument of it twice" if _is_repeated(node, i) else ""
    if abs(share + 1) < 1e-4:
        return f"{what} is missing{also}"
    if abs(share + 2) < 1e-4:
        return f"{what} has the wrong sign{also}"
    return f"{what} has a factor {share + 1:.6g} too much{also}"


def _broadcast(problem: Problem, run: Run, cotangents: list[Any], wrong: Array, lines: list[Node]) -> Iterator[str]:
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
            for axes in (a for n in range(1, full.ndim + 1) for a in combinations(range(full.ndim), n)):
                sums = np.sum(full, axis=axes)
                if full.shape != shape and sums.shape == shape and np.allclose(sums.ravel(), mine, rtol=1e-6):
                    name = problem.inputs.names[k]
                    yield f"{name} is broadcast by {op.name}, but summed along axis {axes[0]}, which is the wrong one"
