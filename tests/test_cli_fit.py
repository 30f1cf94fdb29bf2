"""`fit`: which model a target gets, what it finds, and the one line for what cannot be fitted."""

import json
import os
import re
import signal
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import cli, data, losses
from tinygrad_edu.__main__ import main
from tinygrad_edu.commands import choices, fit, quality, tables

matplotlib.use("Agg")
DATA = Path(cli.__file__).parent / "data"

OWN = '''"""Losses and optimizers of one's own."""
import os
import signal
from pathlib import Path
import numpy as np
from tinygrad_edu import optim

def pinball(prediction, target):
    residual = target - prediction
    return np.maximum(0.8 * residual, -0.2 * residual)

def clipped(learning_rate=0.05):
    return optim.chain(optim.clip_by_norm(1.0), optim.sgd(learning_rate))

def fixed():
    return optim.sgd(0.25)

def three(a, b, c):
    return a

def faulty(prediction, target):
    return [0][2]

def breaking():
    return optim.Algorithm("breaking", lambda params: None, lambda *step: [0][2])

def quitting():
    raise SystemExit(0)

def nothing():
    return 3

def stops(prediction, target):
    calls = Path("calls")
    count = int(calls.read_text()) + 1
    calls.write_text(str(count))
    if count == 40:
        os.kill(os.getpid(), signal.SIGINT)
    return (prediction - target) ** 2
'''


@pytest.fixture
def told(capsys, monkeypatch):
    """Run a command; the exit code, what it printed, and what it complained of."""
    monkeypatch.setenv("COLUMNS", "120")

    def run(line):
        code = main(line.split())
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def folder(tmp_path, monkeypatch):
    """A working directory with tables of several kinds."""
    random = np.random.default_rng(0)
    x, z = random.normal(size=(2, 60))
    noise = random.normal(size=60)
    written = {
        "line": 3 * x - 2 * z + 1 + 0.1 * noise,
        "flag": np.where(x + z + noise > 0, "yes", "no"),
        "bit": (x + z + noise > 0).astype(int),
        "colour": np.array(["red", "green", "blue"])[np.digitize(x + 0.5 * noise, [-0.5, 0.5])],
        "digit": np.digitize(x + 0.5 * noise, [-0.5, 0.5]) + 7,
        "count": random.poisson(np.exp(0.5 * x + 1)),
        "city": np.array(["Rome", "Oslo", "Bonn"])[random.integers(0, 3, 60)],
    }
    for name, target in written.items():
        rows = [f"{a:.6f},{b:.6f},{c}" for a, b, c in zip(x, z, target, strict=True)]
        (tmp_path / f"{name}.csv").write_text("\n".join([f"x,z,{name}", *rows]) + "\n")
    (tmp_path / "own.py").write_text(OWN)
    monkeypatch.chdir(tmp_path)
    return tmp_path


def saved(name="m.json"):
    return json.loads(Path(name).read_text())


# --- the target's type decides


@pytest.mark.parametrize(
    ("table", "model", "classes"),
    [
        ("line", "linear", None),
        ("count", "linear", None),
        ("digit", "linear", None),
        ("flag", "logistic", ["no", "yes"]),
        ("bit", "logistic", ["0", "1"]),
        ("colour", "softmax", ["blue", "green", "red"]),
    ],
)
def test_the_target_decides_what_model_it_gets(told, folder, table, model, classes):
    code, printed, complained = told(f"fit {table}.csv --target {table} --output m.json")
    assert (code, complained) == (0, "")
    assert (saved()["model"], saved().get("classes")) == (model, classes)
    if classes:
        assert re.search(r"training: accuracy \d\d\.\d%, \d\d of 60 examples", printed)
        assert "actual \\ predicted" in printed


@pytest.mark.parametrize(
    ("words", "model", "kind"),
    [
        ("digit --model softmax", "softmax", "many"),
        ("bit --model linear", "linear", "numbers"),
        ("bit --loss mse", "linear", "numbers"),
        ("flag --model softmax", "softmax", "many"),
        ("flag --loss hinge --epochs 50", "logistic", "two"),
        ("count --model poisson", "poisson", "counts"),
        ("count --loss poisson", "poisson", "counts"),
        ("colour --loss multiclass_hinge --epochs 50", "softmax", "many"),
        ("line --model mlp --hidden 4 --epochs 3", "mlp", "numbers"),
        ("flag --model mlp --hidden 4,3 --epochs 3", "mlp", "two"),
        ("colour --model mlp --epochs 3", "mlp", "many"),
        ("count --model mlp --loss poisson --epochs 3", "mlp", "counts"),
    ],
)
def test_what_is_asked_for_is_fitted(told, folder, words, model, kind):
    table = words.split()[0]
    code, _, complained = told(f"fit {table}.csv --target {words} --output m.json")
    assert (code, complained) == (0, "")
    assert (saved()["model"], saved()["kind"]) == (model, kind)


