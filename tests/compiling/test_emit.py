"""The source: it runs without the library, says what the user says, and computes what the function does."""

import pickle
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import tinygrad_edu as tg
from tinygrad_edu.compiling import toolchain

from .losses import CASES
from .programs import programs

OUTSIDE = """
import sys
sys.modules["tinygrad_edu"] = None  # may not be imported
import pickle
source, name, inputs, expected = pickle.load(sys.stdin.buffer)
space = {}
exec(source, space)
import numpy as np
for a, b in zip(space[name](*inputs), expected, strict=True):
    np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-12)
assert not [m for m in sys.modules if m.startswith("tinygrad_edu.")]
"""


@pytest.mark.parametrize("name", ["chain", "large chain", "mixture", "rosenbrock", "recurrent", "spectral"])
def test_the_source_runs_with_numpy_alone(name):
    f, args, argnums = CASES[name]
    compiled = tg.compile(tg.value_and_grad(f, argnums))
    compiled(*args)
    trace = compiled.latest
    expected = trace.made.run(*args)
    given = pickle.dumps((compiled.source, trace.program.name, args, expected))
    done = subprocess.run([sys.executable, "-c", OUTSIDE], input=given, capture_output=True)
    assert done.returncode == 0, done.stderr.decode()


def test_the_source_speaks_the_users_names():
    def loss(W1, b1, x):
        hidden = np.tanh(x @ W1 + b1)
        return np.mean(hidden**2)

    compiled = tg.compile(tg.value_and_grad(loss, (0, 1)))
    compiled(np.ones((3, 2)), np.zeros(2), np.ones((4, 3)))
    for name in ("W1", "hidden", "W1_bar", "b1_bar", "def loss(W1, b1, x):", "# (4, 2), line"):
        assert name in compiled.source
    assert "x.T @ " in compiled.source
    assert "loss_, W1_bar, b1_bar" in compiled.source


def test_a_formula_is_one_line():
    compiled = tg.compile(lambda x, y: np.exp(2 * y) * np.sin(x) + (x - y) * -((x + y) ** 2) / (x - (y - x)))
    assert compiled(0.5, 1.5) == pytest.approx(np.exp(3.0) * np.sin(0.5) + -1.0 * -(2.0**2) / (0.5 - 1.0))


def test_what_is_scipys_is_imported_and_what_is_the_users_is_given_from_outside():
    special = pytest.importorskip("scipy.special")
    slope = tg.grad(lambda x: np.sum(special.erf(x)))
    compiled = tg.compile(slope)
    x = np.array([0.1, -2.0])
    np.testing.assert_allclose(compiled(x), slope(x), rtol=1e-14)
    value = tg.compile(lambda x: special.erf(x) + np.exp(x))
    value(x)
    assert "import scipy.special" in value.source
    middle = tg.compile(lambda x: np.apply_along_axis(_middle, 0, x))
    assert middle(np.arange(3.0)) == 1.0
    assert "# from outside: constant_1" in middle.source


