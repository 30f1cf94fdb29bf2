"""How a pointwise line is written in C, so that NaN, infinities and signed zeros come out as in NumPy.

Only float64, float32, truth values and int64 are spoken; a line of other numbers, or of a function that is not in the
table, stays with NumPy. Each row gives the expression for operands of one C type; `T` stands for the suffix of C's
single precision (`expf`), and constants are cast by the compiler.
"""

from __future__ import annotations

import operator
import re
from typing import Any

import numpy as np

from .kinds import is_pointwise
from .passes.fuse import is_reduction
from .program import Line, Value

C_TYPES = {"float64": "double", "float32": "float", "bool": "uint8_t", "int64": "int64_t"}

# fmt: off
LIBMVEC = (
    "exp", "log", "sin", "cos", "pow", "tan", "asin", "acos", "atan", "sinh", "cosh", "tanh", "asinh", "acosh", "atanh",
    "atan2", "cbrt", "exp2", "expm1", "log2", "log10", "log1p", "hypot",
)
# fmt: on
"""Functions of which glibc's libmvec has a version for vectors."""

# fmt: off
FORMULAS: dict[Any, str] = {
    np.add: "{0} + {1}",           np.subtract: "{0} - {1}",      np.multiply: "{0} * {1}",    np.divide: "{0} / {1}",
    np.negative: "-{0}",           np.positive: "{0}",            np.square: "{0} * {0}",      np.reciprocal: "1 / {0}",
    np.exp: "exp{T}({0})",         np.log: "log{T}({0})",         np.exp2: "exp2{T}({0})",
    np.expm1: "expm1{T}({0})",     np.log2: "log2{T}({0})",       np.log10: "log10{T}({0})",
    np.log1p: "log1p{T}({0})",   np.sqrt: "sqrt{T}({0})",
    np.cbrt: "cbrt{T}({0})",       np.sin: "sin{T}({0})",         np.cos: "cos{T}({0})",       np.tan: "tan{T}({0})",
    np.arcsin: "asin{T}({0})",     np.arccos: "acos{T}({0})",     np.arctan: "atan{T}({0})",   np.sinh: "sinh{T}({0})",
    np.cosh: "cosh{T}({0})",       np.tanh: "tanh{T}({0})",       np.arcsinh: "asinh{T}({0})",
    np.arccosh: "acosh{T}({0})",   np.arctanh: "atanh{T}({0})",
    np.arctan2: "atan2{T}({0}, {1})", np.hypot: "hypot{T}({0}, {1})",
    np.absolute: "fabs{T}({0})",   np.fabs: "fabs{T}({0})",       np.floor: "floor{T}({0})",   np.ceil: "ceil{T}({0})",
    np.trunc: "trunc{T}({0})",     np.rint: "nearbyint{T}({0})",  np.copysign: "copysign{T}({0}, {1})",
    np.power: "pow{T}({0}, {1})",  operator.pow: "pow{T}({0}, {1})",
    np.maximum: "maximum{T}({0}, {1})", np.minimum: "minimum{T}({0}, {1})",
    np.fmax: "({0} > {1} || {1} != {1}) ? {0} : {1}",            np.fmin: "({0} < {1} || {1} != {1}) ? {0} : {1}",
    np.sign: "sign{T}({0})",       np.logaddexp: "logaddexp{T}({0}, {1})",
    np.deg2rad: "{0} * (3.14159265358979323846 / 180)",           np.rad2deg: "{0} * (180 / 3.14159265358979323846)",
    np.where: "{c} ? {0} : {1}",
    operator.add: "{0} + {1}",     operator.sub: "{0} - {1}",     operator.mul: "{0} * {1}",
    operator.neg: "-{0}",          operator.abs: "fabs{T}({0})",
}
COMPARISONS: dict[Any, str] = {
    np.equal: "{0} == {1}",        np.not_equal: "{0} != {1}",    np.less: "{0} < {1}",
    np.less_equal: "{0} <= {1}",
    np.greater: "{0} > {1}",       np.greater_equal: "{0} >= {1}",
    np.isnan: "{0} != {0}",        np.isinf: "fabs({0}) == INFINITY", np.isfinite: "fabs({0}) < INFINITY",
    np.logical_and: "({0} != 0) & ({1} != 0)", np.logical_or: "({0} != 0) | ({1} != 0)", np.logical_not: "{0} == 0",
}
MASKS: dict[Any, str] = {
    np.bitwise_and: "{0} & {1}",   np.bitwise_or: "{0} | {1}",    np.bitwise_xor: "{0} ^ {1}", np.invert: "{0} == 0",
    np.multiply: "{0} & {1}",      np.add: "{0} | {1}",           np.maximum: "{0} | {1}",     np.minimum: "{0} & {1}",
}
INTEGERS: dict[Any, str] = {
    **{f: FORMULAS[f] for f in (np.add, np.subtract, np.multiply, np.negative, np.positive, np.square, np.where)},
    np.maximum: "({0} > {1}) ? {0} : {1}",                       np.minimum: "({0} < {1}) ? {0} : {1}",
}
FUNCTIONS: dict[str, tuple[str, str]] = {
    "maximum": ("x, y", "x > y || x != x ? x : y"),
    "minimum": ("x, y", "x < y || x != x ? x : y"),
    "sign": ("x", "x > 0 ? 1 : x < 0 ? -1 : x == 0 ? 0 : x"),
    "logaddexp": ("x, y",
                  "x == y ? x + 0.693147180559945309417  // of equal infinities, too\n"
                  "         : x != x || y != y ? x + y\n"
                  "         : (x > y ? x : y) + log1p{T}(exp{T}(-fabs{T}(x - y)))"),
}
# fmt: on
"""NumPy's functions that C does not have: their arguments, and the formula, NaN kept as in NumPy."""


