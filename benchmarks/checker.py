"""How well the checker judges: `python -m benchmarks.checker [--seeds 20] [--order 2] [--only NAME]`."""

from __future__ import annotations

import argparse
import time
import warnings
from collections import Counter, defaultdict
from statistics import median

from .checking_panel import CORRECT, WRONG, Case


def run(cases: list[Case], seeds: int, order: int) -> dict[str, list]:
    """The reports of every case, over all seeds."""
    found = defaultdict(list)
    for case in cases:
        for seed in range(seeds):
            found[case.name].append(case.check(seed, order))
    return found


def main() -> None:
    """Print what is not as it should be, then the bars."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seeds", type=int, default=20)
    parser.add_argument("--order", type=int, default=2)
    parser.add_argument("--only", default="", help="cases whose name holds these words")
    parser.add_argument("--show", action="store_true", help="print the report of what is not as it should be")
    given = parser.parse_args()
    warnings.simplefilter("ignore")
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
