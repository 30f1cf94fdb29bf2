"""Sums, means, products and extremes over axes.

A reduction's cotangent has lost the reduced axes; `restored` gives them back with size 1, and broadcasting does the
rest. Products never divide by an element, so a zero among them costs nothing; extremes share evenly among ties. What
accumulates is a linear recurrence, forwards in the tangent and backwards in the cotangent. Next: `indexing.py`.
"""

from __future__ import annotations

import math

import numpy as np

from ..calls import binder
from ..graph import Op
from .declare import NOTHING, composite, flat, linear, primitive
from .shapes import stretch


def restored(g, axis, keepdims):
    """g with the reduced axes back, of size 1 (over all axes it is one number, which broadcasts anyway)."""
    if keepdims or axis is None:
        return g
    axes = axis if isinstance(axis, tuple) else (axis,)
    n = g.ndim + len(axes)
    reduced = [a % n for a in axes]
    sizes = iter(g.shape)
    return g.reshape([1 if a in reduced else next(sizes) for a in range(n)])


def axes_of(x, axis):
    """The reduced axes, none of them negative."""
    if axis is None or not x.ndim:
        return tuple(range(x.ndim))
    return tuple([a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,))])


def merged(x, axis):
    """x with the reduced axes as one, the last."""
    axes = axes_of(x, axis)
    kept = [a for a in range(x.ndim) if a not in axes]
    return np.reshape(np.transpose(x, (*kept, *axes)), (*[x.shape[a] for a in kept], reduced_size(x.shape, axes)))


def reduced_shape(x, axis, keepdims):
    """The shape of a reduction's result."""
    axes = axes_of(x, axis)
    return tuple([1 if a in axes else n for a, n in enumerate(x.shape) if keepdims or a not in axes])


def reduced_size(shape, axis):
    """How many elements went into each result."""
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return math.prod([shape[a] for a in axes])


def _number(shape, axis, where, like):
    """The same where only some count, and which do: where none does, all, and so the slope is NaN as the mean is."""
    if where is True:
        return reduced_size(shape, axis), True
    number = np.sum(np.where(where, np.ones_like(like, shape=shape), 0), axis=axis, keepdims=True)
    return np.where(number == 0, math.nan, number), np.where(number == 0, True, where)


# --- sums -------------------------------------------------------------------------------------------------------------


def _sum_transpose(g, y, x, initial=None, axis=None, dtype=None, keepdims=False, where=True):
    spread = stretch(g if axis is None or not x.shape else restored(g, axis, keepdims), shape=x.shape)
    return spread if where is True else np.where(where, spread, 0)


def _sum_jvp(t, y, x, initial=None, where=True, **params):
    return np.sum(t if where is True else np.where(where, t, 0), **params)


def _mean_transpose(g, y, x, axis=None, dtype=None, keepdims=False, where=True):
    number, counts = _number(x.shape, axis, where, g)
    g = restored(g, axis, keepdims) if x.shape else g
    # 70,000 is infinite as a float16; its reciprocal is a number
    spread = stretch(g / number if where is not True or number < 60_000 else g * (1 / number), shape=x.shape)
    return spread if where is True else np.where(counts, spread, 0)


def _cumsum_transpose(g, y, x, axis=None, dtype=None):
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g, 0), 0), 0), x.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def _reducing(function, ufunc):
    """A function that reduces by a ufunc; of plain arrays without a microsecond of unpacking."""

    def reduce(x, *initial, **params):
        plain = type(x) is np.ndarray
        if plain and not (params or initial):
            return ufunc.reduce(x, axis=None)
        if initial:
            params["initial"] = initial[0]
        return ufunc.reduce(x, **{"axis": None, **params}) if plain else function(x, **params)

    return reduce


def _mean(x, **params):
    if params or type(x) is not np.ndarray or x.dtype != float or not x.size:
        return x.mean(**params)
    return np.add.reduce(x, axis=None) / x.size  # what np.mean computes, in a third of the time


