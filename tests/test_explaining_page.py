"""The stepper page in a browser: one file, no network, by keyboard alone, with and without its script."""

import json
import os
import re
import shutil

import numpy as np
import pytest

import tinygrad_edu as tg
from tinygrad_edu.explaining import explain
from tinygrad_edu.explaining.layout import HEIGHT, WIDTH, placed

EVIL = "</script><img src=x onerror=alert(1)>"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def wave(x, y):
    return np.exp(2 * y) * np.sin(x) + x * y


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
    return [e.text_content() for e in page.query_selector_all("[data-box] .grad")]


def state(page):
    return page.eval_on_selector("main", "e => e.innerHTML")


def test_one_request_no_errors_and_the_gradients_of_python_at_the_end(opened):
    page = opened()
    assert set(gradients(page)) == {"grad ?"}
    page.click("#end")
    ex = explain(wave, 0.3, 1.0)
    assert gradients(page)[:2] == [f"grad {ex.gradients[name]:.6g}" for name in ("x", "y")]
    steps = json.loads(page.text_content("#data"))["steps"]
    assert steps[-1][6] == float(ex.steps[-1].running)
    assert len(page.requests) == 1 and not page.troubles


def test_back_and_forward_give_the_same_state(opened):
    page = opened()
    states = [state(page)]
    while page.is_enabled("#next"):
        page.click("#next")
        states.append(state(page))
    assert len(states) == 1 + 6 + 1 + 9
    for before in states[-2::-1]:
        page.click("#back")
        if page.is_enabled("#back"):
            assert page.text_content("#what") in before
    assert gradients(page) == ["grad ?"] * 8


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


def test_predict_mode_praises_and_diagnoses(opened):
    page = opened()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.check("#predict")
    ex = explain(wave, 0.3, 1.0)
    said = []
    while (k := int(page.text_content("#count").split()[0]) - 7) < len(ex.steps):
        step = ex.steps[k]
        assert not page.is_enabled("#next") and not page.is_enabled("#end")
        for wrong in (-step.running, step.contribution, step.local, step.incoming, step.incoming + step.local, 77.0):
            page.fill("#answer", repr(float(wrong)))
            page.click("text=Check")
            said.append(page.text_content("#verdict"))
            if said[-1].startswith("Right"):
                break
        else:
            page.fill("#answer", repr(float(step.running)))
            page.keyboard.press("Enter")
            assert page.text_content("#verdict").startswith("Right")
    for words in ("sign is wrong", "this path alone", "local derivative. Multiply", "incoming gradient. Multiply",
                  "You added", "Not this number"):  # fmt: skip
        assert any(words in text for text in said), words
    assert not page.troubles


def test_a_word_for_an_answer_is_refused(opened):
    page = opened()
    for _ in range(7):
        page.keyboard.press("ArrowRight")
    page.check("#predict")
    page.fill("#answer", "seven")
    page.keyboard.press("Enter")
    assert page.text_content("#verdict") == "Type a number, such as -0.25."


def test_without_javascript_the_tables_tell_all_steps(opened):
    page = opened(java_script_enabled=False)
    assert page.locator("#backward tbody tr").count() == 9
    assert not page.is_visible("#next")


def test_nothing_scrolls_sideways_at_320_pixels(opened):
    page = opened(viewport={"width": 320, "height": 700})
    page.keyboard.press("End")
    assert page.evaluate("document.documentElement.scrollWidth") <= 320


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
    found = axe.Axe().run(page)
    assert found.violations_count == 0, found.generate_report()


if os.environ.get("CI") == "true":

    def test_a_browser_is_there():
        assert CHROMIUM
