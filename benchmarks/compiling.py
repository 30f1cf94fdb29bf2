"""Compiled gradients against the hand-written one and the other compilers: ten workloads, value and gradient.

Everybody runs the same loss, `loss(np, parameters, data)`, with their own namespace in the place of `np`, on one thread
and on arrays of their own kind; JAX's results are waited for. Times are divided by those of the gradient that a person
writes in NumPy.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np

import tinygrad_edu as tg

from . import peers
from .compiled_workloads import (
    Workload,
    adam_in_jax,
    adam_loss,
    chain_loss,
    convolution_in_jax,
    convolution_loss,
    hessian_whole,
    jax,
    scalar_loss,
    small_logistic,
    workloads,
)
from .harness import HAND, Contestant, Effort, Figure, race, table

NUMPY, C, EAGER = "ours, NumPy", "ours, C", "ours, eager"
TWO = "ours, NumPy, two threads"


def ours(work: Workload) -> tuple[Any, Any]:
    """The value and the gradient in a list, as one function to compile; and what makes a run of such a function."""
    loss = work.loss
    if loss is scalar_loss:  # a function of two numbers is called with two numbers
        both = tg.value_and_grad(lambda x, y: np.exp(2 * y) * np.sin(x), (0, 1))
        return lambda x, y: _flat(both(x, y)), lambda f: lambda: f(0.5, 1.0)
    run = lambda f: lambda: f(work.parameters, work.data)
    if work.whole:
        return lambda p, d: loss(np, p, d), run
    pair = tg.value_and_grad(lambda p, d: loss(np, p, d))
    return lambda p, d: _flat(pair(p, d)), run


def contestants(work: Workload, threads: int = 1, everyone: bool = True) -> dict[str, Contestant]:
    """Everyone who takes part; PyTorch's compiler, which takes long, only if `everyone`."""
    whole, run = ours(work)
    in_numpy, in_c = tg.compile(whole, threads=threads), tg.compile(whole, "c", threads=threads)
    run(in_c)()
    in_c.wait()
    found = {
        HAND: Contestant(lambda: work.by_hand(work.parameters, work.data)),
        NUMPY: Contestant(run(in_numpy)),
        C: Contestant(run(in_c)),
        EAGER: Contestant(run(whole)),
    }
    if work.loss is chain_loss:
        found[TWO] = Contestant(run(tg.compile(whole, threads=2)))
    if jax is not None and "JAX" in work.others:
        found["JAX jit"] = _jax(work)
    if peers.torch is not None and "PyTorch" in work.others:
        found["PyTorch"] = torch_pass(work, peers.torch)
        if everyone and (compiled := _torch_compiled(work, peers.torch)):
            found["torch.compile"] = compiled
    if peers.autograd is not None and "autograd" in work.others:
        theirs = peers.autograd.value_and_grad(lambda p: work.loss(peers.autograd_numpy, p, work.data))
        found["autograd"] = Contestant(lambda: _flat(theirs(list(work.parameters))))
    if peers.mygrad is not None and "MyGrad" in work.others:
        found["MyGrad"] = _mygrad(work, peers.mygrad)
    return found


def _flat(pair: tuple[Any, Sequence[Any]]) -> list[Any]:
    return [pair[0], *pair[1]]


def _jax(work: Workload) -> Contestant:
    special = {convolution_loss: convolution_in_jax, adam_loss: adam_in_jax}
    loss = special.get(work.loss) or (lambda p, d: work.loss(jax.numpy, p, d))
    if work.loss is hessian_whole:
        hessian = jax.hessian(lambda w, d: small_logistic(jax.numpy, w, *d))
        loss = lambda p, d: [hessian(p[0], d)]
    f = jax.jit(loss if work.whole else lambda p, d: _flat(jax.value_and_grad(loss)(p, d)))
    parameters, data = jax.tree.map(jax.numpy.asarray, (work.parameters, work.data))
    return Contestant(lambda: jax.block_until_ready(f(parameters, data)))


