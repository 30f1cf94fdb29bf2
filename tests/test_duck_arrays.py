"""The same rules run on arrays that are not NumPy's: on a strict stand-in, and on dask arrays that are never computed.

The stand-in answers both of NumPy's protocols and refuses everything that a lazy or a foreign array could not do:
conversion to NumPy, mixing with NumPy's arrays of floats, and writing in place.
"""

import numpy as np
import pytest
from catalogue.pages import SAMPLES as ALL
from catalogue.test_catalogue import Call, noise

import tinygrad_edu as tg
from tinygrad_edu.surface import Surface
from tinygrad_edu.trees import tree_map

dask_array = pytest.importorskip("dask.array")
dask_config = pytest.importorskip("dask").config

SAMPLES = [sample for sample in ALL if not sample.numpy_only]


class Stand(Surface):
    """An array that is none of NumPy's."""

    __slots__ = ("data",)

    def __init__(self, data):
        self.data = np.asarray(data)

    def __array__(self, *args, **kwargs):
        raise AssertionError("converted to NumPy")

    def __setitem__(self, index, value):
        raise AssertionError("written in place")

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        return self.__array_function__(getattr(ufunc, method), (), inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        return wrapped(function(*tree_map(opened, tuple(args)), **tree_map(opened, dict(kwargs))))


def opened(x):
    if isinstance(x, np.ndarray) and x.dtype.kind in "fc" and x.ndim:
        raise AssertionError("mixed with an ndarray")
    return x.data if isinstance(x, Stand) else x


def wrapped(x):
    if isinstance(x, list | tuple):
        return type(x)(*map(wrapped, x)) if hasattr(x, "_fields") else type(x)(map(wrapped, x))
    return Stand(x) if isinstance(x, np.ndarray | np.generic) and np.asarray(x).dtype.kind in "fcbiu" else x


@pytest.mark.parametrize("sample", SAMPLES, ids=str)
def test_rules_run_on_a_strict_stand_in(sample):
    call = Call(sample)
    g = noise(call(*call.primals), 2)
    expected = tg.vjp(call, *call.primals)[1](g)
    found = tg.vjp(call, *map(Stand, call.primals))[1](list(map(Stand, g)))
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a.data, b, rtol=1e-12, atol=1e-12)
    t = noise(call.primals, 1)
    expected = tg.jvp(call, call.primals, t)[1]
    found = tg.jvp(call, list(map(Stand, call.primals)), list(map(Stand, t)))[1]
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a.data, b, rtol=1e-12, atol=1e-12)


def forbidden(*args, **kwargs):
    raise AssertionError("computed")


