"""A run of the user's function with everything kept: every array, every place in the program, every name.

The record forgets large arrays that no rule reads, and it never knew what the user called a value. A `Scribe` stands
beside it while the function runs once more: it keeps the arrays of each line as it is written, the line of the program
that it comes from, and what the local variables that hold it are called.
"""

from __future__ import annotations

import ast
import inspect
import keyword
import sys
import unicodedata
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from types import FrameType
from typing import Any

import numpy as np

from ..errors import GradientError, TinygradError
from ..graph import SELECT, Node, history
from ..modes.anomaly import witnessed
from ..places import Place, place_of_user
from ..runs import Run, refuse_uncallable
from ..tensor import Tensor
from ..trees import flatten
from .written import fresh


@dataclass
class Recording:
    """What was computed, from what, where, and under which names.

    Attributes
    ----------
    title : str
        What is explained.
    sources : list of Node
        What it is differentiated with respect to.
    root : Node
        The result.
    lines : list of Node
        All lines that lead from the sources to the result, oldest first.
    names : dict of Node to str
        A name for every line and source, no two alike.
    places : dict of Node to Place or None
        Where in the program a line was written.
    constants : list of (array, str)
        What the program calls arrays that it does not differentiate.
    """

    title: str
    sources: list[Node]
    root: Node
    lines: list[Node] = field(default_factory=list)
    names: dict[Node, str] = field(default_factory=dict)
    places: dict[Node, Place | None] = field(default_factory=dict)
    constants: list[tuple[Any, str]] = field(default_factory=list)


class Scribe:
    """The witness of one run: keeps what the record would forget."""

    def __init__(self) -> None:
        self.kept: dict[Node, tuple[tuple, Any]] = {}
        self.places: dict[Node, Place | None] = {}
        self.names: dict[Node, str] = {}
        self.constants: dict[int, tuple[Any, str]] = {}
        self.bottom = sys._getframe(2)

    def line(self, node: Node) -> None:
        """A line has been written; the record forgets a part of it next."""
        self.kept[node] = node.args, node.value
        frames = _frames_above(self.bottom)
        self.places[node] = place_of_user() if frames else None
        for frame in frames:
            everywhere = frame.f_globals
            self.look_at({**frame.f_locals, **{n: everywhere[n] for n in frame.f_code.co_names if n in everywhere}})

    def look_at(self, variables: Mapping[str, Any]) -> None:
        """Note the names of Tensors; who was named first keeps the name."""
        for name, value in list(variables.items()):
            if type(value) is Tensor and value.node is not None and not name.startswith("_"):
                self.names.setdefault(value.node, name)
            elif type(value) is np.ndarray:
                self.constants.setdefault(id(value), (value, name))

    def begins(self, lines: Any) -> None:
        """A pass begins: nothing to do."""

    def passed(self, *args: Any) -> None:
        """A pass inside of the function is none of our business."""

    def restore(self) -> None:
        """Give the lines of the record back what it has forgotten."""
        for node, (args, value) in self.kept.items():
            node.args, node.value = args, value


def _frames_above(bottom: FrameType) -> list[FrameType]:
    """The frames that the function's run consists of, outermost first."""
    frames = []
    frame = sys._getframe(2)
    while frame is not None and frame is not bottom:
        frames.append(frame)
        frame = frame.f_back  # type: ignore[assignment]
    inner = [f for f in frames if "tinygrad_edu" not in f.f_globals.get("__name__", "").split(".")]
    return inner[::-1]