def dtype_of(x: Any) -> Any:
    """What decides the dtype of an elementwise call: an array's dtype; a Python number as itself."""
    if type(x) is Value:
        return 0.0 if x.weak else x.dtype
    return x if isinstance(x, int | float) and not isinstance(x, np.generic) else np.asarray(x).dtype


def is_spoken(line: Line) -> bool:
    """True if C can say a line of a kernel."""
    values = [*line.reads, *line.results]
    kinds = [str(v.dtype) for v in values]
    if any(v.is_count for v in values):
        return False
    if not all(kind in C_TYPES for kind in kinds) or not all(map(is_writable, line.args)):
        return False
    f = line.operation
    if is_reduction(line):
        return line.result.dtype.kind == "f" and f in (np.sum, np.max, np.min)  # type: ignore[union-attr]
    if not is_pointwise(line):
        return False
    if f is np.astype:
        return kinds[0] == kinds[-1] or "int64" not in kinds
    if not all(isinstance(x, Value | int | float | np.number | np.bool_) for x in line.args):
        return False
    if f is operator.pow and line.result.weak:  # Python raises for 0.0 ** -1.0, and where a power is too large
        return False
    if working_type(line).kind == "i" and not all(type(x) is Value or _fits(x) for x in line.args):
        return False
    return _template(line) is not None


def is_writable(x: Any) -> bool:
    """True if an argument may stand in C: no array, and no number of a dtype that C does not speak here."""
    return not isinstance(x, np.ndarray) and (not isinstance(x, np.generic) or str(x.dtype) in C_TYPES)


def _fits(x: Any) -> bool:
    return bool(-(2**63) <= x < 2**63)


def _template(line: Line) -> str | None:
    f, kind = line.operation, line.result.dtype.kind  # type: ignore[union-attr]
    if f in COMPARISONS:
        return COMPARISONS[f] if np.result_type(*map(dtype_of, line.args)).kind in "fbi" else None
    if kind == "b" and f is not np.where:
        return MASKS.get(f)
    if kind == "i":
        return INTEGERS.get(f)
    return FORMULAS.get(f)


def working_type(line: Line) -> np.dtype[Any]:
    """The dtype that the operands of a line are converted to before it computes."""
    args = line.args[1:] if line.operation is np.where else line.args
    if line.operation in COMPARISONS:
        return np.result_type(*map(dtype_of, args))
    assert line.result.dtype is not None
    return line.result.dtype


def expression(line: Line, spell: Any) -> str:
    """The C expression of a pointwise line; ``spell(x, dtype)`` writes an operand in a dtype."""
    f = line.operation
    if f is np.astype:
        x = line.args[0]
        return f"{spell(x, x.dtype)} != 0" if line.result.dtype == bool else spell(x, line.result.dtype)
    template, kind = _template(line), working_type(line)
    assert template is not None
    args = line.args
    condition = ""
    if f is np.where:
        condition, args = _truth(args[0], spell), args[1:]
    suffix = "f" if kind == np.float32 else ""
    return template.format(*[spell(x, kind) for x in args], c=condition, T=suffix)


def function_text(name: str) -> str:
    """A function of `FUNCTIONS` in C; `maximumf` is that of single precision."""
    single = name not in FUNCTIONS
    arguments, formula = FUNCTIONS[name.removesuffix("f") if single else name]
    kind = "float" if single else "double"
    given = ", ".join(f"{kind} {x}" for x in arguments.split(", "))
    body = formula.replace("{T}", "f" if single else "")
    return f"FORMULA {kind} {name}({given})\n{{\n    return {body};\n}}\n"


def is_dear(line: Line) -> bool:
    """True for a division, a root and what is a function in C: each costs as much as several additions."""
    called = re.findall(r"(\w+)\{T\}", FORMULAS.get(line.operation, ""))
    return line.operation in (np.divide, np.reciprocal) or not {*LIBMVEC, "sqrt", "logaddexp"}.isdisjoint(called)


def _truth(x: Any, spell: Any) -> str:
    if type(x) is Value and x.dtype != bool:
        return f"({spell(x, x.dtype)} != 0)"
    return spell(x, np.dtype(bool))


def literal(x: Any, dtype: np.dtype[Any]) -> str:
    """A constant in C, to the last bit."""
    if dtype.kind in "bi":
        return "INT64_MIN" if x == -(2**63) else f"({int(x)})" if x < 0 else str(int(x))
    number = float(dtype.type(x))
    if number != number:
        return "NAN"
    if np.isinf(number):
        return "INFINITY" if number > 0 else "(-INFINITY)"
    text = repr(number) if "e" in repr(number) or "." in repr(number) else repr(number) + ".0"
    text += "f" if dtype == np.float32 else ""
    return f"({text})" if text.startswith("-") else text
