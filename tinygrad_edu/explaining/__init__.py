"""Explaining: what the library did, in words, formulae and pictures; everything here only reads."""

from .formulas import formula, rule_source

__all__ = ["formula", "rule_source"]
