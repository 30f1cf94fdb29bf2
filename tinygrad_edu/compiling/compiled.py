"""`compile`: a function that is traced once for each signature, and is a program afterwards."""

from __future__ import annotations

import inspect
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from functools import update_wrapper
from math import isfinite
from types import MethodType
from typing import Any
from weakref import ref

import numpy as np

from ..errors import TraceError
from ..trees import flatten
from .backends import BACKENDS, Build
from .captures import Captures, refuse_hidden
from .emit_numbers import emit_numbers
from .finite import is_finite, watched
from .passes import improved
from .program import Program
from .refusing import RuleTraceError
from .signatures import NotPlain, builder, is_count, is_input, mortals, named_leaves, signed, tree_text
from .trace import Recorder, recording_program
from .traced import Traced

Function = Callable[..., Any]
_Array, _NUMBERS = np.ndarray, (np.float64, np.float32)
SHORT = 24
"""Lines of a program of numbers up to which Python is faster than the call of a function in C."""
MOST = 64
"""Traces that a compiled function keeps."""
INPUTS, CONSTANTS = 4, -1
"""After so many different integers they are inputs of the program; a number that says that they cannot be."""
FEW = 24
"""Things to compare up to which a call of floats does so in a line, and not in a loop."""


def compile(
    f: Function | None = None,
    backend: str = "numpy",
    *,
    threads: int | None = None,
    constant: Sequence[Any] = (),
    fallback: bool = False,
    fast_math: bool = False,
) -> Any:
    """The function as a program: traced at its first call, straight-line code at the next ones.

    Parameters
    ----------
    f : callable
        A function of arrays, written in NumPy, or any transform of one: ``tg.value_and_grad(loss)``. Left out, the
        result is a decorator.
    backend : {"numpy", "c", "auto"}
        What the program is written in. With "c", what goes by elements is compiled by the system's C compiler while
        the first calls run in NumPy; without a compiler, "c" warns once, and both it and "auto" stay with NumPy.
    threads : int, optional
        On how many threads large kernels run; by default as many as there are processors.
    constant : sequence of str or array
        Arrays that f closes over (or their names) and that will never change. Others are read anew at every call.
    fallback : bool
        Call f itself where it cannot be traced, instead of raising.
    fast_math : bool
        Let the C compiler treat numbers as if they were exact and finite: NaN, infinity and the order of sums may come
        out otherwise than in NumPy. The NumPy backend takes no notice of it.

    Returns
    -------
    Compiled
        Called like f. Arrays, floats and random generators among the arguments may take other values at every call;
        other shapes, dtypes, or Python integers, flags and strings are traced anew. Its results are plain arrays, also
        where an argument of f was a view of another; no argument is ever modified.

    Raises
    ------
    TraceError
        At the first call, if f looks at values: branches on them, converts them, or makes shapes of them; or if it
        changes what it closes over, which is put back.

    Notes
    -----
    A gradient that is not finite is computed again by f itself, which knows where zero met infinity.

    >>> import numpy as np, tinygrad_edu as tg
    >>> slope = tg.compile(tg.grad(lambda x: np.exp(2 * x) * np.sin(x)))
    >>> print(f"{slope(0.5):.4f}")
    4.9919
    >>> print(slope.source)
    \"\"\"f, compiled to NumPy.\"\"\"
    ...
    """
    if f is None:
        return lambda f: compile(f, backend, threads=threads, constant=constant, fallback=fallback, fast_math=fast_math)
    if not callable(f):
        raise TraceError(f"compile: {type(f).__name__} is no function. Expected the function itself: compile(f)(x)")
    if backend not in BACKENDS:
        raise TraceError(f"compile: backend={backend!r}. Expected one of {', '.join(map(repr, BACKENDS))}")
    kind = type("Compiled", (Compiled,), {})  # a class of its own, for a `__call__` of its own
    made: Compiled = kind(f, backend, threads or os.cpu_count() or 1, tuple(constant), fallback, fast_math)
    return made


