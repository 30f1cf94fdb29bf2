"""The C compiler: libraries are cached, checked and rebuilt; without a compiler NumPy runs."""

import hashlib
import os
import shutil
import subprocess
import sys
import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.compiling import backends, emit_numpy, toolchain
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
@pytest.mark.parametrize(
    "broken",
    [
        *("truncated", "other", "no checksum", "link", "directory", "full directory", "checksum a directory"),
        *("checksum no text", "no library but its checksum", "another library", "pipe", "unreadable", "no words"),
    ],
)
def test_a_library_that_is_not_what_was_written_is_rebuilt(cache, broken):
    build(SOURCE)
    (library,) = cache.glob("*.so")
    checksum, content = library.with_suffix(".sha256"), library.read_bytes()
    library.unlink()  # and is not written into: it is loaded here
    if broken == "no checksum":
        library.write_bytes(content)
        checksum.unlink()
    elif broken == "link":
        (cache / "elsewhere").write_bytes(content)
        library.symlink_to(cache / "elsewhere")
    elif broken in ("directory", "full directory"):
        library.mkdir()
        if broken == "full directory":
            (library / "file").write_text("in it")
    elif broken in ("checksum a directory", "checksum no text"):
        library.write_bytes(content)
        checksum.unlink()
        if broken == "checksum no text":
            checksum.write_bytes(b"\xff\xfe")
        else:
            checksum.mkdir()
    elif broken in ("no library but its checksum", "another library", "no words"):
        wrong = {"another library": _library_of(cache, "int eight(void) { return 8; }\n")}.get(broken, b"\0" * 99)
        library.write_bytes(b"" if broken == "no words" else wrong)
        checksum.write_text(hashlib.sha256(library.read_bytes()).hexdigest())
    elif broken == "pipe":
        os.mkfifo(library)
    else:
        library.write_bytes(content[:100] if broken == "truncated" else b"\0" * len(content))
        library.chmod(0o000 if broken == "unreadable" else 0o700)
    for _ in range(2):
        assert build(SOURCE, names=["seven"]).seven() == 7
    assert library.is_file()
    assert not library.is_symlink()
    assert checksum.read_text() == hashlib.sha256(library.read_bytes()).hexdigest()


def _library_of(cache, source):
    """The bytes of a library that was built of another source."""
    build(source)
    newest = max(cache.glob("*.so"), key=lambda path: path.stat().st_mtime_ns)
    content = newest.read_bytes()
    newest.unlink()
    return content


@needs_compiler
def test_comments_do_not_decide_which_library_it_is(cache):
    """Lines of a user's file move, and the same program need not be compiled again."""
    for text in ("/* line 3:\n a * b */\n" + SOURCE, SOURCE, "// line 4\n" + SOURCE + "/**/"):
        assert build(text).seven() == 7
    assert len(list(cache.glob("*.so"))) == 1


@pytest.fixture
def with_cc(monkeypatch, cache):
    """A function that sets the variable CC, as for a new process."""
    asked = (toolchain.compiler, toolchain.flags, toolchain.version)

    def give(text):
        monkeypatch.setenv("CC", text)
        monkeypatch.setattr(backends, "_warned", set())
        for each in asked:
            each.cache_clear()

    yield give
    monkeypatch.undo()
    for each in asked:
        each.cache_clear()


def squared_in_c():
    f = tg.compile(lambda x: np.exp(x) * 2 + x, backend="c")
    x = np.linspace(0.0, 1.0, 5)
    f(x)
    f.wait()
    np.testing.assert_allclose(f(x), np.exp(x) * 2 + x, rtol=1e-14)
    return f


@needs_compiler
@pytest.mark.parametrize("nonsense", ["nonsense", "/nowhere/cc -O1", "gcc 'unclosed", "/"])
def test_a_variable_that_names_no_compiler_is_named_in_one_warning(with_cc, nonsense):
    with_cc(nonsense)
    with pytest.warns(RuntimeWarning, match="CC") as said:
        squared_in_c()
        squared_in_c()
    assert [nonsense in str(each.message) for each in said] == [True]
    assert toolchain.compiler() is not None


@needs_compiler
@pytest.mark.parametrize("silent", ["true", "false"])
def test_a_compiler_that_makes_nothing_leaves_numpy_running_after_one_warning(with_cc, silent):
    with_cc(silent)
    with pytest.warns(RuntimeWarning, match="NumPy backend") as said:
        squared_in_c()
        squared_in_c()
    assert len(said) == 1


@needs_compiler
def test_a_compiler_that_makes_nonsense_leaves_numpy_running(with_cc, tmp_path):
    script = tmp_path / "cc"
    script.write_text('#!/bin/sh\nwhile [ "$1" != "-o" ]; do shift; done\necho nonsense > "$2"\n')
    script.chmod(0o700)
    with_cc(str(script))
    with pytest.warns(RuntimeWarning, match="cannot be loaded"):
        squared_in_c()


@needs_compiler
def test_arguments_of_the_compiler_are_honoured_and_are_part_of_the_hash(with_cc, cache, monkeypatch):
    plain = os.path.basename(toolchain.compiler()[0])
    commands, run = [], subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda command, **how: (commands.append(command), run(command, **how))[1])
    for text in (plain, f"{plain} -O1", f"{plain} -O1 '-DWORDS=a b'", f"env {plain} -O0"):
        with_cc(text)
        assert build(SOURCE).seven() == 7
    assert len(list(cache.glob("*.so"))) == 4
    last = [command for command in commands if "--version" not in command][-1]
    assert last[:2] == [shutil.which("env"), plain]
    assert last.index("-O0") > last.index("-O2")  # the later one counts
    assert any("-DWORDS=a b" in command for command in commands)


@needs_compiler
def test_whatever_goes_wrong_in_the_thread_is_said_and_numpy_runs(monkeypatch):
    monkeypatch.setattr(backends, "_warned", set())
    monkeypatch.setattr(emit_numpy, "functions", None)  # which is not callable
    with pytest.warns(RuntimeWarning, match="TypeError"):
        squared_in_c()


@needs_compiler
def test_who_makes_errors_of_warnings_gets_one_from_wait(with_cc):
    with_cc("false")
    f = tg.compile(lambda x: np.exp(x) * 2 + x, backend="c")
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        f(np.ones(2))
        with pytest.raises(RuntimeWarning, match="NumPy backend"):
            f.wait()
    assert f.wait()(np.zeros(2))[0] == 2.0


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
