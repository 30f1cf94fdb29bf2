"""The specimens: each a few lines that differ from `engine.py`, and the smallest example on which they matter.

Most of these mistakes are silent: the numbers have the right shape, and a loss even goes down for a while.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..checking import Report, check_gradient
from .engine import Value


class NoOrder(Value):
    """Passes a gradient on as soon as the first contribution has come."""

    def order(self) -> list[Value]:
        """Depth first, in the order in which the values are met: no topological order."""
        found: list[Value] = []
        stack: list[Value] = [self]
        while stack:
            value = stack.pop()
            if not any(value is known for known in found):
                found.append(value)
                stack += [parent for parent, _ in value.parents]
        return found


class Assigning(Value):
    """Writes `=` where `+=` is meant."""

    def receive(self, g: Any) -> None:
        """The second contribution replaces the first."""
        self.grad = np.zeros_like(self.grad)
        super().receive(g)


class Keeping(Value):
    """Clears the gradients of the leaves before a pass, and forgets those in between."""

    def backward(self) -> None:
        """Only what has no parents starts from zero."""
        values = self.order()
        for value in values:
            if not value.parents:
                value.grad = np.zeros_like(value.data)
        self.grad = np.ones_like(self.data)
        for value in values:
            for parent, pull in value.parents:
                parent.receive(pull(value.grad))


class Stretching(Value):
    """Does not undo broadcasting."""

    def receive(self, g: Any) -> None:
        """The gradient takes the shape of the result."""
        self.grad = self.grad + np.asarray(g)


class Transposing(Value):
    """Has the product of matrices the wrong way round; for square matrices all shapes fit."""

    def __matmul__(self, other: Value) -> Value:
        x, y = self.data, other.data
        return type(self)(x @ y, (self, lambda g: g @ y), (other, lambda g: x @ g))


class Recursive(Value):
    """Walks back by calling itself: as deep as the graph is long."""

    def order(self) -> list[Value]:
        """The textbook's topological sort."""
        found: list[Value] = []
        seen: set[int] = set()

        def visit(value: Value) -> None:
            if id(value) not in seen:
                seen.add(id(value))
                for parent, _ in value.parents:
                    visit(parent)
                found.append(value)

        visit(self)
        return found[::-1]


class Recycling(Value):
    """Saves what backward needs in one buffer for all calls, to spare memory."""

    buffer: dict[tuple[int, ...], np.ndarray] = {}  # noqa: RUF012 - shared by all values: that is the mistake

    def sin(self) -> Value:
        """The slope is captured, and stale when the next call has written over it."""
        slope = self.buffer.setdefault(self.data.shape, np.empty(self.data.shape))
        slope[...] = np.cos(self.data)
        return type(self)(np.sin(self.data), (self, lambda g: g * slope))


class InPlace(Value):
    """Adds in place, into an array that exp has saved for its derivative."""

    def __add__(self, other: Any) -> Value:
        other = self.lifted(other)
        self.data += other.data
        return type(self)(self.data, (self, lambda g: g), (other, lambda g: g))


def descended(x: Value) -> Value:
    """x² sin(x²), with a backward pass on the way, as a training loop that looks at its gradients makes it."""
    square = x * x
    (square * square.sin()).backward()
    return square * square.sin()


def long(x: Value) -> Value:
    """x added to itself two thousand times."""
    total = x
    for _ in range(2000):
        total = total + x
    return total


