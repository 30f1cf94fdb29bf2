"""The update rules against their formulae, and the descent against the minimum that algebra gives."""

import sys
from itertools import islice

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import data, losses, optim
from tinygrad_edu.errors import (
    DivergenceError,
    GradientError,
    HyperparameterError,
    MissingExtraError,
    ShapeError,
    TreeError,
)
from tinygrad_edu.optim import progress
from tinygrad_edu.optim.curvature import as_vector
from tinygrad_edu.optim.stopping import distance, norm


def bowl(p):
    """4 + (x − 2)² + 2y²: minimum 4 at (2, 0), eigenvalues 2 and 4."""
    return 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2


def linear(params, features, target):
    return losses.mean_squared_error(features @ params["w"] + params["b"], target)


def diabetes():
    """Standardised features, target, and the least-squares loss in closed form."""
    table = data.load_diabetes()
    features = data.standardize(table.features).features
    design = np.column_stack([features, np.ones(len(table))])
    exact = np.linalg.lstsq(design, table.target)[0]
    return features, table.target, losses.mean_squared_error(design @ exact, table.target)


START = np.array([-1.0, 2.0])
LINE = {"w": 10, "b": ()}


# Algorithms


def test_gradient_descent_steps_against_the_gradient():
    rule = optim.gradient_descent(0.5)
    assert rule.update(3.0, rule.init(1.0), 1.0) == (-0.5, ())


def test_sgd_is_the_same_rule():
    assert optim.sgd is optim.gradient_descent


def test_momentum_is_the_heavy_ball():
    rule, w = optim.momentum(0.1, decay=0.9), np.array([1.0, -2.0])
    v = rule.init(w)
    velocity, point = np.zeros(2), w
    for gradient in (np.array([1.0, 2.0]), np.array([-1.0, 0.5]), np.array([0.0, 3.0])):
        velocity = 0.9 * velocity - 0.1 * gradient
        point = point + velocity
        w, v = rule.update(gradient, v, w)
    assert w == pytest.approx(point, abs=1e-15)


def test_momentum_without_decay_is_gradient_descent():
    fast, plain = (list(islice(optim.iterates(bowl, START, rule), 5)) for rule in
                   (optim.momentum(0.1, decay=0.0), optim.gradient_descent(0.1)))  # fmt: skip
    assert all((a.params == b.params).all() for a, b in zip(fast, plain, strict=True))


def test_an_update_changes_nothing_in_place():
    rule, w, gradient = optim.momentum(0.1), np.ones(2), np.ones(2)
    state = velocity, steps = rule.init(w)
    rule.update(gradient, state, w)
    assert w.tolist() == gradient.tolist() == [1, 1]
    assert (velocity.tolist(), steps) == ([0, 0], 0)


def test_parameters_keep_their_structure_and_dtype():
    params = {"layers": [(np.ones((2, 3), np.float32), np.zeros(3, np.float32))], "b": np.float32(1)}
    rule = optim.momentum(0.1)
    after, state = rule.update(params, rule.init(params), params)
    assert after["layers"][0][0].shape == (2, 3)
    assert {leaf.dtype for leaf in (*after["layers"][0], after["b"], state["b"][0])} == {np.dtype(np.float32)}


def test_all_parameters_move_simultaneously():
    """The gradient of w·b at (1, 2) is (2, 1); moving w first would give b the gradient of the new w."""
    rule = optim.gradient_descent(0.5)
    params = {"w": 1.0, "b": 2.0}
    gradient = tg.grad(lambda p: p["w"] * p["b"])(params)
    assert rule.update(gradient, (), params)[0] == {"w": 0.0, "b": 1.5}


@pytest.mark.parametrize("rate", [0, -0.1, np.nan, np.inf, "fast", True, None])
def test_a_learning_rate_is_a_positive_number(rate):
    with pytest.raises(HyperparameterError, match=r"the learning rate is .*\. Expected a number above 0, or 'auto'"):
        optim.gradient_descent(rate)


@pytest.mark.parametrize("decay", [1, -0.1, np.nan])
def test_a_decay_is_below_one(decay):
    with pytest.raises(HyperparameterError, match=r"the decay is .*\. Expected a number from 0 to below 1"):
        optim.momentum(0.1, decay)


def test_an_automatic_rate_waits_for_the_curvature():
    with pytest.raises(HyperparameterError, match="learning_rate='auto' is not a number yet"):
        optim.gradient_descent().init(START)


# Curvature


