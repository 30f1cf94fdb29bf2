"""The objects that PyTorch's users type: their memory, their groups, their state, their words."""

# ruff: noqa: E501

import json
import tracemalloc

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import optim
from tinygrad_edu.errors import GradientError, HyperparameterError, ShapeError, TreeError

NAMES = ["SGD", "Adagrad", "Adadelta", "RMSprop", "Adam", "AdamW", "AMSGrad", "Adamax", "NAdam", "RAdam", "Rprop", "Lion",
         "LAMB", "Adafactor", "Muon", "ASGD", "ScheduleFree", "ScheduleFreeAdamW", "LBFGS"]  # fmt: skip
every_class = pytest.mark.parametrize("name", NAMES)
X = np.random.default_rng(0).standard_normal((20, 3))
Y = X @ np.array([1.0, -2.0, 0.5]) + 0.3


def parameters(dtype=np.float64):
    return [tg.Tensor(np.zeros(3, dtype), requires_grad=True), tg.Tensor(np.ones((), dtype), requires_grad=True)]


def closure_for(optimizer, params):
    w, b = params

    def closure():
        optimizer.zero_grad()
        loss = np.mean((X.astype(w.data.dtype) @ w + b - Y.astype(w.data.dtype)) ** 2)
        loss.backward()
        return loss

    return closure


def trained(optimizer, params, steps=5):
    for _ in range(steps):
        optimizer.step(closure_for(optimizer, params))
    return [p.data.copy() for p in params]


def equal(one, other):
    return all((a == b).all() and a.dtype == b.dtype for a, b in zip(one, other, strict=True))


@every_class
def test_every_class_descends_in_the_parameters_own_memory(name):
    params = parameters()
    arrays = [p.data for p in params]
    optimizer = getattr(optim, name)(params)
    before = closure_for(optimizer, params)().item()
    trained(optimizer, params, 20)
    assert closure_for(optimizer, params)().item() < before
    assert all(p.data is array for p, array in zip(params, arrays, strict=True))


@every_class
@pytest.mark.parametrize("dtype", [np.float64, np.float32])
def test_a_run_is_resumed_bit_for_bit(name, dtype):
    kind, params = getattr(optim, name), parameters(dtype)
    optimizer = kind(params)
    half, state = trained(optimizer, params), optimizer.state_dict()
    whole = trained(optimizer, params)
    again = [tg.Tensor(value.copy(), requires_grad=True) for value in half]
    resumed = kind(again)
    resumed.load_state_dict(state)
    assert equal(trained(resumed, again), whole)


@every_class
def test_a_state_is_a_copy(name):
    params = parameters()
    optimizer = getattr(optim, name)(params)
    trained(optimizer, params)
    state = optimizer.state_dict()
    before = [np.array(leaf) for leaf in tg.trees.leaves(state["memory"])]
    trained(optimizer, params)
    assert all((a == b).all() for a, b in zip(before, tg.trees.leaves(state["memory"]), strict=True))


@every_class
def test_a_class_shows_its_numbers(name):
    kind = getattr(optim, name)
    assert "learning_rate" in kind.__signature__.parameters
    assert kind.__doc__


def test_numbers_of_a_state_are_plain_enough_for_json():
    params = parameters()
    state = optim.Adam(params, learning_rate=optim.schedules.cosine(0.1, 10)).state_dict()
    assert json.loads(json.dumps(state["groups"])) == [{"betas": [0.9, 0.999], "eps": 1e-8, "amsgrad": False}]


def test_a_step_allocates_no_more_from_step_to_step():
    """The peak of a step is a few blocks, however many numbers; and what is kept does not grow."""
    w = tg.Tensor(np.zeros(1_000_000, np.float32), requires_grad=True)
    w.grad = np.ones(1_000_000, np.float32)
    optimizer = optim.Adam([w])
    optimizer.step()
    tracemalloc.start()
    optimizer.step()
    kept, _ = tracemalloc.get_traced_memory()
    for _ in range(3):
        tracemalloc.reset_peak()
        optimizer.step()
        now, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert now - kept < 2_000
    assert peak - kept < w.data.nbytes


# Gradients


def test_no_gradient_at_all_is_told():
    with pytest.raises(GradientError, match=r"no parameter has a gradient. Expected loss.backward\(\) before"):
        optim.Adam(parameters()).step()


