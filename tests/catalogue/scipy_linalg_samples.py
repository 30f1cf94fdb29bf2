"""SciPy's linear algebra: matrices with a structure, solvers, factorisations, and functions of matrices."""

import numpy as np

from catalogue.rows import numbers, row
from tinygrad_edu.scipy import linalg

anywhere, positive, _, _ = numbers(3)
V, W = anywhere(4), anywhere(3)
M = anywhere(3, 3) * 0.15 + np.diag([2.0, 3.1, 4.3])  # well-conditioned, with distinct real eigenvalues
N = anywhere(3, 3) * 0.3 + np.diag([1.0, 2.2, 3.7])
C = anywhere(3, 3) * 0.15 + np.diag([2.0, 3.1, 4.3]) + 1j * anywhere(3, 3) * 0.15
B, R, TALL, WIDE = anywhere(3, 2), anywhere(3, 3), anywhere(4, 3), anywhere(2, 4)
SMALL = M * 0.2
KEPT = np.array([[-1.0, 1.0, -0.2], [-1.2, 2.5, 0.4], [-1.3, -0.4, -0.7]])  # LAPACK exchanges no eigenvalues nearby
BAND = np.concatenate([anywhere(1, 5) * 0.3, positive(1, 5) + 3, anywhere(2, 5) * 0.3])
UPPER, LOWER = BAND[:2], BAND[1:]


def named(name, function):
    function.__name__ = name
    return function


def symmetrised(function):
    """Of a symmetric matrix and the rest: only the symmetric part of its argument counts."""
    half = lambda a: (a + np.conj(np.swapaxes(a, -1, -2))) / 2
    return named(function.__name__, lambda a, *args, **params: function(half(a), *args, **params))


def first(function):
    """The first of several results."""
    return named(function.__name__, lambda *args, **params: function(*args, **params)[0])


def scipys(function, *args, entry="", **params):
    return row(function, *args, entry=f"scipy.linalg.{entry or function.__name__}", numpy_only=True, **params)


def again(*names):
    """What a factorisation was made of: its factors multiplied, which has no phases that could turn."""

    def product(a, **params):
        t, z = getattr(linalg, names[0])(a, **params)
        return z @ t @ np.conj(z.T), np.diagonal(t)

    return named(names[0], product)


