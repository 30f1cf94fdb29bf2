"""Checkers of gradients side by side, on the panel of `checking_panel.py`: false alarms, and bugs that pass.

Everybody is given the same function and the same vjp, as black boxes: PyTorch and autograd as an operation with a
backward of one's own, JAX as the function that `check_vjp` takes (the part of its `check_grads` that judges reverse
mode), SciPy as a Jacobian made of vjps. All run with the tolerances and steps that they have by default, SciPy's
`check_derivative` with the 1e-6 of its documentation. What is wrong at second order or in forward mode alone is left
out, since the others are asked about first order in reverse mode.

`python -m benchmarks --only checkers` prints the table and the cases behind it; `python -m benchmarks.checkers_compared
--page docs/checking.md` renews the table of that page.
"""

from __future__ import annotations

import argparse
import re
import warnings
from collections.abc import Callable
from contextlib import nullcontext, suppress
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import numpy as np

import tinygrad_edu as tg
from tinygrad_edu.trees import flatten, leaves

from . import peers
from .checking_panel import CORRECT, Case, row_replaced
from .checking_panel_wrong import WRONG
from .harness import OURS, Effort, Figure, table

ELSEWHERE = {
    "wrong at second order", "a mixed second derivative", "a wrong power's second order", "forward mode only",
}  # fmt: skip
LARGEST = 1_000  # inputs and outputs: a Jacobian of 10,000 x 10,000 does not fit into memory
RIGHT, WRONG_, UNDECIDED, NO_ANSWER = "pass", "fail", "inconclusive", "no answer"
Checker = Callable[["BlackBox", int], str]


class BlackBox:
    """A case as two functions of flat lists of arrays: values, and gradients from cotangents."""

    def __init__(self, case: Case) -> None:
        self.case = case
        flat, self.rebuild = flatten(list(case.args))
        self.primals = [np.array(x) for x in flat]
        self.size = sum(x.size for x in self.primals), sum(y.size for y in self.values(*self.primals))

    def function(self, *xs: Any) -> list[Any]:
        """The function of the case, of a flat list to a flat list."""
        return leaves(self.case.f(*self.rebuild(list(xs))))

    def values(self, *xs: Any) -> list[np.ndarray]:
        """The results as arrays."""
        return [np.asarray(y) for y in self.function(*xs)]

    def gradients(self, cotangents: list[np.ndarray], *xs: Any) -> list[np.ndarray]:
        """The gradients on trial, one for each array."""
        if self.case.vjp is None:
            with row_replaced(*self.case.replaced) if self.case.replaced else nullcontext():
                return [np.asarray(c) for c in tg.vjp(self.function, *xs)[1](list(cotangents))]
        found = leaves(self.case.vjp(cotangents[0], *xs))
        return [np.asarray(c) for c in found]


# --- the others


def torch_checker(fast: bool) -> Checker:
    """`torch.autograd.gradcheck`, of all entries or in its fast mode."""
    torch = peers.torch
    assert torch is not None

    def check(box: BlackBox, seed: int) -> str:
        class Boxed(torch.autograd.Function):
            @staticmethod
            def forward(ctx: Any, *xs: Any) -> Any:
                ctx.save_for_backward(*xs)
                return tuple(torch.tensor(y) for y in box.values(*[x.detach().numpy() for x in xs]))

            @staticmethod
            def backward(ctx: Any, *gs: Any) -> Any:  # PyTorch conjugates where we do not
                cotangents = [g.resolve_conj().numpy().conj() for g in gs]
                found = box.gradients(cotangents, *[x.detach().numpy() for x in ctx.saved_tensors])
                return tuple(torch.tensor(np.conj(c)) for c in found)

        torch.manual_seed(seed)
        inputs = tuple(torch.tensor(x, requires_grad=True) for x in box.primals)
        return of_bool(torch.autograd.gradcheck(Boxed.apply, inputs, fast_mode=fast, raise_exception=False))

    return check


