"""Writes docs/zoo.md: the wrong engines of tinygrad_edu.zoo, with their examples and what the checker says of them.

python docs/zoo_page.py
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402

from tinygrad_edu.checking import Report  # noqa: E402
from tinygrad_edu.zoo import SPECIMENS, Specimen, Value  # noqa: E402

HEAD = """# The bug zoo

Engines that are wrong on purpose. Each changes a few lines of [an engine that is right](../tinygrad_edu/zoo/engine.py),
in the way in which people get these lines wrong, and stands here with the smallest example on which it shows. Most of
these mistakes are silent: the numbers have the right shape, and a loss may even go down for a while. So compare a
gradient with differences before you trust it: `tg.check` and `tg.check_gradient` do, and the words below are theirs.

This page is written by `docs/zoo_page.py`: all numbers are computed while it is written.
"""


def page() -> str:
    """The whole of docs/zoo.md."""
    rows = [f"| [{s.name}](#{s.name.replace(' ', '-')}) | {s.mistake} | {code(s.shown)} |" for s in SPECIMENS]
    table = ["| specimen | mistake | shows on |", "|---|---|---|", *rows, ""]
    return "\n".join([HEAD, *table, *(line for s in SPECIMENS for line in chapter(s))])


def chapter(specimen: Specimen) -> Iterator[str]:
    """One specimen."""
    yield from (f"## {specimen.name[0].upper()}{specimen.name[1:]}", "", f"*Mistake*: {specimen.mistake}.", "")
    yield from ("```python", inspect.getsource(specimen.engine).rstrip(), "```", "")
    at = "; ".join(shown(x) for x in specimen.at)
    report = specimen.report()
    wrong = "none: RecursionError" if report is None else "; ".join(map(shown, specimen.gradient(*specimen.at)))
    right = "; ".join(map(shown, specimen.gradient(*specimen.at, engine=Value)))
    yield f"The gradient of {code(specimen.shown)} at {at}:"
    yield from ("", "| this engine | the right one |", "|---|---|", f"| {wrong} | {right} |", "")
    yield from verdict(report)
    yield from (f"*Why*: {specimen.why}.", "", f"*Cure*: {specimen.cure}.", "")


def verdict(report: Report | None) -> Iterator[str]:
    """What the checker says: the first elements that differ, or that a shape does, and what the mistake may be."""
    if report is None:
        yield from ("The checker gets no gradient to look at.", "")
        return
    failed = [row for row in report.worst() if row.verdict == "fail"]
    elements = [row for row in failed if row.where.startswith("args")] or failed
    yield from ("The checker:", "", "```text")
    for row in sorted(elements, key=lambda row: row.where)[:4]:
        yield f"{row.where}: {row.reason or f'{row.analytic:.6g}, and by differences {row.numeric:.6g}'}"
    if report.mistake:
        yield f"likely mistake: {report.mistake}"
    yield from ("```", "")


def code(words: str) -> str:
    """The formula as code; what is said after it stays as it is."""
    formula, comma, rest = words.rstrip(",").partition(", ")
    return f"`{formula}`" + (f" with {rest}" if comma else "")


def shown(x: object) -> str:
    """An array in one line."""
    return f"`{np.array2string(np.asarray(x), precision=5, separator=', ').replace(chr(10), '')}`"


if __name__ == "__main__":
    (ROOT / "docs" / "zoo.md").write_text(page(), encoding="utf-8")
