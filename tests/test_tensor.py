"""The Tensor as an array: what it is made of, what it looks like from outside, and what it refuses, with the cure."""

import copy
import operator
import pickle

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import DtypeError, GradientError, InPlaceError, NoRuleError, ShapeError, TracedError

X = np.array([[1.5, -2.0, 0.5], [3.0, 0.25, -1.0]])


def leaf(data=X, **options):
    return tg.Tensor(data, requires_grad=True, **options)


def values(y):
    return y.data if isinstance(y, tg.Tensor) else y


def assert_same(found, expected):
    """Equal in value, shape and dtype."""
    found, expected = np.asarray(values(found)), np.asarray(expected)
    assert found.dtype == expected.dtype
    np.testing.assert_array_equal(found, expected)


# --- construction -----------------------------------------------------------------------------------------------------

MADE = {
    "a float": (2.0, np.float64),
    "an int": (2, np.int64),
    "a list": ([1.0, 2.0], np.float64),
    "a list of ints": ([1, 2], np.int64),
    "a nested list": ([[1.0], [2.0]], np.float64),
    "a complex number": (1 + 2j, np.complex128),
    "a boolean": (True, np.bool_),
    "float32": (np.float32([1, 2]), np.float32),
    "float16": (np.float16([1, 2]), np.float16),
    "an empty list": ([], np.float64),
    "no rows": (np.zeros((0, 3)), np.float64),
}


@pytest.mark.parametrize(("data", "dtype"), MADE.values(), ids=MADE)
def test_a_tensor_holds_what_numpy_makes_of_the_data(data, dtype):
    x = tg.Tensor(data)
    assert_same(x, np.asarray(data, dtype))
    assert (x.shape, x.ndim, x.size) == (np.shape(data), np.ndim(data), np.size(data))


@pytest.mark.parametrize("data", [3, [1, 2], [[1], [2]], (1, 2)], ids=str)
def test_python_integers_become_floats_in_a_leaf(data):
    assert leaf(data).dtype == np.float64


def test_dtype_is_taken_as_given():
    assert tg.Tensor([1, 2], dtype=np.float32).dtype == np.float32


def test_dtype_converts_an_array():
    assert_same(leaf(np.array([1, 2]), dtype=np.float32), np.float32([1, 2]))


def test_an_array_is_not_copied():
    assert tg.Tensor(X).data is X


def test_a_tensor_of_a_tensor_is_a_fresh_leaf():
    x = leaf()
    y = leaf(x * 2)
    assert y.is_leaf
    np.testing.assert_array_equal(y.data, 2 * X)


def test_a_constant_requires_no_gradient():
    assert not tg.Tensor(X).requires_grad


def test_a_constant_becomes_a_leaf_on_demand():
    x = tg.Tensor(X)
    x.requires_grad = True
    x.sum().backward()
    np.testing.assert_array_equal(x.grad, np.ones_like(X))


def test_a_leaf_becomes_a_constant_on_demand():
    x = leaf()
    x.requires_grad = False
    assert not (x * 2).requires_grad


@pytest.mark.parametrize("data", [np.array([1, 2]), np.array(3), True, np.array([True]), np.int32(3)], ids=repr)
def test_integers_and_booleans_cannot_require_a_gradient(data):
    with pytest.raises(DtypeError, match=r"Convert it first: Tensor\(data\.astype\(float\), requires_grad=True\)"):
        leaf(data)


def test_integers_can_after_the_cure():
    assert leaf(np.array([1, 2]).astype(float)).requires_grad


@pytest.mark.parametrize("data", ["text", ["a", 1], None, {"a": 1}], ids=str)
def test_what_is_no_number_is_refused(data):
    with pytest.raises(DtypeError, match="Expected numbers, or nested lists of numbers"):
        tg.Tensor(data)


# --- how it shows itself ----------------------------------------------------------------------------------------------

SHOWN = {
    "a constant": (lambda: tg.Tensor([1.0, 2.0]), "Tensor([1., 2.])"),
    "a leaf": (lambda: leaf([1.0, 2.0]), "Tensor([1., 2.], requires_grad=True)"),
    "a result": (lambda: leaf([1.0]) * 2, "Tensor([2.], op=multiply)"),
    "a dtype": (lambda: tg.Tensor(np.float32([1])), "Tensor([1.], dtype=float32)"),
    "a name": (lambda: leaf(1.0, name="rate"), "Tensor(1., name='rate', requires_grad=True)"),
    "one output of several": (lambda: np.split(leaf([1.0, 2.0]), 2)[1], "Tensor([2.], op=select)"),
}