def test_a_logistic_fit_ends_where_the_gradient_is_0(told, folder):
    told("fit flag.csv --target flag --output m.json")
    table = tables.read_table("flag.csv", "flag").examples
    w, b = np.array(list(saved()["coefficients"].values())), saved()["intercept"]
    loss = lambda w, b: losses.logistic_loss(table.features @ w + b, table.target)
    gradient = tg.grad(loss, argnums=(0, 1))(w, b)
    assert np.abs(np.append(gradient[0], gradient[1])).max() < 1e-4
    assert saved()["loss"]["value"] == pytest.approx(float(loss(w, b)))


def test_a_poisson_fit_predicts_as_many_as_there_were(told, folder):
    """At the optimum the residuals of a model with an intercept add up to 0, also against each feature."""
    told("fit count.csv --target count --model poisson --output m.json")
    table = tables.read_table("count.csv", "count", classes=False).examples
    rate = np.exp(table.features @ np.array(list(saved()["coefficients"].values())) + saved()["intercept"])
    assert rate.sum() == pytest.approx(table.target.sum(), rel=1e-4)
    assert (rate - table.target) @ table.features == pytest.approx([0, 0], abs=0.02)


def test_a_softmax_fit_of_the_irises_is_right_for_all_but_a_few(told, folder):
    _, printed, _ = told(f"fit {DATA / 'iris.csv'} --target species --output m.json --epochs 40")
    assert saved()["quality"]["training"]["accuracy"] >= 0.97
    assert re.search(r"setosa +50 +0 +0", printed)
    assert np.sum(saved()["quality"]["training"]["confusion"]) == 150


def test_classes_that_can_be_told_apart_end_the_descent(told, folder):
    Path("apart.csv").write_text("x,y\n" + "".join(f"{i},{'low' if i < 5 else 'high'}\n" for i in range(10)))
    code, printed, _ = told("fit apart.csv --target y --output m.json")
    assert code == 0 and "the loss is almost 0: the classes can be told apart" in printed
    assert "training: accuracy 100.0%, 10 of 10 examples" in printed


# --- losses and optimizers by name


@pytest.mark.parametrize("name", sorted(choices.LOSSES))
def test_every_loss_by_name_can_be_fitted(told, folder, name):
    table = {"numbers": "line", "counts": "count", "two": "flag", "many": "colour"}[choices.LOSSES[name].kind]
    if name == "gamma":
        rows = Path("count.csv").read_text().splitlines()
        Path("count.csv").write_text("\n".join([rows[0], *(f"{row}.5" for row in rows[1:])]))
    code, _, complained = told(
        f"fit {table}.csv --target {table} --loss {name} --epochs 3 --optimizer adam --output m.json"
    )
    assert (code, complained) == (0, "")
    assert saved()["loss"]["name"] == name and np.isfinite(saved()["loss"]["value"])


@pytest.mark.parametrize("name", sorted(choices.OPTIMIZERS))
def test_every_optimizer_by_name_goes_down(told, folder, name):
    code, printed, complained = told(f"fit flag.csv --target flag --optimizer {name} --epochs 5")
    assert (code, complained) == (0, "")
    start, end = map(float, re.search(r"loss \(logistic\): (\S+) at the start, (\S+) at the end", printed).groups())
    assert end < start


@pytest.mark.parametrize("name", ["gd", "adam", "lbfgs", "damped_newton", "newton_cg", "rprop"])
def test_a_learning_rate_is_passed_on(told, folder, name):
    assert (
        "learning rate 0.25"
        in told(f"fit flag.csv --target flag --optimizer {name} --learning-rate 0.25 --epochs 2")[1]
    )


