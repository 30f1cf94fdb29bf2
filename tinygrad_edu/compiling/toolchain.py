"""The system's C compiler: found, asked what it can do, and called; what it made is kept on disk.

A shared library is named by the hash of its source, the flags, the compiler's version and the processor. It lies in a
directory that only the user can write, beside its own checksum, which is compared before it is loaded; what does not
agree is built anew. A library is written under another name first and then renamed, so that two processes that build
the same one do not meet.
"""

from __future__ import annotations

import ctypes
import hashlib
import os
import platform
import re
import shlex
import shutil
import stat
import subprocess
import tempfile
import warnings
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np

FLAGS = (
    *("-O2", "-ftree-vectorize", "-march=native", "-fPIC", "-shared", "-std=gnu11", "-fopenmp-simd"),
    *("-fwrapv", "-Werror=overflow", "-fno-math-errno", "-fno-trapping-math", "-ffp-contract=off"),
)
"""None of them changes a result: NaN and infinity behave as in NumPy, and whole numbers wrap."""
FAST = (
    *("-fassociative-math", "-freciprocal-math", "-ffinite-math-only", "-fno-signed-zeros", "-ffp-contract=fast"),
    "-funsafe-math-optimizations",
)
"""What `-ffast-math` says to the compiler, without what it says to the linker: that would change the whole process."""

PROBE = """
#include <math.h>
__attribute__((simd("notinbranch"), const)) double exp(double);
__attribute__((simd("notinbranch"), const)) double log1p(double);
void probe(double *x) {
    #pragma omp simd
    for (int i = 0; i < 64; i++) x[i] = log1p(exp(x[i]));
}
"""
COMMENT = re.compile(r"/\*.*?\*/|//[^\n]*", re.DOTALL)
TYPES: dict[str, Any] = {
    "float64": ctypes.c_double,
    "float32": ctypes.c_float,
    "bool": ctypes.c_uint8,
    "int64": ctypes.c_int64,
}


class BuildError(Exception):
    """The compiler is not there, or failed; the message is its own."""


@cache
def compiler() -> tuple[str, ...] | None:
    """The C compiler as a command: what the variable CC says, else `cc` or `gcc`; None if there is none.

    CC may have arguments, ``ccache gcc -O1``. If it names no program, that is said in a warning.
    """
    asked = os.environ.get("CC", "").strip()
    for text in filter(None, (asked, "cc", "gcc")):
        try:
            words = shlex.split(text)
        except ValueError:  # a quotation that does not end
            words = []
        if words and (found := shutil.which(words[0])):
            return (found, *words[1:])
        if text == asked:
            trouble = f"the variable CC is {asked!r}, which is no program: compile looks for cc and gcc"
            warnings.warn(trouble, RuntimeWarning, stacklevel=2)
    return None


def _parted() -> tuple[list[str], list[str]]:
    """The words that call the compiler, and its options: those come after the flags of this file, so that they win."""
    words = list(compiler() or ())
    n = next((i for i, word in enumerate(words) if word.startswith("-")), len(words))
    return words[:n], words[n:]


@cache
def flags() -> tuple[str, ...]:
    """The flags that this compiler understands, with libmvec where glibc has it."""
    data, flag = offsets()
    common = (*FLAGS, f"-DDATA_AT={data}", f"-DFLAGS_AT={flag}")
    with tempfile.TemporaryDirectory() as folder:
        try:
            _run(PROBE, Path(folder) / "probe.so", (*common, "-DLIBMVEC"), ("-lmvec", "-lm"))
        except BuildError:
            return (*common, "-lm")
    return (*common, "-DLIBMVEC", "-lmvec", "-lm")


@cache
def version() -> str:
    """What tells one compiler and one processor from another."""
    said = _said([*_parted()[0], "--version"]).stdout
    info = Path("/proc/cpuinfo")
    lines = info.read_text(errors="replace").splitlines() if info.exists() else []
    processor = [line for line in lines if line.startswith(("model name", "flags"))][:2]
    return "\n".join([" ".join(compiler() or ()), said, platform.machine(), *processor])


