"""What has no derivative by nature, and what to use instead."""

from __future__ import annotations
