"""The likely mistake, where the numbers show one: each is a hypothesis about a gradient, tried on the measured one.

A slip leaves a trace: all elements off by the same factor (a forgotten 2, a mean for a sum, a sign), the Jacobian
transposed, a sum along the wrong axis, one of the several terms of an argument that is used more than once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from .stencils import Array

Same = Callable[[Array, Array], bool]


@dataclass(frozen=True)
class Trace:
    """What is known of the place where a slip has left its trace.

    Attributes
    ----------
    shape : tuple of int
        Of the argument; empty if only some of its elements were looked at.
    outs : tuple of int
        Of the result, if the functions are its elements, one by one.
    sizes : tuple of int
        Numbers that a mean may have divided by.
    pairs, out_pairs : bool
        The coordinates of the argument, or of the result, are real and imaginary parts in turn.
    whole : bool
        All elements of the argument were looked at.
    """

    shape: tuple[int, ...] = ()
    outs: tuple[int, ...] = ()
    sizes: tuple[int, ...] = ()
    pairs: bool = False
    out_pairs: bool = False
    whole: bool = True


def likely(wrong: Array, right: Array, error: Array, trace: Trace | None = None) -> str:
    """What turns the right gradient into the wrong one, in words; empty if nothing simple does.

    Parameters
    ----------
    wrong, right : arrays of one shape (k, n)
        The gradient on trial and the measured one, for k functions of the outputs.
    error : array
        The error bar of the measured one.
    trace : Trace, optional
        What is known besides.

    >>> right = np.array([[1.0, 2.0, 3.0]])
    >>> likely(2 * right, right, 0 * right), likely(right / 3, right, 0 * right, Trace(sizes=(3,)))
    ('too large by a factor 2', 'too small by a factor 3, the number of elements: a mean where there is a sum?')
    """
    return next(_guesses(wrong, right, 4 * error, trace or Trace()), "")


def _guesses(wrong: Array, right: Array, bar: Array, trace: Trace) -> Iterator[str]:
    slack = np.fmax(bar, 1e-7 * np.abs(right))
    same = lambda a, b: bool(np.all(np.abs(a - b) <= slack + 1e-7 * np.abs(a)))
    if np.all(np.abs(wrong - right) <= slack):  # what is wrong is elsewhere
        return
    if not np.isfinite(wrong).all():
        yield "it is not finite"
        return
    if not wrong.any():
        yield "it is zero: was the dependence cut off, or the operation declared flat?"
        return
    if same(wrong, -right):
        yield "the sign is wrong"
    yield from _conjugated(wrong, right, same, trace)
    yield from _turned(wrong, right, same, trace.outs, trace.shape)
    if wrong.shape[0] == wrong.shape[1] and wrong.shape[0] > 1 and same(wrong, right.T) and not same(right, right.T):
        yield "the Jacobian is transposed"
    yield from _by_one_factor(wrong, right, slack, trace.sizes)
    shape = trace.shape
    if len(shape) == 2 and shape[0] == shape[1] and _same_rows(wrong, right, shape, same):
        yield "each gradient is transposed"
    off = np.abs(wrong - right) > slack + 1e-7 * np.abs(wrong)
    columns = off.any(axis=0)
    # where an element may be off by less than that, nobody should say that it is right
    sure = np.array_equal(columns, (np.abs(wrong - right) > 2 * bar + 1e-11 * np.abs(right)).any(axis=0))
    count = int(columns.sum())
    if sure and trace.whole and 2 * count <= columns.size:
        how = next(_by_one_factor(wrong[:, columns], right[:, columns], slack[:, columns], trace.sizes), "")
        how = f": {how}" if how and np.any(wrong[:, columns]) else ""
        yield ("only one element is wrong" if count == 1 else f"{count} of {columns.size} elements are wrong") + how
    elif np.any(off) and not wrong[off].any():
        yield f"it is zero in {int(off.sum())} of {off.size} elements where it should not be"


def _conjugated(wrong: Array, right: Array, same: Same, trace: Trace) -> Iterator[str]:
    """A conj too many, or one that is missing: of the result, of the cotangent, or of the factor between them."""
    signs = [np.where(np.arange(n) % 2, -1, 1) for n in wrong.shape]
    into, out = signs[1] * (wrong + 0), signs[0][:, None] * (wrong + 0)
    if trace.pairs and same(into, right):
        yield "it is conjugated, as in PyTorch; here numbers are paired without conjugation: return np.conj of it"
    if trace.pairs and trace.out_pairs and same(signs[0][:, None] * into, right):
        yield "a factor in it is conjugated that should not be, or the other way round: a np.conj too many or too few"
    if trace.out_pairs and same(out, right):
        yield "the cotangent in it is conjugated and should not be, or the other way round"


def _turned(wrong: Array, right: Array, same: Same, outs: tuple[int, ...], shape: tuple[int, ...]) -> Iterator[str]:
    """The axes of the cotangent interchanged: a sum along the wrong axis; or one element taken for the sum."""
    ndim, extra = len(outs), len(outs) - len(shape)
    summed = [a for a in range(ndim) if outs[a] > 1 and (a < extra or shape[a - extra] == 1)]
    by_axis = right.reshape(*outs, -1)
    for a, b in combinations(range(ndim) if ndim > 1 else (), 2):
        if outs[a] == outs[b] > 1 and same(wrong, np.swapaxes(by_axis, a, b).reshape(right.shape)):
            if (a in summed) != (b in summed):
                to, instead = (b, a) if a in summed else (a, b)
                yield f"it is summed along axis {to} in the place of axis {instead}"
            elif not summed:
                yield f"the axes {a} and {b} of the cotangent are interchanged"
    for a in summed:
        first = np.zeros_like(by_axis)
        np.moveaxis(first, a, 0)[0] = np.moveaxis(by_axis, a, 0)[0]
        if same(wrong, first.reshape(right.shape)):
            yield f"it is not summed over the broadcast axis {a}: only the first along it counts"


def _by_one_factor(wrong: Array, right: Array, slack: Array, sizes: tuple[int, ...]) -> Iterator[str]:
    big = np.abs(right) > 0.1 * np.max(np.abs(right), initial=0)
    factor = float(np.median(wrong[big] / right[big])) if big.any() else np.nan
    apart = np.abs(wrong - factor * right)
    near = 0.02 * abs(factor - 1) * np.abs(right) + slack * (abs(factor - 1) > 1e-6)  # a factor near 1 has to be clear
    if np.isfinite(factor) and factor and np.all((apart <= near) & (apart <= slack + 1e-7 * np.abs(wrong))):
        yield of_factor(factor, sizes)


def factors_of(*shapes: Sequence[int]) -> tuple[int, ...]:
    """Numbers that a mean may have divided by: lengths of axes, and products of some of them."""
    found = set()
    for shape in shapes:
        for i in range(len(shape)):
            for j in range(i + 1, len(shape) + 1):
                found.add(int(np.prod(shape[i:j])))
    return tuple(sorted(found))


def _same_rows(wrong: Array, right: Array, shape: tuple[int, ...], same: Same) -> bool:
    turned = np.swapaxes(right.reshape(-1, *shape), 1, 2).reshape(right.shape)
    return same(wrong, turned) and not same(right, turned)


def of_factor(factor: float, sizes: tuple[int, ...]) -> str:
    """What a gradient that is so many times the right one is, in words."""
    size = factor if abs(factor) > 1 else 1 / factor
    sign = "the sign is wrong, and it is " if factor < 0 else ""
    way = "large" if abs(factor) > 1 else "small"
    n = next((n for n in sizes if n > 2 and abs(abs(size) - n) < 1e-4 * n), None)
    if n is not None:
        why = "a mean where there is a sum" if way == "small" else "a sum where there is a mean"
        return f"{sign}too {way} by a factor {n}, the number of elements: {why}?"
    for whole in (2, 3, 4):
        if abs(abs(size) - whole) < 1e-4 * whole:
            return f"{sign}too {way} by a factor {whole}"
    if abs(factor - 1) < 0.01:
        return f"off by a relative {factor - 1:.1e} throughout"
    return f"{sign}too {way} by a factor {abs(size):.6g} throughout"
