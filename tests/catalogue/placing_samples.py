"""Sample rows: choosing, placing and scattering by index or mask, and functions applied along axes."""

import operator

import numpy as np

from catalogue.rows import anywhere, apart, row
from tinygrad_edu.functions import indexing

A, B, V, W = anywhere(3, 4), anywhere(3, 4), anywhere(4), anywhere(5)
S, T = anywhere(3, 3), anywhere(2, 3, 4)
D = apart(3, 4)
one = np.array(1.5)
mask = np.array([[True, False, True, True], [False, True, False, True], [True, True, False, False]])
columns = np.array([[0, 3], [1, 1], [2, 0]])


def in_place(function):
    """A function that writes into its first argument, as one that returns a new array."""

    def of_a_copy(a, *args, **params):
        a = a * 1
        function(a, *args, **params)
        return a

    of_a_copy.__name__ = function.__name__
    return of_a_copy


put, place, putmask, copyto = map(in_place, [np.put, np.place, np.putmask, np.copyto])
put_along_axis, fill_diagonal = map(in_place, [np.put_along_axis, np.fill_diagonal])


@in_place
def flat(a, index, values):
    a.flat[index] = values


@in_place
def sort(a, axis):
    a.sort(axis)


def ordered_sum(x, axis):
    return np.cumsum(x, axis=axis)[..., :2]


def weighted(x):
    return x * np.arange(x.shape[0]), x**2


