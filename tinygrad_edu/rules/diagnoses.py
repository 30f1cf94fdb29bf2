"""Diagnoses: how the functions of the table come to a NaN or an infinity, in words, with a cure.

Each row asks one question about the operands of a function; the first that is answered with yes somewhere explains
the element. `VALUES` is about results that are not finite, `SLOPES` about derivatives. Read by `modes/anomaly.py`.
"""

from __future__ import annotations

import numpy as np

_INSIDE_LOG = "keep its argument positive, for example np.log(np.maximum(x, 1e-12))"
_LOGITS = "work with logarithms, for example np.logaddexp, or functions.logsumexp and functions.softmax"
_AWAY = "keep away from that point, for example by adding a small number before"
_SHRINK = "scale the numbers down, or work with their logarithms"

# fmt: off
VALUES = {
    np.log:        [(lambda x: x < 0,               "the logarithm of a negative number",       _INSIDE_LOG),
                    (lambda x: x == 0,              "the logarithm of 0",                       _INSIDE_LOG)],
    np.log1p:      [(lambda x: x < -1,              "log1p of a number below -1",               "keep x above -1"),
                    (lambda x: x == -1,             "log1p of -1, the logarithm of 0",          "keep x above -1")],
    np.sqrt:       [(lambda x: x < 0,               "the square root of a negative number",
                     "np.sqrt(np.maximum(x, 0)) if the sign is rounding, np.emath.sqrt for complex roots")],
    np.arcsin:     [(lambda x: np.abs(x) > 1,       "arcsin outside [-1, 1]",                   "clip its argument")],
    np.arccos:     [(lambda x: np.abs(x) > 1,       "arccos outside [-1, 1]",                   "clip its argument")],
    np.arctanh:    [(lambda x: np.abs(x) > 1,       "arctanh outside [-1, 1]",                  "clip its argument"),
                    (lambda x: np.abs(x) == 1,      "arctanh at ±1, its pole",                  "clip its argument")],
    np.arccosh:    [(lambda x: x < 1,               "arccosh below 1",                          "clip its argument")],
    np.divide:     [(lambda x, y: (x == 0) & (y == 0), "0/0",                                   "keep the divisor away from 0"),
                    (lambda x, y: y == 0,           "a division by 0",                          "keep the divisor away from 0"),
                    (lambda x, y: np.isinf(x) & np.isinf(y), "∞/∞",                             _SHRINK),
                    (lambda x, y: x == x,           "a quotient too large for its dtype",       _SHRINK)],
    np.reciprocal: [(lambda x: x == 0,              "1/0",                                      "keep the divisor away from 0")],
    np.power:      [(lambda x, y: (x == 0) & (y < 0), "0 to a negative power",                  "keep the base away from 0"),
                    (lambda x, y: (x < 0) & (y != np.floor(y)), "a negative number to a power that is no integer",
                     "np.abs(x) ** y, or complex numbers"),
                    (lambda x, y: x == x,           "a power too large for its dtype",          _SHRINK)],
    np.exp:        [(lambda x: x > 0,               "exp overflows: its argument is above 709 (in float32: 88)", _LOGITS)],
    np.exp2:       [(lambda x: x > 0,               "exp2 overflows",                           _LOGITS)],
    np.expm1:      [(lambda x: x > 0,               "expm1 overflows",                          _LOGITS)],
    np.sinh:       [(lambda x: x == x,              "sinh overflows",                           _SHRINK)],
    np.cosh:       [(lambda x: x == x,              "cosh overflows",                           _SHRINK)],
    np.square:     [(lambda x: x == x,              "a square too large for its dtype",         _SHRINK)],
    np.subtract:   [(lambda x, y: np.isinf(x) & np.isinf(y), "∞ - ∞",                           _LOGITS)],
    np.add:        [(lambda x, y: np.isinf(x) & np.isinf(y), "∞ - ∞",                           _LOGITS)],
    np.multiply:   [(lambda x, y: np.isinf(x) | np.isinf(y), "0 · ∞",                           _LOGITS),
                    (lambda x, y: x == x,           "a product too large for its dtype",        _SHRINK)],
}
for name, base in [("log2", np.log), ("log10", np.log)]:
    VALUES[getattr(np, name)] = VALUES[base]

SLOPES = {
    np.sqrt:       [(lambda x: x == 0,              "the square root has an infinite slope at 0",   _AWAY)],
    np.cbrt:       [(lambda x: x == 0,              "the cube root has an infinite slope at 0",     _AWAY)],
    np.log:        [(lambda x: x == 0,              "the logarithm has an infinite slope at 0",     _INSIDE_LOG)],
    np.arcsin:     [(lambda x: np.abs(x) == 1,      "arcsin has an infinite slope at ±1",           _AWAY)],
    np.arccos:     [(lambda x: np.abs(x) == 1,      "arccos has an infinite slope at ±1",           _AWAY)],
    np.arccosh:    [(lambda x: x == 1,              "arccosh has an infinite slope at 1",           _AWAY)],
    np.arctanh:    [(lambda x: np.abs(x) == 1,      "arctanh has a pole at ±1",                     _AWAY)],
    np.divide:     [(lambda x, y: y == 0,           "a division by 0",                              _AWAY)],
    np.power:      [(lambda x, y: (x == 0) & (y < 1), "xʸ has an infinite slope at x = 0 for y < 1", _AWAY)],
}
# fmt: on
