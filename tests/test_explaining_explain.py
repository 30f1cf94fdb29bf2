"""Explanations: the forward lines and the backward steps as data, and what is made of them."""

import ast

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import tensor
from tinygrad_edu.errors import GradientError, ShapeError
from tinygrad_edu.explaining import explain
from tinygrad_edu.graph import LARGE, watching

X = np.array([[0.6, 0.3], [0.1, 0.2], [0.8, 0.9]])
TARGET = np.array([[0.5], [0.7], [0.4]])
W = np.array([[1.0], [2.0]])


def wave(x, y):
    return np.exp(2 * y) * np.sin(x)


def loss(W, b):
    prediction = X @ W + b
    residual = prediction - TARGET
    return np.mean(residual**2)


def doubling(n):
    def f(x):
        for _ in range(n):
            x = x + x
        return x

    return f


def executed(ex, *args):
    """What the explanation's own Python returns."""
    names = ex.namespace
    exec(ex.source(), names)
    return names["gradient"](*args)


# --- the data


def test_the_first_function_of_the_lesson_is_told_step_by_step():
    ex = explain(wave, x=0.0, y=1.0)
    assert [str(line) for line in ex.lines] == ["v1 = 2 * y", "v2 = np.exp(v1)", "v3 = np.sin(x)", "wave = v2 * v3"]
    assert [str(step) for step in ex.steps] == [
        "v2_bar = wave_bar * v3",
        "v3_bar = wave_bar * v2",
        "x_bar = v3_bar * np.cos(x)",
        "v1_bar = v2_bar * v2",
        "y_bar = v1_bar * 2",
    ]
    third = ex.steps[2]
    assert (third.source, third.target, third.slot, third.local) == ("v3", "x", 0, 1.0)
    assert third.incoming == third.contribution == third.running == np.exp(2)
    assert ast.unparse(third.local_rule) == "np.cos(x)"
    assert third.place.text == "return np.exp(2 * y) * np.sin(x)"


def test_the_gradients_are_those_of_grad_to_the_last_bit():
    ex = explain(loss, W=W, b=0.5)
    for name, g in zip(ex.sources, tg.grad(loss, (0, 1))(W, 0.5), strict=True):
        assert np.array_equal(ex.gradients[name], g)


def test_names_come_from_parameters_and_from_assignments():
    ex = explain(loss, W=W, b=0.5)
    assert ex.sources == ["W", "b"]
    assert [line.name for line in ex.lines] == ["v1", "prediction", "residual", "v2", "loss"]
    assert "prediction_bar.T" not in ex.source() and "X.T @ v1_bar" in ex.source()


def test_a_variable_that_is_assigned_again_gets_a_number():
    assert [line.name for line in explain(doubling(3), 1.0).lines] == ["x_2", "x_3", "x_4"]


def test_nested_parameters_are_named_by_their_keys():
    ex = explain(lambda p, s: np.sum(p["w"] * s) + p["b"][0], {"w": np.ones(2), "b": [1.0]}, np.ones(2))
    assert ex.sources == ["p_w", "p_b_0", "s"]
    assert explain(lambda p: p["w"] * p["b"], {"w": 1.0, "b": 2.0}).sources == ["w", "b"]


def test_what_is_computed_already_is_explained_by_the_callers_names():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    k = tg.Tensor(3.0, requires_grad=True, name="stiffness")
    energy = np.sum(x**2) * k
    ex = explain(energy)
    assert ex.sources == ["x", "stiffness"]
    assert ex.result == "energy"
    assert ex.gradients["x"].tolist() == [6.0, 12.0]
    assert x.grad is None


def test_large_arrays_that_the_record_forgets_are_there():
    x = np.linspace(0, 1, 20_000)
    ex = explain(lambda x: np.sum(x + 1), x)
    assert np.array_equal(ex.values["v1"], x + 1)
    assert "(20000,): 1 to 2, mean 1.5" in str(ex)


