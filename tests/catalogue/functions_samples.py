"""The sample rows of `tinygrad_edu.functions`: activations, softmax, convolution, pooling, normalisation, attention."""

import numpy as np
from numpy.lib.stride_tricks import sliding_window_view

from catalogue.rows import numbers, row
from tinygrad_edu import functions as nn

anywhere, positive, inside, apart = numbers(20261123)
rng = np.random.default_rng(20261124)

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
    row(nn.hardtanh, D, -0.05, 0.6), row(nn.threshold, D, 0.1, 20.0), row(nn.squareplus, A, 1.0),
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
IMAGES, LINES, VOLUMES = anywhere(1, 2, 4, 4), anywhere(2, 2, 6), anywhere(1, 2, 2, 3, 2)
CONVOLUTION = [
    row(nn.conv1d, LINES, anywhere(3, 2, 3)), row(nn.conv1d, LINES, anywhere(4, 1, 2), anywhere(4), 2, 1, 2, 2),
    row(nn.conv1d, anywhere(2, 5), anywhere(3, 2, 1)), row(nn.conv1d, LINES, anywhere(1, 2, 6)),
    row(nn.conv2d, IMAGES, anywhere(3, 2, 3, 2)), row(nn.conv2d, IMAGES, anywhere(5, 2, 2, 2)), row(nn.conv2d, IMAGES, anywhere(3, 2, 1, 1), anywhere(3)),
    row(nn.conv2d, IMAGES, anywhere(2, 1, 3, 2), anywhere(2), stride=(2, 1), padding=(1, 2), dilation=(1, 2), groups=2,
        entry="nn.conv2d_dilated_grouped_padded"),
    row(nn.conv2d, IMAGES, anywhere(1, 2, 2, 3), padding="same"), row(nn.conv2d, IMAGES, anywhere(2, 1, 2, 2), padding="valid", groups=2),
    row(nn.conv2d, IMAGES, anywhere(1, 2, 2, 2), padding=((0, 1), (2, 0)), stride=3), row(nn.conv2d, anywhere(2, 3, 3), anywhere(1, 2, 3, 3)),
    row(nn.conv2d, IMAGES, anywhere(1, 2, 2, 1), padding=(2, 3)), row(nn.conv2d, IMAGES + 1j * anywhere(1, 2, 4, 4), anywhere(1, 2, 2, 2)),
    row(nn.conv3d, VOLUMES, anywhere(2, 2, 2, 2, 2)), row(nn.conv3d, VOLUMES, anywhere(2, 1, 2, 1, 2), None, (1, 2, 1), 1, 1, 2),
    row(nn.conv_transpose1d, LINES, anywhere(2, 2, 3), anywhere(2)), row(nn.conv_transpose1d, LINES, anywhere(2, 1, 3), None, 2, 1, 1, 2, 2),
    row(nn.conv_transpose2d, anywhere(1, 2, 2, 3), anywhere(2, 2, 2, 2)),
    row(nn.conv_transpose2d, anywhere(1, 2, 2, 2), anywhere(2, 1, 3, 2), anywhere(2), stride=(2, 3), padding=(1, 0), output_padding=(1, 2), groups=2),
    row(nn.conv_transpose3d, anywhere(1, 2, 2, 1, 2), anywhere(2, 2, 2, 1, 2), stride=2, padding=(1, 0, 1), output_padding=1),
    row(nn.unfold, IMAGES, (2, 3)), row(nn.unfold, IMAGES, 2, 2, 1, (2, 1)), row(nn.unfold, IMAGES, 2, entry="nn.unfold (im2col)"),
    row(nn.fold, anywhere(1, 4, 6), (4, 3), 2), row(nn.fold, anywhere(1, 4, 9), 5, 2, 2, 1, 2, entry="nn.fold (col2im)"),
    row(sliding_window_view, V, 2), row(sliding_window_view, A, (2, 3)), row(sliding_window_view, T, (2, 2, 1), axis=(1, 2, 1)),
    row(sliding_window_view, T, 3, axis=-2, entry="sliding_window_view"),
]
STEEP = apart(2, 4, 4)
POOLING = [
    *(row(f, STEEP, **p) for f in [nn.max_pool2d, nn.avg_pool2d]
      for p in [{"kernel_size": 2}, {"kernel_size": (3, 2), "stride": (1, 2)}, {"kernel_size": 3, "stride": 2, "padding": 1}]),
    row(nn.max_pool2d, STEEP, 2, 1, (0, 1), (2, 3)), row(nn.max_pool2d, apart(4, 4), 2), row(nn.max_pool2d, STEEP, 1),
    row(nn.avg_pool2d, STEEP, 3, 2, 1, count_include_pad=False), row(nn.avg_pool2d, STEEP, (4, 3)),
    row(nn.max_pool1d, apart(2, 6), 3, 2), row(nn.avg_pool1d, apart(2, 6), 3, 2),
    row(nn.max_pool3d, apart(4, 2, 3), 2), row(nn.avg_pool3d, apart(4, 2, 3), 2),
    row(nn.lp_pool1d, anywhere(2, 6), 3, 2), row(nn.lp_pool2d, positive(2, 4, 4), 2, 2), row(nn.lp_pool2d, positive(3, 4), 1.5, (2, 3), 1),
    *(row(f, apart(4, 5), n) for f in [nn.adaptive_avg_pool2d, nn.adaptive_max_pool2d] for n in [(2, 3), 1, (3, 5), (4, 1)]),
    row(nn.adaptive_avg_pool1d, apart(2, 5), 3), row(nn.adaptive_max_pool1d, apart(2, 5), 3),
]
MAPS, M4 = anywhere(2, 4, 3, 2), positive(4)
FAR, OFF = 9 * apart(3, 2), 9 * apart(4, 2) + 0.6
NORMALISATION = [
    row(nn.batch_norm, MAPS), row(nn.batch_norm, MAPS, None, None, anywhere(4), anywhere(4)), row(nn.batch_norm, anywhere(5, 3)),
    row(nn.batch_norm, MAPS, anywhere(4), M4, anywhere(4), anywhere(4)), row(nn.running_stats, MAPS, anywhere(4), M4),
    row(nn.layer_norm, T), row(nn.layer_norm, MAPS, (3, 2), anywhere(3, 2), anywhere(3, 2)), row(nn.layer_norm, V, 4),
    row(nn.group_norm, MAPS, 2), row(nn.group_norm, MAPS, 4, anywhere(4), anywhere(4)),
    row(nn.rms_norm, MAPS), row(nn.rms_norm, MAPS, (4, 3, 2), anywhere(4, 3, 2)), row(nn.instance_norm, MAPS, anywhere(4), anywhere(4)),
    row(nn.local_response_norm, anywhere(1, 3, 2), 3, 0.5), row(nn.local_response_norm, anywhere(2, 4), 2, 0.5, 0.6, 2.0),
    row(nn.normalize, MAPS), row(nn.normalize, A, 3.0, axis=0), row(nn.normalize, A, entry="nn.normalize (L2)"),
    row(nn.renorm, A, 2, 0, 1.5, entry="renorm"), row(nn.renorm, MAPS, 1, 1, 4.0),
    *(row(nn.cdist, FAR, OFF, p, entry="cdist") for p in (2.0, 1.0, 3.0)), row(nn.cdist, 4 * anywhere(2, 3), 9 * anywhere(3, 3), np.inf),
    row(nn.cdist, anywhere(2, 3, 2), anywhere(2, 4, 2), entry="cdist"), row(nn.pdist, A, entry="pdist"), row(nn.pdist, FAR, 1.5),
]
I = np.array([[0, 2, 2], [1, 1, 2]])
seen = np.array([[True, False, True, True], [False, False, False, False]])
ATTENTION = [
    row(nn.linear, A, anywhere(5, 4), anywhere(5)), row(nn.linear, T, anywhere(2, 4)), row(nn.linear, V, anywhere(2, 4)),
    row(nn.bilinear, anywhere(2, 2), anywhere(2, 3), anywhere(2, 2, 3), anywhere(2)), row(nn.bilinear, V, anywhere(2), anywhere(3, 4, 2)),
    row(nn.embedding, I, A), row(nn.embedding, [2, 0, 2], A), *(row(nn.embedding_bag, I, apart(3, 4), m) for m in ["sum", "mean"]),
    row(nn.embedding_bag, np.array([[0, 1], [1, 2]]), apart(3, 4), "max"), row(nn.embedding_bag, I, A, "sum", anywhere(2, 3)),
    row(nn.dropout, A), row(nn.dropout, A, 0.4, rng=3), row(nn.dropout, A, 1.0, 3),
    row(nn.dot_product_attention, anywhere(2, 3), anywhere(4, 3), anywhere(4, 5)),
    row(nn.dot_product_attention, anywhere(2, 2, 3), anywhere(2, 4, 3), anywhere(2, 4, 2), seen, anywhere(2, 4)),
    row(nn.dot_product_attention, anywhere(3, 2), anywhere(3, 2), anywhere(3, 2), is_causal=True, scale=0.5, dropout_p=0.3, rng=1),
    row(nn.dot_product_attention, anywhere(2, 3), anywhere(4, 3), anywhere(4, 5), seen, is_causal=True),
]
# Points between the pixels of MAPS, some of them beyond the border, with the edges at ±1 and with the outer pixels there.
BETWEEN = np.stack([rng.integers(-1, n, (2, 3, 2)) + rng.uniform(0.2, 0.8, (2, 3, 2)) for n in (2, 3)], axis=-1)
EDGES, CENTRES = (2 * BETWEEN + 1) / (2, 3) - 1, 2 * BETWEEN / (1, 2) - 1
RESAMPLING = [
    *(row(nn.interpolate, MAPS, (5, 4), mode=m) for m in ["nearest", "nearest-exact", "bilinear", "bicubic"]),
    row(nn.interpolate, MAPS, (2, 5), mode="bicubic", align_corners=True), row(nn.interpolate, MAPS, (1, 2), mode="bilinear", align_corners=True),
    row(nn.interpolate, MAPS, scale_factor=1.7, mode="bilinear"), row(nn.interpolate, MAPS, scale_factor=(2, 0.5)),
    row(nn.interpolate, anywhere(1, 2, 3), 5, mode="linear"), row(nn.interpolate, anywhere(1, 1, 2, 3, 2), 3, mode="trilinear"),
    # which pixels are read depends on the values of the grid, and a lazy or a foreign array does not show them
    *(row(nn.grid_sample, MAPS, g, padding_mode=p, align_corners=c, numpy_only=True)
      for p in ["zeros", "border"] for g, c in [(EDGES, False), (CENTRES, True)]),
    row(nn.grid_sample, MAPS, EDGES.tolist(), mode="nearest", numpy_only=True),
    row(nn.affine_grid, anywhere(2, 2, 3), (2, 1, 3, 2)), row(nn.affine_grid, anywhere(1, 3, 4), (1, 1, 2, 3, 2), True),
    row(nn.image_scale_and_translate, A, (4, 3), (0, 1), [1.2, 0.7], [0.3, 0.1]),
    row(nn.image_scale_and_translate, A, (4, 4), (0,), np.array([1.3]), np.array([0.2]), method="cubic", numpy_only=True),
    row(nn.image_scale_and_translate, A, (3, 6), (1,), [1.4], [0.2], method="lanczos3", antialias=False),
    row(nn.pixel_shuffle, anywhere(1, 8, 2, 3), 2), row(nn.pixel_unshuffle, anywhere(2, 4, 2), 2), row(nn.channel_shuffle, MAPS, 2),
]


