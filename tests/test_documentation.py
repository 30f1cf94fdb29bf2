"""Every `>>>` runs: in the package's docstrings, in README.md and in docs/.

A page is one session from top to bottom; a docstring is a session of its own. Nothing is normalised but `...`:
what the reader sees is what the program prints.
"""

import doctest
import importlib
import re
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
PAGES = [path for path in [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))] if ">>>" in path.read_text()]
MODULES = sorted(path for path in (ROOT / "tinygrad_edu").rglob("*.py") if ">>>" in path.read_text())
FENCE = re.compile(r"^\s*```.*$", re.MULTILINE)


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def failures(example: doctest.DocTest) -> str:
    """What differs between the page and the program; empty if nothing does."""
    said: list[str] = []
    doctest.DocTestRunner(optionflags=doctest.ELLIPSIS).run(example, out=said.append, clear_globs=False)
    return "".join(said)


@pytest.mark.parametrize("path", PAGES, ids=name_of)
def test_every_example_of_a_page_prints_what_it_says(path):
    text = FENCE.sub("", path.read_text())  # a closing fence would be read as a line of output
    session = doctest.DocTestParser().get_doctest(text, {}, path.name, str(path), 0)
    assert not (said := failures(session)), said


@pytest.mark.parametrize("path", MODULES, ids=name_of)
def test_every_example_of_a_module_prints_what_it_says(path):
    parts = path.relative_to(ROOT).with_suffix("").parts
    module = importlib.import_module(".".join(parts[:-1] if parts[-1] == "__init__" else parts))
    sessions = [session for session in doctest.DocTestFinder().find(module) if session.examples]
    assert sessions, f"{name_of(path)} has a >>> that no docstring holds: it would never run"
    said = "".join(failures(session) for session in sessions)
    assert not said, said


def test_a_wrong_example_is_found():
    session = doctest.DocTestParser().get_doctest(">>> 1 + 1\n3\n", {}, "wrong", None, 0)
    assert "Expected:\n    3\nGot:\n    2" in failures(session)


@pytest.mark.parametrize("path", [*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")], ids=name_of)
def test_every_link_between_pages_leads_somewhere(path):
    targets = re.findall(r"\]\((?!\w+:)([^)#]+)", path.read_text())
    assert not [target for target in targets if not (path.parent / target).exists()]
