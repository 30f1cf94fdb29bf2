"""Sample rows: joining, splitting, inserting, padding, and arrays made anew."""

import numpy as np

from catalogue.rows import anywhere, apart, positive, row
from tinygrad_edu.functions import assembling

A, B, V, W = anywhere(3, 4), anywhere(3, 4), anywhere(4), anywhere(5)
P, R, T = positive(3), anywhere(3), anywhere(2, 3, 4)
Z = anywhere(3, 4) + 1j * anywhere(3, 4)
D = apart(3, 4)
one, two = np.array(1.5), np.array(4.0)
mask = np.array([True, False, True, False])


def like(x):
    """NumPy's own scalars cannot be asked, and need not be."""
    return {"like": x} if hasattr(x, "__array_function__") else {}


# What is no function of NumPy that asks its arguments: methods, `like=`, indices.
def flatten(x, order="C"):
    return x.flatten(order)


def array(*arrays, **params):
    return np.array([[arrays[0], arrays[1]], [arrays[1], arrays[0]]], **like(arrays[0]), **params)


def asarray(x):
    return np.asarray([[x, x], [x, x]], dtype=x.dtype, **like(x))


def full(x, shape):
    return np.full(shape, x, **like(x))


def arange(start, step):
    return np.arange(start, 12.3, step, **like(start))


def fromfunction(x):
    return np.fromfunction(lambda i, j: x * (i - j), (3, 3), **like(x))


def trim_zeros(x, zeros, trim="fb"):
    return np.trim_zeros(np.where(zeros, 0, x), trim)


def r_(x, y):
    return assembling.r_[x, 2.0, 1:3, y]


def r_as_rows(x, y):
    return assembling.r_["0,2,0", x, y]


def c_(x, y):
    return assembling.c_[x, y]


def cubes(x, y):
    return assembling.vectorize(lambda a, b: (a**3 if b > 0 else b * a, a * b))(x, y)