class Compiled:
    """A compiled function; see `compile`.

    Attributes
    ----------
    function : callable
        What it was made of.
    source : str
        The program that the last call ran, as text.
    """

    is_compiled = True

    def __init__(
        self, f: Function, backend: str, threads: int, constant: tuple[Any, ...], fallback: bool, fast: bool = False
    ) -> None:
        self.function, self.backend, self.threads = f, backend, threads
        self.constant, self.fallback, self.fast = constant, fallback, fast
        self.traces: dict[Any, list[Trace]] = {}
        self.changes: dict[Any, int] = {}  # of signatures with integers: how often these were new
        self.settled: dict[Any, Trace] = {}  # of functions that close over nothing
        self.latest: Trace | None = None
        self.clock = 0
        """How many traces there have been: a trace that is used takes it for its time."""
        update_wrapper(self, f, updated=())

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        key: Any = []  # the usual arguments first, without a call for each: a third of the overhead
        inputs: Any = args
        for x in args:
            kind = type(x)
            if kind is float:
                key.append(kind)
            elif kind is _Array:
                key.append((x.dtype, x.shape))
            else:
                key = None
                break
        if key is None or kwargs:
            try:
                key, inputs = self._signature(args, kwargs)
            except NotPlain:  # differentiated from outside, or part of another program
                return self.function(*args, **kwargs)
        key = tuple(key)
        trace = self.settled.get(key)
        if trace is None:
            try:
                trace, captured = self._trace_for(key, args, kwargs)
            except Exception as error:
                if self.changes.get(key) == INPUTS:  # which f cannot be traced with
                    self.changes[key] = CONSTANTS
                    return self.slow(*args, **kwargs)
                if isinstance(error, TraceError) and (self.fallback or type(error) is RuleTraceError):
                    return self.function(*args, **kwargs)
                raise
            inputs = (*inputs, *captured)
        self.latest = trace
        trace.used = self.clock
        del key  # a kilobyte, for a dozen of arrays
        for i in trace.telling:  # before the program runs: what it will read is then in the cache
            if not is_finite(inputs[i]):
                return self.function(*args, **kwargs)
        before = [inputs[i].bit_generator.state for i in trace.drawn] if trace.drawn else ()
        try:
            results = trace.made.run(*inputs)
        except (ArithmeticError, np.linalg.LinAlgError):  # f may catch it
            return self._again(trace, inputs, before, args, kwargs)
        if trace.truths:
            n = len(results) - len(trace.truths)
            if [bool(truth) for truth in results[n:]] != trace.truths:
                return self._again(trace, inputs, before, args, kwargs)
            results = results[:n]
        for i in trace.watched:
            y = results[i]
            if not (isfinite(y) if type(y) in _NUMBERS else is_finite(y)):
                return self._again(trace, inputs, before, args, kwargs)
        return trace.build(results)

    def _signature(self, args: tuple, kwargs: dict[str, Any]) -> tuple[tuple[Any, ...], list[Any]]:
        """What decides which program runs, and its inputs; among them integers that seem to count steps."""
        wide, inputs = _signed(args, kwargs, counting=True)
        if int not in map(type, inputs):
            return wide, inputs
        if self.changes.get(wide, 0) < INPUTS:
            key, others = _signed(args, kwargs)
            if key in self.traces or self.changes.get(wide) == CONSTANTS:
                return key, others
            self.changes[wide] = self.changes.get(wide, 0) + 1
            if self.changes[wide] < INPUTS:
                return key, others
        return wide, inputs

    slow = __call__
    """The call of any arguments; the class of one function may have a faster `__call__` for floats."""

    def _again(self, trace: Trace, inputs: Any, before: Sequence[Any], args: tuple, kwargs: dict[str, Any]) -> Any:
        """What f itself says, of the same random numbers: generators are put back to where they were."""
        for i, state in zip(trace.drawn, before, strict=True):
            inputs[i].bit_generator.state = state
        return self.function(*args, **kwargs)

    def _trace_for(self, key: Any, args: tuple, kwargs: dict[str, Any]) -> tuple[Trace, list[Any]]:
        """A trace that still fits what the function closes over, and that; a new one, if there is none."""
        known = self.traces.setdefault(key, [])
        for trace in known:
            captured = trace.captures.current()
            if captured is not None:
                return trace, captured
        counting = self.changes.get(key) == INPUTS
        trace = Trace(
            self.function, args, kwargs, self.constant, self.backend, self.threads, self.fast, counting=counting
        )
        if not (trace.captures.arrays or trace.captures.guards):
            self.settled[key] = trace
        if trace.caller is not None and key == (float,) * len(args):
            type(self).__call__ = trace.caller  # type: ignore[method-assign]
        known.insert(0, trace)
        self._forget_the_oldest(trace)
        this = ref(self)
        gone = lambda _: None if (alive := this()) is None else alive._forget(key)
        trace.mortals = [ref(x, gone) for mortal in mortals(key) if (x := mortal()) is not None]
        captured = trace.captures.current()
        if captured is None:
            raise RuleTraceError("compile: what the function closes over has changed while it was traced")
        return trace, captured

    def _forget_the_oldest(self, new: Trace) -> None:
        """Drop the traces that were not used for the longest time, beyond `MOST`."""
        self.clock += 1
        new.used = self.clock
        for _ in range(sum(map(len, self.traces.values())) - MOST):
            key, oldest = min(((k, t) for k, ts in [*self.traces.items()] for t in ts), key=lambda pair: pair[1].used)
            self.traces[key].remove(oldest)
            self.settled.pop(key, None)
            if not self.traces[key]:
                del self.traces[key]

    def _forget(self, key: Any) -> None:
        """An argument has died, and no call can have this signature again."""
        self.settled.pop(key, None)
        for trace in self.traces.pop(key, ()):
            trace.captures.arrays, trace.captures.guards = [], []

    def __get__(self, owner: Any, kind: type | None = None) -> Any:
        """As a method: the object is an argument like any other, and its arrays are read anew at every call."""
        return self if owner is None else MethodType(self, owner)

    def lower(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """The intermediate forms for these arguments: "traced", "improved", "fused for numpy" and the text "numpy".

        >>> import numpy as np, tinygrad_edu as tg
        >>> print(tg.compile(lambda x: np.sin(x) * 1).lower(0.5)["improved"])
        f(x: float64[]):
            t1 = sin(x)  float64[]  # ...
            return t1
        """
        trace = Trace(self.function, args, kwargs, self.constant, self.backend, self.threads, self.fast)
        forms: dict[str, Any] = {"traced": trace.program, "improved": trace.improved}
        for language, module in trace.made.modules.items():
            forms |= {f"fused for {language}": trace.made.fused[language], language: module.source}
        return forms

    def wait(self) -> Compiled:
        """Until all programs that the C compiler is at work on are ready; returns the function."""
        for trace in [trace for known in self.traces.values() for trace in known]:
            trace.made.wait()
        return self

    @property
    def source(self) -> str:
        """The text of the program that the last call ran."""
        return self._last().source + ("" if self.latest is None else self.latest.numbers_source)

    @property
    def given(self) -> dict[str, Any]:
        """What NumPy does not have and the text needs, by name: operations of yours, and long constants.

        >>> import numpy as np, tinygrad_edu as tg
        >>> slope = tg.compile(tg.grad(lambda x: np.sum(np.sin(x))))
        >>> expected, space = slope(np.zeros(3)), dict(slope.given)
        >>> exec(slope.source, space)
        >>> space["f"](np.zeros(3))
        (array([1., 1., 1.]),)
        """
        return dict(self._last().modules["numpy"].given)

    @property
    def source_c(self) -> str:
        """The part of it that is in C."""
        module = self._last().modules.get("c")
        return "" if module is None else module.c.source

    def _last(self) -> Build:
        if self.latest is None:
            raise TraceError(
                "compile: no source yet: the shapes come with the first call. Call it, or use .lower(*args)"
            )
        return self.latest.made


class Trace:
    """One trace of a function: its program in all its forms, what it closes over, and how results are put together."""

    def __init__(
        self,
        f: Function,
        args: tuple,
        kwargs: dict[str, Any],
        constant: tuple[Any, ...],
        backend: str,
        threads: int,
        fast: bool = False,
        careful: bool = True,
        counting: bool = False,
    ) -> None:
        recorder, is_given = Recorder(), lambda x: is_input(x) or (counting and is_count(x))
        leaves, rebuild = flatten((args, kwargs))
        names = [name for name, _ in _named(f, args, kwargs)]
        given = [recorder.input(x, name) if is_given(x) else x for x, name in zip(leaves, names, strict=True)]
        self.captures = Captures(recorder.input, constant)
        self.captures.survey([f, *(x for x in leaves if not is_given(x))])
        given = [
            x if is_given(y) else self.captures.lifted(x, path=name)
            for x, y, name in zip(given, leaves, names, strict=True)
        ]
        lifted = self.captures.lifted(f)
        stand_args, stand_kwargs = rebuild(given)
        self.captures.keep_arguments([*stand_args, *stand_kwargs.values()])
        with self.captures.undisturbed(), recording_program(recorder):
            result = lifted(*stand_args, **stand_kwargs)
            if careful:
                recorder.expect_finite(flatten(result)[0])
        outputs, _ = flatten(result)
        refuse_hidden(outputs, Traced)
        self.build = builder(result)
        tree = tree_text(result, [f"<{i}>" for i in range(len(outputs))])
        name = getattr(f, "__name__", "f")
        checks = [Traced(recorder, None, v) for v, _ in recorder.assumptions]
        self.truths = [truth for _, truth in recorder.assumptions]
        whole = recorder.finished([*outputs, *checks], name if name.isidentifier() else "f")
        del result, stand_args, stand_kwargs, given, lifted, outputs
        recorder.lines.clear()
        whole = self.captures.with_foreign_arrays(whole)
        self.program: Program = self._without_idle_captures(whole)
        self.looks = recorder.passes > 0  # a pass was walked: results that are not finite are looked at again
        self.used, self.mortals = 0, list[Any]()
        self.drawn = tuple(i for i, v in enumerate(self.program.inputs) if v.dtype is None)  # random generators
        self.caller: Any = None
        self.numbers_source = ""
        self.improved = improved(self.program, looked_at=self.looks)
        self.watched, self.telling = watched(self.improved) if self.looks else ((), ())
        self.made = Build(self.improved, backend, threads, silent=self.looks, fast=fast)
        numbers = None if self.truths else emit_numbers(self.improved, self.made.modules["numpy"].name)
        guards = self.captures.guards
        few = len(guards) <= FEW and not self.captures.arrays
        if few and numbers is not None and (backend == "numpy" or len(self.improved.lines) <= SHORT):
            weak = [y.weak for y in self.improved.outputs]
            self.caller = numbers.caller(tree, weak, self.looks, self, guards, _parameters(f))
            self.numbers_source = numbers.source

    def _without_idle_captures(self, program: Program) -> Program:
        """The program without the inputs that f could reach, but did not read."""
        read, arrays = program.users, self.captures.arrays
        n = len(program.inputs) - len(arrays)
        used = [v in read for v in program.inputs[n:]]
        self.captures.arrays = [slot for slot, on in zip(arrays, used, strict=True) if on]
        kept = [v for v, on in zip(program.inputs[n:], used, strict=True) if on]
        return replace(program, inputs=(*program.inputs[:n], *kept))


def _signed(args: tuple, kwargs: dict[str, Any], counting: bool = False) -> tuple[tuple[Any, ...], list[Any]]:
    inputs: list[Any] = []
    key = [signed(x, inputs, counting) for x in args]
    if kwargs:
        key += [tuple(kwargs), *[signed(x, inputs, counting) for x in kwargs.values()]]
    return tuple(key), inputs


def _parameters(f: Function) -> list[inspect.Parameter]:
    try:
        return list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        return []


def _named(f: Function, args: tuple, kwargs: dict[str, Any]) -> list[tuple[str, Any]]:
    """The leaves of a call with names from the function's signature."""
    known = [p.name for p in _parameters(f) if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    names = [*known[: len(args)], *(f"x{i}" for i in range(len(known), len(args)))]
    pairs = [*zip(names, args, strict=True), *kwargs.items()]
    return [leaf for name, tree in pairs for leaf in named_leaves(name, tree)]
