"""Numbers as people and spreadsheets write them. Reading is `clean.digits`; here is what is told, and declared units."""

from __future__ import annotations

from crm_helpers.data.rules.model import CellRule

WRITTEN = (("百万", 1_000_000), ("千", 1_000), ("万", 10_000), ("億", 100_000_000))

RULES = (
    CellRule("numbers.full_width", "regexp_matches(x, '[０-９，．]')"),
    CellRule("numbers.minus", "regexp_matches(fold(x), '[▲△]|^\\(|-$')"),
    CellRule("numbers.currency", "regexp_matches(fold(x), '[¥\\\\$€円]')"),
    CellRule("numbers.unit", "regexp_matches(fold(x), '[千万億]円?$')"),
    CellRule("numbers.unit_refused", "regexp_matches(fold(x), '\\d ?(百万|[千万億])円?$')", read=False),
)


def multiplied(text: str, read: str, places: int, unit: str) -> str:
    """SQL of an amount in a declared unit, in minor units.

    Args:
        read: SQL of the amount of the text without a unit.
        unit: `written` (1.5万円, 12千円) or a number that every amount is multiplied by.
    """
    if unit != "written":
        exact = f"try_cast(digits({text}) as decimal(18, 4))"
        return f"cast(round({exact} * {int(unit) * 10**places}) as bigint)"
    cases = [
        f"when regexp_matches(fold({text}), '{word}円?$') then"
        f" cast(round(try_cast(digits(regexp_replace(fold({text}), '{word}円?$', '')) as decimal(18, 4))"
        f" * {times * 10**places}) as bigint)"
        for word, times in WRITTEN
    ]
    return f"case {' '.join(cases)} else {read} end"
