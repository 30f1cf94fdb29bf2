"""Products of matrices and tensors: bilinear maps, whose transposes are products again.

For z = x y the cotangents are x̄ = z̄ yᵀ and ȳ = xᵀ z̄; all the rest is bookkeeping of axes. A batch that was
stretched by broadcasting is summed by the walk.
"""

from __future__ import annotations

import math

import numpy as np

from ..errors import ShapeError
from .declare import Every, bilinear, composite, primitive
from .indexing import scatter


def _matmul_left(g, z, x, y):
    """x̄ = z̄ yᵀ, where a vector y makes the outer product, and a vector x the product with y alone."""
    if y.ndim == 1:
        return g[..., None] * y
    return (
        y @ g
        if x.ndim == 1 and y.ndim == 2
        else (y @ g[..., None])[..., 0]
        if x.ndim == 1
        else g @ np.swapaxes(y, -1, -2)
    )


def _matmul_right(g, z, x, y):
    """ȳ = xᵀ z̄; one matrix y behind a batch of x takes the whole batch as rows, instead of a sum of products."""
    if x.ndim == 1:
        return x * g if y.ndim == 1 else x[:, None] * g[..., None, :]
    if y.ndim == 1:
        return g @ x if x.ndim == 2 else (g[..., None, :] @ x)[..., 0, :]
    if y.ndim == 2 and x.ndim > 2:
        rows = math.prod(x.shape[:-1])
        return np.reshape(x, (rows, x.shape[-1])).T @ np.reshape(g, (rows, g.shape[-1]))
    return np.swapaxes(x, -1, -2) @ g


bilinear(np.matmul, _matmul_left, _matmul_right)


# --- tensordot --------------------------------------------------------------------------------------------------------


def _contracted(x, y, axes):
    """The axes of x and of y that meet, as two lists of non-negative numbers."""
    if isinstance(axes, int | np.integer):
        return list(range(x.ndim - axes, x.ndim)), list(range(axes))
    left, right = ([a] if isinstance(a, int | np.integer) else list(a) for a in axes)
    return [a % x.ndim for a in left], [a % y.ndim for a in right]


def _tensordot_left(g, z, x, y, axes=2):
    """Contract g with y over y's free axes, then bring the axes into the order of x."""
    cx, cy = _contracted(x, y, axes)
    free_x, free_y = [a for a in range(x.ndim) if a not in cx], [a for a in range(y.ndim) if a not in cy]
    found = np.tensordot(g, y, axes=(list(range(len(free_x), len(free_x) + len(free_y))), free_y))
    order = free_x + [cx[cy.index(a)] for a in sorted(cy)]
    return np.transpose(found, [order.index(a) for a in range(x.ndim)])


def _tensordot_right(g, z, x, y, axes=2):
    """As on the left, with the two sides of g exchanged."""
    cx, cy = _contracted(x, y, axes)
    free = x.ndim - len(cx)
    return _tensordot_left(np.transpose(g, [*range(free, g.ndim), *range(free)]), z, y, x, (cy, cx))


bilinear(np.tensordot, _tensordot_left, _tensordot_right)


# --- einsum -----------------------------------------------------------------------------------------------------------


def _einsum(*operands, subscripts):
    return np.einsum(subscripts, *operands, optimize=len(operands) > 2)


def _bind_einsum(subscripts, *operands, optimize=False, dtype=None, order="K", casting="safe", **params):
    """Write the ellipsis and the implied output out in letters, so that a rule sees plain subscripts."""
    if not isinstance(subscripts, str):
        subscripts, operands = _letters_for_lists((subscripts, *operands))
    if dtype is not None:
        operands = tuple(_cast(x, dtype, casting) for x in operands)
    inputs, arrow, output = subscripts.replace(" ", "").partition("->")
    terms = inputs.split(",")
    if len(terms) != len(operands):
        raise ShapeError(f"einsum: {subscripts!r} names {len(terms)} operands, but {len(operands)} were given")
    unused = [c for c in "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz" if c not in subscripts]
    hidden = [
        np.ndim(x) - len(term.replace("...", "")) if "..." in term else 0
        for term, x in zip(terms, operands, strict=True)
    ]
    letters = "".join(unused[: max(hidden, default=0)])
    if not arrow:
        named = sorted(c for c in set(inputs) - set(".,") if inputs.count(c) == 1)
        output = "..." * ("..." in inputs) + "".join(named)
    terms = [term.replace("...", letters[len(letters) - n :]) for term, n in zip(terms, hidden, strict=True)]
    return operands, {"subscripts": ",".join(terms) + "->" + output.replace("...", letters), **params}


