"""The floors of the house: a file imports only from a lower floor, or from siblings named before it.

The order below is the design. A new file takes its place in it, or the first test fails; a file that needs something
from above is in the wrong place, or the thing that it needs is.
"""

import ast
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

import tinygrad_edu

PACKAGE = Path(__file__).resolve().parent.parent / "tinygrad_edu"

# fmt: off
FLOORS = {
    "ground":     ["errors.py", "trees.py", "places.py"],
    "graph":      ["surface.py", "calls.py", "graph.py", "assigning.py", "tensor.py"],
    "rules":      [f"rules/{name}.py" for name in (
                       "declare", "arithmetic", "transcendental", "shapes", "reductions", "indexing", "products",
                       "sorting", "statistics", "assembling", "padding", "placing", "linalg", "clusters",
                       "decompositions", "pseudoinverses", "fourier", "polynomials", "calculus", "windows", "ufuncs",
                       "refusals", "several", "parameters", "gammas", "elliptic", "bessel", "oscillators", "orthogonal",
                       "distributions", "special", "diagnoses", "__init__")],
    "modes":      ["modes/careful.py", "modes/reverse.py", "modes/forward.py", "modes/anomaly.py",
                   "modes/__init__.py"],
    "transforms": ["runs.py", "transforms.py", "jacobians.py", "custom.py", "implicit.py"],
    "compiling":  ["compiling/*"],
    "checking":   ["checking/*"],
    "annex":      ["testing/*", "explaining/*", "zoo/*", "functions/*", "scipy/*", "losses/*", "models/*",
                   "extend.py", "data/*", "optim/*", "plot/*", "expressions.py", "playing/*"],
    "roof":       ["__init__.py", "commands/*", "cli.py", "__main__.py"],
}
# fmt: on
FOLDERS = sorted(name[:-2] for names in FLOORS.values() for name in names if name.endswith("/*"))
ORDER = [name for floor in FLOORS.values() for name in floor]
OPTIONAL = {
    "click", "rich", "tqdm", "scipy", "sympy", "pygraphviz", "dask", "cupy", "torch", "jax", "hypothesis", "matplotlib",
    "pandas", "safetensors",
}  # fmt: skip
FILES = sorted(path.relative_to(PACKAGE).as_posix() for path in PACKAGE.rglob("*.py"))


def rank(file: str) -> int:
    """The place of a file in the order; the files of an annex folder share one place."""
    for name in (file, file.partition("/")[0] + "/*"):
        if name in ORDER:
            return ORDER.index(name)
    raise AssertionError(f"{file} stands on no floor: give it a place in FLOORS, above all that it imports")


def floor(file: str) -> str:
    place = ORDER[rank(file)]
    return next(name for name, files in FLOORS.items() if place in files)


def parsed(file: str) -> ast.Module:
    return ast.parse((PACKAGE / file).read_text(), file)


def resolved(file: str, statement: ast.Import | ast.ImportFrom) -> Iterator[str]:
    """The files of the package that one import statement reads (other packages give nothing)."""
    if isinstance(statement, ast.Import):
        dotted = [alias.name.split(".") for alias in statement.names]
        wanted = [name[1:] for name in dotted if name[0] == PACKAGE.name]
    else:
        above = statement.module.split(".") if statement.module else []
        if statement.level:
            above = list(Path(file).parts[: -statement.level]) + above
        elif above and above[0] == PACKAGE.name:
            above = above[1:]
        else:
            return
        wanted = [[*above, alias.name] for alias in statement.names]
    for parts in wanted:
        yield file_of(parts)


def file_of(parts: list[str]) -> str:
    """`["modes", "reverse", "pullback"]` is in modes/reverse.py; the package itself is __init__.py."""
    for length in (len(parts), len(parts) - 1):
        for candidate in ("/".join(parts[:length]) + ".py", "/".join([*parts[:length], "__init__.py"])):
            if length >= 0 and (PACKAGE / candidate).is_file():
                return candidate
    raise AssertionError(f"import of {'.'.join(parts)}: no such file")


def imports(tree: ast.AST) -> Iterator[ast.Import | ast.ImportFrom]:
    """Every import that runs: those under `if TYPE_CHECKING:` only name types, and bind no floors."""
    for child in ast.iter_child_nodes(tree):
        if isinstance(child, ast.Import | ast.ImportFrom):
            yield child
        elif not (isinstance(child, ast.If) and "TYPE_CHECKING" in ast.unparse(child.test)):
            yield from imports(child)


def siblings(file: str) -> set[str]:
    """The files of the package that `file` imports, without itself (`from . import x` in an `__init__`)."""
    return {name for statement in imports(parsed(file)) for name in resolved(file, statement)} - {file}


