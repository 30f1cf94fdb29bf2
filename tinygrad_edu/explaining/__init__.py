"""Explaining: what the library did, in words, formulae and pictures; everything here only reads."""

from .deriving import Derivative, derivative
from .drawing import Drawing
from .explanation import Explanation, explain
from .formulas import formula, rule_source
from .graphs import graph
from .wording import in_words, local_derivative

__all__ = [
    "Derivative",
    "Drawing",
    "Explanation",
    "derivative",
    "explain",
    "formula",
    "graph",
    "in_words",
    "local_derivative",
    "rule_source",
]
