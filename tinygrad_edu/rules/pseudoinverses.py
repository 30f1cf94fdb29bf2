"""Pseudo-inverses and least squares.

A⁺ jumps where the rank changes, and has a derivative where it does not: near A either the singular values that were
left out of A⁺ are zeros, which stay zeros, or they are numbers that were cut because they are small. Then A⁺ is the
pseudo-inverse of A A⁺ A, which is A without them, and that moves with the planes in which they lie.

References
----------
G. Golub and V. Pereyra (1973), The differentiation of pseudo-inverses.
V. Noferini (2017), A formula for the Fréchet derivative of a generalized matrix function.
"""

from __future__ import annotations

import numpy as np

from ..graph import Op
from .clusters import differences
from .declare import NOTHING, composite, primitive
from .decompositions import singular_values
from .linalg import H, T, conj, symmetric


def _kept(a, p, least):
    """A mask of the singular values that A⁺ inverts, if it leaves out others than zeros; else None.

    The trace of A⁺ A is their number, so that a matrix of full rank needs no decomposition to be told.
    """
    k = min(a.shape[-2:])
    if not np.count_nonzero(np.real(np.sum(p * T(a), axis=(-2, -1))) < k - 0.5):
        return None
    s = np.linalg.svdvals(a)
    largest = np.max(s, axis=-1, keepdims=True, initial=0)
    kept = s > largest * np.expand_dims(least, -1)
    cut = ~kept & (s > largest * (float(np.finfo(s.dtype).eps) * max(a.shape[-2:])))
    return kept if np.count_nonzero(cut) else None


kept_values = Op(_kept, NOTHING, NOTHING, "flat", arity=2)


def _truncation(t, a, kept):
    """The derivative of Σ sᵢ uᵢ vᵢᴴ over the kept values, in the direction t: a map that is its own adjoint."""
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    u1, v1h = u * kept[..., None, :], vh * kept[..., :, None]
    beside = t - u1 @ (H(u1) @ t)
    d, row, column = H(u) @ t @ H(vh), s[..., None, :], s[..., :, None]
    across = kept[..., None, :] != kept[..., :, None]
    squares = np.where(across, np.abs(differences(s)) * (row + column), 1)
    inner = np.where(across, np.minimum(row, column) ** 2 * d + row * column * H(d), 0) / squares
    return t - beside + (beside @ H(v1h)) @ v1h + u @ inner @ vh


def _pinv_vjp(g, p, a, rcond=None, hermitian=False, rtol=1e-15):
    """The transpose of dP = -P dA P + P Pᴴ dAᴴ (1 - A P) + (1 - P A) dAᴴ Pᴴ P, where P A P = P and A P A = A."""
    kept = kept_values(a, p, least=_least(a, rcond, rtol))
    low = a if kept is None else a @ p @ a
    back = T(g)
    inner = p @ back
    turned = (back - low @ inner) @ p @ H(p) + H(p) @ (inner - inner @ p @ low)
    found = conj(turned) - T(p) @ g @ T(p)
    found = found if kept is None else conj(_truncation(conj(found), a, kept))
    return symmetric(found) if hermitian else found


def _pinv_jvp(t, p, a, rcond=None, hermitian=False, rtol=1e-15):
    t = symmetric(t) if hermitian else t
    kept = kept_values(a, p, least=_least(a, rcond, rtol))
    low, t = (a, t) if kept is None else (a @ p @ a, _truncation(t, a, kept))
    left, right = p @ H(p) @ H(t), H(t) @ H(p) @ p
    return left - left @ low @ p + right - p @ (low @ right) - p @ t @ p


def _least(a, rcond, rtol):
    """Of the largest singular value that part up to which NumPy leaves others out."""
    given = rtol if rcond is None else rcond
    return np.finfo(a.dtype).eps * max(a.shape[-2:]) if given is None else given


primitive(np.linalg.pinv, (_pinv_vjp,), (_pinv_jvp,))


# --- least squares ----------------------------------------------------------------------------------------------------
# `found` computes all results at once; the operations after it hand one of them on, and carry its derivative.


def _minimizer_vjp(g, x, a, b, value, rcond):
    """x = A⁺ b, with the pseudo-inverse's derivative."""
    p = np.linalg.pinv(a, rtol=rcond)
    return [_pinv_vjp(g @ T(b), p, a, rtol=rcond), T(p) @ g]


def _minimizer_jvp(t, x, a, b, value, rcond):
    p = np.linalg.pinv(a, rtol=rcond)
    return _pinv_jvp(t[0], p, a, rtol=rcond) @ b + p @ t[1]


# fmt: off
found     = Op(lambda a, b, rcond: np.linalg.lstsq(a, b, rcond=rcond), NOTHING, NOTHING, "flat", "lstsq", arity=2)
minimizer = primitive(lambda a, b, value, rcond: value, _minimizer_vjp, _minimizer_jvp)
residuals = primitive(lambda a, b, x, value: value,  # x minimizes them, so that its own motion does not count
                      (lambda g, y, a, b, x, value: -2 * (conj(b - a @ x) * g) @ T(x),
                       lambda g, y, a, b, x, value: 2 * conj(b - a @ x) * g, None),
                      (lambda t, y, a, b, x, value: -2 * np.sum(np.real(conj(b - a @ x) * (t @ x)), axis=0),
                       lambda t, y, a, b, x, value: 2 * np.sum(np.real(conj(b - a @ x) * t), axis=0), None))
# fmt: on


def _lstsq(a, b, rcond=None):
    vector = np.ndim(b) == 1
    b = np.expand_dims(b, -1) if vector else b
    x, left, rank, s = found(a, b, rcond=rcond)
    if rcond is None or rcond < 0:
        rcond = np.finfo(s.dtype).eps * (max(a.shape) if rcond is None else 1)
    x = minimizer(a, b, value=x, rcond=rcond)
    left = residuals(a, b, x, value=left) if left.size else left
    return (x[..., 0] if vector else x), left, rank, singular_values(a, value=s)


composite(np.linalg.lstsq, _lstsq)
