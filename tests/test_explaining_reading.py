"""What an explanation reads like: numbers, shapes and words where a student would otherwise stumble."""

from io import StringIO

import numpy as np
import pytest
from rich.console import Console

import tinygrad_edu as tg
from tinygrad_edu.errors import ShapeError
from tinygrad_edu.explaining import explain


def rows(f, *args, **options):
    """The lines of the text, with single spaces."""
    return [" ".join(row.split()) for row in str(explain(f, *args, **options)).splitlines()]


def assigning(x):
    y = x * 1
    y[0] = y[1] * 3
    return np.sum(y)


def spectrum(A):
    U, s, _ = np.linalg.svd(A)
    return s[0] * U[0, 0]


def test_the_gradient_of_a_stretched_argument_has_a_name_of_its_own():
    ex = explain(lambda b: np.sum(np.ones((60, 3)) + b), np.zeros(3))
    assert [str(s) for s in ex.steps if s.target == "b"] == [
        "b_stretched_bar = v1_bar",
        "b_bar = np.sum(b_stretched_bar, axis=0)",
    ]
    assert ex.steps[-1].incoming.shape == (60, 3)
    kept = explain(lambda b: np.sum(np.ones((60, 3)) + b), np.zeros((1, 3)))
    assert str(kept.steps[-1]) == "b_bar = np.sum(b_stretched_bar, axis=0, keepdims=True)"


def test_the_imaginary_part_is_dropped_in_a_step_with_its_numbers():
    told = rows(lambda x: np.real(np.exp(1j * x)), 0.5)
    assert "v1 = 1j * x x_bar = real(x_complex_bar) real(-0.479426 + 0.877583j) = -0.479426 -0.479426" in told


def test_among_the_shapes_of_arrays_numbers_stay_numbers():
    assert any("broadcast_to(1 / 3, (3,)) -> [0.33333, 0.33333, 0.33333]" in row for row in rows(np.mean, np.ones(3)))


def test_what_is_passed_on_unchanged_is_only_a_number():
    assert "f = x + 1 x_bar = f_bar 1 1" in rows(lambda x: x + 1, 3.0)


def test_reading_and_assigning_are_told_in_words():
    told = rows(assigning, np.arange(3.0))
    assert any("v1_bar at [1], where it was read; zeros elsewhere -> [0, 3, 0], together [0, 4, 1]" in r for r in told)
    assert any("y_2_bar with zeros at [0], where something else was written -> [0, 1, 1]" in r for r in told)


def test_forward_lines_are_what_was_written():
    assert str(explain(assigning, np.arange(3.0)).lines[0]) == "y = x * 1"


def test_arguments_that_have_their_defaults_are_left_out():
    assert [str(line) for line in explain(lambda x: tg.functions.softmax(x)[0], np.ones(2)).lines] == [
        "v1 = softmax(x)",
        "f = v1[0]",
    ]


def test_guards_against_infinities_and_zeros_are_left_out_where_they_do_nothing():
    assert str(explain(np.hypot, 3.0, 4.0).steps[0]) == "x1_bar = hypot_bar * (x1 / hypot)"
    kink = explain(lambda x: np.sum(np.where(x > 0, np.sqrt(x), 0)), np.array([0.0, 4.0]))
    assert any("where" in str(step) for step in kink.steps)


def test_a_rule_that_nobody_would_read_is_told_in_words_and_runs_in_the_source():
    ex = explain(spectrum, np.array([[2.0, 1.0], [0.5, 3.0]]))
    (row,) = [row for row in str(ex).splitlines() if "A_bar = " in row]
    assert "A_bar = pull_" in row and "divided by gaps and sums of values" in row
    assert max(map(len, str(ex).splitlines())) < 300
    assert "where" in ex.source() and "pull_" not in ex.source()


def test_the_gradient_of_several_outputs_is_a_list_in_which_nothing_is_0_before_the_end():
    ex = explain(spectrum, np.array([[2.0, 1.0], [0.5, 3.0]]))
    first, second = [step for step in ex.steps if step.kind == "select"]
    assert [g is None for g in first.running] == [True, False, True]
    assert [g.tolist() for g in second.running[1:]] == [ex.gradients["s"].tolist(), [[0, 0], [0, 0]]]
    assert ex.gradients["v1"][0] is ex.gradients["U"]


def test_of_a_complex_number_it_is_said_what_grad_returns():
    f = lambda z: np.abs(z * z) ** 2
    assert rows(f, 1 + 2j)[-1] == (
        "z is complex: tg.grad returns the conjugate of z_bar, 20+40j, which points in the direction of steepest ascent"
    )
    assert tg.grad(f)(1 + 2j) == 20 + 40j
    assert "steepest ascent" in explain(f, 1 + 2j).html()


