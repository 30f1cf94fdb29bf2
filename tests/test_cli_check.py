"""The command `check`: its verdicts and exit codes, and what it says about derivatives worked out by hand."""

import json

import numpy as np
import pytest

from tinygrad_edu.__main__ import main
from tinygrad_edu.commands import check as command
from tinygrad_edu.commands import slips
from tinygrad_edu.expressions import parse

FUNCTIONS = '''"""Functions to check."""
import numpy as np
from tinygrad_edu.extend import elementwise

twice = elementwise(lambda x: np.sin(x), lambda g, y, x: 2 * g * np.cos(x))

def loss(w, b):
    return np.sum(np.tanh(w) ** 2) + b

def wrong(w, b=0.0):
    h = twice(w)
    return np.sum(h ** 2) + b

def root(w):
    return np.sum(np.sqrt(w))

def chosen(w, n):
    return np.sum(w[n] ** 2)

def chosen_gradient(w, n):
    found = np.zeros_like(w)
    np.add.at(found, n, 2 * w[n])
    return found

def loss_gradient(w, b):
    return 2 * np.tanh(w) * (1 - np.tanh(w) ** 2), 1.0

def fault(w):
    return [0.0][3] * w

def chatty(w):
    print("here I am")
    return w ** 2

def quits(w):
    raise SystemExit(0)

def quits_elsewhere(w):
    if w != 1:
        raise SystemExit(3)
    return 1.0

def root_gradient(w):
    return 0.5 / np.sqrt(w)

def reciprocal(w):
    return 1.0 / float(w)

def written(w):
    w[0] = 0.0
    return np.sum(w ** 2)

def nothing(w):
    return None
'''


@pytest.fixture
def told(capsys, tmp_path, monkeypatch):
    """Run `check` in a folder with functions and arrays; the exit code, what it printed and what it complained of."""
    (tmp_path / "mine.py").write_text(FUNCTIONS)
    np.savez(tmp_path / "arrays.npz", w=np.array([0.5, 1.2]), b=np.array(0.3))
    np.savez(tmp_path / "chosen.npz", w=np.array([0.5, 1.2, 3.0]), n=np.array([0, 0, 2]))
    np.savez(tmp_path / "unnamed.npz", np.ones(3))
    np.savez(tmp_path / "objects.npz", w=np.array([{}], object))
    np.savez(tmp_path / "whole.npz", w=np.arange(3))
    np.save(tmp_path / "single.npy", np.ones(3))
    np.savez(tmp_path / "complex.npz", w=np.array([1j]))
    np.savez(tmp_path / "long.npz", w=np.linspace(0, 1, 300), b=np.array(0.3))
    (tmp_path / "text.npz").write_text("hello")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")

    def run(*arguments):
        code = main(["check", *arguments])
        return code, *capsys.readouterr()

    return run


# the engine's gradient


def test_a_right_gradient_passes_with_its_numbers(told):
    code, printed, complained = told("mine.py:loss", "--at", "w=0.5,1.2", "b=0")
    assert (code, complained) == (0, "")
    assert printed.splitlines()[1] == "mine.py:loss at w=0.5,1.2 b=0"
    assert "PASS" in printed and "w[1]    0.508563   0.508563" in printed


def test_arrays_come_from_a_file(told):
    assert "w=0.5,1.2 b=0.3" in told("mine.py:loss", "--args", "arrays.npz")[1]
    assert told("mine.py:chosen", "--args", "chosen.npz")[0] == 0


def test_a_wrong_gradient_fails_and_its_operation_is_named(told):
    code, printed, _ = told("mine.py:wrong", "--at", "w=0.5,1.2")
    assert code == 1
    assert "too large by a factor 2" in printed and "h = twice(w)" in printed and "line 11" in printed


def test_what_nobody_can_tell_has_a_code_of_its_own(told):
    code, printed, _ = told("mine.py:root", "--at", "w=0,1")
    assert code == 3 and "inconclusive, because" in printed


def test_a_kink_says_what_it_lies_between(told):
    code, printed, _ = told("abs(x)", "--at", "x=0")
    assert code == 0 and "pass at a kink: between the one-sided derivatives -1 and 1" in printed


