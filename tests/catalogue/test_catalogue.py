"""For every row of the catalogue: value, both derivatives, their adjointness, second order, float32."""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from catalogue.pages import FLAT, FLAT_WITHOUT_VALUE, SAMPLES, TESTED_ELSEWHERE
from catalogue.rows import Sample
from tinygrad_edu.trees import flatten, leaves


def is_primal(x):
    return isinstance(x, np.ndarray) and x.dtype.kind in "fc"


class Call:
    """A sample as a function of its float arrays alone, which returns a flat list of arrays."""

    def __init__(self, sample: Sample, dtype=None) -> None:
        self.sample = sample
        self.flat, self.rebuild = flatten(sample.args)
        self.places = [i for i, x in enumerate(self.flat) if is_primal(x)]
        self.primals = [self.flat[i] for i in self.places]
        if dtype is not None:
            self.primals = [x.astype(np.complex64 if x.dtype.kind == "c" else dtype) for x in self.primals]

    def __call__(self, *primals):
        flat = list(self.flat)
        for i, x in zip(self.places, primals, strict=True):
            flat[i] = x
        params = self.sample.params
        if self.sample.name == "setitem":
            x, v, index = self.rebuild(flat)
            if isinstance(x, tg.Tensor):
                y = x * 1
            else:
                y = tg.Tensor(x) if any(isinstance(p, tg.Tensor) for p in primals) else np.array(x, copy=True)
            y[index] = v
            return [y]
        return leaves(self.sample.function(*self.rebuild(flat), **params))


def noise(like, seed):
    rng = np.random.default_rng(seed)
    parts = [rng.standard_normal(np.shape(x)) for x in like]
    imaginary = [1j * rng.standard_normal(np.shape(x)) if np.iscomplexobj(x) else 0 for x in like]
    return [np.asarray(p + q, dtype=x.dtype)[()] for p, q, x in zip(parts, imaginary, like, strict=True)]


def pair(xs, ys):
    """Re Σ x y: the pairing under which the walk transposes."""
    return sum(np.sum(np.real(x * y)) for x, y in zip(xs, ys, strict=True))


def slope(f, primals, direction, h=2e-3):
    """The directional derivative by central differences of sixth order."""
    at = lambda k: [np.asarray(y) for y in f(*[x + k * h * t for x, t in zip(primals, direction, strict=True)])]
    weights = {1: 3 / 4, 2: -3 / 20, 3: 1 / 60}
    ys = {k: at(k) for k in (-3, -2, -1, 1, 2, 3)}
    n = len(ys[1])
    return [sum(w * (ys[k][i] - ys[-k][i]) for k, w in weights.items()) / h for i in range(n)]


def assert_close(found, expected, tolerance=2e-8):
    for a, b in zip(found, expected, strict=True):
        scale = 1 + np.max(np.abs(b), initial=0)
        np.testing.assert_allclose(np.asarray(a), b, atol=tolerance * scale, rtol=0)


every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


@every_sample
def test_value_equals_numpy(sample):
    call = Call(sample)
    found = call(*[tg.Tensor(x, requires_grad=True) for x in call.primals])
    for a, b in zip(found, call(*call.primals), strict=True):
        data = a.data if isinstance(a, tg.Tensor) else a
        np.testing.assert_allclose(data, b, rtol=1e-15, atol=1e-15)
        assert np.shape(data) == np.shape(b)
        assert data.dtype == b.dtype


@every_sample
def test_jvp_equals_finite_differences(sample):
    call = Call(sample)
    t = noise(call.primals, 1)
    _, tangent = tg.jvp(call, call.primals, t)
    assert_close(tangent, slope(call, call.primals, t))


@every_sample
def test_vjp_is_the_adjoint_of_jvp(sample):
    call = Call(sample)
    t = noise(call.primals, 1)
    value, tangent = tg.jvp(call, call.primals, t)
    g = noise(value, 2)
    cotangents = tg.vjp(call, *call.primals)[1](g)
    sizes = pair(map(np.abs, g), map(np.abs, tangent)) + pair(map(np.abs, cotangents), map(np.abs, t)) + 1
    assert abs(pair(g, tangent) - pair(cotangents, t)) < 1e-13 * sizes
    for c, x in zip(cotangents, call.primals, strict=True):
        assert c.shape == x.shape and c.dtype == x.dtype