def test_sums_where_paths_meet_show_every_contribution():
    ex = explain(lambda x: x * x + x, 3.0)
    steps = [step for step in ex.steps if step.target == "x"]
    assert [(float(s.contribution), float(s.running), s.arrival, s.arrivals) for s in steps] == [
        (1, 1, 1, 3),
        (3, 4, 2, 3),
        (3, 7, 3, 3),
    ]
    assert [s.slot for s in steps] == [1, 0, 1]


def test_a_gradient_that_is_not_known_yet_is_none_and_never_zero():
    ex = explain(lambda x: x * x + x, 3.0)
    known = [ex.known_after(k)["x"] for k in range(len(ex.steps) + 1)]
    assert known[:-1] == [None] * len(ex.steps)
    assert known[-1] == 7
    assert "?" in str(ex)


def test_a_source_that_is_not_used_has_gradient_zero_at_once():
    ex = explain(lambda x, y: 2 * x, 1.0, 1.0)
    assert ex.known_after(0)["y"] == 0
    assert executed(ex, 1.0, 1.0) == (2, 0)


# --- arrays


def test_an_array_step_is_a_product_with_its_shapes():
    ex = explain(loss, W=W, b=0.5)
    row = next(line for line in str(ex).splitlines() if "W_bar = " in line)
    assert "W_bar = X.T @ v1_bar" in row
    assert "(3, 2).T @ (3, 1)" in row


def test_undoing_a_broadcast_is_a_step_of_its_own():
    b = np.zeros(3)
    ex = explain(lambda b: np.sum((np.ones((60, 3)) + b) ** 2), b)
    before, undone = [step for step in ex.steps if step.target == "b"]
    assert (before.kind, before.contribution.shape) == ("partial", (60, 3))
    assert (undone.kind, undone.contribution.shape) == ("broadcast", (3,))
    assert undone.words == "b was used 60 times: sum over axis 0"
    assert ex.known_after(len(ex.steps) - 1)["b"] is None


def test_an_element_of_a_result_is_chosen():
    ex = explain(lambda A: A @ A, np.arange(4.0).reshape(2, 2), element=(0, 1))
    wanted = tg.jacobian(lambda A: A @ A)(np.arange(4.0).reshape(2, 2))[0, 1]
    assert np.allclose(ex.gradients["A"], wanted)


def test_a_result_that_is_an_array_needs_a_choice():
    with pytest.raises(GradientError, match=r"the result has shape \(2,\)"):
        explain(lambda x: 2 * x, np.ones(2))
    with pytest.raises(ShapeError, match="the cotangent has shape"):
        explain(lambda x: 2 * x, np.ones(2), cotangent=np.ones(3))
    assert explain(lambda x: 2 * x, np.ones(2), cotangent=[1, 3]).gradients["x"].tolist() == [2, 6]


def test_one_element_is_followed_as_a_sum_of_numbers():
    ex = explain(loss, W=W, b=0.5)
    (told,) = ex.follow("W", (0, 0))
    assert [index for _, _, index in told.terms] == [(0, 0), (1, 0), (2, 0)]
    assert sum(c * g for c, g, _ in told.terms) == pytest.approx(ex.gradients["W"][0, 0])
    assert "0.6 * v1_bar[0, 0]" in str(told)
    assert "0.6 * v1_bar[0, 0]" in str(explain(loss, W=W, b=0.5, element=(0, 0)))


# --- errors


def test_what_cannot_be_explained_says_why():
    with pytest.raises(GradientError, match="no argument to differentiate"):
        explain(lambda n: n, "three")
    with pytest.raises(GradientError, match="does not depend"):
        explain(lambda x: 3.0 + 0 * 1, 1.0)
    with pytest.raises(GradientError, match="depends on nothing that requires a gradient"):
        explain(tg.Tensor(1.0))
    with pytest.raises(GradientError, match="returned 2 results"):
        explain(lambda x: (x, x), 1.0)


# --- paths


def test_the_sum_over_all_paths_is_the_gradient():
    ex = explain(lambda x: np.sin(x) * np.exp(x) + x, 0.7)
    paths = ex.paths("x")
    assert paths.count == len(paths.paths) == 3
    assert sum(p.product for p in paths.paths) == pytest.approx(float(paths.total))
    assert paths.total == ex.gradients["x"]
    for path in paths.paths:
        assert np.prod(path.locals) == pytest.approx(float(path.product))