def lstm_step(x, state, *weights):
    h, c = nn.lstm_cell(x, state, *weights)
    return h + c


def gru_states(*args):
    return nn.gru(*args)[0]


def scanned(xs, c):
    return nn.scan(lambda c, x: (np.tanh(c * x[0] + x[1]), {"squares": c * c}), c, xs)


def scanned_backwards(xs, c):
    return nn.scan(lambda c, x: (c * x, c + x), c, xs, reverse=True)


def products(x):
    return nn.associative_scan(np.multiply, x)


def linear_recurrence(a, b):
    return nn.associative_scan(lambda p, q: (q[0] * p[0], q[0] * p[1] + q[1]), (a, b))


X, H = anywhere(1, 2), anywhere(1, 2)
RECURRENT = [
    row(nn.rnn_cell, X, H, anywhere(2, 2), anywhere(2, 2), anywhere(2), anywhere(2), entry="nn.rnn/lstm cell"),
    row(lstm_step, X, (H, anywhere(1, 2)), anywhere(8, 2), anywhere(8, 2), anywhere(8), anywhere(8), entry="nn.rnn/lstm cell"),
    row(nn.gru_cell, X, H, anywhere(6, 2), anywhere(6, 2), anywhere(6), anywhere(6)),
    row(gru_states, anywhere(3, 1, 2), H, anywhere(6, 2), anywhere(6, 2), entry="nn.gru"),
    row(scanned, (A, B), V, entry="scan"), row(scanned_backwards, A, V, entry="scan"),
    *(row(products, anywhere(n, 2), entry="associative_scan") for n in (1, 2, 5, 6)),
    row(linear_recurrence, anywhere(5), anywhere(5), entry="associative_scan"),
    row(nn.add_sequence, A, V, np.array(2.0), entry="add_sequence"), row(nn.multiply_sequence, A, V, B, entry="multiply_sequence"),
]
SAMPLING = [  # whose random numbers NumPy draws
    row(nn.sample_normal, A, P, 1, numpy_only=True, entry="random normal reparameterised sample"),
    row(nn.sample_normal, np.array(0.5), np.array(2.0), 1, 5, numpy_only=True),
    row(nn.sample_gamma, P + 0.5, 2, numpy_only=True, entry="random gamma reparameterised sample"),
    row(nn.sample_gamma, np.array(2.0), 2, np.array(3.0), (2, 3), numpy_only=True),
]
# fmt: on

SAMPLES = [*SAMPLING, *ACTIVATIONS, *SOFTMAX, *CONVOLUTION, *POOLING, *NORMALISATION, *ATTENTION, *RESAMPLING, *RECURRENT]
