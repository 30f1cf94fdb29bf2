"""Sample rows of `rules/reductions.py`: every parameter of a reduction, and its forms that leave NaNs out."""

import numpy as np

from catalogue.rows import numbers, row

anywhere, positive, _, apart = numbers(2)

A, T, V = anywhere(3, 4), anywhere(2, 3, 4), anywhere(5)
D, E, F = apart(3, 4), apart(2, 3, 4), apart(6)
Z = anywhere(3, 4) + 1j * anywhere(3, 4)
holes = np.array([[1, 0, 1, 1], [0, 1, 0, 1], [1, 1, 1, 0]], bool)
N = np.where(holes, D, np.nan)
M = np.mean(A, axis=1, keepdims=True)


def about(spread):
    """The spread about a mean that is given, and differentiated too."""

    def about_a_mean(x, mean, **params):
        return spread(x, mean=mean, **params)

    return about_a_mean


def beginning(reduction):
    """What it begins from is an argument too."""

    def from_initial(x, initial, **params):
        return reduction(x, initial=initial, **params)

    return from_initial


# fmt: off
INITIAL = [
    *(row(beginning(f), A, np.array(0.7), entry=f.__name__, **p) for f in [np.sum, np.prod] for p in [{}, {"axis": 0}, {"axis": (0, 1), "keepdims": True}, {"axis": 1, "where": holes}]),
    *(row(beginning(f), D, np.array(0.33), entry=f.__name__, **p) for f in [np.max, np.min, np.nanmax] for p in [{}, {"axis": 0}, {"axis": 1, "keepdims": True, "where": holes}]),
    row(beginning(np.nansum), A, np.array(0.7), axis=1, entry="nansum"), row(beginning(np.add.reduce), A, np.array(0.7), entry="sum"), row(beginning(np.prod), Z, np.array(0.7 + 1j), entry="prod"),
]
WHERE = [
    row(np.sum, A, where=holes, entry="sum_where"), row(np.sum, A, axis=0, where=holes[0], keepdims=True),
    *(row(f, A, axis=1, where=holes) for f in [np.mean, np.var, np.std, np.prod]),
    row(np.mean, T, axis=(0, -1), where=holes, keepdims=True), row(np.std, T, axis=(0, 2), where=holes, ddof=1),
    row(np.prod, A, where=holes, initial=2.0), row(np.sum, A, axis=0, where=holes, initial=1.5),
    row(np.max, D, axis=1, where=holes, initial=-9.0), row(np.min, D, where=holes, initial=9.0),
    row(np.max, D, axis=0, initial=0.33, keepdims=True), row(np.amax, E, axis=(0, 2), where=holes, initial=-9.0),
    row(np.var, Z, axis=0, where=holes), row(np.mean, Z, where=holes),
]
SPREAD = [
    row(np.var, A, 0, None, None, 1, True), row(about(np.var), A, np.array([[0.3]]), axis=(0, 1), keepdims=True, entry="var"),
    *(row(about(f), A, M, axis=1, entry="std") for f in [np.var, np.std, np.nanstd]),
    row(about(np.std), A, M, axis=1, where=holes, correction=1, entry="nanstd"), row(about(np.var), Z, M + 0.2j, axis=1, entry="var"),
    row(np.std, A, axis=-1, correction=1.5), row(np.var, T, axis=(0, 2), correction=1, where=holes),
    row(np.std, anywhere(3, 1), axis=0), row(np.var, anywhere(3, 1), axis=1), row(np.std, Z, axis=0, ddof=1),
]
DTYPE = [
    row(f, A, dtype=np.float64, axis=0) for f in [np.sum, np.mean, np.prod, np.var, np.std, np.cumsum, np.cumprod]
]
RUNNING = [
    *(row(np.cumprod, x, **p) for x, p in [(A, {}), (A, {"axis": 0}), (A, {"axis": -1}), (T, {"axis": 1}), (V, {}), (Z, {"axis": 1}),
                                           (anywhere(3, 1), {"axis": 1}), (np.array(0.7), {}), (np.array(0.7), {"axis": 0}), (positive(90), {})]),
    *(row(f, A, axis=1, include_initial=i) for f in [np.cumulative_sum, np.cumulative_prod] for i in (False, True)),
    row(np.cumulative_sum, V), row(np.cumulative_prod, V, include_initial=True), row(np.cumulative_prod, T, axis=-2),
]
WITHOUT_NAN = [
    *(row(f, x, **p) for f in [np.nansum, np.nanprod, np.nanmax, np.nanmin, np.nanmean, np.nanvar, np.nanstd]
      for x, p in [(D, {}), (D, {"axis": 0}), (E, {"axis": (0, 2), "keepdims": True})]),
    row(np.nanvar, A, axis=1, where=holes), row(np.nanmean, A, axis=0, where=holes), row(np.nansum, A, where=holes),
    row(np.nanstd, A, axis=1, correction=1), row(np.nanmax, D, axis=1, where=holes, initial=-9.0),
    *(row(f, A, **p) for f in [np.nancumsum, np.nancumprod] for p in [{}, {"axis": 0}, {"axis": 1}]),
    row(np.nansum, Z, axis=0), row(np.nanmean, Z),
]
# fmt: on

SAMPLES = [*INITIAL, *WHERE, *SPREAD, *DTYPE, *RUNNING, *WITHOUT_NAN]
