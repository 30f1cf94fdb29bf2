"""Polynomials: multiple roots, vanishing coefficients, characteristic polynomials, errors; NumPy's newer package."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ShapeError, TracedError

rng = np.random.default_rng(5)


def test_coefficients_of_a_multiple_root_have_exact_gradients():
    """(s - a)(s - b)(s - c): where a = b = c the quotients are (s - a)², and no division meets a zero."""
    found = tg.jacobian(np.poly)(np.array([2.0, 2.0, 2.0]))
    np.testing.assert_array_equal(found, np.array([[0.0] * 3, [-1.0] * 3, [4.0] * 3, [-4.0] * 3]))


def test_the_characteristic_polynomial_is_smooth_where_eigenvalues_coincide():
    """c₁ = -trace and c₃ = -det, also for a matrix that has no basis of eigenvectors."""
    jordan = np.array([[2.0, 1.0, 0.0], [0.0, 2.0, 1.0], [0.0, 0.0, 2.0]])
    found = tg.jacobian(np.poly)(jordan)
    np.testing.assert_allclose(found[1], -np.eye(3), atol=1e-9)
    np.testing.assert_allclose(found[3], -8 * np.linalg.inv(jordan).T, atol=1e-4)  # of NumPy's value 5 digits are right


def test_poly_takes_a_list_of_tensors():
    found = tg.grad(lambda a, b: np.poly([a, b])[2], (0, 1))(3.0, 5.0)
    assert found == (5.0, 3.0)


def test_poly_undoes_roots():
    p = np.array([1.0, -0.3, -2.2, 0.4])
    np.testing.assert_allclose(tg.jacobian(lambda p: np.poly(np.roots(p)))(p)[1:, 1:], np.eye(3), atol=1e-12)


def test_roots_move_as_the_formula_for_quadratics_says():
    a, b, c = 2.0, -3.0, -4.0
    upper = lambda a, b, c: (-b + np.sqrt(b * b - 4 * a * c)) / (2 * a)
    found = tg.grad(lambda a, b, c: np.max(np.roots(np.stack([a, b, c]))), (0, 1, 2))(a, b, c)
    np.testing.assert_allclose(found, tg.grad(upper, (0, 1, 2))(a, b, c))


def test_a_root_does_not_depend_on_the_scale_of_its_polynomial():
    p = rng.standard_normal(5) + 1j * rng.standard_normal(5)
    _, tangent = tg.jvp(np.roots, (p,), (p,))
    np.testing.assert_allclose(tangent, np.zeros(4), atol=1e-13)


def test_a_double_root_moves_infinitely_fast():
    assert not np.isfinite(tg.grad(lambda p: np.sum(np.real(np.roots(p)) ** 2))(np.array([1.0, 0.0, 0.0]))).all()


@pytest.mark.parametrize("p", [[0.0, 0.0], [3.0], [0.0, 3.0]])
def test_a_constant_has_no_roots_and_the_gradient_zero(p):
    value, pull = tg.vjp(np.roots, np.array(p))
    assert value.shape == (0,)
    np.testing.assert_array_equal(pull(value)[0], np.zeros(len(p)))


def test_leading_and_trailing_zeros_have_derivatives_too():
    """0 s² + 2 s - 6 has the root 3, and s times it the root 0 as well: the root r moves by -rᵏ/p'(r)."""
    found = tg.jacobian(np.roots)(np.array([0.0, 2.0, -6.0, 0.0]))
    np.testing.assert_allclose(found, [[-27 / 6, -9 / 6, -3 / 6, -1 / 6], [0.0, 0.0, 0.0, 1 / 6]], atol=1e-15)


def test_a_product_drops_leading_zeros_as_numpy_does():
    a, b = np.array([0.0, 0.0, 2.0, 3.0]), np.array([1.0, 5.0])
    value, pull = tg.vjp(np.polymul, a, b)
    np.testing.assert_array_equal(value, np.polymul(a, b))
    np.testing.assert_array_equal(pull(np.ones(3))[0], [0.0, 0.0, 6.0, 6.0])
    assert tg.vjp(np.polymul, np.zeros(3), b)[0].shape == np.polymul(np.zeros(3), b).shape


