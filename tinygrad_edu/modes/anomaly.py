"""Anomalies: who made the first NaN, who made the first infinity, and whose array was changed behind the record's back.

`detect_anomaly` places a witness beside the record. It sees every line when it is written, with the place in the
user's program, and every pass when it has been walked. It raises when a NaN or an infinity has come through to a
result; one that `np.where` or a mask threw away is none of its business. Slow, and for debugging only.
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Lock
from typing import Any

import numpy as np

from .. import tensor
from ..calls import SEQUENCES, is_inexact
from ..errors import AnomalyError, InPlaceError
from ..graph import LARGE, RULES, SELECT, Node, Op, witnessing
from ..places import Place, place_of_user
from ..rules.diagnoses import SLOPES, VALUES
from ..tensor import Tensor
from ..trees import leaves
from .careful import is_strict, unwrapped


@contextmanager
def detect_anomaly() -> Iterator[None]:
    """Name the first operation, forward or backward, that makes a NaN or an infinity.

    Inside the block a pass raises if its value or its gradient is not finite, and the block raises at its end if a
    NaN or an infinity was left over in a result; the message names the operation, its operands, the line of the
    program, and the reason. It also raises if an array that a derivative needs was changed between its use and the
    pass. Only the thread that entered the block is watched. NumPy's own warnings are silent inside, and computing takes
    several times as long.

    Raises
    ------
    AnomalyError
        For the NaN or the infinity.
    InPlaceError
        For the changed array.

    >>> import numpy as np, tinygrad_edu as tg
    >>> f = lambda x: np.sum(np.log(x - 1))
    >>> with tg.detect_anomaly():
    ...     tg.grad(f)(np.array([2.0, 0.5]))
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.AnomalyError: log makes nan: the logarithm of a negative number.
    At element (1,): log(-0.5) = nan
    ...
    What to do: keep its argument positive, for example np.log(np.maximum(x, 1e-12))
    """
    witness = Witness()
    with witnessed(witness), np.errstate(all="ignore"):
        yield
    witness.conclude()


@contextmanager
def witnessed(witness: Any) -> Iterator[None]:
    """Show the witness every line that this thread writes inside the block, with all its arrays, and every pass.

    Recording does not ask for witnesses, which would cost every line its time: it looks twice at large arrays only.
    While anybody watches, all arrays count as large.
    """
    with _door:
        _witnesses.append(witness)
        tensor.LARGE = -1
    try:
        with witnessing(witness):
            yield
    finally:
        with _door:
            _witnesses.remove(witness)
            tensor.LARGE = tensor.LARGE if _witnesses else LARGE


_witnesses: list[Any] = []
_door = Lock()


@dataclass(frozen=True)
class Fault:
    """A line that made a value which is not finite out of operands that were, or took in a constant that was not."""

    serial: int
    op: Op
    args: tuple[Any, ...]
    value: Any
    place: Place | None
    taken_in: int | None = None


class Witness:
    """What a debugging session knows of the lines that were recorded in it, by their serial numbers.

    Attributes
    ----------
    places : dict of int to Place
        Where in the user's program a line was written.
    prints : dict of int to list
        The fingerprints of the arrays that the rules of a line will read.
    faults : dict of int to Fault or None
        For each line whose value is not finite, where that began (None: in what the user put in).
    loose : dict of int to Fault
        Those of them that no later line has taken up: the results.
    """

    def __init__(self) -> None:
        self.places: dict[int, Place | None] = {}
        self.prints: dict[int, list[int | None]] = {}
        self.faults: dict[int, Fault | None] = {}
        self.loose: dict[int, Fault] = {}

    def line(self, node: Node) -> None:
        """A line has been written."""
        assert node.op is not None
        self.places[node.serial] = place = place_of_user()
        self.prints[node.serial] = [_fingerprint(x) for x in _read_later(node)]
        parents = [n for p in node.parents if p is not None and (n := _maker(p).serial) in self.faults]
        for serial in parents:
            self.loose.pop(serial, None)
        if all(map(_is_finite, _outputs(node.value))):
            return
        earlier = [fault for serial in parents if (fault := self.faults[serial]) is not None]
        fault = min(earlier, key=lambda f: f.serial, default=None)
        if fault is None and (_makes(node) or _takes_in(node) is not None):
            fault = Fault(node.serial, node.op, node.args, node.value, place, _takes_in(node))
        self.faults[node.serial] = fault
        if fault is not None:
            self.loose[node.serial] = fault

    def begins(self, lines: Sequence[Node]) -> None:
        """A pass over these lines is about to begin: their arrays must be as they were."""
        for node in lines:
            self._compare(node)

    def passed(
        self, lines: Sequence[Node], roots: Sequence[Node], found: Iterable[Any], walk: Callable[..., Any]
    ) -> None:
        """A pass has been walked over these lines with these results; ``walk(dict, careful)`` walks it again."""
        for node in [*lines, *roots]:
            self.loose.pop(node.serial, None)
        for root in roots:
            if not all(map(_is_finite, _outputs(root.value))):
                fault = self.faults.get(_maker(root).serial)
                raise AnomalyError(_of_value(fault) if fault else _OF_INPUT)
        if not all(map(_is_finite, found)):
            careful = not is_strict()
            try:
                walk(Watched(self.places), careful)
            except AnomalyError as error:
                if careful or not _ends_well(walk):
                    raise
                raise AnomalyError(f"{error}{_NOT_TAKEN}") from None

    def conclude(self) -> None:
        """The session is over: raise for a result that is not finite and that no pass has looked at."""
        if self.loose:
            raise AnomalyError(_of_value(min(self.loose.values(), key=lambda fault: fault.serial)))

    def _compare(self, node: Node) -> None:
        before = self.prints.get(node.serial)
        if before is None or node.op is None:
            return
        for i, (x, old) in enumerate(zip(_read_later(node), before, strict=True)):
            if old is not None and _fingerprint(x) != old:
                n, m = len(node.args), len(_outputs(node.value))
                what = f"argument {i}" if i < n else "the result" if i < n + m else "a parameter"
                raise InPlaceError(
                    f"{node.op.name}: {what}, an array that its derivative needs, was changed after it was used. The "
                    f"gradient would be wrong.{_at(self.places[node.serial])}\nWhat to do: change a copy (a = a.copy()"
                    "), or make a new array (a = a + 1 instead of a += 1)"
                )


class Watched(dict[Node, Any]):
    """The cotangents (or tangents) of a pass: raises when the first that is not finite is put in."""

    def __init__(self, places: dict[int, Place | None]) -> None:
        super().__init__()
        self.places, self.line = places, Node(None, (), {}, (), None)

    def pop(self, node: Node, *default: Any) -> Any:
        """The walk comes to a line."""
        self.line = node
        return super().pop(node, *default)

    def __setitem__(self, node: Node, g: Any) -> None:
        line = node if self.line.op is None else self.line
        if line.op is not None and not _is_finite(unwrapped(g)):
            raise AnomalyError(_of_slope(line, g, self.places.get(line.serial)))
        super().__setitem__(node, g)


def _ends_well(walk: Callable[..., Any]) -> bool:
    """True if zero times infinity is all that is wrong with a pass."""
    into: dict[Node, Any] = {}
    walk(into, True)
    return all(_is_finite(unwrapped(g)) for g in into.values())


# --- looking


def _maker(node: Node) -> Node:
    """The line that computed a value: one output of several was computed by the line of them all."""
    return node.parents[0] if node.op is SELECT else node


def _outputs(value: Any) -> Sequence[Any]:
    return value if isinstance(value, SEQUENCES) else (value,)


def _is_finite(x: Any) -> bool:
    x = x.data if type(x) is Tensor else x
    return not is_inexact(x) or bool(np.all(np.isfinite(x)))


def _makes(node: Node) -> bool:
    """True if a line makes a NaN where there was none, or an infinity where all was finite."""
    given = [x for x in node.args if is_inexact(x)]
    nan = any(np.any(np.isnan(v)) for v in _outputs(node.value) if is_inexact(v))
    if nan and not any(np.any(np.isnan(x)) for x in given):
        return True
    return all(map(_is_finite, given))


def _takes_in(node: Node) -> int | None:
    """Which argument of a line is a constant with a NaN in it, if the line's value has one too."""
    if not any(np.any(np.isnan(v)) for v in _outputs(node.value) if is_inexact(v)):
        return None
    pairs = enumerate(zip(node.args, node.parents, strict=True))
    return next((i for i, (x, p) in pairs if p is None and is_inexact(x) and np.any(np.isnan(x))), None)


