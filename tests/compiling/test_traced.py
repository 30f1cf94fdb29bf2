"""What a traced value refuses, what it allows, and what the compiled function does where a program cannot."""

import copy
import functools
import math
import numbers
import operator
import random

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import TraceError

X = np.array([1.0, 2.0])


# --- what is computed again draws the same random numbers -------------------------------------------------------------


@pytest.mark.parametrize("captured", [False, True])
def test_what_is_computed_again_draws_what_an_eager_call_draws(captured):
    f = lambda x, rng: np.sum(np.sqrt(x) * rng.normal(size=2))
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    gradient = tg.grad(lambda x: f(x, one)) if captured else tg.grad(f)
    compiled = tg.compile(gradient)
    args = () if captured else (one,)
    for x in (np.ones(2), np.array([0.0, 4.0]), np.ones(2), np.array([0.0, 1.0])):
        np.testing.assert_array_equal(compiled(x, *args), tg.grad(f)(x, two))
    assert one.bit_generator.state == two.bit_generator.state


def test_what_a_rule_looked_for_is_found_with_the_same_random_numbers():
    f = tg.grad(lambda x, rng: np.sum(np.sort(x) * np.arange(3.0) * rng.normal(size=3)))
    compiled = tg.compile(f)
    one, two = np.random.default_rng(0), np.random.default_rng(0)
    for x in ([3.0, 1.0, 2.0], [2.0, 2.0, 1.0], [1.0, 2.0, 3.0]):
        np.testing.assert_allclose(compiled(np.array(x), one), f(np.array(x), two))
    assert one.bit_generator.state == two.bit_generator.state


def test_an_error_that_the_function_catches_is_caught():
    def inverse(A):
        try:
            return np.linalg.inv(A)
        except np.linalg.LinAlgError:
            return np.linalg.pinv(A)

    def safe(x):
        try:
            return 1.0 / x
        except ZeroDivisionError:
            return 0.0

    compiled = tg.compile(inverse)
    for A in (np.eye(2), np.ones((2, 2))):
        np.testing.assert_array_equal(compiled(A), inverse(A))
    compiled = tg.compile(safe)
    assert [compiled(2.0), compiled(0.0)] == [0.5, 0.0]


def refused(f, *args, **options):
    with pytest.raises(TraceError, match="What to do: ") as error:
        tg.compile(f, **options)(*args)
    return str(error.value)


# --- random numbers ---------------------------------------------------------------------------------------------------

OLD = np.random.RandomState(0)
PYTHONS = random.Random(0)
DRAWS = {
    "default_rng": lambda x: x + np.random.default_rng().normal(),
    "bit generator": lambda x: x + np.random.Generator(np.random.PCG64()).normal(),
    "RandomState": lambda x: x + np.random.RandomState().normal(),
    "closed over": lambda x: x + OLD.normal(),
    "global": lambda x: x + np.random.normal(),
    "random": lambda x: x + random.random(),
    "gauss": lambda x: x + random.gauss(0, 1),
    "Random": lambda x: x + random.Random().random(),
    "Random, closed over": lambda x: x + PYTHONS.random(),
}


@pytest.mark.parametrize("name", DRAWS)
def test_random_numbers_of_nowhere_are_refused(name):
    refused(DRAWS[name], X)
    compiled = tg.compile(DRAWS[name], fallback=True)
    assert not np.array_equal(compiled(X), compiled(X))


def test_the_words_about_random_numbers_name_the_line_and_the_cure():
    words = refused(DRAWS["default_rng"], X)
    assert "without a seed" in words
    assert "np.random.default_rng().normal()" in words
    assert "Pass a generator as an argument" in words
    assert "Python's module random" in refused(DRAWS["random"], X)


def test_a_random_state_as_an_argument_is_refused():
    refused(lambda x, old: x + old.normal(), X, np.random.RandomState(0))


def test_generators_that_the_function_makes_of_a_seed_draw_a_constant():
    for f in (
        lambda x: x + np.random.default_rng(0).normal(size=2),
        lambda x: x + random.Random(3).gauss(0, 1),
    ):
        compiled = tg.compile(f)
        for _ in range(2):
            np.testing.assert_array_equal(compiled(X), f(X))


DRAWN_INTO = {
    "standard_normal": lambda y, rng: rng.standard_normal(out=y),
    "random": lambda y, rng: rng.random(y.shape, out=y),
    "by place": lambda y, rng: rng.random(None, np.float64, y),
    "permuted": lambda y, rng: rng.permuted(y * 2, out=y),
}