@pytest.mark.parametrize(("make", "expected"), SHOWN.values(), ids=SHOWN)
def test_repr_shows(make, expected):
    assert repr(make()) == expected


def test_format_takes_a_specification_for_one_number():
    assert f"{leaf(3.14159) * 1:.2f}" == "3.14"


def test_format_without_a_specification_is_repr():
    assert f"{tg.Tensor(1.0)}" == "Tensor(1.)"


def test_a_node_shows_its_operation():
    assert repr((leaf() * 2).node).startswith("Node(multiply, serial=")


# --- operators --------------------------------------------------------------------------------------------------------

SMOOTH = [operator.add, operator.sub, operator.mul, operator.truediv, operator.pow]
OTHERS = [operator.floordiv, operator.mod]
COMPARISONS = [operator.eq, operator.ne, operator.lt, operator.le, operator.gt, operator.ge]
PARTNERS = {
    "an array": np.array([2.0, 0.5, 3.0]),
    "a row of another shape": np.array([[2.0], [3.0]]),
    "a float": 2.0,
    "an int": 3,
    "a float64": np.float64(2.0),
    "an integer array": np.array([1, 2, 3]),
    "a list": [2.0, 0.5, 3.0],
    "a tensor": tg.Tensor([2.0, 0.5, 3.0]),
}
with_partner = pytest.mark.parametrize("other", PARTNERS.values(), ids=PARTNERS)
POSITIVE = np.abs(X)


@with_partner
@pytest.mark.parametrize("apply", SMOOTH + OTHERS, ids=lambda f: f.__name__)
def test_an_operator_equals_numpys_in_both_orders(apply, other):
    x = leaf(POSITIVE)
    plain = np.asarray(values(other)) if isinstance(other, list) else values(other)
    assert_same(apply(x, other), apply(POSITIVE, plain))
    assert_same(apply(other, x), apply(plain, POSITIVE))


@with_partner
@pytest.mark.parametrize("apply", SMOOTH, ids=lambda f: f.__name__)
def test_an_operator_is_recorded_in_both_orders(apply, other):
    assert apply(leaf(POSITIVE), other).requires_grad
    assert apply(other, leaf(POSITIVE)).requires_grad


@with_partner
@pytest.mark.parametrize("apply", COMPARISONS, ids=lambda f: f.__name__)
def test_a_comparison_gives_a_plain_mask_in_both_orders(apply, other):
    plain = np.asarray(values(other))
    for found, expected in [(apply(leaf(), other), apply(X, plain)), (apply(other, leaf()), apply(plain, X))]:
        assert type(found) is np.ndarray
        assert_same(found, expected)


@pytest.mark.parametrize("apply", [operator.neg, operator.pos, operator.abs, round], ids=lambda f: f.__name__)
def test_a_unary_operator_equals_numpys(apply):
    assert_same(apply(leaf()), np.round(X) if apply is round else apply(X))


@pytest.mark.parametrize("apply", [operator.and_, operator.or_, operator.xor], ids=lambda f: f.__name__)
def test_logical_operators_work_on_masks(apply):
    a, b = np.array([True, True, False]), np.array([True, False, False])
    assert_same(apply(tg.Tensor(a), tg.Tensor(b)), apply(a, b))
    assert_same(apply(a, tg.Tensor(b)), apply(a, b))
    assert_same(~tg.Tensor(a), ~a)


def test_divmod_gives_quotient_and_remainder():
    for found, expected in zip(divmod(leaf(), 2.0), divmod(X, 2.0), strict=True):
        assert_same(found, expected)


@pytest.mark.parametrize(("x", "y"), [(X, X.T), (X, X[0]), (X[:, 0], X), (X[0], X[0])], ids=["MM", "Mv", "vM", "vv"])
def test_matrix_products_work_in_both_orders(x, y):
    assert_same(leaf(x) @ y, x @ y)
    assert_same(x @ leaf(y), x @ y)