def test_a_parameter_without_a_gradient_stays():
    w, b = parameters()
    w.grad = np.ones(3)
    optimizer = optim.Adam([w, b])
    optimizer.step()
    assert (b.data, w.data[0]) == (1, pytest.approx(-1e-3))
    b.grad = np.array(1.0)
    optimizer.step()
    assert b.data == pytest.approx(1 - 1e-3)  # its own first step


def test_zero_grad_forgets():
    params = parameters()
    optimizer = optim.SGD(params)
    closure_for(optimizer, params)()
    optimizer.zero_grad()
    assert [p.grad for p in params] == [None, None]


def test_plain_arrays_move_by_gradients_that_are_given():
    params = {"w": np.ones(3), "b": np.ones((2, 2), np.float32)}
    optimizer = optim.SGD(params, learning_rate=0.5)
    optimizer.step(gradients=tg.grad(lambda p: np.sum(p["w"] ** 2) + np.sum(p["b"]))(params))
    assert (params["w"].tolist(), params["b"].tolist()) == ([0, 0, 0], [[0.5, 0.5], [0.5, 0.5]])
    assert params["b"].dtype == np.float32


def test_a_recorded_gradient_is_taken_for_its_values():
    w = tg.Tensor(np.ones(2), requires_grad=True)
    np.sum(w**3).backward(create_graph=True)
    optim.SGD([w], learning_rate=1.0).step()
    assert w.data.tolist() == [-2, -2]


def test_complex_parameters_move_towards_the_minimum():
    z = tg.Tensor(np.array([1 + 2j, -3j]), requires_grad=True)
    optimizer = optim.Adam([z], learning_rate=0.1)
    for _ in range(300):
        optimizer.zero_grad()
        np.sum(np.abs(z - (1 - 1j)) ** 2).backward()
        optimizer.step()
    assert z.data == pytest.approx(np.full(2, 1 - 1j), abs=1e-3)


# Numbers that change


def test_the_learning_rate_may_be_set_at_any_time():
    w = tg.Tensor(np.zeros(1), requires_grad=True)
    w.grad = np.ones(1)
    optimizer = optim.SGD([w], learning_rate=1.0)
    optimizer.step()
    optimizer.learning_rate = 0.25
    optimizer.step()
    optimizer.param_groups[0]["learning_rate"] = 0.5
    optimizer.step()
    optimizer.learning_rate = lambda k: 0.0 if k == 3 else 2.0
    optimizer.step()
    assert w.data.tolist() == [-1.75]
    assert (optimizer.learning_rate, optimizer.steps) == (2.0, 4)


def test_a_schedule_is_asked_once_a_step():
    asked, params = [], parameters()
    optimizer = optim.Adam(params, learning_rate=lambda k: asked.append(k) or 0.1)
    asked.clear()
    trained(optimizer, params, 3)
    assert asked == [0, 1, 2]


def test_a_schedule_outlives_a_state_that_is_loaded():
    optimizer = optim.SGD(parameters(), learning_rate=optim.schedules.constant(0.5), momentum=0.9)
    optimizer.load_state_dict(optim.SGD(parameters(), learning_rate=0.1, momentum=0.8).state_dict())
    assert (optimizer.learning_rate, optimizer.param_groups[0]["momentum"]) == (0.5, 0.8)


def test_a_plateau_is_a_learning_rate():
    rate, params = optim.schedules.Plateau(0.1, factor=0.5, patience=0), parameters()
    optimizer = optim.SGD(params, learning_rate=rate)
    for loss in (1.0, 2.0):
        rate.report(loss)
    assert optimizer.learning_rate == 0.05


def test_extras_stand_before_the_rule():
    w = tg.Tensor(np.array([10.0, 0.0]), requires_grad=True)
    w.grad = np.array([30.0, 40.0])
    optim.SGD([w], learning_rate=1.0, weight_decay=0.1, clip_norm=5.0).step()
    assert w.data.tolist() == pytest.approx([10 - 3 - 1, -4])
    w.grad = np.array([30.0, -0.5])
    optim.SGD([w], learning_rate=1.0, clip_value=1.0).step()
    assert w.data.tolist() == pytest.approx([5, -3.5])


def test_groups_have_numbers_of_their_own():
    w, b = parameters()
    optimizer = optim.SGD(
        [{"params": [w], "learning_rate": 0.1}, {"params": b, "weight_decay": 1.0}], learning_rate=1.0
    )
    w.grad, b.grad = np.ones(3), np.array(1.0)
    optimizer.step()
    assert (w.data.tolist(), b.data.tolist()) == ([-0.1, -0.1, -0.1], -1.0)
    assert [group["learning_rate"] for group in optimizer.param_groups] == [0.1, 1.0]


