"""Schedules at their ends and corners (`test_optim_trajectories` compares their middles), and the range test."""

# ruff: noqa: E501

import numpy as np
import pytest

from tinygrad_edu import losses, optim
from tinygrad_edu.errors import DivergenceError, HyperparameterError
from tinygrad_edu.optim import schedules

# fmt: off
ALL = {
    "constant":      schedules.constant(0.5),            "step":         schedules.step(0.5, 3),
    "multi_step":    schedules.multi_step(0.5, [2, 5]),  "piecewise":    schedules.piecewise([3], [0.5, 0.1]),
    "exponential":   schedules.exponential(0.5, 0.9),    "inverse_time": schedules.inverse_time(0.5, 0.1),
    "polynomial":    schedules.polynomial(0.5, 10),      "cosine":       schedules.cosine(0.5, 10),
    "warm_restarts": schedules.warm_restarts(0.5, 4),    "one_cycle":    schedules.one_cycle(0.5, 10),
    "warm_up":       schedules.warm_up(0.5, 4),          "chained":      schedules.chained((0.5, 3), (schedules.cosine(0.5, 4), 4), 0.1),
    "product":       schedules.product(schedules.constant(0.5), schedules.exponential(1.0, 0.9)),
    "plateau":       schedules.Plateau(0.5),
}
# fmt: on


@pytest.mark.parametrize("name", ALL)
def test_a_rate_is_a_number_from_zero_to_the_largest_for_ever(name):
    rates = [ALL[name](k) for k in [*range(40), 10**6]]
    assert all(type(rate) is float for rate in rates)
    assert all(0 <= rate <= 0.5 + 1e-15 for rate in rates)
    assert max(rates) >= 0.4


@pytest.mark.parametrize("name", ALL)
def test_an_algorithm_takes_a_schedule(name):
    rule, point, expected = optim.gradient_descent(ALL[name]), 0.0, 0.0
    state = rule.init(point)
    for k in range(6):
        point, state = rule.update(1.0, state, point)
        expected -= ALL[name](k)
    assert point == pytest.approx(expected)


def test_half_waves_start_at_the_rate_and_end_at_the_end():
    rate = schedules.cosine(0.5, steps=10, end=0.1)
    assert [rate(k) for k in (0, 5, 10, 999)] == pytest.approx([0.5, 0.3, 0.1, 0.1])


def test_one_cycle_has_its_top_and_its_ends():
    rate = schedules.one_cycle(1.0, steps=101, rising=31 / 101)
    assert [rate(0), rate(30), rate(100)] == pytest.approx([1 / 25, 1, 1 / 25 / 1e4])
    assert max(rate(k) for k in range(101)) == rate(30)


@pytest.mark.parametrize(("steps", "rising"), [(2, 0.5), (2, 0.3), (3, 0.0), (2, 0.99)])
def test_the_shortest_cycles_have_rates(steps, rising):
    assert all(0 < schedules.one_cycle(1.0, steps, rising)(k) <= 1 for k in range(5))


def test_restarts_of_one_length_are_periodic_even_far_away():
    rate = schedules.warm_restarts(0.5, steps=7)
    assert rate(7 * 10**12 + 3) == rate(3)


def test_inverse_time_sums_without_end():
    rate = schedules.inverse_time(1.0, 1.0)
    assert [rate(k) for k in range(4)] == [1, 1 / 2, 1 / 3, 1 / 4]


def test_warm_up_leads_into_a_schedules_own_start():
    rate = schedules.warm_up(schedules.exponential(0.4, 0.5), steps=2, start=0.5)
    assert [rate(k) for k in range(5)] == pytest.approx([0.2, 0.3, 0.4, 0.2, 0.1])


def test_a_plateau_is_resumed():
    one = schedules.Plateau(1.0, patience=1)
    for loss in (3.0, 3.0):
        one.report(loss)
    other = schedules.Plateau(1.0, patience=1)
    other.load_state_dict(one.state_dict())
    for rate in (one, other):
        rate.report(3.0)
    assert one(0) == other(0) == pytest.approx(0.1)


