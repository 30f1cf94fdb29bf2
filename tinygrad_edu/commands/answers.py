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
from ..checking.verdicts import FAIL, OPEN, PASS
from ..transforms import grad
from .finding import Function, careful, file_and_name, load_function, named, plain, shown
from .screen import number, say, show_table
from .slips import diagnosed, elsewhere


@dataclass(frozen=True)
class Answer:
    """One partial derivative that somebody has written down, and the judgement on it."""

    variable: str
    formula: str
    value: Any
    report: Report
    mistake: str = ""
    note: str = ""

    def as_dict(self) -> dict[str, Any]:
        """Plain data for JSON."""
        value = np.asarray(self.value).tolist()
        told = {"variable": self.variable, "formula": self.formula, "value": value, "verdict": self.report.verdict}
        return told | {"mistake": self.mistake, "note": self.note, "report": self.report.as_dict()}


def judged(text: str, gradients: Sequence[str], point: Mapping[str, Any], seed: int) -> list[Answer]:
    """Each partial derivative that was written down, judged by itself: the others are the engine's."""
    fixed = {name: value for name, value in point.items() if np.asarray(value).dtype.kind != "f"}  # labels, counts
    f = partial(plain(text, point), **fixed) if fixed else plain(text, point)
    point = {name: value for name, value in point.items() if name not in fixed}
    names = list(point)
    if not names:
        raise click.UsageError("--gradient: none of the arguments is a float, so there is no gradient")
    written = partial_derivatives(gradients, point, fixed)
    ours = grad(named(f, names), argnums=tuple(range(len(names))))
    answers = []
    for i, (name, (formula, derivative)) in enumerate(zip(names, written, strict=True)):

        def gradient(*values: Any, i: int = i, derivative: Function = derivative) -> tuple[Any, ...]:
            found = list(ours(*values))
            found[i] = fitted(derivative(**dict(zip(names, values, strict=True))), values[i], names[i])
            return tuple(found) if len(found) > 1 else found[0]

        value = careful(formula, partial(derivative, **point))
        check = partial(check_gradient, named(f, names), tuple(point.values()), gradient, seed=seed)
        report = careful(text, check)
        mistake = mistake_of(f, derivative, name, point, report) if report.verdict == FAIL else ""
        report.mistake = mistake  # the checker's own guess knows of no formula
        note = limits_of(f, derivative, name, point) if report.verdict == PASS else ""
        answers.append(Answer(name, formula, value, report, mistake, note))
    return answers


def mistake_of(f: Function, derivative: Function, name: str, point: Mapping[str, Any], report: Report) -> str:
    """What is wrong with a derivative that has failed, in words: a slip with a name, or else two numbers."""
    if of_numbers(point):
        if mistake := diagnosed(f, derivative, name, point):
            return mistake
        if (away := elsewhere(f, derivative, name, point)) is not None:
            return f"at {shown(away[0])} it is {number(away[2])}, and yours is {number(away[1])}"
    failed = [row for row in report.worst() if row.verdict == FAIL and row.where.startswith(name)]
    numbers = [f"∂/∂{row.where} is {number(row.numeric)}, and yours is {number(row.analytic)}" for row in failed[:1]]
    return report.mistake or "".join(numbers) or report.reason


def limits_of(f: Function, derivative: Function, name: str, point: Mapping[str, Any]) -> str:
    """Where a derivative that is right at the point is not, if there is such a place."""
    away = elsewhere(f, derivative, name, point) if of_numbers(point) else None
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

        def part(i: int) -> Function:
            def call(**values: Any) -> Any:
                found = whole(**values, **fixed)
                parts = found if isinstance(found, tuple | list) else (found,)
                if len(parts) != len(point):
                    raise click.UsageError(f"{gradients[0]} returns {len(parts)} gradients. Expected {len(point)}")
                return parts[i]

            return call

        return [(gradients[0], part(i)) for i in range(len(point))]
    if len(gradients) != len(point):
        wanted = ", ".join(f"∂/∂{name}" for name in point)
        raise click.UsageError(f"--gradient has {len(gradients)} formulas. Expected {len(point)}, for {wanted}")
    return [(text, formula(text, point)) for text in gradients]


def formula(text: str, point: Mapping[str, Any]) -> Function:
    """A formula in the variables of the point, none of which has to occur."""
    found = expressions.parse(text)
    if of_numbers(point):
        found.checked(**point)
    return found


def fitted(value: Any, like: Any, name: str) -> Any:
    """A gradient of the shape of its variable: 2 stands for as many 2s as there are elements."""
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
        elif said := answer.mistake or answer.note:
            say(f"∂/∂{answer.variable}: {said}" + ("" if said.endswith("?") else "."))
    verdict = worst([answer.report.verdict for answer in answers])
    if verdict == PASS and not any(answer.note for answer in answers):
        say("This is the gradient." if len(answers) > 1 else "This is the derivative.")


def _cells(answer: Answer) -> tuple[str, ...]:
    rows = [r for r in answer.report.rows if r.where == answer.variable and np.isfinite(r.numeric)]
    here = next((r for r in rows if r.point == "x"), None)
    measured = f"{number(here.numeric)} ± {here.error:.0e}" if here is not None else ""
    judgement = {PASS: "right", FAIL: "wrong", OPEN: "undecided"}[answer.report.verdict]
    if judgement == "wrong" and here is not None and here.verdict != FAIL:
        judgement = "wrong: equal here by chance, not nearby"
    return f"∂/∂{answer.variable}", answer.formula, _short(answer.value), measured, judgement


def _short(value: Any) -> str:
    return shown({"": value}).lstrip("=: ")


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
