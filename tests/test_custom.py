"""Rules of one's own and checkpoints: right in both modes and at second order, and refused by name where wrong."""

import functools
import itertools
import math
import weakref

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ClosureError, GradientError, ShapeError, TreeError

X = np.array([0.5, 1.0, 1.5])


def plain(x):
    """x eˣ, which every function below computes."""
    return x * np.exp(x)


@tg.custom_vjp
def by_vjp(x):
    return plain(x)


@tg.custom_jvp
def by_jvp(x):
    return plain(x)


by_vjp.defvjp(lambda x: (plain(x), (x, np.exp(x))), lambda kept, g: (g * kept[1] * (1 + kept[0]),))
by_jvp.defjvp(lambda primals, tangents: (by_jvp(*primals), tangents[0] * np.exp(primals[0]) * (1 + primals[0])))


def closing(x):
    """Checkpointed, with the factor eˣ not given but closed over."""
    factor = np.exp(x)
    return tg.checkpoint(lambda y: y * factor)(x)


FUNCTIONS = {
    "custom_vjp": by_vjp,
    "custom_jvp": by_jvp,
    "checkpoint": tg.checkpoint(plain),
    "a checkpoint in a checkpoint": tg.checkpoint(lambda x: x * tg.checkpoint(np.exp)(x)),
    "a checkpoint that closes over": closing,
    "a custom rule in a checkpoint": tg.checkpoint(by_vjp),
    "a rule by a rule": tg.checkpoint(lambda x: by_jvp(x) * 1),
}
every_function = pytest.mark.parametrize("f", FUNCTIONS.values(), ids=FUNCTIONS)

MODES = {"r": tg.grad, "f": lambda f: lambda x: tg.jvp(f, (x,), (1.0,))[1]}
MIXES = ["".join(mix) for order in (1, 2, 3) for mix in itertools.product("rf", repeat=order)]


def nested(f, modes):
    for mode in modes:
        f = MODES[mode](f)
    return f


@every_function
@pytest.mark.parametrize("modes", MIXES)
def test_all_mixes_of_modes_give_the_derivatives_of_the_plain_function(f, modes):
    found = nested(lambda x: np.sin(f(x)), modes)(0.4)
    assert not isinstance(found, tg.Tensor)
    np.testing.assert_allclose(found, nested(lambda x: np.sin(plain(x)), modes)(0.4), rtol=1e-12)


@every_function
def test_arrays_are_differentiated_elementwise(f):
    np.testing.assert_allclose(tg.grad(lambda x: np.sum(f(x) ** 2))(X), tg.grad(lambda x: np.sum(plain(x) ** 2))(X))


@every_function
def test_a_call_without_a_trace_is_the_plain_function(f):
    np.testing.assert_allclose(f(X), plain(X))


@every_function
def test_nothing_is_recorded_under_no_grad(f):
    with tg.no_grad():
        assert not f(tg.Tensor(X, requires_grad=True)).requires_grad


@every_function
def test_backward_reaches_the_leaf(f):
    x = tg.Tensor(X, requires_grad=True)
    np.sum(f(x)).backward()
    np.testing.assert_allclose(x.grad, np.exp(X) * (1 + X))


# --- trees ------------------------------------------------------------------------------------------------------------


def blend(p, k):
    return {"u": p["a"] * p["b"], "w": [p["a"] + k, None]}


by_tree = tg.custom_vjp(blend)
by_tree.defvjp(
    lambda p, k: (blend(p, k), p),
    lambda p, g: ({"a": g["u"] * p["b"] + g["w"][0], "b": g["u"] * p["a"]}, None),
)
tangent_tree = tg.custom_jvp(blend)
tangent_tree.defjvp(
    lambda primals, tangents: (
        blend(*primals),
        {
            "u": tangents[0]["a"] * primals[0]["b"] + primals[0]["a"] * tangents[0]["b"],
            "w": [tangents[0]["a"] + tangents[1], None],
        },
    )
)

P = {"a": X, "b": X[::-1].copy()}


def combined(f):
    """A number out of all the leaves that f gives."""

    def number(p):
        found = f(p, 3)
        return np.sum(np.sin(found["u"]) * found["w"][0])

    return number


