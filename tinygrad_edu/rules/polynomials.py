"""Polynomials as arrays of coefficients, the highest power first, as `np.polyval` and its family have them.

Values, products and quotients are formulae. Roots move by the implicit function theorem, and the coefficients of a
polynomial with given roots (or of a characteristic polynomial) by what is left when one factor is divided out: exactly,
also where roots coincide. NumPy's newer package `np.polynomial` does not dispatch; of it work the functions that
compute with operators alone, such as `chebval` at a Tensor.
"""

from __future__ import annotations

import warnings

import numpy as np

from ..errors import ShapeError
from .assembling import assembled
from .declare import composite, primitive
from .indexing import scatter


def _array(x):
    """A list of numbers and Tensors as one array."""
    return x if hasattr(x, "ndim") else np.stack(x)


def _lengthened(p, n):
    """Zeros for the higher powers, up to n coefficients."""
    return p if p.shape[0] == n else scatter(p, shape=(n,), index=slice(n - p.shape[0], None))


def _aligned(a1, a2):
    a1, a2 = np.atleast_1d(a1), np.atleast_1d(a2)
    n = max(a1.shape[0], a2.shape[0])
    return _lengthened(a1, n), _lengthened(a2, n)


def _trimmed(p):
    """The coefficients from the first that is not zero."""
    p = np.atleast_1d(p)
    return p[int(np.argmax(p != 0)) if np.any(p != 0) else p.shape[0] - 1 :]


# --- values -----------------------------------------------------------------------------------------------------------


def _polyval_coefficients(g, y, p, x):
    """p̄ₖ = Σ ȳ xⁿ⁻ᵏ."""
    x = x if hasattr(x, "ndim") else np.zeros_like(g) + x  # a number, as an array of the kind of g
    return np.ravel(g) @ np.vander(np.ravel(x), p.shape[0])


polyval = primitive(
    np.polyval,
    vjps=(_polyval_coefficients, lambda g, y, p, x: g * np.polyval(np.polyder(p), x)),
    jvps=(lambda t, y, p, x: np.polyval(t, x), lambda t, y, p, x: t * np.polyval(np.polyder(p), x)),
)
"""Of one polynomial; NumPy's function takes arrays of them, and lists, too."""


def _polyval(p, x):
    """One polynomial at many places; for an array of polynomials, and at a polynomial, Horner's scheme as it stands."""
    p = _array(p)
    if p.ndim == 1 and not isinstance(x, np.poly1d | list | tuple):
        return polyval(p, x)
    y = 0 if isinstance(x, np.poly1d) else np.zeros_like(x)
    for c in p:
        y = y * x + c
    return y


def _vander_slope(x, N, increasing):
    """∂xᵏ/∂x = k xᵏ⁻¹, for the columns but the constant one."""
    powers = np.vander(x, max(N - 1, 0), increasing)
    return powers * (np.arange(1, N) if increasing else np.arange(N - 1, 0, -1))


def _vander_vjp(g, y, x, N=None, increasing=False):
    moving = g[:, 1:] if increasing else g[:, :-1]
    return np.sum(moving * _vander_slope(x, y.shape[1], increasing), axis=1)


def _vander_jvp(t, y, x, N=None, increasing=False):
    parts = [t[:, None] * _vander_slope(x, y.shape[1], increasing), np.zeros_like(y[:, :1])]
    return np.concatenate(parts[::-1] if increasing else parts, axis=1)


# --- arithmetic -------------------------------------------------------------------------------------------------------


def _polydiv(u, v):
    """Long division: one step for each coefficient of the quotient."""
    u, v, q = np.atleast_1d(u) + 0.0, np.atleast_1d(v) + 0.0, []
    n = v.shape[0]
    r = u + np.zeros_like(v[0])
    for k in range(u.shape[0] - n + 1):
        q.append(r[k] * (1.0 / v[0]))
        r = r - scatter(q[-1] * v, shape=r.shape, index=slice(k, k + n))
    while np.allclose(r[0], 0, rtol=1e-14) and r.shape[0] > 1:
        r = r[1:]
    return np.stack(q) if q else np.zeros_like(r, shape=(1,)), r


def _polyder(p, m=1):
    for _ in range(_order(m)):
        p = p[:-1] * np.arange(p.shape[0] - 1, 0, -1)
    return p


def _polyint(p, m=1, k=None):
    k = assembled(k)[:m] if isinstance(k, list | tuple) or np.ndim(k) else k
    constants = np.zeros_like(p, shape=(_order(m),)) + (0.0 if k is None else k)
    for i in range(m):
        p = np.concatenate([p / np.arange(p.shape[0], 0, -1), constants[i : i + 1]])
    return p


