"""Functions with kinks, in pieces that have none: how a `Stepped` array passes through |x|, max, sort and their like.

Each formula decides as the function does, and computes with holomorphic functions. At a tie it decides by the tangents,
as the function will a little further on. Functions that are smooth but have no complex form (`hypot`, `arctan2`,
`logaddexp`, `cbrt`, `var`) stand here too.
"""

from __future__ import annotations

import operator
from typing import Any

import numpy as np

from .stepping import PIECES, STEP, NotStepped, Stepped, near_of, parts


def chosen(first: Any, x: Any, y: Any) -> Stepped:
    """x where `first` holds, y elsewhere, with their tangents."""
    (a, s), (b, t) = parts(x), parts(y)
    return Stepped(np.where(first, a, b), np.where(first, s, t), near_of(x, y, first))


def _where(condition: Any, x: Any, y: Any) -> Stepped:
    c, _ = parts(condition)
    if type(condition) is not Stepped:
        return chosen(c, x, y)
    (a, s), (b, t) = parts(x), parts(y)
    beside = condition != 0  # it watches, and decides as it will be a little further on
    return Stepped(np.where(c, a, b), np.where(beside, s, t), condition.near)


def _greater(x: Any, y: Any) -> Any:
    (a, s), (b, t) = parts(x), parts(y)
    Stepped(a, s, near_of(x, y)).watch(a - b, s - t)
    return (a > b) | ((a == b) & (s >= t)) | (a != a)


def _maximum(x: Any, y: Any) -> Stepped:
    return chosen(_greater(x, y), x, y)


def _minimum(x: Any, y: Any) -> Stepped:
    return chosen(_greater(y, x), x, y)


def _absolute(x: Stepped) -> Stepped:
    return _maximum(x, -x)


def _clip(x: Any, low: Any = None, high: Any = None, dtype: Any = None) -> Any:
    x = x if low is None else _maximum(x, low)
    return x if high is None else _minimum(x, high)


def valued(function: Any, formula: Stepped, *args: Any) -> Stepped:
    """A formula's tangent with the value of the function itself, to its last digit."""
    return Stepped(function(*(parts(a)[0] for a in args)), formula.tangent, formula.near)


def _length(x: Any, y: Any) -> Any:
    size = np.maximum(np.abs(parts(x)[0]), np.abs(parts(y)[0]))
    if not np.all(size > 0):
        raise NotStepped("hypot at the origin")
    return valued(np.hypot, size * np.sqrt((x / size) ** 2 + (y / size) ** 2), x, y)


def _angle(y: Any, x: Any) -> Stepped:
    """arctan(y/x), or its complement; the whole number of right angles between is constant."""
    (b, _), (a, _) = parts(y), parts(x)
    flat = np.abs(a) > np.abs(b)
    turned = np.arctan(chosen(flat, y, x) / chosen(flat, x, y))
    sign = np.where(flat, 1.0, -1.0)
    return Stepped(np.arctan2(b, a), turned.tangent * sign, near_of(x, y))


def _log_of_sum(function: Any, exp: Any, log: Any) -> Any:
    def formula(x: Any, y: Any) -> Any:
        (a, _), (b, _) = parts(x), parts(y)
        if np.any(np.isinf(a) | np.isinf(b)):
            raise NotStepped("logaddexp of infinity")
        large, small = chosen(a > b, x, y), chosen(a > b, y, x)
        return valued(function, large + log(1 + exp(small - large)), x, y)

    return formula


def _cube_root(x: Stepped) -> Stepped:
    root = np.cbrt(x.value)
    return Stepped(root, x.tangent * (root / (3 * np.where(x.value == 0, np.nan, x.value))), x.near)


def _remainder(round_: Any) -> Any:
    def formula(x: Any, y: Any) -> Any:
        (a, _), (b, _) = parts(x), parts(y)
        whole = round_(a / b)
        rest = x - whole * y
        rest.watch(rest.value, rest.tangent)
        rest.watch(np.abs(b) - np.abs(rest.value), rest.tangent)
        return rest

    return formula


def _divmod(x: Any, y: Any) -> Any:
    return np.floor(parts(x)[0] / parts(y)[0]), _remainder(np.floor)(x, y)


def _modf(x: Stepped) -> Any:
    fraction, whole = np.modf(x.value)
    rest = Stepped(fraction, x.tangent, x.near)
    rest.watch(fraction, x.tangent)
    return rest, whole


def _copysign(x: Any, y: Any) -> Any:
    return _absolute(x) * np.copysign(1.0, parts(y)[0]) if type(x) is Stepped else np.copysign(x, parts(y)[0])


# --- over axes --------------------------------------------------------------------------------------------------------