def jax_checker() -> Checker:
    """`jax.test_util.check_grads`, as it judges reverse mode: by `check_vjp`."""
    from jax._src.public_test_util import check_vjp

    def check(box: BlackBox, seed: int) -> str:
        def linearised(*xs: Any) -> Any:
            return box.values(*xs), lambda gs: tuple(box.gradients([np.asarray(g) for g in gs], *xs))

        check_vjp(lambda *xs: box.values(*xs), linearised, tuple(box.primals))
        return RIGHT

    return check


def autograd_checker() -> Checker:
    """`autograd.test_util.check_grads` of first order, in reverse mode, for each argument."""
    from autograd.extend import defvjp, primitive
    from autograd.test_util import check_grads

    def check(box: BlackBox, seed: int) -> str:
        np.random.seed(seed)
        joined = primitive(lambda *xs: np.concatenate([np.ravel(y) for y in box.values(*xs)]))
        shapes = [y.shape for y in box.values(*box.primals)]
        cuts = np.cumsum([int(np.prod(s)) for s in shapes])[:-1]

        def pulled(i: int) -> Any:
            def rule(ans: Any, *xs: Any) -> Any:
                split = lambda g: [part.reshape(s) for part, s in zip(np.split(g, cuts), shapes, strict=True)]
                return lambda g: box.gradients(split(np.array(g)), *xs)[i]

            return rule

        defvjp(joined, *[pulled(i) for i in range(len(box.primals))])
        for i in range(len(box.primals)):
            check_grads(joined, i, modes=["rev"], order=1)(*box.primals)
        return RIGHT

    return check


def scipy_checker() -> Checker:
    """`scipy.optimize._numdiff.check_derivative`: wrong if its accuracy is worse than 1e-6."""
    from scipy.optimize._numdiff import check_derivative

    def check(box: BlackBox, seed: int) -> str:
        if any(np.iscomplexobj(x) for x in box.primals):
            return NO_ANSWER
        shapes, dtypes = [x.shape for x in box.primals], [x.dtype for x in box.primals]
        cuts = np.cumsum([x.size for x in box.primals])[:-1]

        def split(x: Any) -> list[np.ndarray]:
            parts = zip(np.split(x, cuts), shapes, dtypes, strict=True)
            return [part.reshape(s).astype(d) for part, s, d in parts]

        def values(x: Any) -> Any:
            return np.concatenate([y.ravel() for y in box.values(*split(x))]).astype(float)

        def jacobian(x: Any) -> Any:
            ys = box.values(*split(x))
            rows = []
            for k, y in enumerate(ys):
                for j in range(y.size):
                    gs = [np.zeros_like(other) for other in ys]
                    gs[k].reshape(-1)[j] = 1
                    rows.append(np.concatenate([c.ravel() for c in box.gradients(gs, *split(x))]))
            return np.array(rows, float)

        start = np.concatenate([x.ravel() for x in box.primals]).astype(float)
        return of_bool(check_derivative(values, jacobian, start) <= 1e-6)

    return check


def of_bool(passed: Any) -> str:
    """A verdict in our words."""
    return RIGHT if passed else WRONG_


def contestants() -> dict[str, tuple[Checker, bool]]:
    """The checkers that are installed; True for those that need the whole Jacobian."""
    found: dict[str, tuple[Checker, bool]] = {}
    if peers.torch is not None:
        found["torch gradcheck"] = torch_checker(fast=False), True
        found["torch gradcheck, fast"] = torch_checker(fast=True), False
    if peers.one_threaded_jax() is not None:
        found["jax check_grads"] = jax_checker(), False
    if peers.autograd is not None:
        found["autograd check_grads"] = autograd_checker(), False
    with suppress(ImportError):
        found["scipy check_derivative"] = scipy_checker(), True
    found[OURS] = (lambda box, seed: box.case.check(seed, 1).verdict), False
    return found


# --- the comparison


