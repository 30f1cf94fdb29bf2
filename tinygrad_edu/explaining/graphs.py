"""`graph`: a picture of what was computed from what, for a function, a Tensor or an explanation."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

from ..errors import GradientError
from ..modes.reverse import one_like
from ..tensor import Tensor
from .drawing import Drawing, picture_of
from .explanation import Explanation, explain
from .recording import record_of, shape_of
from .telling import Telling
from .written import Script


def graph(
    what: Tensor | Callable[..., Any] | Explanation,
    /,
    *args: Any,
    backward: bool = False,
    collapse: bool = True,
    **kwargs: Any,
) -> Drawing:
    """Draw what was computed from what.

    Parameters
    ----------
    what : Tensor, callable or Explanation
        What has been computed, or a function to be run on the arguments that follow.
    backward : bool
        Draw the backward pass beside it.
    collapse : bool
        Draw lines that repeat (the body of a loop) once, with their number.

    Returns
    -------
    Drawing
        Text as `.dot` and `.mermaid()`; pictures as `.svg()` and `.png()`; a notebook shows it.

    >>> import numpy as np
    >>> print(graph(lambda x: np.sin(x), 0.0).mermaid())
    flowchart TD
      n0(["x<br>0<br>grad 1<br>float64"])
      n1["f = sin(x)<br>0<br>grad 1<br>float64"]
      n0 --> n1
    """
    if isinstance(what, Explanation):
        ex: Explanation | None = what
    elif type(what) is Tensor:
        frame = sys._getframe(1)
        recording = record_of(what, {**frame.f_globals, **frame.f_locals})
        y = what.data
        ex = Explanation(recording, one_like(y)) if shape_of(y) == () and getattr(y.dtype, "kind", "") == "f" else None
        if ex is None and backward:
            raise GradientError(
                f"graph: there is no one backward pass of a result of shape {shape_of(y)}. Reduce it (np.sum, "
                "np.mean), or draw graph(explain(f, x, element=(0, 1)), backward=True)"
            )
        if ex is None:
            return picture_of(recording, Telling(recording, Script()), {}, None, collapse)
    else:
        ex = explain(what, *args, **kwargs)
    assert ex is not None
    if backward and not ex.steps:
        raise GradientError("graph: there is no backward pass to draw: the result is the argument itself")
    return picture_of(ex.recording, ex.telling, ex.gradients, ex if backward else None, collapse)
