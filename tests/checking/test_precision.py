"""What narrow floats lose is not held against a rule; what a rule loses in narrow floats alone is."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import functions as nn
from tinygrad_edu.extend import elementwise

CANCELLING = {
    "tanh": np.tanh, "sigmoid": nn.sigmoid, "softplus": nn.softplus, "1 - cos": lambda x: 1 - np.cos(x),
    "expm1": np.expm1, "log_softmax": nn.log_softmax, "sqrt(1 + x²) - 1": lambda x: np.sqrt(1 + x * x) - 1,
    "var": np.var,
}  # fmt: skip


@pytest.mark.parametrize("dtype", ["f4", "f2"])
@pytest.mark.parametrize("f", CANCELLING.values(), ids=CANCELLING.keys())
def test_rounding_of_narrow_floats_is_no_failure(f, dtype):
    for x in (np.array(7.125, dtype), np.array([7.125, -8.5, 0.3, 1e-3], dtype)):
        assert tg.check(f, x, order=1).verdict != "fail"


def test_digits_lost_to_float32_pass_with_their_numbers():
    report = tg.check(np.tanh, np.array(7.125, "f4"))
    assert report
    row = next(row for row in report.rows if row.where == "in its own precision")
    assert "∂/∂x is" in row.reason
    assert "in float32, but" in row.reason


@pytest.mark.parametrize("factor", [1.1, 1.001, 0.0])
def test_a_rule_that_is_wrong_in_float32_alone_is_named(factor):
    rule = lambda g, y, x: g * (1 - y * y) * (factor if x.dtype == np.float32 else 1)
    wrong = elementwise(lambda x: np.tanh(x), rule)
    report = tg.check(lambda x: np.sum(wrong(x) ** 2), np.array([0.3, -0.7, 7.0], "f4"))
    assert (report.verdict, report.culprit.operation) == ("fail", "<lambda>")


def test_a_vjp_that_is_wrong_in_float32_alone_fails_without_a_record():
    x = np.array([0.3, -0.7, 1.5], "f4")
    vjp = lambda g, x: g * np.cos(x) * (1.01 if x.dtype == np.float32 else 1)
    assert tg.check_vjp(np.sin, (x,), vjp).verdict == "fail"
    assert tg.check_vjp(np.tanh, (np.array([7.125, 9.0], "f4"),), lambda g, x: g * (1 - np.tanh(x) ** 2))


def test_what_overflows_in_float16_is_inconclusive():
    report = tg.check(lambda x: np.std(x), np.linspace(0, 1000, 50).astype("f2"), order=1)
    assert report.reason == "in its own precision: it overflows there, where float64 does not"


@pytest.mark.parametrize("n", [6, 8, 10])
def test_a_solve_with_a_constant_matrix_errs_by_its_condition(n):
    hilbert = 1 / (np.arange(n)[:, None] + np.arange(n) + 1.0)
    f = lambda b: np.linalg.solve(hilbert, b)
    assert tg.check(f, np.ones(n), order=1).verdict != "fail"
    assert tg.check_vjp(f, (np.ones(n),), lambda g, b: np.linalg.solve(hilbert.T, g)).verdict != "fail"
    wrong = lambda g, b: np.linalg.solve(hilbert.T, g) * (1 + 1e-2)
    assert n == 10 or tg.check_vjp(f, (np.ones(n),), wrong).verdict == "fail"
