"""Random small programs: reverse = forward = finite differences, at first and second order.

hypothesis draws a program step by step, each step a row of the tables below applied to values that earlier steps made.
Values that grow too large are squashed, and a program that comes near a kink is compared between the modes only, since
finite differences would step across. The environment variable PROGRAMS sets how many are drawn (150; a long run: 10000).
"""

import os

import numpy as np
from hypothesis import HealthCheck, event, given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg

# fmt: off
UNARY = [
    np.sin, np.cos, np.tanh, np.arctan, np.square, np.negative, np.absolute, np.sinc, np.arcsinh,
    lambda x: np.exp(np.tanh(x)), lambda x: np.log(1 + x * x), lambda x: np.sqrt(x ** 2 + 0.5), lambda x: np.log1p(x ** 2),
    lambda x: np.expm1(-x * x), lambda x: 1 / (1 + x * x), lambda x: 2.0 ** np.sin(x), lambda x: x ** 3, lambda x: np.cosh(np.sin(x)),
    lambda x: np.clip(x, -0.7, 0.9), lambda x: np.arcsin(0.9 * np.sin(x)), lambda x: np.arctanh(0.5 * np.cos(x)),
    lambda x: np.where(x.data > 0.1 if isinstance(x, tg.Tensor) else x > 0.1, x * x, 0.1 * x), lambda x: np.floor(x) + x,
]
BINARY = [
    np.add, np.subtract, np.multiply, np.maximum, np.minimum, np.logaddexp, np.fmax,
    lambda x, y: x / (1 + y * y), lambda x, y: np.arctan2(x, 2 + y * y), lambda x, y: np.hypot(x, 1 + y * y),
    lambda x, y: (1 + x * x) ** np.tanh(y), lambda x, y: np.remainder(x, 1000 + y * y) + y, lambda x, y: x * x + x * y,
]
REDUCE = [
    np.sum, np.mean, np.max, np.min, np.var, lambda x, **k: np.std(x, **k), lambda x, **k: np.prod(np.tanh(x) + 1, **k),
    lambda x, axis=None, keepdims=False: np.cumsum(x, axis=axis),
]
SHAPE = [
    lambda x: x.T, lambda x: np.reshape(x, -1), lambda x: x[None], lambda x: np.roll(x, 1), lambda x: np.tile(x, 2),
    lambda x: np.expand_dims(x, -1), lambda x: np.squeeze(x), lambda x: np.flip(x), lambda x: np.repeat(x, 2), lambda x: np.sort(x, axis=None),
    lambda x: np.pad(x, 1, mode="edge") if x.ndim else x, lambda x: np.broadcast_to(x, (2, *x.shape)), lambda x: np.copy(x) + x,
]
VECTOR = [  # for one axis or more, none of them empty
    lambda x: x[::-1], lambda x: x[..., :1], lambda x: x[[0, -1, 0]], lambda x: np.concatenate([x, x * x]), lambda x: np.stack([x, -x], -1),
    lambda x: np.take(x, [0, 0]), lambda x: sum(np.array_split(np.ravel(x), 2)[0]), lambda x: x[np.arange(x.shape[0]) % 2 == 0],
    lambda x: np.outer(x[0], x[-1]), lambda x: np.einsum("i...->...", x), lambda x: np.tensordot(x, x, x.ndim), lambda x: assigned(x),
    lambda x: np.einsum("...i,...i->...", x, np.cos(x)), lambda x: np.moveaxis(x, 0, -1),
]
MATRIX = [
    lambda x: x @ x.T, lambda x: np.triu(x), lambda x: np.diagonal(x), lambda x: np.trace(x), lambda x: x @ x[0], lambda x: x[:, 0] @ x,
    lambda x: np.einsum("ij,kj->ik", x, np.tanh(x)), lambda x: np.rot90(x), lambda x: np.vstack([x, x[:1]]), lambda x: np.swapaxes(x, 0, 1),
]
KINKED = {np.absolute, np.maximum, np.minimum, np.fmax, np.max, np.min, UNARY[18], UNARY[21], UNARY[22], SHAPE[9]}
KINKED |= {BINARY[11]}  # a remainder jumps where the number that is divided is 0, be it a 0 of cancelled numbers
# fmt: on


def assigned(x):
    y = x * 1
    y[0] = y[-1] * 2
    return y


@st.composite
def programs(draw):
    """A list of steps (function, indices of the values it takes), with the arrays to begin with."""
    rng = np.random.default_rng(draw(st.integers(0, 2**32 - 1)))
    shapes = draw(st.lists(st.sampled_from([(), (3,), (2, 3), (2, 1), (1, 3), (3, 2)]), min_size=1, max_size=3))
    inputs = [rng.uniform(-1.5, 1.5, s)[()] for s in shapes]
    values, steps = list(inputs), []
    for _ in range(draw(st.integers(1, 7))):
        i = draw(st.integers(0, len(values) - 1))
        step = draw(steps_for(values, i))
        result = apply(step, values)
        if np.size(result) > 60 or np.size(result) == 0:
            continue
        if np.max(np.abs(result)) > 4:
            step = (compose(step[0]), step[1], step[2])
            result = apply(step, values)
        steps.append(step)
        values.append(result)
    weights = [rng.standard_normal(np.shape(v)) for v in values]
    return inputs, steps, weights


