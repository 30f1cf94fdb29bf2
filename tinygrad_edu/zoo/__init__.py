"""The bug zoo: engines that are wrong on purpose, each with the smallest example on which it goes wrong.

`engine.py` is a small engine that is right. Every specimen in `specimens.py` changes a few lines of it, in the way in
which people get these lines wrong, and the checker of this library finds it.

>>> from tinygrad_edu.zoo import SPECIMENS
>>> found = [specimen.found() for specimen in SPECIMENS]
>>> all(found)
True
>>> print(SPECIMENS[1])
assignment: x̄ = ... where x̄ += ... is meant
  on x * x at 3.0: 3.0, and right is 6.0
  why: a value that is used twice gets two contributions; the second one replaces the first
  cure: add what comes to what is there, from zero on
"""

from .engine import Value
from .specimens import SPECIMENS, Specimen

__all__ = ["SPECIMENS", "Specimen", "Value"]
