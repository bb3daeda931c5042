"""What a person wrote into a cell, as the text of a contract column; whatever is unsure is refused.

A day needs its whole year or its era: 26/4/1 and 4/1/2026 may be several days. A day in an era must lie in it. A percentage
between 0 and 1 may be a share. Numbers may carry 千, 万, 億 and a unit. Serial numbers are days since 1899-12-30 or, in
workbooks of old Macs, since 1904-01-01 (openpyxl knows which).
"""

from __future__ import annotations

import datetime
import re
import unicodedata
from collections.abc import Callable, Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from openpyxl.utils.datetime import WINDOWS_EPOCH, from_excel

from crm_helpers.data.sheets.definition import Choice, Entry
from crm_helpers.domain import content

ERAS: Mapping[str, tuple[datetime.date, datetime.date]] = {
    "令和": (datetime.date(2019, 5, 1), datetime.date(2199, 12, 31)),
    "平成": (datetime.date(1989, 1, 8), datetime.date(2019, 4, 30)),
    "昭和": (datetime.date(1926, 12, 25), datetime.date(1989, 1, 7)),
}
SHORT_ERAS = {"r": "令和", "h": "平成", "s": "昭和"}
TIMES = {"千": 10**3, "万": 10**4, "百万": 10**6, "億": 10**8}
NUMBER = re.compile(r"([-+▲△]?)(\d{1,3}(?:,\d{3})+|\d+)(\.\d+)?(千|万|百万|億)?(円|人|名|件|回|日|個|点|本|時間|h|%|pt)?", re.IGNORECASE)
WEEKDAY = re.compile(r"\((?:[月火水木金土日](?:曜日?)?|mon|tue|wed|thu|fri|sat|sun)[a-z]*\)", re.IGNORECASE)
DAY = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?")
ERA_DAY = re.compile(r"(令和|平成|昭和|[rhs])\.?(\d{1,2}|元)(?:-|/|\.|年)(\d{1,2})(?:-|/|\.|月)(\d{1,2})日?", re.IGNORECASE)
MONTH = re.compile(r"(\d{4})(?:-|/|\.|年)(\d{1,2})月?")
ERA_MONTH = re.compile(r"(令和|平成|昭和|[rhs])\.?(\d{1,2}|元)(?:-|/|\.|年)(\d{1,2})月?", re.IGNORECASE)
CLOCK = re.compile(r"[ T]\d{1,2}:\d{2}(:\d{2}(\.\d+)?)?")
YEARS = (1950, 2199)  # a day outside is a typing error, such as 12 in a cell that shows days
SERIALS = (20000, 73050)  # 1954 to the end of 2099
CODE = re.compile(r"[0-9A-Za-z][0-9A-Za-z_.\-/]{0,29}")
NOTHING = ("-", "—", "–", "―", "ー", "‐", "−", "－")
DITTO = ("〃", "々", "同上", "同じく", "上に同じ", '"', "''", "″", "ditto", "same as above")
TOTALS = re.compile(r"(?:合計|総合計|小計|総計|計|累計|total|totals|sub-?total|grand total|sum)", re.IGNORECASE)


class Unsure(Exception):
    """A value that cannot be read for certain; `why` is a key of `forms.should` or a fault of its own."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def folded(text: str) -> str:
    """A text as people compare it: without width, spaces, case and the mark of what is required."""
    plain = unicodedata.normalize("NFKC", text).translate({0x2212: "-", 0x2010: "-", 0x2011: "-", 0x301C: "~"})
    return re.sub(r"[\s*※]+", "", plain).lower()


def written(value: Any) -> str:
    """A cell's value as a person sees it, for messages and texts."""
    if isinstance(value, datetime.datetime):
        return value.date().isoformat() if value.time() == datetime.time() else value.isoformat(" ")
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value).strip()


