"""What a traced value refuses, what it allows, and what the compiled function does where a program cannot."""

import numpy as np
import pytest

import tinygrad_edu as tg

X = np.array([1.0, 2.0])


# --- what is computed again draws the same random numbers -------------------------------------------------------------


@pytest.mark.parametrize("captured", [False, True])
def test_what_is_computed_again_draws_what_an_eager_call_draws(captured):
    f = lambda x, rng: np.sum(np.sqrt(x) * rng.normal(size=2))
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    gradient = tg.grad(lambda x: f(x, one)) if captured else tg.grad(f)
    compiled = tg.compile(gradient)
    args = () if captured else (one,)
    for x in (np.ones(2), np.array([0.0, 4.0]), np.ones(2), np.array([0.0, 1.0])):
        np.testing.assert_array_equal(compiled(x, *args), tg.grad(f)(x, two))
    assert one.bit_generator.state == two.bit_generator.state


def test_what_a_rule_looked_for_is_found_with_the_same_random_numbers():
    f = tg.grad(lambda x, rng: np.sum(np.sort(x) * np.arange(3.0) * rng.normal(size=3)))
    compiled = tg.compile(f)
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    for x in ([3.0, 1.0, 2.0], [2.0, 2.0, 1.0], [1.0, 2.0, 3.0]):
        np.testing.assert_allclose(compiled(np.array(x), one), f(np.array(x), two))
    assert one.bit_generator.state == two.bit_generator.state


def test_an_error_that_the_function_catches_is_caught():
    def inverse(A):
        try:
            return np.linalg.inv(A)
        except np.linalg.LinAlgError:
            return np.linalg.pinv(A)

    def safe(x):
        try:
            return 1.0 / x
        except ZeroDivisionError:
            return 0.0

    compiled = tg.compile(inverse)
    for A in (np.eye(2), np.ones((2, 2))):
        np.testing.assert_array_equal(compiled(A), inverse(A))
    compiled = tg.compile(safe)
    assert [compiled(2.0), compiled(0.0)] == [0.5, 0.0]
