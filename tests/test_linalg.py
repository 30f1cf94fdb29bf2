"""Linear algebra where rows of the catalogue cannot go: singular matrices, values that meet, gauges, errors."""

import numpy as np
import pytest

import tinygrad_edu as tg

rng = np.random.default_rng(7)


def adjoint(x):
    return np.conj(np.swapaxes(x, -1, -2))


def noise(shape, complex_=False):
    return rng.standard_normal(shape) + (1j * rng.standard_normal(shape) if complex_ else 0)


def orthogonal(n, k=None, complex_=False):
    return np.linalg.qr(noise((n, n), complex_))[0][:, :k]


def with_values(m, n, values, complex_=False):
    """An m x n matrix with these singular values."""
    k = len(values)
    return (orthogonal(m, k, complex_) * values) @ adjoint(orthogonal(n, k, complex_))


def hermitian_with(values, complex_=False):
    q = orthogonal(len(values), complex_=complex_)
    return (q * values) @ adjoint(q)


def pulled(f, a, g):
    return tg.vjp(f, a)[1](g)[0]


def matrix_function(h, full_matrices=False):
    """U h(S) Vᴴ by way of the decomposition."""

    def f(a):
        u, s, vh = np.linalg.svd(a, full_matrices=full_matrices)
        k = s.shape[-1]
        return (u[..., :k] * h(s)[..., None, :]) @ vh[..., :k, :]

    return f


reconstructed = matrix_function(lambda s: s)

# --- det and slogdet --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("rank", [0, 1, 2, 3])
def test_gradient_of_det_is_the_cofactors_at_every_rank(rank):
    a = np.round(4 * noise((4, 3))[:, :rank] @ noise((3, 4))[:rank]) if rank else np.zeros((4, 4))
    a = np.array(a[:3, :3])
    minor = lambda i, j: (-1) ** (i + j) * np.linalg.det(np.delete(np.delete(a, i, 0), j, 1))
    expected = [[minor(i, j) for j in range(3)] for i in range(3)]
    np.testing.assert_allclose(tg.grad(np.linalg.det)(a), expected, atol=1e-12 * max(1, np.abs(expected).max()))


def test_second_derivative_of_det_is_exact_at_the_zero_matrix():
    a, s, t = np.zeros((2, 2)), noise((2, 2)), noise((2, 2))
    mixed = s[0, 0] * t[1, 1] + s[1, 1] * t[0, 0] - s[0, 1] * t[1, 0] - s[1, 0] * t[0, 1]
    directional = lambda x: np.sum(tg.grad(np.linalg.det)(x) * s)
    np.testing.assert_allclose(np.sum(tg.grad(directional)(a) * t), mixed, atol=1e-14)


def test_second_derivative_of_det_is_exact_at_a_matrix_of_rank_one():
    a, s, t = np.outer([1.0, 2.0, -1.0], [0.5, 1.0, 3.0]), noise((3, 3)), noise((3, 3))
    det = np.linalg.det
    expected = sum(i * j * det(a + i * s + j * t) for i in (-1, 1) for j in (-1, 1)) / 4  # a polynomial of degree 3
    directional = lambda x: tg.jvp(det, (x,), (s,))[1]
    np.testing.assert_allclose(tg.jvp(directional, (a,), (t,))[1], expected, atol=1e-12)


def test_slogdet_of_a_singular_matrix_has_an_infinite_gradient():
    a = np.stack([np.eye(2), np.ones((2, 2))])
    with np.errstate(all="ignore"):
        found = tg.grad(lambda a: np.sum(np.linalg.slogdet(a)[1]))(a)
        tangent = tg.jvp(lambda a: np.linalg.slogdet(a)[1], (a,), (np.stack([np.eye(2), np.eye(2)]),))[1]
    np.testing.assert_array_equal(found, [np.eye(2), [[np.inf, -np.inf], [-np.inf, np.inf]]])
    assert tangent[0] == 2 and not np.isfinite(tangent[1])


def test_slogdet_of_a_singular_matrix_that_does_not_count_has_gradient_zero():
    a = np.stack([np.eye(2), np.ones((2, 2))])
    found = tg.grad(lambda a: np.sum(np.where([True, False], np.linalg.slogdet(a)[1], 0)))(a)
    np.testing.assert_array_equal(found, [np.eye(2), np.zeros((2, 2))])


