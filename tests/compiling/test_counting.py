"""No shape depends on a value: what would is refused, in every operation of the vocabulary."""

import warnings

import numpy as np
import pytest

import tinygrad_edu as tg
from tests.catalogue.pages import FLAT, SAMPLES
from tinygrad_edu.errors import TraceError
from tinygrad_edu.trees import leaves

X, PAIR, ONE = np.array([1.0, 2.0, 3.0, 4.0]), np.array([1, 2]), np.int64(2)
RNG = np.random.default_rng(0)

# A function of x and a traced integer, and integers for it. fmt: off
REFUSED = {
    "repeat": (lambda x, n: np.repeat(x, n), np.array([1, 2, 1, 1])),
    "repeat, method": (lambda x, n: x.repeat(n), ONE),
    "reshape": (lambda x, n: np.reshape(x, n), np.array([2, 2])),
    "reshape, method": (lambda x, n: x.reshape(n, 2), ONE),
    "split": (lambda x, n: np.split(x, n), PAIR),
    "array_split": (lambda x, n: np.array_split(x, n), ONE),
    "delete": (lambda x, n: np.delete(x, n), PAIR),
    "insert": (lambda x, n: np.insert(x, n, 0.0), PAIR),
    "tile": (lambda x, n: np.tile(x, n), PAIR),
    "pad": (lambda x, n: np.pad(x, n), PAIR),
    "resize": (lambda x, n: np.resize(x, n), PAIR),
    "broadcast_to": (lambda x, n: np.broadcast_to(x[0], n), PAIR),
    "bincount": (lambda x, n: np.bincount(n), PAIR),
    "arange": (lambda x, n: np.arange(n) * x[0], ONE),
    "linspace": (lambda x, n: np.linspace(0.0, x[0], n), ONE),
    "zeros": (lambda x, n: np.zeros(n) + x[0], ONE),
    "full": (lambda x, n: np.full(n, 2.0) + x[0], ONE),
    "eye": (lambda x, n: np.eye(n) * x[0], ONE),
    "tri": (lambda x, n: np.tri(n) * x[0], ONE),
    "zeros_like": (lambda x, n: np.zeros_like(x, shape=n), PAIR),
    "diag": (lambda x, n: np.diag(x, n), ONE),
    "diagonal": (lambda x, n: np.diagonal(np.outer(x, x), n), ONE),
    "diff": (lambda x, n: np.diff(x, n), ONE),
    "fft": (lambda x, n: np.fft.fft(x, n), ONE),
    "vander": (lambda x, n: np.vander(x, n), ONE),
    "histogram": (lambda x, n: np.histogram(x, n)[0], ONE),
    "unravel_index": (lambda x, n: np.unravel_index(0, n), PAIR),
    "tril_indices": (lambda x, n: np.tril_indices(n)[0], ONE),
    "axis": (lambda x, n: np.sum(np.outer(x, x), axis=n), np.int64(1)),
    "moveaxis": (lambda x, n: np.moveaxis(x.reshape(1, 4), 0, n), np.int64(1)),
    "rollaxis": (lambda x, n: np.rollaxis(x.reshape(1, 4), 0, n), ONE),
    "slice": (lambda x, n: x[:n], ONE),
    "slice of assignment": (lambda x, n: (x * 1).__setitem__(slice(n), 0.0), ONE),
    "mask in a list": (lambda x, n: x[[n > 1]], np.array([1, 2, 3, 4])),
    "polyder": (lambda x, n: np.polyder(x, n), ONE),
    "nn.diag_embed": (lambda x, n: tg.functions.diag_embed(x, n), ONE),
    "nn.segment_sum": (lambda x, n: tg.functions.segment_sum(x, [0, 1, 0, 1], n), ONE),
    "a number of draws": (lambda x, n: np.random.default_rng(0) and RNG.normal(size=n), ONE),
    "drawn number": (lambda x, n: RNG.normal(size=RNG.integers(1, 4)), ONE),
    "permutation": (lambda x, n: RNG.permutation(n), ONE),
    "choice": (lambda x, n: RNG.choice(4, n), ONE),
    "loop": (lambda x, n: sum(x for _ in range(n)), ONE),
    "repetition": (lambda x, n: [x] * n, ONE),
}
# fmt: on


@pytest.mark.parametrize("differentiated", [False, True])
@pytest.mark.parametrize("name", REFUSED)
def test_a_traced_count_is_refused(name, differentiated):
    f, n = REFUSED[name]
    g = tg.grad(lambda x, n: np.sum(leaves(f(x, n))[0] * x[0])) if differentiated else f
    with pytest.raises(TraceError, match="What to do: "):
        tg.compile(g)(X, n)


SHAPED = {
    "unique": np.unique,
    "nonzero": np.nonzero,
    "argwhere": np.argwhere,
    "flatnonzero": np.flatnonzero,
    "where": np.where,
    "extract": lambda x: np.extract(x > 2, x),
    "compress": lambda x: np.compress(x > 2, x),
    "mask": lambda x: x[x > 2],
    "trim_zeros": np.trim_zeros,
    "roots": np.roots,
    "polymul": lambda x: np.polymul(x, x),
    "polydiv": lambda x: np.polydiv(x, x[:2]),
    "polyfit": lambda x: np.polyfit(x, x, 1, full=True)[1],
    "lstsq": lambda x: np.linalg.lstsq(np.outer(x, x), x)[1],
    "union": lambda x: np.union1d(x, x),
    "ix_": lambda x: np.ix_(x > 2)[0],
}