@cache
def offsets() -> tuple[int, int]:
    """Where NumPy's array object keeps the address of its elements, and its flags, in bytes; found by looking."""
    arrays = [np.empty((3, 4)), np.empty((3, 4)).T, np.empty((6, 4))[::2]]
    found = []
    for width, wanted in ((8, lambda a: a.ctypes.data), (4, lambda a: a.flags.num)):
        kind = {8: ctypes.c_uint64, 4: ctypes.c_uint32}[width]
        words = [list((kind * (80 // width)).from_address(id(a))) for a in arrays]
        places = [i for i in range(80 // width) if all(w[i] == wanted(a) for w, a in zip(words, arrays, strict=True))]
        if not places:
            raise BuildError("NumPy's array object is not laid out as in any version that is known")
        found.append(places[0] * width)
    return found[0], found[1]


def build(source: str, fast: bool = False, names: Iterable[str] = ()) -> ctypes.CDLL:
    """The shared library of a C source: from the disk, or compiled.

    Parameters
    ----------
    source : str
        Its comments are left out, so that they do not decide which library it is.
    fast : bool
        NaN and infinity need not be as in NumPy.
    names : iterable of str
        The functions that it must have.

    Raises
    ------
    BuildError
        If there is no compiler, it does not accept the source, or what it makes cannot be loaded or written.
    """
    if compiler() is None:
        raise BuildError("no C compiler was found: neither the variable CC, nor cc, nor gcc")
    try:
        return _built(uncommented(source), (*flags(), *FAST * fast), tuple(names))
    except OSError as error:  # a full disk, a directory that went away
        raise BuildError(f"the library cannot be written: {error}") from error


def uncommented(source: str) -> str:
    """The lines of a C source without comments."""
    lines = (line.rstrip() for line in COMMENT.sub(" ", source).splitlines())
    return "\n".join(line for line in lines if line.strip()) + "\n"


def _built(source: str, chosen: tuple[str, ...], names: tuple[str, ...]) -> ctypes.CDLL:
    key = hashlib.sha256("\0".join([source, *chosen, version()]).encode("utf-8", "replace")).hexdigest()
    folder = cache_folder()
    library, checksum = folder / f"{key}.so", folder / f"{key}.sha256"
    if _is_sound(library, checksum) and (known := _loaded(library, names)):
        return known
    with tempfile.TemporaryDirectory(dir=folder) as place:
        made = Path(place) / "made.so"
        libraries = tuple(f for f in chosen if f.startswith("-l"))
        _run(source, made, tuple(f for f in chosen if f not in libraries), libraries)
        fresh = _loaded(made, names)
        if fresh is None:
            raise BuildError(f"what {' '.join(compiler() or ())} made cannot be loaded")
        digest = Path(place) / "made.sha256"
        digest.write_text(hashlib.sha256(made.read_bytes()).hexdigest())
        _moved(digest, checksum)
        _moved(made, library)
    return fresh


def _is_sound(library: Path, checksum: Path) -> bool:
    """True if a library is there, is a file of the user's own, and is what was written."""
    try:
        for file in (library, checksum):
            state = file.lstat()
            if not stat.S_ISREG(state.st_mode) or state.st_uid != os.getuid():
                return False
        return hashlib.sha256(library.read_bytes()).hexdigest().encode() == checksum.read_bytes()
    except OSError:
        return False


def _loaded(library: Path, names: Iterable[str]) -> ctypes.CDLL | None:
    """The library, if it can be loaded and has functions of these names."""
    try:
        found = ctypes.CDLL(str(library))
    except OSError:
        return None
    return found if all(hasattr(found, name) for name in names) else None


def _moved(new: Path, old: Path) -> None:
    """Put a file into the place of another, or of a directory; where that is forbidden, the cache stays as it is."""
    try:
        if old.is_dir() and not old.is_symlink():
            shutil.rmtree(old)
        os.replace(new, old)
    except OSError:
        pass


def cache_folder() -> Path:
    """The directory of libraries: made for the user alone; if anybody else may write there, a fresh one."""
    home = os.environ.get("TINYGRAD_EDU_CACHE")
    try:
        base = Path(home) if home else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tinygrad_edu"
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = base.stat()
        if (
            state.st_uid == os.getuid()
            and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            and os.access(base, os.W_OK)
        ):
            return base
    except (OSError, RuntimeError):  # RuntimeError: nobody's home is known
        pass
    return _own_folder()


@cache
def _own_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="tinygrad_edu_"))


def _run(source: str, target: Path, options: Sequence[str], libraries: Sequence[str]) -> None:
    text = target.with_suffix(".c")
    text.write_text(source, encoding="utf-8", errors="replace")
    program, wishes = _parted()
    command = [*program, *options, *wishes]
    done = _said([*command, str(text), "-o", str(target), *libraries])
    words = f"{' '.join(command)}\n{done.stderr.replace(f'{target.parent}{os.sep}', '')}"  # the same at every call
    if done.returncode:
        raise BuildError(words)
    if not target.is_file():
        raise BuildError(f"{words}made nothing")


def _said(command: Sequence[str]) -> subprocess.CompletedProcess[str]:
    """What a program says; a program that cannot be run is no compiler."""
    try:
        return subprocess.run(command, capture_output=True, text=True, errors="replace", check=False)
    except OSError as error:
        raise BuildError(f"{command[0]}: {error.strerror}") from error


def functions(library: ctypes.CDLL, calls: Mapping[str, Sequence[str]]) -> dict[str, Callable[..., Any]]:
    """The functions of a library by their names in Python, ``c_region_1``; an array is passed by its id."""
    found: dict[str, Callable[..., Any]] = {}
    for name, kinds in calls.items():
        function = library[name]
        function.argtypes = [TYPES.get(kind, ctypes.c_void_p) for kind in kinds]
        function.restype = ctypes.c_int
        found[f"c_{name}"] = function
    return found