def test_a_broken_promise_is_told(told):
    code, printed, _ = told("mine.py:written", "--at", "w=1,2")
    assert code == 1 and "f mutates nothing: no: f writes into its arguments" in printed


def test_what_was_not_measured_alone_says_so(told):
    code, printed, _ = told("mine.py:loss", "--args", "long.npz", "--gradient", "mine.py:loss_gradient")
    assert code == 0 and "only with others" in printed and "(300,)" in printed


def test_json_holds_the_whole_report_whatever_the_function_prints(told):
    code, printed, complained = told("mine.py:chatty", "--at", "w=2", "--json", "--order", "1", "--seed", "7")
    report = json.loads(printed)
    assert code == 0 and "here I am" in complained
    assert (report["function"], report["verdict"], report["order"], report["seed"]) == ("mine.py:chatty", "pass", 1, 7)
    assert any(row["where"] == "w" and row["analytic"] == 4 for row in report["rows"])


def test_a_page_is_written(told, tmp_path):
    code, printed, _ = told("x<1", "--at", "x=0", "--html", "page.html")
    assert code == 2  # no float comes out
    code, printed, _ = told("where(x<1, x, 0)", "--at", "x=0", "--html", "page.html")
    page = (tmp_path / "page.html").read_text()
    assert code == 0 and "page.html has the details" in printed
    assert "where(x&lt;1, x, 0)" in page and "<1, x" not in page and "PASS" in page


# a gradient by hand


def test_the_gradient_of_the_lesson_is_right(told):
    right = ["exp(2*y)*cos(x)", "2*exp(2*y)*sin(x)"]
    code, printed, _ = told("exp(2*y)*sin(x)", "--at", "x=0", "y=1", "--gradient", *right)
    assert code == 0 and printed.count("right") == 2 and "This is the gradient." in printed


def test_what_is_right_by_chance_is_wrong(told):
    wrong = ["exp(2*y)*cos(x)", "exp(2*y)*sin(x)"]
    code, printed, _ = told("exp(2*y)*sin(x)", "--at", "x=0", "y=1", "--gradient", *wrong)
    told_ = " ".join(printed.split())
    assert code == 1 and "equal here by chance" in told_
    assert "∂/∂y: too small by a factor 2: the derivative of what is inside exp(2 * y) is missing" in told_
    assert "∂/∂x:" not in told_


def test_a_formula_that_holds_on_one_side_only_is_told_so(told):
    code, printed, _ = told("abs(x)", "--at", "x=1", "--gradient", "1")
    assert code == 0 and "right here, but not everywhere: at x=-" in printed and "This is" not in printed


@pytest.mark.parametrize(("formula", "at", "gradient", "cell", "words"), [
    ("abs(x)", ["x=0"], ["sign(x)"], "-1 … 1", "x=0 is at a kink, where there is no derivative: the slope is -1 to the left and 1 to the right. 0 lies between them: it is a subgradient."),
    ("abs(x-3)*2", ["x=3"], ["2*sign(x-3)"], "-2 … 2", "the slope is -2 to the left and 2 to the right"),
    ("maximum(x,y)", ["x=1", "y=1"], ["(x>y)+0.3*(x==y)", "(x<y)+0.7*(x==y)"], "0 … 1", "0.7 lies between them"),  # only together
])  # fmt: skip
def test_at_a_kink_a_formula_is_possible_and_not_right(told, formula, at, gradient, cell, words):
    code, printed, _ = told(formula, "--at", *at, "--gradient", *gradient)
    assert code == 0 and cell in printed and "possible: a subgradient" in printed and "This is" not in printed
    assert words in " ".join(printed.split())


@pytest.mark.parametrize(("formula", "at", "gradient", "words"), [
    ("maximum(x,0)*3", ["x=0"], ["3*(x>0)-(x==0)"], "∂/∂x may be what lies between the slopes 0 to the left and 3 to the right; -1 is not"),
    ("abs(x)", ["x=0"], ["0.5"], "wrong: possible here, at a kink, but not nearby"),
    ("maximum(x,y)", ["x=1", "y=1"], ["(x>y)+0.3*(x==y)", "(x<y)+0.8*(x==y)"], "wrong: possible alone, but not with the others"),
    ("maximum(x,y)", ["x=1", "y=1"], ["(x>y)+0.3*(x==y)", "(x<y)+0.8*(x==y)"], "with every variable moving at once the slope is"),
])  # fmt: skip
def test_at_a_kink_a_formula_may_be_wrong_all_the_same(told, formula, at, gradient, words):
    code, printed, _ = told(formula, "--at", *at, "--gradient", *gradient)
    assert code == 1 and words in " ".join(printed.split())


