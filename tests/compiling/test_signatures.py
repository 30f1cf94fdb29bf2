"""Arguments: what shares a program, what is watched, and how long programs are kept."""

import collections
import dataclasses
import enum
import functools
import gc
import types
import weakref

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.compiling.compiled import MOST
from tinygrad_edu.errors import TraceError

from .test_compile import assert_same

X = np.array([1.0, 2.0])


@dataclasses.dataclass(frozen=True)
class Named:
    name: str
    W: object = dataclasses.field(compare=False, default=None)


@dataclasses.dataclass(frozen=True)
class Settings:
    rate: float = 0.5
    steps: int = 2
    act: str = "tanh"


@dataclasses.dataclass(slots=True)
class Slots:
    k: float
    w: object


class Alike:
    """Every object of it is equal to every other."""

    def __init__(self, k):
        self.k, self.w = k, k * np.ones(2)

    def __eq__(self, other):
        return True

    def __hash__(self):
        return 0

    @tg.compile
    def times(self, x):
        return x * self.k

    @tg.compile
    def weighed(self, x):
        return x * np.exp(self.w)


class Rows(list):
    pass


class Table(dict):
    pass


class Colour(enum.Enum):
    RED, BLUE = 1, 2


class Level(enum.IntEnum):
    LOW, HIGH = 1, 2


Pair = collections.namedtuple("Pair", "a b")

DIFFERENT = {
    "a field that does not count": (lambda c, x: c.W * x, Named("a", np.ones(2)), Named("a", 5 * np.ones(2))),
    "a number in an object": (lambda c, x: c.k * x, Alike(1.0), Alike(5.0)),
    "an array in an object": (lambda c, x: c.w * x, Alike(1.0), Alike(5.0)),
    "one and True": (lambda c, x: x * 2 if c is True else x, 1, True),
    "keys": (lambda c, x: x * 2 if next(iter(c)) is True else x, {1: X}, {True: X}),
    "the order of keys": (lambda c, x: x - next(iter(c.values())), {"a": X, "b": 2 * X}, {"b": 2 * X, "a": X}),
    "sets": (lambda c, x: x * sum(c), {1, 2}, {1, 2, 3}),
    "frozen sets": (lambda c, x: x * len(c), frozenset([1]), frozenset([1, 2])),
    "slices": (lambda c, x: x[c], slice(0, 1), slice(1, 2)),
    "ranges": (lambda c, x: x * c.stop, range(0, 3, 2), range(0, 4, 2)),
    "enums": (lambda c, x: x * c.value, Colour.RED, Colour.BLUE),
    "enums of numbers": (lambda c, x: x * 2 if isinstance(c, Level) else x, 1, Level.LOW),
    "types": (lambda c, x: (x * 1.5).astype(c), np.float64, np.int64),
    "functions": (lambda c, x: c(x), np.sin, np.cos),
    "partials": (lambda c, x: c(x), functools.partial(np.power, 2.0), functools.partial(np.power, 3.0)),
    "bound methods": (lambda c, x: c(x), Alike(1.0).times, Alike(2.0).times),
    "settings": (lambda c, x: x * c.rate * c.steps, Settings(), Settings(rate=2.0)),
    "a default of a dict": (
        lambda c, x: x * c.default_factory(),
        collections.defaultdict(lambda: 2.0),
        collections.defaultdict(lambda: 3.0),
    ),
    "namespaces": (lambda c, x: x * c.k, types.SimpleNamespace(k=1.0), types.SimpleNamespace(k=2.0)),
}


@pytest.mark.parametrize("name", DIFFERENT)
def test_different_arguments_get_different_programs(name):
    f, one, two = DIFFERENT[name]
    compiled = tg.compile(f)
    for c in (one, two, one):
        assert_same(compiled(c, X), f(c, X))


CHANGED = {
    "number in a slot": (lambda c, x: c.k * x, lambda: Slots(1.0, np.ones(2)), lambda c: setattr(c, "k", 5.0)),
    "array in a slot": (lambda c, x: c.w * x, lambda: Slots(1.0, np.ones(2)), lambda c: setattr(c, "w", 3 * X)),
    "elements in a slot": (lambda c, x: np.exp(c.w) * x, lambda: Slots(1.0, np.ones(2)), lambda c: c.w.fill(3)),
    "a set": (lambda c, x: x * sum(c), lambda: {1, 2}, lambda c: c.add(5)),
    "an object": (lambda c, x: x * c.k, lambda: Alike(1.0), lambda c: setattr(c, "k", 3.0)),
    "a new attribute": (lambda c, x: x * getattr(c, "z", 1.0), lambda: Alike(1.0), lambda c: setattr(c, "z", 3.0)),
    "a namespace": (lambda c, x: x * c.w, lambda: types.SimpleNamespace(w=X), lambda c: setattr(c, "w", 3 * X)),
    "a frozen field": (lambda c, x: x * c.rate, Settings, lambda c: object.__setattr__(c, "rate", 9.0)),
    "a method of a class": (
        lambda c, x: x * c.hidden(),
        lambda: type("Local", (), {"hidden": lambda self: 2.0})(),
        lambda c: setattr(type(c), "hidden", lambda self: 3.0),
    ),
}


