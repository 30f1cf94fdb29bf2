"""`tinygrad_edu.testing`: hard examples are drawn, wrong rules are found and shrunk, and the failure can be read."""

import importlib
import sys

import hypothesis
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

import tinygrad_edu as tg
from tinygrad_edu.errors import CheckError, HyperparameterError, MissingExtraError, NoRuleError
from tinygrad_edu.extend import bilinear, elementwise, linear, primitive
from tinygrad_edu.testing import DOMAINS, Example, arguments, arrays, check_rule, dtypes, laws, numbers, shapes
from tinygrad_edu.testing.strategies import LAYOUTS

pytest_plugins = ["pytester"]
some = settings(max_examples=30, derandomize=True, database=None, deadline=None)


def smallest(strategy, condition):
    """The simplest example with a property: that there is one shows that the strategy draws it."""
    quiet = settings(max_examples=500, derandomize=True, database=None)
    return hypothesis.find(strategy, condition, settings=quiet)


# strategies


@given(shapes(3))
@some
def test_shapes_broadcast(drawn):
    assert len(np.broadcast_shapes(*drawn)) <= 2


@pytest.mark.parametrize("condition", [
    lambda s: s[0] == () != s[1], lambda s: 1 in s[0] and s[1] and s[1][-1] == 3, lambda s: 0 in s[0], lambda s: len(s[0]) < len(s[1]),
])  # fmt: skip
def test_shapes_without_axes_of_one_and_of_nothing_are_drawn(condition):
    assert smallest(shapes(2), condition)


@given(shapes(2, signature="(m,k),(k,n)->(m,n)"))
@some
def test_shapes_fit_a_signature(drawn):
    x, y = drawn
    assert np.matmul(np.ones(x), np.ones(y)).ndim >= 2


@pytest.mark.parametrize("domain", [*DOMAINS, (3.0, 3.01), (-np.inf, -20.0)])
def test_numbers_stay_inside_their_domain(domain):
    low, high = DOMAINS[domain] if isinstance(domain, str) else domain

    @given(st.lists(numbers(domain), min_size=10), numbers(domain, sizes="extreme"), numbers(domain, sizes="ordinary"))
    @settings(some, max_examples=15)
    def inside(many, extreme, ordinary):
        assert all(low < x < high for x in [*many, extreme, ordinary])

    inside()


@pytest.mark.parametrize(("condition", "simplest"), [
    (lambda x: True, {0.0}), (lambda x: x == 1, {1.0}), (lambda x: x < 0, {-1.0}), (lambda x: x == 0.625, {0.625}),
    (lambda x: x > 1e7, {float(f"{m}e{e}") for m in range(1, 10) for e in (7, 8)}),
    (lambda x: 0 < x < 1e-6, {float(f"{m}e{e}") for m in range(1, 10) for e in (-7, -8)}),
])  # fmt: skip
def test_special_simple_and_extreme_numbers_are_drawn(condition, simplest):
    assert smallest(numbers(), condition) in simplest


@pytest.mark.parametrize("layout", ["backwards", "with gaps", "transposed", "repeated"])
def test_every_layout_is_drawn_with_the_same_elements(layout):
    x = np.arange(6.0).reshape(2, 3)
    laid = LAYOUTS[layout](x)
    np.testing.assert_array_equal(laid, x if layout != "repeated" else 0 * x)
    assert not laid.flags.c_contiguous
    found = smallest(arrays((2, 3)), lambda a: a.strides == laid.strides)
    assert found.shape == (2, 3)


def test_dtypes_are_both_precisions_and_single_keeps_inside():
    assert {smallest(dtypes(), lambda d, w=w: d == w).name for w in ("f4", "f8")} == {"float32", "float64"}
    assert smallest(dtypes(complex_=True), lambda d: d == "c8").name == "complex64"

    @given(arguments("unit", dtype=np.float32))
    @some
    def inside(args):
        assert args[0].dtype == np.float32 and np.all((args[0] > 0) & (args[0] < 1))

    inside()


