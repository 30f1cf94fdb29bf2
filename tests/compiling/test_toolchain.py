"""The C compiler: libraries are cached, checked and rebuilt; without a compiler NumPy runs."""

import os
import subprocess
import sys
import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.compiling import backends, toolchain
from tinygrad_edu.compiling.toolchain import BuildError, build, cache_folder

needs_compiler = pytest.mark.skipif(toolchain.compiler() is None, reason="no C compiler")
SOURCE = "int seven(void) { return 7; }\n"


@pytest.fixture
def cache(tmp_path, monkeypatch):
    folder = tmp_path / "cache"
    monkeypatch.setenv("TINYGRAD_EDU_CACHE", str(folder))
    return folder


@needs_compiler
def test_a_library_is_built_once(cache):
    assert build(SOURCE).seven() == 7
    (library,) = cache.glob("*.so")
    before = library.stat().st_mtime_ns
    assert build(SOURCE).seven() == 7
    assert library.stat().st_mtime_ns == before


@needs_compiler
@pytest.mark.parametrize("broken", ["truncated", "other", "no checksum", "link"])
def test_a_library_that_is_not_what_was_written_is_rebuilt(cache, broken):
    build(SOURCE)
    (library,) = cache.glob("*.so")
    content = library.read_bytes()
    if broken == "no checksum":
        library.with_suffix(".sha256").unlink()
    elif broken == "link":
        library.rename(cache / "elsewhere")
        library.symlink_to(cache / "elsewhere")
    else:
        library.unlink()
        library.write_bytes(content[:100] if broken == "truncated" else b"\0" * len(content))
    program = "from tinygrad_edu.compiling.toolchain import build; import sys; print(build(sys.argv[1]).seven())"
    done = subprocess.run([sys.executable, "-c", program, SOURCE], capture_output=True, text=True, check=True)
    assert done.stdout.split() == ["7"]
    assert not library.is_symlink()


@needs_compiler
def test_two_processes_may_build_at_once(cache):
    program = "from tinygrad_edu.compiling.toolchain import build; import sys; print(build(sys.argv[1]).seven())"
    both = [subprocess.Popen([sys.executable, "-c", program, SOURCE], stdout=subprocess.PIPE) for _ in range(2)]
    assert [process.communicate()[0].split() for process in both] == [[b"7"], [b"7"]]


def test_the_folder_is_the_users_alone(cache):
    assert cache_folder() == cache
    assert cache.stat().st_mode & 0o077 == 0
    os.chmod(cache, 0o777)
    elsewhere = cache_folder()
    assert elsewhere != cache
    assert elsewhere.stat().st_mode & 0o077 == 0


@needs_compiler
def test_a_source_that_is_no_c_is_refused_with_the_compilers_words(cache):
    with pytest.raises(BuildError, match="error"):
        build("int f(void) { return }")


def test_without_a_compiler_numpy_runs_after_one_warning(monkeypatch):
    monkeypatch.setattr(backends, "compiler", lambda: None)
    monkeypatch.setattr(backends, "_warned", set())
    f = tg.compile(lambda x: np.exp(x) * 2, backend="c")
    with pytest.warns(RuntimeWarning, match="no C compiler"):
        assert f(0.0) == 2.0
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        assert np.array_equal(f(np.zeros(2)), [2.0, 2.0])
        assert tg.compile(lambda x: x + 1, backend="auto")(1.0) == 2.0
    assert f.source_c == ""


@needs_compiler
def test_a_compiler_that_fails_leaves_numpy_running(monkeypatch):
    def fails(*args):
        raise BuildError("out of order")

    monkeypatch.setattr(toolchain, "_run", fails)
    monkeypatch.setattr(backends, "_warned", set())
    said = []
    monkeypatch.setattr(backends, "warn_once", said.append)
    f = tg.compile(lambda x: np.exp(x) * 2.7182818 + x, backend="c")
    assert f(0.0) == f.wait()(0.0) == 2.7182818
    assert ["out of order" in words for words in said] == [True]


@needs_compiler
def test_special_numbers_are_as_in_numpy():
    x = np.array([0.0, -0.0, 1.0, -1.0, np.inf, -np.inf, np.nan, 1e-310, 1e300, -710.0, 710.0])
    y = np.array([np.nan, 0.0, -0.0, np.inf, np.inf, -np.inf, 1.0, 2.0, -3.0, 0.5, -np.inf])
    one = [
        np.exp,
        np.log,
        np.log1p,
        np.expm1,
        np.sqrt,
        np.sin,
        np.cos,
        np.tanh,
        np.arctan,
        np.sign,
        np.absolute,
        np.floor,
    ]
    two = [
        np.add,
        np.subtract,
        np.multiply,
        np.divide,
        np.maximum,
        np.minimum,
        np.fmax,
        np.fmin,
        np.logaddexp,
        np.copysign,
    ]
    f = tg.compile(lambda x, y: [g(x) for g in one] + [g(x, y) for g in two] + [np.where(x > y, x, y)], backend="c")
    with np.errstate(all="ignore"):
        f(x, y)
        f.wait()
        found = f(x, y)
        expected = [g(x) for g in one] + [g(x, y) for g in two] + [np.where(x > y, x, y)]
    assert f.source_c
    for name, a, b in zip([g.__name__ for g in one + two] + ["where"], found, expected, strict=True):
        np.testing.assert_allclose(a, b, rtol=4e-15, err_msg=name)
        numbers = ~np.isnan(b)
        assert np.array_equal(np.signbit(a[numbers]), np.signbit(b[numbers])), name


