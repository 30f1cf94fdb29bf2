"""The page that moves: one file, no network, every frame as it was drawn; in a browser too."""

import json
import re
import shutil

import matplotlib
import numpy as np
import pytest
from matplotlib import pyplot

from tinygrad_edu import optim, plot
from tinygrad_edu.errors import HyperparameterError

matplotlib.use("Agg")
EVIL = "</script><img src=x onerror=alert(1)>"
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def bowl(p):
    return 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2


def descent(frames=4, **options):
    """Gradient descent on the bowl, a step a frame."""
    run = optim.minimize(bowl, np.array([-1.0, 2.0]), optim.gradient_descent(0.1), epochs=frames - 1, trajectory=True)
    points = np.array(run.history.params)
    ax = plot.contours(bowl, [(-2, 6), (-3, 3)], resolution=21)

    def draw(ax, k):
        ax.plot(*points[max(k - 1, 0) : k + 1].T, "o-", color="#D55E00")
        if k:
            ax.annotate("", xy=points[k], xytext=points[k - 1], arrowprops={"arrowstyle": "->"})

    found = plot.animate(draw, frames, ax=ax, label=lambda k: f"loss {run.history.losses[k]:.4g}", **options)
    pyplot.close("all")
    return found


def test_the_page_is_one_file_with_a_strict_policy():
    html = descent(title=EVIL).html
    body = html.split("</style>")[1]
    assert "default-src 'none'" in html and "unsafe-inline" not in html
    assert not re.search(r'(src|style|onclick)="|url\((?!#)|href="(?!#)', body)
    assert "<img" not in html and html.count("</script>") == 2
    assert len(html) < 120_000


def test_each_frame_has_its_parts_and_its_label():
    animation = descent(frames=4)
    assert len(animation) == 4
    frames = {int(k) for k in re.findall(r'id="frame-(\d+)-', animation.svg)}
    assert frames == {0, 1, 2, 3}
    assert animation.svg.count("-arrow") == 3
    assert json.loads(re.search(r'id="data">(.*?)</script>', animation.html)[1])["labels"][0] == "loss 21"


def test_the_same_picture_gives_the_same_page():
    assert descent().html == descent().html


def test_a_notebook_shows_the_page_in_a_frame_of_its_own():
    assert descent()._repr_html_().startswith('<iframe title="Gradient descent" srcdoc="&lt;!doctype html&gt;')


def test_a_film_shows_every_path_and_its_losses():
    paths = {"long": [(-1, 2), (0, 1), (1, 0.5), (2, 0)], "short": [(5.0, 1.0), (2.0, 0.0)]}
    page = plot.film(bowl, [(-2, 6), (-3, 3)], paths)
    pyplot.close("all")
    assert page.labels == (
        "step 0: long 21, short 15", "step 1: long 10, short 4", "step 2: long 5.5, short 4", "step 3: long 4, short 4",
    )  # fmt: skip
    parts = [len(set(re.findall(rf'id="(frame-{k}-\d+)"', page.svg))) for k in range(4)]
    assert parts == [2, 2, 1, 1]
    with pytest.raises(HyperparameterError, match="0 frames"):
        plot.film(bowl, [(-2, 6), (-3, 3)], {})


def test_a_page_needs_a_frame():
    with pytest.raises(HyperparameterError, match=r"animate: 0 frames. Expected 1 or more"):
        plot.animate(lambda ax, k: None, 0)


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


@pytest.fixture
def opened(browser, tmp_path):
    """The page of an animation, and what went wrong on it."""

    def open_page(animation, **options):
        animation.save(tmp_path / "page.html")
        page = browser.new_page(**options)
        page.troubles, page.requests = [], []
        page.on("console", lambda m: page.troubles.append(m.text) if m.type in ("error", "warning") else None)
        page.on("pageerror", lambda e: page.troubles.append(str(e)))
        page.on("request", lambda r: page.requests.append(r.url))
        page.clock.install()
        page.goto((tmp_path / "page.html").as_uri())
        return page

    yield open_page


def seen(page):
    """The frames of which something is seen."""
    shown = page.eval_on_selector_all(
        '[id^="frame-"]', "all => all.filter(e => !e.hasAttribute('display')).map(e => e.id)"
    )
    return sorted({int(name.split("-")[1]) for name in shown})


@pytest.mark.parametrize(("keep", "last"), [(True, [0, 1, 2, 3]), (False, [3])])
def test_frames_come_one_by_one(opened, keep, last):
    page = opened(descent(keep=keep))
    assert seen(page) == [0] and page.text_content("#label") == "loss 21"
    page.click("#next")
    assert seen(page) == ([0, 1] if keep else [1])
    page.click("#back")
    assert seen(page) == [0]
    page.focus("#frame")
    page.keyboard.press("End")
    assert seen(page) == last
    assert len(page.requests) == 1 and not page.troubles


def test_the_film_runs_to_its_end(opened):
    page = opened(descent())
    page.click("#play")
    assert page.text_content("#play") == "Pause"
    page.clock.run_for(10_000)
    assert page.text_content("#play") == "Play"
    assert seen(page) == [0, 1, 2, 3] and not page.troubles


def test_without_a_script_the_whole_path_is_seen(opened):
    page = opened(descent(), java_script_enabled=False)
    assert page.locator('[id^="frame-3-"]').first.is_visible()
    assert not page.is_visible("#play")
