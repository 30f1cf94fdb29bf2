"""Matrices taken apart into values and vectors: eigh, svd, eig.

A factor is free up to a *gauge*: the sign or phase of an eigenvector, and any rotation of the eigenvectors of one
repeated eigenvalue. The derivative of a frame is taken with the gauge that moves it least, and 1/(λⱼ - λᵢ) multiplies
a part of the cotangent that vanishes, at λⱼ = λᵢ, for every function that does not depend on the gauge: there stands
0/0, not ∞. Its limit is found by l'Hôpital's rule: if the values were moved apart as the numbers c are, the cotangent
would change by H c, where H is the Hessian of what follows this line, and the limit is that change over cⱼ - cᵢ. So
these rules *ask*: `follows` computes H c. A function that does depend on the gauge has no derivative: ∞ or NaN.

docs/conventions.md says what holds where values meet or vanish. Next: `pseudoinverses.py`.

References
----------
J. Townsend (2016), Differentiating the singular value decomposition.
M. Giles (2008), An extended collection of matrix derivative results for forward and reverse mode AD.
"""

from __future__ import annotations

import numpy as np

from .clusters import (
    anywhere,
    beside,
    differences,
    identity,
    idle,
    leaning,
    meeting,
    parted,
    reflection,
    sums,
    ties,
    vanishing,
)
from .declare import composite, primitive
from .linalg import H, T, conj, symmetric


def _shared(g, s):
    """g, of which values that meet get equal parts: all that can be said of it without their vectors."""
    weights = ties(g, s)
    return g if weights is None else averaged(g, s, weights)


_nan = lambda t, y, g, s, weights: t * np.nan  # what is shared has a kink there, and no second derivative
averaged = primitive(
    lambda g, s, weights: np.sum(weights * g[..., None, :], axis=-1), (_nan, _nan, None), (_nan, _nan, None)
)


def _woven_vjp(c, y, g, s, u, vh, a, hermitian=False):
    x = H(u) @ c
    on_u, on_vh = conj(c @ H(vh) * g[..., None, :]), conj(g[..., :, None] * x)
    return [np.real(np.diagonal(x @ H(vh), axis1=-2, axis2=-1)), None, on_u, on_vh, None]


def _woven_jvp(t, y, g, s, u, vh, a, hermitian=False):
    """Not from the motion of u and v, which they may not have, but from that of A: conj U (ġ + E ∘ Δg/Δs + ...) Vᴴ."""
    dg, da = t[0], symmetric(t[-1]) if hermitian else t[-1]
    d = H(u) @ da @ H(vh)
    lost, rho = leaning(s, dg, np.real(np.diagonal(d, axis1=-2, axis2=-1)))
    secant = np.where(lost, rho, differences(g) / np.where(lost, 1, differences(s)))
    moved = u @ np.where(identity(s), dg[..., None, :], symmetric(d) * secant) @ vh
    if not hermitian:
        moved = moved + u @ (parted(d - H(d), 2 * sums(s), s, da) * sums(g)) @ vh
        row, factor = s[..., None, :], g[..., None, :]
        if u.shape[-2] > u.shape[-1]:
            moved = moved + (parted(da @ H(vh) - u @ d, row, s, da) * factor) @ vh
        if vh.shape[-1] > vh.shape[-2]:
            moved = moved + u @ H(parted(H(da) @ u - H(d @ vh), row, s, da) * factor)
    return conj(moved)


def _woven(g, s, u, vh, a, hermitian=False):
    return (conj(u) * g[..., None, :]) @ conj(vh)


woven = primitive(_woven, _woven_vjp, _woven_jvp)
"""Σ gᵢ uᵢ vᵢᴴ, conjugated: the cotangent of a function of the values alone, if g(s) is its gradient."""


def _changes(y, index, follows, times=1):
    """The numbers by which values move apart, and how the vectors' cotangents would change by that, once or twice."""
    c = np.cumsum(np.ones_like(y[index]), axis=-1)
    moved = follows(c, index, times) if follows else [np.zeros_like(v) for v in y]
    return c, [v for i, v in enumerate(moved) if i != index]


def _idle(follows, index, *frames):
    """True if a function of the values alone follows."""
    return idle(*frames) if follows is None else follows.reached <= {index}


