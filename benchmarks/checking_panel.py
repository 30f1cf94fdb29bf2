"""The panel of the checker: functions whose right gradient is hard to confirm, and gradients that are subtly wrong.

Each case is data: a function, where to check it, for some a vjp of their own, and which operation a failure must name.
`python -m benchmarks.checker` runs them over many seeds. A wrong operation is declared here by `tinygrad_edu.extend`,
or takes a row of the table for the time of one check.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import functions as nn
from tinygrad_edu.extend import elementwise, linear, primitive
from tinygrad_edu.graph import RULES


@dataclass(frozen=True)
class Case:
    """One check.

    Attributes
    ----------
    vjp : callable, optional
        If given, the case is checked by `check_vjp`.
    culprit : str
        The operation that a failure has to name; empty where there is no record to walk.
    expect : str
        Words that the reason of an inconclusive report must hold, for correct cases that cannot be decided.
    replaced : tuple, optional
        A function of the table, and the vjps that take the place of its own.
    """

    name: str
    f: Callable[..., Any]
    args: tuple[Any, ...]
    vjp: Callable[..., Any] | None = None
    culprit: str = ""
    options: dict[str, Any] = field(default_factory=dict)
    replaced: tuple[Any, tuple[Any, ...]] | None = None

    def check(self, seed: int, order: int) -> tg.Report:
        """Check the case once."""
        if self.vjp is not None:
            return tg.check_vjp(self.f, self.args, self.vjp, seed=seed, **self.options)
        with row_replaced(*self.replaced) if self.replaced else row_replaced(None, ()):
            return tg.check(self.f, *self.args, order=order, seed=seed, **self.options)


@contextmanager
def row_replaced(function: Any, vjps: tuple[Any, ...]) -> Iterator[None]:
    """Give a function of the table other rules (the same in both modes, if it is elementwise) inside the block."""
    if function is None:
        yield
        return
    op = RULES[function]
    before = op.vjps, op.jvps, op.reads
    op.vjps, op.reads = vjps, None
    op.jvps = vjps if op.kind == "elementwise" else op.jvps
    try:
        yield
    finally:
        op.vjps, op.jvps, op.reads = before


RNG = np.random.default_rng(20250704)
X = np.array([0.3, -1.2, 2.0, 0.7])
P = np.array([0.4, 1.7, 2.2, 0.9])
W = RNG.standard_normal((4, 3))
B = RNG.standard_normal(3)
MANY = RNG.uniform(0.5, 2.0, 10_000)
SQUARE = RNG.standard_normal((3, 3))
SYMMETRIC = SQUARE + SQUARE.T
SCALES = np.array([1e-8, 1e-3, 1.0, 1e4, 1e10])
LABELS = np.array([0, 2, 1, 2])


def _newton(a: Any) -> Any:
    """The square root by Newton's iteration, as long as it takes."""
    x = 1 + a * 0
    while np.max(np.abs(x * x - a)) > 1e-13 * np.max(np.abs(a)):
        x = 0.5 * (x + a / x)
    return x


@tg.custom_vjp
def right_custom(x):
    return np.sum(x**3)


right_custom.defvjp(lambda x: (np.sum(x**3), x), lambda x, g: (g * 3 * x * x,))


def _scale_outputs(x: Any) -> Any:
    return np.sin(x) * np.array([1e-12, 1e-6, 1e6, 1e12])


_block = tg.checkpoint(lambda x: np.tanh(np.sin(x) ** 2))

