"""`explain`: how a gradient was computed, line by line and edge by edge.

An `Explanation` holds the lines of the forward pass and the steps of the backward pass as data, and renders them. The
backward pass in it is the real one (`walking.py`); what is here only reads.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import GradientError, ShapeError
from ..modes.reverse import one_like
from ..tensor import Tensor
from . import listing, mathematics, scripts
from .drawing import picture_of
from .page import page_of
from .paths import Paths, Terms, find_paths, terms_of
from .recording import Recording, described, record_of, record_run, shape_of
from .steps import Line, Step
from .telling import Telling
from .walking import observed_pass
from .written import Script


class Explanation:
    """What `explain` returns.

    Attributes
    ----------
    title : str
        What is explained: f(x, y).
    lines : list of Line
        The forward pass.
    steps : list of Step
        The backward pass.
    values, gradients : dict of str to array
        Of everything that has a name: its value, and its gradient x̄, a list for a line with several outputs. Of a
        complex x that is the transposed derivative; `tg.grad` returns its conjugate.
    sources : list of str
        The names of what is differentiated with respect to.
    result : str
        The name of the result.
    """

    def __init__(self, recording: Recording, seed: Any, element: tuple[int, ...] | None = None) -> None:
        self.recording, self.seed, self.followed = recording, seed, element
        names = recording.names
        self.title, self.result = recording.title, names[recording.root]
        self.sources = [names[node] for node in recording.sources]
        events, found = observed_pass(recording.root, seed, recording.sources)
        reserved = [n for name in names.values() for n in (name, f"{name}_bar")]
        self.script = Script(["np", "special", *reserved])
        self.telling = Telling(recording, self.script)
        self.identifiers = self.telling.identifiers
        self.lines: list[Line] = list(self.telling.lines.values())
        self.steps: list[Step] = list(self.telling.steps(events))
        self.values = {names[n]: n.value for n in [*recording.sources, *recording.lines]}
        self.gradients = {names[recording.root]: seed}
        self.gradients.update({step.target: step.running for step in self.steps if step.running is not None})
        self.gradients.update({names[n]: g for n, g in found.items()})
        for node in recording.sources:  # the function does not depend on it
            self.gradients.setdefault(names[node], np.zeros_like(node.value))

    def known_after(self, steps: int) -> dict[str, Any]:
        """What is known of the gradients after so many steps: a gradient that is not complete yet is None, never 0.

        >>> ex = explain(lambda x, y: x * y, 2.0, 3.0)
        >>> {name: g if g is None else float(g) for name, g in ex.known_after(1).items()}
        {'x': 3.0, 'y': None, 'f': 1.0}
        """
        known = dict.fromkeys(self.values)
        known[self.result] = self.seed
        for step in self.steps[:steps]:
            if step.is_last:
                known[step.target] = step.running
        reached = {step.target for step in self.steps}
        known.update({name: self.gradients[name] for name in self.sources if name not in reached})
        return known

    def paths(self, name: str, limit: int = 1000) -> Paths:
        """Every path from the result to a source, with what flows along it; see `Paths`."""
        return find_paths(self, name, limit)

    def follow(self, name: str, element: tuple[int, ...]) -> list[Terms]:
        """One element of a gradient as a sum of numbers: where each of its terms comes from."""
        return terms_of(self, name, element)

    def with_element(self, element: tuple[int, ...]) -> set[str]:
        """The names of the gradients that have such an element."""
        return {name for name, g in self.gradients.items() if not isinstance(g, list) and has_element(g, element)}

    def source(self) -> str:
        """The computation and its backward pass as straight-line Python: a function that returns the gradient.

        Run it with ``exec(ex.source(), ex.namespace)``; large constant arrays are in that namespace.
        """
        return scripts.source_of(self)

    @property
    def namespace(self) -> dict[str, Any]:
        """A fresh dict of the objects that `source` refers to by name."""
        self.source()
        return dict(self.script.constants)

    def text(self) -> str:
        """Plain text, of any width."""
        return listing.text_of(self)

    def latex(self) -> str:
        """Two aligned environments of LaTeX."""
        return mathematics.latex_of(self)

    def html(self) -> str:
        """A piece of HTML, with MathML for the formulae."""
        return mathematics.html_of(self)

    def page(self) -> str:
        """The stepper page: a file of HTML that needs nothing else."""
        return page_of(self)

    def save(self, path: str | Path) -> None:
        """Write the stepper page; open it in a browser, from the disk as it is."""
        Path(path).write_text(self.page(), encoding="utf-8")

    __str__ = text
    _repr_html_ = html

    def _repr_latex_(self) -> str:
        return self.latex()

    def _repr_svg_(self) -> str | None:
        return picture_of(self.recording, self.telling, self.gradients, self)._repr_svg_()

    def __rich__(self) -> Any:
        return listing.rich_of(self)

    def __repr__(self) -> str:
        gradients = ", ".join(f"{name}: {described(self.gradients[name])}" for name in self.sources)
        return f"<explanation of {self.title}: {len(self.lines)} lines, {len(self.steps)} steps; gradient {gradients}>"


def explain(
    f: Callable[..., Any] | Tensor,
    /,
    *args: Any,
    element: int | tuple[int, ...] | None = None,
    cotangent: Any = None,
    **kwargs: Any,
) -> Explanation:
    """Show how a gradient is computed: the forward lines, and every step of the backward pass.

    Parameters
    ----------
    f : callable or Tensor
        A function of arrays, which is run once; or what has been computed already.
    *args, **kwargs
        The arguments of f. Numbers, and arrays of floats, are what it is differentiated with respect to.
    element : int or tuple of int, optional
        If the result is an array, the element to differentiate; if it is one number, the element of each array whose
        gradient is followed through the steps.
    cotangent : array, optional
        What flows back into a result that is an array.

    Returns
    -------
    Explanation
        Prints as text; in a notebook it shows as a table with formulae.

    Raises
    ------
    GradientError
        If the result is an array, and neither `element` nor `cotangent` is given; if nothing is differentiated.

    >>> ex = explain(lambda x, y: np.exp(2 * y) * np.sin(x), x=0.0, y=1.0)
    >>> print(ex)
    f(x, y) at x = 0, y = 1
    <BLANKLINE>
    forward
      v1 = 2 * y    = 2
      v2 = exp(v1)  = 7.38906
      v3 = sin(x)   = 0
      f = v2 * v3   = 0
    <BLANKLINE>
    backward, from f_bar = 1
      line          step                     numbers                     x_bar    y_bar
      f = v2 * v3   v2_bar = f_bar * v3      1 * 0 = 0                   ?        ?
      f = v2 * v3   v3_bar = f_bar * v2      1 * 7.38906 = 7.38906       ?        ?
      v3 = sin(x)   x_bar = v3_bar * cos(x)  7.38906 * cos(0) = 7.38906  7.38906  ?
      v2 = exp(v1)  v1_bar = v2_bar * v2     0 * 7.38906 = 0             7.38906  ?
      v1 = 2 * y    y_bar = v1_bar * 2       0 * 2 = 0                   7.38906  0
    """
    if type(f) is Tensor:
        frame = sys._getframe(1)
        recording = record_of(f, {**frame.f_globals, **frame.f_locals} if frame.f_locals is not frame.f_globals else
                              frame.f_globals)  # fmt: skip
    else:
        recording = record_run(f, args, kwargs)
    index = None if element is None else _index(element)
    y = recording.root.value
    if cotangent is None and y.shape and index is not None:
        return Explanation(recording, _unit(y, index))
    explanation = Explanation(recording, _seed(y, cotangent), index)
    if index is not None and not explanation.with_element(index):
        raise ShapeError(f"explain: element={index}: no gradient has such an element, neither of the arguments nor "
                         "of what is computed")  # fmt: skip
    return explanation


def _seed(y: Any, cotangent: Any) -> Any:
    """What flows back into the result: 1, unless it is an array."""
    if cotangent is not None:
        seed = np.asarray(cotangent, y.dtype)
        if seed.shape != y.shape:
            raise ShapeError(f"explain: the cotangent has shape {seed.shape}, but the result has shape {y.shape}")
        return seed
    if y.shape:
        raise GradientError(
            f"explain: a gradient belongs to one number, but the result has shape {y.shape}. Reduce it (np.sum, "
            "np.mean), choose one with element=(0, 1), or give a cotangent= of that shape"
        )
    return one_like(y)


def _unit(y: Any, element: tuple[int, ...]) -> Any:
    """1 at the element, 0 elsewhere."""
    if not has_element(y, element):
        raise ShapeError(f"explain: element={element}: the result has shape {y.shape}, and no such element")
    seed = np.zeros_like(y)
    seed[element] = 1
    return seed


def _index(element: Any) -> tuple[int, ...]:
    found = element if isinstance(element, tuple | list) else (element,)
    if not all(isinstance(i, int | np.integer) and not isinstance(i, bool) for i in found):
        raise ShapeError(f"explain: element={element!r}. Expected whole numbers, one for each axis: element=(0, 1)")
    return tuple(int(i) for i in found)


def has_element(x: Any, element: tuple[int, ...]) -> bool:
    """True if an array has an element there.

    >>> has_element(np.zeros((2, 3)), (1, -1)), has_element(np.zeros((2, 3)), (2, 0)), has_element(np.zeros(2), (0, 0))
    (True, False, False)
    """
    shape = shape_of(x)
    return len(shape) == len(element) and all(-n <= i < n for i, n in zip(element, shape, strict=True))
