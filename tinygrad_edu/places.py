"""Places: which line of the user's program a line of the record comes from.

Debugging and explaining want it; recording alone does not, and does not pay for it.
"""

from __future__ import annotations

import linecache
import sys
from dataclasses import dataclass
from pathlib import Path

import numpy as np

_INSIDE = tuple(str(Path(path).resolve().parent) for path in (__file__, np.__file__ or __file__))


@dataclass(frozen=True)
class Place:
    """A line of source code.

    Attributes
    ----------
    file, line, function : str, int, str
        As in a traceback.
    """

    file: str
    line: int
    function: str

    @property
    def text(self) -> str:
        """The line itself; empty if its source cannot be read."""
        return linecache.getline(self.file, self.line).strip()

    def __str__(self) -> str:
        where = f'File "{self.file}", line {self.line}, in {self.function}'
        return f"{where}\n    {self.text}" if self.text else where


def place_of_user() -> Place | None:
    """The innermost line of the call stack that is neither this library's nor NumPy's."""
    frame = sys._getframe(1)
    while frame is not None:
        file = frame.f_code.co_filename
        if not file.startswith(_INSIDE):
            return Place(file, frame.f_lineno, frame.f_code.co_name)
        frame = frame.f_back  # type: ignore[assignment]
    return None
