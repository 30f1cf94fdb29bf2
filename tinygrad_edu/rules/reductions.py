"""Sums, means, products and extremes over axes.

A reduction's cotangent has lost the reduced axes; `restored` gives them back with size 1, and broadcasting does the
rest. Products never divide by an element, so a zero among them costs nothing; extremes share evenly among ties.
Next: `indexing.py`.
"""

from __future__ import annotations

import math

import numpy as np

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


def reduced_size(shape, axis):
    """How many elements went into each result."""
    axes = range(len(shape)) if axis is None else axis if isinstance(axis, tuple) else (axis,)
    return math.prod([shape[a] for a in axes])


# --- sums -------------------------------------------------------------------------------------------------------------


def _sum_transpose(g, y, x, axis=None, dtype=None, keepdims=False, initial=None, where=True):
    spread = stretch(g if axis is None else restored(g, axis, keepdims), shape=x.shape)
    return spread if where is True else np.where(where, spread, 0)


def _mean_transpose(g, y, x, axis=None, dtype=None, keepdims=False):
    return stretch(restored(g, axis, keepdims) / reduced_size(x.shape, axis), shape=x.shape)


def _cumsum_transpose(g, y, x, axis=None, dtype=None):
    if axis is None:
        return np.reshape(np.flip(np.cumsum(np.flip(g, 0), 0), 0), x.shape)
    return np.flip(np.cumsum(np.flip(g, axis), axis), axis)


def _sum_jvp(t, y, x, initial=None, **params):
    return np.sum(t, **params)


def _sum(x, **params):
    return np.add.reduce(x, axis=None) if type(x) is np.ndarray and not params else x.sum(**params)


# the methods compute the same as np.sum and np.mean, without a microsecond of unpacking
primitive(np.sum, (_sum_transpose,), (_sum_jvp,), call=_sum)
linear(np.mean, _mean_transpose, call=lambda x, **params: x.mean(**params))
linear(np.cumsum, _cumsum_transpose)
composite(np.trace, lambda a, offset=0, axis1=0, axis2=1: np.sum(np.diagonal(a, offset, axis1, axis2), axis=-1))


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
    axes = (
        tuple(range(x.ndim))
        if axis is None
        else tuple(a % x.ndim for a in (axis if isinstance(axis, tuple) else (axis,)))
    )
    order = [a for a in range(x.ndim) if a not in axes] + list(axes)
    moved = np.transpose(x, order)
    flattened = np.reshape(moved, (*moved.shape[: x.ndim - len(axes)], reduced_size(x.shape, axes)))
    return np.transpose(np.reshape(_product_of_others(flattened), moved.shape), [order.index(a) for a in range(x.ndim)])


def _prod_vjp(g, y, x, axis=None, dtype=None, keepdims=False, initial=1):
    return restored(g, axis, keepdims) * _prod_factors(x, axis) * initial


def _prod_jvp(t, y, x, axis=None, dtype=None, keepdims=False, initial=1):
    return np.sum(t * _prod_factors(x, axis), axis=axis, keepdims=keepdims) * initial


primitive(np.prod, (_prod_vjp,), (_prod_jvp,))


# --- extremes ---------------------------------------------------------------------------------------------------------


def _winners(x, top, axis):
    """Who holds the extreme, and how many do along the reduced axes; the extreme NaN is held by the NaNs."""
    holds = x == top
    if not isinstance(top, np.ndarray) or np.count_nonzero(top != top):
        holds = holds | ((x != x) & (top != top))
    return holds, np.sum(holds, axis=axis, keepdims=True).astype(x.dtype)


winners = Op(_winners, NOTHING, NOTHING, "flat", arity=2)


def _to_winners(g, x, y, axis, keepdims):
    """g where x holds the extreme y, an equal part of it where several tie, else 0."""
    holds, number = winners(x, restored(y, axis, keepdims), axis=axis)
    return np.where(holds, restored(g, axis, keepdims) / number, 0)


def _extreme_vjp(g, y, x, axis=None, keepdims=False, initial=None):
    return _to_winners(g, x, y, axis, keepdims)


def _extreme_jvp(t, y, x, axis=None, keepdims=False, initial=None):
    return np.sum(t * _to_winners(np.ones_like(y), x, y, axis, keepdims), axis=axis, keepdims=keepdims)


# fmt: off
primitive(np.max,  (_extreme_vjp,), (_extreme_jvp,))
primitive(np.min,  (_extreme_vjp,), (_extreme_jvp,))
primitive(np.amax, (_extreme_vjp,), (_extreme_jvp,))
primitive(np.amin, (_extreme_vjp,), (_extreme_jvp,))
composite(np.ptp,  lambda a, axis=None, keepdims=False: np.max(a, axis=axis, keepdims=keepdims)
                                                        - np.min(a, axis=axis, keepdims=keepdims))
# fmt: on


# --- spread -----------------------------------------------------------------------------------------------------------


def _deviation(x, axis, ddof):
    """conj(x - mean) / (n - ddof); the factor by which an element moves half the variance."""
    return np.conj(x - np.mean(x, axis=axis, keepdims=True)) / (reduced_size(x.shape, axis) - ddof)


def _var_vjp(g, y, x, axis=None, dtype=None, ddof=0, keepdims=False):
    return 2 * restored(g, axis, keepdims) * _deviation(x, axis, ddof)


def _var_jvp(t, y, x, axis=None, dtype=None, ddof=0, keepdims=False):
    return np.sum(2 * t * _deviation(x, axis, ddof), axis=axis, keepdims=keepdims)


def _steepness(y):
    """1/σ; 0 where σ is 0, the lowest point of a cone, whose subgradient of smallest norm is 0."""
    return np.where(y == 0, 0, 1 / np.where(y == 0, 1, y))


def _std_vjp(g, y, x, axis=None, dtype=None, ddof=0, keepdims=False):
    return restored(g * _steepness(y), axis, keepdims) * _deviation(x, axis, ddof)


def _std_jvp(t, y, x, axis=None, dtype=None, ddof=0, keepdims=False):
    return np.sum(t * _deviation(x, axis, ddof), axis=axis, keepdims=keepdims) * _steepness(y)


primitive(np.var, (_var_vjp,), (_var_jvp,))
primitive(np.std, (_std_vjp,), (_std_jvp,))

flat(np.all, np.any, np.count_nonzero, np.argmax, np.argmin, np.nanargmax, np.nanargmin)
