"""The door of the command line: `tinygrad-edu`, or `python -m tinygrad_edu`.

click and rich come with the extra [cli]. Without them this door says so in one line; it is the only file that may
import the command line, and only when it is asked for.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the command line with these arguments (by default those of the process); the exit code."""
    try:
        from .cli import run
    except ModuleNotFoundError as error:
        if error.name not in ("click", "rich"):
            raise
        missing = f"the command line needs {error.name}, which is not installed"
        print(f'tinygrad-edu: {missing}. Install it: pip install "tinygrad-edu[cli]"', file=sys.stderr)
        return 2
    return run(arguments)


if __name__ == "__main__":
    sys.exit(main())
