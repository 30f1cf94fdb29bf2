"""What a function closes over is read anew, and never silently stale."""

import functools
import os
import weakref

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import TraceError

from . import changes, changing
from .test_compile import assert_same

X = np.array([1.0, 2.0])


@pytest.fixture(autouse=True)
def _no_names_of_builtins():
    yield
    vars(changing).pop("abs", None)
    os.environ.pop("A_SCALE_OF_THE_TESTS", None)


@pytest.mark.parametrize("name", changing.CASES)
def test_what_changes_is_seen(name):
    f, change = changing.CASES[name]()
    compiled, before = tg.compile(f), f(X)
    assert_same([compiled(X), compiled(X)], [before, before])
    assert sum(map(len, compiled.traces.values())) == 1, "it was taken for changed"
    change()
    after = f(X)
    assert repr(after) != repr(before)
    assert_same(compiled(X), after)
    assert np.array_equal(np.signbit(compiled(X)), np.signbit(after))


@pytest.mark.parametrize("name", changes.CASES)
def test_changes_are_refused_and_undone(name):
    f, look = changes.CASES[name]()
    before = repr(look())
    with pytest.raises(TraceError, match=r"changes what it closes over|which a program would not advance|the truth of"):
        tg.compile(f)(X)
    assert repr(look()) == before


@pytest.mark.parametrize("name", changes.CASES)
def test_with_fallback_each_change_happens_once(name):
    f, look = changes.CASES[name]()
    expected = []
    for _ in range(3):
        expected.append(repr((f(X), look())))
    f, look = changes.CASES[name]()
    compiled = tg.compile(f, fallback=True)
    assert [repr((compiled(X), look())) for _ in range(3)] == expected


def test_a_change_is_refused_with_its_line_and_cure():
    f, _ = changes.CASES["item of a dict"]()
    with pytest.raises(TraceError) as error:
        tg.compile(f)(X)
    for words in ("state['w']", 'state["w"] = state["w"] - 0.1 * x', "Return the new value", "fallback=True"):
        assert words in str(error.value)


def test_a_number_that_is_set_to_what_it_was_is_no_change():
    model = Model()

    def f(x):
        model.rate = 2.0
        return np.sum(model.W @ x) * model.rate

    assert tg.compile(f)(np.ones(2)) == 4.0


def test_what_was_computed_once_and_kept_may_be_computed_again():
    class Lazy:
        def __init__(self):
            self.w = np.ones(2)

        @functools.cached_property
        def doubled(self):
            return self.w * 2

    lazy = Lazy()
    f = tg.compile(lambda x: lazy.doubled * x)
    assert_same(f(X), 2 * X)
    assert "doubled" not in vars(lazy)


def test_draws_that_cannot_be_repeated_are_refused():
    class Store:
        rng = np.random.default_rng(0)

    state = repr(Store.rng.bit_generator.state)
    with pytest.raises(TraceError, match=r"Store\.rng"):
        tg.compile(lambda x: x + Store.rng.normal())(1.0)
    assert repr(Store.rng.bit_generator.state) == state


def test_the_users_own_things_are_never_touched():
    class Meddler:
        def __init__(self):
            object.__setattr__(self, "w", np.ones(2))
            object.__setattr__(self, "k", 2.0)

        def __setattr__(self, name, value):
            raise AttributeError(name)

        def __copy__(self):
            raise AssertionError

        def __init_subclass__(cls):
            raise AssertionError

        def act(self, x):
            return self.w * self.k * x * DATA

    meddler = Meddler()
    f = tg.compile(lambda x: meddler.act(x))
    assert_same(f(X), 2 * X)
    object.__setattr__(meddler, "w", np.zeros(2))
    assert_same(f(X), 0 * X)


DATA = np.ones(2)


def test_a_list_that_grows_is_seen():
    parts = [np.ones(3)]
    table = {"a": np.ones(3)}
    f = tg.compile(lambda x: sum(part * x for part in parts) + sum(part * x for part in table.values()))
    assert f(np.ones(3))[0] == 2.0
    parts.append(np.full(3, 2.0))
    assert f(np.ones(3))[0] == 4.0
    table["b"] = np.full(3, 3.0)
    assert f(np.ones(3))[0] == 7.0


