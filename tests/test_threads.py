"""Passes in several threads and tasks at once: each sees its own recording, and all results are the same bits."""

import asyncio
import threading
from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pytest

import tinygrad_edu as tg

THREADS, TIMES = 8, 1000
RNG = np.random.default_rng(13)
POINTS = RNG.standard_normal((20, 4))
M = RNG.standard_normal((4, 4))


def loss(x):
    return np.sum(np.tanh(M @ x) ** 2) + np.prod(np.sin(x))


def gradient_by_backward(x):
    leaf = tg.Tensor(x, requires_grad=True)
    loss(leaf).backward()
    return leaf.grad


WAYS = {
    "grad": (tg.grad(loss), TIMES),
    "backward": (gradient_by_backward, TIMES),
    "hvp": (lambda x: tg.hvp(loss, (x,), (x,)), TIMES // 10),
}


@pytest.mark.parametrize(("gradient", "times"), WAYS.values(), ids=WAYS)
def test_threads_give_the_bits_of_a_single_thread(gradient, times):
    expected = [gradient(x).tobytes() for x in POINTS]

    def work(_):
        return all(gradient(POINTS[i % 20]).tobytes() == expected[i % 20] for i in range(times))

    with ThreadPoolExecutor(THREADS) as pool:
        assert all(pool.map(work, range(THREADS)))


def test_threads_share_a_leaf_in_the_forward_run():
    """The record is written by all, each line by one."""
    w = tg.Tensor(POINTS[0], requires_grad=True)
    with ThreadPoolExecutor(THREADS) as pool:
        losses = list(pool.map(lambda x: np.sum(w * x), POINTS))
    sum(losses).backward()
    np.testing.assert_allclose(w.grad, POINTS.sum(axis=0))


def test_no_grad_in_one_thread_does_not_reach_another():
    entered, asked = threading.Event(), threading.Event()

    def quiet():
        with tg.no_grad():
            entered.set()
            asked.wait(10)

    thread = threading.Thread(target=quiet)
    thread.start()
    entered.wait(10)
    recorded = (tg.Tensor(1.0, requires_grad=True) * 2).requires_grad
    asked.set()
    thread.join()
    assert recorded


def test_no_grad_in_one_task_does_not_reach_another():
    async def quiet(entered, asked):
        with tg.no_grad():
            entered.set()
            await asked.wait()
            return (tg.Tensor(1.0, requires_grad=True) * 2).requires_grad

    async def loud(entered, asked):
        await entered.wait()
        recorded = (tg.Tensor(1.0, requires_grad=True) * 2).requires_grad
        asked.set()
        return recorded

    async def both():
        entered, asked = asyncio.Event(), asyncio.Event()
        return await asyncio.gather(quiet(entered, asked), loud(entered, asked))

    assert asyncio.run(both()) == [False, True]


def test_a_transform_in_one_thread_leaves_float_alone_in_another():
    """While one thread differentiates, float() of a leaf still works in the others."""
    leaf, found = tg.Tensor(2.0, requires_grad=True), []

    def f(x):
        thread = threading.Thread(target=lambda: found.append(float(leaf)))
        thread.start()
        thread.join()
        return x * x

    assert tg.grad(f)(3.0) == 6.0
    assert found == [2.0]
