"""Models compute what their formulae say, start as their papers ask, and learn."""

import json
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import data, losses, models, optim
from tinygrad_edu.errors import ShapeError

REFERENCES = json.loads((Path(__file__).parent / "data" / "regressions.json").read_text())


# The formulae


def test_the_four_families_read_the_same_scores():
    params = {"w": np.array([[1.0, -1.0], [0.5, 2.0]]), "b": np.array([0.1, -0.2])}
    x = np.array([[1.0, 2.0], [-1.0, 0.0], [0.0, 0.0]])
    scores = x @ params["w"] + params["b"]
    assert (models.linear(params, x) == scores).all()
    assert models.logistic(params, x) == pytest.approx(1 / (1 + np.exp(-scores)))
    assert models.softmax(params, x) == pytest.approx(np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True))
    assert models.poisson(params, x) == pytest.approx(np.exp(scores))
    responses = {"linear": models.linear, "logistic": models.logistic, "softmax": models.softmax,
                 "poisson": models.poisson}  # fmt: skip
    assert set(responses) == set(models.FAMILIES)
    for name, model in responses.items():
        assert models.FAMILIES[name].response(scores) == pytest.approx(model(params, x))


@pytest.mark.parametrize("name", models.FAMILIES)
def test_the_loss_of_a_family_has_its_prediction_minus_the_truth_for_a_slope(name):
    """What the four have in common: ∂loss/∂score is proportional to response − target."""
    random = np.random.default_rng(0)
    scores = random.standard_normal((5, 3)) if name == "softmax" else random.standard_normal(5)
    target = np.array([0, 2, 1, 1, 0]) if name == "softmax" else np.array([0.0, 1.0, 1.0, 0.0, 1.0])
    family = models.FAMILIES[name]
    slope = tg.grad(lambda scores: family.measure(scores, target))(scores)
    truth = np.eye(3)[target] if name == "softmax" else target
    factor = 2 / 5 if name == "linear" else 1 / 5
    assert slope == pytest.approx(factor * (family.response(scores) - truth))


@pytest.mark.parametrize("score", [-1e4, 1e4])
def test_certain_scores_have_finite_losses(score):
    for name in ("logistic", "softmax"):
        scores = np.array([[score, 0.0]]) if name == "softmax" else np.array([score])
        target = np.array([1])
        value, slope = tg.value_and_grad(lambda s, n=name, y=target: models.FAMILIES[n].measure(s, y))(scores)
        assert np.isfinite(value)
        assert np.isfinite(slope).all()


def test_a_ridge_charges_weights_and_no_biases():
    params = {"layers": [{"w": np.full((2, 2), 2.0), "b": np.ones(2)}], "last": {"w": np.ones(3), "b": 5.0}}
    loss = models.loss_of(lambda p, x: x, lambda scores, y: 0.0, ridge=0.5)
    assert loss(params, None, None) == 0.5 * (4 * 4 + 3)
    plain = models.loss_of(models.linear, losses.mean_squared_error)
    assert plain({"w": np.array([2.0]), "b": 1.0}, np.array([[1.0]]), np.array([5.0])) == 4


def test_a_perceptron_is_layer_after_layer():
    params = models.start_mlp((3, 4, 2), seed=1)
    x = np.random.default_rng(0).standard_normal((5, 3))
    hidden = np.maximum(x @ params[0]["w"] + params[0]["b"], 0)
    assert models.mlp(params, x) == pytest.approx(hidden @ params[1]["w"] + params[1]["b"])
    assert models.mlp(params, x, activation=np.tanh).shape == (5, 2)
    assert models.mlp(models.start_mlp((3, 2)), x).shape == (5, 2)  # no hidden layer: a linear model


def test_a_recurrent_network_carries_a_state_along():
    params = models.start_rnn(2, 3, 4, seed=1)
    x = np.random.default_rng(0).standard_normal((5, 6, 2))
    h = np.zeros((5, 3))
    for step in range(6):
        h = np.tanh(x[:, step] @ params["input"]["w"] + params["input"]["b"] + h @ params["state"]["w"])
    assert models.rnn(params, x) == pytest.approx(h @ params["last"]["w"] + params["last"]["b"])


@pytest.mark.parametrize(
    ("start", "model", "x"),
    [
        (models.start_mlp((4, 5, 3)), models.mlp, (2, 4)),
        (models.start_cnn((1, 4, 4), (2,), 3), models.cnn, (2, 1, 4, 4)),
        (models.start_rnn(2, 3, 3), models.rnn, (2, 3, 2)),
    ],
)
def test_the_gradients_of_the_networks_pass_the_check(start, model, x):
    random = np.random.default_rng(0)
    inputs, labels = random.standard_normal(x), np.array([0, 2])
    loss = models.loss_of(lambda p, x: model(p, x, np.tanh), losses.cross_entropy)
    assert tg.check(lambda params: loss(params, inputs, labels), start).ok


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
def test_parameters_and_scores_have_the_dtype_that_was_asked_for(dtype):
    cases = (
        (models.start_mlp((4, 5, 3), dtype=dtype), models.mlp, (2, 4)),
        (models.start_cnn((2, 4, 4), (2, 3), 3, dtype=dtype), models.cnn, (2, 2, 4, 4)),
        (models.start_rnn(2, 3, 3, dtype=dtype), models.rnn, (2, 3, 2)),
    )
    for params, model, shape in cases:
        assert {leaf.dtype for leaf in tg.trees.leaves(params)} == {np.dtype(dtype)}
        assert model(params, np.ones(shape, dtype)).dtype == dtype


# Initialisers


