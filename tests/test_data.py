"""The bundled figures are those of their sources, and a faulty file is told where it is faulty."""

import csv
import gzip
import os
import sys
from importlib.resources import files

import numpy as np
import pytest

from tinygrad_edu import data
from tinygrad_edu.errors import DataError, MissingExtraError, ShapeError, TreeError


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


def test_the_lumps_are_those_of_wisconsin():
    table = data.load_breast_cancer()
    assert table.features.shape == (569, 30)
    assert table.features[0, [0, 3, 29]].tolist() == [17.99, 1001, 0.1189]
    assert (table.classes, np.bincount(table.target.astype(int)).tolist()) == (("benign", "malignant"), [357, 212])
    assert table.features.sum() == pytest.approx(1056474.4596356, rel=1e-12)


def test_the_digits_are_those_of_alpaydin_and_kaynak():
    table = data.load_digits()
    assert (table.features.min(), table.features.max(), table.features.sum()) == (0, 16, 561718)
    assert np.bincount(table.target.astype(int)).tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    assert table.target_name == "digit"


def test_the_cars_are_those_of_quinlan():
    table = data.load_auto_mpg()
    assert table.features[0].tolist() == [8, 307, 130, 3504, 12, 70, 1]
    assert (table.target.min(), table.target.max(), len(table)) == (9, 46.6, 392)


def test_the_bicycles_of_2011_are_as_many_as_were_lent():
    table = data.load_bike_sharing()
    assert table.column("day").tolist() == list(range(1, 366))
    assert (table.target[0], table.target.sum()) == (985, 1243103)


BUNDLED = [getattr(data, name) for name in data.__all__ if name.startswith("load_")]


@pytest.mark.parametrize("load", BUNDLED)
def test_a_bundled_set_names_its_source_and_its_terms(load):
    table = load()
    assert all((table.description, table.citation, table.source, table.licence, table.units))
    assert set(table.units) <= {*table.feature_names, table.target_name}


def test_the_sources_are_told_beside_the_figures():
    text = files("tinygrad_edu.data").joinpath("SOURCES.md").read_text(encoding="utf-8")
    assert all(words in text for words in ("CC BY 4.0", "the authors state none"))
    stored = {file.name for file in files("tinygrad_edu.data").iterdir() if file.name.endswith((".csv", ".gz", ".npz"))}
    assert stored == {line.removeprefix("## ") for line in text.splitlines() if line.startswith("## ")}
    assert all(load().source.removeprefix("https://doi.org/") in text for load in BUNDLED)


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


def test_a_target_of_words_gives_its_own_classes(read):
    table = read("x,y\n1,b\n2,a\n3,b\n", classes="auto")
    assert (table.target.tolist(), table.classes) == ([1, 0, 1], ("a", "b"))
    table = read("x,y\n1,2\n2,0\n", classes="auto")
    assert (table.target.tolist(), table.classes) == ([2, 0], ())


def test_a_word_among_numbers_is_a_slip_and_no_class(read):
    with pytest.raises(DataError, match="line 3, column 'y': 'l' is not a number"):
        read("x,y\n1,2\n2,l\n3,1\n", classes="auto")


def test_an_empty_cell_is_no_class(read):
    with pytest.raises(DataError, match="line 3: the cell is empty"):
        read("x,y\n1,no\n2,\n3,yes\n", classes="auto")


def test_a_compressed_file_is_read(tmp_path):
    path = tmp_path / "mine.csv.gz"
    path.write_bytes(gzip.compress(b"x,y\n1,2\n"))
    assert data.read_csv(path, "y").target.tolist() == [2]
    whole = gzip.compress(b"x,y\n" + b"1,2\n" * 99)
    path.write_bytes(whole[:-12])
    with pytest.raises(DataError, match=r"cannot read .*mine\.csv\.gz: .*Expected a CSV file"):
        data.read_csv(path, "y")
    path.write_bytes(b"x,y\n1,2\n")
    with pytest.raises(DataError, match=r"cannot read .*mine\.csv\.gz: Not a gzipped file"):
        data.read_csv(path, "y")


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


@pytest.mark.parametrize("rows_at_once", [1, 7, 1000])
def test_the_scale_of_an_array_in_blocks_is_that_of_the_whole(rows_at_once):
    features = data.load_diabetes().features
    scale, whole = data.scale_of(features, rows_at_once), data.standardize(features).scale
    assert scale.mean == pytest.approx(whole.mean, rel=1e-13)
    assert scale.deviation == pytest.approx(whole.deviation, rel=1e-12)


