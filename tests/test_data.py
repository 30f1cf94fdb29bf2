"""The bundled figures are those of their sources, and a faulty file is told where it is faulty."""

import csv
from importlib.resources import files

import numpy as np
import pytest

from tinygrad_edu import data
from tinygrad_edu.errors import DataError, ShapeError


@pytest.fixture
def read(tmp_path):
    """Write these bytes or this text into a file, and read it as a table with the target y."""

    def write_and_read(content, target="y", **options):
        path = tmp_path / "mine.csv"
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
        return data.read_csv(path, target, **options)

    return write_and_read


# Bundled sets


def test_the_diabetes_set_is_that_of_efron_and_others():
    table = data.load_diabetes()
    assert table.features.shape == (442, 10)
    assert table.features[0].tolist() == [59, 2, 32.1, 101, 157, 93.2, 38, 4, 4.8598, 87]
    assert (table.target[0], table.target.min(), table.target.max(), table.target.sum()) == (151, 25, 346, 67243)
    assert sorted(set(table.column("sex"))) == [1, 2]


def test_the_iris_set_is_fishers():
    table = data.load_iris()
    assert table.features.shape == (150, 4)
    assert np.bincount(table.target.astype(int)).tolist() == [50, 50, 50]
    assert table.features[34].tolist() == [4.9, 3.1, 1.5, 0.2]  # UCI's file has 0.1 in the last column
    assert table.features[37].tolist() == [4.9, 3.6, 1.4, 0.1]  # UCI's file has 3.1, 1.5
    assert table.features.sum() == pytest.approx(2078.7)


@pytest.mark.parametrize("load", [data.load_diabetes, data.load_iris])
def test_a_bundled_set_names_its_source_and_its_terms(load):
    table = load()
    assert all((table.description, table.citation, table.source, table.licence, table.units))
    assert set(table.units) <= {*table.feature_names, table.target_name}


def test_the_sources_are_told_beside_the_figures():
    text = files("tinygrad_edu.data").joinpath("SOURCES.md").read_text(encoding="utf-8")
    assert all(words in text for words in ("## diabetes.csv", "## iris.csv", "CC BY 4.0", "the authors state none"))


# Dataset


def points():
    return data.Dataset([[1, 5], [2, 5], [3, 5]], [2, 3, 5], feature_names=("x", "z"), target_name="y")


def test_a_dataset_is_read_only():
    with pytest.raises(ValueError, match="read-only"):
        points().features[0, 0] = 7


def test_a_dataset_gives_its_columns_by_name():
    assert points().column("x").tolist() == [1, 2, 3]
    assert points().column("y").tolist() == [2, 3, 5]
    with pytest.raises(KeyError, match="no column 'w'; there are x, z, y"):
        points().column("w")


def test_a_dataset_refuses_parts_that_do_not_fit():
    with pytest.raises(ShapeError, match=r"features are \(2, 1\), target is \(3,\), and there are 1 feature names"):
        data.Dataset([[1.0], [2.0]], [1.0, 2.0, 3.0], feature_names=("x",), target_name="y")


def test_a_dataset_shows_its_size():
    assert repr(points()) == "Dataset(3 examples, 2 features, target 'y')"


# Reading


def test_a_file_is_read_in_the_order_of_its_columns(read):
    table = read("a,y,b\n1,2,3\n4,5,6\n")
    assert table.feature_names == ("a", "b")
    assert table.features.tolist() == [[1, 3], [4, 6]]
    assert table.target.tolist() == [2, 5]


def test_features_can_be_chosen_and_text_elsewhere_does_not_matter(read):
    assert read("name,a,b,y\nAnn,1,2,3\n", features=["b"]).features.tolist() == [[2]]


@pytest.mark.parametrize(
    "content",
    [
        "\ufeffx,y\n1,2\n",  # the byte order mark of a spreadsheet
        '"x","y"\n"1","2"\n',
        "x,y\r\n1,2\r\n",
        "\nx,y\n\n1,2\n\n",
        " x , y \n 1 , 2 \n",
        "x,y\n1,2",
        "x,y\n+1e0,.2e1\n",
    ],
)
def test_the_ways_to_write_the_same_table(read, content):
    table = read(content)
    assert (table.feature_names, table.features.tolist(), table.target.tolist()) == (("x",), [[1]], [2])


def test_a_quoted_name_may_hold_a_comma(read):
    assert read('"height, cm",y\n1,2\n').feature_names == ("height, cm",)


