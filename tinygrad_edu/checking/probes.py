"""Which numbers are looked at: directions into f, and components out of it.

All elements when there are few. When there are many, directions that move everything at once, by random amounts of
both signs: an element whose gradient is wrong by δ goes unseen only if the others' errors happen to cancel it, and as
its own amount has a density of at most 1/2 on either side of 0, that has a chance of at most T/|δ x| in each
direction, where T is the tolerance; the errors need not be independent (with signs alone, two equal ones would cancel
every second time). One direction has all signs alike: at a tie each element may look right, and only the sum is not.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from .stencils import Array, by_value, exact

FEW = 32
"""Up to so many inputs, or outputs, all are looked at singly."""


@dataclass
class Direction:
    """A direction, what it is called, which coordinate it moves if it moves one; `group` if it moves some of many."""

    name: str
    u: Array
    element: int | None = None
    group: bool = False


def joint(x: Array, size: Array, rng: np.random.Generator) -> list[Direction]:
    """Three directions that move everything: mixed signs, the same sign, and mixed with one size for all.

    Under the second one equal elements move by equal amounts: a tie stays a tie, where f has one slope and no kink.
    """
    amounts = rng.uniform(0.5, 1.5, (3, x.size))
    amounts[1] = 0.5 + by_value(np.abs(x) + (x < 0) * 1e-3 * np.abs(x), rng)
    signs = rng.choice([-1.0, 1.0], (3, x.size))
    typical = min(float(np.median(size)), 1.0) if size.size else 1.0
    return [
        Direction("all together, mixed signs", exact(x, amounts[0] * signs[0] * size)),
        Direction("all together, one sign", exact(x, amounts[1] * signs[1, :1] * size)),
        Direction(
            "all together, equal steps", exact(x, amounts[2] * signs[2] * np.fmin(typical, np.fmax(size, typical)))
        ),
    ]


def elements(x: Array, size: Array, chosen: Array) -> list[Direction]:
    """One direction for each of these coordinates."""
    found = []
    for i in chosen:
        u = np.zeros_like(x)
        u[i] = size[i]
        found.append(Direction("", exact(x, u), int(i)))
    return found


def groups(x: Array, size: Array, moved: Array, rng: np.random.Generator, most: int = 4) -> list[Direction]:
    """Elements whose share of the gradient is of the same power of ten, without the largest: the others hide them."""
    with np.errstate(divide="ignore"):
        decade = np.where(moved > 0, np.floor(np.log10(moved)), -np.inf)
    top = decade.max(initial=-np.inf)
    bands = np.where(decade == -np.inf, 99, (top - decade) // 3)
    found = []
    below = np.unique(bands[(bands > 0) & (bands < 99)])
    bands = np.where(bands < 99, np.fmin(bands, below[:most].max(initial=0)), bands) if below.size > most else bands
    for band in [b for b in np.unique(bands) if b > 0]:
        inside = bands == band
        u = np.where(inside, rng.uniform(0.5, 1.5, x.size) * rng.choice([-1.0, 1.0], x.size) * size, 0)
        name = "those of gradient 0" if band == 99 else f"those {3 * int(band)} digits smaller"
        found.append(Direction(name, exact(x, u), group=True))
    return found


def components(y: Array, moved: Array, rng: np.random.Generator, few: int = FEW) -> Array:
    """Which functions of the outputs are looked at: each, as rows of the identity, or three random sums of all.

    A sum weighs every output by how much it is and moves, lest the large ones hide the small; but not more than a
    thousand times as much as the middle one: what is only the rounding of others must not be blown up.
    """
    if y.size <= few:
        return np.eye(y.size)
    size = np.abs(y) + np.abs(np.where(np.isfinite(moved), moved, 0))
    middle = float(np.median(size[size > 0])) if size.any() else 1.0
    weight = 1 / np.where(size > 0, np.fmax(size, 1e-3 * middle), middle)
    return rng.uniform(0.5, 1.5, (3, y.size)) * rng.choice([-1.0, 1.0], (3, y.size)) * weight