@pytest.mark.parametrize("number", [2, 2.0, True], ids=repr)
@pytest.mark.parametrize("dtype", [np.float16, np.float32, np.complex64])
@pytest.mark.parametrize("apply", SMOOTH, ids=lambda f: f.__name__)
def test_python_numbers_are_weak(apply, dtype, number):
    x = leaf(np.array([1, 2], dtype))
    assert apply(x, number).dtype == dtype
    assert apply(number, x).dtype == dtype


def test_numpy_numbers_are_not_weak():
    assert (leaf(np.float32([1])) * np.float64(2)).dtype == np.float64


PRODUCTS_WITH_LISTS = {
    "dot": lambda x, y: np.dot(x, y),
    "matmul": lambda x, y: np.matmul(x, y),
    "inner": lambda x, y: np.inner(x, y),
    "matvec": lambda x, y: np.matvec([x, x], y),
    "vecdot": lambda x, y: np.vecdot(x, y),
    "float_power": lambda x, y: np.float_power(x, y),
    "maximum": lambda x, y: np.maximum(x, y),
    "outer": lambda x, y: np.outer(x, y),
    "concatenate": lambda x, y: np.concatenate([x, y]),
}


@pytest.mark.parametrize("call", PRODUCTS_WITH_LISTS.values(), ids=PRODUCTS_WITH_LISTS)
def test_a_function_of_two_takes_a_list_beside_a_tensor(call):
    a, b = [1.0, 2.0, 3.0], np.array([0.5, 1.5, 2.5])
    assert_same(call(a, leaf(b)), call(a, b))
    if call is not PRODUCTS_WITH_LISTS["matvec"]:
        assert_same(call(leaf(b), a), call(b, a))


def test_membership_compares_values():
    assert 1.5 in leaf()
    assert 7.0 not in leaf()


def test_tensors_are_hashed_by_identity():
    x, y = leaf(), leaf()
    assert len({x, y, x}) == 2


# --- as a sequence and as a number ------------------------------------------------------------------------------------


def test_len_is_the_length_of_the_first_axis():
    assert len(leaf()) == 2


def test_iteration_gives_traced_rows():
    rows = list(leaf())
    np.testing.assert_array_equal(rows[1].data, X[1])
    assert all(row.requires_grad for row in rows)


def test_unpacking_gives_traced_numbers():
    a, b = leaf([2.0, 3.0])
    (a * b).backward()
    assert (a.item(), b.item()) == (2.0, 3.0)


@pytest.mark.parametrize("apply", [len, list, iter], ids=lambda f: f.__name__)
def test_one_number_is_no_sequence(apply):
    with pytest.raises(TypeError, match="0-d array: it is one number"):
        apply(leaf(1.0))


NUMBERS = {"int": (int, 2), "float": (float, 2.5), "complex": (complex, 2.5 + 0j), "bool": (bool, True)}


@pytest.mark.parametrize(("convert", "expected"), NUMBERS.values(), ids=NUMBERS)
def test_one_number_converts_to_python(convert, expected):
    found = convert(leaf(2.5))
    assert type(found) is type(expected)
    assert found == expected


def test_an_integer_is_an_index():
    assert ["a", "b"][tg.Tensor(1)] == "b"


def test_a_float_is_no_index():
    with pytest.raises(TypeError, match="integer"):
        ["a", "b"][tg.Tensor(1.0)]


def test_item_and_tolist_are_plain_python():
    assert leaf().item(0, 1) == -2.0
    assert leaf().tolist() == X.tolist()


def test_several_numbers_have_no_truth():
    with pytest.raises(ValueError, match="ambiguous"):
        bool(leaf())


# --- indexing ---------------------------------------------------------------------------------------------------------

MASK = X > 0
INDICES = {
    "an integer": 1,
    "a negative integer": -1,
    "a slice": slice(0, 1),
    "a negative step": (slice(None), slice(None, None, -2)),
    "a new axis": (None, ..., None),
    "an ellipsis": (..., 0),
    "a list with repeats": [0, 1, 0],
    "an array": np.array([[0, 1], [1, 1]]),
    "two arrays": ([0, 1], [2, 0]),
    "an array and a slice": (slice(None), [2, 2]),
    "a mask": MASK,
    "a mask of rows": np.array([True, False]),
    "a row of a mask": (0, MASK[0]),
    "nothing": slice(0, 0),
    "an empty tuple": (),
    "a number of numpy": np.int64(1),
    "a constant tensor": tg.Tensor([1, 0]),
}
with_index = pytest.mark.parametrize("index", INDICES.values(), ids=INDICES)