# What dask has not: the function itself or one that its rule calls, a parameter, or an index of two arrays.
DASK_LACKS_FUNCTION = {
    "multiclass_sparsemax",
    "split", "array_split", "hsplit", "vsplit", "dsplit", "unstack", "stack", "copy", "matrix_transpose", "sort",
    "diag", "diagonal", "diagflat", "trace", "take_along_axis", "setitem",
    "nanmean", "nanvar", "nanstd", "about_a_mean", "partition", "median", "quantile", "percentile", "nanmedian",
    "nanquantile", "nanpercentile", "unique", "unique_values", "values_alone", "density", "corrcoef",
    "histogram_bin_edges",
    "from_initial", "reduce", "accumulate", "reduceat", "ufunc_at", "cummax", "cummin", "logcumsumexp",  # its ufuncs have `outer` alone
    "fft", "ifft", "rfft", "irfft", "hfft", "ihfft", "fft2", "ifft2", "rfft2", "irfft2", "hfft2", "ihfft2", "fftn",
    "ifftn", "rfftn", "irfftn", "hfftn", "ihfftn", "interp", "convolve", "correlate", "unwrap",
    "polyval", "vander", "polymul", "polydiv", "roots", "poly", "polyfit", "fit_in_full",
    "real_if_close", "sort_complex", "view_as_real",
}  # fmt: skip
DASK_LACKS_FUNCTION |= {
    "inv", "solve", "pinv", "lstsq", "tensorsolve", "tensorinv", "matrix_power", "det", "slogdet", "logdet", "qr", "eig",
    "vector_norm", "matrix_norm", "cond", "dist", "eigh", "eigvalsh", "cholesky", "svd", "svdvals", "eigvals",
    "cholesky_inverse", "householder_product", "multi_dot", "cross",
    "array", "asarray", "full", "vectorize", "cubes", "diag_embed", "put", "place", "putmask", "put_along_axis", "fill_diagonal",
    "flat", "choose", "piecewise", "apply_along_axis", "scatter", "scatter_reduce", "masked_select", "masked_scatter",
    "combinations", "cartesian_prod",
    "gru_states", "scanned", "scanned_backwards",  # whose results are stacked
}  # fmt: skip
# Series that end when they have converged, and SciPy's functions of several results.
DASK_LACKS_FUNCTION |= {
    "gammainc", "gammaincc", "gammaincinv", "gammainccinv", "chdtr", "chdtrc", "chdtri", "chdtriv", "gdtr", "gdtrc", "gdtria",
    "gdtrib", "gdtrix", "pdtrik", "betainc", "betaincc", "betaincinv", "betainccinv", "btdtria", "btdtrib", "bdtrik", "bdtrin",
    "nbdtrik", "nbdtrin", "fdtr", "fdtrc", "fdtri", "fdtridfd", "stdtr", "stdtrit", "hyp0f1", "hyp1f1", "hyp2f1", "_zeta",
    "elliprc", "elliprd", "elliprg", "elliprj", "multigammaln", "bessel_jn",
    "sici", "shichi", "fresnel", "airy", "airye", "kelvin", "itj0y0", "iti0k0", "it2j0y0", "it2i0k0", "modfresnelp",
    "modfresnelm", "ellipj", "pbdv", "pbvv", "pbwa", "pro_ang1", "pro_rad1", "pro_rad2", "obl_ang1", "obl_rad1", "obl_rad2",
    "pro_ang1_cv", "pro_rad1_cv", "pro_rad2_cv", "obl_ang1_cv", "obl_rad1_cv", "obl_rad2_cv",
}  # fmt: skip
DASK_LACKS_FORM = {
    "psi": lambda s: s.args[0].dtype.kind == "c",
    "embedding": lambda s: np.ndim(s.args[0]) > 1,
    "embedding_bag": lambda s: np.ndim(s.args[0]) > 1,
    "tril": lambda s: s.args[0].dtype.kind == "c",
    "norm": lambda s: s.params.get("ord", 2) not in (2, np.inf, -np.inf) or s.args[0].ndim > 1,
    "gradient": lambda s: s.args[0].ndim > 2,
    "getitem": lambda s: isinstance(s.args[1], tuple) or np.ndim(s.args[1]) > 1,
    "take": lambda s: np.ndim(s.args[1]) > 1,
    "reshape": lambda s: "order" in s.params or s.args[1] == (2, 6),
    "ravel": lambda s: "order" in s.params,
    "flatten": lambda s: "order" in s.params,
    "pad": lambda s: s.params.get("mode") == "median",
}
DASK_LACKS_PARAMETER = {"where", "initial"}
FOR_DASK = [
    s for s in SAMPLES
    if s.name not in DASK_LACKS_FUNCTION and not DASK_LACKS_FORM.get(s.name, lambda s: False)(s)
    and not DASK_LACKS_PARAMETER & s.params.keys()
]  # fmt: skip
CALLS = 3  # of each function: dask takes ten times as long as all other tests of a row together
FOR_DASK = [s for i, s in enumerate(FOR_DASK) if [r.function for r in FOR_DASK[:i]].count(s.function) < CALLS]


@pytest.mark.parametrize("sample", FOR_DASK, ids=str)
def test_rules_run_on_dask_arrays_without_computing(sample):
    call = Call(sample)
    g = noise(call(*call.primals), 2)
    expected = tg.vjp(call, *call.primals)[1](g)
    with dask_config.set(scheduler=forbidden):
        lazy = [dask_array.from_array(x, chunks=2) for x in call.primals]
        found = tg.vjp(call, *lazy)[1]([dask_array.from_array(np.asarray(x), chunks=2) for x in g])
    for a, b in zip(found, expected, strict=True):
        np.testing.assert_allclose(a.compute(scheduler="synchronous"), b, rtol=1e-12, atol=1e-12)
