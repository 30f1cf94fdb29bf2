"""What is looked at: outputs that no other output tells of; and everything that is not finite is found."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.compiling.compiled import Trace
from tinygrad_edu.compiling.finite import is_finite, watched


@pytest.mark.parametrize("bad", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("shape", [(1,), (3, 5), (4096,), (4097,), (100, 100), (2, 3, 4, 5)])
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.complex128])
def test_one_bad_element_is_found_anywhere(shape, dtype, bad):
    y = np.full(shape, -1.5, dtype)
    assert is_finite(y)
    assert is_finite(y.T)
    for place in {0, y.size // 2, y.size - 1}:
        worse = y.copy()
        worse.flat[place] = bad
        assert not is_finite(worse)
        assert not is_finite(worse.T)


def test_numbers_and_what_is_no_float():
    assert is_finite(np.zeros(0))
    assert is_finite(1.0)
    assert is_finite(np.float32(1))
    assert is_finite(np.arange(3))
    assert is_finite(np.array(True))
    assert not is_finite(np.nan)
    assert not is_finite(np.float32(np.inf))
    assert not is_finite(np.complex128(complex(0, np.nan)))
    assert not is_finite(np.array(np.inf))


def looked_at(f, *args):
    return watched(Trace(f, args, {}, (), "numpy", 1).improved)


def test_a_result_that_tells_of_another_is_enough():
    x = np.ones(3)
    assert looked_at(lambda x: (y := np.sin(x), 2 * y + x), x) == ((1,), ())
    assert looked_at(lambda x: (y := np.sin(x), 1 / y), x) == ((0, 1), ())
    assert looked_at(lambda x: (y := np.sin(x), np.tanh(y)), x) == ((0, 1), ())
    assert looked_at(lambda x: (y := np.sin(x), y / x, y), x) == ((1,), ())


def test_of_a_large_product_the_smaller_factor_is_enough():
    f = lambda g, x: (np.sum(h := np.sin(g), axis=0), x.T @ h)
    assert looked_at(f, np.ones((4, 30)), np.ones((4, 50))) == ((0,), (1,))


def test_an_infinite_input_of_a_product_is_seen():
    f = tg.grad(lambda W, x: np.sum(np.tanh(x @ W)))
    compiled = tg.compile(lambda W, x, y: (f(W, x), np.sum(W * 0.0 + y)))
    W, x = np.full((50, 40), 0.1), np.full((3, 50), 0.1)
    compiled(W, x, 1.0)
    x[0, 0] = np.inf
    with np.errstate(all="ignore"):
        np.testing.assert_array_equal(compiled(W, x, 1.0)[0], f(W, x))


def test_a_product_of_what_is_told_of_need_not_be_looked_at():
    f = lambda g, x: (np.sum(h := np.sin(g), axis=0), np.sum(k := np.sin(x)), h.T @ k)
    assert looked_at(f, np.ones((4, 30)), np.ones((4, 50))) == ((0, 1), ())


def test_a_product_that_may_overflow_tells_of_no_other_product():
    f = lambda g, x: (np.sum(h := np.sin(g)), np.sum(k := np.sin(x)), p := h @ k, p @ k)
    assert looked_at(f, np.ones((4, 4)), np.ones((4, 4))) == ((0, 1, 3), ())


USES = {
    "chosen": lambda w, g: np.where(np.all(np.isfinite(g)), w - 0.1 * g, w),
    "replaced": lambda w, g: np.nan_to_num(g),
    "clipped": lambda w, g: np.fmax(g, -1.0),
    "compared": lambda w, g: g >= 0,
    "signs": lambda w, g: w - np.sign(g),
    "a divisor": lambda w, g: w / (1.0 + g),
    "a step": lambda w, g: w - 0.1 * g,
}


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("use", USES)
def test_a_gradient_that_the_results_hide_is_looked_at_too(use):
    root = lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0))
    step = lambda w: USES[use](w, tg.grad(root)(w))
    compiled = tg.compile(step)
    for w in (np.array([1.0, 4.0]), np.array([0.0, 4.0]), np.array([2.0, 0.0])):
        np.testing.assert_array_equal(compiled(w), step(w))
    assert ("np.isfinite(np.sum(" in compiled.source) == (use != "a step")
