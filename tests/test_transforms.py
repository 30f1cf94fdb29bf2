"""Functions that return derivatives: what goes in and comes out, nesting to fourth order, and wrong uses by name."""

import copy
import functools
import gc
import itertools
import math
from collections import OrderedDict, defaultdict, namedtuple

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import (
    DtypeError,
    GradientError,
    InPlaceError,
    ShapeError,
    TinygradError,
    TracedError,
    TreeError,
)

RNG = np.random.default_rng(11)
X = RNG.uniform(0.3, 1.7, 3)
A = RNG.standard_normal((2, 3))
Layer = namedtuple("Layer", "W b")


def product(x, y, z=1.0):
    return x * y**2 * z**3


# --- which arguments --------------------------------------------------------------------------------------------------

SLOPES = (3.0**2 * 5**3, 2 * 2 * 3.0 * 5**3, 2 * 3.0**2 * 3 * 5**2)  # of product at (2, 3, 5)
CHOICES = {
    "the first": (0, SLOPES[0]),
    "the second": (1, SLOPES[1]),
    "the last": (-1, SLOPES[2]),
    "a number of numpy": (np.int64(1), SLOPES[1]),
    "several": ((0, 2), (SLOPES[0], SLOPES[2])),
    "several, backwards": ((2, 0), (SLOPES[2], SLOPES[0])),
    "a list": ([1], (SLOPES[1],)),
    "from the end": ((-1, 0), (SLOPES[2], SLOPES[0])),
    "none": ((), ()),
}
every_choice = pytest.mark.parametrize(("argnums", "expected"), CHOICES.values(), ids=CHOICES)


@every_choice
def test_grad_differentiates_the_chosen_arguments(argnums, expected):
    assert tg.grad(product, argnums)(2.0, 3.0, 5.0) == expected


@every_choice
def test_value_and_grad_adds_the_value(argnums, expected):
    assert tg.value_and_grad(product, argnums)(2.0, 3.0, 5.0) == (2.0 * 9 * 125, expected)


@every_choice
@pytest.mark.parametrize("mode", ["reverse", "forward"])
def test_jacobian_differentiates_the_chosen_arguments(argnums, expected, mode):
    assert tg.jacobian(product, argnums, mode)(2.0, 3.0, 5.0) == expected


def test_arguments_by_name_are_held_constant():
    assert tg.grad(product)(2.0, 3.0, z=5.0) == SLOPES[0]


def test_an_argument_that_is_not_chosen_may_be_anything():
    assert tg.grad(lambda x, how, n: x**n if how == "power" else x)(3.0, "power", 2) == 6.0


# --- what comes in and out --------------------------------------------------------------------------------------------

TREES = {
    "a dict": (lambda p: p["a"] * p["b"] ** 2, {"a": 2.0, "b": 3.0}, {"a": 9.0, "b": 12.0}),
    "a list": (lambda p: p[0] * p[1] ** 2, [2.0, 3.0], [9.0, 12.0]),
    "a tuple": (lambda p: p[0] * p[1] ** 2, (2.0, 3.0), (9.0, 12.0)),
    "a named tuple": (lambda p: p.W * p.b**2, Layer(2.0, 3.0), Layer(9.0, 12.0)),
    "a kind of dict": (lambda p: p["a"] * p["b"] ** 2, OrderedDict(a=2.0, b=3.0), OrderedDict(a=9.0, b=12.0)),
    "a nest": (
        lambda p: p["l"][0].W * p["l"][1][0],
        {"l": [Layer(2.0, 7.0), (3.0,)]},
        {"l": [Layer(3.0, 0.0), (2.0,)]},
    ),
    "a hole": (lambda p: p[0] ** 2, [3.0, None], [6.0, None]),
    "integers": (lambda p: p[0] * p[1], [2, 3], [3.0, 2.0]),
    "an empty list": (lambda p: 1.0, [], []),
    "nothing": (lambda p: 1.0, None, None),
}


@pytest.mark.parametrize(("f", "tree", "expected"), TREES.values(), ids=TREES)
def test_a_gradient_is_a_tree_like_its_argument(f, tree, expected):
    found = tg.grad(f)(tree)
    assert found == expected
    assert type(found) is type(expected)