def test_one_array_may_be_two_arguments():
    x, y = smallest(arguments("real", "real"), lambda args: args[0] is args[1])
    assert x is y

    @given(arguments("real", "real", repeated=False))
    @some
    def apart(args):
        assert args[0] is not args[1]

    apart()


def test_complex_arguments_have_both_parts():
    (z,) = smallest(arguments("complex"), lambda args: args[0].size and (args[0].imag != 0).all())
    assert z.dtype.kind == "c"


@pytest.mark.parametrize(
    ("domain", "words"), [("negative", "no domain is called 'negative'"), ((1.0, 1.0), "is empty")]
)
def test_a_domain_that_does_not_exist_is_refused(domain, words):
    with pytest.raises(HyperparameterError, match=words):
        numbers(domain)


# searching: what is right


@pytest.mark.parametrize(("function", "domains"), [
    (np.arctan, ("real",)), (np.log, ("positive",)), (np.multiply, ("real", "real")), (np.power, ("positive", "real")),
    (np.maximum, ("real", "real")), (np.matmul, ("real", "real")), (np.cumsum, ("real",)), (np.arctanh, ("inside",)),
])  # fmt: skip
def test_rows_of_the_table_pass_on_domains_that_are_found(function, domains):
    search = check_rule(function, max_examples=6)
    assert (search.domains, search.failures) == (domains, 0)
    assert search.examples >= 5 and search.evaluations > 50


def test_parameters_and_other_arguments_are_passed_on():
    assert check_rule(np.sum, max_examples=4, args=st.tuples(arrays((2, 3))), axis=1).failures == 0
    stacked = st.lists(arrays((2,)), min_size=1, max_size=3).map(lambda xs: (xs,))
    assert check_rule(np.concatenate, args=stacked, max_examples=4).failures == 0
    assert check_rule(np.multiply, "complex", "real", max_examples=4).domains == ("complex", "real")


def test_kinks_are_counted_and_pass():
    search = check_rule(np.abs, max_examples=12)
    assert search.kinks and "at a kink" in str(search)


# searching: what is wrong


def named(name, function):
    function.__name__ = name
    return function


def _detached(x):
    return x.detach() if isinstance(x, tg.Tensor) else x


def _of_ties(g, z, x, y):
    return g * (x >= y)


WRONG = [
    ("sign", elementwise(named("sign", lambda x: np.cos(x)), lambda g, y, x: g * np.sin(x)), {},
     "argument 0 = array(1.)", "the sign is wrong"),
    ("1e-9", elementwise(named("1e-9", lambda x: np.sin(x)), lambda g, y, x: g * np.cos(x) * (1 + 1e-9)), {},
     "argument 0 = array(0.)", "1e-09  fail"),
    ("ties", elementwise(named("ties", lambda x, y: np.maximum(x, y)), _of_ties, lambda g, z, x, y: _of_ties(g, z, y, x)), {},
     "argument 0 = array(0.)\n  argument 1 = array(0.)", "fail"),
    ("zero", elementwise(named("zero", lambda x: np.sin(x)), lambda g, y, x: g * np.where(x == 0, 0, np.cos(x))), {},
     "argument 0 = array(0.)", "it is zero"),
    ("not linear", primitive(named("not linear", lambda x: np.exp(x)), (lambda g, y, x: np.abs(g) * y,)), {},
     "argument 0 = array(0.)", "g is not -1.59e+15 times the vjp of g"),
    ("second order", elementwise(named("second order", lambda x: np.exp(x)), lambda g, y, x: g * np.exp(_detached(x))), {},
     "argument 0 = array(0.)", "the derivative of its rule is wrong"),
    ("forward mode", primitive(named("forward mode", lambda x: np.sin(x)), (lambda g, y, x: g * np.cos(x),),
                               (lambda t, y, x: -t * np.cos(x),)), {}, "argument 0 = array(0.)", "forward mode"),
    ("an axis", linear(named("an axis", lambda x: np.sum(x, axis=-1)),
                       lambda g, y, x: np.broadcast_to(np.expand_dims(g, 0), x.shape)), {"signature": "(m,n)->(m)"},
     "argument 0 = array([[0.],\n       [0.]])", "ValueError: operands could not be broadcast"),
    ("no axes", elementwise(named("no axes", lambda x: x**3), lambda g, y, x: g * 3 * x * x[..., :]), {},
     "argument 0 = array(0.)", "IndexError: too many indices"),
    ("repeated", bilinear(named("repeated", lambda x, y: x * y), lambda g, z, x, y: g * y * (2 if x is y else 1), lambda g, z, x, y: g * x), {"order": 1, "max_examples": 60},
     "argument 1 is argument 0, the same array", ""),
    ("views", elementwise(named("views", lambda x: x * x), lambda g, y, x: g * 2 * (x if isinstance(x, tg.Tensor) or x.flags.c_contiguous else x + 1)), {"args": st.tuples(arrays((2,))), "order": 1},
     "in memory", ""),
]  # fmt: skip


