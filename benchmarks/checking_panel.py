"""The panel of the checker, first half: functions whose right gradient is hard to confirm.

Each case is data: a function, where to check it, for some a vjp of their own, and which operation a failure must name.
`python -m benchmarks.checker` runs them over many seeds. Next: `checking_panel_wrong.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu import functions as nn
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
HILBERT = 1 / (np.arange(6.0)[:, None] + np.arange(6.0) + 1)
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


def scaled_outputs(x: Any) -> Any:
    return np.sin(x) * np.array([1e-12, 1e-6, 1e6, 1e12])


def _of_the_middle(x: Any) -> Any:
    """The gradient of the median of three, shared by those that are equal to it."""
    equal = x == np.sort(x)[1]
    return equal / np.sum(equal)


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
    Case("piecewise constant",               lambda x: np.sum(np.floor(x) + 0 * x),         (P,)),
    Case("a floor at a whole number",        lambda x: np.sum(np.floor(x) + 0 * x),         (X,)),
    Case("arctan2 at the origin",            np.arctan2,                                    (np.array([0.0, 1.0]), np.array([0.0, 2.0]))),
    Case("x**y at 0",                        lambda x, y: x**y,                             (np.array([0.0, 1.0]), np.array([1.0, 3.0]))),
    Case("a saturated tanh in float32",      lambda x: np.sum(np.tanh(x)),                  (np.array([7.125, -8.5, 0.3], "f4"),)),
    Case("a saturated sigmoid in float16",   nn.sigmoid,                                    (np.array([6.5, -9.0, 0.3], "f2"),)),
    Case("outputs from 1e-12 to 1e12",       scaled_outputs,                                (X,)),
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
    Case("solve, constant and ill-conditioned", lambda b: np.linalg.solve(HILBERT, b),      (np.ones(6),)),
    Case("by hand: an ill-conditioned solve", lambda b: np.sum(np.linalg.solve(HILBERT, b) ** 2), (np.ones(6),),
                                                                                            lambda g, b: 2 * g * np.linalg.solve(HILBERT.T, np.linalg.solve(HILBERT, b))),
    Case("by hand: the same, out of sight",  lambda b: np.linalg.solve(HILBERT, np.array([float(v) for v in b])), (np.ones(6),),
                                                                                            lambda g, b: np.linalg.solve(HILBERT.T, g)),
    Case("by hand: sqrt at 0",               np.sqrt,           (np.array([0.0, 1.0]),),    lambda g, x: g * 0.5 / np.sqrt(x)),
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
    Case("a median of three equal numbers",  np.median,                                     (np.array([2.0, 2.0, 2.0]),)),
    Case("a sort of three equal numbers",    np.sort,                                       (np.array([1.0, 1.0, 1.0, 0.0]),)),
    Case("a percentile among ties",          lambda x: np.percentile(x, [30, 60]),          (np.array([2.0, 2.0, 2.0, 2.0, 1.0]),)),
    Case("by hand: the first of the median's", np.median, (np.array([0.0, 2.0, 0.0, 0.0, -1.0]),), lambda g, x: g * np.eye(5)[np.argsort(x, kind="stable")[2]]),
    Case("by hand: a median in floats",      lambda x: sorted(map(float, x))[1], (np.array([2.0, 2.0, 2.0]),), lambda g, x: g * _of_the_middle(x)),
    Case("weights of 1e-10 to 1e10",         lambda x: np.sum(np.geomspace(1e-10, 1e10, 1000) * np.sin(x)), (MANY[:1000],)),
    Case("a slope of 1e-10 of f",            lambda x: np.cumsum(np.sin(x)) / np.linalg.norm(np.cumsum(np.sin(x))) * 1e-5 + 1e5, (X,)),
    Case("a slope too small on its way",     lambda x: 1 / (1 + np.exp(-x)),                (np.array([-400.0]),)),
    Case("0 meets infinity",                 lambda x: np.cbrt(nn.relu(x) * np.sum(nn.relu(x))), (np.array([1.0, -1.0]),)),
    Case("hypot of 1e-200",                  np.hypot,                                      (np.array([1e-200, 3.0]), np.array([1e-200, 4.0]))),
    Case("a row of 1e-100",                  lambda x: np.sqrt(np.sum(x * x, 1)),           (np.array([[1e-100, 2e-100], [1.0, 2.0]]),)),
    Case("a float for a condition, at 0",    lambda x: np.where(x, 2 * x, 5 * x),           (np.array([0.0, 1.0]),)),
    Case("a branch at one point",            lambda x: np.sum(np.where(x != 0, np.sin(x), x * x)), (np.array([0.0, 1.0]),)),
    Case("a square, its root, at a kink nearby", lambda x: np.sum(np.sqrt(np.maximum(x, 0) ** 2)), (np.array([-1.0, 2.0]),)),
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