@pytest.mark.parametrize("number", [2, 2.0, np.float64(2), np.array(2.0), tg.Tensor(2.0)], ids=repr)
def test_a_number_of_any_kind_is_differentiated(number):
    found = tg.grad(lambda x: x**3)(number)
    assert (float(found), found.dtype) == (12.0, np.float64)


@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.float64])
@pytest.mark.parametrize("shape", [(), (3,), (2, 0)], ids=str)
def test_a_gradient_has_the_shape_and_dtype_of_its_argument(shape, dtype):
    found = tg.grad(lambda x: np.sum(x * np.float64(2)))(np.ones(shape, dtype))
    assert (found.shape, found.dtype) == (shape, dtype)


def test_a_complex_gradient_points_uphill():
    z = np.array([1 + 2j, -3j])
    np.testing.assert_allclose(tg.grad(lambda z: np.sum(np.abs(z) ** 2))(z), 2 * z)


def test_vjp_transposes_without_conjugation():
    np.testing.assert_allclose(tg.vjp(lambda z: z * 1j, 1 + 2j)[1](1 + 0j)[0], 1j)


def test_a_value_is_a_plain_array():
    value, _ = tg.value_and_grad(lambda x: np.sum(x))(X)
    assert not isinstance(value, tg.Tensor)


def test_a_function_that_returns_its_argument_has_gradient_one():
    assert tg.value_and_grad(lambda x: x)(3.0) == (3.0, 1.0)


CONSTANT = {"a float": 5.0, "an int": 5, "an array": np.float64(5), "an int array": np.int64(5)}


@pytest.mark.parametrize("constant", CONSTANT.values(), ids=CONSTANT)
def test_a_function_that_ignores_its_argument_has_gradient_zero(constant):
    value, found = tg.value_and_grad(lambda x: constant)(X)
    assert value == constant
    np.testing.assert_array_equal(found, np.zeros(3))
    np.testing.assert_array_equal(tg.hessian(lambda x: constant)(X), np.zeros((3, 3)))


def test_a_function_that_returns_another_argument_has_gradient_zero():
    assert tg.grad(lambda x, y: y)(2.0, 3.0) == 0.0


@pytest.mark.parametrize("view", [lambda x: x[1:], lambda x: x.T, lambda x: x.reshape(3, 1), lambda x: x], ids=range(4))
def test_a_result_that_is_a_view_of_its_argument_has_a_jacobian_of_ones_and_zeros(view):
    y = view(X)
    expected = (np.ravel(y)[:, None] == X).reshape(*y.shape, 3)
    np.testing.assert_array_equal(tg.jacobian(view)(X), expected)


def test_aux_comes_along():
    (value, aux), g = tg.value_and_grad(lambda x: (x * x, {"double": 2 * x, "word": "a"}), has_aux=True)(3.0)
    assert (value, aux, g) == (9.0, {"double": 6.0, "word": "a"}, 6.0)
    assert not isinstance(aux["double"], tg.Tensor)


def test_grad_with_aux_gives_gradient_and_aux():
    assert tg.grad(lambda x: (x * x, "a"), has_aux=True)(3.0) == (6.0, "a")


def test_the_users_arrays_are_left_alone():
    x = X.copy()
    g = tg.grad(lambda x: np.sum(x * x))(x)
    g *= 0
    np.testing.assert_array_equal(x, X)


def test_gradients_of_two_arguments_do_not_share_memory():
    g, h = tg.grad(lambda x, y: np.sum((x + y) ** 2), (0, 1))(X, X)
    g *= 0
    np.testing.assert_allclose(h, 4 * X)


def test_a_gradient_is_writeable():
    g = tg.grad(np.sum)(X)
    g /= 2
    np.testing.assert_array_equal(g, np.full(3, 0.5))


def test_a_pulled_cotangent_is_not_the_one_given():
    g = np.ones(3)
    found = tg.vjp(lambda x: x, X)[1](g)[0]
    assert not np.shares_memory(found, g)


@pytest.mark.parametrize(
    "f", [np.exp, functools.partial(np.power, 2.0), type("C", (), {"__call__": lambda s, x: x * x})()]
)
def test_any_callable_is_a_function(f):
    h = 1e-6
    assert math.isclose(tg.grad(f)(2.0), (f(2.0 + h) - f(2.0 - h)) / (2 * h), rel_tol=1e-8)


