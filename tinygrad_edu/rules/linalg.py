"""Linear algebra: solving, inverting, determinants, norms."""

from __future__ import annotations