@pytest.mark.filterwarnings("ignore:invalid value")
def test_det_of_what_is_not_finite_has_gradient_nan_and_no_error():
    for bad in (np.nan, np.inf):
        a = np.stack([np.eye(2), [[bad, 1.0], [1.0, 2.0]]])
        found = tg.grad(lambda a: np.sum(np.linalg.det(a)))(a)
        np.testing.assert_array_equal(found, [np.eye(2), np.full((2, 2), np.nan)])
        twice = tg.grad(lambda a: np.sum(tg.grad(lambda a: np.sum(np.linalg.det(a)))(a)[0]))(a)
        np.testing.assert_allclose(twice[0], [[1, -1], [-1, 1]], atol=1e-15)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("scale", [1e-170, 1e-3, 1.0, 1e170])
@pytest.mark.parametrize("gap", [1.0, 1e-3, 1e-9])
def test_gradient_of_det_is_the_cofactors_at_every_scale_and_condition(scale, gap):
    a = np.array([[1.0, 2.0], [1.0, 2.0 + gap]]) * scale
    np.testing.assert_allclose(tg.grad(np.linalg.det)(a), [[a[1, 1], -a[1, 0]], [-a[0, 1], a[0, 0]]], rtol=1e-12)


@pytest.mark.filterwarnings("ignore:overflow")
@pytest.mark.parametrize("scale", [1e-300, 1e-200, 1e-120, 1.0, 1e200, 1e300])
@pytest.mark.parametrize("ord", [None, 2, 3, 1.5])
def test_gradient_of_a_norm_is_right_at_every_scale(ord, scale):
    x, f = np.array([3.0, -4.0, 1.0]), lambda x: np.linalg.norm(x, ord)
    np.testing.assert_allclose(tg.grad(f)(x * scale), tg.grad(f)(x), rtol=1e-13)
    rows = np.stack([x, 0 * x, x * scale])
    found = tg.grad(lambda x: np.sum(np.linalg.norm(x, ord, axis=1)))(rows)
    np.testing.assert_allclose(found, tg.grad(f)(x) * [[1], [0], [1]], rtol=1e-13)
    curve = tg.grad(lambda s: np.sum(tg.grad(f)(x * scale + s * scale)[0]))(0.0)
    np.testing.assert_allclose(curve, tg.grad(lambda s: np.sum(tg.grad(f)(x + s)[0]))(0.0), rtol=1e-12)


# --- pseudo-inverses that leave out more than zeros -------------------------------------------------------------------


def test_a_cut_singular_value_moves_the_pseudo_inverse():
    a = np.diag([2.0, 0.5])
    found = tg.grad(lambda a: np.linalg.pinv(a, rcond=0.5)[0, 1])(a)
    np.testing.assert_allclose(found, [[0, 1 / 15], [4 / 15, 0]], atol=1e-15)
    found = tg.grad(lambda a: np.linalg.lstsq(a, np.array([1.0, 2.0]), rcond=0.5)[0][0])(a)
    np.testing.assert_allclose(found, [[-1 / 4, 2 / 15], [8 / 15, 0]], atol=1e-15)


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("values", [[2.0, 2.0, 0.5], [2.0, 1.0, 0.1, 0.0], [2.0, 0.5, 0.5]])
def test_a_pseudo_inverse_without_small_values_equals_differences(values, complex_):
    a, t, h = with_values(5, 4, np.array(values), complex_), noise((5, 4), complex_), 1e-5
    f = lambda a: np.linalg.pinv(a, rcond=0.3)
    slope = (f(a + h * t) - f(a - h * t)) / (2 * h)
    g = noise((4, 5), complex_)
    np.testing.assert_allclose(tg.jvp(f, (a,), (t,))[1], slope, rtol=1e-7, atol=1e-8)
    np.testing.assert_allclose(np.sum(np.real(pulled(f, a, g) * t)), np.sum(np.real(g * slope)), rtol=1e-7)