def test_a_gradient_keeps_the_name_of_its_function():
    assert tg.grad(product).__name__ == "product"


# --- vjp, jvp, linearize ----------------------------------------------------------------------------------------------


def test_a_pullback_is_the_transpose():
    value, pull = tg.vjp(lambda x: A @ x, X)
    np.testing.assert_allclose(value, A @ X)
    np.testing.assert_allclose(pull(np.array([1.0, -2.0]))[0], A.T @ [1.0, -2.0])


def test_a_pullback_may_be_called_often():
    _, pull = tg.vjp(np.sin, X)
    np.testing.assert_array_equal(pull(X)[0], pull(X)[0])


def test_a_linearized_function_may_be_called_often():
    calls = []
    _, push = tg.linearize(lambda x: calls.append(1) or np.sin(x), X)
    np.testing.assert_allclose([push(np.eye(3)[i]) for i in range(3)], np.diag(np.cos(X)))
    assert calls == [1]


def test_trees_of_results_take_trees_of_cotangents():
    _, pull = tg.vjp(lambda x: {"a": x, "b": [x * 2, None, 7.0]}, 1.0)
    assert pull({"a": 1.0, "b": [10.0, None, 100.0]}) == (21.0,)


def test_trees_of_arguments_take_trees_of_tangents():
    value, tangent = tg.jvp(lambda p, q: {"y": p["a"] * q[0]}, ({"a": 2.0}, [3.0]), ({"a": 1.0}, [10.0]))
    assert (value, tangent) == ({"y": 6.0}, {"y": 23.0})


@pytest.mark.parametrize(
    "t", [[1, 0, 2], [1.0, 0.0, 2.0], np.array([1.0, 0.0, 2.0]), tg.Tensor([1.0, 0.0, 2.0])], ids=repr
)
def test_a_tangent_of_any_kind_of_numbers_is_taken(t):
    np.testing.assert_allclose(tg.jvp(np.sin, (X,), (t,))[1], np.cos(X) * [1.0, 0.0, 2.0])


def test_stop_gradient_holds_constant_in_both_modes():
    f = lambda x: x * tg.stop_gradient({"a": [x]})["a"][0]
    assert tg.grad(f)(3.0) == 3.0
    assert tg.jvp(f, (3.0,), (1.0,))[1] == 3.0


def test_stop_gradient_holds_at_second_order():
    assert tg.grad(tg.grad(lambda x: tg.stop_gradient(x) * x * x))(3.0) == 6.0


# --- nesting ----------------------------------------------------------------------------------------------------------

MODES = {
    "r": tg.grad,
    "f": lambda f: lambda x: tg.jvp(f, (x,), (1.0,))[1],
    "v": lambda f: lambda x: tg.vjp(f, x)[1](1.0)[0],
    "l": lambda f: lambda x: tg.linearize(f, x)[1](1.0),
    "J": lambda f: tg.jacobian(f, mode="forward"),
    "R": lambda f: tg.jacobian(f, mode="reverse"),
}


def nested(f, modes):
    for mode in modes:
        f = MODES[mode](f)
    return f


def mixes(letters, order):
    return ["".join(mode) for mode in itertools.product(letters, repeat=order)]


def wave(x):
    return np.exp(2 * x) * np.sin(x)


def derivative_of_wave(x, order):
    return (np.exp((2 + 1j) * x) * (2 + 1j) ** order).imag


@pytest.mark.parametrize("modes", [*MODES, *mixes(MODES, 2), *mixes("rfv", 3), *mixes("rf", 4)])
def test_nested_derivatives_equal_the_closed_form(modes):
    found = nested(wave, modes)(0.7)
    assert not isinstance(found, tg.Tensor)
    np.testing.assert_allclose(found, derivative_of_wave(0.7, len(modes)), rtol=1e-12)


pairs = pytest.mark.parametrize(("outer", "inner"), list(itertools.product(MODES, repeat=2)), ids="".join)


@pairs
def test_the_perturbation_of_the_outer_derivative_is_a_constant_to_the_inner(outer, inner):
    """d/dx x (d/dy (x + y)) = 1. With one perturbation for both it is 2. Siskind & Pearlmutter (2005)."""
    D, d = MODES[outer], MODES[inner]
    assert D(lambda x: x * d(lambda y: x + y)(1.0))(1.0) == 1.0


