"""Tracing: a function runs once on arrays that write down what is done with them.

The arrays (`traced.py`) hold the numbers of the first call, so shapes and dtypes need no rules of their own: every call
is computed, and written down as a `Line`.

The walks that differentiate look at their results, and walk again where zero met infinity. A program cannot; its passes
are traced as `strict_ieee` has them, and `compiled.py` looks at the results.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import replace
from types import FrameType
from typing import Any

import numpy as np

from ..errors import TraceError
from ..graph import Op, witnessing
from ..modes import strict_ieee
from ..places import Place, place_of_user
from ..rules.indexing import scatter, setitem
from ..tensor import Tensor
from .counting import checked, is_typed_by_values, reason_against
from .drawing import ENTROPY, SEEDING, Draws
from .finite import untold
from .kinds import STATIC
from .program import Line, Program, Value, exchanged, substituted
from .refusing import ONLY, is_in_a_pass, refusal
from .traced import Traced, TracedGenerator

WHOLE = {scatter, setitem}
"""Operations of the library that stay one line; of the others, what they do with NumPy's functions is written down."""
CAUGHT = "Choose with np.where among results that are computed for all values"


class Recorder:
    """Writes the lines of one program."""

    def __init__(self) -> None:
        self.lines: list[Line] = []
        self.inputs: list[Value] = []
        self.names: dict[Value, str] = {}
        self.bars: list[tuple[Value, Value]] = []  # (cotangent, its primal)
        self.passes = 0
        self.found: list[Any] = []  # the gradients of these passes
        self.outside = place_of_user()  # of the call that is traced
        self.assumptions: list[tuple[Value, bool]] = []
        self.refused: list[TraceError] = []  # to be raised at the end, if somebody caught it
        self.raised: list[TraceError] = []  # the same for errors that depend on values
        self.places: dict[Value, Place | None] = {}
        self.of_rule: list[tuple[FrameType, Place | None]] = []
        self.draws = Draws()
        self.by_user: set[Value] = set()  # results of lines that the user's function wrote, and no rule

    # --- inputs and lines ---------------------------------------------------------------------------------------------

    def input(self, x: Any, name: str | None) -> Any:
        """A traced stand-in for an argument: an array, a number, a Tensor, or a random generator."""
        if isinstance(x, Tensor):
            return Tensor(self.input(x.data, name))
        if isinstance(x, np.random.Generator):
            twin = TracedGenerator(_copied(x.bit_generator))
            twin.recorder, twin.symbol = self, Value((), None, name)
            self.inputs.append(twin.symbol)
            return twin
        symbol = Value(
            np.shape(x), np.asarray(x).dtype, name, isinstance(x, int | float | complex) and not hasattr(x, "dtype")
        )
        self.inputs.append(symbol)
        return Traced(self, x, symbol, given=True)

    def call(self, function: Any, args: Sequence[Any], params: dict[str, Any]) -> Any:
        """Compute a call and write it down; NotImplemented if a Tensor should do that."""
        if self.first_tensor(args, params) is not None:
            return NotImplemented
        op = None
        if type(function) is Op and function not in WHOLE:
            mark = len(self.lines), len(self.assumptions), len(self.refused)
            try:
                return function.function(*args, **params)
            except TraceError:
                if function.kind == "composite":
                    raise
                del self.lines[mark[0] :], self.assumptions[mark[1] :]  # it does what a program cannot: a call, then
                del self.refused[mark[2] :]
                op, function = function, function.function
        params = {
            name: False if name.startswith("overwrite") else value  # arguments stay as they are
            for name, value in params.items()
            if value is not np._NoValue
        }
        values, named = _opened(tuple(args)), _opened(params)
        if function in STATIC:
            return function(*values, **named)
        if (reason := reason_against(function, op, args, params)) is not None:
            raise self.refusal(*reason)
        if "raise" in np.geterr().values():
            raise self.refusal(
                "np.errstate(...='raise') inside the function: a program computes without looking for such errors",
                "Ask afterwards, np.all(np.isfinite(y)); or put np.errstate around the call, with backend='numpy'",
            )
        try:
            with np.errstate(all="ignore"):
                found = function(*values, **named)
        except (ArithmeticError, np.linalg.LinAlgError) as error:  # whoever catches it has seen a value
            self.raised.append(
                refusal(f"{type(error).__name__} was caught, which other values may not raise: {ONLY}", CAUGHT, False)
            )
            raise
        made = self.write(function, args, params, found)
        if is_typed_by_values(function):
            for y in made if isinstance(made, tuple) else [made]:
                if not np.iscomplexobj(y.value):
                    self.assumed(self.write(np.isrealobj, (y,), {}, np.True_), True)
        return made

    def refusal(self, what: str, cure: str) -> TraceError:
        """The error to raise, remembered."""
        self.refused.append(refusal(what, cure, is_in_a_pass(sys._getframe(1))))
        return self.refused[-1]

    def holding(self, array: Any) -> int:
        """How many references to a plain array are the program's own, as a constant of its lines."""
        return sum(x is array for line in self.lines for x in _leaves((line.args, dict(line.params))))

    def traced_in(self, tree: Any) -> list[Traced]:
        """The traced arrays in a tree of arguments."""
        return [x for x in _leaves(tree) if type(x) is Traced]

    def opened(self, tree: Any) -> Any:
        """The tree with the numbers of this run in the places of traced arrays."""
        return _opened(tree)

    def first_tensor(self, args: Any, params: Any) -> Any:
        """The first Tensor among the arguments of a call, or None."""
        for x in (*args, *params.values()) if params else args:  # mostly arrays: without a generator's steps
            kind = type(x)
            if kind is Tensor:
                return x
            if _is_tree(x) and (found := next((y for y in _leaves(x) if type(y) is Tensor), None)) is not None:
                return found
        return None

    def assumed(self, x: Traced, truth: bool) -> bool:
        """A truth that the program depends on: it is computed at every call, and f itself is called if it differs."""
        self.assumptions.append((x.symbol, truth))
        return truth

    def write(self, function: Any, args: Any, params: dict[str, Any], found: Any) -> Any:
        several = isinstance(found, tuple | list)
        values = list(found) if several else [found]
        given = [*args, *params.values()]
        if any(map(_is_tree, given)):
            given = list(_leaves(given))
        own = {id(x.value) for x in given if type(x) is Traced and isinstance(x.value, np.ndarray)}
        values = [v.view() if id(v) in own else v for v in values]  # as np.squeeze has it: at least a view of the other
        if not all(isinstance(v, np.ndarray | np.generic | float | complex) or type(v) is int for v in values):
            name = getattr(function, "__name__", str(function))
            raise self.refusal(
                f"{name} gives Python {type(found).__name__}, and the program would be right for this one only",
                "Use a function that returns an array (np.all(a == b) for np.array_equal)",
            )
        results = tuple(Value(np.shape(v), np.asarray(v).dtype, weak=not hasattr(v, "dtype")) for v in values)
        place = self.of_rule[-1][1] if self.of_rule else place_of_user()
        place = None if place == self.outside else place  # a transform's line is no line of the function
        function = checked(function, values, several)
        self.lines.append(Line(function, _named(tuple(args)), _named(params), results, several, place))
        self.places.update(dict.fromkeys(results, place))
        if not self.of_rule and self.passes == 0:
            self.by_user.update(results)
        made = [Traced(self, v, symbol) for v, symbol in zip(values, results, strict=True)]
        if not several:
            return made[0]
        return type(found)(*made) if hasattr(found, "_fields") else type(found)(made)

    # --- what a witness is told (see modes/anomaly.py) ----------------------------------------------------------------

    def line(self, node: Any) -> None:
        """A line of the record has been written; the program has its own."""

    def begins(self, lines: Any) -> None:
        """A pass begins; what it does comes as calls."""

    def passed(self, lines: Any, roots: Any, found: Any, walk: Any) -> None:
        """A pass has been walked, so results have to be looked at."""
        self.passes += 1
        self.found += [g.data if type(g) is Tensor else g for g in found]

    def expect_finite(self, outputs: Sequence[Any]) -> None:
        """Assume that gradients are finite which the results may hide, as np.where and np.sign of them do."""
        program = Program(tuple(self.inputs), tuple(self.lines), _named(tuple(outputs)), "")
        hidden = untold(program, [g.symbol for g in self.found if isinstance(g, Traced)])
        for g in self.found:
            if isinstance(g, Traced) and g.symbol in hidden:
                hidden.discard(g.symbol)
                self.assumed(np.isfinite(np.sum(g)), True)

    # --- names --------------------------------------------------------------------------------------------------------

    def profile(self, frame: FrameType, event: str, arg: Any) -> None:
        """Watch rules being called, to learn whose cotangents their arguments are."""
        if event == "call":
            code = frame.f_code
            if code.co_argcount > 2 and code.co_varnames[0] == "g" and code.co_varnames[1] in "yz":
                back = frame.f_back
                if back is not None and back.f_code.co_filename.endswith("reverse.py"):
                    g, y = (_symbol(frame.f_locals[name]) for name in code.co_varnames[:2])
                    if g is not None and y is not None:
                        self.bars.append((g, y))
                    self.of_rule.append((frame, self.places.get(y) if y is not None else None))
            elif code is ENTROPY or code is SEEDING:
                self.draws.seeds(frame)
        elif event == "return":
            if self.of_rule and self.of_rule[-1][0] is frame:
                self.of_rule.pop()
            if frame.f_code.co_name == "pullback" and isinstance(found := frame.f_locals.get("found"), dict):
                pairs = [(_symbol(g), _symbol(node.value)) for node, g in found.items()]
                self.bars += [(g, y) for g, y in pairs if g is not None and y is not None]

    def finished(self, outputs: Sequence[Any], name: str) -> Program:
        """The program, with the user's names: targets of assignments, the function's name, and cotangents' primals."""
        names = {v: v.name for v in self.inputs if v.name}
        own = [line for line in self.lines if line.results[0] in self.by_user]
        for line, following in zip(own, [*own[1:], None], strict=False):
            place = line.place
            ends = place and not line.several and (following is None or following.place != place)
            if ends and (target := _target(place)):
                names.setdefault(line.result, target)
        given = {line.results[0]: line.args[0] for line in self.lines if line.operation is np.positive}
        for g, y in self.bars:
            y = given.get(y, y)
            if y in names and g not in names:
                names[g] = f"{names[y]}_bar"
        known = {v: replace(v, name=n) for v, n in names.items()}
        fresh: Callable[[Value], Value] = lambda v: known.get(v, v)
        lines = [
            replace(
                line,
                args=substituted(line.args, known),
                params=substituted(line.params, known),
                results=tuple(map(fresh, line.results)),
            )
            for line in self.lines
        ]
        return Program(
            tuple(map(fresh, self.inputs)), tuple(lines), tuple(substituted(tuple(map(_named, outputs)), known)), name
        )