@pytest.mark.parametrize(
    ("operation", "options", "example", "words"), [row[1:] for row in WRONG], ids=[row[0] for row in WRONG]
)
def test_a_wrong_rule_is_found_and_shrunk_to_a_few_small_numbers(operation, options, example, words):
    with pytest.raises(CheckError) as failure:
        check_rule(operation, **{"max_examples": 30, **options})
    told = str(failure.value)
    assert told.startswith(f"{operation.name} is wrong at\n")
    assert example in told and words in told
    assert "Falsifying example" not in told and not getattr(failure.value, "__notes__", [])
    assert "hypothesis" not in told


def test_a_search_does_not_slide_from_one_failure_to_another():
    two = elementwise(
        named("two", lambda x: np.sin(x)),
        lambda g, y, x: g * np.cos(x) * np.where(x > 2, 2, np.where(x == 0, 1 + 1e-5, 1)),
    )
    args = st.sampled_from([(np.full(1, x),) for x in [1.0, 0.0, *[3.0] * 20]])  # what stands first is simpler
    with pytest.raises(CheckError) as failure:
        check_rule(two, args=args, max_examples=10)
    first, other = str(failure.value).split("also wrong, in another way: two is wrong at")
    assert "= array([3.])" in first and "too large by a factor 2" in first
    assert "= array([0.])" in other and "1.0e-05 throughout" in other


def test_many_axes_many_elements_and_stacks_are_drawn():
    drawn = []

    @given(
        arguments("real"),
        arguments("real", "real", signature="(m,k),(k)->(m)"),
        arguments("real", max_dims=1, max_side=2),
    )
    @settings(some, max_examples=150)
    def draw(alone, pair, small):
        np.matmul(pair[0], pair[1][..., None])
        drawn.append((alone[0].ndim, alone[0].size, pair[0].ndim, small[0].size))

    draw()
    most = [max(numbers) for numbers in zip(*drawn, strict=True)]
    assert most[0] >= 3 and most[1] > 20 and most[2] >= 3 and most[3] <= 2


@pytest.mark.parametrize(("options", "words"), [
    ({"max_examples": 0}, r"max_examples=0\. Expected 1 or more"), ({"order": 3}, r"order=3\. Expected 1 or 2"),
])  # fmt: skip
def test_a_search_for_nothing_is_refused(options, words):
    with pytest.raises(HyperparameterError, match=words):
        check_rule(np.sin, **options)


def test_a_failure_holds_the_report():
    with pytest.raises(CheckError) as failure:
        check_rule(WRONG[0][1], max_examples=5)
    assert failure.value.report.verdict == "fail"


def test_an_argument_in_single_precision_is_told():
    operation = elementwise(
        named("wide", lambda x: np.sin(x)), lambda g, y, x: g * (np.cos(x) if x.dtype == "f8" else 0 * x)
    )
    with pytest.raises(CheckError, match=r"argument 0 = array\(0., dtype=float32\)"):
        check_rule(operation, max_examples=30)


