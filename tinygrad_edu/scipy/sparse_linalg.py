"""Linear equations with a sparse matrix: `tinygrad_edu.scipy.sparse.linalg`."""

from __future__ import annotations

import numpy as np
from scipy.sparse import linalg as _linalg

from .dispatch import as_array
from .sparse_arrays import as_sparse, solution

__all__ = ["cg", "spsolve"]


def _direct(a, b):
    return np.reshape(_linalg.spsolve(a, b[:, 0] if b.shape[1] == 1 else b), b.shape).astype(b.dtype)


def _solved(a, b, solve):
    a, b = as_sparse(a), as_array(b)
    places = {"rows": a.rows, "cols": a.cols, "solve": solve}
    return solution(a.data, b, **places) if b.ndim == 2 else solution(a.data, b[:, None], **places)[:, 0]


def spsolve(A, b, permc_spec=None, use_umfpack=True):
    """The same as `scipy.sparse.linalg.spsolve`, differentiable in b and in the numbers of a sparse matrix."""
    return _solved(A, b, _direct)


def cg(A, b, x0=None, *, rtol=1e-5, atol=0.0, maxiter=None, M=None, callback=None):
    """The same as `scipy.sparse.linalg.cg`: the solution by conjugate gradients, and 0 if they converged.

    The gradient solves for one more right side with the same tolerance: choose `rtol` for both.
    """
    state: list[int] = []

    def iterated(a, b):
        found = [_linalg.cg(a, column, rtol=rtol, atol=atol, maxiter=maxiter, M=M, callback=callback) for column in b.T]
        state.extend(info for _, info in found)
        return np.stack([x for x, _ in found], axis=1).astype(b.dtype)

    x = _solved(A, b, iterated)
    return x, max(state, key=abs, default=0)
