"""For people who write operations: examples that are hard, laws that rules obey, and a search for what breaks them.

>>> import numpy as np
>>> from tinygrad_edu.extend import elementwise
>>> from tinygrad_edu.testing import check_rule
>>> cube = elementwise(lambda x: x**3, lambda g, y, x: g * 3 * x * x)
>>> check_rule(cube, max_examples=10).failures
0

`check_rule` draws arguments by Hypothesis (`strategies`) and asks the checker and the `laws` about each; a failure is
shrunk to a few small numbers. `tinygrad_edu.testing.plugin` has fixtures for pytest. Hypothesis is the extra
`[testing]`; this file is its one door.
"""

from ..errors import MissingExtraError

try:
    import hypothesis as _hypothesis  # noqa: F401
except ImportError as error:
    raise MissingExtraError(
        'tinygrad_edu.testing needs Hypothesis, which is not installed. Install it: pip install "tinygrad-edu[testing]"'
    ) from error

from .laws import Example
from .searching import Search, check_rule
from .strategies import DOMAINS, arguments, arrays, dtypes, numbers, shapes

__all__ = ["DOMAINS", "Example", "Search", "arguments", "arrays", "check_rule", "dtypes", "numbers", "shapes"]
