"""Forward mode: tangents along the record, and its agreement with reverse mode."""

import gc

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.extend import primitive
from tinygrad_edu.graph import history
from tinygrad_edu.modes import pullback, pushforward
from tinygrad_edu.tensor import source

RNG = np.random.default_rng(3)
X, T = RNG.uniform(0.3, 1.7, (2, 4))
A = RNG.standard_normal((3, 4))

# name: f, its derivative at x in the direction t
FUNCTIONS = {
    "identity": (lambda x: x, lambda x, t: t),
    "a sum of uses": (lambda x: x * x + x, lambda x, t: 2 * x * t + t),
    "a chain": (lambda x: np.exp(np.sin(x)), lambda x, t: np.exp(np.sin(x)) * np.cos(x) * t),
    "a matrix": (lambda x: A @ x, lambda x, t: A @ t),
    "an outer product": (lambda x: x[:, None] * x, lambda x, t: t[:, None] * x + x[:, None] * t),
    "a stretched argument": (lambda x: x[:, None] + np.ones((4, 3)), lambda x, t: np.repeat(t[:, None], 3, 1)),
    "a reduction": (lambda x: np.sum(x**3), lambda x, t: np.sum(3 * x**2 * t)),
    "several outputs": (lambda x: np.concatenate(np.split(x * x, 2)[::-1]), lambda x, t: np.roll(2 * x * t, 2)),
    "an assignment": (lambda x: assigned(x), lambda x, t: np.array([2 * x[0] * t[0], t[0], *(2 * x * t)[2:]])),
    "a joint rule": (lambda x: np.stack([x, x * x]), lambda x, t: np.stack([t, 2 * x * t])),
    "a constant": (lambda x: np.ones(3), lambda x, t: np.zeros(3)),
    "a step": (lambda x: np.floor(x), lambda x, t: np.zeros(4)),
}
every_function = pytest.mark.parametrize(("f", "derivative"), FUNCTIONS.values(), ids=FUNCTIONS)


def assigned(x):
    y = x * x
    y[1] = x[0]
    return y


@every_function
def test_a_tangent_is_the_derivative_in_its_direction(f, derivative):
    value, tangent = tg.jvp(f, (X,), (T,))
    np.testing.assert_allclose(value, f(X))
    np.testing.assert_allclose(tangent, derivative(X, T), rtol=1e-13)


@every_function
def test_a_tangent_has_the_shape_and_dtype_of_its_value(f, derivative):
    value, tangent = tg.jvp(f, (X.astype(np.float32),), (T.astype(np.float32),))
    assert np.shape(tangent) == np.shape(value)
    assert tangent.dtype == value.dtype


@every_function
def test_pushforward_and_pullback_are_adjoint(f, derivative):
    value, tangent = tg.jvp(f, (X,), (T,))
    g = np.random.default_rng(5).standard_normal(np.shape(value))
    (cotangent,) = tg.vjp(f, X)[1](g)
    np.testing.assert_allclose(np.sum(g * tangent), np.sum(cotangent * T), atol=1e-13)


@every_function
def test_a_tangent_shares_no_memory_with_what_was_given(f, derivative):
    t = T.copy()
    tangent = tg.jvp(f, (X,), (t,))[1]
    assert not np.shares_memory(tangent, t)


def test_pushforward_gives_the_tangent_of_every_root():
    x = source(X)
    y, z = np.sin(x), np.sin(x) * x
    found = pushforward([y.node, z.node], [T], [x.node])
    np.testing.assert_allclose(found[y.node], np.cos(X) * T)
    np.testing.assert_allclose(found[z.node], (np.cos(X) * X + np.sin(X)) * T)


def test_a_root_that_no_source_reaches_has_no_tangent():
    x, other = source(X), source(X)
    y = other * 2
    assert y.node not in pushforward([y.node], [T], [x.node])


def test_a_source_that_reaches_no_root_has_no_cotangent():
    x, other = source(X), source(X)
    y = np.sum(other * 2)
    assert x.node not in pullback([y.node], [np.float64(1)], [x.node])


def test_a_missing_tangent_stands_for_zero():
    x, y = source(X), source(X)
    z = x * y
    np.testing.assert_allclose(pushforward([z.node], [T, None], [x.node, y.node])[z.node], T * X)


def test_a_root_given_twice_gets_both_cotangents():
    x = source(X)
    y = x * 2
    np.testing.assert_allclose(pullback([y.node, y.node], [T, X], [x.node])[x.node], 2 * (T + X))


def test_a_long_chain_goes_forward_without_recursion_and_frees_itself():
    def chain(x):
        for _ in range(200_000):
            x = x * 1.0
        return x

    gc.collect()
    gc.disable()
    try:
        before = len(gc.get_objects())
        assert tg.jvp(chain, (1.0,), (2.0,))[1] == 2.0
        assert abs(len(gc.get_objects()) - before) < 100
    finally:
        gc.enable()


# --- what is walked ---------------------------------------------------------------------------------------------------


def test_history_is_the_newest_first():
    x = source(X)
    y = np.sum(np.sin(x) * x)
    lines, _, _ = history([y.node], [x.node])
    assert [line.op.name for line in lines] == ["sum", "multiply", "sin"]


def test_history_leaves_out_what_no_source_reaches():
    x, w = source(X), tg.Tensor(X, requires_grad=True)
    y = np.sin(x) * np.exp(w)
    lines, wanted, strangers = history([y.node], [x.node])
    assert [line.op.name for line in lines] == ["multiply", "sin"]
    assert w.node not in wanted
    assert strangers


def test_history_stops_at_the_sources():
    w = tg.Tensor(X, requires_grad=True)
    x = source(np.exp(w))
    lines, _, strangers = history([np.sin(x).node], [x.node])
    assert [line.op.name for line in lines] == ["sin"]
    assert strangers


def test_history_sees_no_stranger_where_there_is_none():
    x = source(X)
    assert not history([np.sin(x).node], [x.node])[2]


def test_a_source_of_an_ended_transform_is_no_stranger():
    x, ended = source(X), source(X)
    assert not history([(x * ended).node], [x.node])[2]


def test_a_number_among_tensors_has_no_tangent():
    stacked = lambda x: np.sin(np.stack([x, 1.0, x * 2]))
    np.testing.assert_allclose(tg.jacobian(stacked, mode="forward")(0.7), [np.cos(0.7), 0, 2 * np.cos(1.4)])
    product = primitive(lambda a, b: a * b, lambda g, y, a, b: [g * b, g * a])
    assert tg.jvp(lambda a: product(a, 2.0), (3.0,), (1.0,)) == (6.0, 2.0)
