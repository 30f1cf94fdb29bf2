"""A gradient that somebody has worked out by hand: is it right, and if not, what went wrong?

Each partial derivative is judged by itself, beside the engine's for the other variables, so that one mistake does not
blame them all. One that fails is compared with the usual slips (`slips.py`).
"""

from __future__ import annotations

import html
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import click
import numpy as np

from .. import expressions
from ..checking import Report, check_gradient
from ..checking.report import SMOOTH, measured
from ..checking.trials import INFINITE
from ..checking.verdicts import FAIL, KINK, OPEN, PASS, ZERO, Row
from ..errors import ExpressionError
from ..transforms import grad
from .finding import Function, careful, file_and_name, load_function, named, plain, shown
from .screen import number, say, show_table
from .slips import diagnosed, elsewhere

Away = tuple[Mapping[str, float], float, float] | None


@dataclass(frozen=True)
class Answer:
    """One partial derivative that somebody has written down, and the judgement on it."""

    variable: str
    formula: str
    value: Any
    report: Report
    mistake: str = ""
    note: str = ""
    elsewhere: bool = False  # wrong at another point, whatever it is here

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        value: Any = np.where(np.isfinite(self.value), self.value, None)  # for JSON
        told = {
            "variable": self.variable,
            "formula": self.formula,
            "value": value.tolist(),
            "verdict": self.report.verdict,
        }
        return told | {"mistake": self.mistake, "note": self.note, "report": self.report.as_dict()}


def judged(text: str, gradients: Sequence[str], point: Mapping[str, Any], seed: int) -> list[Answer]:
    """Each partial derivative that was written down, judged by itself: the others are the engine's."""
    fixed = {name: value for name, value in point.items() if np.asarray(value).dtype.kind != "f"}  # labels, counts
    if of_complex := [name for name, value in fixed.items() if np.iscomplexobj(value)]:
        raise click.UsageError(f"--gradient: {of_complex[0]} is complex. Expected real variables; in Python, check_vjp")
    f = partial(plain(text, point), **fixed) if fixed else plain(text, point)
    point = {name: value for name, value in point.items() if name not in fixed}
    names = list(point)
    if not names:
        raise click.UsageError("--gradient: none of the arguments is a float, so there is no gradient")
    written = partial_derivatives(gradients, point, fixed)
    ours = grad(named(f, names), argnums=tuple(range(len(names))))

    def checked(theirs: Sequence[int]) -> Report:
        """The report on a gradient of which these parts are as they were written, and the others the engine's."""

        def gradient(*values: Any) -> Any:
            found: list[Any] = list(ours(*values))
            for i in theirs:
                found[i] = fitted(written[i][1](**dict(zip(names, values, strict=True))), values[i], names[i])
            return tuple(found) if len(found) > 1 else found[0]

        check = partial(check_gradient, named(f, names), tuple(point.values()), gradient, seed=seed)
        return careful([text, *gradients], check)

    with np.errstate(all="ignore"):  # what is not finite is judged
        values = [careful([formula], partial(derivative, **point)) for formula, derivative in written]
        reports = [checked([i]) for i in range(len(names))]
        if len(names) > 1 and any(_at_kink(report) for report in reports):  # subgradients may need one another
            whole = checked(range(len(names)))
            reports = [whole if whole.ok else report for report in reports]
        return [
            _answer(f, name, *part, value, report, point)
            for name, part, value, report in zip(names, written, values, reports, strict=True)
        ]


def _answer(
    f: Function, name: str, formula: str, derivative: Function, value: Any, report: Report, point: Mapping[str, Any]
) -> Answer:
    """What is to be said of one partial derivative."""
    mistake, notes = "", []
    away = elsewhere(f, derivative, name, point) if of_numbers(point) else None
    if report.verdict == FAIL:
        mistake = valueless(derivative, point) or mistake_of(f, derivative, name, point, report, away)
    report.mistake = mistake  # the checker's own guess knows of no formula
    if report.verdict == OPEN:
        notes = [valueless(derivative, point)]
    if report.verdict == PASS:
        notes = [beside_kink(name, rows_of(report, name), point), limits(away)]
    return Answer(name, formula, value, report, mistake, "; ".join(filter(None, notes)), away is not None)


def _at_kink(report: Report) -> bool:
    return any(row.point == "x" and is_bent(row) for row in report.rows)


