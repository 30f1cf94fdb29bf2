"""Linear equations with a structure: triangular, banded, Toeplitz, factorised, Sylvester's and Lyapunov's.

For x = M⁻¹ b the transpose is one more solution, b̄ = M⁻ᵀ x̄, and M̄ = -b̄ xᵀ; of that a structure keeps the entries
that it has. SciPy's solver computes both. Part of `tinygrad_edu.scipy.linalg`.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from scipy import linalg as _linalg

from ..graph import Op
from ..rules.declare import NOTHING, primitive
from ..rules.linalg import H, T
from .dispatch import as_array
from .signal import lags
from .structured import toeplitz


def _of_matrix(solve, b, *parts, **params):
    """Solve for a matrix b; a vector is one column."""
    b = as_array(b)
    return solve(*parts, b[:, None], **params)[:, 0] if b.ndim == 1 else solve(*parts, b, **params)


# --- triangular -------------------------------------------------------------------------------------------------------


def _triangle(m, lower, unit):
    return np.tril(m, -1 if unit else 0) if lower else np.triu(m, 1 if unit else 0)


def _triangular_vjp(g, x, a, b, lower, unit):
    back = triangular(T(a), g, lower=not lower, unit=unit)
    return [_triangle(-back @ T(x), lower, unit), back]


triangular: Op = primitive(
    lambda a, b, lower=False, unit=False: _linalg.solve_triangular(a, b, lower=lower, unit_diagonal=unit),
    _triangular_vjp,
    lambda t, x, a, b, lower, unit: triangular(a, t[1] - _triangle(t[0], lower, unit) @ x, lower=lower, unit=unit),
)


def solve_triangular(a, b, trans=0, lower=False, unit_diagonal=False, overwrite_b=False, check_finite=True):
    """The same as `scipy.linalg.solve_triangular`."""
    a = as_array(a)
    if trans not in (0, "N"):
        a, lower = (H(a) if trans in (2, "C") else T(a)), not lower
    return _of_matrix(triangular, b, a, lower=lower, unit=unit_diagonal)


# --- banded -----------------------------------------------------------------------------------------------------------


def _diagonals(below, above, n):
    """For each place ab[k, j] of the diagonal form the row i of A[i, j], and whether A has it."""
    i = np.arange(below + above + 1)[:, None] - above + np.arange(n)
    return np.clip(i, 0, n - 1), (i >= 0) & (i < n)


def _band_transposed(ab, below, above):
    """The diagonal form of Aᵀ."""
    j, inside = _diagonals(above, below, ab.shape[-1])
    k = (below + above - np.arange(below + above + 1))[:, None]
    return np.where(inside, ab[k + 0 * j, j], 0)


def _band_product(ab, x, below, above):
    """A x from the diagonal form of A."""
    j, inside = _diagonals(above, below, ab.shape[-1])
    k = (below + above - np.arange(below + above + 1))[:, None]
    return np.sum(np.where(inside, ab[k + 0 * j, j], 0)[..., None] * x[j], axis=0)


def _banded_vjp(g, x, ab, b, below, above):
    back = banded(_band_transposed(ab, below, above), g, below=above, above=below)
    i, inside = _diagonals(below, above, ab.shape[-1])
    return [np.where(inside, -np.sum(back[i] * x, axis=-1), 0), back]


banded: Op = primitive(
    lambda ab, b, below=0, above=0: _linalg.solve_banded((below, above), ab, b),
    _banded_vjp,
    lambda t, x, ab, b, below, above: banded(ab, t[1] - _band_product(t[0], x, below, above), below=below, above=above),
)


def solve_banded(l_and_u, ab, b, overwrite_ab=False, overwrite_b=False, check_finite=True):
    """The same as `scipy.linalg.solve_banded`: the diagonals of the matrix are the rows of ab."""
    below, above = l_and_u
    return _of_matrix(banded, b, as_array(ab), below=int(below), above=int(above))


def _both_halves(ab, lower):
    """The diagonals of a Hermitian band matrix from those on one side."""
    width = ab.shape[0] - 1
    low = ab if lower else np.conj(_band_transposed(np.pad(ab, [(0, width), (0, 0)]), width, width)[width:])
    up = np.conj(_band_transposed(np.pad(low, [(width, 0), (0, 0)]), width, width)[:width])
    return np.concatenate([up, low]), width


def solveh_banded(ab, b, overwrite_ab=False, overwrite_b=False, lower=False, check_finite=True):
    """The same as `scipy.linalg.solveh_banded`, for a Hermitian positive definite band matrix."""
    both, width = _both_halves(as_array(ab), lower)
    return solve_banded((width, width), both, b)


def cholesky_banded(ab, overwrite_ab=False, lower=False, check_finite=True):
    """The same as `scipy.linalg.cholesky_banded`, by way of the whole matrix."""
    both, width = _both_halves(as_array(ab), lower)
    n = both.shape[-1]
    i, inside = _diagonals(width, width, n)
    row, column = np.arange(n)[:, None], np.arange(n)
    near = np.abs(row - column) <= width
    dense = np.where(near, both[np.clip(width + row - column, 0, 2 * width), column], 0)
    factor = np.linalg.cholesky(dense)
    factor = factor if lower else H(factor)
    kept = slice(width, None) if lower else slice(width + 1)
    return np.where(inside, factor[i, np.arange(n)], 0)[kept]


# --- factorised -------------------------------------------------------------------------------------------------------

pivots = Op(lambda a: _linalg.lu_factor(a)[1], NOTHING, NOTHING, "flat", "pivots", 1)


def _packed_jvp(t, y, a):
    """L⁻¹ Ȧ U⁻¹ has L's part below the diagonal and U's part on and above it."""
    l, u = _unpacked(y)
    inner = solve_triangular(l, t, lower=True, unit_diagonal=True)
    inner = T(solve_triangular(u, T(inner), trans=1))
    return l @ np.tril(inner, -1) + np.triu(inner) @ u


def _packed_vjp(g, y, a):
    l, u = _unpacked(y)
    inner = np.tril(T(l) @ np.tril(g, -1), -1) + np.triu(np.triu(g) @ T(u))
    inner = solve_triangular(l, inner, trans=1, lower=True, unit_diagonal=True)
    return T(solve_triangular(u, T(inner)))


packed: Op = primitive(lambda a: _linalg.lu_factor(a)[0], (_packed_vjp,), (_packed_jvp,))
"""L below the diagonal and U above it, for a square matrix whose rows are already in the order of the pivots."""


def _unpacked(y):
    """L and U of any shape."""
    m, n = y.shape
    k = min(m, n)
    return np.tril(y[:, :k], -1) + np.eye(m, k, dtype=bool), np.triu(y[:k])


def _order(pivots, m):
    """The order of the rows after the exchanges."""
    order = np.arange(m)
    for i, j in enumerate(pivots):
        order[i], order[j] = order[j], order[i]
    return order


def _factored(a):
    """The packed factors and the pivots; what a tall or a wide matrix has beside its square is solved for."""
    exchanges = pivots(a)
    a = a[_order(exchanges, a.shape[0])]
    m, n = a.shape
    square = packed(a[:n, :n] if m > n else a[:m, :m])
    if m > n:
        return np.concatenate([square, T(solve_triangular(square, T(a[n:]), trans=1))]), exchanges
    if m < n:
        right = solve_triangular(square, a[:, m:], lower=True, unit_diagonal=True)
        return np.concatenate([square, right], -1), exchanges
    return square, exchanges


def lu_factor(a, overwrite_a=False, check_finite=True):
    """The same as `scipy.linalg.lu_factor`: both factors in one matrix, and the exchanges of rows."""
    return _factored(as_array(a))


def lu_unpack(lu_and_piv):
    """P, L and U with P L U = A, from what `lu_factor` returns (SciPy has no such function; PyTorch has)."""
    factors, exchanges = lu_and_piv
    order = _order(np.asarray(exchanges), factors.shape[0])
    return np.eye(len(order))[:, order].astype(factors.dtype), *_unpacked(factors)


def lu(a, permute_l=False, overwrite_a=False, check_finite=True, p_indices=False):
    """The same as `scipy.linalg.lu`: P, L and U with P L U = A; P is constant while the pivots stay."""
    factors, exchanges = _factored(as_array(a))
    order = _order(exchanges, factors.shape[0])
    l, u = _unpacked(factors)
    if permute_l:
        return l[np.argsort(order)], u
    p = np.argsort(order) if p_indices else np.eye(len(order))[:, order].astype(factors.dtype)
    return p, l, u


def lu_solve(lu_and_piv, b, trans=0, overwrite_b=False, check_finite=True):
    """The same as `scipy.linalg.lu_solve`."""
    factors, exchanges = lu_and_piv
    order = _order(np.asarray(exchanges), factors.shape[0])
    low: Any = {"lower": True, "unit_diagonal": True}
    if trans in (0, "N"):
        return solve_triangular(factors, solve_triangular(factors, as_array(b)[order], **low))
    x = solve_triangular(factors, solve_triangular(factors, b, trans), trans, **low)
    return x[np.argsort(order)]


def cho_factor(a, lower=False, overwrite_a=False, check_finite=True):
    """The same as `scipy.linalg.cho_factor`, with zeros in the other triangle, where SciPy leaves what was there."""
    a = as_array(a)
    return (np.linalg.cholesky(a) if lower else H(np.linalg.cholesky(H(a)))), lower


def cho_solve(c_and_lower, b, overwrite_b=False, check_finite=True):
    """The same as `scipy.linalg.cho_solve`."""
    c, lower = c_and_lower
    first, second = (0, 2) if lower else (2, 0)
    return solve_triangular(c, solve_triangular(c, b, first, lower), second, lower)


# --- Toeplitz ---------------------------------------------------------------------------------------------------------


def _levinson_vjp(g, x, c, r, b):
    back = levinson(np.concatenate([c[:1], r[1:]]), c, g)
    beside = -lags(T(x), T(back), n=r.shape[0])
    return [-lags(T(back), T(x), n=c.shape[0]), np.where(np.arange(r.shape[0]) > 0, beside, 0), back]


def _levinson_jvp(t, x, c, r, b):
    return levinson(c, r, t[2] - toeplitz(t[0], t[1]) @ x)


def _levinson(c, r, b):
    return _linalg.solve_toeplitz((c, np.concatenate([c[:1], r[1:]])), b).astype(np.result_type(c, r, b))


levinson: Op = primitive(_levinson, _levinson_vjp, _levinson_jvp)


def solve_toeplitz(c_or_cr, b, check_finite=True):
    """The same as `scipy.linalg.solve_toeplitz`: the first column, or a tuple of it and of the first row."""
    c, r = c_or_cr if isinstance(c_or_cr, tuple) else (c_or_cr, np.conj(as_array(c_or_cr)))
    return _of_matrix(levinson, b, as_array(c), as_array(r))


# --- Sylvester and Lyapunov -------------------------------------------------------------------------------------------


def _sylvester_vjp(g, x, a, b, q):
    back = sylvester(T(a), T(b), g)
    return [-back @ T(x), -T(x) @ back, back]


sylvester: Op = primitive(
    _linalg.solve_sylvester,
    _sylvester_vjp,
    lambda t, x, a, b, q: sylvester(a, b, t[2] - t[0] @ x - x @ t[1]),
)


def solve_sylvester(a, b, q):
    """The same as `scipy.linalg.solve_sylvester`: the X with A X + X B = Q."""
    return sylvester(as_array(a), as_array(b), as_array(q))


def solve_continuous_lyapunov(a, q):
    """The same as `scipy.linalg.solve_continuous_lyapunov`: the X with A X + X Aᴴ = Q."""
    return solve_sylvester(a, H(as_array(a)), q)


solve_lyapunov = solve_continuous_lyapunov


def solve_discrete_lyapunov(a, q, method=None):
    """The same as `scipy.linalg.solve_discrete_lyapunov`: the X with X = A X Aᴴ + Q, by Cayley's transform."""
    a, q = as_array(a), as_array(q)
    one = np.eye(a.shape[-1], dtype=bool)
    inverse = np.linalg.inv(H(a) + one)
    return solve_continuous_lyapunov(H((H(a) - one * 1) @ inverse), -2 * np.linalg.inv(a + one) @ q @ inverse)