@contextmanager
def recording_program(recorder: Recorder) -> Iterator[None]:
    """Everything that is done with the recorder's arrays inside the block goes into its program."""
    watched = sys.getprofile() is None  # under a profiler, cotangents go without names
    recorder.draws.begin()
    if watched:
        sys.setprofile(recorder.profile)
    try:
        with witnessing(recorder), strict_ieee(), np.errstate(all="ignore"):
            yield
    except TraceError:
        raise
    except (TypeError, ValueError) as error:
        if recorder.refused:  # NumPy has put an error of its own in its place
            raise recorder.refused[0] from error
        integer = next((v for v in recorder.inputs if v.dtype and v.dtype.kind in "iub" and v.shape == ()), None)
        if integer is None:
            raise
        raise TraceError(
            f"compile: {type(error).__name__}: {error}. The argument {integer.name} is of NumPy's {integer.dtype}, and "
            f"so it is traced.\nWhat to do: If it steers what is done, pass it as a Python int"
        ) from error
    finally:
        if watched:
            sys.setprofile(None)
    if refused := [*recorder.refused, *recorder.raised]:
        raise refused[0]
    recorder.draws.end()


# --- trees ------------------------------------------------------------------------------------------------------------


def _is_tree(x: Any) -> bool:
    kind = type(x)
    return kind is not Traced and kind is not np.ndarray and isinstance(x, tuple | list | dict | slice)


