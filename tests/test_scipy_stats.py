"""Densities and probabilities are SciPy's; outside of the support they are constant."""

import numpy as np
import pytest
from catalogue.scipy_stats_samples import CONTINUOUS, DISCRETE, SMOOTH, VECTORS

import tinygrad_edu as tg
from tinygrad_edu.errors import NoRuleError
from tinygrad_edu.scipy import stats

scipy_stats = pytest.importorskip("scipy.stats")
# SciPy mends the last probability, if they do not sum to 1
EXACT = [sample for sample in [*CONTINUOUS, *DISCRETE, *VECTORS] if "multinomial" not in sample.entry]
EVERYWHERE = np.array([-4.0, -1.0, -0.2, 0.0, 0.3, 1.0, 1.7, 6.0, 20.0, np.inf, -np.inf, np.nan])
FAMILIES = {
    stats.norm: (), stats.t: (2.5,), stats.cauchy: (), stats.laplace: (), stats.logistic: (), stats.gumbel_r: (),
    stats.gumbel_l: (), stats.gennorm: (1.7,), stats.expon: (), stats.gamma: (2.2,), stats.chi2: (3.3,),
    stats.pareto: (2.1,), stats.beta: (2.0, 3.0), stats.uniform: (), stats.truncnorm: (-0.5, 1.2),
    stats.bernoulli: (0.3,), stats.binom: (5, 0.3), stats.geom: (0.3,), stats.nbinom: (2.5, 0.4), stats.poisson: (2.2,),
}  # fmt: skip


@pytest.mark.parametrize("sample", EXACT, ids=str)
def test_a_method_equals_scipys(sample):
    _, family, method = sample.entry.split(".")
    expected = getattr(getattr(scipy_stats, family), method)(*sample.args)
    np.testing.assert_allclose(sample.function(*sample.args), expected, rtol=1e-12, atol=1e-13)


@pytest.mark.parametrize("family", FAMILIES, ids=lambda family: family.name)
@pytest.mark.parametrize("loc", [0, 1])
def test_a_family_equals_scipys_in_and_out_of_its_support(family, loc):
    theirs, shapes = getattr(scipy_stats, family.name), FAMILIES[family]
    for method in ["logpmf" if family.discrete else "logpdf", "cdf", "sf", "logcdf", "logsf"]:
        found = getattr(family, method)(EVERYWHERE, *shapes, loc=loc)
        with np.errstate(all="ignore"):
            expected = getattr(theirs, method)(EVERYWHERE, *shapes, loc=loc)
        np.testing.assert_allclose(found, expected, rtol=1e-11, atol=1e-13, err_msg=method)


@pytest.mark.parametrize("name", ["norm", "cauchy", "laplace", "logistic", "gumbel_r", "gumbel_l", "expon", "uniform"])
def test_quantiles_equal_scipys(name):
    q = np.linspace(0, 1, 11)
    for method in ("ppf", "isf"):
        found = getattr(getattr(stats, name), method)(q, 0.5, 2.0)
        np.testing.assert_allclose(found, getattr(getattr(scipy_stats, name), method)(q, 0.5, 2.0), atol=1e-13)


def test_multinomial_equals_scipys():
    x, p = np.array([[1, 2, 0], [3, 0, 0], [1, 1, 0]]), np.array([0.2, 0.5, 0.3])
    np.testing.assert_allclose(stats.multinomial.logpmf(x, 3, p), scipy_stats.multinomial.logpmf(x, 3, p), rtol=1e-13)


@pytest.mark.parametrize("sample", SMOOTH[:3], ids=str)
def test_an_estimated_density_equals_scipys(sample):
    x, data, *weights = sample.args
    expected = scipy_stats.gaussian_kde(data, weights=weights[0] if weights else None, **sample.params)(x)
    np.testing.assert_allclose(sample.function(*sample.args, **sample.params), expected, rtol=1e-12)


def test_the_standard_error_equals_scipys():
    a = np.random.default_rng(1).standard_normal((4, 5))
    for axis in (0, 1, None):
        np.testing.assert_allclose(stats.sem(a, axis=axis), scipy_stats.sem(a, axis=axis), rtol=1e-14)


def test_outside_of_the_support_nothing_flows():
    x = np.array([-1.0, 0.5, 2.0])
    found = tg.grad(lambda v: np.sum(np.exp(stats.beta.logpdf(v, 2.0, 3.0))))(x)
    assert found[0] == found[2] == 0 and np.isfinite(found[1])
    np.testing.assert_array_equal(tg.grad(lambda v: np.sum(stats.expon.cdf(v)))(np.array([-1.0])), [0])


def test_parameters_of_no_distribution_give_nan_and_no_warning():
    assert np.isnan(stats.norm.logpdf(0.0, 0.0, -1.0)) and np.isnan(stats.beta.logpdf(0.5, -1.0, 1.0))
    assert np.isnan(stats.poisson.logpmf(1, -2.0)) and np.isnan(stats.norm.ppf(1.5))


def test_a_frozen_distribution_differentiates_in_its_parameters():
    x = np.array([0.3, 1.2])
    slope = tg.grad(lambda scale: np.sum(stats.norm(0.5, scale=scale).logpdf(x)))(2.0)
    np.testing.assert_allclose(slope, np.sum((x - 0.5) ** 2 / 8 - 0.5), rtol=1e-14)


def test_far_in_the_tail_the_gradient_keeps_its_digits():
    a, b = 30.0, 31.0  # log(Φ(b) - Φ(a)) falls as log Φ(-a) does: by a + 1/a - ...
    slope = tg.grad(lambda v: stats.truncnorm.logpdf(30.5, v, b))(a)
    h = 1e-4
    expected = (scipy_stats.truncnorm.logpdf(30.5, a + h, b) - scipy_stats.truncnorm.logpdf(30.5, a - h, b)) / (2 * h)
    np.testing.assert_allclose(slope, expected, rtol=1e-6)


def test_what_a_family_has_not_is_said():
    with pytest.raises(NoRuleError, match="betabinom has no cdf here, only its density"):
        stats.betabinom.cdf(1, 4, 1.0, 1.0)
    with pytest.raises(TypeError, match="expected the parameters df, loc, scale"):
        stats.t.logpdf(1.0)
    with pytest.raises(AttributeError, match="has no rvs"):
        stats.norm(0, 1).rvs(3)
