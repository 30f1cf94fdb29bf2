"""The laws that every row of the table obeys, each a function that raises CheckError, with numbers, if it is broken.

They hold at any point and need no tolerance but rounding: what is recorded is what is computed; the two modes are
transposes of each other; second derivatives are the same in all four mixes of modes; dtypes and shapes are those of the
primals; broadcasting is undone. Only `forward_mode_is_measured` and `second_order_is_measured` compare with finite
differences, for samples that keep away from kinks and poles; near those, `tinygrad_edu.check` knows what to say.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from ..errors import CheckError
from ..tensor import Tensor
from ..transforms import jvp, vjp
from ..trees import flatten, leaves

Arrays = list[Any]


class Example:
    """One call of a function, as a function of its float arrays alone, which returns a flat list of arrays.

    Parameters
    ----------
    function : callable
    args : sequence
        Its arguments, also nested; arrays of floats among them move, everything else is constant.
    params : mapping, optional
        Its keyword arguments.
    dtype : dtype, optional
        What the arrays are converted to first: np.float32 makes complex arrays complex64.

    >>> Example(np.multiply, (np.array([1.0, 2.0]), 3)).primals
    [array([1., 2.])]
    """

    def __init__(
        self,
        function: Callable[..., Any],
        args: Sequence[Any],
        params: Mapping[str, Any] | None = None,
        dtype: Any = None,
    ) -> None:
        self.function, self.params = function, dict(params or {})
        self.flat, self.rebuild = flatten(list(args))
        self.places = [i for i, x in enumerate(self.flat) if is_primal(x)]
        self.primals = [self.flat[i] for i in self.places]
        if dtype is not None:
            self.primals = [
                x.astype(np.result_type(dtype, np.complex64) if x.dtype.kind == "c" else dtype) for x in self.primals
            ]

    def __call__(self, *primals: Any) -> Arrays:
        """The results for these arrays in the places of the example's own."""
        flat = list(self.flat)
        for i, x in zip(self.places, primals, strict=True):
            flat[i] = x
        return self.results(*self.rebuild(flat))

    def results(self, *args: Any) -> Arrays:
        """The leaves of what the function returns; a subclass may call it otherwise."""
        return leaves(self.function(*args, **self.params))


def is_primal(x: Any) -> bool:
    """True for an array of real or complex floats."""
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"


def noise(like: Sequence[Any], seed: int) -> Arrays:
    """Random arrays of these shapes and dtypes."""
    rng = np.random.default_rng(seed)
    parts = [rng.standard_normal(np.shape(x)) for x in like]
    imaginary = [1j * rng.standard_normal(np.shape(x)) if np.iscomplexobj(x) else 0 for x in like]
    return [np.asarray(p + q, dtype=x.dtype)[()] for p, q, x in zip(parts, imaginary, like, strict=True)]


def pairing(xs: Sequence[Any], ys: Sequence[Any]) -> Any:
    """Re Σ x y: the pairing under which the walk transposes."""
    return sum(np.sum(np.real(x * y)) for x, y in zip(xs, ys, strict=True))


def slope(f: Callable[..., Arrays], primals: Sequence[Any], direction: Sequence[Any], h: float = 2e-3) -> Arrays:
    """The directional derivative by central differences of sixth order."""
    at = lambda k: [np.asarray(y) for y in f(*[x + k * h * t for x, t in zip(primals, direction, strict=True)])]
    weights = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
    ys = {k: at(k) for k in (-3, -2, -1, 1, 2, 3)}
    n = len(ys[1])
    return [sum(w * (ys[k][i] - ys[-k][i]) for k, w in weights.items()) / h for i in range(n)]


# --- laws -------------------------------------------------------------------------------------------------------------


