"""SciPy's functions, offered under `tinygrad_edu.scipy`: transforms, filters, densities, matrices, solvers.

Most of their rows are for NumPy's arrays only: SciPy computes the value, and it knows no others.
"""

import numpy as np

from catalogue.rows import anywhere, row
from tinygrad_edu.scipy import fft

A, V = anywhere(3, 4), anywhere(5)
Z = anywhere(2, 5) + 1j * anywhere(2, 5)
NORMS = [{}, {"norm": "ortho"}, {"norm": "forward"}, {"orthogonalize": True}, {"norm": "ortho", "orthogonalize": False}]

# fmt: off
TRANSFORMS = [
    *(row(f, V, type=k, **p, numpy_only=True) for f in (fft.dct, fft.idct, fft.dst, fft.idst)
      for k in (1, 2, 3, 4) for p in NORMS),
    *(row(f, A, **p, numpy_only=True) for f in (fft.dct, fft.idst)
      for p in [{"axis": 0}, {"n": 6}, {"n": 3, "type": 3}, {"n": 2, "axis": 0}]),
    *(row(f, Z, numpy_only=True) for f in (fft.dct, fft.dst)),
    *(row(f, A, **p, numpy_only=True) for f in (fft.dctn, fft.idctn, fft.dstn, fft.idstn)
      for p in [{}, {"axes": 0}, {"s": (4, 3), "norm": "ortho"}, {"type": 1, "axes": (1,)}]),
]
# fmt: on

SAMPLES = [*TRANSFORMS]
