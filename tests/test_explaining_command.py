"""The command `explain`: the steps on the screen, or a page."""

import subprocess
import sys
import webbrowser
from pathlib import Path

import pytest

from tinygrad_edu.__main__ import main

ROOT = Path(__file__).resolve().parent.parent


@pytest.fixture
def told(capsys, monkeypatch):
    """What a command prints, and its exit code."""

    def tell(*arguments):
        monkeypatch.setenv("COLUMNS", "120")
        code = main(arguments)
        out, err = capsys.readouterr()
        return code, out, err

    return tell


def test_the_steps_of_a_formula_are_printed(told):
    code, out, err = told("explain", "exp(2*y)*sin(x)", "--at", "x=0", "y=1")
    assert (code, err) == (0, "")
    assert "x_bar = v3_bar * cos(x)" in out
    assert "7.38906 * cos(0) = 7.38906" in out
    assert out.startswith("f(x, y) = exp(2*y)*sin(x)")
    assert "where" not in out


def test_a_function_in_a_file_is_explained_with_its_lines(told, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("import numpy as np\n\ndef bowl(w):\n    slope = 2 * w\n    return slope ** 2\n")
    _, out, _ = told("explain", f"{path}:bowl", "--at", "w=3")
    assert "line 4: slope = 2 * w" in out
    assert "bowl = slope ** 2" in out


def test_the_page_is_written_and_opened(told, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    page = tmp_path / "page.html"
    code, out, _ = told("explain", "-x**2", "--at", "x=1", "--html", str(page), "--open")
    assert code == 0 and "2 steps;" in out
    assert "The gradient of f(x) = -x**2" in page.read_text()
    assert page.read_text().startswith("<!doctype html>")
    assert opened == [page.as_uri()]


def test_of_a_formula_that_computes_nothing_there_is_nothing_to_tell(told):
    _, out, _ = told("explain", "x", "--at", "x=1")
    assert "nothing is computed: the result is x itself, and its gradient 1" in out
    assert "┃" not in out and "─" not in out


@pytest.mark.parametrize(
    ("function", "at", "words"),
    [
        ("exp(2*y)*sin(x)", ["x=0"], "the name 'y' has no value"),
        ("exp(2*y", ["y=0"], "the formula cannot be read"),
        ("wrong.py:f", ["x=1"], "there is no file wrong.py"),
        ("{mine}:other", ["w=1"], "defines no function 'other'"),
        ("{mine}:bowl", ["w=1", "z=2"], "got an unexpected keyword argument 'z'"),
        ("{mine}:fails", ["w=1"], "ValueError: no"),
        ("{mine}:array", ["w=1"], "a gradient belongs to one number"),
        ("{mine}:flat", ["w=1"], "the result does not depend on the arguments"),
    ],
)
def test_a_function_that_cannot_be_explained_is_one_line_and_exit_code_2(told, tmp_path, function, at, words):
    mine = tmp_path / "mine.py"
    mine.write_text(
        "import numpy as np\n\ndef bowl(w):\n    return w**2\n\ndef fails(w):\n    raise ValueError('no')\n\n"
        "def array(w):\n    return w * np.ones(3)\n\ndef flat(w):\n    return 3.0\n"
    )
    code, out, err = told("explain", function.format(mine=mine), "--at", *at)
    assert code == 2 and words in err and err.count("\n") == 1 and out == ""


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["--open"], "--open needs a page"),
        (["--html", "/no/such/folder/page.html"], "cannot be written"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(told, arguments, words):
    code, _, err = told("explain", "x**2", "--at", "x=1", *arguments)
    assert code == 2 and words in err and err.count("\n") == 1


def test_without_its_extras_an_explanation_says_what_is_missing_and_still_prints():
    program = """
import sys; sys.modules.update(rich=None, sympy=None, pygraphviz=None)
import numpy as np, tinygrad_edu as tg
ex = tg.explain(np.sin, 1.0)
print(len(str(ex)) > 100, ex._repr_svg_(), "<math" in ex.html(), len(ex.page()) > 10_000)
for f in (lambda: tg.derivative(np.sin), ex.__rich__, lambda: tg.graph(ex).png()):
    try: f()
    except tg.errors.MissingExtraError as error: print(error)
"""
    found = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    first, *errors = found.splitlines()
    assert first == "True None True True"
    assert [error.split('"tinygrad-edu[')[1].split("]")[0] for error in errors] == ["symbolic", "cli", "graph"]