def _read_later(node: Node) -> list[Any]:
    """The arrays of a line that its rules will read; None for the others."""
    assert node.op is not None
    places = node.op.places_read(node.parents)
    values = [*node.args, *_outputs(node.value)]
    n = len(node.args)
    read = [x if places is None or (i if i < n else -1) in places else None for i, x in enumerate(values)]
    return [*read, *leaves(list(node.params.values()))]


def _fingerprint(x: Any) -> int | None:
    return zlib.crc32(np.ascontiguousarray(x).data) if type(x) is np.ndarray and x.dtype.kind in "biufc" else None


# --- telling

_OF_INPUT = (
    "the value is not finite because a NaN or an infinity was put in: no operation made it.\n"
    "What to do: look at the arguments with np.isfinite"
)

_NOT_TAKEN = (
    "\nNothing flows into this element: it is in a branch that np.where did not take, and 0 times infinity is NaN "
    "under strict_ieee; without it the gradient there is 0. Or make the branch safe: f(np.where(taken, x, 1))"
)


def _of_value(fault: Fault) -> str:
    if fault.taken_in is not None:
        return (
            f"{fault.op.name} takes in a NaN: its argument {fault.taken_in} is an array that the record did not "
            f"compute.{_at(fault.place)}\nWhat to do: look at that array with np.isnan, and at where it was made"
        )
    value = next(v for v in _outputs(fault.value) if not _is_finite(v))
    nan = bool(np.any(np.isnan(value)))
    bad = np.isnan(value) if nan else np.isinf(value)
    what = "nan" if nan else str(np.asarray(value)[bad].flat[0])
    reason, cure, at = _diagnosis(VALUES, fault.op, fault.args, bad, what)
    return f"{fault.op.name} makes {what}: {reason}.{at}{_at(fault.place)}\nWhat to do: {cure}"


