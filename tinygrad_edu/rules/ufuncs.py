"""The methods of NumPy's ufuncs (reduce, accumulate, outer, reduceat, at), and `where=`, `dtype=` and `out=`.

They need no rules of their own: whoever can differentiate f(x, y) can differentiate the fold of f over an axis. With
yᵢ = f(yᵢ₋₁, xᵢ) the tangents obey ẏᵢ = ∂₁f ẏᵢ₋₁ + ∂₂f ẋᵢ, a linear recurrence, and the cotangents its transpose. So six
entries, keyed by the methods of `np.ufunc`, serve all ufuncs of the table. Elements that `where=` leaves out, which
NumPy leaves uninitialised, are 0 here, or what `out=` held; writing into `out=` is assignment, as ``x[...] = y``.
"""

from __future__ import annotations

from itertools import accumulate
from typing import Any

import numpy as np

from ..errors import InPlaceError, NoRuleError
from ..graph import RULES, Op
from .declare import NOTHING, Every, composite, linear, primitive
from .indexing import scatter, setitem
from .reductions import along_axis, backwards, equal, merged, recurrence, reduced_shape

still = Op(
    lambda *args, ufunc, method, **params: getattr(ufunc, method)(*args, **params), NOTHING, NOTHING, "flat", "still"
)
"""Any method of a ufunc that is piecewise constant."""


def _is_constant(ufunc):
    """Whether its folds are: what is piecewise constant still passes a first element on, if of the same type."""
    return RULES[ufunc].flat and "dd->d" not in ufunc.types


def _derivative(ufunc, i, g, z, x, y):
    """∂f/∂xᵢ times g, from the ufunc's own row."""
    rule = RULES[ufunc].vjps[i]
    return np.zeros_like(g) if rule is None else rule(g, z, x, y)


# --- accumulate -------------------------------------------------------------------------------------------------------


def _accumulate(x, ufunc, axis):
    return ufunc.accumulate(x, axis)


def _steps(rule):
    """A rule for the last axis, told f, its partial derivative ∂₁f at every step, and ∂₂f times a vector."""

    def rule_along(g, y, x, ufunc, axis):
        def of_last(g, y, x):
            at = (y[..., 1:], y[..., :-1], x[..., 1:])
            first = np.ones_like(y[..., :1])
            a = np.concatenate([first, _derivative(ufunc, 0, np.ones_like(at[0]), *at)], axis=-1)
            return rule(a, g, lambda g: np.concatenate([g[..., :1], _derivative(ufunc, 1, g[..., 1:], *at)], axis=-1))

        return along_axis(of_last)(g, y, x, axis)

    return rule_along


accumulated = primitive(
    _accumulate,
    (_steps(lambda a, g, entering: entering(backwards(a, g))),),
    (_steps(lambda a, t, entering: recurrence(a, entering(t))),),
)


def _holders(x, y):
    """Who holds the running extreme y, and among how many; else, if none ties, where each of its values begins."""
    held = equal(x, y)
    new = np.concatenate([np.ones_like(held[..., :1]), ~equal(y[..., 1:], y[..., :-1])], axis=-1)
    if type(new) is np.ndarray and np.array_equal(held, new):
        return np.flatnonzero(new), None, None
    same = (~new).astype(x.dtype)
    return held, recurrence(same, held.astype(x.dtype)), same


holders = Op(_holders, NOTHING, NOTHING, "flat", arity=2)


def _running_extreme_vjp(g, y, x):
    held, number, same = holders(x, y)
    if number is None:
        return np.reshape(scatter(sum_at(np.ravel(g), indices=held, axis=0), shape=(x.size,), index=held), x.shape)
    return np.where(held, backwards(same, g / number), 0)


def _running_extreme_jvp(t, y, x):
    held, number, same = holders(x, y)
    if number is None:
        return np.reshape(np.repeat(np.ravel(t)[held], np.diff(held, append=x.size)), x.shape)
    return recurrence(same, np.where(held, t, 0)) / number


EXTREME = {}
for extreme in (np.maximum, np.minimum, np.fmax, np.fmin):
    EXTREME[extreme] = primitive(
        lambda x, axis, extreme=extreme: extreme.accumulate(x, axis),
        (along_axis(_running_extreme_vjp),),
        (along_axis(_running_extreme_jvp),),
    )


