"""A function and its gradient, between two vectors of real numbers: all that the rest of the checker sees.

The arguments may be trees of arrays, real or complex; integers, masks and words among them are constant. Every real
number that moves is one coordinate, and a complex one is two. Narrow floats become float64 on both sides, so that
the derivative is compared where it can be measured; their own precision is compared afterwards.

The pairing is the record's: Re Σ g t, without conjugation. In real coordinates that is the usual scalar product if
cotangents and gradients are conjugated on their way, which is done here and nowhere else.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any
from weakref import ref

import numpy as np

from ..calls import is_inexact
from ..errors import GradientError, TinygradError
from ..graph import history
from ..modes import pullback, strict_ieee
from ..runs import Run, data_of
from ..tensor import Tensor
from ..transforms import vjp
from ..trees import Tree, flatten, leaves
from .answers import gradients_of, moving
from .stencils import EPS, scales
from .stepping import Near, NotStepped, Stepped, parts

Vector = Any
TINY = float(np.finfo(float).smallest_normal)
Function = Callable[..., Any]


@dataclass
class Cost:
    """What a check has spent: evaluations of f (by a complex step too), passes of the vjp, and of the jvp."""

    evaluations: int = 0
    vjps: int = 0
    jvps: int = 0


class Coordinates:
    """How a flat list of arrays becomes one vector of real numbers, and back."""

    def __init__(self, arrays: Sequence[Any], names: Sequence[str]) -> None:
        self.names = list(names)
        self.shapes = [np.shape(x) for x in arrays]
        self.dtypes = [x.dtype for x in arrays]
        self.scalars = [not isinstance(x, np.ndarray) for x in arrays]
        self.wide = [np.dtype(complex if d.kind == "c" else float) for d in self.dtypes]
        widths = [int(np.prod(s)) * (2 if d.kind == "c" else 1) for s, d in zip(self.shapes, self.wide, strict=True)]
        self.offsets = np.concatenate([[0], np.cumsum(widths)]).astype(int)
        self.size = int(self.offsets[-1])

    def vector(self, arrays: Sequence[Any], conjugate: bool = False) -> Vector:
        """The real coordinates of arrays of these shapes, in fresh memory."""
        flat = np.empty(self.size)
        for i, x in enumerate(arrays):
            part = flat[self.offsets[i] : self.offsets[i + 1]]
            if self.wide[i].kind == "c":
                part.reshape(-1, 2)[:, 0] = np.real(x).ravel()
                part.reshape(-1, 2)[:, 1] = np.imag(x).ravel() * (-1 if conjugate else 1)
            else:
                part[:] = np.ravel(np.real(x))
        return flat

    def arrays(self, flat: Vector, conjugate: bool = False, narrow: bool = False) -> list[Any]:
        """Fresh arrays with these coordinates; in the dtypes of the user if `narrow`."""
        found = []
        for i, (shape, wide) in enumerate(zip(self.shapes, self.wide, strict=True)):
            x = np.array(flat[self.offsets[i] : self.offsets[i + 1]]).view(wide).reshape(shape)
            x = np.conj(x) if conjugate and wide.kind == "c" else x
            x = x.astype(self.dtypes[i]) if narrow else x
            found.append(x[()] if self.scalars[i] else x)
        return found

    def leaf(self, i: int) -> int:
        """Which array a coordinate belongs to."""
        return int(np.searchsorted(self.offsets, i, side="right")) - 1

    def where(self, i: int) -> str:
        """The name of one coordinate: "w[2, 0]"."""
        k = self.leaf(i)
        place, part = int(i - self.offsets[k]), ""
        if self.wide[k].kind == "c":
            place, part = place // 2, (".real", ".imag")[place % 2]
        index = ", ".join(map(str, map(int, np.unravel_index(place, self.shapes[k])))) if self.shapes[k] else ""
        return self.names[k] + (f"[{index}]" if index else "") + part


class Problem:
    """A function from vectors to vectors with the gradient that is on trial.

    Attributes
    ----------
    function : callable
        Of the flat list of moving arrays, to the flat list of results.
    inputs, outputs : Coordinates
    linearise : callable
        From a flat list of arrays to ``(pull, push)`` there; `push` is None if there is no forward mode.
    natural : array
        How large the outputs are by nature, where that is known to be more than they happen to be: of a gradient, what
        f would change by if x doubled.
    heft : array
        How large the outputs are, or the numbers that they are rounded like.
    coarse : float
        The rounding unit of the gradients, if they come in a narrower type than they are measured in.
    not_forward : str
        Why forward mode was left out, if it raised an error.
    differentiable : bool
        True if `linearise` records itself, so that it has a derivative of its own.
    """

    def __init__(self, function: Function, start: Sequence[Any], names: Sequence[str], linearise: Function) -> None:
        self.function, self.linearise, self.differentiable = function, linearise, False
        self.start = list(start)
        self.inputs = Coordinates(start, names)
        self.cost = Cost()
        self.through_tensors = False
        self.linear_at: tuple[bytes, Any] | None = None
        self.x = self.inputs.vector(start)
        with np.errstate(all="ignore"):
            try:
                results = self.results(self.inputs.arrays(self.x))
            except AttributeError:  # f asks its arguments for what only a Tensor has
                self.through_tensors = True
                results = self.results(self.inputs.arrays(self.x))
        self.cost.evaluations += 1
        self.outputs = Coordinates(results, _numbered("out", len(results)))
        self.y = self.outputs.vector(results)
        self.coarse, self.not_forward = 0.0, ""
        self.natural, self.heft = np.zeros(self.outputs.size), np.abs(self.y)

    def results(self, arrays: list[Any]) -> list[Any]:
        """The function, on plain arrays."""
        given = [Tensor(x) for x in arrays] if self.through_tensors else arrays
        return [np.asarray(data_of(y)) for y in self.function(*given)]

    def value(self, x: Vector) -> Vector:
        """f(x), one evaluation; NaN where f raises an error: at the start it did not, so x is outside its domain."""
        self.cost.evaluations += 1
        try:
            results = self.results(self.inputs.arrays(x))
        except Exception:
            return np.full(self.outputs.size, np.nan)
        if [y.shape for y in results] != self.outputs.shapes:
            return np.full(self.outputs.size, np.nan)
        return self.outputs.vector(results)

    def pull(self, x: Vector, v: Vector, fresh: bool = False) -> Vector:
        """Jᵀv at x."""
        self.cost.vjps += 1
        return self.inputs.vector(self._at(x, fresh)[0](self.outputs.arrays(v, conjugate=True)), conjugate=True)

    def push(self, x: Vector, u: Vector) -> Vector | None:
        """Ju at x, if there is a forward mode."""
        push = self._at(x, False)[1]
        if push is None:
            return None
        self.cost.jvps += 1
        try:
            return self.outputs.vector(push(self.inputs.arrays(u)))
        except TinygradError as error:  # reverse mode is there all the same
            self.not_forward = str(error)
            return None

    def _at(self, x: Vector, fresh: bool) -> Any:
        """The linear map at x; kept, since several probes ask for the same."""
        key = x.tobytes()
        if self.linear_at is None or fresh or self.linear_at[0] != key:
            self.linear_at = (key, self.linearise(self.inputs.arrays(x)))
        return self.linear_at[1]

    def spread(self, x: Vector, v: Vector, unit: float = 1.0, least: float = 0.0) -> float:
        """How large the numbers are from which vᵀf is computed, as far as it depends on them: Σ |ȳ||y| over the record.

        f is rounded like this number, however small it is itself. Without a record f has to speak for itself. In a
        floating point type whose rounding unit is `unit`, and its smallest number `least`, f may err by
        Σ |ȳ| (unit |y| + least).

        References: N. J. Higham, Accuracy and Stability of Numerical Algorithms (2002), §3.3, on running errors.
        """
        if not self.differentiable:
            return float(np.abs(v) @ self.heft)
        self.cost.vjps += 1
        run = Run("check", self.function, self.inputs.arrays(x))
        pairs = zip(run.nodes, self.outputs.arrays(v, conjugate=True), strict=True)
        roots = [(node, g) for node, g in pairs if node is not None]
        lines = history([node for node, _ in roots])[0]
        for node in lines:
            node.watcher = ref(run)  # so that the walk keeps its cotangent
        found = pullback([node for node, _ in roots], [g for _, g in roots]) if roots else {}
        plain = [(g, node.value) for node, g in found.items() if isinstance(node.value, np.ndarray | np.generic)]
        sums = [float(np.sum(np.abs(g) * (unit * np.abs(y) + least))) for g, y in plain]
        return max(unit * float(np.abs(v) @ self.heft), *(s for s in sums if np.isfinite(s)), 0.0)

    def lost(self, x: Vector, v: Vector, u: Vector, share: float = 1.0) -> float:
        """How far vᵀJu may be off since numbers on the way are rounded, or too small for a float.

        `share` is by how much they are smaller than they would be for this v. 0 without a record.
        """
        try:
            return 64 * self.second(v).spread(x, u, EPS, TINY / share) if self.differentiable else 0.0
        except (TinygradError, TypeError, ValueError, AttributeError):  # of a rule that cannot be recorded
            return 0.0

    def step(self, x: Vector, u: Vector, standing: bool = False) -> tuple[Vector, Vector, Near]:
        """f(x), Ju by a complex step, and how far along ±u the nearest kink is. See `Near` for `standing`.

        Raises
        ------
        NotStepped
            If f is not made of holomorphic pieces.
        """
        self.cost.evaluations += 1
        near = Near(standing=standing)
        arrays = self.inputs.arrays(x)
        if self.through_tensors or any(np.iscomplexobj(a) for a in arrays):
            raise NotStepped("complex arguments" if not self.through_tensors else "Tensors")
        pairs = zip(arrays, self.inputs.arrays(u), strict=True)
        try:
            with strict_ieee():
                results = [data_of(y) for y in self.function(*[Stepped(a, t, near) for a, t in pairs])]
            split = [parts(y) for y in results]
        except NotStepped:
            raise
        except Exception as error:  # a program may refuse arrays of a strange kind in any way it likes
            raise NotStepped(type(error).__name__) from None
        value, tangent = (self.outputs.vector([pair[i] for pair in split]) for i in (0, 1))
        return value, tangent, near

    def second(self, v: Vector) -> Problem:
        """The same question about the gradient itself, as a function of x: x ↦ J(x)ᵀv."""
        cotangents = self.outputs.arrays(v, conjugate=True)
        gradient = lambda *xs: list(vjp(self.function, *xs)[1](cotangents))
        names = [f"∂/∂{name}" for name in self.inputs.names]
        problem = of_flat(gradient, self.start, self.inputs.names)
        problem.outputs.names = names
        problem.natural = float(np.abs(v) @ self.heft) / scales(self.x, self.inputs.offsets)
        return problem


def of_function(f: Function, args: Sequence[Tree]) -> Problem:
    """f with the gradient of the engine."""
    flat, start, names = flattened(f, args)
    return of_flat(flat, start, names)


def of_flat(function: Function, start: Sequence[Any], names: Sequence[str]) -> Problem:
    """A function of a flat list with the gradient of the engine."""

    def linearise(arrays: list[Any]) -> tuple[Function, Function]:
        run = Run("check", function, arrays)
        return run.pull, run.push

    problem = Problem(function, start, names, linearise)
    problem.differentiable = True
    return problem


def flattened(f: Function, args: Sequence[Tree]) -> tuple[Function, list[Any], list[str]]:
    """f as a function of the flat list of what moves, where that is, and what it is called."""
    found, rebuild = flatten(list(args))
    names = list(paths(list(args), parameter_names(f, len(args))))
    places = moving(found)
    if not places:
        kinds = ", ".join(sorted({type(x).__name__ for x in found})) or "nothing"
        raise GradientError(
            f"check: no argument has a derivative: given {kinds}. Expected floats, or arrays of them, among the args"
        )
    start = [_as_float(found[i]) for i in places]

    def flat(*arrays: Any) -> list[Any]:
        full = list(found)
        for i, x in zip(places, arrays, strict=True):
            full[i] = x
        results = [_as_result(y) for y in leaves(f(*rebuild(full)))]
        kept = [y for y in results if is_inexact(y) or type(y) in (complex, Stepped)]
        if not kept:
            raise GradientError("check: the function returned no float. Expected an array, or a tree of arrays")
        return kept

    return flat, start, [names[i] for i in places]


def of_vjp(f: Function, args: Sequence[Tree], pullback: Function) -> Problem:
    """f with a gradient from anywhere, called as ``pullback(cotangent, *args)``."""
    flat, start, names = flattened(f, args)
    found, rebuild = flatten(list(args))
    refill: list[Any] = []

    def linearise(arrays: list[Any]) -> tuple[Function, None]:
        full = list(found)
        for i, x in zip(moving(found), arrays, strict=True):
            full[i] = x

        def pull(cotangents: list[Any]) -> list[Any]:
            if not refill:
                refill.append(flatten(f(*rebuild(list(found))))[1])
            tree = refill[0](cotangents)
            return gradients_of(pullback(tree, *rebuild(list(full))), args, found)

        return pull, None

    return Problem(flat, start, names, linearise)


def _as_result(y: Any) -> Any:
    """A result as an array: of another library, if it lets NumPy look into it."""
    if type(y) in (int, float):
        return np.float64(y)
    foreign = hasattr(y, "__array__") and not hasattr(y, "__array_function__") and not isinstance(y, np.generic)
    return np.asarray(y) if foreign else y


def _as_float(x: Any) -> Any:
    x = x.data if type(x) is Tensor else x
    if isinstance(x, int | float | complex) and not isinstance(x, np.generic):
        return np.asarray(x, complex if isinstance(x, complex) else float)[()]
    return x.astype(float) if x.dtype.kind in "iu" else x


def held_constant(f: Function, args: Sequence[Tree]) -> list[str]:
    """The names of the plain integers that stay where they are, since there are floats beside them."""
    found = flatten(list(args))[0]
    names, places = list(paths(list(args), parameter_names(f, len(args)))), moving(found)
    return [names[i] for i, x in enumerate(found) if type(x) is int and i not in places]


def parameter_names(f: Function, n: int) -> list[str]:
    """The names that f gives its arguments; "args[i]" where it gives none."""
    try:
        parameters = list(inspect.signature(f).parameters.values())
    except (TypeError, ValueError):
        parameters = []
    plain = [p.name for p in parameters if p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD)]
    return [plain[i] if i < len(plain) else f"args[{i}]" for i in range(n)]


def paths(tree: Tree, names: Sequence[str]) -> Iterator[str]:
    """The name of every leaf: "w", "layers[0]", "model['W']"."""
    for name, child in zip(names, tree, strict=True):
        if isinstance(child, dict):
            yield from paths(list(child.values()), [f"{name}[{key!r}]" for key in child])
        elif isinstance(child, list | tuple):
            yield from paths(child, _numbered(name, len(child), always=True))
        elif child is not None:
            yield name


def _numbered(name: str, n: int, always: bool = False) -> list[str]:
    return [name] if n == 1 and not always else [f"{name}[{i}]" for i in range(n)]