@pytest.mark.parametrize("name", DRAWN_INTO)
def test_a_draw_into_an_array_is_an_assignment(name):
    def f(x, rng):
        y = x * 1
        DRAWN_INTO[name](y, rng)
        return y + x

    compiled = tg.compile(f)
    one, two = np.random.default_rng(5), np.random.default_rng(5)
    for _ in range(3):
        np.testing.assert_array_equal(compiled(X, one), f(X, two))

    def g(x, rng):
        y = np.zeros(2)
        rng.standard_normal(out=y)
        return y * x

    assert "np.zeros_like" in refused(g, X, one)


def test_the_bits_of_a_generator_are_refused():
    assert "rng.integers" in refused(lambda x, rng: x + rng.bit_generator.random_raw(), X, np.random.default_rng(0))


def test_a_shuffle_is_an_assignment():
    def f(x, rng):
        y = x * 1
        rng.shuffle(y)
        return y

    compiled = tg.compile(f)
    for x in (np.arange(6.0), np.arange(12.0).reshape(4, 3)):
        one, two = np.random.default_rng(5), np.random.default_rng(5)
        for _ in range(3):
            np.testing.assert_array_equal(compiled(x, one), f(x, two))
    assert "rng.permutation" in refused(lambda x, rng: rng.shuffle(np.arange(3.0)), X, np.random.default_rng(0))


# --- questions that a value must not answer ---------------------------------------------------------------------------

ASKED = {
    "in a set": lambda x: x[0] * 2 if x[0] in {1.0, 2.0} else x[0],
    "in a dict": lambda x: x[0] in {1.0: 2.0},
    "key": lambda x: {1.0: 5.0}.get(x[0], 0.0) * x,
    "element": lambda x: len({x[0], x[1]}) * x,
    "cached": lambda x: functools.cache(lambda v: v * 2)(x[0]),
    "floor": lambda x: math.floor(x[0]),
    "ceil": lambda x: math.ceil(x[0]),
    "trunc": lambda x: math.trunc(x[0]),
}


@pytest.mark.parametrize("name", ASKED)
def test_hashes_and_integer_parts_are_refused(name):
    words = refused(ASKED[name], X)
    assert "test_traced.py" in words
    assert tg.compile(lambda x: {1.0: 5.0}.get(x, 0.0), fallback=True)(1.0) == 5.0


TYPES = {
    "array": lambda x: x * 2 if isinstance(x, np.ndarray) else x * 3,
    "float": lambda x: x * 2 if isinstance(x, float) else x * 3,
    "complex": lambda x: x * 2 if isinstance(x, complex) else x * 3,
    "NumPy's number": lambda x: x * 2 if isinstance(np.sum(x), np.float64) else x * 3,
    "float or NumPy's": lambda x: x * 2 if isinstance(np.sum(x), float) else x * 3,
    "generic": lambda x: x * 2 if isinstance(x, np.generic) else x * 3,
    "abstract": lambda x: x * 2 if isinstance(x, numbers.Real) else x * 3,
    "isscalar": lambda x: x * 2 if np.isscalar(x) else x * 3,
    "shape": lambda x: x * 2 if hasattr(x, "shape") else x * 3,
    "class": lambda x: x * 2 if x.__class__ is np.ndarray else x * 3,
}


@pytest.mark.parametrize("name", TYPES)
def test_questions_about_types_are_answered_as_in_an_eager_run(name):
    f = TYPES[name]
    for x in (X, 1.5, np.float64(1.5), 1j, np.float32([1, 2])):
        np.testing.assert_array_equal(tg.compile(f)(x), f(x))
    for x in (X, 1.5):
        g = tg.grad(lambda x: np.sum(f(x)))
        np.testing.assert_array_equal(tg.compile(g)(x), g(x))


def test_a_copy_is_a_copy():
    def f(x):
        y = copy.deepcopy(x)
        y[0] = 7.0
        return y + copy.copy(x)

    np.testing.assert_array_equal(tg.compile(f)(X), f(X))


def test_printing_shows_the_stand_in(capsys):
    tg.compile(lambda x: print(f"{x} {x:.2f} {x!r}", str(x)) or x)(X)
    assert capsys.readouterr().out.count("Traced(Value(x: float64[2]))") == 4


# --- errors that are caught -------------------------------------------------------------------------------------------


def test_a_refusal_that_is_caught_is_raised_again():
    def f(x):
        try:
            return math.sqrt(x[0]) * x
        except Exception:
            return -x

    assert "math.sqrt(x[0])" in refused(f, X)
    np.testing.assert_array_equal(tg.compile(f, fallback=True)(X), f(X))


