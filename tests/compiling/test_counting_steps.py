"""Integers that count steps: after some different ones they are inputs of one program, where f can be traced so."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.compiling import toolchain
from tinygrad_edu.compiling.compiled import INPUTS

STEPS = [0, 1, 2, 3, 5, 7, 8, -2, 100, 2**40]
BACKENDS = ["numpy", pytest.param("c", marks=pytest.mark.skipif(toolchain.compiler() is None, reason="no C compiler"))]

COUNTED = {
    "a factor": lambda x, k: x * (k % 11),
    "the next": lambda x, k: (x, k + 1, -k, abs(k), k // 2, k % 3),
    "a power": lambda x, k: x * 0.9**k,
    "a root": lambda x, k: x * np.sqrt(abs(k)),
    "a choice": lambda x, k: np.where(k > 2, x, -x),
    "a quotient": lambda x, k: x / (k + 0.5),
    "an element": lambda x, k: x[k % 3],
    "a comparison": lambda x, k: x > k % 5,
    "a large number": lambda x, k: k * k * k * k,
    "a gradient": lambda x, k: tg.grad(lambda w: np.sum(w**2) * (k % 7))(x) if x.dtype.kind == "f" else x,
}
CONSTANT = {
    "a loop": lambda x, k: sum([x * i for i in range(k)], x) if k < 10 else x,
    "a branch": lambda x, k: x if k % 2 else -x,
    "a key": lambda x, k: x * {0: 1}.get(k, 2),
    "a text": lambda x, k: x * len(f"{k}"),
    "a place": lambda x, k: x * [3, 1, 2][k % 3],
    "a flag": lambda x, k: x * bool(k),
    "a size": lambda x, k: np.zeros(abs(k) % 5) + x[0],
    "a failure": lambda x, k: x * {"step 0": 1}.get("step " + str(k), 2),
}


def kinds(tree):
    return [(type(y), getattr(y, "dtype", None), np.shape(y)) for y in tg.trees.flatten(tree)[0]]


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int32])
@pytest.mark.parametrize("name", [*COUNTED, *CONSTANT])
def test_results_are_the_same_for_every_integer(name, dtype, backend):
    f = (COUNTED | CONSTANT)[name]
    x = np.array([1, 2, 3], dtype)
    compiled = tg.compile(f, backend)
    for k in STEPS:
        for _ in range(2):
            with np.errstate(all="ignore"):
                found, expected = compiled(x, k), f(x, k)
            assert kinds(found) == kinds(expected)
            for a, b in zip(tg.trees.flatten(found)[0], tg.trees.flatten(expected)[0], strict=True):
                assert a == b if type(b) is int else np.allclose(a, b, rtol=1e-6 if dtype == np.float32 else 1e-14)
            compiled.wait()
    traces = sum(map(len, compiled.traces.values()))
    assert traces == (INPUTS if name in COUNTED else len(STEPS))


def test_an_integer_may_be_differentiated():
    f = tg.grad(lambda w, k: np.sum(w**2) * k**2, (0, 1))
    compiled = tg.compile(f)
    for k in range(8):
        found, expected = compiled(np.arange(3.0), k), f(np.arange(3.0), k)
        np.testing.assert_array_equal(found[0], expected[0])
        assert found[1] == expected[1]
        assert type(found[1]) is type(expected[1])


@pytest.mark.parametrize("name", ["adam", "lamb", "adafactor", "muon", "momentum"])
def test_the_steps_of_an_optimizer_share_a_program(name):
    algorithm = tg.optim.chain(tg.optim.clip_by_norm(1.0), getattr(tg.optim, name)(0.01))
    X = np.linspace(-1.0, 1.0, 12).reshape(4, 3)

    def step(w, state):
        return algorithm.update(tg.grad(lambda w: np.mean((X @ w - 1.0) ** 2))(w), state, w)

    compiled = tg.compile(step)
    w, state = v, other = np.zeros(3), algorithm.init(np.zeros(3))
    for _ in range(30):
        w, state = compiled(w, state)
        v, other = step(v, other)
    np.testing.assert_allclose(w, v, rtol=1e-9)
    assert kinds(state) == kinds(other)
    assert sum(map(len, compiled.traces.values())) <= 2 * INPUTS + 1
