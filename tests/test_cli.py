"""The command line: what it answers, and the one line that it has for every mistake."""

import json
import os
import re
import runpy
import subprocess
import sys
from pathlib import Path

import click
import numpy as np
import pytest

from tinygrad_edu import cli, data
from tinygrad_edu.__main__ import main
from tinygrad_edu.commands import finding, gradient, screen

PACKAGE = Path(cli.__file__).parent
DIABETES = str(PACKAGE / "data" / "diabetes.csv")

FUNCTIONS = '''"""Functions to differentiate."""
import math
import numpy as np
from neighbour import SHIFT

def loss(w, b=1.0):
    return (w - SHIFT) ** 2 + b

def cut(w):
    return math.sin(float(np.asarray(w.item() if hasattr(w, "item") else w)))

def vector(w):
    return w * np.array([1.0, 2.0])

def fault(w):
    return [0.0][3] * w

def infinite(w):
    return w / (w - w)
'''


@pytest.fixture
def told(capsys):
    """Run a command; the exit code, what it printed, and what it complained of."""

    def run(*arguments):
        code = main(list(arguments))
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with a table, and a file of functions that imports its neighbour."""
    (tmp_path / "mine.csv").write_text("x,z,y\n1,5,2\n2,3,3\n4,1,7\n7,2,9\n")
    (tmp_path / "neighbour.py").write_text("SHIFT = 3.0\n")
    (tmp_path / "functions.py").write_text(FUNCTIONS)
    (tmp_path / "broken.py").write_text("x = 1\ny = x / 0\n")
    (tmp_path / "syntax.py").write_text("x = 1\ndef f(:\n")
    (tmp_path / "leaves.py").write_text("raise SystemExit('bye')\n")
    monkeypatch.chdir(tmp_path)
    yield tmp_path
    sys.modules.pop("neighbour", None)


# The story


def test_without_arguments_it_tells_the_story(told):
    code, printed, complained = told()
    assert (code, complained) == (0, "")
    assert re.search(r"x +0 +7\.38906 +7\.38906", printed)
    assert re.search(r"y +1 +0 +0 ", printed)
    assert "442 diabetes patients" in printed
    assert re.search(r"body_mass_index +5\.603\d* +5\.60296", printed)
    assert float(re.search(r"relative\s+(\S+)\.", printed)[1]) < 1e-6
    assert "tinygrad-edu fit data.csv --target y" in printed


def test_the_output_fits_80_columns_without_colour_when_piped():
    environment = {**os.environ, "PYTHONPATH": str(PACKAGE.parent), "PYTHONIOENCODING": "ascii", "NO_COLOR": "1"}
    command = [sys.executable, "-W", "error", "-m", "tinygrad_edu"]
    run = subprocess.run(command, capture_output=True, env=environment, check=True)
    assert run.stderr == b""
    assert b"\x1b" not in run.stdout
    assert max(map(len, run.stdout.decode("ascii").splitlines())) <= 80


# gradient


def test_the_gradient_of_a_formula(told):
    code, printed, _ = told("gradient", "exp(2*y)*sin(x)", "--at", "x=0", "y=1")
    assert code == 0
    assert "exp(2*y)*sin(x) at x=0 y=1" in printed
    assert re.search(r"value +0\n", printed)
    assert re.search(r"gradient +\(7\.38906, 0\)", printed)
    assert re.search(r"magnitude +7\.38906\n", printed)
    assert re.search(r"direction +\(1, 0\), the steepest way up", printed)
    assert "The finite differences agree with the gradient." in printed


@pytest.mark.parametrize(
    "at", [["--at", "x=2", "y=3"], ["--at", "x=2", "--at", "y=3"], ["--at", "x=2,y=3"], ["--at", " x = 2, y = 1+2 "]]
)
def test_a_point_may_be_written_in_several_ways(told, at):
    assert "(3, 2)" in told("gradient", "x*y", *at)[1]


def test_the_point_may_come_first(told):
    assert "(3, 2)" in told("gradient", "--at", "x=2", "y=3", "--", "x*y")[1]


def test_a_formula_may_begin_with_a_minus(told):
    assert re.search(r"gradient +\(-4\)", told("gradient", "-x**2", "--at", "x=2")[1])


def test_a_flat_point_has_no_direction(told):
    assert "none: the function is flat here" in told("gradient", "x**2", "--at", "x=0")[1]


@pytest.mark.parametrize(
    ("formula", "magnitude", "direction"),
    [
        ("1e-200*x", "1e-200", "(1, 0)"),
        ("1e200*x", "1e+200", "(1, 0)"),
        ("3e-200*x + 4e-200*y", "5e-200", "(0.6, 0.8)"),
        ("3e200*x - 4e200*y", "5e+200", "(0.6, -0.8)"),
        ("1.7e308*x + 1.7e308*y", "inf", "(0.707107, 0.707107)"),
    ],
)
def test_a_gradient_of_any_size_has_a_direction(told, formula, magnitude, direction):
    code, printed, complained = told("gradient", f"{formula} + 0*y", "--at", "x=0.5", "y=0.25")
    assert (code, complained) == (0, "")
    assert f"magnitude    {magnitude}\n" in printed
    assert f"direction    {direction}, the steepest way up" in printed


def test_markup_is_text(capsys):
    screen.heading("a[/bold]")
    screen.show_table(["x[red]"], [["[b]1"]])
    printed = capsys.readouterr().out
    assert all(words in printed for words in ("a[/bold]", "x[red]", "[b]1"))


@pytest.mark.parametrize(
    "formula",
    [
        "log(x)",
        "1/x",
        "sqrt(x)",
        "1e9 + sin(1e5*x)",
        "exp(1e3*x)",
        "sin(1e8*x)",
        "arcsin(1 - x/1e4)",
        "(x - 1e-6)**1.5",
        "1e200*x - 1e194",
    ],
)
def test_the_check_finds_a_step_that_fits(told, formula):
    assert told("gradient", formula, "--at", "x=1e-6")[0] == 0


@pytest.mark.parametrize("formula", ["floor(x)", "sign(x)", "abs(x) + floor(x)", "where(x > 0, 2*x, x)"])
def test_a_check_that_does_not_agree_is_exit_code_1(told, formula):
    code, printed, complained = told("gradient", formula, "--at", "x=0")
    assert (code, complained) == (1, "")
    assert "does not agree for x. Has the function a kink, a jump or an end there?" in printed


@pytest.mark.parametrize(("formula", "at"), [("sin(x)", "x=1e20"), ("sin(x)", "x=1e12"), ("x + cos(1e15*x)", "x=2")])
def test_a_step_that_rounding_swallows_is_told(told, formula, at):
    code, printed, _ = told("gradient", formula, "--at", at)
    assert code == 1
    assert "rounding swallows the small step" in " ".join(printed.split())
    assert "kink" not in printed


@pytest.mark.parametrize("formula", ["where(x > 1e6, 2*x, x)", "floor(x)"])
def test_a_kink_far_out_is_still_a_kink(told, formula):
    assert "Has the function a kink" in told("gradient", formula, "--at", "x=1e6")[1]


def test_the_gradient_of_a_function_in_a_file(told, folder):
    code, printed, _ = told("gradient", "functions.py:loss", "--at", "w=1")
    assert code == 0
    assert re.search(r"value +5\n", printed)
    assert re.search(r"gradient +\(-4\)", printed)
    assert "(-4, 1)" in told("gradient", str(folder / "functions.py:loss"), "--at", "w=1", "b=2")[1]


# fmt: off
GRADIENT_FAULTS = [
    ([],                                       "Missing argument 'FUNCTION'"),
    (["x"],                                    "where? Give the point with --at, such as --at x=0 y=1"),
    (["x", "--at", "x"],                       "--at 'x': expected a name and a number, such as x=0"),
    (["x", "--at", "x="],                      "--at 'x=': expected a name and a number"),
    (["x", "--at", "2=1"],                     "--at '2=1': expected a name and a number"),
    (["x", "--at", "x=red"],                   "--at 'x=red': 'red' is no number. Expected one such as 0, -1.5"),
    (["x", "--at", "x=nan"],                   "'nan' is no number"),
    (["x", "--at", "x=1/0"],                   "'1/0' is no number"),
    (["x", "--at", "x=1", "x=2"],              "--at 'x=2': x has a value already, 1"),
    (["x", "--at"],                            "Option '--at' requires an argument"),
    (["x", "--att", "x=1"],                    "unexpected extra argument"),
    (["x*z", "--at", "x=1"],                   "the name 'z' has no value. Give it one with --at z=0"),
    (["log(x)", "--at", "x=-1"],               "log(x) has no value here: log is not defined for x = -1"),
    (["1/x", "--at", "x=0"],                   "division by zero, with 1 and x = 0"),
    (["exp(x)", "--at", "x=1000"],             "the result is too large for a float64, with x = 1000"),
    (["9**9**9**9*x", "--at", "x=1"],          "9 ** 9 ** 9 has no value here: the result is too large"),
    (["sqrt(x)", "--at", "x=0"],               "the derivative along x is inf at x=0"),
    (["x.real", "--at", "x=1"],                "attributes are not allowed"),
    (["(" * 300 + "x" + ")" * 300, "--at", "x=1"], "too many nested parentheses"),
    (["no.py:f", "--at", "x=1"],               "there is no file no.py"),
    (["functions.py:los", "--at", "w=1"],      "functions.py defines no function 'los'. It defines loss, cut, vector"),
    (["functions.py:SHIFT", "--at", "w=1"],    "functions.py defines no function 'SHIFT'"),
    (["functions.py", "--at", "w=1"],          "which function? Expected functions.py:NAME. It defines loss, cut, vec"),
    (["functions.py:", "--at", "w=1"],         "which function? Expected functions.py:NAME. It defines loss, cut, vec"),
    (["functions.py:a.b", "--at", "w=1"],      "functions.py defines no function 'a.b'. It defines loss, cut, vector"),
    ([".:f", "--at", "w=1"],                   ". is a directory. Expected a function as file.py:NAME"),
    (["functions:f", "--at", "w=1"],           "there is no file functions. Expected a function as file.py:NAME"),
    (["mine.csv:f", "--at", "w=1"],            "mine.csv is no Python file. Expected a function as file.py:NAME"),
    (["x**2", "--at", "x=1", "y=2"],           "--at y=2: y does not occur in x**2"),
    (["functions.py:loss", "--at", "v=1"],     "loss(w, b=1.0) does not fit --at v=1: missing a required arg"),
    (["functions.py:vector", "--at", "w=1"],   "returned an array of shape (2,)"),
    (["functions.py:fault", "--at", "w=1"],    "functions.py, line 16: IndexError: list index out of range"),
    (["functions.py:infinite", "--at", "w=1"], "the value is inf at w=1"),
    (["neighbour.py:f", "--at", "w=1"],        "neighbour.py defines no function 'f'. It defines none"),
    (["broken.py:f", "--at", "x=1"],           "broken.py, line 2: ZeroDivisionError: division by zero"),
    (["syntax.py:f", "--at", "x=1"],           "syntax.py, line 2: invalid syntax"),
    (["leaves.py:f", "--at", "x=1"],           "leaves.py, line 1: SystemExit: bye"),
]
FIT_FAULTS = [
    ([],                                                 "Missing argument 'DATA.CSV'"),
    (["mine.csv"],                                       "Missing option '--target'"),
    (["no.csv", "--target", "y"],                        "cannot read no.csv: No such file or directory"),
    ([".", "--target", "y"],                             "cannot read ."),
    (["mine.csv", "--target", "yy"],                     "mine.csv has no column 'yy'. Did you mean 'y'?"),
    (["mine.csv", "--target", "y", "--features", "q"],   "mine.csv has no column 'q'"),
    (["mine.csv", "--target", "y", "--loss", "maa"],     "--loss 'maa': there is no such loss. Did you mean mae?"),
    (["mine.csv", "--target", "y", "--loss", "logistic"],       "for two classes, and the target 'y' has 4: 2, 3,"),
    (["mine.csv", "--target", "y", "--optimizer", "adamant"],   "there is no such optimizer. Did you mean adamax?"),
    (["mine.csv", "--target", "y", "--learning-rate", "fast"],  "'fast' is no number. Expected one such as 0.01"),
    (["mine.csv", "--target", "y", "--learning-rate", "0"],     "the learning rate is 0.0. Expected a number above 0"),
    (["mine.csv", "--target", "y", "--learning-rate", "nan"],   "the learning rate is nan"),
    (["mine.csv", "--target", "y", "--learning-rate", "99"],    "diverged: the loss went from 35.75 to"),
    (["mine.csv", "--target", "y", "--batch-size", "0"],        "0 is not in the range x>=1"),
    (["mine.csv", "--target", "y", "--epochs", "-1"],           "-1 is not in the range x>=1"),
    (["mine.csv", "--target", "y", "--seed", "one"],            "'one' is not a valid integer."),
    (["mine.csv", "--target", "y", "--output", "."],            "--output . is a directory. Expected a file"),
    (["mine.csv", "--target", "y", "--output", "no/m.json"],    "--output no/m.json: there is no directory no"),
    (["mine.csv", "--target", "y", "--output", "mine.csv"],     "--output mine.csv is the data itself, which the"),
    (["mine.csv", "--target", "y", "--output", "./mine.csv"],   "is the data itself"),
    (["mine.csv", "--target", "y", "--output", "-"],            "--output -: the report goes to the screen"),
    (["mine.csv", "--target", "y", "--output", "x" * 255],      "cannot be written: File name too long"),
]
OTHER_FAULTS = [
    (["gradiant"], "No such command 'gradiant'"),
    (["--wrong"],  "No such option"),
]
# fmt: on
FAULTS = [(["gradient", *words], told) for words, told in GRADIENT_FAULTS]
FAULTS += [(["fit", *words], told) for words, told in FIT_FAULTS] + OTHER_FAULTS


@pytest.mark.parametrize(("arguments", "words"), FAULTS, ids=lambda value: " ".join(value)[:50] if value else "none")
def test_a_mistake_gets_one_line_and_exit_code_2(told, folder, arguments, words):
    before = sorted(folder.iterdir())
    code, printed, complained = told(*arguments)
    assert (code, printed) == (2, "")
    assert words in complained
    assert complained.startswith("tinygrad-edu: ")
    assert complained.count("\n") == 1
    assert sorted(path for path in folder.iterdir() if path.name != "__pycache__") == before


# fit


def test_a_table_of_ones_own_is_fitted_in_its_units(told, folder):
    code, printed, _ = told("fit", "mine.csv", "--target", "y", "--output", "model.json")
    table = data.read_csv("mine.csv", "y")
    exact = np.linalg.lstsq(np.column_stack([table.features, np.ones(4)]), table.target)[0]
    model = json.loads((folder / "model.json").read_text())
    assert code == 0
    assert [*model["coefficients"].values(), model["intercept"]] == pytest.approx(exact, rel=1e-3)
    assert list(model["coefficients"]) == ["x", "z"]
    assert (model["target"], model["fit"]["examples"], model["fit"]["data"]) == ("y", 4, "mine.csv")
    assert re.search(rf"x +\S+ +{exact[0]:.6g}", printed)
    assert "y from 2 features of 4 examples" in printed
    assert "Saved to model.json" in printed
    assert [path.name for path in folder.glob("*model*")] == ["model.json"]


def test_an_older_model_is_replaced(told, folder):
    (folder / "model.json").write_text("old")
    told("fit", "mine.csv", "--target", "y", "--output", "model.json")
    assert json.loads((folder / "model.json").read_text())["model"] == "linear"


def test_a_model_that_cannot_be_written_leaves_nothing_behind(told, folder, monkeypatch):
    def full(source, target, replace=os.replace):
        if Path(target).name == "model.json":
            raise OSError(28, "No space left on device")
        replace(source, target)

    before = sorted(folder.iterdir())
    monkeypatch.setattr(os, "replace", full)
    code, _, complained = told("fit", "mine.csv", "--target", "y", "--output", "model.json")
    assert code == 2
    assert complained == "tinygrad-edu: --output model.json: cannot be written: No space left on device\n"
    assert sorted(folder.iterdir()) == before


@pytest.mark.parametrize("link", [os.symlink, os.link])
def test_the_data_are_not_replaced_under_another_name(told, folder, link):
    before = (folder / "mine.csv").read_bytes()
    link("mine.csv", "alias.json")
    code, printed, complained = told("fit", "mine.csv", "--target", "y", "--output", "alias.json")
    assert (code, printed) == (2, "")
    assert complained.startswith("tinygrad-edu: --output alias.json is the data itself")
    assert (folder / "mine.csv").read_bytes() == before


def test_a_link_is_written_through(told, folder):
    (folder / "store").mkdir()
    os.symlink("store/real.json", "model.json")
    assert told("fit", "mine.csv", "--target", "y", "--output", "model.json")[0] == 0
    assert os.readlink("model.json") == "store/real.json"
    assert json.loads((folder / "store" / "real.json").read_text())["model"] == "linear"


def test_a_pipe_is_left_alone(told, folder):
    os.mkfifo("pipe")
    code, _, complained = told("fit", "mine.csv", "--target", "y", "--output", "pipe")
    assert code == 2
    assert "--output pipe is a device, a pipe or the like. Expected a file" in complained
    assert (folder / "pipe").is_fifo()


def test_a_link_that_leads_to_itself_is_refused(told, folder):
    os.symlink("loop", "loop")
    assert told("fit", "mine.csv", "--target", "y", "--output", "loop")[0] == 2
    assert (folder / "loop").is_symlink()


def test_a_protected_file_is_found_before_the_work(told, folder, monkeypatch):
    (folder / "model.json").write_text("old")
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everywhere
    code, printed, complained = told("fit", "mine.csv", "--target", "y", "--output", "model.json")
    assert (code, printed) == (2, "")
    assert "it is protected against writing" in complained


def test_a_protected_directory_is_found_before_the_work(told, folder, monkeypatch):
    def refuse(path, *_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(Path, "touch", refuse)
    code, printed, complained = told("fit", "mine.csv", "--target", "y", "--output", "model.json")
    assert (code, printed) == (2, "")
    assert complained == "tinygrad-edu: --output model.json: cannot be written: Permission denied\n"


def test_an_interrupted_write_leaves_the_old_model(folder, monkeypatch):
    def interrupt(source, target, replace=os.replace):
        if Path(target).name == "model.json":
            raise KeyboardInterrupt
        replace(source, target)

    (folder / "model.json").write_text("old")
    monkeypatch.setattr(os, "replace", interrupt)
    assert main(["fit", "mine.csv", "--target", "y", "--output", "model.json"]) == 130
    assert (folder / "model.json").read_text() == "old"
    assert list(folder.glob(".*")) == []
    assert (folder / "model.json.checkpoint.npz").exists()  # the work is not lost


def test_the_diabetes_fit_reaches_least_squares(told):
    printed = told("fit", DIABETES, "--target", "progression")[1]
    assert "the loss stopped changing" in printed
    assert float(re.search(r"relative\s+(\S+)\.", printed)[1]) < 1e-6


def test_stochastic_descent_takes_batches_of_32(told):
    printed = told("fit", DIABETES, "--target", "progression", "--optimizer", "sgd", "--epochs", "3")[1]
    assert "gradient descent (learning rate 0.0803903), batches of 32" in printed
    assert "42 steps in 3 epochs: the epochs are used up" in printed


def test_all_options_of_the_manual_go_together(told, folder):
    words = """fit mine.csv --target y --loss mse --optimizer sgd --learning-rate 0.01 --batch-size 2 --epochs 5
        --standardize --seed 0 --output model.json"""
    code, printed, _ = told(*words.split())
    assert code == 0
    assert "learning rate 0.01), batches of 2" in printed


def test_features_can_be_left_as_they_are(told, folder):
    printed = told("fit", "mine.csv", "--target", "y", "--no-standardize", "--features", "x")[1]
    assert re.search(r"coefficient of +by descent +least squares", printed)
    assert re.search(r" x +1\.21\d+ +1\.21429 ", printed)


def test_columns_of_different_sizes_are_no_divergence(told, folder):
    generator = np.random.default_rng(0)
    sqm, rooms = generator.uniform(30, 200, 50), generator.integers(1, 7, 50)
    price = 2_000 * sqm + 15_000 * rooms + 20_000 + generator.normal(0, 9_000, 50)
    rows = [f"{a:.1f},{b},{c:.0f}" for a, b, c in zip(sqm, rooms, price, strict=True)]
    (folder / "h.csv").write_text("\n".join(["sqm,rooms,price", *rows]))
    code, printed, _ = told("fit", "h.csv", "--target", "price", "--no-standardize")
    assert code == 0
    assert float(re.search(r"relative\s+(\S+)\.", printed)[1]) < 1e-4


def test_the_logistic_loss_has_no_closed_form_beside_it(told, folder):
    (folder / "flags.csv").write_text("x,y\n" + "".join(f"{i},{int(i > 4 or i == 2)}\n" for i in range(9)))
    printed = told("fit", "flags.csv", "--target", "y", "--loss", "logistic")[1]
    assert "loss (logistic): 0.693147 at the start" in printed
    assert "east squares" not in printed


def test_a_perfect_fit_has_no_relative_excess(told, folder):
    (folder / "zeros.csv").write_text("x,y\n1,0\n2,0\n")
    assert "ended 0.0e+00 above it." in told("fit", "zeros.csv", "--target", "y")[1]


def test_a_nearly_perfect_fit_has_no_relative_excess(told, folder):
    (folder / "line.csv").write_text("x,y\n" + "".join(f"{0.1 * i},{0.3 * i + 1}\n" for i in range(20)))
    printed = told("fit", "line.csv", "--target", "y")[1]
    assert "above it." in printed
    assert "relative" not in printed


@pytest.mark.parametrize("size", ["1e-300", "1e-200", "1e200", "1e307"])
def test_standardized_features_may_have_any_size(told, folder, size):
    (folder / "any.csv").write_text("x,y\n" + "".join(f"{i}{size[1:]},{y}\n" for i, y in ((1, 1), (2, 3), (3, 2))))
    code, printed, complained = told("fit", "any.csv", "--target", "y")
    assert (code, complained) == (0, "")
    assert re.search(r"^ *x +(\S+) +(\S+)", printed, re.MULTILINE)[2] == screen.number(0.5 / float(size))


@pytest.mark.parametrize("standardize", ["--standardize", "--no-standardize"])
@pytest.mark.parametrize("optimizer", ["gd", "momentum"])
def test_figures_too_large_to_be_squared_name_their_column(told, folder, standardize, optimizer):
    (folder / "huge.csv").write_text("x,y\n1,1e200\n2,3e200\n3,2e200\n")
    words = "tinygrad-edu: the column 'y' holds numbers of the size 3e+200, too large to be squared. Expected at most"
    code, printed, complained = told("fit", "huge.csv", "--target", "y", standardize, "--optimizer", optimizer)
    assert (code, printed) == (2, "")
    assert complained.startswith(words)
    code, printed, complained = told("fit", "huge.csv", "--target", "x", "--no-standardize", "--optimizer", optimizer)
    assert complained.startswith(words)


def test_coefficients_that_overflow_are_told(told, folder):
    (folder / "tiny.csv").write_text("x,y\n1e-308,1e10\n2e-308,3e10\n3e-308,2e10\n")
    assert "the coefficients are too large for a float64" in told("fit", "tiny.csv", "--target", "y")[2]


# The door


@pytest.mark.parametrize("arguments", [["--help"], ["fit", "--help"], ["gradient", "--help"], ["--version"]])
def test_help_and_version_are_printed(told, arguments):
    code, printed, complained = told(*arguments)
    assert (code, complained) == (0, "")
    assert "tinygrad-edu" in printed


@pytest.mark.parametrize("missing", ["click", "rich"])
def test_without_the_extra_one_line_names_it(monkeypatch, capsys, missing):
    for name in [name for name in sys.modules if name.split(".")[0] == missing or name.startswith("tinygrad_edu.c")]:
        if name.startswith(("tinygrad_edu.cli", "tinygrad_edu.commands", missing)):
            monkeypatch.delitem(sys.modules, name)
    monkeypatch.setitem(sys.modules, missing, None)
    assert main([]) == 2
    told = f'the command line needs {missing}, which is not installed. Install it: pip install "tinygrad-edu[cli]"'
    assert capsys.readouterr().err == f"tinygrad-edu: {told}\n"


def test_another_missing_module_is_a_fault_of_ours(monkeypatch):
    monkeypatch.setitem(sys.modules, "tinygrad_edu.cli", None)
    with pytest.raises(ModuleNotFoundError):
        main([])


def test_the_module_runs(monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["tinygrad_edu", "--version"])
    monkeypatch.delitem(sys.modules, "tinygrad_edu.__main__")
    with pytest.raises(SystemExit) as left:
        runpy.run_module("tinygrad_edu", run_name="__main__")
    assert left.value.code == 0
    assert "version" in capsys.readouterr().out


def test_a_reader_who_has_seen_enough_is_no_error(monkeypatch):
    def closed(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr(cli.program, "main", closed)
    monkeypatch.setattr(cli, "_silence", lambda: None)
    assert main([]) == 0


def test_an_output_that_cannot_be_written_is_said_in_a_line(monkeypatch, capsys):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(cli.program, "main", full)
    assert main([]) == 2
    assert capsys.readouterr().err == "tinygrad-edu: No space left on device\n"


def test_arrays_are_sent_to_check(told):
    assert "tinygrad-edu check" in told("gradient", "sum(w**2)", "--at", "w=1,2")[2]


def test_the_rest_of_the_output_goes_nowhere(monkeypatch, tmp_path):
    with (tmp_path / "out").open("w") as out:
        monkeypatch.setattr(sys, "stdout", out)
        cli._silence()
        print("more")
    assert (tmp_path / "out").read_text() == ""


def test_the_uncertainty_of_a_difference_bounds_its_error():
    for function, at, exact in ((np.exp, 1.0, np.e), (np.log, 1e-8, 1e8), (np.sqrt, 1e-9, 0.5 / np.sqrt(1e-9))):
        with np.errstate(invalid="ignore", divide="ignore"):
            estimate, uncertainty = gradient.central_difference(function, at)
        assert abs(estimate - exact) <= uncertainty <= 1e-4 * exact


def test_a_narrow_terminal_keeps_numbers_whole(told, folder, monkeypatch):
    monkeypatch.setenv("COLUMNS", "20")
    printed = told("fit", "mine.csv", "--target", "y")[1]
    assert "coefficient of   by descent   least squares" in printed


def test_numbers_have_six_digits():
    assert [screen.number(v) for v in (1 / 3, -0.0, 1e10, 2.0)] == ["0.333333", "0", "1e+10", "2"]


def test_a_fault_in_a_parameter_is_clicks_own():
    with pytest.raises(click.UsageError, match="has a value already"):
        finding.parse_point(["x=1,x=2"])


def test_a_value_stored_in_a_plain_array_is_told_with_its_cure(told, tmp_path):
    path = tmp_path / "lost.py"
    path.write_text("import numpy as np\ndef lost(x):\n    a = np.zeros(2)\n    a[0] = x\n    return a.sum()\n")
    code, _, complained = told("gradient", f"{path}:lost", "--at", "x=1")
    assert code == 2 and "line 4: InPlaceError: array[i] = x on a plain array" in complained


@pytest.mark.parametrize(
    ("formula", "cure"),
    [
        ("x//2", "floor(x / 2)"),
        ("x if x > 0 else 0", "where(x > 0, x, 0)"),
        ("e*x", "e is a constant, and no variable"),
    ],
)
def test_a_formula_that_python_knows_and_we_do_not_has_a_cure(told, formula, cure):
    assert cure in told("gradient", formula, "--at", "x=1", "e=2")[2]
