"""Matrices taken apart into values and vectors: eigh, svd, eig.

A factor is free up to a *gauge*: the sign or phase of an eigenvector, and any rotation of the eigenvectors of one
repeated eigenvalue. The derivative of a frame is taken with the gauge that moves it least, and 1/(λⱼ - λᵢ) multiplies
a part of the cotangent that vanishes, at λⱼ = λᵢ, for every function that does not depend on the gauge: there stands
0/0, not ∞, and `_meeting` finds what it means. A function that does depend on it has no derivative: ∞ or NaN.

docs/conventions.md says what holds where values meet or vanish. Next: `pseudoinverses.py`.

References
----------
J. Townsend (2016), Differentiating the singular value decomposition.
M. Giles (2008), An extended collection of matrix derivative results for forward and reverse mode AD.
"""

from __future__ import annotations

import numpy as np

from ..graph import Op
from .declare import NOTHING, primitive
from .linalg import H, T, conj, symmetric


def differences(s):
    """sⱼ - sᵢ at i, j."""
    return s[..., None, :] - s[..., :, None]


def _sums(s):
    return s[..., None, :] + s[..., :, None]


def _identity(s):
    """A mask of the diagonal."""
    return np.eye(s.shape[-1], dtype=bool)


def _over(x, d, lost):
    """x / d, and 0 where both are lost."""
    return x / d if lost is None else np.where(lost, 0, x / np.where(lost, 1, d))


# --- values that meet, and values that vanish: decisions, which are flat ----------------------------------------------


def _close(d, s):
    """Where a difference (or a sum) is as small as rounding makes it, measured by the largest value."""
    least = float(np.finfo(s.dtype).eps) ** 0.875 * np.max(np.abs(s), axis=-1, initial=0, keepdims=True)
    return np.abs(d) <= (least if d.ndim == s.ndim else least[..., None])


def _meet(s):
    """True if any two values meet; they are sorted, so that neighbours tell."""
    return bool(np.count_nonzero(_close(s[..., 1:] - s[..., :-1], s)))


def _size(frames):
    """How large the numbers are whose sums, times rounding errors, make the elements of a column."""
    return sum(np.max(np.abs(x), axis=-2, initial=0) for x in frames)


def _faint(x, size):
    return np.abs(x) <= float(np.finfo(size.dtype).eps) ** 0.75 * size


def _meeting(s, moved, held, slope, *frames):
    """What a function that does not depend on the gauge makes of the pairs of values that meet; None if none do.

    For f(A) = tr G Q h(Λ) Qᵀ, with X = Qᵀ G Q symmetric, the rule needs Xᵢⱼ (h(λⱼ) - h(λᵢ)) / (λⱼ - λᵢ), which is
    Xᵢⱼ h′(λ) in the limit. Known are Mᵢⱼ = 2 Xᵢⱼ h(λ) of the frame, and mᵢ = Xᵢᵢ h′(λ) of the values; so the limit is
    ρ Mᵢⱼ, and ρ is read off the diagonal of the cluster as the slope of mᵢ over Mᵢᵢ (with an offset: the part of a
    function of the values alone). Where the frame is not used, M = 0, and the values that meet share evenly.

    Returns
    -------
    (lost, rho, shares)
        Where 0/0 stands; ρ there; and the weights by which values share.
    """
    if not _meet(s):
        return None
    near, one, size = _close(differences(s), s), _identity(s), _size(frames)
    lost = near & (_faint(moved, _sums(size)) | one)
    mean = lambda v: np.sum(near * v[..., None, :], axis=-1) / np.sum(near, axis=-1)
    with np.errstate(all="ignore"):
        m = np.real(np.diagonal(held, axis1=-2, axis2=-1))
        mean_m, square = mean(m), mean(m * m)
        spread = square - mean_m * mean_m
        alone = spread <= 1e-12 * square
        rho = np.where(alone, mean(slope) / mean_m, (mean(m * slope) - mean_m * mean(slope)) / spread)
    rho = _sums(np.where(np.isfinite(rho), rho, 0)) / 2
    unused = (mean(size) == 0)[..., None] & ~_close(_sums(s), s)
    shares = np.where(unused, near / np.sum(near, axis=-1, keepdims=True), one)
    return lost, rho.astype(s.dtype), shares.astype(s.dtype)


