"""Pictures: what is drawn is compared with mathematics, in data units; no pixels."""

import builtins
import re
import runpy
import sys
from pathlib import Path

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

import tinygrad_edu as tg
from tinygrad_edu import optim, plot
from tinygrad_edu.errors import (
    GradientError,
    HyperparameterError,
    MissingExtraError,
    ShapeError,
    TreeError,
)
from tinygrad_edu.explaining.layout import HEIGHT, WIDTH, placed
from tinygrad_edu.plot import canvas, diagrams, maps, windows

matplotlib.use("Agg")
ROOT = Path(__file__).resolve().parent.parent
WINDOW = [(-2, 6), (-3, 3)]


def parabola(w):
    return (w - 2) ** 2 + 1


def bowl(p):
    return 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2


def line(params, x):
    return params["w"] * x + params["b"]


def squared(params, x, y):
    return np.mean((line(params, x) - y) ** 2)


@pytest.fixture
def ax():
    """Axes to draw on, closed at the end with all others."""
    yield pyplot.figure().add_subplot()
    pyplot.close("all")


def drawn(ax, label):
    """x and y of the line of that name."""
    found = [line for line in ax.lines if str(line.get_label()).startswith(label)]
    assert len(found) == 1, [line.get_label() for line in ax.lines]
    return np.array(found[0].get_xdata()), np.array(found[0].get_ydata())


def arrows(ax):
    """(tail, tip) of every arrow."""
    return [(text.xyann, text.xy) for text in ax.texts if getattr(text, "arrow_patch", None) is not None]


# --- the loss against one weight


def test_the_curve_is_the_loss_and_its_minimum_has_slope_0(ax):
    assert plot.loss_sweep(parabola, (-1, 5), ax=ax) is ax
    w, level = drawn(ax, "loss")
    assert (w[0], w[-1], len(w)) == (-1, 5, 201)
    assert level == pytest.approx((w - 2) ** 2 + 1)
    at, lowest = drawn(ax, "minimum")
    assert (at.tolist(), lowest.tolist()) == ([2.0], [1.0])
    assert float(tg.grad(parabola)(at[0])) == 0


def test_a_sweep_takes_the_values_themselves(ax):
    plot.loss_sweep(parabola, np.array([5.0, 0.0, 1.0]), ax=ax)
    assert drawn(ax, "loss")[0].tolist() == [0, 1, 5]


def test_of_two_valleys_the_lower_one_is_marked(ax):
    double = lambda w: (w**2 - 1) ** 2 + 0.2 * w
    plot.loss_sweep(double, (-2, 2), ax=ax)
    (at,), (level,) = drawn(ax, "minimum")
    assert at < 0 and level == double(at)
    assert abs(float(tg.grad(double)(at))) < 1e-12


def test_a_loss_that_only_falls_has_no_minimum(ax):
    plot.loss_sweep(lambda w: np.exp(-w), (-1, 3), ax=ax)
    assert [line.get_label() for line in ax.lines] == ["loss"]


@pytest.mark.parametrize(("start", "way"), [(0.2, 1), (4.1, -1)])
def test_the_negative_gradient_points_towards_the_minimum_and_the_gradient_away(ax, start, way):
    plot.loss_sweep(parabola, (-1, 5), start=start, arrow=True, ax=ax)
    plot.loss_sweep(parabola, (-1, 5), start=start, arrow="gradient", ax=ax)
    for (tail, tip), direction in zip(arrows(ax), (way, -way), strict=True):
        assert tail == (start, parabola(start))
        assert tip[1] == tail[1]  # a gradient of one weight lies along the axis of that weight
        assert np.sign(tip[0] - tail[0]) == direction
        low, high = ax.get_xlim()
        assert low <= tip[0] <= high


def test_the_arrow_of_a_flat_place_has_no_length(ax):
    plot.loss_sweep(parabola, (-1, 5), start=2.0, arrow=True, ax=ax)
    assert arrows(ax) == [((2.0, 1.0), (2.0, 1.0))]