@pytest.mark.parametrize("name", ["mae", "huber", "log_cosh", "quantile"])
def test_a_loss_of_numbers_reaches_its_minimum_from_the_middle_of_the_target(told, folder, name):
    """No step along any coefficient, to either side, makes the loss smaller; whatever the target's units are."""
    rows = [line.split(",") for line in Path("line.csv").read_text().splitlines()[1:]]
    Path("big.csv").write_text("x,z,y\n" + "".join(f"{x},{z},{1000 * float(y) + 1e4}\n" for x, z, y in rows))
    assert told(f"fit big.csv --target y --loss {name} --output m.json")[0] == 0
    table = tables.read_table("big.csv", "y").examples
    design = np.column_stack([table.features, np.ones(60)])
    found = np.array([*saved()["coefficients"].values(), saved()["intercept"]])
    loss = lambda w: float(choices.LOSSES[name].measure(design @ w, table.target))
    for step in [*np.eye(3) * 20, *np.eye(3) * -20]:
        assert loss(found + step) > loss(found)
    assert loss(found) == pytest.approx(saved()["loss"]["value"])


def test_a_loss_that_has_risen_is_told(told, folder):
    Path("mono.py").write_text("from tinygrad_edu import optim\n\ndef up():\n    return optim.adam(1e3)\n")
    printed = told("fit line.csv --target line --optimizer mono.py:up --epochs 3")[1]
    assert "The loss has risen: this is no fit. Try another --optimizer" in printed


def test_a_loss_of_ones_own_is_minimised(told, folder):
    """The loss whose slopes are 0.8 and 0.2 ends where 80 % of the targets lie below."""
    told(
        "fit line.csv --target line --loss own.py:pinball --optimizer adam --learning-rate 0.05 --epochs 1500 --output m.json"
    )
    table = tables.read_table("line.csv", "line").examples
    predicted = table.features @ np.array(list(saved()["coefficients"].values())) + saved()["intercept"]
    assert np.mean(table.target < predicted) == pytest.approx(0.8, abs=0.05)
    assert saved()["loss"]["name"] == "own.py:pinball"


@pytest.mark.parametrize(
    ("words", "rate"), [("clipped", 0.05), ("clipped --learning-rate 0.125", 0.125), ("fixed", 0.25)]
)
def test_an_optimizer_of_ones_own_is_used(told, folder, words, rate):
    code, printed, _ = told(f"fit line.csv --target line --epochs 3 --optimizer own.py:{words}")
    assert code == 0 and f"gradient descent (learning rate {rate:g})" in printed


# --- words among the features


def test_words_become_columns_of_0_and_1(told, folder):
    assert told("fit city.csv --target x --one-hot city --output m.json")[0] == 0
    assert list(saved()["coefficients"]) == ["z", "city=Oslo", "city=Rome"]
    assert saved()["columns"][1] == {"name": "city", "words": ["Bonn", "Oslo", "Rome"]}
    table = tables.read_table("city.csv", "x", one_hot=["city"]).examples
    exact = np.linalg.lstsq(np.column_stack([table.features, np.ones(60)]), table.target)[0]
    assert [*saved()["coefficients"].values(), saved()["intercept"]] == pytest.approx(exact, abs=1e-3)


# --- validation, early stopping


def test_whole_numbers_that_may_be_names_are_hinted_at(told, folder):
    hint = "The target holds 3 different whole numbers, which were taken as numbers."
    assert hint in told("fit digit.csv --target digit")[1]
    for words in ("digit.csv --target digit --model linear", "digit.csv --target digit --model softmax",
                  "line.csv --target line", "colour.csv --target colour"):  # fmt: skip
        assert "whole numbers" not in told(f"fit {words} --epochs 3")[1]


def test_a_part_is_set_aside_and_judged_by_itself(told, folder):
    code, printed, _ = told("fit flag.csv --target flag --validation 0.25 --output m.json")
    assert code == 0 and "flag from 2 features of 45 examples, 15 more set aside" in printed
    assert re.search(r"validation: accuracy .*, \d+ of 15 examples", printed)
    assert np.sum(saved()["quality"]["validation"]["confusion"]) == 15
    assert np.sum(saved()["quality"]["training"]["confusion"]) == 45
    assert "L-BFGS (learning rate 1, memory 10), full batch" in printed
    assert not [name for name in saved()["fit"] if name.startswith("fit")]


def test_a_class_that_only_occurs_aside_is_told(told, folder):
    Path("rare.csv").write_text("x,y\n" + "".join(f"{i},{'rare' if i == 8 else 'ab'[i % 2]}\n" for i in range(12)))
    parts = [told(f"fit rare.csv --target y --validation 0.5 --seed {seed} --epochs 3")[1] for seed in range(6)]
    unseen = ["nothing can be learnt of them: rare" in part for part in parts]
    assert True in unseen and False in unseen


