"""tinygrad_edu: an autodiff engine from scratch on NumPy.

Every gradient rule is one line of plain NumPy, kept in one table keyed by the NumPy function. The computation is
recorded as data. Everything else is a way of reading that record.

>>> import numpy as np, tinygrad_edu as tg
>>> f = lambda x, y: np.exp(2 * y) * np.sin(x)
>>> [round(float(d), 4) for d in tg.grad(f, argnums=(0, 1))(0.0, 1.0)]
[7.3891, 0.0]
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

from . import errors, extend, rules
from .custom import checkpoint, custom_jvp, custom_vjp
from .graph import RULES, Node, Op, no_grad
from .implicit import custom_linear_solve, custom_root, fixed_point
from .jacobians import hessian, jacobian
from .modes import detect_anomaly, strict_ieee
from .tensor import Tensor
from .transforms import grad, holomorphic_grad, hvp, jvp, linearize, stop_gradient, value_and_grad, vjp

if TYPE_CHECKING:  # for editors and type checkers; at run time these wait until they are asked for, see ANNEXES
    from . import data, functions, losses, models, optim, plot, zoo
    from . import scipy as scipy
    from . import testing as testing
    from .checking import Report, check, check_gradient, check_vjp  # type: ignore[no-redef]
    from .compiling import compile
    from .explaining import derivative, explain, graph
    from .playing import playground

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
    "data",
    "derivative",
    "detect_anomaly",
    "errors",
    "explain",
    "extend",
    "fixed_point",
    "functions",
    "grad",
    "graph",
    "hessian",
    "holomorphic_grad",
    "hvp",
    "jacobian",
    "jvp",
    "linearize",
    "losses",
    "models",
    "no_grad",
    "optim",
    "playground",
    "plot",
    "rules",
    "stop_gradient",
    "strict_ieee",
    "value_and_grad",
    "vjp",
    "zoo",
]

# The annexes: each is a large house, which nobody enters who only wants a gradient, so each is imported when one of its
# names is first asked for. A name that stands for itself is the module.
ANNEXES = {
    "checking": ("Report", "check", "check_gradient", "check_vjp"),
    "compiling": ("compile",),
    "explaining": ("derivative", "explain", "graph"),
    "playing": ("playground",),
    **{
        module: (module,)
        for module in ("data", "functions", "losses", "models", "optim", "plot", "scipy", "testing", "zoo")
    },
}
DOORS = {name: module for module, names in ANNEXES.items() for name in names}

# `tg.graph` draws. The engine's module graph.py, which Python has put under that name, is imported by its names alone.
del globals()["graph"]


def __getattr__(name: str) -> Any:
    if name not in DOORS:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    module = import_module(f".{DOORS[name]}", __name__)
    globals()[name] = found = module if name == DOORS[name] else getattr(module, name)
    return found


def __dir__() -> list[str]:
    return sorted({*globals(), *DOORS})
