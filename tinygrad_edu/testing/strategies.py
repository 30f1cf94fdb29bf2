"""Arguments on which derivatives go wrong: Hypothesis strategies for shapes, dtypes, numbers and layouts.

Ties, zeros, ones and signs are likely: the numbers come from a few special ones, from multiples of 1/8, and from powers
of ten. Shapes broadcast, with lengths 0 and 1 and no axes at all among them. An array may be a view: backwards, with
gaps, transposed, or one number repeated; and one array may be several arguments at once.

All shrink to what a person would write down: few axes, few elements, 0 and 1, plain memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import ceil, floor, inf, isfinite
from typing import Any

import numpy as np
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from ..errors import HyperparameterError

Domain = str | tuple[float, float]
DOMAINS: dict[str, tuple[float, float]] = {
    "real": (-inf, inf), "positive": (0.0, inf), "inside": (-1.0, 1.0), "unit": (0.0, 1.0), "above 1": (1.0, inf),
}  # fmt: skip
"""Open intervals by name. "complex" is a domain too: both parts are real."""
SPECIAL = (0.0, 1.0, -1.0, 2.0, 0.5, -0.5, -2.0)
LAYOUTS: dict[str, Callable[[np.ndarray], np.ndarray]] = {
    "plain": lambda x: x,
    "backwards": lambda x: np.flip(np.flip(x).copy()),
    "with gaps": lambda x: np.repeat(x, 2, -1)[..., ::2],
    "transposed": lambda x: x.T.copy().T,
    "repeated": lambda x: np.broadcast_to(x.ravel()[:1].reshape(()), x.shape) if x.size else x,
}
"""Arrays of the same shape in another memory; "repeated" has one element in all places, and is not writable."""


def interval(domain: Domain) -> tuple[float, float]:
    """The open interval of a domain.

    >>> interval("inside"), interval((2.0, 3.0))
    ((-1.0, 1.0), (2.0, 3.0))
    """
    if isinstance(domain, str):
        if domain not in DOMAINS:
            raise HyperparameterError(
                f"no domain is called {domain!r}. Expected {', '.join(DOMAINS)}, complex, or two ends"
            )
        return DOMAINS[domain]
    low, high = domain
    if not low < high:
        raise HyperparameterError(f"the domain {domain} is empty. Expected (low, high) with low < high")
    return low, high


def numbers(domain: Domain = "real", *, sizes: str = "all") -> st.SearchStrategy[float]:
    """Floats in a domain: special ones, multiples of 1/8, and powers of ten on the way to its ends.

    Parameters
    ----------
    domain : str or (float, float)
        A name of `DOMAINS`, or the ends of an open interval.
    sizes : "all", "ordinary" or "extreme"
        Ordinary ones are between 1/8 and 8, unless the domain is smaller; extreme ones are special, or powers of ten.

    Raises
    ------
    HyperparameterError
        If there is no such domain.
    """
    low, high = interval(domain)
    special = [x for x in SPECIAL if low < x < high]
    choices = [st.sampled_from(special)] if special else []
    first, last = floor(8 * max(low, -8.0)) + 1, ceil(8 * min(high, 8.0)) - 1
    if first <= last and sizes != "extreme":
        choices.append(st.integers(first, last).map(lambda k: k / 8))
    if not choices:  # narrow, or far away
        choices.append(st.integers(1, 7).map(lambda k: low + (high - low) * k / 8 if isfinite(high) else low + k))
    if sizes != "ordinary":
        choices.append(st.builds(_towards, st.sampled_from(_ends(low, high)), st.integers(1, 9), st.integers(-8, 8)))
    return st.one_of(choices).filter(lambda x: low < x < high)


def _ends(low: float, high: float) -> list[tuple[float, float]]:
    """Where powers of ten are counted from, and in which direction."""
    start = low if isfinite(low) else high if isfinite(high) else 0.0
    ends = [(start, 1.0), (start, -1.0)] if not isfinite(low) and not isfinite(high) else []
    ends += [(low, 1.0)] if isfinite(low) else []
    return ends + ([(high, -1.0)] if isfinite(high) else [])


def _towards(end: tuple[float, float], m: int, e: int) -> float:
    start, sign = end
    return start + sign * float(f"{m}e{e}")  # 3e-07, and not 3.0000000000000004e-07


def dtypes(complex_: bool = False) -> st.SearchStrategy[np.dtype]:
    """float64 and float32; or complex128 and complex64."""
    return st.sampled_from([np.dtype(c) for c in (("c16", "c8") if complex_ else ("f8", "f4"))])


def shapes(
    n: int = 1, *, signature: str | None = None, max_dims: int = 2, max_side: int = 3, empty: bool = True
) -> st.SearchStrategy[tuple[tuple[int, ...], ...]]:
    """n shapes that broadcast together; or those that fit a signature such as ``"(m,k),(k,n)->(m,n)"``."""
    side = 0 if empty and signature is None else 1
    kind: dict[str, Any] = {"num_shapes": n} if signature is None else {"signature": signature}
    drawn = hnp.mutually_broadcastable_shapes(**kind, min_dims=0, max_dims=max_dims, min_side=side, max_side=max_side)
    return drawn.map(lambda found: found.input_shapes)


@st.composite
def arrays(
    draw: Any,
    shape: Any = (),
    dtype: Any = np.float64,
    domain: Domain = "real",
    layouts: Sequence[str] = tuple(LAYOUTS),
) -> np.ndarray:
    """An array of a shape and dtype (or strategies of them), with numbers of a domain, in some layout.

    One array in three has numbers of very different sizes.
    """
    shape = draw(shape) if isinstance(shape, st.SearchStrategy) else shape
    dtype = np.dtype(draw(dtype) if isinstance(dtype, st.SearchStrategy) else dtype)
    elements = numbers(
        "real" if domain == "complex" else domain, sizes=draw(st.sampled_from(["ordinary", "ordinary", "extreme"]))
    )
    count = int(np.prod(shape))
    values = [
        np.array(draw(st.lists(elements, min_size=count, max_size=count))) for _ in range(1 + (dtype.kind == "c"))
    ]
    found = (values[0] if len(values) == 1 else values[0] + 1j * values[1]).reshape(shape).astype(dtype)
    if dtype.itemsize // (1 + (dtype.kind == "c")) < 8:
        found = _kept_inside(found, domain)
    return LAYOUTS[draw(st.sampled_from(list(layouts)))](found) if found.ndim else found


def _kept_inside(x: np.ndarray, domain: Domain) -> np.ndarray:
    """Rounded to single precision a number may fall onto the end of its domain: then the next one inside."""
    if x.dtype.kind == "c":
        return x
    low, high = (np.array(end, x.dtype) for end in interval(domain))
    x = np.where(x <= low, np.nextafter(low, high), x)
    return np.where(x >= high, np.nextafter(high, low), x)


@st.composite
def arguments(
    draw: Any,
    *domains: Domain,
    signature: str | None = None,
    max_dims: int = 2,
    max_side: int = 3,
    empty: bool = True,
    repeated: bool = True,
    dtype: Any = None,
) -> tuple[np.ndarray, ...]:
    """Arguments for a function of as many arrays as there are domains: they broadcast, and have one dtype.

    Parameters
    ----------
    *domains : str or (float, float)
        See `numbers`.
    signature : str, optional
        Of a function that treats the last axes as a matrix or a vector.
    empty : bool
        False leaves out lengths of 0.
    repeated : bool
        False leaves out examples in which one array is several arguments.
    dtype : dtype or strategy of them, optional
        By default float64 or float32; of complex domains complex128 or complex64.
    """
    found = draw(shapes(len(domains), signature=signature, max_dims=max_dims, max_side=max_side, empty=empty))
    of_reals = draw(dtypes()) if dtype is None else dtype
    of_reals = np.dtype(draw(of_reals) if isinstance(of_reals, st.SearchStrategy) else of_reals)
    wide = {"f": np.result_type(of_reals, np.complex64) if of_reals.kind == "f" else of_reals}
    typed = [wide["f"] if domain == "complex" else of_reals for domain in domains]
    args = [draw(arrays(s, d, domain)) for s, d, domain in zip(found, typed, domains, strict=True)]
    if repeated and len(set(domains)) == 1 < len(domains) and len(set(found)) == 1 and draw(st.booleans()):
        args = [args[0]] * len(args)
    return tuple(args)
