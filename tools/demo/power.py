"""Power of the comparisons that the planted facts ask for: normal approximation, two-sided 5 %."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Protocol

Z = 1.959963984540054
ENOUGH = 0.95


class Comparison(Protocol):
    """What tells a fact from chance."""

    @property
    def n(self) -> tuple[int, ...]:
        """Sizes of what is compared."""

    def power(self) -> float:
        """0 to 1."""


def _phi(x: float) -> float:
    return (1 + math.erf(x / math.sqrt(2))) / 2


@dataclass(frozen=True)
class Shares:
    """Two shares. Source: Fleiss, Levin, Paik (2003), section 4: pooled variance under no difference."""

    one: float
    other: float
    n: tuple[int, ...]

    def power(self) -> float:
        """Chance of a significant difference."""
        (n1, n2), p, q = self.n, self.one, self.other
        pooled = (n1 * p + n2 * q) / (n1 + n2)
        none = math.sqrt(pooled * (1 - pooled) * (1 / n1 + 1 / n2))
        there = math.sqrt(p * (1 - p) / n1 + q * (1 - q) / n2)
        return _phi((abs(p - q) - Z * none) / there)


@dataclass(frozen=True)
class Means:
    """Two means with their standard deviations."""

    one: float
    other: float
    deviations: tuple[float, float]
    n: tuple[int, ...]

    def power(self) -> float:
        """Chance of a significant difference."""
        (n1, n2), (s1, s2) = self.n, self.deviations
        return _phi(abs(self.one - self.other) / math.sqrt(s1 * s1 / n1 + s2 * s2 / n2) - Z)


@dataclass(frozen=True)
class Counts:
    """Two counts of a year: Poisson, widened by `spread` because items come several at a time."""

    change: float
    spread: float
    n: tuple[int, ...]

    def power(self) -> float:
        """Chance of a significant change."""
        return _phi(abs(self.change) * self.n[0] / math.sqrt(self.spread * sum(self.n)) - Z)
