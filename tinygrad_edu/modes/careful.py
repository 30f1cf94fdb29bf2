"""Zero is stronger than infinity: a cotangent that is exactly zero contributes exactly zero.

The gradient of ``np.where(x > 0, np.sqrt(x), 0)`` at x = 0 meets 0 · ∞: nothing flows into the branch that was not
taken, but its derivative is infinite, and IEEE arithmetic makes NaN of the two. The function is constant there, and
0 is right.

The mechanism costs nothing where nothing goes wrong. A NaN that is born so stays a NaN up to the end of the pass, so
the walk looks at its results only; if they are not finite, it walks once more with its cotangents wrapped in `Careful`
arrays. These speak NumPy's protocols, so the same rules run on them unchanged; their products differ from IEEE in one
point: zero times anything is zero. (Arrays that cannot be looked at, because they are lazy, are always wrapped.)

What counts is the *cotangent's* zero. A zero that a rule made out of a nonzero cotangent, by a factor 0 or a divisor ∞,
is in doubt: it may be the limit of something that did not vanish. So ``log(1 + exp(x))`` at 1000 is still NaN, 0 · ∞
honestly, and so is ``0 * log(x)`` at 0, whose value is NaN. And where a line makes a NaN out of numbers, as log does
of -1, its derivative is NaN too.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from math import isfinite, nan
from typing import Any

import numpy as np

from ..calls import SEQUENCES, is_inexact
from ..graph import LARGE, RULES, Node, Op, Shadow
from ..surface import Surface
from ..tensor import Tensor

_strict: ContextVar[bool] = ContextVar("strict_ieee", default=False)
is_strict = _strict.get
"""True inside of `strict_ieee`."""

PRODUCTS = {"matmul", "dot", "tensordot", "einsum", "vecdot", "inner", "outer", "vdot", "matvec", "vecmat"}
"""Functions that sum products, by their names; so do all bilinear operations."""

WORTH_IT = 128
"""To look at a line of the record takes as long as to read about so many numbers."""


@contextmanager
def strict_ieee() -> Iterator[None]:
    """Inside the block 0 · ∞ is NaN in derivatives too, as IEEE 754 has it and as other libraries do.

    >>> import numpy as np, tinygrad_edu as tg
    >>> f = lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0))
    >>> x = np.array([0.0, 4.0])
    >>> tg.grad(f)(x)
    array([0.  , 0.25])
    >>> with tg.strict_ieee():
    ...     tg.grad(f)(x)
    array([ nan, 0.25])
    """
    token = _strict.set(True)
    try:
        yield
    finally:
        _strict.reset(token)


def needs_care(results: Iterable[Any], roots: Iterable[Node], lines: Iterable[Node]) -> bool:
    """True if a pass has to be walked once more: a result is not finite, or cannot be looked at, or a root is NaN.

    Some lines only move and add cotangents; if there are no others, no zero has met an infinity, and the results,
    which may be large beside what was computed, need not be read.
    """
    if is_strict() or all(node.op.moves for node in lines):  # type: ignore[union-attr]
        return False
    for g in results:
        if not _is_finite(g):
            return True
    for root in roots:  # where the value is NaN, so is its derivative
        value = root.value
        if type(value) is np.float64:
            if value != value:
                return True
            continue
        for v in value if isinstance(value, SEQUENCES) else (value,):
            if v != v if isinstance(v, np.generic) else not _is_finite(v):
                return True
    return False


def telling(found: Mapping[Node, Any], lines: Sequence[Node]) -> Iterator[Any]:
    """Of each cotangent as much as has to be read in order to know that no zero has met an infinity.

    Where every line that uses x is a product of matrices, so is each term of x̄. A factor that is not finite makes
    a whole row or a whole column of it not finite, whatever it is multiplied with: the first ones tell of all others.
    """
    for node, g in found.items():
        large = type(g) is np.ndarray and g.ndim > 1 and g.size > max(LARGE, WORTH_IT * len(lines))
        if large and all(line.op is RULES[np.matmul] for line in lines if node in line.parents):
            yield g[..., 0, :]
            yield g[..., :, 0]
        else:
            yield g


def _is_finite(g: Any) -> bool:
    """One read of the array: its scalar product with itself. If that overflows, a second walk is made in vain."""
    if type(g) is np.ndarray:
        return isfinite(g.dot(g).real if g.ndim == 1 else np.vdot(g, g).real)
    if isinstance(g, np.generic):
        return isfinite(abs(g))  # type: ignore[arg-type]
    return _is_finite(g.data) if type(g) is Tensor else isinstance(g, Shadow)


def poisoned(node: Node, g: Any) -> Any:
    """g, but NaN where an elementwise line made a NaN out of numbers, as log does of -1 (and g is not 0)."""
    if node.op is None or node.op.kind != "elementwise":
        return g
    y = node.value
    if isinstance(y, Shadow):
        if any(isinstance(x, Shadow) for x in node.args):
            return g
        y = node.op.function(*node.args, **node.params)
    born = y != y
    for x in node.args:
        born = born & (x == x) if is_inexact(x) else born
    alive = g.data != 0 if g.doubt is None else (g.data != 0) | (g.doubt != 0)
    return Careful(np.where(born & alive, nan, g.data), True, g.doubt)


def wrapped(x: Any, linear: bool = False) -> Any:
    """A Careful array; lists of outputs by element; numbers, masks and indices as they are."""
    if type(x) is Careful:
        return x
    if isinstance(x, (list, tuple)):
        return [wrapped(v, linear) for v in x]
    return Careful(x, linear) if getattr(getattr(x, "dtype", None), "kind", "") in ("f", "c") else x


def unwrapped(x: Any) -> Any:
    """The array inside."""
    return x.data if type(x) is Careful else x


class Careful(Surface):
    """An array whose zeros, where it is linear in a cotangent, survive a product with infinity or NaN.

    Attributes
    ----------
    data : array or Tensor
        The values.
    linear : bool
        True for a cotangent (or tangent) and whatever was computed linearly from it.
    doubt : array of floats, or None
        Not 0 where a zero of `data` came from a nonzero cotangent; it flows through the same linear maps.
    """

    __slots__ = ("data", "doubt", "linear")

    def __init__(self, data: Any, linear: bool, doubt: Any = None) -> None:
        self.data, self.linear, self.doubt = data, linear, doubt

    def __array_ufunc__(self, ufunc, method, *inputs, **kwargs):
        if ufunc in (np.multiply, np.divide) and _is_linear(inputs[0]):
            return _product(ufunc, inputs[0], inputs[1], lambda g, a: ufunc(g, a))
        if ufunc is np.multiply and _is_linear(inputs[1]):
            return _product(ufunc, inputs[1], inputs[0], lambda g, a: ufunc(a, g))
        return self.__array_function__(getattr(ufunc, method), (), inputs, kwargs)

    def __array_function__(self, function, types, args, kwargs):
        if _sums_products(function) and any(map(_is_linear, args)):
            return _contraction(function, args, kwargs)
        value = function(*_map(unwrapped, args), **_map(unwrapped, kwargs))
        doubt = None
        if any(_doubts(args)):
            doubt = function(*_map(_doubt_of, args), **_map(unwrapped, kwargs))
        return _rewrapped(value, any(_flags(args)), doubt)

    def astype(self, dtype: Any) -> Careful:  # type: ignore[override]
        """The same in another dtype; by the array's own method, since not every library knows `np.astype`."""
        return Careful(self.data.astype(dtype), self.linear, self.doubt)


