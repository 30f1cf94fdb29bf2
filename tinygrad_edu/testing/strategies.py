"""Arguments on which derivatives go wrong: Hypothesis strategies for shapes, dtypes, numbers and layouts.

Ties, zeros, ones and signs are likely: the numbers come from a few special ones, from multiples of 1/8, and from powers
of ten. Shapes broadcast, with lengths 0 and 1 and no axes at all among them. An array may be a view: backwards, with
gaps, transposed, or one number repeated; and one array may be several arguments at once.

All shrink to what a person would write down: few axes, few elements, 0 and 1, plain memory.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import inf, isfinite
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
LARGE = ((2, 2, 3), (2, 1, 2, 2), (7, 7), (40,))
"""The largest shapes of many axes, or of many elements, that Hypothesis would hardly draw by itself."""
FEW = 9
"""So many elements of an array are drawn one by one."""
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
    inside = lambda xs: [x for x in xs if low < x < high]
    ordinary = inside(k / 8 for k in sorted(range(-64, 65), key=lambda k: (abs(k), -k)))
    if not ordinary:  # narrow, or far away
        width = high - low
        ordinary = [
            low + width * k / 8 if isfinite(width) else low + k if isfinite(low) else high - k for k in range(1, 8)
        ]
    extreme = inside(x for start, sign in _ends(low, high) for x in _from(start, sign))
    choices = {"all": [SPECIAL, ordinary, extreme], "ordinary": [SPECIAL, ordinary], "extreme": [SPECIAL, extreme]}[
        sizes
    ]
    return st.one_of([st.sampled_from(found) for xs in choices if (found := inside(xs))])


def _ends(low: float, high: float) -> list[tuple[float, float]]:
    """Where powers of ten are counted from, and in which direction."""
    if not isfinite(low) and not isfinite(high):
        return [(0.0, 1.0), (0.0, -1.0)]
    return [(low, 1.0)] * isfinite(low) + [(high, -1.0)] * isfinite(high)


def _from(start: float, sign: float) -> list[float]:
    """Numbers with one digit, from 10⁻⁸ to 10⁹ away, simple ones first."""
    sizes = sorted(((e, m) for e in range(-8, 9) for m in range(1, 10)), key=lambda size: (abs(size[0]), size))
    return [start + sign * float(f"{m}e{e}") for e, m in sizes]  # 3e-07, and not 3.0000000000000004e-07


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
    layout = draw(st.sampled_from(list(layouts)))  # also of a number, so that arrays shrink to numbers
    elements = numbers(
        "real" if domain == "complex" else domain, sizes=draw(st.sampled_from(["ordinary", "ordinary", "extreme"]))
    )
    count = int(np.prod(shape))
    drawn = count if count <= FEW else FEW - 2  # of many elements a few that come again and again: they shrink sooner
    values = [
        np.resize(np.array(draw(st.lists(elements, min_size=drawn, max_size=drawn))), count)
        for _ in range(1 + (dtype.kind == "c"))
    ]
    found = (values[0] if len(values) == 1 else values[0] + 1j * values[1]).reshape(shape).astype(dtype)
    if dtype.itemsize // (1 + (dtype.kind == "c")) < 8:
        found = _kept_inside(found, domain)
    return LAYOUTS[layout](found) if found.ndim else found


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
    max_dims: int | None = None,
    max_side: int | None = None,
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
    max_dims, max_side : int, optional
        How many axes, and how long, at most. By default up to 2 of up to 3 elements; in some examples one of `LARGE`.
    empty : bool
        False leaves out lengths of 0.
    repeated : bool
        False leaves out examples in which one array is several arguments.
    dtype : dtype or strategy of them, optional
        By default float64 or float32; of complex domains complex128 or complex64.
    """
    fixed = signature is not None or max_dims is not None or max_side is not None
    dims, side = (2 if max_dims is None else max_dims), (3 if max_side is None else max_side)
    found = draw(shapes(len(domains), signature=signature, max_dims=dims, max_side=side, empty=empty))
    large = None if fixed else draw(st.sampled_from([None] * 12 + list(LARGE)))
    if large is not None:  # drawn besides, so that what is small is shorter, and large examples shrink to it
        first = tuple(draw(st.integers(1, n)) for n in large)
        parts = st.sampled_from([first, first[1:], (), (*first[:-1], 1), (1, *first[1:])])
        found = (first, *(draw(parts) for _ in domains[1:]))
    of_reals = draw(dtypes()) if dtype is None else dtype
    of_reals = np.dtype(draw(of_reals) if isinstance(of_reals, st.SearchStrategy) else of_reals)
    of_complexes = np.result_type(of_reals, np.complex64)
    args = [
        draw(arrays(shape, of_complexes if domain == "complex" else of_reals, domain))
        for shape, domain in zip(found, domains, strict=False)
    ]
    # drawn last, and after all arrays: an example with one array is no shorter than another, and shrinks to it
    may = repeated and len(set(domains)) == 1 < len(domains) and (signature is None or len(set(found)) == 1)
    return tuple([args[0]] * len(domains) if may and draw(st.sampled_from([False, False, True])) else args)
