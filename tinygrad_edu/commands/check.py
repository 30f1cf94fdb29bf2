"""`check`: is the gradient right? The engine's, of any function; or one that somebody has worked out by hand.

The verdict is the checker's (`tinygrad_edu.checking`), and the exit code with it: 0 pass, 1 fail, 3 inconclusive.
What is done with gradients by hand is in `answers.py`.
"""

from __future__ import annotations

import html
import json
import re
import sys
import zipfile
from collections.abc import Mapping, Sequence
from contextlib import redirect_stdout
from pathlib import Path
from typing import Any

import click
import numpy as np

from ..checking import Report, check
from ..checking.report import measured
from ..checking.trials import INFINITE
from ..checking.verdicts import FAIL, KINK, OPEN, PASS, ZERO, Row
from .answers import html_of_answers, judged, show_answers, worst
from .finding import careful, named, parse_arrays, plain, shown
from .screen import heading, number, say, show_table

CODES = {PASS: 0, FAIL: 1, OPEN: 3}
COLUMNS = ("where", "gradient", "measured", "± error", "verdict")
MOST = 8  # lines of a table


def show_check_of(
    text: str,
    at: Sequence[str],
    archive: str | None,
    gradients: Sequence[str],
    order: int | None,
    seed: int,
    as_json: bool,
    page: str | None,
) -> int:
    """Check, print or write, and return the exit code."""
    point = find_point(at, archive)
    title = f"{text} at {shown(point)}"
    with redirect_stdout(sys.stderr if as_json else sys.stdout):  # what a user's function prints is no JSON
        answers = judged(text, gradients, point, seed) if gradients else []
        report = Report() if gradients else checked(text, point, order, seed)
    if gradients:
        verdict, body = worst([answer.report.verdict for answer in answers]), html_of_answers(answers)
        told: dict[str, Any] = {"verdict": verdict, "gradients": [answer.as_dict() for answer in answers]}
    else:
        verdict, body, told = report.verdict, report.html(), report.as_dict()
    if page is not None:
        write_page(page, title, body)
    if as_json:
        print(json.dumps({"function": text, **told}, indent=1, ensure_ascii=False))
    elif page is not None:
        say(f"{verdict}; {page} has the details")
    else:
        heading(title)
        show_answers(answers) if gradients else show_report(report, list(point))
    return CODES[verdict]


# --- what was asked


def find_point(at: Sequence[str], archive: str | None) -> dict[str, Any]:
    """The values of --at, and the arrays of --args by their names."""
    point = parse_arrays(at)
    if archive is not None:
        for name, value in read_archive(Path(archive)).items():
            if re.fullmatch(r"arr_\d+", name):
                raise click.UsageError(f"--args {archive}: its arrays have no names. Expected np.savez(file, w=w, b=b)")
            if name in point:
                raise click.UsageError(f"{name} has two values: by --at, and in {archive}")
            point[name] = value
    if not point:
        raise click.UsageError("where? Give the point with --at, such as --at x=0 y=1, or --args data.npz")
    return point


def read_archive(path: Path) -> dict[str, Any]:
    """The arrays in an .npz file; nothing in it is run."""
    try:
        found = np.load(path, allow_pickle=False)
        if not isinstance(found, np.lib.npyio.NpzFile):
            raise click.UsageError(f"--args {path}: this is one array. Expected an .npz file, with arrays by name")
        with found:
            return {name: found[name] for name in found}
    except (OSError, ValueError, EOFError) as error:
        is_archive = zipfile.is_zipfile(path)
        reason = "it holds objects" if is_archive and "pickle" in str(error) else "this is no .npz file"
        reason = "there is no such file" if isinstance(error, FileNotFoundError) else reason
        raise click.UsageError(f"--args {path}: {reason}. Expected arrays as np.savez writes them") from None


# --- the engine's gradient


def checked(text: str, point: Mapping[str, Any], order: int | None, seed: int) -> Report:
    """The report on the engine's gradient of a function at a point."""
    function = named(plain(text, point), list(point))
    return careful([text], lambda: check(function, *point.values(), order=order, seed=seed))


def show_report(report: Report, names: Sequence[str]) -> None:
    """Print the verdict, what is to be said, and the numbers: all that is not right, or else those of the elements."""
    say(report.heading())
    for remark in report.remarks():
        say(f"  {remark}")
    rows = [row for row in report.worst() if row.verdict in (FAIL, OPEN)] or elements(report, names)
    cells = []
    for row in rows[:MOST]:
        where = row.where + (" (2nd order)" if row.order == 2 else "") + (" (nearby)" if row.point != "x" else "")
        verdict = row.verdict + (f": {row.reason}" if row.verdict == KINK else "")
        cells.append((where, _told(row.analytic), measured(row), _bar(row), verdict))
    for row in rows:
        if row.verdict == FAIL and np.isnan(row.analytic) and np.isnan(row.numeric):  # a promise has no numbers
            say(f"  {row.where}: no: {row.reason}")
    for reason in list(dict.fromkeys(row.reason for row in rows if row.verdict == OPEN))[1:]:
        say(f"  also: {reason}")
    if any(cell[1] for cell in cells):
        show_table(COLUMNS, cells)
    if len(report.rows) > len(cells):
        say(f"and {len(report.rows) - len(cells)} more comparisons; --json has all")


def elements(report: Report, names: Sequence[str]) -> list[Row]:
    """The rows of single elements at the point itself, zeros last."""
    starts = tuple(name + mark for name in names for mark in ("[", ".", " →"))
    own = lambda row: row.where in names or row.where.startswith(starts)
    rows = [r for r in report.rows if (r.order, r.point) == (1, "x") and own(r) and np.isfinite(r.analytic)]
    return sorted(rows, key=lambda r: r.verdict == ZERO)


def _told(value: float) -> str:
    return "" if np.isnan(value) else number(value)


def _bar(row: Row) -> str:
    return "" if np.isnan(row.error) or row.reason == INFINITE else f"{row.error:.0e}"


# --- pages


def write_page(target: str, title: str, body: str) -> None:
    """A page that needs nothing else."""
    style = (
        "body{font-family:system-ui,sans-serif;margin:2em;max-width:70em}td,th{padding:.2em .8em;text-align:left}"
        "pre{white-space:pre-wrap}td:nth-child(n+2){white-space:nowrap}"
    )
    head = f"<meta charset='utf-8'><title>{html.escape(title)}</title><style>{style}</style>"
    body = f"<h1><code>{html.escape(title)}</code></h1>{body}"
    page = f"<!doctype html><html lang='en'><head>{head}</head><body>{body}</body></html>"
    try:
        Path(target).write_text(page + "\n", encoding="utf-8")
    except OSError as error:
        raise click.UsageError(f"--html {target}: cannot be written: {error.strerror or error}") from None