def test_the_tangent_touches_the_curve_with_the_slope_of_the_engine(ax):
    plot.loss_sweep(parabola, (-1, 5), start=0.5, tangent=True, ax=ax)
    x, y = drawn(ax, "tangent, slope -3")
    assert (y[1] - y[0]) / (x[1] - x[0]) == pytest.approx(-3)
    assert y.mean() == pytest.approx(parabola(0.5)) and x.mean() == pytest.approx(0.5)


def test_each_step_is_the_rate_times_the_slope(ax):
    plot.loss_sweep(parabola, (-1, 5), start=0.0, steps=4, algorithm=optim.gradient_descent(0.3), ax=ax)
    points = [0.0]
    for _ in range(4):
        points.append(points[-1] - 0.3 * 2 * (points[-1] - 2))
    steps = arrows(ax)
    assert [tip[0] for _, tip in steps] == pytest.approx(points[1:])
    assert [tail for tail, _ in steps] == [pytest.approx((w, parabola(w))) for w in points[:-1]]
    x, y = drawn(ax, "next points")
    assert x == pytest.approx(points[1:]) and y == pytest.approx([parabola(w) for w in points[1:]])


def test_the_ideal_rate_of_a_parabola_takes_one_step(ax):
    plot.loss_sweep(parabola, (-1, 5), start=-0.5, steps=1, ax=ax)
    assert arrows(ax)[0][1][0] == pytest.approx(2)


def test_a_loss_with_holes_and_of_whole_numbers_and_of_arrays_of_one_is_drawn(ax):
    plot.loss_sweep(lambda w: w - np.log(w), (-1, 5), start=4, arrow=True, tangent=True, steps=2, ax=ax)
    assert drawn(ax, "minimum")[0] == pytest.approx([1])
    assert len(arrows(ax)) == 1  # the first step would lead to -8, where there is no loss
    plot.loss_sweep(lambda w: np.reshape(w * w, (1,)).sum(), np.array([-2, 0, 3]), start=np.float32(2), steps=1, ax=ax)
    ax.figure.canvas.draw()


@pytest.mark.parametrize(
    ("arguments", "error", "words"),
    [
        ({"weights": (3, 1)}, ShapeError, r"interval of the weight is \(3, 1\). Expected two numbers that rise"),
        ({"weights": [1.0]}, ShapeError, "Expected .low, high., or two or more numbers"),
        ({"weights": (0, np.inf)}, ShapeError, "Expected two numbers that rise"),
        ({"arrow": True}, HyperparameterError, "there is no starting point"),
        ({"loss": lambda w: w * np.nan}, ShapeError, "finite nowhere from -1 to 5"),
        ({"loss": lambda w: w * np.ones(2)}, GradientError, r"array of shape \(2,\). Expected one number"),
    ],
)
def test_a_sweep_that_cannot_be_drawn_says_why(ax, arguments, error, words):
    with pytest.raises(error, match=words):
        plot.loss_sweep(**{"loss": parabola, "weights": (-1, 5), "ax": ax, **arguments})


# --- two weights, from above


def test_contours_lie_where_the_loss_is_what_they_say(ax):
    plot.contours(bowl, WINDOW, levels=[5, 8, 13], ax=ax)
    lines = ax.collections[-1]
    assert lines.levels.tolist() == [5, 8, 13]
    for level, path in zip(lines.levels, lines.get_paths(), strict=True):
        x, y = path.vertices.T
        assert 4 + (x - 2) ** 2 + 2 * y**2 == pytest.approx(np.full(len(x), level), abs=0.02)
    assert (ax.get_xlim(), ax.get_ylim(), ax.get_aspect()) == ((-2, 6), (-3, 3), 1)


def test_contours_of_named_parameters_carry_their_names(ax):
    plot.contours(lambda p: p["w"] ** 2 + 30 * p["bias"] ** 2, {"w": (-1, 1), "bias": (-50, 50)}, ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_aspect()) == ("w", "bias", "auto")


def test_the_data_are_passed_on(ax):
    x = np.array([0.0, 1.0, 2.0])
    plot.contours(squared, {"w": (0, 4), "b": (-1, 3)}, data=(x, 2 * x + 1), levels=[1e-2], resolution=81, ax=ax)
    ring = ax.collections[-1].get_paths()[0].vertices
    assert ring.mean(axis=0) == pytest.approx([2, 1], abs=0.1)


