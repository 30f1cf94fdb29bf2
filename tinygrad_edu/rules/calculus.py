"""Differences, sums of trapezoids, interpolation, convolution: calculus on samples."""

from __future__ import annotations
