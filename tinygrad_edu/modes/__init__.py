"""Ways of reading the record: `reverse` with cotangents, `forward` with tangents, both `careful` where 0 meets ∞."""

from .careful import strict_ieee
from .forward import pushforward
from .reverse import pullback

__all__ = ["pullback", "pushforward", "strict_ieee"]