def _in_a_row(x: Any, axis: Any) -> Any:
    """The axes as one, the last; and the shape that is left if they stay with length 1."""
    axes = range(x.ndim) if axis is None else [a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))]
    kept = [a for a in range(x.ndim) if a not in axes]
    row = np.transpose(x, [*kept, *axes]).reshape([x.shape[a] for a in kept] + [-1])
    return row, [1 if a in axes else n for a, n in enumerate(x.shape)], [x.shape[a] for a in kept]


def _extreme(sign: int) -> Any:
    def formula(x: Stepped, axis: Any = None, keepdims: bool = False, **params: Any) -> Stepped:
        if params or np.isnan(x.value).any():
            raise NotStepped("max with where=, initial= or NaN")
        row, restored, left = _in_a_row(x, axis)
        top = sign * np.max(sign * row.value, axis=-1, keepdims=True)
        speed = np.max(np.where(row.value == top, sign * row.tangent, -np.inf), axis=-1, keepdims=True)
        best = np.argmax((row.value == top) & (sign * row.tangent == speed), axis=-1)[..., None]
        found = row[(*np.indices(best.shape)[:-1], best)] if row.ndim > 1 else row[best]
        found.watch(row.value - found.value, row.tangent - found.tangent)
        return found.reshape(restored if keepdims else left)

    return formula


def _sort(x: Stepped, axis: int = -1, **params: Any) -> Stepped:
    return _ordered(x, np.lexsort((x.tangent, x.value), axis=axis), axis)


def _partition(x: Stepped, kth: Any, axis: int = -1, **params: Any) -> Stepped:
    return _ordered(x, np.argpartition(x.value, kth, axis=axis), axis)


def _ordered(x: Stepped, order: Any, axis: int) -> Stepped:
    value, tangent = np.take_along_axis(x.value, order, axis), np.take_along_axis(x.tangent, order, axis)
    x.watch(np.diff(value, axis=axis), np.diff(tangent, axis=axis))
    return Stepped(value, tangent, x.near)


def _spread(root: bool) -> Any:
    def formula(x: Stepped, *rest: Any, axis: Any = None, ddof: float = 0, correction: Any = None,
                keepdims: bool = False, dtype: Any = None, **params: Any) -> Any:  # fmt: skip
        if params or any(r is not None for r in rest):
            raise NotStepped("var with where= or mean=")
        away = x - np.mean(x, axis=axis, keepdims=True)
        total = np.sum(away * away, axis=axis, keepdims=keepdims)
        n = x.size // max(1, np.sum(x.value, axis=axis).size)
        square = total / (n - (ddof if correction is None else correction))
        return np.sqrt(square) if root else square

    return formula


def _log_det(a: Stepped) -> Any:
    """log det turns by Im under a complex step."""
    sign, size = np.linalg.slogdet(a.value)
    turned, _ = np.linalg.slogdet(a.value + a.tangent * (1j * STEP))
    return type(np.linalg.slogdet(np.eye(1)))(sign, Stepped(size, np.imag(turned * sign) / STEP, a.near))


def _assigned(x: Any, v: Any, index: Any) -> Stepped:
    value, tangent = map(np.array, parts(x))
    new = Stepped(value, tangent, near_of(x, v))
    new[index] = v
    return new


# fmt: off
PIECES.update({
    np.maximum: _maximum,    np.minimum: _minimum,    np.absolute: _absolute,      np.fabs: _absolute,
    np.fmax: _maximum,       np.fmin: _minimum,       np.clip: _clip,              np.where: _where,
    np.hypot: _length,       np.arctan2: _angle,      np.cbrt: _cube_root,         np.copysign: _copysign,
    np.remainder: _remainder(np.floor),  np.fmod: _remainder(np.trunc),  np.divmod: _divmod,  np.modf: _modf,
    np.logaddexp: _log_of_sum(np.logaddexp, np.exp, np.log),
           np.logaddexp2: _log_of_sum(np.logaddexp2, np.exp2, np.log2),
    np.max: _extreme(1),     np.min: _extreme(-1),    np.sort: _sort,              np.partition: _partition,
    np.amax: _extreme(1),    np.amin: _extreme(-1),   np.var: _spread(False),      np.std: _spread(True),
    np.sign: lambda x: np.sign(x.value),              np.sinc: lambda x: np.sin(np.pi * x) / (np.pi * x),
    np.real: lambda x: x,    np.conj: lambda x: x,    np.linalg.slogdet: _log_det,
    operator.setitem: _assigned,  np.copy: lambda x, **params: Stepped(np.array(x.value), np.array(x.tangent), x.near),
})
# fmt: on
