"""The checker on the panel of hard and of wrong cases, and on what it promises of itself."""

import numpy as np
import pytest

import tinygrad_edu as tg
from benchmarks.checking_panel import CORRECT, row_replaced
from benchmarks.checking_panel_wrong import WRONG
from tinygrad_edu.errors import GradientError, TreeError
from tinygrad_edu.extend import elementwise, primitive

X = np.array([0.3, -1.2, 2.0, 0.7])
UNDECIDED = {
    "rounded to float32 inside": "f moves by jumps of|rounding hides",
    "subgradients that do not add up": "at a kink: valid slopes of its parts",
    "a floor at a whole number": "f jumps here",
    "arctan2 at the origin": "f jumps here",
    "x**y at 0": "f ends here|infinite here",
    "log near 0": "no step gives a finite|too large for a float|the differences grow as the steps shrink",
    "x^1.5 at 0": "no step gives a finite|infinite here",
    "exp beside its overflow": "the error bar is as large|no step gives a finite",
    "sqrt at 0, beside others": "infinite here",
    "by hand: sqrt at 0": "infinite|no step gives a finite",
    "a tanh that is all saturated": "f moves by jumps of",
    "a minimum and a maximum, all tied": "at a kink: valid slopes of its parts",
    "a float for a condition, at 0": "takes a branch at this point",
    "a branch at one point": "takes a branch at this point",
    "a row of 1e-100": "slope is infinite|no step gives a finite",
    "a slope too small on its way": "too small for a float|the error bar is as large",
    "0 meets infinity": "0 meets infinity at cbrt",
    "(1 - cos x) / x²": "the error bar is as large|badly rounded|rounding hides",
    "eigenvectors of near eigenvalues": "rounding hides|not small beside f|hardly larger",
    "by hand: rounded to 6 digits": "f moves by jumps of|rounding hides",
}


@pytest.mark.parametrize("case", CORRECT, ids=lambda case: case.name)
def test_a_right_gradient_does_not_fail(case):
    report = case.check(seed=3, order=2)
    if report.verdict == "inconclusive":
        assert any(words in report.reason for words in UNDECIDED.get(case.name, "rounding hides").split("|"))
    else:
        assert report, report


@pytest.mark.parametrize("case", WRONG, ids=lambda case: case.name)
def test_a_wrong_gradient_fails_and_names_the_operation(case):
    report = case.check(seed=3, order=2)
    assert report.verdict == "fail", report
    assert (report.culprit.operation if report.culprit else "") == case.culprit


slipped = elementwise(lambda x: np.sin(x), lambda g, y, x: 2 * g * np.cos(x))


def test_the_culprit_has_the_line_of_the_user_and_the_likely_mistake():
    def loss(x):
        y = np.exp(x)
        return np.sum(slipped(y))  # this line

    culprit = tg.check(loss, X).culprit
    assert culprit.place.text == "return np.sum(slipped(y))  # this line"
    assert (culprit.argument, culprit.order, culprit.mistake) == (0, 1, "too large by a factor 2")


def test_a_wrong_tie_at_zero_is_named():
    both = elementwise(lambda x, y: np.maximum(x, y), lambda g, z, x, y: g * (x >= y), lambda g, z, x, y: g * (y >= x))
    report = tg.check(lambda x, y: both(x, y), 0.0, 0.0, jitter=False)
    assert report.verdict == "fail"
    assert report.culprit.operation == "<lambda>"


def test_large_arrays_are_localised_although_the_record_forgets_them():
    report = tg.check(lambda x: np.sum(slipped(x + 1) * x), np.linspace(0.1, 1, 9000), order=1)
    assert report.culprit.operation == "<lambda>"
    assert report.culprit.mistake == "too large by a factor 2"


def test_a_relative_error_of_1e_9_is_seen():
    wrong = elementwise(lambda x: np.tanh(x), lambda g, y, x: g * (1 - y * y) * (1 + 1e-9))
    assert tg.check(lambda x: np.sum(wrong(x)), X).verdict == "fail"