# fmt: off
CORRECT = [
    Case("inputs of 1e-8",                   lambda x: np.sum(np.sin(x)),                   (np.array([1e-8, -3e-8]),)),
    Case("a gradient of 1e-8 beside 1",      lambda x: np.sum(np.cos(x)),                   (np.array([1e-8, 2e-8]),)),
    Case("inputs of 1e10",                   lambda x: np.sum(x * x),                       (1e10 * P,)),
    Case("log of 1e10",                      lambda x: np.sum(np.log(x)),                   (1e10 * P,)),
    Case("inputs from 1e-8 to 1e10",         lambda x: np.sum(np.sqrt(x)),                  (SCALES,)),
    Case("float32",                          lambda w, x: np.tanh(x @ w),                   (W.astype("f4"), X.astype("f4"))),
    Case("float32 and a cancellation",       lambda x: np.sum((x + 1e3) - 1e3),             (X.astype("f4"),)),
    Case("rounded to float32 inside",        lambda x: np.sum(np.sin(x.astype("f4")).astype("f8")),  (X,)),
    Case("a kink 1e-7 away",                 lambda x: np.sum(np.maximum(x, 0.5)),          (np.array([0.5 + 1e-7, 0.5 - 3e-7, 2.0]),)),
    Case("sin(1e5 x)",                       lambda x: np.sum(np.sin(1e5 * x)),             (np.array([0.7, 1.3]),)),
    Case("exp(50 x)",                        lambda x: np.sum(np.exp(50 * x)),              (np.array([1.0, -0.5]),)),
    Case("a kink 1e-9 away",                 lambda x: np.sum(nn.relu(x - 1) * x),          (np.array([1 + 1e-9, 1 - 1e-9, 3.0]),)),
    Case("|x| at 0",                         lambda x: np.sum(np.abs(x) * (2 + x)),         (np.array([0.0, 1.5, -1.0]),)),
    Case("relu at 0",                        lambda x: nn.relu(x) * 3,                      (np.array([0.0, 0.0, 1.0]),)),
    Case("a tie of maximum",                 lambda x, y: np.maximum(x, y) ** 2,            (np.array([1.0, 2.0]), np.array([1.0, 3.0]))),
    Case("a tie of max",                     np.max,                                        (np.array([3.0, 1.0, 3.0, 3.0]),)),
    Case("sort with ties",                   lambda x: np.sum(np.sort(x) * np.arange(4.0)), (np.array([2.0, 1.0, 2.0, 0.5]),)),
    Case("10,000 inputs",                    lambda x: np.sum(np.log(x) * x),               (MANY,)),
    Case("10,000 outputs",                   lambda x: np.tanh(x) * x,                      (MANY,)),
    Case("subgradients that do not add up",  lambda x: np.sum(np.clip(x, 0, 1) + np.clip(x, -1, 0)),  (np.array([0.0, 0.4]),)),
    Case("(x + 1e8)² - 1e16",                lambda x: np.sum((x + 1e8) ** 2 - 1e16),       (X,)),
    Case("a cancelling sum",                 lambda x: np.sum(x * np.array([1e9, -1e9, 1.0, 2.0])), (np.array([1.0, 1.0, 0.3, 0.4]),)),
    Case("x - x",                            lambda x: np.sum(x - x),                       (X,)),
    Case("piecewise constant",               lambda x: np.sum(np.floor(x) + 0 * x),         (X,)),
    Case("outputs from 1e-12 to 1e12",       _scale_outputs,                                (X,)),
    Case("an output of 1e-12",               lambda x: 1e-12 * np.sum(np.exp(x)),           (X,)),
    Case("an output of 1e12",                lambda x: 1e12 * np.sum(np.exp(x)),            (X,)),
    Case("saturated tanh",                   lambda x: np.sum(np.tanh(x)),                  (np.array([40.0, -25.0, 0.1]),)),
    Case("the tail of a sigmoid",            lambda x: np.sum(nn.sigmoid(x)),               (np.array([-700.0, -30.0, 1.0]),)),
    Case("sqrt near 0",                      lambda x: np.sum(np.sqrt(x)),                  (np.array([1e-12, 1e-6, 1.0]),)),
    Case("log near 0",                       lambda x: np.sum(np.log(x)),                   (np.array([1e-300, 1e-5]),)),
    Case("arcsin near 1",                    lambda x: np.sum(np.arcsin(x)),                (np.array([1 - 1e-9, 0.2]),)),
    Case("x^1.5 at 0",                       lambda x: np.sum(x**1.5),                      (np.array([0.0, 1.0]),)),
    Case("a large logsumexp",                nn.logsumexp,                                  (np.array([1000.0, 999.0, -1000.0]),)),
    Case("a symmetric point",                lambda a: np.sum(a @ a * SQUARE),              (SYMMETRIC,)),
    Case("logdet of a projected matrix",     lambda a: np.linalg.slogdet(a)[1],             (SYMMETRIC @ SYMMETRIC,), None, "",
                                                                                            {"project": lambda a: (a + a.T) / 2}),
    Case("a repeated argument",              lambda x: np.sum(x * x * np.multiply(x, x)),   (X,)),
    Case("a power spectrum",                 lambda x: np.sum(np.abs(np.fft.rfft(x)) ** 2 * np.arange(3.0)), (X,)),
    Case("complex numbers",                  lambda z: np.real(np.sum(z * z * np.conj(z))), (X + 1j * P,)),
    Case("a tree of parameters",             lambda m, x: np.mean(np.tanh(x @ m["w"] + m["b"]) ** 2), ({"w": W, "b": B}, X.reshape(1, 4))),
    Case("a branch not taken",               lambda x: np.sum(np.where(x > 0, np.sqrt(np.abs(x)), x * x)), (X,)),
    Case("an iteration",                     lambda a: np.sum(_newton(a)),                  (P,)),
    Case("cross entropy of labels",          lambda z: -np.sum(nn.log_softmax(z, axis=1)[np.arange(4), LABELS]), (RNG.standard_normal((4, 3)),)),
    Case("a checkpoint",                     lambda x: np.sum(_block(x)),                   (X,)),
    Case("a custom rule",                    lambda x: right_custom(np.sin(x)),             (X,)),
    Case("a narrow peak",                    lambda x: np.sum(1 / (x * x + 1e-10)),         (np.array([1e-5, 0.5]),)),
    Case("tan near π/2",                     lambda x: np.sum(np.tan(x)),                   (np.array([np.pi / 2 - 1e-6, 0.3]),)),
    Case("a norm",                           lambda x: np.linalg.norm(x),                   (np.array([1e-9, 2e-9]),)),
    Case("a deep chain",                     lambda x: _deep(x),                            (X,)),
    Case("solve, ill-conditioned",           lambda a, b: np.sum(np.linalg.solve(a, b)),    (np.vander(P), X)),
    Case("1e12 + x",                         lambda x: np.sum((1e12 + x) ** 2) * 1e-12,     (X,)),
    Case("inputs of 1e-300",                 lambda x: np.sum(np.sin(x)),                   (np.array([1e-300, 3e-300]),)),
    Case("inputs of 1e300",                  lambda x: np.sum(x * 2),                       (np.array([1e300, -3e300]),)),
    Case("exp beside its overflow",          lambda x: np.sum(np.exp(x - 700)) * 1e300,     (np.array([715.0, 1.0]),)),
    Case("sin(1e8 x)",                       lambda x: np.sum(np.sin(1e8 * x)),             (np.array([0.7]),)),
    Case("a singular determinant",           np.linalg.det,                                 (np.ones((3, 3)),)),
    Case("a variance far from 0",            np.var,                                        (1e8 + X,)),
    Case("the nuclear norm at rank one",     lambda a: np.sum(np.linalg.svd(a, compute_uv=False)), (np.outer(P[:3], [1.0, 1.0, 1.0]),)),
    Case("an error beyond the domain",       lambda x: _guarded(x),                         (X,)),
    Case("a square root guarded by where",   lambda x: np.sum(np.where(x > 0, np.sqrt(np.where(x > 0, x, 1)), 0)), (np.array([-1.0, 1.0, 4.0]),)),
    Case("sqrt at 0, beside others",         lambda x: np.sum(np.sqrt(x)),                  (np.array([0.0, 1.0]),)),
    Case("a tanh that is all saturated",     lambda x: np.sum(np.tanh(x)),                  (np.array([20.0, -25.0]),)),
    Case("kinks that hide each other",       lambda x: np.maximum(x, 0) - np.maximum(-x, 0), (np.array([0.0, 1.0]),)),
    Case("a minimum and a maximum, all tied", lambda x: np.min(x) + np.max(x),              (np.ones(3),)),
    Case("a product with two zeros",         np.prod,                                       (np.array([1.0, 0.0, 0.0, 3.0]),)),
    Case("(1 - cos x) / x²",                 lambda x: np.sum((1 - np.cos(x)) / x**2),      (np.array([1e-4, 1e-3]),)),
    Case("extreme logits",                   lambda z: -np.sum(nn.log_softmax(z, axis=1)[np.arange(2), [0, 1]]), (np.array([[100.0, -100, 0], [3, 1e3, 2]]),)),
    Case("eigenvectors of near eigenvalues", lambda a: np.linalg.eigh((a + a.T) / 2)[1][:, 0] ** 2, (np.diag([1, 1.0001, 2]),)),
    Case("nothing at all",                   lambda x, y: np.sum(x) + np.sum(y**2),         (np.zeros((0, 3)), X)),
    Case("integers",                         lambda x: np.sum(2.0**x),                      (np.array([1, 2, 3]),)),
    Case("a nested result",                  lambda x, y: {"s": np.sum(x * y), "t": [x + y, (y,)]}, (X, P)),
    Case("a long sum in float32",            lambda x: np.mean(x**2),                       (MANY.astype("f4"),)),
    Case("by hand: gradients in a list",     np.multiply,       (X, P),  lambda g, x, y: [g * y, g * x]),
    Case("by hand: a list of numbers",       lambda x: np.sum(x * x), (X,), lambda g, x: [float(2 * g * v) for v in x]),
    Case("by hand: None for no gradient",    lambda x, y: np.sin(x), (X, P), lambda g, x, y: (g * np.cos(x), None)),
    Case("by hand: rounded to 6 digits",     lambda x: float(np.round(np.sum(np.sin(x)), 6)), (X,), lambda g, x: g * np.cos(x)),
    Case("by hand: a product",               np.multiply,       (X, P),  lambda g, x, y: (g * y, g * x)),
    Case("by hand: g itself, twice",         np.add,            (X, P),  lambda g, x, y: (g, g)),
    Case("by hand: a matrix product",        np.matmul,         (SQUARE, W.T), lambda g, a, b: (g @ b.T, a.T @ g)),
    Case("by hand: a bias",                  lambda x, b: x + b, (W, B), lambda g, x, b: (g, g.sum(0))),
    Case("by hand: a softmax",               nn.softmax,        (X,),    lambda g, x: nn.softmax(x) * (g - np.sum(g * nn.softmax(x)))),
    Case("by hand: loops over elements",     lambda x: sum(float(v) ** 3 for v in x), (X,), lambda g, x: g * 3 * x * x),
    Case("by hand: sin(1e5 x) in floats",    lambda x: float(np.sin(1e5 * float(x))), (0.7,), lambda g, x: g * 1e5 * np.cos(1e5 * x)),
    Case("by hand: |x| in floats",           lambda x: abs(float(x[0])) + float(x[1]), (np.array([0.0, 2.0]),), lambda g, x: g * np.array([np.sign(x[0]) or 0.3, 1.0])),
]
# fmt: on


