"""Random compositions of two to six operations: `python -m benchmarks.compositions [--count 20000] [--perturb]`.

Right ones must not fail. With `--perturb` one rule of each is made wrong by a relative 10⁻⁶; where the whole gradient
shows it (an element changes by more than 10⁻⁹ of the largest), none may pass.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter
from collections.abc import Callable
from statistics import median
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import functions as nn
from tinygrad_edu.extend import Every
from tinygrad_edu.graph import RULES

from .checking_panel import row_replaced

N = 4
MIX = np.random.default_rng(3).standard_normal((N, N))

UNARY: dict[str, tuple[Any, Callable[[Any], Any]]] = {
    "sin": (np.sin, np.sin),
    "cos": (np.cos, np.cos),
    "tanh": (np.tanh, np.tanh),
    "arctan": (np.arctan, np.arctan),
    "exp": (np.exp, lambda x: np.exp(-x * x)),
    "log": (np.log, lambda x: np.log(1 + x * x)),
    "sqrt": (np.sqrt, lambda x: np.sqrt(x * x + 0.5)),
    "square": (np.square, np.square),
    "divide": (np.divide, lambda x: x / (2 + x * x)),
    "abs": (np.absolute, np.abs),
    "relu": (np.maximum, lambda x: np.maximum(x, 0.1)),
    "power": (np.power, lambda x: (x * x + 0.1) ** 1.5),
    "matmul": (np.matmul, lambda x: MIX @ x),
    "sum": (np.sum, lambda x: x - np.sum(x) / N),
    "cumsum": (np.cumsum, np.cumsum),
    "sort": (np.sort, np.sort),
    "roll": (np.roll, lambda x: x * np.roll(x, 1)),
    "max": (np.max, lambda x: x - np.max(x)),
    "prod": (np.prod, lambda x: x + np.prod(np.tanh(x))),
    "var": (np.var, lambda x: x / (1 + np.var(x))),
    "mean": (np.mean, lambda x: x * np.mean(x)),
    "softmax": (np.exp, lambda x: N * nn.softmax(x)),
    "where": (np.where, lambda x: np.where(x > 0.2, x * x, 0.3 * x)),
    "expm1": (np.expm1, lambda x: np.expm1(np.tanh(x))),
    "outer": (np.multiply, lambda x: np.sum(np.outer(x, x) * MIX, axis=1)),
    "flip": (np.flip, lambda x: x + 0.5 * np.flip(x)),
    "concatenate": (np.concatenate, lambda x: np.concatenate([x[2:], x[:2] * x[2:]])),
    "hypot": (np.hypot, lambda x: np.hypot(x, 0.7)),
    "logaddexp": (np.logaddexp, lambda x: np.logaddexp(x, x[::-1])),
    "einsum": (np.einsum, lambda x: np.einsum("ij,j->i", MIX, x)),
}
BINARY: dict[str, tuple[Any, Callable[[Any, Any], Any]]] = {
    "add": (np.add, lambda x, y: x + y),
    "multiply": (np.multiply, lambda x, y: x * y),
    "maximum": (np.maximum, np.maximum),
    "arctan2": (np.arctan2, lambda x, y: np.arctan2(x, 1.5 + y * y)),
}


def composition(rng: np.random.Generator) -> tuple[Callable[[Any], Any], list[str]]:
    """A random function of a vector, and the names of its operations."""
    names: list[str] = []
    plan = []
    for _ in range(rng.integers(2, 7)):
        table = BINARY if rng.random() < 0.25 else UNARY
        name = str(rng.choice(list(table)))
        plan.append((table is BINARY, table[name][1], int(rng.integers(0, len(plan) + 1))))
        names.append(name)
    scalar = rng.random() < 0.5

    def f(x: Any) -> Any:
        values = [x]
        for binary, g, k in plan:
            values.append(g(values[-1], values[k]) if binary else g(values[-1]))
        return np.sum(values[-1]) if scalar else values[-1]

    return f, names


def perturbed(op: Any) -> tuple[Any, ...] | Callable[..., Any]:
    """The rules of an operation, 10⁻⁶ too large."""

    def wrap(rule: Any) -> Any:
        return rule and (lambda g, y, *args, **params: rule(g, y, *args, **params) * (1 + 1e-6))

    def wrap_joint(rule: Any) -> Any:
        return lambda g, y, *args, **params: [c * (1 + 1e-6) for c in rule(g, y, *args, **params)]

    rules = op.vjps
    if isinstance(rules, tuple):
        return tuple(map(wrap, rules))
    return wrap_joint(rules) if callable(rules) else Every(lambda i, *args, **params: wrap(rules[i])(*args, **params))


def main() -> None:
    """Print the counts, and what is not as it should be."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=20_000)
    parser.add_argument("--first", type=int, default=0)
    parser.add_argument("--perturb", action="store_true")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    counts: Counter[str] = Counter()
    evaluations, begin, named = [], time.perf_counter(), 0
    for seed in range(given.first, given.first + given.count):
        rng = np.random.default_rng(seed)
        f, names = composition(rng)
        x = rng.uniform(0.2, 1.8, N) * rng.choice([-1.0, 1.0], N)
        if not given.perturb:
            report = tg.check(f, x, seed=seed)
            counts[report.verdict] += 1
            evaluations.append(report.cost.evaluations)
            if report.verdict != "pass":
                print(seed, names, report.verdict, report.reason, flush=True)
            continue
        name = str(rng.choice(names))
        function = (UNARY.get(name) or BINARY[name])[0]
        op = RULES[function]
        v = np.ones(np.shape(f(x)))
        right = tg.vjp(f, x)[1](v)[0]
        # in reverse mode alone, and not in the operation itself, where the same rule is the forward one
        with row_replaced(function, perturbed(op)):
            wrong = tg.vjp(f, x)[1](v)[0]
            if not np.max(np.abs(wrong - right)) > 1e-9 * np.max(np.abs(right)) > 1e-21:
                counts["not visible"] += 1
                continue
            report = tg.check(f, x, seed=seed)
        counts[report.verdict] += 1
        named += bool(report.verdict == "fail" and report.culprit and report.culprit.operation == op.name)
        if report.verdict != "fail" or not report.culprit:
            print(seed, names, name, report.verdict, report.reason, report.culprit, flush=True)
    print(dict(counts), f"{time.perf_counter() - begin:.0f} s")
    if evaluations:
        print(f"evaluations: median {median(evaluations):.0f}, most {max(evaluations)}")
    if given.perturb:
        print(f"the wrong operation was named in {named} of {counts['fail']} failures")


if __name__ == "__main__":
    main()