def _accumulated(ufunc, array, axis=0, dtype=None):
    x = array if dtype is None else np.astype(array, dtype)
    if ufunc in (np.add, np.multiply):
        return (np.cumsum if ufunc is np.add else np.cumprod)(x, axis=axis)
    axis = 0 if axis is None and x.ndim == 1 else axis
    if ufunc in EXTREME:
        return EXTREME[ufunc](x, axis=axis)
    if _is_constant(ufunc):
        return still(x, ufunc=ufunc, method="accumulate", axis=axis)
    if RULES[ufunc].kind == "composite" and x.shape[axis]:  # a formula has no rule: the loop is written out
        return np.stack(list(accumulate(np.unstack(x, axis=axis), ufunc)), axis)
    return accumulated(x, ufunc=ufunc, axis=axis)


# --- reduce -----------------------------------------------------------------------------------------------------------

REDUCED: dict[Any, Any] = {
    np.add: np.sum, np.multiply: np.prod, np.maximum: np.max, np.minimum: np.min, np.fmax: np.nanmax, np.fmin: np.nanmin
}  # fmt: skip


def _reduced(ufunc, array, axis=0, dtype=None, keepdims=False, initial=None, where=True):
    """The last element of what accumulates; where elements are left out, the loop written out."""
    x = array if dtype is None else np.astype(array, dtype)
    params = {"axis": axis, "keepdims": keepdims, **({} if initial is None else {"initial": initial})}
    if where is not True:
        params["where"] = where
    if ufunc in REDUCED:
        return REDUCED[ufunc](x, **params)
    if _is_constant(ufunc):
        return still(x, ufunc=ufunc, method="reduce", **params)
    # what NumPy refuses (several axes but no order, nothing to begin with) it refuses of one element too
    known = {**params, "initial": 1} if initial is not None else params
    ufunc.reduce(np.ones([min(n, 1) for n in x.shape]), **{**known, "where": where is True or np.False_})
    rows = merged(x, axis)  # (*kept, n)
    start = np.zeros_like(rows, shape=(*rows.shape[:-1], 1)) + (ufunc.identity or 0 if initial is None else initial)
    if where is not True:
        y, chosen = start[..., 0], merged(np.broadcast_to(where, x.shape), axis)
        for i in range(rows.shape[-1]):
            y = np.where(chosen[..., i], ufunc(y, rows[..., i]), y)
    else:
        if initial is not None or not rows.shape[-1] or ufunc is np.hypot:  # of one number the length: hypot(0, x)
            rows = np.concatenate([start, rows], axis=-1)
        y = _accumulated(ufunc, rows, -1)[..., -1]
    return np.reshape(y, reduced_shape(x, axis, keepdims))


# --- reduceat, outer, at ----------------------------------------------------------------------------------------------


def _sum_at(x, indices, axis):
    return np.add.reduceat(x, indices, axis)


def _sum_at_transpose(g, y, x, indices, axis):
    """Every element that was read gets the cotangent of the sum it went into."""
    ends = np.append(indices[1:], x.shape[axis])
    if indices.size and np.all(ends > indices):  # nothing is read twice
        unread = np.zeros_like(g, shape=[indices[0] if a == axis % x.ndim else n for a, n in enumerate(x.shape)])
        return np.concatenate([unread, np.repeat(g, ends - indices, axis)], axis)
    lengths = np.where(ends > indices, ends - indices, 1)
    sums = np.repeat(np.arange(indices.size), lengths)
    read = np.arange(sums.size) + np.repeat(indices - np.cumsum(lengths) + lengths, lengths)
    return scatter(np.take(g, sums, axis), shape=x.shape, index=(slice(None),) * (axis % x.ndim) + (read,))


sum_at = linear(_sum_at, _sum_at_transpose)


def _reduced_at(ufunc, array, indices, axis=0, dtype=None):
    x, indices = array if dtype is None else np.astype(array, dtype), np.asarray(indices)
    if ufunc is np.add:
        return sum_at(x, indices=indices, axis=axis)
    if _is_constant(ufunc):
        return still(x, indices, ufunc=ufunc, method="reduceat", axis=axis)
    axis, n = axis % x.ndim, x.shape[axis]
    ufunc.reduceat(np.ones(n), indices)  # NumPy refuses what is out of range
    lengths = np.maximum(np.append(indices[1:], n) - indices, 1)
    groups = [np.flatnonzero(lengths == k) for k in np.unique(lengths)] or [indices]  # of segments equally long
    reads = [indices[group, None] + np.arange(max(lengths[group], default=1)) for group in groups]
    ys = [_reduced(ufunc, np.take(x, read, axis), axis + 1) for read in reads]
    return np.take(np.concatenate(ys, axis), np.argsort(np.concatenate(groups)), axis)


def _outer(ufunc, A, B, **params):
    A, B = (x if hasattr(x, "dtype") else np.asarray(x) for x in (A, B))
    return ufunc(np.reshape(A, A.shape + (1,) * B.ndim), B, **params)