def test_any_algorithm_becomes_an_object():
    params, others = parameters(), parameters()
    one = optim.Optimizer(params, optim.chain(optim.clip_by_norm(1.0), optim.adam(0.1)))
    other = optim.Adam(others, learning_rate=0.1, clip_norm=1.0)
    assert equal(trained(one, params), trained(other, others))


def test_an_algorithm_that_is_no_chain_becomes_an_object_too():
    params, others = parameters(), parameters()
    one = optim.Optimizer(params, optim.accumulate(optim.adam(0.1), 2))
    trained(one, params, 5)
    rule, values = optim.accumulate(optim.adam(0.1), 2), [p.data for p in others]
    state = rule.init(values)
    loss = lambda v: np.mean((X @ v[0] + v[1] - Y) ** 2)
    for _ in range(5):
        values, state = rule.update(tg.grad(loss)(values), state, values)
    assert equal([p.data for p in params], values)


def test_a_mean_is_read_from_those_that_keep_one():
    params = parameters()
    optimizer = optim.ScheduleFree(params, learning_rate=0.3)
    trained(optimizer, params, 200)
    (means,) = optimizer.mean()
    assert means[0] == pytest.approx([1, -2, 0.5], abs=5e-2)
    assert means[1].shape == ()


# Words


ONCE = np.ones(3)


def computed():
    return tg.Tensor([1.0], requires_grad=True) * 2


# fmt: off
WRONG = [
    (lambda: optim.Adam(parameters(), lr=1e-3),           HyperparameterError, "Adam: got an unexpected keyword argument 'lr'. Expected some of: learning_rate, betas, eps, amsgrad, clip_value"),
    (lambda: optim.Adam(parameters(), learning_rate=-1),  HyperparameterError, "the learning rate is -1. Expected a number above 0"),
    (lambda: optim.Adam([{"params": parameters(), "rate": 1}]), HyperparameterError, "unexpected keyword argument 'rate'"),
    (lambda: optim.Adam([]),                              TreeError, "there are no parameters. Expected Tensors"),
    (lambda: optim.Adam([computed()]),                    TreeError, "a parameter was computed from others. Expected leaves"),
    (lambda: optim.Adam([1.0]),                           TreeError, "a parameter is float, which cannot be moved in place"),
    (lambda: optim.Adam([np.arange(3)]),                  TreeError, "of int64, which cannot be moved in place"),
    (lambda: optim.Adam([np.broadcast_to(1.0, 3)]),       TreeError, "a read-only array of float64, which cannot be moved"),
    (lambda: optim.Optimizer(parameters(), optim.gradient_descent()), HyperparameterError, "Expected one whose numbers are known"),
    (lambda: optim.Optimizer(parameters(), optim.lbfgs()), HyperparameterError, "that needs no more than gradients"),
    (lambda: optim.Optimizer(parameters(), 0.1),          HyperparameterError, "the algorithm is 0.1"),
    (lambda: optim.Adam([ONCE, ONCE]),                    TreeError, "a parameter is there twice, and would move twice"),
    (lambda: setattr(optim.Optimizer(parameters(), optim.adam()), "learning_rate", 1.0), HyperparameterError, "the numbers of Adam were fixed"),
    (lambda: optim.Optimizer(parameters(), optim.adam()).learning_rate, HyperparameterError, "Expected a schedule there, or one of the classes"),
    (lambda: optim.SGD(np.ones(3)).step(gradients=np.ones(2)), ShapeError, "a gradient has shape (2,). Expected (3,)"),
    (lambda: optim.LBFGS(parameters()).step(),            GradientError, "LBFGS.step: expected one group of parameters and a closure"),
    (lambda: optim.Adam(parameters()).load_state_dict({}), TreeError, "expected the state_dict of 1 groups"),
    (lambda: optim.Adam(parameters()).load_state_dict(optim.SGD(parameters()).state_dict()), TreeError, "the memory[0][0] should be a tuple of 4"),
    (lambda: optim.SGD([np.ones(3)], 1, 0.9).load_state_dict(optim.SGD([np.ones(2)], 1, 0.9).state_dict()), TreeError, "expected an array of shape (3,), but it is (2,)"),
]
# fmt: on


@pytest.mark.parametrize(("make", "kind", "words"), WRONG)
def test_what_cannot_be_is_told(make, kind, words):
    with pytest.raises(kind) as error:
        make()
    assert words in str(error.value)
