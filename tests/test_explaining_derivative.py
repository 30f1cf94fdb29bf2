"""The gradient as formulae: the engine on symbols, beside SymPy's own differentiation and the engine on numbers.

The environment variable PROGRAMS sets how many random programs are drawn (25; a long run: 2000).
"""

import os

import numpy as np
import pytest
import sympy
from scipy import special

import tinygrad_edu as tg
from tinygrad_edu.errors import GradientError, NoRuleError, TracedError
from tinygrad_edu.explaining import derivative
from tinygrad_edu.explaining.meanings import exact

PROGRAMS = int(os.environ.get("PROGRAMS", 25))

UNARY = [np.sin, np.cos, np.tanh, np.exp, np.arctan, np.sinh, np.square, np.negative, lambda u: np.log(u * u + 2.0),
         lambda u: np.sqrt(u * u + 1.0), lambda u: u**3, lambda u: 0.5 * u]  # fmt: skip
BINARY = [np.add, np.subtract, np.multiply, lambda u, v: u / (v * v + 1.0), lambda u, v: np.hypot(u, v * v + 3.0),
          lambda u, v: (u * u + 1.0) ** (0.1 * v)]  # fmt: skip


KINKED = [np.maximum, np.minimum, np.hypot, lambda u, v: np.where(u > v, u * v, u - v), lambda u, v: np.abs(u) * v,
          lambda u, v: np.clip(u + v, -0.2, 0.3)]  # fmt: skip


def program(seed, BINARY=BINARY):
    """A random function of two numbers: up to seven operations, each on what has been computed before."""
    rng = np.random.default_rng(seed)
    plan = [
        (rng.integers(2), rng.integers(100), rng.integers(100), rng.integers(100)) for _ in range(rng.integers(2, 6))
    ]

    def f(x, y):
        values = [0.5 * x, 0.5 * y]
        for binary, which, i, j in plan:
            u, v = values[-1 - i % 2], values[j % len(values)]
            values.append(BINARY[which % len(BINARY)](u, v) if binary else UNARY[which % len(UNARY)](u))
        return values[-1] + values[-2]

    return f


def worst_of(seed, at=(0.3, -0.4)):
    """How far formula and engine are apart, relative to their size; and whether SymPy's diff is the same formula."""
    f = program(seed)
    d = derivative(f)
    where = dict(zip("xy", at, strict=True))
    numbers = tg.grad(f, (0, 1))(*at)
    apart = [abs(v - n) / max(1, abs(n)) for v, n in zip(d.at(**where).values(), numbers, strict=True)]
    same = all(is_zero(d[name] - sympy.diff(d.value, sympy.Symbol(name, real=True))) for name in "xy")
    return max(apart), same


def is_zero(e):
    """Zero as a formula, if SymPy sees it soon; else in 40 digits at two points: large ones would take it minutes."""
    if e == 0 or (sympy.count_ops(e) < 60 and sympy.simplify(e) == 0):
        return True
    at = [{"x": sympy.Rational(31, 100) + k, "y": sympy.Rational(77, 100) - k} for k in (0, 1)]
    values = [e.evalf(40, subs={s: point[s.name] for s in e.free_symbols}) for point in at if e != 0]
    return all(abs(v) < 1e-30 for v in values)


def test_the_formulae_are_those_of_the_lesson():
    d = derivative(lambda x, y: np.exp(2 * y) * np.sin(x))
    assert str(d["x"]) == "exp(2*y)*cos(x)"
    assert str(d["y"]) == "2*exp(2*y)*sin(x)"
    assert str(d) == "∂f/∂x = exp(2*y)*cos(x)\n∂f/∂y = 2*exp(2*y)*sin(x)"
    assert d.at(x=0, y=1) == {"x": np.exp(2), "y": 0}
    assert r"\frac{\partial f}{\partial x} &= e^{2 y} \cos{\left(x \right)}" in d.latex()
    assert d.mathml().count("<math ") == 2