def test_what_is_set_aside_does_not_enter_the_fit(told, folder):
    told("fit line.csv --target line --validation 0.5 --seed 3 --output m.json")
    table = tables.read_table("line.csv", "line").examples
    training, _ = data.split(table, 0.5, 3)
    exact = np.linalg.lstsq(np.column_stack([training.features, np.ones(30)]), training.target)[0]
    assert [*saved()["coefficients"].values(), saved()["intercept"]] == pytest.approx(exact, abs=1e-3)


def test_early_stopping_keeps_the_parameters_of_the_best_epoch(told, folder):
    words = "fit line.csv --target line --model mlp --hidden 16 --learning-rate 0.05 --validation 0.4"
    code, printed, _ = told(f"{words} --early-stopping --patience 3 --output m.json")
    assert code == 0 and "the validation loss stopped falling" in printed
    lowest = float(re.search(r"validation loss: (\S+), lowest after", printed)[1])
    assert saved()["quality"]["validation"]["root_mean_squared_error"] ** 2 == pytest.approx(lowest, rel=1e-4)


# --- pictures


@pytest.mark.parametrize(
    ("table", "kind", "first"),
    [("line", "png", b"\x89PNG"), ("flag", "svg", b"<?xml"), ("count", "pdf", b"%PDF"), ("digit", "svg", b"<?xml")],
)
def test_a_picture_is_drawn(told, folder, table, kind, first):
    features = " --features x" if table == "digit" else ""
    code, printed, _ = told(f"fit {table}.csv --target {table} --epochs 3 --validation 0.3 --plot fit.{kind}{features}")
    assert code == 0 and f"Drawn in fit.{kind}" in printed
    assert Path(f"fit.{kind}").read_bytes().startswith(first)


def test_without_matplotlib_the_extra_is_named_before_the_work(told, folder, monkeypatch):
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    code, printed, complained = told("fit line.csv --target line --plot fit.png")
    assert (code, printed) == (2, "")
    assert 'pip install "tinygrad-edu[plot]"' in complained and complained.count("\n") == 1


# --- interruption


def test_an_interrupted_run_is_resumed_as_if_nothing_had_happened(told, folder):
    words = "fit line.csv --target line --loss own.py:stops --optimizer adam --learning-rate 0.1 --epochs 60"
    Path("calls").write_text("1000")
    assert told(f"{words} --output whole.json")[0] == 0
    Path("calls").write_text("0")
    code, printed, complained = told(f"{words} --output m.json")
    assert (code, complained) == (130, "")
    assert "interrupted" in printed and "The state of the run is in m.json.checkpoint.npz: --resume goes on" in printed
    assert saved()["fit"]["reason"].startswith("interrupted") and not saved()["fit"]["converged"]
    code, _, complained = told(f"{words} --output m.json")
    assert (
        code == 2 and "holds the state of a run that has not come to its end. Go on with it by --resume" in complained
    )
    code, _, complained = told(f"{words} --output m.json --resume --seed 1")
    assert code == 2 and "is of another run: its seed is 0, now it is 1. Type the command of that run" in complained
    for other, complaint in (
        ("--features x", "its features is 'x z', now it is 'x'"),
        ("--no-standardize", "its standardize is True, now it is False"),
        ("--validation 0.1", "its validation is None, now it is 0.1"),
        ("--loss mse", "its loss is 'own.py:stops', now it is 'mse'"),
        ("--learning-rate 0.2", "its learning_rate is 0.1, now it is 0.2"),
    ):
        code, _, complained = told(f"{words} --output m.json --resume {other}")
        assert code == 2 and f"m.json.checkpoint.npz is of another run: {complaint}. Type" in complained
    table = Path("line.csv").read_text()
    Path("line.csv").write_text(table.replace("x,z,line\n0", "x,z,line\n1"))
    assert "is of another run: its table is" in told(f"{words} --output m.json --resume")[2]
    Path("line.csv").write_text(table)
    code, _, complained = told(f"{words} --output m.json --resume")
    assert (code, complained) == (0, "")
    assert saved() == saved("whole.json")
    assert not list(folder.glob("*.npz"))