@pytest.mark.parametrize(("f", "x", "words"), [
    (lambda x: x,              1.0,               "nothing is computed: the result is x itself, and its gradient 1"),
    (lambda x: np.sum(x * x),  np.zeros(0),       "v1 = x * x = empty (0,)"),
    (np.sum, np.array(3.0), "sum = sum(a) a_bar = broadcast_to(sum_bar, ()) broadcast_to(1, ()) = 1 1"),
    (lambda x: x * 2,          np.nan,            "f = x * 2 x_bar = f_bar * 2 1 * 2 = 2 2"),
    (lambda x: 1 / x,          np.inf,            "f(x) at x = inf"),
])  # fmt: skip
def test_the_edges_of_the_world_are_told(f, x, words):
    told = rows(f, x)
    assert words in told, told


@pytest.mark.parametrize(("element", "words"), [
    ((0, 7),   r"element=\(0, 7\): the result has shape \(3, 3\), and no such element"),
    ((0,),     r"element=\(0,\): the result has shape \(3, 3\)"),
    (2,        r"element=\(2,\): the result has shape"),
    ((0, 0.5), r"Expected whole numbers, one for each axis"),
    (True,     r"Expected whole numbers"),
])  # fmt: skip
def test_an_element_that_is_not_there_is_refused(element, words):
    with pytest.raises(ShapeError, match=words):
        explain(lambda x: np.outer(x, x), np.arange(3.0), element=element)


def test_the_element_that_is_followed_is_told_everywhere():
    ex = explain(lambda W: np.sum((np.array([[1.0, 2.0]]) @ W) ** 2), np.ones((2, 2)), element=(0, 1))
    words = "W_bar[0, 1]: 1 * v1_bar[0, 1] = 1 * 6 = 6"
    console = Console(file=StringIO(), width=200)
    console.print(ex)
    for text in (str(ex), ex.html(), ex.page(), console.file.getvalue()):
        assert words in text


def test_what_flows_through_several_outputs_is_followed_as_one_number():
    ex = explain(spectrum, np.array([[2.0, 1.0], [0.5, 3.0]]), element=(0, 1))
    assert f"A_bar[0, 1]: {ex.gradients['A'][0, 1]:.6g} through v1 = " in str(ex)


def test_a_name_belongs_to_the_output_that_was_assigned():
    def f(A):
        values = np.linalg.svd(A)[1]
        return values[0]

    assert [line.name for line in explain(f, np.eye(2) + 0.1).lines] == ["v1", "values", "f"]


def test_an_element_to_follow_has_to_be_somewhere():
    assert explain(lambda x: x * x, np.arange(3.0), element=-1).gradients["x"].tolist() == [0, 0, 4]
    with pytest.raises(ShapeError, match=r"element=\(7,\): no gradient has such an element"):
        explain(lambda x: np.sum(x * x), np.arange(3.0), element=7)


# --- names


def test_names_of_other_alphabets_stay_and_run():
    ex = explain(lambda λ, Δx: λ * Δx, 2.0, 3.0)
    assert [str(step) for step in ex.steps] == ["λ_bar = f_bar * Δx", "Δx_bar = f_bar * λ"]
    names = ex.namespace
    exec(ex.source(), names)
    assert names["gradient"](2.0, 3.0) == (3.0, 2.0)
    assert r"\lambda \,\mathrm{Δx}" in ex.latex()


def test_an_argument_that_has_a_name_keeps_it():
    assert explain(lambda a, b: a * b, tg.Tensor(2.0, name="stiffness"), 1.0).sources == ["stiffness", "b"]


@pytest.mark.parametrize("name", ['</script><img src=x onerror="alert(1)">', "[red]x[/red]", "x; import os", "a\nb", "",
                                  "$x$", "class", "np", "x_bar", "'", "²", "a" * 300])  # fmt: skip
def test_no_name_breaks_anything(name):
    x = tg.Tensor(1.5, requires_grad=True, name=name)
    ex = explain(np.sin(x) * x)
    names = ex.namespace
    exec(ex.source(), names)
    assert names["gradient"](1.5) == pytest.approx(np.sin(1.5) + 1.5 * np.cos(1.5))
    for text in (ex.html(), ex.page()):
        assert "<img" not in text
    assert str(ex) and ex.latex() and tg.graph(ex, backward=True).dot and tg.graph(ex).mermaid()
    console = Console(file=StringIO(), width=100)
    console.print(ex)
    if name == "[red]x[/red]":
        assert name in console.file.getvalue()
