"""Take factors out: what varies along fewer axes is multiplied together first, and with sums last.

``sum(z * r / s, axis=0)`` with an s that does not vary along the axis is ``sum(z * r, axis=0) / s``;
``z * a / b * c`` with small a, b and c is ``z * (a / b * c)``; and ``z * a - z * b`` is ``z * (a - b)``. A gradient is
full of these: each rule multiplies what flows back by one more factor.

The same to rounding, not to the last bit, and where a product of factors alone overflows the results are not finite.
So only gradients are treated like this, whose results are looked at (`compiled.py`), and only where arrays are large.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from ..program import Line, Program, Value, rewritten, values_in
from .costs import cost
from .identities import simplify
from .merge import drop, merge

SMALLEST = 1024
"""Smaller arrays are left as they are written."""
RATIO = 4
"""A factor has at most so many times fewer elements than the product."""


@dataclass(frozen=True)
class Form:
    """A value as ``number * up / down * factors``: up and down of its shape, each factor (x, power) smaller."""

    up: Value | None
    down: Value | None = None
    number: float = 1.0
    factors: tuple[tuple[Value, int], ...] = ()

    @property
    def inverse(self) -> Form:
        return Form(self.down, self.up, 1.0 / self.number, tuple((x, -k) for x, k in self.factors))

    @property
    def is_single(self) -> bool:
        """True if nothing large is left to compute but a product with factors: then several may use it as it is."""
        return self.up is not None and self.down is None

    @property
    def is_plain(self) -> bool:
        return self.up is not None and self.down is None and self.number == 1.0 and not self.factors


def factor(program: Program) -> Program:
    """The program with factors taken out, if that is less work."""
    if not any(line.results and _is_large(line) for line in program.lines):
        return program
    candidate = drop(merge(simplify(Factoring(program).program())))
    return candidate if cost(candidate) < cost(program) else program


class Factoring:
    """One walk over a program."""

    def __init__(self, program: Program) -> None:
        self.given, self.users = program, program.users
        self.forms: dict[Value, Form] = {}
        self.lines: list[Line] = []
        self.place: Any = None

    def program(self) -> Program:
        """What comes out."""
        kept = set(values_in(self.given.outputs))

        def step(line: Line) -> Any:
            if line.several or line.params.keys() - {"axis", "keepdims"} or not _is_large(line):
                return line
            self.lines, self.place = [], line.place
            if line.operation is np.matmul and _is_identity(line.args[0]) and _same(line.args[1], line.result):
                return line.args[1]
            form = self.form(line)
            untouched = all(type(x) is not Value or self.of(x).is_plain for x in line.args)
            if form is None or (untouched and self.lines):
                return line
            v = line.result
            if form.down is not None and self.users.get(v) != 1 and (form.number != 1.0 or form.factors) and form.up:
                ratio = self.new(np.divide, form.up, form.down, v)  # which several lines read, each with the factors
                form = replace(form, up=ratio, down=None)
            if line.operation is not np.sum and v not in kept and (self.users.get(v) == 1 or form.is_single):
                self.forms[v] = form
            return line if untouched else [*self.lines, *self.finished(line, form)]

        return rewritten(self.given, step)

    def of(self, x: Value) -> Form:
        return self.forms.get(x, Form(x))

    # --- forms --------------------------------------------------------------------------------------------------------

    def form(self, line: Line) -> Form | None:
        """The form of a line's result; None if it has no other than itself."""
        f, args, v = line.operation, line.args, line.result
        if f is np.sum:
            return self.sum_form(line)
        if f is np.negative:
            form = self.of(args[0])
            if args[0].shape != v.shape:
                return None
            return replace(form, number=-form.number)
        if f is np.square:
            form = self.of(args[0])
            return None if form.is_plain else self.times(form, form, v)
        if f not in (np.multiply, np.divide, np.add, np.subtract) or len(args) != 2:
            return None
        p, q = (self.part(x, v) for x in args)
        if p is None or q is None:
            return None
        if f is np.multiply:
            return self.times(p, q, v)
        if f is np.divide:
            return self.times(p, q.inverse, v)
        return self.plus(p, q, 1.0 if f is np.add else -1.0, v)

    def part(self, x: Any, v: Value) -> Form | None:
        """An operand: a number, a factor, or something of the result's shape."""
        if isinstance(x, int | float | np.floating) and not isinstance(x, bool):
            if isinstance(x, np.floating) and x.dtype != v.dtype:
                return None
            return Form(None, None, float(x)) if np.isfinite(x) and x != 0 else None
        if type(x) is not Value or x.dtype is None:
            return None
        if x.shape == v.shape and x.dtype == v.dtype:
            return self.of(x)
        weak = x.weak and v.dtype == np.float64
        if x.size * RATIO <= v.size and (weak or (x.dtype == v.dtype and not x.weak)):
            return Form(None, None, 1.0, ((x, 1),))
        return None

    def times(self, p: Form, q: Form, v: Value) -> Form | None:
        up = self.new(np.multiply, p.up, q.up, v) if p.up and q.up else p.up or q.up
        down = self.new(np.multiply, p.down, q.down, v) if p.down and q.down else p.down or q.down
        if up is None and down is None:
            return None  # an outer product
        if up is not None and up is down:
            return None
        return Form(up, down, p.number * q.number, (*p.factors, *q.factors))

    def plus(self, p: Form, q: Form, sign: float, v: Value) -> Form | None:
        """x a + x b as x (a + b)."""
        if p.up is None or (p.up, p.down) != (q.up, q.down):
            return None
        if p.factors == q.factors:
            number = p.number + sign * q.number
            return replace(p, number=number) if number else None
        a, b = self.small(p, v), self.small(q, v)
        shape = np.broadcast_shapes(
            np.shape(a) if type(a) is not Value else a.shape, b.shape if type(b) is Value else ()
        )
        if np.prod(shape, dtype=int) * RATIO > v.size:
            return None
        total = Value(shape, v.dtype)
        self.lines.append(Line(np.add if sign > 0 else np.subtract, (a, b), {}, (total,), place=self.place))
        return Form(p.up, p.down, 1.0, ((total, 1),))

    def sum_form(self, line: Line) -> Form | None:
        """A sum: what does not vary along its axes is taken out; along some of them, those are summed before."""
        x = line.args[0]
        if type(x) is not Value or len(line.args) != 1 or line.params.get("keepdims"):
            return None
        form = self.of(x)
        if form.is_plain:
            return None
        n, axis = len(x.shape), line.params.get("axis")
        axes = set(range(n)) if axis is None else {a % n for a in (axis if isinstance(axis, tuple) else (axis,))}
        out: list[tuple[Value, int]] = []
        inside: list[tuple[Value, int]] = []
        for y, k in form.factors:
            along = {n - len(y.shape) + d for d, length in enumerate(y.shape) if length != 1}
            (inside if along & axes else out).append((y, k))
        varying = {n - len(y.shape) + d for y, _ in inside for d, length in enumerate(y.shape) if length != 1}
        core = Form(form.up, form.down)
        if inside and (first := axes - varying):
            core_value = self.value(core, x)
            total = self.reduced(core_value, first)
            rest = tuple(a - sum(b < a for b in first) for a in sorted(axes - first))
            product: Any = total
            for y, k in inside:
                product = self.scaled(product, self.without(y, n, first), k)
            if type(product) is not Value or product.shape != total.shape:
                return None
            total = self.reduced(product, set(rest)) if rest else product
        else:
            inner = self.value(replace(core, factors=tuple(inside)), x)
            if inner is x:
                return None
            total = self.reduced(inner, axes)
        factors = []
        for y, k in out:
            small = self.without(y, n, axes)
            factors.append((small, k))
        return Form(total, None, form.number, tuple(factors))

    # --- lines --------------------------------------------------------------------------------------------------------

    def new(self, operation: Any, x: Any, y: Any, like: Value) -> Value:
        if operation is np.multiply and x is y:
            value = Value(like.shape, like.dtype)
            self.lines.append(Line(np.square, (x,), {}, (value,), place=self.place))
            return value
        shape = np.broadcast_shapes(*[a.shape if type(a) is Value else np.shape(a) for a in (x, y)])
        value = Value(shape, like.dtype)
        self.lines.append(Line(operation, (x, y), {}, (value,), place=self.place))
        return value

    def reduced(self, x: Value, axes: set[int]) -> Value:
        """The sum over axes, spelled as `simplify` spells it."""
        shape = tuple(n for d, n in enumerate(x.shape) if d not in axes)
        value = Value(shape, x.dtype)
        some = tuple(sorted(axes))
        params = {} if len(some) == len(x.shape) else {"axis": some[0] if len(some) == 1 else some}
        self.lines.append(Line(np.sum, (x,), params, (value,), place=self.place))
        return value

    def without(self, y: Value, n: int, axes: set[int]) -> Value:
        """A factor without axes along which it has the length 1."""
        lead = n - len(y.shape)
        shape = tuple(length for d, length in enumerate(y.shape) if lead + d not in axes)
        if shape == y.shape:
            return y
        value = Value(shape, y.dtype)
        self.lines.append(Line(np.reshape, (y, shape), {}, (value,), place=self.place))
        return value

    def scaled(self, x: Any, y: Value, power: int) -> Any:
        """x times or divided by y; x may be a number."""
        if type(x) is Value or power < 0:
            return self.new(np.multiply if power > 0 else np.divide, x, y, y if type(x) is not Value else x)
        return y if x == 1.0 else self.new(np.multiply, x, y, y)

    def small(self, form: Form, like: Value) -> Any:
        """The product of the number and the factors, smallest first."""
        product: Any = form.number
        ups = sorted([y for y, k in form.factors if k > 0], key=lambda y: y.size)
        for y in ups:
            product = self.scaled(product, y, 1)
        for y in [y for y, k in form.factors if k < 0]:
            product = self.scaled(product, y, -1)
        return product

    def value(self, form: Form, like: Value) -> Value:
        """The value of a form, as new lines."""
        if form.is_plain:
            assert form.up is not None
            return form.up
        result = Value(like.shape, like.dtype)
        self.lines += self.finished(Line(np.positive, (like,), {}, (result,), place=self.place), form)
        return result

    def finished(self, line: Line, form: Form) -> list[Line]:
        """The lines that compute a form as the result of a line; those before them are in `self.lines`."""
        before = len(self.lines)
        one_down = len(form.factors) == 1 and form.factors[0][1] < 0 and form.number == 1.0
        if form.is_plain:
            last = line.like(np.positive, form.up)
        elif form.up is None:
            base = self.small(form, line.result)
            last = line.like(np.divide, base, form.down)
        elif form.down is not None and form.number == 1.0 and not form.factors:
            last = line.like(np.divide, form.up, form.down)
        else:
            base = self.new(np.divide, form.up, form.down, line.result) if form.down is not None else form.up
            if one_down:
                last = line.like(np.divide, base, form.factors[0][0])
            elif form.number == -1.0 and not form.factors:
                last = line.like(np.negative, base)
            else:
                last = line.like(np.multiply, self.small(form, line.result), base)
        made = [*self.lines[before:], last]
        del self.lines[before:]
        return made


def _is_large(line: Line) -> bool:
    """True for lines of large arrays of one kind of floating-point numbers."""
    x = line.args[0] if line.operation is np.sum and line.args else line.result
    return (
        type(x) is Value and x.size >= SMALLEST and x.dtype in (np.float64, np.float32) and x.dtype == line.result.dtype
    )


def _is_identity(x: Any) -> bool:
    return type(x) is np.ndarray and x.ndim == 2 and x.shape[0] == x.shape[1] and bool(np.all(x == np.eye(len(x))))


def _same(x: Any, v: Value) -> bool:
    return type(x) is Value and x.shape == v.shape and x.dtype == v.dtype
