"""The stepper page in a browser: one file, no network, by keyboard alone, with and without its script."""

import json
import os
import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.explaining import explain
from tinygrad_edu.explaining import page as page_module
from tinygrad_edu.explaining.layout import HEIGHT, WIDTH, placed
from tinygrad_edu.explaining.listing import numbers_of
from tinygrad_edu.explaining.recording import described

EVIL = "</script><img src=x onerror=alert(1)>"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def wave(x, y):
    return np.exp(2 * y) * np.sin(x) + x * y


def broad(first, second):
    a_rather_long_name_for_a_value = np.outer(second, second) * first
    return np.sum(np.linalg.svd(a_rather_long_name_for_a_value + np.eye(5))[1] ** 2) + np.max(
        a_rather_long_name_for_a_value
    )


def chain(x):
    for _ in range(66):
        x = np.sin(x) * 1.1 + x
    return x


# --- the text of the page


def test_the_page_is_one_file_with_a_strict_policy():
    page = explain(wave, 0.3, 1.0).page()
    assert "default-src 'none'" in page
    assert not re.search(r"(src|href)=|https?:|url\(|style=|onclick", page.split("<script")[0].split("</style>")[1])
    assert "unsafe-inline" not in page


def test_a_page_of_200_nodes_has_less_than_200_kilobytes():
    ex = explain(chain, 0.3)
    assert len(ex.values) == 199
    assert len(ex.page().encode()) < 200_000


def test_names_and_lines_of_source_are_escaped():
    x = tg.Tensor(1.0, requires_grad=True, name=EVIL)
    y = np.sin(x) * x
    page = explain(y).page()
    assert "<img" not in page
    assert page.count("</script>") == 2
    assert json.loads(re.search(r'id="data">(.*?)</script>', page)[1])["steps"]


def test_no_box_stands_on_another_and_arrows_pass_beside_them():
    names = ["x", "a", "b", "c", "d"]
    layout = placed(names, {"a": ["x"], "b": ["a"], "c": ["b"], "d": ["c", "x"]})
    boxes = list(layout.corners.values())
    assert len(set(boxes)) == 5
    for x, y in layout.routes["x", "d"][1:-1]:
        assert not any(bx < x < bx + WIDTH and by < y < by + HEIGHT for bx, by in boxes)


