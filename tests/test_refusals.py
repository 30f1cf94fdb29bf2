"""Every function of NumPy and attribute of its arrays is accounted for: differentiated, flat, refused, or no matter.

What has no derivative by nature says why, and what to use instead; on values that are not recorded NumPy answers.
"""

import numpy as np
import pytest

import tinygrad_edu as tg

# Functions that take no array of numbers to be differentiated: they ask about types and settings, read files, or make
# arrays from numbers (those with `like=` are in the table).
NO_ARRAYS = {
    "asarray_chkfinite", "asmatrix", "bmat",  # convert to NumPy's own classes, which refuses a Tensor with words
    "bartlett", "blackman", "hamming", "hanning", "kaiser", "indices", "fftfreq", "rfftfreq", "diag_indices",
    "tril_indices", "triu_indices", "mask_indices", "base_repr", "binary_repr", "broadcast_shapes", "datetime_data",
    "get_include", "isdtype", "issubdtype", "iterable", "isscalar", "isfortran", "mintypecode", "promote_types",
    "typename", "info", "test", "nested_iters", "format_float_positional", "format_float_scientific", "frompyfunc",
    "from_dlpack", "frombuffer", "fromfile", "fromiter", "fromregex", "fromstring", "genfromtxt", "load", "loadtxt",
    "get_printoptions", "set_printoptions", "printoptions", "getbufsize", "setbufsize", "geterr", "seterr",
    "geterrcall", "seterrcall", "show_config", "show_runtime",
    "row_stack",  # vstack by its old name: calls it
}  # fmt: skip


def functions(module):
    public = [name for name in getattr(module, "__all__", dir(module)) if not name.startswith("_")]
    return {name: f for name in public if callable(f := getattr(module, name)) and not isinstance(f, type)}


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
@pytest.mark.parametrize("module", [np, np.linalg, np.fft, np.emath], ids=lambda module: module.__name__)
def test_every_function_of_numpy_is_in_the_table(module):
    missing = {name for name, f in functions(module).items() if f not in tg.RULES} - NO_ARRAYS
    assert not missing


def test_nothing_in_the_table_is_said_to_take_no_arrays():
    named = {name: getattr(np, name, getattr(np.fft, name, None)) for name in NO_ARRAYS}
    assert not [name for name, f in named.items() if f in tg.RULES]


@pytest.mark.parametrize("name", sorted(name for name in dir(np.ndarray) if not name.startswith("_")))
def test_every_attribute_of_an_ndarray_is_one_of_a_tensor(name):
    """And means the same: attributes are compared, methods must at least be there to call."""
    x = np.arange(4.0).reshape(2, 2)
    found, expected = getattr(tg.Tensor(x), name), getattr(x, name)
    assert callable(found) == callable(expected)
    if not callable(expected) and name not in {"base", "ctypes", "data", "flags", "flat"}:
        np.testing.assert_array_equal(getattr(found, "data", found), expected)


METHODS = {
    "all": (), "any": (1,), "argmax": (0,), "argmin": (), "argpartition": (1,), "argsort": (0,),
    "astype": (np.float32,), "choose": ([[7.0], [8.0], [9.0]],), "clip": (0.5, 2.0), "compress": ([False, True], 0),
    "conj": (), "conjugate": (), "copy": ("F",), "cumprod": (1,), "cumsum": (0,), "diagonal": (1,),
    "dot": (np.eye(3),), "flatten": ("F",), "item": (1, 2), "max": (1,), "mean": (0,), "min": (), "nonzero": (),
    "prod": (0,), "ravel": ("F",), "repeat": (2, 1), "reshape": (3, 2), "round": (1,), "searchsorted": (1.5,),
    "squeeze": (), "std": (0,), "sum": (1,), "swapaxes": (0, 1), "take": ([2, 0], 1), "tolist": (), "trace": (),
    "transpose": (1, 0), "var": (1,), "tobytes": (), "dumps": (), "to_device": ("cpu",), "byteswap": (),
    "view": (np.int64,), "getfield": (np.float32,),
}  # fmt: skip
ASSIGNING = {
    "fill": (3.0,), "partition": (1, 1), "put": ([1, -1], [8.0, 9.0]), "sort": (0,), "setfield": (3.0, np.float64),
    "resize": ((3, 2),), "setflags": (True,),
}  # fmt: skip
WRITING = {"dump", "tofile"}


def test_every_method_is_called_below():
    methods = {name for name in dir(np.ndarray) if not name.startswith("_") and callable(getattr(np.ndarray, name))}
    assert methods == METHODS.keys() | ASSIGNING.keys() | WRITING


@pytest.mark.parametrize("name", METHODS)
def test_a_method_answers_as_that_of_an_ndarray(name):
    x = np.array([[0.0, 2.0, 1.0], [1.0, 0.0, 2.0]])
    if name in ("choose", "searchsorted"):
        x = x.astype(int) if name == "choose" else np.sort(x[0])
    found, expected = getattr(tg.Tensor(x), name)(*METHODS[name]), getattr(x, name)(*METHODS[name])
    found = found.data if isinstance(found, tg.Tensor) else found
    assert found == expected if isinstance(expected, bytes) else np.array_equal(found, expected)


@pytest.mark.parametrize("name", ASSIGNING)
def test_an_assigning_method_leaves_what_that_of_an_ndarray_leaves(name):
    x = np.array([[0.0, 2.0, 1.0], [1.0, 0.0, 2.0]])
    y = tg.Tensor(x.copy())
    assert getattr(y, name)(*ASSIGNING[name]) is None
    getattr(x, name)(*ASSIGNING[name])
    np.testing.assert_array_equal(y.data, x)


