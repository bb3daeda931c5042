"""How many people a comparison needs, and what a list on hand can show; to be asked before the send, never after.

Two-sided tests at 5 %. Rates: Fleiss, Levin and Paik (2003, section 4.2), the formula behind R's `power.prop.test`. Means: the
normal approximation, n = 2σ²(z + z)²/δ²; a covariate with correlation ρ saves the share ρ² of it (CUPED, Deng et al. 2013).
"""

from __future__ import annotations

import math
from statistics import NormalDist

NORMAL = NormalDist()
Z = NORMAL.inv_cdf(0.975)
POWER = 0.8  # the usual chance of seeing a difference that is there


def rates_power(p: float, other: float, n: float, other_n: float) -> float:
    """The chance that `n` and `other_n` people show the difference of the rates `p` and `other`.

    >>> round(rates_power(0.5, 0.75, 50, 50), 3)
    0.74
    """
    mean = (n * p + other_n * other) / (n + other_n)
    none = math.sqrt(mean * (1 - mean) * (1 / n + 1 / other_n))
    there = math.sqrt(p * (1 - p) / n + other * (1 - other) / other_n)
    return NORMAL.cdf((abs(p - other) - Z * none) / there) if there else float(p != other)


def rates_people(p: float, other: float, *, share: float = 0.5, power: float = POWER) -> float:
    """People in both arms together that show the difference of two rates, the arm with `p` being the part `share` of them.

    Infinite where the rates are equal.

    >>> round(rates_people(0.5, 0.75, power=0.9) / 2, 1)
    76.7
    """
    if p == other:
        return math.inf
    times = (1 - share) / share
    mean = (p + times * other) / (1 + times)
    none = Z * math.sqrt(mean * (1 - mean) * (1 + 1 / times))
    there = NORMAL.inv_cdf(power) * math.sqrt(p * (1 - p) + other * (1 - other) / times)
    return ((none + there) / (p - other)) ** 2 / share


def rates_smallest(base: float, n: float, other_n: float, *, power: float = POWER) -> float | None:
    """The smallest rise over the rate `base` of the `other_n` left out that these people show (0–1); None when none is."""
    low, high = 0.0, 1.0 - base
    if high <= 0 or rates_power(base + high, base, n, other_n) < power:
        return None
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (low, middle) if rates_power(base + middle, base, n, other_n) >= power else (middle, high)
    return high


def means_power(difference: float, deviation: float, n: float, other_n: float, *, correlation: float = 0.0) -> float:
    """The chance that `n` and `other_n` people show a difference of two means with this standard deviation in each arm."""
    spread = deviation * math.sqrt((1 - correlation**2) * (1 / n + 1 / other_n))
    return NORMAL.cdf(abs(difference) / spread - Z)


def means_people(
    difference: float, deviation: float, *, share: float = 0.5, power: float = POWER, correlation: float = 0.0
) -> float:
    """People in both arms together that show a difference of two means, one arm being the part `share` of them.

    >>> round(means_people(1, 1, power=0.9) / 2)
    21
    """
    if not difference:
        return math.inf
    total = Z + NORMAL.inv_cdf(power)
    return (1 - correlation**2) * (deviation * total / difference) ** 2 / (share * (1 - share))


def means_smallest(deviation: float, n: float, other_n: float, *, power: float = POWER, correlation: float = 0.0) -> float:
    """The smallest difference of two means that these people show."""
    return (Z + NORMAL.inv_cdf(power)) * deviation * math.sqrt((1 - correlation**2) * (1 / n + 1 / other_n))
