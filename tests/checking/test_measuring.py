"""Stencils, ladders, the complex step, bisection, and the guesses about mistakes."""

import numpy as np
import pytest

from tinygrad_edu.checking.bisection import worst_element
from tinygrad_edu.checking.corners import corner, is_crooked
from tinygrad_edu.checking.ladders import climb
from tinygrad_edu.checking.mistakes import Trace, likely
from tinygrad_edu.checking.pieces import PIECES
from tinygrad_edu.checking.stencils import by_value, exact, noise, scales
from tinygrad_edu.checking.stepping import HOLOMORPHIC, Near, NotStepped, Stepped

RNG = np.random.default_rng(11)


# --- stencils


@pytest.mark.parametrize("size", [1e-8, 1.0, 3e10])
def test_steps_of_an_exact_direction_lose_nothing(size):
    x = size * RNG.uniform(0.5, 2, 50)
    u = exact(x, RNG.uniform(0.5, 1.5, 50) * x)
    for h in 2.0 ** -np.arange(1, 41):
        inside = np.frexp(x + h * u)[1] == np.frexp(x)[1]
        assert np.array_equal(((x + h * u) - x)[inside], h * u[inside])
        assert np.all(np.abs((x + h * u) - x - h * u) <= np.spacing(x))


def test_a_zero_moves_as_far_as_its_neighbours_and_1_at_most():
    x = np.array([0.0, 2e-3, 0.0, 5e4])
    assert scales(x, np.array([0, 2, 4])).tolist() == [2e-3, 2e-3, 1.0, 5e4]


def test_equal_elements_get_equal_amounts():
    amounts = by_value(np.array([1.5, 2.5, 1.5, 0.0]), np.random.default_rng(0))
    assert amounts[0] == amounts[2] != amounts[1]


def test_neighbours_in_the_last_digit_get_other_amounts():
    x = 1e8 + np.arange(4) * 2.0**-26
    assert np.ptp(by_value(x, np.random.default_rng(0))) > 0.01


def test_a_singularity_nearby_is_no_noise():
    x = np.array([1 - 3e-10])
    for side in (1.0, -1.0):
        sigma, _ = noise(np.arcsin, x, exact(x, side * x), np.arcsin(x))
        assert sigma[0] < 1e-13


def test_a_jump_is_noise_of_half_its_height():
    x = np.array([1.0])
    sigma, jumps = noise(lambda x: x + 3 * (x > 1), x, x, x)
    assert jumps[0]
    assert abs(sigma[0] - 1.5) < 1e-6


def test_noise_is_measured():
    rng = np.random.default_rng(0)
    x, y = np.array([1.0]), np.array([3.0])
    sigma, jumps = noise(lambda x: 3 * x + 1e-6 * rng.standard_normal(1), x, np.array([0.5]), y)
    assert 2e-7 < sigma[0] < 5e-6
    assert not jumps[0]


def test_stairs_are_seen_as_noise_of_half_their_height():
    f = lambda x: np.round(x * 4096) / 4096
    x = np.array([0.7])
    assert noise(f, x, exact(x, x), f(x))[0][0] >= 1 / 4096 / 4


# --- ladders


def measured(f, x, expected=None, sigma=1e-16, **params):
    x = np.array([float(x)])
    u = exact(x, np.abs(x) + (x == 0))
    slopes = climb(f, x, u, f(x), np.array([sigma]), np.array([1e-12]), expected, **params)
    return slopes, u[0]


@pytest.mark.parametrize("f, x, slope", [(np.exp, 1.0, np.e), (np.sin, 2.0, np.cos(2.0)), (np.sqrt, 1e-4, 50.0)])
def test_a_ladder_says_how_wrong_it_is(f, x, slope):
    slopes, u = measured(f, x)
    assert abs(slopes.value[0] / u - slope) <= 4 * slopes.error[0] / u
    assert slopes.error[0] / abs(slopes.value[0]) < 1e-10


def test_a_ladder_goes_below_a_kink_beside_the_point():
    slopes, u = measured(lambda x: np.abs(x - 1), 1 + 1e-6)
    assert abs(slopes.value[0] / u - 1) < 1e-8
    assert not slopes.kink[0]


def test_a_kink_at_the_point_has_two_slopes():
    slopes, _ = measured(lambda x: np.maximum(x, 3 * x), 0)
    assert slopes.kink[0]
    assert (slopes.left[0], slopes.right[0]) == (1, 3)


def test_an_infinite_slope_does_not_converge():
    slopes, _ = measured(np.cbrt, 0)
    assert slopes.error[0] == np.inf


def test_at_the_edge_of_a_domain_one_side_is_enough():
    with np.errstate(invalid="ignore"):
        slopes, _ = measured(lambda x: np.sqrt(x) * x, 0)
    assert abs(slopes.value[0]) < 1e-3