@pytest.mark.parametrize("f", [by_tree, tangent_tree, tg.checkpoint(blend)], ids=["vjp", "jvp", "checkpoint"])
def test_trees_go_in_and_come_out(f):
    found, expected = tg.grad(combined(f))(P), tg.grad(combined(blend))(P)
    for name in P:
        np.testing.assert_allclose(found[name], expected[name])
    np.testing.assert_allclose(tg.jvp(combined(f), (P,), (P,))[1], tg.jvp(combined(blend), (P,), (P,))[1])


@pytest.mark.parametrize("f", [by_tree, tangent_tree, tg.checkpoint(blend)], ids=["vjp", "jvp", "checkpoint"])
def test_trees_differentiate_twice(f):
    np.testing.assert_allclose(tg.hessian(combined(f))(P)["a"]["b"], tg.hessian(combined(blend))(P)["a"]["b"])


# --- what a rule is free to say ---------------------------------------------------------------------------------------


def test_a_rule_is_believed_and_not_checked():
    f = tg.custom_vjp(lambda x: x)
    f.defvjp(lambda x: (x, None), lambda _, g: (np.clip(g, -1, 1),))
    assert tg.grad(lambda x: 100 * f(x))(3.0) == 1.0


COTANGENTS = {
    "None for zero": (lambda kept, g: (None,), [0.0, 0.0, 0.0]),
    "a list": (lambda kept, g: ([1.0, 2.0, 3.0],), [1.0, 2.0, 3.0]),
    "integers": (lambda kept, g: (np.array([1, 2, 3]),), [1.0, 2.0, 3.0]),
    "float32": (lambda kept, g: (g.astype(np.float32),), [1.0, 1.0, 1.0]),
    "a stretched axis": (lambda kept, g: (np.stack([g, g]),), [2.0, 2.0, 2.0]),
}


@pytest.mark.parametrize(("backward", "expected"), COTANGENTS.values(), ids=COTANGENTS)
def test_a_cotangent_is_brought_into_shape(backward, expected):
    f = tg.custom_vjp(lambda x: x * 1)
    f.defvjp(lambda x: (x * 1, None), backward)
    found = tg.grad(lambda x: np.sum(f(x)))(X)
    np.testing.assert_array_equal(found, expected)
    assert found.dtype == np.float64


def test_a_custom_function_keeps_its_name_and_words():
    assert by_vjp.__name__ == "by_vjp"
    assert tg.checkpoint(plain).__doc__ == plain.__doc__


# --- wrong rules ------------------------------------------------------------------------------------------------------


def with_vjp(backward, forward=lambda x: (x * 2, None)):
    f = tg.custom_vjp(double)
    f.defvjp(forward, backward)
    return tg.grad(lambda x: np.sum(f(x)))(X)


def with_jvp(rule):
    f = tg.custom_jvp(double)
    f.defjvp(rule)
    return tg.jvp(f, (X,), (X,))


def double(x):
    return x * 2


def capturing(custom, x):
    """A custom function that uses x without being given it."""
    f = custom(lambda y: x * y)
    if custom is tg.custom_vjp:
        f.defvjp(lambda y: (x * y, None), lambda kept, g: (g,))
    else:
        f.defjvp(lambda primals, tangents: (primals[0], tangents[0]))
    return f(2.0 * x)