def is_bent(row: Row) -> bool:
    """True at a kink; of |x|**1.5 a complex step finds slopes of ±1e-30 or so, which are none."""
    return max(abs(row.left), abs(row.right)) > SMOOTH


def rows_of(report: Report, name: str) -> list[Row]:
    """What was measured at the point itself, for the elements of one variable."""
    own = lambda where: where == name or where.startswith(f"{name}[")
    return [row for row in report.rows if (row.point, row.order) == ("x", 1) and own(row.where)]


def beside_kink(name: str, rows: Sequence[Row], point: Mapping[str, Any]) -> str:
    """That there is no derivative at a kink, only slopes to both sides; empty elsewhere."""
    bent = [row for row in rows if row.verdict == KINK and is_bent(row)]
    if not bent:
        return ""
    row, more = bent[0], f". {len(bent) - 1} more elements are at one" if len(bent) > 1 else ""
    of = "" if row.where == name else f" for {row.where}"
    return (
        f"{shown(point)} is at a kink{of}, where there is no derivative: the slope is {number(row.left)} to the left "
        f"and {number(row.right)} to the right. {number(row.analytic)} lies between them: it is a subgradient{more}"
    )


def valueless(derivative: Function, point: Mapping[str, Any]) -> str:
    """Why a formula has no value at the point; empty if it has one."""
    if not isinstance(derivative, expressions.Expression) or not of_numbers(point):
        return ""
    try:
        derivative.checked(**point)
    except ExpressionError as error:
        return str(error)
    return ""


def mistake_of(
    f: Function, derivative: Function, name: str, point: Mapping[str, Any], report: Report, away: Away
) -> str:
    """What is wrong with a derivative that has failed, in words: a slip with a name, or else two numbers."""
    if of_numbers(point) and (mistake := diagnosed(f, derivative, name, point)):
        return mistake
    if away is not None:
        return f"at {shown(away[0])} it is {number(away[2])}, and yours is {number(away[1])}"
    for row in rows_of(report, name):
        if is_bent(row) and not min(row.left, row.right) <= row.analytic <= max(row.left, row.right):
            slopes = f"{number(row.left)} to the left and {number(row.right)} to the right"
            return (
                f"at a kink, ∂/∂{row.where} may be what lies between the slopes {slopes}; {number(row.analytic)} is not"
            )
    guess = "" if _at_kink(report) else report.mistake
    failed = [row for row in report.worst() if row.verdict == FAIL and row.where.startswith(name)]
    numbers = [f"∂/∂{row.where} is {measured(row)}, and yours is {number(row.analytic)}" for row in failed[:1]]
    if numbers or guess:
        return guess or numbers[0]
    row = report.worst()[0]
    slopes = f"the slope is {measured(row)}, and all derivatives together say {number(row.analytic)}"
    return f"with every variable moving at once {slopes}"


def limits(away: Away) -> str:
    """Where a derivative that is right at the point is not, if there is such a place."""
    if away is None:
        return ""
    return (
        f"right here, but not everywhere: at {shown(away[0])} it is {number(away[2])}, and yours is {number(away[1])}"
    )


def of_numbers(point: Mapping[str, Any]) -> bool:
    """True if no variable is an array."""
    return not any(np.ndim(value) for value in point.values())


def partial_derivatives(
    gradients: Sequence[str], point: Mapping[str, Any], fixed: Mapping[str, Any]
) -> list[tuple[str, Function]]:
    """One formula, as text and as a function, for each variable; a function in a file returns all of them."""
    if len(gradients) == 1 and (found := file_and_name(gradients[0])) is not None:
        whole = load_function(Path(found[0]), found[1], {**point, **fixed})

        def part(i: int, name: str) -> Function:
            def call(**values: Any) -> Any:
                try:
                    found = whole(**values, **fixed)
                except ArithmeticError:  # Python's own division by zero; NumPy's is infinite
                    return np.full(np.shape(values[name]), np.nan)
                parts = found if isinstance(found, tuple | list) else (found,)
                if len(parts) != len(point):
                    raise click.UsageError(f"{gradients[0]} returns {len(parts)} gradients. Expected {len(point)}")
                return parts[i]

            return call

        return [(gradients[0], part(i, name)) for i, name in enumerate(point)]
    if len(gradients) != len(point):
        wanted = ", ".join(f"∂/∂{name}" for name in point)
        raise click.UsageError(f"--gradient has {len(gradients)} formulas. Expected {len(point)}, for {wanted}")
    return [(text, formula(text, point)) for text in gradients]


