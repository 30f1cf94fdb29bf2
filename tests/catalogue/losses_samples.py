"""Sample rows of the losses: every name of the vocabulary's list, with its settings."""

import numpy as np

from catalogue.rows import numbers, row
from tinygrad_edu import losses
from tinygrad_edu.functions import log_softmax

anywhere, positive, *_ = numbers(7)
X, Y = anywhere(4, 3), anywhere(4, 3)
F, G, H = anywhere(4, 3), anywhere(4, 3), anywhere(4, 3)
P = (positive(4, 3) + 0.5) / 3  # inside (0.2, 0.8)
YES = np.array([[1, 0, 1], [0, 0, 1], [1, 1, 0], [0, 1, 0]])
SIGN = 2 * YES - 1
ONE_SIGN = np.array([1, -1, 1, -1])
LABELS = np.array([2, 0, 1, 1])
SHARES = P / P.sum(1, keepdims=True)
OTHERS = (positive(4, 3) / 2) / 3
COUNTS = np.array([[0, 1, 3], [2, 0, 1], [5, 1, 0], [1, 2, 2]])
LOGP = np.array(log_softmax(anywhere(4, 2, 3), axis=-1))
W = positive(4)


def l1(prediction, target):
    return np.sum(np.abs(prediction - target), axis=-1)


