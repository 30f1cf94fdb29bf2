"""Means, variances, quantiles and their NaN-ignoring forms."""

from __future__ import annotations
