"""What a report says, and in how many forms."""

import json

import numpy as np
import pytest
from rich.console import Console

import tinygrad_edu as tg
from tinygrad_edu.errors import CheckError, HyperparameterError
from tinygrad_edu.extend import elementwise

X = np.array([0.3, -1.2, 2.0, 0.7])
slipped = elementwise(lambda x: np.sin(x), lambda g, y, x: 2 * g * np.cos(x))


@pytest.fixture(scope="module")
def failed():
    return tg.check(lambda x: np.sum(slipped(x)), X)


def test_a_report_asserts(failed):
    with pytest.raises(CheckError, match="FAIL") as caught:
        failed.assert_ok()
    assert caught.value.report is failed
    tg.check(np.sin, X).assert_ok(strict=True)


def test_an_inconclusive_report_asserts_only_if_strict():
    report = tg.check(lambda x: np.sum(np.log(x)), X)
    report.assert_ok()
    with pytest.raises(CheckError, match="INCONCLUSIVE"):
        report.assert_ok(strict=True)


def test_a_report_is_true_if_it_passes(failed):
    assert not failed
    assert not failed.ok
    assert tg.check(np.sin, X)


def test_the_worst_row_stands_first(failed):
    verdicts = [row.verdict for row in failed.worst()]
    assert verdicts[0] == "fail"
    assert verdicts[-1] != "fail"


def test_a_pass_shows_first_what_is_nearest_to_its_tolerance():
    rows = [row for row in tg.check(lambda x: np.exp(x) * x, X).worst() if row.verdict == "pass"]
    strains = [row.strain for row in rows]
    assert strains == sorted(strains, reverse=True)
    assert 0 < strains[0] <= 1


def test_one_evaluation_is_not_plural():
    report = tg.check(lambda x: np.sum(np.log(x)), X)
    assert str(report).startswith("INCONCLUSIVE  (order 1; 1 evaluation, 0 vjps)")


def test_a_reason_is_printed_once_and_zeros_last():
    report = tg.check(lambda x: np.sum(np.sqrt(x)), np.array([0.0, 1.0]))
    assert str(report).count("the derivative is infinite here") == 2  # above the table, and in its first row
    assert tg.check(lambda x: np.sin(x), X).worst()[-1].verdict == "pass as zero"


def test_a_report_prints_as_a_table(failed):
    lines = str(failed).split("\n")
    assert lines[0].startswith("FAIL  (order 1; ")
    assert "first wrong operation: <lambda>, argument 0: its rule is wrong" in lines[1]
    assert any(
        line.split() == ["where", "analytic", "numeric", "±", "error", "apart", "verdict", "by"] for line in lines
    )


def test_a_report_is_json(failed):
    found = json.loads(failed.json())
    assert found["verdict"] == "fail"
    assert found["culprit"]["operation"] == "<lambda>"
    assert found["rows"][0]["verdict"] == "fail"
    assert found["cost"]["evaluations"] == failed.cost.evaluations


def test_a_report_is_html_with_its_words_escaped(failed):
    assert "<table>" in failed.html()
    assert "&lt;lambda&gt;" in failed.html()


def test_slopes_beside_a_kink_are_those_of_one_unit_as_the_numbers_beside_them():
    f, x = lambda x: np.abs(x - 3), np.array(3.0)  # a direction along x is as long as x: 3
    row = next(row for row in tg.check(f, x, order=1).rows if row.where == "x")
    assert (row.left, row.right, row.reason) == (-1, 1, "between the one-sided derivatives -1 and 1")
    failed = tg.check_vjp(f, (x,), lambda g, x: 2 * g)
    row = next(row for row in failed.rows if row.where == "x")
    assert row.reason == "at a kink, not between the one-sided derivatives -1 and 1"


def test_an_order_that_is_not_checked_is_refused():
    with pytest.raises(HyperparameterError, match=r"order is 3\. Expected 1 or 2"):
        tg.check(np.sin, X, order=3)


def test_rich_prints_a_report(failed):
    console = Console(width=160, record=True, file=None, quiet=True)
    with console.capture() as captured:
        Console(width=160, file=console.file, force_terminal=False)
        plain = Console(width=160, force_terminal=False)
        with plain.capture() as captured:
            plain.print(failed)
    assert "FAIL" in captured.get()
    assert "complex step" in captured.get()
