"""Integrals, trajectories, roots, minima and sparse systems: SciPy's values, and gradients known from mathematics."""

import numpy as np
import pytest
from catalogue.scipy_points_samples import COLS, ROWS, swing

import tinygrad_edu as tg
from tinygrad_edu.errors import ClosureError, NoRuleError, ShapeError
from tinygrad_edu.scipy import integrate, optimize, sparse

scipy_integrate = pytest.importorskip("scipy.integrate")
scipy_sparse = pytest.importorskip("scipy.sparse")
rng = np.random.default_rng(8)


@pytest.mark.parametrize("n", [2, 3, 4, 7, 8])
def test_sums_over_samples_equal_scipys(n):
    y, x = rng.standard_normal((3, n)), np.sort(rng.uniform(0, 3, n))
    for params in [{}, {"dx": 0.2}, {"x": x}]:
        for name in ("trapezoid", "simpson", "cumulative_trapezoid"):
            expected = getattr(scipy_integrate, name)(y, **params)
            np.testing.assert_allclose(getattr(integrate, name)(y, **params), expected, rtol=1e-12, atol=1e-13)
    found = integrate.cumulative_trapezoid(y, x, axis=1, initial=0)
    np.testing.assert_allclose(found, scipy_integrate.cumulative_trapezoid(y, x, axis=1, initial=0), atol=1e-14)


def test_an_integral_equals_scipys_with_its_error():
    assert integrate.quad(np.exp, 0.0, 1.0) == scipy_integrate.quad(np.exp, 0.0, 1.0)
    value, error = integrate.quad(np.exp, 0.0, tg.Tensor(1.0, requires_grad=True))
    assert value.data == scipy_integrate.quad(np.exp, 0.0, 1.0)[0] and error < 1e-12


def test_the_ends_of_an_integral_have_the_integrand_as_gradient():
    area = lambda a, b: integrate.quad(lambda x: np.exp(-x * x), a, b)[0]
    low, high = tg.grad(area, (0, 1))(0.3, 1.2)
    np.testing.assert_allclose([low, high], [-np.exp(-0.09), np.exp(-1.44)], rtol=1e-14)
    np.testing.assert_allclose(tg.grad(tg.grad(area, 1), 1)(0.3, 1.2), -2.4 * np.exp(-1.44), rtol=1e-13)


def test_an_integral_with_a_pole_at_its_end_differentiates():
    power = lambda k: integrate.quad(lambda x, k: x**k, 0.0, 1.0, (k,))[0]  # 1 / (k + 1)
    np.testing.assert_allclose(tg.grad(power)(-0.5), -4.0, rtol=1e-6)


@pytest.mark.parametrize("method", ["RK23", "RK45", "DOP853", "Radau", "BDF", "LSODA"])
def test_decay_differentiates_by_its_rate_with_every_method(method):
    tight = {"rtol": 1e-8, "atol": 1e-10, "method": method}
    end = lambda y0, k, t: integrate.solve_ivp(lambda t, y, k: -k * y, (0.0, t), y0, args=(k,), **tight).y[0, -1]
    found = tg.grad(end, (0, 1, 2))(np.array([2.0]), 0.5, 0.4)
    expected = [np.exp(-0.2), -0.8 * np.exp(-0.2), -1.0 * np.exp(-0.2)]
    np.testing.assert_allclose([float(np.sum(g)) for g in found], expected, rtol=1e-5)


def test_a_trajectory_equals_scipys_at_its_own_times_and_at_given_ones():
    for params in [{}, {"t_eval": [0.0, 0.3, 1.0]}, {"t_eval": [0.2, 0.5]}]:
        expected = scipy_integrate.solve_ivp(swing, (0.0, 1.0), [1.0, 0.2], args=(2.0,), **params)
        traced = tg.Tensor(2.0, requires_grad=True)
        found = integrate.solve_ivp(swing, (0.0, 1.0), [1.0, 0.2], args=(traced,), **params)
        np.testing.assert_allclose(found.y.data, expected.y, rtol=1e-14)
        np.testing.assert_allclose(found.t, expected.t, rtol=1e-14)


