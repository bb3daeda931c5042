"""Chance that is the same everywhere: splitmix64 over a sha256 of what is being decided; integers only."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from typing import TypeVar

T = TypeVar("T")
SEED = "crm-demo-1"
MASK = (1 << 64) - 1


class Chance:
    """A stream of draws that belongs to one thing (`Chance("visits", customer)`), whatever else is drawn.

    Source: Steele, Lea, Flood, "Fast splittable pseudorandom number generators" (2014), the splitmix64 finaliser.
    """

    __slots__ = ("_state",)

    def __init__(self, *key: object) -> None:
        told = "|".join(map(str, (SEED, *key)))
        self._state = int.from_bytes(hashlib.sha256(told.encode()).digest()[:8], "big")

    def below(self, n: int) -> int:
        """A whole number of 0 … n-1."""
        self._state = z = (self._state + 0x9E3779B97F4A7C15) & MASK
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        return ((z ^ (z >> 31)) * n) >> 64

    def between(self, low: int, high: int) -> int:
        """A whole number of low … high."""
        return low + self.below(high - low + 1)

    def happens(self, per_myriad: int) -> bool:
        """True in so many of 10,000 cases."""
        return self.below(10_000) < per_myriad

    def pick(self, weighted: Sequence[tuple[T, int]]) -> T:
        """One of the things, by weight."""
        left = self.below(sum(weight for _, weight in weighted))
        for thing, weight in weighted:
            left -= weight
            if left < 0:
                return thing
        raise AssertionError("weights add up to less than their sum")

    def one(self, things: Sequence[T]) -> T:
        """One of the things, all alike."""
        return things[self.below(len(things))]


def happens(per_myriad: int, *key: object) -> bool:
    """A single draw for a thing that needs only one, such as the arm of a customer in a campaign."""
    return Chance(*key).happens(per_myriad)
