"""The command line: options and errors. What the commands do is in `commands`.

Whatever is wrong with what was typed, or with a file that was named, becomes one line on stderr and exit code 2; a
traceback would mean a fault of ours. Exit code 1 is the answer "the check does not agree", and 3 "nobody can tell".
"""

from __future__ import annotations

import csv
import os
import sys
from collections.abc import Sequence
from typing import Any

import click

from . import __version__
from .commands.check import show_check_of
from .commands.choices import LOSSES, MODELS, OPTIMIZERS
from .commands.explain import show_explanation
from .commands.fit import show_fit
from .commands.gradient import show_gradient
from .commands.playground import show_playground
from .commands.predict import show_predictions
from .commands.story import tell_story
from .errors import TinygradError


class LearningRate(click.ParamType):
    """A number above 0, or the word auto."""

    name = "auto|number"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        """The number, or "auto"; its range is the optimizer's business."""
        if value == "auto":
            return value
        try:
            return float(value)
        except ValueError:
            self.fail(f"{value!r} is no number. Expected one such as 0.01, or auto", param, ctx)


class Whole(click.IntRange):
    """A whole number in a range, called what a person calls it."""

    name = "integer"


class Share(click.FloatRange):
    """A number between 0 and 1."""

    name = "share"

    def __init__(self) -> None:
        super().__init__(min=0, max=1, min_open=True, max_open=True)


class Names(click.ParamType):
    """Names with commas between, quoted as in CSV where a name holds a comma itself."""

    name = "names"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> list[str]:
        """The names, without the blanks around them."""
        if isinstance(value, list):
            return value
        names = next(csv.reader([value], skipinitialspace=True), [])
        found = [name.strip() for name in names]
        if value.strip() and "" in found:
            self.fail(f"{value!r}: there is an empty name. Expected names with commas between", param, ctx)
        return found if value.strip() else []


class Widths(click.ParamType):
    """Whole numbers from 1 on, with commas between."""

    name = "widths"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[int, ...]:
        """The numbers."""
        if isinstance(value, tuple):
            return value
        words = value.split(",")
        if not all(word.strip().isdigit() and int(word) > 0 for word in words):
            self.fail(f"{value!r}: expected widths with commas between, such as 32 or 64,32", param, ctx)
        return tuple(map(int, words))


class SpreadAt(click.Command):
    """A command whose --at takes every word that follows it with an equals sign, and --gradient every word."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Turn --at x=0 y=1 into --at x=0 --at y=1, which click understands."""
        spread: list[str] = []
        for word in args:
            option = spread[-2] if len(spread) >= 2 else ""
            follows = (option == "--at" and "=" in word) or option == "--gradient"
            spread += [option, word] if follows and not word.startswith("--") else [word]
        return super().parse_args(ctx, spread)


@click.group(invoke_without_command=True)
@click.version_option(__version__, prog_name="tinygrad-edu")
@click.pass_context
def program(ctx: click.Context) -> int:
    """Gradients of functions written in NumPy, and what they are good for.

    Without a command: a short story, from a function to its gradient to a model of real data.
    """
    return tell_story() if ctx.invoked_subcommand is None else 0


# a formula may begin with a minus sign, which is no option
@program.command(cls=SpreadAt, context_settings={"ignore_unknown_options": True})
@click.argument("function")
@click.option("--at", multiple=True, metavar="NAME=VALUE ...", help="The point: --at x=0 y=1")
def gradient(function: str, at: tuple[str, ...]) -> int:
    """Value and gradient of FUNCTION at a point, checked against finite differences.

    FUNCTION is a formula such as "exp(2*y)*sin(x)", or file.py:name.
    """
    return show_gradient(function, at)


@program.command(cls=SpreadAt, context_settings={"ignore_unknown_options": True})
@click.argument("function")
@click.option("--at", multiple=True, metavar="NAME=VALUE ...", help="The point: --at x=0 y=1")
@click.option("--html", metavar="PAGE.HTML", help="Write a page that replays the steps in a browser.")
@click.option("--open", "opened", is_flag=True, help="Open that page.")
def explain(function: str, at: tuple[str, ...], html: str | None, opened: bool) -> int:
    """Every step by which the gradient of FUNCTION at a point is computed.

    FUNCTION is a formula such as "exp(2*y)*sin(x)", or file.py:name.
    """
    return show_explanation(function, at, html, opened)


@program.command(cls=SpreadAt, context_settings={"ignore_unknown_options": True})
@click.argument("what", metavar="FUNCTION|DATA.CSV|SCENE")
@click.option("--at", multiple=True, metavar="NAME=VALUE ...", help="Where to start: --at x=1 y=1")
@click.option("--target", help="Of a table, the column to predict.")
@click.option("--feature", help="Of a table, the column to predict from.")
@click.option("--learning-rate", type=click.FloatRange(min=0, min_open=True), help="By default half of 1/f″.")
@click.option("--html", metavar="PAGE.HTML", help="Write a page to play on in a browser.")
@click.option("--open", "opened", is_flag=True, help="Open that page.")
def playground(what: str, at: tuple[str, ...], html: str | None, opened: bool, **options: Any) -> int:
    """Gradient descent by hand: what learning rates do, and the methods side by side.

    Goes down a formula such as "x**2 + 10*y**2", file.py:name, a line through DATA.CSV, or one of the scenes google,
    valley, ravine, chain, hills, banana, diabetes.
    """
    return show_playground(what, at, html=html, opened=opened, **options)


