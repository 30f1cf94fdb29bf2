"""What `scipy.spatial` offers that differentiates: distances."""

from . import distance

__all__ = ["distance"]
