"""Fourier transforms: linear maps that are (nearly) their own transposes."""

from __future__ import annotations
