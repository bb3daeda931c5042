"""The differences of two arms with their intervals, from sums only, so that the size of the client does not matter.

Rates: Newcombe, over several sends as Yan and Su (2010, Statistics in Biopharmaceutical Research 2:329). Means per assigned
customer: Welch, with a covariate from before the assignment (CUPED: Deng, Xu, Kohavi and Walker 2013, WSDM), and a bootstrap
where few people carry the money. Checks: sample ratio by χ². Difference in differences for arms that differed before.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from crm_helpers.metrics.intervals import Z, wilson

NORMAL = NormalDist()
DRAWS = 2000
SEED = 20260331


@dataclass(frozen=True)
class Moments:
    """An arm of one send: `n` people, and sums over them of the measure y, of what they spent before x, and of the products."""

    n: int
    y: float
    yy: float
    x: float = 0.0
    xx: float = 0.0
    xy: float = 0.0

    @property
    def mean(self) -> float:
        """The measure per person."""
        return self.y / self.n

    @property
    def mean_before(self) -> float:
        """What a person spent before."""
        return self.x / self.n

    def variance(self, theta: float = 0.0) -> float:
        """Of y − θx over people, with n − 1."""
        own = self.yy - self.y**2 / self.n
        before = self.xx - self.x**2 / self.n
        both = self.xy - self.x * self.y / self.n
        return max(0.0, own - 2 * theta * both + theta**2 * before) / (self.n - 1)


@dataclass(frozen=True)
class Estimate:
    """A value with its 95 % interval, standard error and the two-sided p-value of no difference."""

    value: float
    low: float
    high: float
    error: float
    p: float


def student(degrees: float, share: float = 0.975) -> float:
    """The quantile of Student's t by its expansion (Abramowitz and Stegun 26.7.5); within 0.01 from 4 degrees on.

    >>> round(student(10), 3)
    2.228
    """
    z = NORMAL.inv_cdf(share)
    terms = (
        (z**3 + z) / 4,
        (5 * z**5 + 16 * z**3 + 3 * z) / 96,
        (3 * z**7 + 19 * z**5 + 17 * z**3 - 15 * z) / 384,
        (79 * z**9 + 776 * z**7 + 1482 * z**5 - 1920 * z**3 - 945 * z) / 92160,
    )
    return z + sum(term / degrees**power for power, term in enumerate(terms, 1))


def theta(strata: Sequence[tuple[Moments, Moments]]) -> float:
    """How much of y a unit of x foretells, within the arms of all sends: θ = cov(y, x) / var(x); 0 where x does not vary."""
    arms = [arm for pair in strata for arm in pair]
    both = math.fsum(arm.xy - arm.x * arm.y / arm.n for arm in arms)
    before = math.fsum(arm.xx - arm.x**2 / arm.n for arm in arms)
    return both / before if before > 0 else 0.0


def total(strata: Sequence[tuple[Moments, Moments]], *, adjusted: bool = True) -> Estimate:
    """What the treated have more in all: Σ n·(mean of the treated − mean of those left out) over the sends.

    Args:
        strata: treated and left out of each send.
        adjusted: take out what the spending before the assignment foretells (CUPED).
    """
    slope = theta(strata) if adjusted else 0.0
    values, parts, shares = [], [], []
    for treated, left_out in strata:
        gap = treated.mean - left_out.mean - slope * (treated.mean_before - left_out.mean_before)
        values.append(treated.n * gap)
        for arm in (treated, left_out):
            part = treated.n**2 * arm.variance(slope) / arm.n
            parts.append(part)
            shares.append(part**2 / (arm.n - 1))
    value, variance = math.fsum(values), math.fsum(parts)
    if not variance:
        return Estimate(value, value, value, 0.0, 1.0 if not value else 0.0)
    error, degrees = math.sqrt(variance), variance**2 / math.fsum(shares)
    reach = student(max(degrees, 4.0)) * error
    return Estimate(value, value - reach, value + reach, error, two_sided(value / error))


def rate_gap(strata: Sequence[tuple[int, int, int, int]]) -> Estimate:
    """Rate of the treated less that of those left out, sends weighted by their treated: (count, n, other count, other n) each.

    One send: Newcombe's interval. Several: each arm's limits are Wilson's of the sends at a z that gives the weighted rate its
    own width (Yan and Su), put together as Newcombe does.
    """
    people = sum(n for _, n, _, _ in strata)
    weights = [n / people for _, n, _, _ in strata]
    rate, low, high = _weighted([(count, n) for count, n, _, _ in strata], weights)
    base, base_low, base_high = _weighted([(count, n) for _, _, count, n in strata], weights)
    variance = 0.0
    for weight, (count, n, other, other_n) in zip(weights, strata, strict=True):
        mean = (count + other) / (n + other_n)
        variance += weight**2 * mean * (1 - mean) * (1 / n + 1 / other_n)
    error, value = math.sqrt(variance), rate - base
    down, up = math.hypot(rate - low, base_high - base), math.hypot(high - rate, base - base_low)
    return Estimate(value, value - down, value + up, error, two_sided(value / error) if error else 1.0)


def _weighted(sends: Sequence[tuple[int, int]], weights: Sequence[float]) -> tuple[float, float, float]:
    """The weighted rate of (count, n) by send with its limits."""
    spreads = []
    for count, n in sends:
        near = (count + 0.5) / (n + 1)  # a send without buyers has a spread, too
        spreads.append(math.sqrt(near * (1 - near) / n))
    parts = [weight * spread for weight, spread in zip(weights, spreads, strict=True)]
    z = Z * math.hypot(*parts) / math.fsum(parts)
    limits = [wilson(count, n, z) for count, n in sends]
    rate = math.fsum(weight * count / n for weight, (count, n) in zip(weights, sends, strict=True))
    low, high = (math.fsum(w * limit[end] for w, limit in zip(weights, limits, strict=True)) for end in (0, 1))
    return rate, low, high


def bootstrap(strata: Sequence[tuple[NDArray[np.float64], int, NDArray[np.float64], int]], draws: int = DRAWS) -> Estimate:
    """The same sum as `total`, unadjusted, with a percentile interval over redrawn customers, send by send and arm by arm.

    Args:
        strata: values other than 0 of the treated, how many treated there are, the same of those left out.

    An arm is redrawn as its number of buyers and then their values, which is the same as redrawing all its people.
    """
    rng = np.random.default_rng(SEED)
    drawn, value = np.zeros(draws), 0.0
    for treated, n, left_out, other_n in strata:
        value += treated.sum() - n * left_out.sum() / other_n
        for values, people, sign in ((treated, n, 1.0), (left_out, other_n, -n / other_n)):
            if len(values):
                counts = rng.binomial(people, len(values) / people, draws)
                picked = values[rng.integers(0, len(values), counts.sum())]
                drawn += sign * np.bincount(np.repeat(np.arange(draws), counts), weights=picked, minlength=draws)
    low, high = np.percentile(drawn, [2.5, 97.5])
    error = float(drawn.std(ddof=1))
    return Estimate(float(value), float(low), float(high), error, two_sided(value / error) if error else 1.0)


def differences(change: tuple[Moments, Moments], before: tuple[Moments, Moments]) -> tuple[Estimate, Estimate]:
    """Difference in differences of two groups, and the same between two windows that both lie before (the placebo).

    Args:
        change: of the treated and the others, moments of each person's measure less that of the window before.
        before: the same one window earlier.
    """
    return total([change], adjusted=False), total([before], adjusted=False)


def sample_ratio(treated: int, left_out: int, share: float) -> float:
    """p of so uneven a split where the part `share` was to be left out: χ² with one degree of freedom.

    >>> round(sample_ratio(821588, 815482, 0.5), 7)
    1.8e-06
    """
    n = treated + left_out
    wanted = n * share
    return math.erfc(math.sqrt((left_out - wanted) ** 2 / (2 * wanted * (1 - share)))) if 0 < wanted < n else 1.0


def unbalanced(treated: Moments, left_out: Moments) -> tuple[float, float]:
    """Standardised difference of what the two arms spent before, and its two-sided p."""
    spreads = [(arm.xx - arm.x**2 / arm.n) / (arm.n - 1) for arm in (treated, left_out)]
    gap = treated.mean_before - left_out.mean_before
    if not sum(spreads):
        return 0.0, 1.0
    error = math.sqrt(spreads[0] / treated.n + spreads[1] / left_out.n)
    return gap / math.sqrt(sum(spreads) / 2), two_sided(gap / error)


def two_sided(z: float) -> float:
    """The p-value of a normal deviate in either direction."""
    return math.erfc(abs(z) / math.sqrt(2))