def test_odeint_differentiates_by_the_start_and_by_every_time():
    times = np.array([0.0, 0.5, 1.5])
    solved = lambda y0, k, t: integrate.odeint(lambda y, t, k: -k * y, y0, t, (k,), rtol=1e-11, atol=1e-12)[:, 0]
    weights = np.array([0.3, 1.0, 2.0])
    y0, k, t = tg.grad(lambda *args: np.sum(weights * solved(*args)), (0, 1, 2))(np.array([2.0]), 0.7, times)
    y = 2 * np.exp(-0.7 * times)
    np.testing.assert_allclose(y0, [np.sum(weights * y) / 2], rtol=1e-8)
    np.testing.assert_allclose(k, -np.sum(weights * times * y), rtol=1e-8)
    expected = -0.7 * weights * y
    expected[0] = 0.7 * np.sum((weights * y)[1:])  # a later start shortens what follows
    np.testing.assert_allclose(t, expected, rtol=1e-8)


def test_a_backward_pass_differentiates_a_trajectory_too():
    k = tg.Tensor(0.5, requires_grad=True)
    integrate.solve_ivp(lambda t, y, k: -k * y, (0, 1), [1.0], args=(k,), rtol=1e-9, atol=1e-9).y[0, -1].backward()
    np.testing.assert_allclose(k.grad, -np.exp(-0.5), rtol=1e-7)


def test_a_tensor_that_is_no_argument_is_refused():
    k = tg.Tensor(0.5, requires_grad=True)
    with pytest.raises(ClosureError, match="Pass it in args"):
        integrate.quad(lambda x: k * x, 0, 1)
    with pytest.raises(ClosureError, match="Pass it in args"):
        integrate.solve_ivp(lambda t, y: -k * y, (0, 1), [1.0])
    with pytest.raises(ClosureError, match="Pass it in args"):
        integrate.odeint(lambda y, t: -k * y, [1.0], [0.0, 1.0])
    with pytest.raises(ClosureError):
        optimize.root(lambda x: x - k, [1.0])
    with pytest.raises(ClosureError):
        optimize.minimize(lambda x: np.sum((x - k) ** 2), [1.0])


def test_what_has_no_rule_is_refused_only_where_it_would_be_recorded():
    k = tg.Tensor(0.5, requires_grad=True)
    decay = lambda t, y, k: -k * y
    assert integrate.solve_ivp(decay, (0, 1), [1.0], args=(0.5,), dense_output=True).sol is not None
    with pytest.raises(NoRuleError, match="Say the times that you need by t_eval"):
        integrate.solve_ivp(decay, (0, 1), [1.0], args=(k,), dense_output=True)
    with pytest.raises(NoRuleError, match="Write the weight into the function"):
        integrate.quad(lambda x, k: k * x, 0, 1, (k,), weight="cos", wvar=2.0)
    with pytest.raises(NoRuleError, match="minimum at a bound"):
        optimize.minimize(lambda x, k: np.sum((x - k) ** 2), [1.0], (k,), bounds=[(0, 1)])


@pytest.mark.parametrize("method", ["hybr", "lm", "broyden1"])
def test_a_root_moves_as_the_implicit_function_theorem_says(method):
    solved = lambda a: optimize.root(lambda x, a: x**3 + x - a, [0.5], (a,), method, tol=1e-10).x[0]
    x = solved(2.0)
    np.testing.assert_allclose(x, 1.0, rtol=1e-8)
    np.testing.assert_allclose(tg.grad(solved)(2.0), 1 / 4, rtol=1e-7)
    np.testing.assert_allclose(tg.grad(tg.grad(solved))(2.0), -6 / 64, rtol=1e-6)


