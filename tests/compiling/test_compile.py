"""A compiled function is the function: values, gradients, nested transforms; traced once for each signature."""

import threading

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import functions
from tinygrad_edu.errors import InPlaceError, TraceError
from tinygrad_edu.trees import leaves

from . import losses
from .losses import CASES


def assert_same(found, expected):
    a, b = leaves(found), leaves(expected)
    assert len(a) == len(b)
    for x, y in zip(a, b, strict=True):
        assert np.shape(x) == np.shape(y)
        assert np.asarray(x).dtype == np.asarray(y).dtype
        single = np.asarray(x).dtype.itemsize <= 4
        np.testing.assert_allclose(x, y, rtol=2e-5 if single else 1e-10, atol=1e-5 if single else 1e-12)


@pytest.mark.parametrize("name", CASES)
def test_a_compiled_value_is_the_value(name):
    f, args, _ = CASES[name]
    compiled = tg.compile(f)
    for _ in range(2):
        assert_same(compiled(*args), f(*args))


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize("name", CASES)
def test_a_compiled_gradient_is_the_gradient(name, backend):
    f, args, argnums = CASES[name]
    expected = tg.value_and_grad(f, argnums)(*args)
    compiled = tg.compile(tg.value_and_grad(f, argnums), backend)
    before = [np.array(x) for x in leaves(args)]
    for _ in range(2):
        assert_same(compiled(*args), expected)
        compiled.wait()
    assert all(np.array_equal(x, y) for x, y in zip(before, leaves(args), strict=True))


def test_a_number_of_pythons_leaves_single_precision_single():
    f = lambda x, t: x * (1 - 0.9**t) / (2.0 * t + abs(-t))
    x = np.ones(3, np.float32)
    for backend in ("numpy", "auto"):
        compiled = tg.compile(f, backend)
        compiled(x, 2.0)
        assert_same(compiled.wait()(x, 2.0), f(x, 2.0))


def test_all_transforms_compile():
    w, t = np.array([0.3, -0.2, 0.5]), np.array([1.0, 2.0, 3.0])
    f = lambda w: losses.logistic(w, 0.1)
    for transform in (
        tg.hessian(f),
        tg.jacobian(lambda w: np.tanh(losses.X @ w)),
        tg.grad(lambda w: tg.grad(f)(w) @ t),
    ):
        assert_same(tg.compile(transform)(w), transform(w))
    both = lambda w, t: tg.hvp(f, (w,), (t,))
    assert_same(tg.compile(both)(w, t), both(w, t))
    pushed = lambda w, t: tg.jvp(f, (w,), (t,))
    assert_same(tg.compile(pushed)(w, t), pushed(w, t))


def test_a_whole_optimizer_step_compiles():
    adam = losses.Adam()

    def step(params, state, x, labels):
        value, g = tg.value_and_grad(losses.perceptron)(params, x, labels)
        params, state = adam.update(g, state, params)
        return value, params, state

    compiled = tg.compile(step)
    one = two = (losses.PARAMETERS, adam.init(losses.PARAMETERS))
    for _ in range(3):
        value, *one = step(*one, *losses.BATCH)
        again, *two = compiled(*two, *losses.BATCH)
        assert_same([again, *two], [value, *one])


def test_it_decorates():
    @tg.compile
    def f(x):
        return np.sin(x) * x

    @tg.compile(threads=1)
    def g(x):
        return np.sin(x) * x

    assert f(0.5) == g(0.5) == np.sin(0.5) * 0.5
    assert f.__name__ == "f"


def test_one_trace_for_each_signature():
    @tg.compile
    def f(x, n=1, flag=True):
        return x * n if flag else -x

    traces = lambda: sum(map(len, f.traces.values()))
    for x in (1.0, 2.0, np.ones(3), np.zeros(3), np.ones(4), np.ones(3, np.float32)):
        f(x)
    assert traces() == 4
    assert f(2.0, 3) == 6.0
    assert f(2.0, n=4) == 8.0
    assert f(2.0, flag=False) == -2.0
    f(5.0, 3)
    assert traces() == 7


def test_an_array_that_changes_in_place_is_seen():
    data = np.ones(3)
    f = tg.compile(lambda x: np.sum(np.exp(data) * x))
    assert_same(f(2.0), np.sum(np.exp(data) * 2.0))
    data[0] = 5.0
    assert_same(f(2.0), np.sum(np.exp(data) * 2.0))


def test_an_array_that_is_replaced_is_seen():
    data = np.ones(3)
    f = tg.compile(lambda x: np.sum(data * x))
    assert f(2.0) == 6.0
    data = np.arange(4.0)
    assert f(2.0) == 12.0


