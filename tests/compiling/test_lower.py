"""Faster words for the same: sums by BLAS, logarithms of products, weighted squares of a matrix."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.compiling.spelling import HELPERS


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_a_matrix_is_summed_by_blas(axis, dtype):
    x = np.linspace(-1, 1, 128 * 40).reshape(128, 40).astype(dtype)
    f = lambda x, y: np.sum(np.sin(x) + y, axis=axis)
    compiled = tg.compile(f)
    np.testing.assert_allclose(compiled(x, x), f(x, x), rtol=100 * np.finfo(dtype).eps, atol=1e3 * np.finfo(dtype).eps)
    assert " @ ones_" in compiled.source or "ones_128_float" in compiled.source
    assert "np.sum" not in compiled.source
    x[3, 5], x[7, 6] = np.nan, np.inf
    with np.errstate(invalid="ignore"):
        np.testing.assert_array_equal(np.isfinite(compiled(x, x)), np.isfinite(f(x, x)))


@pytest.mark.parametrize("f", [lambda x, y: np.sum(x * y, axis=1), lambda x, y: np.sum((x + y) ** 2, axis=1)])
def test_a_sum_of_products_of_rows_is_a_scalar_product(f):
    x = np.linspace(-1, 1, 256 * 10).reshape(256, 10)
    compiled = tg.compile(f)
    np.testing.assert_allclose(compiled(x, x[:, ::-1]), f(x, x[:, ::-1]), rtol=1e-14, atol=1e-15)
    assert "np.vecdot" in compiled.source


def chain(a, x, y):
    z = a * x
    return np.mean(np.log1p(np.exp(-y * z)) + 0.1 * np.tanh(z) ** 2)


N = 300_003
LONG = np.random.default_rng(0).normal(size=N)


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("scale", [1.0, 1e-3, 40.0, 1e4])
def test_a_sum_of_logarithms_is_that_of_products(scale, dtype):
    x, y = (scale * LONG).astype(dtype), np.sign(LONG[::-1]).astype(dtype)
    pair = tg.value_and_grad(chain, (0, 1))
    compiled, a = tg.compile(pair, threads=2), np.asarray(1.5, dtype)
    with np.errstate(over="ignore", invalid="ignore"):
        (value, (slope, inner)), (v, (s, i)) = pair(a, x, y), compiled(a, x, y)
    eps = 20 * np.finfo(dtype).eps
    np.testing.assert_allclose(v, value, rtol=eps)
    np.testing.assert_allclose(s, slope, rtol=1e3 * eps)
    np.testing.assert_allclose(i, inner, rtol=eps, atol=eps / N)
    assert "sum_log1p(" in compiled.source


def sum_log1p():
    """The helper as it is written into modules."""
    inside = {"np": np}
    exec(HELPERS["sum_log1p"], inside)
    return inside["sum_log1p"]


@pytest.mark.parametrize("n", [0, 1, 7, 8, 9, 1000, 1003])
@pytest.mark.parametrize("scale", [1e-300, 1e-17, 1e-5, 1.0, 1e5, 1e40, 1e300])
def test_the_product_of_many_has_their_logarithm(n, scale):
    x = scale * np.random.default_rng(n).exponential(size=n)
    with np.errstate(all="raise", under="ignore"):
        np.testing.assert_allclose(sum_log1p()(x, 1 + x), np.sum(np.log1p(x)), rtol=1e-14)


@pytest.mark.parametrize("bad", [np.nan, np.inf])
@pytest.mark.parametrize("place", [0, 500, 999])
def test_what_is_not_finite_stays_so_in_a_sum_of_logarithms(place, bad):
    x = np.zeros(1000)
    x[place] = bad
    np.testing.assert_array_equal(sum_log1p()(x, 1 + x), bad)


def test_only_sums_of_what_is_not_negative_are_taken_apart():
    f = lambda x: np.sum(np.exp(x) + 2.0 * np.sin(x))
    compiled = tg.compile(tg.value_and_grad(f))
    value, slope = compiled(LONG)
    np.testing.assert_allclose(value, f(LONG), rtol=1e-13)
    np.testing.assert_allclose(slope, np.exp(LONG) + 2.0 * np.cos(LONG), rtol=1e-13, atol=1e-15)
    assert compiled.source.count("np.sum(") == 2  # of a block, and of the blocks


def test_a_forward_pass_alone_keeps_its_sum():
    f = lambda x: np.sum(np.log1p(np.exp(x)))
    compiled = tg.compile(f)
    np.testing.assert_allclose(compiled(LONG), f(LONG), rtol=1e-14)
    assert "sum_log1p" not in compiled.source


def test_the_users_names_do_not_hide_those_of_the_module():
    def f(sum_log1p, ones_30_float64):
        x = np.sum(np.exp(ones_30_float64) + 1.0, axis=1)
        return np.sum(np.log1p(np.exp(sum_log1p))) * np.sum(x)

    pair = tg.value_and_grad(f)
    compiled, y = tg.compile(pair), LONG[:3000].reshape(100, 30)
    for found, expected in zip(compiled(LONG, y), pair(LONG, y), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-13)
    assert "sum_log1p(" in compiled.source
    assert "@ ones_30_float64" in compiled.source
