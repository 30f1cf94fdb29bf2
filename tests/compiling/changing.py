"""Programs whose surroundings change: each case is a function, and a change after which it computes something else."""

import collections
import dataclasses
import enum
import functools
import os
import types
import weakref
from fractions import Fraction

import numpy as np

CASES = {}
G = H = MODEL = CHILD = SLOTS = ROWS = None


def case(make):
    """A function that returns (f, change) once it is called."""
    CASES[make.__name__.replace("_", " ")] = make
    return make


def of_globals(name, read, before, after):
    """A case: the global variable `name` is another thing later."""

    def make():
        globals()[name] = before()
        return read, lambda: globals().__setitem__(name, after())

    return make


def of_object(name, read, before, change):
    """A case: the global object is the same one, but is changed."""

    def make():
        globals()[name] = before()
        return read, lambda: change(globals()[name])

    return make


class Relu:
    def __call__(self, x):
        return np.maximum(x, 1.5)


class Tanh:
    def __call__(self, x):
        return np.tanh(x)


class Plain(enum.Enum):
    ONE, TWO = 1, 2


class Labelled(np.ndarray):
    @property
    def doubled(self):
        return np.asarray(self) * 2


class Bag:
    pass


Pair = collections.namedtuple("Pair", "a b")

for _name, _read, _before, _after in [
    ("ufunc", lambda x: G(x), lambda: np.tanh, lambda: np.sin),
    ("NumPy function", lambda x: G(x), lambda: np.sum, lambda: np.max),
    ("builtin", lambda x: x * G(1.0, 2.0), lambda: max, lambda: min),
    ("partial", lambda x: G(x), lambda: functools.partial(np.sin), lambda: functools.partial(np.cos)),
    (
        "partial argument",
        lambda x: G(x),
        lambda: functools.partial(np.power, 2.0),
        lambda: functools.partial(np.power, 3.0),
    ),
    ("strategy object", lambda x: G(x), Relu, Tanh),
    ("strategy class", lambda x: G()(x), lambda: Relu, lambda: Tanh),
    ("bound method", lambda x: G(x), lambda: Relu().__call__, lambda: Tanh().__call__),
    ("bound sum", lambda x: x * G(), lambda: np.ones(2).sum, lambda: np.ones(3).sum),
    ("namedtuple", lambda x: x * G.a + G.b, lambda: Pair(2.0, np.ones(2)), lambda: Pair(5.0, np.zeros(2))),
    ("tuple", lambda x: x * G[0], lambda: (np.ones(2),), lambda: (5 * np.ones(2),)),
    ("nested tuple", lambda x: x * G[0][1], lambda: ((1.0, 2.0),), lambda: ((1.0, 5.0),)),
    ("empty dict", lambda x: x * G.get("k", 1.0), dict, lambda: {"k": 5.0}),
    ("frozenset", lambda x: x * len(G), lambda: frozenset([1]), lambda: frozenset([1, 2])),
    ("negative zero", lambda x: np.copysign(x, G), lambda: 0.0, lambda: -0.0),
    ("NumPy number", lambda x: x * G, lambda: np.float64(2), lambda: np.float64(3)),
    ("NumPy negative zero", lambda x: np.copysign(x, G), lambda: np.float64(0), lambda: np.float64(-0.0)),
    ("bool for int", lambda x: x * 2 if G is True else x, lambda: 1, lambda: True),
    ("string", lambda x: x * len(G), lambda: "a", lambda: "bc"),
    ("enum", lambda x: x * G.value, lambda: Plain.ONE, lambda: Plain.TWO),
    ("slice", lambda x: x[G], lambda: slice(0, 1), lambda: slice(1, 2)),
    ("range", lambda x: x * sum(G), lambda: range(2), lambda: range(5)),
    ("fraction", lambda x: x * float(G), lambda: Fraction(1, 2), lambda: Fraction(1, 3)),
    ("dtype", lambda x: x.astype(G), lambda: np.dtype("f4"), lambda: np.dtype("i4")),
    ("type", lambda x: (x * 1.5).astype(G), lambda: np.float64, lambda: np.int64),
    ("ellipsis", lambda x: x[G], lambda: ..., lambda: None),
    ("array", lambda x: x * np.exp(G), lambda: np.ones(2), lambda: np.zeros(2)),
    ("shape", lambda x: x * G.sum(), lambda: np.ones(2), lambda: np.ones(3)),
    ("array subclass", lambda x: x * G.sum(), lambda: np.ones(1).view(Labelled), lambda: np.zeros(1).view(Labelled)),
    ("None", lambda x: x if G is None else x * G, lambda: None, lambda: 3.0),
    ("shadowed builtin", lambda x: x * abs(-2.0), lambda: 0, lambda: globals().__setitem__("abs", lambda v: 7.0)),
]:
    CASES[f"global {_name} replaced"] = of_globals("G", _read, _before, _after)