def test_cells_may_be_separated_by_something_else(read):
    assert read("x;y\n1;2\n", delimiter=";").target.tolist() == [2]


def test_words_become_the_numbers_of_their_classes(read):
    table = read("x,y\n1,no\n2,yes\n", classes=("no", "yes"))
    assert (table.target.tolist(), table.classes) == ([0, 1], ("no", "yes"))


# fmt: off
FAULTS = {
    "an empty file":             ("", "mine.csv is empty. Expected the columns' names in its first line"),
    "names only":                ("x,y\n", "has names in its first line but no data below"),
    "no such target":            ("x,z\n1,2\n", "mine.csv has no column 'y'. The columns are x, z"),
    "a slip in a name":          ("x,yy\n1,2\n", "mine.csv has no column 'y'. Did you mean 'yy'?"),
    "nothing but the target":    ("y\n1\n", "no column to predict 'y' from"),
    "a text":                    ("x,y\n1,2\nred,3\n", "line 3, column 'x': 'red' is not a number"),
    "a decimal comma":           ('x,y\n"1,5",2\n', "line 2, column 'x': '1,5' is not a number"),
    "Python's thousands":        ("x,y\n1_000,2\n", "line 2, column 'x': '1_000' is not a number"),
    "a long text":               (f"x,y\n{'z' * 99},2\n", f"'{'z' * 40}...' is not a number"),
    "a text as target":          ("x,y\n1,red\n", "line 2, column 'y': 'red' is not a number"),
    "an empty cell":             ("x,y\n1,2\n,3\n", "line 3, column 'x': the cell is empty"),
    "NaN":                       ("x,y\n1,NaN\n", "line 2, column 'y': NaN is not a finite number"),
    "infinity":                  ("x,y\n-inf,1\n", "line 2, column 'x': -inf is not a finite number"),
    "too large a number":        ("x,y\n1e999,1\n", "line 2, column 'x': 1e999 is not a finite number"),
    "a cell too few":            ("x,y\n1,2\n3\n", "line 3: 1 cells. Expected 2, one a column"),
    "a cell too many":           ("x,y\n1,2,3\n", "line 2: 3 cells. Expected 2, one a column"),
    "a name twice":              ("x,y,x\n1,2,3\n", "line 1: two columns are called 'x'"),
    "no name":                   ("x,,y\n1,2,3\n", "line 1: column 2 has no name"),
    "no line of names":          ("1,2\n3,4\n", "line 1: numbers where the names should be"),
    "semicolons":                ("x;y\n1;2\n", "one column only, 'x;y'. Are the cells separated by ';'?"),
    "an open quote":             ('x,y\n"1,2\n', "unexpected end of data"),
    "text after a quote":        ('x,y\n"1"2,2\n', "mine.csv, line 2: ',' expected after '\"'"),
    "another encoding":          ("x,y,\xe9\n1,2,3\n".encode("latin-1"), "is not text in UTF-8 (byte 4)"),
    "a picture":                 (b"\x89PNG\r\n\x1a\n\x00\x00", "is not text in UTF-8 (byte 0)"),
}
# fmt: on


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_is_told_with_its_place(read, fault):
    content, words = FAULTS[fault]
    with pytest.raises(DataError) as error:
        read(content)
    assert words in str(error.value)
    assert "\n" not in str(error.value)


