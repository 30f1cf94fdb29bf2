"""Linear algebra: solving, inverting, triangular factors, determinants, norms.

A map A ↦ f(A) of matrices has the cotangent Ā with Re tr(gᵀ df) = Re tr(Āᵀ dA): the walk transposes and never
conjugates, so that the rule of `inv` reads the same for complex matrices, and only what involves Aᴴ conjugates.
The determinant never divides by itself. Of a matrix that has to be Hermitian the Hermitian part counts, so that its
gradient is Hermitian, whichever triangle NumPy reads. Next: `decompositions.py`, where values may meet.

References
----------
M. Giles (2008), An extended collection of matrix derivative results for forward and reverse mode AD.
I. Murray (2016), Differentiation of the Cholesky decomposition.
S. Walter and L. Lehmann (2012), Algorithmic differentiation of linear algebra functions (qr).
"""

from __future__ import annotations

import math
from functools import reduce
from typing import Any

import numpy as np

from ..errors import NoRuleError, ShapeError
from ..graph import Op
from .declare import NOTHING, composite, elementwise, flat, primitive


def T(x):
    """The transpose of a matrix, or of each of a stack."""
    return np.swapaxes(x, -1, -2)


def conj(x):
    """The conjugate; without the copy that np.conj makes of real numbers."""
    return np.conj(x) if x.dtype.kind == "c" else x


def H(x):
    """The conjugate transpose."""
    return conj(np.swapaxes(x, -1, -2))


def symmetric(x):
    """The Hermitian part: the cotangent of a matrix of which only the Hermitian part counts."""
    return (x + H(x)) / 2


# --- solving and inverting --------------------------------------------------------------------------------------------


def _solve_vjp(g, x, a, b):
    """b̄ = A⁻ᵀ x̄ and Ā = -b̄ xᵀ: one factorisation for both."""
    back = np.linalg.solve(T(a), g)
    return [-back @ T(x), back]


def _solve(a, b):
    return np.linalg.solve(a, b)


solve = primitive(_solve, _solve_vjp, lambda t, x, a, b: np.linalg.solve(a, t[1] - t[0] @ x))
"""Solves for matrices b; a vector, which NumPy takes too, is one column."""


def _solve_any(a, b):
    return solve(a, np.expand_dims(b, -1))[..., 0] if np.ndim(b) == 1 else solve(a, b)


def _axes_last(a, axes):
    return a if axes is None else np.moveaxis(a, axes, range(a.ndim - len(axes), a.ndim))


def _tensorsolve(a, b, axes=None):
    a = _axes_last(a, axes)
    shape = a.shape[np.ndim(b) :]
    return np.reshape(solve(np.reshape(a, (-1, math.prod(shape))), np.reshape(b, (-1, 1))), shape)


def _tensorinv(a, ind=2):
    rows = math.prod(a.shape[:ind])
    return np.reshape(np.linalg.inv(np.reshape(a, (rows, -1))), a.shape[ind:] + a.shape[:ind])


def _matrix_power(a, n):
    """By squaring, in NumPy's order of multiplications."""
    if n == 0:
        return np.zeros_like(a) + np.eye(a.shape[-1], dtype=bool)
    a, n = (np.linalg.inv(a), -n) if n < 0 else (a, n)
    if n <= 3:
        return reduce(np.matmul, [a] * n)
    square = result = None
    while n:
        square = a if square is None else square @ square
        n, bit = divmod(n, 2)
        if bit:
            result = square if result is None else result @ square
    return result


# fmt: off
primitive(np.linalg.inv,  (lambda g, y, a: -T(y) @ g @ T(y),), (lambda t, y, a: -y @ t @ y,))
composite(np.linalg.solve,        _solve_any)
composite(np.linalg.tensorsolve,  _tensorsolve)
composite(np.linalg.tensorinv,    _tensorinv)
composite(np.linalg.matrix_power, _matrix_power)
# fmt: on


# --- triangular factors -----------------------------------------------------------------------------------------------


def _half(x):
    """The lower triangle, with half the diagonal."""
    return np.tril(x, -1) + np.where(np.eye(x.shape[-1], dtype=bool), x, 0) / 2


def _cholesky_vjp(g, y, a, upper=False):
    """Ā = sym(L⁻ᴴ Φ(Lᴴ L̄) L⁻¹), where Φ takes the lower triangle and half the diagonal."""
    g, y = (H(g), H(y)) if upper else (g, y)
    return symmetric(np.linalg.solve(T(y), H(np.linalg.solve(T(y), H(_half(T(y) @ g))))))


