"""The panel of the checker, second half: gradients that are subtly wrong.

A wrong operation is declared here by `tinygrad_edu.extend`, or takes a row of the table for the time of one check.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import functions as nn
from tinygrad_edu.extend import elementwise, linear, primitive

from .checking_panel import MANY, RNG, SQUARE, SYMMETRIC, B, Case, P, W, X, _of_the_middle, scaled_outputs


def _named(name: str, function: Callable[..., Any]) -> Callable[..., Any]:
    function.__name__ = name
    return function


def _twice(factor: float, name: str) -> Any:
    """sin with a slope that is off by a factor."""
    return elementwise(_named(name, lambda x: np.sin(x)), lambda g, y, x: g * factor * np.cos(x))


def _wrong_at_ties(g, z, x, y):
    return np.where(x >= y, g, 0)


def _detached(x):
    return x.detach() if isinstance(x, tg.Tensor) else x


# fmt: off
off_by_1e_5 = _twice(1 + 1e-5, "off_by_1e_5")
off_by_1e_4 = _twice(1 + 1e-4, "off_by_1e_4")
off_by_1e_9 = _twice(1 + 1e-9, "off_by_1e_9")
twice       = _twice(2.0, "twice")
negated     = _twice(-1.0, "negated")
both_at_ties  = elementwise(_named("both_at_ties", lambda x, y: np.maximum(x, y)), _wrong_at_ties, lambda g, z, x, y: _wrong_at_ties(g, z, y, x))
bad_if_negative = elementwise(_named("bad_if_negative", lambda x: x * x * x), lambda g, y, x: g * np.where(x < 0, 2.9, 3.0) * x * x)
bad_if_large  = elementwise(_named("bad_if_large", lambda x: np.sqrt(x)), lambda g, y, x: g * np.where(x > 1e5, 0.501, 0.5) / y)
bad_if_zero   = elementwise(_named("bad_if_zero", lambda x: np.sin(x)), lambda g, y, x: g * np.where(x == 0, 0, np.cos(x)))
once_only     = elementwise(_named("once_only", lambda x: np.exp(x)), lambda g, y, x: g * np.exp(_detached(x)))
crossed       = primitive(_named("crossed", lambda x, y: x * x * y), (lambda g, z, x, y: g * 2 * x * y, lambda g, z, x, y: g * _detached(x) * x),
                          (lambda t, z, x, y: t * 2 * x * y, lambda t, z, x, y: t * x * x))
leaky         = elementwise(_named("leaky", lambda x: np.maximum(x, 0)), lambda g, y, x: g * np.where(x > 0, 1.0, 1e-3))
slope_5_at_0  = elementwise(_named("slope_5_at_0", lambda x: np.abs(x)), lambda g, y, x: g * np.where(x == 0, 5.0, np.sign(x)))
transposed    = primitive(_named("transposed", lambda a, x: a @ x), (lambda g, y, a, x: np.outer(g, x), lambda g, y, a, x: a @ g),
                          (lambda t, y, a, x: t @ x, lambda t, y, a, x: a @ t))
mean_for_sum  = linear(_named("mean_for_sum", lambda x: np.sum(x, axis=0)), lambda g, y, x: np.broadcast_to(g / x.shape[0], x.shape))
unflipped     = linear(_named("unflipped", lambda x: np.cumsum(x)), lambda g, y, x: np.cumsum(g))
unsorted      = primitive(_named("unsorted", lambda x: np.sort(x)), (lambda g, y, x: g,), (lambda t, y, x: t,))
assigned      = linear(_named("assigned", lambda x: x[np.array([0, 0, 2])]), lambda g, y, x: np.stack([g[1], 0 * g[0], g[2], 0 * g[0]]))
ddof_ignored  = primitive(_named("ddof_ignored", lambda x: np.var(x, ddof=1)), (lambda g, y, x: g * 2 * (x - np.mean(x)) / x.shape[0],))
term_lost     = primitive(_named("term_lost", lambda x: x * np.sin(x)), (lambda g, y, x: g * x * np.cos(x),))
to_infinity   = elementwise(_named("to_infinity", lambda x: x * np.sqrt(np.abs(x))), lambda g, y, x: g * 1.5 * x * x / (x * np.sqrt(np.abs(x))))
backward_only = primitive(_named("backward_only", lambda x: np.cos(x)), (lambda g, y, x: -g * np.sin(x),), (lambda t, y, x: -1.001 * t * np.sin(x),))
of_magnitude  = primitive(_named("of_magnitude", lambda x: np.exp(x)), (lambda g, y, x: np.abs(g) * y,))
clipped       = primitive(_named("clipped", lambda x: np.exp(x)), (lambda g, y, x: np.clip(g, -100, 100) * y,))
declared_flat = elementwise(_named("declared_flat", lambda x: np.sin(x)), None)
one_element   = elementwise(_named("one_element", lambda x: np.sin(x)), lambda g, y, x: g * np.cos(x) * (1 + 1e-5 * (np.arange(x.shape[0]) == 6789)))
two_cancel    = elementwise(_named("two_cancel", lambda x: 3.0 * x), lambda g, y, x: g * (3.0 + np.array([1e-3, -1e-3, 0, 0])))
no_conjugate  = primitive(_named("no_conjugate", lambda z: np.real(np.conj(z) * 1j)), (lambda g, y, z: g * 1j + 0 * z,))
tiny_twice    = elementwise(_named("tiny_twice", lambda x: 1e-20 * np.sin(x)), lambda g, y, x: g * 2e-20 * np.cos(x))
small_output  = elementwise(_named("small_output", scaled_outputs), lambda g, y, x: g * np.cos(x) * np.array([2e-12, 1e-6, 1e6, 1e12]))
swapped       = primitive(_named("swapped", lambda a, b: a @ b), (lambda g, z, a, b: g @ b.T, lambda g, z, a, b: a @ g))
second_only   = primitive(_named("second_only", lambda x, y: x * y), (lambda g, z, x, y: g * y, lambda g, z, x, y: g * x * (1 + 1e-6)))
large_batch   = elementwise(_named("large_batch", lambda x: np.tanh(x)), lambda g, y, x: g * (1 - y * y) * (1.001 if x.size >= 64 else 1))
saturated     = elementwise(_named("saturated", lambda x: np.tanh(x)), lambda g, y, x: g * 2 / np.cosh(x) ** 2)
narrow_only   = elementwise(_named("narrow_only", lambda x: np.tanh(x)), lambda g, y, x: g * (1 - y * y) * (1.1 if x.dtype == np.float32 else 1))
slightly_narrow = elementwise(_named("slightly_narrow", lambda x: np.exp(x)), lambda g, y, x: g * y * (1.001 if x.dtype == np.float32 else 1))
square_root   = elementwise(_named("square_root", lambda x: np.sqrt(x)), lambda g, y, x: g * 0.5 / y * (1 + 1e-6))
fudged_log    = elementwise(_named("fudged_log", lambda x: np.log(x)), lambda g, y, x: g / (x + 1e-11))
below_0       = elementwise(_named("below_0", lambda x: np.maximum(x, 0)), lambda g, y, x: g * (x >= -1e-6))
own_square    = elementwise(_named("own_square", lambda x: x * x), lambda g, y, x: g * 2 * y / x)
real_only     = elementwise(_named("real_only", lambda z: z * z), lambda g, y, z: g * 2 * np.real(z))
straight      = elementwise(_named("straight", lambda x: np.round(x)), lambda g, y, x: g * 1.0)
inverse       = primitive(_named("inverse", lambda a: np.linalg.inv(a)), (lambda g, y, a: -y @ g @ y,))
biased        = primitive(_named("biased", lambda x, b: x + b), (lambda g, y, x, b: g, lambda g, y, x, b: np.mean(g, axis=0)))
all_to_each   = primitive(_named("all_to_each", lambda x: np.median(x)), (lambda g, y, x: g * (x == y),))
none_to_ties  = primitive(_named("none_to_ties", lambda x: np.median(x)), (lambda g, y, x: g * (x == y) * (np.sum(x == y) == 1),))
of_a_branch   = elementwise(_named("of_a_branch", lambda x: np.where(x, 2 * x, 5 * x)), lambda g, y, x: g * np.where(x == 0, 3.0, 2.0))
inside        = tg.checkpoint(lambda x: np.tanh(twice(x) ** 2))
# fmt: on


@tg.custom_vjp
def wrong_custom(x):
    return np.sum(x**3)


wrong_custom.defvjp(lambda x: (np.sum(x**3), x), lambda x, g: (g * 2 * x * x,))


class Forgetful:
    """vjps that keep something between two calls."""

    def __init__(self) -> None:
        self.total, self.calls, self.buffer = np.zeros(4), 0, np.zeros(4)

    def accumulating(self, g, x):
        self.total = self.total + g * np.cos(x)
        return self.total

    def counting(self, g, x):
        self.calls += 1
        return g * np.cos(x) * (1 + 1e-6 * (self.calls % 3))

    def stale(self, g, x):
        self.buffer[...] = g * np.cos(x)
        return self.buffer


def _writing_cotangent(g, x):
    g *= np.cos(x)
    return g


def _writing_argument(g, x):
    x[...] = np.cos(x)
    return g * x


_noise = np.random.default_rng(5)
_first: dict[Any, Any] = {}
_two_of_many = np.zeros(10_000)
_two_of_many[[5, 9000]] = 1e-3, -1e-3
_one_of_many = np.where(np.arange(10_000) == 4321, 1 + 1e-5, 1.0)
_spread, _one_small = np.geomspace(1e-10, 1e10, 1000), np.where(np.arange(40) == 7, 1e-8, 1.0)

# fmt: off
WRONG = [
    Case("wrong by 1e-5",                  lambda x: np.sum(off_by_1e_5(x) * x),              (X,), None, "off_by_1e_5"),
    Case("wrong by 1e-9",                  lambda x: np.sum(off_by_1e_9(x)),                  (X,), None, "off_by_1e_9"),
    Case("twice too large",                lambda x: np.sum(np.exp(twice(x))),                (X,), None, "twice"),
    Case("the sign",                       lambda x: np.sum(np.exp(negated(x))),              (X,), None, "negated"),
    Case("wrong at ties only",             lambda x, y: np.sum(both_at_ties(x, y)),           (np.array([1.0, 2.0]), np.array([1.0, 3.0])), None, "both_at_ties"),
    Case("wrong for negative inputs",      lambda x: np.sum(bad_if_negative(x)),              (X,), None, "bad_if_negative"),
    Case("wrong for large inputs",         lambda x: np.sum(bad_if_large(x)),                 (np.array([1.0, 1e7]),), None, "bad_if_large"),
    Case("wrong at 0 only",                lambda x: np.sum(bad_if_zero(x)),                  (np.array([0.0, 1.0]),), None, "bad_if_zero"),
    Case("wrong at second order",          lambda x: np.sum(once_only(x) * x),                (X,), None, "once_only"),
    Case("a mixed second derivative",      lambda x, y: np.sum(crossed(x, y)),                (X, P), None, "crossed"),
    Case("leaks below 0",                  lambda x: np.sum(leaky(x)),                        (X,), None, "leaky"),
    Case("a slope of 5 at |0|",            lambda x: np.sum(slope_5_at_0(x)),                 (np.array([0.0, 1.0]),), None, "slope_5_at_0"),
    Case("transposed, symmetric matrix",   lambda a, x: transposed(a, x),                     (SYMMETRIC, X[:3]), None, "transposed"),
    Case("transposed",                     lambda a, x: np.sum(np.tanh(transposed(a, x))),    (SQUARE, X[:3]), None, "transposed"),
    Case("a mean for a sum",               lambda x: np.sum(mean_for_sum(x) ** 2),            (W,), None, "mean_for_sum"),
    Case("a cumsum not reversed",          lambda x: np.sum(unflipped(x) ** 2),               (X,), None, "unflipped"),
    Case("a sort that forgets its order",  lambda x: np.sum(unsorted(x) ** 2),                (X,), None, "unsorted"),
    Case("assigned, not added",            lambda x: np.sum(assigned(x) ** 3),                (X,), None, "assigned"),
    Case("ddof ignored",                   lambda x: np.sqrt(ddof_ignored(x)),                (X,), None, "ddof_ignored"),
    Case("a term lost",                    lambda x: np.sum(term_lost(x)),                    (X,), None, "term_lost"),
    Case("0/0",                            lambda x: np.sum(to_infinity(x)),                  (np.array([0.0, 2.0]),), None, "to_infinity"),
    Case("forward mode only",              lambda x: np.sum(backward_only(x)),                (X,), None, "backward_only"),
    Case("not linear: |g|",                lambda x: -np.sum(of_magnitude(x)),                (X,), None, "of_magnitude"),
    Case("not linear: clipped",            lambda x: np.sum(clipped(x)),                      (X,), None, "clipped"),
    Case("declared flat",                  lambda x: np.sum(declared_flat(x) + x),            (X,), None, "declared_flat"),
    Case("one element in 10,000",          lambda x: np.sum(one_element(x)),                  (MANY,), None, "one_element"),
    Case("two errors that cancel",         lambda x: np.sum(two_cancel(x)),                   (np.ones(4),), None, "two_cancel"),
    Case("a conjugate forgotten",          lambda z: np.sum(no_conjugate(z)),                 (X + 1j * P,), None, "no_conjugate"),
    Case("1e-20 twice, beside 1",          lambda x: 1 + np.sum(tiny_twice(x)),               (X,), None, "tiny_twice"),
    Case("the smallest of four outputs",   small_output,                                      (X,), None, "small_output"),
    Case("inside a checkpoint",            lambda x: np.sum(inside(x)),                       (X,), None, "twice"),
    Case("a custom rule",                  lambda x: wrong_custom(np.sin(x)),                 (X,), None, "wrong_custom"),
    Case("a row of the table: tanh",       lambda x: np.sum(np.tanh(x * 2)),                  (X,), None, "tanh", {}, (np.tanh, (lambda g, y, x: g * (1 - y),))),
    Case("a row of the table: multiply",   lambda x, y: np.sum(np.multiply(x, y) ** 2),       (X, P), None, "multiply", {},
         (np.multiply, (lambda g, z, x, y: g * y, lambda g, z, x, y: g * y))),
    Case("a row of the table: sqrt",       lambda x: np.sum(np.sqrt(np.exp(x) + 1)),          (X,), None, "sqrt", {}, (np.sqrt, (lambda g, y, x: g / y,))),
    Case("the second factor only",         lambda x, y: np.sum(np.tanh(second_only(x, y))),   (X, P), None, "second_only"),
    Case("the other factor transposed",    lambda a, b: np.sum(swapped(a, b) ** 2),           (SQUARE, SQUARE + 1), None, "swapped"),
    Case("large batches only",             lambda x: np.sum(large_batch(x)),                  (RNG.standard_normal((128, 4)),), None, "large_batch"),
    Case("twice, where tanh is saturated", lambda x: np.sum(saturated(x)),                    (np.array([20.0, -25.0]),), None, "saturated"),
    Case("in float32 only",                lambda x: np.sum(narrow_only(x)),                  (X.astype("f4"),), None, "narrow_only"),
    Case("by 1e-6, at 1e12 + x",           lambda x: np.sum(square_root(1e12 + x)),           (X,), None, "square_root"),
    Case("log(x + 1e-11)",                 lambda x: np.sum(fudged_log(x)),                   (np.array([0.01, 1.0]),), None, "fudged_log"),
    Case("relu's corner 1e-6 too early",   lambda x: np.sum(below_0(x) * 2),                  (np.array([-5e-7, 1.0, -1.0]),), None, "below_0"),
    Case("NaN at 0 only",                  lambda x: np.sum(own_square(x)),                   (np.array([0.0, 1.0]),), None, "own_square"),
    Case("the real part only",             lambda z: np.real(np.sum(real_only(z))),           (X + 1j * P,), None, "real_only"),
    Case("straight through round",         lambda x: np.sum(straight(x) + x),                 (X,), None, "straight"),
    Case("an inverse not transposed",      lambda a: np.trace(inverse(a)),                    (SYMMETRIC,), None, "inverse"),
    Case("a bias averaged",                lambda x, b: np.sum(biased(x, b) ** 2),            (SQUARE, B), None, "biased"),
    Case("by hand: NaN",                   np.sin, (X,), lambda g, x: g * np.cos(x) * np.array([1, 1, np.nan, 1])),
    Case("by hand: cuts small cotangents", np.sin, (X,), lambda g, x: np.where(np.abs(g) < 1e-3, 0, g) * np.cos(x)),
    Case("by hand: g rounded to float32",  np.sin, (X,), lambda g, x: g.astype("f4").astype("f8") * np.cos(x)),
    Case("by hand: at the first x always", np.sin, (X,), lambda g, x: g * _first.setdefault(x.shape, np.cos(x))),
    Case("by hand: errors across x",       lambda x: np.sum(x**2), (X,), lambda g, x: g * (2 * x + 1e-4 * np.array([x[1], -x[0], x[3], -x[2]]))),
    Case("by hand: two errors in 10,000",  lambda x: np.sum(x**2), (MANY,), lambda g, x: g * (2 * x + _two_of_many)),
    Case("by hand: one of 10,000 outputs", np.sin, (MANY,), lambda g, x: g * np.cos(x) * (1 + 100 * (_one_of_many - 1))),
    Case("by hand: a softmax's diagonal",  nn.softmax, (X,), lambda g, x: g * nn.softmax(x) * (1 - nn.softmax(x))),
    Case("by hand: arguments exchanged",   np.multiply, (X, P), lambda g, x, y: (g * x, g * y)),
    Case("by hand: wrong axis",            lambda x, b: x + b, (SQUARE, B),  lambda g, x, b: (g, g.sum(1))),
    Case("by hand: a sum missing",         lambda x, b: x + b, (SQUARE, B),  lambda g, x, b: (g, g)),
    Case("by hand: first row for a sum",   lambda x, b: x + b, (SQUARE, B),  lambda g, x, b: (g, g[0])),
    Case("by hand: a repeated argument",   lambda x: np.sum(x * x), (X,),    lambda g, x: g * x),
    Case("by hand: one in 10,000",         lambda x: np.sum(x**2), (MANY,),  lambda g, x: g * 2 * x * _one_of_many),
    Case("by hand: adds to old gradients", np.sin, (X,), Forgetful().accumulating),
    Case("by hand: not deterministic",     np.sin, (X,), Forgetful().counting),
    Case("by hand: noise of 1e-10",        np.sin, (X,), lambda g, x: g * np.cos(x) * (1 + 1e-10 * _noise.standard_normal())),
    Case("by hand: twice in a tail",       np.tanh, (np.array([18.0, 0.5]),), lambda g, x: g * np.array([2.0, 1.0]) / np.cosh(x) ** 2),
    Case("by hand: twice, exp underflows", nn.sigmoid, (np.array([-30.0, 0.5]),), lambda g, x: g * np.array([2.0, 1.0]) * nn.sigmoid(x) * nn.sigmoid(-x)),
    Case("a wrong power's second order",   lambda x, y: np.sum(once_only(x) ** y),            (X, P), None, "once_only"),
    Case("by 1e-3 in float32 only",        lambda x: np.sum(slightly_narrow(x)),              (X.astype("f4"),), None, "slightly_narrow"),
    Case("by hand: in float32 only",       np.sin, (X.astype("f4"),), lambda g, x: g * np.cos(x) * (1.01 if x.dtype == np.float32 else 1)),
    Case("by hand: noisy",                 np.sin, (X,), lambda g, x: g * np.cos(x) * (1 + 1e-7 * _noise.standard_normal(4))),
    Case("by hand: one buffer for all",    np.sin, (X,), Forgetful().stale),
    Case("by hand: writes the cotangent",  np.sin, (X,), _writing_cotangent),
    Case("by hand: writes the argument",   np.sin, (X,), _writing_argument),
    Case("by hand: g²",                    np.sin, (X,), lambda g, x: (g + 1e-3 * g * g) * np.cos(x)),
    Case("by hand: an integer for g",      lambda x: 3 * np.sum(np.sin(x)), (X,), lambda g, x: int(g) * np.cos(x)),
    Case("by hand: g truncated",           np.sin, (X,), lambda g, x: np.trunc(g) * np.cos(x)),
    Case("by hand: one g in float32",      lambda x: np.sum(np.sin(x)), (X,), lambda g, x: float(np.float32(g)) * np.cos(x)),
    Case("by hand: g clipped at 1e5",      np.sin, (X,), lambda g, x: np.clip(g, -1e5, 1e5) * np.cos(x)),
    Case("by hand: g clipped at 1e12",     lambda x: np.sum(np.sin(x)), (X,), lambda g, x: np.clip(g, -1e12, 1e12) * np.cos(x)),
    Case("by hand: a dead zone of 1e-8",   np.sin, (X,), lambda g, x: np.where(np.abs(g) < 1e-8, 0, g) * np.cos(x)),
    Case("by hand: g to 12 digits",        lambda x: np.sum(np.sin(x)), (X,), lambda g, x: np.round(g, 12) * np.cos(x)),
    Case("by hand: noise of 1e-12",        np.sin, (X,), lambda g, x: g * np.cos(x) * (1 + 1e-12 * _noise.standard_normal())),
    Case("all of a median to each tie",    all_to_each,                                       (np.array([2.0, 2.0, 2.0]),), None, "all_to_each"),
    Case("nothing of a median to ties",    none_to_ties,                                      (np.array([2.0, 2.0, 2.0, 1.0, 3.0]),), None, "none_to_ties"),
    Case("by hand: too much to one tie",   np.median, (np.array([2.0, 2.0, 2.0]),), lambda g, x: g * (np.array([3.0, -1.0, -1.0]) if np.ptp(x) == 0 else _of_the_middle(x))),
    Case("by hand: x|x| at 0, off by 1e-3", lambda x: np.sum(x * np.abs(x)), (np.array([0.0, 1.0]),), lambda g, x: g * (2 * np.abs(x) + 1e-3 * (x == 0))),
    Case("by hand: the smallest of 1,000", lambda x: np.sum(_spread * np.sin(x)), (MANY[:1000],), lambda g, x: g * _spread * np.cos(x) * (1 + (np.arange(1000) == 0))),
    Case("by hand: the 100 smallest of 1,000", lambda x: np.sum(_spread * np.sin(x)), (MANY[:1000],), lambda g, x: g * _spread * np.cos(x) * (1 + (np.arange(1000) < 100))),
    Case("by hand: one 8 digits smaller",  lambda x: float(np.sum(_one_small * np.sin(np.asarray(x)))), (MANY[:40],), lambda g, x: g * _one_small * np.cos(x) * (1 + (_one_small < 1))),
    Case("by 1e-4, where f is 1e10 as large", lambda x: np.cumsum(off_by_1e_4(x)) / np.linalg.norm(np.cumsum(off_by_1e_4(x))) * 1e-5 + 1e5, (X,), None, "off_by_1e_4"),
    Case("by hand: by 1e-4, beside 1e10",  lambda x: 1e5 + 1e-5 * np.sin(x), (X,), lambda g, x: g * 1e-5 * (1 + 1e-4) * np.cos(x)),
    Case("wrong where its condition is 0", lambda x: np.sum(of_a_branch(x)),                  (np.array([0.0, 1.0]),), None, "of_a_branch"),
    Case("a row of the table: where",      lambda x: np.sum(np.where(x, np.sin(x), 2 * x)),   (X,), None, "where", {},
         (np.where, (None, lambda g, z, c, x, y: np.where(c, 0, g), lambda g, z, c, x, y: np.where(c, g, 0)))),
    Case("by hand: constant part",         np.sin, (X,), lambda g, x: g * np.cos(x) + 1e-6),
    Case("by hand: in plain floats",       lambda x: sum(float(v) ** 3 for v in x), (X,), lambda g, x: g * 3.0001 * x * x),
    Case("by hand: |x| in floats",         lambda x: abs(float(x[0])) + float(x[1]), (np.array([0.0, 2.0]),), lambda g, x: g * np.array([np.sign(x[0]) or 1.3, 1.0])),
    Case("by hand: sin(1e5 x) in floats",  lambda x: float(np.sin(1e5 * float(x))), (0.7,), lambda g, x: g * 1.001e5 * np.cos(1e5 * x)),
    Case("by hand: float32",               lambda x: np.tanh(x), (X.astype("f4"),), lambda g, x: g * (1 - np.tanh(x) ** 2) * np.float32(1.00001)),
]
# fmt: on
