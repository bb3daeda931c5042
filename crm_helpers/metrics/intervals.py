"""95 % intervals of rates: Wilson for one, Newcombe for the difference of two.

Wilson 1927 (JASA 22:209); Newcombe 1998 (Statistics in Medicine 17:873, his method 10). Both stay inside what is possible
and need no correction for small counts.
"""

from __future__ import annotations

import math
from statistics import NormalDist

Z = NormalDist().inv_cdf(0.975)


def wilson(count: int, n: int, z: float = Z) -> tuple[float, float]:
    """Lower and upper bound of the rate `count` / `n`, `z` standard errors away; both NaN when `n` is 0."""
    if not n:
        return math.nan, math.nan
    rate, square = count / n, z * z
    middle = (rate + square / (2 * n)) / (1 + square / n)
    half = z / (1 + square / n) * math.sqrt(rate * (1 - rate) / n + square / (4 * n * n))
    return max(0.0, middle - half), min(1.0, middle + half)


def newcombe(count: int, n: int, other_count: int, other_n: int) -> tuple[float, float, float]:
    """The difference `count` / `n` − `other_count` / `other_n` with its lower and upper bound; NaN when a group is empty."""
    if not n or not other_n:
        return math.nan, math.nan, math.nan
    rate, other = count / n, other_count / other_n
    (low, high), (other_low, other_high) = wilson(count, n), wilson(other_count, other_n)
    gap = rate - other
    return gap, gap - math.hypot(rate - low, other_high - other), gap + math.hypot(high - rate, other - other_low)
