"""Every operation of the table has a local derivative as a formula and its rule in plain words."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.explaining import in_words, local_derivative
from tinygrad_edu.extend import elementwise
from tinygrad_edu.graph import rule_for


def places(op):
    return range(len(op.vjps) if isinstance(op.vjps, tuple) else 1)


def test_every_operation_of_the_table_can_be_told():
    scipy_special = pytest.importorskip("scipy.special")
    rule_for(scipy_special.erf)  # loads the pages that wait for SciPy
    assert len(tg.RULES) > 600
    for function, op in tg.RULES.items():
        for i in places(op):
            for told in (local_derivative(op, i), in_words(op, i)):
                assert told and "\n" not in told and "lambda g" not in told, function
            assert len(in_words(op, i).split()) >= 3, function


@pytest.mark.parametrize(("function", "i", "slope", "words"), [
    (np.sin,      0, "cos(x)",                       "the incoming gradient times cos of the argument"),
    (np.add,      1, "1",                            "the incoming gradient"),
    (np.subtract, 1, "-1",                           "minus the incoming gradient"),
    (np.multiply, 0, "y",                            "the incoming gradient times the second argument"),
    (np.divide,   1, "-z / y",                       "minus the incoming gradient times the result divided by the "
                                                     "second argument"),
    (np.where,    1, "{ 1 where c, else 0 }",        "the incoming gradient where c, else 0"),
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
