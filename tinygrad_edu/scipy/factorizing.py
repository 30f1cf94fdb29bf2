"""Factorisations: polar, Schur, Hessenberg, RQ, generalised eigenvalues, and bases of ranges and null spaces.

Most are read off from those of `np.linalg`. Schur and Hessenberg forms A = Z T Zᴴ share one rule: Z turns by a
skew-Hermitian X = Zᴴ dZ, dT = Zᴴ dA Z + T X - X T, and X is what keeps the zeros of T zero. Phases (signs) are as free
as those of eigenvectors: for complex matrices only what does not depend on them has a gradient of its own. Part of
`tinygrad_edu.scipy.linalg`.
"""

from __future__ import annotations

import numpy as np
from scipy import linalg as _linalg

from ..errors import NoRuleError
from ..graph import Op
from ..rules.indexing import scatter
from ..rules.linalg import H
from .dispatch import as_array
from .solving import solve_triangular


def polar(a, side="right"):
    """The same as `scipy.linalg.polar`: A = U P with U unitary and P positive; A = P U for the left side."""
    if side not in ("left", "right"):
        raise ValueError(f"polar: side is {side!r}. Expected 'left' or 'right'")
    w, s, vh = np.linalg.svd(as_array(a), full_matrices=False)
    return w @ vh, (H(vh) * s) @ vh if side == "right" else (w * s) @ H(w)


# --- unitary similarity -----------------------------------------------------------------------------------------------


def _turned(t, m, turns, zeros):
    """The skew-Hermitian X, nonzero at the places `turns` (and their mirrors), that makes m + t X - X t zero there."""
    n = t.shape[-1]
    (i, j), (k, l) = (np.nonzero(place) for place in (zeros, turns))
    column = lambda v: np.asarray(v)[:, None]
    first = np.where(column(j) == l, t[column(i), k], 0)
    system = first - np.where(column(i) == k, t[l, column(j)], 0)
    x = np.linalg.solve(system, -m[i, j]) if i.size else m[i, j]
    lower = scatter(x, shape=(n, n), index=(k, l))
    return lower - H(lower)


def _similar_jvp(below):
    """The rule for a form whose entries more than `below` under the diagonal are zero."""

    def jvp(tangents, y, a):
        t, z = y
        n = t.shape[-1]
        i, j = np.arange(n)[:, None], np.arange(n)
        m = H(z) @ tangents[0] @ z
        x = _turned(t, m, (i > j) & (j >= below), i > j + below)
        moved = m + t @ x - x @ t
        return [np.where(i > j + below, 0, moved), z @ x]

    return jvp


def _schur(a):
    t, z = _linalg.schur(a)
    if np.any(np.diagonal(t, -1)):
        raise NoRuleError("schur: a real form of complex eigenvalues has blocks, and no rule. Ask for output='complex'")
    return t, z


# forward mode alone is written down: reverse mode transposes it
_schur_form = Op(_schur, None, _similar_jvp(0), "primitive", "schur", 1)
_hessenberg_form = Op(lambda a: _linalg.hessenberg(a, calc_q=True), None, _similar_jvp(1), "primitive", "hessenberg", 1)


def schur(a, output="real", lwork=None, overwrite_a=False, sort=None, check_finite=True):
    """The same as `scipy.linalg.schur`: A = Z T Zᴴ with T triangular, for distinct eigenvalues."""
    a = as_array(a)
    if sort is not None:
        raise NoRuleError("schur: sort has no rule. Leave it away, and order the eigenvalues on the diagonal of T")
    if output in ("complex", "c"):
        a = a if a.dtype.kind == "c" else a + 0j
    return _schur_form(a)


def hessenberg(a, calc_q=False, overwrite_a=False, check_finite=True):
    """The same as `scipy.linalg.hessenberg`: A = Q H Qᴴ with zeros below the first subdiagonal of H."""
    h, q = _hessenberg_form(as_array(a))
    return (h, q) if calc_q else h


