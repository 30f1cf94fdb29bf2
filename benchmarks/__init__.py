"""How fast the engine is, always as a ratio: measured side by side with others, in one process, on one thread.

`python -m benchmarks` prints the tables; the bar that each figure has to meet stands beside it. Peers (PyTorch,
autograd, MyGrad: the extra `peers`) that are not installed are named and left out.

Numerical libraries read their number of threads when they are loaded, so it is set here, before NumPy is imported.
"""

import os

SINGLE_THREADED = (
    "OMP_NUM_THREADS",
    "OPENBLAS_NUM_THREADS",
    "MKL_NUM_THREADS",
    "BLIS_NUM_THREADS",
    "VECLIB_MAXIMUM_THREADS",
)
os.environ.update(dict.fromkeys(SINGLE_THREADED, "1"))