def _quotients(found, gaps, lost, parts, y, index, follows):
    """What stands beside the values' own part: numerators x, which are parts of the frames' cotangents, over gaps d(s).

    Where both are 0, x = d q with some smooth q. Along c, x′ = d(c) q + d q′ and x″ = 2 d(c) q′ + d q″, so that q is
    (x′ - d x″ / (2 d(c))) / d(c): the second term is 0 there, but its derivative is not.
    """
    divisors = gaps(y[index])
    if all(where is None for where in lost):
        return [x / d for x, d in zip(found, divisors, strict=True)]
    (c, once), (_, twice) = _changes(y, index, follows), _changes(y, index, follows, 2)
    along = [np.where(d == 0, 1, d) for d in gaps(c)]
    limits = [
        (x1 - d * x2 / (2 * dc)) / dc
        for x1, x2, d, dc in zip(parts(*once), parts(*twice), divisors, along, strict=True)
    ]
    return [
        x / d if where is None else np.where(where, limit, x / np.where(where, 1, d))
        for x, d, where, limit in zip(found, divisors, lost, limits, strict=True)
    ]


def _turning(x):
    """Twice the antisymmetric part: what turns a frame."""
    return x - H(x)


def _gaps(s):
    """2 (sⱼ - sᵢ), and 1 on the diagonal."""
    return np.where(identity(s), 1, 2 * differences(s))


# --- Hermitian matrices -----------------------------------------------------------------------------------------------


def _eigh(a, UPLO="L"):
    y = np.linalg.eigh(a, UPLO=UPLO)
    turn = reflection(y[0])
    return y if turn is None else y._replace(eigenvectors=y[1] @ turn)


def _eigh_vjp(g, y, a, UPLO="L", follows=None):
    """Ā = V (diag(λ̄) + antisym(Vᴴ V̄) / (λⱼ - λᵢ)) Vᴴ."""
    (gw, gv), (w, v) = g, y
    if _idle(follows, 0, gv):
        return woven(_shared(gw, w), w, v, H(v), a, hermitian=True)
    parts = lambda gv: [_turning(T(v) @ gv)]
    (x,) = parts(gv)
    (inner,) = _quotients([x], lambda w: [_gaps(w)], [meeting(w, x, gv)], parts, y, 0, follows)
    return conj(v) @ np.where(identity(w), gw[..., None, :], inner) @ T(v)


def _eigh_jvp(t, y, a, UPLO="L"):
    w, v = y
    d = H(v) @ symmetric(t) @ v
    return [np.real(np.diagonal(d, axis1=-2, axis2=-1)), v @ parted(beside(d), differences(w), w, t)]


def _eigvalsh(a, UPLO):
    return np.linalg.eigvalsh(a, UPLO=UPLO), _eigh(a, UPLO)[1]


# fmt: off
primitive(np.linalg.eigh, (_eigh_vjp,), (_eigh_jvp,), call=_eigh, asks=True)
spectrum = primitive(_eigvalsh, (_eigh_vjp,), (_eigh_jvp,), asks=True)
composite(np.linalg.eigvalsh, lambda a, UPLO="L": spectrum(a, UPLO=UPLO)[0])
# fmt: on


# --- singular values --------------------------------------------------------------------------------------------------


def _outside(g, u, turn):
    """What of Ū₁ moves the first columns U₁ out of their span, if U₁ᵀ Ū₁ is what turns them inside."""
    k = turn.shape[-1]
    away = g[..., :k] - conj(u[..., :k]) @ turn
    if u.shape[-1] == k:
        return away
    return away - conj(u[..., k:] @ (T(g[..., k:]) @ u[..., :k]))  # the rest of a full frame turns the other way round


def _svd(a, full_matrices=True, hermitian=False):
    y = np.linalg.svd(a, full_matrices=full_matrices, hermitian=hermitian)
    turn = reflection(y[1])
    if turn is None:
        return y
    k, (u, _, vh) = turn.shape[-1], y
    u, vh = (
        np.concatenate([u[..., :k] @ turn, u[..., k:]], -1),
        np.concatenate([turn @ vh[..., :k, :], vh[..., k:, :]], -2),
    )
    return y._replace(U=u, Vh=vh)


def _svd_vjp(g, y, a, full_matrices=True, hermitian=False, follows=None):
    """Ā = U (diag(s̄) + antisym(C - D) / (sⱼ - sᵢ) + antisym(C + D) / (sᵢ + sⱼ)) Vᴴ, with C = Uᴴ Ū and D = V̄ᴴ V;
    and what leads out of the spans of U and V, over s."""
    (gu, gs, gvh), (u, s, vh) = g, y
    k = s.shape[-1]
    u1, vh1, out_of_u, out_of_v = u[..., :k], vh[..., :k, :], a.shape[-2] > k, a.shape[-1] > k
    if _idle(follows, 1, gu, gvh):
        smooth = np.where((s > 0) | (gs == 0), gs, 0)  # a sum of values has a kink where one is 0
        found = woven(_shared(smooth, s), s, u1, vh1, a)
        return symmetric(found) if hermitian else found

    def parts(gu, gvh):
        left, right = T(u1) @ gu[..., :k], gvh[..., :k, :] @ T(vh1)
        moved = [_turning(left - right), _turning(left + right)]
        moved += [_outside(gu, u, left)] if out_of_u else []
        return moved + ([_outside(T(gvh), T(vh), T(right))] if out_of_v else [])

    def gaps(s):
        row = s[..., None, :]
        return [_gaps(s), 2 * sums(s), row, row][: 2 + out_of_u + out_of_v]

    frames = (gu[..., :k], T(gvh[..., :k, :]))
    found = parts(gu, gvh)
    lost = [meeting(s, found[0], *frames), *(vanishing(s, x, *frames) for x in found[1:])]
    even, odd, *away = _quotients(found, gaps, lost, parts, y, 1, follows)
    found = conj(u1) @ (np.where(identity(s), gs[..., None, :], even) + odd)
    found = (found + away.pop(0) if out_of_u else found) @ conj(vh1)
    if out_of_v:
        found = found + conj(u1) @ T(away.pop())
    return symmetric(found) if hermitian else found


