"""Linear algebra that NumPy has no name for: log-determinants, products with an offset, Householder products.

Formulae over `np.linalg`; a stack of matrices is taken wherever one matrix is.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import reduce
from typing import Any

import numpy as np


def _adjoint(A: Any) -> Any:
    return np.conj(np.swapaxes(A, -1, -2))


def logdet(A: Any) -> Any:
    """log det A; NaN where the determinant is negative.

    Parameters
    ----------
    A : (..., n, n) array
        Real, or Hermitian: the determinant is real.

    >>> float(logdet(np.array([[2.0, 0.0], [0.0, 0.5]])))
    0.0
    """
    sign, logarithm = np.linalg.slogdet(A)
    return np.where(np.real(sign) < 0, np.nan, logarithm)


def cholesky_inverse(L: Any, upper: bool = False) -> Any:
    """The inverse of A = L Lᴴ from its Cholesky factor (of A = Uᴴ U from U, if `upper`).

    >>> cholesky_inverse(np.array([[2.0, 0.0], [0.0, 1.0]]))
    array([[0.25, 0.  ],
           [0.  , 1.  ]])
    """
    inverse = np.linalg.inv(L)
    return inverse @ _adjoint(inverse) if upper else _adjoint(inverse) @ inverse


def householder_product(A: Any, tau: Any) -> Any:
    """The first n columns of H₁ H₂ ⋯ Hₖ, where Hᵢ = 1 - τᵢ vᵢ vᵢᴴ and vᵢ is column i of A below a 1 on the diagonal.

    Parameters
    ----------
    A : (..., m, n) array
        The reflectors, as `np.linalg.qr(x, mode="raw")` leaves them, transposed; above the diagonal nothing is read.
    tau : (..., k) array
        Their factors, k ≤ n ≤ m.

    >>> householder_product(np.array([[0.0], [1.0]]), np.array([1.0]))
    array([[ 0.],
           [-1.]])
    """
    m, n = np.shape(A)[-2:]
    one = np.eye(m, n, dtype=bool)
    columns = np.where(one, 1, np.tril(A, -1))
    product = np.where(one, 1, np.zeros_like(A))
    for i in reversed(range(np.shape(tau)[-1])):
        v = columns[..., i : i + 1]  # (..., m, 1)
        product = product - tau[..., i, None, None] * (v @ (_adjoint(v) @ product))
    return product


def multi_matmul(arrays: Sequence[Any]) -> Any:
    """The product of many matrices, or stacks of them, from left to right; `np.linalg.multi_dot` finds the best order.

    >>> multi_matmul([np.eye(2), np.ones((2, 1)), np.ones((1, 1))])
    array([[1.],
           [1.]])
    """
    return reduce(np.matmul, arrays)


def addmm(offset: Any, A: Any, B: Any, beta: float = 1, alpha: float = 1) -> Any:
    """beta · offset + alpha · A B.

    >>> float(addmm(np.ones((1, 1)), np.ones((1, 2)), np.ones((2, 1)), beta=0.5)[0, 0])
    2.5
    """
    return beta * offset + alpha * (A @ B)


baddbmm = addmm
"""The same for stacks of matrices."""


def dist(x: Any, y: Any, p: float = 2) -> Any:
    """The p-norm of the difference of two arrays; 0, with the gradient 0, where they are equal.

    >>> float(dist(np.array([3.0, 0.0]), np.array([0.0, 4.0])))
    5.0
    """
    return np.linalg.vector_norm(x - y, ord=p)
