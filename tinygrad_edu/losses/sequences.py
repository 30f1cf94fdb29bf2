"""The loss of sequences without an alignment: connectionist temporal classification."""

from __future__ import annotations

from typing import Any

import numpy as np

from .reduction import as_array, reduce


def ctc(
    log_probabilities: Any,
    labels: Any,
    input_lengths: Any = None,
    label_lengths: Any = None,
    *,
    blank: int = 0,
    reduction: str = "mean",
) -> Any:
    """Minus the logarithm of the probability that frames spell a sequence of labels, over all alignments.

    A frame says a label or a blank; equal labels in a row are one, blanks fall away. The sum over all alignments is
    computed frame by frame, α_t(s) being the probability to have spelt the first s symbols after t frames, in
    logarithms; the engine differentiates the recursion as it stands.

    Parameters
    ----------
    log_probabilities : array_like, shape (frames, n, C)
        log p of each class in each frame, for example from `functions.log_softmax`.
    labels : array_like of integers, shape (n, length)
        The sequences, without blanks; what lies behind `label_lengths` is ignored.
    input_lengths, label_lengths : array_like of integers, shape (n,), optional
        How many frames and labels count; all by default.
    blank : int
        The class that stands for nothing.
    reduction : {"mean", "sum", "none"}
        The mean is over sequences, each divided by its number of labels.

    Returns
    -------
    scalar, or array of shape (n,)
        In nats; infinite if there are too few frames.

    References
    ----------
    A. Graves et al. (2006). Connectionist temporal classification: labelling unsegmented sequence data with recurrent
    neural networks. ICML.

    >>> frames = np.log(np.full((2, 1, 2), 0.5))  # two frames; a blank or a letter, with equal chances
    >>> float(np.exp(-ctc(frames, [[1]], reduction="sum")).round(4))  # all alignments but two blanks
    0.75
    """
    log_p, labels = as_array(log_probabilities), as_array(labels)
    frames, n, _ = log_p.shape
    length = labels.shape[1]
    input_lengths = np.full(n, frames) if input_lengths is None else as_array(input_lengths)
    label_lengths = np.full(n, length) if label_lengths is None else as_array(label_lengths)

    symbols = np.full((n, 2 * length + 1), blank)  # a blank before, between and behind the labels
    symbols[:, 1::2] = labels
    skips = np.zeros(symbols.shape, bool)  # from one label to another one, past the blank between
    skips[:, 2:] = (symbols[:, 2:] != blank) & (symbols[:, 2:] != symbols[:, :-2])

    nowhere = np.full((n, 1), -np.inf)
    rows = np.arange(n)[:, None]
    started = np.arange(symbols.shape[1]) < 2
    alpha = np.where(started, log_p[0][rows, symbols], -np.inf)
    for t in range(1, frames):
        one_back = np.concatenate([nowhere, alpha[:, :-1]], axis=1)
        two_back = np.concatenate([nowhere, nowhere, alpha[:, :-2]], axis=1)[:, : symbols.shape[1]]
        reached = np.logaddexp(np.logaddexp(alpha, one_back), np.where(skips, two_back, -np.inf))
        alpha = np.where((t < input_lengths)[:, None], reached + log_p[t][rows, symbols], alpha)

    last = 2 * label_lengths
    ends = alpha[np.arange(n), last]
    before = np.where(label_lengths > 0, alpha[np.arange(n), np.maximum(last - 1, 0)], -np.inf)
    losses = -np.logaddexp(ends, before)
    if reduction == "mean":
        losses = losses / np.maximum(label_lengths, 1)
    return reduce("ctc", losses, None, reduction)
