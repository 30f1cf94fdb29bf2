"""The command `playground`: learning rates on the screen, or a page."""

import webbrowser

import numpy as np
import pytest

from tinygrad_edu.__main__ import main


@pytest.fixture
def told(capsys, monkeypatch):
    """What a command prints, and its exit code."""

    def tell(*arguments):
        monkeypatch.setenv("COLUMNS", "120")
        code = main(("playground", *arguments))
        out, err = capsys.readouterr()
        return code, out if "─" in out else " ".join(out.split()), err

    return tell


@pytest.fixture
def table(tmp_path):
    path = tmp_path / "flats.csv"
    rows = [f"{area},{rooms},{1000 * area + 5000}" for area, rooms in ((30, 1), (50, 2), (80, 2), (120, 4))]
    path.write_text("\n".join(["area,rooms,price", *rows]))
    return str(path)


def words_of(line):
    return line.split()


def test_googles_exercise_is_a_scene(told):
    code, out, err = told("google")
    assert (code, err) == (0, "")
    rows = [words_of(line) for line in out.splitlines() if line.startswith((" 0.1 ", " 1 ", " 4 ", " 1.6 "))]
    assert [(row[0], row[-1]) for row in rows] == [("0.1", "81"), ("1", "6"), ("4", "never"), ("1.6", "1")]


def test_a_formula_is_judged_by_its_curvature(told):
    code, out, _ = told("x**2 + 10*y**2", "--at", "x=1", "y=1")
    assert code == 0
    out = " ".join(out.split())
    assert "It bends by 20 in the steepest direction, by 2 in the flattest" in out and "1/20 = 0.05" in out
    for name in ("too slow", "goldilocks", "overshooting", "bounces for ever", "climbs out of the bowl"):
        assert name in out


def test_a_formula_that_bends_down_at_the_start_is_judged_at_the_bottom(told):
    _, out, _ = told("x**4/4 - x**2", "--at", "x=0.1")
    assert "It bends by 4, at the bottom" in out
    assert "2, not at a bottom" in out  # Newton goes to the top
    _, out, _ = told("-x**2", "--at", "x=0.1")
    assert "no ideal learning rate" in out


def test_a_line_through_a_column_of_a_table(told, table, tmp_path):
    page = tmp_path / "page.html"
    code, out, _ = told(table, "--target", "price", "--feature", "area", "--html", str(page))
    assert code == 0 and "price ≈ w · area (standardised) + b" in out
    assert "mini-batch" in page.read_text()
    _, out, _ = told(table, "--target", "price", "--feature", "rooms")
    assert "SGD" in out


def test_a_function_in_a_file_and_a_preset_from_elsewhere(told, tmp_path):
    path = tmp_path / "mine.py"
    path.write_text("import numpy as np\n\ndef hole(w):\n    return np.log(1 + w ** 2)\n")
    assert "hole(w), from w = 0.5" in told(f"{path}:hole", "--at", "w=0.5")[1]
    assert "from x = 3, y = 3" in told("valley", "--at", "x=3", "y=3")[1]


def test_the_page_is_written_and_opened(told, tmp_path, monkeypatch):
    opened = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    page = tmp_path / "page.html"
    code, out, _ = told("-x**2 + x**4", "--at", "x=1", "--html", str(page), "--open", "--learning-rate", "0.25")
    assert code == 0 and "it needs no network" in out
    assert "learning rate 0.25" in page.read_text() and opened == [page.as_uri()]


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["x**2", "--at", "x=1", "--open"], "--open needs a page"),
        (["x**2", "--at", "x=1", "--html", "/no/such/folder/page.html"], "cannot be written"),
        (["x**2"], "where? Give the point with --at"),
        (["nowhere"], "'nowhere' is no scene. Expected google"),
        (["x**2", "--at", "x=1", "--target", "y"], "are for tables"),
        (["x*y*z", "--at", "x=1", "y=1", "z=1"], "3 variables. Expected one or two"),
        (["log(x)", "--at", "x=-1"], "log is not defined"),
        (["data.csv"], "which column"),
        (["data.csv", "--target", "y", "--at", "x=1"], "--at is for functions"),
        (["no_such.csv", "--target", "y"], "cannot read"),
        (["x**2", "--at", "x=1", "--learning-rate", "0"], "x>0"),
    ],
)
def test_what_cannot_be_done_is_one_line_and_exit_code_2(told, arguments, words):
    code, _, err = told(*arguments)
    assert code == 2 and words in err and err.count("\n") == 1


def test_two_features_are_one_too_many(told, table):
    code, _, err = told(table, "--target", "price")
    assert code == 2 and "room for one" in err and "area, rooms" in err


def test_numbers_that_overflow_say_nothing_on_the_way(told, recwarn):
    assert told("exp(x**2)", "--at", "x=3")[0] == 0
    assert not [w for w in recwarn if issubclass(w.category, RuntimeWarning)] and np.geterr()["over"] == "warn"
