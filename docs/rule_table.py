"""Writes docs/rules.md, every rule as mathematics, from the table itself; and counts the lines of code of the rules.

    python docs/rule_table.py            writes the page and prints the count
    python docs/rule_table.py --count    prints the count only

What is counted are lines of `tinygrad_edu/rules/` as they stand, without docstrings, comments, imports and blank lines:

    rules     the rows, and every function that computes a derivative, with all that it calls
    formulas  what composites are in terms of other rows: they compute values, and have no derivative of their own
    values    the rest: series, binders of arguments, the arithmetic of the table's own operations
"""

from __future__ import annotations

import ast
import inspect
import json
import sys
import warnings
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

import numpy as np  # noqa: E402
import scipy.special  # noqa: E402

import tinygrad_edu as tg  # noqa: E402
from tinygrad_edu.explaining import formula  # noqa: E402
from tinygrad_edu.graph import Op, rule_for  # noqa: E402

RULES_FOLDER = ROOT / "tinygrad_edu" / "rules"
NOT_RULES = {"declare.py", "diagnoses.py", "__init__.py"}  # how rows are declared, words about NaN, the list of pages
rule_for(scipy.special.erf)  # loads the pages that wait for SciPy


# --- the page


def rules_of(op: Op) -> list[Callable[..., Any] | None]:
    """The reverse rules of an operation, one per argument if they are kept so."""
    vjps = op.vjps
    if vjps is None:
        return []
    if isinstance(vjps, tuple):
        return list(vjps)
    return [vjps.rule if isinstance(vjps, tg.extend.Every) else vjps]


def callables_of(op: Op) -> list[Any]:
    jvps = op.jvps if isinstance(op.jvps, tuple) else [getattr(op.jvps, "rule", op.jvps)]
    return [f.func if isinstance(f, partial) else f for f in [*rules_of(op), *jvps, op.function] if f is not None]


def page_of(op: Op) -> str | None:
    """The file of rules/ in which an operation's rules are written."""
    for f in callables_of(op):
        code = getattr(f, "__code__", None)
        if code is not None and Path(code.co_filename).parent == RULES_FOLDER and "declare" not in code.co_filename:
            return Path(code.co_filename).name
    return None


def name_of(function: Any) -> str:
    """The name under which people know a function: numpy.linalg.inv, scipy.special.erf, getitem."""
    name = getattr(function, "__name__", str(function))
    for prefix, module in [("np.", np), ("np.linalg.", np.linalg), ("np.fft.", np.fft), ("special.", scipy.special)]:
        if getattr(module, name, None) is function:
            return prefix + name
    owner = getattr(function, "__self__", None)
    return f"np.{owner.__name__}.{name}" if isinstance(owner, np.ufunc) else name.lstrip("_")


def mathematics(op: Op) -> str:
    """What stands in the last column of the page."""
    if op.kind == "composite":
        return f"of other rows: {formula(op.function)}"
    rules = rules_of(op)
    if len(rules) < 2:
        return "".join(map(formula, rules))
    return "<br>".join(f"{letter}: {formula(rule)}" for letter, rule in zip(letters_of(rules), rules, strict=True))


def letters_of(rules: list[Any]) -> list[str]:
    """What the rules of an operation call its arguments."""
    for rule in rules:
        if inspect.isfunction(rule):
            names = list(inspect.signature(rule).parameters)[2:]
            if len(names) >= len(rules):
                return names[: len(rules)]
    return [f"argument {i}" for i in range(len(rules))]