@pairs
def test_an_inner_derivative_at_the_outer_variable_follows_it(outer, inner):
    """d/dx of ∂(x y²)/∂y at y = x is d/dx 2x² = 4x."""
    D, d = MODES[outer], MODES[inner]
    assert D(lambda x: d(lambda y: x * y * y)(x))(3.0) == 12.0


@pairs
def test_an_inner_function_that_returns_the_outer_variable_has_derivative_zero(outer, inner):
    D, d = MODES[outer], MODES[inner]
    assert D(lambda x: d(lambda y: x)(x) + 0 * x)(3.0) == 0.0


@pairs
def test_a_perturbation_that_escapes_into_a_function_is_not_confused(outer, inner):
    """D_u d_x f(x + u) at u = 0 is f''. Manzyuk et al., "Perturbation confusion in forward AD" (2019)."""
    D, d = MODES[outer], MODES[inner]
    shifted = lambda u: lambda f: lambda x: f(x + u)
    found = D(lambda u: d(shifted(u)(np.exp))(1.0))(0.0)
    np.testing.assert_allclose(found, np.e)


@pairs
def test_a_pullback_inside_another_derivative_is_differentiated(outer, inner):
    """x (x cos x), whose factor x comes in as the cotangent."""

    def f(x):
        if inner in "fJl":
            return tg.linearize(lambda y: np.sin(y) * x, x)[1](x)
        return tg.vjp(lambda y: np.sin(y) * x, x)[1](x)[0]

    np.testing.assert_allclose(MODES[outer](f)(0.7), 2 * 0.7 * np.cos(0.7) - 0.49 * np.sin(0.7))


def test_an_outer_pullback_is_linear_in_a_traced_cotangent():
    _, pull = tg.vjp(lambda y: np.sin(y) * y, X)
    found = tg.grad(lambda g: np.sum(pull(g * g)[0]))(X)
    np.testing.assert_allclose(found, 2 * X * (np.cos(X) * X + np.sin(X)))


def test_an_outer_pushforward_is_linear_in_a_traced_tangent():
    _, push = tg.linearize(lambda y: np.sin(y) * y, X)
    found = tg.grad(lambda t: np.sum(push(t * t)))(X)
    np.testing.assert_allclose(found, 2 * X * (np.cos(X) * X + np.sin(X)))


@pytest.mark.parametrize("outer", MODES)
@pytest.mark.parametrize("chosen", [0, 1, (0, 1), (1, 0)], ids=str)
def test_an_inner_gradient_of_constants_leaves_no_trace(outer, chosen):
    """∂/∂x of the sum of the inner slopes of x²y³, where y is a constant to the outer derivative."""

    def f(x):
        found = tg.grad(lambda x, y: x**2 * y**3, chosen)(x, 2.0)
        return sum(found) if isinstance(found, tuple) else found

    slopes = {0: 2 * 8.0, 1: 2 * 3.0 * 12}
    found = MODES[outer](f)(3.0)
    assert not isinstance(found, tg.Tensor)
    assert found == sum(slopes[i] for i in np.atleast_1d(chosen))


def test_a_jacobian_of_a_jacobian_is_symmetric():
    f = lambda x: np.sin(A @ x) * np.sum(x * x)
    second = tg.jacobian(tg.jacobian(f, mode="reverse"), mode="forward")(X)
    assert second.shape == (2, 3, 3)
    np.testing.assert_allclose(second, np.swapaxes(second, 1, 2), atol=1e-14)


# --- leaves and recording around transforms ---------------------------------------------------------------------------


def through(transform):
    """What reaches the leaf w = 3 through the derivative of w y³ at y = 2."""
    w = tg.Tensor(3.0, requires_grad=True)
    transform(lambda y: w * y**3).backward()
    return w.grad


