"""Complex numbers: what each transform returns, where the conjugation stands, and what real functions do there.

The reference is always the same function of the real and imaginary parts, as two real arguments.
"""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import DtypeError, GradientError
from tinygrad_edu.functions.complexes import make_complex, polar, view_as_real

rng = np.random.default_rng(3)


def complex_(*shape):
    return rng.standard_normal(shape) + 1j * rng.standard_normal(shape)


def wirtinger(f, z):
    """∂f/∂x + i ∂f/∂y of a real function f of z = x + i y."""
    gx, gy = tg.grad(lambda x, y: f(x + 1j * y), (0, 1))(z.real, z.imag)
    return gx + 1j * gy


LOSSES = {
    "abs": lambda z: np.sum(np.abs(z)),
    "abs squared": lambda z: np.sum(np.abs(z) ** 2),
    "real": lambda z: np.sum(np.real(z * z)),
    "imag": lambda z: np.sum(np.imag(np.exp(z))),
    "angle": lambda z: np.sum(np.angle(z)),
    "conj": lambda z: np.real(np.sum(z * np.conj(z) ** 2)),
    "var": lambda z: np.var(z),
    "norm of a product": lambda z: np.abs(np.prod(z)),
    "of a real base": lambda z: np.sum(np.abs(2.0**z)),
}
every_loss = pytest.mark.parametrize("f", LOSSES.values(), ids=LOSSES)


# --- gradients --------------------------------------------------------------------------------------------------------


@every_loss
def test_a_gradient_is_that_of_real_and_imaginary_part(f):
    z = complex_(4)
    np.testing.assert_allclose(tg.grad(f)(z), wirtinger(f, z), atol=1e-13)


@every_loss
def test_a_step_along_the_gradient_climbs_and_turned_by_90_degrees_it_stays(f):
    z, h = complex_(4), 1e-6
    g = tg.grad(f)(z)
    climb = (f(z + h * g) - f(z - h * g)) / (2 * h)
    np.testing.assert_allclose(climb, np.sum(np.abs(g) ** 2), rtol=1e-6)
    for t in [complex_(4), 1j * g]:
        slope = (f(z + h * t) - f(z - h * t)) / (2 * h)
        np.testing.assert_allclose(slope, np.real(np.vdot(g, t)), atol=1e-6)


@every_loss
def test_backward_writes_what_grad_returns(f):
    z = complex_(3)
    leaf = tg.Tensor(z, requires_grad=True)
    f(leaf).backward()
    np.testing.assert_allclose(leaf.grad, tg.grad(f)(z), rtol=1e-14)


def test_backward_with_a_complex_cotangent_multiplies_by_the_conjugate_transpose():
    A, z, g = complex_(3, 2), complex_(2), complex_(3)
    leaf = tg.Tensor(z, requires_grad=True)
    (A @ leaf).backward(g)
    np.testing.assert_allclose(leaf.grad, A.conj().T @ g)


def test_vjp_transposes_without_conjugating():
    A, z, g = complex_(3, 2), complex_(2), complex_(3)
    np.testing.assert_allclose(tg.vjp(lambda z: A @ z, z)[1](g)[0], A.T @ g)


def test_a_complex_layer_learns_like_its_real_block_matrix():
    W, b, x, y = complex_(3, 2), complex_(3), complex_(5, 2), complex_(5, 3)
    loss = lambda W, b: np.mean(np.abs(np.tanh(x @ W.T + b) - y) ** 2)
    of_parts = lambda Wr, Wi, br, bi: loss(Wr + 1j * Wi, br + 1j * bi)
    gW, gb = tg.grad(loss, (0, 1))(W, b)
    gWr, gWi, gbr, gbi = tg.grad(of_parts, (0, 1, 2, 3))(W.real, W.imag, b.real, b.imag)
    np.testing.assert_allclose(gW, gWr + 1j * gWi)
    np.testing.assert_allclose(gb, gbr + 1j * gbi)


def test_descent_along_the_gradient_finds_a_complex_minimum():
    A, b = complex_(4, 3), complex_(4)
    z, loss = np.zeros(3, complex), lambda z: np.sum(np.abs(A @ z - b) ** 2)
    for _ in range(200):
        z = z - 0.5 / np.linalg.norm(A, 2) ** 2 * tg.grad(loss)(z)
    assert np.linalg.norm(tg.grad(loss)(z)) < 1e-2 * np.linalg.norm(tg.grad(loss)(np.zeros(3, complex)))