def test_quotient_and_remainder_make_the_dividend():
    u, v = rng.standard_normal(6), rng.standard_normal(3)

    def again(u, v):
        q, r = np.polydiv(u, v)
        return np.polyadd(np.polymul(q, v), r)

    by_u, by_v = tg.jacobian(again, (0, 1))(u, v)
    np.testing.assert_allclose(by_u[1:, 1:], np.eye(5), atol=1e-10)
    np.testing.assert_allclose(by_v, np.zeros((6, 3)), atol=1e-10)


def test_derivative_undoes_integral():
    np.testing.assert_array_equal(tg.jacobian(lambda p: np.polyder(np.polyint(p, 2, k=5.0), 2))(np.ones(3)), np.eye(3))


@pytest.mark.parametrize("f", [np.polyder, np.polyint])
def test_a_negative_order_is_refused(f):
    with pytest.raises(ValueError, match="Expected 0 or more"):
        f(tg.Tensor(np.ones(3)), -1)


def test_too_few_constants_of_integration_are_refused():
    with pytest.raises(ValueError):
        np.polyint(tg.Tensor(np.ones(3)), 3, k=[1.0, 2.0])


def test_a_line_through_two_points_is_their_line():
    found = tg.jacobian(lambda y: np.polyfit(np.array([1.0, 3.0]), y, 1))(np.array([4.0, 8.0]))
    np.testing.assert_allclose(found, [[-0.5, 0.5], [1.5, -0.5]], atol=1e-14)


def test_a_fit_is_stationary_for_the_sum_of_squares():
    x, y = np.linspace(0, 1, 9), rng.standard_normal(9)
    loss = lambda c: np.sum((np.polyval(c, x) - y) ** 2)
    np.testing.assert_allclose(tg.grad(loss)(np.polyfit(x, y, 3)), np.zeros(4), atol=1e-12)


@pytest.mark.parametrize("x, y, deg", [((3,), (3,), -1), ((3, 1), (3,), 1), ((0,), (0,), 1), ((3,), (4,), 1)])
def test_polyfit_explains_what_it_needs(x, y, deg):
    with pytest.raises(ShapeError, match="polyfit: deg="):
        np.polyfit(tg.Tensor(np.ones(x)), np.ones(y), deg)


def test_too_few_points_leave_no_covariance():
    with pytest.raises(ShapeError, match="leave no covariance"):
        np.polyfit(tg.Tensor(np.arange(3.0)), np.ones(3), 2, cov=True)


def test_a_fit_without_enough_points_warns_as_numpy_does():
    with pytest.warns(np.exceptions.RankWarning, match="poorly conditioned"):
        np.polyfit(tg.Tensor(np.array([1.0, 1.0, 2.0])), np.ones(3), 2)


# --- objects, and the package np.polynomial ---------------------------------------------------------------------------


def test_a_polynomial_object_is_a_function_of_tensors():
    assert tg.grad(np.poly1d([1.0, -2.0, 3.0]))(5.0) == 8.0
    assert tg.grad(lambda x: np.polyval(np.poly1d([1.0, -2.0, 3.0]), x))(5.0) == 8.0


@pytest.mark.parametrize(
    "value, derivative",
    [
        (np.polynomial.polynomial.polyval, np.polynomial.polynomial.polyder),
        (np.polynomial.chebyshev.chebval, np.polynomial.chebyshev.chebder),
        (np.polynomial.legendre.legval, np.polynomial.legendre.legder),
        (np.polynomial.hermite.hermval, np.polynomial.hermite.hermder),
        (np.polynomial.hermite_e.hermeval, np.polynomial.hermite_e.hermeder),
        (np.polynomial.laguerre.lagval, np.polynomial.laguerre.lagder),
    ],
)
def test_values_of_the_newer_package_differentiate_by_their_argument(value, derivative):
    c, x = rng.standard_normal(5), np.array([-0.7, 0.2, 1.4])
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(value(x, c)))(x), value(x, derivative(c)))


@pytest.mark.parametrize(
    "f", [lambda c: np.polynomial.polynomial.polyval(2.0, c), lambda x: np.polynomial.Polynomial([3.0, 1.0])(x)[0]]
)
def test_coefficients_and_objects_of_the_newer_package_are_refused_with_the_cure(f):
    with pytest.raises(TracedError, match="Use NumPy's functions on the Tensor itself"):
        tg.grad(f)(np.ones(3))
