"""Kinks, poles and ties: every case of corner_cases.json has the recommended gradient.

`docs/conventions.md` has the convention and its reasons.
"""

import contextlib
import json
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import functions

CASES = {c["id"]: c for c in json.loads((Path(__file__).parent / "corner_cases.json").read_text())["cases"]}

# fmt: off
ELSEWHERE = {
    # The formula's own value is NaN, 0 · log 0, and so is its gradient; the recommended 1 is for a loss that clamps.
    "bce_p0_t0",
    # The same, 0/0; the recommended 0 is for a function that clamps the lengths, `functions.cosine_similarity`.
    "cosine_similarity_zero_vec",
    # Σ V turns with the gauge as 2 cos θ, of slope 0 at θ = 0, as if it did not turn: its gradient is 0. A function
    # whose slope along the gauge is not 0 gets NaN (test_linalg.py).
    "eigh_vec_degenerate",
    # Written with assignment and not as an expression: the tests at the end of this file.
    "at_set_duplicates", "inplace_setitem",
}
# fmt: on
ERRORS = {e.__name__: e for e in (ValueError, IndexError, TypeError, np.linalg.LinAlgError)}
REACHED = [name for name in CASES if name not in ELSEWHERE]


def number(v):
    if isinstance(v, list):
        return np.array([number(x) for x in v])
    return (complex(v) if "j" in v else float(v)) if isinstance(v, str) else v


def primals(case):
    if case["inputs"] == ["INT3"]:
        return [np.array([1, 2, 3])]
    return [np.asarray(number(v), complex if "j" in str(v) else float)[()] for v in case["inputs"]]


class Special:
    """scipy.special, but with our `logsumexp`, since SciPy's is no ufunc and does not dispatch."""

    logsumexp = staticmethod(functions.logsumexp)

    def __getattr__(self, name):
        import scipy.special

        return getattr(scipy.special, name)


def function(case):
    letters = "xyz"[: len(case["inputs"])]
    names = {"np": np, "onp": np, "K": np.asarray, "V": lambda t: t.data, "JAX": False, "W3": np.array([1.0, 2.0, 3.0])}
    names |= {"NN": functions, "sp": Special()}
    f = eval(f"lambda {','.join(letters)}: {case['expr']}", names)  # the file is ours
    return lambda *args: np.sum(f(*args))


def gradient(case):
    with np.errstate(all="ignore"):
        args = primals(case)
        return tg.grad(function(case), tuple(range(len(args))))(*args)


@pytest.mark.filterwarnings("ignore:Mean of empty slice", "ignore:Degrees of freedom")
@pytest.mark.parametrize("name", REACHED)
def test_gradient_at_the_corner_is_the_recommended_one(name):
    case = CASES[name]
    expected = case["recommended"]
    if expected == "finite":
        assert np.all(np.isfinite(gradient(case)))
        return
    if isinstance(expected, str) and expected.startswith("NaN"):  # or an error: no number that looks like a gradient
        with contextlib.suppress(np.linalg.LinAlgError):
            assert not np.any(np.isfinite(gradient(case)))
        return
    if isinstance(expected, str):
        with pytest.raises(ERRORS[expected]):
            gradient(case)
        return
    for found, wanted in zip(gradient(case), expected, strict=True):
        np.testing.assert_allclose(found, np.reshape(number(wanted), np.shape(found)), rtol=1e-6, atol=1e-9)


def test_of_values_written_twice_the_last_one_gets_the_gradient():
    def assigned(x):
        z = x * 1
        z[np.array([0, 0])] = x
        return np.sum(z)

    np.testing.assert_array_equal(tg.grad(assigned)(np.array([1.0, 2.0])), [0.0, 2.0])


def test_assignment_moves_the_gradient_to_what_was_assigned():
    def assigned(x):
        z = x * 1
        z[0] = x[1]
        return np.sum(z)

    np.testing.assert_array_equal(tg.grad(assigned)(np.array([1.0, 2.0, 3.0])), [0.0, 2.0, 1.0])


def test_a_formula_whose_value_is_nan_has_the_gradient_nan():
    assert np.isnan(gradient(CASES["bce_p0_t0"])[0])