@pytest.mark.filterwarnings("ignore:Polyfit may be")
def test_polyfit_without_small_values_equals_differences():
    x, y, h = np.linspace(1, 2, 7), np.linspace(1, 2, 7) ** 2.5, 1e-6
    f = lambda x: np.polyfit(x, y, 3, rcond=1e-2)[1]
    t = noise(7)
    slope = (f(x + h * t) - f(x - h * t)) / (2 * h)
    np.testing.assert_allclose(np.sum(tg.grad(f)(x) * t), slope, rtol=1e-6)


# --- singular values that meet or vanish -----------------------------------------------------------------------------

MEETING = [
    with_values(m, n, np.array(values), c)
    for c in (False, True)
    for m, n, values in [
        (3, 3, [1.0, 1.0, 1.0]), (4, 4, [2.0, 2.0, 1.0, 1.0]), (5, 3, [2.0, 2.0, 1.0]), (3, 5, [1.0, 1e-3, 1e-3]),
        (4, 4, [2.0, 1.0]), (5, 3, [2.0]), (3, 4, [1.0, 1.0]),
    ]
] + [
    np.eye(3), np.eye(4, 2), np.diag([1.0, 0.0]), np.diag([1.0, 1.0, 0.0]), np.diag([1.0, 0.0, 0.0]),
    np.diag([1e-290, 0, 0]), np.zeros((3, 3)), np.zeros((2, 3)),
    np.eye(4, 3) * [2, 1, 0], np.eye(3, 4) * [2, 1, 0, 0], np.diag([1.0 + 0j, 0]),
]  # fmt: skip


@pytest.mark.parametrize("full", [False, True])
@pytest.mark.parametrize("a", MEETING, ids=lambda a: f"{a.shape}{a.dtype}")
def test_u_s_vh_has_the_gradient_of_the_identity(a, full):
    g = noise(a.shape, np.iscomplexobj(a))
    np.testing.assert_allclose(pulled(matrix_function(lambda s: s, full), a, g), g, atol=1e-13)


@pytest.mark.parametrize("a", MEETING, ids=lambda a: f"{a.shape}{a.dtype}")
def test_a_cube_by_singular_values_has_the_gradient_of_a_ah_a(a):
    g = noise(a.shape, np.iscomplexobj(a))
    expected = pulled(lambda a: a @ np.conj(a.T) @ a, a, g)
    np.testing.assert_allclose(pulled(matrix_function(lambda s: s**3), a, g), expected, atol=1e-12)


@pytest.mark.parametrize("a", MEETING, ids=lambda a: f"{a.shape}{a.dtype}")
def test_sum_of_squares_of_singular_values_has_the_gradient_2a(a):
    for values in (np.linalg.svdvals, lambda a: np.linalg.svd(a, full_matrices=False)[1]):
        np.testing.assert_allclose(tg.grad(lambda a, f=values: np.sum(f(a) ** 2))(a), 2 * a, atol=1e-13)


@pytest.mark.parametrize("complex_", [False, True])
def test_polar_factor_at_repeated_singular_values_equals_differences(complex_):
    a, g, t = with_values(3, 3, np.ones(3), complex_), noise((3, 3), complex_), noise((3, 3), complex_)
    polar = matrix_function(lambda s: 0 * s + 1)
    h = 1e-5
    slope = np.sum(np.real(g * (polar(a + h * t) - polar(a - h * t)))) / (2 * h)
    np.testing.assert_allclose(np.sum(np.real(pulled(polar, a, g) * t)), slope, rtol=1e-7)


@pytest.mark.parametrize("values", [[3.0, 3.0, 1.0, 1.0], [2.0, 2.0, 0.0, 0.0]])
def test_projector_on_a_separated_cluster_equals_differences(values):
    a, g, t, h = with_values(4, 4, np.array(values)), noise((4, 4)), noise((4, 4)), 1e-5

    def projector(a):
        u = np.linalg.svd(a)[0][:, :2]
        return u @ u.T

    slope = np.sum(g * (projector(a + h * t) - projector(a - h * t))) / (2 * h)
    np.testing.assert_allclose(np.sum(pulled(projector, a, g) * t), slope, rtol=1e-7)


def test_second_derivative_where_singular_values_meet_is_that_of_the_identity():
    for a in (np.eye(3), with_values(4, 3, np.array([2.0, 2.0, 1.0]))):
        t = noise(a.shape)
        once = tg.grad(lambda a: np.sum(reconstructed(a) ** 2))
        np.testing.assert_allclose(pulled(once, a, t), 2 * t, atol=1e-12)


