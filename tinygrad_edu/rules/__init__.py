"""The table of derivatives: mathematics, and no engine. Importing this package fills `graph.RULES`."""

from . import arithmetic, indexing, products, reductions, shapes, transcendental

__all__ = ["arithmetic", "indexing", "products", "reductions", "shapes", "transcendental"]