def _vanishing(s, x, *frames):
    """Where x over sums of values (or over single values, if it is one row a value) is 0/0; None if none vanish."""
    if not np.count_nonzero(_close(s[..., -1:], s)):
        return None
    size = _size(frames)
    if x.shape[-2] == x.shape[-1] == s.shape[-1]:
        return _close(_sums(s), s) & _faint(x, _sums(size))
    return _close(s, s)[..., None, :] & _faint(x, size[..., None, :])


# fmt: off
close     = Op(_close, NOTHING, NOTHING, "flat", arity=2)
meeting   = Op(_meeting, NOTHING, NOTHING, "flat")
vanishing = Op(_vanishing, NOTHING, NOTHING, "flat")
# fmt: on


def _shared(g, s, kink):
    """g, of which values that meet get equal parts; none for a singular value 0, where it has a kink."""
    if kink and np.count_nonzero(s) < s.size:
        g = np.where(s == 0, 0, g)
    if not _meet(s):
        return g
    near = _close(differences(s), s).astype(s.dtype)
    return np.sum(near * g[..., None, :], axis=-1) / np.sum(near, axis=-1)


shared: Op = primitive(
    _shared,
    (lambda g, y, x, s, kink: shared(g, s, kink=kink), None),
    (lambda t, y, x, s, kink: shared(t, s, kink=kink), None),
)


def _generator(g, s, turn, held, *frames):
    """Γ of Ā = Ū Γ V̄ᴴ, but for the part of singular vectors: off the diagonal the antisymmetric part of the frame's
    cotangent over sⱼ - sᵢ, and on it the values' own."""
    one = _identity(s)
    moved = turn - H(turn)
    meet = meeting(s, moved, held, g, *frames)
    if meet is None:
        return np.where(one, g[..., None, :], moved / np.where(one, 1, differences(s + s)))
    lost, rho, shares = meet
    turned = np.where(lost, rho * symmetric(held), moved / np.where(lost, 1, differences(s + s)))
    return np.where(one, np.sum(shares * g[..., None, :], axis=-1)[..., None, :], turned)


# --- Hermitian matrices -----------------------------------------------------------------------------------------------


def _eigh_vjp(g, y, a, UPLO="L"):
    """Ā = V (diag(λ̄) + antisym(Vᴴ V̄) / (λⱼ - λᵢ)) Vᴴ."""
    (gw, gv), (w, v) = g, y
    turn = T(v) @ gv
    return conj(v) @ _generator(gw, w, turn, turn, gv) @ T(v)


def _eigh_jvp(t, y, a, UPLO="L"):
    w, v = y
    d = H(v) @ symmetric(t) @ v
    apart = differences(w)
    return [np.real(np.diagonal(d, axis1=-2, axis2=-1)), v @ _over(d, apart, close(apart, w))]


def _eigvalsh_vjp(g, y, a, UPLO="L"):
    w, v = np.linalg.eigh(a, UPLO=UPLO)
    return (conj(v) * shared(g, w, kink=False)[..., None, :]) @ T(v)


def _eigvalsh_jvp(t, y, a, UPLO="L"):
    w, v = np.linalg.eigh(a, UPLO=UPLO)
    return shared(np.real(np.sum(conj(v) * (symmetric(t) @ v), axis=-2)), w, kink=False)


# fmt: off
primitive(np.linalg.eigh,     (_eigh_vjp,),     (_eigh_jvp,))
primitive(np.linalg.eigvalsh, (_eigvalsh_vjp,), (_eigvalsh_jvp,))
# fmt: on


# --- singular values --------------------------------------------------------------------------------------------------


def _outside(g, u, turn):
    """What of Ū₁ moves the first columns U₁ out of their span, if U₁ᵀ Ū₁ is what turns them inside."""
    k = turn.shape[-1]
    away = g[..., :k] - conj(u[..., :k]) @ turn
    if u.shape[-1] == k:
        return away
    return away - conj(u[..., k:] @ (T(g[..., k:]) @ u[..., :k]))  # the rest of a full frame turns the other way round


