"""Sample rows: polynomials as arrays of coefficients; their values, arithmetic, roots and fits."""

import numpy as np

from catalogue.rows import anywhere, positive, row

# Sums and quotients of these are exact, so that what remains of a division begins with exact zeros.
U, D = np.array([1.25, -0.5, 2.0, 0.75, -1.5, 0.25]), np.array([0.5, -0.25, 1.0])
P, Q, R = anywhere(4), anywhere(3), anywhere(6)
x, A = anywhere(5), anywhere(3, 4)
p, z = anywhere(4) + 1j * anywhere(4), anywhere(5) + 1j * anywhere(5)
padded = np.array([0.0, 0.0, 1.3, -0.4, 0.9])
crossing = np.poly([-1.7, -0.4, 0.6, 1.5]) * 1.3  # four real roots
at, of = np.linspace(-1.2, 1.4, 8), anywhere(8)
table, weights = anywhere(8, 2), positive(8)
turn = np.array([[0.3, -1.2, 0.4], [1.1, 0.2, -0.3], [0.5, 0.1, -0.8]])  # with a pair of complex eigenvalues


def fit_in_full(x, y, deg):
    """What `full=True` returns, without the rank and the tolerance, which are no functions of the data."""
    c, residuals, _, singular, _ = np.polyfit(x, y, deg, full=True)
    return c, residuals, singular


# fmt: off
VALUES = [
    row(np.polyval, P, x), row(np.polyval, P, A), row(np.polyval, P, np.array(0.7)), row(np.polyval, anywhere(1), x),
    row(np.polyval, p, z), row(np.polyval, P, z), row(np.polyval, p, x), row(np.polyval, P, 0.7),
    row(np.polyval, [1.0, -2.0, 0.5], A, numpy_only=True), row(np.polyval, A, anywhere(4)), row(np.polyval, P, 1.3, entry="polyval_coeffs"),
    row(np.vander, x), row(np.vander, x, 3), row(np.vander, x, 4, True), row(np.vander, z, N=3, increasing=True),
    row(np.vander, x, 1), row(np.vander, x, 2, increasing=True),
]
ARITHMETIC = [
    *(row(f, *args) for f in [np.polyadd, np.polysub, np.polymul] for args in [(P, Q), (Q, P), (P, P[::-1].copy()), (p, Q), (Q, np.array(2.0))]),
    row(np.polyadd, padded, Q), row(np.polysub, padded, Q),
    *(row(np.polydiv, x, y) for x, y in [(U, D), (D, U), (U, D[:1]), (U, U[::-1].copy()), (U + 1j * U[::-1], D), (U[:3], D * 1j)]),
    row(np.polyder, R), row(np.polyder, R, 2), row(np.polyder, P, m=0), row(np.polyder, p), row(np.polyder, anywhere(1)), row(np.polyder, Q, 4),
    row(np.polyint, R), row(np.polyint, R, 2), row(np.polyint, Q, 2, anywhere(2)), row(np.polyint, Q, m=3, k=2.0), row(np.polyint, P, 0),
    row(np.polyint, p), row(np.polyint, P, 1, np.array(0.7)), row(np.polyint, P, 2, [0.5, -1.0, 3.0], numpy_only=True), row(np.polyint, P, 2, [np.array(0.7), 2.0]),
]
ROOTS = [
    row(np.roots, crossing), row(np.roots, anywhere(2)), row(np.roots, np.array([1.1, 0.3, 0.9])), row(np.roots, p), row(np.roots, anywhere(1)),
    row(np.roots, np.array([0.8, -0.3, 1.2, 0.5])), row(np.roots, crossing + 0j),
    row(np.poly, x), row(np.poly, z), row(np.poly, anywhere(1)), row(np.poly, anywhere(3, 3)), row(np.poly, turn),
    row(np.poly, turn + 1j * anywhere(3, 3)), row(np.poly, anywhere(1, 1)),
]
FITS = [
    row(np.polyfit, at, of, 2), row(np.polyfit, at, table, 3), row(np.polyfit, at, of, deg=0), row(np.polyfit, at, of, 2, None, False, weights),
    row(np.polyfit, at, table, 1, None, False, weights), row(fit_in_full, at, of, 2, entry="polyfit"), row(np.polyfit, at, of, 2, cov=True),
    row(np.polyfit, at, of, 2, cov="unscaled"), row(np.polyfit, at, table, 1, cov=True),
    row(np.polyfit, at, of, 1, None, False, weights, "unscaled"), row(np.polyfit, at, of, 4),
]
# fmt: on

SAMPLES = [*VALUES, *ARITHMETIC, *ROOTS, *FITS]
