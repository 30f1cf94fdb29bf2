"""Debugging: who made the NaN, on which line, and why; and whose array was changed too late."""

import threading

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import tensor
from tinygrad_edu.errors import AnomalyError, InPlaceError
from tinygrad_edu.graph import LARGE

pytestmark = pytest.mark.filterwarnings("ignore:.*encountered in:RuntimeWarning")
X = np.array([2.0, 0.5, -1.0])


def told(f, *args):
    """What the error says that `f` raises under `detect_anomaly`."""
    with pytest.raises(AnomalyError) as caught, tg.detect_anomaly():
        f(*args)
    return str(caught.value)


# fmt: off
VALUES = {
    "log of a negative number":  (lambda x: np.log(x - 1),        "log makes nan", "the logarithm of a negative number", "(1,): log(-0.5)"),
    "log of 0":                  (lambda x: np.log(x * 0),        "log makes -inf", "the logarithm of 0",                "(0,): log(0)"),
    "0/0":                       (lambda x: (x - x) / (x - x),    "divide makes nan", "0/0",                             "divide(0, 0)"),
    "a division by 0":           (lambda x: x / (x - x),          "divide makes inf", "a division by 0",                 "divide(2, 0)"),
    "an overflow":               (lambda x: np.exp(1000 * x),     "exp makes inf", "exp overflows",                      "exp(2000)"),
    "a root":                    (lambda x: np.sqrt(x),           "sqrt makes nan", "the square root of a negative",     "(2,): sqrt(-1)"),
    "infinity minus infinity":   (lambda x: x * np.inf - np.inf,  "subtract makes nan", "∞ - ∞",                         "subtract(inf, inf)"),
    "a power":                   (lambda x: x ** 0.5,             "power makes nan", "a power that is no integer",       "power(-1, 0.5)"),
    "arcsin":                    (lambda x: np.arcsin(x),         "arcsin makes nan", "outside [-1, 1]",                 "arcsin(2)"),
    "a product of matrices":     (lambda x: (x * 1e200) @ (x * 1e200), "matmul makes inf", "not finite",               "shape (3,) from -1e+200 to 2e+200"),
}
SLOPES = {
    "a root":      (lambda x: np.sqrt(np.abs(x)),     "the derivative of sqrt is inf", "infinite slope at 0", "(1,): sqrt(0)"),
    "an arc":      (lambda x: np.arcsin(1 - x * x),   "the derivative of arcsin", "infinite slope at ±1",     "(1,): arcsin(1)"),
    "a power":     (lambda x: np.abs(x) ** 0.5,       "the derivative of power is inf", "xʸ has an infinite", "power(0, 0.5)"),
}
# fmt: on


@pytest.mark.parametrize("name", VALUES)
@pytest.mark.parametrize("use", ["gradient", "tangent", "value alone"])
def test_the_operation_that_makes_a_value_infinite_is_named(name, use):
    f, *expected = VALUES[name]
    if name == "infinity minus infinity":
        expected = ["makes", "", ""]  # the infinity comes first
    uses = {
        "gradient": lambda: tg.grad(lambda x: np.sum(f(x)))(X),
        "tangent": lambda: tg.jvp(f, (X,), (X,)),
        "value alone": lambda: f(tg.Tensor(X, requires_grad=True)),
    }
    words = told(uses[use])
    for part in expected:
        assert part in words
    assert "test_anomaly.py" in words  # the line of the program
    assert "What to do: " in words


@pytest.mark.parametrize("name", SLOPES)
def test_the_operation_with_an_infinite_slope_is_named(name):
    f, *expected = SLOPES[name]
    words = told(lambda: tg.grad(lambda x: np.sum(f(x)))(np.array([1.0, 0.0])))
    for part in expected:
        assert part in words


def test_the_first_of_several_operations_is_named():
    def f(x):
        y = np.log(x - 1)  # here
        z = np.sqrt(x - 1)
        return np.sum(y * z + np.exp(1e4 * x))

    words = told(tg.grad(f), X)
    assert "log makes nan" in words and "# here" in words and "in f" in words


def test_a_nan_of_an_input_is_no_fault_of_an_operation():
    assert "was put in: no operation made it" in told(tg.grad(lambda x: np.sum(2 * x)), np.array([np.nan, 1.0]))


def test_a_branch_that_is_not_taken_is_no_anomaly():
    f = lambda x: np.sum(np.where(x > 0, np.log(x), 0))
    with tg.detect_anomaly():
        gradient = tg.grad(f)(X)
        f(tg.Tensor(X, requires_grad=True))
    np.testing.assert_allclose(gradient, [0.5, 2, 0])


def test_a_branch_that_is_not_taken_is_diagnosed_under_strict_ieee():
    f = lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0))
    with tg.strict_ieee():
        words = told(tg.grad(f), np.array([1.0, 0.0]))
    assert "the derivative of sqrt is nan" in words
    assert "in a branch that np.where did not take" in words


