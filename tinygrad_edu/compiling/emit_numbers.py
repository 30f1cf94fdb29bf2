"""A program of numbers alone, for Python's floats: Python's arithmetic, and `math` for the functions.

A NumPy function takes several times as long as one of `math` to find out that it was given one number. `math` raises
where NumPy says inf or nan; then, and where a result is not finite, NumPy's program is asked.
"""

from __future__ import annotations

import operator
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from inspect import Parameter
from typing import Any

import numpy as np

from .program import Line, Program, Value, names_of
from .spelling import ATOM, BINARY, SIGN, TERM
from .watching import Body, Cells, Slot

LONGEST = 200
"""Lines of a program beyond which it is not worth the while."""
WIDTH = 60
"""Characters of a formula beyond which its parts get lines of their own."""

CALLS: dict[Any, str] = {
    **{f: f"math.{f.__name__}" for f in (np.exp, np.log, np.expm1, np.log1p, np.log2, np.log10, np.sqrt)},
    **{f: f"math.{f.__name__}" for f in (np.sin, np.cos, np.tan, np.sinh, np.cosh, np.tanh, np.hypot)},
    **{f: f"math.{f.__name__.replace('arc', 'a')}" for f in (np.arcsin, np.arccos, np.arctan, np.arctan2)},
    **{f: f"math.{f.__name__.replace('arc', 'a')}" for f in (np.arcsinh, np.arccosh, np.arctanh)},
    **{np.power: "math.pow", np.absolute: "abs", operator.abs: "abs"},
}
OPERATORS = {f: BINARY[f] for f in (np.add, np.subtract, np.multiply, np.divide)} | {
    f: BINARY[f] for f in (operator.add, operator.sub, operator.mul, operator.truediv, operator.mod, operator.floordiv)
}
TAKEN = {"math", "abs", "k", "float", "type", "absent", "float64", "isfinite", "self_", "rest", "named", "trace"}
TAKEN |= {"one", "given", "args", "kwargs"}


@dataclass(frozen=True)
class Numbers:
    """A program for Python's floats as text: its arguments, its statements and the names of its results."""

    name: str
    inputs: Sequence[str]
    body: Sequence[str]
    outputs: Sequence[str]

    @property
    def source(self) -> str:
        """One function that raises where `math` does."""
        lines = [f"def {self.name}_of_numbers({', '.join(self.inputs)}):", '    """The same for Python\'s floats."""']
        lines += [f"    {each}" for each in self.body]
        results = ", ".join(self.outputs) + "," * (len(self.outputs) == 1)
        return "\n".join(["\n\nimport math\n\n", *lines, f"    return ({results})"]) + "\n"

    def caller(
        self,
        tree: tuple[str, list[Any]],
        weak: Sequence[bool],
        looks: bool,
        trace: Any,
        guards: Sequence[Slot] = (),
        parameters: Sequence[Parameter] = (),
    ) -> Any:
        """A `__call__` for a compiled function, which runs the program if it is given floats, else its method `slow`.

        Parameters
        ----------
        tree : (str, list)
            An expression with <0>, <1>, ... for the results, and the constants that it calls ``k``.
        weak : sequence of bool
            Which results are Python's floats; the others are NumPy's.
        looks : bool
            Ask `slow` if a result is not finite.
        trace : object
            Becomes the compiled function's `latest`.
        guards : sequence of Slot
            What the function closes over; `slow` is asked if something else is there.
        parameters : sequence of inspect.Parameter
            Those of the function; if these are its arguments, the method has the same.
        """
        text, constants = tree
        for i, (y, plain) in enumerate(zip(self.outputs, weak, strict=True)):
            text = text.replace(f"<{i}>", y if plain else f"{y} * one")  # faster than np.float64(y)
        same = [(p.name, p.kind) for p in parameters] == [(x, Parameter.POSITIONAL_OR_KEYWORD) for x in self.inputs]
        others = "" if same else ", /, *rest, **named"  # to make room for them takes time
        lines = [f"def __call__(self_, {', '.join(f'{x}=absent' for x in self.inputs)}{others}):"]
        alone = "" if same else " and not rest and not named"
        lines += [f"    if {' and '.join(f'type({x}) is float' for x in self.inputs)}{alone}:"]
        space: dict[str, Any] = {"k": constants, "one": np.float64(1), "absent": object(), "trace": trace}
        tests, pad = [], "            "
        for i, slot in enumerate(guards):
            found, content = f"holder{i}_[key{i}_]", slot.content
            space[f"holder{i}_"], space[f"key{i}_"] = slot.holder, slot.key
            if isinstance(slot.holder, Cells):
                space[f"holder{i}_"], found = dict.__getitem__(slot.holder, slot.key), f"holder{i}_.cell_contents"
            elif isinstance(slot.holder, Body) and content[1:] == (None, None):  # no defaults: what it does is its code
                space[f"holder{i}_"], found, content = slot.holder.x, f"holder{i}_.__code__", content[0]
            space[f"content{i}_"] = content
            tests.append(f"{found} is content{i}_")
        lines.append("        try:")
        if tests:
            lines.append(f"{pad}if {' and '.join(tests)}:")
            pad += "    "
        lines += [pad + each for each in self.body]
        if looks:
            lines.append(f"{pad}if isfinite({' + '.join(self.outputs)}):")
            pad += "    "
        lines += [f"{pad}self_.latest = trace", f"{pad}return {text}"]
        lines += ["        except (ArithmeticError, LookupError, TypeError, ValueError):", "            pass"]
        lines += [f"    args, kwargs = given({self.inputs}, ({', '.join(self.inputs)},), absent)"]
        lines += [f"    return self_.slow(*args, {'' if same else '*rest, **named, '}**kwargs)"]
        space["given"] = _given
        exec("import math\nfrom math import isfinite\n" + "\n".join(lines), space)
        call = space["__call__"]
        call.__qualname__ = self.name  # which Python names where arguments are missing
        return call