def test_one_element_in_twenty_thousand_is_found():
    x = np.random.default_rng(0).uniform(0.5, 2, 20_000)
    weight = np.ones(x.size)
    weight[14321] += 1e-4
    report = tg.check_vjp(lambda x: np.sum(np.sin(x) * x), (x,), lambda g, x: g * (np.cos(x) * x + np.sin(x)) * weight)
    assert report.verdict == "fail"
    assert any("x[14321]" in note for note in report.notes)
    assert report.cost.evaluations <= 100


def test_a_large_pass_is_cheap():
    x = np.random.default_rng(0).uniform(0.5, 2, 20_000)
    report = tg.check(lambda x: np.sum(np.sin(x) * x), x)
    assert report
    assert report.cost.evaluations <= 60
    assert report.cost.vjps <= 12
    floats = tg.check_vjp(lambda x: float(np.sum(np.asarray(x) ** 2)), (x,), lambda g, x: 2 * g * x, jitter=True)
    assert floats
    assert floats.cost.evaluations <= 150


def test_the_same_seed_makes_the_same_check():
    rows = [[row.analytic for row in tg.check(np.sin, X, seed=5).rows if row.method != "protocol"] for _ in range(2)]
    assert rows[0] == rows[1]
    assert rows[0] != [row.analytic for row in tg.check(np.sin, X, seed=6).rows if row.method != "protocol"]


def test_a_function_without_a_fixed_seed_is_inconclusive():
    rng = np.random.default_rng(0)
    report = tg.check(lambda x: np.sum(x) * rng.uniform(), X)
    assert (report.verdict, "fix its random seed" in report.reason) == ("inconclusive", True)


@pytest.mark.parametrize("noise", [1e-15, 1e-14, 1e-12])
def test_two_values_that_differ_in_their_last_digits_are_told(noise):
    rng = np.random.default_rng(0)
    report = tg.check(lambda x: np.sum(np.sin(x)) * (1 + noise * rng.standard_normal()), X)
    assert (report.verdict, "f gave two values" in report.reason) == ("inconclusive", True)
    report = tg.check_vjp(np.sin, (X,), lambda g, x: g * np.cos(x) * (1 + noise * rng.standard_normal(4)))
    assert (report.verdict, "the vjp gave two answers" in report.reason) == (
        "fail" if noise > 2e-13 else "inconclusive",
        True,
    )


def test_a_wrong_gradient_of_a_function_with_noise_in_its_last_digits_fails():
    rng = np.random.default_rng(0)
    f = lambda x: np.sum(np.sin(x)) * (1 + 1e-15 * rng.standard_normal())
    assert tg.check_vjp(f, (X,), lambda g, x: g * np.cos(x) * 1.001).verdict == "fail"


def test_a_value_that_is_not_finite_is_inconclusive():
    report = tg.check(lambda x: np.sum(np.log(x)), X)
    assert report.reason == "f(x): f is not finite at this point"


def test_the_second_order_can_be_left_out():
    assert tg.check(np.sin, X, order=1).order == 1
    assert tg.check(np.sin, X).order == 2


def test_no_second_order_without_being_asked_where_it_is_dear():
    report = tg.check(lambda x: np.sum(x * x), np.ones(3000))
    assert report.order == 1
    assert "first order only: 3000 inputs; order=2 asks for more" in report.notes


def test_jitter_leaves_the_point_alone_if_it_is_off():
    assert {row.point for row in tg.check(np.sin, X, jitter=False).rows} == {"x"}


def test_at_a_kink_without_jitter_there_is_no_second_order():
    report = tg.check(np.abs, np.array(0.0), jitter=False)
    assert (report.verdict, report.order) == ("pass", 1)
    assert any("jitter=False leaves out the points nearby" in note for note in report.notes)


@pytest.mark.parametrize(
    "f, x",
    [
        (lambda x: np.arctan2(x, -1.0), 0.0),
        (np.sign, 0.0),
        (lambda x: np.where(x >= 0, x + 1, x), 0.0),
        (lambda x: np.where(x > 0, x + 1, x), 0.0),
    ],
)
def test_a_jump_to_either_side_is_no_pass(f, x):
    report = tg.check(f, x)
    assert (report.verdict, "f jumps here" in report.reason) == ("inconclusive", True)


