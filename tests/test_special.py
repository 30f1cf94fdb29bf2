"""scipy.special: what sample rows cannot say. Every function is accounted for, and keeps its digits at the ends.

Slopes in parameters are compared with differences of SciPy's own functions, of eighth order.
"""

import numpy as np
import pytest

sp = pytest.importorskip("scipy.special")

from catalogue.pages import SAMPLES  # noqa: E402
from catalogue.special_samples import REFUSED, ROUGH  # noqa: E402

import tinygrad_edu as tg  # noqa: E402
from tinygrad_edu.rules import parameters  # noqa: E402
from tinygrad_edu.rules.elliptic import carlson  # noqa: E402
from tinygrad_edu.scipy import special as ours  # noqa: E402

UFUNCS = {name: f for name in dir(sp) if isinstance(f := getattr(sp, name), np.ufunc)}


def slopes(f, *point):
    with np.errstate(all="ignore"):
        return [float(d) for d in tg.grad(f, argnums=range(len(point)))(*point)]


def difference(f, x, h):
    weights = {1: 4 / 5, 2: -1 / 5, 3: 4 / 105, 4: -1 / 280}
    return sum(w * (f(x + k * h) - f(x - k * h)) for k, w in weights.items()) / h


# --- every function is accounted for ----------------------------------------------------------------------------------


def test_every_ufunc_has_a_rule_a_flat_row_or_a_refusal():
    sampled = {s.function for s in SAMPLES} | {sp.round, sp.gammasgn}
    missing = {name for name, f in UFUNCS.items() if f not in sampled | REFUSED.keys() | ROUGH}
    assert not missing
    assert not [name for name, f in UFUNCS.items() if f not in tg.RULES]


@pytest.mark.parametrize("f", REFUSED, ids=lambda f: f.__name__)
def test_a_function_without_known_slopes_refuses_each_argument_by_name(f):
    for i, x in enumerate(REFUSED[f]):
        with pytest.raises(
            tg.errors.NoRuleError, match=rf"{f.__name__} has no rule for its parameter \w+, whose deriv"
        ):
            tg.grad(lambda x, i=i: f(*REFUSED[f][:i], x, *REFUSED[f][i + 1 :]))(x)


@pytest.mark.parametrize("f, point", [
    (sp.jv, (1.5, 2.0)), (sp.kv, (1.5, 2.0)), (sp.ive, (1.5, 2.0)), (sp.struve, (1.5, 2.0)), (sp.expn, (2.0, 2.0)),
    (sp.eval_legendre, (1.5, 0.5)), (sp.eval_jacobi, (2.0, 0.5, 0.5, 0.5)), (sp.hyperu, (1.5, 0.5, 2.0)),
    (sp.chndtr, (2.0, 3.0, 1.0)), (sp.wright_bessel, (0.5, 1.0, 2.0)),
], ids=lambda f: getattr(f, "__name__", ""))  # fmt: skip
def test_a_traced_order_is_refused_in_both_modes_and_not_silently_zero(f, point):
    place = 1 if f is sp.chndtr else 0
    alone = lambda x: np.real(f(*point[:place], x, *point[place + 1 :]))
    with pytest.raises(tg.errors.NoRuleError, match=r"Pass a number, or \w+\.detach\(\)"):
        tg.grad(alone)(point[place])
    with pytest.raises(tg.errors.NoRuleError):
        tg.jvp(alone, (point[place],), (1.0,))


def test_a_detached_order_is_a_number():
    order = tg.Tensor(1.0, requires_grad=True)
    np.testing.assert_allclose(tg.grad(lambda x: sp.jv(order.detach(), x))(2.0), sp.jvp(1, 2.0), rtol=1e-15)


# --- what SciPy computes roughly is checked by the equation that it solves ---------------------------------------------


@pytest.mark.parametrize("inverse, forward, place, point", [
    (sp.ncfdtrinc, sp.ncfdtr, 2, (4.0, 6.0, 0.3, 2.0)), (sp.nctdtrinc, sp.nctdtr, 1, (5.0, 0.3, 1.0)),
    (sp.chndtrinc, sp.chndtr, 2, (2.0, 3.0, 0.25)), (sp.stdtridf, sp.stdtr, 0, (0.14, -1.5)),
], ids=lambda f: getattr(f, "__name__", ""))  # fmt: skip
def test_a_distribution_function_undoes_its_inverse(inverse, forward, place, point):
    """F(..., F⁻¹(p), ...) = p: its slope is 1 in p, and 0 in what both take."""
    known = [i for i in range(len(point)) if type(_slope_or_none(inverse, point, i)) is float]
    for i in known:
        there_and_back = lambda x, i=i: forward(*_with(_with(point, i, x), place, inverse(*_with(point, i, x))))
        assert tg.grad(there_and_back)(point[i]) == pytest.approx(float(i == place), abs=1e-12)
    assert place in known


