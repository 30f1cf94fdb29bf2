"""Arithmetic, powers, choices and kinks: the first page of the appendix.

Letters: z is the result of x and y (y is the result where there is one argument), g what flows back, or forward.
At a kink a rule returns the subgradient of smallest norm, taken over all arguments together: ties share evenly,
and |x| has slope 0 at 0. docs/conventions.md holds the whole convention, with its reasons. Constants in the commonest
rules are written 2.0, which NumPy reads in a fifth less time than 2.
"""

from __future__ import annotations

import operator

import numpy as np

from ..graph import RULES, Op
from .declare import NOTHING, composite, elementwise, flat, linear, primitive


def _kept(x, mask):
    """np.where(mask, x, 0), for small arrays in two thirds of its time, for large ones in a quarter."""
    if type(x) is not np.ndarray or mask.shape != x.shape:
        return np.where(mask, x, 0)
    if x.size > 4096:
        size = np.vdot(x, x) if x.flags.c_contiguous else x.sum()  # without the copy that vdot would make
        if not np.isfinite(size):
            return np.where(mask, x, 0)  # ∞ · 0 would be NaN
        kept = mask.astype(x.dtype)  # x * mask would convert the mask, too, but piece by piece
        kept *= x
        return kept
    result = np.zeros(x.shape, x.dtype)
    np.copyto(result, x, where=mask)
    return result


def _pick(g, held, tied):
    """g where it is held, half of it at a tie; ties are rare, and looked for before they are paid for."""
    won = _kept(g, held)
    if tied is None:
        return won
    return won if type(tied) is np.ndarray and not np.count_nonzero(tied) else np.where(tied, 0.5 * g, won)


pick: Op = linear(_pick, transpose=lambda g, y, x, held, tied: pick(g, held=held, tied=tied))


def share(g, z, x, y, wins):
    """The part of g that belongs to x if z is the one of x and y that `wins`: half at a tie, all to a NaN."""
    alone = wins(x, y)
    if type(alone) is np.ndarray and np.count_nonzero(alone) + np.count_nonzero(wins(y, x)) == alone.size:
        return pick(g, held=alone, tied=None)  # neither ties nor NaN, the usual case, in two thirds of the time
    return pick(g, held=(z == x) | (x != x), tied=x == y)


def share_of(wins, other=False):
    """The rule of np.maximum or np.minimum for its first argument, or for the other."""
    return (lambda g, z, x, y: share(g, z, y, x, wins)) if other else lambda g, z, x, y: share(g, z, x, y, wins)


def share_of_numbers(g, z, x, y):
    """The same where a NaN counts for nothing."""
    return pick(g, held=z == x, tied=x == y)


# fmt: off
elementwise(np.add,         lambda g, z, x, y: g,                     lambda g, z, x, y: g)
elementwise(np.subtract,    lambda g, z, x, y: g,                     lambda g, z, x, y: -g)
elementwise(np.multiply,    lambda g, z, x, y: g * y,                 lambda g, z, x, y: g * x)
elementwise(np.divide,      lambda g, z, x, y: g / y,                 lambda g, z, x, y: -g * z / y)
elementwise(np.negative,    lambda g, y, x: -g)
elementwise(np.positive,    lambda g, y, x: g)
elementwise(np.reciprocal,  lambda g, y, x: -g * y * y)
elementwise(np.square,      lambda g, y, x: g * 2.0 * x)
elementwise(np.sqrt,        lambda g, y, x: g / (2.0 * y))
elementwise(np.cbrt,        lambda g, y, x: g / (3.0 * y * y))
# fmt: on


def _power_base(g, z, x, y):
    """y xʸ⁻¹; at x = y = 0 the exponent becomes 0, so that 0 · 0⁻¹ is 0."""
    flat = y == 0
    if flat is not False:  # the exponent is not just a number other than 0, the usual case
        flat = flat & (x == 0)
    return g * (y * x ** (y - 1 + flat))


def _power_log(z, x, y, n):
    """xʸ logⁿx, given z = xʸ; at x = 0 its limit, 0, while y > 0. If y is complex, a negative x has a logarithm too."""
    return np.where((x == 0) & (y > 0), 0, z * np.log(x + 0j if np.iscomplexobj(z) else x) ** n)


