"""What a check found, worst first: to print, to assert, to write into a file.

Next: `check.py`, which makes it.
"""

from __future__ import annotations

import html
import json
from dataclasses import asdict, dataclass, field
from math import isfinite, isnan
from typing import Any

from ..errors import CheckError
from .localisation import Culprit
from .problems import Cost
from .trials import INFINITE
from .verdicts import FAIL, KINK, OPEN, PASS, ZERO, Row

COLUMNS = ("where", "analytic", "numeric", "± error", "apart", "verdict", "by")
LEFT = (0, 5, 6)
SMOOTH = 1e-25
"""Slopes beside a kink that are smaller are what a complex step makes of |x|**1.5 at 0: none."""
JOINT = ("all together", "those ", "forward mode")
"""How directions that move many elements are called: a single one says more, if it has the same to say."""
SERIOUS = (ZERO, PASS, KINK, OPEN, FAIL)


@dataclass
class Report:
    """The verdict on a gradient, and the numbers behind it.

    Attributes
    ----------
    rows : list of Row
        Everything that was compared, worst first.
    notes : list of str
        What was left out, and why.
    culprit : Culprit or None
        The first wrong operation, after a failure of a recorded function.
    mistake : str
        What the mistake may be, where the numbers show it.
    cost : Cost
        Evaluations of f, and passes.
    order : int
        1, or 2 if the second derivatives were compared too.
    resolution : float
        The largest error that a passing derivative may hide, relative to the gradient.
    seed : int
        What makes the same check again.
    """

    rows: list[Row] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    culprit: Culprit | None = None
    mistake: str = ""
    cost: Cost = field(default_factory=Cost)
    order: int = 1
    seed: int = 0

    @property
    def verdict(self) -> str:
        """ "fail" if anything fails; else "inconclusive" if anything is; else "pass"."""
        found = {row.verdict for row in self.rows}
        return FAIL if FAIL in found else OPEN if OPEN in found else PASS

    @property
    def ok(self) -> bool:
        """True for a pass; the same as ``bool(report)``."""
        return self.verdict == PASS

    def __bool__(self) -> bool:
        return self.ok

    @property
    def reason(self) -> str:
        """Why the report is no plain pass: of the worst row, with the culprit if there is one."""
        if self.verdict == PASS:
            kinks = sum(row.verdict == KINK for row in self.rows)
            return f"at a kink in {kinks} of {len(self.rows)} derivatives" if kinks else ""
        worst = self.worst()
        row = next((r for r in worst if _same(r, worst[0]) and not r.where.startswith(JOINT)), worst[0])
        return f"{row.where}: {row.reason or f'{row.analytic:.6g} is not {row.numeric:.6g}'}"

    @property
    def resolution(self) -> float:
        """The largest error that a plain pass may hide, relative to its derivative."""
        sizes = [(row.error + abs(row.analytic - row.numeric)) / abs(row.numeric) for row in self.rows
                 if row.verdict == PASS and isfinite(row.numeric) and row.numeric and not row.reason]  # fmt: skip
        return max(sizes, default=float("nan"))

    def worst(self) -> list[Row]:
        """The rows, worst first: failures by how wrong they are, passes by how near to their tolerance; zeros last."""
        size = lambda row: row.apart if row.verdict in (FAIL, OPEN) or row.reason else row.strain
        return sorted(self.rows, key=lambda row: (-SERIOUS.index(row.verdict), -size(row), row.analytic == 0))

    def assert_ok(self, strict: bool = False) -> None:
        """Raise CheckError, with the report as its message, if the gradient fails.

        Parameters
        ----------
        strict : bool
            True raises for an inconclusive report as well.
        """
        if self.verdict == FAIL or (strict and not self.ok):
            raise CheckError(str(self), self)

    # --- forms

    def heading(self) -> str:
        """One line: the verdict, what it cost, how far one can see."""
        seen = "" if isnan(self.resolution) else f"; resolution of the passes {self.resolution:.0e}"
        counts = (self.cost.evaluations, "evaluation"), (self.cost.vjps, "vjp")
        passes = ", ".join(f"{n} {what}{'s' * (n != 1)}" for n, what in counts)
        return f"{self.verdict.upper()}  (order {self.order}; {passes}{seen})"

    def remarks(self) -> list[str]:
        """What stands above the table."""
        found = []
        if self.verdict == OPEN:
            found.append(f"inconclusive, because {self.reason}")
        if self.culprit is not None:
            found.append(f"first wrong operation: {self.culprit}")
        if self.mistake and (self.culprit is None or self.culprit.mistake != self.mistake):
            found.append(f"likely mistake: {self.mistake}")
        kinks, zeros = (sum(row.verdict == v for row in self.rows) for v in (KINK, ZERO))
        found += [f"{kinks} of {len(self.rows)} derivatives are at a kink, and compatible with it"] if kinks else []
        found += [f"{zeros} of {len(self.rows)} derivatives are zero, or no more than rounding"] if zeros else []
        return list(dict.fromkeys(found + self.notes))

    def table(self, most: int = 8) -> list[tuple[str, ...]]:
        """The worst rows as words."""
        told: set[str] = set()
        return [_cells(row, told) for row in self.worst()[:most]]

    def __str__(self) -> str:
        cells = [COLUMNS, *self.table()]
        widths = [max(len(row[i]) for row in cells) for i in range(len(COLUMNS))]
        lines = [f"  {'  '.join(_justified(row, widths))}".rstrip() for row in cells]
        hidden = len(self.rows) - len(cells) + 1
        lines += [f"  and {hidden} more"] if hidden > 0 else []
        return "\n".join([self.heading(), *(f"  {remark}" for remark in self.remarks()), *lines])

    __repr__ = __str__

    def __rich__(self) -> Any:
        """For rich's `print`: called by rich alone, so rich is there."""
        from rich.console import Group
        from rich.markup import escape
        from rich.table import Table

        colour = {PASS: "green", OPEN: "yellow", FAIL: "red"}
        grid = Table(box=None, pad_edge=False)
        for i, column in enumerate(COLUMNS):
            grid.add_column(column, justify="left" if i in LEFT else "right")
        for row, cells in zip(self.worst(), self.table(), strict=False):
            grid.add_row(*map(escape, cells), style=colour.get(row.verdict))
        head = f"[bold {colour[self.verdict]}]{escape(self.heading())}[/]"
        return Group(head, *(f"  {escape(remark)}" for remark in self.remarks()), grid)

    def _repr_html_(self) -> str:
        """For notebooks; also what `html()` returns."""
        colour = {PASS: "#2e7d32", OPEN: "#9a6700", FAIL: "#b3261e"}
        e = html.escape
        head = f'<p><b style="color:{colour[self.verdict]}">{e(self.heading())}</b></p>'
        notes = "".join(f"<li><pre style='margin:0'>{e(remark)}</pre></li>" for remark in self.remarks())
        names = "".join(f"<th>{e(column)}</th>" for column in COLUMNS)
        body = "".join("<tr>" + "".join(f"<td>{e(c)}</td>" for c in cells) + "</tr>" for cells in self.table())
        return f"<div>{head}<ul>{notes}</ul><table><tr>{names}</tr>{body}</table></div>"

    def html(self) -> str:
        """The report as a piece of HTML."""
        return self._repr_html_()

    def as_dict(self) -> dict[str, Any]:
        """Plain data: what `json()` writes."""
        culprit = None
        if (c := self.culprit) is not None:
            place = None if c.place is None else {"file": c.place.file, "line": c.place.line, "text": c.place.text}
            culprit = {"operation": c.operation, "argument": c.argument, "element": c.element, "order": c.order,
                       "mistake": c.mistake, "reason": c.reason, "place": place}  # fmt: skip
        rows = [{k: _plain(v) for k, v in asdict(row).items()} for row in self.worst()]
        return {
            "verdict": self.verdict, "reason": self.reason, "order": self.order, "seed": self.seed,
            "resolution": _plain(self.resolution), "cost": asdict(self.cost), "culprit": culprit,
            "mistake": self.mistake, "notes": self.notes, "rows": rows,
        }  # fmt: skip

    def json(self, indent: int | None = None) -> str:
        """The report for other programs; numbers that are not finite are written as null."""
        return json.dumps(self.as_dict(), indent=indent, ensure_ascii=False)