def _cholesky_jvp(t, y, a, upper=False):
    y = H(y) if upper else y
    moved = y @ _half(np.linalg.solve(y, H(np.linalg.solve(y, symmetric(t)))))
    return H(moved) if upper else moved


def _bind_qr(a, mode="reduced"):
    if mode not in ("reduced", "complete", "r"):
        raise NoRuleError(f"qr: mode={mode!r} returns Householder vectors, which have no rule. Use mode='reduced'")
    return (a,), {"mode": mode}


def _qr_vjp(g, y, a, mode="reduced"):
    """Ā = (Q̄ + Q S) R⁻ᴴ, where S mirrors the lower triangle of R R̄ᴴ - Q̄ᴴ Q. The columns A₂ of a wide matrix are
    R₂ = Qᴴ A₂ away from that: Ā₂ = Q R̄₂, and Q̄ gains A₂ R̄₂ᴴ."""
    q, r = np.linalg.qr(a) if mode == "r" else y
    gq, gr = (np.zeros_like(q), g) if mode == "r" else g
    k = min(a.shape[-2:])
    if q.shape[-1] > k:  # the rest of a complete frame turns the other way round
        gq = gq[..., :k] - conj(q[..., k:] @ (T(gq[..., k:]) @ q[..., :k]))
        q, r, gr = q[..., :k], r[..., :k, :], gr[..., :k, :]
    if a.shape[-1] > k:
        gq = gq + conj(a[..., k:] @ T(gr[..., k:]))
    mirrored = 2 * symmetric(_half(r[..., :k] @ T(gr[..., :k]) - T(gq) @ q))
    found = T(np.linalg.solve(r[..., :k], T(gq + conj(q @ mirrored))))
    return np.concatenate([found, conj(q) @ gr[..., k:]], axis=-1) if a.shape[-1] > k else found


def _qr_jvp(t, y, a, mode="reduced"):
    q, r = np.linalg.qr(a) if mode == "r" else y
    k = min(a.shape[-2:])
    q1, r1 = q[..., :k], r[..., :k, :k]
    moved = T(np.linalg.solve(T(r1), T(t[..., :k])))
    upper = 2 * H(_half(symmetric(H(q1) @ moved)))
    dq, dr = moved - q1 @ upper, upper @ r1
    if a.shape[-1] > k:
        dr = np.concatenate([dr, H(dq) @ a[..., k:] + H(q1) @ t[..., k:]], axis=-1)
    if mode == "r":
        return dr
    if q.shape[-1] > k:
        dr = np.concatenate([dr, np.zeros_like(r[..., k:, :])], axis=-2)
        dq = np.concatenate([dq, -q1 @ (H(dq) @ q[..., k:])], axis=-1)
    return [dq, dr]


primitive(np.linalg.cholesky, (_cholesky_vjp,), (_cholesky_jvp,))
primitive(np.linalg.qr, (_qr_vjp,), (_qr_jvp,), bind=_bind_qr)


# --- determinants -----------------------------------------------------------------------------------------------------


def _others(s, *left_out):
    """The products of all singular values but those that an array of bools leaves out, along its last axis."""
    return np.prod(np.where(left_out[0], 1, s), axis=-1)


def _finite(a):
    """Which matrices of a stack have a decomposition."""
    return np.all(np.isfinite(a), axis=(-2, -1), keepdims=True)


def _adjugate(a):
    """det(A) A⁻ᵀ, or None if any matrix is near a singular one, or a determinant out of the range of numbers."""
    y, (least, most, eps) = np.linalg.det(a), _range(a)
    if not np.all((np.abs(y) > least / eps) & (np.abs(y) < most * eps)):
        return None
    inverse = np.linalg.inv(a)
    condition = np.linalg.norm(a, axis=(-2, -1)) * np.linalg.norm(inverse, axis=(-2, -1))
    return y[..., None, None] * T(inverse) if np.all(condition < eps**-0.3) else None


def _range(x):
    """The least and the largest normal number, and the distance from 1 to the next."""
    info = np.finfo(x.dtype)
    return float(info.tiny), float(info.max), float(info.eps)


