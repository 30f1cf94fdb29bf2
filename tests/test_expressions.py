"""Formulae are read by a whitelist: what is on it works, and differentiates; everything else is refused in words."""

import ast

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import ExpressionError
from tinygrad_edu.expressions import CONSTANTS, FUNCTIONS, parse

# fmt: off
VALUES = {
    "exp(2*y)*sin(x)":            np.exp(1.4) * np.sin(0.3),
    "np.exp(2*y)*np.sin(x)":      np.exp(1.4) * np.sin(0.3),
    "-x**2":                      -0.09,
    "+x - -y":                    1.0,
    "x / y % 2":                  0.3 / 0.7,
    "2**3**2":                    512.0,
    "1e-3 + .5 + 1_000":          1000.501,
    "pi + np.pi + e + np.e":      2 * np.pi + 2 * np.e,
    "where(x > y, x, y)":         0.7,
    "where(x == y, x, y)":        0.7,
    "clip(x, 0.5, 1)":            0.5,
    "hypot(x, y)":                np.hypot(0.3, 0.7),
    "round(x)":                   0.0,
    " ( x )\n":                   0.3,
    "π * x":                      0.6,
}
FAULTS = {
    "":                        "the formula is empty",
    "   ":                     "the formula is empty",
    "x +":                     "cannot be read at character 3 (after 'x +'): invalid syntax",
    "2x":                      "invalid decimal literal. Multiply with *, as in 2*x",
    "x y":                     "invalid syntax. Multiply with *, as in 2*x",
    "sin(x":                   "'(' was never closed",
    "x\0":                     "null bytes",
    "x; y":                    "invalid syntax",
    "x = 1":                   "cannot be read",
    "x^2":                     "a power is written x**2, not x^2",
    "x // 2":                  "a whole quotient is written floor(x / 2), not x // 2",
    "x @ y":                   "x @ y is no part of a formula here",
    "x.real":                  "attributes are not allowed",
    "x.__class__.__mro__":     "attributes are not allowed",
    "np.linalg.norm(x)":       "attributes are not allowed",
    "os.system('ls')":         "attributes are not allowed",
    "np.load(x)":              "no function is called 'load'. There are sin, cos",
    "__import__('os')":        "no function is called '__import__'. There are sin, cos, exp",
    "sinn(x)":                 "no function is called 'sinn'. Did you mean 'sin'?",
    "x(y)":                    "no function is called 'x'",
    "sin(x)(y)":               "a call has a name and plain arguments",
    "maximum(x, 0, out=y)":    "a call has a name and plain arguments",
    "sin(*x)":                 "*x is no part of a formula here",
    "sin(x, y)":               "sin(x, y): sin takes 1 argument, not 2",
    "hypot(x)":                "hypot(x): hypot takes 2 arguments, not 1",
    "where(x > 0)":            "where takes 3 arguments, not 1",
    "x[0]":                    "x[0] is no part of a formula here",
    "[x, y]":                  "[x, y] is no part of a formula here",
    "lambda: x":               "lambda: x is no part of a formula here",
    "x if y else 1":           "is no part of a formula here",
    "[x for x in y]":          "is no part of a formula here",
    "(x := 1)":                "is no part of a formula here",
    "f'{x}'":                  "is no part of a formula here",
    "x and y":                 "is no part of a formula here",
    "not x":                   "is no part of a formula here",
    "~x":                      "is no part of a formula here",
    "0 < x < 1":               "compare two things at a time",
    "x in y":                  "compare two things at a time",
    "'a' * 9":                 "only real numbers are allowed",
    "1j":                      "only real numbers are allowed",
    "True":                    "only real numbers are allowed",
    "...":                     "only real numbers are allowed",
    "1e999":                   "a number in the formula is too large",
    "1" * 400:                 "a number in the formula is too large",
    "x" * 3000:                "the formula has 3000 characters. Expected at most 2000",
    "(" * 250 + "x" + ")" * 250:       "too many nested parentheses",
    "-" * 1000 + "x":         "the formula is nested more than 100 levels deep",
    "sin(" * 150 + "x" + ")" * 150:   "the formula is nested more than 100 levels deep",
    "+".join("x" * 900):       "the formula is nested more than 100 levels deep",
    "x and " * 20 + "x":      "...",
}
NO_VALUE = {
    "log(x - 1)":       "log(x - 1) has no value here: log is not defined for x - 1 = -0.7",
    "log(-1)":          "log is not defined for -1",
    "1 / (x - x)":      "1 / (x - x) has no value here: division by zero, with 1 and x - x = 0",
    "log(0 * x)":       "log(0 * x) has no value here: log is infinite at 0 * x = 0",
    "(0*x)**-1":        "division by zero, with 0 * x = 0 and -1",
    "(-x)**y":          "(-x) ** y has no value here: power is not defined for -x = -0.3 and y = 0.7",
    "sqrt(-x)":         "sqrt is not defined for -x = -0.3",
    "arcsin(9*x)":      "arcsin is not defined for 9 * x = 2.7",
    "exp(exp(10*y))":   "the result is too large for a float64, with exp(10 * y) = 1096.63",
    "exp(9999*y)":      "the result is too large for a float64",
    "9**9**9**9":       "9 ** 9 ** 9 has no value here: the result is too large for a float64",
    "0*log(-x)":        "log is not defined for -x = -0.3",
    "x + z":            "the name 'z' has no value. Give it one with --at z=0",
    "x + yy":           "the name 'yy' has no value. Give it one with --at yy=0, or did you mean 'y'?",
    "sin":              "sin is a function. Expected its argument in brackets: sin(x)",
    "np":               "the name 'np' has no value",
}
# fmt: on


