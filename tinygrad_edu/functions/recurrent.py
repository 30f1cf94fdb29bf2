"""Steps repeated: cells of recurrent networks, and loops over sequences.

A Python loop differentiates as it stands; `scan` only spares the bookkeeping of stacking the results. Gates and weights
are laid out as in PyTorch.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import reduce
from typing import Any

import numpy as np

from ..trees import Tree, leaves, tree_map
from .activations import sigmoid
from .attention import linear
from .convolution import as_array


def rnn_cell(
    x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None, activation: Callable[..., Any] = np.tanh
) -> Any:
    """One step of an Elman network: tanh(W_ih x + b_ih + W_hh h + b_hh).

    References
    ----------
    J. L. Elman, "Finding structure in time", Cognitive Science 14 (1990).
    """
    return activation(linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh))


def lstm_cell(
    x: Any, state: tuple[Any, Any], w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None
) -> tuple[Any, Any]:
    """One step (h, c) of a network with long short-term memory; gates: input, forget, cell, output.

    Parameters
    ----------
    x : array, (batch, inputs)
    state : (array, array), each (batch, hidden)
        h and c.
    w_ih, w_hh : arrays, (4 hidden, inputs), (4 hidden, hidden)
    b_ih, b_hh : arrays, (4 hidden,), optional

    References
    ----------
    S. Hochreiter, J. Schmidhuber, "Long short-term memory", Neural Computation 9 (1997).
    """
    h, c = state
    i, f, g, o = _gates(linear(x, w_ih, b_ih) + linear(h, w_hh, b_hh), 4)
    c = sigmoid(f) * c + sigmoid(i) * np.tanh(g)
    return sigmoid(o) * np.tanh(c), c


def gru_cell(x: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> Any:
    """One step of a network of gated recurrent units; gates: reset, update, new.

    References
    ----------
    K. Cho et al., "Learning phrase representations using RNN encoder-decoder", EMNLP (2014).
    """
    (rx, zx, nx), (rh, zh, nh) = _gates(linear(x, w_ih, b_ih), 3), _gates(linear(h, w_hh, b_hh), 3)
    z = sigmoid(zx + zh)
    n = np.tanh(nx + sigmoid(rx + rh) * nh)
    return (1 - z) * n + z * h


def gru(xs: Any, h: Any, w_ih: Any, w_hh: Any, b_ih: Any = None, b_hh: Any = None) -> tuple[Any, Any]:
    """`gru_cell` over a sequence (steps, batch, inputs): all states (steps, batch, hidden), and the last one."""
    step = lambda h, x: (gru_cell(x, h, w_ih, w_hh, b_ih, b_hh),) * 2
    last, states = scan(step, h, xs)
    return states, last


def _gates(x: Any, n: int) -> list[Any]:
    size = x.shape[-1] // n
    return [x[..., i * size : (i + 1) * size] for i in range(n)]


# --- loops ------------------------------------------------------------------------------------------------------------


def scan(
    step: Callable[[Tree, Tree], tuple[Tree, Tree]], carry: Tree, xs: Tree, reverse: bool = False
) -> tuple[Tree, Tree]:
    """Carry a state along a sequence: ``carry, y = step(carry, x)`` for each x; the last carry, and the ys stacked.

    Parameters
    ----------
    step : callable
    carry : tree
        The first state.
    xs : tree of arrays
        Sequences along their first axis.
    reverse : bool
        From the last x to the first; the ys stay in the places of their xs.

    >>> total, sums = scan(lambda s, x: (s + x, s + x), 0.0, np.array([1.0, 2.0, 3.0]))
    >>> sums
    array([1., 3., 6.])
    """
    n = len(leaves(xs)[0])
    ys: list[Any] = []
    for i in reversed(range(n)) if reverse else range(n):
        carry, y = step(carry, tree_map(lambda x: x[i], xs))  # noqa: B023 - called at once
        ys.append(y)
    ys = ys[::-1] if reverse else ys
    return carry, tree_map(lambda *parts: np.stack(parts), *ys)


def associative_scan(combine: Callable[[Tree, Tree], Tree], xs: Tree) -> Tree:
    """All partial results x₀, x₀∘x₁, x₀∘x₁∘x₂, ... of an associative operation, along the first axis.

    The operation is called on whole slices, 2 log₂ n times instead of n.

    Parameters
    ----------
    combine : callable
        ``combine(a, b)`` on trees of arrays that hold many elements each along the first axis.
    xs : tree of arrays

    >>> associative_scan(np.multiply, np.array([1.0, 2.0, 3.0, 4.0, 5.0]))
    array([  1.,   2.,   6.,  24., 120.])

    References
    ----------
    G. E. Blelloch, "Prefix sums and their applications", CMU-CS-90-190 (1990).
    """
    n = leaves(xs)[0].shape[0]
    if n < 2:
        return xs
    pick = lambda tree, *index: tree_map(lambda x: x[slice(*index)], tree)
    odd = associative_scan(combine, combine(pick(xs, 0, n - 1, 2), pick(xs, 1, None, 2)))  # at 1, 3, 5, ...
    first = pick(xs, 0, 1)
    if n == 2:
        return tree_map(lambda a, b: np.concatenate([a, b]), first, odd)
    inner = combine(pick(odd, 0, (n - 1) // 2), pick(xs, 2, None, 2))  # at 2, 4, 6, ...
    return tree_map(_interleaved, tree_map(lambda a, b: np.concatenate([a, b]), first, inner), odd)


def _interleaved(even: Any, odd: Any) -> Any:
    """even[0], odd[0], even[1], odd[1], ...; one more of the even ones, or as many."""
    n = even.shape[0] + odd.shape[0]
    order = np.arange(n) // 2 + (np.arange(n) % 2) * even.shape[0]
    return np.concatenate([even, odd])[order]


# --- many terms -------------------------------------------------------------------------------------------------------


def add_sequence(*arrays: Any) -> Any:
    """The sum of several arrays, element by element.

    >>> add_sequence([1.0, 2.0], 10.0, [100.0, 200.0])
    array([111., 212.])
    """
    return reduce(np.add, map(as_array, arrays))


def multiply_sequence(*arrays: Any) -> Any:
    """The product of several arrays, element by element.

    >>> multiply_sequence([1.0, 2.0], 10.0, [3.0, 4.0])
    array([30., 80.])
    """
    return reduce(np.multiply, map(as_array, arrays))
