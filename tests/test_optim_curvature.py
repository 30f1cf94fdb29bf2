"""What a learning rate does is told by the curvature, and done by the descent: the two agree."""

from itertools import islice

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import data, losses, models, optim
from tinygrad_edu.errors import DivergenceError, HyperparameterError
from tinygrad_edu.optim import Curvature


def bowl(p):
    return 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2


def steps_walked(loss, start, rate, goal, shrink, most=350):
    """How many steps of gradient descent bring the error to this share of the first one; infinite if none do."""
    rule = optim.gradient_descent(rate)
    for k, point in enumerate(islice(optim.iterates(loss, start, rule), most)):
        if np.abs(point.params - goal).max() <= shrink * np.abs(start - goal).max() * (1 + 1e-12):
            return k
    return np.inf


# Google's exercise; curvature and share are fitted to the published counts, which leave them open
OLD = 1 / 1.6, 0.0055, {0.1: 81, 1.0: 6, 4.0: np.inf, 1.6: 1}
NEW = 3.3, 0.016, {0.03: 40, 0.1: 11, 1.0: np.inf, 0.3: 1}


@pytest.mark.parametrize(("bend", "shrink", "published"), [OLD, NEW])
def test_googles_exercise_takes_the_published_steps(bend, shrink, published):
    def parabola(w):
        return bend * (w - 5) ** 2 / 2

    measured = optim.curvature(parabola, 1.0)
    for rate, count in published.items():
        assert measured.steps(rate, shrink) == count
        assert steps_walked(parabola, 1.0, rate, 5.0, shrink) == count


def test_googles_goldilocks_rate_is_one_over_the_curvature():
    assert optim.ideal_rate(lambda w: (w - 5) ** 2 / 3.2, 0.0) == pytest.approx(1.6)
    result = optim.minimize(lambda w: (w - 5) ** 2 / 3.2, 0.0, trajectory=True)
    assert result.algorithm.hyperparameters == {"learning_rate": pytest.approx(1.6)}
    assert result.history.params[1] == pytest.approx(5, abs=1e-12)


@pytest.mark.parametrize("rate", [0.01, 0.1, 0.25, 1 / 3, 0.4, 0.49, 0.5, 0.6])
@pytest.mark.parametrize("shrink", [0.5, 0.1, 1e-3])
def test_the_steps_that_are_foretold_are_those_that_are_walked(rate, shrink):
    """From a point whose errors along both axes are equal, the slower of the two decides."""
    foretold = optim.curvature(bowl, np.zeros(2)).steps(rate, shrink)
    assert steps_walked(bowl, np.array([1.0, 1.0]), rate, np.array([2.0, 0.0]), shrink) == foretold


def test_the_condition_number_tells_the_price_of_a_digit():
    bend = Curvature(1.0, 1000.0)
    assert bend.condition == 1000
    assert bend.best_rate == 2 / 1001
    assert bend.steps() == np.ceil(np.log(10) / np.log(1001 / 999)) == 1152
    assert bend.steps(bend.safe_rate) > 1.9 * bend.steps()
    assert Curvature(4.0, 4.0).steps() == 1


def test_no_other_rate_is_better_than_the_best():
    bend = Curvature(1.0, 25.0)
    counts = [bend.steps(rate, 1e-6) for rate in np.linspace(0.01, 0.079, 50)]
    assert min(counts) >= bend.steps(shrink=1e-6)


def test_what_is_no_bowl_takes_for_ever():
    for bend in (Curvature(0.0, 4.0), Curvature(-1.0, 4.0)):
        assert (bend.condition, bend.steps(0.1)) == (np.inf, np.inf)
        assert bend.best_rate == bend.safe_rate == 0.25


# fmt: off
WORDS = [
    (0.01, "0.01 is far below 1/λ = 0.25: small steps, all in one direction"),
    (0.2,  "0.2 is below 1/λ = 0.25: good steps, all in one direction"),
    (0.25, "0.25 is 1/λ: one step to the minimum along the steepest direction"),
    (0.4,  "0.4 is between 1/λ = 0.25 and 2/λ = 0.5: the point overshoots, and settles from side to side"),
    (0.5,  "0.5 is 2/λ: the point bounces from side to side for ever"),
    (0.6,  "0.6 is beyond 2/λ = 0.5: the point bounces from side to side and climbs out of the bowl"),
]
# fmt: on


@pytest.mark.parametrize(("rate", "words"), WORDS)
def test_a_rate_is_described(rate, words):
    assert optim.curvature(bowl, np.zeros(2)).describe(rate) == words


