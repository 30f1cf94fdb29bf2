"""Value and gradient of single operations on arrays of ordinary size, beside PyTorch and beside the gradient by hand.

The rules of these operations do the work that an engine is not asked about elsewhere: windows, transforms,
decompositions, adding at repeated indices. Each row computes the operation's value y, and then its gradient for a given
cotangent c, that of Σ c y, in double precision and in single, which is what PyTorch's users have.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

import tinygrad_edu as tg
from tinygrad_edu import functions as nn

from . import peers
from .harness import HAND, OURS, Contestant, Effort, Figure, race, table

BARS: dict[str, float | None] = {"PyTorch": 2.0, HAND: 1.15}


@dataclass(frozen=True)
class Case:
    """An operation: ours, PyTorch's, and by hand its value and its gradients; the arrays, and the cotangent."""

    name: str
    ours: Callable[..., Any]  # ours(*arrays)
    in_torch: Callable[..., Any]  # in_torch(torch, *arrays)
    by_hand: Callable[..., Sequence[Any]]  # by_hand(*arrays, c)
    arrays: Sequence[np.ndarray]
    c: np.ndarray
    single: bool = True  # the bar beside PyTorch holds in single precision too


def conv2d(batch: int, channels: int, filters: int, size: int) -> Case:
    """A 3 x 3 convolution with padding 1; by hand, all windows in the columns of a matrix (im2col)."""

    def by_hand(x, w, c):
        (n, ci, h, v), co = x.shape, w.shape[0]
        padded = np.zeros((n, ci, h + 2, v + 2), x.dtype)
        padded[:, :, 1:-1, 1:-1] = x
        columns = sliding_window_view(padded, (3, 3), (2, 3)).transpose(0, 1, 4, 5, 2, 3).reshape(n, ci * 9, h * v)
        matrix, g = w.reshape(co, ci * 9), c.reshape(n, co, h * v)
        y = (matrix @ columns).reshape(c.shape)
        to_columns = (matrix.T @ g).reshape(n, ci, 3, 3, h, v)
        to_x = np.zeros_like(padded)
        for i in range(3):
            for j in range(3):
                to_x[:, :, i : i + h, j : j + v] += to_columns[:, :, i, j]
        return y, to_x[:, :, 1:-1, 1:-1], (g @ columns.transpose(0, 2, 1)).sum(axis=0).reshape(w.shape)

    random = np.random.default_rng(0)
    arrays = [random.normal(size=s) for s in [(batch, channels, size, size), (filters, channels, 3, 3)]]
    return Case(
        f"conv2d, {batch} x {channels} x {size} x {size}, {filters} filters",
        lambda x, w: nn.conv2d(x, w, padding=1),
        lambda torch, x, w: torch.nn.functional.conv2d(x, w, padding=1),
        by_hand,
        arrays,
        random.normal(size=(batch, filters, size, size)),
    )


