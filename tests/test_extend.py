"""Operations of a user's own: one row of each kind, in both modes and at second order; a wrong row is told."""

import math

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import extend
from tinygrad_edu.errors import NoRuleError, ShapeError
from tinygrad_edu.graph import Op
from tinygrad_edu.rules.refusals import refuse

RNG = np.random.default_rng(7)
X, Y, T, S = RNG.uniform(0.3, 1.7, (4, 5))
A = RNG.standard_normal((3, 5))

# fmt: off
softplus = extend.elementwise(lambda x: np.logaddexp(x, 0), lambda g, y, x: g / (1 + np.exp(-x)))
quotient = extend.elementwise(lambda x, y: x / y,           lambda g, z, x, y: g / y, lambda g, z, x, y: -g * z / y)
mixed    = extend.linear(lambda x: A @ x,                   lambda g, y, x: g @ A)
scaled   = extend.linear(lambda x, *, by=2.0: x * by,       lambda g, y, x, by=2.0: g * by)
joined   = extend.linear(lambda x, y: x + 2 * y,            lambda g, z, x, y: [g, 2 * g], joint=True)
hadamard = extend.bilinear(lambda x, y: x * y,              lambda g, z, x, y: g * y, lambda g, z, x, y: g * x)
energy   = extend.primitive(lambda x: np.sum(x**3),         (lambda g, y, x: g * 3 * x * x,),
                                                            (lambda t, y, x: np.sum(3 * x * x * t),))
one_way  = extend.primitive(lambda x: np.sum(x**3),         (lambda g, y, x: g * 3 * x * x,))
shared   = extend.primitive(lambda x, y: x * y * y,         lambda g, z, x, y: [g * y * y, g * 2 * x * y])
several  = extend.primitive(lambda *xs: sum(x**2 for x in xs), extend.Every(lambda i, g, z, *xs: 2 * g * xs[i]),
                                                            extend.Every(lambda i, t, z, *xs: 2 * t * xs[i]))
cubed    = extend.composite(lambda x: x**3,                 lambda x: np.square(x) * x)
# fmt: on


class Bell:
    """A rule may be a method."""

    def value(self, x):
        return np.exp(-x * x)

    def rule(self, g, y, x):
        return -2 * g * x * np.exp(-x * x)


bell = extend.elementwise(Bell().value, Bell().rule)

OPERATIONS = {
    "elementwise": (softplus, lambda x: np.logaddexp(x, 0), 1),
    "elementwise in two arguments": (quotient, lambda x, y: x / y, 2),
    "elementwise by a method": (bell, lambda x: np.exp(-x * x), 1),
    "linear": (mixed, lambda x: A @ x, 1),
    "linear with a parameter": (lambda x: scaled(x, by=3.0), lambda x: 3 * x, 1),
    "linear in several": (joined, lambda x, y: x + 2 * y, 2),
    "bilinear": (hadamard, lambda x, y: x * y, 2),
    "primitive": (energy, lambda x: np.sum(x**3), 1),
    "primitive without jvps": (one_way, lambda x: np.sum(x**3), 1),
    "primitive with one rule for all": (shared, lambda x, y: x * y * y, 2),
    "primitive in any number": (several, lambda x, y: x**2 + y**2, 2),
    "composite": (cubed, lambda x: x**3, 1),
}
every_operation = pytest.mark.parametrize(("op", "same", "arity"), OPERATIONS.values(), ids=OPERATIONS)


def bent(f):
    """f with a curved function before and behind, so that its second derivatives are no trivial zeros."""
    return lambda *xs: np.sum(np.sin(f(*[np.tanh(x) + 1 for x in xs])))


@every_operation
def test_a_row_computes_its_function(op, same, arity):
    xs = [X, Y][:arity]
    np.testing.assert_allclose(op(*xs), same(*xs))
    np.testing.assert_allclose(op(*map(tg.Tensor, xs)).data, same(*xs))