# fmt: off
SAMPLES = [
    *(row(operator.getitem, A, i, entry=e) for e, i in [
        ("getitem_slice", slice(0, 2)), ("getitem_int", 1), ("getitem_newaxis_ellipsis", (None, ..., 2)),
        ("getitem_negative_step", slice(None, None, -2)), ("getitem_fancy_repeated", np.array([0, 0, 2])),
        ("getitem_fancy_mixed", (slice(None), np.array([3, 3]))), ("getitem_boolmask", mask)]),
    row(operator.setitem, A, T[None, :1, :2], slice(0, 2)), row(operator.setitem, A, V[None, :3], (1, np.array([0, 2, 0]))),
    row(operator.getitem, S, np.tril_indices(3), entry="tril_vec(tril_indices)"), row(operator.getitem, A, np.ix_([0, 2], [1, 1])),

    row(np.select, [mask, ~mask], [A, B]), row(np.select, [mask, mask[0]], [A, V], 2.0), row(np.select, [mask], [A], one),
    row(np.choose, columns[:, :1], [A, B, V]), row(np.choose, np.array([4, -1, 0, 1]), [A, V], mode="wrap"),
    row(np.choose, np.array([4, -1, 0, 1]), A, mode="clip"),
    row(np.compress, [True, False, True], A, axis=0), row(np.compress, [False, True], A, axis=-1), row(np.compress, mask.ravel(), A),
    row(np.extract, mask, A),
    row(np.piecewise, A, [mask, ~mask], [np.sin, np.exp]), row(np.piecewise, A, [mask], [lambda x: x**2, 3.0]),
    row(np.piecewise, A, [mask], [lambda x, k: k * x**2, 0.5], 3), row(np.piecewise, V, mask[0], [np.sin]), row(np.piecewise, one, [True], [np.exp]),

    row(put, A, [1, -2, 5], V[:3]), row(put, A, [[13, -1]], one, mode="wrap"), row(put, A, [13, -1], 2.0, mode="clip"),
    row(put, A, [0, 1, 2, 3, 4], V[:2], entry="place/put"), row(place, A, mask, V[:2], entry="place/put"),
    row(putmask, A, mask, W), row(putmask, A, mask, B), row(copyto, A, V), row(copyto, A, B, where=mask), row(copyto, A, one),
    row(put_along_axis, A, columns, anywhere(3, 2), 1), row(put_along_axis, A, columns[:1, :1], one, 0),
    row(put_along_axis, A, np.array([3, 7]), V[:2], None), row(put_along_axis, A, columns, V[:2], -1),
    row(fill_diagonal, S, one), row(fill_diagonal, A, V[:2]), row(fill_diagonal, anywhere(7, 2), one, wrap=True),
    row(fill_diagonal, anywhere(2, 2, 2), V[:2]), row(flat, A, slice(2, 9, 3), V[:3]), row(sort, D, 0),

    row(np.apply_along_axis, np.sum, 0, A), row(np.apply_along_axis, ordered_sum, 1, T, 0, numpy_only=True),
    row(np.apply_along_axis, np.outer, 1, A, V), row(np.apply_along_axis, lambda x: [x[0] * x[1], 2.0], -1, T, numpy_only=True),
    row(np.ix_, V, W),
    row(np.apply_over_axes, np.sum, T, [0, 2]), row(np.apply_over_axes, np.sum, A, 1),

    *(row(f, *args, entry=entry, **params) for entry, f, args, params in [
        ("at_set (functional update)", indexing.at_set, (A, (slice(None), 1), V[:3]), {}),
        ("at_set (functional update)", indexing.at_set, (A, np.array([0, 2, 0]), B), {}),
        ("at_add (scatter_add)", indexing.at_add, (A, np.array([0, 2, 0]), B), {}), ("at_add (scatter_add)", indexing.at_add, (A, 1, one), {}),
        ("scatter", indexing.scatter, (A, 1, columns, anywhere(3, 2)), {}), ("scatter", indexing.scatter, (A, 0, [[0, 2, 1]], B), {}),
        ("scatter", indexing.scatter, (A, -1, columns, one), {}),
        *(("scatter_reduce (max/min/mul)", indexing.scatter_reduce, (D, 1, columns, apart(3, 2) + 0.051, how), {"include_self": own})
          for how in indexing.NEUTRAL for own in (True, False)),
        ("scatter_reduce (max/min/mul)", indexing.scatter_reduce, (V, 0, [0, 0, 0, 2, 0], W, "prod"), {}),
        ("segment_sum", indexing.segment_sum, (A, [1, 0, 1]), {}), ("segment_sum", indexing.segment_sum, (W, [3, 0, 1, 1, 3], 6), {}),
        ("index_fill", indexing.index_fill, (A, 1, [0, 3], one), {}), ("index_copy", indexing.index_copy, (A, 0, [2, 0], B[:2]), {}),
        ("select_scatter/slice_scatter", indexing.select_scatter, (A, V, 0, -1), {}),
        ("select_scatter/slice_scatter", indexing.slice_scatter, (A, B[:, :2], 1), {"start": 1, "step": 2}),
        ("masked_fill", indexing.masked_fill, (A, mask, one), {}), ("masked_fill", indexing.masked_fill, (V, mask, 0.0), {}),
        ("masked_select", indexing.masked_select, (A, mask[0]), {}), ("masked_select", indexing.masked_select, (V, mask), {}),
        ("masked_scatter", indexing.masked_scatter, (A, mask, B), {}),
        ("combinations", indexing.combinations, (V, 3), {}), ("combinations", indexing.combinations, (V,), {"with_replacement": True}),
        ("cartesian_prod", indexing.cartesian_prod, (V, W), {}), ("cartesian_prod", indexing.cartesian_prod, (V, W, S[0]), {})]),
]
# fmt: on

FLAT = [
    row(np.diag_indices_from, S), row(np.tril_indices_from, S), row(np.triu_indices_from, A),
    row(np.unravel_index, np.array([3, 7]), (3, 4)), row(np.ravel_multi_index, (np.array([0, 1]), np.array([2, 3])), (3, 4)),
]  # fmt: skip
# Shown by the rows of functions that write into a copy, since these return nothing.
FLAT_WITHOUT_VALUE = {np.put, np.place, np.putmask, np.copyto, np.put_along_axis, np.fill_diagonal}