def test_the_curvature_of_the_bowl_is_that_of_its_hessian():
    bend = optim.curvature(bowl, START)
    assert (bend.smallest, bend.largest) == (pytest.approx(2), pytest.approx(4))
    assert (bend.safe_rate, bend.limit) == (pytest.approx(0.25), pytest.approx(0.5))


def test_the_curvature_of_a_linear_model_is_that_of_its_features():
    features, target, _ = diabetes()
    bend = optim.curvature(linear, optim.zeros(LINE), features, target)
    design = np.column_stack([features, np.ones(len(target))])
    values = np.linalg.eigvalsh(2 * design.T @ design / len(target))
    assert (bend.smallest, bend.largest) == (pytest.approx(values[0]), pytest.approx(values[-1]))


def test_few_products_give_the_largest_of_many_eigenvalues():
    scales = np.linspace(1, 9, 300)
    bend = optim.curvature(lambda x: np.sum(scales * x * x) / 2, np.ones(300))
    assert bend.largest == pytest.approx(9, rel=2e-2)
    assert bend.largest <= 9 * (1 + 1e-12)


def test_a_flat_valley_is_no_bowl():
    bend = optim.curvature(lambda p: (p[0] + p[1]) ** 2, START)  # the same for every p with the same sum
    assert bend.largest == pytest.approx(4)
    assert not bend.is_bowl
    assert optim.momentum().tune(bend).hyperparameters == {"learning_rate": pytest.approx(0.25), "decay": 0.9}


@pytest.mark.parametrize("loss", [lambda p: p[0] + p[1], lambda p: -(p[0] ** 2)])
def test_a_loss_that_does_not_bend_upwards_sets_no_rate(loss):
    with np.errstate(all="ignore"), pytest.raises(HyperparameterError, match="does not bend upwards at the start"):
        optim.minimize(loss, START)
    assert optim.Curvature(0.0, 0.0).limit == np.inf


def test_momentum_tunes_itself_as_polyak_says():
    """With 5 % more than the largest eigenvalue, 9."""
    tuned = optim.momentum().tune(optim.Curvature(1.0, 9.0 / 1.05)).hyperparameters
    assert tuned == {"learning_rate": pytest.approx(4 / 16), "decay": pytest.approx((2 / 4) ** 2)}


def test_momentum_takes_a_valley_for_no_flatter_than_a_run_is_long():
    tuned, flattest = (optim.momentum().tune(optim.Curvature(mu, 1.0)).hyperparameters for mu in (1e-9, 1e-6))
    assert tuned == flattest


def test_momentum_keeps_a_decay_that_was_chosen():
    tuned = optim.momentum(decay=0.5).tune(optim.Curvature(1.0, 9.0)).hyperparameters
    assert tuned == {"learning_rate": pytest.approx(1 / 9), "decay": 0.5}


def test_a_tree_becomes_a_vector_and_back():
    tree = {"w": np.ones((2, 3), np.float32), "b": [1.0, 2]}
    vector, rebuild = as_vector(tree)
    back = rebuild(vector)
    assert vector.shape == (8,)
    assert (back["w"].shape, back["w"].dtype, back["b"][1].dtype) == ((2, 3), np.float32, np.float64)


# Minimising


def test_the_bowl_is_descended_to_its_minimum():
    result = optim.minimize(bowl, START)
    assert result.params == pytest.approx([2, 0], abs=1e-6)
    assert result.loss == pytest.approx(4, abs=1e-12)
    assert result.converged


@pytest.mark.parametrize(("algorithm", "steps"), [(optim.gradient_descent(), 3_200), (optim.momentum(), 200)])
def test_the_diabetes_fit_reaches_least_squares(algorithm, steps):
    features, target, exact = diabetes()
    result = optim.minimize(linear, "zeros", algorithm, shapes=LINE, data=(features, target))
    assert 0 <= result.loss / exact - 1 < 1e-6
    assert result.converged
    assert result.steps < steps


def test_mini_batches_come_near_least_squares_with_fewer_passes():
    features, target, exact = diabetes()
    options = {"shapes": LINE, "data": (features, target), "epochs": 5}
    batches = optim.minimize(linear, "zeros", optim.sgd(0.02), batch_size=10, **options)
    full = optim.minimize(linear, "zeros", optim.sgd(0.02), **options)
    assert batches.steps == 5 * 45
    assert (batches.epochs, full.steps, batches.converged) == (5, 5, False)
    assert batches.reason == "the epochs are used up"
    assert batches.loss < 1.1 * exact < full.loss
    assert len(batches.history.gradient_norms) == 0


