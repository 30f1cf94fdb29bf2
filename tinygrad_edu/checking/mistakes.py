"""The likely mistake, where the numbers show one: each is a hypothesis about a gradient, tried on the measured one.

A slip leaves a trace: all elements off by the same factor (a forgotten 2, a mean for a sum, a sign), the Jacobian
transposed, a sum along the wrong axis, one of the several terms of an argument that is used more than once.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from .stencils import Array


def likely(
    wrong: Array, right: Array, error: Array, shape: tuple[int, ...] = (), sizes: tuple[int, ...] = (),
    pairs: bool = False,
) -> str:  # fmt: skip
    """What turns the right gradient into the wrong one, in words; empty if nothing simple does.

    Parameters
    ----------
    wrong, right : arrays of one shape (k, n)
        The gradient on trial and the measured one, for k functions of the outputs.
    error : array
        The error bar of the measured one.
    shape : tuple of int
        Of the argument.
    sizes : tuple of int
        Numbers that a mean may have divided by.
    pairs : bool
        The coordinates are real and imaginary parts in turn.

    >>> right = np.array([[1.0, 2.0, 3.0]])
    >>> likely(2 * right, right, 0 * right), likely(right / 3, right, 0 * right, sizes=(3,))
    ('too large by a factor 2', 'too small by a factor 3, the number of elements: a mean where there is a sum?')
    """
    slack = np.fmax(4 * error, 1e-7 * np.abs(right))
    turned = wrong * np.where(np.arange(wrong.shape[1]) % 2, -1, 1)
    if pairs and np.all(np.abs(turned - right) <= slack) and np.any(np.abs(wrong - right) > slack):
        return "it is conjugated, as in PyTorch; here numbers are paired without conjugation: return np.conj of it"
    return next(_guesses(wrong, right, slack, shape, sizes), "")


def _guesses(wrong: Array, right: Array, slack: Array, shape: tuple[int, ...], sizes: tuple[int, ...]) -> Iterator[str]:
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
    if wrong.shape[0] == wrong.shape[1] and wrong.shape[0] > 1 and same(wrong, right.T) and not same(right, right.T):
        yield "the Jacobian is transposed"
    big = np.abs(right) > 0.1 * np.max(np.abs(right), initial=0)
    factor = float(np.median(wrong[big] / right[big])) if big.any() else np.nan
    near = 0.02 * abs(factor - 1) * np.abs(right) + slack * (abs(factor - 1) > 1e-6)  # a factor near 1 has to be clear
    if (
        np.isfinite(factor)
        and factor
        and same(wrong, factor * right)
        and np.all(np.abs(wrong - factor * right) <= near)
    ):
        yield _of_factor(factor, sizes)
    if len(shape) == 2 and shape[0] == shape[1] and _same_rows(wrong, right, shape, same):
        yield "each gradient is transposed"
    off = np.abs(wrong - right) > slack + 1e-7 * np.abs(wrong)
    if np.any(off) and off.any(axis=0).sum() == 1 < off.shape[1]:
        yield "only one element is wrong"
    elif np.any(off) and not wrong[off].any():
        yield f"it is zero in {int(off.sum())} of {off.size} elements where it should not be"


def _same_rows(wrong: Array, right: Array, shape: tuple[int, ...], same) -> bool:
    turned = np.swapaxes(right.reshape(-1, *shape), 1, 2).reshape(right.shape)
    return same(wrong, turned) and not same(right, turned)


def _of_factor(factor: float, sizes: tuple[int, ...]) -> str:
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