def test_an_error_that_depends_on_values_and_is_caught_is_refused():
    def f(A):
        try:
            return np.linalg.inv(A)
        except np.linalg.LinAlgError:
            return np.linalg.pinv(A)

    assert "LinAlgError was caught" in refused(f, np.ones((2, 2)))
    np.testing.assert_allclose(tg.compile(f, fallback=True)(np.ones((2, 2))), f(np.ones((2, 2))))
    with pytest.raises(np.linalg.LinAlgError):
        tg.compile(np.linalg.inv)(np.ones((2, 2)))


def test_errors_of_the_user_stay_what_they_are():
    with pytest.raises(ValueError, match="mine"):
        tg.compile(lambda x: (_ for _ in ()).throw(ValueError("mine")))(X)
    with pytest.raises(AttributeError, match="'float' object has no attribute 'shape'"):
        tg.compile(lambda x: x.shape)(1.0)


def test_an_integer_that_leads_to_an_error_is_named():
    words = refused(lambda x, n: np.random.default_rng(n).normal() * x, X, np.int64(3))
    assert "The argument n is of NumPy's int64" in words


@np.errstate(divide="raise")
def strict_log(x):
    return np.log(x)


def test_errstate_that_raises_is_refused():
    def f(x):
        with np.errstate(all="raise"):
            return np.log(x)

    assert "np.errstate" in refused(f, X)
    refused(lambda x: strict_log(x), X)
    with pytest.raises(FloatingPointError):
        tg.compile(f, fallback=True)(0 * X)

    def g(x):
        with np.errstate(all="ignore"):
            return np.log(x)

    np.testing.assert_array_equal(tg.compile(g)(X), np.log(X))


@pytest.mark.parametrize("backend", ["numpy", "auto"])
def test_results_that_are_real_or_complex_as_the_values_are_come_out_as_they_are(backend):
    turn = np.array([[0.0, -1], [1, 0]])
    for f, args in (
        (lambda A: np.linalg.eigvals(A) * 2 + 1, [np.eye(2), turn, np.eye(2)]),
        (lambda A: np.linalg.eigvals(A) * 2 + 1, [turn, np.eye(2), turn]),
        (lambda x: np.emath.sqrt(x) * 2 + 1, [X, -X, X]),
        (lambda x: np.emath.sqrt(x) * 2 + 1, [-X, X, -X]),
    ):
        compiled = tg.compile(f, backend)
        for x in args:
            compiled(x)
            compiled.wait()
            assert compiled(x).dtype == f(x).dtype
            np.testing.assert_allclose(compiled(x), f(x))


# --- writing in place -------------------------------------------------------------------------------------------------


def in_place(step):
    def f(x):
        y = np.zeros_like(x, shape=(3, 3))
        step(y, x)
        return y * 2

    return f


OWN = {
    "element": lambda y, x: y.__setitem__((0, 1), x[1]),
    "fill": lambda y, x: y.fill(x[0]),
    "put": lambda y, x: np.put(y, [0, 4], x),
    "put, method": lambda y, x: y.put([0, 4], x),
    "copyto": lambda y, x: np.copyto(y, x[0]),
    "copyto, where": lambda y, x: np.copyto(y, x[0], where=np.eye(3) > 0),
    "putmask": lambda y, x: np.putmask(y, np.eye(3) > 0, x),
    "fill_diagonal": lambda y, x: np.fill_diagonal(y, x[0]),
    "put_along_axis": lambda y, x: np.put_along_axis(y, np.array([[0], [2], [1]]), x[1], 1),
    "at": lambda y, x: np.add.at(y, [0, 0, 2], x[1]),
    "subtract.at": lambda y, x: np.subtract.at(y, ([0, 0], [1, 1]), x),
    "out": lambda y, x: np.multiply(x[0], np.eye(3), out=y),
    "out, where": lambda y, x: np.add(x[0], np.eye(3), out=y, where=np.eye(3) > 0),
    "out of a sum": lambda y, x: np.sum(np.outer(x, [1.0, 2, 3])[:, None] * np.ones((3, 1)), axis=0, out=y),
    "iadd": lambda y, x: y.__iadd__(x[0]),
}


@pytest.mark.parametrize("name", OWN)
def test_an_array_of_the_program_is_written_into(name):
    f = in_place(OWN[name])
    compiled = tg.compile(f)
    for x in (X, np.array([5.0, 3.0])):
        np.testing.assert_allclose(compiled(x), f(x))


