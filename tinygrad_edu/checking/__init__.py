"""Doubting: is this the gradient? Numbers with error bars, verdicts that are earned, and the name of the wrong rule."""

from .check import check, check_gradient, check_vjp
from .pieces import PIECES
from .report import Report

__all__ = ["PIECES", "Report", "check", "check_gradient", "check_vjp"]