def _svd_jvp(t, y, a, full_matrices=True, hermitian=False):
    t = symmetric(t) if hermitian else t
    u, s, vh = y
    k = s.shape[-1]
    u1, v1 = u[..., :k], H(vh[..., :k, :])
    d = H(u1) @ t @ v1
    even, odd = parted(beside(symmetric(d)), differences(s), s, t), parted(d - H(d), 2 * sums(s), s, t)
    du = _turned(u, u1, even + odd, t @ v1, s, t)
    dv = _turned(H(vh), v1, even - odd, H(t) @ u1, s, t)
    return [du, np.real(np.diagonal(d, axis1=-2, axis2=-1)), H(dv)]


def _turned(u, u1, inside, image, s, t):
    """The tangent of a frame: turned inside its span, and out of it by (1 - U₁ U₁ᴴ) dA V / s; the rest of a full
    frame turns the other way round."""
    moved = u1 @ inside
    if u.shape[-2] > u1.shape[-1]:
        away = parted(image - u1 @ (H(u1) @ image), s[..., None, :], s, t)
        moved = moved + away
        if u.shape[-1] > u1.shape[-1]:
            moved = np.concatenate([moved, -u1 @ (H(away) @ u[..., u1.shape[-1] :])], axis=-1)
    return moved


def _singular(a, value=None, hermitian=False):
    """The values as NumPy computes them without vectors (or found already), and vectors for their derivative."""
    u, _, vh = _svd(a, False, hermitian)
    return u, np.linalg.svd(a, compute_uv=False, hermitian=hermitian) if value is None else value, vh


singular = primitive(_singular, (lambda g, y, a, value=None, **p: _svd_vjp(g, y, a, **p),),
                     (lambda t, y, a, value=None, **p: _svd_jvp(t, y, a, **p),), asks=True)  # fmt: skip


def singular_values(a, **params):
    """The singular values alone."""
    return singular(a, **params)[1]


frames = primitive(_svd, (_svd_vjp,), (_svd_jvp,), asks=True)


def _svd_of(a, full_matrices=True, compute_uv=True, hermitian=False):
    if not compute_uv:
        return singular_values(a, hermitian=hermitian)
    return frames(a, full_matrices=full_matrices, hermitian=hermitian)


composite(np.linalg.svd, _svd_of)
composite(np.linalg.svdvals, singular_values)


# --- any square matrix ------------------------------------------------------------------------------------------------


def _eig_vjp(g, y, a, follows=None):
    """Ā = V⁻ᴴ (diag(w̄) + Vᴴ V̄ / conj(wⱼ - wᵢ)) Vᴴ, after V̄ is freed of what only stretches or turns a column."""
    (gw, gv), (w, v) = g, y
    parts = lambda gv: [T(v) @ (gv - conj(v) * np.sum(v * gv, axis=-2, keepdims=True))]
    gaps = lambda w: [np.where(identity(w), 1, differences(w))]
    (x,) = parts(gv)
    (inner,) = _quotients([x], gaps, [anywhere(w, x, gv)], parts, y, 0, follows)
    return np.linalg.solve(T(v), np.where(identity(w), gw[..., None, :], inner) @ T(v))


def _eig_jvp(t, y, a):
    w, v = y
    d = np.linalg.solve(v, t @ v)
    moved = v @ parted(beside(d), differences(w), w, t)
    return [np.diagonal(d, axis1=-2, axis2=-1), moved - v * np.sum(conj(v) * moved, axis=-2, keepdims=True)]


def _eigvals(a):
    return np.linalg.eigvals(a), np.linalg.eig(a)[1]


# fmt: off
primitive(np.linalg.eig, (_eig_vjp,), (_eig_jvp,), asks=True)
spectrum_of_any = primitive(_eigvals, (_eig_vjp,), (_eig_jvp,), asks=True)
composite(np.linalg.eigvals, lambda a: spectrum_of_any(a)[0])
# fmt: on
