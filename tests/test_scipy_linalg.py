"""Matrices, solvers and factorisations are SciPy's, and obey the laws that define them."""

import numpy as np
import pytest
from catalogue import scipy_linalg_samples as samples

import tinygrad_edu as tg
from tinygrad_edu.errors import NoRuleError
from tinygrad_edu.scipy import linalg
from tinygrad_edu.trees import leaves

scipy_linalg = pytest.importorskip("scipy.linalg")
M, C, TALL, WIDE = samples.M, samples.C, samples.TALL, samples.WIDE
rng = np.random.default_rng(11)

SAME = [s for s in samples.SAMPLES if s.function is getattr(linalg, s.name, None) and s.name != "cholesky_banded"]
SIGNS = ("schur", "hessenberg", "eigh_tridiagonal", "orth", "rq")


@pytest.mark.parametrize("sample", SAME, ids=str)
def test_a_function_equals_scipys(sample):
    found = leaves(sample.function(*sample.args, **sample.params))
    expected = leaves(getattr(scipy_linalg, sample.name)(*sample.args, **sample.params))
    for a, b in zip(found, expected, strict=True):
        a, b = (np.abs(v) if sample.name in SIGNS else v for v in (a, b))
        if sample.entry == "scipy.linalg.eig_generalized":  # in another order
            a, b = (v[np.lexsort([v.imag, np.round(v.real, 8)])] + 0j for v in (a, b))
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-12)


@pytest.mark.parametrize("a", [M, M[::-1], TALL, WIDE, C], ids=["square", "pivoted", "tall", "wide", "complex"])
def test_lu_equals_scipys_in_all_its_forms(a):
    for params in [{}, {"permute_l": True}, {"p_indices": True}]:
        for x, y in zip(linalg.lu(a, **params), scipy_linalg.lu(a, **params), strict=True):
            np.testing.assert_allclose(x, y, atol=1e-14)
    p, l, u = linalg.lu_unpack(linalg.lu_factor(a))
    np.testing.assert_allclose(p @ l @ u, a, atol=1e-14)


def test_equations_are_solved_by_their_factors():
    b, a = rng.standard_normal((3, 2)), M @ M.T
    for trans in (0, 1):
        expected = scipy_linalg.lu_solve(scipy_linalg.lu_factor(M), b, trans)
        np.testing.assert_allclose(linalg.lu_solve(linalg.lu_factor(M), b, trans), expected, atol=1e-14)
    for lower in (False, True):
        factor = linalg.cho_factor(a, lower)
        np.testing.assert_allclose(linalg.cho_solve(factor, b), np.linalg.solve(a, b), atol=1e-13)
        kept = np.tril if lower else np.triu
        np.testing.assert_allclose(factor[0], kept(scipy_linalg.cho_factor(a, lower)[0]), atol=1e-14)


def test_band_matrices_are_solved_as_scipy_does():
    b = rng.standard_normal(5)
    np.testing.assert_allclose(
        linalg.solve_banded((2, 1), samples.BAND, b), scipy_linalg.solve_banded((2, 1), samples.BAND, b), atol=1e-14
    )


@pytest.mark.parametrize("band", [samples.UPPER, samples.LOWER], ids=["upper", "lower"])
def test_a_banded_cholesky_factor_equals_scipys_but_for_the_unused_corner(band):
    lower = band is samples.LOWER
    expected = scipy_linalg.cholesky_banded(band, lower=lower)
    for k in range(1, len(band)):
        expected[k if lower else -1 - k, slice(-k, None) if lower else slice(k)] = 0
    np.testing.assert_allclose(linalg.cholesky_banded(band, lower=lower), expected, atol=1e-14)


def test_a_factorised_matrix_multiplied_again_has_gradient_one():
    """Whatever the phases of the factors do, their product stays."""
    w = rng.standard_normal((3, 3))

    def multiplied(a):
        t, z = linalg.schur(a)
        h, q = linalg.hessenberg(a, calc_q=True)
        r, s = linalg.rq(a)
        u, p = linalg.polar(a)
        order, l, v = linalg.lu(a)
        return [np.sum(w * y) for y in (z @ t @ z.T, q @ h @ q.T, r @ s, u @ p, order @ l @ v)]

    for row in zip(*[[g] for g in tg.jacobian(lambda a: np.stack(multiplied(a)))(M)], strict=True):
        for gradient in row:
            np.testing.assert_allclose(gradient, w, atol=1e-12)


