"""Ties, NaNs, ends and empty arrays of sorting, quantiles and distinct values."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import InPlaceError
from tinygrad_edu.functions.order import kthvalue, mode, topk
from tinygrad_edu.rules.sorting import BETWEEN, STEPS

TIED = np.array([1.0, 2.0, 2.0, 0.0, 2.0])
WEIGHTS = np.arange(1.0, 6.0)  # of sorted elements: 0, 1, 2, 2, 2


def test_equal_elements_share_the_cotangent_of_a_sort():
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(np.sort(x) * WEIGHTS))(TIED), [2, 4, 4, 1, 4])


def test_the_tangents_of_equal_elements_are_averaged():
    t = np.array([1.0, 3.0, 6.0, -1.0, 0.0])
    np.testing.assert_array_equal(tg.jvp(np.sort, (TIED,), (t,))[1], [-1, 1, 3, 3, 3])


@pytest.mark.parametrize("kth", [0, 2, 4])
def test_an_element_of_a_partition_has_the_gradient_of_the_sorted_one(kth):
    expected = tg.grad(lambda x: np.sort(x)[kth])(TIED)
    np.testing.assert_array_equal(tg.grad(lambda x: np.partition(x, kth)[kth])(TIED), expected)


def test_the_last_of_a_sort_has_the_gradient_of_the_maximum():
    np.testing.assert_allclose(tg.grad(lambda x: np.sort(x)[-1])(TIED), tg.grad(np.max)(TIED))


def test_ties_share_along_their_own_row():
    x = np.array([[1.0, 1.0, 0.0], [1.0, 2.0, 2.0]])
    g = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(tg.vjp(np.sort, x)[1](g)[0], [[1.5, 1.5, 0], [3, 4.5, 4.5]])
    np.testing.assert_array_equal(tg.vjp(lambda x: np.sort(x, axis=0), x)[1](g)[0], [[1.5, 1, 2], [1.5, 4, 5]])


@pytest.mark.parametrize("method", [*BETWEEN, *STEPS])
@pytest.mark.parametrize("q", [0.0, 0.2, 0.5, 0.55, 1.0])
def test_a_quantile_moves_with_the_array_even_where_elements_tie(method, q):
    """Σ ∂y/∂x = 1, equal elements have equal gradients, and the tangent agrees."""
    f = lambda x: np.quantile(x, q, method=method)
    assert float(f(tg.Tensor(TIED)).data) == pytest.approx(f(TIED), abs=1e-15)
    g = tg.grad(f)(TIED)
    assert np.sum(g) == pytest.approx(1)
    assert g[1] == g[2] == g[4]
    t = np.random.default_rng(1).standard_normal(5)
    assert float(tg.jvp(f, (TIED,), (t,))[1]) == pytest.approx(np.sum(g * t))


def test_quantile_has_one_sided_slopes_in_q_at_its_ends():
    x = np.array([0.0, 1.0, 5.0])
    slope = tg.grad(lambda q: np.quantile(x, q))
    assert [float(slope(q)) for q in (0.0, 0.25, 0.5, 1.0)] == [2.0, 2.0, 8.0, 8.0]


def test_quantile_is_constant_in_q_outside_the_data():
    assert float(tg.grad(lambda q: np.quantile(np.array([1.0, 2.0, 4.0]), q, method="weibull"))(0.01)) == 0


def test_percentile_is_a_hundredth_of_quantile_in_q():
    x = np.array([0.0, 1.0, 5.0])
    assert float(tg.grad(lambda q: np.percentile(x, q))(30.0)) == pytest.approx(0.02)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda x: np.quantile(x, 1.5), r"range \[0, 1\]"),
        (lambda x: np.quantile(x, 0.5, method="mean"), "not a valid method"),
    ],
)
def test_quantile_refuses_what_numpy_refuses(call, words):
    with pytest.raises(ValueError, match=words):
        call(tg.Tensor(TIED))


def test_a_nan_makes_the_median_nan_and_takes_its_gradient():
    x = np.array([1.0, np.nan, 2.0])
    assert np.isnan(np.median(tg.Tensor(x)).data)
    np.testing.assert_array_equal(tg.grad(np.median)(x), [0, 1, 0])


def test_nan_forms_leave_nans_out_row_by_row():
    x = np.array([[1.0, np.nan, 2.0, 4.0], [np.nan, np.nan, 3.0, 1.0]])
    f = lambda x: np.sum(np.nanmedian(x, axis=1))
    assert float(f(tg.Tensor(x)).data) == f(x) == 4
    np.testing.assert_array_equal(tg.grad(f)(x), [[0, 0, 1, 0], [0, 0, 0.5, 0.5]])
    quantile = lambda x: np.sum(np.nanquantile(x, np.array([0.25, 1.0]), axis=1))
    np.testing.assert_allclose(tg.grad(quantile)(x), [[0.5, 0, 0.5, 1], [0, 0, 1.25, 0.75]])


@pytest.mark.filterwarnings("ignore:All-NaN", "ignore:Mean of empty", "ignore:invalid value")
def test_nothing_but_nans_has_the_quantile_nan():
    x = np.full((2, 3), np.nan)
    np.testing.assert_array_equal(np.nanmedian(tg.Tensor(x), axis=1).data, [np.nan, np.nan])
    assert np.isnan(np.median(tg.Tensor(np.zeros(0))).data)


def test_a_weighted_quantile_is_one_of_the_elements():
    x, w = np.array([3.0, 1.0, 2.0, 2.0]), np.array([1.0, 1.0, 1.0, 2.0])
    f = lambda x, w: np.quantile(x, 0.5, weights=w, method="inverted_cdf")
    gx, gw = tg.grad(f, (0, 1))(x, w)
    np.testing.assert_array_equal(gx, [0, 0, 0.5, 0.5])
    np.testing.assert_array_equal(gw, [0, 0, 0, 0])


def test_what_is_equal_shares_the_cotangent_of_its_representative():
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(np.unique(x) * WEIGHTS[:3]))(TIED), [2, 1, 1, 1, 1])
    rows = np.array([[1.0, 2.0], [1.0, 2.0], [0.0, 5.0]])
    g = tg.vjp(lambda x: np.unique(x, axis=0), rows)[1](np.array([[1.0, 2.0], [3.0, 4.0]]))[0]
    np.testing.assert_array_equal(g, [[1.5, 2], [1.5, 2], [1, 2]])


def test_unique_tells_places_as_numpy_does():
    flags = {"return_index": True, "return_inverse": True, "return_counts": True}
    found, expected = np.unique(tg.Tensor(TIED), **flags), np.unique(TIED, **flags)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_array_equal(getattr(a, "data", a) if isinstance(a, tg.Tensor) else a, b)


@pytest.mark.parametrize("function", [np.unique_all, np.unique_counts, np.unique_inverse])
def test_the_array_api_names_of_unique_have_their_fields(function):
    found, expected = function(tg.Tensor(TIED, requires_grad=True)), function(TIED)
    assert type(found) is type(expected)
    np.testing.assert_array_equal(found.values.data, expected.values)
    for a, b in zip(found[1:], expected[1:], strict=True):
        np.testing.assert_array_equal(a, b)
    np.testing.assert_array_equal(tg.grad(lambda x: function(x).values[2])(TIED), tg.grad(np.max)(TIED))


def test_order_statistics_share_among_ties():
    third = [0, 1 / 3, 1 / 3, 0, 1 / 3]
    np.testing.assert_allclose(tg.grad(lambda x: kthvalue(x, 3)[0])(TIED), third)
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(topk(x, 1)[0]))(TIED), third)
    np.testing.assert_allclose(tg.grad(lambda x: mode(x)[0])(TIED), third)
    assert int(mode(tg.Tensor(TIED))[1]) == 3


@pytest.mark.parametrize("f", [np.sort, np.unique, lambda x: np.sort(x, axis=None)])
def test_nothing_is_sorted_into_nothing(f):
    x = np.zeros((0,))
    assert tg.vjp(f, x)[1](np.zeros(0))[0].shape == (0,)


def test_a_sort_of_nans_keeps_their_cotangents():
    x = np.array([np.nan, 1.0, np.nan])
    np.testing.assert_array_equal(tg.vjp(np.sort, x)[1](np.array([1.0, 2.0, 3.0]))[0], [2, 1, 3])


def test_out_is_refused():
    with pytest.raises((InPlaceError, TypeError)):
        np.median(tg.Tensor(TIED, requires_grad=True), out=np.zeros(()))


@pytest.mark.parametrize("axis", [(0, 1), (0, 2), (-1, 1), (0, 1, 2), 1, None])
@pytest.mark.parametrize("keepdims", [True, False])
@pytest.mark.parametrize("f", [np.nanquantile, np.quantile])
def test_two_axes_of_quantiles_lie_where_numpy_puts_them(f, axis, keepdims):
    x, q = np.random.default_rng(0).normal(size=(2, 3, 4)), np.array([[0.1, 0.2, 0.3], [0.4, 0.5, 0.9]])
    expected = f(x, q, axis=axis, keepdims=keepdims)
    found = f(tg.Tensor(x), q, axis=axis, keepdims=keepdims)
    assert found.shape == expected.shape
    np.testing.assert_allclose(found.data, expected)


@pytest.mark.parametrize("f", [np.median, np.nanmedian])
def test_the_median_of_complex_numbers_is_numpys(f):
    z = np.array([1 + 2j, 1 - 2j, 3j, 2.0])
    assert f(tg.Tensor(z)).data == f(z) == 1
    np.testing.assert_array_equal(tg.grad(lambda z: np.real(f(z)))(z), [0.5, 0.5, 0, 0])
    with pytest.raises(TypeError, match="real numbers"):
        np.quantile(tg.Tensor(z), 0.5)


def test_the_median_of_whole_numbers_is_no_whole_number():
    assert float(np.median(tg.Tensor(np.array([1, 2, 4, 8])))) == 3


@pytest.mark.filterwarnings("ignore:Mean of empty", "ignore:invalid value")
@pytest.mark.parametrize(("shape", "axis"), [((2, 0), 1), ((0,), None), ((0, 2), (0, 1)), ((0, 2), 0)])
def test_quantiles_of_nothing_are_nan(shape, axis):
    x = np.zeros(shape)
    found = np.nanquantile(tg.Tensor(x), 0.3, axis=axis).data
    np.testing.assert_array_equal(found, np.nanquantile(x, 0.3, axis=axis))
    assert tg.grad(lambda x: np.sum(np.nanquantile(x, 0.3, axis=axis)))(x).shape == shape


def test_many_quantiles_are_read_like_few():
    rng, q = np.random.default_rng(0), np.linspace(0, 1, 11)
    x, g = rng.normal(size=(3, 7)), rng.normal(size=(11, 3))
    x[0, 2] = np.nan
    for f in (np.quantile, np.nanquantile):
        one_by_one = lambda x, f=f: np.stack([f(x, p, axis=1) for p in q])
        found, expected = tg.vjp(lambda x, f=f: f(x, q, axis=1), x)[1](g)[0], tg.vjp(one_by_one, x)[1](g)[0]
        np.testing.assert_allclose(found, expected, atol=1e-14)


def test_a_partition_is_numpys_and_so_is_where_its_cotangents_go():
    x, g = np.random.default_rng(0).normal(size=(2, 1000)), np.arange(2000.0).reshape(2, 1000)
    y = np.partition(x, 500)
    np.testing.assert_array_equal(np.partition(tg.Tensor(x), 500).data, y)
    expected = np.empty_like(g)
    for i in range(2):
        expected[i, [int(np.flatnonzero(x[i] == v)[0]) for v in y[i]]] = g[i]
    np.testing.assert_array_equal(tg.vjp(lambda x: np.partition(x, 500), x)[1](g)[0], expected)


@pytest.mark.parametrize(
    "call",
    [
        lambda x, o: np.median(x, None, o),
        lambda x, o: np.quantile(x, 0.3, None, o),
        lambda x, o: np.nanmedian(x, None, o),
        lambda x, o: np.nanpercentile(x, 30, None, o),
        lambda x, o: np.compress([True, False], x, None, o),
        lambda x, o: np.round(x, 1, o),
        lambda x, o: x.round(1, o),
    ],
)
def test_a_target_without_its_name_is_refused(call):
    with pytest.raises(InPlaceError, match="out="):
        call(tg.Tensor(TIED, requires_grad=True), np.zeros(()))
