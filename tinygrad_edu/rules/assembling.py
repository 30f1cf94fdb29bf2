"""Arrays put together from pieces, and taken apart: insert, delete, block, and what makes a new array like another."""

from __future__ import annotations
