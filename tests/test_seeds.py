"""What the three texts behind this project say, row by row: each statement runs here.

S01-S09 quote or follow "Reducing Loss: Gradient Descent" (Google, Machine Learning Crash Course, CC BY 4.0), and the
rest two texts that tell the same in other words.
"""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import data, losses, optim


def f(x, y):
    """S01: a multivariable function, e^(2y) sin x."""
    return np.exp(2 * y) * np.sin(x)


def valley(p):
    """S07: 4 + (x − 2)² + 2y²."""
    return 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2


def test_S01_a_multivariable_function_is_written_in_numpy():
    assert f(0.0, 1.0) == 0
    assert f(0.5, -0.25) == math.exp(-0.5) * math.sin(0.5)


@pytest.mark.parametrize("x", [-2.0, 0.0, 0.7])
def test_S02_holding_y_at_1_leaves_a_function_of_x(x):
    derivative = tg.grad(lambda x: f(x, 1.0))(x)
    assert derivative == pytest.approx(math.exp(2) * math.cos(x), rel=1e-15)


@pytest.mark.parametrize(("x", "y"), [(0.0, 1.0), (0.3, -0.7), (-2.0, 0.1), (3.0, 2.0)])
def test_S03_the_partial_derivatives_are_those_of_the_text(x, y):
    assert tg.grad(f, argnums=0)(x, y) == pytest.approx(math.exp(2 * y) * math.cos(x), rel=1e-14)
    assert tg.grad(f, argnums=1)(x, y) == pytest.approx(2 * math.exp(2 * y) * math.sin(x), rel=1e-14)


def test_S04_the_partial_derivative_at_0_1_is_about_7_4():
    derivative = tg.grad(f)(0.0, 1.0)
    assert derivative == math.exp(2)
    assert round(float(derivative), 5) == 7.38906
    assert round(float(derivative), 1) == 7.4


@pytest.mark.parametrize(("nudge", "ratio"), [(0.1, 7.37675), (0.01, 7.38893), (0.001, 7.38905)])
def test_S05_f_changes_by_about_7_4_times_the_nudge(nudge, ratio):
    measured = (f(0.0 + nudge, 1.0) - f(0.0, 1.0)) / nudge
    assert round(float(measured), 5) == ratio
    assert measured == pytest.approx(tg.grad(f)(0.0, 1.0), rel=nudge)


def test_S06_the_gradient_is_the_vector_of_partial_derivatives_in_the_order_of_the_arguments():
    gradient = tg.grad(f, argnums=(0, 1))(0.5, 1.0)
    assert isinstance(gradient, tuple)
    assert gradient == pytest.approx((math.exp(2) * math.cos(0.5), 2 * math.exp(2) * math.sin(0.5)))


def test_S07_descent_ends_at_the_bottom_of_the_valley():
    assert tg.grad(valley)(np.array([-1.0, 2.0])).tolist() == [2 * -1 - 4, 4 * 2]
    result = optim.minimize(valley, np.array([-1.0, 2.0]))
    assert [*result.params, result.loss] == pytest.approx([2, 0, 4], abs=1e-6)


def test_S08_the_gradient_has_as_many_entries_as_there_are_variables():
    assert tg.grad(valley)(np.zeros(2)).shape == (2,)  # in the domain: not 3, although the graph has three axes


def test_S08_the_gradient_points_in_the_direction_of_steepest_increase():
    at = np.array([-1.0, 2.0])
    gradient = tg.grad(valley)(at)
    angles = np.linspace(0, 2 * np.pi, 3601)
    directions = np.column_stack([np.cos(angles), np.sin(angles)])
    heights = np.array([valley(at + 1e-4 * d) for d in directions])
    assert np.linalg.norm(gradient) == 10
    assert directions[heights.argmax()] == pytest.approx(gradient / 10, abs=1e-3)
    assert directions[heights.argmax()] == pytest.approx([-0.6, 0.8], abs=1e-3)
    assert directions[heights.argmin()] == pytest.approx([0.6, -0.8], abs=1e-3)


def test_S09_a_magnitude_of_2_5_and_a_rate_of_0_01_give_a_step_of_0_025():
    gradient = np.array([1.5, 2.0])
    assert np.linalg.norm(gradient) == 2.5
    start = np.array([1.0, 1.0])
    rule = optim.sgd(0.01)
    step = rule.update(gradient, rule.init(start), start)[0] - start
    assert np.linalg.norm(step) == pytest.approx(0.025, rel=1e-12)


