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
import shutil
import stat
import subprocess
import tempfile
from collections.abc import Callable, Mapping, Sequence
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
TYPES: dict[str, Any] = {
    "float64": ctypes.c_double,
    "float32": ctypes.c_float,
    "bool": ctypes.c_uint8,
    "int64": ctypes.c_int64,
}


class BuildError(Exception):
    """The compiler is not there, or failed; the message is its own."""


@cache
def compiler() -> str | None:
    """The path of the C compiler: that of the variable CC, else `cc` or `gcc`; None if there is none."""
    for name in (os.environ.get("CC"), "cc", "gcc"):
        if name and (found := shutil.which(name)):
            return found
    return None


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
    path = compiler()
    assert path is not None
    said = subprocess.run([path, "--version"], capture_output=True, text=True, check=False).stdout
    info = Path("/proc/cpuinfo")
    lines = info.read_text().splitlines() if info.exists() else []
    processor = [line for line in lines if line.startswith(("model name", "flags"))][:2]
    return "\n".join([said, platform.machine(), *processor])


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


def build(source: str, fast: bool = False) -> ctypes.CDLL:
    """The shared library of a C source: from the disk, or compiled; `fast` if NaN and infinity need not be as in NumPy.

    Raises
    ------
    BuildError
        If there is no compiler, or it does not accept the source.
    """
    if compiler() is None:
        raise BuildError("no C compiler was found: neither the variable CC, nor cc, nor gcc")
    chosen = (*flags(), *FAST * fast)
    key = hashlib.sha256("\0".join([source, *chosen, version()]).encode()).hexdigest()
    folder = cache_folder()
    library, checksum = folder / f"{key}.so", folder / f"{key}.sha256"
    if not _is_sound(library, checksum):
        with tempfile.TemporaryDirectory(dir=folder) as place:
            made = Path(place) / "made.so"
            _run(
                source,
                made,
                tuple(f for f in chosen if not f.startswith("-l")),
                tuple(f for f in chosen if f.startswith("-l")),
            )
            digest = Path(place) / "made.sha256"
            digest.write_text(hashlib.sha256(made.read_bytes()).hexdigest())
            os.replace(digest, checksum)
            os.replace(made, library)
    return ctypes.CDLL(str(library))


def _is_sound(library: Path, checksum: Path) -> bool:
    """True if a library is there, is a file of the user's own, and is what was written."""
    try:
        if library.is_symlink() or library.stat().st_uid != os.getuid():
            return False
        return hashlib.sha256(library.read_bytes()).hexdigest() == checksum.read_text()
    except OSError:
        return False


def cache_folder() -> Path:
    """The directory of libraries: made for the user alone; if anybody else may write there, a fresh one."""
    home = os.environ.get("TINYGRAD_EDU_CACHE")
    base = Path(home) if home else Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "tinygrad_edu"
    try:
        base.mkdir(mode=0o700, parents=True, exist_ok=True)
        state = base.stat()
        if (
            state.st_uid == os.getuid()
            and not state.st_mode & (stat.S_IWGRP | stat.S_IWOTH)
            and os.access(base, os.W_OK)
        ):
            return base
    except OSError:
        pass
    return _own_folder()


@cache
def _own_folder() -> Path:
    return Path(tempfile.mkdtemp(prefix="tinygrad_edu_"))


def _run(source: str, target: Path, options: Sequence[str], libraries: Sequence[str]) -> None:
    text = target.with_suffix(".c")
    text.write_text(source)
    command = [str(compiler()), *options, str(text), "-o", str(target), *libraries]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise BuildError(f"{' '.join(command)}\n{done.stderr}")


def functions(library: ctypes.CDLL, calls: Mapping[str, Sequence[str]]) -> dict[str, Callable[..., Any]]:
    """The functions of a library by their names in Python, ``c_region_1``; an array is passed by its id."""
    found: dict[str, Callable[..., Any]] = {}
    for name, kinds in calls.items():
        function = library[name]
        function.argtypes = [TYPES.get(kind, ctypes.c_void_p) for kind in kinds]
        function.restype = ctypes.c_int
        found[f"c_{name}"] = function
    return found