def _cofactors(a):
    """∂ det/∂A = det(U Vᴴ) Ū diag(∏ⱼ≠ᵢ sⱼ) V̄ᴴ, without a division: exact for a singular matrix of any rank.

    Of well-conditioned matrices det(A) A⁻ᵀ is as good: 0.2 ms instead of 1.0 for 80 x 80.
    """
    if (known := _adjugate(a)) is not None:
        return known
    finite = _finite(a)
    u, s, vh = np.linalg.svd(np.where(finite, a, 0))
    minors = _others(s[..., None, :], np.eye(a.shape[-1], dtype=bool))
    phase = np.linalg.det(u) * np.linalg.det(vh)
    return np.where(finite, phase[..., None, None] * ((conj(u) * minors[..., None, :]) @ conj(vh)), np.nan)


def _cofactors_slope(g, y, a):
    """The second derivative of det, Σᵢⱼ (Xᵢᵢ Yⱼⱼ - Xᵢⱼ Yⱼᵢ) ∏ₖ≠ᵢⱼ sₖ for X, Y in the singular bases: symmetric."""
    finite = _finite(a)
    u, s, vh = np.linalg.svd(np.where(finite, a, 0))
    one = np.eye(a.shape[-1], dtype=bool)
    minors = _others(s[..., None, None, :], one[:, None] | one)
    x = H(u) @ g @ H(vh)
    along = np.sum(np.where(one, 0, minors) * np.diagonal(x, axis1=-2, axis2=-1)[..., None, :], axis=-1)
    phase = np.linalg.det(u) * np.linalg.det(vh)
    inner = np.where(one, along[..., None, :], -minors * T(x))
    return np.where(finite, phase[..., None, None] * (conj(u) @ inner @ conj(vh)), np.nan)


cofactors = primitive(_cofactors, (_cofactors_slope,), (_cofactors_slope,))


def _inverse(a):
    """A⁻¹; of a singular matrix the infinities of the cofactors over 0, and no error."""
    try:
        return np.linalg.inv(a)
    except np.linalg.LinAlgError:
        singular = np.isneginf(np.linalg.slogdet(a)[1])[..., None, None]
        with np.errstate(all="ignore"):
            poles = T(cofactors(a)) / 0.0
        return np.where(singular, poles, np.linalg.inv(np.where(singular, np.eye(a.shape[-1], dtype=bool), a)))


inverse = primitive(_inverse, (lambda g, y, a: -T(y) @ g @ T(y),), (lambda t, y, a: -y @ t @ y,))


def _slogdet_vjp(g, y, a):
    """d log|det A| = Re tr(A⁻¹ dA); the sign of a complex determinant turns by Im tr(A⁻¹ dA)."""
    turn = np.real(g[0] * y[0] * 1j) * -1j + g[1] if np.iscomplexobj(a) else g[1]
    return turn[..., None, None] * T(inverse(a))


def _slogdet_jvp(t, y, a):
    d = np.sum(t * T(inverse(a)), axis=(-2, -1))
    return [y[0] * 1j * np.imag(d) if np.iscomplexobj(a) else np.zeros_like(y[0]), np.real(d)]


primitive(
    np.linalg.det,
    (lambda g, y, a: g[..., None, None] * cofactors(a),),
    (lambda t, y, a: np.sum(cofactors(a) * t, axis=(-2, -1)),),
)
primitive(np.linalg.slogdet, (_slogdet_vjp,), (_slogdet_jvp,))


# --- norms ------------------------------------------------------------------------------------------------------------


def _p_norm(x, ord, axis, keepdims):
    if ord == 2 and (axis is None or np.size(axis) <= 2):
        return np.linalg.norm(x, None, axis, keepdims)
    return np.linalg.vector_norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _scale_of(y, x, ord, axis):
    """The largest |x|, if a norm y has lost digits to underflow, or has overflowed; None otherwise."""
    if not isinstance(y, np.ndarray | np.generic):
        return None  # it may not be known yet
    least, most, eps = _range(y)
    if not y.size or (y.min() > (least / eps) ** (1 / max(1, abs(ord))) and y.max() <= most):
        return None
    scale = np.max(np.abs(x), axis=axis, keepdims=True, initial=0)
    return np.where((scale > 0) & (scale <= most), scale, 1)


scale_of = Op(_scale_of, NOTHING, NOTHING, "flat", arity=2)


def _p_slope(y, x, ord, axis, keepdims):
    """∂‖x‖/∂x = sign(x̄) (|x|/‖x‖)ᵖ⁻¹; 0 at the origin, the subgradient of smallest norm.

    It is the same for x of any size, so that where a sum of powers left the range of numbers, x is brought to size 1.
    """
    scale = scale_of(y, x, ord=ord, axis=axis)
    if scale is not None:
        x = x / scale
        y = p_norm(x, ord=ord, axis=axis, keepdims=True)
    elif not keepdims:
        y = np.expand_dims(y, tuple(range(x.ndim)) if axis is None else axis)
    away = np.where(y == 0, 1, y)
    if ord == 2:
        return conj(x) / away
    direction = conj(np.sign(x))
    return direction if ord == 1 else direction * np.where(y == 0, 0, (np.abs(x) / away) ** (ord - 1))


