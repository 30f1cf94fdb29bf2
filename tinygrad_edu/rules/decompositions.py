"""Matrix factorisations: eigh, svd, qr, cholesky, eig, and least squares.

A factor is free up to a *gauge*: the sign or phase of an eigenvector, and any rotation of the eigenvectors of one
repeated eigenvalue. The derivative of a frame is taken with the gauge that moves it least, and 1/(λⱼ - λᵢ) multiplies
a part of the cotangent that vanishes, at λⱼ = λᵢ, for every function that does not depend on the gauge: there stands
0/0, not ∞, and `_meeting` finds what it means. A function that does depend on it has no derivative: ∞ or NaN.

Of a matrix that has to be Hermitian the Hermitian part counts, so its gradient is Hermitian, whichever triangle
NumPy reads. docs/conventions.md says what holds where values meet or vanish.

References
----------
J. Townsend (2016), Differentiating the singular value decomposition.
S. Walter and L. Lehmann (2012), Algorithmic differentiation of linear algebra functions (qr, eigh).
I. Murray (2016), Differentiation of the Cholesky decomposition.
"""

from __future__ import annotations

import numpy as np

from ..errors import NoRuleError
from ..graph import Op
from .declare import NOTHING, composite, primitive
from .linalg import H, T, pinv_jvp, pinv_vjp, symmetric


def _antisymmetric(x):
    return (x - H(x)) / 2


def _differences(s):
    """sⱼ - sᵢ at i, j."""
    return s[..., None, :] - s[..., :, None]


def _sums(s):
    return s[..., None, :] + s[..., :, None]


def _identity(s):
    """A mask of the diagonal."""
    return np.eye(s.shape[-1], dtype=bool)


def _ratio(x, d, lost):
    """x / d, and 0 where both are lost."""
    return x / d if lost is None else np.where(lost, 0, x / np.where(lost, 1, d))


# --- values that meet, and values that vanish: decisions, which are flat ----------------------------------------------


def _close(d, s):
    """Where a difference (or a sum) is as small as rounding makes it, measured by the largest value."""
    top = float(np.finfo(s.dtype).eps) ** 0.875 * np.max(np.abs(s), axis=-1, initial=0)
    return np.abs(d) <= np.expand_dims(top, tuple(range(s.ndim - 1, d.ndim)))


def _faint(x, size):
    return np.abs(x) <= float(np.finfo(size.dtype).eps) ** 0.75 * size


def _meeting(s, moved, held, slope, *frames):
    """What a function that does not depend on the gauge makes of the pairs of values that meet.

    For f(A) = tr G Q h(Λ) Qᵀ, with X = Qᵀ G Q symmetric, the rule needs Xᵢⱼ (h(λⱼ) - h(λᵢ)) / (λⱼ - λᵢ), which is
    Xᵢⱼ h′(λ) in the limit. Known are Mᵢⱼ = 2 Xᵢⱼ h(λ) of the frame, and mᵢ = Xᵢᵢ h′(λ) of the values; so the limit is
    ρ Mᵢⱼ, and ρ is read off the diagonal of the cluster as the slope of mᵢ over Mᵢᵢ (with an offset: the part of a
    function of the values alone). Where the frame is not used, M = 0, and the values that meet share evenly.

    Returns
    -------
    (lost, rho, shares)
        Where 0/0 stands; ρ there, outside of the diagonal; and the weights by which values share. ρ is None if no
        values meet.
    """
    near, one = _close(_differences(s), s), _identity(s)
    if np.count_nonzero(near) <= s.size:
        return one, None, None
    size = sum(np.sqrt(np.sum(np.abs(x) ** 2, axis=-2)) for x in frames)
    lost = near & _faint(moved, _sums(size)) | one
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
    return lost, np.where(one, 0, rho).astype(s.dtype), shares.astype(s.dtype)


def _vanishing(d, s, x, *frames):
    """Where x / d is 0/0 because values vanish; None if nowhere."""
    lost = _close(d, s)
    if not np.count_nonzero(lost):
        return None
    size = sum(np.sqrt(np.sum(np.abs(f) ** 2, axis=-2)) for f in frames)
    return lost & _faint(x, _sums(size) if x.shape[-2] == d.shape[-2] else size[..., None, :])


