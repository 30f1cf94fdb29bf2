"""What `import tinygrad_edu` adds to `import numpy`: fresh processes take turns, and the median difference counts."""

from __future__ import annotations

import subprocess
import sys
from statistics import median
from time import perf_counter

from .harness import Effort, Figure, table


def seconds_of(statement: str) -> float:
    """The life of a process that runs one statement."""
    start = perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True)
    return perf_counter() - start


def report(effort: Effort) -> tuple[str, list[Figure]]:
    """The table of both, and their difference."""
    pairs = [(seconds_of("import numpy"), seconds_of("import tinygrad_edu")) for _ in range(effort.rounds)]
    theirs, ours = (median(side) * 1e3 for side in zip(*pairs, strict=True))
    added = median(b - a for a, b in pairs) * 1e3
    rows = [["import numpy", theirs], ["import tinygrad_edu", ours], ["difference", added]]
    figure = Figure("import", "beyond NumPy's own", added, "ms", 40)
    return table("Import, in a fresh process: milliseconds", ["", "median"], rows), [figure]