def plain(index):
    return index.data if isinstance(index, tg.Tensor) else index


@with_index
def test_indexing_equals_numpys(index):
    assert_same(leaf()[index], X[plain(index)])


@with_index
def test_the_gradient_of_reading_counts_how_often_each_element_is_read(index):
    x, expected = leaf(), np.zeros_like(X)
    np.sum(x[index]).backward()
    np.add.at(expected, plain(index), 1.0)
    np.testing.assert_array_equal(x.grad, expected)


@with_index
def test_assignment_equals_numpys(index):
    x, expected = leaf() * 1, X.copy()
    x[index] = 7.0
    expected[plain(index)] = 7.0
    assert_same(x, expected)


def test_an_index_out_of_bounds_is_an_index_error():
    with pytest.raises(IndexError, match="out of bounds"):
        leaf()[5]


def test_a_traced_index_is_refused_with_the_cure():
    with pytest.raises(NoRuleError, match=r"getitem has no rule for its parameter index. Pass index.detach\(\)"):
        leaf()[leaf([0.0])]


# --- assignment rebinds -----------------------------------------------------------------------------------------------


def test_assignment_lets_the_gradient_through_elsewhere_only():
    x = leaf([1.0, 2.0, 3.0])
    y = x * x
    y[1] = 0.0
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [2.0, 0.0, 6.0])


def test_an_assigned_value_gets_its_gradient():
    x, v = leaf([1.0, 2.0]), leaf(5.0)
    y = x * 1
    y[0] = v * v
    y.sum().backward()
    assert v.grad == 10.0


def test_a_traced_value_makes_a_constant_traced():
    y, v = tg.Tensor(np.zeros(3)), leaf(5.0)
    y[0] = v
    assert y.requires_grad


def test_an_old_handle_keeps_its_value():
    y = leaf([1.0, 2.0]) * 1
    old, view = y.detach(), y[:1]
    y[0] = 9.0
    assert_same(old, [1.0, 2.0])
    assert_same(view, [1.0])


def test_assignment_never_writes_into_the_users_array():
    data = np.zeros(3)
    x = tg.Tensor(data)
    x[0] = 1.0
    assert_same(data, np.zeros(3))


def test_the_history_before_an_assignment_stays_right():
    x = leaf([1.0, 2.0])
    y = x * x
    z = np.sum(y * y)
    y[:] = 0.0
    z.backward()
    np.testing.assert_allclose(x.grad, [4.0, 32.0])


UPDATES = {
    "+=": (operator.iadd, lambda x: x + 2.0, 1.0),
    "-=": (operator.isub, lambda x: x - 2.0, 1.0),
    "*=": (operator.imul, lambda x: x * 2.0, 2.0),
    "/=": (operator.itruediv, lambda x: x / 2.0, 0.5),
    "**=": (operator.ipow, lambda x: x**2.0, 6.0),
}
with_update = pytest.mark.parametrize(("update", "same", "slope"), UPDATES.values(), ids=UPDATES)


@with_update
def test_an_update_of_a_result_is_differentiated(update, same, slope):
    x = leaf(3.0)
    y = x * 1
    y = update(y, 2.0)
    y.backward()
    assert y.item() == same(3.0)
    assert x.grad == slope


@with_update
def test_an_update_of_a_constant_stays_constant(update, same, slope):
    x = tg.Tensor(3.0)
    kept = x
    x = update(x, 2.0)
    assert x is kept
    assert not x.requires_grad


@with_update
def test_an_update_of_a_leaf_is_refused_with_the_cure(update, same, slope):
    with pytest.raises(InPlaceError, match=r"Assign under tg.no_grad\(\), or into a copy"):
        update(leaf(3.0), 2.0)


@with_update
def test_an_update_of_a_leaf_without_recording_keeps_the_leaf(update, same, slope):
    x = leaf(3.0)
    with tg.no_grad():
        x = update(x, 2.0)
    (x * 5).backward()
    assert x.item() == same(3.0)
    assert (x.is_leaf, float(x.grad)) == (True, 5.0)


def test_an_updated_leaf_keeps_its_dtype():
    x = leaf(np.ones(3, np.float32))
    with tg.no_grad():
        x -= np.full(3, 0.5)
    assert_same(x, np.full(3, 0.5, np.float32))


