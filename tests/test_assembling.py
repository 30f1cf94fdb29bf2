"""Arrays put together, taken apart and made anew: what sample rows cannot say."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.functions.assembling import array, c_, diag_embed, r_, unflatten, vectorize


def leaf(x):
    return tg.Tensor(x, requires_grad=True)


@pytest.mark.parametrize("maker", [np.zeros, np.ones, np.empty])
def test_an_array_made_like_a_tensor_takes_its_values(maker):
    x = leaf([1.0, 2.0])
    y = maker(2, like=x)
    y[0], y[1] = x[1] ** 2, 3.0
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [0, 4])


@pytest.mark.parametrize(("made", "expected"), [
    (lambda x: np.eye(2, like=x), np.eye(2)), (lambda x: np.identity(2, like=x), np.eye(2)),
    (lambda x: np.tri(2, like=x), np.tri(2)), (lambda x: np.full(2, 3.0, like=x), [3, 3]),
    (lambda x: np.array([1.0, 2.0], like=x), [1, 2]), (lambda x: np.arange(2.0, like=x), [0, 1]),
    (lambda x: np.asanyarray([1.0], like=x), [1]), (lambda x: np.require(1.0, like=x), 1),
    (lambda x: np.asfortranarray([[1.0]], like=x), [[1]]), (lambda x: np.ascontiguousarray(1.0, like=x), [1]),
    (lambda x: np.fromfunction(lambda i: 2 * i, (2,), like=x), [0, 2]),
])  # fmt: skip
def test_an_array_of_constants_made_like_a_tensor_is_a_tensor(made, expected):
    y = made(leaf(1.0))
    assert type(y) is tg.Tensor and not y.requires_grad
    np.testing.assert_array_equal(y.data, expected)


def test_array_of_whole_numbers_cuts_the_gradient_as_rounding_does():
    y = np.array([leaf(2.7)], dtype=int, like=leaf(1.0))
    assert not y.requires_grad and y.data[0] == 2


def test_ragged_lists_of_tensors_are_refused():
    with pytest.raises(ValueError, match="shape"):
        array([leaf(np.ones(2)), leaf(np.ones(3))])


def test_array_without_tensors_is_numpys_array():
    assert type(array([[1, 2], [3, 4]])) is np.ndarray
    assert array([1, 2], dtype=np.float32).dtype == np.float32


@pytest.mark.parametrize("order", "CFAK")
@pytest.mark.parametrize("lay", [
    np.ascontiguousarray, np.asfortranarray, lambda x: x[:, ::-1], lambda x: x[::2], lambda x: x.T,
    lambda x: np.stack([x, x]).transpose(1, 2, 0),
])  # fmt: skip
def test_orders_of_memory_are_read_as_numpy_reads_them(lay, order):
    x = lay(np.arange(12.0).reshape(3, 4))
    found = np.ravel(leaf(x), order=order)
    np.testing.assert_array_equal(found.data, np.ravel(x, order=order))
    g = np.arange(float(x.size))
    np.testing.assert_array_equal(np.ravel(tg.vjp(lambda y: np.ravel(y, order=order), x)[1](g)[0], order=order), g)
    if order != "K":
        np.testing.assert_array_equal(leaf(x).reshape(-1, order=order).data, x.reshape(-1, order=order))


MODES = [
    ("constant", {}), ("constant", {"constant_values": (1.5, -2.0)}), ("edge", {}), ("wrap", {}),
    ("linear_ramp", {"end_values": (1.0, -2.0)}), ("maximum", {}), ("minimum", {"stat_length": 9}),
    ("mean", {"stat_length": (1, 2)}), ("median", {"stat_length": 3}), ("reflect", {}), ("symmetric", {}),
    ("reflect", {"reflect_type": "odd"}), ("symmetric", {"reflect_type": "odd"}),
]  # fmt: skip


@pytest.mark.parametrize(("mode", "params"), MODES)
@pytest.mark.parametrize("shape", [(1,), (2,), (5,), (3, 4), (1, 4), (2, 3, 2)])
def test_padding_of_any_width_is_numpys(shape, mode, params):
    x = np.random.default_rng(7).standard_normal(shape)
    for width in (0, 1, 7, (0, 13), [(1, 2)] * len(shape), {-1: 3}):
        found = np.pad(leaf(x), width, mode, **params)
        np.testing.assert_allclose(found.data, np.pad(x, width, mode, **params), rtol=1e-13, atol=1e-13)


def test_empty_padding_has_the_elements_inside():
    y = np.pad(leaf([1.0, 2.0]), (1, 2), mode="empty")
    assert y.shape == (5,)
    np.testing.assert_array_equal(y.data[1:3], [1, 2])


def test_an_infinite_element_spoils_no_odd_reflection_that_it_is_no_part_of():
    x = np.array([1.0, 2.0, 3.0, np.inf])
    with np.errstate(invalid="ignore"):  # of the branches of np.where that are not taken
        y = np.pad(leaf(x), (2, 0), "reflect", reflect_type="odd")
    np.testing.assert_array_equal(y.data[:2], [-1, 0])


def test_constants_of_padding_have_a_gradient():
    slope = tg.grad(lambda c: np.sum(np.pad(tg.Tensor([1.0, 2.0]), (1, 2), constant_values=c)))
    assert float(slope(5.0)) == 3
    slope = tg.grad(lambda e: np.sum(np.pad(tg.Tensor([1.0, 2.0]), (2, 0), "linear_ramp", end_values=e)))
    assert float(slope(5.0)) == 1.5


@pytest.mark.parametrize(("width", "params", "error", "words"), [
    (-1, {}, ValueError, "at least 0"), (1.5, {}, ValueError, "whole numbers"),
    (1, {"mode": lambda *args: None}, tg.errors.NoRuleError, "np.concatenate"),
    (1, {"mode": "edgy"}, ValueError, "edgy"),
    (1, {"mode": "edge", "end_values": 1}, (TypeError, ValueError), "end_values"),
])  # fmt: skip
def test_padding_that_is_not_understood_is_refused(width, params, error, words):
    with pytest.raises(error, match=words):
        np.pad(leaf([1.0, 2.0]), width, **params)


def test_padding_of_an_empty_axis_is_refused_as_by_numpy():
    with pytest.raises(ValueError):
        np.pad(leaf(np.zeros((0, 2))), 1, mode="edge")
    assert np.pad(leaf(np.zeros((0, 2))), 1).shape == (2, 4)


@pytest.mark.parametrize("axis", [None, 0, -1])
@pytest.mark.parametrize("place", [0, -1, [1], [2, 0, 2], slice(0, 2), slice(None, None, 2), []])
def test_insertion_anywhere_is_numpys(place, axis):
    x = np.arange(12.0).reshape(3, 4)
    np.testing.assert_array_equal(np.delete(leaf(x), place, axis).data, np.delete(x, place, axis))
    for values in (2.0, np.array([5.0, 6.0, 7.0]), np.array([[5.0], [6.0], [7.0]])):
        try:
            expected = np.insert(x, place, values, axis)
        except ValueError:
            with pytest.raises(ValueError):
                np.insert(leaf(x), place, values, axis)
        else:
            np.testing.assert_array_equal(np.insert(leaf(x), place, values, axis).data, expected)


def test_insertion_of_a_tensor_into_plain_numbers_makes_a_tensor():
    for plain in (np.arange(3.0), [0.0, 1.0, 2.0]):
        slope = tg.grad(lambda a, plain=plain: np.insert(plain, 1, a)[1] ** 2)
        assert float(slope(3.0)) == 6


def test_deletion_takes_places_in_a_tensor():
    x = leaf([1.0, 2.0, 3.0])
    np.testing.assert_array_equal(np.delete(x, tg.Tensor([0, -1])).data, [2])
    np.testing.assert_array_equal(np.delete(x, tg.Tensor([True, False, False])).data, [2, 3])
    np.testing.assert_array_equal(np.insert(x, tg.Tensor([0, 3]), 9.0).data, [9, 1, 2, 3, 9])


def test_insertion_takes_lists_with_tensors():
    slope = tg.grad(
        lambda a: np.sum(np.insert(tg.Tensor([1.0, 2.0]), [0, 1], [a, 2 * a]) * np.array([1.0, 10, 100, 1000]))
    )
    assert float(slope(1.0)) == 201


@pytest.mark.parametrize("places", [[2, 1], [-1], [3, 1, 9], [0, 0], [4, 2, 3]])
def test_overlapping_pieces_add_their_cotangents(places):
    x = np.arange(5.0)
    pieces, pull = tg.vjp(lambda x: np.split(x, places), x)
    g = [np.arange(1.0, 1 + p.size) for p in pieces]
    expected = np.zeros(5)
    start = 0
    for end, c in zip([*places, 5], g, strict=True):
        expected[start:end] += c
        start = end
    np.testing.assert_array_equal(pull(g)[0], expected)


@pytest.mark.parametrize("lists", [[[1], []], [1, [2]], []])
def test_blocks_of_uneven_depth_are_refused(lists):
    with pytest.raises(ValueError, match="depth"):
        np.block([leaf(1.0), lists])


def test_resize_of_nothing_makes_zeros():
    np.testing.assert_array_equal(np.resize(leaf(np.zeros(0)), (2, 2)).data, np.zeros((2, 2)))


@pytest.mark.parametrize("trim", ["fb", "f", "b", "B"])
@pytest.mark.parametrize("x", [
    np.zeros(3), np.array([0, 1.0, 0, 2, 0]), np.pad(np.ones((2, 3)), 1), np.zeros((2, 2)), np.ones(2), np.zeros(0),
])  # fmt: skip
def test_trim_zeros_is_numpys(x, trim):
    np.testing.assert_array_equal(np.trim_zeros(leaf(x), trim).data, np.trim_zeros(x, trim))


def test_trim_zeros_says_what_it_expects():
    with pytest.raises(ValueError, match="'f'"):
        np.trim_zeros(leaf([0.0, 1.0]), "x")


def test_linspace_hits_both_ends_exactly():
    y = np.linspace(leaf(0.1), 0.7, 11)
    assert y.data[0] == 0.1 and y.data[-1] == 0.7


def test_geomspace_spans_the_range_of_floats():
    y = np.geomspace(leaf(1e-300), 1e300, 5)
    np.testing.assert_allclose(y.data, [1e-300, 1e-150, 1, 1e150, 1e300], rtol=1e-12)


def test_spaces_of_whole_numbers_round_as_numpy_does():
    np.testing.assert_array_equal(np.linspace(leaf(-1.0), 2.0, 4, dtype=int), np.linspace(-1.0, 2.0, 4, dtype=int))
    np.testing.assert_array_equal(np.linspace(leaf(0.0), 5.0, 4, dtype=int), np.linspace(0.0, 5.0, 4, dtype=int))


def test_spaces_of_float32_stay_float32():
    one = leaf(np.float32(1))
    assert np.linspace(one, 2, 3).dtype == np.logspace(one, 2, 3).dtype == np.float32
    assert np.linspace(np.float32(0), 1.0, 3).dtype == np.linspace(tg.Tensor(np.float32(0)), 1.0, 3).dtype


def test_r_joins_slices_numbers_and_words_like_numpys():
    x = np.array([1.0, 2.0, 3.0])
    for key in (
        (x, 0, slice(1, 4)),
        (slice(0, 1, 5j), x),
        ("0,2", x, x),
        ("0,2,0", x, x),
        ("1,2,0", x, x),
        (x,),
        (5.0, x),
    ):
        traced = tuple(leaf(k) if k is x else k for k in key)
        np.testing.assert_array_equal(r_[traced].data, np.r_[key])
        if not isinstance(key[0], str):
            np.testing.assert_array_equal(c_[traced[:1]].data, np.c_[key[:1]])


def test_c_makes_columns_of_points():
    slope = tg.grad(lambda x: np.sum(c_[x, x**2] @ np.array([1.0, 10.0])))
    np.testing.assert_array_equal(slope(np.array([1.0, 2.0])), [21, 41])


@pytest.mark.parametrize(("offset", "axes"), [(0, (-2, -1)), (1, (0, 1)), (-2, (2, 0))])
def test_diag_embed_is_undone_by_diagonal(offset, axes):
    x = np.arange(6.0).reshape(2, 3)
    np.testing.assert_array_equal(np.diagonal(diag_embed(x, offset, *axes), offset, *axes), x)
    assert diag_embed(x, offset, *axes).sum() == x.sum()


def test_unflatten_splits_one_axis():
    assert unflatten(np.zeros((2, 6, 3)), -2, (3, -1)).shape == (2, 3, 2, 3)


def test_vectorize_calls_once_for_each_element_and_keeps_branches():
    calls = []

    @vectorize
    def clipped(x, most):
        """Not more than the most."""
        calls.append(x)
        return x if x < most else most

    g = tg.grad(lambda x: np.sum(clipped(x, 2.0)))(np.array([[1.0], [3.0]]))
    np.testing.assert_array_equal(g, [[1], [0]])
    assert len(calls) == 2 and clipped.__doc__ == "Not more than the most."


def test_diag_of_three_axes_is_refused():
    with pytest.raises(ValueError, match="one axis or two"):
        np.diag(leaf(np.ones((2, 2, 2))))
