"""`check_rule`: look for arguments at which a row of the table is wrong, and shrink them to a few small numbers.

Every example is shown to the checker (both orders, forward and reverse mode, with error bars; at a kink it accepts what
lies between the one-sided derivatives) and to the laws that need no measurement. An example that cannot be decided is
counted, not thrown away: a search in which most are undecided has shown nothing, and fails.
"""

from __future__ import annotations

import inspect
import traceback
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from typing import Any

import numpy as np
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st
from hypothesis.errors import HypothesisException, Unsatisfiable

from ..checking import check
from ..checking.verdicts import FAIL, KINK, OPEN
from ..errors import CheckError, HyperparameterError, NoRuleError
from ..graph import Op, rule_for
from ..rules.declare import NOTHING
from . import laws
from .strategies import DOMAINS, LAYOUTS, Domain, arguments

VACUOUS = 0.6
"""A search is no evidence if a larger part of its examples is undecided."""
FEW_LINES = 6
"""So long may the example of another failure be, which has not been shrunk, to be shown."""


@dataclass
class Search:
    """What a search has looked at.

    Attributes
    ----------
    name, domains : str, tuple
        The operation, and where its arguments were drawn from.
    examples, elements, undecided, kinks, failures, evaluations : int
        Examples in all and the numbers in them, those without a verdict, those at a kink, those that failed (while
        shrinking too), and how often the function was evaluated.
    reason : str
        Why the last undecided example was.
    fault : tuple
        What kind of failure was found first: while it is shrunk, others do not count.
    others : dict
        Of each other kind that was met on the way, the example and what failed.
    """

    name: str
    domains: tuple[Domain, ...]
    examples: int = 0
    elements: int = 0
    undecided: int = 0
    kinks: int = 0
    failures: int = 0
    evaluations: int = 0
    reason: str = ""
    fault: tuple[Any, ...] = ()
    others: dict[tuple[Any, ...], str] = field(default_factory=dict)

    def __str__(self) -> str:
        return (
            f"{self.name}: {self.examples} examples from {', '.join(map(str, self.domains)) or 'the strategy'}, "
            f"{self.kinks} at a kink, {self.undecided} undecided, {self.evaluations} evaluations"
        )


def check_rule(
    operation: Callable[..., Any],
    *domains: Domain,
    args: st.SearchStrategy[tuple[Any, ...]] | None = None,
    order: int = 2,
    max_examples: int = 100,
    signature: str | None = None,
    rtol: float = 1e-6,
    **params: Any,
) -> Search:
    """Search for arguments at which an operation's rules are wrong.

    Values and dtypes of recorded calls, both modes and their adjointness, the second order in all mixes of modes,
    broadcasting, single precision, views and repeated arguments. The same search every time.

    Parameters
    ----------
    operation : callable
        A function of the table (`np.arctan`), an operation made by `tinygrad_edu.extend`, or any function of arrays.
    *domains : str or (float, float)
        Where each argument is drawn from: "real", "positive", "inside" (of -1 and 1), "unit", "above 1", "complex", or
        the ends of an open interval. By default the first of these on which the operation is finite.
    args : strategy, optional
        Draws tuples of arguments in another way; integers and lists of arrays may be among them.
    order : 1 or 2
        1 leaves out second derivatives.
    max_examples : int
        How many examples are tried.
    signature : str, optional
        Of an operation on vectors or matrices, such as ``"(m,k),(k)->(m)"``; ufuncs have their own.
    rtol : float
        The resolution that a pass has to have.
    **params
        Keyword arguments of the operation.

    Returns
    -------
    Search
        What was looked at.

    Raises
    ------
    CheckError
        With the smallest example found and the checker's report; or if most examples cannot be decided.
    NoRuleError
        If a NumPy function is not in the table.
    HyperparameterError
        If `max_examples` is not positive, or there is no such order or domain.

    >>> from tinygrad_edu.extend import elementwise
    >>> wrong = elementwise(lambda x: x**3, lambda g, y, x: g * 3 * x)
    >>> check_rule(wrong, max_examples=20)
    Traceback (most recent call last):
        ...
    tinygrad_edu.errors.CheckError: <lambda> is wrong at
      argument 0 = array(-1.)
    ...
    """
    if max_examples < 1 or order not in (1, 2):
        what, wanted = ("max_examples", "1 or more") if max_examples < 1 else ("order", "1 or 2")
        raise HyperparameterError(
            f"check_rule: {what}={max_examples if max_examples < 1 else order}. Expected {wanted}"
        )
    _known(operation)
    name: str = getattr(operation, "__name__", None) or getattr(operation, "name", None) or str(operation)
    if args is None:
        signature = signature or getattr(operation, "signature", None)
        domains = domains or found_domains(operation, params, signature)
        args = arguments(*domains, signature=signature)
    search = Search(name, domains)
    stretches = args is not None and kind_of(operation) == "elementwise"

    def judge(drawn: tuple[Any, ...]) -> None:
        example = laws.Example(operation, drawn, params)
        with np.errstate(all="ignore"):
            try:
                assume(example.primals and _finite(example, search))
                search.examples += 1
                search.elements += sum(x.size for x in example.primals)
                alone = stretches and not params and len(example.primals) == len(drawn)
                _judged(example, search, order, rtol, alone)
            except HypothesisException:
                raise
            except np.linalg.LinAlgError as error:  # a matrix that is too near to singular
                search.undecided, search.reason = search.undecided + 1, f"{name} raised LinAlgError: {error}"
            except Exception as error:
                search.failures += 1
                search.fault = search.fault or kind_of_failure(error)
                lines, what = _shown(drawn, params), _said(error)
                if (kind := kind_of_failure(error)) == search.fault:
                    told = "\n".join([f"{name} is wrong at", *lines, *what])
                    raise CheckError(told, getattr(error, "report", None)) from None
                if len(lines) <= FEW_LINES:
                    search.others.setdefault(kind, "\n".join([f"{name} is wrong at", *lines, *what[:3]]))

    _run(judge, args, max_examples, search)
    if not search.elements:
        why = f" ({search.reason})" if search.reason else ""
        raise CheckError(
            f"{name}: no example is finite{why}. Expected other domains than {', '.join(map(str, domains))}, or args="
        )
    if search.undecided > VACUOUS * search.examples:
        raise CheckError(
            f"{name}: {search.undecided} of {search.examples} examples cannot be decided, the last because "
            f"{search.reason}. Expected most to be: name domains where the operation is smooth, or give args="
        )
    return search


