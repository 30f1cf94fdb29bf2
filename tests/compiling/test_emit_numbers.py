"""Functions of Python's floats: the same to a rounding, also where `math` would raise, and as NumPy's numbers."""

import numpy as np
import pytest

import tinygrad_edu as tg

slope = tg.value_and_grad(lambda x, y: np.exp(2 * y) * np.sin(x) / np.sqrt(x) - np.square(np.log(x + y)), (0, 1))


def flat(pair):
    return [pair[0], *pair[1]]


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize("point", [(0.5, 1.0), (0.0, 1.0), (1e3, 800.0), (np.inf, 1.0), (np.nan, 0.0), (-1.0, 0.5)])
def test_results_are_those_of_numpy(backend, point):
    compiled = tg.compile(slope, backend)
    with np.errstate(all="ignore"):
        compiled(0.25, 0.5)
        compiled.wait()
        found, expected = flat(compiled(*point)), flat(slope(*point))
    np.testing.assert_allclose(found, expected, rtol=1e-14)
    assert [type(y) for y in found] == [type(y) for y in expected]


def test_the_source_shows_the_program_of_floats_too():
    compiled = tg.compile(slope)
    compiled(0.5, 1.0)
    space = {}
    exec(compiled.source, space)
    names = [name for name in space if name.endswith("_of_numbers")]
    np.testing.assert_allclose(space[names[0]](0.5, 1.0), flat(slope(0.5, 1.0)), rtol=1e-14)


def test_other_arguments_are_taken_as_before():
    @tg.compile
    def f(x, y=2.0):
        return np.sin(x) * y

    assert f(0.5, 3.0) == f(0.5, 3.0) == np.sin(0.5) * 3.0
    assert f(0.5) == np.sin(0.5) * 2.0
    assert f(0.5, y=4.0) == np.sin(0.5) * 4.0
    assert np.array_equal(f(np.ones(2), 1.0), np.sin(np.ones(2)))
    assert f(1, 2.0) == np.sin(1) * 2.0
    assert tg.grad(f)(0.5, 2.0) == np.cos(0.5) * 2.0
    assert f(0.25, 3.0) == np.sin(0.25) * 3.0
    with pytest.raises(TypeError):
        f(0.5, 2.0, 3.0)
    with pytest.raises(TypeError):
        f()


factor = 2.0


def test_numbers_that_are_closed_over_are_watched(monkeypatch):
    scale = 3.0

    @tg.compile
    def f(x):
        return np.sin(x) * scale * factor

    assert f(0.5) == f(0.5) == np.sin(0.5) * 3.0 * 2.0
    scale = 5.0
    assert f(0.5) == f(0.5) == np.sin(0.5) * 5.0 * 2.0
    monkeypatch.setitem(globals(), "factor", 7.0)
    assert f(0.5) == f(0.5) == np.sin(0.5) * 5.0 * 7.0


def test_names_of_the_text_are_no_trouble():
    def f(self_, rest, named, float, math, k):
        return np.sin(self_) * rest - named / float + math**2.0 * k

    args = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6)
    compiled = tg.compile(f)
    assert compiled(*args) == pytest.approx(f(*args))
    assert compiled(*args) == pytest.approx(f(*args))


def test_two_compiled_functions_do_not_share_their_calls():
    f, g = tg.compile(lambda x: x * 2.0), tg.compile(lambda x: x * 3.0)
    assert [f(1.0), g(1.0), f(1.0), g(1.0)] == [2.0, 3.0, 2.0, 3.0]
    assert isinstance(f, tg.compiling.Compiled)


def test_pythons_powers_stay_pythons():
    f = lambda t: (1 - 0.9**t) ** 0.5 * t**-1
    compiled = tg.compile(f)
    for t in (1.0, 2.5, 1.0):
        assert compiled(t) == f(t)
        assert type(compiled(t)) is type(f(t))