def _leaves(tree: Any) -> Iterator[Any]:
    if isinstance(tree, tuple | list):
        for child in tree:
            yield from _leaves(child)
    elif isinstance(tree, dict):
        yield from _leaves(list(tree.values()))
    elif type(tree) is slice:
        yield from _leaves((tree.start, tree.stop, tree.step))
    else:
        yield tree


def _opened(tree: Any) -> Any:
    """The tree with numbers in the places of traced arrays."""
    return exchanged(tree, _number_of)


def _number_of(x: Any) -> Any:
    kind = type(x)  # not isinstance, which would ask every Traced what it looks like
    if kind is Traced:
        return x.value
    return np.random.Generator(x.bit_generator) if kind is TracedGenerator else x


def _named(tree: Any) -> Any:
    """The tree with Values in the places of traced arrays."""

    def symbol(x: Any) -> Any:
        kind = type(x)
        return x.symbol if kind is Traced or kind is TracedGenerator else symbol(x.data) if kind is Tensor else x

    return exchanged(tree, symbol)


def _symbol(x: Any) -> Value | None:
    x = x.data if type(x) is Tensor else x
    return x.symbol if type(x) is Traced else None


def _copied(bits: Any) -> Any:
    twin = type(bits)()
    twin.state = bits.state
    return twin


def _target(place: Any) -> str | None:
    """The name that the user's line gives its value: of ``z = x @ w`` z; of a return, the function's."""
    try:
        (statement,) = ast.parse(place.text).body
    except (SyntaxError, ValueError):
        return None
    if place.function == "<lambda>":  # what the line assigns is the function
        return None
    if isinstance(statement, ast.Return):
        return place.function if place.function.isidentifier() else None
    target = statement.targets[0] if isinstance(statement, ast.Assign) else getattr(statement, "target", None)
    return target.id if isinstance(target, ast.Name) else None
