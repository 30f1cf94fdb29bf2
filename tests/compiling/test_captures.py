"""What a function closes over is read anew, and never silently stale."""

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.errors import TraceError


def test_a_list_that_grows_is_seen():
    parts = [np.ones(3)]
    table = {"a": np.ones(3)}
    f = tg.compile(lambda x: sum(part * x for part in parts) + sum(part * x for part in table.values()))
    assert f(np.ones(3))[0] == 2.0
    parts.append(np.full(3, 2.0))
    assert f(np.ones(3))[0] == 4.0
    table["b"] = np.full(3, 3.0)
    assert f(np.ones(3))[0] == 7.0


def test_a_function_that_changes_what_it_closes_over_is_refused():
    calls = 0

    def f(x):
        nonlocal calls
        calls += 1
        return x * 2

    with pytest.raises(TraceError, match="changes what it closes over \\(calls\\)"):
        tg.compile(f)(1.0)
    assert tg.compile(f, fallback=True)(1.0) == 2.0