@pytest.mark.parametrize("f", [lambda x: np.exp(x) - 1 - x, lambda x: np.log(1 + x) - x])
def test_what_cancels_does_not_jump(f):
    for seed in range(3):
        assert "f jumps here" not in tg.check(f, np.array([1e-4]), seed=seed).reason


def test_a_slope_of_0_that_f_is_too_small_to_show_has_its_true_reason():
    report = tg.check(lambda x: x * x * np.sin(1 / np.where(x == 0, 1, x)), np.array([0.0]), order=1)
    assert "which is not small beside f here" in report.reason


def test_a_power_is_not_blamed_for_the_second_derivative_of_another():
    wrong = elementwise(lambda x: np.exp(x), lambda g, y, x: g * np.exp(tg.stop_gradient(x)))
    report = tg.check(lambda x, y: np.sum(wrong(x) ** y), np.array([0.3, 1.0]), np.array(1.3))
    assert (report.culprit.operation, report.culprit.order) == ("<lambda>", 2)


def test_project_keeps_a_matrix_symmetric():
    a = np.array([[2.0, 0.5], [0.5, 1.0]])
    seen = []

    def f(a):
        seen.append(np.max(np.abs(np.asarray(a) - np.asarray(a).T))) if isinstance(a, np.ndarray) else None
        return np.sum(np.linalg.eigvalsh(a) ** 3)

    assert tg.check(f, a, project=lambda a: (a + a.T) / 2)
    assert max(seen) < 1e-15


def test_arguments_may_be_trees_with_constants():
    model = {"w": np.array([[0.5, -0.2], [0.1, 0.3]]), "b": np.zeros(2)}
    loss = lambda model, x, labels: np.sum((x @ model["w"] + model["b"])[np.arange(2), labels] ** 2)
    report = tg.check(loss, model, np.array([[1.0, 2.0], [3.0, 4.0]]), np.array([0, 1]))
    assert report
    names = {row.where.split("[")[0] for row in report.rows if row.where.startswith(("model", "x", "labels"))}
    assert names == {"model", "x"}


def test_a_gradient_of_a_user_is_checked():
    assert tg.check_gradient(lambda x: np.sum(x**3), (X,), lambda x: 3 * x * x)
    report = tg.check_gradient(lambda x, y: x * y, (2.0, 3.0), lambda x, y: (y, y))
    assert report.verdict == "fail"


def test_a_wrong_row_of_the_table_is_named_and_comes_back():
    with row_replaced(np.exp, (lambda g, y, x: g * y * y,)):
        assert tg.check(lambda x: np.sum(np.exp(x)), X).culprit.operation == "exp"
    assert tg.check(lambda x: np.sum(np.exp(x)), X)


def test_a_vjp_that_refuses_every_point_but_x_is_checked_there():
    def vjp(g, x):
        if not np.array_equal(x, X):
            raise KeyError("not computed")
        return g * np.cos(x)

    report = tg.check_vjp(np.sin, (X,), vjp)
    assert report
    assert "no second point: the vjp raised KeyError there: 'not computed'" in report.notes


def test_forward_mode_that_cannot_run_is_left_out_with_a_note():
    def rule(g, y, x):
        z = np.zeros_like(x)
        z[:] = g * 2 * x  # a plain array takes no Tensor
        return z

    report = tg.check(lambda x: np.sum(primitive(lambda x: x * x, (rule,))(x)), X, order=1)
    assert report
    assert any(note.startswith("no forward mode: ") for note in report.notes)


def test_the_chance_of_missing_one_of_many_is_told():
    report = tg.check(lambda x: np.sum(np.sin(x) * x), np.random.default_rng(0).uniform(0.5, 2, 10_000))
    assert "1e-04 in one is missed with a chance below 1e-11" in report.notes[0]
    weights = np.geomspace(1e-10, 1e10, 1000)
    report = tg.check(lambda x: float(np.sum(weights * np.sin(x))) if isinstance(x, np.ndarray) else
                      np.sum(weights * np.sin(x)), np.ones(1000), order=1)  # fmt: skip
    assert "others are too small beside them to be sure" in report.notes[0]


