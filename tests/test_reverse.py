"""Reverse mode: where cotangents go, what is added up, what is kept, and that nothing is held longer than needed."""

import gc
import weakref

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import DtypeError, GradientError, ShapeError
from tinygrad_edu.modes.reverse import sum_to

X = np.array([1.0, 2.0, 3.0])
LONG = 200_000


def leaf(data=X, **options):
    return tg.Tensor(data, requires_grad=True, **options)


def gradient_of(f, x=X):
    """What `backward` writes on a fresh leaf."""
    w = leaf(x)
    f(w).backward()
    return w.grad


# --- what is added up -------------------------------------------------------------------------------------------------

FANS = {
    "x * x": (lambda x: np.sum(x * x), 2 * X),
    "x + x": (lambda x: np.sum(x + x), 2 + 0 * X),
    "x - x": (lambda x: np.sum(x - x), 0 * X),
    "x / x": (lambda x: np.sum(x / x), 0 * X),
    "x @ x": (lambda x: x @ x, 2 * X),
    "maximum(x, x)": (lambda x: np.sum(np.maximum(x, x)), 1 + 0 * X),
    "stack([x, x, x])": (lambda x: np.sum(np.stack([x, x, x])), 3 + 0 * X),
    "einsum(x, x, x)": (lambda x: np.einsum("i,i,i->", x, x, x), 3 * X**2),
    "where(c, x, x)": (lambda x: np.sum(np.where(X > 1, x, x)), 1 + 0 * X),
}


@pytest.mark.parametrize(("f", "expected"), FANS.values(), ids=FANS)
def test_an_argument_given_twice_receives_both_cotangents(f, expected):
    np.testing.assert_allclose(gradient_of(f), expected)


def test_a_line_used_a_thousand_times_receives_every_cotangent():
    def f(x):
        y = x * 2
        return sum(np.sum(k * y) for k in range(1000))

    np.testing.assert_allclose(gradient_of(f), np.full(3, 2.0 * 999 * 1000 / 2))


def test_a_diamond_of_paths_is_walked_once_a_line():
    """2⁶⁰ paths, 60 lines."""

    def f(x):
        for _ in range(60):
            x = x + x
        return np.sum(x)

    np.testing.assert_array_equal(gradient_of(f), np.full(3, 2.0**60))


def test_the_order_of_lines_is_that_of_their_making_and_not_of_their_use():
    x = leaf(2.0)
    early, late = x * x, x + 1
    (late * early * late).backward()  # x² (x + 1)²
    assert x.grad == 2 * 2 * 9 + 4 * 2 * 3


def test_only_what_was_used_has_a_gradient():
    used, unused = leaf(), leaf()
    (used * 2).sum().backward()
    assert unused.grad is None


def test_a_constant_has_no_gradient():
    c = tg.Tensor(X)
    (leaf() * c).sum().backward()
    assert c.grad is None


def test_broadcasting_is_undone():
    rows, columns = leaf(np.ones((3, 1))), leaf(np.ones(4))
    (rows * columns * 2).sum().backward()
    np.testing.assert_array_equal(rows.grad, np.full((3, 1), 8.0))
    np.testing.assert_array_equal(columns.grad, np.full(4, 6.0))


# --- backward more than once ------------------------------------------------------------------------------------------


def test_a_second_backward_adds_to_the_leaf():
    x = leaf()
    y = np.sum(x * x)
    y.backward()
    y.backward()
    np.testing.assert_array_equal(x.grad, 4 * X)


def test_a_second_backward_does_not_count_the_first_in_between():
    """A pass that kept its cotangents on the lines would give x̄ three times, not twice."""
    x = leaf(2.0)
    y = (x * 3) * 5
    y.backward()
    y.backward()
    assert x.grad == 30.0


def test_two_losses_add_up_on_a_shared_leaf():
    x = leaf()
    np.sum(x * x).backward()
    np.sum(x).backward()
    np.testing.assert_array_equal(x.grad, 2 * X + 1)


def test_a_gradient_set_to_none_starts_again():
    x = leaf()
    for _ in range(2):
        x.grad = None
        np.sum(x * x).backward()
    np.testing.assert_array_equal(x.grad, 2 * X)


