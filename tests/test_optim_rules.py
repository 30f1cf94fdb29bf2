"""The rules against their formulae, and against one another: the famous ones are special cases of general ones."""

# ruff: noqa: E501

from functools import partial

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import optim
from tinygrad_edu.errors import HyperparameterError, TreeError
from tinygrad_edu.optim.in_place import move
from tinygrad_edu.optim.stages import first_memory
from tinygrad_edu.trees import leaves

RANDOM = np.random.default_rng(0)
START = {"w": RANDOM.standard_normal((3, 4)), "b": RANDOM.standard_normal(4)}
GRADIENTS = [{"w": RANDOM.standard_normal((3, 4)), "b": RANDOM.standard_normal(4)} for _ in range(6)]

# fmt: off
RULES = {
    "gradient_descent": optim.gradient_descent(0.1),  "momentum":   optim.momentum(0.1),   "nesterov": optim.nesterov(0.1),
    "adagrad":          optim.adagrad(),              "adadelta":   optim.adadelta(),      "rmsprop":  optim.rmsprop(),
    "rmsprop centered": optim.rmsprop(centered=True, momentum=0.5),
    "adam":             optim.adam(),                 "adamw":      optim.adamw(),         "amsgrad":  optim.amsgrad(),
    "adamax":           optim.adamax(),               "nadam":      optim.nadam(),         "radam":    optim.radam(),
    "rprop":            optim.rprop(),                "lion":       optim.lion(),          "lamb":     optim.lamb(),
    "adafactor":        optim.adafactor(),            "muon":       optim.muon(),          "asgd":     optim.asgd(),
    "schedule_free":    optim.schedule_free(0.1),     "schedule_free_adamw": optim.schedule_free_adamw(),
    "clipped":          optim.chain(optim.clip_by_norm(1.0), optim.clip_by_value(0.3), optim.adam()),
    "clipped each":     optim.chain(optim.clip_each_by_norm(1.0), optim.decay_weights(0.1), optim.adam()),
    "clipped late":     optim.chain(optim.moments(), optim.clip_by_norm(1.0), optim.descend(0.1)),
    "biases spared":    optim.chain(optim.moments(), optim.decay_weights(0.1, lambda p: np.ndim(p) > 1), optim.descend(0.1)),
    "scheduled":        optim.adam(optim.schedules.cosine(0.1, 4)),
    "lbfgs":            optim.lbfgs(line_search=None),
    "accumulate":       optim.accumulate(optim.adam(), 2),
    "grouped":          optim.grouped({"w": optim.adam(), "b": optim.gradient_descent(0.1)}),
}
# fmt: on
every_rule = pytest.mark.parametrize("name", RULES)


def walked(rule, params=START, gradients=GRADIENTS):
    """The parameters after some steps, and the state."""
    state = rule.init(params)
    for gradient in gradients:
        params, state = rule.update(gradient, state, params)
    return params, state


def same(one, other, **tolerance):
    for a, b in zip(leaves(one), leaves(other), strict=True):
        np.testing.assert_allclose(a, b, **(tolerance or {"rtol": 1e-12, "atol": 1e-14}))


# Laws of every rule


@every_rule
def test_an_update_is_pure(name):
    rule = RULES[name]
    params, state = walked(rule)
    before = [np.array(leaf) for leaf in leaves((params, state, GRADIENTS[0])) if isinstance(leaf, np.ndarray)]
    once = rule.update(GRADIENTS[0], state, params)
    again = rule.update(GRADIENTS[0], state, params)
    same(once, again, rtol=0, atol=0)
    same(
        before, [leaf for leaf in leaves((params, state, GRADIENTS[0])) if isinstance(leaf, np.ndarray)], rtol=0, atol=0
    )


@every_rule
def test_single_precision_stays_single(name):
    small = {key: value.astype(np.float32) for key, value in START.items()}
    gradients = [{key: value.astype(np.float32) for key, value in gradient.items()} for gradient in GRADIENTS]
    params, state = walked(RULES[name], small, gradients)
    assert {leaf.dtype for leaf in leaves(params)} == {np.dtype(np.float32)}
    arrays = [leaf for leaf in leaves(state) if isinstance(leaf, np.ndarray | np.generic) and leaf.ndim]
    assert name == "lbfgs" or {leaf.dtype for leaf in arrays} <= {np.dtype(np.float32)}
    same(params, walked(RULES[name])[0], rtol=2e-3, atol=2e-4)


