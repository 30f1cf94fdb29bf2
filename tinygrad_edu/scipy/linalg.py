"""SciPy's linear algebra: what `np.linalg` has not.

`structured.py` arranges numbers into matrices, `solving.py` solves equations with a structure, `factorizing.py` takes
matrices apart, and `matrix_functions.py` has exp, log, roots and their like. This file only gathers their names.
"""

from .factorizing import eig, eigh, eigh_tridiagonal, hessenberg, null_space, orth, pinvh, polar, rq, schur
from .matrix_functions import cosm, expm, expm_frechet, fractional_matrix_power, funm, logm, sinm, sqrtm
from .solving import (
    cho_factor,
    cho_solve,
    cholesky_banded,
    lu,
    lu_factor,
    lu_solve,
    lu_unpack,
    solve_banded,
    solve_continuous_lyapunov,
    solve_discrete_lyapunov,
    solve_lyapunov,
    solve_sylvester,
    solve_toeplitz,
    solve_triangular,
    solveh_banded,
)
from .structured import block_diag, circulant, companion, convolution_matrix, hankel, khatri_rao, leslie, toeplitz

__all__ = [
    "block_diag", "cho_factor", "cho_solve", "cholesky_banded", "circulant", "companion", "convolution_matrix", "cosm",
    "eig", "eigh", "eigh_tridiagonal", "expm", "expm_frechet", "fractional_matrix_power", "funm", "hankel",
    "hessenberg", "khatri_rao", "leslie", "logm", "lu", "lu_factor", "lu_solve", "lu_unpack", "null_space", "orth",
    "pinvh", "polar", "rq", "schur", "sinm", "solve_banded", "solve_continuous_lyapunov", "solve_discrete_lyapunov",
    "solve_lyapunov", "solve_sylvester", "solve_toeplitz", "solve_triangular", "solveh_banded", "sqrtm", "toeplitz",
]  # fmt: skip
