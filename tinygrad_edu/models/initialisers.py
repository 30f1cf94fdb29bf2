"""Random starts that neither swell nor fade from layer to layer.

A unit adds up n inputs, so the variance of its output is n times that of its weights. Weights of variance about 1/n
keep it as it was; the initialisers differ in which n they take (inputs, outputs, or both), and in what the activation
does to it. All give the dtype that is asked for, float64 by default, from a generator or a seed.
"""

from __future__ import annotations

from collections.abc import Callable
from math import prod

import numpy as np
from numpy.typing import DTypeLike, NDArray

from ..errors import ShapeError

Shape = tuple[int, ...]
Seed = int | np.random.Generator | None
Initialiser = Callable[[Shape, np.random.Generator], NDArray]


def glorot_uniform(shape: Shape, seed: Seed = None, dtype: DTypeLike = np.float64) -> NDArray:
    """Uniform with variance 2/(inputs + outputs), for activations like tanh that are straight around 0.

    Parameters
    ----------
    shape : tuple of int
        (inputs, outputs) of a layer x @ W, or (filters, channels, height, width) of a convolution.
    seed : int or numpy.random.Generator, optional
    dtype : float dtype

    Raises
    ------
    ShapeError
        If the shape has fewer than two axes: nothing is added up.

    References
    ----------
    X. Glorot, Y. Bengio (2010). Understanding the difficulty of training deep feedforward neural networks. AISTATS.

    Examples
    --------
    >>> weights = glorot_uniform((300, 100), seed=0)
    >>> print(f"{weights.var():.5f} ≈ 2/400, below {np.sqrt(6 / 400):.4f}: {abs(weights).max():.4f}")
    0.00496 ≈ 2/400, below 0.1225: 0.1225
    """
    inputs, outputs = fans(shape)
    return _uniform(shape, 2 / (inputs + outputs), seed, dtype)


def glorot_normal(shape: Shape, seed: Seed = None, dtype: DTypeLike = np.float64) -> NDArray:
    """`glorot_uniform` from a normal distribution."""
    inputs, outputs = fans(shape)
    return _normal(shape, 2 / (inputs + outputs), seed, dtype)


def he_uniform(shape: Shape, seed: Seed = None, dtype: DTypeLike = np.float64) -> NDArray:
    """`he_normal` from a uniform distribution."""
    return _uniform(shape, 2 / fans(shape)[0], seed, dtype)


def he_normal(shape: Shape, seed: Seed = None, dtype: DTypeLike = np.float64) -> NDArray:
    """Normal with variance 2/inputs, for rectified units, which let half of the variance through.

    References
    ----------
    K. He, X. Zhang, S. Ren, J. Sun (2015). Delving deep into rectifiers. ICCV.

    Examples
    --------
    >>> print(f"{he_normal((300, 100), seed=0).var():.5f} ≈ 2/300")
    0.00663 ≈ 2/300
    """
    return _normal(shape, 2 / fans(shape)[0], seed, dtype)


def lecun_normal(shape: Shape, seed: Seed = None, dtype: DTypeLike = np.float64) -> NDArray:
    """Normal with variance 1/inputs, for units that let all of it through.

    References
    ----------
    Y. LeCun, L. Bottou, G. B. Orr, K.-R. Müller (1998). Efficient backprop. Neural Networks: Tricks of the Trade.
    """
    return _normal(shape, 1 / fans(shape)[0], seed, dtype)


def orthogonal(shape: Shape, seed: Seed = None, dtype: DTypeLike = np.float64) -> NDArray:
    """Rows or columns at right angles and of length 1 (whichever are fewer): no direction swells or fades.

    For weights that are applied again and again, as those between the states of a recurrent network.

    References
    ----------
    A. M. Saxe, J. L. McClelland, S. Ganguli (2014). Exact solutions to the nonlinear dynamics of learning in deep
    linear neural networks. ICLR.

    Examples
    --------
    >>> W = orthogonal((3, 3), seed=0)
    >>> bool(np.allclose(W @ W.T, np.eye(3)))
    True
    """
    fans(shape)
    rows, columns = shape[0], prod(shape[1:])
    drawn = np.random.default_rng(seed).standard_normal((max(rows, columns), min(rows, columns)))
    q, r = np.linalg.qr(drawn)
    q = q * np.sign(np.diag(r))  # a factor with r > 0 is unique, and so uniform over all such matrices
    return (q if rows >= columns else q.T).reshape(shape).astype(dtype)


def fans(shape: Shape) -> tuple[int, int]:
    """How many inputs a unit adds up, and how many units an input reaches."""
    if len(shape) < 2 or 0 in shape:
        raise ShapeError(f"an initialiser was given the shape {shape}. Expected (inputs, outputs) or (filters, ...)")
    if len(shape) == 2:
        return shape[0], shape[1]
    window = prod(shape[2:])
    return shape[1] * window, shape[0] * window


def _normal(shape: Shape, variance: float, seed: Seed, dtype: DTypeLike) -> NDArray:
    return (np.random.default_rng(seed).standard_normal(shape) * np.sqrt(variance)).astype(dtype)


def _uniform(shape: Shape, variance: float, seed: Seed, dtype: DTypeLike) -> NDArray:
    bound = np.sqrt(3 * variance)
    return np.random.default_rng(seed).uniform(-bound, bound, shape).astype(dtype)
