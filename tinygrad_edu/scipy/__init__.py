"""SciPy's functions under SciPy's names, differentiable.

SciPy's universal functions (`scipy.special.erf`) take Tensors as they are. Its other functions do not dispatch: they
would turn a Tensor into an array and lose its gradient. Those of the vocabulary are offered here, in the same modules,
with the same signatures: ``from tinygrad_edu.scipy import linalg, stats``. On plain arrays they return what SciPy
returns.

A module is loaded when it is first asked for, since SciPy's own take their time. SciPy is the extra `[scipy]`; this
file is its one door.
"""

from importlib import import_module
from typing import Any

from ..errors import MissingExtraError

try:
    import scipy as _scipy  # noqa: F401
except ImportError as error:
    raise MissingExtraError(
        'tinygrad_edu.scipy needs SciPy, which is not installed. Install it: pip install "tinygrad-edu[scipy]"'
    ) from error

__all__ = [
    "fft",
    "integrate",
    "interpolate",
    "linalg",
    "ndimage",
    "optimize",
    "signal",
    "sparse",
    "spatial",
    "special",
    "stats",
]


def __getattr__(name: str) -> Any:
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}; it has {', '.join(__all__)}")
    return import_module(f".{name}", __name__)


def __dir__() -> list[str]:
    return __all__
