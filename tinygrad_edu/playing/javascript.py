"""A program as straight-line JavaScript: one line a number.

A browser has no arrays of NumPy's, so the program runs once, line by line, on arrays whose elements are names: what
moves elements (an index, a sum, a matrix product) moves names, and what computes on them writes a line. Constants are
computed here. Whatever JavaScript has not, is refused by its name.
"""

from __future__ import annotations

import operator
from collections.abc import Sequence
from typing import Any

import numpy as np

from ..compiling.program import Line, Program, operation_name, substituted
from ..errors import NoRuleError
from ..rules.indexing import scatter, setitem

# fmt: off
BY_ELEMENT: dict[Any, str] = {
    np.add: "{0} + {1}",                np.subtract: "{0} - {1}",           np.multiply: "{0} * {1}",
    np.divide: "{0} / {1}",             np.negative: "-{0}",                np.positive: "{0}",
    np.square: "{0} * {0}",             np.reciprocal: "1 / {0}",           np.power: "pow({0}, {1})",
    np.float_power: "pow({0}, {1})",    np.remainder: "remainder({0}, {1})",
    np.floor_divide: "quotient({0}, {1})",
    np.exp: "Math.exp({0})",            np.exp2: "pow(2, {0})",             np.expm1: "Math.expm1({0})",
    np.log: "Math.log({0})",            np.log2: "Math.log2({0})",          np.log10: "Math.log10({0})",
    np.log1p: "Math.log1p({0})",        np.logaddexp: "logaddexp({0}, {1})",
    np.sqrt: "Math.sqrt({0})",          np.cbrt: "Math.cbrt({0})",          np.hypot: "Math.hypot({0}, {1})",
    np.sin: "Math.sin({0})",            np.cos: "Math.cos({0})",            np.tan: "Math.tan({0})",
    np.arcsin: "Math.asin({0})",        np.arccos: "Math.acos({0})",        np.arctan: "Math.atan({0})",
    np.sinh: "Math.sinh({0})",          np.cosh: "Math.cosh({0})",          np.tanh: "Math.tanh({0})",
    np.arcsinh: "Math.asinh({0})",      np.arccosh: "Math.acosh({0})",      np.arctanh: "Math.atanh({0})",
    np.arctan2: "Math.atan2({0}, {1})", np.sinc: "sinc({0})",
    np.degrees: "{0} * (180 / Math.PI)", np.radians: "{0} * (Math.PI / 180)",
    np.rad2deg: "{0} * (180 / Math.PI)", np.deg2rad: "{0} * (Math.PI / 180)",
    np.absolute: "Math.abs({0})",       np.fabs: "Math.abs({0})",           np.sign: "Math.sign({0})",
    np.floor: "Math.floor({0})",        np.ceil: "Math.ceil({0})",          np.trunc: "Math.trunc({0})",
    np.rint: "rint({0})",               np.round: "rint({0})",              np.copysign: "copysign({0}, {1})",
    np.maximum: "Math.max({0}, {1})",   np.minimum: "Math.min({0}, {1})",
    np.fmax: "fmax({0}, {1})",          np.fmin: "-fmax(-{0}, -{1})",
    np.heaviside: "{0} === 0 ? {1} : {0} < 0 ? 0 : {0} > 0 ? 1 : {0}",
    np.clip: "Math.min(Math.max({0}, {1}), {2})",
    np.where: "{0} ? {1} : {2}",
    np.equal: "{0} === {1}",            np.not_equal: "{0} !== {1}",        np.less: "{0} < {1}",
    np.less_equal: "{0} <= {1}",        np.greater: "{0} > {1}",            np.greater_equal: "{0} >= {1}",
    np.isnan: "{0} !== {0}",            np.isfinite: "Math.abs({0}) < Infinity",
    np.isinf: "Math.abs({0}) === Infinity",
    np.logical_and: "Boolean({0}) && Boolean({1})", np.logical_or: "Boolean({0}) || Boolean({1})",
    np.logical_not: "!{0}",
    np.bitwise_and: "{0} && {1}",       np.bitwise_or: "{0} || {1}",        np.bitwise_xor: "{0} !== {1}",
    np.invert: "!{0}",
}
"""Functions that go by elements; the last rows of them, of truth values."""
BY_ELEMENT |= {
    operator.add: BY_ELEMENT[np.add],       operator.sub: BY_ELEMENT[np.subtract],
    operator.mul: BY_ELEMENT[np.multiply],  operator.truediv: BY_ELEMENT[np.divide],
    operator.pow: BY_ELEMENT[np.power],     operator.neg: BY_ELEMENT[np.negative],
    operator.abs: BY_ELEMENT[np.absolute],  operator.mod: BY_ELEMENT[np.remainder],
    operator.pos: BY_ELEMENT[np.positive],  operator.floordiv: BY_ELEMENT[np.floor_divide],
}

