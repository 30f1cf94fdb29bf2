"""Names in C: the user's, as far as C has them, and no two things of one function under one name.

`W1` stays `W1`. C knows fewer letters than Python (`λ` is `lambda` there) and has words of its own: a variable called
`double` or `exp` is `double_` and `exp_`.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable

from .spelling_c import FORMULAS, FUNCTIONS

LONGEST = 40
"""Characters of a name; what is longer is cut."""

_CALLED = sorted(
    {f"{name}{suffix}" for f in FORMULAS.values() for name in re.findall(r"(\w+)\{T\}", f) for suffix in "f "}
)
RESERVED = re.compile(
    r"auto|break|case|char|const|continue|default|do|double|else|enum|extern|float|for|goto|if|inline|int|long|register"
    r"|restrict|return|short|signed|sizeof|static|struct|switch|typedef|union|unsigned|void|volatile|while|asm|typeof"
    r"|linux|unix|i\d86|bool|true|false|memset|signgam|main"
    r"|\w+_t|NULL|EOF|NAN|INFINITY|HUGE_VAL[A-Z0-9]*|HUGE|MAXFLOAT|DOMAIN|SING|(OVER|UNDER)FLOW|[PT]LOSS"  # and macros
    r"|SNAN[A-Z0-9]*|(M|FP|MATH|X)_[A-Za-z0-9_]*[A-Za-z0-9]|math_errhandling|[A-Z0-9_]+_(MAX|MIN|WIDTH)"
    r"|DATA|DATA_AT|IN_ORDER|FLAGS_AT|MEMORY|FORMULA|VECTOR|LIBMVEC"
    r"|work|memory|first|last|block|end|numbers_(float|int)\d\d|numbers_bool|(loop|copy|fill|product|join|region)_\d+(_\d+)?"
    rf"|{'|'.join(word.strip() for word in [*_CALLED, *FUNCTIONS, *(f'{f}f' for f in FUNCTIONS)])}"
)
"""Words that mean something already, in C, in its headers or in the text around."""


def in_c(name: str) -> str:
    """A name in letters that C has.

    >>> in_c("W1"), in_c("λ_2"), in_c("double"), in_c("_h")
    ('W1', 'lambda_2', 'double_', 'h')
    """
    text = "".join(letter if letter.isascii() else _spelled_out(letter) for letter in name).lstrip("_")[:LONGEST]
    text = text if text and not text[0].isdigit() else f"v{text}"
    return f"{text}_" if RESERVED.fullmatch(text) else text


def _spelled_out(letter: str) -> str:
    found = re.search(r"LETTER (\w+)", unicodedata.name(letter, ""))
    return found[1].lower().replace("lamda", "lambda") if found else f"u{ord(letter):x}"  # Unicode has its own spelling


class Names:
    """The names of one function: each is given once.

    Parameters
    ----------
    taken : iterable of str
        Names that are given already.
    """

    def __init__(self, taken: Iterable[str] = ()) -> None:
        self.taken = set(taken)

    def new(self, name: str) -> str:
        """This name, or, if it is taken, one like it."""
        while name in self.taken or RESERVED.fullmatch(name):
            name += "_"
        self.taken.add(name)
        return name
