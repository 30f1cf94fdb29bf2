"""Functions of matrices: exponential, logarithm, square root, powers, sine and cosine.

The derivative of f at A in the direction E stands in a corner of f itself,

    f([[A, E], [0, A]]) = [[f(A), L], [0, f(A)]],

and its transpose is the derivative at Aᵀ. So a function needs no formula but its own, to any order. A square root is
shorter: it solves S Ṡ + Ṡ S = Ȧ. Part of `tinygrad_edu.scipy.linalg`.

References
----------
R. Mathias (1996), A chain rule for matrix functions and applications.
N. Higham (2008), Functions of Matrices, sections 3.1 and 6.1.
"""

from __future__ import annotations

import warnings
from functools import wraps

import numpy as np
from scipy import linalg as _linalg

from ..rules.declare import primitive
from ..rules.linalg import T
from .dispatch import as_array, dispatching
from .solving import solve_sylvester

MODULE = "tinygrad_edu.scipy.linalg"


def _derivative(f, a, e):
    """L(A, E), read off in the corner."""
    n = a.shape[-1]
    upper = np.concatenate([a, e], -1)
    lower = np.concatenate([np.zeros_like(a), a], -1)
    return f(np.concatenate([upper, lower], -2))[..., :n, n:]


expm, sqrtm = dispatching(_linalg.expm, MODULE), dispatching(_linalg.sqrtm, MODULE)


@wraps(_linalg.logm)
def _logm(A):
    """SciPy's, in double precision, and without its warning of errors from 1e-13 on, which derivatives often meet."""
    a = np.asarray(A)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", "logm result may be inaccurate", RuntimeWarning)
        y = _linalg.logm(a.astype(np.result_type(a, np.float64)))
    single = np.complex64 if y.dtype.kind == "c" else np.float32
    return y.astype(single) if a.dtype in (np.float32, np.complex64) else y


logm = dispatching(_logm, MODULE)

# fmt: off
primitive(expm,  (lambda g, y, a: _derivative(expm, T(a), g),), (lambda t, y, a: _derivative(expm, a, t),))
primitive(logm,  (lambda g, y, a: _derivative(logm, T(a), g),), (lambda t, y, a: _derivative(logm, a, t),))
primitive(sqrtm, (lambda g, y, a: solve_sylvester(T(y), T(y), g),), (lambda t, y, a: solve_sylvester(y, y, t),))
# fmt: on


def expm_frechet(A, E, method=None, compute_expm=True, check_finite=True):
    """The same as `scipy.linalg.expm_frechet`: exp(A), and its derivative at A in the direction E."""
    a, e = as_array(A), as_array(E)
    n = a.shape[-1]
    upper, lower = np.concatenate([a, e], -1), np.concatenate([np.zeros_like(a), a], -1)
    both = expm(np.concatenate([upper, lower], -2))
    return (both[..., :n, :n], both[..., :n, n:]) if compute_expm else both[..., :n, n:]


def cosm(A):
    """The same as `scipy.linalg.cosm`: (exp(iA) + exp(-iA)) / 2."""
    a = as_array(A)
    return (expm(a * 1j) + expm(a * -1j)) / 2 if a.dtype.kind == "c" else np.real(expm(a * 1j))


def sinm(A):
    """The same as `scipy.linalg.sinm`: (exp(iA) - exp(-iA)) / 2i."""
    a = as_array(A)
    return (expm(a * 1j) - expm(a * -1j)) * -0.5j if a.dtype.kind == "c" else np.imag(expm(a * 1j))


def fractional_matrix_power(A, t):
    """The same as `scipy.linalg.fractional_matrix_power`: exp(t log A), for whole t a product; t has a gradient too."""
    a = as_array(A)
    if isinstance(t, int | np.integer):
        return np.linalg.matrix_power(a, t)
    return expm(logm(a) * t)


def funm(A, func, disp=True):
    """The same as `scipy.linalg.funm`: V f(Λ) V⁻¹, for a matrix that has a basis of eigenvectors.

    `func` is a function of arrays, of complex ones too, and may depend on Tensors itself.
    """
    a = as_array(A)
    values, vectors = np.linalg.eig(a)
    found = np.linalg.solve(T(vectors), T(vectors * func(values))).T
    if a.dtype.kind != "c" and found.dtype.kind == "c":
        plain = np.asarray(found.detach() if hasattr(found, "detach") else found)
        if np.allclose(plain.imag, 0, atol=1e-10 * max(1.0, float(np.max(np.abs(plain), initial=0)))):
            found = np.real(found)
    return found if disp else (found, 0.0)
