"""The command line: `python -m benchmarks [--smoke] [--json FILE] [--readme FILE] [--only WORKLOAD ...]`."""

from __future__ import annotations

import argparse
import json
import platform
import re
from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np

from . import (
    checkers_compared,
    compiling,
    compiling_costs,
    explaining,
    importing,
    models,
    operations,
    optimizers,
    peers,
    training,
    vocabulary,
)
from .harness import SMOKE, Effort, Figure, markdown, summary

WORKLOADS: dict[str, Callable[[Effort, bool], tuple[str, list[Figure]]]] = {
    "operations": lambda effort, smoke: operations.report(effort),
    "models": lambda effort, smoke: models.report(effort, smoke),
    "vocabulary": vocabulary.report,
    "compiling": compiling.report,
    "compiling costs": compiling_costs.report,
    "optimizers": optimizers.report,
    "checkers": checkers_compared.report,
    "training": training.report,
    "explaining": explaining.report,
    "import": lambda effort, smoke: importing.report(effort),
}


def header(effort: Effort) -> list[str]:
    """What a reader has to know to judge the figures."""
    return [
        f"Python {platform.python_version()}, NumPy {np.__version__}; peers: {', '.join(peers.versions()) or 'none'}",
        *([f"not installed, left out: {', '.join(peers.ABSENT)}"] if peers.ABSENT else []),
        "One thread for everybody; gradients compared with the hand-written ones first;",
        f"medians of {effort.rounds} interleaved rounds of {effort.seconds * 1e3:g} ms (models: three times as long),",
        "everybody with one untimed run before each round.",
    ]


def between_marks(page: str, table: str) -> str:
    """The page with a new table between its two comments."""
    marks = re.compile(r"(<!-- benchmarks -->\n).*(<!-- end of benchmarks -->)", re.DOTALL)
    if not marks.search(page):
        raise SystemExit("--readme: the file has no <!-- benchmarks --> ... <!-- end of benchmarks -->")
    return marks.sub(lambda found: f"{found[1]}{table}\n{found[2]}", page)


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, print the tables, then the bars."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=__doc__)
    parser.add_argument("--smoke", action="store_true", help="everything once and tiny: do the gradients agree?")
    parser.add_argument("--rounds", type=int, default=Effort.rounds, help="how often everyone has a turn")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures to FILE as well")
    parser.add_argument("--readme", type=Path, metavar="FILE", help="put them into FILE, where its last table was")
    parser.add_argument("--only", nargs="+", choices=WORKLOADS, default=list(WORKLOADS), help="these workloads alone")
    given = parser.parse_args(arguments)
    effort = SMOKE if given.smoke else Effort(rounds=given.rounds)
    print(*header(effort), "", sep="\n")
    figures: list[Figure] = []
    for name in given.only:
        text, measured = WORKLOADS[name](effort, given.smoke)
        print(text, flush=True)
        figures += measured
    if given.smoke:
        print("smoke: every gradient agrees with the hand-written one; times mean nothing at this size")
    else:
        print(summary(figures))
    if given.json:
        report = {"header": header(effort), "figures": [{**vars(f), "verdict": f.verdict} for f in figures]}
        given.json.write_text(json.dumps(report, indent=1) + "\n")
    if given.readme:
        lines = "\n".join([*header(effort), "", markdown(figures)])
        given.readme.write_text(between_marks(given.readme.read_text(), lines))


if __name__ == "__main__":
    main()
