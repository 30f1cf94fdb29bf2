"""One class for each rule, under the names that PyTorch gives them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..errors import GradientError
from ..tensor import Tensor
from ..trees import Tree
from .adaptive import adadelta, adagrad, rmsprop
from .algorithms import momentum as heavy_ball_descent
from .algorithms import nesterov as look_ahead_descent
from .averaging import asgd, averaged, schedule_free, schedule_free_adamw
from .dials import Rate
from .layers import adafactor, lamb, muon
from .lbfgs import lbfgs, searching
from .links import descend
from .moments import adam, adamax, adamw, amsgrad, nadam, radam
from .signs import lion, rprop
from .stages import Algorithm, chain, rule
from .stateful import Optimizer, arrays_of


@rule("SGD", overshoot=1.0)
def _sgd(learning_rate: Rate = 1e-3, momentum: float = 0.0, nesterov: bool = False) -> Algorithm:
    """Gradient descent; with `momentum` a heavy ball, which may look ahead (`nesterov`)."""
    if not momentum:
        return chain(descend(learning_rate))
    return (look_ahead_descent if nesterov else heavy_ball_descent)(learning_rate, momentum)


class SGD(Optimizer):
    """`gradient_descent` as an object; with momentum a heavy ball, which may look ahead (`nesterov`)."""

    rule = staticmethod(_sgd)


class Adagrad(Optimizer):
    rule = staticmethod(adagrad)


class Adadelta(Optimizer):
    rule = staticmethod(adadelta)


class RMSprop(Optimizer):
    rule = staticmethod(rmsprop)


class Adam(Optimizer):
    rule = staticmethod(adam)


class AdamW(Optimizer):
    rule = staticmethod(adamw)


class AMSGrad(Optimizer):
    rule = staticmethod(amsgrad)


class Adamax(Optimizer):
    rule = staticmethod(adamax)


class NAdam(Optimizer):
    rule = staticmethod(nadam)


class RAdam(Optimizer):
    rule = staticmethod(radam)


class Rprop(Optimizer):
    rule = staticmethod(rprop)


class Lion(Optimizer):
    rule = staticmethod(lion)


class LAMB(Optimizer):
    rule = staticmethod(lamb)


class Adafactor(Optimizer):
    rule = staticmethod(adafactor)


class Muon(Optimizer):
    rule = staticmethod(muon)


class _Averaging(Optimizer):
    """An optimizer that remembers a mean of its points."""

    def mean(self) -> list[list[Any]]:
        """For each group the means of its parameters, in order: the values to use in the end."""
        groups = [arrays_of(group) for group in self.param_groups]
        return [averaged(memory, arrays) for memory, arrays in zip(self._memory, groups, strict=True)]


class ASGD(_Averaging):
    rule = staticmethod(asgd)


class ScheduleFree(_Averaging):
    rule = staticmethod(schedule_free)


class ScheduleFreeAdamW(_Averaging):
    rule = staticmethod(schedule_free_adamw)


class LBFGS(Optimizer):
    """`lbfgs` as an object. Its line search evaluates the loss as often as it needs, hence `step` needs a closure.

    >>> from tinygrad_edu import Tensor
    >>> x = Tensor([-1.2, 1.0], requires_grad=True)
    >>> optimizer = LBFGS([x])
    >>> def closure():
    ...     optimizer.zero_grad()
    ...     loss = (1 - x[0]) ** 2 + 100 * (x[1] - x[0] ** 2) ** 2
    ...     loss.backward()
    ...     return loss
    >>> for _ in range(40):
    ...     loss = optimizer.step(closure)
    >>> x.data.round(6)
    array([1., 1.])
    """

    rule = staticmethod(lbfgs)
    extras: ClassVar[dict[str, Callable[..., Any]]] = {}

    def step(self, closure: Callable[[], Any] | None = None, *, gradients: Tree = None) -> Any:
        """One step, from the loss and the gradients that the closure computes."""
        if closure is None or gradients is not None or len(self.param_groups) > 1:
            raise GradientError(
                "LBFGS.step: expected one group of parameters and a closure that clears the gradients, computes the "
                "loss, calls its backward and returns it"
            )
        (group,) = self.param_groups
        arrays, losses = arrays_of(group), []

        def evaluate(params: list[Any]) -> tuple[Any, list[Any]]:
            for array, value in zip(arrays, params, strict=True):
                array[...] = value
            losses.append(closure())
            found = [
                np.zeros_like(a) if g is None else g for a, g in zip(arrays, self._gradients(0, None), strict=True)
            ]
            return losses[-1].item() if isinstance(losses[-1], Tensor) else losses[-1], found

        start = [array.copy() for array in arrays]
        numbers = [group[name] for name in ("learning_rate", "memory", "line_search")]
        gradient = evaluate(start)[1]
        moved, self._memory[0] = searching(evaluate, *numbers).update(gradient, self._memory[0], start)
        for array, value in zip(arrays, moved, strict=True):
            array[...] = value
        self.steps += 1
        return losses[0]
