"""Split the change of a product into its factors, exactly.

LMDI-I additive (Ang 2005, Energy Policy 33:867) for the headline; Shapley (Das Gupta 1993), the mean over all orders of
swapping factors, as guard and where a factor is zero or negative. Both add up to the change without a residual.
"""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

APART = 0.02  # the two methods differ by more than 2 % of the change: both are printed


def log_mean(a: float, b: float) -> float:
    """L(a, b) = (a − b) / (ln a − ln b); L(a, a) = a."""
    return a if math.isclose(a, b, rel_tol=1e-15) else (a - b) / (math.log(a) - math.log(b))


def lmdi(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """Contribution of each factor to ∏after − ∏before, in order of the factors; all factors must be positive.

    >>> [round(part, 4) for part in lmdi((25.3, 0.214, 0.279, 0.949), (32.7, 0.290, 0.473, 0.986))]
    [0.6807, 0.8063, 1.4006, 0.1015]
    """
    if min(*before, *after) <= 0:
        raise ValueError("LMDI needs positive factors; use shapley")
    weight = log_mean(math.prod(after), math.prod(before))
    return [weight * math.log(b / a) for a, b in zip(before, after, strict=True)]


def shapley(before: Sequence[float], after: Sequence[float]) -> list[float]:
    """The same split by averaging over every order in which the factors could have changed; takes zeros and negatives."""
    parts = [0.0] * len(before)
    orders = list(itertools.permutations(range(len(before))))
    for order in orders:
        now = list(before)
        for i in order:
            was = math.prod(now)
            now[i] = after[i]
            parts[i] += math.prod(now) - was
    return [part / len(orders) for part in parts]


def whole(parts: Sequence[float], total: int) -> list[int]:
    """Parts as whole minor units that add up to `total` exactly (largest remainder; ties go to the first)."""
    floors = [math.floor(part) for part in parts]
    spare = total - sum(floors)
    by_remainder = sorted(range(len(parts)), key=lambda i: floors[i] - parts[i])
    for i in itertools.islice(itertools.cycle(by_remainder), abs(spare)):
        floors[i] += 1 if spare > 0 else -1
    return floors


def methods_differ(before: Sequence[float], after: Sequence[float]) -> bool:
    """Whether LMDI and Shapley differ by more than 2 % of the change in any factor; then a page prints both."""
    change = abs(math.prod(after) - math.prod(before))
    return any(abs(a - b) > APART * change for a, b in zip(lmdi(before, after), shapley(before, after), strict=True))
