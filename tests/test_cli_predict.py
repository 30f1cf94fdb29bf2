"""`predict`: columns are matched by name or refused, and a file that is no model says so."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from tinygrad_edu.__main__ import main
from tinygrad_edu.commands import fitted

ROOT = Path(__file__).resolve().parent.parent
HOUSES = "sqm,city,rooms,price\n50,Rome,2,200\n60,Paris,2,300\n80,Rome,3,310\n100,Oslo,4,500\n40,Oslo,1,220\n75,Paris,3,380\n"
KINDS = ("a", "b", '"c, d"')
FLOWERS = "length,width,kind\n" + "".join(
    f"{i % 7 + 1},{(3 * i) % 5},{KINDS[min(2, (i % 7 + (i * i) % 3) // 3)]}\n" for i in range(40)
)


@pytest.fixture
def told(capsys, monkeypatch, tmp_path):
    """Run a command in a folder with tables and models; the exit code, what it printed, what it complained of."""
    monkeypatch.setenv("COLUMNS", "120")
    monkeypatch.chdir(tmp_path)
    Path("houses.csv").write_text(HOUSES)
    Path("flowers.csv").write_text(FLOWERS)

    def run(line):
        code = main(line.split())
        return code, *capsys.readouterr()

    run("fit houses.csv --target price --one-hot city --output houses.json")
    run("fit flowers.csv --target kind --epochs 30 --output flowers.json")
    return run


def rows(text):
    return [line.split(",") for line in text.splitlines()]


def test_a_prediction_is_the_sum_that_the_file_tells(told):
    code, printed, complained = told("predict houses.json houses.csv")
    assert (code, complained) == (0, "")
    model = json.loads(Path("houses.json").read_text())
    k = model["coefficients"]
    expected = [
        k["sqm"] * float(sqm) + k["rooms"] * float(rooms) + k.get(f"city={city}", 0.0) + model["intercept"]
        for sqm, city, rooms, _ in rows(HOUSES)[1:]
    ]
    assert rows(printed)[0] == ["predicted_price"]
    assert [float(row[0]) for row in rows(printed)[1:]] == pytest.approx(expected, rel=1e-12)


def test_columns_are_found_by_name_in_any_order_among_others(told):
    straight = told("predict houses.json houses.csv")[1]
    turned = [[rooms, "note", price, city, sqm] for sqm, city, rooms, price in rows(HOUSES)]
    turned[0][1] = "id"
    Path("turned.csv").write_text("\n".join(map(",".join, turned)))
    assert told("predict houses.json turned.csv")[1] == straight


def test_the_predictions_are_written_and_judged_where_the_truth_is_known(told):
    code, printed, complained = told("predict houses.json houses.csv --output out.csv")
    assert (code, complained) == (0, "")
    assert "price of 6 rows, by houses.json" in printed and "Saved to out.csv" in printed
    assert re.search(r"this table: typical error \S+ \(root mean square\), R² 0\.9\d+, 6 examples", printed)
    assert Path("out.csv").read_text() == told("predict houses.json houses.csv")[1]


def test_without_the_truth_nothing_is_judged(told):
    Path("new.csv").write_text("city,rooms,id,sqm\nOslo,3,a,70\n")
    _, printed, _ = told("predict houses.json new.csv --output out.csv")
    assert "this table" not in printed and "Columns that the model does not use: id" in printed
    Path("partly.csv").write_text("city,rooms,price,sqm\nOslo,3,100,70\nOslo,3,?,70\n")
    _, printed, _ = told("predict houses.json partly.csv --output out.csv")
    assert "The predictions are not compared with price: line 3 does not tell it." in printed


def test_numbers_that_the_model_has_never_seen_are_told(told):
    Path("new.csv").write_text("city,rooms,sqm\nOslo,3,70\nOslo,3,7000\n")
    _, printed, _ = told("predict houses.json new.csv --output out.csv")
    assert "sqm: 1 of 2 rows are outside the 40 to 100 that the model was fitted to. Is the unit the same?" in printed


def test_classes_come_with_their_probabilities(told):
    code, printed, complained = told("predict flowers.json flowers.csv")
    assert (code, complained) == (0, "")
    lines = printed.splitlines()
    assert lines[0] == 'predicted_kind,probability_a,probability_b,"probability_c, d"'
    model = json.loads(Path("flowers.json").read_text())
    for line, (length, width, *_) in zip(lines[1:], rows(FLOWERS)[1:], strict=True):
        shares = np.array(line.split(",")[-3:], dtype=float)
        scores = [
            float(length) * model["coefficients"]["length"][name]
            + float(width) * model["coefficients"]["width"][name]
            + model["intercept"][name]
            for name in model["classes"]
        ]
        assert shares == pytest.approx(np.exp(scores) / np.sum(np.exp(scores)))
        assert line.startswith((model["classes"][int(np.argmax(shares))], '"c, d"'))


def test_a_margin_has_no_probability(told):
    Path("two.csv").write_text("x,y\n1,no\n2,no\n3,yes\n4,no\n5,yes\n")
    told("fit two.csv --target y --loss hinge --epochs 30 --output two.json")
    assert told("predict two.json two.csv")[1].startswith("predicted_y\nno\n")
    told("fit two.csv --target y --epochs 30 --output sure.json")
    printed = rows(told("predict sure.json two.csv")[1])
    assert printed[0] == ["predicted_y", "probability_no", "probability_yes"]
    assert all(float(no) + float(yes) == pytest.approx(1) for _, no, yes in printed[1:])


@pytest.mark.parametrize("target", ["price", "city"])
def test_a_perceptron_is_the_layers_of_its_file(told, target):
    columns = "sqm,rooms" if target == "price" else "sqm,price"
    words = (
        f"fit houses.csv --target {target} --features {columns} --model mlp --hidden 5,4 --epochs 20 --output mlp.json"
    )
    assert told(words)[0] == 0
    model = json.loads(Path("mlp.json").read_text())
    places = [HOUSES.split("\n")[0].split(",").index(name) for name in columns.split(",")]
    z = np.array([[float(row[place]) for place in places] for row in rows(HOUSES)[1:]])
    for layer in model["layers"][:-1]:
        z = np.maximum(z @ np.array(layer["weights"]) + layer["biases"], 0)
    scores = z @ np.array(model["layers"][-1]["weights"]) + model["layers"][-1]["biases"]
    found = [row[0] for row in rows(told("predict mlp.json houses.csv")[1])[1:]]
    if target == "price":
        assert list(map(float, found)) == pytest.approx(scores)
    else:
        assert found == [model["classes"][k] for k in scores.argmax(axis=1)]


def test_counts_are_predicted_as_rates(told):
    Path("counts.csv").write_text("x,n\n0,1\n1,2\n2,4\n3,8\n")
    told("fit counts.csv --target n --model poisson --output n.json")
    found = [float(row[0]) for row in rows(told("predict n.json counts.csv")[1])[1:]]
    assert found == pytest.approx([1, 2, 4, 8], rel=1e-3)


def test_names_of_classes_are_printed_in_utf_8_whatever_the_terminal(told, tmp_path):
    Path("fruit.csv").write_text("x,y\n1,pêche\n2,pêche\n3,kiwi\n", encoding="utf-8")
    told("fit fruit.csv --target y --output fruit.json")
    command = [sys.executable, "-m", "tinygrad_edu", "predict", "fruit.json", "fruit.csv"]
    environment = {**os.environ, "PYTHONIOENCODING": "ascii", "PYTHONPATH": str(ROOT)}
    printed = subprocess.run(command, capture_output=True, env=environment, check=True).stdout
    assert printed.decode().splitlines()[1].startswith("pêche,")


# --- tables that do not fit

# fmt: off
TABLES = [
    ("rooms,sqm\n3,70\n",               "t.csv has no column 'city', which the model needs. Its columns are rooms, sqm"),
    ("city,rooms,Sqm\nRome,2,70\n",     "t.csv has no column 'sqm', which the model needs"),
    ("a,b,c\nRome,2,70\n",              "t.csv has no column 'sqm', 'city', 'rooms', which the model needs"),
    ("city,rooms,sqm\nBerlin,3,70\n",   "t.csv, line 2, column 'city': 'Berlin' is none of the words that the model was fitted to: Oslo"),
    ("city,rooms,sqm\nrome,3,70\n",     "'rome' is none of the words"),
    ("city,rooms,sqm\n,3,70\n",         "'' is none of the words"),
    ("city,rooms,sqm\nRome,NaN,70\n",   "t.csv, line 2, column 'rooms': NaN is not a finite number"),
    ("city,rooms,sqm\nRome,2,inf\n",    "t.csv, line 2, column 'sqm': inf is not a finite number"),
    ("city,rooms,sqm\nRome,two,70\n",   "t.csv, line 2, column 'rooms': 'two' is not a number"),
    ("city,rooms,sqm\nRome,,70\n",      "t.csv, line 2, column 'rooms': the cell is empty"),
    ("city,rooms,sqm\nRome,2\n",        "t.csv, line 2: 2 cells. Expected 3, one a column"),
    ("city,rooms,sqm,sqm\nRome,2,1,1\n", "two columns are called 'sqm'"),
    ("city,rooms,sqm\n",                "t.csv has names in its first line but no data below"),
    ("",                                "t.csv is empty"),
    ("city,rooms,sqm\nRome,2,1e308\n",  "the prediction for row 1 is inf. Are its numbers in other units?"),
]
# fmt: on


@pytest.mark.parametrize(("text", "complaint"), TABLES, ids=[text[:40] for text, _ in TABLES])
def test_a_table_that_does_not_fit_is_refused(told, tmp_path, text, complaint):
    Path("t.csv").write_text(text)
    before = sorted(tmp_path.iterdir())
    code, printed, complained = told("predict houses.json t.csv --output out.csv")
    assert (code, printed) == (2, "")
    assert complaint in complained
    assert complained.startswith("tinygrad-edu: ") and complained.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


# --- files that are no model


def changed(**entries):
    model = json.loads(Path("houses.json").read_text())
    return json.dumps({**model, **entries})


def without(name):
    model = json.loads(Path("houses.json").read_text())
    del model[name]
    return json.dumps(model)


# fmt: off
FILES = [
    (lambda: Path("houses.json").read_text()[:300],    "is this a model, written whole?"),
    (lambda: "",                                       "m.json, line 1: Expecting value"),
    (lambda: HOUSES,                                   "m.json, line 1: Expecting value"),
    (lambda: "[1, 2]",                                 "m.json is no model. Expected a file that `tinygrad-edu fit --output` has"),
    (lambda: '{"model": "linear"}',                    "m.json is no model"),
    (lambda: "[" * 100_000,                            "m.json is no text of JSON"),
    (lambda: changed(version=2),                       "m.json is a model of version 2. This program reads version 1"),
    (lambda: changed(model="tree"),                    "there is no model 'tree' of 'numbers'"),
    (lambda: changed(intercept=float("nan")),          "m.json holds NaN, which is no number to compute with"),
    (lambda: changed(intercept="3"),                   "there is something else than numbers among the parameters"),
    (lambda: changed(intercept=[1.0]),                 "do not fit"),
    (lambda: changed(coefficients={"sqm": 1.0}),       "there are coefficients of sqm, and columns sqm, city=Paris, city=Rome, rooms"),
    (lambda: changed(coefficients=3),                  "Was the file changed? Fit the model again"),
    (lambda: changed(columns=[{"name": "sqm"}]),       "'lowest' is missing"),
    (lambda: changed(columns="sqm"),                   "Was the file changed? Fit the model again"),
    (lambda: changed(kind="two", classes=["a"]),       "the classes are a"),
    (lambda: changed(model="mlp", layers=[]),          "the parameters give"),
    (lambda: changed(model="mlp", layers=[{"weights": [[1.0]], "biases": [0.0]}]), "do not fit"),
    (lambda: without("coefficients"),                  "m.json: 'coefficients' is missing. Was the file changed?"),
    (lambda: without("target"),                        "'target' is missing"),
    (lambda: without("columns"),                       "'columns' is missing"),
]
# fmt: on


@pytest.mark.parametrize(("make", "complaint"), FILES, ids=[complaint[:40] for _, complaint in FILES])
def test_a_file_that_is_no_model_is_refused(told, make, complaint):
    Path("m.json").write_text(make())
    code, printed, complained = told("predict m.json houses.csv")
    assert (code, printed) == (2, "")
    assert complaint.lower() in complained.lower()
    assert complained.startswith("tinygrad-edu: ") and complained.count("\n") == 1


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ("no.json houses.csv", "cannot read no.json: No such file or directory. Expected a model of `fit --output`"),
        ("houses.json no.csv", "cannot read no.csv: No such file or directory"),
        ("bytes.json houses.csv", "bytes.json is no text of JSON"),
        ("houses.json houses.csv --output houses.csv", "is the data itself, which the predictions would replace"),
        ("houses.json houses.csv --output houses.json", "is houses.json itself, which the predictions would replace"),
        ("houses.json houses.csv --output no/out.csv", "there is no directory no"),
        ("houses.json", "Missing argument 'DATA.CSV'"),
    ],
)
def test_a_mistake_gets_one_line_and_exit_code_2(told, words, complaint):
    Path("bytes.json").write_bytes(b"\xff\xfe\x00")
    code, printed, complained = told(f"predict {words}")
    assert (code, printed) == (2, "")
    assert complaint in complained and complained.count("\n") == 1


def test_a_model_reads_back_as_it_was_written(told):
    for name in ("houses.json", "flowers.json"):
        model = json.loads(Path(name).read_text())
        again = fitted.read_model(name).content()
        assert again == {key: model[key] for key in again}
