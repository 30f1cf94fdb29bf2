"""`derivative`: the gradient as formulae, by the same engine and the same rules, run on symbols (`symbols.py`)."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Iterator, Mapping
from functools import wraps
from itertools import combinations_with_replacement
from typing import Any

import numpy as np

from ..errors import GradientError
from ..modes import strict_ieee
from ..runs import refuse_uncallable
from ..transforms import grad
from .symbols import Symbolic, as_symbols, symbols, sympy

Key = tuple[str, ...]


class Derivative(Mapping[Any, Any]):
    """The partial derivatives of a function, as SymPy's expressions.

    A mapping: ``d["x"]`` is ∂f/∂x; of higher orders ``d["x", "y"]`` is ∂²f/∂x∂y. Elements of arrays have names of their
    own: ``d["A_0_1"]``.

    Attributes
    ----------
    value : expression
        The function itself.
    order : int
        How often it was differentiated.
    """

    def __init__(self, name: str, value: Any, expressions: dict[Key, Any], order: int) -> None:
        self.name, self.value, self.expressions, self.order = name, value, expressions, order

    def __getitem__(self, key: str | Key) -> Any:
        key = (key,) if isinstance(key, str) else key
        found = self.expressions.get(tuple(key), self.expressions.get(tuple(sorted(key))))
        if found is None:
            known = ", ".join("/".join(k) for k in self.expressions)
            raise KeyError(f"no derivative with respect to {'/'.join(key)}. Expected one of: {known}")
        return found

    def __iter__(self) -> Iterator[Any]:
        return iter(key[0] if len(key) == 1 else key for key in self.expressions)

    def __len__(self) -> int:
        return len(self.expressions)

    def at(self, **values: float) -> dict[Any, float]:
        """The numbers that the formulae have at a point.

        >>> derivative(lambda x: x**2).at(x=3)
        {'x': 6.0}
        """
        where = {symbol: values[symbol.name] for symbol in self._free() if symbol.name in values}
        return {key: float(self[key].subs(where)) for key in self}

    def simplified(self) -> Derivative:
        """The same, simplified by SymPy as far as it goes."""
        simple = {key: sympy().simplify(e) for key, e in self.expressions.items()}
        return Derivative(self.name, self.value, simple, self.order)

    def latex(self) -> str:
        """An aligned environment of LaTeX."""
        rows = [f"{_fraction(self.name, key)} &= {sympy().latex(e)}" for key, e in self.expressions.items()]
        return "\\begin{aligned}\n" + " \\\\\n".join(rows) + "\n\\end{aligned}"

    def mathml(self) -> str:
        """One `<math>` element for each derivative."""
        rows = []
        for key, e in self.expressions.items():
            over = "<mo>∂</mo>" if len(key) == 1 else f"<msup><mo>∂</mo><mn>{len(key)}</mn></msup>"
            under = "".join(f"<mo>∂</mo>{_presented(sympy().Symbol(name))}" for name in key)
            left = f"<mfrac><mrow>{over}{_presented(sympy().Symbol(self.name))}</mrow><mrow>{under}</mrow></mfrac>"
            rows.append(f'<math display="block">{left}<mo>=</mo>{_presented(e)}</math>')
        return "\n".join(rows)

    def _repr_latex_(self) -> str:
        return f"$${self.latex()}$$"

    _repr_html_ = mathml

    def __str__(self) -> str:
        heads = [_head(self.name, key) for key in self.expressions]
        width = max(map(len, heads))
        return "\n".join(
            f"{head:<{width}} = {written(e)}" for head, e in zip(heads, self.expressions.values(), strict=True)
        )

    __repr__ = __str__

    def _free(self) -> set[Any]:
        return set().union(*(e.free_symbols for e in self.expressions.values()))


def derivative(f: Callable[..., Any], *, order: int = 1, **shapes: int | tuple[int, ...]) -> Derivative:
    """The gradient of a function as formulae.

    Parameters
    ----------
    f : callable
        A function of numbers or small arrays, written in NumPy, that returns one number.
    order : int
        1 for the gradient, 2 for all second derivatives, and so on.
    **shapes : int or tuple of int
        The shapes of those parameters of f that are arrays; the others are numbers. A parameter that has a default
        keeps it, unless its shape is given.

    Returns
    -------
    Derivative
        A mapping from names to expressions; prints as text.

    Raises
    ------
    MissingExtraError
        If SymPy is not installed (extra [symbolic]).
    TracedError
        If f branches on a value: np.where has both branches.
    NoRuleError
        If f uses a function that has no formula.

    >>> d = derivative(lambda x, y: np.exp(2 * y) * np.sin(x))
    >>> d
    ∂f/∂x = exp(2*y)*cos(x)
    ∂f/∂y = 2*exp(2*y)*sin(x)
    >>> derivative(lambda x: np.maximum(x, 0))
    ∂f/∂x = {1/2 where x = 0; 1 where x > 0; else 0}
    >>> derivative(lambda x: np.sum(x**2), x=(2,))
    ∂f/∂x_0 = 2*x_0
    ∂f/∂x_1 = 2*x_1
    >>> derivative(lambda x: np.sin(x), order=3)
    ∂³f/∂x³ = -cos(x)
    """
    refuse_uncallable("derivative", f)
    if order < 1:
        raise GradientError(f"derivative: order={order}. Expected 1 or more")
    f, names = _of_symbols(f, shapes)
    arrays = [symbols(name, _shape(name, shapes.get(name, ()))) for name in names]
    places = [(i, index) for i, x in enumerate(arrays) for index in np.ndindex(*x.shape)]
    if not places:
        raise GradientError("derivative: f has no parameter to differentiate with respect to")
    label = lambda place: "_".join([names[place[0]], *map(str, place[1])])
    found: dict[Key, Any] = {}
    with strict_ieee():  # zeros that are stronger than infinities are a matter of numbers
        value = as_symbols(f(*arrays))
        if value.shape != ():
            raise GradientError(f"derivative: the result has shape {value.shape}. Expected one number: np.sum, y[0]")
        for prefix in combinations_with_replacement(places, order - 1):
            gradient = grad(_element_of(f, prefix), tuple(range(len(arrays))))(*arrays)
            for place in places:
                if not prefix or place >= prefix[-1]:
                    key = tuple(map(label, (*prefix, place)))
                    found[key] = tidied(as_symbols(gradient[place[0]]).data[place[1]])
    name = getattr(f, "__name__", "f")
    return Derivative(name if name.isidentifier() else "f", value.data[()], found, order)


def _of_symbols(f: Callable[..., Any], shapes: Mapping[str, Any]) -> tuple[Callable[..., Any], list[str]]:
    """The function of those parameters that become symbols, by position; and their names."""
    parameters = inspect.signature(f).parameters
    if unknown := shapes.keys() - parameters.keys():
        known = ", ".join(parameters)
        raise GradientError(f"derivative: f has no parameter {', '.join(sorted(unknown))}. It has {known}")
    kept = [
        p for p in parameters.values() if p.name in shapes or (p.default is p.empty and p.kind is not p.VAR_KEYWORD)
    ]
    named = [p.name for p in kept if p.kind is p.KEYWORD_ONLY or p.default is not p.empty]
    n = len(kept) - len(named)
    kept.sort(key=lambda p: p.name in named)

    @wraps(f)
    def of_symbols(*xs: Any) -> Any:
        return f(*xs[:n], **dict(zip(named, xs[n:], strict=True)))

    return of_symbols, [p.name for p in kept]


def _shape(name: str, shape: Any) -> tuple[int, ...]:
    found = (shape,) if isinstance(shape, int) else shape
    if not isinstance(found, tuple | list) or not all(isinstance(n, int) and n >= 0 for n in found):
        raise GradientError(f"derivative: {name}={shape!r} is no shape. Expected whole numbers: {name}=(2, 3)")
    return tuple(found)


def _element_of(f: Callable[..., Any], places: tuple[tuple[int, tuple[int, ...]], ...]) -> Callable[..., Any]:
    """The function that is differentiated once more: f, or one element of its gradient, or of that one's."""
    for i, index in places:
        f = _partial(f, i, index)
    return f


