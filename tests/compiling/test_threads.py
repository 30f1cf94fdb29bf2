"""Threads: they change no bit of a result, and a compiled function may be called from several at once."""

import os
import threading

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.compiling import loops, toolchain
from tinygrad_edu.compiling.emit_blocks import POOL
from tinygrad_edu.trees import flatten

from .losses import chain

needs_compiler = pytest.mark.skipif(toolchain.compiler() is None, reason="no C compiler")
R = np.random.default_rng(0)
X, LABELS = R.normal(size=200_001), np.sign(R.normal(size=200_001))


def reduced(x):
    """Reductions over all axes, the first, the last and the middle one; NaN and results that are stored."""
    z = np.tanh(x) * np.exp(-x)
    return (
        (np.sum(z), np.sum(z, axis=0), np.sum(z, axis=-1), np.sum(z, axis=1, keepdims=True)),
        (np.max(z, axis=0), np.min(z, axis=(0, 2)), np.max(z, axis=(1, 2))),
        z,
    )


@pytest.fixture
def short(monkeypatch):
    """Loops are long already at a hundredth of the work."""
    monkeypatch.setattr(loops, "LONG", 1 << 15)
    monkeypatch.setattr(loops, "LARGEST", 1 << 14)


def in_c(f, *args, threads):
    compiled = tg.compile(f, "c", threads=threads)
    compiled(*args)
    return compiled.wait()


def same(found, expected):
    return all(
        np.array_equal(a, b, equal_nan=True) for a, b in zip(flatten(found)[0], flatten(expected)[0], strict=True)
    )


@needs_compiler
def test_the_number_of_threads_changes_no_bit():
    f = tg.value_and_grad(chain, (0, 1, 2))
    args = 1.3, 0.2, X, LABELS
    compiled = {threads: in_c(f, *args, threads=threads) for threads in (1, 2, 5)}
    one = compiled[1](*args)
    assert same(compiled[2](*args), one)
    assert same(compiled[5](*args), one)
    assert "ThreadPool" in compiled[2].source
    assert "ThreadPool" not in compiled[1].source
    assert compiled[1].source_c == compiled[5].source_c
    value, gradient = f(*args)
    assert one[0] == pytest.approx(value, rel=1e-14)
    for a, b in zip(one[1], gradient, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-20)


@needs_compiler
@pytest.mark.parametrize("shape", [(7, 30, 40), (2, 3, 3001), (501, 3, 2), (1, 9000, 1)])
def test_reductions_by_blocks_are_those_of_numpy(short, shape):
    x = R.normal(size=shape)
    x[-1, 2, 0] = np.nan
    expected = reduced(x)
    compiled = in_c(reduced, x, threads=2)
    assert "in_blocks(lambda" in compiled.source
    found = compiled(x)
    for a, b in zip((*found[0], *found[1], found[2]), (*expected[0], *expected[1], expected[2]), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-13)
    assert same(in_c(reduced, x, threads=1)(x), found)
    turned = np.asfortranarray(x)
    assert same(compiled(turned), found)


@needs_compiler
def test_short_loops_are_one_plain_call():
    compiled = in_c(lambda x: np.sum(np.exp(x)), X[:1000], threads=4)
    assert "in_blocks" not in compiled.source
    assert "in_blocks" not in in_c(lambda x: np.sum(x * x), X, threads=4).source


@needs_compiler
@pytest.mark.parametrize("backend", ["numpy", "c"])
def test_several_threads_may_call_at_once(backend):
    f = tg.value_and_grad(chain, (0, 1))
    compiled = tg.compile(f, backend, threads=2)
    compiled(1.0, 0.2, X, LABELS)
    compiled.wait()
    expected = [compiled(float(a), 0.2, X, LABELS) for a in range(4)]
    wrong = []

    def work(a):
        for _ in range(3):
            if not same(compiled(float(a), 0.2, X, LABELS), expected[a]):
                wrong.append(a)

    crew = [threading.Thread(target=work, args=(a,)) for a in range(4)]
    for each in crew:
        each.start()
    for each in crew:
        each.join()
    assert not wrong


def blocks():
    """The function of the emitted text that works on blocks."""
    space = {}
    exec("import concurrent.futures, contextvars, functools\n" + POOL, space)
    return space["in_blocks"]


def test_an_error_in_a_block_is_raised_when_nobody_is_at_work_any_more():
    in_blocks, running = blocks(), []

    def kernel(i, j):
        running.append(i)
        if i == 6:
            raise ValueError("block")
        running.remove(i)
        return i, j

    with pytest.raises(ValueError, match="block"):
        in_blocks(kernel, 100, 2, threads=3)
    assert running == [6]
    assert in_blocks(lambda i, j: (i, j), 5, 2, threads=3) == [(0, 2), (2, 4), (4, 5)]


def test_blocks_mind_the_callers_error_state():
    x = np.array([0.0, 1.0])
    with np.errstate(divide="raise"), pytest.raises(FloatingPointError):
        blocks()(lambda i, j: 1.0 / x[i % 2], 40, 1, threads=2)


@pytest.mark.skipif(not hasattr(os, "fork"), reason="no fork")
@pytest.mark.filterwarnings("ignore:.*fork.*:DeprecationWarning")
def test_a_forked_process_does_not_wait_for_threads_that_it_does_not_have():
    in_blocks = blocks()
    expected = in_blocks(lambda i, j: j - i, 40, 3, threads=2)
    child = os.fork()
    if child == 0:
        os._exit(0 if in_blocks(lambda i, j: j - i, 40, 3, threads=2) == expected else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0


@needs_compiler
@pytest.mark.parametrize(
    "name", ["y0", "i", "parts", "x_", "memory", "arrays", "numbers_float64", "id", "np", "region_1"]
)
def test_any_name_may_be_the_users(name):
    """Also one that the text uses for its own things."""
    space = {"numpy": np, "np": np}
    text = f"numpy.mean(numpy.exp(-{name} * x) + {name} * x), numpy.tanh({name} * x) + {name}"
    exec(f"def f({name}, x):\n    return {text}\n", space)
    for backend in ("numpy", "c"):
        for a in (0.3, X[::-1].copy()):
            compiled = tg.compile(space["f"], backend)
            compiled(a, X)
            for found, expected in zip(compiled.wait()(a, X), space["f"](a, X), strict=True):
                np.testing.assert_allclose(found, expected, rtol=1e-11)