# fmt: off
STRUCTURED = [
    scipys(linalg.toeplitz, V), scipys(linalg.toeplitz, V, W), scipys(linalg.toeplitz, V + 1j), scipys(linalg.hankel, V), scipys(linalg.hankel, W, V),
    scipys(linalg.circulant, V), scipys(linalg.companion, V), scipys(linalg.leslie, V, W), scipys(linalg.block_diag, M, V, B),
    *(scipys(linalg.convolution_matrix, v, 4, mode=m) for m in ("full", "same", "valid") for v in (V, W)),
    scipys(linalg.khatri_rao, B, TALL[:, :2]),
]
SOLVERS = [
    *(scipys(linalg.solve_triangular, M, b, **p) for b in (W, B) for p in [{}, {"lower": True}, {"trans": 1}, {"trans": "T", "lower": True, "unit_diagonal": True}]),
    scipys(linalg.solve_triangular, C, W), scipys(linalg.solve_triangular, C, B, trans=2),
    *(scipys(named("solve_banded", lambda ab, b: linalg.solve_banded((2, 1), ab, b)), BAND, b, entry="solve_banded") for b in (anywhere(5), anywhere(5, 2))),
    *(scipys(linalg.solveh_banded, h, b, lower=low) for h, low in [(UPPER, False), (LOWER, True)] for b in (anywhere(5), anywhere(5, 2))),
    scipys(linalg.cholesky_banded, UPPER), scipys(linalg.cholesky_banded, LOWER, lower=True),
    scipys(linalg.lu, M), scipys(linalg.lu, M[::-1]), scipys(linalg.lu, TALL), scipys(linalg.lu, WIDE, permute_l=True), scipys(named("lu", lambda a: linalg.lu(a, p_indices=True)[1:]), C),
    scipys(first(linalg.lu_factor), M[::-1], entry="lu_factor"), scipys(first(linalg.lu_factor), TALL, entry="lu_factor"), scipys(first(linalg.lu_factor), WIDE, entry="lu_factor"),
    *(scipys(named("lu_solve", lambda a, b, t: linalg.lu_solve(linalg.lu_factor(a), b, t)), M[::-1] * 1, b, t, entry="lu_solve") for b in (W, B) for t in (0, 1)),
    row(named("lu_unpack", lambda a: linalg.lu_unpack(linalg.lu_factor(a))), M[::-1] * 1, entry="lu_unpack", numpy_only=True),
    *(scipys(symmetrised(first(linalg.cho_factor)), M, entry="cho_factor", **p) for p in [{}, {"lower": True}]),
    *(scipys(symmetrised(named("cho_solve", lambda a, b, low=low: linalg.cho_solve(linalg.cho_factor(a, low), b))), M, b, entry="cho_solve") for low in (False, True) for b in (W, B)),
    *(scipys(named("solve_toeplitz", lambda c, r, b: linalg.solve_toeplitz((c, r), b)), W * 0.2 + [2, 0, 0], V[:3] * 0.3, b, entry="solve_toeplitz") for b in (W, B)),
    scipys(linalg.solve_toeplitz, W * 0.2 + [2, 0, 0], W),
    scipys(linalg.solve_sylvester, M, N[:2, :2], B), scipys(linalg.solve_sylvester, C, N, R),
    scipys(linalg.solve_continuous_lyapunov, M, R, entry="solve_lyapunov"), scipys(linalg.solve_discrete_lyapunov, SMALL, R, entry="solve_lyapunov"),
]
FACTORS = [
    scipys(linalg.polar, TALL), scipys(linalg.polar, WIDE, side="left"), scipys(linalg.polar, C),
    scipys(linalg.schur, KEPT), scipys(again("schur"), KEPT, output="complex"), scipys(again("schur"), KEPT + 0.1j * B @ B.T, output="complex"), scipys(linalg.hessenberg, anywhere(4, 4), calc_q=True), scipys(linalg.hessenberg, M),
    scipys(linalg.rq, M), scipys(linalg.rq, WIDE, mode="economic"), scipys(linalg.rq, TALL[:3], mode="r"),
    scipys(first(linalg.eig), M, N, entry="eig_generalized"), scipys(linalg.eig, M, N, right=False, entry="eig_generalized"),
    scipys(named("eigh", lambda a, b: linalg.eigh((a + a.T) / 2, (b + b.T) / 2)), R, N, entry="eigh"),
    scipys(linalg.eigh_tridiagonal, V * 3, W), scipys(linalg.eigh_tridiagonal, V * 3, W, eigvals_only=True, select="i", select_range=(1, 2)),
    scipys(linalg.orth, TALL), scipys(named("null_space", lambda a: linalg.null_space(a) @ linalg.null_space(a).T), WIDE),
    scipys(linalg.pinvh, M), scipys(linalg.pinvh, R, lower=False),
]
FUNCTIONS = [
    scipys(linalg.expm, R), scipys(linalg.expm, C), scipys(linalg.expm, np.stack([R, M])), scipys(linalg.logm, M), scipys(linalg.logm, C), scipys(linalg.sqrtm, M), scipys(linalg.sqrtm, C),
    scipys(linalg.expm_frechet, R, N), scipys(linalg.expm_frechet, R, N, compute_expm=False),
    scipys(linalg.sinm, R), scipys(linalg.sinm, C), scipys(linalg.cosm, R), scipys(linalg.cosm, C),
    scipys(linalg.fractional_matrix_power, M, 0.3), scipys(linalg.fractional_matrix_power, M, np.array(-1.4)), scipys(linalg.fractional_matrix_power, M, 3),
    scipys(linalg.funm, M, np.exp), scipys(linalg.funm, M, np.sqrt),
]
# fmt: on

SAMPLES = [*STRUCTURED, *SOLVERS, *FACTORS, *FUNCTIONS]
