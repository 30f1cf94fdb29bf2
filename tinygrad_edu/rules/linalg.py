"""Linear algebra: solving, inverting, determinants, norms, and NumPy's other names for products.

A map A ↦ f(A) of matrices has the cotangent Ā with Re tr(gᵀ df) = Re tr(Āᵀ dA): the walk transposes and never
conjugates, so that the rule of `inv` reads the same for complex matrices, and only what involves Aᴴ conjugates.
The determinant never divides by itself. What factorises a matrix is in `decompositions.py`.

References
----------
M. Giles (2008), An extended collection of matrix derivative results for forward and reverse mode AD.
G. Golub and V. Pereyra (1973), The differentiation of pseudo-inverses.
"""

from __future__ import annotations

import math
from functools import reduce

import numpy as np

from ..errors import ShapeError
from ..graph import Op
from .declare import NOTHING, Every, bilinear, composite, elementwise, flat, primitive


def T(x):
    """The transpose of a matrix, or of each of a stack."""
    return np.swapaxes(x, -1, -2)


def H(x):
    """The conjugate transpose."""
    return np.conj(np.swapaxes(x, -1, -2))


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


def pinv_vjp(g, p, a, rcond=None, hermitian=False, rtol=None):
    """The transpose of dP = -P dA P + P Pᴴ dAᴴ (1 - A P) + (1 - P A) dAᴴ Pᴴ P, which holds while the rank stays."""
    back = T(g)
    inner = H(p) @ (p @ back)
    turned = (back - a @ (p @ back)) @ p @ H(p) + inner - inner @ p @ a
    found = np.conj(turned) - T(p) @ g @ T(p)
    return symmetric(found) if hermitian else found


def pinv_jvp(t, p, a, rcond=None, hermitian=False, rtol=None):
    t = symmetric(t) if hermitian else t
    left, right = p @ H(p) @ H(t), H(t) @ H(p) @ p
    return left - left @ a @ p + right - p @ (a @ right) - p @ t @ p


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
primitive(np.linalg.pinv, (pinv_vjp,), (pinv_jvp,))
composite(np.linalg.solve,        _solve_any)
composite(np.linalg.tensorsolve,  _tensorsolve)
composite(np.linalg.tensorinv,    _tensorinv)
composite(np.linalg.matrix_power, _matrix_power)
# fmt: on


# --- determinants -----------------------------------------------------------------------------------------------------


def _others(s, *left_out):
    """The products of all singular values but those that an array of bools leaves out, along its last axis."""
    return np.prod(np.where(left_out[0], 1, s), axis=-1)


def _cofactors(a):
    """∂ det/∂A = det(U Vᴴ) Ū diag(∏ⱼ≠ᵢ sⱼ) V̄ᴴ, without a division: exact for a singular matrix of any rank."""
    u, s, vh = np.linalg.svd(a)
    minors = _others(s[..., None, :], np.eye(a.shape[-1], dtype=bool))
    phase = np.linalg.det(u) * np.linalg.det(vh)
    return phase[..., None, None] * ((np.conj(u) * minors[..., None, :]) @ np.conj(vh))


def _cofactors_slope(g, y, a):
    """The second derivative of det, Σᵢⱼ (Xᵢᵢ Yⱼⱼ - Xᵢⱼ Yⱼᵢ) ∏ₖ≠ᵢⱼ sₖ for X, Y in the singular bases: symmetric."""
    u, s, vh = np.linalg.svd(a)
    one = np.eye(a.shape[-1], dtype=bool)
    minors = _others(s[..., None, None, :], one[:, None] | one)
    x = H(u) @ g @ H(vh)
    along = np.sum(np.where(one, 0, minors) * np.diagonal(x, axis1=-2, axis2=-1)[..., None, :], axis=-1)
    phase = np.linalg.det(u) * np.linalg.det(vh)
    inner = np.where(one, along[..., None, :], -minors * T(x))
    return phase[..., None, None] * (np.conj(u) @ inner @ np.conj(vh))


cofactors = primitive(_cofactors, (_cofactors_slope,), (_cofactors_slope,))


def _slogdet_vjp(g, y, a):
    """d log|det A| = Re tr(A⁻¹ dA); the sign of a complex determinant turns by Im tr(A⁻¹ dA)."""
    turn = np.real(g[0] * y[0] * 1j) * -1j + g[1] if np.iscomplexobj(a) else g[1]
    return turn[..., None, None] * T(np.linalg.inv(a))


def _slogdet_jvp(t, y, a):
    d = np.trace(np.linalg.solve(a, t), axis1=-2, axis2=-1)
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


def _p_slope(y, x, ord, axis, keepdims):
    """∂‖x‖/∂x = sign(x̄) (|x|/‖x‖)ᵖ⁻¹; 0 at the origin, the subgradient of smallest norm."""
    if not keepdims:
        y = np.expand_dims(y, tuple(range(x.ndim)) if axis is None else axis)
    away = np.where(y == 0, 1, y)
    if ord == 2:
        return np.conj(x) / away
    direction = np.conj(np.sign(x))
    return direction if ord == 1 else direction * np.where(y == 0, 0, (np.abs(x) / away) ** (ord - 1))


def _p_norm_vjp(g, y, x, ord, axis, keepdims):
    g = g if keepdims else np.expand_dims(g, tuple(range(x.ndim)) if axis is None else axis)
    return g * _p_slope(y, x, ord, axis, keepdims)


def _p_norm_jvp(t, y, x, ord, axis, keepdims):
    return np.real(np.sum(t * _p_slope(y, x, ord, axis, keepdims), axis=axis, keepdims=keepdims))