for _name, _read, _before, _change in [
    ("list grows from nothing", lambda x: sum(H) + x, list, lambda h: h.append(5.0)),
    ("dict grows from nothing", lambda x: x * H.get("k", 1.0), dict, lambda h: h.update(k=5.0)),
    ("long list of numbers", lambda x: sum(H) * x, lambda: [1.0] * 20, lambda h: h.__setitem__(7, 2.0)),
    ("list of lists", lambda x: x * H[0][1], lambda: [[1.0, 2.0]], lambda h: h[0].__setitem__(1, 5.0)),
    (
        "dict in dict",
        lambda x: x * H["a"]["b"],
        lambda: {"a": {"b": np.ones(2)}},
        lambda h: h.update(a={"b": np.zeros(2)}),
    ),
    ("function in dict", lambda x: H["act"](x), lambda: {"act": np.tanh}, lambda h: h.update(act=np.sin)),
    ("order of a dict", lambda x: x * next(iter(H)), lambda: {2.0: 0, 3.0: 0}, lambda h: h.update({2.0: h.pop(2.0)})),
    ("OrderedDict", lambda x: x * H["r"], lambda: collections.OrderedDict(r=2.0), lambda h: h.update(r=5.0)),
    (
        "array in OrderedDict",
        lambda x: x * np.exp(H["r"]),
        lambda: collections.OrderedDict(r=np.ones(2)),
        lambda h: h.update(r=np.zeros(2)),
    ),
    ("defaultdict", lambda x: x * H["r"], lambda: collections.defaultdict(float, r=2.0), lambda h: h.update(r=5.0)),
    ("deque", lambda x: x * H[0], lambda: collections.deque([2.0]), lambda h: h.appendleft(5.0)),
    ("deque of arrays", lambda x: x * sum(H), lambda: collections.deque([np.ones(2)]), lambda h: h.append(np.ones(2))),
    ("set", lambda x: x * sum(H), lambda: {1.0}, lambda h: h.add(2.0)),
    ("array in a namedtuple", lambda x: x * np.exp(H.b), lambda: Pair(2.0, np.ones(2)), lambda h: h.b.fill(3)),
    (
        "object in a set",
        lambda x: x * sum(h.k for h in H),
        lambda: {_bag(k=2.0)},
        lambda h: setattr(next(iter(h)), "k", 3.0),
    ),
    (
        "array of an object in a set",
        lambda x: x * sum(h.k * 2 for h in H),
        lambda: {_bag(k=np.ones(2))},
        lambda h: next(iter(h)).k.fill(3),
    ),
    ("namespace", lambda x: x * H.r, lambda: types.SimpleNamespace(r=2.0), lambda h: setattr(h, "r", 5.0)),
    (
        "array in a namespace",
        lambda x: x * np.exp(H.r),
        lambda: types.SimpleNamespace(r=np.ones(2)),
        lambda h: setattr(h, "r", np.zeros(2)),
    ),
    (
        "elements in a namespace",
        lambda x: x * np.exp(H.r),
        lambda: types.SimpleNamespace(r=np.ones(2)),
        lambda h: h.r.fill(3),
    ),
    ("function in an object", lambda x: H.act(x), lambda: _bag(act=np.tanh), lambda h: setattr(h, "act", np.sin)),
    (
        "attribute that comes",
        lambda x: x * H.w + getattr(H, "bias", 0.0),
        lambda: _bag(w=np.ones(2)),
        lambda h: setattr(h, "bias", 1.0),
    ),
    ("object in a list", lambda x: x * H[0].w, lambda: [_bag(w=np.ones(2))], lambda h: setattr(h[0], "w", np.zeros(2))),
    ("bound method of an array", lambda x: x * H(), lambda: np.ones(2).sum, lambda h: h.__self__.fill(9)),
    ("array in a list subclass", lambda x: x * (H[0] * 2), lambda: Rows([np.ones(2)]), lambda h: h[0].fill(9)),
    (
        "elements of an array subclass",
        lambda x: x * (H.doubled * 2),
        lambda: np.ones(2).view(Labelled),
        lambda h: h.fill(9),
    ),
    (
        "array of a masked array",
        lambda x: x * (H.data * 2),
        lambda: np.ma.array([1.0, 2.0]),
        lambda h: h.__setitem__(0, 9.0),
    ),
]:
    CASES[_name] = of_object("H", _read, _before, _change)


class Rows(list):
    pass


def _bag(**attributes):
    bag = Bag()
    bag.__dict__.update(attributes)
    return bag


@case
def ufunc_in_a_closure():
    act = np.tanh

    def change():
        nonlocal act
        act = np.sin

    return lambda x: act(x), change


