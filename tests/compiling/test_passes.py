"""Each pass alone: what it does to a program, and that it keeps the meaning of any."""

import operator

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings

import tinygrad_edu as tg
from tinygrad_edu.compiling.compiled import Trace
from tinygrad_edu.compiling.emit_c import can_emit
from tinygrad_edu.compiling.passes import (
    drop,
    factor,
    flag,
    fold,
    fuse,
    gather,
    improved,
    lay,
    lower,
    merge,
    reuse,
    simplify,
    sink,
    split,
    stack,
    symmetric,
)
from tinygrad_edu.compiling.passes.costs import cost
from tinygrad_edu.compiling.passes.lower import added_at
from tinygrad_edu.compiling.passes.transposes import product
from tinygrad_edu.compiling.program import Kernel, Region
from tinygrad_edu.compiling.refusing import RuleTraceError
from tinygrad_edu.compiling.spelling_c import is_spoken
from tinygrad_edu.compiling.storage import is_view
from tinygrad_edu.rules.indexing import scatter

from .programs import programs

PASSES = {
    "fold": fold, "simplify": simplify, "merge": merge, "drop": drop, "sink": sink, "flag": flag, "fuse": fuse,
    "improved": improved, "stack": stack, "symmetric": symmetric, "factor": factor, "lay": lay,
    "lay and flag": lambda p: flag(lay(p)),
    "factors taken out": lambda p: improved(p, looked_at=True),
    "lower": lambda p: lower(p), "split": lambda p: split(p, smallest=0), "reuse": lambda p: reuse(p, smallest=1),
    "gather": lambda p: gather(fuse(p, is_spoken, smallest=1, numbers=True), can_emit, is_view),
}  # fmt: skip


def traced(f, *args):
    return Trace(f, args, {}, (), "numpy", 1).program


def operations(program):
    return [line.operation for line in program.lines]


@pytest.mark.parametrize("name", PASSES)
@given(case=programs())
@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
def test_a_pass_keeps_the_meaning_of_any_program(name, case):
    f, arrays = case
    try:
        program = traced(tg.value_and_grad(f, (0, 1)), *arrays)
    except RuleTraceError:  # a rule met ties
        return
    for before in (program, simplify(fold(program))):
        with np.errstate(all="ignore"):
            results = zip(PASSES[name](before)(*arrays), before(*arrays), strict=True)
        for a, b in results:
            np.testing.assert_allclose(a, b, rtol=1e-11, atol=1e-11)


# --- what each does ---------------------------------------------------------------------------------------------------

x = np.array([1.0, 2.0, 3.0])


def test_fold_computes_what_reads_no_input():
    program = fold(traced(lambda x: x * (np.ones_like(np.sum(x)) / 4), x))
    assert operations(program) == [np.sum, np.multiply]
    assert program.lines[1].args[1] == 0.25


def test_fold_leaves_the_users_arrays_alone():
    data = np.ones(3)
    assert operations(fold(traced(lambda x: x + np.exp(data), x))) == [np.exp, np.add]


IDENTITIES = {
    "x * 1": (lambda x: x * 1, []),
    "1 * x": (lambda x: 1.0 * x, []),
    "x / 1": (lambda x: x / 1, []),
    "x - 0": (lambda x: x - 0.0, []),
    "x + 0, which turns -0 to 0": (lambda x: x + 0.0, [np.add]),
    "0 * x, which may be NaN": (lambda x: 0 * x, [np.multiply]),
    "--x": (lambda x: np.negative(-x), []),
    "x ** 1": (lambda x: x**1, []),
    "x ** 2": (lambda x: x**2, [np.square]),
    "x ** 3": (lambda x: x**3, [operator.pow]),
    "x * x": (lambda x: x * x, [np.square]),
    "x * -1": (lambda x: x * -1, [np.negative]),
    "x + -y": (lambda x: np.exp(x) + -x, [np.exp, np.subtract]),
    "-x * -y": (lambda x: -x * -np.exp(x), [np.exp, np.multiply]),
    "-x * 2": (lambda x: -x * 2.0, [np.multiply]),
    "sum(-x)": (lambda x: np.sum(-x), [np.sum, np.negative]),
    "mean": (lambda x: np.mean(x), [np.sum, np.divide]),
    "x.T.T of a row": (lambda x: x.T, []),
    "reshape twice": (lambda x: np.reshape(np.reshape(x, (3, 1)), (3,)), []),
    "astype": (lambda x: x.astype(float), []),
    "where(c, x, x)": (lambda x: np.where(x > 0, x, x), []),
    "x[:]": (lambda x: x[:], []),
}


