"""Newton's family, L-BFGS, least squares, line searches: against mathematics, and against what SciPy finds."""

import numpy as np
import pytest
import scipy.optimize

import tinygrad_edu as tg
from tinygrad_edu import data, losses, optim
from tinygrad_edu.errors import DtypeError, HyperparameterError
from tinygrad_edu.optim.lbfgs import direction

BANANA = np.array([-1.2, 1.0])


def random():
    return np.random.default_rng(0)


def rosenbrock(p):
    return np.sum(100 * (p[1:] - p[:-1] ** 2) ** 2 + (1 - p[:-1]) ** 2)


def bowl(p):
    return 4 + (p["x"] - 2) ** 2 + 2 * p["y"] ** 2


def flowers():
    """Standardised features of iris, whether each is versicolor, and the loss with a small penalty."""
    iris = data.load_iris()
    x, y = data.standardize(iris.features).features, (iris.target == 1).astype(float)

    def loss(p, x, y):
        return losses.logistic_loss(x @ p["w"] + p["b"], y) + 1e-3 * np.sum(p["w"] ** 2)

    return loss, {"w": np.zeros(4), "b": np.array(0.0)}, (x, y)


RULES = [optim.newton, optim.damped_newton, optim.newton_cg, optim.lbfgs]


# Newton and the inverse Hessian


@pytest.mark.parametrize("rule", RULES[:2])
def test_a_quadratic_takes_one_step_of_newton(rule):
    """The ideal rate in several dimensions is the inverse Hessian."""
    found = optim.minimize(bowl, {"x": -1.0, "y": 2.0}, rule(), epochs=1)
    assert [*map(float, found.params.values())] == pytest.approx([2, 0], abs=1e-12)


@pytest.mark.parametrize(
    ("rule", "steps"), [(optim.newton, 7), (optim.damped_newton, 22), (optim.newton_cg, 64), (optim.lbfgs, 40)]
)
def test_the_banana_valley_is_walked_to_its_end(rule, steps):
    found = optim.minimize(rosenbrock, BANANA, rule(), epochs=steps)
    assert found.params == pytest.approx([1, 1], abs=1e-6)


@pytest.mark.parametrize("rule", RULES)
def test_the_digits_of_logistic_regression_double(rule):
    loss, start, examples = flowers()
    found = optim.minimize(loss, start, rule(), data=examples, epochs=12 if rule is not optim.lbfgs else 40)
    gradient = tg.grad(loss)(found.params, *examples)
    assert max(np.abs(gradient["w"]).max(), abs(gradient["b"])) < 1e-7
    assert found.params["w"].shape == (4,)


@pytest.mark.parametrize("rule", RULES)
def test_the_minimum_is_left_alone(rule):
    found = optim.minimize(rosenbrock, np.ones(3), rule(), epochs=30)
    assert found.params == pytest.approx(np.ones(3), abs=1e-12)
    assert found.converged


@pytest.mark.parametrize("rule", RULES[1:])
def test_a_thousand_dimensions(rule):
    size = 30 if rule is optim.damped_newton else 1000
    scales = np.geomspace(1, 100, size)
    found = optim.minimize(lambda x: np.sum(scales * (np.cosh(x) - 1)), np.full(size, 2.0), rule(), epochs=90)
    assert found.loss < 1e-9


def test_newton_alone_climbs_to_a_saddle_and_damped_newton_does_not():
    saddle = lambda p: p[0] ** 2 - p[1] ** 2 + p[1] ** 4 / 4
    start = np.array([1.0, 0.1])
    assert optim.minimize(saddle, start, optim.newton()).params == pytest.approx([0, 0], abs=1e-6)
    for rule in (optim.damped_newton(), optim.newton_cg(), optim.lbfgs()):
        assert optim.minimize(saddle, start, rule).loss == pytest.approx(-1)


def test_damped_newton_does_not_overshoot():
    """On √(1 + x²) the jumps of Newton's method grow from |x| > 1 on: x ← −x³."""
    chain = lambda x: np.sqrt(1 + x * x)
    assert abs(optim.minimize(chain, 2.0, optim.newton(), epochs=2).params) > 100
    assert optim.minimize(chain, 2.0, optim.damped_newton()).params == pytest.approx(0, abs=1e-6)