def test_a_constant_column_has_deviation_one_in_blocks_too():
    assert data.scale_of(np.full((10, 1), 0.1), 3).deviation == [1]


def test_what_has_no_scale_is_told():
    with pytest.raises(ShapeError, match=r"features are \(3,\)\. Expected \(n, p\)"):
        data.scale_of(np.ones(3))
    with pytest.raises(DataError, match="column 2 holds NaN or infinity in the rows from 2 on"):
        data.scale_of(np.array([[1.0, 2.0], [1.0, 2.0], [1.0, np.nan]]), 2)


def test_weights_of_several_outputs_return_to_the_units_of_the_data():
    features = data.load_iris().features
    scaled, scale = data.standardize(features)
    w, b = np.arange(12.0).reshape(4, 3), np.array([1.0, 2.0, 3.0])
    weights, bias = scale.original(w, b)
    assert features @ weights + bias == pytest.approx(scaled @ w + b)


# Arrays in files


@pytest.fixture
def archive(tmp_path):
    path = tmp_path / "points.npz"
    np.savez(path, features=np.arange(6.0, dtype=np.float32).reshape(3, 2), target=[1, 2, 3], other=["a", "b", "c"])
    return path


def test_an_archive_becomes_a_dataset(archive):
    table = data.read_npz(archive, names=("u", "v"))
    assert table.features.tolist() == [[0, 1], [2, 3], [4, 5]]
    assert (table.target.tolist(), table.feature_names, table.target_name) == ([1, 2, 3], ("u", "v"), "target")


def test_images_in_an_archive_become_rows(tmp_path):
    np.savez(tmp_path / "images.npz", features=np.ones((5, 4, 4), np.uint8), target=np.zeros(5))
    assert data.read_npz(tmp_path / "images.npz").features.shape == (5, 16)


def test_an_array_is_mapped_from_a_file_and_from_an_archive(tmp_path, archive):
    for order in "CF":
        np.save(tmp_path / "one.npy", np.asarray(np.arange(6.0).reshape(3, 2), order=order))
        mapped = data.memory_map(tmp_path / "one.npy")
        assert isinstance(mapped, np.memmap)
        assert mapped.tolist() == [[0, 1], [2, 3], [4, 5]]
    mapped = data.memory_map(archive, "features")
    assert (mapped.tolist(), mapped.dtype) == ([[0, 1], [2, 3], [4, 5]], np.float32)
    with pytest.raises(ValueError, match="read-only"):
        mapped[0] = 1


def _objects(path):
    np.savez(path, features=np.array([{}], dtype=object), target=[1.0])


# fmt: off
UNREADABLE = [
    (lambda path: path.write_text("x,y"),                                        "cannot read"),
    (lambda path: path.write_bytes(b""),                                         "cannot read"),
    (lambda path: None,                                                          "No such file or directory"),
    (lambda path: path.write_bytes(b"PK\x03\x04 and no more"),                   "cannot read"),
    (lambda path: np.savez(path, x=[1.0], target=[1.0]),                         "has no array 'features'. It has x, "),
    (lambda path: np.savez(path, features=[["a"]], target=[1.0]),                "'features' holds <U1. Expected real"),
    (lambda path: np.savez(path, features=[[1.0], [np.nan]], target=[1.0, 2.0]), "NaN or infinity, first in row 1"),
    (lambda path: np.savez(path, features=[[1.0], [2.0]], target=[1.0]),         "'target' is (1,). Expected (n, p)"),
    (lambda path: np.savez(path, features=1.0, target=[1.0]),                    "'features' is ()"),
    (_objects,                                                                   "Object arrays cannot be loaded"),
]
# fmt: on


@pytest.mark.parametrize(("write", "words"), UNREADABLE)
def test_an_archive_that_cannot_be_read_is_told(tmp_path, write, words):
    path = tmp_path / "mine.npz"
    write(path)
    with pytest.raises(DataError) as error:
        data.read_npz(path)
    assert words in str(error.value)
    assert "mine.npz" in str(error.value)


def test_one_array_is_no_archive(tmp_path):
    np.save(tmp_path / "one.npy", np.ones(3))
    with pytest.raises(DataError, match=r"one\.npy holds one array"):
        data.read_npz(tmp_path / "one.npy")