def test_the_lines_of_a_bowl_are_about_equally_far_apart():
    x, y = np.meshgrid(np.linspace(-1, 1, 81), np.linspace(-1, 1, 81))
    radii = np.sqrt(maps.spaced(x**2 + y**2, 10))
    assert np.diff(radii) == pytest.approx(np.full(9, radii[-1] / 10), rel=0.35)


@pytest.mark.parametrize("constant", [0.0, 7.0, -1e9])
def test_a_flat_loss_can_be_drawn(ax, constant):
    plot.contours(lambda p: constant + 0 * p[0], WINDOW, ax=ax)
    plot.gradient_field(lambda p: constant + 0 * p[0], WINDOW, ax=ax)
    ax.figure.canvas.draw()


def test_where_the_loss_is_not_finite_there_is_a_hole(ax):
    plot.contours(lambda p: np.log(p[0]) + p[1] ** 2, WINDOW, ax=ax)
    across = np.concatenate([path.vertices[:, 0] for path in ax.collections[-1].get_paths()])
    assert across.size and across.min() >= 0


def test_paths_are_the_points_of_the_runs(ax):
    start = np.array([-1.0, 2.0])
    rules = {"gradient descent": optim.gradient_descent(0.1), "momentum": optim.momentum(0.05, 0.8)}
    runs = {name: optim.minimize(bowl, start, rule, trajectory=True, epochs=20) for name, rule in rules.items()}
    plot.contours(bowl, WINDOW, paths=runs, ax=ax)
    for name, run in runs.items():
        x, y = drawn(ax, f"{name}, 20 steps")
        assert np.column_stack([x, y]).tolist() == [p.tolist() for p in run.history.params]
    first, second = (line for line in ax.lines if "steps" in str(line.get_label()))
    assert first.get_color() != second.get_color() and first.get_linestyle() != second.get_linestyle()


@pytest.mark.parametrize(
    "path",
    [
        np.array([[0.0, 1.0], [0.5, 0.5]]),
        [{"w": 0.0, "b": 1.0}, {"w": 0.5, "b": np.array(0.5)}],
        [(0, 1), (0.5, 0.5)],
        [np.array([0.0, 1.0]), np.array([0.5, 0.5])],
    ],
)
def test_a_path_may_be_given_in_several_ways(path):
    assert windows.points_of(path).tolist() == [[0, 1], [0.5, 0.5]]


def test_a_run_that_kept_no_points_says_what_to_do():
    run = optim.minimize(bowl, np.array([-1.0, 2.0]), epochs=1)
    with pytest.raises(
        TreeError, match=r"mine: the run kept no points. Expected one of minimize\(..., trajectory=True\)"
    ):
        plot.descents({"mine": run})


@pytest.mark.parametrize(("path", "words"), [([[1.0, 2.0, 3.0]], r"have \[3\] numbers"), ([], r"have \[\] numbers")])
def test_a_path_of_other_than_two_numbers_is_refused(path, words):
    with pytest.raises(ShapeError, match=words):
        windows.points_of(path)


@pytest.mark.parametrize("window", [3, [(0, 1)], {"w": (0, 1)}, "xy", [(0, 1)] * 3])
def test_a_window_has_two_intervals(window):
    with pytest.raises(TreeError, match="Expected two intervals in the structure of the parameters"):
        windows.window_of(window)


def test_an_interval_rises():
    with pytest.raises(ShapeError, match=r"interval of b is \(3, 'x'\)"):
        windows.window_of({"w": (0, 1), "b": (3, "x")})