def test_a_smooth_formula_is_not_said_to_have_a_kink(told):
    code, printed, _ = told("abs(x)**1.5", "--at", "x=0", "--gradient", "1.5*abs(x)**0.5*sign(x)")
    assert code == 0 and "kink" not in printed and "This is the derivative." in printed


def test_a_comparison_is_a_number(told):
    code, printed, _ = told("maximum(x,0)", "--at", "x=1", "--gradient", "x>0")
    assert code == 0 and "True" not in printed


def test_a_formula_without_a_value_is_judged(told):
    code, printed, _ = told("log(x)", "--at", "x=1", "--gradient", "1/(x-1)")
    assert code == 1 and "1 / (x - 1) has no value here: division by zero" in " ".join(printed.split())
    assert "by chance" not in printed
    code, printed, _ = told("sqrt(x)", "--at", "x=0", "--gradient", "0.5/sqrt(x)")
    assert code == 3 and "infinite" in printed and "because x: the derivative is infinite here" in printed
    code, printed, complained = told("mine.py:root", "--at", "w=0,1", "--gradient", "mine.py:root_gradient")
    assert (code, complained) == (3, "") and "inf,0.5" in printed and "infinite,0.5 ±" in printed
    assert told("w**2", "--at", "w=0", "--gradient", "mine.py:reciprocal")[0] == 1
    answer = json.loads(told("sqrt(x)", "--at", "x=0", "--gradient", "0.5/sqrt(x)", "--json")[1])["gradients"][0]
    assert answer["value"] is None


def test_a_gradient_may_come_from_a_file_or_be_of_arrays(told):
    code, printed, _ = told("mine.py:loss", "--args", "arrays.npz", "--gradient", "mine.py:loss_gradient")
    assert code == 0 and "0.726862,0.508563   0.726862,0.508563 ±" in printed
    assert told("mine.py:chosen", "--args", "chosen.npz", "--gradient", "mine.py:chosen_gradient")[0] == 0
    assert told("mine.py:loss", "--args", "arrays.npz", "--gradient", "2*tanh(w)*(1-tanh(w)**2)", "1")[0] == 0
    code, printed, _ = told("mine.py:loss", "--args", "arrays.npz", "--gradient", "2*tanh(w)", "1")
    assert code == 1 and "∂/∂w[1] is 0.508563, and yours is 1.66731" in printed


def test_a_gradient_by_hand_has_json_and_a_page(told, tmp_path):
    code, printed, _ = told("x*y", "--at", "x=2", "y=3", "--gradient", "x", "x", "--json", "--html", "page.html")
    answer = json.loads(printed)["gradients"][0]
    assert (code, answer["variable"], answer["verdict"], answer["value"]) == (1, "x", "fail", 2.0)
    assert answer["mistake"] == "this is the derivative by y, not by x: interchanged?"
    assert "interchanged?" in (tmp_path / "page.html").read_text()