@pytest.mark.parametrize("name", SHAPED)
def test_a_shape_that_depends_on_values_is_refused(name):
    with pytest.raises(TraceError, match="What to do: "):
        tg.compile(SHAPED[name])(X)


TAKEN = {
    "take": (lambda x, n: np.take(x, n), PAIR, np.array([3, 3])),
    "index": (lambda x, n: x[n] + x[n[0]], PAIR, np.array([3, 0])),
    "take_along_axis": (lambda x, n: np.take_along_axis(x, n, 0), PAIR, np.array([3, 0])),
    "roll": (lambda x, n: np.roll(x, n[0]), PAIR, np.array([3, 0])),
    "choose": (lambda x, n: np.choose(n, [x[:2], x[2:]]), np.array([0, 1]), np.array([1, 1])),
    "power": (lambda x, n: x[:2] ** n, PAIR, np.array([3, 0])),
    "edges": (lambda x, n: np.histogram(x, n)[0], np.array([0, 2, 5]), np.array([0, 3, 4])),
    "binomial": (lambda x, n: RNG.binomial(n, 1.0), PAIR, np.array([3, 5])),
    "repeat": (lambda x, n: np.repeat(x, 3) + n[0], PAIR, np.array([3, 0])),
    "repeats": (lambda x, n: np.repeat(x, [1, 2, 1, 0]) + n[0], PAIR, np.array([3, 0])),
    "variance": (lambda x, n: np.var(x, ddof=n[0]), PAIR, np.array([2, 0])),
    "draws": (lambda x, n: np.random.default_rng(0).normal(size=3) + n[0], PAIR, np.array([2, 0])),
}


@pytest.mark.parametrize("name", TAKEN)
def test_integers_that_decide_about_no_shape_are_inputs(name):
    f, n, other = TAKEN[name]
    compiled = tg.compile(f)
    for given in (n, other):
        np.testing.assert_allclose(compiled(X, given), f(X, given))


def _is_of_integers(x):
    if isinstance(x, list | tuple):
        return len(x) > 0 and all(type(v) is int for v in x)
    return isinstance(x, int | np.ndarray | np.generic) and np.asarray(x).dtype.kind in "iub" and np.size(x) > 0


def with_integers():
    """The samples of the vocabulary with integers for arguments; these, and functions of each of them."""
    for sample in [*SAMPLES, *FLAT]:
        for key, value in [*enumerate(sample.args), *sample.params.items()]:
            if isinstance(value, bool | str | float) or not _is_of_integers(value):
                continue
            whole = np.array(value)[()]
            yield sample, key, whole.astype(int) if isinstance(value, int) else whole


def same(found, expected):
    found, expected = leaves(found), leaves(expected)
    shapes = [np.shape(x) for x in found] == [np.shape(x) for x in expected]
    return shapes and all(np.allclose(x, y, equal_nan=True) for x, y in zip(found, expected, strict=True))


def test_in_the_whole_vocabulary_a_traced_integer_is_refused_or_right():
    wrong, taken, refused = [], 0, 0
    with np.errstate(all="ignore"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for sample, key, value in with_integers():

            def f(v, sample=sample, key=key):
                args = [v if i == key else x for i, x in enumerate(sample.args)]
                return sample.function(*args, **{k: v if k == key else x for k, x in sample.params.items()})

            try:
                f(value)
                compiled = tg.compile(f)
                compiled(value)
            except TraceError:
                refused += 1
                continue
            except Exception:  # NumPy's integers are none of Python's: this one does not take them
                continue
            taken += 1
            for other in (value + 1, value * 0, value * 2) if value.dtype.kind != "b" else (~value, value & False):
                other = other.astype(value.dtype)[()]
                try:
                    expected = f(other)
                except Exception:  # out of range
                    continue
                if not same(compiled(other), expected):
                    wrong.append(f"{sample}: {key}")
    assert wrong == []
    assert refused > 500
    assert taken > 200


# --- functions of the user's ------------------------------------------------------------------------------------------


def large(x):
    return np.asarray(x)[np.asarray(x) > 1]


def spread(x, n):
    return np.repeat(np.asarray(x), n)


LARGE = tg.extend.primitive(large, vjps=(None,), jvps=(None,))
SPREAD = tg.extend.primitive(spread, vjps=(None, None), jvps=(None, None))
OF_USERS = {
    "by floats": (lambda x: LARGE(x) * 2 + 1, [(X,), (X * 0,), (X + 1,), (X,)]),
    "by integers": (lambda x, n: SPREAD(x, n) * 2 + 1, [(X[:2], PAIR * k) for k in (2000, 1, 0, 3000)]),
    "along an axis": (
        lambda x: np.apply_along_axis(lambda row: row[row > 1], 0, x) * 2 + 1,
        [(X,), (X * 0,), (X + 1,), (X,)],
    ),
}


@pytest.mark.parametrize("backend", ["numpy", "auto"])
@pytest.mark.parametrize("name", OF_USERS)
def test_the_shapes_of_a_users_operation_are_looked_at(name, backend):
    f, calls = OF_USERS[name]
    compiled = tg.compile(f, backend)
    for args in calls:
        np.testing.assert_array_equal(compiled(*args), f(*args))
        compiled.wait()


def test_a_users_operation_is_still_called_by_its_name():
    compiled = tg.compile(lambda x: LARGE(x) * 2)
    compiled(X)
    assert "large_1(x)" in compiled.source
