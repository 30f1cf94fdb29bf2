"""Faster words for the same: sums by BLAS, logarithms of products, weighted squares of a matrix."""

import numpy as np
import pytest

import tinygrad_edu as tg


@pytest.mark.parametrize("dtype", [np.float64, np.float32])
@pytest.mark.parametrize("axis", [0, 1, -1])
def test_a_matrix_is_summed_by_blas(axis, dtype):
    x = np.linspace(-1, 1, 128 * 40).reshape(128, 40).astype(dtype)
    f = lambda x, y: np.sum(np.sin(x) + y, axis=axis)
    compiled = tg.compile(f)
    np.testing.assert_allclose(compiled(x, x), f(x, x), rtol=100 * np.finfo(dtype).eps, atol=1e3 * np.finfo(dtype).eps)
    assert "np.ones(" in compiled.source
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
