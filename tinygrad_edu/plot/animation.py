"""A picture that moves: one file of HTML that needs no network, with a slider and buttons.

matplotlib's own pages take their buttons from a server on the network and hold one bitmap a frame. Here the picture is
drawn once, as SVG; what each frame adds to it has a number, and a script of a few lines shows the frames one by one.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from html import escape
from pathlib import Path
from typing import Any

from ..errors import HyperparameterError
from ..explaining.sealed import sealed_page
from .canvas import Axes, axes, svg_of

HERE = Path(__file__).parent


@dataclass(frozen=True, eq=False)
class Animation:
    """A moving picture.

    Parameters
    ----------
    title : str
        What it shows.
    svg : str
        The picture with all its frames.
    labels : tuple of str
        What is said below each frame.
    keep : bool
        Whether a frame stays when the next comes.
    """

    title: str
    svg: str
    labels: tuple[str, ...]
    keep: bool

    def __len__(self) -> int:
        """The number of frames."""
        return len(self.labels)

    @property
    def html(self) -> str:
        """The page: one file that needs no network."""
        css, js = ((HERE / name).read_text(encoding="utf-8") for name in ("animation.css", "animation.js"))
        body = _BODY.format(title=escape(self.title), svg=self.svg, last=len(self) - 1, label=escape(self.labels[-1]))
        return sealed_page(self.title, css, js, body, {"labels": self.labels, "keep": self.keep})

    def save(self, path: str | Path) -> None:
        """Write the page."""
        Path(path).write_text(self.html, encoding="utf-8")

    def _repr_html_(self) -> str:
        """In a notebook: the page in a frame of its own."""
        return f'<iframe title="{escape(self.title)}" srcdoc="{escape(self.html)}" width="100%" height="640"></iframe>'


_BODY = """<h1>{title}</h1>
<figure>{svg}<figcaption id="label" aria-live="polite">{label}</figcaption></figure>
<div class="bar" data-js hidden>
<button id="play" type="button">Play</button>
<button id="back" type="button">Back</button><button id="next" type="button">Next</button>
<label>Frame <input id="frame" type="range" min="0" max="{last}" value="0"></label>
</div>"""


def animate(
    draw: Callable[[Axes, int], Any],
    frames: int,
    *,
    keep: bool = True,
    title: str = "Gradient descent",
    label: Callable[[int], str] = "step {}".format,
    ax: Axes | None = None,
) -> Animation:
    """Make a page that shows one frame after another.

    Parameters
    ----------
    draw : callable
        draw(ax, k) adds to the axes what frame k shows, k = 0, 1, ... What it returns is not looked at.
    frames : int
        How many.
    keep : bool
        Whether what a frame has added stays, as the steps of a path do; else it goes when the next frame comes.
    title, label : str, callable
        What stands above the picture, and label(k) below it.
    ax : matplotlib Axes, optional
        With everything that does not move already drawn; by default new ones.

    Returns
    -------
    Animation
        `.save("page.html")`, `.html`; a notebook shows it.

    Raises
    ------
    MissingExtraError
        If matplotlib is not installed.
    HyperparameterError
        If there is no frame.
    """
    if frames < 1:
        raise HyperparameterError(f"animate: {frames} frames. Expected 1 or more")
    ax = axes(ax)
    for k in range(frames):
        before = set(ax.get_children())
        draw(ax, k)
        for i, artist in enumerate(a for a in ax.get_children() if a not in before and a is not ax.get_legend()):
            artist.set_gid(f"frame-{k}-{i}")
            if (patch := getattr(artist, "arrow_patch", None)) is not None:  # drawn apart from its annotation
                patch.set_gid(f"frame-{k}-{i}-arrow")
    return Animation(title, _sealed_svg(ax, title), tuple(label(k) for k in range(frames)), keep)


def _sealed_svg(ax: Axes, title: str) -> str:
    """The figure as SVG with attributes in place of styles, which the policy of the page would not let in."""
    svg = svg_of(ax)
    svg = re.sub(r"<(metadata|style).*?</\1>", "", svg[svg.index("<svg") :], flags=re.DOTALL)
    svg = re.sub(r'style="([^"]*)"', lambda found: _attributes(found[1]), svg)
    return svg.replace("<svg ", f'<svg role="img" aria-label="{escape(title)}" stroke-linejoin="round" ', 1)


def _attributes(style: str) -> str:
    """The declarations of a style as attributes of their own.

    >>> _attributes("fill: none; stroke-width: 2")
    'fill="none" stroke-width="2"'
    """
    pairs = (part.partition(":") for part in style.split(";") if ":" in part)
    return " ".join(f'{name.strip()}="{value.strip()}"' for name, _, value in pairs)