def test_functions_of_matrices_undo_each_other():
    identity = lambda a: linalg.logm(linalg.expm(a)) + linalg.sqrtm(a) @ linalg.sqrtm(a)
    w = rng.standard_normal((3, 3))
    np.testing.assert_allclose(tg.grad(lambda a: np.sum(w * identity(a)))(M), 2 * w, atol=1e-10)
    one = lambda a: linalg.sinm(a) @ linalg.sinm(a) + linalg.cosm(a) @ linalg.cosm(a)
    np.testing.assert_allclose(tg.grad(lambda a: np.sum(w * one(a)))(M), np.zeros((3, 3)), atol=1e-12)


def test_the_derivative_of_an_exponential_equals_scipys():
    e = rng.standard_normal((3, 3))
    _, tangent = tg.jvp(linalg.expm, (M,), (e,))
    np.testing.assert_allclose(tangent, scipy_linalg.expm_frechet(M, e)[1], rtol=1e-11)


def test_a_defective_matrix_has_an_exponential_with_a_gradient():
    jordan = np.array([[0.0, 1.0], [0.0, 0.0]])
    np.testing.assert_allclose(tg.grad(lambda a: linalg.expm(a)[0, 1])(jordan), [[0.5, 1.0], [1 / 6, 0.5]], atol=1e-14)


def test_a_power_differentiates_in_its_exponent():
    slope = tg.jvp(lambda t: linalg.fractional_matrix_power(M, t), (0.5,), (1.0,))[1]
    np.testing.assert_allclose(slope, scipy_linalg.sqrtm(M) @ scipy_linalg.logm(M), atol=1e-12)


def test_a_function_of_a_matrix_may_have_parameters():
    found = tg.grad(lambda k: np.trace(linalg.funm(M, lambda x: np.exp(k * x))))(0.3)
    np.testing.assert_allclose(found, np.trace(M @ scipy_linalg.expm(0.3 * M)), rtol=1e-12)


def test_both_sides_of_a_generalised_eigenvalue_problem_count():
    a, b = M, samples.N
    values, vectors = linalg.eig(a, b)
    np.testing.assert_allclose(a @ vectors, b @ vectors * values, atol=1e-12)
    expected = np.sort(scipy_linalg.eigh(a + a.T, b + b.T, eigvals_only=True))
    np.testing.assert_allclose(linalg.eigh(a + a.T, b + b.T, eigvals_only=True), expected, rtol=1e-12)


def test_a_null_space_is_orthonormal_and_empty_for_full_rank():
    basis = linalg.null_space(WIDE)
    np.testing.assert_allclose(basis.T @ basis, np.eye(2), atol=1e-14)
    np.testing.assert_allclose(WIDE @ basis, 0, atol=1e-14)
    assert linalg.null_space(M).shape == (3, 0)


def test_a_matrix_of_one_element_has_every_factorisation():
    a = np.array([[2.0]])
    for f in (linalg.schur, linalg.hessenberg, linalg.lu, linalg.polar, linalg.rq, linalg.expm, linalg.sqrtm):
        total = lambda v, f=f: sum(np.sum(y) for y in leaves(f(v)))
        assert tg.grad(total)(a).shape == (1, 1)


def test_what_is_not_offered_says_what_to_do():
    turning = np.array([[0.0, 1.0], [-1.0, 0.0]])
    with pytest.raises(NoRuleError, match="Ask for output='complex'"):
        linalg.schur(tg.Tensor(turning, requires_grad=True))
    with pytest.raises(NoRuleError, match="right ones of the transposed"):
        linalg.eig(M, left=True)
    with pytest.raises(ValueError, match="Expected 'left' or 'right'"):
        linalg.polar(M, side="up")
