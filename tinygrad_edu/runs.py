"""One run of a user's function between fresh sources and its results: what every transform begins with.

The arguments are flattened, checked and made into sources; the function runs once, with recording on; its results are
kept. From then on the run is a linear map between flat lists of arrays, to be pulled back or pushed forward as often as
one likes. The functions below say what a primal, a cotangent and a loss have to be.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from operator import index
from typing import Any

import numpy as np

from .calls import is_inexact
from .errors import DtypeError, GradientError, ShapeError, TreeError
from .graph import Node, history, recording
from .modes import pullback, pushforward
from .modes.reverse import one_like
from .tensor import Tensor, source
from .trees import Tree, flatten, leaves, leaves_like

Lines = tuple[list[Node], set[Node], bool]


class Run:
    """One run of a function on fresh sources: the record between the arguments and the results."""

    def __init__(self, name: str, function: Callable[..., Tree], primals: Sequence[Tree]) -> None:
        self.name = name
        self.primals = [flatten(tree) for tree in primals]
        values = [differentiable(x, f"{name}: argument {i}") for i, (xs, _) in enumerate(self.primals) for x in xs]
        with recording():
            inputs = [source(x) for x in values]
            result = function(*self.like_primals(inputs))
        self.inputs: list[Any] = [x.data for x in inputs]
        self.sources: list[Node] = [x.node for x in inputs]  # type: ignore[misc]
        self.outputs, self.rebuild = flatten(result)
        self.nodes = [y.node if type(y) is Tensor else None for y in self.outputs]
        self._lines: Lines | None = None

    @property
    def lines(self) -> Lines:
        """What `history` finds between the results and the sources; it is read once."""
        if self._lines is None:
            self._lines = history([n for n in self.nodes if n is not None], self.sources)
        return self._lines

    def like_primals(self, flat: Sequence[Any]) -> list[Tree]:
        """Arrays in a flat list, arranged as the primals are."""
        rest = iter(flat)
        return [rebuild([next(rest) for _ in xs]) for xs, rebuild in self.primals]

    def value(self) -> Tree:
        """The results; still traced only if someone outside differentiates."""
        if not self.lines[2]:
            return self.rebuild([data_of(y) for y in self.outputs])
        return self.rebuild([released(y, self.sources) for y in self.outputs])

    def own_value(self) -> Tree:
        """The results as arrays of the caller's own: copies of those that the record will read again."""
        lines, _, strangers = self.lines
        if strangers:
            return self.value()
        held = {id(_owner(x)) for line in lines for x in (*line.args, line.value)} | {
            id(_owner(x)) for x in self.inputs
        }
        values = [data_of(y) for y in self.outputs]
        shared = [type(y) is np.ndarray and id(_owner(y)) in held for y in values]
        return self.rebuild([y.copy() if again else y for y, again in zip(values, shared, strict=True)])

    def pull(self, cotangents: Sequence[Any]) -> list[Any]:
        """The flat list of cotangents of the sources; zeros for what was not reached."""
        pairs = [(n, g) for n, g in zip(self.nodes, cotangents, strict=True) if n is not None]
        found = pullback([n for n, _ in pairs], [g for _, g in pairs], self.sources, read=self.lines) if pairs else {}
        pulled = [found[s] if s in found else np.zeros_like(x) for s, x in zip(self.sources, self.inputs, strict=True)]
        return unshared(pulled, cotangents)

    def push(self, tangents: Sequence[Any]) -> list[Any]:
        """The flat list of tangents of the results; zeros for what does not depend on the sources."""
        roots = [n for n in self.nodes if n is not None]
        found = pushforward(roots, tangents, self.sources) if roots else {}
        pushed = [
            found[n] if n in found else np.zeros_like(data_of(y)) for n, y in zip(self.nodes, self.outputs, strict=True)
        ]
        return unshared(pushed, tangents)


def _owner(x: Any) -> Any:
    """The array in whose memory x lies."""
    base = x.base if type(x) is np.ndarray else None
    return x if base is None else base


def unshared(results: list[Any], given: Sequence[Any]) -> list[Any]:
    """Arrays of the caller's own: no view of another, not one array twice, and none that was given."""
    seen = set(map(id, given))
    for i, g in enumerate(results):
        if type(g) is np.ndarray:
            if g.ndim == 0:
                results[i] = g[()]  # a number, as NumPy's own functions return
            elif g.base is not None or id(g) in seen:
                results[i] = g = np.array(g)
        seen.add(id(g))
    return results


