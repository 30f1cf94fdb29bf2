"""Losses are formulae: right in value, and differentiable as they stand."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import losses

PREDICTION, TARGET = np.array([0.5, -1.0, 4.0]), np.array([1.0, 1.0, 1.0])


def test_squared_error_is_elementwise():
    assert losses.squared_error(PREDICTION, TARGET).tolist() == [0.25, 4.0, 9.0]


def test_mean_squared_error_is_the_mean_over_the_examples():
    assert losses.mean_squared_error(PREDICTION, TARGET) == 13.25 / 3


def test_the_gradient_of_the_mean_squared_error_is_twice_the_mean_residual():
    gradient = tg.grad(losses.mean_squared_error)(PREDICTION, TARGET)
    assert gradient == pytest.approx(2 * (PREDICTION - TARGET) / 3, abs=1e-15)


def test_losses_keep_float32():
    value = losses.mean_squared_error(PREDICTION.astype(np.float32), TARGET.astype(np.float32))
    assert value.dtype == np.float32


def test_the_logistic_loss_is_the_cross_entropy():
    logit, target = np.array([-1.0, 0.3, 2.0]), np.array([0.0, 1.0, 0.25])
    p = 1 / (1 + np.exp(-logit))
    entropy = -np.mean(target * np.log(p) + (1 - target) * np.log(1 - p))
    assert losses.logistic_loss(logit, target) == pytest.approx(entropy, rel=1e-14)


def test_the_gradient_of_the_logistic_loss_is_the_mean_surprise():
    logit, target = np.array([-1.0, 0.3, 2.0]), np.array([0.0, 1.0, 0.25])
    gradient = tg.grad(losses.logistic_loss)(logit, target)
    assert gradient == pytest.approx((1 / (1 + np.exp(-logit)) - target) / 3, abs=1e-15)


@pytest.mark.parametrize(("logit", "target", "loss"), [(1e4, 0.0, 1e4), (-1e4, 1.0, 1e4), (1e4, 1.0, 0.0)])
def test_the_logistic_loss_neither_overflows_nor_loses_its_gradient(logit, target, loss):
    value, gradient = tg.value_and_grad(losses.logistic_loss)(logit, target)
    assert value == loss
    assert gradient == (1.0 if logit > 0 else 0.0) - target


ALL = [losses.squared_error, losses.mean_squared_error, losses.logistic_loss]


@pytest.mark.parametrize("loss", ALL)
@pytest.mark.parametrize("convert", [np.asarray, tg.Tensor])
def test_every_prediction_against_every_target_is_told(loss, convert):
    words = (
        rf"^{loss.__name__}: the prediction is \(5, 1\), the target \(5,\), and each would meet every other, "
        r"\(5, 5\)\. Expected one target a prediction: reshape the prediction to \(5,\)$"
    )
    with pytest.raises(ValueError, match=words):
        loss(convert(np.ones((5, 1))), np.ones(5))
    with pytest.raises(ValueError, match="give both the same shape"):
        loss(convert(np.ones((5, 1))), np.ones(4))


@pytest.mark.parametrize("loss", ALL)
@pytest.mark.parametrize("target", [1.0, np.ones(()), np.ones(1), np.ones(3), np.ones((2, 3)), np.ones((2, 1))])
def test_a_scalar_or_a_row_may_broadcast(loss, target):
    assert np.isfinite(loss(np.zeros((2, 3)), target)).all()


def test_shapes_that_do_not_broadcast_are_numpys_business():
    with pytest.raises(ValueError, match="could not be broadcast together"):
        losses.squared_error(np.ones(3), np.ones(4))


# --- the ends, where formulae written down naively fail ---------------------------------------------------------------


def slope(loss, *args):
    with np.errstate(all="ignore"):
        return float(tg.grad(lambda x: loss(x, *args[1:]))(args[0]))


@pytest.mark.parametrize(("loss", "x", "target", "value", "gradient"), [
    (losses.binary_cross_entropy,   0.0,    0.0,  0.0,      1.0),       # 0 · log 0 is 0
    (losses.binary_cross_entropy,   1.0,    1.0,  0.0,      -1.0),
    (losses.binary_cross_entropy,   0.0,    1.0,  np.inf,   -np.inf),   # it says that the truth cannot be
    (losses.logistic_loss,          1e4,    1.0,  0.0,      0.0),
    (losses.logistic_loss,          1e4,    0.0,  1e4,      1.0),
    (losses.logistic_loss,          -1e4,   1.0,  1e4,      -1.0),
    (losses.soft_margin,            -1e4,   1.0,  1e4,      -1.0),
    (losses.focal,                  1e4,    0.0,  1e4,      1.0),
    (losses.focal,                  -1e4,   0.0,  0.0,      0.0),
    (losses.log_cosh,               1e4,    0.0,  1e4 - np.log(2), 1.0),
    (losses.log_cosh,               0.0,    0.0,  0.0,      0.0),
    (losses.poisson_nll,            -1e4,   0.0,  0.0,      0.0),
    (losses.huber,                  1e300,  0.0,  1e300,    1.0),
    (losses.hinge,                  1.0,    1.0,  0.0,      -0.5),      # the corner
    (losses.absolute_error,         2.0,    2.0,  0.0,      0.0),
])  # fmt: skip
def test_a_loss_is_safe_at_its_ends(loss, x, target, value, gradient):
    with np.errstate(all="ignore"):
        assert loss(x, target) == pytest.approx(value, rel=1e-15)
    assert slope(loss, x, target) == pytest.approx(gradient, rel=1e-12)


@pytest.mark.parametrize("loss", [losses.cross_entropy, losses.focal_softmax, losses.multiclass_hinge])
def test_large_logits_give_finite_losses_and_gradients(loss):
    value, gradient = tg.value_and_grad(loss)(np.array([[1e4, 0.0, -1e4], [1e4, 0.0, -1e4]]), np.array([0, 2]))
    assert np.isfinite(value) and np.all(np.isfinite(gradient))


def test_a_class_that_is_masked_out_gets_no_gradient():
    gradient = tg.grad(losses.cross_entropy)(np.array([[0.0, 0.0, -np.inf]]), np.array([0]))
    np.testing.assert_allclose(gradient, [[-0.5, 0.5, 0.0]])


def test_the_curvature_of_log_cosh_at_zero_is_one():
    assert float(tg.hessian(lambda x: losses.log_cosh(x, 0.0))(0.0)) == pytest.approx(1.0)


def test_vectors_without_direction_or_distance_get_the_gradient_zero():
    zero, one = np.zeros((1, 2)), np.ones((1, 2))
    np.testing.assert_array_equal(tg.grad(losses.cosine_distance)(zero, one), 0)
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(losses.pairwise_distance(x, one)))(one), 0)


# --- weights and reductions -------------------------------------------------------------------------------------------


def test_weights_make_a_weighted_mean():
    w = np.array([1.0, 0.0, 3.0])
    each = losses.squared_error(PREDICTION, TARGET)
    assert losses.mean_squared_error(PREDICTION, TARGET, weights=w) == np.sum(w * each) / 4
    assert losses.mean_squared_error(PREDICTION, TARGET, weights=w, reduction="sum") == np.sum(w * each)
    assert losses.mean_squared_error(PREDICTION, TARGET, weights=w, reduction="none").tolist() == (w * each).tolist()


@pytest.mark.parametrize("loss", [losses.huber, losses.cross_entropy, losses.dice])
def test_an_unknown_reduction_is_refused(loss):
    with pytest.raises(ValueError, match=r"reduction='average'. Expected one of 'mean', 'sum', 'none'"):
        loss(np.ones((2, 2)), np.ones((2, 2)), reduction="average")


def test_lists_and_numbers_are_taken():
    assert losses.huber([0.0, 3.0], [0.0, 0.0], reduction="none").tolist() == [0.0, 2.5]
    assert float(losses.cross_entropy([[0.0, 0.0]], [1])) == pytest.approx(np.log(2))


def test_ignored_examples_count_nothing():
    logits = np.array([[1.0, 2.0], [5.0, -3.0]])
    assert losses.cross_entropy(logits, [1, -1], ignore_index=-1) == losses.cross_entropy(logits[:1], [1])
    gradient = tg.grad(losses.cross_entropy)(logits, np.array([1, -1]), ignore_index=-1)
    assert gradient[1].tolist() == [0.0, 0.0]


def test_integer_labels_are_shares_with_a_single_one():
    logits, shares = np.array([[1.0, 2.0, 0.5], [0.1, -3.0, 1.0]]), np.eye(3)[[2, 0]]
    for loss in (losses.cross_entropy, losses.focal_softmax, losses.poly_cross_entropy, losses.multiclass_hinge):
        assert loss(logits, [2, 0]) == pytest.approx(loss(logits, shares), rel=1e-15)


def test_smoothed_labels_mix_with_class_weights_as_sums_over_classes():
    z, w, a = np.array([[1.0, 2.0, 0.5]]), np.array([1.0, 2.0, 0.5]), 0.1
    log_p = z - np.log(np.sum(np.exp(z)))
    shares = (1 - a) * np.array([0, 1, 0]) + a / 3
    expected = -np.sum(w * shares * log_p) / w[1]
    assert losses.cross_entropy(z, [1], class_weights=w, label_smoothing=a) == pytest.approx(expected, rel=1e-14)


# --- what a loss is worth ---------------------------------------------------------------------------------------------


def test_the_best_constant_of_a_quantile_loss_is_the_quantile():
    y = np.arange(1.0, 12.0)
    grid = np.linspace(0, 12, 1201)
    best = grid[np.argmin([losses.quantile(np.full(11, c), y, q=0.75) for c in grid])]
    assert abs(best - np.quantile(y, 0.75)) <= 0.5


def test_the_divergence_of_a_distribution_from_itself_is_zero():
    p = np.array([0.2, 0.0, 0.8])
    with np.errstate(divide="ignore"):
        assert losses.kl_divergence(np.log(p), p, reduction="sum") == pytest.approx(0, abs=1e-15)
    assert losses.jensen_shannon(p, p) == pytest.approx(0, abs=1e-15)


def test_the_sparsemax_loss_is_zero_when_the_label_leads_by_one():
    assert losses.multiclass_sparsemax(np.array([[3.0, 2.0, 0.0]]), [0]) == pytest.approx(0, abs=1e-15)
    gradient = tg.grad(losses.multiclass_sparsemax)(np.array([[0.0, 0.5]]), np.array([0]))
    np.testing.assert_allclose(gradient, [[-0.75, 0.75]])  # the projection of (0, ½) is (¼, ¾)


def test_ctc_sums_over_all_alignments():
    """Against every path of four frames over three classes, one by one."""
    p = np.random.default_rng(0).dirichlet(np.ones(3), 4)
    labels = [1, 1]
    total = 0.0
    for path in np.ndindex(3, 3, 3, 3):
        spelt = [s for i, s in enumerate(path) if s != 0 and (i == 0 or path[i - 1] != s)]
        total += np.prod(p[np.arange(4), path]) * (spelt == labels)
    assert losses.ctc(np.log(p)[:, None], [labels], reduction="sum") == pytest.approx(-np.log(total), rel=1e-13)


def test_ctc_of_too_few_frames_is_infinite_and_its_gradient_zero():
    z = np.log(np.full((2, 1, 3), 1 / 3))
    value, gradient = tg.value_and_grad(lambda z: losses.ctc(z, [[1, 1]], reduction="sum"))(z)
    assert value == np.inf and np.all(np.isfinite(gradient))


def test_two_views_of_the_same_find_each_other():
    x = np.array([[1.0, 0.1], [1.0, -0.1], [-1.0, 0.1], [-1.0, -0.1]])
    assert losses.ntxent(x, [0, 0, 1, 1]) < losses.ntxent(x, [0, 1, 0, 1])
