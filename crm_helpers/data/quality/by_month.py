"""Order lines month by month: gaps and breaks of volume, and jumps of the share of sales to identified customers."""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Mapping, Sequence

from crm_helpers.data.frames import records
from crm_helpers.data.quality import months
from crm_helpers.data.quality.checked import Checked, missing
from crm_helpers.data.tables import Tables
from crm_helpers.document import Fact
from crm_helpers.params.periods import FIRST_TRADING_DAY, first_day, month_key

NAMED = 5  # a finding names at most so many stores or channels


def sales_by_month(tables: Tables) -> list[Checked]:
    """Gaps and breaks of volume, for all, each store and each channel, and jumps of the identified share: one scan."""
    parts = [column for column in ("store_id", "channel") if tables.has(f"order_lines.{column}")]
    month = "extract(year from ordered_on) * 12 + extract(month from ordered_on) - 1"
    keys = "".join(f", {column}" for column in parts)
    rows = records(
        tables.sql(f"""
        select {month} as month{keys}, count(*) as n, cast(sum(amount) as bigint) as money,
          cast(sum(case when customer_id is not null then amount else 0 end) as bigint) as members
        from order_lines group by {month}{keys}
        """)
    )
    if not rows:
        return []
    partial = _partial_months(tables)
    series: dict[str, dict[str, dict[int, int]]] = {name: {} for name in ("", *parts)}
    money: dict[int, list[int]] = {}
    for row in rows:
        key, n = int(row["month"]), int(row["n"])
        for name, named in series.items():
            label = str(row[name]) if name else ""
            if name and missing(row[name]):
                continue
            line = named.setdefault(label, {})
            line[key] = line.get(key, 0) + n
        whole = money.setdefault(key, [0, 0])
        whole[0], whole[1] = whole[0] + int(row["money"]), whole[1] + int(row["members"])
    found = _whole_series(series[""][""], partial)
    for name in parts:
        found += _part_series(name, series[name], partial)
    return [*found, *_jump(tables, money, partial)]


def _partial_months(tables: Tables) -> set[int]:
    """Months at the ends of which only a part is there."""
    if tables.span is None:
        return set()
    found = {month_key(tables.span[0])} if tables.span[0].day > FIRST_TRADING_DAY else set()
    end = tables.as_of + datetime.timedelta(days=1)
    return found | ({month_key(tables.as_of)} if end.day != 1 else set())


def _whole_series(series: Mapping[int, int], partial: set[int]) -> list[Checked]:
    columns, of = ("ordered_on",), max(series) - min(series) + 1
    found = []
    for check, odd in (("month_gap", months.gaps(series)), ("month_break", _whole(months.breaks(series), partial))):
        facts: dict[str, Fact] = {"month": first_day(odd[0]).isoformat()} if odd else {}
        found.append(Checked(check, "completeness", "order_lines", columns, len(odd), of, "warn" if odd else "", facts=facts))
    return found


def _whole(odd: Iterable[int], partial: set[int]) -> list[int]:
    return [month for month in odd if month not in partial]


def _part_series(name: str, series: Mapping[str, Mapping[int, int]], partial: set[int]) -> list[Checked]:
    """Stores or channels with a month missing or breaking; very small ones are not asked."""
    asked = {label: line for label, line in series.items() if sum(line.values()) >= months.FEWEST * len(line)}
    found = []
    for check, odd_of in (("part_gap", months.gaps), ("part_break", months.breaks)):
        odd = {label: first for label, line in asked.items() if (first := _whole(odd_of(line), partial))}
        named = sorted(odd, key=lambda label: (odd[label][0], label))
        facts: dict[str, Fact] = {"names": ", ".join(named[:NAMED]) + (" …" if len(named) > NAMED else "")}
        facts |= {"month": first_day(odd[named[0]][0]).isoformat(), "part": f"contract.columns.{name}"} if named else {}
        severity = "note" if odd else ""
        found.append(Checked(check, "completeness", "order_lines", (name,), len(odd), len(asked), severity, facts=facts))
    return found


def _jump(tables: Tables, money: Mapping[int, Sequence[int]], partial: set[int]) -> list[Checked]:
    if not tables.has("order_lines.customer_id"):
        return []
    shares = {month: of[1] / of[0] for month, of in money.items() if of[0] > 0 and month not in partial}
    found = months.jump(shares)
    if found is None:
        return [Checked("share_jump", "credibility", "order_lines", ("customer_id",), 0, len(shares))]
    month, before, after = found
    facts: dict[str, Fact] = {"month": first_day(month).isoformat(), "before": before, "after": after}
    return [Checked("share_jump", "credibility", "order_lines", ("customer_id",), 1, len(shares), "warn", facts=facts)]
