"""Days as ordinals, fiscal years from April, and the days on which the story turns."""

from __future__ import annotations

import datetime


def day(year: int, month: int, date: int) -> int:
    """The ordinal of a day."""
    return datetime.date(year, month, date).toordinal()


FIRST, LAST = day(2023, 4, 1), day(2026, 3, 31)
PRICE_RISE = day(2025, 4, 1)
APP_LAUNCH = day(2025, 6, 1)
CLOSING = day(2025, 8, 31)  # last day of the Omiya store
SNS_START = day(2024, 1, 10)
LOGGED_FROM = day(2025, 4, 1)  # from here on the send log knows every contact


def of(ordinal: int) -> datetime.date:
    """The day of an ordinal."""
    return datetime.date.fromordinal(ordinal)


def fiscal(ordinal: int) -> int:
    """The fiscal year, named by the year it begins in."""
    date = of(ordinal)
    return date.year - (date.month < 4)


def months() -> list[tuple[int, int]]:
    """Year and month of the 36 months, in order."""
    return [(2023 + (3 + i) // 12, (3 + i) % 12 + 1) for i in range(36)]


def last_of(year: int, month: int) -> int:
    """The last day of a month."""
    return day(year + month // 12, month % 12 + 1, 1) - 1


def slashed(ordinal: int | None) -> str:
    """2025/04/01, or nothing."""
    return "" if ordinal is None else of(ordinal).strftime("%Y/%m/%d")


def moment(ordinal: int | None, minute: int = 0) -> str:
    """2025/04/01 09:30, or nothing."""
    return "" if ordinal is None else f"{slashed(ordinal)} {clock(minute)}"


def clock(minute: int) -> str:
    """Minutes of the day as 09:30."""
    return f"{minute // 60:02d}:{minute % 60:02d}"


def era(ordinal: int) -> str:
    """令和5年4月1日, 平成30年4月1日."""
    date = of(ordinal)
    name, base = ("令和", 2018) if ordinal >= day(2019, 5, 1) else ("平成", 1988)
    year = date.year - base
    return f"{name}{'元' if year == 1 else year}年{date.month}月{date.day}日"
