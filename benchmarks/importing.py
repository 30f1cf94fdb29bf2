"""What `import tinygrad_edu` adds to `import numpy`: fresh processes take turns, and the median difference counts.

Both are imported as an installed package is: from bytecode, which a first, untimed import writes to a folder apart.
"""

from __future__ import annotations

import os
import subprocess
import sys
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter

from .harness import Effort, Figure, table


def seconds_of(statement: str, bytecode: str) -> float:
    """The life of a process that runs one statement."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": bytecode, "PYTHONDONTWRITEBYTECODE": ""}
    start = perf_counter()
    subprocess.run([sys.executable, "-c", statement], check=True, env=environment)
    return perf_counter() - start


def report(effort: Effort) -> tuple[str, list[Figure]]:
    """The table of both, and their difference."""
    with TemporaryDirectory() as bytecode:
        seconds_of("import tinygrad_edu", bytecode)
        times = [
            (seconds_of("import numpy", bytecode), seconds_of("import tinygrad_edu", bytecode))
            for _ in range(effort.rounds)
        ]
    theirs, ours = (median(side) * 1e3 for side in zip(*times, strict=True))
    added = median(b - a for a, b in times) * 1e3
    rows = [["import numpy", theirs], ["import tinygrad_edu", ours], ["difference", added]]
    figure = Figure("import", "beyond NumPy's own", added, "ms", 40)
    return table("Import, in a fresh process: milliseconds", ["", "median"], rows), [figure]
