"""What is written in C: single elements and constants, whole numbers, Python's powers; and a text that can be read."""

import ast
import os
import re
import subprocess
import sys

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.compiling import toolchain
from tinygrad_edu.compiling.names_c import in_c
from tinygrad_edu.compiling.stages import broken

needs_compiler = pytest.mark.skipif(toolchain.compiler() is None, reason="no C compiler")
pytestmark = needs_compiler
BACKENDS = ["numpy", "c"]
X = np.array([1.25, 2.0, -0.5])


def compiled(f, *args, backend="c"):
    made = tg.compile(f, backend)
    made(*args)
    return made.wait()


# --- constants and single elements ------------------------------------------------------------------------------------

# fmt: off
SINGLE = {
    "two": lambda p: p[0] + p[1],                     "log": lambda p: np.log(p[0]) + 3 * p[1],
    "whole": lambda p: np.sum(p[0] * X) + p[1],       "product": lambda p: p[0] * p[1],
    "slice": lambda p: np.sum(p[1:]) + p[0] ** 2,     "column": lambda p: np.sum(np.stack([p[:2], p[1:]])[:, 0]),
    "negative": lambda p: p[-1] * 2.0 - p[0],         "number": lambda p: np.reshape(p[2:], ()) * 4.0,
    "filled": lambda p: np.sum(np.ones(3)[:2] * p[0]) + p[1], "strides": lambda p: np.sum(p[::2]) + np.sum(p[::-1][:1]),
}
# fmt: on


@pytest.mark.parametrize("name", SINGLE)
@pytest.mark.parametrize("backend", BACKENDS)
def test_constant_slopes_in_single_elements_are_written(name, backend):
    for f in (tg.grad(SINGLE[name]), tg.hessian(SINGLE[name])):
        np.testing.assert_allclose(compiled(f, X, backend=backend)(X), f(X), rtol=1e-14)


NUMBERS = [np.sin, np.exp, np.tanh, np.square, np.negative, lambda a: a * 3, lambda a: 2.5 - a, lambda a: a + 1]
PAIRS = [np.add, np.subtract, np.multiply, lambda a, b: a / (2.0 + b * b), lambda a, b: np.where(a > 0.3, a, b * 2)]
PARTS = [
    *(lambda p: p[0], lambda p: p[-1], lambda p: p[1], lambda p: p[..., 2]),
    *(lambda p: np.sum(p), lambda p: np.mean(p[1:]), lambda p: np.max(p), lambda p: np.sum(p[:2] * p[1:])),
    *(lambda p: np.sum(p[1:2]), lambda p: p[0:1][0], lambda p: np.reshape(p[2:], ()), lambda p: np.sum(p[::-1][:2])),
    *(lambda p: 1.0 * p[2] - 0.0, lambda p: np.sum(np.full(3, 2.0) * p[1]), lambda p: np.prod(p[:2])),
]
ENDS = [
    lambda s: sum(s),
    lambda s: s[-1],
    lambda s: np.sum(np.stack(s)),
    lambda s: np.sum(np.stack(s)[:1]) + s[-1],
    lambda s: np.sum(np.stack(s) ** 2),
    lambda s: np.dot(np.stack(s), np.stack(s[::-1])),
    lambda s: np.sum(np.concatenate([np.stack(s)[1:], np.stack(s)[:1]]) * np.arange(len(s))),
    lambda s: s[0] * s[-1] + 2 * s[0],
]


@st.composite
def functions_of_elements(draw):
    """A function of three numbers in an array, by single elements, slices, constants and reductions to 0-d."""
    parts = draw(st.lists(st.sampled_from(PARTS), min_size=1, max_size=4))
    steps = draw(
        st.lists(st.tuples(st.sampled_from([*NUMBERS, *PAIRS]), st.integers(0, 9), st.integers(0, 9)), max_size=5)
    )
    end = draw(st.sampled_from(ENDS))

    def f(p):
        some = [part(p) for part in parts]
        for step, i, j in steps:
            a, b = some[i % len(some)], some[j % len(some)]
            some.append(step(a, b) if step in PAIRS else step(np.tanh(a)))
        return end(some)

    return f


