"""The sample rows of `tinygrad_edu.functions`: activations, softmax, convolution, pooling, normalisation, attention."""

import numpy as np

from catalogue.rows import anywhere, apart, inside, positive, row
from tinygrad_edu import functions as nn

A, B, V = anywhere(3, 4), anywhere(3, 4), anywhere(4)
D, P, S, T = apart(3, 4), positive(3, 4), inside(3, 4), anywhere(2, 3, 4)
mask = np.array([[True, False, True, True], [False, True, False, True], [True, True, False, False]])

# fmt: off
ACTIVATIONS = [
    *(row(f, 2 * A) for f in [
        nn.relu, nn.relu6, nn.leaky_relu, nn.elu, nn.selu, nn.celu,
        nn.gelu, nn.silu, nn.mish, nn.softplus, nn.softsign, nn.sigmoid,
        nn.logsigmoid, nn.tanhshrink, nn.hardtanh,
        nn.softshrink, nn.hardshrink, nn.squareplus, nn.quick_gelu,
        nn.sparse_plus, nn.sparse_sigmoid, nn.normal_cdf]),
    row(nn.hardsigmoid, A), row(nn.hardswish, A), row(nn.relu, np.array(-2.0)), row(nn.leaky_relu, A, 0.2), row(nn.leaky_relu, A, V),
    row(nn.elu, A, 0.5), row(nn.celu, A, 2.0), row(nn.gelu, A, approximate="tanh"),
    row(nn.softplus, A, 3.0), row(nn.softplus, A, entry="special.softplus"),
    row(nn.hardtanh, D, -0.1, 0.6), row(nn.threshold, D, 0.1, 20.0), row(nn.squareplus, A, 1.0),
    row(nn.softshrink, A, 0.1), row(nn.hardshrink, A, 0.1),
    row(nn.hard_silu, A, entry="nn.hard_silu"), row(nn.swish, A, entry="nn.swish"),
    row(nn.prelu, anywhere(2, 3, 4), anywhere(3)), row(nn.prelu, A, np.array(0.2)), row(nn.prelu, V, V),
    row(nn.rrelu, A), row(nn.log1mexp, P), row(nn.glu, A), row(nn.glu, anywhere(4, 3), axis=0),
]
SOFTMAX = [
    *(row(f, A, **p) for f in [nn.softmax, nn.log_softmax, nn.softmin, nn.standardize]
      for p in [{}, {"axis": 0}, {"axis": (0, 1)}, {"axis": None}]),
    *(row(f, A, **p) for f in [nn.logsumexp, nn.logmeanexp]
      for p in [{}, {"axis": 0}, {"axis": -1, "keepdims": True}, {"axis": (0, 1)}]),
    row(nn.softmax, T, axis=(0, 2), entry="special.softmax"), row(nn.log_softmax, T, axis=1, entry="special.log_softmax"),
    row(nn.softmax, anywhere(3, 1)), row(nn.logsumexp, V, entry="logsumexp"), row(nn.logsumexp, anywhere(3, 1), axis=1),
    row(nn.logsumexp, T, axis=(0, -1), entry="logsumexp"), row(nn.logsumexp, A, 1, P),
    row(nn.logsumexp, A, 0, B, return_sign=True), row(nn.logsumexp, A, None, np.array([2.0, 0.0, 1.0, 0.5])),
    row(nn.logsumexp, A, axis=1, keepdims=True, return_sign=True), row(nn.standardize, A, -1, V, P),
]
# fmt: on

SAMPLES = [*ACTIVATIONS, *SOFTMAX]
