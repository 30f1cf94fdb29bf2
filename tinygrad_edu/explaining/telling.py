"""From the record and a watched pass to lines and steps: each rule is run once more, on arrays that write it down."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from operator import getitem
from typing import Any

import numpy as np

from ..calls import SEQUENCES
from ..graph import ALIAS, RULES, SELECT, Node, Op, Shadow
from .recording import Recording, identifiers, shape_of
from .steps import Line, Step
from .walking import Event, observed_pass
from .written import Script, Written, plain


class Telling:
    """Turns the record and the events of a pass into lines and steps."""

    def __init__(self, recording: Recording, script: Script) -> None:
        self.recording, self.script = recording, script
        self.identifiers = identifiers(recording.names.values())
        self.public = {op: function for function, op in reversed(RULES.items())}
        for array, name in recording.constants:
            script.name(array, name)
        self.lines = {node: self._line(node) for node in recording.lines}

    def variable(self, node: Node, gradient: bool = False) -> ast.Name:
        """The name of a value, or of its gradient."""
        return ast.Name(self.identifiers[self.recording.names[node]] + ("_bar" if gradient else ""))

    def _line(self, node: Node) -> Line:
        named = self.recording.names
        inputs = tuple(named[p] for p in node.parents if p is not None and p in named)
        return Line(named[node], self._code(node), node.value, inputs, self.recording.places.get(node), node)

    def _code(self, node: Node) -> ast.expr:
        """A line as people write it: the public function, its arrays and its parameters."""
        op: Op = node.op  # type: ignore[assignment]
        params = dict(node.params)
        if op is SELECT:
            return ast.Subscript(self.variable(node.parents[0]), ast.Constant(params["index"]))
        args = [self._argument(node, i) for i in range(len(node.args))]
        if op is ALIAS:
            return self.script.code(args[0])
        if op.name == "einsum" and "subscripts" in params:
            args.insert(0, params.pop("subscripts"))
        if op not in self.public or self.public[op].__name__ == "<lambda>":
            return self.script.call(op, args, params, tidy=False)
        return self.script.call(*self._call(node, self.public[op], args, params), tidy=False)

    def _call(self, node: Node, function: Any, args: list[Any], params: dict[str, Any]) -> tuple[Any, list[Any], Any]:
        """The public function with its arguments as it takes them: some want their arrays in one sequence."""
        op: Op = node.op  # type: ignore[assignment]
        if function is getitem or (op.direct and isinstance(op.vjps, tuple) and len(args) == op.arity):
            return function, args, params
        for call in (function, args), (function, [tuple(args)]):
            try:
                found = call[0](*plain(call[1]), **plain(params))
            except Exception:
                continue
            if _is_same(found, node.value):
                return *call, params
        return op, [x for x in args if not isinstance(x, str)], dict(node.params)

    def _argument(self, node: Node, i: int) -> Any:
        """An argument as the rules get it, but with its name: numbers that are constants stay numbers."""
        parent, x = node.parents[i], node.args[i]
        if parent is not None and parent in self.recording.names:
            if isinstance(x, list | tuple):
                name = self.variable(parent)
                return [Written(v, ast.Subscript(name, ast.Constant(k)), self.script) for k, v in enumerate(x)]
            return Written(x, self.variable(parent), self.script)
        if isinstance(x, np.ndarray) or (parent is not None):
            return Written(x, self.script.code(x), self.script)
        return x

    def _result(self, node: Node) -> Any:
        name, y = self.variable(node), node.value
        if isinstance(y, SEQUENCES):
            return [Written(v, ast.Subscript(name, ast.Constant(k)), self.script) for k, v in enumerate(y)]
        return Written(y, name, self.script)

    def steps(self, events: Sequence[Event]) -> Iterator[Step]:
        """The steps that a pass consists of."""
        total: dict[Node, int] = {}
        for event in events:
            total[event.parent] = total.get(event.parent, 0) + 1
        seen: dict[Node, int] = {}
        outputs: dict[Node, list[Any]] = {}
        for event in events:
            seen[event.parent] = seen.get(event.parent, 0) + 1
            arrival = seen[event.parent], total[event.parent]
            if event.node.op is SELECT:
                slots = outputs.setdefault(event.parent, [None] * len(event.parent.value))
                yield self._selection(event, slots, *arrival)
            else:
                yield from self._steps_of(event, *arrival)

    def _selection(self, event: Event, slots: list[Any], arrival: int, arrivals: int) -> Step:
        """One output of several sends its gradient to its place; outputs that nobody uses get zeros at the end."""
        node, names, k = event.node, self.recording.names, event.node.params["index"]
        slots[k] = event.contribution if slots[k] is None else slots[k] + event.contribution
        if arrival == arrivals:
            slots[:] = [np.zeros_like(v) if g is None else g for g, v in zip(slots, event.parent.value, strict=True)]
        words = f"{names[node]} is output {k} of {names[event.parent]}"
        return Step(node, self.lines[node], event.slot, names[node], names[event.parent],
                    self.variable(event.parent, gradient=True).id, "select", self.variable(node, gradient=True), None,
                    None, event.incoming, event.contribution, list(slots), arrival, arrivals, words,
                    self.lines[node].place)  # fmt: skip

    def _steps_of(self, event: Event, arrival: int, arrivals: int) -> Iterator[Step]:
        node, i = event.node, event.slot
        line, names = self.lines[node], self.recording.names
        x = node.args[i]
        bar = self.variable(event.parent, gradient=True).id

        def step(gradient, kind, rule, local_rule, local, incoming, contribution, running, words):
            return Step(node, line, i, names[node], names[event.parent], gradient, kind, rule, local_rule, local,
                        incoming, contribution, running, arrival, arrivals, words, line.place)  # fmt: skip

        try:
            raw = self.applied(node, i, event.incoming)
        except Exception:  # the rule speaks to arrays only (a user's own, or a walk of its own): it stays closed
            raw = self._closed(node, i, event)
        local_rule, local = self.local(node, i)
        told = raw if type(raw) is Written else Written(event.contribution, self.script.code(raw), self.script)
        shape = shape_of(x)
        stretched = shape_of(told.data) != shape
        real = np.iscomplexobj(told.data) and not np.iscomplexobj(x)
        if not stretched and not real:
            words = self._moved(node, i)
            yield step(bar, "rule", told.code, local_rule, local, event.incoming, event.contribution, event.running,
                       words)  # fmt: skip
            return
        partly = f"{bar[:-4]}_{'stretched' if stretched else 'complex'}_bar"
        yield step(partly, "partial", told.code, local_rule, local, event.incoming, told.data, None, "")
        code: ast.expr = ast.Name(partly)
        words = ""
        if stretched:
            code, words = self._sum_to(code, shape_of(told.data), shape, names[event.parent])
        if real:
            code = ast.Call(self.script.function(np.real), [code], [])
            words += ("; " if words else "") + f"{names[event.parent]} is real: its gradient is the real part"
        kind = "broadcast" if stretched else "real"
        yield step(bar, kind, code, None, None, told.data, event.contribution, event.running, words)

    def _moved(self, node: Node, i: int) -> str:
        """What a step of reading or of assigning does, in words."""
        op: Op = node.op  # type: ignore[assignment]
        if self.public.get(op) is not getitem and op.name != "setitem":
            return ""
        place = self._place(node)
        bar = self.variable(node, gradient=True).id
        if self.public.get(op) is getitem:
            return f"{bar} at {place}, where it was read; zeros elsewhere"
        return "" if i else f"{bar} with zeros at {place}, where something else was written"

    def _place(self, node: Node) -> str:
        """What stands between brackets, if it can be read."""
        index = node.params.get("index", ...)
        text = ast.unparse(ast.Subscript(ast.Name("x"), self.script.index(index)))[1:]
        return text if len(text) <= 40 and "(" not in text and index is not ... else "the places"

    def _sum_to(self, code: ast.expr, given: tuple, wanted: tuple, name: str) -> tuple[ast.expr, str]:
        """The sum over the axes that broadcasting added or stretched, as code and in words."""
        extra = len(given) - len(wanted)
        axes = [*range(extra), *(a + extra for a, n in enumerate(wanted) if n == 1 and given[a + extra] != 1)]
        times = int(np.prod([given[a] for a in axes]))
        every = len(axes) == len(given)
        axis = [] if every else [ast.keyword("axis", self.script.code(axes[0] if len(axes) == 1 else tuple(axes)))]
        kept = not extra  # the axes were there, and stay with length 1
        axis += [ast.keyword("keepdims", ast.Constant(True))] * kept
        code = ast.Call(ast.parse("np.sum", mode="eval").body, [code], axis)
        if not kept and tuple(n for a, n in enumerate(given) if a not in axes) != tuple(wanted):
            code = ast.Call(ast.parse("np.reshape", mode="eval").body, [code, self.script.code(tuple(wanted))], [])
        where = "all axes" if every else f"axis {axes[0]}" if len(axes) == 1 else f"axes {tuple(axes)}"
        return code, f"{name} was used {times} times: sum over {where}"

    def applied(self, node: Node, i: int, g: Any, code: ast.expr | None = None) -> Any:
        """The rule for argument i, on arrays that write down what it does with the cotangent g."""
        op: Op = node.op  # type: ignore[assignment]
        name = code or self.variable(node, gradient=True)
        args, y = [self._argument(node, k) for k in range(len(node.args))], self._result(node)
        if isinstance(g, list):
            zero = [np.zeros_like(v) if slot is None else slot for slot, v in zip(g, node.value, strict=True)]
            cotangent: Any = [Written(v, ast.Subscript(name, ast.Constant(k)), self.script) for k, v in enumerate(zero)]
        else:
            cotangent = Written(g, name, self.script)
        with np.errstate(all="ignore"):
            if callable(op.vjps):
                return list(op.vjps(cotangent, y, *args, **node.params))[i]
            return op.vjps[i](cotangent, y, *args, **node.params)

    def _closed(self, node: Node, i: int, event: Event) -> Written:
        name = f"pull_{node.op.name}"  # type: ignore[union-attr]
        call = ast.Call(self.script.constant(_Pull(node, i), name), [self.variable(node, gradient=True)], [])
        return Written(event.contribution, call, self.script)

    def local(self, node: Node, i: int) -> tuple[ast.expr | None, Any]:
        """The local derivative of a line that goes by elements: its rule, applied to 1."""
        op = node.op
        if op is None or (op.kind != "elementwise" and shape_of(node.value) != ()):
            return None, None
        if isinstance(node.value, SEQUENCES):
            return None, None
        try:
            found = self.applied(node, i, np.ones_like(node.value)[()], ast.Constant(1))
        except Exception:  # it stays closed, as above
            return None, None
        return (found.code, found.data) if type(found) is Written else (self.script.code(found), found)


def _is_same(found: Any, value: Any) -> bool:
    """True for results that look alike: the numbers of a call that is written down are those of the record."""
    if isinstance(value, SEQUENCES):
        return isinstance(found, SEQUENCES) and all(map(_is_same, found, value)) and len(found) == len(value)
    if isinstance(value, Shadow):
        return shape_of(found) == value.shape
    return shape_of(found) == shape_of(value) and np.allclose(found, value, equal_nan=True)


class _Pull:
    """What a line sends back to one argument, as the engine computes it: for rules that cannot be written out."""

    def __init__(self, node: Node, i: int) -> None:
        self.node, self.i = node, i

    def __call__(self, g: Any) -> Any:
        parents = list(dict.fromkeys(p for p in self.node.parents if p is not None))
        events, _ = observed_pass(self.node, g, parents)
        return next(e.contribution for e in events if e.slot == self.i)
