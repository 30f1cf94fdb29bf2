"""The form that PyTorch's users type: an object that holds the parameters, and moves them at every `step`.

    optimizer = optim.Adam([w, b], learning_rate=1e-3)
    optimizer.zero_grad(); loss(w, b).backward(); optimizer.step()

Behind it stands the pure algorithm of the same name in small letters: the object owns the memory, and writes the
algorithm's results into it and into the parameters' own arrays. Since an algorithm does not keep its state, its numbers
may change at any time: the object makes the algorithm anew and goes on with the old state.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, ClassVar

import numpy as np

from ..errors import GradientError, HyperparameterError, ShapeError, TreeError
from ..tensor import Tensor
from ..trees import Tree, leaves, leaves_like, tree_map
from .dials import Rate
from .in_place import move
from .links import clip_by_norm, clip_by_value, decay_weights
from .stages import Algorithm, as_real, chain, first_memory

EXTRAS: dict[str, Callable[..., Any]] = {
    "clip_value": clip_by_value,
    "clip_norm": clip_by_norm,
    "weight_decay": decay_weights,
}  # as they are chained


class Optimizer:
    """An algorithm that owns its state, and moves parameters in place.

    Parameters
    ----------
    params : tree of Tensors (or of float arrays), or list of groups
        What to move. A group is a dict with "params" and numbers that differ from those of the others.
    algorithm : Algorithm
        Any; the subclasses, as `Adam`, take the numbers of their rule instead, and also

        - weight_decay: λ of a penalty λ‖θ‖²/2 (of the rule's own decay where it has one);
        - clip_norm, clip_value: limits for the gradient, of all parameters of a group together and of each number.

    Attributes
    ----------
    param_groups : list of dict
        The groups, with all their numbers: ``optimizer.param_groups[0]["learning_rate"] = 1e-4`` at any time.
    steps : int
        How many steps were taken, which is what schedules are asked for.

    Raises
    ------
    HyperparameterError
        For a number that the rule does not know or that is outside its range.
    TreeError
        If there are no parameters, or some that cannot be moved: integers, read-only arrays, computed Tensors.

    Notes
    -----
    A step overwrites the parameters' arrays, which a record made before it still refers to: run the loss again before
    the next backward pass (`detect_anomaly` finds where that was forgotten).

    Examples
    --------
    >>> from tinygrad_edu import Tensor, optim
    >>> w = Tensor([3.0, -2.0], requires_grad=True)
    >>> optimizer = optim.SGD([w], learning_rate=0.25)
    >>> for _ in range(3):
    ...     optimizer.zero_grad()
    ...     np.sum(w ** 2).backward()
    ...     optimizer.step()
    >>> w.data
    array([ 0.375, -0.25 ])
    """

    rule: ClassVar[Callable[..., Algorithm] | None] = None
    known: ClassVar[inspect.Signature] = inspect.Signature()
    extras: ClassVar[dict[str, Callable[..., Any]]] = EXTRAS

    def __init_subclass__(cls) -> None:
        """The parameters of the rule, and the extras that it lacks, are those of the class: for help() and editors."""
        if cls.rule is None:
            return
        own = inspect.signature(cls.rule).parameters
        cls.extras = {name: link for name, link in cls.extras.items() if name not in own}
        lacking = [inspect.Parameter(name, inspect.Parameter.KEYWORD_ONLY, default=None) for name in cls.extras]
        cls.known = inspect.Signature([*own.values(), *lacking])
        first = inspect.Parameter("params", inspect.Parameter.POSITIONAL_OR_KEYWORD)
        cls.__signature__ = inspect.Signature([first, *cls.known.parameters.values()])  # type: ignore[attr-defined]
        cls.__doc__ = (
            cls.__doc__ or f"`{cls.rule.__name__}` as an object. {(cls.rule.__doc__ or '').partition(chr(10))[0]}"
        )

    def __init__(self, params: Tree, *args: Any, **numbers: Any) -> None:
        self.steps = 0
        self._algorithm: Algorithm | None = None
        if self.rule is None:
            self._algorithm, args = _ready(*args, **numbers), ()
            numbers = {}
        defaults = self._named(args, numbers)
        self.param_groups: list[dict[str, Any]] = []
        for group in _groups(params):
            own = {name: value for name, value in group.items() if name != "params"}
            self._named((), own)
            self.param_groups.append({"params": group["params"], **defaults, **own})
        _check_movable([p for group in self.param_groups for p in leaves(group["params"])])
        self._made: dict[int, tuple[dict[str, Any], Algorithm]] = {}
        self._memory = [self._start(i) for i in range(len(self.param_groups))]

    @property
    def learning_rate(self) -> float:
        """The rate of the next step, of the first group. Setting it sets that of all groups; it may be a schedule."""
        self._refuse_fixed()
        rate = self.param_groups[0]["learning_rate"]
        return float(rate(self.steps) if callable(rate) else rate)

    @learning_rate.setter
    def learning_rate(self, rate: Rate) -> None:
        self._refuse_fixed()
        for group in self.param_groups:
            group["learning_rate"] = rate

    def _refuse_fixed(self) -> None:
        if self._algorithm is not None:
            raise HyperparameterError(
                f"Optimizer: the numbers of {self._algorithm.name} were fixed when it was made. Expected a schedule "
                "there, or one of the classes, such as Adam, whose learning rate may be set at any time"
            )

    def zero_grad(self) -> None:
        """Forget the gradients of all parameters, before the next backward pass adds to them."""
        for group in self.param_groups:
            for p in leaves(group["params"]):
                if isinstance(p, Tensor):
                    p.grad = None

    def step(self, closure: Callable[[], Any] | None = None, *, gradients: Tree = None) -> Any:
        """Move the parameters by their gradients.

        Parameters
        ----------
        closure : callable, optional
            Clears the gradients, computes the loss, calls its backward, returns it. Called first.
        gradients : tree, optional
            Like the params, instead of their `.grad`: needed for plain arrays. A list of trees if there are groups.

        Returns
        -------
        What the closure returned.

        Raises
        ------
        GradientError
            If no parameter has a gradient.
        """
        loss = closure() if closure else None
        found = [self._gradients(i, gradients) for i in range(len(self.param_groups))]
        if all(g is None for given in found for g in given):
            raise GradientError("step: no parameter has a gradient. Expected loss.backward() before, or gradients=")
        for i, given in enumerate(found):
            self._move(i, given)
        self.steps += 1
        return loss

    def _move(self, i: int, given: list[Any]) -> None:
        """One step of one group; parameters without a gradient stay where they are."""
        algorithm = self._algorithm_of(i)
        arrays, memory = arrays_of(self.param_groups[i]), self._memory[i]
        if algorithm.stages:
            some = [j for j, g in enumerate(given) if g is not None]
            columns = ([column[j] for j in some] for column in (given, memory, arrays))
            for j, kept in zip(some, move(algorithm.stages, *columns), strict=True):
                memory[j] = kept
        else:
            full = [np.zeros_like(p) if g is None else g for g, p in zip(given, arrays, strict=True)]
            moved, self._memory[i] = algorithm.update(full, memory, arrays)
            for p, new in zip(arrays, moved, strict=True):
                p[...] = new

    def state_dict(self) -> dict[str, Any]:
        """All that a continued run needs beside the parameters: plain numbers, names and copies of arrays.

        Schedules are left out, since they are part of the program; the number of steps is there.
        """
        groups = [{k: v for k, v in g.items() if k != "params" and not callable(v)} for g in self.param_groups]
        return {"steps": self.steps, "groups": groups, "memory": tree_map(_copy, self._memory)}

    def load_state_dict(self, state: dict[str, Any]) -> None:
        """Go on where another optimizer of the same kind and parameters was when it gave its `state_dict`.

        Raises
        ------
        TreeError
            If it was of another kind, or its parameters had other shapes.
        """
        if set(state) != {"steps", "groups", "memory"} or len(state["groups"]) != len(self.param_groups):
            raise TreeError(f"load_state_dict: expected the state_dict of {len(self.param_groups)} groups")
        mine = leaves(self._memory)
        for old, new in zip(mine, leaves_like(self._memory, state["memory"], "the memory"), strict=True):
            if np.shape(old) != np.shape(new):
                raise TreeError(
                    f"load_state_dict: expected an array of shape {np.shape(old)}, but it is {np.shape(new)}"
                )
        for group, numbers in zip(self.param_groups, state["groups"], strict=True):
            group.update({name: value for name, value in numbers.items() if not callable(group.get(name))})
        self.steps, self._memory = state["steps"], tree_map(_copy, state["memory"])

    def _named(self, args: tuple[Any, ...], numbers: dict[str, Any]) -> dict[str, Any]:
        """All numbers of the rule by name, with their defaults; extras only where they were given."""
        try:
            given = self.known.bind(*args, **numbers)
        except TypeError as error:
            names = ", ".join(self.known.parameters)
            raise HyperparameterError(f"{type(self).__name__}: {error}. Expected some of: {names}") from None
        given.apply_defaults()
        return {name: v for name, v in given.arguments.items() if v is not None or name not in self.extras}

    def _algorithm_of(self, i: int) -> Algorithm:
        """The algorithm with the numbers that the group has now; made anew only when one of them has changed."""
        if self._algorithm is not None:
            return self._algorithm
        numbers = {name: value for name, value in self.param_groups[i].items() if name != "params"}
        if callable(schedule := numbers.get("learning_rate")):
            numbers["learning_rate"] = schedule(self.steps)
        if i not in self._made or self._made[i][0] != numbers:
            self._made[i] = numbers, self._make(numbers, scheduled=callable(schedule))
        return self._made[i][1]

    def _make(self, numbers: dict[str, Any], scheduled: bool) -> Algorithm:
        assert self.rule is not None
        own = {name: value for name, value in numbers.items() if name not in self.extras}
        if scheduled:  # by the optimizer's steps, not by those of each parameter; and a schedule may come to 0
            own["learning_rate"] = lambda _: numbers["learning_rate"]
        before = [link(numbers[name]) for name, link in self.extras.items() if numbers.get(name)]
        return chain(*before, self.rule(**own)) if before else self.rule(**own)

    def _start(self, i: int) -> Any:
        algorithm, arrays = self._algorithm_of(i), arrays_of(self.param_groups[i])
        if algorithm.stages:
            return [first_memory(algorithm.stages, as_real(p)) for p in arrays]
        return algorithm.init(arrays)

    def _gradients(self, i: int, gradients: Tree) -> list[Any]:
        params = self.param_groups[i]["params"]
        if gradients is None:
            found = [p.grad if isinstance(p, Tensor) else None for p in leaves(params)]
        else:
            found = leaves_like(params, gradients if len(self.param_groups) == 1 else gradients[i], "the gradients")
        found = [g.data if isinstance(g, Tensor) else g for g in found]
        for g, p in zip(found, arrays_of(self.param_groups[i]), strict=True):
            if g is not None and np.shape(g) != p.shape:
                raise ShapeError(f"step: a gradient has shape {np.shape(g)}. Expected {p.shape}, that of its parameter")
        return found


def _groups(params: Tree) -> list[dict[str, Any]]:
    given = params if isinstance(params, list | tuple) else [params]
    if given and all(isinstance(group, dict) and "params" in group for group in given):
        return [dict(group) for group in given]
    return [{"params": params}]


def _ready(algorithm: Any = None, *others: Any, **numbers: Any) -> Algorithm:
    if isinstance(algorithm, Algorithm) and not (algorithm.tune or algorithm.bind or others or numbers):
        return algorithm
    raise HyperparameterError(
        f"Optimizer: the algorithm is {algorithm!r}. Expected one whose numbers are known and that needs no more than "
        "gradients, such as Optimizer([w, b], adam(1e-3))"
    )


def arrays_of(group: dict[str, Any]) -> list[Any]:
    """The arrays of a group's parameters, in order."""
    return [_array(p) for p in leaves(group["params"])]


def _array(p: Any) -> Any:
    return p.data if isinstance(p, Tensor) else p


def _copy(leaf: Any) -> Any:
    return leaf.copy() if isinstance(leaf, np.ndarray) else leaf


def _check_movable(params: list[Any]) -> None:
    if not params:
        raise TreeError("Optimizer: there are no parameters. Expected Tensors with requires_grad=True, or float arrays")
    if len({id(_array(p)) for p in params}) < len(params):
        raise TreeError("Optimizer: a parameter is there twice, and would move twice. Expected each of them once")
    for p in params:
        array = _array(p)
        if not isinstance(array, np.ndarray) or array.dtype.kind not in "fc" or not array.flags.writeable:
            kind = f"a read-only array of {array.dtype}" if isinstance(array, np.ndarray) else type(array).__name__
            raise TreeError(
                f"Optimizer: a parameter is {kind}, which cannot be moved in place. Expected Tensors with "
                "requires_grad=True, or float arrays that may be written to"
            )
        if isinstance(p, Tensor) and not p.is_leaf:
            raise TreeError(
                "Optimizer: a parameter was computed from others. Expected leaves: Tensor(..., requires_grad=True)"
            )
