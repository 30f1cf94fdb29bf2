"""The ufuncs of scipy.special; loaded when one of them first meets a Tensor."""

from __future__ import annotations