ROUNDS = {
    "grad": (lambda f: tg.grad(f)(2.0), 12.0),
    "value_and_grad": (lambda f: tg.value_and_grad(f)(2.0)[0], 8.0),
    "jvp": (lambda f: tg.jvp(f, (2.0,), (1.0,))[1], 12.0),
    "hvp": (lambda f: tg.hvp(f, (2.0,), (1.0,)), 12.0),
    "jacobian": (lambda f: tg.jacobian(f)(2.0), 12.0),
    "hessian": (lambda f: tg.hessian(f)(2.0), 12.0),
    "aux": (lambda f: tg.grad(lambda y: (y, f(y)), has_aux=True)(2.0)[1], 8.0),
}


@pytest.mark.parametrize(("transform", "expected"), ROUNDS.values(), ids=ROUNDS)
def test_a_leaf_closed_over_gets_its_gradient_through_a_transform(transform, expected):
    assert through(transform) == expected


def test_a_leaf_may_be_the_argument_of_a_transform():
    x = tg.Tensor(2.0, requires_grad=True)
    slope = tg.grad(lambda y: y**3)(x)
    slope.backward()
    assert (slope.item(), float(x.grad)) == (12.0, 12.0)


def test_a_transform_writes_no_grad_on_a_leaf():
    x = tg.Tensor(2.0, requires_grad=True)
    tg.grad(lambda y: y**3 * x)(x)
    assert x.grad is None


@pytest.mark.parametrize("order", [1, 2, 3])
def test_a_transform_records_its_function_under_no_grad(order):
    with tg.no_grad():
        found = nested(wave, "r" * order)(0.7)
    np.testing.assert_allclose(found, derivative_of_wave(0.7, order))


def test_a_transform_under_no_grad_gives_plain_arrays():
    x = tg.Tensor(2.0, requires_grad=True)
    with tg.no_grad():
        assert not getattr(tg.grad(lambda y: y * x)(x), "requires_grad", False)


def test_no_grad_inside_the_function_holds_constant():
    def f(x):
        with tg.no_grad():
            y = x * x
        return x * y

    assert tg.grad(f)(3.0) == 9.0


def test_an_error_in_the_function_leaves_recording_as_it_was():
    with tg.no_grad():
        with pytest.raises(ZeroDivisionError):
            tg.grad(lambda x: 1 / 0)(1.0)
        assert not (tg.Tensor(1.0, requires_grad=True) * 2).requires_grad


def test_a_long_function_frees_its_record():
    def long(x):
        for _ in range(20_000):
            x = np.sin(x)
        return x

    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        tg.grad(tg.grad(long))(1.0)
        assert abs(len(gc.get_objects()) - before) < 100
    finally:
        gc.enable()


# --- numbers that leave the record ------------------------------------------------------------------------------------

LOST = {
    "math.sin": lambda x: math.sin(x),
    "float": lambda x: float(x) * 2,
    "complex": lambda x: abs(complex(x)),
    "np.float64": lambda x: np.float64(x),
    "np.array": lambda x: np.sum(np.array([x, x])),
}


@pytest.mark.parametrize("f", LOST.values(), ids=LOST)
@pytest.mark.parametrize("mode", "rf")
def test_a_number_that_would_lose_its_gradient_is_refused(f, mode):
    with pytest.raises(TracedError, match=r"would lose its gradient. Use NumPy's functions"):
        MODES[mode](f)(1.0)


def test_a_tensor_does_not_become_an_element_of_an_array():
    """NumPy raises an error of its own then, from ours."""

    def filled(x):
        array = np.zeros(2)
        array[0] = x
        return np.sum(array)

    with pytest.raises(ValueError, match="setting an array element") as caught:
        tg.grad(filled)(1.0)
    assert isinstance(caught.value.__cause__, InPlaceError)


KEPT = {
    "a comparison": lambda x: x * 2 if x > 0 else x,
    "item": lambda x: x * 2 if x.item() > 0 else x,
    "an integer part": lambda x: x * 2 if int(x) == 1 else x,
    "a format": lambda x: x * 2 if f"{x:.1f}" == "1.5" else x,
    "a detached float": lambda x: x * 2 if float(tg.stop_gradient(x)) else x,
}


@pytest.mark.parametrize("f", KEPT.values(), ids=KEPT)
def test_a_number_may_decide_where_the_function_goes(f):
    assert tg.grad(f)(1.5) == 2.0


# --- wrong uses -------------------------------------------------------------------------------------------------------

