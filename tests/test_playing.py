"""The playground in Python: scenes, paths, what is said of a learning rate, and the script that repeats a path."""

import contextlib
import io

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu import data
from tinygrad_edu.errors import DivergenceError, HyperparameterError, NoRuleError, ShapeError, TraceError
from tinygrad_edu.playing import PRESETS, playground, verdict
from tinygrad_edu.playing.methods import METHODS, methods_of, orders
from tinygrad_edu.playing.words import BENDS_DOWN, LOST

RANDOM = np.random.default_rng(3)
XS = RANDOM.uniform(-1, 1, 24)
YS = 3 * XS + 1 + 0.1 * RANDOM.standard_normal(24)


def bowl(x, y):
    return 4 + (x - 2) ** 2 + 2 * y**2


# --- what can be descended


@pytest.mark.parametrize(
    ("f", "start", "names"),
    [
        (lambda w: w**2, 3, ("w",)),
        (bowl, (1, 2), ("x", "y")),
        (bowl, [1.0, 2.0], ("x", "y")),
        (bowl, {"y": 2.0, "x": 1.0}, ("y", "x")),
        (lambda p: np.sum(p**2), np.array([1.0, 2.0]), ("p0", "p1")),
        (lambda p: np.sum(p**2), np.array([1.0]), ("p0",)),
        (np.cosh, 1.0, ("x",)),
    ],
)
def test_the_start_says_how_the_function_is_called(f, start, names):
    ground = playground(f, start)
    assert ground.scene.names == names
    assert len(ground.path(steps=3)) == 4


def test_a_line_through_data_is_descended_by_itself():
    ground = playground(data=(XS, YS))
    slope, constant = np.polyfit(XS, YS, 1)
    assert ground.path("newton", steps=1)[-1] == pytest.approx([slope, constant])
    assert [m.key for m in methods_of(ground.scene)] == list(METHODS)


def test_a_loss_of_ones_own_takes_the_columns():
    ground = playground(lambda w, x, y: np.mean(np.abs(w * x - y)), start=0.5, data=(XS, YS))
    assert ground.scene.names == ("w",) and ground.scene.column_names == ("x", "y")


def test_a_dataset_of_one_feature_names_the_axes():
    table = data.Dataset(XS[:, None], YS, ("width",), "price")
    assert playground(data=table).scene.labels == ("width", "price")


@pytest.mark.parametrize("name", PRESETS)
def test_every_preset_goes_down(name):
    ground = playground(name)
    path = ground.path("gd", steps=100)
    assert len(path) == 101
    assert ground.scene.value(*path[-1]) < ground.scene.value(*path[0])


def test_a_closed_over_array_is_a_constant():
    X = np.array([[1.0, 2.0], [3.0, 4.0]])
    ground = playground(lambda p: np.sum((X @ p - 1) ** 2), np.array([0.0, 0.0]))
    assert "3.0" in ground.scene.javascript()
    assert ran(ground, "gd", 0.01, 3) == pytest.approx(ground.path("gd", 0.01, 3), rel=1e-12)


@pytest.mark.parametrize(
    ("arguments", "options", "error", "words"),
    [
        (("nowhere",), {}, HyperparameterError, "Expected one of google, valley"),
        ((), {}, HyperparameterError, "Expected a function, or data="),
        ((bowl,), {}, HyperparameterError, "where does the descent begin"),
        ((lambda x, y, z: x, (1, 2, 3)), {}, ShapeError, "one number, or two"),
        ((lambda x: x**2, np.ones((2, 2))), {}, ShapeError, "one number, or two"),
        ((lambda x: np.stack([x, x]), 1.0), {}, ShapeError, "take its np.mean"),
        ((lambda x: np.log(x), -1.0), {}, DivergenceError, "Choose another start"),
        ((lambda w, x, y: np.sum((w * x - y) ** 2), 0.0), {"data": (XS, YS)}, ShapeError, "np.mean, not np.sum"),
        ((), {"data": (XS, YS[:-1])}, ShapeError, r"\(24,\), \(23,\)"),
        ((), {"data": (XS[:0], YS[:0])}, ShapeError, "Expected"),
        ((), {"data": (XS,)}, ShapeError, "one feature and one target"),
        ((), {"data": data.load_diabetes()}, ShapeError, "Choose one feature"),
    ],
)
def test_what_cannot_be_descended_is_said(arguments, options, error, words):
    with pytest.raises(error, match=words):
        playground(*arguments, **options)


def test_what_javascript_has_not_is_named():
    with pytest.raises(NoRuleError, match=r"has no linalg.norm .*Expected arithmetic"):
        playground(lambda p: np.linalg.norm(p), np.ones(2)).page()


def test_a_function_that_branches_is_refused():
    with pytest.raises((TraceError, ShapeError), match=r"np\.where"):
        playground(lambda x: x**2 if x > 0 else -x, 1.0).page()


def test_a_loss_of_many_examples_in_a_closure_is_too_long():
    many = np.linspace(0, 1, 3000)
    with pytest.raises(NoRuleError, match=r"more than 4000 lines .*data="):
        playground(lambda w: np.mean((w * many - 1) ** 2), 1.0).page()


# --- learning rates


def test_googles_exercise_takes_81_6_infinitely_many_and_1_steps():
    google = playground("google")
    assert [google.steps(learning_rate=rate) for rate in google.scene.rates] == [81, 6, None, 1]
    assert google.scene.rates == (0.1, 1.0, 4.0, 1.6)


