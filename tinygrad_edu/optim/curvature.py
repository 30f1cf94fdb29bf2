"""How strongly the loss bends: the largest and the smallest eigenvalue of its Hessian, and the Hessian's inverse.

The bend decides how long a step may be (`bowl`). For the two extreme eigenvalues the Hessian itself is never formed: n
parameters would need n² numbers. A few products Hessian × vector are enough, because repeated products turn any vector
towards the extreme eigenvectors. Only `ideal_rate` forms it, to invert it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from ..errors import DtypeError, HyperparameterError
from ..jacobians import hessian
from ..transforms import hvp
from ..trees import Tree, flatten
from .bowl import FLAT, Curvature

Vector = NDArray[np.float64]


def curvature(loss: Callable[..., Any], params: Tree, *data: Any, products: int = 32, seed: int = 0) -> Curvature:
    """The extreme eigenvalues of the Hessian of `loss` at `params`.

    From a random vector v the products v, Hv, H²v ... are made orthogonal; the Hessian as seen in the space that
    they span has extreme eigenvalues that converge fast to its own, and equal them once it is the whole space.

    Parameters
    ----------
    loss : callable
        loss(params, *data) → scalar, written in NumPy.
    params : array, or nested dicts, lists, tuples of arrays
        Where to measure.
    *data
        Further arguments of the loss, held constant.
    products : int
        The most Hessian × vector products to spend. With this many parameters or fewer, the result is exact; with
        more, `largest` is slightly low and `smallest` slightly high.
    seed : int
        For the first vector.

    Returns
    -------
    Curvature
        NaN where the loss has no finite second derivatives.

    References
    ----------
    C. Lanczos (1950). An iteration method for the solution of the eigenvalue problem of linear differential and
    integral operators. Journal of Research of the National Bureau of Standards 45, 255-282.

    Examples
    --------
    >>> bend = curvature(lambda p: 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2, np.array([-1.0, 2.0]))
    >>> round(bend.smallest, 9), round(bend.largest, 9)
    (2.0, 4.0)
    """
    vector, rebuild = as_vector(params)

    def product(v: Vector) -> Vector:
        return as_vector(hvp(lambda p: loss(p, *data), (params,), (rebuild(v),)))[0]

    first = np.random.default_rng(seed).standard_normal(vector.size)
    with np.errstate(over="ignore", invalid="ignore", divide="ignore"):
        seen = _as_seen_from(product, first, products)
    if not np.all(np.isfinite(seen)):
        return Curvature(np.nan, np.nan)
    values = np.linalg.eigvalsh((seen + seen.T) / 2)
    return Curvature(float(values[0]), float(values[-1]))


def ideal_rate(loss: Callable[..., Any], params: Tree, *data: Any) -> Any:
    """The rate that takes a quadratic to its minimum in one step: 1/f″ in one dimension, the inverse Hessian in more.

    In several dimensions one number cannot do it: the step is H⁻¹ ∇L, with a matrix in the place of the rate. Where the
    loss is no quadratic, this is Newton's method, and takes several steps.

    Parameters
    ----------
    loss : callable
        loss(params, *data) → scalar, written in NumPy.
    params : array, or nested dicts, lists, tuples of arrays
        Where; with n numbers in all, n below a few thousand.
    *data
        Further arguments of the loss.

    Returns
    -------
    float, or ndarray of shape (n, n)
        The numbers of the parameters in the order in which they stand in the tree.

    Raises
    ------
    HyperparameterError
        If the loss does not bend upwards in every direction: there 1/f″ leads to no minimum.

    Examples
    --------
    >>> float(ideal_rate(lambda x: 3 * (x - 5) ** 2, 0.0))
    0.16666666666666666
    >>> bowl = lambda p: 4 + (p[0] - 2) ** 2 + 2 * p[1] ** 2
    >>> ideal_rate(bowl, np.array([-1.0, 2.0]))
    array([[0.5 , 0.  ],
           [0.  , 0.25]])
    """
    vector, rebuild = as_vector(params)
    bend = hessian(lambda v: loss(rebuild(v), *data))(vector)
    values = np.linalg.eigvalsh(bend) if np.all(np.isfinite(bend)) else np.array([np.nan])
    if not values.min() > FLAT * abs(values).max():
        number = "second derivative" if vector.size == 1 else "smallest eigenvalue of the Hessian"
        raise HyperparameterError(
            f"ideal_rate: the {number} is {values.min():.4g}. Expected a loss that bends upwards in every direction: "
            "elsewhere 1/f'' leads to a top, a saddle or nowhere"
        )
    return float(1 / bend[0, 0]) if vector.size == 1 else np.linalg.inv(bend)


def _as_seen_from(product: Callable[[Vector], Vector], v: Vector, most: int) -> NDArray[np.float64]:
    """Q H Qᵀ, with the rows of Q an orthonormal basis of v, Hv, H²v ..."""
    basis, images = np.empty((0, v.size)), np.empty((0, v.size))
    for _ in range(min(most, v.size)):
        basis = np.vstack([basis, v / np.linalg.norm(v)])
        images = np.vstack([images, product(basis[-1])])
        v = images[-1]
        for _ in range(2):  # once leaves rounding errors that grow from product to product; twice is enough
            v = v - basis.T @ (basis @ v)
        if not np.linalg.norm(v) > 1e-10 * np.linalg.norm(images[-1]):  # nothing new (or NaN)
            break
    return basis @ images.T


def as_vector(tree: Tree) -> tuple[Vector, Callable[[Vector], Tree]]:
    """All numbers of a tree in one vector, and the way back to the same structure, shapes and dtypes.

    >>> vector, rebuild = as_vector({"w": np.ones((2, 1)), "b": 3.0})
    >>> vector
    array([1., 1., 3.])
    >>> rebuild(2 * vector)["b"]
    array(6.)
    """
    found, refill = flatten(tree)
    arrays = [np.asarray(leaf) for leaf in found]
    if any(array.dtype.kind == "c" for array in arrays):
        raise DtypeError(
            "curvature and second-order steps take real parameters. Expected real and imaginary parts apart"
        )
    ends = np.cumsum([array.size for array in arrays])
    kinds = [np.result_type(array, np.float32) for array in arrays]  # whole numbers become float64

    def rebuild(vector: Vector) -> Tree:
        parts = np.split(vector, ends[:-1])
        return refill([p.reshape(a.shape).astype(k) for p, a, k in zip(parts, arrays, kinds, strict=True)])

    return np.concatenate([np.ravel(array) for array in arrays]).astype(np.float64), rebuild
