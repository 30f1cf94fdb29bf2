"""Write data/trajectories.json: where PyTorch's optimizers and schedules go, in float64.

Not a test, and not run in continuous integration: it needs PyTorch (the `peers` extra), and its numbers change only
when a case is added. `test_optim_trajectories` walks the same ways with the rules of this project.

    python tests/generate_trajectories.py
"""

# ruff: noqa: E501

import json
import math
from pathlib import Path

import torch
from torch import optim
from torch.optim import lr_scheduler

STEPS = 20
DATA = Path(__file__).parent / "data" / "trajectories.json"
torch.set_default_dtype(torch.float64)

# fmt: off
FEATURES = torch.tensor([[math.sin(i + 2 * j) for j in range(3)] for i in range(12)])
LABELS   = torch.tensor([float(i % 3 == 0 or i % 5 == 1) for i in range(12)])
MATRIX   = torch.tensor([[4.0, 1.0, 0.0], [1.0, 3.0, 0.5], [0.0, 0.5, 2.0]])
SHIFT    = torch.tensor([1.0, -2.0, 0.5])
TARGETS  = torch.tensor([[math.cos(3 * i + j) for j in range(2)] for i in range(12)])

PROBLEMS = {
    "rosenbrock": ([[-1.2, 1.0]],           lambda x: (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2),
    "quadratic":  ([[1.0, -1.0, 2.0]],      lambda x: x @ MATRIX @ x / 2 - SHIFT @ x),
    "logistic":   ([[0.5, -0.5, 0.1], 0.2], lambda w, b: torch.nn.functional.binary_cross_entropy_with_logits(FEATURES @ w + b, LABELS)),
    "matrix":     ([[[0.5, -0.5], [0.1, 0.3], [-0.2, 0.4]], [0.1, -0.1]],
                                            lambda w, b: ((FEATURES @ w + b - TARGETS) ** 2).mean()),
}

# the rule of this project and its numbers; PyTorch's class and its numbers; the rates (Rosenbrock, others)
CASES = [
    ("gradient_descent", {},                                   optim.SGD,       {},                                      (1e-3, 0.2)),
    ("momentum",         {"decay": 0.9},                       optim.SGD,       {"momentum": 0.9},                       (1e-4, 0.05)),
    ("nesterov",         {"decay": 0.8},                       optim.SGD,       {"momentum": 0.8, "nesterov": True},     (1e-4, 0.05)),
    ("adagrad",          {},                                   optim.Adagrad,   {},                                      (0.1, 0.2)),
    ("adagrad",          {"start": 0.3, "eps": 1e-6},          optim.Adagrad,   {"initial_accumulator_value": 0.3, "eps": 1e-6}, (0.1, 0.2)),
    ("adadelta",         {},                                   optim.Adadelta,  {},                                      (1.0, 1.0)),
    ("adadelta",         {"decay": 0.7, "eps": 1e-3},          optim.Adadelta,  {"rho": 0.7, "eps": 1e-3},               (0.5, 2.0)),
    ("rmsprop",          {},                                   optim.RMSprop,   {},                                      (0.01, 0.02)),
    ("rmsprop",          {"decay": 0.9, "momentum": 0.5, "centered": True},
                                                               optim.RMSprop,   {"alpha": 0.9, "momentum": 0.5, "centered": True}, (0.001, 0.01)),
    ("adam",             {},                                   optim.Adam,      {},                                      (0.02, 0.1)),
    ("adam",             {"betas": (0.5, 0.9), "eps": 1e-3},   optim.Adam,      {"betas": (0.5, 0.9), "eps": 1e-3},      (0.02, 0.1)),
    ("adamw",            {},                                   optim.AdamW,     {},                                      (0.02, 0.1)),
    ("adamw",            {"weight_decay": 0.3},                optim.AdamW,     {"weight_decay": 0.3},                   (0.02, 0.1)),
    ("amsgrad",          {},                                   optim.Adam,      {"amsgrad": True},                       (0.02, 0.1)),
    ("adamax",           {},                                   optim.Adamax,    {},                                      (0.02, 0.1)),
    ("nadam",            {},                                   optim.NAdam,     {},                                      (0.02, 0.1)),
    ("nadam",            {"momentum_decay": 0.1},              optim.NAdam,     {"momentum_decay": 0.1},                 (0.02, 0.1)),
    ("radam",            {},                                   optim.RAdam,     {},                                      (5e-4, 0.1)),
    ("radam",            {"betas": (0.8, 0.95)},               optim.RAdam,     {"betas": (0.8, 0.95)},                  (5e-4, 0.1)),
    ("rprop",            {},                                   optim.Rprop,     {},                                      (0.01, 0.1)),
    ("asgd",             {"decay": 0.1, "start": 5},           optim.ASGD,      {"lambd": 0.1, "t0": 5},                 (1e-3, 0.2)),
    ("adafactor",        {},                                   optim.Adafactor, {},                                      (0.02, 0.1)),
    ("adafactor",        {"weight_decay": 0.1, "limit": 1.5},  optim.Adafactor, {"weight_decay": 0.1, "d": 1.5},         (0.02, 0.1)),
    # short steps: PyTorch forgets pairs with sᵀy < 1e-10, whatever the scale of the loss, as this project does not
    ("lbfgs",            {"memory": 5, "line_search": None},   optim.LBFGS,
        {"max_iter": 1, "history_size": 5, "tolerance_grad": 0.0, "tolerance_change": 0.0},                              (0.5, 0.3)),
]

SCHEDULES = [
    ("step",          {"rate": 0.5, "every": 7, "factor": 0.3},          lambda o: lr_scheduler.StepLR(o, 7, 0.3)),
    ("multi_step",    {"rate": 0.5, "milestones": [4, 9], "factor": 0.3}, lambda o: lr_scheduler.MultiStepLR(o, [4, 9], 0.3)),
    ("exponential",   {"rate": 0.5, "factor": 0.9},                      lambda o: lr_scheduler.ExponentialLR(o, 0.9)),
    ("polynomial",    {"rate": 0.5, "steps": 15, "power": 2.0},          lambda o: lr_scheduler.PolynomialLR(o, 15, 2.0)),
    ("cosine",        {"rate": 0.5, "steps": 29, "end": 0.1},            lambda o: lr_scheduler.CosineAnnealingLR(o, 29, 0.1)),
    ("warm_restarts", {"rate": 0.5, "steps": 4, "growth": 2},            lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 4, 2)),
    ("warm_restarts", {"rate": 0.5, "steps": 5, "end": 0.1},             lambda o: lr_scheduler.CosineAnnealingWarmRestarts(o, 5, 1, 0.1)),
    ("one_cycle",     {"rate": 0.5, "steps": 30},                        lambda o: lr_scheduler.OneCycleLR(o, 0.5, 30, cycle_momentum=False)),
    ("warm_up",       {"then": 0.5, "steps": 6, "start": 0.25},          lambda o: lr_scheduler.LinearLR(o, 0.25, 1.0, 6)),
]
# fmt: on
LOSSES = [5.0, 4.0, 4.0, 4.1, 3.9999, 4.0, 3.0, 3.0, 3.1, 3.2, 3.3, 3.1, 2.9, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0, 3.0]


