"""Japan's consumption tax by day: 3 % from April 1989, 5 % from April 1997, 8 % from April 2014, 10 % from October 2019.

With the last came the reduced rate of 8 % for food and drink (without alcohol and meals out) and subscribed newspapers.
"""

from __future__ import annotations

STEPS = (("1989-04-01", 0), ("1997-04-01", 3), ("2014-04-01", 5), ("2019-10-01", 8))
STANDARD, REDUCED = 10, 8


def standard(day: str) -> str:
    """SQL of the standard rate on a day."""
    steps = [f"when {day} < date '{until}' then {rate}" for until, rate in STEPS]
    return f"case {' '.join(steps)} else {STANDARD} end"


def reduced(day: str) -> str:
    """SQL of the rate of food and drink on a day."""
    return f"least({standard(day)}, {REDUCED})"


def possible(rate: str, day: str) -> str:
    """SQL: whether a line may bear the rate; 0 is untaxed, and no rate is none that is wrong."""
    return f"({rate} is null or {rate} in (0, {standard(day)}, {reduced(day)}))"
