"""Compiling: a function of arrays, and any transform of one, as a program that can be read and runs fast."""

from .compiled import Compiled, compile

__all__ = ["Compiled", "compile"]