def test_the_rate_for_batches_comes_from_the_steepest_batch():
    features, target, _ = diabetes()
    options = {"shapes": LINE, "data": (features, target), "epochs": 1}
    rates = [optim.minimize(linear, "zeros", batch_size=size, **options).algorithm.hyperparameters["learning_rate"]
             for size in (1, 20, None)]  # fmt: skip
    assert rates == sorted(rates)


def test_a_seed_repeats_a_run():
    features, target, _ = diabetes()
    options = {"shapes": LINE, "data": (features, target), "batch_size": 64, "epochs": 2}
    one, again, other = (optim.minimize(linear, "random", optim.sgd(0.01), seed=s, **options).loss for s in (1, 1, 2))
    assert one == again != other


def test_flowers_are_told_apart():
    iris = data.load_iris()
    features = data.standardize(iris.features).features
    is_setosa = (iris.target == 0).astype(float)

    def loss(params, x, y):
        return losses.logistic_loss(x @ params["w"] + params["b"], y)

    result = optim.minimize(loss, "zeros", shapes={"w": 4, "b": ()}, data=(features, is_setosa), epochs=50)
    assert result.history.losses[0] == pytest.approx(np.log(2))
    assert ((features @ result.params["w"] + result.params["b"] > 0) == (is_setosa == 1)).all()


def test_the_history_belongs_to_the_points():
    result = optim.minimize(bowl, START, optim.sgd(0.1), epochs=4, trajectory=True)
    history = result.history
    assert len(history.losses) == len(history.params) == len(history.gradient_norms) == 5
    assert history.losses.tolist() == [bowl(p) for p in history.params]
    assert history.gradient_norms[0] == 10
    assert (history.params[-1] == result.params).all()
    assert optim.minimize(bowl, START, optim.sgd(0.1), epochs=4).history.params == []


def test_no_epochs_leave_the_start():
    result = optim.minimize(bowl, START, optim.sgd(0.1), epochs=0)
    assert (result.steps, result.loss, result.params.tolist()) == (0, 21, [-1, 2])


def test_a_loss_that_ends_at_zero_converges():
    result = optim.minimize(lambda x: x**2, 3.0, optim.sgd(0.1))
    assert result.converged
    assert abs(result.params) < 1e-7


def test_bouncing_from_side_to_side_is_not_converging():
    """At 2/λ the bowl's y flips between −2 and 2 for ever, and the loss stands still at 12."""
    result = optim.minimize(bowl, START, optim.sgd(0.5), epochs=100)
    assert not result.converged
    assert (result.loss, abs(result.params[1])) == (12, 2)


def test_turning_is_not_converging():
    """A light ball on a slow slope stands still for a moment where it turns."""
    result = optim.minimize(lambda x: (x - 1) ** 2, 0.0, optim.momentum(1e-3, decay=0.99))
    assert result.converged
    assert result.params == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize("start", [0, {"x": 1}, [1.0, 2]])
def test_python_numbers_are_a_start(start):
    result = optim.minimize(lambda p: norm_squared(p), start)
    assert result.loss == pytest.approx(0, abs=1e-12)


def test_tensors_are_a_start():
    start = {"x": tg.Tensor([1.0, 2.0], requires_grad=True), "y": tg.Tensor(3.0)}
    result = optim.minimize(lambda p: np.sum(p["x"] ** 2) + p["y"] ** 2, start, optim.sgd(0.25))
    assert type(result.params["x"]) is np.ndarray
    assert result.loss == pytest.approx(0, abs=1e-12)
    assert start["x"].data.tolist() == [1, 2]


def test_one_array_is_data():
    x = np.array([1.0, 2.0, 6.0])
    for data_given in (x, (x,), [x]):
        found = optim.minimize(lambda m, x: np.mean((x - m) ** 2), 0.0, data=data_given)
        assert found.params == pytest.approx(3)
    mean = lambda m, x: np.mean((x - m) ** 2)
    assert optim.minimize(mean, 0.0, optim.sgd(0.1), data=x, batch_size=2, epochs=3).steps == 6


def norm_squared(params):
    return sum(leaf * leaf for leaf in tg.trees.leaves(params))


# Starting points


def test_starting_points_have_the_shapes_that_were_asked_for():
    shapes = {"layers": [(2, 3), 3], "pair": ((2,), ()), "b": ()}
    start = optim.zeros(shapes)
    assert [leaf.shape for leaf in tg.trees.leaves(start)] == [(2, 3), (3,), (2,), (), ()]
    assert not any(leaf.any() for leaf in tg.trees.leaves(start))


def test_random_starts_are_seeded_and_scaled():
    one, again = optim.random((1000,), seed=0, scale=0.1), optim.random((1000,), seed=0, scale=0.1)
    assert (one == again).all()
    assert one.std() == pytest.approx(0.1, rel=0.1)