def _reduction(function, of_array, of_initial, ufunc=None, **options):
    """Declare a reduction by the rules of its array and of `initial=`, which is an argument if it is a Tensor."""
    rules = zip(of_array, of_initial, strict=True)
    call = lambda x, *initial, **params: function(x, initial=initial[0], **params) if initial else function(x, **params)
    op = primitive(function, *rules, call=_reducing(function, ufunc) if ufunc else call, **options)
    sort = binder(function, 1)

    def bind(*args, **params):
        if len(args) == 1 and "initial" not in params:
            return args, params
        arrays, params = sort(*args, **params)
        traced = getattr(params.get("initial"), "node", None) is not None
        return ((*arrays, params.pop("initial")) if traced else arrays), params

    op.arity, op.single, op.bind, op.sort = 1, True, bind, bind  # nothing is sorted of the usual call, of x alone
    return op


of_start = (lambda g, y, *args, **params: g, lambda t, y, *args, **params: t)
_reduction(np.sum, (_sum_transpose, _sum_jvp), of_start, np.add)
linear(np.mean, _mean_transpose, call=_mean)
linear(np.cumsum, _cumsum_transpose)
composite(
    np.trace,
    lambda a, offset=0, axis1=0, axis2=1, dtype=None: np.sum(np.diagonal(a, offset, axis1, axis2), -1, dtype),
)


# --- products ---------------------------------------------------------------------------------------------------------


def _product_of_others(x):
    """For each element, the product of all the others along the last axis: a tree of pairs, up and down again.

    O(n) multiplications in log n calls, and no division: exact with zeros, and differentiable to any order.
    """
    n = x.shape[-1]
    if n <= 1:
        return np.ones_like(x)
    if n % 2:
        x = np.concatenate([x, np.ones_like(x[..., :1])], axis=-1)
    left, right = x[..., 0::2], x[..., 1::2]
    above = _product_of_others(left * right)
    pairs = np.stack([above * right, above * left], axis=-1)
    return np.reshape(pairs, x.shape)[..., :n]


def _prod_factors(x, axis):
    """∂(product)/∂x in the shape of x, for one axis, several, or all."""
    axes = axes_of(x, axis)
    order = [a for a in range(x.ndim) if a not in axes] + list(axes)
    factors = np.reshape(_product_of_others(merged(x, axis)), [x.shape[a] for a in order])
    return np.transpose(factors, [order.index(a) for a in range(x.ndim)])


def _prod_vjp(g, y, x, initial=1, axis=None, dtype=None, keepdims=False, where=True):
    x = x if where is True else np.where(where, x, 1)
    spread = restored(g, axis, keepdims) * _prod_factors(x, axis) * initial
    return spread if where is True else np.where(where, spread, 0)


def _prod_jvp(t, y, x, initial=1, axis=None, dtype=None, keepdims=False, where=True):
    if where is not True:
        t, x = np.where(where, t, 0), np.where(where, x, 1)
    return np.sum(t * _prod_factors(x, axis), axis=axis, keepdims=keepdims) * initial


def _prod_initial(g, y, x, initial, where=True, **params):
    return g * np.prod(x if where is True else np.where(where, x, 1), **params)


_reduction(np.prod, (_prod_vjp, _prod_jvp), (_prod_initial, _prod_initial), np.multiply)


# --- running sums and products ----------------------------------------------------------------------------------------


def recurrence(a, b):
    """s with sᵢ = aᵢ sᵢ₋₁ + bᵢ along the last axis, s₀ = b₀: two steps are one of the same form, so log n rounds do.

    References: W. D. Hillis & G. L. Steele, *Data parallel algorithms*, Commun. ACM 29 (1986).
    """
    if type(a) is type(b) is np.ndarray and b.shape[-1] > 64 and b.size:
        return _recurrence_by_blocks(a, b)
    d = 1
    while d < b.shape[-1]:
        b = np.concatenate([b[..., :d], b[..., d:] + a[..., d:] * b[..., :-d]], axis=-1)
        a = np.concatenate([a[..., :d], a[..., d:] * a[..., :-d]], axis=-1)
        d *= 2
    return b


