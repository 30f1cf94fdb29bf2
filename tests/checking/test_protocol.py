"""What custom rules may break besides their numbers: the value of the function, and the linearity of a forward rule."""

import numpy as np
import pytest

import tinygrad_edu as tg

X = np.array([1.0, 2.0])


def cube(forward, slope=lambda x: 3 * x**2):
    """x³, with another forward function."""

    @tg.custom_vjp
    def cubed(x):
        return x**3

    cubed.defvjp(lambda x: (forward(x), x), lambda x, g: (g * slope(x),))
    return cubed


@pytest.mark.parametrize(("forward", "words"), [
    (lambda x: x**2, "its value is 4, and that of cubed itself 8"),
    (lambda x: x**3 * (1 + 1e-8), "its value is 8.00000008, and that of cubed itself 8"),
    (lambda x: np.sum(x**3), "its value has shape (), and that of cubed itself (2,)"),
])  # fmt: skip
def test_a_custom_rule_with_another_value_fails_and_is_named(forward, words):
    report = tg.check(cube(forward), X)
    assert report.verdict == "fail" and "f has one value, recorded or not: " in report.reason
    assert (report.culprit.operation, report.culprit.reason) == ("cubed", words)


def test_another_value_is_told_of_a_gradient_from_anywhere():
    f = cube(lambda x: x**2)
    for vjp in (lambda g, x: tg.vjp(f, x)[1](g), lambda g, x: 3 * g * x**2):
        report = tg.check_vjp(f, (X,), vjp)
        assert report.verdict == "fail" and "is 4 if f is recorded, and 8 if not" in report.reason


def test_a_custom_rule_with_the_same_value_passes():
    assert tg.check(cube(lambda x: x * x * x), X)  # rounded otherwise
    assert tg.check(lambda x: (cube(lambda x: x * x * x)(x) + 1e8) - 1e8, 1e-3 * X, order=1).verdict != "fail"


@pytest.mark.parametrize(("tangent", "words"), [
    (lambda x, t: 2 * x * np.abs(t), "because of absolute"), (lambda x, t: 2 * t**2, "because of power"),
    (lambda x, t: 2 * x * t + 1, "of zeros it does not make zeros"),
])  # fmt: skip
def test_a_forward_rule_that_is_not_linear_fails_and_is_named(tangent, words):
    @tg.custom_jvp
    def square(x):
        return x**2

    square.defjvp(lambda primals, tangents: (primals[0] ** 2, tangent(primals[0], tangents[0])))
    report = tg.check(lambda x: np.sum(square(np.sin(x))), X)
    assert report.verdict == "fail" and words in report.reason
    assert report.culprit.operation == "square" and report.culprit.reason.startswith("its forward rule is not linear")
