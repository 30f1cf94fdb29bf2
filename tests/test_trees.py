"""Trees: to a flat list and back, side by side, and told apart by words."""

from collections import OrderedDict, namedtuple

import pytest

from tinygrad_edu.errors import TreeError
from tinygrad_edu.trees import flatten, leaves, leaves_like, tree_map

Layer = namedtuple("Layer", "W b")


class Stack(list):
    """A list of a kind of its own."""


TREES = {
    "a leaf": (1.0, [1.0]),
    "a list": ([1.0, 2.0], [1.0, 2.0]),
    "a tuple": ((1.0, 2.0), [1.0, 2.0]),
    "a dict": ({"b": 1.0, "a": 2.0}, [1.0, 2.0]),
    "a named tuple": (Layer(1.0, 2.0), [1.0, 2.0]),
    "a nest": ({"W": 1.0, "layers": [2.0, (3.0, Layer(4.0, 5.0))]}, [1.0, 2.0, 3.0, 4.0, 5.0]),
    "nothing": (None, []),
    "nothing inside": ([None, 1.0, {"b": None}], [1.0]),
    "empty containers": ([(), {}, []], []),
}

every_tree = pytest.mark.parametrize(("tree", "expected"), TREES.values(), ids=TREES)


@every_tree
def test_leaves_come_from_left_to_right(tree, expected):
    assert leaves(tree) == expected


@every_tree
def test_rebuild_undoes_flatten(tree, expected):
    found, rebuild = flatten(tree)
    assert found == expected
    assert rebuild(found) == tree


@every_tree
def test_leaves_like_itself_are_its_leaves(tree, expected):
    assert leaves_like(tree, tree) == expected


@pytest.mark.parametrize("tree", [Layer(1.0, 2.0), [1.0], (1.0,), {"a": 1.0}], ids=str)
def test_rebuild_keeps_the_kind_of_container(tree):
    found, rebuild = flatten(tree)
    assert type(rebuild(found)) is type(tree)


def test_rebuild_keeps_a_list_of_its_own_kind():
    assert type(tree_map(lambda x: x, Stack([1.0]))) is Stack


def test_a_dict_keeps_the_order_of_its_keys():
    assert list(tree_map(lambda x: x, {"z": 1, "a": 2})) == ["z", "a"]


def test_leaves_are_never_compared():
    class Incomparable:
        def __eq__(self, other):
            raise AssertionError("a leaf was compared")

    one, other = Incomparable(), Incomparable()
    assert leaves_like([one], [other])[0] is other


def test_tree_map_walks_side_by_side():
    found = tree_map(lambda x, y, z: x + y * z, {"a": 1, "b": [2]}, {"a": 3, "b": [4]}, {"a": 5, "b": [6]})
    assert found == {"a": 16, "b": [26]}


def test_tree_map_leaves_none_in_its_place():
    assert tree_map(lambda x: x + 1, {"W": 1, "b": None}) == {"W": 2, "b": None}


def test_dicts_are_matched_by_key_and_not_by_order():
    assert tree_map(lambda x, y: x - y, {"a": 5, "b": 7}, {"b": 1, "a": 2}) == {"a": 3, "b": 6}


def test_a_kind_of_dict_fits_a_dict():
    assert leaves_like({"a": 1}, OrderedDict(a=2)) == [2]


def test_a_leaf_may_stand_for_any_subtree_of_the_other():
    assert leaves_like({"a": 1.0}, {"a": [2.0, 3.0]}) == [[2.0, 3.0]]


WRONG = {
    "a leaf for a dict": ({"a": 1}, 1.0, r"the tree should be a dict with keys \['a'\], but is a leaf \(float\)"),
    "other keys": ({"a": 1}, {"b": 1}, r"the tree should be a dict with keys \['a'\], but is a dict with keys \['b'\]"),
    "another length": ([1, 2], [1], "the tree should be a list of 2, but is a list of 1"),
    "a dict for a list": ([1], {"a": 1}, "the tree should be a list of 1, but is a dict"),
    "a list for nothing": (None, [1], "the tree should be None, but is a list of 1"),
    "nothing for a list": ([1], None, "the tree should be a list of 1, but is None"),
    "deep inside": ({"a": [1, (2, 3)]}, {"a": [1, (2,)]}, r"the tree\['a'\]\[1\] should be a tuple of 2"),
}


@pytest.mark.parametrize(("tree", "other", "words"), WRONG.values(), ids=WRONG)
def test_another_structure_is_told_with_its_place(tree, other, words):
    with pytest.raises(TreeError, match=words):
        leaves_like(tree, other)


def test_the_error_names_what_the_caller_calls_the_tree():
    with pytest.raises(TreeError, match=r"the tangent\[0\] should be a tuple of 1, but is a leaf \(float\)"):
        leaves_like([(1.0,)], [2.0], "the tangent")
