"""Nested parameters in one file, which is written whole or not at all, and holds nothing that runs.

The leaves of the tree become arrays of an .npz archive (or of a .safetensors file, by the extra of that name), and its
structure a line of JSON beside them. The file is written under another name, brought to the disk, and then takes its
place in one motion: whoever is killed on the way leaves the old file as it was.
"""

from __future__ import annotations

import io
import json
import os
from contextlib import suppress
from glob import escape
from pathlib import Path
from typing import Any

import numpy as np

from ..errors import DataError, MissingExtraError, TreeError
from ..trees import Tree

STRUCTURE = "structure"  # the name of the array, or of the metadata, that holds the JSON


def save(path: str | os.PathLike[str], tree: Tree) -> None:
    """Write nested dicts, lists and tuples of arrays, numbers, words and None.

    Parameters
    ----------
    path : path
        Its ending decides: .safetensors, or anything else for an .npz archive.
    tree : tree
        Dicts have words for keys. A named tuple comes back as a tuple.

    Raises
    ------
    TreeError
        If a leaf is none of these.
    DataError
        If the file cannot be written.
    MissingExtraError
        For .safetensors, if the extra is not installed.

    Examples
    --------
    >>> import tempfile
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     save(f"{folder}/model.npz", {"layers": [np.ones(2), None], "steps": 3})
    ...     load(f"{folder}/model.npz")
    {'layers': [array([1., 1.]), None], 'steps': 3}
    """
    arrays: list[np.ndarray] = []
    structure = json.dumps(_described(tree, arrays, "tree"))
    named = {f"a{i}": array for i, array in enumerate(arrays)}
    if Path(path).suffix == ".safetensors":
        content = _as_safetensors(named, structure)
    else:
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, **{STRUCTURE: np.array(structure)}, **named)
        content = buffer.getvalue()
    write_whole(Path(path), content)


def load(path: str | os.PathLike[str]) -> Tree:
    """What `save` wrote, bit for bit.

    Raises
    ------
    DataError
        If there is no such file, or it is not of this kind, or damaged.
    """
    try:
        if Path(path).suffix == ".safetensors":
            content = Path(path).read_bytes()
            arrays = _safetensors().load(content)
            header = json.loads(content[8 : 8 + int.from_bytes(content[:8], "little")])
            structure = header["__metadata__"][STRUCTURE]
        else:
            with open(path, "rb") as file, np.load(file, allow_pickle=False) as archive:
                arrays = {name: archive[name] for name in archive.files if name != STRUCTURE}
                structure = str(archive[STRUCTURE])
        return _rebuilt(json.loads(structure), arrays)
    except MissingExtraError:
        raise
    except Exception as error:  # a damaged archive raises whatever its bytes lead to
        reason = getattr(error, "strerror", None) or str(error).split("\n")[0]
        raise DataError(f"cannot read {path}: {reason}. Expected a file that data.save has written") from None


def write_whole(path: Path, content: bytes) -> None:
    """Write a file whole or not at all: into a neighbour first, which then takes its name."""
    part = path.with_name(f".{path.name}.{os.getpid()}.part")  # two processes never write into one
    try:
        with open(part, "wb") as file:
            file.write(content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(part, path)
    except OSError as error:
        raise DataError(f"cannot write {path}: {error.strerror or error}") from None
    finally:
        part.unlink(missing_ok=True)
    with suppress(OSError):  # the new name, too, to the disk; not every system lets a folder be opened
        folder = os.open(path.parent, os.O_RDONLY)
        try:
            os.fsync(folder)
        finally:
            os.close(folder)


def clear(path: Path) -> None:
    """Remove the neighbours that processes left which were killed while they wrote this file."""
    for part in path.parent.glob(f".{escape(path.name)}.*.part"):
        part.unlink(missing_ok=True)


def _described(tree: Tree, arrays: list[np.ndarray], place: str) -> Any:
    """The structure as JSON; the arrays go into the list. [kind, content], and numbers that JSON would round as hex."""
    match tree:
        case None | bool() | str() | int():
            return ["is", tree]
        case np.ndarray() if tree.dtype.kind in "biufc":
            arrays.append(np.asarray(tree))
            return ["array", len(arrays) - 1]
        case np.generic() if tree.dtype.kind in "biufc":  # before float, which a float64 of NumPy's also is
            arrays.append(np.asarray(tree))
            return ["scalar", len(arrays) - 1]
        case float():
            return ["float", tree.hex()]
        case dict() if all(isinstance(key, str) for key in tree):
            return ["dict", [[key, _described(part, arrays, f"{place}[{key!r}]")] for key, part in tree.items()]]
        case list() | tuple():
            parts = [_described(part, arrays, f"{place}[{i}]") for i, part in enumerate(tree)]
            return ["list" if isinstance(tree, list) else "tuple", parts]
    raise TreeError(f"save: {place} is {type(tree).__name__}. Expected arrays, numbers, words, None, and dicts with "
                    "words for keys, lists and tuples of them")  # fmt: skip


def _rebuilt(described: Any, arrays: dict[str, np.ndarray]) -> Tree:
    kind, content = described
    match kind:
        case "is":
            return content
        case "float":
            return float.fromhex(content)
        case "array":
            return arrays[f"a{content}"]
        case "scalar":
            return arrays[f"a{content}"][()]
        case "dict":
            return {key: _rebuilt(part, arrays) for key, part in content}
    parts = [_rebuilt(part, arrays) for part in content]
    return parts if kind == "list" else tuple(parts)


def _as_safetensors(named: dict[str, np.ndarray], structure: str) -> bytes:
    for array in named.values():
        if array.dtype == np.complex128 or array.dtype.itemsize > 8:
            raise TreeError(f"save: a .safetensors file cannot hold {array.dtype}. Expected a name that ends in .npz")
    return _safetensors().save({k: np.array(a, order="C") for k, a in named.items()}, {STRUCTURE: structure})


def _safetensors() -> Any:
    """The one door to safetensors."""
    try:
        import safetensors.numpy
    except ImportError:
        raise MissingExtraError(
            'a .safetensors file needs safetensors, which is not installed: pip install "tinygrad-edu[safetensors]", '
            "or choose a name that ends in .npz"
        ) from None
    return safetensors.numpy
