"""Networks with hidden layers: the multilayer perceptron, a small convolutional and a small recurrent one.

Each gives scores, one column an output, to be read as those of the linear models are (`FAMILIES`). The parameters say
all about their sizes, so that the same function serves networks of any width and depth.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
from numpy.typing import DTypeLike

from ..errors import ShapeError
from ..functions import conv2d, max_pool2d, relu
from ..trees import Tree
from .initialisers import Initialiser, Seed, glorot_uniform, he_normal, orthogonal

Activation = Callable[[Any], Any]


def start_mlp(
    sizes: Sequence[int], seed: Seed = 0, initialiser: Initialiser = he_normal, dtype: DTypeLike = np.float64
) -> Tree:
    """Random weights and zero biases for a multilayer perceptron.

    Parameters
    ----------
    sizes : sequence of int
        Features, hidden units of each layer, outputs: (64, 32, 10).
    seed : int or numpy.random.Generator
    initialiser : callable
        initialiser(shape, generator) → array; `he_normal` for relu, `glorot_uniform` for tanh.
    dtype : float dtype
        float32 halves the time of large networks.

    Returns
    -------
    list of dict
        A layer a dict: "w" (inputs, outputs), "b" (outputs,).

    Raises
    ------
    ShapeError
        If there are fewer than two sizes.

    Examples
    --------
    >>> [layer["w"].shape for layer in start_mlp((64, 32, 10))]
    [(64, 32), (32, 10)]
    """
    if len(sizes) < 2:
        raise ShapeError(f"start_mlp: sizes are {tuple(sizes)}. Expected features, hidden units, outputs: (64, 32, 10)")
    random = np.random.default_rng(seed)
    return [_layer(inputs, outputs, random, initialiser, dtype) for inputs, outputs in pairwise(sizes)]


def mlp(params: Tree, x: Any, activation: Activation = relu) -> Any:
    """Layer after layer, h ← activation(h @ w + b), the last one without: (n, features) → (n, outputs).

    >>> identity = [{"w": np.eye(2), "b": np.zeros(2)}] * 2
    >>> mlp(identity, np.array([[1.0, -1.0]]))
    array([[1., 0.]])

    References
    ----------
    D. E. Rumelhart, G. E. Hinton, R. J. Williams (1986). Learning representations by back-propagating errors. Nature.
    """
    *hidden, last = params
    for layer in hidden:
        x = activation(x @ layer["w"] + layer["b"])  # (n, units)
    return x @ last["w"] + last["b"]  # (n, outputs)


def start_cnn(
    image: tuple[int, int, int],
    filters: Sequence[int],
    outputs: int,
    seed: Seed = 0,
    size: int = 3,
    dtype: DTypeLike = np.float64,
) -> Tree:
    """Random weights for a small convolutional network.

    Parameters
    ----------
    image : (int, int, int)
        Channels, height and width.
    filters : sequence of int
        How many filters of size x size each layer has; every layer halves height and width.
    outputs : int
        The number of scores.
    seed, dtype
        As for `start_mlp`.

    Returns
    -------
    dict
        "convolutions": a list of layers, "w" (filters, channels, size, size) and "b" (filters,); "last": "w", "b".

    Raises
    ------
    ShapeError
        If there are more layers than the image can be halved.

    Examples
    --------
    >>> params = start_cnn((1, 8, 8), (8, 16), 10)
    >>> params["convolutions"][1]["w"].shape, params["last"]["w"].shape
    ((16, 8, 3, 3), (64, 10))
    """
    random = np.random.default_rng(seed)
    channels, height, width = image
    layers = []
    for count in filters:
        w = he_normal((count, channels, size, size), random).astype(dtype)
        layers.append({"w": w, "b": np.zeros(count, dtype)})
        channels, height, width = count, height // 2, width // 2
    if not height * width:
        raise ShapeError(f"start_cnn: {len(filters)} layers halve an image of {image[1:]} to nothing. Expected fewer")
    return {"convolutions": layers, "last": _layer(channels * height * width, outputs, random, glorot_uniform, dtype)}


def cnn(params: Tree, images: Any, activation: Activation = relu) -> Any:
    """Convolution, activation, the largest of every 2 x 2; then linear: (n, channels, height, width) → (n, outputs).

    References
    ----------
    Y. LeCun et al. (1989). Backpropagation applied to handwritten zip code recognition. Neural Computation 1.

    >>> cnn(start_cnn((1, 8, 8), (4,), 10), np.ones((5, 1, 8, 8))).shape
    (5, 10)
    """
    x = images
    for layer in params["convolutions"]:
        x = activation(conv2d(x, layer["w"], layer["b"], padding="same"))  # (n, filters, height, width)
        x = max_pool2d(x, 2)  # (n, filters, height/2, width/2)
    flat = np.reshape(x, (x.shape[0], -1))
    return flat @ params["last"]["w"] + params["last"]["b"]


def start_rnn(inputs: int, hidden: int, outputs: int, seed: Seed = 0, dtype: DTypeLike = np.float64) -> Tree:
    """Random weights for a small recurrent network; those between the states are orthogonal.

    Returns
    -------
    dict
        "input": {"w" (inputs, hidden), "b"}, "state": {"w" (hidden, hidden)}, "last": {"w" (hidden, outputs), "b"}.

    >>> start_rnn(1, 16, 2)["state"]["w"].shape
    (16, 16)
    """
    random = np.random.default_rng(seed)
    return {
        "input": _layer(inputs, hidden, random, glorot_uniform, dtype),
        "state": {"w": orthogonal((hidden, hidden), random).astype(dtype)},
        "last": _layer(hidden, outputs, random, glorot_uniform, dtype),
    }


def rnn(params: Tree, sequences: Any, activation: Activation = np.tanh) -> Any:
    """A state that is carried along, h ← activation(x @ w + h @ u + b), and read at the end.

    Sequences are (n, steps, inputs), with one step or more; the scores (n, outputs).

    References
    ----------
    J. L. Elman (1990). Finding structure in time. Cognitive Science 14.

    >>> rnn(start_rnn(1, 16, 2), np.ones((5, 7, 1))).shape
    (5, 2)
    """
    driven = sequences @ params["input"]["w"] + params["input"]["b"]  # (n, steps, hidden), all steps in one product
    h = activation(driven[:, 0])  # the state before the first step is 0
    for step in range(1, driven.shape[1]):
        h = activation(driven[:, step] + h @ params["state"]["w"])  # (n, hidden)
    return h @ params["last"]["w"] + params["last"]["b"]


def _layer(inputs: int, outputs: int, random: Any, initialiser: Initialiser, dtype: DTypeLike) -> Tree:
    return {"w": initialiser((inputs, outputs), random).astype(dtype), "b": np.zeros(outputs, dtype)}
