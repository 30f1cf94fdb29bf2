"""Explaining: what the library did, in words, formulae and pictures; everything here only reads."""

from .deriving import Derivative, derivative
from .explanation import Explanation, explain
from .formulas import formula, rule_source

__all__ = ["Derivative", "Explanation", "derivative", "explain", "formula", "rule_source"]
