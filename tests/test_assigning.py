"""Assignment binds a handle to a new value; nothing that was computed before changes."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import DtypeError, InPlaceError, ShapeError

X = np.array([1.0, 2.0, 3.0])


def leaf():
    return tg.Tensor(X, requires_grad=True)


def in_place(step):
    """The function of x that takes `step` on a copy of it."""

    def f(x):
        y = x * 1
        return step(y, x)

    return f


# fmt: off
STEPS = {
    "an element":        (lambda y, x: y.__setitem__(0, x[1]),                          [0, 1, 0], [0, 1, 0]),
    "a slice":           (lambda y, x: y.__setitem__(slice(1, None), x[:2] * 2),        [1, 2, 0], None),
    "a mask":            (lambda y, x: y.__setitem__(y > 1.5, 0.0),                     [1, 0, 0], None),
    "a repeated index":  (lambda y, x: y.__setitem__(np.array([0, 0]), x[1:]),          [0, 0, 1], None),
    "leading axes":      (lambda y, x: y.__setitem__(slice(1, None), x[None, None, :2] * 2), None, None),
    "leading, fancy":    (lambda y, x: y.__setitem__(np.array([2, 0, 2]), x[None]),     None, None),
    "leading, one":      (lambda y, x: y.__setitem__(slice(1), x[None, 1:2]),           None, None),
    "fill":              (lambda y, x: y.fill(x[2]),                                    [0, 0, 3], None),
}
# fmt: on


@pytest.mark.parametrize("name", STEPS)
def test_assigned_elements_take_the_gradient_of_what_was_assigned(name):
    step = STEPS[name][0]

    def f(x):
        y = x * 1
        step(y, x)
        return y

    value = f(tg.Tensor(X)).data
    plain = X.copy()
    step(plain, X)
    np.testing.assert_array_equal(value, plain)
    jacobians = [tg.jacobian(f, mode=mode)(X) for mode in ("forward", "reverse")]
    np.testing.assert_array_equal(jacobians[0], jacobians[1])
    for k, e in enumerate(np.eye(3)):
        h = 1e-6
        slope = (f(tg.Tensor(X + h * e)).data - f(tg.Tensor(X - h * e)).data) / (2 * h)
        np.testing.assert_allclose(jacobians[0][:, k], slope, atol=1e-8)


@pytest.mark.parametrize(
    ("operator", "slope"),
    [
        (lambda y, x: y.__iadd__(x[0]), lambda x: 2 * x * 0 + 1),
        (lambda y, x: y.__isub__(1.0), lambda x: x * 0 + 1),
        (lambda y, x: y.__imul__(y), lambda x: 2 * x),
        (lambda y, x: y.__itruediv__(2.0), lambda x: x * 0 + 0.5),
        (lambda y, x: y.__ipow__(3), lambda x: 3 * x**2),
        (lambda y, x: y.__imod__(10.0), lambda x: x * 0 + 1),
        (lambda y, x: y.__ifloordiv__(2.0), lambda x: x * 0),
        (lambda y, x: y.__imatmul__(np.eye(3)), lambda x: x * 0 + 1),
    ],
)
def test_augmented_assignment_differentiates(operator, slope):
    gradient = tg.grad(lambda x: np.sum(operator(x * 1, x.detach() if isinstance(x, tg.Tensor) else x)))(X)
    np.testing.assert_allclose(gradient, slope(X))


@pytest.mark.parametrize("mode", ["forward", "reverse"])
def test_assignment_is_right_at_second_order(mode):
    def f(x):
        y = x**3
        y[0] = x[1] ** 2 * x[2]
        y[1:] *= y[0]
        return np.sum(y)

    by_hand = lambda x: x[1] ** 2 * x[2] * (1 + x[1] ** 3 + x[2] ** 3)
    first = lambda x: tg.jacobian(by_hand, mode=mode)(x)
    np.testing.assert_allclose(tg.hessian(f)(X), tg.hessian(by_hand)(X), rtol=1e-12)
    np.testing.assert_allclose(tg.jacobian(tg.grad(f), mode=mode)(X), tg.jacobian(first)(X), rtol=1e-12)


def test_an_old_handle_keeps_its_old_value():
    x = leaf()
    y = x * 1
    old, part = y + 0, y[1:]
    y[1] = 10.0
    y += 1
    assert old.tolist() == [1, 2, 3] and part.tolist() == [2, 3] and y.tolist() == [2, 11, 4]
    (old * y).sum().backward()
    np.testing.assert_array_equal(x.grad, [1 + 2, 11, 3 + 4])


def test_a_leaf_refuses_unless_under_no_grad():
    x = leaf()
    for assign in (lambda: x.__setitem__(0, 1.0), lambda: x.__iadd__(1.0), lambda: x.fill(0.0)):
        with pytest.raises(InPlaceError, match=r"Assign under tg.no_grad\(\), or into a copy"):
            assign()
    with tg.no_grad():
        x[0] = 5.0
        x -= 1.0
    assert x.tolist() == [4, 1, 2] and x.is_leaf and x.requires_grad


def test_a_constant_is_assigned_to_without_a_gradient():
    x = tg.Tensor(X)
    x[0] = 7.0
    x *= 2
    assert x.tolist() == [14, 4, 6] and not x.requires_grad
    np.testing.assert_array_equal(X, [1, 2, 3])


def test_a_constant_that_gets_a_traced_value_becomes_traced():
    w = leaf()
    x = tg.Tensor(np.zeros(3))
    x[1:] = w[:2] ** 2
    x.sum().backward()
    np.testing.assert_array_equal(w.grad, [2, 4, 0])


def test_augmented_assignment_keeps_the_dtype_as_in_numpy():
    x = tg.Tensor(np.ones(3, np.float32), requires_grad=True)
    y = x * 1
    y += np.ones(3)
    assert y.dtype == np.float32
    y.sum().backward()
    assert x.grad.dtype == np.float32


@pytest.mark.parametrize(
    ("target", "value", "cure"),
    [(np.array([1, 2, 3]), leaf(), "float"), (np.ones(3), leaf() * 1j, "complex")],
)
def test_assignment_that_would_cut_off_a_gradient_is_refused(target, value, cure):
    x = tg.Tensor(target)
    with pytest.raises(DtypeError, match=rf"Make the target {cure}: x = x.astype\({cure}\)"):
        x += value


def test_integers_do_not_take_the_elements_of_a_traced_tensor():
    x = tg.Tensor(np.array([1, 2, 3]))
    with pytest.raises(DtypeError, match="cut its decimals off"):
        x[0] = leaf()[0]


def test_augmented_assignment_does_not_change_the_shape():
    y = leaf() * 1
    with pytest.raises(ShapeError, match=r"shape \(3,\): the result has shape \(2, 3\)"):
        y += np.ones((2, 3))


def test_a_sum_may_grow_into_an_array():
    """np.sum gives a number, which in NumPy too is no array that could keep its shape."""
    s = np.sum(leaf())
    s += np.ones(3)
    assert s.tolist() == [7, 7, 7]


# --- parts of what is still in use


PARTS = {
    "x[i][j] = v": "y[0][1] = 5.0",
    "x[i][j] += v": "y[0][1] += 5.0",
    "the transpose": "y.T[0] = 5.0",
    "another shape": "y.reshape(-1)[0] = 5.0",
    "a named row": "row = y[0]; row += 1",
    "rows in a loop": "for row in y: row *= 0",
    "halves": "top, bottom = y[:1], y[1:]; top[:] = 0",
    "fill": "y[0].fill(0.0)",
    "sort": "y[0].sort()",
    "at": "np.add.at(y.T, 0, 1.0)",
    "out=": "np.exp(y[0], out=y[1])",
    "columns in a loop": "for column in y.T: column -= np.mean(column)",
    "a column by place": "y.T[1][0] += 1",
    "a column of the transpose": "y.T[0].fill(7.0)",
    "copyto": "np.copyto(y.T[0], 7.0)",
    "out= a part of a part": "np.exp(y, out=y.T.T)",
    "a slice of a slice": "v = y[1:]; w = v[0]; del v; w += 1",
    "a part of a line": "y.reshape(-1)[:3][0] = 7.0",
    "squeeze": "v = np.squeeze(y); v[0] = 7.0",
    "real": "v = y.real; v += 1",
    "astype": "v = y.astype(float, copy=False); v[0] = 7.0",
    "einsum": "v = np.einsum('ij->ji', y); v[0] = 7.0",
    "real_if_close": "v = np.real_if_close(y); v *= 2",
    "backwards": "v = y[::-1][0]; v *= 2",
    "put": "v = y.T[0]; v.put([0], [9.0])",
    "one of several": "a, b = np.split(y.T, 2); a *= 2",
}


@pytest.mark.parametrize("size", [2, 120])  # of large arrays the record remembers less
@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("name", PARTS)
def test_assignment_into_a_part_of_a_tensor_in_use_is_refused(name, requires_grad, size):
    y = tg.Tensor(np.ones((size, size)), requires_grad=requires_grad) * 1
    with pytest.raises(InPlaceError, match=r"parts of a Tensor are Tensors of their own.*part = x\[0\].copy\(\)"):
        exec(PARTS[name], {"y": y, "np": np})


COPIES = [
    "v = y.flatten(); v[0] = 7.0",
    "v = np.take(y, [0, 1], axis=0); v[0] = 7.0",
    "v = np.reshape(y, (1, -1), copy=True); v[0] = 7.0",
    "v = y.copy()[0]; v *= 2",
    "v = (y + 1).T[0]; v *= 2",
    "v = np.sort(y)[0]; v *= 2",
    "v = np.cumsum(y)[1:]; v *= 2",
    "v = y[[0, 1]][0]; v *= 2",
    "v = np.vstack([y, y])[0]; v *= 2",
    "v = np.where(True, y, 0)[0]; v *= 2",
    "np.nan_to_num(y, copy=False); v = y * 2",
]


@pytest.mark.parametrize("size", [2, 120])
@pytest.mark.parametrize("requires_grad", [True, False])
@pytest.mark.parametrize("program", COPIES)
def test_assignment_into_a_copy_does_what_it_does_in_numpy(program, requires_grad, size):
    start = np.arange(1.0, size * size + 1).reshape(size, size)
    plain = {"y": start.copy(), "np": np}
    ours = {"y": tg.Tensor(start, requires_grad=requires_grad) * 1, "np": np}
    exec(program, plain)
    exec(program, ours)
    for name in "yv":
        np.testing.assert_array_equal(ours[name].data, plain[name])


@pytest.mark.parametrize(
    "program",
    [
        "y = (x * 2).reshape(3, 1); y[0] = 5.0",
        "y = x * 2; y = y[1:]; y[0] = 5.0",
        "y = x[1:].copy(); y += 1",
        "first, second, third = np.split(x * 2, 3); second *= 2",
        "y = np.sin(x).T; y[0] = 1.0",
        "y = np.sin(x).T.T[1:]; y[0] = 1.0",
        "y = x * 2; y[0] += 1; y[1:][...]",
    ],
)
def test_assignment_into_a_part_of_what_nobody_holds_is_allowed(program):
    exec(program, {"x": leaf(), "np": np})


HELD = {
    "rows in a list": "rows = list(y); rows[0] += 10",
    "a row in a dict": "d = {'row': y[0]}; d['row'] += 1",
    "a transpose in a list": "parts = [y.T]; parts[0] *= 2",
    "halves in a list": "parts = np.split(y, 2); parts[0] += 1",
}


@pytest.mark.parametrize("program", HELD.values(), ids=HELD)
def test_a_part_that_a_container_holds_is_a_part_all_the_same(program):
    y = tg.Tensor(np.ones((2, 2)), requires_grad=True) * 1
    with pytest.raises(InPlaceError, match="parts of a Tensor"):
        exec(program, {"y": y, "np": np})


def test_the_handle_in_a_container_is_the_handle():
    y = tg.Tensor(np.ones(2), requires_grad=True) * 1
    held = {"a": y, "b": [y]}
    held["a"] += 1
    held["b"][0] *= 3
    assert held["a"] is held["b"][0] is y and y.tolist() == [6, 6]


def test_a_leaf_in_a_container_is_trained():
    w = tg.Tensor([1.0, 2.0], requires_grad=True)
    params = {"w": w}
    np.sum((w - 3) ** 2).backward()
    with tg.no_grad():
        params["w"] -= 0.5 * w.grad
    assert params["w"] is w and w.tolist() == [3, 3] and w.requires_grad
    with pytest.raises(InPlaceError, match="into a leaf"):
        params["w"] -= 1


def test_out_is_assigned_to():
    w = tg.Tensor([-1.0, 0.5, 2.0], requires_grad=True)
    total = tg.Tensor(0.0)
    assert np.sum(w * w, out=total) is total
    total.backward()
    np.testing.assert_array_equal(w.grad, [-2, 1, 4])
    with tg.no_grad():
        assert np.clip(w, 0, 1, out=w) is w
        plain = np.zeros(3)
        np.cumsum(w, out=plain)
    assert w.tolist() == [0, 0.5, 1] and plain.tolist() == [0, 0.5, 1.5]
    with pytest.raises(InPlaceError, match="out= would lose the gradient"):
        np.cumsum(w, out=plain)
    with pytest.raises(ShapeError, match=r"out= has shape \(3,\), but the result has \(\)"):
        np.sum(w, out=tg.Tensor(np.zeros(3)))


def test_an_argument_is_not_assigned_to_in_any_transform():
    def f(x):
        x[0] = 1.0
        return np.sum(x * x)

    for transform in (tg.grad, tg.hessian, lambda f: tg.grad(lambda x: np.sum(tg.grad(f)(x)))):
        with pytest.raises(InPlaceError, match="into a leaf"):
            transform(f)(X)


def test_assignment_into_a_tensor_that_a_container_keeps_is_allowed():
    kept = {"w": leaf() * 1, "several": [leaf() * 1, leaf() * 2]}
    kept["w"][0] = 5.0
    kept["several"][1][0] = 5.0
    kept["several"][1][1] += 1.0
    assert kept["w"].tolist() == [5, 2, 3] and kept["several"][1].tolist() == [5, 5, 6]


# --- a Tensor into a plain array


def test_a_tensor_assigned_into_a_plain_array_raises_with_the_cure():
    x, array = leaf(), np.zeros((2, 3))
    with pytest.raises(InPlaceError, match=r"array = tg.Tensor\(array\).*np.stack"):
        array[0] = x
    with pytest.raises(ValueError, match="setting an array element") as caught:  # NumPy's words, from ours
        array[0, 0] = x[0]
    assert isinstance(caught.value.__cause__, InPlaceError)
    with pytest.raises(InPlaceError, match="out="):
        array += x


def test_a_number_made_of_a_tensor_may_be_stored():
    x, array = leaf(), np.zeros(2)
    array[0] = float(x[1])
    array[1] = x[2].item()
    assert array.tolist() == [2, 3]


def test_the_cure_for_a_plain_array_works():
    def f(x):
        array = tg.Tensor(np.zeros(3))
        for i in range(3):
            array[i] = x[i] ** 2
        return np.sum(array)

    np.testing.assert_array_equal(tg.grad(f)(X), 2 * X)


OUTS = {
    "take": lambda x, out: np.take(x, [0], out=out),
    "take, by place": lambda x, out: np.take(x, [0], None, out),
    "median": lambda x, out: np.median(x, out=out),
    "median, by place": lambda x, out: np.median(x, None, out),
    "dot": lambda x, out: np.dot(x, x, out),
    "the method dot": lambda x, out: x.dot(x, out),
    "round": lambda x, out: np.round(x, 0, out),
    "trace": lambda x, out: np.trace(np.diag(x), 0, 0, 1, None, out),
    "compress": lambda x, out: np.compress([True], x, None, out),
    "quantile": lambda x, out: np.quantile(x, 0.5, None, out),
}


@pytest.mark.parametrize("name", OUTS)
def test_out_of_a_formula_is_refused(name):
    with pytest.raises(InPlaceError, match="out= would lose the gradient"):
        OUTS[name](leaf(), np.zeros(1))
