"""Gradient descent and its relatives: what to do with a gradient, and for how long.

`minimize` is the iterative approach from start to end. An algorithm (`gradient_descent`, `adam`, `lbfgs`) is a pair of
pure functions over nested parameters; `chain` makes new ones of stages such as `clip_by_norm` and `decay_weights`. The
classes (`Adam`, `SGD`) own their state and move Tensors in place. `schedules` are learning rates that change;
`curvature` and `learning_rate_test` tell how large they may be; `iterates` is the bare loop.
"""

from . import schedules
from .adaptive import adadelta, adagrad, rmsprop
from .algorithms import gradient_descent, momentum, nesterov, sgd
from .averaging import accumulate, asgd, averaged, grouped, schedule_free, schedule_free_adamw
from .bowl import Curvature
from .curvature import curvature, ideal_rate
from .descent import Point, iterates
from .layers import adafactor, lamb, muon, orthogonalize
from .lbfgs import lbfgs
from .least_squares import gauss_newton, half_squares, least_squares, levenberg_marquardt
from .line_search import backtracking, strong_wolfe
from .links import (
    clip_by_norm,
    clip_by_value,
    clip_each_by_norm,
    decay_weights,
    descend,
    heavy_ball,
    trust_ratio,
)
from .minimizing import Result, minimize
from .moments import adam, adamax, adamw, amsgrad, moments, nadam, radam
from .optimizers import (
    ASGD,
    LAMB,
    LBFGS,
    SGD,
    Adadelta,
    Adafactor,
    Adagrad,
    Adam,
    Adamax,
    AdamW,
    AMSGrad,
    Lion,
    Muon,
    NAdam,
    RAdam,
    RMSprop,
    Rprop,
    ScheduleFree,
    ScheduleFreeAdamW,
)
from .rate_test import RateTest, learning_rate_test
from .second_order import conjugate_gradients, damped_newton, newton, newton_cg
from .signs import lion, rprop
from .stages import Algorithm, Stage, chain
from .start import random, zeros
from .stateful import Optimizer
from .stopping import History
from .training import Moment

__all__ = [
    "ASGD",
    "LAMB",
    "LBFGS",
    "SGD",
    "AMSGrad",
    "Adadelta",
    "Adafactor",
    "Adagrad",
    "Adam",
    "AdamW",
    "Adamax",
    "Algorithm",
    "Curvature",
    "History",
    "Lion",
    "Moment",
    "Muon",
    "NAdam",
    "Optimizer",
    "Point",
    "RAdam",
    "RMSprop",
    "RateTest",
    "Result",
    "Rprop",
    "ScheduleFree",
    "ScheduleFreeAdamW",
    "Stage",
    "accumulate",
    "adadelta",
    "adafactor",
    "adagrad",
    "adam",
    "adamax",
    "adamw",
    "amsgrad",
    "asgd",
    "averaged",
    "backtracking",
    "chain",
    "clip_by_norm",
    "clip_by_value",
    "clip_each_by_norm",
    "conjugate_gradients",
    "curvature",
    "damped_newton",
    "decay_weights",
    "descend",
    "gauss_newton",
    "gradient_descent",
    "grouped",
    "half_squares",
    "heavy_ball",
    "ideal_rate",
    "iterates",
    "lamb",
    "lbfgs",
    "learning_rate_test",
    "least_squares",
    "levenberg_marquardt",
    "lion",
    "minimize",
    "moments",
    "momentum",
    "muon",
    "nadam",
    "nesterov",
    "newton",
    "newton_cg",
    "orthogonalize",
    "radam",
    "random",
    "rmsprop",
    "rprop",
    "schedule_free",
    "schedule_free_adamw",
    "schedules",
    "sgd",
    "strong_wolfe",
    "trust_ratio",
    "zeros",
]