@pytest.mark.parametrize("a", [*MEETING, np.zeros((3, 2))], ids=lambda a: f"{a.shape}{a.dtype}")
def test_second_derivative_of_u_s_vh_is_that_of_the_identity(a):
    if 0 < np.max(np.abs(a)) < 1e-200:
        return  # what is divided by such a number twice overflows
    t = noise(a.shape, np.iscomplexobj(a))
    twice = lambda f: pulled(tg.grad(lambda a: np.sum(np.real(f(a)) ** 2)), a, t)
    np.testing.assert_allclose(twice(reconstructed), twice(lambda a: a), atol=1e-12)


def test_nuclear_norm_takes_the_subgradient_of_smallest_norm():
    for a in (with_values(4, 3, np.array([2.0, 1.0])), np.diag([1.0, 0.0, 0.0])):
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        r = np.count_nonzero(s > 1e-9)
        found = tg.grad(lambda a: np.linalg.norm(a, "nuc"))(a)
        np.testing.assert_allclose(found, u[:, :r] @ vh[:r], atol=1e-13)


def test_the_largest_of_tied_values_shares_evenly():
    np.testing.assert_allclose(tg.grad(lambda a: np.linalg.eigvalsh(a)[-1])(2 * np.eye(4)), np.eye(4) / 4, atol=1e-15)
    np.testing.assert_allclose(tg.grad(lambda a: np.linalg.eigh(a)[0][-1])(2 * np.eye(4)), np.eye(4) / 4, atol=1e-15)
    np.testing.assert_allclose(tg.grad(lambda a: np.linalg.svd(a)[1][0])(2 * np.eye(4)), np.eye(4) / 4, atol=1e-15)
    np.testing.assert_allclose(tg.grad(lambda a: np.linalg.norm(a, 2))(2 * np.eye(4)), np.eye(4) / 4, atol=1e-15)


def test_norms_are_flat_at_zero():
    for ord in ("fro", "nuc", 1, 2, np.inf):
        np.testing.assert_array_equal(tg.grad(lambda a, p=ord: np.linalg.norm(a, p))(np.zeros((3, 2))), 0)
    for ord in (None, 1, 2, 3, np.inf):
        np.testing.assert_array_equal(tg.grad(lambda a, p=ord: np.linalg.norm(a, p))(np.zeros(3)), 0)


# --- eigenvalues that meet --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("a", [np.zeros((3, 3)), np.diag([1.0, 0.0, 0.0]), np.diag([0.0, -1.0, 0.0, 2.0])])
def test_q_lambda_qh_has_the_gradient_of_the_identity_at_zeros(a, complex_):
    g, a = noise(a.shape, complex_), a + (0j if complex_ else 0)
    for h in (lambda w: w, np.exp, lambda w: w**3):
        f = lambda a, h=h: (lambda w, q: (q * h(w)) @ np.conj(q.T))(*np.linalg.eigh(a))
        b = np.diag(a).real
        e = 1e-5
        gaps = np.where(b == b[:, None], (h(b + e) - h(b - e)) / (2 * e), 0)
        d = np.where(b == b[:, None], 1, b - b[:, None])
        expected = np.where(b == b[:, None], gaps, (h(b) - h(b)[:, None]) / d) * (g + adjoint(g)) / 2
        np.testing.assert_allclose(pulled(f, a, g), expected, atol=1e-9)


def test_zeros_stay_zeros():
    for f in (np.linalg.svdvals, lambda a: np.linalg.svd(a)[1], lambda a: np.linalg.eigh(a)[0]):
        assert np.count_nonzero(f(tg.Tensor(np.diag([1.0, 0.0, 0.0]), requires_grad=True)).data) == 1


def cubed(a):
    return matrix_function(lambda s: s**3)(a)