@pytest.mark.parametrize(("backend", "usual"), [("numpy", 20), ("c", 4)])
def test_any_function_of_single_elements_computes_the_same_compiled(backend, usual):
    """Value, gradient and Hessian; the environment variable PROGRAMS sets how many functions are drawn."""

    @settings(
        max_examples=int(os.environ.get("PROGRAMS", usual)),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize="PROGRAMS" not in os.environ,
        database=None,
    )
    @given(functions_of_elements(), st.integers(0, 99))
    def check(f, seed):
        p = np.random.default_rng(seed).normal(size=3)
        all_of_it = lambda p: (f(p), tg.grad(f)(p), tg.hessian(f)(p))
        expected, before = all_of_it(p), p.copy()
        found = compiled(all_of_it, p, backend=backend)(p)
        assert np.array_equal(p, before)
        largest = max(1.0, *(np.max(np.abs(y)) for y in expected))
        for a, b in zip(found, expected, strict=True):
            np.testing.assert_allclose(a, b, rtol=0, atol=1e-12 * largest)

    check()


def test_numbers_and_arrays_of_no_axes_stay_what_they_are():
    f = lambda c: (
        np.where(c > 0, c, -c),
        np.exp(c),
        c * 2.0,
        np.where(np.sin(c) > 2, 1, 2),
        np.where(c > 0, 0.5, c) + 1,
    )
    for number in (0.5, np.float64(0.5), np.array(0.5)):
        found, expected = compiled(f, number)(number), f(number)
        for a, b in zip(found, expected, strict=True):
            assert (type(a), np.shape(a), np.asarray(a).dtype) == (type(b), np.shape(b), np.asarray(b).dtype)
            assert a == pytest.approx(b)


# --- whole numbers ----------------------------------------------------------------------------------------------------