@dataclass(frozen=True)
class Specimen:
    """A wrong engine, and where it shows.

    Attributes
    ----------
    name, mistake, why, cure : str
        In words.
    engine : class
        The wrong engine.
    example : callable
        A function of the engine's values that returns one number.
    shown : str
        The example as people write it.
    at : tuple of arrays
        Its arguments.
    """

    name: str
    mistake: str
    why: str
    cure: str
    engine: type[Value]
    example: Callable[..., Value]
    shown: str
    at: tuple[Any, ...]

    def gradient(self, *args: Any, engine: type[Value] | None = None) -> tuple[np.ndarray, ...]:
        """The gradient of the example, as this engine computes it."""
        values = [(engine or self.engine)(np.array(x, float)) for x in args]
        self.example(*values).backward()
        return tuple(value.grad for value in values)

    def value(self, *args: Any) -> Any:
        """The value of the example, by the engine that is right."""
        return self.example(*[Value(np.array(x, float)) for x in args]).data[()]

    def report(self) -> Report | None:
        """What the checker says of this engine's gradient of the example; None if the engine gives none at all."""
        single = len(self.at) == 1
        try:
            return check_gradient(
                self.value, self.at, lambda *args: self.gradient(*args)[0] if single else self.gradient(*args)
            )
        except RecursionError:
            return None

    def found(self) -> bool:
        """Whether the checker refuses it."""
        report = self.report()
        return report is None or not report.ok

    def __str__(self) -> str:
        right = _told(self.gradient(*self.at, engine=Value))
        try:
            wrong = _told(self.gradient(*self.at))
        except RecursionError:
            wrong = "RecursionError"
        at = ", ".join(str(np.asarray(x).tolist()) for x in self.at)
        return (
            f"{self.name}: {self.mistake}\n  on {self.shown} at {at}: {wrong}, and right is {right}\n"
            f"  why: {self.why}\n  cure: {self.cure}"
        )


def _told(gradients: tuple[np.ndarray, ...]) -> str:
    return ", ".join(str(np.round(g, 5).tolist()) for g in gradients)


_SQUARE = (np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([[1.0, 0.0], [2.0, 1.0]]))

SPECIMENS = [
    Specimen("no order", "a value passes its gradient on before all of it has come",
             "what arrives later stays where it is, and never reaches the inputs",
             "go through the values in the reverse of the order in which they were made",
             NoOrder, lambda x: (a := x * x).sin() + a, "sin(a) + a, a = x * x,", (1.0,)),
    Specimen("assignment", "x̄ = ... where x̄ += ... is meant",
             "a value that is used twice gets two contributions; the second one replaces the first",
             "add what comes to what is there, from zero on",
             Assigning, lambda x: x * x, "x * x", (3.0,)),
    Specimen("leftovers", "the gradients of intermediate values are still there in the second pass",
             "they are added to those of the first pass, and the sum goes on to the inputs",
             "keep the gradients of a pass in a dict of its own, as this library does",
             Keeping, descended, "b * sin(b), b = x * x, after a pass over another use of b,", (1.0,)),
    Specimen("no un-broadcasting", "the gradient of a stretched bias has the shape of the result",
             "b was used three times, so its gradient is the sum of three",
             "sum over the axes that broadcasting added or stretched",
             Stretching, lambda x, b: (x + b).sum(), "sum(x + b)", (np.array([1.0, 2.0, 3.0]), 0.5)),
    Specimen("transposed product", "x @ z̄ where xᵀ @ z̄ is meant",
             "for square matrices the shapes fit, and the numbers do not",
             "test with matrices that are neither square nor symmetric",
             Transposing, lambda x, y: (x @ y).sin().sum(), "sum(sin(x @ y))", _SQUARE),
    Specimen("recursion", "the walk calls itself",
             "it is as deep as the graph is long, and Python stops at a thousand",
             "walk with a stack, or in the order of creation",
             Recursive, long, "x + x + ... (2000 times)", (1.0,)),
    Specimen("stale array", "all calls save what they need later in one buffer",
             "when the pass comes, the buffer holds the numbers of the last call",
             "an array that the pass needs belongs to its line of the record alone",
             Recycling, lambda x: x.sin() * (x * 2.0).sin(), "sin(x) * sin(2x)", (1.0,)),
    Specimen("in place", "a += b changes an array that the pass needs",
             "exp saved its result for its derivative, and finds another number there",
             "compute into a new array; `detect_anomaly` finds this in programs",
             InPlace, lambda x: (x.exp() + 1.0).sum(), "sum(exp(x) + 1)", (np.array([0.0, 1.0]),)),
]  # fmt: skip
"""Every specimen."""