@every_rule
def test_a_step_starts_downhill(name):
    def loss(p):
        return np.sum(p["w"] ** 2) + np.sum(p["b"] ** 2)

    rule, params = RULES[name], START
    state = rule.init(params)
    for _ in range(10):
        params, state = rule.update(tg.grad(loss)(params), state, params)
    assert loss(params) < loss(START)


@every_rule
def test_no_gradient_no_nan(name):
    nothing = {key: np.zeros_like(value) for key, value in START.items()}
    with np.errstate(all="raise"):
        params, _ = walked(RULES[name], nothing, [nothing] * 3)
    same(params, nothing)


@every_rule
def test_empty_parameters_are_no_trouble(name):
    empty = {"w": np.zeros((0, 3)), "b": np.ones(1)}
    params, _ = walked(RULES[name], empty, [empty] * 3)
    assert params["w"].shape == (0, 3)
    assert np.isfinite(params["b"]).all()


@pytest.mark.parametrize("name", [name for name, rule in RULES.items() if rule.stages])
@pytest.mark.parametrize("block", [64, 2**18])
@pytest.mark.parametrize("order", ["C", "F"])
def test_in_place_is_the_same_as_pure(name, block, order, monkeypatch):
    monkeypatch.setattr("tinygrad_edu.optim.in_place.BLOCK", block)  # 8 numbers at a time: some blocks are not full
    stages, params = RULES[name].stages, [np.array(leaf, order=order) for leaf in leaves(START)]
    places, memories = [id(p) for p in params], [first_memory(stages, p) for p in params]
    for gradient in GRADIENTS:
        memories = move(stages, leaves(gradient), memories, params)
    expected, state = walked(RULES[name])
    same(params, expected)
    assert [id(p) for p in params] == places
    if state:
        same(memories, leaves(list(state.values())))


@pytest.mark.parametrize(
    "name", [n for n in RULES if n not in ("muon", "adafactor", "lbfgs", "lamb", "clipped each", "grouped")]
)
def test_a_complex_number_is_a_pair_of_real_ones(name):
    def pair(tree):
        return {key: np.stack([value, 2 * value], axis=-1) for key, value in tree.items()}

    def one(tree):
        return {key: value + 2j * value for key, value in tree.items()}

    rule = (
        optim.chain(optim.moments(), optim.decay_weights(0.1), optim.descend(0.1))
        if name == "biases spared"
        else RULES[name]
    )
    pairs, _ = walked(rule, pair(START), [pair(g) for g in GRADIENTS])
    numbers, _ = walked(rule, one(START), [one(g) for g in GRADIENTS])
    same({k: v[..., 0] + 1j * v[..., 1] for k, v in pairs.items()}, numbers)


@every_rule
def test_numbers_of_pythons_own_are_parameters(name):
    if name != "grouped":
        params, _ = walked(RULES[name], 3.0, [1.0, 0.5, 2.0])
        assert np.ndim(params) == 0
        assert params < 3


def test_a_rule_can_be_differentiated():
    """Through the update too: the loss after a step of gradient descent falls with the rate as −‖∇L‖²."""

    def after(rate):
        rule = optim.chain(optim.Stage(lambda d, p: -rate * d))
        return np.sum(rule.update(2 * w, (), w)[0] ** 2)

    w = np.array([1.0, 2.0])
    assert tg.grad(after)(0.0) == pytest.approx(-np.sum((2 * w) ** 2))


# Special cases of one another