# fmt: off
close     = Op(_close, NOTHING, NOTHING, "flat", arity=2)
meeting   = Op(_meeting, NOTHING, NOTHING, "flat")
vanishing = Op(_vanishing, NOTHING, NOTHING, "flat")
# fmt: on


def _shared(g, s, kink):
    """g, of which values that meet get equal parts; none for a singular value 0, where it has a kink."""
    near = _close(_differences(s), s)
    if kink and np.count_nonzero(s) < s.size:
        g = np.where(s == 0, 0, g)
    if np.count_nonzero(near) <= s.size:
        return g
    near = near.astype(s.dtype)
    return np.sum(near * g[..., None, :], axis=-1) / np.sum(near, axis=-1)


shared = primitive(
    _shared,
    (lambda g, y, x, s, kink: shared(g, s, kink=kink), None),
    (lambda t, y, x, s, kink: shared(t, s, kink=kink), None),
)


def _generator(g, s, moved, held, *frames):
    """Γ of Ā = Ū Γ V̄ᴴ, but for the part of the singular vectors: the values' cotangents on the diagonal, the frame's
    antisymmetric part over sⱼ - sᵢ off it."""
    lost, rho, shares = meeting(s, moved, held, g, *frames)
    slope = g if shares is None else np.sum(shares * g[..., None, :], axis=-1)
    turned = _ratio(moved, _differences(s), lost)
    turned = turned if rho is None else turned + np.where(lost, rho * held, 0)
    return np.where(_identity(s), slope[..., None, :], turned)


# --- Hermitian matrices -----------------------------------------------------------------------------------------------


def _eigh_vjp(g, y, a, UPLO="L"):
    """Ā = V (diag(λ̄) + antisym(Vᴴ V̄) / (λⱼ - λᵢ)) Vᴴ."""
    (gw, gv), (w, v) = g, y
    turn = T(v) @ gv
    return np.conj(v) @ _generator(gw, w, _antisymmetric(turn), symmetric(turn), gv) @ T(v)


def _eigh_jvp(t, y, a, UPLO="L"):
    w, v = y
    d = H(v) @ symmetric(t) @ v
    apart = _differences(w)
    return [np.real(np.diagonal(d, axis1=-2, axis2=-1)), v @ _ratio(d, apart, close(apart, w))]


def _eigvalsh_vjp(g, y, a, UPLO="L"):
    w, v = np.linalg.eigh(a, UPLO=UPLO)
    return (np.conj(v) * shared(g, w, kink=False)[..., None, :]) @ T(v)


def _eigvalsh_jvp(t, y, a, UPLO="L"):
    w, v = np.linalg.eigh(a, UPLO=UPLO)
    return shared(np.real(np.sum(np.conj(v) * (symmetric(t) @ v), axis=-2)), w, kink=False)


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


# fmt: off
primitive(np.linalg.eigh,     (_eigh_vjp,),     (_eigh_jvp,))
primitive(np.linalg.eigvalsh, (_eigvalsh_vjp,), (_eigvalsh_jvp,))
primitive(np.linalg.cholesky, (_cholesky_vjp,), (_cholesky_jvp,))
# fmt: on


# --- singular values --------------------------------------------------------------------------------------------------


def _outside(g, u, k):
    """Ū₁ of the first k columns; U₁ᵀ Ū₁; and what of Ū₁ moves them out of their span (None if they span all)."""
    u1, g1 = (u, g) if u.shape[-1] == k else (u[..., :k], g[..., :k])
    turn = T(u1) @ g1
    if u.shape[-2] == k:
        return g1, turn, None
    away = g1 - np.conj(u1) @ turn
    if u.shape[-1] > k:  # the rest of a full frame turns the other way round
        away = away - np.conj(u[..., k:]) @ np.conj(T(g[..., k:]) @ u1)
    return g1, turn, away