@pytest.mark.parametrize("a", MEETING, ids=lambda a: f"{a.shape}{a.dtype}")
def test_a_sum_of_two_functions_has_the_sum_of_their_gradients(a):
    """No single function h explains the cotangent of such a sum; how it changes does."""

    def f(a):
        u, s, vh = np.linalg.svd(a, full_matrices=False)
        return (u * s) @ vh + (u * s**3) @ vh + np.sum(s * s)

    direct = lambda a: a + a @ np.conj(a.T) @ a + np.real(np.sum(a * np.conj(a)))
    g = noise(a.shape, np.iscomplexobj(a))
    np.testing.assert_allclose(pulled(f, a, g), pulled(direct, a, g), atol=1e-12)


@pytest.mark.parametrize(
    "a",
    [
        np.eye(3),
        with_values(4, 4, np.array([2.0, 2.0, 1.0, 1.0])),
        with_values(5, 3, np.array([2.0, 2.0, 1.0])),
        np.diag([1.0, 1.0, 0.0]),
        np.diag([1.0, 0.0, 0.0]),
        np.zeros((2, 3)),
    ],
    ids=str,
)
def test_second_derivatives_are_right_where_singular_values_meet_or_vanish(a):
    g, t = noise(a.shape), noise(a.shape)
    for f, direct in [
        (lambda a: np.sum(g * cubed(a)), lambda a: np.sum(g * (a @ a.T @ a))),
        (lambda a: np.sum(cubed(a) ** 2), lambda a: np.sum((a @ a.T @ a) ** 2)),
        (lambda a: np.sum(g * reconstructed(a)), lambda a: np.sum(g * a)),
        (lambda a: np.sum(np.linalg.svdvals(a) ** 2), lambda a: np.sum(a * a)),
        (lambda a: np.sum(np.linalg.svd(a)[1] ** 4), lambda a: np.sum((a.T @ a) ** 2)),
    ]:
        np.testing.assert_allclose(pulled(tg.grad(f), a, t), pulled(tg.grad(direct), a, t), atol=1e-11)


def test_a_logarithm_at_the_identity_equals_differences():
    """There log is 0, so that the cotangent of the vectors tells nothing."""

    def log(a):
        w, q = np.linalg.eigh(a)
        return (q * np.log(w)) @ q.T

    g, t, h = noise((3, 3)), noise((3, 3)), 1e-5
    t = t + t.T
    slope = np.sum(g * (log(np.eye(3) + h * t) - log(np.eye(3) - h * t))) / (2 * h)
    np.testing.assert_allclose(np.sum(pulled(log, np.eye(3), g) * t), slope, rtol=1e-8)


@pytest.mark.parametrize("complex_", [False, True])
@pytest.mark.parametrize("values", [[1.0, 1.0, 1.0], [2.0, 2.0, -1.0], [-1.0, 0.5, 0.5]])
def test_functions_of_a_hermitian_matrix_are_right_at_repeated_eigenvalues(values, complex_):
    a, g = hermitian_with(values, complex_), noise((3, 3), complex_)

    def through(h):
        def f(a):
            w, q = np.linalg.eigh(a)
            return (q * h(w)) @ np.conj(q.T)

        return f

    symmetrized = lambda a: (a + np.conj(a.T)) / 2
    for h, direct in [
        (lambda w: w, symmetrized),
        (lambda w: w**3, lambda a: np.linalg.matrix_power(symmetrized(a), 3)),
        (lambda w: 1 / w, lambda a: np.linalg.inv(symmetrized(a))),
    ]:
        np.testing.assert_allclose(pulled(through(h), a, g), pulled(direct, a, g), atol=1e-12)


def test_a_function_that_depends_on_the_basis_of_one_eigenvalue_has_no_gradient():
    with np.errstate(all="ignore"):
        assert not np.any(np.isfinite(tg.grad(lambda a: np.linalg.eigh(a)[1][0, 1])(np.eye(2))))


def test_gradient_of_a_function_of_the_lower_triangle_is_symmetric():
    a = np.array([[4.0, 1.0], [1.0, 3.0]])
    for f in (np.linalg.cholesky, np.linalg.eigvalsh, lambda a: np.linalg.eigh(a, UPLO="U")[0]):
        found = tg.grad(lambda a, f=f: np.sum(f(a) * [1.0, 2.0]))(a)
        np.testing.assert_array_equal(found, found.T)


def rebuilt(a):
    w, q = np.linalg.eigh(a)
    return (q * w) @ np.conj(q.T)


