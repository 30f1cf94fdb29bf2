"""What a learning rate does on a bowl, from the bowl's two extreme bends alone.

On a bowl with eigenvalues from μ to λ, gradient descent with learning rate η multiplies the error along each
eigenvector by 1 − η × eigenvalue: it shrinks everywhere below η = 2/λ, bounces for ever at 2/λ, and grows beyond. In
one dimension 1/λ = 1/f″ takes one step. To measure the bends of a loss: `curvature`.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from ..errors import HyperparameterError
from .dials import positive

FLAT = 1e-12  # times the largest bend: rounding does not let one tell a flatter valley from a flat one
EXACT = 1e-9  # rates that are so near to 1/λ or 2/λ are these
FAR = 0.1  # times 1/λ: a rate below takes more than ten times the steps that are needed


@dataclass(frozen=True)
class Curvature:
    """The extreme second derivatives of a loss at one point.

    Parameters
    ----------
    smallest, largest : float
        μ and λ, the extreme eigenvalues of the Hessian, in units of loss per squared unit of the parameters.

    Examples
    --------
    >>> bowl = Curvature(2.0, 4.0)
    >>> bowl.safe_rate, bowl.limit, bowl.condition, round(bowl.best_rate, 3)
    (0.25, 0.5, 2.0, 0.333)
    >>> print(bowl.describe(0.6))
    0.6 is beyond 2/λ = 0.5: the point bounces from side to side and climbs out of the bowl

    Google's exercise on the learning rate: a parabola with its goldilocks rate at 1.6, and the steps until the error is
    down to 0.55 % (the share is fitted to the published counts, which it does not name):

    >>> parabola = Curvature(1 / 1.6, 1 / 1.6)
    >>> [parabola.steps(rate, shrink=0.0055) for rate in (0.1, 1.0, 4.0, 1.6)]
    [81.0, 6.0, inf, 1.0]
    """

    smallest: float
    largest: float

    @property
    def bends_up(self) -> bool:
        """Whether the loss bends upwards in some direction: only then does it bound the learning rate."""
        return bool(np.isfinite(self.largest) and self.largest > 0)

    @property
    def is_bowl(self) -> bool:
        """Whether it bends upwards in every direction, as far as rounding lets one tell a flat valley from it."""
        return self.bends_up and self.smallest > FLAT * self.largest

    @property
    def limit(self) -> float:
        """2/λ: from this learning rate on gradient descent no longer settles."""
        return 2 / self.largest if self.bends_up else np.inf

    @property
    def safe_rate(self) -> float:
        """1/λ: one step to the minimum in one dimension, and half the limit in several."""
        if not self.bends_up:
            raise HyperparameterError(
                f"learning_rate='auto': the loss does not bend upwards at the start (largest second derivative "
                f"{self.largest:.3g}), so its curvature sets no step. Expected a number, such as learning_rate=0.01"
            )
        return 1 / self.largest

    @property
    def condition(self) -> float:
        """κ = λ/μ: how many times the bowl is longer than it is wide, squared; infinite where it is no bowl."""
        return self.largest / self.smallest if self.is_bowl else np.inf

    @property
    def best_rate(self) -> float:
        """2/(λ + μ): the one rate that shrinks the error along λ and along μ alike; 1/λ where it is no bowl."""
        return 2 / (self.largest + self.smallest) if self.is_bowl else self.safe_rate

    def steps(self, rate: float | None = None, shrink: float = 0.1) -> float:
        """How many steps of gradient descent shrink every error on the bowl to this share.

        A step multiplies the error along an eigenvector by 1 − η × eigenvalue. With the best rate the worst of these
        factors is (κ − 1)/(κ + 1), so that a digit costs about 1.15 κ steps.

        Parameters
        ----------
        rate : float, optional
            η; by default `best_rate`.
        shrink : float
            The share, between 0 and 1; 0.1 is one more digit.

        Returns
        -------
        float
            A whole number, or infinity if the error never gets there.

        Raises
        ------
        HyperparameterError
            If the share is not between 0 and 1, or the rate no positive number.

        Examples
        --------
        >>> Curvature(1.0, 100.0).steps()
        116.0
        """
        if not 0 < shrink < 1:
            raise HyperparameterError(f"steps: shrink is {shrink!r}. Expected a share between 0 and 1, such as 0.1")
        eta = self.best_rate if rate is None else positive(rate)
        factor = max(abs(1 - eta * self.largest), abs(1 - eta * self.smallest))
        if not factor < 1 or not self.is_bowl:
            return np.inf
        return float(max(np.ceil(np.log(shrink) / np.log(factor) - EXACT), 1)) if factor > shrink else 1.0

    def describe(self, rate: float) -> str:
        """What gradient descent with this rate does on the bowl, in words.

        Examples
        --------
        >>> for rate in (0.01, 0.25, 0.4, 0.5):
        ...     print(Curvature(2.0, 4.0).describe(rate))
        0.01 is far below 1/λ = 0.25: small steps, all in one direction
        0.25 is 1/λ: one step to the minimum along the steepest direction
        0.4 is between 1/λ = 0.25 and 2/λ = 0.5: the point overshoots, and settles from side to side
        0.5 is 2/λ: the point bounces from side to side for ever
        """
        eta = positive(rate)
        if not self.bends_up:
            return f"{eta:g} meets no bend: the loss does not bend upwards, and its curvature sets no rate"
        share, one, two = eta * self.largest, f"1/λ = {self.safe_rate:.4g}", f"2/λ = {self.limit:.4g}"
        if abs(share - 1) < EXACT:
            whole = "" if self.condition < 1 + EXACT else " along the steepest direction"
            return f"{eta:g} is 1/λ: one step to the minimum{whole}"
        if abs(share - 2) < EXACT:
            return f"{eta:g} is 2/λ: the point bounces from side to side for ever"
        if share > 2:
            return f"{eta:g} is beyond {two}: the point bounces from side to side and climbs out of the bowl"
        if share > 1:
            return f"{eta:g} is between {one} and {two}: the point overshoots, and settles from side to side"
        far = "far " if share < FAR else ""
        return f"{eta:g} is {far}below {one}: {'small' if far else 'good'} steps, all in one direction"