def test_a_rate_without_a_bowl_is_described():
    assert Curvature(4.0, 4.0).describe(0.25) == "0.25 is 1/λ: one step to the minimum"
    assert "does not bend upwards" in Curvature(-1.0, -1.0).describe(0.1)


def test_what_cannot_be_foretold_is_told():
    for shrink in (0, 1, np.nan, -1):
        with pytest.raises(HyperparameterError, match="Expected a share between 0 and 1"):
            Curvature(1.0, 2.0).steps(0.1, shrink)
    with pytest.raises(HyperparameterError, match=r"the learning rate is -1\. Expected a number above 0"):
        Curvature(1.0, 2.0).describe(-1)


# The ideal rate


def test_the_inverse_hessian_takes_a_quadratic_to_its_minimum_in_one_step():
    random = np.random.default_rng(0)
    x, y = random.standard_normal((20, 3)), random.standard_normal(20)

    def loss(p, x, y):
        return losses.mean_squared_error(x @ p["w"] + p["b"], y)

    start = {"b": 2.0, "w": np.ones(3)}
    rate = optim.ideal_rate(loss, start, x, y)
    gradient = tg.grad(loss)(start, x, y)
    moved = np.array([2.0, 1, 1, 1]) - rate @ np.array([gradient["b"], *gradient["w"]])
    exact = np.linalg.lstsq(np.column_stack([np.ones(20), x]), y)[0]
    assert moved == pytest.approx(exact)


@pytest.mark.parametrize("loss", [lambda x: -(x**2), lambda x: 3 * x, lambda x: x**3, lambda x: np.log(x)])
def test_where_nothing_bends_upwards_there_is_no_ideal_rate(loss):
    with np.errstate(all="ignore"), pytest.raises(HyperparameterError, match="leads to a top, a saddle or nowhere"):
        optim.ideal_rate(loss, 0.0)


def test_a_saddle_has_no_ideal_rate():
    with pytest.raises(HyperparameterError, match="the smallest eigenvalue of the Hessian is -2"):
        optim.ideal_rate(lambda p: p[0] ** 2 - p[1] ** 2, np.zeros(2))


# Large parameters


def test_the_curvature_of_a_network_is_measured_without_its_hessian():
    """4,810 parameters: the Hessian would have 23 million numbers. The descent confirms the limit."""
    table = data.load_digits().take(slice(0, 100))
    x, y = table.features / 16, table.target.astype(int)
    loss = models.loss_of(lambda p, x: models.mlp(p, x, np.tanh), losses.cross_entropy)
    start = models.start_mlp((64, 64, 10))
    bend = optim.curvature(loss, start, x, y)
    direction = np.random.default_rng(0)
    for _ in range(5):
        v = tg.trees.tree_map(lambda p: direction.standard_normal(p.shape), start)
        product = tg.hvp(lambda p: loss(p, x, y), (start,), (v,))
        lengths = [sum(np.vdot(a, b) for a, b in zip(tg.trees.leaves(v), tg.trees.leaves(u), strict=True))
                   for u in (v, product)]  # fmt: skip
        assert bend.smallest <= lengths[1] / lengths[0] <= bend.largest * (1 + 1e-6)


def test_automatic_rates_go_down_and_twice_the_limit_climbs():
    table = data.load_diabetes()
    x = data.standardize(table.features).features
    loss = models.loss_of(models.linear, losses.mean_squared_error)
    start = models.start_linear(10)
    limit = optim.curvature(loss, start, x, table.target).limit
    for rule in (optim.gradient_descent(), optim.momentum(), optim.nesterov(), optim.gradient_descent(0.99 * limit)):
        found = optim.minimize(loss, start, rule, data=(x, table.target), epochs=100)
        assert found.loss < 0.2 * found.history.losses[0]
    with pytest.raises(DivergenceError, match="bounces from side to side and climbs out of the bowl"):
        optim.minimize(loss, start, optim.gradient_descent(1.01 * limit), data=(x, table.target), epochs=5000)


def test_the_range_test_takes_what_minimize_takes():
    table = data.load_diabetes().take(slice(0, 100))
    loss = models.loss_of(lambda p, x: x @ p, losses.mean_squared_error)
    one, other = (optim.learning_rate_test(loss, np.zeros(10), data=d, steps=9).losses
                  for d in (table, [table.features, table.target]))  # fmt: skip
    assert (one == other).all()