@case
def empty_cell_that_is_filled_in_another_way():
    def f(x):
        try:
            return x * late
        except NameError:
            return x

    def change():
        nonlocal late
        late = 2.0

    late = None
    del late
    return f, change


@case
def ufunc_as_a_default():
    def f(x, act=np.tanh):
        return act(x)

    return f, lambda: setattr(f, "__defaults__", (np.sin,))


@case
def number_as_a_keyword_default():
    def f(x, *, k=2.0):
        return x * k

    return f, lambda: f.__kwdefaults__.update(k=7.0)


@case
def array_as_a_keyword_default():
    def f(x, *, s=np.ones(2)):  # noqa: B008
        return x * np.exp(s)

    return f, lambda: f.__kwdefaults__["s"].fill(3)


def times_two(x):
    return x * 2


@case
def code_of_a_function_as_autoreload_does_it():
    times_two.__code__ = (lambda x: x * 2).__code__  # as it was, whoever was here before
    return lambda x: times_two(x), lambda: setattr(times_two, "__code__", (lambda x: x * 3).__code__)


@case
def attribute_of_a_function():
    def f(x):
        return x * f.rate

    f.rate = 2.0
    return f, lambda: setattr(f, "rate", 3.0)


class Config:
    rate = 2.0
    W = np.ones(2)

    def helper(self, x):
        return x * 2


class Derived(Config):
    pass


def _class_case(name, read, change):
    def make():
        Config.rate, Config.W = 2.0, np.ones(2)
        Config.helper = lambda self, x: x * 2
        return read, change

    CASES[name] = make


_class_case("class attribute", lambda x: x * Config.rate, lambda: setattr(Config, "rate", 5.0))
_class_case("class attribute by an instance", lambda x: x * _INSTANCE.rate, lambda: setattr(Config, "rate", 6.0))
_class_case("class array replaced", lambda x: x * Config.W, lambda: setattr(Config, "W", np.zeros(2)))
_class_case(
    "class array replaced, by an instance", lambda x: x * _INSTANCE.W, lambda: setattr(Config, "W", np.zeros(2))
)
_class_case("class array in place", lambda x: x * Config.W, lambda: Config.W.fill(7))
_class_case("class array in place, computed with", lambda x: x * (Config.W * 2), lambda: Config.W.fill(7))
_class_case("class array of a base class", lambda x: x * (Derived.W * 2), lambda: Config.W.fill(7))
_class_case(
    "method of a class replaced", lambda x: _INSTANCE.helper(x), lambda: setattr(Config, "helper", lambda s, x: x * 5)
)
_class_case("instance attribute before the class's", lambda x: x * _fresh().rate, lambda: setattr(Config, "rate", 4.0))
_INSTANCE = Derived()


def _fresh():
    return Config()


@case
def attribute_that_hides_that_of_the_class():
    instance = Config()
    Config.rate = 2.0
    return lambda x: x * instance.rate, lambda: setattr(instance, "rate", 9.0)


SCALE, DATA = 2.0, np.ones(2)


class Model:
    def __init__(self):
        self.w = np.ones(2)

    def forward(self, x):
        return self.act(x * self.w)

    def act(self, z):
        return z * SCALE

    def data(self, x):
        return self.times(x)

    def times(self, x):
        return x * np.exp(DATA)

    def __call__(self, x):
        return x * SCALE

    def __matmul__(self, x):
        return x * np.exp(DATA)

    @property
    def scale(self):
        return SCALE

    @staticmethod
    def static(x):
        return x * SCALE

    @classmethod
    def of_class(cls, x):
        return x * np.exp(DATA)


class Child(Model):
    def act(self, z):
        return super().act(z) * 2

    def times(self, x):
        return super().times(x) * 2


@dataclasses.dataclass(slots=True)
class Slots:
    a: float
    w: object

    def scaled(self, x):
        return x * np.exp(DATA) * self.a


def _fill_scale():
    globals().update(SCALE=5.0)


def _replace_data():
    globals().update(DATA=np.zeros(2))


def _model_case(name, make, change):
    def begin():
        globals().update(SCALE=2.0, DATA=np.ones(2), MODEL=Model(), CHILD=Child(), SLOTS=Slots(2.0, np.ones(2)))
        return make(), change

    CASES[name] = begin


for _change, _what in ((_fill_scale, "number"), (_replace_data, "array"), (lambda: DATA.fill(3), "elements")):
    _suffix = "forward" if _what == "number" else "data"
    _model_case(f"{_what} read in a helper method", lambda s=_suffix: getattr(Model(), s), _change)
    _model_case(f"{_what} read in a parent's method", lambda s=_suffix: getattr(Child(), s), _change)
    _model_case(
        f"{_what} read in a method of a captured object",
        lambda s=_suffix: (lambda x: MODEL.forward(x)) if s == "forward" else (lambda x: CHILD.data(x)),
        _change,
    )
