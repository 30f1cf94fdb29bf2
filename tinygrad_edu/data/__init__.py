"""Real data: sets that come with the package, a person's own files, and ways to take parts of them.

Everything here is plain NumPy arrays and imports nothing of the engine. `dataset` says what a data set is, `bundled`
loads those that are here, `reading` and `arrays` read yours, `sampling` draws mini-batches and splits, `scaling`
standardises, `saving` keeps parameters.
"""

from .arrays import memory_map, read_npz
from .bundled import (
    load_auto_mpg,
    load_bike_sharing,
    load_breast_cancer,
    load_diabetes,
    load_digits,
    load_iris,
)
from .dataset import Dataset
from .reading import read_csv
from .sampling import batches, split
from .saving import load, save
from .scaling import Scale, Standardized, scale_of, standardize

__all__ = [
    "Dataset",
    "Scale",
    "Standardized",
    "batches",
    "load",
    "load_auto_mpg",
    "load_bike_sharing",
    "load_breast_cancer",
    "load_diabetes",
    "load_digits",
    "load_iris",
    "memory_map",
    "read_csv",
    "read_npz",
    "save",
    "scale_of",
    "split",
    "standardize",
]