# fmt: off
SAMPLES = [
    row(losses.mean_squared_error, X, Y, entry="loss.mse"), row(losses.mean_squared_error, X, Y, weights=P, numpy_only=True, entry="loss.mse"),
    row(losses.squared_error, X, Y, entry="loss.mse"), row(losses.l2_loss, X, Y, entry="loss.l2"),
    row(losses.mean_absolute_error, X, Y, entry="loss.l1/mae"), row(losses.absolute_error, X, Y, entry="loss.l1/mae"),
    row(losses.huber, X, Y, delta=0.7, entry="loss.huber"), row(losses.huber, X, Y, reduction="none", entry="loss.huber"),
    row(losses.smooth_l1, X, Y, beta=0.7, reduction="sum", entry="loss.smooth_l1"), row(losses.smooth_l1, X, Y, beta=0.0, entry="loss.smooth_l1"),
    row(losses.log_cosh, X, Y, entry="loss.log_cosh"), row(losses.quantile, X, Y, q=0.8, entry="quantile loss"),
    row(losses.poisson_nll, X, COUNTS, entry="loss.poisson_nll"), row(losses.poisson_nll, P, COUNTS, log_rate=False, full=True, numpy_only=True, entry="loss.poisson_nll"),
    row(losses.gamma_nll, X, P, entry="gamma loss"), row(losses.gamma_nll, P, P, log_mean=False, entry="gamma loss"),
    row(losses.gaussian_nll, X, Y, P, full=True, entry="loss.gaussian_nll"),
    row(losses.binary_cross_entropy, P, YES, entry="loss.binary_crossentropy"), row(losses.binary_cross_entropy, P, OTHERS, entry="loss.binary_crossentropy"),
    row(losses.logistic_loss, X, YES, entry="loss.binary_crossentropy_logits"),
    row(losses.logistic_loss, X, P, positive_weight=2.0, weights=P, numpy_only=True, entry="loss.binary_crossentropy_logits"),
    row(losses.cross_entropy, X, SHARES, entry="loss.softmax_crossentropy"),
    row(losses.cross_entropy, X, LABELS, entry="loss.sparse_softmax_crossentropy"),
    row(losses.cross_entropy, X, LABELS, class_weights=np.array([1.0, 2.0, 0.5]), numpy_only=True, entry="loss.sparse_softmax_crossentropy"),
    row(losses.cross_entropy, X, LABELS, ignore_index=0, numpy_only=True, entry="loss.sparse_softmax_crossentropy"),
    row(losses.cross_entropy, X, LABELS, label_smoothing=0.1, numpy_only=True, reduction="none", entry="loss.label_smoothing_ce"),
    row(losses.smooth_labels, SHARES, 0.1, entry="loss.smooth_labels"),
    row(losses.nll, X, LABELS, weights=W, numpy_only=True, entry="loss.nll"), row(losses.categorical_cross_entropy, SHARES, LABELS, entry="categorical"),
    row(losses.linear_cross_entropy, X, Y[:2], LABELS % 2, W[:2], entry="loss.linear_cross_entropy"),
    row(losses.focal, X, YES, gamma=2.5, alpha=0.3, numpy_only=True, entry="loss.focal (sigmoid)"), row(losses.focal, X, P, entry="loss.focal (sigmoid)"),
    row(losses.focal_softmax, X, LABELS, entry="loss.focal (softmax)"), row(losses.poly_cross_entropy, X, LABELS, entry="loss.poly_cross_entropy"),
    row(losses.sparsemax, X / 2, YES, entry="loss.sparsemax"), row(losses.multiclass_sparsemax, X, LABELS, entry="loss.multiclass_sparsemax"),
    row(losses.fenchel_young, X, SHARES, entry="loss.fenchel_young"),
    row(losses.kl_divergence, X, SHARES, entry="loss.kl_div"), row(losses.kl_divergence, X, Y, log_target=True, reduction="sum", entry="loss.kl_div"),
    row(losses.jensen_shannon, SHARES, P, entry="jensen_shannon"),
    row(losses.hinge, X, SIGN, entry="loss.hinge"), row(losses.squared_hinge, X, SIGN, entry="loss.hinge"),
    row(losses.perceptron, X, SIGN, entry="loss.perceptron"), row(losses.soft_margin, X, SIGN, entry="loss.soft_margin"),
    row(losses.hinge_embedding, P, SIGN, entry="loss.hinge_embedding"), row(losses.multiclass_hinge, X, LABELS, entry="loss.multiclass_hinge"),
    row(losses.multi_margin, X, LABELS, p=2, entry="loss.multiclass_hinge"), row(losses.multiclass_perceptron, X, LABELS, entry="loss.multiclass_perceptron"),
    row(losses.margin_ranking, W, P[:, 0], ONE_SIGN, margin=0.1, entry="loss.margin_ranking"),
    row(losses.multilabel_margin, X, YES, entry="loss.multilabel_margin"), row(losses.multilabel_soft_margin, X, YES, entry="loss.multilabel_soft_margin"),
    row(losses.ranking_softmax, X, SHARES, entry="loss.ranking_softmax"),
    row(losses.cosine_similarity, X, Y, entry="loss.cosine_similarity"), row(losses.cosine_distance, X, Y, entry="loss.cosine_similarity"),
    row(losses.cosine_embedding, X, Y, ONE_SIGN, margin=-1.1, entry="loss.cosine_embedding"),
    *(row(losses.pairwise_distance, X, Y, p=p, entry="loss.pairwise_distance") for p in [1.0, 2.0, 3.0, np.inf]),
    row(losses.triplet_margin, F, G, H, margin=3.0, entry="loss.triplet_margin"), row(losses.triplet_margin, F, G, H, margin=3.0, swap=True, p=1.0, entry="loss.triplet_margin"),
    row(losses.triplet_margin_with_distance, F, G, H, distance=l1, margin=5.0, entry="loss.triplet_margin_with_distance"),
    row(losses.contrastive, P, YES, entry="contrastive"), row(losses.ntxent, X, np.array([0, 0, 1, 1]), temperature=0.5, entry="loss.ntxent"),
    row(losses.dice, P, YES, entry="loss.dice"), row(losses.dice, P, YES, axis=(0, 1), entry="loss.dice"),
    row(losses.ctc, LOGP, np.array([[1, 1], [2, 1]]), numpy_only=True, entry="loss.ctc"),
    row(losses.ctc, LOGP, np.array([[1, 2], [2, 0]]), np.array([4, 3]), np.array([2, 1]), reduction="none", entry="loss.ctc", numpy_only=True),
]
# fmt: on
