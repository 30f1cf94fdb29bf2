"""The playground page in a browser: its arithmetic is the engine's, and it can be used by everybody."""

import contextlib
import io
import os
import re
import shutil

import numpy as np
import pytest

from tinygrad_edu.compiling.compiled import Trace
from tinygrad_edu.playing import playground
from tinygrad_edu.playing.javascript import BY_ELEMENT, PRELUDE, javascript
from tinygrad_edu.playing.methods import METHODS, methods_of

EVIL = "</script><img src=x onerror=alert(1)> STEPS CHOICES"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
RANDOM = np.random.default_rng(3)
XS = RANDOM.uniform(-1, 1, 24)
YS = 3 * XS + 1 + 0.1 * RANDOM.standard_normal(24)


def wave(x, y):
    return np.exp(0.3 * y) * np.sin(x) + np.hypot(x, y) ** 3 / 5 + np.log1p(x * x) * np.where(y > 0, y, y * y)


def vector(p):
    A = np.array([[2.0, 1.0], [1.0, 3.0]])
    return p @ A @ p + np.sum(np.logaddexp(p, 1.0)) + np.max(p)


GROUNDS = {
    "google": lambda: playground("google"),
    "wave": lambda: playground(wave, (1.0, -0.5)),
    "vector": lambda: playground(vector, np.array([1.5, -0.5])),
    "data": lambda: playground(data=(XS, YS), batch_size=5, seed=2),
}


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api")
    if CHROMIUM is None:
        pytest.skip("no chromium")
    with playwright.sync_playwright() as p:
        found = p.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("playgrounds")


@pytest.fixture
def opened(browser, folder):
    """The page of a playground, and what went wrong on it."""

    def open_page(ground, **options):
        name, made = (ground, GROUNDS[ground]) if isinstance(ground, str) else ("own", lambda: ground)
        path = folder / f"{name}.html"
        if name == "own" or not path.exists():
            made().save(path)
        page = browser.new_page(**options)
        page.troubles, page.requests = [], []
        page.on("console", lambda m: page.troubles.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: page.troubles.append(str(e)))
        page.on("request", lambda r: page.requests.append(r.url))
        page.on("dialog", lambda d: (page.troubles.append("dialog"), d.dismiss()))
        page.goto(path.as_uri())
        found.append(page)
        return page

    found = []
    yield open_page
    for page in found:
        page.close()


def set_rate(page, rate):
    page.fill("#exact", repr(rate))
    page.press("#exact", "Enter")


def go(page, k):
    page.eval_on_selector("#step", "(s, k) => { s.value = k; s.dispatchEvent(new Event('input')) }", k)


