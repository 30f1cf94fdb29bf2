"""A rule as mathematics, read from its source; and the page of the table that is made of it."""

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.explaining import formula, rule_source

ROOT = Path(__file__).resolve().parent.parent


def several_lines(g, y, x):
    """The law in words.

    And more of it.
    """
    z = x
    return g * z


def one_line(g, y, x):
    return g @ np.swapaxes(x, -1, -2)


@pytest.mark.parametrize(("rule", "written"), [
    (lambda g, y, x: g * np.cos(x),             "g · cos(x)"),
    (lambda g, y, x: g / (2.0 * y),             "g / (2 · y)"),
    (lambda g, y, x: g - (y - x),               "g - (y - x)"),
    (lambda g, y, x: -g * y * y,                "-g · y · y"),
    (lambda g, y, x: g * x**-2,                 "g · x⁻²"),
    (lambda g, y, x: g * (x + 1) ** y,          "g · (x + 1)^y"),
    (lambda g, y, x: np.where(x > 0, g, 0),     "{ g where x > 0, else 0 }"),
    (lambda g, y, x: g * np.sqrt(np.pi) * -1j,  "g · √π · -i"),
    (lambda g, y, x: g.reshape(x.shape),        "reshape(g, x.shape)"),
    (several_lines,                             "The law in words"),
    (one_line,                                  "g xᵀ"),
    (None,                                      "0"),
])  # fmt: skip
def test_a_rule_is_written_as_mathematics(rule, written):
    assert formula(rule) == written


def test_two_rules_in_a_line_are_told_apart():
    left, right = lambda g, z, x, y: g * y, lambda g, z, x, y: g * x
    assert (formula(left), formula(right)) == ("g · y", "g · x")


def test_the_formula_and_the_source_are_those_of_the_table():
    rule = tg.RULES[np.arctan].vjps[0]
    assert formula(rule) == "g / (1 + x · x)"
    assert rule_source(rule) == "g / (1.0 + x * x)"


def test_every_rule_can_be_written():
    for op in tg.RULES.values():
        for rule in op.vjps if isinstance(op.vjps, tuple) else []:
            assert formula(rule)


def test_the_page_of_the_table_is_up_to_date(tmp_path):
    """If this fails: python docs/rule_table.py"""
    program = "import runpy; print(runpy.run_path('docs/rule_table.py')['page'](), end='')"
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True)
    assert found.stdout == (ROOT / "docs" / "rules.md").read_text()
