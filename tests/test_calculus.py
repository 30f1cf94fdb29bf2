"""Calculus on samples: the laws of differences, integrals, interpolation and convolution; knots, jumps and errors."""

import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.functions.calculus import cumulative_trapezoid
from tinygrad_edu.rules.calculus import iv

rng = np.random.default_rng(11)
i1 = lambda x: iv(x, n=1)
xp, fp = np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 2.0, 3.0, 1.0])


def slopes(*point, **params):
    """d(interp)/dx, d(interp)/dxp, d(interp)/dfp."""
    return tg.grad(lambda *args: np.interp(*args, **params), (0, 1, 2))(*point)


# --- differences ------------------------------------------------------------------------------------------------------


def test_summation_by_parts_is_the_transpose_of_a_difference():
    x, g = rng.standard_normal(6), rng.standard_normal(4)
    pulled = tg.vjp(lambda x: np.diff(x, 2), x)[1](g)[0]
    np.testing.assert_allclose(pulled @ x, g @ np.diff(x, 2))


@pytest.mark.parametrize("n", [3, 4, 9])
def test_a_difference_of_too_few_numbers_is_empty_and_has_the_gradient_zero(n):
    value, pull = tg.vjp(lambda x: np.diff(x, n), np.ones(3))
    assert value.shape == (0,)
    np.testing.assert_array_equal(pull(value)[0], np.zeros(3))


def test_no_difference_joins_no_ends():
    x = tg.Tensor(np.ones(3), requires_grad=True)
    assert np.diff(x, 0, prepend=2.0, append=x).shape == np.diff(np.ones(3), 0, prepend=2.0).shape == (3,)


def test_the_gradient_of_a_telescope_meets_both_ends():
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(np.diff(x)))(np.ones(4)), [-1.0, 0.0, 0.0, 1.0])


def test_gradient_is_exact_for_a_parabola_on_uneven_samples():
    x = np.array([0.0, 0.3, 1.1, 1.5, 2.7])
    np.testing.assert_allclose(np.gradient(tg.Tensor(x * x), x, edge_order=2).data, 2 * x, atol=1e-14)


def test_gradient_moves_with_every_coordinate():
    """NumPy reads one step only if all are equal, but the slope depends on each."""
    x, f = np.array([0.0, 1.0, 2.0]), np.array([0.0, 1.0, 4.0])
    found = tg.jacobian(lambda x: np.gradient(f, x)[0])(x)
    np.testing.assert_allclose(found, [1.0, -1.0, 0.0])


@pytest.mark.parametrize(
    "args, params",
    [
        ((np.ones(1),), {}),
        ((np.ones(2),), {"edge_order": 2}),
        ((np.ones(5),), {"edge_order": 3}),
        ((np.ones(5), np.ones(4)), {}),
        ((np.ones((3, 3)), np.ones((3, 3))), {"axis": 0}),
    ],
)
def test_gradient_refuses_what_numpy_refuses(args, params):
    with pytest.raises(ShapeError, match="Expected edge_order 1 or 2"):
        np.gradient(tg.Tensor(args[0]), *args[1:], **params)
    with pytest.raises(ValueError):
        np.gradient(*args, **params)


@pytest.mark.parametrize("f", [np.diff, np.gradient, np.trapezoid])
def test_an_axis_that_is_not_there_is_refused(f):
    with pytest.raises(np.exceptions.AxisError):
        f(tg.Tensor(np.ones((3, 3))), axis=2)


@pytest.mark.parametrize("f", [np.diff, np.trapezoid, np.unwrap, lambda x: np.gradient(x, axis=0)])
def test_one_number_has_no_differences(f):
    with pytest.raises(ValueError):
        f(tg.Tensor(3.0))


def test_gradient_wants_a_spacing_for_each_axis():
    with pytest.raises(ValueError):
        np.gradient(tg.Tensor(np.ones((3, 3))), np.arange(3.0))


def test_integer_samples_become_floats_in_gradient():
    found = tg.grad(lambda h: np.sum(np.gradient(np.array([1, 2, 4]), h)))(2.0)
    np.testing.assert_allclose(found, -4.5 / 4)


