"""Values that meet, and values that vanish: what the rules of a decomposition have to decide there.

Where 0/0 stands, what it means, and whether it means anything: all this depends on numbers and not on symbols, so that
these are flat operations, or functions that a decomposition calls on plain arrays. What a function that does not
depend on the basis of one value's vectors leaves to be read off its cotangent is told at `_meeting`.
Next: `decompositions.py`, which has the rules.
"""

from __future__ import annotations

import numpy as np

from ..graph import Op
from .declare import NOTHING


def differences(s):
    """sⱼ - sᵢ at i, j."""
    return s[..., None, :] - s[..., :, None]


def sums(s):
    return s[..., None, :] + s[..., :, None]


def identity(s):
    """A mask of the diagonal."""
    return np.eye(s.shape[-1], dtype=bool)


def beside(x):
    """The elements that are not on the diagonal."""
    return np.where(np.eye(x.shape[-1], dtype=bool), 0, x)


def parted(x, d, s, t):
    """x / d; but 0 where both vanish, and NaN where d alone does: these vectors have no derivative along t."""
    lost, gap = unknown(x, d, s, t)
    return np.where(lost, gap, x / np.where(lost, 1, d))


def _close(d, s, power=0.875):
    """Where a difference (or a sum) is as small as rounding makes it, measured by the largest value."""
    least = float(np.finfo(s.dtype).eps) ** power * np.max(np.abs(s), axis=-1, initial=0, keepdims=True)
    return np.abs(d) <= (least if d.ndim == s.ndim else least[..., None])


def _meet(s, power=0.875):
    """True if any two values meet; they are sorted, so that neighbours tell."""
    return bool(np.count_nonzero(_close(s[..., 1:] - s[..., :-1], s, power)))


def _size(frames):
    """How large the numbers are whose sums, times rounding errors, make the elements of a product with a frame."""
    return sum(np.max(np.abs(x), axis=(-2, -1), initial=0, keepdims=True) for x in frames)


def _faint(x, size):
    return np.abs(x) <= float(np.finfo(size.dtype).eps) ** 0.7 * size


WIDE = 0.77
"""A gap d leaves of a quotient an error eps / d: below eps ** 0.77, 1e-12 of the largest, its limit is better."""


def _ratio(slope, m, near):
    """The ρ with slope = ρ m + c in each cluster, by least squares; if m is constant, ρ = 0."""
    mean = lambda v: np.sum(near * v[..., None, :], axis=-1) / np.sum(near, axis=-1)
    with np.errstate(all="ignore"):
        peak = np.max(near * np.abs(m)[..., None, :], axis=-1, initial=0)
        m = m / np.where(peak == 0, 1, peak)
        mean_m, square = mean(m), mean(m * m)
        spread = square - mean_m * mean_m
        rho = np.where(spread <= 1e-12 * square, 0, (mean(m * slope) - mean_m * mean(slope)) / spread) / peak
    return (sums(np.where(np.isfinite(rho), rho, 0)) / 2).astype(m.dtype)


def _leaning(s, dg, ds):
    """Where values meet, and there what dg does for ds: the limit of (gⱼ - gᵢ) / (sⱼ - sᵢ) for a symmetric g(s)."""
    near = _close(differences(s), s, WIDE)
    return near, _ratio(dg, ds, near)


def _meeting(s, moved, *frames):
    """Where a difference of values and the cotangent over it are 0/0; None if no values, which are sorted, meet.

    Where the cotangent is not 0 the function depends on the gauge, and its derivative is ∞, or NaN.
    """
    return _undecided(s, moved, frames) if _meet(s, WIDE) else None


def _meeting_anywhere(s, moved, *frames):
    """The same for values in any order."""
    return _undecided(s, moved, frames) if np.count_nonzero(_close(differences(s), s, WIDE)) > s.size else None


def _undecided(s, moved, frames):
    return _close(differences(s), s, WIDE) & (_faint(moved, _size(frames)) | identity(s))


def _ties(g, s):
    """The weights by which values that meet share, if they have unequal parts in g (as the largest has); else None."""
    if not _meet(s):
        return None
    near = (_close(differences(s), s) & ~_close(sums(s), s)) | identity(s)
    weights = (near / np.sum(near, axis=-1, keepdims=True)).astype(s.dtype)
    uneven = np.abs(g - np.sum(weights * g[..., None, :], axis=-1)) > 1e-6 * np.max(np.abs(g), axis=-1, keepdims=True)
    return weights if np.count_nonzero(uneven) else None


def _idle(*frames):
    """True if nothing flows back to the vectors, and so in particular if there were only zeros to make room for it."""
    return all(isinstance(x, np.ndarray) and not x.any() for x in frames)


def _vanishing(s, x, *frames):
    """Where x over sums of values (or over single values, if it is one row a value) is 0/0; None if none vanish."""
    if not np.count_nonzero(_close(s[..., -1:], s)):
        return None
    faint = _faint(x, _size(frames))
    square = x.shape[-2] == x.shape[-1] == s.shape[-1]
    return faint & (_close(sums(s), s) if square else _close(s, s)[..., None, :])


def reflection(s):
    """A rotation, by a reflection, of the vectors of each value that is repeated to the last digits; None if none is.

    LAPACK's basis of such a plane is free, but of a diagonal matrix it is no basis like others: what a rule looks for
    in the diagonal of the cotangent may be 0 there alone.
    """
    least = 8 * np.finfo(s.dtype).eps * np.max(np.abs(s), axis=-1, initial=0, keepdims=True)
    if not np.count_nonzero(np.abs(s[..., 1:] - s[..., :-1]) <= least):
        return None
    near = np.abs(differences(s)) <= least[..., None]
    for _ in range(s.shape[-1].bit_length()):
        near = near @ near
    v = np.cos(np.arange(1.0, s.shape[-1] + 1)).astype(s.dtype)
    turn = identity(s) - 2 * near * (v * v[:, None]) / (near @ (v * v))[..., None]
    return np.where(np.sum(near, axis=-1, keepdims=True) > 1, turn, identity(s)).astype(v.dtype)


def _unknown(x, d, s, size):
    """Where d vanishes, and there NaN unless x does so too."""
    lost = _close(d, s)
    size = np.max(np.abs(size), axis=(-2, -1), keepdims=True, initial=0)
    return lost, np.where(lost & ~_faint(x, size), np.nan, 0)


# fmt: off
unknown   = Op(_unknown, NOTHING, NOTHING, "flat")
meeting   = Op(_meeting, NOTHING, NOTHING, "flat")
anywhere  = Op(_meeting_anywhere, NOTHING, NOTHING, "flat")
ties      = Op(_ties, NOTHING, NOTHING, "flat")
leaning   = Op(_leaning, NOTHING, NOTHING, "flat")
idle      = Op(_idle, NOTHING, NOTHING, "flat")
vanishing = Op(_vanishing, NOTHING, NOTHING, "flat")
# fmt: on
