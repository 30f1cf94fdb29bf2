"""Where the boxes of a page's drawing stand: rows by the longest way from the sources, few crossings within a row.

Small and deterministic, so that a page needs no Graphviz. An arrow over several rows gets a place in each of them,
and so runs beside the boxes; the order within a row follows the barycentres of the neighbours, downwards and upwards
in turn.
After K. Sugiyama, S. Tagawa and M. Toda, "Methods for visual understanding of hierarchical system structures" (1981).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

WIDTH, HEIGHT = 156, 62
GAP_X, GAP_Y = 18, 46
NARROW = 16  # the place of an arrow in a row


@dataclass
class Layout:
    """Where everything stands.

    Attributes
    ----------
    corners : dict of str to (x, y)
        The upper left corner of every box.
    routes : dict of (str, str) to list of (x, y)
        For every arrow the points that it passes, from the lower edge of one box to the upper edge of the other.
    width, height : int
        The size of the whole.
    """

    corners: dict[str, tuple[int, int]] = field(default_factory=dict)
    routes: dict[tuple[str, str], list[tuple[int, int]]] = field(default_factory=dict)
    width: int = 0
    height: int = 0


def placed(names: Sequence[str], inputs: Mapping[str, Sequence[str]]) -> Layout:
    """The layout of a graph.

    Parameters
    ----------
    names : sequence of str
        The boxes, each after those that it is computed from.
    inputs : mapping of str to names
        What each is computed from.

    >>> placed(["x", "y", "f"], {"f": ["x", "y"]}).corners
    {'x': (0, 0), 'y': (174, 0), 'f': (87, 108)}
    """
    depth = _depths(names, inputs)
    rows: list[list[str]] = [[] for _ in range(max(depth.values(), default=0) + 1)]
    for name in names:
        rows[depth[name]].append(name)
    above: dict[str, list[str]] = {}
    ways: dict[tuple[str, str], list[str]] = {}
    for name in names:
        for parent in inputs.get(name, ()):
            way = [parent, *(f"{parent}\0{name}\0{d}" for d in range(depth[parent] + 1, depth[name])), name]
            ways[parent, name] = way
            for d, place in zip(range(depth[parent] + 1, depth[name]), way[1:-1], strict=True):
                rows[d].append(place)
            for upper, lower in pairwise(way):
                above.setdefault(lower, []).append(upper)
    _untangle(rows, above)
    return _measured(rows, ways)


def _depths(names: Sequence[str], inputs: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """The row of every box; a source stands just above the first line that uses it."""
    depth: dict[str, int] = {}
    first: dict[str, int] = {}
    for name in names:
        depth[name] = 1 + max((depth[p] for p in inputs.get(name, ())), default=-1)
        for parent in inputs.get(name, ()):
            first[parent] = min(depth[name], first.get(parent, depth[name]))
    return {name: first[name] - 1 if not inputs.get(name) and name in first else d for name, d in depth.items()}


def _untangle(rows: list[list[str]], above: Mapping[str, Sequence[str]]) -> None:
    below: dict[str, list[str]] = {}
    for lower, uppers in above.items():
        for upper in uppers:
            below.setdefault(upper, []).append(lower)
    for sweep in range(6):
        neighbours = below if sweep % 2 else above
        for row in rows[::-1] if sweep % 2 else rows:
            at = (
                {name: i - len(r) / 2 for r in rows for i, name in enumerate(r)} if len(rows) < 60 else _near(rows, row)
            )
            row.sort(key=lambda name: _mean([at[n] for n in neighbours.get(name, ())], at[name]))


def _near(rows: list[list[str]], row: list[str]) -> dict[str, float]:
    """The places in a row and its neighbours, of a drawing with many rows."""
    k = next(i for i, r in enumerate(rows) if r is row)
    return {name: i - len(r) / 2 for r in rows[max(0, k - 1) : k + 2] for i, name in enumerate(r)}


def _mean(places: list[float], default: float) -> float:
    return sum(places) / len(places) if places else default


def _measured(rows: list[list[str]], ways: Mapping[tuple[str, str], list[str]]) -> Layout:
    wide = lambda name: NARROW if "\0" in name else WIDTH
    widths = [sum(map(wide, row)) + GAP_X * (len(row) - 1) for row in rows]
    found = Layout(width=max(widths, default=0), height=len(rows) * (HEIGHT + GAP_Y) - GAP_Y)
    middle: dict[str, tuple[int, int]] = {}
    for y, (row, width) in enumerate(zip(rows, widths, strict=True)):
        x = (found.width - width) // 2
        for name in row:
            if "\0" not in name:
                found.corners[name] = (x, y * (HEIGHT + GAP_Y))
            middle[name] = (x + wide(name) // 2, y * (HEIGHT + GAP_Y))
            x += wide(name) + GAP_X
    for arrow, way in ways.items():
        points = [(middle[way[0]][0], middle[way[0]][1] + HEIGHT)]
        for place in way[1:-1]:
            points += [middle[place], (middle[place][0], middle[place][1] + HEIGHT)]
        found.routes[arrow] = [*points, middle[way[-1]]]
    return found
