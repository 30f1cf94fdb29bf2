"""Laws of activations, softmax, normalisation, attention and distances that sample rows cannot say."""

import math
import sys

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import functions as nn
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.functions import activations

EXTREME = np.array([-np.inf, -1e4, -100.0, -1.0, -1e-30, 1e-30, 1.0, 100.0, 1e4, np.inf])
ELEMENTWISE = [
    nn.relu, nn.relu6, nn.leaky_relu, nn.elu, nn.selu, nn.celu, nn.gelu, nn.silu, nn.mish, nn.softplus, nn.softsign,
    nn.sigmoid, nn.logsigmoid, nn.hardtanh, nn.hardsigmoid, nn.hardswish, nn.tanhshrink, nn.softshrink, nn.hardshrink,
    nn.squareplus, nn.quick_gelu, nn.sparse_plus, nn.sparse_sigmoid, nn.normal_cdf,
]  # fmt: skip
each_activation = pytest.mark.parametrize("f", ELEMENTWISE, ids=lambda f: f.__name__)


# --- activations ------------------------------------------------------------------------------------------------------


@each_activation
def test_a_list_an_array_and_a_tensor_give_the_same(f):
    x = [-2.0, -0.25, 0.5, 3.5]
    np.testing.assert_array_equal(f(x), f(np.array(x)))
    np.testing.assert_array_equal(f(tg.Tensor(x, requires_grad=True)).data, f(np.array(x)))
    np.testing.assert_array_equal(f(-2.0), f(np.array(x))[0])


@each_activation
def test_an_activation_keeps_float32(f):
    x = np.array([-2.0, 0.5, 7.0], np.float32)
    assert f(x).dtype == np.float32
    assert tg.vjp(f, x)[1](x)[0].dtype == np.float32


@each_activation
def test_large_numbers_give_finite_values_and_slopes(f):
    x = EXTREME[1:-1]
    with np.errstate(under="ignore"):
        value, pull = tg.vjp(f, x)
    assert np.all(np.isfinite(value)) and np.all(np.isfinite(pull(np.ones_like(x))[0]))


@each_activation
def test_nan_passes_through_an_activation(f):
    with np.errstate(invalid="ignore"):  # np.logaddexp warns of NaN
        assert np.isnan(f(np.array([np.nan, 1.0]))[0])


@pytest.mark.parametrize(("f", "slope"), [
    (nn.relu, 0), (nn.relu6, 0), (nn.leaky_relu, 0.01), (nn.elu, 1), (nn.celu, 1), (nn.sigmoid, 0.25), (nn.softsign, 1),
    (nn.hardtanh, 1), (nn.softplus, 0.5), (nn.silu, 0.5), (nn.gelu, 0.5), (nn.tanhshrink, 0), (nn.softshrink, 0),
    (nn.squareplus, 0.5), (nn.logsigmoid, 0.5), (nn.sparse_plus, 0.5),
], ids=lambda v: getattr(v, "__name__", str(v)))  # fmt: skip
def test_slope_at_zero(f, slope):
    np.testing.assert_allclose(tg.grad(f)(0.0), slope, rtol=1e-12)


def test_relu_passes_the_gradient_of_nan_on():
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(nn.relu(x)))(np.array([np.nan, -1.0])), [1.0, 0.0])


def test_a_dead_unit_stays_dead_under_an_infinite_cotangent():
    np.testing.assert_array_equal(tg.vjp(nn.relu, np.array([-1.0, 2.0]))[1](np.array([np.inf, 1.0]))[0], [0.0, 1.0])


def test_logsigmoid_of_large_negative_numbers_keeps_its_digits():
    np.testing.assert_allclose(nn.logsigmoid([-1e4, -50.0, 50.0]), [-1e4, -50.0, -np.exp(-50.0)], rtol=1e-14)


def test_log1mexp_keeps_its_digits_at_both_ends():
    x = np.array([1e-20, 1e-8, 0.5, 40.0, 800.0])
    expected = [math.log(1e-20), math.log(-math.expm1(-1e-8)), math.log1p(-math.exp(-0.5)), -math.exp(-40.0), 0.0]
    np.testing.assert_allclose(nn.log1mexp(x), expected, rtol=1e-14)
    np.testing.assert_allclose(tg.vjp(nn.log1mexp, x)[1](np.ones(5))[0], [1 / np.expm1(v) if v < 700 else 0 for v in x])


def test_the_normal_distribution_needs_no_scipy(monkeypatch):
    x = np.array([-9.0, -1.0, 0.0, 2.0])
    expected = nn.normal_cdf(x)
    monkeypatch.setitem(sys.modules, "scipy.special", None)
    np.testing.assert_allclose(activations._normal_cdf(x), expected, rtol=1e-13)
    assert activations._normal_cdf(x.astype(np.float32)).dtype == np.float32


def test_gelu_refuses_an_unknown_approximation():
    with pytest.raises(ValueError, match="Expected 'none' or 'tanh'"):
        nn.gelu(1.0, approximate="fast")