@needs_compiler
def test_arrays_out_of_order_are_read_in_order():
    f = tg.compile(lambda x: np.exp(x) + x, backend="c")
    x = np.arange(12.0).reshape(3, 4) / 7
    f(x)
    f.wait()
    for view in (np.asfortranarray(x), np.arange(24.0).reshape(3, 8)[:, ::2] / 7):
        np.testing.assert_allclose(f(view), np.exp(view) + view, rtol=1e-15)


@needs_compiler
def test_extremes_keep_nan_and_sums_are_exact():
    f = tg.compile(lambda x: (np.max(x), np.min(x, axis=0), np.max(x, axis=1), np.sum(x)), backend="c")
    x = np.random.default_rng(0).normal(size=(7, 5001))
    f(x)
    f.wait()
    for row in (None, 3):
        if row is not None:
            x[row, 2] = np.nan
        for a, b in zip(f(x), (np.max(x), np.min(x, axis=0), np.max(x, axis=1), np.sum(x)), strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-13)
    ones = np.full((7, 5001), 0.1)
    assert abs(f(ones)[3] - 3500.7) < 1e-11


@needs_compiler
def test_memory_is_kept_as_long_as_a_view_of_it_is_read():
    def f(x):
        a = x - np.sum(x, axis=0)
        return np.mean(np.tanh((a.T @ a) @ a.T[:, :1]))

    both = tg.value_and_grad(f)
    x = np.array([[0.125, -0.132], [0.640, 0.105]])
    compiled = tg.compile(both, backend="c")
    compiled(x)
    compiled.wait()
    np.testing.assert_allclose(compiled(x)[1], both(x)[1], rtol=1e-12)


@needs_compiler
def test_single_elements_are_read_and_written_in_place():
    f = tg.value_and_grad(lambda x, y: np.sum(x * y[1]) * x[-1] + y[0] ** 3 * x[..., 2])
    x, y = np.array([1.0, 2.0, 3.0]), np.array([0.5, -0.25])
    compiled = tg.compile(lambda x, y: f(x, y), backend="c")
    compiled(x, y)
    value, gradient = compiled.wait()(x, y)
    assert "region_1" in compiled.source
    assert value == pytest.approx(f(x, y)[0])
    np.testing.assert_allclose(gradient, f(x, y)[1])


@needs_compiler
def test_a_constant_mask_stays_with_numpy():
    f = tg.value_and_grad(lambda x: np.sum(np.sin(x[np.array([True, False, True])]) ** 2 * 0.5) + np.sum(x * x))
    x = np.array([0.5, 2.0, 3.0])
    compiled = tg.compile(f, backend="c")
    compiled(x)
    value, gradient = compiled.wait()(x)
    assert value == pytest.approx(f(x)[0])
    np.testing.assert_allclose(gradient, f(x)[1])


@needs_compiler
def test_views_of_numbers_are_numbers():
    f = tg.value_and_grad(lambda x: np.sum(np.sin(np.flip(x * 2.0)) * np.squeeze(x).T * np.reshape(x, (1,))[0]))
    compiled = tg.compile(f, backend="c")
    compiled(np.array(0.5))
    assert compiled.wait()(np.array(0.5))[0] == pytest.approx(f(np.array(0.5))[0])


@needs_compiler
def test_fast_math_is_used_only_if_it_is_asked_for(cache, monkeypatch):
    toolchain.flags()  # which are found out by compiling, once
    commands = []
    run = toolchain._run
    monkeypatch.setattr(toolchain, "_run", lambda *args: (commands.append(args[2]), run(*args))[1])
    x = np.linspace(0.1, 1.0, 7)
    for fast in (False, True):
        f = tg.compile(lambda x: np.exp(x) * 1.2345 + x, "c", fast_math=fast)
        f(x)
        np.testing.assert_allclose(f.wait()(x), np.exp(x) * 1.2345 + x, rtol=1e-14)
    asked = ["-ffinite-math-only" in command for command in commands if "-march=native" in command]
    assert asked == [False, True]