# fmt: off
VARIANCES = [
    (models.glorot_uniform, (200, 300), 2 / 500),
    (models.glorot_normal,  (200, 300), 2 / 500),
    (models.he_uniform,     (200, 300), 2 / 200),
    (models.he_normal,      (200, 300), 2 / 200),
    (models.lecun_normal,   (200, 300), 1 / 200),
    (models.he_normal,      (60, 40, 5, 5), 2 / (40 * 25)),
    (models.glorot_normal,  (60, 40, 5, 5), 2 / (100 * 25)),
]
# fmt: on


@pytest.mark.parametrize(("initialiser", "shape", "variance"), VARIANCES)
def test_an_initialiser_has_the_variance_of_its_paper(initialiser, shape, variance):
    drawn = initialiser(shape, 0)
    assert drawn.shape == shape
    assert drawn.mean() == pytest.approx(0, abs=4 * np.sqrt(variance / drawn.size))
    assert drawn.var() == pytest.approx(variance, rel=0.02)
    assert (initialiser(shape, 0) == drawn).all()
    assert initialiser(shape, 0, np.float32).dtype == np.float32


@pytest.mark.parametrize("shape", [(5, 3), (3, 5), (4, 4), (6, 2, 3, 3)])
def test_an_orthogonal_start_neither_swells_nor_fades(shape):
    flat = models.orthogonal(shape, 0).reshape(shape[0], -1)
    assert np.linalg.svd(flat, compute_uv=False) == pytest.approx(1)


def test_what_cannot_be_started_is_told():
    for call, words in (
        (lambda: models.he_normal((3,), 0), r"the shape \(3,\)"),
        (lambda: models.orthogonal((3, 0), 0), r"the shape \(3, 0\)"),
        (lambda: models.start_mlp((3,)), r"sizes are \(3,\)"),
        (lambda: models.start_cnn((1, 4, 4), (2, 2, 2), 3), r"3 layers halve an image of \(4, 4\) to nothing"),
    ):
        with pytest.raises(ShapeError, match=words):
            call()


# Learning


def relative(found, expected):
    """The largest error of coefficients, each in its own size (those below a millionth of the largest, in that)."""
    expected = np.asarray(expected)
    size = np.maximum(np.abs(expected), 1e-6 * np.abs(expected).max())
    return float(np.max(np.abs(found - expected) / size))


def fitted(name):
    """Coefficients and intercept in the data's units, from standardised features."""
    case = REFERENCES["cases"][name]
    table = getattr(data, f"load_{case['data']}")()
    x, scale = data.standardize(table.features)
    y = table.target.astype(int) if name == "softmax" else table.target
    measure = models.FAMILIES[name].measure if name in models.FAMILIES else losses.mean_squared_error
    if name == "huber":
        measure = lambda scores, y: losses.huber(scores, y, delta=case["delta"])
    loss = models.loss_of(models.linear, measure, ridge=case.get("ridge", 0.0))
    start = models.start_linear(x.shape[1], len(table.classes) if name == "softmax" else None)
    if name == "poisson":
        start["b"] = np.log(y.mean())
    rule = optim.lbfgs() if name in ("logistic", "softmax", "huber") else optim.damped_newton()
    result = optim.minimize(loss, start, rule, data=(x, y), tolerance=1e-17, epochs=2_000)
    return (result.params["w"], result.params["b"]), scale.original(result.params["w"], result.params["b"]), case


@pytest.mark.parametrize("name", REFERENCES["cases"])
def test_a_regression_on_real_data_reaches_the_optimum_that_others_report(name):
    """To 1e-6 of every coefficient: statsmodels or scikit-learn, whose numbers `generate_regressions.py` has stored."""
    standard, original, case = fitted(name)
    w, b = standard if case["units"] == "standard" else original
    assert relative(w, case["coefficients"]) < 1e-6
    assert relative(b, case["intercept"]) < 1e-6


def test_a_small_perceptron_reads_digits():
    """A short run; `python -m benchmarks --only training` measures the full one."""
    table = data.load_digits()
    x, y = (table.features / 16).astype(np.float32), table.target.astype(int)
    loss = models.loss_of(models.mlp, losses.cross_entropy)
    start = models.start_mlp((64, 32, 10), dtype=np.float32)
    training, (held_x, held_y) = data.split((x, y), 0.2)
    found = optim.minimize(
        loss, start, optim.adam(3e-3), data=training, batch_size=32, epochs=6, measure="batches", compile="numpy"
    )
    assert np.mean(np.argmax(models.mlp(found.params, held_x), axis=1) == held_y) > 0.93


def test_a_small_convolutional_network_reads_digits():
    table = data.load_digits().take(slice(0, 300))
    images, y = (table.features / 16).reshape(-1, 1, 8, 8), table.target.astype(int)
    loss = models.loss_of(models.cnn, losses.cross_entropy)
    found = optim.minimize(loss, models.start_cnn((1, 8, 8), (8,), 10), optim.adam(0.02), data=(images, y),
                           batch_size=30, epochs=4)  # fmt: skip
    assert np.mean(np.argmax(models.cnn(found.params, images), axis=1) == y) > 0.9


def test_a_small_recurrent_network_learns_who_came_first():
    """Whether the first of five numbers was positive: the last state must remember it."""
    random = np.random.default_rng(0)
    x = random.standard_normal((200, 5, 1))
    y = (x[:, 0, 0] > 0).astype(float)
    loss = models.loss_of(lambda p, x: models.rnn(p, x)[:, 0], losses.logistic_loss)
    found = optim.minimize(loss, models.start_rnn(1, 6, 1), optim.adam(0.05), data=(x, y), epochs=60, progress=False)
    assert np.mean((models.rnn(found.params, x)[:, 0] > 0) == y) > 0.95