def compose(function):
    squashed = lambda *args, **params: np.tanh(function(*args, **params) * 0.25)
    squashed.inner = function
    return squashed


def steps_for(values, i):
    x = values[i]
    ndim, shape = np.ndim(x), np.shape(x)
    axes = st.sampled_from([None, *range(-ndim, ndim)])
    reduce = st.builds(
        lambda f, axis, keep: (f, (i,), {"axis": axis, "keepdims": keep}), st.sampled_from(REDUCE), axes, st.booleans()
    )
    partners = [j for j, y in enumerate(values) if broadcasts(shape, np.shape(y))]
    binary = st.builds(lambda f, j: (f, (i, j), {}), st.sampled_from(BINARY), st.sampled_from(partners))
    tables = [UNARY, SHAPE] + [VECTOR] * (ndim >= 1) + [MATRIX] * (ndim == 2)
    return st.one_of(binary, reduce, *(st.sampled_from(t).map(lambda f: (f, (i,), {})) for t in tables))


def broadcasts(a, b):
    return all(m == n or 1 in (m, n) for m, n in zip(a[::-1], b[::-1], strict=False))


def apply(step, values):
    function, places, params = step
    return function(*(values[k] for k in places), **params)


def near_a_kink(inputs, steps):
    """True if a kinked step is nearly undecided: some pair of the numbers it compares differs by less than 0.02."""
    values = list(inputs)
    for step in steps:
        function = getattr(step[0], "inner", step[0])
        if function in KINKED:
            given = np.concatenate([np.ravel(values[k]) for k in step[1]])
            whole = np.unique(np.round(given)) if function is UNARY[22] else []
            gaps = np.diff(np.sort(np.concatenate([given, whole, [0.0, -0.7, 0.9, 0.1, 1.0, -1.0]])))
            if np.any(gaps < 0.02):
                return True
        if step[0] is REDUCE[5] and np.min(np.std(values[step[1][0]], **step[2])) < 0.05:
            return True
        values.append(apply(step, values))
    return False


def run(inputs, steps, weights):
    values = list(inputs)
    for step in steps:
        values.append(apply(step, values))
    return sum(np.sum(w * np.sin(v)) for w, v in zip(weights, values, strict=True))


def difference(f, x, t, h):
    """Central differences of fourth order along t."""
    at = lambda k: f([a + k * h * b for a, b in zip(x, t, strict=True)])
    return (8 * (at(1) - at(-1)) - (at(2) - at(-2))) / (12 * h)


def inner(a, b):
    return float(sum(np.sum(p * q) for p, q in zip(a, b, strict=True)))


@settings(
    max_examples=int(os.environ.get("PROGRAMS", 150)),
    deadline=None,
    suppress_health_check=list(HealthCheck),
    derandomize="PROGRAMS" not in os.environ,
)
@given(programs())
def test_reverse_equals_forward_equals_finite_differences(program):
    inputs, steps, weights = program
    f = lambda x: run(x, steps, weights)
    rng = np.random.default_rng(1)
    t, s = ([rng.standard_normal(np.shape(x)) for x in inputs] for _ in range(2))
    g = tg.grad(f)(inputs)
    size = 1 + sum(np.sum(np.abs(a * b)) for a, b in zip(g, t, strict=True))
    slope = tg.jvp(f, (inputs,), (t,))[1]
    assert abs(inner(g, t) - slope) < 1e-12 * size

    bend = tg.hvp(f, (inputs,), (t,))
    other = tg.grad(lambda x: sum(np.sum(a * b) for a, b in zip(tg.grad(f)(x), t, strict=True)))(inputs)
    size2 = 1 + sum(np.max(np.abs(b), initial=0) for b in bend)
    for a, b in zip(bend, other, strict=True):
        np.testing.assert_allclose(a, b, atol=1e-11 * size2, rtol=1e-9)
    assert abs(inner(bend, s) - inner(tg.hvp(f, (inputs,), (s,)), t)) < 1e-10 * size2 * 10

    if near_a_kink(inputs, steps):
        event("near a kink")
        return
    assert abs(difference(f, inputs, t, 1e-3) - slope) < 1e-6 * size
    numeric = difference(lambda x: inner(tg.grad(f)(x), s), inputs, t, 1e-3)
    assert abs(numeric - inner(bend, s)) < 1e-5 * size2 * 10
