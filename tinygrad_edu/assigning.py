"""Assignment: a new value under the old name.

`x[i] = v` and `x += v` on a recorded Tensor overwrite nothing. They compute a new value, by an operation of the table
like any other, and the handle x is bound to it. What was computed from the old value keeps it, and so its gradient;
so do other handles, a row or a slice that was read before among them, where NumPy's view would follow. Two programs
would mean something else in NumPy, and are refused: assignment to a leaf, whose gradient belongs to its old value,
and assignment to a part, or a part of a part, of a Tensor that is still in use (`v = x[0]; v += 1`), which in NumPy
would change x.
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
from .errors import InPlaceError, ShapeError
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
        if getrefcount(self) <= REFERENCES_TO_A_PART and is_stored_back(frame.f_code, frame.f_lasti):
            result = compute(self)
            return calls.fitting_assignment(self.data, result)
        return self.rebind(compute)


@cache
def is_stored_back(code: CodeType, place: int) -> bool:
    """True for the instruction of ``y[i] += v``, whose result is stored under an index by the next one."""
    later = (line.opname for line in dis.get_instructions(code) if line.offset > place)
    return next((name for name in later if name not in ("SWAP", "CACHE", "ROT_THREE")), "") == "STORE_SUBSCR"


def _is_part_of_another(x: Any) -> bool:
    """True if x shares its memory with a Tensor or an array that somebody still holds.

    That may be the whole of which x is a part, or the whole of the whole, as in `x.T[0]`: all lines are asked through
    which the memory was handed down.
    """
    memory = _numbers(x.data)
    if not isinstance(memory, np.ndarray) or memory.base is None or getrefcount(memory.base) <= _REFERENCES_TO_A_BASE:
        return False
    if x.node is None:
        return memory is x.data
    lines = [x.node]
    while lines:
        line = lines.pop()
        line = line.parents[0] if line.op is SELECT else line
        for i in range(len(line.parents)):  # not zip, which would hold one reference more
            whole, arg = line.parents[i], line.args[i]
            if whole is None:
                continue
            value = _numbers(arg if isinstance(_numbers(arg), np.ndarray) else whole.value)
            if isinstance(value, np.ndarray):
                shared = np.may_share_memory(memory, value)
            else:  # the record remembers its shape, and no more
                shared = line.op.moves or line is x.node
            if shared and getrefcount(whole) > _REFERENCES_TO_A_PARENT:
                return True
            if shared and getattr(value, "base", value) is not None:  # a part itself
                lines.append(whole)
    return False


def into_out(function: Callable[..., Any], args: Any, params: dict[str, Any]) -> Any:
    """The result of a NumPy function, assigned to what was given as ``out=``; a plain array takes no traced Tensor."""
    out = params["out"]
    y = function(*args, **{name: value for name, value in params.items() if name != "out"})
    if not isinstance(out, Assignable) and getattr(y, "node", None) is not None:
        raise InPlaceError(
            f"{function.__name__}: out= would lose the gradient: the result is a new Tensor. Leave it away"
        )
    if np.shape(y) != np.shape(out):
        raise ShapeError(f"{function.__name__}: out= has shape {np.shape(out)}, but the result has {np.shape(y)}")
    out[...] = y if isinstance(out, Assignable) or not isinstance(y, Assignable) else y.data
    return out


def _numbers(x: Any) -> Any:
    """An array, or that of which a value is made while a program is traced."""
    return getattr(x, "value", x)


class _Part:
    """Goes the way of a Tensor in ``y[i] += v``, and counts who holds it."""

    def __iadd__(self, other: Any) -> Any:
        return self._augmented(lambda x: x + other)

    def _augmented(self, compute: Callable[[Any], Any]) -> int:
        _getframe(2)
        return getrefcount(self)


class _Whole:
    """Makes its parts when they are asked for, as a Tensor does; a list or a dict holds them."""

    def __getitem__(self, index: Any) -> Any:
        return _Part()

    def __setitem__(self, index: Any, value: Any) -> None:
        self.references = value


def _references_to_a_part() -> int:
    """What `getrefcount` says in `_augmented` of x[i] in ``x[i] += v``, which nobody else holds."""
    whole = _Whole()
    whole[0] += 1
    return whole.references


def _references_to_a_base() -> int:
    """What `getrefcount` says of the base of a view when nobody else holds it."""
    x = np.zeros(2)[:1]
    return getrefcount(x.base)


def _references_to_a_parent() -> int:
    """What `getrefcount` says of a line when only one line was computed from it, and no Tensor holds it."""
    node = Node(None, (), {}, (Node(None, (), {}, (), None),), None)
    whole = node.parents[0]
    return getrefcount(whole)


REFERENCES_TO_A_PART = _references_to_a_part()
_REFERENCES_TO_A_BASE, _REFERENCES_TO_A_PARENT = _references_to_a_base(), _references_to_a_parent()