@pytest.mark.parametrize("text", VALUES)
def test_a_formula_has_the_value_that_numpy_gives(text):
    assert parse(text).checked(x=0.3, y=0.7, π=2.0) == pytest.approx(VALUES[text], rel=1e-14)


@pytest.mark.parametrize("text", FAULTS)
def test_what_is_no_formula_is_refused_in_words(text):
    with pytest.raises(ExpressionError) as error:
        parse(text)
    assert FAULTS[text] in str(error.value)
    assert len(str(error.value)) < 250


@pytest.mark.parametrize("text", NO_VALUE)
def test_a_formula_without_a_value_is_told_with_its_place(text):
    with pytest.raises(ExpressionError) as error:
        parse(text).checked(x=0.3, y=0.7)
    assert NO_VALUE[text] in str(error.value)


def test_what_is_too_small_is_zero():
    assert parse("exp(-9999*x)").checked(x=1.0) == 0


def test_variables_come_in_the_order_of_the_text():
    assert parse("exp(2*y)*sin(x) + y*np.pi - e").variables == ("y", "x")


def test_a_variable_goes_before_a_constant():
    assert parse("2*e").checked(e=3.0) == 6


@pytest.mark.parametrize("name", FUNCTIONS)
def test_every_function_differentiates(name):
    arguments = {"where": "x > 0, x*x, 1", "clip": "x*x, 0, 1"}.get(name)
    two = getattr(FUNCTIONS[name], "nin", 1) == 2
    f = parse(f"{name}({arguments or ('x, 0.3*x + 0.1' if two else 'x')})")
    at = 1.2 if "cosh" in name and "arc" in name + "arc" * (name == "acosh") else 0.4
    step = 1e-5
    numeric = (f.checked(x=at + step) - f.checked(x=at - step)) / (2 * step)
    assert tg.grad(lambda x: f(x=x))(at) == pytest.approx(numeric, rel=1e-8, abs=1e-9)


@pytest.mark.parametrize("name", CONSTANTS)
def test_constants_are_numpys(name):
    assert parse(name).checked() == getattr(np, name)


@pytest.mark.parametrize("error", [RecursionError("maximum depth"), MemoryError("stack"), ValueError("it holds \\0")])
def test_what_the_parser_cannot_hold_is_told(monkeypatch, error):
    """Which formulae these are depends on the version of Python."""

    def refuse(*_, **__):
        raise error

    monkeypatch.setattr(ast, "parse", refuse)
    words = "it holds" if isinstance(error, ValueError) else "it is nested too deep"
    with pytest.raises(ExpressionError, match=f"the formula cannot be read: {words}"):
        parse("x")


def test_no_python_is_compiled_or_run(monkeypatch):
    def forbidden(*_, **__):
        raise AssertionError("text was run")

    tree = ast.parse("sin(x)", mode="eval")
    monkeypatch.setattr("builtins.eval", forbidden)
    monkeypatch.setattr("builtins.exec", forbidden)
    monkeypatch.setattr(ast, "parse", lambda *_, **__: tree)
    assert parse("sin(x)").checked(x=0.0) == 0


def test_a_branch_that_is_not_taken_needs_no_value():
    assert parse("where(x > 0, sqrt(x), 0)").checked(x=-1.0) == 0
