"""The sample rows of `tinygrad_edu.functions`: activations, softmax, convolution, pooling, normalisation, attention."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

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
IMAGES, LINES, VOLUMES = anywhere(2, 4, 5, 6), anywhere(2, 4, 7), anywhere(1, 2, 3, 4, 3)
CONVOLUTION = [
    row(nn.conv1d, LINES, anywhere(3, 4, 3)), row(nn.conv1d, LINES, anywhere(6, 2, 2), anywhere(6), 2, 1, 2, 2),
    row(nn.conv1d, anywhere(4, 7), anywhere(3, 4, 1)), row(nn.conv1d, LINES, anywhere(1, 4, 7)),
    row(nn.conv2d, IMAGES, anywhere(3, 4, 3, 2)), row(nn.conv2d, IMAGES, anywhere(3, 4, 1, 1), anywhere(3)),
    row(nn.conv2d, IMAGES, anywhere(4, 2, 3, 2), anywhere(4), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2,
        entry="nn.conv2d_dilated_grouped_padded"),
    row(nn.conv2d, IMAGES, anywhere(2, 4, 2, 3), padding="same"), row(nn.conv2d, IMAGES, anywhere(4, 1, 2, 2), padding="valid", groups=4),
    row(nn.conv2d, IMAGES, anywhere(1, 4, 2, 2), padding=((0, 1), (2, 0)), stride=3), row(nn.conv2d, anywhere(2, 3, 3), anywhere(1, 2, 3, 3)),
    row(nn.conv3d, VOLUMES, anywhere(3, 2, 2, 2, 2)), row(nn.conv3d, VOLUMES, anywhere(2, 1, 2, 1, 3), None, (1, 2, 1), 1, 1, 2),
    row(nn.conv2d, IMAGES + 1j * anywhere(2, 4, 5, 6), anywhere(1, 4, 2, 2)),
    row(nn.conv_transpose1d, LINES, anywhere(4, 2, 3), anywhere(2)), row(nn.conv_transpose1d, LINES, anywhere(4, 1, 3), None, 2, 1, 1, 2, 2),
    row(nn.conv_transpose2d, IMAGES, anywhere(4, 2, 2, 3)),
    row(nn.conv_transpose2d, IMAGES, anywhere(4, 1, 3, 2), anywhere(2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2),
    row(nn.conv_transpose3d, VOLUMES, anywhere(2, 2, 2, 1, 2), stride=2, padding=1, output_padding=1),
    row(nn.unfold, IMAGES, (2, 3)), row(nn.unfold, IMAGES, 2, 2, 1, (2, 1)), row(nn.unfold, IMAGES, 2, entry="nn.unfold (im2col)"),
    row(nn.fold, anywhere(2, 12, 8), (5, 3), 2), row(nn.fold, anywhere(2, 4, 9), 5, 2, 2, 1, 2, entry="nn.fold (col2im)"),
    row(sliding_window_view, V, 2), row(sliding_window_view, A, (2, 3)), row(sliding_window_view, T, (2, 2, 1), axis=(1, 2, 1)),
    row(sliding_window_view, T, 3, axis=-2, entry="sliding_window_view"),
]
STEEP = apart(2, 3, 6, 5)
POOLING = [
    *(row(f, STEEP, **p) for f in [nn.max_pool2d, nn.avg_pool2d]
      for p in [{"kernel_size": 2}, {"kernel_size": (3, 2), "stride": (1, 2)}, {"kernel_size": 3, "stride": 2, "padding": 1}]),
    row(nn.max_pool2d, STEEP, 2, 1, (0, 1), (2, 3)), row(nn.max_pool2d, apart(4, 4), 2), row(nn.max_pool2d, STEEP, 1),
    row(nn.avg_pool2d, STEEP, 3, 2, 1, count_include_pad=False), row(nn.avg_pool2d, STEEP, (6, 5)),
    row(nn.max_pool1d, apart(2, 3, 7), 3, 2), row(nn.avg_pool1d, apart(2, 3, 7), 3, 2),
    row(nn.max_pool3d, apart(2, 4, 4, 3), 2), row(nn.avg_pool3d, apart(2, 4, 4, 3), 2),
    row(nn.lp_pool1d, anywhere(2, 6), 3, 2), row(nn.lp_pool2d, STEEP + 2, 2, 2), row(nn.lp_pool2d, anywhere(4, 4), 1.5, (2, 3), 1),
    *(row(f, STEEP, n) for f in [nn.adaptive_avg_pool2d, nn.adaptive_max_pool2d] for n in [(2, 3), 1, (3, 5), (6, 1)]),
    row(nn.adaptive_avg_pool1d, apart(2, 7), 3), row(nn.adaptive_max_pool1d, apart(2, 7), 3),
]
# fmt: on

SAMPLES = [*ACTIVATIONS, *SOFTMAX, *CONVOLUTION, *POOLING]