@program.command(cls=SpreadAt, context_settings={"ignore_unknown_options": True})
@click.argument("function")
@click.option("--at", multiple=True, metavar="NAME=VALUE ...", help="The point: --at w=0.5,1.2 b=0")
@click.option("--args", "archive", metavar="DATA.NPZ", help="Arrays by the names of the parameters, from np.savez.")
@click.option("--gradient", multiple=True, metavar="FORMULA ...", help="One a variable, or file.py:name: is it right?")
@click.option("--order", type=click.IntRange(1, 2), help="2: second derivatives too; by default where that is cheap.")
@click.option("--seed", type=Whole(min=0), default=0, show_default=True, help="For the random directions.")
@click.option("--json", "as_json", is_flag=True, help="Print the whole report as JSON.")
@click.option("--html", metavar="PAGE.HTML", help="Write the report as a page.")
def check(function: str, at: tuple[str, ...], gradient: tuple[str, ...], html: str | None, **options: Any) -> int:
    """Check the gradient of FUNCTION at a point, or one worked out by hand.

    FUNCTION is a formula such as "exp(2*y)*sin(x)", or file.py:name. With --gradient, one formula for each variable of
    --at is judged, in that order; the rest is the engine's own gradient.

    Exit code: 0 it passes, 1 it fails, 3 that cannot be decided (and why), 2 something was mistyped.
    """
    return show_check_of(function, at, gradients=gradient, page=html, **options)


OWN = "or file.py:function"


@program.command()
@click.argument("path", metavar="DATA.CSV")
@click.option("--target", required=True, help="The column to predict.")
@click.option("--features", type=Names(), help="The columns to predict from, with commas between; else all.")
@click.option("--one-hot", type=Names(), default="", help="Those of them that hold words, with commas between.")
@click.option("--model", type=click.Choice(list(MODELS)), help="By default the target decides.")
@click.option("--hidden", type=Widths(), help="Widths of the inner layers of an mlp, such as 64,32; by default 32.")
@click.option("--loss", metavar="NAME", help=f"{', '.join(LOSSES)}, {OWN}; by default as fits the model.")
@click.option("--optimizer", metavar="NAME", help=f"{', '.join(OPTIMIZERS)}, {OWN}; by default as fits the model.")
@click.option("--learning-rate", type=LearningRate(), default="auto", show_default=True, help="auto: by the curvature.")
@click.option("--batch-size", type=Whole(min=1), help="Examples to a step; all by default, 32 for sgd and mlp.")
@click.option("--epochs", type=Whole(min=1), help="Passes over the data at most; 10000, or 100 in batches.")
@click.option("--standardize/--no-standardize", default=True, show_default=True, help="Bring features to one scale.")
@click.option("--seed", type=Whole(min=0), default=0, show_default=True, help="For everything random.")
@click.option("--validation", type=Share(), metavar="SHARE", help="Set this part of the examples aside, such as 0.2.")
@click.option("--early-stopping", is_flag=True, help="Stop when the validation loss does; keep the best.")
@click.option("--patience", type=Whole(min=1), default=20, show_default=True, help="Epochs to wait for it to fall.")
@click.option("--output", help="Save the model here, as JSON.")
@click.option("--plot", metavar="FIT.PNG", help="Draw the loss and the fit here (.png, .svg or .pdf).")
@click.option("--resume", is_flag=True, help="Go on with a run that was interrupted.")
@click.option("--checkpoint", metavar="RUN.NPZ", help="Keep the state of the run here; by default beside --output.")
def fit(path: str, target: str, features: list[str] | None, output: str | None, **options: Any) -> int:
    """Fit a model to DATA.CSV by gradient descent.

    The file has the columns' names in its first line, and one example a line after that. Numbers are fitted by a line,
    two classes by a logistic regression, several by a softmax regression; --model asks for something else.
    """
    return show_fit(path, target, features, output, **options)


@program.command()
@click.argument("model", metavar="MODEL.JSON")
@click.argument("path", metavar="DATA.CSV")
@click.option("--output", metavar="PREDICTIONS.CSV", help="Save the predictions here; else they are printed.")
def predict(model: str, path: str, output: str | None) -> int:
    """Apply a model of `fit --output` to DATA.CSV, whose columns are found by their names.

    A row of the predictions belongs to a row of the data, in the same order.
    """
    return show_predictions(model, path, output)


def run(arguments: Sequence[str] | None = None) -> int:
    """Run one command; the exit code."""
    for stream in (sys.stdout, sys.stderr):
        if hasattr(stream, "reconfigure"):
            stream.reconfigure(errors="replace")  # a terminal that has no ² shows ?, and does not fail
    try:
        return program.main(arguments, prog_name="tinygrad-edu", standalone_mode=False) or 0
    except click.ClickException as error:
        return _complain(error.format_message())
    except TinygradError as error:
        return _complain(str(error))
    except (click.Abort, KeyboardInterrupt):
        return 130
    except BrokenPipeError:  # the reader, such as `head`, has seen enough
        _silence()
        return 0
    except OSError as error:  # a full disk, for one
        return _complain(error.strerror or str(error))


def _complain(message: str) -> int:
    print(f"tinygrad-edu: {' '.join(message.split())}", file=sys.stderr)
    return 2


def _silence() -> None:
    """Let what is left to print go nowhere, or the interpreter would fail once more when it closes stdout."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
