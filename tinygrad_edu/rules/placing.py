"""Choosing and placing by index or by mask: select, choose, put, place and their neighbours."""

from __future__ import annotations