def _recurrence_by_blocks(a, b, m=8):
    """The same for NumPy's own arrays: step by step through all blocks of m places, then what each hands to the next.

    It touches everything some five times, where the rounds do so 4 log n times: 0.6 ms for 3.4 (100,000 places).
    """
    *kept, n = b.shape
    filler = np.zeros((*kept, -n % m), np.result_type(a, b))
    a, s = (np.concatenate([v, filler], axis=-1).reshape(*kept, -1, m) for v in (a, b))
    for i in range(1, m):
        s[..., i] += a[..., i] * s[..., i - 1]
        a[..., i] *= a[..., i - 1]
    ends = recurrence(a[..., -1], s[..., -1])
    a[..., 1:, :] *= ends[..., :-1, None]
    s[..., 1:, :] += a[..., 1:, :]
    return s.reshape(*kept, -1)[..., :n]


def backwards(a, b):
    """s with sᵢ = aᵢ₊₁ sᵢ₊₁ + bᵢ: the transpose of the recurrence."""
    return np.flip(recurrence(np.flip(np.roll(a, -1, -1), -1), np.flip(b, -1)), -1)


def along_axis(rule):
    """A rule for the last axis, as one for any."""

    def rule_along(g, y, x, axis, dtype=None):
        if axis in (-1, x.ndim - 1):
            return rule(g, y, x)
        return np.moveaxis(rule(np.moveaxis(g, axis, -1), np.moveaxis(y, axis, -1), np.moveaxis(x, axis, -1)), -1, axis)

    return rule_along


def _bind_running(a, axis=None, dtype=None, out=None):
    return (np.ravel(a) if axis is None or not a.ndim else a,), {"axis": axis or 0, "dtype": dtype, "out": out}


def before(y, first=1):
    """y one place later along the last axis."""
    return np.concatenate([np.full_like(y[..., :1], first), y[..., :-1]], axis=-1)


def _cumulative(running, first):
    """The Array API's spelling of a running sum or product, which may begin with what nothing adds up to."""

    def formula(x, /, *, axis=None, dtype=None, include_initial=False):
        if axis is None and x.ndim > 1:
            raise ValueError("an array of several axes needs axis=")
        x = x if x.ndim else np.reshape(x, (1,))
        y = running(x, axis=axis or 0, dtype=dtype)
        start = [1 if a == (axis or 0) % x.ndim else n for a, n in enumerate(y.shape)]
        return np.concatenate([first(y, shape=start), y], axis=axis or 0) if include_initial else y

    return formula


# fmt: off
primitive(np.cumprod,        (along_axis(lambda g, y, x: before(y) * backwards(x, g)),),
                             (along_axis(lambda t, y, x: recurrence(x, before(y) * t)),), bind=_bind_running)
composite(np.cumulative_sum,  _cumulative(np.cumsum, np.zeros_like))
composite(np.cumulative_prod, _cumulative(np.cumprod, np.ones_like))
# fmt: on


# --- extremes ---------------------------------------------------------------------------------------------------------


def equal(x, y):
    """x == y, where NaN equals NaN."""
    if isinstance(y, np.ndarray | np.generic) and not np.count_nonzero(y != y):
        return x == y
    return (x == y) | ((x != x) & (y != y))


def _winners(x, top, initial=None, axis=None, where=True):
    """Who holds the extreme, and how many do along the reduced axes, the initial value among them."""
    holds = equal(x, top) if where is True else equal(x, top) & where
    if initial is None and where is True and type(holds) is np.ndarray and np.count_nonzero(holds) == top.size:
        return holds, 1  # no ties, as nearly always: half the time
    number = np.sum(holds, axis=axis, keepdims=True)
    return holds, (number if initial is None else number + equal(initial, top)).astype(x.dtype)


winners = Op(_winners, NOTHING, NOTHING, "flat", arity=3)


def to_winners(g, x, y, axis, keepdims, initial, where):
    """g where x holds the extreme y, an equal part of it where several tie, else 0."""
    holds, number = winners(x, restored(y, axis, keepdims), initial, axis=axis, where=where)
    g = restored(g, axis, keepdims)
    return np.where(holds, g if type(number) is int else g / number, 0)


def extreme_vjp(g, y, x, initial=None, axis=None, keepdims=False, where=True):
    return to_winners(g, x, y, axis, keepdims, initial, where)


def extreme_jvp(t, y, x, initial=None, axis=None, keepdims=False, where=True):
    shares = to_winners(np.ones_like(y), x, y, axis, keepdims, initial, where)
    return np.sum(t * shares, axis=axis, keepdims=keepdims)


