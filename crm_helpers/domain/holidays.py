"""Japan's public holidays, by the law on them (国民の祝日に関する法律) as it stands since 2007.

Equinoxes by the usual approximation (good for 1980–2099); the moves of 2019 to 2021 (accession, Olympic games) are listed.
"""

from __future__ import annotations

import datetime
import functools

FIRST_YEAR = 2007
FIXED = ((1, 1), (2, 11), (4, 29), (5, 3), (5, 4), (5, 5), (11, 3), (11, 23))
MONDAYS = ((1, 2), (7, 3), (9, 3), (10, 2))  # month and how-many-eth Monday
SPORTS, MARINE, MOUNTAIN = (10, 2), (7, 3), (8, 11)
MOVED = {
    2020: ({MARINE, SPORTS, MOUNTAIN}, ((7, 23), (7, 24), (8, 10))),
    2021: ({MARINE, SPORTS, MOUNTAIN}, ((7, 22), (7, 23), (8, 8))),
}
ONCE = {2019: ((5, 1), (10, 22))}
DAY = datetime.timedelta(days=1)


def holidays(start: datetime.date, end: datetime.date) -> frozenset[datetime.date]:
    """The public holidays from `start` to `end`, substitutes and days between two holidays included; none before 2007."""
    return frozenset(day for year in range(start.year, end.year + 1) for day in _of_year(year) if start <= day <= end)


@functools.cache
def _of_year(year: int) -> frozenset[datetime.date]:
    if year < FIRST_YEAR:
        return frozenset()
    gone, put = MOVED.get(year, (set(), ()))
    named = [*FIXED, *ONCE.get(year, ()), *put, (3, _equinox(20.8431, year)), (9, _equinox(23.2488, year))]
    named += [MOUNTAIN] if year >= 2016 and MOUNTAIN not in gone else []
    named += [(2, 23)] if year >= 2020 else [(12, 23)] if year <= 2018 else []
    days = {datetime.date(year, month, day) for month, day in named}
    days |= {_monday(year, month, nth) for month, nth in MONDAYS if (month, nth) not in gone}
    between = {day + DAY for day in days if day + 2 * DAY in days and day + DAY not in days and (day + DAY).weekday() != 6}
    return frozenset(days | between | {_substitute(day, days) for day in days if day.weekday() == 6})


def _equinox(base: float, year: int) -> int:
    return int(base + 0.242194 * (year - 1980) - (year - 1980) // 4)


def _monday(year: int, month: int, nth: int) -> datetime.date:
    first = datetime.date(year, month, 1)
    return first + datetime.timedelta(days=-first.weekday() % 7 + 7 * (nth - 1))


def _substitute(sunday: datetime.date, days: set[datetime.date]) -> datetime.date:
    """The first day after a holiday on a Sunday that is none itself."""
    day = sunday + DAY
    while day in days:
        day += DAY
    return day