def test_random_slopes_lie_between_their_bounds():
    x = -np.ones(1000, np.float32)
    y = nn.rrelu(x, 0.1, 0.3, rng=np.random.default_rng(0))
    assert y.dtype == np.float32 and -0.3 <= y.min() < -0.29 and -0.11 < y.max() <= -0.1


def test_glu_refuses_an_odd_length():
    with pytest.raises(ShapeError, match="no two equal halves"):
        nn.glu(np.ones((2, 3)))


# --- softmax ----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [1.0, 1e4])
def test_softmax_sums_to_one_and_its_gradients_to_zero(scale):
    x = scale * np.random.default_rng(0).normal(size=(3, 5))
    y, pull = tg.vjp(nn.softmax, x)
    np.testing.assert_allclose(np.sum(y, axis=1), 1, rtol=1e-14)
    np.testing.assert_allclose(np.sum(pull(x)[0], axis=1), 0, atol=1e-9)


def test_log_softmax_is_the_logarithm_of_softmax():
    x = np.random.default_rng(0).normal(size=(3, 5))
    np.testing.assert_allclose(nn.log_softmax(x, axis=0), np.log(nn.softmax(x, axis=0)), rtol=1e-13)


def test_masked_logits_have_no_gradient():
    x = np.array([[-np.inf, 0.0, 1.0], [1.0, -np.inf, -np.inf]])
    for f in (nn.softmax, nn.logsumexp, lambda x: nn.logsumexp(x, axis=1), lambda x: nn.logsumexp(x, 1, np.ones(3))):
        g = tg.grad(lambda x, f=f: np.sum(np.sin(f(x))))(x)
        assert np.all(np.isfinite(g)) and not np.any(g[np.isinf(x)])


def test_logsumexp_agrees_with_scipy():
    special = pytest.importorskip("scipy.special")
    x, b = np.random.default_rng(0).normal(size=(2, 3, 4)), np.array([1.0, -2.0, 0.0, 3.0])
    for args in [{}, {"axis": 1}, {"axis": (0, 2)}, {"axis": -1, "b": b, "return_sign": True}, {"axis": 0, "b": 2.0},
                 {"axis": 1, "keepdims": True}, {"return_sign": True}]:  # fmt: skip
        for found, expected in zip(np.atleast_1d(nn.logsumexp(x, **args)), np.atleast_1d(special.logsumexp(x, **args)),
                                   strict=True):  # fmt: skip
            np.testing.assert_allclose(found, expected, rtol=1e-13)


def test_an_exponent_of_weight_zero_may_be_huge():
    found = tg.grad(nn.logsumexp)(np.array([1e4, 1.0, 2.0]), None, np.array([0.0, 1.0, 1.0]))
    np.testing.assert_allclose(found, [0, 1 / (1 + math.e), math.e / (1 + math.e)], rtol=1e-13)


def test_logsumexp_at_infinity_shares_evenly_among_the_largest():
    for x, expected in [([-np.inf, -np.inf], [0.5, 0.5]), ([np.inf, 1.0, np.inf], [0.5, 0, 0.5])]:
        np.testing.assert_array_equal(tg.grad(nn.logsumexp)(np.array(x)), expected)


def test_logmeanexp_of_equal_numbers_is_that_number():
    np.testing.assert_allclose(nn.logmeanexp(np.full((2, 3), 1e4), axis=(0, 1)), 1e4)


# --- normalisation and distances --------------------------------------------------------------------------------------

MAPS = np.random.default_rng(1).normal(size=(4, 6, 3, 2)) * 3 + 1


@pytest.mark.parametrize(("f", "axes"), [
    (nn.batch_norm, (0, 2, 3)), (nn.instance_norm, (2, 3)), (lambda x: nn.group_norm(x, 1), (1, 2, 3)),
    (lambda x: nn.layer_norm(x, (6, 3, 2)), (1, 2, 3)), (lambda x: nn.layer_norm(x, 2), -1),
])  # fmt: skip
def test_normalised_data_has_mean_zero_and_variance_one(f, axes):
    y = f(MAPS)
    np.testing.assert_allclose(np.mean(y, axis=axes), 0, atol=1e-12)
    if axes != -1:
        np.testing.assert_allclose(np.var(y, axis=axes), 1, rtol=1e-4)


def test_running_statistics_replace_those_of_the_batch():
    mean, var = np.zeros(6), np.ones(6)
    for _ in range(200):
        mean, var = nn.running_stats(MAPS, mean, var)
    np.testing.assert_allclose(nn.batch_norm(MAPS, mean, var), nn.batch_norm(MAPS), atol=0.2)