def test_the_same_search_finds_the_same():
    told = []
    for _ in range(2):
        with pytest.raises(CheckError) as failure:
            check_rule(WRONG[0][1], max_examples=2)
        told.append(str(failure.value))
    assert told[0] == told[1]


def test_a_search_that_decides_nothing_fails():
    with pytest.raises(CheckError, match="examples cannot be decided, the last because") as failure:
        check_rule(np.sqrt, args=st.just((np.zeros(2),)), max_examples=3)
    assert "name domains where the operation is smooth" in str(failure.value)


def test_domains_without_values_are_an_error():
    with pytest.raises(CheckError, match=r"sqrt: no example is finite. Expected other domains than \(-9.0, -8.0\)"):
        check_rule(np.sqrt, (-9.0, -8.0), max_examples=5)


def test_arguments_that_the_function_itself_refuses_are_no_counter_example():
    with pytest.raises(CheckError, match=r"ldexp: no example is finite \(TypeError: .*\). Expected .* or args="):
        check_rule(np.ldexp, "real", "real", max_examples=5)
    assert check_rule(np.var, max_examples=3).domains == ("real",)
    assert check_rule(np.ldexp, args=st.tuples(arrays((2,)), st.just(3)), max_examples=3).failures == 0


def test_a_function_without_a_rule_is_refused():
    with pytest.raises(NoRuleError, match="busday_count has no rule in the table"):
        check_rule(np.busday_count)


def test_hypothesis_is_asked_for_by_name(monkeypatch):
    monkeypatch.setitem(sys.modules, "hypothesis", None)
    kept = {name: sys.modules.pop(name) for name in list(sys.modules) if name.startswith("tinygrad_edu.testing")}
    try:
        with pytest.raises(MissingExtraError, match=r'pip install "tinygrad-edu\[testing\]"'):
            importlib.import_module("tinygrad_edu.testing")
    finally:
        sys.modules.update(kept)


# laws: each on something that breaks it


X = np.array([0.3, -1.2])
BY_NAME = {row[0]: row[1] for row in WRONG}


@pytest.mark.parametrize(("law", "operation", "words"), [
    (laws.recording_changes_nothing, lambda x: x * (2 if isinstance(x, tg.Tensor) else 1), "recorded, result 0 at (0,) is 0.6. Expected 0.3"),
    (laws.recording_changes_nothing, lambda x: x[:1] if isinstance(x, tg.Tensor) else x, "is float64 of shape (1,). Expected float64, (2,)"),
    (laws.forward_mode_is_measured, WRONG[0][1], "the jvp at (0,) is"),
    (laws.modes_are_adjoint, BY_NAME["forward mode"], "the modes are not transposes of each other: ⟨g, J t⟩ = "),
    (laws.second_order_is_measured, BY_NAME["second order"], "forward over reverse at (0,) is 0. Expected"),
    (laws.views_agree, BY_NAME["views"], "the gradient of a view at (0,) is"),
])  # fmt: skip
def test_a_broken_law_says_what_is_and_what_was_expected(law, operation, words):
    with pytest.raises(CheckError) as failure:
        law(Example(operation, (X,)))
    assert words in str(failure.value)


def test_nothing_that_is_not_a_number_obeys_a_law():
    gone = elementwise(named("gone", lambda x: x * x), lambda g, y, x: g * x * np.nan)
    for law in (laws.forward_mode_is_measured, laws.modes_are_adjoint, laws.second_orders_agree):
        with pytest.raises(CheckError):
            law(Example(gone, (X,)))


def test_a_mix_of_modes_that_differs_is_named():
    crossed = primitive(
        named("crossed", lambda x, y: x * x * y),
        (lambda g, z, x, y: g * 2 * x * y, lambda g, z, x, y: g * _detached(x) * x),
        (lambda t, z, x, y: t * 2 * x * y, lambda t, z, x, y: t * x * x),
    )
    with pytest.raises(CheckError, match="second order, reverse over"):
        laws.second_orders_agree(Example(crossed, (X, X + 1)))