@pytest.mark.parametrize("f", [np.add, np.subtract, np.multiply, np.divide, np.power])
def test_a_real_number_among_complex_ones_has_a_real_gradient(f):
    x, z = rng.uniform(0.5, 2, 3), complex_(3)
    loss = lambda x, z: np.sum(np.real(f(x, z)) + 2 * np.imag(f(z, x)))
    gx, gz = tg.grad(loss, (0, 1))(x, z)
    assert gx.dtype == np.float64 and gz.dtype == np.complex128
    np.testing.assert_allclose(gx, np.real(tg.grad(lambda x: loss(x, z))(x + 0j)))
    np.testing.assert_allclose(gz, wirtinger(lambda z: loss(x, z), z))


@every_loss
def test_single_precision_stays_single(f):
    z = complex_(4).astype(np.complex64)
    assert tg.grad(f)(z).dtype == np.complex64
    assert tg.hvp(f, (z,), (z,)).dtype == np.complex64
    np.testing.assert_allclose(tg.grad(f)(z), tg.grad(f)(z.astype(complex)), rtol=2e-4, atol=2e-4)


# --- second derivatives -----------------------------------------------------------------------------------------------


@every_loss
def test_hvp_is_the_derivative_of_the_gradient_in_any_complex_direction(f):
    z, t, h = complex_(4), complex_(4), 1e-5
    expected = (tg.grad(f)(z + h * t) - tg.grad(f)(z - h * t)) / (2 * h)
    np.testing.assert_allclose(tg.hvp(f, (z,), (t,)), expected, rtol=1e-6, atol=1e-6)


def test_a_hessian_is_complex_only_if_the_gradient_is_holomorphic():
    z = complex_(2)
    np.testing.assert_allclose(tg.hessian(LOSSES["abs squared"])(z), 2 * np.eye(2), atol=1e-12)
    with pytest.raises(GradientError, match="the function is not holomorphic"):
        tg.hessian(LOSSES["real"])(z)


def test_the_hessian_of_real_and_imaginary_part_always_exists():
    z = np.array([0.4, -0.3])  # Re(z²) = x² - y²
    found = tg.hessian(lambda p: np.real(make_complex(p[0], p[1]) ** 2))(z)
    np.testing.assert_allclose(found, [[2.0, 0.0], [0.0, -2.0]], atol=1e-14)


# --- holomorphic functions --------------------------------------------------------------------------------------------

HOLOMORPHIC = {
    "square": (lambda z: z * z, lambda z: 2 * z),
    "cube": (lambda z: z**3, lambda z: 3 * z**2),
    "exp": (np.exp, np.exp),
    "sin": (np.sin, np.cos),
    "log": (np.log, lambda z: 1 / z),
    "sqrt": (np.sqrt, lambda z: 0.5 / np.sqrt(z)),
    "arctan": (np.arctan, lambda z: 1 / (1 + z * z)),
    "power": (lambda z: z ** (1 + 2j), lambda z: (1 + 2j) * z**2j),
    "base": (lambda z: (2 - 1j) ** z, lambda z: (2 - 1j) ** z * np.log(2 - 1j)),
    "arccosh": (np.arccosh, lambda z: 1 / (np.sqrt(z - 1) * np.sqrt(z + 1))),
    "conjugated twice": (lambda z: np.conj(np.exp(np.conj(z))), np.exp),
    "constant": (lambda z: 0 * z + (1 + 2j), lambda z: 0j),
}
every_holomorphic = pytest.mark.parametrize("f, derivative", HOLOMORPHIC.values(), ids=HOLOMORPHIC)


@every_holomorphic
def test_holomorphic_grad_is_the_complex_derivative(f, derivative):
    z = 0.8 + 0.6j
    np.testing.assert_allclose(tg.holomorphic_grad(f)(z), derivative(z), atol=1e-15)


@every_holomorphic
def test_holomorphic_grads_nest_and_agree_with_differences(f, derivative):
    z, h = 0.8 + 0.6j, 1e-5
    second = tg.holomorphic_grad(tg.holomorphic_grad(f))(z)
    for direction in (h, 1j * h):
        slope = (derivative(z + direction) - derivative(z - direction)) / (2 * direction)
        np.testing.assert_allclose(second, slope, rtol=1e-8, atol=1e-9)


