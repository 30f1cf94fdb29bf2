"""SciPy's distances, interpolation, integration, optimization and sparse matrices."""

import numpy as np

from catalogue.rows import anywhere, apart, positive, row
from tinygrad_edu.scipy import interpolate, spatial

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
# fmt: on

SAMPLES = [*DISTANCES, *SPLINES, *GRIDS]