def test_a_run_that_has_nothing_to_resume_begins_at_its_beginning(told, folder):
    code, printed, _ = told("fit line.csv --target line --output m.json --resume")
    assert code == 0 and printed.startswith("There is no m.json.checkpoint.npz: the run begins at its beginning.")


def test_a_named_checkpoint_stays_and_lengthens_a_run(told, folder):
    words = "fit line.csv --target line --model mlp --hidden 4 --checkpoint run.npz"
    assert told(f"{words} --epochs 2")[0] == 0
    assert "6 steps in 3 epochs" in told(f"{words} --epochs 3 --resume")[1]


def test_a_reader_who_leaves_early_does_not_cost_the_model(folder, monkeypatch):
    def closed(*_, **__):
        raise BrokenPipeError

    monkeypatch.setattr(fit, "heading", closed)
    monkeypatch.setattr(cli, "_silence", lambda: None)
    assert main(["fit", "line.csv", "--target", "line", "--output", "m.json"]) == 0
    assert saved()["model"] == "linear" and not list(folder.glob("*.npz"))


# --- what cannot be fitted

# fmt: off
FAULTS = [
    ("line.csv --target line --model tree",            "'tree' is not one of 'linear', 'logistic', 'softmax', 'poisson', 'mlp'"),
    ("line.csv --target line --model linear --loss hinge", "the model is for numbers, the loss for two classes. Expected --model logistic"),
    ("line.csv --target line --model logistic",        "line.csv, line 2, column 'line': 2.3288199797372093 names no class"),
    ("flag.csv --target flag --model linear",          "flag.csv, line 2, column 'flag': '"),
    ("flag.csv --target flag --loss mse",              "is not a number"),
    ("colour.csv --target colour --model logistic",    "--model logistic is for two classes, and the target 'colour' has 3: blue, green, red"),
    ("line.csv --target line --model poisson",         "the target 'line' holds -"),
    ("count.csv --target count --loss gamma",          "the target 'count' holds 0. Expected numbers above 0"),
    ("zeros.csv --target y --model poisson",           "the target 'y' holds 0 only"),
    ("line.csv --target line --hidden 3",              "--hidden gives the inner layers of a perceptron. Expected --model mlp"),
    ("line.csv --target line --model mlp --hidden 3,x", "expected widths with commas between, such as 32 or 64,32"),
    ("line.csv --target line --model mlp --hidden 0",  "expected widths"),
    ("line.csv --target line --loss triplet_margin",   "--loss triplet_margin: it needs something else than scores and a target"),
    ("flag.csv --target flag --loss perceptron",       "--loss perceptron: it is 0, its least, for a model of zeros. Expected a margin, as in hinge"),
    ("line.csv --target line --loss own.py:three",     "it is three(a, b, c). Expected three(prediction, target)"),
    ("line.csv --target line --loss own.py:faulty",    "own.py, line 22: IndexError: list index out of range"),
    ("line.csv --target line --loss own.py:no",        "own.py defines no function 'no'. It defines pinball, clipped"),
    ("line.csv --target line --loss none.py:f",        "there is no file none.py"),
    ("line.csv --target line --optimizer own.py:breaking", "own.py, line 25: IndexError: list index out of range"),
    ("line.csv --target line --optimizer own.py:quitting", "own.py, line 28: SystemExit: 0. Expected the file to go on"),
    ("line.csv --target line --optimizer own.py:nothing", "it returned int. Expected an optim.Algorithm"),
    ("line.csv --target line --optimizer own.py:three --learning-rate 1", "own.py: TypeError: three() missing 2 required"),
    ("line.csv --target line --optimizer own.py:fixed --learning-rate 1", "it takes no learning rate. Leave --learning-rate out"),
    ("line.csv --target line --validation 1.5",        "1.5 is not in the range 0<x<1"),
    ("line.csv --target line --early-stopping",        "--early-stopping watches the validation loss. Expected --validation 0.2"),
    ("line.csv --target line --resume",                "--resume: from where? Expected the --output or the --checkpoint"),
    ("line.csv --target line --plot fit.gif",          "--plot fit.gif: a picture of what kind? Expected a name with .png or .svg or .pdf"),
    ("line.csv --target line --plot no/fit.png",       "--plot no/fit.png: there is no directory no"),
    ("line.csv --target line --checkpoint no/run.npz", "--checkpoint no/run.npz: there is no directory no"),
    ("line.csv --target line --checkpoint line.csv",   "--checkpoint line.csv is the data itself, which the state would replace"),
    ("line.csv --target line --features x,x",          "--features names 'x' twice"),
    ("line.csv --target line --features x,,z",         "there is an empty name"),
    ("line.csv --target line --features x,line",       "--features names 'line', which is the target"),
    ("line.csv --target line --features x,zz",         "line.csv has no column 'zz'. Did you mean 'z'?"),
    ("city.csv --target x",                            "is not a number. Expected one such as 3.5 or 2e-3. For a column of words there is --one-hot"),
    ("city.csv --target x --one-hot town",             "city.csv has no column 'town'"),
    ("city.csv --target x --features z --one-hot city", "--one-hot names 'city', which is not among the features: z"),
    ("line.csv --target line --one-hot x",             "different words in 60 lines are names, not categories"),
    ("one.csv --target y",                             "one.csv, column 'y': there is one class only, 'a'. Expected two or more"),
    ("one.csv --target z --one-hot x",                 "column 'x': there is one word only, '1', which tells nothing"),
    ("nan.csv --target y",                             "nan.csv, line 3, column 'x': NaN is not a finite number"),
    ("nan.csv --target x --features y",                "nan.csv, line 3, column 'x': NaN is not a finite number"),
    ("empty.csv --target y",                           "empty.csv, line 3, column 'y': the cell is empty"),
    ("slip.csv --target y",                            "slip.csv, line 4, column 'y': 'two' is not a number"),
    ("half.csv --target y --model logistic",           "half.csv, line 3, column 'y': 1.5 names no class. Expected words, or whole numbers"),
    ("names.csv --target y",                           "30 classes in 30 lines. Expected several examples of each class"),
    ("twice.csv --target y --one-hot a",               "--one-hot makes a column with a name that another column has already"),
]
TABLES = {
    "one.csv": "x,z,y\n1,2,a\n1,3,a\n",
    "zeros.csv": "x,y\n1,0\n2,0\n",
    "nan.csv": "x,y\n1,2\nNaN,3\n4,4\n",
    "empty.csv": "x,y\n1,2\n2,\n",
    "slip.csv": "x,y\n1,1\n2,3\n3,two\n4,4\n",
    "half.csv": "x,y\n1,1\n2,1.5\n",
    "names.csv": "x,y\n" + "".join(f"{i},name{i}\n" for i in range(30)),
    "twice.csv": "a,a=w,y\nv,1,2\nw,2,3\n",
}
# fmt: on


