"""Models as plain functions: model(params, x) computes, and start_model(...) makes the nested parameters.

There are no classes and no hidden state. Parameters are dicts and lists of arrays, which every transform and every
optimizer of this project takes as they are; a model of your own is a function like these. `linear` has the four
families that differ only in how their scores are read, `networks` those with hidden layers, `initialisers` the random
starts.
"""

from .initialisers import glorot_normal, glorot_uniform, he_normal, he_uniform, lecun_normal, orthogonal
from .linear import FAMILIES, Family, linear, logistic, loss_of, poisson, softmax, start_linear
from .networks import cnn, mlp, rnn, start_cnn, start_mlp, start_rnn

__all__ = [
    "FAMILIES",
    "Family",
    "cnn",
    "glorot_normal",
    "glorot_uniform",
    "he_normal",
    "he_uniform",
    "lecun_normal",
    "linear",
    "logistic",
    "loss_of",
    "mlp",
    "orthogonal",
    "poisson",
    "rnn",
    "softmax",
    "start_cnn",
    "start_linear",
    "start_mlp",
    "start_rnn",
]
