"""Choosing and placing: in place on Tensors, refused on plain arrays, NumPy's values and errors."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.functions.indexing import cartesian_prod, combinations, scatter_reduce, segment_sum


def leaf(x):
    return tg.Tensor(x, requires_grad=True)


IN_PLACE = [
    (np.put, [1, -1], [2.0, 3.0]), (np.put, [[9, -9]], 4.0, "wrap"), (np.put, [9], 4.0, "clip"), (np.put, [], []),
    (np.place, np.array([[True, False, True]] * 3), [1.0, 2.0]),
    (np.putmask, np.eye(3, dtype=bool), [1.0, 2.0, 3.0, 4.0]),
    (np.copyto, 2.0), (np.copyto, np.arange(3.0)), (np.put_along_axis, np.array([[1], [0], [2]]), 7.0, 1),
    (np.fill_diagonal, 5.0), (np.fill_diagonal, np.array([1.0, 2.0])),
]  # fmt: skip


@pytest.mark.parametrize("call", IN_PLACE, ids=lambda call: call[0].__name__)
def test_functions_in_place_write_what_numpy_writes(call):
    function, *args = call
    x = np.arange(9.0).reshape(3, 3)
    y = leaf(x) * 1
    before = y.data
    function(x, *args)
    assert function(y, *args) is None
    np.testing.assert_array_equal(y.data, x)
    np.testing.assert_array_equal(before, np.arange(9.0).reshape(3, 3))


@pytest.mark.parametrize("call", [
    lambda a, t: np.copyto(a, t), lambda a, t: np.put_along_axis(a, np.array([0]), t[:1], 0),
    lambda a, t: np.place(a, a == 0, t), lambda a, t: np.put(a, [0], t[:1]), lambda a, t: np.putmask(a, a == 0, t),
    lambda a, t: np.fill_diagonal(np.outer(a, a), t),
])  # fmt: skip
def test_plain_arrays_take_no_tensors(call):
    with pytest.raises(tg.errors.InPlaceError, match=r"like=x|tg\.Tensor\(a"):
        call(np.zeros(2), leaf([1.0, 2.0]))


def test_placing_into_a_leaf_is_refused_with_the_cure():
    with pytest.raises(tg.errors.InPlaceError, match="no_grad"):
        np.put(leaf([1.0]), [0], 2.0)
    with tg.no_grad():
        x = leaf([1.0])
        np.put(x, [0], 2.0)
    assert x.requires_grad and x.data[0] == 2


def test_put_outside_raises_as_numpy_does():
    with pytest.raises(IndexError):
        np.put(leaf([1.0, 2.0]) * 1, [5], 0.0)


def test_select_takes_the_first_condition_that_holds():
    x = np.array([1.0, 2.0, 3.0])
    g = tg.grad(lambda x: np.sum(np.select([x < 2, x < 3], [10 * x, 100 * x], 1000 * x)))(x)
    np.testing.assert_array_equal(g, [10, 100, 1000])


def test_select_of_unequal_lists_is_refused():
    with pytest.raises(ValueError, match="as many"):
        np.select([np.array([True])], [leaf([1.0]), 2.0])


def test_choose_out_of_range_is_refused_with_the_cure():
    with pytest.raises(ValueError, match="wrap"):
        np.choose([2], [leaf([1.0]), leaf([2.0])])


def test_piecewise_never_evaluates_a_function_outside_of_its_piece():
    x = np.array([-1.0, 4.0])
    with np.errstate(all="raise"):
        g = tg.grad(lambda x: np.sum(np.piecewise(x, [x < 0], [np.square, np.sqrt])))(x)
    np.testing.assert_array_equal(g, [-2, 0.25])


def test_piecewise_counts_its_functions():
    with pytest.raises(ValueError, match="expected 1 functions"):
        np.piecewise(leaf([1.0]), [np.array([True])], [1, 2, 3])


def test_apply_along_axis_puts_the_axes_of_results_where_the_axis_was():
    x = np.arange(24.0).reshape(2, 3, 4)
    for axis in (0, 1, -1):
        for f in (np.sum, np.cumsum, lambda v: np.outer(v, v[:2])):
            found = np.apply_along_axis(f, axis, leaf(x))
            np.testing.assert_array_equal(found.data, np.apply_along_axis(f, axis, x))


def test_apply_along_axis_of_nothing_is_refused():
    with pytest.raises(ValueError, match="no slice"):
        np.apply_along_axis(np.sum, 1, leaf(np.zeros((0, 2))))


def test_compress_is_a_method_with_the_condition_first():
    x = leaf(np.arange(6.0).reshape(2, 3))
    np.testing.assert_array_equal(
        x.compress([True, False, True], axis=1).data, x.data.compress([True, False, True], axis=1)
    )


def test_flat_reads_assigns_and_iterates():
    x = leaf(np.arange(4.0).reshape(2, 2)) * 1
    assert len(x.flat) == 4 and [float(v) for v in x.flat] == [0, 1, 2, 3]
    x.flat[1:3] = [5.0, 6.0]
    np.testing.assert_array_equal(x.data, [[0, 5], [6, 3]])
    assert float(x.flat[-1]) == 3


def test_sort_and_partition_in_place_carry_the_gradient():
    def smallest(x):
        y = x * 1
        y.sort()
        z = x * 1
        z.partition(1)
        return y[0] + 10 * z[0]

    np.testing.assert_array_equal(tg.grad(smallest)(np.array([3.0, 1.0, 2.0])), [0, 11, 0])


@pytest.mark.parametrize(("reduce", "grad"), [
    ("amax", [0.25, 0.25, 0.5]), ("prod", [0, 0, 0]), ("sum", [1, 1, 1]), ("mean", [0.25, 0.25, 0.5]),
])  # fmt: skip
def test_scatter_reduce_shares_among_ties(reduce, grad):
    values = np.array([0.0, 0.0, 0.0])
    index = [0, 0, 1]
    self = np.array([0.0, 0.0]) if reduce != "mean" else np.array([9.0, 9.0])
    if reduce == "amax":  # three hold the first place: two values and the element itself
        self[0] = 0.0
        grad = [1 / 3, 1 / 3, 0.5]
    if reduce == "mean":
        grad = [1 / 3, 1 / 3, 0.5]
    found = tg.grad(lambda v: np.sum(scatter_reduce(self, 0, index, v, reduce)))(values)
    np.testing.assert_allclose(found, grad)


def test_a_product_with_one_zero_has_the_gradient_of_the_others():
    found = tg.grad(lambda v: np.sum(scatter_reduce(np.ones(1), 0, [0, 0, 0], v, "prod")))(np.array([2.0, 0.0, 3.0]))
    np.testing.assert_array_equal(found, [0, 6, 0])


def test_scatter_reduce_says_what_it_knows():
    with pytest.raises(ValueError, match="amax"):
        scatter_reduce(np.ones(1), 0, [0], np.ones(1), "max")


def test_segments_without_elements_sum_to_nothing():
    np.testing.assert_array_equal(segment_sum(np.ones(2), [0, 2]), [1, 0, 1])
    assert segment_sum(np.ones((0, 3)), np.zeros(0, int)).shape == (0, 3)


def test_combinations_of_too_few_are_none():
    assert combinations(np.ones(2), 3).shape == (0, 3)
    assert cartesian_prod(np.ones(2), np.ones(0)).shape == (0, 2)


def test_an_empty_slice_has_a_sum_along_its_axis():
    x = leaf(np.ones((3, 0)))
    np.testing.assert_array_equal(np.apply_along_axis(np.sum, 1, x).data, np.zeros(3))


def test_a_list_of_numbers_and_tensors_can_be_assigned():
    def f(v):
        y = np.zeros(5, like=v)
        y[1:4] = [v[0], 2.0, v[1]]
        y[np.array([0, 4])] = (v[1], 1.0)
        return y

    np.testing.assert_array_equal(f(leaf(np.array([3.0, 4.0]))).data, [4, 3, 2, 4, 1])
    for mode in ("forward", "reverse"):
        found = tg.jacobian(f, mode=mode)(np.ones(2))
        np.testing.assert_array_equal(found, [[0, 1], [1, 0], [0, 0], [0, 1], [0, 0]])


def test_open_meshes_of_indices_select():
    x = leaf(np.arange(12.0).reshape(3, 4))
    np.testing.assert_array_equal(x[np.ix_(tg.Tensor([0, 2]), [1, 3])].data, [[1, 3], [9, 11]])