def test_a_plateau_below_a_jump_has_slope_0():
    slopes, _ = measured(lambda x: np.where(np.abs(x - 1) < 0.01, 2.0, 0.0), 1.0)
    assert slopes.value[0] == 0
    assert slopes.error[0] < 1e-10


def test_two_slopes_on_two_scales_are_not_told_apart_for_certain():
    stairs = lambda x: 2 * x + np.sin(1e6 * x) * 1e-6  # slope 2 from afar, 3 from near
    slopes, _ = measured(stairs, 0, expected=np.array([5.0]))
    assert abs(slopes.value[0] - 3) < 1e-3 or slopes.error[0] > 0.5


# --- corners

TIED = np.array([2.0, 2.0, 2.0])


def around(f, x, u):
    size = np.abs(x)
    return lambda x: np.atleast_1d(f(x)), x, exact(x, u), size, np.array([1e-16]), np.random.default_rng(0)


def test_a_median_of_equal_numbers_is_crooked_along_one_of_them():
    given = around(np.median, TIED, np.array([2.0, 0.0, 0.0]))
    assert is_crooked(*given)
    found = corner(*given)
    assert found.holds(2 / 3, 0, 0.0)
    assert not found.holds(-1.0, 0, 0.0)
    assert not found.holds(3.0, 0, 0.0)


@pytest.mark.parametrize("f", [np.mean, lambda x: np.sum(np.sin(1e3 * x)), lambda x: np.sum((x - 2) * np.abs(x - 2))])
def test_what_is_smooth_once_is_not_crooked(f):
    assert not is_crooked(*around(f, TIED, np.array([2.0, -2.0, 1.0])))


# --- the complex step

POINT = np.array([0.3, -0.4, 0.7, 0.55])
ARGUMENTS = {
    np.arccosh: (POINT + 2,), np.log: (POINT + 1,), np.log2: (POINT + 1,), np.log10: (POINT + 1,), np.log1p: (POINT,),
    np.sqrt: (POINT + 1,), np.power: (POINT + 1, POINT), np.where: (POINT > 0, POINT, POINT**2),
    np.partition: (POINT, 2), np.linalg.inv: (np.array([[2.0, 0.5], [0.3, 1.0]]),),
    np.linalg.det: (np.array([[2.0, 0.5], [0.3, 1.0]]),), np.linalg.slogdet: (np.array([[2.0, 0.5], [0.3, -1.0]]),),
    np.einsum: ("i,i->", POINT, POINT + 1), np.copysign: (POINT, -POINT[::-1]),
}  # fmt: skip
TWO = {
    np.add, np.subtract, np.multiply, np.divide, np.maximum, np.minimum, np.fmax, np.fmin, np.hypot, np.arctan2,
    np.remainder, np.fmod, np.divmod, np.logaddexp, np.logaddexp2,
}  # fmt: skip
FUNCTIONS = sorted({*HOLOMORPHIC, *(f for f in PIECES if f.__name__ != "setitem")}, key=lambda f: f.__name__)


@pytest.mark.parametrize("function", FUNCTIONS, ids=lambda f: f.__name__)
def test_a_complex_step_is_the_slope_of_every_function_that_takes_one(function):
    given = ARGUMENTS.get(function, (POINT, POINT[::-1] * 1.3) if function in TWO else (POINT,))
    moving = [i for i, a in enumerate(given) if getattr(a, "dtype", bool) == np.float64]
    tangents = [RNG.uniform(-1, 1, given[i].shape) for i in moving]
    near = Near()

    def at(h):
        full = list(given)
        for i, t in zip(moving, tangents, strict=True):
            full[i] = given[i] + h * t
        return parts_of(function(*full))

    full = list(given)
    for i, t in zip(moving, tangents, strict=True):
        full[i] = Stepped(given[i], t, near)
    found = function(*full)
    found = found if isinstance(found, tuple | list) else [found]
    h = 1e-5
    for y, plain, up, down in zip(found, at(0), at(h), at(-h), strict=True):
        if type(y) is Stepped:
            np.testing.assert_array_equal(y.value, plain)
            np.testing.assert_allclose(y.tangent, (up - down) / (2 * h), rtol=1e-7, atol=1e-8)
        else:
            np.testing.assert_array_equal(y, plain)
            np.testing.assert_array_equal(up, down)


def parts_of(y):
    return list(y) if isinstance(y, tuple | list) else [y]


def test_at_a_tie_the_tangents_decide():
    near = Near()
    x = Stepped(np.array([0.0, 1.0]), np.array([-2.0, 1.0]), near)
    assert np.abs(x).tangent.tolist() == [2.0, 1.0]
    assert near.distance == 0.0