def _middle(row):
    return row[len(row) // 2]


def test_large_work_goes_by_blocks_on_threads():
    f, args, argnums = CASES["large chain"]
    compiled = tg.compile(tg.value_and_grad(f, argnums), threads=2)
    compiled(*args)
    assert "in_blocks(block_of_" in compiled.source
    assert "threads=2" in compiled.source
    one = tg.compile(tg.value_and_grad(f, argnums), threads=1)(*args)
    for a, b in zip(compiled(*args)[1], one[1], strict=True):
        assert np.array_equal(a, b)  # sums are put together in order, whoever made them


def test_a_sum_by_blocks_keeps_dimensions_where_it_is_told_to():
    def f(x):
        e = np.exp(np.tanh(x) * 2.0 - x)
        return e / np.sum(e, keepdims=True), np.max(e, axis=0, keepdims=True)

    for x in (np.linspace(0.0, 1.0, 200_000), np.linspace(0.0, 1.0, 200_000).reshape(-1, 4)):
        compiled = tg.compile(f)
        for found, expected in zip(compiled(x), f(x), strict=True):
            np.testing.assert_allclose(found, expected, rtol=1e-12)
            assert found.shape == expected.shape
        assert "in_blocks" in compiled.source


def test_a_constant_array_in_a_long_loop_is_not_cut_wrongly():
    f = lambda x: np.tanh(np.exp(x) * np.array([1.0, 2.0, 3.0])) * 2.0 + np.sqrt(np.abs(x)) * np.exp(-x)
    x = np.linspace(-1.0, 1.0, 150_000).reshape(-1, 3)
    np.testing.assert_allclose(tg.compile(f)(x), f(x), rtol=1e-12)


def test_memory_is_used_again_only_after_the_last_kernel_that_reads_it():
    def f(x):
        y = np.exp(np.tanh(x * 2.0) - 1.0)
        z = np.exp(y / np.sum(y) - y * y) * 2.0
        return np.sum(np.sqrt(z / np.sum(z) + y) * y * z)

    x = np.linspace(-1.0, 1.0, 150_000)
    compiled = tg.compile(tg.value_and_grad(f))
    for found, expected in zip(compiled(x), tg.value_and_grad(f)(x), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-9)


@given(case=programs())
@settings(max_examples=20, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_program_computes_the_same_compiled(case):
    f, arrays = case
    check(f, arrays, "numpy")


@pytest.mark.skipif(toolchain.compiler() is None, reason="no C compiler")
@given(case=programs(longest=6))
@settings(max_examples=3, deadline=None, suppress_health_check=list(HealthCheck))
def test_any_program_computes_the_same_in_c(case):
    f, arrays = case
    check(f, arrays, "c")


def check(f, arrays, backend):
    """Value and gradient, compiled and not; the arguments stay what they were."""
    both = tg.value_and_grad(f, (0, 1))
    value, gradient = both(*arrays)
    before = [a.copy() for a in arrays]
    compiled = tg.compile(both, backend)
    compiled(*arrays)
    found, slopes = compiled.wait()(*arrays)
    loose = 1e5 if any(name == "single" for name, _, _ in f.steps) else 1.0  # the last digit of a float32
    np.testing.assert_allclose(found, value, rtol=1e-11 * loose, atol=1e-11 * loose)
    scale = loose * max(1.0, *(np.max(np.abs(g)) for g in gradient))
    for a, b in zip(slopes, gradient, strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-9 * loose, atol=1e-11 * scale)
    assert all(np.array_equal(a, b) for a, b in zip(arrays, before, strict=True))


def test_what_is_written_later_is_not_deleted_before():
    def rosenbrock(x):
        return np.sum(100.0 * (x[1:] - x[:-1] ** 2) ** 2 + (1.0 - x[:-1]) ** 2)

    x = np.linspace(-1, 1, 2000)
    both = tg.value_and_grad(rosenbrock)
    compiled = tg.compile(both)
    for found, expected in zip(compiled(x), both(x), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12, atol=1e-12)
    assert "del " in compiled.source


def test_what_is_computed_in_place_keeps_its_name():
    def loss(W, b, X):
        h = np.tanh(X @ W + b)
        return np.sum(h * h)

    compiled = tg.compile(tg.value_and_grad(loss, (0, 1)))
    args = np.linspace(-1.0, 1.0, 90 * 80).reshape(90, 80), np.ones(80), np.linspace(0.0, 0.1, 70 * 90).reshape(70, 90)
    value, slopes = compiled(*args)
    expected, gradients = tg.value_and_grad(loss, (0, 1))(*args)
    for found, right in zip((value, *slopes), (expected, *gradients), strict=True):
        np.testing.assert_allclose(found, right, rtol=1e-11, atol=1e-11)
    for statement in ("    h = X @ W", "    h += b\n", "    np.tanh(h, out=h)"):
        assert statement in compiled.source


def test_sums_by_blocks_that_are_put_together_alike_take_one_line():
    slope = tg.value_and_grad(lambda a, b, x: np.sum(np.tanh(a * x + b) ** 2), (0, 1))
    x = np.linspace(-2.0, 2.0, 300_000)
    compiled = tg.compile(slope)
    value, slopes = compiled(0.5, 0.1, x)
    expected, gradients = slope(0.5, 0.1, x)
    np.testing.assert_allclose([value, *slopes], [expected, *gradients], rtol=1e-12)
    assert " = np.sum(parts, axis=0)\n" in compiled.source
    assert not [line for line in compiled.source.splitlines() if line != line.rstrip()]


def test_the_target_of_a_lambda_names_no_value_in_it():
    wave = lambda x: np.sin(x) ** 2
    compiled = tg.compile(lambda x: wave(x) + 1.0)
    compiled(np.ones(3))
    assert "wave" not in compiled.source


def test_a_square_that_is_summed_may_have_other_readers():
    def f(x):
        z = np.tanh(x * 2.0 - 1.0)
        y = np.square(z)
        return np.sum(y) + np.max(y) + np.sum(np.exp(y - 1.0) * np.cos(z))

    x = np.linspace(-1.0, 1.0, 150_000)
    compiled = tg.compile(f)
    assert compiled(x) == pytest.approx(f(x), rel=1e-12)
    assert "in_blocks" in compiled.source


PLAIN, SINGLE = np.array([1.0, 2.0]), np.ones(3, np.float32)
BOTH = lambda f: tg.value_and_grad(f, (0, 1))
ORDINARY = {
    "a sum of no axes": (lambda c: np.sum(c, axis=0), np.array(1.5)),
    "a sum of a number": (lambda x: x.max().sum(axis=-1), PLAIN),
    "float32 and a float": (BOTH(lambda a, c: np.sum(a / (1 + c**2))), SINGLE, 0.5),
    "a value of both": (BOTH(lambda a, c: np.sum(a - c)), SINGLE, 0.5),
    "NumPy's product of two floats": (lambda a, c: a * np.multiply(c, 2.0), SINGLE, 0.5),
    "NumPy's minus of a float": (lambda a, c: a * np.negative(c), SINGLE, 0.5),
    "Python's product": (lambda a, c: a * (c * 2.0), SINGLE, 0.5),
    "Python's numbers": (lambda c: (c * 2.0, -c, c), 1.5),
    "Python's remainder": (lambda c: (c % 1.3, c // 0.2, 2.0 % c, 2 // c), 0.5),
    "its gradient": (tg.grad(lambda c: np.sin(c % 1.3) + c // 0.2), 0.5),
    "the median of a number": (tg.grad(lambda c: np.median(c * 2.0)), 0.5),
    "a padded number": (tg.grad(lambda c: np.sum(np.tanh(np.pad(c, 1)))), 0.5),
    "an element": (lambda x: x[0], PLAIN),
    "an array of no axes": (lambda x: x[0, ...], PLAIN),
    "an index": (np.argmax, PLAIN),
    "a variance": (np.var, PLAIN),
    "two results": (lambda x: np.divmod(x[0], 0.3), PLAIN),
    "einsum": (lambda x: np.einsum("i,i->", x, x), PLAIN),
    "a day later": (lambda d: d + np.timedelta64(1, "D"), np.array(["2020-01-01"], dtype="M8[D]")),
    "a root that Python has and NumPy has not": (tg.grad(lambda z: z**1.5), -4.0),
    "a complex root": (lambda z: np.exp(z**0.5), -4.0),
}


@pytest.mark.filterwarnings("ignore:invalid value")
@pytest.mark.parametrize("name", ORDINARY)
def test_results_have_the_types_that_they_have_without_compiling(name):
    f, *args = ORDINARY[name]
    compiled = tg.compile(f)
    if isinstance(args[0], float) and args[0] < 0:
        compiled(4.0)  # where the root is real
    expected = tg.trees.flatten(f(*args))[0]
    for _ in range(2):
        for x, y in zip(tg.trees.flatten(compiled(*args))[0], expected, strict=True):
            assert (type(x), getattr(x, "dtype", None)) == (type(y), getattr(y, "dtype", None))
            assert np.array_equal(x, y, equal_nan=np.asarray(y).dtype.kind == "f")


def test_a_long_name_breaks_no_definition():
    space = {}
    name = "n" * 130
    exec(f"def f({name}, x):\n    return {name} * x", space)
    assert tg.compile(space["f"])(np.ones(2), np.arange(2.0)).tolist() == [0.0, 1.0]


def test_long_lists_are_broken():
    f = lambda *parts: [x * k for k, x in enumerate(parts)]
    compiled = tg.compile(f)
    parts = [np.full((2, 3), float(k)) for k in range(60)]
    for found, expected in zip(compiled(*parts), f(*parts), strict=True):
        np.testing.assert_array_equal(found, expected)
    assert max(map(len, compiled.source.splitlines())) <= 100
    assert "x59: float64[2, 3]\n" in compiled.source


CONSTANTS = {
    "equal": np.full((5, 6), 2.5),
    "ones of float32": np.ones(40, np.float32),
    "counted": np.arange(50),
    "identity": np.eye(7),
    "mask": np.arange(30) % 3 == 0,
    "none": np.zeros((0, 3)),
    "long": np.linspace(0.0, 1.0, 200),
    "short": np.array([[1, 2], [3, 4]], np.int8),
    "negative zeros": np.full(20, -0.0),
    "a scalar array": np.array(2.0),
}


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_are_written_out(name):
    y = CONSTANTS[name]
    f = lambda x: (x * tuple_of(y)[0], x - tuple_of(y)[0] * 2)
    x = np.linspace(1.0, 2.0, max(1, y.size))[: y.size].reshape(y.shape)
    compiled = tg.compile(f, constant=[y])
    for found, expected in zip(compiled(x), f(x), strict=True):
        assert found.dtype == expected.dtype
        np.testing.assert_array_equal(found, expected)
        np.testing.assert_array_equal(np.signbit(found), np.signbit(expected))
    assert "# from outside" not in compiled.source


def tuple_of(y):
    return (y,)
