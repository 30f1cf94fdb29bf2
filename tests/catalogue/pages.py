"""All sample rows together: those of `samples.py`, and of every `*_samples.py` beside it."""

from __future__ import annotations

from importlib import import_module
from pathlib import Path

MODULES = [import_module(f"catalogue.{path.stem}") for path in sorted(Path(__file__).parent.glob("*samples.py"))]
SAMPLES = [sample for module in MODULES for sample in getattr(module, "SAMPLES", [])]
FLAT = [sample for module in MODULES for sample in getattr(module, "FLAT", [])]
FLAT_WITHOUT_VALUE = {f for module in MODULES for f in getattr(module, "FLAT_WITHOUT_VALUE", ())}
TESTED_ELSEWHERE = {f for module in MODULES for f in getattr(module, "TESTED_ELSEWHERE", ())}