def torch_pass(work: Workload, torch: Any, compiled: bool = False, fresh: bool = False) -> Contestant:
    """PyTorch's loss and gradient, as its users write them; `fresh` lets go of the gradients at once."""
    double = lambda p: None if hasattr(p, "dtype") else torch.float64
    parameters = [torch.tensor(p, requires_grad=True, dtype=double(p)) for p in work.parameters]
    data = [torch.tensor(a) for a in work.data]
    loss = work.in_torch or (lambda torch, p, d: work.loss(torch, p, d))
    if compiled:
        loss = torch.compile(loss, dynamic=False)

    def run() -> list[Any]:
        for parameter in parameters:
            parameter.grad = None
        value = loss(torch, parameters, data)
        value.backward()
        found = [value.detach(), *(parameter.grad for parameter in parameters)]
        if fresh:
            for parameter in parameters:
                parameter.grad = None
        return found

    return Contestant(run)


def _torch_compiled(work: Workload, torch: Any) -> Contestant | None:
    """The same with the loss compiled; None where the compiler gives up, or finds no C++ compiler."""
    contestant = torch_pass(work, torch, compiled=True)
    try:
        contestant.run()
    except Exception as error:  # its errors are of many kinds
        print(f"{work.name}: torch.compile is left out: {type(error).__name__}")
        return None
    return contestant


def _mygrad(work: Workload, mygrad: Any) -> Contestant:
    parameters = [mygrad.tensor(p) for p in work.parameters]

    def run() -> list[Any]:
        value = work.loss(mygrad, parameters, work.data)
        value.backward()
        return [value.data, *(parameter.grad for parameter in parameters)]

    return Contestant(run)


NAMES = [HAND, NUMPY, C, EAGER, "JAX jit", "PyTorch", "torch.compile", "autograd", "MyGrad"]


def report(effort: Effort, smoke: bool = False) -> tuple[str, list[Figure]]:
    """Microseconds of each contestant on each workload, and the ratios that have a bar."""
    rows, figures, times = [], [], {}
    won = 0
    for work in workloads(smoke):
        people = contestants(work, everyone=not smoke)
        seconds = race(work.name, people, replace(effort, seconds=3 * effort.seconds))
        times[work.name] = seconds
        rows.append([work.name, *(round(seconds[who] * 1e6, 1) if who in seconds else "" for who in NAMES)])
        figures.append(Figure(work.name, "NumPy / hand-written", seconds[NUMPY] / seconds[HAND], "x", work.bar))
        figures.append(Figure(work.name, "C / hand-written", seconds[C] / seconds[HAND], "x"))
        if TWO in seconds:  # the one workload whose NumPy program is long enough for threads; told, and has no bar
            figures.append(Figure(work.name, "NumPy, two threads / hand-written", seconds[TWO] / seconds[HAND], "x"))
        if "JAX jit" in seconds:
            ratio = seconds[C] / seconds["JAX jit"]
            won += ratio <= 1
            figures.append(Figure(work.name, "C / JAX jit", ratio, "x", 0.2 if work.loss is scalar_loss else 1.5))
    if jax is not None:
        figures.append(Figure("compiling", "workloads on which JAX jit is faster", 10.0 - won, "", 3))
    if plot := os.environ.get("BENCHMARKS_PLOT"):
        draw(times, plot)
    return table("Compiled: microseconds for value and gradient", ["", *NAMES], rows), figures


def draw(times: dict[str, dict[str, float]], file: str) -> None:
    """A dot for each contestant on each workload, in units of the hand-written gradient's time, on a logarithmic axis.

    BENCHMARKS_PLOT=compiled.png python -m benchmarks --only compiling
    """
    try:
        import matplotlib

        matplotlib.use("Agg")
        from matplotlib import pyplot
    except ImportError as error:
        raise SystemExit("BENCHMARKS_PLOT needs matplotlib: pip install matplotlib") from error
    figure, axes = pyplot.subplots(figsize=(9, 5), layout="constrained")
    works = list(times)
    marks = dict(zip(NAMES[1:], "oDs^vP<>", strict=True))
    for who, mark in marks.items():
        places = [i for i, work in enumerate(works) if who in times[work]]
        ratios = [times[works[i]][who] / times[works[i]][HAND] for i in places]
        large = 8 if who in (NUMPY, C) else 5
        axes.plot(ratios, places, mark, label=who, markersize=large, alpha=0.85)
    axes.axvline(1.0, color="black", linewidth=1)
    axes.set(xscale="log", xlabel="time / hand-written NumPy", yticks=range(len(works)), yticklabels=works)
    axes.invert_yaxis()
    axes.grid(axis="both", alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    axes.set_title("Value and gradient, one thread: left of the line is faster than by hand")
    figure.savefig(file, dpi=150)
    pyplot.close(figure)
