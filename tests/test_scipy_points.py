"""Distances and interpolation are SciPy's; kinks have the subgradient of smallest norm."""

import numpy as np
import pytest
from catalogue.scipy_points_samples import DISTANCES, GRID, TABLE, B

import tinygrad_edu as tg
from tinygrad_edu.errors import NoRuleError
from tinygrad_edu.scipy import interpolate, spatial

scipy_distance = pytest.importorskip("scipy.spatial.distance")
scipy_interpolate = pytest.importorskip("scipy.interpolate")
rng = np.random.default_rng(3)
X, Y = np.array([0.0, 0.7, 1.5, 2.6, 3.4, 4.1]), rng.standard_normal((6, 2))


@pytest.mark.parametrize("sample", DISTANCES, ids=str)
def test_a_distance_equals_scipys(sample):
    expected = getattr(scipy_distance, sample.name)(*sample.args, **sample.params)
    np.testing.assert_allclose(sample.function(*sample.args, **sample.params), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("metric", ["euclidean", "cityblock", "chebyshev", "canberra"])
def test_where_points_meet_the_gradient_of_a_distance_is_zero(metric):
    total = lambda x: np.sum(spatial.distance.cdist(x, B, metric=metric)[0, 0])
    np.testing.assert_array_equal(tg.grad(total)(B[:1]), np.zeros((1, 3)))


def test_a_metric_without_a_formula_is_refused():
    with pytest.raises(NoRuleError, match="'yule' has no formula here"):
        spatial.distance.pdist(B, "yule")


@pytest.mark.parametrize(
    "bc", ["not-a-knot", "natural", "clamped", "periodic", ((1, 0.3), (2, -0.2)), ("natural", "not-a-knot")], ids=str
)
@pytest.mark.parametrize("n", [2, 3, 4, 6])
def test_a_spline_equals_scipys(n, bc):
    x, y = X[:n], np.concatenate([Y[: n - 1], Y[:1]]) if bc == "periodic" else Y[:n]
    values = ([(end[0], np.full(2, end[1])) for end in bc]) if isinstance(bc[0], tuple) else bc
    ours, theirs = interpolate.CubicSpline(x, y, bc_type=bc), scipy_interpolate.CubicSpline(x, y, bc_type=values)
    t = np.linspace(-0.5, 5, 23)
    for nu in range(4):
        np.testing.assert_allclose(ours(t, nu), theirs(t, nu), rtol=1e-10, atol=1e-10)


def test_a_spline_is_silent_outside_if_it_may_not_extrapolate():
    found = interpolate.CubicSpline(X, Y, extrapolate=False)(np.array([-1.0, 1.0, 9.0]))
    np.testing.assert_array_equal(np.isnan(found[:, 0]), [True, False, True])


@pytest.mark.parametrize("method", ["linear", "nearest"])
def test_interpolation_on_a_grid_equals_scipys(method):
    places = rng.uniform(-2, 3, (50, 2))
    params = {"method": method, "bounds_error": False}
    for fill in (np.nan, 7.0, None):
        ours = interpolate.RegularGridInterpolator(GRID, TABLE, fill_value=fill, **params)(places)
        theirs = scipy_interpolate.RegularGridInterpolator(GRID, TABLE, fill_value=fill, **params)(places)
        np.testing.assert_allclose(ours, theirs, atol=1e-13)


def test_a_grid_refuses_places_outside_and_methods_without_a_formula():
    f = interpolate.RegularGridInterpolator(GRID, TABLE)
    with pytest.raises(ValueError, match="out of bounds in dimension 1"):
        f(np.array([[1.0, 5.0]]))
    with pytest.raises(NoRuleError, match="'quintic' has no formula here"):
        f(np.array([[1.0, 0.5]]), method="quintic")