_model_case("number read in __call__", lambda: Model(), _fill_scale)
_model_case("number read in __call__ of a captured object", lambda: lambda x: MODEL(x), _fill_scale)
_model_case("array read by an operator", lambda: lambda x: MODEL @ x, _replace_data)
_model_case("number read in a property", lambda: lambda x: MODEL.scale * x, _fill_scale)
_model_case("number read in a static method", lambda: lambda x: Model.static(x), _fill_scale)
_model_case("array read in a class method", lambda: lambda x: MODEL.of_class(x), lambda: DATA.fill(3))
_model_case("array read in a class method, by the class", lambda: Model.of_class, lambda: DATA.fill(3))
_model_case("array read in a method of a new object", lambda: lambda x: Model().data(x), _replace_data)
_model_case("number in a slot", lambda: lambda x: x * SLOTS.a, lambda: setattr(SLOTS, "a", 5.0))
_model_case("array in a slot", lambda: lambda x: x * np.exp(SLOTS.w), lambda: setattr(SLOTS, "w", np.zeros(2)))
_model_case("elements in a slot", lambda: lambda x: x * np.exp(SLOTS.w), lambda: SLOTS.w.fill(3))
_model_case("array read in a method of a slotted object", lambda: lambda x: SLOTS.scaled(x), lambda: DATA.fill(3))


@case
def generator_function_over_a_global_list():
    globals()["ROWS"] = [1.0]
    return lambda x: sum(x * w for w in _rows()), lambda: ROWS.append(2.0)


def _rows():
    yield from ROWS


@case
def recursion_over_a_global_array():
    globals()["DATA"] = np.ones(2)
    return lambda x: _again(x, 3), lambda: DATA.fill(2)


def _again(x, n):
    return x if n == 0 else _again(x * np.exp(DATA), n - 1)


@case
def one_array_by_two_names_of_which_one_is_replaced():
    one = two = np.ones(2)

    def change():
        nonlocal two
        two = np.zeros(2)

    return lambda x: one * x + two, change


@case
def objects_that_point_at_each_other():
    parent, child = Bag(), Bag()
    parent.child, child.parent, parent.w, child.k = child, parent, np.ones(2), 2.0
    return lambda x: x * parent.child.parent.w * child.k, lambda: setattr(parent, "w", np.zeros(2))


@case
def array_that_grows_in_place():
    state = {"w": np.ones(2)}
    return lambda x: x * np.sum(state["w"]), lambda: state.update(w=np.ones(4))


class Open(dict):
    def __getattr__(self, name):
        return self[name]


@case
def dict_whose_items_are_attributes():
    settings = Open(rate=2.0, W=np.ones(2))
    return lambda x: x * settings.rate * np.exp(settings.W), lambda: settings["W"].fill(3)


@case
def many_numbers_in_a_dict():
    table = {str(i): float(i) for i in range(100)}
    return lambda x: x * table["7"], lambda: table.update({"7": 3.0})


@case
def object_by_a_weak_reference():
    bag = _bag(w=np.ones(2))
    reference = weakref.ref(bag)
    return lambda x: x * np.exp(reference().w * 2), lambda: setattr(bag, "w", np.zeros(2))


@case
def name_in_globals():
    globals()["SCALE"] = 2.0
    return lambda x: x * globals()["SCALE"], _fill_scale


@case
def object_that_passes_on_to_another():
    class Proxy:
        def __init__(self, of):
            self._of = of

        def __getattr__(self, name):
            return getattr(self._of, name)

    bag = _bag(w=np.ones(2))
    proxy = Proxy(bag)
    return lambda x: x * np.exp(proxy.w), lambda: setattr(bag, "w", np.zeros(2))


@case
def descriptor_that_reads_a_global():
    globals()["SCALE"] = 2.0

    class Reading:
        def __get__(self, owner, kind):
            return SCALE

    class Owner:
        k = Reading()

    owner = Owner()
    return lambda x: x * owner.k, _fill_scale


@case
def attributes_by_vars():
    bag = _bag(v=np.ones(2), w=np.ones(2))
    return lambda x: x * sum(np.exp(v) for v in vars(bag).values()), lambda: bag.w.fill(3)


class Way(enum.Enum):
    FIRST = 1

    def act(self, x):
        return x * SCALE


@case
def global_in_a_method_of_an_enum():
    globals()["SCALE"] = 2.0
    return lambda x: Way.FIRST.act(x), _fill_scale


@case
def variable_of_the_environment():
    os.environ["A_SCALE_OF_THE_TESTS"] = "2"
    return (
        lambda x: x * float(os.environ["A_SCALE_OF_THE_TESTS"]),
        lambda: os.environ.update(A_SCALE_OF_THE_TESTS="3"),
    )