def test_integers_beside_floats_are_held_and_told():
    report = tg.check(lambda x, n: x**n, X, 2)
    assert report
    assert "n is an integer, and is held constant; n as a float moves" in report.notes
    assert {row.where.split(" ")[0] for row in tg.check(lambda x: x**3, 2, jitter=False, order=1).rows} >= {"x"}


def test_a_function_that_computes_in_float32_is_told_to():
    report = tg.check_vjp(lambda x: np.sin(x.astype("f4")), (X,), lambda g, x: g * np.cos(x))
    assert report.verdict == "inconclusive"
    assert "f computes in float32, whatever it is given: differences see little of it" in report.notes


@pytest.mark.parametrize("x", [-300.0, -360.0, -400.0, -700.0, -709.0, -715.0, -720.0, -750.0])
def test_numbers_beyond_floats_are_no_failure_of_right_rules(x):
    for seed in range(2):
        assert tg.check(lambda x: 1 / (1 + np.exp(-x)), np.array([x]), seed=seed).verdict != "fail"


def test_a_nan_that_no_infinity_explains_fails():
    nan = elementwise(lambda x: np.sin(x), lambda g, y, x: g * np.nan)
    assert tg.check(lambda x: np.sum(nan(x)), X).verdict == "fail"
    assert tg.check_vjp(np.cbrt, (X,), lambda g, x: g * np.nan).verdict == "fail"


def test_a_tiny_gradient_without_a_record_fails_by_its_factor():
    f = lambda x: 1 + 1e-20 * np.sin(x)
    assert tg.check_vjp(f, (X,), lambda g, x: g * 1e-20 * np.cos(x))
    report = tg.check_vjp(f, (X,), lambda g, x: g * 2e-20 * np.cos(x))
    assert "off by a factor 2, here and nearby" in report.reason


def test_a_slope_from_afar_is_no_failure_though_f_is_steeper_on_every_stair():
    f = lambda x: float(sum(np.sin(v) + 2e-9 * np.sin(1e8 * v) for v in x))  # its slope is cos from afar
    report = tg.check_vjp(f, (X,), lambda g, x: g * np.cos(x))
    assert report.verdict == "inconclusive"


# --- words


def test_a_number_that_is_not_finite_is_named():
    report = tg.check(lambda x: np.nansum(x * x), np.array([1.0, np.nan]))
    assert report.reason == "x[1]: it is nan, and no step can be taken from there"


def test_a_jump_is_called_a_jump():
    report = tg.check(lambda x: np.sum(np.heaviside(x, 0.5)), np.array([0.0, 1.0]))
    assert report.verdict == "inconclusive"
    assert "f jumps here, or its slope is infinite" in report.reason


def test_a_conjugated_gradient_is_recognised():
    z = X + 1j * X[::-1]
    report = tg.check_vjp(lambda z: np.sum(np.abs(z)), (z,), lambda g, z: g * z / np.abs(z))
    assert report.mistake.startswith("it is conjugated, as in PyTorch")


def test_what_is_no_array_of_numbers_is_told():
    report = tg.check_vjp(np.sin, (X,), lambda g, x: "abc")
    assert "which is no array of numbers" in report.reason
    with pytest.raises(GradientError, match="given str"):
        tg.check(lambda s: 1.0, "word")


def test_no_float_is_an_error():
    with pytest.raises(GradientError, match="no argument has a derivative"):
        tg.check(lambda s: 1.0, "word")
    with pytest.raises(GradientError, match="the function returned no float"):
        tg.check(lambda x: np.argmax(x), X)


def test_a_vjp_that_returns_a_function_is_told_how_it_is_called():
    report = tg.check_vjp(np.sin, (X,), lambda g, x: lambda: x)
    assert "Expected vjp(cotangent, *args) to return gradients" in report.reason


def test_a_gradient_of_another_shape_fails_with_the_shapes():
    report = tg.check_vjp(lambda x, b: x + b, (np.ones((2, 3)), np.ones(3)), lambda g, x, b: (g, g))
    assert (
        "a gradient has shape (2, 3). Expected (3,), as its argument has. Is the sum over the broadcast axis 0 missing?"
        in report.reason
    )


