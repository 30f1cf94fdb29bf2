"""Histograms' edges and densities, weights that do not fit, and spreads that vanish."""

import numpy as np
import pytest

import tinygrad_edu as tg

X = np.array([0.1, 0.9, 0.4, 0.45, 0.7])
W = np.array([1.0, 2.0, 3.0, 4.0, 5.0])


def leaf(x=X):
    return tg.Tensor(np.array(x), requires_grad=True)


def test_counts_are_plain():
    y, edges = np.histogram(leaf(), bins=4)
    assert type(y) is np.ndarray
    np.testing.assert_array_equal(y, np.histogram(X, bins=4)[0])
    np.testing.assert_array_equal(edges.data, np.histogram(X, bins=4)[1])


def test_edges_move_with_the_least_and_the_greatest():
    g = tg.grad(lambda x: np.histogram(x, bins=4)[1][1])(X)
    np.testing.assert_allclose(g, [0.75, 0.25, 0, 0, 0])


def test_edges_that_are_given_stand_fast():
    for params in ({"range": (0.0, 1.0)}, {"bins": np.array([0.0, 0.5, 1.0])}):
        edges = np.histogram(leaf(), **params)[1]
        assert not (isinstance(edges, tg.Tensor) and edges.requires_grad)
        np.testing.assert_array_equal(edges, np.histogram(X, **params)[1])


def test_a_density_thins_out_as_its_range_grows():
    g = tg.grad(lambda x: np.histogram(x, bins=2, density=True)[0][0])(X)
    np.testing.assert_allclose(g, [1.875, -1.875, 0, 0, 0])  # 3 of 5 in bins of width 0.4: d(0.6 / w), dw = ±1/2


@pytest.mark.parametrize("bins", ["auto", "fd", "sturges", 3])
def test_bins_are_chosen_as_numpy_chooses_them(bins):
    y, edges = np.histogram(leaf(), bins=bins)
    expected = np.histogram(X, bins=bins)
    np.testing.assert_array_equal(y, expected[0])
    np.testing.assert_allclose(edges.data, expected[1])


def test_weights_at_an_edge_go_where_numpy_puts_them():
    x = np.array([0.0, 0.5, 1.0, -0.1, 1.1, np.nan])
    edges = np.array([0.0, 0.5, 1.0])
    f = lambda w: np.histogram(x, edges, weights=w)[0]
    w = np.array([1.0, 2.0, 4.0, 8.0, 16.0, 32.0])
    np.testing.assert_array_equal(f(leaf(w)).data, f(w))
    np.testing.assert_array_equal(tg.grad(lambda w: f(w) @ np.array([10.0, 1.0]))(w), [10, 1, 1, 0, 0, 0])


def test_equal_numbers_have_a_range_of_one():
    x = np.array([2.0, 2.0])
    edges = np.histogram(leaf(x), bins=2)[1]
    np.testing.assert_array_equal(edges.data, [1.5, 2.0, 2.5])
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(np.histogram(x, bins=2)[1]))(x), [1.5, 1.5])


def test_nothing_has_an_empty_histogram():
    y, edges = np.histogram(leaf(np.zeros(0)), bins=2, weights=leaf(np.zeros(0)))
    np.testing.assert_array_equal(y.data, [0, 0])
    np.testing.assert_array_equal(edges, [0, 0.5, 1])


@pytest.mark.parametrize("params", [{}, {"bins": [2, 3]}, {"density": True, "bins": 3}, {"range": [[0, 0.5], [0, 1]]}])
def test_two_dimensions_equal_numpys(params):
    found, expected = np.histogram2d(leaf(), leaf(W / 5), **params), np.histogram2d(X, W / 5, **params)
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a.data if isinstance(a, tg.Tensor) else a, b)


