"""Sparse matrices whose numbers differentiate; `sparse.linalg` solves with them.

A matrix of SciPy's own does not know Tensors: `csr_array(A)` makes one of it that does.
"""

from __future__ import annotations

from . import sparse_linalg as linalg
from .sparse_arrays import SparseArray, as_sparse

__all__ = ["SparseArray", "coo_array", "csc_array", "csr_array", "linalg"]


def csr_array(arg1, shape=None):
    """As `scipy.sparse.csr_array`: of a matrix, of ``(data, (row, col))``, or of ``(data, indices, indptr)``."""
    return as_sparse(arg1, shape)


def csc_array(arg1, shape=None):
    """As `scipy.sparse.csc_array`: of a matrix, of ``(data, (row, col))``, or of ``(data, indices, indptr)``."""
    return as_sparse(arg1, shape, compressed=1)


def coo_array(arg1, shape=None):
    """As `scipy.sparse.coo_array`: of a matrix, or of ``(data, (row, col))``."""
    return as_sparse(arg1, shape)