def test_an_updated_leaf_keeps_its_shape():
    x = leaf(np.ones(3))
    with tg.no_grad(), pytest.raises(ShapeError, match=r"a Tensor of shape \(3,\): the result has shape \(2, 3\)"):
        x += np.ones((2, 3))
    assert x.shape == (3,)


def test_a_traced_number_is_not_cut_to_an_integer():
    x = tg.Tensor(np.zeros(3, int))
    with pytest.raises(DtypeError, match=r"Make the target float: x = x.astype\(float\)"):
        x[0] = leaf(1.5)


def test_a_leaf_may_be_assigned_into_without_recording():
    x = leaf([1.0, 2.0])
    with tg.no_grad():
        x[0] = 5.0
    (x * x).sum().backward()
    np.testing.assert_array_equal(x.grad, [10.0, 4.0])


def test_a_copy_of_a_leaf_may_be_assigned_into():
    x = leaf([1.0, 2.0])
    y = x.copy()
    y[0] = 5.0
    y.sum().backward()
    np.testing.assert_array_equal(x.grad, [0.0, 1.0])


# --- methods and properties -------------------------------------------------------------------------------------------

METHODS = {
    "sum": lambda x: x.sum(),
    "sum of an axis": lambda x: x.sum(axis=1, keepdims=True),
    "sum by position": lambda x: x.sum(0),
    "mean": lambda x: x.mean(axis=0),
    "max": lambda x: x.max(axis=1),
    "min": lambda x: x.min(),
    "prod": lambda x: x.prod(axis=0),
    "var": lambda x: x.var(axis=1, ddof=1),
    "std": lambda x: x.std(),
    "cumsum": lambda x: x.cumsum(axis=1),
    "ptp": lambda x: np.ptp(x),
    "reshape to a tuple": lambda x: x.reshape((3, 2)),
    "reshape to numbers": lambda x: x.reshape(3, -1),
    "reshape in another order": lambda x: x.reshape(3, 2, order="F"),
    "ravel": lambda x: x.ravel(),
    "flatten": lambda x: x.flatten(),
    "transpose": lambda x: x.transpose(),
    "transpose by numbers": lambda x: x.transpose(1, 0),
    "transpose by a tuple": lambda x: x.transpose((0, 1)),
    "T": lambda x: x.T,
    "mT": lambda x: x.mT,
    "real": lambda x: x.real,
    "imag": lambda x: (x * 1j).imag,
    "swapaxes": lambda x: x.swapaxes(0, 1),
    "squeeze": lambda x: x[:1].squeeze(),
    "diagonal": lambda x: x.diagonal(),
    "trace": lambda x: x.trace(),
    "repeat": lambda x: x.repeat(2, axis=1),
    "take": lambda x: x.take([0, 2], axis=1),
    "dot": lambda x: x.dot(np.ones(3)),
    "clip": lambda x: x.clip(-1.0, 1.0),
    "round": lambda x: x.round(1),
    "conj": lambda x: x.conj(),
    "copy": lambda x: x.copy(),
    "astype": lambda x: x.astype(np.float32),
    "argmax": lambda x: x.argmax(axis=1),
    "argmin": lambda x: x.argmin(),
    "argsort": lambda x: x.argsort(axis=0),
    "all": lambda x: x.all(),
    "any": lambda x: x.any(axis=0),
    "searchsorted": lambda x: np.sort(x, axis=None).searchsorted(0.1),
    "shape": lambda x: x.shape,
    "ndim": lambda x: x.ndim,
    "size": lambda x: x.size,
}
with_method = pytest.mark.parametrize("call", METHODS.values(), ids=METHODS)


@with_method
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.float16])
def test_a_method_equals_the_ndarrays(call, dtype):
    x = X.astype(dtype)
    assert_same(call(leaf(x)), call(x))


def test_nonzero_equals_the_ndarrays():
    for found, expected in zip(leaf().nonzero(), X.nonzero(), strict=True):
        assert_same(found, expected)


@pytest.mark.parametrize("function", [np.sum, np.exp, np.cumsum, np.transpose, np.negative], ids=lambda f: f.__name__)
@pytest.mark.parametrize("shape", [(), (0,), (0, 3), (2, 0, 1), (1,)], ids=str)
def test_arrays_of_any_size_have_gradients_of_their_shape(function, shape):
    x = leaf(np.full(shape, 0.5))
    np.sum(function(x)).backward()
    assert x.grad.shape == shape