def _extreme_initial(g, y, x, initial, axis=None, keepdims=False, where=True):
    number = winners(x, restored(y, axis, keepdims), initial, axis=axis, where=where)[1]
    return np.where(equal(initial, y), g / np.reshape(number, y.shape), 0)


largest = (np.max, np.maximum), (np.amax, np.maximum), (np.nanmax, None)
smallest = (np.min, np.minimum), (np.amin, np.minimum), (np.nanmin, None)
for extreme, ufunc in (*largest, *smallest):
    _reduction(extreme, (extreme_vjp, extreme_jvp), (_extreme_initial, _extreme_initial), ufunc, moves=True)
composite(
    np.ptp,
    lambda a, axis=None, keepdims=False: (
        np.max(a, axis=axis, keepdims=keepdims) - np.min(a, axis=axis, keepdims=keepdims)
    ),
)


# --- spread -----------------------------------------------------------------------------------------------------------


def _deviation(x, mean, axis, ddof, where):
    """conj(x - mean) / (n - ddof); the factor by which an element moves half the variance."""
    if mean is None:
        mean = np.mean(x, axis=axis, keepdims=True, **({} if where is True else {"where": where}))
    number, counts = _number(x.shape, axis, where, x)
    n = number - ddof
    deviation = np.conj(x - mean) / (max(n, 0) if where is True else np.where(n < 0, 0, n))
    return deviation if where is True else np.where(counts, deviation, 0)


def _leverage(g, x, mean=None, axis=None, dtype=None, ddof=0, keepdims=False, where=True):
    return restored(g, axis, keepdims) * _deviation(x, mean, axis, ddof, where)


def _leverage_transposed(t, x, mean=None, axis=None, dtype=None, ddof=0, keepdims=False, where=True):
    return np.sum(t * _deviation(x, mean, axis, ddof, where), axis=axis, keepdims=keepdims)


def _steepness(y):
    """1/σ; 0 where σ is 0, the lowest point of a cone, whose subgradient of smallest norm is 0."""
    return np.where(y == 0, 0, 1 / np.where(y == 0, 1, y))


def _bind_spread(a, *args, mean=None, correction=None, **params):
    params.update(zip(("axis", "dtype", "out", "ddof", "keepdims"), args, strict=False))
    params.update({} if correction is None else {"ddof": correction})
    return (a,) if mean is None else (a, mean), params


def _spread(function, vjp, jvp):
    """Of two arguments, since NumPy takes the mean as well; moving it by t does what moving all elements by -t does."""
    opposite = lambda rule: lambda g, *args, **params: rule(-g, *args, **params)
    call = lambda x, *mean, **params: function(x, mean=mean[0], **params) if mean else function(x, **params)
    primitive(function, (vjp, opposite(vjp)), (jvp, opposite(jvp)), call=call, bind=_bind_spread)


# fmt: off
_spread(np.var, lambda g, y, *args, **params: _leverage(2 * g, *args, **params),
                lambda t, y, *args, **params: _leverage_transposed(2 * t, *args, **params))
_spread(np.std, lambda g, y, *args, **params: _leverage(g * _steepness(y), *args, **params),
                lambda t, y, *args, **params: _leverage_transposed(t, *args, **params) * _steepness(y))
flat(np.all, np.any, np.count_nonzero, np.argmax, np.argmin, np.nanargmax, np.nanargmin)
# fmt: on


# --- the same without the NaNs ----------------------------------------------------------------------------------------


def _filled(function, number):
    """A NaN counts for the number that changes nothing."""
    return lambda a, *args, **params: function(np.where(np.isnan(a), number, a), *args, **params)


def _left_out(function):
    """A NaN is not counted."""
    return lambda a, *args, where=True, **params: function(a, *args, where=~np.isnan(a) & where, **params)


# fmt: off
composite(np.nansum,     _filled(np.sum, 0))
composite(np.nanprod,    _filled(np.prod, 1))
composite(np.nancumsum,  _filled(np.cumsum, 0))
composite(np.nancumprod, _filled(np.cumprod, 1))
composite(np.nanmean,    _left_out(np.mean))
composite(np.nanvar,     _left_out(np.var))
composite(np.nanstd,     _left_out(np.std))
# fmt: on