WRONG = {
    "an array as result": (lambda: tg.grad(np.sin)(X), GradientError, r"an array of shape \(3,\). Reduce it"),
    "a complex result": (lambda: tg.grad(lambda x: x * 1j)(1.0), GradientError, "returned a complex number"),
    "no result": (lambda: tg.grad(lambda x: None)(1.0), GradientError, r"returned None \(is a return missing\?\)"),
    "several results": (lambda: tg.grad(lambda x: (x, x))(1.0), GradientError, "returned a tuple.*has_aux=True"),
    "a word as result": (lambda: tg.grad(lambda x: "a")(1.0), GradientError, "returned a str. Expected one number"),
    "no aux": (lambda: tg.grad(lambda x: x, has_aux=True)(1.0), GradientError, r"should return \(loss, rest\)"),
    "a value for a function": (lambda: tg.grad(np.sin(1.0)), GradientError, r"float64 is no function.*grad\(f\)\(x\)"),
    "a value for a function to jacobian": (lambda: tg.jacobian(1.0), GradientError, r"jacobian\(f\)\(x\)"),
    "an argument too far": (lambda: tg.grad(product, 5)(1.0, 2.0), GradientError, "argument 5, but 2 positional"),
    "an argument by name": (lambda: tg.grad(product)(x=1.0, y=2.0), GradientError, "by name are held constant"),
    "an argument twice": (lambda: tg.grad(product, (0, -2))(1.0, 2.0), GradientError, "names an argument twice"),
    "a name in argnums": (lambda: tg.grad(product, "x")(1.0, 2.0), GradientError, "argnums='x'. Expected an integer"),
    "a float in argnums": (lambda: tg.grad(product, 1.0)(1.0, 2.0), GradientError, "Expected an integer or a tuple"),
    "argnums of jacobian": (lambda: tg.jacobian(product, 5)(1.0, 2.0), GradientError, "jacobian: argnums=5 asks"),
    "an unknown mode": (lambda: tg.jacobian(product, mode="fwd"), GradientError, "mode='fwd'. Expected 'reverse'"),
    "an array of integers": (lambda: tg.grad(np.sum)(np.arange(3)), DtypeError, r"int64.*first: x.astype\(float\)"),
    "an array of booleans": (lambda: tg.grad(np.sum)(X > 1), DtypeError, "array of bool, which has no derivative"),
    "a truth value": (lambda: tg.grad(lambda x: x)(True), TreeError, "argument 0 is bool, which has no derivative"),
    "a word": (lambda: tg.grad(lambda x: 1.0)(["a"]), TreeError, "is str, which has no derivative.*close over"),
    "a bare primal": (lambda: tg.jvp(np.sin, 1.0, 1.0), TreeError, r"the primals are float. Expected a tuple.*\(x,\)"),
    "a bare tangent": (lambda: tg.jvp(np.sin, (X,), X), TreeError, "the tangents are ndarray. Expected a tuple"),
    "a bare primal of hvp": (lambda: tg.hvp(np.sum, X, X), TreeError, "hvp: the primals are ndarray"),
    "too many tangents": (lambda: tg.jvp(np.sin, (1.0,), (1.0, 2.0)), TreeError, "the tangent should be a list of 1"),
    "a tangent's shape": (
        lambda: tg.jvp(np.sin, (X,), (np.ones(2),)),
        ShapeError,
        r"tangent has shape \(2,\). .*\(3,\)",
    ),
    "a tangent of integers": (lambda: tg.jvp(np.sin, (X,), (np.ones(3, int),)), DtypeError, "array of int64"),
    "a cotangent's shape": (
        lambda: tg.vjp(np.sin, X)[1](1.0),
        ShapeError,
        r"cotangent has shape \(\). Expected \(3,\)",
    ),
    "a cotangent's tree": (lambda: tg.vjp(lambda x: {"y": x}, X)[1](X), TreeError, "the cotangent should be a dict"),
}


