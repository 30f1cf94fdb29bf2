"""Fixtures for pytest that check gradients, and failures that can be read. In a conftest.py:

    pytest_plugins = ["tinygrad_edu.testing.plugin"]

`check_gradients(f, *args)` is `tinygrad_edu.check`, `check_rule(operation)` that of `tinygrad_edu.testing`; a failure
ends the test, and what cannot be decided is an `InconclusiveWarning`. Wherever a CheckError ends a test, its report is
shown instead of a traceback through the checker. The summary of the run counts the checks, and says what was undecided
and why.

It is no plugin that loads by itself: that would import NumPy into every run of pytest, and before pytest-cov watches.
"""

from __future__ import annotations

import warnings
from collections import Counter
from collections.abc import Callable, Generator
from typing import Any

import pytest

from .. import checking
from ..errors import CheckError
from . import searching

NAME = "gradient check"


class InconclusiveWarning(UserWarning):
    """A gradient was checked, and nobody can tell whether it is right; the reason is the message."""


def pytest_addoption(parser: pytest.Parser) -> None:
    """`--gradient-seed 7`: other random directions; `--gradient-strict`: an undecided check fails."""
    group = parser.getgroup("tinygrad_edu")
    group.addoption("--gradient-seed", type=int, default=0, help="seed of check_gradients (default: 0)")
    group.addoption("--gradient-strict", action="store_true", help="an inconclusive gradient check fails too")


@pytest.fixture
def check_gradients(request: pytest.FixtureRequest) -> Callable[..., checking.Report]:
    """``check_gradients(f, *args, strict=None, **options)``: as `tinygrad_edu.check`, and fails if the gradient does.

    What cannot be decided is a warning; with ``strict=True``, or the option --gradient-strict, it fails; with
    ``strict=False`` it is known, and accepted in silence.
    """
    config = request.config

    def check(f: Callable[..., Any], *args: Any, strict: bool | None = None, **options: Any) -> checking.Report:
        report = checking.check(f, *args, **{"seed": config.getoption("--gradient-seed"), **options})
        request.node.user_properties.append((NAME, (report.verdict, report.reason, report.cost.evaluations)))
        report.assert_ok(strict or config.getoption("--gradient-strict"))
        if not report.ok and strict is None:
            warnings.warn(f"inconclusive, because {report.reason}", InconclusiveWarning, stacklevel=2)
        return report

    return check


@pytest.fixture
def check_rule(request: pytest.FixtureRequest) -> Callable[..., searching.Search]:
    """``check_rule(operation, *domains, **options)``: as `tinygrad_edu.testing.check_rule`."""

    def check(operation: Callable[..., Any], *domains: Any, **options: Any) -> searching.Search:
        try:
            search = searching.check_rule(operation, *domains, **options)
        except CheckError as error:
            request.node.user_properties.append((NAME, ("fail", str(error).splitlines()[0], 0)))
            raise
        request.node.user_properties.append((NAME, ("pass", str(search), search.evaluations)))
        return search

    return check


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Show the report of a CheckError, below the line of the test that asked for it."""
    report = yield
    if call.excinfo is not None and call.excinfo.errisinstance(CheckError) and report.failed:
        lines = [entry for entry in call.excinfo.traceback if str(entry.path) == str(item.path)]
        place = f"{item.path.name}:{lines[-1].lineno + 1}: {str(lines[-1].statement).strip()}\n" if lines else ""
        report.longrepr = f"{place}{call.excinfo.value}"
    return report


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many gradients were checked, and which could not be decided."""
    checks = [
        (report.nodeid, *value)
        for reports in terminalreporter.stats.values()
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == NAME and report.when == "call"
    ]
    if not checks:
        return
    counts = Counter(verdict for _, verdict, _, _ in checks)
    evaluations = sum(n for *_, n in checks)
    told = ", ".join(f"{counts[v]} {v}" for v in ("pass", "inconclusive", "fail") if counts[v])
    terminalreporter.write_sep("-", f"gradients: {told}; {evaluations} evaluations")
    for nodeid, verdict, reason, _ in checks:
        if verdict == "inconclusive":
            terminalreporter.write_line(f"inconclusive: {nodeid}: {reason}")