def path_of(page, method):
    """The points of a method's path so far, to the last digit."""
    page.evaluate("document.getElementById('numbers').open = true")
    page.select_option("#which", method)
    rows = page.eval_on_selector_all(
        "#steps-table tbody tr", "rows => rows.map(r => [...r.querySelectorAll('data')].map(d => d.value))"
    )
    numbers = np.array(rows, float)
    return numbers[:, : (numbers.shape[1] - 1) // 2], numbers


def close(mine, engines):
    return np.max(np.abs(mine - engines) / np.maximum(1, np.abs(engines))) if mine.shape == engines.shape else np.inf


# --- arithmetic

POINTS = [-2.5, -1.0, -0.5, 0.0, 0.3, 0.5, 1.0, 2.0, 3.5, 40.0]
ONE = [f for f in BY_ELEMENT if isinstance(f, np.ufunc) and f.nin == 1 and f.nout == 1 and f not in (np.invert,)]
TWO = [f for f in BY_ELEMENT if isinstance(f, np.ufunc) and f.nin == 2 and "bitwise" not in f.__name__]


def test_every_function_computes_in_javascript_what_it_computes_in_numpy(browser):
    page = browser.new_page()
    texts, expected = [], []
    for function in [*ONE, *TWO, np.round, np.sinc]:
        n = getattr(function, "nin", 1)
        trace = Trace(function, (0.5,) * n, {}, (), "numpy", 1)
        texts.append(javascript(trace.improved, "f"))
        grid = [(x,) for x in POINTS] if n == 1 else [(x, y) for x in POINTS for y in POINTS]
        with np.errstate(all="ignore"):
            expected.append([[*xs, float(function(*xs))] for xs in grid])
    shown = [[[repr(v) for v in row] for row in rows] for rows in expected]
    found = page.evaluate(
        """([prelude, texts, rows]) => texts.map((text, i) => {
          const f = eval(prelude + "(" + text + ")");
          return rows[i].map((row) => String(Number(f(...row.slice(0, -1).map(Number))[0])));
        })""",
        [PRELUDE, texts, shown],
    )
    page.close()
    for function, rows, values in zip([*ONE, *TWO, np.round, np.sinc], expected, found, strict=True):
        for (*xs, right), value in zip(rows, values, strict=True):
            mine = float(value.replace("Infinity", "inf"))
            same = mine == right or (mine != mine and right != right)
            assert same or abs(mine - right) <= 1e-14 * max(1, abs(right)), (function.__name__, xs, mine, right)


@pytest.mark.parametrize("name", GROUNDS)
def test_the_arithmetic_of_the_page_is_the_engines(opened, name):
    page, ground = opened(name), GROUNDS[name]()
    assert float(page.get_attribute("#agrees", "data-apart")) <= 1e-12
    for rate in (0.15,) if name == "wave" else (0.02, 0.15):
        set_rate(page, rate)
        go(page, 40)
        for method in [m.key for m in methods_of(ground.scene)]:
            if (name, method) == ("wave", "newton"):
                continue  # it leaps about, and a last digit decides where to: the page itself looks at each step
            points, numbers = path_of(page, method)
            engines = ground.path(method, rate, 40)
            assert close(points, engines) <= 1e-12, (method, rate)
            last = engines[-1]
            slopes = [ground.scene.value(*last), *ground.scene.slope(*last)]
            assert close(numbers[-1, points.shape[1] :], np.array(slopes)) <= 1e-12
    assert not page.troubles


def test_where_zero_met_infinity_the_page_trusts_the_engine(opened):
    ground = playground(lambda x: np.where(x > 0, np.sqrt(x), 0) + (x + 1) ** 2, -3.0)
    page = opened(ground)
    assert np.all(np.isfinite(ground.path("gd", steps=5)))
    assert page.get_attribute("#agrees", "data-apart") == "NaN"
    assert page.text_content("#agrees").endswith("Trust the engine.")
    assert ending(page) == "stops after 0 steps: the slope there is no number"


def test_another_start_gives_the_path_from_there(opened):
    page = opened("wave")
    page.fill("#start0", "-0.7")
    page.fill("#start1", "0,25")
    page.press("#start1", "Enter")
    go(page, 15)
    rate = float(page.input_value("#exact"))
    engines = playground(wave, (-0.7, 0.25)).path("gd", rate, 15)
    assert close(path_of(page, "gd")[0], engines) <= 1e-12


@pytest.mark.parametrize(("name", "method"), [("wave", "adam"), ("vector", "newton"), ("data", "minibatch")])
def test_the_exported_script_repeats_the_path_of_the_page(opened, name, method):
    page = opened(name)
    set_rate(page, 0.05)
    go(page, 12)
    points, _ = path_of(page, method)
    page.click("#export summary")
    go(page, 12)
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        exec(page.input_value("#script"), names)
    assert close(points, np.array(names["path"], float)) <= 1e-12


# --- words


def ending(page, method="gd"):
    return page.text_content(f"[data-method={method}] .end")


def test_googles_learning_rates_are_buttons(opened):
    page, said = opened("google"), {}
    for rate in ("0.1", "1", "4", "1.6"):
        page.click(f"#tries >> text='{rate}'")
        said[rate] = page.text_content("#zone"), ending(page)
    assert said == {
        "0.1": ("too slow", "arrives after 81 steps"),
        "1": ("goldilocks", "arrives after 6 steps"),
        "4": ("climbs out of the bowl", "never arrives: it climbs out of the bowl"),
        "1.6": ("goldilocks", "arrives after 1 step"),
    }
    assert "1/f″ = 1/0.625 = 1.6" in page.text_content("#bend")
    set_rate(page, 2.5)
    assert page.text_content("#zone") == "overshooting"
    set_rate(page, 3.2)
    assert (page.text_content("#zone"), ending(page)) == ("bounces for ever", "never arrives: it bounces for ever")
    assert not page.troubles


def test_the_words_of_the_page_are_those_of_python(opened):
    page, ground = opened("wave"), GROUNDS["wave"]()
    for rate in np.geomspace(0.01, 2, 5):
        set_rate(page, float(rate))
        told = ground.verdict(float(rate))
        shown = page.text_content("#zone") + page.text_content("#says")
        assert told.name in shown and told.says.split(",")[0] in shown


def test_the_noise_of_single_examples_is_named(opened):
    page = opened("data")
    set_rate(page, 0.4)
    assert "noise of its batches" in ending(page, "sgd")
    assert ending(page, "newton") == "arrives after 1 step"


def test_a_top_is_no_bottom(opened):
    page = opened(playground("hills"))
    assert "a top, no bottom" in ending(page, "newton")
    assert page.text_content("#zone") == "No ideal learning rate here"


def test_what_is_no_learning_rate_is_refused(opened):
    page = opened("google")
    for wrong in ("-1", "0", "fast", ""):
        page.fill("#exact", wrong)
        page.press("#exact", "Enter")
        assert page.text_content("#complaint") == "The learning rate is a number above 0, such as 0.1."
    set_rate(page, 1.0)
    assert page.text_content("#complaint") == ""


# --- how it is used


def test_one_request_and_no_errors(opened):
    page = opened("data")
    for button in ("next", "next", "play", "closer", "wider", "all", "play", "back", "first"):
        page.click(f"#{button}")
    for method in METHODS:
        page.check(f"#show-{method}")
    go(page, 200)
    for k in range(3):
        page.select_option("#scene", index=k)
        set_rate(page, 50.0)
        go(page, 200)
        page.click("#all")
    assert len(page.requests) == 1 and not page.troubles


def test_back_and_forward_give_the_same_state(opened):
    page, states = opened("wave"), []
    for _ in range(4):
        states.append(page.eval_on_selector("main", "e => e.innerHTML"))
        page.click("#next")
    for before in states[::-1]:
        page.click("#back")
        assert page.eval_on_selector("main", "e => e.innerHTML") == before


def test_the_keyboard_alone_suffices(opened):
    page = opened("google")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert page.text_content("#count") == "1 of 200"
    page.keyboard.press("End")
    assert page.text_content("#count") == "200 of 200"
    page.keyboard.press("Home")
    reached = []
    for _ in range(40):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    wanted = {"scene", "start0", "exact", "rate", "next", "play", "step", "closer", "show-gd", "show-newton", "which"}
    assert wanted <= set(reached)
    page.focus("#rate")
    before = float(page.input_value("#exact"))
    page.keyboard.press("ArrowRight")
    assert float(page.input_value("#exact")) > before
    assert page.text_content("#count") == "0 of 200"


def test_a_click_into_the_picture_starts_there(opened):
    page = opened("wave")
    box = page.locator("#picture-svg").bounding_box()
    go(page, 5)
    page.mouse.click(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    assert page.text_content("#count") == "0 of 200"
    assert (page.input_value("#start0"), page.input_value("#start1")) != ("1", "-0.5")


def test_without_javascript_the_tables_tell_the_descent(opened):
    page = opened("google", java_script_enabled=False)
    assert page.locator("table.engine").count() == 2
    assert "too slow: 0.1 is 0.0625 times the ideal 1.6" in page.text_content("main")
    assert not page.is_visible("#next")


@pytest.mark.parametrize("name", ["google", "wave", "data"])
def test_nothing_scrolls_sideways_at_320_pixels(opened, name):
    page = opened(name, viewport={"width": 320, "height": 700})
    go(page, 10)
    page.click("#numbers summary")
    page.click("#export summary")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("name", ["google", "data"])
def test_no_accessibility_rule_is_broken(opened, name, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(name, color_scheme=scheme, bypass_csp=True)
    go(page, 3)
    page.click("#numbers summary")
    page.click("#export summary")
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


def luminance(colour):
    channels = [int(v) / 255 for v in re.findall(r"\d+", colour)[:3]]
    return sum(w * (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4)
               for w, c in zip((0.2126, 0.7152, 0.0722), channels, strict=True))  # fmt: skip


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_every_path_stands_out_from_the_paper(opened, scheme):
    page = opened("data", color_scheme=scheme)
    paper = page.evaluate("getComputedStyle(document.body).backgroundColor")
    for method in METHODS:
        ink = page.eval_on_selector(f".m-{method} .mark", "e => getComputedStyle(e).fill")
        light, dark = sorted([luminance(paper), luminance(ink)], reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 3, (method, ink, paper)


def test_an_evil_title_does_nothing(opened):
    page = opened(playground(lambda x: x**2, 1.0, title=EVIL))
    go(page, 3)
    assert page.query_selector("img") is None
    assert page.text_content("#title") == EVIL
    assert not page.troubles


def test_the_page_is_one_file_with_a_strict_policy():
    page = GROUNDS["data"]().page()
    assert "default-src 'none'" in page and "unsafe" not in page.split("</head>")[0].split("<style>")[0]
    body = page.split("</style>")[1].split('<script type="application/json"')[0]
    assert not re.search(r"(src|href)=|https?:|url\(|style=|onclick", body)
    assert len(page.encode()) < 100_000


if os.environ.get("CI") == "true":

    def test_a_browser_is_there():
        assert CHROMIUM