@pytest.mark.parametrize("downhill", [False, True])
def test_the_field_is_the_gradient_of_the_engine_and_points_up_the_hill(ax, downhill):
    plot.gradient_field(bowl, WINDOW, density=5, downhill=downhill, ax=ax)
    (field,) = ax.collections
    gradient = np.array([tg.grad(bowl)(at) for at in field.XY])
    sign = -1 if downhill else 1
    assert np.column_stack([field.U, field.V]) == pytest.approx(sign * gradient)
    assert gradient == pytest.approx(np.column_stack([2 * (field.X - 2), 4 * field.Y]))
    longest = np.abs(np.column_stack([field.U * 5 / 8, field.V * 5 / 6])).max() / field.scale
    assert longest == pytest.approx(1)  # as long as its cell


def test_gradients_cross_contours_at_right_angles(ax):
    plot.contours(bowl, WINDOW, levels=[8, 9], resolution=101, ax=ax)
    ring = ax.collections[1].get_paths()[0].vertices
    ring = ring[np.flatnonzero(np.linalg.norm(np.diff(ring, axis=0), axis=1) > 1e-6)]
    along, at = (ring[2:] - ring[:-2])[5:-5], ring[1:-1][5:-5]
    gradient = np.array([tg.grad(bowl)(point) for point in at])
    cosine = np.sum(along * gradient, axis=1) / np.linalg.norm(along, axis=1) / np.linalg.norm(gradient, axis=1)
    assert np.abs(cosine).max() < 0.03


# --- surfaces


def test_the_minimum_of_the_valley_stands_at_2_0_4():
    ax = plot.surface(bowl, WINDOW, minimum=[2, 0], resolution=21)
    marked = [line for line in ax.lines if str(line.get_label()).startswith("minimum (2, 0, 4)")]
    assert [np.ravel(part).tolist() for part in marked[0].get_data_3d()] == [[2], [0], [4]]
    pyplot.close("all")


def test_the_surface_is_the_loss_and_a_path_lies_on_it():
    path = np.array([[-1.0, 2.0], [0.0, 1.0]])
    ax = plot.surface(bowl, WINDOW, paths={"mine": path}, resolution=5)
    way = next(line for line in ax.lines if str(line.get_label()).startswith("mine, 1 step"))
    assert np.array(way.get_data_3d()).T.tolist() == [[-1, 2, 21], [0, 1, 10]]
    low, high = ax.get_zlim()
    assert high == bowl(np.array([-2.0, 3.0])) and low < 4
    pyplot.close("all")


def test_flat_axes_are_refused_for_a_surface(ax):
    with pytest.raises(ShapeError, match="the axes are flat"):
        plot.surface(bowl, WINDOW, ax=ax)


# --- curves


def test_the_loss_curve_is_the_history(ax):
    run = optim.minimize(bowl, np.array([-1.0, 2.0]), optim.gradient_descent(0.1), epochs=12)
    plot.loss_curve(run, ax=ax)
    x, y = drawn(ax, "loss")
    assert x.tolist() == list(range(13)) and y.tolist() == list(run.history.losses)
    assert (ax.get_xlabel(), ax.get_ylabel(), ax.get_yscale()) == ("epoch", "loss", "linear")


def test_several_runs_have_styles_of_their_own(ax):
    plot.loss_curve({"one": [3.0, 2.0], "other": np.array([3.0, np.inf, 0.01])}, ax=ax)
    one, other = ax.lines
    assert one.get_color() != other.get_color() and one.get_linestyle() != other.get_linestyle()
    assert np.isnan(other.get_ydata()[1])


@pytest.mark.parametrize(
    ("losses", "log", "scale"),
    [([100, 1], None, "log"), ([100, 1], False, "linear"), ([100, 0], None, "linear"), ([9, 3], None, "linear")],
)
def test_a_loss_that_falls_far_gets_a_logarithmic_scale(ax, losses, log, scale):
    assert plot.loss_curve(losses, log=log, ax=ax).get_yscale() == scale


def test_a_validation_loss_is_drawn_beside(ax):
    x = np.linspace(-1, 1, 20)
    run = optim.minimize(squared, {"w": 0.0, "b": 0.0}, data=(x, 2 * x), epochs=5, validation=0.25)
    plot.loss_curve({"line": run}, ax=ax)
    aside = next(line for line in ax.lines if line.get_label() == "line (validation)")
    assert list(aside.get_ydata()) == list(run.history.validation_losses)
    assert aside.get_color() == ax.lines[0].get_color() and aside.get_linestyle() != ax.lines[0].get_linestyle()