def test_what_is_no_shape_is_told():
    with pytest.raises(TreeError, match="'wide' is no shape"):
        optim.zeros({"w": "wide"})


# fmt: off
WRONG = [
    ({"start": "zeros"},                   "start='zeros' with shapes=None"),
    ({"start": "ones", "shapes": 2},       "start='ones' with shapes=2. Expected parameters, or 'zeros' or 'random'"),
    ({"algorithm": 0.1},                   "the algorithm is 0.1. Expected an update rule, such as gradient_descent("),
    ({"algorithm": optim.momentum},        "Expected an update rule, such as momentum(0.1)"),
    ({"algorithm": "sgd"},                 "the algorithm is 'sgd'. Expected an update rule, such as gradient_"),
    ({"epochs": -1},                       "epochs is -1. Expected 0 or more"),
    ({"tolerance": -1.0},                  "the tolerance is -1.0. Expected 0"),
    ({"tolerance": np.nan},                "the tolerance is nan"),
    ({"batch_size": 5},                    "batch_size is 5, with 0 arrays of data"),
    ({"batch_size": 0, "data": (START,)},  "batch_size is 0, with 1 arrays of data"),
]
# fmt: on


@pytest.mark.parametrize(("options", "words"), WRONG)
def test_a_dial_outside_its_range_is_told(options, words):
    with pytest.raises(HyperparameterError) as error:
        optim.minimize(bowl, **{"start": START, **options})
    assert words in str(error.value)


# Divergence


def test_a_rate_that_is_too_large_is_told_with_one_that_works():
    with pytest.raises(DivergenceError) as error:
        optim.minimize(bowl, START, optim.sgd(0.6))
    words = str(error.value)
    assert "gradient descent diverged: the loss went from 21 to 1.312e+04 in 11 steps with learning rate 0.6" in words
    assert "It bounces from side to side and climbs out of the bowl: the largest curvature at the start is 4" in words
    assert "must stay below 2/4 = 0.5. Try 0.25, or 'auto'" in words
    assert len(error.value.result.history.losses) == 12
    assert not error.value.result.converged
    assert optim.minimize(bowl, START, optim.sgd(0.25)).converged


def test_a_loss_that_overflows_is_told():
    with pytest.raises(DivergenceError, match=r"the loss went from 21 to inf in \d+ steps with learning rate 1e\+30"):
        optim.minimize(bowl, START, optim.sgd(1e30))


def test_a_loss_that_bends_more_on_the_way_is_told():
    words = r"The curvature at the start allows it, so the loss bends more on the way\. Try 1"
    with pytest.raises(DivergenceError, match=words):
        optim.minimize(lambda x: x**4 / 4 - x, 0.1, optim.sgd(10.0))


@pytest.mark.parametrize("start", [np.nan, 1e200])
def test_a_start_without_a_loss_is_told(start):
    with pytest.raises(DivergenceError, match=r"at the start the loss is (nan|inf).*Choose another start"):
        optim.minimize(lambda x: x * x, start, optim.sgd(0.1))


def linear_without_bias(w, features, target):
    return losses.mean_squared_error(features @ w, target)


@pytest.mark.parametrize("seed", range(20))
def test_momentum_raises_no_false_alarm_on_badly_scaled_columns(seed):
    generator = np.random.default_rng(seed)
    columns = int(generator.integers(2, 60))
    features = generator.standard_normal((100, columns)) * 10 ** generator.uniform(-3, 3, columns)
    target = generator.standard_normal(100) + features @ (generator.standard_normal(columns) / abs(features).max(0))
    options = {"data": (features, target), "epochs": 300}
    found = optim.minimize(linear_without_bias, np.zeros(columns), optim.momentum(), **options)
    assert found.loss < found.history.losses[0]


@pytest.mark.parametrize("share", [0.95, 0.99, 0.999])
def test_a_stable_ball_may_climb_before_it_settles(share):
    """Just below the limit 2(1 + β)/λ the loss first rises a hundredfold; nothing has gone wrong."""
    ball = optim.momentum(share * 2 * (1 + 0.95) / 4, decay=0.95)
    losses_met = optim.minimize(bowl, START, ball, tolerance=0.0, epochs=800).history.losses
    assert 100 < max(losses_met) - 4 <= ball.overshoot * 17
    assert losses_met[-1] - 4 < 1


