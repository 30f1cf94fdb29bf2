"""How much differentiates: all of the vocabulary, by rows that the catalogue checks, in a table that stays a table."""

import ast
import runpy
from pathlib import Path

import pytest
from catalogue.pages import FLAT, SAMPLES
from catalogue.vocabulary import ELSEWHERE, categories, covered

TESTS = Path(__file__).parent


@pytest.mark.parametrize("category", categories())
def test_every_operation_of_the_vocabulary_differentiates(category):
    assert not [entry for entry in categories()[category] if entry not in covered()]


def test_the_vocabulary_has_704_operations_of_which_41_are_losses():
    entries = categories()
    assert sum(map(len, entries.values())) == 704
    assert len(entries["loss"]) == 41


@pytest.mark.parametrize("entry", ELSEWHERE)
def test_an_entry_that_is_no_row_has_a_test_of_its_own(entry):
    file, _, name = ELSEWHERE[entry].partition("::")
    functions = [n.name for n in ast.walk(ast.parse((TESTS / file).read_text())) if isinstance(n, ast.FunctionDef)]
    assert name in functions


def test_few_rows_count_as_piecewise_constant():
    """An entry that only a flat row shows lets nothing flow; those are known by name."""
    flat_alone = {s.entry for s in FLAT} - {s.entry for s in SAMPLES}
    of_vocabulary = flat_alone & {entry for entries in categories().values() for entry in entries}
    assert of_vocabulary <= {"floor", "ceil", "trunc", "rint", "round", "fix", "floor_divide", "special.gammasgn"}


def test_the_rule_files_stay_tables():
    """At most 2.5 lines of rules for an operation; docs/rule_table.py says what is counted."""
    page = runpy.run_path(str(TESTS.parent / "docs" / "rule_table.py"))
    lines = sum(rules for rules, _, _ in page["counts"]().values())
    assert lines <= 2.5 * len(page["tg"].RULES)