def record_run(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> Recording:
    """Run a function once on fresh sources: every argument that is a number or an array of floats is one."""
    refuse_uncallable("explain", f)
    given = bound_arguments(f, args, kwargs)
    chosen = {name: value for name, value in given.items() if _has_floats(value)}
    if not chosen:
        raise GradientError(
            "explain: there is no argument to differentiate with respect to. Expected numbers or arrays of floats: "
            "explain(f, x=0.0)"
        )

    def call(*values: Any) -> Any:
        full = {**given, **dict(zip(chosen, values, strict=True))}
        n = len(args)
        return f(*list(full.values())[:n], **dict(list(full.items())[n:]))

    whole = [name for name, value in chosen.items() if isinstance(value, int)]
    try:
        run, scribe = _watched(call, chosen)
    except (TinygradError, TypeError, IndexError):
        if not whole or len(whole) == len(chosen):
            raise
        for name in whole:  # an index, or how often to repeat: no variable
            del chosen[name]
        run, scribe = _watched(call, chosen)
    if len(run.nodes) != 1:
        raise GradientError(f"explain: the function returned {len(run.nodes)} results. Expected one number or array")
    root = run.nodes[0]
    if root is None:
        raise GradientError("explain: the result does not depend on the arguments: every derivative is 0")
    names = _paths_of(chosen)
    known = dict(zip(run.sources, names, strict=True))
    known.update({node: name for node, name in scribe.names.items() if node not in known})
    recording = _finished(f"{_name_of(f)}({', '.join(given)})", run.sources, root, known, scribe.places, _name_of(f))
    recording.constants = list(scribe.constants.values())
    return recording


def _watched(call: Callable[..., Any], chosen: Mapping[str, Any]) -> tuple[Run, Scribe]:
    scribe = Scribe()
    with witnessed(scribe):
        run = Run("explain", call, list(chosen.values()))
    scribe.restore()
    return run, scribe


def record_of(tensor: Tensor, variables: Mapping[str, Any]) -> Recording:
    """What is there already: the record that leads to a Tensor, named by the caller's variables."""
    if tensor.node is None:
        raise GradientError(
            "explain: this Tensor depends on nothing that requires a gradient. Make its inputs with "
            "Tensor(data, requires_grad=True), or explain the function: explain(f, x=0.0)"
        )
    _, wanted, _ = history([tensor.node])
    sources = sorted((n for n in wanted if n.op is None), key=lambda n: n.serial)
    names: dict[Node, str] = {}
    for node in wanted:
        held = node.watcher() if node.watcher is not None else None
        if held is not None and held.name:
            names[node] = held.name
    if tensor.name:
        names[tensor.node] = tensor.name
    for name, value in variables.items():
        if type(value) is Tensor and value.node in wanted and value.node is not None:
            names.setdefault(value.node, name)
    title = names.get(tensor.node, "the result")
    recording = _finished(title, sources, tensor.node, names, {}, "y")
    recording.constants = [(x, name) for name, x in variables.items() if type(x) is np.ndarray]
    return recording


def bound_arguments(f: Callable[..., Any], args: Sequence[Any], kwargs: Mapping[str, Any]) -> dict[str, Any]:
    """The arguments of a call by the names of the function's parameters."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):  # a function of C, such as np.sin in older versions
        parameters = []
    single = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    rest = next((p.name for p in parameters if p.kind is p.VAR_POSITIONAL), "x")
    names = [single[i] if i < len(single) else f"{rest}{i - len(single)}" for i in range(len(args))]
    return {**dict(zip(names, args, strict=True)), **kwargs}


def _has_floats(value: Any) -> bool:
    """True for what is differentiated: trees whose leaves are all numbers, or arrays of floats."""
    found = flatten(value)[0]
    return bool(found) and all(
        (isinstance(x, int | float | complex) and not isinstance(x, bool))
        or getattr(getattr(x, "dtype", None), "kind", "") in ("f", "c")
        for x in found
    )


def _paths_of(chosen: Mapping[str, Any]) -> list[str]:
    """A name for every leaf of the arguments: x, W, layer_0_W."""
    names: list[str] = []
    for name, tree in chosen.items():
        numbered, _ = flatten(tree)
        given = [x.name if isinstance(x, Tensor) else None for x in numbered]
        rebuilt = _keys(tree, name) if len(numbered) > 1 or isinstance(tree, dict | list | tuple) else [name]
        short = [path.rpartition(".")[2] for path in rebuilt]
        unique = len(set(short)) == len(short) and all(s.isidentifier() for s in short)
        paths = short if unique and isinstance(tree, dict) else [path.replace(".", "_") for path in rebuilt]
        names += [own or path for own, path in zip(given, paths, strict=True)]
    taken: list[str] = []
    for name in names:
        taken.append(fresh(name, taken))
    return taken


def _keys(tree: Any, path: str) -> list[str]:
    if isinstance(tree, dict):
        return [leaf for key, child in tree.items() for leaf in _keys(child, f"{path}.{key}")]
    if isinstance(tree, list | tuple):
        keys = getattr(tree, "_fields", range(len(tree)))
        return [leaf for key, child in zip(keys, tree, strict=True) for leaf in _keys(child, f"{path}.{key}")]
    return [] if tree is None else [path]


def _name_of(f: Callable[..., Any]) -> str:
    name = getattr(f, "__name__", "f")
    return name if name.isidentifier() else "f"


def _finished(
    title: str, sources: list[Node], root: Node, known: dict[Node, str], places: dict[Node, Place | None], last: str
) -> Recording:
    lines, wanted, _ = history([root], sources)
    lines = [node for node in lines[::-1] if node in wanted]
    split = {node.parents[0] for node in lines if node.op is SELECT}  # what is assigned is one of their outputs
    for place in dict.fromkeys(p for p in map(places.get, lines) if p is not None):
        target = _assigned(place)
        newest = [node for node in lines if places.get(node) == place][-1]
        if target and newest not in known and newest not in split and newest.op is not SELECT:
            known[newest] = target
    known.setdefault(root, last)
    for node in sources:
        known.setdefault(node, "x")
    names: dict[Node, str] = {}
    taken: set[str] = set()
    for node in [*sources, *lines]:  # the names that people gave come first
        if node in known and (node in wanted or node in sources):
            names[node] = fresh(known[node], taken)
            taken.add(names[node])
    free = (f"v{i}" for i in range(1, 2 * len(lines) + len(taken) + 2))
    for node in lines:
        if node not in names:
            names[node] = next(name for name in free if name not in taken)
    return Recording(title, sources, root, lines, names, {node: places.get(node) for node in lines})


def _assigned(place: Place) -> str | None:
    """The variable that a line of source assigns to, if it is one; not what a lambda stands in."""
    if place.function == "<lambda>":
        return None
    try:
        (statement,) = ast.parse(place.text).body
    except (SyntaxError, ValueError):  # a part of a statement, or several
        return None
    if isinstance(statement, ast.Assign | ast.AugAssign | ast.AnnAssign):
        target = statement.targets[0] if isinstance(statement, ast.Assign) else statement.target
        if isinstance(target, ast.Name) and not isinstance(statement.value, ast.Lambda):
            return target.id
    return None


def identifiers(names: Iterable[str]) -> dict[str, str]:
    """For each name one that Python accepts, no two alike."""
    found: dict[str, str] = {}
    taken = {"np", "special", "_", *keyword.kwlist}
    for name in names:
        plain = "".join(c if f"x{c}".isidentifier() else "_" for c in unicodedata.normalize("NFKC", name))
        plain = plain if plain.isidentifier() else f"v_{plain}"
        while plain in taken or f"{plain}_bar" in taken:
            plain += "_"
        found[name] = plain
        taken |= {plain, f"{plain}_bar"}
    return found


def shape_of(x: Any) -> tuple[int, ...]:
    """The shape of an array, of what the record keeps of it, or of a number; of several arrays ()."""
    return getattr(x, "shape", ())


def described(x: Any, small: int = 12) -> str:
    """A value in a few words: in full if it is small, else its shape, range and mean.

    >>> described(np.array([1.0, 2.5])), described(np.zeros((10, 10)))
    ('[1, 2.5]', '(10, 10): 0 to 0, mean 0')
    """
    x = x.data if type(x) is Tensor else x
    if x is None:
        return "?"
    if isinstance(x, list | tuple):
        return f"({', '.join(described(v, small) for v in x)})"
    shape = getattr(x, "shape", ())
    if hasattr(x, "ndim") and not hasattr(x, "__array_function__") and not isinstance(x, np.generic):
        return f"{shape}: not kept"
    x = np.asarray(x)
    if x.shape == () and x.dtype.kind in "fiub":
        return f"{x.item():.6g}" if x.item() else "0"
    if x.shape == () and x.dtype.kind == "c":
        return f"{x.item():.6g}"
    if 0 < x.size <= small:
        formatter: Any = {"float_kind": lambda v: f"{v:.5g}" if v else "0", "complex_kind": lambda v: f"{v:.4g}"}
        return " ".join(np.array2string(x, separator=", ", formatter=formatter, max_line_width=10**6).split())
    if not x.size:
        return f"empty {x.shape}"
    if x.dtype.kind not in "fiu":
        return f"{x.shape} of {x.dtype}"
    numbers = x[np.isfinite(x)]
    if not numbers.size:
        return f"{x.shape}: not finite"
    return f"{x.shape}: {numbers.min():.4g} to {numbers.max():.4g}, mean {numbers.mean() + 0.0:.4g}"
