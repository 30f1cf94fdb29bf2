"""The sample rows of linear algebra.

A function that reads one triangle of its matrix, as if it were Hermitian, is sampled behind `of_hermitian`, which
makes it so; complex vectors, whose phase LAPACK chooses, behind `frames`, whose values do not depend on a phase.
"""

from functools import wraps

import numpy as np

from catalogue.rows import anywhere, inside, positive, row
from tinygrad_edu.functions import linalg as functions


def of_hermitian(f):
    """A ↦ f((A + Aᴴ)/2): a function of any matrix."""

    @wraps(f)
    def call(a, **params):
        return f((a + np.conj(np.swapaxes(a, -1, -2))) / 2, **params)

    return call


def frames(f):
    """Values as they are; of vectors the squares |Q|², and the projector on the first."""

    @wraps(f)
    def call(a, **params):
        kept = []
        for i, q in enumerate(f(a, **params)):
            q = np.conj(np.swapaxes(q, -1, -2)) if i == 2 else q  # of svd, the rows
            first = q[..., :1]
            kept += [np.real(q * np.conj(q)), first * np.conj(np.swapaxes(first, -1, -2))] if q.ndim > 1 else [q]
        return kept

    return call


def complement(f):
    """The projector on what the first columns leave over: all that is determined of a full frame's last columns."""

    @wraps(f)
    def call(a, **params):
        q = f(a, **params)[0][..., a.shape[-1] :]
        return q @ np.conj(np.swapaxes(q, -1, -2))

    return call


def complexes(*shape):
    return anywhere(*shape) + 1j * anywhere(*shape)


eye3 = np.eye(3)
A, Z = anywhere(3, 3) + 2.5 * eye3, complexes(3, 3) + 2.5 * eye3
AA, ZZ = anywhere(2, 3, 3) + 2.5 * eye3, complexes(2, 3, 3) + 2.5 * eye3
TALL, WIDE, ZTALL, ZWIDE = anywhere(4, 3), anywhere(3, 4), complexes(4, 3), complexes(3, 4)
TALLS = anywhere(2, 4, 3)
V, W, ZV = np.array([0.4, -1.3, 0.8]), anywhere(3, 2), complexes(3)
SYM = np.array([[2.0, 0.3, -0.5], [0.3, 1.0, 0.2], [-0.5, 0.2, -1.5]])
HER = SYM + 1j * np.array([[0.0, 0.4, -0.2], [-0.4, 0.0, 0.3], [0.2, -0.3, 0.0]])
SPD = SYM + 4 * eye3
HPD = HER + 4 * eye3
eigh, eigvalsh, cholesky = map(of_hermitian, (np.linalg.eigh, np.linalg.eigvalsh, np.linalg.cholesky))
BASIS = eye3 + 0.3 * inside(3, 3)
REAL = BASIS @ np.diag([3.0, 1.0, -2.0]) @ np.linalg.inv(BASIS)  # with real eigenvalues
TURNING = BASIS @ np.array([[1.0, 2.0, 0.0], [-2.0, 1.0, 0.0], [0.0, 0.0, -3.0]]) @ np.linalg.inv(BASIS)
SIX = (inside(6, 6) + 3 * np.eye(6)).reshape(2, 3, 6)
SHEAVES = np.array([[[1, 2, 4], [8, 1, 2], [3, 6, 9], [5, 7, 2]], [[6, 1, 3], [2, 9, 5], [4, 1, 8], [9, 3, 7]]]) ** 1.1 * 0.2  # no ties
CUT = BASIS @ np.diag([2.0, 1.0, 0.3]) @ BASIS.T  # a small value, which is no zero
TALLER = inside(2, 4, 3) + 2 * np.eye(4, 3)
LOW = np.tril(anywhere(3, 3), -1) + np.diag(positive(3))
# a matrix of rank 2 keeps it under differences only as a product
deficient = wraps(np.linalg.pinv)(lambda x, y, **p: np.linalg.pinv(x @ y, **p))
deficient_lstsq = wraps(np.linalg.lstsq)(lambda x, y, b: np.linalg.lstsq(x @ y, b)[0])
minimum = wraps(np.linalg.lstsq)(
    lambda a, b, **p: [v for v in np.linalg.lstsq(a, b, **p) if np.size(v) and v.dtype.kind in "fc"]
)
hermitian_pinv = of_hermitian(np.linalg.pinv)