WRONG = {
    "no rule": (
        lambda: tg.grad(tg.custom_vjp(double))(1.0),
        GradientError,
        r"double: custom_vjp without a rule. .*defvjp",
    ),
    "no tangent rule": (
        lambda: tg.grad(tg.custom_jvp(double))(1.0),
        GradientError,
        r"without a rule. .*\.defjvp\(rule\)",
    ),
    "no tuple": (lambda: with_vjp(lambda _, g: g), TreeError, "double: its rule should return a tuple of 1 cotangents"),
    "too many": (lambda: with_vjp(lambda _, g: (g, g)), TreeError, "a tuple of 1 cotangents, one for each argument"),
    "a short cotangent": (
        lambda: with_vjp(lambda _, g: (g[:2],)),
        ShapeError,
        r"double: .* shape \(2,\) as the cotangent",
    ),
    "a number": (
        lambda: with_vjp(lambda _, g: (1.0,)),
        ShapeError,
        r"shape \(\) as the cotangent.*\. Expected shape \(3,\)",
    ),
    "no residuals": (lambda: with_vjp(None, double), TreeError, r"forward rule should return \(value, residuals\)"),
    "no value": (lambda: with_jvp(lambda p, t: t[0]), TreeError, r"double: its rule should return \(value, tangent\)"),
    "a short tangent": (lambda: with_jvp(lambda p, t: (p[0], t[0][:2])), ShapeError, r"its tangent has shape \(2,\)"),
    "a tree for a tangent": (lambda: with_jvp(lambda p, t: (p[0], 0.0)), ShapeError, r"its tangent has shape \(\)"),
    "a closure": (lambda: tg.grad(lambda x: capturing(tg.custom_vjp, x))(1.0), ClosureError, "Pass it as an argument"),
    "a closure of a jvp": (lambda: tg.grad(lambda x: capturing(tg.custom_jvp, x))(1.0), ClosureError, "would be lost"),
}


@pytest.mark.parametrize(("call", "error", "words"), WRONG.values(), ids=WRONG)
def test_a_wrong_rule_is_told_by_name(call, error, words):
    with pytest.raises(error, match=words):
        call()


# --- checkpoints ------------------------------------------------------------------------------------------------------

ARGUMENTS = {
    "an integer": (lambda x: tg.checkpoint(lambda x, n: x**n)(x, 3), 12.0),
    "a word": (lambda x: tg.checkpoint(lambda x, how: x**3 if how == "cube" else x)(x, "cube"), 12.0),
    "parameters by name": (lambda x: tg.checkpoint(lambda x, *, n=1: x**n)(x, n=3), 12.0),
    "a traced parameter by name": (lambda x: tg.checkpoint(lambda n, *, x=None: x**n)(3, x=x), 12.0),
    "a constant array": (lambda x: np.sum(tg.checkpoint(lambda c, x: c * x**3)(np.ones(2), x)), 24.0),
    "None": (lambda x: tg.checkpoint(lambda p: p[0] ** 3)([x, None]), 12.0),
    "a result that is an argument": (lambda x: tg.checkpoint(lambda x: x)(x) ** 3, 12.0),
    "a result that is closed over": (lambda x: tg.checkpoint(lambda y: x)(1.0) ** 3, 12.0),
    "a constant result": (lambda x: tg.checkpoint(lambda x: 12.0)(x) * x, 12.0),
    "several results": (lambda x: np.prod(np.stack(tg.checkpoint(lambda x: (x, x * x))(x))), 12.0),
    "a partial function": (lambda x: tg.checkpoint(functools.partial(np.multiply, 12.0))(x), 12.0),
}


@pytest.mark.parametrize(("f", "expected"), ARGUMENTS.values(), ids=ARGUMENTS)
def test_a_checkpoint_takes(f, expected):
    assert tg.grad(f)(2.0) == expected
    assert tg.jvp(f, (2.0,), (1.0,))[1] == expected


def test_a_checkpoint_finds_the_leaves_that_it_closes_over():
    w, x = tg.Tensor(2.0, requires_grad=True), tg.Tensor(3.0, requires_grad=True)
    tg.checkpoint(lambda x: w * w * x)(x).backward()
    assert (float(w.grad), float(x.grad)) == (12.0, 4.0)


def test_a_checkpoint_computes_again_in_the_pass():
    calls = []
    f = tg.checkpoint(lambda x: calls.append(1) or np.sin(x))
    _, pull = tg.vjp(f, 1.0)
    assert len(calls) == 1
    pull(1.0)
    assert len(calls) == 2


def test_a_checkpoint_keeps_no_inside():
    inside = []

    def f(x):
        y = np.exp(x)
        inside.append(weakref.ref(y.data))
        return y * y

    x = tg.Tensor(X, requires_grad=True)
    loss = np.sum(tg.checkpoint(f)(x))
    assert inside[0]() is None
    loss.backward()
    np.testing.assert_allclose(x.grad, 2 * np.exp(2 * X))