@pytest.mark.parametrize("method", [None, "BFGS", "CG", "Newton-CG", "Nelder-Mead"])
def test_a_minimum_moves_with_what_it_depends_on(method):
    options = {"tol": 1e-9, "method": method}
    nearest = lambda a, k: optimize.minimize(
        lambda x, a, k: np.sum((x - a) ** 2) + k * np.sum(x**2), [0.0, 0.0], (a, k), **options
    )
    a = np.array([1.0, -2.0])
    found = tg.grad(lambda a, k: np.sum(nearest(a, k).x * [1.0, 3.0]), (0, 1))(a, 0.5)
    np.testing.assert_allclose(found[0], np.array([1.0, 3.0]) / 1.5, rtol=1e-6)
    np.testing.assert_allclose(found[1], -np.sum(a * [1.0, 3.0]) / 1.5**2, rtol=1e-5)
    value = tg.grad(lambda k: nearest(a, k).fun)(0.5)  # the envelope theorem: only the direct dependence counts
    np.testing.assert_allclose(value, np.sum(a**2) / 1.5**2, rtol=1e-5)


def test_a_sparse_matrix_is_what_scipy_makes_of_it():
    data, b = np.array([2.0, 0.3, 1.5, 1.8, -0.4, 0.6]), rng.standard_normal((3, 2))
    ours, theirs = sparse.csr_array((data, (ROWS, COLS)), (3, 3)), scipy_sparse.csr_array((data, (ROWS, COLS)), (3, 3))
    np.testing.assert_allclose(ours.toarray(), theirs.toarray(), atol=1e-15)
    np.testing.assert_allclose(ours @ b, theirs @ b, atol=1e-15)
    np.testing.assert_allclose(b.T @ ours, b.T @ theirs, atol=1e-15)
    np.testing.assert_allclose((ours * 2 - ours.T).toarray(), (theirs * 2 - theirs.T).toarray(), atol=1e-15)
    np.testing.assert_allclose(sparse.linalg.spsolve(ours, b), np.linalg.solve(theirs.toarray(), b), atol=1e-14)
    for made, like in [(sparse.csr_array, theirs), (sparse.csc_array, theirs.tocsc())]:
        np.testing.assert_array_equal(made((like.data, like.indices, like.indptr), (3, 3)).toarray(), theirs.toarray())
        np.testing.assert_array_equal(made(like).toarray(), theirs.toarray())


def test_conjugate_gradients_say_whether_they_converged():
    a, b = np.diag([1.0, 50.0, 400.0]) + 0.1, np.ones(3)
    x, info = sparse.linalg.cg(a, b, rtol=1e-12)
    assert info == 0
    np.testing.assert_allclose(a @ x, b, atol=1e-11)
    assert sparse.linalg.cg(a, b, maxiter=1)[1] > 0
    found = tg.grad(lambda b: sparse.linalg.cg(a, b, rtol=1e-12)[0][0])(b)
    np.testing.assert_allclose(found, np.linalg.inv(a)[0], atol=1e-11)


def test_a_sparse_product_of_the_wrong_size_says_so():
    with pytest.raises(ShapeError, match="Expected x with 3 rows"):
        sparse.csr_array((np.ones(6), (ROWS, COLS)), (3, 3)) @ np.ones(4)


def test_a_missing_package_is_named_with_its_cure(monkeypatch):
    import importlib
    import sys

    from tinygrad_edu import scipy as door

    monkeypatch.setitem(sys.modules, "scipy", None)
    with pytest.raises(tg.errors.MissingExtraError, match=r'pip install "tinygrad-edu\[scipy\]"'):
        importlib.reload(door)


def test_the_door_names_what_stands_behind_it():
    import tinygrad_edu.scipy as door

    with pytest.raises(AttributeError, match="has no attribute 'misc'; it has"):
        door.misc  # noqa: B018
    assert "stats" in dir(door)
