"""Sliding windows, and what is computed in them: convolution and pooling in several dimensions."""

from __future__ import annotations