@pytest.mark.parametrize(("formula", "wrong", "words"), [
    ("sin(x**2)",        "cos(x**2)",               "the derivative of what is inside sin(x ** 2) is missing: that of x ** 2"),
    ("sin(x**2)",        "cos(2*x)",                "sin(x ** 2) is differentiated at the derivative of x ** 2, not at x ** 2 itself"),
    ("sin(x**2)",        "2*x*sin(x**2)",           "sin(x ** 2) is not differentiated"),
    ("exp(sin(x**2))",   "exp(sin(x**2))*cos(x**2)", "the derivative of what is inside sin(x ** 2) is missing: that of x ** 2"),
    ("cos(x)",           "sin(x)",                  "the sign of the derivative of cos(x) is wrong"),
    ("x**3",             "3*x**3",                  "the exponent of x ** 3 is not lowered by 1"),
    ("x**3",             "x**2",                    "too small by a factor 3: the exponent of x ** 3 is missing as a factor"),
    ("sin(x)**2",        "2*sin(x)",                "the derivative of what is inside sin(x) ** 2 is missing: that of sin(x)"),
    ("sin(x)*x**3",      "cos(x)*x**3+sin(x)*x**3", "x ** 3 is not differentiated"),
    ("2**x",             "x*2**(x-1)",              "2 ** x has its variable in the exponent: it is differentiated as if it were a power"),
    ("3**x",             "3**x",                    "too small by a factor 1.09861: the factor log(3) of the derivative of 3 ** x is missing"),
    ("x*sin(x)",         "cos(x)",                  "the derivative of the product x * sin(x) is not the product of the derivatives"),
    ("x*sin(x)",         "sin(x)",                  "product rule: the term with the derivative of sin(x) is missing"),
    ("x*sin(x)",         "x*cos(x)",                "product rule: the term with the derivative of x is missing"),
    ("sin(x)/x",         "(sin(x)-x*cos(x))/x**2",  "the terms of the quotient rule for sin(x) / x are interchanged: the sign is wrong"),
    ("sin(x)/x",         "(x*cos(x)+sin(x))/x**2",  "the terms of the quotient rule for sin(x) / x are added, not subtracted"),
    ("sin(x)/x",         "(x*cos(x)-sin(x))/x",     "the denominator of the derivative of sin(x) / x is not squared"),
    ("sin(x)/x",         "cos(x)",                  "the derivative of the quotient sin(x) / x is not the quotient of the derivatives"),
    ("sin(x)/x",         "cos(x)/x",                "the denominator of sin(x) / x is treated as a constant"),
    ("sin(x)/x",         "-sin(x)/x**2",            "the numerator of sin(x) / x is treated as a constant"),
    ("x**2+sin(x)",      "2*x",                     "the derivative of the term sin(x) is missing"),
    ("x**2+sin(x)",      "cos(x)",                  "the derivative of the term x ** 2 is missing"),
    ("x**2+sin(x)",      "2*x-cos(x)",              "the sign of the derivative of the term sin(x) is wrong"),
    ("x**2+5",           "2*x+5",                   "too large by 5 everywhere"),
    ("arctan2(x,3)",     "-3/(9+x**2)",             "the sign is wrong"),
    ("hypot(x,3)*x",     "-2*(hypot(x,3)+x**2/hypot(x,3))", "the sign is wrong, and it is too large by a factor 2"),
    ("arctan2(x,3)",     "7*3/(9+x**2)",            "too large by a factor 7"),
    ("hypot(x,y)",       "hypot(x,y)",              "this is the function itself: it is not differentiated yet"),
    ("hypot(x,y)",       "y/hypot(x,y)",            "this is the derivative by y, not by x: interchanged?"),
    ("hypot(x,3)",       "9/hypot(x,3)**3",         "this is the second derivative: differentiated once too often"),
    ("sin(x)",           "0",                       "it is 0 everywhere; the function does depend on this variable"),
    ("0*x+y",            "y",                       "the function does not depend on this variable: its derivative is 0"),
    ("abs(x)",           "sign(x)**2",              "the sign is wrong at some points: an absolute value?"),
    ("log(x)",           "x+1/x**3",                ""),
])  # fmt: skip
def test_a_slip_has_a_name(formula, wrong, words):
    point = {"x": 0.7, "y": 1.3} if "y" in formula else {"x": 0.7}
    assert slips.diagnosed(parse(formula), parse(wrong), "x", point) == words


def test_a_right_formula_has_no_slip_elsewhere():
    f, right = parse("x*exp(-x**2)/(1+y**2)"), parse("(1-2*x**2)*exp(-x**2)/(1+y**2)")
    assert slips.elsewhere(f, right, "x", {"x": 0.3, "y": 0.0}) is None


def test_a_formula_without_a_known_slip_is_answered_by_two_numbers(told):
    code, printed, _ = told("log(x)", "--at", "x=1", "--gradient", "x")
    assert code == 1 and "∂/∂x: at x=" in printed and "and yours is" in printed