def test_jacobian_of_u_s_vh_is_the_identity_where_singular_values_meet():
    for a in (np.eye(2), 3 * np.eye(3), with_values(4, 3, np.array([2.0, 2.0, 1.0]))):
        found = tg.jacobian(reconstructed, mode="reverse")(a).reshape(a.size, a.size)
        np.testing.assert_allclose(found, np.eye(a.size), atol=1e-13)


@pytest.mark.parametrize("mode", ["reverse", "forward"])
@pytest.mark.parametrize(
    "a", [np.eye(2), -np.eye(3), hermitian_with([2.0, 1.0, 1.0]), hermitian_with([2.0, 2.0, -1.0])]
)
def test_hessian_of_a_function_of_values_that_meet_is_right(a, mode):
    hessian = lambda f: tg.jacobian(tg.grad(f), mode=mode)(a).reshape(a.size, a.size)
    half = lambda a: (a + a.T) / 2
    for values, direct in [
        (lambda a: np.sum(np.linalg.svdvals(a) ** 2), lambda a: np.sum(a * a)),
        (lambda a: np.sum(np.linalg.svd(a)[1] ** 4), lambda a: np.sum((a.T @ a) ** 2)),
        (lambda a: np.prod(np.linalg.svdvals(a)), lambda a: np.abs(np.linalg.det(a))),
        (lambda a: np.sum(np.linalg.eigvalsh(a) ** 2), lambda a: np.sum(half(a) ** 2)),
        (lambda a: np.sum(np.linalg.eigvalsh(a)) ** 3, lambda a: np.trace(a) ** 3),
        (lambda a: np.prod(np.linalg.eigh(a)[0]), lambda a: np.linalg.det(half(a))),
    ]:
        np.testing.assert_allclose(hessian(values), hessian(direct), atol=1e-10)


def test_second_derivative_of_the_largest_of_tied_values_is_nan():
    once = tg.grad(lambda a: np.linalg.eigvalsh(a)[-1])
    assert np.all(np.isnan(pulled(once, np.eye(2), noise((2, 2)))))


@pytest.mark.parametrize("a", MEETING, ids=lambda a: f"{a.shape}{a.dtype}")
def test_tangent_of_u_s_vh_is_that_of_the_identity(a):
    t = noise(a.shape, np.iscomplexobj(a))
    np.testing.assert_allclose(tg.jvp(reconstructed, (a,), (t,))[1], t, atol=1e-13)


def test_tangent_of_vectors_whose_values_meet_is_nan_unless_they_stay_together():
    for vectors in (lambda a: np.linalg.svd(a)[0], lambda a: np.linalg.eigh(a)[1]):
        assert np.any(np.isnan(tg.jvp(vectors, (np.eye(2),), (np.array([[1.0, 2.0], [2.0, 3.0]]),))[1]))
    np.testing.assert_allclose(tg.jvp(rebuilt, (np.eye(2),), (np.eye(2),))[1], np.eye(2), atol=1e-15)


def test_eig_is_right_where_values_meet():
    """Eigenvalues that meet need not be neighbours."""

    def square(a):
        w, v = np.linalg.eig(a)
        return (v * w**2) @ np.linalg.inv(v)

    for a in (np.eye(2), np.diag([1.0, 2.0, 1.0]), np.diag([2.0, 2.0, 0.0, 0.0])):
        g = noise(a.shape)
        np.testing.assert_allclose(pulled(square, a, g), pulled(lambda a: a @ a, a, g), atol=1e-13)
    a = np.diag([1.0, 2.0, 1.0])
    found = tg.grad(lambda a: np.sum(np.linalg.eigvals(a) ** 2))(a)
    np.testing.assert_allclose(found, 2 * a, atol=1e-14)


def test_the_phase_of_a_complex_vector_counts_for_nothing():
    a = noise((3, 3), True)
    for f in (lambda a: np.linalg.svd(a)[0], lambda a: np.linalg.eig(a)[1], lambda a: np.linalg.eigh(a)[1]):
        turned = lambda a, f=f: np.sum(np.imag(np.log(f(a)[0])))  # changes by a constant if columns turn
        assert np.all(np.isfinite(tg.grad(turned)(a)))