# fmt: off
EQUAL = {
    "momentum without decay is gradient descent":   (optim.momentum(0.1, 0.0), optim.gradient_descent(0.1)),
    "Nesterov without decay is gradient descent":   (optim.nesterov(0.1, 0.0), optim.gradient_descent(0.1)),
    "Adam is a chain of moments and a rate":        (optim.adam(0.1), optim.chain(optim.moments(), optim.descend(0.1))),
    "AdamW without decay is Adam":                  (optim.adamw(0.1, weight_decay=0.0), optim.adam(0.1)),
    "AMSGrad is a switch of Adam":                  (optim.amsgrad(0.1), optim.adam(0.1, amsgrad=True)),
    "AdamW decays after the moments":               (optim.adamw(0.1, weight_decay=0.2), optim.chain(optim.moments(), optim.decay_weights(0.2), optim.descend(0.1))),
    "a schedule may be constant":                   (optim.adam(optim.schedules.constant(0.1)), optim.adam(0.1)),
    "one gradient to a step is the algorithm":      (optim.accumulate(optim.adam(0.1), 1), optim.adam(0.1)),
    "groups that agree are one":                    (optim.grouped({"w": optim.adam(0.1), "b": optim.adam(0.1)}), optim.adam(0.1)),
    "a wide limit clips nothing":                   (optim.chain(optim.clip_by_norm(1e9), optim.clip_by_value(1e9), optim.clip_each_by_norm(1e9), optim.adam(0.1)), optim.adam(0.1)),
    "ASGD without decay is gradient descent":       (optim.asgd(0.1, decay=0.0), optim.gradient_descent(0.1)),
    "a chain may end in what is no chain":          (optim.chain(optim.clip_by_norm(1e9), optim.lbfgs(line_search=None)), optim.lbfgs(line_search=None)),
}
# fmt: on


@pytest.mark.parametrize("name", EQUAL)
def test_special_cases(name):
    one, other = EQUAL[name]
    same(walked(one)[0], walked(other)[0])


# Formulae that PyTorch has not


def test_lion_takes_the_sign_of_an_average():
    params, mean = START["b"], np.zeros(4)
    for g in (gradient["b"] for gradient in GRADIENTS):
        params = params - 0.1 * (np.sign(0.9 * mean + (1 - 0.9) * g) + 0.3 * params)
        mean = 0.99 * mean + (1 - 0.99) * g
    same(walked(optim.lion(0.1, weight_decay=0.3), START["b"], [g["b"] for g in GRADIENTS])[0], params)


def test_a_step_of_lamb_is_as_long_as_the_rate_says():
    after, _ = walked(optim.lamb(0.1, weight_decay=0.1), gradients=GRADIENTS[:1])
    for key, before in START.items():
        assert np.linalg.norm(after[key] - before) == pytest.approx(0.1 * np.linalg.norm(before))


def test_lamb_moves_what_starts_at_zero():
    after, _ = walked(optim.lamb(0.1), np.zeros(2), [np.array([1.0, -2.0])])
    assert after == pytest.approx([-0.1, 0.1], rel=1e-5)


@pytest.mark.parametrize("shape", [(6, 4), (4, 6), (5, 5), (4, 2, 3)])
def test_a_step_of_muon_has_singular_values_near_one(shape):
    gradient = np.random.default_rng(1).standard_normal(shape)
    after, _ = walked(optim.muon(1.0, weight_decay=0.0), np.zeros(shape), [gradient])
    step = -after.reshape(shape[0], -1) / max(1, shape[0] / (gradient.size / shape[0])) ** 0.5
    assert (np.abs(np.linalg.svd(step, compute_uv=False) - 0.95) < 0.3).all()
    left, _, right = np.linalg.svd(gradient.reshape(shape[0], -1), full_matrices=False)
    assert np.vdot(step, left @ right) > 0.85 * min(step.shape)


def test_schedule_free_averages_its_steps():
    """x is the mean of the z, and the gradient is taken at (1 − β) z + β x."""
    rule, y = optim.schedule_free(0.2, interpolation=0.8), START["b"]
    state, z, met = rule.init(y), y, []
    for g in (gradient["b"] for gradient in GRADIENTS):
        z = z - 0.2 * g
        met.append(z)
        y, state = rule.update(g, state, y)
        same(optim.averaged(state, y), np.mean(met, axis=0))
        same(y, 0.2 * z + 0.8 * np.mean(met, axis=0))


def test_schedule_free_adamw_settles_where_the_loss_is_least():
    rule, y = optim.schedule_free_adamw(0.3, warm_up=5), np.array([3.0, -2.0])
    state = rule.init(y)
    for _ in range(1_000):
        y, state = rule.update(2 * y, state, y)
    assert optim.averaged(state, y) == pytest.approx(np.zeros(2), abs=1e-2)


