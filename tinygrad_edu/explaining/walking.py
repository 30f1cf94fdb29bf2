"""The backward pass, watched edge by edge.

The pass that is told is the real one: `pullback` runs, and walks once more into a dict that notes what is put into it.
The walk asks this dict whether a cotangent is already there before it adds; the dict says no, gets every contribution
by itself, and adds them in the same order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from ..graph import Node, witnessing
from ..modes import pullback
from ..modes.careful import is_strict, needs_care, unwrapped
from ..tensor import Tensor


@dataclass(frozen=True)
class Event:
    """What the walk put into its dict: a line's contribution to an argument."""

    node: Node
    slot: int
    parent: Node
    incoming: Any
    contribution: Any
    running: Any


class Observed(dict[Node, Any]):
    """The cotangents of a walk, which notes every contribution in `events`."""

    def __init__(self) -> None:
        super().__init__()
        self.events: list[Event] = []
        self.line: Node | None = None
        self.slot = -1
        self.incoming: Any = None

    def pop(self, node: Node, *default: Any) -> Any:
        """The walk comes to a line."""
        self.line, self.slot = node, -1
        self.incoming = super().pop(node, *default)
        return self.incoming

    def __contains__(self, node: object) -> bool:
        return False  # so the walk puts each contribution in by itself, and leaves the adding to us

    def __setitem__(self, node: Node, c: Any) -> None:
        if node is self.line or self.line is None:  # the walk keeps the gradient of a watched line
            super().__setitem__(node, c)
            return
        held = self.get(node)
        total = c if held is None else held + c
        super().__setitem__(node, total)
        self._note(node, c, total)

    def setdefault(self, node: Node, default: Any = None) -> Any:
        """One output of several sends its gradient to its place."""
        slots = super().setdefault(node, default)
        self._note(node, self.incoming, None)
        return slots

    def _note(self, parent: Node, c: Any, total: Any) -> None:
        line = self.line
        assert line is not None
        rules = line.op.vjps if line.op is not None else None
        slots = range(self.slot + 1, len(line.parents))
        fitting = [i for i in slots if line.parents[i] is parent]
        known = [i for i in fitting if not isinstance(rules, tuple) or rules[i] is not None]
        self.slot = (known or fitting or [0])[0]
        self.events.append(Event(line, self.slot, parent, *map(_plain, (self.incoming, c, total))))


def _plain(g: Any) -> Any:
    """An array without wrappings, and one that later sums do not change."""
    if isinstance(g, list):
        return [_plain(v) for v in g]
    g = unwrapped(g)
    return g.data if type(g) is Tensor else g


class Watcher:
    """The witness of one pass: walks it once more into an observed dict."""

    def __init__(self, root: Node) -> None:
        self.walk = Observed()
        self.root = root

    def line(self, node: Node) -> None:
        """Nobody computes forwards here."""

    def begins(self, lines: Any) -> None:
        """A pass begins: nothing to do."""

    def passed(self, lines: Sequence[Node], roots: Sequence[Node], found: Any, walk: Any) -> None:
        """The pass is over; ``walk(dict, careful)`` walks it again."""
        if self.walk.events or list(roots) != [self.root]:
            return  # a rule has walked a pass of its own
        into = Observed()
        walk(into, False)
        if not is_strict() and needs_care(into.values(), roots, lines):
            into = Observed()
            walk(into, True)
        self.walk = into


def observed_pass(root: Node, seed: Any, sources: Sequence[Node]) -> tuple[list[Event], dict[Node, Any]]:
    """Every contribution of the pass from a root to its sources, in its order; and the gradients of the sources."""
    watcher = Watcher(root)
    with witnessing(watcher):
        found = pullback([root], [seed], sources)
    return watcher.walk.events, {node: _plain(g) for node, g in found.items()}