@every_sample
def test_second_order_is_right_in_all_mixes_of_modes(sample):
    call = Call(sample)
    t = noise(call.primals, 3)
    g = noise(call(*call.primals), 2)
    pulled = lambda *xs: list(tg.vjp(call, *xs)[1](g))
    expected = slope(pulled, call.primals, t)
    assert_close(tg.jvp(pulled, call.primals, t)[1], expected, 1e-7)  # forward over reverse
    s = noise(call.primals, 4)
    weighted = pair(s, expected)
    pushed = lambda *xs: tg.jvp(call, xs, t)[1]
    reverse_over_forward = pair(s, tg.vjp(pushed, *call.primals)[1](g))
    reverse_over_reverse = pair(t, tg.vjp(pulled, *call.primals)[1](s))
    forward_over_forward = pair(g, tg.jvp(pushed, call.primals, s)[1])
    sizes = 1 + pair(map(np.abs, s), map(np.abs, expected))
    for found in (reverse_over_forward, reverse_over_reverse, forward_over_forward):
        assert abs(found - weighted) < 1e-7 * sizes


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if not sample.double_only], ids=str)
def test_float32_stays_float32(sample):
    call, double = Call(sample, np.float32), Call(sample)
    value, pull = tg.vjp(call, *call.primals)
    g = noise([np.asarray(v) for v in call(*call.primals)], 2)
    for v, n in zip(value, call(*call.primals), strict=True):
        assert v.dtype == n.dtype
    cotangents = pull(g)
    exact = tg.vjp(double, *double.primals)[1](
        [np.asarray(x, np.complex128 if np.iscomplexobj(x) else np.float64) for x in g]
    )
    for c, x in zip(cotangents, call.primals, strict=True):
        assert c.dtype == x.dtype
    assert_close(cotangents, exact, 2e-4)
    _, tangents = tg.jvp(call, call.primals, noise(call.primals, 1))
    assert [t.dtype for t in tangents] == [np.asarray(v).dtype for v in value]


@every_sample
def test_noncontiguous_views_give_the_same(sample):
    call = Call(sample)
    views = [np.repeat(np.repeat(x, 2, -1), 1, 0)[..., ::2] if x.ndim else x for x in call.primals]
    g = noise(call(*call.primals), 2)
    assert_close(tg.vjp(call, *views)[1](g), tg.vjp(call, *call.primals)[1](g), 1e-13)


@pytest.mark.parametrize("sample", FLAT, ids=str)
def test_flat_operations_let_nothing_flow(sample):
    flat, rebuild = flatten(sample.args)
    tensors = [tg.Tensor(x, requires_grad=True) if is_primal(x) else x for x in flat]
    found = sample.function(*rebuild(tensors), **sample.params)
    expected = sample.function(*rebuild(flat), **sample.params)
    if isinstance(found, tg.Tensor):
        assert found.dtype.kind == "f"
        np.testing.assert_array_equal(found.data, expected)
        found.sum().backward()
        for t in tensors:
            if isinstance(t, tg.Tensor):
                assert t.grad is None or not np.any(t.grad)
    elif isinstance(expected, np.ndarray | tuple):
        np.testing.assert_array_equal(found, expected)
    else:
        assert found == expected


def test_every_operation_of_the_table_has_a_sample():
    sampled = {s.function for s in SAMPLES} | {s.function for s in FLAT} | FLAT_WITHOUT_VALUE | TESTED_ELSEWHERE
    allowed = [f for f, op in tg.RULES.items() if op.kind != "refused"]
    of_numpy = {f for f in allowed if getattr(f, "__module__", "numpy").split(".")[0] in ("numpy", "_operator")}
    missing = {getattr(f, "__name__", f) for f in of_numpy - sampled}
    assert not missing


IN_TABLE = [s for s in SAMPLES if s.function in tg.RULES]  # the others are formulae, as the annex has them
ELEMENTWISE = [s for s in IN_TABLE if tg.RULES[s.function].kind == "elementwise" and len(s.args) == 2 and not s.params]
TWO_ARRAYS = list(
    {s.function: s for s in ELEMENTWISE if all(is_primal(x) and x.dtype.kind == "f" for x in s.args)}.values()
)
ONE_ARRAY = [
    s for s in IN_TABLE if tg.RULES[s.function].kind == "elementwise" and len(s.args) == 1 and is_primal(s.args[0])
]


@pytest.mark.parametrize("sample", TWO_ARRAYS, ids=str)
@pytest.mark.parametrize(
    "shapes", [((3, 1), (1, 4)), ((1, 1), (3, 4)), ((), (4,)), ((3, 4), ()), ((0, 4), (1, 4)), ((1,), (0,))]
)
def test_broadcasting_is_undone(sample, shapes):
    x, y = (np.resize(a, s) if np.prod(s) else np.zeros(s) for a, s in zip(sample.args, shapes, strict=True))
    g = np.ones(np.broadcast_shapes(*shapes))
    gx, gy = tg.vjp(sample.function, x, y)[1](g)
    assert gx.shape == x.shape and gy.shape == y.shape
    wide = [np.array(a) for a in np.broadcast_arrays(x, y)]
    full = tg.vjp(sample.function, *wide)[1](g)
    for narrow, whole, shape in zip((gx, gy), full, shapes, strict=True):
        summed = whole.sum(axis=tuple(range(whole.ndim - len(shape))))
        summed = summed.sum(axis=tuple(a for a, n in enumerate(shape) if n == 1), keepdims=True)
        np.testing.assert_allclose(narrow, summed, rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("sample", ONE_ARRAY, ids=str)
def test_zero_dimensional_and_empty_arrays(sample):
    x = sample.args[0]
    scalar = x.flat[0]
    g = tg.vjp(sample.function, scalar)[1](np.ones_like(sample.function(scalar)))[0]
    assert g.shape == () and g.dtype == x.dtype
    empty = np.zeros((0, 3), x.dtype)
    g = tg.vjp(sample.function, empty)[1](np.ones_like(sample.function(empty)))[0]
    assert g.shape == (0, 3)


def test_samples_are_quiet():
    """No rule warns at an ordinary point."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sample in SAMPLES:
            call = Call(sample)
            tg.vjp(call, *call.primals)[1](noise(call(*call.primals), 2))
