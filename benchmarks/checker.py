"""How well the checker judges: `python -m benchmarks.checker [--seeds 20] [--order 2] [--only NAME]`.

With `--large` what it costs to check a function of a million inputs, and to find one element that is wrong by 1e-4.
"""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter, defaultdict
from functools import partial
from statistics import median

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.extend import elementwise

from .checking_panel import CORRECT, Case
from .checking_panel_wrong import WRONG


def run(cases: list[Case], seeds: int, order: int) -> dict[str, list]:
    """The reports of every case, over all seeds."""
    found = defaultdict(list)
    for case in cases:
        for seed in range(seeds):
            found[case.name].append(case.check(seed, order))
    return found


def large(n: int = 1_000_000) -> None:
    """Print evaluations, passes and seconds of checks with many inputs, by the complex step and by differences."""
    x = np.random.default_rng(0).uniform(0.5, 2, n)
    weight = np.ones(n)
    weight[560_559 % n] += 1e-4
    slipped = elementwise(lambda x: np.sin(x), lambda g, y, x: g * np.cos(x) * (weight if np.shape(x) == (n,) else 1))
    f = lambda x: np.sum(np.sin(x) * x)
    floats = lambda x: float(f(np.asarray(x)))
    gradient = lambda g, x: g * (np.cos(x) * x + np.sin(x))
    checks = {
        "recorded": (f, lambda: tg.check(f, x)),
        "by hand": (f, lambda: tg.check_vjp(f, (x,), gradient)),
        "by hand, in floats": (floats, lambda: tg.check_vjp(floats, (x,), gradient)),
        "recorded, one wrong": (f, lambda: tg.check(lambda x: np.sum(slipped(x) * x), x)),
        "by hand, one wrong": (f, lambda: tg.check_vjp(f, (x,), lambda g, x: gradient(g, x) * weight)),
        "in floats, one wrong": (floats, lambda: tg.check_vjp(floats, (x,), lambda g, x: gradient(g, x) * weight)),
    }
    print(f"{n} inputs{'':14} verdict  evaluations  vjps  seconds  of f  element")
    for name, (function, check) in checks.items():
        spent = []
        for call in (partial(function, x), check):
            begin = time.process_time()
            found = call()
            spent.append(time.process_time() - begin)
        where = next((note.split(" ")[3] for note in found.notes if note.startswith("the worst element")), "")
        cost = f"{found.cost.evaluations:11}  {found.cost.vjps:4}  {spent[1]:7.2f}  {spent[0]:4.3f}"
        print(f"{name:28} {found.verdict:7}  {cost}  {where}")


def main() -> None:
    """Print what is not as it should be, then the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--order", type=int, default=2)
    parser.add_argument("--only", default="", help="cases whose name holds these words")
    parser.add_argument("--show", action="store_true", help="print the report of what is not as it should be")
    parser.add_argument("--large", action="store_true", help="the costs of a million inputs instead")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
    if given.large:
        large()
        return
    begin = time.perf_counter()
    correct, wrong = ([case for case in cases if given.only in case.name] for cases in (CORRECT, WRONG))
    right = run(correct, given.seeds, given.order)
    for name, reports in right.items():
        counts = Counter(report.verdict for report in reports)
        if counts["pass"] < len(reports):
            other = next(report for report in reports if report.verdict != "pass")
            print(f"correct  {name:36} {dict(counts)}  {other.reason}")
            if given.show:
                print(other)
    caught = run(wrong, given.seeds, given.order)
    unnamed = named = 0
    for case in wrong:
        reports = caught[case.name]
        counts = Counter(report.verdict for report in reports)
        names = Counter(
            report.culprit.operation if report.culprit else "" for report in reports if report.verdict == "fail"
        )
        if case.culprit:
            named += names[case.culprit]
            unnamed += names.total() - names[case.culprit]
        if counts["fail"] < len(reports) or (case.culprit and set(names) != {case.culprit}):
            print(f"wrong    {case.name:36} {dict(counts)} named {dict(names)}; {reports[0].reason}")
            if given.show:
                print(next(r for r in reports if r.verdict != "fail" or not r.culprit))
    verdicts = Counter(report.verdict for reports in right.values() for report in reports)
    failed = Counter(report.verdict for reports in caught.values() for report in reports)
    small = [r.cost.evaluations for c in correct for r in right[c.name] if r.verdict == "pass"]
    lost = [r.cost.evaluations for c in wrong for r in caught[c.name] if r.verdict == "fail"]
    print(f"order {given.order}, {given.seeds} seeds, {time.perf_counter() - begin:.0f} s")
    undecided = verdicts["inconclusive"] / max(1, verdicts.total())
    print(f"{len(correct)} correct cases: {verdicts['fail']} false alarms, {undecided:.1%} inconclusive")
    missed = f"{failed['pass']} passed, {failed['inconclusive']} inconclusive of {failed.total()}"
    print(f"{len(wrong)} wrong cases: {missed}")
    print(f"named the operation in {named} of {named + unnamed} failures that have a record")
    for what, numbers in (("pass", small), ("failure", lost)):
        if numbers:
            print(f"evaluations of a {what}: median {median(numbers):.0f}, most {max(numbers)}")


if __name__ == "__main__":
    main()