def test_the_nearest_kink_is_known():
    near = Near()
    np.maximum(Stepped(np.array([1.0]), np.array([0.5]), near), 1.5)
    assert near.distance == 1.0


@pytest.mark.parametrize("f", [float, np.asarray, np.fft.fft, lambda x: x.item(), np.linalg.svd])
def test_what_takes_no_complex_step_says_so(f):
    with pytest.raises(NotStepped):
        f(Stepped(np.eye(1), np.eye(1), Near()))


# --- bisection and mistakes


@pytest.mark.parametrize("wrong", [{7: 1e-4}, {999_999: 1.0}, {3: 1.0, 500_000: -4.0, 700_000: 2.0}])
def test_the_worst_element_of_a_million_is_found(wrong):
    count = 0

    def discrepancy(u):
        nonlocal count
        count += 1
        return sum(d * u[i] for i, d in wrong.items())

    u = np.ones(1_000_000)
    found, _ = worst_element(discrepancy, u, discrepancy(u))
    assert found in wrong
    assert count <= 40


def test_a_single_wrong_element_takes_five_measurements():
    asked = []
    wrong = lambda u: asked.append(1) or 1e-4 * u[654_321]
    assert worst_element(wrong, np.ones(1_000_000), 1e-4)[0] == 654_321
    assert len(asked) <= 5


RIGHT = np.array([[1.0, 2.0, 0.5], [0.3, -1.0, 4.0], [2.0, 1.0, 1.0]])


@pytest.mark.parametrize(
    "wrong, words",
    [
        (2 * RIGHT, "too large by a factor 2"),
        (RIGHT / 3, "too small by a factor 3, the number of elements: a mean where there is a sum?"),
        (-RIGHT, "the sign is wrong"),
        (RIGHT.T, "the Jacobian is transposed"),
        (0 * RIGHT, "it is zero: was the dependence cut off, or the operation declared flat?"),
        (RIGHT * np.inf, "it is not finite"),
        (RIGHT * 1.00001, "off by a relative 1.0e-05 throughout"),
        (RIGHT + np.array([0, 0.1, 0]), "only one element is wrong"),
        (RIGHT * (RIGHT > 0.6), "it is zero in 3 of 9 elements where it should not be"),
        (RIGHT + np.array([0.1, 0, 0]) * (RIGHT > 0.9), "only one element is wrong"),
        (RIGHT * np.array([1, 2, 1]), "only one element is wrong: too large by a factor 2"),
        (RIGHT * np.array([1, 2, 1 + 1e-8]), ""),  # nobody can say that the third is right
        (RIGHT**2, ""),
    ],
)
def test_a_likely_mistake_is_guessed(wrong, words):
    with np.errstate(invalid="ignore"):
        assert likely(wrong, RIGHT, 1e-12 * np.abs(RIGHT), Trace(sizes=(3,))) == words


@pytest.mark.parametrize(("wrong", "trace", "words"), [
    (np.array([[2, 1, 2, 1.0]]), {}, "2 of 4 elements are wrong: too large by a factor 2"),
    (np.array([[2, 1, 1, 1.0]]), {"whole": False}, ""),  # who knows of those that were not looked at
    (np.array([[2, 2, 2, 1.0]]), {}, ""),
])  # fmt: skip
def test_wrong_elements_are_counted(wrong, trace, words):
    assert likely(wrong, np.ones((1, 4)), np.zeros((1, 4)), Trace(**trace)) == words


def test_a_sum_along_the_wrong_axis_is_recognised():
    rows, columns = np.indices((3, 3))  # of the result; b is added to its rows
    right, wrong = ((axis.reshape(9, 1) == np.arange(3)) * 1.0 for axis in (columns, rows))
    trace = Trace(shape=(3,), outs=(3, 3))
    assert likely(wrong, right, 0 * right, trace) == "it is summed along axis 1 in the place of axis 0"
    first = right * (np.arange(9) < 3)[:, None]
    assert likely(first, right, 0 * right, trace).startswith("it is not summed over the broadcast axis 0")


Z = np.array([[1.0, -2.0, 0, 0], [2.0, 1.0, 0, 0], [0, 0, 0.5, -1.0], [0, 0, 1.0, 0.5]])  # two complex slopes
SIGNS = np.array([1, -1, 1, -1])


@pytest.mark.parametrize(("wrong", "words"), [
    (Z.T, "a factor in it is conjugated that should not be"), (Z * SIGNS, "it is conjugated, as in PyTorch"),
    (Z * SIGNS[:, None], "the cotangent in it is conjugated"),
])  # fmt: skip
def test_a_conj_in_the_wrong_place_is_recognised(wrong, words):
    assert likely(wrong, Z, 0 * Z, Trace(pairs=True, out_pairs=True)).startswith(words)