def _with(point, i, x):
    return (*point[:i], x, *point[i + 1 :])


def _slope_or_none(f, point, i):
    try:
        return float(tg.grad(lambda x: f(*_with(point, i, x)))(point[i]))
    except tg.errors.NoRuleError:
        return None


@pytest.mark.parametrize("name", ["cem", "sem", "modcem1", "modcem2", "modsem1", "modsem2"])
def test_mathieu_functions_have_the_slopes_that_scipy_returns_and_the_equation_says(name):
    f = getattr(sp, f"mathieu_{name}")
    found = [tg.grad(lambda x, k=k: f(2, 1.3, x)[k])(0.4) for k in (0, 1)]
    np.testing.assert_allclose(
        found, [difference(lambda x, k=k: f(2, 1.3, x)[k], 0.4, 0.05) for k in (0, 1)], rtol=1e-6
    )


def test_integrals_of_airy_functions_have_them_as_slopes():
    found = [tg.grad(lambda x, k=k: sp.itairy(x)[k])(0.7) for k in range(4)]
    np.testing.assert_allclose(found, [sp.airy(0.7)[0], sp.airy(0.7)[2], sp.airy(-0.7)[0], sp.airy(-0.7)[2]])


# --- slopes in parameters ---------------------------------------------------------------------------------------------

A = np.array([0.05, 0.5, 1.0, 2.0, 5.0, 30.0, 300.0, 0.5, 40.0])
X = np.array([0.3, 0.2, 1.0, 1.5, 20.0, 25.0, 310.0, 6.0, 40.0])


def test_gammainc_in_its_parameter_keeps_eleven_digits():
    lower = X < A + 1  # the smaller of the two tails, for a difference without cancellation
    f = lambda a: np.where(lower, sp.gammainc(a, X), -sp.gammaincc(a, X))
    expected = difference(f, A, 0.02 * np.minimum(A, 5))
    np.testing.assert_allclose(parameters.gammainc_at(A, X, orders=(1, 0)), expected, rtol=2e-11)


@pytest.mark.parametrize("i", [0, 1])
def test_betainc_in_its_parameters_keeps_ten_digits(i):
    args = [np.array([0.1, 0.5, 1.0, 2.0, 5.0, 30.0, 0.5]), np.array([2.0, 0.5, 3.0, 1.0, 9.0, 80.0, 0.05])]
    x = np.array([0.3, 0.9, 0.2, 0.99, 0.4, 0.3, 0.4])
    lower = x * (args[0] + args[1] + 2) < args[0] + 1
    f = lambda *ab: np.where(lower, sp.betainc(*ab, x), -sp.betaincc(*ab, x))
    expected = difference(lambda a: f(*_with(tuple(args), i, a)), args[i], 0.02 * np.minimum(args[i], 5))
    found = parameters.betainc_at(*args, x, orders=(1 - i, i, 0))
    np.testing.assert_allclose(found, expected, rtol=2e-10)


def test_betainc_has_slopes_where_the_beta_function_underflows():
    expected = difference(lambda a: sp.betainc(a, 1000.0, 0.5), 1000.0, 2.0)
    assert slopes(lambda a: sp.betainc(a, 1000.0, 0.5), 1000.0) == pytest.approx([expected], rel=1e-9)


def test_incomplete_functions_do_not_depend_on_parameters_at_the_ends():
    assert slopes(sp.gammainc, 2.0, 0.0) == [0.0, 0.0]
    assert slopes(lambda a, b: sp.betainc(a, b, 0.0), 2.0, 3.0) == [0.0, 0.0]
    assert slopes(lambda a, b: sp.betainc(a, b, 1.0), 2.0, 3.0) == [0.0, 0.0]


def test_the_slope_of_zeta_is_known_at_zero_and_two():
    known = [-np.log(2 * np.pi) / 2, np.pi**2 / 6 * (np.euler_gamma + np.log(2 * np.pi) - 12 * 0.24875447703378425)]
    np.testing.assert_allclose([*slopes(sp.zeta, 0.0), *slopes(sp.zeta, 2.0)], known, rtol=1e-12)
    np.testing.assert_allclose(slopes(lambda s: sp.zeta(s, 1.0), 2.0), known[1:], rtol=1e-12)


