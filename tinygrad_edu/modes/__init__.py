"""Ways of reading the record: `reverse` with cotangents, `forward` with tangents, both `careful` where 0 meets ∞;
`anomaly` watches both."""

from .anomaly import detect_anomaly
from .careful import strict_ieee
from .forward import pushforward
from .reverse import pullback

__all__ = ["detect_anomaly", "pullback", "pushforward", "strict_ieee"]
