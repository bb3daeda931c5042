"""Which days a report compares: the last full months against the same number before."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

FIRST_TRADING_DAY = 3  # a first month whose data begin by the 3rd is whole: many shops open after New Year's days


@dataclass(frozen=True)
class Period:
    """Days from `start` to `end`, both inclusive."""

    start: datetime.date
    end: datetime.date

    @property
    def days(self) -> int:
        """Length in days."""
        return (self.end - self.start).days + 1

    def __str__(self) -> str:
        return f"{self.start.isoformat()}/{self.end.isoformat()}"


@dataclass(frozen=True)
class Periods:
    """The current period and the one it is compared with."""

    current: Period
    compare: Period


def period_days(periods: Periods) -> dict[str, datetime.date]:
    """The first and last days of both periods as the values that statements name: start, end, before, before_end."""
    return {
        "start": periods.current.start,
        "end": periods.current.end,
        "before": periods.compare.start,
        "before_end": periods.compare.end,
    }


def month_key(day: datetime.date) -> int:
    """Months since year 0: the integer month key of all SQL here."""
    return day.year * 12 + day.month - 1


def first_day(key: int) -> datetime.date:
    """The first day of a month key."""
    return datetime.date(key // 12, key % 12 + 1, 1)


def months(first: int, count: int) -> Period:
    """`count` whole months from month key `first`."""
    return Period(first_day(first), first_day(first + count) - datetime.timedelta(days=1))


def whole_months(first: datetime.date, as_of: datetime.date) -> tuple[int, int]:
    """First month key and number of whole months from the first day of data to `as_of`."""
    start = month_key(first) + (first.day > FIRST_TRADING_DAY)
    stop = month_key(as_of + datetime.timedelta(days=1))  # the month after the last whole one
    return start, max(0, stop - start)


def default_periods(first: datetime.date, as_of: datetime.date) -> Periods | None:
    """The last 12 whole months against the 12 before; under 24, halves of what there is; under 2, None."""
    start, count = whole_months(first, as_of)
    length = min(12, count // 2)
    if length == 0:
        return None
    stop = start + count
    return Periods(current=months(stop - length, length), compare=months(stop - 2 * length, length))