@every_operation
def test_a_row_differentiates_in_reverse(op, same, arity):
    xs, argnums = [X, Y][:arity], tuple(range(arity))
    for found, expected in zip(tg.grad(bent(op), argnums)(*xs), tg.grad(bent(same), argnums)(*xs), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@every_operation
def test_a_row_differentiates_forward(op, same, arity):
    xs, ts = [X, Y][:arity], [T, S][:arity]
    np.testing.assert_allclose(tg.jvp(bent(op), xs, ts)[1], tg.jvp(bent(same), xs, ts)[1], rtol=1e-12)


@every_operation
@pytest.mark.parametrize("outer", [tg.grad, lambda f: tg.jacobian(f, mode="forward")], ids=["reverse", "forward"])
@pytest.mark.parametrize("inner", ["reverse", "forward"])
def test_a_row_differentiates_twice(op, same, arity, inner, outer):
    ts = [T, S][:arity]

    def once(f):
        if inner == "forward":
            return lambda *xs: tg.jvp(f, xs, ts)[1]
        slopes = tg.grad(f, tuple(range(arity)))
        return lambda *xs: sum(np.sum(g * t) for g, t in zip(slopes(*xs), ts, strict=True))

    xs = [X, Y][:arity]
    np.testing.assert_allclose(outer(once(bent(op)))(*xs), outer(once(bent(same)))(*xs), rtol=1e-11)


@pytest.mark.parametrize("name", [name for name in OPERATIONS if name != "linear"])  # which has five columns only
def test_a_row_works_on_large_arrays(name):
    """The record forgets large arrays that no rule reads."""
    op, same, arity = OPERATIONS[name]
    xs, argnums = [np.resize(x, 10_000) for x in (X, Y)][:arity], tuple(range(arity))
    for found, expected in zip(tg.grad(bent(op), argnums)(*xs), tg.grad(bent(same), argnums)(*xs), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


def test_a_flat_row_lets_nothing_flow():
    def staircase(x):
        return np.floor(x)

    extend.flat(staircase)
    step = tg.RULES[staircase]
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(x * step(x)))(X), np.floor(X))


def test_a_flat_row_gives_masks_as_they_are():
    def positive(x):
        return x > 0

    extend.flat(positive)
    assert type(tg.RULES[positive](tg.Tensor(X, requires_grad=True))) is np.ndarray


def test_a_row_enters_the_table():
    assert softplus in tg.RULES.values()


# --- rows of a numpy function -----------------------------------------------------------------------------------------


@pytest.fixture
def without_unwrap(monkeypatch):
    """The table as if np.unwrap were not in it."""
    monkeypatch.delitem(tg.RULES, np.unwrap)


@pytest.fixture
def unwrap_row(without_unwrap):
    """np.unwrap with a rule: it adds multiples of 2π, so its derivative is the identity."""
    extend.linear(np.unwrap, lambda g, y, x: g)


def test_a_numpy_function_without_a_row_is_refused(without_unwrap):
    with pytest.raises(NoRuleError, match=r"unwrap has no rule in the table.*Add one in a row"):
        tg.grad(lambda x: np.sum(np.unwrap(x)))(X)


def test_a_numpy_function_differentiates_after_one_row(unwrap_row):
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(np.unwrap(x) ** 2))(X), 2 * X)


# --- wrong rows -------------------------------------------------------------------------------------------------------


def named(name, f):
    f.__name__ = name
    return f


WRONG = {
    "a cotangent too short": (
        lambda f: extend.elementwise(f, lambda g, y, x: g[:2]),
        "reverse",
        r"my_square: its rule returned shape \(2,\) as the cotangent.*\. Expected shape \(5,\)",
    ),
    "a number of python's": (
        lambda f: extend.elementwise(f, lambda g, y, x: 1.0),
        "reverse",
        r"my_square: its rule returned float as the cotangent.*\. Expected shape \(5,\)",
    ),
    "nothing": (
        lambda f: extend.elementwise(f, lambda g, y, x: None),
        "reverse",
        r"its rule returned NoneType as the cotangent",
    ),
    "a tangent too short": (
        lambda f: extend.primitive(f, (lambda g, y, x: g,), (lambda t, y, x: t[:2],)),
        "forward",
        r"my_square: its rule returned shape \(2,\) as the tangent of its result. Expected shape \(5,\)",
    ),
    "a tangent of python's": (
        lambda f: extend.elementwise(f, lambda g, y, x: 1.0),
        "forward",
        r"its rule returned float as the tangent of its result",
    ),
}


@pytest.mark.parametrize(("declare", "mode", "words"), WRONG.values(), ids=WRONG)
def test_a_rule_whose_result_does_not_fit_is_named(declare, mode, words):
    op = declare(named("my_square", lambda x: x * x))
    with pytest.raises(ShapeError, match=words):
        if mode == "reverse":
            tg.vjp(op, X)[1](X)
        else:
            tg.jvp(op, (X,), (X,))


def test_a_parameter_that_no_rule_knows_is_refused():
    op = extend.linear(lambda x, *, power=1: x**power, lambda g, y, x: g)
    with pytest.raises(NoRuleError, match="no rule for its parameter power"):
        op(tg.Tensor(X, requires_grad=True), power=2)


@pytest.mark.parametrize(
    ("read", "words"),
    [
        (lambda op: tg.vjp(op, X)[1](X), "opaque has no rule for reverse mode, nor one for forward mode to transpose"),
        (
            lambda op: tg.jvp(op, (X,), (X,)),
            "opaque has no rule for forward mode, nor one for reverse mode to transpose",
        ),
    ],
    ids=["reverse", "forward"],
)
def test_a_row_without_rules_says_what_is_missing(read, words):
    op = extend.primitive(named("opaque", lambda x: x * x), None)
    with pytest.raises(NoRuleError, match=words):
        read(op)