def test_holomorphic_grad_takes_arrays_and_several_arguments():
    w, z = complex_(3), complex_(3)
    gw, gz = tg.holomorphic_grad(lambda w, z: np.sum(w * np.exp(z)), (0, 1))(w, z)
    np.testing.assert_allclose(gw, np.exp(z))
    np.testing.assert_allclose(gz, w * np.exp(z))


def test_grad_of_the_real_part_is_the_conjugate_of_the_complex_derivative():
    z = complex_(3)
    f = lambda z: np.sum(np.sin(z) * z)
    np.testing.assert_allclose(tg.grad(lambda z: np.real(f(z)))(z), np.conj(tg.holomorphic_grad(f)(z)))


@pytest.mark.parametrize(
    "f, z, error, words",
    [
        (np.exp, 1.0, DtypeError, "convert: x.astype(complex)"),
        (lambda z: np.abs(z), 1j, GradientError, "a real one has a gradient, by grad"),
        (lambda z: z * 1, np.ones(2, complex), GradientError, "complex128 of shape (2,). Expected one complex number"),
        (lambda z: (z, z), 1j, GradientError, "2 results"),
        (lambda z: np.conj(z), 1j, GradientError, "not holomorphic"),
        (lambda z: z * np.abs(z), 1 + 1j, GradientError, "f(x + 1j * y)"),
        (lambda z: np.real(z) + 0j, 1j, GradientError, "jvp or vjp"),
        (1j, 1j, GradientError, "complex is no function"),
    ],
)
def test_holomorphic_grad_refuses_with_the_cure(f, z, error, words):
    with pytest.raises(error) as caught:
        tg.holomorphic_grad(f)(z)
    assert words in str(caught.value)


# --- Jacobians --------------------------------------------------------------------------------------------------------

both_modes = pytest.mark.parametrize("mode", ["reverse", "forward"])


@both_modes
def test_the_jacobian_of_a_holomorphic_function_is_its_complex_matrix(mode):
    A, z = complex_(3, 2), complex_(2)
    np.testing.assert_allclose(tg.jacobian(lambda z: A @ np.exp(z), mode=mode)(z), A * np.exp(z))


@both_modes
def test_the_jacobian_of_a_complex_function_of_real_numbers_is_complex(mode):
    x = rng.standard_normal(2)
    found = tg.jacobian(lambda x: np.exp(1j * x), mode=mode)(x)
    np.testing.assert_allclose(found, np.diag(1j * np.exp(1j * x)))


@both_modes
def test_a_row_of_the_jacobian_of_a_real_function_is_the_conjugate_gradient(mode):
    z = complex_(3)
    for f in LOSSES.values():
        np.testing.assert_allclose(tg.jacobian(f, mode=mode)(z), np.conj(tg.grad(f)(z)), atol=1e-13)


@both_modes
def test_jacobians_with_real_and_complex_arguments_and_results(mode):
    x, z = rng.standard_normal(2), complex_(2)
    f = lambda x, z: (x * z, np.abs(x * x * z))
    (a, b), (c, d) = tg.jacobian(f, (0, 1), mode=mode)(x, z)
    np.testing.assert_allclose(a, np.diag(z))
    np.testing.assert_allclose(b, np.diag(x))
    np.testing.assert_allclose(np.real(c), np.diag(2 * x * np.abs(z)))
    np.testing.assert_allclose(d, np.diag(x * x * np.conj(z) / np.abs(z)))
    assert not np.iscomplexobj(c)


def test_the_jacobian_of_what_is_not_holomorphic_is_refused():
    with pytest.raises(GradientError, match="jacobian: the function is not holomorphic"):
        tg.jacobian(np.conj)(complex_(2))


@both_modes
def test_single_precision_makes_single_jacobians(mode):
    x = np.ones(2, np.float32)
    assert tg.jacobian(lambda x: np.exp(1j * x), mode=mode)(x).dtype == np.complex64
    assert tg.jacobian(np.abs, mode=mode)(x.astype(np.complex64)).dtype == np.complex64