def max_pool2d(batch: int, channels: int, size: int) -> Case:
    """Windows of 2 x 2; by hand, four slices."""

    def by_hand(x, c):
        slices = [(..., slice(i, None, 2), slice(j, None, 2)) for i in (0, 1) for j in (0, 1)]
        rows = np.maximum(x[..., 0::2, :], x[..., 1::2, :])
        y = np.maximum(rows[..., 0::2], rows[..., 1::2])
        masks, to_x = [x[index] == y for index in slices], np.empty_like(x)
        if sum(map(np.count_nonzero, masks)) > y.size:  # ties
            c = c / sum(mask.astype(x.dtype) for mask in masks)
        for index, mask in zip(slices, masks, strict=True):
            np.multiply(c, mask, out=to_x[index])
        return y, to_x

    random = np.random.default_rng(0)
    return Case(
        f"max_pool2d, {batch} x {channels} x {size} x {size}",
        lambda x: nn.max_pool2d(x, 2),
        lambda torch, x: torch.nn.functional.max_pool2d(x, 2),
        by_hand,
        [random.normal(size=(batch, channels, size, size))],
        random.normal(size=(batch, channels, size // 2, size // 2)),
    )


def fft(batch: int, length: int) -> Case:
    """Of real rows, so that the gradient is real; the transform is its own transpose.

    NumPy transforms no faster in single precision than in double, and PyTorch by MKL three times as fast: no bar there.
    """
    random = np.random.default_rng(0)
    return Case(
        f"fft, {batch} x {length}",
        np.fft.fft,
        lambda torch, x: torch.fft.fft(x),
        lambda x, c: (np.fft.fft(x), np.fft.fft(c).real.copy()),
        [random.normal(size=(batch, length))],
        random.normal(size=(batch, length)) + 1j * random.normal(size=(batch, length)),
        single=False,
    )


def svd(batch: int, size: int) -> Case:
    """U diag(tanh s) Vᵀ, in which every part of the decomposition counts, and no sign of a vector does."""

    def by_hand(x, c):  # J. Townsend (2016), Differentiating the singular value decomposition, for square matrices
        U, s, Vh = np.linalg.svd(x, full_matrices=False)
        Ut, V, f = np.swapaxes(U, 1, 2), np.swapaxes(Vh, 1, 2), np.tanh(s)
        y = (U * f[:, None, :]) @ Vh
        c_V, U_c = c @ V, Ut @ c
        to_U, to_V = c_V * f[:, None, :], np.swapaxes(f[:, :, None] * U_c, 1, 2)
        to_s = np.sum(U * c_V, axis=1) * (1 - f * f)
        square, eye = s * s, np.eye(x.shape[-1], dtype=bool)
        F = np.where(eye, 0, 1 / np.where(eye, 1, square[:, None, :] - square[:, :, None]))
        A, B = Ut @ to_U, Vh @ to_V
        J, K = F * (A - np.swapaxes(A, 1, 2)), F * (B - np.swapaxes(B, 1, 2))
        return y, U @ (J * s[:, None, :] + s[:, :, None] * K + eye * to_s[:, None, :]) @ Vh

    def ours(x):
        U, s, Vh = np.linalg.svd(x, full_matrices=False)
        return (U * np.tanh(s)[:, None, :]) @ Vh

    def in_torch(torch, x):
        U, s, Vh = torch.linalg.svd(x, full_matrices=False)
        return (U * torch.tanh(s)[:, None, :]) @ Vh

    random = np.random.default_rng(0)
    arrays = [random.normal(size=(batch, size, size)) for _ in range(2)]
    return Case(f"svd, {batch} x {size} x {size}", ours, in_torch, by_hand, arrays[:1], arrays[1])


def indexing(rows: int, columns: int, reads: int) -> Case:
    """x[index] with repetitions; by hand, the flat places and np.add.at, which is fast for these."""
    random = np.random.default_rng(0)
    index = random.integers(0, rows, reads)
    shape = (columns,) if columns else ()

    def by_hand(x, c):
        to_x = np.zeros_like(x)
        if x.ndim == 1:
            np.add.at(to_x, index, c)
        else:
            np.add.at(
                to_x.reshape(-1), (index[:, None] * x.shape[1] + np.arange(x.shape[1])).reshape(-1), c.reshape(-1)
            )
        return x[index], to_x

    in_torch = None if peers.torch is None else peers.torch.tensor(index)
    return Case(
        f"x[index], {' x '.join(f'{n:,}' for n in (rows, *shape))}, {reads:,} indices",
        lambda x: x[index],
        lambda torch, x: x[in_torch],
        by_hand,
        [random.normal(size=(rows, *shape))],
        random.normal(size=(reads, *shape)),
    )


def contestants(case: Case, dtype: type) -> dict[str, Contestant]:
    """Everyone who takes part; each returns the value, then the gradients."""
    arrays = [a.astype(dtype) for a in case.arrays]
    c = case.c.astype(np.result_type(dtype, np.complex64) if np.iscomplexobj(case.c) else dtype)

    def run() -> list[Any]:
        value, pull = tg.vjp(case.ours, *arrays)
        return [value, *pull(c)]

    found = {OURS: Contestant(run), HAND: Contestant(lambda: case.by_hand(*arrays, c))}
    if peers.torch is not None:
        found["PyTorch"] = _torch(case, peers.torch, arrays, c)
    return found


def _torch(case: Case, torch: Any, arrays: Sequence[np.ndarray], c: np.ndarray) -> Contestant:
    tensors, cotangent = [torch.tensor(a, requires_grad=True) for a in arrays], torch.tensor(np.conj(c))

    def run() -> list[Any]:
        for tensor in tensors:
            tensor.grad = None
        value = case.in_torch(torch, *tensors)
        value.backward(cotangent)
        return [value.detach(), *(tensor.grad for tensor in tensors)]

    return Contestant(run)


def cases(smoke: bool) -> list[Case]:
    if smoke:
        return [conv2d(2, 3, 4, 5), max_pool2d(2, 3, 4), fft(2, 5), svd(2, 3), indexing(6, 0, 9), indexing(6, 3, 9)]
    return [
        conv2d(16, 16, 32, 32),
        max_pool2d(32, 64, 32),
        fft(64, 4096),
        svd(64, 32),
        svd(1, 128),
        indexing(100_000, 0, 100_000),
        indexing(10_000, 64, 4096),
    ]


def report(effort: Effort, smoke: bool = False) -> tuple[str, list[Figure]]:
    """Milliseconds of each contestant for every operation in both precisions, and our ratios."""
    effort = effort if smoke else replace(effort, seconds=3 * effort.seconds)
    rows, figures = [], []
    for case in cases(smoke):
        for dtype in (np.float64, np.float32):
            name = f"{case.name}, {dtype.__name__}"
            seconds = race(name, contestants(case, dtype), effort)
            ratios = {who: seconds[OURS] / seconds[who] for who in (HAND, "PyTorch") if who in seconds}
            rows.append([name, *(t * 1e3 for t in seconds.values()), *ratios.values()])
            bars = BARS | ({} if case.single or dtype is np.float64 else {"PyTorch": None})
            figures += [Figure(name, f"ours / {who}", ratio, "x", bars[who]) for who, ratio in ratios.items()]
    others = [who for who in (HAND, "PyTorch") if who in seconds]
    head = ["", OURS, *others, *(f"ours / {who}" for who in others)]
    return table("Single operations: milliseconds for value and gradient", head, rows), figures