@pytest.mark.parametrize("name", IDENTITIES)
def test_simplify_applies_what_holds_to_the_last_bit(name):
    f, expected = IDENTITIES[name]
    program = drop(simplify(simplify(traced(f, x))))
    assert operations(program) == expected
    special = np.array([-0.0, np.inf, np.nan])
    with np.errstate(all="ignore"):
        (found,), wanted = program(special), f(special)
    np.testing.assert_array_equal(found, wanted)
    assert np.array_equal(np.signbit(np.atleast_1d(found)[:1]), np.signbit(np.atleast_1d(wanted)[:1]))


def test_merge_keeps_the_first_of_equal_lines_and_all_random_ones():
    f = lambda x, rng: np.sin(x) * np.sin(x) + rng.normal() + rng.normal()
    names = [getattr(o, "__name__", "") for o in operations(merge(traced(f, x, np.random.default_rng(0))))]
    assert names == ["sin", "multiply", "normal", "add", "normal", "add"]


def test_drop_leaves_out_what_nobody_reads():
    assert operations(drop(traced(lambda x: (np.exp(x), np.sin(x))[1], x))) == [np.sin]


def test_sink_lets_broadcasting_do_what_broadcast_to_did():
    f = lambda x: np.broadcast_to(np.sum(x), (3,)) * x
    assert operations(drop(sink(traced(f, x)))) == [np.sum, np.multiply]
    g = lambda x: np.exp(np.broadcast_to(np.sum(x), (3,)))
    program = drop(sink(traced(g, x)))
    assert operations(program) == [np.sum, np.exp, np.broadcast_to]
    assert program.lines[1].result.shape == ()


def test_flag_takes_transposes_into_the_product():
    A = np.arange(6.0).reshape(2, 3)
    program = improved(traced(lambda A: A.T @ A @ np.swapaxes(A, -1, -2), A))
    assert operations(program) == [product, product]
    assert [dict(line.params) for line in program.lines] == [{"left": True}, {"right": True}]


def test_lower_adds_into_slices():
    f = tg.grad(lambda x: np.sum(x[1:] * x[:-1]))
    lines = drop(lower(improved(traced(f, x)))).lines
    assert [line.operation for line in lines if line.operation in (added_at, scatter)] == [scatter, added_at]


def test_fuse_makes_one_kernel_of_what_goes_by_elements_and_its_sums():
    f = tg.value_and_grad(lambda x: np.mean(np.log1p(np.exp(-x)) + np.tanh(x) ** 2))
    program = fuse(improved(traced(f, x)))
    kernels = [line for line in program.lines if isinstance(line.operation, Kernel)]
    assert len(kernels) == 1
    assert len(kernels[0].results) == 2


def test_no_kernel_waits_for_another():
    f = lambda x: np.exp(x - np.max(x)) / np.sum(np.exp(x - np.max(x)))
    program = fuse(improved(traced(f, x)))
    known = set(program.inputs)
    for line in program.lines:
        assert known.issuperset(line.reads)
        known.update(line.results)


def test_reuse_never_writes_over_inputs_results_or_what_a_view_still_sees():
    def f(x):
        a = np.exp(x)
        part = a[1:]
        b = np.sin(a)
        return b + 1, np.sum(part), np.cos(b) * 2

    program = reuse(traced(f, x), smallest=1)
    kept = {*program.inputs, *(v for v in program.outputs)}
    assert kept.isdisjoint(program.notes["out"].values())
    module = tg.compile(f)
    assert np.array_equal(module(x)[0], f(x)[0])