def recording_changes_nothing(f: Example) -> None:
    """A recorded call gives the value, shape and dtype of a plain one."""
    found = f(*[Tensor(x, requires_grad=True) for x in f.primals])
    for i, (a, b) in enumerate(zip(found, f(*f.primals), strict=True)):
        data = a.data if isinstance(a, Tensor) else a
        if np.shape(data) != np.shape(b) or data.dtype != b.dtype:
            raise CheckError(
                f"recorded, result {i} is {data.dtype} of shape {np.shape(data)}. Expected {b.dtype}, {np.shape(b)}"
            )
        _close(f"recorded, result {i}", data, b, 1e-15, each=True)


def forward_mode_is_measured(f: Example, tolerance: float = 2e-8) -> None:
    """The jvp is the slope by finite differences."""
    t = noise(f.primals, 1)
    all_close("the jvp", jvp(f, f.primals, t)[1], slope(f, f.primals, t), tolerance)


def modes_are_adjoint(f: Example, tolerance: float = 1e-13) -> None:
    """⟨g, J t⟩ = ⟨Jᵀ g, t⟩, and gradients have the shapes and dtypes of the primals."""
    t = noise(f.primals, 1)
    value, tangent = jvp(f, f.primals, t)
    g = noise(value, 2)
    cotangents = vjp(f, *f.primals)[1](g)
    typed("the gradient by argument", cotangents, f.primals)
    sizes = pairing(list(map(np.abs, g)), list(map(np.abs, tangent))) + 1
    sizes += pairing(list(map(np.abs, cotangents)), list(map(np.abs, t)))
    forward, reverse = pairing(g, tangent), pairing(cotangents, t)
    if not abs(forward - reverse) < tolerance * sizes:
        raise CheckError(
            f"the modes are not transposes of each other: ⟨g, J t⟩ = {forward:.8g} by forward mode, and "
            f"⟨Jᵀ g, t⟩ = {reverse:.8g} by reverse mode"
        )


def second_order_is_measured(f: Example, tolerance: float = 1e-7) -> None:
    """The derivatives of the gradient are its slopes by finite differences, in all mixes of modes."""
    t, pulled = noise(f.primals, 3), _pulled(f)
    expected = slope(pulled, f.primals, t)
    all_close("forward over reverse", jvp(pulled, f.primals, t)[1], expected, tolerance)
    second_orders_agree(f, tolerance, expected)


def second_orders_agree(f: Example, tolerance: float = 1e-9, expected: Arrays | None = None) -> None:
    """Second derivatives are the same in all four mixes of modes."""
    t, s = noise(f.primals, 3), noise(f.primals, 4)
    g = noise(f(*f.primals), 2)
    pulled, pushed = _pulled(f), lambda *xs: jvp(f, xs, t)[1]
    expected = jvp(pulled, f.primals, t)[1] if expected is None else expected
    weighted = pairing(s, expected)
    sizes = 1 + pairing(list(map(np.abs, s)), list(map(np.abs, expected)))
    for mix, found in {
        "reverse over forward": pairing(s, vjp(pushed, *f.primals)[1](g)),
        "reverse over reverse": pairing(t, vjp(pulled, *f.primals)[1](s)),
        "forward over forward": pairing(g, jvp(pushed, f.primals, s)[1]),
    }.items():
        if not abs(found - weighted) < tolerance * sizes:
            raise CheckError(f"second order, {mix}: {found:.8g}. Expected {weighted:.8g}, as by forward over reverse")


def _pulled(f: Example) -> Callable[..., Arrays]:
    g = noise(f(*f.primals), 2)
    return lambda *xs: list(vjp(f, *xs)[1](g))


def single_precision_stays(f: Example, double: Example, tolerance: float = 2e-4) -> None:
    """Of an example in single precision, values and derivatives are in it too, and near those of the `double` one."""
    plain = f(*f.primals)
    value, pull = vjp(f, *f.primals)
    typed("the value of result", value, plain)
    g = noise([np.asarray(y) for y in plain], 2)
    cotangents = pull(g)
    exact = vjp(double, *double.primals)[1]([np.asarray(x, np.result_type(x, np.float64)) for x in g])
    typed("the gradient by argument", cotangents, f.primals)
    all_close("the gradient in single precision", cotangents, exact, tolerance)
    typed("the tangent of result", jvp(f, f.primals, noise(f.primals, 1))[1], plain, shapes=False)


