"""Sample rows: every rule that accepts complex numbers, at complex numbers, and at real and complex ones together.

Those of linear algebra and of the Fourier transforms stand on their own pages.
"""

import operator

import numpy as np

from catalogue.rows import anywhere, apart, inside, positive, row
from tinygrad_edu.functions.complexes import make_complex, polar, view_as_real


def complex_(*shape):
    return anywhere(*shape) + 1j * anywhere(*shape)


Z, Y, X, V, W = complex_(3, 4), complex_(3, 4), anywhere(3, 4), complex_(4), anywhere(4)
T, U, N = complex_(2, 3, 4), complex_(2, 4, 3), anywhere(4, 2)
small = inside(3, 4) + 1j * inside(3, 4)
right = positive(3, 4) + 1j * anywhere(3, 4)  # the right half plane: no branch cut nearby
mask = np.array([[True, False, True, True], [False, True, False, True], [True, True, False, False]])
number = np.array(1.3 - 0.7j)
D = apart(3, 4) + 1j * anywhere(3, 4)

# fmt: off
ELEMENTWISE = [
    row(np.absolute, Z, entry="abs_complex"), row(np.exp, Z, entry="exp_complex"), row(np.sign, Z, entry="sgn (complex sign)"),
    row(np.absolute, number, entry="abs_complex"), row(np.sign, number, entry="sgn (complex sign)"),
    *(row(f, Z) for f in [np.negative, np.positive, np.conj, np.real, np.imag, np.angle, np.square, np.reciprocal, np.exp2, np.expm1,
                          np.sin, np.cos, np.sinh, np.cosh, np.sinc, np.nan_to_num]),
    *(row(f, small) for f in [np.tan, np.tanh, np.arctan, np.arcsin, np.arccos, np.arcsinh, np.arctanh]),
    *(row(f, right) for f in [np.sqrt, np.log, np.log2, np.log10, np.log1p]),
    row(np.arccosh, right + 1.2), row(np.angle, Z, deg=True), row(np.angle, number), row(np.real, number), row(np.imag, X),
    row(np.real_if_close, Z), row(np.real_if_close, X), row(np.real_if_close, Z, tol=5),
    row(polar, positive(3, 4), X, entry="polar (complex)"), row(make_complex, X, W, entry="complex (make)"),
    row(view_as_real, Z, entry="view_as_real"), row(view_as_real, number, entry="view_as_real"),
]
BINARY = [
    *(row(f, x, y) for f in [np.add, np.subtract, np.multiply, np.divide] for x, y in [(Z, X), (X, Z), (Z, Y), (Z, V), (W, Z), (number, X), (X, number), (Z, X[:1])]),
    *(row(f, x, y) for f in [np.add, np.subtract, np.multiply, np.divide] for x, y in [(X, 1.5 - 0.5j), (2j, X)]),
    *(row(f, right, y) for f in [np.power, np.float_power] for y in [Z, X]), row(np.power, positive(3, 4), Z), row(np.power, X, V),
    *(row(np.power, Z, n) for n in [0, 1, 2, 3, -1, -2, 2.0, 0.5]), row(np.power, right, 1.5 - 0.5j), row(np.power, 2j, Z), row(np.power, -1.5 + 0j, X),
    *(row(f, x, y) for f in [np.maximum, np.minimum] for x, y in [(D, D[:, ::-1].copy()), (D, apart(3, 4) + 0.051)]),
    row(np.where, mask, Z, X), row(np.where, mask, X, number), row(np.where, Z, Y, X),
    row(np.clip, D, -0.175 - 9j, 0.345 + 9j),
]
REDUCTIONS = [
    *(row(f, Z, **p) for f in [np.sum, np.mean, np.prod, np.var, np.std] for p in [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}]),
    row(np.var, Z, ddof=1), row(np.std, Z, axis=1, ddof=1),
    *(row(f, Z, **p) for f in [np.cumsum, np.cumprod] for p in [{}, {"axis": 0}]),
    row(np.trace, Z), row(np.sum, Z, where=mask), row(np.mean, Z, where=mask), row(np.prod, Z, where=mask),
    *(row(f, D, axis=1) for f in [np.max, np.min]), row(np.ptp, D),
    row(np.average, Z), row(np.average, Z, 1, positive(4)), row(np.nansum, Z), row(np.nanmean, Z, axis=0), row(np.nanprod, Z, axis=1),
    row(np.nancumsum, Z), row(np.nanvar, Z, axis=0), row(np.nanstd, Z), row(np.cov, Z), row(np.corrcoef, Z),
]
PRODUCTS = [
    *(row(np.matmul, x, y) for x, y in [(Z, N), (X, N + 1j * N[::-1]), (Z, V), (W, Z.T), (T, U), (T, N), (V, W)]),
    row(np.dot, Z, N), row(np.inner, Z, X), row(np.outer, V, W), row(np.vdot, Z, X), row(np.vdot, X, Z), row(np.vecdot, X, Z), row(np.vecdot, Z, Y, axis=0),
    row(np.matvec, T, W), row(np.vecmat, V, N), row(np.tensordot, T, U.real, axes=([1, 2], [2, 1])), row(np.kron, V, X),
    row(np.einsum, "ij,kj,k->i", Z, X, V[:3]), row(np.einsum, "ii->i", complex_(3, 3)), row(np.cross, Z[:, :3], X[:, 1:]),
]
SHAPES = [
    row(np.concatenate, [Z, X]), row(np.stack, [X, Z], axis=-1), row(np.append, X, V), row(np.reshape, Z, (2, 6)), row(np.broadcast_to, V, (3, 4)),
    row(np.transpose, T, (2, 0, 1)), row(np.flip, Z, axis=1), row(np.pad, Z, 1), row(np.astype, X, np.complex128), row(np.tril, Z), row(np.diag, V),
    row(operator.getitem, Z, (slice(None), np.array([3, 3]))), row(operator.getitem, Z, mask), row(operator.setitem, Z, W, 1), row(operator.setitem, Z, V, slice(None)),
    row(np.take, Z, np.array([0, 5, 5])), row(np.repeat, V, 2), row(np.roll, Z, 1, axis=1), row(np.meshgrid, V, W),
]
SORTING = [row(np.sort, D), row(np.sort_complex, D), row(np.sort_complex, apart(3, 4)), row(np.sort_complex, D[0])]
# fmt: on

SAMPLES = [*ELEMENTWISE, *BINARY, *REDUCTIONS, *PRODUCTS, *SHAPES, *SORTING]