MOVING: set[Any] = {
    operator.getitem, np.reshape, np.ravel, np.transpose, np.swapaxes, np.moveaxis, np.expand_dims, np.squeeze,
    np.broadcast_to, np.stack, np.concatenate, np.flip, np.roll, np.diagonal, np.trace, np.triu, np.tril, np.repeat,
    np.tile, np.matrix_transpose, np.atleast_1d, np.atleast_2d, np.sum, np.mean, np.prod, np.cumsum, np.dot, np.vdot,
    np.inner, np.outer, np.matmul, np.unstack, np.split, np.tensordot, np.diff, np.zeros_like, np.ones_like,
    np.add.reduce,
}
# fmt: on
"""Functions that move, add or multiply elements, whatever these are."""

PRELUDE = """
const pow = (x, y) => x === 1 || (x === -1 && Math.abs(y) === Infinity) ? 1 : Math.pow(x, y);
const remainder = (x, y) => { const r = x % y; return r !== 0 && (r < 0) !== (y < 0) ? r + y : r; };
const quotient = (x, y) => {
  const d = (x - remainder(x, y)) / y, n = Math.floor(d);
  return y === 0 ? x / y : d - n > 0.5 ? n + 1 : n;
};
const rint = (x) => { const n = Math.round(x); return Math.abs(x % 1) === 0.5 && n % 2 !== 0 ? n - 1 : n; };
const copysign = (x, y) => (y < 0 || Object.is(y, -0) ? -Math.abs(x) : Math.abs(x));
const fmax = (x, y) => (x !== x ? y : y !== y ? x : Math.max(x, y));
const logaddexp = (x, y) => (x === y ? x + Math.LN2 : Math.max(x, y) + Math.log1p(Math.exp(-Math.abs(x - y))));
const sinc = (x) => { const y = Math.PI * (x === 0 ? 1e-20 : x); return Math.sin(y) / y; };
"""
"""What JavaScript's Math has not, or has otherwise than NumPy."""

LONGEST = 4000
"""Lines of a function: a loss of a hundred examples, unrolled."""


class Written:
    """A number that the browser will compute: the name of a line."""

    __slots__ = ("name", "writer")

    def __init__(self, writer: Writer, name: str) -> None:
        self.writer, self.name = writer, name

    def __add__(self, other: Any) -> Any:
        return self.writer.write(np.add, self, other)

    def __radd__(self, other: Any) -> Any:
        return self.writer.write(np.add, other, self)

    def __sub__(self, other: Any) -> Any:
        return self.writer.write(np.subtract, self, other)

    def __mul__(self, other: Any) -> Any:
        return self.writer.write(np.multiply, self, other)

    def __rmul__(self, other: Any) -> Any:
        return self.writer.write(np.multiply, other, self)

    def __truediv__(self, other: Any) -> Any:
        return self.writer.write(np.divide, self, other)

    def conjugate(self) -> Written:
        """Itself: np.vdot asks."""
        return self