def test_the_words_follow_from_the_curvature():
    f = playground(lambda x: 2.5 * x**2, 1.0)  # f″ = 5
    names = ["too slow", "goldilocks", "overshooting", "climbs out of the bowl"]
    assert [f.verdict(rate).name for rate in (0.05, 0.15, 0.3, 0.5)] == names
    assert f.verdict(0.2).ideal == 0.2 and "one step" in f.verdict(0.2).says
    assert f.verdict(0.4).name == "bounces for ever"


def test_the_words_are_true_of_the_paths():
    f = playground(lambda x: 2.5 * x**2, 1.0)
    sizes = {rate: np.abs(f.path("gd", rate, 8)[:, 0]) for rate in (0.05, 0.15, 0.3, 0.5)}
    assert np.all(sizes[0.05][1:] > 0.5 * sizes[0.05][:-1])
    assert np.all(sizes[0.15][1:] < 0.5 * sizes[0.15][:-1])
    assert np.all(np.diff(f.path("gd", 0.3, 8)[:, 0] > 0)) and np.all(np.diff(sizes[0.3]) < 0)
    assert np.all(np.diff(sizes[0.5]) > 0)


def test_the_steepest_direction_decides_and_the_flattest_is_not_forgotten():
    f = playground(lambda x, y: x**2 + 10 * y**2, (1.0, 1.0))
    assert f.verdict(0.05).ratio == pytest.approx(1)
    assert f.verdict(0.05).says.endswith("too slow along the flattest direction")
    assert f.verdict(0.11).name == "climbs out of the bowl"


def test_where_it_bends_down_there_is_no_ideal_rate():
    assert playground(lambda x: -np.cosh(x), 1.0).verdict(0.1).says == BENDS_DOWN
    assert verdict(0.1, 0.0).says == BENDS_DOWN and verdict(0.1, np.inf).says == LOST
    assert np.isnan(verdict(0.1, -1.0).ideal)


def test_a_minimum_is_a_bottom_and_is_not_invented():
    assert playground(bowl, (-1, 2)).scene.minimum == pytest.approx((2, 0))
    assert playground("hills").scene.minimum[0] == pytest.approx(1.34, abs=0.01)
    assert playground(lambda x: np.exp(x), 0.0).scene.minimum is None
    assert playground(lambda x: -(x**2), 1.0).scene.minimum is None


# --- paths and scripts


def test_a_path_is_that_of_the_optimizers():
    ground = playground(data=(XS, YS), batch_size=5, seed=4)
    loss = ground.scene.loss
    for key, rule in (("momentum", tg.optim.momentum(0.1)), ("adam", tg.optim.adam(0.1))):
        points = tg.optim.iterates(lambda p: loss(*p, XS, YS), (0.0, 0.0), rule)
        there = [next(points).params for _ in range(9)][-1]
        assert ground.path(key, 0.1, 8)[-1] == pytest.approx(there, rel=1e-14)
    epochs = tg.optim.iterates(lambda p, x, y: loss(*p, x, y), (0.0, 0.0), tg.optim.sgd(0.1), (XS, YS), 5, 4)
    after_two = [next(epochs).params for _ in range(3)][-1]
    assert ground.path("minibatch", 0.1, 10)[-1] == pytest.approx(after_two, rel=1e-14)


def test_the_orders_of_the_page_are_those_of_the_batches():
    scene = playground(data=(XS, YS), batch_size=5, seed=4).scene
    random = np.random.default_rng(4)
    drawn = [np.concatenate(list(data.batches(24, 5, random))).tolist() for _ in range(3)]
    assert orders(scene)[:3] == drawn


def test_a_path_ends_where_it_leaves_the_numbers():
    path = playground(lambda x: x**4, 10.0).path("gd", 1.0, 100)
    assert 1 < len(path) < 100 and np.all(np.isfinite(path))
    assert len(playground(lambda x: 3 * x, 1.0).path("newton", steps=5)) == 1


def test_an_unknown_method_is_refused():
    with pytest.raises(HyperparameterError, match=r"Expected one of 'gd', 'momentum', 'adam', 'newton'$"):
        playground("google").path("sgd")


def ran(ground, method, rate, steps):
    names = {}
    with contextlib.redirect_stdout(io.StringIO()) as said:
        exec(ground.script(method, rate, steps), names)
    assert len(said.getvalue().splitlines()) == steps + 1
    return np.array(names["path"], float)


@pytest.mark.parametrize("method", METHODS)
def test_the_script_repeats_the_path(method):
    ground = playground(data=(XS, YS), batch_size=5)
    assert ran(ground, method, 0.1, 12).tolist() == ground.path(method, 0.1, 12).tolist()


@pytest.mark.parametrize("f", [lambda x, y: np.exp(2 * y) * np.sin(x) + x**2, bowl, lambda RATE, START: RATE * START])
def test_the_script_holds_the_function_as_it_was_recorded(f):
    ground = playground(f, (0.5, -1.0))
    assert ran(ground, "gd", 0.1, 5) == pytest.approx(ground.path("gd", 0.1, 5), rel=1e-14)


def test_it_shows_in_a_notebook_and_in_print():
    ground = playground("valley")
    assert ground._repr_html_().startswith('<iframe sandbox="allow-scripts"')
    assert "from x = -1, y = 2" in repr(ground)


def test_a_ball_that_rolls_through_the_bottom_has_not_arrived():
    ground = playground(lambda x: x**2 / 2, 1.0)
    slopes = np.abs(ground.path("momentum", 0.9, 400)[:, 0])
    arrived = ground.steps("momentum", 0.9)
    assert np.all(slopes[arrived : arrived + 21] <= 1e-3) and slopes[arrived - 1] > 1e-3
    assert np.any(slopes[:arrived] <= 0.03)  # it was near before


def test_a_start_at_the_bottom_is_there_already():
    assert playground(lambda x: x**2, 0.0).steps() == 0