def _power_log_base(g, w, z, x, y, n):
    """xʸ⁻¹ (y logⁿx + n logⁿ⁻¹x)."""
    lower = x ** (y - 1)
    first = np.where(y == 0, 0, y * power_log(lower, x, y - 1, n=n))
    return g * (first + n * (power_log(lower, x, y - 1, n=n - 1) if n > 1 else lower))


power_log: Op = elementwise(
    _power_log, None, _power_log_base, lambda g, w, z, x, y, n: g * power_log(z, x, y, n=n + 1)
)  # z needs no rule: it is no third variable, and what x and y do to it is in theirs

# operator.pow computes x ** 2 as x * x, which np.power does not
elementwise(np.power, _power_base, lambda g, z, x, y: g * power_log(z, x, y, n=1), call=operator.pow)
composite(np.float_power, lambda x, y: np.multiply(x, np.float64(1)) ** y)

# fmt: off
elementwise(np.maximum,     share_of(np.greater),                     share_of(np.greater, other=True))
elementwise(np.minimum,     share_of(np.less),                        share_of(np.less, other=True))
elementwise(np.fmax,        share_of_numbers,                         lambda g, z, x, y: share_of_numbers(g, z, y, x))
elementwise(np.fmin,        share_of_numbers,                         lambda g, z, x, y: share_of_numbers(g, z, y, x))
elementwise(np.where, None, lambda g, z, c, x, y: np.where(c, g, 0),  lambda g, z, c, x, y: np.where(c, 0, g))
elementwise(np.remainder,   lambda g, z, x, y: g,                     lambda g, z, x, y: -g * np.floor(x / y))
elementwise(np.fmod,        lambda g, z, x, y: g,                     lambda g, z, x, y: -g * np.trunc(x / y))
elementwise(np.copysign,    lambda g, z, x, y: g * np.sign(x) * np.copysign(1, y),  None)
elementwise(np.heaviside,   None,                                     lambda g, z, x, y: np.where(x == 0, g, 0))
elementwise(np.absolute,    lambda g, y, x: g * np.conj(np.sign(x)))
elementwise(np.fabs,        lambda g, y, x: g * np.sign(x))
elementwise(np.ldexp,       lambda g, z, x, n: np.ldexp(g, n),        None)
elementwise(np.nextafter,   lambda g, z, x, y: g,                     None)
# fmt: on

# without branches np.where tells the places; said here, and not by `bind=`, which would slow the usual call
RULES[np.where].bind = lambda condition, *branches: ((condition, *branches) if branches else (condition != 0,), {})
exponent = Op(lambda x: np.frexp(x)[1], NOTHING, NOTHING, "flat", "exponent", 1)
composite(np.frexp, lambda x: (np.ldexp(x, -(n := exponent(x))), n))
primitive(np.modf, (lambda g, y, x: g[0],), (lambda t, y, x: (t, np.zeros_like(t)),))

primitive(
    np.divmod,
    vjps=(lambda g, z, x, y: g[1], lambda g, z, x, y: -g[1] * z[0]),
    jvps=(lambda t, z, x, y: (np.zeros_like(t), t), lambda t, z, x, y: (np.zeros_like(t), -t * z[0])),
)


def _inside(g, z, x, bound, beyond):
    """The part of g that belongs to x where z is the greater (or lesser) of x and a bound, as that of `share`.

    At a tie with a number, as in ``np.clip(x, 0, 1)``, it is nothing: a function of x alone has a kink there.
    """
    if bound is None:
        return g
    if hasattr(bound, "dtype"):
        return share(g, z, x, bound, beyond)
    return pick(g, held=beyond(x, bound) | (x != x), tied=None)


def _raised(x, low):
    """The first half of clip, which is min(max(x, low), high)."""
    return x if low is None else np.maximum(x, low)


def _clip_x(g, z, x, low, high):
    if not (hasattr(low, "dtype") or hasattr(high, "dtype")):
        outside = (False if low is None else x <= low) | (False if high is None else x >= high)
        return pick(g, held=np.logical_not(outside), tied=None)
    m = _raised(x, low)
    return _inside(_inside(g, z, m, high, np.less), m, x, low, np.greater)


def _clip_low(g, z, x, low, high):
    m = _raised(x, low)
    return share(_inside(g, z, m, high, np.less), m, low, x, np.greater)