# what was mistyped


@pytest.mark.parametrize(("arguments", "words"), [
    (["x**2"], "where? Give the point with --at, such as --at x=0 y=1, or --args data.npz"),
    (["mine.py:loss", "--at", "w=1"], "loss(w, b) does not fit --at w=1"),
    (["mine.py:loss", "--at", "w=1,a", "b=0"], "'a' is no number"),
    (["mine.py:loss", "--at", "w=1,2;3", "b=0"], "the rows have 2, 1 numbers. Expected rows of one length"),
    (["mine.py:loss", "--args", "arrays.npz", "--at", "b=1"], "b has two values: by --at, and in arrays.npz"),
    (["mine.py:loss", "--args", "nothing.npz"], "there is no such file"),
    (["mine.py:loss", "--args", "text.npz"], "this is no .npz file. Expected arrays as np.savez writes them"),
    (["mine.py:loss", "--args", "objects.npz"], "it holds objects"),
    (["mine.py:loss", "--args", "single.npy"], "this is one array. Expected an .npz file"),
    (["mine.py:loss", "--args", "unnamed.npz"], "its arrays have no names. Expected np.savez(file, w=w, b=b)"),
    (["mine.py:fault", "--at", "w=1"], "mine.py, line 29: IndexError: list index out of range"),
    (["log(x)", "--at", "x=-1"], "log is not defined for x = -1"),
    (["x > 1", "--at", "x=2"], "the function returned no float"),
    (["x**2", "--at", "x=1", "--order", "3"], "3 is not in the range"),
    (["x**2", "--at", "x=1", "--html", "no/such/page.html"], "cannot be written"),
    (["x*y", "--at", "x=1", "y=2", "--gradient", "y"], "--gradient has 1 formulas. Expected 2, for ∂/∂x, ∂/∂y"),
    (["x", "--at", "x=1", "--gradient", "open('f')"], "no function is called 'open'"),
    (["mine.py:quits", "--at", "w=1"], "mine.py, line 36: SystemExit: 0. Expected the file to go on"),
    (["w", "--at", "w=1", "--gradient", "mine.py:quits"], "mine.py, line 36: SystemExit: 0"),
    (["w", "--at", "w=1", "--gradient", "mine.py:quits_elsewhere"], "mine.py, line 40: SystemExit: 3"),
    (["sum(w)", "--at", "w=1,2"], "In a file there is: def f(w): return np.sum(w), given as file.py:f"),
    (["x*y", "--at", "x=1,2", "y=1,2,3"], "x * y cannot be computed: operands could not be broadcast together"),
    (["mine.py:root", "--at", "w=1", "--gradient", "mine.py:nothing"], "the gradient by w is NoneType. Expected real numbers"),
    (["mine.py:root", "--args", "complex.npz", "--gradient", "w"], "--gradient: w is complex. Expected real variables"),
    (["ln(x)", "--at", "x=1"], "no function is called 'ln'. Did you mean 'log'?"),
    (["x**2", "--at", "x=1,2", "--gradient", "2*x"], "a gradient belongs to one real number"),
    (["mine.py:root", "--at", "w=1", "--gradient", "mine.py:loss_gradient"], "does not fit"),
    (["mine.py:loss", "--args", "arrays.npz", "--gradient", "w", "w"], "the gradient by b has shape (2,). Expected ()"),
    (["mine.py:loss", "--args", "arrays.npz", "--gradient", "mine.py:wrong"], "returns 1 gradients. Expected 2"),
    (["mine.py:root", "--args", "whole.npz", "--gradient", "w"], "none of the arguments is a float"),
])  # fmt: skip
def test_a_mistake_is_one_line_and_exit_code_2(told, arguments, words):
    code, printed, complained = told(*arguments)
    assert (code, printed) == (2, "")
    assert words in complained and complained.count("\n") == 1


def test_an_error_of_ours_is_not_blamed_on_the_file(told, monkeypatch):
    def broken(*args, **options):
        raise IndexError("ours")

    monkeypatch.setattr(command, "check", broken)
    with pytest.raises(IndexError, match="ours"):
        told("mine.py:loss", "--args", "arrays.npz")
