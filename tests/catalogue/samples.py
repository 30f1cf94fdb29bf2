"""The sample rows of the first vocabulary: calls at which the derivatives of the table are checked.

What a row is stands in `rows.py`; the other pages of the vocabulary have files of their own, named `*_samples.py`.
A function of the table without a row is a failing test.
"""

import operator

import numpy as np

from catalogue.rows import anywhere, apart, inside, positive, row

A, B, V, W = anywhere(3, 4), anywhere(3, 4), anywhere(4), anywhere(5)
P, Q, R = positive(3, 4), positive(3, 4), positive(4)
S = inside(3, 4)
D, E = apart(3, 4), apart(3, 4) + 0.051
M, N = anywhere(3, 4), anywhere(4, 2)
T, U = anywhere(2, 3, 4), anywhere(2, 4, 3)
Z = anywhere(3, 4) + 1j * anywhere(3, 4)
mask = np.array([[True, False, True, True], [False, True, False, True], [True, True, False, False]])

# fmt: off
UNARY = [
    row(f, x) for functions, x in [
        ([np.negative, np.positive, np.square, np.exp, np.exp2, np.expm1, np.sin, np.cos, np.arctan, np.sinh, np.cosh,
          np.tanh, np.arcsinh, np.sinc, np.deg2rad, np.rad2deg, np.radians, np.degrees, np.real, np.imag, np.conj,
          np.absolute, np.fabs, np.reciprocal, np.cbrt, np.sign, np.nan_to_num, np.angle], A),
        ([np.sqrt, np.log, np.log2, np.log10, np.log1p], P),
        ([np.arcsin, np.arccos, np.arctanh, np.tan], S),
        ([np.arccosh], P + 1.1),
    ] for f in functions
]
BINARY = [
    row(f, x, y) for functions, x, y in [
        ([np.add, np.subtract, np.multiply, np.divide, np.hypot, np.arctan2, np.logaddexp, np.logaddexp2, np.copysign], A, B),
        ([np.add, np.subtract, np.multiply, np.divide, np.hypot, np.arctan2, np.logaddexp, np.logaddexp2], A, V),
        ([np.power, np.float_power], P, B),
        ([np.maximum, np.minimum, np.fmax, np.fmin], D, E),
        ([np.remainder, np.fmod, np.divmod], (np.arange(12).reshape(3, 4) - 5.5) * P, P),
        ([np.heaviside], A, B),
    ] for f in functions
]
ARITHMETIC = [
    row(np.logaddexp, A, A.copy()), row(np.logaddexp2, 0.0, np.zeros(3)), row(np.hypot, A, 0.0),
    row(np.power, P, 2), row(np.power, A, 3), row(np.power, A, -2), row(np.power, A, 0), row(np.power, 2.0, A),
    row(np.power, P, 0.5), row(np.float_power, P, 2),
    row(np.where, mask, A, B), row(np.where, mask, A, 0), row(np.where, mask[0], A, V),
    row(np.clip, D, -0.175, 0.345), row(np.clip, D, None, 0.345), row(np.clip, D, -0.175, None), row(np.clip, D, E - 0.246, E + 0.274),
    row(np._core.umath.clip, D, -0.175, 0.345), row(np.clip, D, -0.175, 0.345, dtype=np.complex128), row(np.nan_to_num, A, True, np.array(2.0)),
    row(np.angle, A, deg=True), row(np.multiply, A, 3), row(np.divide, 2, A),
]
COMPLEX = [
    row(np.sinc, Z), row(np.sinc, Z * 0.05), row(np.imag, np.array(2.0 + 1j)), row(np.angle, np.array(2.0 + 1j)),
    *(row(f, Z) for f in [np.exp, np.sin, np.cosh, np.log, np.sqrt, np.square, np.reciprocal, np.tanh, np.real, np.imag,
                          np.conj, np.absolute, np.angle, np.sign, np.sum, np.prod, np.mean, np.var, np.std]),
    *(row(f, Z, A) for f in [np.multiply, np.divide, np.add, np.power]),
    row(np.matmul, Z, N), row(np.einsum, "ij,jk->ik", Z, N), row(np.vdot, Z, Z[::-1]), row(np.vecdot, Z, A),
]
REDUCTIONS = [
    *(row(f, A, **p) for f in [np.sum, np.mean, np.prod, np.var, np.std]
      for p in [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}]),
    *(row(f, D, **p) for f in [np.max, np.min, np.amax, np.amin, np.ptp]
      for p in [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}]),
    row(np.sum, T, axis=(0, 2)), row(np.prod, T, axis=(2, 0)), row(np.max, apart(2, 3, 4), axis=(0, 2)),
    row(np.sum, A, where=mask), row(np.sum, A, initial=2.0), row(np.prod, A, initial=2.0), row(np.max, D, initial=-9.0),
    row(np.var, A, ddof=1), row(np.std, A, axis=1, ddof=1),
    row(np.cumsum, A), row(np.cumsum, A, axis=0), row(np.cumsum, A, axis=-1),
    row(np.trace, anywhere(3, 3)), row(np.trace, T, offset=1, axis1=1, axis2=2), row(np.trace, A, dtype=np.complex128),
]
SHAPES = [
    row(np.reshape, A, (2, 6)), row(np.reshape, A, (-1,), order="F"), row(np.ravel, A), row(np.ravel, A, order="F"),
    row(np.expand_dims, A, 1), row(np.expand_dims, A, (0, 2)), row(np.squeeze, anywhere(3, 1, 4)),
    row(np.squeeze, anywhere(3, 1, 4), axis=1), row(np.transpose, A), row(np.transpose, T, (2, 0, 1)),
    row(np.transpose, T, axes=(-1, 0, 1)), row(np.matrix_transpose, T), row(np.swapaxes, T, 0, 2),
    row(np.moveaxis, T, 0, -1), row(np.moveaxis, T, (0, 1), (2, 0)), row(np.rollaxis, T, 2), row(np.rollaxis, T, 0, 3),
    row(np.rollaxis, T, -1, 1), row(np.broadcast_to, V, (3, 4)), row(np.broadcast_to, anywhere(3, 1), (2, 3, 4)),
    row(np.copy, A), row(np.astype, A, np.float64), row(np.flip, A), row(np.flip, A, axis=1), row(np.flip, T, axis=(0, 2)),
    row(np.fliplr, A), row(np.flipud, A), row(np.roll, A, 2), row(np.roll, A, 1, axis=1), row(np.roll, A, (1, -2), axis=(0, 1)),
    row(np.rot90, A), row(np.rot90, T, k=3, axes=(1, 2)), row(np.triu, A), row(np.tril, A, k=-1), row(np.triu, T, 1),
    row(np.atleast_1d, np.array(2.0)), row(np.atleast_2d, V), row(np.atleast_3d, A), row(np.atleast_3d, V),
    row(np.atleast_2d, V, A), row(np.tile, A, 2), row(np.tile, A, (2, 1, 3)), row(np.tile, T, (2,)),
    row(np.broadcast_arrays, A, V), row(np.meshgrid, V, W), row(np.meshgrid, V, W, R, indexing="ij"),
    row(np.meshgrid, V, W, sparse=True), row(np.full_like, A, np.array(3.0)),
    row(np.concatenate, [A, B]), row(np.concatenate, [A, anywhere(3, 2)], axis=1), row(np.concatenate, [A, V], axis=None),
    row(np.concatenate, [V] * 9), row(np.stack, [A, B]), row(np.stack, [A, B], axis=-1), row(np.vstack, [A, V]),
    row(np.hstack, [A, B]), row(np.hstack, [V, W]), row(np.dstack, [A, B]), row(np.column_stack, [V, N]),
    row(np.append, A, V), row(np.append, A, B, axis=0),
    row(np.split, A, 2, axis=1), row(np.split, V, [1, 3]), row(np.array_split, W, 3), row(np.hsplit, A, 2),
    row(np.vsplit, anywhere(4, 2), 2), row(np.dsplit, T, 2), row(np.unstack, A), row(np.unstack, T, axis=1),
]
INDEXING = [
    *(row(operator.getitem, A, i) for i in [
        1, -1, slice(0, 2), slice(None, None, -2), (1, 2), (slice(None), 1), (None, ..., slice(3, 0, -1)), ...,
        [0, 0, 2], np.array([1, -2, 1]), np.array([[0, 1], [1, 1]]), mask, mask[:, 0], (np.array([0, 2, 0]), np.array([1, 1, 1])),
        (slice(None), np.array([3, 3])), (np.array([0, 1]), None, slice(1, 3)), (0, np.array([0, 0]))]),
    row(operator.setitem, A, V, 1), row(operator.setitem, A, 2.0, (0, slice(1, 3))), row(operator.setitem, A, np.array(3.0), mask),
    row(operator.setitem, A, anywhere(3, 4), np.array([0, 2, 0])), row(operator.setitem, A, V, slice(None)),
    row(np.take, A, np.array([0, 5, 5])), row(np.take, A, np.array([[0, 2], [2, 2]]), axis=1), row(np.take, A, 1, axis=0),
    row(np.take, A, np.array([7, -9]), axis=0, mode="wrap"), row(np.take, A, np.array([7, -9]), axis=0, mode="clip"),
    row(np.take_along_axis, A, np.argsort(A, axis=1), axis=1), row(np.take_along_axis, A, np.array([[0, 0, 1, 2]]), axis=0),
    row(np.take_along_axis, A, np.array([3, 1]), axis=None),
    row(np.repeat, A, 2), row(np.repeat, A, 3, axis=0), row(np.repeat, A, np.array([1, 0, 2]), axis=0),
    row(np.diagonal, A), row(np.diagonal, T, 1, 1, 2), row(np.diagonal, A, offset=-1), row(np.diag, V), row(np.diag, A, k=1),
    row(np.diag, V, k=-2), row(np.diagflat, A, k=1), row(np.sort, D), row(np.sort, D, axis=0), row(np.sort, D, axis=None),
    *(row(np.pad, A, ((1, 2), (0, 3)), mode=m) for m in ["constant", "edge", "reflect", "symmetric", "wrap"]),
    row(np.pad, A, 1, constant_values=5.0),
]
PRODUCTS = [
    *(row(f, x, y) for f in [np.matmul, np.dot] for x, y in [(M, N), (V, N), (M, V), (V, V[::-1].copy())]),
    row(np.matmul, np.zeros((2, 3, 0)), np.zeros((0, 5))), row(np.matmul, T, np.zeros((T.shape[-1], 0))),
    row(np.matmul, T, U), row(np.matmul, T, N), row(np.matmul, M, U), row(np.matmul, V, U), row(np.matmul, T, V),
    row(np.matmul, anywhere(1, 3, 4), anywhere(2, 4, 1)), row(np.dot, T, U), row(np.dot, np.array(2.0), A), row(np.dot, T, N),
    row(np.inner, A, B), row(np.inner, V, V), row(np.inner, T, V), row(np.outer, V, W), row(np.outer, A, V),
    row(np.vdot, A, B), row(np.vecdot, A, B), row(np.vecdot, A, B, axis=0), row(np.matvec, T, V), row(np.vecmat, V, N),
    row(np.matmul, T, T, axes=[(1, 2), (2, 1), (0, 2)]), row(np.matmul, V, T, axes=[(0,), (2, 1), (0,)]),
    row(np.matvec, T, V, axes=[(1, 2), 0, 0]), row(np.vecmat, V, T, axes=[0, (2, 1), 0]), row(np.vecdot, A, B, axes=[0, 0]),
    row(np.tensordot, M, N, axes=1), row(np.tensordot, T, U, axes=([1, 2], [2, 1])), row(np.tensordot, A, B),
    row(np.tensordot, V, W, axes=0), row(np.tensordot, T, A, axes=([2, 1], [1, 0])), row(np.tensordot, T, U, axes=(2, -2)),
    *(row(np.einsum, s, *x) for s, *x in [
        ("ij,jk->ik", M, N), ("ij,jk", M, N), ("ij->ji", A), ("ij->", A), ("ij->i", A), ("ii", anywhere(3, 3)),
        ("ii->i", anywhere(3, 3)), ("iij->j", anywhere(2, 2, 3)), ("i,j->ij", V, W), ("bij,bjk->bik", T, U),
        ("...ij,...jk->...ik", T, U), ("...j,jk", T, N), ("ij,ij->", A, B), ("i,ij,j->", anywhere(3), A, V),
        ("ij,kj,lk->il", A, B, anywhere(2, 3)), ("i...->...", T), ("ij,ij->ij", anywhere(1, 1), A), ("ij,ij->", A, anywhere(1, 4)), ("i,i", V, V)]),
    row(np.einsum, "ij,jk,kl->il", A, A.T.copy(), B, optimize=True), row(np.einsum, "ij,jk", M, N, dtype=np.complex128, order="F"),
    row(np.einsum, A, [0, 1], N, [1, 2], [0, 2]), row(np.einsum, A, [0, 1]),
]
# fmt: on