@pytest.mark.parametrize(
    "f, args, vjp, words",
    [
        (lambda x: np.sum(x * x), (X,), lambda g, x: g * x, "of multiply is missing, which is an argument of it twice"),
        (lambda x, y: np.sum(np.sin(x) * y + x), (X, X + 1), lambda g, x, y: (g * np.cos(x) * y, g * np.sin(x)),
         "the term of argument 1 of add is missing"),
        (lambda x: np.sum(np.sin(x) - x**2), (X,), lambda g, x: g * (np.cos(x) + 2 * x), "has the wrong sign"),
        (lambda a, b: a + b, (np.eye(3), X[:3]), lambda g, a, b: (g, g.sum(1)), "summed along axis 1, which"),
        (lambda x: x**x, (np.abs(X),), lambda g, x: g * x * x ** (x - 1), "the term of argument 1 of power is missing"),
        (lambda x: x**x, (1.7,), lambda g, x: g * x**x * np.log(x), "the term of argument 0 of power is missing"),
        (lambda a, b: np.sum(np.sin(a + b)), (np.eye(3), X[:3]),
         lambda g, a, b: (g * np.cos(a + b), g * np.cos(a + b).mean(0)),
         "the gradient of b is wrong: too small by a factor 3, the number of elements: a mean"),
    ],
)  # fmt: skip
def test_the_missing_term_of_a_gradient_by_hand_is_named(f, args, vjp, words):
    assert words in tg.check_vjp(f, args, vjp).mistake


def test_a_right_argument_is_not_blamed_for_another():
    a, b = np.arange(9.0).reshape(3, 3) / 7, X[:3]

    def vjp(g, a, b):
        d = g * (1 - np.tanh(a @ a + b) ** 2)
        return d @ a + a.T @ d, d.sum(0)

    report = tg.check_vjp(lambda a, b: np.sum(np.tanh(a @ a + b)), (a, b), vjp)
    assert report.verdict == "fail" and "b " not in report.mistake


def test_the_missing_term_of_a_rule_in_python_is_named():
    power = elementwise(lambda x: x**x, lambda g, y, x: g * x * x ** (x - 1))
    for x in (np.abs(X), 1.3):
        assert "the term of argument 1 of power is missing" in tg.check(lambda x: np.sum(power(x)), x).culprit.mistake


def test_a_pullback_of_one_point_is_checked_there():
    _, pull = tg.vjp(np.tanh, X)
    report = tg.check_vjp(np.tanh, (X,), pull)
    assert report
    assert {row.point for row in report.rows} == {"x"}
    assert "belongs to this one" in report.notes[0]
    _, pull = tg.vjp(np.sinh, X)
    assert tg.check_vjp(np.tanh, (X,), pull).verdict == "fail"


def test_a_bare_array_for_the_arguments_is_refused():
    with pytest.raises(TreeError, match="Expected a tuple with one for each argument"):
        tg.check_vjp(np.sin, X, lambda g, x: g * np.cos(x))


def test_a_gradient_of_less_precision_fails_unless_its_argument_has_no_more():
    narrow = lambda g, x: (g * np.cos(x)).astype(np.float32)
    assert "x is float64, its gradient float32" in tg.check_vjp(lambda x: np.sin(x), (X,), narrow).reason
    assert tg.check_vjp(lambda x: np.sin(x), (X.astype(np.float32),), narrow)


class Foreign:
    """An array of a library that knows nothing of NumPy's protocols but lets it look inside."""

    def __init__(self, values):
        self.values = values

    def __array__(self, dtype=None, copy=None):
        return self.values


def test_functions_of_other_libraries_are_checked():
    f = lambda x: Foreign(np.sin(np.asarray(x)))
    assert tg.check_vjp(f, (X,), lambda g, x: Foreign(g * np.cos(x)))
    assert tg.check_vjp(f, (X,), lambda g, x: Foreign(g * np.sin(x))).verdict == "fail"


def test_too_few_gradients_fail():
    report = tg.check_vjp(np.multiply, (X, X), lambda g, x, y: (g * y,))
    assert "returned 1 gradients. Expected 2" in report.reason
