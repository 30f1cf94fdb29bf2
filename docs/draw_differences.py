"""Draws docs/figures/differences_*.svg: the figures of docs/finite_differences.md.

    python docs/draw_differences.py

Needs the extra `[plot]`. The same figure gives the same file, byte for byte, with the same matplotlib.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
FOLDER = ROOT / "docs" / "figures"
sys.path.insert(0, str(ROOT))

import matplotlib  # noqa: E402
import numpy as np  # noqa: E402

matplotlib.use("Agg")

from matplotlib import pyplot  # noqa: E402

from tinygrad_edu.plot.canvas import svg_of  # noqa: E402

STEPS = 10.0 ** np.linspace(-15, 0, 301)
POINT = 0.7
BLUE, ORANGE, GREEN, GREY = "#0072b2", "#d55e00", "#009e73", "#555555"  # told apart by everybody


def f(x: Any) -> Any:
    """The function of the page."""
    return np.exp(np.sin(3 * x))


def slope(x: Any) -> Any:
    """Its derivative, by hand."""
    return 3 * np.cos(3 * x) * np.exp(np.sin(3 * x))


def forward(f: Callable[[Any], Any], x: Any, h: Any) -> Any:
    """(f(x + h) − f(x)) / h."""
    return (f(x + h) - f(x)) / h


def central(f: Callable[[Any], Any], x: Any, h: Any) -> Any:
    """(f(x + h) − f(x − h)) / 2h."""
    return (f(x + h) - f(x - h)) / (2 * h)


def richardson(f: Callable[[Any], Any], x: Any, h: Any) -> Any:
    """Two central differences, of which the error in h² is removed."""
    return (4 * central(f, x, h / 2) - central(f, x, h)) / 3


def complex_step(f: Callable[[Any], Any], x: Any, h: Any) -> Any:
    """Im f(x + ih) / h."""
    return np.imag(f(x + 1j * h)) / h


def errors(estimate: Callable[..., Any], steps: Any = STEPS, x: float = POINT) -> Any:
    """The relative errors of an estimate, at least one rounding so that a logarithm can show them."""
    found = estimate(f, x, steps)
    return np.maximum(np.abs(found - slope(x)) / abs(slope(x)), 1e-17)


def axes(title: str, count: int = 1) -> Any:
    """Logarithmic axes for errors over steps; of several, the others are empty."""
    figure = pyplot.figure(figsize=(4.8 * count, 3.6), layout="constrained")
    found = [figure.add_subplot(1, count, k + 1) for k in range(count)]
    found[0].set(xscale="log", yscale="log", xlabel="step h", ylabel="relative error", title=title)
    found[0].set(ylim=(1e-17, 1e3), xlim=(1e-15, 1))
    for ax in found:
        ax.grid(alpha=0.25)
    return found if count > 1 else found[0]


def differences_step() -> Any:
    """Truncation falls with the step, rounding rises."""
    ax = axes("exp(sin 3x) at 0.7, in float64")
    ax.plot(STEPS, errors(forward), color=ORANGE, lw=1, label="forward")
    ax.plot(STEPS, errors(central), color=BLUE, lw=1, label="central")
    eps = 2.0**-52
    ax.plot(STEPS, eps / STEPS, "--", color=GREY, lw=1)
    ax.text(2e-14, 3e-4, "rounding ε/h", rotation=-27, color=GREY)
    ax.text(2e-4, 4e-3, "truncation h", rotation=27, color=ORANGE)
    ax.text(2e-3, 2e-9, "truncation h²", rotation=45, color=BLUE)
    for best, colour in ((eps**0.5, ORANGE), (eps ** (1 / 3), BLUE)):
        ax.axvline(best, color=colour, lw=0.8, ls=":")
    ax.legend(loc="lower left")
    return ax


def differences_float32() -> Any:
    """The same in single precision, with a step that is fit for double."""
    narrow, wide = axes("central differences", 2)
    steps = 10.0 ** np.linspace(-9, 0, 181)
    x = np.float32(POINT)
    single = np.array([central(f, x, np.float32(h)) for h in steps], float)
    found = np.maximum(np.abs(single - slope(float(x))) / abs(slope(float(x))), 1e-17)
    narrow.plot(steps, found, color=ORANGE, lw=1, label="float32")
    narrow.plot(STEPS, errors(central), color=BLUE, lw=1, label="float64")
    narrow.axvline(1e-6, color=GREY, lw=0.8, ls=":")
    narrow.text(1.3e-6, 1e-16, "h = 10⁻⁶", color=GREY)
    narrow.legend(loc="upper right")
    near = 0.7 + np.arange(-180, 181) * 2.0**-28
    wide.set(xlim=(-0.6, 0.6), ylim=(-2.2, 2.2), title="f from near")
    wide.set(xlabel="(x − 0.7) / 10⁻⁶", ylabel="(f(x) − f(0.7)) / 10⁻⁶")
    stairs = f(near.astype("f4")).astype(float)
    wide.plot((near - 0.7) / 1e-6, (stairs - f(0.7)) / 1e-6, color=ORANGE, lw=1)
    wide.plot((near - 0.7) / 1e-6, (f(near) - f(0.7)) / 1e-6, color=BLUE, lw=1)
    return narrow


def differences_richardson() -> Any:
    """Extrapolation allows a larger step; the complex step needs none."""
    ax = axes("exp(sin 3x) at 0.7, in float64")
    ax.plot(STEPS, errors(central), color=BLUE, lw=1, label="central")
    ax.plot(STEPS, errors(richardson), color=GREEN, lw=1, label="extrapolated once")
    ax.plot(STEPS, errors(complex_step), color=ORANGE, lw=1.5, label="complex step")
    ax.legend(loc="upper center")
    return ax


def differences_kink() -> Any:
    """The slopes to both sides of a kink, and of a smooth point."""
    ax = axes("D₊ and D₋ as the step falls")
    steps = 4.0 ** -np.arange(0, 18)
    smooth, kinked = lambda x: np.sin(x), lambda x: np.abs(x - POINT) + x
    near = lambda x: np.abs(x - POINT - 1e-4) + x
    shown = [
        (smooth, BLUE, "o", "sin: smooth"),
        (near, GREEN, "s", "a kink 10⁻⁴ away"),
        (kinked, ORANGE, "^", "a kink at the point"),
    ]
    for g, colour, marker, label in shown:
        gap = np.abs((g(POINT + steps) - g(POINT)) / steps - (g(POINT) - g(POINT - steps)) / steps)
        ax.plot(steps, np.maximum(gap, 1e-17), color=colour, lw=1, marker=marker, ms=4, label=label)
    ax.set(ylabel="D₊ − D₋", xlim=(1e-11, 2), ylim=(1e-11, 1e2))
    ax.legend(loc="lower right")
    return ax


FIGURES = [differences_step, differences_float32, differences_richardson, differences_kink]


def main(folder: Path = FOLDER) -> None:
    """Draw all of them."""
    for figure in FIGURES:
        ax = figure()
        lines = svg_of(ax).splitlines()
        path = folder / f"{figure.__name__}.svg"
        path.write_text("\n".join(line.rstrip() for line in lines) + "\n", encoding="utf-8")
        pyplot.close(ax.figure)
        print(f"{path.relative_to(folder.parent)}: {path.stat().st_size / 1000:.0f} kB")


if __name__ == "__main__":
    main()