@pytest.mark.parametrize(("words", "complaint"), FAULTS, ids=[words for words, _ in FAULTS])
def test_a_mistake_gets_one_line_exit_code_2_and_leaves_nothing_behind(told, folder, words, complaint):
    for name, text in TABLES.items():
        (folder / name).write_text(text)
    before = sorted(folder.iterdir())
    code, printed, complained = told(f"fit {words}" if "--resume" in words else f"fit {words} --output m.json")
    assert (code, printed) == (2, "")
    assert complaint in complained
    assert complained.startswith("tinygrad-edu: ") and complained.count("\n") == 1
    assert sorted(path for path in folder.iterdir() if path.name != "__pycache__") == before


def test_many_classes_and_many_features_stay_readable(told, folder):
    random = np.random.default_rng(0)
    rows = [",".join([*(f"{v:.3f}" for v in random.normal(size=50)), f"class{i % 12}"]) for i in range(120)]
    Path("wide.csv").write_text("\n".join([",".join([*(f"f{i}" for i in range(50)), "y"]), *rows]))
    _, printed, _ = told("fit wide.csv --target y --epochs 3")
    assert "612 coefficients and intercepts" in printed
    assert "training, most frequent mistakes: actual" in printed
    _, printed, _ = told(
        "fit wide.csv --target f0 --features " + ",".join(f"f{i}" for i in range(1, 50)) + " --epochs 3"
    )
    assert "(9 more)" in printed and re.search(r"intercept +\S+ +\S+", printed)


def test_a_constant_target_has_no_share_of_variance(folder):
    model = type("Model", (), {"classes": (), "predicted": lambda self, x: np.ones(3)})()
    assert "r_squared" not in quality.quality(model, np.zeros((3, 1)), np.ones(3))


def test_the_signal_of_control_c_is_what_it_was(told, folder):
    before = signal.getsignal(signal.SIGINT)
    told("fit line.csv --target line")
    assert signal.getsignal(signal.SIGINT) is before
    assert os.getcwd() == str(folder)