def test_a_custom_function_takes_its_arguments_by_name_too():
    @tg.custom_vjp
    def scaled(x, k=2.0):
        return x * k

    scaled.defvjp(lambda x, k: (x * k, k), lambda k, g: (g * k, None))
    assert tg.grad(lambda x: scaled(x, k=3.0))(1.0) == 3.0
    assert tg.grad(lambda x: scaled(x=x))(1.0) == 2.0


def test_a_custom_rule_lets_zero_be_stronger_than_infinity():
    @tg.custom_vjp
    def root(x):
        return np.sqrt(x)

    root.defvjp(lambda x: (np.sqrt(x), x), lambda x, g: (g * 0.5 / np.sqrt(x),))
    f = lambda x: np.sum(np.where(x > 0, root(x), 0))
    np.testing.assert_array_equal(tg.grad(f)(np.array([0.0, 4.0])), [0, 0.25])


def test_a_custom_rule_beyond_numpy_gets_plain_cotangents():
    """Here a loop over floats, which careful arrays do not pretend to be."""

    @tg.custom_vjp
    def root(x):
        return np.sqrt(x)

    root.defvjp(lambda x: (np.sqrt(x), x), lambda x, g: (np.array([math.sqrt(float(v)) for v in np.asarray(g)]) / x,))
    assert np.isnan(tg.grad(lambda x: np.sum(np.where(x > 0, root(x), 0)))(np.array([0.0, 4.0]))[0])


def test_a_custom_rule_belongs_to_a_method_as_well():
    class Square:
        power = 2

        @tg.custom_vjp
        def __call__(self, x):
            return x**self.power

    Square.__call__.defvjp(lambda self, x: (x**self.power, x), lambda x, g: (None, 3 * g * x))
    assert tg.grad(Square())(2.0) == 6.0


@pytest.mark.parametrize(
    ("tangent", "culprit"),
    [
        (lambda x, t: t**2, "power"),
        (lambda x, t: t * t, "multiply"),
        (lambda x, t: np.sin(t), "sin"),
        (lambda x, t: x / (1 + t), "divide"),
        (lambda x, t: np.maximum(t, 0), "maximum"),
    ],
)
def test_a_forward_rule_that_is_not_linear_is_refused(tangent, culprit):
    bent = tg.custom_jvp(lambda x: np.sin(x))
    bent.defjvp(lambda primals, tangents: (np.sin(*primals), tangent(*primals, *tangents)))
    with pytest.raises(GradientError, match=f"not linear in the tangents, because of {culprit}"):
        tg.grad(lambda x: np.sum(bent(x)))(X)


@pytest.mark.parametrize(
    "tangent",
    [
        lambda x, t: np.where(x > 1, t, 0) - t / x,
        lambda x, t: np.einsum("ij,j->i", np.outer(x, x), t) + np.cumsum(t)[::-1] + np.mean(t),
        lambda x, t: np.linalg.solve(np.diag(x), t) + np.concatenate([t[1:], t[:1]]) + np.real(np.fft.fft(t)),
    ],
)
def test_a_forward_rule_may_be_any_linear_map(tangent):
    own = tg.custom_jvp(lambda x: np.sin(x))
    own.defjvp(lambda primals, tangents: (np.sin(*primals), tangent(*primals, *tangents)))
    np.testing.assert_allclose(tg.jacobian(own, mode="reverse")(X), tg.jacobian(own, mode="forward")(X), rtol=1e-12)


def test_a_forward_rule_that_adds_a_constant_is_refused():
    shifted = tg.custom_jvp(lambda x: x * x)
    shifted.defjvp(lambda primals, tangents: (primals[0] ** 2, 2 * primals[0] * tangents[0] + 1.0))
    with pytest.raises(GradientError, match="of zeros it does not make zeros"):
        tg.grad(shifted)(3.0)


def test_a_rule_that_makes_words_is_refused():
    worded = tg.custom_vjp(lambda x: x)
    worded.defvjp(lambda x: ("a word", None), lambda _, g: (g,))
    with pytest.raises(GradientError, match="made a str for a value"):
        tg.grad(worded)(1.0)