def _of_slope(node: Node, g: Any, place: Place | None) -> str:
    assert node.op is not None
    g = unwrapped(g)
    g = g.data if type(g) is Tensor else g
    what = "nan" if np.any(np.isnan(g)) else "inf"
    reason, cure, at = _diagnosis(SLOPES, node.op, node.args, ~np.isfinite(g), None)
    return f"the derivative of {node.op.name} is {what}: {reason}.{at}{_at(place)}\nWhat to do: {cure}"


def _diagnosis(table: dict, op: Op, args: Sequence[Any], bad: Any, result: str | None) -> tuple[str, str, str]:
    """The reason, the cure, and the element at which it happened, if the operation goes by elements."""
    function = next((f for f, of_table in RULES.items() if of_table is op), None)
    if op.kind != "elementwise" or any(np.shape(x) and not isinstance(x, np.ndarray) for x in args):
        shapes = ", ".join(_described(x) for x in args)
        return "its result is not finite for these operands", "look at the operands", f"\nOperands: {shapes}"
    spread = np.broadcast_arrays(*args)
    bad = bad if np.shape(bad) == spread[0].shape else np.broadcast_to(True, spread[0].shape)
    reason, cure = "its operands are too large, or outside of its domain", "look at the operands"
    for question, words, advice in table.get(function, ()):
        hits = np.asarray(question(*spread)) & bad
        if np.any(hits):
            reason, cure, bad = words, advice, hits
            break
    element = tuple(int(i) for i in np.argwhere(bad)[0])
    operands = ", ".join(f"{x[element]:.6g}" for x in spread)
    at = f"At element {element}: " if element else "There: "
    return reason, cure, f"\n{at}{op.name}({operands})" + (f" = {result}" if result else "")


def _described(x: Any) -> str:
    if not isinstance(x, np.ndarray) or not x.size or x.dtype.kind not in "biuf":
        return repr(x)
    finite = x[np.isfinite(x)]
    between = f" from {finite.min():.4g} to {finite.max():.4g}" if finite.size else ""
    return f"array of shape {x.shape}{between}" + ("" if finite.size == x.size else ", not all finite")


def _at(place: Place | None) -> str:
    return f"\n  {place}" if place else ""