@pytest.mark.parametrize("name", CHANGED)
def test_an_argument_that_changes_is_seen(name):
    f, make, change = CHANGED[name]
    c, compiled = make(), tg.compile(f)
    assert_same(compiled(c, X), f(c, X))
    change(c)
    assert_same(compiled(c, X), f(c, X))


def test_methods_of_objects_that_are_equal_are_their_own():
    for k in (1.0, 5.0):
        one = Alike(k)
        assert_same(one.times(X), k * X)
        assert_same(one.weighed(X), np.exp(k) * X)


def test_equal_settings_share_a_program():
    compiled = tg.compile(lambda c, x: x * c.rate * c.steps)
    for _ in range(3):
        compiled(Settings(rate=0.25), X)
    assert len(compiled.traces) == 1


CONTAINERS = {
    "OrderedDict": collections.OrderedDict(w=X),
    "defaultdict": collections.defaultdict(float, w=X),
    "dict subclass": Table(w=X),
    "list subclass": Rows([X]),
    "namedtuple": Pair(X, 2.0),
}


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_of_all_kinds_go_in_and_come_out(name):
    given = CONTAINERS[name]
    double = lambda d: type(d)({"w": d["w"] * 2}) if isinstance(d, Table) else d
    f = lambda d: (double(d), sum(d.values() if isinstance(d, dict) else d) * 3)
    for _ in range(2):
        same, total = tg.compile(f)(given)
        assert type(same) is type(given)
        assert_same(total, f(given)[1])


def test_a_dict_that_is_returned_is_of_its_kind():
    compiled = tg.compile(lambda x: collections.OrderedDict(b=x, a=x * 2))
    for _ in range(2):
        found = compiled(X)
        assert type(found) is collections.OrderedDict
        assert list(found) == ["b", "a"]


@pytest.mark.parametrize(
    "change",
    [
        lambda d, x: d.update(w=d["w"] - x),
        lambda d, x: d.pop("k"),
        lambda d, x: d["rows"].append(x),
        lambda d, x: d["rows"].clear(),
    ],
)
def test_a_change_of_an_argument_is_refused(change):
    def f(d, x):
        change(d, x)
        return x * 2

    given = {"w": np.ones(2), "k": 1.0, "rows": [np.ones(2)]}
    with pytest.raises(TraceError, match="changes what it closes over"):
        tg.compile(f)(given, X)
    assert list(given) == ["w", "k", "rows"]
    assert len(given["rows"]) == 1


def _bag(x):
    bag = types.SimpleNamespace()
    bag.inside = [x]
    return bag


@pytest.mark.parametrize(
    "f",
    [lambda x: (v * 2 for v in x), lambda x: lambda: x * 2, lambda x: _bag(x * 2), lambda x: {1: iter([x])}],
    ids=["generator", "function", "object", "iterator"],
)
def test_results_that_hide_traced_arrays_are_refused(f):
    with pytest.raises(TraceError, match="Return arrays"):
        tg.compile(f)(X)
    assert tg.compile(f, fallback=True)(X) is not None


def test_only_the_latest_traces_are_kept():
    compiled = tg.compile(lambda x, n: x * int(n))  # an integer that may not be traced
    for n in range(MOST + 20):
        compiled(X, n)
        compiled(X, 0)  # which is used again and again
    assert sum(map(len, compiled.traces.values())) == MOST
    assert any(key[1] == (int, 0) for key in compiled.traces)
    assert_same(compiled(X, 3), X * 3)


def test_values_of_a_number_are_not_kept_for_ever():
    rate = 0.0
    compiled = tg.compile(lambda x: x * rate)
    for step in range(MOST + 20):
        rate = 1.0 + step
        assert_same(compiled(X), X * rate)
    assert sum(map(len, compiled.traces.values())) == MOST


def test_a_dead_argument_is_not_kept():
    compiled = tg.compile(lambda c, x: x * c.w)
    one = Alike(2.0)
    one.w = np.ones(2)
    compiled(one, X)
    deaths = weakref.ref(one), weakref.ref(one.w)
    del one
    gc.collect()
    assert [death() for death in deaths] == [None, None]
    assert not compiled.traces


def test_the_object_of_a_compiled_method_is_not_kept():
    one = Alike(2.0)
    one.weighed(X)
    death = weakref.ref(one)
    del one
    gc.collect()
    assert death() is None