class Writer:
    """Writes the lines of one function."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.known: dict[str, Written] = {}

    def write(self, function: Any, *operands: Any) -> Any:
        """A line, or the number, if all operands are numbers."""
        if not any(isinstance(x, Written) for x in operands):
            with np.errstate(all="ignore"):
                return function(*operands)
        code = BY_ELEMENT[function].format(*map(spelled, operands))
        if code not in self.known:
            if len(self.lines) == LONGEST:
                raise NoRuleError(
                    f"playground: the function has more than {LONGEST} lines for the browser. Expected a small one; "
                    "give examples as data=(x, y) and the loss of one example"
                )
            name = f"t{len(self.lines)}"
            self.lines.append(f"const {name} = {code};")
            self.known[code] = Written(self, name)
        return self.known[code]

    def by_element(self, function: Any, operands: Sequence[Any]) -> Any:
        """A line for every element."""
        arrays = [_as_objects(x) for x in operands]
        return np.frompyfunc(lambda *xs: self.write(function, *xs), len(arrays), 1)(*arrays)

    def line(self, line: Line, args: tuple[Any, ...], params: dict[str, Any]) -> Any:
        """The result of one line of the program."""
        function = line.operation
        if function in BY_ELEMENT and not params:
            return self.by_element(function, args)
        if function is np.astype:
            return args[0] if np.dtype(args[1]).kind == "f" else self.refuse(line)
        if function is scatter:
            return _scattered(*args, **params)
        if function is setitem:
            return _assigned(*args, **params)
        if function in (np.max, np.min):
            return self.by_element_in_turn(np.maximum if function is np.max else np.minimum, args[0], **params)
        if function in MOVING:
            params = {name: value for name, value in params.items() if name != "dtype"}
            return function(*[_as_objects(x) if isinstance(x, np.ndarray | Written) else x for x in args], **params)
        return self.refuse(line)

    def by_element_in_turn(self, function: Any, x: Any, axis: Any = None, keepdims: bool = False) -> Any:
        """A reduction of names, over all axes or one of them."""
        if axis is not None and not isinstance(axis, int):
            axis = tuple(axis)
        x = _as_objects(x)
        reduced = np.frompyfunc(lambda a, b: self.write(function, a, b), 2, 1).reduce(x, axis=axis, keepdims=keepdims)
        return reduced

    def refuse(self, line: Line) -> Any:
        """Raise, naming what the browser has not."""
        place = f" (line {line.place.line}: {line.place.text})" if line.place and line.place.text else ""
        raise NoRuleError(
            f"playground: JavaScript, in which the page computes, has no {operation_name(line.operation)}{place}. "
            "Expected arithmetic, NumPy's elementary functions, np.where, sums and products of matrices"
        )


def javascript(program: Program, name: str, given: Sequence[Any] = ()) -> str:
    """The program as a JavaScript function of numbers that returns an array of numbers.

    Parameters
    ----------
    program : Program
        Of any shapes; the elements of its inputs, in order, are the arguments.
    name : str
        Of the function.
    given : sequence of arrays
        The last inputs, if they are known: they become constants.

    Returns
    -------
    str

    Raises
    ------
    NoRuleError
        If the program has an operation that JavaScript has not, or is very long.
    """
    writer = Writer()
    free = len(program.inputs) - len(given)
    known: dict[Any, Any] = dict(zip(program.inputs[free:], given, strict=True))
    arguments: list[str] = []
    for value in program.inputs[:free]:
        names = [f"x{len(arguments) + i}" for i in range(value.size)]
        arguments += names
        known[value] = np.empty(value.shape, object)
        known[value].reshape(-1)[:] = [Written(writer, each) for each in names]
    for line in program.lines:
        found = writer.line(line, substituted(line.args, known), substituted(dict(line.params), known))
        known.update(zip(line.results, found if line.several else [found], strict=True))
    outputs = [x for y in program.outputs for x in _as_objects(substituted(y, known)).ravel()]
    body = "\n  ".join([*writer.lines, f"return [{', '.join(map(spelled, outputs))}];"])
    return f"function {name}({', '.join(arguments)}) {{\n  {body}\n}}"


def spelled(x: Any) -> str:
    """An operand: a name, or a number to the last bit."""
    if isinstance(x, Written):
        return x.name
    if isinstance(x, bool | np.bool_):
        return str(bool(x)).lower()
    number = float(x)
    text = "NaN" if number != number else f"{'-' * (number < 0)}Infinity" if np.isinf(number) else repr(number)
    return f"({text})" if text.startswith("-") else text


def _as_objects(x: Any) -> Any:
    array = np.empty(np.shape(x), object)
    array[...] = x
    return array


def _scattered(x: Any, shape: tuple[int, ...], index: Any) -> Any:
    zeros = np.full(shape, 0.0, object)
    np.add.at(zeros, index, _as_objects(x))
    return zeros


def _assigned(x: Any, v: Any, index: Any) -> Any:
    result = _as_objects(x)
    result[index] = v
    return result
