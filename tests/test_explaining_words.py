"""Every operation of the table has a local derivative as a formula and its rule in plain words."""

import importlib
import pkgutil
import re

import numpy as np
import pytest
from scipy import special

import tinygrad_edu as tg
from tinygrad_edu.explaining import in_words, local_derivative
from tinygrad_edu.explaining.wording import OF_KIND, rules_of
from tinygrad_edu.extend import elementwise
from tinygrad_edu.graph import rule_for

CODE = re.compile(r"lambda|\*|\b(rule|op|slope|function|prime|pick|below|above)\(|\b_[a-z]+\(|root_pi|ln2")
"""What a formula that was not read out looks like."""
PLAIN = re.compile(r"[A-Za-z0-9 ,.:;()'/-]+")
"""Words have no symbols: no x̄, no brackets, no underscores."""
VAGUE = {words for kind, words in OF_KIND.items() if kind not in ("flat", "refused", "composite", "structure")}


def is_ours(op):
    """True unless another test, or an example of a docstring, has declared the operation."""
    rules = [getattr(rule, "func", rule) for rule in rules_of(op) if rule is not None]
    code = [getattr(part, "__code__", None) for part in (*rules, op.function)]
    if any(c and c.co_filename.startswith("<doctest") for c in code):
        return False
    return all((getattr(rule, "__module__", "") or "").startswith("tinygrad_edu") for rule in rules)


def module_of(op):
    """Where the rules of an operation stand."""
    rules = [getattr(rule, "func", rule) for rule in rules_of(op) if rule is not None]
    return " ".join({getattr(rule, "__module__", "") or "" for rule in rules})


def places(op):
    return range(len(op.vjps) if isinstance(op.vjps, tuple) else 1)


def test_every_operation_of_the_table_can_be_told():
    rule_for(special.erf)  # loads the pages that wait for SciPy
    for annex in (tg.functions, tg.losses, tg.scipy):
        for found in pkgutil.iter_modules(annex.__path__):
            importlib.import_module(f"{annex.__name__}.{found.name}")
    assert len(tg.RULES) > 700
    for function, op in [(f, op) for f, op in tg.RULES.items() if is_ours(op)]:
        for i in places(op):
            slope, words = local_derivative(op, i), in_words(op, i)
            assert slope and "\n" not in slope and not CODE.search(slope), (function, i, slope)
            assert PLAIN.fullmatch(words) and len(words.split()) >= 3, (function, i, words)
            if "special" not in (of_rule := module_of(op)) and "distributions" not in of_rule:
                assert words not in VAGUE and slope not in VAGUE, (function, i, words)


@pytest.mark.parametrize(("function", "i", "slope", "words"), [
    (np.sin,      0, "cos(x)",                       "the incoming gradient times cos of the argument"),
    (np.add,      1, "1",                            "the incoming gradient"),
    (np.subtract, 1, "-1",                           "minus the incoming gradient"),
    (np.multiply, 0, "y",                            "the incoming gradient times the second argument"),
    (np.divide,   1, "-z / y",                       "minus the incoming gradient times the result divided by the "
                                                     "second argument"),
    (np.where,    1, "{ 1 where c, else 0 }",        "the incoming gradient where the condition holds, zero elsewhere"),
    (np.hypot,    0, "x / z",                        "the incoming gradient times the first argument divided by the "
                                                     "result"),
    (np.tanh,     0, "1 - y · y",                    "the incoming gradient times (1 minus the result squared)"),
    (np.flip,     0, "g ↦ flip(g, axis)",            "the incoming gradient, reversed again"),
    (np.matmul,   1, "ȳ = xᵀ z̄; one matrix y behind a batch of x takes the whole batch as rows, instead of a sum of "
                     "products",                     "the first matrix transposed, matrix-times the incoming gradient"),
    (np.trace,    0, "that of sum(diagonal(a, offset, axis1, axis2), -1, dtype)",
                                                     "recorded as the lines that it consists of; each goes back by its "
                                                     "own rule"),
    (np.floor,    0, "0",                            "nothing flows back: the function is piecewise constant"),
])  # fmt: skip
def test_a_rule_is_told_as_people_say_it(function, i, slope, words):
    op = tg.RULES[function]
    assert (local_derivative(op, i), in_words(op, i)) == (slope, words)


def test_a_row_of_ones_own_is_told_too():
    op = elementwise(lambda x: x * x * x, lambda g, y, x: g * 3 * x * x)
    try:
        assert (local_derivative(op), in_words(op)) == (
            "3 · x · x",
            "the incoming gradient times 3 times the argument times the argument",
        )
    finally:
        tg.RULES.pop(next(f for f, known in tg.RULES.items() if known is op))