def test_S10_a_gradient_of_4_and_minus_1_and_a_rate_of_0_1():
    rule = optim.gradient_descent(0.1)
    after, _ = rule.update(np.array([4.0, -1.0]), rule.init(np.zeros(2)), np.zeros(2))
    assert after.tolist() == [-0.4, 0.1]


def test_S11_the_ideal_rate_in_one_dimension_reaches_the_minimum_of_a_quadratic_in_one_step():
    def quadratic(x):
        return 3 * (x - 5) ** 2 + 1

    rate = 1 / float(tg.hessian(quadratic)(0.0))
    assert rate == 1 / 6
    rule = optim.gradient_descent(rate)
    assert rule.update(tg.grad(quadratic)(0.0), (), 0.0)[0] == pytest.approx(5, abs=1e-14)


def test_S11_elsewhere_it_is_newtons_method_and_takes_several_steps():
    def hanging_chain(x):
        return np.cosh(x / 2)

    points, x = [], 10.0
    for _ in range(7):
        x = x - float(tg.grad(hanging_chain)(x)) / float(tg.hessian(hanging_chain)(x))
        points.append(x)
    assert [round(point, 2) for point in points[:4]] == [8.0, 6.0, 4.01, 2.08]
    assert abs(points[-1]) < 1e-6


def test_S12_the_ideal_rate_in_two_dimensions_is_the_inverse_hessian():
    start = np.array([-1.0, 2.0])
    hessian = tg.hessian(valley)(start)
    assert hessian.tolist() == [[2, 0], [0, 4]]
    assert (start - np.linalg.solve(hessian, tg.grad(valley)(start))).tolist() == [2, 0]


def line(params, features, target):
    return losses.mean_squared_error(features @ params["w"] + params["b"], target)


@pytest.mark.parametrize(("batch_size", "steps"), [(60, 1), (10, 6), (1, 60)])
def test_S13_an_epoch_of_60_examples_takes_as_many_steps_as_there_are_batches(batch_size, steps):
    random = np.random.default_rng(0)
    x = random.uniform(-1, 1, (60, 1))
    examples = x, 3 * x[:, 0] + 1 + 0.1 * random.standard_normal(60)
    result = optim.minimize(
        line, "zeros", optim.sgd(0.1), shapes={"w": 1, "b": ()}, data=examples, batch_size=batch_size, epochs=1
    )
    assert result.steps == steps


def test_S13_the_noise_of_a_batch_falls_as_the_root_of_its_size():
    """A batch of B examples, drawn without repetition from n, estimates the gradient to σ √((1/B) (n − B)/(n − 1))."""
    table = data.load_diabetes()
    x, n, random = data.standardize(table.features).features, len(table), np.random.default_rng(0)
    start = {"w": np.zeros(10), "b": 0.0}
    slope = tg.grad(lambda w, *batch: line({"w": w, "b": 0.0}, *batch))
    full = slope(start["w"], x, table.target)
    each = np.array([slope(start["w"], x[i : i + 1], table.target[i : i + 1]) for i in range(n)])
    assert each.mean(axis=0) == pytest.approx(full)  # the mean of the small estimates is the big average
    sigma = math.sqrt(np.mean(np.sum((each - full) ** 2, axis=1)))
    for size in (1, 10, 100):
        draws = [each[random.choice(n, size, replace=False)].mean(axis=0) for _ in range(400)]
        error = math.sqrt(np.mean([np.sum((draw - full) ** 2) for draw in draws]))
        assert error == pytest.approx(sigma * math.sqrt((n - size) / (n - 1) / size), rel=0.1)


def test_S14_the_squared_loss_of_an_example():
    assert losses.squared_error(3.5, 2.0) == 2.25


def test_S14_the_mean_squared_error_of_two_points_and_its_gradient():
    x, y = np.array([1.0, 2.0]), np.array([2.0, 3.0])

    def mean_squared(w, b):
        return losses.mean_squared_error(w * x + b, y)

    value, gradient = tg.value_and_grad(mean_squared, argnums=(0, 1))(0.0, 0.0)
    assert value == 6.5
    assert gradient == (-8, -5)