def test_a_missing_file_is_told(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*none\.csv: No such file or directory\. Expected a CSV file"):
        data.read_csv(tmp_path / "none.csv", "y")


def test_a_directory_is_no_file(tmp_path):
    with pytest.raises(DataError, match=r"cannot read .*\. Expected a CSV file"):
        data.read_csv(tmp_path, "y")


def test_a_word_that_is_no_class_is_told(read):
    with pytest.raises(DataError, match="line 2, column 'y': 'maybe' is none of the classes no, yes"):
        read("x,y\n1,maybe\n", classes=("no", "yes"))


def test_a_chosen_feature_that_is_missing_is_told(read):
    with pytest.raises(DataError, match="has no column 'q'"):
        read("x,y\n1,2\n", features=["q"])


def test_a_long_list_of_columns_is_cut(read):
    names = ",".join(f"column{i}" for i in range(20))
    with pytest.raises(DataError, match="column11 and 8 more"):
        read(f"{names}\n{','.join('1' * 20)}\n", target="q")


def test_a_cell_beyond_the_limit_of_the_csv_module_is_told(read):
    with pytest.raises(DataError, match="line 2: field larger than field limit"):
        read(f"x,y\n{'1' * (csv.field_size_limit() + 1)},2\n")


# Scaling


def test_standardized_columns_have_mean_zero_and_variance_one():
    scaled, scale = data.standardize(data.load_diabetes().features)
    assert np.abs(scaled.mean(axis=0)).max() < 1e-13
    assert scaled.var(axis=0) == pytest.approx(1.0)
    assert scale.apply(data.load_diabetes().features) == pytest.approx(scaled)


def test_a_constant_column_becomes_zeros():
    scaled, scale = data.standardize([[0.1, 1.0], [0.1, 2.0], [0.1, 3.0]])
    assert scaled[:, 0].tolist() == [0, 0, 0]
    assert scale.deviation[0] == 1


def test_weights_return_to_the_units_of_the_data():
    table = data.load_diabetes()
    scaled, scale = data.standardize(table.features)
    weights, bias = scale.original(np.arange(10.0), 3.0)
    assert table.features @ weights + bias == pytest.approx(scaled @ np.arange(10.0) + 3.0)


@pytest.mark.parametrize("size", [1e-300, 1e-200, 1e200, 1.7e308])
def test_columns_of_any_size_are_standardized(size):
    scaled, scale = data.standardize([[1.0, size], [2.0, -size]])
    assert scaled.tolist() == [[-1, 1], [1, -1]]
    assert scale.deviation.tolist() == [0.5, size]


@pytest.mark.parametrize("gap", [np.nan, np.inf])
def test_a_column_that_is_not_finite_is_told(gap):
    with pytest.raises(DataError, match=r"column 2 holds NaN or infinity\. Expected finite numbers"):
        data.standardize([[1.0, gap], [2.0, 1.0]])


def test_a_vector_cannot_be_standardized():
    with pytest.raises(ShapeError, match=r"features are \(3,\)\. Expected \(n, p\)"):
        data.standardize([1.0, 2.0, 3.0])


# Sampling


@pytest.mark.parametrize("batch_size", [1, 3, 10, 99])
def test_an_epoch_has_every_example_once(batch_size):
    batches = list(data.batches(10, batch_size, seed=0))
    assert sorted(np.concatenate(batches)) == list(range(10))
    assert all(len(batch) <= batch_size for batch in batches)


def test_batches_keep_the_rows_of_several_arrays_together():
    x = np.arange(10.0)
    assert all((b == 2 * a).all() for a, b in data.batches((x, 2 * x), 3, seed=0))


def test_batches_of_a_dataset_are_datasets():
    assert sum(len(batch) for batch in data.batches(points(), 2, seed=0)) == 3


def test_batches_of_an_array_are_arrays():
    assert [len(batch) for batch in data.batches(np.eye(5), 4, seed=0)] == [4, 1]


def test_the_same_seed_gives_the_same_batches_and_a_generator_goes_on():
    one, other = ([b.tolist() for b in data.batches(20, 7, seed=3)] for _ in range(2))
    generator = np.random.default_rng(3)
    first, second = ([b.tolist() for b in data.batches(20, 7, generator)] for _ in range(2))
    assert one == other == first != second


def test_a_split_takes_every_row_once():
    training, test = data.split((np.arange(10), np.arange(10)), test=0.3, seed=1)
    assert len(training[0]) == 7
    assert sorted([*training[0], *test[0]]) == list(range(10))
    assert (training[0] == training[1]).all()


def test_a_split_leaves_neither_part_empty():
    training, test = data.split(points(), test=0.01)
    assert (len(training), len(test)) == (2, 1)


# fmt: off
UNSAMPLED = [
    (lambda: data.batches(5, 0),                         DataError,  "the batch size is 0. Expected 1 "),
    (lambda: data.batches(0, 1),                         DataError,  "there are no examples"),
    (lambda: data.batches((np.ones(3), np.ones(2)), 1),  ShapeError, "the arrays have [2, 3] rows"),
    (lambda: data.split(5, test=1.5),                    DataError,  "a fraction 1.5 of 5 examples"),
    (lambda: data.split(1),                              DataError,  "a fraction 0.25 of 1 examples"),
]
# fmt: on


@pytest.mark.parametrize(("call", "kind", "words"), UNSAMPLED)
def test_what_cannot_be_sampled_is_told_at_once(call, kind, words):
    with pytest.raises(kind) as error:
        call()
    assert words in str(error.value)