def roots(statement: ast.Import | ast.ImportFrom) -> set[str]:
    """`import scipy.special` reads scipy; an import from the package itself has the root `.`"""
    if isinstance(statement, ast.ImportFrom):
        return {"."} if statement.level else {(statement.module or "").split(".")[0]}
    return {alias.name.split(".")[0] for alias in statement.names}


@pytest.mark.parametrize("file", FILES)
def test_a_file_imports_only_from_below(file):
    upwards = sorted(
        name
        for name in siblings(file)
        if rank(name) > rank(file) or (rank(name) == rank(file) and not same_folder(name, file))
    )
    assert not upwards, f"{file} imports {upwards}, which stand above it"


def same_folder(one: str, other: str) -> bool:
    return one.partition("/")[0] == other.partition("/")[0]


@pytest.mark.parametrize("folder", FOLDERS)
def test_a_folder_that_shares_one_place_has_no_import_cycle(folder):
    files = [file for file in FILES if file.startswith(folder + "/")]
    while files:
        free = [file for file in files if not siblings(file) & set(files)]
        assert free, f"these files import one another in a circle: {files}"
        files = [file for file in files if file not in free]


def test_the_engine_knows_no_mathematics():
    assert not [(file, name) for file in FLOORS["graph"] for name in siblings(file) if floor(name) == "rules"]


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith("rules/")])
def test_the_mathematics_knows_no_engine(file):
    assert not [name for name in siblings(file) if floor(name) in ("modes", "transforms")]


@pytest.mark.parametrize("file", [file for file in FILES if file.startswith(("functions/", "losses/"))])
def test_formulae_import_nothing_of_the_engine(file):
    """But operations of the table, which are functions of arrays like NumPy's own, and the words for errors."""
    assert {floor(name) for name in siblings(file)} <= {"ground", "rules", "annex"}


@pytest.mark.parametrize("file", FILES)
def test_imports_stand_at_the_top_of_a_file(file):
    """Only an optional dependency may be imported inside a function, for it may be absent until it is needed."""
    functions = [n for n in ast.walk(parsed(file)) if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef)]
    inside = {root for function in functions for statement in imports(function) for root in roots(statement)}
    allowed = OPTIONAL | ({"."} if file == "__main__.py" else set())  # the command line itself needs an extra
    assert inside <= allowed, f"{file} imports {sorted(inside - allowed)} inside a function"


@pytest.mark.parametrize("file", FILES)
def test_no_star_imports(file):
    stars = [s for s in imports(parsed(file)) if any(alias.name == "*" for alias in s.names)]
    assert not stars


@pytest.mark.parametrize("file", FILES)
def test_a_file_is_short_and_has_a_home(file):
    assert len((PACKAGE / file).read_text().splitlines()) <= 400, "two ideas, hence two files"
    assert Path(file).stem not in ("utils", "helpers", "misc", "common"), "a thing without a home shows a missing idea"


@pytest.mark.parametrize("file", FILES)
def test_every_file_says_what_it_is(file):
    assert ast.get_docstring(parsed(file))


def printed(program: str) -> str:
    """What a program prints in a fresh process, where nothing has been imported yet."""
    command = [sys.executable, "-c", program]
    return subprocess.run(command, cwd=PACKAGE.parent, capture_output=True, text=True, check=True).stdout


def test_the_package_loads_nothing_optional():
    program = "import sys, tinygrad_edu; print(*sorted({name.split('.')[0] for name in sys.modules}))"
    assert not OPTIONAL & set(printed(program).split())


def test_the_package_opens_no_annex_before_it_is_asked_for():
    """They would make the import several times as long."""
    program = "import sys, tinygrad_edu; print(*sys.modules); tinygrad_edu.check; print(*sys.modules)"
    before, after = (line.split() for line in printed(program).strip().split("\n"))
    assert not {f"tinygrad_edu.{annex}" for annex in tinygrad_edu.ANNEXES} & set(before)
    assert "tinygrad_edu.checking" in after


def test_public_names_are_written_by_hand():
    """`__all__` is a literal list, each name of it exists, and no name is public by accident."""
    program = "import tinygrad_edu as tg; print(*tg.__all__); print(*[n for n in tg.__all__ if not hasattr(tg, n)])"
    names, missing = (line.split() for line in printed(program).split("\n")[:2])
    assignments = [n for n in ast.walk(parsed("__init__.py")) if isinstance(n, ast.Assign)]
    written = [ast.literal_eval(n.value) for n in assignments if ast.unparse(n.targets[0]) == "__all__"]
    assert not missing
    assert [list(names)] == [list(literal) for literal in written]
    assert len(names) == len(set(names))
