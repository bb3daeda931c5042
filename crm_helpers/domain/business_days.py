"""Business days: weekdays that are neither public holidays nor the company's own closed days."""

from __future__ import annotations

import datetime
from collections.abc import Collection, Iterator

DAY = datetime.timedelta(days=1)
SATURDAY = 5


def is_open(day: datetime.date, closed: Collection[datetime.date]) -> bool:
    """Whether people work on the day."""
    return day.weekday() < SATURDAY and day not in closed


def before(day: datetime.date, count: int, closed: Collection[datetime.date]) -> datetime.date:
    """The `count`-th business day before `day`, which itself does not count; 0 is the day itself."""
    for _ in range(count):
        day -= DAY
        while not is_open(day, closed):
            day -= DAY
    return day


def after(day: datetime.date, count: int, closed: Collection[datetime.date]) -> datetime.date:
    """The `count`-th business day after `day`, which itself does not count; 0 is the day itself."""
    for _ in range(count):
        day += DAY
        while not is_open(day, closed):
            day += DAY
    return day


def between(start: datetime.date, end: datetime.date, closed: Collection[datetime.date]) -> list[datetime.date]:
    """The business days from `start` to `end`, both inclusive; none when the end comes first."""
    return [day for day in _days(start, end) if is_open(day, closed)]


def _days(start: datetime.date, end: datetime.date) -> Iterator[datetime.date]:
    while start <= end:
        yield start
        start += DAY