def formula(text: str, point: Mapping[str, Any]) -> Function:
    """A formula in the variables of the point, none of which has to occur; it need not have a value there."""
    found = expressions.parse(text)
    with np.errstate(all="ignore"):
        found(**{name: np.float64(value) if np.ndim(value) == 0 else value for name, value in point.items()})
    return found


def fitted(value: Any, like: Any, name: str) -> Any:
    """A gradient of the shape of its variable: 2 stands for as many 2s as there are elements."""
    if np.asarray(value).dtype.kind not in "bfiu":
        raise click.UsageError(f"the gradient by {name} is {type(value).__name__}. Expected real numbers")
    if np.ndim(value) > np.ndim(like) or (np.ndim(value) and np.shape(value) != np.shape(like)):
        raise click.UsageError(
            f"the gradient by {name} has shape {np.shape(value)}. Expected {np.shape(like)}, as {name}"
        )
    return np.broadcast_to(value, np.shape(like)) + 0.0


def show_answers(answers: Sequence[Answer]) -> None:
    """Print the formulae beside what was measured, and what is wrong with them."""
    show_table(("", "written down", "value", "measured", ""), [_cells(answer) for answer in answers])
    for answer in answers:
        if answer.report.verdict == OPEN:
            say(f"∂/∂{answer.variable}: inconclusive, because {answer.report.reason}")
        if said := answer.mistake or answer.note:
            say(f"∂/∂{answer.variable}: {said}" + ("" if said.endswith("?") else "."))
    verdict = worst([answer.report.verdict for answer in answers])
    if verdict == PASS and not any(answer.note for answer in answers):
        say("This is the gradient." if len(answers) > 1 else "This is the derivative.")


def _cells(answer: Answer) -> tuple[str, ...]:
    rows = rows_of(answer.report, answer.variable)
    return (
        f"∂/∂{answer.variable}",
        answer.formula,
        _short(answer.value),
        _all_measured(answer, rows),
        _said(answer, rows),
    )


def _said(answer: Answer, rows: Sequence[Row]) -> str:
    """The judgement in a word or two."""
    kink = any(map(is_bent, rows))
    verdict = answer.report.verdict
    if verdict == FAIL and rows and all(row.verdict in (PASS, ZERO, KINK) for row in rows):
        if answer.elsewhere or not kink:
            return (
                "wrong: possible here, at a kink, but not nearby" if kink else "wrong: equal here by chance, not nearby"
            )
        return "wrong: possible alone, but not with the others"
    if verdict == PASS and kink:
        return "possible: a subgradient"
    return {PASS: "right", FAIL: "wrong", OPEN: "undecided"}[verdict]


def _all_measured(answer: Answer, rows: Sequence[Row]) -> str:
    """The numbers beside those of the formula; of many, or if not all were looked at, the worst."""
    rows = [row for row in rows if np.isfinite(row.numeric)]
    if not rows:
        return "only with others" if np.size(answer.value) and answer.report.verdict != OPEN else ""
    if len(rows) == np.size(answer.value) < 7:
        bars = [row.error for row in rows if row.reason != INFINITE]
        told = [f"({measured(row)})" if is_bent(row) and len(rows) > 1 else measured(row) for row in rows]
        return ",".join(told) + (f" ± {max(bars):.0e}" if bars else "")
    row = max(rows, key=lambda row: (row.verdict == FAIL, row.apart))
    return f"{row.where}: {measured(row)} ± {row.error:.0e}"


def _short(value: Any) -> str:
    return shown({"": np.asarray(value) + 0}).lstrip("=: ")  # of a comparison 0 or 1


def worst(verdicts: Sequence[str]) -> str:
    """The verdict on all of them."""
    return next((v for v in (FAIL, OPEN) if v in verdicts), PASS)


def html_of_answers(answers: Sequence[Answer]) -> str:
    """A section for each partial derivative."""
    e = html.escape
    return "".join(
        f"<h2>∂/∂{e(a.variable)} = <code>{e(a.formula)}</code></h2><p>{e(a.mistake or a.note)}</p>{a.report.html()}"
        for a in answers
    )