def test_unwrap_has_the_gradient_one_and_as_many_periods_as_it_added():
    np.testing.assert_array_equal(tg.grad(lambda p: np.sum(np.unwrap(p)))(np.array([0.0, 6.0, 12.0])), np.ones(3))
    angles = tg.Tensor(np.array([0.0, 2.7, 5.4, 0.4]))  # become 0, -1.3, -2.6, -3.6
    assert tg.grad(lambda period: np.sum(np.unwrap(angles, period=period)))(4.0) == -1 - 2 - 1


# --- integrals --------------------------------------------------------------------------------------------------------


def test_trapezoid_weighs_the_ends_half():
    np.testing.assert_array_equal(tg.grad(np.trapezoid)(np.ones(4)), [0.5, 1.0, 1.0, 0.5])


def test_the_last_running_integral_is_the_integral():
    y, x = rng.standard_normal(6), np.cumsum(rng.uniform(0.2, 1, 6))
    one = tg.grad(np.trapezoid, (0, 1))(y, x)
    other = tg.grad(lambda y, x: cumulative_trapezoid(y, x)[-1], (0, 1))(y, x)
    np.testing.assert_allclose(one, other, atol=1e-15)


def test_a_running_integral_begins_with_nothing():
    with pytest.raises(ValueError, match="Expected None or 0"):
        cumulative_trapezoid(np.ones(3), initial=1.0)


# --- interpolation ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "heights, expected",
    [
        ([0.0, 2.0, 3.0], 1.0),  # concave: the flatter of 2 and 1
        ([0.0, 1.0, 3.0], 1.0),  # convex
        ([0.0, 2.0, 1.0], 0.0),  # a top
        ([2.0, 0.0, 3.0], 0.0),  # a valley
        ([0.0, 2.0, 4.0], 2.0),  # no kink at all
        ([0.0, -2.0, -3.0], -1.0),
    ],
)
def test_interp_at_a_knot_takes_the_slope_of_smallest_norm(heights, expected):
    dx, dxp, dfp = slopes(1.0, np.array([0.0, 1.0, 2.0]), np.array(heights))
    assert dx == expected
    np.testing.assert_array_equal(dxp, [0.0, -expected, 0.0])
    np.testing.assert_array_equal(dfp, [0.0, 1.0, 0.0])


def test_interp_is_flat_outside_and_at_its_ends():
    for x in [-1.0, 0.0, 4.0, 5.0]:
        dx, dxp, dfp = slopes(x, xp, fp)
        assert dx == 0 and not dxp.any()
        np.testing.assert_array_equal(dfp, [1.0, 0, 0, 0] if x < 1 else [0, 0, 0, 1.0])


def test_interp_with_values_for_outside_keeps_the_inner_slope_at_its_ends():
    assert slopes(0.0, xp, fp, left=-5.0)[0] == 2.0
    assert slopes(4.0, xp, fp, right=-5.0)[0] == -1.0
    assert slopes(-0.5, xp, fp, left=-5.0)[0] == 0.0
    assert tg.grad(lambda left: np.interp(tg.Tensor(-0.5), xp, fp, left))(3.0) == 1.0


def test_interp_at_a_jump_takes_the_slope_on_the_side_of_the_value():
    steps, values = np.array([0.0, 1.0, 1.0, 2.0]), np.array([0.0, 5.0, 7.0, 8.0])
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.interp(tg.Tensor(1.0), steps, values).item() == np.interp(1.0, steps, values) == 7.0
        assert slopes(1.0, steps, values)[0] == 1.0
        assert slopes(0.5, steps, values)[0] == 5.0


def test_interp_passes_infinity_and_nan_as_numpy_does():
    x = np.array([-np.inf, np.inf, np.nan])
    np.testing.assert_array_equal(np.interp(tg.Tensor(x), xp, fp).data, np.interp(x, xp, fp))
    holes = np.array([0.0, np.inf, 3.0, 1.0])
    x = np.array([2.5, 3.0, 2.0])
    np.testing.assert_array_equal(np.interp(tg.Tensor(x), xp, holes).data, np.interp(x, xp, holes))


