"""Every error of the library: what happened, what was expected, what was given, what to do.

Each class is also one of Python's own (`ValueError`, `TypeError`, ...), so a caller who knows nothing of this file
still catches it. Each docstring holds a program that fails and the program that cures it.
"""

from __future__ import annotations


class TinygradError(Exception):
    """The root of all errors below: catches whatever this library raises on purpose."""


class ShapeError(TinygradError, ValueError):
    """The shapes of the operands do not fit, or a cotangent has another shape than its primal.

    >>> import numpy as np, tinygrad_edu as tg
    >>> x, y = tg.Tensor(np.ones((3, 4))), tg.Tensor(np.ones((5, 4)))
    >>> x @ y
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.ShapeError: matmul: inner sizes differ: x is (3, 4), y is (5, 4). Expected y with 4 rows; \
did you mean x @ y.T?
    >>> (x @ y.T).shape
    (3, 5)
    """


class DtypeError(TinygradError, TypeError):
    """Integers and booleans have no derivative: a gradient needs real or complex numbers.

    >>> import numpy as np, tinygrad_edu as tg
    >>> counts = np.array([1, 2, 3])
    >>> tg.grad(lambda x: np.sum(x * x))(counts)
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.DtypeError: grad: argument 0 is an array of int64, which has no derivative. \
Expected float or complex numbers. Convert it first: x.astype(float)
    >>> tg.grad(lambda x: np.sum(x * x))(counts.astype(float))
    array([2., 4., 6.])
    """


class NoRuleError(TinygradError, TypeError):
    """A function, or one of its parameters, has no rule in the table of derivatives.

    The message says why and what to use instead; `tinygrad_edu.extend` adds a rule in one line.
    """


class TracedError(TinygradError, TypeError):
    """A recorded Tensor was about to become a plain array, which would cut its gradient silently.

    >>> import numpy as np, tinygrad_edu as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> np.asarray(x)  # doctest: +ELLIPSIS
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.TracedError: np.array or np.asarray on a Tensor that is being differentiated would lose its ...
    >>> np.asarray(x.detach())
    array([1., 2.])
    """


class InPlaceError(TinygradError, TypeError):
    """Values that the record holds, or a plain array, were about to be overwritten by a Tensor.

    >>> import numpy as np, tinygrad_edu as tg
    >>> w = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> w[0] = 5.0
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.InPlaceError: assignment into a leaf that requires a gradient would make its gradient wrong. \
Assign under tg.no_grad(), or into a copy: x = x.copy(); x[index] = value
    >>> with tg.no_grad():
    ...     w[0] = 5.0
    """


class AnomalyError(TinygradError, ArithmeticError):
    """A NaN or an infinity was made while `detect_anomaly` looked on; the message names the operation and its line."""


class GradientError(TinygradError, ValueError):
    """A gradient was asked for where there is none to give: of a non-scalar, or of what was never recorded.

    >>> import numpy as np, tinygrad_edu as tg
    >>> x = tg.Tensor([1.0, 2.0], requires_grad=True)
    >>> (x * x).backward()
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.GradientError: backward: a gradient belongs to a scalar, but this Tensor has shape (2,). \
Reduce it first (for example .sum()), or pass the cotangent: y.backward(gradient), of shape (2,)
    >>> (x * x).sum().backward()
    >>> x.grad
    array([2., 4.])
    """


class CheckError(TinygradError, AssertionError):
    """A gradient failed its check; the message is the report, which `report` holds.

    >>> import numpy as np, tinygrad_edu as tg
    >>> tg.check_vjp(np.sin, (1.0,), lambda g, x: g * np.sin(x)).assert_ok()
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.CheckError: FAIL  ...
    >>> tg.check_vjp(np.sin, (1.0,), lambda g, x: g * np.cos(x)).assert_ok()
    """

    def __init__(self, message: str, report: object = None) -> None:
        super().__init__(message)
        self.report = report


class TreeError(TinygradError, TypeError):
    """Nested arguments do not have the structure that was expected, or hold a leaf that is no number or array."""


class ClosureError(TinygradError, ValueError):
    """A function with a custom rule used a traced Tensor that it was not given as an argument.

    Its rule cannot speak for that Tensor, whose gradient would be lost. Pass it as an argument.
    """


class DivergenceError(TinygradError, ArithmeticError):
    """Gradient descent climbed out of the bowl: the loss grew beyond bounds or stopped being finite.

    `result` is what the run had found until then, with its history.

    >>> from tinygrad_edu import optim
    >>> optim.minimize(lambda x: x * x, 1.0, optim.gradient_descent(1.5))
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.DivergenceError: gradient descent diverged: the loss went from 1 to 1.049e+06 in 10 steps \
with learning rate 1.5. It bounces from side to side and climbs out of the bowl: the largest curvature at the start is \
2, so the rate must stay below 2/2 = 1. Try 0.5, or 'auto'
    >>> optim.minimize(lambda x: x * x, 1.0, optim.gradient_descent(0.5)).loss
    0.0
    """

    def __init__(self, message: str, result: object = None) -> None:
        super().__init__(message)
        self.result = result


class HyperparameterError(TinygradError, ValueError):
    """A dial of an algorithm is outside its range: a learning rate, a decay, a batch size, a tolerance.

    >>> from tinygrad_edu import optim
    >>> optim.gradient_descent(-0.1)
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.HyperparameterError: the learning rate is -0.1. Expected a number above 0, or 'auto'
    >>> optim.gradient_descent(0.1).hyperparameters
    {'learning_rate': 0.1}
    """


class MissingExtraError(TinygradError, ImportError):
    """An optional dependency is not installed; the message names the extra that brings it."""


class DataError(TinygradError, ValueError):
    """A data file cannot be read as numbers; the message names the line and the column."""


class ExpressionError(TinygradError, ValueError):
    """A formula typed on the command line holds something other than arithmetic, NumPy's functions and variables."""


class TraceError(TinygradError, TypeError):
    """A function cannot be compiled, because what it does depends on the values of its arguments.

    >>> import numpy as np, tinygrad_edu as tg
    >>> relu = tg.compile(lambda x: x if x > 0 else 0 * x)
    >>> relu(-1.0)
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.TraceError: compile: the truth of a traced value: the program would be right for this value \
only.
    ...
    What to do: np.where(condition, a, b) chooses among values; ...
    >>> relu = tg.compile(lambda x: np.where(x > 0, x, 0 * x))
    >>> print(relu(-1.0))
    -0.0
    """
