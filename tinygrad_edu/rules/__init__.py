"""The table of derivatives: mathematics, and no engine. Importing this package fills `graph.RULES`.

The pages for scipy.special are filled in when one of its functions first meets a Tensor.
"""

import sys
from importlib import import_module

from ..graph import LATER
from . import (
    arithmetic,
    assembling,
    calculus,
    decompositions,
    fourier,
    indexing,
    linalg,
    padding,
    placing,
    polynomials,
    products,
    pseudoinverses,
    reductions,
    refusals,
    shapes,
    sorting,
    statistics,
    transcendental,
    ufuncs,
    windows,
)

__all__ = [
    "arithmetic",
    "assembling",
    "calculus",
    "decompositions",
    "fourier",
    "indexing",
    "linalg",
    "padding",
    "placing",
    "polynomials",
    "products",
    "pseudoinverses",
    "reductions",
    "refusals",
    "shapes",
    "sorting",
    "statistics",
    "transcendental",
    "ufuncs",
    "windows",
]


def _for_scipy() -> bool:
    """Load the rules for scipy.special, if the user has loaded scipy.special."""
    if "scipy.special" not in sys.modules:
        return False
    import_module(".special", __package__)
    return True


LATER.append(_for_scipy)