def test_interp_does_not_change_if_everything_moves_together():
    dx, dxp, _ = slopes(2.6, xp, fp)
    assert abs(dx + dxp.sum()) < 1e-15


def test_periodic_interpolation_has_no_ends():
    assert slopes(4.5, xp, fp, period=5.0)[0] == -1.0  # from 1 at 4 to 0 at 5
    assert slopes(-0.5, xp, fp, period=5.0, left=9.0)[0] == -1.0


def test_a_period_of_zero_is_refused():
    with pytest.raises(ValueError, match="the period is 0"):
        np.interp(tg.Tensor(0.5), xp, fp, period=0)


def test_interp_computes_in_double_precision_as_numpy_does():
    x = np.array([0.5, 1.5], np.float32)
    value, pull = tg.vjp(lambda x: np.interp(x, xp, fp), x)
    assert value.dtype == np.float64 and pull(value)[0].dtype == np.float32


# --- convolution ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f", [np.convolve, np.correlate])
@pytest.mark.parametrize("mode", ["full", "same", "valid"])
@pytest.mark.parametrize("n, m", [(1, 1), (1, 4), (4, 1), (5, 4), (4, 5), (6, 2), (3, 3)])
def test_convolution_agrees_with_its_matrix(f, n, m, mode):
    x, y = rng.standard_normal(n), rng.standard_normal(m)
    by_x, by_y = tg.jacobian(lambda x, y: f(x, y, mode), (0, 1), mode="reverse")(x, y)
    np.testing.assert_allclose(by_x, np.stack([f(e, y, mode) for e in np.eye(n)], axis=1), atol=1e-14)
    np.testing.assert_allclose(by_y, np.stack([f(x, e, mode) for e in np.eye(m)], axis=1), atol=1e-14)


def test_correlation_is_antilinear_in_its_second_argument():
    a, v = rng.standard_normal(4) + 1j * rng.standard_normal(4), rng.standard_normal(3) + 1j * rng.standard_normal(3)
    _, tangent = tg.jvp(lambda v: np.correlate(a, v), (v,), (1j * v,))
    np.testing.assert_allclose(tangent, -1j * np.correlate(a, v))


def test_what_a_cotangent_leaves_out_of_a_convolution_may_be_infinite():
    kernel = np.array([1.0, np.inf])
    np.testing.assert_array_equal(tg.grad(lambda x: np.convolve(x, kernel)[0])(np.ones(2)), [1.0, 0.0])


def test_a_signal_convolved_with_itself_counts_both_arguments():
    x = rng.standard_normal(4)
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(np.convolve(x, x)))(x), np.full(4, 2 * x.sum()))


# --- the Bessel function ----------------------------------------------------------------------------------------------


def test_i0_is_smooth_at_zero():
    assert tg.grad(np.i0)(0.0) == 0.0
    assert tg.grad(tg.grad(np.i0))(0.0) == 0.5
    np.testing.assert_allclose(tg.grad(tg.grad(tg.grad(np.i0)))(1e-4), 3 / 8 * 1e-4, rtol=1e-6)


def test_every_derivative_of_i0_at_zero_is_that_of_its_series():
    f, found = np.i0, []
    for _ in range(6):
        f = tg.grad(f)
        found.append(float(f(0.0)))
    assert found == pytest.approx([0, 1 / 2, 0, 3 / 8, 0, 5 / 16], abs=1e-15)


def test_i1_solves_the_equation_of_bessel_also_where_its_series_meet():
    """x (I₀ - I₁') = I₁, with I₁' by differences."""
    x = np.array([0.7, 3.0, 8.0, 15.0, 19.99, 20.0, 20.01, 60.0])
    h = 1e-3
    slope = (8 * (i1(x + h) - i1(x - h)) - (i1(x + 2 * h) - i1(x - 2 * h))) / (12 * h)
    np.testing.assert_allclose((np.i0(x) - i1(x) / x) / slope, np.ones(8), rtol=1e-11)


def test_i1_has_the_values_of_the_handbook():
    found = i1(np.array([0.5, -2.0, 25.0]))
    np.testing.assert_allclose(found, [0.25789430539089632, -1.5906368546373291, 5657865129.8787], rtol=1e-13)
