"""The other libraries, each behind one door; one that is not installed is None.

They are compared as their own users write them: PyTorch and MyGrad record and call `backward()`, autograd transforms
a function. The programs of a workload take the library's NumPy-like namespace as an argument, so that every library
runs the same lines.
"""

from __future__ import annotations

import importlib
import os
from types import ModuleType


def installed(name: str) -> ModuleType | None:
    """A module, or None."""
    try:
        return importlib.import_module(name)
    except ImportError:
        return None


torch = installed("torch")
mygrad = installed("mygrad")
autograd = installed("autograd")
autograd_numpy = installed("autograd.numpy")

if torch is not None:
    torch.set_num_threads(1)


def one_threaded_jax() -> ModuleType | None:
    """JAX in double precision on one thread, for the workloads that compile; loaded by them alone, for it is large."""
    os.environ.setdefault("XLA_FLAGS", "--xla_cpu_multi_thread_eigen=false intra_op_parallelism_threads=1")
    jax = installed("jax")
    if jax is not None:
        jax.config.update("jax_enable_x64", True)
    return jax


FOUND = {"PyTorch": torch, "autograd": autograd, "MyGrad": mygrad}
ABSENT = [name for name, module in FOUND.items() if module is None]


def versions() -> list[str]:
    """Names and versions of the peers that take part."""
    found = [(name, module) for name, module in FOUND.items() if module is not None]
    return [f"{name} {getattr(module, '__version__', '')}".strip() for name, module in found]