def test_what_cannot_be_mapped_is_told(tmp_path, archive):
    np.savez_compressed(tmp_path / "small.npz", features=np.ones(3))
    np.save(tmp_path / "objects.npy", np.array([{}], dtype=object))
    (tmp_path / "text.npy").write_text("no array at all")
    (tmp_path / "short.npy").write_bytes((tmp_path / "objects.npy").read_bytes()[:40])
    faults = [
        ((archive, "nothing"), "has no array 'nothing'. It has features, target, other"),
        ((tmp_path / "small.npz", "features"), "'features' is compressed"),
        ((tmp_path / "objects.npy",), "holds Python objects"),
        ((tmp_path / "text.npy",), "cannot map"),
        ((tmp_path / "short.npy",), "cannot map"),
        ((tmp_path / "none.npy",), "No such file"),
    ]
    for arguments, words in faults:
        with pytest.raises(DataError) as error:
            data.memory_map(*arguments)
        assert words in str(error.value)


# Saving


TREE = {
    "layers": [{"w": np.arange(6.0, dtype=np.float32).reshape(2, 3), "b": np.float64(0.1)}, None],
    "pair": (1, True, "word", -0.0, float("inf"), 2**100),
    "empty": {"array": np.empty((0, 3)), "list": [], "point": np.array(3)},
}


@pytest.mark.parametrize("name", ["model.npz", "model", "model.safetensors"])
def test_a_tree_comes_back_bit_for_bit(tmp_path, name):
    data.save(tmp_path / name, TREE)
    back = data.load(tmp_path / name)
    w = back["layers"][0]["w"]
    assert (w.tolist(), w.dtype, w.shape) == ([[0, 1, 2], [3, 4, 5]], np.float32, (2, 3))
    assert type(back["layers"][0]["b"]) is np.float64
    assert back["layers"][0]["b"] == 0.1
    assert back["layers"][1] is None
    assert repr(back["pair"]) == repr(TREE["pair"])
    assert (back["empty"]["array"].shape, back["empty"]["list"], back["empty"]["point"].shape) == ((0, 3), [], ())
    assert [file.name for file in tmp_path.iterdir()] == [name]


def test_what_cannot_be_saved_is_told_with_its_place(tmp_path):
    for tree, words in (({"a": [object()]}, "tree['a'][0] is object"), ({1: 2.0}, "tree is dict"),
                        (np.array([None]), "tree is ndarray")):  # fmt: skip
        with pytest.raises(TreeError) as error:
            data.save(tmp_path / "model.npz", tree)
        assert words in str(error.value)
    with pytest.raises(DataError, match=r"cannot write .*No such file or directory"):
        data.save(tmp_path / "nowhere" / "model.npz", 1.0)
    assert list(tmp_path.iterdir()) == []


def test_double_complex_numbers_need_an_archive(tmp_path):
    data.save(tmp_path / "model.npz", np.array([1 + 2j]))
    assert data.load(tmp_path / "model.npz").tolist() == [1 + 2j]
    with pytest.raises(TreeError, match=r"cannot hold complex128\. Expected a name that ends in \.npz"):
        data.save(tmp_path / "model.safetensors", np.array([1 + 2j]))


@pytest.mark.parametrize("name", ["model.npz", "model.safetensors"])
@pytest.mark.parametrize("share", [0.0, 0.3, 0.9])
def test_a_damaged_file_is_told(tmp_path, name, share):
    data.save(tmp_path / name, TREE)
    whole = (tmp_path / name).read_bytes()
    (tmp_path / name).write_bytes(whole[: int(share * len(whole))])
    with pytest.raises(DataError, match=r"cannot read .*Expected a file that data\.save has written"):
        data.load(tmp_path / name)


def test_a_failed_writing_leaves_the_old_file(tmp_path, monkeypatch):
    data.save(tmp_path / "model.npz", 1.0)
    monkeypatch.setattr(os, "replace", lambda *names: (_ for _ in ()).throw(OSError(28, "No space left on device")))
    with pytest.raises(DataError, match="No space left on device"):
        data.save(tmp_path / "model.npz", 2.0)
    assert data.load(tmp_path / "model.npz") == 1.0
    assert len(list(tmp_path.iterdir())) == 1


def test_safetensors_need_their_extra(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "safetensors.numpy", None)
    for call in (lambda path: data.save(path, 1.0), data.load):
        (tmp_path / "model.safetensors").write_bytes(b"")
        with pytest.raises(MissingExtraError, match=r'pip install "tinygrad-edu\[safetensors\]"'):
            call(tmp_path / "model.safetensors")


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
