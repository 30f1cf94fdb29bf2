"""Assignment: a new value under the old name.

`x[i] = v` and `x += v` on a recorded Tensor overwrite nothing. They compute a new value, by an operation of the table
like any other, and the handle x is bound to it. What was computed from the old value keeps it, and so its gradient; so
do other handles, views among them. A leaf has no old value to keep: there, assignment is for `no_grad` only.
"""

from __future__ import annotations

import operator
from collections.abc import Callable
from sys import _getframe, getrefcount
from typing import Any

from . import calls
from .errors import InPlaceError
from .graph import RULES, Node, is_recording
from .surface import Surface


class Assignable(Surface):
    """The assigning operators and methods, for a Surface that has a `node`."""

    __slots__ = ()

    node: Node | None

    def __setitem__(self, index: Any, value: Any) -> None:
        if getrefcount(self) <= TEMPORARY and calls.is_storing(_getframe(1)):
            raise InPlaceError(
                "assignment into a temporary: x[i][j] = v (or x.T[i] = v) would change a copy that nobody keeps, "
                "because parts of a Tensor are Tensors of their own. Write x[i, j] = v, or name the part and assign "
                "it back"
            )
        self.rebind(lambda x: RULES[operator.setitem](x, value, index=index))

    def rebind(self, compute: Callable[[Any], Any]) -> Any:
        """Give this handle the value of ``compute(self)``, of the same shape and dtype; returns the handle."""
        leaf = self.node is not None and self.node.op is None
        if leaf and is_recording():
            raise InPlaceError(
                "assignment into a leaf that requires a gradient would make its gradient wrong. Assign under "
                "tg.no_grad(), or into a copy: x = x.copy(); x[index] = value"
            )
        result = calls.fitting_assignment(self.data, compute(self))
        self.data = result.data
        if not leaf:
            self.node = result.node  # type: ignore[misc]  # a slot of Tensor
        return self

    def fill(self, value: Any) -> None:
        """Assign one number to every element, as `ndarray.fill` does."""
        self.rebind(lambda x: RULES[operator.setitem](x, value, index=...))

    # fmt: off
    def __iadd__(self, other: Any) -> Any:       return self.rebind(lambda x: x + other)  # type: ignore[misc]
    def __isub__(self, other: Any) -> Any:       return self.rebind(lambda x: x - other)  # type: ignore[misc]
    def __imul__(self, other: Any) -> Any:       return self.rebind(lambda x: x * other)  # type: ignore[misc]
    def __itruediv__(self, other: Any) -> Any:   return self.rebind(lambda x: x / other)  # type: ignore[misc]
    def __ifloordiv__(self, other: Any) -> Any:  return self.rebind(lambda x: x // other)  # type: ignore[misc]
    def __imod__(self, other: Any) -> Any:       return self.rebind(lambda x: x % other)  # type: ignore[misc]
    def __ipow__(self, other: Any) -> Any:       return self.rebind(lambda x: x ** other)  # type: ignore[misc]
    def __imatmul__(self, other: Any) -> Any:    return self.rebind(lambda x: x @ other)  # type: ignore[misc]
    # fmt: on


class _Probe:
    """Tells how many references to its target an assignment sees."""

    seen = 0

    def __setitem__(self, index: Any, value: Any) -> None:
        self.__class__.seen = getrefcount(self)


def _references_to_a_temporary() -> int:
    """As many as `__setitem__` sees for x in ``f()[0] = v``; 0 if this Python counts a named target the same."""
    named = _Probe()
    named[0] = None
    of_a_name = _Probe.seen
    _Probe()[0] = None
    return _Probe.seen if _Probe.seen < of_a_name else 0


TEMPORARY = _references_to_a_temporary()
