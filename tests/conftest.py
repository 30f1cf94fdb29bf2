"""In continuous integration (`CI=true`) nothing is skipped in silence: a skipped test is a failed one.

A skip is right on a reader's machine (an extra is not installed) and wrong where everything is: there it means that
a test has quietly stopped to run. Expected failures (`xfail`) stay what they are.
"""

import os

import pytest


def _skip_fails(report: pytest.TestReport | pytest.CollectReport) -> None:
    if os.environ.get("CI") == "true" and report.skipped and not hasattr(report, "wasxfail"):
        reason = report.longrepr[2] if isinstance(report.longrepr, tuple) else report.longrepr
        report.outcome = "failed"
        report.longrepr = f"skipped, although CI=true: {reason}"


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item, call):
    report = yield
    _skip_fails(report)
    return report


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector):
    report = yield
    _skip_fails(report)
    return report