def _partial(f: Callable[..., Any], i: int, index: tuple[int, ...]) -> Callable[..., Any]:
    slope = grad(f, i)
    return lambda *xs: slope(*xs)[index] if index else slope(*xs)


def tidied(e: Any) -> Any:
    """Without cases inside of cases; after the case x = y, x ≥ y is x > y."""
    sp = sympy()
    if not e.has(sp.Piecewise):
        return e
    try:
        e = sp.piecewise_fold(e)
    except AttributeError:  # SymPy's folding fails on some conditions that have cases themselves
        return e
    if not isinstance(e, sp.Piecewise):
        return e
    cases: list[Any] = []
    ties: dict[Any, Any] = {}
    for value, c in e.args:
        cases.append((value, c.xreplace(ties)))
        if isinstance(c, sp.Eq):
            for a, b in ((c.lhs, c.rhs), (c.rhs, c.lhs)):
                ties |= {sp.Ge(a, b): sp.Gt(a, b), sp.Le(a, b): sp.Lt(a, b)}
    return sp.Piecewise(*cases)


def written(e: Any) -> str:
    """An expression as text; cases are named by their conditions.

    >>> from tinygrad_edu.explaining.symbols import sympy
    >>> x = sympy().Symbol("x", real=True)
    >>> written(sympy().Piecewise((1, x > 0), (x**2, True)))
    '{1 where x > 0; else x**2}'
    """
    sp = sympy()
    if not isinstance(e, sp.Piecewise):
        return str(e)
    parts = [f"{value} where {_condition(c)}" if c != True else f"else {value}" for value, c in e.args]  # noqa: E712
    return "{" + "; ".join(parts) + "}"


