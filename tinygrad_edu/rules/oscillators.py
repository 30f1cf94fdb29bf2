"""Solutions of oscillator equations: parabolic cylinder, Mathieu and spheroidal wave functions.

SciPy returns each of them with its derivative, y = [f, f']. The equation that the function solves says what f'' is, and
that is the whole rule. Parameters (orders, q, c) are held fixed, and so are the characteristic values.
"""

from __future__ import annotations

import numpy as np
import scipy.special as sp

from .declare import elementwise
from .parameters import fixed
from .several import several


def _held(function, names):
    return [fixed(function.__name__, name) for name in names.split()]


def _solution(function, names, second, unit=1):
    """A row for f(*parameters, x) that returns f and f'; x is measured in `unit`."""
    several(function, *_held(function, names), lambda y, *args: [y[1] * unit, second(y, *args) * unit])


def _prolate(y, lam, m, c2, x):
    """(1 - x²) f'' = 2x f' - (λ - c²x² - m²/(1 - x²)) f; the oblate angular functions have -c² (DLMF 30.2)."""
    return (2 * x * y[1] - (lam - c2 * x * x - m * m / (1 - x * x)) * y[0]) / (1 - x * x)


def _oblate(y, lam, m, c2, x):
    """The same on the line ix, for the oblate radial functions."""
    return ((lam - c2 * x * x - m * m / (1 + x * x)) * y[0] - 2 * x * y[1]) / (1 + x * x)


def _spheroidal(function, with_value, characteristic, equation, sign=1):
    """Rows for a function and for its twin that is told its characteristic value λ."""
    _solution(function, "m n c", lambda y, m, n, c, x: equation(y, characteristic(m, n, c), m, sign * c * c, x))
    _solution(with_value, "m n c cv", lambda y, m, n, c, cv, x: equation(y, cv, m, sign * c * c, x))


def _mathieu(characteristic):
    """f'' = (2q cos 2x - a) f, with x in degrees."""
    return lambda y, m, q, x: (2 * q * np.cos(2 * angle * x) - characteristic(m, q)) * y[0]


def _modified_mathieu(characteristic):
    """f'' = (a - 2q cosh 2x) f."""
    return lambda y, m, q, x: (characteristic(m, q) - 2 * q * np.cosh(2 * x)) * y[0]


angle = np.pi / 180

# fmt: off
_solution(sp.pbdv, "v", lambda y, v, x: (x * x / 4 - v - 0.5) * y[0])
_solution(sp.pbvv, "v", lambda y, v, x: (x * x / 4 - v - 0.5) * y[0])
_solution(sp.pbwa, "a", lambda y, a, x: (a - x * x / 4) * y[0])
_solution(sp.mathieu_cem,     "m q", _mathieu(sp.mathieu_a), angle)
_solution(sp.mathieu_sem,     "m q", _mathieu(sp.mathieu_b), angle)
_solution(sp.mathieu_modcem1, "m q", _modified_mathieu(sp.mathieu_a))
_solution(sp.mathieu_modcem2, "m q", _modified_mathieu(sp.mathieu_a))
_solution(sp.mathieu_modsem1, "m q", _modified_mathieu(sp.mathieu_b))
_solution(sp.mathieu_modsem2, "m q", _modified_mathieu(sp.mathieu_b))
_spheroidal(sp.pro_ang1, sp.pro_ang1_cv, sp.pro_cv, _prolate)
_spheroidal(sp.pro_rad1, sp.pro_rad1_cv, sp.pro_cv, _prolate)
_spheroidal(sp.pro_rad2, sp.pro_rad2_cv, sp.pro_cv, _prolate)
_spheroidal(sp.obl_ang1, sp.obl_ang1_cv, sp.obl_cv, _prolate, sign=-1)
_spheroidal(sp.obl_rad1, sp.obl_rad1_cv, sp.obl_cv, _oblate)
_spheroidal(sp.obl_rad2, sp.obl_rad2_cv, sp.obl_cv, _oblate)

for value, names in [(sp.mathieu_a, "m q"), (sp.mathieu_b, "m q"), (sp.pro_cv, "m n c"), (sp.obl_cv, "m n c")]:
    elementwise(value, *_held(value, names))
# fmt: on