p_norm = primitive(_p_norm, (_p_norm_vjp,), (_p_norm_jvp,))
number_of_nonzeros = Op(_p_norm, NOTHING, NOTHING, "flat", arity=1)


def _vector_norm(x, /, *, axis=None, keepdims=False, ord=2):
    if ord == 0:
        return number_of_nonzeros(x, ord=0, axis=axis, keepdims=keepdims)
    if abs(ord) == np.inf:
        return (np.max if ord > 0 else np.min)(np.abs(x), axis=axis, keepdims=keepdims)
    return p_norm(x, ord=ord, axis=axis, keepdims=keepdims)


def _rounding(s, n):
    """How large a singular value of an n × n matrix of lower rank may be by rounding."""
    return n * np.finfo(s.dtype).eps * np.max(s, axis=-1, keepdims=True)


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
            y = (np.max if ord > 0 else np.min)(s, axis=-1)
    elif ord not in (1, -1, np.inf, -np.inf):
        raise ShapeError(f"norm: ord={ord!r} is no norm of matrices. Use 'fro', 'nuc', ±1, ±2 or ±inf")
    else:
        first, second = (a % x.ndim for a in (axis if abs(ord) == 1 else axis[::-1]))
        sums = np.sum(np.abs(x), axis=first)
        y = (np.max if ord > 0 else np.min)(sums, axis=second - (second > first))
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


# --- products of many, and by other names -----------------------------------------------------------------------------


def _chain_vjp(i, g, y, *arrays):
    """x̄ᵢ = (x₀ ⋯ xᵢ₋₁)ᵀ g (xᵢ₊₁ ⋯ xₙ)ᵀ: a chain again, of transposes."""
    return np.linalg.multi_dot([*map(T, arrays[:i][::-1]), g, *map(T, arrays[:i:-1])])


def _chain(*arrays):
    return np.linalg.multi_dot(arrays)


chain = primitive(
    _chain,
    Every(_chain_vjp),
    Every(lambda i, t, y, *arrays: np.linalg.multi_dot([*arrays[:i], t, *arrays[i + 1 :]])),
)


def _multi_dot(arrays):
    first, last = arrays[0], arrays[-1]
    y = chain(np.atleast_2d(first), *arrays[1:-1], last[:, None] if np.ndim(last) == 1 else last)
    y = y[0] if np.ndim(first) == 1 else y
    return y[..., 0] if np.ndim(last) == 1 else y


def _axis_of(x, axis):
    """Counted from the end, where arrays that broadcast are aligned."""
    return axis % x.ndim - x.ndim


def _cross_left(g, z, x, y, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """x̄ = y × z̄, since z̄ · (x × y) = x · (y × z̄)."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    return np.cross(y, g, axisa=axisb, axisb=axisc, axisc=_axis_of(x, axisa))


def _cross_right(g, z, x, y, axisa=-1, axisb=-1, axisc=-1, axis=None):
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    return np.cross(g, x, axisa=axisc, axisb=axisa, axisc=_axis_of(y, axisb))


def _cross(a, b, **axes):
    return np.cross(a, b, **axes)


cross = bilinear(_cross, _cross_left, _cross_right)


def _cross_any(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """In the plane the result is the third coordinate of the product in space."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    flat_a, flat_b = np.shape(a)[axisa] == 2, np.shape(b)[axisb] == 2
    if not (flat_a or flat_b):
        return cross(a, b, axisa=axisa, axisb=axisb, axisc=axisc)
    in_space = lambda x, axis: np.concatenate([x, np.zeros_like(x).take([0], axis)], axis)
    a, b = (in_space(x, i) if is_flat else x for x, i, is_flat in ((a, axisa, flat_a), (b, axisb, flat_b)))
    z = cross(a, b, axisa=axisa, axisb=axisb, axisc=-1)
    return z[..., 2] if flat_a and flat_b else np.moveaxis(z, -1, axisc)


def _kron(a, b):
    """Every element of a times all of b: axes side by side, then merged in pairs."""
    n = max(np.ndim(a), np.ndim(b))
    grown = [np.reshape(x, (1,) * (n - np.ndim(x)) + np.shape(x)) for x in (a, b)]
    product = np.expand_dims(grown[0], tuple(range(1, 2 * n, 2))) * np.expand_dims(grown[1], tuple(range(0, 2 * n, 2)))
    return np.reshape(product, [i * j for i, j in zip(grown[0].shape, grown[1].shape, strict=True)])


# fmt: off
composite(np.cross,                   _cross_any)
composite(np.kron,                    _kron)
composite(np.linalg.multi_dot,        _multi_dot)
composite(np.linalg.cross,            lambda x1, x2, /, *, axis=-1: np.cross(x1, x2, axis=axis))
composite(np.linalg.outer,            lambda x1, x2, /: np.outer(x1, x2))
composite(np.linalg.tensordot,        lambda x1, x2, /, *, axes=2: np.tensordot(x1, x2, axes=axes))
composite(np.linalg.matmul,           lambda x1, x2, /: np.matmul(x1, x2))
composite(np.linalg.vecdot,           lambda x1, x2, /, *, axis=-1: np.vecdot(x1, x2, axis=axis))
composite(np.linalg.trace,            lambda x, /, *, offset=0, dtype=None:
                                          np.sum(np.diagonal(x, offset, -2, -1), -1, dtype))
composite(np.linalg.diagonal,         lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1))
composite(np.linalg.matrix_transpose, lambda x, /: np.matrix_transpose(x))
# fmt: on
