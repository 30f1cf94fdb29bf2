"""Real data: two sets that come with the package, a person's own CSV files, and ways to take parts of them.

Everything here is plain NumPy arrays and imports nothing of the engine. `dataset` says what a data set is, `bundled`
loads the two that are here, `reading` reads yours, `sampling` draws mini-batches and splits, `scaling` standardises.
"""

from .bundled import load_diabetes, load_iris
from .dataset import Dataset
from .reading import read_csv
from .sampling import batches, split
from .scaling import Scale, Standardized, standardize

__all__ = [
    "Dataset",
    "Scale",
    "Standardized",
    "batches",
    "load_diabetes",
    "load_iris",
    "read_csv",
    "split",
    "standardize",
]
