"""When to stop: what was met on the way, and what it says.

The loss "stops changing" when it varies by less than a given fraction of itself. That alone can deceive: at the edge
of stability the point bounces from one side of the valley to the other at one height, and a heavy ball stands still
for a moment where it turns. So the loss must keep still over several epochs, and the point itself must rest.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import pairwise
from typing import Any

import numpy as np

from ..errors import MissingExtraError
from ..trees import Tree, leaves

WINDOW = 10  # epochs over which a loss that stops changing must not change, and a loss that climbs must climb


@dataclass
class History:
    """What was met on the way, from the start to the end: entry k belongs to the point after k epochs.

    Attributes
    ----------
    losses : array
        The loss over all the data, or over the batches of the epoch (`measure="batches"`).
    gradient_norms : array
        The length of the gradient there; empty with mini-batches, which never form it.
    validation_losses : array
        The loss over the examples that were set aside; empty if there are none.
    rates : array
        The learning rate of the next step; NaN for an algorithm without one.
    params : list of trees
        The points themselves, if `minimize` was asked to keep the trajectory.
    """

    losses: Any = field(default_factory=list)
    gradient_norms: Any = field(default_factory=list)
    validation_losses: Any = field(default_factory=list)
    rates: Any = field(default_factory=list)
    params: list[Tree] = field(default_factory=list)

    def __len__(self) -> int:
        return len(self.losses)

    def finished(self) -> History:
        """The same with arrays in place of lists that grow."""
        numbers = {name: np.array(values, dtype=float) for name, values in vars(self).items() if name != "params"}
        return History(**numbers, params=list(self.params))

    def to_pandas(self) -> Any:
        """A table with one row an epoch, the start first, and a column for each series that is not empty.

        Raises
        ------
        MissingExtraError
            If pandas is not installed.
        """
        names = {"losses": "loss", "gradient_norms": "gradient_norm", "validation_losses": "validation_loss",
                 "rates": "rate"}  # fmt: skip
        columns = {name: np.asarray(getattr(self, series)) for series, name in names.items() if len(vars(self)[series])}
        table = _pandas().DataFrame(columns)
        table.index.name = "epoch"
        return table


def _pandas() -> Any:
    """The one door to pandas."""
    try:
        import pandas
    except ImportError:
        raise MissingExtraError(
            'to_pandas needs pandas, which is not installed: pip install "tinygrad-edu[pandas]", or take the arrays '
            "of the history as they are"
        ) from None
    return pandas


def stands_still(history: History, last: Tree, now: Tree, start: Tree, tolerance: float) -> bool:
    """Whether the loss has stopped changing, and the point with it."""
    recent = history.losses[-WINDOW - 1 :]
    if len(recent) <= WINDOW:
        return False
    scale = max(abs(recent[-1]), tolerance * abs(history.losses[0]))  # a loss that ends at 0 has no size of its own
    if not max(recent) - min(recent) <= tolerance * scale:
        return False
    return distance(now, last) <= float(np.sqrt(tolerance)) * (norm(now) + distance(now, start))


def climbs(history: History, overshoot: float = 1.0) -> bool:
    """Whether the descent goes up: to something that is not finite, or up and up, past all that settles in the end.

    A loss L with minimum L* that starts at L₀ may come to L* + overshoot (L₀ − L*). What L* is nobody knows: it is
    taken for 0, or for the lowest loss so far if that is further from L₀.
    """
    losses = history.losses
    if not len(losses):
        return False
    if not np.isfinite(losses[-1]) or not np.all(np.isfinite(history.gradient_norms[-1:])):
        return True
    recent = losses[-WINDOW - 1 :]
    rising = all(later > earlier for earlier, later in pairwise(recent))
    height = max(abs(losses[0]), losses[0] - min(losses)) if overshoot > 1 else 0.0
    return len(recent) > WINDOW and rising and recent[-1] > losses[0] + (overshoot - 1) * height


def norm(tree: Tree) -> float:
    """The length of a tree of arrays as one long vector: the root of the sum of all squares.

    >>> norm({"w": np.array([3.0, 0.0]), "b": 4.0})
    5.0
    """
    return float(np.sqrt(sum(float(np.vdot(leaf, leaf).real) for leaf in leaves(tree))))


def distance(one: Tree, other: Tree) -> float:
    """The length of the difference of two trees."""
    return float(np.hypot.reduce([norm(np.subtract(a, b)) for a, b in zip(leaves(one), leaves(other), strict=True)]))
