"""Reductions at zeros, ties, NaNs and empty axes, and their parameters where rows of the catalogue cannot say it."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.rules.reductions import recurrence

NAN = np.nan


def test_a_running_product_is_exact_with_zeros_to_second_order():
    x = np.array([2.0, 0.0, 3.0, 0.0])
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(np.cumprod(x)))(x), [1, 8, 0, 0])
    hessian = tg.hessian(lambda x: np.sum(np.cumprod(x)))(x)
    np.testing.assert_array_equal(hessian, [[0, 4, 0, 0], [4, 0, 2, 6], [0, 2, 0, 0], [0, 6, 0, 0]])


@pytest.mark.parametrize("n", [0, 1, 2, 3, 7, 8, 9, 33])
def test_running_products_of_every_length_agree_with_the_sum_of_products(n):
    x = np.random.default_rng(n).uniform(0.5, 1.5, n)
    whole = lambda x: sum((np.prod(x[: i + 1]) * (i + 1.0) for i in range(n)), np.sum(x) * 0)
    f = lambda x: np.sum(np.cumprod(x) * np.arange(1.0, n + 1))
    np.testing.assert_allclose(tg.grad(f)(x), tg.grad(whole)(x), rtol=1e-12)


def test_what_is_left_out_gets_nothing_even_if_it_is_nan_or_infinite():
    x, where = np.array([1.0, NAN, 3.0, np.inf]), np.array([True, False, True, False])
    expected = {
        np.sum: [1, 0, 1, 0], np.mean: [0.5, 0, 0.5, 0], np.prod: [3, 0, 1, 0],
        np.var: [-1, 0, 1, 0], np.std: [-0.5, 0, 0.5, 0],
    }  # fmt: skip
    for f, g in expected.items():
        np.testing.assert_allclose(tg.grad(lambda x, f=f: f(x, where=where))(x), g)
    np.testing.assert_array_equal(tg.grad(lambda x: np.max(x, where=where, initial=-9.0))(x), [0, 0, 1, 0])


def test_the_second_derivative_leaves_out_the_same():
    x, where = np.array([1.0, NAN, 3.0]), np.array([True, False, True])
    np.testing.assert_allclose(
        tg.hessian(lambda x: np.var(x, where=where))(x), [[0.5, 0, -0.5], [0, 0, 0], [-0.5, 0, 0.5]]
    )


def test_the_initial_value_takes_its_share_of_a_tie():
    x = np.array([1.0, 2.0, 2.0])
    np.testing.assert_allclose(tg.grad(lambda x: np.max(x, initial=2.0))(x), [0, 1 / 3, 1 / 3])
    np.testing.assert_array_equal(tg.grad(lambda x: np.max(x, initial=5.0))(x), [0, 0, 0])
    np.testing.assert_array_equal(tg.grad(lambda x: np.min(x, initial=0.0, axis=0))(x), [0, 0, 0])


def test_nothing_with_an_initial_value_has_an_empty_gradient():
    assert tg.grad(lambda x: np.max(x, initial=1.0))(np.zeros(0)).shape == (0,)


@pytest.mark.parametrize("f", [np.nansum, np.nanmean, np.nanprod, np.nanstd, np.nanvar, np.nanmax, np.nanmin])
def test_without_nans_the_forms_that_leave_them_out_are_the_plain_ones(f):
    x = np.random.default_rng(0).normal(size=(3, 4))
    plain = getattr(np, f.__name__[3:])
    for axis in (None, 0, (0, 1)):
        found, expected = (tg.grad(lambda x, g=g, axis=axis: np.sum(g(x, axis=axis)))(x) for g in (f, plain))
        np.testing.assert_allclose(found, expected, atol=1e-15)


GRADIENTS = {
    np.nansum: [1, 0, 1], np.nanmean: [0.5, 0, 0.5], np.nanprod: [3, 0, 1], np.nanmax: [0, 0, 1],
    np.nanmin: [1, 0, 0], np.nanvar: [-1, 0, 1], np.nanstd: [-0.5, 0, 0.5],
}  # fmt: skip


@pytest.mark.parametrize("f", GRADIENTS, ids=lambda f: f.__name__)
def test_a_nan_that_is_left_out_gets_nothing(f):
    np.testing.assert_allclose(tg.grad(f)(np.array([1.0, NAN, 3.0])), GRADIENTS[f])


def test_running_sums_pass_over_nans():
    x = np.array([1.0, NAN, 3.0])
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(np.nancumsum(x)))(x), [3, 0, 1])
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(np.nancumprod(x)))(x), [5, 0, 1])


@pytest.mark.filterwarnings(
    "ignore:All-NaN", "ignore:Mean of empty", "ignore:invalid value", "ignore:Degrees of freedom"
)
def test_nothing_but_nans_is_numpys_answer():
    x = tg.Tensor(np.full((2, 2), NAN), requires_grad=True)
    for f in (np.nanmax, np.nanmean, np.nanstd):
        np.testing.assert_array_equal(f(x, axis=0).data, [NAN, NAN])
    np.testing.assert_array_equal(np.nansum(x, axis=0).data, [0, 0])
    np.testing.assert_array_equal(np.nanprod(x, axis=0).data, [1, 1])


def test_a_spread_about_its_own_mean_has_the_gradient_of_the_spread():
    x = np.random.default_rng(0).normal(size=(3, 4))
    f = lambda x: np.sum(np.std(x, axis=1, mean=np.mean(x, axis=1, keepdims=True)))
    np.testing.assert_allclose(tg.grad(f)(x), tg.grad(lambda x: np.sum(np.std(x, axis=1)))(x), atol=1e-15)


def test_ddof_may_be_called_correction():
    x = np.array([1.0, 2.0, 4.0])
    for f in (np.var, np.std, np.nanvar, np.nanstd):
        expected = tg.grad(lambda x, f=f: f(x, ddof=1))(x)
        np.testing.assert_array_equal(tg.grad(lambda x, f=f: f(x, correction=1))(x), expected)


@pytest.mark.parametrize("where", [True, np.array([True, True, False])])
def test_no_spread_has_the_gradient_zero(where):
    np.testing.assert_array_equal(tg.grad(lambda x: np.std(x, where=where))(np.array([2.0, 2.0, 2.0])), [0, 0, 0])


def test_an_array_of_several_axes_accumulates_along_one():
    x = tg.Tensor(np.ones((2, 2)))
    for f in (np.cumulative_sum, np.cumulative_prod):
        with pytest.raises(ValueError, match="axis="):
            f(x)


def test_what_begins_with_nothing_has_one_element_more():
    x = tg.Tensor(np.zeros((2, 0)))
    np.testing.assert_array_equal(np.cumulative_prod(x, axis=1, include_initial=True).data, [[1], [1]])


@pytest.mark.parametrize("f", [np.sum, np.mean, np.prod, np.var, np.max, np.cumsum, np.cumprod, np.ptp, np.nansum])
def test_axes_out_of_range_are_refused(f):
    with pytest.raises(ValueError, match="out of bounds"):
        f(tg.Tensor(np.ones((2, 2)), requires_grad=True), axis=2)


def test_float32_sums_in_float64_when_asked():
    x = tg.Tensor(np.ones(3, np.float32), requires_grad=True)
    y = np.var(x, dtype=np.float64) + np.sum(x, dtype=np.float64)
    assert y.dtype == np.float64
    y.backward()
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize("f", [np.sum, np.prod, np.max, np.cumsum])
def test_one_number_may_be_reduced_along_axis_0(f):
    assert float(tg.grad(lambda x: np.sum(f(x, axis=0)))(3.0)) == 1


ONE = np.array([[True, True], [False, False]])


@pytest.mark.filterwarnings("ignore:Mean of empty", "ignore:invalid value", "ignore:Degrees of freedom")
@pytest.mark.parametrize("f", [np.mean, np.var, np.std])
@pytest.mark.parametrize(("axis", "row"), [(1, 1), ((), np.s_[1, :])])
def test_the_mean_of_nothing_is_nan_and_so_is_its_slope_in_both_modes(f, axis, row):
    x = np.arange(1.0, 5).reshape(2, 2)
    y = lambda x: np.sum(f(x, axis=axis, where=ONE)[row])
    assert np.isnan(tg.grad(y)(x)[1]).all()
    assert np.isnan(tg.jvp(y, (x,), (np.array([[0.0, 0.0], [1.0, 2.0]]),))[1])
    assert not np.isnan(tg.grad(lambda x: np.sum(f(x, axis=axis, where=ONE)[0]))(x)[0]).any()


@pytest.mark.parametrize(
    "f", [np.cumprod, np.cumsum, np.nanmean, np.nanprod, np.nancumprod, np.cumulative_prod, np.cumulative_sum]
)
@pytest.mark.parametrize("axis", [0, -1])
def test_one_number_has_an_axis_for_numpy(f, axis):
    x, y = np.array(3.0), lambda x: f(x, axis=axis)
    assert y(tg.Tensor(x)).shape == np.shape(y(x))
    assert float(tg.grad(lambda x: np.sum(y(x)))(x)) == float(np.sum(tg.jvp(y, (x,), (np.array(1.0),))[1])) == 1


@pytest.mark.parametrize(
    ("f", "slope"), [(np.sum, 4), (np.prod, 27), (np.max, 0), (np.min, 1.5), (np.nansum, 4), (np.nanmin, 1.5)]
)
@pytest.mark.parametrize("params", [{}, {"keepdims": True}, {"where": np.array([True, True])}])
def test_the_initial_value_of_a_reduction_may_be_differentiated(f, slope, params):
    x, w = np.arange(1.0, 5).reshape(2, 2), np.array([1.0, 3.0])
    y = lambda x, s: np.sum(f(x, axis=0, initial=s, **params) * w)
    assert float(tg.grad(lambda s: y(tg.Tensor(x), s))(2.0)) == slope
    assert float(tg.jvp(lambda s: y(tg.Tensor(x), s), (2.0,), (1.0,))[1]) == slope
    np.testing.assert_array_equal(tg.grad(y, (0, 1))(x, 2.0)[0], tg.grad(y)(x, 2.0))
    assert float(f(tg.Tensor(x), initial=tg.Tensor(2.0))) == f(x, initial=2.0)


def test_a_product_is_differentiated_with_its_initial_value_twice():
    f = lambda p: np.prod(p[:2] * 1, initial=p[2])
    np.testing.assert_array_equal(tg.hessian(f)(np.array([2.0, 3.0, 5.0])), [[0, 5, 3], [5, 0, 2], [3, 2, 0]])


@pytest.mark.parametrize("shape", [(65,), (1000,), (2, 3, 130), (3, 0, 70)])
def test_a_long_recurrence_by_blocks_is_the_step_by_step_one(shape):
    rng = np.random.default_rng(0)
    a, b = rng.uniform(-1, 1, shape), rng.normal(size=shape)
    s = b.copy()
    for i in range(1, shape[-1]):
        s[..., i] += a[..., i] * s[..., i - 1]
    np.testing.assert_allclose(recurrence(a, b), s, rtol=1e-9, atol=1e-12)
    np.testing.assert_array_equal(a, np.random.default_rng(0).uniform(-1, 1, shape))


def test_a_long_running_product_is_exact_with_a_zero():
    x = np.full(200, 0.5)
    x[100] = 0
    g = tg.grad(lambda x: np.sum(np.cumprod(x)))(x)
    assert g[100] == 0.5**100 * sum(0.5**k for k in range(100))
    np.testing.assert_array_equal(g[101:], 0)


def test_the_mean_of_more_float16_than_a_float16_can_count():
    x = np.ones(70_000, np.float16)
    assert tg.grad(np.mean)(x)[0] == np.float16(1 / 70_000) != 0