def test_a_singular_hessian_is_told():
    with pytest.raises(HyperparameterError, match="newton: the Hessian is singular"):
        optim.minimize(lambda p: (p[0] + p[1]) ** 2, BANANA, optim.newton())


def test_half_a_newton_step_halves_the_error():
    found = optim.minimize(lambda x: np.sum((x - 3) ** 2), np.zeros(2), optim.newton(0.5), epochs=4)
    assert found.params == pytest.approx(np.full(2, 3 * (1 - 0.5**4)))


@pytest.mark.parametrize("rule", RULES)
def test_parameters_keep_their_dtype(rule):
    start = {"x": np.float32(-1), "y": np.array([2.0], np.float32)}
    found = optim.minimize(lambda p: np.sum((p["x"] - 2) ** 2 + p["y"] ** 2), start, rule())
    assert (found.params["x"].dtype, found.params["y"].dtype) == (np.float32, np.float32)
    assert found.params["x"] == pytest.approx(2, abs=1e-4)


def test_conjugate_gradients_solve_in_as_many_products_as_dimensions():
    matrix = random().standard_normal((6, 6))
    matrix, target = matrix @ matrix.T + np.eye(6), matrix[0]
    assert optim.conjugate_gradients(lambda v: matrix @ v, target, 0.0, 6) == pytest.approx(
        np.linalg.solve(matrix, target)
    )


def test_conjugate_gradients_do_not_follow_what_bends_down():
    indefinite, target = np.diag([1.0, -1.0]), np.array([0.1, 1.0])
    assert optim.conjugate_gradients(lambda v: indefinite @ v, target, 0.0, 9).tolist() == target.tolist()


# L-BFGS


def test_the_two_loops_are_the_formula_of_bfgs():
    """H ← (I − ρ s yᵀ) H (I − ρ y sᵀ) + ρ s sᵀ, with matrices."""
    hessian = np.diag([1.0, 3.0, 9.0, 27.0]) + 0.5
    steps = tuple(random().standard_normal((3, 4)))
    changes = tuple(hessian @ s for s in steps)
    inverse = np.eye(4) * (steps[-1] @ changes[-1]) / (changes[-1] @ changes[-1])
    for s, y in zip(steps, changes, strict=True):
        shear = np.eye(4) - np.outer(s, y) / (s @ y)
        inverse = shear @ inverse @ shear.T + np.outer(s, s) / (s @ y)
    g = np.array([1.0, -2.0, 0.5, 3.0])
    assert direction(g, steps, changes) == pytest.approx(-inverse @ g)


def test_lbfgs_remembers_no_more_than_it_was_told():
    rule = optim.lbfgs(0.1, memory=3, line_search=None)
    x, state = BANANA, rule.init(BANANA)
    for _ in range(9):
        x, state = rule.update(2 * x, state, x)
    assert len(state.steps) == len(state.changes) == 3
    assert state.steps[-1] @ state.changes[-1] == pytest.approx(2 * state.steps[-1] @ state.steps[-1])


def test_lbfgs_needs_two_evaluations_a_step():
    calls = []

    def loss(p):
        calls.append(1)
        return np.sum(np.cosh(p))

    optim.minimize(loss, np.linspace(-1, 1, 5), optim.lbfgs(), epochs=10)
    assert len(calls) <= 2 * 10 + 6