def differentiable(x: Any, place: str) -> Any:
    """An array of real or complex numbers; Python's numbers become float64 (or complex128)."""
    if type(x) is np.ndarray and x.dtype.kind in "fc":
        return x
    if isinstance(x, bool | str | bytes) or not isinstance(x, int | float | complex | np.generic | np.ndarray | Tensor):
        if hasattr(x, "__array_function__"):
            return getattr(x, "strong", x)
        raise TreeError(
            f"{place} is {type(x).__name__}, which has no derivative. Expected numbers or arrays, alone or in lists, "
            "tuples and dicts; close over everything else: grad(lambda x: f(x, option))"
        )
    if isinstance(x, np.matrix | np.ma.MaskedArray):
        instead = "np.asarray(x)" if isinstance(x, np.matrix) else "x.filled(0), and weights of 0 where it is masked"
        raise TreeError(
            f"{place} is a {type(x).__name__}, whose products and sums mean something else than an array's. Convert it "
            f"first: {instead}"
        )
    if isinstance(x, int):
        return np.float64(x)
    if isinstance(x, float | complex) and not isinstance(x, np.generic):
        return np.asarray(x)[()]
    if x.dtype.kind not in "fc":
        raise DtypeError(
            f"{place} is an array of {x.dtype}, which has no derivative. Expected float or complex numbers. "
            "Convert it first: x.astype(float)"
        )
    return x


def released(y: Any, sources: Sequence[Node]) -> Any:
    """A plain array, unless y also depends on a traced value that is not one of the sources."""
    if type(y) is not Tensor:
        return y
    strangers = y.node is not None and history([y.node], sources)[2]
    return y if strangers else y.data


def data_of(y: Any) -> Any:
    return y.data if type(y) is Tensor else y


def fitting_leaves(tree: Tree, given: Tree, what: str) -> list[Any]:
    """The leaves of a cotangent or tangent, each of the shape and dtype of what it belongs to."""
    pairs = zip(leaves(tree), leaves_like(tree, given, what), strict=True)
    return [fitting(data_of(y), g, what) for y, g in pairs]


def fitting(y: Any, g: Any, what: str) -> Any:
    dtype = y.dtype if is_inexact(y) else np.dtype(float)
    if g is None:
        raise TreeError(f"{what} is None. Expected numbers of shape {np.shape(y)}; zeros, for no change")
    if not hasattr(g, "__array_function__") or isinstance(g, np.generic):
        try:
            g = np.asarray(g, None if np.iscomplexobj(g) else dtype)
        except (TypeError, ValueError) as error:
            raise DtypeError(f"{what} is no array of numbers: {error}. Expected shape {np.shape(y)}") from None
    if not is_inexact(g):
        raise DtypeError(f"{what} is an array of {g.dtype}. Expected numbers like {dtype}; convert it: g.astype(float)")
    if g.shape != np.shape(y):
        raise ShapeError(f"{what} has shape {g.shape}. Expected {np.shape(y)}, the shape of what it belongs to")
    if g.dtype.kind == "c" and dtype.kind == "f":
        raise DtypeError(f"{what} is complex, but belongs to real numbers of {dtype}. Take g.real")
    return g if g.dtype == dtype else g.astype(dtype)


def scalar_seed(run: Run) -> Any:
    """The cotangent 1 for the one real number that a gradient is taken of."""
    if len(run.outputs) != 1 or not hasattr(y := as_number(run.outputs[0]), "dtype"):
        result = run.rebuild(run.outputs)
        what = "None (is a return missing?)" if result is None else f"a {type(result).__name__}"
        raise GradientError(
            f"{run.name}: the function returned {what}. Expected one number; return the loss alone, "
            "or (loss, rest) with has_aux=True"
        )
    if y.shape != () or y.dtype.kind == "c":
        what = f"an array of shape {y.shape}" if y.shape != () else "a complex number"
        raise GradientError(
            f"{run.name}: a gradient belongs to one real number, but the function returned {what}. Reduce it "
            "(np.sum, np.mean, np.abs), or ask for all derivatives with jacobian"
        )
    return one_like(data_of(y))