def _svd_vjp(g, y, a, full_matrices=True, compute_uv=True, hermitian=False):
    """Ā = U (diag(s̄) + antisym(C - D) / (sⱼ - sᵢ) + antisym(C + D) / (sᵢ + sⱼ)) Vᴴ, with C = Uᴴ Ū and D = V̄ᴴ V;
    and what leads out of the spans of U and V, over s."""
    if not compute_uv:
        found = svdvals_vjp(g, y, a)
        return symmetric(found) if hermitian else found
    (gu, gs, gvh), (u, s, vh) = g, y
    k, row = s.shape[-1], s[..., None, :]
    gu1, gv1, u1, vh1 = gu[..., :k], gvh[..., :k, :], conj(u[..., :k]), conj(vh[..., :k, :])
    left, right = T(u[..., :k]) @ gu1, gv1 @ T(vh[..., :k, :])
    held, frames = left + right, (gu1, T(gv1))
    moved = held - H(held)
    inner = _generator(gs, s, left - right, held, *frames)
    inner = inner + _over(moved, _sums(s + s), vanishing(s, moved, *frames))
    found = u1 @ inner
    if a.shape[-2] > k:
        away = _outside(gu, u, left)
        found = found + _over(away, row, vanishing(s, away, gu1))
    found = found @ vh1
    if a.shape[-1] > k:
        away = _outside(T(gvh), T(vh), T(right))
        found = found + u1 @ T(_over(away, row, vanishing(s, away, T(gv1))))
    return symmetric(found) if hermitian else found


def _svd_jvp(t, y, a, full_matrices=True, compute_uv=True, hermitian=False):
    t = symmetric(t) if hermitian else t
    if not compute_uv:
        return svdvals_jvp(t, y, a)
    u, s, vh = y
    k = s.shape[-1]
    u1, v1 = u[..., :k], H(vh[..., :k, :])
    d = H(u1) @ t @ v1
    apart, sums, row = differences(s), _sums(s), s[..., None, :]
    even = _over(symmetric(d), apart, close(apart, s))
    odd = _over(d - H(d), 2 * sums, close(sums, s))
    lost = close(row, s)
    du = _turned(u, u1, even + odd, t @ v1, row, lost)
    dv = _turned(H(vh), v1, even - odd, H(t) @ u1, row, lost)
    return [du, np.real(np.diagonal(d, axis1=-2, axis2=-1)), H(dv)]


def _turned(u, u1, inside, image, row, lost):
    """The tangent of a frame: turned inside its span, and out of it by (1 - U₁ U₁ᴴ) dA V / s; the rest of a full
    frame turns the other way round."""
    moved = u1 @ inside
    if u.shape[-2] > u1.shape[-1]:
        away = _over(image - u1 @ (H(u1) @ image), row, lost)
        moved = moved + away
        if u.shape[-1] > u1.shape[-1]:
            moved = np.concatenate([moved, -u1 @ (H(away) @ u[..., u1.shape[-1] :])], axis=-1)
    return moved


def svdvals_vjp(g, y, a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return (conj(u) * shared(g, s, kink=True)[..., None, :]) @ conj(vh)


def svdvals_jvp(t, y, a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return shared(np.real(np.sum(conj(u) * (t @ H(vh)), axis=-2)), s, kink=True)


# fmt: off
primitive(np.linalg.svd,     (_svd_vjp,),     (_svd_jvp,))
primitive(np.linalg.svdvals, (svdvals_vjp,), (svdvals_jvp,))
# fmt: on


# --- any square matrix ------------------------------------------------------------------------------------------------


def _eig_vjp(g, y, a):
    """Ā = V⁻ᴴ (diag(w̄) + Vᴴ V̄ / conj(wⱼ - wᵢ)) Vᴴ, after V̄ is freed of what only stretches or turns a column."""
    (gw, gv), (w, v) = g, y
    gv = gv - conj(v) * np.sum(v * gv, axis=-2, keepdims=True)
    apart = differences(w)
    inner = np.where(_identity(w), gw[..., None, :], _over(T(v) @ gv, apart, close(apart, w)))
    return np.linalg.solve(T(v), inner @ T(v))


def _eig_jvp(t, y, a):
    w, v = y
    d = np.linalg.solve(v, t @ v)
    apart = differences(w)
    moved = v @ _over(d, apart, close(apart, w))
    return [np.diagonal(d, axis1=-2, axis2=-1), moved - v * np.sum(conj(v) * moved, axis=-2, keepdims=True)]


def _eigvals_vjp(g, y, a):
    v = np.linalg.eig(a)[1]
    return np.linalg.solve(T(v), g[..., None] * T(v))


def _eigvals_jvp(t, y, a):
    v = np.linalg.eig(a)[1]
    return np.diagonal(np.linalg.solve(v, t @ v), axis1=-2, axis2=-1)


primitive(np.linalg.eig, (_eig_vjp,), (_eig_jvp,))
primitive(np.linalg.eigvals, (_eigvals_vjp,), (_eigvals_jvp,))