@pytest.mark.parametrize("i", [0, 1, 2])
def test_hypergeometric_functions_in_their_parameters(i):
    args, x = (2.3, 1.4, 0.9), np.array([-20.0, -3.0, -0.5, 0.1, 0.4, 0.8])
    found = parameters.hyp2f1_at(*args, x, orders=(*(int(i == j) for j in range(3)), 0))
    np.testing.assert_allclose(found, difference(lambda a: sp.hyp2f1(*_with(args, i, a), x), args[i], 0.02), rtol=1e-9)


def test_carlson_integrals_are_those_of_scipy_over_eight_decades():
    x, y, z = 10 ** np.random.default_rng(0).uniform(-4, 4, (3, 200))
    np.testing.assert_allclose(carlson(x, y, z, powers=(0.5, 0.5, 0.5)), sp.elliprf(x, y, z), rtol=1e-12)
    np.testing.assert_allclose(3 * carlson(x, y, z, powers=(0.5, 0.5, 1.5)), sp.elliprd(x, y, z), rtol=1e-12)


def test_slopes_in_parameters_take_empty_arrays_float32_and_nan():
    empty = tg.grad(lambda a: np.sum(sp.gammainc(a, 2.0)))(np.zeros((0, 3)))
    assert empty.shape == (0, 3)
    assert tg.grad(sp.gammainc)(np.float32(2), np.float32(1)).dtype == np.float32
    assert np.isnan(slopes(sp.gammainc, np.nan, 1.0)[0])


# --- ends -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("f, point, expected", [
    (sp.erfinv, [1.0], [np.inf]), (sp.erfinv, [-1.0], [np.inf]), (sp.erfcinv, [0.0], [-np.inf]), (sp.logit, [0.0], [np.inf]),
    (sp.expit, [1000.0], [0.0]), (sp.log_expit, [-1000.0], [1.0]), (sp.log_expit, [1000.0], [0.0]),
    (sp.xlogy, [0.0, 0.0], [-np.inf, 0.0]), (sp.xlogy, [0.0, 2.0], [np.log(2), 0.0]), (sp.xlog1py, [0.0, -1.0], [-np.inf, 0.0]),
    (sp.rel_entr, [0.0, 1.0], [-np.inf, 0.0]), (sp.kl_div, [0.0, 1.0], [-np.inf, 1.0]), (sp.entr, [0.0], [np.inf]),
    (sp.i0e, [0.0], [0.0]), (sp.j1, [0.0], [0.5]), (sp.i1, [0.0], [0.5]), (sp.exprel, [0.0], [0.5]), (sp.spence, [1.0], [-1.0]),
    (sp.boxcox, [2.0, 0.0], [0.5, np.log(2) ** 2 / 2]), (sp.ellipk, [0.0], [np.pi / 8]), (sp.ellipe, [0.0], [-np.pi / 8]),
    (sp.rgamma, [0.0], [1.0]), (sp.rgamma, [-2.0], [2.0]), (sp.huber, [1.0, 3.0], [2.0, 1.0]), (sp.pseudo_huber, [1.0, 0.0], [0.0, 0.0]),
    (sp.log_ndtr, [1e3], [0.0]), (sp.log_ndtr, [-1e8], [1e8]), (sp.agm, [2.0, 2.0], [0.5, 0.5]), (sp.bei, [0.0], [0.0]),
    (sp.tklmbda, [5.0, 1.0], [0.0, 0.0]),
], ids=str)  # fmt: skip
def test_at_the_end_the_slope_is_its_limit(f, point, expected):
    np.testing.assert_allclose(slopes(f, *point), expected, rtol=1e-14)


@pytest.mark.parametrize("f, x, expected", [
    (sp.erfcx, 1e8, -1e-16 / np.sqrt(np.pi)), (sp.dawsn, -1e8, -0.5e-16), (sp.erfcx, 31.0, None), (sp.dawsn, 31.0, None),
])  # fmt: skip
def test_far_out_the_slope_keeps_its_digits(f, x, expected):
    """To the right, y' = ∓ Σ (2m + 1)!! (...): the plain formulae have none left at 1e8. At 31 both still agree."""
    plain = {sp.erfcx: 2 * x * sp.erfcx(x) - 2 / np.sqrt(np.pi), sp.dawsn: 1 - 2 * x * sp.dawsn(x)}[f]
    np.testing.assert_allclose(slopes(f, x), plain if expected is None else expected, rtol=1e-9)


def test_second_slopes_are_known_at_zero():
    second = lambda f: float(tg.grad(tg.grad(f))(0.0))
    found = [second(f) for f in (sp.j0, sp.i0, sp.ellipk, sp.exprel, sp.erf, sp.bei)]
    np.testing.assert_allclose(found, [-0.5, 0.5, 9 * np.pi / 64, 1 / 3, 0.0, 0.5], atol=1e-14)