def test_a_constant_is_held():
    assert str(derivative(lambda x: np.exp(2 * 1) * np.sin(x))) == "∂f/∂x = exp(2)*cos(x)"


@pytest.mark.parametrize("seed", range(PROGRAMS))
def test_random_programs_have_the_same_formula_and_the_same_number(seed):
    apart, same = worst_of(seed)
    assert apart < 1e-9
    assert same


@pytest.mark.parametrize("seed", range(PROGRAMS // 2))
def test_random_programs_with_kinks_have_the_gradient_of_the_engine_on_every_branch(seed):
    f = program(seed + 5, KINKED)
    d = derivative(f)
    for at in [(0.3, -0.4), (-1.1, 0.7), (1.3, 2.1)]:
        numbers = tg.grad(f, (0, 1))(*at)
        assert np.allclose(list(d.at(x=at[0], y=at[1]).values()), numbers, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(("f", "shapes", "written"), [
    (lambda x: np.maximum(x, 0),          {}, "∂f/∂x = {1/2 where x = 0; 1 where x > 0; else 0}"),
    (lambda x, y: np.maximum(x, y),       {}, "∂f/∂x = {1/2 where x = y; 1 where x > y; else 0}\n"
                                              "∂f/∂y = {1/2 where x = y; 1 where x < y; else 0}"),
    (lambda x: np.abs(x),                 {}, "∂f/∂x = {-1 where x < 0; 0 where x = 0; else 1}"),
    (lambda x, y: np.where(x > y, x, 2),  {}, "∂f/∂x = {1 where x > y; else 0}\n∂f/∂y = 0"),
    (lambda x, y: np.arctan2(y, x),       {}, "∂f/∂x = -y/(x**2 + y**2)\n∂f/∂y = x/(x**2 + y**2)"),
    (lambda x: np.max(x),      {"x": (2,)},   "∂f/∂x_0 = {1 where x_0 >= x_1; else 0}\n"
                                              "∂f/∂x_1 = {1 where x_0 <= x_1; else 0}"),
    (lambda A: np.linalg.det(A), {"A": (2, 2)}, "∂f/∂A_0_0 = A_1_1\n∂f/∂A_0_1 = -A_1_0\n∂f/∂A_1_0 = -A_0_1\n"
                                                "∂f/∂A_1_1 = A_0_0"),
    (lambda x: x @ np.array([2.0, 3.0]), {"x": (2,)}, "∂f/∂x_0 = 2\n∂f/∂x_1 = 3"),
    (lambda x: 0.1 * np.pi * np.sqrt(x),  {}, "∂f/∂x = pi/(20*sqrt(x))"),
    (lambda x: np.clip(x, 0, 1),          {}, "∂f/∂x = {1 where x < 1 and x > 0; else 0}"),
    (lambda x: tg.functions.relu(x),      {}, "∂f/∂x = {0 where x <= 0; else 1}"),
    (lambda x: np.linalg.norm(x), {"x": 2},   "∂f/∂x_0 = x_0/sqrt(x_0**2 + x_1**2)\n"
                                              "∂f/∂x_1 = x_1/sqrt(x_0**2 + x_1**2)"),
    (lambda x: special.erf(x),            {}, "∂f/∂x = 2*exp(-x**2)/sqrt(pi)"),
    (lambda x: tg.functions.gelu(x),      {}, "∂f/∂x = sqrt(2)*x*exp(-x**2/2)/(2*sqrt(pi)) + erf(sqrt(2)*x/2)/2 + 1/2"),
    (lambda x, k=3: x**k,                 {}, "∂f/∂x = 3*x**2"),
    (lambda x, *, k=3: x**k,     {"k": ()},   "∂f/∂x = k*x**(k - 1)\n∂f/∂k = x**k*log(x)"),
    (np.sin,                              {}, "∂sin/∂x = cos(x)"),
])  # fmt: skip
def test_formulae_read_as_people_write_them(f, shapes, written):
    assert str(derivative(f, **shapes)) == written


def test_the_greatest_of_three_has_a_case_for_every_tie():
    f = lambda x, y: np.maximum(np.maximum(x, y), 0.0)
    d = derivative(f)
    for at in [(2, 3), (3, 2), (-1, -2), (-1, 2), (1, 1), (0, -1), (-1, 0), (0, 0)]:
        assert list(d.at(x=at[0], y=at[1]).values()) == list(tg.grad(f, (0, 1))(*map(float, at)))


def test_the_logarithm_of_a_sum_of_exponentials_has_its_shares():
    d = derivative(lambda x: tg.functions.logsumexp(x), x=2)
    assert d.at(x_0=1.0, x_1=2.0)["x_0"] == pytest.approx(1 / (1 + np.e))
    assert "=" not in str(d).replace("∂f/∂x_0 =", "").replace("∂f/∂x_1 =", "")


def test_higher_orders_are_derivatives_of_derivatives():
    assert str(derivative(lambda x: np.sin(x), order=3)) == "∂³f/∂x³ = -cos(x)"
    second = derivative(lambda x, y: x**y, order=2)
    x, y = sympy.symbols("x y", real=True)
    for names in [("x", "x"), ("x", "y"), ("y", "y")]:
        assert is_zero(second[names] - sympy.diff(x**y, *names_of(names, x, y)))
    assert second["y", "x"] == second["x", "y"]


def names_of(names, x, y):
    return [{"x": x, "y": y}[n] for n in names]


def test_the_loss_of_the_lesson_has_its_two_equations():
    loss = lambda w, b: np.mean((np.array([1.0, 2.0]) * w + b - np.array([2.0, 3.0])) ** 2)
    d = derivative(loss).simplified()
    assert str(d) == "∂f/∂w = 3*b + 5*w - 8\n∂f/∂b = 2*b + 3*w - 5"
    assert d.at(w=0, b=0) == {"w": -8, "b": -5}


def test_what_has_no_formula_says_so():
    with pytest.raises(TracedError, match=r"np\.where\(condition, a, b\) for `if`"):
        derivative(lambda x: x if x > 0 else -x)
    with pytest.raises(NoRuleError, match="no formula for svd"):
        derivative(lambda A: np.sum(np.linalg.svd(A)[1]), A=(2, 2))
    with pytest.raises(GradientError, match="Expected one number"):
        derivative(lambda x: 2 * x, x=(2,))
    with pytest.raises(GradientError, match="no parameter z"):
        derivative(lambda x: 2 * x, z=(2,))
    with pytest.raises(GradientError, match="order=0"):
        derivative(lambda x: 2 * x, order=0)
    with pytest.raises(GradientError, match="no parameter to differentiate"):
        derivative(lambda: 2.0)
    with pytest.raises(GradientError, match="no parameter to differentiate"):
        derivative(lambda x: np.sum(x), x=0)
    with pytest.raises(GradientError, match=r"x=-1 is no shape\. Expected whole numbers: x=\(2, 3\)"):
        derivative(lambda x: np.sum(x), x=-1)
    with pytest.raises(NoRuleError, match="symbols are real numbers, and this is a complex one"):
        derivative(lambda x: np.abs(np.exp(1j * x)))
    with pytest.raises(KeyError, match="no derivative with respect to z"):
        derivative(lambda x: 2 * x)["z"]


def test_numbers_become_exact():
    numbers = [0.1, 2.0, np.pi / 2, 1 / 3, np.log(2), 2**-0.5, -0.75, 0.0]
    assert [str(exact(v)) for v in numbers] == ["1/10", "2", "pi/2", "1/3", "log(2)", "sqrt(2)/2", "-3/4", "0"]
    assert exact(0.123456789) == sympy.Float(0.123456789)