def _run(judge: Callable[[tuple[Any, ...]], None], args: st.SearchStrategy, max_examples: int, search: Search) -> None:
    quiet = settings(
        max_examples=max_examples, derandomize=True, database=None, deadline=None, report_multiple_bugs=False,
        suppress_health_check=list(HealthCheck),
    )  # fmt: skip
    try:
        quiet(given(args)(judge))()
    except CheckError as error:
        others = [f"also wrong, in another way: {told}" for told in search.others.values()]
        raise CheckError("\n".join([str(error), *others[:1]]), error.report) from None  # without notes of the search
    except Unsatisfiable:
        search.elements = 0


def _judged(example: laws.Example, search: Search, order: int, rtol: float, stretches: bool) -> None:
    """Raise CheckError if any law is broken, or the checker says so."""
    laws.recording_changes_nothing(example)
    report = check(example, *example.primals, order=order, rtol=rtol, jitter=False)
    search.evaluations += report.cost.evaluations
    if report.verdict == FAIL:
        if report.culprit is not None:  # its line is in this search, and says nothing
            report.culprit = replace(report.culprit, place=None)
        raise CheckError(str(report), report)
    if report.ok:  # otherwise something is infinite, or not a number
        laws.modes_are_adjoint(example, _rounding(example) * 500)
    if stretches:
        laws.broadcasting_is_undone(example.function, *example.primals, tolerance=_rounding(example) * 5000)
    search.undecided += report.verdict == OPEN
    search.reason = report.reason if report.verdict == OPEN else search.reason
    kinked = any(row.verdict == KINK for row in report.rows)
    search.kinks += kinked
    bends = [row for row in report.rows if row.order == 2 and row.point == "x"]
    if (
        report.ok
        and not kinked
        and bends
        and all(abs(r.analytic - r.numeric) <= 1e-6 * (1 + abs(r.analytic)) for r in bends)
    ):
        laws.second_orders_agree(example, _rounding(example) * 1e6)


def _rounding(example: laws.Example) -> float:
    return float(max(np.finfo(x.dtype).eps for x in example.primals))


def _finite(example: laws.Example, search: Search) -> bool:
    try:
        results = [np.asarray(y) for y in example(*example.primals)]
    except Exception as error:  # a shape, a value or a type that the function itself refuses
        search.reason = f"{type(error).__name__}: {error}"
        return False
    return bool(results) and all(y.dtype.kind in "fc" and np.isfinite(y).all() for y in results)