def test_asgd_averages_from_its_start_on():
    rule = optim.asgd(0.1, decay=0.0, start=2)
    points, params, state = [], START["b"], rule.init(START["b"])
    for gradient in GRADIENTS:
        params, state = rule.update(gradient["b"], state, params)
        points.append(params)
    same(optim.averaged(state, params), np.mean(points[3:], axis=0))


def test_adafactor_keeps_rows_and_columns():
    rule = optim.adafactor()
    steps, rows, columns = rule.init(np.ones((5, 7)))
    assert (steps, rows.shape, columns.shape) == (0, (5, 1), (1, 7))


def test_the_first_step_of_adafactor_of_a_product_of_squares_is_a_sign():
    """Squares that are rows times columns are told exactly by their means."""
    gradient = np.outer([1.0, 2.0], [3.0, 0.5, 1.0])
    after, _ = walked(optim.adafactor(0.1), np.ones((2, 3)), [-gradient])
    assert after == pytest.approx(np.full((2, 3), 1.1))


# Clipping, decay, accumulation, groups


def test_clipping_by_norm_takes_all_parameters_for_one_vector():
    rule = optim.chain(optim.clip_by_norm(1.0), optim.gradient_descent(1.0))
    step = np.concatenate([(START[k] - walked(rule, gradients=GRADIENTS[:1])[0][k]).ravel() for k in START])
    assert np.linalg.norm(step) == pytest.approx(1)
    assert step @ np.concatenate([GRADIENTS[0][k].ravel() for k in START]) > 0


def test_clipping_each_array_keeps_short_ones():
    rule = optim.chain(optim.clip_each_by_norm(5.0), optim.gradient_descent(1.0))
    after = rule.update({"a": np.array([30.0, 40.0]), "b": np.array([0.3])}, (), {"a": np.zeros(2), "b": np.zeros(1)})[
        0
    ]
    assert (-after["a"]).tolist() == pytest.approx([3, 4])
    assert -after["b"] == pytest.approx(0.3)


def test_clipping_by_value_cuts_each_number():
    rule = optim.chain(optim.clip_by_value(1.0), optim.gradient_descent(1.0))
    assert rule.update(np.array([5.0, -0.5, -7.0]), (), np.zeros(3))[0].tolist() == [-1, 0.5, 1]


def test_decay_is_the_gradient_of_a_penalty():
    penalised = optim.chain(optim.decay_weights(0.3), optim.momentum(0.1))
    params, state = START["b"], optim.momentum(0.1).init(START["b"])
    for gradient in GRADIENTS:
        pull = tg.grad(lambda p: 0.15 * np.sum(p * p))(params)
        params, state = optim.momentum(0.1).update(gradient["b"] + pull, state, params)
    same(walked(penalised, START["b"], [g["b"] for g in GRADIENTS])[0], params)


def test_accumulated_gradients_are_one_large_batch():
    mean = {k: np.mean([g[k] for g in GRADIENTS[:3]], axis=0) for k in START}
    same(
        walked(optim.accumulate(optim.adam(0.1), 3), gradients=GRADIENTS[:3])[0],
        walked(optim.adam(0.1), gradients=[mean])[0],
    )


def test_groups_move_by_their_own_rules():
    params, _ = walked(RULES["grouped"])
    same(params["w"], walked(optim.adam(), START["w"], [g["w"] for g in GRADIENTS])[0])
    same(params["b"], walked(optim.gradient_descent(0.1), START["b"], [g["b"] for g in GRADIENTS])[0])


def test_groups_may_stand_for_whole_branches():
    rule = optim.grouped([optim.gradient_descent(1.0), optim.gradient_descent(0.1)])
    params = [{"w": 1.0, "b": [1.0, 1.0]}, 1.0]
    assert walked(rule, params, [params])[0] == [{"w": 0.0, "b": [0.0, 0.0]}, 0.9]


@pytest.mark.parametrize("wrap", [partial(optim.chain, optim.clip_by_norm(1e9)), partial(optim.accumulate, every=1)])
@pytest.mark.parametrize("rule", [optim.gradient_descent(), optim.damped_newton(), optim.lbfgs()])
def test_what_waits_for_the_loss_waits_in_a_chain_too(wrap, rule):
    found = optim.minimize(lambda p: 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2, np.array([-1.0, 2.0]), wrap(rule))
    assert found.params == pytest.approx([2, 0], abs=1e-5)