def test_a_loss_that_is_not_a_number_is_no_progress():
    rate = schedules.Plateau(1.0, factor=0.5, patience=1)
    for loss in (1.0, np.nan, np.nan):
        rate.report(loss)
    assert rate(0) == 0.5


def test_a_negative_loss_makes_progress_downwards():
    rate = schedules.Plateau(1.0, patience=0, threshold=0.1)
    for loss in (-1.0, -1.2, -1.5):
        rate.report(loss)
    assert (rate(0), rate.best) == (1.0, -1.5)


# fmt: off
WRONG = [
    (lambda: schedules.step(0.1, 0),                     "the number of steps is 0. Expected a whole number, 1 or more"),
    (lambda: schedules.cosine(0, 10),                    "the learning rate is 0. Expected a number above 0"),
    (lambda: schedules.multi_step(0.1, [5, 2]),          "the milestones are [5, 2]. Expected steps in rising order"),
    (lambda: schedules.piecewise([5], [0.1]),            "piecewise: 1 milestones need 2 rates, not 1"),
    (lambda: schedules.warm_restarts(0.1, 5, 0.5),       "the growth is 0.5. Expected 1 or more"),
    (lambda: schedules.chained((0.1, 5)),                "chained: expected pairs (schedule, steps), and then one schedule"),
    (lambda: schedules.Plateau(0.1, factor=1.5),         "the factor is 1.5. Expected a number from 0 to below 1"),
]
# fmt: on


@pytest.mark.parametrize(("make", "words"), WRONG)
def test_a_number_outside_its_range_is_told(make, words):
    with pytest.raises(HyperparameterError) as error:
        make()
    assert words in str(error.value)


# The range test


def test_the_range_test_finds_the_edge_of_stability():
    """Curvature 2 … 10: descent explodes from 2/10 on; the suggestion is below, and not by far."""
    scales = np.array([1.0, 5.0])
    test = optim.learning_rate_test(lambda x: np.sum(scales * x * x), np.ones(2), smallest=1e-4, largest=1e2)
    assert 0.2 < test.rates[-1] < 2
    assert 0.01 < test.suggestion < 0.2
    assert 1e-3 < test.steepest < 0.2
    assert len(test.rates) == len(test.losses) == len(test.smooth)
    assert (test.losses == test.smooth).all()


def test_the_range_test_is_repeated_by_its_seed_and_changes_nothing():
    random = np.random.default_rng(0)
    x = random.standard_normal((40, 3))
    examples, start = (x, x @ np.array([1.0, 2.0, 3.0])), np.zeros(3)
    loss = lambda w, x, y: losses.mean_squared_error(x @ w, y)
    options = {"data": examples, "batch_size": 10, "steps": 50}
    one, again = (optim.learning_rate_test(loss, start, optim.adam(), **options) for _ in range(2))
    assert (one.losses == again.losses).all()
    assert start.tolist() == [0, 0, 0]
    assert not (one.losses == one.smooth).all()
    found = optim.minimize(loss, start, optim.adam(one.suggestion), data=examples, batch_size=10, epochs=200)
    assert found.loss < 1e-2


def test_a_range_test_of_what_overflows_ends_in_numbers():
    test = optim.learning_rate_test(lambda x: np.exp(x * x), 1.0, smallest=1e-3, largest=1e6)
    assert np.isfinite(test.losses).all()


def test_an_algorithm_without_a_rate_has_no_range():
    with pytest.raises(
        HyperparameterError, match="learning_rate_test: Levenberg-Marquardt has no learning rate to test"
    ):
        optim.learning_rate_test(lambda x: x * x, 1.0, optim.levenberg_marquardt(lambda x: x))


def test_an_empty_range_is_told():
    with pytest.raises(HyperparameterError, match=r"the smallest rate is 1, the largest 0\.1"):
        optim.learning_rate_test(lambda x: x * x, 1.0, smallest=1.0, largest=0.1)


def test_a_start_without_a_loss_is_told():
    with pytest.raises(DivergenceError, match="learning_rate_test: at the start the loss is not finite"):
        optim.learning_rate_test(lambda x: np.log(x), -1.0)