def kind_of_failure(error: BaseException) -> tuple[Any, ...]:
    """What tells one failure from another: the law that is broken; of a report, where and how much it is wrong.

    The smallest counter-example of one mistake may be a larger one of another, and must not be taken for it.
    """
    report = getattr(error, "report", None)
    if report is None:
        frames = traceback.extract_tb(error.__traceback__)
        return type(error).__name__, next((f.name for f in frames if f.filename == laws.__file__), "")
    row, culprit = report.worst()[0], report.culprit
    blamed = (culprit.operation, culprit.argument) if culprit is not None else ()
    return (
        report.order,
        row.method == "protocol" and row.where,
        row.where.startswith("forward"),
        blamed,
        row.apart > 1e-3,
    )


# --- what an operation is ---------------------------------------------------------------------------------------------


def _known(operation: Callable[..., Any]) -> None:
    of_numpy = (getattr(operation, "__module__", None) or "").split(".")[0] == "numpy" or isinstance(
        operation, np.ufunc
    )
    if of_numpy and kind_of(operation) in ("", "refused", "flat"):
        raise NoRuleError(f"check_rule: {operation.__name__} has no rule in the table to check")


def kind_of(operation: Callable[..., Any]) -> str:
    """The declarer of an operation; empty for a function that is none."""
    op = operation if isinstance(operation, Op) else rule_for(operation)
    return op.kind if op is not None else ""


def arity_of(operation: Callable[..., Any]) -> int:
    """How many arrays an operation takes."""
    op = operation if isinstance(operation, Op) else rule_for(operation)
    if op is not None and op.arity:
        return int(op.arity)
    if isinstance(operation, np.ufunc):
        return operation.nin
    parameters = inspect.signature(op.function if op is not None and op.vjps is not NOTHING else operation).parameters
    return sum(
        p.default is p.empty and p.kind in (p.POSITIONAL_ONLY, p.POSITIONAL_OR_KEYWORD) for p in parameters.values()
    )


def found_domains(operation: Callable[..., Any], params: dict[str, Any], signature: str | None) -> tuple[Domain, ...]:
    """The first domains, one per argument, on which an operation is finite.

    >>> found_domains(np.log, {}, None), found_domains(np.power, {}, None), found_domains(np.arcsin, {}, None)
    (('positive',), ('positive', 'real'), ('inside',))
    """
    arity = arity_of(operation)
    if signature is not None:
        return ("real",) * arity
    with np.errstate(all="ignore"):
        for n in range(arity, 0, -1):  # the last arguments may be axes
            for domains in product(DOMAINS, repeat=n):
                if all(_tried(operation, point, params) for point in _probes(domains)):
                    return domains
    return ("real",) * arity


def _probes(domains: Sequence[str]) -> Iterator[tuple[np.ndarray, ...]]:
    """Points that show whether a function is finite on these intervals."""
    inner = {
        "real": (-2.3, 2.3),
        "positive": (0.2, 2.3),
        "inside": (-0.9, 0.9),
        "unit": (0.1, 0.9),
        "above 1": (1.1, 3.1),
    }
    ends = [np.linspace(*inner[domain], 7) for domain in domains]
    return (tuple(np.full((1, 1), x) for x in point) for point in product(*ends))


def _tried(operation: Callable[..., Any], point: tuple[np.ndarray, ...], params: dict[str, Any]) -> bool:
    try:
        return bool(np.all([np.isfinite(y).all() for y in laws.leaves(operation(*point, **params))]))
    except Exception:
        return False


# --- telling ----------------------------------------------------------------------------------------------------------


def _shown(drawn: tuple[Any, ...], params: dict[str, Any]) -> list[str]:
    """The lines of an example."""
    lines = []
    for i, x in enumerate(drawn):
        same = next((j for j in range(i) if drawn[j] is x), None)
        if same is not None and isinstance(x, np.ndarray):
            lines.append(f"  argument {i} is argument {same}, the same array")
        else:
            layout = _layout(x)
            lines.append(f"  argument {i} = {x!r}" + (f", {layout} in memory" if layout else ""))
    lines += [f"  {key}={value!r}" for key, value in params.items()]
    return "\n".join(lines).splitlines()


def _said(error: BaseException) -> list[str]:
    """The lines that say what is wrong."""
    return (str(error) if isinstance(error, CheckError) else f"{type(error).__name__}: {error}").splitlines()


def _layout(x: Any) -> str:
    if not isinstance(x, np.ndarray) or x.flags.c_contiguous:
        return ""
    return next((n for n, lay in LAYOUTS.items() if lay(np.array(x)).strides == x.strides), "a view")