def _product(ufunc: np.ufunc, g: Careful, a: Any, compute: Any) -> Careful:
    a = unwrapped(a)
    zero = g.data == 0 if g.doubt is None else (g.data == 0) & (g.doubt == 0)
    if type(a) is Tensor:  # the pass is recorded: where nothing flows, nothing flows whatever a does
        a = np.where(zero, a.data, a)
    value = compute(g.data, a)
    return Careful(np.where(zero & (value != value), 0, value), True, (~zero & (value == 0)) * 1.0)


def _contraction(function: Any, args: Any, kwargs: Any) -> Any:
    """A sum of products: leave the zero · ∞ terms out, unless an honest term of the same sum is not finite either."""
    value = function(*_map(unwrapped, args), **_map(unwrapped, kwargs))
    hits = function(*[_marks(x) if _is_linear(x) else _infinite(unwrapped(x)) for x in args], **_map(unwrapped, kwargs))
    clean = function(
        *[unwrapped(x) if _is_linear(x) else _finite(unwrapped(x)) for x in args], **_map(unwrapped, kwargs)
    )
    reached = function(*[_marks(x) if _is_linear(x) else _ones(unwrapped(x)) for x in args], **_map(unwrapped, kwargs))
    value = np.where(hits == 0, clean, value)
    return Careful(value, True, ((value == 0) & (reached != 0)) * 1.0)


# fmt: off
def _is_linear(x):   return type(x) is Careful and x.linear
def _finite(a):      return np.where(np.isfinite(a), a, 0) if is_inexact(a) else a
def _infinite(a):    return ~np.isfinite(a) * 1.0 if is_inexact(a) else a
def _ones(a):        return (a == a) * 1.0 + (a != a) if is_inexact(a) else a
def _marks(g):       return ((g.data != 0) | (0 if g.doubt is None else g.doubt != 0)) * 1.0
def _name(f):        return f.name if type(f) is Op else getattr(f, "__self__", f).__name__  # of a ufunc's __call__ too
def _sums_products(f): return _name(f) in PRODUCTS or (type(f) is Op and f.kind == "bilinear")
# fmt: on


def _doubt_of(x):
    """What stands in for an array when a linear function is applied to doubts."""
    if not _is_linear(x):
        return unwrapped(x)
    return (x.data != x.data) * 0.0 if x.doubt is None else x.doubt


def _map(function, args):
    if isinstance(args, list | tuple):
        return [_map(function, x) for x in args] if isinstance(args, list) else tuple(_map(function, x) for x in args)
    return {name: _map(function, x) for name, x in args.items()} if isinstance(args, dict) else function(args)


def _flags(args: Any) -> Iterator[bool]:
    for x in args:
        yield any(_flags(x)) if isinstance(x, list | tuple) else _is_linear(x)


def _doubts(args: Any) -> Iterator[bool]:
    for x in args:
        yield any(_doubts(x)) if isinstance(x, list | tuple) else _is_linear(x) and x.doubt is not None


def _rewrapped(value: Any, linear: bool, doubt: Any) -> Any:
    if isinstance(value, list | tuple):
        return [_rewrapped(v, linear, None if doubt is None else d) for v, d in zip(value, doubt or value, strict=True)]
    return Careful(value, linear, doubt) if is_inexact(value) else value