def test_eig_of_a_multiple_of_the_identity_has_finite_gradients():
    f = lambda a: np.sum(np.real(np.linalg.eig(a)[0]) ** 2)
    np.testing.assert_allclose(tg.grad(f)(2 * np.eye(3)), 4 * np.eye(3), atol=1e-14)


# --- what is refused, and what is empty -------------------------------------------------------------------------------


def test_a_singular_matrix_is_an_error_of_numpys():
    for f in (np.linalg.inv, lambda a: np.linalg.solve(a, np.ones(2))):
        with pytest.raises(np.linalg.LinAlgError):
            tg.grad(lambda a, f=f: np.sum(f(a)))(np.ones((2, 2)))


def test_raw_qr_says_what_to_use():
    with pytest.raises(tg.errors.NoRuleError, match="mode='reduced'"):
        tg.grad(lambda a: np.sum(np.linalg.qr(a, mode="raw")[0]))(np.eye(2))


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np.linalg.norm(x, 3), "no norm of matrices"),
        (lambda x: np.linalg.norm(x, "nuc", axis=0), "Name one axis, or two"),
        (lambda x: np.linalg.norm(x, axis=(0, 1, 1)), "Name one axis, or two"),
    ],
)
def test_what_is_no_norm_is_refused(call, words):
    with pytest.raises(tg.errors.ShapeError, match=words):
        tg.grad(call)(np.eye(2))


@pytest.mark.parametrize(
    "name", ["inv", "det", "slogdet", "eigh", "eigvalsh", "cholesky", "svd", "svdvals", "qr", "pinv"]
)
def test_stacks_of_no_matrices_have_gradients(name):
    def f(a):
        out = getattr(np.linalg, name)(a)
        return sum(np.sum(v) for v in (out if isinstance(out, tuple) else (out,)))

    for shape in ((0, 2, 2), (2, 0, 0)):
        assert tg.grad(f)(np.zeros(shape)).shape == shape


def test_norms_of_nothing_are_zero():
    for ord in (None, 1, 2, 3):
        assert tg.grad(lambda a, p=ord: np.linalg.norm(a, p))(np.zeros(0)).shape == (0,)
    assert tg.grad(lambda a: np.linalg.norm(a, "nuc"))(np.zeros((0, 3))).shape == (0, 3)


@pytest.mark.filterwarnings("ignore:Arrays of 2-dimensional vectors")
def test_cross_in_the_plane_is_the_third_coordinate_in_space():
    x, y = noise((4, 2)), noise((4, 2))
    gx, gy = tg.vjp(np.cross, x, y)[1](np.ones(4))
    np.testing.assert_allclose(gx, np.stack([y[:, 1], -y[:, 0]], 1))
    np.testing.assert_allclose(gy, np.stack([-x[:, 1], x[:, 0]], 1))
    z = np.hstack([x, np.zeros((4, 1))])
    found, expected = (tg.vjp(np.cross, v, z)[1](np.ones((4, 3)))[0] for v in (y, np.hstack([y, np.zeros((4, 1))])))
    np.testing.assert_allclose(found, expected[:, :2])


def test_solve_factorises_once_for_both_cotangents():
    a, b, g = noise((3, 3)), noise(3), noise(3)
    ga, gb = tg.vjp(np.linalg.solve, a, b)[1](g)
    np.testing.assert_allclose(gb, np.linalg.solve(a.T, g))
    np.testing.assert_allclose(ga, -np.outer(gb, np.linalg.solve(a, b)))


def test_lstsq_gives_what_numpy_gives():
    a, b = noise((4, 2)), noise((4, 3))
    found = np.linalg.lstsq(tg.Tensor(a, requires_grad=True), b)
    for v, w in zip(found, np.linalg.lstsq(a, b), strict=True):
        np.testing.assert_array_equal(getattr(v, "data", v), w)


def test_small_and_large_numbers_keep_their_gradients():
    for scale in (1e-100, 1e100):
        a = np.array([[2.0, 1.0], [1.0, 3.0]]) * scale
        np.testing.assert_allclose(pulled(reconstructed, a, np.ones((2, 2))), 1, rtol=1e-12)
        expected = a / np.linalg.norm(a)
        np.testing.assert_allclose(tg.grad(np.linalg.norm)(a), expected, rtol=1e-12)
