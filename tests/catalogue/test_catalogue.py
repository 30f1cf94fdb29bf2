"""For every row of the catalogue: value, both derivatives, their adjointness, second order, float32.

The laws are those that anybody can hold an operation to, in `tinygrad_edu.testing.laws`.
"""

from __future__ import annotations

import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from catalogue.pages import FLAT, FLAT_WITHOUT_VALUE, SAMPLES, TESTED_ELSEWHERE
from catalogue.rows import Sample
from tinygrad_edu.testing import laws
from tinygrad_edu.testing.laws import Example, is_primal, noise
from tinygrad_edu.trees import flatten, leaves


class Call(Example):
    """A sample as a function of its float arrays alone; an assignment returns what it has written into."""

    def __init__(self, sample: Sample, dtype=None) -> None:
        super().__init__(sample.function, sample.args, sample.params, dtype)
        self.sample = sample

    def results(self, *args):
        if self.sample.name != "setitem":
            return leaves(self.function(*args, **self.params))
        x, v, index = args
        if isinstance(x, tg.Tensor):
            y = x * 1
        else:
            y = tg.Tensor(x) if any(isinstance(p, tg.Tensor) for p in (x, v)) else np.array(x, copy=True)
        y[index] = v
        return [y]


every_sample = pytest.mark.parametrize("sample", SAMPLES, ids=str)


@every_sample
def test_value_equals_numpy(sample):
    laws.recording_changes_nothing(Call(sample))


@every_sample
def test_jvp_equals_finite_differences(sample):
    laws.forward_mode_is_measured(Call(sample))


@every_sample
def test_vjp_is_the_adjoint_of_jvp(sample):
    laws.modes_are_adjoint(Call(sample))


@every_sample
def test_second_order_is_right_in_all_mixes_of_modes(sample):
    laws.second_order_is_measured(Call(sample))


@pytest.mark.parametrize("sample", [sample for sample in SAMPLES if not sample.double_only], ids=str)
def test_float32_stays_float32(sample):
    laws.single_precision_stays(Call(sample, np.float32), Call(sample))


@every_sample
def test_noncontiguous_views_give_the_same(sample):
    laws.views_agree(Call(sample))


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
    laws.broadcasting_is_undone(sample.function, x, y)


@pytest.mark.parametrize("sample", ONE_ARRAY, ids=str)
def test_zero_dimensional_and_empty_arrays(sample):
    laws.shapes_of_elements_do_not_matter(sample.function, sample.args[0])


def test_samples_are_quiet():
    """No rule warns at an ordinary point."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for sample in SAMPLES:
            call = Call(sample)
            tg.vjp(call, *call.primals)[1](noise(call(*call.primals), 2))
