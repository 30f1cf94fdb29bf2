"""SciPy's distances, interpolation, integration, optimization and sparse matrices."""

import numpy as np

from catalogue.rows import numbers, row
from tinygrad_edu.scipy import integrate, interpolate, optimize, sparse, spatial

anywhere, positive, _, apart = numbers(4)
A, B = apart(4, 3) * 3, apart(3, 3) * 3 + 0.17
C, D = np.array([[0.0, 1.0, 5.0], [2.1, 1.4, 0.3], [-1.2, 3.3, 1.0]]), np.array([[1.0, 1.5, 7.0], [0.4, -2.0, 0.2]])
X, Y = np.array([0.0, 0.7, 1.5, 2.6, 3.4, 4.1]), anywhere(6)
T = np.array([-0.4, 0.3, 1.1, 2.0, 3.9, 4.6])
GRID, TABLE = (np.array([0.0, 1.0, 2.5]), np.array([-1.0, 0.2, 0.9, 2.0])), anywhere(3, 4)
PLACES = np.array([[0.3, 0.1], [1.9, 1.5], [2.2, -0.7]])


def named(name, function):
    function.__name__ = name
    return function


def spline(x, y, t, nu=0, **params):
    return interpolate.CubicSpline(x, y, **params)(t, nu)


def grid(p, q, values, places, **params):
    return interpolate.RegularGridInterpolator((p, q), values, **params)(places)


def both(metric, *args, **params):
    """A metric for all pairs of two sets, and within one."""
    cdist, pdist = spatial.distance.cdist, spatial.distance.pdist
    return [
        row(cdist, *args, metric=metric, **params, entry="scipy.spatial.distance.cdist"),
        row(pdist, args[0], metric=metric, **params, entry="pdist"),
    ]


# fmt: off
DISTANCES = [
    *(r for m in ("euclidean", "sqeuclidean", "cityblock", "cosine", "correlation", "canberra", "braycurtis") for r in both(m, A, B)),
    *both("minkowski", A, B, p=3, numpy_only=True), *both("minkowski", A, B, p=1.5, w=np.array([1, 2, 3]), numpy_only=True), *both("euclidean", A, B, w=np.array([1, 2, 3]), numpy_only=True),
    *both("jensenshannon", positive(4, 3), positive(3, 3)), *both("seuclidean", A, B), *both("mahalanobis", A, B, numpy_only=True), *both("chebyshev", C, D), row(spatial.distance.cdist, A, B, entry="cdist"),
    *both(named("metric", lambda u, v: np.sum(np.abs(u - v) ** 3)), A, B, numpy_only=True),
]
SPLINES = [
    *(row(spline, X, Y, T, **p, entry="scipy.interpolate.CubicSpline", numpy_only=True)
      for p in [{}, {"bc_type": "natural"}, {"bc_type": "clamped", "nu": 1}, {"bc_type": ((2, 0.3), (1, -0.4))}, {"nu": 2}, {"bc_type": ("not-a-knot", "natural"), "nu": 3}]),
    row(named("spline", lambda x, y, t: spline(x, np.concatenate([y, y[:1]]), t, bc_type="periodic")), X, Y[:5], T, entry="scipy.interpolate.CubicSpline", numpy_only=True),
    row(spline, X[:4], anywhere(2, 4), T[:4].reshape(2, 2), axis=1, entry="scipy.interpolate.CubicSpline", numpy_only=True),
    *(row(spline, X[:n], Y[:n], T, entry="scipy.interpolate.CubicSpline", numpy_only=True) for n in (2, 3, 4)),
]
GRIDS = [
    row(grid, *GRID, TABLE, PLACES, entry="scipy.interpolate.RegularGridInterpolator", numpy_only=True),
    row(grid, *GRID, TABLE, PLACES, method="nearest", entry="scipy.interpolate.RegularGridInterpolator", numpy_only=True),
    row(grid, *GRID, anywhere(3, 4, 2), PLACES * 1.7, bounds_error=False, fill_value=None, entry="scipy.interpolate.RegularGridInterpolator", numpy_only=True),
    row(grid, *GRID, TABLE, PLACES * 1.7, bounds_error=False, entry="scipy.interpolate.RegularGridInterpolator", fill_value=0.5, numpy_only=True),
    row(grid, GRID[0][::-1], GRID[1], TABLE, PLACES, entry="scipy.interpolate.RegularGridInterpolator", numpy_only=True),
]
SUMS = [
    *(row(f, anywhere(3, 6), **p, entry=entry) for f, entry in [(integrate.trapezoid, "scipy.integrate.trapezoid"), (integrate.cumulative_trapezoid, "cumulative_trapezoid"), (integrate.simpson, "scipy.integrate.simpson")]
      for p in [{}, {"dx": 0.3}, {"axis": 0}]),
    *(row(f, anywhere(3, 6), X, entry=entry, numpy_only=True) for f, entry in [(integrate.trapezoid, "scipy.integrate.trapezoid"), (integrate.simpson, "scipy.integrate.simpson")]),
    row(integrate.simpson, Y[:5], X[:5], entry="scipy.integrate.simpson", numpy_only=True), row(integrate.simpson, Y[:2], entry="scipy.integrate.simpson"),
    row(integrate.cumulative_trapezoid, Y, X, initial=0, entry="cumulative_trapezoid", numpy_only=True),
]
INTEGRALS = [
    row(named("quad", lambda a, b, k: integrate.quad(lambda x, k: np.sin(k * x) + x * k**2, a, b, (k,))[0]), np.array(0.2), np.array(1.3), np.array(0.7), entry="scipy.integrate.quad", numpy_only=True),
    row(named("quad", lambda k, w: integrate.quad(lambda x, k, w, n: np.exp(-k * x) * np.sum(w) ** n, 0, np.inf, (k, w, 2))[0]), np.array(1.4), Y[:2], entry="scipy.integrate.quad", numpy_only=True),
]
EXACT = {"rtol": 1e-11, "atol": 1e-13}