@pytest.mark.parametrize(("call", "words"), [
    (lambda: nn.batch_norm(MAPS, mean=np.zeros(6)), "belong together"),
    (lambda: nn.layer_norm(MAPS, 5), "not the end of the data's shape"),
    (lambda: nn.group_norm(MAPS, 4), "do not divide into 4 groups"),
    (lambda: nn.embedding_bag([[0]], MAPS[0, 0], "max", [[1.0]]), "mode='sum'"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(call, words):
    with pytest.raises(ShapeError, match=words):
        call()


@pytest.mark.parametrize("f", [nn.normalize, lambda x: nn.cdist(x, x), lambda x: nn.cdist(x, x, 3.0), nn.pdist,
                               lambda x: nn.renorm(x, 2, 0, 1.0), lambda x: nn.lp_pool1d(x, 2, 2)])  # fmt: skip
def test_a_length_of_zero_has_the_slope_zero(f):
    x = np.array([[0.0, 0.0], [3.0, 4.0], [0.0, 0.0]])
    g = tg.grad(lambda x: np.sum(np.tanh(f(x))))(x)
    assert np.all(np.isfinite(g))
    assert not np.any(np.isnan(tg.jvp(tg.grad(lambda x: np.sum(f(x) ** 2)), (x,), (np.ones_like(x),))[1]))


# --- attention, embedding, dropout ------------------------------------------------------------------------------------


def test_a_query_that_may_look_nowhere_gets_zeros_and_no_gradient():
    q, k, v = np.random.default_rng(0).normal(size=(3, 2, 4))
    mask = np.array([[True, False], [False, False]])
    f = lambda q: nn.dot_product_attention(q, k, v, mask)
    np.testing.assert_array_equal(f(q), [v[0], np.zeros(4)])
    assert not np.any(tg.vjp(f, q)[1](np.ones((2, 4)))[0][1])


def test_causal_attention_does_not_look_ahead():
    x = np.random.default_rng(0).normal(size=(5, 3))
    weights = tg.jacobian(lambda v: nn.dot_product_attention(x, x, v, is_causal=True)[:, 0])(x)[..., 0]
    np.testing.assert_array_equal(weights == 0, ~np.tri(5, dtype=bool))


def test_dropout_keeps_the_mean_and_repeats_with_its_seed():
    x = np.ones((300, 300), np.float32)
    y = nn.dropout(x, 0.3, 5)
    assert y.dtype == np.float32 and abs(y.mean() - 1) < 0.01
    np.testing.assert_array_equal(y, nn.dropout(x, 0.3, np.random.default_rng(5)))
    np.testing.assert_array_equal(tg.vjp(lambda x: nn.dropout(x, 0.3, 5), x)[1](x)[0], y)


def test_dropout_without_a_generator_changes_nothing():
    assert nn.dropout([1.0, 2.0], 0.9) == [1.0, 2.0]


def test_rows_read_twice_get_both_gradients():
    weight = np.zeros((4, 2), np.float32)
    g = tg.vjp(lambda w: nn.embedding([[1, -1], [1, 1]], w), weight)[1](np.ones((2, 2, 2), np.float32))[0]
    np.testing.assert_array_equal(g[:, 0], [0, 3, 0, 1])
    assert g.dtype == np.float32


def test_small_integers_index_large_tables():
    weight = np.ones((100, 50))
    index = np.array([99, -1, 3], np.int8)
    g = tg.grad(lambda w: np.sum(w[index]))(weight)
    np.testing.assert_array_equal(np.flatnonzero(g[:, 0]), [3, 99])
    np.testing.assert_array_equal(g[99], 2)


# --- random numbers ---------------------------------------------------------------------------------------------------


def test_the_mean_of_samples_moves_with_its_parameters():
    square = lambda m, s: np.mean(nn.sample_normal(m, s, np.random.default_rng(0), shape=20_000) ** 2)
    np.testing.assert_allclose(tg.grad(square, (0, 1))(1.5, 2.0), [3.0, 4.0], rtol=0.05)  # m² + s²


def test_gamma_samples_are_exponential_at_1_and_grow_with_the_concentration():
    pytest.importorskip("scipy")
    exponential = nn.sample_gamma(np.ones(8), 0, 3.0)
    np.testing.assert_allclose(exponential, -3 * np.log1p(-np.random.default_rng(0).random(8)), rtol=1e-12)
    slopes = tg.vjp(lambda a: nn.sample_gamma(a, 0), np.full(8, 2.5))[1](np.ones(8))[0]
    assert np.all(slopes > 0)  # the same probability is reached later


def test_samples_are_of_the_kind_of_their_parameters():
    pytest.importorskip("scipy")
    single = np.ones(3, np.float32)
    assert nn.sample_normal(single, single, 0).dtype == nn.sample_gamma(single, 0).dtype == np.float32
    assert nn.sample_normal(0, 1, 0, 5).dtype == nn.sample_normal(single, np.ones(3), 0).dtype == np.float64


# --- the namespace ----------------------------------------------------------------------------------------------------


def test_public_names_are_sorted_and_documented():
    assert nn.__all__ == sorted(set(nn.__all__))
    assert not [name for name in nn.__all__ if not getattr(nn, name).__doc__]
