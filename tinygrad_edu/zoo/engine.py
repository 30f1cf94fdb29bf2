"""A small engine that is right: the one that the specimens of the zoo get wrong.

A value knows its parents and, for each, how a gradient goes back to it. `backward` walks the values so that each
comes before all that it was computed from. It is written for reading: the library itself keeps no closures.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np


class Value:
    """An array, its gradient, and where it came from."""

    def __init__(self, data: Any, *parents: tuple[Value, Callable[[Any], Any]]) -> None:
        self.data = np.asarray(data, float)
        self.grad = np.zeros_like(self.data)
        self.parents = parents

    def __add__(self, other: Any) -> Value:
        other = self.lifted(other)
        return type(self)(self.data + other.data, (self, lambda g: g), (other, lambda g: g))

    def __mul__(self, other: Any) -> Value:
        other = self.lifted(other)
        x, y = self.data, other.data
        return type(self)(x * y, (self, lambda g: g * y), (other, lambda g: g * x))

    def __matmul__(self, other: Value) -> Value:
        x, y = self.data, other.data
        return type(self)(x @ y, (self, lambda g: g @ y.T), (other, lambda g: x.T @ g))

    def sin(self) -> Value:
        """sin, whose derivative is cos."""
        slope = np.cos(self.data)
        return type(self)(np.sin(self.data), (self, lambda g: g * slope))

    def exp(self) -> Value:
        """exp, which is its own derivative."""
        y = np.exp(self.data)
        return type(self)(y, (self, lambda g: g * y))

    def sum(self) -> Value:
        """The sum of all elements."""
        shape = self.data.shape
        return type(self)(self.data.sum(), (self, lambda g: np.broadcast_to(g, shape)))

    def lifted(self, other: Any) -> Value:
        """A number as a value."""
        return other if isinstance(other, Value) else type(self)(other)

    def order(self) -> list[Value]:
        """All that this value was computed from: each before what it was computed from itself."""
        found: list[Value] = []
        seen: set[int] = set()
        stack = [(self, False)]
        while stack:
            value, done = stack.pop()
            if done:
                found.append(value)
            elif id(value) not in seen:
                seen.add(id(value))
                stack += [(value, True), *((parent, False) for parent, _ in value.parents)]
        return found[::-1]

    def backward(self) -> None:
        """Write the gradient of this value into the `.grad` of all that it was computed from."""
        values = self.order()
        for value in values:
            value.grad = np.zeros_like(value.data)
        self.grad = np.ones_like(self.data)
        for value in values:
            for parent, pull in value.parents:
                parent.receive(pull(value.grad))

    def receive(self, g: Any) -> None:
        """Add a contribution; where this value was stretched by broadcasting, sum it."""
        g = np.asarray(g)
        extra = g.ndim - self.data.ndim
        stretched = [a + extra for a, n in enumerate(self.data.shape) if n == 1 and g.shape[a + extra] != 1]
        self.grad = self.grad + g.sum(axis=(*range(extra), *stretched)).reshape(self.data.shape)
