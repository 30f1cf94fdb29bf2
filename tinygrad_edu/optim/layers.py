"""Algorithms that look at an array of parameters as a whole: its length, its rows and columns, its singular values.

LAMB measures the step by the length of the array; Adafactor remembers of the squared gradients only the means of rows
and columns; Muon gives all singular values of a matrix's step the same size.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from .dials import Rate, fraction, not_negative, positive, rate_at, whole
from .links import STEPS, decay_weights, descend, heavy_ball, number, trust_ratio
from .moments import Betas, moments
from .stages import Algorithm, Stage, chain, rule

QUINTIC = (3.4445, -4.7750, 2.0315)  # Jordan's coefficients: steep at 0, and all of [0.7, 1.2] stays there


@rule("LAMB")
def lamb(
    learning_rate: Rate = 1e-3, betas: Betas = (0.9, 0.999), eps: float = 1e-6, weight_decay: float = 0.0
) -> Algorithm:
    """AdamW for large batches: the step of each array is η times as long as the array itself.

    θ ← θ − η ‖θ‖ d/‖d‖ with d = m̂/(√v̂ + ε) + λ θ, for each array of parameters.

    References
    ----------
    Y. You et al. (2020). Large batch optimization for deep learning: training BERT in 76 minutes. ICLR.
    """
    return chain(moments(betas, eps), decay_weights(weight_decay), trust_ratio(), descend(learning_rate))


@rule("Adafactor")
def adafactor(
    learning_rate: Rate = 1e-2, decay: float = 0.8, eps: float = 1e-3, limit: float = 1.0, weight_decay: float = 0.0
) -> Algorithm:
    """RMSprop in little memory: of a matrix of squares only the means r of its rows and c of its columns are kept.

    d = g/√V with V = r cᵀ/mean(r) (V itself for vectors), shortened to root mean square `limit` if it is longer. The
    means keep a share 1 − k^−`decay` at step k, which grows towards 1. The step is relative:
    θ ← θ − max(ε, rms(θ)) ηₖ d, with ηₖ = min(η, 1/√k).

    References
    ----------
    N. Shazeer, M. Stern (2018). Adafactor: adaptive learning rates with sublinear memory cost. ICML.
    """
    rate, least, most = rate_at(learning_rate), not_negative(eps, "eps"), positive(limit, "limit")
    slowness, pull = positive(decay, "decay"), not_negative(weight_decay, "weight decay")

    def formula(g: Any, p: Any, k: int, rows: Any, columns: Any) -> tuple[Any, ...]:
        if not np.size(g):
            return g, k, rows, columns
        eta, k = rate(k), k + 1
        new = k**-slowness
        square = g * g
        rows = rows + new * ((np.mean(square, axis=-1, keepdims=True) if np.ndim(p) > 1 else square) - rows)
        if np.ndim(p) > 1:
            columns = columns + new * (np.mean(square, axis=-2, keepdims=True) - columns)
            tiny = float(np.finfo(rows.dtype).eps)
            square = rows * columns / np.maximum(np.mean(rows, axis=-2, keepdims=True), tiny)
        else:
            square = rows
        d = g / np.sqrt(np.maximum(square, float(np.finfo(square.dtype).eps) ** 2))
        step = np.maximum(least, root_mean_square(p)) * np.minimum(eta, k**-0.5)
        step = number(step / np.maximum(1.0, root_mean_square(d) / most))
        return -step * d - eta * pull * p, k, rows, columns

    def rows(p: Any) -> Any:
        return np.zeros_like(p[..., :1] if np.ndim(p) > 1 else p)

    def columns(p: Any) -> Any:
        return np.zeros_like(p[..., :1, :]) if np.ndim(p) > 1 else 0.0

    return chain(Stage(formula, (STEPS, rows, columns), elementwise=False))


def root_mean_square(x: Any) -> Any:
    """√(mean of squares); 0 of nothing."""
    return number(np.sqrt(np.mean(np.square(x)))) if np.size(x) else 0.0


def orthogonalize(steps: int = 5, eps: float = 1e-7) -> Stage:
    """A matrix with the same singular vectors and singular values near 1: U S Vᵀ ↦ U S' Vᵀ with S' from 0.7 to 1.2.

    X ← a X + (b XXᵀ + c (XXᵀ)²) X, from X = d/‖d‖ on: an odd polynomial of X is the same polynomial of its singular
    values. Further axes count as columns; a vector is a matrix of one column.

    Examples
    --------
    >>> matrix = np.array([[3.0, 1.0], [0.0, 0.1]])
    >>> values = np.linalg.svd(orthogonalize().formula(matrix, matrix), compute_uv=False)
    >>> bool(values.min() > 0.6 and values.max() < 1.3)
    True
    """
    a, b, c = QUINTIC
    times, small = whole(steps, "number of steps"), positive(eps, "eps")

    def formula(d: Any, p: Any) -> Any:
        if not np.size(d):
            return d
        x = np.reshape(d, (d.shape[0], -1)) if np.ndim(d) > 1 else np.reshape(d, (-1, 1))
        flip = x.shape[0] > x.shape[1]
        x = x.T if flip else x
        x = x / (number(np.linalg.norm(x)) + small)
        for _ in range(times):
            gram = x @ x.T
            x = a * x + (b * gram + c * (gram @ gram)) @ x
        return np.reshape(x.T if flip else x, np.shape(d))

    return Stage(formula, elementwise=False)


def _tall(d: Any, p: Any) -> Any:
    """A step that has more rows than columns is lengthened by the root of their ratio."""
    columns = np.size(d) // len(d) if np.ndim(d) > 1 and len(d) else 1
    return max(1.0, len(d) / columns) ** 0.5 * d if np.ndim(d) > 1 and columns else d


@rule("Muon")
def muon(
    learning_rate: Rate = 1e-3, decay: float = 0.95, weight_decay: float = 0.1, nesterov: bool = True, steps: int = 5
) -> Algorithm:
    """Momentum whose matrices are made orthogonal: θ ← θ − η (max(1, rows/columns)^½ U S' Vᵀ + λ θ).

    U S Vᵀ is the (Nesterov) momentum, S' near 1 (`orthogonalize`): a step of the same size in every direction that a
    hidden layer knows. It is meant for the matrices of hidden layers; give embeddings, biases and the last layer to
    Adam, by `grouped`.

    References
    ----------
    K. Jordan et al. (2024). Muon: an optimizer for hidden layers in neural networks. kellerjordan.github.io/posts/muon.
    """
    links = heavy_ball(fraction(decay), nesterov), orthogonalize(steps), Stage(_tall, elementwise=False)
    return chain(*links, decay_weights(weight_decay), descend(learning_rate))
