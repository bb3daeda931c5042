"""The seasons of Japan from `season_jp.csv`, with the days on which they fall in a given year."""

from __future__ import annotations

import csv
import datetime
import functools
import re
from dataclasses import dataclass
from pathlib import Path

FILE = Path(__file__).parent / "season_jp.csv"
RANK = (
    "gift",
    "holiday",
    "life event",
    "income",
    "seasonal",
    "retail",
    "business",
    "weather",
    "tax",
)  # what a shop plans by, first
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
NTH = re.compile(r"(?:day after the )?(\d)(?:st|nd|rd|th) (\w+day)")
FIXED = re.compile(r"(\d\d)-(\d\d)")


@dataclass(frozen=True)
class Season:
    """One season: its names, its day in the year where the rule gives one, and how many weeks ahead it is prepared."""

    ja: str
    en: str
    day: datetime.date | None
    lead_weeks: int


@functools.cache
def _rows() -> tuple[dict[str, str], ...]:
    with FILE.open(encoding="utf-8-sig", newline="") as file:
        return tuple(csv.DictReader(file))


def of_month(year: int, month: int) -> list[Season]:
    """The seasons of a month, those that a shop plans by first; none of customers' own days such as birthdays."""
    mine = [row for row in _rows() if int(row["month"]) == month]
    mine.sort(key=lambda row: RANK.index(row["kind"]) if row["kind"] in RANK else len(RANK))
    return [Season(r["event_ja"], r["event_en"], _day(r["date_rule"], year, month), int(r["lead_weeks"])) for r in mine]


def _day(rule: str, year: int, month: int) -> datetime.date | None:
    """The day of a rule: `05-05`, the first day of `07-01..07-15`, `2nd Sunday`, `day after the 4th Thursday …`."""
    if nth := NTH.search(rule):
        if nth[2] not in WEEKDAYS:
            return None
        first = datetime.date(year, month, 1)
        shift = (WEEKDAYS.index(nth[2]) - first.weekday()) % 7 + 7 * (int(nth[1]) - 1)
        return first + datetime.timedelta(days=shift + rule.startswith("day after"))
    if (fixed := FIXED.match(rule)) and int(fixed[1]) == month:
        return datetime.date(year, month, int(fixed[2]))
    return None