def _cast(x, dtype, casting):
    if not np.can_cast(x.dtype, dtype, casting):
        raise TypeError(f"einsum: {x.dtype} cannot be cast to {np.dtype(dtype)} with {casting=}")
    return np.astype(x, dtype)


def _letters_for_lists(args):
    """The other form of the call, einsum(x, [0, 1], y, [1, 2], [0, 2]), in letters."""
    spell = lambda labels: "".join("..." if label is ... else chr(ord("a") + label) for label in labels)
    operands, labels = args[0 : len(args) // 2 * 2 : 2], args[1::2]
    output = "->" + spell(args[-1]) if len(args) % 2 else ""
    return ",".join(map(spell, labels)) + output, operands


def _einsum_vjp(i, g, y, *operands, subscripts):
    """x̄ᵢ is the product of z̄ with all the other operands, summed over every letter that xᵢ has not.

    A letter that only xᵢ has was summed alone: its cotangent is stretched. A letter that xᵢ has twice took a
    diagonal: its cotangent is scattered back there.
    """
    inputs, output = subscripts.split("->")
    terms = inputs.split(",")
    x, term = operands[i], terms[i]
    others = [(t, o) for j, (t, o) in enumerate(zip(terms, operands, strict=True)) if j != i]
    letters = list(dict.fromkeys(term))
    known = set(output).union(*(t for t, _ in others))
    shared = "".join(c for c in letters if c in known)
    product = ",".join([output, *(t for t, _ in others)]) + "->" + shared
    found = np.einsum(product, g, *(o for _, o in others), optimize=len(others) > 1)
    found = np.reshape(found, [found.shape[shared.index(c)] if c in shared else 1 for c in letters])
    sizes = [x.shape[term.index(c)] for c in letters]
    found = np.broadcast_to(found, [n if m == 1 else m for n, m in zip(sizes, found.shape, strict=True)])
    return (
        found if len(letters) == len(term) else scatter(found, shape=x.shape, index=_diagonal_of(term, letters, sizes))
    )


def _diagonal_of(term, letters, sizes):
    """The index of the elements whose repeated letters agree."""
    along = lambda c: np.reshape(np.arange(sizes[letters.index(c)]), [-1 if d == c else 1 for d in letters])
    return tuple(along(c) for c in term)


def _einsum_jvp(i, t, y, *operands, subscripts):
    return einsum(*operands[:i], t, *operands[i + 1 :], subscripts=subscripts)


einsum = primitive(np.einsum, Every(_einsum_vjp), Every(_einsum_jvp), call=_einsum, bind=_bind_einsum)


# --- the rest of the family -------------------------------------------------------------------------------------------


def _dot(a, b, out=None):
    n, m = np.ndim(a), np.ndim(b)
    if n == 0 or m == 0:
        return a * b
    return a @ b if (n <= 2 and m <= 2) or m == 1 else np.tensordot(a, b, axes=([-1], [-2]))


# fmt: off
composite(np.dot,    _dot)
composite(np.inner,  lambda a, b: np.tensordot(a, b, axes=([-1], [-1])) if np.ndim(a) and np.ndim(b) else a * b)
composite(np.outer,  lambda a, b, out=None: np.ravel(a)[:, None] * np.ravel(b))
composite(np.vdot,   lambda a, b: np.ravel(np.conj(a)) @ np.ravel(b))
composite(np.vecdot, lambda x1, x2, axis=-1: np.sum(np.conj(x1) * x2, axis=axis))
composite(np.matvec, lambda x1, x2: (x1 @ np.expand_dims(x2, -1))[..., 0])
composite(np.vecmat, lambda x1, x2: (np.conj(x1)[..., None, :] @ x2)[..., 0, :])
# fmt: on


# --- products of many, and by other names -----------------------------------------------------------------------------


def _chain_vjp(i, g, y, *arrays):
    """x̄ᵢ = (x₀ ⋯ xᵢ₋₁)ᵀ g (xᵢ₊₁ ⋯ xₙ)ᵀ: a chain again, of transposes."""
    return np.linalg.multi_dot([*[x.T for x in arrays[:i][::-1]], g, *[x.T for x in arrays[:i:-1]]])


def _chain(*arrays):
    return np.linalg.multi_dot(arrays)


chain = primitive(
    _chain,
    Every(_chain_vjp),
    Every(lambda i, t, y, *arrays: np.linalg.multi_dot([*arrays[:i], t, *arrays[i + 1 :]])),
)


def _multi_dot(arrays):
    first, last = arrays[0], arrays[-1]
    y = chain(np.atleast_2d(first), *arrays[1:-1], last[:, None] if np.ndim(last) == 1 else last)
    y = y[0] if np.ndim(first) == 1 else y
    return y[..., 0] if np.ndim(last) == 1 else y


def _axis_of(x, axis):
    """Counted from the end, where arrays that broadcast are aligned."""
    return axis % x.ndim - x.ndim


def _cross_left(g, z, x, y, axisa, axisb, axisc):
    """x̄ = y × z̄, since z̄ · (x × y) = x · (y × z̄)."""
    return np.cross(y, g, axisa=axisb, axisb=axisc, axisc=_axis_of(x, axisa))


def _cross_right(g, z, x, y, axisa, axisb, axisc):
    return np.cross(g, x, axisa=axisc, axisb=axisa, axisc=_axis_of(y, axisb))


def _cross(a, b, **axes):
    return np.cross(a, b, **axes)


cross = bilinear(_cross, _cross_left, _cross_right)


def _cross_any(a, b, axisa=-1, axisb=-1, axisc=-1, axis=None):
    """In the plane the result is the third coordinate of the product in space."""
    axisa, axisb, axisc = (axisa, axisb, axisc) if axis is None else (axis,) * 3
    flat_a, flat_b = np.shape(a)[axisa] == 2, np.shape(b)[axisb] == 2
    if not (flat_a or flat_b):
        return cross(a, b, axisa=axisa, axisb=axisb, axisc=axisc)
    in_space = lambda x, axis: np.concatenate([x, np.zeros_like(x).take([0], axis)], axis)
    a, b = (in_space(x, i) if is_flat else x for x, i, is_flat in ((a, axisa, flat_a), (b, axisb, flat_b)))
    z = cross(a, b, axisa=axisa, axisb=axisb, axisc=-1)
    return z[..., 2] if flat_a and flat_b else np.moveaxis(z, -1, axisc)


def _kron(a, b):
    """Every element of a times all of b: axes side by side, then merged in pairs."""
    n = max(np.ndim(a), np.ndim(b))
    grown = [np.reshape(x, (1,) * (n - np.ndim(x)) + np.shape(x)) for x in (a, b)]
    product = np.expand_dims(grown[0], tuple(range(1, 2 * n, 2))) * np.expand_dims(grown[1], tuple(range(0, 2 * n, 2)))
    return np.reshape(product, [i * j for i, j in zip(grown[0].shape, grown[1].shape, strict=True)])


# fmt: off
composite(np.cross,                   _cross_any)
composite(np.kron,                    _kron)
composite(np.linalg.multi_dot,        _multi_dot)
composite(np.linalg.cross,            lambda x1, x2, /, *, axis=-1: np.cross(x1, x2, axis=axis))
composite(np.linalg.outer,            lambda x1, x2, /: np.outer(x1, x2))
composite(np.linalg.tensordot,        lambda x1, x2, /, *, axes=2: np.tensordot(x1, x2, axes=axes))
composite(np.linalg.matmul,           lambda x1, x2, /: np.matmul(x1, x2))
composite(np.linalg.vecdot,           lambda x1, x2, /, *, axis=-1: np.sum(np.conj(x1) * x2, axis=axis))
composite(np.linalg.trace,            lambda x, /, *, offset=0, dtype=None:
                                          np.sum(np.diagonal(x, offset, -2, -1), -1, dtype))
composite(np.linalg.diagonal,         lambda x, /, *, offset=0: np.diagonal(x, offset, -2, -1))
composite(np.linalg.matrix_transpose, lambda x, /: np.matrix_transpose(x))
# fmt: on