def _svd_vjp(g, y, a, full_matrices=True, compute_uv=True, hermitian=False):
    """Ā = U (diag(s̄) + antisym(C - D) / (sⱼ - sᵢ) + antisym(C + D) / (sᵢ + sⱼ)) Vᴴ, with C = Uᴴ Ū and D = V̄ᴴ V;
    and what leads out of the spans of U and V, over s."""
    if not compute_uv:
        found = _svdvals_vjp(g, y, a)
        return symmetric(found) if hermitian else found
    (gu, gs, gvh), (u, s, vh) = g, y
    k = s.shape[-1]
    gu, left, up = _outside(gu, u, k)
    gv, right, down = _outside(T(gvh), T(vh), k)
    u, vh, right = np.conj(u[..., :k]), np.conj(vh[..., :k, :]), T(right)
    held, sums = left + right, _sums(s)
    moved = _antisymmetric(held)
    inner = _generator(gs, s, _antisymmetric(left - right), symmetric(held), gu, gv)
    found = u @ (inner + _ratio(moved, sums, vanishing(sums, s, moved, gu, gv)))
    row = s[..., None, :]
    found = (found if up is None else found + _ratio(up, row, vanishing(row, s, up, gu))) @ vh
    if down is not None:
        found = found + u @ T(_ratio(down, row, vanishing(row, s, down, gv)))
    return symmetric(found) if hermitian else found


def _svd_jvp(t, y, a, full_matrices=True, compute_uv=True, hermitian=False):
    t = symmetric(t) if hermitian else t
    if not compute_uv:
        return _svdvals_jvp(t, y, a)
    u, s, vh = y
    k = s.shape[-1]
    u1, v1 = u[..., :k], H(vh[..., :k, :])
    d = H(u1) @ t @ v1
    apart, sums, row = _differences(s), _sums(s), s[..., None, :]
    even = _ratio(symmetric(d), apart, close(apart, s))
    odd = _ratio(_antisymmetric(d), sums, close(sums, s))
    lost = close(row, s)
    du = _turned(u, u1, even + odd, t @ v1, row, lost)
    dv = _turned(H(vh), v1, even - odd, H(t) @ u1, row, lost)
    return [du, np.real(np.diagonal(d, axis1=-2, axis2=-1)), H(dv)]


def _turned(u, u1, inside, image, row, lost):
    """The tangent of a frame: turned inside its span, and out of it by (1 - U₁ U₁ᴴ) dA V / s; the rest of a full
    frame turns the other way round."""
    moved = u1 @ inside
    if u.shape[-2] > u1.shape[-1]:
        away = _ratio(image - u1 @ (H(u1) @ image), row, lost)
        moved = moved + away
        if u.shape[-1] > u1.shape[-1]:
            moved = np.concatenate([moved, -u1 @ (H(away) @ u[..., u1.shape[-1] :])], axis=-1)
    return moved