def _condition(c: Any) -> str:
    sp = sympy()
    if isinstance(c, sp.Not):
        c = c.to_nnf(simplify=False)  # not (x > 1 or x < 0) is x <= 1 and x >= 0
    if isinstance(c, sp.Eq):
        return f"{c.lhs} = {c.rhs}"
    if isinstance(c, sp.And | sp.Or):
        parts = sorted(f"({_condition(a)})" if isinstance(a, sp.And | sp.Or) else _condition(a) for a in c.args)
        return (" and " if isinstance(c, sp.And) else " or ").join(parts)
    return str(c)


def _presented(e: Any) -> str:
    return sympy().mathml(e, printer="presentation")


def _head(name: str, key: Key) -> str:
    power = "" if len(key) == 1 else str(len(key)).translate(_SUPERSCRIPTS)
    under = "".join(f"∂{k}" if n == 1 else f"∂{k}{str(n).translate(_SUPERSCRIPTS)}" for k, n in _counted(key))
    return f"∂{power}{name}/{under}"


def _fraction(name: str, key: Key) -> str:
    power = "" if len(key) == 1 else f"^{{{len(key)}}}"
    latex = lambda text: sympy().latex(sympy().Symbol(text))
    under = " ".join(rf"\partial {latex(k)}" + (f"^{{{n}}}" if n > 1 else "") for k, n in _counted(key))
    return rf"\frac{{\partial{power} {latex(name)}}}{{{under}}}"


def _counted(key: Key) -> list[tuple[str, int]]:
    return [(k, key.count(k)) for k in dict.fromkeys(key)]


_SUPERSCRIPTS = str.maketrans("0123456789", "⁰¹²³⁴⁵⁶⁷⁸⁹")

__all__ = ["Derivative", "Symbolic", "derivative", "written"]
