"""Days as Japanese systems write them, beyond year-first: eras, Excel serials, hours after midnight, offsets, cut hours.

Every function gives SQL over a text that is tidied (`x`). What is not one of these forms is NULL: a day is never guessed.
"""

from __future__ import annotations

from crm_helpers.data.rules.model import CellRule

ERAS = (
    ("大正|㍽|T", 1911, "1912-07-30", "1926-12-24"),
    ("昭和|㍼|S", 1925, "1926-12-25", "1989-01-07"),
    ("平成|㍻|H", 1988, "1989-01-08", "2019-04-30"),
    ("令和|㋿|R", 2018, "2019-05-01", "2199-12-31"),
)
"""Names, the year before its first, first and last day (the day of a change belongs to the new era but for 大正's end)."""
NAMES = "|".join(names for names, *_ in ERAS)
ERA = rf"^({NAMES}|[tshr]) ?(元|\d{{1,2}})(年 ?(\d{{1,2}})月 ?(\d{{1,2}})日|([./-])(\d{{1,2}})[./-](\d{{1,2}}))( .*|T.*)?$"
SERIAL = r"^[2-7]\d{4}(\.\d+)?$"
"""Days since 1899-12-30: 20000 is 1954, 79999 is 2119."""
OFFSET = r"^(\d{4})[-/]?(\d{2})[-/]?(\d{2})[T ](\d{1,2}:\d{2}(:\d{2}(\.\d{1,9})?)?) ?(Z|z|UTC|GMT|[+-]\d{2}:?\d{2})$"
LATE = r"(^|[ T日])(2[4-9]|3[0-5]):([0-5]\d)(:[0-5]\d)?$"
"""24:00 to 35:59: a business day that goes on after midnight."""
YEAR_FIRST = r"^\d{8}|^\d{4}[-/年]"

RULES = (
    CellRule("dates.era", f"regexp_matches(fold(x), '{ERA}')"),
    CellRule("dates.era_refused", f"regexp_matches(fold(x), '{ERA}')", read=False),
    CellRule("dates.zone", f"regexp_matches(fold(x), '{OFFSET}')"),
    CellRule("dates.late", f"regexp_matches(fold(x), '{LATE}')"),
)


def era(text: str) -> str:
    """SQL of a day written with an era; NULL when the era had not begun or was over, or when the day does not exist."""
    parts = f"regexp_extract(fold({text}), '{ERA}', ['e', 'y', 'rest', 'm1', 'd1', 'sep', 'm2', 'd2'])"
    number = "case when p.y = '元' then 1 else try_cast(p.y as integer) end"
    pieces = "|| '-' || coalesce(nullif(p.m1, ''), p.m2) || '-' || coalesce(nullif(p.d1, ''), p.d2) as date)"
    cases = []
    for names, before, first, last in ERAS:
        known = ", ".join(f"'{name}'" for name in [*names.split("|"), names[-1].lower()])
        day = f"try_cast(({before} + {number}) {pieces}"
        cases.append(
            f"when p.e in ({known}) and {number} > 0 and {day} between date '{first}' and date '{last}' then {day}"
        )
    return f"list_transform([{parts}], lambda p: case {' '.join(cases)} end)[1]"  # the text is taken apart once


def serial(text: str) -> str:
    """SQL of the moment of an Excel serial."""
    days = f"try_cast(case when regexp_matches(fold({text}), '{SERIAL}') then fold({text}) end as double)"
    return f"(timestamp '1899-12-30' + to_seconds(cast(round({days} * 86400) as bigint)))"


def local(text: str, zone: str) -> str:
    """SQL of the local moment of a text with an offset (2025-04-01T00:10:00Z)."""
    parts = f"regexp_replace(fold({text}), '{OFFSET}', '\\1-\\2-\\3 \\4 \\7')"
    mended = f"regexp_replace(regexp_replace({parts}, ' (Z|z|UTC|GMT)$', '+00:00'), ' ([+-]\\d\\d):?(\\d\\d)$', '\\1:\\2')"
    moment = f"try_cast(case when regexp_matches(fold({text}), '{OFFSET}') then {mended} end as timestamptz)"
    return f"timezone('{zone}', {moment})"


def clock(text: str) -> str:
    """SQL of the time HH:MM of a late hour: 25:30 is 01:30."""
    parts = f"regexp_extract(fold({text}), '{LATE}', ['gap', 'h', 'm'])"
    return f"lpad(cast(try_cast(nullif({parts}.h, '') as integer) - 24 as varchar), 2, '0') || ':' || {parts}.m"


def is_late(text: str) -> str:
    """SQL: whether the text ends with an hour after midnight."""
    return f"coalesce(regexp_matches(fold({text}), '{LATE}'), false)"