def luminance(color):
    """WCAG 2.2: the relative luminance of #rrggbb."""
    parts = [int(color[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
def test_writing_and_marks_stand_out_from_what_is_behind_them(scheme):
    """Text 4.5 to 1, lines 3 to 1: axe looks at the text of HTML, and not into the drawing."""
    style = (Path(page_module.__file__).parent / "stepper.css").read_text()
    colors = dict(re.findall(r"--([\w-]+): (#\w{6})", style.split("{ :root {" if scheme else "@media")[scheme]))
    behind = {"ink": ("paper", "box", "mark"), "soft": ("paper", "box"), "back": ("box", "mark", "paper"),
              "good": ("paper",), "bad": ("paper",), "rim": ("paper",), "rim-mark": ("paper", "mark")}  # fmt: skip
    for front, backs in behind.items():
        for back in backs:
            high, low = sorted(map(luminance, (colors[front], colors[back])), reverse=True)
            assert (high + 0.05) / (low + 0.05) >= (3 if front.startswith("rim") else 4.5), (front, back)


# --- in a browser


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
def file(tmp_path_factory):
    path = tmp_path_factory.mktemp("pages") / "wave.html"
    explain(wave, 0.3, 1.0).save(path)
    return path


@pytest.fixture
def opened(browser, file):
    """The page, and what went wrong on it."""

    def open_page(path=file, **options):
        page = browser.new_page(**options)
        page.troubles, page.requests = [], []
        page.on("console", lambda m: page.troubles.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: page.troubles.append(str(e)))
        page.on("request", lambda r: page.requests.append(r.url))
        page.on("dialog", lambda d: (page.troubles.append("dialog"), d.dismiss()))
        page.goto(path.as_uri())
        pages.append(page)
        return page

    pages = []
    yield open_page
    for page in pages:
        page.close()


def gradients(page):
    return [e.text_content() for e in page.query_selector_all("[data-box] text:last-child")]


def state(page):
    """All of the page that can be seen; an attribute `class` that is empty again is as good as none."""
    return page.eval_on_selector("main", "e => e.innerHTML").replace(' class=""', "")


def test_one_request_no_errors_and_the_gradients_of_python_at_the_end(opened):
    page = opened()
    assert set(gradients(page)) == {"grad ?"}
    page.click("#end")
    ex = explain(wave, 0.3, 1.0)
    assert gradients(page)[:2] == [f"grad {ex.gradients[name]:.6g}" for name in ("x", "y")]
    steps = json.loads(page.text_content("#data"))["steps"]
    assert steps[-1][7] == float(ex.steps[-1].running)
    assert len(page.requests) == 1 and not page.troubles


def test_back_and_forward_give_the_same_state(opened):
    page = opened()
    states = [state(page)]
    while page.is_enabled("#next"):
        page.click("#next")
        states.append(state(page))
    assert len(states) == 1 + 6 + 1 + 9
    assert len(set(states)) == len(states)
    for before in states[-2::-1]:
        page.click("#back")
        assert state(page) == before
    assert gradients(page) == ["grad ?"] * 8
    page.click("#end")
    page.click("#first")
    assert state(page) == states[0]


def test_every_step_is_marked_on_the_graph_and_in_the_table_with_its_formula_numbers_and_line(opened):
    page = opened()
    ex = explain(wave, 0.3, 1.0)
    for line in ex.lines:
        page.keyboard.press("ArrowRight")
        assert page.locator("g.on text").first.text_content().startswith(line.name)
        assert page.locator("path.on").count() == len(set(line.inputs))
        assert page.text_content("#where").endswith("return np.exp(2 * y) * np.sin(x) + x * y")
    page.keyboard.press("ArrowRight")
    assert page.text_content("#numbers") == "1"
    for step in ex.steps:
        page.keyboard.press("ArrowRight")
        assert page.locator("g.on").count() == 2 and page.locator("path.on").count() == 1
        assert page.locator("#backward tr[aria-current=step]").count() == 1
        assert page.text_content("#numbers").endswith(described(step.running))
        assert ("Paths meet here" in page.text_content("#sum")) == (step.arrivals > 1)
        assert page.text_content("#words").startswith("Rule: ")


def test_the_graph_scrolls_to_the_step(opened, tmp_path):
    explain(chain, 0.3).save(tmp_path / "long.html")
    page = opened(tmp_path / "long.html")
    for key in ("End", "ArrowLeft", "Home", "ArrowRight"):
        page.keyboard.press(key)
        inside = page.evaluate("""() => { const frame = document.querySelector("svg").closest(".scroll");
            const outer = frame.getBoundingClientRect();
            const rectangles = [...document.querySelectorAll("g.on")].map((g) => g.getBoundingClientRect());
            return rectangles.every((r) => r.top >= outer.top - 1 && r.bottom <= outer.bottom + 1); }""")
        assert inside, key


def test_the_keyboard_alone_suffices(opened):
    page = opened()
    page.keyboard.press("ArrowRight")
    assert page.text_content("#count") == "1 of 16"
    page.keyboard.press("End")
    assert page.text_content("#count") == "16 of 16"
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Home")
    assert page.text_content("#count") == "0 of 16"
    focused = []
    for _ in range(8):
        page.keyboard.press("Tab")
        focused.append(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert focused[:4] == ["next", "end", "play", "predict"]
    assert focused.count("scroll") == 3
    page.focus("#predict")
    page.keyboard.press("Space")
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.id") == "answer"
    page.keyboard.type("1")
    page.keyboard.press("Enter")
    assert page.text_content("#verdict") == "Right: 1."


def test_arrow_keys_scroll_a_frame_that_has_the_focus(opened):
    page = opened(viewport={"width": 320, "height": 700})
    frame = page.locator(".scroll").nth(2)
    frame.focus()
    page.keyboard.press("ArrowRight")
    page.wait_for_function("() => document.querySelectorAll('.scroll')[2].scrollLeft > 0")
    assert page.text_content("#count") == "0 of 16"


def test_play_goes_to_the_end_and_stops(opened):
    page = opened()
    page.clock.install()
    page.click("#play")
    assert page.text_content("#play") == "Pause"
    page.clock.run_for(20 * 900)
    assert page.text_content("#count") == "16 of 16"
    assert page.text_content("#play") == "Play"


def answered(page, answer):
    """What the page says to an answer."""
    page.fill("#answer", answer if isinstance(answer, str) else repr(float(answer)))
    page.keyboard.press("Enter")
    return page.text_content("#verdict")


def test_predict_mode_hides_what_comes_and_lets_nobody_past(opened):
    page = opened()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    assert page.locator("#backward tbody tr:visible").count() == 9
    page.check("#predict")
    for k, step in enumerate(explain(wave, 0.3, 1.0).steps):
        assert page.locator("#backward tbody tr:visible").count() == k
        assert not page.is_enabled("#next") and not page.is_enabled("#end")
        for key in ("ArrowRight", "End"):
            page.keyboard.press(key)
        assert page.text_content("#count") == f"{7 + k} of 16"
        assert answered(page, step.running) == f"Right: {described(step.running, 3)}."
    assert not page.is_visible("#question")
    assert not page.troubles


@pytest.mark.parametrize(("mistake", "words"), [
    (lambda s: s.local,              "That is the local derivative. Multiply it with the incoming gradient, 12."),
    (lambda s: s.incoming,           "That is the incoming gradient. Multiply it with the local derivative, 0.75."),
    (lambda s: s.incoming + s.local, "You added the incoming gradient and the local derivative. Along a path they are"),
    (lambda s: s.contribution,       "That is this path alone. Another path came before: add the 5 that is there"),
    (lambda s: -s.running,           "The size is right and the sign is wrong."),
    (lambda s: 77.0,                 "Not this number: take the incoming gradient times the local derivative, and add"),
    (lambda s: "seven",              "Type a number, such as -0.25."),
    (lambda s: " ",                  "Type a number, such as -0.25."),
    (lambda s: "14,0",               "Right: 14."),
    (lambda s: "1.4e1",              "Right: 14."),
    (lambda s: "\u221214",           "The size is right and the sign is wrong."),
])  # fmt: skip
def test_predict_mode_says_what_was_wrong(predicting, mistake, words):
    page, step = predicting
    assert answered(page, mistake(step)).startswith(words)


def knot(x):
    return 12 * (0.75 * x) + 5 * x


@pytest.fixture(scope="module")
def asked(browser, tmp_path_factory):
    """A page of a function whose last step has numbers that differ from each other; local 0.75, incoming 12, sum 14."""
    path = tmp_path_factory.mktemp("pages") / "knot.html"
    explain(knot, 2.0).save(path)
    page = browser.new_page()
    page.goto(path.as_uri())
    yield page
    page.close()


@pytest.fixture
def predicting(asked):
    asked.uncheck("#predict")
    asked.keyboard.press("Home")
    asked.click("#end")
    asked.click("#back")
    asked.check("#predict")
    return asked, explain(knot, 2.0).steps[-1]


def test_without_javascript_the_tables_tell_all_steps(opened):
    page = opened(java_script_enabled=False)
    ex = explain(wave, 0.3, 1.0)
    shown = page.locator("#backward tbody tr:visible")
    assert [shown.nth(k).locator("td").nth(2).text_content() for k in range(9)] == [
        numbers_of(ex, step) for step in ex.steps
    ]
    assert page.locator("#forward tbody tr:visible").count() == 8
    assert not page.is_visible("#next")
    assert gradients(page)[:2] == [f"grad {ex.gradients[name]:.6g}" for name in ("x", "y")]


@pytest.mark.parametrize("f", [wave, broad])
def test_nothing_scrolls_sideways_at_320_pixels(opened, tmp_path, f):
    explain(f, 0.3, np.linspace(0, 1, 5) if f is broad else 1.0).save(tmp_path / "small.html")
    page = opened(tmp_path / "small.html", viewport={"width": 320, "height": 700})
    page.check("#predict")
    for _ in range(12):
        assert page.evaluate("document.documentElement.scrollWidth") <= 320
        page.uncheck("#predict")
        page.keyboard.press("ArrowRight")


def test_an_evil_name_does_nothing(opened, tmp_path):
    x = tg.Tensor(1.0, requires_grad=True, name=EVIL)
    y = np.sin(x) * x
    explain(y).save(tmp_path / "evil.html")
    page = opened(tmp_path / "evil.html")
    page.keyboard.press("End")
    assert page.query_selector("img") is None
    assert not page.troubles


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_accessibility_rule_is_broken(opened, scheme):
    axe = pytest.importorskip("axe_playwright_python.sync_playwright")
    page = opened(color_scheme=scheme, bypass_csp=True)
    page.keyboard.press("End")
    assert (found := axe.Axe().run(page)).violations_count == 0, found.generate_report()
    page.keyboard.press("ArrowLeft")
    page.check("#predict")
    answered(page, "1e6")
    assert (found := axe.Axe().run(page)).violations_count == 0, found.generate_report()


if os.environ.get("CI") == "true":

    def test_a_browser_is_there():
        assert CHROMIUM
