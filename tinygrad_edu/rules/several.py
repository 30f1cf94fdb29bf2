"""Elementwise functions that return several arrays at once: sine and cosine integrals, Airy's four functions, ...

For each argument one writes the list of all results' slopes; both directions follow: a tangent is scaled by each of
them, and the scaled cotangents of all results are added up.
"""

from __future__ import annotations

from .declare import primitive


def several(function, *slopes):
    """Declare a function with several results: ``slopes[i](y, *args)`` lists the ∂yₖ/∂xᵢ."""

    def vjp(slope):
        return lambda g, y, *args: sum(c * d for c, d in zip(g, slope(y, *args), strict=True))

    def jvp(slope):
        return lambda t, y, *args: [t * d for d in slope(y, *args)]

    return primitive(function, tuple(map(vjp, slopes)), tuple(map(jvp, slopes)))
