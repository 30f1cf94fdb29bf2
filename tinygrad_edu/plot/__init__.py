"""Pictures of losses, gradients and descents, by matplotlib (the extra `[plot]`).

Every function takes the axes to draw on as `ax`, makes new ones if there are none, and returns them; none shows
anything. `loss_sweep` draws a loss against one weight; `contours`, `gradient_field` and `surface` over two; `descents`
the ways of optimizers; `loss_curve` and `rate_curve` what happened on the way; `fit`, `predicted_against_actual` and
`confusion` where it ended; `iterative_approach` the loop itself. `film` and `animate` make pages that move.
"""

from .animation import Animation, animate
from .curves import loss_curve, rate_curve
from .diagrams import iterative_approach
from .films import film
from .fits import confusion, fit, predicted_against_actual
from .maps import contours, descents, gradient_field
from .surfaces import surface
from .sweeps import loss_sweep

__all__ = [
    "Animation",
    "animate",
    "confusion",
    "contours",
    "descents",
    "film",
    "fit",
    "gradient_field",
    "iterative_approach",
    "loss_curve",
    "loss_sweep",
    "predicted_against_actual",
    "rate_curve",
    "surface",
]