EDGES = {
    name: np.array([0, 1, 2, 7, 100, info.max, info.max - 1, *([-1, -7, info.min] * (info.min < 0))], dtype=name)
    for name in ("int8", "int16", "int32", "int64", "uint8", "uint16", "uint32", "uint64")
    if (info := np.iinfo(name))
}
# fmt: off
WHOLE = {
    "wraps": lambda m, n: (m + n, m - n, m * n, -n, np.square(n), np.positive(n)),
    "compares": lambda m, n: (n + 1 > n, -n == n, m < n, m == n, np.maximum(m, n), np.minimum(m, n)),
    "divides": lambda m, n: (m // n, m % n, np.fmod(m, n), np.divmod(m, n)),
    "divides by a constant": lambda m, n: (m // 3, m % 7, m // 1, n // 2),
    "shifts": lambda m, n: (m << 1, n >> 1, np.left_shift(m, np.abs(n) % 70), np.right_shift(m, np.abs(n) % 70)),
    "magnitudes": lambda m, n: (abs(n), np.abs(m), np.sign(n), np.sign(m) * 2),
    "bits": lambda m, n: (m & n, m | n, m ^ n, ~n),
    "floats": lambda m, n: (m * 1.5, m / 2, np.sqrt(n * 1e-20), m * np.float64(2), n * np.ones(n.shape)),
    "powers": lambda m, n: (m**2, n**3, m * m * m),
    "truth": lambda m, n: (np.where(n, 1.0, 2.0), np.where(m > n, m, n), np.logical_and(m, n), np.logical_not(n)),
    "large constants": lambda m, n: (np.where(n < 10**20, 1.0, 2.0), n > -(10**20), n == 2**64, n < 2**63, n >= -2**63),
    "unsigned constants": lambda m, n: (n < np.uint64(2**63 + 1), n == np.uint64(2**64 - 1), m > np.int8(-3)),
    "exact constants": lambda m, n: (n == 9.223372036854775807e18, m < 2.0**63, n > 0.5),
    "indices": lambda m, n: (m[1:] - n[:-1], np.stack([m, n])[:, ::2] + 1, m[0] + n[-1]),
}
# fmt: on


@pytest.mark.parametrize("name", WHOLE)
@pytest.mark.parametrize("dtype", EDGES)
def test_whole_numbers_are_those_of_numpy(name, dtype):
    """They wrap, are divided, shifted and compared as in NumPy: in C, or by NumPy itself."""
    m, n = (x.ravel() for x in np.meshgrid(EDGES[dtype], EDGES[dtype]))
    f = WHOLE[name]
    with np.errstate(all="ignore"):
        try:
            expected = f(m, n)
        except (TypeError, OverflowError):  # minus 1 for unsigned numbers
            pytest.skip("NumPy refuses it")
        made = tg.compile(f, "c", fallback=True)
        made(m, n)
        found = made.wait()(m, n)
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        np.testing.assert_array_equal(a, b, err_msg=f"{name} {i}")
        assert [x.dtype for x in np.atleast_1d(a)[:1]] == [x.dtype for x in np.atleast_1d(b)[:1]]


def test_whole_numbers_of_64_bits_are_in_c():
    n = EDGES["int64"]
    made = compiled(lambda n: (n * n + 1 > n, np.where(n == -(2**63), 1.0, 2.0), n - -(2**63)), n)
    assert "int64_t" in made.source_c
    assert not any("np.where" in line for line in made.source.splitlines())


# --- Python's numbers -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("backend", BACKENDS)
@pytest.mark.parametrize(("a", "b", "error"), [(0.0, -1.0, ZeroDivisionError), (1000.0, 1000.0, OverflowError)])
def test_powers_of_pythons_numbers_raise_as_in_python(a, b, error, backend):
    for f in (
        lambda a, b: a**b,
        lambda a, b: np.exp(-abs(a)) + (a * 1.0) ** b,
        lambda a, b: (np.sin(a), (a + 0.0) ** b),
    ):
        made = compiled(f, 2.0, 3.0, backend=backend)
        assert made(2.0, 3.0) == pytest.approx(f(2.0, 3.0))
        with pytest.raises(error):
            f(a, b)
        with pytest.raises(error):
            made(a, b)


def test_powers_of_arrays_are_in_c():
    made = compiled(lambda x: x**1.5 + 1, np.array([1.0, 4.0]))
    np.testing.assert_allclose(made(np.array([4.0, 0.0])), [9.0, 1.0])
    assert "pow(" in made.source_c


# --- the text ---------------------------------------------------------------------------------------------------------

R = np.random.default_rng(0)


def network_loss(W1, b1, W2, X, labels):
    hidden = np.tanh(X @ W1 + b1)
    score = hidden @ W2
    return np.mean(np.logaddexp(0.0, -labels * score))


NETWORK = [R.normal(size=shape) for shape in ((40, 30), (30,), (30,), (50, 40))] + [np.sign(R.normal(size=50))]


def test_the_text_speaks_the_users_names_shapes_and_lines():
    source = compiled(tg.value_and_grad(network_loss, (0, 1, 2)), *NETWORK).source_c
    for words in (
        "b1: float64[30]",
        "-> hidden: float64[50, 30]",
        "const double b1_j = b1[j];",
        "hidden_ij = tanh(",
        "network_loss",
        "b1_bar",
        "double logaddexp(double x, double y)",
    ):
        assert words in source
    assert not re.search(r"\b[aonxsq]\d+\b", source)
    line = network_loss.__code__.co_firstlineno + 1
    assert f"/* line {line}: hidden = np.tanh(X @ W1 + b1)" in source


def test_only_declarations_that_are_used_are_written():
    source = compiled(lambda x: np.exp(x) * 2.0, X).source_c
    assert [line for line in source.splitlines() if line.startswith("VECTOR")] == ["VECTOR double exp(double);"]
    assert "#include <math.h>" in source
    assert not any(word in source for word in ("stdint", "string.h", "MEMORY", "FORMULA", "logaddexp"))
    plain = compiled(lambda x: x * 2.0 + 1.0, X).source_c
    assert not any(word in plain for word in ("#include", "LIBMVEC"))


def test_no_line_is_long():
    some = [f"a_name_of_some_length_{i}" for i in range(40)]
    space = {"np": np}
    results = f"[np.exp(x) * k + {some[0]} for k, x in enumerate([{', '.join(some)}])]"
    exec(f"def f({', '.join(some)}):\n    return {results}\n", space)
    parts = [np.full((2, 3), float(k)) for k in range(40)]
    made = compiled(space["f"], *parts)
    for found, expected in zip(made(*parts), space["f"](*parts), strict=True):
        np.testing.assert_allclose(found, expected)
    turned = [np.asfortranarray(x) for x in parts]
    np.testing.assert_allclose(made(*turned)[7], made(*parts)[7])
    assert max(map(len, made.source.splitlines())) <= 120
    assert max(map(len, made.source_c.splitlines())) <= 120


@pytest.mark.parametrize(
    "name",
    [
        *(
            "double",
            "exp",
            "log1p",
            "NAN",
            "M_PI",
            "unix",
            "first",
            "work",
            "block",
            "end",
            "i",
            "x",
            "sum",
            "long",
            "e",
        ),
        *(
            "int64_t",
            "λ",
            "ŷ",
            "_x",
            "__",
            "_Bool",
            "maximum",
            "MEMORY",
            "DATA",
            "numbers_float64",
            "t1",
            "x0",
            "loop_1",
        ),
        *("a" * 80, "region_1", "INFINITY", "NULL", "fabs", "main", "memset", "y1", "gamma", "errno", "o0", "a0"),
    ],
)
def test_any_name_may_be_the_users_in_c(name):
    space = {"numpy": np}
    text = (
        f"numpy.sum(numpy.log1p(numpy.exp(-{name} * z)) + {name}), numpy.maximum({name}[:3] @ numpy.ones((3, 3)), z[0])"
    )
    exec(f"def f({name}, z):\n    return {text}\n", space)
    y = np.linspace(0.5, 1.5, 5)
    for found, expected in zip(compiled(space["f"], y, y)(y, y), space["f"](y, y), strict=True):
        np.testing.assert_allclose(found, expected, rtol=1e-12)


@pytest.mark.parametrize("left", [0, 1, 2, 15, 16, 17, 18, 30])
@pytest.mark.parametrize("right", [1, 2, 12, 13, 14, 15, 16, 17, 18, 30])
def test_a_broken_line_is_the_same_statement(left, right):
    given = ", ".join(f"name_{k}" for k in range(right))
    made = ", ".join(f"t{k}" for k in range(left)) + "," * (left == 1)
    texts = (
        f"def f({given}):",
        f"    if c_region_1({given}):",
        f"        x{'x' * 50} = np.ascontiguousarray(y{'y' * 50})",
    )
    texts = *texts, f"    {made} = region_1({given})" if made else f"    return ({given},)"
    lines = [part for text in texts for part in broken(text, note="a note")]
    assert sum(len(part) > 100 for part in lines) == 1
    assert ast.dump(ast.parse("\n".join(lines))) == ast.dump(ast.parse("\n".join(texts)))


def test_a_function_may_be_called_as_the_text_calls_numpy():
    for name in ("np", "region_1", "in_blocks", "c_region_1", "id"):
        space = {"numpy": np}
        exec(f"def {name}(x):\n    return numpy.exp(x) * 2.0\n", space)
        for backend in BACKENDS:
            np.testing.assert_allclose(compiled(space[name], X, backend=backend)(X), np.exp(X) * 2.0, rtol=1e-14)


@pytest.mark.skipif(sys.platform != "linux", reason="other headers")
def test_the_macros_of_the_headers_are_no_names():
    """What the headers define as words may not be a variable."""
    heads = "#include <math.h>\n#include <stdint.h>\n#include <string.h>\n"
    command = [*toolchain.compiler(), "-std=gnu11", "-dM", "-E", "-"]
    said = subprocess.run(command, input=heads, capture_output=True, text=True, check=True).stdout
    macros = [line.split()[1] for line in said.splitlines() if line.startswith("#define")]
    words = [name for name in macros if "(" not in name and not name.startswith("_")]
    assert "NAN" in words
    assert [name for name in words if in_c(name) == name] == []


TEXTS = {
    "network": (tg.value_and_grad(network_loss, (0, 1, 2)), NETWORK),
    "whole numbers": (
        lambda n: (n * n + 1 > n, n - -(2**63), np.where(n < 2**62, -n, n + (2**63 - 1))),
        [EDGES["int64"]],
    ),
    "small and large": (lambda x: (x * 1e308, x.astype(np.float32) * np.float32(1e38), x / 5e-324), [X]),
    "reductions": (lambda x: (np.max(x, axis=0), np.min(x), np.sum(x, axis=1), np.sign(x)), [R.normal(size=(30, 40))]),
    "hessian": (tg.hessian(lambda p: np.sum(np.stack([p[:2], p[1:]])) * p[0] + np.prod(p)), [X]),
    "blocks": (tg.value_and_grad(lambda x: np.sum(np.tanh(x) * np.exp(-x))), [R.normal(size=200_001)]),
}


@pytest.mark.parametrize("name", TEXTS)
def test_the_compiler_has_nothing_to_say(name, tmp_path):
    f, args = TEXTS[name]
    file = tmp_path / "text.c"
    with np.errstate(all="ignore"):
        file.write_text(compiled(f, *args).source_c, encoding="utf-8")
    errors = [f"-Werror={name}" for name in ("overflow", "comment", "uninitialized", "unused-variable", "parentheses")]
    errors += ["-Werror=implicit-function-declaration", "-Werror=unused-function", "-Werror=div-by-zero"]
    command = [*toolchain.compiler(), *toolchain.flags(), "-Wall", *errors]
    done = subprocess.run([*command, str(file), "-o", str(tmp_path / "text.so"), "-lm"], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
