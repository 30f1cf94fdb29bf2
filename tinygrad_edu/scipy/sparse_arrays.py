"""A sparse matrix: numbers, and the rows and columns where they stand. Part of `tinygrad_edu.scipy.sparse`.

The places are constant, the numbers differentiate. A product is bilinear in the numbers and in what it is multiplied
with; a solution of A x = b has the rules of any other, restricted to the places. SciPy's compiled code computes both.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import sparse as _sparse

from ..errors import ShapeError
from ..graph import Op
from ..rules.declare import bilinear, primitive
from ..rules.indexing import scatter
from .dispatch import as_array


def _at_places(g, x, rows, cols):
    """(g xᵀ) at the places."""
    return np.sum(g[rows] * x[cols], axis=-1)


def _product(data, x, rows, cols, shape):
    return _sparse.csr_array((data, (rows, cols)), shape) @ x


product: Op = bilinear(
    _product,
    lambda g, y, data, x, rows, cols, shape: _at_places(g, x, rows, cols),
    lambda g, y, data, x, rows, cols, shape: product(data, g, rows=cols, cols=rows, shape=shape[::-1]),
)


def _solution_vjp(g, x, data, b, rows, cols, solve):
    back = solution(data, g, rows=cols, cols=rows, solve=solve)
    return [-_at_places(back, x, rows, cols), back]


def _solution_jvp(t, x, data, b, rows, cols, solve):
    right = t[1] - product(t[0], x, rows=rows, cols=cols, shape=(x.shape[0],) * 2)
    return solution(data, right, rows=rows, cols=cols, solve=solve)


def _solution(data, b, rows=None, cols=None, solve=None):
    return solve(_sparse.csc_array((data, (rows, cols)), (b.shape[0],) * 2), b)


solution: Op = primitive(_solution, _solution_vjp, _solution_jvp)
"""The x with A x = b for a matrix b, found by ``solve(A, b)``."""


class SparseArray:
    """What `csr_array`, `csc_array` and `coo_array` return: numbers that may be traced, at constant places.

    >>> import numpy as np, tinygrad_edu as tg
    >>> from tinygrad_edu.scipy import sparse
    >>> A = lambda data: sparse.csr_array((data, ([0, 1], [1, 0])), shape=(2, 2))
    >>> tg.grad(lambda data: np.sum(A(data) @ np.array([1.0, 3.0])))(np.array([5.0, 7.0]))
    array([3., 1.])
    """

    __array_ufunc__ = None  # so that `x @ A` of an array asks this class
    ndim = 2

    def __init__(self, data: Any, rows: Any, cols: Any, shape: tuple[int, ...]) -> None:
        self.data, self.rows, self.cols, self.shape = data, np.asarray(rows), np.asarray(cols), tuple(shape)

    @property
    def T(self) -> SparseArray:
        """The transpose."""
        return SparseArray(self.data, self.cols, self.rows, self.shape[::-1])

    @property
    def nnz(self) -> int:
        """The number of places."""
        return len(self.rows)

    def toarray(self) -> Any:
        """The whole matrix."""
        return scatter(self.data, shape=self.shape, index=(self.rows, self.cols))

    def __matmul__(self, x: Any) -> Any:
        x = as_array(x)
        if x.ndim not in (1, 2) or x.shape[0] != self.shape[1]:
            raise ShapeError(f"sparse product: A is {self.shape}, x is {x.shape}. Expected x with {self.shape[1]} rows")
        places = {"rows": self.rows, "cols": self.cols, "shape": self.shape}
        return product(self.data, x, **places) if x.ndim == 2 else product(self.data, x[:, None], **places)[:, 0]

    def __rmatmul__(self, x: Any) -> Any:
        x = as_array(x)
        return self.T @ x if x.ndim == 1 else (self.T @ x.T).T

    dot = __matmul__

    def __mul__(self, factor: Any) -> SparseArray:
        return SparseArray(self.data * factor, self.rows, self.cols, self.shape)

    __rmul__ = __mul__

    def __neg__(self) -> SparseArray:
        return self * -1

    def __add__(self, other: Any) -> SparseArray:
        other = as_sparse(other)
        data = np.concatenate([as_array(self.data), as_array(other.data)])
        rows, cols = np.concatenate([self.rows, other.rows]), np.concatenate([self.cols, other.cols])
        return SparseArray(data, rows, cols, self.shape)

    def __sub__(self, other: Any) -> SparseArray:
        return self + -as_sparse(other)

    def __repr__(self) -> str:
        return f"<SparseArray of shape {self.shape}, {self.nnz} places>"


def as_sparse(a: Any, shape: tuple[int, int] | None = None, compressed: int = 0) -> SparseArray:
    """A sparse matrix of what SciPy takes: another one, a whole matrix, or numbers and their places.

    `compressed` is the axis whose places are given by their number of entries, in ``(data, indices, indptr)``.
    """
    if isinstance(a, SparseArray):
        return a
    if _sparse.issparse(a):
        a = a.tocoo()
        rows, cols = a.coords
        return SparseArray(a.data, rows, cols, a.shape)
    if not isinstance(a, tuple):
        a = as_array(a)
        rows, cols = np.indices(a.shape).reshape(2, -1)
        return SparseArray(np.ravel(a), rows, cols, a.shape)
    if len(a) == 3:
        data, inner, ends = a
        outer = np.repeat(np.arange(len(ends) - 1), np.diff(ends))
        rows, cols = (outer, inner) if compressed == 0 else (inner, outer)
    else:
        data, (rows, cols) = a
    if shape is None:
        shape = (int(np.max(rows)) + 1, int(np.max(cols)) + 1)
    return SparseArray(as_array(data), rows, cols, shape)
