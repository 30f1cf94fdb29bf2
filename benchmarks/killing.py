"""`kill -9` in the middle of a fit with checkpoints, again and again: does it end with the same bits?

    python -m benchmarks.killing [--times 20] [--seed 0]

One process fits without being disturbed. Another is killed after a random time, started anew with `resume=True`, killed
again, and so on; the last one may finish. Whenever one finishes, its file must hold the same parameters, history and
state as the undisturbed one's, bit for bit.
"""

from __future__ import annotations

import argparse
import random
import signal
import subprocess
import sys
import time
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np

from tinygrad_edu import data, losses, models, optim
from tinygrad_edu.trees import leaves

EPOCHS = 120


def fit(path: str) -> None:
    """A perceptron on the digits, with all that has a state: momentum, a schedule, validation, early stopping."""
    table = data.load_digits()
    x, y = (table.features / 16).astype(np.float32), table.target.astype(int)
    rule = optim.chain(optim.clip_by_norm(1.0), optim.adamw(optim.schedules.cosine(3e-3, EPOCHS * 45)))
    start = models.start_mlp((64, 32, 10), dtype=np.float32)
    optim.minimize(
        models.loss_of(models.mlp, losses.cross_entropy), start, rule, data=(x, y), batch_size=32, epochs=EPOCHS,
        validation=0.2, early_stopping=EPOCHS, tolerance=0.0, progress=False,
        checkpoint=path, checkpoint_every=0.02, resume=True,
    )  # fmt: skip


def started(path: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-m", "benchmarks.killing", "--fit", str(path)])


def same(one: object, other: object) -> bool:
    """Whether two trees hold the same bits."""
    pairs = list(zip(leaves(one), leaves(other), strict=True))
    return all(
        a.dtype == b.dtype and a.tobytes() == b.tobytes() if isinstance(a, np.ndarray) else repr(a) == repr(b)
        for a, b in pairs
    )


def main() -> None:
    """Fit, kill, resume, compare."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.killing", description=__doc__)
    parser.add_argument("--times", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--fit", metavar="FILE", help=argparse.SUPPRESS)
    given = parser.parse_args()
    if given.fit:
        fit(given.fit)
        return
    moments, killed, early, equal = random.Random(given.seed), 0, 0, True
    with TemporaryDirectory() as folder:
        whole, path = Path(folder) / "whole.npz", Path(folder) / "killed.npz"
        begin = time.perf_counter()
        started(whole).wait()
        duration = time.perf_counter() - begin
        while killed < given.times:
            process = started(path)
            time.sleep(moments.uniform(0.3, 1.0) * duration * 0.4)
            process.send_signal(signal.SIGKILL)
            if process.wait() == 0:  # it was over before the blow: compare, and begin anew
                equal, early = equal and same(data.load(whole), data.load(path)), early + 1
                path.unlink()
                continue
            killed += 1
            place = data.load(path)["snapshot"] if path.exists() else {"epoch": 0, "step": 0}
            print(f"kill {killed}: at epoch {place['epoch']}, step {place['step']}", flush=True)
        started(path).wait()
        equal = equal and same(data.load(whole), data.load(path))
    print(
        f"{killed} kills, {early} runs that were over before a kill: {'the same bits' if equal else 'DIFFERENT BITS'}"
    )
    sys.exit(not equal)


if __name__ == "__main__":
    main()