def test_numbers_and_functions_that_change_are_seen():
    rate, scale = 0.5, {"by": [2.0, np.ones(2)]}
    inner = lambda x: rate * x
    f = tg.compile(lambda x: inner(x) * scale["by"][0] * scale["by"][1])
    assert_same(f(1.0), np.ones(2))
    rate = 1.5
    assert_same(f(1.0), 3 * np.ones(2))
    scale["by"][0] = 1.0
    assert_same(f(1.0), 1.5 * np.ones(2))
    scale["by"][1] = 2 * np.ones(2)
    assert_same(f(1.0), 3 * np.ones(2))
    inner = lambda x: -x
    assert_same(f(1.0), -2 * np.ones(2))


def test_random_numbers_are_drawn_at_every_call():
    f = lambda x, rng: x + rng.normal(size=3) * rng.uniform()
    compiled = tg.compile(f)
    one, two = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(3):
        assert_same(compiled(1.0, one), f(1.0, two))


def test_a_generator_that_is_closed_over_is_drawn_from():
    rng = np.random.default_rng(3)
    f = tg.compile(lambda x: x + rng.normal())
    expected = np.random.default_rng(3)
    assert [f(1.0), f(1.0)] == [1.0 + expected.normal(), 1.0 + expected.normal()]


def test_results_are_the_callers_own():
    f = tg.compile(lambda x: (x, x[1:], np.reshape(x, (3, 1)), x.T))
    x = np.arange(3.0)
    for y in f(x):
        y[...] = 7.0
    assert np.array_equal(x, np.arange(3.0))
    a, b = tg.compile(lambda x: (x + 1, x + 1))(x)
    a[...] = 0.0
    assert np.array_equal(b, x + 1)


def test_a_gradient_where_zero_meets_infinity_is_that_of_the_eager_pass():
    f = lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0.0))
    compiled = tg.compile(tg.grad(f))
    x = np.array([0.0, 4.0])
    for _ in range(2):
        assert np.array_equal(compiled(x), [0.0, 0.25])
    with tg.strict_ieee():
        assert np.array_equal(compiled(x), [np.nan, 0.25], equal_nan=True)


def test_what_a_rule_looked_for_and_did_not_find_is_looked_for_again():
    f = lambda x: np.sum(np.sort(x) * np.arange(3.0))
    compiled = tg.compile(tg.grad(f))
    for x in ([2.0, 2.0, 1.0], [3.0, 1.0, 2.0], [2.0, 2.0, 1.0], [1.0, 2.0, 3.0]):
        assert_same(compiled(np.array(x)), tg.grad(f)(np.array(x)))


def test_a_compiled_function_can_be_differentiated_and_compiled_again():
    f = tg.compile(lambda x: np.sum(np.sin(x) ** 2))
    x = np.array([0.3, 0.4])
    assert_same(tg.grad(f)(x), np.sin(2 * x))
    assert_same(tg.compile(tg.grad(f))(x), np.sin(2 * x))


def test_tensors_come_back_as_tensors():
    y = tg.compile(lambda x: (x * 2, np.sum(x.detach())))(tg.Tensor([1.0, 2.0]))
    assert [type(v) for v in y] == [tg.Tensor, tg.Tensor]
    assert_same([v.data for v in y], [np.array([2.0, 4.0]), np.float64(3.0)])


def test_backward_within_a_compiled_function():
    def step(w):
        leaf = tg.Tensor(w, requires_grad=True)
        np.sum(leaf**3).backward()
        return w - 0.1 * leaf.grad

    assert_same(tg.compile(step)(np.array([1.0, 2.0])), np.array([0.7, 0.8]))


def test_custom_rules_pass_through():
    @tg.custom_vjp
    def clipped(x):
        return x * 2

    clipped.defvjp(lambda x: (x * 2, None), lambda _, g: (np.clip(g, -1, 1),))
    f = tg.grad(lambda x: np.sum(10 * clipped(x)))
    assert_same(tg.compile(f)(np.ones(3)), f(np.ones(3)))
    g = tg.grad(tg.checkpoint(lambda x: np.sum(np.tanh(np.sin(x)))))
    assert_same(tg.compile(g)(np.ones(3)), g(np.ones(3)))


