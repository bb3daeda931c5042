"""Estimates that several pages make: means and ratios with intervals from sums, and p-values of many looks at once.

Everything is computed from sums over customers (n, Σx, Σx² …), so that nothing larger than the groups leaves the engine. Means
and ratios of money are skewed and never negative here: intervals lie on the logarithm (delta method), so they stay above 0.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist

import pandas as pd

from crm_helpers.metrics.intervals import Z

FALSE_SHARE = 0.05
ENOUGH = 30  # people under whom a mean or a ratio is not estimated


@dataclass(frozen=True)
class Estimate:
    """A positive number with the standard error of its logarithm; NaN where it cannot be estimated."""

    value: float
    spread: float

    @property
    def low(self) -> float:
        """Lower 95 % bound."""
        return self.value * math.exp(-Z * self.spread)

    @property
    def high(self) -> float:
        """Upper 95 % bound."""
        return self.value * math.exp(Z * self.spread)


UNKNOWN = Estimate(math.nan, math.nan)


def ratio(n: float, x: float, y: float, xx: float, xy: float, yy: float) -> Estimate:
    """Σx / Σy over `n` customers, each of whom brings both (linearised: var log R = n/(n−1) Σ(xᵢ − R yᵢ)² / (Σx)²)."""
    if n < 2 or x <= 0 or y <= 0:
        return UNKNOWN
    told = x / y
    squares = max(0.0, xx - 2 * told * xy + told**2 * yy)
    return Estimate(told, math.sqrt(squares * n / (n - 1)) / x)


def mean(n: float, x: float, xx: float) -> Estimate:
    """The mean of x over `n` customers from Σx and Σx²."""
    return ratio(n, x, n, xx, x, n)


def share_index(own: pd.DataFrame, whole: pd.DataFrame) -> Estimate:
    """The share of x in y among some customers (best) over that among all of them.

    log I = log A/B − log C/D with A, C the x of the best and of all, B, D the y of the same. Customer i moves it by
    uᵢ = xᵢα − yᵢβ, where α = [i best]/A − 1/C and β = [i best]/B − 1/D; Σu = 0, and the variance of log I is n/(n−1) Σu².

    Args:
        own: by `best` (True, False): Σx, Σx², Σxy of the customers with x (columns x, xx, xy).
        whole: by `best`: n, Σy, Σy² of all customers (columns n, x, xx).
    """
    a, c = float(own["x"].get(True, 0.0)), float(own["x"].sum())
    b, d = float(whole["x"].get(True, 0.0)), float(whole["x"].sum())
    if min(a, b, c, d) <= 0:
        return UNKNOWN
    squares = 0.0
    for best in (True, False):
        alpha, beta = best / a - 1 / c, best / b - 1 / d
        xx, xy = (float(own[name].get(best, 0.0)) for name in ("xx", "xy"))
        squares += alpha**2 * xx - 2 * alpha * beta * xy + beta**2 * float(whole["xx"].get(best, 0.0))
    n = float(whole["n"].sum())
    return Estimate((a / b) / (c / d), math.sqrt(max(0.0, squares) * n / (n - 1))) if n > 1 else UNKNOWN


def quotient(one: Estimate, other: Estimate) -> Estimate:
    """`one` / `other` of groups without common customers."""
    if math.isnan(one.value) or math.isnan(other.value):
        return UNKNOWN
    return Estimate(one.value / other.value, math.hypot(one.spread, other.spread))


def chance(told: Estimate) -> float:
    """Two-sided p-value of a ratio of 1; 1 where there is no estimate."""
    if math.isnan(told.value) or math.isnan(told.spread):
        return 1.0
    if not told.spread:
        return 1.0 if told.value == 1 else 0.0
    return 2 * (1 - NormalDist().cdf(abs(math.log(told.value)) / told.spread))


def two_rates(count: int, n: int, other: int, other_n: int) -> float:
    """Two-sided p-value of the difference of two rates (pooled variance); 1 where there is nothing to compare."""
    if not n or not other_n:
        return 1.0
    pooled = (count + other) / (n + other_n)
    spread = math.sqrt(pooled * (1 - pooled) * (1 / n + 1 / other_n))
    return 2 * (1 - NormalDist().cdf(abs(count / n - other / other_n) / spread)) if spread else 1.0


def benjamini_hochberg(values: Sequence[float], share: float = FALSE_SHARE) -> list[bool]:
    """Which p-values are discoveries when at most `share` of these may be false, in the order given (1995, JRSS B 57:289).

    >>> benjamini_hochberg([0.01, 0.04, 0.03, 0.5])
    [True, False, False, False]
    """
    ranked = sorted(values)
    passing = [p for place, p in enumerate(ranked, 1) if p <= share * place / len(ranked)]
    return [bool(passing) and p <= passing[-1] for p in values]