def test_many_dimensions_equal_numpys():
    sample = np.stack([X, W / 5, X * W], axis=1)
    y, edges = np.histogramdd(leaf(sample), bins=(2, 1, 3))
    expected = np.histogramdd(sample, bins=(2, 1, 3))
    np.testing.assert_array_equal(y.data if isinstance(y, tg.Tensor) else y, expected[0])
    for a, b in zip(edges, expected[1], strict=True):
        np.testing.assert_allclose(a.data, b)
    with pytest.raises(ValueError, match="2 bins for 3 dimensions"):
        np.histogramdd(leaf(sample), bins=(2, 3))


def test_bincount_counts_and_adds_weights():
    places = np.array([0, 2, 2])
    assert type(np.bincount(tg.Tensor(places))) is np.ndarray
    g = tg.grad(lambda w: np.bincount(places, w) @ np.array([1.0, 10.0, 100.0]))(np.ones(3))
    np.testing.assert_array_equal(g, [1, 100, 100])
    with pytest.raises(ValueError, match=r"weights of shape \(2,\) for numbers of shape \(3,\)"):
        np.bincount(places, leaf([1.0, 2.0]))
    with pytest.raises(ValueError):
        np.bincount(np.array([-1, 2]), leaf([1.0, 2.0]))


def test_average_refuses_weights_that_do_not_fit():
    x = leaf(np.ones((2, 3)))
    with pytest.raises(TypeError, match="Say along which axis="):
        np.average(x, weights=np.ones(3))
    with pytest.raises(ValueError, match="do not fit axis 0"):
        np.average(x, axis=0, weights=np.ones(3))
    with pytest.raises(ZeroDivisionError):
        np.average(leaf(), weights=np.zeros(5))


def test_average_takes_lists_of_weights():
    assert float(np.average(leaf(), weights=[1, 2, 3, 4, 5]).data) == np.average(X, weights=W)


def test_perfect_correlation_is_one_and_flat():
    x = np.array([1.0, 2.0, 4.0])
    np.testing.assert_allclose(np.corrcoef(leaf(x), 3 * x + 1).data, np.ones((2, 2)))
    np.testing.assert_allclose(tg.grad(lambda x: np.corrcoef(x, 3 * x + 1)[0, 1])(x), 0, atol=1e-15)
    assert np.corrcoef(leaf(x)).data == 1


def test_covariance_of_float32_is_float64_as_numpys():
    x = X.astype(np.float32)
    assert np.cov(leaf(x)).dtype == np.cov(x).dtype == np.float64
    assert np.cov(leaf(x), dtype=np.float32).dtype == np.float32


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value")
def test_covariance_of_one_observation_is_nan():
    assert np.isnan(np.cov(leaf([2.0])).data)


@pytest.mark.filterwarnings("ignore:divide by zero", "ignore:invalid value", "ignore:Degrees of freedom")
@pytest.mark.parametrize("f", [np.cov, np.corrcoef])
def test_the_spread_of_one_observation_has_the_slope_nan_in_both_modes(f):
    x = np.array([2.0])
    assert np.isnan(tg.grad(f)(x)).all()
    assert np.isnan(tg.jvp(f, (x,), (np.ones(1),))[1])


def test_a_density_may_be_differentiated_by_its_edges():
    edges = np.array([0.0, 0.2, 0.6])
    f = lambda b: np.histogram(leaf([0.1, 0.3, 0.5]), bins=b, density=True)[0]
    np.testing.assert_allclose(tg.jacobian(f)(edges), [[25 / 3, -25 / 3, 0], [0, 25 / 6, -25 / 6]])
    plain = lambda b: np.histogram(np.array([0.1, 0.3, 0.5]), bins=b, density=True)[0]
    np.testing.assert_array_equal(tg.jacobian(plain)(edges), tg.jacobian(f)(edges))


@pytest.mark.parametrize("bins", [[0.0, 0.6, 0.2], [[0.0, 1.0]]])
def test_edges_that_numpy_refuses_are_refused(bins):
    with pytest.raises(ValueError, match="monotonically"):
        np.histogram(leaf(), bins=np.array(bins))