def _p_norm_vjp(g, y, x, ord, axis, keepdims):
    g = g if keepdims else np.expand_dims(g, tuple(range(x.ndim)) if axis is None else axis)
    return g * _p_slope(y, x, ord, axis, keepdims)


def _p_norm_jvp(t, y, x, ord, axis, keepdims):
    return np.real(np.sum(t * _p_slope(y, x, ord, axis, keepdims), axis=axis, keepdims=keepdims))


p_norm = primitive(_p_norm, (_p_norm_vjp,), (_p_norm_jvp,))
number_of_nonzeros = Op(_p_norm, NOTHING, NOTHING, "flat", arity=1)


def _extreme(ord, x, axis, keepdims):
    """The norm of order ∞ or -∞ of numbers that are not negative; of none it is 0."""
    extreme: Any = np.max if ord > 0 else np.min
    return extreme(x, axis=axis, keepdims=keepdims, **({} if x.size else {"initial": 0}))


def _vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    if ord == 0:
        return number_of_nonzeros(x, ord=0, axis=axis, keepdims=keepdims)
    if abs(ord) == np.inf:
        return _extreme(ord, np.abs(x), axis, keepdims)
    return p_norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _rounding(s, n):
    """How large a singular value of an n × n matrix of lower rank may be by rounding."""
    return n * np.finfo(s.dtype).eps * np.max(s, axis=-1, keepdims=True, initial=0)


significant = elementwise(lambda s, least: s, lambda g, y, s, least: np.where(s > least, g, 0), None)
"""The singular values, of which those up to the least count as 0: the nuclear norm has a kink there, and slope 0."""
rounding = Op(_rounding, NOTHING, NOTHING, "flat", arity=1)


def _matrix_norm(x, ord, axis, keepdims):
    if ord in (None, "fro", "f"):
        return p_norm(x, ord=2, axis=tuple(axis), keepdims=keepdims)
    if ord in ("nuc", 2, -2):
        s = np.linalg.svdvals(np.moveaxis(x, axis, (-2, -1)))
        if ord == "nuc":
            y = np.sum(significant(s, rounding(s, n=max(x.shape[a] for a in axis))), axis=-1)
        else:
            y = _extreme(ord, s, -1, False)
    elif ord not in (1, -1, np.inf, -np.inf):
        raise ShapeError(f"norm: ord={ord!r} is no norm of matrices. Use 'fro', 'nuc', ±1, ±2 or ±inf")
    else:
        first, second = (a % x.ndim for a in (axis if abs(ord) == 1 else axis[::-1]))
        sums = np.sum(np.abs(x), axis=first)
        y = _extreme(ord, sums, second - (second > first), False)
    return np.expand_dims(y, tuple(axis)) if keepdims else y


def _norm(x, ord=None, axis=None, keepdims=False):
    if axis is None and ord is not None and x.ndim == 2:
        axis = (0, 1)
    if isinstance(axis, tuple | list) and len(axis) == 2:
        return _matrix_norm(x, ord, axis, keepdims)
    axis = axis[0] if isinstance(axis, tuple | list) and len(axis) == 1 else axis
    if isinstance(axis, tuple | list) or (axis is None and ord is not None and x.ndim > 2) or isinstance(ord, str):
        raise ShapeError(f"norm: ord={ord!r}, axis={axis} of a {x.ndim}-d array is no norm. Name one axis, or two")
    return _vector_norm(x, axis=axis, keepdims=keepdims, ord=2 if ord is None else ord)


def _cond(x, p=None):
    if p in (None, 2, -2):
        s = np.linalg.svdvals(x)
        return s[..., -1] / s[..., 0] if p == -2 else s[..., 0] / s[..., -1]
    return _matrix_norm(x, p, (-2, -1), False) * _matrix_norm(np.linalg.inv(x), p, (-2, -1), False)


# fmt: off
composite(np.linalg.vector_norm, _vector_norm)
composite(np.linalg.matrix_norm, lambda x, /, *, keepdims=False, ord="fro": _matrix_norm(x, ord, (-2, -1), keepdims))
composite(np.linalg.norm,        _norm)
composite(np.linalg.cond,        _cond)
flat(np.linalg.matrix_rank)
# fmt: on