@pytest.mark.parametrize("n, end", [(0, 1.0), (3, 1.0), (4, -1.0)])
def test_legendre_polynomials_have_slopes_at_the_ends_of_the_interval(n, end):
    assert slopes(lambda x: sp.eval_legendre(n, x), end) == pytest.approx([end ** (n + 1) * n * (n + 1) / 2])


def test_scaled_functions_of_complex_numbers_have_the_slope_of_their_modulus():
    """e^(-|Re z|) I(z) is not holomorphic: both directions of the plane are compared with differences."""
    for f in (lambda z: sp.ive(1.3, z), lambda z: sp.jve(1.3, z), lambda z: sp.airye(z)[2]):
        for t in (1.0, 1j):
            z = np.array(0.7 + 0.4j)
            found = tg.jvp(f, (z,), (np.array(t + 0j),))[1]
            np.testing.assert_allclose(
                found, difference(lambda h, f=f, t=t: f(0.7 + 0.4j + h * t), 0.0, 0.01), rtol=1e-9
            )


def test_scaled_airy_functions_left_of_zero():
    """There Ai has no real scaling, and Bi none at all."""
    found = tg.grad(lambda x: sp.airye(x)[2])(-1.5)
    np.testing.assert_allclose(found, sp.airy(-1.5)[3], rtol=1e-14)


# --- functions that do not dispatch -----------------------------------------------------------------------------------


@pytest.mark.parametrize("name, args, params", [
    ("polygamma", (2, np.array([0.3, -1.5, 4.0])), {}), ("polygamma", (np.array([0, 1]), 0.7), {}), ("multigammaln", (2.3, 3), {}),
    ("factorial", (np.array([0.0, 2.5, -1.0]),), {}), ("factorial", (5,), {"exact": True}), ("comb", (5.5, np.array([2.0, 7.0])), {}),
    ("comb", (5, 2), {"exact": True}), ("comb", (5.0, 2.0), {"repetition": True}),
    ("diric", (np.array([0.0, 1e-9, 1.0, -2.5, 2 * np.pi, 9.0]), 4), {}), ("diric", (np.array([0.0, 2 * np.pi, 20.0]), 5), {}),
    ("softmax", (np.array([[1.0, 2.0], [3.0, 5.0]]),), {}), ("log_softmax", (np.array([[1.0, 2.0], [3.0, 5.0]]),), {"axis": 0}),
    ("logsumexp", (np.array([1.0, 2.0]),), {"b": np.array([1.0, 2.0])}), ("sph_harm_y", (2, 1, 0.4, np.array([0.2, 5.0])), {}),
    *((f"spherical_{name}", (n, np.array([-1.5, 2.0])), {"derivative": d}) for name in ("jn", "yn", "in") for n in (1, 2) for d in (False, True)),
    ("spherical_kn", (2, np.array([0.5, 2.0])), {"derivative": True}),
])  # fmt: skip
def test_the_value_is_that_of_scipy(name, args, params):
    np.testing.assert_allclose(
        getattr(ours, name)(*args, **params), getattr(sp, name)(*args, **params), rtol=1e-13, atol=1e-15
    )


def test_zeta_and_lambertw_dispatch_by_themselves():
    assert slopes(lambda x: np.real(sp.lambertw(x)), 0.0) == [1.0]
    assert slopes(lambda q: sp.zeta(2.0, q), 1.5) == pytest.approx([-2 * sp.zeta(3.0, 1.5)])


def test_the_first_spherical_bessel_function_rises_by_a_third_at_zero():
    assert slopes(lambda x: ours.spherical_jn(1, x), 0.0) == pytest.approx([1 / 3])


def test_bessel_jn_stacks_the_orders():
    np.testing.assert_array_equal(ours.bessel_jn(np.array([0.5, 2.0]), v=2), [sp.jv(k, [0.5, 2.0]) for k in range(3)])


def test_spherical_harmonics_have_slopes_at_the_pole():
    found = tg.grad(lambda theta: np.real(ours.sph_harm_y(1, 1, theta, 0.0)))(0.0)
    np.testing.assert_allclose(found, -np.sqrt(3 / (8 * np.pi)), rtol=1e-14)


def test_multigammaln_says_what_it_wants():
    with pytest.raises(ValueError, match=r"a whole d and all a > \(d - 1\)/2, but d is 3 and a is 0.5"):
        ours.multigammaln(0.5, 3)
