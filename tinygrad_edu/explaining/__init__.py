"""Explaining: what the library did, in words, formulae and pictures; everything here only reads."""

from .explanation import Explanation, explain
from .formulas import formula, rule_source

__all__ = ["Explanation", "explain", "formula", "rule_source"]