def test_a_function_that_changes_what_it_closes_over_is_refused():
    calls = 0

    def f(x):
        nonlocal calls
        calls += 1
        return x * 2

    with pytest.raises(TraceError, match="changes what it closes over \\(calls\\)"):
        tg.compile(f)(1.0)
    assert tg.compile(f, fallback=True)(1.0) == 2.0


class Model:
    def __init__(self):
        self.W, self.rate = np.eye(2), 2.0

    def loss(self, x):
        return np.sum(self.W @ x) * self.rate


def test_attributes_of_the_object_of_a_method_are_seen():
    model = Model()
    f = tg.compile(model.loss)
    assert f(np.ones(2)) == 4.0
    model.W[0, 0] = 3.0
    assert f(np.ones(2)) == 8.0
    model.rate = 1.0
    assert f(np.ones(2)) == 4.0


class Layer:
    __slots__ = ("W",)

    def __init__(self):
        self.W = np.eye(2)

    @tg.compile
    def __call__(self, x):
        return self.W @ x


class Net:
    def __init__(self):
        self.W = np.eye(2)

    @tg.compile
    def apply(self, x, steps=1):
        return self.W @ x * steps


def test_a_compiled_method_reads_its_object_anew():
    for net in (Net(), Net()):
        assert np.array_equal(net.apply(np.ones(2)), [1.0, 1.0])
        net.W[0, 0] = 3.0
        assert np.array_equal(net.apply(np.ones(2)), [3.0, 1.0])
        net.W = 2 * np.eye(2)
        assert np.array_equal(net.apply(np.ones(2), steps=2), [4.0, 4.0])


def test_an_array_that_came_by_an_unknown_way_is_seen_to_change():
    layer = Layer()  # no __dict__ to look into
    assert np.array_equal(layer(np.ones(2)), [1.0, 1.0])
    layer.W[0, 0] = 3.0
    assert np.array_equal(layer(np.ones(2)), [3.0, 1.0])


def test_arrays_of_a_module_are_seen(tmp_path, monkeypatch):
    (tmp_path / "settings_of_a_user.py").write_text("import numpy as np\nW = np.ones(2)\n")
    monkeypatch.syspath_prepend(tmp_path)
    settings = __import__("settings_of_a_user")
    globals()["settings_of_a_user"] = settings
    f = tg.compile(lambda x: settings_of_a_user.W * x)  # noqa: F821
    assert np.array_equal(f(2.0), [2.0, 2.0])
    settings.W = np.zeros(2)
    assert np.array_equal(f(2.0), [0.0, 0.0])


def test_a_constant_array_is_read_once():
    steps = np.array([0, 2])
    f = tg.compile(lambda x: sum(x[int(i)] for i in steps), constant=["steps"])
    assert f(np.arange(3.0)) == 2.0
    with pytest.raises(TraceError, match="declared constant"):
        tg.compile(lambda x: sum(x[int(i)] for i in range(steps[1])))(np.arange(3.0))


def test_memory_of_others_is_read_anew():
    memory = bytearray(np.ones(2).tobytes())
    column = np.ones((2, 3))
    f = tg.compile(lambda x: x * np.frombuffer(memory) + np.exp(x) * _Table(column).values())
    g = lambda x: x * np.frombuffer(memory) + np.exp(x) * _Table(column).values()
    assert_same(f(X), g(X))
    memory[:] = np.zeros(2).tobytes()
    assert_same(f(X), g(X))
    column[:, 1] = 7.0
    assert_same(f(X), g(X))


class _Table:
    def __init__(self, x):
        self.x = x

    def values(self):
        return self.x[:, 1]


def test_an_array_that_the_function_makes_itself_is_a_constant():
    f = tg.compile(lambda x: x * np.arange(4.0).reshape(2, 2)[0] + np.ones((3, 2))[1])
    f(X)
    assert not f.latest.captures.arrays


def test_an_array_that_was_replaced_is_not_kept():
    state = {"w": np.ones(2)}
    f = tg.compile(lambda x: x * state["w"])
    f(X)
    death = weakref.ref(state["w"])
    state["w"] = np.zeros(2)
    assert_same(f(X), 0 * X)
    assert death() is None


def test_what_is_nested_too_deeply_is_refused():
    chain = None
    for _ in range(1000):
        chain = [chain]
    with pytest.raises(TraceError, match="nested too deeply"):
        tg.compile(lambda x: x * len(chain))(X)
    assert_same(tg.compile(lambda x: x * len(chain), fallback=True)(X), X)