def measured(row: Row, digits: int = 6) -> str:
    """What was measured; at a kink the slopes to both sides; nothing if there is no number."""
    if isfinite(row.left) and max(abs(row.left), abs(row.right)) > SMOOTH:
        return f"{row.left + 0.0:.4g} … {row.right + 0.0:.4g}"
    if row.reason == INFINITE:  # a complex step finds some large number or other
        return "infinite"
    return "" if isnan(row.numeric) else f"{row.numeric + 0.0:.{digits}g}"


def _same(row: Row, other: Row) -> bool:
    """True if two rows have the same to say."""
    return bool(row.reason) and all(
        getattr(row, k) == getattr(other, k) for k in ("verdict", "reason", "order", "point")
    )


def _plain(value: Any) -> Any:
    return None if isinstance(value, float) and not isfinite(value) else value


def _justified(row: tuple[str, ...], widths: list[int]) -> list[str]:
    """Words to the left, numbers to the right."""
    return [c.ljust(w) if i in LEFT else c.rjust(w) for i, (c, w) in enumerate(zip(row, widths, strict=True))]


def _cells(row: Row, told: set[str]) -> tuple[str, ...]:
    """The words of a row; a reason only where it comes first."""
    numbers = ["" if isnan(row.analytic) else f"{row.analytic:.8g}", measured(row, 8)]
    error = "" if isnan(row.error) or row.reason == INFINITE else f"{row.error:.0e}"
    at = ("" if row.order == 1 else " (2nd order)") + ("" if row.point == "x" else f" ({row.point})")
    new = row.verdict in (OPEN, FAIL) and row.reason not in told
    verdict = row.verdict + (f": {row.reason}" if row.reason and new else "")
    told.add(row.reason)
    return (row.where + at, *numbers, error, f"{row.apart:.0e}" if numbers[0] else "", verdict, row.method)