def test_gather_leaves_to_numpy_what_c_cannot_say():
    f = lambda x: np.linalg.norm(np.exp(x) + 1) * np.sin(np.sort(np.cos(x)))
    program = gather(fuse(improved(traced(f, x)), is_spoken, smallest=1, numbers=True), can_emit, is_view)
    assert [type(line.operation) is Region for line in program.lines].count(True) == 2
    for a, b in zip(program(x), [f(x)], strict=True):
        np.testing.assert_allclose(a, b)


def test_stack_makes_one_product_of_the_columns_of_a_hessian():
    X = np.arange(60.0).reshape(12, 5) / 30
    f = tg.hessian(lambda w: np.sum(np.log1p(np.exp(X @ w))))
    w = np.linspace(-1.0, 1.0, 5)
    program = improved(traced(f, w))
    products = [line for line in program.lines if line.operation in (np.matmul, product)]
    assert len(products) == 3  # one forward, and two for all the columns
    np.testing.assert_allclose(program(w, X)[0], f(w), rtol=1e-13)


def test_stack_takes_all_rows_in_one_product():
    W = np.arange(6.0).reshape(2, 3)

    def f(xs, h):
        for k in range(7):
            h = np.tanh(h + W @ xs[k])
        return h

    xs, h = np.ones((7, 3)) / 5, np.zeros(2)
    program = improved(traced(f, xs, h))
    assert [line.operation for line in program.lines].count(np.matmul) == 0
    assert [line.operation for line in program.lines].count(product) == 1
    np.testing.assert_allclose(program(xs, h, W)[0], f(xs, h), rtol=1e-14)


@pytest.mark.parametrize("rows", [[3, 1, 0, 2, 1], [0, 2, 4, 6, 1], [-1, 0, 1, 2, 3]])
def test_stack_takes_rows_in_any_order(rows):
    W, x = np.arange(6.0).reshape(2, 3), np.random.default_rng(0).normal(size=(7, 3))
    f = lambda x: np.sum(np.tanh(np.stack([W @ x[k] for k in rows], axis=1)) * np.arange(5.0))
    np.testing.assert_allclose(improved(traced(f, x))(x, W)[0], f(x), rtol=1e-13)


def test_stack_leaves_what_needs_its_neighbour():
    f = lambda x: x[0] + sum(np.exp(x[k] * x[k + 1]) for k in range(8))
    x = np.random.default_rng(0).normal(size=(9, 2))
    np.testing.assert_allclose(improved(traced(f, x))(x)[0], f(x), rtol=1e-14)


def test_factor_computes_with_small_arrays_and_sums_first():
    def f(z, r, s):
        return np.sum(z * r / s, axis=0), np.sum(z * 2.0 * s * 3.0), np.sum(z * r * s, axis=(0, 2))

    random = np.random.default_rng(0)
    z, r, s = random.normal(size=(500, 3, 4)), random.normal(size=(500, 3, 1)), random.uniform(1, 2, size=(3, 4))
    program = traced(f, z, r, s)
    better = factor(simplify(program))
    assert cost(better) < 0.7 * cost(program)
    for a, b in zip(better(z, r, s), f(z, r, s), strict=True):
        np.testing.assert_allclose(a, b, rtol=1e-12)


def test_factor_takes_no_sum_of_what_varies():
    f = lambda z, r: np.sum(z * r, axis=1)
    z, r = np.ones((400, 4)), np.arange(4.0)
    np.testing.assert_array_equal(factor(traced(f, z, r))(z, r)[0], f(z, r))


def test_factor_leaves_single_precision_single():
    z, s = np.ones((600, 4), np.float32), np.full(4, 3.0, np.float32)
    f = lambda z, s, t: (np.sum(z * s * 0.5 / s, axis=0), np.sum(z * t * s))
    for a, b in zip(factor(traced(f, z, s, 2.0))(z, s, 2.0), f(z, s, 2.0), strict=True):
        assert a.dtype == b.dtype == np.float32
        np.testing.assert_allclose(a, b, rtol=1e-6)


def test_where_a_product_of_factors_overflows_the_function_itself_is_called():
    z, big = np.full(5000, 1e-300), 1e200
    f = tg.value_and_grad(lambda z, s: np.sum(z * s * s))
    value, _ = tg.compile(f)(z, big)
    assert value == pytest.approx(f(z, big)[0])


