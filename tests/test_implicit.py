"""Fixed points, roots and linear systems have derivatives that do not depend on how they were solved."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ClosureError, GradientError

RNG = np.random.default_rng(7)
A = RNG.normal(size=(4, 4)) + 5 * np.eye(4)
B = RNG.normal(size=4)


def newton(r, x):
    for _ in range(30):
        x = x - r(x) / (tg.jvp(r, (x,), (np.ones_like(x),))[1])
    return x


def heron(a):
    return tg.fixed_point(lambda x, a: (x + a / x) / 2, np.ones_like(a), a)


def cube_root(a):
    return tg.custom_root(lambda x, a: x**3 - a, 1.0, newton, a)


def solution(matrix, b):
    return tg.custom_linear_solve(lambda x, matrix: matrix @ x, b, None, matrix)


def conjugate_gradients(matvec, b):
    x, r = np.zeros_like(b), b
    p, squared = r, r @ r
    for _ in range(2 * b.size):
        if squared < 1e-28:
            break
        q = matvec(p)
        step = squared / (p @ q)
        x, r = x + step * p, r - step * q
        squared, before = r @ r, squared
        p = r + squared / before * p
    return x


CASES = [
    (heron, lambda a: a**0.5, (np.array([2.0, 3.0, 0.5]),)),
    (cube_root, lambda a: a ** (1 / 3), (np.float64(8.0),)),
    (solution, np.linalg.solve, (A, B)),
    (lambda s, b: tg.custom_linear_solve(lambda x, s: s * x + x, b, conjugate_gradients, s),
     lambda s, b: b / (s + 1), (np.array([1.0, 2.0, 4.0]), np.array([1.0, -1.0, 3.0]))),
    (lambda p: tg.fixed_point(lambda x, p: np.tanh(p["W"] @ x / 9 + p["b"]), np.zeros(4), {"W": p, "b": B}),
     lambda p: unrolled(p), (A,)),
]  # fmt: skip


def unrolled(W):
    x = np.zeros(4)
    for _ in range(120):
        x = np.tanh(W @ x / 9 + B)
    return x


@pytest.mark.parametrize(("implicit", "explicit", "primals"), CASES)
def test_both_modes_agree_with_the_closed_form(implicit, explicit, primals):
    tangents = [np.cos(np.arange(np.size(x)).reshape(np.shape(x)))[()] for x in primals]
    value, tangent = tg.jvp(implicit, primals, tangents)
    expected, slope = tg.jvp(explicit, primals, tangents)
    np.testing.assert_allclose(value, expected, rtol=1e-9)
    np.testing.assert_allclose(tangent, slope, rtol=1e-7, atol=1e-9)
    found = tg.vjp(implicit, *primals)[1](tangent)
    for a, b in zip(found, tg.vjp(explicit, *primals)[1](tangent), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-7, atol=1e-9)


@pytest.mark.parametrize(("implicit", "explicit", "primals"), CASES)
def test_second_order_agrees_in_all_mixes_of_modes(implicit, explicit, primals):
    t = [np.cos(1.0 + np.arange(np.size(x)).reshape(np.shape(x)))[()] for x in primals]
    loss = lambda f: lambda *xs: np.sum(f(*xs) ** 2)
    places = tuple(range(len(primals)))
    expected = tg.jvp(tg.grad(loss(explicit), places), primals, t)[1]
    forward_over_reverse = tg.jvp(tg.grad(loss(implicit), places), primals, t)[1]
    directional = lambda *xs: tg.jvp(loss(implicit), xs, t)[1]
    reverse_over_forward = tg.grad(directional, places)(*primals)
    slope = lambda *xs: sum(np.sum(g * v) for g, v in zip(tg.grad(loss(implicit), places)(*xs), t, strict=True))
    reverse_over_reverse = tg.grad(slope, places)(*primals)
    for found in (forward_over_reverse, reverse_over_forward, reverse_over_reverse):
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-6, atol=1e-8)
    twice = tg.jvp(directional, primals, t)[1]
    np.testing.assert_allclose(
        twice, sum(np.sum(a * b) for a, b in zip(expected, t, strict=True)), rtol=1e-6, atol=1e-9
    )


def test_third_derivative_of_a_root():
    third = tg.grad(tg.grad(tg.grad(cube_root)))(8.0)
    np.testing.assert_allclose(third, 10 / 27 * 8.0 ** (-8 / 3), rtol=1e-8)


def test_nothing_of_the_iteration_is_recorded():
    tensor = tg.Tensor(2.0, requires_grad=True)
    assert heron(tensor).node.parents == (tensor.node,)


def test_plain_arguments_give_plain_results():
    assert type(heron(np.array([4.0]))) is np.ndarray
    np.testing.assert_allclose(solution(A, B), np.linalg.solve(A, B))


def test_an_iteration_that_does_not_converge_says_so():
    with pytest.raises(GradientError, match="no convergence in 20 steps"):
        tg.fixed_point(lambda x, a: a * x + 1, 0.0, 2.0, max_steps=20)


def test_a_traced_value_that_is_no_argument_is_refused():
    with pytest.raises(ClosureError, match="Pass it in"):
        tg.grad(lambda a: tg.custom_root(lambda x, b: x - a * b, 1.0, lambda r, x: x - r(x), a * 1))(2.0)


def test_integers_among_the_arguments_are_constants():
    root = lambda a, n: tg.custom_root(lambda x, a, n: x**n - a, 1.5, newton, a, n)
    np.testing.assert_allclose(tg.grad(lambda a: root(a, 3))(8.0), 1 / 12)


def test_an_empty_system_has_an_empty_solution():
    found = tg.grad(lambda b: np.sum(tg.custom_linear_solve(lambda x: x, b)))(np.zeros(0))
    assert found.shape == (0,)