def test_real_coordinates_show_the_equations_of_cauchy_and_riemann():
    """For f' = a + ib the real Jacobian is [[a, -b], [b, a]]."""
    found = tg.jacobian(lambda p: view_as_real(np.exp(make_complex(p[0], p[1]))))(np.array([0.3, 0.8]))
    d = np.exp(0.3 + 0.8j)
    np.testing.assert_allclose(found, [[d.real, -d.imag], [d.imag, d.real]])


def test_polar_coordinates_turn_back():
    r, phi = rng.uniform(0.5, 2, 3), rng.uniform(-3, 3, 3)
    again = lambda r, phi: np.stack([np.abs(polar(r, phi)), np.angle(polar(r, phi))])
    by_r, by_phi = tg.jacobian(again, (0, 1))(r, phi)
    np.testing.assert_allclose(by_r, [np.eye(3), np.zeros((3, 3))], atol=1e-14)
    np.testing.assert_allclose(by_phi, [np.zeros((3, 3)), np.eye(3)], atol=1e-14)


# --- zeros, cuts and refusals -----------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [np.abs, np.angle, lambda z: np.real(np.sign(z)), lambda z: np.std(z * np.ones(2))])
def test_real_functions_have_the_gradient_zero_at_zero(f):
    assert tg.grad(f)(0j) == 0


@pytest.mark.parametrize("n, slope", [(0, 0), (1, 1), (2, 0), (3, 0), (2.0, 0), (1.0, 1)])
def test_powers_of_zero_have_the_derivative_of_the_monomial(n, slope):
    assert tg.holomorphic_grad(lambda z: z**n)(0j) == slope
    assert tg.holomorphic_grad(lambda z: np.power(z, n))(0j) == slope


def test_a_negative_base_has_complex_powers():
    found = tg.holomorphic_grad(lambda z: z**0.5)(-4 + 0j)
    np.testing.assert_allclose(found, -0.25j)
    by_exponent = tg.holomorphic_grad(lambda w: (-2.0) ** w)(0.5 + 0.5j)
    np.testing.assert_allclose(by_exponent, (-2 + 0j) ** (0.5 + 0.5j) * np.log(-2 + 0j))


@pytest.mark.parametrize("side", [0.0, -0.0])
def test_on_a_branch_cut_the_derivative_is_of_the_side_of_the_value(side):
    z = complex(-4.0, side)
    np.testing.assert_allclose(tg.holomorphic_grad(np.sqrt)(z), 0.5 / np.sqrt(z))


def test_what_is_nearly_real_becomes_real_and_keeps_its_gradient():
    z = np.array([1 + 1e-16j, 2 - 1e-15j])
    value, pull = tg.vjp(np.real_if_close, z)
    assert value.dtype == np.float64
    np.testing.assert_array_equal(pull(np.ones(2))[0], [1, 1])


def test_sort_complex_carries_the_gradient_to_where_a_number_came_from():
    found = tg.grad(lambda x: np.sum(np.real(np.sort_complex(x)) * np.array([1.0, 2.0, 3.0])))(
        np.array([5.0, 1.0, 3.0])
    )
    np.testing.assert_array_equal(found, [3.0, 1.0, 2.0])


def test_extremes_and_bounds_order_complex_numbers_as_numpy_does():
    z, w = np.array([1 + 2j, 3 - 1j]), np.array([1 + 1j, 4 + 0j])
    np.testing.assert_array_equal(tg.vjp(np.maximum, z, w)[1](np.ones(2, complex))[0], [1, 0])
    np.testing.assert_array_equal(tg.vjp(lambda z: np.clip(z, 2, 9), z)[1](np.ones(2, complex))[0], [0, 1])


@pytest.mark.parametrize(
    "f", [np.floor, np.cbrt, np.fabs, np.arctan2, np.hypot, np.logaddexp, np.mod, np.heaviside, np.i0]
)
def test_what_numpy_cannot_compute_of_complex_numbers_is_a_type_error(f):
    z = tg.Tensor(np.array([1 + 1j]), requires_grad=True)
    with pytest.raises(TypeError):
        f(z, z) if getattr(f, "nin", 1) == 2 else f(z)


def test_zero_stays_stronger_than_infinity():
    f = lambda z: np.sum(np.real(np.where(np.abs(z) > 0, np.sqrt(z), 0)))
    np.testing.assert_allclose(tg.grad(f)(np.array([0j, 4 + 0j])), [0, 0.25])