# --- the cotangent given ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "g", [[1.0, 0.0, 2.0], [1, 0, 2], np.array([1.0, 0.0, 2.0]), tg.Tensor([1.0, 0.0, 2.0])], ids=repr
)
def test_a_cotangent_weighs_the_results(g):
    x = leaf()
    (x * x).backward(g)
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 12.0])


def test_a_single_number_in_an_array_needs_no_cotangent():
    x = leaf()
    np.sum(x * x, keepdims=True).backward()
    np.testing.assert_array_equal(x.grad, 2 * X)


def test_a_leaf_can_be_the_root():
    x = leaf(3.0)
    x.backward()
    assert x.grad == 1.0


def test_a_traced_cotangent_is_differentiated_too():
    x, g = leaf(2.0), leaf(3.0)
    (x * x).backward(g * g, create_graph=True)  # x̄ = 2x g²
    x.grad.backward()
    assert g.grad == 2 * 2 * 2 * 3


WRONG = {
    "no cotangent for an array": (
        lambda: (leaf() * 2).backward(),
        GradientError,
        r"a gradient belongs to a scalar, but this Tensor has shape \(3,\). Reduce it first",
    ),
    "a cotangent of another shape": (
        lambda: (leaf() * 2).backward(np.ones(2)),
        ShapeError,
        r"the cotangent has shape \(2,\), but the Tensor has shape \(3,\)",
    ),
    "a cotangent of integers": (
        lambda: (leaf() * 2).backward(np.ones(3, int)),
        DtypeError,
        r"the cotangent is of int64. Convert it first: gradient.astype\(float\)",
    ),
    "a cotangent of words": (
        lambda: (leaf() * 2).backward(["a", "b", "c"]),
        DtypeError,
        r"the cotangent is no array of numbers: could not convert string to float: 'a'. Expected shape \(3,\)",
    ),
    "a constant root": (
        lambda: tg.Tensor(1.0).backward(),
        GradientError,
        r"depends on nothing that requires a gradient. Make its inputs with Tensor\(data, requires_grad=True\)",
    ),
    "retain_grad of a constant": (lambda: tg.Tensor(1.0).retain_grad(), GradientError, "nothing traced went into it"),
}


