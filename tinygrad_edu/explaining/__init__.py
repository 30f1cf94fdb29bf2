"""Explaining: what the library did, in words, formulae and pictures; everything here only reads."""

from .deriving import Derivative, derivative
from .drawing import Drawing
from .explanation import Explanation, explain
from .formulas import formula, rule_source
from .graphs import graph

__all__ = ["Derivative", "Drawing", "Explanation", "derivative", "explain", "formula", "graph", "rule_source"]