def test_a_run_without_losses_is_refused(ax):
    with pytest.raises(ShapeError, match=r"'mine' has losses of shape \(0,\)"):
        plot.loss_curve({"mine": []}, ax=ax)


def test_the_range_test_is_drawn_with_its_suggestion(ax):
    test = optim.learning_rate_test(lambda x: x**2, 3.0, smallest=1e-3, largest=1e2)
    plot.rate_curve(test, ax=ax)
    assert drawn(ax, "loss")[0].tolist() == test.rates.tolist()
    assert drawn(ax, "suggested")[0].tolist() == [test.suggestion] * 2
    assert ax.get_xscale() == "log"


# --- fits


@pytest.mark.parametrize("shape", [(3,), (3, 1)])
def test_residuals_go_from_the_prediction_to_the_example(ax, shape):
    x, y = np.array([0.0, 1.0, 2.0]).reshape(shape), np.array([1.0, 5.0, 4.0])
    model = lambda params, x: line(params, x).reshape(-1) if x.ndim == 1 else line(params, x)
    plot.fit(model, {"w": 2.0, "b": 1.0}, x, y, ax=ax)
    bars = [bar.tolist() for bar in ax.collections[0].get_segments()]
    assert bars == [[[0, 1], [0, 1]], [[1, 3], [1, 5]], [[2, 5], [2, 4]]]
    at, level = drawn(ax, "model")
    assert level == pytest.approx(2 * at + 1)
    assert "residuals, MSE 1.67" in ax.get_legend_handles_labels()[1]


def test_a_fit_late_in_training_has_shorter_residuals(ax):
    x = np.linspace(0, 3, 12)
    run = optim.minimize(squared, {"w": 0.0, "b": 0.0}, data=(x, 2 * x + 1), trajectory=True)
    lengths = []
    for params in (run.history.params[1], run.params):
        bars = plot.fit(line, params, x, 2 * x + 1).collections[0].get_segments()
        lengths.append(sum(abs(bar[1, 1] - bar[0, 1]) for bar in bars))
    assert lengths[1] < 1e-2 * lengths[0]


@pytest.mark.parametrize(
    ("x", "y", "words"),
    [
        (np.ones((3, 2)), np.ones(3), "Expected one feature"),
        (np.ones(3), np.ones(4), "Expected one feature"),
        (np.ones(0), np.ones(0), "Expected one feature"),
    ],
)
def test_a_fit_of_several_features_is_refused(ax, x, y, words):
    with pytest.raises(ShapeError, match=words):
        plot.fit(line, {"w": 1.0, "b": 0.0}, x, y, ax=ax)


def test_a_model_that_predicts_something_else_is_refused(ax):
    with pytest.raises(ShapeError, match=r"the model predicts \(\) for x of \(3,\). Expected \(3,\)"):
        plot.fit(lambda p, x: 1.0, None, np.ones(3), np.ones(3), ax=ax)


def test_predictions_are_drawn_against_what_was_measured(ax):
    plot.predicted_against_actual([1, 2, 3], [1.5, 2, 2.5], ax=ax)
    assert [part.tolist() for part in drawn(ax, "examples")] == [[1, 2, 3], [1.5, 2, 2.5]]
    assert [part.tolist() for part in drawn(ax, "predicted")] == [[1, 3], [1, 3]]
    with pytest.raises(ShapeError, match="twice"):
        plot.predicted_against_actual([1, 2], [1.5], ax=ax)


def test_confusions_are_counted_in_their_cells(ax):
    plot.confusion([[50, 0], [3, 47]], ("no", "yes"), ax=ax)
    assert {(text.get_position(), text.get_text()) for text in ax.texts} == {
        ((0, 0), "50"), ((1, 0), "0"), ((0, 1), "3"), ((1, 1), "47"),
    }  # fmt: skip
    assert [label.get_text() for label in ax.get_xticklabels()] == ["no", "yes"]
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("predicted", "actual")
    with pytest.raises(ShapeError, match="k names"):
        plot.confusion([[1, 2]], ax=ax)