def trajectory(problem, kind, numbers, rate):
    start, loss = PROBLEMS[problem]
    params = [torch.tensor(value, requires_grad=True) for value in start]
    optimizer = kind(params, lr=rate, **numbers)

    def closure():
        optimizer.zero_grad()
        value = loss(*params)
        value.backward()
        return value

    points = []
    for _ in range(STEPS):
        optimizer.step(closure)
        points.append([p.tolist() for p in params])
    return points


def rates(make, steps=30):
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    schedule = make(optimizer)
    found = []
    for _ in range(steps):
        found.append(optimizer.param_groups[0]["lr"])
        optimizer.step()
        schedule.step()
    return found


def plateau():
    optimizer = optim.SGD([torch.zeros(1, requires_grad=True)], lr=0.5)
    schedule = lr_scheduler.ReduceLROnPlateau(optimizer, factor=0.5, patience=2, cooldown=1, min_lr=0.1)
    found = []
    for loss in LOSSES:
        schedule.step(loss)
        found.append(optimizer.param_groups[0]["lr"])
    return found


def main():
    cases = []
    for rule, numbers, kind, theirs, (low, high) in CASES:
        for problem in PROBLEMS:
            rate = low if problem == "rosenbrock" else high
            points = trajectory(problem, kind, theirs, rate)
            cases.append(
                {"rule": rule, "numbers": {"learning_rate": rate, **numbers}, "problem": problem, "points": points}
            )
    problems = {name: start for name, (start, _) in PROBLEMS.items()}
    schedules = [{"schedule": name, "numbers": numbers, "rates": rates(make)} for name, numbers, make in SCHEDULES]
    found = {
        "torch": torch.__version__,
        "starts": problems,
        "cases": cases,
        "schedules": schedules,
        "plateau": {
            "numbers": {"rate": 0.5, "factor": 0.5, "patience": 2, "cooldown": 1, "least": 0.1},
            "losses": LOSSES,
            "rates": plateau(),
        },
    }
    lists = {key: found.pop(key) for key in ("cases", "schedules")}
    text = json.dumps(found, indent=1)[:-2]
    for key, rows in lists.items():
        text += f',\n "{key}": [\n' + ",\n".join("  " + json.dumps(row) for row in rows) + "\n ]"
    DATA.write_text(text + "\n}\n")


if __name__ == "__main__":
    main()
