"""Months that do not fit their neighbours. All bounds are medians of neighbours, so that one odd month hides nothing.

A series is {month key: count}, a month key being months since year 0.
"""

from __future__ import annotations

import statistics
from collections.abc import Mapping

NEIGHBOURS = 3  # months looked at on each side
BREAK = 0.4  # a month under this share of its neighbours' median is a break in volume
JUMP = 0.10  # a change of the identified share is a jump from ten points on …
NOISE = 4  # … when it also exceeds four times the usual change from month to month
SPIKE = 2.0  # a month with at least twice its neighbours' median of first-time buyers …
SPREAD = 5 * 1.4826  # … and five standard deviations above it, estimated from the median absolute deviation
FEWEST = 30  # lines or buyers a month below which nothing is said of a series


def gaps(series: Mapping[int, int]) -> list[int]:
    """Months without any, between the first and the last."""
    return [month for month in range(min(series), max(series) + 1) if not series.get(month)] if series else []


def breaks(series: Mapping[int, int]) -> list[int]:
    """Months under `BREAK` of the median of their neighbours; months without any are gaps, not breaks."""
    found = []
    for month, count in series.items():
        near = _neighbours(series, month)
        if count and len(near) >= 2 and (middle := statistics.median(near)) >= FEWEST and count < BREAK * middle:
            found.append(month)
    return sorted(found)


def spikes(series: Mapping[int, int]) -> list[int]:
    """Months that stand out above their neighbours; the first month is neither asked nor a neighbour."""
    later = {month: count for month, count in series.items() if month != min(series)}
    found = []
    for month, count in later.items():
        near = _neighbours(later, month)
        if len(near) < 3 or count < FEWEST:
            continue
        middle = statistics.median(near)
        spread = statistics.median(abs(n - middle) for n in near)
        if count >= SPIKE * middle and count > middle + SPREAD * spread and count > max(near):
            found.append(month)
    return sorted(found)


def jump(shares: Mapping[int, float]) -> tuple[int, float, float] | None:
    """The largest lasting change of a monthly share: the month from which it holds, the level before and after; None for none."""
    months = sorted(shares)
    if len(months) < 6:
        return None
    values = [shares[month] for month in months]
    usual = statistics.median(abs(b - a) for a, b in zip(values, values[1:], strict=False))
    found: tuple[int, float, float] | None = None
    for i in range(2, len(months) - 1):
        before, after = statistics.median(values[max(0, i - NEIGHBOURS) : i]), statistics.median(values[i : i + NEIGHBOURS])
        change = abs(after - before)
        large = change >= JUMP and change > NOISE * usual and abs(values[i] - values[i - 1]) >= change / 2
        if large and (found is None or change > abs(found[2] - found[1])):
            found = (months[i], before, after)
    return found


def _neighbours(series: Mapping[int, int], month: int) -> list[int]:
    near = [*range(month - NEIGHBOURS, month), *range(month + 1, month + NEIGHBOURS + 1)]
    return [series[m] for m in near if series.get(m)]