@pytest.mark.parametrize("decay", [0.5, 0.9, 0.99])
def test_a_ball_that_climbs_for_ever_is_told_its_own_limit(decay):
    limit = 2 * (1 + decay) / 4
    with pytest.raises(DivergenceError) as error:
        optim.minimize(bowl, START, optim.momentum(1.1 * limit, decay))
    words = str(error.value)
    assert "momentum diverged: the loss went from 21 to" in words
    assert f"must stay below 2(1 + {decay})/4 = {limit:.4g}. Try 0.25, or 'auto'" in words
    assert error.value.result.steps < 1_000


def test_who_used_auto_is_not_told_to_use_it():
    def steeper_and_steeper(x):
        return np.cosh(3 * x) - 40 * x

    with pytest.raises(DivergenceError) as error:
        optim.minimize(steeper_and_steeper, 0.0)
    assert "bends more on the way. Try 0.0111" in str(error.value)
    assert "auto" not in str(error.value)


@pytest.mark.parametrize("algorithm", [optim.gradient_descent(), optim.momentum()])
def test_a_start_without_a_loss_is_told_before_its_curvature(algorithm):
    with pytest.raises(DivergenceError, match=r"at the start the loss is nan\. Choose another start"):
        optim.minimize(lambda p: np.log(p), -1.0, algorithm)


def test_an_algorithm_of_ones_own_may_diverge_too():
    uphill = optim.Algorithm("uphill", lambda params: (), lambda g, state, p: (p + g, state))
    with pytest.raises(DivergenceError, match=r"uphill diverged: .* in 10 steps\. Expected a loss that falls"):
        optim.minimize(lambda x: x * x, 1.0, uphill)


def test_stochastic_descent_diverges_with_the_same_report():
    features, target, _ = diabetes()
    with pytest.raises(DivergenceError, match=r"gradient descent diverged: .* with learning rate 1\. .* Try 0\.\d+"):
        optim.minimize(linear, "zeros", optim.sgd(1.0), shapes=LINE, data=(features, target), batch_size=32, epochs=50)


# Lengths


def test_the_length_of_a_tree_is_that_of_one_long_vector():
    assert norm({"w": np.full((2, 2), 2.0), "b": [3.0]}) == 5
    assert distance({"a": 1.0, "b": np.zeros(2)}, {"a": 1.0, "b": np.array([3.0, 4.0])}) == 5


# Progress


class Terminal:
    """A stderr that says it is a terminal, and remembers what it is told."""

    def __init__(self):
        self.text = ""

    def write(self, text):
        self.text += text

    def flush(self):
        pass

    def isatty(self):
        return True


def test_a_bar_that_is_asked_for_goes_to_stderr(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PERIOD", 0.0)
    optim.minimize(bowl, START, progress=True)
    assert "loss" in terminal.text


def test_short_runs_show_no_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    optim.minimize(bowl, START)
    assert terminal.text == ""


def test_long_runs_show_a_bar(monkeypatch):
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(progress, "PATIENCE", 0.0)
    optim.minimize(bowl, START)
    assert "loss" in terminal.text


def test_nothing_is_shown_where_nobody_watches(capsys):
    optim.minimize(bowl, START)
    optim.minimize(bowl, START, progress=False)
    assert capsys.readouterr() == ("", "")


def test_a_bar_needs_rich(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    with pytest.raises(MissingExtraError, match=r'needs rich.*pip install "tinygrad-edu\[progress\]"'):
        optim.minimize(bowl, START, progress=True)


def test_without_rich_a_run_is_silent(monkeypatch):
    monkeypatch.setitem(sys.modules, "rich.console", None)
    monkeypatch.setattr(sys, "stderr", terminal := Terminal())
    assert optim.minimize(bowl, START).converged
    assert terminal.text == ""


@pytest.mark.parametrize("start", [{}, None, [], np.zeros(0)])
def test_a_start_without_a_number_is_refused(start):
    with pytest.raises(HyperparameterError, match="the start holds no number"):
        optim.minimize(lambda p: 0.0, start)


def test_a_loss_that_is_no_function_is_refused():
    with pytest.raises(GradientError, match=r"float is no function. Expected the function itself: minimize\(f, start"):
        optim.minimize(3.0, 1.0)


def test_arrays_of_other_lengths_are_refused_in_full_batches_too():
    loss = lambda p, x, y: np.mean((x @ p - y) ** 2)
    with pytest.raises(ShapeError, match=r"the arrays have \[1, 5\] rows"):
        optim.minimize(loss, np.zeros(2), data=(np.ones((5, 2)), np.ones(1)))


def test_a_start_without_a_loss_names_the_culprit():
    with pytest.raises(DivergenceError, match="the logarithm of a negative number"):
        optim.minimize(lambda w: np.sum(np.log(w)), np.array([-1.0]))
