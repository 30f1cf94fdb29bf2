"""Where the rules go, step for step, beside PyTorch 2.13 in float64: numbers of `generate_trajectories.py`, stored."""

import json
from itertools import islice
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import losses, optim

STORED = json.loads((Path(__file__).parent / "data" / "trajectories.json").read_text())

FEATURES = np.array([[np.sin(i + 2 * j) for j in range(3)] for i in range(12)])
LABELS = np.array([float(i % 3 == 0 or i % 5 == 1) for i in range(12)])
MATRIX = np.array([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]])
SHIFT = np.array([1.0, -2.0, 0.5])
TARGETS = np.array([[np.cos(3 * i + j) for j in range(2)] for i in range(12)])

# fmt: off
LOSSES = {
    "rosenbrock": lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2,
    "quadratic":  lambda x: x @ MATRIX @ x / 2 - SHIFT @ x,
    "logistic":   lambda w, b: losses.logistic_loss(FEATURES @ w + b, LABELS),
    "matrix":     lambda w, b: np.mean((FEATURES @ w + b - TARGETS) ** 2),
}
CLASSES = {
    "gradient_descent": (optim.SGD, {}),             "momentum":  (optim.SGD, {"decay": "momentum"}),
    "nesterov":         (optim.SGD, {"decay": "momentum"}),
    "adagrad":          (optim.Adagrad, {}),         "adadelta":  (optim.Adadelta, {}),
    "rmsprop":          (optim.RMSprop, {}),         "adam":      (optim.Adam, {}),
    "adamw":            (optim.AdamW, {}),           "amsgrad":   (optim.AMSGrad, {}),
    "adamax":           (optim.Adamax, {}),          "nadam":     (optim.NAdam, {}),
    "radam":            (optim.RAdam, {}),           "rprop":     (optim.Rprop, {}),
    "asgd":             (optim.ASGD, {}),            "adafactor": (optim.Adafactor, {}),
    "lbfgs":            (optim.LBFGS, {}),
}
# fmt: on

cases = pytest.mark.parametrize("case", STORED["cases"], ids=lambda case: f"{case['rule']}-{case['problem']}")


def start(case):
    return [np.array(value) for value in STORED["starts"][case["problem"]]]


def numbers(case):
    return {name: tuple(value) if isinstance(value, list) else value for name, value in case["numbers"].items()}


def check(found, expected):
    """Every number of every point to 1e-9, relative to the size of the parameters or to 1."""
    for step, (mine, theirs) in enumerate(zip(found, expected, strict=True)):
        for a, b in zip(mine, theirs, strict=True):
            np.testing.assert_allclose(a, b, rtol=1e-9, atol=1e-9, err_msg=f"step {step + 1}")


TWELVE = {"gradient_descent", "momentum", "nesterov", "adagrad", "adadelta", "rmsprop",
          "adam", "adamw", "adamax", "nadam", "radam", "lbfgs"}  # fmt: skip


def test_the_references_hold_the_twelve_and_twenty_steps():
    met = {(case["rule"], case["problem"]) for case in STORED["cases"] if len(case["points"]) == 20}
    assert {(rule, problem) for rule in TWELVE for problem in ("rosenbrock", "quadratic", "logistic")} <= met


@cases
def test_a_pure_rule_goes_the_same_way(case):
    rule, loss = getattr(optim, case["rule"])(**numbers(case)), LOSSES[case["problem"]]
    points = optim.iterates(lambda params: loss(*params), start(case), rule)
    check([point.params for point in islice(points, 1, 21)], case["points"])


@cases
def test_the_object_goes_the_same_way(case):
    kind, other_names = CLASSES[case["rule"]]
    options = {other_names.get(name, name): value for name, value in numbers(case).items()}
    if case["rule"] == "nesterov":
        options["nesterov"] = True
    params = [tg.Tensor(value, requires_grad=True) for value in start(case)]
    optimizer, points = kind(params, **options), []

    def closure():
        optimizer.zero_grad()
        loss = LOSSES[case["problem"]](*params)
        loss.backward()
        return loss

    for _ in range(20):
        optimizer.step(closure)
        points.append([p.data.copy() for p in params])
    check(points, case["points"])


@pytest.mark.parametrize("case", STORED["schedules"], ids=lambda case: case["schedule"])
def test_a_schedule_has_the_same_rates(case):
    schedule = getattr(optim.schedules, case["schedule"])(**case["numbers"])
    assert [schedule(k) for k in range(len(case["rates"]))] == pytest.approx(case["rates"], rel=1e-9, abs=1e-12)


def test_a_plateau_falls_at_the_same_reports():
    rate, found = optim.schedules.Plateau(**STORED["plateau"]["numbers"]), []
    for loss in STORED["plateau"]["losses"]:
        rate.report(loss)
        found.append(rate(0))
    assert found == STORED["plateau"]["rates"]