def page() -> str:
    """The whole of docs/rules.md."""
    chapters: dict[str, list[tuple[str, Op]]] = {}
    flat, refused = [], []
    for function, op in tg.RULES.items():
        if op.kind in ("flat", "refused"):
            (flat if op.kind == "flat" else refused).append(f"`{name_of(function)}`")
        elif (file := page_of(op)) is not None:
            chapters.setdefault(file, []).append((name_of(function), op))
    lines = [
        "# The table of derivatives",
        "",
        "This page is written by `docs/rule_table.py` from the table itself: what stands here is what is computed.",
        "",
        "A rule takes the cotangent g of the result back to an argument. The result is y where there is one argument,",
        "x, and z where there are two, x and y; g · a goes by elements, A B is a product of matrices. In forward mode",
        "g stands for the tangent of the argument. For real arguments the walk takes the real part, and it sums",
        "stretched axes. Kinds: *elementwise* (the Jacobian is diagonal), *linear* (the formula is the transpose),",
        "*bilinear*, *primitive* (both directions are written), *composite* (a formula in other rows).",
        "",
    ]
    for file, rows in chapters.items():
        title = (inspect.getdoc(sys.modules[f"tinygrad_edu.rules.{file[:-3]}"]) or file).split("\n\n")[0]
        lines += [f"## {title.replace(chr(10), ' ')}", "", "| operation | kind | cotangent |", "|---|---|---|"]
        lines += [f"| `{name}` | {op.kind} | {mathematics(op).replace('|', '&#124;')} |" for name, op in rows]
        lines.append("")
    lines += ["## Piecewise constant: the derivative is zero", "", ", ".join(flat) + ".", ""]
    if refused:
        lines += ["## Without a derivative by nature: refused, with the reason", "", ", ".join(refused) + ".", ""]
    lines += [
        "## Kinks, poles and ties",
        "",
        "[What a gradient is where there is none](conventions.md) has the rule",
        "",
    ]
    lines[-1] = "that decides these cases. The gradients are computed while this page is written."
    lines += ["", "| function | at | gradient | because |", "|---|---|---|---|", *corner_cases(), ""]
    return "\n".join(lines)


def corner_cases() -> Iterator[str]:
    """A row for every corner case that is one expression of NumPy's functions."""
    for case in json.loads((ROOT / "tests" / "corner_cases.json").read_text())["cases"]:
        if "NN." in case["expr"] or "JAX" in case["expr"] or case["inputs"] == ["INT3"]:
            continue
        names = {"np": np, "K": np.asarray, "W3": np.array([1.0, 2.0, 3.0]), "sp": scipy.special}
        letters = "xyz"[: len(case["inputs"])]
        try:
            f = eval(f"lambda {','.join(letters)}: {case['expr']}", names)  # the file is ours
            inputs = [np.asarray(_number(v), complex if "j" in str(v) else float)[()] for v in case["inputs"]]
            with np.errstate(all="ignore"), warnings.catch_warnings():
                warnings.simplefilter("ignore")
                found = tg.grad(lambda *a: np.sum(f(*a)), tuple(range(len(inputs))))(*inputs)  # noqa: B023
        except Exception:
            continue  # an error is the recommended answer, or the expression uses names of the tests
        told = "; ".join(
            np.array2string(np.asarray(g), precision=4, suppress_small=True, separator=", ").replace("\n", "")
            for g in found
        )
        at = "; ".join(str(v) for v in case["inputs"])
        yield f"| `{case['expr'].replace('|', '&#124;')}` | {at} | {told} | {case['why'] or 'the derivative'} |"


def _number(v: Any) -> Any:
    if isinstance(v, list):
        return np.array([_number(x) for x in v])
    return (complex(v) if "j" in v else float(v)) if isinstance(v, str) else v


# --- the count


@cache
def parsed(file: str) -> ast.Module:
    return ast.parse(Path(file).read_text())


@cache
def code_lines(file: str) -> frozenset[int]:
    """The lines of a file that hold code: no docstrings, imports, comments, blank lines."""
    drop: set[int] = set()
    for node in ast.walk(parsed(file)):
        string = (
            isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant) and isinstance(node.value.value, str)
        )
        if string or isinstance(node, ast.Import | ast.ImportFrom):
            drop |= set(range(node.lineno, (node.end_lineno or node.lineno) + 1))
    text = Path(file).read_text().splitlines()
    return frozenset(
        i for i, line in enumerate(text, 1) if line.strip() and not line.strip().startswith("#") and i not in drop
    )