def _bind_clip(a, a_min=None, a_max=None, out=None, *, min=None, max=None, dtype=None, casting="same_kind", **params):
    cast = lambda x: x if dtype is None or not hasattr(x, "dtype") else np.astype(x, dtype)
    return (cast(a), cast(a_min if min is None else min), cast(a_max if max is None else max)), {"out": out, **params}


def _clip(x, low, high, where=True):
    """What `where=` leaves out is 0, as for every ufunc (see ufuncs.py)."""
    return np.clip(x, low, high) if where is True else np.where(where, np.clip(x, low, high), 0)


def _where_asked(rule):
    return lambda g, z, x, low, high, where=True: rule(g if where is True else np.where(where, g, 0), z, x, low, high)


def _clip_high(g, z, x, low, high):
    return share(g, z, high, _raised(x, low), np.less)


composite(np._core.umath.clip, np.clip)  # type: ignore[attr-defined]  # what array.clip(x, y) calls
elementwise(np.clip, *map(_where_asked, (_clip_x, _clip_low, _clip_high)), call=_clip, bind=_bind_clip)

# --- complex numbers: the walk transposes and never conjugates, with the pairing Re(g t) ------------------------------


def _sign_jvp(t, y, x):
    """y = x/|x| turns with x: (t - y Re(ȳ t)) / |x|. On the real line it does not move."""
    if not np.iscomplexobj(x):
        return np.zeros_like(t)
    return np.where(x == 0, 0, t - y * np.real(np.conj(y) * t)) / np.where(x == 0, 1, np.abs(x))


finite = elementwise(np.nan_to_num, lambda g, y, x, nan=0, posinf=None, neginf=None: np.where(np.isfinite(x), g, 0))
"""With numbers to put in; NumPy's function takes arrays, too."""


def _nan_to_num(x, copy=True, nan=0.0, posinf=None, neginf=None):
    if not copy:
        x[...] = _nan_to_num(x, True, nan, posinf, neginf)
        return x[...]
    given = {"nan": nan, "posinf": posinf, "neginf": neginf}
    if not any(hasattr(v, "dtype") for v in given.values()):
        return finite(x, **{name: v for name, v in given.items() if v is not None and (v or name != "nan")})
    if np.iscomplexobj(x):
        parts = [_nan_to_num(part, True, nan, posinf, neginf) for part in (np.real(x), np.imag(x))]
        return parts[0] + 1j * parts[1]
    y = finite(x)
    for mask, v in ((np.isnan(x), nan), (np.isposinf(x), posinf), (np.isneginf(x), neginf)):
        y = y if v is None else np.where(mask, v, y)
    return np.astype(y, x.dtype)


nearly_real = Op(lambda x, tol: np.isrealobj(np.real_if_close(x, tol)), NOTHING, NOTHING, "flat", "nearly_real", 1)

primitive(np.sign, (lambda g, y, x: np.conj(_sign_jvp(np.conj(g), y, x)),), (_sign_jvp,))

# fmt: off
linear(np.real,             lambda g, y, x: g)
linear(np.imag,             lambda g, y, x: g * -1j)
linear(np.conj,             lambda g, y, x: np.conj(g))
elementwise(np.angle,       lambda g, y, x, deg=False: np.where(x == 0, 0, g * (-180j / np.pi if deg else -1j))
                                                       / np.where(x == 0, 1, x))
composite(np.real_if_close, lambda a, tol=100: np.real(a) if nearly_real(a, tol=tol) else a)
composite(np.sort_complex,  lambda a: np.sort(a) if np.iscomplexobj(a) else np.sort(a).astype(np.complex128))
composite(np.nan_to_num,    _nan_to_num)

flat(np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.around, np.floor_divide, np.signbit, np.spacing)
flat(np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.isclose, np.allclose)
flat(np.isfinite, np.isnan, np.isinf, np.isneginf, np.isposinf, np.array_equal, np.iscomplexobj, np.isrealobj)
flat(np.iscomplex, np.isreal, np.logical_and, np.logical_or, np.logical_not, np.logical_xor)
flat(np.array_equiv, np.isnat, np.gcd, np.lcm, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert)
flat(np.left_shift, np.right_shift, np.bitwise_count)
# fmt: on
