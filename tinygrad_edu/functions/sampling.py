"""Random numbers as functions of their distribution's parameters, so that a mean over samples can be differentiated.

The randomness is drawn first, from a generator or a seed, and knows nothing of the parameters; what is done with it is
a formula (the reparameterisation trick). For the gamma distribution the formula is the inverse of the distribution
function, whose rule is that of implicit reparameterisation, and which SciPy computes.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from .convolution import as_array

Random = np.random.Generator | int


def sample_normal(mean: Any, std: Any, rng: Random, shape: int | Sequence[int] | None = None) -> Any:
    """mean + std · z, with standard normal numbers z; by default one for each mean and std.

    References
    ----------
    D. P. Kingma, M. Welling, "Auto-encoding variational Bayes", ICLR (2014).

    >>> import tinygrad_edu as tg
    >>> print(tg.grad(lambda mean: np.mean(sample_normal(mean, 1.0, rng=0, shape=64)))(3.0))
    1.0
    """
    shape = np.broadcast_shapes(np.shape(mean), np.shape(std)) if shape is None else shape
    z = np.random.default_rng(rng).standard_normal(shape)
    return mean + std * _like(z, mean, std)


def sample_gamma(concentration: Any, rng: Random, scale: Any = 1.0, shape: int | Sequence[int] | None = None) -> Any:
    """Gamma distributed numbers with mean concentration · scale; by default one for each concentration.

    Raises
    ------
    ImportError
        Without SciPy.

    References
    ----------
    M. Figurnov, S. Mohamed, A. Mnih, "Implicit reparameterization gradients", NeurIPS (2018).
    """
    from scipy.special import gammaincinv

    shape = np.broadcast_shapes(np.shape(concentration), np.shape(scale)) if shape is None else shape
    u = np.random.default_rng(rng).random(shape)
    return scale * gammaincinv(concentration, _like(u, concentration, scale))


def _like(random: Any, *parameters: Any) -> Any:
    """In single precision if a parameter is, and all that are arrays are."""
    types = [x.dtype for x in map(as_array, parameters) if x.ndim or (x.dtype.kind == "f" and x.dtype.itemsize < 8)]
    return np.asarray(random, np.result_type(*types)) if types and all(t.kind == "f" for t in types) else random