def verdict(checker: Checker, whole: bool, case: Case, seed: int) -> str:
    """What a checker says of a case; what makes it stumble is no answer, but for a wrong gradient it is one."""
    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        box = BlackBox(case)
        if whole and min(box.size) > LARGEST:
            return NO_ANSWER
        try:
            return checker(box, seed)
        except AssertionError:
            return WRONG_
        except Exception:
            return WRONG_ if any(case is wrong for wrong in WRONG) else NO_ANSWER


def counted(names: dict[str, tuple[Checker, bool]], cases: list[Case], seeds: int) -> dict[str, dict[str, list[str]]]:
    """For every checker the names of the cases by its verdict; the worst of the seeds counts, which is the rarest."""
    found: dict[str, dict[str, list[str]]] = {}
    for name, (checker, whole) in names.items():
        verdicts: dict[str, list[str]] = {}
        for case in cases:
            said = [verdict(checker, whole, case, seed) for seed in range(seeds)]
            for one in set(said):
                verdicts.setdefault(one, []).append(case.name)
        found[name] = verdicts
    return found


HEAD = ("", "false alarms", "undecided", "no answer", "missed", "wrong, undecided", "wrong, no answer")


def compared(smoke: bool) -> tuple[str, list[tuple[Any, ...]], str]:
    """A title, the rows of the table, and the names of the cases behind it; in the tiny form of a few cases."""
    correct = CORRECT[::12] if smoke else CORRECT
    wrong = [case for case in WRONG if case.name not in ELSEWHERE]
    wrong = wrong[::12] if smoke else wrong
    names, seeds = contestants(), 1 if smoke else 3
    right, caught = counted(names, correct, seeds), counted(names, wrong, seeds)
    rows = []
    for name in names:
        count = lambda found, said, name=name: len(found[name].get(said, []))
        rows.append((
            name, *(count(right, said) for said in (WRONG_, UNDECIDED, NO_ANSWER)),
            *(count(caught, said) for said in (RIGHT, UNDECIDED, NO_ANSWER)),
        ))  # fmt: skip
    kinds = (("false alarms", right, WRONG_), ("no answer", right, NO_ANSWER), ("missed", caught, RIGHT))
    told = [
        f"  {name}, {what}: {', '.join(found[name].get(said, [])) or 'none'}"
        for name in names
        for what, found, said in kinds
    ]
    title = f"{len(correct)} right gradients, {len(wrong)} wrong ones, at any of {seeds} seeds"
    return title, rows, "\n".join(told)


def report(effort: Effort, smoke: bool) -> tuple[str, list[Figure]]:
    """The table, and its numbers."""
    title, rows, told = compared(smoke)
    figures = []
    for row in rows:
        bar = 0.0 if row[0] == OURS else None
        figures += [Figure("checkers", f"{row[0]}, false alarms", float(row[1]), "", bar)]
        figures += [Figure("checkers", f"{row[0]}, bugs missed", float(row[4]), "", bar)]
    return f"{table(f'Checkers of gradients: {title}', HEAD, rows)}\n{told}\n", figures


def versions() -> list[str]:
    """Of the libraries that took part."""
    found = []
    for name in ("torch", "jax", "autograd", "scipy"):
        with suppress(PackageNotFoundError):
            found.append(f"{name} {version(name)}")
    return found


def main() -> None:
    """Renew the table of a page, between its two comments."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--page", type=Path, required=True)
    page = parser.parse_args().page
    title, rows, _ = compared(smoke=False)
    cells = [HEAD, ("---",) * len(HEAD), *rows]
    lines = [f"Of {title}; {', '.join(versions())}:", "", *(f"| {' | '.join(map(str, row))} |" for row in cells)]
    marks = re.compile(r"(<!-- checkers -->\n).*(<!-- end of checkers -->)", re.DOTALL)
    text = page.read_text()
    if not marks.search(text):
        raise SystemExit(f"{page} has no <!-- checkers --> ... <!-- end of checkers -->")
    page.write_text(marks.sub(lambda found: "{}{}\n{}".format(found[1], "\n".join(lines), found[2]), text))


if __name__ == "__main__":
    main()