def views_agree(f: Example, tolerance: float = 1e-13) -> None:
    """Arrays with gaps between their elements have the gradients of plain ones."""
    views = [np.repeat(np.repeat(x, 2, -1), 1, 0)[..., ::2] if x.ndim else x for x in f.primals]
    g = noise(f(*f.primals), 2)
    all_close("the gradient of a view", vjp(f, *views)[1](g), vjp(f, *f.primals)[1](g), tolerance)


def broadcasting_is_undone(function: Callable[..., Any], *args: Any, tolerance: float = 1e-12) -> None:
    """Gradients of arrays that broadcast are the sums of those of arrays that are stretched beforehand."""
    g = np.ones_like(function(*args))
    found = vjp(function, *args)[1](g)
    full = vjp(function, *[np.array(a) for a in np.broadcast_arrays(*args)])[1](g)
    for i, (narrow, wide, x) in enumerate(zip(found, full, args, strict=True)):
        if narrow.shape != np.shape(x):
            raise CheckError(
                f"broadcasting: the gradient by argument {i} has shape {narrow.shape}. Expected {np.shape(x)}"
            )
        _close(f"broadcasting: the gradient by argument {i}", narrow, sum_to(wide, np.shape(x)), tolerance, each=True)


def shapes_of_elements_do_not_matter(function: Callable[..., Any], x: np.ndarray) -> None:
    """An elementwise function of one array has gradients of single numbers and of empty arrays."""
    for of in (x.flat[0], np.zeros((0, 3), x.dtype)):
        typed("the gradient by argument", vjp(function, of)[1](np.ones_like(function(of))), [of])


# --- comparing --------------------------------------------------------------------------------------------------------


def sum_to(wide: np.ndarray, shape: tuple[int, ...]) -> np.ndarray:
    """The transpose of broadcasting to a wider shape."""
    summed = wide.sum(axis=tuple(range(wide.ndim - len(shape))))
    return summed.sum(axis=tuple(a for a, n in enumerate(shape) if n == 1), keepdims=True)


def typed(what: str, found: Sequence[Any], like: Sequence[Any], shapes: bool = True) -> None:
    """Raise unless dtypes and shapes are those of `like`."""
    for i, (a, b) in enumerate(zip(found, like, strict=True)):
        if a.dtype != b.dtype:
            raise CheckError(f"{what} {i} is {a.dtype}. Expected {b.dtype}")
        if shapes and np.shape(a) != np.shape(b):
            raise CheckError(f"{what} {i} has shape {np.shape(a)}. Expected {np.shape(b)}")


def all_close(what: str, found: Sequence[Any], expected: Sequence[Any], tolerance: float) -> None:
    """Raise unless the arrays are equal to within the tolerance, times 1 plus the largest element."""
    for i, (a, b) in enumerate(zip(found, expected, strict=True)):
        _close(f"{what}, {i}" if len(expected) > 1 else what, a, b, tolerance)


def _close(what: str, a: Any, b: Any, tolerance: float, each: bool = False) -> None:
    """`each`: relative to each element instead of to the largest."""
    a, b = np.asarray(a), np.asarray(b)
    if a.shape != b.shape:
        raise CheckError(f"{what} has shape {a.shape}. Expected {b.shape}")
    with np.errstate(all="ignore"):
        scale = 1 + (np.abs(b) if each else np.max(np.abs(b), initial=0))
        away = ~((np.abs(a - b) <= tolerance * scale) | (a == b) | ((a != a) & (b != b)))
    if away.any():
        where = tuple(map(int, np.argwhere(away)[0]))
        raise CheckError(f"{what}{f' at {where}' if where else ''} is {a[where]:.8g}. Expected {b[where]:.8g}")