def _given(names: Sequence[str], values: Sequence[Any], absent: object) -> tuple[Sequence[Any], dict[str, Any]]:
    """The values before the first that is absent, and those after it by their names."""
    n = next((i for i, x in enumerate(values) if x is absent), len(values))
    return values[:n], {name: x for name, x in zip(names[n:], values[n:], strict=True) if x is not absent}


def emit_numbers(program: Program, name: str) -> Numbers | None:
    """The program for Python's floats; None if it is not of numbers alone, or `math` cannot say it."""
    outputs = program.outputs
    if not outputs or not program.inputs or len(program.lines) > LONGEST or len(set(map(id, outputs))) < len(outputs):
        return None
    if not all(type(y) is Value and y.shape == () and y.dtype == np.float64 for y in outputs):
        return None
    if not all(v.weak and v.dtype == np.float64 for v in program.inputs):
        return None
    names = {v: f"{n}_" if n in TAKEN or n == name else n for v, n in names_of(program).items()}
    users, spelled, body = program.users, {v: (names[v], ATOM) for v in program.inputs}, []
    for line in program.lines:
        found = _formula(line, spelled)
        if found is None:
            return None
        v = line.result
        short = users.get(v) == 1 and v.name is None and len(found[0]) < WIDTH
        if (short or line.operation is np.positive) and v not in outputs:
            spelled[v] = found
        else:
            body.append(f"{names[v]} = {found[0]}")
            spelled[v] = names[v], ATOM
    return Numbers(name, [names[v] for v in program.inputs], body, [names[y] for y in outputs])


def _formula(line: Line, spelled: Mapping[Value, tuple[str, int]]) -> tuple[str, int] | None:
    """What computes a line, and how closely it binds."""
    f, v = line.operation, line.results[0]
    if line.several or line.params or v.dtype != np.float64 or v.shape != ():
        return None
    if not all(type(x) in (Value, int, float, np.float64) for x in line.args):
        return None
    parts = [part for x in line.args if (part := spelled[x] if type(x) is Value else _number(x))]
    if len(parts) < len(line.args):
        return None
    within = lambda i, level: parts[i][0] if parts[i][1] >= level else f"({parts[i][0]})"
    if f is operator.pow:  # of Python's numbers as Python has it, else as NumPy
        call = f"math.pow({within(0, 0)}, {within(1, 0)})"
        return (f"{within(0, ATOM)} ** {within(1, ATOM)}", SIGN) if line.result.weak else (call, ATOM)
    if f in OPERATORS:
        sign, binds = OPERATORS[f]
        return f"{within(0, binds)} {sign} {within(1, binds + 1)}", binds
    if f in (np.negative, operator.neg):
        return f"-{within(0, SIGN)}", SIGN
    if f is np.square:
        return (
            (f"{parts[0][0]} * {parts[0][0]}", TERM) if parts[0][1] == ATOM else (f"math.pow({parts[0][0]}, 2)", ATOM)
        )
    if f is np.positive:
        return parts[0]
    return (f"{CALLS[f]}({', '.join(within(i, 0) for i in range(len(parts)))})", ATOM) if f in CALLS else None


def _number(x: Any) -> tuple[str, int] | None:
    text = repr(x if type(x) is int else float(x))
    return None if "n" in text else (text, SIGN if text.startswith("-") else ATOM)  # neither nan nor inf