def test_a_complex_leaf_has_a_complex_gradient():
    """|z|² rises fastest along 2z."""
    z = leaf(3.0 + 4.0j)
    (np.abs(z) ** 2).backward()
    np.testing.assert_allclose(z.grad, 6.0 + 8.0j)


# --- copies and pickles -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("again", [copy.deepcopy, lambda x: pickle.loads(pickle.dumps(x))], ids=["deepcopy", "pickle"])
@pytest.mark.parametrize("requires_grad", [True, False])
def test_a_leaf_survives(again, requires_grad):
    x = tg.Tensor(X.astype(np.float32), requires_grad=requires_grad, name="weights")
    y = again(x)
    assert_same(y, x.data)
    assert (y.requires_grad, y.name) == (requires_grad, "weights")
    assert not np.shares_memory(y.data, x.data)


def test_a_copy_of_a_result_is_recorded():
    x = leaf()
    copy.deepcopy(x * 2).sum().backward()
    assert_same(x.grad, 2 * np.ones_like(X))


def test_a_result_cannot_be_pickled():
    with pytest.raises(GradientError, match=r"use \.detach\(\) to keep the values alone"):
        pickle.dumps(leaf() * 2)
    assert_same(copy.deepcopy((leaf() * 2).detach()), 2 * X)


def test_a_detached_result_can_be_copied_deeply():
    assert_same(copy.deepcopy((leaf() * 2).detach()), 2 * X)


# --- broken promises --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("convert", [np.asarray, np.array, lambda x: x.numpy(), lambda x: np.array([x, x])])
def test_a_traced_tensor_does_not_become_an_array(convert):
    with pytest.raises(TracedError, match=r"would lose its gradient. .* or x.detach\(\) for its values"):
        convert(leaf())


def test_a_traced_tensor_is_not_written_into_a_slice():
    array = np.zeros_like(X)
    with pytest.raises(InPlaceError, match=r"build the array with np\.stack"):
        array[:] = leaf()


def test_a_detached_tensor_becomes_an_array():
    assert_same(np.asarray((leaf() * 2).detach()), 2 * X)
    assert_same(leaf().detach().numpy(), X)


def test_a_constant_becomes_an_array_of_any_dtype():
    assert_same(np.asarray(tg.Tensor(X), dtype=np.float32), X.astype(np.float32))


def write(array, x):
    array += x


WRITTEN = {
    "out=": lambda x: np.add(x, 1.0, out=np.zeros_like(X)),
    "np.add.at": lambda x: np.add.at(np.zeros_like(X), 0, x),
    "out= of a reduction": lambda x: np.sum(x, axis=0, out=np.zeros(3)),
    "a += t": lambda x: write(np.zeros_like(X), x),
}


@pytest.mark.parametrize("call", WRITTEN.values(), ids=WRITTEN)
def test_a_tensor_is_not_written_into_an_array(call):
    with pytest.raises(InPlaceError, match=r"lose (its|the) gradient"):
        call(leaf())


def doubled(x):
    """A function that dispatches like NumPy's, and is in no table."""
    return x.__array_function__(doubled, (tg.Tensor,), (x,), {}) if isinstance(x, tg.Tensor) else 2 * x


UNRULED = {
    "an unknown function": (doubled, r"doubled has no rule in the table.*tinygrad_edu.extend"),
    "an unknown ufunc": (np.frompyfunc(abs, 1, 1), r"abs \(vectorized\) has no rule in the table"),
    "an unknown parameter": (lambda x: np.add(x, 1.0, signature="dd->d"), r"add has no rule for signature=. Leave it"),
    "a traced parameter": (
        lambda x: np.roll(x, x[0, 0]),
        r"roll has no rule for its parameter shift. Pass shift.detach",
    ),
}
with_unruled = pytest.mark.parametrize(("call", "words"), UNRULED.values(), ids=UNRULED)


@with_unruled
def test_what_has_no_rule_is_refused_with_the_cure(call, words):
    with pytest.raises(NoRuleError, match=words):
        call(leaf())


CURED = ["an unknown function", "an unknown parameter"]


@pytest.mark.parametrize("name", CURED)
def test_what_has_no_rule_works_on_a_constant(name):
    call = UNRULED[name][0]
    found = call(leaf().detach())
    assert isinstance(found, tg.Tensor)
    assert_same(found, call(X))


