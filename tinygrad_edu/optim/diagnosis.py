"""What went wrong, in words: a descent that climbs out of the bowl, one that bounces, and a loss that is not a number.

A learning rate below 2/λ settles, and one beyond it climbs; at 2/λ the point bounces from side to side for ever. So the
curvature says whether the rate was to blame, and which one would have worked. A NaN has another story: the last steps
are taken once more under `detect_anomaly`, which names the operation that made it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from ..errors import AnomalyError
from ..modes.anomaly import detect_anomaly
from ..transforms import value_and_grad
from ..trees import Tree, leaves
from .curvature import Curvature
from .descent import Loss
from .stages import Algorithm
from .stopping import WINDOW, norm

OPPOSITE = -0.5  # the cosine between successive gradients of a point that goes back where it came from
BOUNCES = "the point bounces from side to side"


def divergence(losses: Sequence[float], steps: int, algorithm: Algorithm, bend: Curvature, automatic: bool) -> str:
    """Why the loss climbed, and what would have worked."""
    name = algorithm.name
    rate = algorithm.hyperparameters.get("learning_rate")
    happened = f"{name} diverged: the loss went from {losses[0]:.4g} to {losses[-1]:.4g} in {steps} steps"
    happened += f" with learning rate {rate:.4g}" if isinstance(rate, float) else ""
    if losses[-1] < losses[0]:
        return f"{happened}. It falls without bound: a loss like this has no minimum. Change its sign, or bound it"
    if not isinstance(rate, float):
        return f"{happened}. Expected a loss that falls"
    if np.isnan(losses[-1]):
        return f"{happened}. A step led to where the loss has no value. Try {rate / 10:.4g}"
    decay = algorithm.hyperparameters.get("decay", 0.0)
    bounded = algorithm.overshoot < np.inf  # by the curvature; a step of another kind knows no limit
    limit = (1 + decay) * bend.limit
    if bounded and not automatic and rate > 0.9 * limit:  # the curvature that was measured may be a little too low
        numerator = f"2(1 + {decay:.4g})" if decay else "2"
        return (
            f"{happened}. It bounces from side to side and climbs out of the bowl: the largest curvature at the start "
            f"is {bend.largest:.4g}, so the rate must stay below {numerator}/{bend.largest:.4g} = {limit:.4g}. "
            f"Try {bend.safe_rate:.4g}, or 'auto'"
        )
    if not bounded:
        return f"{happened}. Try {rate / 10:.4g}"
    return f"{happened}. The curvature at the start allows it, so the loss bends more on the way. Try {rate / 10:.4g}"


def no_value(name: str, loss: float, params: Tree, data: Sequence[Any]) -> str:
    """Why there is no loss to begin with: a number in the data or in the start that is none, or the loss itself."""
    suspects: list[tuple[str, str, Sequence[Any]]] = [
        ("data", "Fill it in, or leave it out", data),
        ("start", "Choose another start", leaves(params)),
    ]
    for what, cure, arrays in suspects:
        for i, x in enumerate(arrays):
            bad = np.argwhere(~np.isfinite(x)) if np.asarray(x).dtype.kind in "fc" else np.empty((0, 1))
            if len(bad):
                which = f"{what}[{i}]" if len(arrays) > 1 else what
                at = f" at [{', '.join(map(str, bad[0]))}]" if np.ndim(x) else ""
                return f"{name}: at the start the loss is {loss:.4g}: the {which} is not finite{at}. {cure}"
    what = f"loss is {loss:.4g}" if not np.isfinite(loss) else "gradient is not finite"
    return f"{name}: at the start the {what}. Choose another start"


def bouncing(losses: Sequence[float], before: Tree, now: Tree) -> str:
    """How a run of full batches ended that did not converge, from its last two gradients; nothing to say: ''."""
    if losses[-1] > losses[0]:
        return "the loss is higher than at the start. Try a smaller learning rate, or another start"
    lengths = norm(before) * norm(now)
    product = sum(float(np.vdot(a, b).real) for a, b in zip(leaves(before), leaves(now), strict=True))
    if not product < OPPOSITE * lengths:
        return ""
    recent = losses[-WINDOW - 1 :]
    if recent[-1] > (1 - 1e-3) * recent[0]:
        return f"{BOUNCES}, and the loss does not fall. The learning rate is too large: try half of it"
    return f"{BOUNCES}, a little closer each time. A smaller learning rate goes straight"


def provenance(loss: Loss, places: Sequence[tuple[Tree, tuple[Any, ...]]]) -> AnomalyError | None:
    """Who made the first NaN or infinity: the steps from these (parameters, batch) once more, with a witness."""
    for params, batch in places:
        try:
            with detect_anomaly():
                value_and_grad(loss)(params, *batch)
        except AnomalyError as error:
            return error
    return None