def test_the_number_of_paths_doubles_and_they_are_not_listed():
    paths = explain(doubling(40), 1.0).paths("x")
    assert paths.count == 2**40
    assert paths.edges == 80
    assert not paths.paths
    assert "1,099,511,627,776 paths over 80 edges, too many to list" in str(paths)


def test_paths_to_an_unknown_name_are_refused():
    with pytest.raises(GradientError, match="there is no value called 'z'"):
        explain(wave, 0.0, 1.0).paths("z")


# --- source


def test_the_source_is_straight_line_python_beside_the_forward_lines():
    source = explain(wave, x=0.0, y=1.0).source()
    assert "    x_bar = v3_bar * np.cos(x)  # v3 = sin(x)\n" in source
    function = ast.parse(source).body[-1]
    assert all(isinstance(s, ast.Assign | ast.Return) for s in function.body)


@pytest.mark.parametrize(
    ("f", "args"),
    [
        (wave, (0.3, -0.7)),
        (loss, (W, 0.5)),
        (lambda x: np.sum(np.linalg.qr(x)[0]) + np.sum(x[0]), (np.array([[2.0, 1.0], [0.5, 3.0]]),)),
        (lambda x: np.max(x) * np.std(x) + np.sort(x)[1], (np.array([1.0, 5.0, 2.0]),)),
        (lambda x: x**3 / np.maximum(x, 2), (5.0,)),
        (lambda x, y: np.sum(np.where(x > y, x * y, np.tanh(y))), (np.array([1.0, 2.0]), np.array([2.0, 1.0]))),
        (lambda z: np.abs(z * z + 1j) ** 2, (0.3 + 0.7j,)),
        (lambda x: np.sum(np.concatenate([x, 2 * x])[::2] ** 2), (np.arange(3.0),)),
        (lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0)), (np.array([1.0, 4.0]),)),
    ],
)
def test_the_source_computes_the_gradient(f, args):
    wanted = tg.grad(f, tuple(range(len(args))))(*args)
    found = executed(explain(f, *args), *args)
    for g, w in zip(found if isinstance(found, tuple) else (found,), wanted, strict=True):
        assert np.allclose(g, w, rtol=1e-12)


def test_a_function_with_a_rule_of_its_own_is_told_as_one_step():
    @tg.custom_vjp
    def doubled(x):
        return 2 * x

    doubled.defvjp(lambda x: (2 * x, None), lambda residual, g: (10 * g,))
    ex = explain(lambda x: doubled(x) + 1, 3.0)
    assert ex.gradients["x"] == 10
    assert executed(ex, 3.0) == 10


# --- the bars


def test_a_graph_of_a_thousand_nodes_is_explained():
    def chain(x):
        for _ in range(500):
            x = np.sin(x) + 0.1
        return x

    assert len(explain(chain, 1.0).lines) == 1000


def test_the_pass_that_is_told_leaves_no_trace_behind():
    explain(wave, 0.0, 1.0)
    assert watching() is None
    assert tensor.LARGE == LARGE


def test_whole_numbers_that_only_count_are_no_variables():
    assert explain(lambda x, n: sum(x**k for k in range(n)), 2.0, 3).sources == ["x"]
    assert explain(lambda x, i: x[i], np.arange(3.0), 1).gradients["x"].tolist() == [0, 1, 0]
    assert explain(lambda x, y: x * y, 2, 3.0).sources == ["x", "y"]


@pytest.mark.parametrize("f", [np.linalg.det, lambda A: np.linalg.slogdet(A)[1]])
def test_a_source_that_indexes_a_gradient_runs(f):
    A = np.array([[2.0, 0.5], [0.1, 3.0]])
    assert np.allclose(executed(explain(f, A), A), tg.grad(f)(A))


def test_several_statements_in_a_line_name_nothing_wrongly():
    def f(x):
        box = {}; box["w"] = np.sin(x); return box["w"] * 2  # fmt: skip  # noqa: E702

    assert [line.name for line in explain(f, 0.3).lines] == ["v1", "f"]
