"""Functions of scipy.special that are no universal functions, and so do not dispatch.

The universal ones (`scipy.special.erf`, `gammainc`, `jv`, ...) take Tensors as they are, and so do `zeta` and
`lambertw`, which only call one. What is here says the rest in terms of those.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.special as sp

from ..functions.softmax import log_softmax as _log_softmax
from ..functions.softmax import logsumexp
from ..functions.softmax import softmax as _softmax
from ..rules.declare import elementwise
from ..rules.parameters import fixed
from .dispatch import as_array

__all__ = [
    "bessel_jn",
    "comb",
    "diric",
    "factorial",
    "log_softmax",
    "logsumexp",
    "multigammaln",
    "polygamma",
    "softmax",
    "softplus",
    "sph_harm_y",
    "spherical_in",
    "spherical_jn",
    "spherical_kn",
    "spherical_yn",
]

Axis = int | tuple[int, ...] | None


def polygamma(n: Any, x: Any) -> Any:
    """The n-th derivative of ψ: (-1)ⁿ⁺¹ n! ζ(n + 1, x).

    >>> import tinygrad_edu as tg
    >>> print(polygamma(1, 1.0).round(6), tg.grad(lambda x: polygamma(0, x))(1.0).round(6))
    1.644934 1.644934
    """
    n, x = np.asarray(n), as_array(x)
    higher = np.where(n == 0, 1, n)
    return np.where(n == 0, sp.psi(x), (-1.0) ** (higher + 1) * sp.gamma(higher + 1.0) * sp.zeta(higher + 1, x))


def multigammaln(a: Any, d: int) -> Any:
    """log of the multivariate gamma function of dimension d; for a > (d - 1)/2.

    Raises
    ------
    ValueError
        If d is not a whole number, or a is too small.
    """
    a = as_array(a)
    if int(d) != d or np.any(a <= (d - 1) / 2):
        raise ValueError(f"multigammaln: expected a whole d and all a > (d - 1)/2, but d is {d} and a is {a}")
    return sum(sp.gammaln(a - j / 2) for j in range(int(d))) + d * (d - 1) / 4 * float(np.log(np.pi))


def factorial(n: Any, exact: bool = False, extend: str = "zero") -> Any:
    """n! = Γ(n + 1), and 0 for n < 0; differentiable in n as that.

    >>> print(factorial(4.0))
    24.0
    """
    n = as_array(n)
    if exact or extend != "zero":
        return sp.factorial(n, exact=exact, extend=extend)  # integers, or complex numbers: not traced
    return np.where(n < 0, 0, sp.gamma(np.where(n < 0, 0, n) + 1.0))


def comb(N: Any, k: Any, *, exact: bool = False, repetition: bool = False) -> Any:
    """How many ways there are to choose k of N things; differentiable in both, as a quotient of gamma functions.

    >>> print(comb(5.0, 2.0))
    10.0
    """
    N, k = as_array(N), as_array(k)
    if exact:
        return sp.comb(N, k, exact=True, repetition=repetition)
    if repetition:
        N = N + k - 1
    return np.where((k <= N) & (N >= 0) & (k >= 0), sp.binom(N, k), 0)


def diric(x: Any, n: int) -> Any:
    """Dirichlet's kernel, sin(nx/2) / (n sin(x/2)); its series where both vanish.

    >>> print(diric(0.0, 5))
    1.0
    """
    x = as_array(x)
    turns = np.round(x / (2 * np.pi))
    u = x - turns * (2 * np.pi)
    near = np.abs(u) * n < 0.02
    series = 1 - (n * n - 1) * u * u / 24 * (1 - (3 * n * n - 7) * u * u / 240)
    far = np.where(near, 1, u)
    sign = 1 - 2 * np.remainder(turns * (n - 1), 2)  # a turn of n - 1 half circles
    return sign * np.where(near, series, np.sin(n * far / 2) / (n * np.sin(far / 2)))


def softmax(x: Any, axis: Axis = None) -> Any:
    """exp(x) / Σ exp(x), by default over all axes."""
    return _softmax(x, axis=axis)


def log_softmax(x: Any, axis: Axis = None) -> Any:
    """log(softmax(x)), by default over all axes."""
    return _log_softmax(x, axis=axis)


def softplus(x: Any) -> Any:
    """log(1 + eˣ)."""
    return np.logaddexp(0.0, x)


def bessel_jn(z: Any, *, v: int) -> Any:
    """J₀(z), ..., Jᵥ(z), stacked along a new first axis."""
    return np.stack([sp.jv(k, z) for k in range(v + 1)])


# --- spheres ----------------------------------------------------------------------------------------------------------


def _spherical(name: str, parity: int) -> Any:
    """A spherical Bessel function; SciPy's universal functions behind it know no negative numbers of odd symmetry."""
    value, slope = (getattr(sp._ufuncs, f"_spherical_{name}{end}") for end in ("", "_d"))

    def function(n: Any, z: Any, derivative: bool = False) -> Any:
        n, z = np.asarray(n), as_array(z)
        f, symmetry = (slope, -parity) if derivative else (value, parity)
        if np.iscomplexobj(z):
            return f(n, z)
        side = np.where(z < 0, -1, 1)
        return f(n, z * side) * np.where(z < 0, symmetry * (-1.0) ** n, 1)

    function.__name__ = function.__qualname__ = f"spherical_{name}"
    function.__doc__ = f"The same as `scipy.special.spherical_{name}`, for Tensors too; the order n is held fixed."
    return function


spherical_jn, spherical_yn, spherical_in = _spherical("jn", 1), _spherical("yn", -1), _spherical("in", 1)


def spherical_kn(n: Any, z: Any, derivative: bool = False) -> Any:
    """The same as `scipy.special.spherical_kn`, for Tensors too; for z > 0, and the order n is held fixed."""
    return (sp._ufuncs._spherical_kn_d if derivative else sp._ufuncs._spherical_kn)(np.asarray(n), as_array(z))


def _harmonic(n, m, theta, phi):
    return np.where(np.abs(m) <= n, sp.sph_harm_y(n, m, theta, phi), 0)[()]


def _harmonic_theta(g, y, n, m, theta, phi):
    """½ (e^(-iφ) L₊ - e^(iφ) L₋) Y, by the ladder operators: nothing is divided by sin θ. SciPy mirrors θ < 0."""
    up, down = (np.sqrt(np.maximum((n - k) * (n + k + 1.0), 0)) for k in (m, -m))
    turn = np.exp(phi * 1j) * np.where(np.sin(theta) < 0, -1, 1)
    return g * (harmonic(n, m + 1, theta, phi) * up / turn - harmonic(n, m - 1, theta, phi) * down * turn) / 2


harmonic = elementwise(
    _harmonic,
    fixed("sph_harm_y", "n"),
    fixed("sph_harm_y", "m"),
    _harmonic_theta,
    lambda g, y, n, m, theta, phi: g * y * 1j * m,
)


def sph_harm_y(n: Any, m: Any, theta: Any, phi: Any) -> Any:
    """The spherical harmonic Yₙᵐ at polar angle θ and azimuth φ; the degree n and the order m are held fixed.

    Needs SciPy 1.15.

    >>> print(abs(sph_harm_y(1, 0, 0.0, 0.0)).round(6))
    0.488603
    """
    return harmonic(n, m, theta, phi)
