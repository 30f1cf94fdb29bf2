"""How the command line looks: one console, plain tables, numbers with six digits.

rich finds out by itself whether anyone is watching: in a pipe, or under NO_COLOR, what comes out is plain text of at
most 80 columns.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

NARROWEST = 60  # columns: a table that is squeezed into fewer breaks its numbers into single digits


def console() -> Console:
    """The console of this moment: sys.stdout may have been exchanged since the last one."""
    found = Console(highlight=False, soft_wrap=False)
    return found if found.width >= NARROWEST else Console(highlight=False, soft_wrap=False, width=NARROWEST)


def heading(text: str) -> None:
    """A line in bold, with room above."""
    console().print(f"\n[bold]{escape(text)}[/bold]")


def say(text: str) -> None:
    """A line of text, taken as it is."""
    console().print(escape(text))


def show_table(columns: Sequence[str], rows: Iterable[Sequence[str]]) -> None:
    """A table: the first column to the left, the numbers in the others to the right."""
    grid = Table(box=box.SIMPLE, pad_edge=False)
    for position, column in enumerate(columns):
        grid.add_column(escape(column), justify="right" if position else "left", overflow="fold")
    for row in rows:
        grid.add_row(*map(escape, row))
    console().print(grid)


def counted(count: int, word: str) -> str:
    """A number of things.

    >>> counted(1, "example"), counted(2, "example")
    ('1 example', '2 examples')
    """
    return f"{count} {word}" if count == 1 else f"{count} {word}s"


def number(value: float) -> str:
    """Six significant digits.

    >>> number(7.38905609893065), number(-0.0), number(2.5e-11)
    ('7.38906', '0', '2.5e-11')
    """
    return f"{value + 0.0:.6g}"