def _at(ufunc, a, indices, *b):
    """Every place as often as the index names it: in rounds, which meet no place twice."""
    places = np.reshape(np.arange(a.size), a.shape)[indices]
    values = [np.zeros_like(a, shape=np.shape(places)) + v for v in b]
    if ufunc in (np.add, np.subtract):
        a[...] = ufunc(a, scatter(values[0], shape=a.shape, index=indices))
        return
    places, values, flat = np.ravel(places), [np.ravel(v) for v in values], np.ravel(a)
    order = np.argsort(places, kind="stable")
    rounds = np.empty_like(order)
    rounds[order] = np.arange(order.size) - np.searchsorted(places[order], places[order])
    for k in range(max(rounds, default=-1) + 1):
        now = np.flatnonzero(rounds == k)
        flat = setitem(flat, ufunc(flat[places[now]], *[v[now] for v in values]), index=places[now])
    a[...] = np.reshape(flat, a.shape)


# --- where=, dtype=, out= ---------------------------------------------------------------------------------------------


def _masked(*xs, ufunc, where):
    if all(isinstance(x, np.ndarray | np.generic | int | float | complex) for x in xs):
        return np.where(where, ufunc(*xs, where=where, out=None), 0)
    with np.errstate(all="ignore"):  # other arrays may know no where=
        return np.where(where, ufunc(*xs), 0)


def _masked_rule(direction):
    def rule(i, g, y, *xs, ufunc, where):
        rule = getattr(RULES[ufunc], direction)[i]
        return np.zeros_like(g) if rule is None else np.where(where, rule(g, y, *xs), 0)

    return Every(rule)


masked = Op(_masked, _masked_rule("vjps"), _masked_rule("jvps"), "elementwise", "masked")
"""A ufunc that does not look where it is not asked to, and whose rules do not either."""


def _along(axes, inputs, function):
    """axes= of a product: the axes that it works on go to the end before, those of the result to their places after."""
    ends = [tuple(np.atleast_1d(end).tolist()) for end in axes]
    y = function(*[np.moveaxis(x, a, range(-len(a), 0)) for x, a in zip(inputs, ends, strict=False)])
    result = ends[len(inputs)] if len(ends) > len(inputs) else ()
    return np.moveaxis(y, range(-len(result), 0), result)


def _called(ufunc, *inputs, where=True, dtype=None, casting="same_kind", order="K", subok=True, **others):
    op = RULES[ufunc]
    if "axes" in others:
        return _along(others["axes"], inputs, lambda *xs: _called(ufunc, *xs, dtype=dtype, casting=casting))
    if others and op.kind != "composite":
        raise NoRuleError(f"{ufunc.__name__} has no rule for {', '.join(others)}=. Leave it away")
    if dtype is not None:
        for x in inputs:
            if hasattr(x, "dtype") and not np.can_cast(x.dtype, dtype, casting):
                raise TypeError(f"{ufunc.__name__}: {x.dtype} cannot be cast to {np.dtype(dtype)} with {casting=}")
        inputs = tuple(np.astype(x, dtype) if hasattr(x, "dtype") else x for x in inputs)
    if where is True:
        return op.function(*inputs, **others) if others else ufunc(*inputs)  # axis= of np.vecdot and its like
    if op.kind not in ("composite", "flat") and ufunc.nout == 1:
        return masked(*inputs, ufunc=ufunc, where=where)
    y = op.function(*inputs, **others) if others else ufunc(*inputs)
    kept = [np.where(where, v, np.zeros_like(v)) for v in (y if isinstance(y, tuple) else (y,))]
    return tuple(kept) if isinstance(y, tuple) else kept[0]


def _assigned(target, y, where):
    if target is None:
        return y
    target[...] = y if where is True else np.where(where, y, target)
    return target


def _writing(formula):
    """The same with `out=`, one target for each output."""

    def call(ufunc, *args, out=None, **params):
        y = formula(ufunc, *args, **params)
        if out is None:
            return y
        chosen = params.get("where", True) if formula is _called else True
        if len({id(t) for t in out if t is not None}) < sum(t is not None for t in out):
            raise InPlaceError(f"{ufunc.__name__}: out= names one Tensor twice. Give each output a target of its own")
        ys = [_assigned(t, v, chosen) for t, v in zip(out, y if isinstance(y, tuple) else (y,), strict=True)]
        return tuple(ys) if isinstance(y, tuple) else ys[0]

    return call


# fmt: off
composite(np.ufunc.__call__,   _writing(_called))
composite(np.ufunc.reduce,     _writing(_reduced))
composite(np.ufunc.accumulate, _writing(_accumulated))
composite(np.ufunc.reduceat,   _writing(_reduced_at))
composite(np.ufunc.outer,      _writing(_outer))
composite(np.ufunc.at,         _at)
# fmt: on
