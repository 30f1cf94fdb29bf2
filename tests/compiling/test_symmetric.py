"""Symmetric products: half of a Hessian is enough, where no weight can be negative."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.compiling.compiled import Trace
from tinygrad_edu.compiling.passes.signs import Signs
from tinygrad_edu.compiling.program import values_in

R = np.random.default_rng(0)
X, SIGNS = R.normal(size=(300, 20)), np.sign(R.normal(size=300))


def logistic(w, x, y):
    return np.mean(np.log1p(np.exp(-y * (x @ w))))


def poisson(w, x, y):
    return np.sum(np.exp(x @ w) - y * (x @ w))


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("loss", [logistic, poisson])
def test_the_hessian_of_a_loss_by_rows_is_a_product_with_itself(loss, backend):
    exact, compiled = tg.hessian(loss), tg.compile(tg.hessian(loss), backend)
    for scale in (1.0, 0.01):
        w = scale * R.normal(size=20)
        compiled(w, X, SIGNS)
        found = compiled.wait()(w, X, SIGNS)
        np.testing.assert_allclose(found, exact(w, X, SIGNS), rtol=1e-12, atol=1e-13 * np.max(np.abs(found)))
        np.testing.assert_array_equal(found, found.T)
    assert "np.sqrt" in compiled.source or "sqrt" in compiled.source_c


def test_single_precision_stays_single():
    w, x, y = (a.astype(np.float32) for a in (0.1 * R.normal(size=20), X, SIGNS))
    found = tg.compile(tg.hessian(logistic))(w, x, y)
    assert found.dtype == np.float32
    np.testing.assert_allclose(found, tg.hessian(logistic)(w, x, y), rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("scale", [30.0, 100.0, 1e3, 1e5])
def test_rows_that_are_far_off_make_the_hessian_that_they_make_eagerly(scale):
    w = scale * R.normal(size=20)
    exact, compiled = tg.hessian(logistic), tg.compile(tg.hessian(logistic))
    with np.errstate(all="ignore"):
        np.testing.assert_allclose(compiled(w, X, SIGNS), exact(w, X, SIGNS), rtol=1e-8, atol=1e-15)


def test_weights_of_any_sign_are_left_in_the_product():
    loss = lambda w, x: np.sum(np.sin(x @ w))
    compiled, w = tg.compile(tg.hessian(loss)), R.normal(size=20)
    np.testing.assert_allclose(compiled(w, X), tg.hessian(loss)(w, X), rtol=1e-10, atol=1e-12)
    assert "np.sqrt" not in compiled.source


def test_rows_may_be_columns():
    f = tg.compile(lambda x, d: (x @ (np.exp(d) * x).T, tg.grad(np.sum)(d)))
    found, _ = f(X, d := R.normal(size=20))
    np.testing.assert_allclose(found, (X * np.exp(d)) @ X.T, rtol=1e-12, atol=1e-12)
    assert "np.sqrt" in f.source


def is_nonnegative(f, *args):
    program = Trace(f, args, {}, (), "numpy", 1).improved
    return Signs(program.makers).is_nonnegative(next(values_in(program.outputs)))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: np.exp(x) / (1 + np.exp(x)),
        lambda x: x * np.exp(x) * x,
        lambda x: -x * np.abs(x) * (0.0 - 2.0) * x * x * x / 3,
        lambda x: np.log1p(np.square(x) + 1.0),
        lambda x: np.maximum(x, 0.0),
        lambda x: np.logaddexp(x, 0.0),
        lambda x: np.sqrt(x) * np.sum(np.abs(x)),
        lambda x: x / np.exp(x) / x,
    ],
)
def test_what_cannot_be_negative_is_seen(f):
    assert is_nonnegative(f, np.ones(3))


@pytest.mark.parametrize(
    "f",
    [
        lambda x: x,
        lambda x: -np.exp(x),
        lambda x: x * np.exp(x),
        lambda x: np.exp(x) - 1.0,
        lambda x: np.maximum(x, -1.0),
        lambda x: np.minimum(x, 1.0),
        lambda x: np.log(np.exp(x)),
        lambda x: x * x * x,
        lambda x: np.square(x) + x,
        lambda x: np.tanh(x),
        lambda x: np.logaddexp(x, x - 1.0),
    ],
)
def test_what_may_be_negative_is_not_taken_for_positive(f):
    assert not is_nonnegative(f, np.ones(3))
