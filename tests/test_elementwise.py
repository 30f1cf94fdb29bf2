"""Elementwise rules where rows say nothing: at infinity, at the origin, where formulae overflow."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.functions.elementwise import arccot, csch, sech


def slopes(f, *point):
    with np.errstate(all="ignore"):
        return [float(d) for d in tg.grad(f, argnums=range(len(point)))(*point)]


def hessian_of_power(x, y):
    with np.errstate(all="ignore"):
        return np.array(tg.hessian(lambda v: v[0] ** v[1])(np.array([x, y])))


@pytest.mark.parametrize(("point", "slope"), [
    ((np.inf, 1.0), [1, 0]), ((-np.inf, 1.0), [-1, 0]), ((1.0, np.inf), [0, 1]), ((np.inf, np.inf), [0.5**0.5] * 2),
])  # fmt: skip
def test_hypot_at_infinity_has_the_limit_of_its_slopes(point, slope):
    assert slopes(np.hypot, *point) == pytest.approx(slope)


@pytest.mark.parametrize("point", [(np.inf, 1.0), (1.0, np.inf), (np.inf, -np.inf)])
def test_arctan2_is_level_at_infinity(point):
    assert slopes(np.arctan2, *point) == [0, 0]


@pytest.mark.parametrize(("x", "y"), [(0.0, 2.0), (0.0, 3.0), (0.0, 1.0), (2.0, 3.0), (0.5, 0.5), (2.0, 0.0)])
def test_hessian_of_a_power_is_symmetric(x, y):
    found = hessian_of_power(x, y)
    np.testing.assert_allclose(found[0, 1], found[1, 0], rtol=1e-14)


def test_hessian_of_a_power_at_zero_is_the_limit():
    np.testing.assert_array_equal(hessian_of_power(0.0, 3.0), 0)
    assert hessian_of_power(0.0, 1.0)[0, 1] == -np.inf


def test_third_derivative_by_the_exponent_is_the_cube_of_the_logarithm():
    third = tg.grad(tg.grad(tg.grad(lambda y: 2.0**y)))
    assert float(third(1.5)) == pytest.approx(2**1.5 * np.log(2) ** 3)
    mixed = tg.grad(lambda x: tg.grad(tg.grad(lambda y: x**y))(1.5))
    assert float(mixed(2.0)) == pytest.approx(2**0.5 * (1.5 * np.log(2) ** 2 + 2 * np.log(2)))


@pytest.mark.parametrize("x", [1000.0, -1000.0])
def test_hyperbolic_secant_and_cosecant_vanish_without_overflow(x):
    assert slopes(sech, x) == [0] and slopes(csch, x) == [0]


def test_hyperbolic_secant_bends_at_its_top():
    assert float(tg.grad(tg.grad(sech))(0.0)) == -1


def test_arccot_is_smooth_at_zero():
    assert slopes(arccot, 0.0) == [-1]
    assert arccot(np.array(-1e-9)) > arccot(np.array(1e-9))


def test_where_of_one_argument_tells_the_places():
    x = tg.Tensor([3.0, 0.0, -2.0], requires_grad=True)
    np.testing.assert_array_equal(x[np.where(x)].data, [3, -2])
    x[np.where(x)].sum().backward()
    np.testing.assert_array_equal(x.grad, [1, 0, 1])


def test_clip_refuses_what_it_does_not_know():
    x = tg.Tensor([1.0], requires_grad=True)
    with pytest.raises(tg.errors.InPlaceError, match="out="):
        np.clip(x, 0, 1, np.zeros(1))
    with pytest.raises(tg.errors.NoRuleError, match="order"):
        np.clip(x, 0, 1, order="C")


@pytest.mark.parametrize("scale", [5e-324, 1e-310, 1.0, 1e308])
def test_frexp_is_exact_from_the_smallest_number_to_the_greatest(scale):
    x = np.array([1.0, -1.7, 0.0]) * scale
    for found, expected in zip(np.frexp(tg.Tensor(x, requires_grad=True)), np.frexp(x), strict=True):
        np.testing.assert_array_equal(getattr(found, "data", found), expected)


def test_integer_tensors_have_the_operators_of_bits():
    n = tg.Tensor([4, 6])
    np.testing.assert_array_equal(np.gcd(n, 4), [4, 2])
    np.testing.assert_array_equal(np.lcm(n, 4), [4, 12])
    np.testing.assert_array_equal(np.left_shift(n, 1), [8, 12])
    np.testing.assert_array_equal(np.invert(n), [-5, -7])


@pytest.mark.parametrize(("f", "point", "slope"), [
    (np.clip, (1.0, 1.0, 2.0), [0.5, 0.5, 0]), (np.clip, (1.0, 0.0, 1.0), [0.5, 0, 0.5]),
    (np.clip, (1.0, 1.0, 1.0), [0.25, 0.25, 0.5]), (np.clip, (3.0, 2.0, 1.0), [0, 0, 1]),
    (np.clip, (np.nan, 0.0, 1.0), [1, 0, 0]), (np.clip, (1.0, np.nan, 2.0), [0, 1, 0]),
    (lambda low: np.clip(1.0, low, 2.0), (1.0,), [0.5]), (lambda high: np.clip(1.0, 0.0, high), (1.0,), [0.5]),
    (lambda x: np.clip(x, 1.0, 2.0), (1.0,), [0]), (lambda x: np.clip(x, 0, 1), (np.nan,), [1]),
    (lambda x, high: np.clip(x, 0.0, high), (1.0, 1.0), [0.5, 0.5]),
])  # fmt: skip
def test_clip_shares_a_tie_with_an_array_and_keeps_none_at_a_number(f, point, slope):
    assert slopes(f, *point) == slope
    assert [float(tg.jvp(f, point, tuple(e))[1]) for e in np.eye(len(point))] == slope


@pytest.mark.parametrize("z", [np.complex64(1e-23 + 1e-23j), np.complex64(1e30 - 1e30j), 1e200 + 1e200j, 1e-300j])
def test_angle_turns_also_where_the_square_of_the_length_is_not_a_number(z):
    direction = np.complex128(z) / np.float64(abs(z))
    assert tg.grad(np.angle)(z) * np.float64(abs(z)) == pytest.approx(1j * direction)


@pytest.mark.parametrize(("f", "x", "slope"), [
    (np.arcsinh, np.float32(1e20), 1e-20), (np.arcsinh, -1e200, 1e-200), (np.expm1, -50.0, np.exp(-50.0)),
])  # fmt: skip
def test_a_slope_is_not_lost_in_a_one(f, x, slope):
    assert float(tg.grad(f)(x)) == pytest.approx(slope, rel=1e-6, abs=0)


def test_clip_leaves_out_what_where_leaves_out():
    x, chosen = np.array([0.5, 1.5, 1.2]), np.array([True, True, False])
    value, pull = tg.vjp(lambda x, high: np.clip(x, 1.0, high, where=chosen), x, np.array(1.4))
    np.testing.assert_array_equal(value, [1, 1.4, 0])
    np.testing.assert_array_equal(pull(np.ones(3))[0], np.zeros(3))
    assert pull(np.ones(3))[1] == 1


def test_what_nan_to_num_puts_in_has_a_gradient():
    x = tg.Tensor(np.array([np.nan, 1.0, np.inf, -np.inf]))
    assert tg.grad(lambda v: np.sum(np.nan_to_num(x, nan=v, posinf=2 * v, neginf=0.0)))(5.0) == 3
    z = tg.Tensor(np.array([np.nan + 1j, 1 + 1j * np.nan]))
    assert tg.grad(lambda v: np.sum(np.imag(np.nan_to_num(z, nan=v))))(5.0) == 1
    assert np.nan_to_num(tg.Tensor(np.float32([np.nan])), nan=np.float64(2)).dtype == np.float32