def swing(t, y, k):
    return [y[1], -k * y[0] + 0.1 * np.sin(t)]


def pendulum(y0, k, t0, t1, **params):
    return integrate.solve_ivp(swing, (t0, t1), y0, args=(k,), **EXACT, **params).y


def decay(y0, k, t):
    return integrate.odeint(lambda y, t, k: -k * y * y, y0, t, (k,), rtol=1e-13, atol=1e-14)


TRAJECTORIES = [
    row(pendulum, np.array([0.6, -0.3]), np.array(1.7), np.array(0.1), np.array(0.4), method="DOP853", t_eval=np.array([3]) / 10, entry="scipy.integrate.solve_ivp", numpy_only=True),
    row(decay, np.array([0.7]), np.array(1.2), np.array([0.0, 0.15]), entry="odeint", numpy_only=True),
]
OPTIMA = [
    row(named("root", lambda a, b: optimize.root(lambda x, a, b: [x[0] ** 2 + b * x[1] - a[0], x[1] ** 3 - a[1] * x[0]], [1.0, 1.0], (a, b), tol=1e-14).x),
        np.array([1.5, 0.8]), np.array(0.3), entry="scipy.optimize.root (implicit)", numpy_only=True),
    row(named("minimize", lambda a, k: optimize.minimize(lambda x, a, k: np.sum((x - a) ** 2 + k * np.cosh(x)), np.zeros(2), (a, k), tol=1e-13).x),
        np.array([0.5, -0.8]), np.array(0.6), entry="scipy.optimize.minimize (implicit argmin)", numpy_only=True),
    row(named("minimum", lambda a: optimize.minimize(lambda x, a: np.sum((x - a) ** 4 + (x - a) ** 2 + a * x), np.zeros(2), (a,), tol=1e-13).fun),
        np.array([0.5, -0.8]), entry="scipy.optimize.minimize (implicit argmin)", numpy_only=True),
]
ROWS, COLS = np.array([0, 0, 1, 2, 2, 1]), np.array([0, 2, 1, 2, 0, 1])


def matrix(data, shape=(3, 3)):
    return sparse.csr_array((data, (ROWS, COLS)), shape)


MATRICES = [
    *(row(named("sparse_product", lambda data, x: matrix(data, (3, 4)) @ x), anywhere(6), x, entry="scipy.sparse matmul", numpy_only=True) for x in (anywhere(4), anywhere(4, 2))),
    *(row(named("spsolve", lambda data, b: sparse.linalg.spsolve(matrix(data), b)), np.array([2.0, 0.3, 1.5, 1.8, -0.4, 0.6]), b, entry="scipy.sparse.linalg.spsolve", numpy_only=True) for b in (anywhere(3), anywhere(3, 2))),
    row(named("cg", lambda a, b: sparse.linalg.cg(a @ a.T, b, rtol=1e-15)[0]), positive(3, 3) * 0.3 + np.eye(3), anywhere(3), entry="scipy.sparse.linalg.cg", numpy_only=True),
]
# fmt: on

SAMPLES = [*DISTANCES, *SPLINES, *GRIDS, *SUMS, *INTEGRALS, *TRAJECTORIES, *OPTIMA, *MATRICES]
