"""Order: sort, partition, order statistics and their neighbours.

Sorting reads elements once more, so its derivative is a permutation.
"""

from __future__ import annotations
