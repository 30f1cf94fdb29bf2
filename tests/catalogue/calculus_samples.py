"""Sample rows: differences, trapezoids, interpolation, convolution, and what is given by a series."""

import numpy as np

from catalogue.rows import anywhere, positive, row
from tinygrad_edu.functions.calculus import cumulative_trapezoid

V, W, X6, A, T = anywhere(5), anywhere(3), anywhere(6), anywhere(3, 4), anywhere(2, 3, 4)
Z, Y = anywhere(5) + 1j * anywhere(5), anywhere(3) + 1j * anywhere(3)
number, other = np.array(0.7), np.array(-1.3)
at3, at4, at6 = np.cumsum(positive(3)), np.cumsum(positive(4)), np.cumsum(positive(6))
knots, heights = np.array([-1.0, 0.2, 0.9, 2.5]), np.array([0.5, -1.2, 0.3, 1.9])
points = np.array([[-1.7, -0.3, 0.5], [1.3, 2.1, 3.4]])  # inside and outside, at no knot

# fmt: off
DIFFERENCES = [
    row(np.diff, V), row(np.diff, A), row(np.diff, Z), row(np.diff, A, axis=0), row(np.diff, T, axis=-2), row(np.diff, X6, n=2), row(np.diff, X6, 3),
    row(np.diff, X6, n=0), row(np.diff, X6, n=5), row(np.diff, anywhere(1)), row(np.diff, A, n=3, axis=0), row(np.diff, A, n=4, axis=0),
    row(np.diff, V, prepend=0.5), row(np.diff, V, append=0, n=2), row(np.diff, V, 2, -1, W), row(np.diff, A, 1, 0, A[:1] * 2, anywhere(2, 4)),
    row(np.diff, A, 2, -1, number, other),
    row(np.ediff1d, V), row(np.ediff1d, A), row(np.ediff1d, V, W, A), row(np.ediff1d, V, number), row(np.ediff1d, V, None, W),
    row(np.ediff1d, Z), row(np.ediff1d, V, to_end=9.0), row(np.ediff1d, anywhere(1), W),
]
GRADIENTS = [
    row(np.gradient, V), row(np.gradient, A), row(np.gradient, T), row(np.gradient, Z), row(np.gradient, V, 0.3), row(np.gradient, V, number),
    row(np.gradient, X6, at6), row(np.gradient, A, at3, at4), row(np.gradient, A, number, at4), row(np.gradient, A, at4, axis=1),
    row(np.gradient, A, at4, axis=-1, edge_order=2), row(np.gradient, X6, edge_order=2), row(np.gradient, X6, number, edge_order=2),
    row(np.gradient, T, axis=(0, 2)), row(np.gradient, T, number, at4, axis=(0, -1)), row(np.gradient, anywhere(2)),
    row(np.gradient, anywhere(3), at3, edge_order=2), row(np.gradient, T, at3, axis=1, edge_order=2), row(np.gradient, A, 2.0, 0.5),
]
TRAPEZOIDS = [
    *(row(f, *args, **p) for f in [np.trapezoid, cumulative_trapezoid] for args, p in [
        ((V,), {}), ((A,), {}), ((A,), {"axis": 0}), ((A, at4), {}), ((A, at3), {"axis": 0}), ((A, anywhere(3, 4)), {}),
        ((T, at3), {"axis": -2}), ((A,), {"dx": 0.5}), ((A, None, number), {}), ((Z,), {})]),
    *(row(cumulative_trapezoid, A, axis=axis, initial=0) for axis in [0, -1]),
]
for_each = {"entry": "cumulative_trapezoid"}
TRAPEZOIDS = [row(s.function, *s.args, **s.params, **(for_each if s.function is cumulative_trapezoid else {})) for s in TRAPEZOIDS]
INTERPOLATION = [
    row(np.interp, points, knots, heights), row(np.interp, points[0], knots, heights), row(np.interp, np.array(0.4), knots, heights),
    row(np.interp, points, knots, heights, number, other), row(np.interp, points, knots, heights, left=0.3),
    row(np.interp, points, knots, heights, None, other), row(np.interp, points, knots, heights, period=3.8),
    row(np.interp, points, knots, heights, None, None, np.array(3.8)), row(np.interp, points, knots, heights, period=-3.8),
    row(np.interp, points, knots, heights + 1j * heights[::-1]), row(np.interp, points, knots[:1], heights[:1]),
]
CONVOLUTION = [
    *(row(np.convolve, x, y, mode) for x, y in [(V, W), (W, V), (X6, anywhere(2)), (anywhere(4), X6), (V, V[::-1].copy()), (Z, W), (Z, Y)]
      for mode in ["full", "same", "valid"]),
    *(row(np.correlate, x, y, mode) for x, y in [(V, W), (W, V), (X6, anywhere(2)), (anywhere(4), X6), (V, V[::-1].copy()), (Z, W), (W, Z), (Z, Y)]
      for mode in ["full", "same", "valid"]),
    row(np.convolve, V, anywhere(1)), row(np.convolve, number, V), row(np.convolve, V, W), row(np.correlate, V, W),
]
SERIES = [
    row(np.i0, V), row(np.i0, 9 * V), row(np.i0, A), row(np.i0, np.array([0.0, 1e-3])),
    row(np.unwrap, 4 * V), row(np.unwrap, 5 * A, axis=0), row(np.unwrap, 4 * V, discont=4.5), row(np.unwrap, 3 * T, axis=1, period=2.5),
]
# fmt: on

SAMPLES = [*DIFFERENCES, *GRADIENTS, *TRAPEZOIDS, *INTERPOLATION, *CONVOLUTION, *SERIES]