def test_lbfgs_takes_no_more_steps_than_scipys():
    start, reached = random().uniform(-2, 2, 4), []
    options = {"jac": tg.grad(rosenbrock), "method": "L-BFGS-B", "callback": lambda x: reached.append(rosenbrock(x))}
    scipy.optimize.minimize(rosenbrock, start, **options)
    steps = sum(loss > 1e-6 for loss in reached)
    ours = optim.minimize(rosenbrock, start, optim.lbfgs(), epochs=steps + steps // 4)
    assert ours.loss < 1e-6


def test_a_loss_that_is_not_finite_far_away_only_shortens_the_step():
    with np.errstate(all="ignore"):
        for rule in (optim.lbfgs(10.0), optim.lbfgs(10.0, line_search="backtracking"), optim.damped_newton()):
            found = optim.minimize(lambda x: x - np.log(x), np.array(0.1), rule)
            assert found.params == pytest.approx(1, abs=1e-5)


# Line searches


PHIS = {
    "parabola": (lambda t: (t - 3) ** 2, lambda t: 2 * (t - 3)),
    "steep": (lambda t: np.exp(20 * t) - 40 * t, lambda t: 20 * np.exp(20 * t) - 40),
    "far": (lambda t: -t / (t * t + 2), lambda t: (t * t - 2) / (t * t + 2) ** 2),
    "wavy": (lambda t: np.cos(3 * t) / 3 + 0.1 * t * t - t, lambda t: -np.sin(3 * t) + 0.2 * t - 1),
    "quartic": (lambda t: (t - 1) ** 4, lambda t: 4 * (t - 1) ** 3),
}


@pytest.mark.parametrize("flatten", [0.1, 0.9])
@pytest.mark.parametrize("first", [1e-3, 1.0, 1e3])
@pytest.mark.parametrize("name", PHIS)
def test_a_strong_wolfe_step_falls_and_flattens(name, first, flatten):
    phi, slope = PHIS[name]
    with np.errstate(over="ignore"):
        t, value, bend = optim.strong_wolfe(lambda t: (phi(t), slope(t)), phi(0.0), slope(0.0), first, flatten=flatten)
    assert t > 0
    assert value == phi(t) <= phi(0.0) + 1e-4 * t * slope(0.0)
    assert abs(bend) <= flatten * abs(slope(0.0))


def test_a_line_without_end_is_followed_as_far_as_the_trials_last():
    assert optim.strong_wolfe(lambda t: (-t, -1.0), 0.0, -1.0, trials=5).t == 4**4


def test_a_search_that_finds_nothing_stays():
    assert optim.strong_wolfe(lambda t: (np.nan, np.nan), 0.0, -1.0).t == 0
    assert optim.backtracking(lambda t: np.inf, 0.0, -1.0) == 0


@pytest.mark.parametrize("name", PHIS)
def test_backtracking_takes_the_first_half_that_falls(name):
    phi, slope = PHIS[name]
    with np.errstate(over="ignore"):
        t = optim.backtracking(phi, phi(0.0), slope(0.0), first=64.0)
        assert phi(t) <= phi(0.0) + 1e-4 * t * slope(0.0)
        assert t == 64 or phi(2 * t) > phi(0.0) + 1e-4 * 2 * t * slope(0.0)


# Least squares


def decay(p, x, y):
    return p["a"] * np.exp(-p["b"] * x) + p["c"] - y


X = np.linspace(0, 4, 30)
NOISY = 3 * np.exp(-1.3 * X) + 0.5 + 0.05 * random().standard_normal(30)
FAR = {"a": 1.0, "b": 1.0, "c": 0.0}


@pytest.mark.parametrize("rule", [optim.gauss_newton, optim.levenberg_marquardt])
def test_a_curve_is_fitted_as_scipy_does(rule):
    theirs = scipy.optimize.least_squares(
        lambda v: decay(dict(zip("abc", v, strict=True)), X, NOISY), [1, 1, 0], xtol=1e-14
    )
    ours = optim.minimize(optim.half_squares(decay), FAR, rule(decay), data=(X, NOISY), epochs=40)
    assert [*map(float, ours.params.values())] == pytest.approx(theirs.x, rel=1e-6)
    assert ours.loss == pytest.approx(theirs.cost)


@pytest.mark.parametrize("rule", [optim.gauss_newton, optim.levenberg_marquardt])
def test_a_linear_model_takes_hardly_more_than_a_step(rule):
    table = data.load_diabetes()
    x, y = data.standardize(table.features).features, table.target
    residuals = lambda w, x, y: x @ w - y
    exact = np.linalg.lstsq(x, y)[0]
    found = optim.minimize(optim.half_squares(residuals), np.zeros(10), rule(residuals), data=(x, y), epochs=4)
    assert found.params == pytest.approx(exact, rel=1e-6, abs=1e-6)


def test_levenberg_and_marquardt_keep_on_their_leash():
    """From here the full step of Gauss overshoots by far; every step of theirs makes the loss smaller."""
    far = {"a": 10.0, "b": 0.0, "c": 5.0}
    found = optim.least_squares(decay, far, data=(X, NOISY), epochs=60)
    assert found.loss == pytest.approx(optim.least_squares(decay, FAR, data=(X, NOISY)).loss)
    assert all(after <= before for before, after in zip(found.history.losses, found.history.losses[1:], strict=False))


def test_parameters_that_do_not_matter_stay():
    residuals = lambda p, x: p["used"] * x - 2 * x
    found = optim.least_squares(residuals, {"used": 0.0, "unused": 7.0}, data=(X,))
    assert found.params == {"used": pytest.approx(2), "unused": pytest.approx(7)}


def test_more_parameters_than_residuals_find_one_of_the_fits():
    residuals = lambda p, t: np.stack([p[0] + p[1] + p[2], p[0] - p[1]]) - t
    for rule in (optim.gauss_newton, optim.levenberg_marquardt):
        found = optim.minimize(optim.half_squares(residuals), np.ones(3), rule(residuals), data=np.array([6.0, 1.0]))
        assert found.loss == pytest.approx(0, abs=1e-12)


def test_units_make_no_difference_to_levenberg_and_marquardt():
    in_millis = lambda p, x, y: decay({**p, "b": p["b"] / 1000}, x, y)
    one = optim.least_squares(decay, FAR, data=(X, NOISY), epochs=5)
    other = optim.least_squares(in_millis, {**FAR, "b": 1000.0}, data=(X, NOISY), epochs=5)
    assert other.params["b"] == pytest.approx(1000 * one.params["b"], rel=1e-9)


# SciPy's own minimisers take our functions as they stand


@pytest.mark.parametrize("method", ["BFGS", "L-BFGS-B", "CG", "TNC", "SLSQP"])
def test_scipy_takes_value_and_grad_as_it_stands(method):
    found = scipy.optimize.minimize(tg.value_and_grad(rosenbrock), BANANA, jac=True, method=method)
    assert found.x == pytest.approx([1, 1], abs=1e-3)


def test_scipy_takes_hessians_and_products_too():
    options = {"jac": tg.grad(rosenbrock), "method": "trust-exact", "hess": tg.hessian(rosenbrock)}
    assert scipy.optimize.minimize(rosenbrock, BANANA, **options).x == pytest.approx([1, 1], abs=1e-6)
    product = lambda x, v: tg.hvp(rosenbrock, (x,), (v,))
    found = scipy.optimize.minimize(rosenbrock, BANANA, jac=tg.grad(rosenbrock), method="Newton-CG", hessp=product)
    assert found.x == pytest.approx([1, 1], abs=1e-4)


def test_scipy_passes_the_data_on():
    loss = lambda w, x, y: np.mean((x @ w - y) ** 2)
    x, y = random().standard_normal((20, 3)), np.sin(np.arange(20.0))
    found = scipy.optimize.minimize(tg.value_and_grad(loss), np.zeros(3), args=(x, y), jac=True)
    assert found.x == pytest.approx(np.linalg.lstsq(x, y)[0], abs=1e-4)


# Batches, and words


@pytest.mark.parametrize("rule", [optim.damped_newton, optim.newton_cg, optim.lbfgs])
def test_batches_have_losses_of_their_own(rule):
    loss, start, examples = flowers()
    found = optim.minimize(loss, start, rule(), data=examples, batch_size=75, epochs=4)
    assert found.loss < 0.6 < found.history.losses[0]


@pytest.mark.parametrize("rule", [optim.newton(), optim.lbfgs(), optim.levenberg_marquardt(decay)])
def test_an_algorithm_that_is_not_bound_says_so(rule):
    with pytest.raises(HyperparameterError, match=r"asks the loss for more than its gradient\. Expected it bound"):
        rule.update(BANANA, rule.init(BANANA), BANANA)


def test_complex_parameters_have_no_second_order():
    with pytest.raises(DtypeError, match=r"take real parameters\. Expected real and imaginary parts apart"):
        optim.minimize(lambda z: np.sum(np.abs(z) ** 2), np.array([1 + 1j]), optim.lbfgs())
