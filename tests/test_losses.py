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
