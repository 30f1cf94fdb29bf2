"""Two gigabytes on the disk, trained on in batches: how much memory does it take beside the mapping?

    python -m benchmarks.mapping [--gigabytes 2] [--folder PLACE]

The features are standardised and a linear model is fitted for an epoch, from arrays that `data.memory_map` opens. What
counts is memory that is the process's own (RssAnon of /proc/self/status, hence Linux only), looked at every few
milliseconds by a thread, from the first import to the end. The pages of the mapping belong to the system, which drops
them when it needs the room.
"""

from __future__ import annotations

import argparse
import re
import sys
import threading
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter, sleep

import numpy as np

from tinygrad_edu import data, losses, models, optim

FEATURES, BAR = 100, 500.0


def write(folder: Path, rows: int) -> None:
    """A linear target with noise, block by block."""
    random, weights = np.random.default_rng(0), np.linspace(-1, 1, FEATURES, dtype=np.float32)
    shapes = {"x": (rows, FEATURES), "y": (rows,)}
    files = {
        name: np.lib.format.open_memmap(folder / f"{name}.npy", "w+", np.float32, shape)
        for name, shape in shapes.items()
    }
    for first in range(0, rows, 50_000):
        count = min(50_000, rows - first)
        x = random.standard_normal((count, FEATURES), dtype=np.float32)
        files["x"][first : first + count] = 3 + 2 * x
        files["y"][first : first + count] = x @ weights + 1 + 0.1 * random.standard_normal(count, dtype=np.float32)


def own_memory() -> float:
    """Megabytes of the process that are no file's."""
    return int(re.findall(r"RssAnon:\s+(\d+) kB", Path("/proc/self/status").read_text())[0]) / 1024


def fit(folder: Path) -> optim.Result:
    """One epoch in batches of 4,096."""
    x, y = (data.memory_map(folder / f"{name}.npy") for name in "xy")
    scale = data.scale_of(x)
    mean, deviation = scale.mean.astype(np.float32), scale.deviation.astype(np.float32)
    loss = models.loss_of(lambda p, x: models.linear(p, (x - mean) / deviation), losses.mean_squared_error)
    start = {"w": np.zeros(FEATURES, np.float32), "b": np.zeros((), np.float32)}
    return optim.minimize(loss, start, optim.adam(0.01), data=(x, y), batch_size=4096, epochs=1, measure="batches")


def main() -> None:
    """Write, fit, tell."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.mapping", description=__doc__)
    parser.add_argument("--gigabytes", type=float, default=2.0)
    parser.add_argument("--folder", help="where there is room for them; by default the system's for temporary files")
    given = parser.parse_args()
    peak, over = 0.0, threading.Event()

    def watch() -> None:
        nonlocal peak
        while not over.is_set():
            peak = max(peak, own_memory())
            sleep(0.005)

    with TemporaryDirectory(dir=given.folder) as folder:
        rows = int(given.gigabytes * 2**30 / (4 * FEATURES))
        write(Path(folder), rows)
        watcher = threading.Thread(target=watch)
        watcher.start()
        begin = perf_counter()
        found = fit(Path(folder))
        seconds = perf_counter() - begin
        over.set()
        watcher.join()
    print(f"{rows:,} rows, {given.gigabytes:g} GB, one epoch in {seconds:.1f} s; loss {found.history.losses}")
    print(f"own memory at most {peak:.0f} MB, bar {BAR:.0f} MB: {'met' if peak <= BAR else 'missed'}")
    sys.exit(peak > BAR)


if __name__ == "__main__":
    main()