PLAIN = {
    "element": lambda y, x: y.__setitem__(0, x[1]),
    "slice": lambda y, x: operator.setitem(y, slice(2), x),
    "at": lambda y, x: np.add.at(y, [0, 0], x[1]),
    "out": lambda y, x: np.add(x[0], 1.0, out=y),
    "out of a sum": lambda y, x: np.sum(np.outer(x, [1.0, 2, 3]), axis=0, out=y),
    "copyto": lambda y, x: np.copyto(y, x[0]),
    "put": lambda y, x: np.put(y, [0], x[0]),
    "fill": lambda y, x: y.fill(x[0]),
    "full": lambda y, x: np.full(3, x[0]),
    "array": lambda y, x: np.array([x[0], x[1]]),
    "asarray": lambda y, x: np.asarray([x[0], x[1]]),
}


@pytest.mark.parametrize("name", PLAIN)
def test_a_plain_array_takes_no_traced_value(name):
    def f(x):
        y = np.zeros(3)
        z = PLAIN[name](y, x)
        return y if z is None else z

    words = refused(f, X)
    assert "np.stack" in words or "np.zeros_like(x, shape=(3,))" in words
    assert "test_traced.py" in words
    np.testing.assert_array_equal(tg.compile(f, fallback=True)(X), f(X))


def test_nothing_is_written_into_an_argument():
    x = np.array([np.nan, 2.0, 1.0])
    before = x.copy()

    def cleaned(x):
        y = x * 1
        z = np.nan_to_num(y, copy=False)
        return y, z

    compiled = tg.compile(cleaned)
    middle = tg.compile(lambda x: np.median(x * 1, overwrite_input=True))
    drawn = tg.compile(lambda x, rng: rng.standard_normal(out=x * 1))
    for _ in range(2):
        np.testing.assert_array_equal(compiled(x), [[0.0, 2.0, 1.0]] * 2)
        assert middle(np.array([3.0, 1.0, 2.0])) == 2.0
        drawn(x, np.random.default_rng(0))
        np.testing.assert_array_equal(x, before)
    refused(lambda x: np.nan_to_num(x, copy=False), X)


def test_an_assignment_statement_into_a_plain_array_is_told_the_cure():
    def f(x):
        y = np.zeros(3)
        y[0] = x[1]
        return y

    words = refused(f, X)
    assert "y[0] = x[1]" in words
    assert "np.zeros_like(x, shape=(3,))" in words
    np.testing.assert_array_equal(tg.compile(f, fallback=True)(X), [2.0, 0.0, 0.0])


def test_a_plain_array_that_only_its_name_holds_takes_what_is_added():
    def total(x):
        y = np.zeros(2)
        for k in range(3):
            y += x * k
        y -= x
        y *= x
        return y / 2

    def read(x):
        y = np.ones(2)
        y += y * x
        y += 1.0
        return y

    def single(x):
        y = np.ones(2, np.float32)
        y += x
        return y

    def held(x):
        y = np.zeros(2)
        z = y
        y += x
        return z

    def seen(x):
        y = np.zeros(4)
        part = y[:2]
        part += x
        return y

    for f in (total, read, single):
        compiled = tg.compile(f)
        for x in (X, X * 3):
            found = compiled(x)
            np.testing.assert_array_equal(found, f(x))
            assert found.dtype == f(x).dtype
    for f in (held, seen):
        assert "np.zeros_like" in refused(f, X)
        np.testing.assert_array_equal(tg.compile(f, fallback=True)(X), f(X))


def test_what_is_added_has_to_fit():
    def integers(x):
        y = np.zeros(2, int)
        y += x
        return y

    def larger(x):
        y = np.zeros(1)
        y += x
        return y

    for f, kind in ((integers, TypeError), (larger, ValueError)):
        for g in (f, tg.compile(f)):
            with pytest.raises(kind):
                g(X)


# --- functions of the library -----------------------------------------------------------------------------------------


def test_a_solver_tells_that_it_iterates():
    f = lambda a: tg.fixed_point(lambda z, a: np.cos(z) * a, 0.5, a)
    for g in (f, tg.grad(f)):
        words = refused(g, 0.9)
        assert "tg.fixed_point looks at values" in words
        assert "fixed number of steps" in words
        assert tg.compile(g, fallback=True)(0.9) == g(0.9)


def test_interpolation_tells_what_it_needs():
    f = tg.grad(lambda x: np.sum(np.interp(x, np.arange(3.0), np.arange(3.0) ** 2)))
    words = refused(f, X - 0.5)
    assert "interp" in words
    assert "arguments of the compiled function" in words
    knots, heights = np.arange(3.0), np.arange(3.0) ** 2
    g = tg.grad(lambda x, knots, heights: np.sum(np.interp(x, knots, heights)))
    np.testing.assert_array_equal(tg.compile(g)(X - 0.5, knots, heights), f(X - 0.5))