def empty(value: Any) -> bool:
    """Whether a cell says nothing; a lone dash is how people say so."""
    return value is None or (isinstance(value, str) and (not value.strip("\u3000 \t\r\n\xa0") or value.strip("\u3000 ") in NOTHING))


def read(entry: Entry, value: Any, number_format: str = "General", epoch: datetime.datetime = WINDOWS_EPOCH) -> dict[str, str]:
    """The contract columns that a cell fills.

    Raises:
        Unsure: the value cannot be read for certain.
    """
    if isinstance(value, str) and folded(value) in DITTO:
        raise Unsure("ditto")
    if entry.choices:
        choice = _choice(entry.choices, written(value))
        return dict(choice.gives) if choice.gives else {entry.key: choice.code}
    told = READ[entry.kind](value, number_format, epoch)
    if len(folded(told)) < entry.least:
        raise Unsure("short")
    if entry.customers_own and content.company_reason(told):
        raise Unsure("company_reason")
    return {entry.key: told}


def month(value: Any, epoch: datetime.datetime = WINDOWS_EPOCH) -> str:
    """`2026-04` of a heading that names a month.

    Raises:
        Unsure: it names none.
    """
    if isinstance(value, (datetime.datetime, datetime.date)):
        return _plausible(value.year, value.month, 1)[:7]
    text = _plain(value)
    if found := MONTH.fullmatch(text):
        year, number = int(found[1]), int(found[2])
    elif found := ERA_MONTH.fullmatch(text):
        year, number = _era_year(found[1], found[2]), int(found[3])
        _in_era(found[1], datetime.date(year, min(max(number, 1), 12), 28))
    elif re.fullmatch(r"(19|20)\d{4}", text):
        year, number = int(text[:4]), int(text[4:])
    elif isinstance(value, (int, float)) and SERIALS[0] <= value <= SERIALS[1]:
        return _date(value, "", epoch)[:7]
    else:
        raise Unsure("month")
    if not (1 <= number <= 12 and YEARS[0] <= year <= YEARS[1]):
        raise Unsure("month")
    return f"{year}-{number:02d}"


# ---------------------------------------------------------------- choices
def _choice(choices: tuple[Choice, ...], text: str) -> Choice:
    """The choice of that label in any language, or of that code; the code in front of a label suffices."""
    word = folded(text)
    found = [choice for choice in choices if word in _words(choice)]
    if not found:
        raise Unsure("choice")
    if len(found) > 1:
        raise Unsure("choice_twice")
    return found[0]


def _words(choice: Choice) -> set[str]:
    """What a person may write for it; of `3 標準運用` also the words without the number."""
    labels = [folded(label) for label in choice.label.values()]
    code = folded(choice.code)
    short = [label.removeprefix(code) for label in labels if label.startswith(code) and label != code]
    marked = [label.lstrip("◎○") for label in labels]
    return {word for word in (code, *labels, *short, *marked) if word}


# ---------------------------------------------------------------- kinds
def _text(value: Any, number_format: str, epoch: datetime.datetime) -> str:
    if isinstance(value, bool):
        raise Unsure("text")
    return written(value)


def _id(value: Any, number_format: str, epoch: datetime.datetime) -> str:
    """A number or code; anything that may be a name is refused."""
    if isinstance(value, (datetime.datetime, datetime.time)):
        return month(value) if isinstance(value, datetime.datetime) and value.day == 1 else _refuse("id")
    text = unicodedata.normalize("NFKC", written(value)).strip()
    if isinstance(value, (int, float)) and re.fullmatch(r"0{2,}", number_format):
        text = text.zfill(len(number_format))
    return text if CODE.fullmatch(text) and (any(c.isdigit() for c in text) or len(text) <= 3) else _refuse("id")


def _refuse(why: str) -> str:
    raise Unsure(why)


