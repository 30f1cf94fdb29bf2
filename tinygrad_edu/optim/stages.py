"""What an algorithm is made of: a chain of stages, each of them a formula for one array of parameters.

A stage turns a direction d into a better one, d ↦ f(d, θ, memory). The first direction of a chain is the gradient;
what comes out of its last stage is the step, θ ← θ + d. Clipping, momentum, rescaling, weight decay and the learning
rate are such stages, and every first-order algorithm of this folder is a few of them in a row.

A formula is given its memory, and returns it beside the direction. An algorithm gives it copies, which makes a pair of
pure functions; `in_place` runs the same formulae on slices of the arrays themselves.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, replace
from functools import wraps
from typing import Any, ParamSpec

import numpy as np

from ..errors import HyperparameterError
from ..trees import Tree, flatten, leaves_like
from .bowl import Curvature

State = Any
Memory = tuple[Any, ...]
P = ParamSpec("P")


@dataclass(frozen=True)
class Stage:
    """One link of a chain: what becomes of the direction at one array of parameters.

    Parameters
    ----------
    formula : callable
        formula(d, p) → d, or formula(d, p, *memory) → (d, *memory) if it remembers something. It changes neither d nor
        p; its memory is its own, to be overwritten (`fade`) or replaced.
    memory : tuple of callables
        One for each thing remembered: p → its first value, in memory of its own. Arrays like p, or single numbers.
    elementwise : bool
        Whether every number moves by itself, whatever the others do. Then a slice may be moved alone.
    survey : callable, optional
        In place of a formula: survey(all the directions) → the Stage that each of them goes through.

    Examples
    --------
    The sign of the gradient as a stage, and the algorithm that it makes:

    >>> from tinygrad_edu.optim import gradient_descent
    >>> sign = Stage(lambda d, p: np.sign(d))
    >>> chain(sign, gradient_descent(0.1)).update(np.array([3.0, -4.0]), (), np.zeros(2))[0]
    array([-0.1,  0.1])
    """

    formula: Callable[..., Any] = field(default=lambda d, p: d, repr=False)
    memory: tuple[Callable[[Any], Any], ...] = ()
    elementwise: bool = True
    survey: Callable[[Sequence[Any]], Stage] | None = None


def _not_tuned(*_: Any) -> Any:
    raise HyperparameterError(
        "learning_rate='auto' is not a number yet. Expected a curvature first, which minimize measures by itself: "
        "algorithm = algorithm.tune(curvature(loss, params))"
    )


def not_bound(*_: Any) -> Any:
    """The update of an algorithm that has `bind`, before it is bound."""
    raise HyperparameterError(
        "this algorithm asks the loss for more than its gradient. Expected it bound to the loss first, which "
        "minimize does by itself: algorithm = algorithm.bind(loss, data)"
    )


@dataclass(frozen=True)
class Algorithm:
    """A way to descend: a pair of pure functions, and the numbers they were made with.

    Parameters
    ----------
    name : str
        For reports.
    init : callable
        init(params) → state.
    update : callable
        update(gradient, state, params) → (new params, new state).
    hyperparameters : dict
        The numbers that a person chose, or that `tune` did, by name.
    tune : callable, optional
        tune(curvature) → Algorithm, of an algorithm whose learning rate is "auto".
    overshoot : float
        How many times its first height above the minimum the loss may reach on a bowl before it settles. Beyond that
        the rule has diverged. 1, as for gradient descent: a loss that rises will rise for ever.
    bind : callable, optional
        bind(loss, data) → Algorithm, of an algorithm that asks the loss for more than its gradient. The state stays
        good from one binding to the next, so that every mini-batch may have its own.
    stages : tuple of Stage
        What a `chain` is made of; empty for any other algorithm.
    remake : callable, optional
        remake(**hyperparameters) → the same rule with other numbers.
    """

    name: str
    init: Callable[[Tree], State] = field(default=_not_tuned, repr=False)
    update: Callable[[Tree, State, Tree], tuple[Tree, State]] = field(default=_not_tuned, repr=False)
    hyperparameters: dict[str, Any] = field(default_factory=dict)
    tune: Callable[[Curvature], Algorithm] | None = field(default=None, repr=False)
    overshoot: float = field(default=1.0, repr=False)
    bind: Callable[[Callable[..., Any], tuple[Any, ...]], Algorithm] | None = field(default=None, repr=False)
    stages: tuple[Stage, ...] = field(default=(), repr=False)
    remake: Callable[..., Algorithm] | None = field(default=None, repr=False)


def chain(*links: Stage | Algorithm) -> Algorithm:
    """The algorithm that sends the gradient through one link after another, and adds what comes out.

    Parameters
    ----------
    *links : Stage or Algorithm
        Algorithms that are chains themselves give their stages. One that is no chain can only be the last.

    Returns
    -------
    Algorithm
        With the name and the numbers of the algorithms among the links.

    Raises
    ------
    HyperparameterError
        If a link is neither, or an algorithm that is no chain is followed by something.

    Examples
    --------
    Weight decay before the moments is a penalty in the loss; after them, it is AdamW:

    >>> from tinygrad_edu.optim import adam, clip_by_norm, decay_weights, descend, gradient_descent, moments
    >>> penalised = chain(decay_weights(0.01), adam(1e-3))
    >>> decoupled = chain(moments(), decay_weights(0.01), descend(1e-3))
    >>> clipped = chain(clip_by_norm(1.0), gradient_descent(0.1))
    >>> step, _ = clipped.update(np.array([30.0, 40.0]), clipped.init(np.zeros(2)), np.zeros(2))
    >>> step
    array([-0.06, -0.08])
    """
    for link in links:
        if not isinstance(link, Stage | Algorithm):
            raise HyperparameterError(f"chain: {link!r} is no link. Expected stages and algorithms, such as adam(1e-3)")
    if waiting := [i for i, link in enumerate(links) if isinstance(link, Algorithm) and (link.tune or link.bind)]:
        return _waiting(links, waiting[0])
    stages = [stage for link in links for stage in (link.stages if isinstance(link, Algorithm) else (link,))]
    named = [link for link in links if isinstance(link, Algorithm)]
    numbers = {name: value for link in named for name, value in link.hyperparameters.items()}
    last = links[-1] if links else None
    if any(not link.stages for link in named[:-1] or ()) or (named and not named[-1].stages and named[-1] is not last):
        raise HyperparameterError(
            "chain: an algorithm that is no chain of stages takes the step itself. Expected it at the end of the chain"
        )
    own = last if isinstance(last, Algorithm) and not last.stages else None
    init, update = _in_a_row(tuple(stages), own)
    name = named[-1].name if named else "chain"
    overshoot = max((link.overshoot for link in named), default=1.0)
    return Algorithm(name, init, update, numbers, overshoot=overshoot, stages=() if own else tuple(stages))


def _waiting(links: tuple[Stage | Algorithm, ...], i: int) -> Algorithm:
    """A chain with a link that needs the curvature, or the loss, waits for it too."""
    link: Any = links[i]
    again = lambda ready: chain(*links[:i], ready, *links[i + 1 :])
    return Algorithm(
        link.name,
        link.init,
        tune=(lambda bend: again(link.tune(bend))) if link.tune else None,
        bind=(lambda loss, data: again(link.bind(loss, data))) if link.bind else None,
        hyperparameters=link.hyperparameters,
        overshoot=link.overshoot,
    )


def _in_a_row(stages: tuple[Stage, ...], own: Algorithm | None) -> tuple[Callable[..., Any], Callable[..., Any]]:
    """init and update of a chain. The state is a tree like the parameters, of what each array remembers, or just ()."""
    forgetful = not any(stage.memory for stage in stages)

    def init(params: Tree) -> State:
        found, rebuild = flatten(params)
        memories = () if forgetful else rebuild([first_memory(stages, as_real(p)) for p in found])
        return (memories, own.init(params)) if own else memories

    def update(gradient: Tree, state: State, params: Tree) -> tuple[Tree, State]:
        state, rest = state if own else (state, None)
        found, rebuild = flatten(params)
        memories = [()] * len(found) if forgetful else leaves_like(params, state, "the state")
        directions = [as_real(g) for g in leaves_like(params, gradient, "the gradient")]
        points = [as_real(p) for p in found]
        directions, kept = through(stages, directions, points, [tuple(map(_own, memory)) for memory in memories])
        state = () if forgetful else rebuild(kept)
        if own:
            turned = rebuild([like(d, p) for d, p in zip(directions, found, strict=True)])
            params, rest = own.update(turned, rest, params)
            return params, (state, rest)
        moved = [like(p + d, old) for p, d, old in zip(points, directions, found, strict=True)]
        return rebuild(moved), state

    return init, update


def _own(remembered: Any) -> Any:
    return remembered.copy() if type(remembered) is np.ndarray else remembered


def first_memory(stages: Sequence[Stage], p: Any) -> Memory:
    """What a chain remembers of one array before its first step."""
    return tuple([first(p) for stage in stages for first in stage.memory])


def through(
    stages: Sequence[Stage], directions: Sequence[Any], points: Sequence[Any], memories: Sequence[Memory]
) -> tuple[list[Any], list[Memory]]:
    """All directions through all stages: the directions and memories that come out."""
    kept: list[Memory] = [() for _ in points]
    begin, directions = 0, list(directions)
    for stage in stages:
        end = begin + len(stage.memory)
        if stage.survey:
            stage = stage.survey(directions)
        for i, (d, p, memory) in enumerate(zip(directions, points, memories, strict=True)):
            if begin == end:
                directions[i] = stage.formula(d, p)
            else:
                directions[i], *new = stage.formula(d, p, *memory[begin:end])
                kept[i] = (*kept[i], *new)
        begin = end
    return directions, kept


def as_real(p: Any) -> Any:
    """Complex numbers as pairs of real ones, which move by themselves; real arrays as they are."""
    if not np.iscomplexobj(p):
        return p
    return (values := np.atleast_1d(np.ascontiguousarray(p))).view(values.real.dtype)


def like(moved: Any, old: Any) -> Any:
    """The way back from `as_real`, to complex numbers in the shape of the old ones."""
    return moved.view(np.result_type(old)).reshape(np.shape(old)) if np.iscomplexobj(old) else moved


def rule(name: str, overshoot: float = np.inf) -> Callable[[Callable[P, Algorithm]], Callable[P, Algorithm]]:
    """Decorate a function that returns a chain: the algorithm gets a name, and remembers what it was called with.

    By default it may overshoot without bound: a step that is bounded, as Adam's is, climbs and comes down again.
    """

    def named(function: Callable[P, Algorithm]) -> Callable[P, Algorithm]:
        signature = inspect.signature(function)

        @wraps(function)
        def make(*args: P.args, **kwargs: P.kwargs) -> Algorithm:
            given = signature.bind(*args, **kwargs)
            given.apply_defaults()
            numbers = dict(given.arguments)
            made = function(*args, **kwargs)
            return replace(made, name=name, hyperparameters=numbers, overshoot=overshoot, remake=make)

        return make

    return named