def test_minus_infinity_as_a_mask_is_no_anomaly():
    mask = np.array([0, -np.inf, 0])
    with tg.detect_anomaly():
        gradient = tg.grad(lambda x: np.sum(np.exp(x + mask)))(X)
    np.testing.assert_allclose(gradient, np.exp(X + mask))


def test_a_healthy_program_computes_the_same():
    f = lambda x: np.sum(np.sin(x) * np.exp(x))
    with tg.detect_anomaly():
        found = tg.grad(f)(X), tg.hessian(f)(X)
    np.testing.assert_array_equal(found[0], tg.grad(f)(X))
    np.testing.assert_array_equal(found[1], tg.hessian(f)(X))


def test_second_order_anomalies_are_named():
    words = told(tg.hessian(lambda x: np.sum(np.abs(x) ** 1.5)), np.array([1.0, 0.0]))
    assert "the derivative of power" in words


@pytest.mark.parametrize("large", [3, LARGE + 10])
def test_an_array_changed_before_the_pass_is_named(large):
    a, x = np.ones(large), tg.Tensor(np.ones(large), requires_grad=True)

    def compute():
        y = np.sum(x * a)
        a[0] = 7.0
        y.backward()

    with pytest.raises(InPlaceError, match="multiply: argument 1, an array that its derivative needs") as caught:  # noqa: SIM117
        with tg.detect_anomaly():
            compute()
    assert "y = np.sum(x * a)" in str(caught.value) and "a = a.copy()" in str(caught.value)


def test_the_values_of_a_leaf_changed_before_the_pass_are_named():
    x = tg.Tensor(np.ones(3), requires_grad=True)
    with pytest.raises(InPlaceError, match="sin: argument 0"), tg.detect_anomaly():
        y = np.sum(np.sin(x))
        x.data[0] = 5.0
        y.backward()


def test_an_array_that_no_derivative_needs_may_change():
    a, x = np.ones(3), tg.Tensor(np.ones(3), requires_grad=True)
    with tg.detect_anomaly():
        y = np.sum(x + a)
        a[0] = 7.0
        y.backward()
    np.testing.assert_array_equal(x.grad, 1)


def test_other_threads_are_not_watched():
    failures = []

    def work():
        try:
            np.log(tg.Tensor(X, requires_grad=True)).sum().backward()
        except AnomalyError as error:
            failures.append(error)

    with tg.detect_anomaly():
        thread = threading.Thread(target=work)
        thread.start()
        thread.join()
    assert not failures


def test_everything_is_as_before_when_the_session_ends():
    with pytest.raises(AnomalyError), tg.detect_anomaly(), tg.detect_anomaly():
        tg.grad(lambda x: np.sum(np.log(x)))(X)
    assert tensor.LARGE == LARGE
    assert np.isnan(tg.grad(lambda x: np.sum(np.log(x)))(X)[2])


def test_operations_with_several_outputs_are_watched():
    words = told(tg.grad(lambda x: np.sum(np.split(np.log(x), 3)[2])), X)
    assert "log makes nan" in words


# fmt: off
PARAMETERS = {
    "an index":         (np.array([0, 1, 1]),               lambda x, p: x[p]),
    "a mask":           (np.array([True, False, True]),     lambda x, p: x[p]),
    "an assigned mask": (np.array([True, False, True]),     lambda x, p: assigned(x, p)),
    "where=":           (np.array([True, False, True]),     lambda x, p: np.sum(x * x, where=p)),
    "a taken index":    (np.array([0, 1, 1]),               lambda x, p: np.take(x, p)),
}
# fmt: on


def assigned(x, mask):
    y = x * 1
    y[mask] = 0.0
    return y


@pytest.mark.parametrize("name", PARAMETERS)
def test_an_index_or_mask_changed_before_the_pass_is_named(name):
    original, f = PARAMETERS[name]
    parameter = original.copy()
    x = tg.Tensor(np.ones(3), requires_grad=True)
    with pytest.raises(InPlaceError, match="an array that its derivative needs, was changed"), tg.detect_anomaly():
        y = np.sum(f(x, parameter))
        parameter[:] = parameter[::-1].copy() if parameter.dtype != bool else ~parameter
        y.backward()


def test_an_error_that_was_caught_is_not_raised_again():
    with tg.detect_anomaly():
        for start in (np.array([-1.0, 2.0]), np.array([1.0, 2.0])):
            try:
                found = tg.grad(lambda x: np.sum(np.log(x)))(start)
            except AnomalyError:
                continue
    np.testing.assert_array_equal(found, [1.0, 0.5])


def test_the_line_that_takes_in_a_constant_nan_is_named():
    def f(x):
        p = np.array([0.0, 1.0])
        return np.sum(x * (p * np.log(p)))  # takes it in

    words = told(tg.grad(f), np.ones(2))
    assert "multiply takes in a NaN: its argument 1" in words and "# takes it in" in words


def test_a_large_power_of_a_negative_number_overflows():
    with pytest.raises(AnomalyError, match="a power too large"), tg.detect_anomaly():
        tg.grad(lambda x: x**2)(-1e200)
