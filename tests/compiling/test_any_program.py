"""Random programs, compiled: values and gradients are those of the eager pass, and no argument is modified.

The programs are those of `test_programs.py`, which are drawn from most of the vocabulary, and those of `programs.py`,
which are made of what the passes look for. The environment variable PROGRAMS sets how many are drawn in each backend
(40 in NumPy, 4 in C; a long run: 5000). All of it is done twice: with the thresholds as they are, and so low that small
arrays are treated as large ones.

Sums are put together in another order than NumPy's, so the tolerance is in units in the last place of the largest
number that the pass meets: 2000 of them, which is 4e-13 of it.
"""

import os

import numpy as np
import pytest
from hypothesis import HealthCheck, assume, event, given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tests.test_programs import near_a_kink, programs, run
from tinygrad_edu.compiling import backends, emit_blocks, emit_numpy, loops, toolchain
from tinygrad_edu.compiling.passes import reuse

from . import programs as own

ULPS = 2000
BACKENDS = [
    pytest.param("numpy", 40),
    pytest.param("c", 4, marks=pytest.mark.skipif(toolchain.compiler() is None, reason="no C compiler")),
]


@st.composite
def cases(draw):
    """A function of a list of arrays, the list, and whether some step of it is nearly undecided."""
    if draw(st.integers(0, 3)) == 0:
        f, arrays = draw(own.programs(longest=8))
        single = any(name == "single" for name, _, _ in f.steps)
        return (lambda x: f(*x)), arrays, (lambda: False), 1e9 if single else 1.0
    inputs, steps, weights = draw(programs())
    f = lambda x: run(x, steps, weights)
    return f, inputs, (lambda: near_a_kink(inputs, steps)), 1.0


@pytest.fixture(params=[False, True], ids=["as it is", "as if large"])
def large(request, monkeypatch):
    """Kernels by blocks, memory that is used again, and threads, also for arrays of a few elements."""
    monkeypatch.setattr(emit_numpy, "FORGOTTEN", 0)
    if request.param:
        monkeypatch.setattr(backends, "LARGE", 0)
        monkeypatch.setattr(backends, "reuse", lambda program: reuse(program, smallest=2))
        monkeypatch.setattr(emit_numpy, "SMALLEST", 2)
        monkeypatch.setattr(emit_blocks, "BLOCK", 32)
        for name, small in (("LONG", 0), ("LARGEST", 1), ("BLOCK", 2)):
            monkeypatch.setattr(loops, name, small)


@pytest.mark.parametrize(("backend", "usual"), BACKENDS)
def test_any_program_computes_the_same_compiled(backend, usual, large):
    @settings(
        max_examples=int(os.environ.get("PROGRAMS", usual)),
        deadline=None,
        suppress_health_check=list(HealthCheck),
        derandomize="PROGRAMS" not in os.environ,
        database=None,
    )
    @given(cases())
    def check(case):
        f, inputs, is_near, loose = case
        both = tg.value_and_grad(f)
        with np.errstate(all="ignore"):
            value, gradient = both(inputs)
            before = [np.array(x) for x in inputs]
            compiled = tg.compile(both, backend, threads=2)
            compiled(inputs)
            found, slopes = compiled.wait()(inputs)
        assert all(np.array_equal(x, y) for x, y in zip(inputs, before, strict=True))
        kind = lambda y: (type(y), getattr(y, "dtype", None), np.shape(y))
        assert [kind(y) for y in (found, *slopes)] == [kind(y) for y in (value, *gradient)]
        largest = max(1.0, abs(value), *(np.max(np.abs(g), initial=0.0) for g in gradient))
        off = max(
            abs(found - value), *(np.max(np.abs(a - b), initial=0.0) for a, b in zip(slopes, gradient, strict=True))
        )
        if not off <= ULPS * np.finfo(float).eps * largest * loose:
            event("near a kink")
            assume(not is_near())  # there a sum that is rounded otherwise may take the other branch
        assert off <= ULPS * np.finfo(float).eps * largest * loose

    check()