@pytest.mark.parametrize("name", sorted(WRITING))
def test_a_writing_method_writes_what_that_of_an_ndarray_writes(name, tmp_path):
    x = np.arange(3.0)
    for file, array in (("found", tg.Tensor(x)), ("expected", x)):
        getattr(array, name)(tmp_path / file)
    assert (tmp_path / "found").read_bytes() == (tmp_path / "expected").read_bytes()


@pytest.mark.parametrize("name", [
    "__add__", "__radd__", "__iadd__", "__sub__", "__rsub__", "__isub__", "__mul__", "__rmul__", "__imul__",
    "__truediv__", "__rtruediv__", "__itruediv__", "__floordiv__", "__rfloordiv__", "__ifloordiv__", "__mod__",
    "__rmod__", "__imod__", "__pow__", "__rpow__", "__ipow__", "__matmul__", "__rmatmul__", "__imatmul__",
    "__divmod__", "__rdivmod__", "__lshift__", "__rlshift__", "__rshift__", "__rrshift__", "__and__", "__rand__",
    "__or__", "__ror__", "__xor__", "__rxor__", "__invert__", "__neg__", "__pos__", "__abs__", "__bool__",
    "__int__", "__float__", "__complex__", "__index__", "__len__", "__iter__", "__contains__", "__getitem__",
    "__setitem__", "__format__", "__array__",
])  # fmt: skip
def test_every_operator_of_an_ndarray_is_one_of_a_tensor(name):
    assert hasattr(np.ndarray, name) and hasattr(tg.Tensor, name)


@pytest.mark.parametrize(("call", "words"), [
    (lambda x, path: np.save(path / "x.npy", x), "detach"), (lambda x, path: np.savez(path / "x.npz", x), "detach"),
    (lambda x, path: np.savez_compressed(path / "x.npz", x), "detach"), (lambda x, path: np.savetxt(path / "x", x),
    "detach"),
    (lambda x, path: x.tobytes(), "detach"), (lambda x, path: x.tofile(path / "x"), "detach"),
    (lambda x, path: x.dumps(), "detach"),
    (lambda x, path: x.dump(path / "x"), "detach"),
    (lambda x, path: x.view(np.int64), "astype"), (lambda x, path: x.getfield(np.int8), "astype"),
    (lambda x, path: x.byteswap(), "astype"),
    (lambda x, path: x.setflags(write=False), "astype"), (lambda x, path: x.setfield(1.0, np.float32), "astype"),
    (lambda x, path: x.resize((2,)), "np.resize"), (lambda x, path: np.packbits(x), "uint8"),
    (lambda x, path: np.unpackbits(x), "uint8"),
    (lambda x, path: np.union1d(x, x), "np.unique"), (lambda x, path: np.intersect1d(x, x), "np.unique"),
    (lambda x, path: np.setdiff1d(x, x), "np.unique"), (lambda x, path: np.setxor1d(x, x), "np.unique"),
    (lambda x, path: np.busday_offset("2026-11-20", x), "days"), (lambda x, path: np.is_busday(x), "days"),
    (lambda x, path: np.busday_count(x, x), "days"), (lambda x, path: np.datetime_as_string(x), "days"),
])  # fmt: skip
def test_what_has_no_derivative_says_what_to_use_instead(call, words, tmp_path):
    with pytest.raises(tg.errors.NoRuleError, match=words):
        call(tg.Tensor([1.0, 2.0], requires_grad=True), tmp_path)


def test_refusals_leave_constants_alone(tmp_path):
    x = tg.Tensor([1.0, 2.0])
    np.save(tmp_path / "x.npy", x)
    np.testing.assert_array_equal(np.load(tmp_path / "x.npy"), [1, 2])
    assert x.tobytes() == x.data.tobytes()
    np.testing.assert_array_equal(x.view(np.int64), x.data.view(np.int64))
    np.testing.assert_array_equal(np.union1d(x, [3.0]).data, [1, 2, 3])
    np.testing.assert_array_equal(np.packbits(tg.Tensor(np.array([1, 0], np.uint8))), [128])


def test_a_refusal_raised_twice_does_not_grow():
    x = tg.Tensor([1.0], requires_grad=True)
    depths = []
    for _ in range(3):
        with pytest.raises(tg.errors.NoRuleError) as caught:
            np.union1d(x, x)
        depths.append(len(caught.traceback))
    assert depths[0] == depths[-1]


def test_printing_works_on_the_values():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    assert np.array2string(x, precision=1) == "[1. 2.]" and np.array_str(x) == "[1. 2.]"
    assert np.array_repr(x) == "array([1., 2.])"


def test_the_order_of_a_contraction_is_told_without_computing_it():
    x = tg.Tensor(np.ones((2, 2)), requires_grad=True)
    path, story = np.einsum_path("ij,jk,kl", x, x, x)
    assert path[0] == "einsum_path" and "Complete contraction" in story


def test_a_tensor_stays_on_the_cpu():
    x = tg.Tensor([1.0], requires_grad=True)
    assert x.to_device("cpu") is x
    with pytest.raises(ValueError, match="gpu"):
        x.to_device("gpu")


def test_random_numbers_around_a_recorded_mean_are_refused():
    with pytest.raises(tg.errors.TracedError):
        np.random.default_rng(0).normal(tg.Tensor([1.0, 2.0], requires_grad=True))