def test_broadcasting_that_is_not_undone_is_told():
    first = primitive(
        named("first", lambda x, y: x + y),
        (lambda g, z, x, y: g, lambda g, z, x, y: g if y.shape == g.shape else g[0] * 0),
    )
    with pytest.raises(CheckError, match=r"broadcasting: the gradient by argument 1"):
        laws.broadcasting_is_undone(first, np.ones((2, 3)), np.ones(3))


def test_single_precision_that_is_lost_is_told():
    with pytest.raises(CheckError, match="the gradient in single precision at"):
        rough = elementwise(
            named("rough", lambda x: np.sin(x)), lambda g, y, x: g * np.cos(x) * (1 if x.dtype == "f8" else 1.01)
        )
        laws.single_precision_stays(Example(rough, (X,), dtype=np.float32), Example(rough, (X,)))
    with pytest.raises(CheckError, match=r"is float64\. Expected float32"):
        laws.typed("the gradient by argument", [X], [X.astype("f4")])


def test_examples_hold_constant_what_is_no_float_array():
    example = Example(np.take, (X, np.array([1, 1])), {"axis": 0}, np.float32)
    assert [x.dtype for x in example.primals] == [np.float32]
    np.testing.assert_array_equal(example(X)[0], [-1.2, -1.2])


# the plugin

MINE = """
import numpy as np
from tinygrad_edu.extend import elementwise

wrong = elementwise(lambda x: x**3, lambda g, y, x: g * 3 * x)

def test_right(check_gradients):
    assert check_gradients(lambda x: np.sum(np.tanh(x)), np.ones(3), order=1).seed == 7

def test_undecided(check_gradients):
    check_gradients(lambda x: np.sum(np.sqrt(x)), np.zeros(2))

def test_accepted(check_gradients):
    check_gradients(lambda x: np.sum(np.sqrt(x)), np.zeros(2), strict=False)

def test_wrong(check_gradients):
    check_gradients(lambda x: np.sum(wrong(x)), np.full(3, 2.0))

def test_rule(check_rule):
    check_rule(np.arctan, max_examples=3)

def test_wrong_rule(check_rule):
    check_rule(wrong, max_examples=6)
"""


@pytest.fixture
def ran(pytester):
    """What pytest says about the tests above, run with the plugin."""
    pytester.makeconftest('pytest_plugins = ["tinygrad_edu.testing.plugin"]')
    pytester.makepyfile(MINE)
    return lambda *options: pytester.runpytest("-p", "no:xdist", "-p", "no:cov", "-W", "default", *options)


def test_the_plugin_shows_reports_and_counts(ran):
    result = ran("--gradient-seed", "7")
    result.assert_outcomes(passed=4, failed=2)
    result.stdout.fnmatch_lines([
        "*check_gradients(lambda x: np.sum(wrong(x)), np.full(3, 2.0))", "FAIL *", "*too small by a factor 2*",
        "<lambda> is wrong at", "  argument 0 = array(-1.)", "*InconclusiveWarning: inconclusive, because x?0?: the derivative is infinite here*",
        "*gradients: 2 pass, 2 inconclusive, 2 fail; * evaluations*", "inconclusive: *test_undecided: *",
    ])  # fmt: skip
    result.stdout.no_fnmatch_line("*trials.py*")


def test_the_plugin_can_be_strict(ran):
    ran("--gradient-strict", "--gradient-seed", "7", "-k", "undecided or right or accepted").assert_outcomes(
        passed=1, failed=2
    )


def test_the_plugin_is_silent_without_checks(pytester):
    pytester.makeconftest('pytest_plugins = ["tinygrad_edu.testing.plugin"]')
    pytester.makepyfile("def test_nothing():\n    assert True\n")
    result = pytester.runpytest("-p", "no:xdist", "-p", "no:cov")
    result.assert_outcomes(passed=1)
    result.stdout.no_fnmatch_line("*gradients:*")
