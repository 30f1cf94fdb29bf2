"""Sample rows of `rules/ufuncs.py`: the methods of ufuncs, and `where=`, `dtype=` and `out=`."""

import numpy as np

from catalogue.rows import numbers, row
from tinygrad_edu.functions import reductions

anywhere, positive, _, apart = numbers(5)

A, T, V, W, P = anywhere(3, 4), anywhere(2, 3, 4), anywhere(4), anywhere(5), positive(3, 4)
D, E, B = apart(3, 4), apart(2, 3, 4), anywhere(3, 4)
Z = anywhere(3, 4) + 1j * anywhere(3, 4)
holes = np.array([[1, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 0]], bool)
EXTREMES = [np.maximum, np.minimum, np.fmax, np.fmin]


def into(ufunc):
    """What `out=` holds where `where=` says no, stays."""

    def ufunc_out(x, held, *args, **params):
        target = held * 1
        ufunc(x, *args, out=target, **params)
        return target

    return ufunc_out


def at(ufunc):
    def ufunc_at(x, index, *values):
        target = x * 1
        ufunc.at(target, index, *values)
        return target

    return ufunc_at


twice, matrix = np.array([1, 3, 1, 0, 1]), (np.array([0, 2, 0]), np.array([1, 1, 1]))

# fmt: off
REDUCE = [
    *(row(f.reduce, x, entry=f"{f.__name__}.reduce", **p) for f, x in [(np.add, A), (np.multiply, A), (np.logaddexp, A), (np.logaddexp2, A), (np.hypot, A),
      *[(f, D) for f in EXTREMES]] for p in [{}, {"axis": None}, {"axis": (0, 1), "keepdims": True}, {"axis": -1}]),
    *(row(f.reduce, x, axis=1, entry="", **p) for f, x in [(np.add, A), (np.multiply, A), (np.logaddexp, A), (np.hypot, A), (np.maximum, D), (np.fmin, D)]
      for p in [{"initial": 0.33}, {"initial": -0.07, "where": holes, "keepdims": True}]),
    row(np.logaddexp.reduce, A, where=holes), row(np.subtract.reduce, A, axis=1), row(np.divide.reduce, P, axis=0), row(np.power.reduce, P, axis=0),
    row(np.arctan2.reduce, A, axis=0), row(np.subtract.reduce, A, axis=1, initial=2.0), row(np.ufunc.reduce, np.copysign, A), row(np.logaddexp.reduce, anywhere(3, 1), axis=1),
    row(np.hypot.reduce, T, axis=(0, -1)), row(np.add.reduce, A, dtype=np.float64),
]
ACCUMULATE = [
    *(row(f.accumulate, x, entry=f"{f.__name__}.accumulate", **p) for f, x in [(np.add, A), (np.multiply, A), (np.logaddexp, A), (np.subtract, A), (np.hypot, A),
      (np.divide, P), (np.power, P), (np.arctan2, A), *[(f, D) for f in EXTREMES]] for p in [{}, {"axis": 1}]),
    row(np.maximum.accumulate, E, axis=1), row(np.logaddexp.accumulate, T, axis=-2), row(np.ufunc.accumulate, np.multiply, Z, axis=1), row(np.fmod.accumulate, positive(2, 1), axis=1),
    row(np.add.accumulate, A, axis=0, dtype=np.float64), row(np.divide.accumulate, Z, axis=0),
]
REDUCEAT = [
    row(np.floor_divide.reduceat, W * 7.3, [0, 1, 3], entry="add.reduceat"), row(np.floor_divide.accumulate, P * 7.3, axis=1, entry="add.accumulate"), row(np.maximum.reduceat, D, [0, 1, 2], 1, entry="maximum.reduceat"),
    *(row(f.reduceat, x, i, axis=a, entry=f"{f.__name__}.reduceat") for f, x in [(np.add, T), (np.multiply, T), (np.logaddexp, T), (np.maximum, E)]
      for i, a in [([0, 2], 1), ([0, 3, 1, 2], 2)]), row(np.ufunc.reduceat, np.add, A, np.array([1, 0, 0])), row(np.add.reduceat, W, [3, 1, 4, 0]),
]
OUTER = [
    *(row(f.outer, V, W, entry=f"{f.__name__}.outer") for f in [np.add, np.multiply, np.subtract, np.logaddexp, np.divide]), row(np.ufunc.outer, np.hypot, A, V),
    row(np.multiply.outer, V, 2.0), row(np.divmod.outer, positive(2), np.array([7.3, 5.1, 9.0])), row(np.add.outer, V, W, dtype=np.float64, numpy_only=True),
]
AT = [
    *(row(at(f), V, i, v, entry="add.at") for f in [np.add, np.subtract, np.multiply, np.logaddexp, np.divide] for i, v in [(twice, anywhere(5)), (slice(1, 3), 2.0), (2, np.array(0.7))]),
    row(at(np.add), A, matrix, anywhere(3)), row(at(np.multiply), A, matrix, anywhere(3)), row(at(np.add), A, (slice(None), twice[:2]), anywhere(3, 1)), row(at(np.add), A, holes, 0.5),
    row(at(np.negative), V, twice), row(at(np.sin), A, [0, 2, 0]), row(at(np.multiply), A, 1, V),
]
PARAMETERS = [
    *(row(into(f), A, B, where=holes, entry="ufunc where=/out= kwargs") for f in [np.sin, np.exp, np.absolute, np.negative, np.sign]),
    row(into(np.multiply), A, B, V, where=holes), row(into(np.log), np.where(holes, P, -1.0), B, where=holes), row(into(np.add), A, B, V), row(into(np.add.reduce), A, V),
    row(into(np.float_power), P, B, 2.0, where=holes), row(into(np.maximum), D, B, 0.33, where=holes[0]), row(into(np.floor), P * 0.2 + 1.3, B),
    row(into(np.add.accumulate), A, B, axis=1), row(into(np.hypot.outer), V, anywhere(4, 5), W), row(into(np.copysign), A, B, 1.0, where=holes), row(into(np.conj), Z, Z * 2, where=holes),
    row(np.ufunc.__call__, np.multiply, A, B, dtype=np.float64), row(np.sin, A, dtype=np.float64), row(np.add, A, 1, casting="unsafe", order="C"),
]
FORMULAE = [
    *(row(f, D, entry=f.__name__, **p) for f in [reductions.cummax, reductions.cummin, reductions.logcumsumexp] for p in [{}, {"axis": 1}]),
    *(row(f, A, entry=f.__name__, **p) for f in [reductions.std_mean, reductions.var_mean] for p in [{}, {"axis": 0, "ddof": 1}, {"axis": (0, 1), "keepdims": True}]),
    *(row(f, A, B, P, entry=f.__name__) for f in [reductions.lerp, reductions.addcmul, reductions.addcdiv]),
    row(reductions.lerp, A, V, 0.3, entry="lerp"), row(reductions.addcmul, A, V, B, value=0.5, entry="addcmul"), row(reductions.addcdiv, A, B, P, value=2, entry="addcdiv"),
]
# fmt: on

SAMPLES = [*REDUCE, *ACCUMULATE, *REDUCEAT, *OUTER, *AT, *PARAMETERS, *FORMULAE]

# It returns nothing: the rows of `AT` call it.
TESTED_ELSEWHERE = {np.ufunc.at}
