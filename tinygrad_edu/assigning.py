"""Assignment: a new value under the old name.

`x[i] = v` and `x += v` on a recorded Tensor overwrite nothing. They compute a new value, by an operation of the table
like any other, and the handle x is bound to it. What was computed from the old value keeps it, and so its gradient;
so do other handles, a row or a slice that was read before among them, where NumPy's view would follow. Two programs
would mean something else in NumPy, and are refused: assignment to a leaf, whose gradient belongs to its old value,
and assignment to a part of a Tensor that is still in use (`v = x[0]; v += 1`), which in NumPy would change x.
"""

from __future__ import annotations

import dis
import operator
from collections.abc import Callable
from functools import cache
from sys import _getframe, getrefcount
from types import CodeType
from typing import Any

import numpy as np

from . import calls
from .errors import InPlaceError
from .graph import ALIAS, RULES, SELECT, Node, is_recording
from .surface import Surface


class Assignable(Surface):
    """The assigning operators and methods, for a Surface that has a `node`."""

    __slots__ = ()

    node: Node | None

    def __setitem__(self, index: Any, value: Any) -> None:
        self.rebind(lambda x: RULES[operator.setitem](x, value, index=index))

    def rebind(self, compute: Callable[[Any], Any]) -> Any:
        """Give this handle the value of ``compute(self)``, of the same shape and dtype; returns the handle."""
        leaf = self.node is not None and self.node.op in (None, ALIAS)
        if leaf and is_recording():
            raise InPlaceError(
                "assignment into a leaf that requires a gradient would make its gradient wrong. Assign under "
                "tg.no_grad(), or into a copy: x = x.copy(); x[index] = value"
            )
        if not leaf and _is_part_of_another(self):
            raise InPlaceError(
                "assignment into a part of another Tensor (a row, a slice, x.T, x.reshape(...)): in NumPy this would "
                "change the whole, but parts of a Tensor are Tensors of their own. Assign to the whole (x[0, 1] = v "
                "for x[0][1] = v, x[i] += v for row += v), or take a copy first: part = x[0].copy()"
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
    def __iadd__(self, other: Any) -> Any:       return self._augmented(lambda x: x + other)  # type: ignore[misc]
    def __isub__(self, other: Any) -> Any:       return self._augmented(lambda x: x - other)  # type: ignore[misc]
    def __imul__(self, other: Any) -> Any:       return self._augmented(lambda x: x * other)  # type: ignore[misc]
    def __itruediv__(self, other: Any) -> Any:   return self._augmented(lambda x: x / other)  # type: ignore[misc]
    def __ifloordiv__(self, other: Any) -> Any:  return self._augmented(lambda x: x // other)  # type: ignore[misc]
    def __imod__(self, other: Any) -> Any:       return self._augmented(lambda x: x % other)  # type: ignore[misc]
    def __ipow__(self, other: Any) -> Any:       return self._augmented(lambda x: x ** other)  # type: ignore[misc]
    def __imatmul__(self, other: Any) -> Any:    return self._augmented(lambda x: x @ other)  # type: ignore[misc]
    # fmt: on

    def _augmented(self, compute: Callable[[Any], Any]) -> Any:
        """x += v. In ``y[i] += v`` the part is assigned back to the whole at once, and is nobody else's."""
        frame = _getframe(2)
        if _is_stored_back(frame.f_code, frame.f_lasti):
            result = compute(self)
            return calls.fitting_assignment(self.data, result)
        return self.rebind(compute)


@cache
def _is_stored_back(code: CodeType, place: int) -> bool:
    """True for the instruction of ``y[i] += v``, whose result is stored under an index by the next one."""
    later = (line.opname for line in dis.get_instructions(code) if line.offset > place)
    return next((name for name in later if name not in ("SWAP", "CACHE", "ROT_THREE")), "") == "STORE_SUBSCR"


def _is_part_of_another(x: Any) -> bool:
    """True if x shares its memory with a Tensor or an array that somebody still holds."""
    if not isinstance(x.data, np.ndarray) or x.data.base is None:
        return False
    if x.node is None:
        return getrefcount(x.data.base) > _REFERENCES_TO_A_BASE
    line = x.node.parents[0] if x.node.op is SELECT else x.node
    whole = line.parents[0] if line.op.moves and line.parents else None
    return (
        whole is not None
        and getrefcount(whole) > _REFERENCES_TO_A_PARENT
        and (not isinstance(whole.value, np.ndarray) or np.may_share_memory(x.data, whole.value))
    )


def _references_to_a_base() -> int:
    """What `getrefcount` says of the base of a view when nobody else holds it."""
    x = np.zeros(2)[:1]
    return getrefcount(x.base)


def _references_to_a_parent() -> int:
    """What `getrefcount` says of a line when only one line was computed from it, and no Tensor holds it."""
    node = Node(None, (), {}, (Node(None, (), {}, (), None),), None)
    whole = node.parents[0]
    return getrefcount(whole)


_REFERENCES_TO_A_BASE, _REFERENCES_TO_A_PARENT = _references_to_a_base(), _references_to_a_parent()
