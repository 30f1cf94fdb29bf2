"""Folds with ties, zeros and infinities; at, out= and where= as assignment; what NumPy refuses."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import DtypeError, InPlaceError
from tinygrad_edu.functions.reductions import cummax, logcumsumexp
from tinygrad_edu.graph import history

X = np.array([[2.0, 0.0, 3.0], [0.0, 0.0, 4.0]])


def leaf(x=X):
    return tg.Tensor(np.array(x), requires_grad=True)


# --- folds ------------------------------------------------------------------------------------------------------------


def test_a_running_product_is_exact_at_zeros():
    g = tg.grad(lambda x: np.sum(np.multiply.accumulate(x, axis=1)))(X)
    np.testing.assert_array_equal(g, [[1, 8, 0], [1, 0, 0]])


@pytest.mark.parametrize("running", [np.maximum.accumulate, np.fmax.accumulate])
def test_ties_of_a_running_maximum_share_evenly(running):
    x = np.array([1.0, 2.0, 2.0, 0.0, 2.0, 3.0])
    for i in range(6):
        expected = np.append(tg.grad(np.max)(x[: i + 1]), np.zeros(5 - i))
        np.testing.assert_allclose(tg.grad(lambda x, i=i: running(x)[i])(x), expected)


def test_a_running_maximum_passes_nan_on_and_fmax_leaves_it_out():
    x = np.array([1.0, np.nan, 2.0, np.nan])
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(cummax(x)))(x), [1, 2.5, 0, 0.5])
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(np.fmax.accumulate(x)))(x), [2, 0, 2, 0])


def test_a_running_logarithm_of_sums_does_not_overflow():
    x = np.array([1000.0, 0.0, 1000.0, -np.inf])
    np.testing.assert_allclose(tg.grad(lambda x: logcumsumexp(x)[-1])(x), [0.5, 0, 0.5, 0])


def test_a_long_fold_is_as_right_as_a_short_one():
    x = np.random.default_rng(0).normal(size=1000)
    p = np.exp(x - np.logaddexp.reduce(x))
    np.testing.assert_allclose(tg.grad(lambda x: np.logaddexp.reduce(x))(x), p, rtol=1e-12)
    t = np.random.default_rng(1).normal(size=1000)
    assert float(tg.jvp(np.logaddexp.reduce, (x,), (t,))[1]) == pytest.approx(p @ t)


@pytest.mark.parametrize("n", [1, 2, 3, 4, 5, 8, 9])
def test_folds_of_every_length_agree_with_the_loop(n):
    x = np.random.default_rng(n).uniform(0.5, 1.5, n)

    def loop(x):
        y = x[0]
        for i in range(1, n):
            y = np.divide(y, x[i])
        return y

    np.testing.assert_allclose(tg.grad(np.divide.reduce)(x), tg.grad(loop)(x), rtol=1e-12)


def test_the_initial_value_of_a_fold_may_be_differentiated():
    g = tg.grad(lambda s: np.logaddexp.reduce(s * np.zeros(3), initial=s))(0.0)
    assert float(g) == pytest.approx(0.25)


@pytest.mark.parametrize("ufunc", [np.logaddexp, np.hypot, np.add])
def test_nothing_folds_to_the_identity(ufunc):
    x = leaf(np.zeros((0, 2)))
    y = ufunc.reduce(x)
    np.testing.assert_array_equal(y.data, ufunc.reduce(x.data))
    y.backward(np.ones(2))
    assert x.grad.shape == (0, 2)
    assert ufunc.accumulate(x).shape == (0, 2)


@pytest.mark.parametrize("ufunc", [np.add, np.multiply, np.maximum, np.logaddexp])
def test_one_number_folds_to_itself(ufunc):
    assert float(tg.grad(lambda x: ufunc.reduce(x))(2.0)) == 1


@pytest.mark.parametrize("ufunc", [np.add, np.multiply])
def test_no_places_give_no_sums(ufunc):
    x = leaf()
    y = ufunc.reduceat(x, np.zeros(0, int), axis=1)
    assert y.shape == (2, 0)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, np.zeros((2, 3)))


@pytest.mark.parametrize(
    "call",
    [
        lambda x: np.subtract.reduce(x, axis=None),
        lambda x: np.subtract.reduce(x[:0]),
        lambda x: np.subtract.reduce(x, where=x > 0),
        lambda x: np.sin.reduce(x),
        lambda x: np.logaddexp.reduceat(x, [0, 7]),
        lambda x: np.logaddexp.reduce(x, axis=5),
    ],
)
def test_a_fold_that_numpy_refuses_is_refused(call):
    with pytest.raises((ValueError, IndexError)):
        call(X)
    with pytest.raises((ValueError, IndexError)):
        call(leaf())


def test_a_ufunc_that_is_a_formula_folds_too():
    x = np.array([2.0, 3.0, 0.5])
    np.testing.assert_allclose(tg.grad(np.float_power.reduce)(x), tg.grad(np.power.reduce)(x))
    assert np.float_power.accumulate(leaf(x[:0])).shape == (0,)


def test_folds_of_what_is_piecewise_constant_are_plain():
    x = leaf()
    assert np.logical_and.reduce(x > -1, axis=None) is np.True_
    np.testing.assert_array_equal(np.logical_or.accumulate(x > 0), np.logical_or.accumulate(X > 0))
    assert not np.any(tg.grad(lambda x: np.sum(np.floor_divide.reduce(x + 1.5)))(X))
    np.testing.assert_array_equal(np.greater.outer(x, 1.0), X > 1)
    np.testing.assert_array_equal(np.bitwise_or.reduceat(x > 0, [0, 1]), np.bitwise_or.reduceat(X > 0, [0, 1]))


# --- at ---------------------------------------------------------------------------------------------------------------


def test_at_counts_repeated_places():
    x, v = leaf([1.0, 2.0]), leaf([10.0, 20.0, 30.0])
    y = x * 1
    np.add.at(y, np.array([0, 0, 1]), v)
    np.testing.assert_array_equal(y.data, [31, 32])
    (y * np.array([1.0, 5.0])).sum().backward()
    np.testing.assert_array_equal(v.grad, [1, 1, 5])
    np.testing.assert_array_equal(x.grad, [1, 5])


def test_at_multiplies_place_by_place():
    g = tg.grad(lambda x, v: np.sum(changed(x, v)), (0, 1))(np.array([2.0, 5.0]), np.array([3.0, 0.0, 7.0]))
    np.testing.assert_array_equal(g[0], [0, 7])
    np.testing.assert_array_equal(g[1], [0, 6, 5])


def changed(x, v):
    y = x * 1
    np.multiply.at(y, np.array([0, 0, 1]), v)
    return y


def test_at_leaves_older_values_alone():
    x = leaf([1.0, 2.0])
    y = x * 1
    z = y * y
    np.negative.at(y, [0, 0, 0])
    np.testing.assert_array_equal(y.data, [-1, 2])
    z.sum().backward()
    np.testing.assert_array_equal(x.grad, [2, 4])


def test_at_of_nothing_changes_nothing():
    y = leaf([1.0, 2.0]) * 1
    np.multiply.at(y, np.zeros(0, int), np.zeros(0))
    np.testing.assert_array_equal(y.data, [1, 2])


def test_at_refuses_a_leaf_and_a_plain_array():
    with pytest.raises(InPlaceError, match=r"under tg.no_grad\(\)"):
        np.add.at(leaf(), 0, 1.0)
    with pytest.raises(InPlaceError, match=r"make a Tensor of the target: Tensor\(a\)"):
        np.add.at(np.zeros(3), [0, 0], leaf([1.0, 2.0]))


def test_at_keeps_the_dtype_of_its_target():
    y = tg.Tensor(np.ones(2, np.float32)) * 1
    np.add.at(y, [0, 0], np.array([1.0, 2.0]))
    assert y.dtype == np.float32
    with pytest.raises(DtypeError):
        np.add.at(tg.Tensor(np.ones(2, int)), [0], leaf([0.5]))


# --- where=, dtype= and out= ------------------------------------------------------------------------------------------


def test_what_where_leaves_out_is_zero_and_has_the_gradient_zero():
    x = leaf([4.0, -1.0, 0.0])
    y = np.sqrt(x, where=x.data > 0, out=None)
    np.testing.assert_array_equal(y.data, [2, 0, 0])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.25, 0, 0])


def test_where_does_not_look_at_what_it_leaves_out():
    with np.errstate(all="raise"):
        np.log(leaf([1.0, 0.0, -1.0]), where=np.array([True, False, False]), out=None)


def test_where_may_be_wider_than_its_arguments():
    mask = np.array([[True, False], [True, True]])
    x = leaf([1.0, 2.0])
    y = np.multiply(x, x, where=mask, out=None)
    np.testing.assert_array_equal(y.data, [[1, 0], [1, 4]])
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [4, 4])


def test_where_of_several_outputs_and_of_masks():
    whole, rest = np.divmod(leaf([7.0, 5.0]), 3.0, where=np.array([True, False]), out=(None, None))
    np.testing.assert_array_equal([whole.data, rest.data], [[2, 0], [1, 0]])
    held = np.greater(leaf([7.0, 1.0]), 3.0, where=np.array([True, True]), out=None)
    np.testing.assert_array_equal(held, [True, False])


def test_out_keeps_what_where_leaves_out():
    x, held = leaf([1.0, 2.0]), leaf([5.0, 6.0])
    target = held * 1
    y = np.exp(x, where=np.array([True, False]), out=target)
    assert y is target
    np.testing.assert_allclose(y.data, [np.e, 6])
    y.sum().backward()
    np.testing.assert_allclose(x.grad, [np.e, 0])
    np.testing.assert_array_equal(held.grad, [0, 1])


def test_out_of_a_fold_and_of_two_outputs():
    x = leaf([3.0, 4.0])
    target, rest = tg.Tensor(np.zeros(())), tg.Tensor(np.zeros(2))
    assert np.hypot.reduce(x, out=target) is target
    target.backward()
    np.testing.assert_allclose(x.grad, [0.6, 0.8])
    whole, remainder = np.divmod(x, 2.5, out=(None, rest))
    assert remainder is rest
    np.testing.assert_array_equal([whole.data, rest.data], [[1, 1], [0.5, 1.5]])


def test_out_may_be_one_of_the_arguments():
    x = leaf([1.0, 2.0])
    y = x * 1
    np.multiply(y, y, out=y)
    np.multiply(y, y, out=y)
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [4, 32])


def test_out_that_is_a_leaf_is_refused():
    with pytest.raises(InPlaceError, match="assignment into a leaf"):
        np.sin(leaf(), out=leaf())


def test_dtype_converts_first_and_the_gradient_comes_back_as_it_was():
    x = leaf()
    y = np.add(x, 1, dtype=np.float32)
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float64
    with pytest.raises(TypeError, match="cannot be cast"):
        np.add(x, 1, dtype=int)


def test_a_product_writes_into_a_tensor():
    target = tg.Tensor(np.zeros((2, 2)))
    x = leaf()
    np.matmul(x, X.T, out=target)
    target.sum().backward()
    np.testing.assert_array_equal(x.grad, np.tile(X.sum(0), (2, 1)))


def test_nothing_traced_is_left_to_numpy():
    assert np.add(tg.Tensor(X), 1.0, signature="dd->d").shape == X.shape
    np.testing.assert_array_equal(np.gcd.reduce(tg.Tensor([4, 6])), 2)


def test_a_fold_of_steps_passes_its_first_element_on():
    x = np.array([7.5, 2.0, 3.0])
    f, one = np.floor_divide, np.array([7.5])
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(f.accumulate(x)))(x), [1, 0, 0])
    np.testing.assert_array_equal(tg.grad(lambda x: np.sum(f.reduceat(x, [0, 2])))(x), [0, 0, 1])
    np.testing.assert_array_equal(tg.grad(f.reduce)(one), [1])
    np.testing.assert_array_equal(tg.jvp(f.reduce, (one,), (np.array([2.0]),))[1], 2)
    np.testing.assert_array_equal(tg.grad(f.reduce)(x), [0, 0, 0])


@pytest.mark.parametrize("ufunc", [np.multiply, np.maximum, np.logaddexp, np.hypot, np.add])
@pytest.mark.parametrize("indices", [[0, 2, 3, 7, 9], [5], [4, 4, 1, 9, 0], [2, 3, 4, 5]])
def test_segments_of_several_lengths_are_folded_like_slices(ufunc, indices):
    x = np.random.default_rng(0).uniform(0.5, 2, (10, 2))
    ends = [*indices[1:], 10]
    slices = lambda x: np.stack([ufunc.reduce(x[i : max(j, i + 1)]) for i, j in zip(indices, ends, strict=True)])
    np.testing.assert_allclose(ufunc.reduceat(leaf(x), indices).data, ufunc.reduceat(x, indices))
    g = np.random.default_rng(1).normal(size=(len(indices), 2))
    found, expected = (tg.vjp(f, x)[1](g)[0] for f in (lambda x: ufunc.reduceat(x, indices), slices))
    np.testing.assert_allclose(found, expected)


def test_ten_thousand_segments_are_folded_at_once():
    x = leaf(np.random.default_rng(0).uniform(0.9, 1.1, 20_000))
    y = np.multiply.reduceat(x, np.arange(0, 20_000, 2))
    assert len(history([y.node])[0]) < 10
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, x.data.reshape(-1, 2)[:, ::-1].reshape(-1))


def test_one_target_for_two_outputs_is_refused():
    x, target = leaf([1.5, 2.5]), tg.Tensor(np.zeros(2))
    for call in (lambda: np.modf(x, target, target), lambda: np.divmod(x, 2, out=(target, target))):
        with pytest.raises(InPlaceError, match="one Tensor twice"):
            call()
    np.testing.assert_array_equal(target.data, [0, 0])


def test_a_composite_ufunc_keeps_its_other_parameters_beside_an_axis():
    x, y = np.ones((3, 2), np.float32), np.ones((3, 2), np.float32)
    f = lambda x: np.vecdot(x, y, axis=0, dtype=np.float64)
    value, g = tg.value_and_grad(lambda x: np.sum(f(x)))(x)
    assert f(tg.Tensor(x, requires_grad=True)).dtype == value.dtype == np.float64
    assert g.dtype == np.float32
    np.testing.assert_array_equal(g, y)


def test_a_hypotenuse_of_one_side_is_its_length():
    assert tg.value_and_grad(lambda x: np.hypot.reduce(x))(np.array([-0.7])) == (0.7, [-1.0])
    np.testing.assert_allclose(tg.grad(lambda x: np.hypot.reduce(x))(np.array([3.0, -4.0])), [0.6, -0.8])


def test_methods_of_ufuncs_take_their_arguments_by_name():
    x = np.array([3.0, 1.0, 2.0])
    assert tg.grad(lambda x: np.sum(np.add.reduceat(x, indices=[0, 1]) * [1.0, 2.0]))(x).tolist() == [1, 2, 2]
    assert tg.grad(lambda x: np.add.reduce(array=x))(x).tolist() == [1, 1, 1]
    assert tg.grad(lambda x: np.sum(np.maximum.accumulate(x, axis=None)))(x).tolist() == [3, 0, 0]


def test_a_list_of_numbers_may_be_the_first_argument_of_a_formula():
    w = np.array([1.0, 3.0])
    np.testing.assert_allclose(tg.grad(lambda w: np.average([1.0, 2.0], weights=w))(w), [-3 / 16, 1 / 16])
    np.testing.assert_allclose(tg.grad(lambda x: np.trapezoid([1.0, 3.0], x))(w), [-2, 2])