def test_threads_may_call_one_compiled_function():
    f, args, argnums = CASES["large chain"]
    compiled = tg.compile(tg.value_and_grad(f, argnums), threads=2)
    expected = compiled(*args)
    found = []
    threads = [threading.Thread(target=lambda: found.append(compiled(*args))) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(found) == 4
    for each in found:
        assert_same(each, expected)


# --- errors -----------------------------------------------------------------------------------------------------------

REFUSED = {
    "branch": (lambda x: x if x > 0 else -x, "np.where"),
    "float": (lambda x: float(x), "np.sin for math.sin"),
    "loop": (lambda x: sum(range(int(x))), "astype"),
    "index": (lambda x: [1, 2][np.floor(x)], "np.take"),
    "mask": (lambda x: (x * np.ones(3))[x > np.zeros(3)], "np.where"),
    "nonzero": (lambda x: np.nonzero(x * np.ones(3)), "np.where"),
    "item": (lambda x: x.item(), "Return it"),
    "equal": (lambda x: np.array_equal(x, x), "np.all"),
    "asarray": (lambda x: np.asarray(x), "np.stack"),
    "out": (lambda x: np.add(x, 1, out=np.zeros(3)), "a = a + x"),
    "copyto": (lambda x: np.copyto(x, 1.0), "np.where"),
}  # fmt: skip


@pytest.mark.parametrize("name", REFUSED)
def test_what_depends_on_values_is_refused_with_its_cure(name):
    f, cure = REFUSED[name]
    with pytest.raises(TraceError, match="What to do: ") as error:
        tg.compile(f)(0.5)
    assert cure in str(error.value)
    assert "test_compile.py" in str(error.value)


def test_assignment_to_an_argument_or_a_view_is_refused():
    def into_argument(x):
        x[0] = 1.0
        return x

    def into_view(x):
        y = x * 2
        part = y[1:]
        part[0] = 1.0
        return y

    def into_viewed(x):
        y = x * 2
        part = y[1:]
        y += 1.0
        return part

    for f in (into_argument, into_view, into_viewed):
        with pytest.raises(TraceError, match="copy of its own"):
            tg.compile(f)(np.ones(3))


def test_assignment_to_an_array_of_its_own_is_a_line():
    def f(x):
        y = z = x * 2
        y[1] = x[0]
        y += x
        return y, z

    x = np.array([1.0, 2.0, 3.0])
    assert_same(tg.compile(f)(x), f(x))


def test_a_part_that_was_read_is_no_hindrance_once_it_is_gone():
    def f(x):
        y = x * 2
        for i in range(1, 3):
            y[i] += y[i - 1] * x[i]
        total = np.sum(y[1:])
        y *= total
        z = y * 1
        z.fill(3.0)
        return y + z

    for x in (np.array([1.0, 2.0, 3.0]), np.arange(1.0, 4, dtype=np.float32)):
        assert_same(tg.compile(f)(x), f(x))


COLUMNS = {
    "centred": lambda y: [column.__isub__(np.mean(column)) for column in y.T],
    "filled": lambda y: y.T[0].fill(7.0),
    "squeezed": lambda y: np.squeeze(y).__setitem__(0, 7.0),
}


@pytest.mark.parametrize("step", COLUMNS.values(), ids=COLUMNS)
def test_parts_of_parts_are_refused_inside_a_compiled_gradient(step):
    def f(x):
        y = x * 2
        step(y)
        return np.sum(y * x)

    for compiled, words in ((tg.compile(tg.grad(f)), "parts of a Tensor"), (tg.compile(f), "copy of its own")):
        with pytest.raises((InPlaceError, TraceError), match=words):
            compiled(np.ones((2, 2)))


def test_global_random_numbers_are_refused():
    with pytest.raises(TraceError, match="Pass a generator"):
        tg.compile(lambda x: x + np.random.normal())(1.0)


def test_a_leaf_that_is_closed_over_is_refused():
    w = tg.Tensor([1.0], requires_grad=True)
    with pytest.raises(TraceError, match="requires a gradient"):
        tg.compile(lambda x: np.sum(w * x))(1.0)


def test_fallback_runs_eagerly():
    f = tg.compile(lambda x: x if x > 0 else -x, fallback=True)
    assert f(-2.0) == 2.0


def test_what_is_no_function_or_no_backend_is_refused():
    with pytest.raises(TraceError, match="Expected the function itself"):
        tg.compile(3.0)
    with pytest.raises(TraceError, match="backend='fortran'"):
        tg.compile(np.sin, backend="fortran")
    with pytest.raises(TraceError, match="no source yet"):
        tg.compile(np.sin).source  # noqa: B018


def test_indices_are_inputs_like_other_arrays():
    W, index = np.arange(12.0).reshape(4, 3), np.array([1, 1, 3])
    f = tg.value_and_grad(lambda W, i: np.sum(np.take(W, i, axis=0) ** 2 + W[i] * functions.embedding(i, W)))
    for backend in ("numpy", "auto"):
        compiled = tg.compile(f, backend)
        for i in (index, np.array([0, 2, 2])):
            assert_same(compiled(W, i), f(W, i))
            compiled.wait()


def test_an_array_of_no_axes_compiles():
    f = lambda x: np.reshape(x, (1,)) * np.reshape(np.ones(1) * x, ())
    assert_same(tg.compile(f)(2.0), f(2.0))


def test_an_einsum_of_one_array_is_a_view_of_it():
    x = np.linspace(0.1, 0.9, 20_000).reshape(100, 200)

    def f(x):
        y = np.einsum("ij->ij", np.sin(x) * 2)
        return np.sum(y * np.exp(-(x**2))) + np.sum(np.einsum("ij->ji", np.cos(x) * y).T * np.tanh(x * x) * y)

    both = tg.value_and_grad(f)
    for found, expected in zip(tg.compile(both)(x), both(x), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-11)
    same = tg.compile(lambda x: np.einsum("ij->ij", x))(x)
    assert not np.shares_memory(same, x)