def _guarded(x: Any) -> Any:
    if np.max(x) > 2.05:
        raise RuntimeError("outside of the table")
    return np.sum(np.sin(x))


def _deep(x: Any) -> Any:
    for _ in range(60):
        x = np.sin(x) + 0.5 * x
    return np.sum(x)


# --- wrong ------------------------------------------------------------------------------------------------------------


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
small_output  = elementwise(_named("small_output", _scale_outputs), lambda g, y, x: g * np.cos(x) * np.array([2e-12, 1e-6, 1e6, 1e12]))
swapped       = primitive(_named("swapped", lambda a, b: a @ b), (lambda g, z, a, b: g @ b.T, lambda g, z, a, b: a @ g))
second_only   = primitive(_named("second_only", lambda x, y: x * y), (lambda g, z, x, y: g * y, lambda g, z, x, y: g * x * (1 + 1e-6)))
large_batch   = elementwise(_named("large_batch", lambda x: np.tanh(x)), lambda g, y, x: g * (1 - y * y) * (1.001 if x.size >= 64 else 1))
saturated     = elementwise(_named("saturated", lambda x: np.tanh(x)), lambda g, y, x: g * 2 / np.cosh(x) ** 2)
narrow_only   = elementwise(_named("narrow_only", lambda x: np.tanh(x)), lambda g, y, x: g * (1 - y * y) * (1.1 if x.dtype == np.float32 else 1))
square_root   = elementwise(_named("square_root", lambda x: np.sqrt(x)), lambda g, y, x: g * 0.5 / y * (1 + 1e-6))
fudged_log    = elementwise(_named("fudged_log", lambda x: np.log(x)), lambda g, y, x: g / (x + 1e-11))
below_0       = elementwise(_named("below_0", lambda x: np.maximum(x, 0)), lambda g, y, x: g * (x >= -1e-6))
own_square    = elementwise(_named("own_square", lambda x: x * x), lambda g, y, x: g * 2 * y / x)
real_only     = elementwise(_named("real_only", lambda z: z * z), lambda g, y, z: g * 2 * np.real(z))
straight      = elementwise(_named("straight", lambda x: np.round(x)), lambda g, y, x: g * 1.0)
inverse       = primitive(_named("inverse", lambda a: np.linalg.inv(a)), (lambda g, y, a: -y @ g @ y,))
biased        = primitive(_named("biased", lambda x, b: x + b), (lambda g, y, x, b: g, lambda g, y, x, b: np.mean(g, axis=0)))
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
    Case("by hand: noisy",                 np.sin, (X,), lambda g, x: g * np.cos(x) * (1 + 1e-7 * _noise.standard_normal(4))),
    Case("by hand: one buffer for all",    np.sin, (X,), Forgetful().stale),
    Case("by hand: writes the cotangent",  np.sin, (X,), _writing_cotangent),
    Case("by hand: writes the argument",   np.sin, (X,), _writing_argument),
    Case("by hand: g²",                    np.sin, (X,), lambda g, x: (g + 1e-3 * g * g) * np.cos(x)),
    Case("by hand: constant part",         np.sin, (X,), lambda g, x: g * np.cos(x) + 1e-6),
    Case("by hand: in plain floats",       lambda x: sum(float(v) ** 3 for v in x), (X,), lambda g, x: g * 3.0001 * x * x),
    Case("by hand: |x| in floats",         lambda x: abs(float(x[0])) + float(x[1]), (np.array([0.0, 2.0]),), lambda g, x: g * np.array([np.sign(x[0]) or 1.3, 1.0])),
    Case("by hand: sin(1e5 x) in floats",  lambda x: float(np.sin(1e5 * float(x))), (0.7,), lambda g, x: g * 1.001e5 * np.cos(1e5 * x)),
    Case("by hand: float32",               lambda x: np.tanh(x), (X.astype("f4"),), lambda g, x: g * (1 - np.tanh(x) ** 2) * np.float32(1.00001)),
]
# fmt: on