@pytest.mark.parametrize(("call", "error", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_backward_is_told_with_its_cure(call, error, words):
    with pytest.raises(error, match=words):
        call()


# --- what .grad is ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64, np.complex64, np.complex128])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0), (1, 3)], ids=str)
def test_a_gradient_has_the_shape_and_dtype_of_its_leaf(shape, dtype):
    x = leaf(np.full(shape, 0.5, dtype))
    np.sum(np.abs(x * np.float64(2)) ** 2).backward()
    assert type(x.grad) is np.ndarray
    assert (x.grad.shape, x.grad.dtype) == (shape, dtype)


def test_gradients_do_not_share_memory_with_each_other():
    x, y = leaf(), leaf()
    np.sum(x + y).backward()
    x.grad *= 100
    np.testing.assert_array_equal(y.grad, np.ones(3))


@pytest.mark.parametrize("wrap", [lambda g: g, tg.Tensor], ids=["array", "Tensor"])
def test_a_gradient_does_not_share_memory_with_the_cotangent(wrap):
    x, g = leaf(), np.ones(3)
    (x + 0).backward(wrap(g))
    x.grad *= 100
    np.testing.assert_array_equal(g, np.ones(3))


@pytest.mark.parametrize("f", [lambda x, y: np.sum(x * y), lambda x, y: x @ y], ids=["multiply", "matmul"])
def test_a_gradient_does_not_share_memory_with_the_data(f):
    x, y = leaf(), leaf(np.ones(3))
    f(x, y).backward()
    x.grad *= 100
    np.testing.assert_array_equal(y.data, np.ones(3))


def test_changing_a_gradient_does_not_change_the_next_pass():
    x = leaf()
    y = x + 0
    loss = np.sum(y * y)
    loss.backward()
    x.grad *= 0
    loss.backward()
    np.testing.assert_array_equal(x.grad, 2 * X)


def test_a_gradient_is_writeable():
    g = gradient_of(np.sum)
    g /= 2
    np.testing.assert_array_equal(g, np.full(3, 0.5))


# --- retain_grad ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("when", ["before its use", "after its use"])
def test_a_retained_gradient_is_the_sum_over_all_uses(when):
    x = leaf()
    y = x * 2
    if when == "before its use":
        y.retain_grad()
    loss = np.sum(y * y) + np.sum(y)
    if when == "after its use":
        y.retain_grad()
    loss.backward()
    np.testing.assert_array_equal(y.grad, 2 * (2 * X) + 1)
    np.testing.assert_array_equal(x.grad, 2 * y.grad)


def test_retain_grad_returns_the_tensor():
    y = leaf() * 2
    assert y.retain_grad() is y


def test_a_result_keeps_no_gradient_unasked():
    y = leaf() * 2
    np.sum(y).backward()
    assert y.grad is None


def test_one_output_of_several_can_be_retained():
    parts = np.split(leaf(np.arange(4.0)), 2)
    parts[1].retain_grad()
    np.sum(parts[1] * 3 + parts[0]).backward()
    np.testing.assert_array_equal(parts[1].grad, [3.0, 3.0])


# --- create_graph -----------------------------------------------------------------------------------------------------


def derivatives(f, x, order):
    """f', f'', ... at x, each by `backward` through the one before."""
    w = leaf(x)
    y, found = f(w), []
    for _ in range(order):
        w.grad = None
        y.backward(create_graph=True)
        y = w.grad
        found.append(y.item())
    return found


def test_backward_through_backward_gives_every_order():
    """d⁵/dx⁵ of e^{2x} sin x, as the imaginary part of (2 + i)ⁿ e^{(2+i)x}."""
    expected = [(np.exp((2 + 1j) * 0.7) * (2 + 1j) ** n).imag for n in range(1, 6)]
    np.testing.assert_allclose(derivatives(lambda x: np.exp(2 * x) * np.sin(x), 0.7, 5), expected, rtol=1e-13)


def test_derivatives_of_a_polynomial_end_in_zeros():
    assert derivatives(lambda x: x**3, 2.0, 3) == [12.0, 12.0, 6.0]


def test_create_graph_writes_tensors():
    x = leaf()
    np.sum(x**3).backward(create_graph=True)
    np.sum(x.grad).backward()
    np.testing.assert_allclose(x.grad.data, 3 * X**2 + 6 * X)


def test_a_constant_gradient_is_a_tensor_after_create_graph():
    x = leaf()
    np.sum(2 * x).backward(create_graph=True)
    assert isinstance(x.grad, tg.Tensor)


def test_a_gradient_penalty_is_differentiated():
    """∂/∂w of ‖∂(w·x)²/∂x‖² = ‖2 (w·x) w‖²."""
    w, x = leaf([1.0, 2.0]), leaf([3.0, -1.0])
    ((w @ x) ** 2).backward(create_graph=True)
    slope = x.grad
    w.grad = None
    np.sum(slope**2).backward()
    s, W = 1.0, np.array([1.0, 2.0])
    np.testing.assert_allclose(w.grad, 8 * s * 5 * x.data + 8 * s**2 * W)


# --- what is not recorded ---------------------------------------------------------------------------------------------


def test_no_grad_records_nothing():
    with tg.no_grad():
        y = leaf() * 2
    assert not y.requires_grad


def test_no_grad_ends_with_its_block_even_upon_an_error():
    with pytest.raises(ZeroDivisionError), tg.no_grad():
        1 / 0  # noqa: B018
    assert (leaf() * 2).requires_grad


def test_no_grad_nests():
    with tg.no_grad():
        with tg.no_grad():
            pass
        assert not (leaf() * 2).requires_grad
    assert (leaf() * 2).requires_grad


def test_backward_under_no_grad_still_finds_the_gradient():
    x = leaf()
    y = np.sum(x * x)
    with tg.no_grad():
        y.backward()
    np.testing.assert_array_equal(x.grad, 2 * X)


def test_a_detached_factor_is_a_constant():
    np.testing.assert_array_equal(gradient_of(lambda x: np.sum(x * x.detach())), X)


# --- passes inside passes ---------------------------------------------------------------------------------------------


@tg.custom_vjp
def cube(x):
    """x³, whose rule runs a backward pass of its own."""
    return x**3


def _cube_rule(x, g):
    inner = leaf(x)
    np.sum(inner**3).backward()
    return (g * inner.grad,)


cube.defvjp(lambda x: (x**3, x), _cube_rule)


def test_a_rule_may_run_a_backward_of_its_own():
    np.testing.assert_allclose(gradient_of(lambda x: np.sum(cube(x) * x)), 4 * X**3)


def test_a_backward_inside_a_transform_keeps_to_its_leaf():
    def f(x):
        inner = leaf(2.0)
        (inner**3).backward()
        return x * inner.grad

    assert tg.grad(f)(1.0) == 12.0


# --- memory -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def no_collector():
    """Nothing but reference counts frees memory."""
    gc.collect()
    gc.disable()
    yield
    gc.enable()


def chain(x, n=LONG):
    for _ in range(n):
        x = x * 1.0
    return x


def test_a_long_chain_goes_back_without_recursion_and_frees_itself(no_collector):
    x = leaf(1.0)
    y = chain(x)
    before = len(gc.get_objects())
    y.backward()
    assert x.grad == 1.0
    y = None
    assert before - len(gc.get_objects()) > LONG


def test_a_pass_keeps_no_array_alive(no_collector):
    x = leaf(np.ones(4))
    y = np.exp(x)
    array = weakref.ref(y.data)
    np.sum(y * y).backward()
    del y
    assert array() is None


def test_a_dead_leaf_is_no_hindrance(no_collector):
    x, y = leaf(2.0), leaf(3.0)
    z = x * y
    alive = weakref.ref(y)
    del y
    z.backward()
    assert alive() is None
    assert x.grad == 3.0


STEPS = {
    "backward": lambda w, x: np.sum(np.tanh(x @ w) ** 2).backward(),
    "create_graph": lambda w, x: np.sum(np.tanh(x @ w) ** 2).backward(create_graph=True),
    "grad": lambda w, x: tg.grad(lambda w: np.sum(np.tanh(x @ w) ** 2))(w.data),
    "jvp": lambda w, x: tg.jvp(lambda w: np.tanh(x @ w), (w.data,), (w.data,)),
    "hvp": lambda w, x: tg.hvp(lambda w: np.sum(np.tanh(x @ w) ** 2), (w.data,), (w.data,)),
    "checkpoint": lambda w, x: tg.grad(tg.checkpoint(lambda w: np.sum(np.tanh(x @ w) ** 2)))(w.data),
    "a custom rule": lambda w, x: tg.grad(lambda w: np.sum(cube(w)))(w.data),
    "careful": lambda w, x: tg.grad(lambda w: np.sum(np.where(w > 9, np.sqrt(w - w), 0)))(w.data),
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
def test_memory_stays_flat_from_step_to_step(step, no_collector):
    w, x = leaf(np.ones(3)), np.ones((5, 3))
    counts = []
    for _ in range(6):
        w.grad = None
        step(w, x)
        w.grad = None
        counts.append(len(gc.get_objects()))
    assert len(set(counts[2:])) == 1


# --- the transpose of broadcasting ------------------------------------------------------------------------------------


@pytest.mark.parametrize("shape", [(), (4,), (1,), (3, 1), (1, 4), (2, 3, 4), (1, 1, 1)], ids=str)
def test_sum_to_is_the_transpose_of_broadcast_to(shape):
    rng = np.random.default_rng(0)
    x, g = rng.standard_normal(shape), rng.standard_normal((2, 3, 4))
    found = sum_to(g, shape)
    assert found.shape == shape
    np.testing.assert_allclose(np.sum(found * x), np.sum(g * np.broadcast_to(x, g.shape)))


def test_a_traced_cotangent_leaves_no_record_in_the_gradient():
    x, g = tg.Tensor([1.0, 2.0], requires_grad=True), tg.Tensor([1.0, 1.0], requires_grad=True)
    (x**2).backward(gradient=g)
    assert type(x.grad) is np.ndarray


def test_a_complex_cotangent_of_a_real_tensor_is_refused():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(DtypeError, match="complex"):
        (x**2).backward(gradient=1j * np.ones(2))