# fmt: off
SAMPLES = [
    row(np.concat, [A, B], axis=1, entry="concat"), row(np.vstack, [A, V], entry="row_stack"),
    row(np.permute_dims, T, (1, 2, 0), entry="permute_dims"), row(np.broadcast_to, anywhere(3, 1), (3, 4), entry="broadcast_to_same_ndim"),
    row(flatten, A), row(flatten, T, order="F"), row(np.diag, A, entry="diag_nonsquare"), row(np.diagonal, T, 0, 1, 2, entry="diagonal_nonsquare"),
    row(np.ravel, A, order="K"), row(np.ravel, A, order="A"), row(np.reshape, A, (6, 2), order="A"), row(np.tile, A, np.array([2, 1])),
    row(np.broadcast_to, one, 3), row(np.astype, A, np.complex128), row(np.concatenate, [A, Z]),

    row(np.split, W, [3, 1]), row(np.split, A, [-3, 2], axis=1), row(np.array_split, A, [2, 2, 9], axis=1), row(np.array_split, W, 2),
    row(np.block, [[anywhere(2, 2), anywhere(2, 1)], [anywhere(1, 2), anywhere(1, 1)]]), row(np.block, [V, W]),
    row(np.block, [[[T]], [[A]]]), row(np.block, [[one, V], [W]]),
    row(np.append, T, T, axis=-1), row(np.append, Z, V),

    row(np.insert, A, 2, V, axis=0), row(np.insert, A, 1, R, axis=1), row(np.insert, A, [1], anywhere(3, 2), axis=1),
    row(np.insert, A, np.array([2, 0, 2]), np.array([9.0, 8.0, 7.0]), axis=1), row(np.insert, V, slice(0, 4, 2), one),
    row(np.insert, A, -1, one), row(np.insert, V, mask, 3.0), row(np.delete, A, 1, axis=0), row(np.delete, A, [0, -1], axis=1),
    row(np.delete, A, slice(1, 9, 3)), row(np.delete, V, mask),
    row(np.repeat, one, 2, axis=0), row(np.repeat, one, 0), row(np.take, one, [0, 0], axis=-1), row(np.take, one, [], axis=0), row(np.repeat, T, 2, axis=1),
    row(np.resize, A, (5, 4)), row(np.resize, A, 5), row(np.resize, V, (2, 0)),
    row(trim_zeros, W, np.array([1, 0, 1, 0, 1], bool), numpy_only=True), row(trim_zeros, A, np.eye(3, 4, dtype=bool), "f", numpy_only=True),

    row(np.pad, A, 1), row(np.pad, V, (2, 0), constant_values=(1.5, 2)),
    row(np.pad, A, {1: (2, 1)}, mode="edge", entry="pad_edge"), row(np.pad, A, 7, mode="reflect", entry="pad_reflect"),
    row(np.pad, A, ((0, 5), (9, 0)), mode="wrap", entry="pad_wrap"), row(np.pad, A, 7, mode="symmetric"),
    row(np.pad, A, ((1, 7), (9, 2)), mode="reflect", reflect_type="odd"), row(np.pad, V, (7, 11), mode="symmetric", reflect_type="odd"),
    row(np.pad, anywhere(1, 3), 2, mode="reflect", reflect_type="odd"),
    row(np.pad, A, ((2, 1), (0, 3)), mode="linear_ramp"), row(np.pad, V, 3, mode="linear_ramp", end_values=(1.0, -2.0)),
    row(np.pad, A, ((2, 1), (0, 3)), mode="mean"), row(np.pad, A, 2, mode="mean", stat_length=2), row(np.pad, Z, 1, mode="mean"),
    row(np.pad, D, ((1, 0), (0, 1)), mode="maximum"), row(np.pad, D, ((1, 0), (0, 2)), mode="minimum", stat_length=2),
    row(np.pad, D, ((0, 0), (1, 2)), mode="median"), row(np.pad, D, ((0, 0), (1, 2)), mode="median", stat_length=((1, 1), (2, 3))),

    row(array, one, two), row(array, V, W[:4], dtype=np.float64), row(array, one, np.array(2j)), row(array, V, V, ndmin=5), row(asarray, one),
    row(full, one, (2, 3)), row(full, V, (2, 4)), row(full, one, 3), row(arange, one, two, numpy_only=True), row(fromfunction, one, numpy_only=True),
    row(np.full_like, A, np.array(3.0), shape=(2,)), row(np.full_like, A, V),
    row(np.linspace, one, two), row(np.linspace, 0.0, V, num=3), row(np.linspace, A, V, num=4, axis=1), row(np.linspace, R, P, num=1),
    row(np.linspace, one, two, num=5, endpoint=False, retstep=True), row(np.linspace, 1, Z, num=3, axis=-1), row(np.linspace, one, two, 0),
    row(np.logspace, one, two, num=5), row(np.logspace, 0.0, R, num=3, base=2.0, endpoint=False), row(np.logspace, R, 1.0, 3, True, P, axis=1),
    row(np.geomspace, one, two, num=4), row(np.geomspace, -P, -2.0, num=3, axis=-1), row(np.geomspace, 1 + 1j, Z[0], num=3),
    row(np.meshgrid, V, W, R, indexing="ij", sparse=True), row(np.broadcast_arrays, A, V, one),

    row(r_, V, W, entry="r_", numpy_only=True), row(r_as_rows, V, V[::-1], entry="r_"), row(c_, V, V[::-1], entry="c_"), row(c_, A, B, entry="c_"),
    row(assembling.array, [[one, 2.0], [V[0], two]], entry="array"), row(cubes, R, one, entry="vectorize"), row(cubes, A, V, entry="vectorize"),
    row(assembling.diag_embed, A, entry="diag_embed"), row(assembling.diag_embed, A, offset=-1, axis1=0, axis2=2, entry="diag_embed"),
    row(assembling.diag_embed, V, offset=2, entry="diag_embed"),
    row(assembling.unflatten, A, 1, (2, -1), entry="unflatten"), row(assembling.unflatten, T, -1, (2, 1, 2), entry="unflatten"),
]
# fmt: on

FLAT = [
    row(np.common_type, A), row(np.common_type, A.astype(np.float32), V), row(np.array2string, A), row(np.array_repr, A),
    row(np.array_str, V), row(np.isin, A, V),
]  # fmt: skip
# Shown by the rows above that pass `like=`, and in test_assembling.py.
FLAT_WITHOUT_VALUE = {
    np.array, np.asarray, np.asanyarray, np.ascontiguousarray, np.asfortranarray, np.require, np.full, np.arange,
    np.fromfunction, np.trim_zeros, np.einsum_path, np.zeros, np.ones, np.empty, np.eye, np.identity, np.tri,
}  # fmt: skip
