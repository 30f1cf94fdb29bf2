"""tinygrad_edu: an autodiff engine from scratch on NumPy.

Every gradient rule is one line of plain NumPy, kept in one table keyed by the NumPy function. The computation is
recorded as data. Everything else is a way of reading that record.

>>> import numpy as np, tinygrad_edu as tg
>>> f = lambda x, y: np.exp(2 * y) * np.sin(x)
>>> [round(float(d), 4) for d in tg.grad(f, argnums=(0, 1))(0.0, 1.0)]
[7.3891, 0.0]
"""

from . import errors, extend, rules
from .checking import Report, check, check_gradient, check_vjp
from .compiling import compile
from .custom import checkpoint, custom_jvp, custom_vjp
from .explaining import derivative, explain, graph  # the function; the module graph.py is imported by its names
from .graph import RULES, Node, Op, no_grad
from .implicit import custom_linear_solve, custom_root, fixed_point
from .jacobians import hessian, jacobian
from .modes import detect_anomaly, strict_ieee
from .tensor import Tensor
from .transforms import grad, holomorphic_grad, hvp, jvp, linearize, stop_gradient, value_and_grad, vjp

__version__ = "0.1.0"

__all__ = [
    "RULES",
    "Node",
    "Op",
    "Report",
    "Tensor",
    "check",
    "check_gradient",
    "check_vjp",
    "checkpoint",
    "compile",
    "custom_jvp",
    "custom_linear_solve",
    "custom_root",
    "custom_vjp",
    "derivative",
    "detect_anomaly",
    "errors",
    "explain",
    "extend",
    "fixed_point",
    "grad",
    "graph",
    "hessian",
    "holomorphic_grad",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "no_grad",
    "rules",
    "stop_gradient",
    "strict_ieee",
    "value_and_grad",
    "vjp",
]