def test_draws_stay_in_their_order():
    def f(x, rng):
        a = np.exp(x)
        first = rng.normal(a[:3])[0]
        second = rng.normal()
        return first - second + np.sum(np.cos(x) * a)

    x = np.linspace(0, 1, 5)
    program = traced(f, x, np.random.default_rng(0))
    expected = f(x, np.random.default_rng(1))
    spoken = fuse(program, is_spoken, smallest=1, numbers=True)
    for each in (fuse(program), gather(spoken, can_emit, is_view), stack(program)):
        assert each(x, np.random.default_rng(1))[0] == pytest.approx(expected)


def test_lower_makes_scalar_products_of_sums_of_products():
    x = np.random.default_rng(0).normal(size=9000)
    f = lambda x: np.sum(100.0 * (x - 1) ** 2 + 0.5 * (x * np.sin(x)))
    program = drop(lower(improved(traced(f, x))))
    assert [line.operation for line in program.lines].count(np.vdot) == 2
    assert program(x)[0] == pytest.approx(f(x), rel=1e-13)


def test_reshapes_go_after_pointwise_lines():
    x = np.arange(6.0)
    before = traced(lambda x: np.sum(np.exp(2.0 * (x + 1.0).reshape(2, 3)) - x.reshape(2, 3)), x)
    program = drop(lay(before))
    assert np.reshape not in operations(program)
    assert program(x)[0] == pytest.approx(before(x)[0])


def test_transposes_are_flags_of_products_also_through_pointwise_lines():
    x, v = np.arange(12.0).reshape(4, 3), np.array([1.0, -2.0, 0.5, 3.0])
    before = traced(lambda x, v: ((x.T * v) @ x).T, x, v)
    program = drop(flag(lay(simplify(before))))
    assert np.matrix_transpose not in operations(program)
    assert operations(program)[-1] is product
    np.testing.assert_allclose(program(x, v)[0], before(x, v)[0])


def test_a_transposed_product_of_transposes_has_no_transpose_left():
    x, y = np.arange(12.0).reshape(4, 3), np.arange(8.0).reshape(2, 4)
    before = traced(lambda x, y: (x.T @ y.T).T, x, y)
    program = drop(flag(simplify(before)))
    assert operations(program) == [np.matmul]
    np.testing.assert_allclose(program(x, y)[0], y @ x)


def over(f, *args):
    """For each result of a kernel that is written over an argument: the two."""
    program = reuse(fuse(improved(traced(f, *args)), smallest=1), smallest=1)
    kernels = {v: line for line in program.lines if isinstance(line.operation, Kernel) for v in line.results}
    return [(v, x) for v, x in program.notes["out"].items() if v in kernels and x in kernels[v].reads]


def test_a_result_is_written_over_an_argument_only_when_that_was_read():
    x = np.linspace(0.1, 1.0, 49).reshape(7, 7)
    assert over(lambda x: np.exp(x @ x) * 2.0, x)
    assert not over(lambda x: np.exp(x) * 2.0, x)  # the caller's own

    def twice(x):
        y = x @ x
        return np.exp(y) * 2.0, y

    def read_after(x):
        y = x @ x
        z = np.exp(y)
        return z, np.sum(z * y)

    assert not over(twice, x)
    assert not over(read_after, x)


@pytest.mark.parametrize("backend", ["numpy", "c"])
@pytest.mark.parametrize("turned", [False, True])
def test_memory_that_does_not_lie_in_order_is_not_written_to_as_if_it_did(backend, turned):
    def f(x):
        y = x.T * 2.0 if turned else x * 2.0  # as NumPy makes it, y lies as x does
        z = y @ x
        w = np.exp(-np.tanh(y)) + np.sqrt(np.abs(z)) * y
        return w @ (np.tanh(w) * np.exp(-w * w) + np.log1p(w * w)), np.sum(w)

    x = np.random.default_rng(0).normal(size=(400, 400))
    expected, sums = f(x)
    compiled = tg.compile(f, backend, threads=2)
    for each in (x, np.asfortranarray(x)):
        compiled(each)
        found = compiled.wait()(each)
        np.testing.assert_allclose(found[0], expected, rtol=1e-11, atol=1e-9)
        np.testing.assert_allclose(found[1], sums, rtol=1e-11)