def rq(a, overwrite_a=False, lwork=None, mode="full", check_finite=True):
    """The same as `scipy.linalg.rq`: A = R Q, which is QR seen from the last row."""
    if mode not in ("full", "r", "economic"):
        raise ValueError(f"rq: mode is {mode!r}. Expected 'full', 'r' or 'economic'")
    q, r = np.linalg.qr(H(np.flip(as_array(a))), mode="reduced" if mode == "economic" else "complete")
    r = np.flip(H(r))
    return r if mode == "r" else (r, np.flip(H(q)))


# --- eigenvalues ------------------------------------------------------------------------------------------------------


def eig(a, b=None, left=False, right=True, overwrite_a=False, overwrite_b=False, check_finite=True):
    """The same as `scipy.linalg.eig`, also for A v = λ B v with B regular; left eigenvectors are not offered."""
    if left:
        raise NoRuleError("eig: left eigenvectors are not offered; they are the right ones of the transposed matrices")
    a = as_array(a)
    matrix = a if b is None else np.linalg.solve(as_array(b), a)
    if not right:
        return np.linalg.eigvals(matrix)
    return tuple(np.linalg.eig(matrix))


def eigh(a, b=None, *, lower=True, eigvals_only=False, check_finite=True):
    """The same as `scipy.linalg.eigh`, also for A v = λ B v with B positive definite."""
    a = as_array(a)
    if b is None:
        values, vectors = np.linalg.eigh(a, UPLO="L" if lower else "U")
        return values if eigvals_only else (values, vectors)
    factor = np.linalg.cholesky(as_array(b))
    whole = (a + H(a)) / 2
    half = solve_triangular(factor, whole, lower=True)
    values, vectors = np.linalg.eigh(H(solve_triangular(factor, H(half), lower=True)))
    return values if eigvals_only else (values, solve_triangular(factor, vectors, trans=2, lower=True))


def eigh_tridiagonal(
    d, e, eigvals_only=False, select="a", select_range=None, check_finite=True, tol=0.0, lapack_driver="auto"
):
    """The same as `scipy.linalg.eigh_tridiagonal`, by way of the whole matrix; select 'a' or 'i'."""
    if select not in ("a", "all", "i", "index"):
        raise NoRuleError(f"eigh_tridiagonal: select={select!r} is not offered. Use 'a' or 'i', and a mask")
    e = np.diag(as_array(e), -1)
    matrix = np.diag(as_array(d)) + e + H(e)
    chosen = slice(None) if select[0] == "a" else slice(select_range[0], select_range[1] + 1)
    values, vectors = np.linalg.eigh(matrix)
    return values[chosen] if eigvals_only else (values[chosen], vectors[:, chosen])


# --- ranges and null spaces -------------------------------------------------------------------------------------------


def _rank(s, shape, rcond):
    plain = np.asarray(s.detach() if hasattr(s, "detach") else s)
    rcond = np.finfo(plain.dtype).eps * max(shape) if rcond is None else rcond
    return int(np.sum(plain > rcond * np.max(plain, initial=0)))


def orth(A, rcond=None):
    """The same as `scipy.linalg.orth`: an orthonormal basis of the range."""
    a = as_array(A)
    u, s, _ = np.linalg.svd(a, full_matrices=False)
    return u[:, : _rank(s, a.shape, rcond)]


def null_space(A, rcond=None, **params):
    """The same as `scipy.linalg.null_space`: an orthonormal basis of the null space."""
    a = as_array(A)
    _, s, vh = np.linalg.svd(a, full_matrices=True)
    return H(vh[_rank(s, a.shape, rcond) :])


def pinvh(a, atol=None, rtol=None, lower=True, return_rank=False, check_finite=True):
    """The same as `scipy.linalg.pinvh`: the pseudo-inverse of a Hermitian matrix, while its rank stays."""
    a = as_array(a)
    if atol or return_rank:
        raise NoRuleError("pinvh: atol and return_rank are not offered. Say rtol; np.linalg.matrix_rank has the rank")
    whole = np.tril(a) + H(np.tril(a, -1)) if lower else np.triu(a) + H(np.triu(a, 1))
    rtol = max(a.shape) * float(np.finfo(a.dtype).eps) if rtol is None else rtol
    return np.linalg.pinv(whole, rtol=rtol, hermitian=True)
