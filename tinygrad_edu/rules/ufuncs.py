"""The methods of NumPy's ufuncs (reduce, accumulate, outer, reduceat, at) and `where=`."""

from __future__ import annotations