def test_an_operation_with_tangents_only_takes_parameters():
    """Reverse mode transposes the tangents' rule, whatever its parameters are called."""
    times = Op(lambda x, factor: x * factor, None, lambda t, y, x, factor: t[0] * factor, "linear", "times", arity=1)
    assert tg.grad(lambda x: np.sum(times(x, factor=3.0)))(np.ones(2)).tolist() == [3.0, 3.0]


def test_a_private_name_is_shown_without_its_underscore():
    def _twice(x):
        return 2 * x

    assert repr(extend.linear(_twice, lambda g, y, x: 2 * g)) == "Op(twice, linear)"


def test_a_refused_ufunc_says_why():
    half = np.frompyfunc(lambda x: x / 2, 1, 1)
    refuse("it is written in Python. Write x / 2", half)
    try:
        with pytest.raises(NoRuleError, match="written in Python"):
            half(tg.Tensor(1.0, requires_grad=True))
    finally:
        del tg.RULES[half]


def test_a_rule_may_ask_how_its_cotangents_would_change():
    """f = Σ u³v + v²: its second derivatives along c, and its third along c twice."""
    asked = {}

    def rule(g, y, x, follows):
        c = np.array([1.0, -2.0])
        asked.update(reached=follows.reached, once=follows(c, 0), twice=follows(c, 0, 2))
        return g[0]

    op = extend.primitive(lambda x: (x, x + 1, x + 2), (rule,), asks=True)
    f = lambda u, v: np.sum(u**3 * v) + np.sum(v * v)
    x, c = np.array([0.5, 2.0]), np.array([1.0, -2.0])
    tg.grad(lambda x: f(*op(x)[:2]))(x)
    assert asked["reached"] == {0, 1}
    np.testing.assert_allclose(asked["once"][0], 6 * x * (x + 1) * c)
    np.testing.assert_allclose(asked["once"][1], 3 * x**2 * c)
    np.testing.assert_array_equal(asked["once"][2], 0)
    np.testing.assert_allclose(asked["twice"][0], 6 * (x + 1) * c * c)
    np.testing.assert_allclose(asked["twice"][1], 6 * x * c * c)


def test_a_flat_function_of_ones_own_is_called_by_what_flat_returns():
    floors = extend.flat(lambda x: np.array([math.floor(v) for v in x]))
    assert tg.grad(lambda x: np.sum(floors(x) * x))(np.array([1.5, 2.5])).tolist() == [1.0, 2.0]


def test_rules_in_a_list_are_rules():
    root = extend.primitive(lambda x: np.sqrt(x), [lambda g, y, x: g * 0.5 / y])
    assert tg.grad(lambda x: np.sum(np.where(x > 0, root(x), 0)))(np.array([0.0, 4.0])).tolist() == [0.0, 0.25]


def test_a_function_in_pythons_numbers_makes_arrays():
    sine = extend.elementwise(lambda x: math.sin(x), lambda g, y, x: g * np.cos(x))
    product = extend.primitive(lambda x, y: int(x) * int(y), (lambda g, z, x, y: g * y, lambda g, z, x, y: g * x))
    pair = extend.primitive(lambda x: [1.0, float(x)], (lambda g, y, x: g[1],))
    assert tg.grad(lambda x: np.sin(sine(x)) + sine(x))(0.5) == np.cos(np.sin(0.5)) * np.cos(0.5) + np.cos(0.5)
    assert tg.grad(lambda x: product(x, x))(3.0) == 6.0
    assert tg.grad(lambda x: pair(x)[1] * pair(x)[0])(3.0) == 1.0
    leaf = tg.Tensor(0.5, requires_grad=True)
    sine(leaf).backward()
    assert leaf.grad == np.cos(0.5)
    with pytest.raises(ShapeError, match="is a return missing"):
        extend.elementwise(lambda x: None, lambda g, y, x: g)(tg.Tensor(1.0))


@pytest.mark.parametrize(
    ("declare", "words"),
    [
        (lambda: extend.elementwise(3, lambda g, y, x: g), "3 is no function"),
        (lambda: extend.elementwise(lambda x: x, lambda g, y: g), r"called as rule\(g, y, x, \*\*params\)"),
        (lambda: extend.elementwise(lambda x, y: x, lambda g, z, x, y: g, lambda g: g), r"rule\(g, y, x0, x1"),
        (lambda: extend.linear(lambda x: x, lambda g: g), r"but takes \(g\)"),
    ],
)
def test_a_row_that_cannot_be_called_is_refused_when_it_is_declared(declare, words):
    with pytest.raises(TypeError, match=words):
        declare()


def test_another_rule_for_a_numpy_function_is_not_silent(monkeypatch):
    monkeypatch.setitem(tg.RULES, np.cbrt, tg.RULES[np.cbrt])  # put back afterwards
    with pytest.warns(UserWarning, match="cbrt has another rule from now on, in all of this process"):
        extend.elementwise(np.cbrt, lambda g, y, x: g)
    extend.elementwise(lambda x: np.cbrt(x), lambda g, y, x: g)  # an operation of one's own: no warning
