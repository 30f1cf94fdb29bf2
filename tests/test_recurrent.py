"""Loops differentiate as Python writes them, and the helpers for sequences give what loops give."""

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import functions as nn


def test_control_flow_of_python_differentiates():
    def collatz_like(x):
        steps = 0
        while x < 100.0 and steps < 50:  # while_loop
            branch = [lambda x: 3 * x + 1, np.sin, lambda x: x * x][steps % 3]  # switch
            x = branch(x) if x > 0.5 else np.exp(x)  # cond
            steps += 1
        return x

    x, h = 0.8, 1e-6
    slope = (collatz_like(x + h) - collatz_like(x - h)) / (2 * h)
    np.testing.assert_allclose(tg.grad(collatz_like)(x), slope, rtol=1e-4)
    np.testing.assert_allclose(tg.jvp(collatz_like, (x,), (1.0,))[1], slope, rtol=1e-4)
    curvature = (tg.grad(collatz_like)(x + h) - tg.grad(collatz_like)(x - h)) / (2 * h)
    np.testing.assert_allclose(tg.grad(tg.grad(collatz_like))(x), curvature, rtol=1e-4)


def test_scan_gives_what_a_loop_gives():
    xs = {"a": np.array([1.0, 2.0, 3.0]), "b": np.array([0.5, 0.25, 2.0])}
    last, ys = nn.scan(lambda c, x: (c * x["a"] + x["b"], (c, c * c)), 1.0, xs)
    c, expected = 1.0, []
    for a, b in zip(xs["a"], xs["b"], strict=True):
        expected.append(c)
        c = c * a + b
    assert last == c
    np.testing.assert_array_equal(ys[0], expected)
    np.testing.assert_array_equal(ys[1], np.square(expected))


def test_scanning_in_reverse_keeps_the_places():
    _, sums = nn.scan(lambda c, x: (c + x, c + x), 0.0, np.array([1.0, 2.0, 4.0]), reverse=True)
    np.testing.assert_array_equal(sums, [7.0, 6.0, 4.0])


def test_associative_scan_equals_the_sequential_one_for_every_length():
    for n in range(1, 18):
        x = np.arange(1.0, n + 1)
        np.testing.assert_array_equal(nn.associative_scan(np.add, x), np.cumsum(x))


def test_associative_scan_keeps_the_order_of_an_operation_that_does_not_commute():
    matrices = np.random.default_rng(0).normal(size=(7, 2, 2))
    found = nn.associative_scan(np.matmul, matrices)
    expected = matrices[0]
    for i in range(7):
        expected = matrices[0] if i == 0 else expected @ matrices[i]
        np.testing.assert_allclose(found[i], expected)


def test_a_gated_unit_that_does_not_update_keeps_its_state():
    h = np.array([[0.3, -0.7]])
    bias = np.array([0.0, 0.0, 50.0, 50.0, 0.0, 0.0])
    np.testing.assert_allclose(nn.gru_cell(np.ones((1, 3)), h, np.zeros((6, 3)), np.zeros((6, 2)), bias), h)