def _order(m):
    if m < 0:
        raise ValueError(f"polyder, polyint: the order m={m} is negative. Expected 0 or more; one undoes the other")
    return int(m)


# --- roots ------------------------------------------------------------------------------------------------------------


def _root_speed(r, p):
    """-1/p'(r): how fast a root r of p moves with the value of p there. It is infinite where roots coincide."""
    return -1 / np.polyval(np.polyder(p), r)


def _quotients(y, x):
    """The coefficients of y(s) / (s - x), one after the other: 1, x + y₁, x (x + y₁) + y₂, ...

    For a matrix x, with y its characteristic polynomial, those of the adjugate of s - x.

    References
    ----------
    F. R. Gantmacher, "The Theory of Matrices" (1959), vol. 1, ch. IV, § 4-5 (Leverrier, Souriau, Faddeev, Frame).
    """
    one = np.eye(x.shape[0], dtype=bool) if x.ndim == 2 else True
    quotient = y[0] * one + np.zeros_like(x)
    yield quotient
    for c in y[1:-1]:
        quotient = (x @ quotient if x.ndim == 2 else x * quotient) + c * one
        yield quotient


def _poly_vjp(g, y, x):
    """ȳ₁..ₙ with the quotients: dyₖ₊₁ = -tr(Qₖ dx), and for roots the same without a trace."""
    parts = [c * (q.T if x.ndim == 2 else q) for c, q in zip(g[1:], _quotients(y, x), strict=True)]
    return -sum(parts[1:], parts[0])


def _poly_jvp(t, y, x):
    turned = t.T if x.ndim == 2 else t
    return np.stack([np.zeros_like(y[0]), *(-np.sum(q * turned) for q in _quotients(y, x))])


poly = primitive(np.poly, (_poly_vjp,), (_poly_jvp,))
"""Of an array; NumPy's function takes lists too."""


def _polyfit(x, y, deg, rcond=None, full=False, w=None, cov=False):
    """Least squares with the columns of the Vandermonde matrix scaled to length 1, as NumPy solves it."""
    x, y, n = np.add(x, 0.0), np.add(y, 0.0), int(deg) + 1
    if n < 1 or x.ndim != 1 or x.shape[0] == 0 or y.shape[:1] != x.shape or y.ndim > 2:
        raise ShapeError(
            f"polyfit: deg={deg}, x is {x.shape}, y is {y.shape}. Expected a degree of 0 or more, x with one axis, and "
            "as many numbers, or rows, in y"
        )
    a = np.vander(x, n)
    if w is not None:
        w = np.add(w, 0.0)
        a, y = a * w[:, None], y * (w[:, None] if y.ndim == 2 else w)
    scale = np.sqrt(np.sum(a * a, axis=0))
    a, rcond = a / scale, x.shape[0] * np.finfo(x.dtype).eps if rcond is None else rcond
    c, left, rank, s = np.linalg.lstsq(a, y, rcond)
    c = (c.T / scale).T
    if full:
        return c, left, rank, s, rcond
    if rank != n:
        warnings.warn("Polyfit may be poorly conditioned", np.exceptions.RankWarning, stacklevel=4)
    if not cov:
        return c
    variance = np.linalg.inv(a.T @ a) / (scale[:, None] * scale)
    if cov != "unscaled" and x.shape[0] <= n:
        raise ShapeError(f"polyfit: {x.shape[0]} points for {n} coefficients leave no covariance. Expected more points")
    error = 1.0 if cov == "unscaled" else left / (x.shape[0] - n)
    return c, (variance if y.ndim == 1 else variance[:, :, None]) * error


# fmt: off
composite(np.polyval,  _polyval)
composite(np.polyadd,  lambda a1, a2: np.add(*_aligned(a1, a2)))
composite(np.polysub,  lambda a1, a2: np.subtract(*_aligned(a1, a2)))
composite(np.polymul,  lambda a1, a2: np.convolve(_trimmed(a1), _trimmed(a2)))
composite(np.polydiv,  _polydiv)
composite(np.polyder,  _polyder)
composite(np.polyint,  _polyint)
composite(np.polyfit,  _polyfit)
primitive(np.vander,   (_vander_vjp,), (_vander_jvp,))
primitive(np.roots,    (lambda g, r, p: (g * _root_speed(r, p)) @ np.vander(r, p.shape[0]),),
                       (lambda t, r, p: np.polyval(t, r) * _root_speed(r, p),))
composite(np.poly,     lambda seq_of_zeros: poly(_array(seq_of_zeros)))
# fmt: on