def _svdvals_vjp(g, y, a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return (np.conj(u) * shared(g, s, kink=True)[..., None, :]) @ np.conj(vh)


def _svdvals_jvp(t, y, a):
    u, s, vh = np.linalg.svd(a, full_matrices=False)
    return shared(np.real(np.sum(np.conj(u) * (t @ H(vh)), axis=-2)), s, kink=True)


# fmt: off
primitive(np.linalg.svd,     (_svd_vjp,),     (_svd_jvp,))
primitive(np.linalg.svdvals, (_svdvals_vjp,), (_svdvals_jvp,))
# fmt: on


# --- orthogonal and triangular ----------------------------------------------------------------------------------------


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
        gq = gq[..., :k] - np.conj(q[..., k:] @ (T(gq[..., k:]) @ q[..., :k]))
        q, r, gr = q[..., :k], r[..., :k, :], gr[..., :k, :]
    if a.shape[-1] > k:
        gq = gq + np.conj(a[..., k:] @ T(gr[..., k:]))
    mirrored = 2 * symmetric(_half(r[..., :k] @ T(gr[..., :k]) - T(gq) @ q))
    found = T(np.linalg.solve(r[..., :k], T(gq + np.conj(q @ mirrored))))
    return np.concatenate([found, np.conj(q) @ gr[..., k:]], axis=-1) if a.shape[-1] > k else found


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


primitive(np.linalg.qr, (_qr_vjp,), (_qr_jvp,), bind=_bind_qr)


# --- any square matrix ------------------------------------------------------------------------------------------------


def _eig_vjp(g, y, a):
    """Ā = V⁻ᴴ (diag(w̄) + Vᴴ V̄ / conj(wⱼ - wᵢ)) Vᴴ, after V̄ is freed of what only stretches or turns a column."""
    (gw, gv), (w, v) = g, y
    gv = gv - np.conj(v) * np.sum(v * gv, axis=-2, keepdims=True)
    apart = _differences(w)
    inner = np.where(_identity(w), gw[..., None, :], _ratio(T(v) @ gv, apart, close(apart, w)))
    return np.linalg.solve(T(v), inner @ T(v))


def _eig_jvp(t, y, a):
    w, v = y
    d = np.linalg.solve(v, t @ v)
    apart = _differences(w)
    moved = v @ _ratio(d, apart, close(apart, w))
    return [np.diagonal(d, axis1=-2, axis2=-1), moved - v * np.sum(np.conj(v) * moved, axis=-2, keepdims=True)]


def _eigvals_vjp(g, y, a):
    v = np.linalg.eig(a)[1]
    return np.linalg.solve(T(v), g[..., None] * T(v))


def _eigvals_jvp(t, y, a):
    v = np.linalg.eig(a)[1]
    return np.diagonal(np.linalg.solve(v, t @ v), axis1=-2, axis2=-1)


primitive(np.linalg.eig, (_eig_vjp,), (_eig_jvp,))
primitive(np.linalg.eigvals, (_eigvals_vjp,), (_eigvals_jvp,))


# --- least squares ----------------------------------------------------------------------------------------------------
# `found` computes all results at once; the operations after it hand one of them on, and carry its derivative.


def _minimizer_vjp(g, x, a, b, value, rcond):
    """x = A⁺ b, with the pseudo-inverse's derivative."""
    p = np.linalg.pinv(a, rtol=rcond)
    return [pinv_vjp(g @ T(b), p, a), T(p) @ g]


def _minimizer_jvp(t, x, a, b, value, rcond):
    p = np.linalg.pinv(a, rtol=rcond)
    return pinv_jvp(t[0], p, a) @ b + p @ t[1]


# fmt: off
found     = Op(lambda a, b, rcond: np.linalg.lstsq(a, b, rcond=rcond), NOTHING, NOTHING, "flat", "lstsq", arity=2)
minimizer = primitive(lambda a, b, value, rcond: value, _minimizer_vjp, _minimizer_jvp)
residuals = primitive(lambda a, b, x, value: value,  # x minimizes them, so that its own motion does not count
                      (lambda g, y, a, b, x, value: -2 * (np.conj(b - a @ x) * g) @ T(x),
                       lambda g, y, a, b, x, value: 2 * np.conj(b - a @ x) * g, None),
                      (lambda t, y, a, b, x, value: -2 * np.sum(np.real(np.conj(b - a @ x) * (t @ x)), axis=0),
                       lambda t, y, a, b, x, value: 2 * np.sum(np.real(np.conj(b - a @ x) * t), axis=0), None))
values_of = primitive(lambda a, value: value, (lambda g, y, a, value: _svdvals_vjp(g, y, a),),
                      (lambda t, y, a, value: _svdvals_jvp(t, y, a),))
# fmt: on


def _lstsq(a, b, rcond=None):
    vector = np.ndim(b) == 1
    b = np.expand_dims(b, -1) if vector else b
    x, left, rank, s = found(a, b, rcond=rcond)
    rcond = np.finfo(s.dtype).eps * max(a.shape) if rcond is None else rcond
    x = minimizer(a, b, value=x, rcond=rcond)
    left = residuals(a, b, x, value=left) if left.size else left
    return (x[..., 0] if vector else x), left, rank, values_of(a, value=s)


composite(np.linalg.lstsq, _lstsq)
