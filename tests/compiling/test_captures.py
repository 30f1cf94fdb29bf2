"""What a function closes over is read anew, and never silently stale."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import TraceError


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