SAMPLES = [*UNARY, *BINARY, *ARITHMETIC, *COMPLEX, *REDUCTIONS, *SHAPES, *INDEXING, *PRODUCTS]

# What is flat needs no derivative, only a call that shows that nothing flows: a result of floats, or no floats at all.
FLAT = [
    row(f, A) for f in [
        np.floor, np.ceil, np.trunc, np.rint, np.fix, np.round, np.around, np.signbit, np.spacing, np.isfinite, np.isnan,
        np.isinf, np.isneginf, np.isposinf, np.iscomplexobj, np.isrealobj, np.iscomplex, np.isreal, np.all, np.any,
        np.count_nonzero, np.argmax, np.argmin, np.nanargmax, np.nanargmin, np.shape, np.ndim, np.size, np.zeros_like,
        np.ones_like, np.result_type, np.min_scalar_type, np.argsort, np.nonzero, np.flatnonzero, np.argwhere, np.logical_not,
    ]
] + [
    row(f, A, B) for f in [
        np.floor_divide, np.equal, np.not_equal, np.less, np.less_equal, np.greater, np.greater_equal, np.isclose,
        np.allclose, np.array_equal, np.logical_and, np.logical_or, np.logical_xor, np.may_share_memory, np.shares_memory,
    ]
] + [
    row(np.searchsorted, np.sort(V), W), row(np.digitize, A, np.array([-1.0, 0.0, 1.0])), row(np.argpartition, V, 2),
    row(np.can_cast, np.float32, np.float64),
]  # fmt: skip
# No value to compare: uninitialised memory, and operators of integers.
FLAT_WITHOUT_VALUE = {np.empty_like, np.bitwise_and, np.bitwise_or, np.bitwise_xor, np.invert}