# --- the diagram


@pytest.mark.parametrize("opened", [False, True])
def test_the_diagram_has_a_box_for_everything_and_a_way_back_to_the_model(ax, opened):
    plot.iterative_approach(opened=opened, ax=ax)
    words = [text.get_text() for text in ax.texts]
    assert {"features", "label", "model", "prediction", "loss", diagrams.UPDATE} <= set(words)
    assert (r"$w \leftarrow w - \eta\, g$" in words) == opened
    layout = placed(["features", "model", "prediction", "label", "loss", diagrams.UPDATE], diagrams.INPUTS)
    x, y = layout.corners["model"]
    assert arrows(ax)[-1][1] == (x + WIDTH, -y - HEIGHT / 2)


# --- the axes


def test_new_axes_are_made_and_nothing_is_shown(monkeypatch):
    monkeypatch.setattr(pyplot, "show", lambda *_, **__: pytest.fail("shown"))
    before = dict(matplotlib.rcParams)
    one, other = plot.loss_sweep(parabola, (-1, 5)), plot.iterative_approach()
    assert one.figure is not other.figure
    assert dict(matplotlib.rcParams) == before
    pyplot.close("all")


def test_names_that_somebody_gave_the_axes_stay(ax):
    ax.set_xlabel("my weight")
    plot.loss_sweep(parabola, (-1, 5), ax=ax)
    assert (ax.get_xlabel(), ax.get_ylabel()) == ("my weight", "loss")


def luminance(color):
    """How light a colour is, from 0 to 1 (WCAG)."""
    parts = np.array([int(color[i : i + 2], 16) for i in (1, 3, 5)]) / 255
    linear = np.where(parts <= 0.04045, parts / 12.92, ((parts + 0.055) / 1.055) ** 2.4)
    return float(linear @ [0.2126, 0.7152, 0.0722])


def test_every_line_differs_from_every_other_without_its_colour():
    looks = [(str(style["linestyle"]), style["marker"]) for style in canvas.STYLES]
    assert len({line for line, _ in looks}) == len({marker for _, marker in looks}) == len(canvas.STYLES)


def test_the_first_four_colours_stand_out_from_white():
    for style in canvas.STYLES[:4]:
        assert 1.05 / (luminance(style["color"]) + 0.05) > 2.8


def test_without_matplotlib_the_extra_is_named(monkeypatch):
    real = builtins.__import__

    def without(name, *rest):
        if name.startswith("matplotlib"):
            raise ImportError(name)
        return real(name, *rest)

    monkeypatch.setattr(builtins, "__import__", without)
    for name in [name for name in sys.modules if name.startswith("matplotlib")]:
        monkeypatch.delitem(sys.modules, name)
    with pytest.raises(MissingExtraError, match=r'pip install "tinygrad-edu\[plot\]"'):
        plot.loss_sweep(parabola, (-1, 5))


# --- the page


@pytest.fixture(scope="module")
def script():
    """The script that draws the figures of the documentation."""
    return runpy.run_path(str(ROOT / "docs" / "draw_figures.py"), run_name="figures")


def test_the_page_shows_the_figures_of_the_script_and_no_others(script):
    shown = re.findall(r"!\[[^]]+\]\(figures/([^)]+)\)", (ROOT / "docs" / "pictures.md").read_text())
    there = [path.name for path in script["FOLDER"].iterdir() if not path.name.startswith("differences_")]
    assert sorted(shown) == sorted(script["FIGURES"]) == sorted(there)
    assert len(shown) == len(set(shown))


def test_the_figures_are_small(script):
    assert all(path.stat().st_size < 250_000 for path in script["FOLDER"].iterdir())


@pytest.mark.parametrize("name", ["f04_negative_gradient.svg", "f08_late.svg", "f06_valley.png"])
def test_the_script_draws_a_figure(script, tmp_path, name):
    path = script["save"](name, tmp_path)
    assert path.stat().st_size == pytest.approx((script["FOLDER"] / name).stat().st_size, rel=0.3)