# fmt: off
SOLVING = [
    *(row(np.linalg.inv, x) for x in (A, Z, AA, ZZ, anywhere(1, 1))),
    *(row(np.linalg.solve, a, b) for a, b in [
        (A, V), (A, W), (AA, V), (AA, W), (A, anywhere(2, 3, 2)), (Z, ZV), (Z, W), (A, ZV), (ZZ, complexes(2, 3, 1))]),
    *(row(np.linalg.pinv, x) for x in (A, TALL, WIDE, ZTALL, ZWIDE, TALLS)), row(np.linalg.pinv, TALL, rcond=1e-8),
    row(np.linalg.pinv, WIDE, rtol=1e-8), row(hermitian_pinv, SPD, hermitian=True), row(hermitian_pinv, HPD, hermitian=True),
    row(deficient, anywhere(4, 2), anywhere(2, 3), rtol=1e-4), row(deficient, complexes(3, 2), complexes(2, 4), rtol=1e-4),
    *(row(minimum, a, b) for a, b in [(TALL, anywhere(4)), (TALL, anywhere(4, 2)), (A, V), (WIDE, W), (ZTALL, complexes(4, 2))]),
    row(minimum, TALL, anywhere(4), rcond=1e-6), row(deficient_lstsq, anywhere(4, 2), anywhere(2, 3), anywhere(4)),
    *(row(np.linalg.pinv, x, rcond=0.4) for x in (CUT, TALL, ZTALL, ZWIDE, np.stack([CUT, BASIS]))), row(hermitian_pinv, CUT, rtol=0.4, hermitian=True),
    row(minimum, CUT, V, rcond=0.4), row(minimum, ZTALL, complexes(4, 2), rcond=0.6), row(np.linalg.lstsq, TALL, V[[0, 1, 2, 0]], numpy_only=True),  # for its rank is an integer, with no cotangent
    row(np.linalg.tensorsolve, SIX, anywhere(2, 3)), row(np.linalg.tensorsolve, np.moveaxis(SIX, -1, 1).copy(), anywhere(2, 3), axes=(1,)),
    row(np.linalg.tensorinv, anywhere(4, 6, 8, 3), ind=2), row(np.linalg.tensorinv, anywhere(6, 2, 3), ind=1),
    *(row(np.linalg.matrix_power, A, n) for n in (0, 1, 2, 3, 5, 6, -1, -2, -5)), row(np.linalg.matrix_power, AA, 3), row(np.linalg.matrix_power, Z, -3),
]
DETERMINANTS = [
    *(row(f, x) for f in (np.linalg.det, np.linalg.slogdet) for x in (A, Z, AA, ZZ, anywhere(1, 1), anywhere(4, 4))),
    row(np.linalg.det, np.diag([2.0, 0.0, 1.0])), row(np.linalg.det, WIDE.T @ WIDE),
    row(functions.logdet, SPD, entry="linalg.logdet"), row(functions.logdet, AA @ np.swapaxes(AA, 1, 2)),
]
NORMS = [
    *(row(np.linalg.norm, x) for x in (V, A, AA, Z, ZV)),
    *(row(np.linalg.norm, V, ord=p, entry=e) for p, e in [
        (0, ""), (1, "linalg.norm_1"), (2, ""), (3, "linalg.norm_p3"), (2.5, ""), (-1, ""), (-2, ""), (np.inf, "linalg.norm_inf"), (-np.inf, "")]),
    *(row(np.linalg.norm, ZV, ord=p) for p in (1, 2, 3, np.inf)),
    *(row(np.linalg.norm, AA, ord=p, axis=1, keepdims=k) for p in (None, 1, 3, np.inf) for k in (False, True)),
    *(row(np.linalg.norm, x, ord=p, entry=e) for x in (TALL, Z) for p, e in [
        ("fro", "linalg.norm_fro"), ("nuc", "linalg.norm_nuc"), (1, ""), (-1, ""), (2, "linalg.norm_2_matrix"), (-2, ""), (np.inf, ""), (-np.inf, "")]),
    *(row(np.linalg.norm, SHEAVES, ord=p, axis=(2, 0), keepdims=k) for p in (None, "nuc", 1, -1, 2, np.inf, -np.inf) for k in (False, True)),
    row(np.linalg.norm, V, axis=(0,)), row(np.linalg.norm, V, keepdims=True), row(np.linalg.norm, anywhere(3, 1), axis=1),
    *(row(np.linalg.vector_norm, AA, **p) for p in ({}, {"axis": (0, 2)}, {"axis": 1, "ord": 3}, {"ord": 1, "keepdims": True}, {"ord": np.inf})),
    *(row(np.linalg.matrix_norm, AA, **p) for p in ({}, {"ord": "nuc"}, {"ord": 1, "keepdims": True}, {"ord": 2})),
    *(row(np.linalg.cond, x, p=p) for x in (A, AA) for p in (None, 2, -2, 1, -1, "fro", "nuc", np.inf, -np.inf)), row(np.linalg.cond, TALL), row(np.linalg.cond, Z, p=1),
    row(functions.dist, A, TALL[:3], entry="dist (p-norm of difference)"), row(functions.dist, A, V + 5, p=1), row(functions.dist, A, W[:, :1], p=3),
]
FACTORS = [
    *(row(f, np.array([[2.0]])) for f in (np.linalg.eigh, np.linalg.eigvalsh, np.linalg.cholesky)),
    row(eigh, SYM), row(eigh, SYM, UPLO="U"), row(eigh, AA), row(frames(eigh), HER, entry="linalg.eigh_vectors"),
    row(eigvalsh, SYM), row(eigvalsh, HER), row(eigvalsh, AA, UPLO="U"),
    row(cholesky, SPD), row(cholesky, HPD), row(cholesky, SPD, upper=True), row(cholesky, HPD, upper=True), row(cholesky, np.stack([SPD, SPD + eye3])),
    *(row(np.linalg.svd, x, full_matrices=False) for x in (A, TALL, WIDE, TALLS, anywhere(1, 3))),
    row(np.linalg.svd, A), row(np.linalg.svd, AA), row(complement(np.linalg.svd), TALL, entry="linalg.svd_full"), row(complement(np.linalg.svd), complexes(5, 3)),
    *(row(frames(np.linalg.svd), x, full_matrices=f) for x in (Z, ZTALL, ZWIDE) for f in (False,)), row(frames(np.linalg.svd), Z),
    *(row(np.linalg.svd, x, compute_uv=False) for x in (A, TALLS, ZWIDE)), row(of_hermitian(np.linalg.svd), SYM, hermitian=True),
    row(of_hermitian(np.linalg.svd), HER, hermitian=True, compute_uv=False), row(frames(of_hermitian(np.linalg.svd)), HER, hermitian=True),
    *(row(np.linalg.svdvals, x) for x in (A, WIDE, TALLS, Z)),
    *(row(np.linalg.qr, x, mode=m) for x in (A, TALL, WIDE, TALLER, Z, ZTALL, ZWIDE) for m in ("reduced", "r")),
    row(np.linalg.qr, A, mode="complete"), row(np.linalg.qr, WIDE, mode="complete"), row(complement(np.linalg.qr), TALL, mode="complete"),
    row(complement(np.linalg.qr), ZTALL, mode="complete"),
    row(np.linalg.eig, REAL), row(frames(np.linalg.eig), TURNING), row(frames(np.linalg.eig), Z),
    *(row(np.linalg.eigvals, x) for x in (REAL, TURNING, Z, np.stack([Z, 2 * Z.T]))),
    row(functions.cholesky_inverse, LOW, entry="linalg.cholesky_inverse"), row(functions.cholesky_inverse, LOW.T.copy(), upper=True),
    row(functions.householder_product, anywhere(4, 2), positive(2), entry="linalg.householder_product"), row(functions.householder_product, complexes(2, 3, 3), complexes(2, 2)),
]
PRODUCTS = [
    row(np.matmul, V, V[::-1].copy(), entry="matmul_1d"), row(np.matmul, AA, TALLS.transpose(0, 2, 1).copy(), entry="matmul_batched"),
    row(np.einsum, "ii->i", A, entry="einsum_diagonal"), row(np.einsum, "ii->", A, entry="einsum_trace"),
    *(row(np.linalg.multi_dot, x) for x in [[A, W], [A, TALL.T, TALL], [V, A, W], [V, A, A.T, V], [W.T, A, A.T, V], [Z, A, Z, ZTALL.T]]),
    row(functions.multi_matmul, [A, WIDE, TALL], entry="multi_matmul"),
    row(functions.addmm, A, TALL.T.copy(), TALL, entry="addmm/baddbmm", beta=0.5, alpha=2.0), row(functions.baddbmm, AA, AA[::-1].copy(), AA),
    *(row(np.kron, x, y) for x, y in [(A, W), (V, V[::-1].copy()), (AA, W), (V, AA), (Z, A), (np.array(2.0), A)]),
    *(row(np.cross, x, y, **p) for x, y, p in [
        (A, AA, {}), (A, V, {}), (V, Z, {}), (TALL, TALL[::-1].copy(), {}), (TALL.T.copy(), TALL, {"axisa": 0}), (WIDE, WIDE[:, ::-1].copy(), {"axis": 0}),
        (TALL, anywhere(3, 2, 4), {"axisb": 0, "axisc": 0})]),
    row(np.linalg.cross, TALL, TALL[::-1].copy()), row(np.linalg.cross, WIDE, WIDE[:, ::-1].copy(), axis=0),
    row(np.linalg.outer, V, ZV), row(np.linalg.tensordot, A, W, axes=1), row(np.linalg.matmul, AA, V), row(np.linalg.vecdot, Z, A), row(np.linalg.vecdot, A, A, axis=0),
    row(np.linalg.trace, AA), row(np.linalg.trace, TALLS, offset=-1), row(np.linalg.diagonal, AA), row(np.linalg.diagonal, TALLS, offset=1), row(np.linalg.matrix_transpose, TALLS),
]
# fmt: on
SAMPLES = [*SOLVING, *DETERMINANTS, *NORMS, *FACTORS, *PRODUCTS]
FLAT = [row(np.linalg.matrix_rank, A), row(np.linalg.matrix_rank, AA, tol=0.1)]