def _number(value: Any, why: str) -> Decimal:
    if isinstance(value, bool):
        raise Unsure(why)
    if isinstance(value, (int, float)):
        return Decimal(repr(value)) if isinstance(value, float) else Decimal(value)
    text = _plain(value).replace(" ", "").strip("¥\\$")
    if bracketed := re.fullmatch(r"\((.+)\)", text):
        text = f"-{bracketed[1]}"
    found = NUMBER.fullmatch(text)
    if not found:
        raise Unsure(why)
    try:
        number = Decimal(found[2].replace(",", "") + (found[3] or "")) * TIMES.get(found[4] or "", 1)
    except InvalidOperation:
        raise Unsure(why) from None
    if found[5] == "%" and why != "percent":
        raise Unsure(why)
    return -number if found[1] in ("-", "▲", "△") else number


def _integer(value: Any, number_format: str, epoch: datetime.datetime) -> str:
    number = _number(value, "integer")
    return str(int(number)) if number == int(number) and "%" not in number_format else _refuse("integer")


def _decimal(value: Any, number_format: str, epoch: datetime.datetime) -> str:
    return _normal(_number(value, "number")) if "%" not in number_format else _refuse("number")


def _percent(value: Any, number_format: str, epoch: datetime.datetime) -> str:
    number = _number(value, "percent")
    if "%" in number_format and not isinstance(value, str):
        return _normal(number * 100)
    sure = isinstance(value, str) and "%" in unicodedata.normalize("NFKC", value)
    return _normal(number) if sure or number == 0 or abs(number) > 1 else _refuse("percent")


def _money(value: Any, number_format: str, epoch: datetime.datetime) -> str:
    return _normal(_number(value, "money")) if "%" not in number_format else _refuse("money")


def _normal(number: Decimal) -> str:
    text = f"{number:f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _date(value: Any, number_format: str, epoch: datetime.datetime) -> str:
    if isinstance(value, (datetime.datetime, datetime.date)):
        return _plausible(value.year, value.month, value.day)
    if isinstance(value, (bool, datetime.time)):
        raise Unsure("date")
    text = CLOCK.sub("", WEEKDAY.sub("", _plain(value)).strip()).replace(" ", "")
    if found := DAY.fullmatch(text):
        return _plausible(*map(int, found.groups()))
    if re.fullmatch(r"(19|20)\d{6}", text):
        return _plausible(int(text[:4]), int(text[4:6]), int(text[6:]))
    if found := ERA_DAY.fullmatch(text):
        told = _plausible(_era_year(found[1], found[2]), int(found[3]), int(found[4]))
        _in_era(found[1], datetime.date.fromisoformat(told))
        return told
    number = float(text) if re.fullmatch(r"\d{5}(\.\d+)?", text) else 0.0
    if SERIALS[0] <= number <= SERIALS[1]:
        moment = from_excel(number, epoch)
        return moment.date().isoformat() if isinstance(moment, datetime.datetime) else _refuse("date")
    raise Unsure("date")


def _plausible(year: int, month_number: int, day: int) -> str:
    try:
        found = datetime.date(year, month_number, day)
    except ValueError:
        raise Unsure("date") from None
    return found.isoformat() if YEARS[0] <= year <= YEARS[1] else _refuse("date")


def _era_year(name: str, year: str) -> int:
    return ERAS[SHORT_ERAS.get(name.lower(), name)][0].year + (1 if year == "元" else int(year)) - 1


def _in_era(name: str, day: datetime.date) -> None:
    first, last = ERAS[SHORT_ERAS.get(name.lower(), name)]
    if not first <= day <= last:
        raise Unsure("date")


def _plain(value: Any) -> str:
    return unicodedata.normalize("NFKC", written(value)).strip()


READ: Mapping[str, Callable[[Any, str, datetime.datetime], str]] = {
    "id": _id,
    "text": _text,
    "long": _text,
    "choice": _text,
    "integer": _integer,
    "number": _decimal,
    "percent": _percent,
    "money": _money,
    "date": _date,
}
"""Kind of a field → how its cell is read."""