@pytest.mark.parametrize(("call", "error", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_use_is_told_with_its_cure(call, error, words):
    with pytest.raises(error, match=words):
        call()


# --- jacobian, hessian, hvp -------------------------------------------------------------------------------------------

both_modes = pytest.mark.parametrize("mode", [None, "reverse", "forward"])
MAPS = {
    "wide": (lambda x: A @ np.sin(x), X, A * np.cos(X)),
    "tall": (lambda x: A.T @ np.sin(x), X[:2], A.T * np.cos(X[:2])),
    "a number to an array": (lambda x: x * X, 2.0, X),
    "an array to a number": (lambda x: np.sum(x**2), X, 2 * X),
    "a matrix to a matrix": (lambda x: A @ x, np.eye(3), np.einsum("ij,kl->iljk", A, np.eye(3))),
    "nothing to something": (lambda x: np.sum(x) * X, np.zeros(0), np.zeros((3, 0))),
    "something to nothing": (lambda x: x[:0], X, np.zeros((0, 3))),
}


@both_modes
@pytest.mark.parametrize(("f", "x", "expected"), MAPS.values(), ids=MAPS)
def test_a_jacobian_has_the_shape_of_the_result_and_then_of_the_argument(f, x, expected, mode):
    found = tg.jacobian(f, mode=mode)(x)
    assert np.shape(found) == np.shape(expected)
    np.testing.assert_allclose(found, expected, atol=1e-15)


@both_modes
@pytest.mark.parametrize("shape", [(3,), (0,)], ids=str)
def test_a_jacobian_keeps_float32(shape, mode):
    assert tg.jacobian(lambda x: x * x, mode=mode)(np.ones(shape, np.float32)).dtype == np.float32


@both_modes
def test_a_jacobian_of_trees_is_a_tree_of_trees(mode):
    found = tg.jacobian(lambda p: [p["a"] * p["b"], p["b"]], mode=mode)({"a": 2.0, "b": 3.0})
    assert found == [{"a": 3.0, "b": 2.0}, {"a": 0.0, "b": 1.0}]


@both_modes
def test_a_jacobian_of_several_arguments_is_a_tuple(mode):
    assert tg.jacobian(product, (0, 1), mode)(2.0, 3.0) == (9.0, 12.0)


def walks(monkeypatch, name):
    calls, walk = [], getattr(tg.runs, name)
    monkeypatch.setattr(tg.runs, name, lambda *args, **kw: calls.append(1) or walk(*args, **kw))
    return calls


@pytest.mark.parametrize(
    ("matrix", "name", "count"), [(A, "pullback", 2), (A.T, "pushforward", 2)], ids=["wide", "tall"]
)
def test_a_jacobian_takes_the_shorter_way(matrix, name, count, monkeypatch):
    calls = walks(monkeypatch, name)
    tg.jacobian(lambda x: matrix @ x)(np.ones(matrix.shape[1]))
    assert len(calls) == count


def test_a_hessian_equals_the_closed_form():
    """Of e^{a·x}: a aᵀ e^{a·x}."""
    a = A[0]
    np.testing.assert_allclose(tg.hessian(lambda x: np.exp(a @ x))(X), np.outer(a, a) * np.exp(a @ X))


def test_a_hessian_of_a_tree_is_a_tree_of_trees():
    found = tg.hessian(lambda p: p["a"] ** 2 * p["b"])({"a": 1.0, "b": 2.0})
    assert found == {"a": {"a": 4.0, "b": 2.0}, "b": {"a": 2.0, "b": 0.0}}


def test_a_hessian_of_several_arguments_has_all_blocks():
    assert tg.hessian(lambda x, y: x**2 * y, (0, 1))(1.0, 2.0) == ((4.0, 2.0), (2.0, 0.0))


def test_a_hvp_is_the_hessian_times_the_vector():
    f = lambda x: np.prod(np.sin(x))
    np.testing.assert_allclose(tg.hvp(f, (X,), (A[0],)), tg.hessian(f)(X) @ A[0])


def test_a_hvp_of_several_arguments_is_a_tuple():
    assert tg.hvp(lambda x, y: x**2 * y, (1.0, 2.0), (1.0, 10.0)) == (4.0 + 20.0, 2.0)


def test_an_imaginary_part_of_one_number_has_a_gradient():
    np.testing.assert_array_equal(tg.grad(lambda x: np.imag(np.sum(x * 1j)))(np.ones(2)), [1.0, 1.0])


def test_a_complex_tangent_of_a_real_number_is_refused():
    with pytest.raises(tg.errors.DtypeError, match="the tangent is complex"):
        tg.jvp(lambda x: x * x, (2.0,), (1j,))


def test_a_tangent_that_is_none_is_refused():
    with pytest.raises(tg.errors.TreeError, match="the tangent is None"):
        tg.jvp(lambda x: x * x, (2.0,), (None,))


@pytest.mark.parametrize("copied", [copy.copy, copy.deepcopy])
def test_a_copy_of_what_is_differentiated_keeps_its_gradient(copied):
    gradient = tg.grad(lambda p: np.sum(copied(p)["w"] ** 2))({"w": np.ones(2)})
    np.testing.assert_array_equal(gradient["w"], [2.0, 2.0])


def test_arrays_whose_arithmetic_is_another_are_refused():
    for x in (np.ma.array([1.0, 2.0], mask=[0, 1]), np.ones((1, 2)).view(np.matrix)):
        with pytest.raises(TreeError, match="mean something else"):
            tg.grad(lambda x: np.sum(x * x))(x)


def test_a_gradient_of_a_number_is_a_number_however_it_was_found():
    for f in (np.sin, np.sqrt, lambda x: 1.0):
        for gradient in (tg.grad(f), tg.jacobian(f, mode="reverse"), tg.jacobian(f, mode="forward"), tg.hessian(f)):
            assert type(gradient(0.0)) is np.float64


NOTHING_TO_DIFFERENTIATE = {
    "vjp of None": (lambda: tg.vjp(lambda x: None, 2.0), r"vjp: the function returned None \(is a return missing\?\)"),
    "jvp of None": (lambda: tg.jvp(lambda x: None, (2.0,), (1.0,)), "jvp: the function returned None"),
    "vjp of a word": (lambda: tg.vjp(lambda x: "a", 2.0), "returned a str. Expected arrays, alone or in a tree"),
    "jacobian of a word": (lambda: tg.jacobian(lambda x: "a")(2.0), "jacobian: the function returned a str"),
    "vjp of a number": (lambda: tg.vjp(3.0, 2.0), r"float is no function. Expected the function itself: vjp\(f, x\)"),
    "jvp of a number": (lambda: tg.jvp(3.0, (2.0,), (1.0,)), r"jvp\(f, \(x,\), \(t,\)\)"),
    "linearize of a number": (lambda: tg.linearize(3.0, 1.0), r"linearize\(f, x\)"),
    "a cotangent of words": (lambda: tg.vjp(np.sin, 1.0)[1]("a"), "the cotangent is no array of numbers"),
    "a tangent of words": (lambda: tg.jvp(np.sin, (1.0,), ("a",)), "the tangent is no array of numbers"),
    "a complex loss": (lambda: np.sin(tg.Tensor(1j, requires_grad=True)).backward(), "this Tensor is complex"),
}


@pytest.mark.parametrize(("call", "words"), NOTHING_TO_DIFFERENTIATE.values(), ids=NOTHING_TO_DIFFERENTIATE)
def test_what_is_no_function_of_arrays_is_said(call, words):
    with pytest.raises(TinygradError, match=words):
        call()


def test_the_value_beside_a_pullback_is_the_callers_own():
    x = np.array([0.0, 1.0])
    for transform, back in ((tg.vjp, lambda pull, v: pull(v)[0]), (tg.linearize, lambda push, v: push(v))):
        value, linear = transform(np.exp, x)
        value -= 2.0
        np.testing.assert_allclose(back(linear, value), np.exp(x) * (np.exp(x) - 2))


def test_a_jacobian_has_the_dtype_of_its_argument_in_both_modes():
    f = lambda v: np.ones((3, 2)) @ v
    for mode in ("reverse", "forward"):
        assert tg.jacobian(f, mode=mode)(np.ones(2, np.float32)).dtype == np.float32


def test_a_dict_of_a_kind_of_its_own_stays_one():
    p = OrderedDict(a=2.0, b=1.0)
    found = tg.grad(lambda p: (p.move_to_end("a"), p["a"] * 2)[1])(p)
    assert type(found) is OrderedDict and found == {"a": 2.0, "b": 0.0} and list(p) == ["a", "b"]
    weights = defaultdict(float, w=3.0)
    assert tg.grad(lambda p: p["w"] ** 2 + p["unknown"])(weights)["w"] == 6.0
