"""Read arrays that are numbers already: NumPy's own files, whole or left on the disk.

`read_npz` makes a `Dataset` of one archive. `memory_map` opens an array without reading it: its rows come from the disk
as batches ask for them, so that it may be larger than the memory. Nothing here unpickles: a file that holds Python
objects is refused, because reading them would run what they say.
"""

from __future__ import annotations

import os
import zipfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError
from .dataset import Dataset


def read_npz(
    path: str | os.PathLike[str],
    features: str = "features",
    target: str = "target",
    *,
    names: Sequence[str] | None = None,
    classes: Sequence[str] = (),
) -> Dataset:
    """A data set out of two arrays of an .npz archive, as `np.savez` writes it.

    Parameters
    ----------
    path : path to an .npz file
    features, target : str
        The names of the arrays: (n, ...) of real numbers, which become (n, p), and (n,).
    names : sequence of str, optional
        The names of the p columns; x0, x1 ... by default.
    classes : sequence of str, optional
        The names of the classes, if the target holds their numbers.

    Raises
    ------
    DataError
        If the file is none, lacks an array, or an array does not hold finite real numbers.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.savez(f"{folder}/points.npz", features=[[1.0], [2.0]], target=[2.0, 3.0])
    ...     read_npz(f"{folder}/points.npz")
    Dataset(2 examples, 1 features, target 'target')
    """
    name = Path(path).name
    try:
        with open(path, "rb") as file:
            archive = np.load(file, allow_pickle=False)
            if not isinstance(archive, np.lib.npyio.NpzFile):
                raise DataError(f"{name} holds one array. Expected an .npz archive with {features!r} and {target!r}")
            missing = [key for key in (features, target) if key not in archive.files]
            if missing:
                raise DataError(f"{name} has no array {missing[0]!r}. It has {', '.join(archive.files) or 'none'}")
            x, y = archive[features], archive[target]
    except (OSError, EOFError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"cannot read {path}: {_reason(error)}. Expected an .npz archive of numbers") from None
    for key, array in ((features, x), (target, y)):
        if array.dtype.kind not in "biuf":
            raise DataError(f"{name}: {key!r} holds {array.dtype}. Expected real numbers")
        if not np.isfinite(array).all():
            row = np.argmin(np.isfinite(array).reshape(len(array), -1).all(axis=1))
            raise DataError(f"{name}: {key!r} holds NaN or infinity, first in row {row}. Expected finite numbers")
    if x.ndim < 1 or y.shape != x.shape[:1]:
        raise DataError(f"{name}: {features!r} is {x.shape}, {target!r} is {y.shape}. Expected (n, p) and (n,)")
    x = x.reshape(len(x), -1) if len(x) else x.reshape(0, 0)
    columns = tuple(f"x{i}" for i in range(x.shape[1])) if names is None else tuple(names)
    return Dataset(x, y, columns, target, classes=tuple(classes), source=str(path))


def memory_map(path: str | os.PathLike[str], name: str | None = None) -> np.memmap:
    """An array that stays on the disk: rows are read when they are taken, and the memory forgets them again.

    Parameters
    ----------
    path : path to a .npy file, or to an .npz archive written by `np.savez` (not by `np.savez_compressed`)
    name : str, optional
        Which array of the archive.

    Returns
    -------
    numpy.memmap
        Read-only, with the shape and dtype of the file.

    Raises
    ------
    DataError
        If there is no such array, it is compressed, or holds Python objects.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     np.save(f"{folder}/large.npy", np.arange(6.0).reshape(3, 2))
    ...     memory_map(f"{folder}/large.npy")[1].tolist()
    [2.0, 3.0]
    """
    try:
        if not zipfile.is_zipfile(path):
            with open(path, "rb") as file:
                return _mapped(path, file)
        with zipfile.ZipFile(path) as archive:
            members = {Path(info.filename).stem: info for info in archive.infolist()}
            if name not in members:
                raise DataError(f"{Path(path).name} has no array {name!r}. It has {', '.join(members) or 'none'}")
            if members[name].compress_type != zipfile.ZIP_STORED:
                raise DataError(f"{Path(path).name}: {name!r} is compressed. Expected one written by np.savez")
            with archive.open(members[name]) as inside, open(path, "rb") as file:
                del inside  # it has found and checked the local header; the array begins where its data does
                file.seek(_start_of(members[name], file))
                return _mapped(path, file)
    except (OSError, ValueError, zipfile.BadZipFile) as error:
        if isinstance(error, DataError):
            raise
        raise DataError(f"cannot map {path}: {_reason(error)}. Expected a .npy file of numbers") from None


def _start_of(member: zipfile.ZipInfo, file: Any) -> int:
    """Where a stored member's bytes begin: behind 30 bytes of its local header, its name and its extra field."""
    file.seek(member.header_offset + 26)
    lengths = np.frombuffer(file.read(4), "<u2")
    return member.header_offset + 30 + int(lengths.sum())


def _mapped(path: Any, file: Any) -> np.memmap:
    """The array whose .npy header begins here."""
    version = np.lib.format.read_magic(file)
    read = np.lib.format.read_array_header_1_0 if version == (1, 0) else np.lib.format.read_array_header_2_0
    shape, columns_first, dtype = read(file)
    if dtype.hasobject:
        raise DataError(f"{Path(path).name} holds Python objects. Expected numbers")
    return np.memmap(path, dtype, "r", file.tell(), shape, "F" if columns_first else "C")


def _reason(error: Exception) -> str:
    return getattr(error, "strerror", None) or str(error).split("\n")[0].rstrip(".")
