"""Functions that change what they close over: each case makes one, and says where to look for what it has done."""

import collections
import itertools
import types

import numpy as np

CASES = {}


def case(make):
    """A function that returns (f, look): what is to be compiled, and what its surroundings look like."""
    CASES[make.__name__.replace("_", " ")] = make
    return make


class Model:
    total = 0

    def __init__(self):
        self.w, self.steps, self.log = np.ones(2), 0, []

    def step(self, x):
        self.w = self.w - 0.1 * x
        return np.sum(self.w)

    def count(self, x):
        self.steps += 1
        return np.sum(self.w * x)

    def indirectly(self, x):
        setattr(self, "steps", 3)  # noqa: B010
        return np.sum(self.w * x)

    def note(self, x):
        self.log.append(1.0)
        return np.sum(self.w * x)

    def of_class(self, x):
        type(self).total += 1
        return np.sum(self.w * x)

    def by_name(self, x):
        Model.total += 1
        return np.sum(self.w * x)

    def new(self, x):
        self.fresh = x
        return x * self.w


class Slotted:
    __slots__ = ("w",)

    def __init__(self):
        self.w = np.ones(2)

    def step(self, x):
        self.w = self.w - x
        return np.sum(self.w)


for _name in ("step", "count", "indirectly", "note", "of_class", "by_name", "new"):

    def _make(name=_name):
        model = Model()
        Model.total = 0
        return getattr(model, name), lambda: (dict(vars(model)), list(model.log), Model.total)

    CASES[f"method {_name}"] = _make


@case
def method_of_an_object_with_slots():
    model = Slotted()
    return model.step, lambda: model.w


@case
def item_of_a_dict():
    state = {"w": np.ones(2)}

    def f(x):
        state["w"] = state["w"] - 0.1 * x
        return np.sum(state["w"])

    return f, lambda: dict(state)


@case
def key_that_goes():
    state = {"w": np.ones(2), "k": 1.0}

    def f(x):
        return np.sum(state["w"]) * state.pop("k", 3.0) * x

    return f, lambda: dict(state)


@case
def variable_of_a_closure():
    w = np.ones(2)

    def f(x):
        nonlocal w
        w = w - 0.1 * x
        return np.sum(w)

    return f, lambda: w


@case
def variable_of_a_closure_in_a_helper():
    w = np.ones(2)

    def step(x):
        nonlocal w
        w = w - 0.1 * x

    def f(x):
        step(x)
        return np.sum(w)

    return f, lambda: w


W = np.ones(2)


@case
def global_variable():
    globals()["W"] = np.ones(2)

    def f(x):
        global W
        W = W - 0.1 * x
        return np.sum(W)

    return f, lambda: W


@case
def global_variable_that_was_not_there():
    globals().pop("FRESH", None)

    def f(x):
        global FRESH
        FRESH = x
        return x * 2

    return f, lambda: globals().get("FRESH")


@case
def list_of_arrays():
    history = [np.ones(2)]

    def f(x):
        history.append(x * 2)
        return np.sum(history[0] * x)

    return f, lambda: list(history)


@case
def list_of_nothing():
    history = []

    def f(x):
        history.append(x)
        return x * 2

    return f, lambda: list(history)


@case
def list_of_nothing_and_an_error():
    history = []

    def f(x):
        history.append(x)
        return x if np.sum(x) > 100 else x * 2

    return f, lambda: list(history)


@case
def attribute_of_a_namespace():
    n = types.SimpleNamespace(w=np.ones(2), steps=0)

    def f(x):
        n.steps = n.steps + 1
        return n.w * x

    return f, lambda: dict(vars(n))


@case
def deque_that_forgets():
    last = collections.deque([np.ones(2)], maxlen=1)

    def f(x):
        last.append(x)
        return x * 2

    return f, lambda: list(last)


@case
def set_that_grows():
    seen = set()

    def f(x):
        seen.add(len(seen))
        return x * 2

    return f, lambda: set(seen)


@case
def memory_of_a_function():
    def f(x):
        f.last = x
        return x * 2

    return f, lambda: getattr(f, "last", None)


@case
def elements_of_a_class_array():
    class Store:
        W = np.ones(2)

    def f(x):
        Store.W[0] += 1.0
        return x * 2

    return f, lambda: Store.W.copy()


@case
def counter_that_is_advanced():
    counter = itertools.count()
    return (lambda x: x * next(counter)), lambda: repr(counter)
