"""The record: what a line holds, what is written down and what is not, and what of a large array is forgotten."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.graph import ALIAS, LARGE, SELECT, Shadow, boundary
from tinygrad_edu.tensor import source

X = np.array([1.0, 2.0, 3.0])
LONG = np.linspace(0.1, 1.0, LARGE + 10)


def leaf(data=X):
    return tg.Tensor(data, requires_grad=True)


# --- lines ------------------------------------------------------------------------------------------------------------


def test_a_line_says_what_was_computed_from_what():
    x = leaf()
    node = np.sum(x, axis=0).node
    assert node.op is tg.RULES[np.sum]
    assert node.args[0] is x.data
    assert node.params == {"axis": 0}
    assert node.parents == (x.node,)
    assert node.value == 6.0


def test_a_constant_argument_has_no_parent():
    x = leaf()
    assert (x * 2.0).node.parents == (x.node, None)


def test_a_leaf_is_a_line_that_nothing_computed():
    node = leaf().node
    assert (node.op, node.args, node.parents) == (None, (), ())


def test_serials_grow_from_parents_to_children():
    x = leaf()
    y = x * 2
    z = y + x
    assert x.node.serial < y.node.serial < z.node.serial


def test_a_line_of_several_outputs_is_followed_by_one_for_each():
    parts = np.split(leaf(), 3)
    assert [part.node.op for part in parts] == [SELECT] * 3
    assert len({part.node.parents[0] for part in parts}) == 1
    assert [part.node.params["index"] for part in parts] == [0, 1, 2]


def test_a_line_refers_to_no_tensor():
    x = leaf()
    node = (x * tg.Tensor(X)).node
    assert not any(isinstance(value, tg.Tensor) for value in (*node.args, node.value))


def test_a_composite_writes_down_the_lines_of_its_formula():
    y = np.trace(leaf(np.eye(2)))
    assert y.node.op.name == "sum"


def test_a_source_of_a_traced_tensor_is_its_alias():
    x = leaf()
    inner = source(x)
    assert inner.node.op is ALIAS
    assert inner.node.parents == (x.node,)


def test_a_source_of_an_array_has_no_watcher():
    assert source(X).node.watcher is None


NOTHING = {
    "constants": lambda: tg.Tensor(X) * 2,
    "a mask": lambda: leaf() > 1,
    "an index": lambda: np.argmax(leaf()),
    "a shape": lambda: np.shape(leaf()),
    "a detached tensor": lambda: leaf().detach() * 2,
}


@pytest.mark.parametrize("call", NOTHING.values(), ids=NOTHING)
def test_nothing_is_written_down_of(call):
    assert getattr(call(), "node", None) is None


def test_boundary_is_what_newer_lines_were_computed_from():
    x, w = leaf(), leaf()
    y = np.exp(x)
    since = source(X).node.serial
    z = np.sin(y) * w * np.cos(y)
    assert boundary([z.node], since) == sorted([y.node, w.node], key=lambda node: node.serial)


# --- operations -------------------------------------------------------------------------------------------------------


def test_an_operation_shows_its_name_and_kind():
    assert repr(tg.RULES[np.exp]) == "Op(exp, elementwise)"


def test_an_operation_on_arrays_is_the_function():
    np.testing.assert_array_equal(tg.RULES[np.exp](X), np.exp(X))


CALLS = {
    "by position": lambda x: np.sum(x, 0),
    "by name": lambda x: np.sum(a=x, axis=0),
    "all by name": lambda x: np.sum(axis=0, a=x, keepdims=False),
    "with numpy's own defaults": lambda x: np.sum(x, 0, None, None, False),
    "as a method": lambda x: x.sum(0),
    "as a method by name": lambda x: x.sum(axis=0),
    "as an operation": lambda x: tg.RULES[np.sum](x, axis=0),
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_call_is_sorted_however_it_is_written(call):
    x = leaf(np.ones((2, 3)))
    y = call(x)
    np.testing.assert_array_equal(y.data, [2.0, 2.0, 2.0])
    np.sum(y * X).backward()
    np.testing.assert_array_equal(x.grad, [X, X])


# --- what is forgotten ------------------------------------------------------------------------------------------------

FORGOTTEN = {
    "a sum keeps neither": (lambda x: x + 1.5, [True], True),
    "an exponential keeps its value": (lambda x: np.exp(x), [True], False),
    "a sine keeps its argument": (lambda x: np.sin(x), [False], True),
    "a product with a number keeps neither": (lambda x: x * 2.0, [True], True),
    "a square keeps its argument": (lambda x: np.square(x), [False], True),
}


@pytest.mark.parametrize(("f", "args", "value"), FORGOTTEN.values(), ids=FORGOTTEN)
def test_of_large_arrays_only_what_the_rules_read_is_kept(f, args, value):
    node = f(leaf(LONG)).node
    assert [isinstance(x, Shadow) for x in node.args[:1]] == args
    assert isinstance(node.value, Shadow) == value


def test_small_arrays_are_kept():
    assert not isinstance((leaf() + 1.5).node.value, Shadow)


def test_a_shadow_knows_its_shape_and_dtype():
    shadow = Shadow((2, 3), np.dtype(np.float32))
    assert (shadow.shape, shadow.dtype, shadow.ndim, shadow.size) == ((2, 3), np.float32, 2, 6)


SMOOTH = {
    "sums": lambda x: np.sum((x * x + x) * x - 3 * x),
    "a chain": lambda x: np.sum(np.sin(x) * np.exp(-x)),
    "a quotient": lambda x: np.sum((x + 1) / (x * x + 2)),
    "powers": lambda x: np.sum(x**3 + (x * x + 1) ** 1.5 + 2.0**x),
    "a branch": lambda x: np.sum(np.where(x > 0.5, np.sqrt(x), x * x)),
    "a branch not taken": lambda x: np.sum(np.where(x > 0.5, np.sqrt(x - 0.5), 0)),
    "extremes": lambda x: np.sum(np.maximum(x, 0.3) * x) + np.max(x) ** 2,
    "joins and splits": lambda x: np.sum(np.concatenate(np.array_split(x * x, 3)[::-1]) * x),
    "reductions": lambda x: np.std(x) * np.var(x) + np.mean(x) ** 3,
    "a product of matrices": lambda x: np.sum((x.reshape(2, -1) @ np.ones((x.size // 2, 3))) ** 2),
    "indices": lambda x: np.sum(x[::2] * x[1::2]) + np.sum(x[np.arange(x.size) % 7] * x),
    "a checkpoint": lambda x: tg.checkpoint(lambda y: np.sum(np.sin(y) * x * y))(x * x),
    "a stable softmax": lambda x: np.log(np.sum(np.exp(x - np.max(x)))) + np.max(x),
}


@pytest.mark.parametrize("f", SMOOTH.values(), ids=SMOOTH)
def test_forgetting_changes_no_derivative(f, monkeypatch):
    t = np.random.default_rng(0).standard_normal(LONG.size)

    def derivatives():
        return [
            tg.grad(f)(LONG),
            tg.jvp(f, (LONG,), (t,))[1],
            tg.hvp(f, (LONG,), (t,)),
            tg.grad(lambda x: tg.jvp(f, (x,), (t,))[1])(LONG),
            tg.grad(lambda x: np.sum(tg.grad(f)(x) * t))(LONG),
        ]

    found = derivatives()
    monkeypatch.setattr("tinygrad_edu.tensor.LARGE", np.inf)
    for a, b in zip(found, derivatives(), strict=True):
        np.testing.assert_array_equal(a, b)


pytestmark = pytest.mark.filterwarnings("ignore:invalid value:RuntimeWarning")
