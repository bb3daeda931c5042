"""How numbers, money and days are written. The patterns of each language are data: `text/<lang>/formats.yaml`.

Money comes in minor units (cents, yen) and is written in one unit a page, chosen by the page's largest amount.
"""

from __future__ import annotations

import datetime
import math
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal
from typing import Any

MINOR = {"JPY": 0, "USD": 2, "EUR": 2}  # decimal places of the currency's minor unit
NOTHING = "—"  # unknown is not zero


@dataclass(frozen=True)
class Scale:
    """A money unit: amounts in minor units are divided by `divide` and written with `digits` decimals."""

    divide: int
    digits: int
    prefix: str
    unit: str
    label: str  # for sub-heads and table heads


class Formats:
    """The number forms of one language.

    Args:
        patterns: the content of `formats.yaml`.
        currency: ISO code of all amounts; None on pages without money.
        largest: the page's largest amount in minor units, which chooses the unit.
    """

    def __init__(self, patterns: Mapping[str, Any], currency: str | None = None, largest: int = 0) -> None:
        self.patterns = patterns
        self.scale = _scale(patterns, currency, largest) if currency else None
        self.base = _scale(patterns, currency, 0) if currency else None

    def write(self, value: Any, form: str) -> str:
        """`value` in a form: int, dec1, pct, pt, money, price, date, month, period …; `_signed` and `_number` variants."""
        if value is None or (isinstance(value, float) and math.isnan(value)):
            return NOTHING
        base, signed, bare = _parts(form)
        if base.startswith(("dec", "pct", "pt")) and base[-1].isdigit():
            kind, digits = base[:-1], int(base[-1])
            unit = {"dec": "", "pct": "%", "pt": self.patterns["points"]}[kind]
            scaled = _decimal(value) * (1 if kind == "dec" else 100)
            return self._number(scaled, digits, signed) + ("" if bare else unit)
        writers: dict[str, Callable[[], str]] = {
            "text": lambda: str(value),
            "int": lambda: self._number(_decimal(value), 0, signed),
            "money": lambda: self._money(value, self.scale, signed, bare),
            "price": lambda: self._money(value, self.base, signed, bare),
            "date": lambda: self._date(value, "date"),
            "month": lambda: self._date(value, "month"),
            "month_short": lambda: self._date(value, "month_short"),
            "month_year": lambda: self._date(value, "month_year"),
            "month_day": lambda: self._date(value, "month_day"),
            "month_axis": lambda: self._date(value, "month_axis"),
            "period": lambda: self._period(value),
            "period_short": lambda: self._period_short(value),
            "period_label": lambda: self._period_label(value),
        }
        return writers[base]()

    def money_label(self) -> str:
        """The page's money unit as a sub-head names it: 百万円, JPY m."""
        return self.scale.label if self.scale else ""

    def price_label(self) -> str:
        """The currency's own unit: 円, JPY."""
        return self.base.label if self.base else ""

    def rounded_parts(self, values: Sequence[int], keep: int | None = None) -> list[int]:
        """Amounts rounded to the page's unit so that they add up to their rounded sum (largest remainder).

        `keep` is a part that a sentence quotes: it stays as ordinary rounding gives it.
        """
        assert self.scale is not None
        step = Decimal(self.scale.divide) / 10**self.scale.digits
        exact = [Decimal(v) / step for v in values]
        whole = [int(e.quantize(Decimal(1), ROUND_HALF_UP)) for e in exact]
        target = int((Decimal(sum(values)) / step).quantize(Decimal(1), ROUND_HALF_UP))
        while (gap := target - sum(whole)) != 0:
            toward = 1 if gap > 0 else -1
            free = [i for i in range(len(whole)) if i != keep] or list(range(len(whole)))
            pick = max(free, key=lambda i: (exact[i] - whole[i]) * toward)
            whole[pick] += toward
        return [int(w * step) for w in whole]

    def _number(self, value: Decimal, digits: int, signed: bool) -> str:
        rounded = value.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
        sign = self.patterns["minus"] if rounded < 0 else "+" if signed and rounded > 0 else ""
        return f"{sign}{abs(rounded):,.{digits}f}"

    def _money(self, value: Any, scale: Scale | None, signed: bool, bare: bool) -> str:
        assert scale is not None, "a page with amounts states its currency"
        number = self._number(_decimal(value) / scale.divide, scale.digits, signed)
        if bare:
            return number
        sign = number[0] if number[0] in f"+{self.patterns['minus']}" else ""
        return f"{sign}{scale.prefix}{number[len(sign) :]}{scale.unit}" if scale.prefix else f"{number}{scale.unit}"

    def _date(self, value: str, pattern: str) -> str:
        day = datetime.date.fromisoformat(value)
        month = self.patterns["months"][day.month - 1]
        short = self.patterns["months_short"][day.month - 1]
        return str(self.patterns[pattern]).format(year=day.year, month=month, short=short, day=day.day)

    def _period(self, value: str) -> str:
        start, end = (datetime.date.fromisoformat(day) for day in value.split("/"))
        whole = start.day == 1 and (end + datetime.timedelta(days=1)).day == 1
        if not whole:
            return str(self.patterns["span"]).format(self._date(str(start), "date"), self._date(str(end), "date"))
        if (start.year, start.month) == (end.year, end.month):
            return self._date(str(start), "month_year")
        if start.year == end.year:
            first, last = self._date(str(start), "month"), self._date(str(end), "month")
            return str(self.patterns["same_year"]).format(year=start.year, first=first, last=last)
        return str(self.patterns["span"]).format(self._date(str(start), "month_year"), self._date(str(end), "month_year"))

    def _period_short(self, value: str) -> str:
        """Months without their year when both lie in one year: for chart labels beside a dated one."""
        start, end = (datetime.date.fromisoformat(day) for day in value.split("/"))
        if start.year != end.year:
            return self._period(value)
        first, last = self._date(str(start), "month_short"), self._date(str(end), "month_short")
        return str(self.patterns["short_span"]).format(first=first, last=last)

    def _period_label(self, value: str) -> str:
        """A period of whole months in the width of an axis label: years stay, months are short."""
        start, end = (datetime.date.fromisoformat(day) for day in value.split("/"))
        first, last = self._date(str(start), "month_short"), self._date(str(end), "month_short")
        pattern = self.patterns["label_same_year" if start.year == end.year else "label_span"]
        return str(pattern).format(first=first, last=last, year=start.year, end_year=end.year)


def shortened(text: str, em: float) -> str:
    """`text` cut to a width in em, with … where it was cut; Japanese characters are square, Latin ones 0.57 in the mean."""
    if ems(text) <= em:
        return text
    while text and ems(text) > em - 1:
        text = text[:-1]
    return text.rstrip() + "…"


def ems(text: str) -> float:
    """About how wide `text` is, in em."""
    return sum(map(_em, text))


def _em(character: str) -> float:
    return 1.0 if unicodedata.east_asian_width(character) in "WFA" else 0.57


def _parts(form: str) -> tuple[str, bool, bool]:
    signed, bare = "_signed" in form, "_number" in form
    return form.replace("_signed", "").replace("_number", ""), signed, bare


def _decimal(value: Any) -> Decimal:
    return Decimal(repr(float(value))) if isinstance(value, float) else Decimal(str(value))


def _scale(patterns: Mapping[str, Any], currency: str, largest: int) -> Scale:
    minor = 10 ** MINOR[currency]
    for step in patterns["money"][currency]:
        if abs(largest) >= step["from"] * minor:
            return Scale(step["divide"] * minor, step["digits"], step.get("prefix", ""), step.get("unit", ""), step["label"])
    raise ValueError(f"formats.yaml has no unit from 0 for {currency}")