@pytest.mark.parametrize("name", CURED)
def test_what_has_no_rule_works_without_recording(name):
    call = UNRULED[name][0]
    with tg.no_grad():
        assert_same(call(leaf()), call(X))


SHAPES = {
    "a sum": (lambda: leaf(np.ones(3)) + np.ones(4), r"add: the shapes do not broadcast.*0 is \(3,\).*1 is \(4,\)"),
    "a sum on the right": (lambda: np.ones(4) + leaf(np.ones(3)), r"argument 0 is \(4,\), argument 1 is \(3,\)"),
    "a product": (
        lambda: leaf(np.ones((3, 4))) @ np.ones((5, 2)),
        r"matmul: inner sizes differ: x is \(3, 4\), y is \(5, 2\). Expected y with 4 rows$",
    ),
    "a product that wants .T": (
        lambda: leaf(np.ones((3, 4))) @ np.ones((5, 4)),
        r"Expected y with 4 rows; did you mean x @ y.T\?",
    ),
    "a product with a vector": (lambda: np.ones((3, 4)) @ leaf(np.ones(3)), r"y is \(3,\). Expected y with 4 rows$"),
    "a vector's product": (lambda: leaf(np.ones(3)) @ np.ones((4, 2)), r"x is \(3,\), y is \(4, 2\)"),
    "a stack of products": (lambda: leaf(np.ones((2, 3, 4))) @ np.ones((2, 3, 4)), r"Expected y with 4 rows$"),
    "a number's product": (lambda: leaf(1.0) @ np.ones(3), r"^matmul: Input operand 0 does not have enough dim"),
    "a reshape": (lambda: leaf(np.ones(3)).reshape(2, 2), r"reshape: cannot reshape array of size 3 into shape"),
    "a join": (lambda: np.concatenate([leaf(np.ones(3)), np.ones((2, 2))]), r"concatenate: all the input arrays"),
}


@pytest.mark.parametrize(("call", "words"), SHAPES.values(), ids=SHAPES)
def test_shapes_that_do_not_fit_are_told(call, words):
    with pytest.raises(ShapeError, match=words):
        call()


def test_a_constant_made_of_a_traced_tensor_is_refused():
    x = tg.Tensor([1.0, 2.0], requires_grad=True)
    with pytest.raises(tg.errors.TracedError, match=r"Tensor\(x\) on a Tensor that is being differentiated"):
        tg.Tensor(x * 2)


def test_ragged_lists_are_told():
    with pytest.raises(tg.errors.ShapeError, match="Tensor: this list makes no array"):
        tg.Tensor([[1, 2], [3]])


def test_nothing_can_be_taken():
    assert np.take(tg.Tensor([1.0, 2.0]), []).shape == (0,)


def test_einsum_counts_its_operands():
    with pytest.raises(tg.errors.ShapeError, match="names 2 operands, but 1 were given"):
        np.einsum("ij,k", tg.Tensor(np.ones((2, 2))))


def test_memory_is_counted_in_bytes():
    x = tg.Tensor(np.ones((2, 3), np.float32))
    assert (x.nbytes, x.itemsize) == (24, 4)


class Reluctant:
    """Takes no part in NumPy's ufuncs: it has operators of its own."""

    __array_ufunc__ = None
    __rmatmul__ = __radd__ = lambda self, x: "mine"


@pytest.mark.parametrize("apply", [lambda x, y: x @ y, lambda x, y: x + y], ids=["matmul", "add"])
def test_an_object_that_refuses_ufuncs_has_its_own_operators(apply):
    assert apply(np.ones(2), Reluctant()) == "mine"
    assert apply(tg.Tensor(np.ones(2), requires_grad=True), Reluctant()) == "mine"


def test_an_object_that_refuses_ufuncs_is_no_argument_of_one():
    with pytest.raises(TypeError):
        np.add(tg.Tensor(np.ones(2), requires_grad=True), Reluctant())


def test_a_comparison_with_a_word_is_false_as_in_numpy():
    assert (leaf() == "a").tolist() == (X == "a").tolist()
    assert (leaf() != "a").all()


def test_the_clip_method_of_an_array_takes_a_traced_bound():
    gradient = tg.grad(lambda high: np.sum(np.array([1.0, 2.0, 5.0, 7.0]).clip(0, high)))
    assert gradient(3.0) == 2.0
