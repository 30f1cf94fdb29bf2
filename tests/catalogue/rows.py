"""What a sample row is: `row(function, *args, **params)`, and the numbers that go into one.

Arrays of floats among the arguments (also inside lists) are differentiated; everything else is constant. The numbers
keep away from kinks and poles, where finite differences say nothing; what happens there is in `test_corner_cases.py`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import numpy as np

MODULES = {
    "numpy.linalg": "linalg.", "numpy.fft": "fft.", "tinygrad_edu.functions": "nn.",
    **{f"tinygrad_edu.scipy.{name}": f"scipy.{name}." for name in ("fft", "signal", "ndimage", "linalg", "integrate")},
}  # fmt: skip


@dataclass(frozen=True)
class Sample:
    """One call of a function.

    Attributes
    ----------
    entry : str
        The name in vocabulary.txt of what the call shows: "linalg.svd", "special.erf", "nn.relu"; by default the
        function's own, in its module.
    numpy_only : bool
        True for what does not dispatch (scipy.linalg, say), and so runs on no arrays but NumPy's.
    double_only : bool
        True for what is not called in single precision, because the function itself fails there.
    """

    function: Callable[..., Any]
    args: tuple[Any, ...]
    params: dict[str, Any] = field(default_factory=dict)
    entry: str = ""
    numpy_only: bool = False
    double_only: bool = False

    @property
    def name(self) -> str:
        return getattr(self.function, "__name__", str(self.function))

    def __str__(self) -> str:
        shapes = ",".join(str(a.shape) if isinstance(a, np.ndarray) else type(a).__name__ for a in self.args)
        params = "".join(f",{k}={getattr(v, '__name__', v)}" for k, v in self.params.items())
        return f"{self.name}({shapes}{params})".replace(" ", "")


def row(
    function: Callable[..., Any],
    *args: Any,
    entry: str = "",
    numpy_only: bool = False,
    double_only: bool = False,
    **params: Any,
) -> Sample:
    return Sample(function, args, params, entry or entry_of(function), numpy_only, double_only)


def entry_of(function: Callable[..., Any]) -> str:
    """The name of a function in vocabulary.txt, unless its row says another."""
    name = getattr(function, "__name__", str(function))
    module = getattr(function, "__module__", None) or ""
    if isinstance(function, np.ufunc) and getattr(np, name, None) is not function:
        return f"special.{name}"
    return next((prefix + name for start, prefix in MODULES.items() if module.startswith(start)), name)


def numbers(seed: int) -> tuple[Callable[..., np.ndarray], ...]:
    """`anywhere, positive, inside, apart` of a generator of one's own: they do not change when other pages do."""
    rng = np.random.default_rng(seed)

    def anywhere(*shape: int) -> np.ndarray:
        """Numbers of both signs, between 0.2 and 1.8 in size."""
        return rng.choice([-1.0, 1.0], shape) * rng.uniform(0.2, 1.8, shape)

    def positive(*shape: int) -> np.ndarray:
        """Numbers between 0.3 and 1.9."""
        return rng.uniform(0.3, 1.9, shape)

    def inside(*shape: int) -> np.ndarray:
        """Numbers between -0.9 and 0.9."""
        return rng.uniform(-0.9, 0.9, shape)

    def apart(*shape: int) -> np.ndarray:
        """Numbers whose distances are at least 0.1: no ties."""
        return (rng.permutation(int(np.prod(shape))) * 0.13 - 0.5).reshape(shape)

    return anywhere, positive, inside, apart


anywhere, positive, inside, apart = numbers(20261121)
