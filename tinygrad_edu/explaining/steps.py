"""What an explanation consists of: the lines of the forward pass and the steps of the backward pass, as data.

The renderings (text, tables, mathematics, pages) read these and nothing else. Codes are Python's syntax trees, in the
names of values and, with `_bar` behind them, of their gradients.
"""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import Any

import numpy as np

from ..graph import Node
from ..places import Place


@dataclass(frozen=True)
class Line:
    """A line of the forward pass: name = code.

    Attributes
    ----------
    name : str
        What the value is called.
    code : ast.expr
        How it is computed, in the names of the lines before.
    value : array, number, or tuple of them
        What came out.
    inputs : tuple of str
        The names in it, once for each argument that is traced.
    place : Place or None
        Where in the program it stands.
    node : Node
        The line of the record.
    """

    name: str
    code: ast.expr
    value: Any
    inputs: tuple[str, ...]
    place: Place | None
    node: Node

    @property
    def shape(self) -> tuple[int, ...]:
        """The shape of the value."""
        return np.shape(self.value) if isinstance(self.value, int | float) else getattr(self.value, "shape", ())

    def __str__(self) -> str:
        return f"{self.name} = {ast.unparse(self.code)}"


@dataclass(frozen=True)
class Step:
    """One edge of the backward pass: what one line sends back to one of its arguments.

    Attributes
    ----------
    node : Node
        The line whose rule is applied; `line` is what it computes.
    slot : int
        Which of its arguments.
    source, target : str
        The names of the line's value and of that argument: the gradient flows from the one to the other.
    gradient : str
        What the step computes, as codes call it: `x_bar`; `x_stretched_bar` if broadcasting has still to be undone.
    kind : str
        "rule"; "partial" where something is left to be done; then "broadcast", where a stretched argument's gradient is
        summed, or "real", where an imaginary part is dropped; "select" of one output among several.
    rule : ast.expr
        The contribution, in the names of values and of gradients (`x_bar` is the gradient of x).
    local_rule, local : ast.expr or None, array or None
        The local derivative and its value, where the operation goes by elements.
    incoming : array
        The gradient of the line's value; of a step of kind broadcast or real, what the step before has computed.
    contribution : array
        What the rule makes of it.
    running : array
        The gradient of the argument so far, this contribution included.
    arrival, arrivals : int
        This is the so-manieth contribution of so many.
    words : str
        What happens, in a sentence, where the formula does not say it.
    place : Place or None
        Where in the program the line stands.
    """

    node: Node
    line: Line
    slot: int
    source: str
    target: str
    gradient: str
    kind: str
    rule: ast.expr
    local_rule: ast.expr | None
    local: Any
    incoming: Any
    contribution: Any
    running: Any
    arrival: int
    arrivals: int
    words: str
    place: Place | None

    @property
    def is_last(self) -> bool:
        """True if the target's gradient is complete with this step."""
        return self.arrival == self.arrivals and self.kind != "partial"

    @property
    def sign(self) -> str:
        """How it is put down: `+=` where paths meet."""
        return "=" if self.arrival == 1 or self.kind == "partial" else "+="

    def __str__(self) -> str:
        return f"{self.gradient} {self.sign} {ast.unparse(self.rule)}"