def complex_seed(run: Run) -> Any:
    """The cotangent 1 for the one complex number that a complex derivative is taken of."""
    for x in run.inputs:
        if x.dtype.kind != "c":
            raise DtypeError(
                f"{run.name}: an argument is of {x.dtype}, and a complex derivative belongs to complex numbers. "
                "Use grad for a function of real numbers, or convert: x.astype(complex)"
            )
    ys = [data_of(y) for y in run.outputs]
    if len(ys) != 1 or not np.iscomplexobj(ys[0]) or np.shape(ys[0]) != ():
        what = f"{len(ys)} results" if len(ys) != 1 else f"{np.result_type(ys[0])} of shape {np.shape(ys[0])}"
        raise GradientError(
            f"{run.name}: the function returned {what}. Expected one complex number; a real one has a gradient, by "
            "grad, and an array a jacobian"
        )
    return one_like(np.asarray(ys[0])[()] if isinstance(ys[0], complex) else ys[0])


def refuse_unholomorphic(run: Run) -> None:
    """Raise GradientError if a complex result is no complex function of the complex arguments.

    Of a holomorphic function f'(z) (i t) = i f'(z) t for all t (Cauchy and Riemann), and if that does not hold for all
    t, then for hardly any: so it is tried on one.
    """
    t = [_random_like(x) if x.dtype.kind == "c" else None for x in run.inputs]
    if all(v is None for v in t) or not all(isinstance(x, np.ndarray | np.generic) for x in run.inputs):
        return
    straight, turned = run.push(t), run.push([v if v is None else v * 1j for v in t])
    for a, b in zip(map(data_of, straight), map(data_of, turned), strict=True):
        if a.dtype.kind == "c" and np.max(abs(b - a * 1j), initial=0) > 1e-3 * np.max(abs(a) + abs(b), initial=0):
            raise GradientError(
                f"{run.name}: the function is not holomorphic (conj, abs, real, imag or angle may be in it), so no "
                "complex number is its derivative. Ask for it in a direction with jvp or vjp, or as a function of the "
                "real and imaginary parts: f(x + 1j * y); a real loss has a gradient, by grad"
            )


def _random_like(x: Any) -> Any:
    random = np.random.default_rng(0)
    return (random.standard_normal(x.shape) + random.standard_normal(x.shape) * 1j).astype(x.dtype)


def as_number(y: Any) -> Any:
    return np.float64(y) if isinstance(y, int | float) and not isinstance(y, bool) else y


def chosen_arguments(name: str, argnums: int | Sequence[int], n: int) -> list[int]:
    """The places of the arguments to differentiate, counted from 0."""
    if type(argnums) is int and 0 <= argnums < n:
        return [argnums]
    try:
        several: Any = argnums if np.ndim(argnums) else [argnums]
        chosen = [index(i) for i in several]
    except TypeError:
        raise GradientError(f"{name}: argnums={argnums!r}. Expected an integer or a tuple of integers") from None
    for i in chosen:
        if not -n <= i < n:
            raise GradientError(
                f"{name}: argnums={argnums} asks for argument {i}, but {n} positional arguments were given. "
                "Arguments given by name are held constant"
            )
    if len({i % n for i in chosen}) < len(chosen):
        raise GradientError(f"{name}: argnums={argnums} names an argument twice. Expected each at most once")
    return [i % n for i in chosen]


def refuse_words(run: Run) -> None:
    """Raise GradientError for a result in which nothing is a number."""
    for y in run.outputs or [None]:
        if not (hasattr(y, "dtype") or isinstance(y, bool | int | float | complex)):
            what = "None (is a return missing?)" if y is None else f"a {type(y).__name__}"
            raise GradientError(f"{run.name}: the function returned {what}. Expected arrays, alone or in a tree")


def refuse_uncallable(name: str, f: Any, after: str = ")(x)") -> None:
    """Raise GradientError for a value where the function is wanted: `grad(f(x))` for `grad(f)(x)`."""
    if not callable(f):
        raise GradientError(f"{name}: {type(f).__name__} is no function. Expected the function itself: {name}(f{after}")


def refuse_bare(name: str, primals: Any, what: str) -> None:
    """Raise TreeError for an array where a tuple of arguments is wanted: its rows would become the arguments."""
    if not isinstance(primals, tuple | list):
        raise TreeError(
            f"{name}: the {what} are {type(primals).__name__}. Expected a tuple with one for each argument: (x,)"
        )