# Whole descents


# fmt: off
DESCENTS = [
    optim.nesterov(), optim.nesterov(0.02), optim.adagrad(1.0), optim.rmsprop(0.01), optim.adam(0.1), optim.amsgrad(0.1),
    optim.adamax(0.1), optim.nadam(0.1), optim.radam(0.1), optim.rprop(), optim.asgd(0.1), optim.adadelta(10.0),
    optim.adam(optim.schedules.exponential(0.5, 0.99)), optim.lion(optim.schedules.exponential(0.3, 0.98)),
    optim.newton(), optim.damped_newton(), optim.newton_cg(), optim.lbfgs(), optim.lbfgs(line_search="backtracking"),
]
# fmt: on


@pytest.mark.parametrize("rule", DESCENTS, ids=lambda rule: rule.name)
def test_a_bowl_is_descended(rule):
    found = optim.minimize(lambda p: 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2, np.array([-1.0, 2.0]), rule, epochs=3_000)
    assert found.loss == pytest.approx(4, abs=2e-3)


def test_a_bounded_step_that_climbs_for_a_while_is_no_alarm():
    """From the minimum on, Adam first goes up."""
    found = optim.minimize(lambda x: np.sum(x**2), np.full(2, 1e-3), optim.adam(0.1), epochs=500)
    assert found.loss < 1e-3


# Words


# fmt: off
WRONG = [
    (lambda: optim.adam(-1.0),                         "the learning rate is -1.0. Expected a number above 0 or a schedule"),
    (lambda: optim.adam("auto"),                       "the learning rate is 'auto'. Expected a number above 0 or a schedule"),
    (lambda: optim.adam(betas=(1.0, 0.9)),             "the first beta is 1.0. Expected a number from 0 to below 1"),
    (lambda: optim.adam(betas=(0.9, -1)),              "the second beta is -1. Expected a number from 0"),
    (lambda: optim.adam(eps=-1e-8),                    "the eps is -1e-08. Expected 0 or more"),
    (lambda: optim.adamw(weight_decay=-1),             "the weight decay is -1. Expected 0 or more"),
    (lambda: optim.clip_by_norm(0),                    "the limit is 0. Expected a number above 0"),
    (lambda: optim.accumulate(optim.adam(), 0),        "the number of gradients to a step is 0. Expected a whole number, 1"),
    (lambda: optim.rprop(optim.schedules.constant(1)), "Expected a number above 0"),
    (lambda: optim.chain(optim.adam),                  "is no link. Expected stages and algorithms, such as adam(1e-3)"),
    (lambda: optim.chain(optim.lbfgs(line_search=None), optim.descend(1.0)), "takes the step itself. Expected it at the end"),
    (lambda: optim.lbfgs(line_search="exact"),         "line_search is 'exact'. Expected 'strong_wolfe', 'backtracking' or"),
    (lambda: optim.lbfgs(memory=0),                    "the memory is 0. Expected a whole number, 1 or more"),
]
# fmt: on


@pytest.mark.parametrize(("make", "words"), WRONG)
def test_a_dial_outside_its_range_is_told(make, words):
    with pytest.raises(HyperparameterError) as error:
        make()
    assert words in str(error.value)


def test_a_schedule_that_turns_negative_is_told():
    rule = optim.adam(lambda k: 0.1 - 0.1 * k)
    with pytest.raises(HyperparameterError, match=r"scheduled learning rate of step 2 is -0\.1\. Expected 0 or more"):
        walked(rule)


def test_a_gradient_of_another_structure_is_told():
    rule = optim.adam()
    with pytest.raises(TreeError, match="the gradient should be a dict with keys"):
        rule.update({"w": START["w"]}, rule.init(START), START)


def test_an_algorithm_remembers_its_numbers():
    assert optim.adam(0.1, eps=1e-6).hyperparameters == {
        "learning_rate": 0.1, "betas": (0.9, 0.999), "eps": 1e-6, "amsgrad": False}  # fmt: skip
    assert optim.chain(optim.clip_by_norm(1.0), optim.adam(0.1)).name == "Adam"
