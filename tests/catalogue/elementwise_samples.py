"""Sample rows: elementwise functions under their other names, floats taken apart, and the rest of trigonometry."""

import numpy as np

from catalogue.rows import anywhere, apart, inside, positive, row
from tinygrad_edu.functions import elementwise

A, P, S = anywhere(3, 4), positive(3, 4), inside(3, 4)
D = apart(3, 4)
Z = anywhere(3, 4) + 1j * anywhere(3, 4)
n = np.array([3, -2, 0, 5])
between = (np.arange(12).reshape(3, 4) - 5.5) * 0.77  # at least 0.1 from whole numbers


def mantissa(x):
    return np.frexp(x)[0]


# fmt: off
SAMPLES = [
    row(np.ldexp, A, n), row(np.ldexp, A, 3), row(np.modf, between), row(mantissa, P + 2.05, entry="frexp"), row(np.nextafter, A, P),
    row(np.abs, A, entry="abs"), row(np.abs, Z, entry="abs_complex"), row(np.exp, Z, entry="exp_complex"),
    row(np.sign, Z, entry="sgn (complex sign)"), row(np.conj, Z, entry="conj"),
    row(np.true_divide, A, P, entry="true_divide"), row(np.mod, (between / 0.77) * P, P, entry="mod"),
    row(np.power, P, A, entry="power_exponent"), row(np.pow, P, A), row(np.power, Z, P), row(np.float_power, P, A, entry="float_power"),
    row(np.acos, S), row(np.acosh, P + 1.1), row(np.asin, S), row(np.asinh, A), row(np.atan, A), row(np.atanh, S),
    row(np.atan2, A, P),
    row(np.clip, D, min=-0.175), row(np.clip, D, max=0.345), row(np.clip, D, min=-0.175, max=0.345),
    *(row(f, x, entry=f.__name__) for f, x in [
        (elementwise.rsqrt, P), (elementwise.frac, between), (elementwise.cot, P), (elementwise.sec, S), (elementwise.csc, P),
        (elementwise.coth, A), (elementwise.sech, A), (elementwise.csch, A), (elementwise.arccot, A),
        (elementwise.arcsec, 1.1 + P), (elementwise.arccsc, -1.1 - P), (elementwise.arccoth, 1.1 + P),
        (elementwise.arcsech, P / 2), (elementwise.arccsch, A)]),
    # numpy_only: whether the result is complex depends on the values
    *(row(f, x, numpy_only=True) for x in (A, P, Z) for f in [np.emath.sqrt, np.emath.log]),
    *(row(f, x, numpy_only=True) for x in (np.sign(A) * (P + 1.3), S, Z) for f in [np.emath.arcsin, np.emath.arccos, np.emath.arctanh]),
    *(row(f, A, numpy_only=True) for f in [np.emath.log2, np.emath.log10]), row(np.emath.power, A, 1.5 + P, numpy_only=True),
    row(np.emath.power, A, 3, numpy_only=True), row(np.emath.logn, P + 1, A, numpy_only=True),
    *(row(f, Z, entry=f.__name__) for f in [elementwise.cot, elementwise.sech, elementwise.csch, elementwise.arccsch]),
]
# fmt: on

FLAT = [row(np.array_equiv, A, P)] + [
    row(f, np.array([4, 6, 9]), np.array([2, 4, 6])) for f in [np.gcd, np.lcm, np.left_shift, np.right_shift]
] + [row(np.bitwise_count, n), row(np.isnat, np.array(["2026-11-21", "NaT"], "datetime64[D]"))]  # fmt: skip
FLAT_WITHOUT_VALUE = {np.frexp}  # its exponent is a whole number, so a row shows the mantissa alone