def in_rules(f: Any) -> bool:
    return inspect.isfunction(f) and Path(f.__code__.co_filename).parent == RULES_FOLDER


def reached(f: Any, seen: set[Any]) -> None:
    """A rule and the functions of rules/ that it calls, down to other operations of the table."""
    f = f.func if isinstance(f, partial) else f
    if not in_rules(f) or f in seen or Path(f.__code__.co_filename).name in NOT_RULES:
        return
    seen.add(f)
    codes = [f.__code__]
    while codes:
        code = codes.pop()
        codes += [c for c in code.co_consts if inspect.iscode(c)]
        for name in code.co_names:
            reached(f.__globals__.get(name), seen)
    for cell in f.__closure__ or ():
        reached(cell.cell_contents, seen)


def operations() -> list[Op]:
    """The table, and the operations of its own that it is made of (scatter, stretch, ...)."""
    modules = [m for n, m in sys.modules.items() if n.startswith("tinygrad_edu.rules.")]
    own = [v for m in modules for v in vars(m).values() if type(v) is Op]
    return list(dict.fromkeys([*tg.RULES.values(), *own]))


def counts() -> dict[str, tuple[int, int, int]]:
    """For each file of rules: its lines of rules, of formulas and of values."""
    rules: set[Any] = set()
    formulas: set[Any] = set()
    for op in operations():
        jvps = op.jvps if isinstance(op.jvps, tuple) else [getattr(op.jvps, "rule", op.jvps)]
        for f in [*rules_of(op), *jvps]:
            reached(f, rules)
        if op.kind == "composite":
            reached(op.function, formulas)
    found = {}
    for path in sorted(RULES_FOLDER.glob("*.py")):
        if path.name not in NOT_RULES:
            in_rules, in_formulas = (_definitions(str(path), functions) for functions in (rules, formulas))
            code = code_lines(str(path))
            all_definitions = _definitions(str(path), None)
            rows = code - all_definitions  # every statement that is no function
            of_rules = len(rows) + len(in_rules)
            of_formulas = len(in_formulas - in_rules)
            found[path.name] = (of_rules, of_formulas, len(code) - of_rules - of_formulas)
    return found


def _definitions(file: str, functions: set[Any] | None) -> frozenset[int]:
    """The lines of code of a file's functions, of all or of those that any of `functions` is, or is inside of."""
    used = {
        line
        for f in functions or ()
        if f.__code__.co_filename == file
        for code in _with_inner(f.__code__)
        for _, _, line in code.co_lines()
        if line
    }
    lines: set[int] = set()
    for node in parsed(file).body:
        own = set(range(_start(node), (node.end_lineno or 0) + 1))
        if isinstance(node, ast.FunctionDef) and (functions is None or own & used):
            lines |= own
    return frozenset(lines & code_lines(file))


def _start(node: ast.stmt) -> int:
    return min([node.lineno, *(d.lineno for d in getattr(node, "decorator_list", []))])


def _with_inner(code: Any) -> Iterator[Any]:
    yield code
    for constant in code.co_consts:
        if inspect.iscode(constant):
            yield from _with_inner(constant)


def main(arguments: list[str]) -> None:
    if "--count" not in arguments:
        (ROOT / "docs" / "rules.md").write_text(page())
    count = counts()
    for file, (rules, formulas, values) in count.items():
        print(f"{file:<20} {rules:>5} lines of rules {formulas:>5} of formulas {values:>5} of values")
    n = len(tg.RULES)
    per_operation = [sum(column) / n for column in zip(*count.values(), strict=True)]
    print(
        f"{n} operations, on average:"
        + " {:.2f} lines of rules, {:.2f} of formulas, {:.2f} of values".format(*per_operation)
    )


if __name__ == "__main__":
    main(sys.argv[1:])
